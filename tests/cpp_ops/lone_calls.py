"""Models that call one overload and nothing else, written by the exporter.

Each declared overload is exported in several forms: with every argument a parameter, with those arguments constant that
have a default or may be None, with literals, and with lists made of parameters.  A form that the exporter refuses is left
out; its reason is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unittest import mock

from tests.cpp_ops.functions import RESULT_UNUSED
from transpile.codegen.project import exporter
from transpile.core import types as T
from transpile.core.errors import ExportError, SourceError
from transpile.core.schema import Argument, Schema
from transpile.ir.function import Function
from transpile.ir.graph import Graph, Value
from transpile.ops.registry import Operator

# What no lone call can have: a value of a user's class or enum, a list of no known length as a tuple, a running task.
NO_LONE_CALL = {
    "aten::eq.enum": "an enum is a class of the user's",
    "aten::ne.enum": "an enum is a class of the user's",
    "prim::EnumName": "an enum is a class of the user's",
    "prim::EnumValue.int": "an enum is a class of the user's",
    "prim::EnumValue.float": "an enum is a class of the user's",
    "prim::EnumValue.str": "an enum is a class of the user's",
    "aten::wait": "its future comes from a fork",
    "prim::id": "its argument is an object of a class of the user's",
    "prim::tolist": "its type stands in an annotation",
    "prim::unchecked_cast": "it stands for what a condition has shown",
}
_LITERALS: dict[T.Type, object] = {T.INT: 1, T.FLOAT: 0.5, T.BOOL: True, T.STR: "mean", T.NUMBER: 2, T.COMPLEX: 1 + 2j}


@dataclass(frozen=True)
class Model:
    """The C++ of one model: the headers that it includes, and what stands below them in its header and its source."""

    overload: str
    form: str
    standard_headers: tuple[str, ...]
    runtime_headers: tuple[str, ...]
    text: str


@dataclass
class Refused:
    """A form that the exporter refuses."""

    overload: str
    form: str
    reason: str


def models(operator: Operator, number: int) -> Iterator[Model | Refused]:
    """The models of an overload; ``number`` makes their namespaces unique."""
    seen: set[str] = set()
    for form in ("parameters", "floats", "defaults", "literals", "elements"):
        graph = _Call(operator, form).graph()
        if graph is None or str(graph) in seen:
            continue
        seen.add(str(graph))
        name = f"lone_{number}_{form}"
        try:
            yield _exported(operator.schema.qualified_name, form, name, graph)
        except (ExportError, SourceError) as problem:
            yield Refused(operator.schema.qualified_name, form, str(problem))


class _Call:
    """The graph of a call in one form."""

    def __init__(self, operator: Operator, form: str) -> None:
        self.operator = operator
        self.form = form
        self.made = Graph("f")
        self.bound: dict[str, T.Type] = {}

    def graph(self) -> Graph | None:
        """The graph, or ``None`` if this form says nothing that the others do not say."""
        schema = self.operator.schema
        has_number = any(T.NUMBER in (a.type, *a.type.contained()) for a in schema.arguments)
        if self.form == "floats" and not has_number:
            return None
        inputs = [self._value(position, argument) for position, argument in enumerate(schema.arguments)]
        if schema.is_vararg:
            inputs += [self.made.add_input(T.INT, "first"), self.made.add_input(T.STR, "second")]
        returns = [T.substitute(r.type, self.bound) for r in schema.returns]
        node = self.made.insert(self.made.create(self.operator.name, inputs, returns, operator=self.operator))
        result = node.outputs[0] if len(returns) == 1 and self.operator.name not in RESULT_UNUSED else None
        if len(returns) > 1:
            result = self.made.insert_node(
                "prim::TupleConstruct", list(node.outputs), [T.TupleType(tuple(returns))]
            ).output
        self.made.block.add_return(result if result is not None else self.made.insert_constant(None))
        return self.made

    def _value(self, position: int, argument: Argument) -> Value:
        type = argument.type
        inner = type.element if isinstance(type, T.OptionalType) else type
        if inner == T.GENERATOR and isinstance(type, T.OptionalType):
            return self.made.insert_constant(None)
        if argument.ignored:
            return self.made.insert_constant(argument.default if argument.has_default else None)
        if self.form == "defaults":
            if argument.has_default and not (
                isinstance(argument.default, (list, int)) and isinstance(inner, T.ListType)
            ):
                return self.made.insert_constant(argument.default)
            if isinstance(type, T.OptionalType):
                return self.made.insert_constant(None)
        if self.form == "literals" and position and not argument.writes:
            if inner in _LITERALS and not argument.special:
                return self.made.insert_constant(
                    argument.default if isinstance(argument.default, str) else _LITERALS[inner]
                )
            if isinstance(inner, T.ListType) and inner.element in _LITERALS:
                items = [self.made.insert_constant(_LITERALS[inner.element]) for _ in range(argument.size or 2)]
                return self.made.insert_node("prim::ListConstruct", items, [inner]).output
        if self.form == "elements" and isinstance(inner, T.ListType) and not argument.writes:
            element = self._actual(inner.element)
            items = [self.made.add_input(element, f"{argument.name}_{i}") for i in range(argument.size or 2)]
            return self.made.insert_node("prim::ListConstruct", items, [T.ListType(element)]).output
        return self.made.add_input(self._actual(type), argument.name)

    def _actual(self, type: T.Type) -> T.Type:
        """The type that a parameter has in a program."""
        if isinstance(type, T.VarType):
            return self.bound.setdefault(type.name, T.INT)
        if type == T.NUMBER and "scalar" not in self.operator.tags:
            return T.FLOAT if self.form == "floats" else T.INT
        if type == T.ANY:
            return T.INT
        inner = type.contained()
        return type.with_contained([self._actual(t) for t in inner]) if inner else type


def _exported(overload: str, form: str, name: str, graph: Graph) -> Model:
    arguments = tuple(Argument(v.base_name or f"a{i}", v.type) for i, v in enumerate(graph.inputs))
    schema = Schema("f", "", arguments, (Argument("", graph.outputs[0].type),))
    function = Function("f", "__torch__.f", schema, graph, lower=Graph.copy)
    request = exporter.ExportRequest(function, name, "lone_call.py")
    with mock.patch.object(exporter, "format_cpp", lambda text, *_: text):
        files = exporter.generate(request).files
    header = files[f"include/{name}/{name}.hpp"].decode()
    source = files[f"src/{name}.cpp"].decode()
    included = sorted(set(re.findall(r"#include <((?!lone_)[^>]+)>", header + source)))
    text = re.sub(r"^#.*$", "", header + source, flags=re.MULTILINE)
    ours = tuple(h for h in included if h.startswith("ts2cpp/"))
    return Model(overload, form, tuple(h for h in included if h not in ours), ours, text)
