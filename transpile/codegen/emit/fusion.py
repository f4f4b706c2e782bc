"""Fused operators: pointwise groups as ordinary scalar code, convolutions and linear layers with their epilogue."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.cpp.spelling import Argument
from transpile.ir.evaluate import constant_settings
from transpile.ir.graph import Graph, Node, Value
from transpile.ops.fusion import epilogues, function_name, scalar_spelling, scale_of
from transpile.ops.registry import get

# Arithmetic between an element and a number goes through a function, so that the number takes the element's type.
_NAMED = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_REVERSED = {"+": "add", "-": "rsub", "*": "mul"}


def fused_loop(build: Build, node: Node) -> C.Expr:
    """``ts2cpp::pointwise([](auto x_i, auto g_i) {...}, x, g)`` for a ``ts2cpp::FusionGroup`` node."""
    graph: Graph = node.attributes["Subgraph"]
    scope = NameScope(taken=[v.name for v in build.plan.variables.values()])
    names: dict[Value, C.Expr] = {}
    parameters: list[C.Parameter] = []
    tensors: list[C.Expr] = []
    captures: list[C.Capture] = []
    for inner, outer in zip(graph.inputs, node.inputs, strict=True):
        expression = build.value(outer)
        if isinstance(inner.type, T.TensorType):
            hint = expression.name if isinstance(expression, C.Name) else inner.base_name or "x"
            if isinstance(expression, C.Member):
                hint = expression.name
            element = scope.unique(f"{hint}_i")
            parameters.append(C.Parameter(C.AUTO, element))
            tensors.append(expression)
            names[inner] = C.Name(element)
        else:
            name = scope.unique(inner.base_name or "number")
            captures.append(C.Capture(name, expression))
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
        body.append(C.Declare(C.Const(C.AUTO), name, expression))
        names[output] = C.Name(name)
    else:
        body.append(C.Return(names[graph.outputs[0]]))
    return C.Call(C.runtime("pointwise"), [C.Lambda(captures, parameters, body), *tensors])


def _depth(expression: C.Expr) -> int:
    if isinstance(expression, C.Call):
        return 1 + max((_depth(a) for a in expression.arguments), default=0)
    if isinstance(expression, C.Binary):
        return 1 + max(_depth(expression.left), _depth(expression.right))
    return 0


def _element(build: Build, node: Node, names: dict[Value, C.Expr]) -> C.Expr:
    operator = node.operator
    spelling = scalar_spelling(operator, constant_settings(node)) if operator is not None else None
    if operator is None or spelling is None:
        raise UnsupportedOperatorError(f"{node.kind} cannot be part of a fused loop", node.range)
    arguments: list[C.Expr] = []
    for argument, value in zip(operator.schema.arguments, node.inputs, strict=True):
        if not argument.ignored:
            arguments.append(names[value] if value in names else build.node(value.node))
    scale = scale_of(operator, spelling)
    scaled = scale is not None and constant_settings(node).get("alpha") not in (1, 1.0)
    numbers = any(not isinstance(v.type, T.TensorType) for v in node.inputs[:2])
    match spelling.expression:
        case C.Binary(symbol, Argument(left), Argument(right)) if symbol in _NAMED and (numbers or scaled):
            named = _NAMED[symbol]
            if left > right or not isinstance(node.input(left).type, T.TensorType):
                left, right, named = right, left, _REVERSED[symbol]
        case _ if scaled:
            left, right, named = 0, 1, function_name(spelling)
        case _:
            return spelling.fill(arguments)
    return C.Call(
        C.math(named), [arguments[i] for i in (left, right, scale) if i is not None and (i != scale or scaled)]
    )


def operator_with_epilogue(build: Build, node: Node) -> C.Expr:
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
        adder = _epilogue_name("add_in_place" if node.attributes.get("residual_in_place") else "add")
        epilogue = C.Call(adder, [residual, *([epilogue] if epilogue is not None else [])])
    build.surroundings.use_operator(operator, node)
    return C.Call(C.ops(name, header=operator.header), [*arguments, *([epilogue] if epilogue is not None else [])])


def _epilogue(node: Node) -> C.Expr | None:
    """The activation of a layer: ``ops::relu_epilogue``, ``ops::clamp_epilogue(0.0, 6.0)``; ``None`` if there is none."""
    epilogue = epilogues().get(str(node.attributes["epilogue"]).removeprefix("add").removeprefix("_"))
    if epilogue is None:
        return None
    settings = [node.attributes[p] for p in epilogue.parameters]
    name = _epilogue_name(epilogue.name)
    return (
        C.Call(name, [C.floating(s) if isinstance(s, float) else C.integer(s) for s in settings]) if settings else name
    )


def _epilogue_name(kind: str) -> C.Named:
    return C.ops(f"{kind}_epilogue", header="ts2cpp/epilogue.hpp")
