"""When a node may be moved down, next to its only user."""

from __future__ import annotations

from collections.abc import Sequence

from transpile.ir.alias import AliasAnalysis
from transpile.ir.facts import gives_new_memory, has_effect, writes_memory
from transpile.ir.graph import Node, Value


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
        if current not in besides and (has_effect(current) or aliases.writes_to(current, values)):
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
    if node.operator is not None and node.operator.is_in_place:
        return not has_effect(node) and is_private(node.input(0), aliases)
    return gives_new_memory(node) and not writes_memory(node) and not aliases.is_outside(value)
