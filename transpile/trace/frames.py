"""Which Python line is running: source ranges, and the names that programs give to tensors."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from transpile.core.source import Source, SourceRange

_PACKAGE = str(Path(__file__).parents[1])
# What stands for PyTorch's compiled part; the rest of the package is library code, whose lines count.
_MACHINERY = tuple(f"{_PACKAGE}/{layer}/" for layer in ("core", "eager", "ir", "jit", "ops", "torch", "trace"))
_CALLING_MODULES = f"{_PACKAGE}/nn/modules/module.py"
_sources: dict[str, Source] = {}


def _is_machinery(filename: str) -> bool:
    return filename.startswith(_MACHINERY) or filename == _CALLING_MODULES


def is_library(frame: FrameType) -> bool:
    """Whether a frame runs code of the bundled torch."""
    return frame.f_code.co_filename.startswith(_PACKAGE)


def running_frame() -> FrameType | None:
    """The innermost frame of the program or of library code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_machinery(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def program_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame around ``frame`` that is none of the library."""
    while frame is not None and is_library(frame):
        frame = frame.f_back
    return frame


def range_of(frame: FrameType | None) -> SourceRange | None:
    """The line that a frame is at, as traces show it: from column 0."""
    if frame is None:
        return None
    return range_at(frame.f_code.co_filename, frame.f_lineno)


def range_at(filename: str, line: int) -> SourceRange:
    """A line of a file, from column 0."""
    source = _sources.get(filename)
    if source is None:
        source = _sources[filename] = Source("".join(linecache.getlines(filename)), filename)
    return SourceRange(source, line, 0, line, max(len(source.line(line)), 1))


def calls_to(frame: FrameType | None, stop: Any) -> tuple[tuple[str, SourceRange | None], ...]:
    """The calls from the program into library code that lead to ``frame``, outermost first, as ``Node.stack`` has them.

    The walk ends at the code object ``stop``: what is outside of it belongs to another function's graph.
    """
    calls: list[tuple[str, SourceRange | None]] = []
    callee = frame
    while callee is not None and is_library(callee) and callee.f_code is not stop:
        name = callee.f_code.co_name
        caller = callee.f_back
        while caller is not None and _is_machinery(caller.f_code.co_filename):
            if caller.f_code is stop:
                return tuple(reversed(calls))
            caller = caller.f_back
        if caller is None:
            break
        calls.append((name, range_of(caller)))
        callee = caller
    return tuple(reversed(calls))


def name_of(value: Any, frame: FrameType | None) -> str:
    """The local variable of ``frame`` that is ``value``, or the empty string."""
    if frame is not None:
        for name, held in frame.f_locals.items():
            if held is value:
                return "" if name == "self" else name
    return ""
