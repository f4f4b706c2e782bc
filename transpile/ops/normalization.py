"""Operators of the normalization family: batch, layer, group, instance and root-mean-square."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Optional

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import list_text
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, real_dtype, shape_text, wrap_dim

FAMILY = Family("normalization", tags=("nofold",))
op = FAMILY.op
_NORM = ("same_rank", "floating")
Maybe = Optional[Array]  # noqa: UP045


def _channelwise(values: Array, rank: int) -> Array:
    """A vector with one entry a channel, ready to meet (N, C, *spatial)."""
    return values.reshape(1, -1, *(1,) * (rank - 2))


def _moments(values: Array, axes: tuple[int, ...], accumulate: np.dtype[np.generic]) -> tuple[Array, Array]:
    """Mean and biased variance over ``axes``, kept as size-1 dimensions."""
    if not values.size:
        shape = tuple(1 if d in axes else n for d, n in enumerate(values.shape))
        return np.full(shape, np.nan, accumulate), np.full(shape, np.nan, accumulate)
    mean = values.mean(axis=axes, keepdims=True, dtype=np.float64 if values.dtype == np.float32 else None)
    # The mean of equal values is that value, to the last bit: their variance must be 0.
    mean = mean.astype(accumulate, copy=False)
    centred = values - mean
    return mean, np.square(centred).mean(axis=axes, keepdims=True, dtype=accumulate)


def _accumulator(compute: D.DType) -> np.dtype[np.generic]:
    return np.dtype(np.float64) if compute is D.float32 else compute.numpy


# --- batch normalization


def _require_types(input: Array, parameters: Sequence[Maybe], others: Sequence[Maybe] = ()) -> None:
    """Parameters have the type of the input; those of a 16-bit input may be float32.  ``others`` follow suit."""
    given = [p for p in parameters if p is not None]
    expected = dtype_of(input)
    if any(p.dtype != input.dtype for p in given):
        if any(dtype_of(p) is not D.float32 for p in given):
            raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
        if expected.itemsize > 2:
            raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
        expected = D.float32
    for other in others:
        if other is not None and (given or dtype_of(input).itemsize > 2) and dtype_of(other) is not expected:
            raise RuntimeError(f"expected scalar type {expected.graph_name} but found {dtype_of(other).graph_name}")


def _statistics_dtype(input: Array, *parameters: Maybe) -> D.DType:
    """Statistics have the type of the input, or float32 where one of the parameters of a 16-bit input has it."""
    dtype = dtype_of(input)
    return compute_dtype(dtype) if any(p is not None and dtype_of(p) is D.float32 for p in parameters) else dtype


def _require_count(name: str, values: Maybe, channels: int) -> None:
    if values is not None and values.size != channels:
        raise RuntimeError(f"{name} should contain {channels} elements not {values.size}")


def _batch_norm(
    input: Array, weight: Maybe, bias: Maybe, running_mean: Maybe, running_var: Maybe, training: bool, momentum: float,
    eps: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Result, saved mean and saved inverse deviation; updates the running statistics when training."""
    if input.ndim < 2:
        wrap_dim(1, input.ndim)
    channels = input.shape[1]
    for name, values in (
        ("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)
    ):  # fmt: skip
        _require_count(name, values, channels)
        if values is None and not training and name.startswith("running"):
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    dtype = dtype_of(input)
    if not dtype.is_floating_point:
        raise NotImplementedError(f"\"batch_norm\" not implemented for '{dtype.graph_name}'")
    _require_types(input, (weight, bias) if training else (weight, bias, running_mean), (running_mean, running_var))
    compute = compute_dtype(dtype)
    x = cast(input, compute)
    if training:
        axes = (0, *range(2, input.ndim))
        kept_mean, kept_var = _moments(x, axes, _accumulator(compute))
        mean, var = kept_mean.reshape(-1), kept_var.reshape(-1)
        count = input.size // max(channels, 1)
        if running_mean is not None and input.size:
            _blend(running_mean, mean, momentum)
        if running_var is not None and input.size:
            _blend(running_var, _unbiased(var, count), momentum)
        inverse = 1 / np.sqrt(var + eps)
        saved = cast(np.asarray(mean, compute.numpy), compute), cast(np.asarray(inverse, compute.numpy), compute)
    else:
        assert running_mean is not None and running_var is not None
        mean = cast(running_mean, compute)
        inverse = 1 / np.sqrt(cast(running_var, compute) + compute.numpy.type(eps))
        saved = np.empty((0,), compute.numpy), np.empty((0,), compute.numpy)
    scale = inverse if weight is None else inverse * cast(weight, compute)
    shift = -mean * scale if bias is None else cast(bias, compute) - mean * scale
    scale, shift = scale.astype(compute.numpy, copy=False), shift.astype(compute.numpy, copy=False)
    if training:
        # The mean goes first: scale and shift alone would lose digits where it is large.
        result = (x - _channelwise(mean, x.ndim).astype(compute.numpy)) * _channelwise(scale, x.ndim)
        if bias is not None:
            result += _channelwise(cast(bias, compute), x.ndim)
    else:
        result = np.multiply(x, _channelwise(scale, x.ndim), order="C")
        result += _channelwise(shift, x.ndim)
    return cast(result, dtype), *saved


def _unbiased(var: Array, count: int) -> Array:
    """The sample variance; NaN for a sample of one."""
    return var * (count / (count - 1) if count != 1 else math.nan)


def _blend(running: Array, fresh: Array, momentum: float) -> None:
    updated = momentum * fresh + (1 - momentum) * running.reshape(-1).astype(np.float64)
    running[...] = updated.reshape(running.shape).astype(running.dtype)


_BATCH = (
    "(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, "
    "float momentum, float eps"
)


@op(f"aten::batch_norm{_BATCH}, bool cudnn_enabled) -> Tensor", tags=(*_NORM, "statistics"))
def batch_norm(
    input: Array, weight: Maybe, bias: Maybe, running_mean: Maybe, running_var: Maybe, training: bool, momentum: float,
    eps: float,
) -> Array:  # fmt: skip
    if input.size == 0:
        # Nothing to normalise, nothing is checked or updated.
        out = input.copy()
        for parameter in (weight, bias):
            if parameter is not None and parameter.size == 0:
                raise IndexError("index 0 is out of bounds for dimension 0 with size 0")
        return out
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


@op(f"aten::native_batch_norm{_BATCH}) -> (Tensor, Tensor, Tensor)", tags=("statistics",))
def native_batch_norm(
    input: Array, weight: Maybe, bias: Maybe, running_mean: Maybe, running_var: Maybe, training: bool, momentum: float,
    eps: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    if input.size == 0:
        if training:
            raise RuntimeError(
                f"input tensor must have at least one element, but got input_sizes = {shape_text(input.shape)}"
            )
        nothing = np.empty(0, _statistics_dtype(input, weight, bias, running_mean, running_var).numpy)
        return input.copy(), nothing, nothing.copy()
    result, mean, inverse = _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    kept = _statistics_dtype(input, weight, bias, running_mean, running_var)
    return result, cast(mean, kept), cast(inverse, kept)


@op(
    "aten::instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    tags=(*_NORM, "statistics"),
)
def instance_norm(
    input: Array, weight: Maybe, bias: Maybe, running_mean: Maybe, running_var: Maybe, use_input_stats: bool,
    momentum: float, eps: float,
) -> Array:  # fmt: skip
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
        return _batch_norm(input, weight, bias, running_mean, running_var, False, momentum, eps)[0]
    if input.ndim < 2:
        wrap_dim(1, input.ndim)
    for name, values in (
        ("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)
    ):  # fmt: skip
        _require_count(name, values, input.shape[1])
    dtype = dtype_of(input)
    if not dtype.is_floating_point:
        raise NotImplementedError(f"\"batch_norm\" not implemented for '{dtype.graph_name}'")
    _require_types(input, (weight, bias), (running_var,))
    compute = compute_dtype(dtype)
    x = cast(input, compute)
    axes = tuple(range(2, input.ndim))
    mean, var = _moments(x, axes, _accumulator(compute))
    count = math.prod(input.shape[2:])
    if running_mean is not None:
        _blend(running_mean, mean.reshape(input.shape[:2]).mean(axis=0), momentum)
    if running_var is not None:
        _blend(running_var, _unbiased(var, count).reshape(input.shape[:2]).mean(axis=0), momentum)
    result = (x - mean.astype(compute.numpy)) * (1 / np.sqrt(var + eps)).astype(compute.numpy)
    return cast(_affine(result, weight, bias, compute), dtype)


def _affine(values: Array, weight: Maybe, bias: Maybe, compute: D.DType) -> Array:
    if weight is not None:
        values = values * _channelwise(cast(weight, compute), values.ndim)
    return values if bias is None else values + _channelwise(cast(bias, compute), values.ndim)


# --- layer normalization


def _check_normalized(input: Array, normalized_shape: Sequence[int], weight: Maybe, bias: Maybe, star: str) -> None:
    if not len(normalized_shape):
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for name, values in (("weight", weight), ("bias", bias)):
        if values is not None and list(values.shape) != list(normalized_shape):
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{shape_text(values.shape)} and normalized_shape = {list_text(normalized_shape)}"
            )
    count = len(normalized_shape)
    if input.ndim < count or list(input.shape[input.ndim - count :]) != list(normalized_shape):
        raise RuntimeError(
            f"Given normalized_shape={list_text(normalized_shape)}, expected input with shape "
            f"[{star}{', '.join(map(str, normalized_shape))}], but got input of size{shape_text(input.shape)}"
        )


def _layer_norm(
    input: Array, normalized_shape: Sequence[int], weight: Maybe, bias: Maybe, eps: float
) -> tuple[Array, Array, Array]:
    _check_normalized(input, normalized_shape, weight, bias, "*, ")
    dtype = dtype_of(input)
    if dtype.category < D.FLOATING:
        raise NotImplementedError(f"\"LayerNormKernelImpl\" not implemented for '{dtype.graph_name}'")
    for values in (weight, bias):
        if values is not None and dtype_of(values) not in (dtype, compute_dtype(dtype)):
            raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(values).graph_name}")
    compute = compute_dtype(dtype)
    x = cast(input, compute)
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    mean, var = _moments(np.ascontiguousarray(x) if x.ndim else x, axes, compute.numpy)
    inverse = 1 / np.sqrt(var + compute.numpy.type(eps))
    result = (x - mean) * inverse
    if weight is not None:
        result *= cast(weight, compute)
    if bias is not None:
        result += cast(bias, compute)
    return cast(result, dtype), mean, inverse


@op(
    "aten::layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
    tags=_NORM,
)
def layer_norm(
    input: Array, normalized_shape: Sequence[int], weight: Maybe = None, bias: Maybe = None, eps: float = 1e-5
) -> Array:
    return _layer_norm(input, normalized_shape, weight, bias, eps)[0]


@op(
    "aten::native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps) "
    "-> (Tensor, Tensor, Tensor)"
)
def native_layer_norm(
    input: Array, normalized_shape: Sequence[int], weight: Maybe, bias: Maybe, eps: float
) -> tuple[Array, Array, Array]:
    result, mean, inverse = _layer_norm(input, normalized_shape, weight, bias, eps)
    kept = _statistics_dtype(input, weight, bias)
    return result, cast(mean, kept), cast(inverse, kept)


@op(
    "aten::rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor",
    tags=_NORM,
)
def rms_norm(input: Array, normalized_shape: Sequence[int], weight: Maybe = None, eps: float | None = None) -> Array:
    _check_normalized(input, normalized_shape, weight, None, "*")
    dtype = dtype_of(input)
    compute = compute_dtype(dtype)
    x = cast(input, compute)
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    square = np.square(x).mean(axis=axes, keepdims=True, dtype=compute.numpy)
    small = float(np.finfo(compute.numpy.name).eps) if eps is None else eps
    result = x * (1 / np.sqrt(square + compute.numpy.type(small)))
    if weight is not None:
        result = result * cast(weight, compute)
    return cast(np.asarray(result, compute.numpy), dtype)


# --- group normalization


@op(
    "aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
    tags=_NORM,
)
def group_norm(input: Array, num_groups: int, weight: Maybe = None, bias: Maybe = None, eps: float = 1e-5) -> Array:
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    channels = input.shape[1]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{shape_text(input.shape)} and num_groups={num_groups}"
        )
    for name, values in (("weight", weight), ("bias", bias)):
        if values is not None and values.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {shape_text(values.shape)} and input of shape {shape_text(input.shape)}"
            )
    dtype = dtype_of(input)
    compute = compute_dtype(dtype)
    x = cast(input, compute)
    _require_types(input, (weight, bias))
    require_supported(dtype.is_floating_point, "GroupNormKernelImpl", dtype)
    grouped = x.reshape(input.shape[0], num_groups, channels // num_groups * math.prod(input.shape[2:]))
    mean, var = _moments(grouped, (2,), compute.numpy)
    result = ((grouped - mean) * (1 / np.sqrt(var + compute.numpy.type(eps)))).reshape(input.shape)
    return cast(_affine(result, weight, bias, compute), dtype)


# --- weights


def _norm_except(v: Array, power: int, dim: int) -> Array:
    """The norm over all dimensions but ``dim``, which are kept with size 1; -1 keeps none."""
    if dim != -1:
        dim = wrap_dim(dim, v.ndim)
        if not v.ndim:
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        if not v.size:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape [{v.shape[dim]}, -1] because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
    wide = np.abs(v)
    axes = tuple(d for d in range(v.ndim) if dim == -1 or d != dim)
    total = (wide**power).sum(axis=axes, keepdims=dim != -1, dtype=wide.dtype)
    return np.asarray(np.sqrt(total) if power == 2 else total ** np.divide(1, power))


@op("aten::norm_except_dim(Tensor v, int pow=2, int dim=0) -> Tensor", header="weight_norm")
def norm_except_dim(v: Array, pow: int = 2, dim: int = 0) -> Array:
    dtype = dtype_of(v)
    if dtype.category < D.FLOATING:
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {dtype.graph_name} instead."
        )
    return cast(_norm_except(cast(v, compute_dtype(dtype)), pow, dim), real_dtype(dtype))


@op("aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor", header="weight_norm")
def weight_norm(v: Array, g: Array, dim: int = 0) -> Array:
    dtype = dtype_of(v)
    if g.dtype != v.dtype:
        raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(g).graph_name}")
    require_supported(dtype.is_floating_point, "weight_norm_kernel", dtype)
    compute = compute_dtype(dtype)
    wide = cast(v, compute)
    return cast(wide * (cast(g, compute) / _norm_except(wide, 2, dim)), dtype_of(v))
