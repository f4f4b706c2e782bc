"""What a module instance consists of, as the compiler sees it.

A name means what it means in Python: descriptors of the class, then the instance's own dictionary (a method may be
replaced there), then the class, and last the tables of parameters, buffers and submodules.
"""

from __future__ import annotations

import inspect
import typing
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import SourceError
from transpile.script.inference import CannotInferError, infer_type
from transpile.script.library import is_torch
from transpile.script.resolver import Resolver

if TYPE_CHECKING:
    from transpile.script.unit import Unit

# State of nn.Module itself, which is no attribute of the program.
_OWN = frozenset(
    ("_version", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_backward_hooks",
     "_backward_pre_hooks", "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
     "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks", "_state_dict_pre_hooks",
     "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks", "_initializing", "dump_patches",
     "_is_full_backward_hook")
)  # fmt: skip
_FUNCTION_MARKS = ("__operator__", "__boolean_dispatch__", "_function", "_torchdynamo_inline")
_CONTAINERS = {
    "ModuleList": "list", "Sequential": "list", "ModuleDict": "dict", "ParameterList": "list", "ParameterDict": "dict",
}  # fmt: skip


@dataclass
class ModuleLayout:
    """Attributes in order of registration, constants, functions, submodules; and why other members were left out.

    ``methods`` are functions that the instance has bound to itself, ``hidden`` what Python does not find in its tables
    of parameters, buffers and submodules, because the class has an attribute of that name.
    """

    python_class: type[Any]
    attributes: list[T.Attribute] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    methods: dict[str, Any] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    submodules: dict[str, Any] = field(default_factory=dict)
    interfaces: dict[str, T.InterfaceType] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    container: str = ""
    hooks: list[Any] = field(default_factory=list)
    pre_hooks: list[Any] = field(default_factory=list)

    def add(self, name: str, type: T.Type, value: Any, *, parameter: bool = False, buffer: bool = False) -> None:
        self.attributes.append(T.Attribute(name, type, parameter, buffer))
        self.values[name] = value

    def forget_instance(self) -> None:
        """Let go of what belongs to one instance: a type outlives them."""
        self.values, self.submodules = {}, {}

    def same_as(self, other: ModuleLayout) -> bool:
        """Whether modules of the two layouts can share their code."""
        if self.python_class is not other.python_class or len(self.attributes) != len(other.attributes):
            return False
        for a, b in zip(self.attributes, other.attributes, strict=True):
            if (a.name, a.type, a.is_parameter, a.is_buffer) != (b.name, b.type, b.is_parameter, b.is_buffer):
                return False
        return (
            _same(self.constants, other.constants)
            and self.functions == other.functions
            and self.methods == other.methods
            and self.failed.keys() == other.failed.keys()
            and [id(h) for h in (*self.hooks, *self.pre_hooks)] == [id(h) for h in (*other.hooks, *other.pre_hooks)]
        )


def _same(a: Any, b: Any) -> bool:
    """Equality that tells 1 from True and 1.0."""
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def read_layout(unit: Unit, module: Any, *, warn: bool = True) -> ModuleLayout:
    """Look at a module instance; ``warn`` of names in ``__constants__`` that are no constants."""
    cls = unit.library.canonical(type(module))
    layout = ModuleLayout(cls, container=container_kind(cls))
    layout.ignored = frozenset(getattr(module, "__jit_ignored_attributes__", ()))
    layout.hooks = list(getattr(module, "_forward_hooks", {}).values())
    layout.pre_hooks = list(getattr(module, "_forward_pre_hooks", {}).values())
    annotations, resolvers = class_annotations(unit, cls)
    constants = set(getattr(cls, "__constants__", ())) | set(getattr(module, "__constants__", ()))
    for name, annotation in annotations.items():
        if is_final(annotation):
            constants.add(name)
    reader = _Reader(unit, layout, annotations, resolvers)
    for name, value in module._parameters.items():
        reader.attribute(name, value, parameter=value is not None)
    for name, value in module._buffers.items():
        reader.attribute(name, value, buffer=value is not None)
    for name, value in module._modules.items():
        if name in layout.ignored:
            continue
        if value is None:
            reader.attribute(name, value)
        else:
            layout.submodules[name] = unit.modules.python_module(value, name)
            interface = reader.declared(name)
            if isinstance(interface, T.InterfaceType):
                layout.interfaces[name] = interface
    for name in sorted(constants):
        problem = _no_constant(module, layout, name)
        if not problem:
            layout.constants[name] = getattr(module, name)
        elif warn and problem != "None":
            warnings.warn(
                f"'{name}' was found in ScriptModule constants, {problem}. Consider removing it.", stacklevel=2
            )
    layout.hidden = {n for n in (*layout.values, *layout.submodules) if hasattr(cls, n)}
    for name, value in module.__dict__.items():
        if name in _OWN or name in layout.ignored or name in layout.constants:
            continue
        if isinstance(inspect.getattr_static(cls, name, None), property):
            continue
        if inspect.ismethod(value):
            reader.method(module, name, value)
        elif name not in layout.values and name not in layout.submodules:
            reader.member(name, value)
    return layout


def _no_constant(module: Any, layout: ModuleLayout, name: str) -> str:
    """Why a name among the constants is none; empty if it is one."""
    if name in layout.submodules:
        return " but it is a non-constant submodule"
    if name in layout.values:
        if layout.values[name] is None:
            return "None"
        return f" but it is a non-constant {'buffer' if name in module._buffers else 'parameter'}"
    return "" if hasattr(module, name) else "but was not actually set in __init__"


def container_kind(cls: type) -> str:
    """Whether a class is one of the module containers."""
    for base in cls.__mro__:
        if is_torch(base.__module__) and base.__name__ in _CONTAINERS:
            return _CONTAINERS[base.__name__]
    return ""


def class_annotations(unit: Unit, cls: type) -> tuple[dict[str, Any], dict[str, Resolver]]:
    """The annotations of a module class and its bases, each with the resolver of the file it stands in."""
    found: dict[str, Any] = {}
    resolvers: dict[str, Resolver] = {}
    for base in reversed(cls.__mro__):
        if base.__name__ in ("Module", "ModuleState") and is_torch(base.__module__):
            found, resolvers = {}, {}
            continue
        resolver = Resolver(unit, None, class_scope(base))
        for name, annotation in inspect.get_annotations(base).items():
            found[name] = annotation
            resolvers[name] = resolver
    return found, resolvers


def class_scope(cls: type) -> dict[str, Any]:
    """The names visible in a class body: the globals of its module, and what its methods close over."""
    import sys

    scope = dict(vars(sys.modules.get(cls.__module__, sys)))
    for member in vars(cls).values():
        function = inspect.unwrap(getattr(member, "__func__", member)) if callable(member) else None
        code = getattr(function, "__code__", None)
        if code is not None:
            scope.update(getattr(function, "__globals__", {}))
            for name, cell in zip(code.co_freevars, getattr(function, "__closure__", None) or (), strict=False):
                try:
                    scope[name] = cell.cell_contents
                except ValueError:
                    continue
    return scope


def is_final(annotation: Any) -> bool:
    """Whether an annotation is ``Final`` or ``Final[...]``."""
    if isinstance(annotation, str):
        head = annotation.partition("[")[0].strip()
        return head.rpartition(".")[2] == "Final"
    return annotation is typing.Final or typing.get_origin(annotation) is typing.Final


class _Reader:
    def __init__(
        self, unit: Unit, layout: ModuleLayout, annotations: dict[str, Any], resolvers: dict[str, Resolver]
    ) -> None:
        self.unit = unit
        self.layout = layout
        self.annotations = annotations
        self.resolvers = resolvers

    def declared(self, name: str) -> T.Type | None:
        """The annotated type of an attribute."""
        annotation = self.annotations.get(name)
        if annotation is None or is_final(annotation):
            return None
        try:
            return self.resolvers[name].type_of(annotation, None)
        except SourceError:
            return None

    def attribute(self, name: str, value: Any, *, parameter: bool = False, buffer: bool = False) -> None:
        if name in self.layout.ignored:
            return
        type_ = self.declared(name)
        if type_ is None:
            type_ = infer_type(self.unit, value)
        self.layout.add(name, type_, value, parameter=parameter, buffer=buffer)

    def method(self, module: Any, name: str, value: Any) -> None:
        """A bound method in the instance's dictionary."""
        function = self.unit.library.canonical(value.__func__)
        if value.__self__ is module and inspect.isfunction(inspect.unwrap(function)):
            self.layout.methods[name] = function
        else:
            self.layout.failed[name] = (
                f"This attribute exists on the Python module, but it is a method of another object "
                f"('{type(value.__self__).__name__}')."
            )

    def member(self, name: str, value: Any) -> None:
        """Something in the instance's dictionary."""
        if type(value).__name__ == "Attribute" and hasattr(value, "type") and hasattr(value, "value"):
            self.layout.add(name, Resolver(self.unit, None).type_of(value.type, None), value.value)
            return
        declared = self.declared(name)
        if declared is not None:
            self.layout.add(name, declared, value)
            return
        value = self.unit.library.canonical(value)
        if callable(value) and (inspect.isfunction(value) or any(hasattr(value, mark) for mark in _FUNCTION_MARKS)):
            self.layout.functions[name] = value
            return
        try:
            self.layout.add(name, infer_type(self.unit, value), value)
        except (CannotInferError, SourceError) as reason:
            self.layout.failed[name] = (
                "This attribute exists on the Python module, but we failed to convert Python type: "
                f"'{type(value).__name__}' to a TorchScript type. {reason}. Its type was inferred; try adding a "
                "type annotation "
                "for the attribute."
            )
