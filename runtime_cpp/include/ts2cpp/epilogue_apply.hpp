// When an epilogue may be merged into the layer before it, and what is done when it may not.
#pragma once

#include <cmath>
#include <optional>

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// Whether a layer with a result of these sizes and dtype computes the same with the epilogue merged in. A residual
/// that would be broadcast or promoted, and types that round after every operator, want the separate operators.
inline bool may_merge(const Epilogue& epilogue, IntSpan sizes, DType dtype) {
  if (epilogue.empty()) {
    return true;
  }
  if (dtype != DType::float32 && dtype != DType::float64) {
    return false;
  }
  return !epilogue.residual.defined() || (epilogue.residual.dtype() == dtype && epilogue.residual.sizes() == sizes);
}

inline Tensor apply_activation(const Tensor& x, const Activation& activation) {
  const auto bound = [](double value) {
    return std::isinf(value) ? std::optional<Scalar>() : std::optional<Scalar>(Scalar(value));
  };
  switch (activation.kind) {
    case ActivationKind::none: return x;
    case ActivationKind::relu: return ops::relu(x);
    case ActivationKind::relu6: return ops::relu6(x);
    case ActivationKind::sigmoid: return ops::sigmoid(x);
    case ActivationKind::tanh: return ops::tanh(x);
    case ActivationKind::gelu: return ops::gelu(x);
    case ActivationKind::gelu_tanh: return ops::gelu(x, "tanh");
    case ActivationKind::silu: return ops::silu(x);
    case ActivationKind::hardswish: return ops::hardswish(x);
    case ActivationKind::hardsigmoid: return ops::hardsigmoid(x);
    case ActivationKind::clamp: return ops::clamp(x, bound(activation.first), bound(activation.second));
    case ActivationKind::leaky_relu: return ops::leaky_relu(x, activation.first);
  }
  return x;
}

/// The operators of the epilogue one after the other, as the program that was fused had them.
inline Tensor apply_epilogue(const Tensor& result, const Epilogue& epilogue) {
  if (!epilogue.residual.defined()) {
    return apply_activation(result, epilogue.activation);
  }
  const Tensor sum = epilogue.in_place ? ops::add_(result, epilogue.residual) : ops::add(result, epilogue.residual);
  return apply_activation(sum, epilogue.activation);
}

}  // namespace ts2cpp::detail
