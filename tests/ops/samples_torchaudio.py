"""Samples of torchaudio's operators: the family filtering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ops.samples import FLOATS, Sample, make, samples

F32 = np.dtype(np.float32)
_OTHERS = (*FLOATS, np.dtype(np.float16), np.dtype(np.int64), np.dtype(np.complex64))


def _padded(batch: int, channels: int, time: int, order: int, dtype: Any = F32) -> Any:
    return np.zeros((batch, channels, time + order - 1), dtype)


@samples("torchaudio::_lfilter_core_loop")
def filtered() -> Iterator[Sample]:
    signal, coefficients = make((2, 3, 7), F32), make((3, 4), F32, seed=1)
    for dtype in _OTHERS:
        yield Sample(make((2, 3, 7), dtype), make((3, 4), dtype, seed=1), _padded(2, 3, 7, 4, dtype))
    yield Sample(
        signal, coefficients, make((2, 3, 10), F32, seed=2)
    )  # what is there counts as samples before the first
    yield Sample(signal[..., :1].copy(), coefficients, _padded(2, 3, 1, 4))
    yield Sample(signal, coefficients[:, :1].copy(), _padded(2, 3, 7, 1))
    yield Sample(signal[:0], coefficients, _padded(0, 3, 7, 4))
    yield Sample(signal, coefficients[:, :0], np.zeros((2, 3, 6), F32))
    yield Sample(signal, coefficients[:2], _padded(2, 3, 7, 4))
    yield Sample(signal, coefficients, _padded(2, 3, 6, 4))
    yield Sample(signal, coefficients, _padded(2, 3, 7, 4, np.float64))
    yield Sample(signal[0], coefficients, _padded(2, 3, 7, 4))
    yield Sample(signal[..., ::2], coefficients, _padded(2, 3, 4, 4))
    yield Sample(signal, np.asfortranarray(coefficients), _padded(2, 3, 7, 4))


@samples("torchaudio::_overdrive_core_loop")
def overdriven() -> Iterator[Sample]:
    def tensors(dtype: Any = F32) -> list[Any]:
        waves = [make((2, 7), dtype, seed=i) for i in range(2)]
        return [*waves, make((2,), dtype, seed=2), make((2,), dtype, seed=3), np.zeros((2, 7), dtype)]

    for dtype in _OTHERS:
        yield Sample(*tensors(dtype))
    yield Sample(*(tensor[:0] for tensor in tensors()))
    for place, other in enumerate((make((7,), F32), make((2, 6), F32), make((1,), F32), make((2,), np.float64))):
        changed = tensors()
        changed[place] = other
        yield Sample(*changed)
    yield Sample(*tensors()[:4], np.zeros((7, 2), F32).T)
