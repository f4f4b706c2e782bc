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
    "Attribute", "Final", "annotate", "export", "ignore", "is_scripting", "is_tracing", "isinstance", "unused",
]  # fmt: skip


def _mark(fn: Any, modifier: str) -> None:
    fn._torchscript_modifier = modifier


def export(fn: F) -> F:
    """Mark a method that is compiled although ``forward`` does not call it."""
    _mark(fn, EXPORT)
    return fn


def script_method(fn: F) -> F:
    """Mark a method of a ``ScriptModule`` subclass that is compiled when an instance is made."""
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
        spelled = "True" if drop else "drop_on_export=True"
        warnings.warn(
            f"ignore({spelled}) has been deprecated. TorchScript will now drop the function call on compilation. Use "
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


# How messages ask for the missing element types of a bare container.
_MISSING = {
    list: "list[int]", tuple: "tuple[int]", dict: "dict[int, int]", vars(typing)["List"]: "List[int]",
    vars(typing)["Tuple"]: "Tuple[int]", vars(typing)["Dict"]: "Dict[int, int]", vars(typing)["Optional"]: "Optional[int]",
}  # fmt: skip


def _demand_contained_type(target_type: Any) -> None:
    example = next((text for bare, text in _MISSING.items() if target_type is bare), None)
    if example is not None:
        name, several = example.partition("[")[0], "," in example
        raise RuntimeError(
            f"Attempted to use {name} without {'contained types' if several else 'a contained type'}. Please add "
            f"{'' if several else 'a '}contained type, e.g. {example}"
        )


def _warn_if_empty(obj: Any) -> None:
    if builtins.isinstance(obj, (list, dict, tuple)) and not obj:
        warnings.warn(
            "The inner type of a container is lost when calling torch.jit.isinstance in eager mode. For example, "
            "List[int] would become list and therefore falsely return True for List[float] or List[str].",
            stacklevel=2,
        )


def isinstance(obj: Any, target_type: Any) -> bool:
    """``isinstance`` that looks into parametrised containers: ``isinstance(x, List[int])``."""
    if builtins.isinstance(target_type, tuple):
        return any(isinstance(obj, t) for t in target_type)
    _demand_contained_type(target_type)
    origin, parameters = typing.get_origin(target_type), typing.get_args(target_type)
    if origin is None:
        return obj is None if target_type is None else builtins.isinstance(obj, target_type)
    if origin in (list, dict, tuple):
        _warn_if_empty(obj)
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
