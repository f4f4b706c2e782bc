"""What belongs to PyTorch, and whether it is there."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from typing import Any

_BUNDLED = ("transpile.torch", "transpile.nn", "transpile.eager")


def loaded() -> Any:
    """The installed PyTorch if this process has imported it, else ``None``.  The bundled torch may hold its name."""
    found = sys.modules.get("torch")
    return found if found is not None and found.__name__ == "torch" and hasattr(found, "_C") else None


def is_installed() -> bool:
    """Whether PyTorch can be imported under its name."""
    found = sys.modules.get("torch")
    if found is not None:
        return found.__name__ == "torch"
    return importlib.util.find_spec("torch") is not None


def load() -> Any:
    """PyTorch itself, imported."""
    import torch

    return torch


def is_name_of_pytorch(module: str | None) -> bool:
    """Whether the module of that name is one of PyTorch's."""
    return module is not None and module.partition(".")[0] == "torch" and loaded() is not None


def is_pytorch(value: Any) -> bool:
    """Whether ``value`` is PyTorch's: one of its modules or classes, or an object of a class that derives from one.

    A Python function belongs to the torch that the names of its file stand for, and to PyTorch if they name none.
    """
    if inspect.ismodule(value):
        return is_name_of_pytorch(value.__name__)
    if inspect.isfunction(value) or inspect.ismethod(value):
        return loaded() is not None and (_names(value, is_pytorch) or not _names(value, _is_bundled))
    classes = value.__mro__ if isinstance(value, type) else type(value).__mro__
    return any(is_name_of_pytorch(getattr(c, "__module__", None)) for c in classes)


def _names(function: Any, test: Any) -> bool:
    """Whether the file of a function gives a name to something of that kind; other functions say nothing."""
    return any(test(v) for v in function.__globals__.values() if not inspect.isfunction(v))


def _is_bundled(value: Any) -> bool:
    home = value.__name__ if inspect.ismodule(value) else (value if isinstance(value, type) else type(value)).__module__
    return isinstance(home, str) and home.startswith(_BUNDLED)
