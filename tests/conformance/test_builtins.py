"""Builtin functions, methods and operators: each expression compiles, fails and gives what PyTorch recorded."""

from __future__ import annotations

import cmath
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.build_tree import ROOT
from tests.bundled import bundled_torch
from tests.conformance.builtin_expressions import Row, evaluate, load_programs, load_rows
from transpile.jit.unit import forget_default_unit

ROWS = load_rows()
PAGE = ROOT / "docs" / "differences.md"
pytestmark = pytest.mark.xdist_group("builtins")


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """What the bundled torch makes of each expression."""
    return run_all(tmp_path_factory.mktemp("builtins"))


def run_all(folder: Path) -> list[Row]:
    """Evaluate all expressions on the bundled torch."""
    with bundled_torch():
        forget_default_unit()
        module = load_programs(ROWS, folder / "expressions.py")
        rows = [evaluate(row, module, number) for number, row in enumerate(ROWS)]
    forget_default_unit()
    return rows


def known_differences() -> set[str]:
    """The expressions that are listed as different."""
    section = PAGE.read_text(encoding="utf-8").partition("### Builtins with another outcome")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `(.*)` \| ", section, re.M))


def agree(ours: Row, theirs: Row) -> bool:
    """Whether the outcomes are equal; the last digits of floats may differ."""
    if replace(ours, result="") != replace(theirs, result=""):
        return False
    if ours.type not in ("float", "complex") or not ours.result:
        return ours.result == theirs.result
    a, b = complex(ours.result), complex(theirs.result)
    return ours.result == theirs.result or ((a.imag == 0) == (b.imag == 0) and cmath.isclose(a, b, rel_tol=1e-14))


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: ROWS[n].expression)
def test_expression(number: int, found: list[Row]) -> None:
    listed = ROWS[number].expression in known_differences()
    if agree(found[number], ROWS[number]) == listed:
        assert found[number] == ROWS[number]
        pytest.fail("the expression agrees with PyTorch, but is listed as different")


def test_listed_expressions_exist() -> None:
    assert known_differences() <= {row.expression for row in ROWS}
