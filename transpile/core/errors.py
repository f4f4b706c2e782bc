"""The error tree.

Ts2cppError(RuntimeError)
  SourceError                      a Python line is to blame: rendered with a caret
    FrontendError                  the text is not TorchScript, whatever the types
      NotSupportedError            a form that TorchScript restricts
        UnsupportedSyntaxError     a construct that TorchScript does not have
    ScriptTypeError                types do not fit
    ScriptNameError                a name is undefined or cannot be used in a script
    NoMatchingOverloadError        no operator or function accepts the arguments
      MissingOperatorError         an operator that this release does not have
    CompileErrors                  several of the above, found in one run
  TraceError
  ArchiveError
  ExportError
    UnsupportedOperatorError       no C++ counterpart
  ToolError                        compiler or CMake failed
  ProgramError                     a compiled program raised an exception
  InternalError                    our fault
    InvalidGraphError, PassError
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile.core.source import SourceRange


class Ts2cppError(RuntimeError):
    """Base of everything that ts2cpp raises on purpose."""

    code = ""  # under which `ts2cpp explain` has more to say


class SourceError(Ts2cppError):
    """A problem with a Python line.

    ``message`` says what was found and what was expected, ``hint`` what to write instead, ``stack`` the functions that
    were being compiled as ``(name, range of the call)``, outermost first; the first may have no range.
    ``fails_in_python`` is set where running the program would not come further than compiling it did.
    """

    def __init__(
        self,
        message: str,
        range: SourceRange | None = None,
        *,
        hint: str = "",
        stack: Sequence[tuple[str, SourceRange | None]] = (),
        fails_in_python: bool = False,
    ) -> None:
        super().__init__(message)
        self.fails_in_python = fails_in_python
        self.message = message
        self.range = range
        self.hint = hint
        self.stack = list(stack)

    def __str__(self) -> str:
        parts = [f"{self._before}{self.message}:" if self.range is not None else self.message]
        if self.range is not None:
            parts.append(self.range.render())
        if self.hint:
            parts.append(f"Hint: {self.hint}")
        callers = ["", *(name for name, _ in self.stack)]
        for (name, call), caller in reversed([*zip(self.stack, callers, strict=False)]):
            if call is not None:
                where = f"'{caller}'" if caller else "here:"
                parts += [f"'{name}' is being compiled since it was called from {where}", call.render()]
        return "\n".join(parts)

    _before = "\n"  # what precedes the message, as in PyTorch's texts


class FrontendError(SourceError):
    """Text that is not TorchScript, whatever the types in it."""

    code = "not-torchscript"

    _before = ""


class NotSupportedError(FrontendError):
    """A Python form that TorchScript has only in part."""

    code = "restricted-form"


class UnsupportedSyntaxError(NotSupportedError):
    """A Python construct that TorchScript does not have."""

    code = "unsupported-syntax"


class ScriptTypeError(SourceError):
    """Types that do not fit."""

    code = "type-mismatch"


class ScriptNameError(SourceError):
    """A name that is undefined, or that cannot be used inside a script."""

    code = "undefined-name"


class NoMatchingOverloadError(SourceError):
    """No variant of an operator or function accepts the arguments."""

    code = "no-overload"


class MissingOperatorError(NoMatchingOverloadError):
    """An operator of PyTorch that this release does not have."""

    code = "missing-operator"


class CompileErrors(SourceError):  # noqa: N818 - it is several errors
    """Several source errors of one compilation, reported together."""

    def __init__(self, errors: Sequence[SourceError]) -> None:
        self.errors = list(errors)
        super().__init__(f"{len(self.errors)} problems were found")

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class TraceError(Ts2cppError):
    """A function cannot be traced."""

    code = "trace"


class ArchiveError(Ts2cppError):
    """A file is not a well-formed archive; ``entry`` names the part at fault."""

    code = "archive"

    def __init__(self, message: str, entry: str = "") -> None:
        super().__init__(f"{entry}: {message}" if entry else message)
        self.entry = entry


class ExportError(Ts2cppError):
    """A compiled program that cannot be written as C++."""

    code = "export"


class UnsupportedOperatorError(SourceError, ExportError):
    """An operator without a C++ counterpart."""

    code = "no-cpp"


class ToolError(Ts2cppError):
    """An external command (compiler, CMake) failed; carries the command and its output."""

    code = "toolchain"

    def __init__(self, message: str, command: Sequence[str], output: str) -> None:
        super().__init__(message)
        self.command = list(command)
        self.output = output


class ProgramError(Ts2cppError):
    """A compiled program raised an exception.

    What is raised is also of the exception's own class where Python has it: ``except ValueError`` catches a ``ValueError`` of
    the program.  ``kind`` is the name of that class, ``frames`` the Python lines, the innermost first.
    """

    def __init__(self, kind: str, message: str, frames: Sequence[str] = ()) -> None:
        super().__init__("\n".join([f"{kind}: {message}", *(f"  at {frame}" for frame in frames)]))
        self.kind = kind
        self.message = message
        self.frames = list(frames)

    @staticmethod
    def of(text: str) -> ProgramError:
        """The exception that a program reports as ``ValueError: message`` and lines ``  at net.py:3 in Net.forward``."""
        lines = text.rstrip("\n").split("\n")
        frames: list[str] = []
        while len(lines) > 1 and lines[-1].startswith("  at "):
            frames.insert(0, lines.pop().removeprefix("  at "))
        kind, _, message = "\n".join(lines).partition(": ")
        known = getattr(builtins, kind, None)
        raised: Any = ProgramError
        if isinstance(known, type) and issubclass(known, Exception):
            with suppress(TypeError):  # classes that are laid out differently cannot be one
                raised = type(kind, (ProgramError, known), {"__module__": "builtins"})
        error: ProgramError = raised(kind, message, frames)
        return error


class InternalError(Ts2cppError):
    """A defect of ts2cpp itself."""


@contextmanager
def our_fault(doing: str, where: SourceRange | None) -> Iterator[None]:
    """An exception that is not ours to raise becomes an ``InternalError`` with what we were doing, at which Python line."""
    try:
        yield
    except Ts2cppError:
        raise
    except Exception as error:
        line = f":\n{where.render()}" if where is not None else ""
        raise InternalError(f"{doing} failed with {error!r}{line}") from error


class InvalidGraphError(InternalError):
    """The verifier found a broken graph."""


class PassError(InternalError):
    """A pass broke its contract."""
