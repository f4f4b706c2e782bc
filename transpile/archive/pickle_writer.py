"""Plain data as a pickle of protocol 2, in the operations that TorchScript writes."""

from __future__ import annotations

import struct
from typing import Any

from transpile.archive.pickle_data import Call, Global, Instance, Persistent


def dump(value: Any) -> bytes:
    """The pickle of a value made of Python's plain types and those of ``pickle_data``."""
    writer = _Writer()
    writer.value(value)
    return bytes(writer.out) + b"."


class _Writer:
    def __init__(self) -> None:
        self.out = bytearray(b"\x80\x02")
        self.known: dict[Any, int] = {}
        self.alive: list[Any] = []

    def value(self, value: Any) -> None:
        if value is None or isinstance(value, bool):
            self.out += b"N" if value is None else b"\x88" if value else b"\x89"
        elif isinstance(value, int):
            self.integer(value)
        elif isinstance(value, float):
            self.out += b"G" + struct.pack(">d", value)
        elif isinstance(value, tuple):
            self.tuple(value)
        else:
            key = value if isinstance(value, (str, Global)) else id(value)
            if key in self.known:
                self.recall(self.known[key])
            else:
                self.alive.append(value)  # its number stays its own
                self.compound(value, key)

    def integer(self, value: int) -> None:
        if 0 <= value < 1 << 8:
            self.out += b"K" + bytes([value])
        elif 0 <= value < 1 << 16:
            self.out += b"M" + struct.pack("<H", value)
        elif -(1 << 31) <= value < 1 << 31:
            self.out += b"J" + struct.pack("<i", value)
        else:
            self.out += b"\x8a\x08" + value.to_bytes(8, "little", signed=True)

    def tuple(self, value: tuple[Any, ...]) -> None:
        if not value:
            self.out += b")"
            return
        if len(value) > 3:
            self.out += b"("
        for item in value:
            self.value(item)
        self.out += {1: b"\x85", 2: b"\x86", 3: b"\x87"}.get(len(value), b"t")

    def remember(self, key: Any) -> None:
        number = self.known[key] = len(self.known)
        self.out += b"q" + bytes([number]) if number < 256 else b"r" + struct.pack("<I", number)

    def recall(self, number: int) -> None:
        self.out += b"h" + bytes([number]) if number < 256 else b"j" + struct.pack("<I", number)

    def compound(self, value: Any, key: Any) -> None:
        if isinstance(value, str):
            encoded = value.encode("utf-8")
            self.out += b"X" + struct.pack("<I", len(encoded)) + encoded
            self.remember(key)
        elif isinstance(value, Global):
            self.out += f"c{value.module}\n{value.name}\n".encode()
            self.remember(key)
        elif isinstance(value, list):
            self.out += b"]"
            self.remember(key)
            self.out += b"("
            for item in value:
                self.value(item)
            self.out += b"e"
        elif isinstance(value, dict):
            self.out += b"}"
            self.remember(key)
            self.pairs(value)
        elif isinstance(value, Instance):
            self.value(value.type)
            self.out += b")\x81"
            if isinstance(value.state, dict):
                self.out += b"}"
                self.pairs(value.state)
            else:  # what a __getstate__ has returned
                self.value(value.state)
            self.out += b"b"
            self.remember(key)  # PyTorch makes the object only now
        elif isinstance(value, Call):
            self.value(value.function)
            self.value(value.arguments)
            self.out += b"R"
            self.remember(key)
        elif isinstance(value, Persistent):
            self.value(value.value)
            self.out += b"Q"
        else:
            raise TypeError(f"{type(value).__name__} cannot be written into an archive")

    def pairs(self, value: dict[Any, Any]) -> None:
        self.out += b"("
        for name, item in value.items():
            self.value(name)
            self.value(item)
        self.out += b"u"
