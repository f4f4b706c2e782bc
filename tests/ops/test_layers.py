"""Convolution, pooling, normalization and the like against plain loops and small known values."""

from __future__ import annotations

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from transpile.ops import registry

RANDOM = np.random.default_rng(3)


def call(name: str, *arguments: Any) -> Any:
    """Run ``aten::name`` with the defaults of its schema for what is not given."""
    operator = registry.get(f"aten::{name}")
    rest = [a.default if a.has_default else None for a in operator.schema.arguments[len(arguments) :]]
    return operator(*arguments, *rest)


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return RANDOM.standard_normal(shape).astype(np.float32)


def convolution_by_loops(
    x: Any, weight: Any, stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int], groups: int
) -> Any:
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2)).astype(np.float64)
    n, outputs = x.shape[0], weight.shape[0]
    kernel = weight.shape[2:]
    size = [(padded.shape[2 + i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in (0, 1)]
    result = np.zeros((n, outputs, *size))
    inputs = weight.shape[1]
    for o, i, j in itertools.product(range(outputs), range(size[0]), range(size[1])):
        group = o // (outputs // groups)
        rows = slice(i * stride[0], i * stride[0] + dilation[0] * (kernel[0] - 1) + 1, dilation[0])
        columns = slice(j * stride[1], j * stride[1] + dilation[1] * (kernel[1] - 1) + 1, dilation[1])
        window = padded[:, group * inputs : (group + 1) * inputs, rows, columns]
        result[:, o, i, j] = (window * weight[o]).sum(axis=(1, 2, 3))
    return result


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [
        ((1, 1), (0, 0), (1, 1), 1),
        ((2, 1), (1, 2), (1, 2), 1),
        ((1, 2), (1, 0), (2, 1), 2),
        ((1, 1), (1, 1), (1, 1), 4),
    ],
)
def test_conv2d(stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int], groups: int) -> None:
    x, weight, bias = floats(2, 4, 7, 6), floats(8, 4 // groups, 3, 2), floats(8)
    result = call("conv2d", x, weight, bias, list(stride), list(padding), list(dilation), groups)
    expected = convolution_by_loops(x, weight, stride, padding, dilation, groups) + bias.reshape(-1, 1, 1)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
    assert result.dtype == np.float32 and result.flags.c_contiguous


def test_transposed_convolution_is_the_adjoint() -> None:
    x, y, weight = floats(1, 3, 8, 8), floats(1, 4, 4, 4), floats(4, 3, 3, 3)
    forward = call("conv2d", x, weight, None, [2, 2], [1, 1])
    back = call("conv_transpose2d.input", y, weight, None, [2, 2], [1, 1], [1, 1])
    assert back.shape == x.shape
    np.testing.assert_allclose((forward * y).sum(), (x * back).sum(), rtol=1e-4)


def test_convolution_without_batch_and_with_same_padding() -> None:
    x, weight = floats(3, 5, 6), floats(2, 3, 3, 2)
    single = call("conv2d.padding", x, weight, None, [1, 1], "same")
    assert single.shape == (2, 5, 6)
    batched = call("conv2d.padding", x[None], weight, None, [1, 1], "same")
    np.testing.assert_array_equal(single, batched[0])


@pytest.mark.parametrize(
    ("x", "weight", "message"),
    [
        (
            (1, 3, 4, 4), (2, 4, 3, 3),
            "Given groups=1, weight of size [2, 4, 3, 3], expected input[1, 3, 4, 4] to have 4 channels, but got 3 "
            "channels instead",
        ),
        (
            (1, 3, 4, 4), (2, 3, 5, 5),
            "Calculated padded input size per channel: (4 x 4). Kernel size: (5 x 5). Kernel size can't be greater "
            "than actual input size",
        ),
        (
            (3, 4), (2, 3, 3, 3),
            "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 4]",
        ),
    ],
)  # fmt: skip
def test_convolution_errors(x: tuple[int, ...], weight: tuple[int, ...], message: str) -> None:
    with pytest.raises(RuntimeError) as error:
        call("conv2d", floats(*x), floats(*weight))
    assert str(error.value) == message


def test_max_pool_ceil_mode_and_indices() -> None:
    image = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
    assert call("max_pool2d", image, [2, 2]).tolist() == [[[6, 8], [16, 18]]]
    values, places = call("max_pool2d_with_indices", image, [2, 2], [2, 2], [0, 0], [1, 1], True)
    assert values.tolist() == [[[6, 8, 9], [16, 18, 19], [21, 23, 24]]]
    assert places.tolist() == values.astype(int).tolist()


def test_max_pool_passes_nan_on() -> None:
    image = np.array([[[1.0, np.nan], [3.0, 2.0]]], np.float32)
    assert np.isnan(call("max_pool2d", image, [2, 2])).all()


def test_avg_pool_divisors() -> None:
    image = np.ones((1, 3, 3), np.float32)
    assert call("avg_pool2d", image, [2, 2], [2, 2], [1, 1]).tolist() == [[[0.25, 0.5], [0.5, 1.0]]]
    assert call("avg_pool2d", image, [2, 2], [2, 2], [1, 1], False, False).tolist() == [[[1, 1], [1, 1]]]
    assert call("avg_pool2d", image, [2, 2], [2, 2], [0, 0], False, True, 8).tolist() == [[[0.5]]]


def test_adaptive_pools_overlap_when_extents_do_not_divide() -> None:
    line = np.arange(5, dtype=np.float32).reshape(1, 5)
    assert call("adaptive_avg_pool1d", line, [3]).tolist() == [[0.5, 2.0, 3.5]]
    values, places = call("adaptive_max_pool1d", line, [3])
    assert values.tolist() == [[1, 3, 4]] and places.tolist() == [[1, 3, 4]]


def test_batch_norm_updates_its_statistics_only_when_training() -> None:
    x = floats(6, 3, 4)
    mean, var = np.zeros(3, np.float32), np.ones(3, np.float32)
    call("batch_norm", x, None, None, mean, var, False, 0.1, 1e-5, True)
    assert mean.tolist() == [0, 0, 0]
    result = call("batch_norm", x, None, None, mean, var, True, 0.1, 1e-5, True)
    np.testing.assert_allclose(mean, 0.1 * x.mean(axis=(0, 2)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(var, 0.9 + 0.1 * x.var(axis=(0, 2), ddof=1), rtol=1e-5)
    np.testing.assert_allclose(result.mean(axis=(0, 2)), 0, atol=1e-6)


def test_layer_group_and_rms_norm() -> None:
    x = floats(2, 4, 3)
    layer = call("layer_norm", x, [3])
    np.testing.assert_allclose(layer.var(axis=-1), 1, rtol=1e-2)
    np.testing.assert_allclose(
        call("group_norm", x, 4), call("instance_norm", x, None, None, None, None, True, 0.1, 1e-5), rtol=1e-4
    )
    rms = call("rms_norm", x, [3])
    np.testing.assert_allclose(np.square(rms).mean(axis=-1), 1, rtol=1e-5)


def test_softmax_of_nothing_allowed_is_nan_but_attention_gives_zeros() -> None:
    assert np.isnan(call("softmax.int", np.full((1, 2), -np.inf, np.float32), 1)).all()
    q = floats(1, 1, 2, 4)
    mask = np.array([[True, True], [False, False]])
    result = call("scaled_dot_product_attention", q, q, q, mask)
    assert not result[0, 0, 1].any() and result[0, 0, 0].any()


def test_causal_attention_sees_the_past_only() -> None:
    q, k, v = floats(1, 3, 4), floats(1, 3, 4), floats(1, 3, 2)
    result = call("scaled_dot_product_attention", q, k, v, None, 0.0, True)
    np.testing.assert_allclose(result[0, 0], v[0, 0], rtol=1e-6)


def test_sixteen_bit_types_are_computed_in_float32() -> None:
    ones = np.full((1, 4096), 1 / 64).astype(ml_dtypes.bfloat16)
    result = call("linear", ones, ones, None)
    assert result.dtype == ml_dtypes.bfloat16 and float(result[0, 0]) == 1.0


def test_embedding() -> None:
    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert call("embedding", table, np.array([[2, 0]])).tolist() == [[[4, 5], [0, 1]]]
    with pytest.raises(IndexError, match="index out of range in self"):
        call("embedding", table, np.array([3]))


def test_layers_of_cells_equal_the_recurrent_layer() -> None:
    x, h, c = floats(4, 2, 3), floats(1, 2, 5), floats(1, 2, 5)
    weights = [floats(20, 3), floats(20, 5), floats(20), floats(20)]
    output, hidden, cell = call("lstm.input", x, [h, c], weights, True, 1, 0.0, False, False, False)
    state = [h[0], c[0]]
    for step in x:
        state = list(call("lstm_cell", step, state, *weights))
    np.testing.assert_allclose(output[-1], state[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(hidden[0], state[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(cell[0], state[1], rtol=1e-5, atol=1e-6)


def test_resizing() -> None:
    line = np.array([[[0.0, 1.0, 2.0]]], np.float32)
    assert call("upsample_nearest1d", line, [6]).tolist() == [[[0, 0, 1, 1, 2, 2]]]
    np.testing.assert_allclose(call("upsample_linear1d", line, [5], True), [[[0, 0.5, 1, 1.5, 2]]])
    np.testing.assert_allclose(call("upsample_linear1d", line, [6], False), [[[0, 0.25, 0.75, 1.25, 1.75, 2]]])


def test_windows_taken_apart_and_put_together_count_overlaps() -> None:
    image = np.ones((1, 1, 3, 3), np.float32)
    columns = call("im2col", image, [2, 2], [1, 1], [0, 0], [1, 1])
    assert columns.shape == (1, 4, 4)
    folded = call("col2im", columns, [3, 3], [2, 2], [1, 1], [0, 0], [1, 1])
    assert folded[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
