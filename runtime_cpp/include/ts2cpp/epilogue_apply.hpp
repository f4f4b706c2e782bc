// When an epilogue may be merged into the layer before it, and what is done when it may not.
#pragma once

#include <cstdint>

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/tensor_functions.hpp>

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

/// The operator that the activation stands for.
template <ActivationKind Kind>
Tensor activate_separately(const Tensor& x, [[maybe_unused]] const Activation& activation) {
  [[maybe_unused]] const auto bound = [](const ActivationParameter& parameter) {
    return parameter.integral ? Scalar(static_cast<std::int64_t>(parameter.value)) : Scalar(parameter.value);
  };
#define TS2CPP_PLAIN(NAME)                      \
  if constexpr (Kind == ActivationKind::NAME) { \
    return ops::NAME(x);                        \
  }
#define TS2CPP_ONE(NAME)                         \
  if constexpr (Kind == ActivationKind::NAME) {  \
    return ops::NAME(x, activation.first.value); \
  }
#define TS2CPP_TWO(NAME)                                                  \
  if constexpr (Kind == ActivationKind::NAME) {                           \
    return ops::NAME(x, activation.first.value, activation.second.value); \
  }
#define TS2CPP_BOUND(NAME)                        \
  if constexpr (Kind == ActivationKind::NAME) {   \
    return ops::NAME(x, bound(activation.first)); \
  }
#define TS2CPP_BOUNDS(NAME)                                                 \
  if constexpr (Kind == ActivationKind::NAME) {                             \
    return ops::NAME(x, bound(activation.first), bound(activation.second)); \
  }
  TS2CPP_EPILOGUES(TS2CPP_PLAIN, TS2CPP_ONE, TS2CPP_TWO, TS2CPP_BOUND, TS2CPP_BOUNDS)
#undef TS2CPP_PLAIN
#undef TS2CPP_ONE
#undef TS2CPP_TWO
#undef TS2CPP_BOUND
#undef TS2CPP_BOUNDS
}

inline Tensor apply_activation(const Tensor& x, const Activation& activation) {
  return activation.functions == nullptr ? x : activation.functions->separate(x, activation);
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
