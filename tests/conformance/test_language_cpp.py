"""The TorchScript language in C++: what compiled functions of the language corpus return, print and raise, interpreted and built.

Each program runs on the bundled torch with its calls of compiled code recorded; what it scripts is also called on made-up
arguments.  All of that happens again in C++.  Programs that C++ cannot have are listed in docs/differences.md.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.build_tree import BUILD, ROOT
from tests.bundled import bundled_torch
from tests.codegen import cpp_driver
from tests.codegen.cpp_driver import Outcome, Session
from tests.codegen.record_calls import add_calls, recording
from tests.conformance.language_cases import Case, load_cases, run_case
from transpile.jit.unit import forget_default_unit

CASES = [case for case in load_cases() if case.expected.verdict != "refused"]
PAGE = ROOT / "docs" / "differences.md"
pytestmark = [
    pytest.mark.xdist_group("language_cpp"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++"),
]


@functools.cache
def known_outcomes() -> dict[str, str]:
    """The programs that are listed as not in C++, with what becomes of them."""
    return dict(re.findall(r"^\| `(\w+)` \| (refused|failed) in C\+\+ \|", PAGE.read_text(encoding="utf-8"), re.M))


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What became of each program; none of those that have nothing to compile."""
    sessions: dict[str, list[Session]] = {}
    found: dict[str, Outcome] = {}
    folder = tmp_path_factory.mktemp("language_cpp")
    with bundled_torch():
        for case in CASES:
            error = _record(case, folder, sessions)
            if error and case.id not in sessions:
                found[case.id] = Outcome("refused", error)
    forget_default_unit()
    return found | cpp_driver.run(sessions, BUILD / "language_cpp")


def _record(case: Case, folder: Path, sessions: dict[str, list[Session]]) -> str:
    """Run a program; gives the error of a program that was not accepted."""
    forget_default_unit()
    with recording() as recorder:
        outcome = run_case(case, folder)
        with contextlib.redirect_stdout(io.StringIO()):
            add_calls(recorder)
    if recorder.sessions:
        sessions[case.id] = recorder.sessions
    return f"{outcome.error}: {outcome.message}" if outcome.verdict == "refused" else ""


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_program(case: Case, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes.get(case.id, Outcome("nothing"))
    if outcome.kind != known_outcomes().get(case.id, outcome.kind if outcome.kind == "nothing" else "same"):
        print(case.code)
        pytest.fail(f"{outcome.kind} in C++: {outcome.detail}")


def test_counts(outcomes: dict[str, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    kinds = Counter(outcome.kind for outcome in outcomes.values())
    with capsys.disabled():
        print(f"\nin C++: {dict(kinds)}, same {kinds['same'] / len(outcomes):.1%}", end="")
    assert len(CASES) - len(outcomes) <= 3  # there is nothing to compile in a few
    assert kinds["same"] >= 0.95 * len(outcomes)
    assert kinds["different"] == kinds["crashed"] == 0
