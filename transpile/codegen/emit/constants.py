"""Constants as C++ literals."""

from __future__ import annotations

import enum
from typing import Any, Protocol

import numpy as np

from transpile.codegen.emit.cpp_types import cpp_type
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.ir.evaluate import is_instance
from transpile.ir.graph import NO_CONSTANT, Node, Value, constant_type
from transpile.passes.read_held_constants import LARGEST_LITERAL


class TypeNames(Protocol):
    """The C++ names of the types that a program defines."""

    def class_namer(self, type: T.Type) -> C.Named:
        """The name of a class, named tuple or enum."""

    def member_name(self, type: T.TupleType | T.EnumType | T.ClassType, name: str) -> str:
        """The name of a named tuple's field, an enum's member, or a class's attribute or method."""


_ELEMENTS: dict[D.DType, C.Type] = {
    D.float32: C.FLOAT, D.float64: C.DOUBLE, D.int64: C.INT64, D.int32: C.std("int32_t"), D.bool_: C.BOOL,
    D.int16: C.std("int16_t"), D.int8: C.std("int8_t"), D.uint8: C.std("uint8_t"),
    D.complex64: C.std("complex", C.FLOAT), D.complex128: C.std("complex", C.DOUBLE),
    D.float16: C.FLOAT, D.bfloat16: C.FLOAT,
}  # fmt: skip
NONE = C.runtime("None")
# What a number holds before its first assignment; other types are empty by default.
ZERO: dict[T.Type, C.Expr] = {T.INT: C.Integer(0), T.FLOAT: C.Floating(0.0), T.BOOL: C.Boolean(False)}


def tensor_literal(value: np.ndarray[Any, Any], node: Node) -> C.Expr:
    """``Tensor::from_data<float>({...}, {2, 3})``; large constants belong into the weights file instead."""
    dtype = D.from_numpy(value.dtype)
    if value.size > LARGEST_LITERAL or dtype not in _ELEMENTS:
        raise UnsupportedOperatorError(
            f"a constant tensor of {value.size} elements of {dtype} has no C++ counterpart",
            node.range,
            hint="let it be a buffer of an nn.Module (register_buffer), or an argument",
        )
    items = [_element(item, dtype) for item in value.reshape(-1).tolist()]
    shape: list[C.Expr] = [C.Integer(size) for size in value.shape]
    from_data = C.StaticMember(C.TENSOR, "from_data", (_ELEMENTS[dtype],))
    tensor = C.Call(from_data, [C.Braces(None, items), C.Braces(None, shape)])
    if dtype in (D.float16, D.bfloat16):
        return C.Call(C.ops("to", header="ts2cpp/ops/cast.hpp"), [tensor, dtype_expr(dtype)])
    return tensor


def _element(item: Any, dtype: D.DType) -> C.Expr:
    if isinstance(item, complex):
        single = dtype is D.complex64
        return C.Braces(_ELEMENTS[dtype], [C.floating(x, single=single) for x in (item.real, item.imag)])
    return C.floating(item, single=_ELEMENTS[dtype] is C.FLOAT) if isinstance(item, float) else literal(item)


_DTYPE_NAMES = {"bool": "bool_"}
_PLAIN = (bool, int, float, complex, str)


def dtype_expr(dtype: D.DType) -> C.Expr:
    """``DType::float32``."""
    return C.StaticMember(C.DTYPE, _DTYPE_NAMES.get(dtype.name, dtype.name))


def constant(value: Any, type: T.Type, names: TypeNames) -> C.Expr:
    """A raw value as an expression that initialises a C++ variable for a ``type``."""
    if isinstance(type, T.OptionalType):
        return C.NULLOPT if value is None else constant(value, type.element, names)
    if value is None:
        return C.Braces(NONE)
    if isinstance(type, T.UnionType) and not isinstance(value, _PLAIN):
        return constant(value, next(m for m in type.members if is_instance(value, m)), names)
    if isinstance(type, T.UnionType) or type in (T.ANY, T.NUMBER):
        return typed_literal(value) if isinstance(value, _PLAIN) else constant(value, constant_type(value), names)
    if isinstance(value, enum.Enum):
        assert isinstance(type, T.EnumType)
        return C.StaticMember(names.class_namer(type), names.member_name(type, value.name))
    if type == T.DEVICE:
        return C.Call(C.runtime("Device"), [literal(str(value))])
    items: list[C.Expr]
    if isinstance(value, list) and isinstance(type, T.ListType):
        if isinstance(type.element, T.EnumType) and [v.name for v in value] == [
            name for name, _ in type.element.members
        ]:
            return C.Call(C.runtime("enum_members", names.class_namer(type.element)))
        items = [constant(v, type.element, names) for v in value]
    elif isinstance(value, tuple) and isinstance(type, T.TupleType):
        items = [constant(v, t, names) for v, t in zip(value, type.elements, strict=True)]
    elif isinstance(value, dict) and isinstance(type, T.DictType):
        rows = value.items()
        items = [C.Braces(None, [constant(k, type.key, names), constant(v, type.value, names)]) for k, v in rows]
    else:
        return literal(value)
    return C.Braces(cpp_type(type, names.class_namer), items)


def literal(value: Any) -> C.Expr:
    """A literal of a Python number, string or None."""
    if value is None:
        return C.NULLOPT
    if isinstance(value, bool):
        return C.Boolean(value)
    if isinstance(value, int):
        return C.integer(value)
    if isinstance(value, float):
        return C.floating(value)
    if isinstance(value, complex):
        return C.Braces(C.std("complex", C.DOUBLE), [literal(value.real), literal(value.imag)])
    if isinstance(value, str):
        return C.string(value)
    raise UnsupportedOperatorError(f"a constant of Python type {type(value).__name__} has no C++ counterpart", None)


def typed_literal(value: Any) -> C.Expr:
    """A literal whose C++ type is exactly that of the value, for places where the type is deduced."""
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return literal(value)
    if isinstance(value, int):
        return C.Braces(C.INT64, [literal(value)])
    if isinstance(value, str):
        text = C.string(value)
        return C.Call(C.STRING, [text]) if isinstance(text, C.String) else text
    return literal(value)


def is_default(value: Value, argument: Argument) -> bool:
    """Whether a value is what an argument is if nothing is given."""
    if not argument.has_default or value.node.kind not in ("prim::Constant", "prim::ListConstruct"):
        return False
    if value.node.kind == "prim::ListConstruct":
        if not isinstance(argument.default, (list, int)) or isinstance(argument.default, bool):
            return False
        given = [v.literal for v in value.node.inputs]
        if any(v is NO_CONSTANT for v in given):
            return False
        wanted = argument.default if isinstance(argument.default, list) else [argument.default] * len(given)
        return given == wanted
    actual = value.literal
    if isinstance(actual, (list, tuple)) and isinstance(argument.default, int) and argument.size:
        return list(actual) == [argument.default] * len(actual)
    if isinstance(actual, np.ndarray) or isinstance(argument.default, bool) != isinstance(actual, bool):
        return False
    return bool(actual == argument.default)
