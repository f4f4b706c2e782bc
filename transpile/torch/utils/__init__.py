"""``torch.utils``, as far as model files use it."""

from __future__ import annotations

from transpile.torch.utils import checkpoint, data

__all__ = ["checkpoint", "data"]
