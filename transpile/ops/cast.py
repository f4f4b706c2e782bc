"""Conversions: between element types, from tensors to numbers, between Python numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops import promotion
from transpile.ops.families import Family
from transpile.ops.promotion import Array, Number, cast, cast_number, dtype_of, result_type
from transpile.ops.registry import NoCpp

FAMILY = Family("cast")
op = FAMILY.op

_NO_CUDA = NoCpp("the C++ runtime works on the CPU alone", "leave the call out")


_LENDS = ("lends",)


def convert(self: Array, dtype: DType | None, copy: bool = False) -> Array:
    """``self`` in another type; itself, not a copy, if nothing changes and no copy is asked for."""
    if dtype is None or dtype_of(self) is dtype:
        return self.copy(order="K") if copy else self
    return cast(self, dtype)


def _code(dtype: DType | int | None) -> DType | None:
    return D.from_code(dtype) if isinstance(dtype, int) else dtype


@op(
    "aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, "
    "bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
    cpp="ops::to({0}, {1}, {2})",
)
def to_device(self: Array, dtype: DType, copy: bool = False) -> Array:
    return convert(self, dtype, copy)


@op(
    "aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, "
    "MemoryFormat? memory_format=None) -> Tensor(a)",
    cpp="ops::to({0}, {1}, {2})",
)
def to_dtype(self: Array, dtype: DType, copy: bool = False) -> Array:
    return convert(self, dtype, copy)


@op(
    "aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, "
    "MemoryFormat? memory_format=None) -> Tensor(a)",
    cpp="ops::to({0}, {1}.dtype(), {2})",
)
def to_other(self: Array, other: Array, copy: bool = False) -> Array:
    return convert(self, dtype_of(other), copy)


@op(
    "aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, "
    "MemoryFormat? memory_format=None) -> Tensor(a)",
    cpp="ops::to({0}, {1}, {2})",
)
def to_dtype_layout(self: Array, *, dtype: DType | None = None, copy: bool = False) -> Array:
    return convert(self, dtype, copy)


@op(
    "aten::to.prim_Device(Tensor(a) self, Device? device, int? dtype=None, bool non_blocking=False, "
    "bool copy=False) -> Tensor(b|a)",
    cpp="ops::to({0}, {1}, {2})",
)
def to_prim_device(self: Array, dtype: int | None = None, copy: bool = False) -> Array:
    return convert(self, _code(dtype), copy)


@op(
    "aten::to.prim_dtype(Tensor(a) self, int? dtype=None, bool non_blocking=False, bool copy=False) -> Tensor(b|a)",
    cpp="ops::to({0}, {1}, {2})",
)
def to_prim_dtype(self: Array, dtype: int | None = None, copy: bool = False) -> Array:
    return convert(self, _code(dtype), copy)


@op(
    "aten::to.prim_other(Tensor(a) self, bool non_blocking=False, bool copy=False) -> Tensor(b|a)",
    cpp="ops::to({0}, std::nullopt, {1})",
)
def to_prim_other(self: Array, copy: bool = False) -> Array:
    return convert(self, None, copy)


@op(
    "aten::_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None) -> Tensor"
)
def to_copy(self: Array, *, dtype: DType | None = None) -> Array:
    return convert(self, dtype, True)


@op("aten::type_as(Tensor self, Tensor other) -> Tensor", tags=_LENDS)
def type_as(self: Array, other: Array) -> Array:
    return convert(self, dtype_of(other))


for _name, _dtype in (
    ("Half", D.float16), ("Short", D.int16), ("Long", D.int64), ("Int", D.int32), ("Float", D.float32),
    ("Double", D.float64), ("Char", D.int8), ("Byte", D.uint8),
):  # fmt: skip
    op(
        f"aten::_cast_{_name}(Tensor self, bool non_blocking=False) -> Tensor",
        cpp=f"ops::to({{0}}, ts2cpp::DType::{_dtype.name})",
        tags=_LENDS,
    )(lambda self, dtype=_dtype: convert(self, dtype))


@op("aten::cpu(Tensor(a) self) -> Tensor(b|a)", cpp="{0}")
def cpu(self: Array) -> Array:
    return self


@op("aten::cuda(Tensor(a) self) -> Tensor(b|a)", no_cpp=_NO_CUDA)
def cuda(self: Array) -> Array:
    raise RuntimeError("PyTorch is not linked with support for cuda devices")


# --- tensors to numbers --------------------------------------------------------------------------------------------


def to_number(self: Array) -> Number:
    """The one element of a tensor as a Python number."""
    if self.size != 1:
        raise RuntimeError(f"a Tensor with {self.size} elements cannot be converted to Scalar")
    element = self.reshape(()).item()
    return element if isinstance(element, (bool, int, float, complex)) else float(element)


def number_to_int(value: Number) -> int:
    """A number as int: fractions are cut off, what does not fit becomes the smallest int, as on x86-64."""
    if isinstance(value, complex):
        if value.imag != 0:
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
        value = value.real
    if isinstance(value, float):
        return int(value) if -(2.0**63) <= value < 2.0**63 else -(1 << 63)
    return promotion.wrap_int(int(value))


def _element_to_int(a: Array) -> int:
    value = to_number(a)
    if isinstance(value, float) and not -(2.0**63) <= value < 2.0**63:
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    return number_to_int(value)


def _to_float(value: Number) -> float:
    if isinstance(value, complex):
        if value.imag != 0:
            raise RuntimeError("value cannot be converted to type double without overflow")
        return value.real
    return float(value)


def _require_scalar(self: Array, name: str) -> None:
    if self.ndim:
        raise RuntimeError(f"Cannot input a tensor of dimension other than 0 as a {name} argument")


def _implicit(name: str, convert_number: Any, kinds: str) -> Any:
    def run(a: Array) -> Any:
        _require_scalar(a, name)
        if kinds and a.dtype.kind not in kinds:
            raise RuntimeError(f"Cannot input a tensor of type {dtype_of(a).graph_name} as an integral argument")
        return convert_number(to_number(a))

    return run


op("aten::item(Tensor self) -> Scalar")(to_number)
op("aten::_local_scalar_dense(Tensor self) -> Scalar", cpp="ops::item({0})")(to_number)
op("aten::ScalarImplicit(Tensor a) -> Scalar", cpp="ops::scalar_implicit({0})")(_implicit("scalar", lambda x: x, ""))
op("aten::FloatImplicit(Tensor a) -> float", cpp="ops::float_implicit({0})")(_implicit("float", _to_float, ""))
op("aten::IntImplicit(Tensor a) -> int", cpp="ops::int_implicit({0})")(_implicit("integral", number_to_int, "iu"))
op("aten::ComplexImplicit(Tensor a) -> complex", cpp="ops::complex_implicit({0})")(_implicit("complex", complex, ""))

op("aten::Float.Tensor(Tensor a) -> float", cpp="ops::to_float({0})")(lambda a: _to_float(to_number(a)))
op("aten::Int.Tensor(Tensor a) -> int", cpp="ops::to_int({0})")(_element_to_int)


@op("aten::Bool.Tensor(Tensor a) -> bool", cpp="ops::to_bool({0})")
def to_bool(a: Array) -> bool:
    if a.size == 0:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
    if a.size > 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    return bool(to_number(a))


# --- numbers to numbers --------------------------------------------------------------------------------------------


_FLOAT_PREFIX = re.compile(
    r"\s*[+-]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?|inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)",
    re.ASCII | re.IGNORECASE,
)
_INT_PREFIX = re.compile(r"\s*[+-]?\d+", re.ASCII)


def parse_float(text: str) -> float:
    """A string as float, as C++'s ``std::stod`` reads it; nothing may follow."""
    found = _FLOAT_PREFIX.match(text)
    if found is None:
        raise ValueError("stod")
    if found.end() != len(text):
        raise ValueError(f"could not convert string to float: '{text}'")
    digits = text.strip().lower()
    value = float.fromhex(digits) if "x" in digits else float(digits)
    if value in (float("inf"), float("-inf")) and "inf" not in digits:
        raise ValueError("stod")
    return value


def parse_int(text: str) -> int:
    """A string as int, as C++'s ``std::stoll`` reads it; nothing may follow."""
    found = _INT_PREFIX.match(text)
    if found is None or not -(2**63) <= int(found.group()) < 2**63:
        raise ValueError("stoll")
    if found.end() != len(text):
        raise ValueError(f"invalid literal for int() with base 10: '{text}'")
    return int(found.group())


op("aten::Float.Scalar(Scalar a) -> float", cpp="{0}.to_double()", tags=("scalar", "total"))(
    lambda a: a.real if isinstance(a, complex) else float(a)
)
op("aten::Float.int(int a) -> float", cpp="static_cast<double>({0})", tags=("scalar", "total"))(float)
op("aten::Float.bool(bool a) -> float", cpp="({0} ? 1.0 : 0.0)", tags=("scalar", "total"))(float)
op("aten::Float.str(str a) -> float", cpp="ts2cpp::parse_float({0})", tags=("scalar",))(parse_float)
op("aten::Int.bool(bool a) -> int", cpp="static_cast<std::int64_t>({0})", tags=("scalar", "total"))(int)
op("aten::Int.float(float a) -> int", cpp="ts2cpp::float_to_int<std::int64_t>({0})", tags=("scalar", "total"))(
    number_to_int
)
op("aten::Int.Scalar(Scalar a) -> int", cpp="ts2cpp::to_int({0})", tags=("scalar", "total"))(number_to_int)
op("aten::Int.str(str a) -> int", cpp="ts2cpp::parse_int({0})", tags=("scalar",))(parse_int)
op("aten::Bool.int(int a) -> bool", cpp="{0} != 0", tags=("scalar", "total"))(bool)
op("aten::Bool.float(float a) -> bool", cpp="{0} != 0.0", tags=("scalar", "total"))(bool)
op("aten::Complex.Scalar(Scalar a) -> complex", cpp="std::complex<double>({0}.to_complex())", tags=("scalar",))(complex)

for _first in ("int", "bool", "float"):
    for _second in ("int", "bool", "float"):
        op(
            f"aten::Complex.{_first}_{_second}({_first} x, {_second} y) -> complex",
            cpp="std::complex<double>(static_cast<double>({0}), static_cast<double>({1}))",
            tags=("scalar",),
        )(lambda x, y: complex(float(x), float(y)))

op(
    "aten::Complex.Tensor_Tensor(Tensor a, Tensor b) -> complex",
    cpp="std::complex<double>(ops::to_float({0}), ops::to_float({1}))",
)(lambda a, b: complex(_to_float(to_number(a)), _to_float(to_number(b))))
for _kind in ("float", "int", "bool"):
    op(
        f"aten::Complex.Tensor_{_kind}(Tensor x, {_kind} y) -> complex",
        cpp="std::complex<double>(ops::to_float({0}), static_cast<double>({1}))",
    )(lambda x, y: complex(_to_float(to_number(x)), float(y)))
    op(
        f"aten::Complex.{_kind}_Tensor({_kind} x, Tensor y) -> complex",
        cpp="std::complex<double>(static_cast<double>({0}), ops::to_float({1}))",
    )(lambda x, y: complex(float(x), _to_float(to_number(y))))


# --- numbers to tensors --------------------------------------------------------------------------------------------


@op(
    "prim::NumToTensor.Scalar(Scalar a) -> Tensor",
    cpp="ops::scalar_tensor({0}, ts2cpp::Scalar({0}).dtype())",
    header="factory",
)
def number_to_tensor(a: Number) -> Array:
    """A 0-d tensor that keeps a Python number's precision: float64 for float, int64 for int."""
    if isinstance(a, complex):
        return np.asarray(np.complex128(a))
    if isinstance(a, float):
        return np.asarray(np.float64(a))
    return cast_number(a, D.bool_ if isinstance(a, bool) else D.int64)


op(
    "prim::NumToTensor.bool(bool a) -> Tensor",
    cpp="ops::scalar_tensor({0}, ts2cpp::Scalar({0}).dtype())",
    header="factory",
)(lambda a: np.asarray(bool(a)))


@op(
    "aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType",
    cpp="ts2cpp::dtype_to_int(ts2cpp::promote_types({0}, {1}))",
    tags=("scalar",),
)
def promote_types(type1: DType, type2: DType) -> int:
    return D.promote_types(type1, type2).code


@op("aten::can_cast(ScalarType from_, ScalarType to) -> bool", cpp="ts2cpp::can_cast({0}, {1})", tags=("scalar",))
def can_cast(from_: DType, to: DType) -> bool:
    return promotion.can_cast(from_, to)


for _schema in (
    "aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType",
    "aten::result_type.Scalar(Tensor tensor, Scalar other) -> ScalarType",
    "aten::result_type.Scalar_Tensor(Scalar scalar, Tensor tensor) -> ScalarType",
    "aten::result_type.Scalar_Scalar(Scalar scalar1, Scalar scalar2) -> ScalarType",
):
    op(_schema, cpp="ts2cpp::dtype_to_int(ts2cpp::result_type({0}, {1}))")(lambda a, b: result_type(a, b).code)
