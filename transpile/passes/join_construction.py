"""Making an object and calling its ``__init__`` become one node.

Before::

    %c : Counter = prim::CreateObject()
    %none : NoneType = prim::CallMethod[name="__init__"](%c, %start)

After::

    %c : Counter = ts2cpp::New(%start)

Then an object is an expression, as it is in Python and in C++.
"""

from __future__ import annotations

from transpile.ir.graph import Graph, Node


def join_construction(graph: Graph, context: object = None) -> bool:
    """Join every ``prim::CreateObject`` with the call that is its first use."""
    changed = False
    for node in list(graph.walk()):
        call = _initialisation(node)
        if call is not None:
            _join(graph, node, call)
            changed = True
    return changed


def _initialisation(node: Node) -> Node | None:
    """The call of ``__init__`` that a new object goes through before anything else sees it."""
    if node.kind != "prim::CreateObject" or not node.output.uses:
        return None
    call = node.output.uses[0].node
    if call.kind != "prim::CallMethod" or call.attributes["name"] != "__init__" or call.input(0) is not node.output:
        return None
    return call if call.block is node.block and not call.output.uses else None


def _join(graph: Graph, node: Node, call: Node) -> None:
    made = graph.create("ts2cpp::New", list(call.inputs[1:]), [node.output.type], range=call.range)
    made.stack = call.stack
    made.insert_before(call)
    name = node.output.base_name
    node.output.replace_all_uses_with(made.output)
    call.destroy()
    node.destroy()
    if name:
        made.output.set_name(name)
