// Resizing of the last one or two dimensions: nearest neighbour and linear interpolation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/kernels/block_pixels.hpp>
#include <ts2cpp/kernels/byte_resize.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/kernels/scratch.hpp>

namespace ts2cpp {
namespace detail {

/// For every output position along one dimension: the two source positions and the weight of the second.
template <class T>
struct ResizeMap {
  PooledVector<std::int64_t> low;
  PooledVector<std::int64_t> high;
  PooledVector<T> weight;
};

/// Source units per output unit: from the given scale factor, else from the sizes.
template <class T>
T resize_step(std::int64_t in, std::int64_t out, std::optional<double> scale) noexcept {
  return scale.has_value() && *scale > 0.0 ? static_cast<T>(1.0 / *scale) : static_cast<T>(in) / static_cast<T>(out);
}

template <class T>
ResizeMap<T> nearest_map(std::int64_t in, std::int64_t out, std::optional<double> scale) {
  ResizeMap<T> map;
  const float step = resize_step<float>(in, out, scale);
  for (std::int64_t i = 0; i < out; ++i) {
    const auto source = static_cast<std::int64_t>(std::floor(static_cast<float>(i) * step));
    // Unchanged and doubled sizes do not depend on the scale factor.
    map.low.push_back(out == in ? i : out == 2 * in ? i / 2 : std::min(source, in - 1));
  }
  return map;
}

template <class T>
ResizeMap<T> linear_map(std::int64_t in, std::int64_t out, bool align_corners, std::optional<double> scale) {
  ResizeMap<T> map;
  T step = resize_step<T>(in, out, scale);
  if (align_corners) {
    step = out > 1 ? static_cast<T>(in - 1) / static_cast<T>(out - 1) : T{0};
  }
  for (std::int64_t i = 0; i < out; ++i) {
    const T position = static_cast<T>(i);
    const T source =
        align_corners ? step * position : std::max(T{0}, step * (position + static_cast<T>(0.5)) - static_cast<T>(0.5));
    const std::int64_t low = std::min(static_cast<std::int64_t>(source), in - 1);
    map.low.push_back(low);
    map.high.push_back(std::min(low + 1, in - 1));
    map.weight.push_back(std::min(std::max(source - static_cast<T>(low), T{0}), T{1}));
  }
  return map;
}

/// What is being resized to what; one-dimensional resizing has a height of 1.
struct Resize {
  std::int64_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::optional<double> scale_h, scale_w;
};

inline Resize check_resize(const Tensor& self, IntSpan output_size, std::int64_t rank) {
  if (output_size.size() != rank) {
    raise("RuntimeError", {"It is expected output_size equals to ", rank, ", but got size ", output_size.size()});
  }
  if (self.dim() != rank + 2) {
    raise("RuntimeError", {"It is expected input_size equals to ", rank + 2, ", but got size ", self.dim()});
  }
  Resize resize;
  resize.in_w = self.sizes()[rank + 1];
  resize.out_w = output_size[rank - 1];
  if (rank == 2) {
    resize.in_h = self.sizes()[2];
    resize.out_h = output_size[0];
  }
  const IntSpan spatial(self.sizes().data() + 2, rank);
  const auto none = [](std::int64_t n) { return n <= 0; };
  if (std::any_of(spatial.begin(), spatial.end(), none) || std::any_of(output_size.begin(), output_size.end(), none)) {
    const auto text = [&](IntSpan sizes) {
      std::string shown = "(";
      for (std::int64_t i = 0; i < rank; ++i) {
        shown += (i == 0 ? "" : ", ") + std::string(1, "DHW"[3 - rank + i]) + ": " + std::to_string(sizes[i]);
      }
      return shown + ")";
    };
    raise("RuntimeError", {"Input and output sizes should be greater than 0, but got input ", text(spatial),
                           rank == 1 ? " and output " : " output ", text(output_size)});
  }
  if (self.numel() == 0 && self.sizes()[1] == 0) {
    raise("RuntimeError",
          {"Non-empty ", rank + 2, "D data tensor expected but got a tensor with sizes ", self.sizes()});
  }
  return resize;
}

inline DimVector resized_sizes(const Tensor& self, const Resize& resize) {
  DimVector sizes(self.sizes());
  sizes[sizes.size() - 1] = resize.out_w;
  if (sizes.size() == 4) {
    sizes[2] = resize.out_h;
  }
  return sizes;
}

inline std::int64_t resize_planes(const Tensor& self) { return self.sizes()[0] * self.sizes()[1]; }

inline std::int64_t resize_grain(const Resize& resize) noexcept {
  return std::max<std::int64_t>(1, (1 << 14) / (resize.out_h * resize.out_w));
}

/// The elements in blocks of channels of an image that is resized in blocks; null when it is plain.
inline const ChannelBlocks* blocks_to_resize(const Tensor& self, const Resize& resize) {
  return self.dim() == 4 && std::max(resize.out_h, resize.out_w) <= kernels::kGathered ? blocks_of(self) : nullptr;
}

/// Elements in blocks of channels, resized in blocks: with `line` as with a plain one, a vector of channels for an
/// element.
template <class Line>
Tensor resize_blocks(const ChannelBlocks& in, const Tensor& self, const Resize& resize, const Line& line) {
  ChannelBlocks blocks = in;
  blocks.height = resize.out_h;
  blocks.width = resize.out_w;
  const Tensor out = Tensor::over(Storage::blocked(blocks), resized_sizes(self, resize), DType::float32);
  float* const elements = out.storage().blocks()->elements;
  const std::int64_t row = resize.out_w * in.block;
  parallel_for(in.batch * in.block_count(), std::max<std::int64_t>(1, (1 << 15) / (resize.out_h * row)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   for (std::int64_t y = 0; y < resize.out_h; ++y)
                     line(in.elements + i * in.block_stride(), y, elements + (i * resize.out_h + y) * row);
                 }
               });
  return out;
}

inline Tensor resize_nearest(const char* name, const Tensor& self, const Resize& resize) {
  if (!is_floating_point(self.dtype()) && self.dtype() != DType::uint8) {
    detail::raise_no_kernel(name, self.dtype());
  }
  if (const ChannelBlocks* const blocks = blocks_to_resize(self, resize)) {
    return kernels::gather_block_pixels(*blocks, resized_sizes(self, resize),
                                        nearest_map<float>(resize.in_h, resize.out_h, resize.scale_h).low,
                                        nearest_map<float>(resize.in_w, resize.out_w, resize.scale_w).low, 0.0f);
  }
  const Tensor in = kernels::dense(self);
  Tensor out = Tensor::empty(resized_sizes(self, resize), self.dtype());
  const ResizeMap<float> rows = nearest_map<float>(resize.in_h, resize.out_h, resize.scale_h);
  const ResizeMap<float> cols = nearest_map<float>(resize.in_w, resize.out_w, resize.scale_w);
  visit_element_size(in.itemsize(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    parallel_for(resize_planes(in), resize_grain(resize), [&](std::int64_t begin, std::int64_t end) {
      const T* source = in.data_ptr<T>() + begin * resize.in_h * resize.in_w;
      T* target = out.data_ptr<T>() + begin * resize.out_h * resize.out_w;
      for (std::int64_t p = begin; p < end; ++p, source += resize.in_h * resize.in_w) {
        for (std::int64_t y = 0; y < resize.out_h; ++y, target += resize.out_w) {
          const T* const line = source + rows.low[static_cast<std::size_t>(y)] * resize.in_w;
          for (std::int64_t x = 0; x < resize.out_w; ++x)
            target[x] = line[cols.low[static_cast<std::size_t>(x)]];
        }
      }
    });
  });
  return out;
}

inline Tensor resize_linear(const char* name, const Tensor& self, const Resize& resize, bool align_corners) {
  if (!is_floating_point(self.dtype()) && (self.dtype() != DType::uint8 || self.dim() != 4)) {
    detail::raise_no_kernel(name, self.dtype());
  }
  if (self.dtype() == DType::uint8) {
    return kernels::resize_bytes(self, {resize.in_h, resize.out_h, resize.scale_h, align_corners},
                                 {resize.in_w, resize.out_w, resize.scale_w, align_corners});
  }
  if (const ChannelBlocks* const blocks = blocks_to_resize(self, resize)) {
    const std::int64_t block = blocks->block;
    const ResizeMap<float> rows = linear_map<float>(resize.in_h, resize.out_h, align_corners, resize.scale_h);
    const ResizeMap<float> cols = linear_map<float>(resize.in_w, resize.out_w, align_corners, resize.scale_w);
    return resize_blocks(*blocks, self, resize, [&](const float* image, std::int64_t row, float* to) {
      const auto y = static_cast<std::size_t>(row);
      const float* const upper = image + rows.low[y] * resize.in_w * block;
      const float* const lower = image + rows.high[y] * resize.in_w * block;
      const float weight = rows.weight[y];
      const kernels::Scratch<float> line(resize.in_w * block);
      for (std::int64_t i = 0; i < resize.in_w * block; ++i)
        line[i] = (1.0f - weight) * upper[i] + weight * lower[i];
      for (std::size_t x = 0; x < cols.low.size(); ++x, to += block) {
        const float* const left = line.data() + cols.low[x] * block;
        const float* const right = line.data() + cols.high[x] * block;
        for (std::int64_t c = 0; c < block; ++c)
          to[c] = (1.0f - cols.weight[x]) * left[c] + cols.weight[x] * right[c];
      }
    });
  }
  const DType dtype = compute_dtype(self.dtype());
  const Tensor in = kernels::dense_as(self, dtype);
  Tensor out = Tensor::empty(resized_sizes(self, resize), dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const ResizeMap<T> rows = linear_map<T>(resize.in_h, resize.out_h, align_corners, resize.scale_h);
    const ResizeMap<T> cols = linear_map<T>(resize.in_w, resize.out_w, align_corners, resize.scale_w);
    parallel_for(resize_planes(in), resize_grain(resize), [&](std::int64_t begin, std::int64_t end) {
      PooledVector<T> line(static_cast<std::size_t>(resize.in_w));
      for (std::int64_t p = begin; p < end; ++p) {
        const T* const source = in.data_ptr<T>() + p * resize.in_h * resize.in_w;
        T* target = out.data_ptr<T>() + p * resize.out_h * resize.out_w;
        for (std::size_t y = 0; y < rows.low.size(); ++y, target += resize.out_w) {
          const T* const upper = source + rows.low[y] * resize.in_w;
          const T* const lower = source + rows.high[y] * resize.in_w;
          const T weight = rows.weight[y];
          for (std::size_t x = 0; x < line.size(); ++x)
            line[x] = (T{1} - weight) * upper[x] + weight * lower[x];
          for (std::size_t x = 0; x < cols.low.size(); ++x) {
            target[x] = (T{1} - cols.weight[x]) * line[static_cast<std::size_t>(cols.low[x])] +
                        cols.weight[x] * line[static_cast<std::size_t>(cols.high[x])];
          }
        }
      }
    });
  });
  return kernels::as_dtype(out, self.dtype());
}

/// The output sizes that `.vec` overloads ask for, directly or through scale factors.
inline DimVector requested_sizes(const Tensor& input, const std::optional<IntSpan>& output_size,
                                 const std::optional<Span<const double>>& scale_factors, std::int64_t rank) {
  if (output_size.has_value() == scale_factors.has_value()) {
    raise("RuntimeError", "Must specify exactly one of output_size and scale_factors");
  }
  if (output_size.has_value()) {
    return DimVector(*output_size);
  }
  if (scale_factors->size() != rank || input.dim() != rank + 2) {
    raise("RuntimeError", {"It is expected scale_factors equals to ", rank, ", but got size ", scale_factors->size()});
  }
  DimVector sizes(rank);
  for (std::int64_t d = 0; d < rank; ++d) {
    sizes[d] = float_to_int<std::int64_t>(static_cast<double>(input.sizes()[d + 2]) * (*scale_factors)[d]);
  }
  return sizes;
}

inline std::optional<double> factor_of(const std::optional<Span<const double>>& scale_factors, std::int64_t index) {
  return scale_factors.has_value() ? std::optional<double>((*scale_factors)[index]) : std::nullopt;
}

}  // namespace detail

namespace ops {

/// self[N, C, L] to [N, C, output_size], each element the nearest source element at or before its position.
inline Tensor upsample_nearest1d(const Tensor& self, IntSpan output_size, std::optional<double> scales = std::nullopt) {
  detail::Resize resize = detail::check_resize(self, output_size, 1);
  resize.scale_w = scales;
  return detail::resize_nearest("upsample_nearest1d", self, resize);
}

template <class Lazy = void>
Tensor upsample_nearest1d(const Tensor& input, const std::optional<IntSpan>& output_size,
                          const std::optional<Span<const double>>& scale_factors) {
  const DimVector sizes = detail::requested_sizes(input, output_size, scale_factors, 1);
  return upsample_nearest1d(input, IntSpan(sizes), detail::factor_of(scale_factors, 0));
}

/// self[N, C, H, W] to [N, C, *output_size].
inline Tensor upsample_nearest2d(const Tensor& self, IntSpan output_size, std::optional<double> scales_h = std::nullopt,
                                 std::optional<double> scales_w = std::nullopt) {
  detail::Resize resize = detail::check_resize(self, output_size, 2);
  resize.scale_h = scales_h;
  resize.scale_w = scales_w;
  return detail::resize_nearest("upsample_nearest2d_channels_last", self, resize);
}

template <class Lazy = void>
Tensor upsample_nearest2d(const Tensor& input, const std::optional<IntSpan>& output_size,
                          const std::optional<Span<const double>>& scale_factors) {
  const DimVector sizes = detail::requested_sizes(input, output_size, scale_factors, 2);
  return upsample_nearest2d(input, IntSpan(sizes), detail::factor_of(scale_factors, 0),
                            detail::factor_of(scale_factors, 1));
}

/// self[N, C, L] to [N, C, output_size] by linear interpolation; with align_corners the end points map to each other.
inline Tensor upsample_linear1d(const Tensor& self, IntSpan output_size, bool align_corners,
                                std::optional<double> scales = std::nullopt) {
  detail::Resize resize = detail::check_resize(self, output_size, 1);
  resize.scale_w = scales;
  return detail::resize_linear("upsample_linear1d", self, resize, align_corners);
}

template <class Lazy = void>
Tensor upsample_linear1d(const Tensor& input, const std::optional<IntSpan>& output_size, bool align_corners,
                         const std::optional<Span<const double>>& scale_factors) {
  const DimVector sizes = detail::requested_sizes(input, output_size, scale_factors, 1);
  return upsample_linear1d(input, IntSpan(sizes), align_corners, detail::factor_of(scale_factors, 0));
}

/// self[N, C, H, W] to [N, C, *output_size] by bilinear interpolation.
inline Tensor upsample_bilinear2d(const Tensor& self, IntSpan output_size, bool align_corners,
                                  std::optional<double> scales_h = std::nullopt,
                                  std::optional<double> scales_w = std::nullopt) {
  detail::Resize resize = detail::check_resize(self, output_size, 2);
  resize.scale_h = scales_h;
  resize.scale_w = scales_w;
  return detail::resize_linear("upsample_bilinear2d_channels_last", self, resize, align_corners);
}

template <class Lazy = void>
Tensor upsample_bilinear2d(const Tensor& input, const std::optional<IntSpan>& output_size, bool align_corners,
                           const std::optional<Span<const double>>& scale_factors) {
  const DimVector sizes = detail::requested_sizes(input, output_size, scale_factors, 2);
  return upsample_bilinear2d(input, IntSpan(sizes), align_corners, detail::factor_of(scale_factors, 0),
                             detail::factor_of(scale_factors, 1));
}

}  // namespace ops
}  // namespace ts2cpp
