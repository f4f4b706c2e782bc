"""Operators that read an image at arbitrary places: grid sampling and affine grids."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from transpile.ops.families import Family
from transpile.ops.layout import dense
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text
from transpile.ops.upsample import cubic_weights

FAMILY = Family("sampling", tags=("nofold",))
op = FAMILY.op
BILINEAR, NEAREST, BICUBIC = range(3)
ZEROS, BORDER, REFLECTION = range(3)


def _to_pixels(coordinate: Array, extent: int, align: bool) -> Array:
    real = coordinate.dtype.type
    if align:
        return (coordinate + real(1)) / real(2) * real(extent - 1)
    return ((coordinate + real(1)) * real(extent) - real(1)) / real(2)


def _reflect(place: Array, extent: int, align: bool) -> Array:
    """Places folded back into the image: about the outer pixels' centres, or about their outer edges."""
    real = place.dtype.type
    low, high = (0, 2 * (extent - 1)) if align else (-1, 2 * extent - 1)
    if low == high:
        return np.zeros_like(place)
    start, span = real(low / 2), real((high - low) / 2)
    distance = np.abs(place - start)
    rest = np.fmod(distance, span)
    flips = np.floor(distance / span)
    return np.where(flips % 2 == 0, rest + start, span - rest + start)


def _bounded(place: Array, extent: int, padding: int, align: bool, volume: bool = False) -> Array:
    """Places inside the image, unless the padding is zeros; NaN becomes the first one, in volumes the last."""
    if padding == REFLECTION:
        place = _reflect(place, extent, align)
    if padding in (BORDER, REFLECTION):
        place = np.where(np.isnan(place), place.dtype.type(extent - 1 if volume else 0), np.clip(place, 0, extent - 1))
    return place


def _outside(at: Sequence[Array], extents: Sequence[int]) -> Array:
    outside = np.zeros(at[0].shape, np.bool_)
    for place, extent in zip(at, extents, strict=True):
        outside |= ~((place >= 0) & (place <= extent - 1))
    return outside


def _read(image: Array, at: Sequence[Array]) -> Array:
    """Pixels (N, C, *grid) of ``image`` (N, C, *spatial) at whole places (N, *grid); 0 outside."""
    spatial = image.shape[2:]
    valid = np.ones(at[0].shape, np.bool_)
    index = []
    for place, extent in zip(at, spatial, strict=True):
        valid &= (place >= 0) & (place <= extent - 1)
        index.append(np.clip(np.nan_to_num(place), 0, extent - 1).astype(np.int64))
    batch = np.arange(image.shape[0]).reshape(-1, *(1,) * (at[0].ndim - 1))
    moved = np.moveaxis(image, 1, -1)
    places = (batch, *index)
    values = moved[places] * valid[..., None]
    return np.moveaxis(values, -1, 1)


def _check(input: Array, grid: Array, rank: int) -> None:
    if input.dtype != grid.dtype:
        raise RuntimeError(
            "grid_sampler(): expected input and grid to have same dtype, but input has "
            f"{dtype_of(input).name} and grid has {dtype_of(grid).name}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{shape_text(input.shape)} and grid with sizes {shape_text(grid.shape)}"
        )
    if grid.shape[-1] != rank:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {rank} in last dimension, but got grid with sizes "
            f"{shape_text(grid.shape)}"
        )


def _sample(input: Array, grid: Array, mode: int, padding: int, align: bool) -> Array:
    rank = input.ndim - 2
    _check(input, grid, rank)
    dtype = dtype_of(input)
    compute = compute_dtype(dtype)
    image, wide = cast(input, compute), cast(grid, compute)
    # The grid's last dimension counts from the innermost spatial dimension.
    raw = [_to_pixels(wide[..., rank - 1 - i], image.shape[2 + i], align) for i in range(rank)]
    extents = image.shape[2:]
    if mode == BICUBIC:
        return cast(dense(_sample_cubic(image, raw, padding, align)), dtype)
    places = [_bounded(p, n, padding, align, rank == 3) for p, n in zip(raw, extents, strict=True)]
    if mode == NEAREST:
        return cast(dense(_read(image, [np.rint(p) for p in places])), dtype)
    corners = [np.floor(p) for p in places]
    result: Array | None = None
    for steps in itertools.product((0, 1), repeat=rank):
        weight = np.ones((), image.dtype)
        for place, corner, step in zip(places, corners, steps, strict=True):
            weight = weight * (place - corner if step else corner + 1 - place)
        at = [c + s for c, s in zip(corners, steps, strict=True)]
        if rank == 3:  # outside of a volume nothing is read; the zeros outside of an image meet their weights
            weight = np.where(_outside(at, extents), image.dtype.type(0), weight)
        part = _read(image, at) * weight[:, None]
        result = part if result is None else result + part
    assert result is not None
    return cast(dense(result.astype(image.dtype, copy=False)), dtype)


def _sample_cubic(image: Array, raw: Sequence[Array], padding: int, align: bool) -> Array:
    if len(raw) != 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    corners = [np.floor(p) for p in raw]
    weights = [cubic_weights((p - c).astype(image.dtype)) for p, c in zip(raw, corners, strict=True)]
    result: Array | None = None
    for i, j in itertools.product(range(4), repeat=2):
        places = [
            _bounded(corner + step - 1, extent, padding, align)
            for corner, step, extent in zip(corners, (i, j), image.shape[2:], strict=True)
        ]
        part = _read(image, places) * (weights[0][i] * weights[1][j])[:, None]
        result = part if result is None else result + part
    assert result is not None
    return result


def _grid_op(name: str) -> None:
    def run(input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Array:
        return _sample(input, grid, interpolation_mode, padding_mode, align_corners)

    op(
        f"aten::{name}(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> "
        "Tensor"
    )(run)


for _name in ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"):
    _grid_op(_name)


@op("aten::affine_grid_generator(Tensor theta, int[] size, bool align_corners) -> Tensor")
def affine_grid_generator(theta: Array, size: Sequence[int], align_corners: bool) -> Array:
    rank = len(size) - 2
    if rank not in (2, 3):
        raise RuntimeError("AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs.")
    if theta.ndim != 3:
        raise RuntimeError("batch2 must be a 3D tensor")
    if len(theta) != size[0]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{size[0]}, {rank + 1}] "
            f"but got: [{theta.shape[0]}, {theta.shape[2]}]."
        )
    axes = []
    for extent in size[2:]:
        line = np.linspace(-1, 1, extent) if extent > 1 else np.zeros(1)
        axes.append((line if align_corners else line * (extent - 1) / extent).astype(theta.dtype))
    base = np.stack([*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(size[2:], theta.dtype)], axis=-1)
    flat = np.matmul(base.reshape(1, -1, rank + 1), theta.swapaxes(1, 2))
    return flat.reshape(size[0], *size[2:], rank)
