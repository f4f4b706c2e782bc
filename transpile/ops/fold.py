"""Operators of the convolution family that take windows apart and put them together: im2col and col2im."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from transpile.ops.convolution import inside, pad_spatial, windows_of
from transpile.ops.families import Family
from transpile.ops.layout import as_tuple, dense
from transpile.ops.promotion import Array, shape_text

FAMILY = Family("fold", tags=("nofold",))
op = FAMILY.op
Ints = Sequence[int]


@op("aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor")
def im2col(self: Array, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Array:
    if self.ndim not in (3, 4) or 0 in self.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got: "
            f"{shape_text(self.shape)}"
        )
    batched = self if self.ndim == 4 else self[None]
    kernel, spread, pad, step = (as_tuple(v, 2) for v in (kernel_size, dilation, padding, stride))
    output = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(self.shape[-2:], pad, spread, kernel, step, strict=True)
    ]
    if min(output) < 1:
        raise RuntimeError(
            f"Given input with spatial size ({self.shape[-2]}, {self.shape[-1]}), kernel_size=({kernel[0]}, "
            f"{kernel[1]}), "
            f"dilation=({spread[0]}, {spread[1]}), padding=({pad[0]}, {pad[1]}), "
            f"calculated shape of the array of sliding blocks as ({output[0]}, {output[1]}), but its components must "
            "be "
            "at least one."
        )
    windows = windows_of(pad_spatial(batched, pad, pad), kernel, step, spread)
    columns = dense(windows.reshape(batched.shape[0], -1, math.prod(output)))
    columns = columns.copy("C") if np.may_share_memory(columns, self) else columns
    return columns if self.ndim == 4 else columns[0]


@op(
    "aten::col2im(Tensor self, int[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, "
    "int[2] stride) -> Tensor"
)
def col2im(self: Array, output_size: Ints, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Array:
    if self.ndim not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            "input, "
            f"but got: {shape_text(self.shape)}"
        )
    size, kernel, spread, pad, step = (as_tuple(v, 2) for v in (output_size, kernel_size, dilation, padding, stride))
    batched = self if self.ndim == 3 else self[None]
    area = math.prod(kernel)
    if batched.shape[1] % area:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)="
            f"{batched.shape[1]} and kernel_size=({kernel[0]}, {kernel[1]})."
        )
    blocks = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(size, pad, spread, kernel, step, strict=True)
    ]
    if batched.shape[2] != math.prod(blocks):
        raise RuntimeError(
            f"Given output_size=({size[0]}, {size[1]}), kernel_size=({kernel[0]}, {kernel[1]}), dilation=({spread[0]}, "
            f"{spread[1]}), padding=({pad[0]}, {pad[1]}), stride=({step[0]}, {step[1]}), expected size of input's "
            f"dimension 2 to match the calculated number of sliding blocks {blocks[0]} * {blocks[1]} = "
            f"{math.prod(blocks)}, but got input.size(2)={batched.shape[2]}."
        )
    channels = batched.shape[1] // area
    columns = batched.reshape(batched.shape[0], channels, *kernel, *blocks)
    canvas = np.zeros((batched.shape[0], channels, *(n + 2 * p for n, p in zip(size, pad, strict=True))), self.dtype)
    for position in itertools.product(*(range(k) for k in kernel)):
        target = inside(
            slice(i * d, i * d + (b - 1) * s + 1, s) for i, d, b, s in zip(position, spread, blocks, step, strict=True)
        )
        canvas[target] += columns[inside(position)]
    result = dense(canvas[inside(slice(p, p + n) for p, n in zip(pad, size, strict=True))])
    return result if self.ndim == 3 else result[0]
