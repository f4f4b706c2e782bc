"""A batch norm in evaluation mode dissolves into the layer before it, where all tensors are constants.

Before::

    %y : Tensor = aten::conv2d(%x, %w, %none, ...)
    %z : Tensor = aten::batch_norm(%y, %gamma, %beta, %mean, %var, %false, %momentum, %eps, %cudnn)

After::

    %z : Tensor = aten::conv2d(%x, %w.2, %bias, ...)

``fold_batch_norm`` is its counterpart for tensors that are attributes.
"""

from __future__ import annotations

import numpy as np

from transpile.ir.graph import Graph, Node
from transpile.passes.fold_batch_norm import LAYERS, fold_weights
from transpile.passes.ranks import known_rank

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def fold_constant_batch_norm(graph: Graph, context: object = None) -> bool:
    """Fold every batch norm whose tensors, and whose layer's tensors, are constants of one float type."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "aten::batch_norm" and _fold(graph, node):
            changed = True
    return changed


def _fold(graph: Graph, norm: Node) -> bool:
    layer = norm.input(0).node
    if layer.kind not in LAYERS or len(norm.input(0).uses) != 1 or layer.operator is None or norm.operator is None:
        return False
    if layer.kind == "aten::linear" and known_rank(layer.input(0)) != 2:
        return False
    weight, bias = layer.named_input("weight").constant, layer.named_input("bias").constant
    mean, var = norm.named_input("running_mean").constant, norm.named_input("running_var").constant
    gamma, beta = norm.named_input("weight").constant, norm.named_input("bias").constant
    eps, groups = norm.named_input("eps").constant, 1
    if layer.kind != "aten::linear":
        groups = layer.named_input("groups").constant
    needed, optional = (weight, mean, var), [t for t in (bias, gamma, beta) if t is not None]
    tensors = (*needed, *optional)
    if norm.named_input("training").constant is not False or not isinstance(eps, float) or not isinstance(groups, int):
        return False
    if not all(isinstance(t, np.ndarray) for t in tensors) or len({t.dtype for t in tensors}) != 1:
        return False
    if weight.dtype not in _FLOATS:
        return False
    transposed = LAYERS[layer.kind]
    folded = fold_weights(weight, bias, mean, var, gamma, beta, eps, transposed, groups)
    for name, value in zip(("weight", "bias"), folded, strict=True):
        constant = graph.create_constant(value)
        constant.insert_before(layer)
        layer.replace_input(layer.operator.schema.index_of(name), constant.output)
    norm.output.replace_all_uses_with(layer.output)
    norm.destroy()
    return True
