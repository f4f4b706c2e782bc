"""Products of vectors, chains of matrices, and the matrices of powers of a vector."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.linear import matmul, mm
from transpile.ops.promotion import (
    Array,
    broadcast_shapes,
    cast,
    compute_dtype,
    dtype_of,
    shape_text,
    wrap_dim,
)

FAMILY = Family("products")
op = FAMILY.op


# --- the cross product


def _cross(a: Array, b: Array, dim: int) -> Array:
    if a.ndim != b.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if not a.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = wrap_dim(dim, a.ndim)
    if a.shape[axis] != 3 or b.shape[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {a.shape[axis]} and {b.shape[axis]}"
        )
    shape = broadcast_shapes(a.shape, b.shape)
    dtype = dtype_of(a)
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(b).graph_name}")
    require_supported(dtype is not D.bool_, "cross", dtype)
    compute = compute_dtype(dtype)
    x, y = (np.moveaxis(np.broadcast_to(cast(v, compute), shape), axis, 0) for v in (a, b))

    def times(i: int, j: int) -> Array:  # rounded as every step is
        return cast(cast(np.asarray(x[i] * y[j]), dtype), compute)

    parts = [times(j, k) - times(k, j) for j, k in ((1, 2), (2, 0), (0, 1))]
    return cast(np.stack(parts, axis), dtype)


@op("aten::linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor")
def linalg_cross(self: Array, other: Array, *, dim: int = -1) -> Array:
    return _cross(self, other, dim)


@op("aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor")
def cross(self: Array, other: Array, dim: int | None = None) -> Array:
    """The cross product along ``dim``, or along the first dimension of extent 3."""
    if dim is None:
        dim = next((d for d, extent in enumerate(self.shape) if extent == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return _cross(self, other, dim)


# --- chains of matrices


def _check_chain(tensors: Sequence[Array]) -> None:
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for tensor, place in ((tensors[0], "first"), (tensors[-1], "last")):
        if tensor.ndim not in (1, 2):
            raise RuntimeError(f"multi_dot(): the {place} tensor must be 1D or 2D but got {tensor.ndim}D")
    for i, tensor in enumerate(tensors[1:-1], 1):
        if tensor.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {tensor.ndim}D")
    for i, tensor in enumerate(tensors):
        if tensor.dtype != tensors[0].dtype:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {dtype_of(tensors[0]).cpp_name} "
                f"and tensor {i} {dtype_of(tensor).cpp_name}"
            )
    for i, (a, b) in enumerate(itertools.pairwise(tensors)):
        if a.shape[-1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {shape_text(a.shape)} and {shape_text(b.shape)} "
                "cannot be multiplied"
            )


def _splits(extents: Sequence[int]) -> list[list[int]]:
    """Where to cut each run of a chain whose i-th matrix is extents[i] x extents[i + 1], for the fewest multiplications.

    The dynamic program of Cormen et al., Introduction to Algorithms: ``[i][j]`` is the last matrix of the left part.
    """
    count = len(extents) - 1
    costs = [[0] * count for _ in range(count)]
    splits = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            found = [
                (costs[i][k] + costs[k + 1][j] + extents[i] * extents[k + 1] * extents[j + 1], k) for k in range(i, j)
            ]
            costs[i][j], splits[i][j] = min(found)
    return splits


def multiply_chain(matrices: Sequence[Array]) -> Array:
    """The product of a chain of matrices that fit, in the order of the fewest multiplications."""
    splits = _splits([m.shape[0] for m in matrices] + [matrices[-1].shape[1]])

    def run(i: int, j: int) -> Array:
        if i == j:
            return matrices[i]
        product: Array = mm(run(i, splits[i][j]), run(splits[i][j] + 1, j))
        return product

    return run(0, len(matrices) - 1)


def multi_dot(tensors: Sequence[Array]) -> Array:
    _check_chain(tensors)
    if len(tensors) == 2:
        product: Array = matmul(tensors[0], tensors[1])
        return product
    first, last = tensors[0], tensors[-1]
    shape = first.shape[: first.ndim - 1] + last.shape[1:]
    row = first[None] if first.ndim == 1 else first
    column = last[:, None] if last.ndim == 1 else last
    return multiply_chain([row, *tensors[1:-1], column]).reshape(shape)


@op("aten::linalg_multi_dot(Tensor[] tensors) -> Tensor", tags=("nofold",))
def linalg_multi_dot(tensors: Sequence[Array]) -> Array:
    return multi_dot(tensors)


@op("aten::chain_matmul(Tensor[] matrices) -> Tensor", tags=("nofold", "lends"))
def chain_matmul(matrices: Sequence[Array]) -> Array:
    for matrix in matrices:
        if matrix.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {matrix.ndim}, expected 2 instead.")
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


# --- powers of a vector


def _powers(x: Array, count: int, dtype: D.DType) -> Array:
    """The powers from 0 up to ``count - 1`` along a new last dimension, each made of the one before."""
    if count > 1 and count - 1 > (2**63 - 1) // max(x.size, 1):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={shape_text((*x.shape, count - 1))}")
    compute = compute_dtype(dtype)
    result = np.ones((*x.shape, count), compute.numpy)
    if count > 1:
        result[..., 1:] = cast(x, compute)[..., None]
        result = np.cumprod(result, axis=-1, dtype=compute.numpy)
    return cast(result, dtype)


@op("aten::vander(Tensor x, int? N=None, bool increasing=False) -> Tensor")
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """The Vandermonde matrix: row i holds the powers of ``x[i]``, the highest first unless ``increasing``."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    result = _powers(x, count, D.promote_types(dtype_of(x), D.int64))
    return result if increasing else np.ascontiguousarray(result[:, ::-1])


@op("aten::linalg_vander(Tensor x, *, int? N=None) -> Tensor")
def linalg_vander(x: Array, *, N: int | None = None) -> Array:
    """The Vandermonde matrices of the vectors along the last dimension, powers ascending."""
    dtype = dtype_of(x)
    if dtype in (D.bool_, D.float16, D.bfloat16):
        raise RuntimeError(
            f"linalg.vander supports floating point, complex, and integer tensors, but got {dtype.graph_name}"
        )
    values = x.reshape(1) if x.ndim == 0 else x
    count = values.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    return _powers(values, count, D.promote_types(dtype, D.int64))


# --- products of groups of rows or columns


def _check_aligned(matrix: Array) -> None:
    """What grouped products ask of the memory of a matrix: rows or columns side by side, each at a multiple of 16 bytes."""
    rows, columns = matrix.strides[-2], matrix.strides[-1]
    size = matrix.itemsize
    if columns >= max(1, matrix.shape[-2]) * size and rows == size:
        step = columns
    elif columns == size and rows >= max(1, matrix.shape[-1]) * size:
        step = rows
    else:
        strides = shape_text(tuple(stride // size for stride in matrix.strides))
        raise RuntimeError(f"Invalid strides/sizes, got {strides} for strides and {shape_text(matrix.shape)} for sizes")
    if step % 16:
        raise RuntimeError("strides should be multiple of 16 bytes")


def _check_grouped(a: Array, b: Array, offs: Array | None) -> None:
    for name, matrix in (("mat_a", a), ("mat_b", b)):
        if dtype_of(matrix) not in (D.float32, D.bfloat16, D.float16):
            found = dtype_of(matrix).graph_name
            raise RuntimeError(f"Expected {name} to be Float32, BFloat16 or Float16 matrix, got {found}")
    for name, matrix in (("mat_a", a), ("mat_b", b)):
        if matrix.ndim not in (2, 3):
            raise RuntimeError(f"{name} has to be 2 or 3d")
    if (a.ndim == 3 or b.ndim == 3) and a.shape[-1] != b.shape[-2]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    _check_aligned(a)
    _check_aligned(b)
    if (offs is not None) != (a.ndim == 2 or b.ndim == 2):
        raise RuntimeError(
            "Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d"
        )  # fmt: skip
    if offs is not None and offs.ndim != 1:
        raise RuntimeError("offs has to be 1D")
    if offs is not None and dtype_of(offs) is not D.int32:
        raise RuntimeError("Offsets have to be int32")


@op(
    "aten::_grouped_mm(Tensor self, Tensor mat2, Tensor? offs=None, Tensor? bias=None, ScalarType? out_dtype=None) -> Tensor"
)
def _grouped_mm(
    self: Array, mat2: Array, offs: Array | None = None, bias: Array | None = None, out_dtype: D.DType | None = None
) -> Array:
    """One product of matrices for each group: group i of a 2-d operand ends at ``offs[i]``; of a 3-d one it is matrix i.

    Two 2-d operands are cut along the contracted dimension.  What belongs to no group is zero.
    """
    _check_grouped(self, mat2, offs)
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    dtype = dtype_of(self)
    if out_dtype not in (None, dtype):
        raise RuntimeError("Grouped gemm output dtype must match `mat_a` dtype")
    flat_a, flat_b = self.ndim == 2, mat2.ndim == 2
    groups = len(self) if offs is None else len(offs)
    for matrix in (self, mat2):
        if matrix.ndim == 3 and len(matrix) != groups:
            raise RuntimeError(
                "batched dimension has to match" if offs is None else "matrix batch sizes have to match"
            )  # fmt: skip
    if dtype_of(mat2) is not dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {dtype.cpp_name} != {dtype_of(mat2).cpp_name}"
        )
    rows, columns = self.shape[-2], mat2.shape[-1]
    # Rows of the result begin at multiples of 16 bytes, too.
    padded = -(-columns // (16 // self.itemsize)) * (16 // self.itemsize)
    batch = () if flat_a != flat_b else (groups,)
    result = np.zeros((*batch, rows, padded), self.dtype)[..., :columns]
    begin = 0
    for group in range(groups):
        end = begin if offs is None else int(offs[group])
        cut = slice(begin, end)
        a = self[group] if not flat_a else self[:, cut] if flat_b else self[cut]
        b = mat2[group] if not flat_b else mat2[cut] if flat_a else mat2[:, cut]
        into = result[group] if flat_a == flat_b else result[cut] if flat_a else result[:, cut]
        into[...] = mm(a, b)
        begin = end
    return result
