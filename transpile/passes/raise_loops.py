"""Lowered loops become structured again, for graphs that took in the lowered body of another function.

Before::

    %y : Tensor, %s : int = prim::Loop(%n, %go, %x, %zero)
      block0(%i : int, %y.1 : Tensor, %s.1 : int):
        -> (%again, %y.2, %s.2)

After::

    %i : int, %go.1 : bool, %y : Tensor, %s : int = prim::Loop[kind="while"](%zero, %go, %x, %zero)
      block0(%i.1 : int, %go.2 : bool, %y.1 : Tensor, %s.1 : int):
        %i.2 : int = aten::add(%i.1, %one)
        -> (%i.2, %again, %y.2, %s.2)
      block1(%i.3 : int, %go.3 : bool, %y.3 : Tensor, %s.3 : int):
        %less : bool = aten::lt(%i.3, %n)
        %both : bool = aten::__and__(%less, %go.3)
        -> (%both)

A loop that always goes on is a ``for``; one that counts nothing carries its condition only.
"""

from __future__ import annotations

from collections.abc import Sequence

from transpile.core import types as T
from transpile.ir.graph import Graph, Node, Value
from transpile.ir.loops import LoopView, loops_of
from transpile.ops.registry import find
from transpile.passes.lower_loops import MAX_TRIP


def raise_loops(graph: Graph, context: object = None) -> bool:
    """Give every loop without a kind the structured form."""
    loops = [loop for loop in loops_of(graph) if not loop.is_structured]
    for loop in loops:
        _raise(graph, loop)
    return bool(loops)


def _raise(graph: Graph, loop: LoopView) -> None:
    node, body, trip, index = loop.node, loop.body, loop.trip_count, loop.counter
    assert trip is not None and index is not None and loop.start is not None and loop.again is not None
    if loop.start.constant is True and loop.again.constant is True:
        node.attributes["kind"] = "for"
        node.remove_input(1)
        body.return_node.remove_input(0)
        return
    # The condition is carried as the first value, before it the counter if anything asks for it.
    counted = trip.constant != MAX_TRIP or bool(index.uses)
    node.attributes["kind"] = "while"
    node.remove_input(0)
    node.insert_output(0, T.BOOL)
    body.param_node.insert_output(1, T.BOOL)
    if counted:
        zero = graph.create_constant(0).insert_before(node).output
        one = graph.create_constant(1).insert_before(node).output
        node.insert_input(0, zero)
        node.insert_output(0, T.INT)
        body.return_node.insert_input(0, _operator(graph, "aten::add.int", [index, one], T.INT, body.return_node))
    else:
        body.param_node.remove_output(0)
    condition = node.add_block()
    params = [condition.add_param(v.type) for v in loop.inits]
    if counted:
        less = _operator(graph, "aten::lt.int", [params[0], trip], T.BOOL, condition.return_node)
        condition.add_return(_operator(graph, "aten::__and__.bool", [less, params[1]], T.BOOL, condition.return_node))
    else:
        condition.add_return(params[0])


def _operator(graph: Graph, name: str, inputs: Sequence[Value], type: T.Type, before: Node) -> Value:
    operator = find(name)
    assert operator is not None, name
    node = graph.create(name.partition(".")[0], inputs, [type])
    node.operator = operator
    return node.insert_before(before).output
