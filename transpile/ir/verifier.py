"""Checking that a graph is well formed.

``findings(graph)`` lists what is wrong, each finding with its node; ``verify`` raises ``InvalidGraphError`` with the
graph's text and every finding under the node it is about.  The verifier runs after every pass in tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from transpile.core import types as T
from transpile.core.errors import InvalidGraphError
from transpile.ir.facts import is_known, terminates
from transpile.ir.graph import EXITS, Block, Graph, Node, Value
from transpile.ir.loops import LoopView, enclosing_loop
from transpile.ir.printer import print_node


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where."""

    node: Node
    message: str

    def __str__(self) -> str:
        line = print_node(self.node).splitlines()[0] if self.node.kind not in _INVISIBLE else self.node.kind
        return f"{line.strip()}\n  ^ {self.message}"


_INVISIBLE = frozenset(("prim::Param", "prim::Yield", "prim::ReturnBlock"))


def verify(graph: Graph) -> None:
    """Raise ``InvalidGraphError`` if anything is wrong with ``graph``."""
    found = findings(graph)
    if found:
        raise InvalidGraphError("the graph is not well formed:\n" + "\n".join(map(str, found)))


def findings(graph: Graph) -> list[Finding]:
    """Everything that is wrong with ``graph``, in the order of its nodes."""
    checker = _Checker(graph)
    checker.block(graph.block, frozenset())
    checker.names()
    for node in graph.walk():
        for inner in node.attributes.values():
            if isinstance(inner, Graph):
                checker.found += findings(inner)
    return checker.found


class _Checker:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.found: list[Finding] = []
        self.defined: set[Value] = set()

    def report(self, node: Node, message: str) -> None:
        self.found.append(Finding(node, message))

    # ---- structure
    def block(self, block: Block, visible: frozenset[Value]) -> None:
        """``visible`` are the values defined before the block's owner and around it."""
        self.links(block)
        known = set(visible)
        self.define(block.param_node, known)
        left: Node | None = None
        for node in block.nodes:
            if left is not None and node.kind != "prim::Uninitialized":  # lowering puts placeholders there for a while
                self.report(node, f"comes after {left.kind}, which leaves the block")
                left = None
            self.operands(node, known)
            self.node(node, known)
            self.define(node, known)
            if node.kind in EXITS:
                left = node
        self.operands(block.return_node, known)
        if block.last is not None and block.last.kind in EXITS and block.returns:
            self.report(block.last, "leaves its block, which yields values nevertheless")

    def links(self, block: Block) -> None:
        previous = block.param_node
        node = previous.next
        while node is not None:
            if node.prev is not previous:
                self.report(node, "the links of the block's list of nodes disagree")
                return
            if node.block is not block:
                self.report(node, "is in the list of a block that it does not belong to")
            if node.graph is not self.graph:
                self.report(node, "belongs to another graph")
            if node is block.return_node:
                return
            previous, node = node, node.next
        self.report(previous, "the block's list of nodes ends before its return")

    def define(self, node: Node, known: set[Value]) -> None:
        for value in node.outputs:
            if value in self.defined:
                self.report(node, f"%{value.unique_name} is defined twice")
            if value.node is not node:
                self.report(node, f"%{value.unique_name} says that another node defines it")
            self.defined.add(value)
            known.add(value)
            for use in value.uses:
                inputs = use.node.inputs
                if not (0 <= use.index < len(inputs) and inputs[use.index] is value):
                    self.report(node, f"%{value.unique_name} lists a use by {use.node.kind} that does not exist")

    def operands(self, node: Node, known: set[Value]) -> None:
        for index, value in enumerate(node.inputs):
            if value not in known:
                self.report(node, f"input {index}, %{value.unique_name}, is not defined before it")
            uses = [u for u in value.uses if u.node is node and u.index == index]
            if len(uses) != 1:
                self.report(node, f"%{value.unique_name} lists {len(uses)} uses for input {index}, not one")

    def names(self) -> None:
        names: dict[str, Value] = {}
        for value in self.defined:
            other = names.setdefault(value.unique_name, value)
            if other is not value:
                self.report(value.node, f"two values are called %{value.unique_name}")

    # ---- kinds
    def node(self, node: Node, known: set[Value]) -> None:
        inside = frozenset(known)
        for block in node.blocks:
            if block.owner is not node:
                self.report(node, "has a block that belongs to another node")
            self.block(block, inside)
        match node.kind:
            case "prim::If":
                self.if_(node)
            case "prim::Loop":
                self.loop(node)
            case "prim::Break" | "prim::Continue":
                self.loop_exit(node)
            case "prim::Return":
                if len(node.inputs) != 1:
                    self.report(node, f"returns {len(node.inputs)} values, not one")
            case "prim::Constant":
                self.constant(node)
            case _:
                if not is_known(node):
                    self.report(node, "is of a kind that is neither in the table of kinds nor a registered operator")
                if node.blocks:
                    self.report(node, "has blocks")
                if node.operator is not None:
                    self.schema(node)

    def if_(self, node: Node) -> None:
        if len(node.blocks) != 2:
            self.report(node, f"has {len(node.blocks)} blocks, not two")
            return
        if len(node.inputs) != 1 or node.input().type != T.BOOL:
            self.report(node, "takes one bool")
        yielding = [b for b in node.blocks if b.returns or not terminates(b)]
        for block in node.blocks:
            if block.params:
                self.report(node, "a branch has parameters")
        for block in yielding:
            self.agree(node, "output", node.outputs, block.returns)
        if not yielding and node.outputs:
            self.report(node, "has outputs although both branches leave")

    def loop(self, node: Node) -> None:
        loop = LoopView(node)
        kind, count = loop.form, loop.count
        if len(node.blocks) != (2 if kind == "while" else 1):
            self.report(node, f"has {len(node.blocks)} blocks")
            return
        body, leading = loop.body, loop.first_input
        if leading != {"": 2, "for": 1}.get(kind, leading) or leading not in (0, 1, 2):
            self.report(node, f"has {len(node.inputs)} inputs for {count} outputs")
            return
        if leading and node.input(0).type != T.INT:
            self.report(node, "the number of iterations is no int")
        if loop.start is not None and loop.start.type != T.BOOL:
            self.report(node, "the initial condition is no bool")
        self.agree(node, "carried value", node.outputs, loop.inits)
        if loop.first_param not in ((0, 1) if kind == "while" else (1,)):
            self.report(node, f"the body has {len(body.params)} parameters for {count} carried values")
        else:
            self.agree(node, "parameter", loop.params, loop.inits)
        if body.returns or not terminates(body):
            returns = list(body.returns)
            if not kind:
                if not returns or returns[0].type != T.BOOL:
                    self.report(node, "the body's first result is no bool")
                returns = returns[1:]
            self.agree(node, "result of the body", node.outputs, returns)
        condition = loop.condition
        if condition is not None:
            if len(condition.returns) != 1 or condition.returns[0].type != T.BOOL:
                self.report(node, "the condition yields no single bool")
            if len(condition.params) != count:
                self.report(node, f"the condition has {len(condition.params)} parameters for {count} carried values")

    def loop_exit(self, node: Node) -> None:
        loop = enclosing_loop(node)
        if loop is None:
            self.report(node, "is in no loop")
        elif not loop.is_structured:
            self.report(node, "is in a loop of the lowered form")
        elif not _is_inside(node, loop.body):
            self.report(node, "is in the condition of a loop")
        else:
            self.agree(node, "carried value", loop.node.outputs, node.inputs)

    def constant(self, node: Node) -> None:
        if len(node.outputs) != 1 or node.inputs:
            self.report(node, "has one output and no inputs")
            return
        value, type = node.attributes.get("value"), node.output.type
        expected: dict[T.Type, Any] = {T.INT: int, T.FLOAT: float, T.BOOL: bool, T.STR: str}
        if type in expected and value is not None:
            fits = isinstance(value, expected[type]) and not (type == T.INT and isinstance(value, bool))
            if not fits and not hasattr(value, "code"):
                self.report(node, f"holds {value!r}, which is no {type}")
        if type in expected and "value" not in node.attributes:
            self.report(node, f"holds nothing, which is no {type}")

    def agree(self, node: Node, what: str, wanted: Iterable[Value], given: Iterable[Value]) -> None:
        expected, values = list(wanted), list(given)
        if len(expected) != len(values):
            self.report(node, f"{what}s: {len(expected)} expected, {len(values)} given")
            return
        for index, (a, b) in enumerate(zip(expected, values, strict=True)):
            if not (T.is_subtype(b.type, a.type) or b.node.kind == "prim::Uninitialized"):
                self.report(node, f"{what} {index} is {b.type}, which is no {a.type}")

    def schema(self, node: Node) -> None:
        assert node.operator is not None
        schema = node.operator.schema
        if schema.name != node.kind:
            self.report(node, f"is bound to the operator {schema.qualified_name}")
            return
        arguments = schema.arguments
        if len(node.inputs) != len(arguments) and not (schema.is_vararg and len(node.inputs) >= len(arguments)):
            self.report(node, f"takes {len(arguments)} inputs ({schema}), not {len(node.inputs)}")
            return
        bound: dict[str, T.Type] = {}
        for argument, value in zip(arguments, node.inputs, strict=False):
            if not T.match_vars(argument.type, value.type, bound):
                self.report(node, f"argument '{argument.name}' is {value.type}, which is no {argument.type}")
        if not schema.is_varret and len(node.outputs) != len(schema.returns):
            self.report(node, f"gives {len(schema.returns)} values ({schema}), not {len(node.outputs)}")


def _is_inside(node: Node, block: Block) -> bool:
    """Whether the node is in the block, however deep."""
    current: Block | None = node.block
    while current is not None and current is not block:
        current = current.owner.block if current.owner is not None else None
    return current is block
