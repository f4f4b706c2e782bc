"""Values where another type is expected: the C++ of the conversions that ``plan/conversions.py`` decided on."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.codegen.emit.constants import NONE, constant
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan import conversions as P
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Value


def converted(build: Build, value: Value, how: P.Conversion) -> C.Expr:
    """A value as what it is converted to: an initialiser or an argument."""
    namer = build.surroundings.class_namer
    match how:
        case P.Empty(wanted):
            return none_as(wanted)
        case P.Borrow(interface):
            return build.surroundings.borrowed(value, interface)
        case P.Respell(wanted):
            return constant(value.literal, wanted, build.surroundings)
        case P.Rebuild(wanted):
            return C.Braces(cpp_type(wanted, namer), rebuilt(build, value, how))
        case P.Exact(strings):
            return build.deduced([value], strings=strings)[0]
        case P.Fields():
            return C.Call(C.Member(build.value(value), "fields"))
        case P.Cast(wanted):
            expression = build.value(value)
            match expression:
                case C.Call(C.Named("as", C.RUNTIME), [inner]):  # a cast of a cast
                    expression = inner
            return C.Call(C.runtime("as", cpp_type(wanted, namer)), [expression])
    return build.value(value)


def rebuilt(build: Build, value: Value, how: P.Rebuild) -> list[C.Expr]:
    """The elements of a tuple that is made where it is used."""
    return [converted(build, v, c) for v, c in zip(value.node.inputs, how.elements, strict=True)]


def none_as(wanted: T.Type) -> C.Expr:
    """None for a slot of type ``wanted``."""
    holds_none = isinstance(wanted, T.UnionType) or wanted in (T.ANY, T.ANY_LIST, T.ANY_TUPLE, T.NONE)
    return C.Braces(NONE) if holds_none else C.NULLOPT
