"""What is known of nodes: one table of kinds, schemas and tags."""

from __future__ import annotations

import pytest

import transpile.ops  # noqa: F401  (registers the operators)
from transpile.ir.facts import (
    changes_state,
    compared_with_itself,
    has_effect,
    is_call,
    may_raise,
    needs_statement,
    reads_memory,
    terminates,
    writes_memory,
)
from transpile.ir.graph import Node
from transpile.ir.parser import parse_graph

INPUTS = (
    "%x : Tensor, %y : Tensor, %n : int, %m : int, %s : str, %l : int[], %d : float, %c : bool, %u : Union(int, str)"
)


def node_of(text: str) -> Node:
    """The first node of a graph with inputs of many types."""
    return next(parse_graph(f"graph({INPUTS}):\n  {text}\n  return ()\n").nodes)


@pytest.mark.parametrize(
    ("text", "effect", "writes", "raises", "reads"),
    [
        ("%a : int = aten::add(%n, %m)", False, False, False, False),
        ("%a : int = aten::floordiv(%n, %m)", False, False, True, False),
        ("%a : Tensor = aten::add(%x, %y, %n)", False, False, True, True),
        ("%a : Tensor = aten::relu_(%x)", False, True, True, True),
        ("%a : int = aten::dim(%x)", False, False, False, False),
        ("%a : int = prim::dtype(%x)", False, False, False, False),
        ("%a : int = aten::len(%l)", False, False, True, True),
        ("%a : int = aten::len(%s)", False, False, True, False),
        ("%a : int = prim::max(%n, %m)", False, False, False, False),
        ("%a : int = prim::max(%l)", False, False, True, True),
        ("%a : int = aten::Int(%d)", False, False, False, False),
        ("%a : int = aten::Int(%s)", False, False, True, False),
        ("%a : Tensor = aten::dropout(%x, %d, %c)", True, False, True, True),
        (" = aten::warn(%s, %n)", True, False, True, False),
        (" = prim::Print(%s)", True, False, True, True),
        ("%a : int[] = prim::ListConstruct(%n)", False, False, False, False),
        ("%a : Tensor = somebody::else(%x)", True, True, True, True),
        ("%a : Tensor = aten::nobody_has_this(%x)", True, True, True, True),
    ],
)  # fmt: skip
def test_facts_of_one_node(text: str, effect: bool, writes: bool, raises: bool, reads: bool) -> None:
    node = node_of(text)
    assert (has_effect(node), writes_memory(node), may_raise(node), reads_memory(node)) == (
        effect,
        writes,
        raises,
        reads,
    )
    assert changes_state(node) == (effect or writes)


def test_blocks_count_as_the_node_that_has_them() -> None:
    node = node_of(
        "= prim::If(%c)\n    block0():\n      %a : Tensor = aten::relu_(%x)\n      -> ()\n    block1():\n      -> ()"
    )
    assert (has_effect(node), writes_memory(node), may_raise(node), reads_memory(node)) == (False, True, True, True)
    plain = node_of(
        "= prim::If(%c)\n    block0():\n      %a : int = aten::neg(%n)\n      -> ()\n    block1():\n      -> ()"
    )
    assert not may_raise(plain)


def test_calls_and_statements() -> None:
    call = node_of('%a : Tensor = prim::CallMethod[name="forward"](%x)')
    assert is_call(call)
    assert not needs_statement(call)
    each = node_of('%a : Tensor = ts2cpp::CallEach[name="forward", position=1](%x, %y)')
    assert is_call(each)
    assert needs_statement(each)
    assert not is_call(node_of(" = prim::Print(%s)"))
    assert is_call(node_of("%a : Tensor = somebody::else(%x)"))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("%a : bool = aten::lt(%n, %n)", False),
        ("%a : bool = aten::le(%n, %n)", True),
        ("%a : bool = aten::eq(%s, %s)", True),
        ("%a : bool = aten::ne(%s, %s)", False),
        ("%a : bool = aten::__xor__(%c, %c)", False),
        ("%a : bool = aten::__is__(%x, %x)", True),
        ("%a : bool = aten::eq(%d, %d)", None),  # NaN
        ("%a : bool = aten::eq(%n, %m)", None),
        ("%a : int = aten::add(%n, %n)", None),
    ],
)
def test_what_is_compared_with_itself(text: str, answer: bool | None) -> None:
    assert compared_with_itself(node_of(text)) is answer


def test_an_if_terminates_if_both_branches_leave() -> None:
    leaving = "       = prim::Return(%n)\n      -> ()\n"
    text = f"graph({INPUTS}):\n   = prim::If(%c)\n    block0():\n{leaving}    block1():\n{{}}  return ()\n"
    assert terminates(parse_graph(text.format(leaving)).block)
    assert not terminates(parse_graph(text.format("      -> ()\n")).block)
