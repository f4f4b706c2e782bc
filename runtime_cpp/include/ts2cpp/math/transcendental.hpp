// Elementary functions of one element. The float versions are free of branches and of library calls, so that loops
// over them vectorise; their polynomials were fitted for this project (whose work they follow otherwise, NOTICE says).
// Their greatest errors, in units in the last place and on every instruction set, as every operation is rounded for
// itself: exp, exp2, expm1, erf, sin, cos 1.1; log, log2, log10, log1p, tanh 1.0; rsqrt 1.5; sigmoid, silu (from -87
// on), gelu (of positive numbers), log_sigmoid, softplus 2.5; mish (from -80 on) 3.5.
// The double and complex versions are those of the standard library, but for some doubles whose error would be more
// than about one unit in the last place there (double_double.hpp).
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/double_double.hpp>
#include <ts2cpp/math/error_functions.hpp>
#include <ts2cpp/math/log_gamma.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

template <class T>
inline constexpr bool is_complex_v = std::is_same_v<T, complex64> || std::is_same_v<T, complex128>;

namespace detail {

using ts2cpp::detail::bits_to_float;
using ts2cpp::detail::float_to_bits;

// Adding 1.5 * 2^23 leaves no bits for a fraction. These have a number in their last bits beside: what was rounded lies
// on the bias of an exponent (or of two), so that a shift makes a power of two of it.
inline constexpr float kHalfPowerShift = 12583038.0f;    // 1.5 * 2^23 + 126
inline constexpr float kPowerShift = 12583039.0f;        // 1.5 * 2^23 + 127
inline constexpr float kSquarePowerShift = 12583166.0f;  // 1.5 * 2^23 + 254

/// 2^n for -126 <= n <= 127, infinity for 128, of n + kPowerShift; half of it of n + kHalfPowerShift.
inline float power_of_two(float shifted) noexcept { return bits_to_float(float_to_bits(shifted) << 23); }

/// value * 2^n for |n| <= 252, with gradual underflow, of n + kSquarePowerShift: 2^n alone may not be a float.
inline float scale_by_power(float value, float shifted) noexcept {
  const std::uint32_t bits = float_to_bits(shifted);
  const std::uint32_t first = (bits << 22) & 0xff800000u;  // 2^(n / 2)
  return value * bits_to_float(first) * bits_to_float((bits << 23) - first);
}

/// e^r - 1 - r for |r| <= ln(2)/2.
inline float exp_tail(float r) noexcept {
  const float r2 = r * r;
  const float high = 0.0013901334f * r2 + (0.00836325996f * r + 0.0416668542f);
  return (high * r2 + (0.166665763f * r + 0.5f)) * r2;
}

/// log(1 + f) - f for 1 + f between 1/sqrt(2) and sqrt(2).
inline float log_tail(float f) noexcept {
  const float f2 = f * f;
  const float first = (0.200007141f * f - 0.24999994f) * f + 0.333333313f;
  const float second = (-0.124201417f * f + 0.142493233f) * f - 0.166680574f;
  const float third = (0.0703767464f * f - 0.115146041f) * f + 0.116769992f;
  const float f3 = f2 * f;
  const float q = (third * f3 + second) * f3 + first;
  return q * f3 - 0.5f * f2;
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

/// log(1 + fraction), not rounded to a float: what the sum would round away counts in other bases.
inline double log_of_fraction(SplitFloat parts) noexcept {
  return static_cast<double>(parts.fraction) + static_cast<double>(log_tail(parts.fraction));
}

/// The logarithm's values where the polynomial does not hold.
inline float log_special(float x, float result) noexcept {
  result = x == 0.0f ? -std::numeric_limits<float>::infinity() : result;
  result = x == std::numeric_limits<float>::infinity() ? x : result;
  return x >= 0.0f ? result : std::numeric_limits<float>::quiet_NaN();  // negative or nan
}

/// An angle as quarter turns and what is left of it.
struct Quarters {
  std::uint32_t count;  ///< but for a multiple of four
  double rest;          ///< at most a quarter of pi, with an error of 2^-55
};

/// The quarter turns of any float, by Payne and Hanek's reduction: bits of 2 / pi that make whole turns are left out.
/// Which bits these are follows from the exponent, in five steps; three factors are short enough for exact products.
inline Quarters quarters_of(float x) noexcept {
  const double wide = static_cast<double>(x);
  const float size = std::fabs(x);
  const bool second = size >= 0x1p73f;
  const bool third = size >= 0x1p97f;
  const bool fourth = size >= 0x1p121f;
  double high = size >= 0x1p49f ? 0x1.b939104p-26 : 0x1.45f306dp-1;
  double middle = size >= 0x1p49f ? 0x1.4a7f09dp-54 : 0x1.9391054p-30;
  double low = size >= 0x1p49f ? 0x1.7d1f534ddc0dap-84 : 0x1.4fe13abe8fa9ap-59;
  high = second ? 0x1.529fc2p-52 : high;
  middle = second ? 0x1.d5f47d4p-78 : middle;
  low = second ? 0x1.a6ee06db14accp-107 : low;
  high = third ? 0x1.3abe8f8p-75 : high;
  middle = third ? 0x1.4d37703p-102 : middle;
  low = third ? 0x1.b6295993c439p-132 : low;
  high = fourth ? 0x1.ea69bb8p-97 : high;
  middle = fourth ? 0x1.b6c52bp-129 : middle;
  low = fourth ? 0x1.93c439041fe5p-156 : low;
  constexpr double shift = 6755399441055744.0;  // 1.5 * 2^52
  const double first = wide * high;
  const double turns = (first + shift) - shift;
  const double second_part = wide * middle;
  const double left = (first - turns) + second_part;
  const double more = (left + shift) - shift;
  const double rest = ((first - turns) - more) + second_part + wide * low;
  const double fours = (turns * 0.25 + shift) - shift;
  const double counted = ((turns - fours * 4.0) + more) + shift;
  std::int64_t count;
  std::memcpy(&count, &counted, sizeof count);
  return {static_cast<std::uint32_t>(count), rest * 1.5707963267948966};
}

/// Sine (`quadrant_shift` 0) or cosine (1).
inline float sine(float x, std::uint32_t quadrant_shift) noexcept {
  const Quarters quarters = quarters_of(x);
  const std::uint32_t quadrant = quarters.count + quadrant_shift;
  const double reduced = quarters.rest;
  const float r = static_cast<float>(reduced);
  const float low = static_cast<float>(reduced - static_cast<double>(r));
  const float r2 = r * r;
  float s = 2.72432453e-06f;
  s = s * r2 - 0.000198400332f;
  s = s * r2 + 0.00833333191f;
  s = s * r2 - 0.166666672f;
  s = r + (r * r2 * s + low);
  float c = 2.45425235e-05f;
  c = c * r2 - 0.00138882769f;
  c = c * r2 + 0.0416666642f;
  const float first = 1.0f - 0.5f * r2;
  c = first + (((1.0f - first) - 0.5f * r2) + r2 * r2 * c);
  const float value = (quadrant & 1u) != 0 ? c : s;
  return bits_to_float(float_to_bits(value) ^ ((quadrant & 2u) << 30));
}

}  // namespace detail

template <class T>
T exp(T x) {
  return std::exp(x);
}
namespace detail {

/// e^r at a multiple of ln(2) from x, which is n = `multiple`, for |r| <= ln(2)/2.
inline float exp_rest(float x, float multiple) noexcept {
  const float r = (x - multiple * 0.693359375f) + multiple * 2.12194440e-4f;  // ln(2), its first part exact in products
  return 1.0f + (r + exp_tail(r));
}

/// e^x from -87 to 88, infinity above; what lies below is as small as 2^-125 (for a double: like any other).
inline double growth(double x) { return std::exp(x); }
inline float growth(float x) noexcept {
  const float raised = -87.0f > x ? -87.0f : x;
  const float bounded = 89.0f < raised ? 89.0f : raised;
  const float shifted = bounded * 1.44269504f + kPowerShift;
  return exp_rest(bounded, shifted - kPowerShift) * power_of_two(shifted);
}

}  // namespace detail

inline float exp(float x) noexcept {
  // Outside these bounds the result is 0 or infinity anyway. In this form nan passes, and each line is one instruction.
  const float raised = -104.0f > x ? -104.0f : x;
  const float bounded = 89.0f < raised ? 89.0f : raised;
  const float shifted = bounded * 1.44269504f + detail::kSquarePowerShift;
  const float rest = detail::exp_rest(bounded, shifted - detail::kSquarePowerShift);
  return detail::scale_by_power(rest, shifted);  // nan times anything is nan
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
  const float shifted = bounded + detail::kSquarePowerShift;
  const float r = (bounded - (shifted - detail::kSquarePowerShift)) * 0.693147181f;
  return detail::scale_by_power(1.0f + (r + detail::exp_tail(r)), shifted);
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
  const float raised = -20.0f > x ? -20.0f : x;
  const float bounded = 89.0f < raised ? 89.0f : raised;
  const float shifted = bounded * 1.44269504f + detail::kHalfPowerShift;
  const float n = shifted - detail::kHalfPowerShift;
  const float high = bounded - n * 0.693359375f;
  const float low = n * 2.12194440e-4f;
  const float r = high + low;
  float q = 0.000198910172f;
  q = q * r + 0.00139336737f;
  q = q * r + 0.0083333109f;
  q = q * r + 0.0416664647f;
  q = q * r + 0.166666667f;
  q = q * r + 0.5f;
  const float tail = q * r * r + (low - (r - high));  // with what the sum rounded away
  const float grown = r + tail;
  // 2^n (1 + grown) - 1, at half the size, as 2^n alone may not be a float; what the sums round away comes last.
  const float half = detail::power_of_two(shifted);
  const float shift = half - 0.5f;
  const float sum = shift + grown * half;
  const float rest = (grown * half - (sum - shift)) + (tail - (grown - r)) * half;
  return std::copysign(n == 0.0f ? grown : 2.0f * (sum + rest), x);
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
  const double value = static_cast<double>(parts.exponent) + detail::log_of_fraction(parts) * 1.4426950408889634;
  return detail::log_special(x, static_cast<float>(value));
}

template <class T>
T log10(T x) {
  return std::log10(x);
}
inline double log10(double x) noexcept {
  if (!(x > 0.0 && x <= std::numeric_limits<double>::max())) {
    return std::log10(x);
  }
  // The logarithm of 1 + f is f - f^2 / 2 and a tail; products with the first parts of log10(e) and log10(2) are exact.
  const detail::SplitDouble parts = detail::split(x);
  const double f = parts.fraction;
  const double half = 0.5 * f * f;
  const double s = f / (2.0 + f);
  const double square = s * s;
  const double tail = s * (half + 2.0 * square * detail::long_polynomial(square, detail::kAtanh));
  const double first = f - half;
  const double high = detail::first_digits(first);
  const double low = ((f - high) - half) + tail;
  const double large = parts.exponent * 0.30102999566383914;
  const double small = high * 0.43429448176175356;
  const double sum = large + small;
  const double rest =
      parts.exponent * 1.42050232272661e-13 + ((low + high) * 1.414982685385801e-10 + low * 0.43429448176175356);
  return sum + (((large - sum) + small) + rest);
}
inline float log10(float x) noexcept {
  const detail::SplitFloat parts = detail::split(x);
  const double value =
      static_cast<double>(parts.exponent) * 0.30102999566398120 + detail::log_of_fraction(parts) * 0.43429448190325182;
  return detail::log_special(x, static_cast<float>(value));
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
  const bool proper = sum < std::numeric_limits<float>::infinity() && sum > 0.0f;
  const detail::SplitFloat parts = detail::split(sum);
  const float high = parts.exponent * 0.693359375f;
  const float first = high + parts.fraction;
  const float low = parts.exponent * -2.12194440e-4f + detail::log_tail(parts.fraction) + (proper ? lost : 0.0f);
  const float large = detail::log_special(sum, first + ((parts.fraction - (first - high)) + low));
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
inline float sin(float x) noexcept { return x == 0.0f ? x : detail::sine(x, 0); }  // -0 stays -0

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
T erf(T x) {
  return std::erf(x);
}
inline float erf(float x) noexcept {
  // Polynomials about the middle, and about the end where the error counts: their terms stay small beside the first.
  const float w = x * x - 0.5f;
  const float w2 = w * w;
  const float p = (((7.889114e-05f * w - 0.00056541053f) * w2 + (0.0034801671f * w - 0.018283356f)) * w2 +
                   (0.079409994f * w - 0.2810722f)) *
                      w -
                  0.03453126f;
  const float near_zero = x + x * p;
  const float magnitude = std::fabs(x);
  const float t = (magnitude > 4.1f ? 4.1f : magnitude) - 1.0f;
  float q = 0.00018557496f;
  q = q * t - 0.0018261666f;
  q = q * t + 0.009890896f;
  q = q * t - 0.04150069f;
  q = q * t - 0.8431183f;
  q = q * t - 2.6389668f;
  q = q * t - 1.8496056f;
  const float far = std::copysign(1.0f - exp(q), x);
  return magnitude <= 1.0f ? near_zero : magnitude > 1.0f ? far : x;
}

/// 1 / (1 + e^-x)
template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + exp(-x));
}
inline float sigmoid(float x) noexcept { return 1.0f / (1.0f + detail::growth(-x)); }

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
T atan2(T y, T x) {
  return std::atan2(y, x);
}
template <class T>
T lgamma(T x) {
  return log_gamma(x);
}

template <class T>
T deg2rad(T x) {
  return x * T(0.017453292519943295769);
}
template <class T>
T rad2deg(T x) {
  return x * T(57.295779513082320877);
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
