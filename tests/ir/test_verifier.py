"""What the verifier finds."""

from __future__ import annotations

import pytest

import transpile.ops  # noqa: F401  (registers the operators)
from transpile.core import types as T
from transpile.core.errors import InvalidGraphError
from transpile.ir.graph import Graph, Use
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import findings, verify
from transpile.ops.registry import get

WRONG = {
    "no bool": "graph(%n : int):\n   = prim::If(%n)\n    block0():\n      -> ()\n    block1():\n      -> ()\n  return (%n)\n",
    "outputs: 1 expected, 0 given": "graph(%c : bool):\n  %a : int = prim::If(%c)\n    block0():\n      -> ()\n    block1():\n"
    "      -> ()\n  return (%a)\n",
    "both branches leave": "graph(%c : bool):\n  %a : int = prim::If(%c)\n    block0():\n       = prim::Return(%c)\n      -> ()\n"
    "    block1():\n       = prim::Return(%c)\n      -> ()\n  return (%a)\n",
    "comes after prim::Return": "graph(%c : int):\n   = prim::Return(%c)\n  %d : int = aten::neg(%c)\n  return ()\n",
    "is in no loop": "graph(%c : int):\n   = prim::Break()\n  return ()\n",
    "carried values: 1 expected, 0 given": 'graph(%c : int):\n  %a : int = prim::Loop[kind="for"](%c, %c)\n'
    "    block0(%i : int, %x : int):\n       = prim::Break()\n      -> ()\n  return (%a)\n",
    "yields no single bool": 'graph(%c : int):\n  %a : int = prim::Loop[kind="while"](%c)\n    block0(%x : int):\n      -> (%x)\n'
    "    block1(%y : int):\n      -> (%y)\n  return (%a)\n",
    "which is no int": "graph():\n  %a : int = prim::Constant()\n  return (%a)\n",
    "returns 0 values": "graph():\n   = prim::Return()\n  return ()\n",
    "which is no bool": "graph(%c : bool, %n : int):\n  %a : bool = prim::If(%c)\n    block0():\n      -> (%n)\n    block1():\n"
    "      -> (%c)\n  return (%a)\n",
}


@pytest.mark.parametrize("message", WRONG)
def test_findings_in_text(message: str) -> None:
    text = WRONG[message]
    with pytest.raises(InvalidGraphError) as caught:
        verify(parse_graph(text))
    if message == "no bool":
        message = "takes one bool"
    assert message in str(caught.value)
    assert "^" in str(caught.value)


def test_use_before_definition() -> None:
    graph = parse_graph("graph(%n : int):\n  %a : int = aten::neg(%n)\n  %b : int = aten::neg(%a)\n  return (%b)\n")
    first, second = graph.nodes
    second.move_before(first)
    assert ["%a, is not defined before it" in f.message for f in findings(graph)] == [True]


def test_value_of_a_branch_used_outside() -> None:
    graph = parse_graph(
        "graph(%c : bool, %n : int):\n   = prim::If(%c)\n    block0():\n      %a : int = aten::neg(%n)\n      -> ()\n"
        "    block1():\n      -> ()\n  return (%n)\n"
    )
    inner = next(n for n in graph.walk() if n.kind == "aten::neg")
    graph.block.add_return(inner.output)
    assert "is not defined before it" in findings(graph)[0].message


def test_uses_that_disagree() -> None:
    graph = parse_graph("graph(%n : int):\n  %a : int = aten::neg(%n)\n  return (%a)\n")
    (node,) = graph.nodes
    graph.inputs[0].uses.append(Use(node, 3))
    assert any("does not exist" in f.message for f in findings(graph))


def test_schema() -> None:
    graph = Graph()
    x = graph.add_input(T.STR, "x")
    graph.insert_node("aten::relu", [x], 1, operator=get("aten::relu"))
    assert "argument 'self' is str, which is no Tensor" in findings(graph)[0].message


@pytest.mark.parametrize("kind", ["ts2cpp::FusedAttention", "prim::Mystery"])
def test_a_kind_that_is_in_no_table_is_an_error(kind: str) -> None:
    graph = parse_graph(f"graph(%x : Tensor):\n  %a : Tensor = {kind}(%x)\n  return (%a)\n")
    assert ["is of a kind that is neither" in f.message for f in findings(graph)] == [True]
    # What an archive brings along from somebody else's library is its business.
    assert not findings(parse_graph("graph(%x : Tensor):\n  %a : Tensor = torchvision::nms(%x)\n  return (%a)\n"))
