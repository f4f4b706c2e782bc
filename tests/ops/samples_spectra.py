"""Samples for Fourier transforms, the short-time transform and windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ops.samples import BOOL, COMPLEX, INTS, Sample, layouts, make, samples
from transpile.core import dtype as D

# Powers of two, odd factors, primes that are passes of their own, primes that become convolutions.
LENGTHS = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    12,
    16,
    25,
    27,
    30,
    33,
    45,
    49,
    53,
    64,
    67,
    100,
    120,
    127,
    128,
    167,
    210,
    243,
    256,
)
LONG = (4802, 6561, 8192)  # rows that are not transformed side by side
_NORMS = ("forward", "backward", "ortho", "none")


def _lengths(dtypes: tuple[Any, ...]) -> Iterator[Sample]:
    for dtype in dtypes:
        for index, length in enumerate(LENGTHS):
            # Alone, and as many rows as do and do not fill the vectors of any processor.
            yield Sample(make(((), (3,), (9,), (17,))[index % 4] + (length,), dtype), atol=1e-4)
    for length in LONG:
        yield Sample(make((2, length), dtypes[0]), atol=5e-4)


def _arguments(dtypes: tuple[Any, ...]) -> Iterator[Sample]:
    for dtype in dtypes:
        x = make((3, 4, 5), dtype)
        for n in (0, -1, -(2**63), 1, 4, 5, 6, 9):
            yield Sample(x, n)
        for dim in (0, 1, -1, 3, -4):
            yield Sample(x, None, dim)
            yield Sample(x, 3, dim, "ortho")
        for norm in _NORMS:
            yield Sample(x, None, -1, norm)
        yield Sample(x, 2**62)
        for array in layouts(dtype):
            yield Sample(array)
            yield Sample(array, 4, 0)


def _one_dimension(*dtypes: Any) -> Iterator[Sample]:
    yield from _lengths(dtypes)
    yield from _arguments(dtypes[:1])
    for dtype in (*INTS, *BOOL, np.dtype(np.float16), D.bfloat16.numpy):
        yield Sample(make((2, 6), dtype))


samples("aten::fft_fft", "aten::fft_ifft")(lambda: _one_dimension(*COMPLEX, np.float32, np.float64))
samples("aten::fft_rfft", "aten::fft_ihfft")(lambda: _one_dimension(np.float32, np.float64, *COMPLEX[:1]))


@samples("aten::fft_irfft", "aten::fft_hfft")
def halves() -> Iterator[Sample]:
    yield from _one_dimension(*COMPLEX, np.float32)
    for dtype in COMPLEX:
        for length in LENGTHS:
            yield Sample(make((3, length // 2 + 1), dtype), length, atol=1e-4)
    for length in (*LONG, 16807):
        yield Sample(make((2, length // 2 + 1), np.complex64), length, atol=1e-3)


def _several_dimensions(*dtypes: Any) -> Iterator[Sample]:
    for dtype in dtypes:
        x = make((2, 3, 4), dtype)
        yield Sample(x)
        for s in ([2, 3], [-1, 3], [3, -1], [0, 3], [3, 0], [1, 2, 3, 4], [], [-2, 3], [3], [7, 6]):
            yield Sample(x, s)
        for dim in ([0, 0], [0], [], [5], [0, 1, 2], [2, 0], [-1]):
            yield Sample(x, None, dim)
        yield Sample(x, [5, 6], [2, 0])
        yield Sample(x, [2], [0, 1])
        for norm in _NORMS:
            yield Sample(x, None, [0, 2], norm)
        yield Sample(make((4, 3, 2), dtype).transpose(2, 0, 1), [2, 3])
    for dtype in (np.int64, np.bool_, np.float16):
        yield Sample(make((3, 4), dtype))
    for shape in ((), (0,), (3, 0, 4), (3, 4, 0), (0, 3, 4)):
        yield Sample(make(shape, np.float32))


samples("aten::fft_fftn", "aten::fft_fft2", "aten::fft_ifftn", "aten::fft_ifft2")(
    lambda: _several_dimensions(*COMPLEX, np.float32)
)
samples("aten::fft_rfftn", "aten::fft_rfft2", "aten::fft_ihfftn", "aten::fft_ihfft2")(
    lambda: _several_dimensions(np.float32, np.float64, np.complex64)
)
samples("aten::fft_irfftn", "aten::fft_irfft2", "aten::fft_hfftn", "aten::fft_hfft2")(
    lambda: _several_dimensions(*COMPLEX, np.float32)
)


@samples("aten::_fft_c2c")
def complex_to_complex() -> Iterator[Sample]:
    for dtype in COMPLEX:
        for normalization in (0, 1, 2):
            for dims in ([1], [0, 1], [1, 0]):
                yield Sample(make((3, 4), dtype), dims, normalization, normalization == 1)
    for shape, dims in (((3, 4), []), ((0, 4), [1]), ((4, 0), [1])):
        yield Sample(make(shape, np.complex64), dims, 0, True)
    yield Sample(make((3, 4), np.float32), [1], 0, True)


@samples("aten::_fft_r2c")
def real_to_complex() -> Iterator[Sample]:
    for dtype in (np.float32, np.float64, np.float16, np.int64, np.complex64):
        for normalization in (0, 1, 2):
            for dims in ([1], [0, 1], [1, 0]):
                yield Sample(make((3, 4), dtype), dims, normalization, normalization == 1)
    yield Sample(make((3, 4), np.float32), [], 0, True)


@samples("aten::_fft_c2r")
def complex_to_real() -> Iterator[Sample]:
    for dtype in (*COMPLEX, np.dtype(np.float32)):
        for normalization in (0, 1, 2):
            yield Sample(make((3, 4), dtype), [0, 1], normalization, 7)
            yield Sample(make((3, 4), dtype), [1, 0], normalization, 4)
    yield Sample(make((3, 4), np.complex64), [1], 0, 9, any_message=True)
    yield Sample(make((3, 4), np.complex64), [1], 0, -1, any_message=True)
    yield Sample(make((3, 4), np.complex64), [], 0, 6)


@samples("aten::fft_fftfreq", "aten::fft_rfftfreq")
def frequencies() -> Iterator[Sample]:
    for n in (0, 1, 4, 5, 101, -1, -5):
        yield Sample(n)
        for dtype in (D.float64, D.float16, D.bfloat16, D.int64, D.complex64):
            yield Sample(n, 0.3, dtype=dtype)
    for d in (0.0, -2.0, float("nan"), float("inf")):
        yield Sample(4, d)


@samples("aten::fft_fftshift", "aten::fft_ifftshift")
def shifts() -> Iterator[Sample]:
    for dtype in (*COMPLEX[:1], np.dtype(np.float32), *INTS[:1], *BOOL):
        for x in layouts(dtype):
            yield Sample(x)
            yield Sample(x, [0])
    for dim in ([0, 1], [0, 0], [5], [], [-1]):
        yield Sample(make((3, 4)), dim)


# --- short-time transforms -----------------------------------------------------------------------------------------


def _stft(**more: Any) -> Iterator[Sample]:
    x, window = make((2, 64), low=-1, high=1), make((16,), low=0.1, high=1, seed=1)
    calls: list[dict[str, Any]] = [
        {}, {"self": x[0]}, {"self": make(())}, {"self": x[None]}, {"self": x.astype(np.int64)},
        {"self": x.astype(np.float64)}, {"self": x.astype(np.float16)}, {"self": make((2, 64), np.complex64)},
        {"self": make((2, 64), np.complex64), "window": window.astype(np.float64)},
        {"self": x.astype(np.complex64), "onesided": True}, {"self": make((2, 64), np.complex128), "return_complex": None},
        {"return_complex": None}, {"return_complex": False}, {"n_fft": 0}, {"n_fft": -4}, {"n_fft": 65}, {"n_fft": 200},
        {"n_fft": 3}, {"n_fft": 15}, {"n_fft": 2**40}, {"hop_length": 0}, {"hop_length": -1}, {"hop_length": 100},
        {"hop_length": 2**62}, {"hop_length": 3}, {"win_length": 0}, {"win_length": 17}, {"win_length": 8},
        {"win_length": 7}, {"window": window}, {"window": window[:8]}, {"window": window[:8], "win_length": 8},
        {"window": window.astype(np.complex64)}, {"window": window.astype(np.complex64), "onesided": True},
        {"window": window.astype(np.float64)}, {"window": window[None]}, {"onesided": False},
        {"normalized": True, "onesided": False}, {"align_to_window": True}, {"align_to_window": True, "win_length": 8},
        {"align_to_window": False, "win_length": 8}, {"align_to_window": True, "win_length": 8, "n_fft": 80},
        {"self": x[:, :0]}, {"self": x[:0]}, {"self": x[0, :0]}, {"self": x[:, :5]}, {"self": make((64, 2)).T},
    ]  # fmt: skip
    for call in calls:
        given = {"self": x, "n_fft": 16, "return_complex": True, **more, **call}
        yield Sample(given.pop("self"), given.pop("n_fft"), **given)


samples("aten::stft")(_stft)


@samples("aten::stft.center")
def centred() -> Iterator[Sample]:
    yield from _stft()
    yield from _stft(center=False)
    for mode in ("constant", "replicate", "circular", "mirror"):
        yield Sample(make((2, 64)), 16, pad_mode=mode, return_complex=True)


@samples("aten::istft")
def inverses() -> Iterator[Sample]:
    half, window = make((2, 9, 17), np.complex64, low=-1, high=1), make((16,), low=0.1, high=1, seed=1)
    whole = make((2, 16, 17), np.complex64, low=-1, high=1)
    calls: list[dict[str, Any]] = [
        {}, {"self": half[0]}, {"self": half.real}, {"self": half[0, 0]}, {"self": make((), np.complex64)}, {"self": half[None]},
        {"self": half[:0]}, {"self": whole}, {"self": whole, "return_complex": True}, {"return_complex": True},
        {"self": whole, "onesided": True}, {"onesided": False}, {"self": whole, "onesided": False}, {"hop_length": 0},
        {"hop_length": 17}, {"hop_length": -1}, {"hop_length": 16}, {"win_length": 0}, {"win_length": 17},
        {"win_length": 8}, {"win_length": 8, "window": None}, {"win_length": 3, "window": None, "hop_length": 2},
        {"window": None}, {"window": window[None]}, {"window": window.astype(np.complex64)},
        {"window": window.astype(np.complex64), "self": whole, "return_complex": True}, {"center": False},
        {"center": False, "window": None}, {"length": 30}, {"length": 64}, {"length": 70}, {"length": 100}, {"length": 0},
        {"length": -1}, {"length": -30}, {"normalized": True}, {"n_fft": 15}, {"n_fft": 0}, {"n_fft": -2}, {"n_fft": 17},
        {"window": np.zeros(16, np.float32)}, {"self": half[:, :, :1]}, {"self": half.astype(np.complex128)},
        {"self": half.astype(np.complex128), "window": window.astype(np.float64), "hop_length": 5},
        {"window": np.ones(16, np.int64)}, {"self": make((1, 1, 5), np.complex64), "n_fft": 1, "window": None},
    ]  # fmt: skip
    for call in calls:
        given = {"self": half, "n_fft": 16, "window": window, **call}
        yield Sample(given.pop("self"), given.pop("n_fft"), **given)


# --- windows -------------------------------------------------------------------------------------------------------

_WINDOW_DTYPES = (None, D.float64, D.float16, D.bfloat16, D.int64, D.complex64)


@samples(
    "aten::hann_window", "aten::hamming_window", "aten::blackman_window", "aten::bartlett_window", "aten::kaiser_window"
)
def windows() -> Iterator[Sample]:
    for length in (0, 1, 2, 7, 16, -1):
        for dtype in _WINDOW_DTYPES:
            yield Sample(length, dtype=dtype, any_message=dtype is D.int64)  # PyTorch words it by the way of the call


@samples(
    "aten::hann_window.periodic", "aten::hamming_window.periodic", "aten::blackman_window.periodic",
    "aten::bartlett_window.periodic", "aten::kaiser_window.periodic",
)  # fmt: skip
def periodic_windows() -> Iterator[Sample]:
    for length in (0, 1, 2, 7, 64):
        for periodic in (False, True):
            yield Sample(length, periodic)
            yield Sample(length, periodic, dtype=D.float64)


@samples("aten::hamming_window.periodic_alpha", "aten::kaiser_window.beta")
def windows_of_one_parameter() -> Iterator[Sample]:
    for value in (0.3, 1.0, -1.0, 14.0):
        yield Sample(9, True, value)
        yield Sample(16, False, value, dtype=D.float64)
    yield Sample(5, True, float("nan"))
    yield Sample(0, True, 0.5)


@samples("aten::hamming_window.periodic_alpha_beta")
def windows_of_two_parameters() -> Iterator[Sample]:
    yield Sample(9, True, 0.3, 0.2)
    yield Sample(9, False, 1.0, -2.0)
