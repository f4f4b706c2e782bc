"""Compiled functions and the objects their graphs work on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from transpile.core.schema import Schema
from transpile.core.source import SourceRange
from transpile.core.types import ClassType
from transpile.ir.graph import Graph


@dataclass(eq=False)
class Function:
    """A compiled function or method.

    ``structured`` is the graph in SSA form whose blocks may end in exit nodes (``ir.graph.EXITS``): what C++ is written
    from.  ``graph`` is the form that TorchScript prints and the interpreter runs: lowered and cleaned up on first use by
    ``lower``, which ``jit`` sets, or recorded if ``is_traced``.  ``qualified_name`` is ``__torch__.module.name``; a
    method's has its class.
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
    _graph: Graph | None = field(default=None, repr=False)

    lower: ClassVar[Callable[[Graph], Graph]]

    @property
    def shown_name(self) -> str:
        """The qualified name as a user knows it: ``model.Net.forward``."""
        return self.qualified_name.removeprefix("__torch__.")

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            self._graph = Function.lower(self.structured)
        return self._graph

    @graph.setter
    def graph(self, value: Graph) -> None:
        self._graph = value

    def replace_structured(self, graph: Graph) -> None:
        """Let the function be what ``graph`` says, which may be its structured graph after a change."""
        self.structured = graph
        self._graph = None


@dataclass(eq=False)
class ScriptObject:
    """An instance of a compiled class or module.

    ``slots`` holds the attributes as raw values: tensors are NumPy arrays, submodules and objects are ``ScriptObject``.
    """

    type: ClassType
    slots: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{self.type.name} object at {id(self):#x}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptObject:
        """Another instance of the same type."""
        made = memo[id(self)] = ScriptObject(self.type)
        made.slots = copy.deepcopy(self.slots, memo)
        return made
