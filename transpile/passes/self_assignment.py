"""An attribute is not assigned what it already holds.

Before, as ``self.count += 1`` compiles::

    %count : Tensor = prim::GetAttr[name="count"](%self)
    %new : Tensor = aten::add_(%count, %one, %one)
     = prim::SetAttr[name="count"](%self, %new)

After::

    %count : Tensor = prim::GetAttr[name="count"](%self)
    %new : Tensor = aten::add_(%count, %one, %one)

The operator gives back the tensor that it changed in place.
"""

from __future__ import annotations

from transpile.ir.facts import is_call
from transpile.ir.graph import Graph, Node


def self_assignment(graph: Graph, context: object = None) -> bool:
    """Remove the assignments of a tensor to the attribute it was read from."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "prim::SetAttr" and _is_redundant(node):
            node.destroy()
            changed = True
    return changed


def _is_redundant(node: Node) -> bool:
    read = _changed_in_place(node.input(1).node)
    if read is None or read.kind != "prim::GetAttr" or read.block is not node.block:
        return False
    if read.input() is not node.input(0) or read.attributes["name"] != node.attributes["name"]:
        return False
    between = read.next
    while between is not None and between is not node:
        if between.blocks or is_call(between) or between.kind == "prim::SetAttr":
            return False  # it may assign to the attribute
        between = between.next
    return between is node


def _changed_in_place(node: Node) -> Node | None:
    """The node that made the tensor that a chain of in-place operators gives back."""
    while node.operator is not None:
        if not node.operator.is_in_place:
            return None
        node = node.input(0).node
    return node
