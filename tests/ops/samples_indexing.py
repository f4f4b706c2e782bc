"""Samples of the indexing family: index lists, scattering, masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, bools, longs

samples = Cases(16)
case, floats = samples.case, samples.floats

# arguments of one operator after another
a: Any

# indexing
cube = floats(2, 3, 4)
point = np.array(3.0, np.float32)


def idx(*indices: Any) -> None:
    for t in (cube, cube.astype(bfloat16), cube.astype(np.int32), cube.transpose(0, 2, 1)):
        case("index.Tensor", t, list(indices))


idx(longs(1, 0))
idx(None, longs(1, 0))
idx(longs(0, 1), None, longs(1, 2))
idx(longs(0, 1), longs(1, 2))
idx(None, None, longs(-1, 0))
idx(np.array([[0], [1]]), longs(0, 1, 2))
idx(bools(True, False))
idx(None, None, bools(1, 0, 1, 1))
idx(cube > 0)
idx(cube[:, :, 0] > 0, longs(0))
idx(np.array([1, 0], np.int32))
idx(np.array([1, 0], np.uint8))
idx(np.array(1))
idx(np.array(1), None, np.array(2))
idx(np.array(1), np.array(1), np.array(2))
idx(longs(2))
idx(longs(0), longs(0), longs(0), longs(0))
idx(longs(0, 1), longs(0, 1, 2))
idx(floats(1))
idx(bools(True))
idx(None, bools(1, 1))
idx(None, longs(5))
idx(longs(-3))
idx(np.empty(0, np.int64))
idx()
idx(None, None, None, longs(0))
idx(np.array([1], np.int16))
idx(None, longs(0, 1), longs(0, 1))
idx(longs(0, 1), None, None)
idx(None, np.array([[0, 1], [1, 0]]))
case("index.Tensor", np.empty((0, 3), np.float32), [longs(0)])
case("index.Tensor", point, [longs(0)])
case("index.Tensor_hacked_twin", cube, [longs(0)])
for dtype in (np.float32, bfloat16, np.float16, np.int64):
    xx = cube.astype(dtype)
    for acc in (False, True):
        for ix, v in (
            ([longs(0, 1)], floats(2, 3, 4)),
            ([longs(0, 0)], np.array([[[1.0]], [[2.0]]])),
            ([None, longs(1, 0)], floats(4)),
            ([cube > 0], point),
            ([longs(0), None, longs(1, 2)], floats(2, 3)),
            ([cube > 0], floats(int((cube > 0).sum()))),
            ([np.array(1)], point),
        ):
            if (
                acc is False
                and len(ix) == 1
                and ix[0] is not None
                and ix[0].dtype == np.int64
                and ix[0].shape == (2,)
                and ix[0][1] == 0
            ):
                continue
            case("index_put", xx, ix, v.astype(dtype), acc)
            case("index_put_", xx, ix, v.astype(dtype), acc)
            case("_index_put_impl_", xx, ix, v.astype(dtype), acc)
case("index_put", cube, [longs(0, 1)], floats(5))
case("index_put", cube, [longs(0, 1)], floats(2))
case("index_put", cube, [longs(5)], point)
case("index_put", cube, [longs(0)], np.array(1))
case("index_put", cube, [bools(1, 0)], floats(2))
for a in (
    (0, longs(1, 0, 1)),
    (-1, longs(3)),
    (0, longs(2)),
    (0, np.array([[0]])),
    (0, floats(1)),
    (0, longs(-1)),
    (3, longs(0)),
    (0, np.array(1)),
    (1, np.array([1], np.int32)),
    (1, np.empty(0, np.int64)),
):
    case("index_select", cube, *a)
case("index_select", point, 0, longs(0))
case("index_select", cube.transpose(2, 0, 1), 1, longs(1, 1))
I3 = np.array([[[1, 0, 1, 0]], [[0, 0, 1, 1]]])
G = [
    (0, np.array([[[1]]])),
    (0, I3),
    (1, np.array([[[2, 1, 0, 2]]])),
    (-1, np.array([[[3, 0]], [[1, 1]]])),
    (0, np.array([[[2]]])),
    (0, np.array([[2]])),
    (0, np.array([[[0.0]]])),
    (1, np.zeros((3, 1, 1), np.int64)),
    (0, np.array([[[-1]]])),
    (0, np.zeros((1, 1, 1), np.int32)),
    (0, np.zeros(0, np.int64)),
    (3, I3),
]
for d, i in G:
    case("gather", cube, d, i)
    case("scatter.value", cube, d, i, 1.5)
    case("scatter_.value", cube, d, i, 1.5)
    case("scatter.value_reduce", cube, d, i, 1.5, reduce="add")
    case("scatter.value_reduce", cube, d, i, 1.5, reduce="multiply")
    case("scatter_add", cube, d, i, floats(*(i.shape if i.ndim == 3 else (1, 1, 1))))
    case("scatter_add", cube, d, i, floats(2, 3, 4))
    case("scatter.reduce", cube, d, i, floats(2, 3, 4), reduce="multiply")
    case("scatter_add_", cube, d, i, floats(2, 3, 4))
    for r in ("sum", "prod", "mean", "amax", "amin", "foo"):
        for inc in (True, False):
            case("scatter_reduce.two", cube, d, i, floats(2, 3, 4), r, include_self=inc)
            case(
                "scatter_reduce.two",
                (cube * 9).astype(np.int32),
                d,
                i,
                (9 * floats(2, 3, 4)).astype(np.int32),
                r,
                include_self=inc,
            )
case("scatter.src", cube, 0, np.array([[[1, 0, 1, 0]]]), floats(1, 1, 4))
case("scatter.src", cube, 0, np.array([[[1]]]), floats(1, 1, 1, dtype=np.float64))
case("scatter.src", cube, 0, np.array([[[1, 1]]]), floats(1, 1, 1))
case("scatter.value", cube, 0, np.zeros((3, 4, 1), np.int64), 1.0)
case("scatter.reduce", cube, 0, np.array([[[1]]]), floats(1, 1, 1), reduce="foo")
case("scatter.src", cube, 0, np.zeros((1, 4, 1), np.int64), floats(1, 4, 1))
case("gather", point, 0, longs(0, 0))
case("scatter_.src", cube, 2, np.array([[[3, 1]]]), floats(1, 1, 2))
case("gather", point, 0, np.array(0))
case("scatter_add", np.zeros(4, np.float32), 0, longs(1, 1, 3), floats(3))
case("scatter_add", np.zeros(4, np.float16), 0, longs(1, 1, 3), floats(3, dtype=np.float16))
for r in ("prod", "mean", "amax", "amin", "foo"):
    case("index_reduce", cube, 1, longs(0, 0), floats(2, 2, 4), r)
    case("index_reduce", cube, 1, longs(0, 0), floats(2, 2, 4), r, include_self=False)
for a in ((bools(1, 0, 1, 0),), (bools(1, 1, 1, 1, 1),), (longs(1, 0, 0, 1),), (cube > 0,), (np.array(True),)):
    case("masked_select", cube, *a)
    case("masked_select", cube.transpose(1, 0, 2), *a)
case("masked_select", point, bools(1, 0, 1))
case("masked_scatter", cube, cube > 0, floats(30))
case("masked_scatter", cube, cube > 0, floats(3))
case("masked_scatter", cube, cube > 0, floats(30, dtype=np.float64))
case("masked_scatter", cube, cube, floats(30))
case("masked_scatter_", cube, bools(1, 0, 1, 0), floats(30))
case("take", cube, longs(0, -1, 23))
case("take", cube, np.array([[5]]))
case("take", cube, longs(24))
case("take", cube, floats(1))
case("take", np.empty(0, np.float32), longs(0))
case("put", cube, longs(0, 5), floats(2))
case("put", cube, longs(0, 0), floats(2), True)
case("put", cube, longs(30), floats(1))
case("put_", cube, longs(1), floats(1))
case("put", cube, longs(1), floats(2))
for a in (
    (np.array([[[1]]]), 0),
    (np.zeros((1, 3, 1), np.int64), 0),
    (longs(0, 1),),
    (longs(0, 1), 0),
    (np.array([[[-1]]]), 0),
):
    case("take_along_dim", cube, *a)
for a in (
    (0, longs(1), 1),
    (0, longs(2), 1),
    (0, np.array([[1]]), 1),
    (0, floats(1), 1.0),
    (0, longs(-1), 1.0),
    (-1, longs(0, 3), 2.5),
):
    case("index_fill.int_Scalar", cube, *a)
    case("index_fill_.int_Scalar", cube, *a)
case("index_fill.int_Tensor", cube, 0, longs(1), floats(2))
case("index_fill.int_Tensor", cube, 0, longs(1), np.array(2))
case("index_fill.int_Scalar", cube.astype(np.int32), 1, longs(1), 1.5)
for a in (
    (0, longs(1), floats(1, 3, 4)),
    (0, longs(0, 0), floats(2, 3, 4)),
    (0, longs(2), floats(1, 3, 4)),
    (0, longs(0, 1), floats(1, 3, 4)),
    (0, longs(0), floats(1, 3, 5)),
    (0, longs(0), floats(1, 3, 4).astype(np.int32)),
    (0, np.array([[0]]), floats(1, 3, 4)),
    (0, floats(1), floats(1, 3, 4)),
    (0, longs(0), floats(1, 3)),
    (2, longs(3, 1), floats(2, 3, 2)),
):
    case("index_add", cube, *a)
    case("index_copy", cube, *a) if not (a[1].shape == (2,) and a[1][1] == 0) else None
    case("index_add", cube, *a, alpha=2, any_message=True)
    case("index_add_", cube, *a)
case("nonzero", point)
case("nonzero", np.zeros((), np.float32))
case("slice_scatter", cube, floats(1, 3, 4), 0, 0, 1)
case("slice_scatter", cube, floats(1, 3, 4), 0, 0, 2)
case("select_scatter", cube, floats(3, 4), 0, -1)
case("select_scatter", cube, floats(2), 0, 0)
case("diagonal_scatter", cube, floats(4, 2), 0, 0, 1)
case("diagonal_scatter", cube, floats(2))

# --- spelled differently
case("_unsafe_index.Tensor", cube, [None, longs(2, 0)])
case("index_put.hacked_twin", cube, [longs(1), longs(0, 2)], floats(2, 4))
case("index_put_.hacked_twin", cube, [longs(1), longs(0, 2)], floats(2, 4), True)
