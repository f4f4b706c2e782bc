"""``torch.futures``."""

from __future__ import annotations

from transpile.jit.futures import Future, collect_all, wait_all

__all__ = ["Future", "collect_all", "wait_all"]
