"""What a model file gives to be compiled: PyTorch's or not, and in which form.  It is decided here, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from transpile.core.errors import ExportError
from transpile.eager.tensor import Tensor
from transpile.jit import entry as bundled
from transpile.jit.entry import Array, CompiledEntry, Form, Inputs
from transpile.jit.tracing.trace import parameter_names
from transpile.pytorch import entry as pytorch
from transpile.pytorch.ownership import is_pytorch


@dataclass(frozen=True)
class Entry:
    """An object that can be compiled."""

    value: Any
    form: Form
    is_pytorch: bool


def recognise(value: Any) -> Entry | None:
    """What ``value`` is, or ``None`` if it is nothing that can be scripted or traced."""
    theirs = is_pytorch(value)
    form = pytorch.form_of(value) if theirs else bundled.form_of(value)
    return None if form is None else Entry(value, form, theirs)


def compile_entry(value: Any) -> CompiledEntry:
    """Compile what a model file calls ``model``; all problems are raised together.

    ``ExportError`` for what is neither a module nor a function.
    """
    found = recognise(value)
    if found is None or found.form is Form.CALLABLE:
        raise ExportError(
            f"the entry is a {type(value).__name__}, expected an nn.Module, a function, or what torch.jit.script returns"
        )
    script = pytorch.script_entry if found.is_pytorch else bundled.script_entry
    return script(value, found.form)


def trace_entry(value: Any, inputs: Inputs) -> CompiledEntry:
    """Trace what a model file calls ``model`` with example inputs, by method if they are a mapping; what is compiled stays.

    The trace is checked against a second one and against Python.  ``TraceError`` for what cannot be recorded.
    """
    found = recognise(value)
    if found is None:
        raise ExportError(f"the entry is a {type(value).__name__}, expected an nn.Module or a function to trace")
    trace = pytorch.trace_entry if found.is_pytorch else bundled.trace_entry
    return trace(value, found.form, inputs)


def inputs_from_arrays(entry: Any, arrays: Mapping[str, Array]) -> tuple[Any, ...]:
    """Example inputs out of arrays by parameter name or position (``arr_0``...); all of them are tensors."""
    names = parameter_names(entry.forward if hasattr(entry, "_modules") else entry)
    by_name = {f"arr_{i}": name for i, name in enumerate(names)}
    given = {by_name.get(key, key): Tensor._from_array(np.array(array)) for key, array in arrays.items()}
    unknown = [key for key in given if key not in names]
    if unknown:
        raise ExportError(f"the model has no parameter for the array {unknown[0]!r}; it takes {', '.join(names)}")
    count = max((names.index(key) + 1 for key in given), default=0)
    missing = [name for name in names[:count] if name not in given]
    if missing:
        raise ExportError(f"input {missing[0]!r} is missing; to trace, all inputs before the last one given are needed")
    return tuple(given[name] for name in names[:count])
