"""Follows calls from the entry points and collects what has to be written.

Instances whose class, frozen attributes and submodules agree share one struct.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from transpile.codegen.plan.fields import Path
from transpile.codegen.plan.program import (
    WITH_METHODS,
    ClassSpec,
    FunctionSpec,
    ModuleSpec,
    Program,
    attribute_path,
    called_function,
    formal_types,
    instances_of,
    is_object,
    resolve,
)
from transpile.codegen.plan.specialising import COPY, Given, given_by, hand_over, specialised
from transpile.core import types as T
from transpile.core.errors import CompileErrors, SourceError, UnsupportedOperatorError
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Node

# A copy of a function's structured graph with library calls dissolved and constants folded, for one instance.
Dissolve = Callable[[Function, ScriptObject | None], Graph]


def collect(root: ScriptObject | Function, methods: Sequence[str], dissolve: Dissolve) -> Program:
    """The program of a function, or of the given methods of a module; all problems are raised together."""
    return _Collector(root, dissolve).collect(methods)


def raise_all(problems: Sequence[SourceError]) -> None:
    """Raise the problems of a program together, if there are any."""
    if problems:
        raise problems[0] if len(problems) == 1 else CompileErrors(problems)


class _Collector:
    def __init__(self, root: ScriptObject | Function, dissolve: Dissolve) -> None:
        self._root = root
        self._dissolve = dissolve
        self._mutated = mutated_attributes(root)
        self._shared = shared_memory(root) if isinstance(root, ScriptObject) else set()
        self._modules: dict[Any, ModuleSpec] = {}
        self._functions: dict[Function, FunctionSpec] = {}
        self._classes: dict[T.ClassType, ClassSpec] = {}
        self._interfaces: dict[T.InterfaceType, list[str]] = {}
        self._problems: list[SourceError] = []
        self._entries: set[tuple[ModuleSpec, str]] = set()  # exported, so written as they are
        self._copies: dict[tuple[ModuleSpec, str], dict[tuple[Given, ...], str]] = {}

    def collect(self, methods: Sequence[str]) -> Program:
        root = self._root
        spec: ModuleSpec | None = None
        if isinstance(root, Function):
            entries = [self._require_function(root)]
        else:
            self._problems += _shared_state(root, self._mutated)
            spec = self._module(root)
            self._entries = {(spec, name) for name in methods}
            entries = [self._require_method(spec, name) for name in methods]
        self._implement_interfaces()
        raise_all(self._problems)
        functions, classes = list(self._functions.values()), list(self._classes.values())
        _nest_children(self._modules.values())
        modules = _callees_first(self._modules.values())
        return Program(
            spec, entries, modules, functions, classes, self._interfaces, instances_of(root), self._mutated
        )  # fmt: skip

    def _module(self, instance: ScriptObject) -> ModuleSpec:
        key = structure_key(instance, self._shared)
        spec = self._modules.get(key)
        if spec is None:
            spec = self._modules[key] = ModuleSpec(instance.type, instance, key)
        return spec

    def _require_method(self, spec: ModuleSpec, name: str) -> FunctionSpec:
        known = spec.methods.get(name)
        if known is not None:
            return known
        function: Function = spec.type.methods[name]
        item = spec.methods[name] = FunctionSpec(function, function.structured, spec)
        self._finish(item, spec)
        return item

    def _require_class_method(self, type: T.Type, name: str) -> None:
        assert isinstance(type, T.ClassType)
        spec = self._classes.setdefault(type, ClassSpec(type))
        if name not in spec.methods:
            function: Function = type.methods[name]
            item = spec.methods[name] = FunctionSpec(function, function.structured, receiver=spec)
            self._finish(item, None)

    def _require_function(self, function: Function) -> FunctionSpec:
        known = self._functions.get(function)
        if known is not None:
            return known
        item = FunctionSpec(function, function.structured)
        # A placeholder while the callees are visited, so that recursion ends; callees come first in the file.
        self._functions[function] = item
        self._finish(item, None)
        self._functions[function] = self._functions.pop(function)
        return item

    def _finish(self, item: FunctionSpec, owner: ModuleSpec | None) -> None:
        try:
            item.graph = self._dissolve(item.function, owner.instance if owner is not None else None)
        except SourceError as error:
            self._problems += error.errors if isinstance(error, CompileErrors) else [error]
            return
        for node in list(item.graph.walk_with_forks()):
            if owner is not None:
                self._note_interfaces(node, owner)
            if node.kind == "prim::CallFunction":
                self._require_function(called_function(node))
            elif node.kind == "prim::CallMethod":
                self._visit_call(node, owner)
            elif node.kind in WITH_METHODS:
                self._require_class_method(node.input().type, WITH_METHODS[node.kind])

    def _visit_call(self, node: Node, owner: ModuleSpec | None) -> None:
        name = str(node.attributes["name"])
        receiver = node.input(0).type
        if isinstance(receiver, T.InterfaceType):
            called = self._interfaces.setdefault(receiver, [])
            called += [name] if name not in called else []
            return
        if is_object(node.input(0)):
            self._require_class_method(node.input(0).type, name)
            return
        path = attribute_path(node.input(0))
        if owner is None or path is None:
            self._problems.append(
                UnsupportedOperatorError("a method call on an object that is no attribute of a module", node.range)
            )
            return
        target = owner
        if path:
            target = owner.children[path] = self._module(resolve(owner.instance, path))
        self._require_copy(target, name, node)

    def _require_copy(self, spec: ModuleSpec, name: str, call: Node) -> None:
        """The method as such a call needs it."""
        function = spec.type.methods[name]
        given = given_by(call, function) if (spec, name) not in self._entries else ()
        if not given:
            self._require_method(spec, name)
            return
        copies = self._copies.setdefault((spec, name), {})
        if given not in copies:
            copies[given] = f"{name}{COPY}{len(copies)}"
            copy = specialised(function, given)
            item = spec.methods[copies[given]] = FunctionSpec(copy, copy.structured, spec)
            hand_over(call, given, copies[given], copy)
            self._finish(item, spec)
        else:
            hand_over(call, given, copies[given], spec.methods[copies[given]].function)

    def _note_interfaces(self, node: Node, owner: ModuleSpec) -> None:
        """Find the modules that a node turns into values of an interface."""
        if node.kind == "prim::ModuleContainerIndex":
            container = attribute_path(node.input(0))
            if container is not None:
                for name, held in resolve(owner.instance, container).slots.items():
                    if isinstance(held, ScriptObject) and held.type.is_module:
                        self._implement(owner, (*container, name), node.output.type)
            return
        if node.kind in ("prim::CallFunction", "prim::CallMethod"):
            for value, formal in zip(node.inputs[1:], formal_types(node), strict=True):
                path = attribute_path(value) if isinstance(formal, T.InterfaceType) else None
                if path is not None:
                    self._implement(owner, path, formal)

    def _implement(self, owner: ModuleSpec, path: Path, interface: T.Type) -> None:
        assert isinstance(interface, T.InterfaceType)
        spec = self._module(resolve(owner.instance, path)) if path else owner
        if path:
            owner.children[path] = spec
        self._interfaces.setdefault(interface, [])
        if interface not in spec.interfaces:
            spec.interfaces.append(interface)

    def _implement_interfaces(self) -> None:
        """Whatever is called through an interface, every class that may stand behind it needs."""
        wanted: set[tuple[Any, str]] = set()
        while True:
            for interface in self._interfaces:
                for found in list(self._classes.values()):
                    if interface not in found.interfaces and T.is_subtype(found.type, interface):
                        found.interfaces.append(interface)
            specs: list[ModuleSpec | ClassSpec] = [*self._modules.values(), *self._classes.values()]
            todo = [
                (spec, name)
                for spec in specs
                for interface in spec.interfaces
                for name in self._interfaces[interface]
                if (spec, name) not in wanted
            ]
            if not todo:
                return
            wanted |= set(todo)
            for spec, name in todo:
                if isinstance(spec, ModuleSpec):
                    self._require_method(spec, name)
                else:
                    self._require_class_method(spec.type, name)


def _nest_children(modules: Iterable[ModuleSpec]) -> None:
    """A module that is reached through another one is a member of that one."""
    pending = list(modules)
    while pending:
        module = pending.pop()
        for path, child in list(module.children.items()):
            inner, rest = module.holder_of(path)
            if inner is not module and rest not in inner.children:
                inner.children[rest] = child
                pending.append(inner)


def _callees_first(modules: Iterable[ModuleSpec]) -> list[ModuleSpec]:
    """Modules with methods, each after those that it calls."""
    order: dict[ModuleSpec, None] = {}

    def visit(module: ModuleSpec) -> None:
        for child in module.children.values():
            visit(child)
        if module.methods:
            order.setdefault(module)

    for module in modules:
        visit(module)
    return list(order)


def _address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def shared_memory(root: ScriptObject) -> set[int]:
    """The addresses of tensors that are held under more than one name."""
    counts: Counter[int] = Counter()
    for instance in instances_of(root):
        for value in instance.slots.values():
            if isinstance(value, np.ndarray) and value.size:
                counts[_address(value)] += 1
    return {address for address, count in counts.items() if count > 1}


def structure_key(instance: ScriptObject, shared: set[int]) -> Any:
    """Equal for instances that may share a struct: same class, same frozen values, same kinds of tensors and submodules."""
    parts: list[Any] = []
    for name, value in sorted(instance.slots.items()):
        if isinstance(value, ScriptObject):
            parts.append((name, structure_key(value, shared) if value.type.is_module else "object"))
        elif isinstance(value, np.ndarray):
            parts.append((name, "tensor", value.size > 0 and _address(value) in shared))
        else:
            parts.append((name, repr(value)))
    return (id(instance.type), tuple(parts))


def _shared_state(root: ScriptObject, mutated: set[tuple[T.ClassType, str]]) -> list[SourceError]:
    """A module with changing attributes that is held under two names would become two in C++."""
    changing = {id(type) for type, _ in mutated}
    held: Counter[int] = Counter()
    names: dict[int, str] = {}
    for instance in instances_of(root):
        for name, value in instance.slots.items():
            if isinstance(value, ScriptObject) and id(value.type) in changing:
                held[id(value)] += 1
                names[id(value)] = name
    return [
        UnsupportedOperatorError(
            f"module {names[key]!r} changes its attributes and is held under two names: in C++ it would become two",
            None,
            hint="hold it under one name, or keep what changes in an object of a script class that both share",
        )
        for key, count in held.items()
        if count > 1
    ]


def mutated_attributes(root: ScriptObject | Function) -> set[tuple[T.ClassType, str]]:
    """The attributes of modules below ``root`` that some method assigns, whether it is exported or not.

    ``__setstate__`` has been followed when the object was read.
    """
    found: set[tuple[T.ClassType, str]] = set()
    seen: set[int] = set()

    def visit(instance: ScriptObject) -> None:
        if id(instance.type) not in seen:
            seen.add(id(instance.type))
            for name, method in instance.type.methods.items():
                if isinstance(method, Function) and name != "__setstate__":
                    for node in method.structured.walk_with_forks():
                        owner = node.input(0).type if node.kind == "prim::SetAttr" else None
                        if isinstance(owner, T.ClassType) and owner.is_module:
                            found.add((owner, str(node.attributes["name"])))
        for value in instance.slots.values():
            if isinstance(value, ScriptObject):
                visit(value)

    if isinstance(root, ScriptObject):
        visit(root)
    return found
