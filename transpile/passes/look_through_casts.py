"""Questions about the type of a value ask the value itself rather than what a cast made of it.

Before::

    %given : Union(int, str) = prim::unchecked_cast(%x)
    %n : int = prim::unchecked_cast(%given)

After::

    %given : Union(int, str) = prim::unchecked_cast(%x)
    %n : int = prim::unchecked_cast(%x)

A cast from one type that only C++ tells apart to another needs no step in between, and a comparison with ``None`` of a
refined optional stays one of the optional.
"""

from __future__ import annotations

from transpile.ir.graph import Graph

_ASKING = ("prim::unchecked_cast", "prim::isinstance", "aten::__is__", "aten::__isnot__")


def look_through_casts(graph: Graph, context: object = None) -> bool:
    """Let casts and tests of types work on values that are no casts."""
    changed = False
    for node in graph.walk():
        if node.kind in _ASKING:
            for position, value in enumerate(node.inputs):
                while value.node.kind == "prim::unchecked_cast":
                    value = value.node.input()
                if value is not node.input(position):
                    node.replace_input(position, value)
                    changed = True
    return changed
