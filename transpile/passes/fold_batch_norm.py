"""A batch norm in evaluation mode dissolves into the convolution or linear layer before it.

Before::

    %w : Tensor = prim::GetAttr[name="weight"](%conv)
    %y : Tensor = aten::conv2d(%x, %w, %none, %stride, %padding, %dilation, %groups)
    %z : Tensor = aten::batch_norm(%y, %gamma, %beta, %mean, %var, %false, %momentum, %eps, %cudnn)

After::

    %w : Tensor = prim::GetAttr[name="weight"](%conv)
    %bias : Tensor = prim::GetAttr[name="bias"](%conv)
    %z : Tensor = aten::conv2d(%x, %w, %bias, %stride, %padding, %dilation, %groups)

With s = gamma / sqrt(var + eps) for each output channel::

    batch_norm(conv(x, W) + b) = conv(x, s * W) + (b - mean) * s + beta

The graph stays symbolic: what happens to the weights is recorded in ``context.folds``, and ``fold_weights`` does it.
Legal only if nothing else in the program reads those tensors, nothing writes them, and the convolution's result has no
other use.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.ir.graph import Graph, Node
from transpile.passes.context import ExportContext, Fold
from transpile.passes.ranks import known_rank

# Kind -> whether the output channels are the weight's second axis (times groups).
LAYERS = {
    "aten::linear": False, "aten::conv1d": False, "aten::conv2d": False, "aten::conv3d": False,
    "aten::conv_transpose1d": True, "aten::conv_transpose2d": True, "aten::conv_transpose3d": True,
}  # fmt: skip

Array = np.ndarray[Any, Any]


def fold_batch_norm(graph: Graph, context: ExportContext | None) -> bool:
    """Fold every batch norm that may be folded; see the module's docstring."""
    if context is None or context.self_object is None:
        return False
    changed = False
    for node in graph.walk():
        if node.kind == "aten::batch_norm":
            fold = _match(graph, node, context)
            if fold is not None:
                _rewrite(graph, node, fold, context)
                changed = True
    return changed


def _match(graph: Graph, norm: Node, context: ExportContext) -> Fold | None:
    value = norm.input(0)
    layer = value.node
    if layer.kind not in LAYERS or len(value.uses) != 1 or layer.block is not norm.block:
        return None
    if layer.kind == "aten::linear" and known_rank(layer.input(0)) != 2:
        return None
    if layer.operator is None or norm.operator is None:
        return None
    training, eps = norm.named_input("training").constant, norm.named_input("eps").constant
    if training is not False or not isinstance(eps, float):
        return None
    groups = 1
    if layer.kind != "aten::linear":
        found = layer.named_input("groups").constant
        if not isinstance(found, int):
            return None
        groups = found
    weight_path = context.path_of(graph, layer.named_input("weight"))
    if not weight_path or not weight_path.endswith("weight") or not _fixed(context, weight_path):
        return None
    conv_path = weight_path.rpartition(".")[0]
    bias = layer.named_input("bias")
    if not bias.is_none:
        bias_path = context.path_of(graph, bias)
        if bias_path != _join(conv_path, "bias") or not _fixed(context, bias_path):
            return None
    elif not context.is_exclusive(_join(conv_path, "bias")):
        return None
    names: dict[str, str] = {}
    bn_path = None
    for argument in ("running_mean", "running_var", "weight", "bias"):
        operand = norm.named_input(argument)
        if operand.is_none:
            names[argument] = ""
            continue
        path = context.path_of(graph, operand)
        if not path or not _fixed(context, path):
            return None
        parent, _, names[argument] = path.rpartition(".")
        if bn_path not in (None, parent):
            return None
        bn_path = parent
    if bn_path is None or not names["running_mean"] or not names["running_var"]:
        return None
    if not _same_dtype(context, conv_path, bn_path, names):
        return None
    return Fold(
        conv_path, bn_path, eps, LAYERS[layer.kind], groups,
        names["running_mean"], names["running_var"], names["weight"], names["bias"],
    )  # fmt: skip


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _fixed(context: ExportContext, path: str) -> bool:
    return isinstance(context.value_at(path), np.ndarray) and context.is_exclusive(path)


def _same_dtype(context: ExportContext, conv: str, norm: str, names: dict[str, str]) -> bool:
    """Whether all tensors have one float type: otherwise the two layers together would not compute in it."""
    tensors = [context.value_at(_join(conv, "weight")), context.value_at(_join(conv, "bias"))]
    tensors += [context.value_at(_join(norm, name)) for name in names.values() if name]
    dtypes = {t.dtype for t in tensors if isinstance(t, np.ndarray)}
    return len(dtypes) == 1 and dtypes.pop() in (np.dtype(np.float32), np.dtype(np.float64))


def _rewrite(graph: Graph, norm: Node, fold: Fold, context: ExportContext) -> None:
    layer = norm.input(0).node
    assert layer.operator is not None
    position = layer.operator.schema.index_of("bias")
    if layer.input(position).is_none:
        owner = layer.named_input("weight").node.input()
        read = graph.create("prim::GetAttr", [owner], [T.TENSOR], range=norm.range, name="bias")
        read.insert_before(layer)
        layer.replace_input(position, read.output)
    context.folds.append(fold)
    context.present.add(_join(fold.conv_path, "bias"))
    result, output = norm.output, layer.output
    result.replace_all_uses_with(output)
    # The layer keeps its own name, which says where the weights are, unless it has none.
    if result.name and not output.name:
        name = result.name
        graph.forget_name(result)
        output.set_name(name)
    norm.destroy()


def fold_weights(
    weight: Array,
    bias: Array | None,
    mean: Array,
    var: Array,
    gamma: Array | None,
    beta: Array | None,
    eps: float,
    transposed: bool = False,
    groups: int = 1,
) -> tuple[Array, Array]:
    """The weight and bias of the layer with its batch norm folded in.

    ``weight``: (out, in/groups, ...), or (in, out/groups, ...) when ``transposed``; the others: (out,).  Computed in
    float64, returned in the dtype of ``weight``.
    """
    scale = 1.0 / np.sqrt(var.astype(np.float64) + eps)
    if gamma is not None:
        scale = scale * gamma.astype(np.float64)
    wide = weight.astype(np.float64)
    if transposed:
        split = wide.reshape(groups, wide.shape[0] // groups, *wide.shape[1:])
        factors = scale.reshape(groups, 1, wide.shape[1], *(1,) * (wide.ndim - 2))
        folded = (split * factors).reshape(wide.shape)
    else:
        folded = wide * scale.reshape(-1, *(1,) * (wide.ndim - 1))
    shift = (0.0 if bias is None else bias.astype(np.float64)) - mean.astype(np.float64)
    offset = shift * scale
    if beta is not None:
        offset = offset + beta.astype(np.float64)
    return folded.astype(weight.dtype), offset.astype(weight.dtype)
