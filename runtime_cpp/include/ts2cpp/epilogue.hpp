// What a convolution or a matrix product does to its result while it is still in cache: add a tensor, apply an
// activation. Both are the functions that the separate operators would have called.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/math/epilogue_names.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

enum class ActivationKind : std::uint8_t {
  none,
#define TS2CPP_KIND(NAME) NAME,
  TS2CPP_EPILOGUES(TS2CPP_KIND, TS2CPP_KIND, TS2CPP_KIND, TS2CPP_KIND, TS2CPP_KIND)
#undef TS2CPP_KIND
};

/// A number that an activation takes: as an element, and whether it was written as an integer.
struct ActivationParameter {
  constexpr ActivationParameter() = default;
  template <class Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0>
  constexpr ActivationParameter(Number number)  // NOLINT: leaky_relu_epilogue(0.1) is to convert
      : value(static_cast<double>(number)), integral(std::is_integral_v<Number>) {}

  double value = 0.0;
  bool integral = false;
};

struct Activation;

/// What an activation does: elements in place, or whole tensors of any dtype by the operators of its name. A program
/// compiles those of the activations that it names.
struct ActivationFunctions {
  void (*float32)(const Activation& activation, float* data, std::int64_t n) noexcept;
  void (*float64)(const Activation& activation, double* data, std::int64_t n) noexcept;
  Tensor (*separate)(const Tensor& x, const Activation& activation);
};

/// An activation with its parameters.
struct Activation {
  ActivationKind kind = ActivationKind::none;
  ActivationParameter first;
  ActivationParameter second;
  const ActivationFunctions* functions = nullptr;  // null for none
};

namespace detail {
// Defined in activations.hpp.
template <ActivationKind Kind, class T>
void activate_elements(const Activation& activation, T* data, std::int64_t n) noexcept;
template <ActivationKind Kind>
Tensor activate_separately(const Tensor& x, const Activation& activation);

template <ActivationKind Kind>
inline constexpr ActivationFunctions kActivationFunctions{activate_elements<Kind, float>,
                                                          activate_elements<Kind, double>, activate_separately<Kind>};

// That of nearly every model is compiled once, and without the engine of pointwise operators (relu_activation.hpp).
template <class Lazy = void>
void relu_elements(const Activation& activation, float* data, std::int64_t n) noexcept;
template <class Lazy = void>
void relu_elements(const Activation& activation, double* data, std::int64_t n) noexcept;
template <class Lazy = void>
Tensor relu_separately(const Tensor& x, const Activation& activation);

#define TS2CPP_RELU_PARTS(TEMPLATE)                                                     \
  TEMPLATE void relu_elements<void>(const Activation&, float*, std::int64_t) noexcept;  \
  TEMPLATE void relu_elements<void>(const Activation&, double*, std::int64_t) noexcept; \
  TEMPLATE Tensor relu_separately<void>(const Tensor&, const Activation&);
TS2CPP_COMPILED(TS2CPP_RELU_PARTS)

template <>
inline constexpr ActivationFunctions kActivationFunctions<ActivationKind::relu>{
    relu_elements<void>, relu_elements<void>, relu_separately<void>};
}  // namespace detail

/// An activation without parameters, as a constant.
template <ActivationKind Kind>
struct PlainActivation {
  constexpr operator Activation() const noexcept {  // NOLINT: relu_epilogue is to convert
    return {Kind, {}, {}, &detail::kActivationFunctions<Kind>};
  }
};

/// result = activation(product + bias + residual). Kernels want a residual of the result's sizes and dtype; the
/// operators fall back to separate ones where it is not: `add` is the addition that the program had (residual.hpp).
struct Epilogue {
  Activation activation;
  Tensor residual;
  Tensor (*add)(const Tensor& result, const Tensor& residual) = nullptr;

  Epilogue() = default;
  Epilogue(const Activation& function) : activation(function) {}  // NOLINT: leaky_relu_epilogue(0.1) is to convert
  template <ActivationKind Kind>
  Epilogue(PlainActivation<Kind> function) : activation(function) {}  // NOLINT: relu_epilogue is to convert
  Epilogue(const Activation& function, Tensor added, Tensor (*separate_add)(const Tensor&, const Tensor&))
      : activation(function), residual(std::move(added)), add(separate_add) {}

  bool empty() const noexcept { return activation.kind == ActivationKind::none && !residual.defined(); }
};

namespace ops {
// relu_epilogue, leaky_relu_epilogue(slope), clamp_epilogue(low, high), …
#define TS2CPP_PLAIN(NAME) inline constexpr PlainActivation<ActivationKind::NAME> NAME##_epilogue{};
#define TS2CPP_ONE(NAME)                                            \
  template <ActivationKind Kind = ActivationKind::NAME>             \
  constexpr Activation NAME##_epilogue(ActivationParameter first) { \
    return {Kind, first, {}, &detail::kActivationFunctions<Kind>};  \
  }
#define TS2CPP_TWO(NAME)                                                                        \
  template <ActivationKind Kind = ActivationKind::NAME>                                         \
  constexpr Activation NAME##_epilogue(ActivationParameter first, ActivationParameter second) { \
    return {Kind, first, second, &detail::kActivationFunctions<Kind>};                          \
  }
TS2CPP_EPILOGUES(TS2CPP_PLAIN, TS2CPP_ONE, TS2CPP_TWO, TS2CPP_ONE, TS2CPP_TWO)
#undef TS2CPP_PLAIN
#undef TS2CPP_ONE
#undef TS2CPP_TWO
}  // namespace ops

namespace kernels {

/// data[i] = activation(data[i]) for i < n.
inline void activate(const Activation& activation, float* data, std::int64_t n) noexcept {
  if (activation.functions != nullptr) {
    activation.functions->float32(activation, data, n);
  }
}
inline void activate(const Activation& activation, double* data, std::int64_t n) noexcept {
  if (activation.functions != nullptr) {
    activation.functions->float64(activation, data, n);
  }
}

}  // namespace kernels
}  // namespace ts2cpp

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/activations.hpp>
#endif
