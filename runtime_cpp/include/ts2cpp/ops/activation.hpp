// Activation functions on tensors and their in-place forms.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <ts2cpp/activation_checks.hpp>
#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// Activations are defined on floats only: integers are refused, as in PyTorch.
template <class Op>
Tensor activation(const char* name, const Tensor& self, const Tensor* destination, const Op& op) {
  return same_unary(Floats{}, name, self, destination, op);
}

inline void check_hardtanh(const Tensor& self, double low, double high) {
  if (self.dtype() == DType::bool_) {
    raise("RuntimeError", "Bool inputs not supported for hardtanh");
  }
  check_bounds_exist(self);
  if (self.dtype() == DType::uint8 && (low < 0 || high < 0)) {
    raise("RuntimeError", "cannot do hardtanh on an unsigned type with negative limits");
  }
}

}  // namespace detail

namespace ops {

template <class Lazy = void>
Tensor relu(const Tensor& self) {
  detail::check_not_bool("relu", self);
  return detail::same_unary(detail::Reals{}, "relu", self, nullptr, [](auto x) { return math::relu(x); });
}
template <class Lazy = void>
Tensor relu_(const Tensor& self) {
  detail::check_not_bool("relu", self);
  return detail::same_unary(detail::Reals{}, "relu_", self, &self, [](auto x) { return math::relu(x); });
}
template <class Lazy = void>
Tensor relu6(const Tensor& self) {
  detail::check_hardtanh(self, 0, 6);
  return detail::same_unary(detail::Reals{}, "relu6", self, nullptr, [](auto x) { return math::relu6(x); });
}
template <class Lazy = void>
Tensor relu6_(const Tensor& self) {
  detail::check_hardtanh(self, 0, 6);
  return detail::same_unary(detail::Reals{}, "relu6_", self, &self, [](auto x) { return math::relu6(x); });
}

// Sigmoid and tanh also take integers, which become float32, and complex numbers.
TS2CPP_UNARY_OPERATOR(sigmoid, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(tanh, float_unary, FloatsAndComplex)

TS2CPP_UNARY_OPERATOR(silu, same_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(mish, same_unary, Floats)
TS2CPP_UNARY_OPERATOR(hardswish, same_unary, Floats)
TS2CPP_UNARY_OPERATOR(hardsigmoid, same_unary, Floats)
TS2CPP_UNARY_OPERATOR(log_sigmoid, same_unary, Floats)

template <class Lazy = void>
Tensor selu(const Tensor& self) {
  return detail::activation("elu", self, nullptr, [](auto x) { return math::selu(x); });
}
template <class Lazy = void>
Tensor selu_(const Tensor& self) {
  return detail::activation("elu", self, &self, [](auto x) { return math::selu(x); });
}

/// approximate: "none" (error function) or "tanh".
template <class Lazy = void>
Tensor gelu(const Tensor& self, std::string_view approximate = "none") {
  if (approximate == "tanh") {
    return detail::activation("gelu", self, nullptr, [](auto x) { return math::gelu_tanh(x); });
  }
  if (approximate != "none") {
    raise("RuntimeError", "approximate argument must be either none or tanh.");
  }
  return detail::activation("gelu", self, nullptr, [](auto x) { return math::gelu(x); });
}
template <class Lazy = void>
Tensor gelu_(const Tensor& self, std::string_view approximate = "none") {
  detail::copy_elements(self, gelu<Lazy>(self, approximate));
  return self;
}

template <class Lazy = void>
Tensor elu(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1) {
  const double a = alpha.to_double();
  const double s = scale.to_double();
  const double i = input_scale.to_double();
  return detail::activation("elu", self, nullptr, [a, s, i](auto x) { return math::elu(x, a, s, i); });
}
template <class Lazy = void>
Tensor elu_(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1) {
  detail::copy_elements(self, elu<Lazy>(self, alpha, scale, input_scale));
  return self;
}

template <class Lazy = void>
Tensor celu(const Tensor& self, const Scalar& alpha = 1.0) {
  const double a = alpha.to_double();
  if (a == 0.0) {
    raise("RuntimeError", "ZeroDivisionError: alpha cannot be 0 for CELU");
  }
  return detail::activation("elu", self, nullptr, [a](auto x) { return math::celu(x, a); });
}
template <class Lazy = void>
Tensor celu_(const Tensor& self, const Scalar& alpha = 1.0) {
  detail::copy_elements(self, celu<Lazy>(self, alpha));
  return self;
}

template <class Lazy = void>
Tensor leaky_relu(const Tensor& self, const Scalar& negative_slope = 0.01) {
  const double slope = negative_slope.to_double();
  return detail::activation("leaky_relu", self, nullptr, [slope](auto x) { return math::leaky_relu(x, slope); });
}
template <class Lazy = void>
Tensor leaky_relu_(const Tensor& self, const Scalar& negative_slope = 0.01) {
  const double slope = negative_slope.to_double();
  return detail::activation("leaky_relu_", self, &self, [slope](auto x) { return math::leaky_relu(x, slope); });
}

template <class Lazy = void>
Tensor hardtanh(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1) {
  const double low = min_val.to_double();
  const double high = max_val.to_double();
  detail::check_hardtanh(self, low, high);
  return detail::same_unary(detail::Reals{}, "hardtanh", self, nullptr,
                            [low, high](auto x) { return math::hardtanh(x, low, high); });
}
template <class Lazy = void>
Tensor hardtanh_(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1) {
  const double low = min_val.to_double();
  const double high = max_val.to_double();
  detail::check_hardtanh(self, low, high);
  return detail::same_unary(detail::Reals{}, "hardtanh_", self, &self,
                            [low, high](auto x) { return math::hardtanh(x, low, high); });
}

template <class Lazy = void>
Tensor softplus(const Tensor& self, const Scalar& beta = 1, const Scalar& threshold = 20) {
  const double b = beta.to_double();
  const double t = threshold.to_double();
  return detail::activation("softplus", self, nullptr, [b, t](auto x) { return math::softplus(x, b, t); });
}

template <class Lazy = void>
Tensor threshold(const Tensor& self, const Scalar& threshold_value, const Scalar& value) {
  const double limit = threshold_value.to_double();
  const double replacement = value.to_double();
  return detail::same_unary(detail::Reals{}, "threshold", self, nullptr,
                            [limit, replacement](auto x) { return math::threshold(x, limit, replacement); });
}
template <class Lazy = void>
Tensor threshold_(const Tensor& self, const Scalar& threshold_value, const Scalar& value) {
  detail::copy_elements(self, threshold<Lazy>(self, threshold_value, value));
  return self;
}

template <class Lazy = void>
Tensor hardshrink(const Tensor& self, const Scalar& lambd = 0.5) {
  const double limit = lambd.to_double();
  return detail::activation("hardshrink", self, nullptr, [limit](auto x) { return math::hardshrink(x, limit); });
}
template <class Lazy = void>
Tensor softshrink(const Tensor& self, const Scalar& lambd = 0.5) {
  const double limit = lambd.to_double();
  if (!is_floating_point(self.dtype())) {
    detail::raise_not_implemented("softshrink_check!", self.dtype());
  }
  const double most = self.dtype() == DType::float64    ? std::numeric_limits<double>::max()
                      : self.dtype() == DType::float16  ? 65504.0
                      : self.dtype() == DType::bfloat16 ? 3.3895313892515355e38
                                                        : static_cast<double>(std::numeric_limits<float>::max());
  if (!(limit >= 0.0 && limit <= most)) {
    const char* const largest = self.dtype() == DType::float64    ? "1.79769e+308"
                                : self.dtype() == DType::float16  ? "65504"
                                : self.dtype() == DType::bfloat16 ? "3.38953e+38"
                                                                  : "3.40282e+38";
    raise("RuntimeError", {"lambda must be in range [0, ", largest, "] for input dtype ", dtype_label(self.dtype()),
                           ", but found ", detail::short_number(limit)});
  }
  return detail::activation("softshrink", self, nullptr, [limit](auto x) { return math::softshrink(x, limit); });
}

/// x where positive, weight * x elsewhere; `weight` has one element or one for each channel (dimension 1).
template <class Lazy = void>
Tensor prelu(const Tensor& self, const Tensor& weight) {
  if (self.dtype() != weight.dtype()) {
    raise("RuntimeError", {"prelu: Type promoting not supported. Got ", dtype_label(self.dtype()), " and ",
                           dtype_label(weight.dtype())});
  }
  Tensor slopes = weight;
  if (weight.numel() != 1) {
    if (self.dim() == 0) {
      raise("RuntimeError", "Not allow zero-dim input tensor.");
    }
    const std::int64_t channels = self.dim() > 1 ? self.size(1) : 1;
    if (channels != weight.numel()) {
      raise("RuntimeError", {"Mismatch of parameter numbers and input channel size. Found parameter numbers = ",
                             weight.numel(), " and channel size = ", channels, "."});
    }
  }
  DimVector sizes(self.dim(), 1);
  DimVector strides(self.dim(), 1);
  if (self.dim() > 1) {
    sizes[1] = weight.numel();
    strides[1] = weight.dim() == 0 ? 1 : weight.strides().back();
  }
  slopes = weight.with_layout(sizes, strides, weight.storage_offset());
  const detail::Elementwise call{"prelu", detail::compute_dtype(self.dtype()), self.dtype(), nullptr};
  const auto op = [](auto x, auto w) { return x > decltype(x)(0) ? x : w * x; };
  return detail::elementwise(detail::Floats{}, call, op, self, slopes);
}

/// x where positive, weight * x elsewhere, broadcast.
template <class Lazy = void>
Tensor _prelu_kernel(const Tensor& self, const Tensor& weight) {
  if (self.dtype() != weight.dtype()) {
    raise("RuntimeError", {"Found dtype ", dtype_label(weight.dtype()), " but expected ", dtype_label(self.dtype())});
  }
  const detail::Elementwise call{"prelu", detail::compute_dtype(self.dtype()), self.dtype(), nullptr};
  return detail::elementwise(
      detail::Floats{}, call, [](auto x, auto w) { return x > decltype(x)(0) ? x : w * x; }, self, weight);
}

/// First half of dimension `dim` times the sigmoid of the second half.
template <class Lazy = void>
Tensor glu(const Tensor& self, std::int64_t dim = -1) {
  if (self.dim() == 0) {
    raise("RuntimeError", "glu does not support 0-dimensional tensors");
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t size = self.size(d);
  if (size % 2 != 0) {
    raise("RuntimeError", {"Halving dimension must be even, but dimension ", d, " is size ", size});
  }
  DimVector sizes(self.sizes());
  sizes[d] = size / 2;
  const Tensor value = self.with_layout(sizes, self.strides(), self.storage_offset());
  const Tensor gate = self.with_layout(sizes, self.strides(), self.storage_offset() + (size / 2) * self.strides()[d]);
  const detail::Elementwise call{"glu", detail::compute_dtype(self.dtype()), self.dtype(), nullptr};
  return detail::elementwise(detail::Floats{}, call, [](auto a, auto b) { return a * math::sigmoid(b); }, value, gate);
}

}  // namespace ops
}  // namespace ts2cpp
