"""``hash()`` of TorchScript: what the C++ library that PyTorch is built with gives, MurmurHash64A of the bytes."""

from __future__ import annotations

import struct
from typing import Any

from transpile.ops.families import Family
from transpile.ops.promotion import wrap_int

FAMILY = Family("hashing", header="")
op = FAMILY.op

_MASK = (1 << 64) - 1
_FACTOR = 0xC6A4A7935BD1E995
_SEED = 0xC70F6907


def _mixed(value: int) -> int:
    return value ^ (value >> 47)


def hash_bytes(data: bytes) -> int:
    """The hash of some bytes as an unsigned 64-bit number."""
    result = _SEED ^ (len(data) * _FACTOR & _MASK)
    whole = len(data) & ~7
    for start in range(0, whole, 8):
        (word,) = struct.unpack_from("<Q", data, start)
        result = (result ^ _mixed(word * _FACTOR & _MASK) * _FACTOR & _MASK) * _FACTOR & _MASK
    if whole < len(data):
        result = (result ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _MASK
    return _mixed(_mixed(result) * _FACTOR & _MASK)


def _hash(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return wrap_int(hash_bytes(struct.pack("<d", value))) if value else 0
    if isinstance(value, str):
        return wrap_int(hash_bytes(value.encode("utf-8", "surrogateescape")))
    return id(value)  # as in PyTorch, where the object is in memory


op("aten::hash.generic(t value) -> int", cpp="ts2cpp::hash({0})", tags=("scalar",))(_hash)
