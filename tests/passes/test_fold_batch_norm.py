"""Folding of batch norms: when it is legal, what it records, and that the numbers agree."""

from __future__ import annotations

import numpy as np
import pytest

from tests.passes.models import conv_and_norm
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph
from transpile.jit.interpreter.machine import run_graph
from transpile.ops.registry import get
from transpile.passes import pipelines
from transpile.passes.context import AttributeUse, ExportContext
from transpile.passes.fold_batch_norm import fold_weights
from transpile.passes.observer import PassObserver


def exported(net: ScriptObject, graph: Graph) -> ExportContext:
    pipelines.run(graph, pipelines.DISSOLVE)
    context = ExportContext(AttributeUse.of([(net, graph)]), net)
    pipelines.run(graph, pipelines.OPTIMIZE, context, PassObserver(verify_passes=True))
    return context


def apply(net: ScriptObject, context: ExportContext) -> None:
    for fold in context.folds:
        conv, norm = context.value_at(fold.conv_path).slots, context.value_at(fold.bn_path).slots
        conv["weight"], conv["bias"] = fold_weights(
            conv["weight"], conv["bias"], norm[fold.mean], norm[fold.var], norm[fold.gamma], norm[fold.beta],
            fold.eps, fold.transposed, fold.groups,
        )  # fmt: skip
        context.value_at(fold.conv_path).type.attributes["bias"].type = T.TENSOR


def has_norm(graph: Graph) -> bool:
    return any(n.kind == "aten::batch_norm" for n in graph.walk())


@pytest.mark.parametrize("bias", [True, False])
def test_folded_program_gives_the_same_numbers(bias: bool) -> None:
    net, graph = conv_and_norm(bias=bias)
    x = np.random.default_rng(1).standard_normal((2, 2, 5, 5)).astype(np.float32)
    expected = run_graph(net.type.methods["forward"].structured, [net, x])
    context = exported(net, graph)
    assert [(f.conv_path, f.bn_path, f.eps) for f in context.folds] == [("conv", "norm", 0.001)]
    assert not has_norm(graph)
    assert context.present == {"conv.bias"}
    apply(net, context)
    np.testing.assert_allclose(run_graph(graph, [net, x]), expected, rtol=1e-5, atol=1e-5)


def test_not_in_training() -> None:
    net, graph = conv_and_norm(training=True)
    assert not exported(net, graph).folds
    assert has_norm(graph)


def test_not_when_the_convolution_is_called_twice() -> None:
    net, graph = conv_and_norm(calls=2)
    assert not exported(net, graph).folds


def test_not_when_the_weight_is_shared() -> None:
    net, graph = conv_and_norm()
    net.slots["tied"] = net.slots["conv"].slots["weight"][:2]
    assert not exported(net, graph).folds


def test_not_when_the_layer_is_registered_twice() -> None:
    net, graph = conv_and_norm()
    net.slots["again"] = net.slots["norm"]
    assert not exported(net, graph).folds


def test_not_when_another_graph_reads_it() -> None:
    net, graph = conv_and_norm()
    other = net.type.methods["forward"].structured.copy()
    pipelines.run(graph, pipelines.DISSOLVE)
    pipelines.run(other, pipelines.DISSOLVE)
    context = ExportContext(AttributeUse.of([(net, graph), (net, other)]), net)
    pipelines.run(graph, pipelines.OPTIMIZE, context)
    assert not context.folds


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transposed", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_fold_weights(groups: int, transposed: bool, affine: bool) -> None:
    random = np.random.default_rng(3)
    shape = (4, 6 // groups, 3, 3) if transposed else (6, 4 // groups, 3, 3)
    weight, bias = random.standard_normal(shape), random.standard_normal(6)
    mean, var = random.standard_normal(6), random.random(6) + 0.1
    gamma, beta = (random.standard_normal(6), random.standard_normal(6)) if affine else (None, None)
    x = random.standard_normal((2, 4, 5, 5))
    folded, offset = fold_weights(weight, bias, mean, var, gamma, beta, 1e-3, transposed, groups)

    def layer(w: np.ndarray, b: np.ndarray) -> np.ndarray:
        if transposed:
            return get("aten::conv_transpose2d.input")(x, w, b, [1, 1], [0, 0], [0, 0], groups, [1, 1])
        return get("aten::conv2d")(x, w, b, [1, 1], [0, 0], [1, 1], groups)

    expected = get("aten::batch_norm")(layer(weight, bias), gamma, beta, mean, var, False, 0.1, 1e-3, True)
    np.testing.assert_allclose(layer(folded, offset), expected, rtol=1e-9, atol=1e-9)
