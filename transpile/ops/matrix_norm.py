"""Norms of matrices and the condition number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core.dtype import DType
from transpile.ops.extremum import amax, amin
from transpile.ops.families import Family
from transpile.ops.matrices import require_inexact, require_matrix, require_square
from transpile.ops.promotion import Array, Number, cast, dtype_of, real_dtype, shape_text, wrap_dim
from transpile.ops.reduction import check_norm_types, norm_order, vector_norm
from transpile.ops.registry import get
from transpile.ops.spectral import linalg_svdvals

FAMILY = Family("matrix_norm", tags=("nofold",))
op = FAMILY.op
_NAME = "linalg.matrix_norm"


def singular_values(array: Array) -> Array:
    """The singular values of every matrix, the largest first."""
    values: Array = linalg_svdvals(array, None)
    return values


def _matrix_dims(array: Array, dim: Sequence[int]) -> tuple[int, int]:
    require_matrix(array, _NAME)
    if len(dim) != 2:
        raise RuntimeError(f"{_NAME}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    first, second = wrap_dim(dim[0], array.ndim), wrap_dim(dim[1], array.ndim)
    if first == second:
        raise RuntimeError(f"{_NAME}: dims must be different. Got ({first}, {second})")
    return first, second


def _spectrum(array: Array, dims: tuple[int, int], dtype: DType | None) -> Array:
    """The singular values of the matrices that lie along ``dims``."""
    return singular_values(np.moveaxis(array if dtype is None else cast(array, dtype), dims, (-2, -1)))


def _extreme(values: Array, dim: int, largest: bool, keepdim: bool) -> Array:
    """The largest value along ``dim``, 0 of none, or the smallest."""
    if largest and not values.shape[dim]:
        return np.asarray(values.sum(axis=dim, keepdims=keepdim, dtype=values.dtype))
    found: Array = (amax if largest else amin)(values, [dim], keepdim)
    return found


def _restored(result: Array, dims: tuple[int, int], keepdim: bool) -> Array:
    return np.expand_dims(result, dims) if keepdim else result


def matrix_norm(
    self: Array,
    ord: Number | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Array:
    source = dtype_of(self)
    order = ord if isinstance(ord, str) else norm_order(_NAME, ord)
    if order not in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise RuntimeError(f"{_NAME}: Order {order if isinstance(order, str) else f'{order:g}'} not supported.")
    dims = _matrix_dims(self, dim)
    check_norm_types(_NAME, source, dtype)
    if order == "fro":
        result: Array = vector_norm.kernel(self, 2, dims, keepdim, dtype=dtype)  # type: ignore[misc]
        return result
    if order in ("nuc", 2, -2):
        require_inexact(self, _NAME, low_precision=False)
        values = _spectrum(self, dims, dtype)
        if order == "nuc":
            return _restored(np.asarray(values.sum(axis=-1)), dims, keepdim)
        if order == -2 and not values.shape[-1]:
            raise IndexError("amin(): Expected reduction dim -1 to have non-zero size.")
        return _restored(_extreme(values, -1, order > 0, False), dims, keepdim)  # type: ignore[operator]
    summed, picked = (dims[1], dims[0]) if order in (np.inf, -np.inf) else dims
    sums = vector_norm.kernel(self, 1, summed, keepdim, dtype=dtype)  # type: ignore[misc]
    if not keepdim and summed < picked:
        picked -= 1
    return _extreme(sums, picked, order > 0, keepdim)  # type: ignore[operator]


def _norm(
    self: Array,
    ord: Number | str | None,
    dim: Sequence[int] | int | None,
    keepdim: bool,
    dtype: DType | None,
) -> Array:
    dims = [dim] if isinstance(dim, int) else dim
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {shape_text(tuple(dims))}"
        )
    if dims is None and ord is not None and self.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {self.ndim}D."
        )
    if isinstance(ord, str) or (ord is not None and (len(dims) if dims is not None else self.ndim) == 2):
        return matrix_norm(self, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    result: Array = vector_norm.kernel(self, 2 if ord is None else ord, dims, keepdim, dtype=dtype)  # type: ignore[misc]
    return result


op(
    "aten::linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *, "
    "ScalarType? dtype=None) -> Tensor"
)(matrix_norm)
op(
    'aten::linalg_matrix_norm.str_ord(Tensor self, str ord="fro", int[] dim=[-2, -1], bool keepdim=False, *, '
    "ScalarType? dtype=None) -> Tensor",
    cpp="ops::linalg_matrix_norm_named({0}, {1}, {2}, {3}, {4})",
)(matrix_norm)


@op(
    "aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, "
    "ScalarType? dtype=None) -> Tensor"
)
def linalg_norm(
    self: Array, ord: Number | None = None, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Array:
    return _norm(self, ord, dim, keepdim, dtype)


@op(
    "aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, "
    "ScalarType? dtype=None) -> Tensor",
    cpp="ops::linalg_norm_named({0}, {1}, {2}, {3}, {4})",
)
def linalg_norm_named(
    self: Array, ord: str, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Array:
    return _norm(self, ord, dim, keepdim, dtype)


@op("aten::nuclear_norm(Tensor self, bool keepdim=False) -> Tensor")
def nuclear_norm(self: Array, keepdim: bool = False) -> Array:
    return matrix_norm(self, "nuc", (-2, -1), keepdim)


@op(
    "aten::nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor",
    cpp="ops::nuclear_norm_along({0}, {1}, {2})",
)
def nuclear_norm_dim(self: Array, dim: Sequence[int], keepdim: bool = False) -> Array:
    return matrix_norm(self, "nuc", dim, keepdim)


# --- the condition number


def _condition(self: Array, p: Number | str) -> Array:
    if self.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if isinstance(p, str):
        require_square(self, f"linalg.cond(ord={p})")
    order = p if isinstance(p, str) else norm_order("linalg.cond", p)
    if order not in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if self.size == 0:
        return np.zeros(self.shape[:-2], real_dtype(dtype_of(self)).numpy)
    if order in (2, -2):
        values = singular_values(self)
        largest, smallest = values[..., 0], values[..., -1]
        return np.asarray(largest / smallest if order == 2 else smallest / largest)
    require_square(self, f"linalg.cond(ord={p})")
    if order == "nuc":
        values = singular_values(self)
        return np.asarray(values.sum(axis=-1) * (1 / values).sum(axis=-1))
    inverse, info = get("aten::linalg_inv_ex")(self, False)
    inverse = np.where((info > 0)[..., None, None], inverse.dtype.type(np.inf), inverse)
    product = matrix_norm(self, p) * matrix_norm(inverse, p)
    return np.nan_to_num(product, nan=np.inf, posinf=np.inf, neginf=-np.inf)


@op("aten::linalg_cond(Tensor self, Scalar? p=None) -> Tensor")
def linalg_cond(self: Array, p: Number | None = None) -> Array:
    """The condition number of every matrix for the norm of order ``p``, the 2-norm by default."""
    return _condition(self, 2 if p is None else p)


@op("aten::linalg_cond.p_str(Tensor self, str p) -> Tensor", cpp="ops::linalg_cond_named({0}, {1})")
def linalg_cond_named(self: Array, p: str) -> Array:
    return _condition(self, p)
