"""Distinct values and slices.  nan equals nothing, itself included."""

from __future__ import annotations

import numpy as np

from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, dtype_of, wrap_dim
from transpile.ops.sorting import keys_of

FAMILY = Family("unique")
op = FAMILY.op
_NONE = np.zeros(0, np.int64)


def _counts(group: Array, groups: int) -> Array:
    return np.bincount(group, minlength=groups).astype(np.int64)


def _distinct(keys: Array) -> tuple[Array, Array, Array]:
    """Positions of the first of each distinct value in ascending order, the inverse, the counts."""
    ascending = np.argsort(keys, kind="stable")
    ordered = keys[ascending]
    fresh = np.ones(len(ordered), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    group = np.cumsum(fresh) - 1
    inverse = np.empty(len(keys), np.int64)
    inverse[ascending] = group
    return ascending[fresh], inverse, _counts(group, int(fresh.sum()))


def _unique(
    self: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Array, Array, Array]:
    require_supported(self.dtype.kind != "c", "unique", dtype_of(self))
    first, inverse, counts = _distinct(keys_of(self).reshape(-1))
    return (
        self.reshape(-1)[first],
        inverse.reshape(self.shape) if return_inverse else _NONE.copy(),
        counts if return_counts else _NONE.copy(),
    )


unique = op(
    "aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)(_unique)
op("aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)")(
    lambda self, sorted=True, return_inverse=False: _unique(self, sorted, return_inverse)[:2]
)


def _axis(self: Array, dim: int) -> int:
    if not self.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, self.ndim)


def _rows(name: str, self: Array, axis: int) -> Array:
    """The slices along ``axis`` as rows of a matrix."""
    require_supported(self.dtype.kind != "c", name, dtype_of(self))
    empty = self.shape.count(0)
    if self.shape[axis] == 0:
        if empty != 1:
            raise RuntimeError("Number of zero sized dimensions is more than one, so unique cannot be applied ")
        return np.zeros((0, 1), self.dtype)
    if empty:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    moved = np.moveaxis(keys_of(self), axis, 0)
    return moved.reshape(moved.shape[0], -1)


def _fresh(rows: Array) -> Array:
    """Where a row differs from the one before."""
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (rows[1:] != rows[:-1]).any(1)
    return fresh


@op(
    "aten::unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)
def unique_dim(
    self: Array, dim: int, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Array, Array, Array]:
    """Distinct slices along ``dim`` in lexicographic order."""
    axis = _axis(self, dim)
    rows = _rows("unique_dim", self, axis)
    if not len(rows):
        return self.copy(), _NONE.copy(), _NONE.copy()
    ascending = np.lexsort(rows.T[::-1])
    fresh = _fresh(rows[ascending])
    group = np.cumsum(fresh) - 1
    inverse = np.empty(len(rows), np.int64)
    inverse[ascending] = group
    return np.take(self, ascending[fresh], axis=axis), inverse, _counts(group, int(fresh.sum()))


def _consecutive_slices(self: Array, dim: int) -> tuple[Array, Array, Array]:
    axis = _axis(self, dim)
    rows = _rows("unique", self, axis)
    if not len(rows):
        return self.copy(), _NONE.copy(), _NONE.copy()
    fresh = _fresh(rows)
    group = (np.cumsum(fresh) - 1).astype(np.int64)
    return np.take(self, np.flatnonzero(fresh), axis=axis), group, _counts(group, int(fresh.sum()))


@op(
    "aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, "
    "int? dim=None) -> (Tensor, Tensor, Tensor)"
)
def unique_consecutive(
    self: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> tuple[Array, Array, Array]:
    """Elements, or slices along ``dim``, without immediate repetitions."""
    if dim is not None:
        return _consecutive_slices(self, dim)
    require_supported(self.dtype.kind != "c", "unique", dtype_of(self))
    values = self.reshape(-1)
    fresh = _fresh(keys_of(values)[:, None])
    group = (np.cumsum(fresh) - 1).astype(np.int64)
    return (
        values[fresh],
        group.reshape(self.shape) if return_inverse else _NONE.copy(),
        _counts(group, int(fresh.sum())) if return_counts else _NONE.copy(),
    )


@op(
    "aten::unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)
def unique_dim_consecutive(
    self: Array, dim: int, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Array, Array, Array]:
    return _consecutive_slices(self, dim)
