"""torchvision's pooling of regions of images.

What torchvision reads or writes outside of its tensors is refused here.

Whose operators these are is said in NOTICE.
"""

from __future__ import annotations

import math

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text

FAMILY = Family("regions", tags=("nofold",))
op = FAMILY.op

_FLOATS = (D.float32, D.float64, D.float16)
_MAX_POINTS = 1 << 11  # along one side of a bin


def _size(x: Array, dim: int) -> int:
    if x.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if dim >= x.ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-x.ndim}, {x.ndim - 1}], but got {dim})"
        )
    return int(x.shape[dim])


def _check_regions(name: str, wording: str, input: Array, rois: Array, first: int = 1) -> None:
    _size(rois, first)
    if rois.ndim != 2 or rois.shape[1] != 5:
        raise RuntimeError(f"{wording} have shape as Tensor[K, 5]")
    if input.dtype != rois.dtype:
        types = [f"torch.{dtype_of(x).graph_name}Tensor" for x in (input, rois)]
        raise RuntimeError(
            f"Expected tensor for argument #1 'input' to have the same type as tensor for argument #2 'rois'; but type "
            f"{types[0]} does not equal {types[1]} (while checking arguments for {name})"
        )
    _size(input, 3)
    if input.ndim != 4:
        raise RuntimeError(f"{name}: expected a 4-D input, got {input.ndim}-D")


def _channels_out(input: Array, pooled_height: int, pooled_width: int) -> int:
    bins = pooled_height * pooled_width
    if bins == 0 or input.shape[1] % bins:
        raise RuntimeError("input channels must be a multiple of pooling height * pooling width")
    return int(input.shape[1] // bins)


def _zeros(sizes: tuple[int, ...], dtype: DType) -> Array:
    if any(s < 0 for s in sizes):
        raise RuntimeError("zeros: Dimension size must be non-negative.")
    count = math.prod(sizes)
    if count * dtype.itemsize >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={shape_text(sizes)}")
    try:
        return np.zeros(sizes, dtype.numpy)
    except (MemoryError, ValueError):
        raise RuntimeError(
            f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {count * dtype.itemsize} bytes. Error code 12 "
            "(Cannot allocate memory)"
        ) from None


def _image(rois: Array, region: int, count: int) -> int:
    """The number of the image that a region is in."""
    given = float(rois[region, 0])
    number = int(given) if math.isfinite(given) else -1
    if not 0 <= number < count:
        raise RuntimeError(f"region {region} is in no image: there are {count}")
    return number


def _points(start: float, bin: float, bins: int, count: int, extent: int, real: type) -> tuple[Array, Array]:
    """Where bins are sampled along one side: positions ``(bins, count)`` inside the image, and which are inside."""
    place = np.arange(bins)[:, None].astype(real) * real(bin) + real(start)
    at = place + (np.arange(count).astype(real) + real(0.5)) * real(bin) / real(count)
    inside = (at >= -1) & (at <= extent)
    return np.where(inside, np.maximum(at, real(0)), real(0)), inside


def _weights(at: Array, inside: Array, extent: int) -> tuple[Array, Array, Array, Array]:
    """The two pixels next to each position and their weights."""
    low = np.minimum(at.astype(np.int64), extent - 1)
    last = low >= extent - 1
    high = np.where(last, low, low + 1)
    above = np.where(last, at.dtype.type(0), at - low.astype(at.dtype))
    return low, high, np.where(inside, 1 - above, 0).astype(at.dtype), np.where(inside, above, 0).astype(at.dtype)


def _samples(length: float, bins: int, ratio: int) -> int:
    """How many points of a bin are sampled along one side."""
    if ratio > 0:
        count: float = ratio
    else:
        count = math.ceil(length / bins) if math.isfinite(length) else 0
    if count > _MAX_POINTS:
        raise RuntimeError(f"more than {_MAX_POINTS} points along one side of a bin")
    return int(count)


def _sampled(
    image: Array, start: tuple[float, float], size: tuple[float, float], bins: tuple[int, int], ratio: int, real: type
) -> tuple[Array, int]:
    """The sums over the sampled points of each bin ``(C, height, width)``, and how many points there are."""
    counts = [_samples(length, n, ratio) for length, n in zip(size, bins, strict=True)]
    total = counts[0] * counts[1]
    if min(counts) <= 0:
        return np.zeros((image.shape[0], *bins), real), total
    if not image.size:
        raise RuntimeError("a region of an empty image has no points")
    sides = []
    for side in (0, 1):
        extent = image.shape[1 + side]
        at, inside = _points(start[side], real(size[side]) / real(bins[side]), bins[side], counts[side], extent, real)
        sides.append(_weights(at, inside, extent))
    if np.isfinite(image).all():  # interpolation is separate along the sides: a matrix of weights for each
        mixed = image
        for side, (low, high, below, above) in enumerate(sides):
            matrix: Array = np.zeros((bins[side], image.shape[1 + side]), real)
            rows = np.broadcast_to(np.arange(bins[side])[:, None], low.shape)
            np.add.at(matrix, (rows, low), below)
            np.add.at(matrix, (rows, high), above)
            mixed = np.tensordot(mixed, matrix, ([1], [1]))
        return mixed, total
    mixed = np.zeros((image.shape[0], *bins), real)
    for row in zip(*(part.T for part in sides[0]), strict=True):
        for column in zip(*(part.T for part in sides[1]), strict=True):
            outside = (row[2] + row[3] == 0)[:, None] | (column[2] + column[3] == 0)
            value = sum(
                image[:, row[a][:, None], column[b]] * (row[2 + a][:, None] * column[2 + b])
                for a in (0, 1)
                for b in (0, 1)
            )
            mixed += np.where(outside, real(0), value)
    return mixed, total


@op(
    "torchvision::roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
    "SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor"
)
def roi_align(
    input: Array, rois: Array, spatial_scale: float, pooled_height: int, pooled_width: int, sampling_ratio: int,
    aligned: bool,
) -> Array:  # fmt: skip
    """Means of points in the bins of regions ``(image, x1, y1, x2, y2)``: ``(K, C, height, width)`` (He et al., 2017)."""
    _check_regions("roi_align_forward_kernel", "rois must", input, rois)
    dtype = dtype_of(input)
    result = _zeros((len(rois), input.shape[1], pooled_height, pooled_width), dtype)
    if not result.size:
        return result
    require_supported(dtype in _FLOATS, "roi_align_forward_kernel", dtype)
    real = compute_dtype(dtype).numpy.type
    pixels, regions = cast(input, compute_dtype(dtype)), cast(rois, compute_dtype(dtype))
    offset = real(0.5 if aligned else 0.0)
    for k, (_, x1, y1, x2, y2) in enumerate(regions * real(spatial_scale) - offset):
        width, height = x2 - x1, y2 - y1
        if not aligned:
            width, height = max(width, real(1)), max(height, real(1))
        image = pixels[_image(rois, k, len(input))]
        total, count = _sampled(image, (y1, x1), (height, width), (pooled_height, pooled_width), sampling_ratio, real)
        result[k] = cast(np.asarray(total / real(max(count, 1))), dtype)
    return result


@op(
    "torchvision::ps_roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
    "SymInt pooled_width, int sampling_ratio) -> (Tensor, Tensor)"
)
def ps_roi_align(
    input: Array, rois: Array, spatial_scale: float, pooled_height: int, pooled_width: int, sampling_ratio: int
) -> tuple[Array, Array]:
    """Like ``roi_align``, each bin from channels of its own: ``(K, C / bins, height, width)``, and the channels."""
    _check_regions("ps_roi_align_forward_kernel", "Tensor rois should", input, rois)
    dtype = dtype_of(input)
    sizes = (len(rois), _channels_out(input, pooled_height, pooled_width), pooled_height, pooled_width)
    result, channels = _zeros(sizes, dtype), _zeros(sizes, D.int32)
    if not result.size:
        return result, channels
    require_supported(dtype in _FLOATS, "ps_roi_align_forward_kernel", dtype)
    real = compute_dtype(dtype).numpy.type
    pixels, regions = cast(input, compute_dtype(dtype)), cast(rois, compute_dtype(dtype))
    own = np.arange(input.shape[1]).reshape(sizes[1:])
    channels[...] = own
    place = np.indices((pooled_height, pooled_width))
    for k, (_, x1, y1, x2, y2) in enumerate(regions * real(spatial_scale) - real(0.5)):
        image = pixels[_image(rois, k, len(input))]
        bins = (pooled_height, pooled_width)
        total, count = _sampled(image, (y1, x1), (y2 - y1, x2 - x1), bins, sampling_ratio, real)
        result[k] = cast(np.asarray(total[own, place[0], place[1]] / real(count)), dtype)
    return result, channels


def _rounded(value: float) -> int:
    """The nearest whole number, halves away from zero; what has none lies outside of every image."""
    if not abs(value) < 1 << 31:
        return -(1 << 31)
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _windows(start: int, length: int, bins: int, limit: int, real: type) -> list[tuple[int, int]]:
    """The pixels from and up to which each bin reaches along one side."""
    bin = real(length) / real(bins)
    edges = [(math.floor(real(i) * bin) + start, math.ceil(real(i + 1) * bin) + start) for i in range(bins)]
    return [(min(max(a, 0), limit), min(max(b, 0), limit)) for a, b in edges]


def _bins_of(
    rois: Array, k: int, scale: float, bins: tuple[int, int], limits: tuple[int, int], inclusive: int, real: type
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    x1, y1, x2, y2 = (_rounded(float(real(v) * real(scale))) for v in rois[k, 1:])
    rows = _windows(y1, max(y2 - y1 + inclusive, 1), bins[0], limits[0], real)
    return rows, _windows(x1, max(x2 - x1 + inclusive, 1), bins[1], limits[1], real)


@op(
    "torchvision::roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
    "SymInt pooled_width) -> (Tensor, Tensor)"
)
def roi_pool(
    input: Array, rois: Array, spatial_scale: float, pooled_height: int, pooled_width: int
) -> tuple[Array, Array]:
    """Maxima of the bins of regions ``(image, x1, y1, x2, y2)``, and where in the image they are (Girshick, 2015)."""
    _check_regions("roi_pool_forward_kernel", "Tensor rois should", input, rois, 0)
    dtype = dtype_of(input)
    sizes = (len(rois), input.shape[1], pooled_height, pooled_width)
    result, places = _zeros(sizes, dtype), _zeros(sizes, D.int32)
    if not result.size:
        return result, places
    require_supported(dtype in _FLOATS, "roi_pool_forward_kernel", dtype)
    real = compute_dtype(dtype).numpy.type
    _, channels, height, width = input.shape
    lowest = cast(np.array(-np.finfo(np.float32).max, np.float32), dtype)
    for k in range(len(rois)):
        image = input[_image(rois, k, len(input))]
        bins = (pooled_height, pooled_width)
        rows, columns = _bins_of(rois, k, spatial_scale, bins, (height, width), 1, real)
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                if bottom <= top or right <= left:
                    places[k, :, i, j] = -1
                    continue
                values = image[:, top:bottom, left:right].reshape(channels, -1)
                values = np.where(np.isnan(values), -math.inf, values).astype(input.dtype)
                best = values.argmax(1)
                found = values[np.arange(channels), best]
                none = ~(found > lowest)
                at = (best // (right - left) + top) * width + best % (right - left) + left
                result[k, :, i, j] = np.where(none, lowest, found)
                places[k, :, i, j] = np.where(none, -1, at)
    return result, places


@op(
    "torchvision::ps_roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
    "SymInt pooled_width) -> (Tensor, Tensor)"
)
def ps_roi_pool(
    input: Array, rois: Array, spatial_scale: float, pooled_height: int, pooled_width: int
) -> tuple[Array, Array]:
    """Means of the bins of regions, each from channels of its own, and the channels (Dai et al., 2016)."""
    _check_regions("ps_roi_pool_forward_kernel", "Tensor rois should", input, rois)
    dtype = dtype_of(input)
    sizes = (len(rois), _channels_out(input, pooled_height, pooled_width), pooled_height, pooled_width)
    result, channels = _zeros(sizes, dtype), _zeros(sizes, D.int32)
    if not result.size:
        return result, channels
    require_supported(dtype in _FLOATS, "ps_roi_pool_forward_kernel", dtype)
    wide = compute_dtype(dtype)
    own = np.arange(input.shape[1]).reshape(sizes[1:])
    channels[...] = own
    limits = (input.shape[2] - 1, input.shape[3] - 1)
    for k in range(len(rois)):
        image = cast(input[_image(rois, k, len(input))], wide)
        bins = (pooled_height, pooled_width)
        rows, columns = _bins_of(rois, k, spatial_scale, bins, limits, 0, wide.numpy.type)
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                if bottom > top and right > left:
                    total = image[own[:, i, j], top:bottom, left:right].sum((1, 2))
                    area = wide.numpy.type((bottom - top) * (right - left))
                    result[k, :, i, j] = cast(np.asarray(total / area), dtype)
    return result, channels
