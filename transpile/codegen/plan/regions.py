"""Which values and attributes of a program may share memory, seen across all of its functions.

What may lead to the same memory is one *region*: views, containers and what they hold, objects and their attributes,
arguments and parameters, results and calls.  Neither the order of statements nor who calls counts (Steensgaard, "Points-to
analysis in almost linear time"), so a region may hold more than it has to, never less.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from transpile.codegen.plan.program import (
    WITH_METHODS,
    FunctionSpec,
    called_function,
)
from transpile.core import types as T
from transpile.ir.alias import is_mutable_type
from transpile.ir.facts import facts_of, is_part_of_input, written_inputs
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph, Node, Value
from transpile.ir.kinds import Memory
from transpile.ir.loops import LoopView, enclosing_loop

# The attributes of modules, by the classes that have them.
Attribute = tuple[T.ClassType, str]


class Regions:
    """The regions of some functions, and of the tensors and objects that ``instances`` hold."""

    def __init__(self, specs: Iterable[FunctionSpec], instances: Iterable[ScriptObject] = ()) -> None:
        self._specs = list(specs)
        self._parents: dict[Hashable, Hashable] = {}
        self._attributes: set[Attribute] = set()
        self._functions = {s.function: s for s in self._specs if not s.is_method}
        self._methods: dict[str, list[FunctionSpec]] = {}
        for spec in self._specs:
            if spec.is_method:
                self._methods.setdefault(spec.function.name, []).append(spec)
        for spec in self._specs:
            self._graph(spec.graph, spec)
        for instance in instances:
            for name, value in instance.slots.items():
                if held := list(_memory(value, set())):
                    self._attributes.add((instance.type, name))
                    self._join([(instance.type, name), *held])
        self._members: dict[Hashable, set[Attribute]] = {}
        for attribute in self._attributes:
            self._members.setdefault(self._find(attribute), set()).add(attribute)

    def attributes_of(self, value: Value) -> set[Attribute]:
        """The attributes of modules whose memory ``value`` may be, or be part of."""
        return self._members.get(self._find(value), set())

    def are_one(self, a: Value, b: Value) -> bool:
        """Whether two values may share memory."""
        return self._find(a) == self._find(b)

    def separate(self, entries: Iterable[FunctionSpec], assigned: Iterable[Attribute]) -> set[Attribute]:
        """The attributes whose memory a copy of the model must have for itself: what some function changes in place, and
        what is assigned and seen outside, where callers of ``entries`` may change it."""
        outside = {self._find(key) for spec in entries for key in (spec, *spec.graph.inputs)}
        return self._written_in_place() | {a for a in assigned if a in self._attributes and self._find(a) in outside}

    def _written_in_place(self) -> set[Attribute]:
        found: set[Attribute] = set()
        for spec in self._specs:
            for node in spec.graph.walk_with_forks():
                changed = written_inputs(node)
                if node.kind == "prim::SetAttr" and not _is_module(node.input(0).type):
                    changed.append(node.input(0))
                for value in changed:
                    found |= self.attributes_of(value)
        return found

    # ---- construction
    def _find(self, key: Hashable) -> Hashable:
        while (parent := self._parents.get(key, key)) != key:
            self._parents[key] = self._parents.get(parent, parent)
            key = parent
        return key

    def _join(self, keys: Iterable[Hashable]) -> None:
        """Values without memory, and modules, are in no region."""
        joined = [k for k in keys if not isinstance(k, Value) or (is_mutable_type(k.type) and not _is_module(k.type))]
        for key in joined[1:]:
            self._parents[self._find(key)] = self._find(joined[0])

    def _graph(self, graph: Graph, result: Hashable) -> None:
        """``result`` stands for what the graph returns."""
        self._join([result, *graph.outputs])
        for node in graph.walk():
            if node.kind == "prim::Return":
                self._join([result, *node.inputs])
            else:
                self._node(node)

    def _node(self, node: Node) -> None:
        memory = facts_of(node).memory
        if node.kind in ("prim::GetAttr", "prim::SetAttr"):
            self._attribute(node)
        elif node.kind == "prim::If":
            for block in node.blocks:
                self._join_pairs(node.outputs, block.returns)
        elif node.kind == "prim::Loop":
            for row in LoopView(node).carried:
                self._join([row.init, *row.params, row.output, *([row.result] if row.result is not None else [])])
        elif node.kind in ("prim::Break", "prim::Continue"):
            loop = enclosing_loop(node)
            self._join_pairs(loop.node.outputs if loop is not None else [], node.inputs)
        elif node.kind.startswith("prim::fork"):
            forked: Graph = node.attributes["Subgraph"]
            self._join_pairs(node.inputs, forked.inputs)
            self._graph(forked, node.output)
        elif memory is Memory.CONTAINER or is_part_of_input(node):
            self._join([*node.inputs, *node.outputs])
        elif memory is Memory.SCHEMA:
            self._operator(node)
        elif memory is Memory.UNKNOWN:
            self._call(node)

    def _join_pairs(self, some: Sequence[Value], others: Sequence[Value]) -> None:
        for a, b in zip(some, others, strict=False):
            self._join([a, b])

    def _attribute(self, node: Node) -> None:
        owner, value = node.input(0), node.outputs[0] if node.outputs else node.input(1)
        if _is_module(value.type) or not is_mutable_type(value.type):
            return
        if not _is_module(owner.type):
            self._join([owner, value])
        elif isinstance(owner.type, T.ClassType):
            attribute = (owner.type, str(node.attributes["name"]))
            self._attributes.add(attribute)
            self._join([attribute, value])

    def _operator(self, node: Node) -> None:
        """What the schema says; whatever takes part where a container may come to hold something."""
        assert node.operator is not None
        schema = node.operator.schema
        rows = [*zip(schema.arguments, node.inputs, strict=False), *zip(schema.returns, node.outputs, strict=False)]
        sets: dict[str, list[Value]] = {}
        for row, value in rows:
            for alias in (row.alias, row.element_alias):
                for name in alias.before if alias is not None else ():
                    sets.setdefault(name, []).append(value)
        changed = [v for v in written_inputs(node) if not isinstance(v.type, T.TensorType)]
        holds = any(is_mutable_type(t) for v in node.outputs for t in v.type.contained())
        if changed or holds or "*" in sets or "lends" in node.operator.tags:
            self._join([*node.inputs, *node.outputs])
        for values in sets.values():
            self._join(values)

    def _call(self, node: Node) -> None:
        callees = self._callees(node)
        given = node.inputs[1:] if node.kind == "prim::CallFunction" else node.inputs
        for callee in callees:
            self._join_pairs(given, callee.graph.inputs)
            self._join([callee, *node.outputs])
        if not callees:
            self._join([*node.inputs, *node.outputs])

    def _callees(self, node: Node) -> list[FunctionSpec]:
        if node.kind == "prim::CallFunction":
            found = self._functions.get(called_function(node))
            return [found] if found is not None else []
        name = WITH_METHODS.get(node.kind) or str(node.attributes.get("name", ""))
        return [s for s in self._methods.get(name, []) if _may_receive(s, node.input(0).type)]


def _may_receive(spec: FunctionSpec, type: T.Type) -> bool:
    """Whether a value of ``type`` may be the receiver of a method."""
    holder = spec.receiver or spec.owner
    return holder is not None and (holder.type == type or type in holder.interfaces)


def _is_module(type: T.Type) -> bool:
    return isinstance(type, T.ClassType) and type.is_module


def _memory(value: Any, seen: set[int]) -> Iterator[Hashable]:
    """What stands for the tensors and objects that an attribute holds; tensors are one if ``load`` makes one of them."""
    if isinstance(value, np.ndarray):
        if value.size:
            yield (value.__array_interface__["data"][0], value.shape, value.strides, value.dtype)
    elif isinstance(value, ScriptObject):
        if not value.type.is_module and id(value) not in seen:
            seen.add(id(value))
            yield id(value)
            for held in value.slots.values():
                yield from _memory(held, seen)
    elif isinstance(value, (list, tuple, dict)):
        for held in value.values() if isinstance(value, dict) else value:
            yield from _memory(held, seen)
