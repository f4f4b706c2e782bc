"""Methods of the program that are not exported are written for what their callers pass: one copy for each distinct set.

What a library layer is given as a constant (``need_weights=False``), or twice (``query`` and ``key``), is no parameter of the
copy, and neither is a ``None`` that a method of the user is given; an optional that is there is none.  The passes then remove
the branches that are never taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from transpile.codegen.plan.program import is_library
from transpile.core import types as T
from transpile.core.schema import Argument
from transpile.ir.function import Function
from transpile.ir.graph import Graph, Node, Value

_Constant: TypeAlias = "bool | int | float | str | None"
# What is known of an argument: its value, which other argument it is, that it is there; ``None`` is nothing.
Given: TypeAlias = (
    "tuple[Literal['constant'], type, str, _Constant] | tuple[Literal['same'], int] | tuple[Literal['there']] | None"
)

# What stands between the name of a method and the number of its copy, among the methods of a struct.
COPY = "/"


def given_by(call: Node, function: Function) -> tuple[Given, ...]:
    """What a call of a method tells of its arguments, ``self`` left out; empty if that is nothing."""
    library = is_library(function.qualified_name)
    found: list[Given] = []
    for position, value in enumerate(call.inputs[1:], 1):
        declared = function.schema.arguments[position].type
        known = value.literal
        first = call.inputs.index(value)
        if known is None or (library and type(known) in (bool, int, float, str)):
            # Equal numbers may differ in their sign or type.
            found.append(("constant", type(known), repr(known), known))
        elif library and first < position and not value.is_constant:
            found.append(("same", first))
        elif isinstance(declared, T.OptionalType) and value.type == declared.element == T.TENSOR:
            found.append(("there",) if library else None)
        else:
            found.append(None)
    return tuple(found) if any(found) else ()


def specialised(function: Function, given: Sequence[Given]) -> Function:
    """A copy of a method for such calls."""
    graph = function.structured.copy()
    # Such calls pass everything: no argument has a default.
    arguments = [Argument(a.name, a.type) for a in function.schema.arguments]
    removed = []
    for position, fact in enumerate(given, 1):
        value = graph.inputs[position]
        match fact:
            case ("constant", _, _, known):
                value.replace_all_uses_with(_constant(graph, known))
                removed.append(position)
            case ("same", first):
                value.replace_all_uses_with(graph.inputs[first])
                removed.append(position)
            case ("there",):
                value.set_type(T.TENSOR)
                arguments[position] = replace(arguments[position], type=T.TENSOR)
    for position in reversed(removed):
        graph.block.param_node.remove_output(position)
        del arguments[position]
    schema = replace(function.schema, arguments=tuple(arguments), _cache={})
    return Function(
        function.name, function.qualified_name, schema, graph, function.python, function.range, function.owner,
        function.source_text, function.is_traced, lower=function.lower,
    )  # fmt: skip


def hand_over(call: Node, given: Sequence[Given], name: str, function: Function) -> None:
    """Let a call be one of the copy that has the name among the methods of its struct."""
    for position in range(len(given), 0, -1):
        fact = given[position - 1]
        if fact is not None and fact[0] != "there":
            call.remove_input(position)
    call.attributes["name"] = name
    call.attributes["callee"] = function


def _constant(graph: Graph, known: _Constant) -> Value:
    node = graph.create_constant(known)
    node.range = None
    first = graph.block.param_node.next
    assert first is not None
    return node.insert_before(first).output
