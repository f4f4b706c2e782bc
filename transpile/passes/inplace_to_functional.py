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
from transpile.ops.registry import find
from transpile.passes.motion import is_private

# The result has the argument's dtype for every dtype that the in-place form accepts.
_UNARY = frozenset((
    "relu_", "relu6_", "sigmoid_", "tanh_", "silu_", "hardswish_", "hardsigmoid_", "leaky_relu_", "elu_", "selu_",
    "celu_", "mish_", "hardtanh_", "neg_", "abs_", "exp_", "sqrt_", "rsqrt_", "square_", "sin_",
    "cos_", "floor_", "ceil_",
))  # fmt: skip


def inplace_to_functional(graph: Graph, context: object = None) -> bool:
    """Rewrite the in-place operators whose argument is private."""
    changed = False
    aliases = AliasAnalysis(graph)
    for node in graph.walk():
        namespace, _, name = node.kind.partition("::")
        if namespace != "aten" or name not in _UNARY or node.operator is None:
            continue
        overload = node.operator.schema.overload
        twin = find(f"aten::{name[:-1]}" + (f".{overload}" if overload else ""))
        if twin is None or len(twin.schema.arguments) != len(node.operator.schema.arguments):
            continue
        if is_private(node.input(0), aliases):
            node.kind, node.operator = twin.name, twin
            changed = True
    return changed
