"""Calls that a trace records as calls: of scripted functions and methods, and of tasks started by ``fork``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transpile.core import types as T
from transpile.core.errors import TraceError
from transpile.core.schema import Schema
from transpile.eager.dispatch import active_mode
from transpile.eager.grad_mode import is_grad_enabled
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function
from transpile.ir.graph import Value
from transpile.ops import registry
from transpile.trace.export_form import unspecialised
from transpile.trace.tracer import Tracer

Run = Callable[[], Any]


def active_tracer() -> Tracer | None:
    """The tracer that records in this thread, if any."""
    mode = active_mode()
    return mode if isinstance(mode, Tracer) else None


def record_call(
    tracer: Tracer, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any], owner: Any, run: Run
) -> Any:
    """Record the call of a compiled function or method, whose control flow is kept, and run it unseen.

    ``owner`` is the module that a method belongs to; it must be part of the module that is traced.
    """
    tracer.enter_call()
    inputs = [tracer.value_of(v) for v in _in_order(function.schema, args, kwargs, owner is not None)]
    result_type = unspecialised(function.schema.returns[0].type)
    if owner is None:
        callee = tracer.graph.create("prim::Constant", (), [T.FUNCTION], name=function.name, function=function)
        callee.range = None
        tracer.graph.insert(callee)
        node = tracer.insert_call("prim::CallFunction", [callee.output, *inputs], result_type)
    else:
        node = tracer.insert_call("prim::CallMethod", [_owner(tracer, owner), *inputs], result_type)
        node.attributes["name"] = function.name
    with tracer.paused():
        result = run()
    if is_grad_enabled() and _requires_grad([*args, *kwargs.values()], owner):
        _track(result)
    tracer.set_value(result, node.output)
    return result


def _requires_grad(values: Any, owner: Any) -> bool:
    if isinstance(values, Tensor):
        return values.requires_grad
    if isinstance(values, (list, tuple)):
        return any(_requires_grad(v, None) for v in values) or (
            owner is not None and any(p.requires_grad for p in owner.parameters())
        )
    return False


def _track(result: Any) -> None:
    """Mark tensors as results of tensors that require grad."""
    if isinstance(result, Tensor):
        result._track("aten::call")
    elif isinstance(result, (list, tuple)):
        for item in result:
            _track(item)


def _owner(tracer: Tracer, owner: Any) -> Value:
    found = tracer.find(owner)
    if found is None:
        raise TraceError(
            f"Tried to trace <{owner._object.type.name} object at {id(owner):#x}> but it is not part of the active "
            "trace. Modules that are called during a trace must be registered as submodules of the thing being traced."
        )
    return found


def _in_order(schema: Schema, args: Sequence[Any], kwargs: Mapping[str, Any], is_method: bool) -> list[Any]:
    """The arguments of a call in the order of the parameters; what does not fit is left to the call itself to refuse."""
    formals = schema.arguments[1:] if is_method else schema.arguments
    values = []
    for index, formal in enumerate(formals):
        if index < len(args):
            value = args[index]
        elif formal.name in kwargs:
            value = kwargs[formal.name]
        else:
            value = formal.default if formal.has_default else None
        values.append(_as_declared(value, formal.type))
    return values


def _as_declared(value: Any, type: T.Type) -> Any:
    """A number where a number is declared: what a tensor holds becomes a constant there, an int may be a float."""
    inner = type.element if isinstance(type, T.OptionalType) else type
    if isinstance(value, Tensor) and not isinstance(inner, T.TensorType):
        value = value._array.item()
    if inner == T.FLOAT and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def record_fork(tracer: Tracer, future: Any, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Record a task as a graph of its own; it runs at once, and ``future`` gets its result."""
    tracer.enter_call()
    node = tracer.insert_call("prim::TracedFork", [], T.TENSOR)
    node.add_block()
    with tracer.nested(node):
        result = function(*args, **kwargs)
        value = tracer.value_of(result)
        node.blocks[0].add_return(value)
    node.output.set_type(T.FutureType(value.type))
    future.set_result(result)
    tracer.set_value(future, node.output)
    return future


def record_wait(tracer: Tracer, future: Any, result: Any) -> Any:
    """Record that the result of ``future`` is waited for."""
    tracer.enter_call()
    value = tracer.find(future)
    if value is None:
        return result
    type = value.type.element if isinstance(value.type, T.FutureType) else T.TENSOR
    node = tracer.insert_call("aten::wait", [value], type)
    node.operator = registry.find("aten::wait")
    tracer.set_value(result, node.output)
    return result
