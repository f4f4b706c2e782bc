"""Comparisons, truth values, classification of floats, selection by a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import (
    Array,
    Number,
    Operand,
    broadcast_shapes,
    cast,
    cast_number,
    cast_operand,
    dtype_of,
    require_writable,
    result_type,
    shape_text,
    to_element,
)

FAMILY = Family("comparison")
op, pointwise, alias = FAMILY.op, FAMILY.pointwise, FAMILY.alias


def _ordering(name: str, function: Any) -> Any:
    def run(a: Array, b: Array) -> Array:
        require_supported(a.dtype.kind != "c", name, dtype_of(a))
        return np.asarray(function(a, b))

    return run


eq = pointwise(
    "aten::eq.Tensor(Tensor self, Tensor other) -> Tensor",
    np.equal,
    result="bool",
    scalar=True,
    scalar_cpp="math::eq({0}, {1})",
    number_cpp="math::eq({0}, {1})",
)
ne = pointwise(
    "aten::ne.Tensor(Tensor self, Tensor other) -> Tensor",
    np.not_equal,
    result="bool",
    scalar=True,
    scalar_cpp="math::ne({0}, {1})",
    number_cpp="math::ne({0}, {1})",
)
lt = pointwise(
    "aten::lt.Tensor(Tensor self, Tensor other) -> Tensor",
    _ordering("lt_cpu", np.less),
    result="bool",
    scalar=True,
    scalar_cpp="math::lt({0}, {1})",
    number_cpp="math::lt({0}, {1})",
)
le = pointwise(
    "aten::le.Tensor(Tensor self, Tensor other) -> Tensor",
    _ordering("le_cpu", np.less_equal),
    result="bool",
    scalar=True,
    scalar_cpp="math::le({0}, {1})",
    number_cpp="math::le({0}, {1})",
)
gt = pointwise(
    "aten::gt.Tensor(Tensor self, Tensor other) -> Tensor",
    _ordering("gt_cpu", np.greater),
    result="bool",
    scalar=True,
    scalar_cpp="math::gt({0}, {1})",
    number_cpp="math::gt({0}, {1})",
)
ge = pointwise(
    "aten::ge.Tensor(Tensor self, Tensor other) -> Tensor",
    _ordering("ge_cpu", np.greater_equal),
    result="bool",
    scalar=True,
    scalar_cpp="math::ge({0}, {1})",
    number_cpp="math::ge({0}, {1})",
)
alias("not_equal", source="ne")
alias("less", source="lt")
alias("less_equal", source="le")
alias("greater", source="gt")
alias("greater_equal", source="ge")

logical_and = pointwise(
    "aten::logical_and(Tensor self, Tensor other) -> Tensor",
    np.logical_and,
    result="bool",
    scalar_cpp="math::logical_and({0}, {1})",
)
logical_or = pointwise(
    "aten::logical_or(Tensor self, Tensor other) -> Tensor",
    np.logical_or,
    result="bool",
    scalar_cpp="math::logical_or({0}, {1})",
)
logical_xor = pointwise(
    "aten::logical_xor(Tensor self, Tensor other) -> Tensor",
    np.logical_xor,
    result="bool",
    scalar_cpp="math::logical_xor({0}, {1})",
)
logical_not = pointwise(
    "aten::logical_not(Tensor self) -> Tensor",
    np.logical_not,
    result="bool",
    scalar_cpp="math::logical_not({0})",
)

# --- kinds of numbers ----------------------------------------------------------------------------------------------


def _real_only(name: str, function: Any) -> Any:
    def run(a: Array) -> Array:
        if a.dtype.kind == "c":
            raise RuntimeError(f"{name} does not support complex inputs.")
        return np.asarray(function(a))

    return run


isnan = pointwise("aten::isnan(Tensor self) -> Tensor", np.isnan, result="bool", twin=False, header="unary")
isinf = pointwise("aten::isinf(Tensor self) -> Tensor", np.isinf, result="bool", twin=False, header="unary")
isfinite = pointwise("aten::isfinite(Tensor self) -> Tensor", np.isfinite, result="bool", twin=False, header="unary")
isreal = pointwise(
    "aten::isreal(Tensor self) -> Tensor",
    np.isreal,
    result="bool",
    twin=False,
    header="unary",
)


def _is_infinity(sign: float) -> Any:
    return lambda a: np.equal(a, sign) if a.dtype.kind == "f" else np.zeros(a.shape, bool)


isposinf = pointwise(
    "aten::isposinf(Tensor self) -> Tensor",
    _real_only("isposinf", _is_infinity(np.inf)),
    result="bool",
    twin=False,
    header="unary",
)
isneginf = pointwise(
    "aten::isneginf(Tensor self) -> Tensor",
    _real_only("isneginf", _is_infinity(-np.inf)),
    result="bool",
    twin=False,
    header="unary",
)


def _check_sign_bit(self: Array) -> None:
    if self.dtype.kind == "c":
        raise NotImplementedError("signbit is not implemented for complex tensors.")


signbit = pointwise(
    "aten::signbit(Tensor self) -> Tensor",
    lambda a: np.signbit(a) if a.dtype.kind == "f" else a < 0,
    check=_check_sign_bit,
    result="bool",
    twin=False,
    header="unary",
)

# --- whole tensors -------------------------------------------------------------------------------------------------


@op("aten::equal(Tensor self, Tensor other) -> bool")
def equal(self: Array, other: Array) -> bool:
    """Whether shapes agree and all elements are equal; the types may differ."""
    if self.shape != other.shape:
        return False
    common = result_type(self, other)
    return bool(np.array_equal(cast(self, common), cast(other, common)))


def _close(self: Array, other: Array, rtol: float, atol: float, equal_nan: bool) -> Array:
    if self.dtype != other.dtype:
        raise RuntimeError(f"{dtype_of(self).graph_name} did not match {dtype_of(other).graph_name}")
    if not (rtol >= 0 and atol >= 0):  # NaN is refused too
        name, value = ("atol", atol) if rtol >= 0 else ("rtol", rtol)
        raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value:g}")
    broadcast_shapes(self.shape, other.shape)
    common = dtype_of(self)
    compute = D.float32 if common in (D.float16, D.bfloat16) else common
    a, b = cast(self, compute), cast(other, compute)
    close = a == b
    if equal_nan and a.dtype.kind in "fc":
        close = close | (np.isnan(a) & np.isnan(b))
    if rtol == 0 and atol == 0:
        return np.asarray(close)
    if a.dtype.kind in "fc":
        allowed = a.real.dtype.type(atol) + np.abs(a.real.dtype.type(rtol) * b)
        difference = np.abs(a - b)
        return np.asarray(close | (np.isfinite(difference) & (difference <= allowed)))
    x, y = a.astype(np.float32), b.astype(np.float32)
    return np.asarray(close | (np.abs(x - y) <= np.abs(y * np.float32(rtol)) + np.float32(atol)))


isclose = op(
    "aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, "
    "bool equal_nan=False) -> Tensor"
)(_close)


@op(
    "aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, "
    "bool equal_nan=False) -> bool"
)
def allclose(self: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    return bool(_close(self, other, rtol, atol, equal_nan).all())


@op("aten::is_nonzero(Tensor self) -> bool", cpp="ops::to_bool({0})", header="cast")
def is_nonzero(self: Array) -> bool:
    """The truth value of a tensor with one element."""
    if self.size == 0:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
    if self.size > 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    return bool(self.reshape(()) != 0)


def _isin(elements: Operand, test_elements: Operand, *, assume_unique: bool = False, invert: bool = False) -> Array:
    for operand in (elements, test_elements):
        if isinstance(operand, np.ndarray) and dtype_of(operand).category in (D.BOOL, D.COMPLEX):
            raise RuntimeError(f"Unsupported input type encountered for isin(): {dtype_of(operand).graph_name}")
    common = result_type(elements, test_elements)
    a, b = cast_operand(elements, common, common), cast_operand(test_elements, common, common)
    found = (a[..., None] == b.reshape(-1)).any(-1) if b.size <= 64 else np.isin(a, b)
    return np.asarray(np.logical_not(found) if invert else found)


isin = op(
    "aten::isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False, "
    "bool invert=False) -> Tensor",
    header="membership",
)(_isin)
op(
    "aten::isin.Tensor_Scalar(Tensor elements, Scalar test_element, *, bool assume_unique=False, "
    "bool invert=False) -> Tensor",
    header="membership",
)(_isin)
op(
    "aten::isin.Scalar_Tensor(Scalar element, Tensor test_elements, *, bool assume_unique=False, "
    "bool invert=False) -> Tensor",
    header="membership",
)(_isin)

# --- selection -----------------------------------------------------------------------------------------------------


def _where(condition: Array, self: Operand, other: Operand) -> Array:
    if dtype_of(condition) not in (D.bool_, D.uint8):
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtype_of(condition).graph_name}"
        )
    common = result_type(self, other)
    a, b = (
        cast_operand(x, common, common) if isinstance(x, np.ndarray) else to_element(x, common) for x in (self, other)
    )
    broadcast_shapes(condition.shape, broadcast_shapes(a.shape, b.shape))
    return np.asarray(np.where(condition != 0, a, b))


where = op(
    "aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor",
    scalar_cpp="math::where({0}, {1}, {2})",
    tags=("pointwise",),
)(_where)
op(
    "aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor",
    scalar_cpp="math::where({0}, {1}, {2})",
    tags=("pointwise",),
)(_where)
op(
    "aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor",
    scalar_cpp="math::where({0}, {1}, {2})",
    tags=("pointwise",),
)(_where)
op("aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor", tags=("pointwise",))(_where)


@op("aten::where(Tensor condition) -> Tensor[]", cpp="ops::nonzero_numpy({0})", header="indexing")
def where_true(condition: Array) -> list[Array]:
    """The indices of the true elements, one tensor per dimension."""
    if condition.ndim == 0:
        return [np.zeros(int(condition != 0), np.int64)]
    return [np.ascontiguousarray(i, dtype=np.int64) for i in np.nonzero(condition)]


def _check_mask(self: Array, mask: Array, value: Operand) -> Array:
    if dtype_of(mask) is not D.bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {_plain_name(mask)}")
    if isinstance(value, np.ndarray):
        if value.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.ndim} dimension(s)."
            )
        source = dtype_of(value)
    else:
        source = dtype_of(cast_number(value, result_type(value)))
    target = dtype_of(self)
    if source.is_complex and not target.is_complex and np.asarray(value).imag.any():
        raise RuntimeError(f"value cannot be converted to type {target.stored_name} without overflow")
    return cast(value, target) if isinstance(value, np.ndarray) else to_element(value, dtype_of(self))


def _plain_name(array: Array) -> str:
    return {"uint8": "unsigned char"}.get(dtype_of(array).name, dtype_of(array).name)


def _masked_fill_in_place(self: Array, mask: Array, value: Operand) -> Array:
    fill = _check_mask(self, mask, value)
    shape = broadcast_shapes(self.shape, mask.shape)
    if shape != self.shape:
        raise RuntimeError(
            f"output with shape {shape_text(self.shape)} doesn't match the broadcast shape {shape_text(shape)}"
        )
    require_writable(self)
    np.copyto(self, fill, where=mask)
    return self


def _masked_fill(self: Array, mask: Array, value: Operand) -> Array:
    shape = broadcast_shapes(mask.shape, self.shape)
    return _masked_fill_in_place(np.broadcast_to(self, shape).copy(), mask, value)


masked_fill = op(
    "aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor",
    scalar_cpp="math::masked_fill({0}, {1}, {2})",
    tags=("pointwise",),
)(_masked_fill)
op("aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor", tags=("pointwise",))(_masked_fill)
op("aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)")(_masked_fill_in_place)
op("aten::masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value) -> Tensor(a!)")(_masked_fill_in_place)


def _fill_in_place(self: Array, value: Operand) -> Array:
    if isinstance(value, np.ndarray):
        if value.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
            )
        fill = cast(value, dtype_of(self))
    else:
        fill = to_element(value, dtype_of(self))
    require_writable(self)
    self[...] = fill
    return self


op("aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)")(_fill_in_place)
op("aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)")(_fill_in_place)


@op("aten::fill.Scalar(Tensor self, Scalar value) -> Tensor")
def fill(self: Array, value: Number) -> Array:
    return _fill_in_place(np.empty(self.shape, self.dtype), value)


@op("aten::fill.Tensor(Tensor self, Tensor value) -> Tensor")
def fill_tensor(self: Array, value: Array) -> Array:
    return _fill_in_place(np.empty(self.shape, self.dtype), value)


@op("aten::zero_(Tensor(a!) self) -> Tensor(a!)")
def zero_(self: Array) -> Array:
    require_writable(self)
    self[...] = np.zeros((), self.dtype)
    return self


def copy_in_place(self: Array, src: Operand) -> Array:
    require_writable(self)
    value = src if isinstance(src, np.ndarray) else cast_number(src, dtype_of(self))
    shape = broadcast_shapes(self.shape, value.shape)
    if shape != self.shape:
        raise RuntimeError(
            f"output with shape {shape_text(self.shape)} doesn't match the broadcast shape {shape_text(shape)}"
        )
    self[...] = cast(value, dtype_of(self))
    return self


@op("aten::copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor", header="cast")
def copy(self: Array, src: Array) -> Array:
    return copy_in_place(np.empty(self.shape, self.dtype), src)
