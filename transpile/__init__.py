"""ts2cpp: TorchScript without PyTorch, and out of Python."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile.codegen.project.api import export as export
    from transpile.torch_import import install_torch as install_torch

__version__ = "0.1.0"

# Loaded on demand: ``import transpile`` alone stays cheap.
_HOME = {"export": "transpile.codegen.project.api", "install_torch": "transpile.torch_import"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
