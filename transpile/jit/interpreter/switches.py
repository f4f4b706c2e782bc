"""Switches of PyTorch's executor.  There is nothing to switch here: they are accepted and have no effect."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from transpile.jit.code import inlining
from transpile.jit.interpreter.outside import last_graph


@contextlib.contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """Run with or without the optimising executor."""
    yield


@contextlib.contextmanager
def fuser(name: str) -> Iterator[None]:
    """Choose the fuser; ``Exception`` for an unknown one, as in PyTorch."""
    if name not in ("fuser0", "fuser1", "fuser2", "fuser3"):
        raise Exception(f"unrecognized fuser option (name: {name})")
    yield


class strict_fusion:
    """Demand that everything inside is fused; scripts know it by name."""

    def __init__(self) -> None:
        warnings.warn("Only works in script mode", stacklevel=2)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None


_strategy: list[tuple[str, int]] = [("STATIC", 2), ("DYNAMIC", 10)]


def set_fusion_strategy(strategy: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    """Set how often functions are specialised, and give what was set before; ``ValueError`` for an unknown kind."""
    for kind, _ in strategy:
        if kind not in ("STATIC", "DYNAMIC"):
            raise ValueError(f"FusionBehavior only supported 'STATIC' or 'DYNAMIC', got: {kind}")
    before, _strategy[:] = list(_strategy), list(strategy)
    return before


_onednn = [False]


def enable_onednn_fusion(enabled: bool) -> None:
    """Remember the flag."""
    _onednn[0] = enabled


def onednn_fusion_enabled() -> bool:
    """The flag as last set."""
    return _onednn[0]


def last_executed_optimized_graph() -> Any:
    """The graph of the function that ran last in this thread, with all calls inlined; None before the first."""
    graph = last_graph()
    return None if graph is None else inlining.inlined(graph)
