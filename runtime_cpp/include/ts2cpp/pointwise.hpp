// Fused pointwise operators: `pointwise([](auto x, auto y) { return math::tanh(x + y); }, a, b)` runs one loop over all
// tensors when they are float32 (or all float64), and calls the function on whole tensors otherwise, which is what the
// unfused program would have done.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

namespace math {

// The functions of math:: on whole tensors, so that one generic function serves elements and tensors.
#define TS2CPP_TENSOR_FUNCTION(NAME) \
  template <class Lazy = void>       \
  Tensor NAME(const Tensor& x) {     \
    return ops::NAME<Lazy>(x);       \
  }
TS2CPP_TENSOR_FUNCTION(exp)
TS2CPP_TENSOR_FUNCTION(exp2)
TS2CPP_TENSOR_FUNCTION(expm1)
TS2CPP_TENSOR_FUNCTION(log)
TS2CPP_TENSOR_FUNCTION(log2)
TS2CPP_TENSOR_FUNCTION(log10)
TS2CPP_TENSOR_FUNCTION(log1p)
TS2CPP_TENSOR_FUNCTION(sqrt)
TS2CPP_TENSOR_FUNCTION(rsqrt)
TS2CPP_TENSOR_FUNCTION(square)
TS2CPP_TENSOR_FUNCTION(reciprocal)
TS2CPP_TENSOR_FUNCTION(sin)
TS2CPP_TENSOR_FUNCTION(cos)
TS2CPP_TENSOR_FUNCTION(tan)
TS2CPP_TENSOR_FUNCTION(asin)
TS2CPP_TENSOR_FUNCTION(acos)
TS2CPP_TENSOR_FUNCTION(atan)
TS2CPP_TENSOR_FUNCTION(sinh)
TS2CPP_TENSOR_FUNCTION(cosh)
TS2CPP_TENSOR_FUNCTION(asinh)
TS2CPP_TENSOR_FUNCTION(acosh)
TS2CPP_TENSOR_FUNCTION(atanh)
TS2CPP_TENSOR_FUNCTION(tanh)
TS2CPP_TENSOR_FUNCTION(erf)
TS2CPP_TENSOR_FUNCTION(erfc)
TS2CPP_TENSOR_FUNCTION(erfinv)
TS2CPP_TENSOR_FUNCTION(lgamma)
TS2CPP_TENSOR_FUNCTION(deg2rad)
TS2CPP_TENSOR_FUNCTION(rad2deg)
TS2CPP_TENSOR_FUNCTION(sigmoid)
TS2CPP_TENSOR_FUNCTION(floor)
TS2CPP_TENSOR_FUNCTION(ceil)
TS2CPP_TENSOR_FUNCTION(round)
TS2CPP_TENSOR_FUNCTION(trunc)
TS2CPP_TENSOR_FUNCTION(frac)
TS2CPP_TENSOR_FUNCTION(sign)
TS2CPP_TENSOR_FUNCTION(abs)
TS2CPP_TENSOR_FUNCTION(neg)
TS2CPP_TENSOR_FUNCTION(relu)
TS2CPP_TENSOR_FUNCTION(relu6)
TS2CPP_TENSOR_FUNCTION(silu)
TS2CPP_TENSOR_FUNCTION(selu)
TS2CPP_TENSOR_FUNCTION(mish)
TS2CPP_TENSOR_FUNCTION(hardswish)
TS2CPP_TENSOR_FUNCTION(hardsigmoid)
TS2CPP_TENSOR_FUNCTION(log_sigmoid)
#undef TS2CPP_TENSOR_FUNCTION

#define TS2CPP_TENSOR_PAIR(NAME)                        \
  template <class Lazy = void>                          \
  Tensor NAME(const Tensor& a, const Tensor& b) {       \
    return ops::NAME<Lazy>(a, b);                       \
  }                                                     \
  template <class Lazy = void>                          \
  Tensor NAME(const Tensor& a, const Scalar& b) {       \
    return ops::NAME<Lazy>(a, b);                       \
  }                                                     \
  template <class Number, detail::IfNumber<Number> = 0> \
  Tensor NAME(const Tensor& a, Number b) {              \
    return ops::NAME<void>(a, Scalar(b));               \
  }
namespace detail {
template <class Number>
using IfNumber = std::enable_if_t<std::is_arithmetic_v<Number>, int>;
}
TS2CPP_TENSOR_PAIR(add)
TS2CPP_TENSOR_PAIR(sub)
TS2CPP_TENSOR_PAIR(rsub)
TS2CPP_TENSOR_PAIR(mul)
TS2CPP_TENSOR_PAIR(div)
TS2CPP_TENSOR_PAIR(pow)
TS2CPP_TENSOR_PAIR(remainder)
TS2CPP_TENSOR_PAIR(fmod)
TS2CPP_TENSOR_PAIR(maximum)
TS2CPP_TENSOR_PAIR(minimum)
TS2CPP_TENSOR_PAIR(floor_divide)
TS2CPP_TENSOR_PAIR(clamp_min)
TS2CPP_TENSOR_PAIR(clamp_max)
#undef TS2CPP_TENSOR_PAIR

template <class Lazy = void>
Tensor fmax(const Tensor& a, const Tensor& b) {
  return ops::fmax<Lazy>(a, b);
}
template <class Lazy = void>
Tensor fmin(const Tensor& a, const Tensor& b) {
  return ops::fmin<Lazy>(a, b);
}
template <class Lazy = void>
Tensor atan2(const Tensor& a, const Tensor& b) {
  return ops::atan2<Lazy>(a, b);
}
template <class Lazy = void>
Tensor clamp(const Tensor& x, const Bound& low, const Bound& high) {
  return ops::clamp<Lazy>(x, low, high);
}
template <class Number, detail::IfNumber<Number> = 0>
Tensor clamp(const Tensor& x, Number low, Number high) {
  return ops::clamp<void>(x, Bound(low), Bound(high));
}
template <class Lazy = void>
Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight) {
  return ops::lerp<Lazy>(a, b, weight);
}
template <class Lazy = void>
Tensor gelu(const Tensor& x) {
  return ops::gelu<Lazy>(x);
}
template <class Lazy = void>
Tensor gelu_tanh(const Tensor& x) {
  return ops::gelu<Lazy>(x, "tanh");
}
template <class Lazy = void>
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01) {
  return ops::leaky_relu<Lazy>(x, negative_slope);
}
template <class Lazy = void>
Tensor hardtanh(const Tensor& x, double low = -1.0, double high = 1.0) {
  return ops::hardtanh<Lazy>(x, low, high);
}
template <class Lazy = void>
Tensor elu(const Tensor& x, double alpha = 1.0, double scale = 1.0, double input_scale = 1.0) {
  return ops::elu<Lazy>(x, alpha, scale, input_scale);
}
template <class Lazy = void>
Tensor celu(const Tensor& x, double alpha = 1.0) {
  return ops::celu<Lazy>(x, alpha);
}
template <class Lazy = void>
Tensor softplus(const Tensor& x, double beta = 1.0, double threshold = 20.0) {
  return ops::softplus<Lazy>(x, beta, threshold);
}
template <class Lazy = void>
Tensor threshold(const Tensor& x, double limit, double value) {
  return ops::threshold<Lazy>(x, limit, value);
}
template <class Lazy = void>
Tensor hardshrink(const Tensor& x, double lambd = 0.5) {
  return ops::hardshrink<Lazy>(x, lambd);
}
template <class Lazy = void>
Tensor softshrink(const Tensor& x, double lambd = 0.5) {
  return ops::softshrink<Lazy>(x, lambd);
}

}  // namespace math

namespace detail {

/// One loop for the function over elements of type T.
template <class T, class F, class... Tensors>
Tensor fused(const F& function, const Tensors&... tensors) {
  using Out = StoredType<T, decltype(function((static_cast<void>(tensors), T{})...))>;
  static_assert(std::is_same_v<Out, T>, "a fused function must keep the type of its elements");
  const Input inputs[] = {Input(tensors)...};
  return run_elementwise(Elementwise{"pointwise", dtype_of<T>, dtype_of<T>, nullptr},
                         Span<const Input>(inputs, static_cast<std::int64_t>(sizeof...(Tensors))), dtype_of<T>,
                         choose_kernel<T, F, sizeof...(Tensors)>(), &function);
}

}  // namespace detail

/// function(elements...) for every position of the broadcast tensors; see the top of this file.
template <class F, class... Tensors>
Tensor pointwise(const F& function, const Tensors&... tensors) {
  static_assert(sizeof...(Tensors) > 0, "at least one tensor");
  if constexpr (sizeof...(Tensors) < static_cast<std::size_t>(detail::kMaxOperands)) {
    if (((tensors.dtype() == DType::float32) && ...)) {
      return detail::fused<float>(function, tensors...);
    }
    if (((tensors.dtype() == DType::float64) && ...)) {
      return detail::fused<double>(function, tensors...);
    }
  }
  return function(tensors...);
}

}  // namespace ts2cpp
