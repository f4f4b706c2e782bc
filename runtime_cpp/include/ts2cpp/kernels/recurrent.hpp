// The pointwise half of recurrent cells and the loop over a sequence, float and double.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/gemv.hpp>
#include <ts2cpp/math.hpp>

namespace ts2cpp::kernels {

enum class Cell : std::uint8_t { tanh, relu, gru, lstm };

constexpr std::int64_t gate_count(Cell cell) noexcept { return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1; }

/// One sample of one step. `from_input` and `from_hidden` are the two linear maps (biases included), gates * hidden
/// each; `hidden` and `cell` are the old state (the latter for LSTM only), read before the new one is written.
template <class T>
void cell_step(Cell kind, std::int64_t n, const T* from_input, const T* from_hidden, const T* hidden, const T* cell,
               T* new_hidden, T* new_cell) noexcept {
  const T* const a = from_input;
  const T* const b = from_hidden;
  switch (kind) {
    case Cell::tanh:
      for (std::int64_t i = 0; i < n; ++i)
        new_hidden[i] = math::tanh(a[i] + b[i]);
      return;
    case Cell::relu:
      for (std::int64_t i = 0; i < n; ++i)
        new_hidden[i] = math::relu(a[i] + b[i]);
      return;
    case Cell::gru:
      for (std::int64_t i = 0; i < n; ++i) {
        const T reset = math::sigmoid(a[i] + b[i]);
        const T update = math::sigmoid(a[n + i] + b[n + i]);
        const T candidate = math::tanh(a[2 * n + i] + reset * b[2 * n + i]);
        new_hidden[i] = (hidden[i] - candidate) * update + candidate;
      }
      return;
    case Cell::lstm:
      for (std::int64_t i = 0; i < n; ++i) {
        const T input = math::sigmoid(a[i] + b[i]);
        const T forget = math::sigmoid(a[n + i] + b[n + i]);
        const T candidate = math::tanh(a[2 * n + i] + b[2 * n + i]);
        const T output = math::sigmoid(a[3 * n + i] + b[3 * n + i]);
        const T state = forget * cell[i] + input * candidate;
        new_cell[i] = state;
        new_hidden[i] = output * math::tanh(state);
      }
      return;
  }
}

/// to[rows, outputs] = x[rows, inputs] weight[outputs, inputs]^T + bias, all contiguous; bias may be null.
template <class T>
void linear_rows(const T* x, std::int64_t rows, std::int64_t inputs, const T* weight, std::int64_t outputs,
                 const T* bias, T* to) {
  Destination<T> destination;
  destination.data = to;
  destination.row = outputs;
  destination.col_bias = bias;
  gemm<T>(rows, outputs, inputs, {x, inputs, 1}, {weight, 1, inputs}, destination);
}

/// The weights of one layer in one direction; biases may be null, `projection` [projected, hidden] too.
template <class T>
struct RecurrentWeights {
  const T* input;
  const T* hidden;
  const T* input_bias;
  const T* hidden_bias;
  const T* projection;
};

struct RecurrentSizes {
  std::int64_t steps;
  std::int64_t batch;
  std::int64_t inputs;
  std::int64_t hidden;
  std::int64_t outputs;  // of the state h: `hidden`, or fewer with a projection
};

/// One layer in one direction over input[steps, batch, inputs]. The state h[batch, outputs] and c[batch, hidden] are
/// updated in place; step t's h goes to out + t * out_step + sample * out_row.
template <class T>
void run_layer(Cell kind, const RecurrentSizes& s, const RecurrentWeights<T>& weights, const T* input, T* h, T* c,
               bool reverse, T* out, std::int64_t out_step, std::int64_t out_row) {
  const std::int64_t gates = gate_count(kind) * s.hidden;
  const Scratch<T> from_input(s.steps * s.batch * gates);
  const Scratch<T> from_hidden(s.batch * gates);
  const Scratch<T> wide(s.batch * s.hidden);
  linear_rows(input, s.steps * s.batch, s.inputs, weights.input, gates, weights.input_bias, from_input.data());
  for (std::int64_t step = 0; step < s.steps; ++step) {
    const std::int64_t t = reverse ? s.steps - 1 - step : step;
    linear_rows(h, s.batch, s.outputs, weights.hidden, gates, weights.hidden_bias, from_hidden.data());
    T* const next = weights.projection == nullptr ? h : wide.data();
    for (std::int64_t b = 0; b < s.batch; ++b) {
      cell_step(kind, s.hidden, from_input.data() + (t * s.batch + b) * gates, from_hidden.data() + b * gates,
                next + b * s.hidden, c == nullptr ? nullptr : c + b * s.hidden, next + b * s.hidden,
                c == nullptr ? nullptr : c + b * s.hidden);
    }
    if (weights.projection != nullptr) {
      linear_rows(wide.data(), s.batch, s.hidden, weights.projection, s.outputs, static_cast<const T*>(nullptr), h);
    }
    for (std::int64_t b = 0; b < s.batch; ++b) {
      std::copy_n(h + b * s.outputs, s.outputs, out + t * out_step + b * out_row);
    }
  }
}

}  // namespace ts2cpp::kernels
