"""How TorchScript turns values into text: 17 digits for floats, bare strings, a column dump for tensors.

The C++ twin is ``runtime_cpp/include/ts2cpp/print.hpp``; the two must print the same characters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from transpile.core import dtype as D
from transpile.core.schema import format_float

Array = np.ndarray[Any, Any]
_LINE_WIDTH = 80


def to_text(value: Any) -> str:
    """What ``str(value)`` gives inside a script."""
    if value is None or isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, complex):
        imaginary = format_float(value.imag)
        return f"{format_float(value.real)}{'' if imaginary.startswith('-') else '+'}{imaginary}j"
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        return dump(value)
    if isinstance(value, D.DType):
        return str(value.code)
    if isinstance(value, list):
        return f"[{', '.join(map(to_text, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(to_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_text(k)}: {to_text(v)}" for k, v in value.items()) + "}"
    return str(value)


class _Style(NamedTuple):
    scale: float
    width: int
    notation: str
    precision: int

    def show(self, value: float) -> str:
        scaled = abs(value) if math.isnan(value) else value / self.scale
        return f"{scaled:{self.width}.{self.precision}{self.notation}}"


def _style(values: Sequence[float]) -> _Style:
    finite = [v for v in values if math.isfinite(v)]

    def digits(magnitude: float) -> int:
        return 1 if magnitude == 0 else math.floor(math.log10(magnitude)) + 1

    low = digits(min(map(abs, finite))) if finite else 1
    high = digits(max(map(abs, finite))) if finite else 1
    if all(v == math.ceil(v) for v in finite):
        return _Style(1.0, 11, "e", 4) if high > 9 else _Style(1.0, high + 1, "g", 6)
    if high - low > 4:
        return _Style(1.0, 12 if abs(high) > 99 or abs(low) > 99 else 11, "e", 4)
    if high > 5 or high < 0:
        return _Style(10.0 ** (high - 1), 7, "f", 4)
    return _Style(1.0, 7 if high == 0 else high + 6, "f", 4)


def _shortest(value: float) -> str:
    """The fewest digits that read back as ``value``, with an exponent when it is small or large."""
    if not math.isfinite(value):
        return f"{abs(value) if math.isnan(value) else value}"
    text = repr(value)
    if text.endswith(".0"):
        return text[:-2]
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+03d}"
    return text


def _matrix(values: Array, indent: int) -> str:
    rows, columns = values.shape
    style = _style([float(v) for v in values.reshape(-1)])
    margin = " " * indent
    per_line = max((_LINE_WIDTH - indent) // (style.width + 1), 1)
    text = ""
    for first in range(0, columns, per_line):
        last = min(first + per_line, columns)
        if per_line < columns:
            text += ("\n" if first else "") + f"Columns {first + 1} to {last}{margin}"
        if style.scale != 1.0:
            text += f"{_shortest(style.scale)} *\n{margin}"
        for row in range(rows):
            text += " ".join(style.show(float(v)) for v in values[row, first:last]) + "\n"
            if row != rows - 1:
                text += margin + (" " if style.scale != 1.0 else "")
    return text


def dump(array: Array) -> str:
    """A tensor as TorchScript prints it: its elements, then ``[ CPUFloatType{2,3} ]``."""
    label = D.from_numpy(array.dtype).graph_name
    shape = ",".join(map(str, array.shape))
    text = ""
    if array.ndim == 0:
        item = array.item()
        text = (to_text(item) if isinstance(item, complex) else _shortest(float(item))) + "\n"
    elif array.size and array.ndim == 1:
        values = [float(v) for v in array]
        style = _style(values)
        text = f"{_shortest(style.scale)} *\n" if style.scale != 1.0 else ""
        text += "".join(style.show(v) + "\n" for v in values)
    elif array.size and array.ndim == 2:
        text = _matrix(array, 0)
    elif array.size:
        outer = array.shape[:-2]
        blocks = []
        for flat in range(math.prod(outer)):
            place, rest = [], flat
            for extent in outer:  # the first dimension counts fastest
                place.append(rest % extent)
                rest //= extent
            head = "".join(f"{p + 1}," for p in place)
            blocks.append(f"({head}.,.) = \n{_matrix(array[tuple(place)], 1)}")
        text = "\n".join(blocks)
    return f"{text}[ CPU{label}Type{{{shape}}} ]"
