"""Values as text, the way TorchScript prints them: ``str``, ``print``, ``format``."""

from __future__ import annotations

import enum
import math
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.schema import format_float
from transpile.ops.promotion import Array, cast, dtype_of

_LINE = 80


def text_of(value: Any) -> str:
    """``str(value)`` in TorchScript: floats with 17 digits and a trailing dot, strings in containers unquoted."""
    if value is None:
        return "None"
    if isinstance(value, enum.Enum):
        return f"Enum<{type(value).__name__}.{value.name}>"
    if isinstance(value, (bool, int, str)):
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, complex):
        sign = "+" if value.imag >= 0 else "-"
        return f"{_float_text(value.real)}{sign}{_float_text(abs(value.imag))}j"
    if isinstance(value, np.ndarray):
        return tensor_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(text_of, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        pairs = (f"{text_of(getattr(k, 'tensor', k))}: {text_of(v)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, D.DType):
        return str(value.code)
    return str(value)


class _Format:
    """How the elements of one tensor print: width, digits, notation, common factor."""

    def __init__(self, values: Array) -> None:
        magnitudes = np.abs(values.reshape(-1).astype(np.float64))
        magnitudes = magnitudes[np.isfinite(magnitudes)]
        self.scale, self.width, self.precision, self.notation = 1.0, 0, 4, "f"
        integral = bool((magnitudes == np.floor(magnitudes)).all())
        low = _exponent(float(magnitudes.min())) if magnitudes.size else 1
        high = _exponent(float(magnitudes.max())) if magnitudes.size else 1
        if integral:
            if high > 9:
                self.width, self.notation = 11, "e"
            else:
                self.width, self.precision = high + 1, 0
        elif high - low > 4:
            self.width, self.notation = 11 + (abs(high) > 99 or abs(low) > 99), "e"
        elif high > 5 or high < 0:
            self.width, self.scale = 7, 10.0 ** (high - 1)
        else:
            self.width = 7 if high == 0 else high + 6

    def number(self, value: Any) -> str:
        shown = float(value) / self.scale
        if not math.isfinite(shown):
            return ("nan" if shown != shown else "inf" if shown > 0 else "-inf").rjust(self.width)
        return f"{shown:.{self.precision}{self.notation}}".rjust(self.width)

    def factor(self) -> str:
        return f"{_general(self.scale)} *\n"


def _exponent(magnitude: float) -> int:
    return 1 if magnitude == 0 else math.floor(math.log10(magnitude)) + 1


def _general(value: float) -> str:
    return f"{value:.17g}"


def _float_text(value: float) -> str:
    """Whole numbers of 64 bits in full (-0.0 as 0) with a final dot, others with 17 significant digits."""
    return f"{int(value)}." if value.is_integer() and -(2.0**63) <= value < 2.0**63 else format_float(value)


def tensor_text(tensor: Array) -> str:
    """A tensor as C++ streams print it, with its type and sizes in brackets at the end."""
    dtype = dtype_of(tensor)
    sizes = ",".join(map(str, tensor.shape))
    footer = f"[ CPU{dtype.graph_name}Type{{{sizes}}} ]"
    if dtype.is_complex:
        tensor = np.asarray(tensor.real)  # torch's stream drops the imaginary parts
    values = cast(tensor, D.float64)
    if tensor.ndim == 0:
        return f"{_scalar(float(values))}\n{footer}"
    if tensor.size == 0:
        return footer
    if tensor.ndim == 1:
        layout = _Format(values)
        head = layout.factor() if layout.scale != 1 else ""
        return head + "".join(f"{layout.number(v)}\n" for v in values) + footer
    if tensor.ndim == 2:
        return _matrix(values, 0) + footer
    blocks = []
    for reversed_index in np.ndindex(*tensor.shape[-3::-1]):  # the first dimension varies fastest
        index = reversed_index[::-1]
        label = ",".join(str(i + 1) for i in index)
        blocks.append(f"({label},.,.) = \n{_matrix(values[index], 1)}")
    return "\n".join(blocks) + footer


def _scalar(value: float) -> str:
    return {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan" if value != value else _general(value))


def _matrix(values: Array, indent: int) -> str:
    """Rows of a matrix; one too wide for a line is cut into groups of columns."""
    layout = _Format(values)
    rows, columns = values.shape
    per_line = max((_LINE - indent) // (layout.width + 1), 1)
    pad = " " * indent
    text = ""
    for first in range(0, columns, per_line):
        last = min(first + per_line, columns)
        if per_line < columns:
            text += ("\n" if first else "") + f"Columns {first + 1} to {last}" + pad
        if layout.scale != 1:
            text += layout.factor() + pad
        for row in range(rows):
            cells = [layout.number(v) for v in values[row, first:last]]
            text += " ".join(cells) + "\n"
            if row != rows - 1:
                text += pad + (" " if layout.scale != 1 else "")
    return text
