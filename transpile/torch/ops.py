"""``torch.ops``: operators by namespace, name and overload."""

from __future__ import annotations

from transpile.eager.operator_namespaces import OperatorNamespace, load_library, namespace

__all__ = ["load_library"]


def __getattr__(name: str) -> OperatorNamespace:
    if name.startswith("__"):
        raise AttributeError(name)
    return namespace(name)
