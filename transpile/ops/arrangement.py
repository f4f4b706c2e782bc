"""Operators that copy: repeating, turning, triangles, padding, channels into space."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from transpile.ops import padding
from transpile.ops.families import Family, in_place
from transpile.ops.layout import as_tuple, dense, list_text, require_allocatable
from transpile.ops.promotion import (
    Array,
    Number,
    dtype_of,
    shape_text,
    to_element,
    wrap_dim,
    wrap_dims,
)

FAMILY = Family("arrangement")
op = FAMILY.op


# --- repeating and turning


@op("aten::repeat(Tensor self, int[] repeats) -> Tensor")
def repeat(self: Array, repeats: Sequence[int]) -> Array:
    if len(repeats) < self.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    padded = (1,) * (len(repeats) - self.ndim) + self.shape
    target = [n * r for n, r in zip(padded, repeats, strict=True)]
    for extent in target:
        if extent < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {extent}: {list_text(target)}")
    require_allocatable(target, self.itemsize)
    return dense(np.tile(self, repeats)) if math.prod(target) else np.empty(target, self.dtype)


@op("aten::tile(Tensor self, int[] dims) -> Tensor")
def tile(self: Array, dims: Sequence[int]) -> Array:
    repeats = (1,) * (self.ndim - len(dims)) + tuple(dims)
    return repeat.kernel(self, repeats)  # type: ignore[misc]


def _repeat_each(array: Array, repeats: int | Array, dim: int | None, output_size: int | None) -> Array:
    if dim is None:
        array, dim = array.reshape(-1), 0
    at = wrap_dim(dim, array.ndim)
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        wrap_dim(dim + 1 if dim >= 0 else dim, array.ndim + 1 if array.ndim else 0)
        if array.size * repeats >= 1 << 63:
            raise RuntimeError("numel: integer multiplication overflow")
        if output_size is not None and output_size != repeats * array.shape[at]:
            raise RuntimeError(
                f"repeat_interleave: Invalid output_size, expected {repeats * array.shape[at]} but got {output_size}"
            )
        if not array.size:  # many times nothing
            return np.zeros((*array.shape[:at], array.shape[at] * repeats, *array.shape[at + 1 :]), array.dtype)
        return dense(np.repeat(array, repeats, axis=at))
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    name = dtype_of(repeats).graph_name
    if name not in ("Int", "Long"):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{name}'")
    if repeats.size and repeats.min() < 0:
        raise RuntimeError("repeats can not be negative")
    if repeats.size != 1 and repeats.size != array.shape[at]:
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {repeats.size} and "
            f"input.size({at}) = {array.shape[at]}"
        )
    if repeats.size == 0:
        output_size = None
    required = int(repeats.sum()) * (array.shape[at] if array.ndim and repeats.size == 1 else 1)
    if output_size is not None and output_size != required:
        raise RuntimeError("allocated size does not match required size")
    return dense(np.repeat(array, repeats, axis=at))


@op("aten::repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor")
def repeat_interleave(repeats: Array, *, output_size: int | None = None) -> Array:
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if dtype_of(repeats).name not in ("int32", "int64"):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{dtype_of(repeats).graph_name}'")
    if repeats.size and repeats.min() < 0:
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != int(repeats.sum()):
        raise RuntimeError("allocated size does not match required size")
    return np.repeat(np.arange(repeats.size, dtype=repeats.dtype), repeats)


@op(
    "aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? output_size=None) -> "
    "Tensor"
)
def repeat_interleave_tensor(
    self: Array, repeats: Array, dim: int | None = None, *, output_size: int | None = None
) -> Array:
    return _repeat_each(self, repeats, dim, output_size)


@op("aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor")
def repeat_interleave_int(
    self: Array, repeats: int, dim: int | None = None, *, output_size: int | None = None
) -> Array:
    return _repeat_each(self, repeats, dim, output_size)


@op("aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor")
def roll(self: Array, shifts: int | Sequence[int], dims: int | Sequence[int] = ()) -> Array:
    amounts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    axes = (dims,) if isinstance(dims, int) else tuple(dims)
    if not amounts:
        raise RuntimeError("`shifts` required")
    if not axes and len(amounts) == 1:
        return dense(np.roll(dense(self), amounts[0]))
    if len(amounts) != len(axes):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(amounts)}, dims:{len(axes)}")
    if not self.size:
        return self.copy("C")
    if not self.ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    wrapped = tuple(wrap_dim(d, self.ndim) for d in axes)
    return dense(np.roll(self, amounts, wrapped))


def _flip(array: Array, dims: Sequence[int]) -> Array:
    axes = wrap_dims(tuple(dims), array.ndim) if len(dims) else ()
    return np.flip(array, axes).copy("C")


@op("aten::flip(Tensor self, int[] dims) -> Tensor")
def flip(self: Array, dims: Sequence[int]) -> Array:
    return _flip(self, dims)


@op("aten::fliplr(Tensor self) -> Tensor")
def fliplr(self: Array) -> Array:
    if self.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _flip(self, [1])


@op("aten::flipud(Tensor self) -> Tensor")
def flipud(self: Array) -> Array:
    if self.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _flip(self, [0])


@op("aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor")
def rot90(self: Array, k: int = 1, dims: Sequence[int] = (0, 1)) -> Array:
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if self.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {self.ndim}")
    if wrap_dim(dims[0], self.ndim) == wrap_dim(dims[1], self.ndim):
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return np.rot90(self, k, (dims[0], dims[1])).copy("C")


# --- triangles and diagonals


def _triangle(array: Array, diagonal: int, lower: bool) -> Array:
    if array.ndim < 2:
        raise RuntimeError(f"{'tril' if lower else 'triu'}: input tensor must have at least 2 dimensions")
    rows, columns = array.shape[-2:]
    distance = np.arange(columns)[None, :] - np.arange(rows)[:, None]
    kept = distance <= diagonal if lower else distance >= diagonal
    result = np.zeros(array.shape, array.dtype)
    np.copyto(result, array, where=kept)
    return result


@op("aten::tril(Tensor self, int diagonal=0) -> Tensor")
def tril(self: Array, diagonal: int = 0) -> Array:
    return _triangle(self, diagonal, True)


@op("aten::triu(Tensor self, int diagonal=0) -> Tensor")
def triu(self: Array, diagonal: int = 0) -> Array:
    return _triangle(self, diagonal, False)


tril_ = in_place(tril)
triu_ = in_place(triu)


@op("aten::diagflat(Tensor self, int offset=0) -> Tensor")
def diagflat(self: Array, offset: int = 0) -> Array:
    """A matrix with the elements, whatever their shape, on a diagonal."""
    return np.diag(self.reshape(-1), offset)


@op("aten::diag(Tensor self, int diagonal=0) -> Tensor")
def diag(self: Array, diagonal: int = 0) -> Array:
    if self.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {self.ndim}D")
    if self.ndim == 2:
        reach = max(self.shape)
        return np.diag(self, min(max(diagonal, -reach), reach)).copy("C")
    extent = self.size + abs(diagonal)
    require_allocatable((extent, extent), self.itemsize)
    return np.diag(self, diagonal).copy("C")


@op("aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor")
def diag_embed(self: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    rank = self.ndim + 1
    first, second = wrap_dim(dim1, rank), wrap_dim(dim2, rank)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    extent = self.shape[-1] + abs(offset)
    shape = list(self.shape[:-1])
    for at in sorted((first, second)):
        shape.insert(at, extent)
    result = np.zeros(shape, self.dtype)
    target = result.diagonal(offset, first, second)
    target.setflags(write=True)
    target[...] = self
    return result


@op("aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)")
def fill_diagonal_(self: Array, fill_value: Number, wrap: bool = False) -> Array:
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.ndim > 2 and len(set(self.shape)) != 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    number = to_element(fill_value, dtype_of(self))
    rows, columns = self.shape[0], self.shape[1]
    for start in range(0, rows, columns + 1) if wrap and self.ndim == 2 and columns else (0,):
        steps = np.arange(min(rows - start, *self.shape[1:]))
        places = (steps + start, *(steps for _ in self.shape[1:]))
        self[places] = number
    return self


# --- padding


@op("aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor", header="padding")
def constant_pad_nd(self: Array, pad: Sequence[int], value: Number = 0) -> Array:
    return padding.pad_constant(self, pad, value)


@op(
    'aten::pad(Tensor self, int[] pad, str mode="constant", float? value=None) -> Tensor',
    header="padding",
    tags=("lends",),
)
def pad(self: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Array:
    return padding.pad_any(self, pad, mode, value)


@op(
    "aten::_pad_enum(Tensor self, int[] pad, int mode, float? value=None) -> Tensor",
    header="padding",
    tags=("lends",),
)
def pad_enum(self: Array, pad: Sequence[int], mode: int, value: float | None = None) -> Array:
    if not 0 <= mode < len(padding.MODES):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    return padding.pad_any(self, pad, padding.MODES[mode], value)


@op("aten::_pad_circular(Tensor self, int[] pad) -> Tensor", cpp='ops::pad({0}, {1}, "circular")', header="padding")
def pad_circular(self: Array, pad: Sequence[int]) -> Array:
    return padding.pad_any(self, pad, "circular", None)


def _padding_layer(mode: str, rank: int) -> None:
    name = "reflect" if mode == "reflection" else "replicate"

    def run(self: Array, given: int | Sequence[int]) -> Array:
        return padding.pad_any(self, as_tuple(given, 2 * rank), name, None)

    run.__module__ = __name__
    op(f"aten::{mode}_pad{rank}d(Tensor self, int[{2 * rank}] padding) -> Tensor", header="padding")(run)


for _rank in (1, 2, 3):
    _padding_layer("reflection", _rank)
    _padding_layer("replication", _rank)


# --- channels and space


@op("aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor")
def pixel_shuffle(self: Array, upscale_factor: int) -> Array:
    if self.ndim < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {self.ndim} dimension(s)"
        )
    if upscale_factor <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {upscale_factor}")
    *batch, channels, height, width = self.shape
    r = upscale_factor
    if r * r >= 1 << 63:
        raise ValueError(f"upscale factor is too large, (upscale_factor)^2 overflowed: upscale_factor={r}")
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            "but "
            f"input.size(-3)={channels} is not divisible by {r * r}"
        )
    if not self.size:
        shape = (*batch, channels // (r * r), height * r, width * r)
        require_allocatable(shape, self.itemsize)
        require_allocatable((*batch, channels // (r * r), r, r, height, width), self.itemsize)
        return np.empty(shape, self.dtype)
    blocks = self.reshape(math.prod(batch), channels // (r * r), r, r, height, width).transpose(0, 1, 4, 2, 5, 3)
    return dense(blocks.reshape(*batch, channels // (r * r), height * r, width * r))


@op("aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor")
def pixel_unshuffle(self: Array, downscale_factor: int) -> Array:
    if self.ndim < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {self.ndim} dimension(s)"
        )
    if downscale_factor <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {downscale_factor}")
    *batch, channels, height, width = self.shape
    r = downscale_factor
    for name, extent in (("height", height), ("width", width)):
        if extent % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size"
                f"({-2 if name == 'height' else -1})={extent} is not divisible by {r}"
            )
    if self.size == 0:
        return self.copy()
    blocks = self.reshape(math.prod(batch), channels, height // r, r, width // r, r).transpose(0, 1, 3, 5, 2, 4)
    return dense(blocks.reshape(*batch, channels * r * r, height // r, width // r))


def _channel_shuffle(array: Array, groups: int) -> Array:
    if array.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {shape_text(array.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c = array.shape[:2]
    if c % groups:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    return dense(array.reshape(n, groups, c // groups, *array.shape[2:]).swapaxes(1, 2).reshape(array.shape))


@op("aten::channel_shuffle(Tensor self, int groups) -> Tensor")
def channel_shuffle(self: Array, groups: int) -> Array:
    return _channel_shuffle(self, groups)


@op("aten::native_channel_shuffle(Tensor self, int groups) -> Tensor", cpp="ops::channel_shuffle({0}, {1})")
def native_channel_shuffle(self: Array, groups: int) -> Array:
    return _channel_shuffle(self, groups)
