"""What nodes do besides computing their outputs."""

from __future__ import annotations

from transpile.ir.graph import EXITS, Block, Node

_EFFECTS = EXITS | frozenset((
    "prim::RaiseException", "prim::Print", "prim::CallFunction", "prim::CallMethod", "prim::fork", "prim::PythonOp",
    "prim::SetAttr", "prim::Enter", "prim::Exit", "prim::LoopContinuation", "aten::wait", "aten::warn",
    "aten::manual_seed",
))  # fmt: skip

_KNOWN_NAMESPACES = ("aten", "prim", "ts2cpp")


def is_random(node: Node) -> bool:
    """Whether the node itself draws from the generator."""
    return node.operator is not None and "random" in node.operator.tags


def has_effects(node: Node) -> bool:
    """Whether running the node is visible beyond its outputs and the memory it writes to (its blocks included).

    A draw from the generator counts, as it changes what later draws give.
    """
    if node.kind in _EFFECTS:
        return True
    if node.operator is not None:
        if node.operator.tags & {"effect", "random"}:
            return True
    elif node.kind.partition("::")[0] not in _KNOWN_NAMESPACES:
        return True  # an operator of somebody else's that nothing is known of
    return any(has_effects(inner) for block in node.blocks for inner in block.nodes)


def is_deterministic(node: Node) -> bool:
    """Whether nothing in the node or its blocks draws from the generator."""
    if is_random(node):
        return False
    return all(is_deterministic(inner) for block in node.blocks for inner in block.nodes)


def terminates(block: Block) -> bool:
    """Whether control never reaches the end of the block: it ends in an exit, or in an ``If`` that always leaves."""
    last = block.last
    if last is None:
        return False
    return last.is_exit or (last.kind == "prim::If" and all(terminates(b) for b in last.blocks))
