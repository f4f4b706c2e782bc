"""Flags and placeholders become early exits again, for code that is only known in its lowered form.

Before::

    %left : bool, %r : int, %y : int = prim::If(%c)
      block0():
        -> (%true, %one, %nothing)
      block1():
        %z : int = aten::neg(%x)
        -> (%false, %nothing, %z)
    %result : int = prim::If(%left)
      block0():
        -> (%r)
      block1():
        %sum : int = aten::add(%y, %one)
        -> (%sum)
    return (%result)

After::

    prim::If(%c)
      block0():
        prim::Return(%one)
      block1():
        -> ()
    %z : int = aten::neg(%x)
    %sum : int = aten::add(%z, %one)
    return (%sum)

It is ``lower_exits`` backwards.  A branch that sets a flag leaves: what the flag leads to is copied to its end, up to the exit.
A turn of a loop after which there is no other one breaks; a break after which the function returns is a return.
``raise_conditions`` brings the conditions of the loops back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transpile.core import types as T
from transpile.ir.facts import terminates
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView, enclosing_loop
from transpile.passes.raise_conditions import condition_position, is_condition, raise_condition

# What an exit does on its way out is copied to where it leaves, up to so many nodes.
_SMALL = 16
# What a loop does between two turns: it counts, and asks whether there is another one.
_STEP = 3
_RAISE = "prim::RaiseException"
_SILENT = ("prim::Constant", "prim::Uninitialized", "prim::GetAttr")
_KEYWORDS = ("if ", "if(", "elif ", "elif(")


def raise_exits(graph: Graph, context: object = None) -> bool:
    """Let ``graph``, which has no exits, leave its blocks early where its flags say that it does."""
    if any(node.is_exit and node.kind != _RAISE for node in graph.walk()):
        return False
    _drop_unreachable(graph.block)
    if not graph.block.returns or not any(node.blocks for node in graph.nodes):
        return False
    raising = _Raising(graph)
    _end(graph.block, "prim::Return", list(graph.block.returns))
    raising.leaving(graph.block)
    raising.loops(graph.block)
    _yield_again(graph.block, "prim::Return")
    return True


def _drop_unreachable(block: Block) -> None:
    """Remove what follows an error in a branch."""
    for node in block.nodes:
        for inner in node.blocks:
            _drop_unreachable(inner)
        if node.kind == _RAISE and block.owner is not None and block.owner.kind == "prim::If":
            block.return_node.remove_all_inputs()
            for later in block.reversed_nodes:
                if later is node:
                    return
                later.destroy()


def _end(block: Block, kind: str, values: Sequence[Value]) -> None:
    """Let a block end in an exit instead of yielding ``values``."""
    exit = block.graph.create(kind, values, 0)
    exit.range = None
    block.return_node.remove_all_inputs()
    block.append(exit)


def _yield_again(block: Block, kind: str) -> None:
    last = block.last
    if last is not None and last.kind == kind:
        values = list(last.inputs)
        last.destroy()
        for value in values:
            block.add_return(value)


@dataclass
class _Way:
    """Where control goes from the end of a branch: how much is to do, and whether a flag says that the block is left."""

    size: int = 0
    leaves: bool = False
    straight: bool = True
    exit: Node | None = None


class _Raising:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    # ---- blocks that end in an exit
    def leaving(self, block: Block) -> None:
        """Let the branches of a block that ends in an exit leave it, where they know that what follows is skipped."""
        for node in block.nodes:
            exit = block.last
            if exit is None or exit.kind == _RAISE or not exit.is_exit:
                return
            if node.kind == "prim::If" and node is not exit:
                self._branches(node, exit)

    def _branches(self, node: Node, exit: Node) -> None:
        rest = list(_following(node))
        for branch in node.blocks:
            if not terminates(branch):
                self._thread(node, branch, rest, {})
        if not any(terminates(b) for b in node.blocks) and self._leaves_first(node, exit, rest):
            self._leave(node.blocks[0], rest, _outputs(node, node.blocks[0]))
        self._fold(node)

    def _thread(self, node: Node, branch: Block, rest: Sequence[Node], known: Mapping[Value, Value]) -> None:
        """Let a branch of ``node`` leave if what follows is decided in it, or else the branches at its end."""
        mapping = {**known, **_outputs(node, branch)}
        followed = dict(mapping)
        way = self._way(rest, followed)
        if way.exit is not None and not way.leaves:
            way.leaves = self._breaks(node, way.exit, known, followed)
        if way.leaves and way.straight and way.size <= _SMALL:
            self._leave(branch, rest, mapping)
            return
        self._leave_after_loop(branch, rest, mapping)
        last = next((n for n in branch.reversed_nodes if n.kind == "prim::If"), None)
        if last is None:
            return
        tail = [*_following(last), *rest]
        for inner in last.blocks:
            if not terminates(inner):
                self._thread(last, inner, tail, mapping)
        self._fold(last)

    def _leave_after_loop(self, branch: Block, rest: Sequence[Node], mapping: Mapping[Value, Value]) -> None:
        """Let a branch ask for the flag of a loop in it, where what follows asks for that of the branch."""
        for flag in dict.fromkeys(branch.returns):
            if flag.type != T.BOOL or flag.name or flag.node.kind != "prim::Loop" or flag.node.block is not branch:
                continue
            known = {**mapping, flag: self.flag(True)}
            way = self._way(rest, dict(known))
            if not (way.exit is not None and way.leaves and way.straight and way.size <= _SMALL):
                continue
            guard = branch.append(self.graph.create("prim::If", [flag], 0))
            guard.range = None
            leaving = guard.add_block()
            guard.add_block()
            self._leave(leaving, rest, known)
            no = self.flag(False)
            for index, value in enumerate(branch.returns):
                if value is flag:
                    branch.return_node.replace_input(index, no)

    def _way(self, nodes: Iterable[Node], mapping: dict[Value, Value]) -> _Way:
        """Follow ``nodes`` with the values that are known."""
        way = _Way()
        self._follow(nodes, mapping, way)
        return way

    def _breaks(self, node: Node, exit: Node, known: Mapping[Value, Value], mapping: Mapping[Value, Value]) -> bool:
        """Whether there is no other turn after a branch of ``node``, which does not compute the condition of the loop."""
        loop = enclosing_loop(exit) if exit.kind == "prim::Continue" else None
        position = condition_position(loop) if loop is not None else None
        if loop is None or position is None or _constant(_resolve(exit.input(position), mapping)) is not False:
            return False
        again = _resolve(exit.input(position), known)
        if again.node is not node or node.block is None:
            return True
        return not is_condition(loop, position, again, [_resolve(v, known) for v in exit.inputs])

    def _follow(self, nodes: Iterable[Node], mapping: dict[Value, Value], way: _Way) -> bool:
        """Whether control gets to the end of ``nodes``."""
        for node in nodes:
            if node.is_exit:
                way.exit = node
                return False
            if node.kind == "prim::If":
                condition = _constant(_resolve(node.input(), mapping))
                if condition is None:
                    way.size += _size(node)
                    way.straight &= not _is_flag(node.input())
                    continue
                taken = node.blocks[0 if condition else 1]
                way.leaves |= condition and _is_flag(node.input())
                if not self._follow(taken.nodes, mapping, way):
                    return False
                for output, value in zip(node.outputs, taken.returns, strict=True):
                    mapping[output] = _resolve(value, mapping)
                continue
            folded = _conjunction(node, mapping)
            if folded is not None:
                mapping[node.output] = folded
            else:
                way.size += _size(node)
        return True

    def _leave(self, block: Block, rest: Sequence[Node], mapping: Mapping[Value, Value]) -> None:
        """Let ``block`` do what follows by itself, up to the exit."""
        block.return_node.remove_all_inputs()
        copied = {k: _resolve(v, mapping) for k, v in mapping.items()}
        self._copy(rest, block, copied)
        self.leaving(block)

    def _copy(self, nodes: Iterable[Node], block: Block, mapping: dict[Value, Value]) -> bool:
        """Append copies of ``nodes``, taking the branches that are known; whether control gets to their end."""
        for node in nodes:
            condition = _constant(_resolve(node.input(), mapping)) if node.kind == "prim::If" else None
            if condition is not None:
                taken = node.blocks[0 if condition else 1]
                if not self._copy(taken.nodes, block, mapping):
                    return False
                for output, value in zip(node.outputs, taken.returns, strict=True):
                    _stand_for(output, _resolve(value, mapping), mapping)
                continue
            folded = _conjunction(node, mapping)
            if folded is not None:
                _stand_for(node.output, folded, mapping)
                continue
            copy = block.append(self.graph.clone_node(node, mapping))
            for original, copied in zip(node.outputs, copy.outputs, strict=True):
                _stand_for(original, copied, mapping)
            if copy.is_exit:
                return False
        return True

    def _leaves_first(self, node: Node, exit: Node, rest: Sequence[Node]) -> bool:
        """Whether the first branch of ``node`` has left, though no flag tells, as nothing but the exit follows."""
        way = self._way(rest, {})
        if not way.straight or way.size > _STEP or way.exit is not exit or any(n.kind == "prim::If" for n in rest):
            return False
        if exit.kind == "prim::Return" and any(v.node is node for v in exit.inputs):
            return not any(v.name for v in exit.inputs) and not _is_expression(node)
        return _second_follows(node)

    def _fold(self, node: Node) -> None:
        """What follows ``node`` is known from its branches that go on."""
        stay = [b for b in node.blocks if not terminates(b)]
        if not stay:
            _cut_off(node)
            return
        for index, output in enumerate(node.outputs):
            held = {_single(b.returns[index]) for b in stay}
            if output.type == T.BOOL and len(held) == 1 and None not in held:
                output.replace_all_uses_with(self.flag(held == {True}))
        if len(stay) == 1:
            _move_after(node, stay[0])
        later = node.next
        while later is not None and later.next is not None:
            following = later.next
            condition = _constant(later.input()) if later.kind == "prim::If" else None
            folded = _conjunction(later, {})
            if condition is not None and not terminates(later.blocks[0 if condition else 1]):
                _move_after(later, later.blocks[0 if condition else 1])
                following = later.next
                later.destroy()
            elif folded is not None:
                later.output.replace_all_uses_with(folded)
                later.destroy()
            later = following

    def flag(self, value: bool) -> Value:
        node = self.graph.create_constant(value)
        node.range = None
        return self.graph.block.prepend(node).output

    # ---- loops
    def loops(self, block: Block) -> None:
        """Rewrite the loops of a block, the outer ones first."""
        for node in block.nodes:
            if node.kind == "prim::Loop":
                self._loop(LoopView(node))
            for inner in node.blocks:
                self.loops(inner)

    def _loop(self, loop: LoopView) -> None:
        body = loop.body
        if terminates(body):
            return
        _end(body, "prim::Continue", list(loop.results))
        self.leaving(body)
        position = condition_position(loop)
        if position is not None and raise_condition(loop, position):
            self._return(loop)
        _yield_again(body, "prim::Continue")

    def _return(self, loop: LoopView) -> None:
        """Breaks after which the function returns are returns."""
        guard = next((n for n in _following(loop.node) if n.kind not in _SILENT), None)
        if guard is None or guard.kind != "prim::If" or guard.input().node is not loop.node:
            return
        leave, rest = guard.blocks
        if leave.last is None or leave.last.kind != "prim::Return" or sum(map(_size, leave.nodes)) > _SMALL:
            return
        position = loop.node.outputs.index(guard.input())
        row = loop.at(position)
        ends = [(exit, exit.input(position)) for exit in loop.exits]
        returning = [exit for exit, value in ends if _constant(value) is True and exit.kind == "prim::Break"]
        staying = [value for exit, value in ends if exit not in returning]
        if _constant(row.init) is not False or any(v is not row.param and _constant(v) is not False for v in staying):
            return
        between = [n for n in _following(loop.node) if n.is_before(guard)]
        for exit in returning:
            block = exit.block
            assert block is not None
            mapping = dict(zip(loop.node.outputs, exit.inputs, strict=True))
            exit.destroy()
            self._copy([*between, *leave.nodes], block, mapping)
        no = self.flag(False)
        for value in (*row.params, row.output):
            value.replace_all_uses_with(no)
        loop.remove(position)
        _move_after(guard, rest)
        guard.destroy()


def _constant(value: Value) -> bool | None:
    held: Any = value.constant
    return held if isinstance(held, bool) else None


def _resolve(value: Value, mapping: Mapping[Value, Value]) -> Value:
    seen = 0
    while value in mapping and mapping[value] is not value and seen <= len(mapping):
        value, seen = mapping[value], seen + 1
    return value


def _stand_for(value: Value, other: Value, mapping: dict[Value, Value]) -> None:
    """Let ``other`` stand for ``value``, and for all that ``value`` stood for."""
    mapping.update({known: other for known, held in mapping.items() if held is value})
    mapping[value] = other


def _outputs(node: Node, branch: Block) -> dict[Value, Value]:
    return dict(zip(node.outputs, branch.returns, strict=True))


def _conjunction(node: Node, mapping: Mapping[Value, Value]) -> Value | None:
    """What ``a and b`` is if one of them is known."""
    if node.kind != "aten::__and__" or node.output.type != T.BOOL:
        return None
    left, right = (_resolve(v, mapping) for v in node.inputs)
    for known, other in ((left, right), (right, left)):
        held = _constant(known)
        if held is not None:
            return other if held else known
    return None


def _single(value: Value) -> bool | None:
    """The constant that a condition is whichever branch is taken."""
    held = _constant(value)
    if held is not None or value.node.kind != "prim::If":
        return held
    index = value.node.outputs.index(value)
    found = {_single(b.returns[index]) for b in value.node.blocks if not terminates(b)}
    return found.pop() if len(found) == 1 else None


def _is_flag(value: Value) -> bool:
    """Whether a condition has no name and is chosen by branches: the program did not write it.

    What a branch computes for nothing else is part of a condition (``a or b``); what also decides a branch is a flag.
    """
    if value.name:
        return False
    node = value.node
    if node.kind == "prim::If":
        chosen = (b.returns[node.outputs.index(value)] for b in node.blocks if not terminates(b))
        return all(_is_flag(v) or v.node.kind == "prim::Loop" or len(v.uses) > 1 for v in chosen)
    return node.kind == "prim::Constant" or value.is_block_param


def _move_after(node: Node, block: Block) -> None:
    """Let what a branch of ``node`` does follow ``node``, and its results stand for those of ``node``."""
    place = node
    for inner in list(block.nodes):
        inner.move_after(place)
        place = inner
    for output, value in zip(node.outputs, list(block.returns), strict=True):
        name = output.name
        output.replace_all_uses_with(value)
        if name and not value.name and value.node.kind != "prim::Constant":
            node.graph.forget_name(output)
            value.set_name(name)
    block.return_node.remove_all_inputs()
    for index in range(len(node.outputs) - 1, -1, -1):
        for other in node.blocks:
            if len(other.returns) > index:
                other.remove_return(index)
        node.remove_output(index)


def _cut_off(node: Node) -> None:
    """Remove what follows an ``If`` that always leaves."""
    assert node.block is not None
    node.block.return_node.remove_all_inputs()
    for later in reversed(list(_following(node))):
        later.destroy()
    for index in range(len(node.outputs) - 1, -1, -1):
        node.remove_output(index)


def _size(node: Node) -> int:
    """How much there is to write for a node."""
    if node.kind in _SILENT or node.is_exit:
        return 0
    return 1 + sum(_size(inner) for block in node.blocks for inner in block.nodes)


def _following(node: Node) -> Iterable[Node]:
    """The nodes after ``node`` in its block."""
    assert node.block is not None
    current, end = node.next, node.block.return_node
    while current is not None and current is not end:
        following = current.next
        yield current
        current = following


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_expression(node: Node) -> bool:
    """Whether an ``If`` was a conditional expression, as far as its line tells."""
    where = node.user_range
    return where is not None and bool(where.text) and not where.text.startswith(_KEYWORDS)


def _second_follows(node: Node) -> bool:
    """Whether the second branch of an ``If`` stands behind it in the source, so that the first one must have left.

    Where the lines do not tell, that is taken of a first branch that is empty beside one that is not.
    """
    then, other = node.blocks
    first = next((n for n in other.nodes if n.kind not in _SILENT), None)
    if first is None:
        return False
    is_empty = not any(_size(n) for n in then.nodes)
    here, there = node.user_range, first.user_range
    if here is None or there is None or here.source is not there.source:
        return is_empty
    if not here.text.startswith(_KEYWORDS) or there.line <= here.line:
        return False
    return _indent(there.source.line(there.line)) <= _indent(here.source.line(here.line))
