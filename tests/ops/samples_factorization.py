"""Samples for factorizations, solvers, eigenvalues and singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.cases import Cases
from transpile.ops import registry

CASES = Cases(31)
case, floats = CASES.case, CASES.floats
_TYPES = (np.float32, np.float64, np.complex64, np.complex128)


def matrix(dtype: Any, *shape: int) -> Any:
    values = floats(*shape, dtype=np.float64)
    return (values + 1j * floats(*shape, dtype=np.float64) if np.dtype(dtype).kind == "c" else values).astype(dtype)


def adjoint(a: Any) -> Any:
    return np.conj(a.swapaxes(-1, -2))


def definite(dtype: Any, *batch: int, n: int) -> Any:
    a = matrix(dtype, *batch, n, n)
    return (a @ adjoint(a) + n * np.eye(n)).astype(dtype)


def call(name: str, *given: Any, **options: Any) -> Any:
    operator = registry.get(f"aten::{name}")
    rest = iter(given)
    return operator(*(options.get(a.name, next(rest, a.default)) for a in operator.schema.arguments))


SQUARE = (
    "linalg_det", "_linalg_det", "linalg_slogdet", "_linalg_slogdet", "logdet", "linalg_inv", "linalg_inv_ex", "slogdet",
)  # fmt: skip
ANY = (
    "linalg_qr", "qr", "geqrf", "linalg_lu", "linalg_lu_factor", "linalg_lu_factor_ex", "_lu_with_info", "linalg_svd",
    "svd", "linalg_svdvals",
)  # fmt: skip
SYMMETRIC = (
    "linalg_eigh", "linalg_eigvalsh", "_linalg_eigh", "linalg_cholesky", "linalg_cholesky_ex", "cholesky",
    "linalg_ldl_factor", "linalg_ldl_factor_ex",
)  # fmt: skip
for dtype in _TYPES:
    for batch in ((), (2,)):
        for n in (1, 4):
            a, b, s = matrix(dtype, *batch, n, n), matrix(dtype, *batch, n, 2), definite(dtype, *batch, n=n)
            for name in SQUARE:
                case(name, a)
            for name in SYMMETRIC:
                case(name, s)
            for name in ("linalg_solve", "linalg_solve_ex", "_linalg_solve_ex"):
                case(name, a, b)
                case(name, a, b.swapaxes(-1, -2), left=False)
            case("linalg_solve", a, matrix(dtype, n))
            lower = call("linalg_cholesky", s)
            case("cholesky_solve", b, lower)
            case("cholesky_inverse", lower)
            case("linalg_solve_triangular", s, b, upper=True)
            case("linalg_solve_triangular", s, b.swapaxes(-1, -2), upper=False, left=False, unitriangular=True)
            case("triangular_solve", b, s, True, True)
            lu, pivots = call("linalg_lu_factor", a)
            case("lu_unpack", lu, pivots)
            case("lu_solve", b, lu, pivots)
            case("linalg_lu_solve", lu, pivots, b, adjoint=True)
            case("linalg_lu_solve", lu, pivots, b.swapaxes(-1, -2), left=False)
            ld, pivots = call("linalg_ldl_factor", a + a.swapaxes(-1, -2))
            case("linalg_ldl_solve", ld, pivots, b)
            case("linalg_eig", a)
            case("linalg_eigvals", a)
        for rows, cols in ((5, 3), (3, 5), (7, 2)):
            a, b = matrix(dtype, *batch, rows, cols), matrix(dtype, *batch, rows, 2)
            for name in ANY:
                case(name, a)
            case("linalg_qr", a, "complete")
            case("linalg_qr", a, "r")
            case("linalg_svd", a, False)
            factors, tau = call("geqrf", a)
            case("ormqr", factors, tau, b)
            case("ormqr", factors, tau, b.swapaxes(-1, -2), False, True)
            if rows >= cols:
                case("linalg_householder_product", factors, tau)
            for driver in (None, "gels", "gelsd"):
                case("linalg_lstsq", a, b, driver=driver)
            case("linalg_lstsq", a, matrix(dtype, *batch, rows), driver="gelss")
    hermitian = matrix(dtype, 6, 6)
    hermitian = hermitian + adjoint(hermitian)
    case("linalg_ldl_factor_ex", hermitian, hermitian=True)
    ld, pivots = call("linalg_ldl_factor", hermitian, hermitian=True)
    case("linalg_ldl_solve", ld, pivots, matrix(dtype, 6, 1), hermitian=True)
    case("linalg_ldl_factor", matrix(dtype, 3, 5, 5))
    case("linalg_eigh", hermitian, "U")
    case("cholesky", definite(dtype, n=3), True)
    case("linalg_cholesky", definite(dtype, 2, n=3), upper=True)
    case("_linalg_svd", hermitian, False, False)
    case("svd", matrix(dtype, 3, 4), True, False)
    case("_linalg_eigvals", matrix(dtype, 5, 5))
    case("_cholesky_solve_helper", matrix(dtype, 3, 1), definite(dtype, n=3), False)
    case("linalg_inv", matrix(dtype, 6, 8)[::2, 1::3].copy().T)
    case("linalg_det", matrix(dtype, 6, 9)[::2, ::3])
    case("linalg_qr", matrix(dtype, 6, 9)[::2, ::3])
    case("linalg_svdvals", matrix(dtype, 4, 3, 5).transpose(2, 1, 0))

# Sizes at which blocks begin, and eigenvalues of several kinds.
large = matrix(np.float64, 70, 70)
case("linalg_solve", large, matrix(np.float64, 70, 3))
case("linalg_lu_factor", large)
case("linalg_cholesky", definite(np.float64, n=70))
case("linalg_eigvalsh", definite(np.float64, n=40))
case("linalg_svdvals", matrix(np.float64, 40, 30))
case("linalg_eigvals", np.diag([3.0, 1.0, 2.0]))
case("linalg_eig", np.array([[0.0, 1.0], [-1.0, 0.0]]))
case("linalg_eig", np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 0.0], [4.0, 5.0, 6.0]]))
case("linalg_eigh", np.diag([3.0, 1.0, 2.0]).astype(np.float32))
case("linalg_svd", np.diag([1.0, -3.0, 2.0]))

# Empty ones.
for shape in ((0, 0), (0, 3, 3), (2, 0, 0)):
    empty = np.zeros(shape, np.float32)
    for name in SQUARE + ANY + SYMMETRIC + ("linalg_eig", "linalg_eigvals", "cholesky_inverse"):
        case(name, empty)
    case("linalg_solve", empty, np.zeros((*shape[:-1], 2), np.float32))
for shape in ((2, 0), (0, 2), (3, 2, 0)):
    empty = np.zeros(shape, np.float64)
    for name in ANY:
        case(name, empty)
    case("linalg_lstsq", empty, np.zeros((*shape[:-1], 2)), driver="gelsd")

# What matrices do not admit, and arguments that are none.
singular = np.stack([np.eye(2), np.ones((2, 2)), np.zeros((2, 2))])
for name in SQUARE[:-1] + (
    "linalg_lu",
    "linalg_lu_factor",
    "linalg_lu_factor_ex",
    "cholesky_inverse",
    "linalg_svdvals",
):
    if name not in ("linalg_inv_ex", "cholesky_inverse"):
        case(name, singular)
        case(name, singular[1])
case("cholesky_inverse", singular[2])
case("linalg_cholesky", -singular)
case("cholesky", -singular[0])
case("linalg_solve", singular, np.ones((3, 2, 1)))
case("linalg_inv_ex", singular, check_errors=True)
case("linalg_solve_ex", singular, np.ones((3, 2, 1)), check_errors=True)
case("linalg_cholesky_ex", -singular, check_errors=True)
case("linalg_lu_factor_ex", singular, check_errors=True)
case("linalg_lu", np.eye(2), pivot=False)
for name in SQUARE + ANY + SYMMETRIC + ("linalg_eig", "linalg_eigvals", "cholesky_inverse"):
    for wrong in (
        np.ones(3, np.float32), np.array(1.0), np.ones((2, 3), np.int64), np.ones((2, 2), np.int64), np.eye(2).astype(np.float16),
        np.eye(2, dtype=bool),
    ):  # fmt: skip
        case(name, wrong)
for name in SQUARE + SYMMETRIC + ("linalg_eig", "linalg_eigvals", "cholesky_inverse"):
    case(name, np.ones((2, 3)))
case("linalg_svd", np.full((2, 2), np.nan))
case("linalg_svdvals", np.stack([np.eye(2), np.full((2, 2), np.nan)]))
case("linalg_eigvalsh", np.full((2, 2), np.nan))
case("linalg_eig", np.full((2, 2), np.inf))
case("linalg_eigh", np.eye(2), "X")
case("linalg_qr", np.eye(2), "full")
case("linalg_svd", np.eye(2), driver="gesvd")
case("linalg_lstsq", np.eye(2), np.eye(2), driver="qr")
for a, b in (
    (np.eye(2), np.ones((3, 1))), (np.eye(2), np.ones((2, 1), np.float32)), (np.ones((4, 2, 2)), np.ones((3, 2, 1))),
    (np.ones(2), np.ones((2, 1))), (np.ones((2, 3)), np.ones((2, 1))), (np.eye(2), np.array(1.0)),
    (np.eye(2).astype(np.float16), np.ones((2, 1), np.float16)), (np.eye(2, dtype=np.int64), np.ones((2, 1), np.int64)),
):  # fmt: skip
    for name in ("linalg_solve", "linalg_lstsq"):
        case(name, a, b)
    case("linalg_solve_triangular", a, b, upper=True)
    for name in ("triangular_solve", "cholesky_solve"):
        case(name, b, a)
    if a.ndim > 1 and a.shape[-1] == 2:
        case("linalg_lu_solve", a, np.ones(a.shape[:-1], np.int32), b)
        case("linalg_ldl_solve", a, np.ones(a.shape[:-1], np.int32), b)
for pivots in (np.array([7, 1], np.int32), np.array([0, 1], np.int32), np.array([1, 2]), np.array([1], np.int32)):
    case("linalg_lu_solve", np.eye(2), pivots, np.ones((2, 1)))
    case("linalg_ldl_solve", np.eye(2), pivots, np.ones((2, 1)))
    if pivots.size == 2:
        case("lu_unpack", np.eye(2), pivots)
case("lu_unpack", np.ones((2, 3)), np.array([1, 2], np.int32), True, False)
case("lu_unpack", np.ones((2, 3)), np.array([1, 2], np.int32), False, True)
case("linalg_householder_product", np.ones((2, 3)), np.ones(2))
case("linalg_householder_product", np.ones((3, 2)), np.ones(3))
case("linalg_householder_product", np.ones((3, 2)), np.ones((1, 2)))
case("linalg_householder_product", np.ones((3, 2)), np.ones(2, np.float32))
case("ormqr", np.ones((3, 2)), np.ones(1), np.ones((3, 1)))
case("ormqr", np.ones((3, 2)), np.ones(2), np.ones((4, 1)))
case("ormqr", np.ones((3, 2)), np.ones(2), np.ones((3, 1), np.float32))
