// The logarithm of the gamma function.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/double_double.hpp>
#include <ts2cpp/math/series.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

// log(gamma(2 + d)) / (d (1 + d)) for |d| <= 1/2, but for its first two terms.
inline constexpr double kLogGamma[] = {1.1860425057435544e-07, -2.489029529650396e-07,  3.9022707158798633e-07,
                                       -8.247688082905913e-07, 1.8115992410706392e-06,  -3.854622136251583e-06,
                                       8.221666635375118e-06,  -1.7660586231652296e-05, 3.816893509096963e-05,
                                       -8.309522146915126e-05, 0.00018255263682900982,  -0.00040570739285611585,
                                       0.000915376922306922,   -0.002108130834069472,   0.004998641164696782,
                                       -0.012384192193370211,  0.03296500062115583};
inline constexpr DoubleDouble kOneMinusEuler = {0.42278433509846713, 4.942915152430645e-18};
inline constexpr DoubleDouble kLogGammaSlope = {-0.10031730167435392, -5.265885461605956e-18};
inline constexpr DoubleDouble kHalfLogTwoPi = {0.9189385332046728, -3.8782941580672414e-17};
// B(2k) / (2k (2k - 1)), which Stirling's series has before the odd powers of 1 / x.
inline constexpr double kStirling[] = {43867.0 / 244188.0, -3617.0 / 122400.0, 1.0 / 156.0,
                                       -691.0 / 360360.0,  1.0 / 1188.0,       -1.0 / 1680.0,
                                       1.0 / 1260.0,       -1.0 / 360.0,       1.0 / 12.0};

/// |sin(pi x)|, exact in the reduction.
inline double sin_pi(double x) noexcept { return std::sin(kPi * std::fabs(x - std::nearbyint(x))); }

/// What Stirling's formula lacks in log(gamma(x)).
inline double stirling_tail(double x) noexcept { return polynomial(1.0 / (x * x), kStirling) / x; }

// What follows is computed in doubles or, for results that are right to the last digit of a double, in twice the
// digits.
template <class Number>
Number number(DoubleDouble x) noexcept {
  if constexpr (std::is_same_v<Number, double>) {
    return x.high;
  } else {
    return x;
  }
}
inline double sum(double a, double b) noexcept { return a + b; }
inline double difference(double a, double b) noexcept { return a - b; }
inline double product(double a, double b) noexcept { return a * b; }
inline double quotient(double a, double b) noexcept { return a / b; }
inline double precise_log(double x) noexcept { return std::log(x); }

/// log(gamma(2 + d)) for |d| <= 1/2.
template <class Number>
Number log_gamma_near_two(double d) noexcept {
  const Number slope = sum(number<Number>(kLogGammaSlope), Number{d * long_polynomial(d, kLogGamma)});
  const Number factor = sum(number<Number>(kOneMinusEuler), product(Number{d}, slope));
  return product(product(Number{d}, sum(Number{1.0}, Number{d})), factor);
}

/// log(gamma(x)) for positive finite x. Below 8 the recurrence leads to the neighbourhood of 2, above is Stirling's
/// formula.
template <class Number>
Number positive_log_gamma(double x) noexcept {
  if (x < 0.5) {
    const Number steps = precise_log(product(Number{x}, sum(Number{1.0}, Number{x})));
    return difference(log_gamma_near_two<Number>(x), steps);
  }
  if (x < 1.5) {
    return difference(log_gamma_near_two<Number>(x - 1.0), precise_log(Number{x}));
  }
  if (x < 8.0) {
    double d = x - 2.0;
    if (d < 0.5) {
      return log_gamma_near_two<Number>(d);
    }
    Number steps{x - 1.0};
    for (d -= 1.0; d >= 0.5; d -= 1.0) {
      steps = product(steps, Number{d + 1.0});
    }
    return sum(log_gamma_near_two<Number>(d), precise_log(steps));
  }
  if (x > 1e290) {  // where products of the digits would overflow
    return Number{x * (std::log(x) - 1.0)};
  }
  const Number growth = product(difference(Number{x}, Number{0.5}), precise_log(Number{x}));
  return sum(difference(growth, Number{x}), sum(number<Number>(kHalfLogTwoPi), Number{stirling_tail(x)}));
}

template <class Number>
Number log_gamma_in(double x) noexcept {
  if (!(x <= std::numeric_limits<double>::max())) {  // infinite or nan
    return Number{x};
  }
  if (x > 0.0) {
    return positive_log_gamma<Number>(x);
  }
  const double magnitude = -x;
  if (magnitude == std::floor(magnitude)) {  // a pole, or infinite
    return Number{std::numeric_limits<double>::infinity()};
  }
  if (magnitude < 1e-20) {
    return Number{-std::log(magnitude)};
  }
  // Reflected: gamma(x) gamma(-x) = -pi / (x sin(pi x))
  const DoubleDouble pi = {kPi, 1.2246467991473532e-16};
  const DoubleDouble angle = product(pi, {std::fabs(magnitude - std::nearbyint(magnitude))});
  const DoubleDouble sine = ordered_sum(std::sin(angle.high), std::cos(angle.high) * angle.low);
  const Number across = precise_log(product(quotient(Number{magnitude}, number<Number>(pi)), number<Number>(sine)));
  return difference(Number{0.0}, sum(across, positive_log_gamma<Number>(magnitude)));
}

}  // namespace detail

/// log |gamma(x)|; unlike the standard library's it writes no global variable.
inline double log_gamma(double x) noexcept { return detail::log_gamma_in<detail::DoubleDouble>(x).high; }
inline float log_gamma(float x) noexcept {
  return static_cast<float>(detail::log_gamma_in<double>(static_cast<double>(x)));
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
