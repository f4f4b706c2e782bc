"""Random programs three ways: Python, the interpreter (structured, lowered and optimised graphs) and compiled C++."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.build_tree import BUILD
from tests.codegen.random_programs.program import Program, generate
from tests.codegen.random_programs.report import Failure, run, smallest
from tests.codegen.random_programs.shrinker import shrink
from transpile.ops import registry

COUNT = int(os.environ.get("TS2CPP_RANDOM_PROGRAMS", "120"))
FIRST = int(os.environ.get("TS2CPP_RANDOM_SEED", "1"))


def _told(failures: Sequence[Failure], folder: Path) -> str:
    """The first failure made small, the others by their seeds."""
    if not failures:
        return ""
    seeds = [f.program.seed for f in failures]
    return f"{smallest(failures[0], folder)}\nfailing seeds: {seeds}"


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_python_interpreter_and_cpp_agree(tmp_path: Path) -> None:
    report = run(range(FIRST, FIRST + COUNT), tmp_path, cpp_folder=BUILD / "random_programs")
    assert not report.failures, _told(report.failures, tmp_path)


def test_seeds_are_programs_of_their_own() -> None:
    texts = {generate(seed).text for seed in range(50)}
    assert len(texts) == 50
    assert generate(7) == generate(7)


def test_a_failing_program_is_made_small() -> None:
    """What is left of a program is what the failure needs."""
    program = next(p for p in map(generate, range(1000)) if "while " in p.text and "append(" in p.text)

    def fails(candidate: Program) -> bool:
        return any(isinstance(n, ast.While) for n in ast.walk(ast.parse(candidate.text)))

    small = shrink(program, fails, seconds=20)
    assert len(small.text.splitlines()) < 6
    assert len(small.inputs) == 1


def test_a_program_that_would_never_end_is_no_smaller_one() -> None:
    text = "def main(n: int) -> int:\n    while n < 3:\n        n += 1\n    return n\n"
    program = replace(generate(0), text=text, inputs=((0,),))

    def fails(candidate: Program) -> bool:
        made: dict[str, Any] = {}
        try:
            exec(candidate.text, made)
            return bool(made["main"](0) == 3)
        except Exception:
            return False

    assert "n += 1" in shrink(program, fails, seconds=20).text


def test_a_difference_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong operator in the interpreter does not go unnoticed."""
    operator = registry.get("aten::floordiv.int")
    monkeypatch.setattr(operator, "kernel", lambda a, b: int(a / b))
    reports = (run([seed], tmp_path, cpp=False) for seed in range(1, 60) if "//" in generate(seed).text)
    report = next((r for r in reports if any("differs" in f.sign for f in r.failures)), None)
    assert report is not None
    assert report.failures[0].program.text in str(report)
