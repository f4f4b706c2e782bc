"""The golden cases: each model's graph, code, C++ and outputs are as recorded, and its C++ computes what eager Python does.

`pytest tests/golden --update-golden` rewrites what is recorded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.golden.cases import CASES, Case, compiled_case, project_tree, recorded
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import compare

pytestmark = pytest.mark.xdist_group("golden")


def _check(path: Path, text: str, update: bool) -> None:
    if update:
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"{path.name} is not recorded; run pytest tests/golden --update-golden"
    assert _normal(text) == _normal(path.read_text(encoding="utf-8"))


def _normal(text: str) -> str:
    """Text as it is compared: line breaks and indentation are clang-format's business, whichever version it is."""
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_recorded_text(case: Case, update_golden: bool) -> None:
    compiled = compiled_case(case)
    _check(case.folder / "graph.txt", compiled.graph_text, update_golden)
    _check(case.folder / "code.txt", compiled.code_text, update_golden)
    for name, text in compiled.cpp_files.items():
        _check(case.folder / name, text, update_golden)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_interpreter_computes_what_eager_python_does(case: Case, update_golden: bool) -> None:
    compiled = compiled_case(case)
    for method in compiled.inputs:
        if update_golden:
            np.savez(recorded(case, method), **dict[str, Any](compiled.eager[method]))
        expected = read_npz(recorded(case, method))
        for computed in (compiled.eager, compiled.interpreted):
            wrong = [d.describe() for d in compare(expected, computed[method]) if not d.equal]
            assert not wrong, method


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cpp_computes_what_eager_python_does(case: Case) -> None:
    for method in compiled_case(case).inputs:
        outputs = project_tree().run(case, method)
        wrong = [d.describe() for d in compare(read_npz(recorded(case, method)), outputs) if not d.equal]
        assert not wrong, method


def test_errors_of_a_program_name_the_python_line() -> None:
    case = next(c for c in CASES if c.name == "raised_error")
    matrix = np.zeros((2, 3), np.float32)
    for inputs, message, line in (
        ({"x": matrix[0], "limit": np.asarray(3)}, "ValueError: expected a matrix, got 1 dimensions", 8),
        ({"x": matrix, "limit": np.asarray(0)}, "AssertionError: limit must be positive", 9),
    ):
        status, shown, _ = project_tree().start(case, inputs, "forward")
        assert status == 3
        assert shown.splitlines() == [message, f"  at model.py:{line} in model"]
