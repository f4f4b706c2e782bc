"""The parts of loops by name, in all three forms."""

from __future__ import annotations

import pytest

import transpile.ops  # noqa: F401  (registers the operators)
from transpile.core import types as T
from transpile.ir.graph import Graph
from transpile.ir.loops import LoopView, enclosing_loop, loops_of
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify

FOR = """graph(%n : int, %a : int, %b : int):
  %x : int, %y : int = prim::Loop[kind="for"](%n, %a, %b)
    block0(%i : int, %x.1 : int, %y.1 : int):
      %x.2 : int = aten::add(%x.1, %i)
      -> (%x.2, %y.1)
  return (%x)
"""
WHILE = """graph(%n : int, %a : int, %b : int):
  %x : int, %y : int = prim::Loop[kind="while"](%a, %b)
    block0(%x.1 : int, %y.1 : int):
      %x.2 : int = aten::add(%x.1, %n)
      -> (%x.2, %y.1)
    block1(%x.3 : int, %y.3 : int):
      %c : bool = aten::lt(%x.3, %n)
      -> (%c)
  return (%x)
"""
LOWERED = """graph(%n : int, %a : int, %b : int, %go : bool):
  %x : int, %y : int = prim::Loop(%n, %go, %a, %b)
    block0(%i : int, %x.1 : int, %y.1 : int):
      %x.2 : int = aten::add(%x.1, %i)
      %c : bool = aten::lt(%x.2, %n)
      -> (%c, %x.2, %y.1)
  return (%x)
"""
LEAVING = """graph(%n : int, %a : int, %b : int, %c : bool):
  %x : int, %y : int = prim::Loop[kind="for"](%n, %a, %b)
    block0(%i : int, %x.1 : int, %y.1 : int):
       = prim::If(%c)
        block0():
           = prim::Break(%i, %y.1)
          -> ()
        block1():
           = prim::Continue(%x.1, %i)
          -> ()
      -> ()
  return (%x)
"""


def loop_of(text: str) -> tuple[Graph, LoopView]:
    graph = parse_graph(text)
    verify(graph)
    return graph, loops_of(graph)[0]


def names(values: object) -> list[str]:
    return [v.unique_name if v is not None else "-" for v in values]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "form", "deciding", "counter"),
    [(FOR, "for", ["n"], "i"), (WHILE, "while", ["c"], None), (LOWERED, "", ["n", "go", "c"], "i")],
)
def test_what_decides_how_often_it_runs(text: str, form: str, deciding: list[str], counter: str | None) -> None:
    _, loop = loop_of(text)
    assert loop.form == form
    assert loop.is_structured == bool(form)
    assert names(loop.deciding) == deciding
    assert (loop.counter.unique_name if loop.counter is not None else None) == counter


@pytest.mark.parametrize("text", [FOR, WHILE, LOWERED])
def test_carried_values(text: str) -> None:
    _, loop = loop_of(text)
    seen = "x.3" if text is WHILE else "-"
    assert names(loop.at(0)) == ["a", "x.1", "x", "x.2", seen]
    assert [row.init.unique_name for row in loop.carried] == names(loop.inits) == ["a", "b"]
    assert names(loop.params) == ["x.1", "y.1"]
    assert names(loop.results) == ["x.2", "y.1"]
    assert names(loop.sources(0)) == ["a", "x.2"]
    assert loop.position_of(loop.at(1).param) == 1
    if loop.counter is not None:
        assert loop.position_of(loop.counter) is None


def test_a_body_that_never_ends_normally() -> None:
    graph, loop = loop_of(LEAVING)
    assert loop.at(0).result is None
    assert not loop.results
    assert [e.kind for e in loop.exits] == ["prim::Break", "prim::Continue"]
    assert names(loop.sources(0)) == ["a", "i", "x.1"]
    assert loop.ends(1) == [(loop.exits[0], 1), (loop.exits[1], 1)]
    inner = next(n for n in graph.walk() if n.kind == "prim::Break")
    found = enclosing_loop(inner)
    assert found is not None
    assert found.node is loop.node
    assert enclosing_loop(loop.node) is None


@pytest.mark.parametrize("text", [FOR, WHILE, LOWERED, LEAVING])
def test_removing_and_reordering_keeps_the_graph_well_formed(text: str) -> None:
    graph, loop = loop_of(text)
    loop.permute([1, 0])
    verify(graph)
    assert names(loop.inits) == ["b", "a"]
    assert names(row.output for row in loop.carried) == ["y", "x"]
    row = loop.at(0)
    for value in (row.output, *row.params):
        value.replace_all_uses_with(row.init)
    loop.remove(0)
    verify(graph)
    assert names(loop.inits) == ["a"]


@pytest.mark.parametrize("text", [FOR, WHILE, LOWERED])
def test_one_more_carried_value(text: str) -> None:
    graph, loop = loop_of(text)
    param, output = loop.add(graph.inputs[0], T.INT, "z")
    loop.body.add_return(param)
    verify(graph)
    assert loop.at(2).output is output
    assert loop.at(2).param is param
