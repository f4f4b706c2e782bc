"""Comparing compiled outputs with eager ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from transpile.core import dtype as D

Array = np.ndarray[Any, Any]
RTOL, ATOL = 1e-4, 1e-5
# The 16-bit types keep fewer digits than RTOL asks for.
_COARSE = {D.float16.numpy: 1e-3, D.bfloat16.numpy: 1.6e-2}
TOLERANCE_HELP = ", ".join([f"{RTOL:g}", *(f"{rtol:g} for {dtype}" for dtype, rtol in _COARSE.items())])


@dataclass(frozen=True)
class Difference:
    """How one output differs.

    ``at_absolute`` and ``at_relative`` are the indices of the greatest differences, ``rtol`` is the relative one allowed.
    """

    name: str
    equal: bool
    reason: str = ""
    absolute: float = 0.0
    at_absolute: tuple[int, ...] = ()
    relative: float = 0.0
    at_relative: tuple[int, ...] = ()
    rtol: float = RTOL

    def describe(self) -> str:
        if self.reason:
            return f"{self.name}: {self.reason}"
        return (
            f"{self.name}: greatest absolute difference {_spot(self.absolute, self.at_absolute)}, "
            f"relative {_spot(self.relative, self.at_relative)}"
        )


def _spot(difference: float, index: tuple[int, ...]) -> str:
    return f"{difference:.3g}" + (f" at {list(index)}" if difference and index else "")


def compare(
    expected: Mapping[str, Array], actual: Mapping[str, Array], rtol: float | None = None, atol: float = ATOL
) -> list[Difference]:
    """One entry per output name of either side; NaNs are equal to NaNs, infinities to themselves.

    ``rtol`` is ``RTOL`` unless it is given, and more for the 16-bit types.
    """
    result = []
    for name in dict.fromkeys((*expected, *actual)):
        if name not in actual:
            result.append(Difference(name, False, "is missing from the compiled outputs"))
        elif name not in expected:
            result.append(Difference(name, False, "is not an output of the Python program"))
        else:
            result.append(_compare(name, expected[name], actual[name], rtol, atol))
    return result


def _compare(name: str, expected: Array, actual: Array, rtol: float | None, atol: float) -> Difference:
    if expected.shape != actual.shape:
        return Difference(name, False, f"has shape {list(actual.shape)} instead of {list(expected.shape)}")
    if expected.dtype.kind != actual.dtype.kind:
        return Difference(name, False, f"has dtype {actual.dtype} instead of {expected.dtype}")
    if expected.size == 0 or expected.dtype.kind in "US":
        same = expected.size == 0 or bool(np.array_equal(expected, actual))
        return Difference(name, same, "" if same else f"is {actual} instead of {expected}")
    if expected.dtype.kind in "biu":
        wrong = expected != actual
        if not wrong.any():
            return Difference(name, True)
        where = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), expected.shape))
        return Difference(name, False, f"is {actual[where]} instead of {expected[where]} at {list(where)}")
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    a, b = expected.astype(wide), actual.astype(wide)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        absolute = np.where(same, 0.0, np.abs(a - b))
        relative = np.where(same, 0.0, absolute / np.abs(a))
    absolute = np.where(np.isnan(absolute), np.inf, absolute)
    relative = np.where(np.isnan(relative), np.inf, relative)
    allowed = rtol if rtol is not None else _COARSE.get(expected.dtype, RTOL)
    equal = bool(np.all(same | (absolute <= atol + allowed * np.abs(a))))
    spots = [np.unravel_index(int(np.argmax(d)), expected.shape) for d in (absolute, relative)]
    return Difference(
        name,
        equal,
        "",
        float(absolute.max()),
        tuple(map(int, spots[0])),
        float(relative.max()),
        tuple(map(int, spots[1])),
        allowed,
    )
