"""Samples of convolution, pooling, normalization, softmax, embedding and attention."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, longs
from transpile.core import dtype as dtypes

samples = Cases(14)
case, floats = samples.case, samples.floats


def statistics(dtype: Any) -> tuple[Any, Any]:
    """A running mean and a running variance of three channels."""
    return floats(3, dtype=dtype), np.abs(floats(3)).astype(dtype) + np.asarray(0.5, dtype)


# arguments of one operator after another
a: Any

# conv
for dtype in (np.float32, np.float64, np.float16, bfloat16, np.complex64):
    if dtype is np.complex64:
        case("conv2d", floats(2, 3, 8, 8).astype(dtype), floats(4, 3, 3, 3).astype(dtype), None, [1, 1], [1, 1])
        continue
    case(
        "conv2d",
        floats(2, 3, 8, 8, dtype=dtype),
        floats(4, 3, 3, 3, dtype=dtype),
        floats(4, dtype=dtype),
        [2, 1],
        [1, 0],
        [1, 2],
    )
for a in (
    ([1, 1], [0, 0], [1, 1], 1),
    ([2, 2], [1, 1], [1, 1], 1),
    ([1, 2], [2, 1], [2, 1], 3),
    ([1, 1], [1, 1], [1, 1], 6),
):
    cin = 6
    case("conv2d", floats(2, cin, 9, 8), floats(12, cin // a[3], 3, 2), floats(12), *a)
    case("conv2d", floats(cin, 9, 8), floats(12, cin // a[3], 3, 2), None, *a)
    case(
        "conv_transpose2d.input",
        floats(2, cin, 4, 5),
        floats(cin, 2, 3, 2),
        floats(2 * a[3]),
        a[0],
        [0, 1],
        [0, 1] if a[0][1] > 1 else [0, 0],
        a[3],
        a[2],
    )
case("conv2d", floats(2, 4, 5, 5), floats(7, 4, 1, 1), floats(7))
case("conv2d", floats(2, 4, 5, 5).transpose(0, 1, 3, 2), floats(7, 4, 3, 3), floats(7), [1], [1])
case("conv1d", floats(2, 4, 9), floats(6, 2, 3), floats(6), [2], [1], [2], 2)
case("conv1d", floats(4, 9), floats(6, 4, 3))
case("conv3d", floats(1, 2, 4, 5, 6), floats(3, 2, 2, 3, 2), floats(3), [1, 2, 1], [1, 0, 1])
case("conv_transpose1d", floats(2, 4, 5), floats(4, 3, 3), floats(3), [2], [1], [1])
case("conv_transpose3d.input", floats(1, 2, 3, 3, 3), floats(2, 3, 2, 2, 2), None, [2, 2, 2])
case("conv_transpose2d.input", floats(2, 4, 5, 5), floats(4, 1, 4, 4), floats(4), [2, 2], [1, 1], [0, 0], 4)
for p in ("same", "valid", "foo"):
    case("conv2d.padding", floats(1, 3, 4, 5), floats(2, 3, 2, 3), None, [1, 1], p, [2, 1])
    case("conv1d.padding", floats(1, 3, 4), floats(2, 3, 2), None, [1], p)
    case("conv3d.padding", floats(1, 3, 4, 4, 4), floats(2, 3, 2, 3, 2), floats(2), [1, 1, 1], p)
case("conv2d.padding", floats(1, 3, 4, 4), floats(2, 3, 2, 2), None, [2, 2], "same")
case(
    "_convolution",
    floats(1, 3, 4, 4),
    floats(2, 3, 2, 2),
    floats(2),
    [1, 1],
    [0, 0],
    [1, 1],
    False,
    [0, 0],
    1,
    False,
    False,
    True,
    True,
)
case(
    "_convolution",
    floats(1, 3, 4, 4),
    floats(3, 2, 2, 2),
    floats(2),
    [2, 2],
    [0, 0],
    [1, 1],
    True,
    [1, 1],
    1,
    False,
    False,
    True,
    True,
)
case("convolution", floats(1, 3, 4), floats(2, 3, 2), floats(2), [1], [0], [1], False, [0], 1)
cube = floats(1, 3, 4, 4)
for a in [
    (floats(3, 4), floats(2, 3, 3, 3)),
    (cube, floats(2, 4, 3, 3)),
    (cube, floats(2, 3, 3)),
    (cube, floats(2, 3, 3, 3), floats(3)),
    (cube, floats(2, 3, 5, 5)),
    (cube, floats(2, 3, 3, 3), None, [1, 1], [-1, -1]),
    (cube, floats(2, 3, 3, 3), None, [0, 0]),
    (cube, floats(2, 3, 3, 3), None, [1, 1], [0, 0], [0, 0]),
    (cube, floats(2, 3, 3, 3), None, [1, 1], [0, 0], [1, 1], 2),
    (cube, floats(2, 1, 3, 3), None, [1, 1], [0, 0], [1, 1], 3),
    (cube, floats(2, 3, 3, 3), None, [1, 1], [0, 0], [1, 1], 0),
    (cube, floats(2, 3, 3, 3), floats(2, dtype=np.float64)),
    (floats(0, 3, 4, 4), floats(2, 3, 3, 3)),
    (floats(1, 3, 0, 4), floats(2, 3, 3, 3)),
    (cube.astype(np.int32), floats(2, 3, 3, 3).astype(np.int32)),
    (cube, floats(2, 3, 2, 2), None, [1, 2, 3]),
]:
    case("conv2d", *a)
for a in [
    (cube, floats(4, 2, 3, 3)),
    (cube, floats(3, 2, 3, 3), floats(3)),
    (cube, floats(3, 2, 3, 3), None, [1, 1], [0, 0], [1, 1]),
    (cube, floats(3, 2, 3, 3), None, [1, 1], [0, 0], [-1, -1]),
    (floats(2, 4), floats(3, 2, 3, 3)),
]:
    case("conv_transpose2d.input", *a)
# pools
for a in (
    ([2, 2],),
    ([3, 2], [1, 2], [1, 0]),
    ([3, 3], [2, 2], [1, 1], [1, 1], True),
    ([2, 2], [2, 2], [0, 0], [2, 2], True),
    ([2, 2], [3, 3], [1, 1], [1, 1], True),
):
    for d in (
        floats(2, 3, 7, 8),
        floats(3, 7, 8),
        floats(2, 3, 7, 8, dtype=np.float16),
        floats(2, 3, 7, 8, dtype=bfloat16),
        (floats(2, 3, 7, 8) * 9).astype(np.int32),
        floats(0, 3, 7, 8),
    ):
        case("max_pool2d", d, *a)
        case("max_pool2d_with_indices", d, *a)
        if len(a) < 4:
            case("avg_pool2d", d, *a)
for a in (
    ([3, 3], [2, 2], [1, 1], True),
    ([3, 3], [2, 2], [1, 1], True, False),
    ([2, 2], [2, 2], [0, 0], False, True, 3),
    ([3, 2], [2, 2], [1, 1], False, False),
):
    case("avg_pool2d", floats(2, 3, 7, 8), *a)
    case("avg_pool2d", floats(3, 6, 6), *a)
xn = floats(2, 3, 7, 8)
xn[0, 0, 2, 2] = np.nan
case("max_pool2d", xn, [2, 2])
case("max_pool2d_with_indices", xn, [3, 3], [2, 2])
xi = np.full((1, 1, 3, 3), -np.inf, np.float32)
case("max_pool2d_with_indices", xi, [2, 2], [1, 1])
case("max_pool1d", floats(2, 3, 9), [3], [2], [1])
case("max_pool1d", floats(3, 9), [3])
case("max_pool1d_with_indices", floats(2, 3, 9), [3])
case("max_pool3d", floats(1, 2, 4, 5, 6), [2, 2, 2])
case("avg_pool1d", floats(2, 3, 9), [3], [2], [1], True)
case("avg_pool1d", floats(3, 9), [3])
case("avg_pool3d", floats(1, 2, 4, 5, 6), [2, 2, 2], [1, 1, 1], [1, 1, 1])
case("max_pool3d_with_indices", floats(1, 2, 4, 5, 6), [2, 2, 2])
case("avg_pool2d", (floats(2, 3, 7, 8) * 20).astype(np.int64), [2, 2])
for a in [
    (cube, [5, 5]),
    (cube, [3, 3], [3, 3], [2, 2]),
    (cube, [0, 0]),
    (cube, [2, 2], [0, 0]),
    (floats(2, 3), [2, 2]),
    (cube, [1, 2, 3]),
    (cube, [2, 2], [2, 2], [0, 0], [0, 0]),
    (floats(1, 3, 0, 4), [2, 2]),
    (floats(0, 3, 4, 4), [2, 2]),
]:
    case("max_pool2d", *a)
    if len(a) < 4:
        case("avg_pool2d", *a, any_message=True)
case("max_pool1d", floats(2, 3), [5])
case("max_pool1d", floats(2, 3, 3, 3), [5])
case("avg_pool1d", floats(2, 2), [5])
case("avg_pool2d", cube, [2, 2], [2, 2], [0, 0], False, True, 0)
case("avg_pool2d", cube.astype(np.int32), [2, 2])
for o in ([1, 1], [2, 3], [5, 7], [7, 8], [4, 4], [9, 9], [0, 0]):
    for d in (
        floats(2, 3, 7, 8),
        floats(3, 7, 8),
        floats(2, 3, 8, 8, dtype=np.float16),
        floats(2, 3, 7, 8, dtype=bfloat16),
        floats(2, 3, 8, 7).transpose(0, 1, 3, 2),
    ):
        case("adaptive_avg_pool2d", d, o)
        if o != [0, 0]:
            case("adaptive_max_pool2d", d, o)
case("adaptive_avg_pool1d", floats(2, 3, 7), [3])
case("adaptive_max_pool1d", floats(2, 3, 7), [3])
case("adaptive_avg_pool1d", floats(3, 7), [1])
case("adaptive_avg_pool3d", floats(1, 2, 5, 6, 7), [2, 3, 4])
for d in (floats(2, 2), floats(1, 3, 0, 2), cube.astype(np.int32)):
    case("adaptive_avg_pool2d", d, [2, 2])
case("adaptive_avg_pool1d", floats(2), [2])
case("adaptive_max_pool2d", floats(2, 2), [2, 2])
case("adaptive_max_pool1d", floats(2), [2])
case("adaptive_max_pool2d", xn, [2, 2])
# norm
for dtype in (np.float32, np.float64, np.float16, bfloat16):
    for sh in ((4, 3), (4, 3, 5), (4, 3, 5, 6)):
        for wb in (True, False):
            ws = (floats(3, dtype=dtype), floats(3, dtype=dtype)) if wb else (None, None)
            case("batch_norm", floats(*sh, dtype=dtype), *ws, *statistics(dtype), False, 0.1, 1e-5, True)
            case("batch_norm", floats(*sh, dtype=dtype), *ws, *statistics(dtype), True, 0.1, 1e-5, True)
            case("batch_norm", floats(*sh, dtype=dtype), *ws, None, None, True, 0.1, 1e-5, True)
            if dtype is np.float32:
                case("native_batch_norm", floats(*sh, dtype=dtype), *ws, *statistics(dtype), True, 0.1, 1e-5)
            if len(sh) > 2:
                case("instance_norm", floats(*sh, dtype=dtype), *ws, None, None, True, 0.1, 1e-5, True)
                case("instance_norm", floats(*sh, dtype=dtype), *ws, *statistics(dtype), True, 0.1, 1e-5, True)
                case("instance_norm", floats(*sh, dtype=dtype), *ws, *statistics(dtype), False, 0.1, 1e-5, True)
            case(
                "layer_norm",
                floats(*sh, dtype=dtype),
                [sh[-1]],
                floats(sh[-1], dtype=dtype) if wb else None,
                floats(sh[-1], dtype=dtype) if wb else None,
            )
            case(
                "layer_norm",
                floats(*sh, dtype=dtype),
                list(sh[-2:]),
                floats(*sh[-2:], dtype=dtype) if wb else None,
                None,
                1e-3,
            )
            case("rms_norm", floats(*sh, dtype=dtype), [sh[-1]], floats(sh[-1], dtype=dtype) if wb else None)
            case("rms_norm", floats(*sh, dtype=dtype), [sh[-1]], None, 1e-3)
            sh2 = (sh[0], 6) + sh[2:]
            case(
                "group_norm",
                floats(*sh2, dtype=dtype),
                3,
                floats(6, dtype=dtype) if wb else None,
                floats(6, dtype=dtype) if wb else None,
            )
case("native_layer_norm", floats(2, 3, 4), [4], floats(4), floats(4), 1e-5)
case("native_layer_norm", floats(2, 3, 4, dtype=np.float16), [4], None, None, 1e-5)
case("native_layer_norm", floats(2, 3, 4, dtype=np.float16), [4], floats(4), floats(4), 1e-5)
case("layer_norm", floats(2, 4, 3).transpose(0, 2, 1), [4], floats(4), floats(4))
case(
    "batch_norm",
    floats(2, 3, 4, dtype=np.float16),
    floats(3),
    floats(3),
    floats(3),
    np.abs(floats(3)),
    False,
    0.1,
    1e-5,
    True,
)
case("layer_norm", floats(2, 3, 4, dtype=bfloat16), [4], floats(4), floats(4))
case("group_norm", floats(2, 6, 4, dtype=bfloat16), 3, floats(6), floats(6))
case("batch_norm", floats(0, 3), None, None, *statistics(np.float32), True, 0.1, 1e-5, True)
case("native_batch_norm", floats(0, 3), None, None, *statistics(np.float32), True, 0.1, 1e-5)
bn = lambda *a: case("batch_norm", *a, 0.1, 1e-5, False)
bn(cube, None, None, floats(2), floats(3), False)
bn(cube, floats(4), None, floats(3), floats(3), False)
bn(cube, floats(3), floats(4), None, None, True)
bn(cube, None, None, None, None, False)
bn(floats(3), None, None, None, None, True)
bn(cube, None, None, floats(3), None, False)
bn(floats(0, 3), None, None, floats(3), floats(3), False)
for a in [
    (cube, [5]),
    (cube, [4], floats(3)),
    (cube, []),
    (cube.astype(np.int32), [4]),
    (cube, [4], floats(4), floats(4, dtype=np.float64)),
]:
    case("layer_norm", *a)
for a in [(cube, 2), (cube, 3, floats(2)), (floats(3), 3), (cube, 0)]:
    case("group_norm", *a, any_message=True)
case("rms_norm", cube, [5])
case("rms_norm", cube + 1j * cube[::-1], [cube.shape[-1]], floats(cube.shape[-1]) + 1j, 0.1)
# softmax
for name in ("softmax.int", "log_softmax.int"):
    for d in (
        floats(3, 4, 5),
        floats(3, 4, 5, dtype=np.float16),
        floats(3, 4, 5, dtype=bfloat16),
        floats(3, 4, 5, dtype=np.float64),
        np.array(3.0, np.float32),
        floats(0, 3),
        floats(3, 4).T,
        floats(2, 3) * 100,
        np.full((2, 3), -np.inf, np.float32),
    ):
        for dim in (-1, 0, 1, 4):
            case(name, d, dim)
    case(name, cube.astype(np.int32), 1)
    case(name, cube.astype(np.int32), 1, dtypes.float32)
    case(name, cube.astype(np.float16), 1, dtypes.float32)
    case(name, cube, 1, dtypes.float64)
    case(name, cube, 1, dtypes.int64)
case("_softmax", cube, 1, False)
case("_log_softmax", cube, 1, False)
# embedding
for i in (
    longs(0, 2, 1),
    np.array([[0, 1]], np.int32),
    longs(5),
    longs(-1),
    floats(2),
    np.array(1),
    np.empty((0, 2), np.int64),
):
    case("embedding", floats(3, 2), i)
case("embedding", floats(3), longs(0))
case("embedding", floats(3, 2, dtype=bfloat16), longs(0, 2))
case("embedding", floats(3, 2), longs(0, 2), 1)
for m in (0, 1, 2):
    case("embedding_bag", floats(5, 3), longs(0, 1, 2, 4), longs(0, 2), False, m)
    case("embedding_bag", floats(5, 3), longs(0, 1, 2, 4), longs(0, 2, 2), False, m)
case("embedding_renorm_", floats(5, 3), longs(0, 2), 0.5, 2.0)
# sdpa
for dtype in (np.float32, np.float64, bfloat16):
    q, k, v = floats(2, 2, 3, 4, dtype=dtype), floats(2, 2, 5, 4, dtype=dtype), floats(2, 2, 5, 6, dtype=dtype)
    case("scaled_dot_product_attention", q, k, v)
    case("scaled_dot_product_attention", q, k, v, None, 0.0, True)
    case("scaled_dot_product_attention", q, k, v, floats(3, 5, dtype=dtype))
    case("scaled_dot_product_attention", q, k, v, floats(2, 1, 3, 5) > 0)
    case("scaled_dot_product_attention", q[0], k[0], v[0], scale=0.3)
    case("scaled_dot_product_attention", floats(2, 4, 3, 4, dtype=dtype), k, v, enable_gqa=True)
    case("scaled_dot_product_attention", q, k, v, np.zeros((3, 5)) > 1)
for a in [
    (floats(3), floats(3), floats(3)),
    (floats(2, 3, 4), floats(2, 3, 5), floats(2, 3, 4)),
    (floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4), floats(3, 3), 0.0, True),
    (floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4), np.ones((3, 3), np.int32)),
    (floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4, dtype=np.float64)),
    (floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4), np.zeros((3, 3)) > 1),
]:
    case("scaled_dot_product_attention", *a)

# --- spelled differently
case("_convolution_mode", floats(1, 3, 5, 4), floats(2, 3, 2, 3), floats(2), [1, 1], "same", [1, 1], 1)
case("adaptive_max_pool3d", floats(1, 2, 4, 5, 6), [2, 3, 2])
for mode in (0, 1, 2):
    case("embedding_bag.padding_idx", floats(5, 3), longs(0, 1, 2, 4), longs(0, 2), False, mode, False, None, False, 1)
# --- windows taken apart and put together
for a in (([2, 3], [1, 1], [0, 0], [1, 1]), ([2, 2], [2, 1], [1, 2], [2, 1])):
    case("im2col", floats(2, 3, 6, 7), *a)
    case("im2col", floats(3, 6, 7), *a)
case("im2col", floats(2, 3, 6, 7), [8, 8], [1, 1], [0, 0], [1, 1])
case("im2col", floats(3, 4), [2, 2], [1, 1], [0, 0], [1, 1], any_message=True)
case("col2im", floats(2, 12, 20), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1])
case("col2im", floats(12, 12), [5, 6], [2, 2], [1, 1], [1, 0], [2, 2])
case("col2im", floats(2, 12, 21), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1])
case("col2im", floats(2, 11, 20), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1])
case("max_unpool2d", floats(1, 2, 2, 2), samples.random.permuted(np.arange(16))[:8].reshape(1, 2, 2, 2), [4, 4])
for dim in (0, 1, -1):
    case("norm_except_dim", floats(3, 4, 5), 2, dim)
    case("_weight_norm", floats(3, 4, 5), np.asarray(np.abs(floats(*{0: (3, 1, 1), 1: (1, 4, 1), -1: ()}[dim]))), dim)

# --- added later: the numbers of the samples above depend on how many came before them
case("_convolution_mode", floats(2, 3, 9), floats(2, 3, 2), None, [2], "valid", [2], 1)
case("_convolution_mode", floats(1, 2, 3, 4, 5), floats(4, 1, 2, 2, 2), None, [1, 1, 1], "same", [1, 1, 1], 2)
case("_convolution_mode", floats(1, 3, 9), floats(2, 3, 2), None, [2], "same", [1], 1)
case("_convolution_mode", floats(1, 3, 9), floats(2, 3, 2), None, [1], "full", [1], 1)
