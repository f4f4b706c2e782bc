"""``finfo`` and ``iinfo``: the limits of number types."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from transpile.core import dtype as D
from transpile.ops.promotion import get_default_dtype


class finfo:
    """Limits of a floating point type: ``bits eps max min tiny smallest_normal resolution dtype``."""

    def __init__(self, type: D.DType | None = None) -> None:
        given = type or get_default_dtype()
        if given.category < D.FLOATING:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{given!r}'"
            )
        if given.is_complex:
            given = D.float32 if given is D.complex64 else D.float64
        finfo_of: Any = ml_dtypes.finfo
        info = finfo_of(given.numpy)
        self.bits = given.itemsize * 8
        self.eps = float(info.eps)
        self.max = float(info.max)
        self.min = float(info.min)
        self.tiny = self.smallest_normal = float(info.tiny)
        # As decimal digits that survive, the way NumPy counts them.
        self.resolution = 10.0 ** -int(info.precision)
        self.dtype = given.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer type: ``bits min max dtype``."""

    def __init__(self, type: D.DType) -> None:
        if type.category == D.BOOL:
            raise TypeError(f"torch.iinfo() is not supported for {type!r}")
        if type.category != D.INTEGRAL:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type!r}'")
        info: Any = np.iinfo(type.numpy)
        self.bits = int(info.bits)
        self.min = int(info.min)
        self.max = int(info.max)
        self.dtype = type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
