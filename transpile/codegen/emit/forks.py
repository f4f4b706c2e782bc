"""``torch.jit.fork``: the forked graph as the body of a lambda that another thread runs."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.cpp import tree as C
from transpile.ir.graph import Node


def fork(build: Build, node: Node) -> C.Expr:
    """``ts2cpp::fork([x = x] { return tower(x, 3); })`` for a ``prim::fork`` node."""
    task = build.plan.tasks[node]
    captures = [C.Capture("this")] if task.captures_this else []
    captures += [C.Capture(c.name, build.value(c.value)) for c in task.captures]
    return C.Call(C.runtime("fork"), [C.Lambda(captures, [], build.task(task))])
