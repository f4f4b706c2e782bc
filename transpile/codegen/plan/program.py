"""The program to be written, as data: which functions, which classes with which methods, and their graphs.

User-written module classes become structs; the library's layers (``torch.nn``) dissolve into the methods that use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transpile.codegen.plan.fields import Member, Path
from transpile.core import types as T
from transpile.core.errors import ExportError
from transpile.core.schema import Argument, Schema
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Node, Value


def is_library(qualified_name: str) -> bool:
    """Whether a function or class belongs to ``torch`` rather than to the user."""
    return qualified_name.startswith("__torch__.torch.")


@dataclass(eq=False)
class FunctionSpec:
    """A function or method to be written: of a module if it has an ``owner``, of another object if it has a ``receiver``.

    ``mutates`` says that a call may change the attributes of a module, ``writes_arguments`` that it may change what it is
    given, its receiver if that is no module included; ``written`` are the positions of those arguments.
    """

    function: Function
    graph: Graph
    owner: ModuleSpec | None = None
    receiver: ClassSpec | None = None
    mutates: bool = False
    writes_arguments: bool = False
    written: set[int] = field(default_factory=set)

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
    """Everything that one project contains.  ``mutated`` are the attributes of modules that some method assigns, ``separate``
    those whose memory copies of the model do not share."""

    root: ModuleSpec | None
    entries: list[FunctionSpec]
    modules: list[ModuleSpec]
    functions: list[FunctionSpec]
    classes: list[ClassSpec]
    interfaces: dict[T.InterfaceType, list[str]]  # with the methods that are called through each
    instances: list[ScriptObject]
    mutated: set[tuple[T.ClassType, str]] = field(default_factory=set)
    separate: set[tuple[T.ClassType, str]] = field(default_factory=set)

    def all_functions(self) -> list[FunctionSpec]:
        """Functions first, then methods, callees before callers."""
        owners: list[ClassSpec | ModuleSpec] = [*self.classes, *self.modules]
        return [*self.functions, *(m for owner in owners for m in owner.methods.values())]


WITH_METHODS = {"prim::Enter": "__enter__", "prim::Exit": "__exit__"}


def is_object(value: Value) -> bool:
    """Whether a value is an instance of a class that is no module, or of an interface."""
    return isinstance(value.type, T.InterfaceType) or (isinstance(value.type, T.ClassType) and not value.type.is_module)


def formal_types(node: Node) -> list[T.Type]:
    """The types of the parameters of a called function or method, the receiver left out."""
    return [a.type for a in formals(node)]


def formals(node: Node) -> list[Argument]:
    """The parameters of a called function or method, the receiver left out."""
    if node.kind == "prim::CallFunction":
        return list(called_function(node).schema.arguments)
    type = node.input(0).type
    assert isinstance(type, (T.ClassType, T.InterfaceType))
    method = node.attributes.get("callee") or type.methods[str(node.attributes["name"])]
    schema: Schema = method if isinstance(method, Schema) else method.schema
    return list(schema.arguments[1:])


def called_function(node: Node) -> Function:
    """The function that a ``prim::CallFunction`` node calls."""
    function = node.input(0).constant
    if not isinstance(function, Function):
        raise ExportError(f"the callee of {node!r} is not known")
    return function


def attribute_path(value: Value) -> Path | None:
    """``("layers", "0", "weight")`` for a chain of ``prim::GetAttr`` from ``self``; ``()`` for ``self``; else ``None``.

    A module that a loop takes from an array stands for all of them: its path is that of the first.
    """
    node = value.node
    if node.kind == "prim::GetAttr":
        inner = None if is_object(node.input()) else attribute_path(node.input())
        return None if inner is None else (*inner, str(node.attributes["name"]))
    if node.kind == "ts2cpp::Element":
        inner = attribute_path(node.input(0))
        return None if inner is None else (*inner, "0")
    if node.kind == "prim::Param" and isinstance(value.type, T.ClassType) and value.type.is_module:
        outermost = value.graph.block.param_node
        if node is outermost and value is outermost.outputs[0]:
            return ()
    return None


def target_of(spec: FunctionSpec, node: Node, by_function: Mapping[Function, FunctionSpec]) -> FunctionSpec | None:
    """The function or method that a call in ``spec`` runs, ``by_function`` those that no module owns; none if it is not known.

    A call through an interface may run several.
    """
    if node.kind == "prim::CallFunction":
        return by_function.get(called_function(node))
    if node.kind != "prim::CallMethod" and node.kind not in WITH_METHODS:
        return None
    type = node.input(0).type
    name = WITH_METHODS.get(node.kind) or str(node.attributes["name"])
    if not isinstance(type, T.ClassType):
        return None
    if not type.is_module:
        return by_function.get(type.methods[name])
    path = attribute_path(node.input(0))
    target = spec.owner if not path else spec.owner.children.get(path) if spec.owner is not None else None
    return target.methods[name] if target is not None else None


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
