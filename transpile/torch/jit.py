"""``torch.jit``: whatever ``transpile.jit`` offers."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from transpile import jit

    try:
        return getattr(jit, name)
    except AttributeError:
        raise AttributeError(f"module 'torch.jit' has no attribute '{name}'") from None
