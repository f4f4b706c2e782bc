"""A branch of the library that chooses several tensors becomes one choice for each, which C++ writes as an expression.

Before::

    %x.2 : Tensor, %h.2 : Tensor = prim::If(%unbatched)
      block0():
        %a : Tensor = aten::squeeze(%x, %0)
        %b : Tensor = aten::squeeze(%h, %1)
        -> (%a, %b)
      block1():
        -> (%x, %h)

After::

    %x.2 : Tensor = prim::If(%unbatched)
      block0():
        %a : Tensor = aten::squeeze(%x, %0)
        -> (%a)
      block1():
        -> (%x)
    %h.2 : Tensor = prim::If(%unbatched)
      block0():
        %b : Tensor = aten::squeeze(%h, %1)
        -> (%b)
      block1():
        -> (%h)

What the user writes as one statement stays one.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.facts import changes_state, is_call
from transpile.ir.graph import Block, Graph, Node


def split_choices(graph: Graph, context: object = None) -> bool:
    """Split every such ``prim::If`` that was inlined from the library."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "prim::If" and node.stack and len(node.outputs) > 1:
            parts = [_parts(node, block) for block in node.blocks]
            if all(part is not None for part in parts) and all(isinstance(v.type, T.TensorType) for v in node.outputs):
                _split(graph, node, [part for part in parts if part is not None])
                changed = True
    return changed


def _parts(node: Node, block: Block) -> dict[Node, int] | None:
    """For each node of a block which output it is for; ``None`` if it is for several, or does more than that."""
    found: dict[Node, int] = {}
    if block.exit is not None:
        return None
    for inner in reversed(list(block.nodes)):
        if inner.kind == "prim::Constant":
            inner.move_before(node)
            continue
        if inner.blocks or len(inner.outputs) != 1 or is_call(inner) or changes_state(inner):
            return None
        uses = {u.index if u.node is block.return_node else found.get(u.node, -1) for u in inner.output.uses}
        if len(uses) != 1 or -1 in uses:
            return None
        found[inner] = uses.pop()
    order = list(reversed(found.values()))
    return found if order == sorted(order) else None  # else errors would change places


def _split(graph: Graph, node: Node, parts: list[dict[Node, int]]) -> None:
    for position, output in enumerate(list(node.outputs)):
        choice = graph.create("prim::If", [node.input()], [output.type], range=node.range)
        choice.scope, choice.stack = node.scope, node.stack
        choice.insert_before(node)
        for block, part in zip(node.blocks, parts, strict=True):
            new = choice.add_block()
            for inner in [n for n in block.nodes if part[n] == position]:
                inner.unlink()
                new.append(inner)
            new.add_return(block.returns[position])
        name = output.name
        output.replace_all_uses_with(choice.output)
        if name:
            graph.forget_name(output)
            choice.output.set_name(name)
    node.destroy()
