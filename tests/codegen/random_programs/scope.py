"""What is known while a program is written: names with their types, the block, what may change, how much may still be said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from tests.codegen.random_programs import types as T

X = TypeVar("X")


@dataclass
class Frame:
    """One block: the types that names have since it began, and how it ends.

    ``left`` is ``function`` after ``return`` and ``raise``, ``loop`` after ``break`` and ``continue``, and empty if control
    reaches the end.
    """

    types: dict[str, T.Type] = field(default_factory=dict)
    loop: bool = False
    left: str = ""


class Scope:
    """The state of one function that is being written.

    TorchScript's rules of scope: a name that is first assigned in a block is gone after it, and a block may assign to
    an outer name only what the type seen there accepts.
    """

    def __init__(self, generator: random.Random, result: T.Type, budget: int) -> None:
        self.random = generator
        self.result = result
        self.budget = budget
        self.lines: list[str] = []
        self.frames: list[Frame] = [Frame()]
        self.depth = 1
        # Counters of loops: nothing but the loop changes them.
        self.fixed: set[str] = set()
        # Types of containers that a loop walks over: Python sees changes meanwhile, TorchScript reads the length once.
        self.frozen: list[T.Type] = []
        # Types of which some value may have been changed in place.
        self.changed: set[T.Type] = set()
        self.signatures: list[T.Signature] = []
        self.named: list[T.Type] = []
        # A list that is an argument of the program: what is appended to it is seen from outside, whatever happens next.
        self.log = ""
        self.raises = False
        self.pure = 0
        self._numbers = iter(range(1, 10_000))

    # ---- choices
    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def choose(self, items: Sequence[X]) -> X:
        return self.random.choice(items)

    def weighted(self, items: Sequence[tuple[float, X]]) -> X:
        return self.random.choices([i for _, i in items], [w for w, _ in items])[0]

    # ---- text
    def emit(self, text: str, deeper: int = 0) -> None:
        self.lines.append("    " * (self.depth + deeper) + text)

    def fresh(self, hint: str) -> str:
        return f"{hint}{next(self._numbers)}"

    # ---- names
    def visible(self, frames: Sequence[Frame] | None = None) -> dict[str, T.Type]:
        found: dict[str, T.Type] = {}
        for frame in self.frames if frames is None else frames:
            found.update(frame.types)
        return found

    def outer(self, name: str) -> T.Type | None:
        """The type that the enclosing blocks see, if they know the name."""
        return self.visible(self.frames[:-1]).get(name)

    def names(self, wanted: Callable[[T.Type], bool] | T.Type) -> list[str]:
        test = wanted if callable(wanted) else lambda t: t == wanted
        return [n for n, t in self.visible().items() if test(t)]

    def set(self, name: str, type: T.Type) -> None:
        self.frames[-1].types[name] = type

    def assignable(self, type: T.Type) -> list[str]:
        """Names of this type that may be given another value of it here."""
        names = [n for n in self.names(type) if n not in self.fixed and n != self.log]
        return [n for n in names if T.accepts(self.outer(n) or type, type)]

    def paths(self, type: T.Type) -> list[str]:
        """Expressions that give an existing value of the type: names, parts of tuples, fields, attributes."""
        found: list[str] = []
        if type == T.NONE:
            return found  # whether a name is still None after a branch is a fine point

        def visit(text: str, seen: T.Type, depth: int) -> None:
            if seen == type:
                found.append(text)
            if depth == 0:
                return
            if isinstance(seen, T.TupleType):
                for index, element in enumerate(seen.elements):
                    visit(f"{text}[{index}]", element, depth - 1)
            elif isinstance(seen, T.NamedTupleType):
                for name, element in seen.fields:
                    visit(f"{text}.{name}", element, depth - 1)
            elif isinstance(seen, T.ClassType):
                for name, element in seen.attributes:
                    visit(f"{text}.{name}", element, depth - 1)

        for name, seen in self.visible().items():
            if name != self.log:
                visit(name, seen, 2)
        return found

    # ---- blocks
    @contextmanager
    def block(self, types: dict[str, T.Type] | None = None, loop: bool = False, deeper: int = 1) -> Iterator[Frame]:
        """A block; ``deeper`` is how much further in its lines stand."""
        frame = Frame(dict(types or {}), loop)
        self.frames.append(frame)
        self.depth += deeper
        try:
            yield frame
        finally:
            self.frames.pop()
            self.depth -= deeper

    @contextmanager
    def freezing(self, types: Sequence[T.Type]) -> Iterator[None]:
        before = len(self.frozen)
        self.frozen.extend(types)
        try:
            yield
        finally:
            del self.frozen[before:]

    @contextmanager
    def purely(self) -> Iterator[None]:
        """Expressions inside have no effects: they are written where they may be computed twice."""
        self.pure += 1
        try:
            yield
        finally:
            self.pure -= 1

    def may_change(self, *types: T.Type) -> bool:
        return not self.pure and not any(t in self.frozen for t in types)

    def note_change(self, *types: T.Type) -> None:
        self.changed.update(types)

    @property
    def in_loop(self) -> bool:
        return any(f.loop for f in self.frames)

    def join(self, first: Frame, second: Frame) -> None:
        """After an ``if``: names that both branches leave behind have the type that holds both."""
        if first.left and second.left:
            self.frames[-1].left = "loop" if "loop" in (first.left, second.left) else "function"
            return
        # A branch that leaves a turn of a loop counts as one that goes on.
        if "function" in (first.left, second.left):
            self.frames[-1].types.update((second if first.left else first).types)
            return
        known = self.visible()
        for name in {**first.types, **second.types}:
            before = known.get(name)
            one, other = first.types.get(name, before), second.types.get(name, before)
            if one is None or other is None:
                continue
            joined = _joined(one, other, before)
            if joined is not None:
                self.set(name, joined)


def _joined(one: T.Type, other: T.Type, before: T.Type | None) -> T.Type | None:
    for wide, narrow in ((one, other), (other, one)):
        if T.accepts(wide, narrow):
            return wide
        if narrow == T.NONE and not isinstance(wide, (T.UnionType, T.OptionalType)):
            return T.optional(wide)
    return before
