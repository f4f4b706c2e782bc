"""Tensors that a module owns: ``Parameter`` and ``Buffer``."""

from __future__ import annotations

from typing import Any

from transpile.core.dtype import FLOATING
from transpile.eager.creation import tensor
from transpile.eager.tensor import Tensor
from transpile.eager.torch_namespace import empty


class Parameter(Tensor):
    """A tensor that a module lists among its parameters when it is assigned as an attribute.

    It shares the memory of ``data``.
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = tensor([])
        made = cls._from_array(data._array)
        if requires_grad:
            if data.dtype.category < FLOATING:
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
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


class _Uninitialized:
    """What waits for its shape: everything but ``materialize`` fails."""

    _becomes: type
    dtype: Any

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary parameter or buffer of this shape, with undefined elements."""
        made = empty(shape, dtype=self.dtype if dtype is None else dtype, device=device)
        self._array = made._array
        self.__class__ = self._becomes

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = _waiting(type(self), self.dtype, self.requires_grad)  # type: ignore[attr-defined]
        return memo[id(self)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _waiting(kind: Any, dtype: Any, requires_grad: bool) -> Any:
    return kind._from_array(tensor([], dtype=dtype)._array, requires_grad)


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter of a lazy module that has no shape yet."""

    _becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return _waiting(cls, dtype, requires_grad)


class UninitializedBuffer(_Uninitialized, Tensor):
    """A buffer of a lazy module that has no shape yet."""

    _becomes = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        return _waiting(cls, dtype, requires_grad)


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer waits for its shape."""
    return isinstance(param, _Uninitialized)
