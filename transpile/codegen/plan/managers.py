"""``with``: which ``prim::Enter`` a ``prim::Exit`` ends."""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Block, Node, Value


def exit_parameters(type: T.ClassType) -> list[Value]:
    """The parameters of ``__exit__`` in C++: none if it does not look at the exception, which is never given."""
    given: list[Value] = type.methods["__exit__"].structured.inputs[1:]
    return given if any(value.uses for value in given) else []


def match_exits(block: Block, entered: list[Node] | None = None) -> dict[Node, Node]:
    """The ``prim::Enter`` of every ``prim::Exit``: the innermost one that is open for its object."""
    found: dict[Node, Node] = {}
    entered = list(entered or ())
    for node in block.nodes:
        for inner in node.blocks:
            found |= match_exits(inner, entered)
        if node.kind == "prim::Enter":
            entered.append(node)
        elif node.kind == "prim::Exit":
            last = max(i for i, enter in enumerate(entered) if enter.input() is node.input())
            found[node] = entered.pop(last)
    return found
