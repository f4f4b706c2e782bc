// LU with partial pivoting, Cholesky, and systems with triangular matrices.
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ts2cpp/kernels/dense_matrix.hpp>

namespace ts2cpp::kernels {

/// b becomes the solution x of a x = b; of the square matrix `a` one triangle is read, with `unit` not the diagonal.
/// Halves of large systems are brought together by a product of matrices.
template <class T>
void solve_triangle(const Columns<T>& a, const Columns<T>& b, bool upper, bool unit) {
  const std::int64_t n = a.rows;
  if (n > 48) {
    const std::int64_t half = n / 2;
    const std::int64_t rest = n - half;
    const Columns<T> top = b.part(0, 0, half, b.cols);
    const Columns<T> bottom = b.part(half, 0, rest, b.cols);
    if (upper) {
      solve_triangle(a.part(half, half, rest, rest), bottom, upper, unit);
      subtract_product(a.part(0, half, half, rest), bottom, top);
      solve_triangle(a.part(0, 0, half, half), top, upper, unit);
    } else {
      solve_triangle(a.part(0, 0, half, half), top, upper, unit);
      subtract_product(a.part(half, 0, rest, half), top, bottom);
      solve_triangle(a.part(half, half, rest, rest), bottom, upper, unit);
    }
    return;
  }
  for (std::int64_t j = 0; j < b.cols; ++j) {
    T* const x = b.column(j);
    for (std::int64_t step = 0; step < n; ++step) {
      const std::int64_t k = upper ? n - 1 - step : step;
      if (x[k] == T(0)) {
        continue;
      }
      if (!unit) {
        x[k] /= a(k, k);
      }
      if (upper) {
        add_multiple(k, -x[k], a.column(k), x);
      } else {
        add_multiple(n - k - 1, -x[k], a.column(k) + k + 1, x + k + 1);
      }
    }
  }
}

/// Exchanges rows `first` to `last` (excluded) with the rows that `pivots` name, counted from 1.
template <class T>
void exchange_rows(const Columns<T>& a, const std::int32_t* pivots, std::int64_t first, std::int64_t last) noexcept {
  for (std::int64_t j = 0; j < a.cols; ++j) {
    T* const column = a.column(j);
    for (std::int64_t i = first; i < last; ++i) {
      std::swap(column[i], column[pivots[i] - 1]);
    }
  }
}

/// Undoes `exchange_rows`.
template <class T>
void exchange_rows_back(const Columns<T>& a, const std::int32_t* pivots, std::int64_t count) noexcept {
  for (std::int64_t j = 0; j < a.cols; ++j) {
    T* const column = a.column(j);
    for (std::int64_t i = count - 1; i >= 0; --i) {
      std::swap(column[i], column[pivots[i] - 1]);
    }
  }
}

/// a = P L U, in place: L below the diagonal, which is 1 there, U above. Returns 0, or the position (from 1) of the
/// first pivot that is zero; the factorization is complete in any case.
template <class T>
std::int32_t factor_lu(const Columns<T>& a, std::int32_t* pivots) {
  const std::int64_t count = std::min(a.rows, a.cols);
  const std::int64_t width = count <= 64 ? count : 32;
  std::int32_t singular = 0;
  for (std::int64_t start = 0; start < count; start += width) {
    const std::int64_t end = std::min(start + width, count);
    for (std::int64_t j = start; j < end; ++j) {
      T* const column = a.column(j);
      const std::int64_t pivot = j + largest(a.rows - j, column + j);
      pivots[j] = static_cast<std::int32_t>(pivot + 1);
      if (column[pivot] != T(0)) {
        if (pivot != j) {
          swap_all(end - start, &a(j, start), a.stride, &a(pivot, start), a.stride);
        }
        for (std::int64_t i = j + 1; i < a.rows; ++i) {
          column[i] /= column[j];
        }
      } else if (singular == 0) {
        singular = static_cast<std::int32_t>(j + 1);
      }
      for (std::int64_t k = j + 1; k < end; ++k) {
        add_multiple(a.rows - j - 1, -a(j, k), column + j + 1, a.column(k) + j + 1);
      }
    }
    exchange_rows(a.part(0, 0, a.rows, start), pivots, start, end);
    const std::int64_t rest = a.cols - end;
    if (rest > 0) {
      exchange_rows(a.part(0, end, a.rows, rest), pivots, start, end);
      const Columns<T> block = a.part(start, end, end - start, rest);
      solve_triangle(a.part(start, start, end - start, end - start), block, false, true);
      subtract_product(a.part(end, start, a.rows - end, end - start), block, a.part(end, end, a.rows - end, rest));
    }
  }
  return singular;
}

/// a = L L^H, in place in the lower triangle; the upper one is not read. Returns 0, or the order of the leading minor
/// that is not positive, where it stopped.
template <class T>
std::int32_t factor_cholesky(const Columns<T>& a) {
  const std::int64_t n = a.rows;
  const std::int64_t width = n <= 64 ? n : 48;
  for (std::int64_t start = 0; start < n; start += width) {
    const std::int64_t end = std::min(start + width, n);
    for (std::int64_t j = start; j < end; ++j) {
      const double pivot = real_part(a(j, j));
      if (!(pivot > 0.0)) {
        return static_cast<std::int32_t>(j + 1);
      }
      const double root = std::sqrt(pivot);
      a(j, j) = T(root);
      T* const column = a.column(j);
      scale(n - j - 1, 1.0 / root, column + j + 1);
      for (std::int64_t k = j + 1; k < end; ++k) {
        add_multiple(n - k, -conjugate(column[k]), column + k, a.column(k) + k);
      }
    }
    // The lower triangle of what is left, in blocks of columns.
    for (std::int64_t from = end; from < n; from += width) {
      const std::int64_t to = std::min(from + width, n);
      const OwnColumns<T> right = adjoint_of(a.part(from, start, to - from, end - start));
      subtract_product(a.part(from, start, n - from, end - start), right.matrix,
                       a.part(from, from, n - from, to - from));
    }
  }
  return 0;
}

}  // namespace ts2cpp::kernels
