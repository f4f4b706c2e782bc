// Relatives of the error function. The normal distribution's quantiles are those of the Cephes library (ndtri.c); see
// NOTICE.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/series.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

inline constexpr double kNormalMiddleNumerator[] = {-59.96335010141079, 98.00107541859997, -56.67628574690703,
                                                    13.931260938727968, -1.2391658386738125};
inline constexpr double kNormalMiddleDenominator[] = {1.0,
                                                      1.9544885833814176,
                                                      4.676279128988815,
                                                      86.36024213908905,
                                                      -225.46268785411937,
                                                      200.26021238006066,
                                                      -82.03722561683334,
                                                      15.90562251262117,
                                                      -1.1833162112133};
inline constexpr double kNormalTailNumerator[] = {4.0554489230596245,  31.525109459989388,   57.16281922464213,
                                                  44.08050738932008,   14.684956192885803,   2.1866330685079025,
                                                  -0.1402560791713545, -0.03504246268278482, -0.0008574567851546854};
inline constexpr double kNormalTailDenominator[] = {1.0,
                                                    15.779988325646675,
                                                    45.39076351288792,
                                                    41.3172038254672,
                                                    15.04253856929075,
                                                    2.504649462083094,
                                                    -0.14218292285478779,
                                                    -0.03808064076915783,
                                                    -0.0009332594808954574};
inline constexpr double kNormalFarTailNumerator[] = {
    3.2377489177694603,   6.915228890689842,      3.9388102529247444,     1.3330346081580755,   0.20148538954917908,
    0.012371663481782003, 0.00030158155350823543, 2.6580697468673755e-06, 6.239745391849833e-09};
inline constexpr double kNormalFarTailDenominator[] = {1.0,
                                                       6.02427039364742,
                                                       3.6798356385616087,
                                                       1.3770209948908132,
                                                       0.21623699359449663,
                                                       0.013420400608854318,
                                                       0.00032801446468212774,
                                                       2.8924786474538068e-06,
                                                       6.790194080099813e-09};
}  // namespace detail

/// exp(x * x) erfc(x)
inline double erfcx(double x) noexcept {
  if (x < -26.7) {
    return std::numeric_limits<double>::infinity();
  }
  if (x <= 10.0) {
    const double square = x * x;
    return std::exp(square) * (1.0 + ts2cpp::detail::fused(x, x, -square)) * std::erfc(x);
  }
  const double z = 0.5 / (x * x);
  double series = 1.0;
  for (double k = 21.0; k > 0.0; k -= 2.0) {  // the asymptotic series
    series = 1.0 - k * z * series;
  }
  return 0.564189583547756286948 / x * series;
}

/// The logarithm of the normal distribution's probability of a value below x.
inline double log_ndtr(double x) noexcept {
  const double t = x * 0.70710678118654752440;
  return x < -1.0 ? std::log(erfcx(-t) / 2.0) - t * t : std::log1p(-std::erfc(t) / 2.0);
}

/// The value that is exceeded with probability 1 - p.
inline double ndtri(double p) noexcept {
  using namespace detail;
  constexpr double kEdge = 0.13533528323661269189;  // exp(-2)
  if (!(p > 0.0 && p < 1.0)) {
    return p == 0.0   ? -std::numeric_limits<double>::infinity()
           : p == 1.0 ? std::numeric_limits<double>::infinity()
                      : std::numeric_limits<double>::quiet_NaN();
  }
  const bool upper = p > 1.0 - kEdge;
  const double y = upper ? 1.0 - p : p;
  if (y > kEdge) {
    const double centred = y - 0.5;
    const double square = centred * centred;
    const double middle = quotient(square, kNormalMiddleNumerator, kNormalMiddleDenominator);
    return (centred + centred * square * middle) * 2.50662827463100050242;  // sqrt(2 pi)
  }
  const double x = std::sqrt(-2.0 * std::log(y));
  const double z = 1.0 / x;
  const double correction = x < 8.0 ? quotient(z, kNormalTailNumerator, kNormalTailDenominator)
                                    : quotient(z, kNormalFarTailNumerator, kNormalFarTailDenominator);
  const double tail = x - std::log(x) / x - z * correction;
  return upper ? tail : -tail;
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
