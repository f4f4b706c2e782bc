"""Random functions draw PyTorch's numbers: recorded calls, eagerly and in one compiled project."""

from __future__ import annotations

import functools
import shutil
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD, BuildTree
from tests.bundled import load_bundled, pytorch
from tests.ops.seeded_calls import CALLS, SCRIPTED, SEED, assert_equal, made, recorded
from transpile import torch
from transpile.codegen.project.exporter import ExportRequest
from transpile.entry import compile_entry

pytestmark = pytest.mark.xdist_group("seeded_calls")


def _module_text() -> str:
    """A module whose result is the list of what all calls give."""
    lines = ["import torch", "from typing import List", "", "", "class Seeded(torch.nn.Module):"]
    lines += ["    def forward(self) -> List[torch.Tensor]:", "        drawn: List[torch.Tensor] = []"]
    for call in SCRIPTED:
        lines += [f"        torch.manual_seed({SEED})", f"        drawn.append({call})"]
    return "\n".join([*lines, "        return drawn", "", "", "model = Seeded()", ""])


@functools.cache
def compiled_numbers() -> list[np.ndarray[Any, Any]]:
    """What the calls give in C++."""
    path = BUILD / "seeded_calls" / "seeded_calls.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_module_text(), encoding="utf-8")
    entry = compile_entry(load_bundled(path).entry)
    tree = BuildTree("seeded_calls").sync(
        {"seeded_calls": ExportRequest(entry.root, "seeded_calls", "seeded_calls.py", ["forward"])}
    )
    done, outputs = tree.start("seeded_calls", {}, "--method", "forward")
    assert done.returncode == 0, done.stderr
    return list(outputs.values())


def test_enough_calls() -> None:
    assert len(CALLS) >= 80
    assert set(CALLS) == set(recorded())


@pytest.mark.parametrize("call", CALLS)
def test_eager(call: str) -> None:
    assert_equal(call, made(torch, call), recorded()[call])


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
@pytest.mark.parametrize("number", range(len(SCRIPTED)), ids=lambda n: SCRIPTED[n])
def test_compiled(number: int) -> None:
    numbers = compiled_numbers()
    assert len(numbers) == len(SCRIPTED)
    assert_equal(SCRIPTED[number], numbers[number], recorded()[SCRIPTED[number]])


@pytest.mark.reference
@pytest.mark.parametrize("call", CALLS)
def test_recorded_numbers_are_those_of_pytorch(call: str) -> None:
    assert_equal(call, made(pytorch(), call), recorded()[call])
