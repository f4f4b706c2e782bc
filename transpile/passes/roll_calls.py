"""A chain of calls over all modules of a container becomes a loop again.

TorchScript unrolls ``for layer in self.layers: x = layer(x)``.  Where the container is an array of one struct in C++
(``ExportContext.arrays``), the calls are rolled up into one node, which is written as a range-based ``for``.

Before::

    %x.2 : Tensor = prim::CallMethod[name="forward"](%layer0, %x)
    %x.3 : Tensor = prim::CallMethod[name="forward"](%layer1, %x.2)

After::

    %x.3 : Tensor = ts2cpp::CallEach[name="forward", position=1, path=("layers",)](%layer0, %x)

``position`` is the argument that takes the result of the call before.  Where only some neighbours of a container are of one
struct (``ExportContext.runs``), ``span`` says which: from the first one up to, but not including, the last.  What ``enumerate``
counts may be an argument: ``counted`` are the inputs that are one more for every call.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Graph, Node, Value
from transpile.passes.context import ExportContext


def roll_calls(graph: Graph, context: object = None) -> bool:
    """Roll up every chain of calls that covers a whole array or run of modules in order."""
    if not isinstance(context, ExportContext):
        return False
    changed = False
    for node in graph.walk():
        chain = _chain(graph, node, context)
        if chain:
            _replace(graph, chain, context)
            changed = True
    return changed


def _chain(graph: Graph, first: Node, context: ExportContext) -> list[Node]:
    if first.kind != "prim::CallMethod" or len(first.outputs) != 1:
        return []
    path = context.path_of(graph, first.input(0)) or ""
    container, _, start = path.rpartition(".")
    count = context.arrays.get(container, 0) if start == "0" else 0
    count = count or context.runs.get(path, 0)
    if not count:
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
        if context.path_of(graph, following.input(0)) != f"{container}.{int(start) + len(chain)}":
            return []
        if following.attributes.get("callee") is not first.attributes.get("callee"):
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
    counted = _counted(chain)
    if len({first.input(index).constant for index in counted}) > 1:
        return []
    for index in range(1, len(first.inputs)):
        if index in (position, *counted):
            continue
        if not all(_same(node.input(index), first.input(index)) for node in chain):
            return []
    return chain


def _counted(chain: list[Node]) -> list[int]:
    """The inputs that are integers, one more for every call, of methods that take them as such."""
    first = chain[0]
    return [
        index for index in range(1, len(first.inputs))
        if all(node.input(index).type == T.INT for node in chain)
        and isinstance(start := first.input(index).literal, int)
        and [node.input(index).literal for node in chain] == [*range(start, start + len(chain))]
        and _takes_int(first, index)
    ]  # fmt: skip


def _takes_int(call: Node, index: int) -> bool:
    type = call.input(0).type
    methods = type.methods if isinstance(type, T.ClassType) else {}
    method = call.attributes.get("callee") or methods.get(str(call.attributes["name"]))
    return method is None or bool(method.schema.arguments[index].type == T.INT)


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


def _replace(graph: Graph, chain: list[Node], context: ExportContext) -> None:
    first, last = chain[0], chain[-1]
    position = first.output.uses[0].index
    path = context.path_of(graph, first.input(0))
    assert path is not None
    each = graph.create(
        "ts2cpp::CallEach", list(first.inputs), [last.output.type], range=first.range, name=first.attributes["name"],
        position=position, path=tuple(path.split(".")[:-1]),
    )  # fmt: skip
    if path in context.runs:
        start = int(path.rpartition(".")[2])
        each.attributes["span"] = [start, start + len(chain)]
    counted = _counted(chain)
    if counted:
        each.attributes["counted"] = counted
    if "callee" in first.attributes:
        each.attributes["callee"] = first.attributes["callee"]
    each.stack = first.stack
    each.insert_before(first)
    output, name = last.output, last.output.base_name
    output.replace_all_uses_with(each.output)
    for node in reversed(chain):
        node.destroy()
    if name:
        each.output.set_name(name)
