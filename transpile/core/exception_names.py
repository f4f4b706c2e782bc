"""The class of an exception in front of its message, as TorchScript puts it there."""

from __future__ import annotations

import builtins


def split_message(message: str) -> tuple[str, str]:
    """``("ValueError", "x")`` for ``ValueError: x``; the class is ``RuntimeError`` if none of Python's is named."""
    head, colon, rest = message.partition(": ")
    if message.rstrip(": ") == "AssertionError":
        return "AssertionError", ""
    return (head, rest) if colon and is_exception(head) else ("RuntimeError", message)


def is_exception(name: str) -> bool:
    """Whether Python has an exception of that name."""
    known = getattr(builtins, name, None)
    return isinstance(known, type) and issubclass(known, Exception)
