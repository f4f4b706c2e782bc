"""Neighbouring branches of the library on one condition become one.

Before::

    %y : Tensor = prim::If(%c)
      block0():
        -> (%x)
      block1():
        %a : Tensor = aten::unsqueeze(%x, %zero)
        -> (%a)
    %n : bool = aten::__not__(%c)
    %z : Tensor = prim::If(%n)
      block0():
        %b : Tensor = aten::relu(%y)
        -> (%b)
      block1():
        -> (%y)

After::

    %n : bool = aten::__not__(%c)
    %z : Tensor = prim::If(%c)
      block0():
        -> (%x)
      block1():
        %a : Tensor = aten::unsqueeze(%x, %zero)
        %b : Tensor = aten::relu(%a)
        -> (%b)

Layers ask again and again whether their input is a batch.  The branches that a user writes stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpile.ir.facts import changes_state, may_raise, reads_memory, reads_sizes, terminates
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.passes.context import ExportContext


def join_branches(graph: Graph, context: ExportContext | None = None) -> bool:
    """Move the blocks of an ``If`` to the ends of those of the one before."""
    library = context is not None and context.is_library
    changed = False
    for first in list(graph.walk()):
        if first.kind == "prim::If" and first.block is not None and (library or first.stack):
            while _join_next(graph, first, context):
                changed = True
    return changed


def _join_next(graph: Graph, first: Node, context: ExportContext | None) -> bool:
    library = context is not None and context.is_library
    condition, sign = _condition(first.input())
    between: list[Node] = []
    second = first.next
    while second is not None and second.kind != "prim::If":
        fixed = second.kind == "prim::GetAttr" and context is not None and context.is_fixed(graph, second)
        if second.is_exit or second.blocks or (_must_stay(second) and not fixed):
            return False
        between.append(second)
        second = second.next
    if second is None or not (library or second.stack) or any(terminates(b) for b in first.blocks):
        return False
    if any(v.node is first for n in between for v in n.inputs):
        return False
    other, other_sign = _condition(second.input())
    if other is not condition:
        return False
    for node in between:
        node.move_before(first)
    _join(first, second, swapped=sign != other_sign)
    return True


def _condition(value: Value) -> tuple[Value, bool]:
    """What decides, and whether it is the condition itself rather than its opposite."""
    sign = True
    while value.node.kind == "aten::__not__":
        value, sign = value.node.input(), not sign
    return value, sign


def _must_stay(node: Node) -> bool:
    return changes_state(node) or may_raise(node) or reads_memory(node) or reads_sizes(node)


def _blocks(block: Block) -> Iterator[Block]:
    """The block and all inside of it."""
    yield block
    for node in block.nodes:
        for inner in node.blocks:
            yield from _blocks(inner)


def _join(first: Node, second: Node, *, swapped: bool) -> None:
    later = list(reversed(second.blocks)) if swapped else list(second.blocks)
    for block, moved in zip(first.blocks, later, strict=True):
        inside = {n for inner in _blocks(moved) for n in (*inner.nodes, inner.return_node)}
        for output, value in zip(first.outputs, list(block.returns), strict=True):
            for use in list(output.uses):
                if use.node in inside:
                    use.node.replace_input(use.index, value)
    added = []
    for output in second.outputs:
        result = first.add_output(output.type)
        name = output.base_name
        output.replace_all_uses_with(result)
        if name:
            result.set_name(name)
        added.append(result)
    for block, moved in zip(first.blocks, later, strict=True):
        returned = list(moved.returns)
        moved.return_node.remove_all_inputs()
        leaves = terminates(moved)
        for node in list(moved.nodes):
            node.move_before(block.return_node)
        if leaves:
            block.return_node.remove_all_inputs()
        for value in returned:
            block.add_return(value)
    second.destroy()
    if all(terminates(block) for block in first.blocks):
        for index in range(len(first.outputs) - 1, -1, -1):
            first.remove_output(index)
