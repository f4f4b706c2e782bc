"""Activation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops import error_functions
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, Number, cast, cast_number, compute_dtype, dtype_of, to_element, wrap_dim
from transpile.ops.series import precise

FAMILY = Family("activation")
op, pointwise = FAMILY.op, FAMILY.pointwise


def _floating(name: str, function: Any) -> Any:
    """``function`` for floats only, torch's error for anything else."""

    def run(x: Array, *parameters: Any, **options: Any) -> Array:
        require_supported(x.dtype.kind == "f", name, dtype_of(x))
        return np.asarray(function(x, *parameters, **options))

    return run


def _no_bool(message: str) -> Any:
    def check(self: Array, *_: Any, **__: Any) -> None:
        if dtype_of(self) is D.bool_:
            raise RuntimeError(message)
        if self.dtype.kind == "c":
            raise NotImplementedError("clamp is not supported for complex types")

    return check


def _as(x: Array, value: Number) -> Any:
    return to_element(value, dtype_of(x))


def sigmoid(x: Array) -> Array:
    return np.reciprocal(1 + np.exp(-x))


relu = pointwise(
    "aten::relu(Tensor self) -> Tensor",
    lambda x: np.maximum(x, x.dtype.type(0)),
    check=_no_bool("Boolean inputs not supported for relu"),
    scalar_cpp="math::relu({0})",
    tags=("epilogue",),
)
relu6 = pointwise(
    "aten::relu6(Tensor self) -> Tensor",
    lambda x: np.minimum(np.maximum(x, x.dtype.type(0)), x.dtype.type(6)),
    check=_no_bool("Bool inputs not supported for hardtanh"),
    scalar_cpp="math::relu6({0})",
    tags=("epilogue",),
)


def _check_hardtanh(self: Array, min_val: Number = -1, max_val: Number = 1) -> None:
    if dtype_of(self) is D.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if self.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    if dtype_of(self) is D.uint8 and (min_val < 0 or max_val < 0):  # type: ignore[operator]
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")


def _hardtanh(x: Array, min_val: Number = -1, max_val: Number = 1) -> Array:
    return np.minimum(np.maximum(x, _as(x, min_val)), _as(x, max_val))


hardtanh = pointwise(
    "aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor",
    _hardtanh,
    check=_check_hardtanh,
    scalar_cpp="math::hardtanh({0}, {1}, {2})",
    tags=("epilogue",),
)


def _gelu(x: Array, *, approximate: str = "none") -> Array:
    if approximate == "none":
        return _as(x, 0.5) * x * (1 + error_functions.erf(x * _as(x, np.sqrt(0.5))))
    if approximate != "tanh":
        raise RuntimeError("approximate argument must be either none or tanh.")
    inner = _as(x, np.sqrt(2 / np.pi)) * (x + _as(x, 0.044715) * x * x * x)
    return _as(x, 0.5) * x * (1 + np.tanh(inner))


gelu = pointwise(
    'aten::gelu(Tensor self, *, str approximate="none") -> Tensor',
    _floating("GeluKernelImpl", _gelu),
    scalar_cpp="math::gelu({0})",
    scalar_variants={("approximate", "tanh"): "math::gelu_tanh({0})"},
    tags=("epilogue",),
)
silu = pointwise(
    "aten::silu(Tensor self) -> Tensor",
    lambda x: x / (1 + np.exp(-x)),
    supports=("silu_cpu", "fc"),
    scalar_cpp="math::silu({0})",
    tags=("epilogue",),
)


def softplus_function(x: Array, beta: Number = 1, threshold: Number = 20) -> Array:
    """log(1 + exp(beta x)) / beta, the identity where beta x is above the threshold."""
    scaled = x * _as(x, beta)
    return np.where(scaled > _as(x, threshold), x, np.log1p(np.exp(scaled)) / _as(x, beta))


mish = pointwise(
    "aten::mish(Tensor self) -> Tensor",
    _floating("mish_cpu", lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    scalar_cpp="math::mish({0})",
)
softplus = pointwise(
    "aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor",
    _floating("softplus_cpu", softplus_function),
    twin=False,
    scalar_cpp="math::softplus({0}, {1}, {2})",
)


def _relu6(x: Array) -> Array:
    return np.minimum(np.maximum(x, _as(x, 0)), _as(x, 6))


hardswish = pointwise(
    "aten::hardswish(Tensor self) -> Tensor",
    _floating("hardswish_cpu", lambda x: x * _relu6(x + _as(x, 3)) / _as(x, 6)),
    scalar_cpp="math::hardswish({0})",
    tags=("epilogue",),
)
hardsigmoid = pointwise(
    "aten::hardsigmoid(Tensor self) -> Tensor",
    _floating("hardsigmoid_cpu", lambda x: _relu6(x + _as(x, 3)) / _as(x, 6)),
    scalar_cpp="math::hardsigmoid({0})",
    tags=("epilogue",),
)


def _elu(x: Array, alpha: Number = 1, scale: Number = 1, input_scale: Number = 1) -> Array:
    positive = x * _as(x, scale)
    negative = precise(np.expm1)(x * _as(x, input_scale)) * _as(x, alpha * scale)
    return np.where(x > 0, positive, negative)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946

elu = pointwise(
    "aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor",
    _floating("elu_cpu", _elu),
    scalar_cpp="math::elu({0}, {1}, {2}, {3})",
)
selu = pointwise(
    "aten::selu(Tensor self) -> Tensor",
    _floating("elu_cpu", lambda x: _elu(x, _SELU_ALPHA, _SELU_SCALE)),
    scalar_cpp="math::selu({0})",
)


def _check_celu(self: Array, alpha: Number = 1.0) -> None:
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")


celu = pointwise(
    "aten::celu(Tensor self, Scalar alpha=1.) -> Tensor",
    _floating("elu_cpu", lambda x, alpha=1.0: _elu(x, alpha, 1.0, 1.0 / alpha)),
    check=_check_celu,
    scalar_cpp="math::celu({0}, {1})",
    tags=("limited",),
)
leaky_relu = pointwise(
    "aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor",
    _floating("leaky_relu_cpu", lambda x, slope=0.01: np.where(x > 0, x, x * _as(x, slope))),
    scalar_cpp="math::leaky_relu({0}, {1})",
    tags=("epilogue",),
)


def _threshold(x: Array, threshold: Number, value: Number) -> Array:
    return np.where(x <= _as(x, threshold), _as(x, value), x)


threshold = pointwise(
    "aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor",
    _threshold,
    supports=("threshold_cpu", "if"),
    scalar_cpp="math::threshold({0}, {1}, {2})",
)
log_sigmoid = pointwise(
    "aten::log_sigmoid(Tensor self) -> Tensor",
    _floating("log_sigmoid_cpu", lambda x: np.minimum(x, _as(x, 0)) - np.log1p(np.exp(-np.abs(x)))),
    twin=False,
    scalar_cpp="math::log_sigmoid({0})",
)
hardshrink = pointwise(
    "aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    _floating("hardshrink_cpu", lambda x, lambd=0.5: np.where(np.abs(x) <= _as(x, lambd), _as(x, 0), x)),
    twin=False,
    scalar_cpp="math::hardshrink({0}, {1})",
)


def _check_softshrink(self: Array, lambd: Number = 0.5) -> None:
    dtype = dtype_of(self)
    require_supported(dtype.is_floating_point, "softshrink_check", dtype)
    if not isinstance(lambd, complex) and not (
        lambd >= 0 and np.isfinite(cast_number(lambd, dtype).astype(np.float64))
    ):
        limit = {D.float64: "1.79769e+308", D.float16: "65504", D.bfloat16: "3.38953e+38"}.get(dtype, "3.40282e+38")
        raise RuntimeError(
            f"lambda must be in range [0, {limit}] for input dtype {dtype.graph_name}, but found {lambd:g}"
        )


def _softshrink(x: Array, lambd: Number = 0.5) -> Array:
    bound = _as(x, lambd)
    return np.where(x > bound, x - bound, np.where(x < -bound, x + bound, x * _as(x, 0)))


softshrink = pointwise(
    "aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    _softshrink,
    twin=False,
    check=_check_softshrink,
    scalar_cpp="math::softshrink({0}, {1})",
    tags=("limited",),
)

# --- with weights, halves or noise ---------------------------------------------------------------------------------


@op("aten::prelu(Tensor self, Tensor weight) -> Tensor")
def prelu(self: Array, weight: Array) -> Array:
    """x where positive, weight * x elsewhere; one weight, or one per channel (dimension 1)."""
    if self.dtype != weight.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {dtype_of(self).graph_name} and {dtype_of(weight).graph_name}"
        )
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.size != 1:
        if self.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = self.shape[1] if self.ndim > 1 else 1
        if channels != weight.size:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.size} and channel size = {channels}."
            )
        weight = weight.reshape((1, channels) + (1,) * (self.ndim - 2))
    else:
        weight = weight.reshape(())
    dtype = dtype_of(self)
    x, w = cast(self, compute_dtype(dtype)), cast(weight, compute_dtype(dtype))
    return cast(np.where(x > 0, x, w * x), dtype)


@op("aten::_prelu_kernel(Tensor self, Tensor weight) -> Tensor")
def prelu_kernel(self: Array, weight: Array) -> Array:
    dtype = dtype_of(self)
    if dtype_of(weight) != dtype:
        raise RuntimeError(f"Found dtype {dtype_of(weight).graph_name} but expected {dtype.graph_name}")
    require_supported(dtype.is_floating_point, "prelu_cpu", dtype)
    x, w = cast(self, compute_dtype(dtype)), cast(weight, compute_dtype(dtype))
    return cast(np.where(x > 0, x, w * x), dtype)


@op("aten::glu(Tensor self, int dim=-1) -> Tensor")
def glu(self: Array, dim: int = -1) -> Array:
    """The first half along ``dim`` times the sigmoid of the second."""
    if self.ndim == 0:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    dim = wrap_dim(dim, self.ndim)
    if self.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {self.shape[dim]}")
    dtype = dtype_of(self)
    require_supported(dtype.is_floating_point, "glu_cpu", dtype)
    first, second = np.split(cast(self, compute_dtype(dtype)), 2, axis=dim)
    return cast(first * sigmoid(second), dtype)
