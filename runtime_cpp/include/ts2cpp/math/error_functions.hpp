// The complementary error function, its relatives and inverses. The normal distribution's quantiles are those of the
// Cephes library (ndtri.c); see NOTICE.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/double_double.hpp>
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

// (erf(x) / x - 2 / sqrt(pi)) / x^2 as a polynomial of x^2 for |x| < 0.52
inline constexpr double kErf[] = {-1.4668349844407187e-07, 1.6377836847937026e-06, -1.4923371422988058e-05,
                                  0.00012055296921071217,  -0.0008548326687575176, 0.0052239776236827,
                                  -0.026866170645085043,   0.11283791670955079,    -0.37612638903183754};
inline constexpr DoubleDouble kTwoBySqrtPi = {1.1283791670955126, 1.533545961316588e-17};
// (1 + 2 x) exp(x^2) erfc(x), which lies between 1 and 1.29, as a polynomial of t = (x - 3) / (x + 3) for x < 27.5: its
// constant term, the others, and its slope.
inline constexpr DoubleDouble kErfcMiddle = {1.2530080582697296, 5.050183282761736e-17};
inline constexpr double kErfc[] = {
    -1.0948368127794075e-09, -6.544809637162719e-09,  -5.732869287862736e-09, 4.137161006733423e-08,
    8.986622362225036e-08,   -1.444094930479574e-07,  -6.058648425989622e-07, 3.608828987652022e-07,
    3.4663514853827484e-06,  -7.342503844097082e-07,  -2.009835452609167e-05, 4.950572543847218e-06,
    0.0001250988251551598,   -0.00010516006463147255, -0.0007798321918771739, 0.0018886903981563047,
    0.0025293918086449966,   -0.02377051492191023,    0.06830802734435829,    -0.1192736634151708,
    0.12964515870275164,     -0.04756229435345301,    -0.13562110612458111};
inline constexpr double kErfcSlope[] = {0.3361352679817315, -0.5763907817930374, 0.3946479071655197,
                                        -0.08058843009213677, -0.13598652813447196};
// erfinv(y) / y with seven digits: as a polynomial of w - 2.5 for w = -log(1 - y^2) < 6, of sqrt(w) - 4 beyond.
inline constexpr double kErfinvMiddle[] = {-5.480986588340674e-09,  2.0503239017020232e-08, 4.1588934876303414e-07,
                                           -3.4300486713607423e-06, -4.703486691841948e-06, 0.00021822772958023464,
                                           -0.0012532502278342198,  -0.00417726402356834,   0.24664055993616285,
                                           1.5014093423828565};
inline constexpr double kErfinvTail[] = {-4.279099142976703e-06, 2.5134231820006435e-05, -5.149194370166033e-05,
                                         5.092376090166382e-05,  -8.989811724483446e-05, 0.0003220220919753811,
                                         -0.0008860235922315078, 0.0012595171341641326,  1.009496341739405,
                                         3.839783863882961};

/// erf(x) for |x| < 0.52.
inline DoubleDouble small_erf(double x) noexcept {
  const double square = x * x;
  return product(DoubleDouble{x},
                 ordered_sum(kTwoBySqrtPi.high, kTwoBySqrtPi.low + square * long_polynomial(square, kErf)));
}

/// erfc(x) for 0 <= x < 27.5.
inline ScaledDoubleDouble positive_erfc(double x) noexcept {
  const DoubleDouble square = exact_product(x, x);
  const ScaledDoubleDouble bell = precise_exp(difference(DoubleDouble{0.0}, square));
  const DoubleDouble t = quotient(exact_difference(x, 3.0), exact_sum(x, 3.0));
  const DoubleDouble factor = ordered_sum(kErfcMiddle.high, kErfcMiddle.low + (t.high * long_polynomial(t.high, kErfc) +
                                                                               t.low * polynomial(t.high, kErfcSlope)));
  return {quotient(product(bell.value, factor), exact_sum(1.0, 2.0 * x)), bell.exponent};
}
}  // namespace detail

/// 1 - erf(x), without cancellation.
inline double erfc(double x) noexcept {
  using namespace detail;
  if (!(x > -6.0 && x < 27.5)) {
    return x != x ? x : x < 0.0 ? 2.0 : 0.0;
  }
  const double magnitude = std::fabs(x);
  if (magnitude < 0.5) {
    return difference(DoubleDouble{1.0}, small_erf(x)).high;
  }
  const ScaledDoubleDouble outer = positive_erfc(magnitude);
  if (x < 0.0) {
    const double scale = wide_power_of_two(outer.exponent);
    return difference(DoubleDouble{2.0}, {outer.value.high * scale, outer.value.low * scale}).high;
  }
  return scaled(outer.value.high, outer.exponent);
}

/// The same with the digits of a float, free of branches.
inline float erfc(float x) noexcept {
  using namespace detail;
  const double magnitude = std::fabs(static_cast<double>(x));
  const double bounded = 10.2 < magnitude ? 10.2 : magnitude;  // nan passes
  const double t = (bounded - 3.0) / (bounded + 3.0);
  double p = -0.000276390255573552;
  p = p * t - 0.0007957492333968862;
  p = p * t + 0.001996375739503498;
  p = p * t + 0.0025788453605382;
  p = p * t - 0.02379134803150263;
  p = p * t + 0.06829336743322621;
  p = p * t - 0.11927247426820817;
  p = p * t + 0.1296466124297091;
  p = p * t - 0.04756228936930903;
  p = p * t - 0.13562114482806312;
  p = p * t + 1.2530080579001324;
  const double positive = float_exp(0.0 - bounded * bounded) * p / (1.0 + 2.0 * bounded);
  return static_cast<float>(x < 0.0f ? 2.0 - positive : positive);
}

namespace detail {

/// What erf(guess) lacks of y, for 0 <= y < 1, to the precision of `T`. erfc keeps the digits that erf loses near 1.
template <class T>
double lack_of_erf(double guess, double y) noexcept {
  if constexpr (std::is_same_v<T, float>) {
    return y < 0.5 ? y - std::erf(guess) : std::erfc(guess) - (1.0 - y);
  } else {
    if (y < 0.5) {
      const DoubleDouble inner = small_erf(guess);
      return (y - inner.high) - inner.low;
    }
    const ScaledDoubleDouble outer = positive_erfc(guess);
    const double scale = wide_power_of_two(outer.exponent);
    return (outer.value.high * scale - (1.0 - y)) + outer.value.low * scale;
  }
}

}  // namespace detail

/// The inverse of erf on (-1, 1): a polynomial, then one step of the third order.
template <class T>
T erfinv(T x) {
  using namespace detail;
  const double y = std::fabs(static_cast<double>(x));
  if (!(y < 1.0)) {
    return y == 1.0 ? x * std::numeric_limits<T>::infinity() : std::numeric_limits<T>::quiet_NaN();
  }
  const double w = -std::log1p(-y * y);
  const double guess =
      y * (w < 6.0 ? long_polynomial(w - 2.5, kErfinvMiddle) : long_polynomial(std::sqrt(w) - 4.0, kErfinvTail));
  const double step = lack_of_erf<T>(guess, y) * 0.886226925452758 * std::exp(guess * guess);
  const double correction = step + step * step * (guess + step * (2.0 * guess * guess + 1.0) / 3.0);
  return std::copysign(static_cast<T>(guess + correction), x);
}

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
