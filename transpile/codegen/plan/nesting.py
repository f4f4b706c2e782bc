"""Decides which nodes become part of a larger expression, which need no code, and which get a statement.

A node is written inside its only user if the order of everything observable stays the same: between the two there is
nothing that writes memory, has an effect, or raises (unless the node itself neither reads memory nor raises).  Of the operands of
one expression only one may raise, unless C++ evaluates them in order or they raise one and the same error.
Tensor operators nest as they do in Python: what has a name there, or stands on another line, gets a statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from transpile.codegen.plan.program import is_object
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.cpp.spelling import Argument
from transpile.ir.facts import (
    changes_sizes,
    changes_state,
    compared_with_itself,
    is_call,
    may_raise,
    needs_statement,
    raise_alike,
    reads_memory,
    reads_sizes,
)
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView

_RETURNS = ("prim::Return", "prim::ReturnBlock")
# Whose statements begin with what a call gives them.
_TAKERS = (*_RETURNS, "prim::TupleUnpack", "prim::If", "prim::SetAttr")
# Where what has an effect is run first of all that a statement does.
_ENDS = (*_RETURNS, "prim::If")


_GENERATORS = (T.GENERATOR, T.OptionalType(T.GENERATOR))  # not an argument in C++


def is_ignored_use(node: Node, index: int) -> bool:
    """Whether the C++ call does not pass input ``index`` (device, layout...)."""
    if node.operator is None:
        return False
    if compared_with_itself(node) is not None:
        return True
    arguments = node.operator.schema.arguments
    spelling = node.operator.spelling
    if index >= len(arguments):
        return spelling is not None and not spelling.takes_others
    if spelling is None or arguments[index].type in _GENERATORS:
        return arguments[index].ignored
    position = index - sum(a.ignored or a.type in _GENERATORS for a in arguments[:index])
    return arguments[index].ignored or position not in spelling.arguments


@dataclass(frozen=True)
class Nesting:
    """The decisions for one graph.

    ``dropped`` nodes need no code, ``nested`` ones are written inside their users, ``expression_ifs`` are those ``prim::If`` that
    are expressions; all others are statements.
    """

    dropped: frozenset[Node]
    nested: frozenset[Node]
    expression_ifs: frozenset[Node]

    def uses(self, value: Value) -> Iterator[tuple[Node, int]]:
        """The uses that reach C++."""
        return _uses(value, self.dropped)

    def is_used(self, value: Value) -> bool:
        """Whether any use of the value reaches C++."""
        return any(True for _ in self.uses(value))

    def without(self, nodes: Collection[Node]) -> Nesting:
        """The same, but ``nodes`` are not nested."""
        return replace(self, nested=self.nested.difference(nodes))

    def including(self, nodes: Collection[Node]) -> Nesting:
        """The same, but ``nodes`` are nested: in the heads of loops."""
        return replace(self, nested=self.nested.union(nodes))


def decide_nesting(graph: Graph, paths: Collection[Value]) -> Nesting:
    """What is a statement in a graph and what is not; ``paths`` are the values that are members of ``self``."""
    decided = _Decisions(graph, paths)
    return Nesting(frozenset(decided.dropped), frozenset(decided.nested), frozenset(decided.expression_ifs))


def _uses(value: Value, dropped: Collection[Node]) -> Iterator[tuple[Node, int]]:
    for use in value.uses:
        if use.node not in dropped and not is_ignored_use(use.node, use.index):
            yield use.node, use.index


class _Decisions:
    """Decides block by block, from the last node to the first, so that a node's users are decided before it."""

    def __init__(self, graph: Graph, paths: Collection[Value]) -> None:
        self.dropped: set[Node] = set()
        self.nested: set[Node] = set()
        self.expression_ifs: set[Node] = set()
        self.paths = paths
        self._extents = _Extents(graph)
        self._block(graph.block)

    def uses(self, value: Value) -> Iterator[tuple[Node, int]]:
        return _uses(value, self.dropped)

    def _block(self, block: Block) -> None:
        for node in block.reversed_nodes:
            if not changes_state(node) and not any(True for v in node.outputs for _ in self.uses(v)):
                self._drop(node)
                continue
            for inner in reversed(node.blocks):
                self._block(inner)
            if node.kind == "prim::If" and self._is_expression(node):
                self.expression_ifs.add(node)
            if self._may_inline(node):
                self.nested.add(node)

    def _drop(self, node: Node) -> None:
        self.dropped.add(node)
        for block in node.blocks:
            self.dropped.add(block.return_node)
            for inner in block.walk():
                self.dropped.add(inner)
                self.dropped.update(b.return_node for b in inner.blocks)

    def _is_expression(self, node: Node) -> bool:
        """``a and b``, ``a or b`` and conditional expressions: one output and nothing but expressions inside."""
        if len(node.outputs) != 1 or not (is_simple(node.output.type) or self._chooses(node)):
            return False
        if changes_state(node) and not (is_logical(node) and one_line(node)):
            return False
        for block in node.blocks:
            if block.exit is not None or len(block.returns) != 1:
                return False
            for inner in block.nodes:
                if inner not in self.nested and inner not in self.dropped:
                    return False
            if block.returns[0].type != node.output.type:
                return False
        if _updates_variable(node):
            return False
        # Nested conditional expressions are hard to read unless they are `and` / `or`.
        return is_logical(node) or not any(
            n.kind == "prim::If" and not is_logical(n) for b in node.blocks for n in b.nodes
        )

    def _chooses(self, node: Node) -> bool:
        """Whether an ``If`` gives one of two tensors, each of them a short expression, and errors come from one line."""
        if len(node.outputs) != 1 or not isinstance(node.output.type, T.TensorType) or not one_line(node):
            return False
        return all(
            b.exit is None and not any(n.blocks or changes_state(n) or is_call(n) for n in b.nodes)
            and (b.returns[0].node.block is not b or self._extents.fits(b.returns[0].node))
            and b.returns[0].node.kind != "prim::Uninitialized"
            for b in node.blocks
        )  # fmt: skip

    def _is_choice_of(self, user: Node) -> bool:
        """Whether ``user`` yields what a conditional expression gives."""
        owner = user.block.owner if user.kind == "prim::Yield" and user.block is not None else None
        return owner is not None and owner.kind == "prim::If" and self._chooses(owner)

    def _may_inline(self, node: Node) -> bool:
        if node.kind == "prim::Constant":
            return not isinstance(node.output.type, T.TensorType)
        if node.kind == "prim::Uninitialized":
            return True
        if len(node.outputs) != 1 or node.output in self.paths:
            return len(node.outputs) == 1
        uses = list(self.uses(node.output))
        if node.kind in ("prim::dtype", "prim::TupleIndex", "prim::unchecked_cast") and _is_access(node):
            # A tensor's dtype and a tuple never change; being read at the uses keeps the variable alive until then.
            return True
        if node.kind == "aten::dim" and len(uses) > 1 and not _is_named(node.output):
            return self._may_stand_at(node, [user for user, _ in uses])
        if node.output.type == T.NONE:
            return False  # a statement: where its value is used, None is written
        if needs_statement(node):
            return False
        if len(uses) == 1 and is_call(node) and self._takes_call(node, uses[0][0]):
            return True
        if len(uses) == 1 and node in self.expression_ifs and changes_state(node):
            return uses[0][0].kind in _ENDS and self._is_next(node, uses[0][0])
        if node.kind == "prim::GetAttr":
            return self._may_name_attribute(node, [user for user, _ in uses])
        if len(uses) != 1 or changes_state(node):
            return False
        if node.blocks and node not in self.expression_ifs:
            return False
        user = uses[0][0]
        if node.blocks and isinstance(node.output.type, T.TensorType) and user.kind not in _RETURNS:
            return False
        if user.block is not node.block or (
            user.kind == "prim::Loop"
            and (reads_memory(node) or node.kind == "aten::len" or LoopView(user).trip_count is not node.output)
        ):
            return False
        if isinstance(node.output.type, T.TensorType) and node.kind != "prim::Uninitialized":
            if (
                user.kind not in (*_RETURNS, "prim::SetAttr")
                and not self._chains(node, user)
                and not self._is_choice_of(user)
            ):
                return False
        if _is_tensor_list_op(node) and user.kind not in (*_RETURNS, "prim::ListUnpack"):
            return False
        if not nests_well(node, user):
            return False
        site = self._site(user)
        if site is None or site.block is not node.block:
            return False
        if site.kind == "prim::Loop" and (reads_memory(node) or (reads_sizes(node) and _resizes(site, node))):
            return False  # C++ evaluates the head of a loop again and again
        return self._may_cross(node, site)

    def _may_name_attribute(self, node: Node, users: list[Node]) -> bool:
        """Whether an attribute of an object can be named wherever its value is used: nothing comes between."""
        owner = node.input(0).node
        if len(users) > 1 and owner in self.nested and owner.kind != "prim::GetAttr":
            return False
        return self._may_stand_at(node, users) and not any(self._is_kept_by_a_call(node, user) for user in users)

    def _may_stand_at(self, node: Node, users: list[Node]) -> bool:
        """Whether what costs nothing can be written again wherever its value is used: nothing comes between."""
        for user in users:
            site = self._site(user) if user.block is node.block and user.kind != "prim::Loop" else None
            if (
                site is None
                or site.block is not node.block
                or site.kind == "prim::Loop"
                or not self._may_cross(node, site)
            ):
                return False
        return True

    def _is_kept_by_a_call(self, node: Node, user: Node) -> bool:
        """Whether a called function gets a reference to the attribute itself, and would see it change."""
        while user.kind in ("prim::unchecked_cast", "prim::TupleIndex") and len(user.output.uses) == 1:
            user = user.output.uses[0].node
        return is_call(user) and node.output.type not in (T.INT, T.FLOAT, T.BOOL)

    def _site(self, user: Node) -> Node | None:
        """The node in whose statement ``user`` is written; ``None`` if that is more than one."""
        while user in self.nested:
            uses = list(self.uses(user.output))
            if len(uses) != 1:
                return None
            user = uses[0][0]
        return user

    def _chains(self, node: Node, user: Node) -> bool:
        """Whether Python writes ``node`` inside ``user``, both on one line: calls of operators, functions and methods."""
        if _is_named(node.output) or "ts2cpp::FusionGroup" in (node.kind, user.kind) or _is_object_call(user):
            return False
        if user.operator is None and user.kind not in _CHAINING:
            return False
        here, there = node.user_range, user.user_range
        if there is None and user.kind in ("prim::TupleConstruct", "prim::ListConstruct"):
            # Made of what stands together in Python: what is written inside shares a line.
            beside = (v.node.user_range for v in user.inputs if v.node in self.nested and not v.is_constant)
            there = next((r for r in beside if r is not None), here)
        if there is None and user.kind == "prim::TupleIndex":
            there = here  # a pass has made it, of what was taken apart
        if here is None or there is None or (here.filename, here.line) != (there.filename, there.line):
            return False
        if not self._stays_on_line(user, (here.filename, here.line)):
            return False
        return self._extents.fits(node)

    def _stays_on_line(self, node: Node, line: tuple[str, int]) -> bool:
        """Whether all that ``node`` is written in belongs to a line: numbers may be written further down than they stand."""
        while node in self.nested:
            where = node.user_range
            if where is not None and (where.filename, where.line) != line:
                return False
            uses = list(self.uses(node.output))
            if len(uses) != 1:
                return False
            node = uses[0][0]
        where = node.user_range if node.kind not in ("prim::If", *_RETURNS) else None
        return where is None or (where.filename, where.line) == line

    def _takes_call(self, call: Node, user: Node) -> bool:
        """Whether the statement that ``user`` is or is written in runs a call where it is used, before all else that it does."""
        if (user.kind in _TAKERS or _yields_condition(user)) and user not in self.nested:
            return self._is_next(call, user)
        node = call
        while call.operator is None and self._chains(node, user) and user.block is node.block:
            if user.kind == "prim::TupleIndex" and len(list(self.uses(user.output))) != 1:
                return False
            if any(
                v is not node.output and v not in self.paths and self._is_evaluated_here(v.node) for v in user.inputs
            ):
                return False
            if user not in self.nested:
                return self._is_next(call, user)
            node, (user, _) = user, next(self.uses(user.output))
            if (user.kind in _ENDS or _yields_condition(user)) and user not in self.nested:
                return self._is_next(call, user)
        return False

    def _is_evaluated_here(self, node: Node) -> bool:
        """Whether a node is part of the expression of its user, and it matters when it runs."""
        return node in self.nested and (may_raise(node) or reads_memory(node) or reads_sizes(node))

    def _is_next(self, node: Node, user: Node) -> bool:
        """Whether no statement comes between the two."""
        if user.block is not node.block:
            return False
        between = node.next
        while between is not None and between is not user:
            if between not in self.dropped and between not in self.nested:
                return False
            between = between.next
        return True

    def _may_cross(self, node: Node, user: Node) -> bool:
        """Whether ``node`` may be run where the statement of ``user`` is, after all that comes between."""
        raises, reads, sizes = may_raise(node), reads_memory(node), reads_sizes(node)
        if not raises and not reads and not sizes:
            return True
        passed: list[Node] = []
        between = node.next
        while between is not None and between is not user:
            passed.append(between)
            between = between.next
        for other in passed:
            if other in self.dropped:
                continue
            if other in self.nested:
                site = self._site(other)
                differ = raises and may_raise(other) and not raise_alike(node, other)
                changed = (raises or reads) and changes_state(other)
                if site is user and (differ or changed) and not self._runs_before(node, other):
                    return False
                if site not in passed:
                    continue  # written as late as ``node`` is, or later
            if (raises or reads) and changes_state(other):
                return False
            if (raises and may_raise(other)) or (sizes and _resizes(other, node)):
                return False
        return True

    def _runs_before(self, first: Node, second: Node) -> bool:
        """Whether C++ runs ``first`` before ``second`` inside the statement that both are written in."""
        towards: dict[Node, int] = {}  # what ``first`` is part of, and as which input
        for user, index in self._users(first):
            towards[user] = index
        if second in towards:
            return True
        for user, index in self._users(second):
            if user in towards:
                return self._is_ordered(user, towards[user], index)
        return False

    def _users(self, node: Node) -> Iterator[tuple[Node, int]]:
        """The nodes that a nested node is written in, the next one first."""
        while True:
            user, index = next(self.uses(node.output))
            yield user, index
            if user not in self.nested:
                return
            node = user

    def _is_ordered(self, node: Node, first: int, second: int) -> bool:
        """Whether C++ evaluates one operand of a node before another: in braces it does, of a call only what is called."""
        if node.kind in ("prim::ListConstruct", "prim::DictConstruct"):
            return first < second
        if node.kind == "prim::TupleConstruct":
            return first < second and next(self.uses(node.output))[0].kind != "aten::percentFormat"
        if node.kind == "prim::SetAttr":
            return first > second  # the value of an assignment comes first
        if node.kind == "prim::CallMethod":
            return first == 0
        spelling = node.operator.spelling if node.operator is not None else None
        match spelling.expression if spelling is not None else None:
            case C.Call(C.Member(Argument(called))):
                return first == called
        return False


def _resizes(node: Node, reader: Node) -> bool:
    """Whether ``node`` may change the sizes of a tensor that ``reader`` asks; a function only those of what it is given."""
    if node.blocks:
        return any(_resizes(inner, reader) for block in node.blocks for inner in block.nodes)
    return changes_sizes(node) and (not is_call(node) or any(v in reader.inputs for v in node.inputs))


def _updates_variable(node: Node) -> bool:
    """Whether an ``If`` of the user gives a variable a new value or leaves it as it is: a statement reads better."""
    if node.stack:
        return False
    name = node.output.base_name
    kept = [
        v for b in node.blocks for v in b.returns if v.node.block not in node.blocks and v.node.kind != "prim::Constant"
    ]
    return bool(name) and not is_logical(node) and any(v.base_name == name for v in kept)


def _is_access(node: Node) -> bool:
    """Whether a node reads an element of a tuple, an optional, or one alternative of a union, and so costs nothing."""
    if node.kind != "prim::unchecked_cast":
        return not may_raise(node)
    given, wanted = node.input().type, node.output.type
    if isinstance(given, T.UnionType):
        return wanted in given.members
    if isinstance(given, T.OptionalType):
        return wanted in (given.element, given)
    return given != T.ANY or wanted == T.ANY


def is_simple(type: T.Type) -> bool:
    """Values that an expression of several operators may produce: numbers and strings."""
    return isinstance(type, T.SimpleType) and type != T.NONE


def is_logical(node: Node) -> bool:
    """Whether an ``If`` stands for ``a and b`` or ``a or b``."""
    if node.kind != "prim::If" or len(node.outputs) != 1 or node.output.type != T.BOOL:
        return False
    then, otherwise = (b.returns[0].constant if b.returns else None for b in node.blocks)
    return then is True or otherwise is False


def one_line(node: Node) -> bool:
    """Whether all that may raise in the blocks of an ``If`` stands on one line."""
    raising = [n.user_range for b in node.blocks for n in b.walk() if may_raise(n) or changes_state(n)]
    return len({(where.filename, where.line) if where is not None else None for where in raising}) <= 1


def _yields_condition(node: Node) -> bool:
    """Whether a node gives the second operand of ``a and b`` or ``a or b``."""
    owner = node.block.owner if node.kind == "prim::Yield" and node.block is not None else None
    return owner is not None and is_logical(owner) and one_line(owner)


def _is_tensor_list_op(node: Node) -> bool:
    return node.operator is not None and node.output.type == T.ListType(T.TENSOR) and not node.kind.startswith("prim::")


# A call that nests as deep as this gets a name, and one that takes more room than this.
_LONGEST_CHAIN = 5
_WIDEST = 90
_CHAINING = (
    "prim::CallFunction", "prim::CallMethod", "prim::TupleConstruct", "prim::ListConstruct", "prim::TupleIndex",
    "ts2cpp::Assign", "ts2cpp::conv1d", "ts2cpp::conv2d", "ts2cpp::linear",
)  # fmt: skip


def _is_named(value: Value) -> bool:
    return bool(value.base_name) and not value.base_name.isdigit()


def _is_object_call(node: Node) -> bool:
    """Whether a method of an object is called, which may be reached through what its arguments compute."""
    return node.kind == "prim::CallMethod" and is_object(node.input(0))


class _Extents:
    """How deep the calls nest that a node makes with what may be written inside, and about how many columns that takes.

    What is too deep or too wide has a name instead.
    """

    def __init__(self, graph: Graph) -> None:
        self._depths: dict[Node, int] = {}
        self._widths: dict[Node, int] = {}
        for node in graph.walk():
            inner = [v.node for v in node.inputs if _may_be_chained(v, node) and self.fits(v.node)]
            self._depths[node] = 1 + max((self._depths[n] for n in inner), default=0)
            self._widths[node] = self._width(node, inner)

    def fits(self, node: Node) -> bool:
        """Whether a node may be written inside another."""
        return self._depths.get(node, 1) < _LONGEST_CHAIN and self._widths.get(node, 0) <= _WIDEST

    def _width(self, node: Node, inner: Collection[Node]) -> int:
        if node.kind == "prim::Constant":
            return len(str(node.output.literal)) if node.output.type != T.NONE else 0
        if node.kind == "prim::GetAttr":
            owner = node.input().node
            return len(str(node.attributes["name"])) + (1 + self._widths[owner] if owner.inputs else 0)
        total = len(node.kind) + 1
        for value in node.inputs:
            source = value.node
            simple = is_simple(value.type) and len(value.uses) == 1
            simple = simple or source.kind in ("prim::Constant", "prim::GetAttr", "prim::ListConstruct")
            if source in inner or (simple and not _is_named(value) and not source.blocks):
                total += self._widths.get(source, 0) + 2
            else:
                total += (len(value.base_name) or 8) + 2
        return total


def _may_be_chained(value: Value, user: Node) -> bool:
    return (
        value.node.block is user.block and len(value.uses) == 1 and isinstance(value.type, T.TensorType)
        and not value.is_block_param and not _is_named(value)
        and value.node.kind not in ("prim::Constant", "prim::GetAttr")
    )  # fmt: skip


def nests_well(node: Node, user: Node) -> bool:
    """Whether writing ``node`` inside ``user`` keeps the line readable."""
    if node.kind in ("prim::DictConstruct", "prim::ListConstruct"):
        return user.operator is not None or user.kind in (
            "prim::Return", "prim::ReturnBlock", "prim::TupleConstruct", "prim::ListConstruct", "prim::ListUnpack",
            "prim::CallFunction", "prim::CallMethod", "prim::SetAttr",
        )  # fmt: skip
    return _depth(node) <= 4


def _depth(node: Node) -> int:
    """How deep the expression would nest if everything that may be written inside it were."""
    inner = (
        v.node for v in node.inputs
        if v.node.block is node.block and len(v.uses) == 1 and is_simple(v.type) and v.node.kind != "prim::Constant"
        and not v.is_block_param and (v.node.operator is not None or v.node.kind == "prim::If")
    )  # fmt: skip
    return 1 + max((_depth(n) for n in inner), default=0)
