"""A constant tensor that is an attribute too is read from there.

Before::

    %w : Tensor = prim::Constant[value=<Tensor>]()
    %y : Tensor = aten::linear(%x, %w)

After::

    %w : Tensor = prim::GetAttr[name="linear_weight"](%self)
    %y : Tensor = aten::linear(%x, %w)

A list of tensors, the weights of an LSTM, is made of such reads.  What some method assigns holds another tensor afterwards:
it is not read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Node
from transpile.passes.context import AttributeUse, ExportContext

Array = np.ndarray[Any, Any]

# Whatever else a program holds: a tensor of so few elements is a literal in C++.
SMALLEST_HELD = 5
# A tensor of more elements is no literal.
LARGEST_LITERAL = 256


def needs_weights(function: Function, active: frozenset[Function] = frozenset()) -> bool:
    """Whether a function, or a function that it calls, has a constant tensor that is too large for a literal."""
    if function in active:
        return False
    active |= {function}
    for node in function.structured.walk_with_forks():
        if any(tensor.size > LARGEST_LITERAL for tensor in tensors_of(node)):
            return True
        called = node.input(0).constant if node.kind == "prim::CallFunction" else None
        if isinstance(called, Function) and needs_weights(called, active):
            return True
    return False


def tensors_of(node: Node) -> list[Array]:
    """The tensors of a constant that is one, or a list of some, as far as they are worth a place in the weights file."""
    value = node.attributes.get("value") if node.kind == "prim::Constant" else None
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, np.ndarray) and item.size >= SMALLEST_HELD]


def read_held_constants(graph: Graph, context: ExportContext | None) -> bool:
    """Replace the constants that the object, or a module below it, has as attributes; lists of tensors are made."""
    owner = context.self_object if context is not None else None
    if owner is not None and (not graph.inputs or graph.inputs[0].type is not owner.type):
        owner = None  # a forked graph that has no use for self
    changed = False
    for node in list(graph.walk()):
        value = node.attributes.get("value") if node.kind == "prim::Constant" else None
        tensors = [node]
        if isinstance(value, list) and value and all(isinstance(item, np.ndarray) for item in value):
            tensors = [graph.create_constant(item, range=node.range).insert_before(node) for item in value]
            items = [tensor.output for tensor in tensors]
            _replace(node, graph.create("prim::ListConstruct", items, [node.output.type], range=node.range))
            changed = True
        for tensor in tensors:
            if context is not None and owner is not None and tensors_of(tensor):
                changed |= _read(tensor, owner, context.attribute_use)
    return changed


def _read(node: Node, owner: ScriptObject, use: AttributeUse) -> bool:
    path = _path_to(owner, node.attributes["value"], use)
    if path is None:
        return False
    graph = node.graph
    value, held = graph.inputs[0], owner
    for name in path[:-1]:
        held = held.slots[name]
        value = graph.create("prim::GetAttr", [value], [held.type], name=name).insert_before(node).output
    _replace(node, graph.create("prim::GetAttr", [value], [node.output.type], range=node.range, name=path[-1]))
    return True


def _replace(node: Node, other: Node) -> None:
    other.insert_before(node)
    if node.output.name:
        name = node.output.base_name
        node.graph.forget_name(node.output)
        other.output.set_name(name)
    node.output.replace_all_uses_with(other.output)
    node.destroy()


def _path_to(owner: ScriptObject, array: object, use: AttributeUse) -> tuple[str, ...] | None:
    for name, value in owner.slots.items():
        if value is array and not use.is_written(owner, name):
            return (name,)
    for name, value in owner.slots.items():
        if isinstance(value, ScriptObject) and value.type.is_module and not use.is_written(owner, name):
            below = _path_to(value, array, use)
            if below is not None:
                return (name, *below)
    return None
