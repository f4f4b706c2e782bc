"""Samples of the norms of vectors and matrices, and of functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, bools, longs
from tests.ops.samples import ALL, make
from transpile.core import dtype as D

samples = Cases(31)
case, floats = samples.case, samples.floats
NAN, INF = float("nan"), float("inf")

# arguments of one operator after another
arguments: Any
options: Any
ord: Any
dims: Any
array: Any


def square(n: int, dtype: Any = np.float32, *batch: int) -> Any:
    """Matrices whose diagonal is heavy, so that inverses are exact enough to compare."""
    return (floats(*batch, n, n) + 4 * np.eye(n)).astype(dtype)


# --- norms

matrices = [
    floats(3, 4),
    floats(4, 2, 3).transpose(2, 0, 1),
    make((2, 2), np.complex64),
    floats(0, 0),
    floats(2, 0),
    floats(0, 2),
]
for ord in (1, -1, 2, -2, INF, -INF):
    for array in matrices:
        case("linalg_matrix_norm", array, ord)
    case("linalg_matrix_norm", floats(2, 3, 4), ord, [0, 2], True)
    case("linalg_matrix_norm", floats(2, 3, 4), ord, [2, 0])
    case("linalg_norm", floats(3, 4), ord)
    case("linalg_norm", floats(5), ord)
    case("linalg_norm", floats(2, 3, 4), ord, [1])
    case("linalg_norm", floats(2, 3, 4), ord, [2, 1], True)
    case("linalg_cond", square(3), ord)
    case("linalg_cond", square(3, np.complex64, 2), ord)
    if abs(ord) != 2:  # the quotient of a rounding error, otherwise
        case("linalg_cond", np.ones((2, 2), np.float32), ord)
    case("linalg_cond", floats(2, 3), ord)
for name in ("fro", "nuc", "two"):
    case("linalg_matrix_norm.str_ord", floats(3, 4), name)
    case("linalg_matrix_norm.str_ord", floats(2, 3, 4), name, [-1, 0], True)
    case("linalg_norm.ord_str", floats(2, 3, 4), name, [0, 2])
    case("linalg_norm.ord_str", floats(3, 4), name)
    case("linalg_norm.ord_str", floats(3), name)
    case("linalg_norm.ord_str", floats(3, 4), name, [0])
    case("linalg_cond.p_str", square(3), name)
    case("linalg_cond.p_str", floats(2, 3), name)
for dtype in (np.float16, bfloat16, np.int64):
    for ord in (1, 2):
        case("linalg_matrix_norm", make((2, 3), dtype), ord)
    case("linalg_matrix_norm.str_ord", make((2, 3), dtype))
    case("linalg_matrix_norm.str_ord", make((2, 3), dtype), "nuc")
for dims in ([0], [0, 0], [1, -1], [1, 5], [], [0, 1, 2]):
    case("linalg_matrix_norm", floats(2, 2), 1, dims, any_message=not dims)  # the message ends in a space
    case("linalg_norm", floats(2, 2), 1, dims)
case("linalg_matrix_norm", floats(2), 1)
case("linalg_matrix_norm", floats(2, 2), 3)
case("linalg_matrix_norm", floats(2, 2), 0.5)
case("linalg_matrix_norm", floats(2, 2), 1j)
for target in (D.float64, D.float16, D.int64, D.complex64):
    case("linalg_matrix_norm", floats(2, 3), 2, dtype=target)
    case("linalg_matrix_norm", floats(2, 3), 1, dtype=target)
    case("linalg_vector_norm", floats(2, 3), 2, dtype=target)
    case("linalg_norm", floats(2, 3), dtype=target)
case("linalg_norm", floats(2, 3, 4))
case("linalg_norm", floats(2, 3, 4), 2)
case("linalg_norm", floats(), 2)
case("nuclear_norm", floats(3, 4), True)
case("nuclear_norm.dim", floats(2, 3, 4), [0, 2])
for ord in (0, 1, 2, 3, -1, -2.5, 0.5, INF, -INF, NAN, True, 1j):
    case("linalg_vector_norm", floats(2, 3), ord)
    case("linalg_vector_norm", floats(3, 1), ord, [1], True)
    case("linalg_vector_norm", floats(0, 2), ord)
    case("linalg_vector_norm", floats(0, 2), ord, [0])
case("frobenius_norm.dim", floats(2, 3), [0, 1, 1])
case("frobenius_norm.dim", longs(1, 2), [0])
case("norm.Scalar", longs(1, 2))
case("norm.ScalarOpt_dim_dtype", floats(2, 3), None, [0], False, dtype=D.float64)
case("norm.ScalarOpt_dtype", floats(2, 3), 1, dtype=D.float64)
case("linalg_cond", floats(3, 4))
for array in (floats(2), floats(0, 0), floats(3, 0, 0), np.zeros((2, 2), np.float32), longs(1, 2, 3, 4).reshape(2, 2)):
    case("linalg_cond", array)
    case("linalg_cond", array, 1)
case("linalg_cond", square(2), 3)

# --- functions

for dtype in ALL:
    case("trace", make((3, 4), dtype))
    case("linalg_matrix_power", make((3, 3), dtype), 3)
    if dtype not in (np.float16, bfloat16):  # PyTorch's thresholds do not know them: it gives inf
        case("linalg_matrix_exp", make((3, 3), dtype, high=1))
for array in (floats(0, 3), floats(3, 2).T, floats(2), floats(2, 2, 2)):
    case("trace", array)
for n in (0, 1, 2, 5, -1, -3):
    case("linalg_matrix_power", square(3), n)
    case("matrix_power", square(2, np.complex64, 2), n)
    case("linalg_matrix_power", floats(0, 0), n)
case("linalg_matrix_power", floats(2, 3), 2)
case("linalg_matrix_power", floats(2), 2)
case("linalg_matrix_power", np.ones((2, 2), np.float32), -1)
case("linalg_matrix_power", longs(1, 2, 3, 4).reshape(2, 2), -1)
for array in (
    floats(4, 4, dtype=np.float64),
    floats(2, 3, 3, dtype=np.float64).swapaxes(1, 2),
    10 * floats(3, 3, dtype=np.float64),
    make((2, 2), np.complex128),
    floats(1, 1),
    floats(0, 0),
    floats(2, 0, 0),
    floats(2, 3),
    floats(2),
    np.full((2, 2), NAN),
):
    case("linalg_matrix_exp", array)
case("matrix_exp", 0.1 * floats(3, 3))
for dtype in (np.float32, np.float64, np.complex64):
    low = floats(4, 2, dtype=np.float64) @ floats(2, 3, dtype=np.float64)
    case("linalg_matrix_rank.atol_rtol_float", low.astype(dtype), atol=1e-3)
    case("linalg_pinv.atol_rtol_float", low.astype(dtype), atol=1e-3)
    case("linalg_pinv.atol_rtol_float", square(3, dtype, 2))
    symmetric = square(3, np.float64)
    case("linalg_pinv", (symmetric + symmetric.T).astype(dtype), 1e-5, True)
    case("linalg_matrix_rank", (symmetric + symmetric.T).astype(dtype), 1e-5, True)
for array in (
    floats(2),
    floats(2, 0, 3),
    floats(0, 0),
    floats(2, 3),
    bools(1, 0).reshape(1, 2),
    make((2, 2), np.float16),
):
    case("linalg_matrix_rank.atol_rtol_float", array)
    case("linalg_pinv.atol_rtol_float", array)
case("linalg_matrix_rank.atol_rtol_float", np.diag([1.0, 1e-3, 1e-12]), rtol=1e-2)
case("linalg_matrix_rank", floats(2, 3), 2.0)
case("linalg_matrix_rank.tol_tensor", floats(2, 3), np.array([1.0, 0.1]))
case("linalg_matrix_rank.atol_rtol_tensor", floats(2, 3), atol=np.array([100.0, 0.0]))
case("linalg_matrix_rank.atol_rtol_tensor", floats(2, 3), rtol=np.array(0.1))
case("linalg_matrix_rank.atol_rtol_tensor", floats(2, 3), atol=make((2,), np.complex64))
case("linalg_pinv.atol_rtol_tensor", floats(2, 2, 3), atol=np.array([0.1, 0.0]), rtol=np.array([0.0, 0.5]))
case("linalg_pinv.rcond_tensor", floats(2, 3), np.array(0.1))
case("linalg_pinv", floats(2, 3), 0.1)
case("pinverse", floats(3, 2))
case("pinverse", floats(3, 2), 0.5)
for arguments in (
    (square(6).reshape(2, 3, 6), 2),
    (square(6).reshape(6, 3, 2), 1),
    (floats(2, 3), 0),
    (floats(2, 3), 1),
    (floats(2, 2), 2),
    (floats(2, 2), 7),
    (np.ones((2, 2), np.float32), 1),
    (longs(1, 2, 3, 4).reshape(2, 2), 1),
):
    case("linalg_tensorinv", *arguments)
for arguments in (
    (square(6).reshape(2, 3, 6), floats(2, 3)),
    (square(6).reshape(2, 3, 6), floats(3, 6), [0]),
    (floats(2, 3, 5), floats(2, 3)),
    (np.ones((2, 2), np.float32), floats(2)),
    (square(2), floats(2), [0, 0]),
    (square(2), floats(2, dtype=np.float64)),
):
    case("linalg_tensorsolve", *arguments)
