"""Operators of the upsample family: interpolation to another spatial size.

Every mode works on one dimension after another: an output position is a weighted sum of a few input positions.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Optional

import numpy as np
import numpy.typing as npt

from transpile.core import dtype as D
from transpile.ops.byte_resize import Filter, resize_bytes
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import dense, require_allocatable
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text

FAMILY = Family("upsample", tags=("nofold",))
op = FAMILY.op
Ints = Sequence[int]
Scales = Sequence[Optional[float]]  # noqa: UP045
Real = npt.NDArray[np.floating[Any]]


def _ratio(scale: float | None, extent: int, output: int, real: type[np.floating[Any]]) -> np.floating[Any]:
    """Input positions per output position."""
    if scale is not None and scale > 0:
        return real(1.0 / scale)
    return real(extent) / real(output)


def _nearest_positions(extent: int, output: int, scale: float | None, centred: bool) -> npt.NDArray[np.int64]:
    at = np.arange(output, dtype=np.float32)
    if not centred and output == extent:
        return np.arange(output)
    ratio = _ratio(scale, extent, output, np.float32)
    source = np.floor((at + np.float32(0.5)) * ratio if centred else at * ratio)
    return np.minimum(source.astype(np.int64), extent - 1)


def _sources(
    extent: int, output: int, scale: float | None, align: bool, cubic: bool, real: type[np.floating[Any]]
) -> Real:
    at = np.arange(output).astype(real)
    if align:
        step = real(extent - 1) / real(output - 1) if output > 1 else real(0)
        return at * step
    step = _ratio(scale, extent, output, real)
    source = step * (at + real(0.5)) - real(0.5)
    return source if cubic else np.maximum(source, real(0))


def _linear_along(values: Array, dim: int, output: int, scale: float | None, align: bool) -> Array:
    extent = values.shape[dim]
    real = values.dtype.type
    if extent == output:
        return values
    source = _sources(extent, output, scale, align, False, real)
    low = np.minimum(source.astype(np.int64), extent - 1)
    high = np.minimum(low + 1, extent - 1)
    share = np.clip(source - low.astype(real), real(0), real(1))
    share = share.reshape((-1,) + (1,) * (values.ndim - dim - 1))
    return np.take(values, low, dim) * (real(1) - share) + np.take(values, high, dim) * share


def cubic_weights(t: Array, a: float = -0.75) -> tuple[Array, Array, Array, Array]:
    """How much the four neighbours of a place count that lies ``t`` behind the second one."""

    def near(x: Array) -> Array:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Array) -> Array:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return far(t + 1), near(t), near(1 - t), far(2 - t)


def _cubic_along(values: Array, dim: int, output: int, scale: float | None, align: bool) -> Array:
    extent = values.shape[dim]
    real = values.dtype.type
    source = _sources(extent, output, scale, align, True, real)
    low = np.floor(source).astype(np.int64)
    t = np.clip(source - low.astype(real), real(0), real(1))
    result: Array | None = None
    for offset, weight in zip(range(-1, 3), cubic_weights(t), strict=True):
        part = np.take(values, np.clip(low + offset, 0, extent - 1), dim)
        part = part * weight.astype(real).reshape((-1,) + (1,) * (values.ndim - dim - 1))
        result = part if result is None else result + part
    assert result is not None
    return result


def _check(array: Array, rank: int, output: Ints) -> None:
    if array.ndim != rank + 2:
        raise RuntimeError(
            f"It is expected input_size equals to {rank + 2}, but got size {array.ndim}"
            if len(output) == rank
            else f"It is expected output_size equals to {rank}, but got size {len(output)}"
        )
    if len(output) != rank:
        raise RuntimeError(f"It is expected output_size equals to {rank}, but got size {len(output)}")
    spatial = array.shape[2:]
    if any(n <= 0 for n in (*spatial, *output)):
        axes = "DHW"[3 - rank :] if rank > 1 else "W"
        shown = (
            f"input ({', '.join(f'{a}: {n}' for a, n in zip(axes, spatial, strict=True))}) {'and ' * (rank == 1)}output "
            f"({', '.join(f'{a}: {n}' for a, n in zip(axes, output, strict=True))})"
        )
        raise RuntimeError(f"Input and output sizes should be greater than 0, but got {shown}")
    if 0 in array.shape[1:]:
        raise RuntimeError(
            f"Non-empty {rank + 2}D data tensor expected but got a tensor with sizes {shape_text(array.shape)}"
        )
    require_allocatable((*array.shape[:2], *output), array.itemsize)


def _nearest(array: Array, rank: int, output: Ints, scales: Scales, centred: bool) -> Array:
    _check(array, rank, output)
    dtype = dtype_of(array)
    name = "upsample_nearest2d_channels_last" if rank == 2 else "compute_indices_weights_nearest"
    require_supported(dtype.is_floating_point or dtype is D.uint8, name, dtype)
    result = array
    for i in range(rank):
        positions = _nearest_positions(array.shape[2 + i], output[i], scales[i], centred)
        result = np.take(result, positions, 2 + i)
    return dense(result) if result is not array else array.copy("C")


def _interpolate(
    array: Array, rank: int, output: Ints, scales: Scales, align: bool,
    along: Callable[[Array, int, int, float | None, bool], Array], of_bytes: Filter | None,
) -> Array:  # fmt: skip
    _check(array, rank, output)
    dtype = dtype_of(array)
    supported = dtype.is_floating_point or (dtype is D.uint8 and rank == 2)
    require_supported(supported, "compute_indices_weights_linear", dtype)
    if list(output) == list(array.shape[2:]):
        return array.copy("C")
    if dtype is D.uint8:
        assert of_bytes is not None
        return dense(resize_bytes(array, list(output), list(scales), align, of_bytes))
    values = cast(array, compute_dtype(dtype))
    # The last dimension first: sums nest as in a two-dimensional kernel.
    for i in range(rank - 1, -1, -1):
        values = along(values, 2 + i, output[i], scales[i], align)
    return dense(cast(values, dtype))


def _target(
    input: Array, rank: int, output_size: Ints | None, factors: Sequence[float] | None
) -> tuple[list[int], Scales]:
    """Output size and scales of the overloads that take one of the two."""
    if output_size is not None:
        if factors is not None:
            raise RuntimeError("Must specify exactly one of output_size and scale_factors")
        return list(output_size), [None] * rank
    if factors is None:
        raise RuntimeError("Must specify exactly one of output_size and scale_factors")
    return [_scaled_extent(n, f) for n, f in zip(input.shape[2:], factors, strict=True)], list(factors)


def _scaled_extent(extent: int, factor: float) -> int:
    """The size of the output; what is no 64-bit integer becomes the lowest one, as conversions of processors give it."""
    product = float(extent) * factor
    return math.floor(product) if abs(product) < 2.0**63 else -(2**63)


def _scale_arguments(rank: int) -> str:
    if rank == 1:
        return "float? scales=None"
    return ", ".join(f"float? scales_{axis}=None" for axis in "dhw"[3 - rank :])


def _nearest_ops(rank: int, name: str, centred: bool, header: str | None = "resample") -> None:
    def sized(self: Array, output_size: Ints, *scales: float | None) -> Array:
        return _nearest(self, rank, output_size, scales or [None] * rank, centred)

    def either(input: Array, output_size: Ints | None, scale_factors: Sequence[float] | None) -> Array:
        size, scales = _target(input, rank, output_size, scale_factors)
        return _nearest(input, rank, size, scales, centred)

    op(f"aten::{name}{rank}d(Tensor self, int[{rank}] output_size, {_scale_arguments(rank)}) -> Tensor", header=header)(
        sized
    )
    op(f"aten::{name}{rank}d.vec(Tensor input, int[]? output_size, float[]? scale_factors) -> Tensor", header=header)(
        either
    )


def _smooth_ops(
    rank: int,
    name: str,
    along: Callable[[Array, int, int, float | None, bool], Array],
    of_bytes: Filter | None = None,
    header: str | None = "resample",
) -> None:
    def sized(self: Array, output_size: Ints, align_corners: bool, *scales: float | None) -> Array:
        return _interpolate(self, rank, output_size, scales or [None] * rank, align_corners, along, of_bytes)

    def either(
        input: Array, output_size: Ints | None, align_corners: bool, scale_factors: Sequence[float] | None
    ) -> Array:
        size, scales = _target(input, rank, output_size, scale_factors)
        return _interpolate(input, rank, size, scales, align_corners, along, of_bytes)

    sizes = f"int[{rank}] output_size, bool align_corners"
    op(f"aten::{name}(Tensor self, {sizes}, {_scale_arguments(rank)}) -> Tensor", header=header)(sized)
    sizes = "int[]? output_size, bool align_corners"
    op(f"aten::{name}.vec(Tensor input, {sizes}, float[]? scale_factors) -> Tensor", header=header)(either)


def _triangle(x: Real) -> Real:
    return np.maximum(1 - np.abs(x), 0)


def _cubic(x: Real, a: float = -0.5) -> Real:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(x: Real) -> Real:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


for _rank in (1, 2, 3):
    _nearest_ops(_rank, "upsample_nearest", False, header="resample" if _rank == 3 else None)
    _nearest_ops(_rank, "_upsample_nearest_exact", True)
_smooth_ops(1, "upsample_linear1d", _linear_along, header=None)
_smooth_ops(2, "upsample_bilinear2d", _linear_along, Filter(1, _triangle), header=None)
_smooth_ops(3, "upsample_trilinear3d", _linear_along)
_smooth_ops(2, "upsample_bicubic2d", _cubic_along, Filter(2, functools.partial(_cubic, a=-0.75)))


# --- with antialiasing: where the image shrinks, the filter widens


def _filtered_along(reach: int, shape: Callable[[Real], Real]) -> Callable[..., Array]:
    def along(values: Array, dim: int, output: int, scale: float | None, align: bool) -> Array:
        extent = values.shape[dim]
        real = values.dtype.type
        step = real((extent - 1) / (output - 1) if output > 1 else 0) if align else _ratio(scale, extent, output, real)
        stretch = max(step, real(1))
        support = real(reach) * stretch
        matrix = np.zeros((output, extent), values.dtype)
        for i in range(output):
            centre = step * (real(i) + real(0.5))
            first = max(int(centre - support + real(0.5)), 0)
            last = min(int(centre + support + real(0.5)), extent)
            at = np.arange(first, last).astype(values.dtype)
            weights = np.asarray(shape((at - centre + real(0.5)) / stretch), values.dtype)
            total = weights.sum()
            matrix[i, first:last] = weights / total if total else weights
        return np.moveaxis(np.matmul(np.moveaxis(values, dim, -1), matrix.T), -1, dim)

    return along


_smooth_ops(2, "_upsample_bilinear2d_aa", _filtered_along(1, _triangle), Filter(1, _triangle, widens=True))
_smooth_ops(2, "_upsample_bicubic2d_aa", _filtered_along(2, _cubic), Filter(2, _cubic, widens=True))
_smooth_ops(2, "_upsample_lanczos2d_aa", _filtered_along(3, _lanczos), Filter(3, _lanczos, widens=True))
