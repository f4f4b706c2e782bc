"""The compiled side of a module (``module._c``), under the names that PyTorch gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.jit.module.script_function import ScriptMethod

if TYPE_CHECKING:
    from transpile.jit.module.script_module import RecursiveScriptModule


class CompiledType:
    """The type of a compiled module, under the names that PyTorch gives it; equal for modules that share code."""

    def __init__(self, type_: T.ClassType) -> None:
        self._class = type_

    def name(self) -> str:
        return self._class.name.rpartition(".")[2]

    def qualified_name(self) -> str:
        return self._class.name

    def __str__(self) -> str:
        return self._class.annotation()

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompiledType) and other._class is self._class

    def __hash__(self) -> int:
        return id(self._class)


class CompiledModule:
    """The compiled side of a module, under the names that PyTorch gives it."""

    def __init__(self, module: RecursiveScriptModule) -> None:
        self._module = module

    @property
    def qualified_name(self) -> str:
        return self._module.qualified_name

    def _type(self) -> CompiledType:
        return CompiledType(self._module._object.type)

    def hasattr(self, name: str) -> bool:
        return name in self._module._object.type.attributes

    def getattr(self, name: str) -> Any:
        return getattr(self._module, name)

    def setattr(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def _method_names(self) -> list[str]:
        type = self._module._object.type
        hooks = (*type.forward_pre_hooks, *type.forward_hooks)
        return [n for n in type.methods if n not in hooks]

    def _get_method(self, name: str) -> ScriptMethod:
        return ScriptMethod(self._module._object.type.methods[name], self._module)
