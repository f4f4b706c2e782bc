"""The pickle machine, restricted to what archives are made of.  It builds plain data and runs nothing.

Lengths are checked against the bytes that are left before anything is allocated, and every operation makes at most one
value, so that time and memory are bounded by the size of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from transpile.archive.pickle_data import Call, Global, Instance, Persistent
from transpile.core.errors import ArchiveError

_MARK = object()
_HASHABLE = (str, int, float, bool, Call)


class PickleReader:
    """Reads one pickle of protocol 2; ``entry`` names it in errors."""

    protocols: tuple[int, ...] = (2,)

    def __init__(self, data: bytes | memoryview, entry: str) -> None:
        self._data = memoryview(data)
        self._entry = entry
        self._at = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The value; ``ArchiveError`` for anything that archives do not hold."""
        value = self.load_next()
        if self._at != len(self._data):
            raise self._error("the pickle goes on after its end")
        return value

    def load_next(self) -> Any:
        """The value of the pickle that begins here; others may follow it."""
        if self._byte() != 0x80 or self._byte() not in self.protocols:
            raise self._error("expected a pickle of protocol 2")
        while True:
            code = self._byte()
            if code == 0x2E:
                break
            step = self._step(code)
            if step is None:
                raise self._error(f"pickle operation {code:#04x} is not part of the format")
            step(self)
        if len(self._stack) != 1 or self._stack[0] is _MARK:
            raise self._error("the pickle does not end with one value")
        return self._stack.pop()

    def _step(self, code: int) -> Callable[[Any], None] | None:
        return _STEPS.get(code)

    # ---- bytes and stack
    def _error(self, message: str) -> ArchiveError:
        return ArchiveError(f"{message} (byte {self._at})", self._entry)

    def _take(self, count: int) -> memoryview:
        if count > len(self._data) - self._at:
            raise self._error("the pickle is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def _byte(self) -> int:
        return self._take(1)[0]

    def _number(self, format: str) -> Any:
        return struct.unpack(format, self._take(struct.calcsize(format)))[0]

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise self._error("the pickle takes a value where there is none")
        return self._stack.pop()

    def _pop_to_mark(self) -> list[Any]:
        at = len(self._stack) - 1
        while at >= 0 and self._stack[at] is not _MARK:
            at -= 1
        if at < 0:
            raise self._error("the pickle closes what it did not open")
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def _top(self, kind: type) -> Any:
        found = self._stack[-1] if self._stack else None
        if not isinstance(found, kind):
            raise self._error(f"expected a {kind.__name__}, found {type(found).__name__}")
        return found

    # ---- operations
    def push(self, value: Any) -> None:
        self._stack.append(value)

    def text(self) -> None:
        raw = self._take(self._number("<I"))
        try:
            self.push(bytes(raw).decode("utf-8"))
        except UnicodeDecodeError:
            raise self._error("a text is no UTF-8") from None

    def long(self) -> None:
        length = self._byte()
        if length > 8:
            raise self._error("an integer has more than 64 bits")
        self.push(int.from_bytes(self._take(length), "little", signed=True))

    def name(self) -> None:
        self.push(Global(self._line(), self._line()))

    def _line(self) -> str:
        rest = self._data[self._at : self._at + 2048].tobytes()
        end = rest.find(b"\n")
        if end < 0:
            raise self._error("a name has no end")
        self._at += end + 1
        try:
            return rest[:end].decode("utf-8")
        except UnicodeDecodeError:
            raise self._error("a name is no UTF-8") from None

    def put(self, index: int) -> None:
        if not self._stack or self._stack[-1] is _MARK:
            raise self._error("the pickle remembers a value where there is none")
        self._memo[index] = self._stack[-1]

    def get(self, index: int) -> None:
        if index not in self._memo:
            raise self._error("the pickle recalls a value that it has not remembered")
        self.push(self._memo[index])

    def tuple(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self.push(tuple(reversed(items)))

    def marked_tuple(self) -> None:
        self.push(tuple(self._pop_to_mark()))

    def append(self) -> None:
        value = self._pop()
        self._top(list).append(value)

    def appends(self) -> None:
        items = self._pop_to_mark()
        self._top(list).extend(items)

    def set_item(self) -> None:
        value, key = self._pop(), self._pop()
        self._set(self._top(dict), key, value)

    def set_items(self) -> None:
        items = self._pop_to_mark()
        if len(items) % 2:
            raise self._error("a dict has a key without a value")
        target = self._top(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            self._set(target, key, value)

    def _set(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        if not isinstance(key, _HASHABLE):
            raise self._error(f"a {type(key).__name__} cannot be a key")
        target[key] = value

    def new_object(self) -> None:
        arguments, kind = self._pop(), self._pop()
        if arguments != () or not isinstance(kind, Global):
            raise self._error("an object is made of something that is no class")
        self.push(Instance(kind))

    def build(self) -> None:
        state = self._pop()
        self._top(Instance).state = state

    def reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(function, Global):
            raise self._error("something that is no name is called")
        self.push(Call(function, arguments))

    def persistent(self) -> None:
        self.push(Persistent(self._pop()))


_STEPS: dict[int, Callable[[PickleReader], None]] = {
    ord("("): lambda r: r.push(_MARK),
    ord("c"): PickleReader.name,
    ord("q"): lambda r: r.put(r._byte()),
    ord("r"): lambda r: r.put(r._number("<I")),
    ord("h"): lambda r: r.get(r._byte()),
    ord("j"): lambda r: r.get(r._number("<I")),
    ord(")"): lambda r: r.push(()),
    ord("]"): lambda r: r.push([]),
    ord("}"): lambda r: r.push({}),
    ord("t"): PickleReader.marked_tuple,
    0x85: lambda r: r.tuple(1),
    0x86: lambda r: r.tuple(2),
    0x87: lambda r: r.tuple(3),
    ord("a"): PickleReader.append,
    ord("e"): PickleReader.appends,
    ord("s"): PickleReader.set_item,
    ord("u"): PickleReader.set_items,
    0x81: PickleReader.new_object,
    ord("b"): PickleReader.build,
    ord("R"): PickleReader.reduce,
    ord("Q"): PickleReader.persistent,
    ord("X"): PickleReader.text,
    ord("G"): lambda r: r.push(r._number(">d")),
    ord("J"): lambda r: r.push(r._number("<i")),
    ord("K"): lambda r: r.push(r._byte()),
    ord("M"): lambda r: r.push(r._number("<H")),
    0x8A: PickleReader.long,
    0x88: lambda r: r.push(True),
    0x89: lambda r: r.push(False),
    ord("N"): lambda r: r.push(None),
}
