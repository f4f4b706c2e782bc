"""Fused operators: pointwise groups as ordinary scalar code, convolutions and linear layers with their epilogue."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.codegen.emit.constants import is_default
from transpile.codegen.plan.function import FusionPlan
from transpile.codegen.plan.fused_loops import passed_inputs
from transpile.cpp import tree as C
from transpile.ir.graph import Node, Value
from transpile.ops.fusion import epilogues
from transpile.ops.registry import get

# Where those are whose functions the runtime compiles once.
_EPILOGUE_HEADERS = {"relu": "epilogue", "add": "residual", "add_in_place": "residual"}


def fused_loop(build: Build, node: Node) -> C.Expr:
    """``ts2cpp::pointwise([](auto x_i, auto g_i) {...}, x, g)`` for a ``ts2cpp::FusionGroup`` node."""
    plan = build.plan.fusions[node]
    captures = [C.Capture(c.name, build.value(c.value)) for c in plan.captures]
    parameters = [C.Parameter(C.AUTO, e.name) for e in plan.elements]
    body: list[C.Stmt] = [
        C.Declare(C.Const(C.AUTO), plan.names[v], _computed(build, plan, v.node)) for v in plan.constants
    ]
    body.append(C.Return(_element(build, plan, plan.result)))
    tensors = [build.value(e.value) for e in plan.elements]
    return C.Call(C.runtime("pointwise"), [C.Lambda(captures, parameters, body), *tensors])


def _element(build: Build, plan: FusionPlan, value: Value) -> C.Expr:
    """A value inside the loop: its name, a literal, or the expression that computes it."""
    if value in plan.names:
        return C.Name(plan.names[value])
    return _computed(build, plan, value.node) if value.node in plan.spellings else build.node(value.node)


def _computed(build: Build, plan: FusionPlan, node: Node) -> C.Expr:
    """One operator on one element."""
    return plan.spellings[node].fill([_element(build, plan, v) for v in passed_inputs(node)])


def operator_with_epilogue(build: Build, node: Node) -> C.Expr:
    """``ops::conv2d(x, weight, bias, ..., ops::relu_epilogue)`` for a ``ts2cpp::conv2d`` or ``ts2cpp::linear`` node.

    The node has the inputs of the operator it came from, then the residual tensor if there is one.
    """
    name = node.kind.partition("::")[2]
    operator = get(f"aten::{name}")
    count = len(operator.schema.arguments)
    given = [(a, node.input(i)) for i, a in enumerate(operator.schema.arguments) if not a.ignored]
    written = len(given)
    while written and is_default(given[written - 1][1], given[written - 1][0]):
        written -= 1
    written = next(n for n in (3, 5, len(given)) if n >= written)  # where an epilogue may follow
    arguments = C.noted(
        [argument.name for argument, _ in given[:written]],
        [build.argument(value, argument) for argument, value in given[:written]],
    )
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
    header = _EPILOGUE_HEADERS.get(kind, "activations")
    return C.ops(f"{kind}_epilogue", header=f"ts2cpp/{header}.hpp")
