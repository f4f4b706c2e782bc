"""Deep copies of the objects of compiled code: memory that is shared stays shared among the copies."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from transpile.ir.function import ScriptObject

Array = np.ndarray[Any, Any]


def copy_object(value: ScriptObject, memo: dict[int, Any]) -> ScriptObject:
    """A deep copy of an object: arrays and containers are copied, the types are shared."""
    return _copied(value, memo)  # type: ignore[no-any-return]


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, ScriptObject):
        memo[id(value)] = made = ScriptObject(value.type)
        for name, slot in value.slots.items():
            made.slots[name] = _copied(slot, memo)
        return made
    if isinstance(value, list):
        items: list[Any] = []
        memo[id(value)] = items
        items.extend(_copied(v, memo) for v in value)
        return items
    if isinstance(value, dict):
        entries: dict[Any, Any] = {}
        memo[id(value)] = entries
        entries.update((_copied(k, memo), _copied(v, memo)) for k, v in value.items())
        return entries
    if isinstance(value, tuple):
        return tuple(_copied(v, memo) for v in value)
    if isinstance(value, np.ndarray):
        memo[id(value)] = _array(value, memo)
        return memo[id(value)]
    return copy.deepcopy(value, memo)


def _array(value: Array, memo: dict[int, Any]) -> Array:
    """A copy of an array; of a view, the same view of a copy of the whole memory."""
    base: Array = value
    while isinstance(base.base, np.ndarray):
        base = base.base
    if base is value or not (base.flags.c_contiguous or base.flags.f_contiguous):
        alone: Array = value.copy(order="K")
        return alone
    if id(base) not in memo:
        memo[id(base)] = base.copy(order="K")
        memo.setdefault(-1, []).append(base)  # alive as long as its number is in use
    memory = memo[id(base)].ravel(order="K").view(np.uint8)
    offset = value.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    view: Array = np.ndarray(value.shape, value.dtype, memory, offset, value.strides)
    return view
