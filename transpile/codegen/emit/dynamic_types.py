"""C++ of operations on values of union, optional and unknown type: tests, casts, and comparisons with None."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.codegen.emit.constants import NONE
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.ir.graph import Node

_GENERIC: dict[T.Type, C.Named] = {T.ANY_LIST: C.runtime("AnyList"), T.ANY_TUPLE: C.runtime("AnyTuple")}


def is_instance(build: Build, node: Node) -> C.Expr:
    """``prim::isinstance``: ``std::holds_alternative`` where one alternative of a union decides."""
    wanted: list[T.Type] = list(node.attributes["types"])
    value = node.input()
    given = value.type
    if isinstance(given, T.OptionalType) and T.NONE not in wanted:
        if any(T.is_subtype(given.element, t) for t in wanted):
            return C.Call(C.Member(build.value(value), "has_value"))
    if isinstance(given, T.UnionType):
        held = [m for m in given.members if any(T.is_subtype(m, t) for t in wanted)]
        partly = [m for m in given.members if m not in held and any(T.is_subtype(t, m) for t in wanted)]
        if len(held) == 1 and not partly:
            return C.Call(C.std("holds_alternative", _name(build, held[0])), [build.value(value)])
        if held and not partly:
            wanted = held
    names = list(dict.fromkeys(_name(build, t) for t in wanted))
    return C.Call(C.runtime("is_instance", *names), [build.value(value)])


def _name(build: Build, type: T.Type) -> C.Named:
    return _GENERIC.get(type) or cpp_type(type, build.surroundings.class_namer)


def unchecked_cast(build: Build, node: Node) -> C.Expr:
    """``prim::unchecked_cast``: the value of an optional, an alternative of a union, what an Any holds."""
    source, wanted = node.input(), node.output.type
    given = source.type
    inner = build.value(source)
    if wanted == T.NONE or given == wanted or _name(build, given) == _name(build, wanted):
        return inner
    if isinstance(given, T.OptionalType) and given.element == wanted:
        return C.Unary("*", inner)
    if isinstance(given, T.UnionType) and wanted in given.members:
        return C.Call(C.std("get", cpp_type(wanted, build.surroundings.class_namer)), [inner])
    if isinstance(given, (T.ClassType, T.InterfaceType)):
        return inner
    return C.Call(C.runtime("as", cpp_type(wanted, build.surroundings.class_namer)), [inner])


def is_same(build: Build, node: Node) -> C.Expr:
    """``is`` and ``is not``."""
    left, right = node.inputs[:2]
    if left.type == T.NONE:
        left, right = right, left
    negated = node.kind == "aten::__isnot__"
    if right.type != T.NONE:
        return _is_same_object(build, node)
    if isinstance(left.type, T.OptionalType):
        has = C.Call(C.Member(build.value(left), "has_value"))
        return has if negated else C.Unary("!", has)
    if isinstance(left.type, T.UnionType) and T.NONE in left.type.members:
        none: C.Expr = C.Call(C.std("holds_alternative", NONE), [build.value(left)])
    elif left.type in (T.ANY, T.ANY_LIST, T.ANY_TUPLE):
        none = C.Call(C.Member(build.value(left), "is_none"))
    else:
        return C.Boolean((left.type == T.NONE) != negated)
    return C.Unary("!", none) if negated else none


def _is_same_object(build: Build, node: Node) -> C.Expr:
    """``a is b`` where neither is None: the same object, or the same number."""
    left, right = node.inputs[:2]
    for type in (left.type, right.type):
        kind = type.element if isinstance(type, T.OptionalType) else type
        if kind == T.STR or isinstance(kind, T.TupleType):
            text = f"`is` on {type.annotation()} has no C++ counterpart"
            raise UnsupportedOperatorError(text, node.range, hint="compare with ==")
    negated = node.kind == "aten::__isnot__"
    same: C.Expr
    if left is right:  # compilers warn of `n == n`
        return C.Boolean(not negated)
    if left.type != right.type or isinstance(left.type, (T.OptionalType, T.UnionType)):
        same = C.Call(C.runtime("is_same"), build.deduced([left, right]))
    elif isinstance(left.type, (T.TensorType, T.ListType, T.DictType, T.ClassType)) or left.type == T.ANY:
        same = C.Call(C.Member(build.value(left), "is"), [build.value(right)])
    else:
        return C.Binary("!=" if negated else "==", build.value(left), build.value(right))
    return C.Unary("!", same) if negated else same
