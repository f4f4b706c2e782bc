"""C++ of what makes text: print, format strings, and the messages of exceptions."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.codegen.emit.constants import literal
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Node, Value


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
    kind = (node.input(1).constant_as(str) if len(node.inputs) > 1 else None) or "RuntimeError"
    text = node.input(0).constant_as(str)
    message = literal(text) if text is not None else build.value(node.input(0))
    return C.Call(C.runtime("raise"), [C.string(kind.rpartition(".")[2]), message])


def require(build: Build, node: Node) -> C.Expr:
    """``ts2cpp::require(condition, "ValueError", "expected {}", dim)``."""
    name, template = node.input(1).constant_as(str), node.input(2).constant_as(str)
    assert name is not None and template is not None
    condition = build.value(node.input(0))
    if not node.attributes["holds"]:
        condition = _opposite(node.input(0), condition)
    values = build.deduced(list(node.inputs[3:]))
    return C.Call(
        C.runtime("require"), [condition, C.string(name.rpartition(".")[2]), literal(template), *values]
    )  # fmt: skip


_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _opposite(value: Value, condition: C.Expr) -> C.Expr:
    """The opposite of a condition; of integers the opposite comparison."""
    if isinstance(condition, C.Binary) and condition.operator in _OPPOSITES:
        if [v.type for v in value.node.inputs] == [T.INT, T.INT]:
            return C.Binary(_OPPOSITES[condition.operator], condition.left, condition.right)
    return C.negate(condition)
