"""Samples for functions of one tensor and activations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.ops.samples import ALL, COMPLEX, FLOATS, REALS, Sample, layouts, make, samples, specials


def unary(low: float = -3.0, high: float = 3.0, *, complex_too: bool = False, special: bool = True) -> Iterator[Sample]:
    for dtype in ALL if complex_too else REALS:
        yield Sample(make((3, 4), dtype, low=low, high=high))
        yield Sample(make((), dtype, low=low, high=high))
        yield Sample(make((0, 2), dtype))
    if not complex_too:
        yield Sample(make((3, 4), np.complex64, low=low, high=high))
    for x in layouts(low=low, high=high):
        yield Sample(x)
    if special:
        for dtype in FLOATS:
            yield Sample(specials(dtype))


samples(
    "aten::neg", "aten::negative", "aten::abs", "aten::absolute", "aten::reciprocal", "aten::square", "aten::relu",
    "aten::relu6", "aten::exp", "aten::exp2",
    "aten::expm1", "aten::log1p", "aten::atan", "aten::arctan", "aten::tanh", "aten::sigmoid",
    "aten::erf", "aten::erfc", "aten::floor", "aten::ceil", "aten::trunc", "aten::fix", "aten::round", "aten::sign",
    "aten::sgn", "aten::rad2deg", "aten::deg2rad", "aten::nan_to_num", "aten::silu", "aten::mish", "aten::hardswish",
    "aten::hardsigmoid", "aten::selu", "aten::log_sigmoid", "aten::softplus", "aten::bitwise_not", "aten::logical_not",
    "aten::isnan", "aten::isinf", "aten::isfinite", "aten::isposinf", "aten::isneginf", "aten::signbit", "aten::asinh",
    "aten::angle", "aten::positive", "aten::isreal", "aten::elu", "aten::hardtanh",
    "aten::celu", "aten::leaky_relu",
    "aten::hardshrink", "aten::softshrink", "aten::special_expit", "aten::special_erf",
)(unary)  # fmt: skip
samples("aten::sqrt", "aten::rsqrt", "aten::log", "aten::log2", "aten::log10")(lambda: unary(0, 3))
samples("aten::asin", "aten::acos", "aten::arcsin")(lambda: unary(-1, 1))
samples("aten::acosh")(lambda: unary(1, 3))
samples("aten::atanh", "aten::erfinv")(lambda: unary(-0.9, 0.9))
samples("aten::sinh", "aten::cosh", "aten::frac")(lambda: unary())
samples("aten::sin", "aten::cos", "aten::tan")(lambda: unary(special=False))
samples("aten::lgamma")(lambda: unary(0.1, 5, special=False))


@samples("aten::round.decimals")
def rounded() -> Iterator[Sample]:
    for dtype in (*FLOATS[:2], np.int64):
        for decimals in (0, 1, 2, -1):
            yield Sample(make((3, 4), dtype, low=-30, high=30), decimals=decimals)


@samples("aten::logit")
def logits() -> Iterator[Sample]:
    yield from unary(0.05, 0.95)
    yield Sample(make((3, 4), low=-0.5, high=1.5), 0.1)


@samples("aten::real", "aten::conj", "aten::conj_physical", "aten::_conj_physical", "aten::view_as_real", "aten::imag")
def complex_parts() -> Iterator[Sample]:
    for dtype in (*COMPLEX, np.float32):
        for x in layouts(dtype):
            yield Sample(x)


@samples("aten::_conj")
def lazy_conjugates() -> Iterator[Sample]:
    for dtype in COMPLEX:
        for x in layouts(dtype):
            yield Sample(x)


@samples("aten::_neg_view")
def lazy_negatives() -> Iterator[Sample]:
    for dtype in (*COMPLEX, np.float32, np.int64):
        for x in layouts(dtype):
            yield Sample(x)


@samples("aten::view_as_complex")
def complex_views() -> Iterator[Sample]:
    for dtype in FLOATS[:2]:
        yield Sample(make((3, 2), dtype))
        yield Sample(make((2, 3), dtype))
        yield Sample(make((2, 3), dtype).T)


@samples("aten::complex", "aten::polar")
def complex_pairs() -> Iterator[Sample]:
    for dtype in FLOATS[:2]:
        yield Sample(make((3, 4), dtype, low=0), make((4,), dtype, seed=1))
        yield Sample(np.broadcast_to(make((3, 1), dtype), (3, 4)), make((), dtype))
        yield Sample(make((0, 4), dtype), make((4,), dtype))
        yield Sample(np.array([np.inf, 1.0, np.nan], dtype), np.array([1.0, -np.inf, 0.0], dtype))
    yield Sample(make((3,), np.float32), make((3,), np.float64))


@samples("aten::hardtanh_")
def bounded() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), -1, 2)
        yield Sample(make((3, 4), dtype), 0.0, 6.0)


@samples("aten::leaky_relu_", "aten::celu_")
def one_parameter() -> Iterator[Sample]:
    for dtype in FLOATS:
        for value in (0.2, 1, 2.5):
            yield Sample(make((3, 4), dtype), value)
    yield Sample(make((3, 4)), 0.0)


@samples("aten::elu_")
def elus() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((3, 4), dtype), 0.5, 1.5, 2.0)


@samples("aten::threshold")
def thresholds() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), 1, 5)
        yield Sample(make((3, 4), dtype), 0.5, 2)
    yield Sample(specials(), 0.5, 2)


@samples("aten::gelu", "aten::gelu_")
def gelus() -> Iterator[Sample]:
    for approximate in ("none", "tanh", "other"):
        for dtype in FLOATS:
            yield Sample(make((3, 4), dtype), approximate=approximate)
        yield Sample(np.array([0.0, -0.0, -5.0, 5.0, 20.0, -20.0, 1e-30], np.float32), approximate=approximate)


@samples("aten::_prelu_kernel")
def prelu_kernels() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.int64):
        yield Sample(make((2, 3, 4), dtype), make((3, 1), dtype))
        yield Sample(make((), dtype), make((2,), dtype))
    yield Sample(make((2, 0), np.float32), make((1,), np.float32))
    yield Sample(make((2,), np.float32), make((2,), np.float64))


@samples("aten::prelu")
def prelus() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((2, 3, 4), dtype), make((3,), dtype, seed=1))
        yield Sample(make((2, 3), dtype), make((1,), dtype, seed=1))
        yield Sample(make((), dtype), make((1,), dtype, seed=1))
    yield Sample(make((2, 3)), make((2,)))
    yield Sample(make((2, 3)), make((3,), np.float64))


@samples("aten::glu")
def glus() -> Iterator[Sample]:
    for dtype in FLOATS:
        for dim in (-1, 0, 1):
            yield Sample(make((4, 6), dtype), dim)
    yield Sample(make((3,)), 0)
    yield Sample(make(()), 0)
    yield Sample(make((4, 6)), 3)
