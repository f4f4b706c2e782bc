"""Operators of the recurrent family for batches of sequences of different lengths.

Packed data holds, one step after another, the elements of all sequences that are still running; sequences are sorted by
falling length, so those of a step are always the first ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.attention import drop
from transpile.ops.families import Family
from transpile.ops.linear import apply_linear
from transpile.ops.promotion import (
    Array,
    Number,
    cast,
    compute_dtype,
    dtype_of,
    shape_text,
    to_element,
    wrap_dim,
    write,
)
from transpile.ops.recurrent import STEPS, Step, require_one_type, weights_per_layer

FAMILY = Family("packed", header="recurrent", tags=("nofold",))
op = FAMILY.op


def _require_lengths(lengths: Array) -> None:
    if dtype_of(lengths) is not D.int64 or lengths.ndim != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.ndim}D cpu "
            f"{dtype_of(lengths).graph_name} tensor"
        )


@op("aten::_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first) -> (Tensor, Tensor)", header="packed")
def pack_padded_sequence(input: Array, lengths: Array, batch_first: bool) -> tuple[Array, Array]:
    if batch_first:
        wrap_dim(1, input.ndim)
    steps = input.swapaxes(0, 1) if batch_first else input
    _require_lengths(lengths)
    if not input.size:
        raise RuntimeError("Cannot pack empty tensors.")
    wrap_dim(1, steps.ndim)
    if lengths.size != steps.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size} (batch_size={steps.shape[1]})"
        )
    if lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if lengths[0] > (2**63 - 1) // 8:
        raise RuntimeError(f"Storage size calculation overflowed with sizes=[{int(lengths[0])}]")
    running = np.empty(int(lengths[0]), np.int64)
    start = 0
    for count in range(lengths.size, 0, -1):
        running[start : lengths[count - 1]] = count
        start = int(lengths[count - 1])
    return np.concatenate([steps[t, : running[t]] for t in range(min(start, steps.shape[0]))]), running


@op(
    "aten::_pad_packed_sequence(Tensor data, Tensor batch_sizes, bool batch_first, Scalar padding_value, "
    "int total_length) -> (Tensor, Tensor)",
    header="packed",
)
def pad_packed_sequence(
    data: Array, batch_sizes: Array, batch_first: bool, padding_value: Number, total_length: int
) -> tuple[Array, Array]:
    _require_lengths(batch_sizes)
    if not batch_sizes.size:
        raise RuntimeError("batch_sizes can not be empty")
    wrap_dim(0, data.ndim)
    longest, count = batch_sizes.size, int(batch_sizes[0])
    if 0 < total_length < longest:
        raise RuntimeError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
    shape = (max(total_length, longest), count, *data.shape[1:])
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: {shape_text(shape)}")
    if math.prod(shape) * data.itemsize > 2**63 - 1:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={shape_text(shape)}")
    falling = (batch_sizes[1:] <= batch_sizes[:-1]).all() and batch_sizes[-1] >= 0
    if not falling or int(batch_sizes.sum()) > data.shape[0]:
        raise RuntimeError("batch_sizes must not increase, and count no more rows than the data has")
    result = np.empty(shape, data.dtype)
    result[...] = to_element(padding_value, dtype_of(data))
    start = 0
    for time, size in enumerate(batch_sizes.tolist()):
        result[time, :size] = data[start : start + size]
        start += size
    lengths = (batch_sizes[:, None] > np.arange(count)).sum(axis=0).astype(np.int64)
    return result.swapaxes(0, 1) if batch_first else result, lengths


@op(
    'aten::pad_sequence(Tensor[] sequences, bool batch_first=False, float padding_value=0., str padding_side="right") '
    "-> Tensor",
    header="packed",
)
def pad_sequence(
    sequences: Sequence[Array], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Array:
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    first = sequences[0]
    wrap_dim(0, first.ndim)
    longest = max(s.shape[0] for s in sequences)
    shape = (len(sequences), longest, *first.shape[1:])
    out = np.empty(shape if batch_first else (longest, len(sequences), *first.shape[1:]), first.dtype)
    rows = out if batch_first else out.swapaxes(0, 1)
    rows[...] = to_element(padding_value, dtype_of(first))
    for row, sequence in zip(rows, sequences, strict=True):
        start = 0 if padding_side == "right" else longest - sequence.shape[0]
        write(row[start : start + sequence.shape[0]], sequence)
    return out


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


def _check_batches(data: Array, batch_sizes: Array, initial: Sequence[Array]) -> None:
    if (batch_sizes < 0).any() or (batch_sizes[1:] > batch_sizes[:-1]).any():
        raise RuntimeError("batch_sizes of packed sequences must not increase")
    start = 0
    for size in batch_sizes.tolist():
        if data.ndim != 2 or start + size > data.shape[0]:
            raise RuntimeError(f"start ({start}) + length ({size}) exceeds dimension size ({data.shape[0]}).")
        start += size
    for state in initial:
        if state.ndim != 3 or state.shape[1] != batch_sizes[0]:
            raise RuntimeError(f"Expected states of {int(batch_sizes[0])} sequences, got {shape_text(state.shape)}")


def _layers(
    step: Step, data: Array, batch_sizes: Array, initial: Sequence[Array], params: Sequence[Array], has_biases: bool,
    num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> tuple[Array, list[Array]]:  # fmt: skip
    dtype = dtype_of(data)
    compute = compute_dtype(dtype)
    directions = 2 if bidirectional else 1
    if dtype_of(batch_sizes) is not D.int64:
        raise RuntimeError(f"expected scalar type Long but found {dtype_of(batch_sizes).graph_name}")
    if not batch_sizes.size:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    batch_sizes = batch_sizes.reshape(-1)
    stride = weights_per_layer(params, initial, has_biases, num_layers * directions)
    _check_batches(data, batch_sizes, initial)
    require_one_type(data, (*initial, *params))
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

    op(
        f"aten::{name}.data(Tensor data, Tensor batch_sizes, Tensor hx, {_LAYER}) -> (Tensor, Tensor)",
        tags=("dropout",),
    )(run)


for _name in ("gru", "rnn_tanh", "rnn_relu"):
    _sequence_op(_name, STEPS[_name])


@op(
    f"aten::lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, {_LAYER}) -> (Tensor, Tensor, Tensor)",
    tags=("dropout",),
)
def lstm_data(
    data: Array, batch_sizes: Array, hx: Sequence[Array], params: Sequence[Array], has_biases: bool, num_layers: int,
    dropout: float, train: bool, bidirectional: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    output, states = _layers(
        STEPS["lstm"], data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional
    )
    return output, states[0], states[1]
