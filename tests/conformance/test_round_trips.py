"""Programs that are saved and loaded again keep their code, state and results: here, in PyTorch, and from one to the other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build_tree import ROOT
from tests.bundled import bundled_torch
from tests.conformance.round_trips import FILES, RECORD, Program, compiled, content_of, facts, load_programs, loaded
from transpile import torch
from transpile.jit.unit import forget_default_unit

pytestmark = pytest.mark.filterwarnings("ignore")  # what tracing warns of is meant
RECORDED = json.loads(RECORD.read_text())
# What PyTorch saves of a function has no defaults; it freezes further than we do.
OTHER_CODE = ("optionals", "Frozen")


def same(found: Any, wanted: Any) -> bool:
    """Equal, floats to their last digits, code but for the numbers in names."""
    if isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[k], wanted[k]) for k in wanted)
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(same(f, w) for f, w in zip(found, wanted, strict=True))
    if isinstance(wanted, float):
        return bool(np.isclose(found, wanted, 1e-5, 1e-6))
    if isinstance(wanted, str):
        return re.sub(r"___torch_mangle_\d+", "", found) == re.sub(r"___torch_mangle_\d+", "", wanted)
    return bool(found == wanted)


def assert_same(found: dict[str, Any], wanted: dict[str, Any], *, code: bool = True) -> None:
    """Compare facts one by one, so that a failure shows the first that differs."""
    assert found.keys() == wanted.keys()
    for key in wanted:
        if code or key != "code":
            assert same(found[key], wanted[key]), (key, found[key], wanted[key])


def programs_of(file: Path) -> dict[str, Program]:
    forget_default_unit()
    with bundled_torch():
        return load_programs(file)


def as_json(found: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(found))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_what_is_saved_here_and_loaded_here(file: Path, tmp_path: Path) -> None:
    """It is what PyTorch says about its own archive, and saving it again changes nothing."""
    with bundled_torch():
        for name, program in programs_of(file).items():
            content = content_of(torch, compiled(torch, program), tmp_path / f"{name}.pt")
            again = loaded(torch, content).save_to_buffer()
            assert loaded(torch, again).save_to_buffer() == again
            found = as_json(facts(loaded(torch, content), program))
            assert_same(found, RECORDED[name], code=name not in OTHER_CODE)
            assert found == as_json(facts(loaded(torch, again), program))


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, the reference, is not installed")
def test_archives_pass_from_one_to_the_other(tmp_path: Path) -> None:
    programs: dict[str, Program] = {}
    wanted: dict[str, Any] = {}
    for file in FILES:
        with bundled_torch():
            for name, program in programs_of(file).items():
                programs[name] = program
                content = content_of(torch, compiled(torch, program), tmp_path / f"{name}.pt")
                wanted[name] = as_json(facts(loaded(torch, content), program))
    command = [sys.executable, "-W", "ignore", "-m", "tests.conformance.round_trips", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    for name, program in programs.items():
        assert_same(theirs[f"{name}.given"], wanted[name])
        given = (tmp_path / f"{name}.own.pt").read_bytes()
        assert_same(as_json(facts(loaded(torch, given), program)), theirs[name])
        again = loaded(torch, given).save_to_buffer()
        assert loaded(torch, again).save_to_buffer() == again
