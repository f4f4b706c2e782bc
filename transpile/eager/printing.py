"""The text of tensors, character for character as torch shows them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.promotion import default_complex_dtype, get_default_dtype

if TYPE_CHECKING:
    from transpile.eager.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class PrintOptions:
    """What ``set_printoptions`` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}
_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print; what is not given stays, except ``sci_mode``, which returns to automatic."""
    global _options
    base = _PROFILES[profile] if profile is not None else _options
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options = replace(base, **{k: v for k, v in given.items() if v is not None}, sci_mode=sci_mode)  # type: ignore[arg-type]


def get_printoptions() -> dict[str, Any]:
    """The current options by name."""
    return asdict(_options)


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """``set_printoptions`` for the duration of a ``with`` block."""
    global _options
    saved = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = saved


class _Column:
    """How the numbers of one tensor are written: all in one style and padded to one width."""

    def __init__(self, values: Array) -> None:
        self.floating = values.dtype.kind == "f"
        self.scientific = False
        self.integral = True
        self.width = 1
        flat = values.reshape(-1)
        if not self.floating:
            self.width = max([1, *(len(str(v)) for v in flat.tolist())])
            return
        shown = flat[np.isfinite(flat) & (flat != 0)]
        if shown.size == 0:
            return
        self.integral = bool((shown == np.ceil(shown)).all())
        if _options.sci_mode is None:
            magnitudes = np.abs(shown).astype(np.float64)
            low, high = float(magnitudes.min()), float(magnitudes.max())
            with np.errstate(over="ignore"):
                self.scientific = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
        else:
            self.scientific = _options.sci_mode
        # The dot that integral values end with is not part of this text, hence the extra column.
        extra = 1 if self.integral and not self.scientific else 0
        self.width = max([1, *(len(self._digits(v)) + extra for v in shown.tolist())])

    def _digits(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{_options.precision}e}"
        return f"{value:.0f}" if self.integral else f"{value:.{_options.precision}f}"

    def format(self, value: Any) -> str:
        if not self.floating:
            return str(value).rjust(self.width)
        text = self._digits(value)
        if self.integral and not self.scientific and math.isfinite(value):
            text += "."
        return text.rjust(self.width)


class _Writer:
    """Lays out the elements of one array."""

    def __init__(self, array: Array) -> None:
        self.summarize = array.size > _options.threshold
        sample = _corners(array) if self.summarize else array
        self.parts = (
            (_Column(sample.real), _Column(sample.imag)) if np.iscomplexobj(array) else (_Column(sample),)
        )  # fmt: skip

    def element(self, value: Any) -> str:
        if len(self.parts) == 1:
            return self.parts[0].format(value)
        real = self.parts[0].format(value.real)
        imaginary = self.parts[1].format(value.imag).lstrip() + "j"
        return real + (imaginary if imaginary[0] in "+-" else "+" + imaginary)

    def write(self, array: Array, indent: int) -> str:
        if array.ndim == 0:
            return self.element(array.item())
        edge = _options.edgeitems
        cut = self.summarize and array.shape[0] > 2 * edge
        if array.ndim == 1:
            return self._row(array, indent, cut)
        picked = [*range(edge), *range(len(array) - edge, len(array))] if cut else range(len(array))
        blocks = [self.write(array[i], indent + 1) for i in picked]
        if cut:
            blocks.insert(edge, "...")
        separator = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
        return "[" + separator.join(blocks) + "]"

    def _row(self, array: Array, indent: int, cut: bool) -> str:
        width = sum(part.width for part in self.parts) + len(self.parts) + 1
        per_line = max(1, (_options.linewidth - indent) // width)
        edge = _options.edgeitems
        if self.summarize and edge == 0:
            texts = ["..."]
        elif cut:
            head = [self.element(v) for v in array[:edge].tolist()]
            tail = [self.element(v) for v in array[-edge:].tolist()]
            texts = [*head, " ...", *tail]
        else:
            texts = [self.element(v) for v in array.tolist()]
        lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _corners(array: Array) -> Array:
    """The elements that a summary shows: the first and last few along every dimension."""
    edge = _options.edgeitems
    for axis, extent in enumerate(array.shape):
        if extent > 2 * edge:
            array = np.take(array, [*range(edge), *range(extent - edge, extent)], axis=axis)
    return array


def _contents(array: Array, indent: int) -> str:
    if array.size == 0:
        return "[]"
    if array.dtype == D.bfloat16.numpy:
        array = array.astype(np.float32)
    return _Writer(array).write(array, indent)


def tensor_text(tensor: Tensor) -> str:
    """``repr(tensor)``."""
    kind = type(tensor).__name__
    prefix = "tensor(" if kind in ("Tensor", "Parameter") else f"{kind}("
    array, dtype = tensor._array, tensor.dtype
    suffixes: list[str] = []
    implied = dtype in (get_default_dtype(), default_complex_dtype(), D.int64, D.bool_)
    if array.size == 0:
        if array.ndim != 1:
            suffixes.append(f"size={tuple(array.shape)}")
        implied = dtype is get_default_dtype()
    if not implied:
        suffixes.append(f"dtype={dtype}")
    text = prefix + _contents(array, len(prefix))
    if tensor._grad_name is not None:
        suffixes.append(f"grad_fn=<{tensor._grad_name}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    text = _with_suffixes(text, suffixes, len(prefix))
    return f"Parameter containing:\n{text}" if kind == "Parameter" else text


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Append suffixes, each on a new line if it would not fit."""
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"
