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

/// The same in four parts, by the remainders of the powers: four short chains of operations beside each other.
template <std::size_t N>
double long_polynomial(double x, const double (&coefficients)[N]) noexcept {
  constexpr std::size_t kRest = N % 4 == 0 ? 4 : N % 4;  // coefficients before the whole fours
  const double square = x * x;
  const double fourth = square * square;
  double parts[4] = {};
  for (std::size_t i = 0; i < kRest; ++i) {
    parts[4 - kRest + i] = coefficients[i];
  }
  for (std::size_t i = kRest; i < N; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      parts[k] = parts[k] * fourth + coefficients[i + k];
    }
  }
  return (parts[0] * x + parts[1]) * square + (parts[2] * x + parts[3]);
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
