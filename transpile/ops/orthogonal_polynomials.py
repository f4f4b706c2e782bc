"""Orthogonal polynomials by their three-term recurrences: kernels that compute in float64.

Orders are cut off to integers; a negative one gives 0.  Where PyTorch's own recurrence overflows the type of the operands
it does so here as well.  Inside (-1, 1) high orders of Chebyshev's are cosines and sines of multiples of an angle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from transpile.ops.promotion import Array
from transpile.ops.series import F64

Orders: TypeAlias = npt.NDArray[np.int64]
Step: TypeAlias = Callable[[int, F64, F64, F64], F64]
_EARLY, _MOST_STEPS = 1 << 15, 1 << 22
Kernel: TypeAlias = Callable[[Array, Array], Array]


def _prepared(function: Callable[[F64, Orders, float], Any]) -> Kernel:
    """A kernel for x and n of one floating type; ``function`` gets the largest number of that type as well."""

    def run(x: Array, n: Array) -> Array:
        wide, orders = np.broadcast_arrays(x.astype(np.float64), n.astype(np.float64))
        fits = np.abs(orders) < 2.0**63  # what is no integer counts as negative
        whole = np.where(fits, orders, -1.0).astype(np.int64)
        value = np.where(whole < 0, 0.0, function(wide, np.maximum(whole, 0), float(np.finfo(x.dtype).max)))
        return np.asarray(value).astype(x.dtype)

    return run


def _recurrence(x: F64, n: Orders, first: F64, step: Step, largest: float) -> F64:
    """1, ``first``, then ``step(k, x, the last, the one before)`` for k = 2 to n; what exceeds ``largest`` is infinite."""
    value = np.where(n == 0, 1.0, first).reshape(-1)
    active = np.flatnonzero((n >= 2) & ~np.isnan(first))
    x, n, current = x.reshape(-1)[active], n.reshape(-1)[active], first.reshape(-1)[active]
    before = np.ones_like(x)
    k = 2
    while active.size:
        if k == _EARLY and n.max() > _MOST_STEPS:  # what diverges has become NaN by now
            raise RuntimeError(f"a polynomial of degree {n.max()} takes more than {_MOST_STEPS} steps")
        following = step(k, x, current, before)
        following = np.where(np.abs(following) > largest, np.copysign(np.inf, following), following)
        before, current = current, following
        done = (n == k) | np.isnan(current)
        if done.any():
            value[active[done]] = current[done]
            active, x, n, before, current = (a[~done] for a in (active, x, n, before, current))
        k += 1
    return value.reshape(first.shape)


def _chebyshev_t(x: F64, n: Orders, largest: float, above: int = 6) -> F64:
    by_angle = (n > above) & (np.abs(x) < 1.0)
    at_end = np.abs(x) == 1.0
    value = _recurrence(x, np.where(by_angle | at_end, 0, n), x, lambda k, x, q, p: (x + x) * q - p, largest)
    value = np.where(by_angle, np.cos(n * np.arccos(np.clip(x, -1.0, 1.0))), value)
    return np.where(at_end, np.where((x > 0.0) | (n % 2 == 0), 1.0, -1.0), value)


def _chebyshev_u(x: F64, n: Orders, largest: float, above: int = 8) -> F64:
    by_angle = (n > above) & (np.abs(x) < 1.0)
    at_end = np.abs(x) == 1.0
    value = _recurrence(x, np.where(by_angle | at_end, 0, n), x + x, lambda k, x, q, p: (x + x) * q - p, largest)
    angle = np.arccos(np.clip(x, -1.0, 1.0))
    value = np.where(by_angle, np.sin((n + 1.0) * angle) / np.sin(angle), value)
    return np.where(at_end, np.where((x > 0.0) | (n % 2 == 0), 1.0, -1.0) * (n + 1.0), value)


def _chebyshev_v(x: F64, n: Orders, largest: float, above: int = 8) -> F64:
    by_angle = (n > above) & (np.abs(x) < 1.0)
    at_end = np.abs(x) == 1.0
    first = x + x - 1.0
    value = _recurrence(x, np.where(by_angle | at_end, 0, n), first, lambda k, x, q, p: (x + x) * q - p, largest)
    angle = np.arccos(np.clip(x, -1.0, 1.0))
    value = np.where(by_angle, np.cos((n + 0.5) * angle) / np.cos(angle / 2.0), value)
    below = np.where(n % 2 == 0, 1.0, -1.0) * (2.0 * n + 1.0)
    return np.where(at_end, np.where(x > 0.0, 1.0, below), value)


def _chebyshev_w(x: F64, n: Orders, largest: float, above: int = 8) -> F64:
    by_angle = (n > above) & (np.abs(x) < 1.0)
    at_end = np.abs(x) == 1.0
    first = x + x + 1.0
    value = _recurrence(x, np.where(by_angle | at_end, 0, n), first, lambda k, x, q, p: (x + x) * q - p, largest)
    angle = np.arccos(np.clip(x, -1.0, 1.0))
    value = np.where(by_angle, np.sin((n + 0.5) * angle) / np.sin(angle / 2.0), value)
    return np.where(at_end, np.where(x > 0.0, 2.0 * n + 1.0, np.where(n % 2 == 0, 1.0, -1.0)), value)


def _limited(n: Orders, largest: float) -> tuple[Orders, Any]:
    """Hermite's orders as far as PyTorch computes them, and where they are higher: there it gives NaN."""
    limit = 128 if largest < 1e300 else 512
    return np.minimum(n, limit), n > limit


def _hermite_h(x: F64, n: Orders, largest: float) -> F64:
    orders, beyond = _limited(n, largest)
    value = _recurrence(x, orders, x + x, lambda k, x, q, p: (x + x) * q - (2 * k - 2) * p, largest)
    return np.where(beyond, np.nan, value)


def _hermite_he(x: F64, n: Orders, largest: float) -> F64:
    orders, beyond = _limited(n, largest)
    return np.where(beyond, np.nan, _recurrence(x, orders, x, lambda k, x, q, p: x * q - (k - 1) * p, largest))


def _laguerre_l(x: F64, n: Orders, largest: float) -> F64:
    def step(k: int, x: F64, q: F64, p: F64) -> F64:
        return (((2 * k - 2) + (1.0 - x)) * q - (k - 1) * p) / k

    return np.where(x == 0.0, 1.0, _recurrence(x, np.where(x == 0.0, 0, n), 1.0 - x, step, largest))


def _legendre_p(x: F64, n: Orders, largest: float) -> F64:
    at_end = np.abs(x) == 1.0
    value = _recurrence(
        x, np.where(at_end, 0, n), x, lambda k, x, q, p: ((2 * k - 1) * x * q - (k - 1) * p) / k, largest
    )
    return np.where(at_end, np.where((x > 0.0) | (n % 2 == 0), 1.0, -1.0), value)


def _shifted(function: Callable[[F64, Orders, float, int], F64], above: int) -> Kernel:
    """Chebyshev's for [0, 1]."""
    return _prepared(lambda x, n, largest: function(x + x - 1.0, n, largest, above))


KERNELS: dict[str, Kernel] = {
    "chebyshev_polynomial_t": _prepared(_chebyshev_t),
    "chebyshev_polynomial_u": _prepared(_chebyshev_u),
    "chebyshev_polynomial_v": _prepared(_chebyshev_v),
    "chebyshev_polynomial_w": _prepared(_chebyshev_w),
    "hermite_polynomial_h": _prepared(_hermite_h),
    "hermite_polynomial_he": _prepared(_hermite_he),
    "laguerre_polynomial_l": _prepared(_laguerre_l),
    "legendre_polynomial_p": _prepared(_legendre_p),
    "shifted_chebyshev_polynomial_t": _shifted(_chebyshev_t, 6),
    "shifted_chebyshev_polynomial_u": _shifted(_chebyshev_u, 6),
    "shifted_chebyshev_polynomial_v": _shifted(_chebyshev_v, 6),
    "shifted_chebyshev_polynomial_w": _shifted(_chebyshev_w, 4),
}
"""The kernels by the names of their operators."""
