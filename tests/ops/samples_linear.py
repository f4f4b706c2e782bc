"""Samples of the linear family: matrix products and contractions."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases

samples = Cases(14)
case, floats = samples.case, samples.floats


def scaled(dtype: Any, *shape: int) -> Any:
    """Numbers that are not all zero as integers."""
    return (4 * floats(*shape)).astype(dtype)


# arguments of one operator after another
a: Any
b: Any

for dtype in (np.float32, np.float64, np.float16, bfloat16, np.complex64, np.int64, np.int32, np.uint8):
    case("mm", scaled(dtype, 2, 3), scaled(dtype, 3, 4))
    case("matmul", scaled(dtype, 2, 3), scaled(dtype, 3, 4))
    case("bmm", scaled(dtype, 5, 2, 3), scaled(dtype, 5, 3, 4))
    case("linear", scaled(dtype, 2, 3), scaled(dtype, 4, 3), scaled(dtype, 4))
    case("linear", scaled(dtype, 2, 5, 3), scaled(dtype, 4, 3))
    case("dot", scaled(dtype, 3), scaled(dtype, 3))
    case("mv", scaled(dtype, 2, 3), scaled(dtype, 3))
    case("addmm", scaled(dtype, 4), scaled(dtype, 2, 3), scaled(dtype, 3, 4), beta=2, alpha=3)
    case("outer", scaled(dtype, 2), scaled(dtype, 3))
    case("baddbmm", scaled(dtype, 4), scaled(dtype, 5, 2, 3), scaled(dtype, 5, 3, 4))
    case("matmul", scaled(dtype, 3), scaled(dtype, 3))
    case("vdot", scaled(dtype, 3), scaled(dtype, 3))
    case("inner", scaled(dtype, 2, 3), scaled(dtype, 4, 3))
for a, b in (
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((2, 3), (5, 3, 4)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((3, 0), (0,)),
    ((4, 2, 3), (1, 3, 2)),
):
    case("matmul", floats(*a), floats(*b))
case("linear", floats(3), floats(4, 3), floats(4))
case("linear", scaled(np.int16, 2, 3), floats(4, 3))
case("linear", floats(2, 3), floats(3))
case("linear", floats(0, 3), floats(4, 3))
case("linear", floats(2, 5, 3).transpose(1, 0, 2), floats(4, 3), floats(4))
case("linear", floats(2, 3), floats(4, 3), floats(1))
case("linear", floats(2, 3), floats(4, 3), np.array(1.0, np.float32))
for a, b in (
    (floats(3), np.array(1.0, np.float32)),
    (floats(2, 3, 4), floats(5, 4, 6)),
    (floats(2, 3, 4), floats(2, 5, 6)),
    (floats(2, 3, 4), floats(5, 6)),
    (floats(3, 4), floats(5)),
    (floats(2, 3, 4), floats(5)),
    (floats(4), floats(5, 4)),
    (floats(4), floats(2, 5, 4)),
    (floats(2, 3), floats(3, 4, dtype=np.float64)),
    (floats(3), floats(4)),
    (floats(2, 3, 4), floats(4, 5, dtype=np.float64)),
):
    case("matmul", a, b)
for a in (
    (floats(2, 3), floats(4, 5)),
    (floats(3), floats(4, 5)),
    (floats(1, 2, 3), floats(4, 5)),
    (floats(2, 3), floats(4, 3, dtype=np.float64)),
    (floats(2, 3), floats(4, 3), floats(5)),
    (floats(2, 3), floats(4, 3), floats(4, dtype=np.float64)),
    (floats(2, 2, 3), floats(4, 3), floats(5)),
    (floats(2, 2, 3), floats(4, 3), floats(4, dtype=np.float64)),
    (np.array(1.0, np.float32), floats(2, 2)),
):
    case("linear", *a)
for a in (
    (floats(3), floats(2, 3), floats(4, 3)),
    (floats(2), floats(2, 3), floats(3, 3)),
    (floats(3), floats(2, 3, 1), floats(3, 3)),
    (floats(4, dtype=np.float64), floats(2, 3), floats(3, 4)),
    (floats(2, 4), floats(2, 3), floats(3, 4)),
    (floats(1, 2, 4), floats(2, 3), floats(3, 4)),
):
    case("addmm", *a)
case("addmm", np.full((2, 4), np.nan, np.float32), floats(2, 3), floats(3, 4), beta=0)
case("addmv", floats(2), floats(2, 3), floats(3), beta=0.5)
case("addr", floats(2, 3), floats(2), floats(3), alpha=2)
case("addbmm", floats(2, 4), floats(5, 2, 3), floats(5, 3, 4))
case("addmm_", floats(2, 4), floats(2, 3), floats(3, 4))
case("baddbmm_", floats(5, 2, 4), floats(5, 2, 3), floats(5, 3, 4), beta=0.5)
case("mm", floats(2), floats(3, 3))
case("mm", floats(2, 3), floats(4, 5))
case("mm", floats(2, 3, dtype=np.float64), floats(3, 3))
case("bmm", floats(2, 3), floats(2, 3))
case("bmm", floats(2, 3, 4), floats(3, 4, 5))
case("mv", floats(2, 3), floats(2))
case("mv", floats(3), floats(2))
case("dot", floats(3), floats(4))
case("dot", floats(3, 2), floats(4))
case("dot", floats(3), floats(3, dtype=np.float64))
case("outer", floats(3, 2), floats(2))
case("outer", floats(3), floats(2, dtype=np.float64))
case("ger", floats(3), floats(2))
case("bilinear", floats(5, 2), floats(5, 3), floats(4, 2, 3), floats(4))
case("bilinear", np.arange(10).reshape(5, 2), np.arange(15).reshape(5, 3), np.arange(24).reshape(4, 2, 3), np.arange(4))
case("inner", floats(2, 3), floats(4))
case("kron", floats(2, 3), floats(3, 2))
case("chain_matmul", [floats(2, 3), floats(3, 4), floats(4, 2)])
case("mm", floats(2, 2) > 0, floats(2, 2) > 0)
case("tensordot", floats(2, 3, 4), floats(4, 3, 5), [1, 2], [1, 0])
case("tensordot", floats(2, 3), floats(2, 3), [1], [0])
case("tensordot", floats(2, 3), floats(4, 5), [], [])
case("tensordot", floats(2, 1), floats(3, 4), [1], [0])
case("tensordot", floats(2, 3), floats(3, 4), [1], [0, 1])
case("tensordot", floats(2, 3), floats(4, 5), [-1], [0])
case("tensordot", floats(2, 3), floats(2, 3), [0, -2], [0, 1])
case("tensordot", floats(2, 1), floats(0, 4), [1], [0])
case("tensordot", floats(2, 3), floats(3, 4).astype(np.float64), [1], [0])
for eq, t in (
    ("ij,jk", (floats(2, 3), floats(3, 4))),
    ("ij,jk->ki", (floats(2, 3), floats(3, 4))),
    ("bij,bjk->bik", (floats(2, 3, 4), floats(2, 4, 5))),
    ("ii", (floats(3, 3),)),
    ("ii->i", (floats(3, 3),)),
    ("...ij->...ji", (floats(2, 3, 4),)),
    ("...i,i", (floats(2, 3), floats(3))),
    ("i,j->ij", (floats(2), floats(3))),
    ("b h i, b h j -> b i j", (floats(2, 3, 4), floats(2, 3, 5))),
    ("ij->", (floats(2, 3),)),
    ("Ab,bA", (floats(2, 3), floats(3, 2))),
    ("...,...", (floats(2, 3), floats(3))),
    ("ij,jk,kl", (floats(2, 3), floats(3, 4), floats(4, 2))),
    ("ij,ij->ij", (floats(2, 1), floats(1, 3))),
    ("ij,jk", (floats(2, 3), floats(4, 5))),
    ("ij,jk,k", (floats(2, 3), floats(4, 5))),
    ("ij", (floats(2, 3, 4),)),
    ("ij->k", (floats(3, 3),)),
    ("ij->ii", (floats(3, 3),)),
    ("i.j", (floats(2, 3),)),
    ("i1", (floats(2, 3),)),
    ("bhqd,bhkd->bhqk", (floats(2, 2, 3, 4, dtype=bfloat16), floats(2, 2, 5, 4, dtype=bfloat16))),
    ("ij,jk", (floats(2, 3), floats(3, 4, dtype=np.float64))),
    ("i...,j", (floats(2, 3, 4), floats(5))),
    ("ijk...", (floats(2, 3),)),
):
    case("einsum", eq, list(t))
case("linalg_matmul", floats(2, 3), floats(3, 4))
case("linalg_vecdot", floats(2, 3), floats(3))
case("linalg_vecdot", floats(2, 3, 4), floats(2, 3, 4), dim=1)
