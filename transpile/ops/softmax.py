"""Operators of the softmax family."""

from __future__ import annotations

import numpy as np

from transpile.core.dtype import DType
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, wrap_dim

FAMILY = Family("softmax")
op = FAMILY.op


def softmax_along(values: Array, dim: int) -> Array:
    """Softmax of floating values; a slice of nothing but -inf gives NaN."""
    if not values.size:
        return values.copy("C")
    if not values.ndim:
        return np.exp(values - values)
    result = values - values.max(axis=dim, keepdims=True)
    np.exp(result, out=result)
    result /= result.sum(axis=dim, keepdims=True)
    return result


def log_softmax_along(values: Array, dim: int) -> Array:
    """The logarithm of the softmax of floating values."""
    if not values.size:
        return values.copy("C")
    if not values.ndim:
        return np.asarray(values - values)
    shifted = values - values.max(axis=dim, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=dim, keepdims=True))
    return shifted


def _run(array: Array, dim: int, dtype: DType | None, logarithm: bool) -> Array:
    at = wrap_dim(dim, array.ndim)
    # With a wider result type torch computes in it, without rounding to it first.
    result = dtype or dtype_of(array)
    kernel = f"{'log_' * logarithm}softmax{'_lastdim' * (at == array.ndim - 1)}_kernel_impl"
    require_supported(result.is_floating_point, kernel, result)
    values = cast(array, compute_dtype(result))
    along = log_softmax_along if logarithm else softmax_along
    computed = np.asarray(along(values, at))
    return cast(computed if computed.flags.c_contiguous else computed.copy("C"), result)


@op(
    "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    tags=("nofold", "same_rank", "floating"),
)
def softmax(self: Array, dim: int, dtype: DType | None = None) -> Array:
    return _run(self, dim, dtype, False)


@op(
    "aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    tags=("nofold", "same_rank", "floating"),
)
def log_softmax(self: Array, dim: int, dtype: DType | None = None) -> Array:
    return _run(self, dim, dtype, True)


def _require_no_conversion(half_to_float: bool) -> None:
    if half_to_float:
        raise RuntimeError("softmax with half to float conversion is not supported on CPU")


@op("aten::_softmax(Tensor self, int dim, bool half_to_float) -> Tensor", tags=("nofold",))
def softmax_kernel(self: Array, dim: int, half_to_float: bool) -> Array:
    _require_no_conversion(half_to_float)
    return _run(self, dim, None, False)


@op("aten::_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor", tags=("nofold",))
def log_softmax_kernel(self: Array, dim: int, half_to_float: bool) -> Array:
    _require_no_conversion(half_to_float)
    return _run(self, dim, None, True)
