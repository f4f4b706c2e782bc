// Orthogonal polynomials by their three-term recurrences, computed in double. Orders are cut off to integers; a
// negative one gives 0. `largest` is the largest number of the operands' type: what exceeds it is infinite, as in
// PyTorch, whose recurrences run in that type. Inside (-1, 1) high orders of Chebyshev's are cosines and sines of
// multiples of an angle.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include <ts2cpp/floating_point.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

/// An order that is none, or does not fit, counts as negative.
inline std::int64_t polynomial_order(double n) noexcept {
  return std::fabs(n) < 9223372036854775808.0 ? static_cast<std::int64_t>(n) : -1;
}

/// 1, `first`, then step(k, the last, the one before) for k = 2 to n, k a double.
template <class Step>
double three_term(std::int64_t n, double first, double largest, const Step& step) noexcept {
  if (n == 0) {
    return 1.0;
  }
  double before = 1.0;
  double current = first;
  for (std::int64_t k = 2; k <= n && current == current; ++k) {
    const double next = step(static_cast<double>(k), current, before);
    before = current;
    current = std::fabs(next) > largest ? std::copysign(std::numeric_limits<double>::infinity(), next) : next;
  }
  return current;
}

inline double chebyshev_steps(double x, std::int64_t n, double first, double largest) noexcept {
  return three_term(n, first, largest, [x](double, double q, double p) { return (x + x) * q - p; });
}

inline double alternating(double x, std::int64_t n) noexcept { return x > 0.0 || n % 2 == 0 ? 1.0 : -1.0; }

inline double chebyshev_t(double x, double order, double largest, std::int64_t above) noexcept {
  const std::int64_t n = polynomial_order(order);
  if (n < 0 || std::fabs(x) == 1.0) {
    return n < 0 ? 0.0 : alternating(x, n);
  }
  return n > above && std::fabs(x) < 1.0 ? std::cos(static_cast<double>(n) * std::acos(x))
                                         : chebyshev_steps(x, n, x, largest);
}

inline double chebyshev_u(double x, double order, double largest, std::int64_t above) noexcept {
  const std::int64_t n = polynomial_order(order);
  const double next = static_cast<double>(n) + 1.0;
  if (n < 0 || std::fabs(x) == 1.0) {
    return n < 0 ? 0.0 : alternating(x, n) * next;
  }
  const double angle = std::acos(x);
  return n > above && std::fabs(x) < 1.0 ? std::sin(next * angle) / std::sin(angle)
                                         : chebyshev_steps(x, n, x + x, largest);
}

inline double chebyshev_v(double x, double order, double largest, std::int64_t above) noexcept {
  const std::int64_t n = polynomial_order(order);
  const double middle = static_cast<double>(n) + 0.5;
  if (n < 0 || std::fabs(x) == 1.0) {
    return n < 0 ? 0.0 : x > 0.0 ? 1.0 : alternating(x, n) * 2.0 * middle;
  }
  const double angle = std::acos(x);
  return n > above && std::fabs(x) < 1.0 ? std::cos(middle * angle) / std::cos(angle / 2.0)
                                         : chebyshev_steps(x, n, x + x - 1.0, largest);
}

inline double chebyshev_w(double x, double order, double largest, std::int64_t above) noexcept {
  const std::int64_t n = polynomial_order(order);
  const double middle = static_cast<double>(n) + 0.5;
  if (n < 0 || std::fabs(x) == 1.0) {
    return n < 0 ? 0.0 : x > 0.0 ? 2.0 * middle : alternating(x, n);
  }
  const double angle = std::acos(x);
  return n > above && std::fabs(x) < 1.0 ? std::sin(middle * angle) / std::sin(angle / 2.0)
                                         : chebyshev_steps(x, n, x + x + 1.0, largest);
}

/// The order up to which PyTorch computes Hermite's polynomials; it gives nan for higher ones.
inline std::int64_t hermite_limit(double largest) noexcept { return largest < 1e300 ? 128 : 512; }

}  // namespace detail

inline double chebyshev_polynomial_t(double x, double n, double largest) noexcept {
  return detail::chebyshev_t(x, n, largest, 6);
}
inline double chebyshev_polynomial_u(double x, double n, double largest) noexcept {
  return detail::chebyshev_u(x, n, largest, 8);
}
inline double chebyshev_polynomial_v(double x, double n, double largest) noexcept {
  return detail::chebyshev_v(x, n, largest, 8);
}
inline double chebyshev_polynomial_w(double x, double n, double largest) noexcept {
  return detail::chebyshev_w(x, n, largest, 8);
}
// Chebyshev's for [0, 1].
inline double shifted_chebyshev_polynomial_t(double x, double n, double largest) noexcept {
  return detail::chebyshev_t(x + x - 1.0, n, largest, 6);
}
inline double shifted_chebyshev_polynomial_u(double x, double n, double largest) noexcept {
  return detail::chebyshev_u(x + x - 1.0, n, largest, 6);
}
inline double shifted_chebyshev_polynomial_v(double x, double n, double largest) noexcept {
  return detail::chebyshev_v(x + x - 1.0, n, largest, 6);
}
inline double shifted_chebyshev_polynomial_w(double x, double n, double largest) noexcept {
  return detail::chebyshev_w(x + x - 1.0, n, largest, 4);
}

inline double hermite_polynomial_h(double x, double order, double largest) noexcept {
  const std::int64_t n = detail::polynomial_order(order);
  if (n < 0 || n > detail::hermite_limit(largest)) {
    return n < 0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  }
  return detail::three_term(n, x + x, largest,
                            [x](double k, double q, double p) { return (x + x) * q - (2.0 * k - 2.0) * p; });
}

inline double hermite_polynomial_he(double x, double order, double largest) noexcept {
  const std::int64_t n = detail::polynomial_order(order);
  if (n < 0 || n > detail::hermite_limit(largest)) {
    return n < 0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  }
  return detail::three_term(n, x, largest, [x](double k, double q, double p) { return x * q - (k - 1.0) * p; });
}

inline double laguerre_polynomial_l(double x, double order, double largest) noexcept {
  const std::int64_t n = detail::polynomial_order(order);
  if (n < 0 || x == 0.0) {
    return n < 0 ? 0.0 : 1.0;
  }
  return detail::three_term(n, 1.0 - x, largest, [x](double k, double q, double p) {
    return ((2.0 * k - 2.0 + (1.0 - x)) * q - (k - 1.0) * p) / k;
  });
}

inline double legendre_polynomial_p(double x, double order, double largest) noexcept {
  const std::int64_t n = detail::polynomial_order(order);
  if (n < 0 || std::fabs(x) == 1.0) {
    return n < 0 ? 0.0 : detail::alternating(x, n);
  }
  return detail::three_term(
      n, x, largest, [x](double k, double q, double p) { return ((2.0 * k - 1.0) * x * q - (k - 1.0) * p) / k; });
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
