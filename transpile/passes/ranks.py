"""What the operators say about the number of axes of their results."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.ir.alias import AliasAnalysis
from transpile.ir.facts import changes_sizes, is_call, keeps_rank, terminates
from transpile.ir.graph import Node, Value


def source_of_rank(node: Node, aliases: AliasAnalysis) -> Value:
    """The earliest value that is certain to have as many axes as ``node``'s argument has when ``node`` runs.

    That is the argument itself if nothing better is known.
    """
    value = node.input()
    best, chain = value, [value]
    while True:
        source = value.node
        passed = _same_rank(value)
        anchor = _ancestor(node, source) if passed else None
        if anchor is None:
            break
        value = passed[-1]
        chain += passed
        if _rank_changes(source, anchor, node, chain, aliases):
            break
        best = value
    return best


def _same_rank(value: Value) -> list[Value]:
    """Values with as many axes as ``value`` when that is made, the last of them from before; empty if there are none."""
    node = value.node
    if keeps_rank(node):
        return [node.input(0)]
    if node.kind != "prim::If":
        return []
    found: list[Value] = []
    ends = set()
    for block in node.blocks:
        if terminates(block):
            continue
        inner = block.returns[node.outputs.index(value)]
        while inner.node.block is block and not inner.is_block_param:
            found.append(inner)
            if not keeps_rank(inner.node):
                return []
            inner = inner.node.input(0)
        ends.add(inner)
    return [*found, *ends] if len(ends) == 1 else []


def known_rank(value: Value) -> int | None:
    """The number of axes of ``value``, if the operators tell and nothing changes its sizes in place."""
    rank = _made_rank(value)
    return None if rank is None or may_be_resized(value) else rank


def _made_rank(value: Value) -> int | None:
    """The number of axes that ``value`` is made with, if the operators tell."""
    node = value.node
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


def rank_where(value: Value, place: Node, depth: int = 0) -> int | None:
    """The number of axes of ``value`` where control reaches ``place``, after the tests that it has passed on its way."""
    known = known_rank(value)
    if known is not None or depth > _DEEPEST:
        return known
    rank = _rank_there(value, place, depth)
    return None if rank is None or may_be_resized(value) else rank


def _rank_there(value: Value, place: Node, depth: int) -> int | None:
    node = value.node
    told = _rank_told(value, place)
    if told is not None:
        return told
    if node.kind == "aten::unsqueeze":
        inner = rank_where(node.input(0), place, depth + 1)
        return inner + 1 if inner is not None else None
    if node.kind == "prim::If":
        ends = [b for b in node.blocks if not terminates(b)]
        index = node.outputs.index(value)
        ranks = {rank_where(b.returns[index], b.return_node, depth + 1) for b in ends}
        return ranks.pop() if len(ranks) == 1 else None
    return rank_where(node.input(0), place, depth + 1) if keeps_rank(node) else None


_DEEPEST = 8


def _rank_told(value: Value, place: Node) -> int | None:
    """What the branches around ``place``, and those before that leave otherwise, say of ``value.dim()``."""
    asked = {use.node.output for use in value.uses if use.node.kind == "aten::dim"}
    if not asked:
        return None
    allowed: set[int] | None = None
    excluded: set[int] = set()
    for condition, answer in _passed(place):
        node = condition.node
        while node.kind == "aten::__not__":
            node, answer = node.input().node, not answer
        if len(node.inputs) != 2:
            continue
        if node.kind == "aten::__contains__" and node.input(1) in asked:
            numbers = node.input(0).constant_as(list)
        elif node.kind in ("aten::eq", "aten::ne") and any(v in asked for v in node.inputs):
            other = node.input(1) if node.input(0) in asked else node.input(0)
            number = other.constant_as(int)
            numbers = [number] if number is not None else None
            answer = answer == (node.kind == "aten::eq")
        else:
            continue
        if numbers is None:
            continue
        if answer:
            allowed = set(numbers) if allowed is None else allowed & set(numbers)
        else:
            excluded |= set(numbers)
    left = allowed - excluded if allowed is not None else set()
    return left.pop() if len(left) == 1 else None


def _passed(place: Node) -> Iterator[tuple[Value, bool]]:
    """The conditions that are decided where control reaches ``place``."""
    current: Node | None = place
    while current is not None:
        block = current.block
        before = current.prev
        while before is not None:
            if before.kind == "prim::If":
                leaves = [terminates(b) for b in before.blocks]
                if leaves[0] != leaves[1]:
                    yield before.input(), leaves[1]
            before = before.prev
        current = block.owner if block is not None else None
        if current is not None and current.kind == "prim::If":
            yield current.input(), block is current.blocks[0]


def may_be_resized(value: Value) -> bool:
    """Whether an operator of the graph changes sizes in place, of which tensor ever, or a function that gets ``value`` may."""
    if any(is_call(use.node) for use in value.uses):
        return True
    return any(not node.blocks and not is_call(node) and changes_sizes(node) for node in value.graph.walk())


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
