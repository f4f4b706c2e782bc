// Products with few rows, where packing would cost more than it saves, and the entry point that chooses.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/gemm.hpp>

namespace ts2cpp::kernels {

/// to[m x n] = a * b where rows of a and columns of b are contiguous (a linear layer): dot products, for small m.
template <class T>
void gemm_dots(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const Matrix<T>& b,
               const Destination<T>& to) {
  constexpr std::int64_t kBlock = 64;
  constexpr std::int64_t kTall = 16;
  const TileSet<T>& set = tiles<T>();
  const std::int64_t blocks = ceil_div(n, kBlock);
  share_tasks(blocks, m * kBlock * depth / 2, [&](std::int64_t begin, std::int64_t end) {
    T sums[kTall * kBlock];
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t j0 = block * kBlock;
      const std::int64_t cols = std::min(kBlock, n - j0);
      for (std::int64_t i0 = 0; i0 < m; i0 += kTall) {
        const std::int64_t rows = std::min(kTall, m - i0);
        // A few columns of b meet all the rows while they are in cache.
        for (std::int64_t j = 0; j < cols;) {
          const std::int64_t step = cols - j >= 4 ? 4 : 1;
          for (std::int64_t i = 0; i < rows;) {
            const int variant = rows - i >= 4 ? 2 : rows - i >= 2 ? 1 : 0;
            set.dots[variant][step == 4 ? 1 : 0](a.data + (i0 + i) * a.row, a.row, b.data + (j0 + j) * b.col, b.col,
                                                 depth, sums + i * kBlock + j, kBlock, 1);
            i += std::int64_t{1} << variant;
          }
          j += step;
        }
        finish_block(sums, kBlock, i0, rows, j0, cols, to);
      }
    }
  });
}

/// to[m x n] = a * b where rows of b are contiguous, for few rows of a: b is streamed once a row, unpacked.
template <class T>
void gemm_rows(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const Matrix<T>& b,
               const Destination<T>& to) {
  const TileSet<T>& set = tiles<T>();
  const std::int64_t lanes = set.lanes;
  const std::int64_t block = 4 * lanes;
  parallel_for(ceil_div(n, block), task_grain(m * block * depth / 2), [&](std::int64_t begin, std::int64_t end) {
    T sums[4 * 64];
    for (std::int64_t j0 = begin * block; j0 < std::min(n, end * block); j0 += block) {
      const std::int64_t cols = std::min(block, n - j0);
      for (std::int64_t i = 0; i < m; ++i) {
        const T* const x = a.data + i * a.row;
        if (cols == block) {
          set.row[3](x, a.col, b.data + j0, b.row, depth, sums, nullptr);
        } else {
          std::int64_t j = 0;
          for (; j + lanes <= cols; j += lanes)
            set.row[0](x, a.col, b.data + j0 + j, b.row, depth, sums + j, nullptr);
          for (; j < cols; ++j) {
            // The same chains as the kernel of one vector has.
            constexpr int kChains = row_chains(1);
            T chains[kChains] = {};
            for (std::int64_t k = 0; k < depth; ++k)
              chains[k < depth / kChains * kChains ? k % kChains : 0] += x[k * a.col] * b.data[k * b.row + j0 + j];
            sums[j] = (chains[0] + chains[2]) + (chains[1] + chains[3]);
          }
        }
        finish_block(sums, block, i, 1, j0, cols, to);
      }
    }
  });
}

/// to[m x n] = a[m x depth] * b[depth x n]. Any strides; nothing may alias the destination but its residual.
template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t depth, const Matrix<T>& a, const Matrix<T>& b,
          const Destination<T>& to) {
  constexpr std::int64_t kFew = 6;      // rows or columns that dot products do best
  constexpr std::int64_t kDotted = 12;  // rows, where long columns would have to be turned over
  constexpr std::int64_t kDottedDepth = 256;
  if (m == 0 || n == 0) {
    return;
  }
  if constexpr (kRare<T>) {
    const PanelSource<T> source{&b, b.col == 1 ? pack_rows<T> : pack_columns<T>};
    gemm_rare(m, n, depth, a, source, to);
  } else {
    const bool a_rows = a.col == 1 || depth == 1;
    const bool b_rows = b.col == 1 || n == 1;
    const bool b_columns = b.row == 1 || depth == 1;
    if (m <= (b_rows || depth < kDottedDepth ? kFew : kDotted) && a_rows && b_columns) {
      gemm_dots(m, n, depth, a, b, to);
    } else if (n <= kFew && a_rows && b_columns) {
      gemm_dots(n, m, depth, b.transposed(), a.transposed(), to.transposed());
    } else if (m <= 2 && b_rows) {
      gemm_rows(m, n, depth, a, b, to);
    } else if (n <= 2 && (a.row == 1 || m == 1)) {
      gemm_rows(n, m, depth, b.transposed(), a.transposed(), to.transposed());
    } else if (b_columns && !b_rows && m * (depth + n) < n * depth) {
      // A linear layer: the weights are read where they lie, the few rows of the input are packed (and the result
      // is turned over on its way out).
      const Matrix<T> right = a.transposed();
      const PanelSource<T> source{&right, right.col == 1 ? pack_rows<T> : pack_columns<T>};
      gemm_panels(n, m, depth, b.transposed(), source, to.transposed());
    } else {
      const PanelSource<T> source{&b, b.col == 1 ? pack_rows<T> : pack_columns<T>};
      gemm_panels(m, n, depth, a, source, to);
    }
  }
}

#define TS2CPP_GEMM_PARTS(TEMPLATE, T)                                                                            \
  TEMPLATE void gemm<T>(std::int64_t, std::int64_t, std::int64_t, const Matrix<T>&, const Matrix<T>&,             \
                        const Destination<T>&);                                                                   \
  TEMPLATE void gemm_panels<T>(std::int64_t, std::int64_t, std::int64_t, const Matrix<T>&, const PanelSource<T>&, \
                               const Destination<T>&);
#define TS2CPP_FLOAT32_GEMM_PARTS(TEMPLATE) \
  TS2CPP_GEMM_PARTS(TEMPLATE, float) TEMPLATE const TileSet<float>& tiles<float>() noexcept;
#if defined(TS2CPP_RARE_FLOAT64)
#define TS2CPP_FLOAT64_GEMM_PARTS(TEMPLATE) TS2CPP_GEMM_PARTS(TEMPLATE, double)
#else
#define TS2CPP_FLOAT64_GEMM_PARTS(TEMPLATE) \
  TS2CPP_GEMM_PARTS(TEMPLATE, double) TEMPLATE const TileSet<double>& tiles<double>() noexcept;
#endif
TS2CPP_COMPILED(TS2CPP_FLOAT32_GEMM_PARTS)
TS2CPP_COMPILED(TS2CPP_FLOAT64_GEMM_PARTS)

}  // namespace ts2cpp::kernels
