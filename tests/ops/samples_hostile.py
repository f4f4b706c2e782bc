"""Samples with arguments that no program should pass: sizes that do not fit, numbers that overflow, empty tensors.

Every implementation gives PyTorch's verdict on them, and none ends the process.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, bools, longs

samples = Cases(43)
case = samples.case
HIGH, LOW = 2**63 - 1, -(2**63)
bytes_ = np.array([7, 250, 3], np.uint8)
ints = np.array([7, 250, -3], np.int32)
matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
none = np.zeros(0, np.float32)
rows = np.zeros((0, 3), np.float32)
columns = np.zeros((2, 0), np.float32)
no_index = longs()
x: Any
number: Any
offset: Any

# --- divisors that are zero in the dtype of the tensor
for x, number in ((bytes_, 256), (ints, 2**32), (bytes_, 300), (ints, -(2**32)), (none.astype(np.int32), 0)):
    for name in ("remainder.Scalar", "fmod.Scalar", "floor_divide.Scalar", "remainder_.Scalar", "floor_divide_.Scalar"):
        case(name, x, number)
    case("div.Scalar_mode", x, number, rounding_mode="trunc")
    case("remainder.Tensor", x, np.array(number))
case("remainder.Scalar_Tensor", 256, bytes_)
case("floor_divide.Scalar", longs(LOW), -1)

# --- numbers that do not fit
for x, number in ((bytes_, 256), (bytes_, -1), (bytes_, -256), (ints, 2**31), (ints, 1e10), (ints, float("nan"))):
    case("fill_.Scalar", x, number)
    case("full_like", x, number)
    case("masked_fill.Scalar", x, bools(1, 0, 1), number)
    case("index_fill.int_Scalar", x, 0, longs(0, 2), number)
    case("scatter.value", x, 0, longs(0, 2), number)
    case("clamp", x, None, number)
    case("clamp_min", x, number)
case("fill_diagonal_", np.zeros((2, 2), np.uint8), 300)
for dtype in (np.float16, bfloat16, np.float32):
    for number in (1e6, 1e39, -1e39, float("inf")):
        case("fill_.Scalar", np.zeros(2, dtype), number)
case("add.Scalar", bytes_, 300)
case("mul.Scalar", bytes_, 256)
case("eq.Scalar", bytes_, 263)
case("lt.Scalar", bytes_, 300)
case("gt.Scalar", ints, 2**40)

# --- indices that are not there, and nothing to index
one_row = np.ones((1, 3), np.float32)
for place in (-1, -3, 2, HIGH, LOW):
    case("index_copy", matrix, 0, longs(place), one_row)
    case("index_add", matrix, 0, longs(place), one_row)
    case("index_fill.int_Scalar", matrix, 0, longs(place), 1.0)
    case("index_select", matrix, 0, longs(place))
for x, dim, index in (
    (rows, 0, no_index), (rows, 1, longs(0, 1)), (rows, 1, longs(3)), (rows, 0, longs(0)), (columns, 1, no_index),
    (columns, 0, longs(0, 1)), (columns, 1, longs(0)),
):  # fmt: skip
    case("index_select", x, dim, index)
    case("index_fill.int_Scalar", x, dim, index, 1.0, any_message=True)
    case("index.Tensor", x, [None] * dim + [index])
for x in (none, rows, columns):
    for dim in (0, -1):
        case("cummax", x, dim)
        case("cummin", x, dim)
        case("roll", x, [1], [dim])
    case("roll", x, [1], [])
case("roll", matrix, [HIGH], [1])
case("roll", matrix, [HIGH, -(2**62)], [0, 1])
case("roll", matrix, [-(2**62)], [])
case("roll", matrix, [], [])

# --- sizes that do not fit
for order in (-1, LOW, 0, 2, 2**31, HIGH):
    for x in (matrix, none, columns, rows):
        case("diff", x, order)
case("repeat_interleave.self_int", matrix, -1)
case("repeat_interleave.self_int", matrix, 2**62)
case("repeat_interleave.self_int", none, 2**31)
case("repeat_interleave.self_int", columns, 2**31, 1)
case("repeat_interleave.Tensor", longs(-1))
case("bincount", longs(0, 1), None, -1)
case("bincount", longs(-1))
for row, col, offset in (
    (-1, 3, 0),
    (3, -5, 0),
    (2**31, -5, 0),
    (2**31, 0, 0),
    (2**31, 2**31, -(2**31)),
    (3, 3, -HIGH),
):
    case("tril_indices", row, col, offset)
for row, col, offset in ((-1, 3, 0), (3, -5, 0), (2**31, 0, 0), (3, 3, 9), (0, 2**31, 1)):
    case("triu_indices", row, col, offset)
for diagonal in (HIGH, LOW, 5, -5):
    case("tril", matrix, diagonal)
    case("triu", matrix, diagonal)
    case("diagonal", matrix, diagonal)
image = np.zeros((1, 4, 2, 2), np.float32)
for factor in (2**32, 2**31, 0, -1, HIGH, LOW, 3037000500, 2):
    case("pixel_shuffle", image, factor)
    case("pixel_shuffle", image[:, :0], factor)
    case("pixel_shuffle", image[:0], factor)
    case("pixel_unshuffle", image, factor)
    case("channel_shuffle", image, factor)
case("zeros", [2**62, 4])
case("zeros", [2**62, 4, 0])
case("zeros", [0, 2**62, 4])
case("ones", [-1])
case("full", [2**32, 2**32], 1.0)
case("eye", -1)
case("arange.start", 0, 1e30)
case("linspace", 0, 1, -1)
case("linspace", 0, 1, 2**62)
case("repeat", matrix, [-1, 1])
case("repeat", matrix, [2**40, 2**40])
case("expand", np.zeros(1, np.float32), [2**62, 4])
for start, length in ((HIGH, 1), (LOW, 1), (0, HIGH), (1, HIGH), (0, -1), (2, 0)):
    case("narrow", matrix, 0, start, length)
case("select.int", matrix, 0, HIGH)
case("select.int", matrix, 0, LOW)
case("slice.Tensor", matrix, 0, LOW, HIGH)
case("slice.Tensor", matrix, 0, HIGH, LOW)
for size, step in ((HIGH, 1), (1, HIGH), (-1, 1), (1, 0), (LOW, LOW)):
    case("unfold", matrix, 1, size, step)
case("chunk", matrix, 0)
case("chunk", matrix, LOW)
for pieces in (0, -1, LOW, HIGH):
    case("split.Tensor", matrix, pieces)
case("split_with_sizes", matrix, [HIGH, HIGH])
case("split_with_sizes", matrix, [-1, 3])
case("tensor_split.sections", matrix, 0)
case("tensor_split.indices", matrix, [LOW, HIGH])
case("rot90", matrix, HIGH)
case("rot90", matrix, LOW)
for k in (HIGH, -1, LOW):
    case("topk", matrix, k)
    case("kthvalue", matrix, k)
case("view", matrix, [HIGH, HIGH])
case("reshape", matrix, [2**32, 2**32])
case("reshape", none, [-1, 0])
for sizes, strides, offset in (
    ([2, 2], [HIGH, HIGH], None), ([2], [1], HIGH), ([2], [1], -1), ([-1], [1], None), ([2], [-1], None),
    ([2, 2], [1], None),
):  # fmt: skip
    case("as_strided", matrix, sizes, strides, offset)
case("cumprod", matrix, HIGH)
case("randperm", -1)
