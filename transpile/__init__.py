"""ts2cpp: TorchScript without PyTorch, and out of Python."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile import torch as torch
    from transpile.codegen.project.api import export as export
    from transpile.codegen.project.project import Project as Project
    from transpile.core.errors import Ts2cppError as Ts2cppError
    from transpile.torch_import import install_torch as install_torch

__version__ = "0.1.0"

# Loaded on demand: ``import transpile`` alone stays cheap.
_HOME = {
    "export": "transpile.codegen.project.api",
    "install_torch": "transpile.torch_import",
    "Project": "transpile.codegen.project.project",
    "Ts2cppError": "transpile.core.errors",
}
__all__ = ["Project", "Ts2cppError", "__version__", "export", "install_torch", "torch"]


def __getattr__(name: str) -> Any:
    if name == "torch":
        return importlib.import_module("transpile.torch")
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
