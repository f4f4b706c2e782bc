"""The Python module behind a scripted one, with the state that the scripted one has now.

Scripting copies plain attributes and shares tensors.  What the user changes afterwards, ``training`` by ``eval()`` for
instance, changes the scripted module alone.
"""

from __future__ import annotations

import copy
import enum
from types import MethodType
from typing import Any

from transpile.core.dtype import DType
from transpile.ir.function import ScriptObject
from transpile.jit.module.script_module import ScriptModule


def python_module(scripted: Any) -> Any:
    """A module of the original class that computes eagerly what ``scripted`` computes compiled.

    ``scripted`` itself if it has no original.
    """
    original = scripted.__dict__.get("_original") if isinstance(scripted, ScriptModule) else scripted
    if original is None or original is scripted:
        return scripted
    if isinstance(original, ScriptModule):
        return python_module(original)
    made = object.__new__(type(original))
    state = made.__dict__
    state.update(original.__dict__)
    for table in ("_parameters", "_buffers", "_modules"):
        state[table] = dict(original.__dict__[table])
    for name, value in scripted._object.slots.items():
        holder = next((t for t in ("_parameters", "_buffers") if name in state[t]), None)
        if holder is not None:
            state[holder][name] = None if value is None else getattr(scripted, name)
        elif name in state["_modules"]:
            if isinstance(value, ScriptObject):
                state["_modules"][name] = python_module(scripted._modules[name])
        elif _is_plain(value) and not isinstance(state.get(name), DType):
            state[name] = copy.deepcopy(value)
    rebind_methods(made, original)
    return made


def rebind_methods(made: Any, original: Any) -> None:
    """Methods that a module has bound to itself are those of its copy there."""
    for name, value in made.__dict__.items():
        if isinstance(value, MethodType) and value.__self__ is original:
            made.__dict__[name] = MethodType(value.__func__, made)


def _is_plain(value: Any) -> bool:
    """Whether compiled code holds the value as Python does; a tuple may have been a NamedTuple."""
    if isinstance(value, list):
        return all(_is_plain(v) for v in value)
    if isinstance(value, dict):
        return all(_is_plain(v) for v in value.values())
    return value is None or isinstance(value, (bool, int, float, complex, str, enum.Enum))
