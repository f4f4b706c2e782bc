"""Operators that put maxima back where a pooling found them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import as_tuple, list_text, require_numel
from transpile.ops.promotion import Array, dtype_of, shape_text

FAMILY = Family("unpooling", tags=("nofold",))
op = FAMILY.op
Ints = Sequence[int]


def _check_operands(self: Array, indices: Array, rank: int) -> None:
    if self.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Input to max_unpooling{rank}d should be a {rank + 1}d or {rank + 2}d Tensor, but got a tensor with "
            f"{self.ndim} dimensions."
        )
    if self.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({shape_text(self.shape)}) but got "
            f"indices tensor with shape: {shape_text(indices.shape)}"
        )
    for dim in range(self.ndim - rank - 1, self.ndim):
        if self.shape[dim] == 0 and (dim > 0 or self.ndim == rank + 1):
            raise RuntimeError(
                f"max_unpooling{rank}d_forward_out_cpu(): Expected input to have non-zero size for non-batch "
                f"dimensions, but got {shape_text(self.shape)} with dimension {dim} being empty."
            )


def _unpool(self: Array, indices: Array, output: tuple[int, ...]) -> Array:
    rank = len(output)
    _check_operands(self, indices, rank)
    if min(output) < 0:
        shown = f"({', '.join(map(str, output))})"
        raise RuntimeError(
            f"max_unpooling{rank}d(): output_size must contain non-negative spatial dimensions, but got "
            f"output_size={shown}"
        )
    shape = (*self.shape[:-rank], *output)
    require_numel(shape)
    require_supported(dtype_of(self).category == D.FLOATING, f"max_unpool{rank}d", dtype_of(self))
    volume = math.prod(output)
    count = math.prod(self.shape[:-rank])
    places = indices.reshape(count, math.prod(self.shape[-rank:]))
    wrong = places[(places < 0) | (places >= volume)]
    if wrong.size:
        raise RuntimeError(
            f"Found an invalid max index: {int(wrong[-1])} (output volumes are of size {'x'.join(map(str, output))})"
        )
    result = np.zeros((count, volume), self.dtype)
    result[np.arange(count)[:, None], places] = self.reshape(places.shape)
    return result.reshape(shape)


@op("aten::max_unpool2d(Tensor self, Tensor indices, int[2] output_size) -> Tensor")
def max_unpool2d(self: Array, indices: Array, output_size: Ints) -> Array:
    if dtype_of(indices) is not D.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {dtype_of(indices).graph_name}")
    if len(output_size) != 2:
        raise RuntimeError(
            f"There should be exactly two elements (height, width) in output_size, but got {len(output_size)} elements."
        )
    return _unpool(self, indices, as_tuple(output_size, 2))


@op("aten::max_unpool3d(Tensor self, Tensor indices, int[3] output_size, int[3] stride, int[3] padding) -> Tensor")
def max_unpool3d(self: Array, indices: Array, output_size: Ints, stride: Ints, padding: Ints) -> Array:
    if dtype_of(indices) is not D.int64:
        raise RuntimeError("elements in indices should be type int64")
    for name, values, colon in (("output_size", output_size, ""), ("stride", stride, ":"), ("padding", padding, ":")):
        if len(values) != 3:
            raise RuntimeError(
                f"There should be exactly three elements (depth, height, width) in {name}, but got{colon} "
                f"{len(values)} elements."
            )
    if min(stride) <= 0:
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list_text(stride)}")
    return _unpool(self, indices, as_tuple(output_size, 3))
