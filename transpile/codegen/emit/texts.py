"""C++ of what makes text: print, format strings, and the messages of exceptions."""

from __future__ import annotations

import re

from transpile.codegen.emit.building import Build
from transpile.codegen.emit.constants import literal
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Node


def print_(build: Build, node: Node) -> C.Expr:
    return C.Call(C.runtime("print_values"), build.deduced(list(node.inputs)))


def format(build: Build, node: Node) -> C.Expr:
    return C.Call(C.runtime("format"), [build.value(node.input(0)), *build.deduced(list(node.inputs[1:]))])


def percent_format(build: Build, node: Node) -> C.Expr:
    """``text % values``: a tuple holds the values, anything else is the only one."""
    values = list(node.inputs[1:])
    type = values[0].type if len(values) == 1 else None
    if not isinstance(type, T.TupleType):
        arguments = build.deduced(values)
    elif values[0].node.kind == "prim::TupleConstruct" and values[0].node in build.plan.nesting.nested:
        arguments = build.deduced(list(values[0].node.inputs))
    else:
        given = build.value(values[0])
        arguments = [C.Call(C.std("get", i), [given]) for i in range(len(type.elements))]
    return C.Call(C.runtime("percent_format"), [build.value(node.input(0)), *arguments])


def raise_(build: Build, node: Node) -> C.Expr:
    kind, message = raised(node)
    if message is not None:
        return C.Call(C.runtime("raise"), [C.string(kind), literal(message)])
    text = build.value(node.input())
    source = node.input().node
    if source.kind == "aten::add" and source in build.plan.nesting.nested:
        # An assertion with a message that is computed: "AssertionError: " + message.
        start = source.input(0).constant_as(str)
        if start is not None and re.fullmatch(r"[A-Za-z]*(Error|Exception): ", start):
            kind, text = start[:-2], build.value(source.input(1))
    return C.Call(C.runtime("raise"), [C.string(kind), text])


def raised(node: Node) -> tuple[str, str | None]:
    """The Python name of the exception a ``prim::RaiseException`` raises, and its message if that is constant."""
    given = node.input(1).constant_as(str) if len(node.inputs) > 1 else None
    kind = given.rpartition(".")[2] if given else ""
    message = node.input().constant_as(str)
    if not kind:
        kind = "RuntimeError"
        if isinstance(message, str):
            head, colon, rest = message.partition(": ")
            if re.fullmatch(r"[A-Za-z]*(Error|Exception)", head):
                kind, message = head, rest if colon else ""
            elif re.fullmatch(r"[A-Za-z]*(Error|Exception):?", message):
                kind, message = message.rstrip(":"), ""
    return kind, message
