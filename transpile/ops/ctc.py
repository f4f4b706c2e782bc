"""Operators of the loss family for sets and sequences of labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.loss import MEAN, NONE, require_margin_input
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text

FAMILY = Family("ctc", tags=("nofold",))
op = FAMILY.op


def _path_loss(logs: Array, labels: Array, blank: int) -> float:
    """Minus the logarithm of the probability of ``labels``, summed over all alignments with (T, C) ``logs``."""
    extended = np.full(2 * labels.size + 1, blank, np.int64)
    extended[1::2] = labels
    # A path may jump over a blank only between two different labels.
    jump = np.zeros(extended.size, np.bool_)
    jump[2:] = (extended[2:] != blank) & (extended[2:] != extended[:-2])
    state = np.full(extended.size, -np.inf)
    if not logs.shape[0]:
        return 0.0 if not labels.size else float("inf")
    state[:2] = logs[0, extended[:2]]
    for row in logs[1:]:
        total = np.logaddexp(state[1:], state[:-1])
        arriving = np.concatenate([state[:1], total])
        arriving[2:] = np.where(jump[2:], np.logaddexp(arriving[2:], state[:-2]), arriving[2:])
        state = arriving + row[extended]
    ending = state[-1] if extended.size == 1 else np.logaddexp(state[-1], state[-2])
    return float(-ending)


def _ctc(
    log_probs: Array, targets: Array, input_lengths: Sequence[int], target_lengths: Sequence[int], blank: int,
    reduction: int, zero_infinity: bool,
) -> Array:  # fmt: skip
    batched = log_probs.ndim == 3
    logs = log_probs if batched else log_probs[:, None]
    count = logs.shape[1]
    if not 0 <= blank < logs.shape[2]:
        raise RuntimeError("blank must be in label range")
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if len(lengths) != count:
            raise RuntimeError(f"{name} must be of size batch_size")
    for length in input_lengths:
        if length > logs.shape[0]:
            raise RuntimeError(
                f"Expected input_lengths to have value at most {logs.shape[0]}, but got value {length} (while checking "
                "arguments for ctc_loss_cpu)"
            )
    dtype = dtype_of(log_probs)
    require_supported(dtype.is_floating_point, "ctc_loss_cpu", dtype)
    losses = np.zeros(count, np.float64)
    wide = logs.astype(np.float64)
    start = 0
    for i, (steps, length) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        if targets.ndim == 2:
            labels = targets[i, :length]
        else:
            labels = targets[start : start + length]
            start += length
        losses[i] = _path_loss(wide[:steps, i], labels.astype(np.int64), blank)
    if zero_infinity:
        losses[np.isinf(losses)] = 0
    if reduction == MEAN:
        divisor = np.maximum(np.asarray(target_lengths, np.float64), 1)
        return np.asarray((losses / divisor).mean(), dtype.numpy)
    if reduction == NONE:
        return (losses if batched else losses.reshape(())).astype(dtype.numpy)
    return np.asarray(losses.sum(), dtype.numpy)


@op(
    "aten::ctc_loss.IntList(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, "
    "int reduction=1, bool zero_infinity=False) -> Tensor"
)
def ctc_loss(
    log_probs: Array, targets: Array, input_lengths: Sequence[int], target_lengths: Sequence[int], blank: int = 0,
    reduction: int = MEAN, zero_infinity: bool = False,
) -> Array:  # fmt: skip
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


@op(
    "aten::ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank=0, "
    "int reduction=1, bool zero_infinity=False) -> Tensor"
)
def ctc_loss_tensor(
    log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int = 0,
    reduction: int = MEAN, zero_infinity: bool = False,
) -> Array:  # fmt: skip
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if dtype_of(lengths).category != D.INTEGRAL:
            raise RuntimeError(f"{name} must be integral")
    steps, lengths = input_lengths.reshape(-1).tolist(), target_lengths.reshape(-1).tolist()
    return _ctc(log_probs, targets, steps, lengths, blank, reduction, zero_infinity)


@op("aten::multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor")
def multilabel_margin_loss(self: Array, target: Array, reduction: int = MEAN) -> Array:
    require_margin_input(self, target)
    if target.size != self.size or (target.shape != self.shape if self.ndim == 2 else target.ndim > 1):
        raise RuntimeError(
            f"inconsistent target size: {shape_text(target.shape)} for input of size: {shape_text(self.shape)}"
        )
    if target.size and target.max() >= (self.shape[-1] if self.ndim else 1):
        raise RuntimeError("argument #2 'target' is out of range")
    dtype = dtype_of(self)
    compute = compute_dtype(dtype)
    rows, labels = np.atleast_2d(cast(self, compute)), np.atleast_2d(target)
    losses = np.zeros(rows.shape[0], compute.numpy)
    for i, (row, chosen) in enumerate(zip(rows, labels, strict=True)):
        ends = np.flatnonzero(chosen < 0)
        own = chosen[: ends[0]] if ends.size else chosen
        others = np.delete(np.arange(row.size), own)
        losses[i] = np.maximum(1 - (row[own][:, None] - row[others]), 0).sum() / row.size
    if reduction == NONE:
        return cast(losses if self.ndim == 2 else losses.reshape(()), dtype)
    return cast(np.asarray(losses.mean() if reduction == MEAN else losses.sum()), dtype)
