"""Eigenvalues, singular values and their vectors.

They are computed in float64 or complex128 and rounded.
"""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family
from transpile.ops.matrices import (
    adjoint,
    in_columns,
    nothing,
    require_factorable,
    require_inexact,
    require_matrix,
    require_square,
    require_success,
    wide,
    wide_dtype,
)
from transpile.ops.promotion import Array, cast, dtype_of, real_dtype

FAMILY = Family("spectral", tags=("nofold",))
op = FAMILY.op


# --- singular values


def singular(a: Array, full: bool, vectors: bool) -> tuple[Array, Array, Array]:
    """U, the singular values and V in wide types; U and V are empty without ``vectors``."""
    require_matrix(a, "linalg.svd")
    require_inexact(a, "linalg.svd")
    require_factorable("linalg_svd_cpu", a)
    rows, cols = a.shape[-2:]
    finite = np.asarray(np.isfinite(a).all((-1, -2)))
    require_success(np.where(np.isnan(a).any((-1, -2)), -4, 0), "linalg.svd")
    # A wide matrix is taken for its adjoint, with U and V exchanged.
    matrix = np.where(finite[..., None, None], wide(a), 0)
    matrix = matrix if rows >= cols else adjoint(matrix)
    none = nothing(wide_dtype(dtype_of(a)))
    if not vectors:
        return none, _blank(np.linalg.svd(matrix, compute_uv=False), finite[..., None]), none
    u, values, vh = np.linalg.svd(matrix, full_matrices=full)
    u, v = _blank(u, finite[..., None, None]), _blank(adjoint(vh), finite[..., None, None])
    values = _blank(values, finite[..., None])
    return (u, values, v) if rows >= cols else (v, values, u)


def _blank(values: Array, kept: Array) -> Array:
    """Values with nan for those of matrices that are not finite."""
    return values if kept.all() else np.where(kept, values, np.nan)


def _svd_parts(
    A: Array, full_matrices: bool = False, compute_uv: bool = True, *, driver: str | None = None
) -> tuple[Array, Array, Array]:
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )
    dtype = dtype_of(A)
    u, values, v = singular(A, full_matrices, compute_uv)
    values = cast(values, real_dtype(dtype))
    if not compute_uv:
        return nothing(dtype), values, nothing(dtype)
    return in_columns(u, dtype), values, in_columns(adjoint(v), dtype)


op(
    "aten::_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None) -> "
    "(Tensor U, Tensor S, Tensor Vh)",
    cpp="ops::linalg_svd_parts({0}, {1}, {2}, {3})",
)(_svd_parts)


@op(
    "aten::linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)",
)
def linalg_svd(A: Array, full_matrices: bool = True, *, driver: str | None = None) -> tuple[Array, Array, Array]:
    return _svd_parts(A, full_matrices, True, driver=driver)


@op("aten::linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor")
def linalg_svdvals(A: Array, *, driver: str | None = None) -> Array:
    return _svd_parts(A, False, False, driver=driver)[1]


@op("aten::svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)")
def svd(self: Array, some: bool = True, compute_uv: bool = True) -> tuple[Array, Array, Array]:
    """The older form: V instead of its adjoint, and zeros for U and V if they are not wanted."""
    if self.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {self.ndim} dimensions instead"
        )
    dtype = dtype_of(self)
    u, values, v = singular(self, not some, compute_uv)
    values = cast(values, real_dtype(dtype))
    if not compute_uv:
        batch, (rows, cols) = self.shape[:-2], self.shape[-2:]
        blank = np.zeros((*batch, rows, rows), self.dtype)
        return blank, values, in_columns(np.zeros((*batch, cols, cols), self.dtype))
    return in_columns(u, dtype), values, in_columns(v, dtype)


# --- eigenvalues of symmetric and Hermitian matrices


def _eigh(A: Array, UPLO: str = "L", compute_v: bool = True) -> tuple[Array, Array]:
    require_square(A, "linalg.eigh")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    require_factorable("linalg_eigh_cpu", A)
    dtype = dtype_of(A)
    # The lower triangle of the adjoint is the upper one.
    matrix = np.tril(adjoint(wide(A)) if UPLO.upper() == "U" else wide(A))
    finite = np.asarray(np.isfinite(matrix).all((-1, -2)))
    matrix = np.where(finite[..., None, None], matrix, 0)
    try:
        if not compute_v:
            values = _blank(np.linalg.eigvalsh(matrix, "L"), finite[..., None])
            return cast(values, real_dtype(dtype)), nothing(dtype)
        values, vectors = np.linalg.eigh(matrix, "L")
    except np.linalg.LinAlgError:
        require_success(np.ones(A.shape[:-2], np.int32), "linalg.eigh")
        raise
    values, vectors = _blank(values, finite[..., None]), _blank(vectors, finite[..., None, None])
    return cast(values, real_dtype(dtype)), in_columns(vectors, dtype)


op(
    'aten::_linalg_eigh(Tensor A, str UPLO="L", bool compute_v=True) -> (Tensor eigenvalues, Tensor eigenvectors)',
    cpp="ops::linalg_eigh_parts({0}, {1}, {2})",
)(_eigh)


@op('aten::linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors)')
def linalg_eigh(self: Array, UPLO: str = "L") -> tuple[Array, Array]:
    return _eigh(self, UPLO)


@op('aten::linalg_eigvalsh(Tensor self, str UPLO="L") -> Tensor')
def linalg_eigvalsh(self: Array, UPLO: str = "L") -> Array:
    return _eigh(self, UPLO, False)[0]


# --- eigenvalues of general matrices


def _eig_input(a: Array, name: str) -> tuple[Array, D.DType]:
    dtype = dtype_of(a)
    if dtype.category < D.FLOATING:
        raise RuntimeError(f"Unknown Complex ScalarType for {dtype.graph_name}")
    require_square(a, name)
    require_factorable("linalg_eig_out_cpu", a)
    if not np.isfinite(a).all():
        raise RuntimeError(f"torch.{name}: input tensor should not contain infs or NaNs.")
    return wide(a), D.complex64 if dtype in (D.float32, D.complex64) else D.complex128


@op("aten::linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)")
def linalg_eig(self: Array) -> tuple[Array, Array]:
    matrix, dtype = _eig_input(self, "linalg.eig")
    try:
        values, vectors = np.linalg.eig(matrix)
    except np.linalg.LinAlgError:
        require_success(np.ones(self.shape[:-2], np.int32), "linalg.eig")
        raise
    return cast(values, dtype), in_columns(vectors, dtype)


def _eigvals(self: Array) -> Array:
    matrix, dtype = _eig_input(self, "linalg.eigvals")
    try:
        return cast(np.linalg.eigvals(matrix), dtype)
    except np.linalg.LinAlgError:
        require_success(np.ones(self.shape[:-2], np.int32), "linalg.eigvals")
        raise


op("aten::linalg_eigvals(Tensor self) -> Tensor")(_eigvals)
op("aten::_linalg_eigvals(Tensor self) -> Tensor", cpp="ops::linalg_eigvals({0})")(_eigvals)
