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


def dead_code(graph: Graph, context: object = None) -> bool:
    """Remove what is not needed; gives whether anything was."""
    marking = Marking(graph)
    return _sweep(graph.block, marking.nodes)


def exits_of(loop: Node) -> list[Node]:
    """The ``prim::Break`` and ``prim::Continue`` nodes that belong to ``loop`` (structured form)."""
    found: list[Node] = []

    def search(block: Block) -> None:
        for node in block.nodes:
            if node.kind in ("prim::Break", "prim::Continue"):
                found.append(node)
            elif node.kind != "prim::Loop":
                for inner in node.blocks:
                    search(inner)

    for block in loop.blocks:
        search(block)
    return found


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
            # Whatever decides how often the loop runs.
            for value in node.inputs[: len(node.inputs) - len(node.outputs)]:
                self.value(value)
            body = node.blocks[0]
            if "kind" not in node.attributes and body.returns:
                self.value(body.returns[0])
            for block in node.blocks[1:]:
                for value in block.returns:
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
                    block = node.block
                    assert block is not None
                    position = block.params.index(value) - (len(block.params) - len(owner.outputs))
                    if position >= 0:
                        self.carried(owner, position)
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
        count = len(loop.outputs)
        self.value(loop.outputs[position])
        self.value(loop.inputs[len(loop.inputs) - count + position])
        body = loop.blocks[0]
        if body.returns:
            self.value(body.returns[len(body.returns) - count + position])
        for exit in exits_of(loop):
            self.value(exit.inputs[position])


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
    for position in range(len(node.outputs) - 1, -1, -1):
        count = len(node.outputs)
        params = [block.params[len(block.params) - count + position] for block in node.blocks]
        if node.outputs[position].uses or any(p.uses for p in params):
            continue
        remove_carried(node, position)
        changed = True
    return changed


def remove_carried(loop: Node, position: int) -> None:
    """Remove one carried value, which must be unused, wherever the loop mentions it."""
    count = len(loop.outputs)
    for exit in exits_of(loop):
        exit.remove_input(position)
    body = loop.blocks[0]
    if body.returns:
        body.remove_return(len(body.returns) - count + position)
    for block in loop.blocks:
        block.param_node.remove_output(len(block.params) - count + position)
    loop.remove_input(len(loop.inputs) - count + position)
    loop.remove_output(position)
