"""``torch.special``: the operators called ``aten::special_*``."""

from __future__ import annotations

from transpile.eager.operator_function import OperatorFunction, operator_function
from transpile.ops import registry


def __getattr__(name: str) -> OperatorFunction:
    if not registry.overloads(f"aten::special_{name}"):
        raise AttributeError(f"module 'torch.special' has no attribute '{name}'")
    return operator_function(name, f"aten::special_{name}")
