"""Tracing with PyTorch: what ``--trace`` does when the model file runs on PyTorch.

PyTorch runs and records the model.  Its graphs are read as text, tensors and classes are looked up in its objects, and
what comes out is what the bundled tracer makes.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.core.errors import TraceError
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Node
from transpile.ir.parser import parse_graph
from transpile.jit.api import compile_all
from transpile.jit.entry import CompiledEntry, module_entry
from transpile.jit.tracing.constants import constants_as_attributes
from transpile.jit.tracing.trace import finish_function
from transpile.ops.promotion import WrappedNumber, result_type
from transpile.script.inference import array_of
from transpile.script.scripted_by_pytorch import python_function
from transpile.trace.export_form import share_methods
from transpile.trace.frames import range_at
from transpile.trace.spelling import takes_numbers_as_tensors

_MANGLED = re.compile(r"___torch_mangle_\d+\.")
_FRAME = re.compile(r"^(.*)\((\d+)\): (.*)$")


def trace_with_pytorch(entry: Any, inputs: Sequence[Any]) -> CompiledEntry:
    """Trace a module or function of PyTorch; what PyTorch raises comes out unchanged."""
    torch = importlib.import_module("torch")
    given = tuple(torch.from_numpy(np.array(v._array)) if isinstance(v, Tensor) else v for v in inputs)
    return read_trace(torch.jit.trace(entry, given, strict=False), entry)


def is_traced(value: Any) -> bool:
    """Whether PyTorch has traced ``value``; traced functions, unlike scripted ones, have no name."""
    kind = type(value)
    if kind.__module__ == "torch.jit._trace":
        return kind.__name__ == "TopLevelTracedModule"
    return (
        kind.__name__ == "ScriptFunction" and hasattr(value, "_torchdynamo_inline") and not hasattr(value, "__name__")
    )


def read_trace(traced: Any, original: Any = None) -> CompiledEntry:
    """The entry for what PyTorch has traced; ``original`` is the Python that was traced, if it is known."""
    torch = importlib.import_module("torch")
    python = traced if original is None else original
    if hasattr(traced, "_c"):
        reader = _Reader(torch, original)
        root = reader.module(traced._c, original)
        reader.methods()
        constants_as_attributes(root)
        result = module_entry(root, python)
        result.exported = list(result.functions)
    else:
        python = traced._torchdynamo_inline if original is None else original
        function = _Reader(torch, python).function(traced.graph, traced.name, traced.qualified_name, None, python)
        result = CompiledEntry(function, python, {"forward": function}, ["forward"])
    result.is_pytorch = True
    return result


class _Reader:
    """Reads the compiled side of a traced module."""

    def __init__(self, torch: Any, entry: Any) -> None:
        self.torch = torch
        self.scope: dict[str, Any] = vars(sys.modules.get(getattr(entry, "__module__", ""), importlib))
        self.classes: dict[str, T.Type] = {}
        self.found: list[tuple[Any, T.ClassType, Any]] = []
        self.arrays: dict[int, Any] = {}
        self.called: dict[str, Function] = {}

    # ---- modules
    def module(self, compiled: Any, original: Any) -> ScriptObject:
        """The object for a module, its submodules first; methods are read afterwards."""
        type_ = T.ClassType(compiled._type().qualified_name(), is_module=True)
        type_.python_class = type(original) if original is not None else None
        made = ScriptObject(type_)
        tables = (("ParameterDict", True), ("BufferDict", False))
        for table, is_parameter in tables:
            for name, tensor in getattr(self.torch._C, table)(compiled).items():
                type_.add_attribute(name, T.TENSOR, parameter=is_parameter, buffer=not is_parameter)
                made.slots[name] = self._array(tensor)
        type_.add_attribute("training", T.BOOL)
        made.slots["training"] = bool(getattr(original, "training", False))
        for name, child in self.torch._C.ModuleDict(compiled).items():
            held = self.module(child, None if original is None else original._modules[name])
            type_.add_attribute(name, held.type)
            made.slots[name] = held
        self.classes[type_.name] = type_
        self.found.append((compiled, type_, original))
        return made

    def _array(self, tensor: Any) -> Any:
        """The memory of a tensor; one array for each."""
        key = tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), str(tensor.dtype)
        known = self.arrays.get(hash(key)) if tensor.numel() else None
        if known is None:
            known = self.arrays[hash(key)] = array_of(tensor)
        return known

    def methods(self) -> None:
        """Read the methods of all modules; callees come first."""
        for compiled, type_, original in self.found:
            functions = []
            for name in compiled._method_names():
                graph = compiled._get_method(name).graph
                python = None
                if original is not None:
                    python = getattr(type(original), "forward" if name.startswith("forward") else name, None)
                made = self.function(graph, name, f"{type_.name}.{name}", type_, python)
                type_.methods[name] = made
                functions.append(made)
            share_methods(functions)

    # ---- functions
    def function(self, theirs: Any, name: str, qualified: str, owner: T.ClassType | None, python: Any) -> Function:
        graph = parse_graph(str(theirs), self.classes)
        graph.name = qualified
        for ours, node in zip(_walk(graph), _walk_theirs(theirs), strict=True):
            self._complete(ours, node)
        return finish_function(graph, name, qualified, owner, python)

    def _complete(self, ours: Node, theirs: Any) -> None:
        """What the text does not say: tensors, functions, Python lines."""
        if ours.kind != "prim::Constant":
            ours.range, ours.stack = _lines(theirs)
            if ours.operator is None and ours.kind.startswith("aten::"):
                raise TraceError(f"PyTorch has recorded {ours.kind}, which ts2cpp does not know")
            return
        ours.range, ours.stack = _lines(theirs)
        if ours.output.type == T.FUNCTION:
            ours.attributes["function"] = self._callee(str(theirs.output().type()))
        elif theirs.hasAttribute("value") and theirs.kindOf("value") == "t":
            ours.attributes["value"] = _as_number(ours, array_of(theirs.t("value")).copy())

    def _callee(self, qualified: str) -> Function:
        """The function that is called from within the trace: compiled from Python, or traced before."""
        known = self.called.get(qualified)
        if known is not None:
            return known
        *path, name = _MANGLED.sub("", qualified).split(".")[1:]
        module = sys.modules.get(".".join(path))
        python = python_function(getattr(module, name, self.scope.get(name)))
        if python is not None:
            _, compiled = compile_all(python)
            assert isinstance(compiled, Function)
        else:
            theirs = self.torch.jit._state._python_cu.find_function(qualified)
            if theirs is None or any(n.kind() in ("prim::If", "prim::Loop") for n in _walk_theirs(theirs.graph)):
                raise TraceError(
                    f"the trace calls {name!r}, which PyTorch has compiled, and whose Python function is not found: "
                    "give it a name in the model file"
                )
            compiled = self.function(theirs.graph, name, qualified, None, None)
        self.called[qualified] = compiled
        return compiled


def _walk(graph: Graph) -> Iterator[Node]:
    for node in graph.walk():
        yield node
        for inner in node.attributes.values():
            if isinstance(inner, Graph):
                yield from _walk(inner)


def _walk_theirs(block: Any) -> Iterator[Any]:
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _walk_theirs(inner)
        if node.hasAttribute("Subgraph"):
            yield from _walk_theirs(node.g("Subgraph"))


def _as_number(node: Node, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A 0-d constant as the Python number that it was, if only that explains the type of the result."""
    if array.ndim or array.dtype not in (np.bool_, np.int64, np.float64, np.complex128) or len(node.output.uses) != 1:
        return array
    use = node.output.uses[0]
    result = use.node.outputs[0].type if use.node.outputs else None
    other = use.node.input(0).type if use.index == 1 else None
    if (
        not takes_numbers_as_tensors(use.node.kind)
        or not isinstance(result, T.TensorType)
        or not isinstance(other, T.TensorType)
    ):
        return array
    number = array.item()
    if result.dtype is None or other.dtype is None or other.sizes is None:
        return WrappedNumber.of(number)
    example = np.empty((1,) * len(other.sizes), other.dtype.numpy)
    return (
        WrappedNumber.of(number)
        if result_type(example, number) is result.dtype or use.node.kind.endswith("div")
        else array
    )


def _lines(theirs: Any) -> tuple[Any, tuple[tuple[str, Any], ...]]:
    """The innermost Python line of a node, and the line of the program that led to it if that is library code."""
    frames = [m.groups() for m in map(_FRAME.match, theirs.sourceRange().splitlines()) if m]
    if not frames:
        return None, ()
    library = str(importlib.import_module("torch").__path__[0])
    file, line, name = frames[0]
    own = range_at(file, int(line))
    if not file.startswith(library):
        return own, ()
    for file, line, _ in frames:
        if not file.startswith(library):
            return own, ((name, range_at(file, int(line))),)
    return own, ()
