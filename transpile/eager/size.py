"""Shapes and devices."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, SupportsIndex


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints as ``torch.Size([2, 3])`` and knows its number of elements."""

    def __new__(cls, values: Iterable[int] = ()) -> Size:
        return super().__new__(cls, (int(v) if hasattr(v, "_array") else v for v in values))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    def __getitem__(self, key: Any) -> Any:
        picked = super().__getitem__(key)
        return _unchanged(picked) if isinstance(key, slice) else picked

    def __add__(self, other: Any) -> Size:
        return _unchanged((*self, *other))

    def __radd__(self, other: Any) -> Size:
        return _unchanged((*other, *self))

    def __mul__(self, count: SupportsIndex) -> Size:
        return _unchanged(super().__mul__(count))

    __rmul__ = __mul__

    def __reduce__(self) -> tuple[Any, ...]:
        return (Size, (tuple(self),))


def _unchanged(values: Iterable[Any]) -> Size:
    """A shape whose extents stay what they are: while a program is traced they are tensors."""
    return tuple.__new__(Size, values)


_DEVICE_TYPES = ("cpu", "cuda", "meta", "mps", "xpu")


class device:
    """Where a tensor lives.  Only ``cpu`` can hold data here; other devices can be named and compared."""

    type: str
    index: int | None

    def __init__(self, type: str | device | int = "cpu", index: int | None = None) -> None:
        text = str(type)
        if isinstance(type, int):
            text, index = "cuda", type
        match = re.fullmatch(r"(\w+?)(?::(\d+))?", text)
        if match is None or match.group(1) not in _DEVICE_TYPES:
            raise RuntimeError(
                f"Expected one of {', '.join(_DEVICE_TYPES)} device type at start of device string: {type}"
            )
        self.type = match.group(1)
        self.index = int(match.group(2)) if match.group(2) else index

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __deepcopy__(self, memo: object) -> device:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type, self.index))


CPU = device("cpu")


def require_cpu(value: Any) -> device:
    """``value`` as a device that can hold data; errors as torch without that back end gives them."""
    place = value if isinstance(value, device) else device(value)
    if place.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    if place.type != "cpu":
        raise RuntimeError(f"tensors cannot be placed on device {place}: only cpu is available")
    return place


class layout:
    """How elements are laid out; only ``torch.strided`` exists."""

    def __init__(self, name: str, code: int) -> None:
        self.name = name
        self.code = code

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class memory_format(layout):
    """A preferred stride order.  Accepted everywhere; results are laid out as their kernels make them."""


def require_rank(format: memory_format | None, rank: int) -> None:
    """Raise torch's error for a channels-last format that tensors of this rank cannot have."""
    wanted = {"channels_last": 4, "channels_last_3d": 5}.get(format.name if format is not None else "")
    if wanted is not None and rank != wanted:
        raise RuntimeError(f"required rank {wanted} tensor to use {format} format".replace("torch.", ""))


strided = layout("strided", 0)
contiguous_format = memory_format("contiguous_format", 0)
preserve_format = memory_format("preserve_format", 1)
channels_last = memory_format("channels_last", 2)
channels_last_3d = memory_format("channels_last_3d", 3)
