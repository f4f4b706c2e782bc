"""Window functions for signal processing."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops import bessel_functions
from transpile.ops.families import Family
from transpile.ops.layout import require_allocatable
from transpile.ops.promotion import Array, cast, get_default_dtype

FAMILY = Family("window")
op = FAMILY.op

_FACTORY = ("factory",)
# What the types that have no windows are called in the error.
_OPTION_NAMES = {
    D.uint8: "unsigned char", D.int8: "signed char", D.int16: "short int", D.int32: "int", D.int64: "long int",
    D.bool_: "bool",
}  # fmt: skip


def _window(name: str, length: int, periodic: bool, dtype: DType | None, make: Any) -> Array:
    target = dtype or get_default_dtype()
    if target.category < D.FLOATING:
        raise RuntimeError(
            f"{name}_window expects floating point dtypes, got: TensorOptions(dtype={_OPTION_NAMES[target]}, device=cpu, "
            "layout=Strided (default), requires_grad=false (default), pinned_memory=false, memory_format=(nullopt))"
        )
    if length < 0:
        raise RuntimeError(f"{name}_window requires non-negative window_length, got window_length={length}")
    if length < 2:
        return np.ones(length, target.numpy)
    if target.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{target.graph_name}'")

    def rounded(values: Any) -> Any:
        """The 16-bit types are rounded at every step, as by the operators that PyTorch makes windows of."""
        return cast(np.asarray(values), target).astype(np.float64) if target.itemsize == 2 else values

    if length > 2**63 - 2 and periodic:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    require_allocatable((length,), target.itemsize)
    position = rounded(np.arange(length, dtype=np.float64))
    return cast(np.asarray(make(position, float(length if periodic else length - 1), rounded)), target)


def _hamming_shape(alpha: float, beta: float) -> Any:
    return lambda at, period, r: r(r(np.cos(r(at * r(2 * np.pi / period)))) * r(-beta)) + r(alpha)


def _blackman(at: Array, period: float, r: Any) -> Any:
    phase = r(at * r(np.pi / period))
    difference = r(r(r(np.cos(r(phase * 4))) * r(0.08)) - r(r(np.cos(r(phase * 2))) * 0.5))
    return difference + r(0.42)


def _bartlett(at: Array, period: float, r: Any) -> Any:
    rising = r(at * r(2 / period))
    return np.where(at <= period // 2, rising, r(r(-rising) + 2))


def _kaiser(beta: float) -> Any:
    def shape(at: Array, period: float, r: Any) -> Any:
        side = np.maximum(0, 1 - (at * (2 / period) - 1) ** 2)
        return bessel_functions.i0(beta * np.sqrt(side)) / bessel_functions.i0(np.asarray(beta))

    return shape


for _name, _make in (("hann", _hamming_shape(0.5, 0.5)), ("blackman", _blackman), ("bartlett", _bartlett)):
    _tail = "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor"
    op(f"aten::{_name}_window(int window_length, {_tail}", tags=_FACTORY)(
        lambda window_length, *, dtype=None, name=_name, make=_make: _window(name, window_length, True, dtype, make)
    )
    op(f"aten::{_name}_window.periodic(int window_length, bool periodic, {_tail}", tags=_FACTORY)(
        lambda window_length, periodic, *, dtype=None, name=_name, make=_make: _window(
            name, window_length, periodic, dtype, make
        )
    )


def _hamming(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: DType | None = None
) -> Array:
    return _window("hamming", window_length, periodic, dtype, _hamming_shape(alpha, beta))


op(
    "aten::hamming_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_hamming)
op(
    "aten::hamming_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_hamming)
op(
    "aten::hamming_window.periodic_alpha(int window_length, bool periodic, float alpha, *, "
    "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_hamming)
op(
    "aten::hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha, float beta, "
    "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_hamming)


def _kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: DType | None = None
) -> Array:
    return _window("kaiser", window_length, periodic, dtype, _kaiser(beta))


op(
    "aten::kaiser_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_kaiser_window)
op(
    "aten::kaiser_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_kaiser_window)
op(
    "aten::kaiser_window.beta(int window_length, bool periodic, float beta, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_kaiser_window)
