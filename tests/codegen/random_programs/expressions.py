"""Expressions by type: each kind of type has producers, which other modules enter here.

A producer gives text and a bound: of the magnitude of a number or an element, of the length of a text or a list.  Bounds keep
integers far from 64 bits, floats finite and containers short, in loops too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.scope import Scope

Sized = tuple[str, float]
Producer = Callable[[Scope, T.Type, int], "Sized | None"]
F = TypeVar("F", bound=Producer)

_PRODUCERS: dict[object, list[tuple[float, Producer]]] = {}


def produces(kind: object, weight: float = 1.0) -> Callable[[F], F]:
    """Enter a producer for a type (``T.INT``) or a kind of type (``T.ListType``)."""

    def enter(producer: F) -> F:
        _PRODUCERS.setdefault(kind, []).append((weight, producer))
        return producer

    return enter


def stored_bound(type: T.Type) -> float:
    """What a variable, an element or an attribute of the type stays below."""
    if isinstance(type, T.TensorType):
        return 1000 if type.dtype == "int64" else 64
    if isinstance(type, T.ListType):
        return 8
    return {T.INT: 10.0**6, T.FLOAT: 10.0**4, T.STR: 12}.get(type, 0)


def _computed_bound(type: T.Type) -> float:
    if isinstance(type, T.TensorType):
        return 10.0**5
    if isinstance(type, T.ListType):
        return 40
    return {T.INT: 2.0**40, T.FLOAT: 10.0**9, T.STR: 100}.get(type, 0)


def _cut(text: str, type: T.Type) -> str:
    if isinstance(type, T.TensorType):
        return f"({text} % 97)" if type.dtype == "int64" else f"torch.clamp({text}, -64.0, 64.0)"
    if isinstance(type, T.ListType):
        return f"({text})[:8]"
    if type == T.STR:
        return f"({text})[:12]"
    return f"({text} % 1009)" if type == T.INT else f"max(min({text}, 64.0), -64.0)"


def sized(g: Scope, type: T.Type, depth: int) -> Sized:
    """An expression and its bound; ``depth`` says how deep it may nest."""
    table = _PRODUCERS.get(type, []) + _PRODUCERS.get(_kind(type), [])
    for _ in range(6 if depth > 0 else 0):
        made = g.weighted([*table, *_PRODUCERS[T.Type]])(g, type, depth - 1)
        if made is not None:
            text, bound = made
            limit = _computed_bound(type)
            return (_cut(text, type), stored_bound(type)) if limit and bound > limit else made
    return atom(g, type)


def expression(g: Scope, type: T.Type, depth: int = 2) -> str:
    """An expression to be computed with."""
    return sized(g, type, depth)[0]


def stored(g: Scope, type: T.Type, depth: int = 2) -> str:
    """An expression to be kept in a variable, an element or an attribute."""
    text, bound = sized(g, type, depth)
    limit = stored_bound(type)
    return _cut(text, type) if limit and bound > limit else text


def condition(g: Scope, depth: int = 2) -> str:
    """A bool of which TorchScript learns nothing about the names in it."""
    text = expression(g, T.BOOL, depth)
    return f"bool({text})" if " is " in text or "isinstance" in text else text


def pure(g: Scope, type: T.Type, depth: int = 1) -> str:
    """An expression without effects."""
    with g.purely():
        return expression(g, type, depth)


def _kind(type: T.Type) -> object:
    return type.__class__ if type.__class__ is not T.Type else None


def atom(g: Scope, type: T.Type) -> Sized:
    """Something short: an existing value, or a literal."""
    found = g.paths(type)
    if found and g.chance(0.85):
        return g.choose(found), stored_bound(type)
    if type == T.BOOL and g.chance(0.9):  # a literal would decide the branch
        return f"({atom(g, T.INT)[0]} {g.choose('<>')} {literal(g, T.INT)[0]})", 0
    return literal(g, type)


def literal(g: Scope, type: T.Type) -> Sized:
    if type == T.INT:
        value = g.random.randint(-4, 9)
        return (f"({value})" if value < 0 else str(value)), abs(value)
    if type == T.FLOAT:
        number = g.random.randint(-12, 20) / 4
        return (f"({number})" if number < 0 else str(number)), abs(number)
    if type == T.BOOL:
        return g.choose(("True", "False")), 0
    if type == T.STR:
        # ASCII only: TorchScript counts bytes.
        text = g.choose(("", "a", "b1", "x-y", "Q", "ab ", "3", 'q"\\\\'))
        return f"'{text}'", 3
    if type == T.NONE:
        return "None", 0
    made = _literal_container(g, type)
    assert made is not None, type
    return made


def _literal_container(g: Scope, type: T.Type) -> Sized | None:
    if isinstance(type, T.ListType):
        count = g.random.randint(0, 3)
        if count == 0:
            return f"torch.jit.annotate({type}, [])", 0
        return f"[{', '.join(stored(g, type.element, 0) for _ in range(count))}]", count
    if isinstance(type, T.DictType):
        count = g.random.randint(0, 2)
        if count == 0:
            return f"torch.jit.annotate({type}, {{}})", 0
        keys = [literal(g, type.key)[0] for _ in range(count)]
        return "{" + ", ".join(f"{k}: {stored(g, type.value, 0)}" for k in keys) + "}", count
    if isinstance(type, T.TupleType):
        return in_parentheses([stored(g, e, 0) for e in type.elements]), 0
    if isinstance(type, T.TensorType):
        return tensor_literal(g, type), 10
    if isinstance(type, (T.OptionalType, T.UnionType)):
        return literal(g, g.choose(T.members(type)))
    if isinstance(type, T.NamedTupleType):
        return f"{type}({', '.join(stored(g, e, 0) for _, e in type.fields)})", 0
    if isinstance(type, T.ClassType):
        return f"{type}({', '.join(stored(g, e, 0) for e in type.parameters)})", 0
    if isinstance(type, T.EnumType):
        return f"{type}.{g.choose(type.values)}", 0
    return None


def in_parentheses(items: list[str]) -> str:
    """A tuple display."""
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def tensor_literal(g: Scope, type: T.TensorType) -> str:
    element = T.INT if type.dtype == "int64" else T.FLOAT

    def nested(shape: tuple[int, ...]) -> str:
        if not shape:
            return literal(g, element)[0]
        return f"[{', '.join(nested(shape[1:]) for _ in range(shape[0]))}]"

    return f"torch.tensor({nested(type.shape)})"


# ---- what every type has
@produces(T.Type, 3.0)
def _existing(g: Scope, type: T.Type, depth: int) -> Sized | None:
    return atom(g, type)


@produces(T.Type, 0.5)
def _ternary(g: Scope, type: T.Type, depth: int) -> Sized | None:
    if isinstance(type, (T.OptionalType, T.UnionType)):
        return None  # the branches would have to be of one type
    then, other = sized(g, type, depth), sized(g, type, depth)
    return f"({then[0]} if {expression(g, T.BOOL, depth)} else {other[0]})", max(then[1], other[1])


@produces(T.Type, 0.7)
def _element(g: Scope, type: T.Type, depth: int) -> Sized | None:
    """An element of a list, where there is one."""
    lists = g.paths(T.list_of(type))
    if not lists or isinstance(type, (T.OptionalType, T.UnionType)):
        return None
    items = g.choose(lists)
    index = g.choose((f"{pure(g, T.INT)} % len({items})", "-1", "0"))
    return f"({items}[{index}] if len({items}) > 0 else {expression(g, type, 0)})", stored_bound(type)


@produces(T.Type, 0.7)
def _value(g: Scope, type: T.Type, depth: int) -> Sized | None:
    """A value of a dict, where there is one."""
    for key in (T.STR, T.INT):
        tables = g.paths(T.dict_of(key, type))
        if not tables or isinstance(type, (T.OptionalType, T.UnionType)):
            continue
        table = g.choose(tables)
        if g.chance(0.5):
            return f"{table}.get({expression(g, key, 1)}, {expression(g, type, 0)})", stored_bound(type)
        place = pure(g, key, 0)
        return f"({table}[{place}] if {place} in {table} else {expression(g, type, 0)})", stored_bound(type)
    return None


@produces(T.Type, 0.6)
def _unwrapped(g: Scope, type: T.Type, depth: int) -> Sized | None:
    """The value of an optional or a member of a union, refined by the condition of a ternary."""
    names = g.names(lambda t: isinstance(t, T.OptionalType) and t.element == type)
    if names:
        name = g.choose(names)
        other = stored(g, type, 0)
        forms = (f"({name} if {name} is not None else {other})", f"({other} if {name} is None else {name})")
        return g.choose(forms), stored_bound(type)
    unions = g.names(lambda t: isinstance(t, T.UnionType) and type in t.members and type in (T.INT, T.STR, T.FLOAT))
    if not unions:
        return None
    name = g.choose(unions)
    return f"({name} if isinstance({name}, {type}) else {stored(g, type, 0)})", stored_bound(type)


@produces(T.Type, 1.2)
def _call(g: Scope, type: T.Type, depth: int) -> Sized | None:
    """A function or a method that returns the type."""
    made = call(g, lambda s: s.result == type, depth)
    return None if made is None else (made, stored_bound(type))


def call(g: Scope, wanted: Callable[[T.Signature], bool], depth: int) -> str | None:
    """A call of some function or method."""
    candidates: list[tuple[str, T.Signature]] = [("", s) for s in g.signatures if wanted(s)]
    for name, type in g.visible().items():
        if isinstance(type, T.ClassType):
            candidates += [(f"{name}.", m) for m in type.methods if wanted(m)]
    candidates = [
        (p, s) for p, s in candidates if not g.pure and not (s.changes and not g.may_change(*s.changes))
    ]  # fmt: skip
    if not candidates:
        return None
    prefix, signature = g.choose(candidates)
    g.note_change(*signature.changes)
    g.raises |= signature.raises
    return f"{prefix}{signature.name}({', '.join(stored(g, p, min(depth, 1)) for p in signature.parameters)})"
