"""A condition that has been tested already is known.

Before::

    prim::If(%c)
      block0():
        prim::RaiseException(%message)
      block1():
        -> ()
    prim::If(%c) ...

After: the second ``If`` is on ``%false``, as control only gets there when ``%c`` is false.  Likewise inside the
branches of an ``If`` on ``%c``, and where ``%c`` says that an int is a certain one, what is computed from that alone is
known too.  Such tests come from layers that check the same tensor one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpile.core import types as T
from transpile.ir.facts import is_foldable, terminates
from transpile.ir.graph import Block, Graph, Node, Value


def decided_conditions(graph: Graph, context: object = None) -> bool:
    """Replace the uses of what is known where it is used."""
    changed = False
    for node in graph.walk():
        if node.kind != "prim::If" or node.input().node.kind == "prim::Constant":
            continue
        leaves = [terminates(block) for block in node.blocks]
        for answer, block in ((True, node.blocks[0]), (False, node.blocks[1])):
            for value, known in _told(node.input(), answer):
                changed |= _inside(graph, value, block, known)
                if leaves[0] != leaves[1] and leaves[1] is answer:
                    changed |= _after(graph, value, node, known)
    return changed


def _told(condition: Value, answer: bool) -> Iterator[tuple[Value, bool | int]]:
    """The values that are known once a condition is: itself, what it negates, an int that it compares."""
    yield condition, answer
    node = condition.node
    if node.kind == "aten::__not__":
        yield from _told(node.input(), not answer)
    elif node.kind == ("aten::eq" if answer else "aten::ne") and len(node.inputs) == 2:
        for value, other in (node.inputs, reversed(node.inputs)):
            number = other.constant_as(int)
            if number is not None and value.type == other.type == T.INT and not value.is_constant:
                yield value, number


def _inside(graph: Graph, condition: Value, block: Block, known: bool | int) -> bool:
    users = [u.node for u in condition.uses if _within(u.node, block)]
    return _replace(graph, condition, users, known)


def _after(graph: Graph, condition: Value, node: Node, known: bool | int) -> bool:
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


def _replace(graph: Graph, condition: Value, users: list[Node], known: bool | int) -> bool:
    if not isinstance(known, bool):
        # A number keeps its name unless the outcome is known with it.
        users = [u for u in users if all(v is condition or v.is_constant for v in u.inputs) and is_foldable(u)]
    if not users:
        return False
    constant = graph.create_constant(known)
    constant.range = None
    first = graph.block.param_node.next
    assert first is not None
    value = constant.insert_before(first).output
    condition.replace_uses_if(value, lambda use: use.node in users)
    return True
