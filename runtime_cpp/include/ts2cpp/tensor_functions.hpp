// The functions of math:: on whole tensors: what a fused loop computes can be asked of tensors of any dtype.
#pragma once

#include <type_traits>

#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

namespace ops {
/// gelu with approximate="tanh".
template <class Lazy = void>
Tensor gelu_tanh(const Tensor& self) {
  return gelu<Lazy>(self, "tanh");
}
}  // namespace ops

namespace math {

namespace detail {
template <class... Numbers>
using IfNumbers = std::enable_if_t<(std::is_arithmetic_v<Numbers> && ...), int>;
}

#define TS2CPP_PLAIN(NAME)       \
  template <class Lazy = void>   \
  Tensor NAME(const Tensor& x) { \
    return ops::NAME<Lazy>(x);   \
  }
#define TS2CPP_ONE(NAME)                       \
  template <class Lazy = void>                 \
  Tensor NAME(const Tensor& x, double first) { \
    return ops::NAME<Lazy>(x, first);          \
  }
#define TS2CPP_TWO(NAME)                                      \
  template <class Lazy = void>                                \
  Tensor NAME(const Tensor& x, double first, double second) { \
    return ops::NAME<Lazy>(x, first, second);                 \
  }
#define TS2CPP_THREE(NAME)                                                  \
  template <class Lazy = void>                                              \
  Tensor NAME(const Tensor& x, double first, double second, double third) { \
    return ops::NAME<Lazy>(x, first, second, third);                        \
  }
#define TS2CPP_BOUND(NAME)                               \
  template <class Number, detail::IfNumbers<Number> = 0> \
  Tensor NAME(const Tensor& x, Number bound) {           \
    return ops::NAME<void>(x, Scalar(bound));            \
  }
#define TS2CPP_BOUNDS(NAME)                                          \
  template <class Low, class High, detail::IfNumbers<Low, High> = 0> \
  Tensor NAME(const Tensor& x, Low low, High high) {                 \
    return ops::NAME<void>(x, Bound(low), Bound(high));              \
  }
#define TS2CPP_PAIR(NAME)                         \
  template <class Lazy = void>                    \
  Tensor NAME(const Tensor& a, const Tensor& b) { \
    return ops::NAME<Lazy>(a, b);                 \
  }
#define TS2CPP_NUMBER(NAME)                              \
  TS2CPP_PAIR(NAME)                                      \
  template <class Number, detail::IfNumbers<Number> = 0> \
  Tensor NAME(const Tensor& a, Number b) {               \
    return ops::NAME<void>(a, Scalar(b));                \
  }

#define TS2CPP_SCALED(NAME)                                                                         \
  TS2CPP_NUMBER(NAME)                                                                               \
  template <class Alpha, detail::IfNumbers<Alpha> = 0>                                              \
  Tensor NAME(const Tensor& a, const Tensor& b, Alpha alpha) {                                      \
    return ops::NAME<void>(a, b, Scalar(alpha));                                                    \
  }                                                                                                 \
  template <class Number, class Alpha, detail::IfNumbers<Number> = 0, detail::IfNumbers<Alpha> = 0> \
  Tensor NAME(const Tensor& a, Number b, Alpha alpha) {                                             \
    return ops::NAME<void>(a, Scalar(b), Scalar(alpha));                                            \
  }

TS2CPP_EPILOGUES(TS2CPP_PLAIN, TS2CPP_ONE, TS2CPP_TWO, TS2CPP_BOUND, TS2CPP_BOUNDS)
TS2CPP_ACTIVATION_FUNCTIONS(TS2CPP_PLAIN, TS2CPP_ONE, TS2CPP_TWO, TS2CPP_THREE)
TS2CPP_ARITHMETIC_FUNCTIONS(TS2CPP_PLAIN)
TS2CPP_TRANSCENDENTAL_FUNCTIONS(TS2CPP_PLAIN, TS2CPP_PAIR)
TS2CPP_PAIR_FUNCTIONS(TS2CPP_SCALED, TS2CPP_NUMBER, TS2CPP_PAIR)

#undef TS2CPP_PLAIN
#undef TS2CPP_ONE
#undef TS2CPP_TWO
#undef TS2CPP_THREE
#undef TS2CPP_BOUND
#undef TS2CPP_BOUNDS
#undef TS2CPP_PAIR
#undef TS2CPP_NUMBER
#undef TS2CPP_SCALED

}  // namespace math
}  // namespace ts2cpp
