"""``Tensor.resize_``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from transpile.ops.layout import as_strided


def resize_(self: Any, *size: Any, memory_format: Any = None) -> Any:
    """Give the tensor another shape over its memory, contiguous; what lies beyond that memory is new, and zero.

    Memory that was too small is left: other tensors that look at it are not changed from then on.
    """
    shape = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    try:
        self._array = as_strided(self._array, shape, strides, None)
    except RuntimeError:
        grown = np.zeros(math.prod(shape), self._array.dtype)
        old = self._array.reshape(-1)
        grown[: old.size] = old
        self._array = grown.reshape(shape)
    return self
