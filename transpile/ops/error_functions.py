"""The error function and its relatives: kernels in float64.

The normal distribution's quantiles are those of the Cephes library (``ndtri.c``); see NOTICE.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from transpile.ops.promotion import Array
from transpile.ops.series import F64, elementwise, in_float64, quotient


def _chebyshev_erf() -> Array:
    """Coefficients in t = x * x / 8 - 1 of erf(x) / x for |x| < 4, where float32 no longer tells erf from 1."""
    nodes = np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    points = np.sqrt((nodes + 1) * 8)
    values = np.array([math.erf(p) / p for p in points])
    return np.polynomial.chebyshev.chebfit(nodes, values, 28)


_ERF_COEFFICIENTS = _chebyshev_erf()
_wide_erf, _wide_erfc = elementwise(math.erf), elementwise(math.erfc)
_exact_erf = in_float64(_wide_erf)


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


def _split_square(x: F64) -> tuple[F64, F64]:
    """x * x for |x| < 1e100, and exactly what rounding lost (Dekker's product)."""
    scaled = x * 134217729.0
    high = scaled - (scaled - x)
    low = x - high
    square = x * x
    return square, ((high * high - square) + 2.0 * high * low) + low * low


def _erfcx(x: F64) -> F64:
    """exp(x * x) erfc(x)"""
    near = np.clip(x, -27.0, 10.0)
    square, lost = _split_square(near)
    inner = np.exp(square) * (1.0 + lost) * _wide_erfc(near)
    far = np.maximum(x, 10.0)
    z = 0.5 / (far * far)
    series = np.ones_like(x)
    for k in range(21, 0, -2):  # the asymptotic series
        series = 1.0 - k * z * series
    outer = 0.564189583547756286948 / far * series
    value = np.where(x <= 10.0, inner, outer)
    return np.where(x < -26.7, np.inf, value)


def _log_ndtr(x: F64) -> F64:
    """The logarithm of the normal distribution's probability of a value below x."""
    t = x * math.sqrt(0.5)
    tail = np.minimum(t, -math.sqrt(0.5))
    below = np.log(_erfcx(-tail) / 2.0) - tail * tail
    return np.where(x < -1.0, below, np.log1p(-_wide_erfc(t) / 2.0))


_NORMAL_MIDDLE_NUMERATOR = (
    -59.96335010141079, 98.00107541859997, -56.67628574690703, 13.931260938727968, -1.2391658386738125,
)  # fmt: skip

_NORMAL_MIDDLE_DENOMINATOR = (
    1.0, 1.9544885833814176, 4.676279128988815, 86.36024213908905, -225.46268785411937, 200.26021238006066,
    -82.03722561683334, 15.90562251262117, -1.1833162112133,
)  # fmt: skip

_NORMAL_TAIL_NUMERATOR = (
    4.0554489230596245, 31.525109459989388, 57.16281922464213, 44.08050738932008, 14.684956192885803,
    2.1866330685079025, -0.1402560791713545, -0.03504246268278482, -0.0008574567851546854,
)  # fmt: skip

_NORMAL_TAIL_DENOMINATOR = (
    1.0, 15.779988325646675, 45.39076351288792, 41.3172038254672, 15.04253856929075, 2.504649462083094,
    -0.14218292285478779, -0.03808064076915783, -0.0009332594808954574,
)  # fmt: skip

_NORMAL_FAR_TAIL_NUMERATOR = (
    3.2377489177694603, 6.915228890689842, 3.9388102529247444, 1.3330346081580755, 0.20148538954917908,
    0.012371663481782003, 0.00030158155350823543, 2.6580697468673755e-06, 6.239745391849833e-09,
)  # fmt: skip

_NORMAL_FAR_TAIL_DENOMINATOR = (
    1.0, 6.02427039364742, 3.6798356385616087, 1.3770209948908132, 0.21623699359449663, 0.013420400608854318,
    0.00032801446468212774, 2.8924786474538068e-06, 6.790194080099813e-09,
)  # fmt: skip


def _ndtri(p: F64) -> F64:
    """The value that is exceeded with probability 1 - p."""
    edge = 0.13533528323661269189  # exp(-2)
    upper = p > 1.0 - edge
    y = np.where(upper, 1.0 - p, p)
    centred = np.clip(y, edge, 1.0) - 0.5
    square = centred * centred
    middle = quotient(square, _NORMAL_MIDDLE_NUMERATOR, _NORMAL_MIDDLE_DENOMINATOR)
    middle = (centred + centred * square * middle) * 2.50662827463100050242  # sqrt(2 pi)
    x = np.sqrt(-2.0 * np.log(np.clip(y, 5e-324, edge)))
    z = 1.0 / x
    near = quotient(z, _NORMAL_TAIL_NUMERATOR, _NORMAL_TAIL_DENOMINATOR)
    far = quotient(z, _NORMAL_FAR_TAIL_NUMERATOR, _NORMAL_FAR_TAIL_DENOMINATOR)
    tail = x - np.log(x) / x - z * np.where(x < 8.0, near, far)
    value = np.where(y > edge, middle, np.where(upper, tail, -tail))
    value = np.where(p == 0.0, -np.inf, np.where(p == 1.0, np.inf, value))
    return np.where((p >= 0.0) & (p <= 1.0), value, np.nan)


def _erfc_in_long_double(x: Any) -> Any:
    """1 - erf(x) by its power series, or its continued fraction for |x| >= 2."""
    wide = np.asarray(x, dtype=np.longdouble)
    magnitude = np.abs(wide)
    near, far = np.minimum(magnitude, 2), np.maximum(magnitude, 2)
    term = 2 * near / np.sqrt(_LONG_PI) * np.exp(-near * near)
    series = term
    for n in range(1, 50):
        term = term * 2 * near * near / (2 * n + 1)
        series = series + term
    fraction = far
    for n in range(100, 0, -1):
        fraction = far + n / (2 * fraction)
    tail = np.where(magnitude < 2, 1 - series, np.exp(-far * far) / (np.sqrt(_LONG_PI) * fraction))
    return np.where(np.isnan(wide), wide, np.where(wide < 0, 2 - tail, np.where(np.isinf(wide), 0, tail)))


_LONG_PI = 4 * np.arctan(np.longdouble(1))
_HAS_LONG_DOUBLE = bool(np.finfo(np.longdouble).eps < 1e-18)


def erfc(x: Array) -> Array:
    """1 - erf(x); the C library's float64 version is two units off, so float64 is computed in more digits."""
    if x.dtype == np.float64 and _HAS_LONG_DOUBLE:
        return np.asarray(_erfc_in_long_double(x), dtype=np.float64)
    return np.asarray(_wide_erfc(x.astype(np.float64))).astype(x.dtype)


def erfinv(y: Array) -> Array:
    """The inverse of erf; float64 gets a last step in more digits."""
    value = _first_erfinv(y.astype(np.float64))
    if y.dtype == np.float64 and _HAS_LONG_DOUBLE:
        inside = np.isfinite(value)
        x = np.abs(np.where(inside, value, 0)).astype(np.longdouble)
        target = np.where(inside, np.abs(y), 0).astype(np.longdouble)
        slope = 2 / np.sqrt(_LONG_PI) * np.exp(-x * x)
        step = ((1 - target) - _erfc_in_long_double(x)) / slope
        value = np.where(inside, np.copysign(x - step, value).astype(np.float64), value)
    return np.asarray(value).astype(y.dtype)


_first_erfinv = elementwise(_erfinv)
erfcx, log_ndtr, ndtri = in_float64(_erfcx), in_float64(_log_ndtr), in_float64(_ndtri)
