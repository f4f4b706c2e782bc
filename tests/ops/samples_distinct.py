"""Samples of the distinct family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ops.samples import ALL, REALS, Sample, bfloat16, make, samples

NAN = float("nan")


def _few(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array in which most values occur several times."""
    return (
        make(shape, dtype) if np.dtype(dtype).kind in "bc" else np.asarray(make(shape, dtype, low=0, high=2.4).round())
    )


def _flat() -> Iterator[Any]:
    for dtype in ALL:
        yield _few((3, 4), dtype)
    yield _few((4, 6), np.float32).T[::2]
    yield np.array([NAN, 1, NAN, 1], np.float32)
    for shape in ((), (1,), (0,), (0, 2)):
        yield _few(shape, np.int64)


def _sliced() -> Iterator[tuple[Any, int]]:
    for dtype in (*REALS, np.dtype(np.complex64)):
        yield _few((6, 2), dtype), 0
    yield _few((2, 6), bfloat16), -1
    yield _few((2, 5, 2), np.int32), 1
    yield _few((6, 4), np.float32).T, 1
    for shape in ((0, 2), (2, 0), (), (3,)):
        for dim in (0, 1, -1):
            yield _few(shape, np.float32), dim
    yield _few((2, 2), np.int64), 2**62


@samples("aten::_unique2")
def unique() -> Iterator[Sample]:
    for x in _flat():
        yield Sample(x, True, True, True)
        yield Sample(x, False, False, False)
    yield Sample(make((5,), np.int64))


@samples("aten::_unique")
def unique_pair() -> Iterator[Sample]:
    for x in _flat():
        yield Sample(x, True, True)


@samples("aten::unique_consecutive")
def runs() -> Iterator[Sample]:
    for x in _flat():
        yield Sample(x, True, True)
        yield Sample(x, False, True)
        yield Sample(x)
    for x, dim in _sliced():
        yield Sample(x, False, True, dim)


@samples("aten::unique_dim")
def unique_slices() -> Iterator[Sample]:
    for x, dim in _sliced():
        yield Sample(x, dim, True, True, True)
    yield Sample(_few((6, 2), np.int64), 0)


@samples("aten::unique_dim_consecutive")
def runs_of_slices() -> Iterator[Sample]:
    for x, dim in _sliced():
        yield Sample(x, dim, True, True)
