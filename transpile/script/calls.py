"""Calls of compiled functions and methods, and of Python functions left alone."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.schema import Argument, Schema
from transpile.core.source import SourceRange
from transpile.ir.function import Function
from transpile.ir.graph import Value
from transpile.script import matching
from transpile.script.values import Actual, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit

UNUSED_MESSAGE = "This Python function is annotated to be ignored and cannot be run"


def call_functions(
    e: Emitter,
    range: SourceRange | None,
    candidates: Sequence[Function],
    arguments: Sequence[Actual],
    keywords: Sequence[Actual],
) -> Value:
    """Call the first of the functions that accepts the arguments."""
    index, found = matching.match_any([f.schema for f in candidates], range, arguments, keywords)
    function = candidates[index]
    inputs = found.inputs(e)
    callee = e.insert("prim::Constant", (), [T.FUNCTION], None, name=function.name, function=function).output
    return e.insert("prim::CallFunction", [callee, *inputs], found.returns, range).output


def call_methods(
    e: Emitter,
    range: SourceRange | None,
    owner: Value,
    names: Sequence[str],
    arguments: Sequence[Actual],
    keywords: Sequence[Actual],
) -> Value:
    """Call the first of the methods (overloads of one name) that accepts the arguments."""
    type = owner.type
    assert isinstance(type, (T.ClassType, T.InterfaceType))
    schemas: list[Schema] = [_schema(type.methods[name]) for name in names]
    with_self = [Actual(owner, range), *arguments]
    index, found = matching.match_any(schemas, range, with_self, keywords)
    return e.insert("prim::CallMethod", found.inputs(e), found.returns, range, name=names[index]).output


def _schema(method: Any) -> Schema:
    return method.schema if isinstance(method, Function) else method


class IgnoredFunction(Sugared):
    """A Python function marked ``ignore``: the call stays a call of Python."""

    kind = "python value"

    def __init__(self, function: Callable[..., Any], schema: Schema, owner: Value | None = None) -> None:
        self.function = function
        self.schema = schema
        self.owner = owner

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        from transpile.script.values import SimpleValue

        given = [Actual(self.owner, range), *arguments] if self.owner is not None else arguments
        _, found = matching.match_any([self.schema], range, given, keywords)
        node = e.insert(
            "prim::PythonOp",
            found.inputs(e),
            found.returns,
            range,
            name=getattr(self.function, "__name__", "<python_value>"),
            python=self.function,
        )
        return SimpleValue(node.output)


def opaque_schema(unit: Unit, value: Any, count: int) -> Schema | None:
    """The schema of a Python object whose calls stay calls of Python: a module that is a global variable takes ``count``
    tensors, a ``functools.partial`` what its annotations say.  ``None`` for everything else."""
    from transpile.script.resolver import Resolver

    result: T.Type = T.TENSOR
    if isinstance(value, functools.partial) and inspect.isfunction(value.func):
        resolver = Resolver(unit, value.func)
        signature = inspect.signature(value)
        empty = inspect.Parameter.empty
        types = [
            T.TENSOR if p.annotation is empty else resolver.type_of(p.annotation, None)
            for p in signature.parameters.values()
            if p.default is empty
        ]
        if signature.return_annotation is not empty:
            result = resolver.type_of(signature.return_annotation, None)
    elif callable(getattr(value, "named_modules", None)) and not isinstance(value, type):
        types = [T.TENSOR] * count
    else:
        return None
    arguments = tuple(Argument(str(i), t) for i, t in enumerate(types))
    return Schema(getattr(value, "__name__", "<python_value>"), "", arguments, (Argument("", result),))


class UnusedFunction(Sugared):
    """A Python function marked ``unused``: the call becomes an exception."""

    kind = "python value"

    def __init__(self, schema: Schema, owner: Value | None = None) -> None:
        self.schema = schema
        self.owner = owner

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        from transpile.script.values import SimpleValue

        given = [Actual(self.owner, range), *arguments] if self.owner is not None else arguments
        _, found = matching.match_any([self.schema], range, given, keywords)
        found.inputs(e)
        message, none = e.constant(UNUSED_MESSAGE, None), e.constant(None, None)
        e.insert("prim::RaiseException", [message, none], (), range)
        return SimpleValue(e.insert("prim::Uninitialized", (), found.returns, None).output)
