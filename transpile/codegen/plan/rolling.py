"""A chain of calls over all modules of a container becomes a loop again.

TorchScript unrolls ``for layer in self.layers: x = layer(x)``.  Where the container is an array of one struct in C++, the calls
are rolled up into one ``ts2cpp::CallEach`` node, which is written as a range-based ``for``::

    %x.2 : Tensor = prim::CallMethod[name="forward"](%layer0, %x)
    %x.3 : Tensor = prim::CallMethod[name="forward"](%layer1, %x.2)

becomes::

    %x.3 : Tensor = ts2cpp::CallEach[name="forward", position=1, path=("layers",)](%layer0, %x)
"""

from __future__ import annotations

from transpile.codegen.plan.fields import Member
from transpile.codegen.plan.program import attribute_path
from transpile.ir.graph import Block, Graph, Node, Value

_SHORTEST = 2


def roll_calls(graph: Graph, members: Member) -> None:
    """Roll up every chain of calls that covers a whole array of modules in order."""
    _block(graph, graph.block, members)


def _block(graph: Graph, block: Block, members: Member) -> None:
    for node in block.nodes:
        for inner in node.blocks:
            _block(graph, inner, members)
        chain = _chain(node, members)
        if chain:
            _replace(graph, chain)


def _chain(first: Node, members: Member) -> list[Node]:
    if first.kind != "prim::CallMethod" or len(first.outputs) != 1:
        return []
    path = attribute_path(first.input(0))
    if not path or path[-1] != "0":
        return []
    try:
        container = members.at(path[:-1])
    except KeyError:
        return []
    count = len(container.children)
    if not container.array or count < _SHORTEST:
        return []
    chain = [first]
    while len(chain) < count:
        last = chain[-1]
        if len(last.output.uses) != 1:
            return []
        following = last.output.uses[0].node
        if following.kind != "prim::CallMethod" or following.block is not first.block:
            return []
        if following.attributes["name"] != first.attributes["name"] or len(following.inputs) != len(first.inputs):
            return []
        if attribute_path(following.input(0)) != (*path[:-1], str(len(chain))):
            return []
        if following.output.type != first.output.type or not _only_reads_between(last, following):
            return []
        chain.append(following)
    positions = {last.output.uses[0].index for last in chain[:-1]}
    if len(positions) != 1 or 0 in positions:
        return []
    position = positions.pop()
    if first.input(position).type != first.output.type:
        return []
    for index in range(1, len(first.inputs)):
        if index != position and not all(_same(node.input(index), first.input(index)) for node in chain):
            return []
    return chain


def _same(a: Value, b: Value) -> bool:
    """One value, or equal constants: defaults are inserted anew for every call."""
    if a is b:
        return True
    left, right = a.literal, b.literal
    return (
        a.type == b.type
        and isinstance(left, (bool, int, float, str, type(None)))
        and type(left) is type(right)
        and left == right
    )


def _only_reads_between(first: Node, last: Node) -> bool:
    node = first.next
    while node is not None and node is not last:
        if node.kind not in ("prim::GetAttr", "prim::Constant"):
            return False
        node = node.next
    return node is last


def _replace(graph: Graph, chain: list[Node]) -> None:
    first, last = chain[0], chain[-1]
    position = first.output.uses[0].index
    path = attribute_path(first.input(0))
    assert path is not None
    each = graph.create(
        "ts2cpp::CallEach", list(first.inputs), [last.output.type], range=first.range, name=first.attributes["name"],
        position=position, path=path[:-1],
    )  # fmt: skip
    each.stack = first.stack
    each.insert_before(first)
    output, name = last.output, last.output.base_name
    output.replace_all_uses_with(each.output)
    for node in reversed(chain):
        node.destroy()
    if name:
        each.output.set_name(name)
