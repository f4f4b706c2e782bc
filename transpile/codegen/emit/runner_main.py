"""The ``main`` of a generated project, and the example of its README."""

from __future__ import annotations

import re
from typing import Any

from transpile.codegen.emit.constants import TypeNames, constant
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan.program import FunctionSpec, Program
from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.cpp.literals import string_literal


def _arguments(spec: FunctionSpec) -> list[Argument]:
    arguments = list(spec.function.schema.arguments)
    return arguments[1:] if spec.owner is not None else arguments


def write(program: Program, name: str, names: TypeNames, *, has_weights: bool) -> str:
    """``int main``: one ``runner.method`` per exported function.  ``names`` are those of the program's types."""

    outside = _Outside(names, name)

    weights = ", TS2CPP_DEFAULT_WEIGHTS" if has_weights else ""
    lines = ["int main(int argc, char** argv) {", f"  ts2cpp::Runner runner({string_literal(name)}{weights});"]
    for spec in program.entries:
        key = spec.function.name if spec.owner is not None else "forward"
        lines.append(f"  runner.method({string_literal(key)}, [](ts2cpp::Call& call) {{")
        scope = NameScope(taken=["call", "model", "runner", name])
        variables = []
        for argument in _arguments(spec):
            variable = scope.unique(argument.name)
            variables.append(variable)
            fallback = ""
            if argument.has_default and not (argument.default is None and isinstance(argument.type, T.OptionalType)):
                fallback = f", {outside.constant(argument.default, argument.type)}"
            lines.append(
                f"    const auto {variable} = call.input<{outside.cpp_type(argument.type)}>"
                f"({string_literal(argument.name)}{fallback});"
            )
        call = f"{spec.cpp_name}({', '.join(variables)})"
        if spec.owner is not None:
            constness = "" if spec.mutates else "const "
            lines.append(
                f"    {constness}{name}::{spec.owner.cpp_name} model = {name}::load({'call.weights()' if has_weights else ''});"
            )
            lines.append(f"    call.run([&] {{ return model.{call}; }});")
        else:
            lines.append(f"    call.run([&] {{ return {name}::{call}; }});")
        lines.append("  });")
    lines += ["  return runner.main(argc, argv);", "}"]
    return "\n".join(lines) + "\n"


_OURS = re.compile(r"(?<![\w:])(Tensor|List|Dict|Scalar|DType)\b")


class _Outside:
    """Types and constants as they are spelled outside the model's namespace."""

    def __init__(self, names: TypeNames, namespace: str) -> None:
        self._names = names
        self._namespace = namespace

    def class_namer(self, type: T.Type) -> str:
        return f"{self._namespace}::{self._names.class_namer(type)}"

    def member_name(self, type: T.TupleType | T.EnumType | T.ClassType, name: str) -> str:
        return self._names.member_name(type, name)

    def cpp_type(self, type: T.Type) -> str:
        return _OURS.sub(r"ts2cpp::\1", cpp_type(type, self.class_namer))

    def constant(self, value: Any, type: T.Type) -> str:
        expression = constant(value, type, self)
        if isinstance(expression, C.Braces):
            expression = C.Braces(self.cpp_type(type), expression.items)
        return expression.text()


def usage_example(program: Program, name: str, names: TypeNames) -> str:
    """A few lines that call the first exported function."""
    spec = program.entries[0]
    outside = _Outside(names, name)
    lines = [f"#include <{name}/{name}.hpp>", ""]
    variables = []
    for argument in _arguments(spec):
        lines.append(f"{outside.cpp_type(argument.type)} {argument.name} = ...;")
        variables.append(argument.name)
    call = f"{spec.cpp_name}({', '.join(variables)})"
    if spec.owner is not None:
        lines.append(
            f'{"" if spec.mutates else "const "}{name}::{spec.owner.cpp_name} model = {name}::load("weights.safetensors");'
        )
        lines.append(f"const auto result = model.{call};")
    else:
        lines.append(f"const auto result = {name}::{call};")
    return "\n".join(lines)
