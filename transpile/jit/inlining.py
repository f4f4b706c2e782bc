"""The graph of a function with all calls replaced by the bodies of what they call."""

from __future__ import annotations

from transpile.ir.graph import Graph
from transpile.passes.inline import inline_all


def inlined(graph: Graph) -> Graph:
    """A copy of ``graph`` without calls of compiled functions and methods."""
    copy = graph.copy()
    inline_all(copy)
    return copy
