"""Covariance, the trapezoidal rule, finite differences, and limits to the norms of slices.

Most are made of other operators, step by step as PyTorch makes them, so that types and rounding are those.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops import layout
from transpile.ops.arithmetic import add, mul, sub, true_divide
from transpile.ops.families import Family, in_place
from transpile.ops.linear import mm
from transpile.ops.promotion import Array, Number, WrappedNumber, cast, compute_dtype, dtype_of, real_dtype, wrap_dim
from transpile.ops.reduction import cumsum, sum, vector_norm
from transpile.ops.registry import get

FAMILY = Family("statistics")
op = FAMILY.op


def _plus(a: Array, b: Array) -> Array:
    result: Array = add(a, b, 1)
    return result


def _minus(a: Array, b: Array) -> Array:
    result: Array = sub(a, b, 1)
    return result


def _times(a: Array, b: Array | Number) -> Array:
    result: Array = mul(a, b) if isinstance(b, np.ndarray) else get("aten::mul.Scalar")(a, b)
    return result


def _over(a: Array, b: Array | Number) -> Array:
    result: Array = true_divide(a, b) if isinstance(b, np.ndarray) else get("aten::div.Scalar")(a, b)
    return result


# --- covariance


def _check_weights(name: str, weights: Array, count: int, integral: bool) -> None:
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions"
        )
    dtype = dtype_of(weights)
    if dtype.category != (D.INTEGRAL if integral else D.FLOATING):
        kind = "integral" if integral else "floating point"
        raise RuntimeError(f"cov(): expected {name} to have {kind} dtype but got {name} with {dtype.graph_name} dtype")
    if weights.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.size} != {count}"
        )
    if count and not (weights >= 0).all():
        raise RuntimeError(f"cov(): {name} cannot be negative")


def _covariance(name: str, self: Array, correction: int, fweights: Array | None, aweights: Array | None) -> Array:
    if self.ndim > 2:
        raise RuntimeError(
            f"{name}(): expected input to have two or fewer dimensions but got an input with {self.ndim} dimensions"
        )
    if dtype_of(self) is D.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    values = self if self.ndim == 2 else self.reshape(1, -1)
    count = values.shape[1]
    weights = fweights
    if fweights is not None:
        _check_weights("fweights", fweights, count, True)
    if aweights is not None:
        _check_weights("aweights", aweights, count, False)
        weights = aweights if fweights is None else _times(fweights, aweights)
    total = np.asarray(count) if weights is None else sum(weights, None, False, None)
    if weights is not None and not (total != 0):
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    weighted = values if weights is None else _times(values, weights)
    average = _over(sum(weighted, [1], False, None), total)
    if aweights is not None and correction != 0:
        assert weights is not None
        squares = _over(_times(sum(_times(weights, aweights), None, False, None), correction), total)
        freedom = _minus(total, squares)
    else:
        freedom = get("aten::sub.Scalar")(total, correction, 1)
    if freedom <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            UserWarning,
            stacklevel=2,
        )
        freedom = np.zeros_like(freedom)
    centred = _minus(values, average[:, None])
    other = centred if weights is None else _times(centred, weights)
    return _over(mm(centred, np.conj(other.T) if np.iscomplexobj(other) else other.T), freedom).squeeze()


@op(
    "aten::cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor",
    tags=("nofold",),
)
def cov(self: Array, *, correction: int = 1, fweights: Array | None = None, aweights: Array | None = None) -> Array:
    """The covariance of the variables that are the rows; columns are observations."""
    return _covariance("cov", self, correction, fweights, aweights)


@op("aten::corrcoef(Tensor self) -> Tensor", tags=("nofold",))
def corrcoef(self: Array) -> Array:
    """Pearson's correlation of the variables that are the rows."""
    covariance = _covariance("corrcoef", self, 1, None, None)
    if covariance.ndim == 0:
        return _over(covariance, covariance)
    deviation = get("aten::sqrt")(covariance.diagonal().real)
    result = _over(_over(covariance, deviation[:, None]), deviation[None, :])
    if np.iscomplexobj(result):
        clipped = np.clip(result.real, -1, 1) + 1j * np.clip(result.imag, -1, 1)
        return np.asarray(clipped, result.dtype)
    return cast(np.clip(result, result.dtype.type(-1), result.dtype.type(1)), dtype_of(result))


# --- the trapezoidal rule


def _part(self: Array, axis: int, start: int | None, end: int | None = None) -> Array:
    return self[(slice(None),) * axis + (slice(start, end),)]


def _pair_sums(y: Array, axis: int) -> Array:
    return _plus(_part(y, axis, None, -1), _part(y, axis, 1))


def _widths(name: str, y: Array, x: Array, axis: int, dim: int) -> Array:
    """The differences of the sample points, so that they broadcast against the sums of neighbours of ``y``."""
    if y.dtype == np.bool_ or x.dtype == np.bool_:
        raise RuntimeError(f"{name}: received a bool input for `x` or `y`, but bool is not supported")
    if x.ndim == 1:
        if x.shape[0] != y.shape[axis]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        points = x.reshape([-1 if d == axis else 1 for d in range(y.ndim)])
    else:
        points = x.reshape((1,) * (y.ndim - x.ndim) + x.shape)
    at = wrap_dim(dim, points.ndim)
    return _minus(_part(points, at, 1), _part(points, at, None, -1))


def _sample_axis(y: Array, dim: int, cumulative: bool) -> int:
    if not y.ndim:
        text = "slice() cannot be applied to a 0-dim tensor."
        raise IndexError(text if cumulative else f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, y.ndim)


def _check_spacing(name: str, y: Array, dx: Number) -> None:
    if y.dtype == np.bool_:
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")
    if isinstance(dx, (bool, complex)):
        raise RuntimeError(f"{name}: Currently, we only support dx as a real number.")


def _trapezoid_points(y: Array, x: Array, dim: int) -> Array:
    axis = _sample_axis(y, wrap_dim(dim, y.ndim), False)
    if y.shape[axis] == 0:
        return np.zeros(y.shape[:axis] + y.shape[axis + 1 :], y.dtype)
    areas = _times(_pair_sums(y, axis), _widths("trapezoid", y, x, axis, dim))
    return _over(sum(areas, [dim], False, None), 2.0)


def _trapezoid_step(y: Array, dx: Number, dim: int) -> Array:
    axis = _sample_axis(y, dim, False)
    if y.shape[axis] == 0:
        return np.zeros(y.shape[:axis] + y.shape[axis + 1 :], y.dtype)
    _check_spacing("trapezoid", y, dx)
    return _times(sum(_pair_sums(y, axis), [axis], False, None), float(dx) / 2.0)  # type: ignore[arg-type]


@op("aten::trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", tags=("reduction",))
def trapezoid(y: Array, x: Array, *, dim: int = -1) -> Array:
    """The integral along ``dim`` of values at the points ``x`` by the trapezoidal rule."""
    return _trapezoid_points(y, x, dim)


@op("aten::trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor", tags=("reduction",))
def trapezoid_step(y: Array, *, dx: Number = 1, dim: int = -1) -> Array:
    return _trapezoid_step(y, dx, dim)


@op("aten::trapz.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", tags=("reduction",))
def trapz(y: Array, x: Array, *, dim: int = -1) -> Array:
    return _trapezoid_points(y, x, dim)


@op("aten::trapz.dx(Tensor y, *, float dx=1, int dim=-1) -> Tensor", tags=("reduction",))
def trapz_step(y: Array, *, dx: float = 1.0, dim: int = -1) -> Array:
    return _trapezoid_step(y, dx, dim)


@op("aten::cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", tags=("reduction",))
def cumulative_trapezoid(y: Array, x: Array, *, dim: int = -1) -> Array:
    """The running integrals along ``dim``: one less than there are values."""
    axis = _sample_axis(y, dim, True)
    areas = _times(_pair_sums(y, axis), _widths("cumulative_trapezoid", y, x, axis, dim))
    return _over(cumsum(areas, dim, None), 2.0)


@op("aten::cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor", tags=("reduction",))
def cumulative_trapezoid_step(y: Array, *, dx: Number = 1, dim: int = -1) -> Array:
    axis = _sample_axis(y, dim, True)
    _check_spacing("cumulative_trapezoid", y, dx)
    return _times(cumsum(_pair_sums(y, axis), axis, None), float(dx) / 2.0)  # type: ignore[arg-type]


# --- finite differences


def _check_gradient(self: Array, spacings: int | None, dims: Sequence[int] | None, edge_order: int) -> None:
    if self.dtype == np.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    expected = "torch.gradient expected spacing to be unspecified, a scalar"
    if spacings is not None and dims is None and spacings != self.ndim:
        raise RuntimeError(
            f"{expected}, or a list of length equal to 'self.dim() = {self.ndim}', since dim argument was not given, "
            f"but got a list of length {spacings}"
        )
    if spacings is not None and dims is not None and spacings != len(dims):
        raise RuntimeError(
            f"{expected} or it's spacing and dim arguments to have the same length, but got a spacing argument of "
            f"length {spacings} and a dim argument of length {len(dims)}."
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    seen = set()
    for dim in dims or ():
        axis = wrap_dim(dim, self.ndim)
        if axis in seen:
            raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
        seen.add(axis)
    for dim in range(self.ndim) if dims is None else dims:
        if not self.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        if self.shape[dim] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")


def _opposite(value: Array) -> Array:
    return np.asarray(np.negative(value))


def _weighted(self: Array, axis: int, parts: Sequence[tuple[Any, int | None, int | None]]) -> Array:
    """The sum of parts of ``self`` along ``axis`` times their weights."""
    terms = [_times(_part(self, axis, start, end), weight) for weight, start, end in parts]
    return _plus(_plus(terms[0], terms[1]), terms[2])


def _joined(parts: Sequence[Array], axis: int) -> Array:
    result: Array = get("aten::cat")(list(parts), axis)
    return result


def _even_gradient(self: Array, spacing: Number, axis: int, edge_order: int) -> Array:
    """Central differences for samples ``spacing`` apart; at the edges, one-sided ones of the given order."""

    def step(first: tuple[int | None, int | None], second: tuple[int | None, int | None]) -> Array:
        return _over(_minus(_part(self, axis, *first), _part(self, axis, *second)), spacing)

    centre = step((2, None), (0, -2))
    if edge_order == 1:
        before, after = step((1, 2), (0, 1)), step((-1, None), (-2, -1))
    else:
        before = _over(_weighted(self, axis, ((-1.5, 0, 1), (2, 1, 2), (-0.5, 2, 3))), spacing)
        after = _over(_weighted(self, axis, ((0.5, -3, -2), (-2, -2, -1), (1.5, -1, None))), spacing)
    return _joined((before, _over(centre, 2), after), axis)


def _uneven_gradient(self: Array, points: Array, axis: int, edge_order: int) -> Array:
    """The same for samples at ``points``: second-order differences for unequal steps."""
    if points.ndim != 1:
        raise RuntimeError(
            "torch.gradient expected each element of spacing to have one dimension, but got an element with "
            f"{points.ndim} dimensions!"
        )
    steps = _minus(points[1:], points[:-1])
    one, two = steps[:-1], steps[1:]
    both = _plus(one, two)
    shape = [-1 if d == axis else 1 for d in range(self.ndim)]

    def spread(weights: Array) -> Array:
        return weights.reshape(shape)

    a = spread(_over(_opposite(two), _times(one, both)))
    b = spread(_over(_minus(two, one), _times(one, two)))
    c = spread(_over(one, _times(two, both)))
    centre = _weighted(self, axis, ((a, None, -2), (b, 1, -1), (c, 2, None)))
    if edge_order == 1:
        before = _over(_minus(_part(self, axis, 1, 2), _part(self, axis, 0, 1)), steps[0:1].reshape(()))
        after = _over(_minus(_part(self, axis, -1), _part(self, axis, -2, -1)), steps[-1:].reshape(()))
        return _joined((before, centre, after), axis)
    d, e = one[:1].reshape(()), two[:1].reshape(())
    f = _plus(d, e)
    a = _over(_opposite(_plus(_times(d, 2.0), e)), _times(d, f))
    b = _over(f, _times(d, e))
    c = _over(_opposite(d), _times(e, f))
    before = _weighted(self, axis, ((a, 0, 1), (b, 1, 2), (c, 2, 3)))
    d, e = one[-1:].reshape(()), two[-1:].reshape(())
    f = _plus(d, e)
    a = _over(e, _times(d, f))
    b = _over(_opposite(f), _times(d, e))
    c = _over(_plus(_times(e, 2), d), _times(e, f))
    after = _weighted(self, axis, ((a, -3, -2), (b, -2, -1), (c, -1, None)))
    return _joined((before, centre, after), axis)


def _gradient(self: Array, spacings: Sequence[Any], dims: Sequence[int] | None, edge_order: int) -> list[Array]:
    _check_gradient(self, len(spacings), dims, edge_order)
    axes = range(self.ndim) if dims is None else [wrap_dim(d, self.ndim) for d in dims]
    return [
        (_uneven_gradient if isinstance(s, np.ndarray) and not isinstance(s, WrappedNumber) else _even_gradient)(
            self, s, axis, edge_order
        )
        for s, axis in zip(spacings, axes, strict=True)
    ]


def _listed(dim: int | None) -> list[int] | None:
    return None if dim is None else [dim]


@op("aten::gradient.scalarint(Tensor self, *, Scalar? spacing=None, int? dim=None, int edge_order=1) -> Tensor[]")
def gradient(self: Array, *, spacing: Number | None = None, dim: int | None = None, edge_order: int = 1) -> list[Array]:
    """Estimates of the partial derivatives of a sampled function, one for each dimension."""
    count = self.ndim if dim is None else 1
    return _gradient(self, [1 if spacing is None else spacing] * count, _listed(dim), edge_order)


@op(
    "aten::gradient.scalararray(Tensor self, *, Scalar spacing, int[] dim, int edge_order=1) -> Tensor[]",
    cpp="ops::gradient_along({0}, {1}, {2}, {3})",
)
def gradient_scalar_dims(self: Array, *, spacing: Number, dim: Sequence[int], edge_order: int = 1) -> list[Array]:
    return _gradient(self, [spacing] * len(dim), dim, edge_order)


@op(
    "aten::gradient.array(Tensor self, *, int[] dim, int edge_order=1) -> Tensor[]",
    cpp="ops::gradient_along({0}, 1, {1}, {2})",
)
def gradient_dims(self: Array, *, dim: Sequence[int], edge_order: int = 1) -> list[Array]:
    return _gradient(self, [1] * len(dim), dim, edge_order)


@op(
    "aten::gradient.scalarrayint(Tensor self, *, Scalar[] spacing, int? dim=None, int edge_order=1) -> Tensor[]",
    cpp="ops::gradient_spaced({0}, {1}, {2}, {3})",
)
def gradient_scalars(
    self: Array, *, spacing: Sequence[Number], dim: int | None = None, edge_order: int = 1
) -> list[Array]:
    return _gradient(self, spacing, _listed(dim), edge_order)


@op(
    "aten::gradient.scalarrayarray(Tensor self, *, Scalar[] spacing, int[] dim, int edge_order=1) -> Tensor[]",
    cpp="ops::gradient_spaced_along({0}, {1}, {2}, {3})",
)
def gradient_scalars_dims(
    self: Array, *, spacing: Sequence[Number], dim: Sequence[int], edge_order: int = 1
) -> list[Array]:
    return _gradient(self, spacing, dim, edge_order)


@op(
    "aten::gradient.tensorarrayint(Tensor self, *, Tensor[] spacing, int? dim=None, int edge_order=1) -> Tensor[]",
    cpp="ops::gradient_at({0}, {1}, {2}, {3})",
)
def gradient_points(
    self: Array, *, spacing: Sequence[Array], dim: int | None = None, edge_order: int = 1
) -> list[Array]:
    return _gradient(self, spacing, _listed(dim), edge_order)


@op(
    "aten::gradient.tensorarray(Tensor self, *, Tensor[] spacing, int[] dim, int edge_order=1) -> Tensor[]",
    cpp="ops::gradient_at_along({0}, {1}, {2}, {3})",
)
def gradient_points_dims(
    self: Array, *, spacing: Sequence[Array], dim: Sequence[int], edge_order: int = 1
) -> list[Array]:
    return _gradient(self, spacing, dim, edge_order)


# --- norms of slices


@op("aten::renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor")
def renorm(self: Array, p: Number, dim: int, maxnorm: Number) -> Array:
    """Scales every slice along ``dim`` whose p-norm is above ``maxnorm`` down to that norm."""
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if isinstance(maxnorm, complex):
        raise RuntimeError("renorm: maxnorm must be real-valued")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if self.ndim <= 1:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {self.ndim} dimensions")
    axis = wrap_dim(dim, self.ndim)
    dtype = dtype_of(self)
    others = [d for d in range(self.ndim) if d != axis]
    wide = compute_dtype(dtype)
    norms = vector_norm(self, p, others, True, wide if dtype.category >= D.FLOATING and wide is not dtype else None)
    limit = norms.dtype.type(maxnorm)
    factors = np.where(norms > limit, limit / (norms + norms.dtype.type(1e-7)), norms.dtype.type(1))
    return layout.dense(_times(self, cast(factors, real_dtype(dtype))))


renorm_ = in_place(renorm)
