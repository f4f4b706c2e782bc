"""The class of an exception stands beside its message, not in front of it.

Before::

    %1 : str = prim::Constant[value="AssertionError: "]()
    %2 : str = aten::add(%1, %text)
    %3 : NoneType = prim::Constant()
    prim::RaiseException(%2, %3)

After::

    %4 : str = prim::Constant[value="AssertionError"]()
    prim::RaiseException(%text, %4)
"""

from __future__ import annotations

from transpile.core.exception_names import is_exception, split_message
from transpile.ir.graph import Graph, Node, Value


def name_exceptions(graph: Graph, context: object = None) -> bool:
    """Name the class of every exception whose message begins with it."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "prim::RaiseException" and len(node.inputs) == 2 and node.input(1).is_none:
            changed |= _name(graph, node)
    return changed


def _name(graph: Graph, node: Node) -> bool:
    message = node.input(0)
    text = message.constant_as(str)
    if text is not None:
        kind, rest = split_message(text)
        node.replace_input(0, _constant(graph, node, rest))
    else:
        start = message.node.input(0).constant_as(str) if message.node.kind == "aten::add" else None
        if start is None or not start.endswith(": ") or not is_exception(start[:-2]):
            return False
        kind = start[:-2]
        node.replace_input(0, message.node.input(1))
    node.replace_input(1, _constant(graph, node, kind))
    return True


def _constant(graph: Graph, node: Node, value: str) -> Value:
    return graph.create_constant(value, range=node.range).insert_before(node).output
