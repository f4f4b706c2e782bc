// Matrix products: C = activation(A B + bias + residual), for float and double.
//
// B is packed into panels as wide as a register tile (for a convolution straight out of the image); A is read where
// it lies. A task is a block of rows times a group of panels, so that the packed panels it works on stay in cache.
// Tasks are cut by the sizes alone and every element is summed in the order of k: the result does not depend on
// the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "ts2cpp/epilogue.hpp"
#include "ts2cpp/kernels/dispatch.hpp"
#include "ts2cpp/kernels/scratch.hpp"
#include "ts2cpp/thread_pool.hpp"

namespace ts2cpp::kernels {

/// Element (i, j) is data[i * row + j * col].
template <class T>
struct Matrix {
  const T* data = nullptr;
  std::int64_t row = 0;
  std::int64_t col = 0;

  Matrix transposed() const noexcept { return {data, col, row}; }
};

/// Where a product goes. `row_bias` has one value a row, `col_bias` one a column; `residual` lies like `data`.
template <class T>
struct Destination {
  T* data = nullptr;
  std::int64_t row = 0;
  std::int64_t col = 1;
  const T* row_bias = nullptr;
  const T* col_bias = nullptr;
  const T* residual = nullptr;
  Activation activation{};

  Destination transposed() const noexcept { return {data, col, row, col_bias, row_bias, residual, activation}; }
};

/// The right factor as something that fills panels: `pack` writes rows [k0, k1) of the columns [column,
/// column + count) to `panel`, whose rows have `width` elements, and zeros beyond `count`.
template <class T>
struct PanelSource {
  const void* context;
  void (*pack)(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
               std::int64_t width, T* panel);
};

inline constexpr std::int64_t kRowBlock = 64;                    // rows of a task
inline constexpr std::int64_t kDepthBlock = 256;                 // k values between two visits of a tile
inline constexpr std::int64_t kGroupPanels = 4;                  // panels of a task
inline constexpr std::int64_t kPackedBytes = std::int64_t{4} << 20;  // packed panels alive at a time
inline constexpr std::int64_t kTaskWork = 1 << 19;               // multiply-adds worth handing to a thread

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

/// How many of `count` equal tasks of `work` multiply-adds make a piece worth handing over.
constexpr std::int64_t task_grain(std::int64_t work) noexcept {
  return std::max<std::int64_t>(1, kTaskWork / std::max<std::int64_t>(1, work));
}

/// Moves a finished block of sums to its place: rows [i0, i0 + rows), columns [j0, j0 + cols) of `to`.
template <class T>
void finish_block(T* TS2CPP_RESTRICT sums, std::int64_t sums_row, std::int64_t i0, std::int64_t rows, std::int64_t j0,
                  std::int64_t cols, const Destination<T>& to) noexcept {
  for (std::int64_t i = 0; i < rows; ++i) {
    T* TS2CPP_RESTRICT line = sums + i * sums_row;
    if (to.row_bias != nullptr) {
      const T bias = to.row_bias[i0 + i];
      for (std::int64_t j = 0; j < cols; ++j) line[j] += bias;
    }
    if (to.col_bias != nullptr) {
      const T* TS2CPP_RESTRICT bias = to.col_bias + j0;
      for (std::int64_t j = 0; j < cols; ++j) line[j] += bias[j];
    }
    const std::int64_t offset = (i0 + i) * to.row + j0 * to.col;
    if (to.residual != nullptr) {
      const T* TS2CPP_RESTRICT added = to.residual + offset;
      if (to.col == 1) {
        for (std::int64_t j = 0; j < cols; ++j) line[j] += added[j];
      } else {
        for (std::int64_t j = 0; j < cols; ++j) line[j] += added[j * to.col];
      }
    }
    if (to.activation.kind == ActivationKind::relu && to.col == 1) {
      T* TS2CPP_RESTRICT out = to.data + offset;
      for (std::int64_t j = 0; j < cols; ++j) out[j] = math::relu(line[j]);
      continue;
    }
    activate(to.activation, line, cols);
    if (to.col == 1) {
      std::memcpy(to.data + offset, line, static_cast<std::size_t>(cols) * sizeof(T));
    }
  }
  if (to.col != 1) {
    for (std::int64_t j = 0; j < cols; ++j) {
      T* TS2CPP_RESTRICT out = to.data + i0 * to.row + (j0 + j) * to.col;
      for (std::int64_t i = 0; i < rows; ++i) out[i * to.row] = sums[i * sums_row + j];
    }
  }
}

/// sums[rows x cols] = a[rows x depth] * panels, for `panels` consecutive packed panels of `depth` rows each.
template <class T>
void multiply_block(const TileSet<T>& set, const Matrix<T>& a, std::int64_t i0, std::int64_t rows, std::int64_t depth,
                    const T* packed, std::int64_t cols, T* sums, std::int64_t sums_row) noexcept {
  const std::int64_t width = set.width();
  for (std::int64_t k0 = 0; k0 < depth; k0 += kDepthBlock) {
    const std::int64_t k_count = std::min(kDepthBlock, depth - k0);
    for (std::int64_t j = 0; j < cols; j += width) {
      const T* const panel = packed + j * depth + k0 * width;
      const std::int64_t vectors = std::min<std::int64_t>(TileSet<T>::kVectors, ceil_div(cols - j, set.lanes));
      for (std::int64_t i = 0; i < rows;) {
        const std::int64_t left = rows - i;
        const int variant = left >= set.rows ? 3 : left >= 4 ? 2 : left >= 2 ? 1 : 0;
        set.tile[variant][vectors - 1](a.data + (i0 + i) * a.row + k0 * a.col, a.row, a.col, panel, width, k_count,
                                       sums + i * sums_row + j, sums_row, k0 != 0);
        i += variant == 3 ? set.rows : std::int64_t{1} << variant;
      }
    }
  }
}

/// to[m x n] = a[m x depth] * b, with b given as a source of panels.
template <class T>
void gemm_panels(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const PanelSource<T>& b,
                 const Destination<T>& to) {
  const TileSet<T>& set = tiles<T>();
  const std::int64_t width = set.width();
  const std::int64_t group = kGroupPanels * width;
  const std::int64_t row_bytes = std::max<std::int64_t>(1, depth) * width * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t panels_at_once =
      std::max<std::int64_t>(1, std::min(ceil_div(n, width), kPackedBytes / row_bytes / kGroupPanels * kGroupPanels));
  const Scratch<T> packed(panels_at_once * width * depth);
  const std::int64_t row_blocks = ceil_div(m, kRowBlock);
  for (std::int64_t n0 = 0; n0 < n; n0 += panels_at_once * width) {
    const std::int64_t columns = std::min(panels_at_once * width, n - n0);
    parallel_for(ceil_div(columns, width), task_grain(depth * width), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) {
        b.pack(b.context, 0, depth, n0 + p * width, std::min(width, columns - p * width), width,
               packed.data() + p * width * depth);
      }
    });
    const std::int64_t groups = ceil_div(columns, group);
    const std::int64_t work = std::min(m, kRowBlock) * std::min(columns, group) * depth;
    parallel_for(row_blocks * groups, task_grain(work), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t sums_row = std::min(ceil_div(columns, width) * width, group);
      const Scratch<T> sums(std::min(m, kRowBlock) * sums_row);
      for (std::int64_t task = begin; task < end; ++task) {
        // Neighbouring tasks share the packed panels, the larger of their two inputs.
        const std::int64_t j0 = task / row_blocks * group;
        const std::int64_t i0 = task % row_blocks * kRowBlock;
        const std::int64_t rows = std::min(kRowBlock, m - i0);
        const std::int64_t cols = std::min(group, columns - j0);
        if (depth == 0) {
          std::fill(sums.data(), sums.data() + rows * sums_row, T{0});
        }
        multiply_block(set, a, i0, rows, depth, packed.data() + j0 * depth, cols, sums.data(), sums_row);
        finish_block(sums.data(), sums_row, i0, rows, n0 + j0, cols, to);
      }
    });
  }
}

/// Packs a matrix whose rows are contiguous.
template <class T>
void pack_rows(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
               std::int64_t width, T* panel) {
  const auto& b = *static_cast<const Matrix<T>*>(context);
  for (std::int64_t k = k0; k < k1; ++k, panel += width) {
    const T* const source = b.data + k * b.row + column;
    if (count == width) {
      for (std::int64_t j = 0; j < width; ++j) panel[j] = source[j];
    } else {
      std::int64_t j = 0;
      for (; j < count; ++j) panel[j] = source[j];
      for (; j < width; ++j) panel[j] = T{0};
    }
  }
}

/// Packs a matrix of any strides; meant for contiguous columns (the transpose of a row-major matrix).
template <class T>
void pack_columns(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
                  std::int64_t width, T* panel) {
  const auto& b = *static_cast<const Matrix<T>*>(context);
  constexpr std::int64_t kSide = 8;  // small squares: reads and writes both stay within few cache lines
  const std::int64_t depth = k1 - k0;
  for (std::int64_t k = 0; k < depth; k += kSide) {
    const std::int64_t k_end = std::min(depth, k + kSide);
    for (std::int64_t j = 0; j < count; j += kSide) {
      const std::int64_t j_end = std::min(count, j + kSide);
      const T* const source = b.data + (k0 + k) * b.row + (column + j) * b.col;
      if (k_end - k == kSide && j_end - j == kSide && b.row == 1) {
        for (std::int64_t y = 0; y < kSide; ++y) {
          for (std::int64_t x = 0; x < kSide; ++x) panel[(k + y) * width + j + x] = source[y + x * b.col];
        }
      } else {
        for (std::int64_t y = 0; y < k_end - k; ++y) {
          for (std::int64_t x = 0; x < j_end - j; ++x) {
            panel[(k + y) * width + j + x] = source[y * b.row + x * b.col];
          }
        }
      }
    }
    for (std::int64_t y = k; y < k_end; ++y) {
      for (std::int64_t j = count; j < width; ++j) panel[y * width + j] = T{0};
    }
  }
}

}  // namespace ts2cpp::kernels
