"""``torch.autograd.profiler``: labels for stretches of a program.  Nothing is measured."""

from __future__ import annotations

import contextlib


class record_function(contextlib.ContextDecorator):
    """Names a stretch of the program; without effect."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing was measured."""
