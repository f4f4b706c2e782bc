// What a convolution or a matrix product does to its result while it is still in cache: add a tensor, apply an
// activation. Both are the functions that the separate operators would have called.
#pragma once

#include <cstdint>
#include <utility>

#include <ts2cpp/error.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

enum class ActivationKind : std::uint8_t {
  none,
  relu,
  relu6,
  sigmoid,
  tanh,
  gelu,       // with erf
  gelu_tanh,  // approximate="tanh"
  silu,
  hardswish,
  hardsigmoid,
  clamp,       // to [first, second]
  leaky_relu,  // slope first
};

/// An activation with its parameters.
struct Activation {
  ActivationKind kind = ActivationKind::none;
  double first = 0.0;
  double second = 0.0;
};

/// result = activation(product + bias + residual). Kernels want a residual of the result's sizes and dtype; the
/// operators fall back to separate ones where it is not (`in_place` says that the sum is `result += residual`).
struct Epilogue {
  Activation activation;
  Tensor residual;
  bool in_place = false;

  Epilogue() = default;
  Epilogue(const Activation& function) : activation(function) {}  // NOLINT: relu_epilogue is to convert
  Epilogue(const Activation& function, Tensor added) : activation(function), residual(std::move(added)) {}

  bool empty() const noexcept { return activation.kind == ActivationKind::none && !residual.defined(); }
};

namespace ops {
inline constexpr Activation relu_epilogue{ActivationKind::relu, 0.0, 0.0};
inline constexpr Activation relu6_epilogue{ActivationKind::relu6, 0.0, 0.0};
inline constexpr Activation sigmoid_epilogue{ActivationKind::sigmoid, 0.0, 0.0};
inline constexpr Activation tanh_epilogue{ActivationKind::tanh, 0.0, 0.0};
inline constexpr Activation gelu_epilogue{ActivationKind::gelu, 0.0, 0.0};
inline constexpr Activation gelu_tanh_epilogue{ActivationKind::gelu_tanh, 0.0, 0.0};
inline constexpr Activation silu_epilogue{ActivationKind::silu, 0.0, 0.0};
inline constexpr Activation hardswish_epilogue{ActivationKind::hardswish, 0.0, 0.0};
inline constexpr Activation hardsigmoid_epilogue{ActivationKind::hardsigmoid, 0.0, 0.0};
constexpr Activation clamp_epilogue(double low, double high) { return {ActivationKind::clamp, low, high}; }
constexpr Activation leaky_relu_epilogue(double slope) { return {ActivationKind::leaky_relu, slope, 0.0}; }

/// Adds `residual` before the activation: `add_epilogue(identity, relu_epilogue)`.
inline Epilogue add_epilogue(const Tensor& residual, const Activation& activation = {}) {
  return Epilogue(activation, residual);
}
/// The same for `result += residual`, which keeps the sizes and the dtype of the result.
inline Epilogue add_in_place_epilogue(const Tensor& residual, const Activation& activation = {}) {
  Epilogue epilogue(activation, residual);
  epilogue.in_place = true;
  return epilogue;
}
}  // namespace ops

namespace kernels {

/// data[i] = activation(data[i]) for i < n.
template <class T>
void activate(const Activation& activation, T* data, std::int64_t n) noexcept {
  const T first = static_cast<T>(activation.first);
  const T second = static_cast<T>(activation.second);
  switch (activation.kind) {
    case ActivationKind::none: return;
    case ActivationKind::relu:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::relu(data[i]);
      return;
    case ActivationKind::relu6:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::relu6(data[i]);
      return;
    case ActivationKind::sigmoid:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::sigmoid(data[i]);
      return;
    case ActivationKind::tanh:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::tanh(data[i]);
      return;
    case ActivationKind::gelu:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::gelu(data[i]);
      return;
    case ActivationKind::gelu_tanh:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::gelu_tanh(data[i]);
      return;
    case ActivationKind::silu:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::silu(data[i]);
      return;
    case ActivationKind::hardswish:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::hardswish(data[i]);
      return;
    case ActivationKind::hardsigmoid:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = math::hardsigmoid(data[i]);
      return;
    case ActivationKind::clamp:
      for (std::int64_t i = 0; i < n; ++i) {
        const T raised = data[i] < first ? first : data[i];
        data[i] = raised > second ? second : raised;
      }
      return;
    case ActivationKind::leaky_relu:
      for (std::int64_t i = 0; i < n; ++i)
        data[i] = data[i] > T{0} ? data[i] : data[i] * first;
      return;
  }
}

}  // namespace kernels
}  // namespace ts2cpp
