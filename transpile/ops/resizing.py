"""Operators that change the sizes of their first argument in place, and what they make of its memory.

Their kernels give an array of the new shape; whoever runs them puts it in the place of the old one (``eager/dispatch.py``,
``jit/interpreter/rebinding.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.ops import layout
from transpile.ops.families import Family
from transpile.ops.promotion import Array
from transpile.ops.shape import squeeze, squeeze_dim, squeeze_dims, t, transpose, unsqueeze

FAMILY = Family("resizing", tags=("resizes",))
op = FAMILY.op


def resized(array: Array, shape: Sequence[int]) -> Array:
    """Another shape over the memory of ``array``, contiguous; what lies beyond that memory is new, and zero.

    Memory that was too small is left: other tensors that look at it are not changed from then on.  ``RuntimeError`` for
    negative and for too large sizes.
    """
    count = math.prod(shape)
    if any(n < 0 for n in shape) or count >= 1 << 63:
        raise RuntimeError("numel: integer multiplication overflow")
    layout.require_allocatable(shape, array.itemsize)
    strides = [math.prod(max(n, 1) for n in shape[axis + 1 :]) for axis in range(len(shape))]
    start = layout.storage_offset(array)
    if (start + count) * array.itemsize <= layout.storage_size(array):
        return layout.as_strided(array, shape, strides, start)
    grown = np.zeros(count, array.dtype)
    old = array.reshape(-1)
    grown[: old.size] = old
    return grown.reshape(shape)


@op("aten::resize_(Tensor(a!) self, int[] size, *, MemoryFormat? memory_format=None) -> Tensor(a!)")
def resize_(self: Array, size: Sequence[int]) -> Array:
    return self if self.shape == tuple(size) else resized(self, size)


@op("aten::resize_as_(Tensor(a!) self, Tensor the_template, *, MemoryFormat? memory_format=None) -> Tensor(a!)")
def resize_as_(self: Array, the_template: Array) -> Array:
    return self if self.shape == the_template.shape else resized(self, the_template.shape)


@op("aten::squeeze_(Tensor(a!) self) -> Tensor(a!)")
def squeeze_(self: Array) -> Array:
    return _view(squeeze, self)


@op("aten::squeeze_.dim(Tensor(a!) self, int dim) -> Tensor(a!)")
def squeeze_dim_(self: Array, dim: int) -> Array:
    return _view(squeeze_dim, self, dim)


@op("aten::squeeze_.dims(Tensor(a!) self, int[] dim) -> Tensor(a!)")
def squeeze_dims_(self: Array, dim: Sequence[int]) -> Array:
    return _view(squeeze_dims, self, dim)


@op("aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)")
def unsqueeze_(self: Array, dim: int) -> Array:
    return _view(unsqueeze, self, dim)


@op("aten::transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)")
def transpose_(self: Array, dim0: int, dim1: int) -> Array:
    return _view(transpose, self, dim0, dim1)


@op("aten::swapaxes_(Tensor(a!) self, int axis0, int axis1) -> Tensor(a!)", cpp="ops::transpose_({0}, {1}, {2})")
def swapaxes_(self: Array, axis0: int, axis1: int) -> Array:
    return _view(transpose, self, axis0, axis1)


@op("aten::swapdims_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)", cpp="ops::transpose_({0}, {1}, {2})")
def swapdims_(self: Array, dim0: int, dim1: int) -> Array:
    return _view(transpose, self, dim0, dim1)


@op("aten::t_(Tensor(a!) self) -> Tensor(a!)")
def t_(self: Array) -> Array:
    if self.ndim > 2:
        raise RuntimeError(f"t_() expects a tensor with <= 2 dimensions, but self is {self.ndim}D")
    return _view(t, self)


@op("aten::as_strided_(Tensor(a!) self, int[] size, int[] stride, int? storage_offset=None) -> Tensor(a!)")
def as_strided_(self: Array, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Array:
    return layout.as_strided(self, size, stride, storage_offset)


def _view(operator: Any, *arguments: Any) -> Array:
    result: Array = operator.kernel(*arguments)
    return result
