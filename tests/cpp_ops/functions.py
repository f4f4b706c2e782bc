"""C++ functions that call one operator each, written by the code generator itself.

A *pattern* is an operator overload with the static types of the arguments that vary; arguments that are None or equal
the default of the schema are constants, as they are in programs.  ``ready`` gives the pattern of a sample and the values
that go into its function.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.ops.agreement import complete
from tests.ops.samples import Sample, copied, samples_for
from transpile.codegen.emit.constants import tensor_literal
from transpile.codegen.emit.cpp_types import result_type
from transpile.codegen.emit.expressions import require_cpp
from transpile.codegen.emit.statements import write_function
from transpile.codegen.plan.function import Place
from transpile.codegen.plan.planning import plan_function
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import ExportError
from transpile.core.names import NameScope
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.cpp.printer import print_definition
from transpile.ir.graph import Graph, Node, Value
from transpile.ops import registry
from transpile.ops.registry import Operator

# Their result is the list that they changed, which C++ code never uses.
RESULT_UNUSED = ("aten::append", "aten::_set_item")


class NoCounterpartError(Exception):
    """The sample cannot be a call in a program: the message says why."""


@dataclass(frozen=True)
class Constant:
    """A constant argument.  The text tells 1 from True and 1.0."""

    text: str
    value: Any = field(compare=False)

    @classmethod
    def of(cls, value: Any) -> Constant:
        return cls(repr(value), value)


@dataclass(frozen=True)
class Pattern:
    """What a C++ function is generated for.  ``fixed`` holds constants by argument, ``varying`` types of parameters."""

    operator: str
    fixed: tuple[tuple[int, Constant], ...]
    varying: tuple[tuple[int, T.Type], ...]


@dataclass
class Written:
    """A generated function."""

    function: C.Function

    @property
    def name(self) -> str:
        return self.function.name

    @property
    def text(self) -> str:
        return print_definition(self.function)


# ---- from a sample to a pattern


def ready(operator: Operator, sample: Sample, *, literal: bool = False) -> tuple[Pattern, list[Any]]:
    """The pattern of a sample and the values of the parameters; with ``literal`` only tensors are parameters."""
    values = complete(operator, sample)
    if not operator.schema.is_vararg:
        values = values[: len(operator.schema.arguments)]
    formals = list(operator.schema.arguments)
    bound: dict[str, T.Type] = {}
    fixed: list[tuple[int, Any]] = []
    varying: list[tuple[int, T.Type]] = []
    given: list[Any] = []
    for position, value in enumerate(values):
        formal = formals[position] if position < len(formals) else Argument("", T.ANY)
        if formal.ignored or formal.type in (T.GENERATOR, T.OptionalType(T.GENERATOR)):
            fixed.append((position, Constant.of(None)))
            continue
        value = fitting(value, formal, scalar="scalar" in operator.tags)
        if value is None:
            fixed.append((position, Constant.of(None)))
            continue
        type = type_of(value, formal.type, bound, scalar="scalar" in operator.tags)
        default = fitting(formal.default, formal) if formal.has_default else None
        small = not isinstance(value, (np.ndarray, list, dict, tuple)) and same(value, default)
        if small or (literal and is_constant(value, formal)):
            fixed.append((position, Constant.of(value)))
        else:
            varying.append((position, type))
            given.append(value)
    return Pattern(operator.schema.qualified_name, tuple(fixed), tuple(varying)), given


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def is_constant(value: Any, formal: Argument) -> bool:
    """Whether programs would have the value as a literal."""
    if isinstance(value, list):
        return not formal.writes and all(is_constant(v, formal) for v in value) and bool(value)
    return isinstance(value, (bool, int, float, str)) and not (isinstance(value, float) and value != value)


def fitting(value: Any, formal: Argument, *, scalar: bool = False) -> Any:
    """The value as the compiler would hand it over: dtypes are ints, a number for ``int[2]`` is repeated."""
    type = formal.type.element if isinstance(formal.type, T.OptionalType) else formal.type
    if isinstance(value, D.DType):
        return value.code
    if isinstance(type, T.ListType) and formal.size and isinstance(value, (int, float)):
        value = [value] * formal.size
    if isinstance(type, T.ListType) and isinstance(value, tuple):
        value = list(value)
    if isinstance(type, T.ListType) and isinstance(value, list):
        inner = Argument("", type.element)
        return [fitting(v, inner, scalar=scalar) for v in value]
    if value is None:
        return None
    if type == T.INT and isinstance(value, (int, np.integer)):
        return int(value)
    if type == T.FLOAT and isinstance(value, (int, float)):
        return float(value)
    if type == T.COMPLEX and isinstance(value, (int, float, complex)):
        return complex(value)
    if isinstance(value, np.generic):
        return value.item()
    return value


def type_of(value: Any, formal: T.Type, bound: dict[str, T.Type], *, scalar: bool) -> T.Type:
    """The static type that a value has in a program, given the type of the schema."""
    if isinstance(formal, T.OptionalType):
        if value is None:
            return formal
        return type_of(value, formal.element, bound, scalar=scalar)
    if isinstance(formal, T.VarType):
        if formal.name not in bound:
            bound[formal.name] = _natural(value)
        return bound[formal.name]
    if formal == T.NUMBER:
        return T.NUMBER if scalar else _natural(value)
    if formal == T.ANY:
        return _natural(value)
    if isinstance(formal, T.ListType):
        if not isinstance(value, list):
            raise NoCounterpartError(f"{value!r} for a list")
        if isinstance(formal.element, T.OptionalType):
            return formal
        if isinstance(formal.element, (T.VarType, T.TupleType)) or formal.element == T.NUMBER:
            if not value:
                return T.ListType(_unbound(formal.element, bound))
            element = formal.element
            return T.ListType(type_of(value[0], element, bound, scalar=scalar))
        for item in value:
            type_of(item, formal.element, bound, scalar=scalar)
        return formal
    if isinstance(formal, T.DictType):
        if not isinstance(value, dict):
            raise NoCounterpartError(f"{value!r} for a dict")
        if not value:
            return T.DictType(_unbound(formal.key, bound), _unbound(formal.value, bound))
        key, item = next(iter(value.items()))
        found = T.DictType(
            type_of(key, formal.key, bound, scalar=scalar), type_of(item, formal.value, bound, scalar=scalar)
        )
        if found.key == T.TENSOR:
            raise NoCounterpartError("tensors as keys")
        return found
    if isinstance(formal, T.TupleType):
        return T.TupleType(
            tuple(type_of(v, t, bound, scalar=scalar) for v, t in zip(value, formal.elements, strict=True))
        )
    if _natural(value) != formal:
        raise NoCounterpartError(f"{value!r} for {formal.schema()}")
    return formal


def _unbound(type: T.Type, bound: dict[str, T.Type]) -> T.Type:
    if isinstance(type, T.VarType):
        return bound.setdefault(type.name, T.TENSOR)
    return T.FLOAT if type == T.NUMBER else type


def _natural(value: Any) -> T.Type:
    if isinstance(value, np.ndarray):
        return T.TENSOR
    for python_type, natural in ((bool, T.BOOL), (int, T.INT), (float, T.FLOAT), (complex, T.COMPLEX), (str, T.STR)):
        if isinstance(value, python_type):
            return natural
    if isinstance(value, tuple):
        return T.TupleType(tuple(_natural(v) for v in value))
    if isinstance(value, list):
        return T.ListType(_natural(value[0]) if value else T.TENSOR)
    if isinstance(value, dict) and value:
        key, item = next(iter(value.items()))
        return T.DictType(_natural(key), _natural(item))
    raise NoCounterpartError(f"a value of type {type(value).__name__}")


def arguments(pattern: Pattern, values: list[Any]) -> list[Any]:
    """All arguments of the operator in order."""
    given = dict(zip((i for i, _ in pattern.varying), values, strict=True))
    given |= {i: copied(constant.value) for i, constant in pattern.fixed}
    return [given[i] for i in range(len(given))]


# ---- from a pattern to C++


def graph_of(pattern: Pattern) -> Graph:
    """The graph that calls the operator once: parameters are what varies, the rest are constants."""
    operator = registry.get(pattern.operator)
    graph = Graph(pattern.operator)
    inputs: dict[int, Value] = {}
    bound: dict[str, T.Type] = {}
    formals = operator.schema.arguments
    for position, type in pattern.varying:
        formal = formals[position] if position < len(formals) else Argument(f"item{position}", T.ANY)
        inputs[position] = graph.add_input(type, formal.name)
        _bind(formal.type, type, bound)
    for position, constant in pattern.fixed:
        value = constant.value
        if isinstance(value, list):
            items = [graph.insert_constant(v) for v in value]
            kind = T.ListType(items[0].type)
            inputs[position] = graph.insert_node("prim::ListConstruct", items, [kind]).output
        else:
            inputs[position] = graph.insert_constant(value)
    returns = [_substituted(r.type, bound) for r in operator.schema.returns]
    if operator.schema.is_varret:
        raise NoCounterpartError("the result has no static type")
    operands = [inputs[i] for i in range(len(inputs))]
    node = graph.insert(graph.create(operator.name, operands, returns, operator=operator))
    outputs = list(node.outputs) if operator.name not in RESULT_UNUSED else []
    if len(outputs) > 1:
        tuple_type = T.TupleType(tuple(returns))
        outputs = [graph.insert_node("prim::TupleConstruct", outputs, [tuple_type]).output]
    if not outputs:
        outputs = [graph.insert_constant(None)]
    graph.block.add_return(outputs[0])
    return graph


def _bind(formal: T.Type, actual: T.Type, bound: dict[str, T.Type]) -> None:
    if isinstance(formal, T.VarType):
        bound.setdefault(formal.name, actual)
    elif isinstance(formal, T.OptionalType):
        _bind(formal.element, actual.element if isinstance(actual, T.OptionalType) else actual, bound)
    elif len(formal.contained()) == len(actual.contained()):
        for a, b in zip(formal.contained(), actual.contained(), strict=True):
            _bind(a, b, bound)


def _substituted(type: T.Type, bound: dict[str, T.Type]) -> T.Type:
    if isinstance(type, T.VarType):
        if type.name not in bound:
            raise NoCounterpartError("the result has no static type")
        return bound[type.name]
    inner = type.contained()
    return type.with_contained([_substituted(t, bound) for t in inner]) if inner else type


def write(pattern: Pattern, name: str) -> Written:
    """The C++ function; ``NoCounterpartError`` if the exporter would refuse the operator."""
    graph = graph_of(pattern)
    around: Any = _Around()
    try:
        returned = graph.outputs[0].type
        plan = plan_function(graph, around, NameScope(), returned, place=Place())
        emitted = write_function(plan, around)
        if emitted.problems:
            raise NoCounterpartError(str(emitted.problems[0]))
        result = result_type(returned)
    except ExportError as problem:
        raise NoCounterpartError(str(problem)) from None
    return Written(C.Function(name, result, emitted.parameters, emitted.body))


class _Around:
    """The surroundings of a function that is a program of its own: all that one operator asks of them."""

    class_namer = None

    def path(self, value: Value) -> None:
        return None

    def member_names(self, value: Value) -> None:
        return None

    def changes(self, node: Node, index: int) -> bool:
        return False

    def function(self, node: Node) -> C.Expr:
        raise NoCounterpartError("a call")

    def method(self, node: Node) -> C.Expr:
        raise NoCounterpartError("a call")

    def each(self, node: Node) -> tuple[C.Expr, str, bool]:
        raise NoCounterpartError("a call")

    def tensor_constant(self, value: Any, node: Node) -> C.Expr:
        return tensor_literal(value, node)

    def use_operator(self, operator: Operator, node: Node) -> None:
        require_cpp(operator, node)


# ---- everything


@dataclass
class Plan:
    """The cases of one operator: functions by pattern, and (function, values, sample) for every sample."""

    operator: Operator
    functions: dict[Pattern, Written]
    cases: list[tuple[Pattern, list[Any], Sample]]
    refused: str = ""


@functools.lru_cache(maxsize=1)
def plans() -> dict[str, Plan]:
    """The plans of all operators with samples, by qualified name."""
    return {p.operator.schema.qualified_name: p for p in _plans()}


def _plans() -> Iterator[Plan]:
    for operator in (*registry.all_operators(), *registry.out_overloads()):
        samples = samples_for(operator.schema.qualified_name)
        if samples:
            yield plan(operator, samples)


def plan(operator: Operator, samples: list[Sample]) -> Plan:
    """What to run for one operator."""
    result = Plan(operator, {}, [])
    stem = re.sub(r"\W+", "_", operator.schema.qualified_name)
    unwritable: dict[Pattern, str] = {}

    def function(pattern: Pattern) -> bool:
        if pattern in unwritable:
            return False
        if pattern not in result.functions:
            try:
                result.functions[pattern] = write(pattern, f"{stem}_{len(result.functions)}")
            except NoCounterpartError as reason:
                unwritable[pattern] = str(reason)
                return False
        return True

    seen: set[Pattern] = set()
    for sample in samples:
        try:
            pattern, values = ready(operator, sample)
            if function(pattern):
                result.cases.append((pattern, values, sample))
                if pattern not in seen and len(pattern.varying) > 1:
                    literal, rest = ready(operator, sample, literal=True)
                    if literal != pattern and function(literal):
                        result.cases.append((literal, rest, sample))
                seen.add(pattern)
        except NoCounterpartError as reason:
            result.refused = result.refused or str(reason)
    if not result.cases:
        result.refused = result.refused or next(iter(unwritable.values()), "no samples")
    return result
