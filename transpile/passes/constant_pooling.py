"""Constants go to the head of the graph, each value once.

Before::

    %y : Tensor = aten::add(%x, %one, %one)
    %2 : int = prim::Constant[value=1]()
    %z : Tensor = aten::add(%y, %2, %2)

After::

    %one : int = prim::Constant[value=1]()
    %y : Tensor = aten::add(%x, %one, %one)
    %z : Tensor = aten::add(%y, %one, %one)

Every constant that is met is moved before the first node, so the order is reversed.  The front end, for its part, puts
each numeric literal before the first node of the graph: those come out in the order of the source, after all others.
Constants that can be written to or told apart (tensors, lists) are shared only when they are the same object.
"""

from __future__ import annotations

from typing import Any

from transpile.core import types as T
from transpile.ir.alias import is_mutable_type
from transpile.ir.graph import Block, Graph, Node
from transpile.ops.promotion import WrappedNumber
from transpile.passes.constant_propagation import constant_key


def constant_pooling(graph: Graph, context: object = None) -> bool:
    """Hoist and share the constants."""
    return _pool(graph.block, {})


def _key(node: Node) -> Any:
    type = node.output.type
    items: list[Any] = []
    for name, value in sorted(node.attributes.items()):
        if isinstance(value, WrappedNumber):
            items.append((name, value.dtype, repr(value.item())))
        else:
            items.append((name, ("object", id(value)) if is_mutable_type(type) else constant_key(value)))
    shown = type if not isinstance(type, T.TensorType) else "Tensor"
    return (shown, tuple(items))


def _pool(block: Block, known: dict[Any, Node]) -> bool:
    changed = False
    for node in list(block.nodes):
        if node.blocks:
            for inner in node.blocks:
                changed |= _pool(inner, known)
        elif node.kind == "prim::Constant":
            existing = known.setdefault(_key(node), node)
            if existing is not node:
                node.output.replace_all_uses_with(existing.output)
                node.destroy()
                changed = True
                continue
            first = node.graph.block.param_node.next
            if first is not node and first is not None:
                node.move_before(first)
                changed = True
    return changed
