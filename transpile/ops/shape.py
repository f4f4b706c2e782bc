"""Operators of the shape family: views and the asking after shapes.

What shares memory in torch shares it here.  Rearrangements that copy are in ``arrangement``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from transpile.core.dtype import DType
from transpile.ops import layout
from transpile.ops.families import Family
from transpile.ops.layout import list_text, narrow, select_view, slice_view
from transpile.ops.promotion import Array, broadcast_shapes, dtype_of, wrap_dim, wrap_dims, write

FAMILY = Family("shape", header="views")
op = FAMILY.op

_VIEW = ("view",)


# --- asking


@op("aten::size.int(Tensor self, int dim) -> int", cpp="{0}.size({1})", tags=("sizes", "one_error"))
def size_int(self: Array, dim: int) -> int:
    if not self.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return self.shape[wrap_dim(dim, self.ndim)]


@op("aten::size(Tensor self) -> int[]", tags=("sizes", "infallible"))
def size(self: Array) -> list[int]:
    return list(self.shape)


@op("aten::dim(Tensor self) -> int", cpp="{0}.dim()", tags=("sizes", "total"))
def dim(self: Array) -> int:
    return self.ndim


@op("aten::numel(Tensor self) -> int", cpp="{0}.numel()", tags=("sizes", "total"))
def numel(self: Array) -> int:
    return self.size


@op("aten::len.Tensor(Tensor t) -> int")
def length(t: Array) -> int:
    if not t.ndim:
        raise TypeError("len() of a 0-d tensor")
    return t.shape[0]


@op("aten::stride.int(Tensor self, int dim) -> int")
def stride_int(self: Array, dim: int) -> int:
    if not self.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return layout.strides_of(self)[wrap_dim(dim, self.ndim)]


@op("aten::stride(Tensor self) -> int[]")
def stride(self: Array) -> list[int]:
    return layout.strides_of(self)


@op("aten::storage_offset(Tensor self) -> int")
def storage_offset(self: Array) -> int:
    return layout.storage_offset(self)


@op("aten::is_contiguous(Tensor self) -> bool")
def is_contiguous(self: Array) -> bool:
    return self.flags.c_contiguous


@op("aten::is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool")
def is_contiguous_format(self: Array) -> bool:
    return self.flags.c_contiguous


# --- other shapes


@op("aten::view(Tensor(a) self, int[] size) -> Tensor(a)", tags=_VIEW)
def view(self: Array, size: Sequence[int]) -> Array:
    return layout.view(self, size)


@op("aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)", tags=_VIEW)
def view_dtype(self: Array, dtype: DType) -> Array:
    source = dtype_of(self)
    if source.itemsize == dtype.itemsize:
        return self.view(dtype.numpy)
    if not self.ndim:
        raise RuntimeError(
            f"self.dim() cannot be 0 to view {source.graph_name} as {dtype.graph_name} (different element sizes)"
        )
    ratio = dtype.itemsize // source.itemsize
    if ratio and self.shape[-1] % ratio:
        raise RuntimeError(
            f"self.size(-1) must be divisible by {ratio} to view {source.graph_name} as {dtype.graph_name} "
            f"(different element sizes), but got {self.shape[-1]}"
        )
    if self.shape[-1] > 1 and self.strides[-1] != self.itemsize:
        raise RuntimeError(
            f"self.stride(-1) must be 1 to view {source.graph_name} as {dtype.graph_name} (different element sizes), "
            f"but got {self.strides[-1] // self.itemsize}"
        )
    return self.view(dtype.numpy)


@op("aten::_unsafe_view(Tensor self, int[] size) -> Tensor", cpp="ops::view({0}, {1})")
def unsafe_view(self: Array, size: Sequence[int]) -> Array:
    return layout.view(self, size)


@op("aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)", tags=_VIEW)
def view_as(self: Array, other: Array) -> Array:
    return layout.view(self, other.shape)


def _reshape(array: Array, shape: Sequence[int]) -> Array:
    return array.reshape(layout.resolve_shape(shape, array.size))


@op("aten::reshape(Tensor(a) self, int[] shape) -> Tensor(a)", tags=_VIEW)
def reshape(self: Array, shape: Sequence[int]) -> Array:
    return _reshape(self, shape)


@op("aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)", tags=_VIEW)
def reshape_as(self: Array, other: Array) -> Array:
    return _reshape(self, other.shape)


@op(
    "aten::_reshape_alias(Tensor(a) self, int[] size, int[] stride) -> Tensor(a)",
    cpp="ops::as_strided({0}, {1}, {2})",
    tags=_VIEW,
    header="view_windows",
)
def reshape_alias(self: Array, size: Sequence[int], stride: Sequence[int]) -> Array:
    return layout.as_strided(self, size, stride, None)


@op("aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)", tags=_VIEW)
def flatten(self: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    start, end = wrap_dim(start_dim, self.ndim), wrap_dim(end_dim, self.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not self.ndim:
        return self.reshape(1)
    if start == end:
        return self
    middle = math.prod(self.shape[start : end + 1])
    return self.reshape(*self.shape[:start], middle, *self.shape[end + 1 :])


@op("aten::ravel(Tensor(a) self) -> Tensor(a)", tags=_VIEW)
def ravel(self: Array) -> Array:
    return self.reshape(-1) if self.size else self.reshape(0)


@op("aten::unflatten.int(Tensor(a) self, int dim, int[] sizes) -> Tensor(a)", tags=_VIEW)
def unflatten(self: Array, dim: int, sizes: Sequence[int]) -> Array:
    at = wrap_dim(dim, self.ndim)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if self.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    extent = self.shape[at]
    try:
        middle = layout.resolve_shape(sizes, extent)
    except RuntimeError as error:
        if "only one" in str(error) or "ambiguous" in str(error):
            raise
        raise RuntimeError(
            f"unflatten: Provided sizes {list_text(sizes)} don't multiply up to the size of dim {at} ({extent}) in the "
            "input tensor"
        ) from None
    return layout.view(self, (*self.shape[:at], *middle, *self.shape[at + 1 :]))


@op("aten::squeeze(Tensor(a) self) -> Tensor(a)", tags=_VIEW)
def squeeze(self: Array) -> Array:
    return self.squeeze()


def _without(shape: Sequence[int], dims: Sequence[int]) -> tuple[int, ...]:
    return tuple(n for d, n in enumerate(shape) if n != 1 or d not in dims)


@op("aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)", tags=_VIEW)
def squeeze_dim(self: Array, dim: int) -> Array:
    return self.reshape(_without(self.shape, (wrap_dim(dim, self.ndim),)))


@op("aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)", tags=_VIEW)
def squeeze_dims(self: Array, dim: Sequence[int]) -> Array:
    return self.reshape(_without(self.shape, wrap_dims(tuple(dim), self.ndim) if dim else ()))


@op("aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)", tags=_VIEW)
def unsqueeze(self: Array, dim: int) -> Array:
    return np.expand_dims(self, wrap_dim(dim, self.ndim + 1))


@op(
    "aten::expand(Tensor(a) self, int[] size, *, bool implicit=False) -> Tensor(a)",
    cpp="ops::expand({0}, {1})",
    tags=_VIEW,
)
def expand(self: Array, size: Sequence[int], *, implicit: bool = False) -> Array:
    return layout.expand(self, size)


@op("aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)", tags=_VIEW)
def expand_as(self: Array, other: Array) -> Array:
    return layout.expand(self, other.shape)


@op("aten::broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)", tags=_VIEW)
def broadcast_to(self: Array, size: Sequence[int]) -> Array:
    return layout.expand(self, size)


@op("aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]", tags=("lends",))
def broadcast_tensors(tensors: Sequence[Array]) -> list[Array]:
    shape = broadcast_shapes(*(t.shape for t in tensors))
    return [layout.expand(t, shape) for t in tensors]


@op(
    "aten::as_strided(Tensor(a) self, int[] size, int[] stride, int? storage_offset=None) -> Tensor(a)",
    tags=_VIEW,
    header="view_windows",
)
def as_strided(self: Array, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Array:
    return layout.as_strided(self, size, stride, storage_offset)


# --- other orders of the dimensions


def _permute(array: Array, dims: Sequence[int]) -> Array:
    if len(dims) != array.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {array.ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = [wrap_dim(d, array.ndim) for d in dims]
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return array.transpose(order)


@op("aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)", tags=_VIEW)
def permute(self: Array, dims: Sequence[int]) -> Array:
    return _permute(self, dims)


def _transpose(array: Array, dim0: int, dim1: int) -> Array:
    first, second = wrap_dim(dim0, array.ndim), wrap_dim(dim1, array.ndim)
    return array.swapaxes(first, second) if array.ndim else array[...]


@op("aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", tags=(*_VIEW, "same_rank"))
def transpose(self: Array, dim0: int, dim1: int) -> Array:
    return _transpose(self, dim0, dim1)


@op("aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)", tags=(*_VIEW, "same_rank"))
def swapaxes(self: Array, axis0: int, axis1: int) -> Array:
    return _transpose(self, axis0, axis1)


@op("aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", tags=_VIEW)
def swapdims(self: Array, dim0: int, dim1: int) -> Array:
    return _transpose(self, dim0, dim1)


@op("aten::t(Tensor(a) self) -> Tensor(a)", tags=_VIEW)
def t(self: Array) -> Array:
    if self.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {self.ndim}D")
    return self.T


@op("aten::numpy_T(Tensor(a) self) -> Tensor(a)", tags=_VIEW)
def numpy_T(self: Array) -> Array:
    return self.T


def _matrix_transpose(array: Array, name: str, batches: bool) -> Array:
    if array.ndim == 0:
        return array[...]
    if array.ndim == 1 or (array.ndim > 2 and not batches):
        kind = "matrices or batches of matrices" if batches else "matrices (2-D tensors)"
        hint = "" if batches else " For batches of matrices, consider using tensor.mH"
        raise RuntimeError(f"tensor.{name} is only supported on {kind}. Got {array.ndim}-D tensor.{hint}")
    return array.swapaxes(-1, -2)


def _conjugate(array: Array) -> Array:
    """The conjugate; real numbers, 16-bit floats too, stay where they are."""
    return array.conj() if array.dtype.kind == "c" else array


@op("aten::mT(Tensor(a) self) -> Tensor(a)", tags=_VIEW)
def mT(self: Array) -> Array:
    return _matrix_transpose(self, "mT", True)


@op("aten::mH(Tensor(a) self) -> Tensor(a)", tags=_VIEW, header="unary")
def mH(self: Array) -> Array:
    return _conjugate(_matrix_transpose(self, "mH", True))


@op("aten::matrix_H(Tensor(a) self) -> Tensor(a)", tags=_VIEW, header="unary")
def matrix_H(self: Array) -> Array:
    return _conjugate(_matrix_transpose(self, "H", False))


@op("aten::adjoint(Tensor(a) self) -> Tensor(a)", tags=_VIEW, header="unary")
def adjoint(self: Array) -> Array:
    return _conjugate(_matrix_transpose(self, "adjoint()", True))


@op("aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)", tags=_VIEW)
def movedim_int(self: Array, source: int, destination: int) -> Array:
    return self.transpose(layout.move_dims(self.ndim, [source], [destination]))


@op("aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)", tags=_VIEW)
def movedim(self: Array, source: Sequence[int], destination: Sequence[int]) -> Array:
    return self.transpose(layout.move_dims(self.ndim, source, destination))


@op(
    "aten::moveaxis.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
    tags=_VIEW,
    cpp="ops::movedim({0}, {1}, {2})",
)
def moveaxis(self: Array, source: Sequence[int], destination: Sequence[int]) -> Array:
    return self.transpose(layout.move_dims(self.ndim, source, destination))


@op(
    "aten::moveaxis.int(Tensor(a) self, int source, int destination) -> Tensor(a)",
    tags=_VIEW,
    cpp="ops::movedim({0}, {1}, {2})",
)
def moveaxis_int(self: Array, source: int, destination: int) -> Array:
    return self.transpose(layout.move_dims(self.ndim, [source], [destination]))


# --- parts


@op("aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)", tags=_VIEW, header="view_windows")
def select(self: Array, dim: int, index: int) -> Array:
    if not self.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    at = wrap_dim(dim, self.ndim)
    if not -self.shape[at] <= index < self.shape[at]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list_text(self.shape)} at dimension {at}"
        )
    return select_view(self, at, index)


@op(
    "aten::slice.Tensor(Tensor(a) self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor(a)",
    tags=_VIEW,
    header="view_windows",
)
def slice_tensor(self: Array, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Array:
    if not self.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    return slice_view(self, wrap_dim(dim, self.ndim), start, end, step)


def _narrow(array: Array, dim: int, start: int, length: int) -> Array:
    if not array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    at = wrap_dim(dim, array.ndim)
    extent = array.shape[at]
    if not -extent <= start <= extent:
        raise IndexError(f"start out of range (expected to be in range of [{-extent}, {extent}], but got {start})")
    first = start + extent if start < 0 else start
    if first + length > extent:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({extent}).")
    return narrow(array, at, first, length)


@op("aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)", tags=_VIEW, header="view_windows")
def narrow_int(self: Array, dim: int, start: int, length: int) -> Array:
    return _narrow(self, dim, start, length)


@op(
    "aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, int length) -> Tensor(a)",
    tags=_VIEW,
    header="view_windows",
)
def narrow_tensor(self: Array, dim: int, start: Array, length: int) -> Array:
    if start.ndim or dtype_of(start).category != 1:
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    return _narrow(self, dim, int(start), length)


@op(
    "aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)",
    tags=_VIEW,
    header="view_windows",
)
def diagonal(self: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    first, second = wrap_dim(dim1, self.ndim), wrap_dim(dim2, self.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    reach = max(self.shape)
    result = self.diagonal(min(max(offset, -reach), reach), first, second)
    if self.flags.writeable:
        result.setflags(write=True)
    return result


@op(
    "aten::linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)",
    tags=_VIEW,
    header="view_windows",
)
def linalg_diagonal(A: Array, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    result: Array = diagonal(A, offset, dim1, dim2)
    return result


@op("aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)", tags=_VIEW, header="view_windows")
def unfold(self: Array, dimension: int, size: int, step: int) -> Array:
    at = wrap_dim(dimension, self.ndim)
    extent = self.shape[at] if self.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > extent:
        raise RuntimeError(f"maximum size for tensor at dimension {at} is {extent} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    base = self if self.ndim else self.reshape(1)
    count = (extent - size) // step + 1
    shape = (*base.shape[:at], count, *base.shape[at + 1 :], size)
    apart = base.strides[at] * step
    apart = apart if apart < 2**63 else base.strides[at]  # a second window that far away does not exist
    strides = (*base.strides[:at], apart, *base.strides[at + 1 :], base.strides[at])
    result: Array = np.lib.stride_tricks.as_strided(base, shape, strides)
    return result if self.ndim else result[0]


# --- the same tensor


@op(
    "aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)",
    tags=(*_VIEW, "same_rank", "itself"),
)
def contiguous(self: Array) -> Array:
    return layout.dense(self)


@op("aten::alias(Tensor(a) self) -> Tensor(a)", tags=_VIEW)
def alias(self: Array) -> Array:
    return self[...]


@op("aten::detach(Tensor(a) self) -> Tensor(a)", tags=(*_VIEW, "nograd"))
def detach(self: Array) -> Array:
    return self[...]


@op("aten::detach_(Tensor(a!) self) -> Tensor(a!)")
def detach_(self: Array) -> Array:
    return self


@op("aten::lift_fresh(Tensor(a) self) -> Tensor(a)", tags=_VIEW, cpp="{0}")
def lift_fresh(self: Array) -> Array:
    return self


@op("aten::resolve_conj(Tensor(a) self) -> Tensor(a)", tags=(*_VIEW, "itself"), cpp="{0}")
def resolve_conj(self: Array) -> Array:
    return self


@op("aten::resolve_neg(Tensor(a) self) -> Tensor(a)", tags=(*_VIEW, "itself"), cpp="{0}")
def resolve_neg(self: Array) -> Array:
    return self


@op("aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor")
def clone(self: Array) -> Array:
    return self.copy("C")


@op("aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)")
def copy_(self: Array, src: Array) -> Array:
    return write(self, src)
