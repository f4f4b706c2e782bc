// Numbers of twice the digits of double: sums of a double and a small rest that it lost (T. J. Dekker, "A
// floating-point technique for extending the available precision", Numerische Mathematik 18, 1971). Functions of
// doubles whose last steps are carried out in them are right to little more than half a unit in the last place.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/series.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math::detail {

/// high + low; `high` is the nearest double.
struct DoubleDouble {
  double high;
  double low = 0.0;
};

/// a + b, nothing lost, if |a| >= |b| or a is 0.
inline DoubleDouble ordered_sum(double a, double b) noexcept {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

/// a + b, nothing lost.
inline DoubleDouble exact_sum(double a, double b) noexcept {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

/// a - b, nothing lost. (No sum with -b: a sign is turned under the flags of the program, clang takes no note of
/// TS2CPP_IEEE_ARITHMETIC_BEGIN there, and joins it with the sum.)
inline DoubleDouble exact_difference(double a, double b) noexcept {
  const double difference = a - b;
  const double part = difference - a;
  return {difference, (a - (difference - part)) - (b + part)};
}

/// a * b, nothing lost. A product that could become part of a fused operation would not be the one whose rest is taken.
inline DoubleDouble exact_product(double a, double b) noexcept {
  using ts2cpp::detail::rounded;
  const double product = rounded(a * b);
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return {product, std::fma(a, b, -product)};
#else
  constexpr double kHalf = 134217729.0;  // 2^27 + 1: what it leaves of a factor has half of the digits
  const double grown_a = rounded(a * kHalf);
  const double grown_b = rounded(b * kHalf);
  const double high_a = grown_a - (grown_a - a);
  const double high_b = grown_b - (grown_b - b);
  const double low_a = a - high_a;
  const double low_b = b - high_b;
  return {product, ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b};
#endif
}

inline DoubleDouble sum(DoubleDouble a, DoubleDouble b) noexcept {
  const DoubleDouble high = exact_sum(a.high, b.high);
  return ordered_sum(high.high, high.low + (a.low + b.low));
}

inline DoubleDouble difference(DoubleDouble a, DoubleDouble b) noexcept {
  const DoubleDouble high = exact_difference(a.high, b.high);
  return ordered_sum(high.high, high.low + (a.low - b.low));
}

inline DoubleDouble product(DoubleDouble a, DoubleDouble b) noexcept {
  const DoubleDouble high = exact_product(a.high, b.high);
  return ordered_sum(high.high, high.low + (a.high * b.low + a.low * b.high));
}

inline DoubleDouble quotient(DoubleDouble a, DoubleDouble b) noexcept {
  const double inverse = 1.0 / b.high;
  const double first = a.high * inverse;
  const DoubleDouble covered = exact_product(first, b.high);
  const double rest = ((a.high - covered.high) - covered.low) + (a.low - first * b.low);
  return ordered_sum(first, rest * inverse);
}

inline constexpr double kWideRoundingShift = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves no bits for a fraction
inline constexpr double kLn2High = 0.69314718036912382;  // few enough digits that its products with exponents are exact
inline constexpr double kLn2Low = 1.9082149292705877e-10;

// (atanh(s) / s - 1) / s^2 as a polynomial of s^2 for |s| <= 3 - sqrt(8)
inline constexpr double kAtanh[] = {0.06543330981767055, 0.06634384856934405, 0.07693119915348971, 0.09090897818890864,
                                    0.1111111119586796,  0.14285714285401757, 0.2000000000000044,  0.3333333333333333};
// (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2
inline constexpr double kExpTail[] = {2.0914645236998685e-09,
                                      2.510524515390137e-08,
                                      2.7557273799188633e-07,
                                      2.755725533255441e-06,
                                      2.4801587325340162e-05,
                                      0.00019841269874873975,
                                      0.0013888888888883867,
                                      0.00833333333332612,
                                      0.04166666666666667,
                                      0.1666666666666667,
                                      0.5};

/// x = (1 + fraction) * 2^exponent for positive finite x, 1 + fraction between 1/sqrt(2) and sqrt(2).
struct SplitDouble {
  double fraction;
  double exponent;
};

inline SplitDouble split(double x) noexcept {
  const bool tiny = x < 2.2250738585072014e-308;
  const double scaled = tiny ? x * 18014398509481984.0 : x;
  std::uint64_t bits;
  std::memcpy(&bits, &scaled, sizeof bits);
  // Subtracting the bits of sqrt(1/2) makes the exponent field count from there.
  const std::int64_t exponent = static_cast<std::int64_t>(bits - 0x3fe6a09e667f3bcdu) >> 52;
  bits -= static_cast<std::uint64_t>(exponent) << 52;
  double mantissa;
  std::memcpy(&mantissa, &bits, sizeof mantissa);
  return {mantissa - 1.0, static_cast<double>(exponent) - (tiny ? 54.0 : 0.0)};
}

/// x without its last 32 digits.
inline double first_digits(double x) noexcept {
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits &= 0xffffffff00000000u;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// The logarithm of a positive finite number.
inline DoubleDouble precise_log(DoubleDouble x) noexcept {
  const SplitDouble parts = split(x.high);
  const double n = parts.exponent;
  // log(m) = 2 atanh((m - 1) / (m + 1))
  const DoubleDouble s = quotient({parts.fraction}, ordered_sum(2.0, parts.fraction));
  const double square = s.high * s.high;
  const double tail = 2.0 * s.high * square * long_polynomial(square, kAtanh);
  const DoubleDouble high = ordered_sum(n * kLn2High, 2.0 * s.high);
  return ordered_sum(high.high, high.low + (tail + (2.0 * s.low + n * kLn2Low) + x.low / x.high));
}

/// value * 2^exponent
struct ScaledDoubleDouble {
  DoubleDouble value;
  std::int64_t exponent;
};

/// e^x for |x| < 1000.
inline ScaledDoubleDouble precise_exp(DoubleDouble x) noexcept {
  const double n = (x.high * 1.4426950408889634 + kWideRoundingShift) - kWideRoundingShift;
  const DoubleDouble r = exact_sum(x.high - n * kLn2High, x.low - n * kLn2Low);
  const DoubleDouble high = ordered_sum(1.0, r.high);
  const double low = high.low + (r.low * high.high + r.high * r.high * long_polynomial(r.high, kExpTail));
  return {ordered_sum(high.high, low), static_cast<std::int64_t>(n)};
}

/// 2^n for -1022 <= n <= 1023.
inline double wide_power_of_two(std::int64_t n) noexcept {
  const std::uint64_t bits = static_cast<std::uint64_t>(n + 1023) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

/// value * 2^n, also where 2^n alone is not a double.
inline double scaled(double value, std::int64_t n) noexcept {
  const std::int64_t first = n / 2;
  return value * wide_power_of_two(first) * wide_power_of_two(n - first);
}

/// e^x for |x| < 200 with some digits more than a float has, free of branches.
inline double float_exp(double x) noexcept {
  const double shifted = x * 1.4426950408889634 + kWideRoundingShift;
  const double r = x - (shifted - kWideRoundingShift) * 0.69314718055994531;
  std::uint64_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 52) + 0x3ff0000000000000u;  // a power of two: its exponent lies in the last bits of the sum
  double power;
  std::memcpy(&power, &bits, sizeof power);
  double q = 0.0001989101718430203;
  q = q * r + 0.0013933673732931852;
  q = q * r + 0.00833331090172597;
  q = q * r + 0.04166646471137908;
  q = q * r + 0.16666666681647016;
  q = q * r + 0.5000000013487226;
  return power * (1.0 + (r + q * r * r));
}

}  // namespace ts2cpp::math::detail

TS2CPP_IEEE_ARITHMETIC_END
