"""Where the code of an archive comes from: the tables beside its files (``.debug_pkl``), as ranges of the original sources.

A table says for every stretch of an archive's text which piece of the original program it stands for.  That piece is a range
of a function's source, or for traced code the stack of Python frames that recorded it.  What such a table says is shown to
people and decides nothing, so one that is damaged says nothing instead of being an error.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from transpile.archive.pickle_data import Call, Global
from transpile.archive.pickle_reader import PickleReader
from transpile.archive.pickle_writer import dump
from transpile.core.errors import ArchiveError
from transpile.core.source import Source, SourceRange

# What is added to the path of a file of code.
TABLE = ".debug_pkl"
# Code without a file of this ending was read from an archive that does not say where it comes from.
ARCHIVED = "code/"
_HEADER = "FORMAT_WITH_STRING_TABLE"
_FRAME = re.compile(r"^(.*)\((\d{1,9})\): (.*)$")
# The files of PyTorch through which every call of a traced module goes, and the folder that they are in.
_CALLS = re.compile(r"^(.*[/\\]torch[/\\])(?:nn[/\\]modules[/\\]module|jit[/\\]_trace)\.py$")
# No table of a sane archive spells out more text than this many times its own size, nor more than this many bytes.
_GROWTH = 64
_MOST = 32 << 20


class Frame(NamedTuple):
    """A frame of Python's stack while a program was traced."""

    filename: str
    line: int
    function: str


@dataclass(frozen=True)
class TracedRange(SourceRange):
    """The line of ``frames[0]``, which recorded a call, innermost first.  The archive does not hold its text."""

    frames: tuple[Frame, ...] = ()

    @classmethod
    def of(cls, frames: tuple[Frame, ...]) -> TracedRange:
        """The range for a stack of frames."""
        line = frames[0].line
        return cls(Source("", frames[0].filename, line), line, 0, line, 1, frames)

    @property
    def library(self) -> str:
        """The folder of the PyTorch that has traced the program; empty if no frame tells."""
        found = (_CALLS.match(frame.filename) for frame in self.frames)
        return next((match.group(1) for match in found if match), "")

    @property
    def stack(self) -> tuple[tuple[str, SourceRange | None], ...]:
        """The line of the program that led to library code, as ``Node.stack`` has it."""
        library = self.library
        if not library or not self.filename.startswith(library):
            return ()
        for position, frame in enumerate(self.frames):
            if not frame.filename.startswith(library):
                return ((self.frames[0].function, TracedRange.of(self.frames[position:])),)
        return ()

    @property
    def caller(self) -> TracedRange | None:
        """Where the module was called whose code this is: the frames below those of ``Module.__call__``."""
        below = False
        for position, frame in enumerate(self.frames):
            match = _CALLS.match(frame.filename)
            if match and frame.filename.endswith("module.py"):
                below = True
            elif below:
                return None if match else TracedRange.of(self.frames[position:])
        return None


class _Original(NamedTuple):
    source: Source
    lines: tuple[int, ...]  # at which byte each line begins
    size: int
    frames: tuple[Frame, ...]


class SourceRanges:
    """The table of one file of code."""

    def __init__(self, content: bytes | memoryview, entry: str) -> None:
        self._offsets: list[int] = []
        self._ranges: list[tuple[Any, int, int]] = []
        self._strings: tuple[Any, ...] | None = None
        self._originals: dict[tuple[int, int | str, int | None], _Original | None] = {}
        self._room = min(_GROWTH * len(content), _MOST)
        try:
            self._read(PickleReader(content, entry).load())
        except (ArchiveError, RecursionError):
            self._offsets = []

    def _read(self, data: Any) -> None:
        records = data
        if isinstance(data, tuple) and len(data) == 3 and data[0] == _HEADER and isinstance(data[1], tuple):
            self._strings, records = data[1], data[2]
        for record in records if isinstance(records, tuple) else ():
            match record:
                case (int(offset), (source, int(start), int(end)), *_):
                    self._offsets.append(offset)
                    self._ranges.append((source, start, end))
        if any(a > b for a, b in zip(self._offsets, self._offsets[1:], strict=False)):
            self._offsets = []

    def at(self, offset: int) -> SourceRange | None:
        """What the text at a byte of the file stands for; ``None`` where the table does not say."""
        position = bisect_right(self._offsets, offset) - 1
        if position < 0:
            return None
        data, start, end = self._ranges[position]
        original = self._original(data)
        if original is None or not 0 <= start <= original.size:
            return None
        if original.frames:
            return TracedRange.of(original.frames)
        lines = original.lines
        first = bisect_right(lines, start) - 1
        last = bisect_right(lines, max(start, min(end, original.size) - 1)) - 1
        return original.source.range(first + 1, start - lines[first], last + 1, max(end - lines[last], 0))

    def _original(self, data: Any) -> _Original | None:
        if not isinstance(data, tuple) or len(data) != 3 or not isinstance(data[1], (int, str)):
            return None
        key = (id(data[0]), data[1], data[2] if isinstance(data[2], int) else None)
        if key not in self._originals:
            self._originals[key] = self._read_original(data)
        return self._originals[key]

    def _read_original(self, data: tuple[Any, ...]) -> _Original | None:
        text, filename, first = self._text(data[0]), data[1], data[2]
        if self._strings is not None:
            filename = self._string(filename)
        if not text or not isinstance(first, int) or not 0 <= first < 2**31:
            return None
        shown = text.splitlines()
        matches = [_FRAME.match(line) for line in shown]
        frames = tuple(Frame(m.group(1), int(m.group(2)), m.group(3)) for m in matches if m)
        encoded = text.encode("utf-8", "replace")
        starts = [0]
        for line in encoded.split(b"\n")[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        source = Source(text, filename if isinstance(filename, str) and filename else "<string>", max(first, 1))
        return _Original(source, tuple(starts), len(encoded), frames if len(frames) == len(shown) else ())

    def _text(self, data: Any) -> str:
        """The text of a source; empty if there is none."""
        if self._strings is None:
            return data if isinstance(data, str) else ""
        ids = data.arguments[0] if isinstance(data, Call) and len(data.arguments) == 1 else data
        if not isinstance(ids, list):
            return ""
        lines = []
        for number in ids:
            line = self._string(number)
            self._room -= len(line) + 1
            if self._room < 0:
                return ""
            lines.append(line)
        return "".join(lines)

    def _string(self, number: Any) -> str:
        assert self._strings is not None
        known = isinstance(number, int) and 0 <= number < len(self._strings)
        found = self._strings[number] if known else ""
        return found if isinstance(found, str) else ""


def table_of(ranges: Sequence[tuple[int, SourceRange | None]]) -> bytes:
    """The table of a file of code that stands for ``ranges`` from the given bytes on."""
    strings: dict[str, int] = {"": 0}
    sources: dict[tuple[str, str, int], tuple[Any, int, int]] = {}
    nothing = (_build([]), 0, 0)
    records = []
    for offset, where in ranges:
        if where is None or where.filename.startswith(ARCHIVED) or not (_frames(where) or where.source.text):
            records.append((offset, (nothing, 0, 0), 0))
            continue
        text, first, start, end = _spelled(where)
        key = (text, where.filename, first)
        if key not in sources:
            lines = [strings.setdefault(line, len(strings)) for line in (*text.splitlines(keepends=True), "")]
            sources[key] = (_build(lines), strings.setdefault(where.filename, len(strings)), first)
        records.append((offset, (sources[key], start, end), 1))
    return dump((_HEADER, tuple(strings), tuple(records)))


def _build(numbers: list[int]) -> Call:
    return Call(Global("torch.jit._pickle", "build_intlist"), (numbers,))


def _frames(where: SourceRange) -> tuple[Frame, ...]:
    return where.frames if isinstance(where, TracedRange) else ()


def _spelled(where: SourceRange) -> tuple[str, int, int, int]:
    """The text of a range's source, with the columns it has in its file, its first line, and the range as bytes of it."""
    frames = _frames(where)
    if frames:
        text = "".join(f"{f.filename}({f.line}): {f.function}\n" for f in frames)
        return text, where.line, 0, len(text.encode())
    source = where.source
    lines = source.text.split("\n")
    text = "\n".join(f"{' ' * source.indent}{line}" if line else "" for line in lines)
    starts = [0]
    for line in text.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def place(line: int, column: int) -> int:
        row = min(max(line - source.first_line, 0), len(lines) - 1)
        return min(starts[row] + column, starts[row + 1] - 1)

    start = place(where.line, where.col)
    return text, source.first_line, start, max(start, place(where.end_line, where.end_col))
