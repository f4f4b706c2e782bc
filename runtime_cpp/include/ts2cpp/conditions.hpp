// Comparisons, logic and choices as fused loops call them: of one element, and of whole tensors.
#pragma once

#include <type_traits>

#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::math {

namespace detail {
template <class... Elements>
using IfElements = std::enable_if_t<(std::is_arithmetic_v<Elements> && ...), int>;
}

// An element and another one, or a number, which takes the element's type.
#define TS2CPP_COMPARISON(NAME, OPERATOR)                   \
  template <class A, class B, detail::IfElements<A, B> = 0> \
  bool NAME(A a, B b) {                                     \
    using T = detail::Element<A, B>;                        \
    return static_cast<T>(a) OPERATOR static_cast<T>(b);    \
  }                                                         \
  template <class Lazy = void>                              \
  Tensor NAME(const Tensor& a, const Tensor& b) {           \
    return ops::NAME<Lazy>(a, b);                           \
  }                                                         \
  template <class Number, detail::IfElements<Number> = 0>   \
  Tensor NAME(const Tensor& a, Number b) {                  \
    return ops::NAME<void>(a, Scalar(b));                   \
  }
TS2CPP_COMPARISON(eq, ==)
TS2CPP_COMPARISON(ne, !=)
TS2CPP_COMPARISON(lt, <)
TS2CPP_COMPARISON(le, <=)
TS2CPP_COMPARISON(gt, >)
TS2CPP_COMPARISON(ge, >=)
#undef TS2CPP_COMPARISON

// All operands are computed: without branches a loop becomes vectors.
#define TS2CPP_LOGICAL(NAME, OPERATOR)                             \
  inline bool NAME(bool a, bool b) { return (a OPERATOR b) != 0; } \
  template <class Lazy = void>                                     \
  Tensor NAME(const Tensor& a, const Tensor& b) {                  \
    return ops::NAME<Lazy>(a, b);                                  \
  }
TS2CPP_LOGICAL(logical_and, &)
TS2CPP_LOGICAL(logical_or, |)
TS2CPP_LOGICAL(logical_xor, ^)
#undef TS2CPP_LOGICAL

inline bool logical_not(bool a) { return !a; }
template <class Lazy = void>
Tensor logical_not(const Tensor& a) {
  return ops::logical_not<Lazy>(a);
}

/// a where the condition holds, else b.
template <class A, class B, detail::IfElements<A, B> = 0>
detail::Element<A, B> where(bool condition, A a, B b) {
  using T = detail::Element<A, B>;
  return condition ? static_cast<T>(a) : static_cast<T>(b);
}
template <class Lazy = void>
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  return ops::where<Lazy>(condition, a, b);
}
template <class Number, detail::IfElements<Number> = 0>
Tensor where(const Tensor& condition, const Tensor& a, Number b) {
  return ops::where<void>(condition, a, Scalar(b));
}
template <class Number, detail::IfElements<Number> = 0>
Tensor where(const Tensor& condition, Number a, const Tensor& b) {
  return ops::where<void>(condition, Scalar(a), b);
}

/// x, but the value where the mask is set.
template <class T, class Number, detail::IfElements<T, Number> = 0>
T masked_fill(T x, bool mask, Number value) {
  return mask ? static_cast<T>(value) : x;
}
template <class Number, detail::IfElements<Number> = 0>
Tensor masked_fill(const Tensor& x, const Tensor& mask, Number value) {
  return ops::masked_fill<void>(x, mask, Scalar(value));
}

}  // namespace ts2cpp::math
