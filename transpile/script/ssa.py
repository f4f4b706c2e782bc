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
    alone = _goes_on_alone(node)
    declared = _joins(node)
    node.attributes.pop("joins", None)
    assigned = {n for n in _assigned(node) if scope.find(n) is not None}
    scopes = []
    for block in node.blocks:
        inner = _Scope(scope)
        _convert(block, inner, loops)
        scopes.append(inner)
    live = [(b, s) for b, s in zip(node.blocks, scopes, strict=True) if not terminates(b)]
    if not live:
        return
    for name in sorted(declared.keys() | assigned):
        yielded = []
        for block, inner in live:
            value = inner.find(name)
            assert value is not None
            block.add_return(value)
            yielded.append(value.type)
        if alone and name in declared:
            types = [declared[name], *yielded]
        else:  # a branch that ends in `break` or `continue` has its say, as in TorchScript
            types = [value.type for s in scopes if (value := s.find(name)) is not None]
        before = scope.find(name)
        wider = [declared[name]] if name in declared else [before.type] if before is not None else []
        output = node.add_output(T.NONE if set(yielded) == {T.NONE} else _unified(types, wider))
        if meaningful(name):
            output.set_name(name)
        scope.values[name] = output


def _joins(node: Node) -> dict[str, T.Type]:
    """The names that leave the branches of an ``If``, with the types that the emitter gives them behind it.

    They may be wider than the values: a variable of type ``Optional[int]`` that holds an ``int`` is one to the emitter only.
    """
    found: dict[str, T.Type] = node.attributes.get("joins", {})
    return found


def _goes_on_alone(node: Node) -> bool:
    """Whether a branch of an ``If`` leaves the function: the emitter's types hold behind it then, as in TorchScript."""
    return any(map(_leaves_function, node.blocks))


def _leaves_function(block: Block) -> bool:
    """Whether every way through the block ends in ``return`` or ``raise``."""
    last = block.last
    if last is None or not terminates(block):
        return False
    if last.kind == "prim::If":
        return all(map(_leaves_function, last.blocks))
    return last.kind not in ("prim::Break", "prim::Continue")


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
    """The type of a variable that goes round a loop: a variable that begins as ``None`` may come back as more.

    It covers whatever the body may yield: the values stored, and the branches that have the emitter's types.
    """
    nodes = [n for b in loop.blocks for n in b.walk()]
    uses = [n for n in nodes if n.attributes.get("name") == name]
    stored = [n.input(0).type for n in uses if n.kind == "prim::Store"]
    branches = (_joins(n) for n in nodes if n.kind == "prim::If" and _goes_on_alone(n))
    joined = [joins[name] for joins in branches if name in joins]
    return _unified([first, *stored, *joined], [n.output.type for n in uses if n.kind == "prim::Load"])


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
