// The factors of a matrix product, where it goes, and how a right factor is packed into panels: `width` columns side by
// side, row after row, the width being that of a register tile.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/kernels/simd.hpp>

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

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

/// target[y * target_row + x] = source[y + x * source_col] for x, y < kSquare.
inline constexpr std::int64_t kSquare = 4;

template <class T>
TS2CPP_ALWAYS_INLINE void transpose_square(const T* source, std::int64_t source_col, T* target,
                                           std::int64_t target_row) noexcept {
#if TS2CPP_VECTOR_EXTENSIONS && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
  if constexpr (sizeof(T) == 4) {
    typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
    const Four a = *reinterpret_cast<const Four*>(source);
    const Four b = *reinterpret_cast<const Four*>(source + source_col);
    const Four c = *reinterpret_cast<const Four*>(source + 2 * source_col);
    const Four d = *reinterpret_cast<const Four*>(source + 3 * source_col);
    const Four ac_low = __builtin_shufflevector(a, c, 0, 4, 1, 5);
    const Four ac_high = __builtin_shufflevector(a, c, 2, 6, 3, 7);
    const Four bd_low = __builtin_shufflevector(b, d, 0, 4, 1, 5);
    const Four bd_high = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    *reinterpret_cast<Four*>(target) = __builtin_shufflevector(ac_low, bd_low, 0, 4, 1, 5);
    *reinterpret_cast<Four*>(target + target_row) = __builtin_shufflevector(ac_low, bd_low, 2, 6, 3, 7);
    *reinterpret_cast<Four*>(target + 2 * target_row) = __builtin_shufflevector(ac_high, bd_high, 0, 4, 1, 5);
    *reinterpret_cast<Four*>(target + 3 * target_row) = __builtin_shufflevector(ac_high, bd_high, 2, 6, 3, 7);
    return;
  }
#endif
#endif
  for (std::int64_t y = 0; y < kSquare; ++y) {
    for (std::int64_t x = 0; x < kSquare; ++x)
      target[y * target_row + x] = source[y + x * source_col];
  }
}

/// target[y * target_row + x] = source[y + x * source_col] for y < rows, x < cols.
template <class T>
void transpose(const T* source, std::int64_t source_col, T* target, std::int64_t target_row, std::int64_t rows,
               std::int64_t cols) noexcept {
  std::int64_t y = 0;
  for (; y + kSquare <= rows; y += kSquare) {
    std::int64_t x = 0;
    for (; x + kSquare <= cols; x += kSquare) {
      transpose_square(source + y + x * source_col, source_col, target + y * target_row + x, target_row);
    }
    for (; x < cols; ++x) {
      for (std::int64_t i = 0; i < kSquare; ++i)
        target[(y + i) * target_row + x] = source[y + i + x * source_col];
    }
  }
  for (; y < rows; ++y) {
    for (std::int64_t x = 0; x < cols; ++x)
      target[y * target_row + x] = source[y + x * source_col];
  }
}

/// Packs a matrix whose rows are contiguous.
template <class T>
void pack_rows(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
               std::int64_t width, T* panel) {
  constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));
  const auto& b = *static_cast<const Matrix<T>*>(context);
  for (std::int64_t k = k0; k < k1; ++k, panel += width) {
    const T* const source = b.data + k * b.row + column;
    // Rows lie apart: no hardware sees the next one coming.
    for (std::int64_t j = 0; j < width; j += kLine) {
      TS2CPP_PREFETCH(source + 8 * b.row + j);
    }
    if (count == width) {
      for (std::int64_t j = 0; j < width; ++j)
        panel[j] = source[j];
    } else {
      std::int64_t j = 0;
      for (; j < count; ++j)
        panel[j] = source[j];
      for (; j < width; ++j)
        panel[j] = T{0};
    }
  }
}

/// Packs a matrix of any strides; meant for contiguous columns (the transpose of a row-major matrix).
template <class T>
void pack_columns(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
                  std::int64_t width, T* panel) {
  const auto& b = *static_cast<const Matrix<T>*>(context);
  const T* const source = b.data + k0 * b.row + column * b.col;
  const std::int64_t depth = k1 - k0;
  if (b.row == 1) {
    transpose(source, b.col, panel, width, depth, count);
  } else {
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t j = 0; j < count; ++j)
        panel[k * width + j] = source[k * b.row + j * b.col];
    }
  }
  for (std::int64_t k = 0; count < width && k < depth; ++k) {
    for (std::int64_t j = count; j < width; ++j)
      panel[k * width + j] = T{0};
  }
}

/// Packs `count` columns from `column` on into consecutive panels; the last one is as wide as its vectors.
template <class T>
void pack_panels(const PanelSource<T>& b, std::int64_t depth, std::int64_t column, std::int64_t count,
                 std::int64_t width, std::int64_t lanes, T* packed) {
  for (std::int64_t j = 0; j < count; j += width) {
    const std::int64_t cols = std::min(width, count - j);
    b.pack(b.context, 0, depth, column + j, cols, ceil_div(cols, lanes) * lanes, packed + j * depth);
  }
}

/// Writes `count` columns from `column` on one after the other, each contiguous.
template <class T>
void pack_tail(const PanelSource<T>& b, std::int64_t depth, std::int64_t column, std::int64_t count, T* columns) {
  if (count == 0 || depth == 0) {
    return;
  }
  if (count == 1) {
    b.pack(b.context, 0, depth, column, 1, 1, columns);
    return;
  }
  const Scratch<T> rows(count * depth);
  b.pack(b.context, 0, depth, column, count, count, rows.data());
  transpose(rows.data(), count, columns, depth, count, depth);
}

}  // namespace ts2cpp::kernels
