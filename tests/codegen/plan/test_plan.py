"""What is decided before C++ is written, on small graphs, as text in and text out.

``data/<step>.txt`` holds cases of one step of planning::

    [case name]
    self: yes                           # optional: the first input is the module whose method this is
    graph(...):
      ...
    ---
    (x: Tensor) -> Tensor
      ...

``pytest --update-golden`` writes the lower halves; ``plan/text.py`` says how a plan reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import transpile.ops  # noqa: F401  (registers the operators)
from tests.text_cases import Case, check, read
from transpile.codegen.plan.function import Place
from transpile.codegen.plan.planning import plan_function
from transpile.codegen.plan.program import attribute_path
from transpile.codegen.plan.text import plan_text
from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.core.schema import parse_schema
from transpile.ir.graph import Node, Value
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify

DATA = Path(__file__).parent / "data"
STEPS = (
    "nesting",
    "branches",
    "loops",
    "variables",
    "copies",
    "names",
    "conversions",
    "lines",
    "outputs",
    "tasks",
    "fused_loops",
)


MODEL = T.ClassType("__torch__.Model", is_module=True)
LAYER = T.ClassType("__torch__.Layer", is_module=True)
COUNTER = T.ClassType(
    "__torch__.Counter",
    attributes={"n": T.Attribute("n", T.INT), "items": T.Attribute("items", T.ListType(T.INT))},
    methods={
        "take": parse_schema("take(Any self, int[] items) -> int"),
        "both": parse_schema("both(Any self, int[] items) -> (int, int)"),
        "maybe": parse_schema("maybe(Any self, int? n) -> int"),
        "reset": parse_schema("reset(Any self, int n) -> ()"),
    },
)


class Alone:
    """The surroundings of a function whose module's members are called as in Python."""

    def member_names(self, value: Value) -> tuple[str, ...] | None:
        return attribute_path(value) if value.node.kind in ("prim::GetAttr", "ts2cpp::Element") else None

    def is_this(self, value: Value) -> bool:
        return False

    def class_name(self, type: T.Type) -> str:
        return type.annotation().rpartition(".")[2]

    def changes(self, node: Node, index: int) -> bool:
        return False

    def changes_module(self, node: Node) -> bool:
        return node.kind == "prim::SetAttr"

    def each_type(self, node: Node) -> str:
        return "Layer"


def all_cases() -> Iterator[Any]:
    for step in STEPS:
        for case in read(DATA / f"{step}.txt"):
            yield pytest.param(case, id=f"{step}: {case.name}")


@pytest.mark.parametrize("case", list(all_cases()))
def test_case(case: Case, update_golden: bool) -> None:
    graph = parse_graph(case.before, {type.name: type for type in (MODEL, LAYER, COUNTER)})
    verify(graph)
    before = str(graph)
    result = graph.return_type or (graph.outputs[0].type if graph.outputs else T.NONE)
    if "result" in case.options:
        result = parse_type(case.options["result"])
    plan = plan_function(
        graph, Alone(), NameScope(taken=["weight"] if "self" in case.options else []), result, place=Place("m.py", "f"),
        has_self="self" in case.options,
    )  # fmt: skip
    assert not plan.problems
    got = plan_text(plan)
    assert str(graph) == before, "planning has changed the graph"
    check(case, got, update_golden)


def parse_type(text: str) -> T.Type:
    return parse_graph(f"graph(%x : {text}):\n  return (%x)\n").inputs[0].type


def test_every_file_is_a_step() -> None:
    assert {file.stem for file in DATA.glob("*.txt")} == set(STEPS)
