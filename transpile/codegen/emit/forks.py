"""``torch.jit.fork``: the forked graph as the body of a lambda that another thread runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.ir.graph import Graph, Node

if TYPE_CHECKING:
    from transpile.codegen.emit.expressions import Expressions

_CALLS = ("prim::CallFunction", "prim::CallMethod")


def fork(build: Expressions, node: Node) -> C.Expr:
    """``ts2cpp::fork([x = x] { return tower(x, 3); })`` for a ``prim::fork`` node.

    What the task uses is captured by value: it may run after its caller has gone on.  Modules are reached through ``this``
    (the pass ``fork_captures`` sees to it).
    """
    from transpile.codegen.emit.statements import FunctionWriter

    graph: Graph = node.attributes["Subgraph"]
    scope = NameScope(parent=build.place.scope)
    place = replace(build.place, scope=scope, line_marker=scope.unique("task_at"))
    captures: list[C.Capture] = []
    given: list[tuple[C.Expr, str]] = []  # what is captured, under which names
    result = node.output.type
    assert isinstance(result, T.FutureType)
    writer = FunctionWriter(graph, build.surroundings, place, result.element, has_self=False, is_task=True)
    for inner, outer in zip(graph.inputs, node.inputs, strict=True):
        if isinstance(inner.type, T.ClassType) and inner.type.is_module:
            captures.insert(0, C.Capture("this"))
            continue
        expression = build.value(outer)
        if outer.node.kind == "prim::Constant":
            writer.extra[inner] = expression
            continue
        name = next((name for captured, name in given if captured == expression), None)
        if name is None:
            # The task's own name for it: that of the variable, which its lambda hides.
            hint = inner.base_name or "argument"
            name = expression.name if isinstance(expression, C.Name) else scope.unique(hint, "argument")
            given.append((expression, name))
            captures.append(C.Capture(name, expression))
        writer.extra[inner] = C.Name(name)
    emitted = writer.write()
    if emitted.problems:
        raise emitted.problems[0]
    body = emitted.body
    calls = [n for n in graph.nodes if n.kind in _CALLS]
    if len(calls) == 1 and len(body) == 2 and isinstance(body[1], (C.Return, C.Evaluate)):
        body = body[1:]  # the callee has a frame of its own
    elif emitted.needs_frame:
        body = [place.frame(), *body]
    return C.Call(C.runtime("fork"), [C.Lambda(captures, [], body)])
