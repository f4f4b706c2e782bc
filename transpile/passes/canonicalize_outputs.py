"""The outputs of ``If`` and ``Loop`` get the order in which they are first used.

Before::

    %a : int, %b : int = prim::If(%c) ...
    %d : int = aten::sub(%b, %a)

After::

    %b : int, %a : int = prim::If(%c) ...
    %d : int = aten::sub(%b, %a)

Unused outputs come last, in their old order.  Owners are treated before what is in their blocks, from the last to the
first node, because the order of a node's outputs decides where values are used inside of it.
"""

from __future__ import annotations

from functools import cmp_to_key

from transpile.ir.graph import Block, Graph, Node, Use, Value
from transpile.ir.loops import LoopView


def canonicalize_outputs(graph: Graph, context: object = None) -> bool:
    """Sort the outputs of all control flow nodes."""
    return _block(graph.block)


def _block(block: Block) -> bool:
    changed = False
    for node in block.reversed_nodes:
        if node.kind in ("prim::If", "prim::Loop"):
            order = _order(node.outputs)
            if order != list(range(len(order))):
                permute_outputs(node, order)
                changed = True
        for inner in node.blocks:
            changed |= _block(inner)
    return changed


def _order(values: list[Value]) -> list[int]:
    first: list[Use | None] = []
    for value in values:
        best: Use | None = None
        for use in value.uses:
            if best is None or use_before(use, best):
                best = use
        first.append(best)

    def compare(a: int, b: int) -> int:
        x, y = first[a], first[b]
        if x is None or y is None:
            return (x is None) - (y is None) if (x is None) != (y is None) else a - b
        return -1 if use_before(x, y) else 1 if use_before(y, x) else a - b

    return sorted(range(len(values)), key=cmp_to_key(compare))


def permute_outputs(node: Node, order: list[int]) -> None:
    """Reorder the outputs, and all that belongs to them: ``order[i]`` is the old place of the new output ``i``."""
    if node.kind == "prim::Loop":
        LoopView(node).permute(order)
        return
    node.outputs[:] = [node.outputs[i] for i in order]
    for block in node.blocks:
        for index, value in enumerate([block.returns[i] for i in order] if block.returns else ()):
            block.return_node.replace_input(index, value)


def use_before(a: Use, b: Use) -> bool:
    """Whether use ``a`` comes before ``b`` in the text of the graph."""
    if a.node is b.node:
        return a.index < b.index
    return node_before(a.node, b.node)


def node_before(a: Node, b: Node) -> bool:
    """Whether ``a`` comes before ``b`` in the text; the return of a block comes after all of its nodes."""
    path_a, path_b = _path(a), _path(b)
    for x, y in zip(path_a, path_b, strict=False):
        if x is not y:
            if x.block is y.block:
                return _in_order(x, y)
            owner = x.owner
            assert owner is not None and x.block is not None and y.block is not None
            return owner.blocks.index(x.block) < owner.blocks.index(y.block)
    return len(path_a) < len(path_b)


def _in_order(x: Node, y: Node) -> bool:
    if y.kind in ("prim::Yield", "prim::ReturnBlock"):
        return True
    if x.kind in ("prim::Yield", "prim::ReturnBlock"):
        return False
    return x.is_before(y)


def _path(node: Node) -> list[Node]:
    """The owners of ``node`` from the top of the graph, and the node itself."""
    path = [node]
    while (owner := path[-1].owner) is not None:
        path.append(owner)
    return path[::-1]
