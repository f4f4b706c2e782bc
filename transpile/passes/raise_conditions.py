"""The condition of a loop that carries it as a flag is computed where the loop asks for it again.

Before::

    %go : bool = aten::lt(%zero, %n)
    %go.1 : bool, %s : int = prim::Loop[kind="while"](%go, %zero)
      block0(%go.2 : bool, %s.1 : int):
        %s.2 : int = aten::add(%s.1, %one)
        %go.3 : bool = aten::lt(%s.2, %n)
        prim::Continue(%go.3, %s.2)
      block1(%go.4 : bool, %s.3 : int):
        -> (%go.4)

After::

    %s : int = prim::Loop[kind="while"](%zero)
      block0(%s.1 : int):
        %s.2 : int = aten::add(%s.1, %one)
        prim::Continue(%s.2)
      block1(%s.3 : int):
        %go : bool = aten::lt(%s.3, %n)
        -> (%go)

A turn that hands on ``false`` breaks.  A loop that counts from zero as long as there is something to count is a ``for``.
What the loop asks first may have been computed when the program was compiled, in whole or in part: the condition is then what a
turn asks, if that comes to the same for the values that the loop begins with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from transpile.core import types as T
from transpile.ir.evaluate import evaluator
from transpile.ir.facts import changes_state, is_call, is_foldable, may_raise
from transpile.ir.graph import NO_CONSTANT, Block, Node, Value
from transpile.ir.loops import LoopView

_SILENT = ("prim::Constant", "prim::Uninitialized")
_NUMBERS = (T.BOOL, T.INT, T.FLOAT)


def condition_position(loop: LoopView) -> int | None:
    """Which carried value of a ``while`` is its condition, computed a turn before."""
    condition = loop.condition
    if condition is None or list(condition.nodes) or not condition.returns:
        return None
    again = condition.returns[0]
    return condition.params.index(again) if again in condition.params else None


def is_condition(loop: LoopView, position: int, again: Value, carried: Sequence[Value]) -> bool:
    """Whether ``again`` is what the loop has asked at its start, for the values that are ``carried`` on."""
    assert again.node.block is not None
    template = _Template(loop, position, _End(again.node.block, again, carried))
    return template.is_whole and template.matched(_start(loop, position)) is not None


def raise_condition(loop: LoopView, position: int) -> bool:
    """Compute the condition at ``position`` of a loop whose body ends in exits anew; ``False`` if it is not one expression."""
    row, exits = loop.at(position), loop.exits
    goes_on = [e for e in exits if e.input(position).constant is not False]
    stops = [e for e in exits if e.input(position).constant is False]
    if any(e.kind != "prim::Continue" for e in exits):
        return False
    if row.init.constant is True and all(e.input(position).constant is True for e in goes_on):
        _always(loop, position)
    elif (counter := _counter(loop, position, goes_on)) is not None:
        _count(loop, position, counter, goes_on[0].input(position).node.input(1))
    elif not goes_on or not _compute(loop, position, goes_on):
        return False
    for exit in stops:
        exit.kind = "prim::Break"
    return True


def _drop(loop: LoopView, position: int, ends: list[Node]) -> None:
    """Carry the condition no longer: inside of the loop it holds, behind it does not."""
    row = loop.at(position)
    values = [row.init, *(e.input(position) for e in ends)]
    for uses, held in (([row.param], True), ([row.output], False)):
        for value in uses:
            if value.uses:
                constant = loop.node.graph.create_constant(held)
                constant.range = None
                value.replace_all_uses_with(loop.node.graph.block.prepend(constant).output)
    loop.remove(position)
    for value in values:
        _destroy_unused(value.node)


def _destroy_unused(node: Node) -> None:
    if node.block is None or node.kind in ("prim::Param", "prim::Loop") or any(v.uses for v in node.outputs):
        return
    if changes_state(node):
        return
    inputs = [v.node for v in node.inputs]
    node.destroy()
    for before in inputs:
        if before.kind in ("aten::lt", "aten::gt", "aten::__and__", "aten::add", "aten::len", "prim::Constant"):
            _destroy_unused(before)


def _always(loop: LoopView, position: int) -> None:
    condition = loop.condition
    assert condition is not None
    constant = loop.node.graph.create_constant(True, range=loop.node.range)
    condition.return_node.replace_input(0, condition.append(constant).output)
    _drop(loop, position, [])


# ---- counting
def _counter(loop: LoopView, position: int, goes_on: list[Node]) -> int | None:
    """The carried value that counts the turns, if the condition is that it has not come to a limit."""
    if not goes_on:
        return None
    test = goes_on[0].input(position).node
    if test.kind != "aten::lt" or [v.type for v in test.inputs] != [T.INT, T.INT]:
        return None
    limit = test.input(1)
    for candidate in range(loop.count):
        row = loop.at(candidate)
        if candidate == position or row.init.constant_as(int) != 0 or row.output.uses or row.param.name:
            continue
        if all(_counts(e, position, candidate, row.param, limit) for e in goes_on) and _starts(loop, position, limit):
            return candidate
    return None


def _counts(exit: Node, position: int, candidate: int, param: Value, limit: Value) -> bool:
    test, step = exit.input(position).node, exit.input(candidate).node
    return (
        test.kind == "aten::lt"
        and test.input(0) is exit.input(candidate)
        and _equal(test.input(1), limit)
        and step.kind == "aten::add"
        and len(step.inputs) == 2
        and step.input(0) is param
        and step.input(1).constant_as(int) == 1
    )


def _starts(loop: LoopView, position: int, limit: Value) -> bool:
    """Whether there is a first turn if the limit is positive; it must be known before the loop."""
    if not _is_outside(limit, loop):
        return False
    start = loop.at(position).init
    most = limit.constant_as(int)
    if start.constant is True:
        return most is not None and most > 0
    node = start.node
    if node.kind == "aten::gt" and _equal(node.input(0), limit):
        return node.input(1).constant_as(int) == 0
    return node.kind == "aten::lt" and _equal(node.input(1), limit) and node.input(0).constant_as(int) == 0


def _count(loop: LoopView, position: int, counter: int, limit: Value) -> None:
    node, body = loop.node, loop.body
    row, start = loop.at(counter), loop.at(position).init
    if limit.is_constant:  # it may stand inside of the loop
        limit = node.graph.clone_node(limit.node, {}).insert_before(node).output
    ends = loop.exits
    tests = [e.input(position).node for e in ends]
    steps = [e.input(counter).node for e in ends]
    index = body.param_node.insert_output(0, T.INT)
    row.param.replace_all_uses_with(index)
    yes = node.graph.create_constant(True)
    yes.range = None
    if loop.at(position).param.uses:
        loop.at(position).param.replace_all_uses_with(node.graph.block.prepend(yes).output)
    if loop.at(position).output.uses:
        no = node.graph.create_constant(False)
        no.range = None
        loop.at(position).output.replace_all_uses_with(node.graph.block.prepend(no).output)
    condition = loop.condition
    assert condition is not None
    for one in sorted((position, counter), reverse=True):
        condition.return_node.remove_all_inputs()
        loop.remove(one)
    condition.destroy()
    del node.blocks[1]
    node.attributes["kind"] = "for"
    node.insert_input(0, limit)
    for old in (*tests, *steps, start.node):
        _destroy_unused(old)


# ---- expressions
class _End(NamedTuple):
    """Where a loop asks for its condition: before the loop, or at the end of a turn."""

    block: Block
    condition: Value
    carried: Sequence[Value]
    node: Node | None = None


def _start(loop: LoopView, position: int) -> _End:
    assert loop.node.block is not None
    return _End(loop.node.block, loop.at(position).init, loop.inits, loop.node)


def _turn(exit: Node, position: int) -> _End:
    assert exit.block is not None
    return _End(exit.block, exit.input(position), exit.inputs, exit)


def _compute(loop: LoopView, position: int, goes_on: list[Node]) -> bool:
    condition = loop.condition
    assert condition is not None
    ends = [_start(loop, position), *(_turn(exit, position) for exit in goes_on)]
    template = _Template(loop, position, ends[-1])
    if not template.is_whole:
        return False
    matched = [template.matched(end) for end in ends]
    if None in matched:
        return False
    template.carry_variables()
    template.write(condition)
    _drop(loop, position, [])
    for node in reversed([node for nodes in matched if nodes is not None for node in nodes]):
        if node.block is not None and not any(v.uses for v in node.outputs):
            node.destroy()
    return True


class _Template:
    """What a turn computes as the condition: an expression of carried values, variables and of what is known outside."""

    def __init__(self, loop: LoopView, position: int, end: _End) -> None:
        self.loop = loop
        self.position = position
        self.end = end
        self.nodes: list[Node] = []
        self.places: dict[Value, set[int | None]] = {}  # carried values it may be; None: the value itself
        self.variables: dict[Value, dict[Node | None, Value]] = {}  # what the program calls by one name, at each end
        self.is_whole = self._collect(end.condition)
        self.nodes.sort(key=_place_in_block)

    def _collect(self, value: Value, within: frozenset[Block] = frozenset()) -> bool:
        node = value.node
        if value in self.places or value in self.variables or node in self.nodes or value.is_constant:
            return True
        if node.block in within:
            return True
        places: set[int | None] = {
            p
            for p in range(self.loop.count)
            if p != self.position and self.end.carried[p] is value and self.loop.at(p).param.type == value.type
        }
        if _is_outside(value, self.loop):
            places.add(None)
        if places:
            self.places[value] = places
            return True
        if value.name and value is not self.end.condition:
            self.variables[value] = {}
            return True
        if node.block is not self.end.block or node.kind in ("prim::Param", "prim::Loop", "prim::fork"):
            return False
        self.nodes.append(node)
        parts = [node, *_walk(node)]
        inner = within | {block for n in parts for block in n.blocks}
        read = [v for n in parts for v in n.inputs] + [v for n in parts for b in n.blocks for v in b.returns]
        return all(self._collect(v, inner) for v in read)

    def matched(self, end: _End) -> list[Node] | None:
        """The nodes that compute the condition at ``end``, if they do what the template does."""
        pairs: dict[Value, Value] = {}
        if not self._same(self.end.condition, end.condition, end, pairs):
            return None
        if end.node is self.loop.node:
            if any(end.node not in held for held in self.variables.values()):
                return None  # what was computed before hides what this variable begins with
            ours = {n for top in self.nodes for n in (top, *_walk(top))}
            found = [theirs.node for value, theirs in pairs.items() if value.node in ours]
            matched = [n for n in dict.fromkeys(found) if n.block is end.block and n.kind not in _SILENT]
        else:
            matched = [pairs[n.outputs[0]].node for n in self.nodes if n.outputs]
        effects = [n for n in matched if changes_state(n) or is_call(n)]
        if len(effects) > 1:
            return None
        inside = {*matched, end.node}
        uses = [u.node for n in matched for v in n.outputs for u in v.uses]
        if effects and any(u not in inside and not _is_within(u, matched) for u in uses):
            return None
        if matched and end.node is not None and not _is_free(matched, end.node):
            return None
        return matched

    def carry_variables(self) -> None:
        """Let the loop carry what the condition asks for, so that it sees what every end has."""
        for value, held in self.variables.items():
            param, output = self.loop.add(held[self.loop.node], value.type)
            for exit in self.loop.exits:
                exit.add_input(held.get(exit, param))
            place = self.loop.count - 1
            self.places[value] = {place}
            for carried in (param, output, *self.loop.at(place).params):
                carried.set_name(value.base_name)

    def _begun(self, ours: Value) -> Any:
        """What ``ours`` is for the values that the loop begins with; ``NO_CONSTANT`` if that is not known."""
        if ours.is_constant:
            return ours.literal
        if ours in self.places:
            inits = [self.loop.at(p).init for p in self.places[ours] if p is not None]
            return inits[0].literal if len(inits) == 1 and len(self.places[ours]) == 1 else NO_CONSTANT
        chosen = self._chosen(ours)
        if chosen is not ours:
            return self._begun(chosen)
        node = ours.node
        if ours in self.variables or node.blocks or len(node.outputs) != 1 or not is_foldable(node):
            return NO_CONSTANT
        if any(v.type not in _NUMBERS for v in (*node.inputs, ours)):
            return NO_CONSTANT
        given = [self._begun(v) for v in node.inputs]
        run = evaluator(node)
        if run is None or any(v is NO_CONSTANT for v in given):
            return NO_CONSTANT
        try:
            return run(*given)
        except Exception:  # whatever it is, the program must raise it itself
            return NO_CONSTANT

    def _chosen(self, ours: Value) -> Value:
        """The value of the branch that the first turn takes, if that is known."""
        while ours.node.kind == "prim::If" and ours not in self.places and ours not in self.variables:
            condition = self._begun(ours.node.input())
            if not isinstance(condition, bool):
                break
            branch = ours.node.blocks[0 if condition else 1]
            if branch.exit is not None or not branch.returns:
                break  # it leaves
            ours = branch.returns[ours.node.outputs.index(ours)]
        return ours

    def _same(self, ours: Value, theirs: Value, end: _End, pairs: dict[Value, Value]) -> bool:
        if end.node is self.loop.node:
            ours = self._chosen(ours)
            if theirs.is_constant and ours.type == theirs.type and ours.type in _NUMBERS:
                begun = self._begun(ours)
                if begun is not NO_CONSTANT and repr(begun) == repr(theirs.literal):
                    return True
        if ours in pairs:
            return pairs[ours] is theirs or _equal(pairs[ours], theirs)
        if ours.is_constant:
            return _equal(ours, theirs)
        if ours in self.variables:
            self.variables[ours][end.node] = pairs[ours] = theirs
            return theirs.base_name == ours.base_name and theirs.type == ours.type
        places = self.places.get(ours)
        if places is not None:
            kept = {p for p in places if _equal(theirs, ours if p is None else end.carried[p])}
            if kept:
                self.places[ours] = kept
            pairs[ours] = theirs
            return bool(kept)
        node, other = ours.node, theirs.node
        if node.kind == "prim::Param":
            return False
        if other.block is not end.block or node.outputs.index(ours) >= len(other.outputs):
            return False
        if other.outputs[node.outputs.index(ours)] is not theirs:
            return False
        return self._same_node(node, other, end, pairs)

    def _same_node(self, node: Node, other: Node, end: _End, pairs: dict[Value, Value]) -> bool:
        if (node.kind, node.operator, len(node.inputs), len(node.outputs), len(node.blocks)) != (
            other.kind, other.operator, len(other.inputs), len(other.outputs), len(other.blocks)
        ) or node.attributes != other.attributes:  # fmt: skip
            return False
        if not all(self._same(a, b, end, pairs) for a, b in zip(node.inputs, other.inputs, strict=True)):
            return False
        for a, b in zip(node.blocks, other.blocks, strict=True):
            mine = [n for n in a.nodes if n.kind not in _SILENT]
            yours = [n for n in b.nodes if n.kind not in _SILENT]
            if len(mine) != len(yours) or len(a.returns) != len(b.returns) or a.params or b.params:
                return False
            if not all(self._same_node(m, y, end, pairs) for m, y in zip(mine, yours, strict=True)):
                return False
            if not all(self._same(m, y, end, pairs) for m, y in zip(a.returns, b.returns, strict=True)):
                return False
        pairs.update(zip(node.outputs, other.outputs, strict=True))
        return True

    def write(self, condition: Block) -> None:
        mapping: dict[Value, Value] = {}
        for value, places in self.places.items():
            place = min((p for p in places if p is not None), default=None)
            if None not in places and place is not None:
                mapping[value] = condition.params[place]
        for node in self.nodes:
            inner = [node, *_walk(node)]
            read = [v for n in inner for v in n.inputs] + [v for n in inner for b in n.blocks for v in b.returns]
            for value in read:
                if value.is_constant and value not in mapping and value.node.graph is condition.graph:
                    constant = condition.graph.clone_node(value.node, {})
                    mapping[value] = condition.append(constant).output
            condition.append(condition.graph.clone_node(node, mapping))
        result = self.end.condition
        condition.return_node.replace_input(0, mapping.get(result, result))


def _walk(node: Node) -> list[Node]:
    return [inner for block in node.blocks for inner in block.walk()]


def _place_in_block(node: Node) -> int:
    place, current = 0, node.prev
    while current is not None:
        place, current = place + 1, current.prev
    return place


def _is_within(node: Node, owners: list[Node]) -> bool:
    owner = node.owner
    while owner is not None:
        if owner in owners:
            return True
        owner = owner.owner
    return False


def _is_free(matched: list[Node], end: Node) -> bool:
    """Whether nothing from the first of the nodes up to ``end`` would be noticed to change places with them."""
    current = min(matched, key=_place_in_block).next
    while current is not None and current is not end:
        if current not in matched and current.kind not in _SILENT and (changes_state(current) or may_raise(current)):
            return False
        current = current.next
    return True


def _is_outside(value: Value, loop: LoopView) -> bool:
    """Whether a value is there before the loop; a constant always is."""
    if value.is_constant:
        return True
    owner = value.node if not value.is_block_param else None
    block = value.node.block
    while block is not None:
        owner = block.owner
        if owner is loop.node:
            return False
        block = owner.block if owner is not None else None
    return True


def _equal(a: Value, b: Value) -> bool:
    """One value, or equal constants."""
    if a is b:
        return True
    if not a.is_constant or not b.is_constant or a.type != b.type:
        return False
    left, right = a.literal, b.literal
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return left is right
    return type(left) is type(right) and bool(left == right) and repr(left) == repr(right)  # 0.0 is not -0.0
