"""``torch.utils.checkpoint``: nothing is kept for a backward pass, so nothing has to be computed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def checkpoint(function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None, **kwargs: Any) -> Any:
    """``function(*args)``."""
    for option in ("context_fn", "determinism_check", "debug", "preserve_rng_state"):
        kwargs.pop(option, None)
    return function(*args, **kwargs)


def checkpoint_sequential(functions: Sequence[Callable[..., Any]], segments: int, input: Any, **_: Any) -> Any:
    """``input`` through all ``functions``."""
    for function in functions:
        input = function(input)
    return input
