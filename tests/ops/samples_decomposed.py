"""Samples for the operators that PyTorch's own compositions call."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.ops.samples import FLOATS, REALS, Sample, make, samples


@samples("aten::native_group_norm")
def group_statistics() -> Iterator[Sample]:
    for dtype in FLOATS:
        for shape, group in (((2, 4, 3), 2), ((1, 6), 3), ((2, 4, 2, 3), 4), ((0, 4, 3), 2)):
            pixels = int(np.prod(shape[2:]))
            weight, bias = make((shape[1],), dtype, seed=1), make((shape[1],), dtype, seed=2)
            yield Sample(make(shape, dtype), weight, bias, shape[0], shape[1], pixels, group, 1e-5)
            yield Sample(make(shape, dtype), None, None, shape[0], shape[1], pixels, group, 0.5)
    yield Sample(make((2, 4, 3), np.float32), None, None, 2, 4, 4, 2, 1e-5)
    yield Sample(make((2, 4, 3), np.float32), None, None, 2, 4, 3, 3, 1e-5)
    yield Sample(make((3, 4, 2), np.float32).transpose(2, 1, 0), None, None, 2, 4, 3, 2, 1e-5)


def _batch(dtype: object) -> list[object]:
    return [make((2, 3, 4), dtype), make((3,), dtype, seed=1), make((3,), dtype, seed=2)]


def _statistics(dtype: object) -> list[object]:
    return [make((3,), dtype, seed=3), make((3,), dtype, seed=4, low=1)]


@samples("aten::_native_batch_norm_legit")
def batch_norm_legit() -> Iterator[Sample]:
    for dtype in (np.float32, np.float64):
        for training in (True, False):
            yield Sample(*_batch(dtype), *_statistics(dtype), training, 0.1, 1e-5)


@samples("aten::_native_batch_norm_legit.no_stats")
def batch_norm_without_statistics() -> Iterator[Sample]:
    for dtype in (np.float32, np.float64):
        yield Sample(*_batch(dtype), True, 0.1, 1e-5)


@samples("aten::_batch_norm_with_update")
def batch_norm_with_update() -> Iterator[Sample]:
    for dtype in (np.float32, np.float64):
        yield Sample(*_batch(dtype), *_statistics(dtype), 0.1, 1e-5)


@samples("aten::_safe_softmax")
def safe_softmax() -> Iterator[Sample]:
    for dtype in FLOATS:
        values = make((3, 4), dtype)
        values[1] = -np.inf
        yield Sample(values, 1)
        yield Sample(values, -2)
        yield Sample(make((), dtype), 0)
        yield Sample(make((0, 3), dtype), 1)
    yield Sample(make((3, 4), np.int64), 1, any_message=True)


@samples("aten::_chunk_cat")
def chunk_cat() -> Iterator[Sample]:
    for dtype in (*REALS, np.complex64):
        yield Sample([make((4, 3), dtype), make((3, 2), dtype, seed=1)], 0, 2)
        yield Sample([make((3, 3, 2), dtype), make((3, 5), dtype, seed=1)], 1, 2)
    yield Sample([], 1, 2)
    yield Sample([make((4, 3), np.float32)], 0, 0)
    yield Sample([make((4, 3), np.float32), make((4, 3), np.float64)], 0, 2)
    yield Sample([make((4, 3), np.float32), make((2, 3), np.float32)], 1, 2)


@samples("aten::_unsafe_masked_index")
def masked_index() -> Iterator[Sample]:
    mask = np.array([[True], [False], [True]])
    for dtype in (*REALS, np.complex64):
        yield Sample(make((3, 2), dtype), mask, [np.array([0, 7, 2])], 5)
    yield Sample(make((3, 2), np.float32), np.array([True, False]), [np.array([1, -9]), np.array([0, 5])], 0.5)


@samples("aten::_unsafe_masked_index_put_accumulate")
def masked_index_put() -> Iterator[Sample]:
    mask = np.array([[True], [False], [True]])
    for dtype in (np.float32, np.float64, np.int64):
        yield Sample(make((3, 2), dtype), mask, [np.array([0, 7, 0])], make((3, 2), dtype, seed=1))
