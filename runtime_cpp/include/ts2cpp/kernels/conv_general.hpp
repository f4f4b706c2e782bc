// Convolutions in up to three dimensions, for any number type, forward and transposed: gather (or scatter) a matrix
// with one row a filter tap and one column a pixel, and multiply.
#pragma once

#include <array>
#include <cstdint>

#include "ts2cpp/kernels/conv.hpp"
#include "ts2cpp/kernels/product.hpp"

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

/// Calls fn(row, column, pixel) for every tap `row` of every channel, result position `column` and the pixel of the
/// image under it, -1 outside; channels [first, last).
template <class F>
void for_each_tap(const VolumeGeometry& g, std::int64_t first, std::int64_t last, F&& fn) {
  const std::int64_t pixels = product_of(g.image);
  std::int64_t row = first * product_of(g.kernel);
  for (std::int64_t c = first; c < last; ++c) {
    for (std::int64_t kz = 0; kz < g.kernel[0]; ++kz) {
      for (std::int64_t ky = 0; ky < g.kernel[1]; ++ky) {
        for (std::int64_t kx = 0; kx < g.kernel[2]; ++kx, ++row) {
          std::int64_t column = 0;
          for (std::int64_t z = 0; z < g.result[0]; ++z) {
            const std::int64_t iz = z * g.stride[0] - g.pad[0] + kz * g.dilation[0];
            for (std::int64_t y = 0; y < g.result[1]; ++y) {
              const std::int64_t iy = y * g.stride[1] - g.pad[1] + ky * g.dilation[1];
              const bool row_inside = iz >= 0 && iz < g.image[0] && iy >= 0 && iy < g.image[1];
              const std::int64_t base = c * pixels + (iz * g.image[1] + iy) * g.image[2];
              for (std::int64_t x = 0; x < g.result[2]; ++x, ++column) {
                const std::int64_t ix = x * g.stride[2] - g.pad[2] + kx * g.dilation[2];
                fn(row, column, row_inside && ix >= 0 && ix < g.image[2] ? base + ix : -1);
              }
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
    for_each_tap(g, begin, end, [&](std::int64_t row, std::int64_t column, std::int64_t pixel) {
      matrix[row * columns + column] = pixel < 0 ? T{0} : image[pixel];
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
    for_each_tap(g, begin, end, [&](std::int64_t row, std::int64_t column, std::int64_t pixel) {
      if (pixel >= 0)
        out[pixel] += matrix[row * columns + column];
    });
  });
}

}  // namespace ts2cpp::kernels
