"""Equal computations are done once.

Before::

    %a : int = aten::size(%x, %one)
    %b : int = aten::size(%x, %one)
    %c : int = aten::add(%a, %b)

After::

    %a : int = aten::size(%x, %one)
    %c : int = aten::add(%a, %a)

A result is reused in the same block and the blocks inside it.  Neither the arguments nor the results may be written to
anywhere in the graph, and of two tensors that become one at most one may leave the graph: no new alias among outputs.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis, is_mutable_type
from transpile.ir.facts import is_shareable, reads_memory, reads_sizes
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.passes.constant_propagation import constant_key
from transpile.passes.context import ExportContext
from transpile.passes.peephole import leaves


def cse(graph: Graph, context: ExportContext | None = None) -> bool:
    """Replace nodes that compute what an earlier node has computed."""
    library = context is not None and context.is_library
    return _block(graph.block, {}, AliasAnalysis(graph), library)


def _block(block: Block, known: dict[Hashable, Node], aliases: AliasAnalysis, library: bool) -> bool:
    changed = False
    visible = dict(known)
    for node in block.nodes:
        for inner in node.blocks:
            changed |= _block(inner, visible, aliases, library)
        if not _eligible(node, aliases):
            continue
        key = _key(node)
        first = visible.setdefault(key, node)
        if first is node or not _may_share(first, node, aliases, library):
            continue
        for old, new in zip(node.outputs, first.outputs, strict=True):
            old.replace_all_uses_with(new)
        node.destroy()
        changed = True
    return changed


def _eligible(node: Node, aliases: AliasAnalysis) -> bool:
    if node.blocks or not node.outputs or not is_shareable(node):
        return False
    if any(not isinstance(o.type, T.TensorType) and is_mutable_type(o.type) for o in node.outputs):
        return False
    # What is taken out of a tuple stays what it is, whoever writes to another part of it.
    depends = reads_memory(node) or reads_sizes(node)
    return not any(aliases.has_writers(v) for v in ((*node.inputs, *node.outputs) if depends else node.outputs))


def _may_share(first: Node, second: Node, aliases: AliasAnalysis, library: bool) -> bool:
    # Whether views are one tensor (``key is value``) the library asks to be fast, a user for any reason.
    views = library and second.operator is not None and "view" in second.operator.tags
    for a, b in zip(first.outputs, second.outputs, strict=True):
        if not views and is_mutable_type(a.type) and leaves(a, aliases) and leaves(b, aliases):
            return False
        if a.type != b.type:
            return False
    return True


def _key(node: Node) -> Hashable:
    attributes: list[Any] = [(k, _attribute_key(v)) for k, v in sorted(node.attributes.items())]
    operands = tuple(_operand(v) for v in node.inputs)
    overload = node.operator.schema.overload if node.operator is not None else ""
    return (node.kind, overload, operands, tuple(attributes))


def _operand(value: Value) -> Hashable:
    """Constants are compared by value, everything else by identity."""
    if value.node.kind == "prim::Constant" and not is_mutable_type(value.type):
        return ("constant", value.type, tuple((k, constant_key(v)) for k, v in sorted(value.node.attributes.items())))
    return value


def _attribute_key(value: Any) -> Hashable:
    if isinstance(value, list):
        return tuple(_attribute_key(v) for v in value)
    if isinstance(value, T.Type):
        return value
    return tuple(constant_key([value]))
