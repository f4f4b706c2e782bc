"""Random tensor programs: Python, the traced graph in the interpreter and as C++, also with other values and another batch."""

from __future__ import annotations

import copy
import importlib.util
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD
from tests.codegen import cpp_driver
from tests.codegen.cpp_driver import Call, Session, show, shown_after
from tests.trace.random_tensor_programs import shrunk, source
from tests.trace.tensor_variables import INPUTS
from transpile import torch
from transpile.core import types as T
from transpile.eager.tensor import Tensor

Array = np.ndarray[Any, Any]
COUNT = int(os.environ.get("TS2CPP_RANDOM_TENSOR_PROGRAMS", "60"))
FIRST = int(os.environ.get("TS2CPP_RANDOM_SEED", "1"))
RTOL, ATOL = 1e-4, 1e-4
# Batch, and what the values are drawn from; the first is what is traced.
DRAWN = ((2, 1), (2, 2), (5, 3))


def inputs(batch: int, seed: int) -> list[Array]:
    """Multiples of a quarter, and small integers."""
    random = np.random.default_rng(seed)
    drawn = []
    for _, shape, dtype in INPUTS:
        values = random.integers(-6, 7, [factor * batch**power for factor, power in shape])
        drawn.append((values / 4).astype(np.float32) if dtype == "float32" else values // 2)
    return drawn


def tensors(arrays: list[Array]) -> list[Tensor]:
    return [Tensor._from_array(a.copy()) for a in arrays]


def load(path: Path, texts: list[str]) -> ModuleType:
    """The programs as a module, from a file: tracing names its lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(["from transpile import torch\nfrom transpile.nn import functional as F\n", *texts]))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def traced(python: Any) -> Any:
    return torch.jit.trace(python, tuple(tensors(inputs(*DRAWN[0]))), check_trace=False)


def disagreement(python: Any) -> str:
    """How the trace in the interpreter differs from Python, the arguments after the call included."""
    trace = traced(python)
    for batch, seed in DRAWN:
        mine, theirs = tensors(inputs(batch, seed)), tensors(inputs(batch, seed))
        for number, (a, b) in enumerate(zip((*trace(*mine), *mine), (*python(*theirs), *theirs), strict=True)):
            if a.dtype != b.dtype or a.shape != b.shape:
                return f"value {number}, batch {batch}: {a.dtype}{list(a.shape)} for {b.dtype}{list(b.shape)}"
            if not np.allclose(a._array, b._array, RTOL, ATOL):
                return f"value {number}, batch {batch}: {a._array} for {b._array}"
    return ""


def session(python: Any) -> Session:
    """Calls of the trace, and what they do in Python."""
    function = traced(python)._function
    calls = []
    for batch, seed in DRAWN:
        arguments = inputs(batch, seed)
        given = tensors(arguments)
        result = tuple(r._array for r in python(*given))
        after = shown_after([g._array for g in given], [T.TENSOR] * len(given))
        calls.append(Call("forward", copy.deepcopy(arguments), result=show(result), after=after))
    return Session(function, calls)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_python_interpreter_and_cpp_agree(tmp_path: Path) -> None:
    texts = {f"f{seed}": source(seed, f"f{seed}") for seed in range(FIRST, FIRST + COUNT)}
    module = load(tmp_path / "tensor_programs.py", list(texts.values()))
    for name, text in texts.items():
        if disagreement(getattr(module, name)):
            small = tmp_path / "small.py"
            short = shrunk(text, lambda t: bool(disagreement(getattr(load(small, [t]), name))))  # noqa: B023
            pytest.fail(f"{disagreement(getattr(load(small, [short]), name))}:\n{short}")
    programs = {name: [session(getattr(module, name))] for name in texts}
    units = max(2, COUNT // 30)
    outcomes = cpp_driver.run(programs, BUILD / "tensor_programs", units=units, rtol=RTOL, atol=ATOL)
    failed = [f"{o.kind}: {o.detail}\n{texts[name]}" for name, o in outcomes.items() if o.kind != "same"]
    assert not failed, f"{len(failed)} of {COUNT}\n" + "\n".join(failed[:10])
