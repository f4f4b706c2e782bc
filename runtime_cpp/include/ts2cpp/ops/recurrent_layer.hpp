// Recurrent layers as torch.nn has them: the batch dimension and the state may be absent, all shapes are checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include <ts2cpp/format.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/recurrent.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp::ops {

namespace recurrent_layer {

/// The sizes that a layer was made with.
struct Sizes {
  std::int64_t input = 0;
  std::int64_t hidden = 0;
  std::int64_t layers = 1;  // times directions
  bool batch_first = false;

  std::int64_t batch(const Tensor& x) const { return x.size(batch_first ? 0 : 1); }
  std::int64_t batch_dim() const { return batch_first ? 0 : 1; }
};

/// The input with a batch dimension.
inline Tensor batched(const Tensor& x, const Sizes& sizes, const char* error) {
  if (x.dim() != 2 && x.dim() != 3) {
    raise("ValueError", format(error, x.dim()));
  }
  return x.dim() == 3 ? x : unsqueeze(x, sizes.batch_dim());
}

inline void check_input(const Tensor& x, const Sizes& sizes) {
  require(x.size(-1) == sizes.input, "RuntimeError", "input.size(-1) must be equal to input_size. Expected {}, got {}",
          sizes.input, x.size(-1));
}

inline void check_state(const Tensor& state, const Tensor& x, const Sizes& sizes, std::int64_t width,
                        const char* error) {
  const std::tuple<std::int64_t, std::int64_t, std::int64_t> expected{sizes.layers, sizes.batch(x), width};
  if (state.sizes() != IntSpan{sizes.layers, sizes.batch(x), width}) {
    raise("RuntimeError", format(error, expected, size(state)));
  }
}

/// The state of an RNN or GRU, zeros if none is given; `x` has a batch dimension.
inline Tensor state_of(const std::optional<Tensor>& hx, const Tensor& x, bool is_batched, const Sizes& sizes) {
  Tensor state;
  if (!hx.has_value()) {
    state = zeros({sizes.layers, sizes.batch(x), sizes.hidden}, x.dtype());
  } else if (is_batched) {
    require(hx->dim() == 3, "RuntimeError", "For batched 3-D input, hx should also be 3-D but got {}-D tensor",
            hx->dim());
    state = *hx;
  } else {
    require(hx->dim() == 2, "RuntimeError", "For unbatched 2-D input, hx should also be 2-D but got {}-D tensor",
            hx->dim());
    state = unsqueeze(*hx, 1);
  }
  check_input(x, sizes);
  check_state(state, x, sizes, sizes.hidden, "Expected hidden size {}, got {}");
  return state;
}

}  // namespace recurrent_layer

/// nn.LSTM over input[T, N, input_size] (or [N, T, input_size] with `batch_first`); N may be absent. `hx` is (h, c),
/// each [layers * directions, N, width], zeros if absent. Returns the last layer's h at every step, and the final h and
/// c.
inline std::tuple<Tensor, Tensor, Tensor> lstm_layer(const Tensor& input,
                                                     const std::optional<std::tuple<Tensor, Tensor>>& hx,
                                                     TensorSpan params, bool has_biases, std::int64_t num_layers,
                                                     double dropout, bool train, bool bidirectional, bool batch_first,
                                                     std::int64_t input_size, std::int64_t hidden_size,
                                                     std::int64_t proj_size = 0) {
  const recurrent_layer::Sizes sizes{input_size, hidden_size, num_layers * (bidirectional ? 2 : 1), batch_first};
  const std::int64_t width = proj_size > 0 ? proj_size : hidden_size;
  const Tensor x = recurrent_layer::batched(input, sizes, "LSTM: Expected input to be 2D or 3D, got {}D instead");
  const bool is_batched = input.dim() == 3;
  Tensor h;
  Tensor c;
  if (hx.has_value()) {
    std::tie(h, c) = *hx;
    const std::int64_t rank = is_batched ? 3 : 2;
    require(h.dim() == rank && c.dim() == rank, "RuntimeError",
            is_batched ? "For batched 3-D input, hx and cx should also be 3-D but got ({}-D, {}-D) tensors"
                       : "For unbatched 2-D input, hx and cx should also be 2-D but got ({}-D, {}-D) tensors",
            h.dim(), c.dim());
    if (!is_batched) {
      h = unsqueeze(h, 1);
      c = unsqueeze(c, 1);
    }
  } else {
    h = zeros({sizes.layers, sizes.batch(x), width}, x.dtype());
    c = zeros({sizes.layers, sizes.batch(x), hidden_size}, x.dtype());
  }
  recurrent_layer::check_input(x, sizes);
  recurrent_layer::check_state(h, x, sizes, width, "Expected hidden[0] size {}, got {}");
  recurrent_layer::check_state(c, x, sizes, hidden_size, "Expected hidden[1] size {}, got {}");
  const auto [output, h_n, c_n] =
      lstm(x, {h, c}, params, has_biases, num_layers, dropout, train, bidirectional, batch_first);
  if (is_batched) {
    return {output, h_n, c_n};
  }
  return {squeeze(output, sizes.batch_dim()), squeeze(h_n, 1), squeeze(c_n, 1)};
}

// nn.GRU and nn.RNN, whose state is h alone.
#define TS2CPP_RECURRENT_LAYER(NAME, FUNCTION, ERROR)                                                             \
  inline std::tuple<Tensor, Tensor> NAME(const Tensor& input, const std::optional<Tensor>& hx, TensorSpan params, \
                                         bool has_biases, std::int64_t num_layers, double dropout, bool train,    \
                                         bool bidirectional, bool batch_first, std::int64_t input_size,           \
                                         std::int64_t hidden_size) {                                              \
    const std::int64_t layers = num_layers * (bidirectional ? 2 : 1);                                             \
    const recurrent_layer::Sizes sizes{input_size, hidden_size, layers, batch_first};                             \
    const Tensor x = recurrent_layer::batched(input, sizes, ERROR);                                               \
    const bool is_batched = input.dim() == 3;                                                                     \
    const Tensor state = recurrent_layer::state_of(hx, x, is_batched, sizes);                                     \
    const auto [output, hidden] =                                                                                 \
        FUNCTION(x, state, params, has_biases, num_layers, dropout, train, bidirectional, batch_first);           \
    if (is_batched) {                                                                                             \
      return {output, hidden};                                                                                    \
    }                                                                                                             \
    return {squeeze(output, sizes.batch_dim()), squeeze(hidden, 1)};                                              \
  }
TS2CPP_RECURRENT_LAYER(gru_layer, gru, "GRU: Expected input to be 2D or 3D, got {}D instead")
TS2CPP_RECURRENT_LAYER(rnn_tanh_layer, rnn_tanh, "RNN: Expected input to be 2D or 3D, got {}D tensor instead")
TS2CPP_RECURRENT_LAYER(rnn_relu_layer, rnn_relu, "RNN: Expected input to be 2D or 3D, got {}D tensor instead")
#undef TS2CPP_RECURRENT_LAYER

}  // namespace ts2cpp::ops
