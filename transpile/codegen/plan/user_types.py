"""The types that a program defines: named tuples, enums, classes and interfaces, in the order of declaration, and their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from transpile.codegen.plan.program import Program
from transpile.core import types as T
from transpile.core.errors import ExportError
from transpile.core.names import NameScope
from transpile.ir.graph import Block

UserType = T.TupleType | T.EnumType | T.ClassType | T.InterfaceType


class UserTypes:
    """All types of a program that have a name of their own, module classes excepted.

    ``name`` gives the C++ name of one.
    """

    def __init__(self, program: Program, scope: NameScope) -> None:
        self._methods = {c.type: list(c.methods) for c in program.classes}
        self._interfaces = program.interfaces
        self._found: dict[UserType, str] = {}
        self._members: dict[UserType, dict[str, str]] = {}
        for type in (*program.interfaces, *_mentioned(program)):
            self._collect(type)
        hints = [short_name(t) for t in self._found]
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

    def all(self) -> list[UserType]:
        """All of them, each after those that it holds."""
        return list(self._found)

    @property
    def classes(self) -> list[T.ClassType]:
        """The user's classes that are no modules."""
        return [t for t in self._found if isinstance(t, T.ClassType)]

    @property
    def enums(self) -> list[T.EnumType]:
        """The enums."""
        return [t for t in self._found if isinstance(t, T.EnumType)]

    @property
    def named_tuples(self) -> list[T.TupleType]:
        """The named tuples, each after those that it holds."""
        return [t for t in self._found if isinstance(t, T.TupleType)]

    @property
    def interfaces(self) -> list[T.InterfaceType]:
        """The interfaces."""
        return [t for t in self._found if isinstance(t, T.InterfaceType)]

    def name(self, type: T.Type) -> str:
        """The C++ name of a named type; ``ExportError`` if it has none."""
        if isinstance(type, (T.TupleType, T.EnumType, T.ClassType, T.InterfaceType)) and type in self._found:
            return self._found[type]
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


def short_name(type: UserType) -> str:
    """The name of a type without its module."""
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


def _mentioned(program: Program) -> Iterator[T.Type]:
    """The types of everything that the functions of a program handle."""
    for spec in program.all_functions():
        schema = spec.function.schema
        yield from (a.type for a in (*schema.arguments, *schema.returns))
        yield from _of_block(spec.graph.block)
        for node in spec.graph.walk_with_forks():
            yield from (v.type for v in node.outputs)
            yield from node.attributes.get("types", ())
            for block in node.blocks:
                yield from _of_block(block)
            owner = node.input(0).type if node.kind == "prim::SetAttr" else None
            if isinstance(owner, T.ClassType):
                yield owner.attributes[str(node.attributes["name"])].type


def _of_block(block: Block) -> Iterator[T.Type]:
    return (v.type for v in block.params)
