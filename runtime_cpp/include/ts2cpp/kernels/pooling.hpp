// Pooling over contiguous planes. A window's rows are combined first, as whole lines, then its columns: the long loops
// run over contiguous elements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <ts2cpp/kernels/row_set.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

struct PoolGeometry {
  std::int64_t in_h = 1, in_w = 1;
  std::int64_t out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_h = 0, pad_w = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
};

inline std::int64_t pool_grain(std::int64_t work) noexcept {
  return std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, work));
}

/// The larger of two, NaN if either is.
template <class T>
T pool_max(T best, T value) noexcept {
  return value > best || value != value ? value : best;
}

template <class T>
constexpr T pool_lowest() noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return -std::numeric_limits<T>::infinity();
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

/// Output columns [first, last) whose tap `offset` (relative to column * stride) lies inside [0, size).
struct ColumnRange {
  std::int64_t first;
  std::int64_t last;
};

inline ColumnRange columns_inside(std::int64_t offset, std::int64_t stride, std::int64_t size,
                                  std::int64_t out) noexcept {
  const std::int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const std::int64_t last = size - offset <= 0 ? 0 : (size - offset + stride - 1) / stride;
  return {std::min(first, out), std::max(std::min(first, out), std::min(last, out))};
}

template <class T>
void max_pool_plane(const PoolGeometry& g, const T* in, T* line, T* out) noexcept {
  for (std::int64_t y = 0; y < g.out_h; ++y, out += g.out_w) {
    std::fill_n(line, g.in_w, pool_lowest<T>());
    for (std::int64_t k = 0; k < g.kernel_h; ++k) {
      const std::int64_t row = y * g.stride_h - g.pad_h + k * g.dilation_h;
      if (row >= 0 && row < g.in_h) {
        const T* const source = in + row * g.in_w;
        for (std::int64_t x = 0; x < g.in_w; ++x)
          line[x] = pool_max(line[x], source[x]);
      }
    }
    std::fill_n(out, g.out_w, pool_lowest<T>());
    for (std::int64_t k = 0; k < g.kernel_w; ++k) {
      const std::int64_t offset = k * g.dilation_w - g.pad_w;
      const ColumnRange range = columns_inside(offset, g.stride_w, g.in_w, g.out_w);
      const T* const source = line + offset;
      if (g.stride_w == 2) {
        for (std::int64_t x = range.first; x < range.last; ++x)
          out[x] = pool_max(out[x], source[x * 2]);
      } else {
        for (std::int64_t x = range.first; x < range.last; ++x)
          out[x] = pool_max(out[x], source[x * g.stride_w]);
      }
    }
  }
}

template <class T>
void max_pool(const PoolGeometry& g, std::int64_t planes, const T* in, T* out) {
  parallel_for(planes, pool_grain(g.in_h * g.in_w), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<T> line(g.in_w);
    for (std::int64_t p = begin; p < end; ++p) {
      max_pool_plane(g, in + p * g.in_h * g.in_w, line.data(), out + p * g.out_h * g.out_w);
    }
  });
}

/// Also tells where each maximum was: its position in the plane, the first one of several.
template <class T>
void max_pool_indices(const PoolGeometry& g, std::int64_t planes, const T* in, T* out, std::int64_t* indices) {
  parallel_for(planes, pool_grain(g.in_h * g.in_w), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      const T* const plane = in + p * g.in_h * g.in_w;
      for (std::int64_t o = 0; o < g.out_h * g.out_w; ++o) {
        const std::int64_t top = o / g.out_w * g.stride_h - g.pad_h;
        const std::int64_t left = o % g.out_w * g.stride_w - g.pad_w;
        T best = pool_lowest<T>();
        std::int64_t where = -1;
        for (std::int64_t ky = 0; ky < g.kernel_h; ++ky) {
          const std::int64_t y = top + ky * g.dilation_h;
          for (std::int64_t kx = 0; kx < g.kernel_w; ++kx) {
            const std::int64_t x = left + kx * g.dilation_w;
            if (y < 0 || y >= g.in_h || x < 0 || x >= g.in_w)
              continue;
            const T value = plane[y * g.in_w + x];
            if (where < 0 || value > best || value != value) {
              best = value;
              where = y * g.in_w + x;
            }
          }
        }
        out[p * g.out_h * g.out_w + o] = best;
        indices[p * g.out_h * g.out_w + o] = where;
      }
    }
  });
}

/// Averages; `divisor` 0 means the number of elements of the window, counting the padding or not.
template <class T>
void avg_pool(const PoolGeometry& g, std::int64_t planes, bool count_include_pad, std::int64_t divisor, const T* in,
              T* out) {
  parallel_for(planes, pool_grain(g.in_h * g.in_w), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<T> line(g.in_w);
    for (std::int64_t p = begin; p < end; ++p) {
      const T* const plane = in + p * g.in_h * g.in_w;
      T* result = out + p * g.out_h * g.out_w;
      for (std::int64_t y = 0; y < g.out_h; ++y, result += g.out_w) {
        const std::int64_t top = y * g.stride_h - g.pad_h;
        const std::int64_t rows = std::min(top + g.kernel_h, g.in_h + g.pad_h) - top;
        const std::int64_t first = std::max<std::int64_t>(0, top);
        const std::int64_t last = std::min(top + g.kernel_h, g.in_h);
        std::fill_n(line.data(), g.in_w, T{0});
        for (std::int64_t row = first; row < last; ++row) {
          for (std::int64_t x = 0; x < g.in_w; ++x)
            line[x] += plane[row * g.in_w + x];
        }
        std::fill_n(result, g.out_w, T{0});
        for (std::int64_t k = 0; k < g.kernel_w; ++k) {
          const ColumnRange range = columns_inside(k - g.pad_w, g.stride_w, g.in_w, g.out_w);
          const T* const source = line.data() + k - g.pad_w;
          for (std::int64_t x = range.first; x < range.last; ++x)
            result[x] += source[x * g.stride_w];
        }
        for (std::int64_t x = 0; x < g.out_w; ++x) {
          const std::int64_t left = x * g.stride_w - g.pad_w;
          const std::int64_t cols = std::min(left + g.kernel_w, g.in_w + g.pad_w) - left;
          const std::int64_t inside = std::min(left + g.kernel_w, g.in_w) - std::max<std::int64_t>(0, left);
          const std::int64_t count = divisor != 0        ? divisor
                                     : count_include_pad ? rows * cols
                                                         : std::max<std::int64_t>(0, last - first) * inside;
          if (last > first && inside > 0) {
            result[x] /= static_cast<T>(count);
          }
        }
      }
    }
  });
}

/// The window of output `index` of `out` over `in` elements, for adaptive pooling.
inline ColumnRange adaptive_window(std::int64_t index, std::int64_t out, std::int64_t in) noexcept {
  return {index * in / out, ((index + 1) * in + out - 1) / out};
}

template <class T>
void adaptive_avg_pool(const PoolGeometry& g, std::int64_t planes, const T* in, T* out) {
  parallel_for(planes, pool_grain(g.in_h * g.in_w), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      const T* const plane = in + p * g.in_h * g.in_w;
      if (g.out_h == 1 && g.out_w == 1) {
        const std::int64_t pixels = g.in_h * g.in_w;
        out[p] = kernels::rows<T>().total(plane, pixels) / static_cast<T>(pixels);
        continue;
      }
      for (std::int64_t o = 0; o < g.out_h * g.out_w; ++o) {
        const ColumnRange rows = adaptive_window(o / g.out_w, g.out_h, g.in_h);
        const ColumnRange cols = adaptive_window(o % g.out_w, g.out_w, g.in_w);
        const std::int64_t width = cols.last - cols.first;
        T sum{0};
        for (std::int64_t y = rows.first; y < rows.last; ++y) {
          sum += kernels::rows<T>().total(plane + y * g.in_w + cols.first, width);
        }
        out[p * g.out_h * g.out_w + o] = sum / static_cast<T>((rows.last - rows.first) * width);
      }
    }
  });
}

template <class T>
void adaptive_max_pool(const PoolGeometry& g, std::int64_t planes, const T* in, T* out, std::int64_t* indices) {
  parallel_for(planes, pool_grain(g.in_h * g.in_w), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      const T* const plane = in + p * g.in_h * g.in_w;
      for (std::int64_t o = 0; o < g.out_h * g.out_w; ++o) {
        const ColumnRange rows = adaptive_window(o / g.out_w, g.out_h, g.in_h);
        const ColumnRange cols = adaptive_window(o % g.out_w, g.out_w, g.in_w);
        std::int64_t where = rows.first * g.in_w + cols.first;
        for (std::int64_t y = rows.first; y < rows.last; ++y) {
          for (std::int64_t x = cols.first; x < cols.last; ++x) {
            const T value = plane[y * g.in_w + x];
            if (value > plane[where] || value != value)
              where = y * g.in_w + x;
          }
        }
        out[p * g.out_h * g.out_w + o] = plane[where];
        indices[p * g.out_h * g.out_w + o] = where;
      }
    }
  });
}

}  // namespace ts2cpp::kernels
