"""Rarer functions of two tensors: angles, logarithms of sums, integer divisors."""

from __future__ import annotations

import numpy as np

from transpile.ops.families import Family
from transpile.ops.promotion import Array
from transpile.ops.series import precise

FAMILY = Family("binary", header="arithmetic_functions")
pointwise, alias = FAMILY.pointwise, FAMILY.alias


def _log_add_exp(a: Array, b: Array) -> Array:
    return complex_logaddexp(a, b) if a.dtype.kind == "c" else np.logaddexp(a, b)


def complex_logaddexp(a: Array, b: Array) -> Array:
    """log(exp(a) + exp(b)), on the branch of the operand with the larger real part; -inf counts as nothing."""
    swap = (a.real >= b.real) & ~np.isnan(b) | np.isnan(a)
    low, high = np.where(swap, b, a), np.where(swap, a, b)
    low, high = np.where(np.isnan(high), high, low), high
    result = np.log1p(np.exp(low - high)) + high
    equal = ~np.isfinite(low.real) & (low.real == high.real)
    result = np.where(equal, np.where(low.real < 0, low, np.log(np.exp(low) + np.exp(high))), result)
    return np.where(np.isnan(low), a.dtype.type(complex(np.nan, np.nan)), result)


def _xlogy(a: Array, b: Array) -> Array:
    return np.where(np.isnan(b), b, np.where(a == 0, np.zeros((), a.dtype), a * np.log(b)))


def _check_heaviside(self: Array, values: Array) -> None:
    if self.dtype.kind == "c" or values.dtype.kind == "c":
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if self.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")


def _heaviside(a: Array, values: Array) -> Array:
    return np.where(a == 0, values, (a > 0).astype(a.dtype))


gcd = pointwise("aten::gcd(Tensor self, Tensor other) -> Tensor", np.gcd, supports=("gcd_cpu", "i"))
lcm = pointwise("aten::lcm(Tensor self, Tensor other) -> Tensor", np.lcm, supports=("lcm_cpu", "i"))
atan2 = pointwise(
    "aten::atan2(Tensor self, Tensor other) -> Tensor",
    precise(np.arctan2),
    result="float",
    supports=("atan2_cpu", "f"),
    scalar_cpp="math::atan2({0}, {1})",
)
alias("arctan2", source="atan2")
hypot = pointwise("aten::hypot(Tensor self, Tensor other) -> Tensor", np.hypot, supports=("hypot_cpu", "f"))
nextafter = pointwise(
    "aten::nextafter(Tensor self, Tensor other) -> Tensor", np.nextafter, supports=("nextafter_cpu", "f")
)
logaddexp = pointwise(
    "aten::logaddexp(Tensor self, Tensor other) -> Tensor", _log_add_exp, supports=("logaddexp_cpu", "fc"), twin=False
)
logaddexp2 = pointwise(
    "aten::logaddexp2(Tensor self, Tensor other) -> Tensor", np.logaddexp2, supports=("logaddexp2_cpu", "f"), twin=False
)
copysign = pointwise(
    "aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor",
    np.copysign,
    result="float",
    supports=("copysign_cpu", "f"),
    scalar=True,
)
heaviside = pointwise("aten::heaviside(Tensor self, Tensor values) -> Tensor", _heaviside, check=_check_heaviside)
ldexp = pointwise(
    "aten::ldexp.Tensor(Tensor self, Tensor other) -> Tensor",
    lambda a, b: a * np.power(np.asarray(2, a.dtype), b),
    result="float",
    twin="aten::ldexp_",
)
xlogy = pointwise(
    "aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor", _xlogy, result="float", supports=("xlogy_cpu", "f")
)
xlogy_number = pointwise(
    "aten::xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor", _xlogy, result="float", supports=("xlogy_cpu", "f")
)
number_xlogy = pointwise(
    "aten::xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor",
    _xlogy,
    result="float",
    supports=("xlogy_cpu", "f"),
    twin=False,
)
