"""``torch.signal``: windows for signal processing."""

from __future__ import annotations

from transpile.torch.signal import windows

__all__ = ["windows"]
