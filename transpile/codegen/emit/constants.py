"""Constants as C++ literals."""

from __future__ import annotations

import enum
from typing import Any, Protocol

import numpy as np

from transpile.codegen.emit.cpp_types import cpp_type
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.cpp.literals import float_literal, int_literal, string_literal
from transpile.ir.evaluate import is_instance
from transpile.ir.graph import Node, constant_type


class TypeNames(Protocol):
    """The C++ names of the types that a program defines."""

    def class_namer(self, type: T.Type) -> str:
        """The name of a class, named tuple or enum."""

    def member_name(self, type: T.TupleType | T.EnumType | T.ClassType, name: str) -> str:
        """The name of a named tuple's field, an enum's member, or a class's attribute or method."""


_LARGEST = 256


def tensor_literal(value: np.ndarray[Any, Any], node: Node) -> C.Expr:
    """``Tensor::from_data<float>({...}, {2, 3})``; large constants belong into the weights file instead."""
    dtype = D.from_numpy(value.dtype)
    types = {D.float32: "float", D.float64: "double", D.int64: "std::int64_t", D.int32: "std::int32_t", D.bool_: "bool"}
    if value.size > _LARGEST or dtype not in types:
        raise UnsupportedOperatorError(
            f"a constant tensor of {value.size} elements of {dtype} has no C++ counterpart",
            node.range,
            hint="make it a buffer of the module (register_buffer)",
        )
    items = []
    for item in value.reshape(-1).tolist():
        if isinstance(item, bool):
            items.append("true" if item else "false")
        elif isinstance(item, int):
            items.append(int_literal(item))
        else:
            text = float_literal(item)
            items.append(
                f"static_cast<float>({text})"
                if "std::" in text and dtype is D.float32
                else f"{text}F"
                if dtype is D.float32
                else text
            )
    shape = ", ".join(str(s) for s in value.shape)
    return C.Name(f"Tensor::from_data<{types[dtype]}>({{{', '.join(items)}}}, {{{shape}}})")


_DTYPE_NAMES = {"bool": "bool_"}
_PLAIN = (bool, int, float, complex, str)


def dtype_expr(dtype: D.DType) -> C.Expr:
    """``DType::float32``."""
    return C.Name(f"DType::{_DTYPE_NAMES.get(dtype.name, dtype.name)}")


def constant(value: Any, type: T.Type, names: TypeNames) -> C.Expr:
    """A raw value as an expression that initialises a C++ variable for a ``type``."""
    if isinstance(type, T.OptionalType):
        return C.Name("std::nullopt") if value is None else constant(value, type.element, names)
    if value is None:
        return C.Braces("ts2cpp::None")
    if isinstance(type, T.UnionType) and not isinstance(value, _PLAIN):
        return constant(value, next(m for m in type.members if is_instance(value, m)), names)
    if isinstance(type, T.UnionType) or type in (T.ANY, T.NUMBER):
        return typed_literal(value) if isinstance(value, _PLAIN) else constant(value, constant_type(value), names)
    if isinstance(value, enum.Enum):
        assert isinstance(type, T.EnumType)
        return C.Name(f"{names.class_namer(type)}::{names.member_name(type, value.name)}")
    if type == T.DEVICE:
        return C.Call("ts2cpp::Device", [literal(str(value))])
    items: list[C.Expr]
    if isinstance(value, list) and isinstance(type, T.ListType):
        if isinstance(type.element, T.EnumType) and [v.name for v in value] == [
            name for name, _ in type.element.members
        ]:
            return C.Call(f"ts2cpp::enum_members<{names.class_namer(type.element)}>")
        items = [constant(v, type.element, names) for v in value]
    elif isinstance(value, tuple) and isinstance(type, T.TupleType):
        items = [constant(v, t, names) for v, t in zip(value, type.elements, strict=True)]
    elif isinstance(value, dict) and isinstance(type, T.DictType):
        rows = value.items()
        items = [C.Braces("", [constant(k, type.key, names), constant(v, type.value, names)]) for k, v in rows]
    else:
        return literal(value)
    return C.Braces(cpp_type(type, names.class_namer), items)


def literal(value: Any) -> C.Expr:
    """A literal of a Python number, string or None."""
    if value is None:
        return C.Name("std::nullopt")
    if isinstance(value, bool):
        return C.Name("true" if value else "false")
    if isinstance(value, int):
        return C.Name(int_literal(value))
    if isinstance(value, float):
        return C.Name(float_literal(value))
    if isinstance(value, complex):
        return C.Braces("std::complex<double>", [literal(value.real), literal(value.imag)])
    if isinstance(value, str):
        return C.Name(string_literal(value))
    raise UnsupportedOperatorError(f"a constant of Python type {type(value).__name__} has no C++ counterpart", None)


def typed_literal(value: Any) -> C.Expr:
    """A literal whose C++ type is exactly that of the value, for places where the type is deduced."""
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return literal(value)
    if isinstance(value, int):
        return C.Braces("std::int64_t", [literal(value)])
    if isinstance(value, str):
        text = string_literal(value)
        return C.Name(text if text.startswith("std::string(") else f"std::string({text})")
    return literal(value)
