"""Remove nodes, ``If`` outputs and loop-carried values that nobody needs.

Before::

    %a : Tensor = aten::neg(%x)
    %b : Tensor = aten::relu(%x)
    return (%b)

After::

    %b : Tensor = aten::relu(%x)
    return (%b)

A node stays when it has an effect, when it writes to memory that something needed, or the outside, can see, or when
one of its outputs is needed.  A value that a loop carries is removed once neither the loop's body nor anything after
it uses it.
"""

from __future__ import annotations

from transpile.ir.alias import AliasAnalysis
from transpile.ir.facts import has_effect
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView


def dead_code(graph: Graph, context: object = None) -> bool:
    """Remove what is not needed; gives whether anything was."""
    marking = Marking(graph)
    return _sweep(graph.block, marking.nodes)


class Marking:
    """Finds the nodes that are needed."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: set[Node] = set()
        self.values: set[Value] = set()
        self.pending: list[Value] = []
        aliases = AliasAnalysis(graph)
        writing: list[Node] = []
        for node in graph.walk():
            if not node.blocks and has_effect(node):
                self.node(node)
            elif not node.blocks and aliases.written_by(node) != set():
                if aliases.writes_outside(node):
                    self.node(node)
                else:
                    writing.append(node)
        for value in graph.outputs:
            self.value(value)
        while True:
            self.drain()
            memory = aliases.memory_of(self.values)
            needed = [n for n in writing if n not in self.nodes and aliases.writes_into(n, memory)]
            if not needed:
                return
            for node in needed:
                self.node(node)

    def node(self, node: Node) -> None:
        if node in self.nodes:
            return
        self.nodes.add(node)
        if node.kind in ("prim::Break", "prim::Continue"):
            pass  # what they carry is needed as far as the loop's outputs are
        elif node.kind == "prim::Loop":
            for value in LoopView(node).deciding:
                self.value(value)
        else:
            for value in node.inputs:
                self.value(value)
        if node.owner is not None:
            self.node(node.owner)

    def value(self, value: Value) -> None:
        if value not in self.values:
            self.values.add(value)
            self.pending.append(value)

    def drain(self) -> None:
        while self.pending:
            value = self.pending.pop()
            node = value.node
            if value.is_block_param:
                owner = node.owner
                if owner is not None and owner.kind == "prim::Loop":
                    self.node(owner)
                    carried = LoopView(owner).position_of(value)
                    if carried is not None:
                        self.carried(owner, carried)
                continue
            self.node(node)
            position = node.outputs.index(value)
            if node.kind == "prim::If":
                for block in node.blocks:
                    if block.returns:
                        self.value(block.returns[position])
            elif node.kind == "prim::Loop":
                self.carried(node, position)

    def carried(self, loop: Node, position: int) -> None:
        """All that flows into the carried value at ``position``."""
        for value in (loop.outputs[position], *LoopView(loop).sources(position)):
            self.value(value)


def _sweep(block: Block, needed: set[Node]) -> bool:
    changed = False
    for node in block.reversed_nodes:
        if node.kind == "prim::If":
            changed |= _remove_if_outputs(node)
        elif node.kind == "prim::Loop":
            changed |= remove_loop_outputs(node)
        for inner in node.blocks:
            changed |= _sweep(inner, needed)
        if node not in needed and not any(v.uses for v in node.outputs):
            node.destroy()
            changed = True
    return changed


def _remove_if_outputs(node: Node) -> bool:
    changed = False
    for index in range(len(node.outputs) - 1, -1, -1):
        if not node.outputs[index].uses:
            node.remove_output(index)
            for block in node.blocks:
                if block.returns:
                    block.remove_return(index)
            changed = True
    return changed


def remove_loop_outputs(node: Node) -> bool:
    """Drop the carried values of a loop that neither its blocks nor later nodes use."""
    changed = False
    loop = LoopView(node)
    for position in reversed(range(loop.count)):
        row = loop.at(position)
        if not row.output.uses and not any(p.uses for p in row.params):
            loop.remove(position)
            changed = True
    return changed
