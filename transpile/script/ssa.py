"""From loads and stores of named variables to SSA values.

    prim::Store[name="x"](%a)                     %x : int = prim::Loop[kind="for"](%n, %a)
    prim::Loop[kind="for"](%n)                      block0(%i : int, %x.1 : int):
      block0(%i : int):                 becomes       %x.2 : int = aten::add(%x.1, %i)
        %x.1 : int = prim::Load[name="x"]()           -> (%x.2)
        ...

Variables that a branch or a loop body assigns become outputs of the ``prim::If`` or ``prim::Loop``; ``prim::Break`` and
``prim::Continue`` get the values that the loop carries on at that point.  Comprehension scopes are dissolved.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.core.errors import InternalError
from transpile.ir.facts import terminates
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView
from transpile.script.environment import meaningful


class _Scope:
    """The values that the variables have at a point; assignments of outer variables are seen in inner scopes only."""

    def __init__(self, parent: _Scope | None) -> None:
        self.parent = parent
        self.values: dict[str, Value] = {}

    def find(self, name: str) -> Value | None:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None


def convert_to_ssa(graph: Graph) -> None:
    """Replace all ``prim::Load`` and ``prim::Store`` nodes of ``graph``."""
    _convert(graph.block, _Scope(None), [])


def _convert(block: Block, scope: _Scope, loops: list[list[str]]) -> None:
    for node in block.nodes:
        kind = node.kind
        if kind == "prim::Store":
            scope.values[node.attributes["name"]] = node.input(0)
            node.destroy()
        elif kind == "prim::Load":
            value = scope.find(node.attributes["name"])
            if value is None:
                raise InternalError(f"variable {node.attributes['name']} is read before it has a value")
            node.output.replace_all_uses_with(value)
            node.destroy()
        elif kind == "prim::If":
            _convert_if(node, scope, loops)
        elif kind == "prim::Loop":
            _convert_loop(node, scope, loops)
        elif kind == "prim::ComprehensionScope":
            _dissolve(node, scope, loops)
        elif kind in ("prim::Break", "prim::Continue"):
            for name in loops[-1]:
                value = scope.find(name)
                assert value is not None
                node.add_input(value)


def _convert_if(node: Node, scope: _Scope, loops: list[list[str]]) -> None:
    joins: dict[str, T.Type | None] = node.attributes.pop("joins", {})
    for name in _assigned(node):
        if name not in joins and scope.find(name) is not None:
            joins[name] = None  # assigned inside a nested loop or branch: the branches' values have the type
    scopes = []
    for block in node.blocks:
        inner = _Scope(scope)
        _convert(block, inner, loops)
        scopes.append(inner)
    live = [(b, s) for b, s in zip(node.blocks, scopes, strict=True) if not terminates(b)]
    if not live:
        return
    for name in sorted(joins):
        types = []
        for block, inner in live:
            value = inner.find(name)
            assert value is not None
            block.add_return(value)
            types.append(value.type)
        before = scope.find(name)
        joined = joins[name] or _unified(types, [before.type] if before is not None else [])
        output = node.add_output(T.NONE if set(types) == {T.NONE} else joined)
        if meaningful(name):
            output.set_name(name)
        scope.values[name] = output


def _unified(types: list[T.Type], before: list[T.Type]) -> T.Type:
    """What all ``types`` have in common: for members of a union the type that the variable had ``before``."""
    result = types[0]
    for type in types[1:]:
        joined = T.unify(result, type)
        if joined is None:
            wider = (t for t in before if all(T.is_subtype(member, t) for member in types))
            return next(wider, T.union(tuple(types)))
        result = joined
    return result


def _convert_loop(node: Node, scope: _Scope, loops: list[list[str]]) -> None:
    names = sorted(n for n in _assigned(node) if scope.find(n) is not None)
    outside = _Scope(scope)
    loop = LoopView(node)
    types = []
    for name in names:
        value = scope.find(name)
        assert value is not None
        node.add_input(value)
        types.append(_carried_type(node, name, value.type))
    inner = _enter(loop.body, outside, names, types)
    loops.append(names)
    _convert(loop.body, inner, loops)
    loops.pop()
    if not terminates(loop.body):
        for name in names:
            last = inner.find(name)
            assert last is not None
            loop.body.add_return(last)
    if loop.condition is not None:
        _convert(loop.condition, _enter(loop.condition, outside, names, types), loops)
    for name, type in zip(names, types, strict=True):
        output = node.add_output(type)
        if meaningful(name):
            output.set_name(name)
        scope.values[name] = output


def _carried_type(loop: Node, name: str, first: T.Type) -> T.Type:
    """The type of a variable that goes round a loop: a variable that begins as ``None`` may come back as more."""
    uses = [n for b in loop.blocks for n in b.walk() if n.attributes.get("name") == name]
    stored = [n.input(0).type for n in uses if n.kind == "prim::Store"]
    return _unified([first, *stored], [n.output.type for n in uses if n.kind == "prim::Load"])


def _enter(block: Block, outside: _Scope, names: list[str], types: list[T.Type]) -> _Scope:
    scope = _Scope(outside)
    for name, type in zip(names, types, strict=True):
        scope.values[name] = block.add_param(type, name if meaningful(name) else "")
    return scope


def _assigned(node: Node) -> set[str]:
    """The names stored anywhere inside the node's blocks."""
    return {n.attributes["name"] for block in node.blocks for n in block.walk() if n.kind == "prim::Store"}


def _dissolve(node: Node, scope: _Scope, loops: list[list[str]]) -> None:
    block = node.blocks[0]
    _convert(block, _Scope(scope), loops)
    for inner in list(block.nodes):
        inner.move_before(node)
    node.destroy()
