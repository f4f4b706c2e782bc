"""What the operators say about the number of axes of their results."""

from __future__ import annotations

from transpile.ir.alias import AliasAnalysis
from transpile.ir.facts import changes_sizes, is_call, keeps_rank
from transpile.ir.graph import Node, Value


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


def known_rank(value: Value) -> int | None:
    """The number of axes of ``value``, if the operators tell and nothing changes its sizes in place."""
    node = value.node
    if _may_be_resized(value):
        return None
    if node.kind == "aten::flatten" and len(node.inputs) == 3:
        if node.input(1).constant == 1 and node.input(2).constant == -1:
            return 2
    elif node.kind in ("aten::view", "aten::reshape") and len(node.inputs) == 2:
        sizes = node.input(1)
        held = list(sizes.node.inputs) if sizes.node.kind == "prim::ListConstruct" else sizes.constant
        if isinstance(held, list):
            return len(held)
    elif node.kind in ("aten::mm", "aten::addmm"):
        return 2
    elif keeps_rank(node):
        return known_rank(node.input(0))
    return None


def _may_be_resized(value: Value) -> bool:
    """Whether an operator of the graph changes sizes in place, of which tensor ever, or a function that gets ``value`` may."""
    if any(is_call(use.node) for use in value.uses):
        return True
    return any(changes_sizes(node) and not is_call(node) and not node.blocks for node in value.graph.walk())


def _rank_changes(first: Node, last: Node, node: Node, values: list[Value], aliases: AliasAnalysis) -> bool:
    """Whether anything from ``first`` to ``last``, which is or holds ``node``, may change the axes of ``values``."""
    current: Node | None = first
    while current is not None:
        if current is not node and changes_sizes(current) and aliases.writes_to(current, values):
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
