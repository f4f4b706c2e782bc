"""Distances between all rows of one or two matrices."""

from __future__ import annotations

import math

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import require_numel
from transpile.ops.promotion import Array, broadcast_shapes, cast, compute_dtype, dtype_of

FAMILY = Family("pairwise", tags=("nofold",))
op = FAMILY.op
# Larger than this many rows torch computes Euclidean distances as matrix products, which knows the 16-bit types too.
_SMALL = 25


def _distances(difference: Array, p: float) -> Array:
    """The p-norms of ``difference`` along its last dimension."""
    sizes = np.abs(difference)
    if p == 0:
        return np.asarray(np.minimum(np.ceil(sizes), 1).sum(axis=-1), sizes.dtype)
    if p == 1:
        return np.asarray(sizes.sum(axis=-1), sizes.dtype)
    if p == 2:
        return np.asarray(np.sqrt((sizes * sizes).sum(axis=-1)), sizes.dtype)
    if math.isinf(p):
        return np.asarray(np.fmax.reduce(sizes, axis=-1, initial=0), sizes.dtype)
    power = sizes.dtype.type(p)
    return np.asarray((sizes**power).sum(axis=-1) ** sizes.dtype.type(1 / p), sizes.dtype)


def _condensed(self: Array, p: float = 2.0) -> Array:
    """The distances between the rows of a matrix, those above the diagonal of the matrix of distances."""
    rows = self.shape[0]
    if rows <= 1:
        return np.empty(0, self.dtype)
    if self.shape[1] == 0:
        return np.zeros(rows * (rows - 1) // 2, self.dtype)
    require_supported(dtype_of(self) in (D.float32, D.float64), "pdist", dtype_of(self))
    first, second = np.triu_indices(rows, 1)
    result = _distances(self[first] - self[second], p)
    if math.isinf(p):  # here a NaN counts
        result[np.isnan(self[first] - self[second]).any(axis=-1)] = np.nan
    return result


@op("aten::pdist(Tensor self, float p=2.) -> Tensor")
def pdist(self: Array, p: float = 2.0) -> Array:
    if self.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {self.ndim}D")
    if dtype_of(self).category != D.FLOATING:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if not p >= 0:
        raise RuntimeError("pdist only supports non-negative p values")
    return _condensed(np.ascontiguousarray(self), p)


def _between(x1: Array, x2: Array, p: float, compute_mode: int | None) -> Array:
    """The distances of every row of ``x1`` (..., P, M) to every row of ``x2`` (..., R, M)."""
    for name, array in (("X1", x1), ("X2", x2)):
        if array.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {array.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    for name, array in (("X1", x1), ("X2", x2)):
        if dtype_of(array).category != D.FLOATING:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {dtype_of(array).graph_name}")
    if not p >= 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if compute_mode not in (None, 0, 1, 2):
        raise RuntimeError(f"possible modes: 0, 1, 2, but was: {compute_mode}")
    dtype = dtype_of(x1)
    batch = broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    shape = (*batch, x1.shape[-2], x2.shape[-2])
    require_numel(shape)
    if 0 in shape:
        return np.empty(shape, x1.dtype)
    if x1.shape[-1] == 0:
        return np.zeros(shape, x1.dtype)
    large = x1.shape[-2] > _SMALL or x2.shape[-2] > _SMALL
    if not (p == 2 and (compute_mode == 1 or (not compute_mode and large))):
        require_supported(dtype in (D.float32, D.float64), "cdist", dtype)
    if dtype_of(x2) is not dtype:
        raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(x2).graph_name}")
    compute = compute_dtype(dtype)
    a = np.broadcast_to(cast(x1, compute), (*batch, *x1.shape[-2:]))
    b = np.broadcast_to(cast(x2, compute), (*batch, *x2.shape[-2:]))
    result = np.empty(shape, compute.numpy)
    for row in range(shape[-2]):
        result[..., row, :] = _distances(a[..., row : row + 1, :] - b, p)
    return cast(result, dtype)


@op("aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor")
def cdist(x1: Array, x2: Array, p: float = 2.0, compute_mode: int | None = None) -> Array:
    return _between(x1, x2, p, compute_mode)


@op("aten::_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor")
def cdist_forward(x1: Array, x2: Array, p: float, compute_mode: int | None) -> Array:
    return _between(x1, x2, p, compute_mode)


@op("aten::_pdist_forward(Tensor self, float p=2.) -> Tensor")
def pdist_forward(self: Array, p: float = 2.0) -> Array:
    if not self.flags.c_contiguous:
        raise RuntimeError("_pdist_forward requires contiguous input")
    return _condensed(self, p)
