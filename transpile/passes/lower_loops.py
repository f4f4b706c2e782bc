"""Structured loops become ``prim::Loop(max_trip, condition, carried...)``; break and continue become continuations.

Before::

    %s : int = prim::Loop[kind="while"](%s.1)
      block0(%s.2 : int):
        %s.3 : int = aten::add(%s.2, %one)
        -> (%s.3)
      block1(%s.4 : int):
        %c : bool = aten::lt(%s.4, %n)
        -> (%c)

After::

    %c.1 : bool = aten::lt(%s.1, %n)
    %s : int = prim::Loop(%max, %c.1, %s.1)
      block0(%i : int, %s.2 : int):
        %s.3 : int = aten::add(%s.2, %one)
        %c.2 : bool = aten::lt(%s.3, %n)
        -> (%c.2, %s.3)

``prim::Break(x...)`` turns into ``prim::LoopContinuation(false, x...)`` and ``prim::Continue(x...)`` into
``prim::LoopContinuation(condition, x...)``, both for ``lower_exits`` to remove.  Blocks that end in an exit are given
the values they owe their owner, as ``prim::Uninitialized`` after the exit, so that from here on every block yields.
"""

from __future__ import annotations

from collections.abc import Sequence

from transpile.core import types as T
from transpile.ir.facts import terminates
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView, loops_of

MAX_TRIP = 2**63 - 1
CONTINUATION = "prim::LoopContinuation"


def lower_loops(graph: Graph, context: object = None) -> bool:
    """Lower every structured loop of ``graph``; see the module's docstring."""
    for loop in _structured_loops(graph):
        view = LoopView(loop)
        if view.form == "while" and not view.first_input:
            loop.insert_input(0, _max_trip(graph, loop))
    complete_returns(graph)
    loops = _structured_loops(graph)
    # The condition of a ``while`` is copied: the loops in it (of comprehensions) come before, the innermost first.
    loops = [n for n in reversed(loops) if _in_condition(n)] + [n for n in loops if not _in_condition(n)]
    stop = graph.create_constant(False)
    stop.range = None
    graph.block.prepend(stop)
    for loop in loops:
        always = None
        if LoopView(loop).form == "for":
            always = graph.create_constant(True, range=loop.range).insert_before(loop).output
        _lower(graph, loop, always, stop.output)
    return True


def _structured_loops(graph: Graph) -> list[Node]:
    return [loop.node for loop in loops_of(graph) if loop.is_structured]


def _in_condition(node: Node) -> bool:
    block = node.block
    while block is not None and block.owner is not None:
        if block.owner.kind == "prim::Loop" and block is LoopView(block.owner).condition:
            return True
        block = block.owner.block
    return False


def _max_trip(graph: Graph, loop: Node) -> Value:
    """The greatest trip count, among the numeric literals at the head of the graph.

    The literals stand there in the reverse order of the source, which is what pooling counts on; the constant of a loop
    has the place of its ``while``.
    """
    where: Node = graph.block.return_node
    for node in graph.nodes:
        if node.kind != "prim::Constant" or node.output.type not in (T.INT, T.FLOAT, T.COMPLEX):
            where = node
            break
        if node.output.constant_as(int) == MAX_TRIP:
            return node.output
    for node in graph.nodes:
        if node is where:
            break
        if node.range is None or loop.range is None:
            continue
        if (node.range.line, node.range.col) < (loop.range.line, loop.range.col):
            where = node
            break
    return graph.create_constant(MAX_TRIP, range=loop.range).insert_before(where).output


def complete_returns(graph: Graph, *, inside_loops: bool = True) -> None:
    """Let every block yield, if only placeholders, and the top block end in a return or another exit."""
    _return_node(graph)
    _complete_blocks(graph.block, inside_loops)


def _return_node(graph: Graph) -> None:
    """Let the top block end in an explicit exit; what it returns becomes a placeholder of the right type."""
    block = graph.block
    if block.returns and block.exit is None and not terminates(block):
        types = [v.type for v in block.returns]
        values = list(block.returns)
        block.return_node.remove_all_inputs()
        node = graph.create("prim::Return", values, 0)
        node.range = None
        block.append(node)
    elif block.returns:
        types = [v.type for v in block.returns]
        block.return_node.remove_all_inputs()
    else:
        exits = [n for n in graph.walk() if n.kind == "prim::Return"]
        types = [exits[0].input().type if exits and exits[0].inputs else T.NONE]
        for node in exits[1:]:
            if node.inputs:
                types = [T.unify(types[0], node.input().type, default_to_union=True) or types[0]]
    if graph.return_type is not None:
        types = [graph.return_type]
    _fill(block, types)


def _complete_blocks(block: Block, inside_loops: bool) -> None:
    for node in block.nodes:
        if node.kind == "prim::Loop" and not inside_loops:
            continue
        for inner in node.blocks:
            _complete_blocks(inner, inside_loops)
        if node.kind == "prim::If":
            for inner in node.blocks:
                if len(inner.returns) < len(node.outputs):
                    _fill(inner, [v.type for v in node.outputs])
        elif node.kind == "prim::Loop" and node.outputs and not LoopView(node).results:
            _fill(LoopView(node).body, [v.type for v in node.outputs])


def _fill(block: Block, types: Sequence[T.Type]) -> None:
    block.return_node.remove_all_inputs()
    for type in types:
        node = block.graph.create("prim::Uninitialized", (), [type])
        node.range = None
        block.add_return(block.append(node).output)


def _lower(graph: Graph, loop: Node, always: Value | None, stop: Value) -> None:
    """Rewrite one loop; nested ones are lowered on their own and keep their exits out of this one's way."""
    view = LoopView(loop)
    body, condition, carried = view.body, view.condition, list(view.inits)
    if view.counter is None:
        body.param_node.insert_output(0, T.INT)
    del loop.attributes["kind"]

    def evaluate(values: Sequence[Value], before: Node) -> Value:
        """The loop's condition for these carried values, computed before a node."""
        if condition is None:
            assert always is not None
            return always
        value_map = dict(zip(condition.params, values, strict=True))
        for node in condition.nodes:
            graph.clone_node(node, value_map).insert_before(before)
        result = condition.returns[0]
        return value_map.get(result, result)

    start = evaluate(carried, loop)
    _lower_exits_of(graph, body, stop, evaluate)
    repeat = evaluate(list(body.returns), body.return_node)
    body.return_node.insert_input(0, repeat)
    loop.insert_input(1, start)
    if condition is not None:
        condition.destroy()
        del loop.blocks[1]


def _lower_exits_of(graph: Graph, block: Block, stop: Value, evaluate: object) -> None:
    assert callable(evaluate)
    for node in block.nodes:
        if node.kind in ("prim::Break", "prim::Continue"):
            values = list(node.inputs)
            again = stop if node.kind == "prim::Break" else evaluate(values, node)
            graph.create(CONTINUATION, [again, *values], 0, range=node.range).insert_before(node)
            node.destroy()
        elif node.kind == "prim::If":
            for inner in node.blocks:
                _lower_exits_of(graph, inner, stop, evaluate)
