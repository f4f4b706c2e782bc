"""Factorizations are as accurate as LAPACK's, in eager mode and as compiled C++."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.build_tree import compiler
from tests.cpp_ops.functions import plans
from tests.cpp_ops.linalg_accuracy import SUBJECTS, Ratio, measured, run_cpp, run_eager
from tests.cpp_ops.program import Program, build

_SIZES = (3, 14, 36)


@pytest.fixture(scope="module")
def program() -> Program:
    """The compiled functions of all operators, which other tests need as well."""
    if compiler() is None:
        pytest.skip("no C++ compiler")
    return build(plans())


def assert_accurate(rows: list[Ratio]) -> None:
    wrong = [str(row) for row in rows if not row.times <= 2]
    assert not wrong, "\n".join(wrong)


def test_eager_mode_is_as_accurate_as_lapack() -> None:
    assert_accurate(measured(_SIZES, run_eager))


def test_cpp_is_as_accurate_as_lapack(program: Program, tmp_path: Path) -> None:
    assert_accurate(measured(_SIZES, run_cpp(program, plans(), tmp_path)))


def test_roundings_of_many_rotations_do_not_add_up(program: Program, tmp_path: Path) -> None:
    (svd,) = (subject for subject in SUBJECTS if subject.operator == "linalg_svd")
    large = [replace(svd, kinds=("ill-conditioned",))]
    assert_accurate(measured([150], run_cpp(program, plans(), tmp_path), large))
