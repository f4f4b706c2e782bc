"""``torch.jit.trace`` and ``trace_module``."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transpile.core import types as T
from transpile.core.schema import Argument, Schema
from transpile.core.source import Source, SourceRange
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function
from transpile.ir.graph import Graph
from transpile.jit._state import enabled
from transpile.jit.module.script_function import ScriptFunction
from transpile.jit.module.script_module import ScriptModule
from transpile.jit.tracing.check import TracingCheckError, check_trace_against
from transpile.jit.tracing.traced_module import TopLevelTracedModule, TracedModule, make_module
from transpile.jit.unit import default_unit
from transpile.nn.modules.module import Module
from transpile.passes.dead_code import dead_code
from transpile.passes.lower_tuples import lower_tuples
from transpile.passes.normalize_ops import normalize_ops
from transpile.passes.pipelines import lower
from transpile.script import names
from transpile.trace.export_form import export_form, share_methods, unspecialised
from transpile.trace.module_tree import ModuleTree
from transpile.trace.recording import record
from transpile.trace.scopes import lift_scopes, lift_tasks, make_tasks
from transpile.trace.tracer_warning import TracerWarning

TracerWarning.ignore_lib_warnings()


def trace(
    func: Any,
    example_inputs: Any = None,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Sequence[Any] | None = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_kwarg_inputs: Any = None,
    _store_inputs: bool = True,
) -> Any:
    """Run ``func`` on example inputs and record the operators it calls.

    A function gives a ``ScriptFunction``, a module (or its ``forward``) a ``TopLevelTracedModule``.  What depends on
    Python values is frozen as it went in this run, with a ``TracerWarning``.  Unless ``check_trace`` is off, the trace
    is repeated on ``check_inputs`` (the example inputs by default), and ``TracingCheckError`` tells what differs.
    """
    if not enabled():
        return func
    _warn_of_optimize(optimize)
    if isinstance(func, ScriptModule):
        warnings.warn(
            "The input to trace is already a ScriptModule, tracing it is a no-op. Returning the object as is.",
            stacklevel=2,
        )
        return func
    by_name = isinstance(example_kwarg_inputs, dict)
    owner = getattr(func, "__self__", None)
    if isinstance(func, Module) or (isinstance(owner, Module) and func.__name__ == "forward"):
        if example_inputs is None:
            if not by_name:
                raise RuntimeError("example_kwarg_inputs should be a dict")
            example_inputs = example_kwarg_inputs
        wrapped = None if check_inputs is None else [{"forward": c} for c in check_inputs]
        return trace_module(
            func if isinstance(func, Module) else owner,
            {"forward": example_inputs},
            None,
            check_trace,
            wrapped,
            check_tolerance,
            strict,
            _force_outplace,
            example_inputs_is_kwarg=by_name,
        )
    inputs = example_kwarg_inputs if example_kwarg_inputs is not None else as_inputs(example_inputs)
    if isinstance(owner, Module):
        raise AttributeError("trace doesn't support compiling individual module's functions.\nPlease use trace_module")
    if not by_name and example_kwarg_inputs is not None:
        raise TypeError(f"example_kwarg_inputs should be a dict, not {type(example_kwarg_inputs).__name__}")
    traced = _trace_function(func, inputs, strict, _force_outplace)
    if check_trace:
        for given in [inputs] if check_inputs is None else check_inputs:
            given = (given,) if isinstance(given, Tensor) else given

            def again(copies: Any) -> ScriptFunction:
                return _trace_function(func, copies, strict, _force_outplace)

            check_trace_against(traced, func, again, given, check_tolerance, by_name=by_name)
    return traced


def trace_module(
    mod: Any,
    inputs: Any,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Sequence[Any] | None = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_inputs_is_kwarg: bool = False,
    _store_inputs: bool = True,
) -> Any:
    """Trace several methods of a module: ``inputs`` maps their names to example inputs."""
    if not enabled():
        return mod
    _warn_of_optimize(optimize)
    if not isinstance(mod, Module):
        raise AttributeError("expected torch.nn.Module as the first argument")
    if not isinstance(inputs, dict):
        raise AttributeError("expected a dictionary of (method_name, input) pairs")
    traced = make_module(mod)
    for name, example in inputs.items():
        _trace_method(traced, mod, name, example, strict, _force_outplace, by_name=example_inputs_is_kwarg)
        if not check_trace:
            continue
        for given in [inputs] if check_inputs is None else check_inputs:

            def again(copies: Any, name: str = name) -> Any:
                other = make_module(mod, names.Names())
                for method, example in copies.items():
                    _trace_method(other, mod, method, example, strict, _force_outplace, by_name=example_inputs_is_kwarg)
                return getattr(other, name)

            check_trace_against(
                getattr(traced, name),
                mod if name == "forward" else getattr(mod, name),
                again,
                given,
                check_tolerance,
                by_name=example_inputs_is_kwarg,
                method=name,
            )
    return traced


def _warn_of_optimize(optimize: Any) -> None:
    if optimize is not None:
        warnings.warn(
            "`optimize` is deprecated and has no effect. Use `with torch.jit.optimized_execution()` instead",
            FutureWarning,
            stacklevel=3,
        )


def as_inputs(example_inputs: Any) -> tuple[Any, ...]:
    """Example inputs as a tuple of arguments: a tensor or a dict is the only one."""
    if isinstance(example_inputs, (Tensor, dict)):
        return (example_inputs,)
    return example_inputs if isinstance(example_inputs, tuple) else tuple(example_inputs)


def parameter_names(function: Any) -> list[str]:
    """The names of the parameters that can be given by position and by name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def _trace_function(
    function: Callable[..., Any], inputs: Sequence[Any] | Mapping[str, Any], strict: bool, force_outplace: bool
) -> ScriptFunction:
    qualified = default_unit().names.claim(names.of_object(function))
    graph = record(
        function, inputs, parameter_names(function), name=qualified, strict=strict, force_outplace=force_outplace
    )
    lift_tasks(graph)
    _clean(graph)
    made = finish_function(graph, qualified.rpartition(".")[2], qualified, None, function)
    return ScriptFunction(made)


def _trace_method(
    traced: TracedModule, module: Module, name: str, example: Any, strict: bool, force_outplace: bool, *, by_name: bool
) -> None:
    method = getattr(module, name)
    inputs = example if by_name and isinstance(example, dict) else as_inputs(example)
    type = traced._object.type
    if isinstance(inputs, Mapping):
        known = parameter_names(method)
        for key in inputs:
            if key not in known:
                raise NameError(
                    f"'{key}' is not in forward() method's arguments,\n valid arguments name are [{','.join(known)}]"
                )
    graph = record(
        module if name == "forward" else method,
        inputs,
        parameter_names(method),
        name=f"{type.name}.{name}",
        strict=strict,
        force_outplace=force_outplace,
        modules=ModuleTree(module, type),
    )
    modules = ModuleTree(module, type)
    lifted = lift_scopes(graph, modules)
    functions = []
    for one in lifted:
        _clean(one.graph)
        source = functools.reduce(getattr, one.path, module)
        made = finish_function(
            one.graph, one.name, one.graph.name, one.owner, python_method(source, "forward"), one.names
        )
        one.owner.methods[one.name] = made
        functions.append(made)
    _clean(graph)
    type.methods[name] = made = finish_function(graph, name, graph.name, type, method)
    share_methods([*functions, made])


def python_method(module: Any, name: str) -> Any:
    """The Python function behind a method of a module: one that was set on the instance, or that of its class."""
    own = vars(module).get(name)
    return getattr(own, "__func__", own) or getattr(type(module), name, None)


def _clean(graph: Graph) -> None:
    make_tasks(graph)
    for node in graph.nodes:
        if node.kind == "prim::fork":
            _clean(node.attributes["Subgraph"])
    lower_tuples(graph)
    normalize_ops(graph)
    dead_code(graph)


def finish_function(
    graph: Graph, name: str, qualified: str, owner: T.ClassType | None, python: Any, names: Sequence[str] = ()
) -> Function:
    """A compiled function over a recorded graph."""
    _tidy_names(graph)
    known = [*names, *[""] * (len(graph.inputs) - len(names))]
    arguments = [
        Argument(known[i] or v.base_name or f"argument_{i}", unspecialised(v.type)) for i, v in enumerate(graph.inputs)
    ]
    result = unspecialised(graph.outputs[0].type)
    graph.return_type = result
    schema = Schema(name, "", tuple(arguments), (Argument("", result),))
    where = _definition(python)
    text = where.source.text if where else ""
    made = Function(name, qualified, schema, export_form(graph, names), python, where, owner, text, lower=lower)
    made.graph, made.is_traced = graph, True
    return made


def _tidy_names(graph: Graph) -> None:
    """Number the values that share a name as TorchScript does: 1, 3, 5... in order."""
    counts: dict[str, int] = {}
    for value in [*graph.inputs, *(v for n in graph.walk() for v in n.outputs)]:
        base = value.base_name
        if value.name and value.name != base:
            number = counts.get(base, -1) + 2
            counts[base] = number
            graph.forget_name(value)
            value.set_name(f"{base}.{number}")
    for node in graph.nodes:
        if node.kind == "prim::fork":
            body: Graph = node.attributes["Subgraph"]
            for param, given in zip(body.inputs, node.inputs, strict=True):
                param.set_name(given.name)
            _tidy_names(body)


def _definition(python: Any) -> SourceRange | None:
    """The line at which a Python function is defined."""
    try:
        function = inspect.unwrap(python)
        lines, first = inspect.getsourcelines(function)
        file = inspect.getsourcefile(function) or ""
    except (TypeError, OSError):
        return None
    start = next((i for i, line in enumerate(lines) if line.lstrip().startswith(("def ", "async def "))), 0)
    indent = len(lines[start]) - len(lines[start].lstrip())
    text = "".join(line[indent:] if line.strip() else line for line in lines[start:])
    return Source(text, file, first + start, indent).range(1, 0)


__all__ = ["TopLevelTracedModule", "TracedModule", "TracerWarning", "TracingCheckError", "trace", "trace_module"]
