"""Loops that have both a trip count and a changing condition become loops on a condition alone.

Before::

    %s : int = prim::Loop(%n, %true, %s.1)
      block0(%i : int, %s.2 : int):
        ...
        -> (%go_on, %s.3)

After::

    %some : bool = aten::gt(%n, %zero)
    %s : int, %last : int = prim::Loop(%max, %some, %s.1, %zero)
      block0(%0 : int, %s.2 : int, %i : int):
        ...
        %next : int = aten::add(%i, %one)
        %more : bool = aten::lt(%next, %n)
        %again : bool = aten::__and__(%more, %go_on)
        -> (%again, %s.3, %next)

Only the loops of this second form can be printed as Python code.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Graph, Node, Value
from transpile.ir.parser import resolve_operator
from transpile.passes.lower_loops import MAX_TRIP


def canonicalize_loops(graph: Graph, context: object = None) -> bool:
    """Rewrite the loops of a lowered graph that have both a trip count and a condition."""
    changed = False
    for node in graph.walk():
        if node.kind == "prim::Loop" and "kind" not in node.attributes and _is_mixed(node):
            _rewrite(graph, node)
            changed = True
    return changed


def _is_mixed(loop: Node) -> bool:
    body = loop.blocks[0]
    always = loop.input(1).constant is True and body.returns[0].constant is True
    counted = loop.input(0).constant != MAX_TRIP or bool(body.params[0].uses)
    return counted and not always


def _rewrite(graph: Graph, loop: Node) -> None:
    def constant(value: int) -> Value:
        node = graph.create_constant(value)
        node.range = None
        return node.insert_before(loop).output

    def compute(kind: str, a: Value, b: Value, type: T.Type, before: Node) -> Value:
        node = graph.create(kind, [a, b], [type], operator=resolve_operator(kind, [a.type, b.type]))
        node.range = None
        return node.insert_before(before).output

    body = loop.blocks[0]
    trips = loop.input(0)
    zero, one = constant(0), constant(1)
    start = compute("aten::gt", trips, zero, T.BOOL, loop)
    loop.replace_input(0, constant(MAX_TRIP))
    if loop.input(1).constant is not True:
        start = compute("aten::__and__", start, loop.input(1), T.BOOL, loop)
    loop.replace_input(1, start)
    loop.add_output(T.INT)
    loop.add_input(zero)
    index = body.add_param(T.INT)
    graph.forget_name(body.params[0])
    body.params[0].replace_all_uses_with(index)
    end = body.return_node
    following = compute("aten::add", index, one, T.INT, end)
    body.add_return(following)
    more = compute("aten::lt", following, trips, T.BOOL, end)
    again = compute("aten::__and__", more, body.returns[0], T.BOOL, end)
    end.replace_input(0, again)
