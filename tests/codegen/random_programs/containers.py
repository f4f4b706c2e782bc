"""Expressions of lists, dicts, tuples, optionals, unions, named tuples, enums and objects."""

from __future__ import annotations

from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.expressions import (
    Sized,
    atom,
    expression,
    in_parentheses,
    literal,
    produces,
    pure,
    sized,
    stored,
)
from tests.codegen.random_programs.scope import Scope


@produces(T.ListType, 1.5)
@produces(T.DictType, 1.5)
@produces(T.TupleType, 2.0)
@produces(T.OptionalType, 1.5)
@produces(T.UnionType, 1.5)
@produces(T.NamedTupleType, 2.0)
@produces(T.ClassType, 1.0)
@produces(T.EnumType, 2.0)
def _literal(g: Scope, type: T.Type, depth: int) -> Sized | None:
    return literal(g, type)


# ---- list
@produces(T.ListType, 1.5)
def _of_elements(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.ListType)
    count = g.random.randint(1, 3)
    return f"[{', '.join(stored(g, type.element, depth) for _ in range(count))}]", count


@produces(T.ListType, 1.5)
def _slice(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, type, depth)
    bounds = g.choose(
        (":", "1:", ":2", "-2:", "::-1", "::2", "1:-1", f"{pure(g, T.INT, 0)}:", f":{pure(g, T.INT, 0)}:2")
    )
    return f"{a}[{bounds}]", bound


@produces(T.ListType, 1.0)
def _concatenation(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, type, depth), sized(g, type, depth)
    return (f"({a} + {b})", m + n) if g.chance(0.8) else (f"({a} * 2)", 2 * m)


@produces(T.ListType, 1.0)
def _copied(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.ListType)
    found = g.paths(type)
    if not found:
        return None
    xs = g.choose(found)
    forms = [f"{xs}.copy()", f"list({xs})"]
    if type.element in (T.INT, T.FLOAT, T.STR):
        forms += [f"sorted({xs})"] * 2
    return g.choose(forms), 8


@produces(T.ListType, 2.0)
def _comprehension(g: Scope, type: T.Type, depth: int) -> Sized | None:
    """A comprehension over a range, a list, a dict, pairs or letters."""
    assert isinstance(type, T.ListType)
    name = g.fresh("c")
    source = g.choose(("range", "list", "dict", "pairs", "text"))
    types: dict[str, T.Type] = {name: T.INT}
    target, over, bound = name, f"range({g.random.randint(0, 4)})", 4.0
    if source == "list":
        lists = [(p, t) for t in T.LISTS for p in g.paths(t)]
        if not lists:
            return None
        over, walked = g.choose(lists)
        types, bound = {name: walked.element}, 8
    elif source == "dict":
        tables = [(p, t) for t in T.DICTS for p in g.paths(t)]
        if not tables:
            return None
        table, of = g.choose(tables)
        second = g.fresh("c")
        forms: list[tuple[str, str, dict[str, T.Type]]] = [
            (name, table, {name: of.key}), (name, f"{table}.values()", {name: of.value}),
            (f"{name}, {second}", f"{table}.items()", {name: of.key, second: of.value}),
        ]  # fmt: skip
        target, over, types = g.choose(forms)
        bound = 30
    elif source == "pairs":
        lists = [(p, t) for t in T.LISTS for p in g.paths(t)]
        if not lists:
            return None
        (xs, first), (ys, other), second = g.choose(lists), g.choose(lists), g.fresh("c")
        target, bound = f"{name}, {second}", 8
        if g.chance(0.5):
            over, types = f"zip({xs}, {ys})", {name: first.element, second: other.element}
        else:
            over, types = f"enumerate({xs})", {name: T.INT, second: first.element}
    elif source == "text":
        over, types, bound = pure(g, T.STR, 1), {name: T.STR}, 100
    with g.block(types), g.purely():
        element = stored(g, type.element, min(depth, 1))
    return f"[{element} for {target} in {over}]", bound


@produces(T.ListType, 0.7)
def _converted(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.ListType)
    if type.element == T.STR:
        forms = [f"{expression(g, T.STR, depth)}.split('{g.choose('-1a,')}')", f"list({expression(g, T.STR, 0)})"]
        return g.choose(forms), 100
    tables = [p for t in T.DICTS if t.key == type.element for p in g.paths(t)]
    values = [p for t in T.DICTS if t.value == type.element for p in g.paths(t)]
    forms = [f"list({d}.keys())" for d in tables] + [f"list({d}.values())" for d in values]
    if type.element == T.INT:
        forms += [f"list(range({g.random.randint(0, 4)}))", "([0] * 3)", f"list(range({g.random.randint(0, 3)}, 8, 2))"]
    return (g.choose(forms), 30) if forms else None


# ---- dict
@produces(T.DictType, 1.0)
def _copy_of_dict(g: Scope, type: T.Type, depth: int) -> Sized | None:
    found = g.paths(type)
    return (f"{g.choose(found)}.copy()", 0) if found else None


@produces(T.DictType, 1.5)
def _dict_comprehension(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.DictType)
    name = g.fresh("c")
    over, element = f"range({g.random.randint(0, 3)})", T.INT
    lists = [(p, t) for t in T.LISTS for p in g.paths(t)]
    if lists and g.chance(0.5):
        over, walked = g.choose(lists)
        element = walked.element
    with g.block({name: element}), g.purely():
        key, value = stored(g, type.key, min(depth, 1)), stored(g, type.value, min(depth, 1))
    return f"{{{key}: {value} for {name} in {over}}}", 0


# ---- tuple
@produces(T.TupleType, 2.0)
def _tuple(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TupleType)
    return in_parentheses([stored(g, e, depth) for e in type.elements]), 0


@produces(T.TupleType, 0.5)
def _joined_tuple(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TupleType)
    first, rest = type.elements[:1], type.elements[1:]
    if not rest:
        return None  # `(,)` is no Python
    left = f"({stored(g, first[0], depth)},)"
    right = "(" + ", ".join(stored(g, e, depth) for e in rest) + ",)"
    return f"({left} + {right})", 0


# ---- optional and union
@produces(T.OptionalType, 3.0)
@produces(T.UnionType, 3.0)
def _member(g: Scope, type: T.Type, depth: int) -> Sized | None:
    return stored(g, g.choose(T.members(type)), depth), 0


@produces(T.OptionalType, 1.0)
def _chosen(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.OptionalType)
    return f"({stored(g, type.element, depth)} if {expression(g, T.BOOL, depth)} else None)", 0


@produces(T.OptionalType, 1.0)
def _looked_up(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.OptionalType)
    tables = [(p, t) for t in T.DICTS if t.value == type.element for p in g.paths(t)]
    if not tables:
        return None
    table, of = g.choose(tables)
    return f"{table}.get({expression(g, of.key, depth)})", 0


# ---- user's types
@produces(T.NamedTupleType, 2.0)
def _named_tuple(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.NamedTupleType)
    values = [(n, stored(g, e, depth)) for n, e in type.fields]
    if g.chance(0.5):
        return f"{type}({', '.join(v for _, v in values)})", 0
    return f"{type}({', '.join(f'{n}={v}' for n, v in values)})", 0


@produces(T.ClassType, 1.0)
def _object(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.ClassType)
    return f"{type}({', '.join(stored(g, e, depth) for e in type.parameters)})", 0


def _enums(g: Scope) -> list[T.EnumType]:
    return [t for t in g.named if isinstance(t, T.EnumType)]


@produces(T.INT, 0.7)
def _enum_value(g: Scope, type: T.Type, depth: int) -> Sized | None:
    kinds = _enums(g)
    return (f"{atom(g, g.choose(kinds))[0]}.value", 100) if kinds else None


@produces(T.STR, 0.5)
def _enum_name(g: Scope, type: T.Type, depth: int) -> Sized | None:
    kinds = _enums(g)
    return (f"{atom(g, g.choose(kinds))[0]}.name", 8) if kinds else None


@produces(T.BOOL, 0.7)
def _enum_comparison(g: Scope, type: T.Type, depth: int) -> Sized | None:
    kinds = _enums(g)
    if not kinds:
        return None
    kind = g.choose(kinds)
    return f"({atom(g, kind)[0]} {g.choose(('==', '!=', 'is'))} {expression(g, kind, depth)})", 0
