"""Large tensors in code become attributes, so that they lie in the weights file and not in the C++ text.

Frozen models and traces have them: what was a parameter is a constant there.  A constant of a module's method becomes an
attribute of that module, named after what it is to the operator that reads it: ``conv2d_weight``.  The pass
``read_held_constants`` puts reads of it into the graphs.  The module has the attributes while it is exported, no longer.
A function is exported as a module with one method if it has constants that are too large for the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from transpile.codegen.plan.collect import mutated_attributes
from transpile.codegen.plan.program import instances_of
from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Node, Value
from transpile.jit.archive.writer import as_module
from transpile.passes.inline import callee_of, dissolves
from transpile.passes.read_held_constants import LARGEST_LITERAL, Array, needs_weights, tensors_of


@contextmanager
def held_constants(root: ScriptObject | Function) -> Iterator[ScriptObject | Function]:
    """What is exported for ``root``: itself, or a module with a method ``forward`` for a function with large constants.

    Inside, the modules below it have an attribute for each constant tensor of their methods, if those are large together.
    """
    if isinstance(root, Function) and needs_weights(root):
        root = as_module(root, _class_name(root.name))
    holder = _Holder(root)
    try:
        if isinstance(root, ScriptObject):
            holder.hold(root)
        yield root
    finally:
        holder.release()


def _class_name(function: str) -> str:
    """``NearestPrototype`` for ``nearest_prototype``."""
    return "__torch__." + "".join(word[:1].upper() + word[1:] for word in function.split("_"))


def _nodes_of(function: Function) -> Iterator[Node]:
    """The nodes of a function and of the functions that dissolve in it."""
    for node in function.structured.walk_with_forks():
        yield node
        callee = callee_of(node) if node.kind == "prim::CallFunction" else None
        if callee is not None and callee is not function and dissolves(callee):
            yield from _nodes_of(callee)


class _Holder:
    def __init__(self, root: ScriptObject | Function) -> None:
        self._assigned = {name for _, name in mutated_attributes(root)}
        self._added: list[tuple[T.ClassType, list[ScriptObject], str]] = []

    def hold(self, root: ScriptObject) -> None:
        by_type: dict[T.ClassType, list[ScriptObject]] = {}
        for instance in instances_of(root):
            if instance.type.is_module:
                by_type.setdefault(instance.type, []).append(instance)
        found = {
            type: [
                node
                for method in type.methods.values()
                if isinstance(method, Function)
                for node in _nodes_of(method)
                if tensors_of(node)
            ]
            for type in by_type
        }
        arrays = {id(array): array.size for nodes in found.values() for node in nodes for array in tensors_of(node)}
        if sum(arrays.values()) <= LARGEST_LITERAL:  # they are shown where they are used
            return
        for type, nodes in found.items():
            for node in nodes:
                for array in tensors_of(node):
                    self._add(type, by_type[type], array, _name(node.output))

    def _add(self, type: T.ClassType, instances: list[ScriptObject], array: Array, hint: str) -> None:
        if any(held is array and name not in self._assigned for name, held in instances[0].slots.items()):
            return
        taken = (*type.attributes, *type.methods, *type.constants, *self._assigned)
        name = NameScope(taken=taken).unique(hint)
        self._added.append((type, instances, name))
        type.add_attribute(name, T.TENSOR)
        for instance in instances:
            instance.slots[name] = array

    def release(self) -> None:
        for type, instances, name in self._added:
            del type.attributes[name]
            for instance in instances:
                del instance.slots[name]


def _name(value: Value) -> str:
    """After the operator that reads the constant, and what it is there; a list in between does not count."""
    for use in value.uses:
        node, position = use.node, use.index
        if node.kind == "prim::ListConstruct" and node.output.uses:
            node, position = node.output.uses[0].node, node.output.uses[0].index
        if node.operator is not None and position < len(node.operator.schema.arguments):
            operator = node.kind.rpartition("::")[2].strip("_")
            argument = node.operator.schema.arguments[position].name
            return operator if argument in ("self", "other", "input") else f"{operator}_{argument}"
    return "constant"
