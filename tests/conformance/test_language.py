"""The TorchScript language, program by program: the bundled torch accepts, refuses and prints what PyTorch 2.13 does."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from tests.build_tree import ROOT
from tests.bundled import bundled_torch
from tests.conformance.language_cases import VARIATIONS as VARIATION_DATA
from tests.conformance.language_cases import Case, Outcome, comparable, load_cases, run_case
from transpile.jit.unit import forget_default_unit

CASES = load_cases()
VARIATIONS = load_cases(VARIATION_DATA)
PAGE = ROOT / "docs" / "differences.md"
PRINTS_TEXT = re.compile(r"\.(inlined_)?graph\b|\.code\b|\.schema\b")
SYNTAX_ERRORS = ("NotSupportedError", "UnsupportedNodeError", "FrontendError")
OUR_ERRORS = ("SourceError", "ScriptTypeError", "ScriptNameError", "NoMatchingOverloadError", "UnsupportedSyntaxError")
pytestmark = pytest.mark.xdist_group("language")


@functools.cache
def known_differences() -> dict[str, str]:
    """The programs that are listed as different, with what differs: ``verdict`` or ``result``."""
    rows = re.findall(r"^\| `(\w+)` \| (verdict|result) \|", PAGE.read_text(encoding="utf-8"), re.M)
    return dict(rows)


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What each program led to here."""
    return run_all(CASES + VARIATIONS, tmp_path_factory.mktemp("language"))


def run_all(cases: list[Case], folder: Path) -> dict[str, Outcome]:
    """Run programs on the bundled torch, each as the first thing that is ever scripted."""
    found = {}
    with bundled_torch():
        for case in cases:
            forget_default_unit()
            found[case.id] = run_case(case, folder)
    forget_default_unit()
    return found


def difference(case: Case, found: Outcome) -> str:
    """``verdict``, ``result`` or, if the outcomes agree, nothing.

    Of a refusal only the stage and the kind of error count: the words are our own.
    """
    expected = case.expected
    if found.verdict != expected.verdict:
        return "verdict"
    same = (
        comparable(found.output) == comparable(expected.output)
        and len(found.warnings) == len(expected.warnings)
        and all(ours.startswith(theirs) for ours, theirs in zip(found.warnings, expected.warnings, strict=True))
        and _corresponds(expected, found)
        and (found.verdict != "failed" or comparable(found.message).startswith(comparable(expected.message)))
    )
    return "" if same else "result"


def _corresponds(expected: Outcome, found: Outcome) -> bool:
    if (
        found.error == "UnsupportedSyntaxError"
    ):  # PyTorch's front end falls over some constructs with an error of Python's
        return expected.error in {*SYNTAX_ERRORS, "RuntimeError", "AttributeError", "TypeError", "ValueError"}
    if found.error in {"SourceError", "ScriptTypeError", "ScriptNameError", "NoMatchingOverloadError"}:
        return expected.error == "RuntimeError"
    return found.error == expected.error


@pytest.mark.parametrize("case", CASES + VARIATIONS, ids=lambda c: c.id)
def test_program(case: Case, outcomes: dict[str, Outcome]) -> None:
    found = outcomes[case.id]
    if difference(case, found) != known_differences().get(case.id, ""):
        print(case.code, case.expected, found, sep="\n")
        assert (found.verdict, comparable(found.output), found.warnings) == (
            case.expected.verdict, comparable(case.expected.output), case.expected.warnings,
        )  # fmt: skip
        assert (found.error, found.message) == (case.expected.error, case.expected.message)
        pytest.fail("the program agrees with PyTorch, but is listed as different")


def test_counts(outcomes: dict[str, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    differences = {case.id: difference(case, outcomes[case.id]) for case in CASES}
    more = {case.id for case in VARIATIONS}
    texts = [c for c in CASES if c.expected.verdict == "accepted" and PRINTS_TEXT.search(c.code)]
    figures = {
        "verdict": (sum(d != "verdict" for d in differences.values()), len(CASES)),
        "result": (sum(d == "" for d in differences.values()), len(CASES)),
        "graph, code or schema": (sum(differences[c.id] == "" for c in texts), len(texts)),
    }
    with capsys.disabled():
        for what, (same, all_) in figures.items():
            print(f"\nsame {what}: {same} of {all_} programs, {same / all_:.1%}", end="")
    assert len(CASES) == 616
    assert set(known_differences()) <= set(differences) | more
    assert len(set(differences) | more) == len(CASES) + len(VARIATIONS)
    for what, floor in (("verdict", 0.99), ("result", 0.98), ("graph, code or schema", 0.98)):
        same, all_ = figures[what]
        assert same >= floor * all_, what


def test_refusals_say_what_to_write_instead(outcomes: dict[str, Outcome]) -> None:
    silent = {c.id for c in CASES if outcomes[c.id].error in OUR_ERRORS and "\nHint: " not in outcomes[c.id].message}
    assert silent <= {
        "assign_attribute_of_other_object",
        "class_field_of_own_type",
        "expr_invert_int_refused",
        "expr_in_tensor",
        "expr_numpy_call",
        "expr_math_function_unknown",
        "call_saving_with_ignored_function",
        "run_comparison_of_nested_containers",
    }  # nothing to say that the message does not say


def test_names_say_what_the_programs_show() -> None:
    """Topic and subject in words: names are read in lists of failures and of differences."""
    assert [c.id for c in CASES + VARIATIONS if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", c.id)] == []
