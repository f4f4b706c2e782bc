"""Operators on strings.

TorchScript strings are byte strings: lengths and indices count UTF-8 bytes, and only ASCII letters have a case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.ops.cast import number_to_int
from transpile.ops.display import text_of
from transpile.ops.families import Family
from transpile.ops.sequence import sliced

FAMILY = Family("text", header="")
op = FAMILY.op

_SCALAR = ("scalar",)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _method(schema: str, function: Callable[..., Any]) -> None:
    """Register a string method, which C++ spells ``ts2cpp::text::name(arguments...)``."""
    name = schema.partition("(")[0].rpartition("::")[2].partition(".")[0]
    count = 0 if "()" in schema.partition(" ->")[0] else schema.partition(" -> ")[0].count(",") + 1
    arguments = ", ".join(f"{{{i}}}" for i in range(count))
    op(schema, cpp=f"ts2cpp::text::{name}({arguments})", tags=_SCALAR)(function)


# --- building ------------------------------------------------------------------------------------------------------

op("aten::str(t elem) -> str", cpp="ts2cpp::str({0})", tags=(*_SCALAR, "infallible"))(text_of)
op("aten::add.str(str a, str b) -> str", cpp="{0} + {1}", tags=("scalar", "total"))(lambda a, b: a + b)
op("aten::len.str(str s) -> int", cpp="ts2cpp::text::len({0})", tags=(*_SCALAR, "infallible"))(lambda s: len(_bytes(s)))


@op("aten::format(str self, ...) -> str", cpp="ts2cpp::format({0}, {...})", tags=(*_SCALAR, "template"))
def format(self: str, *values: Any) -> str:
    """Replaces each ``{}`` by the next value; everything else in braces stays, superfluous values are ignored."""
    parts = self.split("{}")
    if len(parts) - 1 > len(values):
        raise RuntimeError(f"Too few arguments for format string: {self}")
    return "".join(p + (text_of(values[i]) if i < len(parts) - 1 else "") for i, p in enumerate(parts))


_TYPE_NAMES = ((bool, "Bool"), (int, "Int"), (float, "Double"), (str, "String"), (complex, "ComplexDouble"))


def _tag(value: Any) -> str:
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return "Tensor" if isinstance(value, np.ndarray) else "None" if value is None else "Object"


def _percent(specifier: str, value: Any) -> str:
    if specifier == "s":
        return text_of(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if specifier in "di":
        if not number:
            raise RuntimeError(f"%{specifier} requires a number for formatting, but got {_tag(value)}")
        return str(number_to_int(value))
    if specifier in "eEfF":
        if not number:
            raise RuntimeError(f"%{specifier} requires a number for formatting, but got {_tag(value)}")
        return f"{float(value):{specifier}}"
    if specifier == "c":
        if isinstance(value, int) and not isinstance(value, bool):
            return _text(bytes([value & 255]))
        if isinstance(value, str) and len(_bytes(value)) == 1:
            return value
        raise RuntimeError(f"%c requires an int or char for formatting, but got {_tag(value)}")
    raise RuntimeError(f"The specifier %{specifier} is not supported in TorchScript format strings")


@op("aten::percentFormat(str self, ...) -> str", cpp="ts2cpp::percent_format({0}, {...})", tags=(*_SCALAR, "template"))
def percent_format(self: str, *values: Any) -> str:
    """``self % values`` with %s %d %i %e %E %f %F %c %% and no width or precision; a tuple holds the values."""
    if len(values) == 1 and isinstance(values[0], tuple):
        values = values[0]
    result = ""
    used = at = 0
    while True:
        place = self.find("%", at)
        if place < 0:
            break
        result += self[at:place]
        if place + 1 == len(self):
            raise RuntimeError("Incomplete format specifier")
        specifier = self[place + 1]
        at = place + 2
        if specifier == "%":
            result += "%"
            continue
        if used == len(values):
            raise RuntimeError("Too few arguments for format string")
        result += _percent(specifier, values[used])
        used += 1
    if used < len(values):
        raise RuntimeError("Too many arguments for format string")
    return result + self[at:]


# --- characters ----------------------------------------------------------------------------------------------------


def _at(s: str, index: int) -> str:
    data = _bytes(s)
    place = index + len(data) if index < 0 else index
    if not 0 <= place < len(data):
        raise IndexError("string index out of range")
    return _text(data[place : place + 1])


op("aten::__getitem__.str(str s, int index) -> str", cpp="ts2cpp::text::at({0}, {1})", tags=(*_SCALAR, "one_error"))(
    _at
)
op("prim::StringIndex(str string, int index) -> str", cpp="ts2cpp::text::at({0}, {1})", tags=_SCALAR)(_at)


@op(
    "aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str",
    cpp="ts2cpp::text::slice({0}, {1}, {2}, {3})",
    tags=(*_SCALAR, "nonzero_last"),
)
def slice_text(string: str, start: int | None = None, end: int | None = None, step: int = 1) -> str:
    return _text(_bytes(string)[sliced(start, end, step)])


def _ord(string: str) -> int:
    data = _bytes(string)
    if len(data) != 1:
        raise RuntimeError(f"String for ord() must be 1 character, found {len(data)}")
    return data[0]


def _chr(i: int) -> str:
    if not 0 <= i < 0x110000:
        raise RuntimeError(f"chr() arg not in range(0x110000), found {i}")
    return _text(bytes([i & 255]))


_method("aten::ord(str string) -> int", _ord)
_method("aten::chr(int i) -> str", _chr)
_method("aten::hex(int i) -> str", hex)
_method("aten::oct(int i) -> str", oct)
_method("aten::bin(int i) -> str", bin)
op("aten::list(str t) -> str[]", cpp="ts2cpp::text::characters({0})", tags=_SCALAR)(
    lambda t: [_text(bytes([b])) for b in _bytes(t)]
)

# --- case and classes ----------------------------------------------------------------------------------------------

for _name in ("upper", "lower", "capitalize", "swapcase", "title"):
    _method(f"aten::{_name}(str self) -> str", (lambda n: lambda self: _text(getattr(_bytes(self), n)()))(_name))
for _name in ("isalnum", "isalpha", "isdigit", "isspace", "isupper", "islower", "istitle"):
    _method(f"aten::{_name}(str self) -> bool", (lambda n: lambda self: getattr(_bytes(self), n)())(_name))
_method("aten::isdecimal(str self) -> bool", lambda self: _bytes(self).isdigit())
_method("aten::isnumeric(str self) -> bool", lambda self: _bytes(self).isdigit())
_method("aten::isprintable(str self) -> bool", lambda self: all(32 <= b < 127 for b in _bytes(self)))
_method("aten::isidentifier(str self) -> bool", lambda self: self.isascii() and self.isidentifier())

# --- layout --------------------------------------------------------------------------------------------------------


def _fill(fillchar: str) -> bytes:
    if len(_bytes(fillchar)) != 1:
        raise TypeError("The fill character must be exactly one character long")
    return _bytes(fillchar)


_method(
    'aten::center(str self, int width, str fillchar=" ") -> str',
    lambda self, width, fillchar=" ": _text(_bytes(self).center(width, _fill(fillchar))),
)
_method(
    'aten::ljust(str self, int width, str fillchar=" ") -> str',
    lambda self, width, fillchar=" ": _text(_bytes(self).ljust(width, _fill(fillchar))),
)
_method(
    'aten::rjust(str self, int width, str fillchar=" ") -> str',
    lambda self, width, fillchar=" ": _text(_bytes(self).rjust(width, _fill(fillchar))),
)
_method("aten::zfill(str self, int width) -> str", lambda self, width: _text(_bytes(self).rjust(width, b"0")))
_method("aten::expandtabs(str self, int tabsize=8) -> str", lambda self, tabsize=8: self.expandtabs(tabsize))
for _name in ("strip", "lstrip", "rstrip"):
    _method(
        f'aten::{_name}(str self, str chars=" \\n\\t\\f\\v") -> str',
        (lambda n: lambda self, chars=" \n\t\f\v": _text(getattr(_bytes(self), n)(_bytes(chars))))(_name),
    )

# --- searching -----------------------------------------------------------------------------------------------------


def _window(self: str, start: int, end: int) -> tuple[bytes, int, int]:
    """The bytes and the range to search.  The default end of -1 means the end of the string."""
    data = _bytes(self)
    size = len(data)
    begin = max(start + size, 0) if start < 0 else start
    stop = max(end + 1 + size, 0) if end < 0 else min(end, size)
    return data, begin, stop


def _find(self: str, substr: str, start: int = 0, end: int = -1) -> int:
    data, begin, stop = _window(self, start, end)
    return data.find(_bytes(substr), begin, stop)


def _rfind(self: str, substr: str, start: int = 0, end: int = -1) -> int:
    data, begin, stop = _window(self, start, end)
    return data.rfind(_bytes(substr), begin, stop)


def _found(place: int) -> int:
    if place < 0:
        raise ValueError("substring not found")
    return place


def _count(self: str, substr: str, start: int = 0, end: int = -1) -> int:
    data, begin, stop = _window(self, start, end)
    return data.count(_bytes(substr), begin, stop)


def _startswith(self: str, substr: str, start: int = 0, end: int = -1) -> bool:
    data, begin, stop = _window(self, start, end)
    return data[begin:stop].startswith(_bytes(substr))


def _endswith(self: str, substr: str, start: int = 0, end: int = -1) -> bool:
    data, begin, stop = _window(self, start, end)
    return data[begin:stop].endswith(_bytes(substr))


_RANGE = "(str self, str substr, int start=0, int end=-1)"
_method(f"aten::find{_RANGE} -> int", _find)
_method(f"aten::rfind{_RANGE} -> int", _rfind)
_method(f"aten::index.str{_RANGE} -> int", lambda *arguments: _found(_find(*arguments)))
_method(f"aten::rindex{_RANGE} -> int", lambda *arguments: _found(_rfind(*arguments)))
_method(f"aten::count{_RANGE} -> int", _count)
_method(f"aten::startswith{_RANGE} -> bool", _startswith)
_method(f"aten::endswith{_RANGE} -> bool", _endswith)

# --- splitting and joining -----------------------------------------------------------------------------------------


def _split(self: str, separator: str | None = None, max: int = -1) -> list[str]:
    if separator == "":
        raise ValueError("empty separator")
    return self.split(separator, max)


def _rsplit(self: str, separator: str = " ", max: int = -1) -> list[str]:
    if separator == "":
        raise ValueError("empty separator")
    return self.rsplit(separator, max)


def _splitlines(self: str, keepends: bool = False) -> list[str]:
    """Lines; every line feed, carriage return, ... ends one, also the second of a pair.  Kept ends are elements themselves."""
    lines, line = [], ""
    for character in self:
        if character in "\n\r\v\f\x1c\x1d\x1e\x85":
            lines += [line, character] if keepends else [line]
            line = ""
        else:
            line += character
    return [*lines, line] if line else lines


_method("aten::split.str(str self, str? separator=None, int max=-1) -> str[]", _split)
_method('aten::rsplit(str self, str separator=" ", int max=-1) -> str[]', _rsplit)
_method("aten::splitlines(str self, bool keepends=False) -> str[]", _splitlines)
_method(
    "aten::partition(str self, str separator) -> (str, str, str)", lambda self, separator: self.partition(separator)
)
_method(
    "aten::rpartition(str self, str separator) -> (str, str, str)", lambda self, separator: self.rpartition(separator)
)
_method("aten::join(str self, str[] values) -> str", lambda self, values: self.join(values))
_method(
    "aten::replace(str self, str old, str new, int max=-1) -> str",
    lambda self, old, new, max=-1: self.replace(old, new, max),
)
