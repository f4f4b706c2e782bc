"""A whole program: declarations, an entry function, its arguments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.codegen.random_programs import containers as _containers  # noqa: F401  it enters its producers
from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.classes import ARGUMENTS, Declarations
from tests.codegen.random_programs.control import body, return_
from tests.codegen.random_programs.scope import Scope
from tests.codegen.random_programs.statements import declare

HEADER = """import math
from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from transpile import torch


"""
INPUTS = 3
FEATURES = ("enum", "named tuple", "class", "union")


@dataclass(frozen=True)
class Program:
    """The text of a program whose entry is the function ``main``, and the arguments of its runs."""

    seed: int
    text: str
    parameters: tuple[T.Type, ...]
    inputs: tuple[tuple[Any, ...], ...]


def generate(seed: int, features: Sequence[str] = FEATURES) -> Program:
    """The program with that seed; it uses some of the ``features``."""
    generator = random.Random(seed)
    result = T.tuple_of(*(generator.choice(_RESULTS) for _ in range(generator.randint(2, 4))))
    g = Scope(generator, result, generator.randint(6, 22))
    declarations = Declarations()
    used = [f for f in features if g.chance(0.3)]
    if "enum" in used:
        declarations.enum(g)
    if "named tuple" in used:
        declarations.named_tuple(g)
    if "class" in used:
        declarations.user_class(g)
    for number in range(g.random.randint(0, 2)):
        declarations.helper(g, number)
    arguments = (*ARGUMENTS, *T.UNIONS) if "union" in used else ARGUMENTS
    parameters = [("log", T.list_of(T.INT))] + [(f"a{i}", g.choose(arguments)) for i in range(g.random.randint(2, 4))]
    g.named, g.signatures, g.log = list(declarations.named), list(declarations.signatures), "log"
    for name, type in parameters:
        g.set(name, type)
    for type in (T.INT, g.choose((T.INT, T.STR, T.list_of(T.INT))), *result.elements):
        declare(g, type)
    if "union" in used:
        declare(g, g.choose(T.UNIONS))
    while g.budget > 0 and not g.frames[-1].left:
        body(g, 3)
    if not g.frames[-1].left:
        return_(g)
    head = ", ".join(f"{n}: {t}" for n, t in parameters)
    text = "\n".join([*declarations.lines, f"def main({head}) -> {result}:", *g.lines, ""])
    types = tuple(t for _, t in parameters)
    inputs = tuple(tuple(_value(generator, t) for t in types) for _ in range(INPUTS))
    return Program(seed, text, types, inputs)


_RESULTS = (
    T.INT,
    T.INT,
    T.STR,
    T.FLOAT,
    T.BOOL,
    T.list_of(T.INT),
    T.list_of(T.STR),
    T.VECTOR,
    T.MATRIX,
    T.COUNTS,
    T.optional(T.INT),
    T.tuple_of(T.INT, T.STR),
    T.dict_of(T.STR, T.INT),
    T.list_of(T.list_of(T.INT)),
    T.dict_of(T.INT, T.STR),
    T.list_of(T.FLOAT),
    T.optional(T.STR),
)


def _value(generator: random.Random, type: T.Type) -> Any:
    """An argument: tensors are nested lists here."""
    if type == T.INT:
        return generator.randint(-9, 20)
    if type == T.FLOAT:
        return generator.randint(-20, 40) / 4
    if type == T.BOOL:
        return generator.random() < 0.5
    if type == T.STR:
        return generator.choice(("", "a", "b1", "abc-1", "Hello 3", " x "))
    if type == T.NONE:
        return None
    if isinstance(type, T.ListType):
        return [_value(generator, type.element) for _ in range(generator.randint(0, 4))]
    if isinstance(type, T.DictType):
        return {_value(generator, type.key): _value(generator, type.value) for _ in range(generator.randint(0, 3))}
    if isinstance(type, T.TupleType):
        return tuple(_value(generator, e) for e in type.elements)
    if isinstance(type, (T.OptionalType, T.UnionType)):
        return _value(generator, generator.choice(T.members(type)))
    assert isinstance(type, T.TensorType)

    def nested(shape: tuple[int, ...]) -> Any:
        if not shape:
            return generator.randint(-9, 9) if type.dtype == "int64" else generator.randint(-20, 20) / 4
        return [nested(shape[1:]) for _ in range(shape[0])]

    return nested(type.shape)
