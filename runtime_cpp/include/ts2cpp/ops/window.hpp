// Window functions for signal processing. A periodic one is a symmetric one of one more sample without its last.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/math/bessel.hpp>
#include <ts2cpp/ops/factory.hpp>

namespace ts2cpp {
namespace detail {

inline constexpr double kTurn = 6.28318530717958647692;

/// What the types that have no windows are called in the error.
inline const char* option_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8: return "unsigned char";
    case DType::int8: return "signed char";
    case DType::int16: return "short int";
    case DType::int32: return "int";
    case DType::int64: return "long int";
    default: return "bool";
  }
}

/// A step of a computation in a dtype: the 16-bit ones are rounded at every one, as by the operators that PyTorch
/// makes windows of.
struct StepRounding {
  DType dtype;
  double operator()(double value) const noexcept {
    return dtype == DType::float16    ? static_cast<double>(static_cast<float>(half(static_cast<float>(value))))
           : dtype == DType::bfloat16 ? static_cast<double>(static_cast<float>(bfloat16(static_cast<float>(value))))
                                      : value;
  }
};

/// Elements shape(i, period, rounding).
template <class Shape>
Tensor window(const char* name, std::int64_t length, bool periodic, std::optional<DType> dtype, const Shape& shape) {
  const DType result = dtype.value_or(DType::float32);
  if (is_integral(result, true)) {
    raise("RuntimeError",
          {name, "_window expects floating point dtypes, got: TensorOptions(dtype=", option_name(result),
           ", device=cpu, layout=Strided (default), requires_grad=false (default), "
           "pinned_memory=false, memory_format=(nullopt))"});
  }
  if (length < 0) {
    raise("RuntimeError", {name, "_window requires non-negative window_length, got window_length=", length});
  }
  if (length < 2) {
    return filled({length}, 1, result);
  }
  if (is_complex(result)) {
    raise_no_kernel("arange_cpu", result);
  }
  const double period = static_cast<double>(periodic ? length : length - 1);
  const StepRounding rounding{result};
  return generated<double>(length, result,
                           [&](std::int64_t i) { return shape(rounding(static_cast<double>(i)), period, rounding); });
}

/// alpha - beta cos(2 pi x), x going from 0 to 1.
inline Tensor raised_cosine(const char* name, std::int64_t length, bool periodic, double alpha, double beta,
                            std::optional<DType> dtype) {
  return window(name, length, periodic, dtype, [=](double i, double period, StepRounding r) {
    return r(r(std::cos(r(i * r(kTurn / period)))) * r(-beta)) + r(alpha);
  });
}

}  // namespace detail

namespace ops {

inline Tensor hamming_window(std::int64_t window_length, bool periodic, double alpha, double beta,
                             std::optional<DType> dtype = std::nullopt) {
  return detail::raised_cosine("hamming", window_length, periodic, alpha, beta, dtype);
}
inline Tensor hamming_window(std::int64_t window_length, bool periodic, double alpha,
                             std::optional<DType> dtype = std::nullopt) {
  return hamming_window(window_length, periodic, alpha, 0.46, dtype);
}
inline Tensor hamming_window(std::int64_t window_length, bool periodic, std::optional<DType> dtype = std::nullopt) {
  return hamming_window(window_length, periodic, 0.54, 0.46, dtype);
}
inline Tensor hamming_window(std::int64_t window_length, std::optional<DType> dtype = std::nullopt) {
  return hamming_window(window_length, true, dtype);
}

/// The raised cosine.
inline Tensor hann_window(std::int64_t window_length, bool periodic, std::optional<DType> dtype = std::nullopt) {
  return detail::raised_cosine("hann", window_length, periodic, 0.5, 0.5, dtype);
}
inline Tensor hann_window(std::int64_t window_length, std::optional<DType> dtype = std::nullopt) {
  return hann_window(window_length, true, dtype);
}

inline Tensor blackman_window(std::int64_t window_length, bool periodic, std::optional<DType> dtype = std::nullopt) {
  return detail::window("blackman", window_length, periodic, dtype,
                        [](double i, double period, detail::StepRounding r) {
                          const double phase = r(i * r(detail::kTurn / 2 / period));
                          const double slow = r(r(std::cos(r(phase * 2))) * 0.5);
                          const double fast = r(r(std::cos(r(phase * 4))) * r(0.08));
                          return r(fast - slow) + r(0.42);
                        });
}
inline Tensor blackman_window(std::int64_t window_length, std::optional<DType> dtype = std::nullopt) {
  return blackman_window(window_length, true, dtype);
}

/// A triangle.
inline Tensor bartlett_window(std::int64_t window_length, bool periodic, std::optional<DType> dtype = std::nullopt) {
  return detail::window("bartlett", window_length, periodic, dtype,
                        [](double i, double period, detail::StepRounding r) {
                          const double rising = r(i * r(2 / period));
                          return i <= std::floor(period / 2) ? rising : r(-rising) + 2;
                        });
}
inline Tensor bartlett_window(std::int64_t window_length, std::optional<DType> dtype = std::nullopt) {
  return bartlett_window(window_length, true, dtype);
}

/// I0(beta sqrt(1 - (2x - 1)^2)) / I0(beta).
inline Tensor kaiser_window(std::int64_t window_length, bool periodic, double beta,
                            std::optional<DType> dtype = std::nullopt) {
  const double whole = math::bessel_i0(beta);
  return detail::window("kaiser", window_length, periodic, dtype,
                        [=](double i, double period, detail::StepRounding /*rounding*/) {
                          const double x = i * (2 / period) - 1;
                          return math::bessel_i0(beta * std::sqrt(std::max(0.0, 1 - x * x))) / whole;
                        });
}
inline Tensor kaiser_window(std::int64_t window_length, bool periodic, std::optional<DType> dtype = std::nullopt) {
  return kaiser_window(window_length, periodic, 12.0, dtype);
}
inline Tensor kaiser_window(std::int64_t window_length, std::optional<DType> dtype = std::nullopt) {
  return kaiser_window(window_length, true, 12.0, dtype);
}

}  // namespace ops
}  // namespace ts2cpp
