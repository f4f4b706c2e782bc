// Recurrent cells, and whole RNN, GRU and LSTM stacks over padded sequences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/kernels/product.hpp>
#include <ts2cpp/kernels/recurrent.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/select_rows.hpp>

namespace ts2cpp {
namespace detail {

inline void check_cell_arguments(kernels::Cell kind, const Tensor& input, const Tensor& hidden, const Tensor& w_ih,
                                 const Tensor& w_hh) {
  wrap_dim(1, input.dim());
  wrap_dim(1, hidden.dim());
  if (input.size(1) != w_ih.size(1)) {
    raise("RuntimeError", {"input has inconsistent input_size: got ", input.size(1), " expected ", w_ih.size(1)});
  }
  if (input.size(0) != hidden.size(0)) {
    raise("RuntimeError", {"Input batch size ", input.size(0), " doesn't match hidden0 batch size ", hidden.size(0)});
  }
  if (hidden.size(1) != w_hh.size(1)) {
    raise("RuntimeError", {"hidden0 has inconsistent hidden_size: got ", hidden.size(1), ", expected ", w_hh.size(1)});
  }
  const std::int64_t gates = kernels::gate_count(kind) * w_hh.size(1);
  if (w_ih.size(0) != gates || w_hh.size(0) != gates) {
    raise("RuntimeError",
          {"The gate dimension of the weights must be ", gates, ", but got ", w_ih.size(0), " and ", w_hh.size(0)});
  }
}

/// One step of a cell: the new h[batch, hidden] and, for LSTM, the new c (`cell` undefined otherwise).
inline std::pair<Tensor, Tensor> run_cell(kernels::Cell kind, const Tensor& input, const Tensor& hidden,
                                          const Tensor& cell, const Tensor& w_ih, const Tensor& w_hh,
                                          const std::optional<Tensor>& b_ih, const std::optional<Tensor>& b_hh) {
  check_cell_arguments(kind, input, hidden, w_ih, w_hh);
  const DType dtype = kernels::float_compute_dtype("sigmoid_cpu", input.dtype());
  const Tensor from_input = kernels::dense_as(ops::linear(input, w_ih, b_ih), dtype);
  const Tensor from_hidden = kernels::dense_as(ops::linear(hidden, w_hh, b_hh), dtype);
  const Tensor h = kernels::dense_as(hidden, dtype);
  const Tensor c = cell.defined() ? kernels::dense_as(cell, dtype) : Tensor();
  if (c.defined() && c.sizes() != h.sizes()) {
    raise("RuntimeError", {"hidden0 and hidden1 must have the same sizes, got ", h.sizes(), " and ", c.sizes()});
  }
  Tensor new_h = Tensor::empty(h.sizes(), dtype);
  Tensor new_c = c.defined() ? Tensor::empty(h.sizes(), dtype) : Tensor();
  const std::int64_t n = h.sizes()[1];
  const std::int64_t gates = kernels::gate_count(kind) * n;
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t b = 0; b < h.sizes()[0]; ++b) {
      kernels::cell_step<T>(kind, n, from_input.data_ptr<T>() + b * gates, from_hidden.data_ptr<T>() + b * gates,
                            h.data_ptr<T>() + b * n, c.defined() ? c.data_ptr<T>() + b * n : nullptr,
                            new_h.data_ptr<T>() + b * n, c.defined() ? new_c.data_ptr<T>() + b * n : nullptr);
    }
  });
  new_h = kernels::as_dtype(new_h, input.dtype());
  return {new_h, new_c.defined() ? kernels::as_dtype(new_c, input.dtype()) : new_c};
}

struct RecurrentOptions {
  kernels::Cell kind;
  bool has_biases;
  std::int64_t num_layers;
  bool bidirectional;
  bool batch_first;
};

struct RecurrentResult {
  Tensor output;
  Tensor hidden;
  Tensor cell;
};

/// Whether the numbers of states and of parameters fit the layers.
inline void check_parameters(const RecurrentOptions& options, const Tensor& h, const Tensor& c, TensorSpan params) {
  std::int64_t slots = 0;
  if (__builtin_mul_overflow(options.num_layers, options.bidirectional ? 2 : 1, &slots) || slots < 0 || h.dim() != 3 ||
      h.sizes()[0] != slots) {
    raise("RuntimeError", "Expected more hidden states in stacked_rnn");
  }
  const bool projected = c.defined() && c.dim() == 3 && h.sizes()[2] != c.sizes()[2];
  const std::int64_t per_layer = (options.has_biases ? 4 : 2) + (projected ? 1 : 0);
  if (params.size() % per_layer != 0 || params.size() / per_layer != slots) {
    raise("RuntimeError", "got an incorrect number of RNN parameters");
  }
  if (slots == 0) {
    raise("RuntimeError", "stack expects a non-empty TensorList");
  }
}

/// Whether all tensors have the input's dtype.
inline void check_types(const Tensor& input, TensorSpan others) {
  for (const Tensor& other : others) {
    if (other.defined() && other.dtype() != input.dtype()) {
      raise("RuntimeError", {"mat1 and mat2 must have the same dtype, but got ", dtype_label(input.dtype()), " and ",
                             dtype_label(other.dtype())});
    }
  }
}

inline void check_stack(const RecurrentOptions& options, const Tensor& input, const Tensor& h, const Tensor& c,
                        TensorSpan params, double dropout, bool train) {
  if (train && dropout > 0.0 && options.num_layers > 1) {
    raise("RuntimeError", "dropout between recurrent layers is not supported");
  }
  if (input.dim() != 3) {
    raise("RuntimeError", {"input must have 3 dimensions, got ", input.dim()});
  }
  if (input.sizes()[options.batch_first ? 1 : 0] == 0) {
    raise("RuntimeError", "Expected sequence length to be larger than 0 in RNN");
  }
  check_parameters(options, h, c, params);
  const std::int64_t directions = options.bidirectional ? 2 : 1;
  const std::int64_t batch = input.sizes()[options.batch_first ? 0 : 1];
  for (const Tensor* state : {&h, &c}) {
    if (state->defined() &&
        (state->dim() != 3 || state->sizes()[0] != options.num_layers * directions || state->sizes()[1] != batch)) {
      const std::int64_t width = state->dim() == 3 ? state->sizes()[2] : 0;
      const std::int64_t expected[3] = {options.num_layers * directions, batch, width};
      raise("RuntimeError", {"Expected hidden size ", IntSpan(expected, 3), ", got ", state->sizes()});
    }
  }
  check_types(input, {h, c});
  check_types(input, params);
}

inline void check_layer_weights(const RecurrentOptions& options, const Tensor& w_ih, const Tensor& w_hh,
                                std::int64_t inputs, std::int64_t hidden, std::int64_t outputs) {
  const std::int64_t gates = kernels::gate_count(options.kind) * hidden;
  if (w_ih.dim() != 2 || w_hh.dim() != 2 || w_ih.sizes()[0] != gates || w_hh.sizes()[0] != gates) {
    raise("RuntimeError", {"The weights of a recurrent layer must have ", gates, " rows"});
  }
  if (w_ih.sizes()[1] != inputs || w_hh.sizes()[1] != outputs) {
    raise("RuntimeError", {"input.size(-1) must be equal to input_size. Expected ", w_ih.sizes()[1], ", got ", inputs});
  }
}

inline void check_layer_bias(const Tensor& bias, std::int64_t gates) {
  if (bias.defined() && bias.numel() != gates) {
    raise("RuntimeError", {"The biases of a recurrent layer must have ", gates, " elements, got ", bias.sizes()});
  }
}

/// A weight, or a bias (`depth` 1), or none, as blocks: what is kept of a constant one, else packed into `here`.
inline const float* recurrent_blocks(const Tensor& weight, const kernels::RecurrentBlocks& blocks, std::int64_t depth,
                                     std::optional<kernels::Scratch<float>>& here) {
  static constexpr char kKind = 0;
  const std::int64_t count = blocks.packed(depth);
  const auto fill = [&](float* to) {
    kernels::pack_recurrent(blocks, weight.defined() ? static_cast<const float*>(weight.read_data()) : nullptr, depth,
                            to);
  };
  const float* kept = nullptr;
  if (weight.defined()) {
    kept = packed<float>(weight, {&kKind, {blocks.gates, blocks.units, blocks.lanes, depth, weight.storage_offset()}},
                         count, fill);
  }
  if (kept == nullptr) {
    here.emplace(count);
    fill(here->data());
    kept = here->data();
  }
  return kept;
}

/// The weights of one layer in one direction: w_ih, w_hh, the biases if there are any, the projection if there is one.
struct LayerWeights {
  Tensor input;
  Tensor hidden;
  Tensor input_bias;
  Tensor hidden_bias;
  Tensor projection;
};

/// One layer in one direction (see kernels::run_layer). Packing costs about as much as some steps do.
template <class T>
void run_layer(kernels::Cell kind, const kernels::RecurrentSizes& sizes, const LayerWeights& weights, const Tensor& in,
               T* h, T* c, bool reverse, T* out, std::int64_t out_step, std::int64_t out_row) {
  const T* const input = static_cast<const T*>(in.read_data());
  if constexpr (std::is_same_v<T, float>) {
    constexpr std::int64_t kPackedSteps = 8;
    if (sizes.steps >= kPackedSteps || weights.hidden.storage().constants() != nullptr) {
      const std::int64_t lanes = kernels::recurrent_kernels<>().lanes;
      const kernels::RecurrentBlocks gates{kernels::gate_count(kind), sizes.hidden, lanes};
      const kernels::RecurrentBlocks projection{1, sizes.outputs, lanes};
      std::optional<kernels::Scratch<float>> here[5];
      kernels::run_packed_layer(
          kind, sizes,
          {gates, projection, recurrent_blocks(weights.input, gates, sizes.inputs, here[0]),
           recurrent_blocks(weights.hidden, gates, sizes.outputs, here[1]),
           recurrent_blocks(weights.input_bias, gates, 1, here[2]),
           recurrent_blocks(weights.hidden_bias, gates, 1, here[3]),
           weights.projection.defined() ? recurrent_blocks(weights.projection, projection, sizes.hidden, here[4])
                                        : nullptr},
          input, h, c, reverse, out, out_step, out_row);
      return;
    }
  }
  const auto plain = [](const Tensor& tensor) {
    return tensor.defined() ? static_cast<const T*>(tensor.read_data()) : nullptr;
  };
  kernels::run_layer<T>(kind, sizes,
                        {plain(weights.input), plain(weights.hidden), plain(weights.input_bias),
                         plain(weights.hidden_bias), plain(weights.projection)},
                        input, h, c, reverse, out, out_step, out_row);
}

/// All layers and directions; h is [layers * directions, batch, outputs], c likewise for LSTM.
inline RecurrentResult run_stack(const RecurrentOptions& options, const Tensor& input, const Tensor& h, const Tensor& c,
                                 TensorSpan params) {
  const DType dtype = kernels::float_compute_dtype("sigmoid_cpu", input.dtype());
  const std::int64_t directions = options.bidirectional ? 2 : 1;
  Tensor in = input;
  if (options.batch_first) {
    in = input.with_layout({input.sizes()[1], input.sizes()[0], input.sizes()[2]},
                           {input.strides()[1], input.strides()[0], input.strides()[2]}, input.storage_offset());
  }
  in = kernels::dense_as(in, dtype);
  RecurrentResult result;
  result.hidden = Tensor::empty(h.sizes(), dtype);
  copy_elements(result.hidden, h);
  if (c.defined()) {
    result.cell = Tensor::empty(c.sizes(), dtype);
    copy_elements(result.cell, c);
  }
  const std::int64_t outputs = h.sizes()[2];
  const std::int64_t hidden = c.defined() ? c.sizes()[2] : outputs;
  const bool projected = hidden != outputs;
  const std::int64_t per_layer = (options.has_biases ? 4 : 2) + (projected ? 1 : 0);
  const std::int64_t steps = in.sizes()[0];
  const std::int64_t batch = in.sizes()[1];
  for (std::int64_t layer = 0; layer < options.num_layers; ++layer) {
    const bool to_user = options.batch_first && layer + 1 == options.num_layers;
    const std::int64_t width = directions * outputs;
    Tensor out = to_user ? Tensor::empty({batch, steps, width}, dtype) : Tensor::empty({steps, batch, width}, dtype);
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      const std::int64_t index = layer * directions + direction;
      const auto parameter = [&](std::int64_t i) { return kernels::dense_as(params[index * per_layer + i], dtype); };
      LayerWeights weights;
      weights.input = parameter(0);
      weights.hidden = parameter(1);
      if (options.has_biases) {
        weights.input_bias = parameter(2);
        weights.hidden_bias = parameter(3);
      }
      if (projected) {
        weights.projection = parameter(per_layer - 1);
        if (weights.projection.sizes() != IntSpan({outputs, hidden})) {
          raise("RuntimeError", {"The projection of a recurrent layer must be ", IntSpan({outputs, hidden}), ", got ",
                                 weights.projection.sizes()});
        }
      }
      check_layer_weights(options, weights.input, weights.hidden, in.sizes()[2], hidden, outputs);
      check_layer_bias(weights.input_bias, kernels::gate_count(options.kind) * hidden);
      check_layer_bias(weights.hidden_bias, kernels::gate_count(options.kind) * hidden);
      detail::visit(detail::Floats{}, dtype, [&](auto tag) {
        using T = typename decltype(tag)::type;
        run_layer<T>(options.kind, {steps, batch, in.sizes()[2], hidden, outputs}, weights, in,
                     result.hidden.data_ptr<T>() + index * batch * outputs,
                     c.defined() ? result.cell.data_ptr<T>() + index * batch * hidden : nullptr, direction == 1,
                     out.data_ptr<T>() + direction * outputs, to_user ? width : batch * width,
                     to_user ? steps * width : width);
      });
    }
    in = out;
  }
  result.output = kernels::as_dtype(in, input.dtype());
  result.hidden = kernels::as_dtype(result.hidden, input.dtype());
  result.cell = c.defined() ? kernels::as_dtype(result.cell, input.dtype()) : Tensor();
  return result;
}

inline std::tuple<Tensor, Tensor> run_plain_stack(kernels::Cell kind, const Tensor& input, const Tensor& hx,
                                                  TensorSpan params, bool has_biases, std::int64_t num_layers,
                                                  double dropout, bool train, bool bidirectional, bool batch_first) {
  const RecurrentOptions options{kind, has_biases, num_layers, bidirectional, batch_first};
  check_stack(options, input, hx, Tensor(), params, dropout, train);
  const RecurrentResult result = run_stack(options, input, hx, Tensor(), params);
  return {result.output, result.hidden};
}

/// A stack over sequences packed step by step (`batch_sizes` says how many of them reach each step), the longest
/// first: one sequence after the other.
inline RecurrentResult run_packed(const RecurrentOptions& options, const Tensor& data, const Tensor& batch_sizes,
                                  const Tensor& h, const Tensor& c, TensorSpan params, double dropout, bool train) {
  if (dropout > 0.0 && train && options.num_layers > 1) {
    raise("NotImplementedError", "dropout between the layers of packed sequences is not supported");
  }
  if (batch_sizes.dtype() != DType::int64) {
    raise("RuntimeError", {"expected scalar type Long but found ", dtype_label(batch_sizes.dtype())});
  }
  if (batch_sizes.numel() == 0) {
    raise("ValueError", "torch.cat(): expected a non-empty list of Tensors");
  }
  check_parameters(options, h, c, params);
  const Tensor counts = contiguous_copy(batch_sizes, DType::int64);
  const std::int64_t* const reached = counts.data_ptr<std::int64_t>();
  const std::int64_t sequences = reached[0];
  std::int64_t start = 0;
  for (std::int64_t t = 0; t < counts.numel(); start += reached[t++]) {
    if (reached[t] < 0 || (t > 0 && reached[t] > reached[t - 1])) {
      raise("RuntimeError", "batch_sizes of packed sequences must not increase");
    }
    if (data.dim() != 2 || reached[t] > data.sizes()[0] - start) {
      raise("RuntimeError",
            {"start (", start, ") + length (", reached[t], ") exceeds dimension size (", data.size(0), ")."});
    }
  }
  for (const Tensor* const state : {&h, &c}) {
    if (state->defined() && (state->dim() != 3 || state->sizes()[1] != sequences)) {
      raise("RuntimeError", {"Expected states of ", sequences, " sequences, got ", state->sizes()});
    }
  }
  check_types(data, {h, c});
  check_types(data, params);
  RecurrentResult result;
  result.output = Tensor::empty({data.sizes()[0], (options.bidirectional ? 2 : 1) * h.sizes()[2]}, data.dtype());
  result.hidden = Tensor::empty(h.sizes(), data.dtype());
  result.cell = c.defined() ? Tensor::empty(c.sizes(), data.dtype()) : Tensor();
  for (std::int64_t b = 0; b < sequences; ++b) {
    std::vector<std::int64_t> rows;
    std::int64_t offset = 0;
    for (std::int64_t t = 0; t < counts.numel() && reached[t] > b; offset += reached[t++]) {
      rows.push_back(offset + b);
    }
    const Tensor input = ops::unsqueeze(select_rows(data, 0, rows), 1);
    const RecurrentResult one =
        run_stack(options, input, ops::narrow(h, 1, b, 1), c.defined() ? ops::narrow(c, 1, b, 1) : Tensor(), params);
    for (std::size_t t = 0; t < rows.size(); ++t) {
      copy_elements(ops::select(result.output, 0, rows[t]),
                    ops::select(ops::select(one.output, 1, 0), 0, static_cast<std::int64_t>(t)));
    }
    copy_elements(ops::narrow(result.hidden, 1, b, 1), one.hidden);
    if (c.defined()) {
      copy_elements(ops::narrow(result.cell, 1, b, 1), one.cell);
    }
  }
  return result;
}

inline std::tuple<Tensor, Tensor> run_plain_packed(kernels::Cell kind, const Tensor& data, const Tensor& batch_sizes,
                                                   const Tensor& hx, TensorSpan params, bool has_biases,
                                                   std::int64_t num_layers, double dropout, bool train,
                                                   bool bidirectional) {
  const RecurrentOptions options{kind, has_biases, num_layers, bidirectional, false};
  const RecurrentResult result = run_packed(options, data, batch_sizes, hx, Tensor(), params, dropout, train);
  return {result.output, result.hidden};
}

}  // namespace detail

namespace ops {

/// tanh(input @ w_ih.T + b_ih + hx @ w_hh.T + b_hh).
inline Tensor rnn_tanh_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,
                            const std::optional<Tensor>& b_ih = std::nullopt,
                            const std::optional<Tensor>& b_hh = std::nullopt) {
  return detail::run_cell(kernels::Cell::tanh, input, hx, Tensor(), w_ih, w_hh, b_ih, b_hh).first;
}

inline Tensor rnn_relu_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,
                            const std::optional<Tensor>& b_ih = std::nullopt,
                            const std::optional<Tensor>& b_hh = std::nullopt) {
  return detail::run_cell(kernels::Cell::relu, input, hx, Tensor(), w_ih, w_hh, b_ih, b_hh).first;
}

/// One GRU step; the weights stack the reset, update and candidate gates.
inline Tensor gru_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,
                       const std::optional<Tensor>& b_ih = std::nullopt,
                       const std::optional<Tensor>& b_hh = std::nullopt) {
  return detail::run_cell(kernels::Cell::gru, input, hx, Tensor(), w_ih, w_hh, b_ih, b_hh).first;
}

/// One LSTM step from hx = [h, c] to (h, c); the weights stack the input, forget, candidate and output gates.
inline std::tuple<Tensor, Tensor> lstm_cell(const Tensor& input, TensorSpan hx, const Tensor& w_ih, const Tensor& w_hh,
                                            const std::optional<Tensor>& b_ih = std::nullopt,
                                            const std::optional<Tensor>& b_hh = std::nullopt) {
  if (hx.size() != 2) {
    raise("RuntimeError", "lstm_cell expects two hidden states");
  }
  auto [h, c] = detail::run_cell(kernels::Cell::lstm, input, hx[0], hx[1], w_ih, w_hh, b_ih, b_hh);
  return {h, c};
}

/// A stack of LSTM layers over input[T, N, I] (or [N, T, I]); hx = [h, c], each [layers * directions, N, H]. Returns
/// the last layer's h at every step, and the final h and c.
inline std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, TensorSpan hx, TensorSpan params, bool has_biases,
                                               std::int64_t num_layers, double dropout, bool train, bool bidirectional,
                                               bool batch_first) {
  if (hx.size() != 2) {
    raise("RuntimeError", "lstm expects two hidden states");
  }
  const detail::RecurrentOptions options{kernels::Cell::lstm, has_biases, num_layers, bidirectional, batch_first};
  detail::check_stack(options, input, hx[0], hx[1], params, dropout, train);
  const detail::RecurrentResult result = detail::run_stack(options, input, hx[0], hx[1], params);
  return {result.output, result.hidden, result.cell};
}

inline std::tuple<Tensor, Tensor> gru(const Tensor& input, const Tensor& hx, TensorSpan params, bool has_biases,
                                      std::int64_t num_layers, double dropout, bool train, bool bidirectional,
                                      bool batch_first) {
  return detail::run_plain_stack(kernels::Cell::gru, input, hx, params, has_biases, num_layers, dropout, train,
                                 bidirectional, batch_first);
}

inline std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& input, const Tensor& hx, TensorSpan params, bool has_biases,
                                           std::int64_t num_layers, double dropout, bool train, bool bidirectional,
                                           bool batch_first) {
  return detail::run_plain_stack(kernels::Cell::tanh, input, hx, params, has_biases, num_layers, dropout, train,
                                 bidirectional, batch_first);
}

// The same over packed sequences.
inline std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& data, const Tensor& batch_sizes, TensorSpan hx,
                                               TensorSpan params, bool has_biases, std::int64_t num_layers,
                                               double dropout, bool train, bool bidirectional) {
  if (hx.size() != 2) {
    raise("RuntimeError", "lstm expects two hidden states");
  }
  const detail::RecurrentOptions options{kernels::Cell::lstm, has_biases, num_layers, bidirectional, false};
  const detail::RecurrentResult result =
      detail::run_packed(options, data, batch_sizes, hx[0], hx[1], params, dropout, train);
  return {result.output, result.hidden, result.cell};
}
#define TS2CPP_PACKED(NAME, CELL)                                                                                     \
  inline std::tuple<Tensor, Tensor> NAME(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx,             \
                                         TensorSpan params, bool has_biases, std::int64_t num_layers, double dropout, \
                                         bool train, bool bidirectional) {                                            \
    return detail::run_plain_packed(kernels::Cell::CELL, data, batch_sizes, hx, params, has_biases, num_layers,       \
                                    dropout, train, bidirectional);                                                   \
  }
TS2CPP_PACKED(gru, gru)
TS2CPP_PACKED(rnn_tanh, tanh)
TS2CPP_PACKED(rnn_relu, relu)
#undef TS2CPP_PACKED

inline std::tuple<Tensor, Tensor> rnn_relu(const Tensor& input, const Tensor& hx, TensorSpan params, bool has_biases,
                                           std::int64_t num_layers, double dropout, bool train, bool bidirectional,
                                           bool batch_first) {
  return detail::run_plain_stack(kernels::Cell::relu, input, hx, params, has_biases, num_layers, dropout, train,
                                 bidirectional, batch_first);
}

}  // namespace ops
}  // namespace ts2cpp
