// Batch, layer, group, instance and RMS normalisation.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

#include <ts2cpp/kernels/normalization.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/kernels/scratch.hpp>

namespace ts2cpp {
namespace detail {

/// Parameters may have the input's dtype, or be float32 beside a 16-bit input.
inline void check_parameter_dtype(const std::optional<Tensor>& parameter, DType input) {
  if (parameter.has_value() && parameter->defined() && parameter->dtype() != input &&
      !(is_reduced_float(input) && parameter->dtype() == DType::float32)) {
    raise("RuntimeError", is_reduced_float(input)
                              ? std::string("mixed dtype (CPU): expect parameter to have scalar type of Float")
                              : std::string("expected scalar type ") + dtype_label(input) + " but found " +
                                    dtype_label(parameter->dtype()));
  }
}

/// Statistics have the input's dtype, or float32 where one of the parameters beside a 16-bit input has it.
inline DType statistics_dtype(DType input, std::initializer_list<const std::optional<Tensor>*> parameters) {
  for (const std::optional<Tensor>* parameter : parameters) {
    if (is_reduced_float(input) && parameter->has_value() && (*parameter)->defined() &&
        (*parameter)->dtype() == DType::float32) {
      return DType::float32;
    }
  }
  return input;
}

inline void check_channel_count(const std::optional<Tensor>& parameter, const char* name, std::int64_t channels) {
  if (parameter.has_value() && parameter->defined() && parameter->numel() != channels) {
    raise("RuntimeError", {name, " should contain ", channels, " elements not ", parameter->numel()});
  }
}

/// running = (1 - momentum) * running + momentum * value, one value a channel.
inline void update_running(const std::optional<Tensor>& running, const double* values, double momentum) {
  if (!running.has_value() || !running->defined()) {
    return;
  }
  const Tensor old = kernels::dense_as(*running, DType::float64);
  Tensor fresh = Tensor::empty(old.sizes(), DType::float64);
  for (std::int64_t c = 0; c < old.numel(); ++c) {
    fresh.data_ptr<double>()[c] = (1.0 - momentum) * old.data_ptr<double>()[c] + momentum * values[c];
  }
  copy_elements(*running, fresh);
}

struct BatchNormResult {
  Tensor output;
  Tensor mean;  // of the batch, when training
  Tensor rstd;
};

/// Normalises [batch, channels, ...] by channel, with the batch's statistics when `training`.
inline BatchNormResult normalize_channels(const Tensor& input, const std::optional<Tensor>& weight,
                                          const std::optional<Tensor>& bias, const std::optional<Tensor>& running_mean,
                                          const std::optional<Tensor>& running_var, bool training, double momentum,
                                          double eps) {
  const std::int64_t channels = input.size(1);
  check_channel_count(running_mean, "running_mean", channels);
  check_channel_count(running_var, "running_var", channels);
  check_channel_count(weight, "weight", channels);
  check_channel_count(bias, "bias", channels);
  const auto given = [](const std::optional<Tensor>& tensor) { return tensor.has_value() && tensor->defined(); };
  if (!training && (!given(running_mean) || !given(running_var))) {
    raise("RuntimeError",
          {given(running_mean) ? "running_var" : "running_mean", " must be defined in evaluation mode"});
  }
  const DType dtype = kernels::float_compute_dtype("batch_norm", input.dtype());
  for (const std::optional<Tensor>* parameter : {&weight, &bias, &running_mean, &running_var}) {
    check_parameter_dtype(*parameter, input.dtype());
  }
  const std::int64_t batch = input.sizes()[0];
  const std::int64_t pixels = channels == 0 || batch == 0 ? 0 : input.numel() / (batch * channels);
  const ChannelBlocks* const blocks = training ? nullptr : blocks_of(input);
  const Tensor in = blocks != nullptr ? input : kernels::dense_as(input, dtype);
  Tensor out = blocks != nullptr ? Tensor() : Tensor::empty(input.sizes(), dtype);
  BatchNormResult result;
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const kernels::Scratch<T> scale(channels);
    const kernels::Scratch<T> shift(channels);
    const Tensor w = kernels::dense_optional(weight, dtype);
    const Tensor b = kernels::dense_optional(bias, dtype);
    const T* const factor = kernels::data_or_null<T>(w);
    const T* const added = kernels::data_or_null<T>(b);
    if (training) {
      const kernels::Scratch<double> means(channels);
      const kernels::Scratch<double> variances(channels);
      kernels::channel_moments(in.data_ptr<T>(), batch, channels, pixels, means.data(), variances.data());
      result.mean = Tensor::empty({channels}, dtype);
      result.rstd = Tensor::empty({channels}, dtype);
      for (std::int64_t c = 0; c < channels; ++c) {
        const double rstd = 1.0 / std::sqrt(variances[c] + eps);
        result.mean.data_ptr<T>()[c] = static_cast<T>(means[c]);
        result.rstd.data_ptr<T>()[c] = static_cast<T>(rstd);
        scale[c] = static_cast<T>(rstd) * (factor == nullptr ? T{1} : factor[c]);
        shift[c] = (added == nullptr ? T{0} : added[c]) - static_cast<T>(means[c]) * scale[c];
      }
      if (input.numel() != 0) {
        const double count = static_cast<double>(batch * pixels);
        update_running(running_mean, means.data(), momentum);
        for (std::int64_t c = 0; c < channels; ++c)
          variances[c] *= count / (count - 1.0);
        update_running(running_var, variances.data(), momentum);
      }
    } else {
      const Tensor mean = kernels::dense_optional(running_mean, dtype);
      const Tensor variance = kernels::dense_optional(running_var, dtype);
      for (std::int64_t c = 0; c < channels; ++c) {
        const T rstd = T{1} / std::sqrt(variance.data_ptr<T>()[c] + static_cast<T>(eps));
        scale[c] = rstd * (factor == nullptr ? T{1} : factor[c]);
        shift[c] = (added == nullptr ? T{0} : added[c]) - mean.data_ptr<T>()[c] * scale[c];
      }
    }
    if constexpr (std::is_same_v<T, float>) {
      if (blocks != nullptr) {
        out = kernels::scale_blocks(*blocks, input.sizes(), scale.data(), shift.data());
        return;
      }
    }
    kernels::scale_channels(in.data_ptr<T>(), batch, channels, pixels, scale.data(), shift.data(), out.data_ptr<T>());
  });
  result.output = kernels::as_dtype(out, input.dtype());
  return result;
}

/// How many leading rows and trailing elements normalized_shape splits the input into, after checking it.
inline std::pair<std::int64_t, std::int64_t> split_normalized(const Tensor& input, IntSpan shape,
                                                              const std::optional<Tensor>& weight,
                                                              const std::optional<Tensor>& bias, const char* star) {
  if (shape.empty()) {
    raise("RuntimeError",
          "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
          "normalized_shape = []");
  }
  const auto check = [&](const std::optional<Tensor>& parameter, const char* name) {
    if (parameter.has_value() && parameter->defined() && parameter->sizes() != shape) {
      raise("RuntimeError", {"Expected ", name, " to be of same shape as normalized_shape, but got ", name,
                             " of shape ", parameter->sizes(), " and normalized_shape = ", shape});
    }
  };
  check(weight, "weight");
  check(bias, "bias");
  const std::int64_t leading = input.dim() - shape.size();
  if (leading < 0 || IntSpan(input.sizes().data() + leading, shape.size()) != shape) {
    std::string text =
        std::string("Given normalized_shape=") + to_string(shape) + ", expected input with shape [" + star;
    for (std::int64_t d = 0; d < shape.size(); ++d)
      text += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
    raise("RuntimeError", {text, "], but got input of size", input.sizes()});
  }
  std::int64_t rows = 1;
  std::int64_t n = 1;
  for (std::int64_t d = 0; d < input.dim(); ++d)
    (d < leading ? rows : n) *= input.sizes()[d];
  return {rows, n};
}

}  // namespace detail

namespace ops {

/// input[N, C, ...] normalised by channel: with the running statistics, or with the batch's when `training` (which
/// then update the running ones, if given).
inline Tensor batch_norm(const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                         const std::optional<Tensor>& running_mean, const std::optional<Tensor>& running_var,
                         bool training, double momentum, double eps) {
  if (input.numel() == 0) {  // nothing to normalise: nothing is checked or updated
    const auto is_empty = [](const std::optional<Tensor>& parameter) {
      return parameter.has_value() && parameter->defined() && parameter->numel() == 0;
    };
    if (is_empty(weight) || is_empty(bias)) {
      raise("IndexError", "index 0 is out of bounds for dimension 0 with size 0");
    }
    return Tensor::empty(input.sizes(), input.dtype());
  }
  return detail::normalize_channels(input, weight, bias, running_mean, running_var, training, momentum, eps).output;
}

/// batch_norm with the batch's mean and 1 / standard deviation (both empty when not training).
inline std::tuple<Tensor, Tensor, Tensor> native_batch_norm(const Tensor& input, const std::optional<Tensor>& weight,
                                                            const std::optional<Tensor>& bias,
                                                            const std::optional<Tensor>& running_mean,
                                                            const std::optional<Tensor>& running_var, bool training,
                                                            double momentum, double eps) {
  const DType statistics = detail::statistics_dtype(input.dtype(), {&weight, &bias, &running_mean, &running_var});
  if (input.numel() == 0) {
    if (training) {
      raise("RuntimeError", {"input tensor must have at least one element, but got input_sizes = ", input.sizes()});
    }
    return {Tensor::empty(input.sizes(), input.dtype()), Tensor::empty({0}, statistics),
            Tensor::empty({0}, statistics)};
  }
  detail::BatchNormResult result =
      detail::normalize_channels(input, weight, bias, running_mean, running_var, training, momentum, eps);
  if (!training) {
    result.mean = Tensor::empty({0}, detail::compute_dtype(input.dtype()));
    result.rstd = result.mean;
  }
  return {result.output, kernels::as_dtype(result.mean, statistics), kernels::as_dtype(result.rstd, statistics)};
}

/// Every slice over the last dimensions, which must be `normalized_shape`, to mean 0 and variance 1; then
/// * weight + bias. Also returns the means and 1 / standard deviations, with those dimensions of size 1.
inline std::tuple<Tensor, Tensor, Tensor> native_layer_norm(const Tensor& input, IntSpan normalized_shape,
                                                            const std::optional<Tensor>& weight,
                                                            const std::optional<Tensor>& bias, double eps) {
  const auto [rows, n] = detail::split_normalized(input, normalized_shape, weight, bias, "*, ");
  const DType dtype = kernels::float_compute_dtype("LayerNormKernelImpl", input.dtype());
  detail::check_parameter_dtype(weight, input.dtype());
  detail::check_parameter_dtype(bias, input.dtype());
  const Tensor in = kernels::dense_as(input, dtype);
  const Tensor w = kernels::dense_optional(weight, dtype);
  const Tensor b = kernels::dense_optional(bias, dtype);
  DimVector rows_only(input.sizes());
  for (std::int64_t d = input.dim() - normalized_shape.size(); d < input.dim(); ++d)
    rows_only[d] = 1;
  Tensor out = Tensor::empty(input.sizes(), dtype);
  Tensor mean = Tensor::empty(rows_only, dtype);
  Tensor rstd = Tensor::empty(rows_only, dtype);
  const std::int64_t row_count = rows;
  const std::int64_t row_size = n;
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    kernels::layer_norm<T>(in.data_ptr<T>(), row_count, row_size, kernels::data_or_null<T>(w),
                           kernels::data_or_null<T>(b), static_cast<T>(eps), out.data_ptr<T>(), mean.data_ptr<T>(),
                           rstd.data_ptr<T>());
  });
  const DType statistics = detail::statistics_dtype(input.dtype(), {&weight, &bias});
  return {kernels::as_dtype(out, input.dtype()), kernels::as_dtype(mean, statistics),
          kernels::as_dtype(rstd, statistics)};
}

inline Tensor layer_norm(const Tensor& input, IntSpan normalized_shape,
                         const std::optional<Tensor>& weight = std::nullopt,
                         const std::optional<Tensor>& bias = std::nullopt, double eps = 1e-05) {
  return std::get<0>(native_layer_norm(input, normalized_shape, weight, bias, eps));
}

/// input[N, C, ...] with C in num_groups groups, each normalised over its channels and pixels.
inline Tensor group_norm(const Tensor& input, std::int64_t num_groups,
                         const std::optional<Tensor>& weight = std::nullopt,
                         const std::optional<Tensor>& bias = std::nullopt, double eps = 1e-05) {
  const std::int64_t batch = input.size(0);
  const std::int64_t channels = input.size(1);
  if (num_groups <= 0) {
    raise("RuntimeError", {"Expected num groups to be greater than 0, got ", num_groups});
  }
  if (channels % num_groups != 0) {
    raise("RuntimeError",
          {"Expected number of channels in input to be divisible by num_groups, but got input of shape ", input.sizes(),
           " and num_groups=", num_groups});
  }
  const auto check = [&](const std::optional<Tensor>& parameter, const char* name) {
    if (parameter.has_value() && parameter->defined() && (parameter->dim() != 1 || parameter->numel() != channels)) {
      raise("RuntimeError",
            {"Expected ", name, " to be a vector of size equal to the number of channels in input, but got ", name,
             " of shape ", parameter->sizes(), " and input of shape ", input.sizes()});
    }
  };
  check(weight, "weight");
  check(bias, "bias");
  const DType dtype = kernels::float_compute_dtype("GroupNormKernelImpl", input.dtype());
  detail::check_parameter_dtype(weight, input.dtype());
  detail::check_parameter_dtype(bias, input.dtype());
  const Tensor in = kernels::dense_as(input, dtype);
  const Tensor w = kernels::dense_optional(weight, dtype);
  const Tensor b = kernels::dense_optional(bias, dtype);
  Tensor out = Tensor::empty(input.sizes(), dtype);
  if (input.numel() == 0) {
    return kernels::as_dtype(out, input.dtype());
  }
  const std::int64_t per_group = channels / num_groups;
  const std::int64_t pixels = input.numel() / (batch * channels);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const factor = kernels::data_or_null<T>(w);
    const T* const added = kernels::data_or_null<T>(b);
    const std::int64_t n = per_group * pixels;
    parallel_for(batch * num_groups, kernels::norm_grain(n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t group = begin; group < end; ++group) {
        const T* const x = in.data_ptr<T>() + group * n;
        T* const y = out.data_ptr<T>() + group * n;
        T mean{0};
        T variance{0};
        kernels::rows<T>().moments(x, n, &mean, &variance);
        const T rstd = T{1} / std::sqrt(variance + static_cast<T>(eps));
        for (std::int64_t k = 0; k < per_group; ++k) {
          const std::int64_t c = group % num_groups * per_group + k;
          const T scale = factor == nullptr ? rstd : rstd * factor[c];
          const T shift = (added == nullptr ? T{0} : added[c]) - mean * scale;
          kernels::rows<T>().affine(x + k * pixels, pixels, scale, shift, nullptr, nullptr, y + k * pixels);
        }
      }
    });
  });
  return kernels::as_dtype(out, input.dtype());
}

/// Every channel of every sample normalised on its own (`use_input_stats`), or batch_norm with the running statistics.
inline Tensor instance_norm(const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                            const std::optional<Tensor>& running_mean, const std::optional<Tensor>& running_var,
                            bool use_input_stats, double momentum, double eps) {
  const bool tracked =
      running_mean.has_value() && running_mean->defined() && running_var.has_value() && running_var->defined();
  if (!use_input_stats) {
    if (!tracked) {
      raise("RuntimeError", "Expected running_mean and running_var to be defined when use_input_stats is false");
    }
    return batch_norm(input, weight, bias, running_mean, running_var, false, momentum, eps);
  }
  const std::int64_t channels = input.size(1);
  const std::int64_t batch = input.sizes()[0];
  detail::check_channel_count(weight, "weight", channels);
  detail::check_channel_count(bias, "bias", channels);
  detail::check_channel_count(running_mean, "running_mean", channels);
  detail::check_channel_count(running_var, "running_var", channels);
  const Tensor out = group_norm(input, std::max<std::int64_t>(1, channels), weight, bias, eps);
  if (tracked && input.numel() != 0) {
    const Tensor in = kernels::dense_as(input, DType::float64);
    const std::int64_t pixels = in.numel() / (batch * channels);
    const kernels::Scratch<double> means(batch * channels);
    const kernels::Scratch<double> variances(batch * channels);
    kernels::channel_moments(in.data_ptr<double>(), 1, batch * channels, pixels, means.data(), variances.data());
    const double unbias = static_cast<double>(pixels) / static_cast<double>(pixels - 1);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t n = 1; n < batch; ++n) {
        means[c] += means[n * channels + c];
        variances[c] += variances[n * channels + c];
      }
      means[c] /= static_cast<double>(batch);
      variances[c] *= unbias / static_cast<double>(batch);
    }
    detail::update_running(running_mean, means.data(), momentum);
    detail::update_running(running_var, variances.data(), momentum);
  }
  return out;
}

}  // namespace ops

namespace detail {

/// The same of complex numbers, as PyTorch has it: squares, not squared magnitudes.
template <class T>
void complex_rms_norm(const T* in, std::int64_t rows, std::int64_t row_size, const T* weight, double eps, T* out) {
  for (std::int64_t start = 0; start < rows * row_size; start += row_size) {
    std::complex<double> squares = 0;
    for (std::int64_t i = 0; i < row_size; ++i) {
      const std::complex<double> element(in[start + i]);
      squares += element * element;
    }
    const T scale(1.0 / std::sqrt(squares / static_cast<double>(row_size) + eps));
    for (std::int64_t i = 0; i < row_size; ++i) {
      const T element = in[start + i] * scale;
      out[start + i] = weight == nullptr ? element : element * weight[i];
    }
  }
}

}  // namespace detail

namespace ops {

/// input / sqrt(mean(input^2) + eps) * weight over the last dimensions; without eps, the dtype's machine epsilon.
inline Tensor rms_norm(const Tensor& input, IntSpan normalized_shape,
                       const std::optional<Tensor>& weight = std::nullopt, std::optional<double> eps = std::nullopt) {
  const auto [rows, n] = detail::split_normalized(input, normalized_shape, weight, std::nullopt, "*");
  const DType dtype = detail::compute_dtype(input.dtype());
  if (!is_floating_point(dtype) && !is_complex(dtype)) {
    detail::raise_no_kernel("rms_norm", input.dtype());
  }
  const Tensor in = kernels::dense_as(input, dtype);
  const Tensor w = kernels::dense_optional(weight, dtype);
  Tensor out = Tensor::empty(input.sizes(), dtype);
  const std::int64_t row_count = rows;
  const std::int64_t row_size = n;
  detail::visit(detail::FloatsAndComplex{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Real = decltype(std::abs(T()));
    const Real epsilon = eps.has_value() ? static_cast<Real>(*eps) : std::numeric_limits<Real>::epsilon();
    const T* const data = in.data_ptr<T>();
    const T* const scales = kernels::data_or_null<T>(w);
    if constexpr (std::is_same_v<T, Real>) {
      kernels::rms_norm<T>(data, row_count, row_size, scales, epsilon, out.data_ptr<T>());
    } else {
      detail::complex_rms_norm(data, row_count, row_size, scales, epsilon, out.data_ptr<T>());
    }
  });
  return kernels::as_dtype(out, input.dtype());
}

}  // namespace ops
}  // namespace ts2cpp
