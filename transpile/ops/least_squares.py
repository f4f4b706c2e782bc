"""Least squares: the solution of systems that have none, and the shortest of many.

They are computed in float64 or complex128 and rounded.
"""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.elimination import apply_reflectors, factor_pivoted_qr, solve_triangle, triangle_rank
from transpile.ops.families import Family
from transpile.ops.matrices import (
    Shape,
    adjoint,
    common_batch,
    expanded,
    flat,
    in_columns,
    nothing,
    require_success,
    wide,
)
from transpile.ops.promotion import Array, cast, dtype_of, real_dtype
from transpile.ops.solver import is_vector_side
from transpile.ops.spectral import singular

FAMILY = Family("least_squares", tags=("nofold",))
op = FAMILY.op


def _by_reflectors(a: Array, b: Array) -> tuple[Array, Array, int]:
    """One problem of full rank: the solution, the squares of the residuals' norms, a zero on R's diagonal."""
    m, n = a.shape
    steps = min(m, n)
    if not a.any():
        return np.zeros((n, b.shape[1]), b.dtype), np.zeros(b.shape[1]), 0
    turned, tau = np.linalg.qr(a if m >= n else adjoint(a), mode="raw")
    factors = turned.T
    zero = np.flatnonzero(np.diagonal(factors)[:steps] == 0)
    if zero.size:
        return np.zeros((n, b.shape[1]), b.dtype), np.zeros(b.shape[1]), int(zero[0]) + 1
    triangle = factors[:steps, :steps]
    if m >= n:
        moved = apply_reflectors(factors, tau, np.array(b), adjoint_of_product=True)
        return solve_triangle(triangle, moved[:n], upper=True), (np.abs(moved[n:]) ** 2).sum(0), 0
    x = np.zeros((n, b.shape[1]), b.dtype)
    x[:m] = solve_triangle(adjoint(triangle), b, upper=False)
    return apply_reflectors(factors, tau, x, adjoint_of_product=False), np.zeros(b.shape[1]), 0


def _by_pivoted_reflectors(a: Array, b: Array, rcond: float) -> tuple[Array, int]:
    """One problem of the rank that an estimate of the condition leaves: the shortest solution, and the rank."""
    factors, tau, order = factor_pivoted_qr(a)
    rank = triangle_rank(factors, rcond)
    x = np.zeros((a.shape[1], b.shape[1]), b.dtype)
    if rank:
        moved = apply_reflectors(factors, tau[:rank], b, adjoint_of_product=True)
        # The first rows of R are a system with many solutions, whose shortest is looked for.
        turned, scales = np.linalg.qr(adjoint(np.triu(factors[:rank])), mode="raw")
        x[:rank] = solve_triangle(adjoint(turned.T[:rank]), moved[:rank], upper=False)
        x[order] = apply_reflectors(turned.T, scales, x.copy(), adjoint_of_product=False)
    return x, rank


def _check_least_squares(self: Array, b: Array, driver: str | None) -> str:
    name = "torch.linalg.lstsq"
    if self.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if self.dtype != b.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype "
            f"{dtype_of(self).graph_name} and other's dtype {dtype_of(b).graph_name}"
        )
    if not 0 <= self.ndim - b.ndim <= 1:
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    axis = -1 if is_vector_side(self, b) else -2
    if self.shape[-2] != b.shape[axis]:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({axis})")
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    dtype = dtype_of(self)
    if dtype.category < D.FLOATING or dtype in (D.float16, D.bfloat16):
        raise RuntimeError("This function doesn't handle types other than float and double")
    return driver or "gelsy"


def _rcond(rcond: float | None, dtype: DType, shape: Shape) -> float:
    epsilon = float(np.finfo(np.float32 if real_dtype(dtype) is D.float32 else np.float64).eps)
    if rcond is None:
        return epsilon * max(shape)
    return epsilon / 2 if rcond < 0 else rcond


@op(
    "aten::linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> "
    "(Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)"
)
def linalg_lstsq(
    self: Array, b: Array, rcond: float | None = None, *, driver: str | None = None
) -> tuple[Array, Array, Array, Array]:
    """The least ||a x - b||; of several solutions the shortest."""
    name = "torch.linalg.lstsq"
    method = _check_least_squares(self, b, driver)
    dtype, real = dtype_of(self), real_dtype(dtype_of(self))
    vector = is_vector_side(self, b)
    sides = b[..., None] if self.ndim - b.ndim == 1 else b
    batch = common_batch(self, sides)
    (m, n), columns = self.shape[-2:], sides.shape[-1]
    if sides.shape[-2] != m:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size(-2)")
    ranks = np.zeros(batch if method != "gels" else 0, np.int64)
    solution = np.zeros((*batch, n, columns), wide(self).dtype)
    residuals = nothing(real)
    values = np.zeros((*batch, min(m, n)) if method in ("gelsd", "gelss") else 0, real.numpy)
    remainders = np.zeros((*batch, columns))
    if self.size:
        a, right = flat(expanded(wide(self), batch)), flat(expanded(wide(sides), batch))
        if method == "gels":
            found = [_by_reflectors(x, y) for x, y in zip(a, right, strict=True)]
            require_success(np.array([code for _, _, code in found], np.int32).reshape(batch), name)
            solution = np.array([x for x, _, _ in found]).reshape(solution.shape)
            remainders = np.array([r for _, r, _ in found])
        else:
            require_success(np.where(np.isfinite(a).all((1, 2)), 0, -4).reshape(batch), name)
        if method == "gelsy":
            limit = _rcond(rcond, dtype, (m, n))
            pairs = [_by_pivoted_reflectors(x, y, limit) for x, y in zip(a, right, strict=True)]
            solution = np.array([x for x, _ in pairs]).reshape(solution.shape)
            ranks = np.array([rank for _, rank in pairs], np.int64).reshape(batch)
        elif method != "gels":
            u, s, v = singular(a, False, True)
            kept = s > _rcond(rcond, dtype, (m, n)) * s[:, :1]
            parts = adjoint(u) @ right * np.where(kept, 1 / np.where(kept, s, 1), 0)[..., None]
            x = v @ parts
            ranks = kept.sum(1).reshape(batch)
            solution = x.reshape(solution.shape)
            remainders = (np.abs(right - a @ x) ** 2).sum(1)
            values = cast(s.reshape((*batch, min(m, n))), real)
    if m > n and method != "gelsy" and (ranks == n).all():
        residuals = cast(remainders.reshape((*batch, columns)), real)
    solution = in_columns(solution, dtype)
    return solution[..., 0] if vector else solution, residuals, ranks, values
