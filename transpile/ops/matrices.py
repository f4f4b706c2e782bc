"""Batches of matrices as factorizations take them: checks, wide types, memory in column order, what codes mean."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.promotion import Array, broadcast_shapes, cast, dtype_of

Shape = tuple[int, ...]


class LinAlgError(RuntimeError):
    """What a matrix does not admit: it is singular, not positive-definite..."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"


def wide_dtype(dtype: DType) -> DType:
    """Factorizations are computed in float64 or complex128, whatever the type of the tensor."""
    return D.complex128 if dtype.is_complex else D.float64


def wide(a: Array) -> Array:
    return cast(a, wide_dtype(dtype_of(a)))


def require_factorable(kernel: str, a: Array) -> None:
    """Raise in the name of PyTorch's kernel unless the type is float32, float64 or one of their complex partners."""
    dtype = dtype_of(a)
    if dtype.category < D.FLOATING or dtype in (D.float16, D.bfloat16):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.graph_name}'")


def require_inexact(a: Array, name: str, *, low_precision: bool = True) -> None:
    dtype = dtype_of(a)
    if dtype.category < D.FLOATING:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {dtype.graph_name}")
    if not low_precision and dtype in (D.float16, D.bfloat16):
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {dtype.graph_name}")


def require_matrix(a: Array, name: str, argument: str = "A") -> None:
    if a.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def require_square(a: Array, name: str) -> None:
    require_matrix(a, name)
    if a.shape[-1] != a.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {a.shape[-2]} by {a.shape[-1]} matrices"
        )


def adjoint(a: Array) -> Array:
    return np.conj(a.swapaxes(-1, -2))


def in_columns(a: Array, dtype: DType | None = None) -> Array:
    """A copy stored column by column, as PyTorch's factorizations give it; in another type if one is given."""
    turned = np.array(cast(a, dtype or dtype_of(a)).swapaxes(-1, -2), order="C")
    return turned.swapaxes(-1, -2)


def nothing(dtype: DType) -> Array:
    """A result that was not asked for."""
    return np.zeros(0, dtype.numpy)


def common_batch(first: Array, second: Array) -> Shape:
    return broadcast_shapes(first.shape[:-2], second.shape[:-2])


def expanded(a: Array, batch: Shape) -> Array:
    return np.broadcast_to(a, batch + a.shape[-2:])


def flat(a: Array, dims: int = 2) -> Array:
    """The batch in one dimension, in a copy that may be written."""
    count = int(np.prod(a.shape[: a.ndim - dims]))
    return np.array(a).reshape((count, *a.shape[a.ndim - dims :]))


def require_success(info: Array, name: str) -> None:
    """Raise in PyTorch's words for the first code that is not 0."""
    codes = np.asarray(info).reshape(-1)
    wrong = np.flatnonzero(codes)
    if not wrong.size:
        return
    where = name if info.ndim == 0 else f"{name}: (Batch element {wrong[0]})"
    _fail(int(codes[wrong[0]]), where, name)


def _fail(code: int, where: str, name: str) -> NoReturn:
    if code == -4 and "svd" in name:
        raise LinAlgError(
            f"{where}: The algorithm failed to converge because the input matrix contained non-finite values."
        )
    if code < 0:
        raise RuntimeError(
            f"{where}: Argument {-code} has illegal value. Most certainly there is a bug in the implementation calling "
            "the backend library."
        )
    if "inv" in name:
        raise LinAlgError(
            f"{where}: The diagonal element {code} is zero, the inversion could not be completed because the input "
            "matrix is singular."
        )
    if "solve" in name:
        raise LinAlgError(f"{where}: The solver failed because the input matrix is singular.")
    if "cholesky" in name:
        raise LinAlgError(
            f"{where}: The factorization could not be completed because the input is not positive-definite (the "
            f"leading minor of order {code} is not positive-definite)."
        )
    for word, what in (("svd", "singular values"), ("eig", "eigenvalues")):
        if word in name:
            raise LinAlgError(
                f"{where}: The algorithm failed to converge because the input matrix is ill-conditioned or has too "
                f"many repeated {what} (error code: {code})."
            )
    if "lstsq" in name:
        raise LinAlgError(
            f"{where}: The least squares solution could not be computed because the input matrix does not have full "
            f"rank (error code: {code})."
        )
    if "lu_factor" in name:
        raise RuntimeError(
            f"{where}: U[{code},{code}] is zero and using it on lu_solve would result in a division by zero. If you "
            "still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
            "linalg.lu_factor_ex(A, pivot)"
        )
    raise RuntimeError(f"{where}: Unknown error code: {code}.")
