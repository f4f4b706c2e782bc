"""Connected pointwise operators become one loop.

Before::

    %a : Tensor = aten::mul(%x, %y)
    %b : Tensor = aten::sigmoid(%a)
    %c : Tensor = aten::add(%b, %half, %one)

After::

    %c : Tensor = ts2cpp::FusionGroup_0(%x, %y, %half, %one)
    with ts2cpp::FusionGroup_0 = graph(%x : Tensor, %y : Tensor, %half : float, %one : int):
      %a : Tensor = aten::mul(%x, %y)
      %b : Tensor = aten::sigmoid(%a)
      %c : Tensor = aten::add(%b, %half, %one)
      return (%c)

The inputs of a group are its tensors, in the order of use, then the Python numbers that it captures; constants are
copied into it.  A group has one output.  Every operator in it has a spelling for one element (``ops/fusion.py``); its
intermediates are used inside only; no effect and no write comes between its members.

Inside the loop every value has the common type of the tensors, but for truth values: a comparison of what the loop reads
or computes anyway may be a member if it decides a choice (``where``, ``masked_fill``) there and nothing else.  A choice
whose condition comes from outside is none: its tensors have several types.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis
from transpile.ir.evaluate import constant_settings
from transpile.ir.graph import Block, Graph, Node, Use, Value
from transpile.ops.fusion import gives_truth, scalar_spelling, takes_number, truth_positions
from transpile.passes.motion import is_private, may_sink


def fuse_pointwise(graph: Graph, context: object = None) -> bool:
    """Build groups of at least two operators, from the last node to the first."""
    return _block(graph, graph.block, _Aliases(graph))


def is_fusible(node: Node) -> bool:
    """Whether the operator may be part of a group."""
    operator = node.operator
    if operator is None or not operator.scalar_cpp or not operator.is_pure:
        return False
    if len(node.outputs) != 1 or not isinstance(node.output.type, T.TensorType):
        return False
    tensors = 0
    settings = constant_settings(node)
    for position, (argument, value) in enumerate(zip(operator.schema.arguments, node.inputs, strict=False)):
        if isinstance(value.type, T.TensorType):
            tensors += 1
            continue
        if argument.type == T.TENSOR and not takes_number(operator, position):
            return False
        if argument.type == T.TENSOR and position == 0 and settings.get("alpha", 1) != 1:
            return False  # the number would have to come first
        if value.type not in (T.INT, T.FLOAT) and argument.name not in settings and not argument.ignored:
            return False
    if any(isinstance(s, complex) for s in settings.values()):
        return False  # which would make the result complex
    return tensors > 0 and scalar_spelling(operator, settings) is not None


def _takes_truth(use: Use) -> bool:
    """Whether a value is a condition, or part of one, where it is used."""
    operator = use.node.operator
    return operator is not None and use.index in truth_positions(operator)


def _gives_truth(node: Node) -> bool:
    return node.operator is not None and gives_truth(node.operator)


def _computes(node: Node) -> bool:
    """Whether the operator is arithmetic: comparisons and choices alone are as good for integers and stay by themselves."""
    return not _gives_truth(node) and node.operator is not None and not truth_positions(node.operator)


class _Aliases:
    """The alias analysis of a graph, made again when the graph has changed."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.current: AliasAnalysis | None = None

    def get(self) -> AliasAnalysis:
        if self.current is None:
            self.current = AliasAnalysis(self.graph)
        return self.current


def _block(graph: Graph, block: Block, aliases: _Aliases) -> bool:
    changed = False
    node = block.return_node.prev
    while node is not None and node is not block.param_node:
        for inner in node.blocks:
            changed |= _block(graph, inner, aliases)
        if is_fusible(node) and not _gives_truth(node) and any(is_fusible(v.node) for v in node.inputs):
            members = _of_one_type(node, aliases.get())
            if len(members) > 1 and any(_computes(n) for n in members):
                node = _group(graph, members)
                aliases.current = None
                changed = True
        node = node.prev
    return changed


def _of_one_type(root: Node, aliases: AliasAnalysis) -> list[Node]:
    """The operators that can be computed together with ``root`` in a loop over one type of numbers; or ``root`` alone."""
    excluded: set[Node] = set()
    while True:
        members = _members(root, aliases, excluded)
        strangers = _strangers(members)
        if not strangers:
            return members
        if root in strangers:
            return [root]
        excluded |= strangers


def _strangers(members: Sequence[Node]) -> set[Node]:
    """Members that would bring another type into the loop."""
    numbers = {n.output for n in members if not _gives_truth(n)}
    for node in members:
        if not _gives_truth(node):
            truths = truth_positions(node.operator) if node.operator is not None else range(0)
            numbers |= {v for i, v in enumerate(node.inputs) if i not in truths and isinstance(v.type, T.TensorType)}
    found = set()
    for node in members:
        truths = truth_positions(node.operator) if node.operator is not None else range(0)
        operands = [v for v in node.inputs if isinstance(v.type, T.TensorType)]
        foreign = any(
            i in truths and not (v.node in members and _gives_truth(v.node)) for i, v in enumerate(node.inputs)
        )
        if foreign or (_gives_truth(node) and not truths and not any(v in numbers for v in operands)):
            found.add(node)
    return found


def _members(root: Node, aliases: AliasAnalysis, excluded: Collection[Node]) -> list[Node]:
    """The operators that can be computed together with ``root``, in the order of the block."""
    members = [root]
    pending = list(root.inputs)
    while pending:
        node = pending.pop(0).node
        if node in members or node in excluded or not is_fusible(node) or node.block is not root.block:
            continue
        if any(use.node not in members for use in node.output.uses):
            continue
        if _gives_truth(node) and not all(_takes_truth(use) for use in node.output.uses):
            continue
        if len(node.output.uses) == 1 and not is_private(node.output, aliases):
            continue
        if aliases.has_writers(node.output) or not may_sink(node, root, aliases):
            continue
        members.append(node)
        pending += node.inputs
    order = {n: i for i, n in enumerate(root.block.nodes)} if root.block is not None else {}
    return sorted(members, key=lambda n: order[n])


def _group(graph: Graph, members: list[Node]) -> Node:
    root = members[-1]
    inside = {n.output for n in members}
    tensors: list[Value] = []
    scalars: list[Value] = []
    constants: list[Node] = []
    for node in members:
        for value in node.inputs:
            if value in inside:
                continue
            if isinstance(value.type, T.TensorType):
                if value not in tensors:
                    tensors.append(value)
            elif value.node.kind == "prim::Constant":
                if value.node not in constants:
                    constants.append(value.node)
            elif value not in scalars:
                scalars.append(value)
    body = Graph()
    mapping: dict[Value, Value] = {}
    for value in (*tensors, *scalars):
        mapping[value] = body.add_input(value.type, value.base_name)
    for node in (*constants, *members):
        body.block.append(body.clone_node(node, mapping))
    body.block.add_return(mapping[root.output])
    group = graph.create(
        "ts2cpp::FusionGroup", [*tensors, *scalars], [root.output.type], range=root.range, Subgraph=body
    )
    group.scope, group.stack = root.scope, root.stack
    group.insert_before(root)
    name = root.output.name
    root.output.replace_all_uses_with(group.output)
    for node in reversed(members):
        node.destroy()
    if name:
        group.output.set_name(name)
    return group
