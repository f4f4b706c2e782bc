"""Tensors that a module owns: ``Parameter`` and ``Buffer``."""

from __future__ import annotations

from typing import Any

from transpile.eager.creation import tensor
from transpile.eager.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module lists among its parameters when it is assigned as an attribute.

    It shares the memory of ``data``.
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = tensor([])
        made = cls._from_array(data._array)
        if requires_grad:
            made.requires_grad_()
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)._from_array(self._array.copy(order="K"), self.requires_grad)
        return memo[id(self)]


class Buffer(Tensor):
    """A tensor that a module registers as a buffer when it is assigned as an attribute."""

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        made = cls._from_array(tensor([])._array if data is None else data._array)
        made.persistent = persistent
        return made


class UninitializedParameter(Parameter):
    """Named for ``isinstance`` tests; lazy modules are not available."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("lazy modules are not available: give the layer its input size")


UninitializedBuffer = UninitializedParameter


def is_lazy(param: Any) -> bool:
    """Whether a parameter waits for its shape; never here."""
    return isinstance(param, UninitializedParameter)
