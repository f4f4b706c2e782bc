"""Scripted modules: what Python sees of a ``ScriptObject``, which holds all state."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from transpile.eager.tensor import Tensor
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.jit._state import enabled
from transpile.jit.archive.writer import archive_of, write_archive
from transpile.jit.module import conversion
from transpile.jit.module.compiled_side import CompiledModule
from transpile.jit.module.copying import copy_object
from transpile.jit.module.script_function import ScriptMethod
from transpile.jit.module.tables import ModuleTable, TensorTable, tensor_of
from transpile.jit.unit import default_unit
from transpile.nn.modules.module import Module
from transpile.nn.parameter import Parameter
from transpile.script.module_attributes import container_kind

_FORWARDED = ("code", "code_with_constants", "graph", "graph_for", "get_debug_state", "inlined_graph")


class _CompiledWhenMade(type):
    """Compiles the instances of ``ScriptModule`` subclasses when their constructor has run."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        if cls.__module__ != __name__:
            compile_instance(made)
        return made


class ScriptModule(Module, metaclass=_CompiledWhenMade):
    """A compiled module.  Attributes are those of the object in compiled code; methods are ``ScriptMethod``.

    A subclass of one's own is compiled when an instance is made (see ``script_method``): from then on its attributes are
    those of ``_actual_script_module``.
    """

    def __getattr__(self, name: str) -> Any:
        actual = self.__dict__.get("_actual_script_module")
        return getattr(actual, name) if actual is not None else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        actual = self.__dict__.get("_actual_script_module")
        if actual is not None and name in actual._object.type.attributes:
            setattr(actual, name, value)
        else:
            super().__setattr__(name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        actual = self.__dict__.get("_actual_script_module")
        if actual is not None:
            return copy.deepcopy(actual, memo)
        made = object.__new__(type(self))
        made.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return made

    def extra_repr(self) -> str:
        return ""


class RecursiveScriptModule(ScriptModule):
    """What ``torch.jit.script`` makes of a module instance."""

    _object: ScriptObject

    def __init__(self, object_: ScriptObject, original: Any = None) -> None:
        Module.__init__(self)
        object_.view = self
        state = self.__dict__
        state["_object"] = object_
        state["_original"] = original
        state["_preserved_methods"] = ()  # those that freezing was told to keep
        state.pop("training", None)
        parameters: list[str] = []
        buffers: list[str] = []
        modules: list[str] = []
        for attribute in object_.type.attributes.values():
            value = object_.slots.get(attribute.name)
            before = getattr(original, attribute.name, None) if original is not None else None
            if isinstance(before, Tensor) and before._array is value:
                object_.slots.hold(attribute.name, before)  # the two modules share it
            if isinstance(value, ScriptObject) and value.type.is_module:
                modules.append(attribute.name)
                wrap_module(value, before)
            elif value is not None and (attribute.is_parameter or attribute.is_buffer):
                (parameters if attribute.is_parameter else buffers).append(attribute.name)
        state["_parameters"] = TensorTable(object_, parameters, Parameter)
        state["_buffers"] = TensorTable(object_, buffers, Tensor)
        state["_modules"] = ModuleTable(object_, modules)

    # ---- looking in
    @property
    def original_name(self) -> str:
        """The class name without the part that makes it unique."""
        return self._object.type.name.rpartition(".")[2]

    @property
    def qualified_name(self) -> str:
        return self._object.type.name

    @property
    def forward(self) -> Any:
        """The compiled ``forward``."""
        found = self._method("forward")
        if found is None:
            raise AttributeError("'RecursiveScriptModule' object has no attribute 'forward'")
        return found

    @property
    def _c(self) -> CompiledModule:
        return CompiledModule(self)

    def _method(self, name: str) -> ScriptMethod | None:
        function = self._object.type.methods.get(name)
        return ScriptMethod(function, self) if isinstance(function, Function) else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        object_ = self.__dict__.get("_object")
        if object_ is None:
            raise AttributeError(name)
        if name in object_.type.attributes:
            return self._read(name, object_)
        method = self._method(name)
        if method is not None:
            return method
        if name in _FORWARDED:
            forward = self._method("forward")
            if forward is not None:
                return getattr(forward, name)
        getter = self._method(f"__{name}_getter")
        if getter is not None:
            return getter()
        if name in object_.type.constants:
            return object_.type.constants[name]
        member = inspect.getattr_static(type(self.__dict__.get("_original")), name, None)
        if member is not None and hasattr(member, "_torchscript_modifier"):
            return member.__get__(self)
        raise AttributeError(f"'RecursiveScriptModule' object has no attribute '{name}'")

    def _read(self, name: str, object_: ScriptObject) -> Any:
        value = object_.slots[name]
        if isinstance(value, ScriptObject) and value.type.is_module:
            return self.__dict__["_modules"][name]
        if isinstance(value, np.ndarray):
            return tensor_of(object_, name, Parameter if object_.type.attributes[name].is_parameter else Tensor)
        return conversion.to_python(value, object_.type.attributes[name].type)

    def __setattr__(self, name: str, value: Any) -> None:
        object_ = self.__dict__.get("_object")
        if object_ is None or name not in object_.type.attributes:
            object.__setattr__(self, name, value)
            return
        type_ = object_.type.attributes[name].type
        try:
            raw = conversion.to_raw(value, type_)
        except conversion.CastError as error:
            raise RuntimeError(f"Could not cast attribute '{name}' to type {type_.annotation()}: {error}") from None
        if isinstance(value, Tensor) and isinstance(raw, np.ndarray):
            object_.slots.hold(name, value)
        else:
            object_.slots[name] = raw

    def __delattr__(self, name: str) -> None:
        if name in self._object.type.attributes:
            raise AttributeError(name)
        object.__delattr__(self, name)

    # ---- running
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call_forward(*args, **kwargs)

    def _call_forward(self, *args: Any, **kwargs: Any) -> Any:
        forward, type_ = self.forward, self._object.type
        for name in type_.forward_pre_hooks:
            method = self._method(name)
            result = method(tuple(args)) if method is not None else None
            if result is not None:
                args = result if isinstance(result, tuple) else (result,)
        output = forward(*args, **kwargs)
        for name in type_.forward_hooks:
            method = self._method(name)
            result = method(tuple(args), output) if method is not None else None
            output = output if result is None else result
        return output

    def train(self, mode: bool = True) -> Any:
        """Set ``training`` here and in all submodules."""
        for module in self.modules():
            if isinstance(module, RecursiveScriptModule) and "training" in module._object.slots:
                module._object.slots["training"] = mode
        return self

    # ---- containers
    def _container(self) -> dict[str, Any]:
        """The submodules of a module container."""
        kind = self._object.type.python_class
        if kind is None or not container_kind(kind):
            raise NotImplementedError(f"{self.original_name} is no container: it has no length, items or iteration")
        return self.__dict__["_modules"]  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self._container())

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        modules = self._container()
        return iter(modules if self._is_dict() else modules.values())

    def _is_dict(self) -> bool:
        return container_kind(self._object.type.python_class) == "dict"

    def __getitem__(self, index: Any) -> Any:
        modules = self._container()
        return modules[index] if self._is_dict() else list(modules.values())[index]

    def __contains__(self, key: Any) -> bool:
        return key in (self._container() if self._is_dict() else list(self))

    def keys(self) -> Any:
        """The names in a ``ModuleDict``."""
        return self._container().keys()

    def items(self) -> Any:
        """The names and modules of a ``ModuleDict``."""
        return self._container().items()

    def values(self) -> Any:
        """The modules of a ``ModuleDict``."""
        return self._container().values()

    # ---- copies
    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        made = RecursiveScriptModule(copy_object(self._object, memo), None)
        made.__dict__["_preserved_methods"] = self.__dict__["_preserved_methods"]
        return made

    def copy(self) -> Any:
        """An independent copy that shares the compiled code."""
        return copy.deepcopy(self)

    def __reduce__(self) -> Any:
        raise RuntimeError(
            f"Tried to serialize object {self._object.type.name} which does not have a __getstate__ method defined!"
        )

    def save(self, f: Any, _extra_files: Mapping[str, Any] | None = None) -> None:
        """Write the module to a path or a binary stream."""
        write_archive(self._archive, f, _extra_files)

    def save_to_buffer(self, _extra_files: Mapping[str, Any] | None = None) -> bytes:
        """The content of the file that ``save`` writes."""
        return self._archive("archive", _extra_files)

    def _archive(self, root: str, extra_files: Mapping[str, Any] | None) -> bytes:
        return archive_of(self._object, {id(p._array) for p in self.parameters() if p.requires_grad}, root, extra_files)

    def define(self, text: str) -> None:
        """Add methods from source text."""
        function = default_unit().define_method(text, self._object.type)
        self._object.type.methods[function.name] = function

    def _closed(self, what: str, name: str) -> Any:
        raise RuntimeError(f"Can't add a new {what} after ScriptModule construction. Tried to add '{name}'")

    def register_parameter(self, name: str, param: Any) -> None:
        self._closed("parameter", name)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        self._closed("buffer", name)

    def add_module(self, name: str, module: Any) -> None:
        self._closed("module", name)

    register_module = add_module

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._object.type.attributes, *self._c._method_names()})

    def extra_repr(self) -> str:
        return f"original_name={self.original_name}"

    def _get_name(self) -> str:
        return "RecursiveScriptModule"

    @property
    def _forward_graph(self) -> Graph:
        return self._object.type.methods["forward"].graph  # type: ignore[no-any-return]


def _refuse(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{name} is not supported on ScriptModules")

    method.__name__ = name
    return method


for _name in (
    "register_backward_hook", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_state_dict_post_hook", "register_state_dict_pre_hook",
):  # fmt: skip
    setattr(RecursiveScriptModule, _name, _refuse(_name))


def wrap_module(value: ScriptObject, original: Any = None) -> RecursiveScriptModule:
    """The Python view of a module object; one object has one view."""
    if value.view is not None:
        return value.view  # type: ignore[no-any-return]
    if isinstance(original, RecursiveScriptModule):
        return original
    return RecursiveScriptModule(value, original)


def compile_instance(instance: Any) -> None:
    """Compile a finished instance of a ``ScriptModule`` subclass: its methods become ``ScriptMethod``, its class stays."""
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
