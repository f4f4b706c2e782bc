"""Which functions of a program change the model or their arguments.

A method that changes no attribute of a module is ``const`` in C++.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from transpile.codegen.plan.program import (
    FunctionSpec,
    Program,
    target_of,
)
from transpile.codegen.plan.regions import Regions
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.ir.facts import facts_of, is_part_of_input, written_inputs
from transpile.ir.function import Function
from transpile.ir.graph import Node, Value
from transpile.ir.kinds import Memory
from transpile.ir.loops import LoopView

_ATTRIBUTE, _ARGUMENT = "attribute", "argument"
# Beside these words: the positions of arguments.
_Roots = set[str | int]


def mark_mutation(specs: Sequence[FunctionSpec], regions: Regions) -> None:
    """Set ``mutates``, ``writes_arguments`` and ``written``, also of functions that hand what is theirs on to one that writes."""
    by_function = {s.function: s for s in specs if s.owner is None}
    for spec in specs:
        for node in spec.graph.walk_with_forks():
            _note(spec, _written(node, regions))
    changed = True
    while changed:
        changed = False
        for spec in specs:
            for node in spec.graph.walk_with_forks():
                changed |= _note(spec, _written_by_callee(spec, node, by_function, regions))


def require_separate_memory(program: Program) -> None:
    """Refuse a model that changes tensors if some of them share memory without being the same tensor.

    Every tensor of the weights file has memory of its own: what is written to one would not be seen in the other.
    """
    writer = next((s for s in program.all_functions() if s.mutates and _writes_tensors(s)), None)
    shared = _overlapping(program) if writer is not None else None
    if writer is not None and shared is not None:
        raise UnsupportedOperatorError(
            f"the tensors {shared[0]!r} and {shared[1]!r} are different views of one memory, and {writer.function.name!r} "
            "writes to tensors of the model: in C++ each has memory of its own",
            writer.function.range,
            hint=f"make {shared[1]!r} a copy (.clone()), or compute the view where it is used",
        )


def _writes_tensors(spec: FunctionSpec) -> bool:
    nodes = spec.graph.walk_with_forks()
    return any(isinstance(v.type, T.TensorType) for n in nodes for v in written_inputs(n))


def _overlapping(program: Program) -> tuple[str, str] | None:
    """The names of two tensors that share memory without being the same, if there are any."""
    named = [(name, array, *_bounds(array)) for name, array in _named_arrays(program) if array.size]
    order = sorted(range(len(named)), key=lambda i: named[i][2:])
    for place, first in enumerate(order):
        _, array, start, end = named[first]
        for second in order[place + 1 :]:
            _, other, other_start, other_end = named[second]
            if other_start >= end:
                break
            same = (start, end, array.shape, array.strides, array.dtype) == (
                other_start, other_end, other.shape, other.strides, other.dtype,
            )  # fmt: skip
            if not same and np.shares_memory(array, other):
                return named[min(first, second)][0], named[max(first, second)][0]
    return None


def _named_arrays(program: Program) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    for instance in program.instances:
        for name, value in instance.slots.items():
            if isinstance(value, np.ndarray):
                yield f"{instance.type.name.rpartition('.')[2]}.{name}", value


def _bounds(array: np.ndarray[Any, Any]) -> tuple[int, int]:
    """The first address of the elements, and the one after the last."""
    steps = [stride * (size - 1) for size, stride in zip(array.shape, array.strides, strict=True)]
    first = int(array.__array_interface__["data"][0])
    return first + sum(s for s in steps if s < 0), first + sum(s for s in steps if s > 0) + array.itemsize


def _note(spec: FunctionSpec, roots: _Roots) -> bool:
    before = (spec.mutates, spec.writes_arguments, len(spec.written))
    spec.written |= {root for root in roots if isinstance(root, int)}
    spec.mutates |= _ATTRIBUTE in roots
    spec.writes_arguments |= _ARGUMENT in roots
    return before != (spec.mutates, spec.writes_arguments, len(spec.written))


def _written(node: Node, regions: Regions) -> _Roots:
    """Whose memory the node itself writes to."""
    if node.kind == "prim::SetAttr":
        owner = node.input(0).type
        is_module = not isinstance(owner, T.ClassType) or owner.is_module
        return {_ATTRIBUTE} if is_module else _roots(node.input(0), regions, set())
    found: _Roots = set()
    for value in written_inputs(node):
        found |= _roots(value, regions, set())
    return found


def _implementations(
    interface: T.InterfaceType, name: str, by_function: dict[Function, FunctionSpec]
) -> list[FunctionSpec]:
    """The methods that a call through an interface may reach, those of modules excepted: they change nothing."""
    return [
        s for s in by_function.values()
        if s.receiver is not None and interface in s.receiver.interfaces and s.function.name == name
    ]  # fmt: skip


def _written_by_callee(
    spec: FunctionSpec, node: Node, by_function: dict[Function, FunctionSpec], regions: Regions
) -> _Roots:
    """Whose memory the function that the node calls writes to."""
    if node.kind == "prim::CallMethod" and isinstance(interface := node.input(0).type, T.InterfaceType):
        reached = _implementations(interface, str(node.attributes["name"]), by_function)
        written: _Roots = {_ATTRIBUTE} if any(s.mutates for s in reached) else set()
        if any(s.writes_arguments for s in reached):
            written |= {root for value in node.inputs for root in _roots(value, regions, set())}
        return written
    target = target_of(spec, node, by_function)
    if target is None:
        return set()
    given = node.inputs[1:] if node.kind == "prim::CallFunction" else node.inputs
    found: _Roots = {_ATTRIBUTE} if target.mutates else set()
    if target.writes_arguments:
        for position, value in enumerate(given):
            roots = _roots(value, regions, set())
            found |= roots if position in target.written else {r for r in roots if not isinstance(r, int)}
    return found


def hands_to_writer(program: Program, spec: FunctionSpec, node: Node, index: int) -> bool:
    """Whether a node of a function hands its input ``index`` to a function that changes it."""
    if node.kind not in ("prim::CallFunction", "prim::CallMethod"):
        return False
    by_function = {s.function: s for s in program.all_functions() if s.owner is None}
    if isinstance(interface := node.input(0).type, T.InterfaceType):
        return any(index in s.written for s in _implementations(interface, str(node.attributes["name"]), by_function))
    target = target_of(spec, node, by_function)
    position = index - 1 if node.kind == "prim::CallFunction" else index
    return target is not None and position in target.written


def _roots(value: Value, regions: Regions, seen: set[tuple[Value, bool]], *, inside: bool = False) -> _Roots:
    """Where the memory of a value comes from: attributes of modules, arguments, neither or both.

    ``inside`` asks for what a container holds rather than for the container.
    """
    if (value, inside) in seen:
        return set()
    seen.add((value, inside))
    node = value.node
    if isinstance(value.type, T.ClassType) and value.type.is_module:
        return set()
    if node.kind == "prim::GetAttr":
        owner = node.input(0).type
        if not isinstance(owner, T.ClassType):
            return {_ATTRIBUTE}
        return {_ATTRIBUTE} if owner.is_module else _roots(node.input(0), regions, seen)
    if node.kind == "prim::Param" and node.owner is None:
        return {_ARGUMENT, node.outputs.index(value)}
    memory = facts_of(node).memory
    if memory is Memory.UNKNOWN:
        return _roots_of_result(value, regions)
    sources: list[Value] = []
    if node.kind == "prim::Param":
        if node.owner is not None and node.owner.kind == "prim::Loop":
            loop = LoopView(node.owner)
            position = loop.position_of(value)
            sources = loop.sources(position) if position is not None else []
    elif node.kind == "prim::If":
        sources = [b.returns[node.outputs.index(value)] for b in node.blocks if b.returns]
    elif node.kind == "prim::Loop":
        sources = LoopView(node).sources(node.outputs.index(value))
    elif memory is Memory.CONTAINER:
        sources = [*node.inputs, *_stored_later(value)] if inside else []
    elif is_part_of_input(node) or (
        node.operator is not None and node.operator.schema.arguments and node.operator.schema.arguments[0].alias
    ):
        sources = [node.input(0)]
        inside = inside or (_is_container(node.input(0).type) and value.type != node.input(0).type)
    found: _Roots = set()
    for source in sources:
        # What a container holds may be a container itself.
        found |= _roots(
            source, regions, seen, inside=inside and (memory is not Memory.CONTAINER or _is_container(source.type))
        )
    return found


def _roots_of_result(value: Value, regions: Regions) -> _Roots:
    """What a call gives may be what it was given, or what an attribute holds."""
    found: _Roots = {_ATTRIBUTE} if regions.attributes_of(value) else set()
    for position, argument in enumerate(value.node.graph.inputs):
        if regions.are_one(argument, value):
            found |= {_ARGUMENT, position}
    return found


def _is_container(type: T.Type) -> bool:
    return isinstance(type, (T.ListType, T.DictType, T.TupleType))


def _stored_later(container: Value) -> list[Value]:
    """What is appended to a new list, or entered into a new dict."""
    return [
        stored for use in container.uses
        if use.node.operator is not None and use.index == 0 and use.node.operator.schema.arguments[0].writes
        for stored in use.node.inputs[1:]
    ]  # fmt: skip
