"""``torch.jit``: scripting functions, modules and classes."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from transpile.core import types as T
from transpile.core.script_markers import mark_script_class
from transpile.jit._state import enabled
from transpile.jit.interpreter.errors import Error
from transpile.jit.markers import is_tracing
from transpile.jit.module.containers import ScriptDict, ScriptList
from transpile.jit.module.script_function import ScriptFunction, ScriptMethod
from transpile.jit.module.script_module import RecursiveScriptModule, ScriptModule, wrap_module
from transpile.jit.unit import default_unit
from transpile.nn.modules.module import Module
from transpile.script.classes import declare_interface
from transpile.script.inference import CannotInferError, infer_type
from transpile.script.unit import Unit

_C = TypeVar("_C", bound=T.Type)


def script(obj: Any, optimize: Any = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None) -> Any:
    """Compile a function, a module instance or a class.

    A module gives a ``RecursiveScriptModule``, a function a ``ScriptFunction``, a class is registered and returned as
    it is.  ``SourceError`` shows the Python line that cannot be compiled.
    """
    if optimize is not None:
        warnings.warn(
            "`optimize` is deprecated and has no effect. Use `with torch.jit.optimized_execution()` instead",
            FutureWarning,
            stacklevel=2,
        )
    if not enabled() or isinstance(obj, (ScriptModule, ScriptFunction, ScriptMethod)):
        return obj
    unit = default_unit()
    if isinstance(obj, Module):
        return wrap_module(unit.modules.script(obj), obj)
    if inspect.isclass(obj):
        return _script_class(unit, obj)
    if isinstance(obj, list):
        return ScriptList(obj, _container_type(unit, obj, T.ListType))
    if isinstance(obj, dict):
        return ScriptDict(obj, _container_type(unit, obj, T.DictType))
    if inspect.isfunction(obj) or inspect.ismethod(obj) or isinstance(obj, functools.partial):
        if isinstance(obj, functools.partial):
            raise RuntimeError("a functools.partial cannot be scripted: write a function")
        return ScriptFunction(unit.compile_function(obj))
    raise TypeError(f"{type(obj)} is a built-in class")


def _container_type(unit: Unit, values: Any, kind: type[_C]) -> _C:
    if not values:
        empty = T.ListType(T.TENSOR) if isinstance(values, list) else T.DictType(T.STR, T.TENSOR)
        assert isinstance(empty, kind)
        return empty
    try:
        found = infer_type(unit, values)
    except CannotInferError as error:
        raise RuntimeError(f"Could not infer the type of {values}: {error}") from None
    assert isinstance(found, kind)
    return found


def _script_class(unit: Unit, cls: type) -> type:
    if issubclass(cls, Module):
        raise RuntimeError(
            f"Type '{cls}' cannot be compiled since it inherits from nn.Module, pass an instance instead"
        )
    if getattr(cls, "__module__", None) is None:
        raise RuntimeError(f"Could not get qualified name for class '{cls.__name__}': __module__ can't be None.")
    unit.class_type(cls, None)
    mark_script_class(cls)
    return cls


def script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``fn`` when it is first called while a trace is recorded; otherwise it is plain Python."""

    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not is_tracing():
            return fn(*args, **kwargs)
        compiled = getattr(wrapper, "__script_if_tracing_wrapper_compiled__", None)
        if compiled is None:
            compiled = script(fn)
            wrapper.__script_if_tracing_wrapper_compiled__ = compiled  # type: ignore[attr-defined]
        return compiled(*args, **kwargs)

    wrapper.__original_fn = fn  # type: ignore[attr-defined]
    wrapper.__script_if_tracing_wrapper = True  # type: ignore[attr-defined]
    return wrapper


def interface(obj: type) -> type:
    """Declare an interface: a class whose methods have annotated signatures and no bodies."""
    if not inspect.isclass(obj):
        raise RuntimeError("interface must be applied to a class")
    declare_interface(default_unit(), obj, is_module=issubclass(obj, Module))
    obj.__torch_script_interface__ = True  # type: ignore[attr-defined]
    return obj


class ScriptWarning(Warning):
    """Warnings of the compiler."""


__all__ = [
    "Error", "RecursiveScriptModule", "ScriptFunction", "ScriptMethod", "ScriptModule",
    "ScriptWarning", "interface", "script", "script_if_tracing",
]  # fmt: skip
