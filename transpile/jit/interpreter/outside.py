"""Runs that Python begins."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import Any

from transpile.ir.function import Function
from transpile.ir.graph import Graph
from transpile.jit.interpreter import machine

_last = threading.local()


def last_graph() -> Graph | None:
    """The graph that was called last from outside in this thread."""
    found = getattr(_last, "graph", None)
    return found() if found is not None else None


def run_from_python(function: Function, args: Sequence[Any], python_call: machine.PythonCall) -> Any:
    """Call a compiled function with raw values, one per parameter of its graph.

    ``python_call`` calls a Python function that was left alone, with raw values: its raw result, of the given type.
    """
    _last.graph = weakref.ref(function.graph)
    token = machine.python_call.set(python_call)
    try:
        return machine.run(function, args)
    finally:
        machine.python_call.reset(token)
