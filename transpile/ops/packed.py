"""Operators of the recurrent family for batches of sequences of different lengths.

Packed data holds, one step after another, the elements of all sequences that are still running; sequences are sorted by
falling length, so those of a step are always the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.attention import drop
from transpile.ops.families import NOT_WRITTEN, Family
from transpile.ops.linear import apply_linear
from transpile.ops.promotion import Array, Number, cast, cast_number, compute_dtype, dtype_of
from transpile.ops.recurrent import STEPS, Step

FAMILY = Family("packed", header="recurrent", tags=("nofold",))
op = FAMILY.op


@op(
    "aten::_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first) -> (Tensor, Tensor)",
    no_cpp=NOT_WRITTEN,
)
def pack_padded_sequence(input: Array, lengths: Array, batch_first: bool) -> tuple[Array, Array]:
    steps = input.swapaxes(0, 1) if batch_first else input
    if dtype_of(lengths) is not D.int64 or lengths.ndim != 1:
        raise RuntimeError("`lengths` argument should be a 1D CPU int64 tensor")
    if lengths.size != steps.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size} (batch_size={steps.shape[1]})"
        )
    if (np.diff(lengths) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do "
            "not need ONNX exportability."
        )
    if lengths.size and lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    running = np.array([np.count_nonzero(lengths > t) for t in range(int(lengths[0]))], np.int64)
    return np.concatenate([steps[t, :count] for t, count in enumerate(running)]), running


@op(
    "aten::_pad_packed_sequence(Tensor data, Tensor batch_sizes, bool batch_first, Scalar padding_value, "
    "int total_length) -> (Tensor, Tensor)",
    no_cpp=NOT_WRITTEN,
)
def pad_packed_sequence(
    data: Array, batch_sizes: Array, batch_first: bool, padding_value: Number, total_length: int
) -> tuple[Array, Array]:
    longest, count = batch_sizes.size, int(batch_sizes[0])
    if 0 < total_length < longest:
        raise RuntimeError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
    result = np.empty((max(total_length, longest), count, *data.shape[1:]), data.dtype)
    result[...] = cast_number(padding_value, dtype_of(data))
    start = 0
    for time, size in enumerate(batch_sizes.tolist()):
        result[time, :size] = data[start : start + size]
        start += size
    lengths = (batch_sizes[:, None] > np.arange(count)).sum(axis=0).astype(np.int64)
    return result.swapaxes(0, 1) if batch_first else result, lengths


def _direction(
    step: Step, data: Array, sizes: Sequence[int], state: tuple[Array, ...], weights: Sequence[Array],
    has_biases: bool, backward: bool,
) -> tuple[Array, tuple[Array, ...]]:  # fmt: skip
    """One layer in one direction; sequences that are not running keep their state."""
    w_ih, w_hh = weights[:2]
    b_ih, b_hh = (weights[2], weights[3]) if has_biases else (None, None)
    projection = weights[-1] if len(weights) == (5 if has_biases else 3) else None
    from_input = apply_linear(data, w_ih, b_ih)
    state = tuple(s.copy() for s in state)
    output = np.empty((data.shape[0], state[0].shape[1]), data.dtype)
    starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    for time in range(len(sizes) - 1, -1, -1) if backward else range(len(sizes)):
        size, rows = sizes[time], slice(starts[time], starts[time + 1])
        fresh = step(from_input[rows], tuple(s[:size] for s in state), w_hh, b_hh)
        if projection is not None:
            fresh = (apply_linear(fresh[0], projection), *fresh[1:])
        for kept, new in zip(state, fresh, strict=True):
            kept[:size] = new
        output[rows] = fresh[0]
    return output, state


def _layers(
    step: Step, data: Array, batch_sizes: Array, initial: Sequence[Array], params: Sequence[Array], has_biases: bool,
    num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> tuple[Array, list[Array]]:  # fmt: skip
    dtype = dtype_of(data)
    compute = compute_dtype(dtype)
    directions = 2 if bidirectional else 1
    stride = len(params) // (num_layers * directions)
    weights = [cast(p, compute) for p in params]
    states = [cast(s, compute) for s in initial]
    sizes = [int(s) for s in batch_sizes]
    values = cast(data, compute)
    final: list[tuple[Array, ...]] = []
    for layer in range(num_layers):
        outputs: list[Array] = []
        for way in range(directions):
            slot = layer * directions + way
            own = weights[slot * stride : (slot + 1) * stride]
            output, last = _direction(step, values, sizes, tuple(s[slot] for s in states), own, has_biases, way == 1)
            outputs.append(output)
            final.append(last)
        values = np.concatenate(outputs, axis=-1) if bidirectional else outputs[0]
        if train and dropout > 0 and layer < num_layers - 1:
            values = drop(values, dropout)
    return cast(values, dtype), [cast(np.stack([f[i] for f in final]), dtype) for i in range(len(states))]


_LAYER = "Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional"


def _sequence_op(name: str, step: Step) -> None:
    def run(
        data: Array, batch_sizes: Array, hx: Array, params: Sequence[Array], has_biases: bool, num_layers: int,
        dropout: float, train: bool, bidirectional: bool,
    ) -> tuple[Array, Array]:  # fmt: skip
        output, states = _layers(
            step, data, batch_sizes, [hx], params, has_biases, num_layers, dropout, train, bidirectional
        )
        return output, states[0]

    op(f"aten::{name}.data(Tensor data, Tensor batch_sizes, Tensor hx, {_LAYER}) -> (Tensor, Tensor)")(run)


for _name in ("gru", "rnn_tanh", "rnn_relu"):
    _sequence_op(_name, STEPS[_name])


@op(f"aten::lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, {_LAYER}) -> (Tensor, Tensor, Tensor)")
def lstm_data(
    data: Array, batch_sizes: Array, hx: Sequence[Array], params: Sequence[Array], has_biases: bool, num_layers: int,
    dropout: float, train: bool, bidirectional: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    output, states = _layers(
        STEPS["lstm"], data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional
    )
    return output, states[0], states[1]
