"""Compiled functions and the objects their graphs work on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from transpile.core.schema import Schema
from transpile.core.source import SourceRange
from transpile.core.types import ClassType
from transpile.ir.graph import Graph


@dataclass(eq=False)
class Function:
    """A compiled function or method.

    ``structured`` is the graph in SSA form whose blocks may end in exit nodes (``ir.graph.EXITS``): what C++ is written
    from.  ``graph`` is the form that TorchScript prints and the interpreter runs: lowered and cleaned up on first use by
    ``lower``, or recorded if ``is_traced``.  ``qualified_name`` is ``__torch__.module.name``; a
    method's has its class.  ``is_library`` says of code in an archive that it is the library's own, whatever it is called.
    """

    name: str
    qualified_name: str
    schema: Schema
    structured: Graph
    python: Any = None
    range: SourceRange | None = None
    owner: ClassType | None = None
    source_text: str = ""
    is_traced: bool = False
    is_library: bool = False
    lower: Callable[[Graph], Graph] = field(kw_only=True, repr=False)
    _graph: Graph | None = field(default=None, repr=False)

    @property
    def shown_name(self) -> str:
        """The qualified name as a user knows it: ``model.Net.forward``."""
        return self.qualified_name.removeprefix("__torch__.")

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            self._graph = self.lower(self.structured)
        return self._graph

    @graph.setter
    def graph(self, value: Graph) -> None:
        self._graph = value

    def replace_structured(self, graph: Graph) -> None:
        """Let the function be what ``graph`` says, which may be its structured graph after a change."""
        self.structured = graph
        self._graph = None


class _Held:
    """A tensor that Python can reach: any object with its memory as ``_array``."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor


class Slots(MutableMapping[str, Any]):
    """The attributes of an object as raw values: tensors are NumPy arrays, submodules and objects ``ScriptObject``.

    A tensor that Python can reach is held as Python's own object: what one reads is the memory that it has now.  It is
    held until another value takes its place.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = dict(values or {})

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        return value.tensor._array if value.__class__ is _Held else value

    def __setitem__(self, name: str, value: Any) -> None:
        before = self._values.get(name)
        if before.__class__ is not _Held or before.tensor._array is not value:
            self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def hold(self, name: str, tensor: Any) -> None:
        """Let Python's ``tensor`` be the value."""
        self._values[name] = _Held(tensor)

    def held(self, name: str) -> Any:
        """Python's tensor for a value, or ``None`` if it has none."""
        value = self._values[name]
        return value.tensor if value.__class__ is _Held else None


class ScriptObject:
    """An instance of a compiled class or module.

    ``slots`` holds its attributes, and nothing else does.  ``view`` is what Python sees of a module, once it has seen it.
    """

    def __init__(self, type: ClassType, slots: Mapping[str, Any] | None = None) -> None:
        self.type = type
        self.slots = Slots(slots)
        self.view: Any = None

    def __repr__(self) -> str:
        return f"<{self.type.name} object at {id(self):#x}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptObject:
        """Another instance of the same type."""
        made = memo[id(self)] = ScriptObject(self.type)
        made.slots = Slots({name: copy.deepcopy(value, memo) for name, value in self.slots.items()})
        return made
