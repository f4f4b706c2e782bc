"""Sorting, selection of the largest, unique values, binary search.  NaN counts as the largest value."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import NOT_WRITTEN, Family, require_supported
from transpile.ops.promotion import Array, Number, cast, dtype_of, result_type, wrap_dim

FAMILY = Family("sorting")
op = FAMILY.op


def _keys(self: Array) -> Array:
    """The same order in a type that NumPy sorts."""
    return cast(self, D.float32) if dtype_of(self) is D.bfloat16 else self


def order(self: Array, dim: int, descending: bool) -> Array:
    """Indices that sort stably along ``dim``."""
    keys = _keys(self)
    if not descending:
        return np.argsort(keys, axis=dim, kind="stable")
    flipped = np.flip(keys, dim)
    ascending = np.argsort(flipped, axis=dim, kind="stable")
    return keys.shape[dim] - 1 - np.flip(ascending, dim)


def _sort(self: Array, dim: int = -1, descending: bool = False) -> tuple[Array, Array]:
    if self.dtype.kind == "c":
        raise RuntimeError("Sort currently does not support complex dtypes on CPU")
    dim = wrap_dim(dim, self.ndim)
    if self.ndim == 0:
        return self.copy(), np.zeros((), np.int64)
    indices = order(self, dim, descending)
    return np.take_along_axis(self, indices, axis=dim), indices


def _sort_stable(
    self: Array, *, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> tuple[Array, Array]:
    return _sort(self, dim, descending)


sort = op("aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)")(_sort)
op(
    "aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, "
    "bool descending=False) -> (Tensor values, Tensor indices)"
)(_sort_stable)
argsort = op("aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor")(
    lambda self, dim=-1, descending=False: _sort(self, dim, descending)[1]
)
op("aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor")(
    lambda self, *, stable, dim=-1, descending=False: _sort(self, dim, descending)[1]
)
msort = op("aten::msort(Tensor self) -> Tensor")(lambda self: _sort(self, 0)[0])


@op(
    "aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)"
)
def topk(self: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Array, Array]:
    """The k largest (or smallest) values along ``dim`` with their positions, best first."""
    dim = wrap_dim(dim, self.ndim)
    if not 0 <= k <= (self.shape[dim] if self.ndim else 1):
        raise RuntimeError("selected index k out of range")
    require_supported(self.dtype.kind != "c", "topk_cpu", dtype_of(self))
    if self.ndim == 0:
        return self.copy(), np.zeros((), np.int64)
    indices = order(self, dim, largest)[(slice(None),) * dim + (slice(k),)]
    return np.take_along_axis(self, indices, axis=dim), indices.copy()


@op("aten::kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)")
def kthvalue(self: Array, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The k-th smallest value along ``dim``, counted from 1."""
    dim = wrap_dim(dim, self.ndim)
    extent = self.shape[dim] if self.ndim else 1
    if extent == 0:
        raise IndexError(f"kthvalue(): Expected reduction dim {dim} to have non-zero size.")
    if not 1 <= k <= extent:
        raise RuntimeError("kthvalue(): selected number k out of range for dimension " + str(dim))
    if self.ndim == 0:
        return self.copy(), np.zeros((), np.int64)
    indices = order(self, dim, False)[(slice(None),) * dim + (slice(k - 1, k),)]
    values = np.take_along_axis(self, indices, axis=dim)
    return (values, indices.copy()) if keepdim else (values.squeeze(dim), indices.squeeze(dim).copy())


# --- unique --------------------------------------------------------------------------------------------------------


def _distinct(keys: Array) -> tuple[Array, Array, Array]:
    """Positions of the first of each distinct value in ascending order, the inverse, the counts.  NaNs are distinct."""
    ascending = np.argsort(keys, kind="stable")
    ordered = keys[ascending]
    fresh = np.ones(len(ordered), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    group = np.cumsum(fresh) - 1
    inverse = np.empty(len(keys), np.int64)
    inverse[ascending] = group
    return ascending[fresh], inverse, np.bincount(group, minlength=int(fresh.sum())).astype(np.int64)


def _unique(
    self: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Array, Array, Array]:
    first, inverse, counts = _distinct(_keys(self).reshape(-1))
    none = np.zeros(0, np.int64)
    return (
        self.reshape(-1)[first],
        inverse.reshape(self.shape) if return_inverse else none,
        counts if return_counts else none,
    )


unique = op(
    "aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)"
)(_unique)
op("aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)", no_cpp=NOT_WRITTEN)(
    lambda self, sorted=True, return_inverse=False: _unique(self, sorted, return_inverse)[:2]
)


def _rows(self: Array, dim: int) -> Array:
    moved = np.moveaxis(_keys(self), dim, 0)
    return moved.reshape(moved.shape[0], -1)


@op(
    "aten::unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)",
    no_cpp=NOT_WRITTEN,
)
def unique_dim(
    self: Array, dim: int, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Array, Array, Array]:
    """Distinct slices along ``dim`` in lexicographic order."""
    dim = wrap_dim(dim, self.ndim)
    rows = _rows(self, dim)
    ascending = np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(len(rows))
    ordered = rows[ascending]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(1)
    group = np.cumsum(fresh) - 1
    inverse = np.empty(len(rows), np.int64)
    inverse[ascending] = group
    counts = np.bincount(group, minlength=int(fresh.sum())).astype(np.int64)
    return np.take(self, ascending[fresh], axis=dim), inverse, counts


def _consecutive(
    self: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> tuple[Array, Array, Array]:
    flat = dim is None
    axis = 0 if dim is None else wrap_dim(dim, self.ndim)
    values = self.reshape(-1) if flat else self
    rows = _rows(values, axis)
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (rows[1:] != rows[:-1]).any(1)
    group = np.cumsum(fresh) - 1
    none = np.zeros(0, np.int64)
    inverse = group.astype(np.int64).reshape(self.shape if flat else (-1,))
    counts = np.bincount(group, minlength=int(fresh.sum())).astype(np.int64)
    kept = np.take(values, np.flatnonzero(fresh), axis=axis)
    if flat:
        return kept, inverse if return_inverse else none, counts if return_counts else none
    return kept, inverse, counts


unique_consecutive = op(
    "aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, "
    "int? dim=None) -> (Tensor, Tensor, Tensor)",
    no_cpp=NOT_WRITTEN,
)(_consecutive)
op(
    "aten::unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, "
    "bool return_counts=False) -> (Tensor, Tensor, Tensor)",
    no_cpp=NOT_WRITTEN,
)(lambda self, dim, return_inverse=False, return_counts=False: _consecutive(self, return_inverse, return_counts, dim))

# --- binary search -------------------------------------------------------------------------------------------------


def _search(boundaries: Array, values: Array, right: bool, out_int32: bool) -> Array:
    common = result_type(boundaries, values)
    edges, wanted = _keys(cast(boundaries, common)), _keys(cast(values, common))
    side: Any = "right" if right else "left"
    if edges.ndim == 1:
        found = np.searchsorted(edges, wanted, side=side)
    else:
        rows = edges.reshape(-1, edges.shape[-1])
        parts = wanted.reshape(rows.shape[0], -1)
        found = np.stack([np.searchsorted(r, v, side=side) for r, v in zip(rows, parts, strict=True)])
        found = found.reshape(wanted.shape)
    return np.asarray(found).astype(np.int32 if out_int32 else np.int64)


def _sorted_by(sequence: Array, sorter: Array) -> Array:
    """A sequence in the order that ``sorter`` gives, along the last dimension."""
    if sorter.shape != sequence.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
            f"{list(sequence.shape)}and got sorter tensor {list(sorter.shape)}"
        )
    if dtype_of(sorter) is not D.int64:
        raise RuntimeError(
            f"torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {dtype_of(sorter).graph_name}"
        )
    if sorter.size and (sorter.min() < 0 or sorter.max() >= sorter.shape[-1]):
        raise RuntimeError("torch.searchsorted(): sorter index out of range")
    return np.take_along_axis(sequence, sorter, axis=-1)


def _searchsorted(
    sorted_sequence: Array,
    self: Array | Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    if side is not None and side not in ("left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    values = self if isinstance(self, np.ndarray) else np.asarray(self)
    if values.dtype == np.float64 and not isinstance(self, np.ndarray):
        values = values.astype(sorted_sequence.dtype if sorted_sequence.dtype.kind == "f" else np.float32)
    if sorted_sequence.ndim > 1 and values.shape[:-1] != sorted_sequence.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(sorted_sequence.shape)} and "
            f"input value tensor {list(values.shape)}"
        )
    edges = _sorted_by(sorted_sequence, sorter) if sorter is not None else sorted_sequence
    return _search(edges, values, right or side == "right", out_int32)


searchsorted = op(
    "aten::searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, "
    "bool right=False, str? side=None, Tensor? sorter=None) -> Tensor"
)(_searchsorted)
op(
    "aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, "
    "bool right=False, str? side=None, Tensor? sorter=None) -> Tensor"
)(_searchsorted)


def _bucketize(self: Any, boundaries: Array, *, out_int32: bool = False, right: bool = False) -> Array:
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return _searchsorted(boundaries, self, out_int32=out_int32, right=right)


bucketize = op(
    "aten::bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor"
)(_bucketize)
op("aten::bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor")(
    _bucketize
)
