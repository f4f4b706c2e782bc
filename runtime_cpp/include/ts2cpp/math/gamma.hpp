// Relatives of the gamma function. Hurwitz' zeta function is summed as in the Cephes library (zeta.c). The
// incomplete gamma functions use power series and Legendre's continued fraction, and Temme's uniform expansion where
// both arguments are large and close; see NOTICE.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/log_gamma.hpp>
#include <ts2cpp/math/series.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

// Taylor coefficients of eta / (lambda - 1), where eta^2 / 2 = lambda - 1 - log(lambda).
inline constexpr double kTemme[] = {1.0,
                                    -0.3333333333333333,
                                    0.08333333333333333,
                                    -0.014814814814814815,
                                    0.0011574074074074073,
                                    0.0003527336860670194,
                                    -0.0001787551440329218,
                                    3.919263178522438e-05,
                                    -2.185448510679992e-06,
                                    -1.85406221071516e-06,
                                    8.296711340953087e-07,
                                    -1.7665952736826078e-07,
                                    6.707853543401498e-09,
                                    1.0261809784240309e-08,
                                    -4.382036018453353e-09,
                                    9.14769958223679e-10,
                                    -2.5514193994946248e-11,
                                    -5.830772132550426e-11,
                                    2.4361948020667415e-11,
                                    -5.0276692801141755e-12,
                                    1.1004392031956135e-13,
                                    3.371763262400985e-13,
                                    -1.392388722418162e-13,
                                    2.8534893807047445e-14,
                                    -5.139111834242572e-16,
                                    -1.9752288294349442e-15};
// B(2k) / (2k), which the series of digamma has before the even powers.
inline constexpr double kDigamma[] = {1.0 / 12.0,  -691.0 / 32760.0, 1.0 / 132.0, -1.0 / 240.0,
                                      1.0 / 252.0, -1.0 / 120.0,     1.0 / 12.0};
// B(2k), which the series of trigamma has before the odd powers.
inline constexpr double kTrigamma[] = {7.0 / 6.0,  -691.0 / 2730.0, 5.0 / 66.0, -1.0 / 30.0,
                                       1.0 / 42.0, -1.0 / 30.0,     1.0 / 6.0};
// (2k)! / B(2k), what the terms of Euler and Maclaurin's sum are divided by.
inline constexpr double kEulerMaclaurin[] = {12.0,
                                             -720.0,
                                             30240.0,
                                             -1209600.0,
                                             47900160.0,
                                             -1307674368000.0 / 691.0,
                                             74724249600.0,
                                             -10670622842880000.0 / 3617.0,
                                             5109094217170944000.0 / 43867.0,
                                             -802857662698291200000.0 / 174611.0,
                                             1.5511210043330985984e23 / 854513.0,
                                             -1.6938241367317436694528e27 / 236364091.0};
inline constexpr double kRounding = 0x1p-53;

}  // namespace detail

/// The derivative of log_gamma.
inline double digamma(double x) noexcept {
  if (x == 0.0) {
    return std::copysign(std::numeric_limits<double>::infinity(), -x);
  }
  if (std::isinf(x) || x != x) {
    return x < 0.0 ? std::numeric_limits<double>::quiet_NaN() : x;
  }
  double value = 0.0;
  if (x < 0.0) {
    if (x == std::floor(x)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    value = -detail::kPi / std::tan(detail::kPi * std::fmod(x, 1.0));
    x = 1.0 - x;
  }
  double steps = 0.0;
  while (x < 12.0) {  // the recurrence, until the asymptotic series is exact to double precision
    steps -= 1.0 / x;
    x += 1.0;
  }
  const double z = 1.0 / (x * x);
  return steps + std::log(x) - 0.5 / x - z * detail::polynomial(z, detail::kDigamma) + value;
}

/// The derivative of digamma.
inline double trigamma(double x) noexcept {
  const bool reflects = x < 0.5;
  const double reflected = reflects ? detail::kPi / detail::sin_pi(x) : 0.0;
  double y = reflects ? 1.0 - x : x;
  double value = 0.0;
  while (y < 12.0) {
    value += 1.0 / (y * y);
    y += 1.0;
  }
  const double z = 1.0 / (y * y);
  value += 1.0 / y + 0.5 * z + z * detail::polynomial(z, detail::kTrigamma) / y;
  return reflects ? reflected * reflected - value : value;
}

namespace detail {

/// Hurwitz' zeta function for x > 1 and q > 0: nine terms, then Euler and Maclaurin's formula.
inline double positive_zeta(double x, double q) noexcept {
  double total = std::pow(q, -x);
  double a = q;
  double term = 0.0;
  for (int i = 0; i < 9; ++i) {
    a += 1.0;
    term = std::pow(a, -x);
    total += term;
    if (std::fabs(term) < kRounding * total) {
      return total;
    }
  }
  total += term * a / (x - 1.0) - 0.5 * term;
  double factor = 1.0;
  double k = 0.0;
  for (const double divisor : kEulerMaclaurin) {
    factor *= x + k;
    term /= a;
    const double step = factor * term / divisor;
    total += step;
    if (!(std::fabs(step) >= kRounding * std::fabs(total))) {
      break;
    }
    factor *= x + (k + 1.0);
    term /= a;
    k += 2.0;
  }
  return total;
}

}  // namespace detail

/// Hurwitz' zeta function: the sum of (q + k)^-x over k = 0, 1, 2...
inline double zeta(double x, double q) noexcept {
  if (x == 1.0 || !(x > 1.0) || q != q) {
    return q == q && x == 1.0 ? std::numeric_limits<double>::infinity() : detail::kNaN;
  }
  if (q > 0.0) {
    return detail::positive_zeta(x, q);
  }
  if (q == std::floor(q)) {
    return std::numeric_limits<double>::infinity();
  }
  if (x != std::floor(x)) {
    return detail::kNaN;
  }
  // The terms with negative bases are those of two other zeta functions, but for their sign.
  const double rest = -q - std::floor(-q);
  const double below = detail::positive_zeta(x, rest) - detail::positive_zeta(x, 1.0 - q);
  return (std::fmod(x, 2.0) == 0.0 ? below : -below) + detail::positive_zeta(x, 1.0 - rest);
}

/// The derivative of order n >= 0 of digamma.
inline double polygamma(std::int64_t n, double x) noexcept {
  if (n < 2) {
    return n == 0 ? digamma(x) : trigamma(x);
  }
  const double order = static_cast<double>(n);
  const double factorial = n < 171 ? std::tgamma(order + 1.0) : std::numeric_limits<double>::infinity();
  return (n % 2 != 0 ? factorial : -factorial) * zeta(order + 1.0, x);
}

// --- incomplete gamma functions ------------------------------------------------------------------------------------

namespace detail {

/// sigma - log(1 + sigma), without cancellation for small sigma.
inline double log1p_excess(double sigma) noexcept {
  if (std::fabs(sigma) >= 0.5) {
    return sigma - std::log1p(sigma);
  }
  const double r = sigma / (2.0 + sigma);
  const double square = r * r;
  double series = 0.0;
  for (double k = 27.0; k > 1.0; k -= 2.0) {
    series = series * square + 1.0 / k;
  }
  return r * (sigma - 2.0 * square * series);
}

/// x^a exp(-x) / gamma(a)
inline double gamma_density(double a, double x) noexcept {
  if (a < 20.0) {
    const double half = std::exp(-0.5 * x);
    return std::pow(x, a) * half * (a / std::tgamma(a + 1.0)) * half;
  }
  return std::sqrt(a / (2.0 * kPi)) * std::exp(-a * log1p_excess((x - a) / a) - stirling_tail(a));
}

/// The lower function by its power series.
inline double lower_gamma_series(double a, double x) noexcept {
  double term = 1.0;
  double total = 1.0;
  double divisor = a;
  for (int i = 0; i < 2000 && term > kRounding * total; ++i) {
    divisor += 1.0;
    term *= x / divisor;
    total += term;
  }
  return total * gamma_density(a, x) / a;
}

/// The upper function for small x, where one minus the lower one would cancel.
inline double upper_gamma_series(double a, double x) noexcept {
  double factor = 1.0;
  double total = 0.0;
  for (int n = 1; n < 2000; ++n) {
    factor *= -x / n;
    const double term = factor / (a + n);
    total += term;
    if (!(std::fabs(term) > kRounding * std::fabs(total))) {
      break;
    }
  }
  const double log = std::log(x);
  return -std::expm1(a * log - log_gamma(1.0 + a)) - std::exp(a * log - log_gamma(a)) * total;
}

/// The upper function by Legendre's continued fraction (Lentz's method).
inline double upper_gamma_fraction(double a, double x) noexcept {
  double b = x + 1.0 - a;
  double c = 1e300;
  double d = 1.0 / b;
  double value = d;
  for (double i = 1.0; i < 2000.0; i += 1.0) {
    const double numerator = i * (a - i);
    b += 2.0;
    d = 1.0 / (numerator * d + b);
    c = b + numerator / c;
    const double step = c * d;
    value *= step;
    if (!(std::fabs(step - 1.0) > 2.0 * kRounding)) {
      break;
    }
  }
  return value * gamma_density(a, x);
}

/// Temme's expansion: the upper function for sign 1, the lower one for -1.
inline double uniform_gamma(double a, double x, double sign) noexcept {
  const double sigma = (x - a) / a;
  const double half_square = log1p_excess(sigma);
  const double eta = std::copysign(std::sqrt(2.0 * half_square), sigma);
  double later = 0.0;
  double last = 0.0;
  double total = 0.0;
  for (std::size_t m = sizeof(kTemme) / sizeof(double) - 1; m > 0; --m) {
    const double next = kTemme[m] + static_cast<double>(m + 1) / a * later;
    later = last;
    last = next;
    total = total * eta + last;
  }
  // `later` holds the coefficient of eta, by which the series is normalised.
  const double series = total / (1.0 + later / a);
  return 0.5 * std::erfc(sign * eta * std::sqrt(0.5 * a)) +
         sign * std::exp(-a * half_square) * series / std::sqrt(2.0 * kPi * a);
}

inline double incomplete_gamma(double a, double x, bool upper) noexcept {
  // At the borders: nothing lies above infinity, everything above 0.
  const double none = upper ? 0.0 : 1.0;
  if (a < 0.0 || x < 0.0) {
    return kNaN;
  }
  if (a == 0.0) {
    return x > 0.0 ? none : kNaN;
  }
  if (x == 0.0) {
    return 1.0 - none;
  }
  if (std::isinf(a)) {
    return std::isinf(x) ? kNaN : 1.0 - none;
  }
  if (std::isinf(x)) {
    return none;
  }
  const double distance = std::fabs(x - a) / a;
  if ((a > 20.0 && a < 200.0 && distance < 0.3) || (a >= 200.0 && distance < 4.5 / std::sqrt(a))) {
    return uniform_gamma(a, x, upper ? 1.0 : -1.0);
  }
  if (x > 1.1 && x >= a) {
    const double value = upper_gamma_fraction(a, x);
    return upper ? value : 1.0 - value;
  }
  const double limit = x <= 0.5 ? -0.4 / std::log(x) : 1.1 * x;
  if (x <= 1.1 && limit >= a && (upper || (x > 1.0 && x > a))) {
    const double value = upper_gamma_series(a, x);
    return upper ? value : 1.0 - value;
  }
  const double value = lower_gamma_series(a, x);
  return upper ? 1.0 - value : value;
}

}  // namespace detail

/// The share of gamma(a) that lies below x, and above it.
inline double igamma(double a, double x) noexcept { return detail::incomplete_gamma(a, x, false); }
inline double igammac(double a, double x) noexcept { return detail::incomplete_gamma(a, x, true); }

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
