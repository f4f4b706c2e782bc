"""The ``main`` of a generated project, and the example of its README."""

from __future__ import annotations

import re

from transpile.codegen.cpp_types import ClassNamer, cpp_type
from transpile.codegen.expressions import literal
from transpile.codegen.program import FunctionSpec, Program
from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.core.schema import Argument
from transpile.cpp.literals import string_literal


def _arguments(spec: FunctionSpec) -> list[Argument]:
    arguments = list(spec.function.schema.arguments)
    return arguments[1:] if spec.owner is not None else arguments


def write(program: Program, name: str, class_name: ClassNamer, *, has_weights: bool) -> str:
    """``int main``: one ``runner.method`` per exported function.  ``class_name`` names the types of the program."""

    def spelled(type: T.Type) -> str:
        return _qualified(type, name, class_name)

    weights = ", TS2CPP_DEFAULT_WEIGHTS" if has_weights else ""
    lines = ["int main(int argc, char** argv) {", f"  ts2cpp::Runner runner({string_literal(name)}{weights});"]
    for spec in program.entries:
        key = spec.function.name if spec.owner is not None else "forward"
        lines.append(f"  runner.method({string_literal(key)}, [](ts2cpp::Call& call) {{")
        scope = NameScope(taken=["call", "model", "runner", name])
        names = []
        for argument in _arguments(spec):
            variable = scope.unique(argument.name)
            names.append(variable)
            fallback = ""
            if argument.has_default and argument.default is not None:
                fallback = f", {literal(argument.default).text()}"
            elif argument.has_default and not isinstance(argument.type, T.OptionalType):
                fallback = ", std::nullopt"
            lines.append(
                f"    const auto {variable} = call.input<{spelled(argument.type)}>"
                f"({string_literal(argument.name)}{fallback});"
            )
        call = f"{spec.cpp_name}({', '.join(names)})"
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


def _qualified(type: T.Type, namespace: str, class_name: ClassNamer) -> str:
    """A C++ type as it is spelled outside the model's namespace."""
    text = cpp_type(type, lambda t: f"{namespace}::{class_name(t)}")
    return _OURS.sub(r"ts2cpp::\1", text)


def usage_example(program: Program, name: str, class_name: ClassNamer) -> str:
    """A few lines that call the first exported function."""
    spec = program.entries[0]
    lines = [f"#include <{name}/{name}.hpp>", ""]
    names = []
    for argument in _arguments(spec):
        lines.append(f"{_qualified(argument.type, name, class_name)} {argument.name} = ...;")
        names.append(argument.name)
    call = f"{spec.cpp_name}({', '.join(names)})"
    if spec.owner is not None:
        lines.append(
            f'{"" if spec.mutates else "const "}{name}::{spec.owner.cpp_name} model = {name}::load("weights.safetensors");'
        )
        lines.append(f"const auto result = model.{call};")
    else:
        lines.append(f"const auto result = {name}::{call};")
    return "\n".join(lines)
