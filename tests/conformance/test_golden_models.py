"""The golden cases on PyTorch: the same graphs and code, and PyTorch's eager outputs are the recorded ones."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import pytest

from tests.build_tree import BUILD
from tests.conformance.front_door import Passage, pass_through
from tests.golden.cases import CASES, Case, compiled_case, without_checkout
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import compare

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"),
    pytest.mark.xdist_group("golden models"),
]


@functools.cache
def _passage(case: Case) -> Passage:
    folder: Path = BUILD / "golden_models" / case.name
    return pass_through("pytorch", case.model, folder, folder / "project" / case.name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outputs_of_pytorch_are_the_recorded_ones(case: Case) -> None:
    found, expected = _passage(case), read_npz(case.folder / "expected.npz")
    assert expected
    for outputs in (found.eager, found.interpreted):
        assert [d.describe() for d in compare(expected, outputs) if not d.equal] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_program_does_not_depend_on_the_implementation(case: Case) -> None:
    found, bundled = _passage(case), compiled_case(case)
    assert without_checkout(found.graphs) == bundled.graph_text
    assert found.code == bundled.code_text
    files = {Path(name).name: data for name, data in found.project_files().items() if "runtime/" not in name}
    for name, text in bundled.cpp_files.items():
        assert files[name].decode() == text
