"""What the operators say about the number of axes of their results."""

from __future__ import annotations

from typing import Any

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis
from transpile.ir.evaluate import constant_value
from transpile.ir.graph import Node, Value
from transpile.ops.registry import find

# The result has as many axes as the first argument.
_SAME_RANK = frozenset((
    "aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::conv_transpose1d", "aten::conv_transpose2d",
    "aten::conv_transpose3d", "aten::batch_norm", "aten::instance_norm", "aten::group_norm", "aten::layer_norm",
    "aten::max_pool1d", "aten::max_pool2d", "aten::avg_pool1d", "aten::avg_pool2d", "aten::adaptive_avg_pool1d",
    "aten::adaptive_avg_pool2d", "aten::dropout", "aten::softmax", "aten::log_softmax", "aten::linear",
    "aten::contiguous", "aten::add_", "aten::sub_", "aten::mul_", "aten::div_", "ts2cpp::conv1d", "ts2cpp::conv2d",
    "ts2cpp::linear",
))  # fmt: skip


def source_of_rank(node: Node, aliases: AliasAnalysis) -> Value:
    """The earliest value that is certain to have as many axes as ``node``'s argument has when ``node`` runs.

    That is the argument itself if nothing better is known.
    """
    value = node.input()
    best, chain = value, [value]
    while keeps_rank(value.node):
        source = value.node
        anchor = _ancestor(node, source)
        if anchor is None:
            break
        value = source.input(0)
        chain.append(value)
        if _rank_changes(source, anchor, node, chain, aliases):
            break
        best = value
    return best


def keeps_rank(node: Node) -> bool:
    """Whether the result has as many axes as the first argument."""
    if node.kind in _SAME_RANK:
        return True
    tensors = [v for v in node.inputs if isinstance(v.type, T.TensorType)]
    return len(tensors) == 1 and node.inputs[0] is tensors[0] and _is_pointwise(node)


def known_rank(value: Value) -> int | None:
    """The number of axes that ``value`` had when it was made, if the operators tell."""
    node = value.node
    if node.kind == "aten::flatten" and len(node.inputs) == 3:
        if _number(node.input(1)) == 1 and _number(node.input(2)) == -1:
            return 2
    elif node.kind in ("aten::view", "aten::reshape") and len(node.inputs) == 2:
        sizes = node.input(1).node
        held = sizes.attributes.get("value") if sizes.kind == "prim::Constant" else sizes.inputs
        if sizes.kind in ("prim::Constant", "prim::ListConstruct") and isinstance(held, list):
            return len(held)
    elif node.kind in ("aten::mm", "aten::addmm"):
        return 2
    elif keeps_rank(node):
        return known_rank(node.input(0))
    return None


def _rank_changes(first: Node, last: Node, node: Node, values: list[Value], aliases: AliasAnalysis) -> bool:
    """Whether anything from ``first`` to ``last``, which is or holds ``node``, may change the axes of ``values``."""
    current: Node | None = first
    while current is not None:
        suspicious = bool(current.blocks) or not (_is_pointwise(current) or current.kind in _SAME_RANK)
        if current is not node and suspicious and aliases.writes_to(current, values):
            return True
        if current is last:
            return False
        current = current.next
    return True


def _ancestor(node: Node, earlier: Node) -> Node | None:
    """``node``, or what holds it, in the block of ``earlier``."""
    current: Node | None = node
    while current is not None and current.block is not earlier.block:
        current = current.owner
    return current


def _is_pointwise(node: Node) -> bool:
    """Whether the operator, or the functional twin of an in-place one, is pointwise."""
    if node.operator is None:
        return False
    overload = f".{node.operator.schema.overload}" if node.operator.schema.overload else ""
    twin = find(node.kind.removesuffix("_") + overload)
    return any(o is not None and "pointwise" in o.tags for o in (node.operator, twin))


def _number(value: Value) -> Any:
    return constant_value(value.node) if value.node.kind == "prim::Constant" else None
