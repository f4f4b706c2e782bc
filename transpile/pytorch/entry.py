"""The entry of a model file that runs on PyTorch, compiled: what PyTorch computes is what the program is compared with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function
from transpile.jit.entry import Array, CompiledEntry, Form, Inputs, inputs_of_forward
from transpile.jit.unit import compile_all
from transpile.pytorch.library import PYTORCH, array_of, tensor_of
from transpile.pytorch.ownership import load
from transpile.pytorch.scripted import is_scripted, is_traced, python_function
from transpile.pytorch.traced import TraceReader
from transpile.script.classes import is_module_class
from transpile.script.inference import is_tensor


class PyTorchEntry(CompiledEntry):
    """An entry whose ``python`` PyTorch runs; arguments and results are its tensors."""

    def _without_gradients(self, call: Any, arguments: Sequence[Any]) -> Any:
        with load().no_grad():
            return super()._without_gradients(call, arguments)

    def _takes_hooks(self, module: Any) -> bool:
        return not is_scripted(module)

    def _raw_argument(self, value: Any, type: T.Type) -> Any:
        return super()._raw_argument(_bundled(value), type)

    def arguments_from_arrays(self, method: str, arrays: Mapping[str, Array]) -> list[Any]:
        return [_tensors_of_pytorch(v) for v in super().arguments_from_arrays(method, arrays)]


def form_of(entry: Any) -> Form | None:
    """The form of an entry that PyTorch runs; ``None`` if it is nothing that can be compiled."""
    if inspect.isfunction(entry):
        return Form.FUNCTION
    if is_traced(entry):
        return Form.TRACE
    if is_scripted(entry) or python_function(entry) is not None:
        return Form.SCRIPT
    if is_module_class(type(entry)):
        return Form.MODULE
    return Form.CALLABLE if callable(entry) else None


def script_entry(entry: Any, form: Form) -> CompiledEntry:
    """The entry compiled as it is; all problems are raised together.

    ``ScriptTypeError`` for what PyTorch has scripted and keeps without its Python.
    """
    if form is Form.TRACE:
        return _read_trace(entry, None)
    program = entry
    if form is Form.SCRIPT:
        program = PYTORCH.python_module(entry) if is_scripted(entry) else python_function(entry)
    _, compiled = compile_all(program, library=PYTORCH)
    if isinstance(compiled, Function):
        return PyTorchEntry.of_function(compiled, entry)
    result = PyTorchEntry.of_module(compiled, program)
    result.python = entry
    return result


def trace_entry(entry: Any, form: Form, inputs: Inputs) -> CompiledEntry:
    """What the entry does with example inputs, as PyTorch records it; what PyTorch raises comes out unchanged."""
    if form in (Form.SCRIPT, Form.TRACE):
        return script_entry(entry, form)
    if isinstance(inputs, Mapping) and form is Form.MODULE:
        by_method = {name: tuple(_tensors_of_pytorch(v) for v in given) for name, given in inputs.items()}
        return _read_trace(load().jit.trace_module(entry, by_method, strict=False), entry)
    given = tuple(_tensors_of_pytorch(v) for v in inputs_of_forward(inputs))
    return _read_trace(load().jit.trace(entry, given, strict=False), entry)


def _read_trace(traced: Any, original: Any) -> CompiledEntry:
    """The entry for what PyTorch has traced; ``original`` is the Python that was traced, if it is known."""
    if hasattr(traced, "_c"):
        root = TraceReader(original).read_module(traced, original)
        return PyTorchEntry.of_trace(root, traced if original is None else original)
    python = traced._torchdynamo_inline if original is None else original
    return PyTorchEntry.of_function(TraceReader(python).read_function(traced, python), python)


def _bundled(value: Any) -> Any:
    """An argument with the tensors of PyTorch as bundled ones over the same memory."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_bundled(v) for v in value)
    if isinstance(value, tuple):
        return type(value)(*(_bundled(v) for v in value))
    if isinstance(value, dict):
        return {k: _bundled(v) for k, v in value.items()}
    if is_tensor(value) and not isinstance(value, (Tensor, np.ndarray)):
        return Tensor._from_array(array_of(value))
    return value


def _tensors_of_pytorch(value: Any) -> Any:
    """An argument with bundled tensors as PyTorch's over a copy of the memory."""
    if isinstance(value, Tensor):
        return tensor_of(np.array(value._array))
    if isinstance(value, (list, tuple)):
        return type(value)(_tensors_of_pytorch(v) for v in value)
    if isinstance(value, dict):
        return {k: _tensors_of_pytorch(v) for k, v in value.items()}
    return value
