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

Nor does a ``break`` take along what nothing reads after the loop.  TorchScript keeps such values in the graphs that it prints,
so this is for export only.
"""

from __future__ import annotations

from transpile.ir.graph import Graph, Value
from transpile.ir.loops import LoopView, loops_of
from transpile.passes.dead_code import Marking


def unread_values(graph: Graph, context: object = None) -> bool:
    """Let such values stay as they were, and drop those that nothing uses any more."""
    needed = Marking(graph).values
    changed = False
    for loop in loops_of(graph):
        for position in reversed(range(loop.count)):
            row = loop.at(position)
            if not row.output.uses:
                changed |= _leave_with(loop, position, row.param)
            if row.output.uses or any(v in needed for v in (row.output, *row.params)):
                continue
            ends = loop.ends(position)
            if all((u.node, u.index) in ends for p in row.params for u in p.uses):
                loop.remove(position)
                changed = True
                continue
            for end, index in ends:
                if end.inputs[index] is not row.param:
                    end.replace_input(index, row.param)
                    changed = True
    return changed


def _leave_with(loop: LoopView, position: int, param: Value) -> bool:
    """Let every ``break`` carry on what the turn began with; whether one of them did not."""
    leaving = [e for e in loop.exits if e.kind == "prim::Break" and e.input(position) is not param]
    for node in leaving:
        node.replace_input(position, param)
    return bool(leaving)
