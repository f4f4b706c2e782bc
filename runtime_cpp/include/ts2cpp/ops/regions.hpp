// torchvision's pooling of regions of images. What torchvision reads or writes outside of its tensors is refused.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail::regions {

/// The type to compute in: float16 in float. NotImplementedError for types without a kernel.
inline DType working_type(const char* kernel, DType dtype, bool with_half) {
  if (dtype == DType::float32 || dtype == DType::float64) {
    return dtype;
  }
  if (dtype != DType::float16 || !with_half) {
    raise_no_kernel(kernel, dtype);
  }
  return DType::float32;
}

template <class F>
void with_type(DType dtype, F&& fn) {
  if (dtype == DType::float64) {
    fn(double{});
  } else {
    fn(float{});
  }
}

inline std::int64_t extent(const Tensor& x, std::int64_t dim) {
  if (x.dim() == 0) {
    raise("IndexError", {"Dimension specified as ", dim, " but tensor has no dimensions"});
  }
  if (dim >= x.dim()) {
    raise("IndexError", {"Dimension out of range (expected to be in range of [", -x.dim(), ", ", x.dim() - 1,
                         "], but got ", dim, ")"});
  }
  return x.size(dim);
}

inline void check(const char* kernel, const char* wording, const Tensor& input, const Tensor& rois,
                  std::int64_t first = 1) {
  static_cast<void>(extent(rois, first));
  if (rois.dim() != 2 || rois.size(1) != 5) {
    raise("RuntimeError", {wording, " have shape as Tensor[K, 5]"});
  }
  if (input.dtype() != rois.dtype()) {
    raise("RuntimeError", {"Expected tensor for argument #1 'input' to have the same type as tensor for argument #2 "
                           "'rois'; but type torch.",
                           dtype_label(input.dtype()), "Tensor does not equal torch.", dtype_label(rois.dtype()),
                           "Tensor (while checking arguments for ", kernel, ")"});
  }
  static_cast<void>(extent(input, 3));
  if (input.dim() != 4) {
    raise("RuntimeError", {kernel, ": expected a 4-D input, got ", input.dim(), "-D"});
  }
}

inline std::int64_t channels_out(const Tensor& input, std::int64_t height, std::int64_t width) {
  const std::int64_t channels = input.size(1);
  const auto fits = [channels](std::int64_t bins) { return bins != 0 && bins >= -channels && bins <= channels; };
  if (channels == 0 ? height == 0 || width == 0
                    : !fits(height) || !fits(width) || !fits(height * width) || channels % (height * width) != 0) {
    raise("RuntimeError", "input channels must be a multiple of pooling height * pooling width");
  }
  return channels == 0 ? 0 : channels / (height * width);
}

inline Tensor zeros(IntSpan sizes, DType dtype) {
  double bytes = static_cast<double>(element_size(dtype));
  for (const std::int64_t size : sizes) {
    if (size < 0) {
      raise("RuntimeError", "zeros: Dimension size must be non-negative.");
    }
    bytes *= static_cast<double>(size);
  }
  if (bytes >= 9223372036854775808.0) {
    raise("RuntimeError", {"Storage size calculation overflowed with sizes=", sizes});
  }
  const Tensor result = Tensor::empty(sizes, dtype);
  if (result.numel() > 0) {
    std::memset(result.raw_data(), 0, static_cast<std::size_t>(result.numel() * result.itemsize()));
  }
  return result;
}

/// The number of the image that a region is in.
inline std::int64_t image(double given, std::int64_t region, std::int64_t count) {
  if (!(given > -1 && given < static_cast<double>(count))) {
    raise("RuntimeError", {"region ", region, " is in no image: there are ", count});
  }
  return static_cast<std::int64_t>(given);
}

/// A point on one side of an image: the two pixels next to it and their weights.
template <class T>
struct Point {
  std::int64_t low = 0;
  std::int64_t high = 0;
  T below = 0;
  T above = 0;
  bool inside = false;
};

/// How many points of a bin are sampled along one side.
template <class T>
std::int64_t samples(T length, std::int64_t bins, std::int64_t ratio) {
  constexpr std::int64_t kMost = std::int64_t{1} << 11;
  double count = static_cast<double>(ratio);
  if (ratio <= 0) {
    count = std::isfinite(length) ? std::ceil(static_cast<double>(length) / static_cast<double>(bins)) : 0.0;
  }
  if (count > static_cast<double>(kMost)) {
    raise("RuntimeError", {"more than ", kMost, " points along one side of a bin"});
  }
  return static_cast<std::int64_t>(std::max(count, -static_cast<double>(kMost)));
}

/// The sampled points along one side, `count` for each bin.
template <class T>
std::vector<Point<T>> points(T start, T length, std::int64_t bins, std::int64_t count, std::int64_t extent) {
  std::vector<Point<T>> result;
  const T bin = length / static_cast<T>(bins);
  for (std::int64_t i = 0; i < bins; ++i) {
    for (std::int64_t k = 0; k < count; ++k) {
      const T at = static_cast<T>(i) * bin + start + (static_cast<T>(k) + T(0.5)) * bin / static_cast<T>(count);
      Point<T> point;
      if (at >= T(-1) && at <= static_cast<T>(extent)) {
        const T place = std::max(at, T(0));
        point.inside = true;
        point.low = std::min(static_cast<std::int64_t>(place), extent - 1);
        point.high = std::min(point.low + 1, extent - 1);
        point.above = point.low >= extent - 1 ? T(0) : place - static_cast<T>(point.low);
        point.below = T(1) - point.above;
      }
      result.push_back(point);
    }
  }
  return result;
}

/// The sampled points of the bins of one region.
template <class T>
struct Grid {
  std::int64_t rows = 0;  // points of a bin, from top to bottom
  std::int64_t columns = 0;
  std::vector<Point<T>> down;
  std::vector<Point<T>> across;

  Grid(const std::array<T, 4>& box, std::int64_t height, std::int64_t width, std::int64_t ratio, IntSpan image)
      : rows(samples(box[3], height, ratio)), columns(samples(box[2], width, ratio)) {
    if (rows > 0 && columns > 0) {
      if (image[0] == 0 || image[1] == 0) {
        raise("RuntimeError", "a region of an empty image has no points");
      }
      down = points(box[1], box[3], height, rows, image[0]);
      across = points(box[0], box[2], width, columns, image[1]);
    }
  }

  /// The sum over the points of bin (i, j) of a channel whose rows are `stride` elements apart.
  T sum(const T* channel, std::int64_t stride, std::int64_t i, std::int64_t j) const {
    T total = 0;
    if (down.empty() || across.empty()) {
      return total;
    }
    for (std::int64_t a = 0; a < rows; ++a) {
      const Point<T>& y = down[static_cast<std::size_t>(i * rows + a)];
      if (!y.inside) {
        continue;
      }
      const T* const upper = channel + y.low * stride;
      const T* const lower = channel + y.high * stride;
      for (std::int64_t b = 0; b < columns; ++b) {
        const Point<T>& x = across[static_cast<std::size_t>(j * columns + b)];
        if (x.inside) {
          total += y.below * x.below * upper[x.low] + y.below * x.above * upper[x.high] +
                   y.above * x.below * lower[x.low] + y.above * x.above * lower[x.high];
        }
      }
    }
    return total;
  }
};

/// The nearest whole number, halves away from zero; what has none lies outside of every image.
template <class T>
std::int64_t rounded(T value) {
  constexpr auto kFar = std::int64_t{1} << 31;
  return std::abs(value) < static_cast<T>(kFar) ? static_cast<std::int64_t>(std::round(value)) : -kFar;
}

struct Window {
  std::int64_t begin;
  std::int64_t end;
};

/// The pixels that each bin reaches over along one side.
template <class T>
std::vector<Window> windows(std::int64_t start, std::int64_t length, std::int64_t bins, std::int64_t limit) {
  std::vector<Window> result;
  const T bin = static_cast<T>(length) / static_cast<T>(bins);
  const auto clipped = [start, limit](T place) {
    return std::min(std::max(static_cast<std::int64_t>(place) + start, std::int64_t{0}), limit);
  };
  for (std::int64_t i = 0; i < bins; ++i) {
    result.push_back({clipped(std::floor(static_cast<T>(i) * bin)), clipped(std::ceil(static_cast<T>(i + 1) * bin))});
  }
  return result;
}

/// `fn(k, rows, columns)` with the windows of every region; `inclusive` is 1 if the last pixel belongs to it.
template <class T, class F>
void each_region(const Tensor& rois, double scale, std::int64_t height, std::int64_t width, IntSpan limits,
                 std::int64_t inclusive, F&& fn) {
  const T* const boxes = rois.data_ptr<T>();
  for (std::int64_t k = 0; k < rois.size(0); ++k) {
    std::array<std::int64_t, 4> box{};
    for (std::size_t i = 0; i < 4; ++i) {
      box[i] = rounded(boxes[k * 5 + static_cast<std::int64_t>(i) + 1] * static_cast<T>(scale));
    }
    const std::int64_t tall = std::max(box[3] - box[1] + inclusive, std::int64_t{1});
    const std::int64_t wide = std::max(box[2] - box[0] + inclusive, std::int64_t{1});
    fn(k, static_cast<double>(boxes[k * 5]), windows<T>(box[1], tall, height, limits[0]),
       windows<T>(box[0], wide, width, limits[1]));
  }
}

/// Which channel each bin is taken from.
inline void own_channels(const Tensor& channels) {
  std::int32_t* const data = channels.data_ptr<std::int32_t>();
  const std::int64_t per_region = channels.size(1) * channels.size(2) * channels.size(3);
  for (std::int64_t i = 0; i < channels.numel(); ++i) {
    data[i] = static_cast<std::int32_t>(i % per_region);
  }
}

}  // namespace detail::regions

namespace ops {

/// Means of points in the bins of regions (image, x1, y1, x2, y2): (K, C, height, width) (He et al., 2017).
template <class Lazy = void>
Tensor roi_align(const Tensor& input, const Tensor& rois, double spatial_scale, std::int64_t pooled_height,
                 std::int64_t pooled_width, std::int64_t sampling_ratio, bool aligned) {
  namespace r = detail::regions;
  const char* const name = "roi_align_forward_kernel";
  r::check(name, "rois must", input, rois);
  const DimVector sizes{rois.size(0), input.size(1), pooled_height, pooled_width};
  const Tensor empty = r::zeros(sizes, input.dtype());
  if (empty.numel() == 0) {
    return empty;
  }
  const DType dtype = r::working_type(name, input.dtype(), true);
  const Tensor pixels = kernels::dense_as(input, dtype);
  const Tensor regions = kernels::dense_as(rois, dtype);
  const Tensor result = Tensor::empty(sizes, dtype);
  r::with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t channels = input.size(1);
    const std::int64_t area = input.size(2) * input.size(3);
    const T offset = aligned ? T(0.5) : T(0);
    for (std::int64_t k = 0; k < rois.size(0); ++k) {
      const T* const roi = regions.data_ptr<T>() + k * 5;
      std::array<T, 4> box{};  // x, y, width, height
      for (std::size_t i = 0; i < 4; ++i) {
        box[i] = roi[i + 1] * static_cast<T>(spatial_scale) - offset;
      }
      for (std::size_t i = 2; i < 4; ++i) {
        box[i] = aligned ? box[i] - box[i - 2] : std::max(box[i] - box[i - 2], T(1));
      }
      const std::int64_t image = r::image(static_cast<double>(roi[0]), k, input.size(0));
      const r::Grid<T> grid(box, pooled_height, pooled_width, sampling_ratio, {input.size(2), input.size(3)});
      const T count = static_cast<T>(std::max(grid.rows * grid.columns, std::int64_t{1}));
      T* const out = result.data_ptr<T>() + k * channels * pooled_height * pooled_width;
      parallel_for(channels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c) {
          const T* const channel = pixels.data_ptr<T>() + (image * channels + c) * area;
          for (std::int64_t bin = 0; bin < pooled_height * pooled_width; ++bin) {
            out[c * pooled_height * pooled_width + bin] =
                grid.sum(channel, input.size(3), bin / pooled_width, bin % pooled_width) / count;
          }
        }
      });
    }
  });
  return kernels::as_dtype(result, input.dtype());
}

/// Like roi_align, each bin from channels of its own: (K, C / bins, height, width), and the channels.
template <class Lazy = void>
std::tuple<Tensor, Tensor> ps_roi_align(const Tensor& input, const Tensor& rois, double spatial_scale,
                                        std::int64_t pooled_height, std::int64_t pooled_width,
                                        std::int64_t sampling_ratio) {
  namespace r = detail::regions;
  const char* const name = "ps_roi_align_forward_kernel";
  r::check(name, "Tensor rois should", input, rois);
  const DimVector sizes{rois.size(0), r::channels_out(input, pooled_height, pooled_width), pooled_height, pooled_width};
  const Tensor empty = r::zeros(sizes, input.dtype());
  const Tensor mapping = r::zeros(sizes, DType::int32);
  if (empty.numel() == 0) {
    return {empty, mapping};
  }
  const DType dtype = r::working_type(name, input.dtype(), true);
  r::own_channels(mapping);
  const Tensor pixels = kernels::dense_as(input, dtype);
  const Tensor regions = kernels::dense_as(rois, dtype);
  const Tensor result = Tensor::empty(sizes, dtype);
  r::with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t channels = input.size(1);
    const std::int64_t area = input.size(2) * input.size(3);
    for (std::int64_t k = 0; k < rois.size(0); ++k) {
      const T* const roi = regions.data_ptr<T>() + k * 5;
      std::array<T, 4> box{};
      for (std::size_t i = 0; i < 4; ++i) {
        box[i] = roi[i + 1] * static_cast<T>(spatial_scale) - T(0.5);
      }
      box[2] -= box[0];
      box[3] -= box[1];
      const std::int64_t image = r::image(static_cast<double>(roi[0]), k, input.size(0));
      const r::Grid<T> grid(box, pooled_height, pooled_width, sampling_ratio, {input.size(2), input.size(3)});
      T* const out = result.data_ptr<T>() + k * channels;
      for (std::int64_t c = 0; c < channels; ++c) {  // one channel for each bin of the result
        const std::int64_t bin = c % (pooled_height * pooled_width);
        out[c] = grid.sum(pixels.data_ptr<T>() + (image * channels + c) * area, input.size(3), bin / pooled_width,
                          bin % pooled_width) /
                 static_cast<T>(grid.rows * grid.columns);
      }
    }
  });
  return {kernels::as_dtype(result, input.dtype()), mapping};
}

/// Maxima of the bins of regions (image, x1, y1, x2, y2), and where in the image they are (Girshick, 2015).
template <class Lazy = void>
std::tuple<Tensor, Tensor> roi_pool(const Tensor& input, const Tensor& rois, double spatial_scale,
                                    std::int64_t pooled_height, std::int64_t pooled_width) {
  namespace r = detail::regions;
  const char* const name = "roi_pool_forward_kernel";
  r::check(name, "Tensor rois should", input, rois, 0);
  const DimVector sizes{rois.size(0), input.size(1), pooled_height, pooled_width};
  const Tensor empty = r::zeros(sizes, input.dtype());
  const Tensor places = r::zeros(sizes, DType::int32);
  if (empty.numel() == 0) {
    return {empty, places};
  }
  const DType dtype = r::working_type(name, input.dtype(), true);
  const Tensor pixels = kernels::dense_as(input, dtype);
  const Tensor regions = kernels::dense_as(rois, dtype);
  const Tensor result = Tensor::empty(sizes, dtype);
  r::with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t channels = input.size(1);
    const std::int64_t height = input.size(2);
    const std::int64_t width = input.size(3);
    const T lowest = input.dtype() == DType::float16 ? -std::numeric_limits<T>::infinity()
                                                     : static_cast<T>(-std::numeric_limits<float>::max());
    r::each_region<T>(regions, spatial_scale, pooled_height, pooled_width, {height, width}, 1,
                      [&](std::int64_t k, double given, const auto& rows, const auto& columns) {
                        const std::int64_t image = r::image(given, k, input.size(0));
                        std::int64_t at = k * channels * pooled_height * pooled_width;
                        for (std::int64_t c = 0; c < channels; ++c) {
                          const T* const channel = pixels.data_ptr<T>() + (image * channels + c) * height * width;
                          for (const r::Window& down : rows) {
                            for (const r::Window& across : columns) {
                              const bool none = down.end <= down.begin || across.end <= across.begin;
                              T best = none ? T(0) : lowest;
                              std::int64_t place = -1;
                              for (std::int64_t y = down.begin; y < down.end; ++y) {
                                for (std::int64_t x = across.begin; x < across.end; ++x) {
                                  if (channel[y * width + x] > best) {
                                    best = channel[y * width + x];
                                    place = y * width + x;
                                  }
                                }
                              }
                              result.data_ptr<T>()[at] = best;
                              places.data_ptr<std::int32_t>()[at] = static_cast<std::int32_t>(place);
                              ++at;
                            }
                          }
                        }
                      });
  });
  return {kernels::as_dtype(result, input.dtype()), places};
}

/// Means of the bins of regions, each from channels of its own, and the channels (Dai et al., 2016).
template <class Lazy = void>
std::tuple<Tensor, Tensor> ps_roi_pool(const Tensor& input, const Tensor& rois, double spatial_scale,
                                       std::int64_t pooled_height, std::int64_t pooled_width) {
  namespace r = detail::regions;
  const char* const name = "ps_roi_pool_forward_kernel";
  r::check(name, "Tensor rois should", input, rois);
  const DimVector sizes{rois.size(0), r::channels_out(input, pooled_height, pooled_width), pooled_height, pooled_width};
  const Tensor empty = r::zeros(sizes, input.dtype());
  const Tensor mapping = r::zeros(sizes, DType::int32);
  if (empty.numel() == 0) {
    return {empty, mapping};
  }
  const DType dtype = r::working_type(name, input.dtype(), true);
  r::own_channels(mapping);
  const Tensor pixels = kernels::dense_as(input, dtype);
  const Tensor regions = kernels::dense_as(rois, dtype);
  const Tensor result = Tensor::empty(sizes, dtype);
  r::with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t channels = input.size(1);
    const std::int64_t height = input.size(2);
    const std::int64_t width = input.size(3);
    r::each_region<T>(regions, spatial_scale, pooled_height, pooled_width, {height - 1, width - 1}, 0,
                      [&](std::int64_t k, double given, const auto& rows, const auto& columns) {
                        const std::int64_t image = r::image(given, k, input.size(0));
                        for (std::int64_t c = 0; c < channels; ++c) {
                          const T* const channel = pixels.data_ptr<T>() + (image * channels + c) * height * width;
                          const std::int64_t bin = c % (pooled_height * pooled_width);
                          const r::Window down = rows[static_cast<std::size_t>(bin / pooled_width)];
                          const r::Window across = columns[static_cast<std::size_t>(bin % pooled_width)];
                          T total = 0;
                          for (std::int64_t y = down.begin; y < down.end; ++y) {
                            for (std::int64_t x = across.begin; x < across.end; ++x) {
                              total += channel[y * width + x];
                            }
                          }
                          const bool none = down.end <= down.begin || across.end <= across.begin;
                          const auto area = static_cast<T>((down.end - down.begin) * (across.end - across.begin));
                          result.data_ptr<T>()[k * channels + c] = none ? T(0) : total / area;
                        }
                      });
  });
  return {kernels::as_dtype(result, input.dtype()), mapping};
}

}  // namespace ops
}  // namespace ts2cpp
