"""Every pass on small graphs, as text in and text out.

``data/<pass>.txt`` holds cases::

    [case name]
    inputs: f32(2, 3), 5, True          # optional: the graph is also run before and after
    passes: inline clean_up             # optional: other passes than the one the file is called after
    arrays: layers=3, towers.left=2     # optional: the containers of modules that are arrays in C++
    runs: stage.1=3                     # optional: the first ones of neighbours of one struct
    uniform: norms=2                    # optional: arrays in C++ of anything
    graph(...):
      ...
    ---
    graph(...):
      ...

``pytest --update-golden`` writes the lower halves.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transpile.ops  # noqa: F401  (registers the operators)
from tests.text_cases import Case, check, read
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify
from transpile.jit.interpreter.machine import run_graph
from transpile.passes import pipelines
from transpile.passes.context import ExportContext

DATA = Path(__file__).parent / "data"


def pass_named(name: str) -> Callable[..., bool]:
    if hasattr(pipelines, name) and callable(getattr(pipelines, name)):
        return getattr(pipelines, name)
    return getattr(importlib.import_module(f"transpile.passes.{name}"), name)


def context_of(case: Case, graph: Graph) -> ExportContext | None:
    """What is known beyond the graph, whose first parameter is a module then."""
    if not {"arrays", "runs", "uniform"} & set(case.options):
        return None
    self_type = graph.inputs[0].type
    assert isinstance(self_type, T.ClassType)

    def lengths(option: str) -> dict[str, int]:
        pairs = (pair.strip().split("=") for pair in case.options.get(option, "").split(",") if pair)
        return {name: int(length) for name, length in pairs}

    return ExportContext(
        self_object=ScriptObject(self_type), arrays=lengths("arrays"), runs=lengths("runs"), uniform=lengths("uniform")
    )


def inputs_of(text: str) -> list[Any]:
    """Values for the inputs of a graph: ``f32(2, 3)`` is a tensor with fixed pseudo-random elements."""

    def tensor(kind: str) -> Callable[..., Any]:
        generator = np.random.default_rng(len(kind))
        return lambda *sizes: (generator.standard_normal(sizes) * 3).astype(kind)

    names = {"f32": tensor("float32"), "f64": tensor("float64"), "i64": tensor("int64"), "None": None}
    return list(eval(f"[{text}]", names))


def all_cases() -> Iterator[Any]:
    for file in sorted(DATA.glob("*.txt")):
        for case in read(file):
            yield pytest.param(case, id=f"{file.stem}: {case.name}")


@pytest.mark.parametrize("case", list(all_cases()))
def test_case(case: Case, update_golden: bool) -> None:
    graph = parse_graph(case.before)
    verify(graph)
    original = graph.copy()
    context = context_of(case, graph)
    for name in case.options.get("passes", case.file.stem).split():
        pass_named(name)(graph, context)
        verify(graph)
    got = str(parse_graph(str(graph)))
    if "inputs" in case.options:
        values = inputs_of(case.options["inputs"])
        mine = copy.deepcopy(values)
        expected, actual = outcome(original, values), outcome(graph, mine)
        np.testing.assert_equal(actual, expected)
        np.testing.assert_equal(mine, values, "what the graph writes into its inputs has changed")
    check(case, got, update_golden)


def outcome(graph: Any, values: list[Any]) -> Any:
    try:
        return run_graph(graph, values)
    except Exception as error:
        return type(error).__name__, str(error)


def test_every_pass_has_cases() -> None:
    """A pass that a pipeline runs has a data file, or a test module where it needs more than a graph."""
    names = {p.__name__ for p in (*pipelines.SCRIPT, *pipelines.ARCHIVED)} | set(pipelines.export_pass_names())
    covered = {f.stem for f in DATA.glob("*.txt")} | {
        f.stem.removeprefix("test_") for f in DATA.parent.glob("test_*.py")
    }
    assert not names - covered
