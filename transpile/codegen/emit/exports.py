"""What a generated project exports by name, for C and the command line, and the example of its README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from transpile.codegen.emit.constants import TypeNames, constant, literal
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan.names import free_names
from transpile.codegen.plan.program import FunctionSpec
from transpile.codegen.plan.program_plan import ProgramPlan
from transpile.core import types as T
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.cpp.library import outside
from transpile.cpp.statements import print_statements

Array = np.ndarray[Any, Any]


def arguments_of(spec: FunctionSpec) -> list[Argument]:
    """The parameters of an exported function, ``self`` left out."""
    arguments = list(spec.function.schema.arguments)
    return arguments[1:] if spec.owner is not None else arguments


def result_of(spec: FunctionSpec) -> T.Type:
    """What an exported function gives."""
    returns = spec.function.schema.returns
    return returns[0].type if returns else T.NONE


def method_key(spec: FunctionSpec) -> str:
    """What a method is called outside; a function is ``forward``."""
    return spec.function.name if spec.owner is not None else "forward"


def signature(spec: FunctionSpec) -> str:
    """``forward(x: Tensor, n: int) -> Tensor``."""
    shown = ", ".join(f"{a.name}: {a.type.annotation()}" for a in arguments_of(spec))
    return f"{method_key(spec)}({shown}) -> {result_of(spec).annotation().replace('NoneType', 'None')}"


def has_objects(spec: FunctionSpec) -> bool:
    """Whether something that goes in or comes out has no form as named values."""
    return any(_is_object(t) for t in (*(a.type for a in arguments_of(spec)), result_of(spec)))


def headers_of_values(entries: Iterable[FunctionSpec]) -> set[str]:
    """The headers that arguments and results are read and written by: tensors alone need no more than the calls do."""
    types = {t for e in entries for t in (*(a.type for a in arguments_of(e)), result_of(e))}
    return set() if types <= {T.TENSOR, T.NONE} else {"ts2cpp/io/values.hpp"}


def _is_object(type: T.Type) -> bool:
    if isinstance(type, (T.ClassType, T.InterfaceType)):
        return True
    return any(_is_object(t) for t in type.contained())


def exports_function(plan: ProgramPlan, name: str, names: TypeNames, *, weights_file: bool) -> C.Function:
    """``ts2cpp::Exports make_exports()``: how the model is made, and each exported method.  ``names`` are those of the
    program's types."""
    outside = _Outside(names, name)
    exports = C.Name("exports")
    body: list[C.Stmt] = [C.Declare(C.runtime("Exports"), exports.name, C.Construct([C.string(name)]))]
    root = plan.program.root
    if root is not None:
        type = C.Named(plan.names[root], name)
        body.append(C.Evaluate(C.Call(C.Member(exports, "model", (type,)), _loaders(name, weights_file))))
    for spec in plan.program.entries:
        call = C.Parameter(C.Reference(C.runtime("Call")), "call")
        method = C.Lambda([], [call], _method(plan, spec, outside))
        given = [C.string(method_key(spec)), C.string(signature(spec)), C.Boolean(spec.mutates), method]
        body.append(C.Evaluate(C.Call(C.Member(exports, "method"), given)))
    body.append(C.Return(exports))
    return C.Function("make_exports", C.runtime("Exports"), [], body)


def _loaders(namespace: str, weights_file: bool) -> list[C.Expr]:
    """The functions that make the model: of a file and of bytes, or of nothing."""

    def loader(*parameters: C.Parameter) -> C.Expr:
        given: list[C.Expr] = [C.Name(p.name) for p in parameters]
        return C.Lambda([], list(parameters), [C.Return(C.Call(C.Named("load", namespace), given))])

    if not weights_file:
        return [loader()]
    file = C.Parameter(C.Reference(C.Const(C.STRING)), "file")
    return [loader(file), loader(C.Parameter(C.runtime("Span", C.Const(C.std("byte"))), "weights"))]


def _method(plan: ProgramPlan, spec: FunctionSpec, outside: _Outside) -> list[C.Stmt]:
    """What a call by name does: read the arguments, call the function."""
    call = C.Name("call")
    body: list[C.Stmt] = []
    variables: list[C.Expr] = []
    arguments = arguments_of(spec)
    names = free_names((a.name for a in arguments), taken=["call", "model", "exports", outside.namespace])
    for argument, variable in zip(arguments, names, strict=True):
        variables.append(C.Name(variable))
        given: list[C.Expr] = [C.string(argument.name)]
        if argument.default_fits and not (argument.default is None and isinstance(argument.type, T.OptionalType)):
            given.append(outside.constant(argument.default, argument.type))
        read = C.Call(C.Member(call, "input", (outside.cpp_type(argument.type),)), given)
        body.append(C.Declare(C.Const(C.AUTO), variable, read))
    callee: C.Expr = C.Named(plan.names[spec], outside.namespace)
    if spec.owner is not None:
        type = C.Named(plan.names[spec.owner], outside.namespace)
        model = C.Call(C.Member(call, "model", (type,)))
        body.append(C.Declare(C.Reference(C.AUTO if spec.mutates else C.Const(C.AUTO)), "model", model))
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


_ELEMENTS = {"float32": C.FLOAT, "float64": C.DOUBLE, "int64": C.INT64}


def _example_argument(argument: Argument, type: C.Type, given: Mapping[str, Array]) -> C.Expr:
    """Something to call a function with, like the example input where that is a tensor, a number or a text; ``...`` for
    what the reader has to fill in."""
    array = given.get(argument.name)
    if argument.type == T.TENSOR and array is not None and str(array.dtype) in _ELEMENTS and isinstance(type, C.Named):
        sizes: list[C.Expr] = [C.Integer(size) for size in array.shape]
        elements = C.Call(C.std("vector", _ELEMENTS[str(array.dtype)]), [C.Integer(array.size)])
        return C.Call(C.StaticMember(type, "from_data"), [elements, C.Braces(None, sizes)])
    if argument.type in (T.INT, T.FLOAT, T.BOOL, T.STR) and array is not None and array.ndim == 0:
        return literal(array.item())
    return C.Name("...")


def usage_example(plan: ProgramPlan, name: str, names: TypeNames, given: Mapping[str, Array]) -> str:
    """A few lines that call the first exported function with arguments like those ``given`` by name."""
    spec = plan.program.entries[0]
    outside = _Outside(names, name)
    lines: list[C.Stmt] = []
    variables: list[C.Expr] = []
    arguments = arguments_of(spec)
    while given and arguments and arguments[-1].default_fits and arguments[-1].name not in given:
        arguments = arguments[:-1]
    variable_names = free_names((a.name for a in arguments), taken=["model", "result", name])
    for argument, variable in zip(arguments, variable_names, strict=True):
        type = outside.cpp_type(argument.type)
        lines.append(C.Declare(C.Const(type), variable, _example_argument(argument, type, given)))
        variables.append(C.Name(variable))
    callee: C.Expr = C.Named(plan.names[spec], name)
    if spec.owner is not None:
        lines.append(_model(plan, spec, outside, C.Call(C.Named("load", name), [C.string("weights.safetensors")])))
        callee = C.Member(C.Name("model"), plan.names[spec])
    lines.append(C.Declare(C.Const(C.AUTO), "result", C.Call(callee, variables)))
    return f"#include <{name}/{name}.hpp>\n\n{print_statements(lines, 0)}".rstrip("\n")
