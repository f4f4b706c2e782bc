"""ts2cpp: TorchScript without PyTorch, and out of Python."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Loaded on demand: ``import transpile`` alone stays cheap.
    if name == "install_torch":
        from transpile.torch_import import install_torch

        return install_torch
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
