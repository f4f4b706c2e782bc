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

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/kernels/dispatch.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/thread_pool.hpp>

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

inline constexpr std::int64_t kRowBlock = 64;         // rows of a task
inline constexpr std::int64_t kBlockBytes = 1 << 15;  // of a panel between two visits of a tile: stays in L1
inline constexpr std::int64_t kTailColumns = 4;       // columns beyond whole panels that dot products do better
inline constexpr std::int64_t kGroupPanels = 4;       // panels of a task
inline constexpr std::int64_t kGroupBytes = 1 << 20;  // packed panels of a task, at most
inline constexpr std::int64_t kManyGroups = 8;        // from here on tasks pack for themselves
inline constexpr std::int64_t kTaskWork = 1 << 19;    // multiply-adds worth handing to a thread

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

/// How many of `count` equal tasks of `work` multiply-adds make a piece worth handing over.
constexpr std::int64_t task_grain(std::int64_t work) noexcept {
  return std::max<std::int64_t>(1, kTaskWork / std::max<std::int64_t>(1, work));
}

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

/// Moves a finished block of sums to its place: rows [i0, i0 + rows), columns [j0, j0 + cols) of `to`.
template <class T>
void finish_block(T* TS2CPP_RESTRICT sums, std::int64_t sums_row, std::int64_t i0, std::int64_t rows, std::int64_t j0,
                  std::int64_t cols, const Destination<T>& to) noexcept {
  for (std::int64_t i = 0; i < rows; ++i) {
    T* TS2CPP_RESTRICT line = sums + i * sums_row;
    if (to.row_bias != nullptr) {
      const T bias = to.row_bias[i0 + i];
      for (std::int64_t j = 0; j < cols; ++j)
        line[j] += bias;
    }
    if (to.col_bias != nullptr) {
      const T* TS2CPP_RESTRICT bias = to.col_bias + j0;
      for (std::int64_t j = 0; j < cols; ++j)
        line[j] += bias[j];
    }
    const std::int64_t offset = (i0 + i) * to.row + j0 * to.col;
    if (to.residual != nullptr) {
      const T* TS2CPP_RESTRICT added = to.residual + offset;
      if (to.col == 1) {
        for (std::int64_t j = 0; j < cols; ++j)
          line[j] += added[j];
      } else {
        for (std::int64_t j = 0; j < cols; ++j)
          line[j] += added[j * to.col];
      }
    }
    if (to.activation.kind == ActivationKind::relu && to.col == 1) {
      T* TS2CPP_RESTRICT out = to.data + offset;
      for (std::int64_t j = 0; j < cols; ++j)
        out[j] = math::relu(line[j]);
      continue;
    }
    activate(to.activation, line, cols);
    if (to.col == 1) {
      std::memcpy(to.data + offset, line, static_cast<std::size_t>(cols) * sizeof(T));
    }
  }
  if (to.col != 1) {
    T* const out = to.data + i0 * to.row + j0 * to.col;
    if (to.row == 1) {
      transpose(sums, sums_row, out, to.col, cols, rows);
    } else {
      for (std::int64_t j = 0; j < cols; ++j) {
        for (std::int64_t i = 0; i < rows; ++i)
          out[i * to.row + j * to.col] = sums[i * sums_row + j];
      }
    }
  }
}

/// sums[rows x cols] = a[rows x depth] * panels, for `panels` consecutive packed panels of `depth` rows each.
template <class T>
void multiply_block(const TileSet<T>& set, const Matrix<T>& a, std::int64_t i0, std::int64_t rows, std::int64_t depth,
                    const T* packed, std::int64_t cols, T* sums, std::int64_t sums_row) noexcept {
  const std::int64_t width = set.width();
  const std::int64_t block = kBlockBytes / (width * static_cast<std::int64_t>(sizeof(T))) / 16 * 16;
  for (std::int64_t j = 0; j < cols; j += width) {
    const std::int64_t vectors = std::min<std::int64_t>(TileSet<T>::kVectors, ceil_div(cols - j, set.lanes));
    for (std::int64_t k0 = 0; k0 < depth; k0 += block) {
      const std::int64_t k_count = std::min(block, depth - k0);
      const T* const panel = packed + j * depth + k0 * width;
      for (std::int64_t i = 0; i < rows;) {
        const std::int64_t left = rows - i;
        // The first pass over the rows brings them into cache: have the next ones fetched.
        const std::int64_t ahead = j == 0 && a.col == 1 ? set.rows * a.row : 0;
        const int variant = left >= set.rows ? 3 : left >= 4 ? 2 : left >= 2 ? 1 : 0;
        set.tile[variant][vectors - 1](a.data + (i0 + i) * a.row + k0 * a.col, a.row, a.col, panel, width, k_count,
                                       sums + i * sums_row + j, sums_row, k0 != 0, ahead);
        i += variant == 3 ? set.rows : std::int64_t{1} << variant;
      }
    }
  }
}

/// Rows [i0, i0 + kRowBlock) of the product with `cols` packed columns, which are columns j0, … of the destination.
template <class T>
void run_task(const TileSet<T>& set, std::int64_t m, std::int64_t depth, const Matrix<T>& a, std::int64_t i0,
              const T* packed, std::int64_t j0, std::int64_t cols, const Destination<T>& to, T* sums) noexcept {
  const std::int64_t rows = std::min(kRowBlock, m - i0);
  const std::int64_t sums_row = ceil_div(cols, set.width()) * set.width();
  if (depth == 0) {
    std::fill(sums, sums + rows * sums_row, T{0});
  }
  multiply_block(set, a, i0, rows, depth, packed, cols, sums, sums_row);
  finish_block(sums, sums_row, i0, rows, j0, cols, to);
}

/// Packs `count` columns from `column` on into consecutive panels.
template <class T>
void pack_panels(const PanelSource<T>& b, std::int64_t depth, std::int64_t column, std::int64_t count,
                 std::int64_t width, T* packed) {
  for (std::int64_t j = 0; j < count; j += width) {
    b.pack(b.context, 0, depth, column + j, std::min(width, count - j), width, packed + j * depth);
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

/// Rows [i0, i0 + kRowBlock) of the product with `count` contiguous columns, which are columns j0, … of the
/// destination.
template <class T>
void run_tail(const TileSet<T>& set, std::int64_t m, std::int64_t depth, const Matrix<T>& a, std::int64_t i0,
              const T* columns, std::int64_t j0, std::int64_t count, const Destination<T>& to) noexcept {
  T sums[kRowBlock * kTailColumns];
  const std::int64_t rows = std::min(kRowBlock, m - i0);
  for (std::int64_t i = 0; i < rows;) {
    const std::int64_t step = rows - i >= 4 ? 4 : 1;
    for (std::int64_t j = 0; j < count;) {
      const int variant = count - j >= 4 ? 2 : count - j >= 2 ? 1 : 0;
      set.dots[variant][step == 4 ? 1 : 0](columns + j * depth, depth, a.data + (i0 + i) * a.row, a.row, depth,
                                           sums + i * kTailColumns + j, 1, kTailColumns);
      j += std::int64_t{1} << variant;
    }
    i += step;
  }
  finish_block(sums, kTailColumns, i0, rows, j0, count, to);
}

/// to[m x n] = a[m x depth] * b, with b given as a source of panels.
template <class T>
void gemm_panels(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const PanelSource<T>& b,
                 const Destination<T>& to) {
  const TileSet<T>& set = tiles<T>();
  const std::int64_t width = set.width();
  const std::int64_t panel_bytes = std::max<std::int64_t>(1, depth) * width * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t group = width * std::min(kGroupPanels, std::max<std::int64_t>(1, kGroupBytes / panel_bytes));
  const std::int64_t row_blocks = ceil_div(m, kRowBlock);
  const std::int64_t sums_size = std::min(m, kRowBlock) * std::min(group, ceil_div(n, width) * width);
  if (ceil_div(n, group) >= kManyGroups) {
    // Enough groups of columns to share: a task packs its own and takes all rows.
    parallel_for(ceil_div(n, group), task_grain(m * group * depth), [&](std::int64_t begin, std::int64_t end) {
      const Scratch<T> packed(group * depth);
      const Scratch<T> sums(sums_size);
      for (std::int64_t j0 = begin * group; j0 < std::min(n, end * group); j0 += group) {
        const std::int64_t cols = std::min(group, n - j0);
        pack_panels(b, depth, j0, cols, width, packed.data());
        for (std::int64_t i0 = 0; i0 < m; i0 += kRowBlock) {
          run_task(set, m, depth, a, i0, packed.data(), j0, cols, to, sums.data());
        }
      }
    });
    return;
  }
  // Few columns: everything is packed first, then tasks are blocks of rows times groups of columns. One to four
  // columns beyond whole panels would cost a tile of their own: they become dot products with the rows of a.
  const std::int64_t tail = a.col == 1 && n % width <= kTailColumns ? n % width : 0;
  const std::int64_t body = n - tail;
  const std::int64_t panels = ceil_div(body, width);
  const Scratch<T> packed(panels * width * depth);
  const Scratch<T> columns(tail * depth);
  pack_tail(b, depth, body, tail, columns.data());
  parallel_for(panels, task_grain(4 * depth * width), [&](std::int64_t begin, std::int64_t end) {
    pack_panels(b, depth, begin * width, std::min(body, end * width) - begin * width, width,
                packed.data() + begin * width * depth);
  });
  const std::int64_t groups = std::max<std::int64_t>(1, ceil_div(body, group));
  const std::int64_t work = std::min(m, kRowBlock) * std::min(n, group) * depth;
  parallel_for(row_blocks * groups, task_grain(work), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<T> sums(sums_size);
    for (std::int64_t task = begin; task < end; ++task) {
      // Neighbouring tasks share the packed panels, the larger of their two inputs.
      const std::int64_t i0 = task % row_blocks * kRowBlock;
      const std::int64_t j0 = task / row_blocks * group;
      if (j0 < body) {
        run_task(set, m, depth, a, i0, packed.data() + j0 * depth, j0, std::min(group, body - j0), to, sums.data());
      }
      if (tail != 0 && task / row_blocks == groups - 1) {
        run_tail(set, m, depth, a, i0, columns.data(), body, tail, to);
      }
    }
  });
}

/// Packs a matrix whose rows are contiguous.
template <class T>
void pack_rows(const void* context, std::int64_t k0, std::int64_t k1, std::int64_t column, std::int64_t count,
               std::int64_t width, T* panel) {
  const auto& b = *static_cast<const Matrix<T>*>(context);
  for (std::int64_t k = k0; k < k1; ++k, panel += width) {
    const T* const source = b.data + k * b.row + column;
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

}  // namespace ts2cpp::kernels
