"""Factorizations of matrices: LU, Cholesky, QR and what is made of reflectors, LDL.

They are computed in float64 or complex128 and rounded.
"""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.ops.elimination import apply_reflectors, factor_ldl, factor_lu, row_order
from transpile.ops.families import Family
from transpile.ops.matrices import (
    flat,
    in_columns,
    nothing,
    require_factorable,
    require_inexact,
    require_matrix,
    require_square,
    require_success,
    wide,
)
from transpile.ops.promotion import Array, cast, dtype_of, shape_text

FAMILY = Family("factorization", tags=("nofold",))
op = FAMILY.op


@op("aten::_linalg_check_errors(Tensor info, str api_name, *, bool is_matrix) -> ()",
    cpp="ops::linalg_check_errors({0}, {1}, {2})", tags=("effect",))  # fmt: skip
def check_errors(info: Array, api_name: str, *, is_matrix: bool) -> None:
    require_success(info, api_name)


# --- LU


def lu_of(a: Array) -> tuple[Array, Array, Array]:
    """(LU, pivots, info), in the type of the matrix: which pivots are zero depends on the rounding."""
    require_factorable("lu_cpu", a)
    batch, steps = a.shape[:-2], min(a.shape[-2:])
    lu, pivots, info = factor_lu(flat(a))
    return lu.reshape(a.shape), pivots.reshape((*batch, steps)), info.reshape(batch)


def _lu_factor_ex(A: Array, *, pivot: bool = True, check_errors: bool = False) -> tuple[Array, Array, Array]:
    if A.ndim < 2:
        raise RuntimeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {shape_text(A.shape)} instead"
        )
    require_factorable("lu_cpu", A)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    lu, pivots, info = lu_of(A)
    if check_errors:
        require_success(info, "torch.linalg.lu_factor_ex")
    return in_columns(lu), pivots, info


op(
    "aten::linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False) -> "
    "(Tensor LU, Tensor pivots, Tensor info)"
)(_lu_factor_ex)


@op("aten::linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)")
def linalg_lu_factor(A: Array, *, pivot: bool = True) -> tuple[Array, Array]:
    lu, pivots, info = _lu_factor_ex(A, pivot=pivot)
    require_success(info, "torch.linalg.lu_factor")
    return lu, pivots


@op(
    "aten::_lu_with_info(Tensor self, bool pivot=True, bool check_errors=True) -> "
    "(Tensor LU, Tensor pivots, Tensor info)",
    cpp="ops::lu_with_info({0}, {1}, {2})",
)
def lu_with_info(self: Array, pivot: bool = True, check_errors: bool = True) -> tuple[Array, Array, Array]:
    return _lu_factor_ex(self, pivot=pivot, check_errors=check_errors)


def _lu_unpack(
    LU_data: Array, LU_pivots: Array, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Array, Array, Array]:
    if LU_data.ndim < 2:
        raise RuntimeError(
            f"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {shape_text(LU_data.shape)} instead"
        )
    if unpack_pivots and dtype_of(LU_pivots) is not D.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
            "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor"
        )
    rows, cols = LU_data.shape[-2:]
    steps = min(rows, cols)
    p = lower = upper = nothing(dtype_of(LU_data))
    if unpack_data:
        lower = np.tril(LU_data[..., :steps], -1)
        lower[..., range(steps), range(steps)] = 1
        upper = np.triu(LU_data[..., :steps, :])
    if unpack_pivots:
        pivots = flat(LU_pivots, 1)
        if rows and pivots.size and not (pivots.min() >= 1 and pivots.max() <= rows):
            raise RuntimeError(
                "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
                "Did you properly pass the result of lu_factor?"
            )
        order = row_order(pivots, rows)
        unit = order[:, None, :] == np.arange(rows)[:, None]
        p = cast(unit.reshape((*LU_pivots.shape[:-1], rows, rows)), dtype_of(LU_data))
    return p, lower, upper


op(
    "aten::lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> "
    "(Tensor P, Tensor L, Tensor U)"
)(_lu_unpack)


@op("aten::linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)")
def linalg_lu(A: Array, *, pivot: bool = True) -> tuple[Array, Array, Array]:
    if A.ndim < 2:
        raise RuntimeError(
            f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {shape_text(A.shape)} instead"
        )
    lu, pivots, _ = _lu_factor_ex(A, pivot=pivot)
    return _lu_unpack(lu, pivots)


# --- Cholesky


def _factor_cholesky(a: Array) -> int:
    """L of one matrix in place of its lower triangle; the order of the leading minor that is not positive, or 0."""
    for j in range(len(a)):
        pivot = a[j, j].real
        if not pivot > 0:
            return j + 1
        a[j, j] = np.sqrt(pivot)
        column = a[j + 1 :, j] = a[j + 1 :, j] / a[j, j]
        a[j + 1 :, j + 1 :] -= np.outer(column, np.conj(column))
    return 0


def _cholesky(a: Array, upper: bool) -> tuple[Array, Array]:
    require_factorable("cholesky_cpu", a)
    batch = a.shape[:-2]
    info = np.zeros(int(np.prod(batch)), np.int32)
    # The upper triangle read by columns is the lower one, conjugated.
    factor = flat(wide(a.swapaxes(-1, -2) if upper else a))
    try:
        factor = np.linalg.cholesky(factor)
    except np.linalg.LinAlgError:
        for i, matrix in enumerate(factor):
            info[i] = _factor_cholesky(matrix)
        factor = np.tril(factor)
    factor = factor.reshape(a.shape)
    return in_columns(factor.swapaxes(-1, -2) if upper else factor, dtype_of(a)), info.reshape(batch)


def _cholesky_ex(self: Array, *, upper: bool = False, check_errors: bool = False) -> tuple[Array, Array]:
    require_square(self, "linalg.cholesky")
    require_inexact(self, "linalg.cholesky")
    factor, info = _cholesky(self, upper)
    if check_errors:
        require_success(info, "linalg.cholesky_ex")
    return factor, info


op("aten::linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (Tensor L, Tensor info)")(
    _cholesky_ex
)


@op("aten::linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor")
def linalg_cholesky(self: Array, *, upper: bool = False) -> Array:
    factor, info = _cholesky_ex(self, upper=upper)
    require_success(info, "linalg.cholesky")
    return factor


@op("aten::cholesky(Tensor self, bool upper=False) -> Tensor")
def cholesky(self: Array, upper: bool = False) -> Array:
    """The older form, which looks at the sizes of empty tensors less closely."""
    if self.ndim >= 2 and not self.size:
        return np.empty_like(self)
    require_square(self, "cholesky")
    factor, info = _cholesky(self, upper)
    require_success(info, "cholesky")
    return factor


# --- QR


def _reflectors(a: Array) -> tuple[Array, Array]:
    """What geqrf gives, in the wide type."""
    require_factorable("geqrf_cpu", a)
    steps = min(a.shape[-2:])
    if not a.size:
        return wide(a).copy(), np.zeros((*a.shape[:-2], steps), wide(a).dtype)
    turned, tau = np.linalg.qr(wide(a), mode="raw")
    return turned.swapaxes(-1, -2), tau


def _orthogonal(factors: Array, tau: Array, columns: int) -> Array:
    rows = factors.shape[-2]
    q = np.zeros((*factors.shape[:-2], rows, columns), factors.dtype)
    q[..., range(min(rows, columns)), range(min(rows, columns))] = 1
    return apply_reflectors(factors, tau, q, adjoint_of_product=False)


@op("aten::geqrf(Tensor self) -> (Tensor a, Tensor tau)")
def geqrf(self: Array) -> tuple[Array, Array]:
    if self.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    factors, tau = _reflectors(self)
    return in_columns(factors, dtype_of(self)), cast(tau, dtype_of(self))


def _check_tau(input: Array, tau: Array, name: str) -> None:
    if input.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {input.ndim}"
        )
    if input.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{shape_text(tau.shape[:-1])}"
        )


def _householder_product(input: Array, tau: Array) -> Array:
    name = "torch.linalg.householder_product"
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if input.shape[-2] < input.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if not tau.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    if input.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    _check_tau(input, tau, name)
    if tau.dtype != input.dtype:
        raise RuntimeError(
            f"{name}: tau dtype {dtype_of(tau).graph_name} does not match input dtype {dtype_of(input).graph_name}"
        )
    if input.size:
        require_factorable("orgqr_cpu", input)
    return in_columns(_orthogonal(wide(input), wide(tau), input.shape[-1]), dtype_of(input))


op("aten::linalg_householder_product(Tensor input, Tensor tau) -> Tensor")(_householder_product)


@op("aten::orgqr(Tensor self, Tensor input2) -> Tensor")
def orgqr(self: Array, input2: Array) -> Array:
    return _householder_product(self, input2)


@op("aten::ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor")
def ormqr(self: Array, input2: Array, input3: Array, left: bool = True, transpose: bool = False) -> Array:
    name, tau, other = "torch.ormqr", input2, input3
    if self.ndim < 2 or other.ndim < 2:
        raise RuntimeError(f"{name}: {'input' if self.ndim < 2 else 'other'} must have at least 2 dimensions.")
    if not tau.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    side = -2 if left else -1
    if other.shape[side] < tau.shape[-1]:
        raise RuntimeError(f"{name}: other.shape[{side}] must be greater than or equal to tau.shape[-1]")
    if other.shape[side] != self.shape[-2]:
        raise RuntimeError(f"{name}: other.shape[{side}] must be equal to input.shape[-2]")
    if tau.shape[-1] != min(other.shape[side], self.shape[-1]):
        raise RuntimeError(f"{name}: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])")
    _check_tau(self, tau, name)
    if self.shape[:-2] != other.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of other to be equal to input.shape[:-2], but got "
            f"{shape_text(other.shape[:-2])}"
        )
    for word, given in (("tau", tau), ("other", other)):
        if given.dtype != self.dtype:
            raise RuntimeError(
                f"{name}: Expected input and {word} to have the same dtype, but input has dtype"
                f"{dtype_of(self).graph_name} and {word} has dtype {dtype_of(given).graph_name}"
            )
    require_factorable("ormqr_cpu", self)
    factors, scales = wide(self), wide(tau)
    if left:
        result = apply_reflectors(factors, scales, np.array(wide(other)), adjoint_of_product=transpose)
        return in_columns(result, dtype_of(self))
    # other Q is the adjoint of Q^H other^H.
    turned = np.conj(wide(other)).swapaxes(-1, -2).copy()
    result = apply_reflectors(factors, scales, turned, adjoint_of_product=not transpose)
    return in_columns(np.conj(result).swapaxes(-1, -2), dtype_of(self))


def _qr(A: Array, mode: str = "reduced") -> tuple[Array, Array]:
    require_matrix(A, "linalg.qr")
    require_inexact(A, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    factors, tau = _reflectors(A)
    rows = A.shape[-2] if mode == "complete" else min(A.shape[-2:])
    upper = in_columns(np.triu(factors[..., :rows, :]), dtype_of(A))
    if mode == "r":
        return nothing(dtype_of(A)), upper
    return in_columns(_orthogonal(factors, tau, rows), dtype_of(A)), upper


op('aten::linalg_qr(Tensor A, str mode="reduced") -> (Tensor Q, Tensor R)')(_qr)


@op("aten::qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)")
def qr(self: Array, some: bool = True) -> tuple[Array, Array]:
    return _qr(self, "reduced" if some else "complete")


# --- LDL


def _ldl_factor_ex(self: Array, *, hermitian: bool = False, check_errors: bool = False) -> tuple[Array, Array, Array]:
    require_square(self, "torch.linalg.ldl_factor_ex")
    require_inexact(self, "torch.linalg.ldl_factor_ex")
    require_factorable("ldl_factor_kernel_cpu", self)
    batch, n = self.shape[:-2], self.shape[-1]
    factors = flat(np.tril(wide(self)))
    pivots = np.zeros((len(factors), n), np.int32)
    info = np.zeros(len(factors), np.int32)
    for i, matrix in enumerate(factors):
        factors[i], pivots[i], info[i] = factor_ldl(matrix, hermitian=hermitian and np.iscomplexobj(matrix))
    codes = info.reshape(batch)
    if check_errors:
        require_success(codes, "torch.linalg.ldl_factor_ex")
    return in_columns(factors.reshape(self.shape), dtype_of(self)), pivots.reshape((*batch, n)), codes


op(
    "aten::linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False, bool check_errors=False) -> "
    "(Tensor LD, Tensor pivots, Tensor info)"
)(_ldl_factor_ex)


@op("aten::linalg_ldl_factor(Tensor self, *, bool hermitian=False) -> (Tensor LD, Tensor pivots)")
def linalg_ldl_factor(self: Array, *, hermitian: bool = False) -> tuple[Array, Array]:
    factors, pivots, info = _ldl_factor_ex(self, hermitian=hermitian)
    require_success(info, "torch.linalg.ldl_factor")
    return factors, pivots
