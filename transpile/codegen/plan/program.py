"""The program to be written: which functions, which classes with which methods, and their optimised graphs.

User-written module classes become structs; the library's layers (``torch.nn``) dissolve into the methods that use them.
Instances whose class, frozen attributes and submodules agree share one struct.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from transpile.codegen.plan.fields import Member, Path
from transpile.core import types as T
from transpile.core.errors import CompileErrors, ExportError, SourceError, UnsupportedOperatorError
from transpile.core.schema import Schema
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Node, Value


class Optimiser(Protocol):
    """The passes, in two steps: the second needs to know the whole program."""

    def simplify(self, function: Function, instance: ScriptObject | None) -> Graph:
        """A copy of a function's structured graph with library calls dissolved and constants folded."""

    def optimise(self, graph: Graph, program: Program, spec: FunctionSpec) -> None:
        """Everything else, in place; notes weight folds in ``spec.owner.folds``."""


def is_library(qualified_name: str) -> bool:
    """Whether a function or class belongs to ``torch`` rather than to the user."""
    return qualified_name.startswith("__torch__.torch.")


@dataclass(eq=False)
class FunctionSpec:
    """A function or method to be written: of a module if it has an ``owner``, of another object if it has a ``receiver``.

    ``mutates`` says that a call may change the attributes of a module, ``writes_arguments`` that it may change what it is
    given, its receiver if that is no module included.
    """

    function: Function
    graph: Graph
    owner: ModuleSpec | None = None
    receiver: ClassSpec | None = None
    cpp_name: str = ""
    mutates: bool = False
    writes_arguments: bool = False

    @property
    def is_method(self) -> bool:
        """Whether the first parameter of the graph is ``this`` in C++."""
        return self.owner is not None or self.receiver is not None


@dataclass(eq=False)
class ClassSpec:
    """A class whose instances are shared objects: the methods of it that the program calls."""

    type: T.ClassType
    methods: dict[str, FunctionSpec] = field(default_factory=dict)
    interfaces: list[T.InterfaceType] = field(default_factory=list)


@dataclass(eq=False)
class ModuleSpec:
    """A struct: one class, as used by all instances that agree with ``instance``."""

    type: T.ClassType
    instance: ScriptObject
    key: Any
    cpp_name: str = ""
    methods: dict[str, FunctionSpec] = field(default_factory=dict)
    children: dict[Path, ModuleSpec] = field(default_factory=dict)
    members: Member = field(default_factory=lambda: Member(""))
    folds: list[Any] = field(default_factory=list)
    interfaces: list[T.InterfaceType] = field(default_factory=list)

    def holder_of(self, path: Path) -> tuple[ModuleSpec, Path]:
        """The struct whose member the attribute at ``path`` is, and the path from there."""
        for length in range(1, len(path)):
            child = self.children.get(path[:length])
            if child is not None:
                return child.holder_of(path[length:])
        return self, path


@dataclass(eq=False)
class Program:
    """Everything that one project contains."""

    root: ModuleSpec | None
    entries: list[FunctionSpec]
    modules: list[ModuleSpec]
    functions: list[FunctionSpec]
    classes: list[ClassSpec]
    interfaces: dict[T.InterfaceType, list[str]]  # with the methods that are called through each
    instances: list[ScriptObject]

    def all_functions(self) -> list[FunctionSpec]:
        """Functions first, then methods, callees before callers."""
        owners: list[ClassSpec | ModuleSpec] = [*self.classes, *self.modules]
        return [*self.functions, *(m for owner in owners for m in owner.methods.values())]


class ProgramBuilder:
    """Follows calls from the entry points and collects what has to be written."""

    def __init__(self, root: ScriptObject | Function) -> None:
        from transpile.codegen.plan.optimise import ExportOptimiser

        self._root = root
        self.mutated = _mutated_attributes(root) if isinstance(root, ScriptObject) else set()
        self._shared = shared_memory(root) if isinstance(root, ScriptObject) else set()
        self._optimise: Optimiser = ExportOptimiser({name for _, name in self.mutated})
        self._modules: dict[Any, ModuleSpec] = {}
        self._functions: dict[Function, FunctionSpec] = {}
        self._classes: dict[T.ClassType, ClassSpec] = {}
        self._interfaces: dict[T.InterfaceType, list[str]] = {}
        self._problems: list[SourceError] = []

    def build(self, methods: list[str]) -> Program:
        """The program of a function, or of the given methods of a module; all problems are raised together."""
        root = self._root
        spec: ModuleSpec | None = None
        if isinstance(root, Function):
            entries = [self._require_function(root)]
        else:
            self._problems += _shared_state(root, self.mutated)
            spec = self._module(root)
            entries = [self._require_method(spec, name) for name in methods]
        self._implement_interfaces()
        self._raise_problems()
        functions, classes = list(self._functions.values()), list(self._classes.values())
        _nest_children(self._modules.values())
        modules = _callees_first(self._modules.values())
        program = Program(spec, entries, modules, functions, classes, self._interfaces, instances_of(root))
        for item in program.all_functions():
            try:
                self._optimise.optimise(item.graph, program, item)
            except SourceError as error:
                self._problems += error.errors if isinstance(error, CompileErrors) else [error]
        from transpile.codegen.plan.mutation import mark_mutation

        self._raise_problems()
        mark_mutation(program.all_functions())
        merge_equal_modules(program, self.mutated)
        return program

    def _raise_problems(self) -> None:
        if self._problems:
            raise self._problems[0] if len(self._problems) == 1 else CompileErrors(self._problems)

    # ---- collecting
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
            item.graph = self._optimise.simplify(item.function, owner.instance if owner is not None else None)
        except SourceError as error:
            self._problems += error.errors if isinstance(error, CompileErrors) else [error]
            return
        for node in list(walk_with_forks(item.graph)):
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
        if not path:
            self._require_method(owner, name)
            return
        child = self._module(resolve(owner.instance, path))
        owner.children[path] = child
        self._require_method(child, name)

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


WITH_METHODS = {"prim::Enter": "__enter__", "prim::Exit": "__exit__"}


def is_object(value: Value) -> bool:
    """Whether a value is an instance of a class that is no module, or of an interface."""
    return isinstance(value.type, T.InterfaceType) or (isinstance(value.type, T.ClassType) and not value.type.is_module)


def formal_types(node: Node) -> list[T.Type]:
    """The types of the parameters of a called function or method, the receiver left out."""
    if node.kind == "prim::CallFunction":
        return [a.type for a in called_function(node).schema.arguments]
    type = node.input(0).type
    assert isinstance(type, (T.ClassType, T.InterfaceType))
    method = type.methods[str(node.attributes["name"])]
    schema: Schema = method if isinstance(method, Schema) else method.schema
    return [a.type for a in schema.arguments[1:]]


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


def merge_equal_modules(program: Program, mutated: set[tuple[T.ClassType, str]]) -> None:
    """Let modules share a struct when their optimised methods are the same text, whatever their layers' sizes are."""
    chosen: dict[Any, ModuleSpec] = {}
    merged: dict[ModuleSpec, ModuleSpec] = {}
    for module in program.modules:  # callees come first
        module.children = {path: merged[child] for path, child in module.children.items()}
        signature = (
            module.type.python_class,
            tuple((name, _text(spec.graph)) for name, spec in sorted(module.methods.items())),
            tuple((path, id(child)) for path, child in sorted(module.children.items())),
            tuple(sorted(name for type, name in mutated if type is module.type)),
            tuple(sorted(i.name for i in module.interfaces)),
            tuple(map(repr, module.folds)),
        )
        merged[module] = chosen.setdefault(signature, module)
    program.modules = [m for m in program.modules if merged[m] is m]
    if program.root is not None:
        program.root = merged[program.root]
        program.entries = [program.root.methods[e.function.name] for e in program.entries]


def _text(graph: Graph) -> str:
    """A graph's text without locations and without what makes class names unique; values are numbered by appearance."""
    text = re.sub(r" # .*", "", graph.str(False))
    text = re.sub(r"___torch_mangle_\d+\.", "", text)
    numbers: dict[str, str] = {}
    return re.sub(r"%[\w.]+", lambda m: numbers.setdefault(m.group(), f"%{len(numbers)}"), text)


def walk_with_forks(graph: Graph) -> Iterator[Node]:
    """All nodes, those of forked subgraphs included."""
    for node in graph.walk():
        yield node
        if node.kind.startswith("prim::fork"):
            yield from walk_with_forks(node.attributes["Subgraph"])


def called_function(node: Node) -> Function:
    """The function that a ``prim::CallFunction`` node calls."""
    constant = node.input(0).node
    function = constant.attributes.get("function", constant.attributes.get("value"))
    if not isinstance(function, Function):
        raise ExportError(f"the callee of {node!r} is not known")
    return function


def attribute_path(value: Value) -> Path | None:
    """``("layers", "0", "weight")`` for a chain of ``prim::GetAttr`` from ``self``; ``()`` for ``self``; else ``None``."""
    node = value.node
    if node.kind == "prim::GetAttr":
        inner = None if is_object(node.input()) else attribute_path(node.input())
        return None if inner is None else (*inner, str(node.attributes["name"]))
    if node.kind == "prim::Param" and isinstance(value.type, T.ClassType) and value.type.is_module:
        outermost = value.graph.block.param_node
        if node is outermost and value is outermost.outputs[0]:
            return ()
    return None


def resolve(instance: ScriptObject, path: Path) -> Any:
    """The attribute at ``path`` below an instance."""
    value: Any = instance
    for part in path:
        value = value.slots[part]
    return value


def instances_of(root: Any) -> list[ScriptObject]:
    """The root object and all objects below it, each once."""
    found: dict[int, ScriptObject] = {}

    def visit(value: Any) -> None:
        if isinstance(value, ScriptObject) and id(value) not in found:
            found[id(value)] = value
            for inner in value.slots.values():
                visit(inner)

    visit(root)
    return list(found.values())


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


def _mutated_attributes(root: ScriptObject) -> set[tuple[T.ClassType, str]]:
    """Attributes that some method of the program assigns to."""
    found: set[tuple[T.ClassType, str]] = set()
    seen: set[int] = set()

    def visit(instance: ScriptObject) -> None:
        if id(instance.type) not in seen:
            seen.add(id(instance.type))
            for method in instance.type.methods.values():
                if isinstance(method, Function):
                    for node in walk_with_forks(method.structured):
                        owner = node.input(0).type if node.kind == "prim::SetAttr" else None
                        if isinstance(owner, T.ClassType) and owner.is_module:
                            found.add((owner, str(node.attributes["name"])))
        for value in instance.slots.values():
            if isinstance(value, ScriptObject):
                visit(value)

    visit(root)
    return found
