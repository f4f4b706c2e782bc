"""A number that is assigned to a part of a tensor is one statement, as in Python.

Before::

    %part : Tensor = aten::select(%x, %0, %i)
    %dtype : int = prim::dtype(%part)
    %value : Tensor = aten::tensor(%number, %dtype, %device, %false)
    %out : Tensor = aten::copy_(%part, %value, %false)

After::

    %part : Tensor = aten::select(%x, %0, %i)
     = ts2cpp::Assign(%part, %number)
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Graph, Node


def assign_numbers(graph: Graph, context: object = None) -> bool:
    """Rewrite every such ``aten::copy_`` whose result nobody uses."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "aten::copy_" and not node.output.uses and _is_number(node):
            made = node.input(1).node
            assign = graph.create("ts2cpp::Assign", [node.input(0), made.input(0)], [], range=node.range)
            assign.scope, assign.stack = node.scope, node.stack
            assign.insert_before(node)
            node.destroy()
            dtype = made.input(1).node
            made.destroy()
            if not dtype.output.uses:
                dtype.destroy()
            changed = True
    return changed


def _is_number(node: Node) -> bool:
    """Whether the value of a ``copy_`` is a number that is made a tensor of the same dtype, right before."""
    made = node.input(1).node
    if made.kind != "aten::tensor" or len(made.output.uses) != 1 or made.block is not node.block:
        return False
    dtype = made.input(1).node
    if made.input(0).type not in (T.INT, T.FLOAT, T.BOOL) or dtype.kind != "prim::dtype":
        return False
    if dtype.input() is not node.input(0) or made.input(3).constant is not False:
        return False
    between = made.next
    while between is not None and between.kind == "prim::Constant":
        between = between.next
    return between is node
