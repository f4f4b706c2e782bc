"""Conversions: what makes of a value the wider type that is expected where it is used.

A value of type A flows into a slot of type B at calls, returns, elements of containers, ends of blocks and assignments.  A is a
subtype of B; TorchScript leaves the rest implicit, C++ does so in part.
"""

from __future__ import annotations

from dataclasses import dataclass

from transpile.codegen.plan.nesting import Nesting, is_ignored_use
from transpile.codegen.plan.program import formal_types
from transpile.codegen.plan.representation import ANYTHING, representation
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.ir.graph import Node, Value


@dataclass(frozen=True)
class Conversion:
    """Base of conversions."""


@dataclass(frozen=True)
class Keep(Conversion):
    """The value as it is: both types are one in C++, or C++ converts by itself."""


@dataclass(frozen=True)
class Empty(Conversion):
    """None, for a slot of type ``wanted``."""

    wanted: T.Type


@dataclass(frozen=True)
class Borrow(Conversion):
    """A module as a value of an interface; it stays where it is."""

    interface: T.InterfaceType


@dataclass(frozen=True)
class Respell(Conversion):
    """A constant, written as one of type ``wanted``."""

    wanted: T.Type


@dataclass(frozen=True)
class Rebuild(Conversion):
    """A tuple that is made where it is used: made as a ``wanted``, from elements that are converted each."""

    wanted: T.TupleType
    elements: tuple[Conversion, ...]


@dataclass(frozen=True)
class Exact(Conversion):
    """A literal whose C++ type is exactly that of the value, that of text too if ``strings``."""

    strings: bool


@dataclass(frozen=True)
class Fields(Conversion):
    """A named tuple as a plain one."""


@dataclass(frozen=True)
class Cast(Conversion):
    """``ts2cpp::as<wanted>``."""

    wanted: T.Type


KEEP = Keep()


def conversion(value: Value, wanted: T.Type, nesting: Nesting) -> Conversion:
    """What makes a ``wanted`` of a value, of which its type is a subtype."""
    given, node = value.type, value.node
    if given == T.NONE:
        return Empty(wanted)
    if isinstance(wanted, T.InterfaceType) and isinstance(given, T.ClassType) and given.is_module:
        return Borrow(wanted)
    if value.is_constant and isinstance(given, T.TupleType) and given != wanted:
        return Respell(wanted)
    if isinstance(wanted, T.TupleType) and isinstance(given, T.TupleType):
        if node.kind == "prim::TupleConstruct" and node in nesting.nested:
            parts = zip(node.inputs, wanted.elements, strict=True)
            return Rebuild(wanted, tuple(conversion(v, t, nesting) for v, t in parts))
    if isinstance(wanted, T.OptionalType) and not isinstance(given, T.OptionalType):
        return conversion(value, wanted.element, nesting)
    if isinstance(wanted, T.UnionType) or wanted in ANYTHING:
        if value.is_constant:
            return Exact(strings=wanted not in ANYTHING)
    return between(given, wanted, node)


def between(given: T.Type, wanted: T.Type, node: Node) -> Conversion:
    """What makes a ``wanted`` of a ``given``; ``node`` is where problems are reported."""
    if given == wanted or T.contains_var(wanted) or representation(given) == representation(wanted):
        return KEEP
    if isinstance(given, (T.ClassType, T.InterfaceType)) or wanted in ANYTHING:
        return KEEP
    if isinstance(wanted, T.UnionType) and given in wanted.members:
        return KEEP
    if wanted == T.NUMBER and not isinstance(given, T.UnionType):
        return KEEP
    if isinstance(wanted, T.OptionalType) and not isinstance(given, (T.OptionalType, T.UnionType)):
        return between(given, wanted.element, node)
    if isinstance(given, T.TupleType) and isinstance(wanted, T.TupleType) and given.elements == wanted.elements:
        if given.fields and not wanted.fields:
            return Fields()
    if isinstance(given, (T.FutureType, T.ListType, T.DictType)) and type(given) is type(wanted):
        text = f"a {given.annotation()} where a {wanted.annotation()} is expected has no C++ counterpart"
        raise UnsupportedOperatorError(text, node.range, hint="declare it with the wider type")
    return Cast(wanted)


def conversions_inside(node: Node, nesting: Nesting) -> dict[tuple[Node, int], Conversion]:
    """The conversions of a node's operands, and for a conditional expression of its branches; what is not listed is kept."""
    if node.kind == "prim::If":
        rows = [(b.return_node, 0, node.output.type) for b in node.blocks] if node in nesting.expression_ifs else []
    else:
        rows = [(node, index, wanted) for index, wanted in _expected(node).items()]
    return {(user, index): conversion(user.input(index), wanted, nesting) for user, index, wanted in rows}


def _expected(node: Node) -> dict[int, T.Type]:
    """The types that slots of the node have, by input."""
    count = len(node.inputs)
    type = node.outputs[0].type if node.outputs else T.NONE
    if node.kind in ("prim::CallFunction", "prim::CallMethod", "ts2cpp::CallEach"):
        return dict(enumerate(formal_types(node), 1))
    if node.kind == "ts2cpp::New":
        assert isinstance(type, T.ClassType)
        return dict(enumerate(a.type for a in type.methods["__init__"].schema.arguments[1:]))
    if node.kind == "prim::ListConstruct" and isinstance(type, T.ListType):
        return dict.fromkeys(range(count), type.element)
    if node.kind == "prim::TupleConstruct" and isinstance(type, T.TupleType):
        return dict(enumerate(type.elements))
    if node.kind == "prim::DictConstruct" and isinstance(type, T.DictType):
        return {index: type.value if index % 2 else type.key for index in range(count)}
    if node.kind == "prim::TupleIndex" and isinstance(given := node.input(0).type, T.TupleType):
        is_known = "index" in node.attributes or node.input(1).constant_as(int) is not None
        return {} if is_known else {0: T.TupleType(given.elements)}
    if node.operator is None:
        return {}
    found: dict[int, T.Type] = {}
    bound = bound_types(node)
    for index, argument in enumerate(node.operator.schema.arguments):
        given = node.input(index).type
        widened = T.contains_var(argument.type) or isinstance(given, T.UnionType)
        if widened and bound[index] != given and not argument.ignored and not is_ignored_use(node, index):
            found[index] = bound[index]
    return found


def bound_types(node: Node) -> list[T.Type]:
    """The parameter types of an operator node with its type variables replaced by what they stand for here."""
    assert node.operator is not None
    bound: dict[str, T.Type] = {}
    formals = [a.type for a in node.operator.schema.arguments]
    for formal, value in zip(formals, node.inputs, strict=False):
        T.match_vars(formal, value.type, bound)
    return [T.substitute(formal, bound) for formal in formals]
