// Resizing of images of bytes: integer weights, the width before the height, each result a byte again.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

/// The filters of resizing, 0 beyond their reach of 1, 2 and 3.
enum class ResizeFilter { triangle, cubic, lanczos };

inline std::int64_t reach(ResizeFilter filter) noexcept { return static_cast<std::int64_t>(filter) + 1; }

/// `cubic` is the convolution of Keys with the parameter `a`.
template <class T>
T filter_weight(ResizeFilter filter, T x, T a) {
  x = std::fabs(x);
  switch (filter) {
    case ResizeFilter::triangle: return std::max(T(1) - x, T(0));
    case ResizeFilter::cubic:
      return x < T(1)   ? ((a + T(2)) * x - (a + T(3))) * x * x + T(1)
             : x < T(2) ? ((a * x - T(5) * a) * x + T(8) * a) * x - T(4) * a
                        : T(0);
    case ResizeFilter::lanczos: {
      const auto sinc = [](T y) {
        const T angle = T(3.14159265358979323846) * y;
        return y == T(0) ? T(1) : std::sin(angle) / angle;
      };
      return x < T(3) ? sinc(x) * sinc(x / T(3)) : T(0);
    }
  }
  return T(0);
}

/// What is asked of one axis of an image of bytes; where it shrinks, a filter that `widens` does.
struct ByteAxis {
  std::int64_t extent = 1;
  std::int64_t output = 1;
  std::optional<double> scale;
  bool align_corners = false;
  ResizeFilter filter = ResizeFilter::triangle;
  bool widens = false;

  std::int64_t reach() const noexcept { return kernels::reach(filter); }
  double step() const noexcept {
    if (align_corners) {
      return output > 1 ? static_cast<double>(extent - 1) / static_cast<double>(output - 1) : 0.0;
    }
    return scale && *scale > 0.0 ? 1.0 / *scale : static_cast<double>(extent) / static_cast<double>(output);
  }
};

/// For every output position the first of `width` input positions, and their weights in units of 2^-precision.
struct ByteTaps {
  std::int64_t width = 1;
  int precision = 0;
  std::vector<std::int64_t> first;
  std::vector<std::int32_t> weights;
};

/// The weights of the neighbours of an output; what lies outside counts for the border.
inline void neighbour_weights(const ByteAxis& axis, std::int64_t position, std::int64_t& first, double* weights) {
  const std::int64_t reach = axis.reach();
  const auto at = static_cast<double>(position);
  double place = axis.align_corners ? axis.step() * at : axis.step() * (at + 0.5) - 0.5;
  if (reach == 1) {
    place = std::max(place, 0.0);
  }
  const std::int64_t low = std::clamp<std::int64_t>(float_to_int<std::int64_t>(std::floor(place)), -2, axis.extent - 1);
  const double share = std::min(std::max(place - static_cast<double>(low), 0.0), 1.0);
  first = std::clamp<std::int64_t>(low + 1 - reach, 0, axis.extent - 1);
  for (std::int64_t offset = 1 - reach; offset <= reach; ++offset) {
    const std::int64_t inside = std::clamp<std::int64_t>(low + offset, 0, axis.extent - 1);
    weights[inside - first] += filter_weight(axis.filter, static_cast<double>(offset) - share, -0.75);
  }
}

/// The weights of a filter that widens with the step; they add up to 1.
inline void widened_weights(const ByteAxis& axis, std::int64_t position, std::int64_t& first, double* weights,
                            std::int64_t width) {
  const double stretch = std::max(axis.step(), 1.0);
  const double support = static_cast<double>(axis.reach()) * stretch;
  const double centre = axis.step() * (static_cast<double>(position) + 0.5);
  first = std::clamp<std::int64_t>(float_to_int<std::int64_t>(centre - support + 0.5), 0, axis.extent - 1);
  const auto last = std::clamp<std::int64_t>(float_to_int<std::int64_t>(centre + support + 0.5), 0, axis.extent);
  const std::int64_t count = std::clamp<std::int64_t>(last - first, 0, width);
  double total = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    weights[k] = filter_weight(axis.filter, (static_cast<double>(first + k) - centre + 0.5) * (1.0 / stretch), -0.5);
    total += weights[k];
  }
  for (std::int64_t k = 0; k < count && total != 0.0; ++k) {
    weights[k] /= total;
  }
}

inline ByteTaps byte_taps(const ByteAxis& axis) {
  ByteTaps taps;
  taps.width = 2 * axis.reach();
  if (axis.widens) {
    const double support = static_cast<double>(axis.reach()) * std::max(axis.step(), 1.0);
    taps.width = static_cast<std::int64_t>(std::min(std::ceil(support) * 2 + 1, static_cast<double>(axis.extent)));
  }
  const auto width = static_cast<std::size_t>(taps.width);
  taps.first.resize(static_cast<std::size_t>(axis.output));
  std::vector<double> exact(taps.first.size() * width, 0.0);
  for (std::size_t i = 0; i < taps.first.size(); ++i) {
    double* const weights = exact.data() + i * width;
    if (axis.widens) {
      widened_weights(axis, static_cast<std::int64_t>(i), taps.first[i], weights, taps.width);
    } else {
      neighbour_weights(axis, static_cast<std::int64_t>(i), taps.first[i], weights);
    }
  }
  const double greatest = *std::max_element(exact.begin(), exact.end());
  while (taps.precision < 22 && static_cast<int>(0.5 + greatest * (1 << (taps.precision + 1))) < 1 << 15) {
    ++taps.precision;
  }
  for (const double weight : exact) {
    taps.weights.push_back(static_cast<std::int32_t>(weight * (1 << taps.precision) + std::copysign(0.5, weight)));
  }
  return taps;
}

/// uint8 [planes, extent, inner] to [planes, output, inner] along the middle axis.
inline void resize_bytes_along(const std::uint8_t* source, std::uint8_t* target, std::int64_t planes,
                               std::int64_t inner, const ByteAxis& axis) {
  const ByteTaps taps = byte_taps(axis);
  parallel_for(planes, 4096 / (axis.output * inner * taps.width + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin * axis.output; row < end * axis.output; ++row) {
      const std::int64_t i = row % axis.output;
      const std::int64_t first = taps.first[static_cast<std::size_t>(i)];
      const std::int64_t count = std::min(taps.width, axis.extent - first);
      const std::uint8_t* const from = source + (row / axis.output * axis.extent + first) * inner;
      const std::int32_t* const weights = taps.weights.data() + i * taps.width;
      for (std::int64_t x = 0; x < inner; ++x) {
        std::int32_t total = (1 << taps.precision) >> 1;
        for (std::int64_t k = 0; k < count; ++k) {
          total += weights[k] * from[k * inner + x];
        }
        target[row * inner + x] = static_cast<std::uint8_t>(std::clamp(total >> taps.precision, 0, 255));
      }
    }
  });
}

/// Resizes uint8 images [N, C, H, W].  The weights are those of the filters in double precision, scaled by the greatest
/// power of two at which they fit into 16 bits.
inline Tensor resize_bytes(const Tensor& self, const ByteAxis& height, const ByteAxis& width) {
  const std::int64_t planes = self.size(0) * self.size(1);
  Tensor in = dense(self);
  if (width.extent != width.output) {
    const Tensor out = Tensor::empty({self.size(0), self.size(1), height.extent, width.output}, DType::uint8);
    resize_bytes_along(in.data_ptr<std::uint8_t>(), out.data_ptr<std::uint8_t>(), planes * height.extent, 1, width);
    in = out;
  }
  if (height.extent != height.output) {
    const Tensor out = Tensor::empty({self.size(0), self.size(1), height.output, width.output}, DType::uint8);
    resize_bytes_along(in.data_ptr<std::uint8_t>(), out.data_ptr<std::uint8_t>(), planes, width.output, height);
    in = out;
  }
  if (!in.shares_storage(self)) {
    return in;
  }
  const Tensor copy = Tensor::empty(self.sizes(), DType::uint8);
  ts2cpp::detail::copy_elements(copy, self);
  return copy;
}

}  // namespace ts2cpp::kernels
