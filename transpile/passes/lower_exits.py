"""Early exits become data flow: flags, placeholders and guards.

Before::

    prim::If(%c)
      block0():
        prim::Return(%x)
      block1():
        -> ()
    %y : Tensor = aten::neg(%x)
    prim::Return(%y)

After::

    %r : Tensor = prim::If(%c)
      block0():
        -> (%x)
      block1():
        %y : Tensor = aten::neg(%x)
        -> (%y)
    return (%r)

Loop exits (``prim::LoopContinuation``, made by ``lower_loops``) are removed first, then returns.  A block that *may*
have been left gets a flag; what follows is moved into the other branch of an ``If`` on that flag.  Values that nobody
can look at are one ``prim::Uninitialized`` per type, at the head of the graph.  A loop that a return may leave
carries the flag and the result.  Finally an ``If`` on a flag that the ``If`` before it has just set is merged into
that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView
from transpile.passes.lower_loops import CONTINUATION, complete_returns


def lower_exits(graph: Graph, context: object = None) -> bool:
    """Remove the exit nodes of a graph whose loops are lowered."""
    for kind in (CONTINUATION, "prim::Return"):
        _Lowering(graph, kind).block(graph.block)
    _merge_ifs(graph.block)
    return True


def lower_returns(graph: Graph) -> bool:
    """Remove the returns of a structured graph that has none inside loops; loops keep their form and their exits."""
    complete_returns(graph, inside_loops=False)
    _Lowering(graph, "prim::Return", keep_loops=True).block(graph.block)
    _merge_ifs(graph.block)
    return True


class _Status(Enum):
    """What happens when control runs through a block."""

    STAYS = auto()
    MAY_LEAVE = auto()
    LEAVES = auto()
    RAISES = auto()


@dataclass
class _Exit:
    """Whether a block was left, as a value of the graph, and the values that the exit hands to its target."""

    flag: Value
    values: list[Value] = field(default_factory=list)


class _Lowering:
    """Removes the exits of one kind."""

    def __init__(self, graph: Graph, kind: str, keep_loops: bool = False) -> None:
        self.graph = graph
        self.kind = kind
        self.keep_loops = keep_loops
        self.target: Block | None = None
        self.placeholders: dict[T.Type, Value] = {}
        head = graph.block.param_node.next
        assert head is not None
        self.yes = self._flag(True, head)
        self.no = self._flag(False, head)
        self.raised = self.placeholder(T.BOOL)

    def _flag(self, value: bool, before: Node) -> Value:
        node = self.graph.create_constant(value)
        node.range = None
        return node.insert_before(before).output

    def placeholder(self, type: T.Type) -> Value:
        """The value of ``type`` that stands where nothing is ever read."""
        if type not in self.placeholders:
            node = self.graph.create("prim::Uninitialized", (), [type])
            node.range = None
            self.placeholders[type] = self.graph.block.prepend(node).output
        return self.placeholders[type]

    def matching(self, values: Sequence[Value]) -> list[Value]:
        return [self.placeholder(v.type) for v in values]

    def status(self, exit: _Exit) -> _Status:
        known = {self.yes: _Status.LEAVES, self.no: _Status.STAYS, self.raised: _Status.RAISES}
        return known.get(exit.flag, _Status.MAY_LEAVE)

    # ---- blocks
    def block(self, block: Block) -> _Exit:
        """Rewrite a block; gives how it is left."""
        outer_target = self.target
        if self.kind == "prim::Return":
            is_target = block.owner is None
        else:
            is_target = block.owner is not None and block.owner.kind == "prim::Loop"
        if is_target:
            self.target = block
        exit = self._walk(block)
        if is_target:
            self._arrive(block, exit)
            exit = _Exit(self.no)
        self.target = outer_target
        return exit

    def _walk(self, block: Block) -> _Exit:
        node = block.param_node.next
        while node is not None and node is not block.return_node:
            following = node.next
            assert following is not None
            exit = self._node(node)
            status = self.status(exit)
            if status in (_Status.LEAVES, _Status.RAISES):
                self._drop_from(block, following)
                return exit
            if status is _Status.MAY_LEAVE:
                return exit if following is block.return_node else self._guard(block, exit, following)
            node = following
        return _Exit(self.no)

    def _node(self, node: Node) -> _Exit:
        if node.kind == "prim::RaiseException":
            return _Exit(self.raised)
        if node.kind == self.kind:
            values = list(node.inputs)
            node.destroy()
            return _Exit(self.yes, values)
        if node.kind == "prim::If":
            return self._if(node)
        if node.kind == "prim::Loop" and not self.keep_loops:
            return self._loop(node)
        return _Exit(self.no)

    def _arrive(self, block: Block, exit: _Exit) -> None:
        """``block`` is what the exits lead to: let it yield what they hand over."""
        status = self.status(exit)
        if status is _Status.LEAVES:
            _set_returns(block, exit.values)
        elif status is _Status.MAY_LEAVE:
            choice = self._choice(exit.flag).insert_before(block.return_node)
            self._add_outputs(choice, exit.values, list(block.returns))
            _set_returns(block, choice.outputs)

    def _drop_from(self, block: Block, first: Node) -> None:
        """Remove the unreachable nodes from ``first`` on; remaining uses get placeholders."""
        node = block.return_node.prev
        while first is not block.return_node and node is not None:
            before = node.prev
            for value in node.outputs:
                if value.uses:
                    value.replace_all_uses_with(self.placeholder(value.type))
            node.destroy()
            if node is first:
                return
            node = before

    def _guard(self, block: Block, exit: _Exit, first: Node) -> _Exit:
        """Run the nodes from ``first`` on only if the block was not left yet."""
        choice = self._choice(exit.flag).insert_before(first)
        left, rest = choice.blocks
        node = first
        while node is not block.return_node:
            following = node.next
            assert following is not None
            node.unlink()
            rest.append(node)
            node = following
        returns = list(block.returns)
        for placeholder, value in zip(self.matching(returns), returns, strict=True):
            left.add_return(placeholder)
            rest.add_return(value)
            choice.add_output(value.type)
        _set_returns(block, choice.outputs)
        leave = self.graph.create(self.kind, exit.values, 0)
        left.append(leave)
        return self._if(choice)

    def _choice(self, flag: Value) -> Node:
        choice = self.graph.create("prim::If", [flag], 0)
        choice.range = None
        choice.add_block()
        choice.add_block()
        return choice

    # ---- control flow nodes
    def _if(self, node: Node) -> _Exit:
        then, other = (self.block(b) for b in node.blocks)
        statuses = [self.status(then), self.status(other)]
        certain = [s for s in statuses if s is not _Status.RAISES]
        if not certain:
            return _Exit(self.raised)
        if all(s is _Status.STAYS for s in certain):
            return _Exit(self.no)
        # The branch that stays yields values that are never read.
        if statuses[0] in (_Status.STAYS, _Status.RAISES):
            then = _Exit(then.flag, self.matching(other.values))
        elif statuses[1] in (_Status.STAYS, _Status.RAISES):
            other = _Exit(other.flag, self.matching(then.values))
        flag = self.yes
        if not all(s is _Status.LEAVES for s in certain):
            flag = self._add_outputs(node, [then.flag], [other.flag])[0]
        return _Exit(flag, self._add_outputs(node, then.values, other.values))

    def _loop(self, node: Node) -> _Exit:
        loop = LoopView(node)
        exit = self.block(loop.body)
        if self.status(exit) in (_Status.STAYS, _Status.RAISES):
            return _Exit(self.no)  # the body may not run at all, so that raising is not certain either
        again = self._choice(exit.flag).insert_before(loop.body.return_node)
        assert loop.again is not None
        self._add_outputs(again, [self.no], [loop.again])
        loop.again = again.output
        added = []
        for value, start in ((exit.flag, self.no), *((v, self.placeholder(v.type)) for v in exit.values)):
            loop.body.add_return(value)
            added.append(loop.add(start, value.type)[1])
        return _Exit(added[0], added[1:])

    def _add_outputs(self, node: Node, then: Sequence[Value], other: Sequence[Value]) -> list[Value]:
        added = []
        for a, b in zip(then, other, strict=True):
            node.blocks[0].add_return(a)
            node.blocks[1].add_return(b)
            added.append(node.add_output(T.unify(a.type, b.type, default_to_union=True) or a.type))
        return added


def _set_returns(block: Block, values: Sequence[Value]) -> None:
    block.return_node.remove_all_inputs()
    for value in values:
        block.add_return(value)


# ---- merging
def _merge_ifs(block: Block) -> None:
    node = block.param_node.next
    while node is not None and node is not block.return_node:
        for inner in node.blocks:
            _merge_ifs(inner)
        if not _merge_with_next(node):
            node = node.next


def _merge_with_next(first: Node) -> bool:
    """Merge the following ``If`` into ``first`` when each branch of ``first`` decides it, and differently."""
    second = first.next
    if first.kind != "prim::If" or second is None or second.kind != "prim::If":
        return False
    flag = second.input()
    if flag.node is not first:
        return False
    position = first.outputs.index(flag)
    decided = [block.returns[position].constant_as(bool) for block in first.blocks]
    if None in decided or decided[0] == decided[1]:
        return False
    for block, taken in zip(first.blocks, decided, strict=True):
        source = second.blocks[0 if taken else 1]
        value_map = dict(zip(first.outputs, block.returns, strict=True))
        for node in source.nodes:
            block.append(first.graph.clone_node(node, value_map))
        for value in source.returns:
            block.add_return(value_map.get(value, value))
    for output in second.outputs:
        merged = first.add_output(output.type)
        output.replace_all_uses_with(merged)
        merged.copy_metadata(output)
    second.destroy()
    return True
