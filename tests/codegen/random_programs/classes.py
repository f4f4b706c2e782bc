"""What a program declares beside its entry: enums, named tuples, classes with methods, functions that it calls."""

from __future__ import annotations

from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.control import body, return_
from tests.codegen.random_programs.expressions import literal
from tests.codegen.random_programs.scope import Scope
from tests.codegen.random_programs.statements import declare

ARGUMENTS = (
    T.INT,
    T.INT,
    T.STR,
    T.FLOAT,
    T.BOOL,
    T.list_of(T.INT),
    T.dict_of(T.STR, T.INT),
    T.VECTOR,
    T.MATRIX,
    T.optional(T.INT),
    T.optional(T.STR),
    T.tuple_of(T.INT, T.STR),
    T.list_of(T.STR),
    T.list_of(T.list_of(T.INT)),
)
RESULTS = (
    T.INT,
    T.INT,
    T.STR,
    T.FLOAT,
    T.BOOL,
    T.list_of(T.INT),
    T.VECTOR,
    T.optional(T.INT),
    T.tuple_of(T.INT, T.STR),
)


class Declarations:
    """The lines before the entry, and what may be used of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.named: list[T.Type] = []
        self.signatures: list[T.Signature] = []

    def scope(self, g: Scope, result: T.Type, budget: int) -> Scope:
        """The inside of another function, which may use what is declared so far."""
        inner = Scope(g.random, result, budget)
        inner.named = list(self.named)
        inner.signatures = list(self.signatures)
        return inner

    def enum(self, g: Scope) -> None:
        values = tuple(("RED", "GREEN", "BLUE")[: g.random.randint(2, 3)])
        type = T.EnumType("Color", values)
        numbers = g.random.sample(range(-3, 9), len(values))
        self.lines += ["class Color(Enum):", *(f"    {v} = {n}" for v, n in zip(values, numbers, strict=True)), "", ""]
        self.named.append(type)

    def named_tuple(self, g: Scope) -> None:
        choices = (T.INT, T.STR, T.FLOAT, T.list_of(T.INT), T.VECTOR, T.tuple_of(T.INT, T.STR))
        fields = tuple((f"f{i}", g.choose(choices)) for i in range(g.random.randint(2, 3)))
        self.lines += ["class Point(NamedTuple):", *(f"    {n}: {t}" for n, t in fields), "", ""]
        self.named.append(T.NamedTupleType("Point", fields))

    def user_class(self, g: Scope) -> None:
        """A class with attributes and methods that read and change them."""
        choices = (T.INT, T.INT, T.STR, T.list_of(T.INT), T.FLOAT, T.dict_of(T.STR, T.INT), T.VECTOR)
        attributes = tuple((f"a{i}", g.choose(choices)) for i in range(g.random.randint(1, 3)))
        parameters = tuple(t for _, t in attributes[:2])
        bare = T.ClassType("Thing", parameters, attributes)
        self.lines += ["class Thing:"]
        names = [f"p{i}" for i in range(len(parameters))]
        arguments = "".join(f", {n}: {t}" for n, t in zip(names, parameters, strict=True))
        self.lines.append(f"    def __init__(self{arguments}) -> None:")
        for position, (name, type) in enumerate(attributes):
            value = names[position] if position < len(names) else literal(self.scope(g, T.NONE, 0), type)[0]
            note = f": {type}" if isinstance(type, (T.ListType, T.DictType)) else ""
            self.lines.append(f"        self.{name}{note} = {value}")
        methods = []
        for number in range(g.random.randint(1, 2)):
            result = g.choose((T.INT, T.INT, T.STR, T.NONE, T.BOOL, T.list_of(T.INT)))
            taken = tuple(g.choose(ARGUMENTS) for _ in range(g.random.randint(0, 2)))
            inner = self.scope(g, result, 5)
            inner.depth = 2
            inner.set("self", bare)
            inner.fixed.add("self")
            for i, type in enumerate(taken):
                inner.set(f"m{i}", type)
            body(inner)
            if not inner.frames[-1].left:
                return_(inner)
            inner.changed.add(bare)
            text = "".join(f", m{i}: {t}" for i, t in enumerate(taken))
            self.lines += ["", f"    def step{number}(self{text}) -> {result}:", *inner.lines]
            methods.append(T.Signature(f"step{number}", taken, result, _changes(inner), inner.raises))
        self.lines += ["", ""]
        self.named.append(T.ClassType("Thing", parameters, attributes, tuple(methods)))

    def helper(self, g: Scope, number: int) -> None:
        """A function with branches and loops of its own."""
        result = g.choose((*RESULTS, *self.named)) if g.chance(0.9) else T.NONE
        taken = tuple(g.choose((*ARGUMENTS, *self.named)) for _ in range(g.random.randint(1, 3)))
        inner = self.scope(g, result, g.random.randint(3, 9))
        for i, type in enumerate(taken):
            inner.set(f"h{i}", type)
        if g.chance(0.5):
            declare(inner)
        body(inner, 5)
        if not inner.frames[-1].left:
            return_(inner)
        name = f"helper{number}"
        text = ", ".join(f"h{i}: {t}" for i, t in enumerate(taken))
        self.lines += [f"def {name}({text}) -> {result}:", *inner.lines, "", ""]
        self.signatures.append(T.Signature(name, taken, result, _changes(inner), inner.raises))


def _changes(scope: Scope) -> tuple[T.Type, ...]:
    return tuple(sorted(scope.changed, key=str))
