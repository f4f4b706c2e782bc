"""Statements with blocks: branches, loops and the ways out of them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.codegen.random_programs import expressions
from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.expressions import expression, pure, stored
from tests.codegen.random_programs.scope import Scope
from tests.codegen.random_programs.statements import SIMPLE, Writer

Refinements = dict[str, T.Type]


def body(g: Scope, most: int = 4) -> None:
    """Some statements in the current block."""
    before = len(g.lines)
    for _ in range(g.random.randint(1, most)):
        if g.budget <= 0 or g.frames[-1].left:
            break
        statement(g)
    if len(g.lines) == before:
        g.emit("pass")


def statement(g: Scope) -> None:
    g.budget -= 1
    nested: list[tuple[float, Writer]] = []
    if g.budget > 0 and len(g.frames) < 5:
        nested = [(7, branch), (1.5, in_both), (3, for_range), (4, for_each), (2, while_)]
    for _ in range(8):
        if g.weighted([*SIMPLE, *nested, (2.5, leave)])(g):
            return


# ---- branches
def condition(g: Scope) -> tuple[str, Refinements, Refinements]:
    """A condition, and what it says of optionals and unions where it holds and where it does not."""
    optionals = g.names(lambda t: isinstance(t, T.OptionalType))
    unions = g.names(lambda t: isinstance(t, T.UnionType))
    if optionals and g.chance(0.35):
        name = g.choose(optionals)
        type = g.visible()[name]
        assert isinstance(type, T.OptionalType)
        some: Refinements = {name: type.element}
        none: Refinements = {name: T.NONE}
        form = g.choose(("is not", "is", "not", "and", "or"))
        if form == "is not":
            return f"{name} is not None", some, none
        if form == "is":
            return f"{name} is None", none, some
        if form == "not":
            return f"not ({name} is None)", some, none
        if form == "and":
            with g.block(some):
                other = expression(g, T.BOOL, 1)
            return f"{name} is not None and {other}", some, {}
        with g.block(some):
            other = expression(g, T.BOOL, 1)
        return f"{name} is None or {other}", {}, some
    if unions and g.chance(0.5):
        name = g.choose(unions)
        first, second = T.members(g.visible()[name])
        return f"isinstance({name}, {first})", {name: first}, {name: second}
    return expressions.condition(g), {}, {}


def branch(g: Scope) -> bool:
    """``if`` with or without ``elif`` and ``else``."""
    _branch(g, "if")
    return True


def _branch(g: Scope, keyword: str) -> None:
    test, holds, fails = condition(g)
    g.emit(f"{keyword} {test}:")
    with g.block(holds) as then:
        body(g)
    kind = g.weighted(((4, "else"), (2, "elif"), (4, "")))
    # To TorchScript an ``elif`` is a branch in a branch.
    with g.block(fails, deeper=0 if kind == "elif" else 1) as other:
        if kind == "elif":
            _branch(g, "elif")
        elif kind == "else":
            g.emit("else:", -1)
            body(g)
    g.join(then, other)


def in_both(g: Scope) -> bool:
    """A new variable that both branches define, or one of which leaves."""
    type = g.choose((T.INT, T.STR, T.list_of(T.INT), T.VECTOR, T.tuple_of(T.INT, T.STR), T.FLOAT))
    name = g.fresh("v")
    test, holds, fails = condition(g)
    g.emit(f"if {test}:")
    with g.block(holds) as then:
        body(g, 1)
        if not then.left:
            g.emit(f"{name} = {stored(g, type)}")
            g.set(name, type)
    g.emit("else:")
    with g.block(fails) as other:
        if then.left or not leave(g, 0.3):
            body(g, 1)
            if not other.left:
                g.emit(f"{name} = {stored(g, type)}")
                g.set(name, type)
    g.join(then, other)
    return True


# ---- loops
def for_range(g: Scope) -> bool:
    name = g.fresh("i")
    low = g.random.randint(0, 2)
    bounds = g.choose((
        str(g.random.randint(1, 4)), f"{low}, {low + g.random.randint(0, 4)}", f"{low}, 8, {g.choose('234')}", "3, 0, -1",
        f"{pure(g, T.INT, 1)} % 4", f"len({g.choose(g.paths(T.list_of(T.INT)) or ['[1, 2]'])}) % 5", "2, -3, -2",
    ))  # fmt: skip
    g.emit(f"for {name} in range({bounds}):")
    _loop_body(g, {name: T.INT}, [])
    return True


def _loop_body(g: Scope, types: dict[str, T.Type], frozen: Sequence[T.Type]) -> None:
    g.fixed |= types.keys()
    with g.freezing(frozen), g.block(types, loop=True):
        body(g)


def for_each(g: Scope) -> bool:
    """A loop over a list, a dict, a string, pairs, a tuple or the rows of a tensor."""
    name, second = g.fresh("x"), g.fresh("y")
    forms: list[tuple[str, str, dict[str, T.Type], list[T.Type]]] = []
    lists = [(p, t) for t in T.LISTS for p in g.paths(t)]
    for xs, of in lists:
        forms += [
            (name, xs, {name: of.element}, [of]), (name, f"{xs}[:]", {name: of.element}, []),
            (f"{name}, {second}", f"enumerate({xs})", {name: T.INT, second: of.element}, [of]),
        ]  # fmt: skip
        if isinstance(of.element, T.TupleType):
            forms.append((f"{name}, {second}", xs, dict(zip((name, second), of.element.elements, strict=True)), [of]))
        ys, other = g.choose(lists)
        forms.append((f"{name}, {second}", f"zip({xs}, {ys})", {name: of.element, second: other.element}, [of, other]))
    for table, of_dict in [(p, t) for t in T.DICTS for p in g.paths(t)]:
        forms += [
            (name, table, {name: of_dict.key}, [of_dict]),
            (f"{name}, {second}", f"{table}.items()", {name: of_dict.key, second: of_dict.value}, [of_dict]),
            (name, f"{table}.values()", {name: of_dict.value}, [of_dict]),
        ]  # fmt: skip
    forms += [(name, s, {name: T.STR}, []) for s in g.paths(T.STR)]
    forms += [(name, m, {name: T.VECTOR}, []) for m in g.paths(T.MATRIX)]
    if not forms:
        return False
    target, over, types, frozen = g.choose(forms)
    g.emit(f"for {target} in {over}:")
    _loop_body(g, types, frozen)
    return True


def while_(g: Scope) -> bool:
    """A loop that a counter ends, whatever else its condition says."""
    name = g.fresh("k")
    g.emit(f"{name} = 0")
    g.set(name, T.INT)
    g.fixed.add(name)
    limit = g.random.randint(1, 5)
    test = g.choose((f"{name} < {limit}", f"{name} < {limit} and {expression(g, T.BOOL, 2)}", "True"))
    g.emit(f"while {test}:")
    with g.block(loop=True):
        g.emit(f"{name} += 1")
        if test == "True":
            g.emit(f"if {name} > {limit}:")
            g.emit("break", 1)
        body(g)
    return True


# ---- ways out
def leave(g: Scope, probability: float = 1.0) -> bool:
    """The end of a block that is not the function's: ``break``, ``continue``, ``return`` or ``raise``."""
    if len(g.frames) < 2 or not g.chance(probability) or g.frames[-1].loop:
        return False
    kinds = ["return", "raise"] + ["break", "continue"] * (4 if g.in_loop else 0)
    kind = g.choose(kinds)
    if kind == "return":
        return_(g)
    elif kind == "raise":
        g.raises = True
        g.emit(f"raise {g.choose(('ValueError', 'RuntimeError', 'IndexError'))}({expression(g, T.STR, 1)})")
    else:
        g.emit(kind)
    g.frames[-1].left = "loop" if kind in ("break", "continue") else "function"
    return True


def return_(g: Scope) -> None:
    if g.result == T.NONE:
        g.emit("return")
    elif isinstance(g.result, T.TupleType):
        g.emit(f"return {', '.join(_returned(g, e) for e in g.result.elements)}")
    else:
        g.emit(f"return {_returned(g, g.result)}")


def _returned(g: Scope, type: T.Type) -> str:
    """Rather what there is than something new: the result shows what the program did."""
    found = g.paths(type)
    return g.choose(found) if found and g.chance(0.7) else stored(g, type, 1)
