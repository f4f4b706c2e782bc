"""Modules as tracing makes them: one class for each instance, attributes without code until something is traced."""

from __future__ import annotations

import inspect
from typing import Any

from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.jit.module.script_module import RecursiveScriptModule, ScriptModule, wrap_module
from transpile.jit.unit import default_unit
from transpile.script import names


class TracedModule(RecursiveScriptModule):
    """A submodule of a traced module."""

    def _get_name(self) -> str:
        return self.original_name


class TopLevelTracedModule(TracedModule):
    """What ``torch.jit.trace`` makes of a module."""


def make_module(module: Any, claimed: names.Names | None = None) -> Any:
    """The traced counterpart of ``module``, without traced methods yet; a scripted module stays what it is.

    Methods marked with ``export`` are scripted.

    ``claimed`` are the class names in use; those of the process unless given.
    """
    return _make(module, TopLevelTracedModule, claimed or default_unit().names)


def _make(module: Any, kind: type[TracedModule], claimed: names.Names) -> Any:
    if isinstance(module, ScriptModule):
        return module
    if exports_methods(type(module)):
        return wrap_module(default_unit().modules.with_exported_methods(module), module)
    if module.__dict__.get("_backward_hooks"):
        raise ValueError(f"Modules that have backward hooks assigned can't be compiled: {module}")
    children = {
        name: _make(child, TracedModule, default_unit().names)
        for name, child in module._modules.items()
        if child is not None
    }
    type_ = T.ClassType(claimed.claim(names.of_object(type(module))), is_module=True)
    type_.python_class = type(module)
    object_ = ScriptObject(type_)
    tensors = [(module._parameters, True), (module._buffers, False)]
    for table, is_parameter in tensors:
        for name, tensor in table.items():
            if tensor is not None:
                type_.add_attribute(name, T.TENSOR, parameter=is_parameter, buffer=not is_parameter)
                object_.slots[name] = tensor._array
    type_.add_attribute("training", T.BOOL)
    object_.slots["training"] = bool(module.training)
    for name, child in children.items():
        type_.add_attribute(name, child._object.type)
        object_.slots[name] = child._object
    return kind(object_, module)


def exports_methods(cls: type) -> bool:
    """Whether a module class has methods marked with ``torch.jit.export``."""
    members = (inspect.getattr_static(cls, name, None) for name in dir(cls))
    return any(str(getattr(m, "_torchscript_modifier", "")).startswith("export") for m in members if callable(m))
