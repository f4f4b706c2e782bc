"""PyTorch as the library that a program is written with: what the front end asks while it compiles."""

from __future__ import annotations

import sys
from typing import Any

from transpile.core import dtype as D
from transpile.core.errors import ScriptTypeError
from transpile.pytorch.canonical import canonical
from transpile.pytorch.ownership import load
from transpile.pytorch.scripted import is_scripted, python_function, python_module
from transpile.script.library import Library


class _PyTorch(Library):
    def canonical(self, value: Any) -> Any:
        return canonical(value)

    def python_function(self, value: Any) -> Any:
        return python_function(value)

    def is_scripted(self, module: Any) -> bool:
        return is_scripted(module)

    def python_module(self, scripted: Any, path: str = "") -> Any:
        return python_module(scripted, path)

    def is_script_class(self, cls: type) -> bool:
        state = sys.modules.get("torch.jit._state")
        found = getattr(state, "_get_script_class", None)
        return super().is_script_class(cls) or (found is not None and found(cls) is not None)

    def array_of(self, tensor: Any) -> Any:
        return array_of(tensor)


PYTORCH: Library = _PyTorch()


def tensor_of(array: Any) -> Any:
    """The tensor of PyTorch over the memory of an array, bfloat16 included."""
    if array.dtype == D.bfloat16.numpy:
        return load().from_numpy(array.view("int16")).view(load().bfloat16)
    return load().from_numpy(array)


def array_of(tensor: Any) -> Any:
    """The memory of a tensor of PyTorch as an array; NumPy itself knows no bfloat16.

    ``ScriptTypeError`` for a tensor that is not a strided one in main memory.
    """
    try:
        plain = tensor.detach().cpu().resolve_conj().resolve_neg()
        if str(plain.dtype) != "torch.bfloat16":
            return plain.numpy()
        return plain.view(load().int16).numpy().view(D.bfloat16.numpy)
    except (RuntimeError, TypeError, NotImplementedError, ValueError) as error:
        kind = f"{str(tensor.dtype).removeprefix('torch.')} tensor ({tensor.layout}, {tensor.device})"
        raise ScriptTypeError(f"a {kind} cannot become part of the program: {error}") from error
