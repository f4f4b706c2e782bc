"""Operators of the convolution family that take windows apart and put them together: im2col and col2im."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.convolution import inside, pad_spatial, windows_of
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import dense, require_numel
from transpile.ops.promotion import Array, dtype_of, shape_text, wrap_dim

FAMILY = Family("fold", tags=("nofold",))
op = FAMILY.op
Ints = Sequence[int]


def _pair(name: str, values: Ints | int) -> tuple[int, int]:
    if isinstance(values, int):
        return values, values
    if len(values) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")
    return int(values[0]), int(values[1])


def _require_positive(name: str, values: Ints) -> None:
    if min(values) <= 0:
        raise RuntimeError(_too_small(f"{name} should be greater than zero", name.split()[0], values))


def _require_padding(padding: Ints) -> None:
    if min(padding) < 0:
        raise RuntimeError(_too_small("padding should be non-negative", "pad", padding))


def _too_small(rule: str, label: str, values: Ints) -> str:
    return f"{rule}, but got {label}_height: {values[0]} {label}_width: {values[1]}"


def _counts(size: Ints, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> list[int]:
    """How many blocks fit along each dimension."""
    return [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(size, padding, dilation, kernel, stride, strict=True)
    ]


def _require_dtype(array: Array, name: str) -> None:
    dtype = dtype_of(array)
    require_supported(dtype.category >= D.FLOATING or dtype is D.bool_, name, dtype)


@op("aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor")
def im2col(self: Array, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Array:
    kernel, spread = _pair("kernel_size", kernel_size), _pair("dilation", dilation)
    pad, step = _pair("padding", padding), _pair("stride", stride)
    _require_positive("kernel size", kernel)
    _require_positive("dilation", spread)
    _require_padding(pad)
    _require_positive("stride", step)
    if self.ndim < 3:
        wrap_dim(1 if self.ndim < 2 else 2, self.ndim)
    if self.ndim not in (3, 4) or 0 in self.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {shape_text(self.shape)}"
        )
    batched = self if self.ndim == 4 else self[None]
    output = _counts(self.shape[-2:], kernel, spread, pad, step)
    if min(output) < 1:
        raise RuntimeError(
            f"Given input with spatial size ({self.shape[-2]}, {self.shape[-1]}), kernel_size=({kernel[0]}, "
            f"{kernel[1]}), dilation=({spread[0]}, {spread[1]}), padding=({pad[0]}, {pad[1]}), "
            f"calculated shape of the array of sliding blocks as ({output[0]}, {output[1]}), but its components must "
            "be at least one."
        )
    require_numel((*batched.shape[:2], *kernel, *output))
    _require_dtype(self, "im2col_out_cpu")
    padded = pad_spatial(batched, pad, pad)
    step = tuple(min(s, n) for s, n in zip(step, padded.shape[-2:], strict=True))  # a stride beyond it is never taken
    windows = windows_of(padded, kernel, step, spread)
    columns = dense(windows.reshape(batched.shape[0], batched.shape[1] * math.prod(kernel), math.prod(output)))
    columns = columns.copy("C") if np.may_share_memory(columns, self) else columns
    return columns if self.ndim == 4 else columns[0]


@op(
    "aten::col2im(Tensor self, int[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, "
    "int[2] stride) -> Tensor"
)
def col2im(self: Array, output_size: Ints, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Array:
    size, kernel = _pair("output_size", output_size), _pair("kernel_size", kernel_size)
    spread, pad, step = _pair("dilation", dilation), _pair("padding", padding), _pair("stride", stride)
    _require_positive("kernel size", kernel)
    _require_positive("stride", step)
    _require_positive("dilation", spread)
    _require_padding(pad)
    if self.ndim not in (2, 3) or 0 in self.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {shape_text(self.shape)}"
        )
    batched = self if self.ndim == 3 else self[None]
    area = math.prod(kernel)
    if area > 2**63 - 1:
        raise RuntimeError(
            f"Given kernel_width = {kernel[1]} and kernel_height = {kernel[0]} the product of kernel_width and "
            "kernel_height overflowed."
        )
    if batched.shape[1] % area:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)="
            f"{batched.shape[1]} and kernel_size=({kernel[0]}, {kernel[1]})."
        )
    blocks = _counts(size, kernel, spread, pad, step)
    given = (
        f"Given output_size=({size[0]}, {size[1]}), kernel_size=({kernel[0]}, {kernel[1]}), dilation=({spread[0]}, "
        f"{spread[1]}), padding=({pad[0]}, {pad[1]}), stride=({step[0]}, {step[1]}), "
    )
    if batched.shape[2] != math.prod(blocks):
        raise RuntimeError(
            f"{given}expected size of input's dimension 2 to match the calculated number of sliding blocks {blocks[0]} "
            f"* {blocks[1]} = {math.prod(blocks)}, but got input.size(2)={batched.shape[2]}."
        )
    if min(blocks) < 1:
        raise RuntimeError(
            f"{given}calculated shape of the array of sliding blocks as ({blocks[0]}, {blocks[1]}), which is too small "
            "(non-positive)"
        )
    if min(size) < 1:
        raise RuntimeError(f"Expected output spatial size to be positive, but got: output_size=({size[0]}, {size[1]}).")
    require_numel((batched.shape[0], batched.shape[1] // area, *size))
    _require_dtype(self, "col2im_out_cpu")
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
