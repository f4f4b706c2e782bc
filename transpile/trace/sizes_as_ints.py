"""Sizes that are ints from beginning to end.

While a program is traced, ``x.size(0) * 2`` is arithmetic on 0-d tensors, which become ints again where an operator wants
ints.  In what is exported it is arithmetic on ints.

Before::

    %n : Tensor = prim::NumToTensor(%size)
    %m : Tensor = aten::mul(%n, %two)
    %i : int = aten::Int(%m)

After::

    %i : int = aten::mul(%size, %2)
"""

from __future__ import annotations

import numpy as np

from transpile.core import types as T
from transpile.ir.graph import Graph, Node, Value
from transpile.ops import registry

_ARITHMETIC = {
    "aten::mul": "aten::mul.int", "aten::add": "aten::add.int", "aten::sub": "aten::sub.int",
    "aten::floor_divide": "aten::floordiv.int", "aten::div": "aten::floordiv.int",
}  # fmt: skip


def sizes_as_ints(graph: Graph) -> None:
    """Rewrite the conversions of 0-d tensors to ints that can be ints throughout."""
    sizes = _Sizes()
    for node in graph.walk():
        if node.kind not in ("aten::Int", "aten::ScalarImplicit"):
            continue
        number = sizes.number(node.input())
        if number is None:
            continue
        node.output.replace_all_uses_with(number)


class _Sizes:
    """The int for each 0-d tensor that is one."""

    def __init__(self) -> None:
        self.known: dict[Value, Value | None] = {}

    def number(self, value: Value) -> Value | None:
        if value not in self.known:
            self.known[value] = self._number(value)
        return self.known[value]

    def _number(self, value: Value) -> Value | None:
        node = value.node
        if value.type == T.INT:
            return value
        if node.kind == "prim::NumToTensor":
            size = node.input()
            if size.type == T.INT and value.name and not size.name:
                size.set_name(value.base_name)
            return size if size.type == T.INT else None
        if value.is_constant:
            held = value.literal
            if isinstance(held, np.ndarray) and held.ndim == 0 and held.dtype == np.int64:
                return _constant(node, held.item())
            return None
        if node.kind not in _ARITHMETIC or not self._is_exact(node):
            return None
        operands = [self.number(v) for v in node.inputs[:2]]
        if any(o is None for o in operands):
            return None
        name = _ARITHMETIC[node.kind]
        made = node.graph.create(
            name.partition(".")[0],
            [o for o in operands if o is not None],
            [T.INT],
            operator=registry.get(name),
            range=node.range,
        )
        made.stack, made.scope = node.stack, node.scope
        made.insert_before(node)
        if value.name:
            made.output.set_name(value.base_name)
        return made.output

    def _is_exact(self, node: Node) -> bool:
        """Whether the operator does on tensors what its namesake does on ints."""
        extra = [v.literal for v in node.inputs[2:]]
        if node.kind in ("aten::add", "aten::sub"):
            return extra in ([], [1])
        if node.kind == "aten::div":
            return extra == ["floor"] or (extra == ["trunc"] and all(_is_natural(v) for v in node.inputs[:2]))
        return not extra


def _is_natural(value: Value) -> bool:
    """Whether a 0-d tensor is known not to be negative: a size, a constant, a product or sum of such."""
    node = value.node
    if node.kind == "prim::NumToTensor":
        return node.input().node.kind in ("aten::size", "aten::numel")
    if value.is_constant:
        held = value.literal
        return isinstance(held, np.ndarray) and held.ndim == 0 and held.dtype == np.int64 and held.item() >= 0
    return node.kind in ("aten::mul", "aten::add", "aten::floor_divide") and all(
        _is_natural(v) for v in node.inputs[:2]
    )


def _constant(node: Node, value: int) -> Value:
    made = node.graph.create_constant(value, range=node.range)
    made.stack = node.stack
    return made.insert_before(node).output
