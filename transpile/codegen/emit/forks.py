"""``torch.jit.fork``: the forked graph as the body of a lambda that another thread runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transpile.cpp import tree as C
from transpile.ir.graph import Node

if TYPE_CHECKING:
    from transpile.codegen.emit.expressions import Expressions


def fork(build: Expressions, node: Node) -> C.Expr:
    """``ts2cpp::fork([x = x] { return tower(x, 3); })`` for a ``prim::fork`` node."""
    task = build.plan.tasks[node]
    captures = [C.Capture("this")] if task.captures_this else []
    captures += [C.Capture(c.name, build.value(c.value)) for c in task.captures]
    return C.Call(C.runtime("fork"), [C.Lambda(captures, [], build.write_task(task))])
