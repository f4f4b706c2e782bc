// The rest of the arithmetic family: bounds, interpolation, logic and functions of two floats.
#pragma once

#include <cmath>
#include <complex>
#include <optional>
#include <string>

#include <ts2cpp/ops/arithmetic.hpp>

namespace ts2cpp::detail {

template <class Lazy>
Tensor float_power_in_place(const Tensor& self, const Input& exponent) {
  const DType wide = is_complex(common_dtype(self, exponent)) ? DType::complex128 : DType::float64;
  if (self.dtype() != wide) {
    raise("RuntimeError", {"the base given to float_power_ has dtype ", dtype_label(self.dtype()),
                           " but the operation's result requires dtype ", dtype_label(wide)});
  }
  return promoted_binary(FloatsAndComplex{}, "float_power", self, exponent, &self,
                         [](auto x, auto y) { return math::pow(x, y); });
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

template <class Lazy>
Tensor neg(const Tensor& self) {
  if (self.dtype() == DType::bool_) {
    raise("RuntimeError",
          "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
          "`~` or `logical_not()` operator instead.");
  }
  return detail::same_unary(detail::Numbers{}, "neg", self, nullptr, [](auto x) { return math::neg(x); });
}
template <class Lazy = void>
Tensor neg_(const Tensor& self) {
  if (self.dtype() == DType::bool_) {
    return neg<Lazy>(self);  // raises
  }
  return detail::same_unary(detail::Numbers{}, "neg_", self, &self, [](auto x) { return math::neg(x); });
}

/// Absolute value; the magnitude, a real number, for complex input.
template <class Lazy = void>
Tensor abs(const Tensor& self) {
  if (is_complex(self.dtype())) {
    const detail::Elementwise call{"abs", self.dtype(), to_real_dtype(self.dtype()), nullptr};
    return detail::elementwise(
        detail::TypeList<complex64, complex128>{}, call, [](auto x) { return std::abs(x); }, self);
  }
  return detail::same_unary(detail::Reals{}, "abs", self, nullptr, [](auto x) { return math::abs(x); });
}
template <class Lazy = void>
Tensor abs_(const Tensor& self) {
  if (is_complex(self.dtype())) {
    raise("RuntimeError", "In-place abs is not supported for complex tensors.");
  }
  return detail::same_unary(detail::Reals{}, "abs_", self, &self, [](auto x) { return math::abs(x); });
}

/// Limits the elements to [min, max], tensors or numbers; the bounds take part in the result type. Either may be absent
/// (std::nullopt), not both.
template <class Lazy = void>
Tensor clamp(const Tensor& self, const Bound& min = std::nullopt, const Bound& max = std::nullopt) {
  return detail::clamp_impl<Lazy>(self, min, max, nullptr);
}
template <class Lazy = void>
Tensor clamp_(const Tensor& self, const Bound& min = std::nullopt, const Bound& max = std::nullopt) {
  return detail::clamp_impl<Lazy>(self, min, max, &self);
}
template <class Lazy = void>
Tensor clamp_min(const Tensor& self, const Bound& min) {
  detail::check_not_bool_number("clamp_min_scalar", self, min);
  return detail::clamp_impl<Lazy>(self, min, std::nullopt, nullptr);
}
template <class Lazy = void>
Tensor clamp_min_(const Tensor& self, const Bound& min) {
  detail::check_not_bool_number("clamp_min_scalar", self, min);
  return detail::clamp_impl<Lazy>(self, min, std::nullopt, &self);
}
template <class Lazy = void>
Tensor clamp_max(const Tensor& self, const Bound& max) {
  detail::check_not_bool_number("clamp_max_scalar", self, max);
  return detail::clamp_impl<Lazy>(self, std::nullopt, max, nullptr);
}
template <class Lazy = void>
Tensor clamp_max_(const Tensor& self, const Bound& max) {
  detail::check_not_bool_number("clamp_max_scalar", self, max);
  return detail::clamp_impl<Lazy>(self, std::nullopt, max, &self);
}

/// self + weight * (end - self)
template <class Lazy = void>
Tensor lerp(const Tensor& self, const Tensor& end, const Scalar& weight) {
  return detail::lerp_impl<Lazy>(self, end, weight, nullptr);
}
template <class Lazy = void>
Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight) {
  detail::check_lerp_weight(self, weight);
  return detail::lerp_impl<Lazy>(self, end, weight, nullptr);
}
template <class Lazy = void>
Tensor lerp_(const Tensor& self, const Tensor& end, const Scalar& weight) {
  return detail::lerp_impl<Lazy>(self, end, weight, &self);
}
template <class Lazy = void>
Tensor lerp_(const Tensor& self, const Tensor& end, const Tensor& weight) {
  detail::check_lerp_weight(self, weight);
  return detail::lerp_impl<Lazy>(self, end, weight, &self);
}

/// self + value * tensor1 * tensor2
template <class Lazy = void>
Tensor addcmul(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) {
  return detail::addcmul_impl<Lazy>(self, tensor1, tensor2, value, nullptr);
}
template <class Lazy = void>
Tensor addcmul_(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) {
  return detail::addcmul_impl<Lazy>(self, tensor1, tensor2, value, &self);
}
/// self + value * tensor1 / tensor2
template <class Lazy = void>
Tensor addcdiv(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) {
  return detail::addcdiv_impl<Lazy>(self, tensor1, tensor2, value, nullptr);
}
template <class Lazy = void>
Tensor addcdiv_(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) {
  return detail::addcdiv_impl<Lazy>(self, tensor1, tensor2, value, &self);
}

/// Elementwise extremes with a tensor: the two-tensor forms of max and min.
template <class Lazy = void>
Tensor max(const Tensor& self, const Tensor& other) {
  return detail::maximum_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor min(const Tensor& self, const Tensor& other) {
  return detail::minimum_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor fmax(const Tensor& self, const Tensor& other) {
  detail::check_ordered("fmax", result_type(self, other));
  return detail::promoted_binary(detail::RealsAndBool{}, "fmax", self, other, nullptr,
                                 [](auto x, auto y) { return math::fmax(x, y); });
}
template <class Lazy = void>
Tensor fmin(const Tensor& self, const Tensor& other) {
  detail::check_ordered("fmin", result_type(self, other));
  return detail::promoted_binary(detail::RealsAndBool{}, "fmin", self, other, nullptr,
                                 [](auto x, auto y) { return math::fmin(x, y); });
}

// Functions of two tensors that are computed in floats.
#define TS2CPP_FLOAT_PAIR(NAME, EXPRESSION)                                                                    \
  template <class Lazy = void>                                                                                 \
  Tensor NAME(const Tensor& self, const Tensor& other) {                                                       \
    return detail::float_pair<Lazy>(#NAME, self, other, nullptr, [](auto x, auto y) { return EXPRESSION; });   \
  }                                                                                                            \
  template <class Lazy = void>                                                                                 \
  Tensor NAME##_(const Tensor& self, const Tensor& other) {                                                    \
    return detail::float_pair<Lazy>(#NAME "_", self, other, &self, [](auto x, auto y) { return EXPRESSION; }); \
  }
TS2CPP_FLOAT_PAIR(atan2, math::atan2(x, y))
TS2CPP_FLOAT_PAIR(copysign, std::copysign(x, y))
#undef TS2CPP_FLOAT_PAIR

// Functions of two tensors that floats alone have.
#define TS2CPP_FLOATS_ONLY(NAME, EXPRESSION)                                        \
  template <class Lazy = void>                                                      \
  Tensor NAME(const Tensor& self, const Tensor& other) {                            \
    return detail::promoted_binary(detail::Floats{}, #NAME, self, other, nullptr,   \
                                   [](auto x, auto y) { return EXPRESSION; });      \
  }                                                                                 \
  template <class Lazy = void>                                                      \
  Tensor NAME##_(const Tensor& self, const Tensor& other) {                         \
    return detail::promoted_binary(detail::Floats{}, #NAME "_", self, other, &self, \
                                   [](auto x, auto y) { return EXPRESSION; });      \
  }
TS2CPP_FLOATS_ONLY(hypot, std::hypot(x, y))
TS2CPP_FLOATS_ONLY(nextafter, std::nextafter(x, y))
TS2CPP_FLOATS_ONLY(logaddexp2, math::logaddexp2(x, y))
#undef TS2CPP_FLOATS_ONLY

template <class Lazy = void>
Tensor copysign(const Tensor& self, const Scalar& other) {
  return detail::float_binary(detail::Floats{}, "copysign", self, other, nullptr,
                              [](auto x, auto y) { return std::copysign(x, y); });
}
template <class Lazy = void>
Tensor copysign_(const Tensor& self, const Scalar& other) {
  return detail::float_binary(detail::Floats{}, "copysign_", self, other, &self,
                              [](auto x, auto y) { return std::copysign(x, y); });
}

/// log(exp(self) + exp(other))
template <class Lazy = void>
Tensor logaddexp(const Tensor& self, const Tensor& other) {
  return detail::promoted_binary(detail::FloatsAndComplex{}, "logaddexp", self, other, nullptr,
                                 [](auto x, auto y) { return math::logaddexp(x, y); });
}

/// self * 2 ** other
template <class Lazy = void>
Tensor ldexp(const Tensor& self, const Tensor& other) {
  return mul<Lazy>(self, pow<Lazy>(Scalar(2.0), other));
}
template <class Lazy = void>
Tensor ldexp_(const Tensor& self, const Tensor& other) {
  return mul_<Lazy>(self, pow<Lazy>(Scalar(2.0), other));
}

/// x * log(y), 0 where x is 0 (unless y is nan).
template <class Lazy = void>
Tensor xlogy(const Tensor& self, const Tensor& other) {
  return detail::float_pair<Lazy>("xlogy", self, other, nullptr, [](auto x, auto y) { return math::xlogy(x, y); });
}
template <class Lazy = void>
Tensor xlogy(const Tensor& self, const Scalar& other) {
  return detail::float_binary(detail::Floats{}, "xlogy", self, other, nullptr,
                              [](auto x, auto y) { return math::xlogy(x, y); });
}
template <class Lazy = void>
Tensor xlogy(const Scalar& self, const Tensor& other) {
  return detail::float_binary(detail::Floats{}, "xlogy", self, other, nullptr,
                              [](auto x, auto y) { return math::xlogy(x, y); });
}
template <class Lazy = void>
Tensor xlogy_(const Tensor& self, const Tensor& other) {
  return detail::float_pair<Lazy>("xlogy", self, other, &self, [](auto x, auto y) { return math::xlogy(x, y); });
}
template <class Lazy = void>
Tensor xlogy_(const Tensor& self, const Scalar& other) {
  return detail::float_binary(detail::Floats{}, "xlogy", self, other, &self,
                              [](auto x, auto y) { return math::xlogy(x, y); });
}

/// Powers computed in float64 (complex128 for complex operands).
template <class Lazy = void>
Tensor float_power(const Tensor& self, const Tensor& exponent) {
  const DType wide = is_complex(result_type(self, exponent)) ? DType::complex128 : DType::float64;
  return detail::elementwise(
      detail::FloatsAndComplex{}, detail::Elementwise{"float_power", wide, wide, nullptr},
      [](auto x, auto y) { return math::pow(x, y); }, self, exponent);
}
template <class Lazy = void>
Tensor float_power(const Tensor& self, const Scalar& exponent) {
  const DType wide = is_complex(result_type(self, exponent)) ? DType::complex128 : DType::float64;
  return detail::elementwise(
      detail::FloatsAndComplex{}, detail::Elementwise{"float_power", wide, wide, nullptr},
      [](auto x, auto y) { return math::pow(x, y); }, self, exponent);
}

template <class Lazy = void>
Tensor float_power(const Scalar& self, const Tensor& exponent) {
  const DType wide = is_complex(result_type(self, exponent)) ? DType::complex128 : DType::float64;
  return detail::elementwise(
      detail::FloatsAndComplex{}, detail::Elementwise{"float_power", wide, wide, nullptr},
      [](auto x, auto y) { return math::pow(x, y); }, self, exponent);
}

template <class Lazy = void>
Tensor float_power_(const Tensor& self, const Tensor& exponent) {
  return detail::float_power_in_place<Lazy>(self, exponent);
}
template <class Lazy = void>
Tensor float_power_(const Tensor& self, const Scalar& exponent) {
  return detail::float_power_in_place<Lazy>(self, exponent);
}

template <class Lazy = void>
Tensor gcd(const Tensor& self, const Tensor& other) {
  return detail::promoted_binary(detail::Integers{}, "gcd", self, other, nullptr,
                                 [](auto x, auto y) { return math::gcd(x, y); });
}
template <class Lazy = void>
Tensor gcd_(const Tensor& self, const Tensor& other) {
  return detail::promoted_binary(detail::Integers{}, "gcd", self, other, &self,
                                 [](auto x, auto y) { return math::gcd(x, y); });
}

template <class Lazy = void>
Tensor bitwise_not(const Tensor& self) {
  const auto op = [](auto x) {
    if constexpr (std::is_same_v<decltype(x), bool>) {
      return !x;
    } else {
      return static_cast<decltype(x)>(~x);
    }
  };
  return detail::same_unary(detail::IntegersAndBool{}, "bitwise_not", self, nullptr, op);
}
template <class Lazy = void>
Tensor bitwise_not_(const Tensor& self) {
  detail::check_writable(self);
  detail::copy_elements(self, bitwise_not<Lazy>(self));
  return self;
}

}  // namespace ts2cpp::ops

namespace ts2cpp::detail {

template <class Lazy>
Tensor lcm_impl(const Tensor& self, const Tensor& other, const Tensor* out) {
  return promoted_binary(Integers{}, "lcm", self, other, out, [](auto x, auto y) {
    using T = decltype(x);
    const T divisor = math::gcd(x, y);
    return divisor == 0 ? T(0) : static_cast<T>(math::abs(math::mul(static_cast<T>(x / divisor), y)));
  });
}

template <class Lazy>
Tensor heaviside_impl(const Tensor& self, const Tensor& values, const Tensor* out) {
  if (self.dtype() != values.dtype()) {
    raise("RuntimeError", "heaviside is not yet implemented for tensors with different dtypes.");
  }
  return promoted_binary(RealsAndBool{}, "heaviside", self, values, out, [](auto x, auto y) {
    using T = decltype(x);
    return static_cast<T>(x != x ? x : x == T(0) ? y : x > T(0) ? T(1) : T(0));
  });
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

template <class Lazy = void>
Tensor lcm(const Tensor& self, const Tensor& other) {
  return detail::lcm_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor lcm_(const Tensor& self, const Tensor& other) {
  return detail::lcm_impl<Lazy>(self, other, &self);
}

/// 0 below zero, 1 above, `values` at zero; nan stays.
template <class Lazy = void>
Tensor heaviside(const Tensor& self, const Tensor& values) {
  return detail::heaviside_impl<Lazy>(self, values, nullptr);
}
template <class Lazy = void>
Tensor heaviside_(const Tensor& self, const Tensor& values) {
  return detail::heaviside_impl<Lazy>(self, values, &self);
}

}  // namespace ts2cpp::ops
