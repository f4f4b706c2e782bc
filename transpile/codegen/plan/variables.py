"""Which SSA values share one C++ variable.

The values that meet at an ``if`` or go round a loop should become one mutable variable, as in the Python they came from.
Two values may share a variable only if neither is needed after the other is written.  Live ranges are intervals over the
order in which code is written; a value used inside a loop but defined outside lives until the loop ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from transpile.codegen.plan.nesting import Nesting
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView


@dataclass(eq=False)
class _Group:
    """The SSA values that one C++ variable holds, one after the other."""

    values: list[Value]


@dataclass
class _Range:
    start: int
    end: int


def shared_variables(graph: Graph, nesting: Nesting, pinned: Collection[Value]) -> list[tuple[Value, ...]]:
    """The values of each variable, in the order of writing; values that are written inside expressions have none.

    What is ``pinned`` has a variable of its own.
    """
    groups = dict.fromkeys(_Sharing(graph, nesting, pinned).of.values())
    return [tuple(group.values) for group in groups]


class _Sharing:
    """Gives every value a variable, then unites those that may share one."""

    def __init__(self, graph: Graph, nesting: Nesting, pinned: Collection[Value]) -> None:
        self._nesting = nesting
        self._pinned = pinned
        self._enter: dict[Node, int] = {}
        self._leave: dict[Node, int] = {}
        self._start: dict[Block, int] = {}
        self._end: dict[Block, int] = {}
        self._clock = 0
        self.of: dict[Value, _Group] = {}
        self._ranges: dict[Value, _Range] = {}
        self._sites: dict[Value, list[tuple[int, Block]]] = {}
        self._number(graph.block)
        self._collect(graph.block)
        for value in self.of:
            self._ranges[value] = self._range(value)
        self._merge(graph.block)

    # ---- positions
    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def _number(self, block: Block) -> None:
        self._start[block] = self._tick()
        for node in block.nodes:
            self._enter[node] = self._tick()
            # The condition of a while loop is evaluated before its body.
            for inner in reversed(node.blocks) if node.kind == "prim::Loop" else node.blocks:
                self._number(inner)
            self._leave[node] = self._tick()
        self._end[block] = self._tick()

    def _collect(self, block: Block) -> None:
        for param in block.params:
            self.of[param] = _Group([param])
        for node in block.nodes:
            if node in self._nesting.dropped or node in self._nesting.nested:
                continue
            for output in node.outputs:
                self.of[output] = _Group([output])
            if node not in self._nesting.expression_ifs:
                for inner in node.blocks:
                    self._collect(inner)

    def _definition(self, value: Value) -> int:
        if value.is_block_param:
            block = value.node.block
            assert block is not None
            return self._start[block]
        return self._leave[value.node] if value.node.blocks else self._enter[value.node]

    def _use_positions(self, value: Value, depth: int = 0) -> list[tuple[int, Block]]:
        """Where the value is read, with the block the reading happens in."""
        result: list[tuple[int, Block]] = []
        for node, index in self._nesting.uses(value):
            block = node.block
            assert block is not None
            if node.kind in ("prim::Yield", "prim::ReturnBlock"):
                owner = block.owner
                if owner is not None and owner in self._nesting.expression_ifs:
                    result += self._node_sites(owner)
                else:
                    result.append((self._end[block], block))
            elif node in self._nesting.nested:
                result += self._use_positions(node.output, depth + 1)
            elif node.kind == "prim::Loop" and index < LoopView(node).first_input:
                result.append((self._leave[node], block))
            else:
                result.append((self._enter[node], block))
                owner = block.owner
                while owner is not None and owner in self._nesting.expression_ifs:
                    result += self._node_sites(owner)
                    owner = owner.owner
        return result

    def _node_sites(self, node: Node) -> list[tuple[int, Block]]:
        if node in self._nesting.nested:
            return self._use_positions(node.output)
        assert node.block is not None
        return [(self._enter[node], node.block)]

    def _range(self, value: Value) -> _Range:
        start = self._definition(value)
        home = value.node.block
        sites = self._sites[value] = []
        for position, block in self._use_positions(value):
            current: Block | None = block
            while current is not None and current is not home:
                owner = current.owner
                outer = owner.block if owner is not None else None
                if owner is not None and outer is not None and owner.kind == "prim::Loop":
                    # The next turn reads it again.
                    position, block = max(position, self._leave[owner]), outer
                current = outer
            sites.append((position, block))
        owner = home.owner if home is not None and value.is_block_param else None
        if owner is not None and owner.kind == "prim::Loop" and home is LoopView(owner).condition:
            assert home is not None
            sites.append((self._start[LoopView(owner).body], home))  # the body, or what follows, has the same value
        return _Range(start, max((p for p, _ in sites), default=start))

    # ---- merging
    def _overlap(self, a: Value, b: Value) -> bool:
        if self._ranges[a].start > self._ranges[b].start:
            a, b = b, a
        start = self._ranges[b].start
        if self._ranges[a].start == start:
            return True
        home = _scope_of(b)
        return any(position > start and not _exclusive(block, home) for position, block in self._sites[a])

    def _unite(self, a: Value, b: Value) -> None:
        keep, gone = self.of[a], self.of[b]
        if keep is gone:
            return
        keep.values += gone.values
        for value in gone.values:
            self.of[value] = keep

    def _try(self, a: Value, b: Value) -> None:
        if a not in self.of or b not in self.of or a in self._pinned or b in self._pinned or a.type != b.type:
            return
        left, right = self.of[a], self.of[b]
        if left is right or any(self._overlap(x, y) for x in left.values for y in right.values):
            return
        if any(v in self._pinned for v in (*left.values, *right.values)):
            return
        self._unite(a, b)

    def _merge(self, block: Block) -> None:
        wanted: list[tuple[int, Value, Value]] = []
        for node in block.walk():
            if node in self._nesting.dropped or node in self._nesting.nested or node in self._nesting.expression_ifs:
                continue
            if node.kind == "prim::If":
                for position, output in enumerate(node.outputs):
                    for inner in node.blocks:
                        if inner.returns:
                            wanted.append((0, output, inner.returns[position]))
            elif node.kind == "prim::Loop":
                self._join_loop(node, wanted)
            elif node.kind == "ts2cpp::CallEach":
                start = node.input(int(node.attributes["position"]))
                if sum(v is start for v in node.inputs) == 1:
                    wanted.append((0, node.output, start))
        for _, a, b in sorted(wanted, key=lambda w: w[0] + (w[1].base_name != w[2].base_name)):
            self._try(a, b)
        self._join_assignments(block)

    def _join_assignments(self, top: Block) -> None:
        """``x = f(x)``, one statement after the other: what Python calls by one name is one variable here too."""
        last: dict[tuple[Block, str], Value] = {}
        for block in _blocks(top):
            for value in (*block.params, *(v for n in block.nodes for v in n.outputs)):
                name = value.base_name
                if value not in self.of or not name or name.isdigit():
                    continue
                if not value.is_block_param and not self._nesting.is_used(value):
                    continue  # nothing is written for it: a parameter that only it follows stays unused
                home = self._home(value)
                before = last.get((home, name))
                if before is not None and self._home(before) is home:
                    self._try(before, value)
                last[home, name] = value

    def _home(self, value: Value) -> Block:
        """The block in which the variable of a value begins: the outermost of those where it gets a value."""
        return min((_declared_in(v) for v in self.of[value].values), key=_depth)

    def _join_loop(self, node: Node, wanted: list[tuple[int, Value, Value]]) -> None:
        for row in LoopView(node).carried:
            # These are one variable by construction: written at the end of each turn, read at the start of the next.
            self._unite(row.param, row.output)
            for other in row.params:
                self._unite(row.param, other)
            if row.result is not None:
                wanted.append((0, row.param, row.result))
            wanted.append((2, row.param, row.init))


def _scope_of(value: Value) -> Block:
    block = value.node.block
    assert block is not None
    return block


def _declared_in(value: Value) -> Block:
    """The block whose statements declare a value; what goes round a loop is declared before it."""
    block = _scope_of(value)
    owner = block.owner
    if value.is_block_param and owner is not None and owner.block is not None:
        return owner.block
    return block


def place_of(group: Collection[Value], of_loops: Collection[Value] = ()) -> Block:
    """The block between whose braces the variable of a group begins; what loops declare in their heads is in their bodies."""
    blocks = (_scope_of(v) if v in of_loops else _declared_in(v) for v in group)
    return _between_braces(min(blocks, key=_depth))


def is_inside(inner: Block, outer: Block) -> bool:
    """Whether code of one block sees what another one declares."""
    current: Block | None = inner
    while current is not None:
        if current is outer:
            return True
        owner = current.owner
        current = _between_braces(owner.block) if owner is not None and owner.block is not None else None
    return False


def _between_braces(block: Block) -> Block:
    """The block whose braces a block stands in: what follows a branch that leaves has none, nor has a loop's condition."""
    while (owner := block.owner) is not None and owner.block is not None:
        if owner.kind == "prim::If" and block is owner.blocks[1] and owner.blocks[0].exit is not None:
            block = owner.block
        elif owner.kind == "prim::Loop" and block is not LoopView(owner).body:
            block = LoopView(owner).body
            break
        else:
            break
    return block


def _depth(block: Block) -> int:
    depth = 0
    while block.owner is not None and block.owner.block is not None:
        depth, block = depth + 1, block.owner.block
    return depth


def _blocks(block: Block) -> Iterator[Block]:
    """A block and those inside it, in the order of writing."""
    yield block
    for node in block.nodes:
        for inner in node.blocks:
            yield from _blocks(inner)


def _exclusive(a: Block, b: Block) -> bool:
    """Whether the blocks lie in different branches of one ``if``: control reaches at most one of them."""
    branches: dict[Node, Block] = {}
    current: Block | None = a
    while current is not None and current.owner is not None:
        branches[current.owner] = current
        current = current.owner.block
    current = b
    while current is not None and current.owner is not None:
        other = branches.get(current.owner)
        if other is not None:
            return other is not current and current.owner.kind == "prim::If"
        current = current.owner.block
    return False
