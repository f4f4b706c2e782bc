// Quantisation as floating point tensors show it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>

#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/select_rows.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// Steps that a float rounds to: what it is cut to, and whether it was.
struct Steps {
  double value;
  bool inside;
};

/// Steps beyond 64 bits count as the lowest unless the conversion `saturates`.
inline Steps cut_steps(double steps, std::int64_t quant_min, std::int64_t quant_max, bool saturates) noexcept {
  const double low = static_cast<double>(quant_min);
  const double high = static_cast<double>(quant_max);
  const bool known = steps >= -0x1p63 && steps < 0x1p63;
  const double whole = known || saturates ? steps : -0x1p63;
  return {std::fmin(std::fmax(whole, low), high), whole >= low && whole <= high};
}

inline void check_quant_range(std::int64_t quant_min, std::int64_t quant_max) {
  if (quant_min > quant_max) {
    raise("RuntimeError", "`quant_min` should be less than or         equal to `quant_max`.");
  }
}

inline void check_zero_point(std::int64_t zero_point, std::int64_t quant_min, std::int64_t quant_max) {
  check_quant_range(quant_min, quant_max);
  if (zero_point < quant_min || zero_point > quant_max) {
    raise("RuntimeError", "`zero_point` must be between `quant_min` and `quant_max`.");
  }
}

/// Fake quantisation with a scale and a zero point for each position of `axis`, as float32 vectors.
template <class T>
std::tuple<Tensor, Tensor> fake_quantize(const Tensor& self, const Tensor& scale, const Tensor& zero_point,
                                         bool whole_zero, std::int64_t axis, std::int64_t quant_min,
                                         std::int64_t quant_max, bool saturates) {
  const Tensor values = contiguous_copy(self, dtype_of<T>);
  const Tensor mask = Tensor::empty(self.sizes(), DType::bool_);
  const AxisSplit split(self.sizes(), axis);
  T* const data = values.data_ptr<T>();
  const std::int64_t channels = scale.numel();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const std::int64_t channel = channels == 1 ? 0 : i / split.inner % split.length;
    const float step = scale.data_ptr<float>()[channel];
    const double zero = zero_point.data_ptr<double>()[channel];
    const T scaled = data[i] * static_cast<T>(1.0f / step);
    const T shifted =
        whole_zero ? std::nearbyint(scaled) + static_cast<T>(zero) : std::nearbyint(scaled + static_cast<T>(zero));
    const Steps cut = cut_steps(static_cast<double>(shifted), quant_min, quant_max, saturates);
    data[i] = static_cast<T>((cut.value - zero) * static_cast<double>(step));
    mask.data_ptr<bool>()[i] = cut.inside;
  }
  return {contiguous_copy(values, self.dtype()), mask};
}

inline std::tuple<Tensor, Tensor> fake_quantize_any(const char* name, const Tensor& self, const Tensor& scale,
                                                    const Tensor& zero_point, std::int64_t axis, std::int64_t quant_min,
                                                    std::int64_t quant_max, bool saturates) {
  if (!ts2cpp::is_floating_point(self.dtype())) {
    raise_no_kernel(name, self.dtype());
  }
  const Tensor steps = contiguous_copy(scale, DType::float32);
  const Tensor zeros = contiguous_copy(zero_point, DType::float64);
  const bool whole = is_integral(zero_point.dtype(), false);
  return self.dtype() == DType::float64
             ? fake_quantize<double>(self, steps, zeros, whole, axis, quant_min, quant_max, saturates)
             : fake_quantize<float>(self, steps, zeros, whole, axis, quant_min, quant_max, saturates);
}

inline Tensor single(double value, DType dtype) {
  const Tensor result = Tensor::empty({1}, dtype);
  store_scalar(Scalar(value), dtype, result.raw_data());
  return result;
}

inline std::tuple<Tensor, Tensor> fake_quantize_tensor(const Tensor& self, double scale, std::int64_t zero_point,
                                                       std::int64_t quant_min, std::int64_t quant_max) {
  check_quant_range(quant_min, quant_max);
  const Tensor zero = Tensor::empty({1}, DType::int64);
  *zero.data_ptr<std::int64_t>() = zero_point;
  return fake_quantize_any("fake_quantize_tensor_cachemask_kernel_type_handling", self, single(scale, DType::float32),
                           zero, 0, quant_min, quant_max, true);
}

}  // namespace detail

namespace ops {

/// Values rounded to steps of `scale` and cut to quant_min…quant_max steps around the zero point, and where nothing
/// was cut.
inline std::tuple<Tensor, Tensor> fake_quantize_per_tensor_affine_cachemask(const Tensor& self, double scale,
                                                                            std::int64_t zero_point,
                                                                            std::int64_t quant_min,
                                                                            std::int64_t quant_max) {
  detail::check_zero_point(zero_point, quant_min, quant_max);
  return detail::fake_quantize_tensor(self, scale, zero_point, quant_min, quant_max);
}
inline Tensor fake_quantize_per_tensor_affine(const Tensor& self, double scale, std::int64_t zero_point,
                                              std::int64_t quant_min, std::int64_t quant_max) {
  return std::get<0>(fake_quantize_per_tensor_affine_cachemask(self, scale, zero_point, quant_min, quant_max));
}
inline Tensor fake_quantize_per_tensor_affine(const Tensor& self, const Tensor& scale, const Tensor& zero_point,
                                              std::int64_t quant_min, std::int64_t quant_max) {
  return std::get<0>(
      detail::fake_quantize_tensor(self, scale.item().to_double(), zero_point.item().to_int(), quant_min, quant_max));
}

/// The same with a scale and a zero point for each position of `axis`.
inline std::tuple<Tensor, Tensor> fake_quantize_per_channel_affine_cachemask(const Tensor& self, const Tensor& scale,
                                                                             const Tensor& zero_point,
                                                                             std::int64_t axis, std::int64_t quant_min,
                                                                             std::int64_t quant_max) {
  if (scale.dtype() != DType::float32 && scale.dtype() != DType::bfloat16) {
    raise("RuntimeError", {"Scale must be Float or BFloat16, found ", dtype_label(scale.dtype())});
  }
  if (zero_point.dtype() != DType::int32 && zero_point.dtype() != DType::float32 &&
      zero_point.dtype() != DType::float16) {
    raise("RuntimeError", {"Zero-point must be Int32, Float or Half, found ", dtype_label(zero_point.dtype())});
  }
  if (scale.dim() != 1 || zero_point.dim() != 1) {
    raise("RuntimeError", scale.dim() != 1 ? "scale should be a 1-D tensor" : "zero point should be a 1-D tensor");
  }
  if (scale.numel() != zero_point.numel()) {
    raise("RuntimeError", "scale and zero-point need to have the same dimensions");
  }
  const std::int64_t d = wrap_dim(axis, self.dim());
  if (scale.numel() != (self.dim() == 0 ? 1 : self.sizes()[d])) {
    raise("RuntimeError", "dimensions of scale and zero-point are not consistent with input tensor");
  }
  detail::check_quant_range(quant_min, quant_max);
  const Tensor zeros = detail::contiguous_copy(zero_point, DType::int64);
  for (std::int64_t i = 0; zero_point.dtype() == DType::int32 && i < zeros.numel(); ++i) {
    detail::check_zero_point(zeros.data_ptr<std::int64_t>()[i], quant_min, quant_max);
  }
  if (axis < 0) {
    raise("RuntimeError", "`axis` must be between 0 and number of dimensions of input");
  }
  return detail::fake_quantize_any("fake_quantize_channel_cachemask_cpu_type_handling", self, scale, zero_point, d,
                                   quant_min, quant_max, false);
}
inline Tensor fake_quantize_per_channel_affine(const Tensor& self, const Tensor& scale, const Tensor& zero_point,
                                               std::int64_t axis, std::int64_t quant_min, std::int64_t quant_max) {
  return std::get<0>(fake_quantize_per_channel_affine_cachemask(self, scale, zero_point, axis, quant_min, quant_max));
}

/// A tensor that is not quantised as float32.
inline Tensor dequantize(const Tensor& self) { return to(self, DType::float32); }

}  // namespace ops
}  // namespace ts2cpp
