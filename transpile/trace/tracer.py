"""The dispatch mode that records: every operator that runs becomes a node of the graph."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any, NamedTuple, cast

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import TraceError
from transpile.core.schema import Argument
from transpile.core.script_markers import active_modes
from transpile.core.source import SourceRange
from transpile.eager import dispatch
from transpile.eager.dispatch import DispatchMode
from transpile.eager.size import CPU, Size, layout
from transpile.eager.tensor import Tensor
from transpile.ir.graph import Graph, Node, Value
from transpile.ops import registry
from transpile.ops.out_overloads import functional_call
from transpile.ops.promotion import WrappedNumber
from transpile.ops.registry import Operator
from transpile.trace import tracer_warning as W
from transpile.trace.frames import calls_to, is_library, name_of, program_frame, range_of, running_frame
from transpile.trace.module_tree import ModuleTree
from transpile.trace.spelling import composite, recorded_call

_TENSORS = T.ListType(T.TENSOR)
_TENSOR_LIKE = (T.TENSOR, T.OptionalType(T.TENSOR), _TENSORS)
# What turns a 0-d tensor into the number that an argument wants.
_NUMBER_NODES = {T.INT: "aten::Int", T.FLOAT: "aten::Float", T.BOOL: "aten::Bool", T.NUMBER: "aten::ScalarImplicit"}


def tensor_type(tensor: Tensor) -> T.TensorType:
    """All that is known of a tensor, as its type."""
    return T.TensorType(tensor.dtype, tuple(tensor._array.shape), tensor.stride(), tensor.requires_grad)


class Known(NamedTuple):
    """A Python object and the graph value that it is."""

    held: Any
    value: Value


class Tracer(DispatchMode):
    """Records a graph.  ``modules`` gives scopes and attributes when a module is traced."""

    def __init__(self, graph: Graph, *, strict: bool, force_outplace: bool, modules: ModuleTree | None) -> None:
        self.graph = graph
        self.strict = strict
        self.force_outplace = force_outplace
        self.modules = modules
        # Which value each tensor has, by identity; the tensors are kept so that ids stay theirs. Inner frames are forks.
        self._known: list[dict[int, Known]] = [{}]
        self._attributes: dict[tuple[str, ...], Value] = {}
        self._scopes: list[tuple[str, Node | None]] = []
        self._module_codes: list[Any] = []
        self._frame: FrameType | None = None

    # ---- values
    def value_of(self, value: Any) -> Value:
        """The graph value that holds a tensor, or a container of tensors; an unknown tensor becomes a constant."""
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, (list, tuple, dict)):
            return self._container(value)
        found = self._recorded(value)
        if found is not None:
            return found
        if value is None or isinstance(value, (bool, int, float, complex, str)):
            return self.constant(value)
        raise TraceError(f"a {type(value).__name__} cannot be recorded in a trace")

    def _container(self, value: Any) -> Value:
        if isinstance(value, dict):
            keys = [self.constant(k) for k in value]
            values = [self.value_of(v) for v in value.values()]
            inputs = [v for pair in zip(keys, values, strict=True) for v in pair]
            type = T.DictType(keys[0].type if keys else T.STR, values[0].type if values else T.TENSOR)
            return self.graph.insert_node(
                "prim::DictConstruct", inputs, [T.DictType(type.key, plain(type.value))]
            ).output
        values = [self.value_of(v) for v in value]
        if isinstance(value, tuple):
            type_ = T.TupleType(tuple(v.type for v in values))
            return self.graph.insert_node("prim::TupleConstruct", values, [type_]).output
        element = plain(values[0].type) if values else T.TENSOR
        return self.graph.insert_node("prim::ListConstruct", values, [T.ListType(element)]).output

    def find(self, value: Any) -> Value | None:
        """The value of a Python object that the graph knows."""
        found = self._recorded(value)
        if found is not None or self.modules is None:
            return found
        path = self.modules.path_of(value)
        return None if path is None else self.attribute(path)

    def _recorded(self, value: Any) -> Value | None:
        for frame in reversed(self._known):
            known: Known | None = frame.get(id(value))
            if known is not None:
                return known.value
        return None

    def _tensor(self, tensor: Tensor) -> Value:
        found = self.find(tensor)
        if found is None:
            if tensor.requires_grad:
                raise W.requires_grad_error(repr(tensor))
            found = self.constant(tensor._array, tensor_type(tensor))
            self.set_value(tensor, found)
        elif not found.name and found.node.kind != "prim::TracedAttr":
            name = name_of(tensor, self._frame)
            if name:
                found.set_name(name)
                if self._frame is not None and is_library(self._frame):
                    found.program_name = name_of(tensor, program_frame(self._frame))
        return found

    def attribute(self, path: tuple[str, ...]) -> Value:
        """The value that stands for the attribute at ``path`` of the traced module until scopes are lifted."""
        assert self.modules is not None
        if path not in self._attributes:
            node = self.graph.create("prim::TracedAttr", (), [self.modules.type_at(path)], path=path)
            node.range = None
            self._attributes[path] = node.output
        return self._attributes[path]

    def set_value(self, value: Any, to: Value) -> None:
        """From now on the Python object ``value`` is the graph value ``to``; containers are taken apart."""
        if isinstance(value, Tensor):
            if isinstance(to.type, T.TensorType) and to.type.dtype is None:
                to.set_type(tensor_type(value))
            self._known[-1][id(value)] = Known(value, to)
        elif isinstance(value, (list, tuple)):
            kind = "prim::ListUnpack" if isinstance(value, list) else "prim::TupleUnpack"
            types: Sequence[T.Type] = to.type.elements if isinstance(to.type, T.TupleType) else [T.TENSOR] * len(value)
            if isinstance(to.type, T.ListType):
                types = [to.type.element] * len(value)
            node = self.graph.insert_node(kind, [to], types)
            for item, output in zip(value, node.outputs, strict=True):
                self.set_value(item, output)
        elif isinstance(value, dict):
            element = to.type.value if isinstance(to.type, T.DictType) else T.TENSOR
            for key, item in value.items():
                inputs = [to, self.constant(key, ranged=False)]
                node = self.graph.insert_node("aten::__getitem__", inputs, [element], operator=self.getter(key))
                self.set_value(item, node.output)
        elif hasattr(value, "wait") or hasattr(value, "_object"):
            self._known[-1][id(value)] = Known(value, to)
        else:
            raise TraceError(
                f"Tracer cannot set value trace for type {type(value).__name__.capitalize()}. Supported types are "
                "tensor, tensor list, and tuple of tensors."
            )

    def getter(self, key: Any) -> Operator | None:
        """The operator that reads the entry ``key`` of a dict."""
        return registry.find(f"aten::__getitem__.Dict_{'int' if isinstance(key, int) else 'str'}")

    def constant(self, value: Any, type: T.Type | None = None, *, ranged: bool = True) -> Value:
        """A constant right before its user; each use has its own."""
        node = self.graph.create_constant(value, type)
        if ranged and value is not None:
            node.range, node.stack = self._place()
        return self.graph.insert(node).output

    def _place(self) -> tuple[SourceRange | None, tuple[tuple[str, SourceRange | None], ...]]:
        stop = self._module_codes[-1] if self._module_codes else None
        return range_of(self._frame), calls_to(self._frame, stop)

    def insert(
        self, kind: str, inputs: Sequence[Value], types: Sequence[T.Type], operator: Operator | None = None
    ) -> Node:
        """A node that points to the running line."""
        node = self.graph.create(kind, inputs, types, operator=operator)
        node.range, node.stack = self._place()
        return self.graph.insert(node)

    # ---- operators
    def dispatch(self, operator: Operator, arguments: Sequence[Any]) -> Any:
        self._frame = running_frame()
        if not any(r.type in _TENSOR_LIKE for r in operator.schema.returns):
            return dispatch.execute(operator, _numbers(operator, arguments))
        parts = composite(operator)
        if parts is not None:
            return parts(self._run, operator, arguments)
        return self._record(operator, arguments)

    def _run(self, name: str, *arguments: Any) -> Any:
        return self._record(registry.get(name), arguments)

    def _record(self, operator: Operator, arguments: Sequence[Any]) -> Any:
        shown, values = recorded_call(operator, arguments)
        if self.force_outplace and operator.schema.is_mutable:
            shown, values = self._out_of_place(shown, values)
        inputs = self._inputs(shown, values)
        node = self.insert(shown.name, inputs, (), shown)
        result = dispatch.execute(operator, _numbers(operator, arguments))
        if self.force_outplace and operator.schema.is_mutable:
            self._warn_of_references(operator.name, arguments[-1 if operator.is_out else 0])
        self._outputs(node, result, shown)
        if shown.name == "aten::_convolution":
            # PyTorch takes note of gradients around this operator, not in it.
            node.output.set_type(replace(tensor_type(result), requires_grad=False))
        return result

    def _out_of_place(self, operator: Operator, values: list[Any]) -> tuple[Operator, list[Any]]:
        """The functional form of an operator that writes, if it has one."""
        if operator.is_out:
            return functional_call(operator, values)
        name = operator.name
        if name == "aten::copy_":
            if _live_references(values[0], self._known) > 1:
                return operator, values
            return registry.get("aten::expand_as"), [values[1], values[0]]
        functional = {"aten::zero_": "aten::zeros_like", "aten::fill_": "aten::full_like"}.get(name, name.rstrip("_"))
        overload = f".{operator.schema.overload}" if operator.schema.overload else ""
        found = registry.find(functional + overload)
        if found is None or len(found.schema.arguments) != len(values):
            return operator, values
        return found, values

    def _warn_of_references(self, name: str, target: Tensor) -> None:
        count = _live_references(target, self._known)
        if count > 1:
            why = " (possibly due to an assignment)" if name == "aten::copy_" else ""
            W.warn(W.LIVE_REFERENCES.format(count=count, name=name.removeprefix("aten::"), why=why), self._frame)

    def _inputs(self, operator: Operator, values: Sequence[Any]) -> list[Value]:
        inputs = []
        ranged = operator.name != "aten::copy_"
        for argument, value in zip(operator.schema.arguments, values, strict=True):
            inputs.append(self._input(argument, argument.type, value, ranged))
        return inputs

    def _input(self, argument: Argument, type: T.Type, value: Any, ranged: bool) -> Value:
        if value is None:
            return self.constant(None)
        if isinstance(type, T.OptionalType):
            type = type.element
        if isinstance(value, WrappedNumber):
            return self.constant(value, T.TensorType(D.from_numpy(value.dtype), (), (), False))
        if type == T.TENSOR:
            return self.value_of(value)
        if isinstance(type, T.ListType) and isinstance(value, (list, tuple)):
            items = [self._input(argument, type.element, v, ranged) for v in value]
            return self.graph.insert_node("prim::ListConstruct", items, [type], range=None).output
        if isinstance(value, Tensor):
            return self._number_of(value, type)
        if hasattr(value, "_engine"):
            raise TraceError("Found an unsupported argument type in the JIT tracer: at::Generator. File a bug report.")
        return self.constant(_constant(value), _constant_type(value, type), ranged=ranged)

    def _number_of(self, tensor: Tensor, type: T.Type) -> Value:
        """The number in a 0-d tensor, taken right where the tensor is made."""
        value = self.value_of(tensor)
        kind = _NUMBER_NODES.get(type)  # type: ignore[call-overload]
        if kind is None:
            raise TraceError(f"a tensor cannot be traced as an argument of type {type}")
        overload = "" if type == T.NUMBER else ".Tensor"
        node = self.graph.create(kind, [value], [type], operator=registry.find(kind + overload))
        node.insert_after(value.node)
        return node.output

    def _outputs(self, node: Node, result: Any, operator: Operator) -> None:
        results = result if len(operator.schema.returns) > 1 else (result,)
        for item in results:
            if isinstance(item, Tensor):
                self.set_value(item, node.add_output(tensor_type(item)))
            elif isinstance(item, (list, tuple)):
                unpack = self.graph.insert_node(
                    "prim::ListUnpack", [node.add_output(_TENSORS)], [tensor_type(t) for t in item]
                )
                for tensor, output in zip(item, unpack.outputs, strict=True):
                    self.set_value(tensor, output)
            else:
                node.add_output(T.NONE if item is None else T.TENSOR)

    # ---- sizes
    def shape(self, tensor: Tensor) -> Size:
        return tuple.__new__(Size, [self.size(tensor, i) for i in range(tensor._array.ndim)])

    def size(self, tensor: Tensor, dim: int) -> Any:
        self._frame = running_frame()
        inputs = [self._tensor(tensor), self.constant(int(dim))]
        number = self.insert("aten::size", inputs, [T.INT], registry.get("aten::size.int")).output
        return self._size_tensor(number, tensor._array.shape[dim])

    def numel(self, tensor: Tensor) -> Any:
        self._frame = running_frame()
        number = self.insert("aten::numel", [self._tensor(tensor)], [T.INT], registry.get("aten::numel")).output
        return self._size_tensor(number, tensor._array.size)

    def _size_tensor(self, number: Value, extent: int) -> Tensor:
        made = Tensor._from_array(np.asarray(extent, np.int64))
        operator = registry.get("prim::NumToTensor.Scalar")
        type = T.TensorType(D.int64, (), (), None)
        node = self.graph.insert_node("prim::NumToTensor", [number], [type], operator=operator)
        self._known[-1][id(made)] = Known(made, node.output)
        return made

    def length(self, tensor: Tensor) -> Any:
        self._frame = running_frame()
        self._freeze(W.LENGTH)
        return tensor._array.shape[0]

    # ---- what leaves the graph, and what comes in from outside
    def leaves(self, tensor: Tensor, what: str) -> None:
        self._frame = running_frame()
        if what == "a Python list":
            for name in ("aten::resolve_conj", "aten::resolve_neg"):
                self.insert(name, [self._tensor(tensor)], [tensor_type(tensor)], registry.get(name))
        self._freeze(W.LEAVES.format(what))

    def iterates(self, tensor: Tensor) -> None:
        self._frame = running_frame()
        self._freeze(W.ITERATES)

    def _freeze(self, message: str) -> None:
        """Warn that what happens at this line is fixed from now on."""
        where = range_of(self._frame)
        if where is not None and where.text:
            message += f"\n  frozen here: {where.filename}:{where.line}: {where.text}"
        W.warn(message, self._frame)

    def created(self, tensor: Tensor, how: str) -> Tensor:
        self._frame = running_frame()
        if how in ("tensor", "as_tensor", "from_numpy"):
            W.warn(W.CREATED.format(how), self._frame)
        literal = tensor._array.copy()
        literal.flags.writeable = False  # each run of the program makes the tensor anew
        self.set_value(tensor, self.constant(literal, tensor_type(tensor)))
        if how == "from_numpy":
            return self._off("aten::lift_fresh", [tensor])
        made = self._off("aten::to.device", [tensor, CPU, tensor.dtype, False, False, None])
        return self._off("aten::detach", [made]) if how in ("tensor", "new_tensor") else made

    def created_from_tensor(self, tensor: Tensor, dtype: Any, how: str) -> Tensor:
        self._frame = running_frame()
        W.warn(W.CREATED.format(how), self._frame)
        copies = how == "tensor"
        source = self._off("aten::detach", [tensor]) if copies else tensor
        made = self._off("aten::to.device", [source, CPU, dtype, False, copies, None])
        return self._off("aten::detach", [made]) if copies else made

    def resized(self, tensor: Tensor, how: str) -> None:
        self._frame = running_frame()
        W.warn(W.RESIZED.format(how), self._frame)
        self._known[-1].pop(id(tensor), None)

    def convert(self, tensor: Tensor, dtype: Any, device: Any, non_blocking: bool, copy: bool) -> Tensor | None:
        self._frame = running_frame()
        dtype = _python_dtype(dtype)
        if dtype is None:
            values = [tensor, tensor.dtype, tensor.layout, CPU, None, non_blocking, copy, None]
            return self._off("aten::to.dtype_layout", values)
        if device is None:
            return self._off("aten::to.dtype", [tensor, dtype, non_blocking, copy, None])
        return self._off("aten::to.device", [tensor, CPU, dtype, non_blocking, copy, None])

    def _off(self, name: str, values: Sequence[Any]) -> Tensor:
        """Record one operator from a hook, with the mode itself off."""
        with self.paused():
            result: Tensor = self._record(registry.get(name), values)
            return result

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is recorded inside."""
        stack = active_modes.stack
        saved = list(stack)
        stack.clear()
        try:
            yield
        finally:
            stack[:] = saved

    # ---- calls of what is compiled already, and tasks
    def enter_call(self) -> None:
        """A call that is recorded as such begins at the running line."""
        self._frame = running_frame()

    def insert_call(self, kind: str, inputs: Sequence[Value], type: T.Type) -> Node:
        """A call; PyTorch shows no line beside it, but the way to it is known."""
        node = self.insert(kind, inputs, [type])
        where, node.range = node.range, None
        node.stack = (*node.stack, ("call", where))
        return node

    @contextmanager
    def nested(self, node: Node) -> Iterator[None]:
        """Record into the first block of ``node``, in a frame of its own."""
        before = self.graph.set_insert_point(node.blocks[0])
        self._known.append({})
        try:
            yield
        finally:
            self._known.pop()
            self.graph.set_insert_point(before)

    # ---- modules
    def enter_module(self, module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        scope = self.modules.scope_of(module) if self.modules is not None else None
        if scope is None or not scope:
            self._scopes.append(("", None))
            return
        self._frame = running_frame()
        node = self.insert("prim::TracedModuleForward", [], [])
        node.attributes["path"] = scope
        node.attributes["arguments"] = self._argument_names(module, args, kwargs)
        node.add_block()
        self._scopes.append((self.graph.current_scope, self.graph.set_insert_point(node.blocks[0])))
        outer = self.graph.current_scope
        name = ".".join(("__module", *scope))
        self.graph.current_scope = f"{outer}/{name}" if outer else name
        self._module_codes.append(getattr(getattr(module, "forward", None), "__code__", None))

    def _argument_names(self, module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[Value, str]:
        """What ``forward`` calls the values that it is called with."""
        try:
            bound = inspect.signature(module.forward).bind(*args, **kwargs).arguments
        except (TypeError, ValueError):
            return {}
        names: dict[Value, str] = {}
        for name, given in bound.items():
            found = self._recorded(given)
            if found is not None:
                names.setdefault(found, name)
        return names

    def exit_module(self, module: Any) -> None:
        scope, before = self._scopes.pop()
        if before is not None:
            self.graph.current_scope = scope
            self.graph.set_insert_point(before)
            self._module_codes.pop()


def plain(type: T.Type) -> T.Type:
    """A type without what is known of its tensors: what containers hold."""
    if isinstance(type, T.TensorType):
        return T.TENSOR
    return type.with_contained([plain(t) for t in type.contained()]) if type.contained() else type


def _python_dtype(dtype: Any) -> D.DType | None:
    python: dict[Any, D.DType] = {float: D.float64, int: D.int64, bool: D.bool_, complex: D.complex128}
    if isinstance(dtype, type):
        return python[dtype]
    return None if dtype is None else cast(D.DType, dtype)


def _numbers(operator: Operator, arguments: Sequence[Any]) -> list[Any]:
    return [_number(v, a) for v, a in zip(arguments, operator.schema.arguments, strict=True)]


def _number(value: Any, argument: Argument) -> Any:
    """An argument as kernels want it: tensors that stand for numbers become numbers."""
    type = argument.type.element if isinstance(argument.type, T.OptionalType) else argument.type
    if isinstance(value, Tensor) and type != T.TENSOR:
        number = value._array.item()
        return int(number) if type == T.INT else number  # the floor of a scaled size is a float tensor
    if isinstance(value, list) and isinstance(type, T.ListType) and type.element in (T.INT, T.FLOAT, T.BOOL, T.NUMBER):
        element = replace(argument, type=type.element)
        return [_number(v, element) for v in value]
    return value


def _constant(value: Any) -> Any:
    if isinstance(value, layout):
        return value.code
    if isinstance(value, D.DType):
        return value.code
    if value is CPU or type(value).__name__ == "device":
        return str(value)
    return value


def _constant_type(value: Any, type: T.Type) -> T.Type:
    if isinstance(value, bool):
        return T.BOOL
    if type == T.NUMBER:
        for kind, found in ((int, T.INT), (float, T.FLOAT), (complex, T.COMPLEX)):
            if isinstance(value, kind):
                return found
    return type


_entry = (object(), None)
# The reference count of what only the tracer holds.
_HELD_BY_ENTRY = sys.getrefcount(_entry[0])


def _live_references(tensor: Tensor, known: Sequence[Mapping[int, Known]]) -> int:
    """How many tensors that the program still holds share the memory of ``tensor``."""
    seen = {id(tensor)}
    for frame in known:
        for entry in frame.values():
            if not isinstance(entry[0], Tensor) or sys.getrefcount(entry[0]) <= _HELD_BY_ENTRY:
                continue
            if np.shares_memory(entry[0]._array, tensor._array):
                seen.add(id(entry[0]))
    return len(seen)
