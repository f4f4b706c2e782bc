"""From one recording with nested scopes to one graph for each call of a submodule.

While a module is traced, the operators of a submodule's call are nodes of a block of their own (``prim::TracedModuleForward``)
but use whatever values they like.  Lifting makes a function of each block:

1. attributes become ``prim::GetAttr`` chains from the ``self`` of the block they are used in, if they are below it, and
   arguments otherwise;
2. values that later nodes outside of the block use become results;
3. values from outside become arguments;
4. the block becomes the method ``forward`` (``forward1`` for the second call...) and the node a ``prim::CallMethod``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.trace.export_form import unspecialised
from transpile.trace.module_tree import ModuleTree, Path

SCOPE = "prim::TracedModuleForward"


@dataclass
class LiftedMethod:
    """A method that lifting has made: the body of one call of the submodule at ``path``.

    ``names`` are what Python calls its parameters, empty where it has no name for one.
    """

    path: Path
    owner: T.ClassType
    name: str
    graph: Graph
    names: list[str]


def lift_scopes(graph: Graph, modules: ModuleTree) -> list[LiftedMethod]:
    """Lift all scopes of ``graph``, whose first parameter is the traced module; innermost methods come first.

    The names are those that come next for each class; the caller adds the methods to the classes.
    """
    _resolve_attributes(graph.block, (), graph.inputs[0], modules)
    dominance = _Dominance()
    dominance.block(graph.block)
    _results_to_tuples(graph.block, dominance.moved)
    captures = _Captures(dominance.moved)
    captures.block(graph.block)
    lifted: list[LiftedMethod] = []
    _make_methods(graph.block, modules, captures, {}, lifted)
    return lifted


def _is_scope(node: Node) -> bool:
    return node.kind == SCOPE


def _has_body(node: Node) -> bool:
    return _is_scope(node) or node.kind == "prim::TracedFork"


# ---- 1. attributes


def _resolve_attributes(block: Block, prefix: Path, self_value: Value, modules: ModuleTree) -> list[Value]:
    """Replace the attributes used in ``block``; gives those that are not below ``prefix``, which became parameters."""
    local: dict[Path, Value] = {}
    outside: list[Value] = []

    def resolved(attribute: Value) -> Value:
        path: Path = attribute.node.attributes["path"]
        if path not in local:
            if path[: len(prefix)] == prefix:
                local[path] = _chain(block, self_value, path[len(prefix) :])
            else:
                local[path] = block.add_param(attribute.type)
                outside.append(attribute)
        return local[path]

    for node in [*block.nodes, block.return_node]:
        if _is_scope(node):
            path: Path = node.attributes["path"]
            inner = node.blocks[0]
            node.add_input(node.graph.create("prim::TracedAttr", (), [modules.type_at(path)], path=path).output)
            inner_self = inner.add_param(modules.type_at(path), "self")
            for attribute in _resolve_attributes(inner, path, inner_self, modules):
                node.add_input(attribute)
        else:
            for child in node.blocks:
                for attribute in _resolve_attributes(child, prefix, self_value, modules):
                    node.add_input(attribute)
        for index, value in enumerate(list(node.inputs)):
            if value.node.kind == "prim::TracedAttr":
                node.replace_input(index, resolved(value))
    return outside


def _chain(block: Block, value: Value, path: Path) -> Value:
    first = block.param_node.next
    assert first is not None
    for name in path:
        assert isinstance(value.type, T.ClassType)
        type = value.type.attributes[name].type
        node = block.graph.create("prim::GetAttr", [value], [type], name=name)
        node.range, node.scope = None, ""
        value = node.insert_before(first).output
        value.set_name(name if name.isidentifier() else f"_{name}")
    return value


# ---- 2. results


class _Dominance:
    """Makes the values that are used outside of the block they are made in results of that block."""

    def __init__(self) -> None:
        self.moved: dict[Value, Value] = {}

    def block(self, block: Block) -> None:
        for node in [*block.nodes, block.return_node]:
            for index, value in enumerate(list(node.inputs)):
                while value in self.moved:
                    value = self.moved[value]
                node.replace_input(index, self._lift(value, block))
            if _has_body(node):
                self.block(node.blocks[0])

    def _lift(self, value: Value, user: Block) -> Value:
        ancestors = set(_enclosing(user))
        current = value
        block = current.node.block
        while block is not None and block not in ancestors:
            owner = block.owner
            assert owner is not None
            block.add_return(current)
            lifted = owner.add_output(current.type)
            self.moved[current] = lifted
            current = lifted
            block = owner.block
        return current


def _enclosing(block: Block | None) -> Iterator[Block]:
    while block is not None:
        yield block
        block = block.owner.block if block.owner is not None else None


def _results_to_tuples(block: Block, moved: dict[Value, Value]) -> None:
    """A block with several results gives one tuple."""
    for node in block.nodes:
        for inner in node.blocks:
            _results_to_tuples(inner, moved)
        if not _is_scope(node) or len(node.outputs) < 2:
            continue
        inner = node.blocks[0]
        values = list(inner.returns)
        type = T.TupleType(tuple(v.type for v in values))
        pack = node.graph.create("prim::TupleConstruct", values, [type])
        pack.range, pack.scope = None, ""
        inner.append(pack)
        while inner.returns:
            inner.remove_return(0)
        inner.add_return(pack.output)
        unpack = node.graph.create("prim::TupleUnpack", (), [v.type for v in node.outputs])
        unpack.range, unpack.scope = None, node.scope
        for old, new in zip(node.outputs, unpack.outputs, strict=True):
            old.replace_all_uses_with(new)
            moved[old] = new
        while node.outputs:
            node.remove_output(len(node.outputs) - 1)
        unpack.add_input(node.add_output(type))
        unpack.insert_after(node)


# ---- 3. and 4. arguments, methods


def lift_tasks(graph: Graph) -> None:
    """Give tasks what they use as arguments, where no module is traced."""
    dominance = _Dominance()
    dominance.block(graph.block)
    _Captures(dominance.moved).block(graph.block)


def make_tasks(graph: Graph) -> None:
    """Tasks become ``prim::fork`` nodes with graphs of their own; innermost first."""
    for node in graph.nodes:
        if node.kind != "prim::TracedFork":
            continue
        body = Graph(graph.name)
        body.block.clone_from(node.blocks[0], {})
        make_tasks(body)
        fork = graph.create("prim::fork", node.inputs, [node.output.type], Subgraph=body)
        fork.range, fork.scope, fork.stack = None, "", node.stack
        node.output.replace_all_uses_with(fork.output)
        fork.insert_before(node)
        node.destroy()


class _Captures:
    """Makes what bodies use from outside their arguments; ``moved`` tells where results have gone."""

    def __init__(self, moved: dict[Value, Value]) -> None:
        self.moved = moved
        self.origins: dict[Value, Value] = {}  # of each new parameter: the value outside

    def name_of(self, param: Value) -> str:
        """What a parameter is called in the recording."""
        while not param.name and param in self.origins:
            param = self.origins[param]
        return param.name

    def block(self, block: Block) -> None:
        for node in block.nodes:
            for inner in node.blocks:
                self.block(inner)
            if _has_body(node):
                self._capture(node)

    def _python_names(self, node: Node) -> dict[Value, str]:
        """What ``forward`` calls the values that it is called with, wherever they have moved since."""
        names: dict[Value, str] = {}
        for value, name in node.attributes.get("arguments", {}).items():
            names[value] = name
            while value in self.moved:
                value = self.moved[value]
                names.setdefault(value, name)
        return names

    def _capture(self, node: Node) -> None:
        """Make everything that the body of ``node`` uses from outside an input of the node and a parameter of the body."""
        body = node.blocks[0]
        python = self._python_names(node)
        names = ["self"] + [""] * (len(body.params) - 1)
        inside: set[Value] = set()
        captured: dict[Value, Value] = {}

        def collect(block: Block) -> None:
            inside.update(block.params)
            for inner in block.nodes:
                inside.update(inner.outputs)
                for child in inner.blocks:
                    collect(child)

        def replace(block: Block) -> None:
            for inner in [*block.nodes, block.return_node]:
                for index, value in enumerate(list(inner.inputs)):
                    if value in inside:
                        continue
                    if value not in captured:
                        node.add_input(value)
                        captured[value] = body.add_param(value.type)
                        self.origins[captured[value]] = value
                        names.append(python.get(value, ""))
                    inner.replace_input(index, captured[value])
                for child in inner.blocks:
                    replace(child)

        collect(body)
        replace(body)
        node.attributes["names"] = names


def _make_methods(
    block: Block, modules: ModuleTree, captures: _Captures, taken: dict[int, int], lifted: list[LiftedMethod]
) -> None:
    for node in block.nodes:
        for inner in node.blocks:
            _make_methods(inner, modules, captures, taken, lifted)
        if _is_scope(node):
            lifted.append(_make_method(node, modules, captures, taken))


def _make_method(node: Node, modules: ModuleTree, captures: _Captures, taken: dict[int, int]) -> LiftedMethod:
    path: Path = node.attributes["path"]
    owner = modules.type_at(path)
    assert isinstance(owner, T.ClassType)
    count = taken.get(id(owner), 0)
    while (name := f"forward{count or ''}") in owner.methods:
        count += 1
    taken[id(owner)] = count + 1
    body = Graph(f"{owner.name}.{name}")
    body.block.clone_from(node.blocks[0], {})
    for param, recorded in zip(body.inputs, node.blocks[0].params, strict=True):
        param.set_name(captures.name_of(recorded))
    if not body.outputs:
        body.set_insert_point(body.block)
        body.block.add_return(body.insert_constant(None))
    types = [unspecialised(v.type) for v in body.outputs]
    call = node.graph.create("prim::CallMethod", node.inputs, types, name=name)
    call.stack = ((name, node.range),)
    call.range, call.scope = None, ""
    for old, new in zip(node.outputs, call.outputs, strict=False):
        old.replace_all_uses_with(new)
    call.insert_before(node)
    node.destroy()
    return LiftedMethod(path, owner, name, body, node.attributes["names"])
