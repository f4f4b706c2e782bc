"""Where the front end, the passes and the interpreter meet: how a compiled function gets the graph that is run."""

from __future__ import annotations

from transpile.ir.function import Function
from transpile.passes.pipelines import lower


def install() -> None:
    """Let ``Function.graph`` be the lowered form."""
    Function.lower = staticmethod(lower)
