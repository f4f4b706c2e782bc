"""The short-time Fourier transform and its inverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family
from transpile.ops.fft import BY_N, BY_ROOT_N, NONE, complex_to_complex, complex_to_real, real_to_complex
from transpile.ops.padding import pad_any, pad_constant
from transpile.ops.promotion import Array, cast, dtype_of, real_dtype, result_type, shape_text

FAMILY = Family("stft")
op = FAMILY.op


def _described(tensor: Array | None, braces: bool = False) -> str:
    """A tensor as messages show it: its type and its shape."""
    if tensor is None:
        return "None"
    dtype = dtype_of(tensor)
    name = f"CPU{dtype.graph_name}Type" if dtype.is_complex else f"torch.{dtype.graph_name}Tensor"
    shape = shape_text(tensor.shape)
    return f"{name}{{{shape}}}" if braces else f"{name}{shape}"


def _option(value: Any) -> str:
    return "None" if value is None else str(int(value))


def _stft(
    self: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Array:
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false.")
    hop = n_fft >> 2 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    as_complex = return_complex
    if as_complex is None:
        as_complex = self.dtype.kind == "c" or (window is not None and window.dtype.kind == "c")
        if not as_complex:
            raise RuntimeError(
                "stft requires the return_complex parameter be given for real inputs, and will further require that "
                "return_complex=True in a future PyTorch release."
            )
    call = (
        f"stft({_described(self)}, n_fft={n_fft}, hop_length={hop}, win_length={width}, window="
        f"{_described(window, braces=True)}, normalized={int(normalized)}, onesided={_option(onesided)}, "
        f"return_complex={_option(return_complex)}, align_to_window={_option(align_to_window)}) "
    )
    if dtype_of(self).category < D.FLOATING:
        raise RuntimeError(f"{call}: expected a tensor of floating point or complex values")
    if self.ndim not in (1, 2):
        raise RuntimeError(f"{call}: expected a 1D or 2D tensor")
    signal = self if self.ndim == 2 else self[None]
    if center:
        if not signal.size and pad_mode == "reflect":
            raise RuntimeError(
                "Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
                f"input, but got: {shape_text((1, *signal.shape))}"
            )
        signal = pad_any(signal[None], [_half(n_fft)] * 2, pad_mode, None)[0]
    length = signal.shape[1]
    expected = width if align_to_window else n_fft
    if n_fft <= 0 or n_fft > length:
        raise RuntimeError(f"{call}: expected 0 < n_fft < {length}, but got n_fft={expected}")
    if hop <= 0:
        raise RuntimeError(f"{call}: expected hop_length > 0, but got hop_length={hop}")
    if width <= 0 or width > n_fft:
        raise RuntimeError(f"{call}: expected 0 < win_length <= n_fft, but got win_length={width}")
    if window is not None and window.shape != (width,):
        raise RuntimeError(
            f"{call}: expected a 1D window tensor of size equal to win_length={width}, but got window with size "
            f"{shape_text(window.shape)}"
        )
    left = (n_fft - width) // 2
    margins = [left, n_fft - width - left]
    if align_to_window:
        signal = pad_constant(signal, margins, 0)
        length = signal.shape[1]
    frames = np.lib.stride_tricks.sliding_window_view(signal, n_fft, axis=1)[:, ::hop]
    if width < n_fft:
        window = pad_constant(np.ones(width, self.dtype) if window is None else window, margins, 0)
    if window is not None:
        common = result_type(frames, window)
        frames = cast(frames, common) * cast(window, common)
    scale = BY_ROOT_N if normalized else NONE
    is_complex = frames.dtype.kind == "c"
    if is_complex and onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if is_complex:
        spectrum = complex_to_complex(frames, [2], scale, True)
    else:
        spectrum = real_to_complex(frames, [2], scale, onesided is not False)
    result = spectrum.swapaxes(1, 2)
    result = result if self.ndim == 2 else result[0]
    if as_complex:
        return result
    part = result.real
    return np.lib.stride_tricks.as_strided(part, (*part.shape, 2), (*part.strides, part.itemsize))


def _half(count: int) -> int:
    """Half of it, rounded to zero."""
    return count // 2 if count >= 0 else -(-count // 2)


def _uncentred(
    self: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Array:
    return _stft(
        self, n_fft, hop_length, win_length, window, False, "constant", normalized, onesided, return_complex,
        align_to_window,
    )  # fmt: skip


op(
    "aten::stft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, "
    "bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? align_to_window=None) -> Tensor",
    tags=("floating",),
)(_uncentred)
op(
    "aten::stft.center(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, "
    'bool center=True, str pad_mode="reflect", bool normalized=False, bool? onesided=None, bool? return_complex=None, '
    "bool? align_to_window=None) -> Tensor",
    cpp="ops::stft_center({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10})",
    tags=("floating",),
)(_stft)


def _overlap_added(frames: Array, hop: int) -> Array:
    """Frames ``[batch, count, size]`` laid ``hop`` apart and added up: ``[batch, size + hop * (count - 1)]``."""
    batch, count, size = frames.shape
    result = np.zeros((batch, size + hop * (count - 1)), frames.dtype)
    for index in range(count):
        result[:, index * hop : index * hop + size] += frames[:, index]
    return result


@op(
    "aten::istft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, "
    "bool center=True, bool normalized=False, bool? onesided=None, int? length=None, bool return_complex=False) "
    "-> Tensor",
    tags=("floating",),
)
def istft(
    self: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Array:
    """The signal whose frames have the given spectra, by the least squares of Griffin and Lim (1984)."""
    hop = n_fft >> 2 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if self.dtype.kind != "c":
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    call = (
        f"istft({_described(self)}, n_fft={n_fft}, hop_length={hop}, win_length={width}, window="
        f"{_described(window, braces=True)}, center={int(center)}, normalized={int(normalized)}, onesided="
        f"{_option(onesided)}, length={_option(length)}, return_complex={int(return_complex)}) "
    )
    if self.ndim < 2:
        rank = self.ndim + 1
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {-rank - 1})"
        )
    bins, count = self.shape[-2:]
    if not self.size:
        raise RuntimeError(f"{call}: input tensor cannot be empty.")
    if self.ndim not in (2, 3):
        raise RuntimeError(f"{call}: expected a tensor with 3 or 4 dimensions, but got {self.ndim + 1}")
    half = bins != n_fft if onesided is None else onesided
    if bins != (_half(n_fft) + 1 if half else n_fft):
        wanted = "n_fft / 2 + 1 when onesided=True" if half else "n_fft when onesided=False"
        raise RuntimeError(
            f"{call}: expected the frequency dimension (3rd to the last) of the input tensor to match {wanted}, but "
            f"got {bins}"
        )
    if not 0 < hop <= width:
        raise RuntimeError(f"{call}: expected 0 < hop_length <= win_length")
    if not 0 < width <= n_fft:
        raise RuntimeError(f"{call}: expected 0 < win_length <= n_fft")
    if window is not None and window.shape != (width,):
        raise RuntimeError(f"{call}: Invalid window shape. window has to be 1D and length of `win_length`")
    weights = np.ones(width, real_dtype(dtype_of(self)).numpy) if window is None else window
    left = (n_fft - width) // 2
    weights = pad_constant(weights, [left, n_fft - width - left], 0)

    spectra = (self if self.ndim == 3 else self[None]).swapaxes(1, 2)
    scale = BY_ROOT_N if normalized else BY_N
    if return_complex:
        if half:
            raise RuntimeError("Cannot have onesided output if window or input is complex")
        frames = complex_to_complex(spectra, [2], scale, False)
    else:
        if weights.dtype.kind == "c":
            raise RuntimeError("Complex windows are incompatible with return_complex=False")
        frames = complex_to_real(spectra[..., : n_fft // 2 + 1], [2], scale, n_fft)
    common = result_type(frames, weights)
    signal = _overlap_added(cast(frames, common) * cast(weights, common), hop)
    envelope = _overlap_added(np.broadcast_to(weights * weights, (1, count, n_fft)), hop)

    total = signal.shape[1]
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - n_fft // 2 if center else total
    kept = slice(*slice(start, end).indices(total))
    signal, envelope = signal[:, kept], envelope[:, kept]
    if not envelope.size:
        raise RuntimeError(
            "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
            "'dim' argument."
        )
    if np.abs(envelope).min() < 1e-11:
        raise RuntimeError(f"{call}window overlap add min: 1\n[ CPUBoolType{{}} ]")
    signal = cast(signal / cast(envelope, common), common)
    signal = signal if self.ndim == 3 else signal[0]
    return pad_constant(signal, [0, end - total], 0) if end > total else signal
