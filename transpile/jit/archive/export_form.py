"""The form of an archive's code that C++ is written from.

What an archive holds is lowered: flags in place of exits, names with numbers.  What runs and is shown stays as it is there;
what is exported is brought back to what the program has been.
"""

from __future__ import annotations

from collections.abc import Iterable

from transpile.ir.function import Function
from transpile.ir.graph import Graph
from transpile.jit.archive.original_names import name_counters, restore_names
from transpile.passes import pipelines


def give_export_form(functions: Iterable[Function]) -> None:
    """Let ``structured`` of the functions of an archive be the form that is exported."""
    for function in functions:
        _give(function)


def _give(function: Function) -> None:
    recorded, lower = function.structured, function.lower
    form = recorded.copy()
    restore_names(form)
    pipelines.run(form, pipelines.ARCHIVED)
    name_counters(form)
    function.structured = form

    def lowered(graph: Graph) -> Graph:
        return lower(recorded if graph is form else graph)

    function.lower = lowered
