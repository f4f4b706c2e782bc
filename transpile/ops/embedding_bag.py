"""Sums, means and maxima of the rows of a table that the indices of a bag name."""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.families import Family
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of

FAMILY = Family("embedding_bag", tags=("nofold",))
op = FAMILY.op
Results = tuple[Array, Array, Array, Array]
_SUM, _MEAN, _MAX = range(3)


def _expected(condition: str) -> str:
    return (
        f"Expected {condition} to be true, but got false.  (Could this error message be improved?  If so, please report "
        "an enhancement request to PyTorch.)"
    )


def _check_kinds(weight: Array, indices: Array, offsets: Array) -> None:
    if indices.ndim not in (1, 2):
        raise RuntimeError(f"input has to be a 1D or 2D Tensor, but got Tensor of dimension {indices.ndim}")
    if offsets.ndim != 1:
        raise RuntimeError(f"offsets has to be a 1D Tensor, but got Tensor of dimension {offsets.ndim}")
    if weight.ndim != 2:
        raise RuntimeError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    common = D.promote_types(dtype_of(indices), dtype_of(offsets))
    if common not in (D.int64, D.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"{_type_name(common)} instead (while checking arguments for embedding_bag)"
        )
    if dtype_of(weight).category != D.FLOATING:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got {_type_name(dtype_of(weight))} instead (while checking arguments for "
            "embedding_bag)"
        )


def _type_name(dtype: DType) -> str:
    return f"CPU{dtype.graph_name}Type" if dtype.is_complex else f"torch.{dtype.graph_name}Tensor"


def _check(
    weight: Array, indices: Array, offsets: Array, mode: int, per_sample: Array | None, include_last: bool
) -> None:
    _check_kinds(weight, indices, offsets)
    if mode not in (_SUM, _MEAN, _MAX):
        raise RuntimeError("`mode` must be sum, mean, or max.")
    if offsets.size and offsets[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {int(offsets[0])}"
        )
    if offsets.size and offsets[-1] > indices.shape[0]:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {indices.shape[0]} but got offsets[-1] of "
            f"{int(offsets[-1])}"
        )
    if per_sample is not None:
        if mode != _SUM:
            raise RuntimeError("embedding_bag: per_sample_weights only supported with mode='sum'")
        if dtype_of(per_sample) is not dtype_of(weight):
            raise RuntimeError(
                "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
                f"'per_sample_weights'; but type {_type_name(dtype_of(weight))} does not equal "
                f"{_type_name(dtype_of(per_sample))} (while checking arguments for embedding_bag)"
            )
        if per_sample.ndim != 1:
            raise RuntimeError(_expected("per_sample_weights.value().dim() == 1"))
        if per_sample.size != indices.size:
            raise RuntimeError(_expected("per_sample_weights.value().numel() == indices.numel()"))
    if include_last and not offsets.size:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")


def _require_rows(wrong: Array, flat: Array, rows: int, fast: bool, several: bool) -> None:
    """Raise torch's error for the first of the positions ``wrong``, whose indices name no row."""
    if not wrong.size:
        return
    place, value = int(wrong[0]), int(flat[wrong[0]])
    if fast:
        # What torch says of one among several bags depends on the number of threads.
        more = ": index out of range" if several else ""
        raise RuntimeError(
            f"Index {place} of input takes value {value} which is not in the valid range [0, {rows}){more}"
        )
    raise RuntimeError(f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {value}")


def _places(offsets: Array, indices: Array, count: int, fast: bool) -> Array:
    """The bag of every index."""
    starts = offsets[:count]
    if starts.size and (starts.min() < 0 or starts.max() > indices.shape[0]):
        raise IndexError("index out of range in self")
    if fast and (np.diff(offsets) < 0).any():
        raise RuntimeError(_expected("i < index_size"))
    if not fast and indices.size != indices.shape[0]:
        raise RuntimeError(_expected("select_indices.numel() == add_indices.numel()"))
    return np.asarray(np.searchsorted(np.sort(starts), np.arange(indices.shape[0]), side="right") - 1)


def _bags(
    weight: Array, indices: Array, offsets: Array, mode: int, per_sample: Array | None, include_last: bool,
    padding: int, forward_only: bool,
) -> Results:  # fmt: skip
    """``forward_only`` is the variant for weights without a gradient; it tells in the sizes of what nobody reads."""
    _check(weight, indices, offsets, mode, per_sample, include_last)
    kind = np.promote_types(indices.dtype, offsets.dtype)
    count = offsets.size - int(include_last)
    dtype = dtype_of(weight)
    compute = compute_dtype(dtype)
    # torch has a faster way for these, which reports errors in other words and needs no list of places.
    fast = mode != _MAX and dtype is not D.float64 and padding < 0 and weight.strides[1] == weight.itemsize
    places = _places(offsets, indices, count, fast)
    flat = indices.reshape(-1)
    if fast:  # indices of a minibatch count as one row of indices
        end = int(offsets[-1]) if include_last else flat.size
        bag = np.searchsorted(offsets[:count], np.arange(end), side="right") - 1
    else:
        bag, end = places, flat.size
    named = flat[:end] if count else flat[:0]
    bag = bag[: named.size]
    wrong = np.flatnonzero((named < 0) | (named >= weight.shape[0]))
    _require_rows(wrong, flat, weight.shape[0], fast, count > 1)
    chosen = np.flatnonzero(named != padding)
    ends = np.append(offsets[1:count], indices.shape[0])[:count]
    sizes = (ends - offsets[:count] - np.bincount(bag[named == padding], minlength=count)[:count]).astype(kind)
    rows = cast(weight[named[chosen]], compute)
    if per_sample is not None:
        rows = rows * cast(per_sample[chosen], compute)[:, None]
    result = np.zeros((count, weight.shape[1]), compute.numpy)
    highest = np.zeros((count, weight.shape[1]), kind)
    if mode == _MAX:
        seen = np.zeros(count, np.bool_)
        for own, row, index in zip(bag[chosen].tolist(), rows, named[chosen], strict=True):
            better = (row > result[own]) | (not seen[own])
            result[own][better], highest[own][better] = row[better], index
            seen[own] = True
    else:
        np.add.at(result, bag[chosen], rows)
    if mode == _MEAN:
        result = result / np.maximum(sizes, 1).astype(compute.numpy)[:, None]
    values = cast(result, dtype)
    if mode == _SUM:
        blank = np.zeros(offsets.size if forward_only else count, kind)
        return values, places[: 0 if fast else None].astype(kind), blank, blank.copy()
    return values, places.astype(kind), sizes, highest if mode == _MAX else sizes.copy()


@op(
    "aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, "
    "bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False) "
    "-> (Tensor, Tensor, Tensor, Tensor)"
)
def embedding_bag(
    weight: Array, indices: Array, offsets: Array, scale_grad_by_freq: bool = False, mode: int = 0,
    sparse: bool = False, per_sample_weights: Array | None = None, include_last_offset: bool = False,
) -> Results:  # fmt: skip
    return _bags(weight, indices, offsets, mode, per_sample_weights, include_last_offset, -1, True)


@op(
    "aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, "
    "bool sparse, Tensor? per_sample_weights, bool include_last_offset, int? padding_idx) "
    "-> (Tensor, Tensor, Tensor, Tensor)"
)
def embedding_bag_padding(
    weight: Array, indices: Array, offsets: Array, scale_grad_by_freq: bool, mode: int, sparse: bool,
    per_sample_weights: Array | None, include_last_offset: bool, padding_idx: int | None,
) -> Results:  # fmt: skip
    padding = -1
    if padding_idx is not None:
        rows = weight.shape[0]
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got "
                f"{padding_idx}"
            )
        padding = padding_idx % rows
    return _bags(weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding, True)


for _name, _forward_only in (("_embedding_bag", False), ("_embedding_bag_forward_only", True)):

    def _run(
        weight: Array, indices: Array, offsets: Array, scale_grad_by_freq: bool = False, mode: int = 0,
        sparse: bool = False, per_sample_weights: Array | None = None, include_last_offset: bool = False,
        padding_idx: int = -1, _forward_only: bool = _forward_only,
    ) -> Results:  # fmt: skip
        return _bags(
            weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding_idx, _forward_only
        )

    op(
        f"aten::{_name}(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, "
        "bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, int padding_idx=-1) "
        "-> (Tensor, Tensor, Tensor, Tensor)"
    )(_run)
