"""``.inlined_graph``: the lowered graph with all calls replaced by the lowered graphs of what they call."""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.function import Function
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.passes.constant_pooling import constant_pooling
from transpile.passes.constant_propagation import constant_propagation
from transpile.passes.dead_code import dead_code


def inlined(graph: Graph) -> Graph:
    """A copy of ``graph`` without calls of compiled functions and methods; the constants that named functions stay."""
    copy = graph.copy()
    _inline_block(copy.block)
    return copy


def _inline_block(block: Block) -> None:
    for node in list(block.nodes):
        for inner in node.blocks:
            _inline_block(inner)
        for value in node.attributes.values():
            if isinstance(value, Graph):
                _inline_block(value.block)
        callee = _callee(node)
        if callee is not None:
            _replace(
                node, _body(callee), list(node.inputs)[1:] if node.kind == "prim::CallFunction" else list(node.inputs)
            )


def _callee(node: Node) -> Function | None:
    if node.kind == "prim::CallFunction":
        found = node.input(0).node.attributes.get("function")
    elif node.kind == "prim::CallMethod":
        owner = node.input(0).type
        found = owner.methods.get(node.attributes["name"]) if isinstance(owner, T.ClassType) else None
    else:
        return None
    return found if isinstance(found, Function) else None


def _body(callee: Function) -> Graph:
    """A copy of what a function does, with its own calls inlined, tidied as TorchScript does it."""
    inner = callee.graph.copy()
    _inline_block(inner.block)
    if _skip_conversions(inner.block):
        dead_code(inner)
    constant_propagation(inner)
    constant_pooling(inner)
    return inner


def _skip_conversions(block: Block) -> bool:
    """Numbers that become a tensor and a number again stay what they are."""
    changed = False
    for node in block.nodes:
        if node.kind == "aten::Int" and node.input().node.kind == "prim::NumToTensor":
            node.output.replace_all_uses_with(node.input().node.input())
            changed = True
    return changed


def _replace(call: Node, inner: Graph, arguments: list[Value]) -> None:
    graph = call.graph
    mapping: dict[Value, Value] = dict(zip(inner.inputs, arguments, strict=True))
    for node in inner.nodes:
        graph.clone_node(node, mapping).insert_before(call)
    for output, value in zip(call.outputs, inner.outputs, strict=True):
        output.replace_all_uses_with(mapping.get(value, value))
    call.destroy()
