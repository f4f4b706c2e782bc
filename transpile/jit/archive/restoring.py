"""Objects with ``__setstate__``: what the method would leave in the attributes, without running it as a program.

Most such methods hand parts of the state on to attributes and begin others empty.  Those are followed: each node is one step of
bounded size, so the length of the code bounds all.  A method that loops, calls or computes tensors is refused.
"""

from __future__ import annotations

from typing import Any

from transpile.core import types as T
from transpile.core.errors import ArchiveError
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Node
from transpile.jit.interpreter.machine import run_graph

METHOD = "__setstate__"
_PLAIN = frozenset(
    """prim::Constant prim::GetAttr prim::If prim::RaiseException prim::TupleIndex prim::TupleUnpack prim::unchecked_cast
    prim::Uninitialized aten::len aten::__is__ aten::__isnot__ aten::__not__""".split()
)
_COMPARISONS = frozenset(("aten::eq", "aten::ne", "aten::lt", "aten::le", "aten::gt", "aten::ge"))
_NUMBERS = (T.INT, T.FLOAT, T.BOOL)


def restore(made: ScriptObject, method: Function, state: Any, entry: str) -> None:
    """Give ``made`` the attributes that ``method`` assigns for ``state``; ``ArchiveError`` if it does more."""
    graph = method.graph
    for node in graph.walk():
        if not _is_followed(node, graph):
            raise ArchiveError(
                f"objects of {made.type.name} are restored by their method {METHOD}, which does more than to hand on what it "
                f"is given ({node.kind}), and no code is run to read an archive",
                entry,
            )
    try:
        run_graph(graph, [made, state])
    except Exception as error:  # whatever the state is not: one of these operators says so
        raise ArchiveError(f"{METHOD} of {made.type.name} fails: {error}", entry) from None


def _is_followed(node: Node, graph: Graph) -> bool:
    owner = graph.inputs[0]
    if node.kind == "prim::SetAttr":
        return node.input(0) is owner and node.input(1) is not owner
    if node.kind in (
        "prim::ListConstruct",
        "prim::DictConstruct",
    ):  # others could double what they hold, again and again
        return all(v.is_constant for v in node.inputs)
    if node.kind == "aten::__getitem__":
        return isinstance(node.input(0).type, (T.ListType, T.DictType))
    if node.kind in _COMPARISONS:
        return all(v.type in _NUMBERS for v in node.inputs)
    return node.kind in _PLAIN
