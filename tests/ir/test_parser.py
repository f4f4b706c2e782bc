"""The parser reads what the printer writes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import transpile.ops  # noqa: F401  (registers the operators)
from transpile.core import types as T
from transpile.core.errors import InvalidGraphError
from transpile.ir.graph import Block, Graph, Value
from transpile.ir.parser import parse_graph, parse_type_text
from transpile.ir.verifier import verify
from transpile.ops.registry import get

TEXTS = [
    "graph(%x.1 : Tensor,\n      %n : int):\n  return (%x.1)\n",
    'graph():\n  %1 : str = prim::Constant[value="a\\n\\"b\\\\ # c"]() # f.py:3:8\n  return (%1)\n',
    "graph():\n  %1 : float = prim::Constant[value=1e-08]()\n  %2 : float = prim::Constant[value=-inf]()\n"
    "  %3 : complex = prim::Constant[value=1.+-2.j]()\n  return (%1)\n",
    "graph(%0 : Float(2, *, requires_grad=0, device=cpu)):\n  %3 : Tensor = aten::relu(%0), scope: __module.a # x.py:1:0\n"
    "  return (%3)\n",
    'graph(%o : __torch__.m.C):\n  %v : int? = prim::GetAttr[name="v"](%o)\n   = prim::SetAttr[name="v"](%o, %v)\n'
    "  return (%v)\n",
    "graph(%x : Any):\n  %1 : bool = prim::isinstance[types=[int, int[], Tensor?]](%x)\n  return (%1)\n",
    "graph():\n  %1 : Tensor = prim::Constant[value={2.5}]()\n  %2 : Tensor = prim::Constant[value= 1  2 [ CPULongType{2} ]]()\n"
    "  return (%1)\n",
    'graph():\n  %1 : int[] = prim::Constant[value=[1, 2]]()\n  %2 : (str, bool) = prim::Constant[value=("a", True)]()\n'
    "  %3 : NoneType = prim::Constant()\n  return (%1)\n",
    "graph(%x : Tensor):\n  %f : Future[Tensor] = prim::fork_0(%x)\n  return (%f)\n"
    "with prim::fork_0 = graph(%x : Tensor):\n  %y : Tensor = aten::neg(%x)\n  return (%y)\n",
    "graph(%t : NamedTuple(values : Tensor, indices : Tensor)):\n  %a : Tensor, %b : Tensor = prim::TupleUnpack(%t)\n"
    "  return (%a)\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_round_trip(text: str) -> None:
    assert str(parse_graph(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graph(%x : int):\n  return (%y)\n", "line 2: %y is not defined"),
        ("graph(%x : int, %x : int):\n  return ()\n", "%x is defined twice"),
        ("graph(%x : int):\n  %y : int = \n", "expected the kind"),
        ("graph(%x : int):\n  %y : int = aten::neg(%x) nonsense\n  return (%y)\n", "unexpected 'nonsense'"),
        ("hello", "expected 'graph('"),
    ],
)
def test_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(InvalidGraphError, match=r"^line") as caught:
        parse_graph(text)
    assert message in str(caught.value)


def test_operators_are_resolved_by_type() -> None:
    graph = parse_graph(
        "graph(%x : Tensor, %n : int):\n  %1 : int = aten::add(%n, %n)\n  %2 : Tensor = aten::add(%x, %n, %n)\n  return (%2)\n"
    )
    overloads = [n.operator.schema.overload for n in graph.nodes if n.operator is not None]
    assert overloads == ["int", "Scalar"]


def test_tensor_constants() -> None:
    graph = parse_graph("graph():\n  %1 : Tensor = prim::Constant[value= 1  2 [ CPULongType{2} ]]()\n  return (%1)\n")
    value = next(iter(graph.nodes)).attributes["value"]
    np.testing.assert_array_equal(value, np.array([1, 2], np.int64))


TYPES = st.recursive(
    st.sampled_from([T.INT, T.FLOAT, T.BOOL, T.STR, T.TENSOR, T.DEVICE, T.COMPLEX, T.NUMBER, T.ANY]),
    lambda inner: st.one_of(
        inner.map(T.ListType),
        inner.map(T.optional),
        inner.map(T.FutureType),
        st.lists(inner, max_size=3).map(lambda ts: T.TupleType(tuple(ts))),
        st.tuples(st.sampled_from([T.INT, T.STR]), inner).map(lambda kv: T.DictType(*kv)),
    ),
    max_leaves=6,
)


@given(TYPES)
def test_types_round_trip(type: T.Type) -> None:
    assert parse_type_text(type.schema()) == type


CONSTANTS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.text(max_size=12), st.none(),
    st.lists(st.integers(-9, 9), min_size=1, max_size=3),
)  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn, exits: bool = False) -> Graph:
    """Random well-formed graphs over ints: arithmetic, branches, loops of both forms, constants of all kinds.

    With ``exits`` there are breaks, continues and early returns, and no ``while``: those need not end.
    """
    graph = Graph()
    names = draw(st.lists(st.sampled_from(["a", "b.1", "x"]), unique=True, min_size=1))
    parameters = [graph.add_input(T.INT, name) for name in names]
    flat = ["add", "constant", *(["leave"] if exits else [])]
    nested = [*flat, "if", "for", *([] if exits else ["while"])]

    def leave(values: list[Value], in_loop: bool) -> None:
        """An exit in one branch of an ``if``."""
        flag = graph.insert_node("aten::lt", [draw(st.sampled_from(values)), draw(st.sampled_from(values))], [T.BOOL])
        node = graph.insert_node("prim::If", [flag.output], 0)
        place = graph.insert_point
        blocks = [node.add_block(), node.add_block()]
        graph.set_insert_point(draw(st.sampled_from(blocks)))
        kind = draw(st.sampled_from(["prim::Break", "prim::Continue", "prim::Return"] if in_loop else ["prim::Return"]))
        graph.insert_node(kind, [draw(st.sampled_from(values))], 0)
        graph.set_insert_point(place)

    def fill(block: Block, values: list[Value], depth: int, in_loop: bool = False) -> list[Value]:
        values = list(values)
        for _ in range(draw(st.integers(0, 4))):
            kind = draw(st.sampled_from(nested if depth else flat))
            graph.set_insert_point(block)

            def pick() -> Value:
                return draw(st.sampled_from(values))

            if kind == "add":
                node = graph.insert_node("aten::add", [pick(), pick()], [T.INT], operator=get("aten::add.int"))
                if draw(st.booleans()):
                    node.output.set_name(draw(st.sampled_from(["y", "a", "t.3"])))
                values.append(node.output)
            elif kind == "constant":
                graph.insert_constant(draw(CONSTANTS))
                values.append(graph.insert_constant(draw(st.integers(-3, 4))))
            elif kind == "leave":
                leave(values, in_loop)
            elif kind == "if":
                if draw(st.booleans()):
                    flag = graph.insert_node(
                        "aten::lt", [pick(), pick()], [T.BOOL], operator=get("aten::lt.int")
                    ).output
                else:
                    flag = graph.insert_constant(draw(st.booleans()))
                node = graph.insert_node("prim::If", [flag], [T.INT])
                for _ in range(2):
                    inner = node.add_block()
                    inner.add_return(fill(inner, values, depth - 1, in_loop)[-1])
                values.append(node.output)
            else:
                limit, start = pick(), pick()
                node = graph.insert_node("prim::Loop", [limit, start], [T.INT])
                node.attributes["kind"] = kind
                body = node.add_block()
                if kind == "for":
                    body.add_param(T.INT)
                inside = [*values, *body.params, body.add_param(T.INT)]
                body.add_return(fill(body, inside, depth - 1, True)[-1])
                if kind == "while":
                    test = node.add_block()
                    param = test.add_param(T.INT)
                    graph.set_insert_point(test)
                    test.add_return(graph.insert_node("aten::lt", [param, limit], [T.BOOL]).output)
                values.append(node.output)
        return values

    result = fill(graph.block, parameters, 2)[-1]
    if exits:
        graph.set_insert_point(graph.block)
        graph.insert_node("prim::Return", [result], 0)
    else:
        graph.block.add_return(result)
    return graph


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_random_graphs_round_trip(graph: Graph) -> None:
    verify(graph)
    text = str(graph)
    again = parse_graph(text)
    verify(again)
    assert str(again) == text
    assert str(graph.copy().copy()).count("\n") == text.count("\n")
