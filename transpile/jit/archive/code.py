"""The code of an archive: classes and functions as text, in the files of an archive's ``code`` folder."""

from __future__ import annotations

import math
from typing import Any

from transpile.core import types as T
from transpile.core.errors import ArchiveError, SourceError
from transpile.core.schema import Schema, format_float
from transpile.core.source import SourceRange
from transpile.ir.function import Function
from transpile.ir.printer import quote
from transpile.jit.code.marks import Marks
from transpile.jit.code.printer import CodePrinter
from transpile.script.upgraders import version_of

OLDEST = 3


class CodeWriter:
    """Collects what an archive's program consists of.

    ``files`` are texts by path below ``code``, ``ranges`` say from which byte of them on they stand for which source,
    ``constants`` are what they name ``CONSTANTS.c0``, ``version`` is the format version that the operators ask for.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.ranges: dict[str, list[tuple[int, SourceRange | None]]] = {}
        self.constants: list[Any] = []
        self.version = OLDEST
        self._known: set[int] = set()
        self._texts: dict[str, str] = {}
        self._marks = Marks()

    def add_type(self, type: T.Type) -> None:
        """Write the classes that a type consists of."""
        for part in type.contained():
            self.add_type(part)
        name = getattr(type, "name", "")
        if not name or id(type) in self._known:
            return
        self._known.add(id(type))
        if isinstance(type, T.ClassType):
            self._add(name, self._class(type))
            for attribute in type.attributes.values():
                self.add_type(attribute.type)
            for method in _methods(type):
                self._uses_of(method)
        elif isinstance(type, T.TupleType):
            self._add(name, self._named_tuple(type))
        elif isinstance(type, T.EnumType):
            lines = "".join(f"  {m} = {_literal(v)}\n" for m, v in type.members)
            self._add(name, f"class {_last(name)}(Enum):\n{lines}")
        elif isinstance(type, T.InterfaceType):
            self._add(name, _interface(type))

    def add_function(self, function: Function) -> None:
        """Write a function, and what it uses."""
        if id(function) not in self._known:
            self._known.add(id(function))
            self._add(function.qualified_name, self._code(function))
            self._uses_of(function)

    def _add(self, name: str, marked: str) -> None:
        text, ranges = self._marks.taken_out(marked)
        if name in self._texts:
            if self._texts[name] != text:
                raise ArchiveError(f"two different things are called {name}: they cannot be in one archive")
            return
        self._texts[name] = text
        path = name.rpartition(".")[0].replace(".", "/") + ".py"
        before = len(self.files.get(path, "").encode())
        self.files[path] = self.files.get(path, "") + text
        self.ranges.setdefault(path, []).extend((before + at, where) for at, where in ranges)

    def _code(self, function: Function) -> str:
        return CodePrinter(function, self.constants, typed_self=True, marks=self._marks).print()

    def _class(self, type: T.ClassType) -> str:
        base = "(Module)" if type.is_module else ""
        lines = [f"class {_last(type.name)}{base}:"]
        attributes = list(type.attributes.values())
        if type.is_module:
            for title, names in (
                ("__parameters__", [a.name for a in attributes if a.is_parameter]),
                ("__buffers__", [a.name for a in attributes if a.is_buffer]),
                ("__forward_pre_hooks__", type.forward_pre_hooks),
                ("__forward_hooks__", type.forward_hooks),
            ):
                if names or not title.startswith("__forward"):
                    lines.append(f"  {title} = [{''.join(f'{quote(n)}, ' for n in names)}]")
        for index, attribute in enumerate(attributes):
            shown = attribute.type.annotation()
            if attribute.name.isidentifier():
                lines.append(f"  {attribute.name} : {shown}")
            else:
                if index == 0:
                    lines.append("  __annotations__ = []")
                lines.append(f"  __annotations__[{quote(attribute.name)}] = {shown}")
        for name, value in type.constants.items():
            kind = _CONSTANTS.get(value.__class__)
            if kind is not None and name.isidentifier() and (kind != "float" or math.isfinite(value)):
                lines.append(f"  {name} : Final[{kind}] = {_literal(value)}")
        for method in _methods(type):
            lines += [f"  {line}" for line in self._code(method).splitlines()]
        if len(lines) == 1:
            lines.append("  pass")
        return "\n".join(lines) + "\n"

    def _named_tuple(self, type: T.TupleType) -> str:
        lines = "".join(f"  {f} : {t.annotation()}\n" for f, t in zip(type.fields, type.elements, strict=True))
        return f"class {_last(type.name)}(NamedTuple):\n{lines}"

    def _uses_of(self, function: Function) -> None:
        for argument in (*function.schema.arguments, *function.schema.returns):
            self.add_type(argument.type)
        for node in function.graph.walk_with_forks():
            if node.kind == "prim::PythonOp":
                name = node.attributes["name"]
                raise SourceError(
                    f"Could not export Python function call '{name}'. Remove calls to Python functions before export. Did you "
                    "forget to add @script or @script_method annotation? If this is a nn.ModuleList, add it to __constants__",
                    node.range,
                )
            if node.operator is not None:
                self.version = max(self.version, version_of(node.operator.schema.qualified_name))
            for value in node.attributes.values():
                if isinstance(value, Function):
                    self.add_function(value)
                for type in value if isinstance(value, (list, tuple)) else ():
                    if isinstance(type, T.Type):
                        self.add_type(type)
            for output in node.outputs:
                self.add_type(output.type)


_CONSTANTS: dict[Any, str] = {int: "int", bool: "bool", float: "float", str: "str"}


def _literal(value: Any) -> str:
    return quote(value) if isinstance(value, str) else format_float(value) if isinstance(value, float) else repr(value)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _methods(type: T.ClassType) -> list[Function]:
    return [m for m in type.methods.values() if isinstance(m, Function)]


def _interface(type: T.InterfaceType) -> str:
    lines = [f"class {_last(type.name)}({'ModuleInterface' if type.is_module else 'Interface'}):"]
    for name, schema in type.methods.items():
        assert isinstance(schema, Schema)
        shown = ["self", *(f"{a.name}: {a.type.annotation()}" for a in schema.arguments[1:])]
        lines += [f"  def {name}({', '.join(shown)}) -> {schema.returns[0].type.annotation()}:", "    pass"]
    return "\n".join(lines) + "\n"
