"""Quantisation as floating point tensors show it: ``fake_quantize``.

There are no tensors of quantised integers: ``quantize_per_tensor`` and its relatives are refused (``eager/torch_namespace.py``).
"""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, wrap_dim

FAMILY = Family("quantization")
op = FAMILY.op


def _require_range(quant_min: int, quant_max: int) -> None:
    if quant_min > quant_max:
        raise RuntimeError("`quant_min` should be less than or         equal to `quant_max`.")


def _quantized(
    x: Array, scale: Array, zero_point: Array, quant_min: int, quant_max: int, *, saturates: bool
) -> tuple[Array, Array]:
    """``x`` rounded to steps of ``scale``, and where the steps were not cut off.

    Steps beyond 64 bits count as the lowest unless the conversion ``saturates``.
    """
    compute = compute_dtype(dtype_of(x)).numpy
    steps = x.astype(compute) * (np.float32(1) / scale).astype(compute)
    if zero_point.dtype.kind == "f":
        steps = np.rint(steps + zero_point.astype(compute))
    else:
        steps = np.rint(steps) + zero_point.astype(compute)
    whole = steps.astype(np.float64)
    known = (whole >= -(2.0**63)) & (whole < 2.0**63)
    if not saturates:
        whole = np.where(known, whole, -(2.0**63))
    mask = (whole >= quant_min) & (whole <= quant_max)
    cut = np.fmin(np.fmax(whole, quant_min), quant_max)
    result = (cut - zero_point.astype(np.float64)) * scale.astype(np.float64)
    return cast(cast(result, D.from_numpy(compute)), dtype_of(x)), mask


def _per_tensor(x: Array, scale: float, zero_point: int, quant_min: int, quant_max: int) -> tuple[Array, Array]:
    _require_range(quant_min, quant_max)
    kind = dtype_of(x)
    require_supported(kind.is_floating_point, "fake_quantize_tensor_cachemask_kernel_type_handling", kind)
    scales, zeros = np.asarray(scale, np.float32), np.asarray(zero_point, np.int64)
    return _quantized(x, scales, zeros, quant_min, quant_max, saturates=True)


def _require_zero_point(zero_point: int, quant_min: int, quant_max: int) -> None:
    _require_range(quant_min, quant_max)
    if not quant_min <= zero_point <= quant_max:
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")


@op(
    "aten::fake_quantize_per_tensor_affine(Tensor self, float scale, int zero_point, int quant_min, int quant_max) "
    "-> Tensor"
)
def fake_quantize_per_tensor_affine(
    self: Array, scale: float, zero_point: int, quant_min: int, quant_max: int
) -> Array:
    _require_zero_point(zero_point, quant_min, quant_max)
    return _per_tensor(self, scale, zero_point, quant_min, quant_max)[0]


@op(
    "aten::fake_quantize_per_tensor_affine.tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, int quant_min, "
    "int quant_max) -> Tensor"
)
def fake_quantize_with_tensors(self: Array, scale: Array, zero_point: Array, quant_min: int, quant_max: int) -> Array:
    for given in (scale, zero_point):
        if given.size != 1:
            raise RuntimeError(f"a Tensor with {given.size} elements cannot be converted to Scalar")
    return _per_tensor(self, float(scale.reshape(())), int(zero_point.reshape(())), quant_min, quant_max)[0]


@op(
    "aten::fake_quantize_per_tensor_affine_cachemask(Tensor self, float scale, int zero_point, int quant_min, "
    "int quant_max) -> (Tensor output, Tensor mask)"
)
def fake_quantize_per_tensor_affine_cachemask(
    self: Array, scale: float, zero_point: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    _require_zero_point(zero_point, quant_min, quant_max)
    return _per_tensor(self, scale, zero_point, quant_min, quant_max)


def _per_channel(
    x: Array, scale: Array, zero_point: Array, axis: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    if dtype_of(scale) not in (D.float32, D.bfloat16):
        raise RuntimeError(f"Scale must be Float or BFloat16, found {dtype_of(scale).graph_name}")
    if dtype_of(zero_point) not in (D.int32, D.float32, D.float16):
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {dtype_of(zero_point).graph_name}")
    if scale.ndim != 1:
        raise RuntimeError("scale should be a 1-D tensor")
    if zero_point.ndim != 1:
        raise RuntimeError("zero point should be a 1-D tensor")
    if scale.size != zero_point.size:
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    at = wrap_dim(axis, x.ndim)
    if scale.size != (x.shape[at] if x.ndim else 1):
        raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")
    _require_range(quant_min, quant_max)
    if zero_point.dtype.kind == "i" and ((zero_point < quant_min) | (zero_point > quant_max)).any():
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")
    if axis < 0:
        raise RuntimeError("`axis` must be between 0 and number of dimensions of input")
    kind = dtype_of(x)
    require_supported(kind.is_floating_point, "fake_quantize_channel_cachemask_cpu_type_handling", kind)
    shape = [-1 if d == at else 1 for d in range(x.ndim)]
    scales = scale.astype(np.float32).reshape(shape)
    return _quantized(x, scales, zero_point.reshape(shape), quant_min, quant_max, saturates=False)


@op(
    "aten::fake_quantize_per_channel_affine(Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, "
    "int quant_max) -> Tensor"
)
def fake_quantize_per_channel_affine(
    self: Array, scale: Array, zero_point: Array, axis: int, quant_min: int, quant_max: int
) -> Array:
    return _per_channel(self, scale, zero_point, axis, quant_min, quant_max)[0]


@op(
    "aten::fake_quantize_per_channel_affine_cachemask(Tensor self, Tensor scale, Tensor zero_point, int axis, "
    "int quant_min, int quant_max) -> (Tensor output, Tensor mask)"
)
def fake_quantize_per_channel_affine_cachemask(
    self: Array, scale: Array, zero_point: Array, axis: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    return _per_channel(self, scale, zero_point, axis, quant_min, quant_max)


@op("aten::dequantize.self(Tensor self) -> Tensor")
def dequantize(self: Array) -> Array:
    """A tensor that is not quantised as float32."""
    return self if dtype_of(self) is D.float32 else cast(self, D.float32)
