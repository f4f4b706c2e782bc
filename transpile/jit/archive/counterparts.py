"""What PyTorch's attention in an archive is exported as: the bundled library's, as from source.

PyTorch's own code chooses between two ways of computing the same; ours has one.
"""

from __future__ import annotations

from typing import Any

from transpile.core import types as T
from transpile.core.names import without_numbers
from transpile.ir.function import Function
from transpile.jit.unit import new_unit
from transpile.nn.modules.activation import MultiheadAttention

_ATTENTION = "__torch__.torch.nn.modules.activation.MultiheadAttention.forward"


def counterpart_of(function: Function) -> Function | None:
    """The bundled library's method for one that is known to be PyTorch's, over the types of the archive; else ``None``."""
    if not function.is_library or without_numbers(function.qualified_name) != _ATTENTION:
        return None
    owner = function.owner
    if not isinstance(owner, T.ClassType) or not {"in_proj_weight", "in_proj_bias", "out_proj"} <= set(
        owner.attributes
    ):
        return None
    made = new_unit().modules.script(_layer(owner)).type.methods["forward"]
    assert isinstance(made, Function)
    return made if _is_alike(function, made) and _take_types(made, owner) else None


def _layer(owner: T.ClassType) -> Any:
    """A small layer of the same settings."""
    width = None if owner.attributes["in_proj_weight"].type == T.TENSOR else 1
    return MultiheadAttention(
        2,
        1,
        bias=owner.attributes["in_proj_bias"].type == T.TENSOR,
        batch_first=owner.constants.get("batch_first") is True,
        kdim=width,
        vdim=width,
    ).eval()


def _is_alike(one: Function, other: Function) -> bool:
    """Whether both take and give the same."""
    taken = [[(a.name, a.type, a.default) for a in f.schema.arguments[1:]] for f in (one, other)]
    given = [[r.type for r in f.schema.returns] for f in (one, other)]
    return taken[0] == taken[1] and given[0] == given[1]


def _take_types(made: Function, owner: T.ClassType) -> bool:
    """Let a method be one of ``owner``; whether what it reads is there."""
    graph = made.structured
    graph.inputs[0].set_type(owner)
    for node in graph.walk():
        if node.kind == "prim::CallMethod":
            return False
        if node.kind != "prim::GetAttr":
            continue
        held = node.input(0).type
        attribute = held.attributes.get(node.attributes["name"]) if isinstance(held, T.ClassType) else None
        if attribute is None:
            return False
        if isinstance(attribute.type, T.ClassType) and isinstance(node.output.type, T.ClassType):
            node.output.set_type(attribute.type)
        elif attribute.type != node.output.type:
            return False
    return True
