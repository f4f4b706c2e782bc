"""Strings: methods, formatting, comparison.  A string is a sequence of UTF-8 bytes, so positions count bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from transpile.ops.dump import to_text
from transpile.ops.registry import op

_BLANK = " \n\t\f\v"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _item(s: str, index: int) -> str:
    data = _bytes(s)
    place = index + len(data) if index < 0 else index
    if not 0 <= place < len(data):
        raise IndexError("string index out of range")
    return _text(data[place : place + 1])


def _slice(string: str, start: int | None = None, end: int | None = None, step: int = 1) -> str:
    if step == 0:
        raise ValueError("slice step cannot be zero")
    return _text(_bytes(string)[slice(start, end, step)])


def _window(s: str, start: int, end: int) -> tuple[bytes, int]:
    """The bytes that a search looks at, and where they begin; an end of -1 means the end of the string."""
    data = _bytes(s)
    begin = max(start + len(data), 0) if start < 0 else start
    stop = len(data) if end == -1 else end + len(data) if end < 0 else end
    return data[begin : max(stop, begin)], begin


def _find(s: str, substr: str, start: int = 0, end: int = -1) -> int:
    data, begin = _window(s, start, end)
    place = data.find(_bytes(substr))
    return place if place < 0 else place + begin


def _rfind(s: str, substr: str, start: int = 0, end: int = -1) -> int:
    data, begin = _window(s, start, end)
    place = data.rfind(_bytes(substr))
    return place if place < 0 else place + begin


def _found(search: Callable[..., int]) -> Callable[..., int]:
    def run(s: str, substr: str, start: int = 0, end: int = -1) -> int:
        place = search(s, substr, start, end)
        if place < 0:
            raise ValueError("substring not found")
        return place

    return run


def format_text(self: str, *values: Any) -> str:
    """``str.format`` with plain ``{}`` only; everything else in braces is copied."""
    parts = self.split("{}")
    if len(parts) - 1 > len(values):
        raise RuntimeError("Too few arguments for format string")
    if len(parts) - 1 < len(values):
        raise RuntimeError("Too many arguments for format string")
    return parts[0] + "".join(to_text(v) + p for v, p in zip(values, parts[1:], strict=True))


def percent_format(self: str, *values: Any) -> str:
    """``text % values`` with the specifiers s d i e E f F c and %%, without flags or widths."""
    given = list(values[0]) if len(values) == 1 and isinstance(values[0], tuple) else list(values)
    used = 0
    out: list[str] = []
    for literal, specifier in re.findall(r"([^%]*)(%.?|\Z)", self, re.DOTALL):
        out.append(literal)
        if not specifier:
            continue
        if specifier == "%":
            raise RuntimeError("Incomplete format specifier")
        if specifier == "%%":
            out.append("%")
            continue
        if used == len(given):
            raise RuntimeError("Too few arguments for format string")
        out.append(_percent_item(specifier[1], given[used]))
        used += 1
    if used != len(given):
        raise RuntimeError("Too many arguments for format string")
    return "".join(out)


def _percent_item(letter: str, value: Any) -> str:
    if letter == "s":
        return to_text(value)
    if letter in "di" or letter in "eEfF":
        if not isinstance(value, (int, float)):
            raise RuntimeError(f"%{letter} requires a number for formatting, but got {type(value).__name__}")
        return str(int(value)) if letter in "di" else f"%{letter}" % value
    if letter == "c":
        if isinstance(value, int) and not isinstance(value, bool):
            return chr(value & 0xFF)
        if isinstance(value, str) and len(value) == 1:
            return value
        raise RuntimeError(f"%c requires an int or char for formatting, but got {type(value).__name__}")
    raise RuntimeError(f"The specifier %{letter} is not supported in TorchScript format strings")


def _splitlines(s: str, keepends: bool = False) -> list[str]:
    return s.splitlines(keepends)


_METHODS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("find(str self, str substr, int start=0, int end=-1) -> int", _find),
    ("rfind(str self, str substr, int start=0, int end=-1) -> int", _rfind),
    ("index.str(str self, str substr, int start=0, int end=-1) -> int", _found(_find)),
    ("rindex(str self, str substr, int start=0, int end=-1) -> int", _found(_rfind)),
    ("count(str self, str substr, int start=0, int end=-1) -> int", lambda s, p, a=0, b=-1: _window(s, a, b)[0].count(_bytes(p))),
    ("startswith(str self, str substr, int start=0, int end=-1) -> bool", lambda s, p, a=0, b=-1: _window(s, a, b)[0].startswith(_bytes(p))),
    ("endswith(str self, str substr, int start=0, int end=-1) -> bool", lambda s, p, a=0, b=-1: _window(s, a, b)[0].endswith(_bytes(p))),
    ("isspace(str self) -> bool", str.isspace), ("isalpha(str self) -> bool", str.isalpha),
    ("isnumeric(str self) -> bool", str.isnumeric), ("isprintable(str self) -> bool", str.isprintable),
    ("isupper(str self) -> bool", str.isupper), ("islower(str self) -> bool", str.islower),
    ("istitle(str self) -> bool", str.istitle), ("isalnum(str self) -> bool", str.isalnum),
    ("isdigit(str self) -> bool", str.isdigit), ("isdecimal(str self) -> bool", str.isdecimal),
    ("isidentifier(str self) -> bool", str.isidentifier),
    ("lower(str self) -> str", str.lower), ("upper(str self) -> str", str.upper), ("swapcase(str self) -> str", str.swapcase),
    ("capitalize(str self) -> str", str.capitalize), ("title(str self) -> str", str.title),
    ("expandtabs(str self, int tabsize=8) -> str", str.expandtabs),
    ("center(str self, int width, str fillchar=\" \") -> str", str.center),
    ("ljust(str self, int width, str fillchar=\" \") -> str", str.ljust),
    ("rjust(str self, int width, str fillchar=\" \") -> str", str.rjust),
    ("zfill(str self, int width) -> str", lambda s, w: s.rjust(w, "0")),
    ("strip(str self, str chars=\" \\n\\t\\f\\v\") -> str", str.strip),
    ("lstrip(str self, str chars=\" \\n\\t\\f\\v\") -> str", str.lstrip),
    ("rstrip(str self, str chars=\" \\n\\t\\f\\v\") -> str", str.rstrip),
    ("join(str self, str[] values) -> str", str.join),
    ("split.str(str self, str? separator=None, int max=-1) -> str[]", str.split),
    ("rsplit(str self, str separator=\" \", int max=-1) -> str[]", str.rsplit),
    ("splitlines(str self, bool keepends=False) -> str[]", _splitlines),
    ("replace(str self, str old, str new, int max=-1) -> str", str.replace),
    ("partition(str self, str separator) -> (str, str, str)", str.partition),
    ("rpartition(str self, str separator) -> (str, str, str)", str.rpartition),
)  # fmt: skip

for _schema, _kernel in _METHODS:
    _name = _schema.partition("(")[0].partition(".")[0]
    _count = _schema.partition(")")[0].count(",") + 1
    _places = ", ".join(f"{{{i}}}" for i in range(_count))
    op(f"aten::{_schema}", cpp=f"ts2cpp::text::{_name}({_places})", tags=("scalar",))(
        lambda *args, kernel=_kernel: kernel(*args)
    )

for _schema, _kernel, _cpp in (
    ("aten::len.str(str s) -> int", lambda s: len(_bytes(s)), "ts2cpp::text::len({0})"),
    ("aten::__getitem__.str(str s, int index) -> str", _item, "ts2cpp::text::at({0}, {1})"),
    ("aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str", _slice, "ts2cpp::text::slice({0}, {1}, {2}, {3})"),
    ("aten::list(str t) -> str[]", lambda s: [_text(bytes([b])) for b in _bytes(s)], "ts2cpp::text::characters({0})"),
    ("aten::add.str(str a, str b) -> str", lambda a, b: a + b, "ts2cpp::text::concat({0}, {1})"),
    ("aten::str(t elem) -> str", to_text, "ts2cpp::to_str({0})"),
    ("aten::format(str self, ...) -> str", format_text, ""),
    ("aten::percentFormat(str self, ...) -> str", percent_format, "ts2cpp::percent_format({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7})"),
):  # fmt: skip
    op(_schema, cpp=_cpp, tags=("scalar",))(_kernel)
