"""Objects of the installed PyTorch at the door of the compiler.

The compiler looks at modules through their tables of parameters, buffers and submodules, and at library classes
through ``script.canonical``, so that a module built on PyTorch needs no copy: its tensors are shared through NumPy.
What PyTorch has compiled itself comes in as an archive.
"""

from __future__ import annotations

import importlib
import io
from typing import Any

from transpile.core.errors import ExportError


def is_module(value: Any) -> bool:
    """Whether ``value`` is a module instance, of the bundled torch or of PyTorch."""
    return all(isinstance(getattr(value, table, None), dict) for table in ("_parameters", "_buffers", "_modules"))


def adopt(value: Any) -> Any:
    """What to compile for an object that was built on PyTorch: a module instance or a Python function.

    ``ExportError`` for anything else.
    """
    if hasattr(value, "save_to_buffer") and hasattr(value, "graph"):
        return _from_archive(value)
    if is_module(value) or hasattr(value, "__code__"):
        return value
    inner = getattr(value, "_torchdynamo_inline", None)
    if inner is not None:
        return inner
    raise ExportError(f"a {type(value).__name__} of PyTorch cannot be exported: give a module, or a function")


def _from_archive(value: Any) -> Any:
    inner = getattr(value, "_torchdynamo_inline", None)
    if inner is not None:
        return inner
    try:
        load = importlib.import_module("transpile.jit.serialize").load
    except ImportError:
        raise ExportError(
            "a module scripted by PyTorch cannot be exported: let the entry return the module itself"
        ) from None
    return load(io.BytesIO(value.save_to_buffer()))
