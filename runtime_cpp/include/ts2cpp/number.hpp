// Arithmetic on numbers whose kind is known at run time only (TorchScript's `Scalar`), and functions of the math
// module.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <string>
#include <type_traits>

#include <ts2cpp/error.hpp>
#include <ts2cpp/python.hpp>
#include <ts2cpp/scalar.hpp>

namespace ts2cpp {
namespace detail {

/// The wider of the kinds of two numbers decides what is computed; bools count as ints.
template <class Ints, class Floats, class Complexes>
Scalar combine(const Scalar& a, const Scalar& b, Ints ints, Floats floats, Complexes complexes) {
  if (a.is_complex() || b.is_complex()) {
    return Scalar(complexes(a.to_complex(), b.to_complex()));
  }
  if (a.is_float() || b.is_float()) {
    return Scalar(floats(a.to_double(), b.to_double()));
  }
  return Scalar(ints(a.to_int(), b.to_int()));
}

template <class Compare>
bool ordered(const Scalar& a, const Scalar& b, Compare compare) {
  if (a.is_integral(true) && b.is_integral(true)) {
    return compare(a.to_int(), b.to_int());
  }
  return compare(a.to_double(), b.to_double());
}

}  // namespace detail

inline Scalar add(const Scalar& a, const Scalar& b) {
  return detail::combine(
      a, b, wrapping_add, [](double x, double y) { return x + y; }, [](auto x, auto y) { return x + y; });
}
inline Scalar sub(const Scalar& a, const Scalar& b) {
  return detail::combine(
      a, b, wrapping_sub, [](double x, double y) { return x - y; }, [](auto x, auto y) { return x - y; });
}
inline Scalar mul(const Scalar& a, const Scalar& b) {
  return detail::combine(
      a, b, wrapping_mul, [](double x, double y) { return x * y; }, [](auto x, auto y) { return x * y; });
}
inline double div(const Scalar& a, const Scalar& b) { return a.to_double() / b.to_double(); }
inline Scalar floordiv(const Scalar& a, const Scalar& b) {
  if (a.is_integral(true) && b.is_integral(true)) {
    return Scalar(floor_div(a.to_int(), b.to_int()));
  }
  return Scalar(floor_div(a.to_double(), b.to_double()));
}
inline Scalar remainder(const Scalar& a, const Scalar& b) {
  if (a.is_integral(true) && b.is_integral(true)) {
    return Scalar(floor_mod(a.to_int(), b.to_int()));
  }
  return Scalar(floor_mod(a.to_double(), b.to_double()));
}
inline double fmod(const Scalar& a, const Scalar& b) { return std::fmod(a.to_double(), b.to_double()); }
inline double mathremainder(const Scalar& a, const Scalar& b) { return std::remainder(a.to_double(), b.to_double()); }
inline Scalar pow(const Scalar& a, const Scalar& b) { return Scalar(power(a.to_double(), b.to_double())); }
inline Scalar neg(const Scalar& a) { return sub(Scalar(std::int64_t{0}), a); }
inline Scalar abs(const Scalar& a) {
  if (a.is_complex()) {
    return Scalar(std::abs(a.to_complex()));
  }
  return a.is_float() ? Scalar(std::abs(a.to_double()))
                      : Scalar(a.to_int() < 0 ? wrapping_neg(a.to_int()) : a.to_int());
}
inline bool eq(const Scalar& a, const Scalar& b) {
  return a.is_complex() || b.is_complex() ? a.to_complex() == b.to_complex()
                                          : detail::ordered(a, b, [](auto x, auto y) { return x == y; });
}
inline bool ne(const Scalar& a, const Scalar& b) { return !eq(a, b); }
inline bool lt(const Scalar& a, const Scalar& b) {
  return detail::ordered(a, b, [](auto x, auto y) { return x < y; });
}
inline bool le(const Scalar& a, const Scalar& b) {
  return detail::ordered(a, b, [](auto x, auto y) { return x <= y; });
}
inline bool gt(const Scalar& a, const Scalar& b) { return lt(b, a); }
inline bool ge(const Scalar& a, const Scalar& b) { return le(b, a); }
inline Scalar max(const Scalar& a, const Scalar& b) { return gt(a, b) ? a : b; }
inline Scalar min(const Scalar& a, const Scalar& b) { return lt(a, b) ? a : b; }

/// floor and ceil give ints; infinities and NaN have none.
inline std::int64_t floor(const Scalar& a) { return a.is_float() ? floor_to_int(a.to_double()) : a.to_int(); }
inline std::int64_t ceil(const Scalar& a) { return a.is_float() ? ceil_to_int(a.to_double()) : a.to_int(); }
inline double round(const Scalar& a) { return round_half_even(a.to_double()); }

inline double sqrt(const Scalar& a) { return std::sqrt(a.to_double()); }
inline double exp(const Scalar& a) { return std::exp(a.to_double()); }
inline double log(const Scalar& a) { return std::log(a.to_double()); }
inline double log(const Scalar& a, const Scalar& base) { return std::log(a.to_double()) / std::log(base.to_double()); }
inline double log10(const Scalar& a) { return std::log10(a.to_double()); }
inline double log1p(const Scalar& a) { return std::log1p(a.to_double()); }
inline double expm1(const Scalar& a) { return std::expm1(a.to_double()); }
inline double sin(const Scalar& a) { return std::sin(a.to_double()); }
inline double cos(const Scalar& a) { return std::cos(a.to_double()); }
inline double tan(const Scalar& a) { return std::tan(a.to_double()); }
inline double asin(const Scalar& a) { return std::asin(a.to_double()); }
inline double acos(const Scalar& a) { return std::acos(a.to_double()); }
inline double atan(const Scalar& a) { return std::atan(a.to_double()); }
inline double sinh(const Scalar& a) { return std::sinh(a.to_double()); }
inline double cosh(const Scalar& a) { return std::cosh(a.to_double()); }
inline double tanh(const Scalar& a) { return std::tanh(a.to_double()); }
inline double asinh(const Scalar& a) { return std::asinh(a.to_double()); }
inline double acosh(const Scalar& a) { return std::acosh(a.to_double()); }
inline double atanh(const Scalar& a) { return std::atanh(a.to_double()); }
inline double fabs(const Scalar& a) { return std::fabs(a.to_double()); }
inline double erf(const Scalar& a) { return std::erf(a.to_double()); }
inline double erfc(const Scalar& a) { return std::erfc(a.to_double()); }
/// log |gamma(a)|, without std::lgamma's global variable.
inline double lgamma(const Scalar& a) {
#if defined(__GLIBC__)
  int sign = 0;
  return ::lgamma_r(a.to_double(), &sign);
#else
  return std::lgamma(a.to_double());
#endif
}
inline double gamma(const Scalar& a) { return std::tgamma(a.to_double()); }
inline double copysign(const Scalar& a, const Scalar& b) { return std::copysign(a.to_double(), b.to_double()); }
inline double atan2(const Scalar& a, const Scalar& b) { return std::atan2(a.to_double(), b.to_double()); }
inline double ldexp(const Scalar& a, std::int64_t exponent) {
  const std::int64_t limited = exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : exponent;
  return std::ldexp(a.to_double(), static_cast<int>(limited));
}
inline bool isnan(const Scalar& a) { return std::isnan(a.to_double()); }
inline bool isinf(const Scalar& a) { return std::isinf(a.to_double()); }
inline bool isfinite(const Scalar& a) { return std::isfinite(a.to_double()); }

/// a ** b of two ints as an int (torch.jit's pow.int_to_int).
inline std::int64_t int_pow(std::int64_t a, std::int64_t b) { return integer_power(a, b); }
/// a / b rounded towards zero.
inline std::int64_t trunc_div(std::int64_t a, std::int64_t b) {
  if (b == 0) {
    raise("ZeroDivisionError", "division by zero");
  }
  return b == -1 ? wrapping_neg(a) : a / b;
}

}  // namespace ts2cpp
