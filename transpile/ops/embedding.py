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
