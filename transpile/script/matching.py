"""Matching the arguments of a call with a schema, with TorchScript's implicit conversions.

Every candidate is tried without conversions first; only if none fits, they are tried again with them.  Trying decides
without touching the graph: a ``Plan`` is carried out for the candidate that won.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import NoMatchingOverloadError, ScriptTypeError
from transpile.core.schema import Argument, Schema
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script import hints, nearest
from transpile.script.environment import shown
from transpile.script.values import Actual

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter

Step = Callable[["Emitter"], Value]


@dataclass
class Match:
    """A schema that accepts the arguments: how to make the inputs, and the types of the results."""

    schema: Schema
    steps: list[Step]
    returns: list[T.Type]

    def inputs(self, e: Emitter) -> list[Value]:
        """Insert the conversions, lists and defaults, and give one value per argument."""
        return [step(e) for step in self.steps]


@dataclass
class Failure:
    """Why a schema does not accept the arguments."""

    schema: Schema
    reason: str


@dataclass
class _Attempt:
    schema: Schema
    range: SourceRange | None
    conversions: bool
    bound: dict[str, T.Type] = field(default_factory=dict)
    reason: str = ""


def match(
    schema: Schema,
    range: SourceRange | None,
    arguments: Sequence[Actual],
    keywords: Sequence[Actual],
    self_argument: Actual | None = None,
    *,
    conversions: bool,
) -> Match | Failure:
    """Whether ``schema`` accepts the arguments."""
    if schema.qualified_name == "aten::view.dtype":
        # A dtype is an int here: without this, ``x.view(-1)`` would be taken for a change of dtype.
        return Failure(schema, "A view with another dtype cannot be told from a view with another shape.")
    attempt = _Attempt(schema, range, conversions)
    steps: list[Step] = []
    used = 0
    used_keywords: set[str] = set()
    for position, formal in enumerate(schema.arguments):
        actual: Actual | None = None
        if self_argument is not None and formal.name == "self":
            actual, self_argument = self_argument, None
        elif not formal.kwarg_only and used < len(arguments):
            if conversions and _takes_rest(schema, position, formal):
                first = _strip(arguments[used].value.type)
                if not isinstance(first, T.ListType) and not _tuple_as_list(first, formal.type):
                    made = _list_of(attempt, formal, arguments[used:])
                    if made is None:
                        return Failure(schema, attempt.reason)
                    steps.append(made)
                    used = len(arguments)
                    continue
            actual = arguments[used]
            used += 1
        else:
            actual = next((k for k in keywords if k.name == formal.name), None)
            if actual is not None:
                used_keywords.add(formal.name)
            elif formal.has_default and not formal.default_fits:
                raise ScriptTypeError(
                    f"Unsupported value kind: Tensor: argument '{formal.name}' of '{schema.name}' is not given, and its "
                    "default, None, is no tensor",
                    range,
                    hint=f"annotate it where the function is defined, {formal.name}: Optional[Tensor] = None, or give it here",
                )
            elif formal.has_default:
                steps.append(_default(formal, schema))
                continue
            else:
                return Failure(schema, f"Argument {formal.name} not provided.")
        step = _argument(attempt, formal, actual)
        if step is None:
            return Failure(schema, attempt.reason)
        steps.append(step)
    if self_argument is not None:
        return Failure(schema, "Provided self argument not used in schema.")
    if schema.is_vararg:
        steps += [_constantly(a.value) for a in arguments[used:]]
        used = len(arguments)
    if used < len(arguments):
        return Failure(schema, f"Expected at most {used} arguments but found {len(arguments)} positional arguments.")
    for keyword in keywords:
        if keyword.name not in used_keywords:
            known = any(a.name == keyword.name for a in schema.arguments)
            return Failure(schema, f"Keyword argument {keyword.name} " + ("specified twice." if known else "unknown."))
    returns = [T.substitute(r.type, attempt.bound) for r in schema.returns]
    return Match(schema, steps, returns)


def match_any(
    what: Sequence[Schema],
    range: SourceRange | None,
    arguments: Sequence[Actual],
    keywords: Sequence[Actual],
    self_argument: Actual | None = None,
) -> tuple[int, Match]:
    """The first schema that accepts the arguments; ``NoMatchingOverloadError`` lists the nearest with their reasons."""
    failures: list[Failure] = []
    for conversions in (False, True) if len(what) > 1 else (True,):
        failures = []
        for index, schema in enumerate(what):
            result = match(schema, range, arguments, keywords, self_argument, conversions=conversions)
            if isinstance(result, Match):
                return index, result
            failures.append(result)
    if len(what) > 1:
        failures = [failures[i] for i in nearest.without_out(what, [k.name for k in keywords])]
    raise _no_match(failures, range, arguments, keywords, self_argument, is_only=len(what) == 1)


def _no_match(
    failures: list[Failure],
    range: SourceRange | None,
    arguments: Sequence[Actual],
    keywords: Sequence[Actual],
    self_argument: Actual | None,
    *,
    is_only: bool,
) -> NoMatchingOverloadError:
    """Says what keeps the arguments from fitting the signatures that come nearest to them."""
    given = [*([self_argument] if self_argument is not None else []), *arguments, *keywords]
    bound: dict[tuple[int, bool], _Attempt] = {}

    def fits(schema: Schema, formal: Argument, position: int) -> int:
        for conversions in (False, True):
            # Arguments in order, as what one binds a type variable to the next one has to be.
            attempt = bound.setdefault((id(schema), conversions), _Attempt(schema, range, conversions))
            if _argument(attempt, formal, given[position]) is not None:
                return 1 if conversions else 2
        return 0

    types = [a.value.type for a in given]
    order = nearest.in_order_of_nearness([f.schema for f in failures], types, [k.name for k in keywords], fits)
    count = len(failures)
    failures = [failures[i] for i in order[: nearest.SHOWN]]
    hint = hints.for_arguments([a.value for a in given], [f.reason for f in failures])
    if is_only:
        return NoMatchingOverloadError(f"\n{failures[0].schema}:\n{failures[0].reason}\n", range, hint=hint)
    title = f"The following variant{'s are' if count > 1 else ' is'} available:"
    if count > len(failures):
        title = f"Of {count} variants these come nearest to ({', '.join(shown(t) for t in types)}):"
    shown_failures = "\n".join(f"  {f.schema}:\n  {f.reason}\n" for f in failures)
    return NoMatchingOverloadError(
        f"Arguments for call are not valid.\n{title}\n\n{shown_failures}\nThe original call is", range, hint=hint
    )


def convert(e: Emitter, value: Value, type: T.Type, range: SourceRange | None, *, conversions: bool = True) -> Value:
    """``value`` converted implicitly to ``type`` where there is a conversion, else unchanged."""
    step = _conversion(value, type, range, conversions)
    return value if step is None else step(e)


def _constantly(value: Value) -> Step:
    return lambda e: value


def _strip(type: T.Type) -> T.Type:
    return type.element if isinstance(type, T.OptionalType) else type


def _default(formal: Argument, schema: Schema) -> Step:
    value = formal.default
    inner = _strip(formal.type)
    if isinstance(inner, T.ListType) and value is not None and not isinstance(value, (list, tuple)):
        count, element = formal.size or 1, inner.element
        if "::" not in schema.name:
            # A function's default is a single number, repeated where it is called; an operator's is a list.
            return lambda e: e.make_list([default_constant(e, value, element)] * count, element, None)
        value = [value] * count
    return lambda e: default_constant(e, value, formal.type)


def default_constant(e: Emitter, value: Any, type: T.Type) -> Value:
    """The constant for a parameter's default value, at the insert point and without a location."""
    inner = _strip(type)
    if value is None:
        return e.graph.insert_constant(None)
    if isinstance(inner, T.ListType):
        items = [float(v) if inner.element == T.FLOAT else v for v in value]
        return e.graph.insert_constant(items, inner)
    if inner == T.FLOAT and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if inner in (T.NUMBER, T.ANY) or isinstance(inner, (T.VarType, T.UnionType)):
        return e.graph.insert_constant(value)
    return e.graph.insert_constant(value, inner)


def _takes_rest(schema: Schema, position: int, formal: Argument) -> bool:
    """Whether the remaining positional arguments may become this list: ``view(2, 3)``; an optional list takes one value."""
    last = position + 1 == len(schema.arguments) or schema.arguments[position + 1].kwarg_only
    type = formal.type
    return last and isinstance(type, T.ListType) and formal.size is None and not isinstance(type.element, T.VarType)


def _list_of(attempt: _Attempt, formal: Argument, actuals: Sequence[Actual]) -> Step | None:
    inner = _strip(formal.type)
    assert isinstance(inner, T.ListType)
    element = inner.element
    steps = []
    for actual in actuals:
        step = _argument(attempt, Argument(formal.name, element), actual)
        if step is None:
            return None
        steps.append(step)
    return lambda e: e.make_list([s(e) for s in steps], element, None)


def _argument(attempt: _Attempt, formal: Argument, actual: Actual) -> Step | None:
    value = actual.value
    inner = _strip(formal.type)
    if (
        formal.size is not None
        and isinstance(inner, T.ListType)
        and value.type in (T.INT, T.FLOAT)
        and value.type == inner.element
    ):
        count = formal.size
        return lambda e: e.make_list([value] * count, value.type, None)
    step = _conversion(value, formal.type, attempt.range, attempt.conversions)
    actual_type = value.type if step is None else step.result
    if not T.match_vars(formal.type, actual_type, attempt.bound):
        attempt.reason = _mismatch(formal, value.type, attempt)
        return None
    return step if step is not None else _constantly(value)


def _mismatch(formal: Argument, actual: T.Type, attempt: _Attempt) -> str:
    if T.contains_var(formal.type):
        known = next((t for t in attempt.bound.values()), None)
        if isinstance(formal.type, T.VarType) and known is not None:
            return (
                f"Could not match type {shown(actual)} to {formal.type.annotation()} in argument '{formal.name}': "
                f"Type variable '{formal.type.name}' previously matched to type {shown(known)} is matched to type "
                f"{shown(actual)}."
            )
        return (
            f"Expected a value of type '{formal.type.annotation()}' for argument '{formal.name}' but instead "
            "found type "
            f"'{shown(actual)}'."
        )
    text = (
        f"Expected a value of type '{shown(formal.type)}' for argument '{formal.name}' but instead found type "
        f"'{shown(actual)}'."
    )
    if isinstance(formal.type, T.TensorType) and formal.type.inferred:
        text += f"\nInferred '{formal.name}' to be of type 'Tensor' because it was not annotated with an explicit type."
    if isinstance(formal.type, T.InterfaceType) and isinstance(actual, (T.ClassType, T.InterfaceType)):
        text += f"\n{T.interface_problem(actual, formal.type)}"
    if isinstance(actual, T.TensorType) and actual.inferred:
        text += (
            f"\n  Inferred the value for argument '{formal.name}' to be of type 'Tensor' because it was not "
            "annotated with "
            "an explicit type."
        )
    return text


class _Convert:
    """A conversion step that knows the type it results in."""

    def __init__(self, result: T.Type, apply: Step) -> None:
        self.result = result
        self.apply = apply

    def __call__(self, e: Emitter) -> Value:
        return self.apply(e)


def _tuple_as_list(actual: T.Type, formal: T.Type) -> bool:
    """Whether a tuple of equal elements may stand for a list."""
    if not isinstance(actual, T.TupleType) or not isinstance(formal, T.ListType):
        return False
    element = formal.element
    if isinstance(element, T.VarType):
        return bool(actual.elements) and all(t == actual.elements[0] for t in actual.elements)
    return all(T.is_subtype(t, element) for t in actual.elements)


def is_empty_literal(value: Value) -> bool:
    """Whether ``value`` is ``[]`` as it stands in the source: it becomes a list of whatever is asked for."""
    return value.node.kind == "prim::ListConstruct" and not value.node.inputs and value.type == T.ListType(T.TENSOR)


def _conversion(value: Value, formal: T.Type, range: SourceRange | None, conversions: bool) -> _Convert | None:
    actual = value.type
    if isinstance(formal, T.OptionalType):
        if isinstance(actual, T.OptionalType) or actual == T.NONE:
            return None
        return _conversion(value, formal.element, range, conversions)
    if isinstance(formal, T.ListType) and actual != formal and is_empty_literal(value) and not T.contains_var(formal):
        return _Convert(formal, lambda e: e.make_list([], formal.element, None))
    if isinstance(formal, T.ListType) and isinstance(actual, T.TupleType) and _tuple_as_list(actual, formal):
        element = actual.elements[0] if isinstance(formal.element, T.VarType) else formal.element
        return _Convert(T.ListType(element), lambda e: e.make_list(e.unpack_tuple(value, None), element, None))
    if (
        isinstance(formal, T.TupleType)
        and isinstance(actual, T.TupleType)
        and len(formal.elements) == len(actual.elements)
        and not T.is_subtype(actual, formal)
    ):
        return _tuple_conversion(value, formal, range, conversions)
    if not conversions:
        return None
    operator, result = _scalar_conversion(actual, formal)
    if not operator:
        return None
    return _Convert(result, lambda e: e.operator(operator, range, [value]))


def _tuple_conversion(
    value: Value, formal: T.TupleType, range: SourceRange | None, conversions: bool
) -> _Convert | None:
    assert isinstance(value.type, T.TupleType)
    results: list[T.Type] = []
    for actual, wanted in zip(value.type.elements, formal.elements, strict=True):
        operator, result = _scalar_conversion(actual, _strip(wanted)) if conversions else ("", actual)
        results.append(result if operator else actual)
    target = T.TupleType(tuple(results))
    if not T.is_subtype(target, formal):
        return None

    def apply(e: Emitter) -> Value:
        parts = e.unpack_tuple(value, range)
        converted = [
            convert(e, p, t, range, conversions=conversions) for p, t in zip(parts, formal.elements, strict=True)
        ]
        return e.make_tuple(converted, None, target)

    return _Convert(target, apply)


_FROM_TENSOR = {
    T.FLOAT: "aten::FloatImplicit", T.COMPLEX: "aten::ComplexImplicit", T.INT: "aten::IntImplicit",
    T.NUMBER: "aten::ScalarImplicit",
}  # fmt: skip
_FROM_NUMBER = {T.FLOAT: "aten::Float", T.COMPLEX: "aten::Complex", T.INT: "aten::Int"}


def _scalar_conversion(actual: T.Type, formal: T.Type) -> tuple[str, T.Type]:
    if not isinstance(formal, T.SimpleType):
        return "", formal
    if isinstance(actual, T.TensorType):
        return _FROM_TENSOR.get(formal, ""), formal
    if actual == T.NUMBER:
        return _FROM_NUMBER.get(formal, ""), formal
    if actual == T.BOOL and formal in (T.INT, T.NUMBER):
        return "aten::Int", T.INT
    if actual == T.STR and formal == T.DEVICE:
        return "aten::device", T.DEVICE
    return "", formal
