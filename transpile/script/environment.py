"""Frames of names: which variable is visible where, and with which type.

Reading a variable emits ``prim::Load``, assigning one ``prim::Store``; ``ssa.py`` turns both into values once the whole
function is known.  Names bound to things that are no values (functions, modules) live in the frames only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.graph import Block, Graph, Value

if TYPE_CHECKING:
    from transpile.script.values import Sugared


def meaningful(name: str) -> bool:
    """Whether a name is worth giving to a value: not empty, not an underscore with digits only."""
    if not name or name[0] == "$":
        return False
    return name[0] != "_" or not all(c.isdigit() for c in name[1:])


class Frame:
    """The names first assigned in one block."""

    def __init__(self, block: Block, parent: Frame | None) -> None:
        self.block = block
        self.parent = parent
        self.types: dict[str, T.Type] = {}
        self.values: dict[str, Sugared] = {}
        self.errors: dict[str, Callable[[], str]] = {}
        self.poisoned: set[str] = set()

    @property
    def defined(self) -> list[str]:
        """The first-class variables assigned in this frame, by name."""
        return sorted(self.types)

    def owner(self, name: str) -> Frame | None:
        """The innermost frame that knows ``name``."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.types or name in frame.values:
                return frame
            frame = frame.parent
        return None

    def type_of(self, name: str) -> T.Type | None:
        """The type of a first-class variable visible here."""
        frame = self.owner(name)
        return frame.types.get(name) if frame is not None else None

    def error(self, name: str) -> str | None:
        """Why ``name`` cannot be used although some path assigns it."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.errors:
                return frame.errors[name]()
            frame = frame.parent
        return None

    def is_poisoned(self, name: str) -> bool:
        """Whether the statement that assigns ``name`` could not be compiled."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.poisoned:
                return True
            frame = frame.parent
        return False


def load(graph: Graph, name: str, type: T.Type, range: SourceRange | None = None) -> Value:
    """Read a variable at the insert point."""
    node = graph.insert_node("prim::Load", (), [type], range=range, name=name)
    if meaningful(name):
        node.output.set_name(name)
    return node.output


def store(graph: Graph, name: str, value: Value, range: SourceRange | None = None) -> None:
    """Assign a variable at the insert point."""
    graph.insert_node("prim::Store", [value], 0, range=range, name=name)


def shown(type: T.Type) -> str:
    """A type as messages spell it."""
    if isinstance(type, T.TensorType) and type.inferred:
        return "Tensor (inferred)"
    return type.annotation()


def reassignment_error(name: str, before: T.Type, now: T.Type, range: SourceRange | None) -> ScriptTypeError:
    """The error for a variable of an enclosing block that is given another type."""
    return ScriptTypeError(
        f"Variable '{name}' previously had type {shown(before)} but is now being assigned to a value of type "
        f"{shown(now)}",
        range,
        hint=f"use another name for the new value, or annotate '{name}' with a type that covers both",
    )
