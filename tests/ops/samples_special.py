"""Samples for ``torch.special`` and its relatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.ops.samples import BOOL, COMPLEX, FLOATS, INTS, Sample, layouts, make, pairs, samples
from tests.ops.samples_unary import unary

_WIDE = FLOATS[:2]
_EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 4.9, 7.5, 30.0, -30.0, 1e-6, float("inf"), -float("inf"), float("nan")]


def _functions(low: float, high: float, edges: bool = True) -> Iterator[Sample]:
    for dtype in (*FLOATS, *INTS, *BOOL, *COMPLEX):
        # PyTorch rounds between the steps of some functions of 16 bits.
        yield Sample(make((3, 5), dtype, low=low, high=high), rtol=0.03 if dtype in FLOATS[2:] else None)
    for x in layouts(low=low, high=high):
        yield Sample(x, rtol=1e-5)
    if edges:
        for dtype in _WIDE:
            yield Sample(np.array(_EDGES, dtype))


samples(
    "aten::special_bessel_j0", "aten::special_bessel_j1", "aten::special_bessel_y0", "aten::special_bessel_y1",
    "aten::special_modified_bessel_i0", "aten::special_modified_bessel_i1", "aten::special_modified_bessel_k0",
    "aten::special_modified_bessel_k1", "aten::special_scaled_modified_bessel_k0",
    "aten::special_scaled_modified_bessel_k1", "aten::special_spherical_bessel_j0", "aten::special_i0e",
    "aten::special_i1", "aten::special_i1e", "aten::special_erfcx", "aten::special_log_ndtr", "aten::special_ndtr",
    "aten::special_entr", "aten::i0", "aten::special_airy_ai",
)(lambda: _functions(-7.5, 9.0))  # fmt: skip
samples("aten::special_ndtri")(lambda: _functions(0.0, 1.0))
samples("aten::digamma")(lambda: _functions(0.1, 15.0))
samples("aten::sinc")(lambda: unary(complex_too=True, special=False))


@samples("aten::polygamma", "aten::special_polygamma")
def polygammas() -> Iterator[Sample]:
    for n in (0, 1, 2, 3, 7):
        for dtype in (*FLOATS, *INTS[:2], *BOOL, COMPLEX[0]):
            yield Sample(n, make((3, 4), dtype, low=1.1, high=9), rtol=0.5 if dtype in FLOATS[2:] else None)
    for x in layouts(np.float64, low=1, high=5):
        yield Sample(2, x)
    yield Sample(2, np.array([-0.5, -1.5, -2.25, -7.75, 0.1, 0.0, -3.0, float("inf"), float("nan")]))
    yield Sample(3, np.array([-0.5, -1.5, -2.25, -7.75, 0.1]))
    yield Sample(-1, make((3,)))
    yield Sample(200, np.array([0.5, 1.5, 300.0]))


@samples("aten::polygamma_")
def in_place_polygammas() -> Iterator[Sample]:
    for dtype in (*FLOATS, INTS[0]):
        yield Sample(make((3, 4), dtype, low=1, high=9), 2)
    yield Sample(make((4, 3), low=1, high=9).T, 1)


@samples("aten::mvlgamma", "aten::mvlgamma_", "aten::special_multigammaln")
def multivariate_gammas() -> Iterator[Sample]:
    for dtype in (*_WIDE, *INTS[:1], *BOOL):
        for p in (1, 2, 4):
            yield Sample(make((3, 4), dtype, low=3, high=9), p)
    for x in layouts(low=2.0, high=5.0):
        yield Sample(x, 3)
    yield Sample(make((3,), low=1, high=2), 0)
    yield Sample(make((3,), low=-2, high=1), 3, rtol=1e-5)


@samples("aten::igamma", "aten::igammac", "aten::special_gammainc", "aten::special_gammaincc")
def incomplete_gammas() -> Iterator[Sample]:
    for dtype in FLOATS:
        for a, x in pairs(dtype, low=0.1, high=9):
            yield Sample(a, x)
    for a, x in (
        (0.3, 0.4),
        (25.0, 26.0),
        (40.0, 10.0),
        (3.0, 90.0),
        (300.0, 301.0),
        (1e5, 1.001e5),
        (0.0, 1.0),
        (1.0, 0.0),
    ):
        yield Sample(np.full(2, a), np.full(2, x))
    edge = np.array([0.0, 1.0, -1.0, float("inf"), float("nan"), 2.5])
    yield Sample(edge[:, None].copy(), edge.copy())
    yield Sample(make((3,), np.int64, low=1), make((3,), np.int64, low=1))
    yield Sample(make((3,), np.float32, low=1), np.array(2.5))
    yield Sample(make((3,), np.int64, low=1, high=4), make((3,), np.float64, low=1))
    yield Sample(make((3,), COMPLEX[0]), make((3,), COMPLEX[0]))


_PAIRS = tuple(
    f"aten::special_{kind}_polynomial_{letter}"
    for kind, letters in (
        ("chebyshev", "tuvw"), ("shifted_chebyshev", "tuvw"), ("laguerre", "l"), ("legendre", "p"), ("hermite", ("h", "he")),
    )
    for letter in letters
)  # fmt: skip
_ENDS = np.array([1.0, -1.0, 0.0, 0.5, 1.25, -1.25, 30.0])
_ORDERS = np.array([0.0, 1.0, 2.0, 5.0, 7.0, 9.0, 30.0, 600.0, -1.0, 2.7, float("nan"), float("inf")])


@samples(*_PAIRS)
def polynomials() -> Iterator[Sample]:
    for dtype in _WIDE:
        yield Sample(_ENDS[:, None].astype(dtype), _ORDERS.astype(dtype), rtol=1e-4)
    for given in (*FLOATS, INTS[0], *BOOL, COMPLEX[0]):
        yield Sample(make((3, 1), given, low=-2, high=2), make((4,), INTS[0], low=0, high=6), rtol=1e-5)
    for x, n in pairs(np.float64, np.int32, low=0, high=9):
        yield Sample(x, n)


@samples(*(f"{name}.n_scalar" for name in _PAIRS))
def polynomials_of_an_order() -> Iterator[Sample]:
    for n in (0, 3, 8, 2.5, -1, True):
        for dtype in (*_WIDE, INTS[0], FLOATS[2]):
            yield Sample(make((3, 4), dtype, low=-1, high=1), n, rtol=1e-5)


@samples(*(f"{name}.x_scalar" for name in _PAIRS))
def polynomials_of_a_number() -> Iterator[Sample]:
    for x in (0, 1, 0.3, -0.7, 2.1):
        for dtype in (*_WIDE, INTS[0], FLOATS[2]):
            yield Sample(x, make((3, 4), dtype, low=0, high=6), rtol=1e-5)


@samples("aten::special_zeta")
def zetas() -> Iterator[Sample]:
    for dtype in _WIDE:
        for x, q in pairs(dtype, low=1.1, high=9):
            yield Sample(x, q)
    edge = np.array([0.0, 1.0, 2.0, 3.5, 60.0, -1.0, float("inf"), float("nan")])
    at = np.array([0.0, -1.0, -0.5, -2.5, 0.3, 1.0, 50.0])
    yield Sample(edge[:-2, None].copy(), at)
    yield Sample(make((3, 4), np.int64, low=1, high=5), make((4,), np.int64, low=1, high=5))
    yield Sample(make((3,), FLOATS[2], low=1, high=5), make((3,), FLOATS[2], low=1, high=5))


_NUMBERS = (2, 2.5, 3, True)


@samples("aten::special_zeta.other_scalar")
def zetas_from_a_number() -> Iterator[Sample]:
    for number in _NUMBERS:
        for dtype in (*_WIDE, INTS[0], *BOOL):
            yield Sample(make((3, 4), dtype, low=1.5, high=5), number)


@samples("aten::special_zeta.self_scalar")
def zetas_of_a_number() -> Iterator[Sample]:
    for number in _NUMBERS:
        for dtype in (*_WIDE, INTS[0], *BOOL):
            yield Sample(number, make((3, 4), dtype, low=1, high=5))


@samples("aten::special_xlogy", "aten::special_xlog1py", "aten::xlogy_.Tensor")
def logarithms_by_factors() -> Iterator[Sample]:
    for dtype in (*FLOATS, INTS[0], *BOOL, COMPLEX[0]):
        for x, y in pairs(dtype, low=0, high=5):
            yield Sample(x, y)
    edge = np.array([0.0, 1.0, -1.0, float("inf"), float("nan")])
    yield Sample(edge[:, None].repeat(5, 1), edge)


@samples("aten::special_xlogy.other_scalar", "aten::special_xlog1py.other_scalar", "aten::xlogy_.Scalar_Other")
def logarithms_of_a_number() -> Iterator[Sample]:
    for dtype in (*FLOATS, INTS[0]):
        for number in (0, 2, 0.5):
            yield Sample(make((3, 4), dtype), number)


@samples("aten::special_xlogy.self_scalar", "aten::special_xlog1py.self_scalar")
def logarithms_by_a_number() -> Iterator[Sample]:
    for dtype in (*FLOATS, INTS[0]):
        for number in (0, 2, 0.5):
            yield Sample(number, make((3, 4), dtype, low=0.1, high=4))


@samples("aten::frexp.Tensor")
def parts() -> Iterator[Sample]:
    for dtype in (*FLOATS, INTS[0], COMPLEX[0]):
        yield Sample(make((3, 4), dtype))
    for x in layouts():
        yield Sample(x)
    yield Sample(np.array([0.0, -0.0, 1e-310, 1e300, -3.0, 0.5]))


@samples("aten::float_power_.Tensor")
def in_place_powers() -> Iterator[Sample]:
    for dtype in (np.float64, np.float32, np.complex128):
        yield Sample(make((3, 4), dtype, low=0.5), make((4,), np.float64))


@samples("aten::float_power_.Scalar")
def in_place_powers_of_a_number() -> Iterator[Sample]:
    for dtype in (np.float64, np.float32, np.complex128):
        yield Sample(make((3, 4), dtype, low=0.5), 2.5)
        yield Sample(make((3, 4), dtype, low=0.5), 2)


@samples("aten::special_round")
def rounded() -> Iterator[Sample]:
    for dtype in _WIDE:
        for decimals in (0, 2, -1):
            yield Sample(make((3, 4), dtype, low=-30, high=30), decimals=decimals)


@samples("aten::special_softmax")
def softmaxes() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((3, 4), dtype), 1)
    yield Sample(make((3, 4)), 0, None)


@samples("aten::special_log_softmax")
def log_softmaxes() -> Iterator[Sample]:
    for dtype in _WIDE:
        yield Sample(make((3, 4), dtype), -1)


@samples("aten::special_logsumexp")
def log_sums() -> Iterator[Sample]:
    for dtype in _WIDE:
        yield Sample(make((3, 4), dtype), [1])
        yield Sample(make((3, 4), dtype), [0, 1], True)
