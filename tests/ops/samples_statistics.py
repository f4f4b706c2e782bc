"""Samples of products of vectors, statistics, histograms, quantiles, and of searching."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, bools, longs
from tests.ops.samples import ALL, FLOATS, INTS, make

samples = Cases(29)
case, floats = samples.case, samples.floats
NAN, INF = float("nan"), float("inf")

# arguments of one operator after another
a: Any
b: Any
chain: Any
arguments: Any
array: Any
options: Any
values: Any
x: Any
edges: Any
ends: Any
f: Any
parts: Any
p: Any
dim: Any
kind: Any
size: Any

# --- products of vectors, chains, powers

for dtype in ALL:
    case("linalg_cross", make((2, 3), dtype), make((2, 3), dtype, seed=1))
    case("vander", make((3,), dtype))
    case("linalg_vander", make((2, 3), dtype, high=2), N=4)
    case("diagflat", make((2, 2), dtype), 1)
    case("nonzero_static", make((2, 3), dtype, low=0, high=1), size=4)
    case("combinations", make((4,), dtype))
    case("block_diag", [make((2, 2), dtype), make((3,), dtype), make((), dtype)])
    case("put", make((2, 3), dtype), longs(0, -1, 0), make((3,), dtype, seed=1))
    case("put", make((2, 3), dtype), longs(0, -1, 0), make((3,), dtype, seed=1), True)
    case("as_strided_scatter", make((3, 3), dtype), make((2, 2), dtype, seed=1), [2, 2], [1, 2], 1)
case("linalg_cross", floats(1, 4, 3), floats(5, 1, 3))
case("linalg_cross", floats(3, 4).T, floats(4, 3))
case("linalg_cross", floats(2, 3, 0), floats(1, 3, 1), dim=1)
for a, b, dim in (
    (floats(3), floats(2, 3), -1),
    (floats(2, 2), floats(2, 2), -1),
    (floats(3), floats(3, dtype=np.float64), -1),
    (floats(2, 3), floats(2, 3), 4),
    (floats(), floats(), -1),
    (floats(4, 3), floats(2, 3), -1),
):
    case("linalg_cross", a, b, dim=dim)
case("cross", floats(3, 3), floats(3, 3))
case("cross", floats(2, 3), floats(2, 3), 1)
case("cross", floats(2, 3), floats(2, 3), 0)
case("cross", floats(2, 2), floats(2, 2))
for chain in (
    [floats(2, 3), floats(3, 4)],
    [floats(2), floats(2, 5), floats(5, 3), floats(3)],
    [floats(10, 2), floats(2, 10), floats(10, 2), floats(2, 10)],
    [floats(3), floats(3)],
    [floats(2, 0), floats(0, 3), floats(3, 2)],
    [make((2, 3), np.int64), make((3, 2), np.int64), make((2, 2), np.int64)],
    [floats(2, 2)],
    [],
    [floats(2, 2, 2), floats(2)],
    [floats(2, 2), floats(2, 2, 2)],
    [floats(2, 2), floats(2), floats(2)],
    [floats(2, 2), floats(2, 2, dtype=np.float64)],
    [floats(2), floats(3, 2), floats(2)],
):
    case("linalg_multi_dot", chain)
    case("chain_matmul", chain)
for arguments in (
    (floats(3), 2),
    (floats(3), 0),
    (floats(3), 5, True),
    (floats(3), -1),
    (floats(2, 2), 2),
    (floats(0),),
):
    case("vander", *arguments)
case("linalg_vander", floats())
case("linalg_vander", floats(), N=3)
case("linalg_vander", floats(0), N=3)
case("linalg_vander", floats(2, 3))
case("linalg_vander", floats(3), N=1)
case("diagflat", floats(), -2)
case("diagflat", floats(0))
case("diagflat", floats(3, 2).T)
case("linalg_diagonal", floats(2, 3, 4))
case("linalg_diagonal", floats(2, 3, 4), offset=1, dim1=0, dim2=2)
case("linalg_diagonal", floats(2, 3), dim1=0, dim2=0)

# --- products of groups

ends = np.array([2, 5], np.int32)
for kind in (np.float32, np.float16, bfloat16):
    case("_grouped_mm", floats(5, 8, dtype=kind), floats(2, 8, 8, dtype=kind), ends)
for arguments in (
    (
        floats(8, 8).T[:5],
        floats(2, 6, 8).transpose(0, 2, 1),
        np.array([0, 9, 5, 5], np.int32)[::2],
    ),
    (floats(2, 5, 8), floats(2, 8, 4)),
    (floats(2, 5, 4), floats(4, 8), np.array([3, 8], np.int32)),
    (floats(5, 8), floats(8, 4), np.array([3, 3, 8], np.int32)),
    (floats(0, 8), floats(2, 8, 8), np.array([0, 0], np.int32)),
    (floats(5, 8), floats(3, 8, 4), ends),
    (floats(5, 8), floats(2, 8, 4)),
    (floats(2, 5, 8), floats(2, 8, 4), ends),
    (floats(2, 5, 8), floats(3, 8, 4)),
    (floats(5, 8), floats(2, 12, 4), ends),
    (floats(5, 8), floats(2, 8, 4), longs(2, 5)),
    (floats(5, 8), floats(2, 8, 4), np.array(2, np.int32)),
    (floats(5, 8), floats(2, 8, 4), ends, floats(4)),
    (floats(5, 8), floats(2, 8, 3), ends),
    (floats(5, 16)[:, ::2], floats(2, 8, 4), ends),
    (floats(8), floats(2, 8, 4), ends),
    (floats(5, 8, dtype=np.float64), floats(2, 8, 4), ends),
    (floats(5, 8), floats(2, 8, 8, dtype=np.float16), ends),
):
    case("_grouped_mm", *arguments)

case("addr", bools(1, 0, 0, 1).reshape(2, 2), bools(1, 0), bools(0, 1))

# --- rearranged elements

for r in (0, 1, 2, 3, 4, -1):
    case("combinations", floats(3), r)
    case("combinations", floats(3), r, True)
case("combinations", floats(0), 2)
case("combinations", floats(200), 6, any_message=True)
case("combinations", floats(1), 3, True)
case("combinations", floats(2, 2), 2)
case("cartesian_prod", [longs(1, 2), longs(3, 4, 5), longs(6)])
case("cartesian_prod", [floats(3)])
case("cartesian_prod", [floats(2), floats(0)])
case("cartesian_prod", [floats(2), floats(2, 2)])
case("cartesian_prod", [floats(2), floats(2, dtype=np.float64)])
case("block_diag", [floats(0), floats(2, 0), floats(2, 1)])
case("block_diag", [floats(2, 2, 2)])
case("block_diag", [longs(1, 2), np.array(1.5, np.float32)])
for size in (0, 3, 9, -1):
    case("nonzero_static", np.array([[0, 1], [2, 0]], np.float32), size=size)
case("nonzero_static", np.array(1.0, np.float32), size=2, fill_value=7)
case("put_", floats(3, 2).T, longs(1, 4), floats(2))
for arguments in (
    (floats(3), longs(0, 5), floats(2)),
    (floats(3), longs(0, -4), floats(2)),
    (floats(3), longs(0), floats(2)),
    (floats(0), longs(0), floats(1)),
    (floats(0), longs(), floats(0)),
    (floats(3), floats(1), floats(1)),
    (floats(3), longs(0), floats(1, dtype=np.float64)),
):
    case("put", *arguments)
for arguments in (
    (floats(3, 3).T, floats(2, 2), [2, 2], [1, 2]),
    (floats(3, 3)[1:], floats(2, 2), [2, 2], [1, 2]),
    (floats(3, 3)[1:], floats(2, 2), [2, 2], [1, 2], 0),
    (floats(3, 3), floats(2, 1), [2, 2], [1, 2]),
    (floats(3, 3), floats(2, 2), [2, 2], [1, 2], 100),
    (floats(3, 3), longs(7), [1], [1]),
):
    case("as_strided_scatter", *arguments)
for array in (
    floats(3, 2),
    floats(7, 2),
    floats(2, 7),
    floats(3, 3, 3),
    floats(0, 2),
    floats(3),
    floats(3, 2, 2),
    floats(4, 4).T,
):
    case("fill_diagonal_", array, 2.5)
    case("fill_diagonal_", array, 2, True)
case("fill_diagonal_", make((2, 2), np.uint8), 300)
case("fill_diagonal_", np.broadcast_to(floats(2, 1), (2, 2)), 1)
for reduce in ("prod", "mean", "amax", "amin", "sum"):
    for include in (True, False):
        case("index_reduce", floats(4, 3), 0, longs(0, 2, 0), floats(3, 3), reduce, include_self=include)
        case(
            "index_reduce",
            make((3, 4), np.int32),
            -1,
            longs(1, 1),
            make((3, 2), np.int32),
            reduce,
            include_self=include,
        )
case("index_reduce_", floats(3, 4).T, 0, longs(0, 2, 0), floats(3, 3), "prod")
for arguments in (
    (floats(), 0, longs(0), floats()),
    (floats(3), 0, longs(0, 0), floats(3)),
    (floats(3), 0, longs(0, -1), floats(2)),
    (floats(3), 0, longs(0, 3), floats(2)),
    (floats(3, 2), 0, longs(0, 1), floats(2, 3)),
    (floats(3, 2), 0, longs(0, 1).reshape(1, 2), floats(2, 2)),
    (floats(3, 2), 0, floats(2), floats(2, 2)),
    (floats(3, 2), 0, longs(0, 1), floats(2, 2, dtype=np.float64)),
):
    case("index_reduce", *arguments, "amax")
for a, b in ((longs(1, 2, 3), longs(2, 5)), (floats(2, 3), floats(4)), (longs(1, 2), np.array([1.0, 2.5], np.float32)),
             (np.array([NAN, 1.0]), np.array([NAN, 1.0])), (floats(2, 0), floats(3)), (floats(2), floats(0)),
             (bools(1), bools(1)), (make((2,), np.complex64), floats(2)), (np.array([1, 2], np.uint8), longs(257))):  # fmt: skip
    case("isin.Tensor_Tensor", a, b)
    case("isin.Tensor_Tensor", a, b, invert=True)
for dtype in (*FLOATS, *INTS):
    case("isin.Tensor_Tensor", make((3, 4), dtype), make((5,), dtype))
case("isin.Tensor_Scalar", longs(1, 2), 1.5)
case("isin.Tensor_Scalar", longs(1, 2), 1)
case("isin.Scalar_Tensor", 1, longs(1, 2))
case("isin.Scalar_Tensor", 2.0, longs(1, 2), invert=True)

# --- statistics

for dtype in (np.float32, np.float64, np.float16, bfloat16, np.complex64, np.int64, np.uint8):
    case("cov", make((2, 5), dtype))
    case("corrcoef", make((3, 5), dtype))
    case("trapezoid.dx", make((2, 4), dtype), dx=0.5)
    case("trapezoid.x", make((2, 4), dtype), make((4,), dtype, seed=1))
    case("cumulative_trapezoid.dx", make((2, 4), dtype))
    case("cumulative_trapezoid.x", make((2, 4), dtype), make((2, 4), dtype, seed=1))
    case("gradient.scalarint", make((4, 3), dtype), spacing=2)
    case("gradient.tensorarray", make((4, 3), dtype), spacing=[make((4,), np.float32, seed=2)], dim=[0], edge_order=2)
    case("renorm", make((3, 2), dtype), 2, 0, 1.0)
case("cov", floats(2, 5), correction=0, fweights=longs(1, 2, 1, 3, 1), aweights=np.abs(floats(5)))
case("cov", floats(2, 5), fweights=longs(1, 2, 1, 3, 1), aweights=np.abs(floats(5)))
case("cov", floats(5), aweights=np.abs(floats(5)))
case("cov", floats(2, 3), correction=5)
for array in (
    floats(),
    floats(0),
    floats(2, 0),
    floats(0, 2),
    floats(1, 4),
    floats(5, 2).T,
    floats(2, 2, 2),
    bools(1, 0),
):
    case("cov", array)
    case("corrcoef", array)
for f, a in (
    (floats(3), None),
    (longs(1, 2), None),
    (longs(1, 2, -3), None),
    (longs(0, 0, 0), None),
    (longs(1, 2, 3).reshape(3, 1), None),
    (None, longs(1, 2, 3)),
    (None, floats(2)),
    (None, -np.ones(3, np.float32)),
):
    case("cov", floats(2, 3), fweights=f, aweights=a)
for name in ("trapezoid", "cumulative_trapezoid"):
    for y in (floats(0), floats(2, 0), floats(1), floats(2, 3, 4), floats(3, 2).T, floats(), bools(1, 0)):
        case(f"{name}.dx", y)
        case(f"{name}.x", y, floats(*y.shape[-1:]))
    case(f"{name}.dx", floats(2, 3), dx=2, dim=0)
    case(f"{name}.dx", floats(2, 3), dx=True)
    case(f"{name}.dx", floats(2, 3), dx=1j)
    case(f"{name}.dx", floats(2, 3), dim=3)
    case(f"{name}.x", floats(2, 3), floats(2))
    case(f"{name}.x", floats(2, 3, 4), floats(3, 4), dim=1)
    case(f"{name}.x", floats(2, 3), bools(1, 0, 1))
case("trapz.dx", floats(2, 3), dx=0.5)
case("trapz.x", floats(2, 3), floats(3))
for edge_order in (1, 2, 3):
    case("gradient.scalarint", floats(4), edge_order=edge_order)
    case("gradient.scalarint", floats(3, 4), spacing=0.5, edge_order=edge_order)
    case("gradient.scalarint", floats(4, 2), dim=0, edge_order=edge_order)
    case("gradient.scalararray", floats(4, 3), spacing=0.5, dim=[1, 0], edge_order=edge_order)
    case("gradient.array", floats(4, 3), dim=[-1], edge_order=edge_order)
    case("gradient.scalarrayint", floats(4, 3), spacing=[0.5, 2.0], edge_order=edge_order)
    case("gradient.scalarrayarray", floats(4, 3), spacing=[0.5, 2.0], dim=[1, 0], edge_order=edge_order)
    case("gradient.tensorarrayint", floats(4), spacing=[np.cumsum(np.abs(floats(4)))], edge_order=edge_order)
    case("gradient.tensorarray", floats(4, 3), spacing=[floats(3), floats(4)], dim=[1, 0], edge_order=edge_order)
for array, options in (
    (make((3,), np.uint8), {}),
    (bools(1, 0, 1), {}),
    (floats(1), {}),
    (floats(), {}),
    (floats(3, 3), {"dim": 5}),
    (floats(), {"dim": 0}),
):
    case("gradient.scalarint", array, **options)
case("gradient.array", floats(3, 3), dim=[0, 0])
case("gradient.array", floats(3, 3), dim=[])
case("gradient.scalarrayint", floats(3, 3), spacing=[1.0])
case("gradient.scalarrayarray", floats(3, 3), spacing=[1.0], dim=[0, 1])
case("gradient.tensorarray", floats(3, 3), spacing=[floats(3, 1)], dim=[0])
for array, p, dim, limit in (
    (floats(2, 3, 4), 1, 1, 0.5),
    (floats(3, 2), INF, -1, 0.5),
    (floats(3, 2), 2.5, 0, 0),
    (floats(2, 3).T, 2, 0, 1),
    (floats(0, 2), 2, 0, 1),
    (floats(3), 2, 0, 1),
    (floats(3, 2), 0, 0, 1),
    (floats(3, 2), 2, 0, -1.5),
    (floats(3, 2), 2, 7, 1),
    (floats(3, 2), 1j, 0, 1),
    (floats(3, 2), 2, 0, 1j),
):
    case("renorm", array, p, dim, limit)
for n, parts in ((0, {}), (2, {}), (5, {}), (-1, {}), (1, {"prepend": floats(2, 4)}), (0, {"append": floats(2, 1)}),
                 (1, {"append": floats(1, 4)}), (1, {"append": floats(4)}), (2**62, {})):  # fmt: skip
    case("diff", floats(2, 4), n, **parts)
for dtype in (np.complex64, np.complex128):
    case("logsumexp", make((2, 3), dtype), [1])
    case("logcumsumexp", make((2, 3), dtype), 1)
case("logcumsumexp", np.array([1 + 2j, -INF, 3], np.complex64), 0)
for size in ([3, 4], [1, 4], [4], [1], [], [3, 1]):
    case("sum_to_size", floats(3, 4), size)
case("sum_to_size", floats(3, 4), [2, 4], any_message=True)
case("sum_to_size", bools(1), [])
case("sum_to_size", make((), np.int32), [])

# --- counting

for dtype in (*FLOATS, np.dtype(np.int64), np.dtype(np.bool_), np.dtype(np.complex64)):
    case("histc", make((20,), dtype), 7)
    case("histc", make((20,), dtype), 7, -1, 2)
case("histogram.bin_ct", make((20,), np.int64), 3)
case("histogram.bin_ct", make((20,), np.float16), 3)
for arguments in ((0,), (-1,), (4, 2, 1), (4, 0, INF), (4, 1, 1), (2**62,)):
    case("histc", floats(6), *arguments)
case("histc", np.array([1.0, NAN], np.float32), 4, any_message=True)  # the sign of nan
case("histc", floats(0), 4)
case("histc", np.ones(3, np.float32), 4)
for wide in (np.float32, np.float64):
    x = floats(30, dtype=wide)
    w = np.abs(floats(30, dtype=wide))
    for density in (False, True):
        case("histogram.bin_ct", x, 5, weight=w, density=density)
        case("histogram.bin_ct", x, 5, range=[-1.0, 1.0], density=density)
        case("histogram.bins_tensor", x, np.array([-1.0, 0.0, 0.25, 2.0], wide), weight=w, density=density)
        case("histogramdd", x.reshape(10, 3), [2, 3, 4], density=density)
        case("histogramdd.int_bins", x.reshape(15, 2), 3, [-1.0, 1.0, -2.0, 2.0], w[:15], density)
        case(
            "histogramdd.TensorList_bins",
            x.reshape(15, 2),
            [np.array([-1.0, 1.0], wide), np.array([-1.0, 0.0, 2.0], wide)],
            None,
            None,
            density,
        )
case("_histogramdd_bin_edges", floats(5, 2), [2, 3])
case("_histogramdd_from_bin_cts", floats(5, 2), [2, 3])
case("_histogramdd_from_bin_tensors", floats(5, 2), [np.array([-1, 1], np.float32), np.array([-1, 0, 1], np.float32)])
for x, bins, options in (
    (floats(0), 3, {}),
    (floats(), 3, {}),
    (floats(3), 0, {}),
    (floats(3), 3, {"range": [1.0]}),
    (floats(3), 3, {"range": [1.0, 0.0]}),
    (floats(3), 3, {"range": [1.0, 1.0]}),
    (floats(3), 3, {"range": [1.0, INF]}),
    (np.array([NAN, 1.0]), 3, {}),
    (floats(3), 3, {"weight": floats(2)}),
    (floats(3), 3, {"weight": floats(3, dtype=np.float64)}),
    (floats(3), 2**62, {}),
):
    case("histogram.bin_ct", x, bins, **options)
for edges in ([2.0, 1.0, 0.0], [1.0], [], [[1.0, 2.0]], [0.0, NAN, 2.0]):
    case("histogram.bins_tensor", floats(4), np.array(edges, np.float32))
case("histogram.bins_tensor", floats(4), np.array([0.0, 1.0]))
case("histogramdd", floats(3), [3])
case("histogramdd", floats(3, 2), [3])
case("histogramdd", floats(3, 2), [3, 0])
case("histogramdd", floats(0, 2), [3, 2])
case("histogramdd.TensorList_bins", floats(3, 2), [floats(3)])
case("histogramdd.TensorList_bins", floats(2, 3, 2), [floats(3), floats(2)], None, floats(2, 3))
for arguments in ((floats(2),), (bools(1),), (longs(-1),), (longs(1, 2).reshape(1, 2),), (longs(1, 2), floats(3)),
                  (longs(1, 2), floats(2).astype(np.float16)), (longs(1, 2), longs(3, 4)), (longs(), floats(0), 5),
                  (longs(), None, -1), (longs(2**63 - 1),), (longs(2**62),), (longs(0), None, 2**61)):  # fmt: skip
    case("bincount", *arguments)

# --- order

for interpolation in ("linear", "lower", "higher", "midpoint", "nearest", "cubic"):
    case("quantile.scalar", floats(5), 0.3, interpolation=interpolation)
    case("quantile", floats(3, 5), np.array([0.1, 0.5, 1.0], np.float32), 1, interpolation=interpolation)
    case("nanquantile.scalar", np.array([[1, NAN, 3], [NAN, NAN, NAN]]), 0.3, -1, interpolation=interpolation)
for arguments in (
    (floats(2, 3), 0.5, 0, True),
    (floats(2, 3), 0.5, None, True),
    (floats(), 0.5, 0, True),
    (np.array([1.0, NAN]), 0.5),
    (np.array([INF, 1.0]), 0.5),
    (floats(2, 0), 0.5, 0),
    (floats(2, 3), 1.5),
    (floats(2, 3), NAN),
    (floats(2, 3), 0.5, 2),
    (longs(1, 2), 0.5),
    (floats(3, 2).T, 0.25, 1),
):
    case("quantile.scalar", *arguments)
    case("nanquantile.scalar", *arguments)
for q in (np.float32(0.5), [], [[0.5]], [1.5], [NAN]):
    case("quantile", floats(4), np.array(q, np.float32))
case("quantile", floats(4), np.array([0.5]))
case("nanquantile", floats(4, 2), np.array([0.5, 0.1], np.float32), 0, True)
for dtype in (*FLOATS, *INTS):
    case("nanmedian", make((3, 4), dtype))
    case("nanmedian.dim", make((3, 4), dtype), 0, True)
for array in (
    np.array([[NAN, 3, 1, 2, NAN]]),
    np.array([NAN, NAN]),
    floats(0),
    floats(2, 0),
    floats(),
    bools(1),
    make((2,), np.complex64),
):
    case("nanmedian", array)
    case("nanmedian.dim", array, -1)
for dtype in (*FLOATS, *INTS, np.dtype(np.bool_), np.dtype(np.complex64)):
    case("searchsorted.Tensor", np.sort(make((6,), dtype)), make((2, 3), dtype, seed=1))
    case("bucketize.Tensor", make((2, 3), dtype, seed=1), np.sort(make((6,), dtype)), right=True)
for sequence, values, options in (
    (longs(2**53, 2**53 + 1), longs(2**53 + 1), {}),
    (np.array([1.0, NAN, 2.0]), np.array([NAN, 1.5]), {}),
    (np.array([1.0, NAN, 2.0]), np.array([NAN, 1.5]), {"right": True}),
    (floats(0, 0), floats(0, 0), {}),
    (floats(), floats(2), {}),
    (floats(2, 2), floats(), {}),
    (floats(2, 2), floats(2), {}),
    (longs(1, 2, 3), np.array([1.5], np.float32), {"out_int32": True}),
):
    case("searchsorted.Tensor", sequence, values, **options)
for number in (1, 1.5, True):
    case("searchsorted.Scalar", longs(1, 2, 3), number)
    case("bucketize.Scalar", number, np.array([0.0, 1.0, 2.0], np.float32))
case("bucketize.Tensor", floats(2), floats(2, 2))
