"""Reductions: sums, means, extrema, norms, cumulative sums."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.binary import complex_logaddexp
from transpile.ops.families import Family, in_place, require_supported
from transpile.ops.layout import dense
from transpile.ops.promotion import (
    Array,
    Number,
    cast,
    compute_dtype,
    dtype_of,
    real_dtype,
    result_type,
    to_floating,
    wrap_dim,
    wrap_dims,
)
from transpile.ops.registry import get

FAMILY = Family("reduction")
op = FAMILY.op


def accumulation_dtype(dtype: DType) -> DType:
    """The type in which values of ``dtype`` are summed: int64 for integers, float32 for 16-bit floats."""
    return D.int64 if dtype.category < D.FLOATING else compute_dtype(dtype)


def _axes(self: Array, dim: Any) -> tuple[int, ...]:
    return wrap_dims(dim, self.ndim)


def add_up(values: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The sum over ``axes``.

    Strides decide how well NumPy rounds: it adds pairwise only along a contiguous last axis.  So the reduced axes are
    moved there first, which makes the result independent of the layout.
    """
    if values.dtype.kind not in "fc" or not axes or values.ndim == 0:
        return np.asarray(values.sum(axis=axes, keepdims=keepdim, dtype=values.dtype))
    kept = [d for d in range(values.ndim) if d not in axes]
    shape = tuple(1 if d in axes else values.shape[d] for d in range(values.ndim))
    moved = values.transpose(*kept, *axes)
    flat = np.ascontiguousarray(moved).reshape([values.shape[d] for d in kept] + [-1 if values.size else 0])
    total = flat.sum(axis=-1)
    return np.asarray(total.reshape(shape if keepdim else total.shape))


# --- sums ----------------------------------------------------------------------------------------------------------


def _sum(self: Array, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    source = dtype_of(self)
    target = dtype or (D.int64 if source.category < D.FLOATING else source)
    axes = _axes(self, dim)
    values = cast(cast(self, target), accumulation_dtype(target)) if target is not D.bool_ else cast(self, target)
    if target is D.bool_:
        return np.asarray(values.any(axis=axes, keepdims=keepdim))
    return cast(add_up(values, axes, keepdim), target)


sum = op(
    "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    tags=("reduction",),
)(_sum)
op("aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", tags=("reduction",))(_sum)


@op(
    "aten::nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    tags=("reduction",),
)
def nansum(self: Array, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    _axes(self, dim)
    if self.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    return _sum(np.where(np.isnan(self), np.zeros((), self.dtype), self), dim, keepdim, dtype=dtype)


def _mean(self: Array, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    source = dtype_of(self)
    target = dtype or source
    if target.category < D.FLOATING:
        if dtype is None:
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                f"Got: {source.graph_name}"
            )
        raise RuntimeError(
            "mean(): could not infer output dtype. Optional dtype must be either a floating point or complex dtype. "
            f"Got: {target.graph_name}"
        )
    axes = _axes(self, dim)
    count = int(np.prod([self.shape[a] for a in axes], dtype=np.int64))
    compute = compute_dtype(target)
    total = add_up(cast(cast(self, target), compute), axes, keepdim)
    return cast(np.asarray(np.divide(total, np.asarray(count, dtype=compute.numpy))), target)


op("aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", tags=("reduction",))(_mean)
mean = op(
    "aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    tags=("reduction",),
)(_mean)


@op(
    "aten::nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    tags=("reduction",),
)
def nanmean(self: Array, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    if self.dtype.kind not in "fc" and dtype_of(self) is not D.bfloat16:
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {dtype_of(self).graph_name}"
        )
    present = ~np.isnan(self)
    total = nansum(self, dim, keepdim, dtype)
    return np.asarray(total / cast(_sum(present, dim, keepdim), dtype_of(total)))


def _prod(self: Array, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    source = dtype_of(self)
    target = dtype or (D.int64 if source.category < D.FLOATING else source)
    values = cast(cast(self, target), compute_dtype(target))
    axes = _axes(self, dim)
    wide = np.float64 if values.dtype == np.float32 else values.dtype  # one product after the other would lose digits
    product = np.asarray(values.prod(axis=axes, keepdims=keepdim, dtype=wide))
    return cast(cast(product, dtype_of(values)), target)


op("aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", tags=("reduction",))(_prod)
prod = op(
    "aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    tags=("reduction",),
)(_prod)


@op("aten::sum_to_size(Tensor self, int[] size) -> Tensor", tags=("reduction", "lends"))
def sum_to_size(self: Array, size: Sequence[int]) -> Array:
    """The inverse of broadcasting: sums until the shape is ``size``."""
    lead = self.ndim - len(size)
    fits = lead >= 0 and builtins.all(s in (1, self.shape[lead + i]) for i, s in enumerate(size))
    if not fits:
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(self.shape)}}}.")
    if not size:
        return _sum(self, None, False)
    axes = [*range(lead), *(lead + i for i, s in enumerate(size) if s == 1 and self.shape[lead + i] != 1)]
    if not axes:
        return self[...]
    return _sum(self, axes, True).reshape(tuple(size))


# --- spread --------------------------------------------------------------------------------------------------------


def _moments(
    self: Array, dim: Any, correction: Number | None, keepdim: bool, name: str = "std and var"
) -> tuple[Array, Array, DType]:
    dtype = dtype_of(self)
    if dtype.category < D.FLOATING:
        raise RuntimeError(f"{name} only support floating point and complex dtypes")
    axes = _axes(self, dim)
    wide = D.complex128 if dtype.is_complex else D.float64  # torch accumulates in double too
    values = cast(self, wide)
    count = int(np.prod([self.shape[a] for a in axes], dtype=np.int64))
    average = add_up(values, axes, True) / (count if count else np.nan)
    difference = values - average
    squares = (difference * np.conjugate(difference)).real
    freedom = max(count - float(1 if correction is None else correction), 0.0)  # type: ignore[arg-type]
    if freedom <= 0:
        warnings.warn(
            "degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            UserWarning,
            stacklevel=2,
        )
    variance = np.divide(add_up(squares, axes, True), freedom)
    if not keepdim:
        average, variance = average.reshape(_dropped(self, axes)), variance.reshape(_dropped(self, axes))
    return variance, average, dtype


def _dropped(self: Array, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(s for d, s in enumerate(self.shape) if d not in axes)


def _var(self: Array, dim: Any = None, *, correction: Number | None = None, keepdim: bool = False) -> Array:
    variance, _, dtype = _moments(self, dim, correction, keepdim)
    return cast(np.asarray(variance), real_dtype(dtype))


def _std(self: Array, dim: Any = None, *, correction: Number | None = None, keepdim: bool = False) -> Array:
    variance, _, dtype = _moments(self, dim, correction, keepdim)
    return cast(np.asarray(np.sqrt(variance)), real_dtype(dtype))


def _var_mean(self: Array, dim: Any = None, *, correction: Number | None = None, keepdim: bool = False) -> Any:
    variance, average, dtype = _moments(self, dim, correction, keepdim, "var_mean")
    return cast(np.asarray(variance), real_dtype(dtype)), cast(np.asarray(average), dtype)


def _std_mean(self: Array, dim: Any = None, *, correction: Number | None = None, keepdim: bool = False) -> Any:
    variance, average, dtype = _moments(self, dim, correction, keepdim, "std_mean")
    return cast(np.asarray(np.sqrt(variance)), real_dtype(dtype)), cast(np.asarray(average), dtype)


def _unbiased(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, unbiased=True: function(self, None, correction=int(unbiased))


def _unbiased_dim(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, dim, unbiased=True, keepdim=False: function(
        self, dim, correction=int(unbiased), keepdim=keepdim
    )


op("aten::std(Tensor self, bool unbiased=True) -> Tensor", tags=("reduction",))(_unbiased(_std))
op("aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor", tags=("reduction",))(
    _unbiased_dim(_std)
)
std = op(
    "aten::std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor",
    tags=("reduction",),
)(_std)
op("aten::var(Tensor self, bool unbiased=True) -> Tensor", tags=("reduction",))(_unbiased(_var))
op("aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor", tags=("reduction",))(
    _unbiased_dim(_var)
)
var = op(
    "aten::var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor",
    tags=("reduction",),
)(_var)
op("aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)", tags=("reduction",))(_unbiased(_std_mean))
op(
    "aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)",
    tags=("reduction",),
)(_unbiased_dim(_std_mean))
op(
    "aten::std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, "
    "bool keepdim=False) -> (Tensor, Tensor)",
    tags=("reduction",),
)(_std_mean)
op("aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)", tags=("reduction",))(_unbiased(_var_mean))
op(
    "aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)",
    tags=("reduction",),
)(_unbiased_dim(_var_mean))
op(
    "aten::var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, "
    "bool keepdim=False) -> (Tensor, Tensor)",
    tags=("reduction",),
)(_var_mean)

# --- truth ---------------------------------------------------------------------------------------------------------


def _truth(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(self: Array, dim: Any = None, keepdim: bool = False) -> Array:
        axes = () if isinstance(dim, (list, tuple)) and not dim else _axes(self, dim)
        result = np.asarray(function(self != 0, axis=axes, keepdims=keepdim))
        return result.astype(np.uint8) if self.dtype == np.uint8 else result

    return run


_all, _any = _truth(np.all), _truth(np.any)
all = op("aten::all(Tensor self) -> Tensor", tags=("reduction",))(_all)
op("aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", tags=("reduction",))(_all)
op("aten::all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor", tags=("reduction",))(_all)
any = op("aten::any(Tensor self) -> Tensor", tags=("reduction",))(_any)
op("aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", tags=("reduction",))(_any)
op("aten::any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor", tags=("reduction",))(_any)


def _count_nonzero(self: Array, dim: Any = None) -> Array:
    return np.asarray((self != 0).sum(axis=_axes(self, dim), dtype=np.int64))


count_nonzero = op("aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor", tags=("reduction",))(
    _count_nonzero
)
op("aten::count_nonzero(Tensor self, int? dim=None) -> Tensor", tags=("reduction",))(_count_nonzero)

# --- norms ---------------------------------------------------------------------------------------------------------


def norm_order(name: str, ord: Number) -> float:
    """The order of a norm as a float; torch's error for a complex one."""
    if isinstance(ord, complex):
        raise RuntimeError(f"{name}: Expected a non-complex scalar as the order of norm.")
    return float(ord)


def check_norm_types(name: str, source: DType, target: DType | None) -> None:
    """Raise torch's errors for a norm of values of type ``source`` that is to be computed as ``target``."""
    if source.category < D.FLOATING:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {source.graph_name}")
    if target is None:
        return
    if target.category < D.FLOATING:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {target.graph_name}")
    if source.is_complex != target.is_complex:
        kind = "complex" if source.is_complex else "real"
        raise RuntimeError(f"{name}: dtype should be {kind} for {kind} inputs, but got {target.graph_name}")
    if D.promote_types(source, target) is not target:
        raise RuntimeError(
            f"{name}: the dtype of the input ({source.graph_name}) should be convertible without narrowing to the "
            f"specified dtype ({target.graph_name})"
        )


def _check_identity(self: Array, order: float, dim: Any, axes: tuple[int, ...]) -> None:
    """Orders whose value for no elements is not 0 cannot be taken over empty dimensions."""
    if self.size or not (order < 0 or order == np.inf):
        return
    name = f"{order:g}"
    if dim is None or (not isinstance(dim, int) and not len(dim)):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {name} norm on an empty tensor because the operation does not have "
            "an identity"
        )
    for axis in axes:
        if self.shape[axis] == 0:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {name} norm on the dimension {axis}because this dimension is "
                "empty and the operation does not have an identity"
            )


def _vector_norm(
    self: Array, ord: Number = 2, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Array:
    source = dtype_of(self)
    order = norm_order("linalg.vector_norm", ord)
    check_norm_types("linalg.vector_norm", source, dtype)
    axes = _axes(self, dim)
    _check_identity(self, order, dim, axes)
    target = dtype or source
    values = np.abs(cast(cast(self, target), compute_dtype(target)))
    if order != 0 and self.size and builtins.all(self.shape[a] == 1 for a in axes):
        result = values if keepdim else values.reshape(_dropped(self, axes))
    elif order == np.inf:
        result = values.max(axis=axes, keepdims=keepdim)
    elif order == -np.inf:
        result = values.min(axis=axes, keepdims=keepdim)
    elif order == 0:
        result = add_up((values != 0).astype(values.dtype), axes, keepdim)
    elif order == 1 or not self.size:
        result = add_up(values, axes, keepdim)
    elif order == 2:
        result = np.sqrt(add_up(values * values, axes, keepdim))
    else:
        result = np.power(
            add_up(np.power(values, values.dtype.type(order)), axes, keepdim), values.dtype.type(1 / order)
        )
    return cast(np.asarray(result), real_dtype(target))


vector_norm = op(
    "aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, "
    "ScalarType? dtype=None) -> Tensor",
    tags=("reduction",),
)(_vector_norm)


def _norm(
    self: Array, p: Number | None = 2, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Array:
    if dtype_of(self).category < D.FLOATING:
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {dtype_of(self).graph_name} instead."
        )
    return _vector_norm(self, 2 if p is None else p, dim, keepdim, dtype=dtype)


norm = op("aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor", tags=("reduction",))(_norm)
op("aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor", tags=("reduction",))(
    _norm
)
op(
    "aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype) -> Tensor",
    tags=("reduction",),
)(_norm)
op("aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor", tags=("reduction",))(_norm)


@op("aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", tags=("reduction",))
def frobenius_norm(self: Array, dim: Any, keepdim: bool = False) -> Array:
    dims = [dim] if isinstance(dim, int) else dim
    if len(dims) > 2:
        raise RuntimeError(f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead.")
    return _norm(self, 2, dim, keepdim)


@op("aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor", tags=("reduction",))
def dist(self: Array, other: Array, p: Number = 2) -> Array:
    common = result_type(self, other)
    if D.bool_ in (dtype_of(self), dtype_of(other)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return _vector_norm(np.asarray(cast(self, common) - cast(other, common)), p)


@op("aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", tags=("reduction",))
def logsumexp(self: Array, dim: Any, keepdim: bool = False) -> Array:
    target = to_floating(dtype_of(self))
    axes = _axes(self, dim)
    values = cast(cast(self, target), compute_dtype(target))
    if values.size == 0:
        return cast(np.asarray(np.log(np.exp(values).sum(axis=axes, keepdims=keepdim))), target)
    highest = values.real.max(axis=axes, keepdims=True)
    highest = np.where(np.isinf(highest), highest.dtype.type(0), highest)
    result = np.log(add_up(np.exp(values - highest), axes, True)) + highest
    return cast(result if keepdim else result.reshape(_dropped(self, axes)), target)


# --- running sums --------------------------------------------------------------------------------------------------


def _running(function: Any) -> Callable[..., Array]:
    def run(self: Array, dim: int, *, dtype: DType | None = None) -> Array:
        source = dtype_of(self)
        target = dtype or (D.int64 if source.category < D.FLOATING else source)
        dim = wrap_dim(dim, self.ndim)
        wide = {D.float32: D.float64, D.float16: D.float32, D.bfloat16: D.float32, D.complex64: D.complex128}
        values = cast(cast(self, target), wide.get(target, target))
        if self.ndim == 0:
            return cast(values, target).copy()
        return cast(np.asarray(function(values, axis=dim, dtype=values.dtype)), target)

    return run


cumsum = op("aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", tags=("reduction",))(
    _running(np.cumsum)
)
cumprod = op("aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", tags=("reduction",))(
    _running(np.cumprod)
)
in_place(cumsum)
in_place(cumprod)


@op("aten::logcumsumexp(Tensor self, int dim) -> Tensor", tags=("reduction",))
def logcumsumexp(self: Array, dim: int) -> Array:
    dtype = dtype_of(self)
    require_supported(dtype.category >= D.FLOATING, "logcumsumexp_out_cpu", dtype)
    dim = wrap_dim(dim, self.ndim)
    if self.ndim == 0:
        return self.copy()
    values = cast(self, compute_dtype(dtype))
    if dtype.is_complex:
        result = np.moveaxis(values.copy(), dim, 0)
        for i in range(1, len(result)):
            result[i] = complex_logaddexp(result[i], result[i - 1])
        return dense(np.moveaxis(result, 0, dim))
    running = np.asarray(np.logaddexp.accumulate(cast(values, D.float64), axis=dim))
    return cast(cast(running, dtype_of(values)), dtype)


def _extension(self: Array, part: Array, dim: int) -> Array:
    """What ``diff`` puts before or after a tensor; torch's errors if it does not fit."""
    if part.ndim != self.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for d in range(self.ndim):
        if d != dim and part.shape[d] != self.shape[d]:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along the "
                f"differencing dimension; input.size({d}) = {self.shape[d]}, but got tensor.size({d}) = {part.shape[d]}"
            )
    return part


@op("aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor")
def diff(self: Array, n: int = 1, dim: int = -1, prepend: Array | None = None, append: Array | None = None) -> Array:
    """The n-th difference of neighbours along ``dim``."""
    if self.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = wrap_dim(dim, self.ndim)
    if n == 0:
        return np.array(self)
    parts = [self if p is self else _extension(self, p, dim) for p in (prepend, self, append) if p is not None]
    joined: Array = get("aten::cat")(parts, dim) if len(parts) > 1 else self
    for _ in range(min(n, joined.shape[dim])):
        after = joined[(slice(None),) * dim + (slice(1, None),)]
        before = joined[(slice(None),) * dim + (slice(None, -1),)]
        joined = after ^ before if joined.dtype.kind == "b" else after - before
    return np.array(joined)
