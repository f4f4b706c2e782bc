"""Which statements tell the Python line that an error comes from, and which line that is."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath

from transpile.codegen.plan.nesting import Nesting
from transpile.codegen.plan.steps import Mark, Remark, Step
from transpile.ir.facts import changes_state, may_fail, may_raise
from transpile.ir.graph import EXITS, Node


class Lines:
    """Hands out the markers of one function, in the order of writing: one for each line that can fail.

    ``current`` is the line that control is known to have passed last, ``None`` where that depends.  What is ``safe`` raises only
    for other values than it is given.
    """

    def __init__(self, file: str, nesting: Nesting, safe: Collection[Node] = ()) -> None:
        self._file = file
        self._nesting = nesting
        self._safe = safe
        self.current: int | None = None
        self.any = False

    def before(self, node: Node) -> list[Step]:
        """The marker, or for a loop the comment, that goes before the statement of a node."""
        where = node.user_range
        if node in self._nesting.expression_ifs:
            # One line of the branches is what can fail.
            inside = (n for b in node.blocks for n in b.walk() if may_raise(n) or changes_state(n))
            where = next((r for r in (n.user_range for n in inside) if r is not None), where)
        if where is None:
            inner = (v.node.user_range for v in node.inputs if v.node in self._nesting.nested)
            where = next((r for r in inner if r is not None), None)
        if where is None or where.line == self.current or where.filename != self._file:
            return []
        text = f"{PurePath(where.filename).name}:{where.line}  {where.text}".rstrip()
        if node.kind == "prim::Loop":
            return [Remark(text)]
        if not self.may_raise(node):
            return []
        self.current = where.line
        self.any = True
        return [Mark(where.line, text)]

    def may_raise(self, node: Node) -> bool:
        """Whether the node, or anything that is written inside its statement, can raise."""
        if node.kind not in ("prim::If", "prim::Return") and node.kind not in EXITS:
            if node not in self._safe and (may_raise(node) or changes_state(node)):
                return True
        elif node in self._nesting.expression_ifs and may_raise(node):
            return True
        return any(self.may_raise(v.node) for v in node.inputs if v.node in self._nesting.nested)

    def may_fail(self, node: Node) -> bool:
        """Whether the node, or anything that is written inside its expression, raises for some values."""
        inside = [v.node for v in node.inputs] + [n for b in node.blocks for n in b.walk()]
        own = not node.blocks and may_fail(node)
        return own or any(self.may_fail(n) for n in inside if n in self._nesting.nested and n is not node)
