"""Which values may be the same memory, and who writes to them."""

from __future__ import annotations

import pytest

import transpile.ops  # noqa: F401  (registers the operators)
from transpile.ir.alias import AliasAnalysis
from transpile.ir.graph import Graph, Value
from transpile.ir.parser import parse_graph


class Named:
    """A graph, its analysis and its values by name."""

    def __init__(self, text: str) -> None:
        self.graph: Graph = parse_graph(text)
        self.aliases = AliasAnalysis(self.graph)
        self.values: dict[str, Value] = {v.name: v for v in self.graph.inputs}
        for node in self.graph.walk():
            self.values |= {v.name: v for v in node.outputs}
            for block in node.blocks:
                self.values |= {v.name: v for v in block.params}

    def alias(self, a: str, b: str) -> bool:
        return self.aliases.may_alias(self.values[a], self.values[b])

    def contain(self, a: str, b: str) -> bool:
        return self.aliases.may_contain_alias(self.values[a], self.values[b])

    def written(self, a: str) -> bool:
        return self.aliases.has_writers(self.values[a])


def test_inputs_may_be_the_same() -> None:
    g = Named("graph(%x : Tensor, %y : Tensor, %l : int[]):\n  return (%x)\n")
    assert g.alias("x", "y")
    assert not g.alias("x", "l")


def test_new_memory_and_views() -> None:
    g = Named("""graph(%x : Tensor, %n : int):
  %a : Tensor = aten::neg(%x)
  %b : Tensor = aten::select(%a, %n, %n)
  %c : Tensor = aten::relu_(%b)
  %d : Tensor = aten::neg(%x)
  return (%c)
""")
    assert not g.alias("x", "a")
    assert g.alias("a", "b")
    assert g.alias("a", "c")
    assert not g.alias("a", "d")
    assert g.written("a")
    assert not g.written("x")
    assert not g.written("d")


def test_lists_contain() -> None:
    g = Named("""graph(%x : Tensor, %zero : int):
  %a : Tensor = aten::neg(%x)
  %b : Tensor = aten::neg(%x)
  %l : Tensor[] = prim::ListConstruct(%a)
  %e : Tensor = aten::__getitem__(%l, %zero)
  %w : Tensor = aten::relu_(%e)
  return (%b)
""")
    assert g.contain("l", "a")
    assert not g.contain("l", "b")
    assert g.alias("e", "a")
    assert g.written("a")
    assert not g.written("b")


def test_append_to_a_list() -> None:
    g = Named("""graph(%x : Tensor, %l : Tensor[], %zero : int):
  %a : Tensor = aten::neg(%x)
  %m : Tensor[] = aten::append(%l, %a)
  %e : Tensor = aten::__getitem__(%l, %zero)
  %w : Tensor = aten::relu_(%e)
  return (%a)
""")
    assert g.alias("a", "e")
    assert g.written("a")
    assert g.written("l")


@pytest.mark.parametrize("kind", ["for", "while"])
def test_loops_carry_memory(kind: str) -> None:
    head = "%i : int, " if kind == "for" else ""
    test = "" if kind == "for" else "    block1(%k : Tensor):\n      %c : bool = aten::Bool(%k)\n      -> (%c)\n"
    g = Named(f"""graph(%x : Tensor, %n : int):
  %a : Tensor = aten::neg(%x)
  %y : Tensor = prim::Loop[kind="{kind}"](%n, %a)
    block0({head}%h : Tensor):
      %b : Tensor = aten::neg(%h)
      -> (%b)
{test}  %w : Tensor = aten::relu_(%y)
  return (%y)
""")
    assert g.alias("y", "a")
    assert g.alias("y", "b")
    assert g.alias("h", "b")
    assert g.written("a")
    assert not g.written("x")


def test_a_break_hands_out() -> None:
    g = Named("""graph(%x : Tensor, %n : int, %c : bool):
  %a : Tensor = aten::neg(%x)
  %z : Tensor = aten::neg(%x)
  %y : Tensor = prim::Loop[kind="for"](%n, %a)
    block0(%i : int, %h : Tensor):
       = prim::If(%c)
        block0():
           = prim::Break(%z)
          -> ()
        block1():
          -> ()
      -> (%h)
  return (%y)
""")
    assert g.alias("y", "z")


def test_calls_may_write_what_they_get() -> None:
    g = Named("""graph(%x : Tensor):
  %f : Function = prim::Constant[name="f"]()
  %a : Tensor = aten::neg(%x)
  %b : Tensor = aten::neg(%x)
  %c : Tensor = prim::CallFunction(%f, %a)
  return (%b)
""")
    assert g.written("a")
    assert g.written("x")
    assert not g.written("b")
    assert g.alias("c", "a")


def test_attributes_are_outside() -> None:
    g = Named("""graph(%self : __torch__.M, %x : Tensor):
  %w : Tensor = prim::GetAttr[name="w"](%self)
  %v : Tensor = aten::relu_(%w)
  return (%x)
""")
    assert g.alias("w", "x")
    assert g.written("x")


def test_operators_that_may_give_back_their_argument() -> None:
    g = Named("""graph(%x : Tensor, %p : float, %t : bool):
  %a : Tensor = aten::neg(%x)
  %b : Tensor = aten::dropout(%a, %p, %t)
  %c : Tensor = aten::relu_(%b)
  return (%a)
""")
    assert g.alias("a", "b")
    assert g.written("a")
