"""``torch.linalg``: the operators called ``aten::linalg_*``."""

from __future__ import annotations

from transpile.eager.operator_function import OperatorFunction, operator_function
from transpile.ops import registry
from transpile.ops.matrices import LinAlgError as LinAlgError


def __getattr__(name: str) -> OperatorFunction:
    if not registry.overloads(f"aten::linalg_{name}"):
        raise AttributeError(f"module 'torch.linalg' has no attribute '{name}'")
    return operator_function(name, f"aten::linalg_{name}")
