"""Reductions that pick elements: maximum, minimum, their positions, medians, modes, quantiles."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, cast, dtype_of, wrap_dim, wrap_dims

FAMILY = Family("extremum")
op = FAMILY.op


def _comparable(self: Array) -> Array:
    """The same values in a type whose comparisons NumPy knows (bfloat16 as float32)."""
    return cast(self, D.float32) if dtype_of(self) is D.bfloat16 else self


def _require_elements(self: Array, name: str, axes: Sequence[int], given: bool) -> None:
    if self.size:
        return
    if not given:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )
    for axis in axes:
        if self.ndim and self.shape[axis] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


def _whole(name: str, largest: bool) -> Any:
    def run(self: Array) -> Array:
        require_supported(self.dtype.kind != "c", f"{name}_all", dtype_of(self))
        _require_elements(self, name, (), False)
        values = _comparable(self)
        return cast(np.asarray(values.max() if largest else values.min()), dtype_of(self))

    return run


max = op("aten::max(Tensor self) -> Tensor", tags=("reduction",))(_whole("max", True))
min = op("aten::min(Tensor self) -> Tensor", tags=("reduction",))(_whole("min", False))


def pick(self: Array, indices: Array, dim: int) -> Array:
    """The elements of ``self`` at ``indices``, which has extent 1 along ``dim``."""
    return np.take_along_axis(self, indices, axis=dim)


def _along(name: str, largest: bool) -> Any:
    def run(self: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
        require_supported(self.dtype.kind != "c", f"{name}_impl", dtype_of(self))
        dim = wrap_dim(dim, self.ndim)
        _require_elements(self, name, (dim,), True)
        if self.ndim == 0:
            return self.copy(), np.zeros((), np.int64)
        values = _comparable(self)
        indices = np.expand_dims(np.asarray((np.argmax if largest else np.argmin)(values, axis=dim)), dim)
        found = pick(self, indices, dim)
        return (found, indices) if keepdim else (found.squeeze(dim), indices.squeeze(dim))

    return run


max_dim = op(
    "aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)", tags=("reduction",)
)(_along("max", True))
min_dim = op(
    "aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)", tags=("reduction",)
)(_along("min", False))


def _extreme(name: str, largest: bool) -> Any:
    def run(self: Array, dim: Any = (), keepdim: bool = False) -> Array:
        if self.dtype.kind == "c":
            raise RuntimeError(f"{name}(): does not support complex input")
        axes = wrap_dims(dim, self.ndim)
        _require_elements(self, name, axes, bool(dim) or isinstance(dim, int))
        values = _comparable(self)
        result = (np.max if largest else np.min)(values, axis=axes, keepdims=keepdim)
        return cast(np.asarray(result), dtype_of(self))

    return run


amax = op("aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", tags=("reduction",))(
    _extreme("amax", True)
)
amin = op("aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", tags=("reduction",))(
    _extreme("amin", False)
)


@op("aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)", tags=("reduction",))
def aminmax(self: Array, *, dim: int | None = None, keepdim: bool = False) -> tuple[Array, Array]:
    if dim is None and self.size == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    require_supported(self.dtype.kind != "c", "aminmax_cpu", dtype_of(self))
    if dim is not None:
        axis = wrap_dim(dim, self.ndim)
        if self.ndim and self.shape[axis] == 0:
            raise IndexError(f"aminmax: Expected reduction dim {axis} to have non-zero size.")
    dims = () if dim is None else (dim,)
    return amin.kernel(self, dims, keepdim), amax.kernel(self, dims, keepdim)  # type: ignore[misc]


def _position(name: str, largest: bool) -> Any:
    def run(self: Array, dim: int | None = None, keepdim: bool = False) -> Array:
        if self.dtype.kind == "c":
            raise RuntimeError(f"{name}(): does not support complex input")
        if self.dtype.kind == "b":
            raise RuntimeError(f"{name}(): does not support bool input")
        find = np.argmax if largest else np.argmin
        if dim is None:
            if self.size == 0:
                raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
            flat = np.asarray(find(_comparable(self).reshape(-1)), dtype=np.int64)
            return flat.reshape((1,) * self.ndim) if keepdim else flat
        dim = wrap_dim(dim, self.ndim)
        _require_elements(self, name, (dim,), True)
        if self.ndim == 0:
            return np.zeros((), np.int64)
        return np.asarray(find(_comparable(self), axis=dim, keepdims=keepdim), dtype=np.int64)

    return run


argmax = op("aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", tags=("reduction",))(
    _position("argmax", True)
)
argmin = op("aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", tags=("reduction",))(
    _position("argmin", False)
)


def _cumulative(largest: bool) -> Any:
    def run(self: Array, dim: int) -> tuple[Array, Array]:
        if self.size == 0:  # nothing else is looked at
            return self.copy(), np.zeros(self.shape, np.int64)
        require_supported(self.dtype.kind != "c", f"cum{'max' if largest else 'min'}_cpu", dtype_of(self))
        dim = wrap_dim(dim, self.ndim)
        if self.ndim == 0:
            return self.copy(), np.zeros((), np.int64)
        values = np.moveaxis(_comparable(self), dim, -1)
        running = (np.maximum if largest else np.minimum).accumulate(values, axis=-1)
        nan = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
        # Torch moves on while the new element is at least as good; NaN is better than any number.
        taken = (values == running) | nan
        places = np.where(taken, np.arange(values.shape[-1]), 0)
        if nan.any():
            seen = np.logical_or.accumulate(nan, axis=-1)
            places = np.where(seen & ~nan, 0, places)
        indices = np.maximum.accumulate(places, axis=-1).astype(np.int64)
        result = np.take_along_axis(np.moveaxis(self, dim, -1), indices, axis=-1)
        return np.moveaxis(result, -1, dim).copy(), np.moveaxis(indices, -1, dim).copy()

    return run


cummax = op("aten::cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)", tags=("reduction",))(
    _cumulative(True)
)
cummin = op("aten::cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)", tags=("reduction",))(
    _cumulative(False)
)

# --- order statistics ----------------------------------------------------------------------------------------------


def _order(values: Array) -> Array:
    """A stable ascending order along the last axis, NaN last."""
    return np.argsort(values, axis=-1, kind="stable")


def median_along(self: Array, dim: int, keepdim: bool, skip_nan: bool) -> tuple[Array, Array]:
    dtype = dtype_of(self)
    require_supported(self.dtype.kind not in "bc", "median_out", dtype)
    dim = wrap_dim(dim, self.ndim)
    if self.ndim == 0:
        return self.copy(), np.zeros((), np.int64)
    if self.shape[dim] == 0:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    values = np.moveaxis(_comparable(self), dim, -1)
    order = _order(values)
    count = np.full(values.shape[:-1], values.shape[-1])
    nan: Array = np.asarray(np.isnan(values)) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
    if skip_nan:
        count = np.maximum(count - nan.sum(-1), 1)
    middle = np.asarray((count - 1) // 2)
    indices = np.take_along_axis(order, middle[..., None], axis=-1)
    if not skip_nan:
        first = np.argmax(nan, axis=-1)[..., None]
        indices = np.where(np.asarray(nan.any(-1))[..., None], first, indices)
    indices = np.moveaxis(indices, -1, dim).astype(np.int64)
    found = pick(self, indices, dim)
    return (found, indices) if keepdim else (found.squeeze(dim), indices.squeeze(dim))


def median_all(skip_nan: bool) -> Any:
    def run(self: Array) -> Array:
        require_supported(self.dtype.kind not in "bc", "median_cpu", dtype_of(self))
        if self.size == 0:
            fill = np.nan if dtype_of(self).is_floating_point else np.iinfo(self.dtype).min
            return np.asarray(fill).astype(self.dtype)
        return median_along(self.reshape(-1), 0, False, skip_nan)[0]

    return run


median = op("aten::median(Tensor self) -> Tensor", tags=("reduction",), header="sorting")(median_all(False))
op(
    "aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    tags=("reduction",),
    header="sorting",
)(lambda self, dim, keepdim=False: median_along(self, dim, keepdim, False))


@op(
    "aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
    tags=("reduction",),
    header="sorting",
)
def mode(self: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The most frequent value, the smallest of several, and the last of its positions; every nan is a value of its own."""
    dim = wrap_dim(dim, self.ndim)
    if self.ndim == 0:
        return self.copy(), np.zeros((), np.int64)
    if self.shape[dim] == 0:
        raise IndexError(f"mode(): Expected reduction dim {dim} to have non-zero size.")
    require_supported(self.dtype.kind != "c", "mode_cpu", dtype_of(self))
    moved = np.moveaxis(_comparable(self), dim, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    indices = np.empty(rows.shape[0], np.int64)
    for i, (row, order) in enumerate(zip(rows, _order(rows), strict=True)):
        values = row[order]
        ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
        indices[i] = order[ends[np.argmax(np.diff(ends, prepend=-1))]]
    placed = np.moveaxis(indices.reshape((*moved.shape[:-1], 1)), -1, dim)
    found = pick(self, placed, dim)
    return (found, placed) if keepdim else (found.squeeze(dim), placed.squeeze(dim))


@op(
    "aten::bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor", tags=("nograd",), header="histogram"
)
def bincount(self: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each non-negative integer occurs, or the sum of its weights."""
    require_supported(dtype_of(self).category == D.INTEGRAL, "bincount_cpu", dtype_of(self))
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if self.ndim != 1 or (self.size and int(self.min()) < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if not self.size:
        weights = None  # they are not looked at
    bins = builtins.max(minlength, int(self.max()) + 1 if self.size else 0)
    if bins > 2**63 - 1:
        raise RuntimeError(f"maximum value of input overflowed, it should be < {2**63 - 1} but got {int(self.max())}")
    if bins >= 2**60:
        raise RuntimeError(f"Storage size calculation overflowed with sizes=[{bins}]")
    if weights is not None and weights.shape != self.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    if weights is None:
        return np.bincount(self.astype(np.int64), None, bins).astype(np.int64)
    target = D.float32 if weights.dtype == np.float32 else D.float64
    return cast(np.bincount(self.astype(np.int64), cast(weights, D.float64), bins), target)
