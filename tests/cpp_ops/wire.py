"""The binary form of values between the tests and the compiled driver (``driver.hpp`` is the other end)."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from transpile.core import dtype as D


def memory_of(array: Any) -> bytes:
    """The bytes from the first element to the last, gaps included."""
    if array.size == 0:
        return b""
    assert min(array.strides, default=0) >= 0, "tensors have no negative strides"
    extent = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)) + array.itemsize
    return ctypes.string_at(array.ctypes.data, extent)


def encode(value: Any) -> bytes:
    """A value that an operator takes, as the driver reads it."""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"b" + bytes([value])
    if isinstance(value, int):
        return b"i" + struct.pack("<q", value)
    if isinstance(value, float):
        return b"f" + struct.pack("<d", value)
    if isinstance(value, complex):
        return b"c" + struct.pack("<dd", value.real, value.imag)
    if isinstance(value, str):
        text = value.encode()
        return b"s" + struct.pack("<q", len(text)) + text
    if isinstance(value, np.ndarray):
        strides = [s // value.itemsize for s in value.strides]
        memory = memory_of(value)
        head = struct.pack("<qq", D.from_numpy(value.dtype).code, value.ndim)
        layout = struct.pack(f"<{2 * value.ndim}q", *value.shape, *strides)
        return b"T" + head + layout + struct.pack("<q", len(memory)) + memory
    if isinstance(value, (list, tuple)):
        return b"L" + struct.pack("<q", len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        items = b"".join(encode(k) + encode(v) for k, v in value.items())
        return b"D" + struct.pack("<q", len(value)) + items
    raise TypeError(f"{type(value).__name__} cannot be sent to the driver")


@dataclass
class Answer:
    """A value that came back, with the place of its memory for tensors: (input tensor or -1, offset, strides)."""

    value: Any
    places: list[tuple[int, int, tuple[int, ...]]]


class Decoder:
    """Reads what the driver wrote."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.places: list[tuple[int, int, tuple[int, ...]]] = []

    def answer(self) -> Answer:
        self.places = []
        return Answer(self.value(), self.places)

    def ints(self, count: int) -> tuple[int, ...]:
        found = struct.unpack_from(f"<{count}q", self.data, self.at)
        self.at += 8 * count
        return found

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def value(self) -> Any:
        tag = self.take(1)
        if tag == b"N":
            return None
        if tag == b"b":
            return bool(self.take(1)[0])
        if tag == b"i":
            return self.ints(1)[0]
        if tag == b"f":
            return struct.unpack("<d", self.take(8))[0]
        if tag == b"c":
            return complex(*struct.unpack("<dd", self.take(16)))
        if tag == b"s":
            return self.take(self.ints(1)[0]).decode()
        if tag == b"T":
            return self._tensor()
        count = self.ints(1)[0]
        if tag == b"D":
            return {self.value(): self.value() for _ in range(count)}
        items = [self.value() for _ in range(count)]
        return items if tag == b"L" else tuple(items)

    def _tensor(self) -> Any:
        code, rank = self.ints(2)
        shape, strides = self.ints(rank), self.ints(rank)
        dtype = D.from_code(code).numpy
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        storage, offset = self.ints(2)
        self.places.append((storage, offset, strides))
        return np.frombuffer(self.take(size), dtype).reshape(shape)
