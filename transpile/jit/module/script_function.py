"""``ScriptFunction``: a compiled function that Python can call and look into."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transpile.core.schema import Schema
from transpile.core.script_markers import is_tracing
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.jit.archive.writer import archive_of, as_module, write_archive
from transpile.jit.code.inlining import inlined
from transpile.jit.code.printer import print_code, print_with_constants
from transpile.jit.interpreter.errors import surfaced
from transpile.jit.interpreter.outside import run_from_python
from transpile.jit.interpreter.rebinding import holding
from transpile.jit.module import conversion


def invoke(function: Function, values: Sequence[Any]) -> Any:
    """Run a compiled function on raw values and give a Python value."""
    try:
        result = run_from_python(function, list(values), conversion.call_python)
    except Exception as error:
        raise surfaced(error) from error
    return conversion.to_python(result, function.schema.returns[0].type)


@dataclass(frozen=True)
class ExecutorState:
    """The state of the executor of one function."""

    graph: Graph


class _Compiled:
    """What a compiled function and a compiled method have in common.

    ``graph`` is the lowered graph, ``code`` its text as Python, ``schema`` the signature.
    """

    _function: Function

    @property
    def name(self) -> str:
        return self._function.name

    @property
    def schema(self) -> Schema:
        return self._function.schema

    @property
    def graph(self) -> Graph:
        return self._function.graph

    @property
    def inlined_graph(self) -> Graph:
        """The graph with all calls replaced by the callees' bodies."""
        return inlined(self._function.graph)

    @property
    def code(self) -> str:
        return print_code(self._function)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], owner: Any) -> Any:
        """Run on Python values; a call within a trace is recorded as one."""

        def run() -> Any:
            held = None if owner is None else owner._object
            values = conversion.bind(self._function.schema, args, kwargs, held)
            with holding([args, kwargs]):
                return invoke(self._function, values)

        if not is_tracing():
            return run()
        from transpile.jit.tracing.calls import active_tracer, record_call

        tracer = active_tracer()
        return run() if tracer is None else record_call(tracer, self._function, args, kwargs, owner, run)

    def graph_for(self, *args: Any, **kwargs: Any) -> Graph:
        """The graph that a call with these arguments runs."""
        return self.inlined_graph

    def get_debug_state(self) -> ExecutorState:
        """What there is to know about execution: the graph, which no run changes."""
        return ExecutorState(self._function.graph)

    def _debug_flush_compilation_cache(self) -> None:
        """Accepted: nothing is compiled anew for the kind of arguments."""


class ScriptFunction(_Compiled):
    """A function compiled by ``torch.jit.script``."""

    def __init__(self, function: Function) -> None:
        self._function = function
        python = function.python
        self.__name__ = function.name
        self.__doc__ = getattr(python, "__doc__", None)
        self.__module__ = getattr(python, "__module__", __name__)
        if python is not None:
            self.__wrapped__ = python

    @property
    def qualified_name(self) -> str:
        return self._function.qualified_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(args, kwargs, None)

    def save(self, f: str, _extra_files: Mapping[str, Any] | None = None) -> None:
        """Write the function to a file, as a module with a ``forward``."""
        if not isinstance(f, str):
            raise TypeError(f"save() takes the path of a file, not a {type(f).__name__}")
        write_archive(self._archive, f, _extra_files)

    def save_to_buffer(self, _extra_files: Mapping[str, Any] | None = None) -> bytes:
        """The content of the file that ``save`` writes."""
        return self._archive("archive", _extra_files)

    def _archive(self, root: str, extra_files: Mapping[str, Any] | None) -> bytes:
        return archive_of(as_module(self._function), set(), root, extra_files)

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptFunction:
        return self  # there is nothing in it that changes

    def __reduce__(self) -> Any:
        raise pickle.PickleError("ScriptFunction cannot be pickled")

    def __repr__(self) -> str:
        return f"<torch.jit.ScriptFunction {self.name}>"


class ConstMap:
    """The constants of ``code_with_constants``: ``.c0``, ``.c1``..., or ``const_mapping`` as a dict."""

    def __init__(self, const_mapping: dict[str, Any]) -> None:
        self.const_mapping = const_mapping

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["const_mapping"][name]
        except KeyError:
            raise AttributeError(name) from None


class ScriptMethod(_Compiled):
    """A method of a scripted module or object."""

    def __init__(self, function: Function, owner: Any) -> None:
        self._function = function
        self._owner = owner

    @property
    def owner(self) -> Any:
        """The compiled side of the module; for an object of a class its view."""
        return getattr(self._owner, "_c", self._owner)

    @property
    def raw_owner(self) -> ScriptObject:
        """The object itself, without the view that Python has of it."""
        return self._owner._object  # type: ignore[no-any-return]

    @property
    def code_with_constants(self) -> tuple[str, ConstMap]:
        """The code and the constants that it names."""
        text, constants = print_with_constants(self._function)
        return text, ConstMap({name: conversion.to_python(value) for name, value in constants.items()})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(args, kwargs, self._owner)
