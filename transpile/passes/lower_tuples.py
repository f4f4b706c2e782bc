"""Tuples that are taken apart where they were put together disappear.

Before::

    %t : (int, int) = prim::TupleConstruct(%a, %b)
    %c : int, %d : int = prim::TupleUnpack(%t)
    %e : int = prim::TupleIndex(%t, %zero)

After: ``%c`` and ``%e`` are ``%a``, ``%d`` is ``%b``; the construction goes if nothing else uses the tuple.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.passes.dead_code import dead_code


def lower_tuples(graph: Graph, context: object = None) -> bool:
    """Replace unpacking, indexing and slicing of constructed tuples, then remove dead code."""
    changed = _block(graph.block)
    return dead_code(graph) or changed


def _block(block: Block) -> bool:
    changed = False
    for node in block.nodes:
        changed |= _node(node)
        for inner in node.blocks:
            changed |= _block(inner)
    return changed


def _node(node: Node) -> bool:
    if node.kind not in ("prim::TupleUnpack", "prim::TupleIndex", "prim::TupleSlice"):
        return False
    construct = node.input().node
    if construct.kind != "prim::TupleConstruct":
        return False
    elements = construct.inputs
    if node.kind == "prim::TupleUnpack":
        for output, value in zip(node.outputs, list(elements), strict=True):
            _replace(output, value)
        return True
    if node.kind == "prim::TupleIndex":
        index = node.input(1).constant_as(int)
        if index is None or not -len(elements) <= index < len(elements):
            return False
        _replace(node.output, elements[index])
        return True
    chosen = list(elements[node.attributes["beg"] : node.attributes["end"]])
    slice = node.graph.create(
        "prim::TupleConstruct", chosen, [T.TupleType(tuple(v.type for v in chosen))], range=node.range
    )
    slice.insert_before(node)
    node.output.replace_all_uses_with(slice.output)
    return True


def _replace(old: Value, new: Value) -> None:
    old.replace_all_uses_with(new)
