"""Determinants, inverses and linear systems.

They are computed in float64 or complex128 and rounded.
"""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.ops.elimination import solve_ldl, solve_triangle, solve_with_lu
from transpile.ops.factorization import lu_of
from transpile.ops.families import Family
from transpile.ops.matrices import (
    Shape,
    adjoint,
    common_batch,
    expanded,
    flat,
    in_columns,
    require_factorable,
    require_inexact,
    require_matrix,
    require_square,
    require_success,
    wide,
)
from transpile.ops.promotion import Array, cast, dtype_of, real_dtype, shape_text

FAMILY = Family("solver", tags=("nofold",))
op = FAMILY.op


def _lu_for_determinant(a: Array) -> tuple[Array, Array, Array]:
    """The factors of the transpose of a real contiguous matrix, which lies in column order already; else of itself."""
    return lu_of(a.swapaxes(-1, -2) if a.flags.c_contiguous and not np.iscomplexobj(a) else a)


# --- determinants


def _signed_pivots(lu: Array, pivots: Array) -> Array:
    diagonal = np.diagonal(wide(lu), axis1=-2, axis2=-1)
    return np.where(pivots == np.arange(1, pivots.shape[-1] + 1), diagonal, -diagonal)


def _det(A: Array) -> tuple[Array, Array, Array]:
    require_square(A, "linalg.det")
    require_inexact(A, "linalg.det")
    lu, pivots, _ = _lu_for_determinant(A)
    value = np.asarray(_signed_pivots(lu, pivots).prod(axis=-1))
    return cast(value, dtype_of(A)), in_columns(lu), pivots


op(
    "aten::_linalg_det(Tensor A) -> (Tensor result, Tensor LU, Tensor pivots)",
    cpp="ops::linalg_det_factors({0})",
)(_det)


@op("aten::linalg_det(Tensor A) -> Tensor")
def linalg_det(A: Array) -> Array:
    return _det(A)[0]


@op("aten::det(Tensor self) -> Tensor", cpp="ops::linalg_det({0})")
def det(self: Array) -> Array:
    return _det(self)[0]


def _sign_and_log(a: Array) -> tuple[Array, Array, Array, Array]:
    lu, pivots, _ = _lu_for_determinant(a)
    diagonal = _signed_pivots(lu, pivots)
    sizes = np.abs(diagonal)
    sign = np.asarray(np.where(sizes == 0, 0, diagonal / np.where(sizes == 0, 1, sizes)).prod(axis=-1))
    return sign, np.asarray(np.log(sizes).sum(axis=-1)), lu, pivots


def _slogdet(A: Array) -> tuple[Array, Array, Array, Array]:
    require_square(A, "linalg.slogdet")
    require_inexact(A, "linalg.slogdet", low_precision=False)
    sign, logs, lu, pivots = _sign_and_log(A)
    dtype = dtype_of(A)
    return cast(sign, dtype), cast(logs, real_dtype(dtype)), in_columns(lu), pivots


op(
    "aten::_linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet, Tensor LU, Tensor pivots)",
    cpp="ops::linalg_slogdet_factors({0})",
)(_slogdet)
op("aten::linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)")(lambda A: _slogdet(A)[:2])
op("aten::slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)", cpp="ops::linalg_slogdet({0})")(
    lambda self: _slogdet(self)[:2]
)


@op("aten::logdet(Tensor self) -> Tensor")
def logdet(self: Array) -> Array:
    """The logarithm of determinants; nan where a real one is negative."""
    require_square(self, "logdet")
    require_inexact(self, "logdet", low_precision=False)
    sign, logs, _, _ = _sign_and_log(self)
    result = np.log(sign) + logs if np.iscomplexobj(sign) else np.where(sign == -1, np.nan, logs)
    return cast(np.asarray(result), dtype_of(self))


# --- systems with square matrices


def _check_system(a: Array, b: Array, left: bool, name: str) -> None:
    """Checks a x = b, or x a = b."""
    require_square(a, name)
    require_matrix(b, name, "B")
    if b.shape[-2 if left else -1] != a.shape[-1]:
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {equation} "
            f"({a.shape[-2]}x{a.shape[-1]} and {b.shape[-2]}x{b.shape[-1]})"
        )


def _check_old_system(b: Array, a: Array, name: str) -> None:
    """The checks of the older solvers."""
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {dtype_of(b).graph_name} and A of type "
            f"{dtype_of(a).graph_name} instead."
        )
    if a.shape[-1] != a.shape[-2]:
        raise RuntimeError(
            f"A must be batches of square matrices, but they are {a.shape[-2]} by {a.shape[-1]} matrices"
        )
    if b.ndim < 2:
        if not b.ndim:
            raise IndexError("Dimension specified as -2 but tensor has no dimensions")
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got -2)")
    if a.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {a.shape[-2]} by {a.shape[-1]} but each b matrix "
            f"is {b.shape[-2]} by {b.shape[-1]}"
        )


def is_vector_side(a: Array, b: Array) -> bool:
    """Whether ``b`` is one vector, or a batch of vectors as ``a`` is one of matrices."""
    return b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])


def _vectors(x: Array) -> Array:
    """The one column of every matrix."""
    return in_columns(x[..., 0]) if x.ndim > 2 else x[..., 0]


def _solve_lu(lu: Array, pivots: Array, b: Array, batch: Shape, *, left: bool, adjoint_of_matrix: bool) -> Array:
    """x of a x = b, or of x a = b, in column order or, from the right, in row order."""
    sides = b if left else adjoint(b)
    n = lu.shape[-1]
    x = solve_with_lu(
        flat(expanded(lu, batch)),
        flat(np.broadcast_to(pivots, (*batch, n)), 1),
        flat(expanded(sides, batch)),
        adjoint_of_matrix=adjoint_of_matrix == left,
    ).reshape((*batch, n, sides.shape[-1]))
    return in_columns(x) if left else adjoint(in_columns(x))


def _solve_ex(
    A: Array, B: Array, *, left: bool = True, check_errors: bool = False
) -> tuple[Array, Array, Array, Array]:
    name = "linalg.solve"
    require_inexact(A, name)
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"{name}: Expected A and B to have the same dtype, but found A of type {dtype_of(A).graph_name} and B of "
            f"type {dtype_of(B).graph_name} instead"
        )
    vector = is_vector_side(A, B)
    sides = B[..., None] if vector else B
    _check_system(A, sides, left, name)
    if vector and not left:
        raise RuntimeError(
            f"{name}: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            "linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    batch = common_batch(sides, A)
    lu, pivots, info = lu_of(A)
    x = _solve_lu(wide(lu), pivots, wide(sides), batch, left=left, adjoint_of_matrix=False)
    if check_errors:
        require_success(info, "torch.linalg.solve_ex")
    x = cast(x, dtype_of(A))
    return _vectors(x) if vector else x, in_columns(lu), pivots, info


op(
    "aten::_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> "
    "(Tensor result, Tensor LU, Tensor pivots, Tensor info)",
    cpp="ops::linalg_solve_factors({0}, {1}, {2}, {3})",
)(_solve_ex)


@op(
    "aten::linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> "
    "(Tensor result, Tensor info)"
)
def linalg_solve_ex(A: Array, B: Array, *, left: bool = True, check_errors: bool = False) -> tuple[Array, Array]:
    x, _, _, info = _solve_ex(A, B, left=left, check_errors=check_errors)
    return x, info


@op("aten::linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor")
def linalg_solve(A: Array, B: Array, *, left: bool = True) -> Array:
    x, _, _, info = _solve_ex(A, B, left=left)
    require_success(info, "torch.linalg.solve")
    return x


def _inv_ex(A: Array, *, check_errors: bool = False) -> tuple[Array, Array]:
    require_square(A, "linalg.inv")
    require_inexact(A, "linalg.inv", low_precision=False)
    x, _, _, info = _solve_ex(A, np.broadcast_to(np.eye(A.shape[-1], dtype=A.dtype), A.shape))
    if check_errors:
        require_success(info, "linalg.inv_ex")
    return x, info


def _inv(A: Array) -> Array:
    x, info = _inv_ex(A)
    require_success(info, "linalg.inv")
    return x


op("aten::linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)")(_inv_ex)
op("aten::linalg_inv(Tensor A) -> Tensor")(_inv)
op("aten::inverse(Tensor self) -> Tensor", cpp="ops::linalg_inv({0})")(_inv)


def _lu_solve(LU: Array, pivots: Array, B: Array, *, left: bool = True, adjoint: bool = False) -> Array:
    name = "linalg.lu_solve"
    require_inexact(LU, "torch.linalg.lu_solve")
    if LU.dtype != B.dtype:
        raise RuntimeError(
            f"{name}: Expected LU and B to have the same dtype, but found LU of type {dtype_of(LU).graph_name} and B "
            f"of type {dtype_of(B).graph_name} instead"
        )
    if dtype_of(pivots) is not D.int32:
        raise RuntimeError(f"{name}: pivots should be a Tensor of scalar type torch.int32")
    require_square(LU, "torch.linalg.lu_solve")
    _check_system(LU, B, left, name)
    n = LU.shape[-1]
    if not pivots.ndim or pivots.shape[-1] != n:
        raise RuntimeError(f"{name}: Number of pivots per batch should be same as the dimension of the matrix")
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{shape_text(pivots.shape)} instead"
        )
    batch = common_batch(B, LU)
    require_factorable("linalg.lu_solve_cpu", LU)
    if pivots.size and B.size:
        wrong = pivots.reshape(-1)[(pivots.reshape(-1) < 1) | (pivots.reshape(-1) > n)]
        if wrong.size:
            bound = "greater or equal to 1" if wrong[0] < 1 else "smaller or equal to LU.size(-2)"
            raise RuntimeError(
                f"Pivots given to lu_solve must all be {bound}. Did you properly pass the result of lu_factor?"
            )
    x = _solve_lu(wide(LU), pivots, wide(B), batch, left=left, adjoint_of_matrix=adjoint)
    return cast(x, dtype_of(LU))


op("aten::linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False) -> Tensor")(
    _lu_solve
)


@op("aten::lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor")
def lu_solve(self: Array, LU_data: Array, LU_pivots: Array) -> Array:
    return _lu_solve(LU_data, LU_pivots, self)


@op("aten::linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor")
def linalg_ldl_solve(LD: Array, pivots: Array, B: Array, *, hermitian: bool = False) -> Array:
    name = "torch.linalg.ldl_solve"
    require_square(LD, name)
    require_inexact(LD, name)
    _check_old_system(B, LD, name)
    if dtype_of(pivots).category != D.INTEGRAL:
        raise RuntimeError(f"{name}: Expected pivots to be integers. Got {dtype_of(pivots).graph_name}")
    if pivots.shape != LD.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{shape_text(pivots.shape)} instead"
        )
    batch = common_batch(B, LD)
    require_factorable("ldl_solve_kernel_cpu", LD)
    n = LD.shape[-1]
    if pivots.size and B.size:
        sizes = np.abs(pivots.astype(np.int64).reshape(-1))
        wrong = sizes[(sizes < 1) | (sizes > n)]
        if wrong.size:
            bound = ">= 1" if wrong[0] < 1 else "<= LD.size(-2)"
            raise RuntimeError(
                f"Pivots given to ldl_solve must all satisfy |pivot| {bound}. "
                "Did you properly pass the result of ldl_factor?"
            )
    factors, exchanges = flat(expanded(wide(LD), batch)), flat(np.broadcast_to(pivots, (*batch, n)), 1)
    x = flat(expanded(wide(B), batch))
    for i in range(len(x)):
        x[i] = solve_ldl(factors[i], exchanges[i], x[i], hermitian=hermitian)
    return in_columns(x.reshape((*batch, *B.shape[-2:])), dtype_of(LD))


# --- systems with triangles


def _solve_triangular(a: Array, b: Array, batch: Shape, *, upper: bool, left: bool, unit: bool) -> Array:
    require_factorable("triangular_solve_cpu", a)
    matrix, sides = wide(a), cast(b, dtype_of(wide(a)))
    if left:
        x = solve_triangle(expanded(matrix, batch), expanded(sides, batch), upper=upper, unit=unit)
        return in_columns(x, dtype_of(a))
    turned = matrix.swapaxes(-1, -2), sides.swapaxes(-1, -2)
    x = solve_triangle(expanded(turned[0], batch), expanded(turned[1], batch), upper=not upper, unit=unit)
    return in_columns(x.swapaxes(-1, -2), dtype_of(a))


@op(
    "aten::linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False) "
    "-> Tensor"
)
def linalg_solve_triangular(
    self: Array, B: Array, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Array:
    _check_system(self, B, left, "linalg.solve_triangular")
    return _solve_triangular(self, B, common_batch(B, self), upper=upper, left=left, unit=unitriangular)


@op(
    "aten::triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) "
    "-> (Tensor solution, Tensor cloned_coefficient)"
)
def triangular_solve(
    self: Array, A: Array, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Array, Array]:
    for letter, given in (("b", self), ("A", A)):
        if given.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {letter} to have at least 2 dimensions, but it has {given.ndim} "
                "dimensions instead"
            )
    _check_old_system(self, A, "triangular_solve")
    batch = common_batch(self, A)
    matrix = A.swapaxes(-1, -2) if transpose else A
    x = _solve_triangular(matrix, self, batch, upper=upper != transpose, left=True, unit=unitriangular)
    return x, in_columns(expanded(A, batch))


# --- what Cholesky's factor is good for


def _solve_cholesky(b: Array, factor: Array, upper: bool) -> Array:
    require_factorable("cholesky_solve_cpu", b)
    matrix = wide(factor)
    lower, turned = (adjoint(matrix), matrix) if upper else (matrix, adjoint(matrix))
    x = solve_triangle(turned, solve_triangle(lower, wide(b), upper=False), upper=True)
    return in_columns(x, dtype_of(b))


op(
    "aten::_cholesky_solve_helper(Tensor self, Tensor A, bool upper) -> Tensor",
    cpp="ops::cholesky_solve_helper({0}, {1}, {2})",
)(_solve_cholesky)


@op("aten::cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor")
def cholesky_solve(self: Array, input2: Array, upper: bool = False) -> Array:
    for letter, given in (("b", self), ("u", input2)):
        if given.ndim < 2:
            raise RuntimeError(f"{letter} should have at least 2 dimensions, but has {given.ndim} dimensions instead")
    _check_old_system(self, input2, "cholesky_solve")
    batch = common_batch(self, input2)
    return _solve_cholesky(expanded(self, batch), expanded(input2, batch), upper)


@op("aten::cholesky_inverse(Tensor self, bool upper=False) -> Tensor")
def cholesky_inverse(self: Array, upper: bool = False) -> Array:
    require_square(self, "cholesky_inverse")
    if not self.size:
        return np.empty_like(self)
    require_factorable("cholesky_inverse_out_cpu", self)
    zero = np.diagonal(self, axis1=-2, axis2=-1) == 0
    require_success(np.where(zero.any(-1), zero.argmax(-1) + 1, 0), "cholesky_inverse")
    unit = np.broadcast_to(np.eye(self.shape[-1], dtype=self.dtype), self.shape)
    return _solve_cholesky(unit, self, upper)
