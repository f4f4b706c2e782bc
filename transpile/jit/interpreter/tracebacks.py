"""Exceptions that graphs raise: their classes, and the Python lines that were running."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from transpile.core.exception_names import split_message
from transpile.core.source import SourceRange
from transpile.script.library import is_own_source

Frame = tuple[str, SourceRange | None]


def traceback_of(error: BaseException) -> Sequence[Frame]:
    """The calls that were running when ``error`` was raised in a graph, outermost first."""
    return tuple(reversed(error.__dict__.get("script_frames", ())))


def shown_frames(error: BaseException) -> Sequence[Frame]:
    """The calls without those inside of our own layers, whose lines tell nobody anything."""
    frames = traceback_of(error)
    programs = [i for i, (_, range) in enumerate(frames) if range is not None and not is_own_source(range.filename)]
    return frames[: programs[-1] + 1] if programs else frames


_EXCEPTIONS: dict[str, type[Exception]] = {}


def exception_class(qualified_name: str | None, message: str) -> tuple[type[Exception], str]:
    """The Python class that ``prim::RaiseException`` names, and the message without a class in front of it."""
    if not qualified_name:
        qualified_name, message = split_message(message)
    name = qualified_name.rpartition(".")[2]
    named = getattr(builtins, name, None)
    if isinstance(named, type) and issubclass(named, Exception):
        return named, message
    if qualified_name not in _EXCEPTIONS:
        _EXCEPTIONS[qualified_name] = type(name, (RuntimeError,), {"__module__": qualified_name.rpartition(".")[0]})
    return _EXCEPTIONS[qualified_name], message


def blame(error: Exception, step: Any) -> None:
    """Remember the node that ``error`` comes from."""
    if "script_node" not in error.__dict__:
        error.__dict__["script_node"] = step.node


def leave(error: Exception, name: str) -> None:
    """Record that ``error`` leaves the function ``name``, and renew the note."""
    node = error.__dict__.pop("script_node", None)
    frames: list[Frame] = error.__dict__.setdefault("script_frames", [])
    current = name
    if node is not None:
        inlined: list[Frame] = []
        for callee, call in node.stack:
            inlined.append((current, call))
            current = callee
        frames.append((current, node.range))
        frames.extend(reversed(inlined))
    else:
        frames.append((name, None))
    notes = [n for n in getattr(error, "__notes__", []) if not n.startswith("Traceback of TorchScript")]
    error.__dict__["__notes__"] = [*notes, _render(error)]


def _render(error: Exception) -> str:
    lines = ["Traceback of TorchScript (most recent call last):"]
    for name, range in shown_frames(error):
        if range is None:
            lines.append(f"  In {name}")
            continue
        lines.append(range.render(function=name))
    return "\n".join(lines)
