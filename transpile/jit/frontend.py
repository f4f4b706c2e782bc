"""``torch.jit.frontend``: what the front end raises."""

from __future__ import annotations

from transpile.core.errors import FrontendError, NotSupportedError
from transpile.core.errors import UnsupportedSyntaxError as UnsupportedNodeError

__all__ = ["FrontendError", "NotSupportedError", "UnsupportedNodeError"]
