// Convolutions in up to three dimensions, for any number type, forward and transposed: gather (or scatter) a matrix
// with one row a filter tap and one column a pixel, and multiply.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <ts2cpp/kernels/conv.hpp>
#include <ts2cpp/kernels/product.hpp>

namespace ts2cpp::kernels {

/// Sizes along depth, height and width; missing leading dimensions are 1 (with padding 0).
using Triple = std::array<std::int64_t, 3>;

struct VolumeGeometry {
  Triple image;   // what a forward convolution reads
  Triple result;  // what a forward convolution writes
  Triple kernel;
  Triple stride;
  Triple pad;
  Triple dilation;
};

constexpr std::int64_t product_of(const Triple& sizes) noexcept { return sizes[0] * sizes[1] * sizes[2]; }

/// One line of results under one filter tap: columns [first, last) of the line look at pixels pixel + x * stride of the
/// image, the others outside.
struct TapLine {
  std::int64_t row;     // the tap
  std::int64_t column;  // of the line's first result
  std::int64_t first;
  std::int64_t last;
  std::int64_t pixel;
};

/// Calls fn(TapLine) for every tap of the channels [first, last) and every line of results.
template <class F>
void for_each_tap_line(const VolumeGeometry& g, std::int64_t first, std::int64_t last, F&& fn) {
  const std::int64_t width = g.result[2];
  TapLine line{};
  line.row = first * product_of(g.kernel);
  for (std::int64_t c = first; c < last; ++c) {
    for (std::int64_t kz = 0; kz < g.kernel[0]; ++kz) {
      for (std::int64_t ky = 0; ky < g.kernel[1]; ++ky) {
        for (std::int64_t kx = 0; kx < g.kernel[2]; ++kx, ++line.row) {
          const std::int64_t left = kx * g.dilation[2] - g.pad[2];
          const std::int64_t inside = std::min(width, left >= 0 ? 0 : ceil_div(-left, g.stride[2]));
          const std::int64_t outside =
              g.image[2] <= left ? 0 : std::min(width, ceil_div(g.image[2] - left, g.stride[2]));
          line.column = 0;
          for (std::int64_t z = 0; z < g.result[0]; ++z) {
            const std::int64_t iz = z * g.stride[0] - g.pad[0] + kz * g.dilation[0];
            for (std::int64_t y = 0; y < g.result[1]; ++y, line.column += width) {
              const std::int64_t iy = y * g.stride[1] - g.pad[1] + ky * g.dilation[1];
              const bool empty = iz < 0 || iz >= g.image[0] || iy < 0 || iy >= g.image[1];
              line.first = empty ? width : inside;
              line.last = std::max(line.first, outside);
              line.pixel = c * product_of(g.image) + (iz * g.image[1] + iy) * g.image[2] + left;
              fn(line);
            }
          }
        }
      }
    }
  }
}

/// out = convolution of one group of one image, without bias; `T` is the type of a product dtype.
template <class T>
void convolve_volume(DType dtype, const VolumeGeometry& g, const ConvChannels& channels, const T* image, T* weight,
                     T* out) {
  const std::int64_t taps = channels.in * product_of(g.kernel);
  const std::int64_t columns = product_of(g.result);
  const Scratch<T> matrix(taps * columns);
  parallel_for(channels.in, task_grain(4 * product_of(g.kernel) * columns), [&](std::int64_t begin, std::int64_t end) {
    for_each_tap_line(g, begin, end, [&](const TapLine& line) {
      T* const target = matrix.data() + line.row * columns + line.column;
      std::fill(target, target + line.first, T{0});
      for (std::int64_t x = line.first; x < line.last; ++x)
        target[x] = image[line.pixel + x * g.stride[2]];
      std::fill(target + line.last, target + g.result[2], T{0});
    });
  });
  multiply(dtype, {channels.out, columns, taps}, {weight, taps, 1}, {matrix.data(), columns, 1}, {out, columns, 1});
}

/// out[out channels, image] += transposed convolution of input[in channels, result]; weight is [in, out, taps].
template <class T>
void convolve_volume_transposed(DType dtype, const VolumeGeometry& g, const ConvChannels& channels, T* input, T* weight,
                                T* out) {
  const std::int64_t taps = channels.out * product_of(g.kernel);
  const std::int64_t columns = product_of(g.result);
  const Scratch<T> matrix(taps * columns);
  multiply(dtype, {taps, columns, channels.in}, {weight, 1, taps}, {input, columns, 1}, {matrix.data(), columns, 1});
  parallel_for(channels.out, task_grain(4 * product_of(g.kernel) * columns), [&](std::int64_t begin, std::int64_t end) {
    for_each_tap_line(g, begin, end, [&](const TapLine& line) {
      const T* const source = matrix.data() + line.row * columns + line.column;
      for (std::int64_t x = line.first; x < line.last; ++x)
        out[line.pixel + x * g.stride[2]] += source[x];
    });
  });
}

}  // namespace ts2cpp::kernels
