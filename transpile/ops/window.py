"""Window functions for signal processing."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core.dtype import DType
from transpile.ops import bessel_functions
from transpile.ops.families import NOT_WRITTEN, Family
from transpile.ops.promotion import Array, cast, get_default_dtype

FAMILY = Family("window", header="factory")
op = FAMILY.op

_FACTORY = ("factory",)


def _window(name: str, length: int, periodic: bool, dtype: DType | None, make: Any) -> Array:
    target = dtype or get_default_dtype()
    if not target.is_floating_point:
        raise RuntimeError(f"{name}_window expects floating point dtypes, got: {target.graph_name}")
    if length < 0:
        raise RuntimeError(f"{name}_window requires non-negative window_length, got window_length={length}")
    if length < 2:
        return np.ones(length, target.numpy)
    phase = np.arange(length) / (length if periodic else length - 1)
    return cast(np.asarray(make(phase)), target)


def _cosine_sum(*weights: float) -> Any:
    return lambda phase: sum(w * np.cos(2 * np.pi * k * phase) for k, w in enumerate(weights))


_HANN, _BLACKMAN = _cosine_sum(0.5, -0.5), _cosine_sum(0.42, -0.5, 0.08)


def _bartlett(phase: Array) -> Array:
    return 1 - np.abs(2 * phase - 1)


def _kaiser(beta: float) -> Any:
    return lambda phase: (
        bessel_functions.i0(beta * np.sqrt(1 - (2 * phase - 1) ** 2)) / bessel_functions.i0(np.asarray(beta))
    )


for _name, _make, _lacks in (
    ("hann", _HANN, None), ("blackman", _BLACKMAN, NOT_WRITTEN), ("bartlett", _bartlett, NOT_WRITTEN)
):  # fmt: skip
    _tail = "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor"
    op(f"aten::{_name}_window(int window_length, {_tail}", tags=_FACTORY, no_cpp=_lacks)(
        lambda window_length, *, dtype=None, name=_name, make=_make: _window(name, window_length, True, dtype, make)
    )
    op(f"aten::{_name}_window.periodic(int window_length, bool periodic, {_tail}", tags=_FACTORY, no_cpp=_lacks)(
        lambda window_length, periodic, *, dtype=None, name=_name, make=_make: _window(
            name, window_length, periodic, dtype, make
        )
    )


def _hamming(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: DType | None = None
) -> Array:
    return _window("hamming", window_length, periodic, dtype, _cosine_sum(alpha, -beta))


op(
    "aten::hamming_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_hamming)
op(
    "aten::hamming_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_hamming)
op(
    "aten::hamming_window.periodic_alpha(int window_length, bool periodic, float alpha, *, "
    "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_hamming)
op(
    "aten::hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha, float beta, "
    "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_hamming)


def _kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: DType | None = None
) -> Array:
    return _window("kaiser", window_length, periodic, dtype, _kaiser(beta))


op(
    "aten::kaiser_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_kaiser_window)
op(
    "aten::kaiser_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_kaiser_window)
op(
    "aten::kaiser_window.beta(int window_length, bool periodic, float beta, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=NOT_WRITTEN,
)(_kaiser_window)
