"""Medians and quantiles that leave nan out or let it decide."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.ops.extremum import median_all, median_along
from transpile.ops.families import Family
from transpile.ops.promotion import Array, wrap_dim

FAMILY = Family("quantile", tags=("reduction",))
op = FAMILY.op
_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")

nanmedian = op("aten::nanmedian(Tensor self) -> Tensor")(median_all(True))


@op("aten::nanmedian.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)")
def nanmedian_dim(self: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return median_along(self, dim, keepdim, True)


def _ranks(self: Array, q: Any, interpolation: str) -> Array:
    """The given quantiles in the type of ``self``, checked as all arguments are."""
    if self.size == 0:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if isinstance(q, np.ndarray) and q.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if self.dtype not in (np.float32, np.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if isinstance(q, np.ndarray) and q.dtype != self.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    if not isinstance(q, np.ndarray) and not 0 <= q <= 1:
        raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
    ranks = np.asarray(q, dtype=self.dtype)
    if not ((ranks >= 0) & (ranks <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")
    return ranks


def _quantile(self: Array, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool) -> Array:
    axis = 0 if dim is None else wrap_dim(dim, self.ndim)
    ranks = _ranks(self, q, interpolation)
    number = self.dtype.type
    flat = self.reshape(-1) if dim is None or self.ndim == 0 else self
    ordered = np.sort(np.moveaxis(flat, axis, -1), axis=-1)
    nan = np.isnan(ordered)
    count = (~nan).sum(-1, keepdims=True) if skip_nan else np.full((*ordered.shape[:-1], 1), ordered.shape[-1])
    places = ranks.reshape(-1) * np.maximum(count - 1, 0).astype(self.dtype)
    if not skip_nan:
        places = np.where(nan.any(-1, keepdims=True), number(ordered.shape[-1] - 1), places)
    if interpolation == "nearest":
        places = np.rint(places)
    elif interpolation == "lower":
        places = np.floor(places)
    elif interpolation == "higher":
        places = np.ceil(places)
    low, high = np.floor(places).astype(np.int64), np.ceil(places).astype(np.int64)
    result = np.take_along_axis(ordered, low, axis=-1)
    if interpolation in ("linear", "midpoint"):
        above = np.take_along_axis(ordered, high, axis=-1)
        weight = np.full_like(places, 0.5) if interpolation == "midpoint" else places - low.astype(self.dtype)
        difference = above - result
        result = np.where(weight < 0.5, result + weight * difference, above - difference * (number(1) - weight))
    result = np.moveaxis(result, -1, 0).astype(self.dtype)
    if keepdim and self.ndim:
        result = result.reshape((-1,) + (1,) * self.ndim) if dim is None else np.expand_dims(result, axis + 1)
    return np.array(result if ranks.ndim else result[0])


def _register(name: str, skip_nan: bool) -> None:
    def run(
        self: Array, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Array:
        return _quantile(self, q, dim, keepdim, interpolation, skip_nan)

    rest = 'int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor'
    op(f"aten::{name}(Tensor self, Tensor q, {rest}")(run)
    op(f"aten::{name}.scalar(Tensor self, float q, {rest}")(run)


_register("quantile", False)
_register("nanquantile", True)
