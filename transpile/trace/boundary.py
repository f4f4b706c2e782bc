"""Inputs and outputs of a trace: which Python values may cross, and how containers are taken apart and put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transpile.core import types as T
from transpile.core.errors import TraceError
from transpile.eager.tensor import Tensor
from transpile.ir.graph import Graph, Value
from transpile.trace import tracer_warning as W
from transpile.trace.frames import running_frame
from transpile.trace.tracer import Tracer, plain, tensor_type

_SIMPLE = {bool: T.BOOL, int: T.INT, float: T.FLOAT, complex: T.COMPLEX, str: T.STR, type(None): T.NONE}


def infer_type(value: Any) -> T.Type:
    """The type of an example input; ``TraceError`` for what has none."""
    if isinstance(value, Tensor):
        return tensor_type(value)
    if isinstance(value, tuple):
        return T.TupleType(tuple(infer_type(v) for v in value))
    if isinstance(value, list):
        if not value:
            raise TraceError("List trace inputs must have elements")
        return T.ListType(plain(_common([infer_type(v) for v in value], "List", "element type")))
    if isinstance(value, Mapping):
        if not value:
            raise TraceError("Dictionary inputs must have entries")
        keys, values = [infer_type(k) for k in value], [infer_type(v) for v in value.values()]
        return T.DictType(_common(keys, "Dictionary"), plain(_common(values, "Dictionary")))
    if type(value) in _SIMPLE:
        return _SIMPLE[type(value)]
    raise TraceError(
        "Only tensors and (possibly nested) tuples of tensors, lists, or dicts are supported as inputs or outputs of "
        f"traced functions, but instead got value of type {type(value).__name__}."
    )


def _common(types: list[T.Type], what: str, kind: str = "type") -> T.Type:
    for other in types[1:]:
        if other != types[0]:
            raise TraceError(
                f"{what} inputs to traced functions must have consistent {kind}. "
                f"Found {types[0].annotation()} and {other.annotation()}"
            )
    return types[0]


def is_traceable(type: T.Type) -> bool:
    """Whether values of ``type`` may be inputs: tensors, and containers of them."""
    if isinstance(type, T.DictType):
        return is_traceable(type.value)
    if isinstance(type, (T.TupleType, T.ListType)):
        return all(is_traceable(t) for t in type.contained())
    return isinstance(type, T.TensorType)


def require_traceable(value: Any) -> None:
    """``TraceError`` if ``value``, all example inputs together, cannot be recorded."""
    type = _required_type(value)
    if not is_traceable(type):
        raise TraceError(
            f"Type '{type.annotation()}' cannot be traced. Only Tensors and (possibly nested) Lists, Dicts, and "
            "Tuples of Tensors can be traced"
        )


def _required_type(value: Any) -> T.Type:
    """The type of an input or output; the error shows all of it."""
    try:
        return infer_type(value)
    except TraceError as error:
        raise TraceError(f"Tracer cannot infer type of {value}\n:{error}") from None


def bind_input(tracer: Tracer, example: Any, name: str) -> Any:
    """Make ``example`` an input of the graph; gives what the program is called with."""
    value = tracer.graph.add_input(_input_type(example), name)
    return _unpack(tracer, example, value)


def _input_type(example: Any) -> T.Type:
    type = infer_type(example)
    return T.TupleType(type.elements) if isinstance(type, T.TupleType) else type


def _unpack(tracer: Tracer, example: Any, value: Value) -> Any:
    """Give the tensors in ``example`` their values; lists and dicts come out as new ones, NamedTuples as tuples."""
    if isinstance(example, Tensor):
        if tracer.find(example) is not None:
            # The same tensor twice: two inputs.
            with tracer.paused():
                example = example.view(list(example._array.shape))
        tracer.set_value(example, value)
        return example
    if isinstance(example, (tuple, list)):
        kind = "prim::TupleUnpack" if isinstance(example, tuple) else "prim::ListUnpack"
        types = [infer_type(e) for e in example]
        if isinstance(example, list):
            types = [t if isinstance(t, T.TensorType) else plain(t) for t in types]
        node = tracer.graph.insert_node(kind, [value], types)
        items = [_unpack(tracer, e, v) for e, v in zip(example, node.outputs, strict=True)]
        return tuple(items) if isinstance(example, tuple) else items
    result = {}
    for key, item in example.items():
        getter = tracer.getter(key)
        inputs = [value, tracer.constant(key, ranged=False)]
        node = tracer.graph.insert_node("aten::__getitem__", inputs, [infer_type(item)], operator=getter)
        result[key] = _unpack(tracer, item, node.output)
    return result


def bind_output(tracer: Tracer, output: Any) -> Value:
    """The graph value that the function returns for the Python value ``output``."""
    if output is None:
        raise TraceError(
            "The traced function didn't return any values! Side-effects are not captured in traces, so it would be a "
            "no-op."
        )
    return _output(tracer, output, 1)


def _output(tracer: Tracer, output: Any, number: int) -> Value:
    graph: Graph = tracer.graph
    if isinstance(output, Tensor):
        found = tracer.find(output)
        if found is None:
            raise TraceError(
                f"output {number} ( {output!r} ) of traced region did not have observable data dependence with trace "
                "inputs; this probably indicates your program cannot be understood by the tracer."
            )
        return found
    if isinstance(output, tuple):
        items = [_output(tracer, o, number) for o in output]
        return graph.insert_node("prim::TupleConstruct", items, [T.TupleType(tuple(v.type for v in items))]).output
    if isinstance(output, list) and all(isinstance(o, (Tensor, list, tuple, dict)) for o in output):
        if tracer.strict:
            W.warn(W.CONTAINER.format("list"), running_frame())
        items = [_output(tracer, o, number) for o in output]
        element = plain(items[0].type) if items else T.TENSOR
        return graph.insert_node("prim::ListConstruct", items, [T.ListType(element)]).output
    if isinstance(output, dict):
        if tracer.strict:
            raise TraceError(W.CONTAINER.format("dict"))
        _required_type(output)
        pairs: list[Value] = []
        for key, item in output.items():
            pairs += [tracer.constant(key, ranged=False), _output(tracer, item, number)]
        type = T.DictType(pairs[0].type if pairs else T.STR, plain(pairs[1].type) if pairs else T.TENSOR)
        return graph.insert_node("prim::DictConstruct", pairs, [type]).output
    raise TraceError(
        "Only tensors, lists, tuples of tensors, or dictionary of tensors can be output from traced functions"
    )
