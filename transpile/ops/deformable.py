"""torchvision's deformable convolution.

Whose operators these are is said in NOTICE.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, result_type

FAMILY = Family("deformable", tags=("nofold",))
op = FAMILY.op

_FLOATS = (D.float32, D.float64, D.float16)


def _expect(condition: bool, text: str) -> None:
    if not condition:
        raise RuntimeError(
            f"Expected {text} to be true, but got false.  (Could this error message be improved?  If so, please report "
            "an enhancement request to PyTorch.)"
        )


def _check(condition: bool, message: Callable[[], str]) -> None:
    if not condition:
        raise RuntimeError(message())


def _deformed_extent(extent: int, pad: int, dilation: int, kernel: int, stride: int) -> int:
    return int((extent + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1 if stride else 0


@op(
    "torchvision::deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, "
    "SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, "
    "SymInt groups, SymInt offset_groups, bool use_mask) -> Tensor"
)
def deform_conv2d(
    input: Array, weight: Array, offset: Array, mask: Array, bias: Array, stride_h: int, stride_w: int, pad_h: int,
    pad_w: int, dilation_h: int, dilation_w: int, groups: int, offset_groups: int, use_mask: bool,
) -> Array:  # fmt: skip
    """Convolution whose points are moved by ``offset`` and weighted by ``mask`` (Dai et al., 2017; Zhu et al., 2019)."""
    _expect(input.ndim == 4, "input_c.ndimension() == 4")
    _expect(offset.ndim == 4, "offset_c.ndimension() == 4")
    _expect(not use_mask or mask.ndim == 4, "!use_mask || mask_c.ndimension() == 4")
    _expect(weight.ndim == 4, "weight_c.ndimension() == 4")
    batch, channels, height, width = input.shape
    out_channels, per_group, kernel_h, kernel_w = weight.shape
    taps = kernel_h * kernel_w
    _check(taps > 0, lambda: f"weight_h: {kernel_h} weight_w: {kernel_w}")
    _check(stride_h > 0 and stride_w > 0, lambda: f"stride_h: {stride_h} stride_w: {stride_w}")
    _check(pad_h >= 0 and pad_w >= 0, lambda: f"pad_h: {pad_h} pad_w: {pad_w}")
    _check(dilation_h > 0 and dilation_w > 0, lambda: f"dilation_h: {dilation_h} dilation_w: {dilation_w}")
    _expect(per_group * groups == channels, "weight_c.size(1) * n_weight_grps == input_c.size(1)")
    _expect(groups > 0 and out_channels % groups == 0, "weight_c.size(0) % n_weight_grps == 0")
    wanted = offset_groups * 2 * taps
    _check(
        offset.shape[1] == wanted,
        lambda: f"offset.shape[1] is not valid: got: {offset.shape[1]} expected: {wanted}",
    )
    _check(
        not use_mask or mask.shape[1] == wanted // 2,
        lambda: f"mask.shape[1] is not valid: got: {mask.shape[1]} expected: {wanted // 2}",
    )
    _expect(offset_groups > 0 and channels % offset_groups == 0, "input_c.size(1) % n_offset_grps == 0")
    _check(offset.shape[0] == batch, lambda: "invalid batch size of offset")
    out_h = _deformed_extent(height, pad_h, dilation_h, kernel_h, stride_h)
    out_w = _deformed_extent(width, pad_w, dilation_w, kernel_w, stride_w)
    _check(
        offset.shape[2:] == (out_h, out_w),
        lambda: (
            f"offset output dims: ({offset.shape[2]}, {offset.shape[3]}) - computed output dims: ({out_h}, {out_w})"
        ),
    )
    _check(mask.ndim > 0 and mask.shape[0] == batch, lambda: "invalid batch size of mask")
    _check(
        not use_mask or mask.shape[2:] == (out_h, out_w),
        lambda: f"mask output dims: ({mask.shape[2]}, {mask.shape[3]}) - computed output dims: ({out_h}, {out_w})",
    )
    _check(out_h > 0 and out_w > 0, lambda: f"Calculated output size too small - out_h: {out_h} out_w: {out_w}")
    dtype = dtype_of(input)
    if not batch:
        return np.zeros((0, out_channels, out_h, out_w), input.dtype)
    _check_deformed(dtype, weight, offset, mask, bias, out_channels, use_mask)
    wide = compute_dtype(dtype)
    real = wide.numpy.type
    pixels, moved = cast(input, wide), cast(offset, wide).reshape(batch, offset_groups, taps, 2, out_h, out_w)
    rows = np.arange(out_h, dtype=real)[:, None] * stride_h - pad_h
    columns = np.arange(out_w, dtype=real) * stride_w - pad_w
    sampled = np.zeros((batch, offset_groups, channels // offset_groups, taps, out_h, out_w), wide.numpy)
    grouped = pixels.reshape(batch, offset_groups, channels // offset_groups, height, width)
    for tap in range(taps):
        y = rows + real(tap // kernel_w * dilation_h) + moved[:, :, tap, 0]
        x = columns + real(tap % kernel_w * dilation_w) + moved[:, :, tap, 1]
        sampled[:, :, :, tap] = _between(grouped, y, x)
    if use_mask:
        sampled *= cast(mask, wide).reshape(batch, offset_groups, 1, taps, out_h, out_w)
    parts = cast(sampled, dtype).reshape(batch, groups, per_group * taps, out_h * out_w)
    filters = cast(weight, wide).reshape(groups, out_channels // groups, per_group * taps)
    product = cast(np.asarray(np.matmul(filters, cast(parts, wide))), dtype).reshape(batch, out_channels, out_h, out_w)
    common = result_type(product, bias)
    wide = compute_dtype(common)
    return cast(np.asarray(cast(product, wide) + cast(bias, wide).reshape(1, -1, 1, 1)), common)


def _check_deformed(
    dtype: DType, weight: Array, offset: Array, mask: Array, bias: Array, out_channels: int, use_mask: bool
) -> None:
    require_supported(dtype in _FLOATS, "deformable_im2col", dtype)
    for other in (offset, mask) if use_mask else (offset,):
        if dtype_of(other) is not dtype:
            raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(other).graph_name}")
    if dtype_of(weight) is not dtype:
        names = dtype_of(weight).graph_name, dtype.graph_name
        raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {names[0]} and {names[1]}")
    if bias.size != out_channels:
        raise RuntimeError(f"shape '[1, {out_channels}, 1, 1]' is invalid for input of size {bias.size}")


def _between(images: Array, y: Array, x: Array) -> Array:
    """Bilinear values of ``(N, G, C, H, W)`` at ``(N, G, h, w)`` positions; 0 outside, NaN at NaN."""
    height, width = images.shape[-2:]
    outside = (y <= -1) | (y >= height) | (x <= -1) | (x >= width)
    nowhere = ~outside & (np.isnan(y) | np.isnan(x))
    inside = ~outside & ~nowhere
    y, x = np.where(inside, y, 0), np.where(inside, x, 0)
    low_y, low_x = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    part_y, part_x = y - low_y, x - low_x
    n = np.arange(images.shape[0])[:, None, None, None]
    g = np.arange(images.shape[1])[None, :, None, None]
    total = np.zeros((*y.shape, images.shape[2]), images.dtype)
    for row, weight_y in ((low_y, 1 - part_y), (low_y + 1, part_y)):
        for column, weight_x in ((low_x, 1 - part_x), (low_x + 1, part_x)):
            there = inside & (row >= 0) & (row < height) & (column >= 0) & (column < width)
            value = images[n, g, :, np.where(there, row, 0), np.where(there, column, 0)]
            total += np.where(there, weight_y * weight_x, 0).astype(images.dtype)[..., None] * np.where(
                there[..., None], value, 0
            )
    total[nowhere] = np.nan
    return np.moveaxis(total, -1, 2)
