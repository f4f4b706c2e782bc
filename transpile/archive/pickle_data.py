"""What pickles consist of besides Python's plain values: names, calls and objects, none of which is looked up or run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Global:
    """A name in a module."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Call:
    """A function applied to arguments (a tuple, or for enums the bare value)."""

    function: Any
    arguments: Any


@dataclass(eq=False)
class Instance:
    """An object of a class, with its state."""

    type: Global
    state: Any = None


@dataclass(eq=False)
class Persistent:
    """Something that is stored outside of the pickle."""

    value: Any
