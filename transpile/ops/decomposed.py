"""Operators that PyTorch's own compositions call: normalisation with its statistics, masked indexing, chunks side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core.dtype import DType
from transpile.ops import factory, indexing, normalization, softmax
from transpile.ops.families import Family
from transpile.ops.promotion import Array, Number, cast, cast_number, compute_dtype, dtype_of, wrap_dim

FAMILY = Family("decomposed")
op = FAMILY.op

Maybe = Array | None
_Three = tuple[Array, Array, Array]


@op(
    "aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps) "
    "-> (Tensor, Tensor, Tensor)"
)
def native_group_norm(
    input: Array, weight: Maybe, bias: Maybe, N: int, C: int, HxW: int, group: int, eps: float
) -> _Three:
    out = normalization.group_norm(input, group, weight, bias, eps)
    if input.shape[:2] != (N, C) or math.prod(input.shape[2:]) != HxW:
        raise RuntimeError(
            "Expected X.numel() == N * C * HxW to be true, but got false.  (Could this error message be improved?  If so, "
            "please report an enhancement request to PyTorch.)"
        )
    if not (input.flags.c_contiguous or (input.ndim in (4, 5) and np.moveaxis(input, 1, -1).flags.c_contiguous)):
        raise RuntimeError(
            "Expected X.is_contiguous(memory_format) to be true, but got false.  (Could this error message be improved?  "
            "If so, please report an enhancement request to PyTorch.)"
        )
    dtype = dtype_of(input)
    values = cast(input, compute_dtype(dtype)).reshape(N, group, C // group * HxW).astype(np.float64)
    with np.errstate(all="ignore"):
        mean = values.mean(axis=2) if values.shape[2] else np.full((N, group), np.nan)
        var = values.var(axis=2) if values.shape[2] else np.full((N, group), np.nan)
        rstd = 1 / np.sqrt(var + eps)
    return out, mean.astype(dtype.numpy), rstd.astype(dtype.numpy)


_BATCH = "(Tensor input, Tensor? weight, Tensor? bias, "
_LEGIT = "bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)"


@op(f"aten::_native_batch_norm_legit{_BATCH}Tensor(a!) running_mean, Tensor(b!) running_var, {_LEGIT}")
def native_batch_norm_legit(
    input: Array, weight: Maybe, bias: Maybe, running_mean: Array, running_var: Array, training: bool, momentum: float,
    eps: float,
) -> _Three:  # fmt: skip
    return normalization.native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


@op(f"aten::_native_batch_norm_legit.no_stats{_BATCH}{_LEGIT}")
def native_batch_norm_without_statistics(
    input: Array, weight: Maybe, bias: Maybe, training: bool, momentum: float, eps: float
) -> _Three:
    return normalization.native_batch_norm(input, weight, bias, None, None, training, momentum, eps)


@op(
    f"aten::_batch_norm_with_update{_BATCH}Tensor(a!) running_mean, Tensor(b!) running_var, float momentum, float eps) "
    "-> (Tensor, Tensor, Tensor, Tensor)"
)
def batch_norm_with_update(
    input: Array, weight: Maybe, bias: Maybe, running_mean: Array, running_var: Array, momentum: float, eps: float
) -> tuple[Array, Array, Array, Array]:
    """Batch norm in training; the fourth result is memory that other kernels keep for the backward pass."""
    found = normalization.native_batch_norm(input, weight, bias, running_mean, running_var, True, momentum, eps)
    return (*found, np.empty(0, np.uint8))


@op("aten::_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor")
def safe_softmax(self: Array, dim: int, dtype: DType | None = None) -> Array:
    """The softmax; a row of -inf gives zeros."""
    result = softmax.softmax(self, dim, dtype)
    if self.ndim == 0:
        return np.zeros_like(result) if np.isneginf(self) else result
    nothing = (self == -np.inf).all(axis=wrap_dim(dim, self.ndim), keepdims=True)
    return np.where(nothing, result.dtype.type(0), result)


@op("aten::_chunk_cat(Tensor[] tensors, int dim, int num_chunks) -> Tensor")
def chunk_cat(tensors: Sequence[Array], dim: int, num_chunks: int) -> Array:
    """Each tensor padded with zeros to ``num_chunks`` equal chunks along ``dim``, which lie side by side."""
    if not tensors:
        raise RuntimeError("_chunk_cat expects a non-empty input tensor list")
    if num_chunks < 1:
        raise RuntimeError("_chunk_cat expects positive num_chunks")
    at = wrap_dim(dim, tensors[0].ndim)
    parts = []
    for tensor in tensors:
        if tensor.dtype != tensors[0].dtype:
            raise RuntimeError("_chunk_cat expects all input tensors with the same dtype")
        wrap_dim(dim, tensor.ndim)
        if tensor.shape[:at] != tensors[0].shape[:at]:
            raise RuntimeError("_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors")
        length = -(-tensor.shape[at] // num_chunks)
        padded = np.zeros((*tensor.shape[:at], length * num_chunks, *tensor.shape[at + 1 :]), tensor.dtype)
        padded[(slice(None),) * at + (slice(tensor.shape[at]),)] = tensor
        parts.append(padded.reshape(*tensor.shape[:at], num_chunks, length * math.prod(tensor.shape[at + 1 :])))
    return np.concatenate(parts, axis=-1)


def _inside(self: Array, indices: Sequence[Array | None]) -> list[Array | None]:
    """Indices without those that are out of range."""
    limits = iter(self.shape)
    found: list[Array | None] = []
    for index in indices:
        size = next(limits, 1)
        found.append(None if index is None else np.clip(index, -size, size - 1))
    return found


@op("aten::_unsafe_masked_index(Tensor self, Tensor mask, Tensor?[] indices, Scalar fill) -> Tensor")
def unsafe_masked_index(self: Array, mask: Array, indices: Sequence[Array | None], fill: Number) -> Array:
    """What is at the indices where ``mask`` is true, else ``fill``."""
    found = indexing.index(self, _inside(self, indices)) if self.size else _nothing(self, mask, indices)
    return np.asarray(np.where(mask, found, cast_number(fill, dtype_of(self))), self.dtype)


def _nothing(self: Array, mask: Array, indices: Sequence[Array | None]) -> Array:
    shape = np.broadcast_shapes(mask.shape, *(i.shape for i in indices if i is not None))
    return np.zeros(shape, self.dtype)


@op("aten::_unsafe_masked_index_put_accumulate(Tensor self, Tensor mask, Tensor?[] indices, Tensor values) -> Tensor")
def unsafe_masked_index_put_accumulate(
    self: Array, mask: Array, indices: Sequence[Array | None], values: Array
) -> Array:
    """The sum of ``self`` and, at the indices, of ``values`` where ``mask`` is true."""
    if not self.size:
        return self.copy()
    kept = np.where(mask, values, values.dtype.type(0))
    return indexing.index_put(self, _inside(self, indices), kept, True)


@op(
    "aten::empty_permuted(int[] size, int[] physical_layout, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=("factory",),
)
def empty_permuted(size: Sequence[int], physical_layout: Sequence[int], *, dtype: DType | None = None) -> Any:
    """Uninitialised, the dimensions in memory in the order of ``physical_layout``."""
    if len(size) != len(physical_layout):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(size)} is not equal to len(physical_layout) = {len(physical_layout)}"
        )
    for place, d in enumerate(physical_layout):
        if not 0 <= d < len(size):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {d} at index {place}).  "
                "NB: negative dims not currently supported; file an issue if you want it."
            )
    if len(set(physical_layout)) != len(size):
        raise RuntimeError("Duplicate dim not allowed")
    made = factory.empty([size[d] for d in physical_layout], dtype)
    return made.transpose(np.argsort(physical_layout)) if size else made
