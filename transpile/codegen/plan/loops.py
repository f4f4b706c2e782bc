"""Loops: which ``prim::Loop`` is a counting ``for``, a loop over a list, or a ``while``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from transpile.codegen.plan.nesting import Nesting
from transpile.core import types as T
from transpile.ir.facts import is_call, needs_statement
from transpile.ir.graph import Graph, Node, Value
from transpile.ir.loops import LoopView, loops_of


@dataclass
class LoopForms:
    """What was recognised: nodes that need no statement, values whose name is the loop's own variable."""

    ranges: dict[Node, tuple[Value, Value, int, Value]] = field(default_factory=dict)  # start, stop, step, counter
    elements: dict[Node, tuple[Value, Value]] = field(default_factory=dict)  # list, element
    unpacked: dict[Node, Node] = field(default_factory=dict)  # what takes each element apart
    heads: set[Node] = field(default_factory=set)  # what is written in the head of a loop
    safe: set[Node] = field(default_factory=set)  # what reads a list at a place that it has
    skipped: set[Node] = field(default_factory=set)
    pinned: set[Value] = field(default_factory=set)
    unnamed: set[Value] = field(default_factory=set)  # what the form of a loop leaves out


def find_loop_forms(graph: Graph, nesting: Nesting, members: Collection[Value] = ()) -> LoopForms:
    """Look for ``range(a, b, c)`` and loops over a list that the body does not change; ``members`` are attributes of ``self``
    that nothing assigns."""
    forms = LoopForms()
    for loop in loops_of(graph):
        counter, count = loop.counter, loop.trip_count
        if loop.form != "for" or loop.node in nesting.dropped or counter is None or count is None:
            continue
        forms.pinned.add(counter)
        trip = count.node
        uses = [u.node for u in counter.uses if u.node not in nesting.dropped]
        if trip.kind == "aten::__range_length":
            _find_range(loop, trip, uses, forms, nesting)
        elif trip.kind == "aten::len" and isinstance(trip.input().type, T.ListType):
            if not _find_elements(loop, trip, trip.input(), uses, forms, nesting):
                _find_places(loop, trip, forms, nesting, members)
        elif trip.kind == "aten::len" and isinstance(trip.input().type, T.TensorType):
            _find_rows(loop, trip, uses, forms, nesting)
        elif len(uses) == 1 and uses[0].kind == "ts2cpp::Element":
            _take_elements(loop, trip, uses[0].input(0), uses[0], forms, nesting)
        elif trip.kind == "prim::Constant" and uses and uses[0].kind == "aten::__getitem__":
            # The length of a constant list (`for member in SomeEnum`) has been computed already.
            items = uses[0].input(0).constant
            if isinstance(items, list) and len(items) == trip.output.constant:
                _find_elements(loop, trip, uses[0].input(0), uses, forms, nesting)
    return forms


def counts_modules(counter: Value) -> bool:
    """Whether the counter of a loop only chooses modules, as a place in arrays."""
    return bool(counter.uses) and all(use.node.kind == "ts2cpp::Element" for use in counter.uses)


def _find_range(loop: LoopView, trip: Node, uses: list[Node], forms: LoopForms, nesting: Nesting) -> None:
    start, stop, step = trip.inputs
    size = step.constant
    derived = [u for u in uses if u.kind == "aten::__derive_index" and u.input(1) is start and u.input(2) is step]
    if not isinstance(size, int) or size == 0 or len(derived) != len(uses) or len(derived) > 1:
        return
    if trip not in nesting.nested or (derived and derived[0].block is not loop.body):
        return
    counted = derived[0].output if derived else loop.counter
    assert counted is not None
    forms.ranges[loop.node] = (start, stop, size, counted)
    if derived:
        forms.skipped.add(derived[0])
        forms.pinned.add(counted)
        if loop.counter is not None:
            forms.unnamed.add(loop.counter)


def _find_elements(
    loop: LoopView, trip: Node, source: Value, uses: list[Node], forms: LoopForms, nesting: Nesting
) -> bool:
    if len(uses) != 1 or uses[0].kind != "aten::__getitem__" or uses[0].input(0) is not source:
        return False
    if uses[0].block is not loop.body or _changes(loop, source):
        return False
    _take_elements(loop, trip, source, uses[0], forms, nesting)
    return True


def _find_rows(loop: LoopView, trip: Node, uses: list[Node], forms: LoopForms, nesting: Nesting) -> None:
    """``for row in x``: a loop over the first dimension of a tensor."""
    if len(uses) != 1 or uses[0].kind != "aten::select" or uses[0].block is not loop.body:
        return
    source, dim, index = uses[0].inputs
    if source is trip.input() and dim.constant == 0 and index is loop.counter:
        _take_elements(loop, trip, source, uses[0], forms, nesting)


def _take_elements(loop: LoopView, trip: Node, source: Value, read: Node, forms: LoopForms, nesting: Nesting) -> None:
    element = read.output
    forms.elements[loop.node] = (source, element)
    forms.skipped.add(read)
    forms.pinned.add(element)
    if loop.counter is not None:
        forms.unnamed.add(loop.counter)
    if all(u.node in forms.elements for u in trip.output.uses):
        forms.skipped.add(trip)
        forms.unnamed.add(trip.output)
        if {u.node for u in source.uses} == {trip, read} and not source.base_name and _is_own(source.node):
            if _is_next(source.node, loop, nesting, {trip}):
                forms.heads.add(source.node)
    takers = [u for u, _ in nesting.uses(element)]
    if len(takers) == 1 and takers[0].kind == "prim::TupleUnpack" and takers[0].block is loop.body:
        if sum(map(nesting.is_used, takers[0].outputs)) > 1 and takers[0] not in nesting.nested:
            forms.unpacked[loop.node] = takers[0]
            forms.skipped.add(takers[0])
            forms.pinned.update(takers[0].outputs)
            forms.unnamed.add(element)


_CALLS = ("prim::CallFunction", "prim::CallMethod")
_NEW_LISTS = ("aten::items", "aten::keys", "aten::values", "aten::slice")


def _is_own(node: Node) -> bool:
    """Whether a node gives what is its own, not part of something that is gone when a loop over it begins."""
    if len(node.outputs) != 1 or node.blocks or needs_statement(node):
        return False
    if isinstance(node.output.type, T.TensorType):
        return node.kind in _CALLS or (node.operator is not None and node.kind.startswith("aten::"))
    return node.kind in (*_CALLS, *_NEW_LISTS)


def _is_next(node: Node, loop: LoopView, nesting: Nesting, skipped: Collection[Node]) -> bool:
    """Whether a loop follows a node, with nothing between them that has a statement or is part of one."""
    if node.block is not loop.node.block:
        return False
    current = node.next
    while current is not None and current is not loop.node:
        if current not in nesting.dropped and current not in skipped and current.kind != "prim::Constant":
            return False
        current = current.next
    return current is loop.node


def _find_places(loop: LoopView, trip: Node, forms: LoopForms, nesting: Nesting, members: Collection[Value]) -> None:
    """``for i in range(len(items))``: the loop asks for the length each time if its body leaves the list alone."""
    source, counter = trip.input(), loop.counter
    if counter is None or source.node.kind == "prim::Constant" or _changes(loop, source):
        return
    reads = [u.node for u in counter.uses if u.node.kind == "aten::__getitem__" and u.node.input(0) is source]
    forms.safe.update(n for n in reads if n.input(1) is counter)
    is_name = source.node not in nesting.nested or source in members
    if len(trip.output.uses) == 1 and is_name and _is_next(trip, loop, nesting, ()):
        forms.heads.add(trip)


def _changes(loop: LoopView, source: Value) -> bool:
    """Whether the body of a loop may give a list other elements."""
    if source.node.kind == "prim::Constant":
        return False
    kept = _is_kept_here(source)
    return any(not (is_call(inner) and kept) and _may_change(inner, source) for inner in loop.body.walk())


def _is_kept_here(source: Value) -> bool:
    """Whether no called function or task can reach a list: it was made here, and nothing but operators on it uses it."""
    if source.node.kind != "prim::ListConstruct":
        return False
    for use in source.uses:
        operator = use.node.operator
        if operator is None or use.index != 0 or (operator.schema.is_mutable and any(v.uses for v in use.node.outputs)):
            return False
    return True


def _may_change(node: Node, source: Value) -> bool:
    """Whether the node may change the list ``source``; a list made in this function is no other list."""
    if node.kind == "aten::wait":  # a task that is waited for does not have the list of the tasks
        return source.type != T.ListType(node.input().type)
    if is_call(node):
        return node.kind not in _CALLS or any(_may_reach(v.type, source.type, set()) for v in node.inputs)
    if node.operator is None or not node.operator.schema.is_mutable:
        return False
    for position, argument in enumerate(node.operator.schema.arguments):
        value = node.input(position)
        if argument.writes and value.type == source.type:
            fresh = value.node.kind == "prim::ListConstruct" and source.node.kind in (
                "prim::Param",
                "prim::ListConstruct",
            )
            if value is source or not fresh:
                return True
    return False


def _may_reach(type: T.Type, wanted: T.Type, seen: set[T.Type]) -> bool:
    """Whether a value of a type may hold, or hold something that holds, a value of another."""
    if type == wanted or type == T.ANY or isinstance(type, (T.InterfaceType, T.FutureType)):
        return True
    if type in seen:
        return False
    seen.add(type)
    parts = [a.type for a in type.attributes.values()] if isinstance(type, T.ClassType) else type.contained()
    return any(_may_reach(part, wanted, seen) for part in parts)
