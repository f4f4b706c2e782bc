"""Samples of the transformer family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ops.samples import FLOATS, Sample, make, samples

WIDTH, HEADS, LENGTH, BATCH = 4, 2, 3, 2
KEYS = np.array([[False, False, True], [False, True, True]])
_ONE_ROUNDING = 2e-2  # PyTorch may round the sum before or after the bias
PAIRS = np.array([[False, True, True], [False, False, True], [False, False, False]])


def _x(dtype: Any = np.float32, seed: int = 0, shape: tuple[int, ...] = (BATCH, LENGTH, WIDTH)) -> Any:
    return make(shape, dtype, seed=seed, low=-1, high=1)


def _weights(dtype: Any = np.float32) -> list[Any]:
    shapes = ((3 * WIDTH, WIDTH), (3 * WIDTH,), (WIDTH, WIDTH), (WIDTH,))
    return [_x(dtype, 1 + i, shape) for i, shape in enumerate(shapes)]


@samples("aten::_native_multi_head_attention")
def attention() -> Iterator[Sample]:
    for dtype in (*FLOATS, np.dtype(np.int64), np.dtype(np.complex64)):
        x = _x(dtype)
        yield Sample(x, x, x, WIDTH, HEADS, *_weights(dtype))
    x, y, z = _x(seed=5), _x(seed=6), _x(seed=7)
    weights = _weights()
    yield Sample(x.swapaxes(0, 1).copy().swapaxes(0, 1), y, z, WIDTH, 4, *weights, None, True, False)
    float_keys = np.where(KEYS, np.float32("-inf"), np.float32(0))
    for mask, kind in (
        (KEYS, 1), (float_keys, 1), (np.ones_like(KEYS), 1), (PAIRS, 0), (KEYS, 0), (PAIRS, 1), (PAIRS, None),
        (KEYS, 2), (PAIRS, 3), (KEYS, -1), (KEYS[0], 1), (np.broadcast_to(PAIRS, (BATCH, HEADS, LENGTH, LENGTH)), 2),
        (np.broadcast_to(PAIRS, (BATCH, HEADS, LENGTH, LENGTH)), None), (np.broadcast_to(PAIRS, (4, 3, 3)), 2),
    ):  # fmt: skip
        yield Sample(x, x, x, WIDTH, HEADS, *weights, mask, True, False, kind)
    for width, heads in ((WIDTH, 3), (5, 1), (WIDTH, -2), (WIDTH, 2**62), (WIDTH, -(2**63) + 1)):
        yield Sample(x, x, x, width, heads, *weights)
    yield Sample(x[0], x, x, WIDTH, HEADS, *weights)
    yield Sample(x, x[0], x, WIDTH, HEADS, *weights)
    yield Sample(x, x, x[:, :2], WIDTH, HEADS, *weights)
    for i, wrong in (
        (0, weights[0][0]),
        (0, weights[0][:3]),
        (0, weights[0][:, :3]),
        (1, weights[1][None]),
        (1, weights[3]),
    ):
        yield Sample(x, x, x, WIDTH, HEADS, *weights[:i], wrong, *weights[i + 1 :])


@samples("aten::_transformer_encoder_layer_fwd")
def layers() -> Iterator[Sample]:
    def call(x: Any, *extra: Any, gelu: bool = False, first: bool = False, eps: float = 1e-5) -> Sample:
        d = x.dtype
        shapes = ((WIDTH,), (WIDTH,), (WIDTH,), (WIDTH,), (6, WIDTH), (6,), (WIDTH, 6), (WIDTH,))
        rest = [_x(d, 11 + i, shape) for i, shape in enumerate(shapes)]
        close = _ONE_ROUNDING if d.itemsize == 2 else None
        return Sample(x, WIDTH, HEADS, *_weights(d), gelu, first, eps, *rest, *extra, rtol=close, atol=close)

    for dtype in FLOATS:
        yield call(_x(dtype))
    for gelu in (False, True):
        for first in (False, True):
            yield call(_x(), gelu=gelu, first=first, eps=1e-3)
            yield call(_x(), KEYS, 1, gelu=gelu, first=first)
    yield call(_x(), PAIRS, 0)
    yield call(_x(), PAIRS, 1)
    yield call(_x(shape=(0, LENGTH, WIDTH)))


@samples("aten::_addmm_activation")
def activated() -> Iterator[Sample]:
    for dtype in FLOATS:
        for gelu in (False, True):
            yield Sample(
                _x(dtype, shape=(5,)),
                _x(dtype, shape=(3, 4)),
                _x(dtype, shape=(4, 5)),
                use_gelu=gelu,
                rtol=_ONE_ROUNDING if dtype.itemsize == 2 else None,
                atol=_ONE_ROUNDING if dtype.itemsize == 2 else None,
            )
    yield Sample(_x(shape=(3, 5)), _x(shape=(3, 4)), _x(shape=(5, 4)).T, beta=0.5, alpha=2.0)


@samples("aten::_nested_tensor_from_mask_left_aligned")
def aligned() -> Iterator[Sample]:
    x = _x()
    for mask in (~KEYS, KEYS, np.ones_like(KEYS), KEYS[0], KEYS.astype(np.float32), KEYS[:1]):
        yield Sample(x, mask)
    yield Sample(x[0], KEYS)
