"""Graph, Block, Node and Value: TorchScript's intermediate representation.

A node has an open ``kind`` (``aten::relu``, ``prim::If``, ``ts2cpp::...``), inputs, outputs, attributes and blocks.
Nodes of a block form a linked list that may be changed while it is walked: a removed node keeps its links.

A block normally ends by yielding ``block.returns``.  It may instead end in an *exit node* (``EXITS``): ``prim::Break``,
``prim::Continue`` and ``prim::Return`` leave the enclosing loop, iteration or function.  The inputs of ``prim::Break`` and
``prim::Continue`` are the values the loop carries on (in the order of its outputs), those of ``prim::Return`` the result.
``prim::RaiseException`` exits too.  What follows an exit node in its block is never run, and the block's ``returns`` are
empty.  The lowered form, which TorchScript prints, has no exit nodes but ``prim::RaiseException``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from transpile.core import types as T
from transpile.core.errors import InvalidGraphError
from transpile.core.source import SourceRange
from transpile.ir.kinds import KINDS
from transpile.ir.value import NO_CONSTANT, Use, Value, constant_type
from transpile.ops.registry import Operator

__all__ = ["EXITS", "NO_CONSTANT", "Block", "Graph", "Node", "Use", "Value", "constant_type"]

# What leaves a block in the structured form, and that besides raising.
EXITS = frozenset(kind for kind, facts in KINDS.items() if facts.exit and not facts.raises)
_LEAVING = frozenset(kind for kind, facts in KINDS.items() if facts.exit)


class Node:
    """One operation.  Create nodes through ``Graph.create`` and place them with ``insert_*``."""

    __slots__ = (
        "_inputs", "attributes", "block", "blocks", "graph", "kind", "next", "operator", "outputs", "prev", "range",
        "scope", "stack",
    )  # fmt: skip

    def __init__(self, graph: Graph, kind: str) -> None:
        self.graph = graph
        self.kind = kind
        self._inputs: list[Value] = []
        self.outputs: list[Value] = []
        self.attributes: dict[str, Any] = {}
        self.blocks: list[Block] = []
        self.block: Block | None = None
        self.prev: Node | None = None
        self.next: Node | None = None
        self.operator: Operator | None = None
        self.range: SourceRange | None = None
        self.scope = ""
        self.stack: tuple[tuple[str, SourceRange | None], ...] = ()

    # ---- inputs and outputs
    @property
    def inputs(self) -> Sequence[Value]:
        return self._inputs

    def input(self, index: int = 0) -> Value:
        return self._inputs[index]

    def named_input(self, name: str) -> Value:
        """The input for the schema's argument ``name``."""
        if self.operator is None:
            raise InvalidGraphError(f"{self.kind} has no schema")
        return self._inputs[self.operator.schema.index_of(name)]

    @property
    def output(self) -> Value:
        """The only output; an error if there are none or several."""
        if len(self.outputs) != 1:
            raise InvalidGraphError(f"{self.kind} has {len(self.outputs)} outputs, expected one")
        return self.outputs[0]

    def add_input(self, value: Value) -> Value:
        value.uses.append(Use(self, len(self._inputs)))
        self._inputs.append(value)
        return value

    def insert_input(self, index: int, value: Value) -> Value:
        for existing in set(self._inputs[index:]):
            for use in existing.uses:
                if use.node is self and use.index >= index:
                    use.index += 1
        self._inputs.insert(index, value)
        value.uses.append(Use(self, index))
        return value

    def replace_input(self, index: int, value: Value) -> None:
        self._drop_use(index)
        self._inputs[index] = value
        value.uses.append(Use(self, index))

    def remove_input(self, index: int) -> None:
        self._drop_use(index)
        del self._inputs[index]
        for existing in set(self._inputs[index:]):
            for use in existing.uses:
                if use.node is self and use.index > index:
                    use.index -= 1

    def remove_all_inputs(self) -> None:
        for index in range(len(self._inputs)):
            self._drop_use(index)
        self._inputs.clear()

    def _drop_use(self, index: int) -> None:
        uses = self._inputs[index].uses
        for position, use in enumerate(uses):
            if use.node is self and use.index == index:
                del uses[position]
                return

    def add_output(self, type: T.Type = T.TENSOR, name: str = "") -> Value:
        value = Value(self, type, self.graph.next_id())
        self.outputs.append(value)
        if name:
            value.set_name(name)
        return value

    def insert_output(self, index: int, type: T.Type = T.TENSOR) -> Value:
        value = Value(self, type, self.graph.next_id())
        self.outputs.insert(index, value)
        return value

    def remove_output(self, index: int) -> None:
        value = self.outputs[index]
        if value.uses:
            raise InvalidGraphError(f"output {value!r} of {self.kind} is still used")
        self.graph.forget_name(value)
        del self.outputs[index]

    def add_block(self) -> Block:
        block = Block(self.graph, self)
        self.blocks.append(block)
        return block

    # ---- placement
    def insert_before(self, other: Node) -> Node:
        block = other.block
        if block is None:
            raise InvalidGraphError("cannot insert before a node that is in no block")
        self._link(block, other.prev, other)
        return self

    def insert_after(self, other: Node) -> Node:
        block = other.block
        if block is None or other.next is None:
            raise InvalidGraphError("cannot insert after a node that is in no block")
        self._link(block, other, other.next)
        return self

    def move_before(self, other: Node) -> Node:
        self.unlink()
        return self.insert_before(other)

    def move_after(self, other: Node) -> Node:
        self.unlink()
        return self.insert_after(other)

    def _link(self, block: Block, prev: Node | None, next: Node) -> None:
        if self.block is not None:
            raise InvalidGraphError(f"{self.kind} is already in a block")
        self.block = block
        self.prev, self.next = prev, next
        if prev is not None:
            prev.next = self
        next.prev = self

    def unlink(self) -> None:
        """Take the node out of its block; its own links stay, so that a walk may go on from it."""
        if self.block is None:
            return
        if self.prev is not None:
            self.prev.next = self.next
        if self.next is not None:
            self.next.prev = self.prev
        self.block = None

    def destroy(self) -> None:
        """Remove the node, its blocks and its uses; an error if an output is still used."""
        for value in self.outputs:
            if value.uses:
                raise InvalidGraphError(f"cannot remove {self.kind}: {value!r} is still used")
        for block in reversed(self.blocks):
            block.destroy()
        self.remove_all_inputs()
        for value in self.outputs:
            self.graph.forget_name(value)
        self.unlink()

    # ---- questions
    @property
    def is_exit(self) -> bool:
        """Whether control never goes past this node (break, continue, return or raise)."""
        return self.kind in _LEAVING

    def attribute(self, name: str) -> Any:
        return self.attributes[name]

    @property
    def owner(self) -> Node | None:
        """The node whose block this node is in, or ``None`` at the top."""
        return self.block.owner if self.block is not None else None

    @property
    def user_range(self) -> SourceRange | None:
        """The line of the program that led here: the outermost of the calls that were inlined, or the node's own.

        That of a fused node is its last one's.
        """
        for _, call in self.stack:
            if call is not None:
                return call
        subgraph = self.attributes.get("Subgraph")
        if self.range is None and isinstance(subgraph, Graph):
            ranges = [n.user_range for n in subgraph.nodes if n.kind != "prim::Constant"]
            return next((r for r in reversed(ranges) if r is not None), None)
        return self.range

    def is_before(self, other: Node) -> bool:
        """Whether this node comes before ``other`` in the same block."""
        node: Node | None = self.next
        while node is not None:
            if node is other:
                return True
            node = node.next
        return False

    def __repr__(self) -> str:
        outs = ", ".join(map(repr, self.outputs))
        return f"{outs} = {self.kind}({', '.join('%' + v.unique_name for v in self._inputs)})"


class Block:
    """A list of nodes with parameters and returned values."""

    __slots__ = ("graph", "owner", "param_node", "return_node")

    def __init__(self, graph: Graph, owner: Node | None) -> None:
        self.graph = graph
        self.owner = owner
        self.param_node = Node(graph, "prim::Param")
        self.return_node = Node(graph, "prim::Yield" if owner is not None else "prim::ReturnBlock")
        self.param_node.block = self.return_node.block = self
        self.param_node.next, self.return_node.prev = self.return_node, self.param_node

    @property
    def params(self) -> list[Value]:
        return self.param_node.outputs

    @property
    def returns(self) -> Sequence[Value]:
        return self.return_node.inputs

    def add_param(self, type: T.Type = T.TENSOR, name: str = "") -> Value:
        return self.param_node.add_output(type, name)

    def add_return(self, value: Value) -> int:
        """Yield one more value; gives its position."""
        self.return_node.add_input(value)
        return len(self.return_node.inputs) - 1

    def remove_return(self, index: int) -> None:
        self.return_node.remove_input(index)

    def append(self, node: Node) -> Node:
        return node.insert_before(self.return_node)

    def prepend(self, node: Node) -> Node:
        return node.insert_after(self.param_node)

    @property
    def nodes(self) -> Iterator[Node]:
        """The nodes in order; the list may be changed while walking."""
        node = self.param_node.next
        while node is not None and node is not self.return_node:
            following = node.next
            yield node
            # A node that was removed keeps its links; one inserted right after the current node is visited.
            node = node.next if node.block is not None else following
            while node is not None and node.block is None:
                node = node.next

    @property
    def reversed_nodes(self) -> Iterator[Node]:
        """The nodes from last to first; the list may be changed while walking."""
        node = self.return_node.prev
        while node is not None and node is not self.param_node:
            before = node.prev
            yield node
            node = node.prev if node.block is not None else before
            while node is not None and node.block is None:
                node = node.prev

    @property
    def last(self) -> Node | None:
        """The last node, or ``None`` in an empty block."""
        node = self.return_node.prev
        return None if node is self.param_node else node

    @property
    def exit(self) -> Node | None:
        """The exit node that ends the block, if any."""
        last = self.last
        return last if last is not None and last.is_exit else None

    def walk(self) -> Iterator[Node]:
        """All nodes, those of nested blocks right after their owner."""
        for node in self.nodes:
            yield node
            for block in node.blocks:
                yield from block.walk()

    def destroy(self) -> None:
        self.return_node.remove_all_inputs()
        for node in self.reversed_nodes:
            for value in node.outputs:
                value.uses.clear()
            node.destroy()
        for value in self.params:
            self.graph.forget_name(value)

    def clone_from(self, source: Block, value_map: dict[Value, Value]) -> None:
        """Append copies of ``source``'s parameters, nodes and returns; ``value_map`` maps old values to new ones."""
        for param in source.params:
            value_map[param] = self.add_param(param.type, param.name)
        for node in source.nodes:
            self.append(self.graph.clone_node(node, value_map))
        for value in source.returns:
            self.add_return(value_map.get(value, value))


class Graph:
    """A function's graph: its top block, and the names of its values."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._next_id = 0
        self._names: dict[str, Value] = {}
        self._suffixes: dict[str, int] = {}
        self.block = Block(self, None)
        self._insert_point: Node = self.block.return_node
        self.current_range: SourceRange | None = None
        self.current_scope = ""
        # What the function returns, where the graph alone does not tell (it never returns, or on some paths only).
        self.return_type: T.Type | None = None

    # ---- identity and names
    def next_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def rename(self, value: Value, name: str) -> None:
        self.forget_name(value)
        if not name:
            return
        owner = self._names.get(name)
        if owner is not None and owner is not value:
            base, dot, suffix = name.rpartition(".")
            number = 1
            if dot and suffix.isdigit():
                number = int(suffix)
            else:
                base = name
            number = max(number, self._suffixes.get(base, 0) + 1)
            while f"{base}.{number}" in self._names:
                number += 1
            self._suffixes[base] = number
            self.rename(owner, f"{base}.{number}")
        self._names[name] = value
        value._name = name

    def forget_name(self, value: Value) -> None:
        if value._name and self._names.get(value._name) is value:
            del self._names[value._name]
        value._name = ""

    # ---- shortcuts
    @property
    def inputs(self) -> list[Value]:
        return self.block.params

    @property
    def outputs(self) -> Sequence[Value]:
        return self.block.returns

    @property
    def nodes(self) -> Iterator[Node]:
        return self.block.nodes

    def walk(self) -> Iterator[Node]:
        return self.block.walk()

    def walk_with_forks(self) -> Iterator[Node]:
        """All nodes, those of the tasks that the graph starts right after the node that starts them."""
        for node in self.walk():
            yield node
            if node.kind == "prim::fork":
                yield from node.attributes["Subgraph"].walk_with_forks()

    def add_input(self, type: T.Type = T.TENSOR, name: str = "") -> Value:
        return self.block.add_param(type, name)

    # ---- building
    def create(
        self,
        kind: str,
        inputs: Iterable[Value] = (),
        outputs: int | Sequence[T.Type] = 1,
        *,
        operator: Operator | None = None,
        range: SourceRange | None = None,
        **attributes: Any,
    ) -> Node:
        """A new node in no block yet.  ``outputs`` is their number (tensors) or their types."""
        node = Node(self, kind)
        node.operator = operator
        node.range = range if range is not None else self.current_range
        node.scope = self.current_scope
        node.attributes = dict(attributes)
        for value in inputs:
            node.add_input(value)
        for type in [T.TENSOR] * outputs if isinstance(outputs, int) else outputs:
            node.add_output(type)
        return node

    def insert(self, node: Node) -> Node:
        """Place a node at the insert point."""
        return node.insert_before(self._insert_point)

    def insert_node(
        self, kind: str, inputs: Iterable[Value] = (), outputs: int | Sequence[T.Type] = 1, **rest: Any
    ) -> Node:
        """``insert(create(...))``."""
        return self.insert(self.create(kind, inputs, outputs, **rest))

    def insert_constant(self, value: Any, type: T.Type | None = None, range: SourceRange | None = None) -> Value:
        """A ``prim::Constant``; the type is derived from the Python value unless given."""
        node = self.create_constant(value, type, range)
        return self.insert(node).output

    def create_constant(self, value: Any, type: T.Type | None = None, range: SourceRange | None = None) -> Node:
        node = self.create("prim::Constant", (), [type if type is not None else constant_type(value)], range=range)
        if value is not None:
            node.attributes["value"] = value
        return node

    @property
    def insert_point(self) -> Node:
        """New nodes go before this one."""
        return self._insert_point

    def set_insert_point(self, where: Node | Block) -> Node:
        """Insert before a node, or at the end of a block; gives the previous insert point."""
        old = self._insert_point
        self._insert_point = where.return_node if isinstance(where, Block) else where
        return old

    # ---- copying
    def clone_node(self, node: Node, value_map: dict[Value, Value]) -> Node:
        """A copy of ``node`` (of this or another graph) with its blocks, in no block yet."""
        copy = Node(self, node.kind)
        copy.operator = node.operator
        copy.range, copy.scope, copy.stack = node.range, node.scope, node.stack
        copy.attributes = {
            key: value.copy() if isinstance(value, Graph) else value for key, value in node.attributes.items()
        }
        for value in node.inputs:
            copy.add_input(value_map.get(value, value))
        for output in node.outputs:
            value_map[output] = copy.add_output(output.type, output.name)
            value_map[output].program_name = output.program_name
        for block in node.blocks:
            copy.add_block().clone_from(block, value_map)
        return copy

    def copy(self) -> Graph:
        """An independent copy with the same names."""
        other = Graph(self.name)
        other.return_type = self.return_type
        value_map: dict[Value, Value] = {}
        other.block.clone_from(self.block, value_map)
        for old, new in value_map.items():
            if old.name:
                other.rename(new, old.name)
        return other

    def __str__(self) -> str:
        from transpile.ir.printer import print_graph

        return print_graph(self)

    def str(self, locations: bool = True) -> str:
        """The text form, without source locations when ``locations`` is false."""
        from transpile.ir.printer import print_graph

        return print_graph(self, locations=locations)
