"""torchaudio's recursive filters: loops over samples, each of which depends on the ones before.

What torchaudio reads or writes outside of its tensors is refused here.

Whose operators these are is said in NOTICE.
"""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, dtype_of, shape_text

FAMILY = Family("filtering")
op = FAMILY.op

_DOUBLES = (D.float32, D.float64)


def _check(name: str, kernel: str, tensors: dict[str, Array], sizes: dict[str, tuple[int, ...]]) -> None:
    """Every tensor has the sizes that it must have, is contiguous, and of one floating type."""
    first, dtype = next((key, dtype_of(tensor)) for key, tensor in tensors.items())
    require_supported(dtype in _DOUBLES, kernel, dtype)
    for key, tensor in tensors.items():
        if dtype_of(tensor) is not dtype:
            found = dtype_of(tensor).graph_name
            raise RuntimeError(f"{name}: {first} is of type {dtype.graph_name} but {key} of type {found}")
        if tensor.shape != sizes[key]:
            raise RuntimeError(
                f"{name}: expected {key} of size {shape_text(sizes[key])} but got {shape_text(tensor.shape)}"
            )  # fmt: skip
        if not tensor.flags.c_contiguous:
            raise RuntimeError(f"{name}: {key} must be contiguous")


@op(
    "torchaudio::_lfilter_core_loop(Tensor input_signal_windows, Tensor a_coeff_flipped, "
    "Tensor(a!) padded_output_waveform) -> Tensor(a!)"
)
def lfilter_core_loop(signal: Array, coefficients: Array, padded: Array) -> Array:
    """The recursive part of a filter: ``padded[b, c, i + K - 1] = signal[b, c, i] - sum_k a[c, k] padded[b, c, i + k]``.

    ``signal`` is ``[B, C, N]``, ``a`` the ``K`` coefficients of each channel, the last one first.  ``padded`` is read and
    written.
    """
    if signal.ndim != 3 or coefficients.ndim != 2 or coefficients.shape[1] == 0:
        raise RuntimeError(
            "lfilter: expected a signal [batch, channel, time] and coefficients [channel, order], got "
            f"{shape_text(signal.shape)} and {shape_text(coefficients.shape)}"
        )
    batch, channels, time = signal.shape
    order = coefficients.shape[1]
    _check(
        "lfilter",
        "lfilter_core_loop",
        {"the signal": signal, "the coefficients": coefficients, "the output": padded},
        {
            "the signal": signal.shape,
            "the coefficients": (channels, order),
            "the output": (batch, channels, time + order - 1),
        },
    )
    for i in range(time):
        value = signal[:, :, i].copy()
        for k in range(order):
            value -= padded[:, :, i + k] * coefficients[:, k]
        padded[:, :, i + order - 1] = value
    return padded


@op(
    "torchaudio::_overdrive_core_loop(Tensor waveform, Tensor temp, Tensor(a!) last_in, Tensor(b!) last_out, "
    "Tensor(c!) output_waveform) -> (Tensor(a!), Tensor(b!), Tensor(c!))"
)
def overdrive_core_loop(
    waveform: Array, temp: Array, last_in: Array, last_out: Array, output_waveform: Array
) -> tuple[Array, Array, Array]:
    """Half of the waveform ``[C, N]`` and three quarters of ``temp``, from which a slow mean is taken away."""
    if waveform.ndim != 2:
        raise RuntimeError(f"overdrive: expected a waveform [channel, time], got {shape_text(waveform.shape)}")
    tensors = {
        "waveform": waveform,
        "temp": temp,
        "last_in": last_in,
        "last_out": last_out,
        "output_waveform": output_waveform,
    }
    channels = waveform.shape[:1]
    sizes = {key: channels if key in ("last_in", "last_out") else waveform.shape for key in tensors}
    _check("overdrive", "overdrive_core_loop", tensors, sizes)
    wide = np.float64  # the constants are doubles
    for i in range(waveform.shape[1]):
        step = (temp[:, i] - last_in).astype(wide) + 0.995 * last_out.astype(wide)
        last_out[...] = step
        last_in[...] = temp[:, i]
        output_waveform[:, i] = waveform[:, i].astype(wide) * 0.5 + last_out.astype(wide) * 0.75
    return last_in, last_out, output_waveform
