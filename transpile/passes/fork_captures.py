"""Modules that a forked graph works on are read inside it, as attributes of ``self``.

Before::

    %layer : Layer = prim::GetAttr[name="layer"](%self)
    %f : Future(Tensor) = prim::fork_0(%x, %layer)
    with prim::fork_0 = graph(%x : Tensor, %layer : Layer):
      ...

After::

    %f : Future(Tensor) = prim::fork_0(%self, %x)
    with prim::fork_0 = graph(%self : Net, %x : Tensor):
      %layer : Layer = prim::GetAttr[name="layer"](%self)
      ...

Then a forked graph is like a method: its first parameter is the module, and attributes have paths.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Graph, Node, Value


def fork_captures(graph: Graph, context: object = None) -> bool:
    """Let the forks of a method, and those inside of them, capture ``self`` and no other module."""
    changed = False
    owner = graph.inputs[0] if graph.inputs and _is_module(graph.inputs[0]) else None
    for node in list(graph.walk()):
        inner = node.attributes.get("Subgraph") if node.kind == "prim::fork" else None
        if isinstance(inner, Graph):
            if owner is not None:
                changed |= _capture_self(node, inner, owner)
            changed |= fork_captures(inner)
    return changed


def _capture_self(fork: Node, inner: Graph, owner: Value) -> bool:
    modules = [i for i, value in enumerate(fork.inputs) if _is_module(value)]
    if not modules or (modules == [0] and fork.input(0) is owner):
        return False
    own = inner.block.param_node.insert_output(0, owner.type)
    own.set_name(owner.base_name or "self")
    first = inner.block.param_node.next
    assert first is not None
    for index in reversed(modules):
        parameter = inner.inputs[index + 1]
        names = _path(fork.input(index), owner)
        if names is None:
            continue
        value = own
        for name, type in names:
            node = inner.create("prim::GetAttr", [value], [type], name=name)
            value = node.insert_before(first).output
        parameter.replace_all_uses_with(value)
        fork.remove_input(index)
        inner.block.param_node.remove_output(index + 1)
    fork.insert_input(0, owner)
    return True


def _path(value: Value, owner: Value) -> list[tuple[str, T.Type]] | None:
    """The attributes that lead from ``owner`` to a module, or ``None`` if it was reached in another way."""
    names: list[tuple[str, T.Type]] = []
    while value is not owner:
        if value.node.kind != "prim::GetAttr":
            return None
        names.insert(0, (str(value.node.attributes["name"]), value.type))
        value = value.node.input(0)
    return names


def _is_module(value: Value) -> bool:
    return isinstance(value.type, T.ClassType) and value.type.is_module
