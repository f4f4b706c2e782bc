"""Control flow hands on an optional as it is, whatever is known of it in a branch.

Before::

    %mask : Tensor? = prim::If(%given)
      block0():
        %refined : Tensor = prim::unchecked_cast(%x)
        -> (%refined)
      block1():
        -> (%x)

After, as the branches agree, every use of ``%mask`` is one of ``%x``.  In C++ nothing is assigned to itself.
"""

from __future__ import annotations

from transpile.ir.graph import Graph, Node, Value
from transpile.ir.loops import loops_of


def drop_refinements(graph: Graph, context: object = None) -> bool:
    """Hand on what was refined where the wider type is wanted, and drop outputs that stay what they were."""
    changed = False
    for loop in loops_of(graph):
        for position in range(loop.count):
            for end, index in loop.ends(position):
                changed |= _widen(end, index, loop.at(position).output)
    for node in reversed(list(graph.walk())):
        if node.kind != "prim::If":
            continue
        for block in node.blocks:
            for index in range(len(block.returns)):
                changed |= _widen(block.return_node, index, node.outputs[index])
        for index in range(len(node.outputs) - 1, -1, -1):
            changed |= _drop(node, index)
    return changed


def _widen(end: Node, index: int, wanted: Value) -> bool:
    source = end.input(index)
    changed = False
    while source.node.kind == "prim::unchecked_cast" and source.type != wanted.type:
        source = source.node.input()
        if source.type == wanted.type:
            end.replace_input(index, source)
            changed = True
    return changed


def _drop(node: Node, index: int) -> bool:
    """Where the branches that reach the end hand on one and the same value from before, that value serves."""
    given = [block.returns[index] for block in node.blocks if block.exit is None and len(block.returns) > index]
    if not given or any(v is not given[0] for v in given) or given[0].type != node.outputs[index].type:
        return False
    if any(given[0].node is inner for block in node.blocks for inner in block.walk()):
        return False
    node.outputs[index].replace_all_uses_with(given[0])
    node.remove_output(index)
    for block in node.blocks:
        if len(block.returns) > index:
            block.remove_return(index)
    return True
