"""Objects of the installed PyTorch at the door of the compiler.

The compiler looks at modules through their tables of parameters, buffers and submodules, and at library classes
through ``script.canonical``, so that a module built on PyTorch needs no copy: its tensors are shared through NumPy.
What PyTorch has scripted itself leads back to the Python that it was made from.
"""

from __future__ import annotations

from typing import Any

from transpile.core.errors import ExportError
from transpile.script.scripted_by_pytorch import is_scripted, python_function, python_module


def is_module(value: Any) -> bool:
    """Whether ``value`` is a module instance, of the bundled torch or of PyTorch."""
    return all(hasattr(value, table) for table in ("_parameters", "_buffers", "_modules")) and not isinstance(
        value, type
    )


def adopt(value: Any) -> Any:
    """What to compile for an object that was built on PyTorch: a module instance or a Python function.

    ``ExportError`` for anything else, ``ScriptTypeError`` for what PyTorch has traced or loaded.
    """
    function = python_function(value)
    if function is not None:
        return function
    if is_scripted(value):
        return python_module(value)
    if is_module(value) or hasattr(value, "__code__"):
        return value
    raise ExportError(f"a {type(value).__name__} of PyTorch cannot be exported: give a module, or a function")
