"""``torch.jit``: whatever ``transpile.jit`` offers."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from transpile import jit

    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return getattr(jit, name)
    except AttributeError as error:
        raise AttributeError(str(error).replace("transpile.jit", "torch.jit")) from None
