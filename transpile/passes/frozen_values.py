"""Attributes that nothing writes become constants, tensors and lists too: what ``torch.jit.freeze`` does to a graph.

Before::

    %w : Tensor = prim::GetAttr[name="weight"](%self)
    %y : Tensor = aten::mul(%x, %w)

After::

    %w : Tensor = prim::Constant[value=<Tensor>]()
    %y : Tensor = aten::mul(%x, %w)

All calls must be inlined.  An attribute is written by ``prim::SetAttr``, or by an operator that changes its memory in place;
attributes that share memory are written together.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis, Location
from transpile.ir.facts import is_call
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph, Node
from transpile.passes.context import SCALARS, ExportContext

Key = tuple[int, str]
_CLEARED = frozenset(("prim::GetAttr", "prim::SetAttr"))


class AttributeAliases(AliasAnalysis):
    """Alias analysis that tells the attributes of a known object apart, and from the arguments of the method."""

    def __init__(self, graph: Graph, context: ExportContext) -> None:
        self._context = context
        self._memory: list[tuple[Any, Location]] = []
        super().__init__(graph)

    def _get_attribute(self, node: Node) -> None:
        value = self._context.value_of(self.graph, node.output)
        if value is None or isinstance(value, ScriptObject):
            super()._get_attribute(node)
        else:
            self._add(node.output, self._of(value))

    def _of(self, value: Any) -> set[Location]:
        """The memory that an attribute's value consists of."""
        if isinstance(value, np.ndarray):
            for known, location in self._memory:
                if isinstance(known, np.ndarray) and np.may_share_memory(known, value):
                    return {location}
            return {self._remember(value, "tensor")}
        if isinstance(value, (list, tuple, dict)):
            for known, location in self._memory:
                if known is value:
                    return {location}
            made = self._remember(value, type(value).__name__)
            for item in value.values() if isinstance(value, dict) else value:
                made.contents |= self._of(item)
            return {made}
        return {self._outside("object")} if isinstance(value, ScriptObject) else set()

    def _remember(self, value: Any, kind: str) -> Location:
        location = Location(kind)
        self._memory.append((value, location))
        return location


def is_transparent(graphs: Iterable[tuple[ScriptObject, Graph]]) -> bool:
    """Whether the graphs show all that is done with their object: no calls, no modules that depend on a condition."""
    for owner, graph in graphs:
        context = ExportContext(self_object=owner)
        for node in graph.walk():
            if is_call(node) and any(_is_module(v.type) for v in node.inputs):
                return False
            if node.kind not in _CLEARED and any(_is_module(o.type) for o in node.outputs):
                return False
            if (
                node.kind in _CLEARED
                and _is_module(node.input(0).type)
                and context.path_of(graph, node.input(0)) is None
            ):
                return False
    return True


def _is_module(type: T.Type) -> bool:
    return isinstance(type, (T.ClassType, T.InterfaceType)) and type.is_module


def written_attributes(graphs: Sequence[tuple[ScriptObject, Graph]]) -> set[Key]:
    """The attributes that some graph assigns or changes in place, as ``(id of the object, name)``."""
    written: set[Key] = set()
    arrays: list[Any] = []
    for owner, graph in graphs:
        context = ExportContext(self_object=owner)
        aliases = AttributeAliases(graph, context)
        for node in graph.walk():
            if node.kind not in _CLEARED:
                continue
            holder = context.value_of(graph, node.input(0)) if node.kind == "prim::SetAttr" else None
            if node.kind == "prim::GetAttr":
                holder = context.value_of(graph, node.input())
                if not aliases.has_writers(node.output) or isinstance(
                    context.value_of(graph, node.output), ScriptObject
                ):
                    continue
            if isinstance(holder, ScriptObject):
                name = node.attributes["name"]
                written.add((id(holder), name))
                arrays.append(holder.slots.get(name))
    for owner, _ in graphs:
        _spread(owner, [a for a in arrays if isinstance(a, np.ndarray)], written, set())
    return written


def _spread(owner: ScriptObject, arrays: Sequence[Any], written: set[Key], seen: set[int]) -> None:
    """Add the attributes below ``owner`` that share memory with what is written."""
    if id(owner) in seen:
        return
    seen.add(id(owner))
    for name, value in owner.slots.items():
        if isinstance(value, ScriptObject):
            _spread(value, arrays, written, seen)
        elif isinstance(value, np.ndarray) and any(np.may_share_memory(value, a) for a in arrays):
            written.add((id(owner), name))


def fold_frozen_attributes(graph: Graph, owner: ScriptObject, kept: set[Key]) -> bool:
    """Replace the reads of attributes that are not ``kept`` by constants."""
    context = ExportContext(self_object=owner)
    changed = False
    for node in list(graph.walk()):
        if node.kind != "prim::GetAttr":
            continue
        holder, name = context.value_of(graph, node.input()), node.attributes["name"]
        if not isinstance(holder, ScriptObject) or (id(holder), name) in kept or name not in holder.slots:
            continue
        value = holder.slots[name]
        if isinstance(value, ScriptObject):
            if node.output.type is not value.type and value.type.is_module:
                node.output.set_type(value.type)  # an interface: the object is known now
                changed = True
            continue
        attribute = holder.type.attributes.get(name)
        if attribute is None or not _is_constant(value):
            continue
        type = T.TENSOR if isinstance(value, np.ndarray) else T.NONE if value is None else _narrow(attribute.type)
        constant = graph.create_constant(value, type)
        constant.insert_before(node)
        path = context.path_of(graph, node.output)
        assert path is not None
        graph.forget_name(node.output)
        if not isinstance(value, SCALARS):
            constant.output.set_name(path.replace(".", "_") if path[0].isalpha() else f"_{path.replace('.', '_')}")
        node.output.replace_all_uses_with(constant.output)
        node.destroy()
        changed = True
    return changed


def _narrow(type: T.Type) -> T.Type:
    return type.element if isinstance(type, T.OptionalType) else type


def _is_constant(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_constant(v) for v in value)
    return value is None or isinstance(value, (*SCALARS, np.ndarray, enum.Enum))


def used_attributes(graphs: Iterable[tuple[ScriptObject, Graph]]) -> Mapping[Key, ScriptObject]:
    """The attributes that graphs still read or write, with the object that has each."""
    used: dict[Key, ScriptObject] = {}
    for owner, graph in graphs:
        context = ExportContext(self_object=owner)
        for node in graph.walk():
            if node.kind in _CLEARED:
                holder = context.value_of(graph, node.input(0))
                if isinstance(holder, ScriptObject):
                    used[id(holder), node.attributes["name"]] = holder
    return used
