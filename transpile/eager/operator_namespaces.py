"""``torch.ops``: every operator by namespace, name and overload (``torch.ops.aten.add.Tensor``)."""

from __future__ import annotations

from typing import Any

from transpile.eager import dispatch
from transpile.eager.matching import Signature
from transpile.eager.operator_function import OperatorFunction
from transpile.ops import registry
from transpile.ops.registry import Operator


class OperatorOverload:
    """One overload of an operator."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._signature = Signature(operator)
        self.__name__ = f"{operator.name.rpartition('::')[2]}.{operator.schema.overload or 'default'}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound = self._signature.bind(args, kwargs, method=False, numbers_as_tensors=True)
        if not isinstance(bound, list):
            raise RuntimeError(f"{self._operator.name}() {bound()}\n{self._operator.schema}")
        return dispatch.call(self._operator, bound)

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self._operator.name.replace('::', '.')}', overload='{self.__name__.rpartition('.')[2]}')>"


class OperatorPacket(OperatorFunction):
    """All overloads of an operator: a call takes the first that fits."""

    def overloads(self) -> list[str]:
        """The names of the overloads; ``default`` has none."""
        return [o.schema.overload or "default" for o in registry.overloads(self.__operator__)]

    def __getattr__(self, name: str) -> OperatorOverload:
        for operator in () if name.startswith("__") else registry.overloads(self.__operator__):
            if (operator.schema.overload or "default") == name:
                found = OperatorOverload(operator)
                setattr(self, name, found)
                return found
        shown = self.__dict__.get("__operator__", "").replace("::", ".")
        raise AttributeError(f"The underlying op of '{shown}' has no overload name '{name}'")


class OperatorNamespace:
    """``torch.ops.aten`` and the like."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not registry.overloads(f"{self.__name__}::{name}"):
            raise AttributeError(f"'_OpNamespace' '{self.__name__}' object has no attribute '{name}'")
        found = OperatorPacket(name, f"{self.__name__}::{name}")
        setattr(self, name, found)
        return found


_namespaces: dict[str, OperatorNamespace] = {}


def namespace(name: str) -> OperatorNamespace:
    """The operators of a namespace, which need not exist."""
    return _namespaces.setdefault(name, OperatorNamespace(name))


def load_library(path: str) -> None:
    """Accepted: all operators that there are have been loaded."""
