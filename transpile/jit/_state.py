"""Whether scripting and tracing are on.

``PYTORCH_JIT=0`` when Python starts, or ``disable()``, make both leave Python as it is.
"""

from __future__ import annotations

import os

_on = [os.environ.get("PYTORCH_JIT", "1") != "0"]


def enabled() -> bool:
    """Whether ``script`` and ``trace`` compile."""
    return _on[0]


def enable() -> None:
    """Let ``script`` and ``trace`` compile."""
    _on[0] = True


def disable() -> None:
    """Let ``script`` and ``trace`` return what they are given."""
    _on[0] = False
