"""The entry of a model file, compiled: what export, verify and run work on.  PyTorch's are a kind of it."""

from __future__ import annotations

import copy
import enum
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from transpile.core import types as T
from transpile.core.errors import ArchiveError, ExportError
from transpile.eager.grad_mode import no_grad
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function, ScriptObject
from transpile.jit.archive.writer import as_function
from transpile.jit.interpreter.outside import run_from_python
from transpile.jit.module import conversion
from transpile.jit.module.hooked import INNER, run_hooks_in_forward
from transpile.jit.module.original import python_module
from transpile.jit.module.script_function import ScriptFunction
from transpile.jit.module.script_module import ScriptModule
from transpile.jit.tracing.trace import trace, trace_module
from transpile.jit.tracing.traced_module import TracedModule
from transpile.jit.unit import compile_all
from transpile.nn.modules.module import Module
from transpile.script.inference import is_tensor
from transpile.script.python_values import modifier_of

if TYPE_CHECKING:
    from typing_extensions import Self

Array = np.ndarray[Any, Any]
Inputs = Sequence[Any] | Mapping[str, Sequence[Any]]  # of ``forward``, or by method


class Form(enum.Enum):
    """In which form a model file gives its entry.  Other callables than functions can only be traced."""

    MODULE = "module"
    FUNCTION = "function"
    SCRIPT = "script"
    TRACE = "trace"
    CALLABLE = "callable"


@dataclass
class CompiledEntry:
    """A compiled module or function, with the Python object it came from.

    ``functions`` are its methods by name (a function is called ``forward``), ``exported`` the names that export writes
    unless told otherwise.  ``python`` computes eagerly.
    """

    root: ScriptObject | Function
    python: Any
    functions: dict[str, Function]
    exported: list[str]
    output_shapes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_function(cls, function: Function, python: Any) -> Self:
        """The entry for a function."""
        return cls(function, python, {"forward": function}, ["forward"])

    @classmethod
    def of_module(cls, root: ScriptObject, python: Any) -> Self:
        """The entry for a module: ``forward``, and then what is marked with ``export``, is exported.

        An archive does not tell what was marked: these are the methods that no other one of the module calls.
        """
        is_loaded = _is_loaded(python)
        called = _called_by_others(root) if is_loaded else set()
        hooks = {*root.type.forward_pre_hooks, *root.type.forward_hooks}
        run_hooks_in_forward(root)
        functions = {n: f for n, f in _methods(root).items() if n != INNER}
        preserved = getattr(python, "_preserved_methods", ())  # frozen

        def is_wanted(name: str) -> bool:
            if name == "forward" or name in preserved:
                return True
            if is_loaded:
                return name not in called | hooks and not name.startswith("__")
            return _is_exported(python, name)

        exported = [name for name in functions if is_wanted(name)]
        if not exported:
            raise ExportError(f"{root.type.name} has neither a forward method nor one marked with torch.jit.export")
        return cls(root, python, functions, sorted(exported, key=lambda name: name != "forward"))

    @classmethod
    def of_trace(cls, root: ScriptObject, python: Any) -> Self:
        """The entry for a traced module: all that was traced is exported, and before it ``forward``."""
        functions = _methods(root)
        return cls(root, python, functions, sorted(functions, key=lambda name: name != "forward"))

    @property
    def is_module(self) -> bool:
        return isinstance(self.root, ScriptObject)

    def parameters(self, method: str) -> list[tuple[str, T.Type]]:
        """Names and types of the arguments of a method, ``self`` left out."""
        arguments = self.functions[method].schema.arguments
        return [(a.name, a.type) for a in (arguments[1:] if self.is_module else arguments)]

    def run_eagerly(self, method: str, arguments: Sequence[Any]) -> Any:
        """What Python computes, on a copy, so that the state that is exported stays what it was."""
        if not self.is_module:
            return self._without_gradients(self.python, arguments)
        module = copy.deepcopy(self.python, _detached_results(self.python))
        watched = [(name, m) for name, m in _named_modules(module) if self._takes_hooks(m)]
        hooks = [m.register_forward_hook(self._note_shape(name)) for name, m in watched]
        try:
            return self._without_gradients(module if method == "forward" else getattr(module, method), arguments)
        finally:
            for hook in hooks:
                hook.remove()

    def expected(self, method: str, arguments: Sequence[Any]) -> Any:
        """What a compiled program must give: what Python computes.  Where text has other characters than those of ASCII,
        what TorchScript's graph computes: its lengths and positions count bytes."""
        result = self.run_eagerly(method, arguments)
        return result if _is_ascii(arguments) else self.run_interpreter(method, arguments)

    def _without_gradients(self, call: Any, arguments: Sequence[Any]) -> Any:
        with no_grad():
            return call(*copy.deepcopy(list(arguments)))

    def _takes_hooks(self, module: Any) -> bool:
        """Whether a module can be watched while it runs."""
        return not isinstance(module, ScriptModule)

    def _raw_argument(self, value: Any, type: T.Type) -> Any:
        return value if isinstance(value, np.ndarray) else conversion.to_raw(value, type)

    def _note_shape(self, name: str) -> Any:
        def hook(module: Any, arguments: Any, output: Any) -> None:
            if hasattr(output, "shape"):
                self.output_shapes.setdefault(name, f"{_dtype_name(output)}{list(output.shape)}")

        return hook

    def run_interpreter(self, method: str, arguments: Sequence[Any]) -> Any:
        """What the graph computes on raw values or tensors, on a copy of them and of the state; raw values."""
        given = zip(arguments, self.parameters(method), strict=False)
        raw = copy.deepcopy([self._raw_argument(value, type) for value, (_, type) in given])
        formals = self.functions[method].schema.arguments
        for formal in formals[len(raw) + (1 if self.is_module else 0) :]:
            if not formal.has_default:
                raise ExportError(f"argument {formal.name!r} is missing")
            raw.append(conversion.default_value(formal))
        if isinstance(self.root, ScriptObject):
            raw.insert(0, copy.deepcopy(self.root, {id(t): t for t in _types_of(self.root)}))
        return run_from_python(self.functions[method], raw, conversion.call_python)

    def arguments_from_arrays(self, method: str, arrays: Mapping[str, Array]) -> list[Any]:
        """Arguments out of flat arrays (see ``codegen.arrays``); ``ArchiveError`` names what is missing or wrong."""
        by_position = {f"arr_{i}": name for i, (name, _) in enumerate(self.parameters(method))}
        renamed: dict[str, Array] = {}
        for key, array in arrays.items():
            head, dot, rest = key.partition(".")
            renamed[by_position.get(head, head) + dot + rest] = array
        result = []
        for name, type in self.parameters(method):
            value = _unflatten(name, type, renamed)
            if value is None and not isinstance(type, T.OptionalType) and type != T.NONE:
                index = [n for n, _ in self.parameters(method)].index(name) + (1 if self.is_module else 0)
                formal = self.functions[method].schema.arguments[index]
                if not formal.default_fits:
                    raise ArchiveError(f"input {name!r} is missing; expected {type.annotation()}")
                value = conversion.default_value(formal)
            result.append(value)
        return result

    def summary(self) -> list[tuple[str, ...]]:
        """Rows of (module, class, output shape, parameters, bytes) of all modules, with what each holds itself."""
        if not self.is_module:
            return []
        rows: list[tuple[str, ...]] = []
        for name, module in _named_modules(self.python):
            parameters = [p for p in module._parameters.values() if p is not None]
            tensors = [*parameters, *(b for b in module._buffers.values() if b is not None)]
            count = sum(p.numel() for p in parameters)
            size = sum(t.numel() * t.element_size() for t in tensors)
            shape = self.output_shapes.get(name, "")
            rows.append((name or "(model)", _class_name(module), shape, str(count), str(size)))
        return rows


def form_of(entry: Any) -> Form | None:
    """The form of an entry that has nothing to do with PyTorch; ``None`` if it is nothing that can be compiled."""
    if isinstance(entry, TracedModule):
        return Form.TRACE
    if isinstance(entry, (ScriptFunction, ScriptModule)):
        return Form.SCRIPT
    if isinstance(entry, Module):
        return Form.MODULE
    if inspect.isfunction(entry):
        return Form.FUNCTION
    return Form.CALLABLE if callable(entry) else None


def script_entry(entry: Any, form: Form) -> CompiledEntry:
    """The entry compiled as it is; all problems are raised together."""
    if isinstance(entry, ScriptFunction):
        return CompiledEntry.of_function(entry._function, entry._function.python or entry)
    if form is Form.TRACE:
        # What was traced is the module as it was then; `eval()` on the trace changes nothing that it computes.
        return CompiledEntry.of_trace(entry._object, entry.__dict__["_original"] or entry)
    if form is Form.SCRIPT:
        function = as_function(entry._object)
        if function is not None:
            return CompiledEntry.of_function(function, entry)
        return CompiledEntry.of_module(entry._object, python_module(entry))
    _, compiled = compile_all(entry)
    if isinstance(compiled, Function):
        return CompiledEntry.of_function(compiled, entry)
    return CompiledEntry.of_module(compiled, entry)


def trace_entry(entry: Any, form: Form, inputs: Inputs) -> CompiledEntry:
    """What the entry, or each method that a mapping names, does with example inputs; what is compiled stays what it is."""
    if form not in (Form.SCRIPT, Form.TRACE):
        if isinstance(inputs, Mapping) and form is Form.MODULE:
            entry = trace_module(entry, {name: tuple(given) for name, given in inputs.items()}, strict=False)
        else:
            entry = trace(entry, inputs_of_forward(inputs), strict=False)
        form = Form.TRACE if isinstance(entry, TracedModule) else Form.SCRIPT
    return script_entry(entry, form)


def inputs_of_forward(inputs: Inputs) -> tuple[Any, ...]:
    """The example inputs of what has no methods besides ``forward``."""
    if not isinstance(inputs, Mapping):
        return tuple(inputs)
    if list(inputs) != ["forward"]:
        raise ExportError(f"example_inputs are given for {', '.join(inputs)}, but a function has `forward` alone")
    return tuple(inputs["forward"])


def _is_loaded(python: Any) -> bool:
    """Whether a module comes from an archive."""
    return isinstance(python, ScriptModule) and python.__dict__.get("_unit") is not None


def _called_by_others(root: ScriptObject) -> set[str]:
    """The methods of a module that its methods call."""
    calls = (
        (name, node.attributes["name"])
        for name, function in _methods(root).items()
        for node in function.structured.walk()
        if node.kind == "prim::CallMethod" and node.input(0).type is root.type
    )
    return {called for name, called in calls if called != name}


def _is_ascii(value: Any) -> bool:
    """Whether all text in a value consists of ASCII characters."""
    if isinstance(value, dict):
        return all(_is_ascii(k) and _is_ascii(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_ascii(v) for v in value)
    return not isinstance(value, str) or value.isascii()


def _is_exported(python: Any, name: str) -> bool:
    return modifier_of(vars(python).get(name) or getattr(type(python), name, None)) == "export"


def entry_functions(root: ScriptObject | Function, methods: Sequence[str]) -> list[Function]:
    """The functions that are exported."""
    return [root] if isinstance(root, Function) else [root.type.methods[m] for m in methods]


def _methods(root: ScriptObject) -> dict[str, Function]:
    return {n: f for n, f in root.type.methods.items() if isinstance(f, Function)}


def _detached_results(module: Any) -> dict[int, Any]:
    """For ``deepcopy``: tensors that a run has left in attributes, which cannot be copied with their history."""
    held = [value for _, m in _named_modules(module) for value in vars(m).values()]
    return {id(v): v.detach().clone() for v in held if is_tensor(v) and not getattr(v, "is_leaf", True)}


def _named_modules(module: Any) -> list[tuple[str, Any]]:
    return list(module.named_modules())


def _class_name(module: Any) -> str:
    """The name of the class that the user wrote."""
    return str(getattr(module, "original_name", type(module).__name__))


def _dtype_name(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _types_of(root: ScriptObject) -> list[T.Type]:
    """The class types of an object tree: shared, not copied, when the objects are."""
    found: dict[int, T.Type] = {}

    def visit(value: Any) -> None:
        if isinstance(value, ScriptObject) and id(value.type) not in found:
            found[id(value.type)] = value.type
        if isinstance(value, ScriptObject):
            for inner in value.slots.values():
                visit(inner)

    visit(root)
    return list(found.values())


def _is_given(name: str, arrays: Mapping[str, Array]) -> bool:
    return name in arrays or any(key.startswith(f"{name}.") for key in arrays)


def _item(name: str, type: T.Type, arrays: Mapping[str, Array]) -> Any:
    """A part of a container, which must be there unless it is optional."""
    value = _unflatten(name, type, arrays)
    if value is None and not isinstance(type, T.OptionalType) and type != T.NONE:
        raise ArchiveError(f"input {name!r} is missing; expected {type.annotation()}")
    return value


def _unflatten(name: str, type: T.Type, arrays: Mapping[str, Array]) -> Any:
    """The value of one argument, or ``None`` if no array belongs to it; a list or dict is empty then."""
    if isinstance(type, T.OptionalType):
        return _unflatten(name, type.element, arrays) if _is_given(name, arrays) else None
    if isinstance(type, T.ListType):
        items: list[Any] = []
        while _is_given(f"{name}.{len(items)}", arrays):
            items.append(_item(f"{name}.{len(items)}", type.element, arrays))
        return items
    if isinstance(type, T.TupleType):
        if not _is_given(name, arrays):
            return None
        return tuple(_item(f"{name}.{i}", t, arrays) for i, t in enumerate(type.elements))
    if isinstance(type, T.DictType):
        keys = {k[len(name) + 1 :].partition(".")[0] for k in arrays if k.startswith(f"{name}.")}
        read = int if type.key == T.INT else str
        return {read(k): _item(f"{name}.{k}", type.value, arrays) for k in sorted(keys)}
    array = arrays.get(name)
    if array is None:
        return None
    if isinstance(type, T.TensorType):
        try:
            return Tensor._from_array(np.array(array))
        except TypeError as error:
            raise ArchiveError(f"input {name!r}: {error}") from None
    wanted = {T.INT: "iu", T.FLOAT: "fiu", T.BOOL: "b", T.STR: "U", T.COMPLEX: "cf", T.NUMBER: "fiu"}.get(type, "")  # type: ignore[call-overload]
    if array.ndim != 0 or array.dtype.kind not in wanted:
        raise ArchiveError(
            f"input {name!r} is an array of {array.dtype} with shape {list(array.shape)}, "
            f"expected a 0-d array for {type.annotation()}"
        )
    value = array.item()
    return float(value) if type == T.FLOAT else value
