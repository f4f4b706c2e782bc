"""``_parameters``, ``_buffers`` and ``_modules`` of a scripted module: what its object holds, as Python sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from transpile.eager.tensor import Tensor
from transpile.ir.function import ScriptObject


def tensor_of(owner: ScriptObject, name: str, kind: type[Tensor]) -> Any:
    """Python's tensor for an attribute, a new one of ``kind`` if it has none yet; ``None`` for ``None``."""
    held, value = owner.slots.held(name), owner.slots[name]
    if held is None and isinstance(value, np.ndarray):
        held = kind._from_array(value)
        owner.slots.hold(name, held)
    return held


class TensorTable(MutableMapping[str, Any]):
    """Some attributes of an object that are tensors.  There are no others to come."""

    def __init__(self, owner: ScriptObject, names: Sequence[str], kind: type[Tensor]) -> None:
        self._owner, self._names, self._kind = owner, list(names), kind

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return tensor_of(self._owner, name, self._kind)

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self._names:
            raise KeyError(name)
        if value is None:
            self._owner.slots[name] = None
        else:
            self._owner.slots.hold(name, value)

    def __delitem__(self, name: str) -> None:
        self._names.remove(name)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._names))

    def __len__(self) -> int:
        return len(self._names)


class ModuleTable(Mapping[str, Any]):
    """The submodules of an object, as Python sees them."""

    def __init__(self, owner: ScriptObject, names: Sequence[str]) -> None:
        self._owner, self._names = owner, tuple(names)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._owner.slots[name].view

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
