"""``torch.amp``: automatic mixed precision, which is off here."""

from __future__ import annotations

from transpile.torch.amp.autocast_mode import autocast

__all__ = ["autocast"]
