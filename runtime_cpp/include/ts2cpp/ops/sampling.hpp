// Reading images and volumes at arbitrary places: grid sampling and the grids of affine maps.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/shape.hpp>

namespace ts2cpp {
namespace detail {

enum class SampleMode { bilinear, nearest, bicubic };
enum class SamplePadding { zeros, border, reflection };

/// A coordinate in [-1, 1] as a place in pixels.
template <class T>
T to_pixels(T coordinate, std::int64_t extent, bool align) {
  const T n = static_cast<T>(extent);
  return align ? (coordinate + T(1)) / T(2) * (n - T(1)) : ((coordinate + T(1)) * n - T(1)) / T(2);
}

/// Places folded back into the image: about the outer pixels' centres, or about their outer edges.
template <class T>
T reflected(T place, std::int64_t extent, bool align) {
  const std::int64_t low = align ? 0 : -1;
  const std::int64_t high = align ? 2 * (extent - 1) : 2 * extent - 1;
  if (low == high) {
    return T(0);
  }
  const T start = static_cast<T>(low) / T(2);
  const T span = static_cast<T>(high - low) / T(2);
  const T distance = std::fabs(place - start);
  const T rest = std::fmod(distance, span);
  return std::fmod(std::floor(distance / span), T(2)) == T(0) ? rest + start : span - rest + start;
}

/// A place inside the image, unless the padding is zeros; NaN becomes the first one, in volumes the last.
template <class T>
T bounded_place(T place, std::int64_t extent, SamplePadding padding, bool align, bool volume = false) {
  if (padding == SamplePadding::reflection) {
    place = reflected(place, extent, align);
  }
  if (padding == SamplePadding::zeros) {
    return place;
  }
  const T last = static_cast<T>(extent - 1);
  return place != place ? (volume ? last : T(0)) : std::min(std::max(place, T(0)), last);
}

/// One input position: its weight, and its offset in a plane (negative outside the image).
template <class T>
struct SamplePoint {
  std::int64_t offset = -1;
  T weight = 0;
};

inline void check_grid(const Tensor& input, const Tensor& grid) {
  const std::int64_t rank = input.dim() - 2;
  if (input.dtype() != grid.dtype()) {
    raise("RuntimeError", {"grid_sampler(): expected input and grid to have same dtype, but input has ",
                           dtype_name(input.dtype()), " and grid has ", dtype_name(grid.dtype())});
  }
  if (input.size(0) != grid.size(0)) {
    raise("RuntimeError", {"grid_sampler(): expected grid and input to have same batch size, but got input with sizes ",
                           input.sizes(), " and grid with sizes ", grid.sizes()});
  }
  if (grid.size(-1) != rank) {
    raise("RuntimeError", {"grid_sampler(): expected grid to have size ", rank,
                           " in last dimension, but got grid with sizes ", grid.sizes()});
  }
}

/// The offset of whole places in a plane, -1 outside.
template <class T>
std::int64_t plane_offset(const std::array<T, 3>& places, const std::array<std::int64_t, 3>& extents) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < 3; ++d) {
    if (!(places[d] >= T(0) && places[d] <= static_cast<T>(extents[d] - 1))) {
      return -1;
    }
    offset = offset * extents[d] + static_cast<std::int64_t>(places[d]);
  }
  return offset;
}

/// The points that one place of the grid reads; gives their number.
template <class T>
std::size_t sample_points(const std::array<T, 3>& raw, const std::array<std::int64_t, 3>& extents, std::size_t first,
                          SampleMode mode, SamplePadding padding, bool align, std::array<SamplePoint<T>, 16>& points) {
  std::array<T, 3> places{};
  std::size_t count = 0;
  if (mode == SampleMode::bicubic) {
    const auto weights = [](T t) {
      constexpr T a = T(-0.75);
      const auto near = [](T x) { return ((a + T(2)) * x - (a + T(3))) * x * x + T(1); };
      const auto far = [](T x) { return ((a * x - T(5) * a) * x + T(8) * a) * x - T(4) * a; };
      return std::array<T, 4>{far(t + T(1)), near(t), near(T(1) - t), far(T(2) - t)};
    };
    const T row = std::floor(raw[1]);
    const T column = std::floor(raw[2]);
    const std::array<T, 4> by_row = weights(raw[1] - row);
    const std::array<T, 4> by_column = weights(raw[2] - column);
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 4; ++j) {
        places[1] = bounded_place(row + static_cast<T>(i) - T(1), extents[1], padding, align);
        places[2] = bounded_place(column + static_cast<T>(j) - T(1), extents[2], padding, align);
        points[count++] = {plane_offset(places, extents), by_row[i] * by_column[j]};
      }
    }
    return count;
  }
  for (std::size_t d = first; d < 3; ++d) {
    places[d] = bounded_place(raw[d], extents[d], padding, align, first == 0);
  }
  if (mode == SampleMode::nearest) {
    for (T& place : places) {
      place = std::nearbyint(place);
    }
    points[0] = {plane_offset(places, extents), T(1)};
    return 1;
  }
  const std::size_t corners = std::size_t{1} << (3 - first);
  for (std::size_t corner = 0; corner < corners; ++corner) {
    std::array<T, 3> at{};
    T weight = 1;
    for (std::size_t d = first; d < 3; ++d) {
      const bool upper = (corner >> (2 - d) & 1) != 0;
      const T low = std::floor(places[d]);
      at[d] = upper ? low + T(1) : low;
      weight *= upper ? places[d] - low : low + T(1) - places[d];
    }
    points[count++] = {plane_offset(at, extents), weight};
  }
  return count;
}

}  // namespace detail

namespace ops {

/// Reads input[N, C, *spatial] at the places of grid[N, *output, rank], coordinates in [-1, 1], innermost first.
/// Modes: 0 bilinear, 1 nearest, 2 bicubic; padding: 0 zeros, 1 border, 2 reflection.
template <class Lazy = void>
Tensor grid_sampler(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode, std::int64_t padding_mode,
                    bool align_corners) {
  detail::check_grid(input, grid);
  const std::int64_t rank = input.dim() - 2;
  const auto mode = static_cast<detail::SampleMode>(interpolation_mode);
  const auto padding = static_cast<detail::SamplePadding>(padding_mode);
  if (mode == detail::SampleMode::bicubic && rank != 2) {
    raise("RuntimeError", "grid_sampler(): bicubic interpolation only supports 4D input");
  }
  const DType dtype = detail::compute_dtype(input.dtype());
  const Tensor image = detail::contiguous_copy(input, dtype);
  const Tensor places = detail::contiguous_copy(grid, dtype);
  DimVector sizes(grid.sizes());
  sizes.resize(grid.dim() - 1);
  sizes.insert(1, input.size(1));
  const Tensor out = Tensor::empty(sizes, dtype);
  const auto first = static_cast<std::size_t>(3 - rank);
  std::array<std::int64_t, 3> extents{1, 1, 1};
  for (std::size_t d = first; d < 3; ++d) {
    extents[d] = input.sizes()[static_cast<std::int64_t>(d - first) + 2];
  }
  const std::int64_t plane = extents[0] * extents[1] * extents[2];
  const std::int64_t channels = input.size(1);
  const std::int64_t batch = input.size(0);
  const std::int64_t cells = batch == 0 ? 0 : places.numel() / (batch * rank);
  detail::dispatch("grid_sampler_2d", detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const source = image.template data_ptr<T>();
    const T* const coordinates = places.template data_ptr<T>();
    T* const target = out.template data_ptr<T>();
    parallel_for(batch * cells, 256, [&](std::int64_t begin, std::int64_t end) {
      std::array<detail::SamplePoint<T>, 16> points{};
      for (std::int64_t i = begin; i < end; ++i) {
        std::array<T, 3> raw{};
        for (std::size_t d = first; d < 3; ++d) {
          const T coordinate = coordinates[i * rank + static_cast<std::int64_t>(2 - d)];
          raw[d] = detail::to_pixels(coordinate, extents[d], align_corners);
        }
        const std::size_t count = detail::sample_points(raw, extents, first, mode, padding, align_corners, points);
        for (std::int64_t c = 0; c < channels; ++c) {
          const std::int64_t row = i / cells * channels + c;
          T total = 0;
          for (std::size_t k = 0; k < count; ++k) {
            // Outside of an image zeros are read, which a weight that is no number spoils; volumes leave it out.
            total += points[k].offset >= 0 ? source[row * plane + points[k].offset] * points[k].weight
                     : rank == 2           ? T(0) * points[k].weight
                                           : T(0);
          }
          target[row * cells + i % cells] = total;
        }
      }
    });
  });
  return detail::to_dtype(out, input.dtype(), false);
}
template <class Lazy = void>
Tensor grid_sampler_2d(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode,
                       std::int64_t padding_mode, bool align_corners) {
  return grid_sampler<Lazy>(input, grid, interpolation_mode, padding_mode, align_corners);
}
template <class Lazy = void>
Tensor grid_sampler_3d(const Tensor& input, const Tensor& grid, std::int64_t interpolation_mode,
                       std::int64_t padding_mode, bool align_corners) {
  return grid_sampler<Lazy>(input, grid, interpolation_mode, padding_mode, align_corners);
}

/// The grid of places that an affine map theta[N, rank, rank + 1] sends the pixels of `size` [N, C, *spatial] to.
inline Tensor affine_grid_generator(const Tensor& theta, IntSpan size, bool align_corners) {
  const std::int64_t rank = size.size() - 2;
  if (rank != 2 && rank != 3) {
    raise("RuntimeError", "AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs.");
  }
  if (theta.size(0) != size[0]) {
    raise("RuntimeError", {"Expected size for first two dimensions of batch2 tensor to be: [", size[0], ", ", rank + 1,
                           "] but got: [", theta.size(0), ", ", theta.size(2), "]."});
  }
  std::int64_t cells = 1;
  for (std::int64_t d = 0; d < rank; ++d) {
    cells *= size[2 + d];
  }
  const Tensor base = Tensor::empty({1, cells, rank + 1}, DType::float64);
  double* const data = base.data_ptr<double>();
  for (std::int64_t i = 0; i < cells; ++i) {
    std::int64_t rest = i;
    for (std::int64_t d = rank - 1; d >= 0; --d) {
      const std::int64_t extent = size[2 + d];
      const std::int64_t at = rest % extent;
      rest /= extent;
      const double n = static_cast<double>(extent);
      const double line = extent > 1 ? -1.0 + 2.0 * static_cast<double>(at) / (n - 1.0) : 0.0;
      data[i * (rank + 1) + (rank - 1 - d)] = align_corners ? line : line * (n - 1.0) / n;
    }
    data[i * (rank + 1) + rank] = 1.0;
  }
  const Tensor places = matmul(detail::to_dtype(base, theta.dtype(), false), transpose(theta, 1, 2));
  DimVector sizes{size[0]};
  for (std::int64_t d = 0; d < rank; ++d) {
    sizes.push_back(size[2 + d]);
  }
  sizes.push_back(rank);
  return reshape(places, sizes);
}

}  // namespace ops
}  // namespace ts2cpp
