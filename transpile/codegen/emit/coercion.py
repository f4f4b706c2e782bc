"""Values where another type is expected: what TorchScript's subtyping leaves implicit, spelled out in C++.

A value of type A flows into a slot of type B at calls, returns, elements of containers, ends of blocks and assignments.  If A is
a subtype of B but has another C++ type, ``value_as`` writes what makes one of the other: nothing where C++ converts by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from transpile.codegen.emit.constants import NONE, constant
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan.program import formal_types
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.ir.graph import Node, Value

if TYPE_CHECKING:
    from transpile.codegen.emit.expressions import Expressions

_ANY = (T.ANY, T.ANY_LIST, T.ANY_TUPLE)


def value_as(build: Expressions, value: Value, wanted: T.Type) -> C.Expr:
    """A value as an initialiser or argument of the C++ type of ``wanted``, of which its type is a subtype."""
    given = value.type
    if given == T.NONE:
        return none_as(wanted)
    if isinstance(wanted, T.InterfaceType) and isinstance(given, T.ClassType) and given.is_module:
        return build.surroundings.borrowed(value, wanted)
    node = value.node
    if node.kind == "prim::Constant" and isinstance(given, T.TupleType) and given != wanted:
        return constant(node.attributes.get("value"), wanted, build.surroundings)
    if isinstance(wanted, T.TupleType) and isinstance(given, T.TupleType):
        if node.kind == "prim::TupleConstruct" and node in build.plan.nesting.nested:
            return C.Braces(cpp_type(wanted, build.surroundings.class_namer), elements_as(build, node, wanted))
    if isinstance(wanted, T.OptionalType) and not isinstance(given, T.OptionalType):
        return value_as(build, value, wanted.element)
    if isinstance(wanted, T.UnionType) or wanted in _ANY:
        if node.kind == "prim::Constant":
            return build.deduced([value], strings=wanted not in _ANY)[0]
    return converted(build, build.value(value), given, wanted, node)


def converted(build: Expressions, expression: C.Expr, given: T.Type, wanted: T.Type, node: Node) -> C.Expr:
    """``expression``, which is of type ``given``, as a ``wanted``; ``node`` is where problems are reported."""
    namer = build.surroundings.class_namer
    if given == wanted or T.contains_var(wanted) or cpp_type(given, namer) == cpp_type(wanted, namer):
        return expression
    if isinstance(given, (T.ClassType, T.InterfaceType)) or wanted in _ANY:
        return expression  # C++ converts
    if isinstance(wanted, T.UnionType) and given in wanted.members:
        return expression
    if wanted == T.NUMBER and not isinstance(given, T.UnionType):
        return expression
    if isinstance(wanted, T.OptionalType) and not isinstance(given, (T.OptionalType, T.UnionType)):
        return converted(build, expression, given, wanted.element, node)
    if isinstance(given, T.TupleType) and isinstance(wanted, T.TupleType) and given.elements == wanted.elements:
        if given.fields and not wanted.fields:
            return C.Call(C.Member(expression, "fields"))
    if isinstance(given, (T.FutureType, T.ListType, T.DictType)) and type(given) is type(wanted):
        text = f"a {given.annotation()} where a {wanted.annotation()} is expected has no C++ counterpart"
        raise UnsupportedOperatorError(text, node.range, hint="declare it with the wider type")
    match expression:
        case C.Call(C.Named("as", C.RUNTIME), [inner]):  # a cast of a cast
            expression = inner
    return C.Call(C.runtime("as", cpp_type(wanted, namer)), [expression])


def none_as(wanted: T.Type) -> C.Expr:
    """None for a slot of type ``wanted``."""
    return C.Braces(NONE) if isinstance(wanted, T.UnionType) or wanted in (*_ANY, T.NONE) else C.NULLOPT


def elements_as(build: Expressions, node: Node, wanted: T.TupleType) -> list[C.Expr]:
    """The operands of a ``prim::TupleConstruct`` as the elements of a ``wanted``."""
    return [value_as(build, v, t) for v, t in zip(node.inputs, wanted.elements, strict=True)]


def arguments_as(build: Expressions, node: Node) -> list[C.Expr]:
    """The arguments of a call node."""
    return [value_as(build, v, t) for v, t in zip(node.inputs[1:], formal_types(node), strict=True)]


def bound_types(node: Node) -> list[T.Type]:
    """The parameter types of an operator node with its type variables replaced by what they stand for here."""
    assert node.operator is not None
    bound: dict[str, T.Type] = {}
    formals = [a.type for a in node.operator.schema.arguments]
    for formal, value in zip(formals, node.inputs, strict=False):
        T.match_vars(formal, value.type, bound)
    return [T.substitute(formal, bound) for formal in formals]
