"""How an exception inside compiled code surfaces in Python."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """What an exception raised by the program itself (``raise``, ``assert``) surfaces as."""


def surfaced(error: Exception) -> Exception:
    """The exception that the caller sees: TorchScript's text, with the Python lines that were running."""
    from transpile.core.errors import InternalError
    from transpile.jit.interpreter.tracebacks import shown_frames

    frames = shown_frames(error)
    if not frames or isinstance(error, InternalError):
        return error
    lines = ["The following operation failed in the TorchScript interpreter.",
             "Traceback of TorchScript (most recent call last):"]  # fmt: skip
    for name, range in frames:
        if range is None:
            continue
        lines.append(range.render(function=name.rpartition(".")[2]))
    raised = getattr(error, "script_raised", None)
    lines.append(f"{_name(error, raised)}: {_message(error, raised)}\n")
    by_program = raised is not None and "script_forked" not in error.__dict__  # a task's failure is the wait's
    return (Error if by_program else RuntimeError)("\n".join(lines))


def _name(error: Exception, raised: Any) -> str:
    """The class as TorchScript shows it: the qualified name for ``raise``, else RuntimeError."""
    if raised is None or not raised[0]:
        return "RuntimeError"
    return str(raised[0])


def _message(error: Exception, raised: Any) -> str:
    if raised is not None:
        return str(raised[1])
    if isinstance(error, KeyError):
        return f"KeyError: {error.args[0] if error.args else ''}"
    return str(error.args[0]) if error.args else str(error)
