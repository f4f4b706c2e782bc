"""Operators that split and join tensors."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops import layout
from transpile.ops.families import Family
from transpile.ops.layout import narrow, select_view
from transpile.ops.promotion import Array, cast, dtype_of, get_default_dtype, result_type, shape_text, wrap_dim

FAMILY = Family("joining")
op = FAMILY.op

_LONGEST, _MOST = 2**27, 2**33  # how long a combination may be, and how many tuples there may be


# --- splitting: lists of views


def _split(array: Array, split_size: int, dim: int) -> list[Array]:
    if not array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    at = wrap_dim(dim, array.ndim)
    extent = array.shape[at]
    if split_size == 0:
        if extent:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {extent}")
        return [array[...]]
    count = max(-(-extent // split_size), 1)
    return [narrow(array, at, i * split_size, split_size) for i in range(count)]


def _chunk(array: Array, chunks: int, dim: int) -> list[Array]:
    if not array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    at = wrap_dim(dim, array.ndim)
    size = -(-array.shape[at] // chunks)
    return _split(array, size, at) if size else [array[...] for _ in range(chunks)]


def _split_sizes(array: Array, sizes: Sequence[int], dim: int) -> list[Array]:
    if not array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    return layout.split_sizes(array, sizes, wrap_dim(dim, array.ndim))


@op("aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]", tags=("view",))
def split(self: Array, split_size: int, dim: int = 0) -> list[Array]:
    return _split(self, split_size, dim)


@op("aten::split.sizes(Tensor(a -> *) self, int[] split_size, int dim=0) -> Tensor(a)[]", tags=("view",))
def split_by_sizes(self: Array, split_size: Sequence[int], dim: int = 0) -> list[Array]:
    return _split_sizes(self, split_size, dim)


@op("aten::split(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]", tags=("view",))
def split_default(self: Array, split_sizes: Sequence[int], dim: int = 0) -> list[Array]:
    return _split_sizes(self, split_sizes, dim)


@op("aten::split_with_sizes(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]", tags=("view",))
def split_with_sizes(self: Array, split_sizes: Sequence[int], dim: int = 0) -> list[Array]:
    return _split_sizes(self, split_sizes, dim)


@op("aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]", tags=("view",))
def chunk(self: Array, chunks: int, dim: int = 0) -> list[Array]:
    return _chunk(self, chunks, dim)


@op("aten::unsafe_split.Tensor(Tensor self, int split_size, int dim=0) -> Tensor[]", cpp="ops::split({0}, {1}, {2})")
def unsafe_split(self: Array, split_size: int, dim: int = 0) -> list[Array]:
    return _split(self, split_size, dim)


@op(
    "aten::unsafe_split_with_sizes(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]",
    cpp="ops::split_with_sizes({0}, {1}, {2})",
)
def unsafe_split_with_sizes(self: Array, split_sizes: Sequence[int], dim: int = 0) -> list[Array]:
    return _split_sizes(self, split_sizes, dim)


@op("aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]", cpp="ops::chunk({0}, {1}, {2})")
def unsafe_chunk(self: Array, chunks: int, dim: int = 0) -> list[Array]:
    return _chunk(self, chunks, dim)


@op("aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]", tags=("view",))
def unbind(self: Array, dim: int = 0) -> list[Array]:
    at = wrap_dim(dim, self.ndim)
    if not self.ndim:
        raise IndexError(f"Dimension specified as {at} but tensor has no dimensions")
    return [select_view(self, at, i) for i in range(self.shape[at])]


def _tensor_split(array: Array, places: int | Sequence[int], dim: int) -> list[Array]:
    if not array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    at = wrap_dim(dim, array.ndim)
    extent = array.shape[at]
    if isinstance(places, int):
        if places <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {places}")
        size, larger = divmod(extent, places)
        sizes = [size + 1] * larger + [size] * (places - larger)
        return layout.split_sizes(array, sizes, at)
    borders = [0, *places]
    parts = [layout.slice_view(array, at, a, b) for a, b in zip(borders, places, strict=False)]
    return [*parts, layout.slice_view(array, at, borders[-1], None)]


@op("aten::tensor_split.sections(Tensor(a -> *) self, int sections, int dim=0) -> Tensor(a)[]", tags=("view",))
def tensor_split_sections(self: Array, sections: int, dim: int = 0) -> list[Array]:
    return _tensor_split(self, sections, dim)


@op("aten::tensor_split.indices(Tensor(a -> *) self, int[] indices, int dim=0) -> Tensor(a)[]", tags=("view",))
def tensor_split_indices(self: Array, indices: Sequence[int], dim: int = 0) -> list[Array]:
    return _tensor_split(self, list(indices), dim)


@op(
    "aten::tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor tensor_indices_or_sections, int dim=0) "
    "-> Tensor(a)[]",
    tags=("view",),
)
def tensor_split_tensor(self: Array, tensor_indices_or_sections: Array, dim: int = 0) -> list[Array]:
    places = tensor_indices_or_sections
    name = "tensor_split expected tensor_indices_or_sections to"
    if not self.ndim:
        return _tensor_split(self, 1, dim)
    if dtype_of(places) is not D.int64:
        raise RuntimeError(f"{name} have dtype of long, but got {dtype_of(places).graph_name}")
    if places.ndim > 1:
        raise RuntimeError(
            f"{name} be a zero-dimensional or one-dimensional tensor, but got a tensor with {places.ndim} dims"
        )
    return _tensor_split(self, places.tolist(), dim)


def _equal_split(array: Array, sections: int | Sequence[int], name: str, least: int, dim: int) -> list[Array]:
    if array.ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor "
            f"with {array.ndim} dimensions!"
        )
    if isinstance(sections, int) and (sections <= 0 or array.shape[dim] % sections):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {array.shape[dim]} "
            "is "
            f"not divisible by the split_size {sections}!"
        )
    return _tensor_split(array, sections, dim)


@op("aten::hsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]", tags=("view",))
def hsplit(self: Array, sections: int) -> list[Array]:
    return _equal_split(self, sections, "hsplit", 1, 0 if self.ndim == 1 else 1)


@op("aten::hsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", tags=("view",))
def hsplit_array(self: Array, indices: Sequence[int]) -> list[Array]:
    return _equal_split(self, list(indices), "hsplit", 1, 0 if self.ndim == 1 else 1)


@op("aten::vsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]", tags=("view",))
def vsplit(self: Array, sections: int) -> list[Array]:
    return _equal_split(self, sections, "vsplit", 2, 0)


@op("aten::vsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", tags=("view",))
def vsplit_array(self: Array, indices: Sequence[int]) -> list[Array]:
    return _equal_split(self, list(indices), "vsplit", 2, 0)


@op("aten::dsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]", tags=("view",))
def dsplit(self: Array, sections: int) -> list[Array]:
    return _equal_split(self, sections, "dsplit", 3, 2)


@op("aten::dsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", tags=("view",))
def dsplit_array(self: Array, indices: Sequence[int]) -> list[Array]:
    return _equal_split(self, list(indices), "dsplit", 3, 2)


# --- joining


def _cat(tensors: Sequence[Array], dim: int) -> Array:
    if not len(tensors):
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for position, tensor in enumerate(tensors):
        if not tensor.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    # A 1-d tensor without elements joins anything, an old courtesy that programs rely on.
    shaped = [(i, t) for i, t in enumerate(tensors) if t.shape != (0,)]
    common = result_type(*tensors)
    if not shaped:
        wrap_dim(dim, 1)
        return np.empty((0,), common.numpy)
    first = shaped[0][1]
    at = wrap_dim(dim, first.ndim)
    for position, tensor in shaped[1:]:
        if tensor.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {tensor.ndim}")
        for d, (expected, found) in enumerate(zip(first.shape, tensor.shape, strict=True)):
            if d != at and expected != found:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {at}. Expected size {expected} but got size "
                    f"{found} for tensor number {position} in the list."
                )
    extent = sum(t.shape[at] for _, t in shaped)
    result = np.empty((*first.shape[:at], extent, *first.shape[at + 1 :]), common.numpy)
    np.concatenate([cast(t, common) for _, t in shaped], axis=at, out=result)
    return result


@op("aten::cat(Tensor[] tensors, int dim=0) -> Tensor")
def cat(tensors: Sequence[Array], dim: int = 0) -> Array:
    return _cat(tensors, dim)


@op("aten::concat(Tensor[] tensors, int dim=0) -> Tensor")
def concat(tensors: Sequence[Array], dim: int = 0) -> Array:
    return _cat(tensors, dim)


@op("aten::concatenate(Tensor[] tensors, int dim=0) -> Tensor")
def concatenate(tensors: Sequence[Array], dim: int = 0) -> Array:
    return _cat(tensors, dim)


@op("aten::stack(Tensor[] tensors, int dim=0) -> Tensor")
def stack(tensors: Sequence[Array], dim: int = 0) -> Array:
    if not len(tensors):
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]
    at = wrap_dim(dim, first.ndim + 1)
    for position, tensor in enumerate(tensors):
        if tensor.shape != first.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {shape_text(first.shape)} at entry 0 and "
                f"{shape_text(tensor.shape)} at entry {position}"
            )
    common = result_type(*tensors)
    result = np.empty((*first.shape[:at], len(tensors), *first.shape[at:]), common.numpy)
    np.stack([cast(t, common) for t in tensors], axis=at, out=result)
    return result


def _at_least(array: Array, rank: int) -> Array:
    if array.ndim >= rank:
        return array
    if rank == 3 and array.ndim:
        return array[None, :, None] if array.ndim == 1 else array[:, :, None]
    return array.reshape((1,) * (rank - array.ndim) + array.shape)


def _joined(name: str, prepare: Callable[[Array], Array], dim: Callable[[Array], int]) -> None:
    def run(tensors: Sequence[Array]) -> Array:
        if not len(tensors):
            raise RuntimeError(f"{'vstack' if name == 'row_stack' else name} expects a non-empty TensorList")
        prepared = [prepare(t) for t in tensors]
        return _cat(prepared, dim(prepared[0]))

    run.__module__ = __name__
    op(f"aten::{name}(Tensor[] tensors) -> Tensor")(run)


_joined("hstack", lambda t: _at_least(t, 1), lambda t: 0 if t.ndim == 1 else 1)
_joined("vstack", lambda t: _at_least(t, 2), lambda t: 0)
_joined("row_stack", lambda t: _at_least(t, 2), lambda t: 0)
_joined("dstack", lambda t: _at_least(t, 3), lambda t: 2)
_joined("column_stack", lambda t: t.reshape(-1, 1) if t.ndim < 2 else t, lambda t: 1)


def _atleast(rank: int) -> None:
    def one(self: Array) -> Array:
        return _at_least(self, rank)

    def several(tensors: Sequence[Array]) -> list[Array]:
        return [_at_least(t, rank) for t in tensors]

    one.__module__ = several.__module__ = __name__
    op(f"aten::atleast_{rank}d(Tensor self) -> Tensor", tags=("lends",))(one)
    op(f"aten::atleast_{rank}d.Sequence(Tensor[] tensors) -> Tensor[]", tags=("lends",))(several)


for _rank in (1, 2, 3):
    _atleast(_rank)


@op("aten::block_diag(Tensor[] tensors) -> Tensor")
def block_diag(tensors: Sequence[Array]) -> Array:
    if not tensors:
        return np.zeros((1, 0), get_default_dtype().numpy)
    blocks = [_at_least(t, 2) for t in tensors]
    for position, block in enumerate(blocks):
        if block.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {position} has {block.ndim} "
                "dimensions"
            )
    if not tensors:
        return np.empty((1, 0), get_default_dtype().numpy)
    common = functools.reduce(D.promote_types, (dtype_of(t) for t in tensors))
    result = np.zeros((sum(b.shape[0] for b in blocks), sum(b.shape[1] for b in blocks)), common.numpy)
    row = column = 0
    for block in blocks:
        result[row : row + block.shape[0], column : column + block.shape[1]] = cast(block, common)
        row, column = row + block.shape[0], column + block.shape[1]
    return result


def _meshgrid(tensors: Sequence[Array], indexing: str) -> list[Array]:
    if not len(tensors):
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for tensor in tensors:
        if tensor.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tensor.ndim}D tensor"
            )
        if tensor.dtype != tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    shape = tuple(t.size for t in tensors)
    count = len(tensors)
    grids = [layout.expand(t.reshape((1,) * i + (-1,) + (1,) * (count - 1 - i)), shape) for i, t in enumerate(tensors)]
    return [g.swapaxes(0, 1) for g in grids] if indexing == "xy" and count > 1 else grids


@op("aten::meshgrid(Tensor[] tensors) -> Tensor[]", tags=("lends",))
def meshgrid(tensors: Sequence[Array]) -> list[Array]:
    return _meshgrid(tensors, "ij")


@op("aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]", tags=("lends",))
def meshgrid_indexing(tensors: Sequence[Array], *, indexing: str) -> list[Array]:
    return _meshgrid(tensors, indexing)


@op("aten::combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor")
def combinations(self: Array, r: int = 2, with_replacement: bool = False) -> Array:
    """All choices of ``r`` elements, in the order of their positions."""
    if self.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {shape_text(self.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return np.empty(0, self.dtype)
    count = self.shape[0]
    if count > 1 and r >= 64 / math.log2(count):
        raise RuntimeError("numel: integer multiplication overflow")
    if not count or (r > count and not with_replacement):
        return np.empty((0, r), self.dtype)
    # PyTorch makes all the tuples first, which is what bounds them.
    if r > _LONGEST or count**r > _MOST:
        raise RuntimeError(f"combinations of {r} out of {count} elements do not fit into memory")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    positions = np.array(list(choose(range(count), r)), np.int64).reshape(-1, r)
    return self[positions]


@op("aten::cartesian_prod(Tensor[] tensors) -> Tensor", tags=("lends",))
def cartesian_prod(tensors: Sequence[Array]) -> Array:
    for tensor in tensors:
        if tensor.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {shape_text(tensor.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return np.stack([g.reshape(-1) for g in _meshgrid(tensors, "ij")], axis=1)
