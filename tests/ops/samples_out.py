"""Samples of overloads that write into given tensors, a few of every kind, and of operators that change sizes in place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ml_dtypes import bfloat16

from tests.ops.cases import Array, Cases, bools

samples = Cases(41)
case, floats = samples.case, samples.floats
matrix = floats(3, 4)
row = floats(4)
ints = np.arange(12).reshape(3, 4)


def given(*shape: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """A tensor to write into."""
    return np.zeros(shape, dtype)


for dtype in (np.float32, np.float64, np.float16, bfloat16, np.complex64, np.int64, np.bool_):
    case("add.out", matrix, row, out=given(3, 4, dtype=dtype))  # the last two cannot take a float
    case("neg.out", matrix, out=given(3, 4, dtype=dtype))
    case("mm.out", matrix, matrix.T.copy(), out=given(3, 3, dtype=dtype))
    case("sum.IntList_out", ints, [1], out=given(3, dtype=dtype))
    case("zeros.out", [2, 3], out=given(2, 3, dtype=dtype))
    case("eq.Tensor_out", matrix, row, out=given(3, 4, dtype=dtype))
for out in (given(0), given(12), given(2, 2), given(4, 3).T, given(6, 8)[::2, ::2], np.broadcast_to(given(1), (3, 4))):
    case("add.out", matrix, row, alpha=2, out=out)
    case("cat.out", [matrix, matrix[:1]], 0, out=out)
case("add.Scalar_out", matrix, 2, out=given(3, 4))
case("add.Scalar_out", matrix, 2, out=given(3, 4, dtype=np.float64))
case("div.out_mode", matrix, row, rounding_mode="floor", out=given(3, 4))
case("where.self_out", bools(1, 0, 1, 1), matrix, row, out=given(0))
case("clamp.out", matrix, -0.5, None, out=given(3, 4))
for values, indices in (
    (given(4), given(4, dtype=np.int64)),
    (given(0), given(0, dtype=np.int64)),
    (given(4), given(4)),
):
    case("max.dim_max", matrix, 0, max=values, max_values=indices)
    case("sort.values", row, 0, True, values=values, indices=indices)
case("sum.IntList_out", matrix, [0], False, dtype=None, out=given(4, dtype=np.float64))
case("linspace.out", 0, 1, 5, out=given(5, dtype=np.float64))
case("hann_window.out", 5, out=given(5))
case("var_mean.correction_out", matrix, [1], correction=1, keepdim=False, out0=given(3), out1=given(0))

# --- sizes that change in place
for x in (matrix, matrix.T, floats(5, 8)[1::2, ::3]):
    for size in ([12], [2, 6], [2, 2], [0], [3, 4]):
        case("resize_", x, size)
    case("resize_as_", x, row)
case("resize_", row, [-1, 2])
case("as_strided_", matrix, [2, 2], [4, 1], 1)
case("as_strided_", matrix, [2, 9], [4, 1], 1)
case("squeeze_.dims", floats(1, 2, 1), [0, -1])
case("squeeze_.dims", floats(1, 2, 1), [0, 3])
