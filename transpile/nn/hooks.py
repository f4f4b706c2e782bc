"""Handles by which registered hooks are removed."""

from __future__ import annotations

import itertools
import weakref
from typing import Any

_ids = itertools.count()


class RemovableHandle:
    """Removes the hook it stands for: ``handle.remove()``, or at the end of a ``with`` block."""

    def __init__(self, hooks: dict[int, Any], *, extra_dict: Any = None) -> None:
        self.id = next(_ids)
        others = extra_dict if isinstance(extra_dict, (list, tuple)) else [] if extra_dict is None else [extra_dict]
        self._tables = [weakref.ref(_referable(table)) for table in (hooks, *others)]

    def remove(self) -> None:
        for reference in self._tables:
            table = reference()
            if table is not None:
                table.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class HookTable(dict[int, Any]):
    """Hooks by id, in order of registration; unlike a plain dict it can be referred to weakly."""

    __slots__ = ("__weakref__",)


def _referable(table: dict[int, Any]) -> Any:
    if not isinstance(table, HookTable):
        raise TypeError("hooks are kept in a HookTable")
    return table
