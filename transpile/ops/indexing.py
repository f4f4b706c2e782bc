"""Operators of the indexing family: reading and writing by lists of index tensors and by masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops import layout
from transpile.ops.families import Family, in_place
from transpile.ops.layout import dense
from transpile.ops.promotion import (
    Array,
    Number,
    broadcast_shapes,
    cast,
    cast_number,
    dtype_of,
    require_writable,
    shape_text,
    to_element,
    wrap_dim,
)

FAMILY = Family("indexing")
op = FAMILY.op

Indices = Sequence["Array | None"]
_INDEX_TYPES = (D.int64, D.int32, D.bool_, D.uint8)


def _resolve_indices(shape: tuple[int, ...], indices: Indices) -> tuple[Any, ...]:
    """Indices as NumPy takes them: masks become index arrays, ``None`` a full slice; with torch's checks."""
    if not len(indices):
        raise IndexError("at least one index must be provided")
    resolved: list[Any] = []
    given: list[Array] = []
    for index in indices:
        if index is None:
            resolved.append(slice(None))
            continue
        kind = dtype_of(index)
        if kind not in _INDEX_TYPES:
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if kind in (D.bool_, D.uint8):
            at = len(resolved)
            for offset, extent in enumerate(index.shape):
                if at + offset >= len(shape) or shape[at + offset] != extent:
                    raise IndexError(
                        f"The shape of the mask {shape_text(index.shape)} at index {offset} does not match the shape "
                        "of "
                        f"the indexed tensor {shape_text(shape)} at index {at + offset}"
                    )
            found = np.nonzero(index) if index.ndim else (np.zeros(int(index != 0), np.int64),)
            if index.ndim:
                resolved += found
                given += found
            else:
                raise IndexError("a 0-dim mask cannot be used inside a list of indices")
        else:
            resolved.append(index)
            given.append(index)
    if len(resolved) > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)} (got {len(resolved)})")
    try:
        np.broadcast_shapes(*(g.shape for g in given))
    except ValueError:
        shapes = ", ".join(shape_text(g.shape) for g in given)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None
    indexed = [(at, index) for at, index in enumerate(resolved) if not isinstance(index, slice)]
    # Where there is nothing to read or write, PyTorch looks at no index.
    nothing = any(not n for at, n in enumerate(shape) if at >= len(resolved) or isinstance(resolved[at], slice))
    for order, (at, index) in enumerate(indexed):
        if nothing and shape[at]:
            resolved[at] = np.zeros_like(index)
        elif index.size:
            _check_bounds(index, shape[at], order)
    # An Ellipsis keeps 0-d results arrays.
    return (*resolved, ...)


def _check_bounds(index: Array, extent: int, dim: int) -> None:
    low, high = int(index.min()), int(index.max())
    if low < -extent or high >= extent:
        if extent == 0:
            raise IndexError("index is out of bounds for dimension with size 0")
        wrong = low if low < -extent else high
        raise IndexError(f"index {wrong} is out of bounds for dimension {dim} with size {extent}")


def _index(array: Array, indices: Indices) -> Array:
    result = array[_resolve_indices(array.shape, indices)]
    return dense(result) if not np.may_share_memory(result, array) else result.copy("C")


@op("aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor")
def index(self: Array, indices: Indices) -> Array:
    return _index(self, indices)


@op("aten::index.Tensor_hacked_twin(Tensor self, Tensor[] indices) -> Tensor")
def index_twin(self: Array, indices: Indices) -> Array:
    return _index(self, indices)


@op("aten::_unsafe_index.Tensor(Tensor self, Tensor?[] indices) -> Tensor", cpp="ops::index({0}, {1})")
def unsafe_index(self: Array, indices: Indices) -> Array:
    return _index(self, indices)


def _is_masked_fill(indices: Indices, values: Array, accumulate: bool) -> bool:
    """Whether one value goes where a single mask is true; such a value is cast like that of ``masked_fill_``."""
    given = [i for i in indices if i is not None]
    return values.size == 1 and not accumulate and len(given) == 1 and given[0].dtype in (np.bool_, np.uint8)


def _put(target: Array, indices: Indices, values: Array, accumulate: bool) -> Array:
    if _is_masked_fill(indices, values, accumulate):
        if any(i is not None and i.dtype == np.uint8 for i in indices):
            raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")
        values = values.astype(target.dtype)
    if target.dtype != values.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{dtype_of(target).graph_name} for the destination and {dtype_of(values).graph_name} for the source."
        )
    require_writable(target)
    where = _resolve_indices(target.shape, indices)
    wanted = np.broadcast_to(np.empty((), np.bool_), target.shape)[where].shape
    try:
        spread = np.broadcast_to(values, wanted)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {shape_text(values.shape)} cannot be broadcast to indexing result "
            "of "
            f"shape {shape_text(wanted)}"
        ) from None
    if accumulate:
        np.add.at(target, where, spread)
    else:
        target[where] = spread
    return target


@op("aten::index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor")
def index_put(self: Array, indices: Indices, values: Array, accumulate: bool = False) -> Array:
    return _put(self.copy("C"), indices, values, accumulate)


@op("aten::index_put.hacked_twin(Tensor self, Tensor[] indices, Tensor values, bool accumulate=False) -> Tensor")
def index_put_twin(self: Array, indices: Indices, values: Array, accumulate: bool = False) -> Array:
    return _put(self.copy("C"), indices, values, accumulate)


@op("aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)")
def index_put_(self: Array, indices: Indices, values: Array, accumulate: bool = False) -> Array:
    return _put(self, indices, values, accumulate)


@op(
    "aten::index_put_.hacked_twin(Tensor(a!) self, Tensor[] indices, Tensor values, bool accumulate=False) "
    "-> Tensor(a!)"
)
def index_put_twin_(self: Array, indices: Indices, values: Array, accumulate: bool = False) -> Array:
    return _put(self, indices, values, accumulate)


@op(
    "aten::_index_put_impl_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False, "
    "bool unsafe=False) -> Tensor(a!)",
    cpp="ops::index_put_({0}, {1}, {2}, {3})",
)
def index_put_impl_(
    self: Array, indices: Indices, values: Array, accumulate: bool = False, unsafe: bool = False
) -> Array:
    return _put(self, indices, values, accumulate)


# --- one dimension


def _vector(index: Array, message: str) -> Array:
    if index.ndim > 1:
        raise IndexError(message)
    return index.reshape(-1)


@op("aten::index_select(Tensor self, int dim, Tensor index) -> Tensor")
def index_select(self: Array, dim: int, index: Array) -> Array:
    at = wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if dtype_of(index) not in (D.int32, D.int64):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    base = self if self.ndim else self.reshape(1)
    chosen = index.reshape(-1)
    if not self.ndim and chosen.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {chosen.size} value(s)")
    if chosen.size and not base.size and not base.shape[at]:
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    wrong = chosen[(chosen < 0) | (chosen >= base.shape[at])]
    if wrong.size and at:
        raise IndexError(f"INDICES element is out of DATA bounds, id={int(wrong[0])} axis_dim={base.shape[at]}")
    if wrong.size:
        raise IndexError("index out of range in self")
    result = dense(np.take(base, chosen, axis=at))
    return result if self.ndim else result.reshape(())


def _index_fill(array: Array, dim: int, index: Array, value: Array) -> Array:
    at = wrap_dim(dim, array.ndim)
    if dtype_of(index) is not D.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    result = array.copy("C")
    flat = result.reshape(1) if not array.ndim else result
    if array.ndim and not array.size and array.shape[at]:
        return result  # PyTorch looks at no index then
    if index.size:
        _check_bounds(index, flat.shape[at], at)
    flat[(slice(None),) * at + (index.reshape(-1),)] = cast(value, dtype_of(array))
    return result


@op("aten::index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor")
def index_fill_tensor(self: Array, dim: int, index: Array, value: Array) -> Array:
    return _index_fill(self, dim, index, value)


@op("aten::index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor")
def index_fill(self: Array, dim: int, index: Array, value: Number) -> Array:
    return _index_fill(self, dim, index, to_element(value, dtype_of(self)))


index_fill_tensor_ = in_place(index_fill_tensor)
index_fill_ = in_place(index_fill)


@op("aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor")
def index_add(self: Array, dim: int, index: Array, source: Array, *, alpha: Number = 1) -> Array:
    at = wrap_dim(dim, self.ndim)
    kind = dtype_of(index)
    if kind not in (D.int32, D.int64):
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {kind.graph_name}")
    if self.dtype != source.dtype:
        raise RuntimeError(
            f"index_add_(): self ({dtype_of(self).graph_name}) and source ({dtype_of(source).graph_name}) must have "
            "the "
            "same scalar type"
        )
    if index.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: {kind.graph_name} "
            "and "
            f"size: {shape_text(index.shape)}"
        )
    if _without(self.shape, at) != _without(source.shape, at) or source.ndim != self.ndim:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{shape_text(self.shape)} source.shape = {shape_text(source.shape)}"
        )
    extent = source.shape[at] if source.ndim else 1
    if index.size != extent:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.size}) should be equal to source.size(dim): ({extent}), for dim: "
            f"{at}"
        )
    result = self.copy("C")
    flat = result if self.ndim else result.reshape(1)
    chosen = index.reshape(-1)
    wrong = chosen[(chosen < 0) | (chosen >= flat.shape[at])]
    if wrong.size:
        raise RuntimeError(f"index {int(wrong[0])} is out of bounds for dimension {at} with size {flat.shape[at]}")
    scaled = source if alpha == 1 else (source * cast_number(alpha, dtype_of(self))).astype(self.dtype)
    where: Any = (slice(None),) * at + (chosen,)
    np.add.at(flat, where, scaled if self.ndim else scaled.reshape(1))
    return result


def _without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return shape[:dim] + shape[dim + 1 :]


@op("aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor")
def index_copy(self: Array, dim: int, index: Array, source: Array) -> Array:
    at = wrap_dim(dim, self.ndim)
    chosen = _vector(index, f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if dtype_of(index) is not D.int64:
        raise RuntimeError("index_copy_(): Expected a long tensor for index, but got " + dtype_of(index).graph_name)
    if self.dtype != source.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{dtype_of(self).graph_name} and (source) {dtype_of(source).graph_name}"
        )
    if self.ndim and source.ndim and self.ndim != source.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({self.ndim})"
        )
    target, given = (self, source) if self.ndim else (self.reshape(1), source.reshape(1))
    if chosen.size != given.shape[at]:
        raise IndexError(
            f"index_copy_(): Number of indices ({chosen.size}) should be equal to source.size(dim) ({given.shape[at]})"
        )
    if _without(target.shape, at) != _without(given.shape, at):
        destination = " ".join(map(str, _without(target.shape, at)))
        origin = " ".join(map(str, _without(given.shape, at)))
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{destination} at dimension {at} and source slice shape: {origin} at dimension {at}."
        )
    wrong = chosen[(chosen < 0) | (chosen >= target.shape[at])]
    if wrong.size:
        raise IndexError(
            f"index_copy_(): index {int(wrong[0])} is out of bounds for dimension {at} with size {target.shape[at]}"
        )
    result = target.copy("C")
    result[(slice(None),) * at + (chosen,)] = given
    return result.reshape(self.shape)


index_add_ = in_place(index_add)
index_copy_ = in_place(index_copy)


# --- masks


@op("aten::masked_select(Tensor self, Tensor mask) -> Tensor")
def masked_select(self: Array, mask: Array) -> Array:
    if dtype_of(mask) is not D.bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = broadcast_shapes(mask.shape, self.shape)
    return np.broadcast_to(self, shape)[np.broadcast_to(mask, shape)].reshape(-1)


@op("aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor")
def masked_scatter(self: Array, mask: Array, source: Array) -> Array:
    if dtype_of(mask) is not D.bool_:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {dtype_of(mask).graph_name}"
        )
    if self.dtype != source.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{dtype_of(self).graph_name} and {dtype_of(source).graph_name}"
        )
    shape = broadcast_shapes(mask.shape, self.shape)
    spread = np.broadcast_to(mask, shape)
    result = np.broadcast_to(self, shape).copy("C")
    count = int(np.count_nonzero(spread))
    if count > source.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    result[spread] = source.reshape(-1)[:count]
    return result


masked_scatter_ = in_place(masked_scatter)


@op("aten::nonzero(Tensor self) -> Tensor")
def nonzero(self: Array) -> Array:
    return dense(np.argwhere(self).astype(np.int64))


@op("aten::argwhere(Tensor self) -> Tensor")
def argwhere(self: Array) -> Array:
    return dense(np.argwhere(self).astype(np.int64))


@op("aten::nonzero_static(Tensor self, *, int size, int fill_value=-1) -> Tensor", header="positions")
def nonzero_static(self: Array, *, size: int, fill_value: int = -1) -> Array:
    """The first ``size`` indices of elements that are not zero, filled up with ``fill_value``."""
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    if size * max(self.ndim, 1) * 8 >= 2**63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={shape_text((size, self.ndim))}")
    found = np.argwhere(self)[:size]
    result = np.full((size, self.ndim), fill_value, np.int64)
    result[: len(found)] = found
    return result


@op("aten::nonzero_numpy(Tensor self) -> Tensor[]")
def nonzero_numpy(self: Array) -> list[Array]:
    base = self if self.ndim else self.reshape(1)
    return [dense(n.astype(np.int64)) for n in np.nonzero(base)]


# --- flat positions


def _flat_positions(array: Array, index: Array, name: str) -> Array:
    if dtype_of(index) is not D.int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {dtype_of(index).graph_name}")
    if index.size:
        if not array.size:
            action = "tried to take from" if name == "take" else "Tried to put elements into"
            raise IndexError(f"{name}(): {action} an empty tensor")
        low, high = int(index.min()), int(index.max())
        if low < -array.size or high >= array.size:
            wrong = low if low < -array.size else high
            raise IndexError(f"out of range: tried to access index {wrong} on a tensor of {array.size} elements.")
    return index


@op("aten::take(Tensor self, Tensor index) -> Tensor")
def take(self: Array, index: Array) -> Array:
    positions = _flat_positions(self, index, "take")
    return np.asarray(self.reshape(-1)[positions], self.dtype).reshape(index.shape)


@op("aten::put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor", header="positions")
def put(self: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    if source.dtype != self.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{dtype_of(self).graph_name} and source.dtype = {dtype_of(source).graph_name}"
        )
    positions = _flat_positions(self, index, "put_").reshape(-1)
    if source.size != index.size:
        raise IndexError(
            f"put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.size}, index.numel() = {index.size}"
        )
    result = self.copy("C")
    flat = result.reshape(-1)
    if accumulate:
        np.add.at(flat, positions, source.reshape(-1))
    else:
        flat[positions] = source.reshape(-1)
    return result


put_ = in_place(put)


# --- writing a view of a copy


def _written(array: Array, part: Array, src: Array) -> Array:
    if part.shape != src.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {shape_text(src.shape)}, slice size = "
            f"{shape_text(part.shape)}"
        )
    part[...] = cast(src, dtype_of(array))
    return array


@op("aten::slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor")
def slice_scatter(
    self: Array, src: Array, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Array:
    result = self.copy("C")
    return _written(result, layout.slice_view(result, wrap_dim(dim, self.ndim), start, end, step), src)


@op("aten::select_scatter(Tensor self, Tensor src, int dim, int index) -> Tensor")
def select_scatter(self: Array, src: Array, dim: int, index: int) -> Array:
    result = self.copy("C")
    return _written(result, layout.select_view(result, wrap_dim(dim, self.ndim), index), src)


@op("aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor")
def diagonal_scatter(self: Array, src: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    result = self.copy("C")
    first, second = wrap_dim(dim1, self.ndim), wrap_dim(dim2, self.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    reach = max(self.shape)
    part = result.diagonal(min(max(offset, -reach), reach), first, second)
    part.setflags(write=True)
    return _written(result, part, src)


@op(
    "aten::as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None) -> Tensor",
    header="positions",
)
def as_strided_scatter(
    self: Array, src: Array, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Array:
    result = layout.storage_copy(self)
    return _written(result, layout.as_strided(result, size, stride, storage_offset), src)
