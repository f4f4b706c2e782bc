"""The older way to script a module: a subclass of ``ScriptModule`` whose methods are marked with ``script_method``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from transpile.jit.markers import EXPORT

F = TypeVar("F", bound=Callable[..., Any])


def script_method(fn: F) -> F:
    """Mark a method of a ``ScriptModule`` subclass that is compiled when an instance is made."""
    fn._torchscript_modifier = EXPORT  # type: ignore[attr-defined]
    return fn


def compile_instance(instance: Any) -> None:
    """Compile a finished instance: its methods become ``ScriptMethod``, its class stays."""
    from transpile.jit._state import enabled
    from transpile.jit.api import default_unit
    from transpile.jit.module.script_module import wrap_module

    if not enabled() or "_object" in instance.__dict__:
        return
    scripted = wrap_module(default_unit().modules.script(instance), instance)
    state = instance.__dict__
    state["_object"] = scripted._object
    for name in (*scripted._object.type.attributes, *scripted._object.type.constants):
        state.pop(name, None)
    for table in ("_parameters", "_buffers", "_modules"):
        state[table] = scripted.__dict__[table]
    for name in scripted._c._method_names():
        state[name] = getattr(scripted, name)
    state["_actual_script_module"] = scripted
