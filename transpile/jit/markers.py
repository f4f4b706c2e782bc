"""Decorators and functions that steer scripting, and do nothing (or the obvious) in plain Python."""

from __future__ import annotations

import builtins
import typing
import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any, Final, TypeVar

from transpile.core.script_markers import is_scripting, is_tracing
from transpile.core.script_markers import overload as _overload

_overload_method = _overload
F = TypeVar("F", bound=Callable[..., Any])

Attribute = namedtuple("Attribute", ["value", "type"])

EXPORT = "export (compile this function even if nothing calls it)"
IGNORE = "ignore (leave as a call to Python, cannot be torch.jit.save'd)"
UNUSED = "unused (ignored and replaced with raising of an exception)"

__all__ = [
    "Attribute", "Final", "Future", "annotate", "export", "fork", "ignore", "is_scripting", "is_tracing", "isinstance",
    "unused", "wait",
]  # fmt: skip


def _mark(fn: Any, modifier: str) -> None:
    fn._torchscript_modifier = modifier


def export(fn: F) -> F:
    """Mark a method that is compiled although ``forward`` does not call it."""
    _mark(fn, EXPORT)
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Mark a function that stays a call of Python; such a program cannot be exported."""
    if callable(drop):
        _mark(drop, IGNORE)
        return drop
    if not builtins.isinstance(drop, bool):
        raise RuntimeError(f"Argument to @torch.jit.ignore must be a bool or a function but got {drop}")
    drop_on_export = kwargs.pop("drop_on_export", None)
    if drop or drop_on_export:
        warnings.warn(
            "ignore(True) has been deprecated. TorchScript will now drop the function call on compilation. Use "
            "torch.jit.unused now. {}",
            category=FutureWarning,
            stacklevel=2,
        )
        return unused

    def mark(fn: F) -> F:
        _mark(fn, IGNORE)
        return fn

    return mark


def unused(fn: Any) -> Any:
    """Mark a function (or property) whose call becomes an exception in compiled code."""
    if builtins.isinstance(fn, property):
        for accessor in (fn.fget, fn.fset):
            if accessor is not None:
                _mark(accessor, UNUSED)
        return fn
    _mark(fn, UNUSED)
    return fn


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value; in a script an expression of that type."""
    return the_value


def _unwrap_optional(value: Any) -> Any:
    """The value, which must not be None."""
    assert value is not None, "Unwrapping null optional"
    return value


_T = TypeVar("_T")
_BARE = tuple(vars(typing)[name] for name in ("List", "Dict", "Tuple", "Optional"))


class Future(typing.Generic[_T]):
    """The result of ``fork`` in plain Python, where the function has run already."""

    def __init__(self, value: Any = None) -> None:
        self._value = value

    def wait(self) -> Any:
        """The result."""
        return self._value

    def value(self) -> Any:
        """The result."""
        return self._value

    def done(self) -> bool:
        """Always true."""
        return True

    def set_result(self, result: Any) -> None:
        """Give the future its result."""
        self._value = result

    def then(self, callback: Callable[[Any], Any]) -> Any:
        """A future of what ``callback`` makes of this one."""
        return Future(callback(self))

    def add_done_callback(self, callback: Callable[[Any], Any]) -> None:
        """Call ``callback`` with this future, at once."""
        callback(self)


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Start ``func`` as a task; in plain Python it runs at once."""
    return Future(func(*args, **kwargs))


def wait(future: Any) -> Any:
    """The result of a future."""
    return future.wait()


def isinstance(obj: Any, target_type: Any) -> bool:
    """``isinstance`` that looks into parametrised containers: ``isinstance(x, List[int])``."""
    if builtins.isinstance(target_type, tuple):
        return any(isinstance(obj, t) for t in target_type)
    origin, parameters = typing.get_origin(target_type), typing.get_args(target_type)
    if target_type in (list, dict, tuple, *_BARE):
        name = getattr(target_type, "__name__", str(target_type))
        raise RuntimeError(
            f"Attempted to use {name} without a contained type. Please add a contained type, e.g. {name}[int]"
        )
    if origin is None:
        return obj is None if target_type is None else builtins.isinstance(obj, target_type)
    if origin is list:
        return builtins.isinstance(obj, list) and all(isinstance(v, parameters[0]) for v in obj)
    if origin is dict:
        return builtins.isinstance(obj, dict) and all(
            isinstance(k, parameters[0]) and isinstance(v, parameters[1]) for k, v in obj.items()
        )
    if origin is tuple:
        return (
            builtins.isinstance(obj, tuple)
            and len(obj) == len(parameters)
            and all(isinstance(v, t) for v, t in zip(obj, parameters, strict=True))
        )
    return any(isinstance(obj, t) for t in parameters)
