"""The form of an archive's code that C++ is written from.

What an archive holds is lowered: flags in place of exits, names with numbers.  What runs and is shown stays as it is there;
what is exported is brought back to what the program has been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transpile.archive.source_ranges import TracedRange
from transpile.ir.function import Function
from transpile.ir.graph import Graph
from transpile.jit.archive.counterparts import counterpart_of
from transpile.jit.archive.original_names import name_counters, restore_names
from transpile.passes import pipelines
from transpile.passes.inline import callee_of
from transpile.trace.export_form import spell_as_written


def give_export_form(functions: Iterable[Function]) -> None:
    """Let ``structured`` of the functions of an archive, callees first, be the form that is exported."""
    forms: dict[Function, Graph] = {}
    for function in functions:
        counterpart = counterpart_of(function)
        if counterpart is not None:
            forms[function], function.range = counterpart.structured, counterpart.range
            continue
        form = forms[function] = function.structured.copy()
        _trace_lines(function, form, forms)
        restore_names(form)
        spell_as_written(form)
        pipelines.run(form, pipelines.ARCHIVED)
        name_counters(form)
    for function, form in forms.items():
        _give(function, form)


def _give(function: Function, form: Graph) -> None:
    recorded, lower = function.structured, function.lower
    function.structured = form

    def lowered(graph: Graph) -> Graph:
        return lower(recorded if graph is form else graph)

    function.lower = lowered


def _trace_lines(function: Function, graph: Graph, forms: Mapping[Function, Graph]) -> None:
    """Let the nodes of traced code come from the lines of the program that led to them."""
    nodes = list(graph.walk())
    for node in nodes:
        callee = callee_of(node)
        if callee is not None and not isinstance(node.range, TracedRange):
            node.range = _call_of(forms.get(callee)) or node.range
    traced = [node.range for node in nodes if isinstance(node.range, TracedRange)]
    if not traced:
        return
    for node in nodes:
        if isinstance(node.range, TracedRange):
            node.stack = node.range.stack
        else:
            node.range = None
    if function.range is not None and not isinstance(function.range, TracedRange):
        function.range = traced[0]


def _call_of(callee: Graph | None) -> TracedRange | None:
    """The line that calls a traced method: each call has a method of its own."""
    ranges = (node.range for node in callee.nodes) if callee is not None else ()
    callers = (where.caller for where in ranges if isinstance(where, TracedRange))
    return next((where for where in callers if where is not None), None)
