"""Letting ``import torch`` find the bundled torch."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from types import ModuleType

# The packages that stand for torch's, under torch's names.
_ROOTS = {
    "torch": "transpile.torch",
    "torch.nn": "transpile.nn",
    "torch.functional": "transpile.eager.torch_namespace",
    "torch.jit._state": "transpile.jit._state",
    "torch.jit.frontend": "transpile.jit.frontend",
    "torch.backends": "transpile.eager.backends",
}
_HIDDEN = ("torch.nn.functional.",)  # one module in torch, whatever files it is spread over


def install_torch() -> None:
    """Register the bundled torch and its submodules so that ``import torch`` gives them, here and in everything
    imported from now on.

    ``RuntimeError`` if PyTorch has been imported already: the two cannot be mixed in one process.
    """
    known = sys.modules.get("torch")
    bundled = importlib.import_module("transpile.torch")
    if known is bundled:
        return
    if known is not None:
        raise RuntimeError("PyTorch is already imported in this process, so the bundled torch cannot take its name")
    for name, target in _ROOTS.items():
        _register(name, importlib.import_module(target))
    for leaf in ("cudnn", "mkldnn", "cuda", "mps", "mha"):
        sys.modules[f"torch.backends.{leaf}"] = getattr(sys.modules["torch.backends"], leaf)


def _register(name: str, module: ModuleType) -> None:
    sys.modules[name] = module
    if name + "." in _HIDDEN:
        return
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        child = f"{name}.{found.name}"
        if child not in _ROOTS:
            _register(child, importlib.import_module(f"{module.__name__}.{found.name}"))
