"""One recording: the program runs once on its example inputs, and its graph comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transpile.core.errors import TraceError
from transpile.eager.dispatch import active_mode
from transpile.ir.graph import Graph
from transpile.trace.boundary import bind_input, bind_output, require_traceable
from transpile.trace.module_tree import ModuleTree
from transpile.trace.tracer import Tracer


def record(
    function: Callable[..., Any],
    inputs: Sequence[Any] | Mapping[str, Any],
    names: Sequence[str],
    *,
    name: str,
    strict: bool = True,
    force_outplace: bool = False,
    modules: ModuleTree | None = None,
) -> Graph:
    """Run ``function`` on ``inputs`` (by name if it is a mapping) and record it; scopes are still nested in the graph.

    ``names`` are the parameters that the inputs are for, in order.  With ``modules`` the graph is that of a method.
    What the program raises comes out unchanged; ``TraceError`` tells what cannot be recorded.
    """
    if active_mode() is not None:
        raise TraceError("Tracing can't be nested")
    graph = Graph(name)
    tracer = Tracer(graph, strict=strict, force_outplace=force_outplace, modules=modules)
    if modules is not None:
        graph.add_input(modules.type, "self")
    if isinstance(inputs, Mapping):
        require_traceable(tuple(inputs.values()))
        keywords = {n: bind_input(tracer, inputs[n], n) for n in names if n in inputs}
        with tracer:
            output = function(**{**inputs, **keywords})
    else:
        require_traceable(tuple(inputs))
        bound = [bind_input(tracer, v, names[i] if i < len(names) else "") for i, v in enumerate(inputs)]
        with tracer:
            output = function(*bound)
    graph.block.add_return(bind_output(tracer, output))
    return graph
