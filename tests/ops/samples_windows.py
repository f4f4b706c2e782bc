"""Samples of windows, pooling undone or over drawn windows, distances of all pairs, segments, bags and packed sequences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, longs

samples = Cases(21)
case, floats = samples.case, samples.floats
HUGE, LARGEST = 2**62, 2**63 - 1
FLOATS = (np.float32, np.float64, np.float16, bfloat16)
a: Any

# --- windows: bad arguments
image, columns = floats(1, 1, 4, 4), floats(1, 4, 9)
UNIT = ([2, 2], [1, 1], [0, 0], [1, 1])
for a in (
    ([0, 2], *UNIT[1:]), ([-1, 2], *UNIT[1:]), ([HUGE, HUGE], *UNIT[1:]), ([2], *UNIT[1:]), ([2, 2, 2], *UNIT[1:]),
    ([2, 2], [0, 1], *UNIT[2:]), ([2, 2], [1, 1], [-1, 0], [1, 1]), (*UNIT[:3], [0, 1]),
    (*UNIT[:3], [LARGEST, LARGEST]),
    ([2, 2], [2**31, 1], *UNIT[2:]), ([5, 5], *UNIT[1:]),
):  # fmt: skip
    case("im2col", image, *a) if a[0] != [HUGE, HUGE] else None
    case("col2im", columns, [4, 4], *a) if a[0] != [5, 5] else None
for x in (image[0, 0], image[None], image[:0], image[:, :0], image[:, :, :0]):
    case("im2col", x, *UNIT)
for x in (columns[0, 0], columns[None], columns[:0], columns[:, :0], columns[:, :, :0], columns[0]):
    case("col2im", x, [4, 4], *UNIT)
case("col2im", columns, [4, 4], [2**32, 2**32], *UNIT[1:])
case("col2im", columns, [4, 5], *UNIT)
case("col2im", columns[:, :, :1], [0, 0], *UNIT)
case("col2im", columns[:, :, :1], [0, 4], [2, 2], [1, 1], [1, 0], [1, 4])
for dtype in (*FLOATS, np.int64, np.uint8, np.bool_, np.complex64):
    case("im2col", (floats(1, 2, 4, 4) * 2).astype(dtype), *UNIT)
    case("col2im", (floats(1, 4, 9) * 2).astype(dtype), [4, 4], *UNIT)

for step in (HUGE, LARGEST, 0, -1):
    case("unfold", floats(4), 0, 2, step)

# --- pooling and padding: bad arguments
signal, picture, volume = floats(1, 2, 6), floats(1, 2, 5, 6), floats(1, 1, 3, 4, 5)
for size in (2**31, HUGE, LARGEST, -(2**31) - 1):
    for name, x, axes in (("pool1d", signal, 1), ("pool2d", picture, 2), ("pool3d", volume, 3)):
        for kind in ("avg", "max"):
            if (kind, axes) != ("max", 1):
                case(f"{kind}_{name}", x, [size] * axes)
                case(f"{kind}_{name}", x, [2] * axes, [size] * axes)
                case(f"{kind}_{name}", x, [2] * axes, [1] * axes, [size] * axes)
case("avg_pool3d", volume, [4, 4, 4], [1, 1, 1], [1, 1, 1])
for axes, x in ((1, signal), (2, picture), (3, volume)):
    for sizes in ([-1] * axes, [0] * axes, [2] * (axes + 1), [LARGEST] * axes):
        case(f"adaptive_avg_pool{axes}d", x, sizes, any_message=LARGEST in sizes)
        case(f"adaptive_max_pool{axes}d", x, sizes, any_message=sizes[0] < 0 or LARGEST in sizes)
    for size in (HUGE, LARGEST, -9, -1):
        case(f"replication_pad{axes}d", x, [size, 0] * axes, any_message=size > 0)
        case(f"reflection_pad{axes}d", x, [size, 0] * axes)
case("adaptive_avg_pool2d", floats(0, 2, 3, 3), [1, 1])
case("adaptive_max_pool2d", floats(0, 2, 3, 3), [2, 2])

# --- places that are no numbers
for value in (math.inf, -math.inf, math.nan, 1e30, 2.0**31):
    for mode in (0, 1, 2):
        for padding in (0, 1, 2):
            flat_grid, deep_grid = np.zeros((1, 1, 2, 2), np.float32), np.zeros((1, 1, 1, 2, 3), np.float32)
            flat_grid[0, 0, 0], deep_grid[0, 0, 0, 0] = value, value
            case("grid_sampler", floats(1, 2, 4, 4), flat_grid, mode, padding, False)
            case("grid_sampler", floats(1, 1, 2, 2, 2), deep_grid, mode, padding, False) if mode < 2 else None

# --- maxima put back
flat, box = samples.random.permuted(np.arange(20))[:8], samples.random.permuted(np.arange(60))[:8]
places, deep = flat.reshape(1, 2, 2, 2), box.reshape(1, 1, 2, 2, 2)
for dtype in (*FLOATS, np.int64, np.complex64):
    case("max_unpool2d", floats(1, 2, 2, 2).astype(dtype), places % 20, [4, 5])
    case("max_unpool3d", floats(1, 1, 2, 2, 2).astype(dtype), deep, [3, 4, 5], [1, 2, 2], [0, 0, 0])
case("max_unpool2d", floats(2, 2, 2), places[0], [4, 5])
case("max_unpool2d", floats(1, 2, 2, 2).swapaxes(2, 3), places.swapaxes(2, 3), [4, 5])
case("max_unpool2d", floats(0, 2, 2, 2), places[:0], [4, 5])
case("max_unpool3d", floats(1, 2, 2, 2), deep[0], [3, 4, 5], [1, 2, 2], [0, 0, 0])
for x, i, shape in (
    (floats(2, 2), places[0, 0], [4, 5]), (floats(1, 1, 2, 2), places[:, :1], [2, 2]),
    (floats(1, 1, 2, 2), -places[:, :1] - 1, [4, 5]),
    (floats(1, 2, 2, 2), places[:, :1], [4, 5]), (floats(1, 0, 2, 2), places[:, :0], [4, 5]),
    (floats(1, 2, 2, 2), places, [-4, 5]), (floats(1, 2, 2, 2), places, [HUGE, 8]), (floats(1, 2, 2, 2), places, [4]),
    (floats(1, 2, 2, 2), places.astype(np.int32), [4, 5]),
):  # fmt: skip
    case("max_unpool2d", x, i, shape)
for a in (
    ([3, 4, 5], [0, 1, 1], [0, 0, 0]), ([3, 4], [1, 1, 1], [0, 0, 0]), ([3, 4, 5], [1, 1], [0, 0, 0]),
    ([3, 4, 5], [1, 1, 1], [0, 0]), ([1, 1, 5], [1, 1, 1], [0, 0, 0]),
):  # fmt: skip
    case("max_unpool3d", floats(1, 1, 2, 2, 2), deep, *a)


# --- windows that are drawn
def drawn(*shape: int, dtype: Any = np.float32) -> Any:
    return np.asarray(samples.random.random(shape) * 0.99, dtype)


for dtype in (*FLOATS, np.int64):
    case("fractional_max_pool2d", floats(2, 3, 9, 8, dtype=dtype), [2, 3], [4, 3], drawn(2, 3, 2, dtype=dtype))
    case("fractional_max_pool3d", floats(1, 2, 5, 6, 7, dtype=dtype), [2, 1, 3], [3, 4, 2], drawn(1, 2, 3, dtype=dtype))
case("fractional_max_pool2d", floats(3, 9, 8), [2, 3], [4, 3], drawn(1, 3, 2))
case("fractional_max_pool2d", floats(3, 8, 9).swapaxes(1, 2), [2, 3], [1, 6], drawn(1, 3, 2))
case("fractional_max_pool3d", floats(2, 5, 6, 7), [2, 1, 3], [3, 1, 5], drawn(2, 2, 3))
spoiled = floats(1, 1, 6, 6)
spoiled[0, 0, 2, 2:4] = math.nan
case("fractional_max_pool2d", spoiled, [3, 3], [3, 3], drawn(1, 1, 2))
for a in (
    ([2, 2], [8, 3]), ([2, 2], [4, 8]), ([0, 2], [4, 3]), ([-1, 2], [4, 3]), ([2, 2], [0, 3]), ([2, 2], [-1, 3]),
    ([2], [4, 3]), ([2, 2], [4]), ([HUGE, 2], [4, 3]), ([2, 2], [HUGE, 3]),
):  # fmt: skip
    case("fractional_max_pool2d", floats(1, 3, 8, 8), *a, drawn(1, 3, 2))
for x, s in (
    (floats(8, 8), drawn(1, 3, 2)), (floats(2, 3, 8, 8), drawn(1, 3, 2)), (floats(1, 3, 8, 8), drawn(1, 2, 2)),
    (floats(1, 3, 8, 8), drawn(1, 3, 3)), (floats(1, 3, 8, 8), drawn(3, 2)), (floats(0, 3, 8, 8), drawn(0, 3, 2)),
    (floats(1, 0, 8, 8), drawn(1, 0, 2)), (floats(1, 3, 8, 8), drawn(1, 3, 2, dtype=np.float64)),
):  # fmt: skip
    case("fractional_max_pool2d", x, [2, 2], [4, 3], s)
for a in (
    ([2, 2], [3, 4, 2]),
    ([2, 2, 2], [3, 4]),
    ([2, 2, 2], [5, 4, 2]),
    ([2, 2, 2], [3, 6, 2]),
    ([2, 2, 2], [3, 4, 7]),
):
    case("fractional_max_pool3d", floats(1, 2, 5, 6, 7), *a, drawn(1, 2, 3))

# --- distances of all pairs
ORDERS = (0.0, 0.5, 1.0, 2.0, 3.0, math.inf, -1.0, math.nan)
holes = np.array([[math.nan, 1.0], [2.0, 3.0], [math.inf, 0.0], [math.inf, -math.inf]], np.float32)
for p in ORDERS:
    for dtype in (np.float32, np.float64):
        case("pdist", floats(5, 3, dtype=dtype), p)
        case("cdist", floats(2, 1, 4, 3, dtype=dtype), floats(3, 5, 3, dtype=dtype), p)
    case("pdist", holes, p)
    case("cdist", holes, holes, p)
    case("_pdist_forward", floats(4, 3), p) if p >= 0 else None
    case("_cdist_forward", floats(4, 3), floats(2, 3), p, 0)
for x in (
    floats(3), floats(2, 3, 4), longs(1, 2)[None], floats(1, 3), floats(0, 3), floats(3, 0), floats(4, 6)[:, ::2],
    floats(3, 4, dtype=np.float16), floats(3, 4, dtype=bfloat16), floats(3, 4).astype(np.complex64),
):  # fmt: skip
    case("pdist", x)
for x, y in (
    (floats(3, 4)[:, ::2], floats(2, 5).T[:2]), (floats(0, 3), floats(4, 3)), (floats(2, 0), floats(4, 0)),
    (longs(1, 2)[None],) * 2,
    (floats(2, 3), floats(2, 3, dtype=np.float64)), (floats(2, 3, dtype=np.float16),) * 2,
    (floats(2, 3, 2), floats(3, 4, 2)),
    (floats(0, 3, 2), floats(1, 4, 2)), (floats(2, 3), floats(3)),
):  # fmt: skip
    case("cdist", x, y)
for mode in (0, 1, 2, 3, -1):
    case("cdist", floats(4, 3), floats(5, 3), 2.0, mode)
    case("cdist", floats(30, 3), floats(4, 3), 2.0, mode)

# --- segments
rows = floats(4, 3)
for reduce in ("sum", "mean", "max", "min", "prod", "amax", "amin", "none"):
    for start in (None, 1.5, math.nan):
        case("segment_reduce", rows, reduce, lengths=longs(1, 0, 3), initial=start)
        case("segment_reduce", rows, reduce, offsets=longs(0, 1, 1, 4), initial=start)
for dtype in (*FLOATS, np.int64, np.complex64):
    case("segment_reduce", floats(9, 2).astype(dtype), "sum", lengths=longs(1, 8))
    case("segment_reduce", floats(9, 2).astype(dtype), "mean", lengths=longs(1, 8))
case("segment_reduce", floats(2, 4, 3), "sum", lengths=longs(1, 3, 2, 2).reshape(2, 2), axis=1)
case("segment_reduce", floats(2, 4, 3), "max", offsets=longs(0, 3, 4, 0, 2, 4).reshape(2, 3), axis=1)
case("segment_reduce", floats(3, 4).T, "prod", lengths=longs(1, 3))
case("segment_reduce", floats(2, 4), "sum", lengths=np.ones((2, 4), np.int32), axis=-1)
case("segment_reduce", np.array([1.0, math.nan, 2.0], np.float32), "max", lengths=longs(2, 1))
case("segment_reduce", np.array([1.0, math.nan, 2.0], np.float32), "min", lengths=longs(2, 1))
case("segment_reduce", floats(0, 2), "sum", lengths=longs(0, 0))
case("segment_reduce", floats(4, 0), "max", lengths=longs(4))
case("segment_reduce", rows, "sum", lengths=longs(1, 2), unsafe=True)
for keywords in (
    {}, {"lengths": longs(1, 2)}, {"lengths": longs(-1, 5)}, {"lengths": longs(1, 3)[None]}, {"lengths": np.array(4)},
    {"lengths": np.array([1.0, 3.0])}, {"offsets": longs(0, 3, 2, 4)}, {"lengths": longs(4), "axis": 5},
    {"lengths": longs(4), "axis": -5},
    {"lengths": longs(1, 3), "indices": longs(0, 1)}, {"lengths": longs()}, {"offsets": longs()}, {"offsets": longs(0)},
):  # fmt: skip
    case("segment_reduce", rows, "sum", **keywords)

# --- bags
table = floats(4, 3)
for dtype in FLOATS:
    for mode in (0, 1, 2, 3):
        weight = floats(4, 3, dtype=dtype)
        case("embedding_bag", weight, longs(0, 2, 1, 3, 2), longs(0, 2, 2), False, mode)
        case("embedding_bag", weight, longs(0, 2, 1, 3, 2), longs(0, 2, 5), False, mode, False, None, True)
        case("embedding_bag", weight, longs(0, 4, 2), longs(0), False, mode)
        case(
            "embedding_bag.padding_idx",
            weight,
            longs(0, 2, 1, 3, 2),
            longs(0, 2, 2),
            False,
            mode,
            False,
            None,
            False,
            -2,
        )
    factors = floats(5, dtype=dtype)
    case("embedding_bag", floats(4, 3, dtype=dtype), longs(0, 2, 1, 3, 2), longs(0, 2), False, 0, False, factors)
for mode in (0, 1, 2):
    for name in ("_embedding_bag", "_embedding_bag_forward_only"):
        case(name, table, longs(0, 2, 1, 3, 2), longs(0, 2, 4), False, mode, False, None, True)
        case(name, table.astype(np.float64), longs(0, 2, 1, 3, 2), longs(0, 3, 2), False, mode, False, None, False, 2)
    case("embedding_bag", table.T, longs(0, 2, 1), longs(0, 2).astype(np.int32), False, mode)
    case("embedding_bag", table, longs(0, 2, 1).astype(np.int32), longs(0, 2).astype(np.int32), False, mode)
    case("embedding_bag", table, longs(), longs(0, 0), False, mode)
    case("embedding_bag", table, longs(), longs(), False, mode)
    case("embedding_bag", table, longs(0, 1), longs(), False, mode) if mode < 2 else None
    case("embedding_bag", table, longs(0, -1), longs(0), False, mode)
case(
    "embedding_bag",
    np.array([[1.0, math.nan], [math.nan, 2.0], [3.0, 4.0]], np.float32),
    longs(0, 1, 2),
    longs(0),
    False,
    2,
)
for x, i, o in (
    (table, longs(0, 1), longs(1, 2)), (table, longs(0, 1), longs(0, 3)), (table, longs(0, 1), longs(0, 1)[None]),
    (table, longs(0, 1), np.array(0)), (table, longs(0, 1)[None, None], longs(0)), (table, floats(2), longs(0)),
    (table, longs(0, 1), floats(1) * 0), (table, longs(0, 1).astype(np.int16), longs(0)),
    (table[0], longs(0), longs(0)),
    (table[None], longs(0), longs(0)), (longs(1, 2)[None], longs(0), longs(0)),
    (table.astype(np.complex64), longs(0), longs(0)),
    (table[:0], longs(0), longs(0)), (table[:, :0], longs(0), longs(0)), (table, longs(0, 1)[None], longs(0)),
    (table.astype(np.float64), longs(0, 1)[None], longs(0)),
):  # fmt: skip
    case("embedding_bag", x, i, o)
for mode, s in ((1, floats(2)), (0, floats(3)), (0, floats(2, 1)), (0, floats(2, dtype=np.float64))):
    case("embedding_bag", table, longs(0, 1), longs(0), False, mode, False, s)
case("embedding_bag", table, longs(0, 1), longs(), False, 0, False, None, True)
for row in (4, -5, None):
    case("embedding_bag.padding_idx", table, longs(0, 1), longs(0), False, 0, False, None, False, row)

# --- sequences of different lengths
steps = floats(4, 2, 3)
for lengths in (
    longs(4, 2),
    longs(3, 3),
    longs(6, 1),
    longs(2, 0),
    longs(2, -1),
    longs(2, HUGE),
    longs(HUGE, 1),
    longs(4),
):
    case("_pack_padded_sequence", steps, lengths, False)
for x in (steps[:, 0, 0], steps[:, :, 0], steps.astype(np.int64), steps.swapaxes(0, 1), steps[:0], steps[:, :, :0]):
    case("_pack_padded_sequence", x, longs(4, 2), False)
case("_pack_padded_sequence", steps, longs(4, 2).astype(np.int32), False)
case("_pack_padded_sequence", steps, longs(4, 2)[None], False)
for x, fill in (
    (floats(4, 2), 0.5),
    (longs(1, 2, 3, 4), 1.7),
    (longs(1, 2, 3, 4), math.nan),
    (longs(1, 2, 3, 4).astype(np.uint8), 300),
):
    case("_pad_packed_sequence", x, longs(2, 1, 1), True, fill, 0)
for batches, total in (
    (longs(), 0),
    (longs(2, 1, 1)[None], 0),
    (longs(2, 1, 1), HUGE),
    (longs(-1, 1), 0),
    (longs(2, 1, 1), -3),
):
    case("_pad_packed_sequence", floats(4, 2), batches, False, 0, total)
ragged = [floats(2, 3), floats(4, 3), floats(1, 3)]
for first in (False, True):
    for side in ("left", "right", "middle"):
        case("pad_sequence", ragged, first, 1.5, side)
case("pad_sequence", [longs(1, 2), longs(3)], True, 2.7)
case("pad_sequence", [floats(2, 3), floats(1, 2)], True)
case("pad_sequence", [floats(2, 3), floats(1, 1)], True)

# --- recurrent layers: bad arguments
weights = [floats(9, 2), floats(9, 3), floats(9), floats(9)]
for x, h, w, layers, first in (
    (floats(0, 2, 2), floats(1, 2, 3), weights, 1, False), (floats(2, 0, 2), floats(1, 2, 3), weights, 1, True),
    (floats(3, 2, 2), floats(1, 2, 3), weights[:3], 1, False), (floats(3, 2, 2), floats(2, 2, 3), weights, 1, False),
    (floats(3, 0, 2), floats(1, 0, 3), weights, 1, False), (floats(3, 2, 2), floats(1, 2, 3), weights, -1, False),
    (floats(3, 2, 2), floats(0, 2, 3), [], 0, False),
):  # fmt: skip
    case("gru.input", x, h, w, True, layers, 0.0, False, False, first)
for batches in (longs(), longs(2, 2), longs(2, 1).astype(np.int32)):
    case("gru.data", floats(3, 2), batches, floats(1, 2, 3), weights, True, 1, 0.0, False, False)
projected = [floats(12, 2), floats(12, 2), floats(12), floats(12), floats(2, 3)]
state = [floats(1, 2, 2), floats(1, 2, 3)]
case("lstm.data", floats(3, 2), longs(2, 1), state, projected, True, 1, 0.0, False, False)
case("lstm.input", floats(3, 2, 2), state, projected, True, 1, 0.0, False, False, False)
case("lstm.input", floats(3, 2, 2), state[:1], projected, True, 1, 0.0, False, False, False)
