"""An in-place operator on memory that nobody else sees becomes its functional twin.

Before::

    %y : Tensor = aten::conv2d(%x, ...)
    %z : Tensor = aten::relu_(%y)

After::

    %y : Tensor = aten::conv2d(%x, ...)
    %z : Tensor = aten::relu(%y)

Only operators whose result has the dtype and shape of their argument whatever that is, so that nothing but the place of
the result changes; ``add_`` and its like keep the dtype of the argument, which ``add`` would not, and stay
(``epilogue`` takes care of the one that matters).
"""

from __future__ import annotations

from transpile.ir.alias import AliasAnalysis
from transpile.ir.graph import Graph
from transpile.ops.registry import functional_twin
from transpile.passes.motion import is_private


def inplace_to_functional(graph: Graph, context: object = None) -> bool:
    """Rewrite the in-place operators whose argument is private."""
    changed = False
    aliases = AliasAnalysis(graph)
    for node in graph.walk():
        twin = functional_twin(node.operator) if node.operator is not None else None
        if twin is None or "same_dtype" not in twin.tags:
            continue
        if is_private(node.input(0), aliases):
            node.kind, node.operator = twin.name, twin
            changed = True
    return changed
