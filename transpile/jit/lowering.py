"""Where the front end, the passes and the interpreter meet: how a compiled function gets the graph that is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from transpile.core import types as T
from transpile.ir.function import Function
from transpile.jit.interpreter import machine
from transpile.jit.module import conversion
from transpile.passes.pipelines import lower


def install() -> None:
    """Let ``Function.graph`` be the lowered form."""
    Function.lower = staticmethod(lower)
    machine.python_call = call_python


def call_python(function: Callable[..., Any], args: Sequence[Any], result: T.Type) -> Any:
    """Call a Python function that was left alone, with Python values; its result as compiled code holds it.

    ``RuntimeError`` if the result is not of the declared type.
    """
    value = function(*(conversion.to_python(a) for a in args))
    try:
        return conversion.to_raw(value, result)
    except conversion.CastError as error:
        raise RuntimeError(
            f" expected value of type {result.annotation()} for return value but instead got value of type "
            f"{type(value).__name__}.\nValue: {value!r}\nCast error details: {error}"
        ) from None
