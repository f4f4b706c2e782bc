"""Values that a loop carries only to compute themselves are not carried.

Before::

    %s : int, %t : int = prim::Loop[kind="for"](%n, %zero, %n)
      block0(%i : int, %s.1 : int, %t.1 : int):
        %s.2 : int = aten::add(%s.1, %i)
        %t.2 : int = aten::mul(%t.1, %n)
        -> (%s.2, %t.2)
    return (%s)

After, once ``dead_code`` has removed the product::

    %s : int = prim::Loop[kind="for"](%n, %zero)
      block0(%i : int, %s.1 : int):
        %s.2 : int = aten::add(%s.1, %i)
        -> (%s.2)
    return (%s)

TorchScript keeps them in the graphs that it prints, so this is for export only.
"""

from __future__ import annotations

from transpile.ir.graph import Graph, Node
from transpile.passes.dead_code import Marking, exits_of, remove_carried


def unread_values(graph: Graph, context: object = None) -> bool:
    """Let such values stay as they were, and drop those that nothing uses any more."""
    needed = Marking(graph).values
    changed = False
    for loop in [n for n in graph.walk() if n.kind == "prim::Loop"]:
        for position in range(len(loop.outputs) - 1, -1, -1):
            count = len(loop.outputs)
            params = [b.params[len(b.params) - count + position] for b in loop.blocks]
            output = loop.outputs[position]
            if output.uses or any(v in needed for v in (output, *params)):
                continue
            ends = _ends(loop, position)
            if all((u.node, u.index) in ends for p in params for u in p.uses):
                remove_carried(loop, position)
                changed = True
                continue
            for end, index in ends:
                if end.inputs[index] is not params[0]:
                    end.replace_input(index, params[0])
                    changed = True
    return changed


def _ends(loop: Node, position: int) -> list[tuple[Node, int]]:
    """Where the loop's body says what it carries on at ``position``."""
    body = loop.blocks[0]
    ends = [(exit, position) for exit in exits_of(loop)]
    if body.returns:
        ends.append((body.return_node, len(body.returns) - len(loop.outputs) + position))
    return ends
