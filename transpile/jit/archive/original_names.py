"""The names that variables had in the program an archive was made of.

In an archive every value has a name of its own: the second ``x`` is ``x0``, the third ``x1``.
"""

from __future__ import annotations

import re

from transpile.archive.source_ranges import TracedRange
from transpile.core.source import Source
from transpile.ir.graph import Graph, Value
from transpile.ir.loops import loops_of

# What the library calls the first parameter of layers and the result of functions.
_PARAMETERS = ("input", "result", "argument_")
_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBERED = re.compile(r"(.*?\D)(\d+)")
_COUNTED = re.compile(r"for\s+(\w+)\s+in\s+range\s*\([^,]*\)\s*:")
_ASSIGNED = re.compile(r"^\s*(?:for\s+(?P<loop>.+?)\s+in\s|(?P<left>[^=()]*?)\s*(?:[-+*/%@&|^]|//|\*\*|<<|>>)?=(?!=))")


def restore_names(graph: Graph) -> None:
    """Give the values of ``graph`` the names of the program, as far as the sources or the other names tell them."""
    values = [v for node in graph.walk() for v in node.outputs]
    values += [v for node in graph.walk() for block in node.blocks for v in block.params]
    known = {v.base_name for v in (*graph.inputs, *values)}
    sources = _Names(graph)
    renamed = {}
    for value in _numbered(values):
        name = sources.original(value, known)
        if name != value.base_name:
            renamed[value] = name
    for value in [v for node in graph.walk() for v in node.outputs if _is_of_library(v)]:
        graph.forget_name(value)
        renamed.pop(value, None)
    for value in renamed:
        graph.forget_name(value)
    for value, name in renamed.items():
        value.set_name(name)


def _is_of_library(value: Value) -> bool:
    """Whether a traced value has the name of a variable of the library."""
    base = value.base_name.rstrip("0123456789")
    return isinstance(value.node.range, TracedRange) and (bool(value.node.stack) or base in _PARAMETERS) and bool(base)


def name_counters(graph: Graph) -> None:
    """Give the counters of loops the names that the ``for`` of the source gives them."""
    for loop in loops_of(graph):
        counter, where = loop.counter, loop.node.range
        match = _COUNTED.match(where.text) if where is not None and loop.form == "for" else None
        if match and counter is not None and not counter.name and counter.uses:
            counter.set_name(match.group(1))


def _numbered(values: list[Value]) -> list[Value]:
    return [v for v in values if v.name and _NUMBERED.fullmatch(v.base_name)]


class _Names:
    """The names that the sources of a graph use."""

    def __init__(self, graph: Graph) -> None:
        self.used: set[str] = set()
        seen: set[Source] = set()
        for node in graph.walk():
            source = node.range.source if node.range is not None else None
            if source is not None and source not in seen and not source.filename.startswith("code/"):
                seen.add(source)
                self.used |= set(_NAME.findall(source.text))

    def original(self, value: Value, known: set[str]) -> str:
        """The name that a value of a numbered name had."""
        name = value.base_name
        candidates = _without_digits(name)
        where = value.node.range
        match = _ASSIGNED.match(where.text) if where is not None else None
        assigned = _NAME.findall(match.group("loop") or match.group("left") or "") if match else []
        for names in (assigned, self.used):
            found = next((c for c in candidates if c in names), None)
            if found is not None:
                return found
        # Without the source: ``x0`` is another ``x`` if there is one.
        return next((c for c in candidates[1:] if c in known), name) if not self.used else name


def _without_digits(name: str) -> list[str]:
    """``x10``, ``x1``, ``x``."""
    found = [name]
    while found[-1][-1].isdigit() and len(found[-1]) > 1:
        found.append(found[-1][:-1])
    return found
