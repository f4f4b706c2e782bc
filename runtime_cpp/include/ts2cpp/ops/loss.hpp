// Losses. `reduction` is 0 for none, 1 for the mean, 2 for the sum.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/kernels/rows.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/arithmetic_functions.hpp>
#include <ts2cpp/ops/softmax.hpp>

namespace ts2cpp {
namespace detail {

inline void check_reduction(std::int64_t reduction) {
  if (reduction < 0 || reduction > 2) {
    raise("RuntimeError", {reduction, " is not a valid value for reduction"});
  }
}

/// Weights of classes have the dtype of the scores.
inline void check_class_weight(const std::optional<Tensor>& weight, DType scores) {
  if (weight.has_value() && weight->defined() && weight->dtype() != scores) {
    raise("RuntimeError", {"expected scalar type ", dtype_label(scores), " but found ", dtype_label(weight->dtype())});
  }
}

/// none, mean or sum of a contiguous float tensor.
inline Tensor reduce_loss(const Tensor& losses, std::int64_t reduction, DType result) {
  if (reduction == 0) {
    return kernels::as_dtype(losses, result);
  }
  Tensor out = Tensor::empty({}, losses.dtype());
  detail::visit(detail::Floats{}, losses.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const double sum =
        kernels::row_sum<double>(losses.data_ptr<T>(), losses.numel(), [](T x) { return static_cast<double>(x); });
    const double count = static_cast<double>(losses.numel());
    *out.data_ptr<T>() = static_cast<T>(reduction == 1 ? sum / count : sum);
  });
  return kernels::as_dtype(out, result);
}

/// fn(x, y) of every pair of elements of two broadcast tensors, reduced.
template <class F>
Tensor pairwise_loss(const char* name, const Tensor& self, const Tensor& target, std::int64_t reduction, F&& fn) {
  const DType result = promote_types(self.dtype(), target.dtype());
  const DimVector sizes = broadcast_sizes(self.sizes(), target.sizes());
  const DType dtype = kernels::float_compute_dtype(name, result);
  const Tensor x = kernels::dense_as(kernels::expanded(self, sizes), dtype);
  const Tensor y = kernels::dense_as(kernels::expanded(target, sizes), dtype);
  Tensor losses = Tensor::empty(sizes, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const a = x.data_ptr<T>();
    const T* const b = y.data_ptr<T>();
    T* const out = losses.data_ptr<T>();
    for (std::int64_t i = 0; i < losses.numel(); ++i)
      out[i] = fn(a[i], b[i]);
  });
  return reduce_loss(losses, reduction, result);
}

/// That `other` may be multiplied into `target` in place.
inline void check_joins(const Tensor& target, const Tensor& other) {
  const DimVector both = broadcast_sizes(target.sizes(), other.sizes());
  if (target.sizes() != IntSpan(both)) {
    raise("RuntimeError", {"output with shape ", target.sizes(), " doesn't match the broadcast shape ", IntSpan(both)});
  }
}

/// Multiplies losses by a broadcast weight, if there is one; result sizes may grow.
inline Tensor weighted(const Tensor& losses, const std::optional<Tensor>& weight) {
  if (!weight.has_value() || !weight->defined()) {
    return losses;
  }
  const DimVector sizes = broadcast_sizes(losses.sizes(), weight->sizes());
  const Tensor factor = kernels::dense_as(kernels::expanded(*weight, sizes), losses.dtype());
  const Tensor in = kernels::dense(kernels::expanded(losses, sizes));
  Tensor out = Tensor::empty(sizes, losses.dtype());
  detail::visit(detail::Floats{}, losses.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      out.data_ptr<T>()[i] = in.data_ptr<T>()[i] * factor.data_ptr<T>()[i];
    }
  });
  return out;
}

/// Negative log likelihood over self[outer, classes, inner] and target[outer, inner].
inline Tensor nll_planes(const Tensor& self, std::int64_t outer, std::int64_t classes, std::int64_t inner,
                         const Tensor& target, const std::optional<Tensor>& weight, std::int64_t reduction,
                         std::int64_t ignore_index) {
  if (target.dtype() != DType::int64 && target.dtype() != DType::uint8) {
    raise("RuntimeError", {"expected target dtype to be Long or Byte, but got ", dtype_label(target.dtype())});
  }
  if (weight.has_value() && weight->defined() && (weight->dim() != 1 || weight->numel() != classes)) {
    raise("RuntimeError", {"weight tensor should be defined either for all ", classes,
                           " classes or no classes but got weight tensor of shape: ", weight->sizes()});
  }
  const DType dtype = kernels::float_compute_dtype("nll_loss_out_frame", self.dtype());
  check_class_weight(weight, self.dtype());
  const Tensor in = kernels::dense_as(self, dtype);
  const Tensor labels = kernels::dense_as(target, DType::int64);
  const Tensor factor = kernels::dense_optional(weight, dtype);
  Tensor losses = Tensor::empty(target.sizes(), dtype);
  Tensor result;
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const weights = kernels::data_or_null<T>(factor);
    double sum = 0.0;
    double total = 0.0;
    for (std::int64_t i = 0; i < outer * inner; ++i) {
      const std::int64_t label = labels.data_ptr<std::int64_t>()[i];
      T loss{0};
      if (label != ignore_index) {
        if (label < 0 || label >= classes) {
          raise("IndexError", {"Target ", label, " is out of bounds."});
        }
        const T w = weights == nullptr ? T{1} : weights[label];
        loss = -in.data_ptr<T>()[(i / inner * classes + label) * inner + i % inner] * w;
        total += static_cast<double>(w);
      }
      losses.data_ptr<T>()[i] = loss;
      sum += static_cast<double>(loss);
    }
    if (reduction == 0) {
      result = losses;
    } else {
      result = Tensor::empty({}, dtype);
      *result.data_ptr<T>() = static_cast<T>(reduction == 1 ? sum / total : sum);
    }
  });
  return kernels::as_dtype(result, self.dtype());
}

}  // namespace detail

namespace ops {

inline constexpr std::int64_t kMeanReduction = 1;

/// (self - target)^2.
inline Tensor mse_loss(const Tensor& self, const Tensor& target, std::int64_t reduction = kMeanReduction) {
  detail::check_reduction(reduction);
  return detail::pairwise_loss("mse_cpu", self, target, reduction, [](auto x, auto y) { return (x - y) * (x - y); });
}

/// |self - target|.
template <class Lazy = void>
Tensor l1_loss(const Tensor& self, const Tensor& target, std::int64_t reduction = kMeanReduction) {
  if (is_complex(promote_types(self.dtype(), target.dtype()))) {
    const Tensor losses = abs<Lazy>(sub<Lazy>(self, target));
    return detail::reduce_loss(losses, reduction, losses.dtype());
  }
  return detail::pairwise_loss("l1_loss", self, target, reduction, [](auto x, auto y) { return std::abs(x - y); });
}

/// Quadratic below `beta`, linear above.
inline Tensor smooth_l1_loss(const Tensor& self, const Tensor& target, std::int64_t reduction = kMeanReduction,
                             double beta = 1.0) {
  detail::check_reduction(reduction);
  if (!(beta >= 0.0)) {
    raise("RuntimeError", "smooth_l1_loss does not support negative values for beta.");
  }
  if (beta == 0.0) {
    return l1_loss(self, target, reduction);
  }
  return detail::pairwise_loss("smooth_l1_cpu", self, target, reduction, [beta](auto x, auto y) {
    using T = decltype(x);
    const T z = std::abs(x - y);
    const T limit = static_cast<T>(beta);
    return z < limit ? T(0.5) * z * z / limit : z - T(0.5) * limit;
  });
}

inline Tensor huber_loss(const Tensor& self, const Tensor& target, std::int64_t reduction = kMeanReduction,
                         double delta = 1.0) {
  if (!(delta > 0.0)) {
    raise("RuntimeError", "huber_loss does not support non-positive values for delta.");
  }
  return detail::pairwise_loss("huber_cpu", self, target, reduction, [delta](auto x, auto y) {
    using T = decltype(x);
    const T z = std::abs(x - y);
    const T limit = static_cast<T>(delta);
    return z < limit ? T(0.5) * z * z : limit * (z - T(0.5) * limit);
  });
}

/// target * (log(target) - self), or exp(target) * (target - self) when the target holds logarithms.
inline Tensor kl_div(const Tensor& self, const Tensor& target, std::int64_t reduction = kMeanReduction,
                     bool log_target = false) {
  return detail::pairwise_loss("kl_div", target, self, reduction, [log_target](auto y, auto x) {
    using T = decltype(x);
    if (log_target) {
      return math::exp(y) * (y - x);
    }
    return (y == T{0} ? T{0} : y * math::log(y)) - y * x;
  });
}

/// -(target * log(self) + (1 - target) * log(1 - self)), the logarithms not below -100; self in [0, 1].
inline Tensor binary_cross_entropy(const Tensor& self, const Tensor& target,
                                   const std::optional<Tensor>& weight = std::nullopt,
                                   std::int64_t reduction = kMeanReduction) {
  if (self.dtype() != target.dtype()) {
    raise("RuntimeError", {"Found dtype ", dtype_label(target.dtype()), " but expected ", dtype_label(self.dtype())});
  }
  const Tensor losses = detail::pairwise_loss("binary_cross_entropy", self, target, 0, [](auto x, auto y) {
    using T = decltype(x);
    if (!(y >= T{0} && y <= T{1})) {
      raise("RuntimeError", "all elements of target should be between 0 and 1");
    }
    if (!(x >= T{0} && x <= T{1})) {
      raise("RuntimeError", "all elements of input should be between 0 and 1");
    }
    return (y - T{1}) * std::max(std::log1p(-x), T(-100)) - y * std::max(std::log(x), T(-100));
  });
  const Tensor scaled = detail::weighted(kernels::as_dtype(losses, detail::compute_dtype(losses.dtype())), weight);
  return detail::reduce_loss(scaled, reduction, self.dtype());
}

/// binary_cross_entropy(sigmoid(self), target) without the overflow; `pos_weight` multiplies the positive part.
inline Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target,
                                               const std::optional<Tensor>& weight = std::nullopt,
                                               const std::optional<Tensor>& pos_weight = std::nullopt,
                                               std::int64_t reduction = kMeanReduction) {
  const DType result = promote_types(self.dtype(), target.dtype());
  static_cast<void>(kernels::float_compute_dtype("log_sigmoid_cpu", self.dtype()));
  const DType dtype = detail::compute_dtype(result);
  DimVector sizes = broadcast_sizes(target.sizes(), self.sizes());
  detail::check_joins(target, self);
  if (weight.has_value() && weight->defined()) {
    detail::check_joins(target, *weight);
  }
  if (is_integral(target.dtype(), true)) {
    raise("RuntimeError", {"result type ", dtype_label(result), " can't be cast to the desired output type ",
                           dtype_label(target.dtype())});
  }
  const bool has_pos_weight = pos_weight.has_value() && pos_weight->defined();
  if (has_pos_weight) {
    sizes = broadcast_sizes(sizes, pos_weight->sizes());
  }
  const Tensor x = kernels::dense_as(kernels::expanded(self, sizes), dtype);
  const Tensor y = kernels::dense_as(kernels::expanded(target, sizes), dtype);
  const Tensor positive = has_pos_weight ? kernels::dense_as(kernels::expanded(*pos_weight, sizes), dtype) : Tensor();
  Tensor losses = Tensor::empty(sizes, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const p = kernels::data_or_null<T>(positive);
    for (std::int64_t i = 0; i < losses.numel(); ++i) {
      const T logit = x.data_ptr<T>()[i];
      const T label = y.data_ptr<T>()[i];
      const T log_weight = p == nullptr ? T{1} : (p[i] - T{1}) * label + T{1};
      const T softplus = math::log1p(math::exp(-std::abs(logit))) + std::max(-logit, T{0});
      losses.data_ptr<T>()[i] = (T{1} - label) * logit + log_weight * softplus;
    }
  });
  return detail::reduce_loss(detail::weighted(losses, weight), reduction, result);
}

/// -self[i, target[i]] (times the class's weight) for self[N, C] or [C]; rows whose target is ignore_index count not.
inline Tensor nll_loss(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = std::nullopt,
                       std::int64_t reduction = kMeanReduction, std::int64_t ignore_index = -100) {
  if (self.dim() == 0 || self.dim() > 2) {
    raise("RuntimeError", "input tensor should be 1D or 2D");
  }
  if (target.dim() > 1) {
    raise("RuntimeError", "0D or 1D target tensor expected, multi-target not supported");
  }
  const bool single = self.dim() == 1;
  const std::int64_t rows = single ? 1 : self.sizes()[0];
  if (rows != target.numel() || (!single && target.dim() == 0)) {
    raise("RuntimeError", {"size mismatch (got input: ", self.sizes(), ", target: ", target.sizes(), ")"});
  }
  return detail::nll_planes(self, rows, self.sizes()[self.dim() - 1], 1, target, weight, reduction, ignore_index);
}

/// The same by pixel: self[N, C, H, W], target[N, H, W].
inline Tensor nll_loss2d(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = std::nullopt,
                         std::int64_t reduction = kMeanReduction, std::int64_t ignore_index = -100) {
  if (target.dim() != 3) {
    raise("RuntimeError",
          {"only batches of spatial targets supported (3D tensors) but got targets of dimension: ", target.dim()});
  }
  if (self.dim() != 4) {
    raise("RuntimeError",
          {"only batches of spatial inputs supported (4D tensors), but got input of dimension: ", self.dim()});
  }
  if (self.sizes()[0] != target.sizes()[0] || self.sizes()[2] != target.sizes()[1] ||
      self.sizes()[3] != target.sizes()[2]) {
    raise("RuntimeError", {"size mismatch (got input: ", self.sizes(), " , target: ", target.sizes()});
  }
  return detail::nll_planes(self, self.sizes()[0], self.sizes()[1], self.sizes()[2] * self.sizes()[3], target, weight,
                            reduction, ignore_index);
}

/// Any rank: classes are the second dimension (the first of a 1-D self).
inline Tensor nll_loss_nd(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight = std::nullopt,
                          std::int64_t reduction = kMeanReduction, std::int64_t ignore_index = -100) {
  if (self.dim() < 1) {
    raise("ValueError", {"Expected 1 or more dimensions (got ", self.dim(), ")"});
  }
  if (self.dim() != 1 && (target.dim() == 0 || self.sizes()[0] != target.sizes()[0])) {
    raise("ValueError", {"Expected input batch_size (", self.sizes()[0], ") to match target batch_size (",
                         target.dim() == 0 ? 0 : target.sizes()[0], ")."});
  }
  if (self.dim() <= 2) {
    return nll_loss(self, target, weight, reduction, ignore_index);
  }
  DimVector expected(self.sizes());
  expected.erase(1);
  if (target.sizes() != IntSpan(expected)) {
    raise("RuntimeError",
          self.dim() == 4 && target.dim() == 3
              ? "size mismatch (got input: " + to_string(self.sizes()) + " , target: " + to_string(target.sizes())
              : "Expected target size " + to_string(expected) + ", got " + to_string(target.sizes()));
  }
  std::int64_t inner = 1;
  for (std::int64_t d = 2; d < self.dim(); ++d) {
    inner *= self.sizes()[d];
  }
  return detail::nll_planes(self, self.sizes()[0], self.sizes()[1], inner, target, weight, reduction, ignore_index);
}

}  // namespace ops

namespace detail {

/// Cross entropy against class probabilities of the same sizes as the logarithms.
inline Tensor cross_entropy_probabilities(const Tensor& logs, const Tensor& target, const std::optional<Tensor>& weight,
                                          std::int64_t reduction, double smoothing) {
  const std::int64_t axis = logs.dim() == 1 ? 0 : 1;
  const DType dtype = compute_dtype(logs.dtype());
  const Tensor in = kernels::dense_as(logs, dtype);
  const Tensor y = kernels::dense_as(target, dtype);
  const Tensor factor = kernels::dense_optional(weight, dtype);
  const std::int64_t classes = in.sizes()[axis];
  const std::int64_t outer = axis == 0 ? 1 : in.sizes()[0];
  const std::int64_t inner = classes * outer == 0 ? 0 : in.numel() / (outer * classes);
  DimVector sizes(in.sizes());
  sizes.erase(axis);
  Tensor losses = Tensor::empty(sizes, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const weights = kernels::data_or_null<T>(factor);
    for (std::int64_t i = 0; i < outer * inner; ++i) {
      T sum{0};
      for (std::int64_t c = 0; c < classes; ++c) {
        const std::int64_t at = (i / inner * classes + c) * inner + i % inner;
        const T probability = y.data_ptr<T>()[at] * static_cast<T>(1.0 - smoothing) +
                              static_cast<T>(smoothing / static_cast<double>(classes));
        sum += in.data_ptr<T>()[at] * probability * (weights == nullptr ? T{1} : weights[c]);
      }
      losses.data_ptr<T>()[i] = -sum;
    }
  });
  return reduce_loss(losses, reduction, logs.dtype());
}

/// Label smoothing for class indices: (1 - smoothing) * nll + smoothing / classes * the mean over all classes.
inline Tensor cross_entropy_smoothed(const Tensor& logs, const Tensor& target, const std::optional<Tensor>& weight,
                                     std::int64_t reduction, std::int64_t ignore_index, double smoothing) {
  const Tensor nll = ops::nll_loss_nd(logs, target, weight, reduction, ignore_index);
  const std::int64_t axis = logs.dim() == 1 ? 0 : 1;
  const DType dtype = compute_dtype(logs.dtype());
  const Tensor in = kernels::dense_as(logs, dtype);
  const Tensor labels = kernels::dense_as(target, DType::int64);
  const Tensor factor = kernels::dense_optional(weight, dtype);
  const std::int64_t classes = in.sizes()[axis];
  const std::int64_t positions = labels.numel();
  const std::int64_t inner = logs.dim() <= 2 ? 1 : positions / std::max<std::int64_t>(1, in.sizes()[0]);
  Tensor smooth = Tensor::empty(target.sizes(), dtype);
  Tensor result = Tensor::empty(nll.sizes(), dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const weights = kernels::data_or_null<T>(factor);
    double total = 0.0;
    for (std::int64_t i = 0; i < positions; ++i) {
      const std::int64_t label = labels.data_ptr<std::int64_t>()[i];
      T sum{0};
      for (std::int64_t c = 0; c < classes && label != ignore_index; ++c) {
        const T value = in.data_ptr<T>()[(i / inner * classes + c) * inner + i % inner];
        sum -= weights == nullptr ? value : value * weights[c];
      }
      smooth.data_ptr<T>()[i] = sum;
      if (label != ignore_index) {
        total += weights == nullptr ? 1.0 : static_cast<double>(weights[label]);
      }
    }
    const Tensor base = kernels::dense_as(nll, dtype);
    const T keep = static_cast<T>(1.0 - smoothing);
    const T spread = static_cast<T>(smoothing / static_cast<double>(classes));
    if (reduction == 0) {
      for (std::int64_t i = 0; i < positions; ++i) {
        result.data_ptr<T>()[i] = base.data_ptr<T>()[i] * keep + smooth.data_ptr<T>()[i] * spread;
      }
    } else {
      double sum =
          kernels::row_sum<double>(smooth.data_ptr<T>(), positions, [](T x) { return static_cast<double>(x); });
      sum = reduction == 1 ? sum / total : sum;
      *result.data_ptr<T>() = *base.data_ptr<T>() * keep + static_cast<T>(sum) * spread;
    }
  });
  return kernels::as_dtype(result, logs.dtype());
}

}  // namespace detail

namespace ops {

/// Negative log likelihood of log_softmax(self); the target holds class indices, or probabilities when it has self's
/// sizes.
inline Tensor cross_entropy_loss(const Tensor& self, const Tensor& target,
                                 const std::optional<Tensor>& weight = std::nullopt,
                                 std::int64_t reduction = kMeanReduction, std::int64_t ignore_index = -100,
                                 double label_smoothing = 0.0) {
  if (label_smoothing < 0.0 || label_smoothing > 1.0) {
    char text[64];
    std::snprintf(text, sizeof text, "%g", label_smoothing);
    raise("RuntimeError", {"label_smoothing must be between 0.0 and 1.0. Got: ", text});
  }
  const bool probabilities = self.sizes() == target.sizes();
  if (probabilities && !is_floating_point(target.dtype())) {
    raise("RuntimeError",
          {"Expected floating point type for target with class probabilities, got ", dtype_label(target.dtype())});
  }
  if (probabilities && ignore_index >= 0) {
    raise("RuntimeError", "ignore_index is not supported for floating point target");
  }
  if (probabilities || label_smoothing > 0.0) {
    detail::check_reduction(reduction);
  }
  detail::check_class_weight(weight, self.dtype());
  const Tensor logs = log_softmax(self, self.dim() == 1 ? 0 : 1);
  if (probabilities) {
    if (reduction == kMeanReduction) {
      const Tensor sum = detail::cross_entropy_probabilities(logs, target, weight, 2, label_smoothing);
      const std::int64_t classes = self.dim() == 1 ? self.sizes()[0] : self.size(1);
      Tensor mean = kernels::dense_as(sum, DType::float64);
      Tensor result = Tensor::empty({}, DType::float64);
      *result.data_ptr<double>() = *mean.data_ptr<double>() / static_cast<double>(self.numel() / classes);
      return kernels::as_dtype(result, self.dtype());
    }
    return detail::cross_entropy_probabilities(logs, target, weight, reduction, label_smoothing);
  }
  if (label_smoothing > 0.0) {
    return detail::cross_entropy_smoothed(logs, target, weight, reduction, ignore_index, label_smoothing);
  }
  return nll_loss_nd(logs, target, weight, reduction, ignore_index);
}

}  // namespace ops
}  // namespace ts2cpp
