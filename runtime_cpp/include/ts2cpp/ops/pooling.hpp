// Maximum and average pooling in one and two dimensions, with fixed and adaptive windows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include <ts2cpp/kernels/block_means.hpp>
#include <ts2cpp/kernels/block_pooling.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/kernels/pooling.hpp>

namespace ts2cpp {
namespace detail {

/// A one- or two-element parameter as (height, width).
struct Pair {
  std::int64_t h;
  std::int64_t w;
};

/// `value`, which PyTorch takes for a 32-bit number.
inline std::int64_t checked_int(std::int64_t value) {
  if (value < INT32_MIN || value > INT32_MAX) {
    raise("RuntimeError", "value cannot be converted to type int without overflow");
  }
  return value;
}

inline Pair pool_pair(const char* op, const char* name, IntSpan values, bool may_be_empty, Pair fallback,
                      const char* kinds) {
  if (values.size() == 2) {
    return {checked_int(values[0]), checked_int(values[1])};
  }
  if (values.size() == 1) {
    return {checked_int(values[0]), checked_int(values[0])};
  }
  if (values.empty() && may_be_empty) {
    return fallback;
  }
  raise("RuntimeError", {op, ": ", name, " must ", kinds});
}

inline std::int64_t pooled_size(std::int64_t in, std::int64_t kernel, std::int64_t pad, std::int64_t stride,
                                std::int64_t dilation, bool ceil_mode) {
  if (stride == 0) {
    raise("RuntimeError", "stride should not be zero");
  }
  if (pad < 0) {
    raise("RuntimeError", {"pad must be non-negative, but got pad: ", pad});
  }
  if (pad > ((kernel - 1) * dilation + 1) / 2) {
    raise("RuntimeError", {"pad should be at most half of effective kernel size, but got pad=", pad,
                           ", kernel_size=", kernel, " and dilation=", dilation});
  }
  const std::int64_t room = in + 2 * pad - dilation * (kernel - 1) - 1 + (ceil_mode ? stride - 1 : 0);
  std::int64_t out = (room >= 0 ? room / stride : -((-room + stride - 1) / stride)) + 1;
  if (ceil_mode && (out - 1) * stride >= in + pad) {
    --out;  // the last window would begin in the padding
  }
  return out;
}

/// Computes the result's sizes; the input is [C, H, W] or [N, C, H, W].
inline kernels::PoolGeometry pool_geometry(const Tensor& self, Pair kernel, Pair stride, Pair pad, Pair dilation,
                                           bool ceil_mode) {
  if (kernel.h <= 0 || kernel.w <= 0) {
    if (stride.h == 0 || stride.w == 0) {
      raise("RuntimeError", "stride should not be zero");
    }
    raise("RuntimeError", {"kernel size should be greater than zero, but got kH: ", kernel.h, " kW: ", kernel.w});
  }
  if (dilation.h <= 0 || dilation.w <= 0) {
    raise("RuntimeError",
          {"dilation should be greater than zero, but got dilationH: ", dilation.h, " dilationW: ", dilation.w});
  }
  if (stride.h < 0 || stride.w < 0) {
    raise("RuntimeError", {"stride should be greater than zero, but got dH: ", stride.h, " dW: ", stride.w});
  }
  kernels::PoolGeometry g;
  g.in_h = self.size(-2);
  g.in_w = self.size(-1);
  g.kernel_h = kernel.h;
  g.kernel_w = kernel.w;
  g.stride_h = stride.h;
  g.stride_w = stride.w;
  g.pad_h = pad.h;
  g.pad_w = pad.w;
  g.dilation_h = dilation.h;
  g.dilation_w = dilation.w;
  g.out_h = pooled_size(g.in_h, kernel.h, pad.h, stride.h, dilation.h, ceil_mode);
  g.out_w = pooled_size(g.in_w, kernel.w, pad.w, stride.w, dilation.w, ceil_mode);
  if (g.out_h < 1 || g.out_w < 1) {
    const std::string planes = std::to_string(self.size(-3));
    raise("RuntimeError", {"Given input size: (", planes, "x", g.in_h, "x", g.in_w, "). Calculated output size: (",
                           planes, "x", g.out_h, "x", g.out_w, "). Output size is too small"});
  }
  return g;
}

inline void check_pool_input(const Tensor& self) {
  const IntSpan sizes = self.sizes();
  const std::int64_t rank = sizes.size();
  if (rank != 3 && rank != 4) {
    raise("RuntimeError", "non-empty 3D or 4D (batch mode) tensor expected for input");
  }
  for (std::int64_t d = rank - 3; d < rank; ++d) {
    if (sizes[d] == 0) {
      raise("RuntimeError",
            {"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:", sizes});
    }
  }
}

inline DimVector pooled_sizes(const Tensor& self, std::int64_t out_h, std::int64_t out_w) {
  DimVector sizes(self.sizes());
  sizes[sizes.size() - 2] = out_h;
  sizes[sizes.size() - 1] = out_w;
  return sizes;
}

inline std::int64_t plane_count(const Tensor& self) {
  std::int64_t planes = 1;
  for (std::int64_t d = 0; d + 2 < self.dim(); ++d)
    planes *= self.sizes()[d];
  return planes;
}

/// The dtype in which maxima are found.
inline DType max_pool_dtype(const char* kernel, DType dtype) {
  if (dtype == DType::bool_ || is_complex(dtype)) {
    detail::raise_no_kernel(kernel, dtype);
  }
  return is_integral(dtype, false) ? DType::int64 : compute_dtype(dtype);
}

using PoolTypes = TypeList<float, double, std::int64_t>;

/// A view of [C, L] or [N, C, L] with a height of one.
inline Tensor with_height(const Tensor& self) {
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  sizes.insert(sizes.size() - 1, 1);
  strides.insert(strides.size() - 1, strides.back());
  return self.with_layout(sizes, strides, self.storage_offset());
}

inline Tensor without_height(const Tensor& result) {
  DimVector sizes(result.sizes());
  sizes.erase(sizes.size() - 2);
  return kernels::reshaped(result, sizes);
}

inline Tensor run_max_pool(const Tensor& self, const kernels::PoolGeometry& g, Tensor* indices) {
  const DType dtype = max_pool_dtype("max_pool2d", self.dtype());
  const ChannelBlocks* const blocks = indices == nullptr ? blocks_of(self) : nullptr;
  if (blocks != nullptr) {
    return kernels::pool_blocks(*blocks, g, pooled_sizes(self, g.out_h, g.out_w), nullptr);
  }
  const Tensor in = kernels::dense_as(self, dtype);
  Tensor out = Tensor::empty(pooled_sizes(self, g.out_h, g.out_w), dtype);
  if (indices != nullptr) {
    *indices = Tensor::empty(out.sizes(), DType::int64);
  }
  visit(PoolTypes{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (indices != nullptr) {
      kernels::max_pool_indices<T>(g, plane_count(in), in.data_ptr<T>(), out.data_ptr<T>(),
                                   indices->data_ptr<std::int64_t>());
    } else {
      kernels::max_pool<T>(g, plane_count(in), in.data_ptr<T>(), out.data_ptr<T>());
    }
  });
  return kernels::as_dtype(out, self.dtype());
}

inline kernels::PoolGeometry max_pool2d_geometry(const Tensor& self, IntSpan kernel_size, IntSpan stride,
                                                 IntSpan padding, IntSpan dilation, bool ceil_mode) {
  constexpr const char* kTwo = "either be a single int, or a tuple of two ints";
  constexpr const char* kMaybe = "either be omitted, a single int, or a tuple of two ints";
  const Pair kernel = pool_pair("max_pool2d", "kernel_size", kernel_size, false, {}, kTwo);
  const Pair step = pool_pair("max_pool2d", "stride", stride, true, kernel, kMaybe);
  const Pair pad = pool_pair("max_pool2d", "padding", padding, false, {}, kTwo);
  const Pair spread = pool_pair("max_pool2d", "dilation", dilation, false, {}, kTwo);
  check_pool_input(self);
  return pool_geometry(self, kernel, step, pad, spread, ceil_mode);
}

inline kernels::PoolGeometry max_pool1d_geometry(const Tensor& self, IntSpan kernel_size, IntSpan stride,
                                                 IntSpan padding, IntSpan dilation, bool ceil_mode) {
  const auto single = [](IntSpan values, const char* name) {
    if (values.size() != 1) {
      raise("RuntimeError",
            {"max_pool1d() ", name, " must be an int or int list of size 1 but got size: ", values.size()});
    }
    return values[0];
  };
  const std::int64_t kernel = single(kernel_size, "kernel_size");
  const std::int64_t step = stride.empty() ? kernel : single(stride, "stride");
  const std::int64_t pad = single(padding, "padding");
  const std::int64_t spread = single(dilation, "dilation");
  const IntSpan sizes = self.sizes();
  const std::int64_t rank = sizes.size();
  if ((rank != 2 && rank != 3) || sizes[rank - 1] == 0 || sizes[rank - 2] == 0) {
    raise("RuntimeError",
          {"max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:",
           sizes});
  }
  if (kernel <= 0) {
    raise("RuntimeError", {"max_pool1d() kernel_size must be greater than zero, but got ", kernel});
  }
  if (step <= 0) {
    raise("RuntimeError", {"max_pool1d() stride must be greater than zero, but got ", step});
  }
  if (pad < 0) {
    raise("RuntimeError", {"max_pool1d() padding must be non-negative, but got ", pad});
  }
  if (pad > kernel / 2) {
    raise("RuntimeError", {"max_pool1d() padding should be at most half of kernel size, but got padding=", pad,
                           " and kernel_size=", kernel});
  }
  if (spread <= 0) {
    raise("RuntimeError", {"max_pool1d() dilation must be greater than zero, but got ", spread});
  }
  for (const std::int64_t value : {kernel, pad, spread}) {
    checked_int(value);
  }
  kernels::PoolGeometry g;
  g.in_w = sizes[rank - 1];
  g.kernel_w = kernel;
  g.stride_w = std::min<std::int64_t>(step, INT32_MAX);  // a second window that far away does not exist
  g.pad_w = pad;
  g.dilation_w = spread;
  g.out_w = pooled_size(g.in_w, kernel, pad, step, spread, ceil_mode);
  if (g.out_w <= 0) {
    raise("RuntimeError", {"max_pool1d() Invalid computed output size: ", g.out_w});
  }
  return g;
}

inline Tensor run_avg_pool(const Tensor& self, const kernels::PoolGeometry& g, bool count_include_pad,
                           std::int64_t divisor) {
  if (self.dtype() != DType::int64 && !is_floating_point(self.dtype())) {
    detail::raise_no_kernel("avg_pool2d", self.dtype());
  }
  const DType dtype = compute_dtype(self.dtype());
  if (const ChannelBlocks* const blocks = blocks_of(self)) {
    const kernels::AverageRule rule{count_include_pad, divisor};
    return kernels::pool_blocks(*blocks, g, pooled_sizes(self, g.out_h, g.out_w), &rule);
  }
  const Tensor in = kernels::dense_as(self, dtype);
  Tensor out = Tensor::empty(pooled_sizes(self, g.out_h, g.out_w), dtype);
  visit(PoolTypes{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    kernels::avg_pool<T>(g, plane_count(in), count_include_pad, divisor, in.data_ptr<T>(), out.data_ptr<T>());
  });
  return kernels::as_dtype(out, self.dtype());
}

inline void check_adaptive_input(const char* op, const Tensor& self, IntSpan output_size, const char* but_got) {
  if (output_size.size() != 2) {
    const bool maximum = std::string(op).find("max") != std::string::npos;
    raise("RuntimeError",
          {op, maximum ? "(): internal error: output_size.size() must be 2" : ": output_size must be 2"});
  }
  if (self.dim() != 3 && self.dim() != 4) {
    raise("RuntimeError", {op, "(): Expected 3D or 4D tensor, but got", but_got, self.sizes()});
  }
  if (output_size[0] < 0 || output_size[1] < 0) {
    raise("RuntimeError", {op, ": elements of output_size must be greater than or equal to 0 but received {",
                           output_size[0], ", ", output_size[1], "}"});
  }
  for (std::int64_t d = self.dim() - 2; d < self.dim(); ++d) {
    if (self.sizes()[d] == 0) {
      raise("RuntimeError", {op,
                             "(): Expected input to have non-zero size for non-batch dimensions, but input has "
                             "sizes ",
                             self.sizes(), " with dimension ", d, " being empty"});
    }
  }
}

inline kernels::PoolGeometry adaptive_geometry(const Tensor& self, IntSpan output_size) {
  kernels::PoolGeometry g;
  g.in_h = self.size(-2);
  g.in_w = self.size(-1);
  g.out_h = output_size[0];
  g.out_w = output_size[1];
  return g;
}

inline void check_rank_2_or_3(const char* op, const Tensor& self) {
  if (self.dim() != 2 && self.dim() != 3) {
    raise("RuntimeError", {"Expected 2 to 3 dimensions, but got ", self.dim(),
                           "-dimensional tensor for argument #1 'self' (while checking arguments for ", op, ")"});
  }
}

}  // namespace detail

namespace ops {

/// Maximum of every window of self[C, H, W] or [N, C, H, W].
inline Tensor max_pool2d(const Tensor& self, IntSpan kernel_size, IntSpan stride = {}, IntSpan padding = {0},
                         IntSpan dilation = {1}, bool ceil_mode = false) {
  return detail::run_max_pool(
      self, detail::max_pool2d_geometry(self, kernel_size, stride, padding, dilation, ceil_mode), nullptr);
}

/// Also the position of each maximum in its plane.
inline std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& self, IntSpan kernel_size, IntSpan stride = {},
                                                          IntSpan padding = {0}, IntSpan dilation = {1},
                                                          bool ceil_mode = false) {
  Tensor indices;
  Tensor out = detail::run_max_pool(
      self, detail::max_pool2d_geometry(self, kernel_size, stride, padding, dilation, ceil_mode), &indices);
  return {out, indices};
}

/// Maximum of every window of self[C, L] or [N, C, L].
inline Tensor max_pool1d(const Tensor& self, IntSpan kernel_size, IntSpan stride = {}, IntSpan padding = {0},
                         IntSpan dilation = {1}, bool ceil_mode = false) {
  const kernels::PoolGeometry g = detail::max_pool1d_geometry(self, kernel_size, stride, padding, dilation, ceil_mode);
  return detail::without_height(detail::run_max_pool(detail::with_height(self), g, nullptr));
}

inline std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& self, IntSpan kernel_size, IntSpan stride = {},
                                                          IntSpan padding = {0}, IntSpan dilation = {1},
                                                          bool ceil_mode = false) {
  const kernels::PoolGeometry g = detail::max_pool1d_geometry(self, kernel_size, stride, padding, dilation, ceil_mode);
  Tensor indices;
  const Tensor out = detail::run_max_pool(detail::with_height(self), g, &indices);
  return {detail::without_height(out), detail::without_height(indices)};
}

/// Mean of every window of self[C, H, W] or [N, C, H, W].
inline Tensor avg_pool2d(const Tensor& self, IntSpan kernel_size, IntSpan stride = {}, IntSpan padding = {0},
                         bool ceil_mode = false, bool count_include_pad = true,
                         std::optional<std::int64_t> divisor_override = std::nullopt) {
  constexpr const char* kTwo = "either be a single int, or a tuple of two ints";
  const detail::Pair kernel = detail::pool_pair("avg_pool2d", "kernel_size", kernel_size, false, {}, kTwo);
  const detail::Pair step = detail::pool_pair("avg_pool2d", "stride", stride, true, kernel,
                                              "either be omitted, a single int, or a tuple of two ints");
  const detail::Pair pad = detail::pool_pair("avg_pool2d", "padding", padding, false, {}, kTwo);
  if (divisor_override.has_value() && *divisor_override == 0) {
    raise("RuntimeError", "divisor must be not zero");
  }
  if (self.dim() < 3) {
    wrap_dim(-3, self.dim());
  }
  detail::check_pool_input(self);
  return detail::run_avg_pool(self, detail::pool_geometry(self, kernel, step, pad, {1, 1}, ceil_mode),
                              count_include_pad, divisor_override.value_or(0));
}

/// Mean of every window of self[C, L] or [N, C, L].
inline Tensor avg_pool1d(const Tensor& self, IntSpan kernel_size, IntSpan stride = {}, IntSpan padding = {0},
                         bool ceil_mode = false, bool count_include_pad = true) {
  detail::check_rank_2_or_3("avg_pool1d", self);
  const auto single = [](IntSpan values, const char* name, std::int64_t fallback) {
    if (values.empty()) {
      return fallback;
    }
    if (values.size() != 1) {
      raise("RuntimeError", {"avg_pool1d() argument '", name, "' should contain one int (got ", values.size(), ")"});
    }
    return detail::checked_int(values[0]);
  };
  const std::int64_t kernel = single(kernel_size, "kernel_size", 0);
  const std::int64_t step = single(stride, "stride", kernel);
  const std::int64_t pad = single(padding, "padding", 0);
  const Tensor tall = detail::with_height(self);
  return detail::without_height(detail::run_avg_pool(
      tall, detail::pool_geometry(tall, {1, kernel}, {1, step}, {0, pad}, {1, 1}, ceil_mode), count_include_pad, 0));
}

/// Averages over windows that divide each plane into output_size parts.
inline Tensor adaptive_avg_pool2d(const Tensor& self, IntSpan output_size) {
  detail::check_adaptive_input("adaptive_avg_pool2d", self, output_size, " ");
  const DType dtype = kernels::float_compute_dtype("adaptive_avg_pool2d", self.dtype());
  const kernels::PoolGeometry g = detail::adaptive_geometry(self, output_size);
  const detail::ChannelBlocks* const blocks = detail::blocks_of(self);
  if (blocks != nullptr && g.out_h == 1 && g.out_w == 1) {
    return kernels::mean_of_pixels(*blocks, detail::pooled_sizes(self, 1, 1));
  }
  if (blocks != nullptr && g.out_h > 0 && g.out_w > 0 && g.in_h % g.out_h == 0 && g.in_w % g.out_w == 0) {
    // All windows are of one size.
    const std::int64_t height = g.in_h / g.out_h;
    const std::int64_t width = g.in_w / g.out_w;
    return detail::run_avg_pool(
        self, detail::pool_geometry(self, {height, width}, {height, width}, {0, 0}, {1, 1}, false), false, 0);
  }
  const Tensor in = kernels::dense_as(self, dtype);
  Tensor out = Tensor::empty(detail::pooled_sizes(self, g.out_h, g.out_w), dtype);
  if (out.numel() != 0) {
    detail::visit(detail::Floats{}, dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      kernels::adaptive_avg_pool<T>(g, detail::plane_count(in), in.data_ptr<T>(), out.data_ptr<T>());
    });
  }
  return kernels::as_dtype(out, self.dtype());
}

inline Tensor _adaptive_avg_pool2d(const Tensor& self, IntSpan output_size) {
  return adaptive_avg_pool2d(self, output_size);
}

inline Tensor adaptive_avg_pool1d(const Tensor& self, IntSpan output_size) {
  detail::check_rank_2_or_3("adaptive_avg_pool1d", self);
  if (output_size.size() != 1) {
    raise("RuntimeError",
          {"adaptive_avg_pool1d() argument 'output_size' should contain one int (got ", output_size.size(), ")"});
  }
  return detail::without_height(adaptive_avg_pool2d(detail::with_height(self), {1, output_size[0]}));
}

/// Maxima over windows that divide each plane into output_size parts, and their positions in the plane.
inline std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& self, IntSpan output_size) {
  detail::check_adaptive_input("adaptive_max_pool2d", self, output_size, ": ");
  for (std::int64_t d = 1; d < self.dim(); ++d) {
    if (self.sizes()[d] == 0) {
      raise("RuntimeError",
            {"adaptive_max_pool2d(): Expected input to have non-zero size for non-batch dimensions, but input has "
             "sizes ",
             self.sizes(), " with dimension ", d, " being empty"});
    }
  }
  const DType dtype = kernels::float_compute_dtype("adaptive_max_pool2d", self.dtype());
  const kernels::PoolGeometry g = detail::adaptive_geometry(self, output_size);
  const Tensor in = kernels::dense_as(self, dtype);
  Tensor out = Tensor::empty(detail::pooled_sizes(self, g.out_h, g.out_w), dtype);
  Tensor indices = Tensor::empty(out.sizes(), DType::int64);
  if (out.numel() != 0) {
    detail::visit(detail::Floats{}, dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      kernels::adaptive_max_pool<T>(g, detail::plane_count(in), in.data_ptr<T>(), out.data_ptr<T>(),
                                    indices.data_ptr<std::int64_t>());
    });
  }
  return {kernels::as_dtype(out, self.dtype()), indices};
}

inline std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& self, IntSpan output_size) {
  detail::check_rank_2_or_3("adaptive_max_pool1d", self);
  if (output_size.size() != 1) {
    raise("RuntimeError",
          {"adaptive_max_pool1d() argument 'output_size' should contain one int (got ", output_size.size(), ")"});
  }
  const auto [out, indices] = adaptive_max_pool2d(detail::with_height(self), {1, output_size[0]});
  return {detail::without_height(out), detail::without_height(indices)};
}

}  // namespace ops
}  // namespace ts2cpp
