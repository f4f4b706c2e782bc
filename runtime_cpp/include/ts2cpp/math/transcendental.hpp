// Elementary functions of one element. The float versions are free of branches and of library calls, so that loops
// over them vectorise; their polynomials were fitted for this project and are accurate to about 2 ulp (whose work they
// follow otherwise, NOTICE says). The double and complex versions are those of the standard library.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/floating_point.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

template <class T>
inline constexpr bool is_complex_v = std::is_same_v<T, complex64> || std::is_same_v<T, complex128>;

namespace detail {

using ts2cpp::detail::bits_to_float;
using ts2cpp::detail::float_to_bits;

inline constexpr float kRoundingShift = 12582912.0f;  // 1.5 * 2^23: adding it leaves no bits for a fraction

/// 2^n for -126 <= n <= 127.
inline float power_of_two(std::int32_t n) noexcept { return bits_to_float(static_cast<std::uint32_t>(n + 127) << 23); }

/// value * 2^n for |n| <= 252, with gradual underflow: 2^n alone may not be a float.
inline float scale_by_power(float value, std::int32_t n) noexcept {
  const std::int32_t first = n >> 1;
  return value * power_of_two(first) * power_of_two(n - first);
}

/// e^r - 1 - r for |r| <= ln(2)/2.
inline float exp_tail(float r) noexcept {
  float q = 0.0013901334f;
  q = q * r + 0.00836325996f;
  q = q * r + 0.0416668542f;
  q = q * r + 0.166665763f;
  q = q * r + 0.5f;
  return q * r * r;
}

/// log(1 + f) - f for 1 + f between 1/sqrt(2) and sqrt(2).
inline float log_tail(float f) noexcept {
  float q = 0.0703767464f;
  q = q * f - 0.115146041f;
  q = q * f + 0.116769992f;
  q = q * f - 0.124201417f;
  q = q * f + 0.142493233f;
  q = q * f - 0.166680574f;
  q = q * f + 0.200007141f;
  q = q * f - 0.24999994f;
  q = q * f + 0.333333313f;
  const float f2 = f * f;
  return q * f2 * f - 0.5f * f2;
}

/// x = (1 + fraction) * 2^exponent for positive finite x, 1 + fraction between 1/sqrt(2) and sqrt(2).
struct SplitFloat {
  float fraction;
  float exponent;
};

inline SplitFloat split(float x) noexcept {
  const bool tiny = x < std::numeric_limits<float>::min();
  const std::uint32_t bits = float_to_bits(tiny ? x * 8388608.0f : x);
  // Subtracting the bits of 1/sqrt(2) makes the exponent field count from there.
  const std::uint32_t shifted = bits - 0x3f3504f3u;
  const auto exponent = static_cast<std::int32_t>(shifted) >> 23;
  const float mantissa = bits_to_float(bits - (static_cast<std::uint32_t>(exponent) << 23));
  return {mantissa - 1.0f, static_cast<float>(exponent) - (tiny ? 23.0f : 0.0f)};
}

/// The logarithm's values where the polynomial does not hold.
inline float log_special(float x, float result) noexcept {
  result = x == 0.0f ? -std::numeric_limits<float>::infinity() : result;
  result = x == std::numeric_limits<float>::infinity() ? x : result;
  return x >= 0.0f ? result : std::numeric_limits<float>::quiet_NaN();  // negative or nan
}

/// Sine (`quadrant_shift` 0) or cosine (1). The argument is reduced in double, which is exact enough for
/// |x| < 5e8; beyond that neighbouring floats are many periods apart.
inline float sine(float x, std::int64_t quadrant_shift) noexcept {
  const double wide = static_cast<double>(x);
  constexpr double shift = 6755399441055744.0;  // 1.5 * 2^52
  const double shifted = wide * 0.63661977236758134308 + shift;
  std::int64_t quadrant;
  std::memcpy(&quadrant, &shifted, sizeof quadrant);
  quadrant += quadrant_shift;
  const double turns = shifted - shift;
  // pi/2 in three parts, the first two short enough for exact products.
  const double reduced =
      ((wide - turns * 1.5707962512969971) - turns * 7.549789415861596e-08) - turns * 5.390302858158119e-15;
  const float r = static_cast<float>(reduced);
  const float r2 = r * r;
  float s = 2.72432453e-06f;
  s = s * r2 - 0.000198400332f;
  s = s * r2 + 0.00833333191f;
  s = s * r2 - 0.166666672f;
  s = r + r * r2 * s;
  float c = 2.45425235e-05f;
  c = c * r2 - 0.00138882769f;
  c = c * r2 + 0.0416666642f;
  c = (1.0f - 0.5f * r2) + r2 * r2 * c;
  const auto low_bits = static_cast<std::uint32_t>(quadrant);
  const float value = (low_bits & 1u) != 0 ? c : s;
  return bits_to_float(float_to_bits(value) ^ ((low_bits & 2u) << 30));
}

}  // namespace detail

template <class T>
T exp(T x) {
  return std::exp(x);
}
inline float exp(float x) noexcept {
  // Outside these bounds the result is 0 or infinity anyway. In this form nan passes, and each line is one instruction.
  const float raised = -104.0f > x ? -104.0f : x;
  const float bounded = 89.0f < raised ? 89.0f : raised;
  const float shifted = bounded * 1.44269504f + detail::kRoundingShift;
  const float n = shifted - detail::kRoundingShift;
  const auto count =
      static_cast<std::int32_t>(detail::float_to_bits(shifted) - detail::float_to_bits(detail::kRoundingShift));
  const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;       // ln(2), its first part exact in products
  return detail::scale_by_power(1.0f + (r + detail::exp_tail(r)), count);  // nan times anything is nan
}

template <class T>
T exp2(T x) {
  if constexpr (is_complex_v<T>) {
    return std::exp(x * typename T::value_type(0.693147180559945309417));
  } else {
    return std::exp2(x);
  }
}
inline float exp2(float x) noexcept {
  const float raised = -151.0f > x ? -151.0f : x;
  const float bounded = 129.0f < raised ? 129.0f : raised;
  const float shifted = bounded + detail::kRoundingShift;
  const auto count =
      static_cast<std::int32_t>(detail::float_to_bits(shifted) - detail::float_to_bits(detail::kRoundingShift));
  const float r = (bounded - (shifted - detail::kRoundingShift)) * 0.693147181f;
  return detail::scale_by_power(1.0f + (r + detail::exp_tail(r)), count);
}

template <class T>
T expm1(T x) {
  if constexpr (is_complex_v<T>) {
    // (e^a - 1) cos b + (cos b - 1), without cancellation near 0.
    using Part = typename T::value_type;
    const Part half = std::sin(x.imag() / Part(2));
    const Part grown = std::expm1(x.real());
    return {grown * std::cos(x.imag()) - Part(2) * half * half, (grown + Part(1)) * std::sin(x.imag())};
  } else {
    return std::expm1(x);
  }
}
inline float expm1(float x) noexcept {
  float q = 0.000198756286f;
  q = q * x + 0.0013981997f;
  q = q * x + 0.00833345205f;
  q = q * x + 0.0416657962f;
  q = q * x + 0.166666657f;
  q = q * x + 0.5f;
  const float near_zero = x + x * x * q;
  return std::fabs(x) < 0.5f ? near_zero : exp(x) - 1.0f;
}

template <class T>
T log(T x) {
  return std::log(x);
}
inline float log(float x) noexcept {
  const detail::SplitFloat parts = detail::split(x);
  const float low = parts.exponent * -2.12194440e-4f + detail::log_tail(parts.fraction);
  return detail::log_special(x, parts.exponent * 0.693359375f + (parts.fraction + low));
}

template <class T>
T log2(T x) {
  if constexpr (is_complex_v<T>) {
    return std::log(x) / typename T::value_type(0.693147180559945309417);
  } else {
    return std::log2(x);
  }
}
inline float log2(float x) noexcept {
  const detail::SplitFloat parts = detail::split(x);
  const float tail = detail::log_tail(parts.fraction);
  // 1/ln(2) = 1 + 0.4427: the sum keeps what the product would round away.
  const float low = (parts.fraction + tail) * 0.442695041f + tail;
  return detail::log_special(x, parts.exponent + (parts.fraction + low));
}

template <class T>
T log10(T x) {
  return std::log10(x);
}

template <class T>
T log1p(T x) {
  if constexpr (is_complex_v<T>) {
    // |1 + z|^2 = 1 + a (2 + a) + b^2, without cancellation near 0.
    using Part = typename T::value_type;
    const Part a = x.real();
    const Part b = x.imag();
    if (std::hypot(a, b) < Part(0.5)) {
      return {Part(0.5) * std::log1p(a * (Part(2) + a) + b * b), std::atan2(b, Part(1) + a)};
    }
    return std::log(T(1) + x);
  } else {
    return std::log1p(x);
  }
}
inline float log1p(float x) noexcept {
  const float sum = 1.0f + x;
  // What the addition rounded away, relative to the sum.
  const float lost = (x - (sum - 1.0f)) / sum;
  const float large = log(sum) + (sum < std::numeric_limits<float>::infinity() && sum > 0.0f ? lost : 0.0f);
  const float small = x + detail::log_tail(x);
  return std::fabs(x) < 0.25f ? small : large;
}

template <class T>
T sqrt(T x) {
  return std::sqrt(x);
}

template <class T>
T rsqrt(T x) {
  return T(1) / std::sqrt(x);
}

template <class T>
T sin(T x) {
  return std::sin(x);
}
inline float sin(float x) noexcept { return detail::sine(x, 0); }

template <class T>
T cos(T x) {
  return std::cos(x);
}
inline float cos(float x) noexcept { return detail::sine(x, 1); }

template <class T>
T tan(T x) {
  return std::tan(x);
}

template <class T>
T tanh(T x) {
  return std::tanh(x);
}
inline float tanh(float x) noexcept {
  const float x2 = x * x;
  float q = -0.00609694095f;
  q = q * x2 + 0.0209973566f;
  q = q * x2 - 0.0538509525f;
  q = q * x2 + 0.133327708f;
  q = q * x2 - 0.333333284f;
  const float near_zero = x + x * x2 * q;
  const float magnitude = std::fabs(x);
  const float far = std::copysign(1.0f - 2.0f / (exp(2.0f * magnitude) + 1.0f), x);
  return magnitude < 0.625f ? near_zero : far;
}

template <class T>
T erf(T x) {
  return std::erf(x);
}
inline float erf(float x) noexcept {
  const float x2 = x * x;
  float p = 7.85386073e-05f;
  p = p * x2 - 0.000801019371f;
  p = p * x2 + 0.00518832775f;
  p = p * x2 - 0.0268538129f;
  p = p * x2 + 0.112835854f;
  p = p * x2 - 0.37612626f;
  p = p * x2 + 0.128379166f;  // 2/sqrt(pi) - 1
  const float near_zero = x + x * p;
  const float magnitude = std::fabs(x);
  const float t = magnitude > 4.1f ? 4.1f : magnitude;
  float q = -1.45003669e-05f;
  q = q * t + 0.000338822283f;
  q = q * t - 0.00359399803f;
  q = q * t + 0.023244381f;
  q = q * t - 0.104741402f;
  q = q * t - 0.637222052f;
  q = q * t - 1.12723589f;
  q = q * t - 0.00038076131f;
  const float far = std::copysign(1.0f - exp(q), x);
  return magnitude <= 1.0f ? near_zero : magnitude > 1.0f ? far : x;
}

template <class T>
T erfc(T x) {
  return std::erfc(x);
}

/// 1 / (1 + e^-x)
template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + exp(-x));
}

template <class T>
T asin(T x) {
  return std::asin(x);
}
template <class T>
T acos(T x) {
  return std::acos(x);
}
template <class T>
T atan(T x) {
  return std::atan(x);
}
template <class T>
T sinh(T x) {
  return std::sinh(x);
}
template <class T>
T cosh(T x) {
  return std::cosh(x);
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
template <class T>
T atan2(T y, T x) {
  return std::atan2(y, x);
}
template <class T>
T lgamma(T x) {
  return std::lgamma(x);
}

template <class T>
T deg2rad(T x) {
  return x * T(0.017453292519943295769);
}
template <class T>
T rad2deg(T x) {
  return x * T(57.295779513082320877);
}

/// Inverse of erf on (-1, 1): a starting value refined by Newton steps in double.
template <class T>
T erfinv(T x) {
  const double y = static_cast<double>(x);
  if (!(y > -1.0 && y < 1.0)) {
    return std::fabs(y) == 1.0 ? static_cast<T>(y * std::numeric_limits<double>::infinity())
                               : std::numeric_limits<T>::quiet_NaN();
  }
  const double tail = std::log1p(-y * y);
  const double middle = 4.3307467508 + 0.5 * tail;
  double root = std::copysign(std::sqrt(std::sqrt(middle * middle - tail / 0.147) - middle), y);
  for (int step = 0; step < 3; ++step) {
    // erfc keeps the digits that erf loses near 1.
    const double error = y > 0.5    ? (1.0 - y) - std::erfc(root)
                         : y < -0.5 ? std::erfc(-root) - (1.0 + y)
                                    : std::erf(root) - y;
    root -= error / (1.1283791670955126 * std::exp(-root * root));
  }
  return static_cast<T>(root);
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END

// Those that fused loops call are functions of whole tensors too (tensor_functions.hpp).
#define TS2CPP_TRANSCENDENTAL_FUNCTIONS(PLAIN, PAIR) \
  PLAIN(acos)                                        \
  PLAIN(acosh)                                       \
  PLAIN(asin)                                        \
  PLAIN(asinh)                                       \
  PLAIN(atan)                                        \
  PLAIN(atanh)                                       \
  PLAIN(cos)                                         \
  PLAIN(cosh)                                        \
  PLAIN(erf)                                         \
  PLAIN(erfc)                                        \
  PLAIN(exp)                                         \
  PLAIN(exp2)                                        \
  PLAIN(expm1)                                       \
  PLAIN(lgamma)                                      \
  PLAIN(log)                                         \
  PLAIN(log10)                                       \
  PLAIN(log1p)                                       \
  PLAIN(log2)                                        \
  PLAIN(rsqrt)                                       \
  PLAIN(sin)                                         \
  PLAIN(sinh)                                        \
  PLAIN(sqrt)                                        \
  PLAIN(tan)                                         \
  PAIR(atan2)
