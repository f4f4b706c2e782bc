// Operations on floats that no compiler joins or drops.
#pragma once

#include <math.h>  // for the functions themselves, not overloads

#include <cmath>

#include <ts2cpp/floating_point_flags.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::detail {

/// Keeps the compiler from making one operation of that which gives `value` and a later one.
template <class T>
T rounded(T value) noexcept {
#if defined(__GNUC__) && defined(__SSE2__)
  __asm__("" : "+x"(value));
  return value;
#elif defined(__GNUC__) && defined(__aarch64__)
  __asm__("" : "+w"(value));
  return value;
#elif defined(__GNUC__)
  __asm__("" : "+m"(value));
  return value;
#else
  volatile T kept = value;
  return kept;
#endif
}

/// a * b + c with one rounding. Clang's calls follow the flags even here: it would make two operations of one where the
/// processor has none, if it knew the function, and join several.
#if defined(__clang__) && !defined(__FMA__) && !defined(__ARM_FEATURE_FMA)
inline float fused(float a, float b, float c) noexcept {
  float (*volatile const function)(float, float, float) = ::fmaf;
  return function(a, b, c);
}
inline double fused(double a, double b, double c) noexcept {
  double (*volatile const function)(double, double, double) = ::fma;
  return function(a, b, c);
}
#else
inline float fused(float a, float b, float c) noexcept { return rounded(std::fma(a, b, c)); }
inline double fused(double a, double b, double c) noexcept { return rounded(std::fma(a, b, c)); }
#endif

}  // namespace ts2cpp::detail

TS2CPP_IEEE_ARITHMETIC_END
