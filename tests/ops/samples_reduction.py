"""Samples for reductions, extrema, sorting and running sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ops.samples import ALL, FLOATS, REALS, Sample, layouts, make, samples, specials
from transpile.core import dtype as D

_DIMS: tuple[Any, ...] = (0, 1, -1, 2)


@samples("aten::all", "aten::any", "aten::median", "aten::max", "aten::min", "aten::nanmedian")
def whole() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype))
        yield Sample(make((), dtype))
    for x in layouts():
        yield Sample(x)
    yield Sample(specials())
    yield Sample(specials()[:18].copy())


@samples("aten::sum", "aten::mean", "aten::prod")
def whole_typed() -> Iterator[Sample]:
    for dtype in ALL:
        yield Sample(make((3, 4), dtype, low=0.5, high=2))
        yield Sample(make((0, 4), dtype))
        for target in (D.float32, D.int64, D.float64, D.float16, D.int32, D.bool_):
            if np.dtype(dtype).kind != "c":
                # torch rounds every step of a 16-bit product
                yield Sample(make((3, 4), dtype), dtype=target, rtol=1e-2 if target is D.float16 else None)
    for x in layouts():
        yield Sample(x)


@samples("aten::sum.dim_IntList", "aten::mean.dim", "aten::nansum", "aten::nanmean")
def dims_typed() -> Iterator[Sample]:
    for dtype in ALL:
        for dims in ([0], [1], [-1], [0, 1], [], None, [2], [0, 0]):
            yield Sample(make((3, 4), dtype), dims)
            yield Sample(make((3, 4), dtype), dims, True)
    for x in layouts():
        yield Sample(x, [0], False)
        yield Sample(x, [-1], True)
    for x in layouts(rank=3):
        yield Sample(x, [0, 2], False)
    yield Sample(make((3, 4), np.float16), [0], False, dtype=D.float32)
    yield Sample(make((3, 4), np.int64), [0], False, dtype=D.float32)
    yield Sample(make((), np.float32), [0], True)


@samples("aten::prod.dim_int")
def prod_dim() -> Iterator[Sample]:
    for dtype in REALS:
        for dim in _DIMS:
            yield Sample(make((3, 4), dtype), dim, False)
            yield Sample(make((3, 4), dtype), dim, True)
    for x in layouts():
        yield Sample(x, 0)


@samples(
    "aten::max.dim", "aten::min.dim", "aten::all.dim", "aten::any.dim", "aten::median.dim", "aten::nanmedian.dim",
    "aten::argmax", "aten::argmin", "aten::mode",
)  # fmt: skip
def one_dim() -> Iterator[Sample]:
    for dtype in REALS:
        for dim in _DIMS:
            # distinct values: which of several equal ones is reported is not defined
            values = np.random.default_rng(3).permutation(12).reshape(3, 4)
            x = (values > 5 if np.dtype(dtype).kind == "b" else values).astype(dtype)
            if np.dtype(dtype).kind != "b":
                yield Sample(x, dim, False)
                yield Sample(x, dim, True)
                yield Sample(x.T, dim, True)
    for x in layouts():
        if x.strides.count(0) == 0 or x.size < 2:
            yield Sample(x, 0)
            yield Sample(x, -1, True)
    with_nan = make((3, 4))
    with_nan[1, 2] = np.nan
    yield Sample(with_nan, 0)
    yield Sample(with_nan, 1, True)


@samples("aten::amax", "aten::amin", "aten::all.dims", "aten::any.dims")
def several_dims() -> Iterator[Sample]:
    for dtype in REALS:
        for dims in ([0], [1], [-1], [0, 1], [], [2], [0, 0]):
            yield Sample(make((3, 4), dtype), dims)
            yield Sample(make((3, 4), dtype), dims, True)
    for x in layouts():
        yield Sample(x, [0])
    with_nan = make((3, 4))
    with_nan[1, 2] = np.nan
    yield Sample(with_nan, [0])


@samples("aten::logsumexp")
def log_sums() -> Iterator[Sample]:
    for dtype in REALS:
        for dims in ([0], [1], [0, 1], [-3]):
            short = np.dtype(dtype).itemsize == 2  # torch rounds between the steps
            yield Sample(make((3, 4), dtype), dims, rtol=4e-2 if short else None)
            yield Sample(make((3, 4), dtype), dims, True, rtol=4e-2 if short else None)
    yield Sample(np.array([-np.inf, -np.inf], np.float32), [0])
    yield Sample(np.array([np.inf, 1], np.float32), [0])
    yield Sample(np.array([1000.0, 1000.0], np.float32), [0])


@samples("aten::var.correction", "aten::std.correction", "aten::var_mean.correction", "aten::std_mean.correction")
def spreads() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.int64, np.complex64):
        for dims in ([0], [1], [0, 1], [], None):
            for correction in (None, 0, 1, 2.0):
                yield Sample(make((3, 4), dtype), dims, correction=correction, keepdim=True)
    for x in layouts():
        yield Sample(x, None, correction=1)
    yield Sample(make((1, 4)), [0])
    yield Sample(make((2,)), [0], correction=3)


@samples("aten::var", "aten::std", "aten::var_mean", "aten::std_mean")
def whole_spreads() -> Iterator[Sample]:
    for dtype in FLOATS:
        for unbiased in (True, False):
            yield Sample(make((3, 4), dtype), unbiased)


@samples("aten::var.dim", "aten::std.dim")
def dim_spreads() -> Iterator[Sample]:
    for dtype in FLOATS:
        for unbiased in (True, False):
            yield Sample(make((3, 4), dtype), [0], unbiased, True)
            yield Sample(make((3, 4), dtype), None, unbiased, False)


@samples("aten::cumsum", "aten::cumprod")
def running() -> Iterator[Sample]:
    for dtype in ALL:
        for dim in _DIMS:
            yield Sample(make((3, 4), dtype, low=0.5, high=2), dim)
    for x in layouts():
        yield Sample(x, 0)
    yield Sample(make((3, 4), np.int32), 0, dtype=D.float32)


@samples("aten::cumsum_", "aten::cumprod_")
def running_in_place() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.int64):
        yield Sample(make((3, 4), dtype), 1)


@samples("aten::cummax", "aten::cummin", "aten::logcumsumexp")
def running_extrema() -> Iterator[Sample]:
    for dtype in REALS:
        for dim in (0, 1):
            yield Sample(make((5, 4), dtype), dim)
    for x in layouts():
        yield Sample(x, 0)
    with_nan = make((5, 4))
    with_nan[2, 1:3] = np.nan
    yield Sample(with_nan, 0)


@samples("aten::norm.Scalar")
def norms() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.int64, np.complex64):
        for p in (2, 1, 0, 3, float("inf"), -float("inf"), 0.5):
            yield Sample(make((3, 4), dtype), p)


@samples("aten::linalg_vector_norm")
def vector_norms() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.int64, np.complex64):
        for p in (2, 1, 0, 3, float("inf"), -float("inf")):
            yield Sample(make((3, 4), dtype), p, [1], True)
            yield Sample(make((3, 4), dtype), p, None, False)
    yield Sample(make((0,)), float("inf"))
    yield Sample(make((3, 4), np.float16), 2, [0], dtype=D.float32)


@samples("aten::norm.ScalarOpt_dim")
def dim_norms() -> Iterator[Sample]:
    for p in (None, 2, 1):
        yield Sample(make((3, 4)), p, [1], True)
        yield Sample(make((3, 4)), p, [0, 1])


@samples("aten::count_nonzero.dim_IntList")
def counts() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), [0])
        yield Sample(make((3, 4), dtype), [0, 1])


@samples("aten::count_nonzero")
def whole_counts() -> Iterator[Sample]:
    for x in layouts(np.int64):
        yield Sample(x)


@samples("aten::aminmax")
def both_extrema() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype))
        yield Sample(make((3, 4), dtype), dim=1, keepdim=True)


@samples("aten::dist")
def distances() -> Iterator[Sample]:
    for p in (2, 1, float("inf")):
        yield Sample(make((3, 4)), make((4,), seed=1), p)


@samples("aten::quantile.scalar", "aten::nanquantile.scalar")
def quantiles() -> Iterator[Sample]:
    for interpolation in ("linear", "lower", "higher", "midpoint", "nearest", "none"):
        yield Sample(make((3, 4)), 0.3, 1, True, interpolation=interpolation)
        yield Sample(make((3, 4)), 0.6, None, False, interpolation=interpolation)
    yield Sample(make((3,)), 1.5)
    yield Sample(make((3,), np.int64), 0.5)


@samples("aten::quantile")
def several_quantiles() -> Iterator[Sample]:
    yield Sample(make((3, 4)), np.array([0.1, 0.5, 1.0], np.float32), 1)
    yield Sample(make((3, 4)), np.array([0.1, 0.5], np.float32), None, True)


@samples("aten::diff")
def differences() -> Iterator[Sample]:
    for dtype in (np.float32, np.int64, np.bool_):
        for n in (1, 2, 0):
            yield Sample(make((5, 4), dtype), n, 0)
    yield Sample(make((5, 4)), 1, -1, make((5, 1)), make((5, 2)))


@samples("aten::trapezoid.dx", "aten::trapz.dx")
def areas() -> Iterator[Sample]:
    yield Sample(make((3, 4)), dx=0.5, dim=-1)
    yield Sample(make((3, 4)), dx=2.0, dim=0)


@samples("aten::trapezoid.x")
def areas_over_x() -> Iterator[Sample]:
    yield Sample(make((3, 4)), make((4,), seed=1), dim=-1)
    yield Sample(make((3, 4)), make((3, 4), seed=1), dim=0)


@samples("aten::bincount")
def bins() -> Iterator[Sample]:
    yield Sample(np.array([1, 2, 2, 5]))
    yield Sample(np.array([1, 2, 2, 5]), make((4,)), 8)
    yield Sample(np.array([-1]))
    yield Sample(np.array([1.5]))


@samples("aten::histc")
def histograms() -> Iterator[Sample]:
    yield Sample(make((20,)), 5)
    yield Sample(make((20,)), 4, -1, 2)


def _distinct(shape: tuple[int, ...], dtype: Any) -> Any:
    return np.random.default_rng(5).permutation(int(np.prod(shape))).reshape(shape).astype(dtype)


@samples("aten::sort.stable", "aten::argsort.stable")
def stable_sorts() -> Iterator[Sample]:
    for dtype in REALS:
        for descending in (False, True):
            for dim in (0, -1):
                yield Sample(make((5, 6), dtype), stable=True, dim=dim, descending=descending)
    with_nan = make((4, 5))
    with_nan[1, 2] = with_nan[2, 2] = np.nan
    for descending in (False, True):
        yield Sample(with_nan, stable=True, dim=0, descending=descending)
    for x in layouts():
        yield Sample(x, stable=True)


@samples("aten::sort", "aten::argsort")
def sorts() -> Iterator[Sample]:
    for dtype in (np.float32, np.int64):
        yield Sample(_distinct((5, 6), dtype), 0, True)
        yield Sample(_distinct((5, 6), dtype), 1, False)
        yield Sample(_distinct((5, 6), dtype).T)
    yield Sample(make(()), 0)
    yield Sample(make((3,)), 1)


@samples("aten::msort")
def first_sorts() -> Iterator[Sample]:
    yield Sample(make((5, 6)))


@samples("aten::topk")
def tops() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.int64):
        for largest in (True, False):
            yield Sample(_distinct((5, 6), dtype), 3, 1, largest)
            yield Sample(_distinct((5, 6), dtype), 2, 0, largest)
    yield Sample(make((3,)), 4)
    yield Sample(make(()), 1)
    yield Sample(make((3,)), 0)


@samples("aten::kthvalue")
def kths() -> Iterator[Sample]:
    for k in (1, 3, 0, 7):
        yield Sample(_distinct((5, 6), np.float32), k, 1, True)
        yield Sample(_distinct((5, 6), np.float32), k)


@samples("aten::mode")
def modes() -> Iterator[Sample]:
    for dtype in REALS:
        values = make((4, 7), np.int64, low=0, high=3).astype(dtype)
        yield Sample(values, 1)
        yield Sample(values.T, 1, True)
    yield Sample(make((5,)).astype(bool))
    yield Sample(make(()), 0, True)
    yield Sample(make((2, 0)), 0)
    yield Sample(make((2, 0)), 1)
    yield Sample(make((3,), np.complex64))
    yield Sample(make((3,)), 1)


@samples("aten::searchsorted.Tensor")
def searches() -> Iterator[Sample]:
    edges = np.array([1.0, 2.0, 2.0, 3.0], np.float32)
    for right in (False, True):
        yield Sample(edges, make((3, 4), low=0, high=4), right=right)
        yield Sample(np.stack([edges, edges + 1]), make((2, 3), low=0, high=4), right=right, out_int32=True)
    yield Sample(edges, edges, side="right")
    yield Sample(edges, edges, side="left", right=True)


@samples("aten::bucketize.Tensor")
def buckets() -> Iterator[Sample]:
    yield Sample(make((3, 4), low=0, high=4), np.array([1.0, 2.0, 3.0], np.float32))
    yield Sample(np.array([1, 2, 3]), np.array([1, 2, 3]), right=True)
