"""ts2cpp: TorchScript without PyTorch, and out of Python."""

from __future__ import annotations

__version__ = "0.1.0"
