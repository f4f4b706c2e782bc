// Sums that the special functions are made of: polynomials, quotients of them, Chebyshev series.
#pragma once

#include <cstddef>
#include <limits>

#include <ts2cpp/floating_point.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math::detail {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The polynomial with these coefficients, the highest power first (Horner's scheme).
template <std::size_t N>
double polynomial(double x, const double (&coefficients)[N]) noexcept {
  double value = coefficients[0];
  for (std::size_t i = 1; i < N; ++i) {
    value = value * x + coefficients[i];
  }
  return value;
}

/// One polynomial over another.
template <std::size_t N, std::size_t D>
double quotient(double x, const double (&numerator)[N], const double (&denominator)[D]) noexcept {
  return polynomial(x, numerator) / polynomial(x, denominator);
}

/// The Chebyshev series of x / 2, the highest order first and the constant one halved (Clenshaw's recurrence).
template <std::size_t N>
double half_chebyshev(double x, const double (&coefficients)[N]) noexcept {
  double older = 0.0;
  double before = 0.0;
  double current = coefficients[0];
  for (std::size_t i = 1; i < N; ++i) {
    older = before;
    before = current;
    current = x * before - older + coefficients[i];
  }
  return 0.5 * (current - older);
}

}  // namespace ts2cpp::math::detail

TS2CPP_IEEE_ARITHMETIC_END
