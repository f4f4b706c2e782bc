"""Tracing the entry of a model file: what ``ts2cpp export --trace`` works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core.errors import ExportError
from transpile.eager.tensor import Tensor
from transpile.jit.entry import CompiledEntry, compile_entry, is_from_pytorch, uses_pytorch
from transpile.jit.module.script_function import ScriptFunction
from transpile.jit.module.script_module import ScriptModule
from transpile.jit.tracing.trace import parameter_names, trace
from transpile.nn.modules.module import Module

Array = np.ndarray[Any, Any]


def trace_entry(entry: Any, inputs: Sequence[Any]) -> CompiledEntry:
    """Trace what a model file calls ``model`` with example inputs; what is compiled already stays what it is.

    The trace is checked against a second one and against Python.  ``TraceError`` for what cannot be recorded.
    """
    if isinstance(entry, (ScriptFunction, ScriptModule)):
        return compile_entry(entry)
    if is_from_pytorch(entry) or uses_pytorch(entry):
        from transpile.jit.pytorch_trace import trace_with_pytorch

        return trace_with_pytorch(entry, inputs)
    if isinstance(entry, Module) or callable(entry):
        return compile_entry(trace(entry, tuple(inputs), strict=False))
    raise ExportError(f"the entry is a {type(entry).__name__}, expected an nn.Module or a function to trace")


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
