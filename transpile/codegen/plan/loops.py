"""Loops: which ``prim::Loop`` is a counting ``for``, a loop over a list, or a ``while``."""

from __future__ import annotations

from dataclasses import dataclass, field

from transpile.codegen.plan.nesting import Nesting
from transpile.core import types as T
from transpile.ir.facts import is_call
from transpile.ir.graph import Graph, Node, Value
from transpile.ir.loops import LoopView, loops_of


@dataclass
class LoopForms:
    """What was recognised: nodes that need no statement, values whose name is the loop's own variable."""

    ranges: dict[Node, tuple[Value, Value, int, Value]] = field(default_factory=dict)  # start, stop, step, counter
    elements: dict[Node, tuple[Value, Value]] = field(default_factory=dict)  # list, element
    skipped: set[Node] = field(default_factory=set)
    pinned: set[Value] = field(default_factory=set)


def find_loop_forms(graph: Graph, nesting: Nesting) -> LoopForms:
    """Look for ``range(a, b, c)`` and loops over a list that the body does not change."""
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
        elif trip.kind in ("aten::len",) and isinstance(trip.input().type, T.ListType):
            _find_elements(loop, trip, trip.input(), uses, forms, nesting)
        elif trip.kind == "prim::Constant" and uses and uses[0].kind == "aten::__getitem__":
            # The length of a constant list (`for member in SomeEnum`) has been computed already.
            items = uses[0].input(0).constant
            if isinstance(items, list) and len(items) == trip.output.constant:
                _find_elements(loop, trip, uses[0].input(0), uses, forms, nesting)
    return forms


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


def _find_elements(
    loop: LoopView, trip: Node, source: Value, uses: list[Node], forms: LoopForms, nesting: Nesting
) -> None:
    if len(uses) != 1 or uses[0].kind != "aten::__getitem__" or uses[0].input(0) is not source:
        return
    if uses[0].block is not loop.body:
        return
    if source.node.kind != "prim::Constant":
        kept = _is_kept_here(source)
        for inner in loop.body.walk():
            if not (is_call(inner) and kept) and _may_change(inner, source):
                return
    forms.elements[loop.node] = (source, uses[0].output)
    forms.skipped.add(uses[0])
    if all(u.node in forms.elements for u in trip.output.uses):
        forms.skipped.add(trip)
    forms.pinned.add(uses[0].output)


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
    if is_call(node):  # a task that is waited for does not have the list of the tasks
        return node.kind != "aten::wait" or source.type != T.ListType(node.input().type)
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
