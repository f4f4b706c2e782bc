"""A condition that has been tested already is known.

Before::

    prim::If(%c)
      block0():
        prim::RaiseException(%message)
      block1():
        -> ()
    prim::If(%c) ...

After: the second ``If`` is on ``%false``, as control only gets there when ``%c`` is false.  Likewise inside the
branches of an ``If`` on ``%c``.  Such tests come from layers that check the same tensor one after the other.
"""

from __future__ import annotations

from transpile.ir.facts import terminates
from transpile.ir.graph import Block, Graph, Node, Value


def decided_conditions(graph: Graph, context: object = None) -> bool:
    """Replace the uses of conditions that are known where they are used."""
    changed = False
    for node in graph.walk():
        if node.kind != "prim::If" or node.input().node.kind == "prim::Constant":
            continue
        condition = node.input()
        if len(condition.uses) < 2:
            continue
        changed |= _inside(graph, condition, node.blocks[0], True)
        changed |= _inside(graph, condition, node.blocks[1], False)
        leaves = [terminates(block) for block in node.blocks]
        if leaves[0] != leaves[1]:
            changed |= _after(graph, condition, node, leaves[1])
    return changed


def _inside(graph: Graph, condition: Value, block: Block, known: bool) -> bool:
    users = [u.node for u in condition.uses if _within(u.node, block)]
    return _replace(graph, condition, users, known)


def _after(graph: Graph, condition: Value, node: Node, known: bool) -> bool:
    users = []
    for use in condition.uses:
        current: Node | None = use.node
        while current is not None and current.block is not node.block:
            current = current.owner
        if current is not None and current is not node and node.is_before(current):
            users.append(use.node)
    return _replace(graph, condition, users, known)


def _within(node: Node, block: Block) -> bool:
    current: Node | None = node
    while current is not None:
        if current.block is block:
            return True
        current = current.owner
    return False


def _replace(graph: Graph, condition: Value, users: list[Node], known: bool) -> bool:
    if not users:
        return False
    constant = graph.create_constant(known)
    constant.range = None
    first = graph.block.param_node.next
    assert first is not None
    value = constant.insert_before(first).output
    condition.replace_uses_if(value, lambda use: use.node in users)
    return True
