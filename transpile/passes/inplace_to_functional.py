"""An in-place operator on memory that nobody else sees becomes its functional twin.

Before::

    %y : Tensor = aten::conv2d(%x, ...)
    %z : Tensor = aten::relu_(%y)

After::

    %y : Tensor = aten::conv2d(%x, ...)
    %z : Tensor = aten::relu(%y)

Only operators whose result has the dtype and shape of their argument, so that nothing but the place of the result changes;
``add_`` and its like keep the dtype of the argument, which ``add`` would not, and stay (``epilogue`` takes care of the
one that matters).  ``sigmoid_`` and its like refuse integers, of which ``sigmoid`` makes floats: they need an argument that
is known to be floating.
"""

from __future__ import annotations

import numpy as np

from transpile.core.dtype import from_numpy
from transpile.ir.alias import AliasAnalysis
from transpile.ir.graph import Graph, Value
from transpile.ops.registry import functional_twin
from transpile.passes.context import ExportContext
from transpile.passes.motion import is_private


def inplace_to_functional(graph: Graph, context: ExportContext | None = None) -> bool:
    """Rewrite the in-place operators whose argument is private."""
    changed = False
    aliases = AliasAnalysis(graph)
    for node in graph.walk():
        twin = functional_twin(node.operator) if node.operator is not None else None
        if twin is None or not twin.tags & {"same_dtype", "floating"}:
            continue
        if "floating" in twin.tags and not _is_floating(graph, node.input(0), context):
            continue
        if is_private(node.input(0), aliases):
            node.kind, node.operator = twin.name, twin
            changed = True
    return changed


def _is_floating(graph: Graph, value: Value, context: ExportContext | None) -> bool:
    """Whether the tensor ``value`` has a floating or complex dtype whatever the inputs of the graph are."""
    held = value.constant if context is None or value.is_constant else context.value_of(graph, value)
    if isinstance(held, np.ndarray):
        dtype = from_numpy(held.dtype)
        return dtype.is_floating_point or dtype.is_complex
    node = value.node
    if node.operator is None:
        return False
    twin = functional_twin(node.operator)
    tags = node.operator.tags | (twin.tags if twin is not None else frozenset())
    if "floating" in tags:
        return True
    if "like_weight" in tags:
        return _is_floating(graph, node.named_input("weight"), context)
    return "same_dtype" in tags and _is_floating(graph, node.input(0), context)
