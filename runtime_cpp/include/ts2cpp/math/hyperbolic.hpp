// Hyperbolic functions of one element and their inverses. The float versions of the first are free of branches, so that
// loops over them vectorise; NOTICE says what their coefficients follow.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/double_double.hpp>
#include <ts2cpp/math/series.hpp>
#include <ts2cpp/math/transcendental.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

// (tanh(x) / x - 1) / x^2 as a polynomial of x^2 for |x| <= 0.55
inline constexpr double kTanh[] = {-2.0602765376366344e-05, 8.511313685577672e-05, -0.0002346347410887237,
                                   0.0005889360520074057,   -0.001455661830100716, 0.003592110378689024,
                                   -0.008863234397814355,   0.021869488493666944,  -0.053968253967434016,
                                   0.13333333333332714,     -0.3333333333333333};

// (sinh(x) / x - 1) / x^2 as a polynomial of x^2 for |x| <= 0.6
inline constexpr double kSinh[] = {7.682667445909965e-13,  1.6058867965216057e-10, 2.5052108817277285e-08,
                                   2.7557319223441674e-06, 0.00019841269841270167, 0.008333333333333333,
                                   0.16666666666666666};

}  // namespace detail

template <class T>
T tanh(T x) {
  return std::tanh(x);
}
inline double tanh(double x) noexcept {
  using namespace detail;
  const double magnitude = std::fabs(x);
  if (magnitude < 0.55) {
    const double square = x * x;
    return std::copysign(x + x * square * long_polynomial(square, kTanh), x);
  }
  if (magnitude > 22.0) {
    return std::copysign(1.0, x);
  }
  // 1 - 2 / (e^2x + 1), with what the sums round away
  const double grown = std::exp(2.0 * magnitude);
  const double sum = grown + 1.0;
  const double below = 2.0 / sum;
  const double above = 1.0 - below;
  const double rest = ((1.0 - above) - below) + 0.5 * below * below * ((1.0 - sum) + grown);
  return std::copysign(above + rest, x);
}
inline float tanh(float x) noexcept {
  // A polynomial about the end where its error counts: its terms stay small beside the first.
  const float w = x * x - 0.4f;
  const float w2 = w * w;
  const float p =
      (((-0.00040653275f * w2 + (0.0013086748f * w - 0.0036097786f)) * w2 + (0.010311905f * w - 0.029592177f)) * w2 +
       (0.08501619f * w - 0.24792185f)) *
          w -
      0.11497221f;
  const float near_zero = x + x * p;
  const float magnitude = std::fabs(x);
  // 1 - 2 / (e^2|x| + 1)
  const float twice = magnitude + magnitude;
  const float bounded = 19.0f < twice ? 19.0f : twice;  // nan passes
  const float shifted = bounded * 1.44269504f + detail::kPowerShift;
  const float n = shifted - detail::kPowerShift;
  const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  const float power = detail::power_of_two(shifted);
  const float far = 1.0f - 2.0f / ((power + 1.0f) + (r + detail::exp_tail(r)) * power);
  return std::copysign(magnitude < 0.95f ? near_zero : far, x);
}

template <class T>
T sinh(T x) {
  return std::sinh(x);
}
inline double sinh(double x) noexcept {
  using namespace detail;
  const double magnitude = std::fabs(x);
  if (magnitude < 0.6) {
    const double square = x * x;
    return std::copysign(x + x * square * long_polynomial(square, kSinh), x);
  }
  if (!(magnitude < 711.0)) {
    return x * std::numeric_limits<double>::infinity();
  }
  const ScaledDoubleDouble grown = precise_exp(DoubleDouble{magnitude});
  DoubleDouble half = grown.value;
  if (magnitude < 40.0) {  // (e^x - e^-x) / 2, at the size of the first
    const DoubleDouble inverse = quotient(DoubleDouble{1.0}, grown.value);
    const double scale = wide_power_of_two(-2 * grown.exponent);
    half = difference(half, {inverse.high * scale, inverse.low * scale});
  }
  return std::copysign(scaled(half.high, grown.exponent - 1), x);
}
inline float sinh(float x) noexcept {
  const double wide = static_cast<double>(x);
  const double square = wide * wide;
  double q = 0.00019944874441589592;
  q = q * square + 0.008333236133521863;
  q = q * square + 0.16666666801683436;
  const double near_zero = wide + wide * square * q;
  const double magnitude = std::fabs(wide);
  const double grown = detail::float_exp(90.0 < magnitude ? 90.0 : magnitude);  // nan passes
  const double far = 0.5 * (grown - 1.0 / grown);
  return std::copysign(static_cast<float>(magnitude < 0.5 ? near_zero : far), x);
}
template <class T>
T cosh(T x) {
  return std::cosh(x);
}
inline float cosh(float x) noexcept {
  const double magnitude = std::fabs(static_cast<double>(x));
  const double grown = detail::float_exp(90.0 < magnitude ? 90.0 : magnitude);  // nan passes
  return static_cast<float>(0.5 * (grown + 1.0 / grown));
}
template <class T>
T asinh(T x) {
  return std::asinh(x);
}
template <class T>
T acosh(T x) {
  return std::acosh(x);
}
template <class T>
T atanh(T x) {
  return std::atanh(x);
}
inline double atanh(double x) noexcept {
  using namespace detail;
  const double magnitude = std::fabs(x);
  if (magnitude < 0.17) {
    const double square = x * x;
    return std::copysign(x + x * square * long_polynomial(square, kAtanh), x);
  }
  if (!(magnitude < 1.0)) {
    return std::atanh(x);
  }
  const DoubleDouble ratio = quotient(exact_sum(1.0, magnitude), exact_difference(1.0, magnitude));
  return std::copysign(0.5 * precise_log(ratio).high, x);
}
inline float atanh(float x) noexcept {
  const double wide = static_cast<double>(x);
  const double square = wide * wide;
  const double value = square < 0.0289 ? wide + wide * square * detail::long_polynomial(square, detail::kAtanh)
                                       : 0.5 * std::log((1.0 + wide) / (1.0 - wide));
  return std::copysign(static_cast<float>(value), x);
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
