"""Evaluate what depends on constants only.

Before::

    %t : bool = prim::Constant[value=1]()
    %y : int = prim::If(%t)
      block0():
        %s : int = aten::add(%two, %three)
        -> (%s)
      block1():
        -> (%two)
    return (%y)

After::

    %s : int = prim::Constant[value=5]()
    return (%s)

``constant_propagation`` is what TorchScript does to every scripted function: values of immutable types only, so that
the result does not depend on aliasing; tensor operators never run.  ``fold_constants`` also folds tensors and lists,
as long as nothing writes to them, nothing random or with an effect is involved and the result is not much larger than
what it is made from.  An operator that raises is left alone: it will raise when the program runs.
"""

from __future__ import annotations

import enum
import math
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis, is_mutable_type
from transpile.ir.evaluate import evaluator, outputs_of
from transpile.ir.facts import is_foldable, terminates
from transpile.ir.graph import Block, Graph, Node, Value, constant_type
from transpile.ir.loops import LoopView
from transpile.passes.dead_code import dead_code

# Bytes that a folded tensor may have beyond those of the constants it replaces.
GROWTH_LIMIT = 4096
# Bytes that one run folds in all.
FOLDED_LIMIT = 64 << 20
# What a text or list may have at most that is made of texts, lists and numbers; it is not even made if it may have more.
_LENGTH_LIMIT = 1 << 22


def constant_propagation(graph: Graph, context: object = None) -> bool:
    """Fold nodes whose inputs and outputs have immutable types, and control flow on constants."""
    folding = _Folding(graph, None)
    folding.block(graph.block)
    if folding.changed:
        dead_code(graph)
    return folding.changed


def fold_constants(graph: Graph, context: object = None) -> bool:
    """Like ``constant_propagation``, for all operators, tensors and lists included."""
    folding = _Folding(graph, AliasAnalysis(graph))
    folding.block(graph.block)
    if folding.changed:
        dead_code(graph)
    return folding.changed


def _hand_name_on(given: Value, result: Value) -> None:
    """Let what was computed be called what the program calls it; TorchScript does not in ``.graph``."""
    name = given.base_name
    if name and not result.name and not result.is_constant and not result.is_block_param:
        given.graph.forget_name(given)
        result.set_name(name)


def _holds_tensors(type: T.Type) -> bool:
    return any(isinstance(t, T.TensorType) or _holds_tensors(t) for t in type.contained())


class _Folding:
    def __init__(self, graph: Graph, aliases: AliasAnalysis | None) -> None:
        self.graph = graph
        self.aliases = aliases
        self.changed = False
        self.budget = FOLDED_LIMIT

    def block(self, block: Block) -> None:
        for node in block.nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        constant = all(v.is_constant for v in node.inputs)
        if node.kind == "prim::If":
            if constant and self.take_branch(node):
                return
            for block in node.blocks:
                self.block(block)
            self.changed |= simplify_if_outputs(node)
        elif node.kind == "prim::Loop":
            if _never_runs(node):
                self.remove_loop(node)
                return
            for block in node.blocks:
                self.block(block)
            self.changed |= simplify_loop_outputs(node)
        elif constant and self.foldable(node):
            self.fold(node)
        else:
            for block in node.blocks:
                self.block(block)

    # ---- control flow
    def take_branch(self, node: Node) -> bool:
        block = node.blocks[0 if node.input().constant else 1]
        self.block(block)
        leaves = self.aliases is not None and terminates(block)
        if not leaves and len(block.returns) != len(node.outputs):
            return False
        for inner in list(block.nodes):
            inner.move_before(node)
        if leaves:
            remove_after(node, including=True)
        else:
            for output, value in zip(node.outputs, block.returns, strict=True):
                output.replace_all_uses_with(value)
                if self.aliases is not None:
                    _hand_name_on(output, value)
            node.destroy()
        self.changed = True
        return True

    def remove_loop(self, node: Node) -> None:
        for row in LoopView(node).carried:
            row.output.replace_all_uses_with(row.init)
        node.destroy()
        self.changed = True

    # ---- folding
    def foldable(self, node: Node) -> bool:
        if node.blocks or not node.outputs or not is_foldable(node):
            return False
        if self.aliases is None:
            return not any(is_mutable_type(v.type) for v in (*node.inputs, *node.outputs))
        if any(isinstance(o.type, (T.ClassType, T.FutureType, T.DictType)) for o in node.outputs):
            return False
        if any(_holds_tensors(o.type) for o in node.outputs):
            return False  # a list of constants, not a constant list: each tensor has a literal of its own
        if any(isinstance(o.type, T.TensorType) for o in node.outputs) and not any(
            isinstance(v.type, T.TensorType) for v in node.inputs
        ):
            return False  # a tensor made from numbers is better made by the program than stored
        return not any(self.aliases.has_writers(v) for v in (*node.inputs, *node.outputs)) and not any(
            is_mutable_type(o.type) and self.escapes(o) for o in node.outputs
        )

    def escapes(self, value: Value) -> bool:
        """Whether the program hands out this very object, which a constant would then share between calls."""
        assert self.aliases is not None
        return (
            self.aliases.is_outside(value)
            or any(self.aliases.may_contain_alias(value, output) for output in self.graph.outputs)
            or any(
                self.aliases.may_contain_alias(value, v)
                for n in self.graph.walk()
                if n.kind == "prim::Return"
                for v in n.inputs
            )
        )

    def fold(self, node: Node) -> None:
        run = evaluator(node)
        if run is None:
            return
        inputs = [v.constant for v in node.inputs]
        if self.budget < 0 or _may_explode(node, inputs):
            return
        try:
            result = run(*inputs)
        except Exception:  # whatever it is, the program must raise it itself
            return
        size = _bytes(result)
        if size > _bytes(list({id(v): v for v in inputs}.values())) + GROWTH_LIMIT:
            return
        self.budget -= size
        for output, value in zip(node.outputs, outputs_of(node, result), strict=True):
            if not _insertable(value):
                continue
            type = output.type if value is None or isinstance(value, (list, tuple)) or self.keeps(output) else None
            constant = self.graph.create_constant(value, type if type is not None else constant_type(value))
            constant.range = None
            output.replace_all_uses_with(constant.insert_before(node).output)
            self.changed = True

    def keeps(self, output: Value) -> bool:
        """Whether the constant takes the static type of what it replaces."""
        return isinstance(output.type, (T.TensorType, T.EnumType)) or output.type == T.DEVICE


def _never_runs(node: Node) -> bool:
    loop = LoopView(node)
    count = loop.trip_count.constant_as(int) if loop.trip_count is not None else None
    return (count is not None and count <= 0) or (loop.start is not None and loop.start.constant is False)


def simplify_if_outputs(node: Node) -> bool:
    """Drop the outputs of an ``If`` that are the same in both branches."""
    changed = False
    then, other = node.blocks
    if len(then.returns) != len(node.outputs) or len(other.returns) != len(node.outputs):
        return False
    for index in range(len(node.outputs) - 1, -1, -1):
        a, b = then.returns[index], other.returns[index]
        if a is b and _visible(a, node):
            replacement = a
        elif same_constant(a, b):
            copy = node.graph.create_constant(a.literal, a.type)
            copy.attributes = dict(a.node.attributes)
            copy.range = None
            replacement = copy.insert_before(node).output
        else:
            continue
        node.outputs[index].replace_all_uses_with(replacement)
        node.remove_output(index)
        for block in node.blocks:
            block.remove_return(index)
        changed = True
    return changed


def simplify_loop_outputs(node: Node) -> bool:
    """Drop the carried values that the body hands on unchanged."""
    changed = False
    loop = LoopView(node)
    for position in reversed(range(loop.count)):
        row, ends = loop.at(position), loop.ends(position)
        if not ends or any(end.inputs[index] is not row.param for end, index in ends):
            continue
        if row.init.type != row.output.type:
            continue
        for value in (row.output, *row.params):
            value.replace_all_uses_with(row.init)
        loop.remove(position)
        changed = True
    return changed


def same_constant(a: Value, b: Value) -> bool:
    """Whether two values are constants of the same immutable value and type."""
    if not (a.is_constant and b.is_constant) or a.type != b.type or is_mutable_type(a.type):
        return False
    x, y = a.node.attributes, b.node.attributes
    return x.keys() == y.keys() and all(constant_key(x[k]) == constant_key(y[k]) for k in x)


def constant_key(value: Any) -> Any:
    """A hashable stand-in for a constant: equal only for the same value and type (-0.0 is not 0.0, nan is nan)."""
    if isinstance(value, float):
        return ("float", value.hex())
    if isinstance(value, complex):
        return ("complex", value.real.hex(), value.imag.hex())
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, *(constant_key(v) for v in value))
    if isinstance(value, np.ndarray):
        return ("tensor", value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, (str, int, bool, enum.Enum)) or value is None:
        return (type(value).__name__, value)
    return ("object", id(value))


def _visible(value: Value, node: Node) -> bool:
    """Whether ``value`` is defined outside ``node``'s blocks."""
    block = value.node.block
    while block is not None:
        if block in node.blocks:
            return False
        block = block.owner.block if block.owner is not None else None
    return True


def _insertable(value: Any) -> bool:
    if value is None or isinstance(value, (bool, int, float, complex, str, enum.Enum, np.ndarray)):
        return not (isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63)
    if isinstance(value, (tuple, list)):
        return all(_insertable(v) for v in value)
    return False


def _may_explode(node: Node, inputs: list[Any]) -> bool:
    """Whether a text or list that is made of numbers, or of the product of lengths, could be out of all proportion."""
    if not any(isinstance(o.type, T.ListType) or o.type == T.STR for o in node.outputs):
        return False
    factors = (abs(v) if isinstance(v, int) else len(v) if isinstance(v, (str, list)) else 1 for v in inputs)
    return math.prod(max(f, 1) for f in factors) > _LENGTH_LIMIT


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, (list, tuple)):
        return sum(_bytes(v) for v in value)
    return len(value) if isinstance(value, str) else 8


def remove_after(node: Node, *, including: bool = False) -> None:
    """Remove what follows ``node`` in its block, which control does not reach, and what that makes unreachable."""
    block = node.block
    assert block is not None
    block.return_node.remove_all_inputs()
    while (last := block.last) is not None and last is not node:
        last.destroy()
    if including:
        node.destroy()
    owner = block.owner
    if owner is not None and owner.kind == "prim::If" and all(terminates(b) for b in owner.blocks):
        remove_after(owner)
