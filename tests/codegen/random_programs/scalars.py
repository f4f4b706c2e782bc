"""Expressions of int, float, bool and str."""

from __future__ import annotations

from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.expressions import Sized, atom, expression, produces, pure, sized, stored_bound
from tests.codegen.random_programs.scope import Scope

INTS = T.list_of(T.INT)


def some_list(g: Scope) -> str | None:
    """An existing list of any type."""
    found = [p for t in T.LISTS for p in g.paths(t)]
    return g.choose(found) if found else None


# ---- int
@produces(T.INT, 3.0)
def _sum(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, T.INT, depth), sized(g, T.INT, depth)
    return f"({a} {g.choose('+-')} {b})", m + n


@produces(T.INT, 1.0)
def _product(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, T.INT, depth), sized(g, T.INT, depth)
    return f"({a} * {b})", m * n


@produces(T.INT, 2.0)
def _division(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.INT, depth)
    by = g.choose((2, 3, 5, 7, -2, -3))
    return (f"({a} // {by})", bound) if g.chance(0.4) else (f"({a} % {by})", abs(by))


@produces(T.INT, 0.5)
def _division_by_value(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.INT, depth)
    return f"({a} {g.choose(('//', '%'))} (abs({expression(g, T.INT, depth)}) + 1))", bound + 1


@produces(T.INT, 0.5)
def _bits(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, b = expression(g, T.INT, depth), expression(g, T.INT, depth)
    form = g.choose(
        (
            f"(({a}) & 15)",
            f"(({a} % 64) | ({b} % 32))",
            f"(({a} % 64) ^ ({b} % 64))",
            f"(({a} % 16) << 2)",
            f"({a} >> 1)",
        )
    )
    return form, 2.0**40


@produces(T.INT, 1.0)
def _unary(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.INT, depth)
    return g.choose((f"(-{a})", f"abs({a})", f"int({a})")), bound


@produces(T.INT, 1.0)
def _extremum(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, T.INT, depth), sized(g, T.INT, depth)
    return f"{g.choose(('min', 'max'))}({a}, {b})", max(m, n)


@produces(T.INT, 1.5)
def _length(g: Scope, type: T.Type, depth: int) -> Sized | None:
    tables = [p for t in T.DICTS for p in g.paths(t)]
    target = g.choose([x for x in (some_list(g), pure(g, T.STR, 1), g.choose(tables) if tables else None) if x])
    return f"len({target})", 100


@produces(T.INT, 1.0)
def _of_list(g: Scope, type: T.Type, depth: int) -> Sized | None:
    found = g.paths(INTS)
    if not found:
        return None
    xs = g.choose(found)
    value = pure(g, T.INT, 0)
    forms = (
        f"sum({xs})", f"(max({xs}) if len({xs}) > 0 else 0)", f"{xs}.count({value})", f"(min({xs}) if {xs} else 1)",
        f"({xs}.index({value}) if {value} in {xs} else -1)", f"sum([x % 7 for x in {xs}])",
    )  # fmt: skip
    return g.choose(forms), 10.0**8


@produces(T.INT, 1.2)
def _from_other(g: Scope, type: T.Type, depth: int) -> Sized | None:
    text = expression(g, T.STR, depth)
    needle = g.choose(("a", "1", "-", "x"))
    forms = (
        f"int({expression(g, T.FLOAT, depth)})",
        f"int({expression(g, T.BOOL, depth)})",
        f"{text}.find('{needle}')",
        f"{text}.count('{needle}')",
        f"math.floor({expression(g, T.FLOAT, depth)})",
        f"int(str({expression(g, T.INT, 0)}))",
    )
    return g.choose(forms), 10.0**9


@produces(T.INT, 0.5)
def _popped(g: Scope, type: T.Type, depth: int) -> Sized | None:
    found = g.paths(INTS)
    if not found or not g.may_change(INTS):
        return None
    g.note_change(INTS)
    xs = g.choose(found)
    return f"({xs}.pop() if len({xs}) > 2 else {expression(g, T.INT, 0)})", stored_bound(T.INT)


# ---- float
@produces(T.FLOAT, 3.0)
def _float_sum(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, T.FLOAT, depth), sized(g, g.choose((T.FLOAT, T.FLOAT, T.INT)), depth)
    return f"({a} {g.choose('+-')} {b})", m + n


@produces(T.FLOAT, 1.5)
def _float_product(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, T.FLOAT, depth), sized(g, g.choose((T.FLOAT, T.INT)), depth)
    return f"({a} * {b})", m * n


@produces(T.FLOAT, 1.5)
def _float_division(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.FLOAT, depth)
    b = expression(g, g.choose((T.FLOAT, T.INT)), depth)
    forms = (f"({a} / 4)", f"({a} / -2.5)", f"({a} // 1.5)", f"({a} % 2.5)", f"({a} / (abs({b}) + 0.5))",
             f"({expression(g, T.INT, depth)} / 8)", f"({expression(g, T.INT, depth)} / (abs({b}) + 1))")  # fmt: skip
    return g.choose(forms), 2 * bound + 2.0**40


@produces(T.FLOAT, 1.0)
def _float_function(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.FLOAT, depth)
    b, other = sized(g, T.FLOAT, depth)
    forms = (f"abs({a})", f"(-{a})", f"math.sqrt(abs({a}))", f"max({a}, {b})", f"min({a}, {b})", f"float({a})")
    return g.choose(forms), max(bound, other, 1.0)


@produces(T.FLOAT, 1.0)
def _float_from_other(g: Scope, type: T.Type, depth: int) -> Sized | None:
    forms = [(f"float({expression(g, T.INT, depth)})", 2.0**40), (f"float({expression(g, T.BOOL, depth)})", 1.0)]
    floats = g.paths(T.list_of(T.FLOAT))
    if floats:
        xs = g.choose(floats)
        forms += [(f"sum({xs})", 10.0**6), (f"(max({xs}) if len({xs}) > 0 else 0.5)", 10.0**4)]
    return g.choose(forms)


# ---- bool
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@produces(T.BOOL, 5.0)
def _comparison(g: Scope, type: T.Type, depth: int) -> Sized | None:
    kind = g.weighted(((6, T.INT), (2, T.FLOAT), (2, T.STR)))
    other = g.choose((T.INT, T.FLOAT)) if kind == T.FLOAT else kind
    return f"({expression(g, kind, depth)} {g.choose(COMPARISONS)} {expression(g, other, depth)})", 0


@produces(T.BOOL, 0.5)
def _chain(g: Scope, type: T.Type, depth: int) -> Sized | None:
    # TorchScript computes the operand in the middle twice.
    return f"({pure(g, T.INT)} {g.choose(COMPARISONS)} {pure(g, T.INT)} {g.choose(COMPARISONS)} {pure(g, T.INT)})", 0


@produces(T.BOOL, 2.0)
def _logic(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, b = expression(g, T.BOOL, depth), expression(g, T.BOOL, depth)
    return g.choose(
        (
            f"({a} and {b})",
            f"({a} or {b})",
            f"(not {a})",
            f"({a} == {b})",
            f"({a} != {b})",
            f"({a} ^ {b})",
            f"({a} & {b})",
        )
    ), 0


@produces(T.BOOL, 1.5)
def _membership(g: Scope, type: T.Type, depth: int) -> Sized | None:
    sign = g.choose(("in", "not in"))
    forms = [
        f"({expression(g, T.STR, 0)} {sign} {expression(g, T.STR, depth)})",
        f"({expression(g, T.INT, depth)} {sign} (1, 2, 3))",
    ]
    forms += [f"({expression(g, T.INT, depth)} {sign} {xs})" for xs in g.paths(INTS)]
    forms += [f"({expression(g, T.STR, depth)} {sign} {xs})" for xs in g.paths(T.list_of(T.STR))]
    forms += [f"({expression(g, t.key, depth)} {sign} {d})" for t in T.DICTS for d in g.paths(t)]
    return g.choose(forms), 0


@produces(T.BOOL, 1.0)
def _none_or_member(g: Scope, type: T.Type, depth: int) -> Sized | None:
    forms = []
    for name in g.names(lambda t: isinstance(t, T.OptionalType)):
        forms += [f"({name} is None)", f"({name} is not None)"]
        if g.visible()[name] == T.optional(T.INT):
            limit = expression(g, T.INT, depth)
            forms += [f"({name} is not None and {name} > {limit})", f"({name} is None or {name} < {limit})"]
    for name in g.names(lambda t: isinstance(t, T.UnionType)):
        forms.append(f"isinstance({name}, {g.choose(_simple_members(g, name))})")
    return (g.choose(forms), 0) if forms else None


def _simple_members(g: Scope, name: str) -> list[T.Type]:
    return [m for m in T.members(g.visible()[name]) if m in T.SCALARS]


@produces(T.BOOL, 1.0)
def _of_containers(g: Scope, type: T.Type, depth: int) -> Sized | None:
    forms = [f"({atom(g, t)[0]} {sign} {atom(g, t)[0]})" for t in (INTS, T.list_of(T.STR)) for sign in ("==", "!=")]
    found = g.paths(INTS)
    if found:
        xs, limit = g.choose(found), pure(g, T.INT, 0)
        forms += [f"any([x > {limit} for x in {xs}])", f"all([x != {limit} for x in {xs}])"]
    text = expression(g, T.STR, depth)
    forms += [
        f"{text}.startswith('a')",
        f"{text}.endswith('1')",
        f"{text}.isdigit()",
        f"bool({expression(g, T.INT, depth)})",
    ]
    return g.choose(forms), 0


# ---- str
@produces(T.STR, 2.0)
def _concatenation(g: Scope, type: T.Type, depth: int) -> Sized | None:
    (a, m), (b, n) = sized(g, T.STR, depth), sized(g, T.STR, depth)
    return f"({a} + {b})", m + n


@produces(T.STR, 2.0)
def _text_of(g: Scope, type: T.Type, depth: int) -> Sized | None:
    number, text = expression(g, T.INT, depth), expression(g, T.STR, depth)
    forms = (
        f"str({number})", f"f'{{{_inside(number)}}}:{{{_inside(text)}}}'", f"'{{}}/{{}}'.format({number}, {text})",
        f"('%d%s' % ({number}, {text}))", f"str({expression(g, T.BOOL, depth)})", f"f'{{{_inside(text)}}}!'",
        f"str({expression(g, INTS, 0)})",
    )  # fmt: skip
    return g.choose(forms), 90


def _inside(text: str) -> str:
    """What may stand in the braces of an f-string: no quotes of its kind and no backslash."""
    return "0" if any(c in text for c in "'\"\\{}[") else text


@produces(T.STR, 2.0)
def _method(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.STR, depth)
    methods = ("upper()", "lower()", "strip()", "replace('a', '1')", "replace('-', '')", "capitalize()", "lstrip()", "swapcase()",
               "title()", "rstrip()", "rjust(5, '0')", "ljust(4)", "rjust(4, '*')", "center(5)")  # fmt: skip
    return f"{a}.{g.choose(methods)}", max(bound, 5)


@produces(T.STR, 1.5)
def _slice(g: Scope, type: T.Type, depth: int) -> Sized | None:
    a, bound = sized(g, T.STR, depth)
    bounds = g.choose(("1:", ":2", "-2:", "::-1", "::2", "1:-1", f"{pure(g, T.INT, 0)}:", f":{pure(g, T.INT, 0)}"))
    return f"{a}[{bounds}]", bound


@produces(T.STR, 0.7)
def _character(g: Scope, type: T.Type, depth: int) -> Sized | None:
    found = g.paths(T.STR)
    if not found:
        return None
    s = g.choose(found)
    return f"({s}[{pure(g, T.INT)} % len({s})] if len({s}) > 0 else 'z')", 1


@produces(T.STR, 0.7)
def _joined(g: Scope, type: T.Type, depth: int) -> Sized | None:
    separator = g.choose(("", ",", "-"))
    return f"'{separator}'.join({expression(g, T.list_of(T.STR), depth)})", 100
