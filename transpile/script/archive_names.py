"""The names that the code of an archive may use, and what they stand for."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptNameError, ScriptTypeError
from transpile.core.source import SourceRange
from transpile.script.builtins import GLOBALS, SpecialForm, outline_task
from transpile.script.ssa import convert_to_ssa
from transpile.script.values import Actual, MethodValue, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.archive_program import ArchiveProgram, ArchiveResolver
    from transpile.script.emitter import Emitter

NUMBERS = {"inf": math.inf, "nan": math.nan, "infj": complex(0, math.inf), "nanj": complex(0, math.nan)}
_PLAIN = (
    "int",
    "float",
    "bool",
    "str",
    "complex",
    "print",
    "range",
    "isinstance",
    "getattr",
    "sorted",
    "len",
    "min",
    "max",
)


class _FutureName:
    """``Future`` in a type."""

    __name__ = "Future"


FUTURE = _FutureName()


def resolve(resolver: ArchiveResolver, e: Emitter, name: str, range: SourceRange | None) -> Sugared | None:
    """What a name at the start of an expression stands for."""
    program = resolver.program
    if name in ("torch", "ops"):
        return Operators("aten" if name == "torch" else "", program)
    if name == "__torch__":
        return Space(program, name)
    if name == "CONSTANTS":
        return Constants(program)
    if name in NUMBERS:
        return SimpleValue(e.constant(NUMBERS[name], range))
    if name == "annotate":
        return SpecialForm("annotate")
    form = _FORMS.get(name)
    if form is not None:
        made: Sugared = form(resolver)
        return made
    return GLOBALS[name] if name in _PLAIN else None


def operator_name(node: ast.AST) -> str:
    """``aten::relu`` for the syntax node of ``torch.relu`` or ``ops.aten.relu``; empty for what names no operator."""
    if not isinstance(node, ast.Attribute):
        return ""
    owner = node.value
    if isinstance(owner, ast.Name) and owner.id == "torch":
        return f"aten::{node.attr}" if node.attr not in ("autograd", "device") else ""
    if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name) and owner.value.id == "ops":
        return f"{owner.attr}::{node.attr}" if (owner.attr, node.attr) != ("prim", "RaiseException") else ""
    return ""


class Space(Sugared):
    """A dotted name that is no definition itself."""

    kind = "module"

    def __init__(self, program: ArchiveProgram, name: str) -> None:
        self.program = program
        self.name = name

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        full = f"{self.name}.{name}"
        if full not in self.program.found and not any(known.startswith(f"{full}.") for known in self.program.found):
            raise ScriptNameError(f"the archive does not define {full}", range)
        return self.program.lookup(e, full, range)


class Operators(Sugared):
    """``torch``, ``ops`` or ``ops.prim``."""

    kind = "module"

    def __init__(self, namespace: str, program: ArchiveProgram) -> None:
        self.namespace = namespace
        self.program = program

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        if not self.namespace:
            return Operators(name, self.program)
        if (self.namespace, name) == ("prim", "RaiseException"):
            return Raise()
        return self.program.operator(f"{self.namespace}::{name}", range)


class Constants(Sugared):
    """``CONSTANTS``."""

    kind = "module"

    def __init__(self, program: ArchiveProgram) -> None:
        self.program = program

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        index = int(name[1:]) if name[:1] == "c" and name[1:].isdecimal() and len(name) < 10 else -1
        if not 0 <= index < len(self.program.constants):
            raise ScriptNameError(f"the archive has no constant {name}", range)
        value, type = self.program.constants[index]
        return SimpleValue(e.constant(value, range, type))


class ClassName(Sugared):
    """A class: ``X.__new__(X)``, or ``X.hook(x, ...)``, which is how calls of hooks are written."""

    kind = "class"

    def __init__(self, type: T.ClassType, program: ArchiveProgram) -> None:
        self.type = type
        self.program = program

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        if name == "__new__":
            return NewObject(self.type)
        if self.program.method(self.type, name, range) is None:
            raise ScriptTypeError(f"Tried to lookup unknown attribute on class {self.type.annotation()}", range)
        return UnboundMethod(self.type, name)


class UnboundMethod(Sugared):
    """A method called by the name of its class, with the object as the first argument."""

    kind = "method"

    def __init__(self, type: T.ClassType, name: str) -> None:
        self.type = type
        self.name = name

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if not arguments or arguments[0].value.type is not self.type:
            raise ScriptTypeError(f"{self.name} takes a {self.type.annotation()} first", range)
        return MethodValue(arguments[0].value, [self.name]).call(e, range, arguments[1:], keywords)


class NewObject(Sugared):
    kind = "builtin"

    def __init__(self, type: T.ClassType) -> None:
        self.type = type

    def call_form(self, e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
        return SimpleValue(e.insert("prim::CreateObject", (), [self.type], range).output)


class Raise(Sugared):
    kind = "builtin"

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        values = [a.value for a in arguments]
        if len(values) == 1:
            values.append(e.constant(None, None))
        if len(values) != 2:
            raise ScriptTypeError("RaiseException takes a message and a class", range)
        e.insert("prim::RaiseException", values, (), range)
        return SimpleValue(e.constant(None, range))


class _Form(Sugared):
    kind = "builtin"
    count = 1

    def __init__(self, resolver: ArchiveResolver) -> None:
        self.resolver = resolver

    def call_form(self, e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
        if len(node.args) != self.count or node.keywords:
            raise ScriptTypeError(f"expected {self.count} arguments", range)
        return self.made(e, node, range)

    def made(self, e: Emitter, node: ast.Call, range: SourceRange) -> Sugared:
        raise NotImplementedError


class UncheckedCast(_Form):
    count = 2

    def made(self, e: Emitter, node: ast.Call, range: SourceRange) -> Sugared:
        type = self.resolver.annotation(e, node.args[0])
        return SimpleValue(e.insert("prim::unchecked_cast", [e.expression(node.args[1])], [type], range).output)


class Uninitialized(_Form):
    def made(self, e: Emitter, node: ast.Call, range: SourceRange) -> Sugared:
        return SimpleValue(
            e.insert("prim::Uninitialized", (), [self.resolver.annotation(e, node.args[0])], range).output
        )


class SetAttribute(_Form):
    count = 3

    def made(self, e: Emitter, node: ast.Call, range: SourceRange) -> Sugared:
        name = node.args[1]
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            raise ScriptTypeError("setattr takes the name as a text", range)
        e.sugared(node.args[0]).set_attribute(e, range, name.value, e.expression(node.args[2]))
        return SimpleValue(e.constant(None, range))


class Fork(_Form):
    """``fork(task)``: the task is a function without parameters inside of this one."""

    def made(self, e: Emitter, node: ast.Call, range: SourceRange) -> Sugared:
        name = node.args[0]
        task = self.resolver.tasks.get(name.id) if isinstance(name, ast.Name) else None
        if task is None or not task.body or not isinstance(task.body[-1], ast.Return) or task.body[-1].value is None:
            raise ScriptTypeError("fork takes the name of a function that returns a value", range)
        read = {n.id: n for n in ast.walk(task) if isinstance(n, ast.Name)}
        outside = {name: e.sugared(n) for name, n in read.items() if e.frame.owner(name) is not None}
        fork = e.insert("prim::fork", (), (), range)
        block = fork.add_block()
        with e.block(block):
            e.frame.values.update(outside)
            e.statements(task.body[:-1])
            result = e.expression(task.body[-1].value)
        future = outline_task(fork, block, result)
        convert_to_ssa(fork.attributes["Subgraph"])
        return SimpleValue(future)


_FORMS: dict[str, Any] = {
    "unchecked_cast": UncheckedCast, "uninitialized": Uninitialized, "setattr": SetAttribute, "fork": Fork,
}  # fmt: skip
