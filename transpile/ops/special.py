"""Special functions that NumPy lacks: error function, gamma function, Bessel function.

All work in float64 and are then rounded, so float32 results are as good as correctly rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from transpile.ops.promotion import Array


def _elementwise(function: Callable[[float], float]) -> Callable[[Array], Array]:
    mapped = np.frompyfunc(function, 1, 1)

    def run(x: Array) -> Array:
        return np.asarray(mapped(x.astype(np.float64)), dtype=np.float64).astype(x.dtype)

    return run


def _lgamma(x: float) -> float:
    if x != x or math.isinf(x):
        return abs(x)
    try:
        return math.lgamma(x)
    except ValueError:  # a pole
        return math.inf


def _digamma(x: float) -> float:
    if x != x or x == math.inf:
        return x
    if x == -math.inf:
        return math.nan
    if x == 0:
        return math.copysign(math.inf, -x)
    if x < 0:
        if x == math.floor(x):
            return math.nan
        return _digamma(1 - x) - math.pi / math.tan(math.pi * math.fmod(x, 1.0))
    result = 0.0
    while x < 12:  # the recurrence, until the asymptotic series below is exact to double precision
        result -= 1 / x
        x += 1
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
    return result + math.log(x) - 0.5 / x - series


def _erfinv(y: float) -> float:
    if not -1 <= y <= 1:
        return math.nan
    if abs(y) == 1:
        return math.copysign(math.inf, y)
    if y == 0:
        return y
    # A first guess by Winitzki's formula, then Halley's iteration on erfc, which stays accurate in the tails.
    tail = 1 - abs(y)
    a = 0.147
    log = math.log(tail) + math.log1p(abs(y))
    b = 2 / (math.pi * a) + log / 2
    x = math.sqrt(math.sqrt(b * b - log / a) - b)
    for _ in range(4):
        error = math.erf(x) - abs(y) if abs(y) < 0.5 else tail - math.erfc(x)
        slope = 2 / math.sqrt(math.pi) * math.exp(-x * x)
        if slope == 0:
            break
        step = error / slope
        x -= step / (1 + x * step)
    return math.copysign(x, y)


def _i0(x: float) -> float:
    if math.isinf(x) or x != x:
        return abs(x)
    quarter = x * x / 4
    if abs(x) < 30:
        term = total = 1.0
        k = 1
        while term > total * 1e-17:
            term *= quarter / (k * k)
            total += term
            k += 1
        return total
    term = total = 1.0
    for k in range(1, 30):
        term *= (2 * k - 1) ** 2 / (8 * abs(x) * k)
        total += term
        if term < total * 1e-17:
            break
    half = math.exp(abs(x) / 2) if abs(x) < 1400 else math.inf
    return half * (total / math.sqrt(2 * math.pi * abs(x))) * half


def _chebyshev_erf() -> Array:
    """Coefficients in t = x * x / 8 - 1 of erf(x) / x for |x| < 4, where float32 no longer tells erf from 1."""
    nodes = np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    points = np.sqrt((nodes + 1) * 8)
    values = np.array([math.erf(p) / p for p in points])
    return np.polynomial.chebyshev.chebfit(nodes, values, 28)


_ERF_COEFFICIENTS = _chebyshev_erf()
_exact_erf = _elementwise(math.erf)


def erf(x: Array) -> Array:
    """The error function; float32 by one polynomial, because GELU makes it hot."""
    if x.dtype != np.float32:
        return _exact_erf(x)
    wide = np.clip(x.astype(np.float64), -4.0, 4.0)
    t = wide * wide
    t /= 8.0
    t -= 1.0
    b1 = np.zeros_like(t)
    b2 = np.zeros_like(t)
    for coefficient in _ERF_COEFFICIENTS[:0:-1]:  # Clenshaw's recurrence
        b1, b2 = 2 * t * b1 - b2 + coefficient, b1
    return np.asarray(wide * (t * b1 - b2 + _ERF_COEFFICIENTS[0]), dtype=np.float32)


erfc = _elementwise(math.erfc)
erfinv = _elementwise(_erfinv)
lgamma = _elementwise(_lgamma)
digamma = _elementwise(_digamma)
i0 = _elementwise(_i0)
