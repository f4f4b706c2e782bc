"""Loops: which ``prim::Loop`` is a counting ``for``, a loop over a list, or a ``while``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from transpile.codegen.plan.inlining import Inlining
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Graph, Node, Value

if TYPE_CHECKING:
    from transpile.codegen.emit.statements import FunctionWriter


@dataclass
class Patterns:
    """What was recognised: nodes that need no statement, values whose name is the loop's own variable."""

    ranges: dict[Node, tuple[Value, Value, int, Value]] = field(default_factory=dict)  # start, stop, step, counter
    elements: dict[Node, tuple[Value, Value]] = field(default_factory=dict)  # list, element
    skipped: set[Node] = field(default_factory=set)
    pinned: set[Value] = field(default_factory=set)


def find_patterns(graph: Graph, inlining: Inlining) -> Patterns:
    """Look for ``range(a, b, c)`` and loops over a list that the body does not change."""
    patterns = Patterns()
    for node in graph.walk():
        if node.kind != "prim::Loop" or node in inlining.dropped or node.attributes.get("kind") != "for":
            continue
        counter = node.blocks[0].params[0]
        patterns.pinned.add(counter)
        trip = node.input(0).node
        uses = [u.node for u in counter.uses if u.node not in inlining.dropped]
        if trip.kind == "aten::__range_length":
            _find_range(node, trip, uses, patterns, inlining)
        elif trip.kind in ("aten::len",) and isinstance(trip.input().type, T.ListType):
            _find_elements(node, trip, trip.input(), uses, patterns, inlining)
        elif trip.kind == "prim::Constant" and uses and uses[0].kind == "aten::__getitem__":
            # The length of a constant list (`for member in SomeEnum`) has been computed already.
            items = uses[0].input(0).node.attributes.get("value")
            if isinstance(items, list) and len(items) == trip.attributes.get("value"):
                _find_elements(node, trip, uses[0].input(0), uses, patterns, inlining)
    return patterns


def _find_range(node: Node, trip: Node, uses: list[Node], patterns: Patterns, inlining: Inlining) -> None:
    start, stop, step = trip.inputs
    size = step.node.attributes.get("value")
    derived = [u for u in uses if u.kind == "aten::__derive_index" and u.input(1) is start and u.input(2) is step]
    if not isinstance(size, int) or size == 0 or len(derived) != len(uses) or len(derived) > 1:
        return
    if trip not in inlining.inlined or (derived and derived[0].block is not node.blocks[0]):
        return
    value = derived[0].output if derived else node.blocks[0].params[0]
    patterns.ranges[node] = (start, stop, size, value)
    if derived:
        patterns.skipped.add(derived[0])
        inlining.inlined.discard(derived[0])
        patterns.pinned.add(value)


def _find_elements(
    node: Node, trip: Node, source: Value, uses: list[Node], patterns: Patterns, inlining: Inlining
) -> None:
    if len(uses) != 1 or uses[0].kind != "aten::__getitem__" or uses[0].input(0) is not source:
        return
    if uses[0].block is not node.blocks[0]:
        return
    if source.node.kind != "prim::Constant":
        for inner in node.blocks[0].walk():
            if inner.kind in ("prim::CallFunction", "prim::CallMethod") or _may_change(inner, source):
                return
    patterns.elements[node] = (source, uses[0].output)
    patterns.skipped.add(uses[0])
    inlining.inlined.discard(uses[0])
    if all(u.node in patterns.elements for u in trip.output.uses):
        patterns.skipped.add(trip)
        inlining.inlined.discard(trip)
    patterns.pinned.add(uses[0].output)


def _may_change(node: Node, source: Value) -> bool:
    """Whether the node may change the list ``source``; a list made in this function is no other list."""
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


def write_head(writer: FunctionWriter, node: Node) -> Callable[[list[C.Stmt]], list[C.Stmt]]:
    """A function that wraps the statements of the body into the C++ loop."""
    if node.attributes["kind"] == "while":
        return _while(writer, node)
    patterns, build = writer.patterns, writer.build
    if node in patterns.elements:
        source, element = patterns.elements[node]
        variable = writer.variables[element]
        variable.declared = True
        used = any(True for _ in writer.inlining.uses(element))
        by_value = element.type in (T.BOOL, T.INT, T.FLOAT) or isinstance(element.type, T.EnumType)
        type = C.Const(C.AUTO) if by_value else C.Reference(C.Const(C.AUTO))
        items = build.value(source)
        return lambda body: [C.RangeFor(type, variable.name, items, body, used)]
    if node in patterns.ranges:
        start, stop, step, counter = patterns.ranges[node]
        variable = writer.variables[counter]
        variable.declared = True
        low, high = build.value(start), build.value(stop)
        return lambda body: [C.CountingFor(variable.name, low, high, step, body)]
    counter = node.blocks[0].params[0]
    variable = writer.variables[counter]
    variable.declared = True
    name = variable.name
    before: list[C.Stmt] = []
    count = build.value(node.input(0))
    if not isinstance(count, (C.Name, C.Integer)):
        limit = writer.scope.unique(f"{name}_count")
        before.append(C.Declare(C.Const(C.INT64), limit, count))
        count = C.Name(limit)
    return lambda body: [*before, C.CountingFor(name, C.Integer(0), count, 1, body)]


def _while(writer: FunctionWriter, node: Node) -> Callable[[list[C.Stmt]], list[C.Stmt]]:
    condition_block = node.blocks[1]
    value = condition_block.returns[0]
    line = writer._line
    statements = writer._block(condition_block, [])
    writer._line = line
    condition = writer.build.value(value)
    if not statements:
        return lambda body: [C.While(condition, body)]
    marker = C.Name(writer.line_marker)
    if all(
        isinstance(s, C.Evaluate) and isinstance(s.expression, C.Call) and s.expression.function == marker
        for s in statements
    ):
        return lambda body: [*statements, C.While(condition, [*body])]
    leave = C.If(C.negate(condition), [C.Break()])
    return lambda body: [C.While(C.Boolean(True), [*statements, leave, *body])]
