"""What is done alike with every module of a container becomes a loop again.

TorchScript unrolls ``for block in self.blocks: x = x + block(x)``.  Where the container is an array of one struct in C++
(``ExportContext.uniform``), nodes that repeat for all its modules in order, and those of other arrays as long, become the body
of one loop.  Chains of bare calls are ``roll_calls``'s.

Before::

    %a : Tensor = prim::CallMethod[name="forward"](%block0, %x)
    %x.2 : Tensor = aten::add(%x, %a, %one)
    %b : Tensor = prim::CallMethod[name="forward"](%block1, %x.2)
    %x.3 : Tensor = aten::add(%x.2, %b, %one)

After::

    %x.3 : Tensor = prim::Loop[kind="for"](%two, %x)
      block0(%i : int, %x.1 : Tensor):
        %block : Block = ts2cpp::Element(%blocks, %i)
        %a : Tensor = prim::CallMethod[name="forward"](%block, %x.1)
        %x.2 : Tensor = aten::add(%x.1, %a, %one)
        -> (%x.2)

Turns are alike if each node of one has its counterpart in the next, from the same line of Python: the same operator, whose inputs
are the turn's own values, the ones of the turn before, the same parts of the next modules, numbers that count the turns, or the
same in all turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView
from transpile.passes.context import ExportContext

# A loop has a head and an end: fewer nodes are shorter one by one.
_WORTH = 3

# Which output of which node of a turn.
_Place = tuple[int, int]


def roll_loops(graph: Graph, context: object = None) -> bool:
    """Roll up all repetitions over whole arrays of modules."""
    if not isinstance(context, ExportContext) or not context.uniform:
        return False
    return _roll_block(graph, graph.block, context)


def _roll_block(graph: Graph, block: Block, context: ExportContext) -> bool:
    changed = False
    for node in list(block.nodes):
        for inner in node.blocks:
            changed |= _roll_block(graph, inner, context)
    nodes = [node for node in block.nodes if not _is_named(graph, node, context)]
    done = 0  # nodes that are rolled up already, or stand before such
    for position, length, count in _strides(graph, nodes, context):
        for start in range(max(done, position - length + 1), position + 1):
            found = _repetition(graph, nodes, start, length, count, context)
            if found is not None:
                _replace(graph, found, context)
                changed, done = True, start + count * length
                break
    return changed


def _strides(graph: Graph, nodes: Sequence[Node], context: ExportContext) -> Iterator[tuple[int, int, int]]:
    """Where the first module of an array is used, how far on the second one is, and how many there are."""
    uses: dict[tuple[str, int], list[int]] = {}
    for position, node in enumerate(nodes):
        for value in node.inputs:
            parts = (context.path_of(graph, value) or "").split(".")
            for length in range(1, len(parts)):
                array = ".".join(parts[:length])
                if array in context.uniform and parts[length] in ("0", "1"):
                    uses.setdefault((array, int(parts[length])), []).append(position)
    found = set()
    for (array, number), positions in uses.items():
        for position in positions if number == 0 else ():
            second = next((p for p in uses.get((array, 1), ()) if p > position), None)
            if second is not None:
                found.add((position, second - position, context.uniform[array]))
    yield from sorted(found)


def _is_named(graph: Graph, node: Node, context: ExportContext) -> bool:
    """Whether a node only says where something is, and so may stand anywhere."""
    if node.kind == "prim::Constant":
        return True
    if node.kind != "prim::GetAttr" or context.path_of(graph, node.output) is None:
        return False
    type = node.output.type
    return (isinstance(type, T.ClassType) and type.is_module) or context.is_fixed(graph, node)


@dataclass
class _Repetition:
    """Turns of equal length, and what the inputs of the first one become in the loop.

    ``carried`` are the values that turns take from the one before: what goes in first, and the node and output that gives it.
    ``elements`` are parts of modules, by where they are used; ``counted`` are numbers of the turns.
    """

    turns: list[list[Node]]
    carried: dict[tuple[int, int], tuple[Value, _Place]] = field(default_factory=dict)
    elements: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    counted: set[tuple[int, int]] = field(default_factory=set)


def _repetition(
    graph: Graph, nodes: Sequence[Node], start: int, length: int, count: int, context: ExportContext
) -> _Repetition | None:
    """``count`` turns of ``length`` nodes, the first of which begins at ``start``."""
    stop = start + length * count
    if stop > len(nodes) or length * (count - 1) < _WORTH or not all(map(_is_plain, nodes[start:stop])):
        return None
    turns = [list(nodes[i : i + length]) for i in range(start, stop, length)]
    return _Matching(graph, turns, context).match()


def _is_plain(node: Node) -> bool:
    """Whether a node may be in the body of a new loop: nothing leaves it, no object has to be left in it."""
    return not node.blocks and not node.is_exit and node.kind not in ("prim::Enter", "prim::Exit", "prim::fork")


def _line(node: Node) -> object:
    where = node.user_range
    return (where.filename, where.line) if where is not None else None


class _Matching:
    """Compares every turn with the first one."""

    def __init__(self, graph: Graph, turns: list[list[Node]], context: ExportContext) -> None:
        self._graph = graph
        self._context = context
        self._found = _Repetition(turns)
        self._places = [
            {value: (i, k) for i, n in enumerate(turn) for k, value in enumerate(n.outputs)} for turn in turns
        ]

    def match(self) -> _Repetition | None:
        first, *others = self._found.turns
        for turn in others:
            if not all(map(_are_counterparts, first, turn)):
                return None
        for position, node in enumerate(first):
            if not all(self._has_a_role((position, index)) for index in range(len(node.inputs))):
                return None
        return self._found if self._found.elements and self._ends_well() else None

    def _has_a_role(self, at: tuple[int, int]) -> bool:
        """Whether the values that turns have for one input follow a rule that a loop can have."""
        position, index = at
        values = [turn[position].input(index) for turn in self._found.turns]
        first, second = values[:2]
        places = self._places
        own, before = places[0].get(first), places[0].get(second)
        if own is not None:
            return all(places[number].get(value) == own for number, value in enumerate(values))
        if before is not None:
            self._found.carried[at] = first, before
            node, output = before
            return first.type == self._found.turns[0][node].outputs[output].type and all(
                places[number].get(value) == before for number, value in enumerate(values[1:])
            )
        if all(value is first for value in values):
            return True
        if all(value.node.kind == "prim::Constant" for value in values):
            if all(value.type == T.INT for value in values) and [value.literal for value in values] == [
                *range(len(values))
            ]:
                self._found.counted.add(at)
                return True
            return all(_same_constant(first, value) for value in values)
        return self._are_parts(at, values)

    def _are_parts(self, at: tuple[int, int], values: Sequence[Value]) -> bool:
        """Whether an input is the same part of one module after the other."""
        # Traced modules have types of their own, also where they share a struct.
        is_module = isinstance(values[0].type, T.ClassType) and values[0].type.is_module
        if not is_module and any(value.type != values[0].type for value in values):
            return False
        parts = list(map(self._part, values))
        if parts[0] is None:
            return False
        array, _, rest = parts[0]
        self._found.elements[at] = array, rest
        return parts == [(array, number, rest) for number in range(len(values))]

    def _part(self, value: Value) -> tuple[str, int, str] | None:
        """Array, number of the module in it and the path from there, if a value is part of a module in an array."""
        path = self._context.path_of(self._graph, value)
        if path is None:
            return None
        parts = path.split(".")
        for length in range(
            len(parts) - 1, 0, -1
        ):  # the innermost array: the others are walked by loops around this one
            array = ".".join(parts[:length])
            if self._context.uniform.get(array) == len(self._found.turns):
                return array, int(parts[length]), ".".join(parts[length + 1 :])
        return None

    def _ends_well(self) -> bool:
        """Whether what follows asks for nothing but carried values of the last turn."""
        turns = self._found.turns
        inside = {node: number for number, turn in enumerate(turns) for node in turn}
        last = len(turns) - 1
        handed_on = {place for _, place in self._found.carried.values()}
        for number, places in enumerate(self._places):
            for value, place in places.items():
                for use in value.uses:
                    user = inside.get(use.node)
                    if user is None and (number != last or place not in handed_on):
                        return False
        return True


def _are_counterparts(a: Node, b: Node) -> bool:
    """Whether two nodes do the same with their inputs."""
    return (
        a.kind == b.kind
        and a.operator is b.operator
        and _line(a) == _line(b)
        and len(a.inputs) == len(b.inputs)
        and [v.type for v in a.outputs] == [v.type for v in b.outputs]
        and _same_attributes(a, b)
    )


def _same_attributes(a: Node, b: Node) -> bool:
    if a.attributes.keys() != b.attributes.keys():
        return False
    for name, held in a.attributes.items():
        other = b.attributes[name]
        if isinstance(held, Graph):
            if not (a.kind == "ts2cpp::FusionGroup" and isinstance(other, Graph) and _same_graph(held, other)):
                return False
        elif held is not other and (type(held) is not type(other) or repr(held) != repr(other)):
            return False
    return True


def _same_graph(a: Graph, b: Graph) -> bool:
    """Whether two graphs without blocks compute the same."""
    if [v.type for v in a.inputs] != [v.type for v in b.inputs]:
        return False
    counterpart = dict(zip(a.inputs, b.inputs, strict=True))
    left, right = list(a.nodes), list(b.nodes)
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        if one.kind != other.kind or one.operator is not other.operator or one.blocks or other.blocks:
            return False
        if one.kind == "prim::Constant":
            if not _same_constant(one.output, other.output):
                return False
        elif not _same_attributes(one, other) or [counterpart[v] for v in one.inputs] != list(other.inputs):
            return False
        counterpart |= dict(zip(one.outputs, other.outputs, strict=True))
    return [counterpart[v] for v in a.outputs] == list(b.outputs)


_PLAIN = (bool, int, float, str, type(None))


def _same_constant(a: Value, b: Value) -> bool:
    """Whether two constants are equal numbers or texts, or lists of them."""
    left, right = a.constant, b.constant
    if a.type != b.type or a.node.kind != "prim::Constant" or b.node.kind != "prim::Constant":
        return False
    if left is right:
        return True
    plain = [v for items in (left, right) for v in (items if isinstance(items, (list, tuple)) else [items])]
    return all(isinstance(v, _PLAIN) for v in plain) and type(left) is type(right) and repr(left) == repr(right)


def _replace(graph: Graph, found: _Repetition, context: ExportContext) -> None:
    """Put the first turn into a loop and remove the others."""
    first, last = found.turns[0], found.turns[-1]
    count = graph.create_constant(len(found.turns)).insert_before(first[0]).output
    node = graph.create("prim::Loop", [count], []).insert_before(first[0])
    node.range = None  # a line before the loop would be the first one of its body
    node.attributes["kind"] = "for"
    body = node.add_block()
    counter = body.add_param(T.INT)
    loop = LoopView(node)
    params: dict[tuple[Value, _Place], Value] = {}
    outputs: dict[_Place, Value] = {}
    for init, place in dict.fromkeys(found.carried.values()):
        given = first[place[0]].outputs[place[1]]
        params[init, place], outputs[place] = loop.add(init, given.type, given.base_name)
        body.add_return(given)
    _bring_before(node, first)
    for inner in first:
        inner.unlink()
        body.append(inner)
    elements: dict[str, Value] = {}
    for (position, index), (array, rest) in found.elements.items():
        user, part = first[position], first[position].input(index)
        if array not in elements:
            elements[array] = _element(graph, body, array, part, counter, context)
        user.replace_input(index, _attribute(graph, user, elements[array], rest, part))
    for (position, index), key in found.carried.items():
        first[position].replace_input(index, params[key])
    for position, index in found.counted:
        first[position].replace_input(index, counter)
    for place, output in outputs.items():
        given = last[place[0]].outputs[place[1]]
        name = given.base_name
        given.replace_all_uses_with(output)
        if name:
            output.set_name(name)
    for turn in reversed(found.turns[1:]):
        for inner in reversed(turn):
            inner.destroy()


def _bring_before(loop: Node, turn: Sequence[Node]) -> None:
    """What only says where something is may stand between the nodes of a turn: before the loop it serves all turns."""
    inside = set(turn)

    def bring(value: Value) -> None:
        node = value.node
        if node.block is loop.block and node not in inside and not value.is_block_param and not node.is_before(loop):
            for operand in node.inputs:
                bring(operand)
            node.move_before(loop)

    for node in turn:
        for operand in node.inputs:
            bring(operand)


def _element(graph: Graph, body: Block, array: str, part: Value, counter: Value, context: ExportContext) -> Value:
    """The module of the turn."""
    while context.path_of(graph, part.node.input(0)) != array:
        part = part.node.input(0)
    module = part
    element = graph.create("ts2cpp::Element", [module.node.input(0), counter], [module.type])
    element.range = None
    body.prepend(element)
    return element.output


def _attribute(graph: Graph, user: Node, module: Value, path: str, part: Value) -> Value:
    """The same part of a module as ``part`` is of the first one, for ``user``."""
    if not path:
        return module
    steps: list[Node] = []
    for _ in path.split("."):
        steps.insert(0, part.node)
        part = part.node.input(0)
    value = module
    for step in steps:
        copy = graph.clone_node(step, {step.input(0): value})
        copy.insert_before(user)
        value = copy.output
    return value
