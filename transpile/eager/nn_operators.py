"""The operators that torch keeps under ``torch._C._nn``: parts of layers that are no ``torch.*`` functions."""

from __future__ import annotations

from transpile.eager.operator_function import OperatorFunction, operator_function


def __getattr__(name: str) -> OperatorFunction:
    if name.startswith("__"):
        raise AttributeError(name)
    return operator_function(name)
