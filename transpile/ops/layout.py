"""How views are made: shapes with an inferred extent, strides in elements, memory behind an array.

Plain functions on arrays, shared by the operator families; no operator is registered here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.promotion import Array, dtype_of, shape_text, wrap_dim


def dense(array: Array) -> Array:
    """``array`` with its elements in row-major order: itself, or a copy."""
    return array if array.flags.c_contiguous else array.copy("C")


def require_numel(shape: Sequence[int]) -> int:
    """How many elements a shape has; torch's error if that is no 64-bit integer."""
    count = math.prod(shape)
    if count > 2**63 - 1:
        raise RuntimeError("numel: integer multiplication overflow")
    return count


def list_text(values: Sequence[int]) -> str:
    """A list of numbers as messages print it."""
    return f"[{', '.join(map(str, values))}]"


def as_tuple(value: int | Sequence[int], length: int) -> tuple[int, ...]:
    """An ``int[N]`` argument: one number stands for ``length`` equal ones."""
    if isinstance(value, int):
        return (value,) * length
    values = tuple(int(v) for v in value)
    return values * length if len(values) == 1 else values


def resolve_shape(shape: Sequence[int], count: int) -> tuple[int, ...]:
    """``shape`` with its -1 replaced so that it holds ``count`` elements; torch's errors if that is impossible."""
    unknown = -1
    product = 1
    for index, extent in enumerate(shape):
        if extent == -1:
            if unknown >= 0:
                raise RuntimeError("only one dimension can be inferred")
            unknown = index
        elif extent < 0:
            raise RuntimeError(f"invalid shape dimension {extent} at index {index} of shape {list_text(shape)}")
        else:
            product *= extent
    if unknown < 0:
        if product != count:
            raise RuntimeError(f"shape '{list_text(shape)}' is invalid for input of size {count}")
        return tuple(shape)
    if product == 0:
        if count == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list_text(shape)} because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
        raise RuntimeError(f"shape '{list_text(shape)}' is invalid for input of size {count}")
    if count % product:
        raise RuntimeError(f"shape '{list_text(shape)}' is invalid for input of size {count}")
    return (*shape[:unknown], count // product, *shape[unknown + 1 :])


def view(array: Array, shape: Sequence[int]) -> Array:
    """``array`` in another shape without a copy; torch's error if its strides do not allow that."""
    wanted = resolve_shape(shape, array.size)
    result = array.reshape(wanted)
    if array.size and not np.may_share_memory(result, array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return result


def expand(array: Array, size: Sequence[int]) -> Array:
    """``array`` repeated along new and size-1 dimensions without a copy; -1 keeps an extent."""
    new = len(size) - array.ndim
    if new < 0:
        name = dtype_of(array).graph_name
        raise RuntimeError(
            f"expand(torch.{name}Tensor{{{shape_text(array.shape)}}}, size={list_text(size)}): the number of sizes "
            f"provided ({len(size)}) must be greater or equal to the number of dimensions in the tensor ({array.ndim})"
        )
    wanted = list(size)
    for dim, extent in enumerate(size):
        if dim < new:
            if extent < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({extent}) isn't allowed in a leading, non-existing dimension "
                    f"{dim}"
                )
            continue
        existing = array.shape[dim - new]
        if extent == -1:
            wanted[dim] = existing
        elif existing not in (1, extent) or extent < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({extent}) must match the existing size ({existing}) at "
                f"non-singleton dimension {dim}.  Target sizes: {list_text(size)}.  "
                f"Tensor sizes: {shape_text(array.shape)}"
            )
    result = np.broadcast_to(array, wanted)
    # Where nothing is repeated the view may be written to; require_writable guards the rest.
    if array.flags.writeable:
        result.setflags(write=True)
    return result


def slice_view(array: Array, dim: int, start: int | None, end: int | None, step: int = 1) -> Array:
    """``array[start:end:step]`` along ``dim``, with Python's treatment of bounds."""
    return array[(slice(None),) * dim + (slice(start, end, step),)]


def select_view(array: Array, dim: int, index: int) -> Array:
    """``array`` without dimension ``dim``, at ``index`` of it; always an array, also 0-d."""
    return array[(slice(None),) * dim + (index, ...)]


def narrow(array: Array, dim: int, start: int, length: int) -> Array:
    """The view of ``length`` indices from ``start`` on; no checks."""
    return array[(slice(None),) * dim + (slice(start, start + length),)]


def split_sizes(array: Array, sizes: Sequence[int], dim: int) -> list[Array]:
    """Consecutive views of the given extents, which must add up to that of ``dim``."""
    extent = array.shape[dim] if array.ndim else 1
    if any(size < 0 for size in sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list_text(sizes)}"
        )
    if sum(sizes) != extent:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {extent} (input tensor's size at dimension "
            f"{dim}), "
            f"but got split_sizes={list_text(sizes)}"
        )
    parts: list[Array] = []
    start = 0
    for size in sizes:
        parts.append(narrow(array, dim, start, size))
        start += size
    return parts


def move_dims(rank: int, source: Sequence[int], destination: Sequence[int]) -> tuple[int, ...]:
    """The permutation that puts dimensions ``source`` at ``destination`` and keeps the order of the others."""
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list_text(source)} dims) should contain the same "
            f"number of dims as destination ({list_text(destination)} dims)"
        )
    wrapped = ([wrap_dim(d, rank) for d in source], [wrap_dim(d, rank) for d in destination])
    for name, dims, given in zip(("source", "destination"), wrapped, (source, destination), strict=True):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list_text(given)})")
    if not rank:
        return ()
    rest = iter([d for d in range(rank) if d not in wrapped[0]])
    placed = dict(zip(wrapped[1], wrapped[0], strict=True))
    return tuple(placed[d] if d in placed else next(rest) for d in range(rank))


def strides_of(array: Array) -> list[int]:
    """The strides of ``array`` counted in elements."""
    if array.size:
        return [s // array.itemsize for s in array.strides]
    strides = [1] * array.ndim
    for dim in range(array.ndim - 2, -1, -1):
        strides[dim] = strides[dim + 1] * max(array.shape[dim + 1], 1)
    return strides


def _storage(array: Array) -> tuple[int, int]:
    """First byte and length in bytes of the memory that ``array`` is a view of."""
    owner: Any = array
    while getattr(owner, "base", None) is not None and hasattr(owner.base, "__array_interface__"):
        owner = owner.base
    base = np.asarray(owner)
    low = high = base.__array_interface__["data"][0]
    if base.size == 0:
        return low, 0
    for extent, stride in zip(base.shape, base.strides, strict=True):
        low += min(0, (extent - 1) * stride)
        high += max(0, (extent - 1) * stride)
    return low, high + base.itemsize - low


def storage_offset(array: Array) -> int:
    """The number of elements between the start of the memory behind ``array`` and its first element."""
    return int(array.__array_interface__["data"][0] - _storage(array)[0]) // array.itemsize


def storage_size(array: Array) -> int:
    """The bytes of the memory behind ``array``."""
    return _storage(array)[1]


def require_allocatable(shape: Sequence[int], itemsize: int) -> None:
    """Raise torch's error for a tensor whose size in bytes or whose strides do not fit into 64 bits."""
    total, overflows = 1, False
    for extent in shape:
        total *= extent
        overflows |= total >= 1 << 64
    if overflows or total * itemsize >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list_text(shape)}")
    if math.prod([max(n, 1) for n in shape[1:]]) >= 1 << 63:
        raise RuntimeError("Stride calculation overflowed")


class _Window:
    """Hands memory of ``base`` to NumPy under another shape, and keeps it alive."""

    def __init__(self, base: Array, address: int, shape: Sequence[int], strides: Sequence[int]) -> None:
        self.base = base
        self.__array_interface__ = {
            "data": (address, not base.flags.writeable),
            "shape": tuple(shape),
            "strides": tuple(s * base.itemsize for s in strides),
            "typestr": f"|V{base.itemsize}" if dtype_of(base) is D.bfloat16 else base.dtype.str,
            "version": 3,
        }


def as_strided(array: Array, size: Sequence[int], stride: Sequence[int], offset: int | None) -> Array:
    """Any view of the memory behind ``array``, in elements; torch's error if it reaches beyond that."""
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list_text(stride)}"
        )
    start, length = _storage(array)
    if offset is None:
        offset = storage_offset(array)
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    ends = [(n - 1) * s for n, s in zip(size, stride, strict=True)]
    nothing = any(n == 0 for n in size)
    if any(n < 0 for n in size) or (not nothing and (offset + sum(ends) + 1) * array.itemsize >= 1 << 63):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list_text(size)} and strides={list_text(stride)}"
        )
    reach = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    if not nothing and reach * array.itemsize > length:
        raise RuntimeError(
            f"setStorage: sizes {list_text(size)}, strides {list_text(stride)}, storage offset {offset}, and itemsize "
            f"{array.itemsize} requiring a storage size of {reach * array.itemsize} are out of bounds for storage of "
            f"size {length}"
        )
    window = np.asarray(_Window(array, start + offset * array.itemsize, size, stride))
    return window.view(array.dtype) if window.dtype != array.dtype else window


def storage_copy(array: Array) -> Array:
    """A copy with the layout of ``array``, at the same place of a copy of all the memory behind it."""
    repeats = any(stride == 0 and extent > 1 for stride, extent in zip(array.strides, array.shape, strict=True))
    count = _storage(array)[1] // array.itemsize
    if repeats or not count:
        return array.copy("C")
    memory = as_strided(array, [count], [1], 0).copy()
    return as_strided(memory, array.shape, [s // array.itemsize for s in array.strides], storage_offset(array))
