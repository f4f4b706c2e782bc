"""Fused operators: pointwise groups as ordinary scalar code, convolutions and linear layers with their epilogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.cpp.literals import float_literal, int_literal
from transpile.ir.evaluate import constant_settings
from transpile.ir.graph import Graph, Node, Value
from transpile.ops.fusion import epilogues, function_name, scalar_spelling, scale_of
from transpile.ops.registry import Operator, get

if TYPE_CHECKING:
    from transpile.codegen.emit.expressions import Expressions

# Arithmetic between an element and a number goes through a function, so that the number takes the element's type.
_NAMED = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_INFIX = re.compile(r"\{(\d)\} ([-+*/]) \{(\d)\}\Z")


def fused_loop(build: Expressions, node: Node) -> C.Expr:
    """``ts2cpp::pointwise([](auto x_i, auto g_i) {...}, x, g)`` for a ``ts2cpp::FusionGroup`` node."""
    graph: Graph = node.attributes["Subgraph"]
    scope = NameScope(taken=[v.name for v in build.plan.variables.values()])
    names: dict[Value, C.Expr] = {}
    parameters: list[str] = []
    tensors: list[C.Expr] = []
    captures: list[str] = []
    for inner, outer in zip(graph.inputs, node.inputs, strict=True):
        expression = build.value(outer)
        if isinstance(inner.type, T.TensorType):
            hint = expression.name if isinstance(expression, C.Name) else inner.base_name or "x"
            if isinstance(expression, C.Member):
                hint = expression.name
            element = scope.unique(f"{hint}_i")
            parameters.append(f"auto {element}")
            tensors.append(expression)
            names[inner] = C.Name(element)
        else:
            name = scope.unique(inner.base_name or "number")
            captures.append(f"{name} = {expression.text()}")
            names[inner] = C.Name(name)
    body: list[C.Stmt] = []
    steps = [n for n in graph.nodes if n.kind != "prim::Constant"]
    for step in steps:
        expression = _element(build, step, names)
        output = step.output
        uses = list(output.uses)
        last = uses and uses[0].node is graph.block.return_node and len(uses) == 1
        if last and step is steps[-1]:
            body.append(C.Return(expression))
            break
        if len(uses) == 1 and uses[0].node.block is graph.block and _depth(expression) < 3 and not output.name:
            names[output] = expression
            continue
        name = scope.unique(output.base_name or f"{step.kind.partition('::')[2].strip('_')}_i")
        body.append(C.Declare("const auto", name, expression))
        names[output] = C.Name(name)
    else:
        body.append(C.Return(names[graph.outputs[0]]))
    return C.Call("ts2cpp::pointwise", [C.Lambda(captures, parameters, body), *tensors])


def _depth(expression: C.Expr) -> int:
    if isinstance(expression, C.Call):
        return 1 + max((_depth(a) for a in expression.arguments), default=0)
    if isinstance(expression, C.Binary):
        return 1 + max(_depth(expression.left), _depth(expression.right))
    return 0


def _element(build: Expressions, node: Node, names: dict[Value, C.Expr]) -> C.Expr:
    operator = node.operator
    spelling = scalar_spelling(operator, constant_settings(node)) if operator is not None else ""
    if operator is None or not spelling:
        raise UnsupportedOperatorError(f"{node.kind} cannot be part of a fused loop", node.range)
    arguments: list[C.Expr] = []
    for position, argument in enumerate(operator.schema.arguments):
        if not argument.ignored:
            value = node.input(position)
            arguments.append(names[value] if value in names else build.node(value.node))
    scale = scale_of(operator, spelling)
    if scale is not None and node.input(scale).node.attributes.get("value") not in (1, 1.0):
        return C.Call(f"math::{_named(operator, spelling)}", [arguments[0], arguments[1], arguments[scale]])
    match = _INFIX.match(spelling)
    if match and any(not isinstance(v.type, T.TensorType) for v in node.inputs[:2]):
        left, symbol, right = int(match.group(1)), match.group(2), int(match.group(3))
        if isinstance(node.input(left).type, T.TensorType):
            return C.Call(f"math::{_NAMED[symbol]}", [arguments[left], arguments[right]])
        reverse = {"-": "rsub", "+": "add", "*": "mul"}.get(symbol)
        if reverse is None:
            raise UnsupportedOperatorError(f"{node.kind} cannot be part of a fused loop", node.range)
        return C.Call(f"math::{reverse}", [arguments[right], arguments[left]])
    return C.from_template(spelling, arguments)


def _named(operator: Operator, spelling: str) -> str:
    """The function of ``math::`` that an operator with a scale is written with: ``rsub`` for ``{1} - {0}``."""
    match = _INFIX.match(spelling)
    if match is None:
        return function_name(spelling)
    return "rsub" if match.group(1) == "1" else _NAMED[match.group(2)]


def operator_with_epilogue(build: Expressions, node: Node) -> C.Expr:
    """``ops::conv2d(x, weight, bias, ..., ops::relu_epilogue)`` for a ``ts2cpp::conv2d`` or ``ts2cpp::linear`` node.

    The node has the inputs of the operator it came from, then the residual tensor if there is one.
    """
    name = node.kind.partition("::")[2]
    operator = get(f"aten::{name}")
    count = len(operator.schema.arguments)
    arguments: list[C.Expr] = []
    for position, argument in enumerate(operator.schema.arguments):
        if not argument.ignored:
            arguments.append(build.argument(node.input(position), argument))
    epilogue = _epilogue(node)
    if len(node.inputs) > count:
        residual = build.value(node.input(count))
        adder = "ops::add_in_place_epilogue" if node.attributes.get("residual_in_place") else "ops::add_epilogue"
        epilogue = C.Call(adder, [residual, *([epilogue] if epilogue is not None else [])])
    build.surroundings.use_operator(operator, node)
    return C.Call(f"ops::{name}", [*arguments, *([epilogue] if epilogue is not None else [])])


def _epilogue(node: Node) -> C.Expr | None:
    """The activation of a layer: ``ops::relu_epilogue``, ``ops::clamp_epilogue(0.0, 6.0)``; ``None`` if there is none."""
    epilogue = epilogues().get(str(node.attributes["epilogue"]).removeprefix("add").removeprefix("_"))
    if epilogue is None:
        return None
    name = f"ops::{epilogue.name}_epilogue"
    if not epilogue.parameters:
        return C.Name(name)
    settings = [node.attributes[p] for p in epilogue.parameters]
    return C.Call(name, [C.Name(float_literal(s) if isinstance(s, float) else int_literal(s)) for s in settings])
