"""Tensors that an operator resizes while graphs run.

Such an operator gives another array for the tensor that it resized.  Whoever runs values of a graph enters them here
(``holding``), so that ``rebind`` can put the new array in the place of the old one wherever the run holds it: in registers, in
containers and objects, and in the tensors of Python that were passed in.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from transpile.ir.function import ScriptObject


class _Frames(threading.local):
    def __init__(self) -> None:
        self.held: list[Any] = []


_frames = _Frames()


@contextmanager
def holding(values: Any) -> Iterator[None]:
    """``values``, a list or dict, are in use until the end of the block."""
    _frames.held.append(values)
    try:
        yield
    finally:
        _frames.held.pop()


def rebind(targets: Sequence[Any], results: Sequence[Any]) -> None:
    """Put each array of ``results`` in the place of the one of ``targets`` that it follows from."""
    for old, new in zip(targets, results, strict=True):
        if old is not new:
            seen: set[int] = set()
            for frame in _frames.held:
                _replace(frame, old, new, seen)


def _replace(holder: Any, old: Any, new: Any, seen: set[int]) -> Any:
    """What takes the place of ``holder``: ``new`` for ``old``, a copy of a tuple with ``old`` in it, else itself."""
    if holder is old:
        return new
    if isinstance(holder, (np.ndarray, int, float, str)) or holder is None:
        return holder
    if isinstance(holder, tuple):
        items = [_replace(v, old, new, seen) for v in holder]
        if all(a is b for a, b in zip(items, holder, strict=True)):
            return holder
        return holder._make(items) if hasattr(holder, "_make") else tuple(items)
    if id(holder) in seen:
        return holder
    seen.add(id(holder))
    if isinstance(holder, list):
        for index, value in enumerate(holder):
            holder[index] = _replace(value, old, new, seen)
    elif isinstance(holder, dict):
        for key, value in holder.items():
            holder[key] = _replace(value, old, new, seen)
    elif isinstance(holder, ScriptObject):
        for name, value in holder.slots.items():
            tensor = holder.slots.held(name)
            replaced = _replace(value if tensor is None else tensor, old, new, seen)
            if tensor is None and replaced is not value:
                holder.slots[name] = replaced
    elif getattr(holder, "_array", None) is old:
        holder._array = new
    return holder
