"""The form of a recorded graph that C++ is written from.

What a trace spells out for the dispatcher's sake becomes what a person would have written: numbers instead of constant
0-d tensors, ``conv2d`` instead of ``_convolution``, sizes that are ints from beginning to end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.ir.function import Function
from transpile.ir.graph import Graph, Node, Value
from transpile.ops import registry
from transpile.ops.promotion import WrappedNumber


def export_form(graph: Graph) -> Graph:
    """A copy of a recorded graph in the form that is exported."""
    copy = graph.copy()
    for node in copy.walk():
        if node.kind.startswith("aten::"):
            _use_numbers(node)
        if node.kind == "aten::_convolution":
            _name_convolution(node)
    for node in copy.walk():
        value = node.attributes.get("value")
        if isinstance(value, WrappedNumber):
            node.attributes["value"] = np.asarray(value)
    return copy


def _use_numbers(node: Node) -> None:
    """``add(x, {2}, 1)`` becomes ``add(x, 2, 1)``."""
    operator = node.operator
    if operator is None or len(node.inputs) < 2:
        return
    wrapped = node.input(1).node.attributes.get("value")
    if node.input(1).node.kind != "prim::Constant" or not isinstance(wrapped, WrappedNumber):
        return
    overload = operator.schema.overload.replace("Tensor", "Scalar") or "Scalar"
    scalar = registry.find(f"{operator.name}.{overload}")
    if scalar is None or len(scalar.schema.arguments) != len(node.inputs):
        return
    constant = node.graph.create_constant(wrapped.item(), range=node.range)
    constant.stack = node.stack
    constant.insert_before(node)
    node.replace_input(1, constant.output)
    node.operator = scalar


def _constant(value: Value) -> Any:
    node = value.node
    if node.kind == "prim::Constant":
        return node.attributes.get("value")
    if node.kind == "prim::ListConstruct":
        return [_constant(v) for v in node.inputs]
    return None


def _name_convolution(node: Node) -> None:
    values = list(node.inputs)
    stride, transposed = _constant(values[3]), _constant(values[6])
    if not isinstance(stride, list) or transposed is None:
        return
    rank = len(stride)
    input, weight, bias, steps, padding, dilation, _, output_padding, groups = values[:9]
    if transposed:
        name = f"aten::conv_transpose{rank}d" + (".input" if rank > 1 else "")
        kept = [input, weight, bias, steps, padding, output_padding, groups, dilation]
    else:
        name = f"aten::conv{rank}d"
        kept = [input, weight, bias, steps, padding, dilation, groups]
    operator = registry.find(name)
    if operator is None:
        return
    node.remove_all_inputs()
    for value in kept:
        node.add_input(value)
    node.kind, node.operator = operator.name, operator


def share_methods(functions: Sequence[Function]) -> None:
    """Let ``forward1`` be ``forward`` in what is exported, where both say the same."""
    same: dict[tuple[int, str], str] = {}
    renamed: dict[tuple[int, str], str] = {}
    for function in functions:
        for node in function.structured.walk():
            owner = node.input(0).type if node.kind == "prim::CallMethod" else None
            if isinstance(owner, T.ClassType):
                name = str(node.attributes["name"])
                node.attributes["name"] = renamed.get((id(owner), name), name)
        key = (id(function.owner), _anonymous(function.structured))
        first = same.setdefault(key, function.name)
        if first != function.name:
            renamed[id(function.owner), function.name] = first


def _anonymous(graph: Graph) -> str:
    """The text of a graph without locations, scopes and shapes, with values numbered by appearance."""
    text = re.sub(r"(, scope: \S+)?( # .*)?$", "", graph.str(False), flags=re.MULTILINE)
    text = re.sub(r"\b[A-Z]\w+\([^()]*device=cpu\)", "Tensor", text)
    numbers: dict[str, str] = {}
    return re.sub(r"%[\w.]+", lambda m: numbers.setdefault(m.group(), f"%{len(numbers)}"), text)
