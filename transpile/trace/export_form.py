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
from transpile.core.dtype import from_numpy
from transpile.ir.function import Function
from transpile.ir.graph import Graph, Node, Value
from transpile.ops import registry
from transpile.ops.promotion import WrappedNumber
from transpile.trace.sizes_as_ints import sizes_as_ints


def export_form(graph: Graph, names: Sequence[str] = ()) -> Graph:
    """A copy of a recorded graph in the form that is exported; ``names`` are those of its parameters in Python."""
    copy = graph.copy()
    for value, name in zip(copy.inputs, names, strict=False):
        if name:
            value.set_name(name)
    _use_program_names(copy)
    _rewrite(copy)
    return copy


def spell_as_written(graph: Graph) -> None:
    """Let the operators of a recorded graph be those that a person would have written, in place."""
    sizes_as_ints(graph)
    for node in graph.walk():
        if node.kind.startswith("aten::"):
            _use_numbers(node)
        if node.kind == "aten::_convolution":
            _name_convolution(node)
        if node.kind == "aten::_convolution_mode":
            _name_padded_convolution(node)
        if node.kind in ("aten::to", "aten::detach", "aten::lift_fresh"):
            _skip_copy_of_constant(node)
        if node.kind == "aten::fill_":
            _fill_with_number(node)


def _use_program_names(graph: Graph) -> None:
    """Call values as the program does, not as the parameters of the library that took them are called."""
    for node in graph.walk():
        for value in node.outputs:
            if value.program_name is not None:
                graph.forget_name(value)
                if value.program_name:
                    value.set_name(value.program_name)


def _rewrite(graph: Graph) -> None:
    spell_as_written(graph)
    for node in graph.walk():
        if node.kind == "prim::fork":
            _rewrite(node.attributes["Subgraph"])
    for value in graph.inputs:
        value.type = unspecialised(value.type)
    for node in graph.walk():
        node.scope = ""  # where an instance sits is no part of what its class does
        for value in node.outputs:
            value.type = unspecialised(value.type)
        held = node.attributes.get("value")
        if isinstance(held, WrappedNumber):
            node.attributes["value"] = np.asarray(held)


def unspecialised(type: T.Type) -> T.Type:
    """A type without what the example run showed of its tensors."""
    if isinstance(type, T.TensorType):
        return T.TENSOR
    return type.with_contained([unspecialised(t) for t in type.contained()]) if type.contained() else type


def _fill_with_number(node: Node) -> None:
    """``x[0] = 2`` fills with a 0-d tensor."""
    held = node.input(1).literal
    scalar = registry.find("aten::fill_.Scalar")
    if scalar is None or not isinstance(held, np.ndarray):
        return
    number = node.graph.create_constant(held.item(), range=node.range)
    number.stack = node.stack
    node.replace_input(1, number.insert_before(node).output)
    node.operator = scalar


def _skip_copy_of_constant(node: Node) -> None:
    """``torch.tensor([1, 2])`` is a constant that is converted to what it is."""
    source = node.input(0)
    held, type = source.literal, node.output.type
    if not isinstance(held, np.ndarray):
        return
    keeps = node.kind != "aten::to" or (isinstance(type, T.TensorType) and type.dtype is from_numpy(held.dtype))
    if keeps:
        if node.output.name and not source.name:
            source.set_name(node.output.base_name)
        node.output.replace_all_uses_with(source)


def _use_numbers(node: Node) -> None:
    """``add(x, {2}, 1)`` becomes ``add(x, 2, 1)``."""
    operator = node.operator
    if operator is None or len(node.inputs) < 2:
        return
    wrapped = node.input(1).literal
    if not isinstance(wrapped, WrappedNumber):
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
    if value.node.kind == "prim::ListConstruct":
        return [_constant(v) for v in value.node.inputs]
    return value.literal if value.is_constant else None


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


def _name_padded_convolution(node: Node) -> None:
    """``_convolution_mode(..., "same", ...)`` becomes ``conv2d(..., padding="same")``; the arguments are the same."""
    stride = _constant(node.input(3))
    operator = registry.find(f"aten::conv{len(stride)}d.padding") if isinstance(stride, list) else None
    if operator is not None:
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
    """The text of a graph without locations and scopes, with values numbered by appearance."""
    text = re.sub(r"(, scope: \S+)?( # .*)?$", "", graph.str(False), flags=re.MULTILINE)
    numbers: dict[str, str] = {}
    return re.sub(r"%[\w.]+", lambda m: numbers.setdefault(m.group(), f"%{len(numbers)}"), text)
