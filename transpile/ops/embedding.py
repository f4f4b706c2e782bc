"""Operators of the embedding family: table look-up, bags of rows, one-hot vectors."""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, require_writable

FAMILY = Family("embedding")
op = FAMILY.op


def _check_indices(weight: Array, indices: Array, name: str) -> None:
    if dtype_of(indices) not in (D.int64, D.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{dtype_of(indices).graph_name}Tensor instead (while checking arguments for {name})"
        )
    if indices.size and (indices.min() < 0 or indices.max() >= weight.shape[0]):
        raise IndexError("index out of range in self")


@op(
    "aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, "
    "bool sparse=False) -> Tensor",
    tags=("nofold",),
)
def embedding(
    weight: Array, indices: Array, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Array:
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    _check_indices(weight, indices, "embedding")
    return np.take(weight, indices.reshape(-1), axis=0).reshape(*indices.shape, weight.shape[1])


@op("aten::embedding_renorm_(Tensor(a!) self, Tensor indices, float max_norm, float norm_type) -> Tensor(a!)")
def embedding_renorm_(self: Array, indices: Array, max_norm: float, norm_type: float) -> Array:
    _check_indices(self, indices, "embedding_renorm_")
    require_writable(self)
    compute = compute_dtype(dtype_of(self))
    for row in np.unique(indices):
        values = cast(self[row], compute)
        norm = float(np.linalg.norm(values.astype(np.float64), ord=norm_type))
        if norm > max_norm:
            self[row] = cast(values * compute.numpy.type(max_norm / (norm + 1e-7)), dtype_of(self))
    return self


def _bags(
    weight: Array, indices: Array, offsets: Array, mode: int, per_sample: Array | None, include_last: bool, padding: int
) -> tuple[Array, Array, Array, Array]:
    _check_indices(weight, indices, "embedding_bag")
    if indices.ndim != 1:
        raise RuntimeError("input has to be a 1D Tensor, but got Tensor of dimension " + str(indices.ndim))
    if offsets.size and offsets[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {int(offsets[0])}"
        )
    if per_sample is not None and mode != 0:
        raise RuntimeError("embedding_bag: per_sample_weights only supported with mode='sum'")
    count = offsets.size - int(include_last)
    ends = [*map(int, offsets), indices.size]
    dtype = dtype_of(weight)
    compute = compute_dtype(dtype)
    result = np.zeros((count, weight.shape[1]), compute.numpy)
    sizes = np.zeros(count, indices.dtype)
    places = np.empty(indices.shape, indices.dtype)
    highest = np.zeros((count, weight.shape[1]), indices.dtype)
    for bag in range(count):
        where = np.arange(ends[bag], ends[bag + 1])
        places[where] = bag
        chosen = where[indices[where] != padding]
        sizes[bag] = chosen.size
        rows = cast(weight[indices[chosen]], compute)
        if per_sample is not None:
            rows = rows * cast(per_sample[chosen], compute)[:, None]
        if not chosen.size:
            continue
        if mode == 2:
            best = rows.argmax(axis=0)
            result[bag], highest[bag] = rows.max(axis=0), indices[chosen][best]
        else:
            result[bag] = rows.sum(axis=0) if mode == 0 else rows.mean(axis=0)
    if mode == 0:
        # Sums need none of the side results; torch leaves them blank.
        return cast(result, dtype), places if padding >= 0 else places[:0], np.zeros_like(sizes), np.zeros_like(sizes)
    return cast(result, dtype), places, sizes, highest if mode == 2 else sizes


@op(
    "aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, "
    "bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False) "
    "-> (Tensor, Tensor, Tensor, Tensor)",
    tags=("nofold",),
)
def embedding_bag(
    weight: Array, indices: Array, offsets: Array, scale_grad_by_freq: bool = False, mode: int = 0,
    sparse: bool = False, per_sample_weights: Array | None = None, include_last_offset: bool = False,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    return _bags(weight, indices, offsets, mode, per_sample_weights, include_last_offset, -1)


@op(
    "aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, "
    "bool sparse, Tensor? per_sample_weights, bool include_last_offset, int? padding_idx) "
    "-> (Tensor, Tensor, Tensor, Tensor)",
    tags=("nofold",),
)
def embedding_bag_padding(
    weight: Array, indices: Array, offsets: Array, scale_grad_by_freq: bool, mode: int, sparse: bool,
    per_sample_weights: Array | None, include_last_offset: bool, padding_idx: int | None,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    padding = -1 if padding_idx is None else padding_idx % weight.shape[0]
    return _bags(weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding)
