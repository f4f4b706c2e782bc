"""The types of a method as plain data in the manifest, for callers in other languages.

A type is a word (``tensor int float bool complex number str any object None``) or a list that begins with one:
``["list", T]``, ``["dict", K, V]``, ``["optional", T]``, ``["tuple", T...]``, ``["named", NAME, [FIELD, T]...]``,
``["enum", NAME, MEMBER...]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from transpile.core import types as T
from transpile.core.schema import Argument

Shape: TypeAlias = "str | list[Any]"
_WORDS: dict[T.Type, str] = {
    T.INT: "int", T.FLOAT: "float", T.BOOL: "bool", T.COMPLEX: "complex", T.NUMBER: "number", T.STR: "str",
    T.DEVICE: "str", T.NONE: "None",
}  # fmt: skip


def method_interface(arguments: Sequence[Argument], result: T.Type) -> dict[str, Any]:
    """The parameters and the result of one method."""
    parameters = [{"name": a.name, "type": shape(a.type), "default": a.default_fits} for a in arguments]
    return {"parameters": parameters, "returns": shape(result)}


def shape(type: T.Type) -> Shape:
    """A type as data."""
    match type:
        case T.TensorType():
            return "tensor"
        case T.OptionalType():
            return ["optional", shape(type.element)]
        case T.ListType():
            return ["list", shape(type.element)]
        case T.DictType():
            return ["dict", shape(type.key), shape(type.value)]
        case T.TupleType() if type.name:
            fields = [[f, shape(t)] for f, t in zip(type.fields, type.elements, strict=True)]
            return ["named", type.name.rpartition(".")[2], *fields]
        case T.TupleType():
            return ["tuple", *map(shape, type.elements)]
        case T.FutureType():
            return shape(type.element)
        case T.EnumType():
            return ["enum", type.name.rpartition(".")[2], *(name for name, _ in type.members)]
        case T.ClassType() | T.InterfaceType():
            return "object"
    return _WORDS.get(type, "any")
