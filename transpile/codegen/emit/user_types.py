"""Declarations of the types that a program defines: named tuples, enums, classes and interfaces."""

from __future__ import annotations

from collections.abc import Mapping

from transpile.codegen.emit.constants import literal
from transpile.codegen.emit.cpp_types import cpp_type, parameter_type, result_type
from transpile.codegen.emit.structs import zero
from transpile.codegen.plan.interfaces import is_const
from transpile.codegen.plan.names import free_names
from transpile.codegen.plan.program_plan import ProgramPlan
from transpile.codegen.plan.user_types import UserType, short_name
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.cpp.library import names
from transpile.cpp.literals import comment_text


class Declarations:
    """What the header needs before anything uses the types: enums first, then named tuples, each after those it holds, then
    classes."""

    def __init__(self, plan: ProgramPlan) -> None:
        self._program = program = plan.program
        self._types = plan.types
        self._origins = plan.origins
        self._bases = {c.type: c.interfaces for c in program.classes}

    def _origin(self, type: UserType) -> str:
        return comment_text(self._origins[type])

    def _name(self, type: T.Type) -> C.Named:
        return C.Named(self._types.name(type))

    def all(self, methods: Mapping[T.ClassType, list[C.Function]]) -> list[C.Declaration]:
        """All declarations in order; ``methods`` are those of each class."""
        types = self._types
        declared: list[C.Declaration] = [part for t in types.enums for part in self._enum(t)]
        declared += map(self._named_tuple, types.named_tuples)
        classes = [self._class(t, methods.get(t, [])) for t in types.classes]
        forward: list[C.Declaration] = []
        for struct in (*map(self._interface, types.interfaces), *classes):
            if any(name == C.Named(struct.name) for name in names(declared)):
                forward.append(C.Forward(struct.name))
            declared.append(struct)
        return [*forward, *declared]

    def _interface(self, type: T.InterfaceType) -> C.Struct:
        """What is called through an interface, as pure virtual functions."""
        struct = C.Struct(self._types.name(type), comments=[self._origin(type)], interface=True)
        for name in self._program.interfaces.get(type, ()):
            schema = type.methods[name]
            arguments = schema.arguments[1:]
            named = free_names(a.name for a in arguments)
            shown = (parameter_type(a.type, self._name) for a in arguments)
            parameters = [C.Parameter(type, name) for type, name in zip(shown, named, strict=True)]
            result = schema.returns[0].type
            struct.methods.append(
                C.Function(
                    self._types.member(type, name), result_type(result, self._name), parameters, [],
                    const=is_const(self._program, type), pure=True,
                )
            )  # fmt: skip
        return struct

    def _class(self, type: T.ClassType, methods: list[C.Function]) -> C.Struct:
        """A class whose objects are shared."""
        name = self._types.name(type)
        struct = C.Struct(
            name, comments=[self._origin(type)], bases=[C.runtime("Object", C.Named(name))], methods=methods
        )
        struct.bases += [C.Named(self._types.name(i)) for i in self._bases.get(type, ())]
        for attribute in type.attributes.values():
            shown = cpp_type(attribute.type, self._name)
            struct.fields.append(C.Field(shown, self._types.member(type, attribute.name), zero(attribute.type)))
        return struct

    def _enum(self, type: T.EnumType) -> list[C.Declaration]:
        """The enumeration, and the table of its members' Python names and values."""
        cpp_name = self._types.name(type)
        integral = type.value_type == T.INT
        members: list[tuple[str, C.Expr | None]] = []
        rows: list[C.Expr] = []
        for name, value in type.members:
            shown = literal(float(value) if type.value_type == T.FLOAT else value)
            member = self._types.member(type, name)
            members.append((member, shown if integral else None))
            rows.append(C.Braces(None, [C.StaticMember(C.Named(cpp_name), member), C.string(name), shown]))
        enum = C.Enum(cpp_name, members, C.INT64 if integral else None, [self._origin(type)])
        table = C.runtime("EnumTable", C.Named(cpp_name), cpp_type(type.value_type))
        described = C.Function(
            "members_of", C.Reference(C.Const(C.AUTO)), [C.Parameter(C.Named(cpp_name), "member", used=False)],
            [
                C.Declare(
                    C.Const(table), "table", C.Construct([C.string(short_name(type)), C.Braces(None, rows)], braces=True),
                    static=True,
                ),
                C.Return(C.Name("table")),
            ],
            inline=True,
            comments=[f"The members of {cpp_name} with their names and values in Python."],
        )  # fmt: skip
        return [enum, described]

    def _named_tuple(self, type: T.TupleType) -> C.Struct:
        fields = [self._types.member(type, f) for f in type.fields]
        struct = C.Struct(self._types.name(type), comments=[self._origin(type)])
        for name, element in zip(fields, type.elements, strict=True):
            initial = zero(element)
            struct.fields.append(C.Field(cpp_type(element, self._name), name, initial))
        tied = C.Return(C.Call(C.std("tie"), [C.Name(n) for n in fields]))
        struct.inline_methods = [C.Function("fields", C.AUTO, [], [tied], const=True)]
        return struct
