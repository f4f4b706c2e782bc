"""The gamma function and its relatives: kernels in float64.

Hurwitz' zeta function is summed as in the Cephes library (``zeta.c``).  The incomplete gamma functions use power series and
Legendre's continued fraction, and Temme's uniform expansion where both arguments are large and close; see NOTICE.
"""

from __future__ import annotations

import math

import numpy as np

from transpile.ops.series import F64, elementwise, half_chebyshev, in_float64, polynomial

# log(gamma(2 + t)) / (t (1 + t)) for |t| <= 1, a Chebyshev series.
_LOG_GAMMA = (
    3.1630451661790255e-18, -1.2204107319639856e-17, 4.714169006756272e-17, -1.8232177141662118e-16,
    7.060670507214892e-16, -2.7382420786652826e-15, 1.0635701227757898e-14, -4.137949206814042e-14,
    1.6128460030283787e-13, -6.298868140791711e-13, 2.465348198355661e-12, -9.672485299656325e-12,
    3.8050196458110534e-11, -1.501312977072867e-10, 5.943541905817546e-10, -2.361999702184645e-09,
    9.428100823624284e-09, -3.782637660291326e-08, 1.5268677399071546e-07, -6.208535880776316e-07,
    2.5474336873408417e-06, -1.05728743735943e-05, 4.454470184975607e-05, -0.00019153855341365593,
    0.0008478989895953857, -0.003922461463025264, 0.01951044826068884, -0.11119580321752523, 0.8829780509100285,
)  # fmt: skip

# Taylor coefficients of eta / (lambda - 1), where eta ** 2 / 2 = lambda - 1 - log(lambda).
_TEMME = (
    1.0, -0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073,
    0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-05, -2.185448510679992e-06,
    -1.85406221071516e-06, 8.296711340953087e-07, -1.7665952736826078e-07, 6.707853543401498e-09,
    1.0261809784240309e-08, -4.382036018453353e-09, 9.14769958223679e-10, -2.5514193994946248e-11,
    -5.830772132550426e-11, 2.4361948020667415e-11, -5.0276692801141755e-12, 1.1004392031956135e-13,
    3.371763262400985e-13, -1.392388722418162e-13, 2.8534893807047445e-14, -5.139111834242572e-16,
    -1.9752288294349442e-15,
)  # fmt: skip
# B(2k) / (2k (2k - 1)), which Stirling's series has before the odd powers of 1 / x.
_STIRLING = (
    43867 / 244188, -3617 / 122400, 1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12,
)  # fmt: skip
# B(2k) / (2k), which the series of digamma has before the even powers.
_DIGAMMA = (1 / 12, -691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12)
# B(2k), which the series of trigamma has before the odd powers.
_TRIGAMMA = (7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6)
# (2k)! / B(2k), what the terms of Euler and Maclaurin's sum are divided by.
_EULER_MACLAURIN = (
    12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1307674368000.0 / 691, 74724249600.0, -10670622842880000.0 / 3617,
    5109094217170944000.0 / 43867, -802857662698291200000.0 / 174611, 1.5511210043330985984e23 / 854513,
    -1.6938241367317436694528e27 / 236364091,
)  # fmt: skip
_ROUNDING = 2.0**-53


def _sin_pi(x: F64) -> F64:
    """|sin(pi x)|, exact in the reduction."""
    fraction = np.abs(x - np.rint(x))
    return np.sin(np.pi * fraction)


def _stirling_tail(x: F64) -> F64:
    """What Stirling's formula lacks in log(gamma(x))."""
    return np.asarray(polynomial(1.0 / (x * x), _STIRLING) / x)


def _positive_lgamma(x: F64) -> F64:
    t = np.minimum(x, 13.0)
    product = np.ones_like(x)
    for _ in range(11):
        above = t >= 3.0
        t = np.where(above, t - 1.0, t)
        product = np.where(above, product * t, product)
    small = t < 1.0  # gamma(x) = gamma(x + 1) / x there, and x + 1 - 2 is exact
    product = np.where(small, t, product)
    shifted = np.where(small, t - 1.0, t - 2.0)
    factor = np.where(small, t, t - 1.0)
    near = shifted * factor * half_chebyshev(2.0 * shifted, _LOG_GAMMA)
    near = np.where(small, near - np.log(product), near + np.log(product))
    far = np.maximum(x, 13.0)
    log = np.log(far)
    outer = (far - 0.5) * log - far + 0.91893853320467274178 + _stirling_tail(far)
    outer = np.where(far > 1e17, far * (log - 1.0), outer)
    return np.where(x < 13.0, near, np.where(np.isinf(x), np.inf, outer))


def _lgamma(x: F64) -> F64:
    magnitude = np.abs(x)
    value = _positive_lgamma(magnitude)
    reflected = np.log(np.pi / (magnitude * _sin_pi(magnitude))) - value
    reflected = np.where(magnitude < 1e-20, -np.log(magnitude), reflected)
    at_pole = (magnitude == np.floor(magnitude)) | np.isinf(x)
    return np.where(x <= 0.0, np.where(at_pole, np.inf, reflected), value)


def _digamma(x: F64) -> F64:
    reflects = x < 0.0
    y = np.where(reflects, 1.0 - x, x)
    value = np.zeros_like(x)
    for _ in range(12):  # the recurrence, until the asymptotic series is exact to double precision
        below = y < 12.0
        value = np.where(below, value - 1.0 / y, value)
        y = np.where(below, y + 1.0, y)
    z = 1.0 / (y * y)
    value = value + np.log(y) - 0.5 / y - z * polynomial(z, _DIGAMMA)
    value = np.where(reflects, value - np.pi / np.tan(np.pi * np.fmod(x, 1.0)), value)
    value = np.where(reflects & (x == np.floor(x)), np.nan, value)
    return np.where(x == 0.0, np.copysign(np.inf, -x), np.where(x == np.inf, np.inf, value))


def _trigamma(x: F64) -> F64:
    reflects = x < 0.5
    y = np.where(reflects, 1.0 - x, x)
    value = np.zeros_like(x)
    for _ in range(12):
        below = y < 12.0
        value = np.where(below, value + 1.0 / (y * y), value)
        y = np.where(below, y + 1.0, y)
    z = 1.0 / (y * y)
    value = value + 1.0 / y + 0.5 * z + z * polynomial(z, _TRIGAMMA) / y
    return np.where(reflects, (np.pi / _sin_pi(x)) ** 2 - value, value)


def _positive_zeta(x: F64, q: F64) -> F64:
    """For x > 1 and q > 0: nine terms, then Euler and Maclaurin's formula."""
    total = np.power(q, -x)
    a, term, done = q.copy(), np.zeros_like(total), np.zeros(total.shape, bool)
    for _ in range(9):
        a = np.where(done, a, a + 1.0)
        term = np.where(done, term, np.power(a, -x))
        total = np.where(done, total, total + term)
        done |= np.abs(term) < _ROUNDING * total
    start = a
    total = np.where(done, total, total + term * start / (x - 1.0) - 0.5 * term)
    factor = np.ones_like(total)
    for index, divisor in enumerate(_EULER_MACLAURIN):
        k = 2.0 * index
        factor = factor * (x + k)
        term = term / start
        step = factor * term / divisor
        total = np.where(done, total, total + step)
        done |= ~(np.abs(step) >= _ROUNDING * np.abs(total))
        factor = factor * (x + (k + 1.0))
        term = term / start
    return total


def _zeta(x: F64, q: F64) -> F64:
    """Hurwitz' zeta function: the sum of (q + k) ** -x over k = 0, 1, 2..."""
    x, q = np.broadcast_arrays(x, q)
    exponent = np.where(x > 1.0, x, 2.0)
    value = _positive_zeta(exponent, np.where(q > 0.0, q, 1.0))
    negative = q < 0.0
    if negative.any():
        # The terms with negative bases are those of two other zeta functions, but for their sign.
        magnitude = np.where(negative & np.isfinite(q), -q, 0.5)
        rest = magnitude - np.floor(magnitude)
        rest = np.where(rest == 0.0, 0.5, rest)
        sign = np.where(np.fmod(exponent, 2.0) == 0.0, 1.0, -1.0)
        below = _positive_zeta(exponent, rest) - _positive_zeta(exponent, magnitude + 1.0)
        value = np.where(negative, sign * below + _positive_zeta(exponent, 1.0 - rest), value)
    at_pole = (q <= 0.0) & (q == np.floor(q))
    value = np.where(at_pole, np.inf, np.where(negative & (x != np.floor(x)), np.nan, value))
    value = np.where(x == 1.0, np.inf, np.where(x > 1.0, value, np.nan))
    return np.where(np.isnan(q), q, value)


def _polygamma(x: F64, *, n: int) -> F64:
    """The derivative of order n of digamma."""
    if n < 2:
        return _trigamma(x) if n else _digamma(x)
    factorial = math.gamma(n + 1.0) if n < 171 else math.inf
    return np.asarray((1.0 if n % 2 else -1.0) * factorial * _zeta(np.full_like(x, n + 1.0), x))


# --- incomplete gamma functions ------------------------------------------------------------------------------------

_gamma = elementwise(lambda a: math.gamma(a) if 0 < a < 171 else math.inf)


def _excess(sigma: F64) -> F64:
    """sigma - log(1 + sigma), without cancellation for small sigma."""
    r = sigma / (2.0 + sigma)
    square = r * r
    series = polynomial(square, [1.0 / k for k in range(27, 1, -2)])
    return np.where(np.abs(sigma) < 0.5, r * (sigma - 2.0 * square * series), sigma - np.log1p(sigma))


def _density(a: F64, x: F64) -> F64:
    """x ** a * exp(-x) / gamma(a)"""
    small = np.minimum(a, 20.0)
    half = np.exp(-0.5 * x)
    direct = np.power(x, small) * half * (small / _gamma(small + 1.0)) * half
    large = np.maximum(a, 20.0)
    scaled = np.exp(-large * _excess((x - large) / large) - _stirling_tail(large))
    return np.where(a < 20.0, direct, np.sqrt(large / (2.0 * np.pi)) * scaled)


def _lower_series(a: F64, x: F64) -> F64:
    """The lower function by its power series."""
    term, total, divisor = np.ones_like(x), np.ones_like(x), a.copy()
    for _ in range(2000):
        divisor = divisor + 1.0
        term = term * (x / divisor)
        total = total + term
        if not (term > _ROUNDING * total).any():
            break
    return np.asarray(total * _density(a, x) / a)


def _upper_series(a: F64, x: F64) -> F64:
    """The upper function for small x, where one minus the lower one would cancel."""
    factor, total = np.ones_like(x), np.zeros_like(x)
    for n in range(1, 2000):
        factor = factor * (-x / n)
        term = factor / (a + n)
        total = total + term
        if not (np.abs(term) > _ROUNDING * np.abs(total)).any():
            break
    log = np.log(x)
    return np.asarray(-np.expm1(a * log - _lgamma(1.0 + a)) - np.exp(a * log - _lgamma(a)) * total)


def _upper_fraction(a: F64, x: F64) -> F64:
    """The upper function by Legendre's continued fraction (Lentz's method)."""
    b = x + 1.0 - a
    c = np.full_like(x, 1e300)
    d = 1.0 / b
    value = d.copy()
    for i in range(1, 2000):
        numerator = i * (a - i)
        b = b + 2.0
        d = 1.0 / (numerator * d + b)
        c = b + numerator / c
        step = c * d
        value = value * step
        if not (np.abs(step - 1.0) > 2.0 * _ROUNDING).any():
            break
    return np.asarray(value * _density(a, x))


def _uniform_expansion(a: F64, x: F64, sign: float) -> F64:
    """Temme's expansion: the upper function for sign 1, the lower one for -1."""
    sigma = (x - a) / a
    half_square = _excess(sigma)
    eta = np.copysign(np.sqrt(2.0 * half_square), sigma)
    later, last = np.zeros_like(a), np.zeros_like(a)
    total = np.zeros_like(a)
    for m in range(len(_TEMME) - 1, 0, -1):
        later, last = last, _TEMME[m] + (m + 1) / a * later
        total = total * eta + last
    # `later` holds the coefficient of eta, by which the series is normalised.
    series = total / (1.0 + later / a)
    from_normal = 0.5 * _erfc(sign * eta * np.sqrt(0.5 * a))
    return np.asarray(from_normal + sign * np.exp(-a * half_square) * series / np.sqrt(2.0 * np.pi * a))


_erfc = elementwise(math.erfc)


def _incomplete(a: F64, x: F64, upper: bool) -> F64:
    a, x = np.broadcast_arrays(a, x)
    value = np.full(a.shape, np.nan)
    inside = (a > 0.0) & (x > 0.0) & np.isfinite(a) & np.isfinite(x)
    distance = np.abs(x - a) / np.where(inside, a, 1.0)
    close = inside & (((a > 20.0) & (a < 200.0) & (distance < 0.3)) | ((a >= 200.0) & (distance < 4.5 / np.sqrt(a))))
    low_x = np.where(x <= 0.5, -0.4 / np.log(np.clip(x, 1e-300, 0.5)), 1.1 * x)
    small = inside & ~close & (x <= 1.1)
    by_fraction = inside & ~close & (x > 1.1) & (x >= a)
    by_upper_series = small & (low_x >= a) & (np.ones_like(close) if upper else (x > 1.0) & (x > a))
    by_lower_series = inside & ~close & ~by_fraction & ~by_upper_series
    for chosen, function, gives_upper in (
        (by_fraction, _upper_fraction, True),
        (by_upper_series, _upper_series, True),
        (by_lower_series, _lower_series, False),
    ):
        if chosen.any():
            found = function(a[chosen], x[chosen])
            value[chosen] = found if gives_upper == upper else 1.0 - found
    if close.any():
        value[close] = _uniform_expansion(a[close], x[close], 1.0 if upper else -1.0)
    # At the borders: nothing lies above infinity, everything above 0.
    none, every = (0.0, 1.0) if upper else (1.0, 0.0)
    value[np.isinf(x)] = none
    value[np.isinf(a)] = every
    value[np.isinf(a) & np.isinf(x)] = np.nan
    value[x == 0.0] = every
    value[a == 0.0] = np.nan
    value[(a == 0.0) & (x > 0.0)] = none
    value[(a < 0.0) | (x < 0.0)] = np.nan
    return value


lgamma = in_float64(lambda x: _lgamma(x.astype(np.longdouble)))
digamma, zeta = in_float64(_digamma), in_float64(_zeta)
polygamma = in_float64(_polygamma)
igamma = in_float64(lambda a, x: _incomplete(a, x, False))
igammac = in_float64(lambda a, x: _incomplete(a, x, True))
