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
from transpile.ir.loops import LoopView, loops_of
from transpile.ir.parser import resolve_operator
from transpile.passes.lower_loops import MAX_TRIP


def canonicalize_loops(graph: Graph, context: object = None) -> bool:
    """Rewrite the loops of a lowered graph that have both a trip count and a condition."""
    mixed = [loop for loop in loops_of(graph) if not loop.is_structured and _is_mixed(loop)]
    for loop in mixed:
        _rewrite(graph, loop)
    return bool(mixed)


def _is_mixed(loop: LoopView) -> bool:
    assert loop.trip_count is not None and loop.start is not None and loop.again is not None
    always = loop.start.constant is True and loop.again.constant is True
    counted = loop.trip_count.constant != MAX_TRIP or (loop.counter is not None and bool(loop.counter.uses))
    return counted and not always


def _rewrite(graph: Graph, loop: LoopView) -> None:
    def constant(value: int) -> Value:
        node = graph.create_constant(value)
        node.range = None
        return node.insert_before(loop.node).output

    def compute(kind: str, a: Value, b: Value, type: T.Type, before: Node) -> Value:
        node = graph.create(kind, [a, b], [type], operator=resolve_operator(kind, [a.type, b.type]))
        node.range = None
        return node.insert_before(before).output

    trips, condition, counter = loop.trip_count, loop.start, loop.counter
    assert trips is not None and condition is not None and counter is not None
    zero, one = constant(0), constant(1)
    start = compute("aten::gt", trips, zero, T.BOOL, loop.node)
    loop.trip_count = constant(MAX_TRIP)
    if condition.constant is not True:
        start = compute("aten::__and__", start, condition, T.BOOL, loop.node)
    loop.start = start
    index, _ = loop.add(zero)
    graph.forget_name(counter)
    counter.replace_all_uses_with(index)
    end = loop.body.return_node
    following = compute("aten::add", index, one, T.INT, end)
    loop.body.add_return(following)
    more = compute("aten::lt", following, trips, T.BOOL, end)
    assert loop.again is not None
    loop.again = compute("aten::__and__", more, loop.again, T.BOOL, end)
