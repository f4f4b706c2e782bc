"""Attributes that nothing assigns become constants.

Before::

    %training : bool = prim::GetAttr[name="training"](%self)

After::

    %training : bool = prim::Constant[value=0]()

Numbers, strings, ``None`` and tuples of them; tensors, lists and submodules stay attributes.  Reads of the same
attribute that nothing assigns are shared, and an ``Optional`` tensor that is there has type ``Tensor``.  A list of tensors
that are attributes themselves (the weights of an LSTM) is made of those where it is read.
"""

from __future__ import annotations

import numpy as np

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.passes.context import ExportContext


def freeze_attributes(graph: Graph, context: ExportContext | None) -> bool:
    """Replace the reads of fixed scalar attributes."""
    if context is None:
        return False
    return _block(graph.block, graph, context, {})


def _block(block: Block, graph: Graph, context: ExportContext, known: dict[tuple[Value, str], Value]) -> bool:
    changed = False
    inherited = dict(known)
    for node in block.nodes:
        for inner in node.blocks:
            changed |= _block(inner, graph, context, inherited)
        if node.kind != "prim::GetAttr":
            continue
        name = node.attributes["name"]
        constant = context.attribute_constant(graph, node.input(), name)
        if constant is not None:
            if node.output.name:
                base = node.output.base_name
                graph.forget_name(node.output)
                constant.set_name(base)
            node.output.replace_all_uses_with(constant)
            node.destroy()
            changed = True
            continue
        if _narrow(graph, node, context):
            changed = True
        if _take_apart(graph, node, context):
            changed = True
            continue
        key = (node.input(), name)
        first = inherited.get(key)
        if first is not None and context.is_fixed(graph, node):
            node.output.replace_all_uses_with(first)
            node.destroy()
            changed = True
        else:
            inherited[key] = node.output
    return changed


def _take_apart(graph: Graph, node: Node, context: ExportContext) -> bool:
    """Make a fixed list of tensors, which nothing changes, from the attributes of the same object that it holds."""
    if not isinstance(node.output.type, T.ListType) or not isinstance(node.output.type.element, T.TensorType):
        return False
    held, owner = context.value_of(graph, node.output), context.value_of(graph, node.input())
    if not isinstance(held, list) or not held or not context.is_fixed(graph, node):
        return False
    named = {id(v): name for name, v in owner.slots.items() if isinstance(v, np.ndarray)}
    names = [named.get(id(v)) for v in held]
    if None in names or any(context.attribute_use.is_written(owner, str(n)) for n in names):
        return False
    if AliasAnalysis(graph).has_writers(node.output):
        return False
    reads = []
    for name in names:
        read = graph.create("prim::GetAttr", [node.input()], [T.TENSOR], range=node.range, name=name)
        reads.append(read.insert_before(node).output)
    made = graph.create("prim::ListConstruct", reads, [node.output.type], range=node.range).insert_before(node)
    node.output.replace_all_uses_with(made.output)
    node.destroy()
    return True


def _narrow(graph: Graph, node: Node, context: ExportContext) -> bool:
    """Give the read of a fixed attribute the type of what it holds: a tensor that may be missing, a module behind an
    interface."""
    output = node.output
    if isinstance(output.type, T.InterfaceType):
        held = context.value_of(graph, output)
        if not isinstance(held, ScriptObject) or not held.type.is_module or not context.is_fixed(graph, node):
            return False
        output.set_type(held.type)
        return True
    if not isinstance(output.type, T.OptionalType) or not isinstance(output.type.element, T.TensorType):
        return False
    if not isinstance(context.value_of(graph, output), np.ndarray) or not context.is_fixed(graph, node):
        return False
    output.set_type(T.TENSOR)
    return True
