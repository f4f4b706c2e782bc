"""Large tensors that a trace has captured become attributes, so that export writes them beside the weights."""

from __future__ import annotations

import numpy as np

from transpile.core import types as T
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Node

# Elements up to which a tensor is written into the code.
_LITERAL = 256


def constants_as_attributes(instance: ScriptObject) -> None:
    """In what is exported of a traced module and its submodules, read large constants from ``self``.

    The graphs that TorchScript shows keep their constants.
    """
    for method in list(instance.type.methods.values()):
        if isinstance(method, Function) and method.is_traced:
            for node in list(method.structured.nodes):
                held = node.output.literal if node.kind == "prim::Constant" else None
                if isinstance(held, np.ndarray) and held.size > _LITERAL:
                    _read_from_self(node, held, instance)
    for value in instance.slots.values():
        if isinstance(value, ScriptObject):
            constants_as_attributes(value)


def _read_from_self(
    node: Node, held: np.ndarray[tuple[int, ...], np.dtype[np.generic]], instance: ScriptObject
) -> None:
    name = next((n for n, v in instance.slots.items() if v is held), "")
    if not name:
        base = node.output.base_name or "constant"
        name, number = base, 2
        while name in instance.slots:
            name, number = f"{base}_{number}", number + 1
        instance.type.add_attribute(name, T.TENSOR)
        instance.slots[name] = held
    graph = node.graph
    read = graph.create("prim::GetAttr", [graph.inputs[0]], [T.TENSOR], name=name)
    read.range, read.stack = node.range, node.stack
    node.output.replace_all_uses_with(read.insert_before(node).output)
    node.destroy()
