"""Which types of TorchScript are one type in C++."""

from __future__ import annotations

from collections.abc import Hashable

from transpile.core import types as T

ANYTHING = (T.ANY, T.ANY_LIST, T.ANY_TUPLE)


def representation(type: T.Type) -> Hashable:
    """Equal for types that are one type in C++: all tensors, unions in any order, what holds anything."""
    if isinstance(type, T.TensorType):
        return T.TENSOR
    if type in ANYTHING:
        return T.ANY
    if isinstance(type, T.UnionType):
        return (T.UnionType, frozenset(map(representation, type.members)))
    if isinstance(type, (T.EnumType, T.ClassType, T.InterfaceType)) or (isinstance(type, T.TupleType) and type.fields):
        return type
    inner = type.contained()
    return (type.__class__, *map(representation, inner)) if inner else type
