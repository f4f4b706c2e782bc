"""Distinct elements and slices, sorted or in the order of their runs."""

from __future__ import annotations

import numpy as np

from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, dtype_of, wrap_dim
from transpile.ops.sorting import keys_of

FAMILY = Family("distinct")
op = FAMILY.op

_Found = tuple[np.ndarray, np.ndarray, np.ndarray]
_NONE = (0,)


def _grouped(rows: Array, order: Array) -> tuple[Array, Array, Array]:
    """The first row of each group of equal ones among ``rows[order]``, the group of every row, the sizes.  NaNs differ."""
    ordered = rows[order]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(1)
    group = np.cumsum(fresh) - 1
    inverse = np.empty(len(rows), np.int64)
    inverse[order] = group
    return order[fresh], inverse, np.bincount(group, minlength=int(fresh.sum())).astype(np.int64)


def _elements(self: Array, order: str, return_inverse: bool, return_counts: bool) -> _Found:
    require_supported(not dtype_of(self).is_complex, "unique", dtype_of(self))
    rows = keys_of(self).reshape(-1, 1)
    ranks = np.argsort(rows[:, 0], kind="stable") if order == "sorted" else np.arange(len(rows))
    first, inverse, counts = _grouped(rows, ranks)
    none = np.zeros(_NONE, np.int64)
    return (
        self.reshape(-1)[first],
        inverse.reshape(self.shape) if return_inverse else none,
        counts if return_counts else none,
    )


def _slices(self: Array, dim: int, order: str) -> _Found:
    if self.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = wrap_dim(dim, self.ndim)
    none = np.zeros(_NONE, np.int64)
    empty = sum(size == 0 for size in self.shape)
    if self.shape[dim] == 0:
        if empty != 1:
            raise RuntimeError("Number of zero sized dimensions is more than one, so unique cannot be applied ")
        return self.copy(), none, none.copy()
    if empty:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    require_supported(not dtype_of(self).is_complex, "unique_dim", dtype_of(self))
    moved = np.moveaxis(keys_of(self), dim, 0)
    rows = moved.reshape(moved.shape[0], -1)
    first, inverse, counts = _grouped(rows, np.lexsort(rows.T[::-1]) if order == "sorted" else np.arange(len(rows)))
    return np.take(self, first, axis=dim), inverse, counts


@op(
    "aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)
def unique2(self: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False) -> _Found:
    return _elements(self, "sorted", return_inverse, return_counts)


@op("aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)")
def unique(self: Array, sorted: bool = True, return_inverse: bool = False) -> tuple[Array, Array]:
    return _elements(self, "sorted", return_inverse, False)[:2]


@op(
    "aten::unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)
def unique_dim(
    self: Array, dim: int, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> _Found:
    """Distinct slices along ``dim`` in lexicographic order; inverse and counts are there whether asked for or not."""
    return _slices(self, dim, "sorted")


@op(
    "aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, "
    "int? dim=None) -> (Tensor, Tensor, Tensor)"
)
def unique_consecutive(
    self: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> _Found:
    if dim is None or (dim == 0 and self.ndim == 1):
        return _elements(self, "runs", return_inverse, return_counts)
    return _slices(self, dim, "runs")


@op(
    "aten::unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)
def unique_dim_consecutive(self: Array, dim: int, return_inverse: bool = False, return_counts: bool = False) -> _Found:
    return _slices(self, dim, "runs")
