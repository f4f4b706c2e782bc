// Activation functions of one element, for float and double.
#pragma once

#include <cmath>

#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/math/arithmetic.hpp>
#include <ts2cpp/math/epilogue_names.hpp>
#include <ts2cpp/math/hyperbolic.hpp>
#include <ts2cpp/math/relu.hpp>
#include <ts2cpp/math/transcendental.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

template <class T>
T relu6(T x) {
  return clamp(x, T(0), T(6));
}

template <class T>
T hardtanh(T x, double low = -1.0, double high = 1.0) {
  return clamp(x, low, high);
}

template <class T>
T hardsigmoid(T x) {
  return clamp(x + T(3), T(0), T(6)) / T(6);
}

template <class T>
T hardswish(T x) {
  return x * clamp(x + T(3), T(0), T(6)) / T(6);
}

template <class T>
T leaky_relu(T x, double negative_slope = 0.01) {
  return x > T(0) ? x : x * static_cast<T>(negative_slope);
}

/// x * Phi(x), by the error function.
template <class T>
T gelu(T x) {
  return x * T(0.5) * (T(1) + erf(x * T(0.70710678118654752440)));
}

/// The approximation of gelu by tanh.
template <class T>
T gelu_tanh(T x) {
  const T inner = T(0.79788456080286535588) * (x + T(0.044715) * x * x * x);
  return T(0.5) * x * (T(1) + tanh(inner));
}

template <class T>
T silu(T x) {
  return x / (T(1) + exp(-x));
}
inline float silu(float x) noexcept { return x / (1.0f + detail::growth(-x)); }

template <class T>
T elu(T x, double alpha = 1.0, double scale = 1.0, double input_scale = 1.0) {
  const T negative = expm1(x * static_cast<T>(input_scale)) * static_cast<T>(alpha * scale);
  return x <= T(0) ? negative : x * static_cast<T>(scale);
}

template <class T>
T selu(T x) {
  return elu(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946);
}

template <class T>
T celu(T x, double alpha = 1.0) {
  return elu(x, alpha, 1.0, 1.0 / alpha);
}

namespace detail {

/// log(1 + t) for 0 <= t <= 1, without the cases of log1p: what is made of it stays free of branches.
inline float log1p_of_unit(float t) noexcept {
  const float sum = 1.0f + t;
  const float lost = (t - (sum - 1.0f)) / sum;  // by the addition, relative to the sum
  const bool upper = sum > 1.41421356f;
  const float fraction = (upper ? 0.5f * sum : sum) - 1.0f;
  const float low = (upper ? -2.12194440e-4f : 0.0f) + (log_tail(fraction) + lost);
  return (upper ? 0.693359375f : 0.0f) + (fraction + low);
}

}  // namespace detail

/// log(1 + e^(beta x)) / beta, the identity where beta x is above the threshold.
template <class T>
T softplus(T x, double beta = 1.0, double threshold = 20.0) {
  const T scaled = x * static_cast<T>(beta);
  return scaled > static_cast<T>(threshold) ? x : log1p(exp(scaled)) / static_cast<T>(beta);
}

inline float softplus(float x, double beta = 1.0, double threshold = 20.0) noexcept {
  const float scaled = x * static_cast<float>(beta);
  const float positive = scaled > 0.0f ? scaled : 0.0f;
  const float smooth = (positive + detail::log1p_of_unit(exp(-std::fabs(scaled)))) / static_cast<float>(beta);
  return scaled > static_cast<float>(threshold) ? x : smooth;
}

template <class T>
T log_sigmoid(T x) {
  return minimum(x, T(0)) - log1p(exp(-std::fabs(x)));
}
inline float log_sigmoid(float x) noexcept { return minimum(x, 0.0f) - detail::log1p_of_unit(exp(-std::fabs(x))); }

template <class T>
T mish(T x) {
  return x * tanh(log1p(exp(x)));
}
inline float mish(float x) noexcept {
  // With e = e^x, tanh(log(1 + e)) is n / (n + 2) for n = e (e + 2); from 20 on it is 1.
  const float grown = exp(20.0f < x ? 20.0f : x);
  const float n = grown * (grown + 2.0f);
  return x * (n / (n + 2.0f));
}

template <class T>
T threshold(T x, double limit, double value) {
  return x <= static_cast<T>(limit) ? static_cast<T>(value) : x;
}

template <class T>
T hardshrink(T x, double lambd = 0.5) {
  const T limit = static_cast<T>(lambd);
  return x >= -limit && x <= limit ? T(0) : x;
}

template <class T>
T softshrink(T x, double lambd = 0.5) {
  const T limit = static_cast<T>(lambd);
  return x > limit ? x - limit : x < -limit ? x + limit : x * T(0);
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END

// The other activations, by number of parameters.
#define TS2CPP_ACTIVATION_FUNCTIONS(PLAIN, ONE, TWO, THREE) \
  PLAIN(log_sigmoid)                                        \
  PLAIN(mish)                                               \
  PLAIN(selu)                                               \
  ONE(celu)                                                 \
  ONE(hardshrink)                                           \
  ONE(softshrink)                                           \
  TWO(softplus)                                             \
  TWO(threshold)                                            \
  THREE(elu)
