// The arguments of convolutions: checked, expanded to the number of dimensions, bounded to what can be computed with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// Everything a convolution is called with, checked and expanded to its number of dimensions.
struct Convolution {
  Tensor input;  // batched
  Tensor weight;
  Tensor bias;  // undefined when absent
  DimVector stride, padding, dilation, output_padding;
  DimVector padding_after;  // differs from `padding` for padding="same" only
  std::int64_t groups = 1;
  bool transposed = false;

  std::int64_t rank() const noexcept { return stride.size(); }
};

inline DimVector expand_parameter(IntSpan values, std::int64_t rank, const char* name) {
  if (values.size() == 1) {
    return DimVector(rank, values[0]);
  }
  if (values.size() != rank) {
    raise("RuntimeError", {"expected ", name, " to be a single integer value or a list of ", rank,
                           " values to match the convolution dimensions, but got ", name, "=", values});
  }
  return DimVector(values);
}

/// How the error goes on where a dilation is zero: one axis is named as two.
inline std::string dilation_text(const Convolution& c) {
  DimVector shown;
  if (c.dilation.size() == 1) {
    shown.push_back(1);
  }
  for (const std::int64_t value : c.dilation) {
    if (value < 0) {
      return "";
    }
    shown.push_back(value);
  }
  if (!c.transposed) {
    return ", but got " + to_string(shown);
  }
  static constexpr std::string_view kNames[] = {"dilation_depth: ", "dilation_height: ", "dilation_width: "};
  std::string text = ", but got ";
  for (std::int64_t i = 0; i < shown.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::string(kNames[3 - shown.size() + i]) + std::to_string(shown[i]);
  }
  return text;
}

inline void check_convolution_parameters(const Convolution& c) {
  for (const std::int64_t value : c.padding) {
    if (value < 0)
      raise("RuntimeError", "negative padding is not supported");
  }
  for (const std::int64_t value : c.output_padding) {
    if (value < 0)
      raise("RuntimeError", "negative output_padding is not supported");
  }
  for (const std::int64_t value : c.stride) {
    if (value <= 0)
      raise("RuntimeError", "non-positive stride is not supported");
  }
  for (const std::int64_t value : c.dilation) {
    if (value <= 0) {
      raise("RuntimeError", {"dilation should be greater than zero", dilation_text(c)});
    }
  }
}

inline void check_convolution_shapes(const Convolution& c) {
  const IntSpan input = c.input.sizes();
  const IntSpan weight = c.weight.sizes();
  const auto given_weight = [&] { return "weight of size " + to_string(weight); };
  if (c.input.dim() != c.weight.dim()) {
    raise("RuntimeError", {"Expected ", weight.size(), "-dimensional input for ", weight.size(), "-dimensional weight ",
                           weight, ", but got ", input.size(), "-dimensional input of size ", input, " instead"});
  }
  const auto groups = [&] { return std::to_string(c.groups); };
  if (weight[0] < c.groups) {
    raise("RuntimeError", {"Given groups=", groups(), ", expected weight to be at least ", groups(),
                           " at dimension 0, but got ", given_weight(), " instead"});
  }
  if (weight[0] % c.groups != 0) {
    raise("RuntimeError", {"Given groups=", groups(), ", expected weight to be divisible by ", groups(),
                           " at dimension 0, but got weight of size [", weight, "] instead"});
  }
  const std::int64_t channels = c.transposed ? weight[0] : weight[1] * c.groups;
  if (input[1] != channels) {
    raise("RuntimeError",
          {c.transposed ? "Given transposed=1, " : "Given groups=" + groups() + ", ", given_weight(),
           ", expected input", input, " to have ", channels, " channels, but got ", input[1], " channels instead"});
  }
  const std::int64_t outputs = c.transposed ? weight[1] * c.groups : weight[0];
  if (c.bias.defined() && (c.bias.dim() != 1 || c.bias.sizes()[0] != outputs)) {
    raise("RuntimeError",
          {"Given ", c.transposed ? "transposed=1, " : "", given_weight(), ", expected bias to be 1-dimensional with ",
           outputs, " elements, but got bias of size ", c.bias.sizes(), " instead"});
  }
}

inline void check_convolution_dtypes(const Convolution& c) {
  if (c.bias.defined() && c.bias.dtype() != c.input.dtype()) {
    raise("RuntimeError", {"Input type (", dtype_element_name(c.input.dtype()), ") and bias type (",
                           dtype_element_name(c.bias.dtype()), ") should be the same"});
  }
  if (c.weight.dtype() != c.input.dtype()) {
    raise("RuntimeError",
          {"expected scalar type ", dtype_label(c.input.dtype()), " but found ", dtype_label(c.weight.dtype())});
  }
}

inline std::string crossed(const DimVector& sizes) {
  std::string text = "(";
  for (std::int64_t d = 0; d < sizes.size(); ++d) {
    text += (d == 0 ? "" : " x ") + std::to_string(sizes[d]);
  }
  return text + ")";
}

/// The same convolution with parameters that geometry can be computed with: a step past the only window and the spread
/// of a single tap have no effect; what is larger than any tensor is refused.
inline Convolution bounded(const Convolution& call) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 40;
  constexpr std::int64_t kMostElements = std::int64_t{1} << 54;
  Convolution c = call;
  // Of all images with their padding: kernels fill channels up to blocks and lines up to steps, and count in bytes.
  const auto count = [&](const Tensor& tensor, std::int64_t d) { return std::max<std::int64_t>(tensor.sizes()[d], 1); };
  std::int64_t elements = 1;
  bool fits = !__builtin_mul_overflow(count(c.input, 0), std::max(count(c.input, 1), count(c.weight, 0)), &elements);
  for (std::int64_t d = 0; d < c.rank(); ++d) {
    const std::int64_t taps = c.weight.sizes()[d + 2];
    const std::int64_t extent = c.input.sizes()[d + 2];
    if (taps <= 0) {
      raise("RuntimeError", {"kernel size should be greater than zero, but got: ", c.weight.sizes()});
    }
    c.dilation[d] = taps == 1 ? 1 : c.dilation[d];
    c.stride[d] = c.transposed && extent == 1 ? 1 : c.stride[d];
    std::int64_t spread = 0;
    fits = fits && std::max({c.padding[d], c.padding_after[d], c.dilation[d], c.output_padding[d]}) <= kLargest &&
           !__builtin_mul_overflow(c.dilation[d], taps - 1, &spread) && spread <= kMostElements;
    if (fits && !c.transposed) {
      const std::int64_t room = extent + c.padding[d] + c.padding_after[d] - spread;
      c.stride[d] = std::min(c.stride[d], std::max<std::int64_t>(room, 1));
      fits = !__builtin_mul_overflow(elements, extent + c.padding[d] + c.padding_after[d] + 1, &elements);
    } else if (fits) {
      std::int64_t length = 0;
      fits =
          !__builtin_mul_overflow(extent, c.stride[d], &length) && length <= kMostElements &&
          !__builtin_mul_overflow(elements, std::max<std::int64_t>(length + spread - 2 * c.padding[d], 1), &elements);
    }
    if (!fits || c.stride[d] > kLargest || elements > kMostElements) {
      raise("RuntimeError", "numel: integer multiplication overflow");
    }
  }
  return c;
}

/// Sizes of the result, [batch, channels, ...].
inline DimVector convolution_sizes(const Convolution& c) {
  const std::int64_t rank = c.rank();
  DimVector sizes(rank + 2);
  sizes[0] = c.input.sizes()[0];
  sizes[1] = c.transposed ? c.weight.sizes()[1] * c.groups : c.weight.sizes()[0];
  DimVector padded(rank);
  DimVector kernel(rank);
  DimVector plain(rank);
  DimVector result(rank);
  bool too_large = false;
  bool too_small = false;
  for (std::int64_t d = 0; d < rank; ++d) {
    plain[d] = c.input.sizes()[d + 2];
    padded[d] = plain[d] + c.padding[d] + c.padding_after[d];
    kernel[d] = c.dilation[d] * (c.weight.sizes()[d + 2] - 1) + 1;
    if (c.transposed) {
      result[d] = (plain[d] - 1) * c.stride[d] - 2 * c.padding[d] + kernel[d] + c.output_padding[d];
      too_small = too_small || result[d] < 0;
    } else {
      too_large = too_large || kernel[d] > padded[d];
      result[d] = too_large ? 0 : (padded[d] - kernel[d]) / c.stride[d] + 1;
    }
    sizes[d + 2] = result[d];
  }
  if (too_large) {
    raise("RuntimeError", {"Calculated padded input size per channel: ", crossed(padded), ". Kernel size: ",
                           crossed(kernel), ". Kernel size can't be greater than actual input size"});
  }
  if (too_small) {
    raise("RuntimeError", {"Given input size per channel: ", crossed(plain),
                           ". Calculated output size per channel: ", crossed(result), ". Output size is too small"});
  }
  return sizes;
}

inline Convolution make_convolution(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                                    IntSpan stride, IntSpan padding, IntSpan dilation, bool transposed,
                                    IntSpan output_padding, std::int64_t groups) {
  Convolution c;
  c.input = input;
  c.weight = weight;
  c.bias = bias.has_value() ? *bias : Tensor();
  c.transposed = transposed;
  c.groups = groups;
  if (weight.dim() < 3) {
    raise("RuntimeError", "weight should have at least three dimensions");
  }
  if (groups <= 0) {
    raise("RuntimeError", "non-positive groups is not supported");
  }
  const std::int64_t rank = weight.dim() - 2;
  c.stride = expand_parameter(stride, rank, "stride");
  c.padding = expand_parameter(padding, rank, "padding");
  c.padding_after = c.padding;
  c.dilation = expand_parameter(dilation, rank, "dilation");
  c.output_padding = expand_parameter(output_padding, rank, "output_padding");
  check_convolution_parameters(c);
  check_convolution_dtypes(c);
  check_convolution_shapes(c);
  if (rank > 3) {
    raise("RuntimeError", "convolutions of more than three dimensions are not supported");
  }
  if (transposed) {
    for (std::int64_t d = 0; d < rank; ++d) {
      if (c.output_padding[d] >= c.stride[d] && c.output_padding[d] >= c.dilation[d]) {
        std::string text;
        const char* const names[3] = {"depth", "height", "width"};
        const auto list = [&](const char* what, const DimVector& values) {
          for (std::int64_t i = 0; i < rank; ++i) {
            text += std::string(" ") + what + "_" + names[3 - rank + i] + ": " + std::to_string(values[i]);
          }
        };
        list("output_padding", c.output_padding);
        list("stride", c.stride);
        list("dilation", c.dilation);
        raise("RuntimeError", {"output padding must be smaller than either stride or dilation, but got", text});
      }
    }
  }
  return c;
}

/// Adds the batch dimension to an input without one; true when it did.
inline bool add_batch(Tensor& input, std::int64_t rank, const char* name) {
  if (input.dim() == rank + 2) {
    return false;
  }
  if (input.dim() != rank + 1) {
    raise("RuntimeError", {"Expected ", rank + 1, "D (unbatched) or ", rank + 2, "D (batched) input to ", name,
                           ", but got input of size: ", input.sizes()});
  }
  DimVector sizes(input.sizes());
  DimVector strides(input.strides());
  sizes.insert(0, 1);
  strides.insert(0, input.numel());
  input = input.with_layout(sizes, strides, input.storage_offset());
  return true;
}

/// padding="same" or "valid".
inline void pad_by_name(Convolution& c, std::string_view padding) {
  if (padding == "same") {
    for (const std::int64_t value : c.stride) {
      if (value != 1)
        raise("RuntimeError", "padding='same' is not supported for strided convolutions");
    }
    for (std::int64_t d = 0; d < c.rank(); ++d) {
      std::int64_t total = 0;
      if (__builtin_mul_overflow(c.dilation[d], c.weight.sizes()[d + 2] - 1, &total)) {
        total = c.dilation[d];  // refused in any case
      }
      c.padding[d] = total / 2;
      c.padding_after[d] = total - total / 2;
    }
  } else if (padding != "valid") {
    raise("RuntimeError", {"Invalid padding string: '", padding, "'"});
  }
}

}  // namespace ts2cpp::detail
