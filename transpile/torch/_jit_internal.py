"""What library code imports from ``torch._jit_internal``."""

from __future__ import annotations

from typing import Any, Final

from transpile.core.script_markers import (
    BroadcastingList1,
    BroadcastingList2,
    BroadcastingList3,
    BroadcastingList4,
    BroadcastingList5,
    BroadcastingList6,
    boolean_dispatch,
    is_scripting,
    overload,
    unused,
)

_overload = overload
_overload_method = overload

__all__ = [
    "BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "BroadcastingList4", "BroadcastingList5",
    "BroadcastingList6", "Final", "_overload", "_overload_method", "boolean_dispatch", "is_scripting", "unused",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from transpile.torch import jit

    return getattr(jit, name)
