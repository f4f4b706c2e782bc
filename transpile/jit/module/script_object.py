"""Objects of scripted classes, as Python sees those whose class it does not have."""

from __future__ import annotations

from typing import Any

from transpile.ir.function import Function, ScriptObject
from transpile.jit.module import conversion
from transpile.jit.module.script_function import ScriptMethod
from transpile.jit.module.script_module import wrap_module


class ScriptClassObject:
    """The Python view of an object of a scripted class."""

    _object: ScriptObject

    def __init__(self, object_: ScriptObject) -> None:
        self.__dict__["_object"] = object_

    def __getattr__(self, name: str) -> Any:
        object_ = self.__dict__["_object"]
        if name in object_.slots:
            return conversion.to_python(object_.slots[name], object_.type.attributes[name].type)
        function = object_.type.methods.get(name)
        if isinstance(function, Function):
            return ScriptMethod(function, self)
        raise AttributeError(f"'{object_.type.name}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        object_ = self.__dict__["_object"]
        object_.slots[name] = conversion.to_raw(value, object_.type.attributes[name].type)

    def __repr__(self) -> str:
        return f"<torch.ScriptObject {self._object.type.name}>"


def wrap_object(value: ScriptObject) -> Any:
    """The Python view of an object or module of compiled code."""
    return wrap_module(value) if value.type.is_module else ScriptClassObject(value)
