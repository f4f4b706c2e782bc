"""Sorting, selection of the largest, unique values, binary search.  NaN counts as the largest value."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, Number, cast, dtype_of, result_type, wrap_dim

FAMILY = Family("sorting")
op = FAMILY.op


def keys_of(self: Array) -> Array:
    """The same order in a type that NumPy sorts."""
    return cast(self, D.float32) if dtype_of(self) is D.bfloat16 else self


def order(self: Array, dim: int, descending: bool) -> Array:
    """Indices that sort stably along ``dim``."""
    keys = keys_of(self)
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
    if self.dtype.kind in "bc":
        kind = "topk does not support bool" if self.dtype == bool else " topk does not support complex"
        raise RuntimeError(f"{kind} dtypes on CPU")
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
    require_supported(self.dtype.kind not in "bc", "kthvalue_cpu", dtype_of(self))
    indices = order(self, dim, False)[(slice(None),) * dim + (slice(k - 1, k),)]
    values = np.take_along_axis(self, indices, axis=dim)
    return (values, indices.copy()) if keepdim else (values.squeeze(dim), indices.squeeze(dim).copy())


# --- binary search -------------------------------------------------------------------------------------------------


def search_line(line: Array, wanted: Array, right: bool) -> Array:
    """The first place from which on elements are not smaller than a value (larger if ``right``).

    What no comparison with nan says is taken for no, as in PyTorch.
    """
    if line.dtype.kind != "f" or not np.isnan(line).any():
        return np.asarray(np.searchsorted(line, wanted, side="right" if right else "left"))
    begin, end = np.zeros(wanted.shape, np.int64), np.full(wanted.shape, len(line))
    while (begin < end).any():
        middle = np.minimum((begin + end) // 2, len(line) - 1)
        found = line[middle] > wanted if right else line[middle] >= wanted
        open_ = begin < end
        begin, end = np.where(open_ & ~found, middle + 1, begin), np.where(open_ & found, middle, end)
    return begin


def _search(boundaries: Array, values: Array, right: bool, out_int32: bool) -> Array:
    common = result_type(boundaries, values)
    require_supported(common.category in (D.INTEGRAL, D.FLOATING), "searchsorted_out_cpu", common)
    if not values.size:
        return np.zeros(values.shape, np.int32 if out_int32 else np.int64)
    edges, wanted = keys_of(cast(boundaries, common)), keys_of(cast(values, common))
    if edges.ndim == 1:
        found = search_line(edges, wanted, right)
    else:
        rows = edges.reshape(-1, edges.shape[-1])
        parts = wanted.reshape(rows.shape[0], -1)
        found = np.stack([search_line(r, v, right) for r, v in zip(rows, parts, strict=True)])
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
        values = values.astype(sorted_sequence.dtype if dtype_of(sorted_sequence).is_floating_point else np.float32)
    if not sorted_sequence.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if sorted_sequence.ndim > 1 and not values.ndim:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({sorted_sequence.ndim}) and input value's dim(0) numel(1)"
        )
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
    "bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
    header="search",
)(_searchsorted)
op(
    "aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, "
    "bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
    header="search",
)(_searchsorted)


def _bucketize(self: Any, boundaries: Array, *, out_int32: bool = False, right: bool = False) -> Array:
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return _searchsorted(boundaries, self, out_int32=out_int32, right=right)


bucketize = op(
    "aten::bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
    header="search",
)(_bucketize)
op(
    "aten::bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
    header="search",
)(_bucketize)
