// Interpolation one dimension after the other: volumes, bicubic, exact nearest and antialiased resizing.
// An output position is a weighted sum of a few input positions, whichever the mode. (ops/upsample.hpp has the fast
// kernels of the common two-dimensional modes.)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ts2cpp/kernels/byte_resize.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/upsample.hpp>
#include <ts2cpp/select_rows.hpp>

namespace ts2cpp {
namespace detail {

/// For every output position of an axis the input positions it takes and their weights: `width` entries each.
template <class T>
struct Taps {
  std::int64_t width = 1;
  std::vector<std::int64_t> positions;
  std::vector<T> weights;
};

/// What is asked of one axis.
struct AxisResize {
  std::int64_t extent = 1;
  std::int64_t output = 1;
  std::optional<double> scale;
  bool align_corners = false;
};

/// Input positions per output position.
template <class T>
T input_step(const AxisResize& axis) {
  if (axis.align_corners) {
    return axis.output > 1 ? static_cast<T>(axis.extent - 1) / static_cast<T>(axis.output - 1) : T(0);
  }
  return axis.scale && *axis.scale > 0.0 ? static_cast<T>(1.0 / *axis.scale)
                                         : static_cast<T>(axis.extent) / static_cast<T>(axis.output);
}

/// Where an output position lies in the input.
template <class T>
T input_place(const AxisResize& axis, std::int64_t position, T step) {
  return axis.align_corners ? static_cast<T>(position) * step : step * (static_cast<T>(position) + T(0.5)) - T(0.5);
}

/// `centred` takes the input position nearest to the middle of the output position.
template <class T>
Taps<T> nearest_taps(const AxisResize& axis, bool centred) {
  Taps<T> taps;
  const float step = input_step<float>(axis);
  for (std::int64_t i = 0; i < axis.output; ++i) {
    const float place = (static_cast<float>(i) + (centred ? 0.5f : 0.0f)) * step;
    const auto position = static_cast<std::int64_t>(std::floor(place));
    const bool same = !centred && axis.output == axis.extent;
    taps.positions.push_back(same ? i : std::min(position, axis.extent - 1));
    taps.weights.push_back(T(1));
  }
  return taps;
}

template <class T>
Taps<T> linear_taps(const AxisResize& axis) {
  Taps<T> taps;
  taps.width = 2;
  const T step = input_step<T>(axis);
  for (std::int64_t i = 0; i < axis.output; ++i) {
    const T place = axis.extent == axis.output ? static_cast<T>(i) : std::max(input_place(axis, i, step), T(0));
    const std::int64_t low = std::min(static_cast<std::int64_t>(place), axis.extent - 1);
    const T share = std::min(std::max(place - static_cast<T>(low), T(0)), T(1));
    taps.positions.insert(taps.positions.end(), {low, std::min(low + 1, axis.extent - 1)});
    taps.weights.insert(taps.weights.end(), {T(1) - share, share});
  }
  return taps;
}

/// The cubic convolution of Keys with a = -0.75.
template <class T>
Taps<T> cubic_taps(const AxisResize& axis) {
  constexpr T a = T(-0.75);
  const auto near = [](T x) { return ((a + T(2)) * x - (a + T(3))) * x * x + T(1); };
  const auto far = [](T x) { return ((a * x - T(5) * a) * x + T(8) * a) * x - T(4) * a; };
  Taps<T> taps;
  taps.width = 4;
  const T step = input_step<T>(axis);
  for (std::int64_t i = 0; i < axis.output; ++i) {
    const T place = input_place(axis, i, step);
    const auto low = static_cast<std::int64_t>(std::floor(place));
    const T t = std::min(std::max(place - static_cast<T>(low), T(0)), T(1));
    for (std::int64_t offset = -1; offset < 3; ++offset) {
      taps.positions.push_back(std::clamp<std::int64_t>(low + offset, 0, axis.extent - 1));
    }
    taps.weights.insert(taps.weights.end(), {far(t + T(1)), near(t), near(T(1) - t), far(T(2) - t)});
  }
  return taps;
}

/// Where the image shrinks, the filter widens.
template <class T>
Taps<T> filtered_taps(const AxisResize& axis, kernels::ResizeFilter filter) {
  const T reach = static_cast<T>(kernels::reach(filter));
  const T step = input_step<T>(axis);
  const T stretch = std::max(step, T(1));
  const T support = reach * stretch;
  Taps<T> taps;
  taps.width = static_cast<std::int64_t>(std::ceil(support)) * 2 + 1;
  for (std::int64_t i = 0; i < axis.output; ++i) {
    const T centre = step * (static_cast<T>(i) + T(0.5));
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + T(0.5)), 0);
    const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(centre + support + T(0.5)), axis.extent);
    T total = 0;
    const std::size_t begin = taps.weights.size();
    for (std::int64_t k = 0; k < taps.width; ++k) {
      const std::int64_t at = first + k;
      const T place = (static_cast<T>(at) - centre + T(0.5)) / stretch;
      const T weight = at < last ? kernels::filter_weight(filter, place, T(-0.5)) : T(0);
      total += weight;
      taps.positions.push_back(std::clamp<std::int64_t>(at, 0, axis.extent - 1));
      taps.weights.push_back(weight);
    }
    for (std::size_t k = begin; k < taps.weights.size() && total != T(0); ++k) {
      taps.weights[k] /= total;
    }
  }
  return taps;
}

/// out[..., i, ...] = sum of the taps of i along dimension `dim` of a dense tensor.
template <class T>
Tensor resample_axis(const Tensor& in, std::int64_t dim, const Taps<T>& taps) {
  DimVector sizes(in.sizes());
  const std::int64_t extent = sizes[dim];
  const std::int64_t output = static_cast<std::int64_t>(taps.positions.size()) / taps.width;
  sizes[dim] = output;
  const Tensor out = Tensor::empty(sizes, in.dtype());
  std::int64_t inner = 1;
  for (std::int64_t d = dim + 1; d < in.dim(); ++d) {
    inner *= sizes[d];
  }
  const T* const source = in.data_ptr<T>();
  T* const target = out.data_ptr<T>();
  const std::int64_t rows = inner == 0 ? 0 : out.numel() / inner;
  parallel_for(rows, 4096 / (inner * taps.width + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t block = row / output;
      const std::int64_t first = row % output * taps.width;
      T* const to = target + row * inner;
      std::fill(to, to + inner, T(0));
      for (std::int64_t k = first; k < first + taps.width; ++k) {
        const T weight = taps.weights[static_cast<std::size_t>(k)];
        const T* const from = source + (block * extent + taps.positions[static_cast<std::size_t>(k)]) * inner;
        for (std::int64_t i = 0; i < inner && weight != T(0); ++i) {
          to[i] += weight * from[i];
        }
      }
    }
  });
  return out;
}

/// The sizes and scales of the overloads that take one of the two.
struct ResizeRequest {
  DimVector sizes;
  std::vector<std::optional<double>> scales;
};

inline ResizeRequest resize_request(const Tensor& input, const std::optional<IntSpan>& output_size,
                                    const std::optional<Span<const double>>& scale_factors, std::int64_t rank) {
  ResizeRequest request{requested_sizes(input, output_size, scale_factors, rank), {}};
  for (std::int64_t i = 0; i < rank; ++i) {
    request.scales.push_back(factor_of(scale_factors, i));
  }
  return request;
}

/// Refuses a result that there is no memory for, before the positions of all its elements are listed.
inline void check_resized_memory(const Tensor& self, IntSpan output) {
  DimVector sizes(self.sizes());
  for (std::int64_t d = 0; d < output.size(); ++d) {
    sizes[2 + d] = output[d];
  }
  if (checked_numel(sizes) >= std::int64_t{1} << 28) {
    [[maybe_unused]] const Tensor probe = Tensor::empty(sizes, self.dtype());
  }
}

/// Picks the nearest elements.
inline Tensor resample_nearest(const Tensor& self, const ResizeRequest& request, bool centred) {
  const auto rank = static_cast<std::int64_t>(request.scales.size());
  check_resize(self, request.sizes, rank);
  if (!is_floating_point(self.dtype()) && self.dtype() != DType::uint8) {
    raise_no_kernel(rank == 2 ? "upsample_nearest2d_channels_last" : "compute_indices_weights_nearest", self.dtype());
  }
  check_resized_memory(self, request.sizes);
  Tensor result = self;
  for (std::int64_t i = 0; i < rank; ++i) {
    const AxisResize axis{self.sizes()[2 + i], request.sizes[i], request.scales[static_cast<std::size_t>(i)], false};
    result = select_rows(result, 2 + i, nearest_taps<float>(axis, centred).positions);
  }
  return result;
}

/// Smooth modes; `taps_of(axis, zero)` gives the taps of an axis in the type of `zero`.
template <class TapsOf>
Tensor resample_smooth(const Tensor& self, const ResizeRequest& request, bool align_corners, const TapsOf& taps_of) {
  const auto rank = static_cast<std::int64_t>(request.scales.size());
  check_resize(self, request.sizes, rank);
  if (!is_floating_point(self.dtype()) && (self.dtype() != DType::uint8 || rank != 2)) {
    raise_not_implemented("compute_indices_weights_linear!", self.dtype());
  }
  check_resized_memory(self, request.sizes);
  if (IntSpan(request.sizes) == IntSpan(self.sizes().data() + 2, rank)) {
    return contiguous_copy(self, self.dtype());
  }
  if (self.dtype() == DType::uint8) {
    const auto axis = [&](std::int64_t i) {
      return kernels::ByteAxis{self.sizes()[2 + i], request.sizes[i], request.scales[static_cast<std::size_t>(i)],
                               align_corners,       TapsOf::kFilter,  TapsOf::kWidens};
    };
    return kernels::resize_bytes(self, axis(0), axis(1));
  }
  const DType dtype = compute_dtype(self.dtype());
  Tensor result = contiguous_copy(self, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = rank - 1; i >= 0; --i) {
      const AxisResize axis{self.sizes()[2 + i], request.sizes[i], request.scales[static_cast<std::size_t>(i)],
                            align_corners};
      result = resample_axis<T>(result, 2 + i, taps_of(axis, T(0)));
    }
  });
  return to_dtype(result, self.dtype(), false);
}

/// The taps of a mode, and the filter that it has for bytes.
struct LinearTaps {
  static constexpr auto kFilter = kernels::ResizeFilter::triangle;
  static constexpr bool kWidens = false;
  template <class T>
  Taps<T> operator()(const AxisResize& axis, T /*zero*/) const {
    return linear_taps<T>(axis);
  }
};
struct CubicTaps {
  static constexpr auto kFilter = kernels::ResizeFilter::cubic;
  static constexpr bool kWidens = false;
  template <class T>
  Taps<T> operator()(const AxisResize& axis, T /*zero*/) const {
    return cubic_taps<T>(axis);
  }
};
template <kernels::ResizeFilter Filter>
struct FilteredTaps {
  static constexpr auto kFilter = Filter;
  static constexpr bool kWidens = true;
  template <class T>
  Taps<T> operator()(const AxisResize& axis, T /*zero*/) const {
    return filtered_taps<T>(axis, Filter);
  }
};

}  // namespace detail

namespace ops {

using Factor = std::optional<double>;

inline Tensor upsample_nearest3d(const Tensor& self, IntSpan output_size, Factor scales_d = std::nullopt,
                                 Factor scales_h = std::nullopt, Factor scales_w = std::nullopt) {
  return detail::resample_nearest(self, {DimVector(output_size), {scales_d, scales_h, scales_w}}, false);
}
template <class Lazy = void>
Tensor upsample_nearest3d(const Tensor& input, const std::optional<IntSpan>& output_size,
                          const std::optional<Span<const double>>& scale_factors) {
  return detail::resample_nearest(input, detail::resize_request(input, output_size, scale_factors, 3), false);
}
inline Tensor _upsample_nearest_exact1d(const Tensor& self, IntSpan output_size, Factor scales = std::nullopt) {
  return detail::resample_nearest(self, {DimVector(output_size), {scales}}, true);
}
template <class Lazy = void>
Tensor _upsample_nearest_exact1d(const Tensor& input, const std::optional<IntSpan>& output_size,
                                 const std::optional<Span<const double>>& scale_factors) {
  return detail::resample_nearest(input, detail::resize_request(input, output_size, scale_factors, 1), true);
}
inline Tensor _upsample_nearest_exact2d(const Tensor& self, IntSpan output_size, Factor scales_h = std::nullopt,
                                        Factor scales_w = std::nullopt) {
  return detail::resample_nearest(self, {DimVector(output_size), {scales_h, scales_w}}, true);
}
template <class Lazy = void>
Tensor _upsample_nearest_exact2d(const Tensor& input, const std::optional<IntSpan>& output_size,
                                 const std::optional<Span<const double>>& scale_factors) {
  return detail::resample_nearest(input, detail::resize_request(input, output_size, scale_factors, 2), true);
}
inline Tensor _upsample_nearest_exact3d(const Tensor& self, IntSpan output_size, Factor scales_d = std::nullopt,
                                        Factor scales_h = std::nullopt, Factor scales_w = std::nullopt) {
  return detail::resample_nearest(self, {DimVector(output_size), {scales_d, scales_h, scales_w}}, true);
}
template <class Lazy = void>
Tensor _upsample_nearest_exact3d(const Tensor& input, const std::optional<IntSpan>& output_size,
                                 const std::optional<Span<const double>>& scale_factors) {
  return detail::resample_nearest(input, detail::resize_request(input, output_size, scale_factors, 3), true);
}

inline Tensor upsample_trilinear3d(const Tensor& self, IntSpan output_size, bool align_corners,
                                   Factor scales_d = std::nullopt, Factor scales_h = std::nullopt,
                                   Factor scales_w = std::nullopt) {
  return detail::resample_smooth(self, {DimVector(output_size), {scales_d, scales_h, scales_w}}, align_corners,
                                 detail::LinearTaps{});
}
template <class Lazy = void>
Tensor upsample_trilinear3d(const Tensor& input, const std::optional<IntSpan>& output_size, bool align_corners,
                            const std::optional<Span<const double>>& scale_factors) {
  return detail::resample_smooth(input, detail::resize_request(input, output_size, scale_factors, 3), align_corners,
                                 detail::LinearTaps{});
}

// Resizing of images: by size and scales, or by one of the two.
#define TS2CPP_RESIZE_IMAGE(NAME, TAPS)                                                                                \
  inline Tensor NAME(const Tensor& self, IntSpan output_size, bool align_corners, Factor scales_h = std::nullopt,      \
                     Factor scales_w = std::nullopt) {                                                                 \
    return detail::resample_smooth(self, {DimVector(output_size), {scales_h, scales_w}}, align_corners, TAPS{});       \
  }                                                                                                                    \
  template <class Lazy = void>                                                                                         \
  Tensor NAME(const Tensor& input, const std::optional<IntSpan>& output_size, bool align_corners,                      \
              const std::optional<Span<const double>>& scale_factors) {                                                \
    return detail::resample_smooth(input, detail::resize_request(input, output_size, scale_factors, 2), align_corners, \
                                   TAPS{});                                                                            \
  }
TS2CPP_RESIZE_IMAGE(upsample_bicubic2d, detail::CubicTaps)
TS2CPP_RESIZE_IMAGE(_upsample_bilinear2d_aa, detail::FilteredTaps<kernels::ResizeFilter::triangle>)
TS2CPP_RESIZE_IMAGE(_upsample_bicubic2d_aa, detail::FilteredTaps<kernels::ResizeFilter::cubic>)
TS2CPP_RESIZE_IMAGE(_upsample_lanczos2d_aa, detail::FilteredTaps<kernels::ResizeFilter::lanczos>)
#undef TS2CPP_RESIZE_IMAGE

}  // namespace ops
}  // namespace ts2cpp
