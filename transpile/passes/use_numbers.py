"""Numbers take the place of constant 0-d tensors, and conversions go that convert to the type that is there.

Before::

    %c : Tensor = prim::Constant[value={8.}]()
    %y : Tensor = aten::linear(%x, %weight, %bias)
    %z : Tensor = aten::div(%y, %c)
    %u : Tensor = aten::to(%z, %float32, %false, %false, %none)

After::

    %c : float = prim::Constant[value=8.]()
    %y : Tensor = aten::linear(%x, %weight, %bias)
    %u : Tensor = aten::div(%y, %c)

A tensor without axes counts more in promotion than a number does; it is replaced only where that makes no difference whatever
the inputs are.  Archives of traced models hold such constants: PyTorch saves the numbers of a program as tensors.
"""

from __future__ import annotations

import numpy as np

from transpile.ir.graph import Graph, Node, Value
from transpile.ops import registry
from transpile.ops.promotion import WrappedNumber, result_type
from transpile.passes.context import ExportContext
from transpile.passes.known_types import KnownTypes

# By name: which argument may be the number, and beside which one it counts.
_PLACES = {
    **{f"aten::{n}{u}": (1, 0) for n in ("add", "sub", "mul", "div", "floor_divide", "remainder") for u in ("", "_")},
    **{f"aten::{n}": (1, 0) for n in ("rsub", "eq", "ne", "lt", "le", "gt", "ge", "fmod")},
    "aten::where": (2, 1),
}
# The result has the type of the tensor that is written to, and integers wrap around there in whatever type they are computed.
_IN_PLACE = ("aten::add_", "aten::sub_", "aten::mul_")


def use_numbers(graph: Graph, context: ExportContext | None = None) -> bool:
    """Rewrite the operators of ``graph`` that take a constant 0-d tensor or convert to the type that is there."""
    known = KnownTypes(graph, context)
    changed = False
    for node in graph.walk():
        if node.kind in _PLACES:
            changed |= _use(graph, node, known)
        elif node.kind in ("aten::masked_fill", "aten::masked_fill_"):
            changed |= _fill(graph, node)
        elif node.kind == "aten::to":
            changed |= _convert(node, known)
        elif node.kind in ("aten::detach", "aten::lift_fresh") and node.input().is_constant:
            node.output.replace_all_uses_with(node.input())
            changed = True
    return changed


def _use(graph: Graph, node: Node, known: KnownTypes) -> bool:
    place, beside = _PLACES[node.kind]
    number = _number(node.input(place)) if len(node.inputs) > place else None
    if number is None or node.operator is None:
        return False
    array = node.input(place).literal
    if node.kind not in _IN_PLACE or not isinstance(number, int):
        for example in known.of(node.input(beside)).examples():
            if result_type(example, array) is not result_type(example, number):
                return False
    overload = "ScalarOther" if node.kind == "aten::where" else _scalar(node.operator.schema.overload)
    return _replace(graph, node, place, number, f"{node.kind}.{overload}")


def _fill(graph: Graph, node: Node) -> bool:
    """The value counts as a number either way."""
    number = _number(node.input(2)) if len(node.inputs) == 3 else None
    return number is not None and _replace(graph, node, 2, number, f"{node.kind}.Scalar")


def _convert(node: Node, known: KnownTypes) -> bool:
    """``x.to(dtype)`` is ``x`` itself where ``x`` has that type."""
    if node.operator is None or node.operator.schema.overload not in ("dtype", "device", "dtype_layout"):
        return False
    dtype = known.of(node.input(0)).dtype
    if dtype is None or node.named_input("dtype").constant != dtype.code:
        return False
    if node.named_input("copy").constant is not False or not node.named_input("memory_format").is_none:
        return False
    source, output = node.input(0), node.output
    output.replace_all_uses_with(source)
    node.destroy()
    return True


def _scalar(overload: str) -> str:
    return overload.replace("Tensor", "Scalar") or "Scalar"


def _number(value: Value) -> int | float | None:
    """The number in a constant tensor without axes."""
    held = value.literal
    if not isinstance(held, np.ndarray) or isinstance(held, WrappedNumber) or held.ndim:
        return None
    number = held.item()
    return number if isinstance(number, (int, float)) and not isinstance(number, bool) else None


def _replace(graph: Graph, node: Node, place: int, number: int | float, name: str) -> bool:
    scalar = registry.find(name)
    if scalar is None or scalar.no_cpp is not None or len(scalar.schema.arguments) != len(node.inputs):
        return False
    constant = graph.create_constant(number, range=node.range)
    constant.stack = node.stack
    node.replace_input(place, constant.insert_before(node).output)
    node.operator = scalar
    return True
