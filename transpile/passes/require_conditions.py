"""A check that raises unless a condition holds becomes one node, as it is one call in C++.

Before::

    %wrong : bool = aten::ne(%dim, %4)
     = prim::If(%wrong)
      block0():
        %text : str = aten::format(%template, %dim)
        prim::RaiseException(%text, %class)
      block1():
        -> ()

After::

    %wrong : bool = aten::ne(%dim, %4)
     = ts2cpp::Require[holds=0](%wrong, %class, %template, %dim)

C++ evaluates the operands of the message before it looks at the condition: they must cost nothing and not fail.
"""

from __future__ import annotations

from transpile.ir.facts import changes_state, may_raise, reads_memory, reads_sizes
from transpile.ir.graph import Block, Graph, Node, Value


def require_conditions(graph: Graph, context: object = None) -> bool:
    """Make one node of every ``prim::If`` that only raises."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "prim::If" and not node.outputs:
            first, second = node.blocks
            for raising, other, holds in ((first, second, False), (second, first, True)):
                if not list(other.nodes) and other.exit is None and _require(graph, node, raising, holds=holds):
                    changed = True
                    break
    return changed


def _require(graph: Graph, node: Node, block: Block, *, holds: bool) -> bool:
    nodes = [n for n in block.nodes if n.kind != "prim::Constant"]
    if not nodes or nodes[-1].kind != "prim::RaiseException" or len(nodes[-1].inputs) != 2:
        return False
    error = nodes.pop()
    name, message = error.input(1), error.input(0)
    if name.constant_as(str) is None or _fails_elsewhere(node.input(), node, error):
        return False
    operands = [message]
    if message.node.kind == "aten::format" and message.node in nodes:
        operands = list(message.node.inputs)
        nodes.remove(message.node)
    if operands[0].constant_as(str) is None or not all(map(_is_free, nodes)):
        return False
    operands = _with_constants(graph, node, operands)
    made = graph.create("ts2cpp::Require", [node.input(), name, *operands], [], range=error.range, holds=int(holds))
    made.stack, made.scope = error.stack, error.scope
    for inner in list(block.nodes):
        if inner is not error and inner.kind != "aten::format":
            inner.move_before(node)
    made.insert_before(node)
    node.destroy()
    return True


def _with_constants(graph: Graph, node: Node, operands: list[Value]) -> list[Value]:
    """The template and its operands; what is known of these is part of the template."""
    parts = str(operands[0].constant).split("{}")
    if len(operands) == 1 or len(parts) != len(operands):
        return operands
    text, kept = parts[0], []
    for value, part in zip(operands[1:], parts[1:], strict=True):
        known = value.literal
        if type(known) in (int, str) and not {"{", "}"} & set(str(known)):
            text += f"{known}{part}"
        else:
            text += f"{{}}{part}"
            kept.append(value)
    if not kept:
        return operands  # a template without operands is no template
    template = graph.create_constant(text, range=operands[0].node.range).insert_before(node).output
    return [template, *kept]


def _is_free(node: Node) -> bool:
    """Whether it matters to nobody that a node is run: it asks how many dimensions there are, and the like."""
    return reads_sizes(node) and not (may_raise(node) or changes_state(node) or reads_memory(node))


def _fails_elsewhere(condition: Value, check: Node, error: Node) -> bool:
    """Whether what the condition is made of may raise, on another line than ``error``."""
    if _line(check) == _line(error):
        return False
    todo, seen = [condition], set()
    while todo:
        node = todo.pop().node
        if node in seen or node.block is not check.block:
            continue
        seen.add(node)
        if (may_raise(node) or node.blocks) and _line(node) != _line(error) and len(node.outputs[0].uses) == 1:
            return True
        todo += node.inputs
    return False


def _line(node: Node) -> tuple[str, int] | None:
    where = node.user_range
    return (where.filename, where.line) if where is not None else None
