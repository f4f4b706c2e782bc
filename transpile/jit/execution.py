"""Switches of PyTorch's executor.  There is nothing to switch here: they are accepted and have no effect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """Run with or without the optimising executor."""
    yield


@contextlib.contextmanager
def fuser(name: str) -> Iterator[None]:
    """Choose the fuser; ``ValueError`` for an unknown one."""
    if name not in ("fuser0", "fuser1", "fuser2", "fuser3"):
        raise ValueError(f"unrecognized fuser option (name: {name})")
    yield


@contextlib.contextmanager
def strict_fusion() -> Iterator[None]:
    """Demand that everything inside is fused."""
    yield


def set_fusion_strategy(strategy: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    """Set how often functions are specialised; ``ValueError`` for an unknown kind."""
    for kind, _ in strategy:
        if kind not in ("STATIC", "DYNAMIC"):
            raise ValueError(f"FusionBehavior only supported 'STATIC' or 'DYNAMIC', got: {kind}")
    return strategy


_onednn = [False]


def enable_onednn_fusion(enabled: bool) -> None:
    """Remember the flag."""
    _onednn[0] = enabled


def onednn_fusion_enabled() -> bool:
    """The flag as last set."""
    return _onednn[0]


def last_executed_optimized_graph() -> Any:
    """The graph that ran last; not recorded here."""
    return None
