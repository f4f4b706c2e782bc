"""The types that a program defines: named tuples, enums, classes and interfaces, with their C++ names and declarations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from transpile.codegen.emit.constants import literal
from transpile.codegen.emit.cpp_types import cpp_type, parameter_type, result_type
from transpile.codegen.plan.interfaces import is_const
from transpile.codegen.plan.program import Program, walk_with_forks
from transpile.core import types as T
from transpile.core.errors import ExportError
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.cpp.library import names
from transpile.cpp.literals import comment_text
from transpile.ir.graph import Block

UserType = T.TupleType | T.EnumType | T.ClassType | T.InterfaceType


class UserTypes:
    """All types of a program that have a name of their own, module classes excepted.

    ``name`` gives the C++ name of one, ``declarations`` what the header needs before anything uses them: enums
    first, then named tuples, each after those it holds, then classes.
    """

    def __init__(self, program: Program, scope: NameScope) -> None:
        self._program = program
        self._methods = {c.type: list(c.methods) for c in program.classes}
        self._interfaces = program.interfaces
        self._bases = {c.type: c.interfaces for c in program.classes}
        self._found: dict[UserType, str] = {}
        self._members: dict[UserType, dict[str, str]] = {}
        for type in (*program.interfaces, *_mentioned(program)):
            self._collect(type)
        hints = [_short(t) for t in self._found]
        named = scope.unique_all(hints, "Type")
        seen: set[str] = set()
        for type, hint in zip(self._found, hints, strict=True):
            self._found[type] = scope.unique(hint, "Type") if hint in seen else named[hint]
            seen.add(hint)
            if isinstance(type, T.TupleType):
                self._members[type] = NameScope(taken=["fields"]).unique_all(type.fields, "field")
            elif isinstance(type, T.EnumType):
                self._members[type] = NameScope().unique_all((name for name, _ in type.members), "member")

    def name_members(self, taken: Iterable[str]) -> None:
        """Name the attributes and methods of classes, unlike the types in ``taken``, which they would hide."""
        taken = list(taken)
        for interface, methods in self._interfaces.items():
            self._members[interface] = NameScope(taken=["init", *taken]).unique_all(methods, "method")
        for type in self.classes:
            self._members[type] = _class_members(type, self._methods.get(type, []), taken)

    def _collect(self, type: T.Type) -> None:
        """Enter a type and all that it is made of; what it holds comes before it."""
        if isinstance(type, (T.ClassType, T.InterfaceType)):
            if type in self._found:
                return
            if isinstance(type, T.InterfaceType) or not type.is_module:
                self._found[type] = ""
            if isinstance(type, T.ClassType) and not type.is_module:
                for attribute in type.attributes.values():
                    self._collect(attribute.type)
            return
        for inner in type.contained():
            self._collect(inner)
        if isinstance(type, T.EnumType) or (isinstance(type, T.TupleType) and type.fields):
            self._found.setdefault(type, "")

    @property
    def classes(self) -> list[T.ClassType]:
        """The user's classes that are no modules."""
        return [t for t in self._found if isinstance(t, T.ClassType)]

    def name(self, type: T.Type) -> C.Named:
        """The C++ name of a named type; ``ExportError`` if it has none."""
        if isinstance(type, (T.TupleType, T.EnumType, T.ClassType, T.InterfaceType)) and type in self._found:
            return C.Named(self._found[type])
        raise ExportError(f"values of type {type.annotation()} have no C++ counterpart yet")

    def names(self) -> list[str]:
        """All C++ names that are taken by these types."""
        return list(self._found.values())

    def member(self, type: UserType, name: str) -> str:
        """The C++ name of a named tuple's field, an enum's member, or a class's attribute or method."""
        return self._members[type][name]

    def members(self, type: T.ClassType) -> list[str]:
        """The C++ names of all attributes and methods of a class."""
        return list(self._members[type].values())

    def declarations(self, methods: Mapping[T.ClassType, list[C.Function]]) -> list[C.Declaration]:
        """All declarations in order; ``methods`` are those of each class."""
        enums = [t for t in self._found if isinstance(t, T.EnumType)]
        tuples = [t for t in self._found if isinstance(t, T.TupleType)]
        declared: list[C.Declaration] = [part for t in enums for part in self._enum(t)]
        declared += map(self._named_tuple, tuples)
        interfaces = [t for t in self._found if isinstance(t, T.InterfaceType)]
        forward: list[C.Declaration] = []
        for struct in (*map(self._interface, interfaces), *(self._class(t, methods.get(t, [])) for t in self.classes)):
            if any(name == C.Named(struct.name) for name in names(declared)):
                forward.append(C.Forward(struct.name))
            declared.append(struct)
        return [*forward, *declared]

    def _interface(self, type: T.InterfaceType) -> C.Struct:
        """What is called through an interface, as pure virtual functions."""
        struct = C.Struct(self._found[type], comments=[_origin(type)], interface=True)
        for name in self._interfaces.get(type, ()):
            schema = type.methods[name]
            parameters = [C.Parameter(parameter_type(a.type, self.name), a.name) for a in schema.arguments[1:]]
            scope = NameScope()
            for parameter in parameters:
                parameter.name = scope.unique(parameter.name)
            result = schema.returns[0].type
            struct.methods.append(
                C.Function(
                    self.member(type, name), result_type(result, self.name), parameters, [],
                    const=is_const(self._program, type), pure=True,
                )
            )  # fmt: skip
        return struct

    def _class(self, type: T.ClassType, methods: list[C.Function]) -> C.Struct:
        """A class whose objects are shared."""
        name = self._found[type]
        struct = C.Struct(name, comments=[_origin(type)], bases=[C.runtime("Object", C.Named(name))], methods=methods)
        struct.bases += [C.Named(self._found[i]) for i in self._bases.get(type, ())]
        for attribute in type.attributes.values():
            shown = cpp_type(attribute.type, self.name)
            struct.fields.append(C.Field(shown, self.member(type, attribute.name), _zero(attribute.type)))
        return struct

    def _enum(self, type: T.EnumType) -> list[C.Declaration]:
        """The enumeration, and the table of its members' Python names and values."""
        cpp_name = self._found[type]
        integral = type.value_type == T.INT
        members: list[tuple[str, C.Expr | None]] = []
        rows: list[C.Expr] = []
        for name, value in type.members:
            shown = literal(float(value) if type.value_type == T.FLOAT else value)
            member = self.member(type, name)
            members.append((member, shown if integral else None))
            rows.append(C.Braces(None, [C.StaticMember(C.Named(cpp_name), member), C.string(name), shown]))
        enum = C.Enum(cpp_name, members, C.INT64 if integral else None, [_origin(type)])
        table = C.runtime("EnumTable", C.Named(cpp_name), cpp_type(type.value_type))
        described = C.Function(
            "members_of", C.Reference(C.Const(C.AUTO)), [C.Parameter(C.Named(cpp_name), "member", used=False)],
            [
                C.Declare(
                    C.Const(table), "table", C.Construct([C.string(_short(type)), C.Braces(None, rows)], braces=True),
                    static=True,
                ),
                C.Return(C.Name("table")),
            ],
            inline=True,
            comments=[f"The members of {cpp_name} with their names and values in Python."],
        )  # fmt: skip
        return [enum, described]

    def _named_tuple(self, type: T.TupleType) -> C.Struct:
        fields = [self.member(type, f) for f in type.fields]
        struct = C.Struct(self._found[type], comments=[_origin(type)])
        for name, element in zip(fields, type.elements, strict=True):
            initial = _zero(element)
            struct.fields.append(C.Field(cpp_type(element, self.name), name, initial))
        tied = C.Return(C.Call(C.std("tie"), [C.Name(n) for n in fields]))
        struct.inline_methods = [C.Function("fields", C.AUTO, [], [tied], const=True)]
        return struct


# Named tuples hold nothing indeterminate.
_ZERO: dict[T.Type, C.Expr] = {T.INT: C.Integer(0), T.FLOAT: C.Floating(0.0), T.BOOL: C.Boolean(False)}


def _zero(type: T.Type) -> list[C.Expr] | None:
    if isinstance(type, T.EnumType):
        return []
    return [_ZERO[type]] if type in _ZERO else None


def _short(type: UserType) -> str:
    return type.name.rpartition(".")[2]


def _class_members(type: T.ClassType, methods: list[str], taken: list[str]) -> dict[str, str]:
    """C++ names of attributes and methods: a property ``x`` is read by ``x()`` and written by ``set_x()``."""
    scope = NameScope(taken=["init", *taken])  # ts2cpp::make calls init
    hints = {name: name for name in (*type.attributes, *methods)}
    for name in methods:
        if match := re.fullmatch(r"__(\w+)_(getter|setter)", name):
            hints[name] = match.group(1) if match.group(2) == "getter" else f"__set_{match.group(1)}"
        elif name == "__exit__":
            hints[name] = "__leave__"
    named = scope.unique_all(hints.values(), "member")
    return {name: "init" if name == "__init__" else named[hint] for name, hint in hints.items()}


def _origin(type: UserType) -> str:
    """``class Color(Enum), model.py:8``."""
    base = {T.EnumType: "(Enum)", T.TupleType: "(NamedTuple)"}.get(type.__class__, "")
    text = f"class {_short(type)}{base}"
    if isinstance(type, T.InterfaceType):
        return comment_text(f"interface {_short(type)}")
    cls = None if isinstance(type, T.TupleType) else type.python_class
    try:
        file = inspect.getsourcefile(cls) if cls is not None else None
        if file is not None and cls is not None:
            text += f", {PurePath(file).name}:{inspect.getsourcelines(cls)[1]}"
    except (OSError, TypeError):
        pass
    return comment_text(text)


def _mentioned(program: Program) -> Iterator[T.Type]:
    """The types of everything that the functions of a program handle."""
    for spec in program.all_functions():
        schema = spec.function.schema
        yield from (a.type for a in (*schema.arguments, *schema.returns))
        yield from _of_block(spec.graph.block)
        for node in walk_with_forks(spec.graph):
            yield from (v.type for v in node.outputs)
            yield from node.attributes.get("types", ())
            for block in node.blocks:
                yield from _of_block(block)
            owner = node.input(0).type if node.kind == "prim::SetAttr" else None
            if isinstance(owner, T.ClassType):
                yield owner.attributes[str(node.attributes["name"])].type


def _of_block(block: Block) -> Iterator[T.Type]:
    return (v.type for v in block.params)
