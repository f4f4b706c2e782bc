"""Functions of matrices: trace, powers, the exponential, rank, pseudo-inverse, and tensors taken for matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops import layout, registry
from transpile.ops.families import Family, require_supported
from transpile.ops.linear import product
from transpile.ops.matrices import adjoint, require_inexact, require_square, require_success, wide
from transpile.ops.matrix_norm import singular_values
from transpile.ops.promotion import Array, broadcast, cast, compute_dtype, dtype_of, real_dtype, shape_text, wrap_dim

FAMILY = Family("matrix_function", tags=("nofold",))
op = FAMILY.op


@op("aten::trace(Tensor self) -> Tensor", tags=("reduction",))
def trace(self: Array) -> Array:
    """The sum of the diagonal; int64 for integers."""
    if self.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {self.ndim}")
    dtype = dtype_of(self)
    require_supported(dtype is not D.bool_, "trace", dtype)
    target = D.int64 if dtype.category == D.INTEGRAL else dtype
    return cast(np.asarray(cast(self.diagonal(), compute_dtype(target)).sum(dtype=compute_dtype(target).numpy)), target)


# --- powers


def _power(self: Array, n: int) -> Array:
    require_square(self, "linalg.matrix_power")
    base = self
    if n == 0:
        identity = np.eye(self.shape[-1], dtype=self.dtype)
        return np.array(np.broadcast_to(identity, self.shape))
    if n < 0:
        base = registry.get("aten::linalg_inv")(self)
        n = -n
    if n == 3:
        return product(product(base, base), base)
    # The binary digits of the exponent, the lowest first.
    result: Array | None = None
    while True:
        if n & 1:
            result = base if result is None else product(result, base)
        n >>= 1
        if not n:
            assert result is not None
            return result.copy() if result is self else result
        base = product(base, base)


@op("aten::linalg_matrix_power(Tensor self, int n) -> Tensor")
def linalg_matrix_power(self: Array, n: int) -> Array:
    """The n-th power of every matrix; that of the inverse for a negative ``n``."""
    return _power(self, n)


@op("aten::matrix_power(Tensor self, int n) -> Tensor", cpp="ops::linalg_matrix_power({0}, {1})")
def matrix_power(self: Array, n: int) -> Array:
    return _power(self, n)


# --- the exponential

_DEGREE = 20  # of the Taylor polynomial: its remainder is below 2**-65 for matrices of a 1-norm up to 1
_GROUP = 4  # powers of the matrix that are made explicitly


def _exponential_of(matrix: Array) -> Array:
    """The exponential of one matrix by scaling and squaring.

    The polynomial is evaluated as Paterson and Stockmeyer do it, so that its degree of 20 costs seven products.
    """
    identity: Array = np.eye(matrix.shape[0], dtype=matrix.dtype)
    norm = float(np.abs(matrix).sum(axis=0).max())
    if not math.isfinite(norm):
        return np.full_like(matrix, np.nan)
    squarings = max(math.frexp(norm)[1], 0)
    scaled = np.ldexp(matrix.real, -squarings) + (
        1j * np.ldexp(matrix.imag, -squarings) if np.iscomplexobj(matrix) else 0
    )
    powers = [identity, scaled]
    while len(powers) <= _GROUP:
        powers.append(powers[-1] @ scaled)
    result: Array = identity / math.factorial(_DEGREE)
    for first in range(_DEGREE - _GROUP, -1, -_GROUP):
        group = sum(powers[k] / math.factorial(first + k) for k in range(_GROUP))
        result = result @ powers[_GROUP] + group
    for _ in range(squarings):
        result = result @ result
    return result


def _exponential(self: Array) -> Array:
    require_square(self, "linalg.matrix_exp")
    require_inexact(self, "linalg.matrix_exp")
    dtype = dtype_of(self)
    if self.size == 0:
        return self.copy()
    values = wide(self)
    if self.shape[-1] == 1:
        return cast(np.exp(values), dtype)
    flat = values.reshape(-1, *self.shape[-2:])
    return cast(np.stack([_exponential_of(m) for m in flat]).reshape(self.shape), dtype)


@op("aten::linalg_matrix_exp(Tensor self) -> Tensor")
def linalg_matrix_exp(self: Array) -> Array:
    """The exponential of every square matrix."""
    return _exponential(self)


@op("aten::matrix_exp(Tensor self) -> Tensor", cpp="ops::linalg_matrix_exp({0})")
def matrix_exp(self: Array) -> Array:
    return _exponential(self)


# --- rank and pseudo-inverse: what counts as zero


def _tolerance(name: str, value: Any, which: str) -> Array | None:
    if value is None:
        return None
    array = np.asarray(value)
    if array.dtype.kind == "c":
        raise RuntimeError(f"{name}: {which} tensor of complex type is not supported. Got {dtype_of(array).graph_name}")
    return array


def _threshold(name: str, self: Array, largest: Array, atol: Any, rtol: Any) -> Array:
    """The larger of the absolute tolerance and the relative one times the largest singular values."""
    absolute, relative = _tolerance(name, atol, "atol"), _tolerance(name, rtol, "rtol")
    real = real_dtype(dtype_of(self))
    if relative is None:
        usual = (2.0**-23 if real is D.float32 else 2.0**-52) * max(self.shape[-2:])
        relative = np.asarray(usual) if absolute is None else np.where(absolute > 0, 0.0, usual)
    if absolute is None:
        absolute = np.zeros(())
    parts = broadcast(cast(absolute, real), cast(relative, real) * largest)
    return np.asarray(np.maximum(*parts))


def _rank(self: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    name = "torch.linalg.matrix_rank"
    if self.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor input must have at least 2 dimensions.")
    _tolerance(name, atol, "atol")
    _tolerance(name, rtol, "rtol")
    if self.size == 0:
        return np.zeros(self.shape[:-2], np.int64)
    if dtype_of(self) not in (D.float32, D.float64, D.complex64, D.complex128):
        raise RuntimeError("This function doesn't handle types other than float and double")
    values = np.abs(registry.get("aten::linalg_eigvalsh")(self, "L")) if hermitian else singular_values(self)
    threshold = _threshold(name, self, values.max(axis=-1), atol, rtol)
    return np.asarray((values > threshold[..., None]).sum(axis=-1, dtype=np.int64))


@op(
    "aten::linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor",
    cpp="ops::linalg_matrix_rank({0}, {1}, 0.0, {2})",
)
def matrix_rank(self: Array, tol: float, hermitian: bool = False) -> Array:
    """How many singular values of every matrix are above a tolerance."""
    return _rank(self, tol, 0.0, hermitian)


@op(
    "aten::linalg_matrix_rank.tol_tensor(Tensor input, Tensor tol, bool hermitian=False) -> Tensor",
    cpp="ops::linalg_matrix_rank_above({0}, {1}, {2})",
)
def matrix_rank_tensor(input: Array, tol: Array, hermitian: bool = False) -> Array:
    return _rank(input, tol, 0.0, hermitian)


@op(
    "aten::linalg_matrix_rank.atol_rtol_tensor(Tensor input, *, Tensor? atol=None, Tensor? rtol=None, "
    "bool hermitian=False) -> Tensor",
    cpp="ops::linalg_matrix_rank_within({0}, {1}, {2}, {3})",
)
def matrix_rank_tolerances(
    input: Array, *, atol: Array | None = None, rtol: Array | None = None, hermitian: bool = False
) -> Array:
    return _rank(input, atol, rtol, hermitian)


@op(
    "aten::linalg_matrix_rank.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, "
    "bool hermitian=False) -> Tensor"
)
def matrix_rank_numbers(
    self: Array, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Array:
    return _rank(self, atol, rtol, hermitian)


def _pseudo_inverse(self: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    dtype = dtype_of(self)
    if rtol is None:
        wrap_dim(-2, self.ndim)
        if dtype.category < D.FLOATING or dtype in (D.float16, D.bfloat16):
            raise RuntimeError("This function doesn't handle types other than float and double")
    if self.ndim < 2 or dtype not in (D.float32, D.float64, D.complex64, D.complex128):
        raise RuntimeError(
            f"linalg.pinv({dtype.graph_name}{{{shape_text(self.shape)}}}): expected a tensor with 2 or more dimensions "
            "of float, double, cfloat or cdouble types"
        )
    name = "torch.linalg.pinv"
    _tolerance(name, atol, "atol")
    _tolerance(name, rtol, "rtol")
    if self.size == 0:
        return np.empty((*self.shape[:-2], self.shape[-1], self.shape[-2]), self.dtype)
    if hermitian:
        values, left = registry.get("aten::linalg_eigh")(self, "L")
        right = left
    else:
        left, values, right = registry.get("aten::linalg_svd")(self, False, None)
        right = adjoint(right)
    threshold = _threshold(name, self, np.abs(values).max(axis=-1), atol, rtol)[..., None]
    inverted = np.where(np.abs(values) > threshold, 1 / values, values.dtype.type(0))
    return cast(np.matmul(right * inverted[..., None, :], adjoint(left)), dtype)


@op(
    "aten::linalg_pinv(Tensor self, float rcond, bool hermitian=False) -> Tensor",
    cpp="ops::linalg_pinv({0}, 0.0, {1}, {2})",
)
def pinv(self: Array, rcond: float, hermitian: bool = False) -> Array:
    """The Moore-Penrose inverse; singular values up to a tolerance count as zero."""
    return _pseudo_inverse(self, 0.0, rcond, hermitian)


@op(
    "aten::linalg_pinv.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool hermitian=False) "
    "-> Tensor"
)
def pinv_numbers(
    self: Array, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Array:
    return _pseudo_inverse(self, atol, rtol, hermitian)


@op(
    "aten::linalg_pinv.atol_rtol_tensor(Tensor self, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) "
    "-> Tensor",
    cpp="ops::linalg_pinv_within({0}, {1}, {2}, {3})",
)
def pinv_tolerances(
    self: Array, *, atol: Array | None = None, rtol: Array | None = None, hermitian: bool = False
) -> Array:
    return _pseudo_inverse(self, atol, rtol, hermitian)


@op(
    "aten::linalg_pinv.rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False) -> Tensor",
    cpp="ops::linalg_pinv_above({0}, {1}, {2})",
)
def pinv_tensor(self: Array, rcond: Array, hermitian: bool = False) -> Array:
    return _pseudo_inverse(self, 0.0, rcond, hermitian)


@op("aten::pinverse(Tensor self, float rcond=1e-15) -> Tensor")
def pinverse(self: Array, rcond: float = 1e-15) -> Array:
    return _pseudo_inverse(self, 0.0, rcond, False)


# --- tensors taken for matrices


@op("aten::linalg_tensorinv(Tensor self, int ind=2) -> Tensor")
def tensorinv(self: Array, ind: int = 2) -> Array:
    """The inverse under ``tensordot(.., ind)`` of a tensor whose first ``ind`` extents multiply to the rest's product."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    if ind > self.ndim:
        raise RuntimeError(f"ArrayRef: invalid slice, N = {ind}; size = {self.ndim}")
    rows, columns = math.prod(self.shape[:ind]), math.prod(self.shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    inverse, info = registry.get("aten::linalg_inv_ex")(self.reshape(rows, columns), False)
    require_success(info, "inv")
    return np.array(inverse).reshape(self.shape[ind:] + self.shape[:ind])


@op("aten::linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor")
def tensorsolve(self: Array, other: Array, dims: Sequence[int] | None = None) -> Array:
    """The X with ``tensordot(self, X, X.ndim) == other``; ``dims`` are moved to the end of ``self`` first."""
    moved = self
    if dims is not None:
        sources = [wrap_dim(d, self.ndim) for d in dims]
        if len(set(sources)) != len(sources):
            raise RuntimeError(f"movedim: repeated dim in `source` ({shape_text(tuple(dims))})")
        moved = np.moveaxis(self, sources, range(self.ndim - len(sources), self.ndim))
    if other.ndim > self.ndim:
        raise RuntimeError(f"ArrayRef: invalid slice, N = {other.ndim}; size = {self.ndim}")
    rows, columns = other.size, math.prod(moved.shape[other.ndim :])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {columns} != {rows}"
        )
    if moved.size != rows * columns:
        raise RuntimeError(f"shape '[{rows}, {columns}]' is invalid for input of size {moved.size}")
    solution: Array = registry.get("aten::linalg_solve")(
        layout.dense(moved).reshape(rows, columns), other.reshape(-1), True
    )
    return solution.reshape(moved.shape[other.ndim :])
