"""The inside of fused loops: a function of one element of each tensor, what is named in it, and how each operator is written."""

from __future__ import annotations

from collections.abc import Mapping

from transpile.codegen.plan.function import Capture, FusionPlan, Surroundings
from transpile.codegen.plan.nesting import Nesting
from transpile.codegen.plan.steps import Variable
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.cpp.spelling import Argument, Spelling
from transpile.ir.evaluate import constant_settings
from transpile.ir.graph import Graph, Node, Value
from transpile.ops.fusion import function_name, scalar_spelling, scale_of

# Arithmetic between an element and a number goes through a function, so that the number takes the element's type.
_NAMED = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_REVERSED = {"+": "add", "-": "rsub", "*": "mul"}
# An expression that nests as deep as this gets a name before it becomes part of another.
_DEEPEST = 3


def plan_fused_loops(
    graph: Graph, nesting: Nesting, variables: Mapping[Value, Variable], surroundings: Surroundings
) -> dict[Node, FusionPlan]:
    """The plan of each ``ts2cpp::FusionGroup``; ``variables`` are all of the function, which a loop's names must not hide."""
    taken = [v.name for v in variables.values()]
    found = {}
    for node in graph.walk():
        if node.kind == "ts2cpp::FusionGroup" and node not in nesting.dropped:
            words = [_last_word(v, nesting, variables, surroundings) for v in node.inputs]
            found[node] = _plan(node, words, NameScope(taken=taken))
    return found


def passed_inputs(node: Node) -> list[Value]:
    """The inputs of an operator that its spelling counts."""
    assert node.operator is not None
    return [v for a, v in zip(node.operator.schema.arguments, node.inputs, strict=True) if not a.ignored]


def _last_word(value: Value, nesting: Nesting, variables: Mapping[Value, Variable], surroundings: Surroundings) -> str:
    """The variable or member that a value is written as; empty for other expressions."""
    members = surroundings.member_names(value)
    if members is not None:
        return members[-1]
    node = value.node
    if node in nesting.nested:
        if node.kind == "prim::GetAttr":
            return str(node.attributes["name"])
        if node.kind == "prim::TupleIndex" and isinstance(type := node.input(0).type, T.TupleType) and type.fields:
            return type.fields[int(node.input(1).constant)]
        if node.kind == "prim::unchecked_cast" and node.input().type == value.type:
            return _last_word(node.input(), nesting, variables, surroundings)
        return ""
    return variables[value].name if value in variables else ""


def _plan(node: Node, words: list[str], scope: NameScope) -> FusionPlan:
    graph: Graph = node.attributes["Subgraph"]
    names: dict[Value, str] = {}
    elements: list[Capture] = []
    captures: list[Capture] = []
    for inner, outer, word in zip(graph.inputs, node.inputs, words, strict=True):
        is_tensor = isinstance(inner.type, T.TensorType)
        hint = f"{word or inner.base_name or 'x'}_i" if is_tensor else inner.base_name or "number"
        names[inner] = scope.unique(hint)
        (elements if is_tensor else captures).append(Capture(names[inner], outer))
    spellings: dict[Node, Spelling] = {}
    depths: dict[Value, int] = {}
    constants: list[Value] = []
    result = graph.outputs[0]
    steps = [n for n in graph.nodes if n.kind != "prim::Constant"]
    for step in steps:
        spellings[step] = _spelling(step)
        output, uses = step.output, list(step.output.uses)
        depth = _depth(spellings[step].expression, [depths.get(v, 0) for v in passed_inputs(step)])
        user = uses[0].node if len(uses) == 1 else None
        if user is graph.block.return_node and step is steps[-1]:
            break
        if user is not None and user.block is graph.block and depth < _DEEPEST and not output.name:
            depths[output] = depth
            continue
        names[output] = scope.unique(output.base_name or f"{step.kind.partition('::')[2].strip('_')}_i")
        constants.append(output)
    return FusionPlan(tuple(elements), tuple(captures), names, spellings, tuple(constants), result)


def _spelling(node: Node) -> Spelling:
    """How an operator is written for one element."""
    operator = node.operator
    spelling = scalar_spelling(operator, constant_settings(node)) if operator is not None else None
    if operator is None or spelling is None:
        raise UnsupportedOperatorError(f"{node.kind} cannot be part of a fused loop", node.range)
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
            return spelling
    positions = (left, right, scale) if scaled and scale is not None else (left, right)
    return Spelling(C.Call(C.math(named), [Argument(i) for i in positions]))


def _depth(expression: C.Expr, inner: list[int]) -> int:
    """How deep calls and operators nest, if the arguments of the spelling nest as deep as ``inner`` says."""
    match expression:
        case Argument(position):
            return inner[position]
        case C.Call(_, arguments):
            return 1 + max((_depth(a, inner) for a in arguments), default=0)
        case C.Binary(_, left, right):
            return 1 + max(_depth(left, inner), _depth(right, inner))
    return 0
