"""Traced programs under the bundled torch, beside what PyTorch made of them: outputs, warnings, errors and graphs.

A program whose graph or error message differs is listed with the reason in ``docs/differences.md``.
"""

from __future__ import annotations

import functools
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.build_tree import ROOT
from tests.conformance.traced_program import RECORDED, Observed, read

DIFFERENCES = ROOT / "docs" / "differences.md"
# Of the programs, at least this part has PyTorch's graph.
SAME_GRAPH = 0.9
PROGRAMS = [(path.stem, name) for path in sorted(RECORDED.glob("*.txt")) for name in read(path)]


@functools.cache
def recorded(stem: str) -> dict[str, Observed]:
    """What PyTorch did."""
    return read(RECORDED / f"{stem}.txt")


@functools.cache
def _run(stem: str) -> tuple[str, dict[str, Observed]]:
    """The error of the process, if it failed, and what it observed."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["ts2cpp", "python", "-m", "tests.conformance.record_traces", folder, stem]
        program = f"import sys; sys.argv = {arguments!r}; from transpile.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        return (done.stderr, {}) if done.returncode else ("", read(Path(folder) / f"{stem}.txt"))


def observed(stem: str) -> dict[str, Observed]:
    """What the bundled torch does, in a process that PyTorch has not been imported into."""
    error, found = _run(stem)
    assert not error, error
    return found


@functools.cache
def listed_differences() -> dict[str, str]:
    """Programs of the table of differences, with the reasons."""
    section = DIFFERENCES.read_text(encoding="utf-8").split("### Traces that differ\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| `(\w+\.\w+)` \| (.+) \|$", section, flags=re.M)
    return dict(rows)


@pytest.mark.parametrize(
    ("stem", "name"),
    [pytest.param(*p, marks=pytest.mark.xdist_group(f"traces_{p[0]}"), id=".".join(p)) for p in PROGRAMS],
)
def test_program(stem: str, name: str) -> None:
    theirs, ours = recorded(stem)[name], observed(stem)[name]
    assert ours.error == theirs.error, ours.texts.get("message")
    assert len(ours.warnings) == len(theirs.warnings)
    for mine, wanted in zip(ours.warnings, theirs.warnings, strict=True):
        assert _anywhere(mine, wanted) == wanted
    assert len(ours.outputs) == len(theirs.outputs)
    for mine, reference in zip(ours.outputs, theirs.outputs, strict=True):
        assert _agree(mine, reference), f"{mine}\n{reference}"
    if f"{stem}.{name}" in listed_differences():
        differ = any(_without_library_lines(ours.texts.get(t, ""), text) != text for t, text in theirs.texts.items())
        assert differ or ours.texts.keys() != theirs.texts.keys(), f"take {stem}.{name} out of {DIFFERENCES.name}"
        return
    assert ours.texts.keys() == theirs.texts.keys()
    for title, text in theirs.texts.items():
        assert _without_library_lines(ours.texts[title], text) == text, title


@pytest.mark.parametrize(
    "stem", [pytest.param(s, marks=pytest.mark.xdist_group(f"traces_{s}")) for s in {p[0]: 0 for p in PROGRAMS}]
)
def test_every_program_is_recorded(stem: str) -> None:
    assert observed(stem).keys() == recorded(stem).keys()


def test_nearly_all_graphs_are_those_of_pytorch() -> None:
    listed = listed_differences()
    assert listed.keys() <= {f"{stem}.{name}" for stem, name in PROGRAMS}
    assert len(PROGRAMS) >= 120
    assert len(listed) <= (1 - SAME_GRAPH) * len(PROGRAMS)


def _anywhere(mine: str, reference: str) -> str:
    """A warning as if it pointed into the library, if PyTorch's does."""
    category, place, text = mine.split(" ", 2)
    return f"{category} {'library' if reference.split(' ')[1] == 'library' else place} {text}"


def _without_library_lines(mine: str, reference: str) -> str:
    """Where PyTorch points into its own files, so that any line will do."""
    lines = mine.split("\n")
    for number, (line, wanted) in enumerate(zip(lines, reference.split("\n"), strict=False)):
        if wanted.endswith(" # library"):
            lines[number] = re.sub(r" # \S+$", "", line) + " # library"
    return "\n".join(lines)


def _agree(mine: Any, reference: Any) -> bool:
    if isinstance(reference, float) and isinstance(mine, float):
        both_nan = math.isnan(mine) and math.isnan(reference)
        return both_nan or math.isclose(mine, reference, rel_tol=1e-5, abs_tol=2e-6)
    if isinstance(reference, dict):
        return (
            isinstance(mine, dict)
            and mine.keys() == reference.keys()
            and all(_agree(mine[k], reference[k]) for k in reference)
        )
    if isinstance(reference, list):
        return isinstance(mine, list) and len(mine) == len(reference) and all(map(_agree, mine, reference))
    return type(mine) is type(reference) and bool(mine == reference)
