"""Histograms of one and of several dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.factory import linspace
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, Number, cast, dtype_of, shape_text
from transpile.ops.sorting import search_line

FAMILY = Family("histogram", tags=("nograd",))
op = FAMILY.op


def _check_bins(bins: Sequence[int]) -> None:
    for dim, count in enumerate(bins):
        if count <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {count} for dimension {dim}")
        if count > 2**61:
            raise RuntimeError(f"Storage size calculation overflowed with sizes={shape_text((count + 1,))}")


def _even_edges(low: float, high: float, bins: int, dtype: DType) -> Array:
    edges: Array = linspace.kernel(low, high, bins + 1, dtype=dtype)  # type: ignore[misc]
    return edges


# --- equal bins of a given range


def _common_range(values: Array, low: float, high: float) -> tuple[float, float]:
    """The range of ``histc``: that of the values if both ends are the same, widened if it is a point."""
    if low == high and values.size:
        wide = values.astype(np.float64)
        low, high = float(wide.min()), float(wide.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if not low < high:
        raise RuntimeError("torch.histc: max must be larger than min")
    return low, high


def _even_places(values: Array, low: Any, high: Any, bins: int) -> Array:
    """The bin of each value, by proportion; every step is rounded to the type of the values, as in PyTorch."""
    number = values.dtype.type
    places = np.asarray((values - low) * number(bins) / (high - low))
    return np.minimum(places.astype(np.int64), bins - 1)


@op("aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor")
def histc(self: Array, bins: int = 100, min: Number = 0, max: Number = 0) -> Array:
    """Counts in ``bins`` equal bins; the range of the values if ``min`` and ``max`` are equal."""
    dtype = dtype_of(self)
    _check_bins([bins])
    if any(isinstance(end, complex) and end.imag != 0 for end in (min, max)):
        raise RuntimeError("value cannot be converted to type double without overflow")
    require_supported(not dtype.is_complex, "aminmax_cpu" if min == max else "histogram_cpu", dtype)
    require_supported(dtype is not D.bool_, "linspace_cpu", dtype)
    values = self.reshape(-1)
    low, high = _common_range(values, float(min), float(max))  # type: ignore[arg-type]
    require_supported(dtype.is_floating_point, "histogram_cpu", dtype)
    edges = _even_edges(low, high, bins, dtype)
    inside = values[(values >= edges[0]) & (values <= edges[-1])]
    counts = np.bincount(_even_places(inside, edges[0], edges[-1], bins), minlength=bins)
    return cast(counts, dtype)


# --- any number of dimensions


def _ranges(points: Array, bounds: Sequence[float] | None) -> list[tuple[float, float]]:
    """The range of every column: the given one, that of the values, or [0, 1] if there are none."""
    columns = points.shape[1]
    if bounds is not None:
        if len(bounds) != 2 * columns:
            raise RuntimeError(
                f"torch.histogramdd: for a {columns}-dimensional histogram range should have {2 * columns} elements, "
                f"but got {len(bounds)}"
            )
        found = [(float(bounds[2 * d]), float(bounds[2 * d + 1])) for d in range(columns)]
    elif points.size:
        found = [(float(points[:, d].min()), float(points[:, d].max())) for d in range(columns)]
    else:
        found = [(0.0, 1.0)] * columns
    for dim, (low, high) in enumerate(found):
        if not (math.isfinite(low) and math.isfinite(high)):
            raise RuntimeError(f"torch.histogramdd: dimension {dim}'s range [{low:g}, {high:g}] is not finite")
        if not low <= high:
            raise RuntimeError(
                f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {dim}"
            )
        if low == high:
            found[dim] = (low - 0.5, high + 0.5)
    return found


def _points(self: Array) -> Array:
    """The samples as rows."""
    if self.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    return self.reshape(math.prod(self.shape[:-1]), self.shape[-1])


def _check(self: Array, edges: Sequence[Array], weight: Array | None) -> None:
    columns = self.shape[-1]
    if len(edges) != columns:
        raise RuntimeError(
            f"torch.histogramdd: expected {columns} sequences of bin edges for a {columns}-dimensional histogram but "
            f"got {len(edges)}"
        )
    for dim, found in enumerate(edges):
        if found.dtype != self.dtype:
            raise RuntimeError(
                "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
                f"{dtype_of(self).cpp_name} and bins for dimension {dim} with dtype {dtype_of(found).cpp_name}"
            )
        if found.ndim != 1:
            raise RuntimeError(
                f"torch.histogramdd: bins tensor should have one dimension, but got {found.ndim} dimensions in the "
                f"bins tensor for dimension {dim}"
            )
        if not found.size:
            raise RuntimeError(
                "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor "
                f"for dimension {dim}"
            )
    if weight is not None:
        if weight.dtype != self.dtype:
            raise RuntimeError(
                "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
                f"dtype, but got input({dtype_of(self).cpp_name}), and weight({dtype_of(weight).cpp_name})"
            )
        if weight.shape != self.shape[:-1]:
            raise RuntimeError(
                "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
                f"excluding its innermost dimension, but got input with shape {shape_text(self.shape)} and weight with "
                f"shape {shape_text(weight.shape)}"
            )
    _check_bins([e.size - 1 for e in edges])


def _even_bins(values: Array, edges: Array) -> Array:
    """The bin of each value by proportion, corrected by the edges beside it."""
    bins = edges.size - 1
    guess = _even_places(values, edges[0], edges[-1], bins)
    first, last = np.maximum(guess - 1, 0), np.minimum(guess + 2, bins + 1)
    place = first
    for offset in range(3):  # the number of edges up to the value among the next three
        at = np.minimum(first + offset, bins)
        place = place + ((first + offset < last) & (edges[at] <= values))
    return np.minimum(place - 1, bins - 1)


def _searched_bins(values: Array, edges: Array) -> Array:
    """The bin of each value by binary search."""
    return np.minimum(search_line(edges, values, True) - 1, edges.size - 2)


def _count(self: Array, edges: Sequence[Array], weight: Array | None, density: bool, even: bool) -> Array:
    _check(self, edges, weight)
    dtype = dtype_of(self)
    require_supported(dtype in (D.float32, D.float64), "histogramdd", dtype)
    points = _points(self)
    shape = tuple(e.size - 1 for e in edges)
    inside = np.ones(len(points), bool)
    for column, found in zip(points.T, edges, strict=True):
        inside &= (column >= found[0]) & (column <= found[-1])
    flat = np.zeros(int(inside.sum()), np.int64)
    for column, found in zip(points[inside].T, edges, strict=True):
        flat = flat * (found.size - 1) + (_even_bins if even else _searched_bins)(column, found)
    result = np.zeros(shape, self.dtype)
    if edges and weight is None:
        result = np.bincount(flat, minlength=result.size).astype(self.dtype).reshape(shape)
    elif edges and weight is not None:
        np.add.at(result.reshape(-1), flat, weight.reshape(-1)[inside])  # one by one in their type, as PyTorch does
    if density:
        result = result / result.sum()
        for dim, found in enumerate(edges):
            result = result / np.diff(found).reshape([-1 if d == dim else 1 for d in range(len(shape))])
    return np.asarray(result, self.dtype)


def _bin_edges(self: Array, bins: Sequence[int], bounds: Sequence[float] | None) -> list[Array]:
    points = _points(self)
    if len(bins) != points.shape[1]:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    dtype = dtype_of(self)
    require_supported(dtype in (D.float32, D.float64), "histogramdd", dtype)
    ranges = _ranges(points, bounds)
    _check_bins(bins)
    return [_even_edges(*ends, count, dtype) for ends, count in zip(ranges, bins, strict=True)]


@op(
    "aten::_histogramdd_bin_edges(Tensor self, int[] bins, *, float[]? range=None, Tensor? weight=None, "
    "bool density=False) -> Tensor[]"
)
def histogramdd_bin_edges(
    self: Array,
    bins: Sequence[int],
    *,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> list[Array]:
    """The edges of equal bins, one vector for each column of the points."""
    return _bin_edges(self, bins, range)


@op(
    "aten::_histogramdd_from_bin_cts(Tensor self, int[] bins, *, float[]? range=None, Tensor? weight=None, "
    "bool density=False) -> Tensor"
)
def histogramdd_from_bin_counts(
    self: Array,
    bins: Sequence[int],
    *,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> Array:
    return _count(self, _bin_edges(self, bins, range), weight, density, True)


@op(
    "aten::_histogramdd_from_bin_tensors(Tensor self, Tensor[] bins, *, Tensor? weight=None, bool density=False) "
    "-> Tensor"
)
def histogramdd_from_bin_tensors(
    self: Array, bins: Sequence[Array], *, weight: Array | None = None, density: bool = False
) -> Array:
    return _count(self, bins, weight, density, False)


def _equal_bins(
    self: Array, bins: Sequence[int], bounds: Sequence[float] | None, weight: Array | None, density: bool
) -> tuple[Array, list[Array]]:
    edges = _bin_edges(self, bins, bounds)
    return _count(self, edges, weight, density, True), edges


@op(
    "aten::histogramdd(Tensor self, int[] bins, float[]? range=None, Tensor? weight=None, bool density=False) "
    "-> (Tensor hist, Tensor[] bin_edges)"
)
def histogramdd(
    self: Array,
    bins: Sequence[int],
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, list[Array]]:
    """How many rows of the last dimension fall into each cell of a grid; the edges of the grid."""
    return _equal_bins(self, bins, range, weight, density)


@op(
    "aten::histogramdd.int_bins(Tensor self, int bins, float[]? range=None, Tensor? weight=None, bool density=False) "
    "-> (Tensor hist, Tensor[] bin_edges)",
    cpp="ops::histogramdd_same_bins({0}, {1}, {2}, {3}, {4})",
)
def histogramdd_int_bins(
    self: Array,
    bins: int,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, list[Array]]:
    return _equal_bins(self, [bins] * _points(self).shape[1], range, weight, density)


@op(
    "aten::histogramdd.TensorList_bins(Tensor self, Tensor[] bins, float[]? range=None, Tensor? weight=None, "
    "bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
    cpp="ops::histogramdd_edges({0}, {1}, {2}, {3}, {4})",
)
def histogramdd_tensor_bins(
    self: Array,
    bins: Sequence[Array],
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, list[Array]]:
    _points(self)
    return _count(self, bins, weight, density, False), [b.copy() for b in bins]


# --- one dimension


def _column(self: Array, weight: Array | None) -> tuple[Array, Array | None]:
    return self.reshape(-1, 1), None if weight is None else weight.reshape(-1)


@op(
    "aten::histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) "
    "-> (Tensor hist, Tensor bin_edges)"
)
def histogram_edges(
    self: Array, bins: Array, *, weight: Array | None = None, density: bool = False
) -> tuple[Array, Array]:
    """Counts of values (or sums of weights) between given edges; the last bin includes its right edge."""
    column, weights = _column(self, weight)
    return _count(column, [bins], weights, density, False), bins.copy()


@op(
    "aten::histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None, "
    "bool density=False) -> (Tensor hist, Tensor bin_edges)"
)
def histogram(
    self: Array,
    bins: int = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, Array]:
    column, weights = _column(self, weight)
    counts, edges = _equal_bins(column, [bins], range, weights, density)
    return counts, edges[0]
