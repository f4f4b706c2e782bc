"""A ``prim::Loop`` by the names of its parts, in the structured forms and in TorchScript's.

    %y... = prim::Loop(%trip_count, %start, %init...)           %y... = prim::Loop[kind="while"](%init...)
      block0(%counter, %param...):                                block0(%param...):
        -> (%again, %result...)                                     -> (%result...)
    %y... = prim::Loop[kind="for"](%trip_count, %init...)         block1(%condition_param...):
      block0(%counter, %param...):                                  -> (%again)
        -> (%result...)

The carried values come last among the inputs, the parameters and the results, in the order of the outputs.  A body that never
ends normally yields nothing; ``prim::Break`` and ``prim::Continue`` carry on their inputs in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value

Form = Literal["for", "while", ""]


class Carried(NamedTuple):
    """A value that goes round a loop.

    ``init`` goes in, ``param`` is what the body sees, ``result`` what a turn that ends normally hands on (``None`` if none
    does), ``output`` what comes out; ``condition_param`` is what the condition of a ``while`` sees.
    """

    init: Value
    param: Value
    output: Value
    result: Value | None
    condition_param: Value | None

    @property
    def params(self) -> list[Value]:
        """What the blocks of the loop see."""
        return [self.param] if self.condition_param is None else [self.param, self.condition_param]


class LoopView:
    """The parts of a loop; looks at the node anew for every question, so that the node may change."""

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def form(self) -> Form:
        """``for`` or ``while`` for a structured loop, the empty string for TorchScript's own form."""
        form: Form = self.node.attributes.get("kind", "")
        return form

    @property
    def is_structured(self) -> bool:
        return bool(self.form)

    @property
    def body(self) -> Block:
        return self.node.blocks[0]

    @property
    def condition(self) -> Block | None:
        """The block that computes the condition of a ``while``."""
        return self.node.blocks[1] if self.form == "while" else None

    @property
    def count(self) -> int:
        """How many values are carried."""
        return len(self.node.outputs)

    # ---- how often it runs
    @property
    def trip_count(self) -> Value | None:
        """The greatest number of turns."""
        return self.node.input(0) if self.form != "while" else None

    @trip_count.setter
    def trip_count(self, value: Value) -> None:
        self.node.replace_input(0, value)

    @property
    def start(self) -> Value | None:
        """Whether there is a first turn (TorchScript's form)."""
        return self.node.input(1) if not self.form else None

    @start.setter
    def start(self, value: Value) -> None:
        self.node.replace_input(1, value)

    @property
    def again(self) -> Value | None:
        """Whether there is another turn: what the condition of a ``while`` yields, or the body in TorchScript's form."""
        block = self._deciding_block
        return block.returns[0] if block is not None and block.returns else None

    @again.setter
    def again(self, value: Value) -> None:
        block = self._deciding_block
        assert block is not None
        block.return_node.replace_input(0, value)

    @property
    def _deciding_block(self) -> Block | None:
        return self.condition if self.form == "while" else self.body if not self.form else None

    @property
    def counter(self) -> Value | None:
        """The parameter of the body that counts the turns from zero."""
        return self.body.params[0] if len(self.body.params) > self.count else None

    @property
    def deciding(self) -> list[Value]:
        """All values that decide how often the body runs."""
        return [v for v in (self.trip_count, self.start, self.again) if v is not None]

    # ---- carried values
    @property
    def carried(self) -> list[Carried]:
        return [self.at(position) for position in range(self.count)]

    def at(self, position: int) -> Carried:
        """The carried value that comes out as output ``position``."""
        result, condition = self._result(position), self.condition
        return Carried(
            self.node.input(self.first_input + position),
            self.body.params[self.first_param + position],
            self.node.outputs[position],
            result,
            condition.params[position] if condition is not None else None,
        )

    def _result(self, position: int) -> Value | None:
        return self.body.returns[self.first_result + position] if self.body.returns else None

    @property
    def inits(self) -> Sequence[Value]:
        return self.node.inputs[self.first_input :]

    @property
    def params(self) -> list[Value]:
        """The parameters of the body that are carried values."""
        return self.body.params[self.first_param :]

    @property
    def results(self) -> Sequence[Value]:
        """What the body hands on when it ends normally; empty if it never does."""
        return self.body.returns[self.first_result :] if self.body.returns else ()

    @property
    def first_input(self) -> int:
        """The index of the first carried value among the inputs of the node."""
        return len(self.node.inputs) - self.count

    @property
    def first_param(self) -> int:
        """The index of the first carried value among the parameters of the body."""
        return len(self.body.params) - self.count

    @property
    def first_result(self) -> int:
        """The index of the first carried value among what the body yields."""
        return len(self.body.returns) - self.count

    def position_of(self, param: Value) -> int | None:
        """Which carried value a parameter of one of the blocks is; ``None`` for the counter."""
        block = param.node.block
        assert block is not None
        position = block.params.index(param) - (len(block.params) - self.count)
        return position if position >= 0 else None

    def sources(self, position: int) -> list[Value]:
        """All values that the carried value at ``position`` may hold: the first one, and what turns hand on."""
        row = self.at(position)
        handed = [row.result] if row.result is not None else []
        return [row.init, *handed, *(e.input(position) for e in self.exits)]

    # ---- ends of a turn
    @property
    def exits(self) -> list[Node]:
        """The ``prim::Break`` and ``prim::Continue`` nodes that belong to the loop."""
        found: list[Node] = []

        def search(block: Block) -> None:
            for node in block.nodes:
                if node.kind in ("prim::Break", "prim::Continue"):
                    found.append(node)
                elif node.kind != "prim::Loop":
                    for inner in node.blocks:
                        search(inner)

        for block in self.node.blocks:
            search(block)
        return found

    def ends(self, position: int) -> list[tuple[Node, int]]:
        """Where a turn says what it carries on at ``position``: nodes, and which of their inputs."""
        ends = [(exit, position) for exit in self.exits]
        if self.body.returns:
            ends.append((self.body.return_node, self.first_result + position))
        return ends

    # ---- changes
    def add(self, init: Value, type: T.Type | None = None, name: str = "") -> tuple[Value, Value]:
        """Carry one more value; gives parameter and output.  What turns hand on is the caller's to add."""
        type = type if type is not None else init.type
        self.node.add_input(init)
        if self.condition is not None:
            self.condition.add_param(type, name)
        return self.body.add_param(type, name), self.node.add_output(type, name)

    def remove(self, position: int) -> None:
        """Carry one value, which must be unused, no longer."""
        for exit in self.exits:
            exit.remove_input(position)
        if self.body.returns:
            self.body.remove_return(self.first_result + position)
        for block in self.node.blocks:
            block.param_node.remove_output(len(block.params) - self.count + position)
        self.node.remove_input(self.first_input + position)
        self.node.remove_output(position)

    def permute(self, order: Sequence[int]) -> None:
        """Reorder the carried values: ``order[i]`` is the old place of the new output ``i``."""
        _permute_inputs(self.node, order, self.first_input)
        for exit in self.exits:
            _permute_inputs(exit, order, 0)
        if self.body.returns:
            _permute_inputs(self.body.return_node, order, self.first_result)
        for block in self.node.blocks:
            start = len(block.params) - self.count
            block.params[start:] = [block.params[start + i] for i in order]
        self.node.outputs[:] = [self.node.outputs[i] for i in order]


def _permute_inputs(node: Node, order: Sequence[int], start: int) -> None:
    values = list(node.inputs[start:])
    for index, old in enumerate(order):
        node.replace_input(start + index, values[old])


def loops_of(graph: Graph) -> list[LoopView]:
    """All loops of a graph, the outer ones first."""
    return [LoopView(node) for node in graph.walk() if node.kind == "prim::Loop"]


def enclosing_loop(node: Node) -> LoopView | None:
    """The innermost loop around a node."""
    owner = node.owner
    while owner is not None and owner.kind != "prim::Loop":
        owner = owner.owner
    return LoopView(owner) if owner is not None else None
