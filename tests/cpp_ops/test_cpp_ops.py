"""Every operator three ways: its NumPy kernel, the interpreter, and compiled C++.

Compared are values, dtypes, shapes, what is written in place, which memory a result shares, and errors with their text.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build_tree import compiler
from tests.cpp_ops.functions import Pattern, Plan, arguments, graph_of, plans
from tests.cpp_ops.program import Outcome, Program, build
from tests.cpp_ops.wire import Answer
from tests.hostile import verdicts
from tests.hostile.__main__ import sampled_calls
from tests.hostile.compiled import answers_in
from tests.ops.agreement import ERRORS, assert_same
from tests.ops.gauge import settled
from tests.ops.samples import Sample, copied, describe
from transpile.ir.graph import Graph
from transpile.jit.interpreter.machine import run_graph
from transpile.ops import registry

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C++ compiler")

_IN_CPP = [name for name, plan in plans().items() if plan.cases]


@pytest.fixture(scope="session")
def program() -> Program:
    """The compiled functions of all operators: built once, by whichever process comes first."""
    return build(plans())


def test_most_operators_are_in_cpp() -> None:
    """The selection below is not empty by accident."""
    assert len(_IN_CPP) > 900
    assert sum(len(plans()[name].cases) for name in _IN_CPP) > 30000


@pytest.mark.parametrize("name", _IN_CPP, ids=lambda name: name.replace("::", "_"))
def test_operator_agrees(name: str, program: Program, tmp_path: Path) -> None:
    plan = plans()[name]
    failures = disagreements(plan, program, tmp_path)
    if failures:
        shown = "\n".join(failures[:6])
        pytest.fail(f"{len(failures)} of {len(plan.cases)} cases differ:\n{shown}", pytrace=False)


def test_hostile_calls_end_as_in_pytorch(program: Program) -> None:
    """The hostile calls of every eighth overload for which the program has a function (``python -m tests.hostile``)."""
    found = answers_in(program, plans(), dict(sampled_calls(8)))
    assert len(found) > 1000
    verdicts.check(found)


def disagreements(plan: Plan, program: Program, folder: Path) -> list[str]:
    """What differs, a text for each case, with the call that shows it."""
    failures = [
        f"{w.name} does not compile: {program.broken[w.name]}\n{w.text}"
        for w in plan.functions.values()
        if w.name in program.broken
    ]
    runnable = [case for case in plan.cases if plan.functions[case[0]].name not in program.broken]
    outcomes = program.run([(plan.functions[p].name, values) for p, values, _ in runnable], folder) if runnable else []
    graphs = {pattern: graph_of(pattern) for pattern in plan.functions}
    for (pattern, values, sample), outcome in zip(runnable, outcomes, strict=True):
        try:
            compare(plan, graphs[pattern], pattern, values, sample, outcome)
        except AssertionError as failure:
            text = "\n".join(line for line in str(failure).splitlines() if line.strip())
            failures.append(f"{plan.functions[pattern].text.strip()}\n  on {shown(pattern, values)}: {text}")
    return failures


def shown(pattern: Pattern, values: list[Any]) -> str:
    formals = registry.get(pattern.operator).schema.arguments
    names = [formals[i].name if i < len(formals) else f"item{i}" for i, _ in pattern.varying]
    return ", ".join(f"{n}={describe(v)}" for n, v in zip(names, values, strict=True))


def compare(plan: Plan, graph: Graph, pattern: Pattern, values: list[Any], sample: Sample, outcome: Outcome) -> None:
    """Eager, interpreter and C++ on one case; ``AssertionError`` says what differs."""
    eager_values, script_values = copied(values), copied(values)
    eager, eager_error = run(plan, lambda: plan.operator(*arguments(pattern, eager_values)))
    script, script_error = run(plan, lambda: run_graph(graph, script_values))
    if graph.outputs[0].node.kind == "prim::Constant":
        eager = None
    said, expected = error_text(script_error), error_text(eager_error)
    assert said == expected, f"the interpreter raises {script_error!r}, not {eager_error!r}"
    if eager_error is not None:
        assert outcome.error, f"C++ gives {outcome.result!r} instead of {eager_error!r}"
        assert outcome.error != "crash", outcome.message
        if not sample.any_message:
            told = f"C++ raises {outcome.error}: {outcome.message}, not {eager_error!r}"
            assert outcome.message.partition("\n")[0] == expected, told
        return
    assert_same(script, eager, Sample(rtol=1e-15, atol=1e-300), "interpreter")
    assert not outcome.error, f"C++ raises {outcome.error}: {outcome.message}, eager gives {describe(eager)}"
    assert outcome.result is not None and outcome.arguments is not None
    name = plan.operator.name
    assert_same(settled(name, outcome.result.value), settled(name, eager), sample, "C++")
    if "resizes" not in plan.operator.tags or all(any(r is v for v in eager_values) for r in tensors_in(eager)):
        for i, (after, wanted) in enumerate(zip(outcome.arguments.value, eager_values, strict=True)):
            assert_same(after, wanted, sample, f"argument {i} after the call")
        assert_same_memory(outcome.result, eager, eager_values)


def run(plan: Plan, call: Any) -> tuple[Any, Exception | None]:
    registry.get("aten::manual_seed")(7)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(), None
    except ERRORS as error:
        return None, error


def error_text(error: Exception | None) -> str | None:
    return None if error is None else str(error.args[0] if error.args else "").partition("\n")[0].strip()


def tensors_in(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        return [t for v in value.values() for t in tensors_in(v)]
    return [t for v in value for t in tensors_in(v)] if isinstance(value, (list, tuple)) else []


def assert_same_memory(answer: Answer, eager: Any, values: list[Any]) -> None:
    """A tensor that shares the memory of an argument here lies at the same place of it in C++, and the other way round."""
    inputs = tensors_in(values)
    for place, tensor in zip(answer.places, tensors_in(eager), strict=True):
        if tensor.size == 0:
            continue
        owner, offset, strides = place
        sharing = [i for i, x in enumerate(inputs) if x.size and np.may_share_memory(x, tensor)]
        found = [owner] if owner >= 0 else []
        assert found == sharing[:1], f"shares the memory of arguments {found} in C++, of {sharing} here"
        if found:
            base = inputs[owner]
            expected = tensor.__array_interface__["data"][0] - base.__array_interface__["data"][0]
            assert offset == expected, f"the view begins at byte {offset} in C++, {expected} here"
            ours = [s * tensor.itemsize for s, n in zip(strides, tensor.shape, strict=True) if n > 1]
            theirs = [s for s, n in zip(tensor.strides, tensor.shape, strict=True) if n > 1]
            assert ours == theirs, f"the view has the strides {ours} in C++, {theirs} here"
