"""What PyTorch has traced, read: the graphs as text, tensors and classes out of its objects.

What comes out is what the bundled tracer makes.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from transpile.core import types as T
from transpile.core.errors import TraceError
from transpile.core.names import without_numbers
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Node
from transpile.ir.parser import parse_graph
from transpile.jit.tracing.trace import finish_function, python_method
from transpile.jit.unit import compile_all
from transpile.ops.promotion import WrappedNumber, result_type
from transpile.pytorch.library import PYTORCH, array_of
from transpile.pytorch.ownership import load
from transpile.pytorch.scripted import python_function
from transpile.trace.export_form import share_methods
from transpile.trace.frames import range_at
from transpile.trace.spelling import takes_numbers_as_tensors

_FRAME = re.compile(r"^(.*)\((\d+)\): (.*)$")


class _Memory(NamedTuple):
    """Which elements of the memory of this process a tensor shows, and as what."""

    address: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str
    is_conjugated: bool
    is_negated: bool


class TraceReader:
    """Reads what PyTorch has traced.  ``entry`` is the Python that was traced, if it is known."""

    def __init__(self, entry: Any) -> None:
        self.torch = load()
        self.scope: dict[str, Any] = vars(sys.modules.get(getattr(entry, "__module__", ""), importlib))
        self.classes: dict[str, T.Type] = {}
        self.found: list[tuple[Any, T.ClassType, Any]] = []
        self.arrays: dict[_Memory, Any] = {}
        self.called: dict[str, Function] = {}

    def read_module(self, traced: Any, original: Any) -> ScriptObject:
        """The object for a traced module, with its methods."""
        root = self.module(traced._c, original)
        self.methods()
        return root

    def read_function(self, traced: Any, python: Any) -> Function:
        """The function for a traced function that was made of ``python``."""
        return self.function(traced.graph, traced.name, traced.qualified_name, None, python)

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
        if not tensor.numel():
            return array_of(tensor)
        key = _Memory(
            tensor.data_ptr(),
            tuple(tensor.shape),
            tensor.stride(),
            str(tensor.dtype),
            tensor.is_conj(),
            tensor.is_neg(),
        )
        if key not in self.arrays:
            self.arrays[key] = array_of(tensor)
        return self.arrays[key]

    def methods(self) -> None:
        """Read the methods of all modules; callees come first."""
        for compiled, type_, original in self.found:
            functions = []
            for name in compiled._method_names():
                graph = compiled._get_method(name).graph
                python = None
                if original is not None:
                    python = python_method(original, "forward" if name.startswith("forward") else name)
                made = self.function(graph, name, f"{type_.name}.{name}", type_, python)
                type_.methods[name] = made
                functions.append(made)
            share_methods(functions)

    # ---- functions
    def function(self, theirs: Any, name: str, qualified: str, owner: T.ClassType | None, python: Any) -> Function:
        graph = parse_graph(str(theirs), self.classes)
        graph.name = qualified
        for ours, node in zip(graph.walk_with_forks(), _walk_theirs(theirs), strict=True):
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
        *path, name = without_numbers(qualified).split(".")[1:]
        module = sys.modules.get(".".join(path))
        python = python_function(getattr(module, name, self.scope.get(name)))
        if python is not None:
            _, compiled = compile_all(python, library=PYTORCH)
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
    library = str(load().__path__[0])
    file, line, name = frames[0]
    own = range_at(file, int(line))
    if not file.startswith(library):
        return own, ()
    for file, line, _ in frames:
        if not file.startswith(library):
            return own, ((name, range_at(file, int(line))),)
    return own, ()
