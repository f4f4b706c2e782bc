// Bessel functions and Airy's function. The quotients of polynomials and the Chebyshev series are those of the Cephes
// library (j0.c, j1.c, i0.c, i1.c, k0.c, k1.c, airy.c); see NOTICE. The denominators of J, Y and Ai(x < -2.09) lack the
// leading 1 that Cephes has: PyTorch leaves it out, and models are compared with PyTorch. That costs up to 1e-5 of the
// largest value near |x| = 5.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/series.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

inline constexpr double kJ0Zeros[] = {5.783185962946784, 30.471262343662087};
inline constexpr double kJ0Numerator[] = {-4794432209.782018, 1956174919465.5657, -249248344360967.72,
                                          9708622510473064.0};
inline constexpr double kJ0Denominator[] = {499.563147152651,       173785.4016763747,     48440965.83399621,
                                            11185553704.535683,     2112775201154.892,     310518229857422.56,
                                            3.1812195594320496e+16, 1.7108629408104315e+18};
inline constexpr double kY0Numerator[] = {15592.436785523574,     -14663929.59039716,     5435264770.518765,
                                          -982136065717.9115,     87590639439536.7,       -3466283033847297.0,
                                          4.4273326857256984e+16, -1.8495080043698668e+16};
inline constexpr double kY0Denominator[] = {1041.2835366425984,    626107.330137135,   268919633.39381415,
                                            86400248710.3935,      20297961275010.555, 3171577528429750.5,
                                            2.5059625617265306e+17};
inline constexpr double kJ1Zeros[] = {14.681970642123893, 49.2184563216946};
inline constexpr double kJ1Numerator[] = {-899971225.7055594, 452228297998.19403, -72749424522181.83,
                                          3682957328638529.0};
inline constexpr double kJ1Denominator[] = {620.8364781180543,     256987.25675774884,   83514679.14319493,
                                            22151159547.97925,     4749141220799.914,    784369607876235.9,
                                            8.952223361846274e+16, 5.322786203326801e+18};
inline constexpr double kY1Numerator[] = {1263204747.9017804,  -647355876379.1603,    114509511541823.73,
                                          -8127702555013251.0, 2.024394757135949e+17, -7.788771962659501e+17};
inline constexpr double kY1Denominator[] = {594.3015923461282,     235564.09294306856,    73481194.44597217,
                                            18760131610.870617,    3882312774962.3857,    620557727146953.8,
                                            6.871410873553005e+16, 3.9727060811656064e+18};
inline constexpr double kFar0PNumerator[] = {0.0007969367292973471,
                                             0.08283523921074408,
                                             1.239533716464143,
                                             5.447250030587687,
                                             8.74716500199817,
                                             5.303240382353949,
                                             1.0};
inline constexpr double kFar0PDenominator[] = {0.0009244088105588637,
                                               0.08562884743544745,
                                               1.2535274390105895,
                                               5.470977403304171,
                                               8.761908832370695,
                                               5.306052882353947,
                                               1.0};
inline constexpr double kFar0QNumerator[] = {-0.011366383889846916, -1.2825271867050931, -19.553954425773597,
                                             -93.20601521237683,    -177.68116798048806, -147.07750515495118,
                                             -51.41053267665993,    -6.050143506007285};
inline constexpr double kFar0QDenominator[] = {64.3178256118178,  856.4300259769806, 3882.4018360540163,
                                               7240.467741956525, 5930.727011873169, 2062.0933166032783,
                                               242.0057402402914};
inline constexpr double kFar1PNumerator[] = {0.0007621256162081731,
                                             0.07313970569409176,
                                             1.1271960812968493,
                                             5.112079511468076,
                                             8.424045901417724,
                                             5.214515986823615,
                                             1.0};
inline constexpr double kFar1PDenominator[] = {0.0005713231280725487,
                                               0.06884559087544954,
                                               1.105142326340617,
                                               5.073863861286015,
                                               8.399855543276042,
                                               5.209828486823619,
                                               1.0};
inline constexpr double kFar1QNumerator[] = {0.05108625947501766, 4.982138729512334, 75.82382841325453,
                                             366.7796093601508,   710.8563049989261, 597.4896124006136,
                                             211.68875710057213,  25.207020585802372};
inline constexpr double kFar1QDenominator[] = {74.23732770356752, 1056.4488603826283, 4986.410583376536,
                                               9562.318924047562, 7997.041604473507,  2826.1927851763908,
                                               336.0936078106983};
inline constexpr double kI0Near[] = {
    -4.4153416464793395e-18, 3.3307945188222384e-17, -2.431279846547955e-16, 1.715391285555133e-15,
    -1.1685332877993451e-14, 7.676185498604936e-14,  -4.856446783111929e-13, 2.95505266312964e-12,
    -1.726826291441556e-11,  9.675809035373237e-11,  -5.189795601635263e-10, 2.6598237246823866e-09,
    -1.300025009986248e-08,  6.046995022541919e-08,  -2.670793853940612e-07, 1.1173875391201037e-06,
    -4.4167383584587505e-06, 1.6448448070728896e-05, -5.754195010082104e-05, 0.00018850288509584165,
    -0.0005763755745385824,  0.0016394756169413357,  -0.004324309995050576,  0.010546460394594998,
    -0.02373741480589947,    0.04930528423967071,    -0.09490109704804764,   0.17162090152220877,
    -0.3046826723431984,     0.6767952744094761};
inline constexpr double kI0Far[] = {
    -7.233180487874754e-18,  -4.830504485944182e-18,  4.46562142029676e-17,    3.461222867697461e-17,
    -2.8276239805165836e-16, -3.425485619677219e-16,  1.7725601330565263e-15,  3.8116806693526224e-15,
    -9.554846698828307e-15,  -4.150569347287222e-14,  1.54008621752141e-14,    3.8527783827421426e-13,
    7.180124451383666e-13,   -1.7941785315068062e-12, -1.3215811840447713e-11, -3.1499165279632416e-11,
    1.1889147107846439e-11,  4.94060238822497e-10,    3.3962320257083865e-09,  2.266668990498178e-08,
    2.0489185894690638e-07,  2.8913705208347567e-06,  6.889758346916825e-05,   0.0033691164782556943,
    0.8044904110141088};
inline constexpr double kK0Near[] = {
    1.374465435613523e-16, 4.25981614279661e-14, 1.0349695257633842e-11, 1.904516377220209e-09, 2.5347910790261494e-07,
    2.286212103119452e-05, 0.001264615411446926, 0.0359799365153615,     0.3442898999246285,    -0.5353273932339028};
inline constexpr double kK0Far[] = {
    5.300433772686263e-18,  -1.6475804301524212e-17, 5.2103915050390274e-17, -1.678231096805412e-16,
    5.512055978524319e-16,  -1.848593377343779e-15,  6.3400764774050706e-15, -2.2275133269916698e-14,
    8.032890775363575e-14,  -2.9800969231727303e-13, 1.140340588208475e-12,  -4.514597883373944e-12,
    1.8559491149547177e-11, -7.957489244477107e-11,  3.577397281400301e-10,  -1.69753450938906e-09,
    8.574034017414225e-09,  -4.660489897687948e-08,  2.766813639445015e-07,  -1.8317555227191195e-06,
    1.39498137188765e-05,   -0.00012849549581627802, 0.0015698838857300533,  -0.0314481013119645,
    2.4403030820659555};
inline constexpr double kI1Near[] = {
    2.7779141127610464e-18, -2.111421214358166e-17,  1.5536319577362005e-16, -1.1055969477353862e-15,
    7.600684294735408e-15,  -5.042185504727912e-14,  3.223793365945575e-13,  -1.9839743977649436e-12,
    1.1736186298890901e-11, -6.663489723502027e-11,  3.625590281552117e-10,  -1.8872497517228294e-09,
    9.381537386495773e-09,  -4.445059128796328e-08,  2.0032947535521353e-07, -8.568720264695455e-07,
    3.4702513081376785e-06, -1.3273163656039436e-05, 4.781565107550054e-05,  -0.00016176081582589674,
    0.0005122859561685758,  -0.0015135724506312532,  0.004156422944312888,   -0.010564084894626197,
    0.024726449030626516,   -0.05294598120809499,    0.1026436586898471,     -0.17641651835783406,
    0.25258718644363365};
inline constexpr double kI1Far[] = {
    7.517296310842105e-18,   4.414348323071708e-18,  -4.6503053684893586e-17, -3.209525921993424e-17,
    2.96262899764595e-16,    3.3082023109209285e-16, -1.8803547755107825e-15, -3.8144030724370075e-15,
    1.0420276984128802e-14,  4.272440016711951e-14,  -2.1015418427726643e-14, -4.0835511110921974e-13,
    -7.198551776245908e-13,  2.0356285441470896e-12, 1.4125807436613782e-11,  3.2526035830154884e-11,
    -1.8974958123505413e-11, -5.589743462196584e-10, -3.835380385964237e-09,  -2.6314688468895196e-08,
    -2.512236237870209e-07,  -3.882564808877691e-06, -0.00011058893876262371, -0.009761097491361469,
    0.7785762350182801};
inline constexpr double kK1Near[] = {-7.023863479386288e-18,  -2.427449850519366e-15, -6.666901694199329e-13,
                                     -1.4114883926335278e-10, -2.213387630734726e-08, -2.4334061415659684e-06,
                                     -0.0001730288957513052,  -0.006975723859639864,  -0.12261118082265715,
                                     -0.3531559607765449,     1.5253002273389478};
inline constexpr double kK1Far[] = {
    -5.756744483665017e-18,  1.7940508731475592e-17, -5.689462558442859e-17,  1.838093544366639e-16,
    -6.057047248373319e-16,  2.038703165624334e-15,  -7.019837090418314e-15,  2.4771544244813043e-14,
    -8.976705182324994e-14,  3.3484196660784293e-13, -1.2891739609510289e-12, 5.13963967348173e-12,
    -2.1299678384275683e-11, 9.218315187605006e-11,  -4.1903547593418965e-10, 2.015049755197033e-09,
    -1.0345762465678097e-08, 5.7410841254500495e-08, -3.5019606030878126e-07, 2.406484947837217e-06,
    -1.936197974166083e-05,  0.00019521551847135162, -0.002857816859622779,   0.10392373657681724,
    2.7206261904844427};
inline constexpr double kAiryPositiveNumerator[] = {
    0.346538101525629,  12.007595273964581, 76.27960536152345,  168.08922493463058,
    159.75639135016442, 70.53609068404442,  14.026469116338967, 1.0};
inline constexpr double kAiryPositiveDenominator[] = {
    0.5675945326387702, 14.75625625848472, 84.51389701414746,  177.31808814540045,
    164.2346928715297,  71.47784008255756, 14.095913560783403, 1.0};
inline constexpr double kAiryCosineNumerator[] = {
    -0.1316963234183318,   -0.6264565444319123,    -0.6931580360369335,    -0.2797799815451191,    -0.04919001326095003,
    -0.004062659235948854, -0.0001592764962392621, -2.776491081552329e-06, -1.6778769848911465e-08};
inline constexpr double kAiryCosineDenominator[] = {
    13.356042070655324,  32.682503279522464,   26.736704094149957,    9.187074029072596,     1.4752914677166642,
    0.11568717379518804, 0.004402916416152112, 7.547203482874142e-05, 4.5185009297058035e-07};
inline constexpr double kAirySineNumerator[] = {0.01973399320916857,   0.39110302961568827,  1.0657989759959559,
                                                0.9391692298166502,    0.35146565610554764,  0.06338889196289255,
                                                0.005858041130483885,  0.000282851600836737, 6.98793669997261e-06,
                                                8.117892395543892e-08, 3.415517847659236e-10};
inline constexpr double kAirySineDenominator[] = {
    9.30892908077442,    19.835292871831214,   15.564662893286462,     5.476860694229755,      0.9542936116189619,
    0.08645808263523921, 0.004126565238242226, 0.00010125908511650914, 1.1716673321441352e-06, 4.9183457006293e-09};
inline constexpr double kTwoOverPi = 0.63661977236758134308;

/// Hankel's asymptotic form for x > 5: modulus and phase as quotients of polynomials in (5 / x)^2.
struct Hankel {
  double p;
  double q;
  double sine;
  double cosine;
  double scale;
};
inline Hankel hankel(double x, bool first_order) noexcept {
  const double w = 5.0 / x;
  const double z = w * w;
  const double phase = x - (first_order ? 0.75 : 0.25) * kPi;
  const double p =
      first_order ? quotient(z, kFar1PNumerator, kFar1PDenominator) : quotient(z, kFar0PNumerator, kFar0PDenominator);
  const double q =
      first_order ? quotient(z, kFar1QNumerator, kFar1QDenominator) : quotient(z, kFar0QNumerator, kFar0QDenominator);
  return {p, w * q, std::sin(phase), std::cos(phase), 0.79788456080286535588 / std::sqrt(x)};
}

/// I0(x), or I1(x) / (x / 2), for |x| <= 2: more precise there than the Chebyshev series.
inline double bessel_power_series(double x, double order) noexcept {
  const double quarter = 0.25 * x * x;
  double value = 1.0;
  for (double k = 14.0; k > 0.0; k -= 1.0) {
    value = 1.0 + value * quarter / (k * (k + order));
  }
  return value;
}

}  // namespace detail

inline double bessel_j0(double x) noexcept {
  using namespace detail;
  x = std::fabs(x);
  if (x <= 5.0) {
    const double z = x * x;
    return x < 1e-5 ? 1.0 - z / 4.0 : (z - kJ0Zeros[0]) * (z - kJ0Zeros[1]) * quotient(z, kJ0Numerator, kJ0Denominator);
  }
  const Hankel far = hankel(x, false);
  return (far.p * far.cosine - far.q * far.sine) * far.scale;
}

inline double bessel_j1(double x) noexcept {
  using namespace detail;
  const double magnitude = std::fabs(x);
  double value;
  if (magnitude <= 5.0) {
    const double z = x * x;
    value = quotient(z, kJ1Numerator, kJ1Denominator) * magnitude * (z - kJ1Zeros[0]) * (z - kJ1Zeros[1]);
  } else {
    const Hankel far = hankel(magnitude, true);
    value = (far.p * far.cosine - far.q * far.sine) * far.scale;
  }
  return std::signbit(x) ? -value : value;
}

inline double bessel_y0(double x) noexcept {
  using namespace detail;
  if (x <= 5.0) {
    if (x <= 0.0) {
      return x == 0.0 ? -kInfinity : kNaN;
    }
    return quotient(x * x, kY0Numerator, kY0Denominator) + kTwoOverPi * std::log(x) * bessel_j0(x);
  }
  const Hankel far = hankel(x, false);
  return (far.p * far.sine + far.q * far.cosine) * far.scale;
}

inline double bessel_y1(double x) noexcept {
  using namespace detail;
  if (x <= 5.0) {
    if (x <= 0.0) {
      return x == 0.0 ? -kInfinity : kNaN;
    }
    return x * quotient(x * x, kY1Numerator, kY1Denominator) + kTwoOverPi * (bessel_j1(x) * std::log(x) - 1.0 / x);
  }
  const Hankel far = hankel(x, true);
  return (far.p * far.sine + far.q * far.cosine) * far.scale;
}

/// exp(-|x|) I0(x)
inline double bessel_i0e(double x) noexcept {
  using namespace detail;
  x = std::fabs(x);
  if (x <= 2.0) {
    return bessel_power_series(x, 0.0) * std::exp(-x);
  }
  return x <= 8.0 ? half_chebyshev(x / 2.0 - 2.0, kI0Near) : half_chebyshev(32.0 / x - 2.0, kI0Far) / std::sqrt(x);
}

/// exp(-|x|) I1(x)
inline double bessel_i1e(double x) noexcept {
  using namespace detail;
  const double magnitude = std::fabs(x);
  double value;
  if (magnitude <= 2.0) {
    value = 0.5 * magnitude * bessel_power_series(magnitude, 1.0) * std::exp(-magnitude);
  } else if (magnitude <= 8.0) {
    value = half_chebyshev(magnitude / 2.0 - 2.0, kI1Near) * magnitude;
  } else {
    value = half_chebyshev(32.0 / magnitude - 2.0, kI1Far) / std::sqrt(magnitude);
  }
  return std::copysign(value, x);
}

inline double bessel_i0(double x) noexcept {
  const double magnitude = std::fabs(x);
  return magnitude <= 2.0 ? detail::bessel_power_series(x, 0.0) : std::exp(magnitude) * bessel_i0e(x);
}

inline double bessel_i1(double x) noexcept {
  const double magnitude = std::fabs(x);
  return magnitude <= 2.0 ? 0.5 * x * detail::bessel_power_series(x, 1.0) : std::exp(magnitude) * bessel_i1e(x);
}

namespace detail {

/// K0 or K1 for 0 < x <= 2.
inline double bessel_k_near(double x, bool first_order) noexcept {
  const double log = std::log(0.5 * x);
  return first_order ? log * bessel_i1(x) + half_chebyshev(x * x - 2.0, kK1Near) / x
                     : half_chebyshev(x * x - 2.0, kK0Near) - log * bessel_i0(x);
}

/// exp(x) K0(x) or exp(x) K1(x) for x > 2.
inline double bessel_k_far(double x, bool first_order) noexcept {
  const double t = 8.0 / x - 2.0;
  return (first_order ? half_chebyshev(t, kK1Far) : half_chebyshev(t, kK0Far)) / std::sqrt(x);
}

inline double bessel_k(double x, bool first_order, bool scaled) noexcept {
  if (!(x > 0.0)) {
    return x == 0.0 ? kInfinity : kNaN;
  }
  if (x <= 2.0) {
    return bessel_k_near(x, first_order) * (scaled ? std::exp(x) : 1.0);
  }
  return bessel_k_far(x, first_order) * (scaled ? 1.0 : std::exp(-x));
}

}  // namespace detail

inline double bessel_k0(double x) noexcept { return detail::bessel_k(x, false, false); }
inline double bessel_k1(double x) noexcept { return detail::bessel_k(x, true, false); }
/// exp(x) K0(x) and exp(x) K1(x)
inline double bessel_k0e(double x) noexcept { return detail::bessel_k(x, false, true); }
inline double bessel_k1e(double x) noexcept { return detail::bessel_k(x, true, true); }

/// sin(x) / x
inline double spherical_bessel_j0(double x) noexcept {
  if (std::isinf(x)) {
    return 0.0;
  }
  if (std::fabs(x) >= 0.5) {
    return std::sin(x) / x;
  }
  double value = 1.0;
  for (double k = 12.0; k > 0.0; k -= 2.0) {
    value = 1.0 - x * x / (k * (k + 1.0)) * value;
  }
  return x == x ? value : x;
}

/// Airy's function of the first kind.
inline double airy_ai(double x) noexcept {
  using namespace detail;
  constexpr double kOneOverSqrtPi = 0.564189583547756286948;
  if (!std::isfinite(x)) {
    return kNaN;
  }
  if (x < -2.09) {
    const double zeta = -2.0 * x * std::sqrt(-x) / 3.0;
    const double z = 1.0 / zeta;
    const double square = z * z;
    const double cosine_part = 1.0 + square * quotient(square, kAiryCosineNumerator, kAiryCosineDenominator);
    const double sine_part = z * quotient(square, kAirySineNumerator, kAirySineDenominator);
    const double phase = zeta + 0.25 * kPi;
    return kOneOverSqrtPi / std::sqrt(std::sqrt(-x)) * (std::sin(phase) * cosine_part - std::cos(phase) * sine_part);
  }
  if (x >= 2.09) {
    if (x > 103.892) {
      return 0.0;
    }
    const double zeta = 2.0 * x * std::sqrt(x) / 3.0;
    const double decay = quotient(1.0 / zeta, kAiryPositiveNumerator, kAiryPositiveDenominator);
    return kOneOverSqrtPi * decay / (2.0 * std::sqrt(std::sqrt(x)) * std::exp(zeta));
  }
  const double cube = x * x * x;
  double even = 1.0;
  double odd = x;
  double even_term = 1.0;
  double odd_term = x;
  for (double k = 2.0; k < 60.0; k += 3.0) {  // Maclaurin's series
    even_term = even_term * cube / (k * (k + 1.0));
    odd_term = odd_term * cube / ((k + 1.0) * (k + 2.0));
    even += even_term;
    odd += odd_term;
  }
  return 0.355028053887817239260 * even - 0.258819403792806798405 * odd;
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
