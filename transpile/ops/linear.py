"""Operators of the linear family: products of vectors, matrices and batches of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops import einsum as contraction
from transpile.ops.families import Family, in_place, require_supported
from transpile.ops.promotion import (
    Array,
    Number,
    broadcast_shapes,
    cast,
    compute_dtype,
    dtype_of,
    result_type,
    shape_text,
    to_element,
    wrap_dim,
)
from transpile.ops.registry import NoCpp

FAMILY = Family("linear")
op = FAMILY.op
_SUBLISTS = NoCpp(
    "which arguments are lists is known in Python only", 'write the equation: torch.einsum("ij,jk", a, b)'
)


def product(a: Array, b: Array) -> Array:
    """``a @ b`` with 16-bit types computed in float32 and integers wrapping; the operands share one type."""
    dtype = dtype_of(a)
    if dtype is D.bool_:
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")
    compute = compute_dtype(dtype)
    result = np.matmul(cast(a, compute), cast(b, compute))
    return cast(np.asarray(result), dtype)


def _same_type(a: Array, b: Array) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {dtype_of(a).cpp_name} != {dtype_of(b).cpp_name}"
        )


def _fits(a: Array, b: Array) -> None:
    if a.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and {b.shape[0]}x{b.shape[1]})"
        )


def _mm(a: Array, b: Array) -> Array:
    if a.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if b.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _fits(a, b)
    _same_type(a, b)
    return product(a, b)


def _bmm(a: Array, b: Array) -> Array:
    if a.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor")
    if b.ndim != 3:
        raise RuntimeError("batch2 must be a 3D tensor")
    expected = f"[{a.shape[0]}, {a.shape[2]}]"
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: {expected} but got: "
            f"[{b.shape[0]}, {b.shape[1]}]."
        )
    _same_type(a, b)
    return product(a, b)


def _mv(a: Array, v: Array) -> Array:
    if a.ndim != 2 or v.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {a.ndim}, {v.ndim}")
    if a.shape[1] != v.shape[0]:
        rows, columns = a.shape
        raise RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{columns}), vec ({v.shape[0]})")
    _same_type(a, v)
    return product(a, v)


def _dot(a: Array, b: Array) -> Array:
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {_scalar_name(a)} and {_scalar_name(b)}"
        )
    if a.shape != b.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.size}] and src [{b.size}] to have the same number of "
            f"elements, but got {a.size} and {b.size} elements respectively"
        )
    return product(a, b)


def _scalar_name(array: Array) -> str:
    return dtype_of(array).graph_name


def _matmul(a: Array, b: Array) -> Array:
    if not a.ndim or not b.ndim:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D")
    if a.ndim == 1 and b.ndim == 1:
        return _dot(a, b)
    if a.ndim == 2 and b.ndim == 1:
        return _mv(a, b)
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if a.ndim <= 2 and b.ndim == 2:
        result = _mm(left, right)
        return result if a.ndim == 2 else result.reshape(right.shape[1])
    batch = broadcast_shapes(left.shape[:-2], right.shape[:-2])
    if left.shape[-1] != right.shape[-2]:
        if right.ndim <= 2 or b.ndim == 1:
            rows = math.prod(left.shape[:-1])
            if b.ndim == 1:
                raise RuntimeError(
                    f"size mismatch, got input ({rows}), mat ({rows}x{left.shape[-1]}), vec ({right.shape[0]})"
                )
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({rows}x{left.shape[-1]} and "
                f"{right.shape[-2]}x{right.shape[-1]})"
            )
        count = math.prod(batch)
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{count}, {left.shape[-1]}] but got: "
            f"[{count}, {right.shape[-2]}]."
        )
    _same_type(a, b)
    return product(a, b)


@op("aten::matmul(Tensor self, Tensor other) -> Tensor", tags=("nofold",))
def matmul(self: Array, other: Array) -> Array:
    return _matmul(self, other)


@op("aten::mm(Tensor self, Tensor mat2) -> Tensor", tags=("nofold",))
def mm(self: Array, mat2: Array) -> Array:
    return _mm(self, mat2)


@op("aten::bmm(Tensor self, Tensor mat2) -> Tensor", tags=("nofold",))
def bmm(self: Array, mat2: Array) -> Array:
    return _bmm(self, mat2)


@op("aten::mv(Tensor self, Tensor vec) -> Tensor", tags=("nofold",))
def mv(self: Array, vec: Array) -> Array:
    return _mv(self, vec)


@op("aten::dot(Tensor self, Tensor tensor) -> Tensor", tags=("nofold",))
def dot(self: Array, tensor: Array) -> Array:
    return _dot(self, tensor)


@op("aten::vdot(Tensor self, Tensor other) -> Tensor", tags=("nofold",), header="products")
def vdot(self: Array, other: Array) -> Array:
    return _dot(np.conj(self) if np.iscomplexobj(self) else self, other)


@op("aten::inner(Tensor self, Tensor other) -> Tensor", tags=("nofold",))
def inner(self: Array, other: Array) -> Array:
    if not self.ndim or not other.ndim:
        return np.asarray(self * other, self.dtype)
    if self.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{shape_text(self.shape)} and {shape_text(other.shape)}"
        )
    if self.dtype != other.dtype:
        raise RuntimeError("both inputs should have same dtype")
    rows, columns = (a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) for a in (self, other))
    flat = product(rows, columns.T)
    return flat.reshape(self.shape[:-1] + other.shape[:-1])


def _outer(a: Array, b: Array) -> Array:
    if a.ndim != 1 or b.ndim != 1:
        wrong, name = (a, "self") if a.ndim != 1 else (b, "vec2")
        raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {wrong.ndim}-D")
    common = D.promote_types(dtype_of(a), dtype_of(b))
    compute = compute_dtype(common)
    return cast(np.outer(cast(a, compute), cast(b, compute)), common)


@op("aten::outer(Tensor self, Tensor vec2) -> Tensor", tags=("nofold",))
def outer(self: Array, vec2: Array) -> Array:
    return _outer(self, vec2)


@op("aten::ger(Tensor self, Tensor vec2) -> Tensor", tags=("nofold",))
def ger(self: Array, vec2: Array) -> Array:
    return _outer(self, vec2)


@op(
    "aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
    tags=("nofold", "same_rank", "like_weight"),
    header="linear_layer",
)
def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    return apply_linear(input, weight, bias)


def apply_linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input @ weight.T + bias`` over the last dimension."""
    if not input.ndim or not weight.ndim:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D"
        )
    transposed = weight.T
    inner_extent = transposed.shape[0]
    if input.shape[-1] != inner_extent and weight.ndim == 2:
        rows = math.prod(input.shape[:-1])
        if input.ndim == 1:
            rows = 1
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{input.shape[-1]} and {inner_extent}x{weight.shape[0]})"
        )
    if input.dtype != weight.dtype:
        _linear_types(input, weight)
    dtype = dtype_of(input)
    compute = compute_dtype(dtype)
    wide = cast(input, compute)
    # One matrix product over all leading dimensions is much faster than a batch of small ones.
    flat = wide.reshape(-1, input.shape[-1]) if input.ndim != 2 and input.size else wide
    result = np.asarray(np.matmul(flat, cast(transposed, compute)))
    if input.ndim != 2:
        result = result.reshape(input.shape[:-1] + weight.shape[:-1])
    if bias is not None:
        if bias.dtype != input.dtype:
            raise RuntimeError(
                f"self and mat2 must have the same dtype, but got {dtype_of(bias).graph_name} and {dtype.graph_name}"
            )
        if bias.ndim > 1 or (bias.ndim == 1 and bias.shape[0] not in (1, result.shape[-1])):
            rows = math.prod(result.shape[:-1])
            raise RuntimeError(
                f"The expanded size of the tensor ({result.shape[-1]}) must match the existing size ({bias.shape[-1]}) "
                "at "
                f"non-singleton dimension 1.  Target sizes: [{rows}, {result.shape[-1]}].  "
                f"Tensor sizes: {shape_text(bias.shape)}"
            )
        if compute is dtype:
            result += bias
        else:
            result = result + cast(bias, compute)
    return cast(result, dtype)


def _linear_types(input: Array, weight: Array) -> None:
    raise RuntimeError(
        f"expected m1 and m2 to have the same dtype, but got: {dtype_of(input).cpp_name} != {dtype_of(weight).cpp_name}"
    )


_CPP_NAMES = {D.complex64: "c10::complex<float>", D.complex128: "c10::complex<double>", D.int64: "long int"}


def _check_bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None) -> None:
    if bias is not None and not bias.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for dim, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if a != b:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {a} and {b}")
    for at, (name, array) in enumerate((("input1", input1), ("input2", input2)), 1):
        wrap_dim(at, weight.ndim)
        wrap_dim(-1, array.ndim)
        if array.shape[-1] != weight.shape[at]:
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got {array.shape[-1]} but expected {weight.shape[at]}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    given = {"input1": input1, "input2": input2, "weight": weight} | ({} if bias is None else {"bias": bias})
    if any(a.dtype != input1.dtype for a in given.values()):
        shown = ", ".join(f"{n}: {_CPP_NAMES.get(dtype_of(a), dtype_of(a).cpp_name)}" for n, a in given.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {shown}")
    if weight.ndim != 3:
        raise RuntimeError(f"expected a weight of 3 dimensions, got {weight.ndim}")
    require_supported(dtype_of(input1) is not D.bool_, "bmm", D.bool_)


@op(
    "aten::bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
    tags=("nofold",),
    header="bilinear",
)
def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Array:
    _check_bilinear(input1, input2, weight, bias)
    result = np.einsum("...i,oij,...j->...o", input1, weight, input2, optimize=True)
    return np.asarray(result if bias is None else result + bias, input1.dtype)


# --- products added to something


def _add_product(self: Array, result: Array, beta: Number, alpha: Number) -> Array:
    """``beta * self + alpha * result``; ``self`` may have fewer dimensions, and its NaNs do not count if beta is 0."""
    try:
        base = np.broadcast_to(self, result.shape)
    except ValueError:
        sizes, target = shape_text(self.shape), shape_text(result.shape)
        if self.ndim > result.ndim:
            raise RuntimeError(
                f"expand(torch.{dtype_of(self).graph_name}Tensor{{{sizes}}}, size={target}): the number of sizes "
                f"provided ({result.ndim}) must be greater or equal to the number of dimensions in the tensor "
                f"({self.ndim})"
            ) from None
        new = result.ndim - self.ndim
        dim = next(d for d in range(result.ndim - 1, -1, -1) if self.shape[d - new] not in (1, result.shape[d]))
        raise RuntimeError(
            f"The expanded size of the tensor ({result.shape[dim]}) must match the existing size "
            f"({self.shape[dim - new]}) at non-singleton dimension {dim}.  Target sizes: {target}.  "
            f"Tensor sizes: {sizes}"
        ) from None
    dtype = dtype_of(result)
    if self.dtype != result.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {dtype_of(self).graph_name} and {dtype.graph_name}"
        )
    compute = compute_dtype(dtype)
    total = cast(result, compute)
    if alpha != 1:
        total = total * to_element(alpha, compute)
    if beta != 0:
        scaled = cast(base, compute)
        total = total + (scaled if beta == 1 else scaled * to_element(beta, compute))
    return cast(np.asarray(total), dtype)


@op("aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", tags=("nofold",))
def addmm(self: Array, mat1: Array, mat2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    if mat1.ndim != 2 or mat2.ndim != 2:
        wrong, name = (mat1, "mat1") if mat1.ndim != 2 else (mat2, "mat2")
        raise RuntimeError(f"{name} must be a matrix, got {wrong.ndim}-D tensor")
    _fits(mat1, mat2)
    _same_type(mat1, mat2)
    return _add_product(self, product(mat1, mat2), beta, alpha)


@op("aten::addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor", tags=("nofold",))
def addmv(self: Array, mat: Array, vec: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    return _add_product(self, _mv(mat, vec), beta, alpha)


@op("aten::addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", tags=("nofold",))
def addr(self: Array, vec1: Array, vec2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    common = result_type(self, vec1, vec2)
    return _add_product(cast(self, common), _outer(cast(vec1, common), cast(vec2, common)), beta, alpha)


@op(
    "aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    tags=("nofold",),
)
def baddbmm(self: Array, batch1: Array, batch2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    return _add_product(self, _bmm(batch1, batch2), beta, alpha)


@op(
    "aten::addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    tags=("nofold",),
)
def addbmm(self: Array, batch1: Array, batch2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    if batch1.dtype != batch2.dtype:
        names = f"{dtype_of(batch1).graph_name} and {dtype_of(batch2).graph_name}"
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {names}")
    wide = compute_dtype(dtype_of(batch1))
    total = _bmm(cast(batch1, wide), cast(batch2, wide)).sum(axis=0, dtype=wide.numpy)
    return _add_product(self, cast(total, dtype_of(batch1)), beta, alpha)


addmm_ = in_place(addmm)
addmv_ = in_place(addmv)
addr_ = in_place(addr)
baddbmm_ = in_place(baddbmm)
addbmm_ = in_place(addbmm)


# --- contractions


@op(
    "aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
    tags=("nofold", "lends"),
    header="einsum",
)
def einsum(equation: str, tensors: Sequence[Array], *, path: Sequence[int] | None = None) -> Array:
    return contraction.einsum(equation, tensors)


@op("aten::einsum.sublist(Tensor a, ...) -> Tensor", tags=("nofold", "lends"), no_cpp=_SUBLISTS)
def einsum_sublist(*arguments: Any) -> Array:
    """Operands and the numbers of their dimensions in turn, those of the result at the end."""
    operands, subscripts = list(arguments[::2]), list(arguments[1::2])
    if len(arguments) % 2 == 1 and len(arguments) > 1:
        subscripts.append(operands.pop())
    for listed in subscripts:
        for number in listed:
            if not 0 <= number < 52:
                raise RuntimeError(
                    f"aten::einsum: expected all subscripts to be within the valid range [0, 52), but got {number}"
                )
    letters = ["".join(chr(ord("A") + n) if n < 26 else chr(ord("a") + n - 26) for n in s) for s in subscripts]
    result = f"->{letters.pop()}" if len(letters) > len(operands) else ""
    return contraction.einsum(",".join(letters) + result, operands)


@op(
    "aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
    tags=("nofold", "lends"),
    header="products",
)
def tensordot(self: Array, other: Array, dims_self: Sequence[int], dims_other: Sequence[int]) -> Array:
    if len(dims_self) != len(dims_other):
        raise RuntimeError("both dimension lists should have same length")
    if self.dtype != other.dtype:
        raise RuntimeError("both inputs should have same dtype")
    left = [wrap_dim(d, self.ndim) for d in dims_self]
    right = [wrap_dim(d, other.ndim) for d in dims_other]
    for a, b, given_a, given_b in zip(left, right, dims_self, dims_other, strict=True):
        if self.shape[a] != other.shape[b] and 1 not in (self.shape[a], other.shape[b]):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {self.shape[a]} in dim {given_a} and second "
                f"has size {other.shape[b]} in dim {given_b}"
            )
    for dims in (left, right):
        for dim in dims:
            if dims.count(dim) > 1:
                raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    keep_left = [d for d in range(self.ndim) if d not in left]
    keep_right = [d for d in range(other.ndim) if d not in right]
    shape = tuple(self.shape[d] for d in keep_left) + tuple(other.shape[d] for d in keep_right)
    extents = tuple(other.shape[b] if self.shape[a] == 1 else self.shape[a] for a, b in zip(left, right, strict=True))
    count = math.prod(extents)
    # A contracted extent of 1 stands for a sum over the other operand's extent.
    first = np.broadcast_to(self.transpose(keep_left + left), tuple(self.shape[d] for d in keep_left) + extents)
    second = np.broadcast_to(other.transpose(right + keep_right), extents + tuple(other.shape[d] for d in keep_right))
    rows, columns = math.prod(self.shape[d] for d in keep_left), math.prod(other.shape[d] for d in keep_right)
    return product(first.reshape(rows, count), second.reshape(count, columns)).reshape(shape)


@op("aten::kron(Tensor self, Tensor other) -> Tensor", tags=("nofold",), header="products")
def kron(self: Array, other: Array) -> Array:
    common = D.promote_types(dtype_of(self), dtype_of(other))
    return cast(np.kron(cast(self, common), cast(other, common)), common)


@op("aten::linalg_matmul(Tensor self, Tensor other) -> Tensor", tags=("nofold",), cpp="ops::matmul({0}, {1})")
def linalg_matmul(self: Array, other: Array) -> Array:
    return _matmul(self, other)


@op("aten::linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor", tags=("nofold",), header="products")
def linalg_vecdot(x: Array, y: Array, *, dim: int = -1) -> Array:
    common = dtype_of(x)
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {common.graph_name} and y of "
            f"type {dtype_of(y).graph_name} instead"
        )
    compute = compute_dtype(common)
    a, b = (cast(v, compute) for v in (x, y))
    shape = broadcast_shapes(a.shape, b.shape)
    products = np.conj(a) * b if common.is_complex else a * b
    return cast(np.asarray(products.sum(axis=wrap_dim(dim, len(shape)), dtype=compute.numpy)), common)
