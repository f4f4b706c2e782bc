"""Samples of fake quantisation and of copied views."""

from __future__ import annotations

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases
from tests.ops.samples import samples_for
from transpile.ops import registry

samples = Cases(47)
case, floats = samples.case, samples.floats
matrix = floats(2, 5) * 3
special = np.array([[0.25, 0.75, -0.25, 1e30], [np.nan, np.inf, -np.inf, -0.0]], np.float32)
scale = np.array([0.1, 0.5], np.float32)
zero = np.array([3, -2], np.int32)

for dtype in (np.float32, np.float64, np.float16, bfloat16, np.int64):
    for x in (matrix, special, matrix.T, matrix[:, :0], matrix[0, 0]):
        with np.errstate(all="ignore"):
            x = np.asarray(x).astype(dtype)
        case("fake_quantize_per_tensor_affine", x, 0.1, 3, -8, 7)
        case("fake_quantize_per_tensor_affine_cachemask", x, 0.25, 0, 0, 255)
        if x.shape[:1] == (2,):
            case("fake_quantize_per_channel_affine", x, scale, zero, 0, -8, 7)
            case("fake_quantize_per_channel_affine_cachemask", x, scale, zero, -x.ndim, -8, 7)
case("fake_quantize_per_tensor_affine", matrix, 0.1, 30, -8, 7)
case("fake_quantize_per_tensor_affine", matrix, 0.1, 3, 8, 7)
case("fake_quantize_per_tensor_affine.tensor_qparams", matrix, scale[:1], zero[:1], -8, 7)
case("fake_quantize_per_tensor_affine.tensor_qparams", matrix, scale, zero[:1], -8, 7)
for s, z, axis in (
    (scale, zero.astype(np.float32) + 0.3, 0), (scale, zero, 1), (scale, zero, 2),
    (scale.astype(np.float64), zero, 0), (scale, zero.astype(np.int64), 0), (scale[None], zero, 0), (scale, zero[:1], 0),
    (scale, zero + 20, 0),
):  # fmt: skip
    case("fake_quantize_per_channel_affine", matrix, s, z, axis, -8, 7)
for dtype in (np.float32, np.float64, np.float16, np.int32, np.bool_):
    case("dequantize.self", matrix.astype(dtype))

# A copy of what a view shows is tried on a few samples of the view.
for operator in registry.all_operators():
    if operator.family == "view_copies":
        view = operator.schema.qualified_name.replace("_copy", "")
        for sample in samples_for(view)[::3][:8]:
            case(operator.schema.qualified_name.removeprefix("aten::"), *sample.args, **sample.kwargs)
