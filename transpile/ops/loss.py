"""Operators of the loss family.  ``reduction`` is 0 for none, 1 for the mean, 2 for the sum."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Optional

import numpy as np

from transpile.core import dtype as D
from transpile.ops.arithmetic import mul, sub
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import (
    Array,
    Number,
    broadcast_shapes,
    cast,
    compute_dtype,
    dtype_of,
    get_default_dtype,
    real_dtype,
    require_castable,
    result_type,
    shape_text,
    wrap_dim,
)
from transpile.ops.softmax import log_softmax_along
from transpile.ops.unary import neg

FAMILY = Family("loss", tags=("nofold",))
op = FAMILY.op
Maybe = Optional[Array]  # noqa: UP045
NONE, MEAN, SUM = range(3)


def _reduced(losses: Array, reduction: int, dtype: D.DType) -> Array:
    if reduction == NONE:
        return cast(np.asarray(losses), dtype)
    if reduction == MEAN:
        total = losses.sum(dtype=losses.dtype)
        return cast(np.asarray(total / losses.dtype.type(losses.size), losses.dtype), dtype)
    return cast(np.asarray(losses.sum(dtype=losses.dtype)), dtype)


def _require_reduction(reduction: int) -> None:
    if reduction not in (NONE, MEAN, SUM):
        raise RuntimeError(f"{reduction} is not a valid value for reduction")


def _operands(
    kernel: str, *arrays: Array, integers: bool = False, complexes: bool = False
) -> tuple[D.DType, tuple[Array, ...]]:
    """The common type, and the arrays in the type of the computation.

    With ``integers`` ints and bools are taken as floats, with ``complexes`` complex numbers are taken too.
    """
    broadcast_shapes(*(a.shape for a in arrays))
    dtype = result_type(*arrays)
    if integers and dtype.category < D.FLOATING:
        dtype = get_default_dtype()
    require_supported(dtype.is_floating_point or (complexes and dtype.is_complex), kernel, dtype)
    compute = compute_dtype(dtype)
    return dtype, tuple(cast(a, compute) for a in arrays)


# --- distances


@op("aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor")
def mse_loss(self: Array, target: Array, reduction: int = MEAN) -> Array:
    _require_reduction(reduction)
    dtype, (x, y) = _operands("mse_cpu", self, target)
    return _reduced(np.square(x - y), reduction, dtype)


@op("aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor")
def l1_loss(self: Array, target: Array, reduction: int = MEAN) -> Array:
    dtype, (x, y) = _operands("abs_cpu", self, target, complexes=True)
    return _reduced(np.abs(x - y), reduction, real_dtype(dtype))


@op("aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor")
def smooth_l1_loss(self: Array, target: Array, reduction: int = MEAN, beta: float = 1.0) -> Array:
    _require_reduction(reduction)
    if not beta >= 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    dtype, (x, y) = _operands("smooth_l1_cpu", self, target)
    z = np.abs(x - y)
    if beta == 0:
        return _reduced(z, reduction, dtype)
    b = z.dtype.type(beta)
    half = z.dtype.type(0.5)
    return _reduced(np.where(z < b, half * z * z / b, z - half * b), reduction, dtype)


@op("aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor")
def huber_loss(self: Array, target: Array, reduction: int = MEAN, delta: float = 1.0) -> Array:
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    dtype, (x, y) = _operands("huber_cpu", self, target)
    require_castable(dtype, dtype_of(self))
    z = np.abs(x - y)
    d = z.dtype.type(delta)
    half = z.dtype.type(0.5)
    return _reduced(np.where(z < d, half * z * z, d * (z - half * d)), reduction, dtype)


# --- probabilities


def _require_joins(target: Array, other: Array) -> None:
    """That ``other`` may be multiplied into ``target`` in place."""
    both = broadcast_shapes(target.shape, other.shape)
    if both != target.shape:
        raise RuntimeError(
            f"output with shape {shape_text(target.shape)} doesn't match the broadcast shape {shape_text(both)}"
        )
    require_castable(result_type(target, other), dtype_of(target))


@op("aten::binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor")
def binary_cross_entropy(self: Array, target: Array, weight: Maybe = None, reduction: int = MEAN) -> Array:
    broadcast_shapes(self.shape, target.shape)
    if target.dtype != self.dtype:
        raise RuntimeError(f"Found dtype {dtype_of(target).graph_name} but expected {dtype_of(self).graph_name}")
    dtype, (x, y) = _operands("binary_cross_entropy", self, target)
    for name, values in (("target", y), ("input", x)):
        if values.size and not ((values >= 0) & (values <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    floor = x.dtype.type(-100)
    # Bounded logarithms: a certain and wrong guess costs 100, not infinity.
    losses = (y - 1) * np.maximum(np.log1p(-x), floor) - y * np.maximum(np.log(x), floor)
    if weight is not None:
        losses = losses * cast(weight, compute_dtype(dtype))
    return _reduced(losses, reduction, dtype)


@op(
    "aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, "
    "int reduction=1) -> Tensor"
)
def binary_cross_entropy_with_logits(
    self: Array, target: Array, weight: Maybe = None, pos_weight: Maybe = None, reduction: int = MEAN
) -> Array:
    require_supported(dtype_of(self).is_floating_point, "log_sigmoid_cpu", dtype_of(self))
    dtype = result_type(target, self)
    if pos_weight is not None:
        if dtype_of(pos_weight) is D.bool_:
            raise RuntimeError(
                "Subtraction, the `-` operator, with a bool tensor is not supported. "
                "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
            )
        _require_joins(self, np.broadcast_to(pos_weight, broadcast_shapes(pos_weight.shape, target.shape)))
    _require_joins(target, self)
    if weight is not None:
        _require_joins(target, weight)
    y, x = (cast(a, compute_dtype(dtype)) for a in (target, self))
    log_sigmoid = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    if pos_weight is None:
        losses = (1 - y) * x - log_sigmoid
    else:
        factor = (cast(pos_weight, compute_dtype(dtype)) - 1) * y + 1
        losses = (1 - y) * x - log_sigmoid * factor
    if weight is not None:
        losses = losses * cast(weight, compute_dtype(dtype))
    return _reduced(np.asarray(losses, x.dtype), reduction, dtype)


def _nll(values: Array, target: Array, weight: Maybe, reduction: int, ignore_index: int) -> Array:
    """Negative log likelihood of (N, C, *positions) for class numbers (N, *positions)."""
    require_supported(dtype_of(values).is_floating_point, "nll_loss_out_frame", dtype_of(values))
    if dtype_of(target) not in (D.int64, D.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {dtype_of(target).graph_name}")
    classes = values.shape[1]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {shape_text(weight.shape)}"
        )
    if weight is not None and weight.dtype != values.dtype:
        raise RuntimeError(
            f"expected scalar type {dtype_of(values).graph_name} but found {dtype_of(weight).graph_name}"
        )
    kept = target != ignore_index
    wrong = kept & ((target < 0) | (target >= classes))
    if wrong.any():
        raise IndexError(f"Target {int(target[wrong][0])} is out of bounds.")
    chosen = np.where(kept, target, 0).astype(np.int64)
    dtype = dtype_of(values)
    compute = compute_dtype(dtype)
    wide = cast(values, compute)
    picked = np.take_along_axis(wide, chosen[:, None], 1)[:, 0] if classes else np.zeros(chosen.shape, compute.numpy)
    factors = kept.astype(compute.numpy) if weight is None else np.where(kept, cast(weight, compute)[chosen], 0)
    losses = np.where(kept, -picked * factors, compute.numpy.type(0))
    if reduction == MEAN:
        total = losses.sum(dtype=compute.numpy) / factors.sum(dtype=compute.numpy)
        return cast(np.asarray(total, compute.numpy), dtype)
    return _reduced(np.asarray(losses, compute.numpy), reduction, dtype)


def _nll_any(self: Array, target: Array, weight: Maybe, reduction: int, ignore_index: int) -> Array:
    if self.ndim == 1:
        if target.ndim > 1 or target.size != 1:
            raise RuntimeError("For 1D input, 1D target must be size 1")
        loss = _nll(self[None], target.reshape(1), weight, reduction, ignore_index)
        return loss.reshape(()) if target.ndim == 0 else loss
    if not self.ndim:
        raise RuntimeError("input tensor should be 1D or 2D")
    if self.ndim == 2:
        if target.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target.shape != self.shape[:1] and not (target.ndim == 0 and self.shape[0] == 1):
            raise RuntimeError(
                f"size mismatch (got input: {shape_text(self.shape)}, target: {shape_text(target.shape)})"
            )
        return _nll(self, target.reshape(self.shape[0]), weight, reduction, ignore_index)
    expected = (self.shape[0], *self.shape[2:])
    if target.shape != expected:
        if self.ndim == 4 and target.ndim == 3:
            raise RuntimeError(
                f"size mismatch (got input: {shape_text(self.shape)} , target: {shape_text(target.shape)}"
            )
        raise RuntimeError(f"Expected target size {shape_text(expected)}, got {shape_text(target.shape)}")
    return _nll(self, target, weight, reduction, ignore_index)


_NLL = "(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> Tensor"


def _nll_nd(self: Array, target: Array, weight: Maybe, reduction: int, ignore_index: int) -> Array:
    if not self.ndim:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if self.ndim != 1 and self.shape[0] != (target.shape[0] if target.ndim else 1):
        count = target.shape[0] if target.ndim else 1
        raise ValueError(f"Expected input batch_size ({self.shape[0]}) to match target batch_size ({count}).")
    return _nll_any(self, target, weight, reduction, ignore_index)


def _nll_op(name: str, kernel: Callable[[Array, Array, Maybe, int, int], Array]) -> None:
    def run(self: Array, target: Array, weight: Maybe = None, reduction: int = MEAN, ignore_index: int = -100) -> Array:
        return kernel(self, target, weight, reduction, ignore_index)

    op(f"aten::{name}{_NLL}")(run)


_nll_op("nll_loss", _nll_any)
_nll_op("nll_loss_nd", _nll_nd)
_nll_op("nll_loss2d", _nll_any)


@op(
    "aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, "
    "int ignore_index=-100, float label_smoothing=0.) -> Tensor"
)
def cross_entropy_loss(
    self: Array, target: Array, weight: Maybe = None, reduction: int = MEAN, ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Array:  # fmt: skip
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    dtype = dtype_of(self)
    compute = compute_dtype(dtype)
    at = 0 if self.ndim == 1 else 1
    if label_smoothing > 0 or self.shape == target.shape:
        _require_reduction(reduction)
    require_supported(dtype.is_floating_point, "log_softmax_lastdim_kernel_impl", dtype)
    if weight is not None and weight.dtype != self.dtype:
        raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(weight).graph_name}")
    if self.shape == target.shape:
        if dtype_of(target).category < D.FLOATING:
            raise RuntimeError(
                f"Expected floating point type for target with class probabilities, got {dtype_of(target).graph_name}"
            )
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        logs = log_softmax_along(cast(self, compute), at)
        wanted = cast(target, compute)
        if label_smoothing > 0:
            wanted = wanted * (1 - label_smoothing) + label_smoothing / self.shape[at]
        products = logs * wanted
        if weight is not None:
            products = products * cast(weight, compute).reshape((-1,) + (1,) * (self.ndim - at - 1))
        losses = -np.asarray(products, compute.numpy).sum(axis=at, dtype=compute.numpy)
        if reduction == MEAN:
            count = self.size // self.shape[at]
            return cast(np.asarray(losses.sum() / compute.numpy.type(count), compute.numpy), dtype)
        return _reduced(losses, reduction, dtype)
    logs = log_softmax_along(cast(self, compute), at)
    plain = _nll_nd(logs, target, None if weight is None else cast(weight, compute), reduction, ignore_index)
    if label_smoothing == 0:
        return cast(plain, dtype)
    return cast(_smoothed(logs, at, plain, target, weight, reduction, ignore_index, label_smoothing), dtype)


def _smoothed(
    logs: Array, at: int, plain: Array, target: Array, weight: Maybe, reduction: int, ignore_index: int,
    smoothing: float,
) -> Array:  # fmt: skip
    """Mix of the plain loss and the one of a uniform target."""
    classes = logs.shape[at]
    shaped = None if weight is None else cast(weight, dtype_of(logs)).reshape((-1,) + (1,) * (logs.ndim - at - 1))
    uniform = -(logs if shaped is None else logs * shaped).sum(axis=at)
    kept = np.asarray(target != ignore_index)
    uniform = np.where(kept, uniform, 0).astype(logs.dtype)
    if reduction == MEAN:
        if weight is not None:
            count = float(cast(weight, dtype_of(logs))[np.where(kept, target, 0)][kept].sum())
        else:
            count = float(kept.sum())
        total = uniform.sum() / count if count else math.nan
        return np.asarray((1 - smoothing) * plain + total * (smoothing / classes), logs.dtype)
    if reduction == SUM:
        uniform = uniform.sum()
    return np.asarray((1 - smoothing) * plain + uniform * (smoothing / classes), logs.dtype)


@op("aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor")
def kl_div(self: Array, target: Array, reduction: int = MEAN, *, log_target: bool = False) -> Array:
    dtype, (y, x) = _operands("kl_div", target, self)
    if log_target:
        return _reduced(np.exp(y) * (y - x), reduction, dtype)
    entropy = np.where(y == 0, 0, y * np.log(y))
    return _reduced(np.asarray(entropy - y * x, x.dtype), reduction, dtype)


@op(
    "aten::poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps, int reduction) -> Tensor",
    header="distance",
)
def poisson_nll_loss(input: Array, target: Array, log_input: bool, full: bool, eps: float, reduction: int) -> Array:
    dtype, (x, y) = _operands("exp_cpu", input, target, integers=True)
    losses = np.exp(x) - y * x if log_input else x - y * np.log(x + x.dtype.type(eps))
    if full:
        stirling = y * np.log(y) - y + x.dtype.type(0.5) * np.log(x.dtype.type(2 * math.pi) * y)
        losses = losses + np.where(y <= 1, 0, stirling)
    return _reduced(np.asarray(losses, x.dtype), reduction, dtype)


# --- margins


@op(
    "aten::margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1) -> Tensor",
    header="distance",
)
def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: int = MEAN
) -> Array:
    dtype, (a, _, _) = _operands("clamp_min_scalar_cpu", input1, input2, target, integers=True)
    gap = mul(neg(target), sub(input1, input2, 1))  # of integers in their own type: it wraps
    return _reduced(np.maximum(cast(gap, dtype_of(a)) + a.dtype.type(margin), 0), reduction, dtype)


@op(
    "aten::hinge_embedding_loss(Tensor self, Tensor target, float margin=1., int reduction=1) -> Tensor",
    header="distance",
)
def hinge_embedding_loss(self: Array, target: Array, margin: float = 1.0, reduction: int = MEAN) -> Array:
    dtype, (x, y) = _operands("clamp_min_scalar_cpu", self, target)
    far = np.where(y != 1, np.maximum(x.dtype.type(margin) - x, 0), 0)
    near = np.where(y != -1, x, 0)
    return _reduced(np.asarray(far + near, x.dtype), reduction, dtype)


@op("aten::soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor", header="distance")
def soft_margin_loss(self: Array, target: Array, reduction: int = MEAN) -> Array:
    dtype, (x, y) = _operands("exp_cpu", self, target)
    grown = cast(
        cast(np.exp(cast(cast(-y * x, dtype), dtype_of(x))), dtype), dtype_of(x)
    )  # overflows where torch's does
    return _reduced(np.log1p(grown), reduction, dtype)


@op(
    "aten::cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1) "
    "-> Tensor",
    header="distance",
)
def cosine_embedding_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: int = MEAN
) -> Array:
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
            f"{shape_text(input1.shape)} and {shape_text(input2.shape)}."
        )
    dtype, (a, _) = _operands("cosine", input1, input2, integers=True)

    def dot(x: Array, y: Array) -> Array:
        product = mul(x, y)  # of integers in their own type, and their sum in int64
        whole = product.dtype.kind in "iub"
        return (
            cast(product.sum(axis=-1, dtype=np.int64), dtype_of(a))
            if whole
            else cast(product, dtype_of(a)).sum(axis=-1)
        )

    small = a.dtype.type(1e-12)
    cosine = dot(input1, input2) / np.sqrt((dot(input1, input1) + small) * (dot(input2, input2) + small))
    losses = np.where(target == 1, 1 - cosine, 0) + np.where(
        target == -1, np.maximum(cosine - a.dtype.type(margin), 0), 0
    )
    return _reduced(np.asarray(losses, a.dtype), reduction, dtype)


def _norm(values: Array, p: float, dim: int, keepdim: bool = False) -> Array:
    magnitude = np.abs(values)
    if values.ndim and values.shape[dim] == 0 and (p < 0 or p == math.inf):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p:g} norm on the dimension {wrap_dim(dim, values.ndim)}because this "
            "dimension is empty and the operation does not have an identity"
        )
    if p == math.inf:
        return np.asarray(magnitude.max(axis=dim, keepdims=keepdim))
    if p == 0:
        return np.asarray((magnitude != 0).sum(axis=dim, keepdims=keepdim), magnitude.dtype)
    if p == 1:
        return np.asarray(magnitude.sum(axis=dim, keepdims=keepdim))
    if p == 2:
        return np.sqrt(np.square(magnitude).sum(axis=dim, keepdims=keepdim))
    power = magnitude.dtype.type(p)
    return np.asarray((magnitude**power).sum(axis=dim, keepdims=keepdim) ** (1 / power), magnitude.dtype)


@op(
    "aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07, bool keepdim=False) "
    "-> Tensor",
    header="distance",
)
def pairwise_distance(x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Array:
    dtype, (a, _) = _operands("pairwise_distance", x1, x2, integers=True, complexes=True)
    gap = cast(sub(x1, x2, 1), dtype_of(a)) + a.dtype.type(eps)
    return cast(_norm(gap, p, gap.ndim - 1, keepdim), real_dtype(dtype))


@op(
    "aten::triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1., float p=2., "
    "float eps=9.9999999999999995e-07, bool swap=False, int reduction=1) -> Tensor",
    header="distance",
)
def triplet_margin_loss(
    anchor: Array, positive: Array, negative: Array, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, reduction: int = MEAN,
) -> Array:  # fmt: skip
    ranks = [x.ndim for x in (anchor, positive, negative)]
    if len(set(ranks)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {ranks[0]}D, positive {ranks[1]}D, and negative {ranks[2]}D inputs"
        )
    dtype, (a, _, _) = _operands("triplet", anchor, positive, negative, integers=True, complexes=True)

    def distance(x: Array, y: Array) -> Array:
        return _norm(cast(sub(x, y, 1), dtype_of(a)) + a.dtype.type(eps), p, -1)

    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = np.minimum(far, distance(positive, negative))
    return _reduced(np.maximum(near.dtype.type(margin) + near - far, 0), reduction, real_dtype(dtype))


@op("aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor", header="distance")
def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    if not eps >= 0:
        raise RuntimeError(f"eps must be non-negative, got: {eps:g}")
    dtype, (a, b) = _operands("cosine_similarity", x1, x2)
    a, b = np.broadcast_arrays(a, b)
    at = wrap_dim(dim, a.ndim)
    small = a.dtype.type(eps)
    length = [np.maximum(_norm(v, 2, at, True), small) for v in (a, b)]
    return cast(np.asarray(((a / length[0]) * (b / length[1])).sum(axis=at), a.dtype), dtype)


def require_margin_input(self: Array, target: Array) -> None:
    """Raise torch's error for operands that the margin losses over classes cannot take."""
    if self.ndim > 2 or (self.ndim and self.shape[-1] == 0):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {shape_text(self.shape)}"
        )
    if dtype_of(target) is not D.int64:
        raise RuntimeError(f"expected scalar type Long but found {dtype_of(target).graph_name}")


@op(
    "aten::multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor? weight=None, "
    "int reduction=1) -> Tensor",
    header="ctc",
)
def multi_margin_loss(
    self: Array, target: Array, p: Number = 1, margin: Number = 1, weight: Maybe = None, reduction: int = MEAN
) -> Array:
    if p not in (1, 2):
        raise RuntimeError("only p == 1 and p == 2 supported")
    require_margin_input(self, target)
    rows_given = self.shape[0] if self.ndim == 2 else 1
    if target.ndim > 1 or target.size != rows_given:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{rows_given}], but got {shape_text(target.shape)}. Input has shape "
            f"{shape_text(self.shape)}."
        )
    classes = self.shape[-1] if self.ndim else 1
    if weight is not None and weight.size != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {shape_text(weight.shape)}")
    if target.size and (target.min() < 0 or target.max() >= classes):
        raise RuntimeError("target out of range")
    dtype, (x,) = _operands("multi_margin_loss_out_frame", self)
    rows, chosen = np.atleast_2d(x), target.reshape(-1)
    own = np.take_along_axis(rows, chosen[:, None], 1)
    gap = np.maximum(rows.dtype.type(margin) - own + rows, 0) ** int(p.real)
    if weight is not None:
        gap = gap * cast(weight, compute_dtype(dtype))[chosen][:, None]
    np.put_along_axis(gap, chosen[:, None], rows.dtype.type(0), 1)
    losses = gap.sum(axis=1) / rows.dtype.type(rows.shape[1])
    return _reduced(losses if x.ndim == 2 else losses.reshape(()), reduction, dtype)
