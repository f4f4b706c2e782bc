"""``torch.compiler`` where there is no other compiler."""

from __future__ import annotations

from typing import Any


def is_compiling() -> bool:
    return False


def is_dynamo_compiling() -> bool:
    return False


def is_exporting() -> bool:
    return False


def disable(fn: Any = None, recursive: bool = True, **_: Any) -> Any:
    """The function itself: it would not have been compiled anyway."""
    return (lambda f: f) if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    return fn
