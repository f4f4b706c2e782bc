"""Samples for arithmetic, comparison and bitwise operators."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.ops.samples import ALL, BOOL, COMPLEX, FLOATS, INTS, REALS, Sample, layouts, make, pairs, samples, specials

_MIXED = (
    (np.float32, np.float64), (np.int64, np.float32), (np.uint8, np.int8), (np.float16, np.float32),
    (np.bool_, np.int32),    (np.int32, np.int64), (np.bool_, np.float16), (np.int64, np.bool_), (np.float64, np.int8),
    (np.complex64, np.float64),
)  # fmt: skip
_NUMBERS = (2, -1, 0, 1.5, -0.5, True, float("inf"), float("nan"), 300)


def binary(dtypes: tuple[np.dtype[np.generic], ...] = ALL, mixed: int = len(_MIXED)) -> Iterator[Sample]:
    for dtype in dtypes:
        for a, b in pairs(dtype):
            yield Sample(a, b)
    for first, second in _MIXED[:mixed]:
        yield Sample(make((3, 4), first), make((3, 4), second, seed=1))
        yield Sample(make((3, 4), first), make((), second, seed=1))
        yield Sample(make((), first), make((3, 4), second, seed=1))
        yield Sample(make((), first), make((), second, seed=1))
    yield Sample(specials(), specials()[::-1].copy())


def binary_number(dtypes: tuple[np.dtype[np.generic], ...] = ALL) -> Iterator[Sample]:
    for dtype in dtypes:
        for number in _NUMBERS:
            if (dtype.kind == "c" and abs(number) in (float("inf"), float("nan"))) or number != number:
                continue  # NumPy and torch differ in which part becomes NaN
            yield Sample(make((3, 4), dtype), number)
            yield Sample(make((), dtype), number)
    for x in layouts():
        yield Sample(x, 1.25)
    yield Sample(specials(), 2)


samples(
    "aten::mul.Tensor", "aten::div.Tensor", "aten::eq.Tensor", "aten::ne.Tensor", "aten::lt.Tensor", "aten::le.Tensor",
    "aten::gt.Tensor", "aten::ge.Tensor", "aten::logical_and", "aten::logical_or", "aten::logical_xor", "aten::maximum",
    "aten::minimum", "aten::fmax", "aten::fmin", "aten::max.other", "aten::min.other", "aten::atan2",
    "aten::true_divide.Tensor",
    "aten::remainder.Tensor", "aten::fmod.Tensor", "aten::floor_divide", "aten::copysign.Tensor",
    "aten::bitwise_and.Tensor", "aten::bitwise_or.Tensor", "aten::bitwise_xor.Tensor", "aten::__and__.Tensor",
    "aten::__or__.Tensor", "aten::__xor__.Tensor", "aten::nextafter", "aten::hypot", "aten::gcd", "aten::lcm",
    "aten::xlogy.Tensor", "aten::logaddexp", "aten::logaddexp2", "aten::__iand__.Tensor", "aten::multiply.Tensor",
)(lambda: binary(REALS))  # fmt: skip
samples(
    "aten::mul.Scalar", "aten::div.Scalar", "aten::eq.Scalar", "aten::ne.Scalar", "aten::lt.Scalar", "aten::le.Scalar",
    "aten::gt.Scalar", "aten::ge.Scalar", "aten::remainder.Scalar", "aten::fmod.Scalar", "aten::floor_divide.Scalar",
    "aten::copysign.Scalar", "aten::bitwise_and.Scalar", "aten::bitwise_or.Scalar", "aten::bitwise_xor.Scalar",
    "aten::__and__.Scalar", "aten::__or__.Scalar", "aten::__xor__.Scalar", "aten::xlogy.Scalar_Other",
)(lambda: binary_number(REALS))  # fmt: skip


@samples("aten::add.Tensor", "aten::sub.Tensor", "aten::rsub.Tensor")
def with_alpha() -> Iterator[Sample]:
    yield from binary(ALL)
    for dtype in ALL:
        for alpha in (2, -1.5, True):
            # torch rounds the product of 16-bit floats, we do not
            yield Sample(make((3, 4), dtype), make((3, 4), dtype, seed=1), alpha=alpha, rtol=2e-2, atol=2e-2)


@samples("aten::add.Scalar", "aten::sub.Scalar", "aten::rsub.Scalar")
def with_alpha_number() -> Iterator[Sample]:
    yield from binary_number(ALL)
    for dtype in ALL:
        yield Sample(make((3, 4), dtype), 2, 3)


@samples("aten::div.Tensor_mode", "aten::divide.Tensor_mode")
def rounded_division() -> Iterator[Sample]:
    for mode in (None, "trunc", "floor", "round"):
        for dtype in REALS:
            yield Sample(make((3, 4), dtype), make((3, 4), dtype, seed=1, low=1, high=3), rounding_mode=mode)
        yield Sample(specials(), specials()[::-1].copy(), rounding_mode=mode)
        yield Sample(make((3,), np.int64), np.zeros(3, np.int64), rounding_mode=mode)


@samples("aten::div.Scalar_mode")
def rounded_division_by_number() -> Iterator[Sample]:
    for mode in (None, "trunc", "floor"):
        for dtype in REALS:
            for number in (2, -3, 0.5, 0):
                yield Sample(make((3, 4), dtype), number, rounding_mode=mode)


@samples(
    "aten::bitwise_left_shift.Tensor", "aten::bitwise_right_shift.Tensor", "aten::__lshift__.Tensor",
    "aten::__rshift__.Tensor",
)  # fmt: skip
def shifts() -> Iterator[Sample]:
    for dtype in (*INTS, *BOOL, *FLOATS):
        yield Sample(make((9,), dtype), make((9,), dtype, low=0, seed=3))
    for dtype in INTS:
        yield Sample(make((5,), dtype), np.array([7, 31, 33, 64, 100]).astype(dtype))
    for dtype in INTS[:4]:
        yield Sample(make((4,), dtype), np.array([-1, -2, -64, 0]).astype(dtype))


@samples("aten::pow.Tensor_Tensor", "aten::pow_.Tensor")
def powers() -> Iterator[Sample]:
    for dtype in REALS:
        for a, b in pairs(dtype, low=0, high=3):
            yield Sample(a, b)
    yield Sample(np.array([2, 1, -1, 0, -3]), np.array([-1, -1, -3, -1, 3]))
    for first, second in _MIXED[:9]:
        yield Sample(make((3, 4), first, low=1), make((3, 4), second, seed=1, low=0))
    yield Sample(specials(), np.full(24, 2.0, np.float32))


@samples("aten::pow.Tensor_Scalar", "aten::pow_.Scalar")
def powers_of_number() -> Iterator[Sample]:
    for dtype in REALS:
        for exponent in (2, 3, 0, 1, 0.5, -1, -0.5, -2, 2.5, True, 4):
            yield Sample(make((3, 4), dtype, low=0), exponent)
    for exponent in (2, 0.5, 3, -1, -2, -0.5, 1.5):
        yield Sample(specials(), exponent)


@samples("aten::pow.Scalar")
def number_to_powers() -> Iterator[Sample]:
    for dtype in REALS:
        for base in (2, 1.5, 0, 1):
            yield Sample(base, make((3, 4), dtype, low=0))


@samples("aten::float_power.Tensor_Scalar")
def float_powers() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype, low=0), 2)


@samples("aten::clamp", "aten::clip")
def clamps() -> Iterator[Sample]:
    for dtype in REALS:
        for low, high in ((-1, 1), (None, 1), (0, None), (0.5, 1.5), (1, -1), (None, None), (float("nan"), 1)):
            yield Sample(make((3, 4), dtype), low, high)
    for x in layouts():
        yield Sample(x, -1, 1)
    yield Sample(specials(), -1, 1)


@samples("aten::clamp.Tensor")
def clamps_by_tensors() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(
            make((3, 4), dtype), make((4,), dtype, seed=1, low=-2, high=0), make((3, 1), dtype, seed=2, low=0, high=2)
        )
        yield Sample(make((3, 4), dtype), None, make((3, 1), dtype, seed=2))
    yield Sample(make((3, 4), np.int64), make((), np.float32), None)


samples("aten::clamp_min", "aten::clamp_max")(lambda: binary_number(REALS))
samples("aten::clamp_min.Tensor", "aten::clamp_max.Tensor")(lambda: binary(REALS, -1))


@samples("aten::lerp.Scalar")
def lerps() -> Iterator[Sample]:
    for dtype in (*FLOATS, *COMPLEX, *INTS):
        for weight in (0.25, 0.75, 2):
            yield Sample(make((3, 4), dtype), make((3, 4), dtype, seed=1), weight)
    yield Sample(make((3,), np.float32), make((3,), np.float64), 0.5)


@samples("aten::lerp.Tensor")
def lerps_by_tensors() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((3, 4), dtype), make((4,), dtype, seed=1), make((3, 1), dtype, seed=2, low=0, high=1))


@samples("aten::addcmul", "aten::addcdiv")
def three_tensors() -> Iterator[Sample]:
    for dtype in REALS:
        for value in (1, 2, 0.5):
            yield Sample(
                make((3, 4), dtype), make((4,), dtype, seed=1), make((3, 1), dtype, seed=2, low=1), value=value
            )


@samples("aten::where.self")
def selections() -> Iterator[Sample]:
    for dtype in ALL:
        for a, b in pairs(dtype):
            yield Sample(make(a.shape, np.bool_), a, b)
    for first, second in _MIXED:
        yield Sample(make((4,), np.bool_), make((3, 4), first), make((), second))
    yield Sample(make((4,), np.float32), make((4,), np.float32), make((4,), np.float32))


@samples("aten::where.ScalarOther")
def selections_of_number() -> Iterator[Sample]:
    for dtype in ALL:
        for number in (1, 0.5, True):
            yield Sample(make((3, 4), np.bool_), make((3, 4), dtype), number)


@samples("aten::where.ScalarSelf")
def selections_of_first_number() -> Iterator[Sample]:
    for dtype in ALL:
        yield Sample(make((3, 4), np.bool_), 1.5, make((3, 4), dtype))


@samples("aten::where.Scalar")
def selections_of_numbers() -> Iterator[Sample]:
    for a, b in ((1, 2), (1, 2.0), (True, False), (True, 2)):
        yield Sample(make((3, 4), np.bool_), a, b)


@samples("aten::where")
def where_true() -> Iterator[Sample]:
    for dtype in (np.bool_, np.float32, np.int64):
        for x in layouts(dtype):
            yield Sample(x)


@samples("aten::masked_fill.Scalar")
def masked_fills() -> Iterator[Sample]:
    for dtype in ALL:
        for number in (1, 0.5, -1, True, float("-inf"), 300):
            yield Sample(make((3, 4), dtype), make((3, 4), np.bool_), number)
    yield Sample(make((3, 4), np.float32), make((4,), np.bool_), 1.0)
    yield Sample(make((4,), np.float32), make((3, 4), np.bool_), 1.0)
    yield Sample(make((4,), np.float32), make((4,), np.uint8), 1.0)


@samples("aten::masked_fill.Tensor")
def masked_fills_by_tensors() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), make((3, 4), np.bool_), make((), np.float32))
    yield Sample(make((3,), np.float32), make((3,), np.bool_), make((1,), np.float32))


@samples("aten::fill_.Scalar", "aten::fill.Scalar")
def fills() -> Iterator[Sample]:
    for dtype in ALL:
        for number in (1, 0.5, -1, True, 1e6, float("nan"), 300, -300):
            yield Sample(make((3, 4), dtype), number)


@samples("aten::isclose", "aten::allclose")
def closeness() -> Iterator[Sample]:
    for dtype in (*FLOATS, *INTS, np.complex64):
        x = make((3, 4), dtype)
        yield Sample(x, x + np.asarray(1 if x.dtype.kind in "iu" else 1e-6, x.dtype))
        yield Sample(x, x, 0.1, 0.5)
    yield Sample(specials(), specials())
    yield Sample(specials(), specials(), 1e-5, 1e-8, True)
    yield Sample(make((3,), np.float32), make((3,), np.float64))
    large = np.array([2**53, 2**25, 5, 2**53])
    yield Sample(large, large + 1, 0.0, 0.5)
    yield Sample(large, large + 1, 0.0, 0.0)
    yield Sample(large, large, -1.0, float("nan"))


@samples("aten::equal")
def equality() -> Iterator[Sample]:
    yield Sample(make((3, 4)), make((3, 4)))
    yield Sample(make((3, 4)), make((4, 3)))
    yield Sample(make((3, 4)), make((3, 4), seed=1))


@samples("aten::isin.Tensor_Tensor")
def membership() -> Iterator[Sample]:
    for dtype in (np.float32, np.int64):
        for invert in (False, True):
            yield Sample(make((3, 4), dtype), make((5,), dtype), invert=invert)


@samples("aten::heaviside")
def steps() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), make((4,), dtype, seed=1))


@samples("aten::ldexp.Tensor")
def ldexps() -> Iterator[Sample]:
    yield Sample(make((3, 4)), make((3, 4), np.int64))
