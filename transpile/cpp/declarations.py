"""Declarations of the C++ tree: functions, structs and enumerations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from transpile.cpp.names import Expr, Named, Type
from transpile.cpp.statements import Parameter, Stmt


@dataclass
class Function:
    """A function or, with ``owner``, a member function."""

    name: str
    result: Type
    parameters: list[Parameter]
    body: list[Stmt]
    owner: str = ""
    const: bool = False
    comments: list[str] = field(default_factory=list)
    override: bool = False
    pure: bool = False  # virtual, and defined by others
    inline: bool = False  # defined in a header

    def declaration(self) -> Function:
        """What a header holds of it: all but the body."""
        return replace(self, body=[])

    def definition(self) -> Function:
        """What a source file holds of it: all but the default arguments."""
        return replace(self, parameters=[replace(p, default=None) for p in self.parameters])


@dataclass
class Field:
    """``type name{initial};``, or without braces if there is no ``initial``."""

    type: Type
    name: str
    initial: list[Expr] | None = None
    comment: str = ""


@dataclass
class Struct:
    name: str
    fields: list[Field] = field(default_factory=list)
    methods: list[Function] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    inline_methods: list[Function] = field(default_factory=list)  # written out where they are declared
    bases: list[Type] = field(default_factory=list)
    interface: bool = False  # nothing but pure virtual functions
    copied_by_hand: bool = False  # declares what a ``Copying`` defines, and defaults what goes with that


@dataclass
class Copying:
    """How a struct is copied: member by member, then ``body`` in the new one.  ``original`` is called like no member."""

    struct: Struct
    original: str
    body: list[Stmt]


@dataclass
class Forward:
    """``struct name;``."""

    name: str


@dataclass
class Enum:
    """``enum class name : underlying { first = 1, second = 2 };``; members without a value are counted from 0."""

    name: str
    members: list[tuple[str, Expr | None]]
    underlying: Named | None = None
    comments: list[str] = field(default_factory=list)


Declaration: TypeAlias = "Function | Struct | Forward | Enum"
