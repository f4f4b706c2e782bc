"""Operators of the recurrent family: single cells, and layers over whole sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

import numpy as np

from transpile.ops.attention import drop
from transpile.ops.families import Family
from transpile.ops.linear import apply_linear
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of

FAMILY = Family("recurrent")
op = FAMILY.op

Maybe = Optional[Array]  # noqa: UP045
State = tuple[Array, ...]
Step = Callable[[Array, State, Array, Maybe], State]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _wide(array: Array) -> Array:
    return cast(array, compute_dtype(dtype_of(array)))


def _check_cell(input: Array, hidden: Array, weight: Array, gates: int) -> None:
    if input.ndim != hidden.ndim:
        raise RuntimeError(f"Input batch size {input.shape[0]} doesn't match hidden0 batch size {hidden.shape[0]}")
    if input.shape[-1] != weight.shape[1]:
        raise RuntimeError(f"input has inconsistent input_size: got {input.shape[-1]} expected {weight.shape[1]}")
    if input.shape[0] != hidden.shape[0] and input.ndim == 2:
        raise RuntimeError(f"Input batch size {input.shape[0]} doesn't match hidden0 batch size {hidden.shape[0]}")
    size = weight.shape[0] // gates
    if hidden.shape[-1] != size:
        raise RuntimeError(f"hidden0 has inconsistent hidden_size: got {hidden.shape[-1]}, expected {size}")


# Each step takes the input's share of the gates, the state, and the recurrent weights; it returns the new state.


def _gru_step(from_input: Array, state: State, weight: Array, bias: Maybe) -> State:
    (hidden,) = state
    from_hidden = apply_linear(hidden, weight, bias)
    size = hidden.shape[-1]
    reset = _sigmoid(from_input[..., :size] + from_hidden[..., :size])
    update = _sigmoid(from_input[..., size : 2 * size] + from_hidden[..., size : 2 * size])
    fresh = np.tanh(from_input[..., 2 * size :] + reset * from_hidden[..., 2 * size :])
    return ((hidden - fresh) * update + fresh,)


def _lstm_step(from_input: Array, state: State, weight: Array, bias: Maybe) -> State:
    hidden, cell = state
    gates = from_input + apply_linear(hidden, weight, bias)
    size = cell.shape[-1]
    keep = _sigmoid(gates[..., size : 2 * size])
    fresh = _sigmoid(gates[..., :size]) * np.tanh(gates[..., 2 * size : 3 * size])
    cell = keep * cell + fresh
    return _sigmoid(gates[..., 3 * size :]) * np.tanh(cell), cell


def _simple_step(activation: Callable[[Array], Array]) -> Step:
    def step(from_input: Array, state: State, weight: Array, bias: Maybe) -> State:
        return (activation(from_input + apply_linear(state[0], weight, bias)),)

    return step


_tanh_step = _simple_step(np.tanh)
_relu_step = _simple_step(_relu)
STEPS: dict[str, Step] = {"gru": _gru_step, "lstm": _lstm_step, "rnn_tanh": _tanh_step, "rnn_relu": _relu_step}


# --- cells


def _cell(
    step: Step, gates: int, input: Array, state: State, w_ih: Array,
    w_hh: Array, b_ih: Maybe, b_hh: Maybe,
) -> State:  # fmt: skip
    _check_cell(input, state[0], w_ih, gates)
    dtype = dtype_of(input)
    wide = tuple(_wide(s) for s in state)
    from_input = apply_linear(_wide(input), _wide(w_ih), None if b_ih is None else _wide(b_ih))
    result = step(from_input, wide, _wide(w_hh), None if b_hh is None else _wide(b_hh))
    return tuple(cast(np.asarray(r), dtype) for r in result)


_CELL = "Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None"


@op(f"aten::gru_cell(Tensor input, {_CELL}) -> Tensor", tags=("nofold",))
def gru_cell(input: Array, hx: Array, w_ih: Array, w_hh: Array, b_ih: Maybe = None, b_hh: Maybe = None) -> Array:
    return _cell(_gru_step, 3, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@op(f"aten::rnn_tanh_cell(Tensor input, {_CELL}) -> Tensor", tags=("nofold",))
def rnn_tanh_cell(input: Array, hx: Array, w_ih: Array, w_hh: Array, b_ih: Maybe = None, b_hh: Maybe = None) -> Array:
    return _cell(_tanh_step, 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@op(f"aten::rnn_relu_cell(Tensor input, {_CELL}) -> Tensor", tags=("nofold",))
def rnn_relu_cell(input: Array, hx: Array, w_ih: Array, w_hh: Array, b_ih: Maybe = None, b_hh: Maybe = None) -> Array:
    return _cell(_relu_step, 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@op(
    "aten::lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) "
    "-> (Tensor, Tensor)",
    tags=("nofold",),
)
def lstm_cell(
    input: Array, hx: Sequence[Array], w_ih: Array, w_hh: Array, b_ih: Maybe = None, b_hh: Maybe = None
) -> tuple[Array, Array]:
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    hidden, cell = _cell(_lstm_step, 4, input, (hx[0], hx[1]), w_ih, w_hh, b_ih, b_hh)
    return hidden, cell


# --- layers


def _direction(
    step: Step, inputs: Array, state: State, weights: Sequence[Array],
    has_biases: bool, backward: bool,
) -> tuple[Array, State]:  # fmt: skip
    """One layer in one direction over ``inputs`` (time, batch, features)."""
    w_ih, w_hh = weights[:2]
    b_ih, b_hh = (weights[2], weights[3]) if has_biases else (None, None)
    projection = weights[-1] if len(weights) == (5 if has_biases else 3) else None
    # The input's share of all steps is one matrix product.
    from_input = apply_linear(inputs, w_ih, b_ih)
    length = inputs.shape[0]
    outputs: list[Array] = [state[0]] * length
    for time in range(length - 1, -1, -1) if backward else range(length):
        state = step(from_input[time], state, w_hh, b_hh)
        if projection is not None:
            state = (apply_linear(state[0], projection), *state[1:])
        outputs[time] = state[0]
    return np.stack(outputs), state


def weights_per_layer(params: Sequence[Array], initial: Sequence[Array], has_biases: bool, slots: int) -> int:
    """How many of ``params`` belong to each layer and direction; torch's errors if they or the states do not fit."""
    if slots < 0 or initial[0].ndim != 3 or initial[0].shape[0] != slots:
        raise RuntimeError("Expected more hidden states in stacked_rnn")
    projected = len(initial) == 2 and initial[0].shape[-1] != initial[1].shape[-1]
    count = (4 if has_biases else 2) + int(projected)
    if len(params) != count * slots:
        raise RuntimeError("got an incorrect number of RNN parameters")
    if slots == 0:
        raise RuntimeError("stack expects a non-empty TensorList")
    return count


def require_one_type(input: Array, others: Sequence[Array]) -> None:
    """Refuse states and weights of another type than the input's."""
    for other in others:
        if other.dtype != input.dtype:
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {dtype_of(input).graph_name} and "
                f"{dtype_of(other).graph_name}"
            )


def _layers(
    step: Step, input: Array, initial: Sequence[Array],
    params: Sequence[Array], has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
    batch_first: bool,
) -> tuple[Array, list[Array]]:  # fmt: skip
    """All layers; ``initial`` holds one tensor (layers * directions, batch, features) a state, and so does the "
    "result."""
    dtype = dtype_of(input)
    directions = 2 if bidirectional else 1
    if input.ndim != 3:
        raise RuntimeError(f"input must have 3 dimensions, got {input.ndim}")
    if not input.shape[1 if batch_first else 0]:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    stride = weights_per_layer(params, initial, has_biases, num_layers * directions)
    require_one_type(input, (*initial, *params))
    weights = [_wide(p) for p in params]
    states = [_wide(s) for s in initial]
    values = _wide(input.swapaxes(0, 1) if batch_first else input)
    final: list[State] = []
    for layer in range(num_layers):
        outputs: list[Array] = []
        for way in range(directions):
            slot = layer * directions + way
            state = tuple(s[slot] for s in states)
            own = weights[slot * stride : (slot + 1) * stride]
            output, last = _direction(step, values, state, own, has_biases, way == 1)
            outputs.append(output)
            final.append(last)
        values = np.concatenate(outputs, axis=-1) if bidirectional else outputs[0]
        if train and dropout > 0 and layer < num_layers - 1:
            values = drop(values, dropout)
    result = np.ascontiguousarray(values.swapaxes(0, 1)) if batch_first else values
    stacked = [cast(np.stack([f[i] for f in final]), dtype) for i in range(len(states))]
    return cast(result, dtype), stacked


_LAYER = (
    "Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first"
)


def _sequence_op(name: str, step: Step) -> None:
    def run(
        input: Array, hx: Array, params: Sequence[Array], has_biases: bool, num_layers: int, dropout: float,
        train: bool, bidirectional: bool, batch_first: bool,
    ) -> tuple[Array, Array]:  # fmt: skip
        output, states = _layers(
            step, input, [hx], params, has_biases, num_layers, dropout, train, bidirectional, batch_first
        )
        return output, states[0]

    op(f"aten::{name}.input(Tensor input, Tensor hx, {_LAYER}) -> (Tensor, Tensor)", tags=("nofold", "dropout"))(run)


_sequence_op("gru", _gru_step)
_sequence_op("rnn_tanh", _tanh_step)
_sequence_op("rnn_relu", _relu_step)


@op(f"aten::lstm.input(Tensor input, Tensor[] hx, {_LAYER}) -> (Tensor, Tensor, Tensor)", tags=("nofold", "dropout"))
def lstm(
    input: Array, hx: Sequence[Array], params: Sequence[Array], has_biases: bool, num_layers: int, dropout: float,
    train: bool, bidirectional: bool, batch_first: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    if len(hx) != 2:
        raise RuntimeError("lstm expects two hidden states")
    output, states = _layers(
        _lstm_step, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first
    )
    return output, states[0], states[1]
