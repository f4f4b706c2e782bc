// The image side of a convolution.
//
// A plane is first copied with its padding and split by the phases of the stride: phase (a, b) holds the pixels whose
// padded row is a and column is b modulo the stride. In that layout the input of any filter tap is the output's raster
// moved by a constant, whatever stride, dilation and padding are: panels are filled by copying runs of contiguous
// elements, and a depthwise convolution is a weighted sum of shifted lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ts2cpp/kernels/gemm.hpp>

namespace ts2cpp::kernels {

/// The sizes of a two-dimensional convolution. Padding after the image is what the output size implies.
struct ConvGeometry {
  std::int64_t in_h = 1, in_w = 1;
  std::int64_t out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_h = 0, pad_w = 0;  // before the image
  std::int64_t dilation_h = 1, dilation_w = 1;

  std::int64_t in_pixels() const noexcept { return in_h * in_w; }
  std::int64_t out_pixels() const noexcept { return out_h * out_w; }
  std::int64_t taps() const noexcept { return kernel_h * kernel_w; }
  /// Rows and columns of one phase.
  std::int64_t phase_rows() const noexcept { return out_h + (kernel_h - 1) * dilation_h / stride_h; }
  std::int64_t phase_cols() const noexcept { return out_w + (kernel_w - 1) * dilation_w / stride_w; }
  std::int64_t phase_size() const noexcept { return phase_rows() * phase_cols(); }
  /// Elements of one plane with all its phases.
  std::int64_t plane_size() const noexcept { return stride_h * stride_w * phase_size(); }
  /// Where the input of filter tap (y, x) for output pixel (0, 0) lies in a plane.
  std::int64_t tap_offset(std::int64_t y, std::int64_t x) const noexcept {
    const std::int64_t row = y * dilation_h;
    const std::int64_t col = x * dilation_w;
    return ((row % stride_h) * stride_w + col % stride_w) * phase_size() + row / stride_h * phase_cols() +
           col / stride_w;
  }
  /// True when the image itself already is the matrix that the product needs.
  bool is_pointwise() const noexcept {
    return taps() == 1 && stride_h == 1 && stride_w == 1 && pad_h == 0 && pad_w == 0 && in_h == out_h && in_w == out_w;
  }
};

/// Elements that kernels may read beyond the last plane.
inline constexpr std::int64_t kPlaneSlack = 16;

/// Writes one plane with its padding, split by phases.
template <class T>
void split_phases(const ConvGeometry& g, const T* TS2CPP_RESTRICT image, T* TS2CPP_RESTRICT plane) noexcept {
  const std::int64_t rows = g.phase_rows();
  const std::int64_t cols = g.phase_cols();
  for (std::int64_t a = 0; a < g.stride_h; ++a) {
    for (std::int64_t b = 0; b < g.stride_w; ++b) {
      // Columns [first, last) of this phase lie inside the image.
      const std::int64_t first = std::min(cols, std::max<std::int64_t>(0, ceil_div(g.pad_w - b, g.stride_w)));
      const std::int64_t inside = g.in_w + g.pad_w - b;
      const std::int64_t last = std::max(first, std::min(cols, inside <= 0 ? 0 : ceil_div(inside, g.stride_w)));
      for (std::int64_t r = 0; r < rows; ++r, plane += cols) {
        const std::int64_t y = r * g.stride_h + a - g.pad_h;
        if (y < 0 || y >= g.in_h) {
          std::fill(plane, plane + cols, T{0});
          continue;
        }
        const T* TS2CPP_RESTRICT source = image + y * g.in_w + b - g.pad_w;
        for (std::int64_t q = 0; q < first; ++q)
          plane[q] = T{0};
        if (g.stride_w == 1) {
          for (std::int64_t q = first; q < last; ++q)
            plane[q] = source[q];
        } else if (g.stride_w == 2) {
          for (std::int64_t q = first; q < last; ++q)
            plane[q] = source[q * 2];
        } else {
          for (std::int64_t q = first; q < last; ++q)
            plane[q] = source[q * g.stride_w];
        }
        for (std::int64_t q = last; q < cols; ++q)
          plane[q] = T{0};
      }
    }
  }
}

/// Planes of several channels, one after the other, as a source of panels: row k is filter tap k % taps of channel
/// k / taps, a column is an output pixel. `tap_offsets` has the geometry's offset of every tap.
template <class T>
struct PhasedImage {
  const ConvGeometry* geometry;
  const T* planes;
  const std::int64_t* tap_offsets;
};

inline void fill_tap_offsets(const ConvGeometry& g, std::int64_t* offsets) noexcept {
  for (std::int64_t y = 0; y < g.kernel_h; ++y) {
    for (std::int64_t x = 0; x < g.kernel_w; ++x)
      *offsets++ = g.tap_offset(y, x);
  }
}

template <class T>
void pack_image(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
                std::int64_t width, T* panel) {
  constexpr std::int64_t kMaxWidth = 64;
  const auto& image = *static_cast<const PhasedImage<T>*>(context);
  const ConvGeometry& g = *image.geometry;
  PanelRun runs[kMaxWidth];
  int run_count = 0;
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t y = (column + done) / g.out_w;
    const std::int64_t x = (column + done) % g.out_w;
    const std::int64_t length = std::min(g.out_w - x, count - done);
    runs[run_count++] = {y * g.phase_cols() + x, done, length};
    done += length;
  }
  const std::int64_t taps = g.taps();
  const std::int64_t plane_size = g.plane_size();
  std::int64_t k = k0;
  if constexpr (!kRare<T>) {
    const TileSet<T>& set = tiles<T>();
    // Whole vectors go beyond their row, into rows that are filled later: not so near the end, which is somebody
    // else's.
    const std::int64_t last = k1 - ceil_div(set.lanes, width);
    while (k < last) {
      const std::int64_t tap = k % taps;
      const std::int64_t rows = std::min(taps - tap, last - k);
      set.copy_runs(image.planes + k / taps * plane_size, image.tap_offsets + tap, rows, runs, run_count, count, width,
                    panel);
      k += rows;
      panel += rows * width;
    }
  }
  for (; k < k1; ++k, panel += width) {
    const T* const base = image.planes + k / taps * plane_size + image.tap_offsets[k % taps];
    for (int r = 0; r < run_count; ++r) {
      for (std::int64_t j = 0; j < runs[r].length; ++j)
        panel[runs[r].target + j] = base[runs[r].source + j];
    }
    for (std::int64_t j = count; j < width; ++j)
      panel[j] = T{0};
  }
}

}  // namespace ts2cpp::kernels
