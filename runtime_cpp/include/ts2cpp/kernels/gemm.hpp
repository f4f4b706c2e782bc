// Matrix products: C = activation(A B + bias + residual), for float and double.
//
// B is packed into panels as wide as a register tile (for a convolution straight out of the image); A is read where
// it lies. A task is a block of rows times a group of panels, so that the packed panels it works on stay in cache; of
// a panel it takes some hundred rows at a time, and sums begin anew with each such block: long chains of additions lose
// digits. Tasks are cut by the sizes alone and every element is summed in the order of k:
// the result does not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ts2cpp/kernels/cache.hpp>
#include <ts2cpp/kernels/dispatch.hpp>
#include <ts2cpp/kernels/panels.hpp>
#include <ts2cpp/math/relu.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

inline constexpr std::int64_t kRowBlock = 64;       // rows of a task
inline constexpr std::int64_t kMostLanes = 16;      // elements of the widest vector
inline constexpr std::int64_t kTailColumns = 4;     // columns beyond whole vectors that dot products do better
inline constexpr std::int64_t kGroupPanels = 4;     // panels of a task, at most
inline constexpr std::int64_t kTasks = 16;          // that there should be, if need be with fewer panels
inline constexpr std::int64_t kManyGroups = 8;      // from here on tasks pack for themselves
inline constexpr std::int64_t kTaskWork = 1 << 19;  // multiply-adds worth handing to a thread

/// How many of `count` equal tasks of `work` multiply-adds make a piece worth handing over.
constexpr std::int64_t task_grain(std::int64_t work) noexcept {
  return std::max<std::int64_t>(1, kTaskWork / std::max<std::int64_t>(1, work));
}

/// Calls fn(begin, end) for pieces of `count` equal tasks of `work` multiply-adds, by several threads where it pays.
template <class F>
void share_tasks(std::int64_t count, std::int64_t work, F&& fn) {
  std::int64_t all = 0;
  if (!__builtin_mul_overflow(count, work, &all) && all <= kTaskWork) {  // small work does without the division
    fn(std::int64_t{0}, count);
  } else {
    parallel_for(count, task_grain(work), fn);
  }
}

/// Rows of a panel between two visits of a tile, about equally many each time. They stream from the second-level cache,
/// as fast as they are used: what costs is to take up sums again, what longer runs would lose is digits.
constexpr std::int64_t depth_block(std::int64_t depth) noexcept {
  constexpr std::int64_t kLongest = 384;
  return depth <= kLongest ? ceil_div(depth, 16) * 16 : ceil_div(depth, ceil_div(depth, kLongest) * 16) * 16;
}

/// Columns of a task: panels that half the second-level cache holds, as long as there are tasks enough to share.
template <class T>
std::int64_t group_columns(const TileSet<T>& set, std::int64_t columns, std::int64_t depth,
                           std::int64_t row_blocks) noexcept {
  const std::int64_t panel_bytes =
      std::max<std::int64_t>(1, depth) * set.width() * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t most = std::clamp<std::int64_t>(cache_sizes().level2 / 2 / panel_bytes, 1, kGroupPanels);
  const std::int64_t shared = ceil_div(columns, set.width()) * row_blocks / kTasks;
  return set.width() * std::max<std::int64_t>(1, std::min(most, shared));
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

/// Rows [i0, i0 + rows) of the product with one panel, whose `cols` columns are columns j0, … of the destination.
/// `sums` has room for rows * width. What follows the panel is fetched meanwhile, up to `stop`.
template <class T>
void multiply_panel(const TileSet<T>& set, const Matrix<T>& a, std::int64_t i0, std::int64_t rows, std::int64_t depth,
                    const T* panel, const T* stop, std::int64_t j0, std::int64_t cols, const Destination<T>& to,
                    T* sums, bool first_visit) noexcept {
  const int vectors = set.vectors_of(cols);
  const std::int64_t panel_row = static_cast<std::int64_t>(vectors) * set.lanes;
  constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));
  constexpr std::int64_t kFewVisits = 4;
  const std::int64_t block = depth_block(depth);
  // Whole vectors go from the registers to where they belong, others and those that an activation waits for by way of
  // `sums`.
  const bool whole = to.col == 1 && cols == panel_row;
  const bool activates = to.activation.kind != ActivationKind::none && to.activation.kind != ActivationKind::relu;
  const bool direct = whole && !activates;
  const bool ends = whole && (direct || to.residual == nullptr);
  TileEnd<T> end;
  end.relu = to.activation.kind == ActivationKind::relu;
  end.col_bias = to.col_bias != nullptr ? to.col_bias + j0 : nullptr;
  TileCall<T> call;
  call.a_row = a.row;
  call.a_col = a.col;
  call.b_row = panel_row;
  call.start_row = panel_row;
  // The first pass over the rows brings them into cache: have the next ones fetched.
  call.ahead = first_visit && a.col == 1 ? set.rows * a.row : 0;
  // Few rows need what follows before it could be here: they leave it to the processor to see what comes.
  const std::int64_t lines =
      rows <= (kFewVisits - 1) * set.rows ? 0 : ceil_div(panel_row, ceil_div(rows, std::int64_t{set.rows}));
  std::int64_t k0 = 0;
  do {
    const std::int64_t k1 = std::min(depth, k0 + block);
    const bool last = k1 == depth;
    call.b = panel + k0 * panel_row;
    call.depth = k1 - k0;
    call.fetch = panel + k1 * panel_row;
    call.end = last && ends ? &end : nullptr;
    for (std::int64_t i = 0; i < rows;) {
      const std::int64_t left = rows - i;
      const int variant = left >= set.rows ? 3 : left >= 4 ? 2 : left >= 2 ? 1 : 0;
      call.a = a.data + (i0 + i) * a.row + k0 * a.col;
      call.start = k0 != 0 ? sums + i * panel_row : nullptr;
      const std::int64_t offset = (i0 + i) * to.row + j0;
      const bool arrives = last && direct;
      call.c = arrives ? to.data + offset : sums + i * panel_row;
      call.c_row = arrives ? to.row : panel_row;
      end.row_bias = to.row_bias != nullptr ? to.row_bias + i0 + i : nullptr;
      end.residual = to.residual != nullptr ? to.residual + offset : nullptr;
      call.fetch_lines = call.fetch < stop ? lines : 0;
      set.tile[variant][vectors - 1](call);
      call.fetch += ceil_div(call.depth, kLine) * lines * kLine;
      i += variant == 3 ? set.rows : std::int64_t{1} << variant;
    }
    k0 = k1;
  } while (k0 < depth);
  if (!ends) {
    finish_block(sums, panel_row, i0, rows, j0, cols, to);
  } else if (activates) {
    activate(to.activation, sums, rows * panel_row);
    for (std::int64_t i = 0; i < rows; ++i)
      std::memcpy(to.data + (i0 + i) * to.row + j0, sums + i * panel_row, static_cast<std::size_t>(cols) * sizeof(T));
  }
}

/// Rows [i0, i0 + kRowBlock) of the product with `cols` packed columns, which are columns j0, … of the destination.
/// There are more packed columns up to `stop`, which somebody will want.
template <class T>
void run_task(const TileSet<T>& set, std::int64_t m, std::int64_t depth, const Matrix<T>& a, std::int64_t i0,
              const T* packed, const T* stop, std::int64_t j0, std::int64_t cols, const Destination<T>& to,
              T* sums) noexcept {
  const std::int64_t rows = std::min(kRowBlock, m - i0);
  const std::int64_t width = set.width();
  for (std::int64_t j = 0; j < cols; j += width) {
    multiply_panel(set, a, i0, rows, depth, packed + j * depth, stop, j0 + j, std::min(width, cols - j), to, sums,
                   j == 0);
  }
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

/// A right factor [depth, columns] in panels. The one to four columns beyond whole vectors, which would cost a tile of
/// their own, may lie behind them as they are: they become dot products with the rows of the left factor.
struct PackedShape {
  std::int64_t columns;
  std::int64_t depth;
  std::int64_t tail;  // columns that are in no panel

  template <class T>
  static PackedShape of(const TileSet<T>& set, std::int64_t columns, std::int64_t depth, bool with_tail) noexcept {
    const std::int64_t beyond = columns & (set.lanes - 1);
    return {columns, depth, with_tail && 4 * beyond <= set.lanes ? beyond : 0};
  }
  std::int64_t body() const noexcept { return columns - tail; }
  /// Elements of all panels, and of everything.
  std::int64_t panels_size(std::int64_t lanes) const noexcept { return ((body() + lanes - 1) & -lanes) * depth; }
  std::int64_t size(std::int64_t lanes) const noexcept { return panels_size(lanes) + tail * depth; }
};

/// Packs columns [first, last) of `b`, whole panels unless they are the last ones of the body.
template <class T>
void pack_body(const TileSet<T>& set, const PackedShape& shape, const PanelSource<T>& b, std::int64_t first,
               std::int64_t last, T* packed) {
  const std::int64_t width = set.width();
  const std::int64_t depth = shape.depth;
  parallel_for(ceil_div(last - first, width), task_grain(4 * depth * width), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t column = first + begin * width;
    pack_panels(b, depth, column, std::min(last, first + end * width) - column, width,
                static_cast<std::int64_t>(set.lanes), packed + column * depth);
  });
}

/// Packs all of `b`.
template <class T>
void pack_all(const TileSet<T>& set, const PackedShape& shape, const PanelSource<T>& b, T* packed) {
  pack_tail(b, shape.depth, shape.body(), shape.tail, packed + shape.panels_size(set.lanes));
  pack_body(set, shape, b, 0, shape.body(), packed);
}

/// One row of the product with a packed factor: memory decides, which is read from beginning to end.
template <class T>
void multiply_row(const TileSet<T>& set, const PackedShape& shape, const T* row, const T* packed,
                  const Destination<T>& to) {
  const std::int64_t width = set.width();
  const std::int64_t depth = shape.depth;
  const std::int64_t body = shape.body();
  const auto columns = [&](std::int64_t first, std::int64_t last) {
    TileEnd<T> end;
    end.row_bias = to.row_bias;
    end.relu = to.activation.kind == ActivationKind::relu;
    const bool activates = to.activation.kind != ActivationKind::none && !end.relu;
    std::int64_t j = first;
    for (; j < last; j += width) {
      const std::int64_t cols = std::min(width, body - j);
      const int vectors = set.vectors_of(cols);
      const std::int64_t panel_row = static_cast<std::int64_t>(vectors) * set.lanes;
      if (cols != panel_row || to.col != 1) {
        T sums[TileSet<T>::kVectors * kMostLanes];
        set.row[vectors - 1](row, 1, packed + j * depth, panel_row, depth, sums, nullptr);
        finish_block(sums, width, 0, 1, j, cols, to);
        continue;
      }
      end.col_bias = to.col_bias != nullptr ? to.col_bias + j : nullptr;
      end.residual = to.residual != nullptr ? to.residual + j : nullptr;
      set.row[vectors - 1](row, 1, packed + j * depth, panel_row, depth, to.data + j, &end);
      if (activates) {
        activate(to.activation, to.data + j, cols);
      }
    }
  };
  if (4 * body * depth <= kTaskWork) {
    columns(0, body);
  } else {
    parallel_for(ceil_div(body, width), task_grain(4 * width * depth),
                 [&](std::int64_t begin, std::int64_t end) { columns(begin * width, std::min(body, end * width)); });
  }
  if (shape.tail != 0) {
    run_tail(set, 1, depth, Matrix<T>{row, depth, 1}, 0, packed + shape.panels_size(set.lanes), body, shape.tail, to);
  }
}

/// to[m x columns] = a[m x depth] * b, with b packed in that shape. Where it has a tail, rows of a must be contiguous.
template <class T>
void gemm_packed(std::int64_t m, const PackedShape& shape, const Matrix<T>& a, const T* packed,
                 const Destination<T>& to) {
  const TileSet<T>& set = tiles<T>();
  const std::int64_t depth = shape.depth;
  if (m == 1 && (a.col == 1 || depth == 1)) {
    multiply_row(set, shape, a.data, packed, to);
    return;
  }
  const std::int64_t body = shape.body();
  const std::int64_t row_blocks = ceil_div(m, kRowBlock);
  const std::int64_t group = group_columns(set, body, depth, row_blocks);
  const std::int64_t groups = std::max<std::int64_t>(1, ceil_div(body, group));
  const std::int64_t work = std::min(m, kRowBlock) * std::min(shape.columns, group) * depth;
  parallel_for(row_blocks * groups, task_grain(work), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<T> sums(std::min(m, kRowBlock) * set.width());
    // Neighbouring tasks share the packed panels, the larger of their two inputs.
    std::int64_t row_block = begin % row_blocks;
    std::int64_t part = begin / row_blocks;
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t i0 = row_block * kRowBlock;
      const std::int64_t j0 = part * group;
      if (j0 < body) {
        run_task(set, m, depth, a, i0, packed + j0 * depth, packed + shape.panels_size(set.lanes), j0,
                 std::min(group, body - j0), to, sums.data());
      }
      if (shape.tail != 0 && part == groups - 1) {
        run_tail(set, m, depth, a, i0, packed + shape.panels_size(set.lanes), body, shape.tail, to);
      }
      if (++row_block == row_blocks) {
        row_block = 0;
        ++part;
      }
    }
  });
}

/// The same as `gemm_panels` for elements that are rare in a program: one small kernel, whatever the sizes.
template <class T>
void gemm_rare(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const PanelSource<T>& b,
               const Destination<T>& to) {
  constexpr std::int64_t kColumns = 8;
  parallel_for(ceil_div(n, kColumns), task_grain(m * kColumns * depth), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<T> panel(kColumns * depth);
    for (std::int64_t j0 = begin * kColumns; j0 < std::min(n, end * kColumns); j0 += kColumns) {
      const std::int64_t cols = std::min(kColumns, n - j0);
      b.pack(b.context, 0, depth, j0, cols, kColumns, panel.data());
      for (std::int64_t i = 0; i < m; ++i) {
        T sums[kColumns] = {};
        for (std::int64_t k = 0; k < depth; ++k) {
          const T factor = a.data[i * a.row + k * a.col];
          for (std::int64_t j = 0; j < kColumns; ++j)
            sums[j] += factor * panel[k * kColumns + j];
        }
        finish_block(sums, kColumns, i, 1, j0, cols, to);
      }
    }
  });
}

/// to[m x n] = a[m x depth] * b, with b given as a source of panels.
template <class T>
void gemm_panels(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const PanelSource<T>& b,
                 const Destination<T>& to) {
  if constexpr (kRare<T>) {
    gemm_rare(m, n, depth, a, b, to);
    return;
  } else {
    const TileSet<T>& set = tiles<T>();
    const std::int64_t width = set.width();
    const std::int64_t group = group_columns(set, n, depth, 1);
    if (ceil_div(n, group) < kManyGroups) {
      const PackedShape shape = PackedShape::of(set, n, depth, a.col == 1);
      const Scratch<T> packed(shape.size(set.lanes));
      pack_all(set, shape, b, packed.data());
      gemm_packed(m, shape, a, static_cast<const T*>(packed.data()), to);
      return;
    }
    // Enough groups of columns to share: a task packs its own and takes all rows.
    parallel_for(ceil_div(n, group), task_grain(m * group * depth), [&](std::int64_t begin, std::int64_t end) {
      const Scratch<T> packed(group * depth);
      const Scratch<T> sums(std::min(m, kRowBlock) * width);
      for (std::int64_t j0 = begin * group; j0 < std::min(n, end * group); j0 += group) {
        const std::int64_t cols = std::min(group, n - j0);
        pack_panels(b, depth, j0, cols, width, static_cast<std::int64_t>(set.lanes), packed.data());
        for (std::int64_t i0 = 0; i0 < m; i0 += kRowBlock) {
          run_task(set, m, depth, a, i0, packed.data(), static_cast<const T*>(packed.data()), j0, cols, to,
                   sums.data());
        }
      }
    });
  }
}

}  // namespace ts2cpp::kernels
