"""Dropout in its variants, and leaky ReLU with random slopes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops import generator as streams
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import (
    Array,
    cast,
    cast_number,
    compute_dtype,
    dtype_of,
    require_castable,
    shape_text,
    to_element,
    write,
)
from transpile.ops.random import empty_in_same_order, fill_drawn, stream_of

FAMILY = Family("dropout", header="random")
op = FAMILY.op

_RANDOM = ("random",)

_ALPHA = 1.7580993408473766  # minus the limit of selu at minus infinity


def _noise(input: Array, p: float, feature: bool) -> Array:
    shape = input.shape
    if feature:
        if input.ndim < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = (*input.shape[:2], *(1,) * (input.ndim - 2))
    kept = streams.default_generator.bernoulli(int(np.prod(shape, dtype=np.int64)), 1 - p)
    if feature:
        return kept.reshape(shape)
    return fill_drawn(empty_in_same_order(input, D.bool_), kept)


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")


def _dropped(input: Array, p: float, train: bool, feature: bool, alpha: bool) -> Array:
    _check_probability(p)
    if p == 0 or not train or input.size == 0:
        return input
    if p == 1:
        return input * np.zeros((), input.dtype)
    dtype = dtype_of(input)
    kept = _noise(input, p, feature)
    if not alpha:
        scale = cast(kept.astype(np.float32) / to_element(1 - p, compute_dtype(dtype)), dtype)
        return cast(np.asarray(cast(input, compute_dtype(dtype)) * cast(scale, compute_dtype(dtype))), dtype)
    gain = 1.0 / np.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    compute = compute_dtype(dtype).numpy
    shift = (kept.astype(compute) - 1) * compute.type(_ALPHA * gain) + compute.type(_ALPHA * gain * p)
    return cast(np.asarray(input.astype(compute) * (kept * compute.type(gain)) + shift), dtype)


def _dropout(feature: bool, alpha: bool) -> tuple[Callable[..., Array], Callable[..., Array]]:
    def run(input: Array, p: float, train: bool) -> Array:
        return _dropped(input, p, train, feature, alpha)

    def run_in_place(self: Array, p: float, train: bool) -> Array:
        result = _dropped(self, p, train, feature, alpha)
        return self if result is self else write(self, result)

    return run, run_in_place


for _name, _feature, _alpha in (
    ("dropout", False, False), ("feature_dropout", True, False), ("alpha_dropout", False, True),
    ("feature_alpha_dropout", True, True),
):  # fmt: skip
    _run, _run_in_place = _dropout(_feature, _alpha)
    op(f"aten::{_name}(Tensor input, float p, bool train) -> Tensor", tags=(*_RANDOM, "same_rank", "lends"))(_run)
    op(f"aten::{_name}_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", tags=_RANDOM)(_run_in_place)


@op("aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)", tags=_RANDOM)
def native_dropout(input: Array, p: float, train: bool | None) -> tuple[Array, Array]:
    """The result of dropout and the mask of what was kept."""
    if input.size == 0:
        return input, np.zeros(input.shape, bool)
    if train is False or p == 0:
        return input.copy(), np.ones(input.shape, bool)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    if dtype_of(input).category < D.FLOATING:
        require_castable(D.float32, dtype_of(input))
    if p == 1:
        return np.zeros_like(input), np.zeros(input.shape, bool)
    kept = _noise(input, p, False)
    dtype = dtype_of(input)
    compute = compute_dtype(dtype).numpy
    return cast(np.asarray(input.astype(compute) * kept * compute.type(1 / (1 - p))), dtype), kept


def _check_bounds(lower: Any, upper: Any) -> None:
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound:g}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")


def _check_noise(self: Array, noise: Array) -> None:
    if self.shape != noise.shape:
        raise RuntimeError(
            f"noise tensor shape must match self tensor shape. Got self.shape = {shape_text(self.shape)} noise.shape = "
            f"{shape_text(noise.shape)}"
        )


def _rrelu(self: Array, lower: Any, upper: Any, training: bool, generator: Any) -> tuple[Array, Array]:
    dtype = dtype_of(self)
    require_supported(dtype.is_floating_point, "rrelu_with_noise_out_cpu", dtype)
    x = cast(self, compute_dtype(dtype))
    slopes = np.ones(self.shape, x.dtype)
    lower, upper = (float(to_element(bound, dtype_of(x))) for bound in (lower, upper))
    if training:
        if not lower <= upper:
            raise RuntimeError("Expected from <= to to be true, but got false.")
        if not upper - lower < math.inf:
            raise RuntimeError("Expected to - from <= std::numeric_limits<T>::max() to be true, but got false.")
        below = x <= 0
        low, high = (float(cast_number(float(bound), dtype)) for bound in (lower, upper))
        draws = stream_of(generator).uniform(int(below.sum()), dtype=np.float64)
        slopes[below] = draws * (high - low) + low  # in two roundings, unlike uniform_
        return cast(x * slopes, dtype), slopes.astype(self.dtype)
    slope = x.dtype.type((float(lower) + float(upper)) / 2)
    return cast(np.where(x > 0, x, x * slope), dtype), slopes.astype(self.dtype)


_LOW, _HIGH = 0.125, 1 / 3


@op(
    "aten::rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, "
    "Generator? generator=None) -> Tensor",
    tags=_RANDOM,
)
def rrelu(self: Array, lower: Any = _LOW, upper: Any = _HIGH, training: bool = False, generator: Any = None) -> Array:
    _check_bounds(lower, upper)
    return _rrelu(self, lower, upper, training, generator)[0]


@op(
    "aten::rrelu_(Tensor(a!) self, Scalar lower=0.125, Scalar upper=0.33333333333333331, "
    "bool training=False, Generator? generator=None) -> Tensor(a!)",
    tags=_RANDOM,
)
def rrelu_(self: Array, lower: Any = _LOW, upper: Any = _HIGH, training: bool = False, generator: Any = None) -> Array:
    _check_bounds(lower, upper)
    return write(self, _rrelu(self, lower, upper, training, generator)[0])


@op(
    "aten::rrelu_with_noise(Tensor self, Tensor(b!) noise, Scalar lower=0.125, "
    "Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor",
    tags=_RANDOM,
)
def rrelu_with_noise(
    self: Array, noise: Array, lower: Any = _LOW, upper: Any = _HIGH, training: bool = False, generator: Any = None
) -> Array:
    _check_noise(self, noise)
    result, slopes = _rrelu(self, lower, upper, training, generator)
    if training:
        write(noise, slopes)
    return result


@op(
    "aten::rrelu_with_noise_(Tensor(a!) self, Tensor(b!) noise, Scalar lower=0.125, "
    "Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor(a!)",
    tags=_RANDOM,
)
def rrelu_with_noise_(
    self: Array, noise: Array, lower: Any = _LOW, upper: Any = _HIGH, training: bool = False, generator: Any = None
) -> Array:
    _check_noise(self, noise)
    result, slopes = _rrelu(self, lower, upper, training, generator)
    if training:
        write(noise, slopes)
    return write(self, result)


@op(
    "aten::rrelu_with_noise_functional(Tensor self, Tensor noise, Scalar lower=0.125, "
    "Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> (Tensor, Tensor noise_out)",
    tags=_RANDOM,
)
def rrelu_with_noise_functional(
    self: Array, noise: Array, lower: Any = _LOW, upper: Any = _HIGH, training: bool = False, generator: Any = None
) -> tuple[Array, Array]:
    """The result and the slopes, which the other forms write into ``noise``."""
    _check_noise(self, noise)
    result, slopes = _rrelu(self, lower, upper, training, generator)
    return result, slopes if training else noise.copy()
