"""Builtin functions, methods and operators in C++: each expression gives there what the interpreter computes."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections import Counter

import pytest

from tests.build_tree import BUILD, ROOT
from tests.bundled import bundled_torch
from tests.codegen import cpp_driver
from tests.codegen.cpp_driver import Outcome, Session
from tests.codegen.record_calls import add_calls, recording
from tests.conformance.builtin_expressions import PARAMETERS, evaluate, load_programs, load_rows
from transpile.jit.unit import forget_default_unit

ROWS = [row for row in load_rows() if row.verdict != "refused"]
PAGE = ROOT / "docs" / "differences.md"
pytestmark = [
    pytest.mark.xdist_group("builtins_cpp"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++"),
]


def known_refusals() -> set[str]:
    """The expressions that are listed as having no C++."""
    section = PAGE.read_text(encoding="utf-8").partition("### Builtins without C++")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `(.*)` \| ", section, re.M))


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Outcome]:
    """What became of each expression that the bundled torch accepts."""
    sessions: dict[str, list[Session]] = {}
    folder = tmp_path_factory.mktemp("builtins_cpp")
    places = {name: place for place, name in enumerate(PARAMETERS)}
    with bundled_torch():
        forget_default_unit()
        module = load_programs(ROWS, folder / "expressions.py")
        for number, row in enumerate(ROWS):
            with recording() as recorder, contextlib.redirect_stdout(io.StringIO()):
                evaluate(row, module, number)
                add_calls(recorder, 1, places)
            for call in (c for session in recorder.sessions for c in session.calls):
                call.made_up = True
            if recorder.sessions:
                sessions[f"b{number}"] = recorder.sessions
    forget_default_unit()
    return {int(label[1:]): outcome for label, outcome in cpp_driver.run(sessions, BUILD / "builtins_cpp").items()}


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: ROWS[n].expression)
def test_expression(number: int, outcomes: dict[int, Outcome]) -> None:
    outcome = outcomes.get(number, Outcome("same"))
    listed = ROWS[number].expression in known_refusals()
    assert outcome.kind == ("refused" if listed else "same"), outcome.detail


def test_counts(outcomes: dict[int, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    kinds = Counter(outcome.kind for outcome in outcomes.values())
    with capsys.disabled():
        print(f"\nin C++: {dict(kinds)}", end="")
    assert known_refusals() <= {row.expression for row in ROWS}
    assert kinds["same"] >= 0.97 * len(outcomes)
