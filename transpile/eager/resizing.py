"""What ``Tensor.resize_`` makes of a tensor's memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from transpile.ops.layout import as_strided

Array = np.ndarray[Any, Any]


def resized(array: Array, shape: tuple[int, ...]) -> Array:
    """Another shape over the memory of ``array``, contiguous; what lies beyond that memory is new, and zero.

    Memory that was too small is left: other tensors that look at it are not changed from then on.
    """
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    try:
        return as_strided(array, shape, strides, None)
    except RuntimeError:
        grown = np.zeros(math.prod(shape), array.dtype)
        old = array.reshape(-1)
        grown[: old.size] = old
        return grown.reshape(shape)
