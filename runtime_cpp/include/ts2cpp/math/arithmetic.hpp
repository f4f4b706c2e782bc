// Arithmetic of one element with PyTorch's meaning for every type: integers wrap around, bool addition is `or`,
// division and modulo round like Python's, shifts by any amount are defined.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/transcendental.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

namespace detail {

/// Unsigned type to compute integers of type T in: at least 32 bits, because narrower ones are promoted to (signed)
/// int.
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) > 4), std::uint64_t, std::uint32_t>;

/// The element type of an operation between elements and Python numbers (int64 or double): a float element decides,
/// integers follow the other operand.
template <class A, class B>
using Element = std::conditional_t<std::is_same_v<A, float> || std::is_same_v<B, float>, float,
                                   std::conditional_t<std::is_integral_v<A> && !std::is_integral_v<B>, B, A>>;

}  // namespace detail

template <class A, class B>
detail::Element<A, B> add(A a_in, B b_in) {
  using T = detail::Element<A, B>;
  const T a = static_cast<T>(a_in);
  const T b = static_cast<T>(b_in);
  if constexpr (std::is_same_v<T, bool>) {
    return a || b;
  } else if constexpr (std::is_integral_v<T>) {
    using U = detail::Wrapping<T>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  } else {
    return a + b;
  }
}

template <class A, class B>
detail::Element<A, B> sub(A a_in, B b_in) {
  using T = detail::Element<A, B>;
  const T a = static_cast<T>(a_in);
  const T b = static_cast<T>(b_in);
  if constexpr (std::is_integral_v<T>) {
    using U = detail::Wrapping<T>;
    return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
  } else {
    return a - b;
  }
}

/// b - a
template <class A, class B>
detail::Element<A, B> rsub(A a, B b) {
  return sub<B, A>(b, a);
}

template <class A, class B>
detail::Element<A, B> mul(A a_in, B b_in) {
  using T = detail::Element<A, B>;
  const T a = static_cast<T>(a_in);
  const T b = static_cast<T>(b_in);
  if constexpr (std::is_same_v<T, bool>) {
    return a && b;
  } else if constexpr (std::is_integral_v<T>) {
    using U = detail::Wrapping<T>;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  } else if constexpr (is_complex_v<T>) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  } else {
    return a * b;
  }
}

// Sums and differences whose second part, the one that is added or taken away, is multiplied by a number first.
template <class A, class B, class Alpha>
auto add(A a, B b, Alpha alpha) {
  return add(a, mul(b, alpha));
}
template <class A, class B, class Alpha>
auto sub(A a, B b, Alpha alpha) {
  return sub(a, mul(b, alpha));
}
template <class A, class B, class Alpha>
auto rsub(A a, B b, Alpha alpha) {
  return sub(b, mul(a, alpha));
}

/// True division; integers are converted before they come here.
template <class A, class B>
detail::Element<A, B> div(A a, B b) {
  using T = detail::Element<A, B>;
  return static_cast<T>(a) / static_cast<T>(b);
}

template <class T>
T neg(T x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(detail::Wrapping<T>{0} - static_cast<detail::Wrapping<T>>(x));
  } else {
    return -x;
  }
}

template <class T>
auto abs(T x) {
  if constexpr (std::is_unsigned_v<T>) {
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    return x < 0 ? neg(x) : x;  // the smallest value stays as it is
  } else {
    return std::abs(x);
  }
}

template <class T>
T square(T x) {
  return mul(x, x);
}

template <class T>
T reciprocal(T x) {
  return T(1) / x;
}

/// Nearest integer, halves to the even one.
template <class T>
T round(T x) {
  return std::nearbyint(x);
}
inline float round(float x) noexcept {
  constexpr float shift = 8388608.0f;  // 2^23: floats from here on are integers
  const float magnitude = std::fabs(x);
  const float rounded = (magnitude + shift) - shift;
  return std::copysign(magnitude < shift ? rounded : magnitude, x);
}

template <class T>
T floor(T x) {
  return std::floor(x);
}
inline float floor(float x) noexcept {
  const float rounded = round(x);
  return rounded > x ? rounded - 1.0f : rounded;
}

template <class T>
T ceil(T x) {
  return std::ceil(x);
}
inline float ceil(float x) noexcept {
  const float rounded = round(x);
  return std::copysign(rounded < x ? rounded + 1.0f : rounded, x);
}

template <class T>
T trunc(T x) {
  return std::trunc(x);
}
inline float trunc(float x) noexcept { return std::copysign(floor(std::fabs(x)), x); }

template <class T>
T frac(T x) {
  return x - trunc(x);
}

/// -1, 0 or 1; 0 for nan.
template <class T>
T sign(T x) {
  return static_cast<T>(static_cast<int>(x > T(0)) - static_cast<int>(x < T(0)));
}

/// The larger one; nan if either is nan.
template <class T>
T maximum(T a, T b) {
  return a > b || a != a ? a : b;
}
template <class T>
T minimum(T a, T b) {
  return a < b || a != a ? a : b;
}
/// The larger one; the other one if one is nan.
template <class T>
T fmax(T a, T b) {
  return a >= b || b != b ? a : b;
}
template <class T>
T fmin(T a, T b) {
  return a <= b || b != b ? a : b;
}

/// x limited to at least `low`; nan if either is nan.
template <class T, class B>
T clamp_min(T x, B low) {
  const T bound = static_cast<T>(low);
  return x < bound || bound != bound ? bound : x;
}
template <class T, class B>
T clamp_max(T x, B high) {
  const T bound = static_cast<T>(high);
  return x > bound || bound != bound ? bound : x;
}
/// x limited to [low, high]; `high` wins when the bounds are the wrong way round.
template <class T, class Low, class High>
T clamp(T x, Low low, High high) {
  return clamp_max(clamp_min(x, low), high);
}

/// Quotient rounded down. Integer divisors must not be 0; the smallest integer by -1 wraps around.
template <class T>
T floor_divide(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) {
      return neg(a);
    }
    const T quotient = static_cast<T>(a / b);
    return static_cast<T>(a % b != 0 && ((a < 0) != (b < 0)) ? quotient - 1 : quotient);
  } else {
    if (b == T(0)) {
      return a / b;
    }
    const T modulus = std::fmod(a, b);
    T quotient = (a - modulus) / b;
    if (modulus != T(0) && (modulus < T(0)) != (b < T(0))) {
      quotient -= T(1);
    }
    if (quotient == T(0)) {
      return std::copysign(T(0), a / b);
    }
    const T floored = std::floor(quotient);
    return quotient - floored > T(0.5) ? floored + T(1) : floored;  // the quotient was an integer that rounding missed
  }
}

/// Quotient rounded toward zero; conditions as for floor_divide.
template <class T>
T trunc_divide(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> && b == static_cast<T>(-1) ? neg(a) : static_cast<T>(a / b);
  } else {
    return trunc(a / b);
  }
}

/// Python's modulo: the result has the sign of the divisor. Integer divisors must not be 0.
template <class T>
T remainder(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) {
      return T(0);
    }
    const T rest = static_cast<T>(a % b);
    return static_cast<T>(rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest);
  } else {
    const T rest = std::fmod(a, b);
    return rest != T(0) && (rest < T(0)) != (b < T(0)) ? rest + b : rest;
  }
}

/// C's modulo: the result has the sign of the dividend. Integer divisors must not be 0.
template <class T>
T fmod(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> && b == static_cast<T>(-1) ? T(0) : static_cast<T>(a % b);
  } else {
    return std::fmod(a, b);
  }
}

/// An element and a Python number: the number takes the element's type.
template <class A, class B, std::enable_if_t<!std::is_same_v<A, B>, int> = 0>
detail::Element<A, B> remainder(A a, B b) {
  using T = detail::Element<A, B>;
  return remainder(static_cast<T>(a), static_cast<T>(b));
}

template <class A, class B, std::enable_if_t<!std::is_same_v<A, B>, int> = 0>
detail::Element<A, B> fmod(A a, B b) {
  using T = detail::Element<A, B>;
  return fmod(static_cast<T>(a), static_cast<T>(b));
}

/// a to the power b. Integers wrap; negative integer exponents give the truncated quotient.
template <class A, class B>
detail::Element<A, B> pow(A a_in, B b_in) {
  using T = detail::Element<A, B>;
  T base = static_cast<T>(a_in);
  T exponent = static_cast<T>(b_in);
  if constexpr (std::is_integral_v<T>) {
    if (exponent < 0) {
      if (base == 1) {
        return T(1);
      }
      const bool odd = (static_cast<std::uint64_t>(exponent) & 1u) != 0;
      return std::is_signed_v<T> && base == static_cast<T>(-1) ? (odd ? base : T(1)) : T(0);
    }
    T result = T(1);
    for (; exponent > 0; exponent = static_cast<T>(exponent / 2)) {
      if (exponent % 2 != 0) {
        result = mul(result, base);
      }
      base = mul(base, base);
    }
    return result;
  } else if constexpr (is_complex_v<T>) {
    return exponent == T(2) ? mul(base, base) : std::pow(base, exponent);
  } else {
    // Constant exponents of these kinds are common, and a loop over them is cheap.
    if (exponent == T(0.5)) {
      return sqrt(base);
    }
    if (exponent == T(-0.5)) {
      return T(1) / sqrt(base);
    }
    if (exponent == T(2)) {
      return base * base;
    }
    if (exponent == T(3)) {
      return base * base * base;
    }
    if (exponent == T(-1)) {
      return T(1) / base;
    }
    if (exponent == T(-2)) {
      return T(1) / (base * base);
    }
    return std::pow(base, exponent);
  }
}

/// a + weight * (b - a), computed from the nearer end.
template <class T>
T lerp(T a, T b, T weight) {
  bool near_start;
  if constexpr (is_complex_v<T>) {
    near_start = std::abs(weight) < 0.5;
    return near_start ? a + mul(weight, b - a) : b - mul(b - a, T(1) - weight);
  } else {
    near_start = std::fabs(weight) < T(0.5);
    return near_start ? a + weight * (b - a) : b - (b - a) * (T(1) - weight);
  }
}

/// a * 2^b; 0 when the shift is negative or not less than the width.
template <class T>
T lshift(T a, T b) {
  constexpr T width = static_cast<T>(sizeof(T) * 8);
  const bool valid = b >= 0 && b < width;
  using U = detail::Wrapping<T>;
  return valid ? static_cast<T>(static_cast<U>(a) << static_cast<U>(b)) : T(0);
}

/// Arithmetic shift; a negative shift or one beyond the width leaves the sign only.
template <class T>
T rshift(T a, T b) {
  constexpr T last = static_cast<T>(sizeof(T) * 8 - 1);
  const bool valid = b >= 0 && b <= last;
  if constexpr (std::is_unsigned_v<T>) {
    return valid ? static_cast<T>(a >> b) : T(0);
  } else {
    return static_cast<T>(a >> (valid ? b : last));
  }
}

template <class T>
T logaddexp(T a, T b) {
  const T larger = maximum(a, b);
  const bool equal_infinities = a == b && std::isinf(a);
  return equal_infinities ? a : larger + log1p(exp(-std::fabs(a - b)));
}

/// On the branch of the operand with the larger real part; -inf counts as nothing.
template <class T>
std::complex<T> logaddexp(const std::complex<T>& a, const std::complex<T>& b) {
  const auto is_nan = [](const std::complex<T>& z) { return std::isnan(z.real()) || std::isnan(z.imag()); };
  if (is_nan(a) || is_nan(b)) {
    return {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::quiet_NaN()};
  }
  const std::complex<T> low = a.real() < b.real() ? a : b;
  const std::complex<T> high = a.real() < b.real() ? b : a;
  if (!std::isfinite(low.real()) && low.real() == high.real()) {
    return low.real() < 0 ? low : std::log(std::exp(low) + std::exp(high));
  }
  // log(1 + z) of a small z: its real part is log1p(|z|^2 + 2 Re z) / 2.
  const std::complex<T> z = std::exp(low - high);
  const T real = std::log1p(std::norm(z) + 2 * z.real()) / 2;
  return std::complex<T>(real, std::atan2(z.imag(), 1 + z.real())) + high;
}

template <class T>
T logaddexp2(T a, T b) {
  const T larger = maximum(a, b);
  const bool equal_infinities = a == b && std::isinf(a);
  return equal_infinities ? a : larger + log1p(exp2(-std::fabs(a - b))) * T(1.44269504088896340736);
}

/// x log(y), 0 where x is 0 and y a number.
template <class T>
T xlogy(T x, T y) {
  return y != y ? y : x == T(0) ? T(0) : x * log(y);
}

/// Greatest common divisor of the magnitudes.
template <class T>
T gcd(T a, T b) {
  while (b != 0) {
    const T rest = fmod(a, b);
    a = b;
    b = rest;
  }
  return abs(a);
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END

// Those that fused loops call are functions of whole tensors too (tensor_functions.hpp), by number of arguments.
#define TS2CPP_ARITHMETIC_FUNCTIONS(PLAIN) \
  PLAIN(abs)                               \
  PLAIN(ceil)                              \
  PLAIN(floor)                             \
  PLAIN(frac)                              \
  PLAIN(reciprocal)                        \
  PLAIN(round)                             \
  PLAIN(sign)                              \
  PLAIN(square)                            \
  PLAIN(trunc)

// Functions of two elements; those in column NUMBER take a number for the second one too, those in column SCALED also a
// third argument, by which they multiply what they add or take away.
#define TS2CPP_PAIR_FUNCTIONS(SCALED, NUMBER, PAIR) \
  SCALED(add)                                       \
  SCALED(rsub)                                      \
  SCALED(sub)                                       \
  NUMBER(div)                                       \
  NUMBER(fmod)                                      \
  NUMBER(mul)                                       \
  NUMBER(pow)                                       \
  NUMBER(remainder)                                 \
  PAIR(maximum)                                     \
  PAIR(minimum)
