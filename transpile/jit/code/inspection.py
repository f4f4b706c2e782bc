"""Looking at compiled programs: the operators they use, graphs without source lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from transpile.ir import printer
from transpile.ir.function import Function, ScriptObject
from transpile.jit.code.inlining import inlined


def export_opnames(m: Any) -> list[str]:
    """The operators that the methods of a scripted module use, sorted: ``aten::add.Tensor``."""
    found: set[str] = set()
    for method in _methods(m._object, set()):
        for node in inlined(method.graph).walk():
            if node.operator is not None and node.kind.startswith("aten::"):
                found.add(node.operator.schema.qualified_name)
    return sorted(found)


def _methods(owner: ScriptObject, seen: set[int]) -> list[Function]:
    if id(owner) in seen:
        return []
    seen.add(id(owner))
    own = [m for m in owner.type.methods.values() if isinstance(m, Function)]
    below = [v for v in owner.slots.values() if isinstance(v, ScriptObject)]
    return own + [m for child in below for m in _methods(child, seen)]


@contextlib.contextmanager
def _hide_source_ranges() -> Iterator[None]:
    """Print graphs without the lines that their nodes come from."""
    before = printer.shows_locations()
    printer.show_locations(False)
    try:
        yield
    finally:
        printer.show_locations(before)
