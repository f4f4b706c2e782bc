"""What the exporter writes for a call of one overload, alone in a model, compiles: no header is missing, no call is ambiguous.

Models that read the same headers of the runtime are compiled together, each in its namespace; sets of headers that many of
them read are compiled once, before.  That a header is missing shows with one compiler: for g++, which is asked what is
ambiguous and what it warns of, models with other headers are joined, too.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.compilers import CHOSEN, STANDARDS, compilers
from tests.cpp_ops.header_sets import INCLUDE, Headers, closure, lines, worth_precompiling
from tests.cpp_ops.lone_calls import NO_LONE_CALL, Model, Refused, models
from transpile.ops import registry

_FLAGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", f"-I{INCLUDE}")
_AT_ONCE = min(2, os.cpu_count() or 1)

pytestmark = pytest.mark.xdist_group("lone_calls")


@functools.cache
def written() -> dict[str, list[Model | Refused]]:
    """The models of every declared overload, and of those that C++ lacks what the exporter says of them."""
    # Overloads with ``out`` are one function around the others: one in four is enough.
    every = (*registry.all_operators(), *list(registry.out_overloads())[::4])
    declared = [o for o in every if o.schema.qualified_name not in NO_LONE_CALL]
    return {o.schema.qualified_name: list(models(o, number)) for number, o in enumerate(declared)}


def test_every_declared_overload_is_exported() -> None:
    missing = []
    for name, found in written().items():
        if registry.get(name).no_cpp is None and not any(isinstance(m, Model) for m in found):
            missing.append(f"{name} is declared to be in C++ and refused: {found}")
    assert not missing, "\n".join(missing)


def test_what_cpp_lacks_is_refused_with_the_reason() -> None:
    wrong = []
    for name, found in written().items():
        lacks = registry.get(name).no_cpp
        if lacks is None:
            continue
        for model in found:
            if not (isinstance(model, Refused) and lacks.reason in model.reason and lacks.instead in model.reason):
                wrong.append(f"{name}, declared to be missing in C++: {model}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("standard", STANDARDS if CHOSEN else STANDARDS[:1])
@pytest.mark.parametrize("compiler", compilers("g++", "clang++"))
def test_every_overload_compiles_alone(compiler: str, standard: str, tmp_path: Path) -> None:
    tool = _without_ccache(compiler)
    if tool is None:
        assert not CHOSEN, f"there is no {compiler}"
        pytest.skip(f"no {compiler}")
    failures = _Compilation(tool, standard, tmp_path).failures()
    assert not failures, "\n".join(failures)


def _without_ccache(compiler: str) -> str | None:
    """The compiler itself: a cache keeps no syntax checks and is in the way of precompiled headers."""
    folders = [f for f in os.environ.get("PATH", "").split(os.pathsep) if "ccache" not in f]
    return shutil.which(compiler, path=os.pathsep.join(folders))


def _alike(models: Iterable[Model]) -> list[list[Model]]:
    """The models that read the same headers, together: none hides that another lacks one."""
    groups: dict[Headers, list[Model]] = defaultdict(list)
    for model in models:
        groups[closure(model.runtime_headers)].append(model)
    return list(groups.values())


def _joined(models: Iterable[Model]) -> list[list[Model]]:
    """A few groups of about the same size, made of those whose headers are most alike."""
    few = 6
    rows = sorted(models, key=lambda model: model.runtime_headers)
    size = -(-len(rows) // few)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


class _Compilation:
    """The syntax checks of all models by one compiler."""

    def __init__(self, tool: str, standard: str, folder: Path) -> None:
        self.tool = tool
        self.standard = standard
        self.is_gcc = "clang" not in Path(tool).name
        self.folder = folder
        exported = [m for found in written().values() for m in found if isinstance(m, Model)]
        self.groups = _joined(exported) if self.is_gcc else _alike(exported)
        read = [closure(header for model in group for header in model.runtime_headers) for group in self.groups]
        everybody = frozenset.intersection(*read)
        sets = [everybody] if self.is_gcc else list({everybody, *worth_precompiling(set(read))})
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            bases = list(pool.map(self._precompiled, range(len(sets)), sets))
        self.bases = [
            max((lines(s), base) for s, base in zip(sets, bases, strict=True) if s <= headers)[1] for headers in read
        ]

    def _precompiled(self, number: int, headers: Headers) -> Path:
        """What a group is given that reads these headers."""
        base = self.folder / f"base_{number}.hpp"
        base.write_text("".join(f"#include <{h}>\n" for h in sorted(headers) if h.endswith(".hpp")), encoding="utf-8")
        precompiled = base.with_suffix(".hpp.gch" if self.is_gcc else ".hpp.pch")
        once = () if self.is_gcc else ("-fpch-instantiate-templates",)
        self._run(*once, "-x", "c++-header", str(base), "-o", str(precompiled), check=True)
        return base if self.is_gcc else precompiled

    def failures(self) -> list[str]:
        """A line for each overload that does not compile."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [line for found in pool.map(self._check, range(len(self.groups))) for line in found]

    def _check(self, number: int) -> list[str]:
        group, base = self.groups[number], str(self.bases[number])
        standard = sorted({h for model in group for h in model.standard_headers})
        headers = sorted({h for model in group for h in model.runtime_headers})
        text = [f"#include <{h}>" for h in (*standard, *headers)]
        for model in group:
            text += [f'#line 1 "{model.overload} ({model.form})"', model.text]  # what the compiler calls the file
        source = self.folder / f"models_{number}.cpp"
        source.write_text("\n".join(text), encoding="utf-8")
        if self.is_gcc:
            # A diagnostic that a header switches off is on again when the header comes precompiled.
            given = ["-include", base, "-Wno-init-list-lifetime", "-fmax-errors=0"]
        else:
            given = ["-include-pch", base, "-ferror-limit=0"]
        done = self._run(*given, "-fsyntax-only", str(source))
        if done.returncode == 0 and not done.stderr:
            return []
        found = re.findall(r"^.*\(\w+\):\d+:.*error.*$", done.stderr, re.MULTILINE)
        return found or [f"with {', '.join(headers)}: {done.stderr[:2000]}"]

    def _run(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.tool, f"-std={self.standard}", *_FLAGS, *arguments], capture_output=True, text=True, check=check
        )
