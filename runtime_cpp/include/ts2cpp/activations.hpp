// What the activations of epilogue.hpp do to elements and to whole tensors.
#pragma once

#include <cstdint>

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/fused_loops.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/relu_activation.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/tensor_functions.hpp>

namespace ts2cpp {

namespace detail {

template <ActivationKind Kind, class T>
void activate_elements([[maybe_unused]] const Activation& activation, T* data, std::int64_t n) noexcept {
  [[maybe_unused]] const T first = static_cast<T>(activation.first.value);
  [[maybe_unused]] const T second = static_cast<T>(activation.second.value);
#define TS2CPP_PLAIN(NAME)                                              \
  if constexpr (Kind == ActivationKind::NAME) {                         \
    kernels::activate_with([](T x) { return math::NAME(x); }, data, n); \
  }
#define TS2CPP_ONE(NAME)                                                            \
  if constexpr (Kind == ActivationKind::NAME) {                                     \
    kernels::activate_with([first](T x) { return math::NAME(x, first); }, data, n); \
  }
#define TS2CPP_TWO(NAME)                                                                            \
  if constexpr (Kind == ActivationKind::NAME) {                                                     \
    kernels::activate_with([first, second](T x) { return math::NAME(x, first, second); }, data, n); \
  }
  TS2CPP_EPILOGUES(TS2CPP_PLAIN, TS2CPP_ONE, TS2CPP_TWO, TS2CPP_ONE, TS2CPP_TWO)
#undef TS2CPP_PLAIN
#undef TS2CPP_ONE
#undef TS2CPP_TWO
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

}  // namespace detail
}  // namespace ts2cpp
