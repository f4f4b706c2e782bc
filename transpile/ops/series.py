"""Sums that the special functions are made of: polynomials, quotients of them, Chebyshev series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from transpile.ops.promotion import Array

F64 = npt.NDArray[np.float64]


def polynomial(x: F64, coefficients: Sequence[float]) -> F64:
    """The polynomial with these coefficients, the highest power first (Horner's scheme)."""
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value


def quotient(x: F64, numerator: Sequence[float], denominator: Sequence[float]) -> F64:
    """One polynomial over another."""
    return np.asarray(polynomial(x, numerator) / polynomial(x, denominator))


def half_chebyshev(x: F64, coefficients: Sequence[float]) -> F64:
    """The Chebyshev series of x / 2, the highest order first and the constant one halved (Clenshaw's recurrence)."""
    before, current = np.zeros_like(x), np.full_like(x, coefficients[0])
    older = before
    for coefficient in coefficients[1:]:
        older, before = before, current
        current = x * before - older + coefficient
    return np.asarray(0.5 * (current - older))


def in_float64(function: Callable[..., F64]) -> Callable[..., Array]:
    """A kernel that computes in float64 and rounds once at the end, so float32 results are correct to half a unit."""

    def run(*operands: Array, **options: Any) -> Array:
        wide = [np.asarray(x, dtype=np.float64) for x in operands]
        return np.asarray(function(*wide, **options)).astype(operands[0].dtype)

    return run


def precise(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function of NumPy whose float32 version is several units off: computed in float64, and rounded once."""

    def run(*operands: Array) -> Array:
        if operands[0].dtype != np.float32:
            return np.asarray(function(*operands))
        return np.asarray(function(*(x.astype(np.float64) for x in operands))).astype(np.float32)

    return run


def in_wider_type(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function of NumPy that in float64, too, is a unit or more off on one processor or another: in the next wider type."""

    def run(x: Array) -> Array:
        wider = {np.dtype(np.float32): np.float64, np.dtype(np.float64): np.longdouble}.get(x.dtype)
        return function(x) if wider is None else function(x.astype(wider)).astype(x.dtype)

    return run


def elementwise(function: Callable[[float], float]) -> Callable[[F64], F64]:
    """A function of Python floats for arrays."""
    mapped = np.frompyfunc(function, 1, 1)

    def run(x: F64) -> F64:
        return np.asarray(mapped(x), dtype=np.float64)

    return run
