"""The ``main`` of a generated project, and the example of its README."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transpile.codegen.emit.constants import TypeNames, constant
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan.names import free_names
from transpile.codegen.plan.program import FunctionSpec
from transpile.codegen.plan.program_plan import ProgramPlan
from transpile.core import types as T
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.cpp.library import outside
from transpile.cpp.statements import print_statements


def _arguments(spec: FunctionSpec) -> list[Argument]:
    arguments = list(spec.function.schema.arguments)
    return arguments[1:] if spec.owner is not None else arguments


def main_function(plan: ProgramPlan, name: str, names: TypeNames, *, has_weights: bool) -> C.Function:
    """``int main``: one ``runner.method`` per exported function.  ``names`` are those of the program's types."""
    construct: list[C.Expr] = [C.string(name)]
    if has_weights:
        construct.append(C.Named("TS2CPP_DEFAULT_WEIGHTS"))
    runner = C.Name("runner")
    body: list[C.Stmt] = [C.Declare(C.runtime("Runner"), runner.name, C.Construct(construct))]
    for spec in plan.program.entries:
        key = spec.function.name if spec.owner is not None else "forward"
        method = C.Lambda(
            [],
            [C.Parameter(C.Reference(C.runtime("Call")), "call")],
            _method(plan, spec, _Outside(names, name), has_weights),
        )
        body.append(C.Evaluate(C.Call(C.Member(runner, "method"), [C.string(key), method])))
    arguments: list[C.Expr] = [C.Name("argc"), C.Name("argv")]
    body.append(C.Return(C.Call(C.Member(runner, "main"), arguments)))
    parameters = [C.Parameter(C.Named("int"), "argc"), C.Parameter(C.Pointer(C.Pointer(C.Named("char"))), "argv")]
    return C.Function("main", C.Named("int"), parameters, body)


def _method(plan: ProgramPlan, spec: FunctionSpec, outside: _Outside, has_weights: bool) -> list[C.Stmt]:
    """What a method of the runner does: read the inputs, load the model, call the function."""
    call = C.Name("call")
    body: list[C.Stmt] = []
    variables: list[C.Expr] = []
    arguments = _arguments(spec)
    names = free_names((a.name for a in arguments), taken=["call", "model", "runner", outside.namespace])
    for argument, variable in zip(arguments, names, strict=True):
        variables.append(C.Name(variable))
        given: list[C.Expr] = [C.string(argument.name)]
        if argument.has_default and not (argument.default is None and isinstance(argument.type, T.OptionalType)):
            given.append(outside.constant(argument.default, argument.type))
        read = C.Call(C.Member(call, "input", (outside.cpp_type(argument.type),)), given)
        body.append(C.Declare(C.Const(C.AUTO), variable, read))
    callee: C.Expr = C.Named(plan.names[spec], outside.namespace)
    if spec.owner is not None:
        loaded = C.Call(C.Named("load", outside.namespace), [C.Call(C.Member(call, "weights"))] if has_weights else [])
        body.append(_model(plan, spec, outside, loaded))
        callee = C.Member(C.Name("model"), plan.names[spec])
    run = C.Lambda([C.Capture("&")], [], [C.Return(C.Call(callee, variables))])
    return [*body, C.Evaluate(C.Call(C.Member(call, "run"), [run]))]


def _model(plan: ProgramPlan, spec: FunctionSpec, outside: _Outside, loaded: C.Expr) -> C.Stmt:
    assert spec.owner is not None
    type = C.Named(plan.names[spec.owner], outside.namespace)
    return C.Declare(type if spec.mutates else C.Const(type), "model", loaded)


class _Outside:
    """Types and constants as they are spelled outside the model's namespace."""

    def __init__(self, names: TypeNames, namespace: str) -> None:
        self._names = names
        self.namespace = namespace

    def class_namer(self, type: T.Type) -> C.Named:
        return replace(self._names.class_namer(type), scope=self.namespace)

    def member_name(self, type: T.TupleType | T.EnumType | T.ClassType, name: str) -> str:
        return self._names.member_name(type, name)

    def cpp_type(self, type: T.Type) -> C.Type:
        return outside(cpp_type(type, self.class_namer))

    def constant(self, value: Any, type: T.Type) -> C.Expr:
        return outside(constant(value, type, self))


def usage_example(plan: ProgramPlan, name: str, names: TypeNames) -> str:
    """A few lines that call the first exported function."""
    spec = plan.program.entries[0]
    outside = _Outside(names, name)
    lines: list[C.Stmt] = []
    variables: list[C.Expr] = []
    arguments = _arguments(spec)
    variable_names = free_names((a.name for a in arguments), taken=["model", "result", name])
    for argument, variable in zip(arguments, variable_names, strict=True):
        lines.append(C.Declare(outside.cpp_type(argument.type), variable, C.Name("...")))
        variables.append(C.Name(variable))
    callee: C.Expr = C.Named(plan.names[spec], name)
    if spec.owner is not None:
        lines.append(_model(plan, spec, outside, C.Call(C.Named("load", name), [C.string("weights.safetensors")])))
        callee = C.Member(C.Name("model"), plan.names[spec])
    lines.append(C.Declare(C.Const(C.AUTO), "result", C.Call(callee, variables)))
    return f"#include <{name}/{name}.hpp>\n\n{print_statements(lines, 0)}".rstrip("\n")
