"""``torch.testing``."""

from __future__ import annotations

from transpile.eager.closeness import assert_close

__all__ = ["assert_close"]
