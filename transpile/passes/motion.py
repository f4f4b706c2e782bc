"""When a node may be moved down, next to its only user."""

from __future__ import annotations

from collections.abc import Sequence

from transpile.ir.alias import MAY_RETURN_ARGUMENT, AliasAnalysis
from transpile.ir.graph import Node, Value
from transpile.passes.effects import has_effects


def may_sink(node: Node, target: Node, aliases: AliasAnalysis, besides: Sequence[Node] = ()) -> bool:
    """Whether ``node`` may be run right before ``target``, a later node of its block.

    Nothing between them may have an effect, as an error in ``node`` would then come after it, nor write to what
    ``node`` reads or makes; ``besides`` are nodes that move along.
    """
    if node.block is not target.block:
        return False
    values = (*node.inputs, *node.outputs)
    current = node.next
    while current is not target:
        if current is None or current is (node.block.return_node if node.block else None):
            return False
        if current not in besides and (has_effects(current) or aliases.writes_to(current, values)):
            return False
        current = current.next
    return True


def is_private(value: Value, aliases: AliasAnalysis) -> bool:
    """Whether ``value`` is new memory that only its single user sees.

    In-place operators count when what they write to is private: ``relu_(conv(x))``.
    """
    if len(value.uses) != 1 or value.uses[0].node.block is not value.node.block or value.is_block_param:
        return False
    node = value.node
    operator = node.operator
    if operator is None:
        return node.kind in ("ts2cpp::conv1d", "ts2cpp::conv2d", "ts2cpp::linear", "ts2cpp::FusionGroup")
    if operator.tags & {"random", "effect"} or len(node.outputs) != 1 or len(operator.schema.returns) != 1:
        return False
    returned = operator.schema.returns[0]
    if operator.schema.is_mutable:
        first = operator.schema.arguments[0]
        rest = operator.schema.arguments[1:]
        if not first.writes or any(a.writes for a in rest) or returned.alias is None:
            return False
        return is_private(node.input(0), aliases)
    if node.kind in MAY_RETURN_ARGUMENT:
        return False
    return returned.alias is None and not aliases.is_outside(value)
