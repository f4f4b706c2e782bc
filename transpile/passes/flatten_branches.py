"""What is left of an ``If`` one branch of which always leaves follows it, instead of being nested in it.

Before::

    %a : int = prim::If(%c)
      block0():
        prim::RaiseException(%message)
      block1():
        %b : int = aten::neg(%n)
        -> (%b)
    %d : int = aten::add(%a, %a)

After::

    prim::If(%c)
      block0():
        prim::RaiseException(%message)
      block1():
        -> ()
    %b : int = aten::neg(%n)
    %d : int = aten::add(%b, %b)

For structured graphs only: it relies on exits being exits.
"""

from __future__ import annotations

from transpile.ir.facts import terminates
from transpile.ir.graph import Block, Graph, Node


def flatten_branches(graph: Graph, context: object = None) -> bool:
    """Move the nodes of the branch that goes on behind the ``If``."""
    return _block(graph.block)


def _block(block: Block) -> bool:
    changed = False
    for node in block.nodes:
        for inner in node.blocks:
            changed |= _block(inner)
        if node.kind == "prim::If":
            changed |= _flatten(node)
    return changed


def _flatten(node: Node) -> bool:
    leaves = [terminates(block) for block in node.blocks]
    if leaves[0] == leaves[1]:
        return False
    rest = node.blocks[0 if leaves[1] else 1]
    if not list(rest.nodes) and not node.outputs:
        return False
    place = node
    for inner in list(rest.nodes):
        inner.move_after(place)
        place = inner
    for output, value in zip(node.outputs, rest.returns, strict=True):
        output.replace_all_uses_with(value)
        if output.name and not value.name and value.node.kind != "prim::Constant":
            name = output.name
            node.graph.forget_name(output)
            value.set_name(name)
    for block in node.blocks:  # that one leaves may have been found after it was given something to return
        block.return_node.remove_all_inputs()
    for index in range(len(node.outputs) - 1, -1, -1):
        node.remove_output(index)
    return True
