"""Arithmetic on tensors: the four operations, powers, remainders and bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.families import Family, in_place, require_supported
from transpile.ops.promotion import (
    Array,
    Number,
    Operand,
    broadcast_shapes,
    can_cast,
    cast,
    cast_operand,
    compute_dtype,
    dtype_of,
    result_type,
    to_element,
    write,
)

FAMILY = Family("arithmetic")
op, pointwise, alias = FAMILY.op, FAMILY.pointwise, FAMILY.alias

# --- sums and products ---------------------------------------------------------------------------------------------


def _check_alpha(self: Operand, other: Operand, alpha: Number = 1) -> None:
    common = result_type(self, other)
    if isinstance(alpha, bool):
        if common is not D.bool_:
            raise RuntimeError("Boolean alpha only supported for Boolean results.")
    elif isinstance(alpha, float) and common.category < D.FLOATING:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    elif isinstance(alpha, complex) and not common.is_complex:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")


def _check_subtraction(self: Operand, other: Operand, alpha: Number = 1) -> None:
    bools = [dtype_of(x) is D.bool_ if isinstance(x, np.ndarray) else isinstance(x, bool) for x in (self, other)]
    if all(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if any(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    _check_alpha(self, other, alpha)


def _check_reversed(self: Operand, other: Operand, alpha: Number = 1) -> None:
    _check_subtraction(other, self, alpha)
    if isinstance(self, np.ndarray) and isinstance(other, np.ndarray):
        broadcast_shapes(other.shape, self.shape)


def _scaled(value: Array, alpha: Number) -> Array:
    if isinstance(alpha, (bool, int)) and alpha == 1:
        return value
    return np.multiply(value, to_element(alpha, dtype_of(value)))


add = pointwise(
    "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    lambda a, b, alpha=1: np.add(a, _scaled(b, alpha)),
    scalar=True,
    check=_check_alpha,
    scalar_cpp="{0} + {1}",
    number_cpp="math::add({0}, {1})",
)
sub = pointwise(
    "aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    lambda a, b, alpha=1: np.subtract(a, _scaled(b, alpha)),
    scalar=True,
    check=_check_subtraction,
    scalar_cpp="{0} - {1}",
    number_cpp="math::sub({0}, {1})",
)
rsub = pointwise(
    "aten::rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    lambda a, b, alpha=1: np.subtract(b, _scaled(a, alpha)),
    scalar=True,
    twin=False,
    check=_check_reversed,
    scalar_cpp="{1} - {0}",
    number_cpp="math::rsub({0}, {1})",
)
mul = pointwise(
    "aten::mul.Tensor(Tensor self, Tensor other) -> Tensor",
    np.multiply,
    scalar=True,
    scalar_cpp="{0} * {1}",
    number_cpp="math::mul({0}, {1})",
)
alias("subtract", source="sub")
alias("multiply", source="mul")


# --- division ------------------------------------------------------------------------------------------------------


def _require_nonzero(dividend: Array, divisor: Array) -> None:
    if divisor.dtype.kind in "iu" and dividend.size and not divisor.all():
        raise RuntimeError("ZeroDivisionError")


def floor_quotient(a: Array, b: Array) -> Array:
    """``a // b``; integers wrap, floats follow IEEE and Python."""
    _require_nonzero(a, b)
    return np.floor_divide(a, b)


def trunc_quotient(a: Array, b: Array) -> Array:
    """``a / b`` rounded towards zero."""
    _require_nonzero(a, b)
    if a.dtype.kind == "f":
        return np.trunc(np.divide(a, b))
    quotient = np.floor_divide(a, b)
    inexact = np.multiply(quotient, b) != a
    return np.add(quotient, (inexact & (quotient < 0)).astype(a.dtype))


def floor_remainder(a: Array, b: Array) -> Array:
    """``a % b`` with the sign of ``b``; a zero keeps the sign of ``a``."""
    _require_nonzero(a, b)
    if a.dtype.kind != "f":
        return np.remainder(a, b)
    rest = np.fmod(a, b)
    return np.where((rest != 0) & ((b < 0) != (rest < 0)), np.add(rest, b), rest)


def _truncated_remainder(a: Array, b: Array) -> Array:
    _require_nonzero(a, b)
    return np.fmod(a, b)


true_divide = pointwise(
    "aten::div.Tensor(Tensor self, Tensor other) -> Tensor",
    np.true_divide,
    result="float",
    scalar=True,
    scalar_cpp="{0} / {1}",
    number_cpp="math::div({0}, {1})",
)
alias("true_divide", source="div")


def _check_rounding(self: Operand, other: Operand, rounding_mode: str | None = None) -> None:
    if rounding_mode not in (None, "trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )


def _divide(a: Array, b: Array, rounding_mode: str | None) -> Array:
    if rounding_mode is None:
        return np.true_divide(a, b)
    require_supported(a.dtype.kind not in "bc", f"div_{rounding_mode}_cpu", dtype_of(a))
    return floor_quotient(a, b) if rounding_mode == "floor" else trunc_quotient(a, b)


def _mode_result(dtype: DType, rounding_mode: str | None) -> DType:
    return dtype if rounding_mode is not None or dtype.category >= D.FLOATING else result_type(1.0)


divide_with_mode = pointwise(
    "aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor",
    _divide,
    result=_mode_result,
    scalar=True,
    check=_check_rounding,
)
alias("divide", source="div")

floor_divide = pointwise(
    "aten::floor_divide(Tensor self, Tensor other) -> Tensor",
    floor_quotient,
    supports=("div_floor_cpu", "if"),
    scalar=True,
    twin="aten::floor_divide_.Tensor",
)
remainder = pointwise(
    "aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor",
    floor_remainder,
    supports=("remainder_cpu", "if"),
    round_operands=True,
    scalar=True,
    scalar_cpp="math::remainder({0}, {1})",
    number_cpp="math::remainder({0}, {1})",
)
pointwise(
    "aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
    floor_remainder,
    supports=("remainder_cpu", "if"),
    round_operands=True,
    twin=False,
)
fmod = pointwise(
    "aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor",
    _truncated_remainder,
    supports=("fmod_cpu", "if"),
    round_operands=True,
    scalar=True,
    scalar_cpp="math::fmod({0}, {1})",
    number_cpp="math::fmod({0}, {1})",
)

# --- powers --------------------------------------------------------------------------------------------------------


def integer_power(base: Array, exponent: Array) -> Array:
    """Integers to integer powers modulo the word size; a negative exponent truncates the fraction (0 to it is 0)."""
    result = np.power(base, np.maximum(exponent, 0))
    negative = exponent < 0
    if negative.any():
        odd = (exponent & 1).astype(bool)
        inverse = np.where(base == 1, 1, np.where(base == -1, np.where(odd, -1, 1), 0))
        result = np.where(negative, inverse, result).astype(base.dtype)
    return result


def _power(base: Array, exponent: Array) -> Array:
    if base.dtype.kind in "iu":
        return integer_power(base, exponent)
    return np.power(base, exponent)


def _power_number(base: Array, exponent: Array) -> Array:
    if exponent == 1:
        return base
    if base.dtype.kind != "f":
        require_supported(base.dtype.kind != "b", "pow", D.bool_)
        return _power(base, exponent)
    value = float(exponent)
    if value == 0.5:
        return np.sqrt(base)
    if value == 2.0:
        return np.multiply(base, base)
    if value == 3.0:
        return np.multiply(np.multiply(base, base), base)
    if value == -0.5:
        return np.reciprocal(np.sqrt(base))
    if value == -1.0:
        return np.reciprocal(base)
    if value == -2.0:
        return np.reciprocal(np.multiply(base, base))
    return np.power(base, exponent)


def _check_exponent(self: Array, exponent: Number) -> None:
    integral = not isinstance(exponent, (float, complex)) and dtype_of(self).category < D.FLOATING
    if integral and exponent < 0:  # type: ignore[operator]
        raise RuntimeError("Integers to negative integer powers are not allowed.")


power = pointwise(
    "aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
    _power,
    supports=("pow", "ifc"),
    twin="aten::pow_.Tensor",
    scalar_cpp="math::pow({0}, {1})",
)
power_number = pointwise(
    "aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
    _power_number,
    twin="aten::pow_.Scalar",
    check=_check_exponent,
    scalar_cpp="math::pow({0}, {1})",
)
number_power = pointwise(
    "aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor", _power, supports=("pow", "ifc"), twin=False
)


def _double(*operands: Operand) -> DType:
    return D.complex128 if result_type(*operands).is_complex else D.float64


def _float_power(self: Operand, exponent: Operand) -> Array:
    common = _double(self, exponent)
    broadcast_shapes(*(x.shape for x in (self, exponent) if isinstance(x, np.ndarray)))
    return np.asarray(np.power(cast_operand(self, common, common), cast_operand(exponent, common, common)))


float_power = op(
    "aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
    tags=("pointwise",),
    header="arithmetic_functions",
)(_float_power)
op(
    "aten::float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
    tags=("pointwise",),
    header="arithmetic_functions",
)(_float_power)
op(
    "aten::float_power.Scalar(Scalar self, Tensor exponent) -> Tensor",
    tags=("pointwise",),
    header="arithmetic_functions",
)(_float_power)


def _in_place_float_power(self: Array, exponent: Operand) -> Array:
    common = _double(self, exponent)
    if dtype_of(self) is not common:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {dtype_of(self).graph_name} but the operation's result requires "
            f"dtype {common.graph_name}"
        )
    return write(self, _float_power(self, exponent))


op("aten::float_power_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)", header="arithmetic_functions")(
    _in_place_float_power
)
op("aten::float_power_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)", header="arithmetic_functions")(
    _in_place_float_power
)

# --- bounds --------------------------------------------------------------------------------------------------------


def _ordered(name: str) -> Any:
    def check(self: Array, other: Array) -> None:
        if result_type(self, other).is_complex:
            raise RuntimeError(f"{name} not implemented for complex tensors.")

    return check


maximum = pointwise(
    "aten::maximum(Tensor self, Tensor other) -> Tensor",
    np.maximum,
    twin=False,
    check=_ordered("maximum"),
    scalar_cpp="math::maximum({0}, {1})",
)
minimum = pointwise(
    "aten::minimum(Tensor self, Tensor other) -> Tensor",
    np.minimum,
    twin=False,
    check=_ordered("minimum"),
    scalar_cpp="math::minimum({0}, {1})",
)
pointwise(
    "aten::max.other(Tensor self, Tensor other) -> Tensor",
    np.maximum,
    twin=False,
    check=_ordered("maximum"),
    scalar_cpp="math::maximum({0}, {1})",
    header="arithmetic_functions",
)
pointwise(
    "aten::min.other(Tensor self, Tensor other) -> Tensor",
    np.minimum,
    twin=False,
    check=_ordered("minimum"),
    scalar_cpp="math::minimum({0}, {1})",
    header="arithmetic_functions",
)
fmax = pointwise(
    "aten::fmax(Tensor self, Tensor other) -> Tensor",
    np.fmax,
    twin=False,
    check=_ordered("fmax"),
    header="arithmetic_functions",
)
fmin = pointwise(
    "aten::fmin(Tensor self, Tensor other) -> Tensor",
    np.fmin,
    twin=False,
    check=_ordered("fmin"),
    header="arithmetic_functions",
)


def _clamp(self: Array, min: Operand | None = None, max: Operand | None = None) -> Array:
    bounds = [b for b in (min, max) if b is not None]
    if not bounds:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    common = result_type(self, *bounds)
    by_tensor = any(isinstance(b, np.ndarray) for b in bounds)
    if common.is_complex:
        if by_tensor and len(bounds) == 1:
            require_supported(False, "maximum_cpu" if max is None else "minimum_cpu", common)
        raise NotImplementedError("clamp is not supported for complex types")
    require_supported(common is not D.bool_ or len(bounds) == 1, "clamp_cpu", common)
    compute = compute_dtype(common)
    broadcast_shapes(self.shape, *(b.shape for b in bounds if isinstance(b, np.ndarray)))
    result = cast_operand(self, common, compute)
    if min is not None:
        result = np.maximum(result, _bound(min, common, compute))
    if max is not None:
        result = np.minimum(result, _bound(max, common, compute))
    return cast(np.asarray(result), common)


def _bound(value: Operand, common: DType, compute: DType) -> Array:
    if isinstance(value, np.ndarray):
        return cast_operand(value, common, compute)
    return cast(to_element(value, common), compute)


def _require_same_kind(source: DType, target: DType) -> None:
    if not can_cast(source, target):
        raise RuntimeError(
            f"result type {source.graph_name} can't be cast to the desired output type {target.cpp_name}"
        )


clamp = op(
    "aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor",
    scalar_cpp="math::clamp({0}, {1}, {2})",
    scalar_variants={("min", None): "math::clamp_max({0}, {2})", ("max", None): "math::clamp_min({0}, {1})"},
    tags=("pointwise", "epilogue"),
    header="arithmetic_functions",
)(_clamp)
clamp_tensor = op(
    "aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor",
    tags=("pointwise",),
    header="arithmetic_functions",
)(_clamp)
in_place(clamp, cast_check=_require_same_kind)
in_place(clamp_tensor)
alias("clip", source="clamp")


@op(
    "aten::clamp_min(Tensor self, Scalar min) -> Tensor",
    scalar_cpp="math::clamp_min({0}, {1})",
    tags=("pointwise", "epilogue"),
    header="arithmetic_functions",
)
def clamp_min(self: Array, min: Number) -> Array:
    require_supported(result_type(self, min) is not D.bool_, "clamp_min_scalar_cpu", D.bool_)
    return _clamp(self, min, None)


@op("aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", tags=("pointwise",), header="arithmetic_functions")
def clamp_min_tensor(self: Array, min: Array) -> Array:
    return _clamp(self, min, None)


@op(
    "aten::clamp_max(Tensor self, Scalar max) -> Tensor",
    scalar_cpp="math::clamp_max({0}, {1})",
    tags=("pointwise", "epilogue"),
    header="arithmetic_functions",
)
def clamp_max(self: Array, max: Number) -> Array:
    require_supported(result_type(self, max) is not D.bool_, "clamp_max_scalar_cpu", D.bool_)
    return _clamp(self, None, max)


@op("aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", tags=("pointwise",), header="arithmetic_functions")
def clamp_max_tensor(self: Array, max: Array) -> Array:
    return _clamp(self, None, max)


for _bounded in (clamp_min, clamp_max):
    in_place(_bounded, cast_check=_require_same_kind)
for _bounded in (clamp_min_tensor, clamp_max_tensor):
    in_place(_bounded)

# --- combinations of three -----------------------------------------------------------------------------------------


def _lerp(start: Array, end: Array, weight: Array) -> Array:
    difference = end - start
    return np.where(np.abs(weight) < 0.5, start + weight * difference, end - difference * (1 - weight))


def _check_lerp(self: Array, end: Array, weight: Operand) -> None:
    for name, operand in (("end", end), ("weight", weight)):
        if isinstance(operand, np.ndarray) and operand.dtype != self.dtype:
            expected, found = (dtype_of(x).cpp_name for x in (self, operand))
            raise RuntimeError(f"expected dtype {expected} for `{name}` but got dtype {found}")


pointwise(
    "aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor",
    _lerp,
    supports=("lerp_kernel_scalar", "fc"),
    check=_check_lerp,
    header="arithmetic_functions",
)
lerp = pointwise(
    "aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor",
    _lerp,
    supports=("lerp_kernel_scalar", "fc"),
    check=_check_lerp,
    header="arithmetic_functions",
)


def _addcmul(self: Array, tensor1: Array, tensor2: Array, *, value: Number = 1) -> Array:
    return np.add(self, np.multiply(_scaled(tensor1, _plain(value, self)), tensor2))


def _plain(value: Number, like: Array) -> Number:
    return int(value) if like.dtype.kind in "iub" and isinstance(value, float) else value


def _check_addcdiv(self: Array, tensor1: Array, tensor2: Array, *, value: Number = 1) -> None:
    if dtype_of(tensor1).category < D.FLOATING and dtype_of(tensor2).category < D.FLOATING:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
            "true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value "
            "* torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value "
            "* tensor1 / tensor2), for all dtypes."
        )


def _addcdiv(self: Array, tensor1: Array, tensor2: Array, *, value: Number = 1) -> Array:
    return np.add(self, np.divide(_scaled(tensor1, value), tensor2))


addcmul = pointwise(
    "aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    _addcmul,
    supports=("addcmul_cpu_out", "ifc"),
    header="arithmetic_functions",
)
addcdiv = pointwise(
    "aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    _addcdiv,
    check=_check_addcdiv,
    header="arithmetic_functions",
)
