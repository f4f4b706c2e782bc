// Bunch-Kaufman factorization of symmetric and Hermitian matrices that need not be definite.
//
// J. R. Bunch, L. Kaufman, "Some stable methods for calculating inertia and solving symmetric linear systems",
// Mathematics of Computation 31 (1977).
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ts2cpp/kernels/dense_matrix.hpp>

namespace ts2cpp::kernels {

/// The element that mirrors `x` across the diagonal.
template <class T>
T mirrored(T x, bool hermitian) noexcept {
  return hermitian ? conjugate(x) : x;
}

/// Exchanges rows and columns k and p > k of the matrix that begins at column `k`, of which the lower triangle is kept.
template <class T>
void exchange_symmetric(const Columns<T>& a, std::int64_t k, std::int64_t p, bool hermitian) noexcept {
  const std::int64_t n = a.rows;
  swap_all(n - p - 1, a.column(k) + p + 1, 1, a.column(p) + p + 1, 1);
  for (std::int64_t j = k + 1; j < p; ++j) {
    const T below = a(j, k);
    a(j, k) = mirrored(a(p, j), hermitian);
    a(p, j) = mirrored(below, hermitian);
  }
  a(p, k) = mirrored(a(p, k), hermitian);
  std::swap(a(k, k), a(p, p));
}

/// a = P L D (P L)^T, or with the conjugate transpose, in place in the lower triangle. D has blocks of one or two rows.
/// pivots[k] is p + 1 where row k was exchanged with p, and -(p + 1) twice for a block of two, whose second row was
/// exchanged. Returns 0, or the position (from 1) of the first block that is zero.
template <class T>
std::int32_t factor_ldl(const Columns<T>& a, std::int32_t* pivots, bool hermitian) noexcept {
  const std::int64_t n = a.rows;
  const double alpha = (1.0 + std::sqrt(17.0)) / 8.0;
  std::int32_t singular = 0;
  const auto diagonal = [&](std::int64_t i) { return hermitian ? std::fabs(real_part(a(i, i))) : taxicab(a(i, i)); };
  for (std::int64_t k = 0; k < n;) {
    const double here = diagonal(k);
    std::int64_t row = k;
    double column_top = 0.0;
    if (k + 1 < n) {
      row = k + 1 + largest(n - k - 1, a.column(k) + k + 1);
      column_top = taxicab(a(row, k));
    }
    std::int64_t pivot = k;
    bool pair = false;
    const bool regular = std::max(here, column_top) > 0.0;
    if (!regular && singular == 0) {
      singular = static_cast<std::int32_t>(k + 1);
    }
    if (regular && here < alpha * column_top) {
      double row_top = taxicab(a(row, k + largest(row - k, &a(row, k), a.stride)));
      if (row + 1 < n) {
        row_top = std::max(row_top, taxicab(a(row + 1 + largest(n - row - 1, a.column(row) + row + 1), row)));
      }
      if (here < alpha * column_top * (column_top / row_top)) {
        pivot = row;
        pair = diagonal(row) < alpha * row_top;
      }
    }
    const std::int64_t last = pair ? k + 1 : k;
    if (pivot != last) {
      if (pair) {
        std::swap(a(k + 1, k), a(pivot, k));
      }
      exchange_symmetric(a, last, pivot, hermitian);
    }
    for (std::int64_t i = k; hermitian && i <= last; ++i) {
      a(i, i) = T(real_part(a(i, i)));
    }
    const std::int64_t begin = last + 1;
    if (regular && !pair && begin < n) {
      T* const column = a.column(k);
      const T inverse = T(1) / column[k];
      for (std::int64_t j = begin; j < n; ++j) {
        add_multiple(n - j, -times(inverse, mirrored(column[j], hermitian)), column + j, a.column(j) + j);
        if (hermitian) {
          a(j, j) = T(real_part(a(j, j)));
        }
      }
      scale(n - begin, inverse, column + begin);
    } else if (pair && begin < n) {
      // The block [d11 d12; d21 d22] is inverted after a division by d21, which is its largest element.
      T* const first = a.column(k);
      T* const second = a.column(k + 1);
      const T d21 = first[k + 1];
      const T d12 = mirrored(d21, hermitian);
      const T d11 = second[k + 1] / d21;
      const T d22 = first[k] / d12;
      const T unit = T(1) / (times(d11, d22) - T(1));
      for (std::int64_t j = begin; j < n; ++j) {
        // Row j of L's two columns: the solution of [x y] block = row.
        const T x = times(unit, times(d11, first[j]) - second[j]) / d12;
        const T y = times(unit, times(d22, second[j]) - first[j]) / d21;
        const T x_mirror = mirrored(x, hermitian);
        const T y_mirror = mirrored(y, hermitian);
        T* const target = a.column(j);
        for (std::int64_t i = j; i < n; ++i) {
          target[i] -= times(first[i], x_mirror) + times(second[i], y_mirror);
        }
        first[j] = x;
        second[j] = y;
        if (hermitian) {
          target[j] = T(real_part(target[j]));
        }
      }
    }
    const auto number = static_cast<std::int32_t>(pivot + 1);
    pivots[k] = pair ? -number : number;
    if (pair) {
      pivots[k + 1] = -number;
    }
    k = last + 1;
  }
  return singular;
}

/// b becomes the solution x of a x = b, `a` being what factor_ldl left.
template <class T>
void solve_ldl(const Columns<T>& a, const std::int32_t* pivots, const Columns<T>& b, bool hermitian) noexcept {
  const std::int64_t n = a.rows;
  for (std::int64_t j = 0; j < b.cols; ++j) {
    T* const x = b.column(j);
    std::int64_t k = 0;
    while (k < n) {
      const bool pair = pivots[k] < 0 && k + 1 < n;
      if (!pair) {
        std::swap(x[k], x[std::abs(pivots[k]) - 1]);
        add_multiple(n - k - 1, -x[k], a.column(k) + k + 1, x + k + 1);
        x[k] /= a(k, k);
        ++k;
        continue;
      }
      std::swap(x[k + 1], x[std::abs(pivots[k]) - 1]);
      add_multiple(n - k - 2, -x[k], a.column(k) + k + 2, x + k + 2);
      add_multiple(n - k - 2, -x[k + 1], a.column(k + 1) + k + 2, x + k + 2);
      const T d21 = a(k + 1, k);
      const T d12 = mirrored(d21, hermitian);
      const T d11 = a(k, k) / d12;
      const T d22 = a(k + 1, k + 1) / d21;
      const T unit = T(1) / (times(d11, d22) - T(1));
      const T first = x[k] / d12;
      const T second = x[k + 1] / d21;
      x[k] = times(unit, times(d22, first) - second);
      x[k + 1] = times(unit, times(d11, second) - first);
      k += 2;
    }
    const auto gathered = [&](std::int64_t column, std::int64_t from) {
      T sum = T(0);
      for (std::int64_t i = from; i < n; ++i) {
        sum += times(mirrored(a(i, column), hermitian), x[i]);
      }
      return sum;
    };
    k = n - 1;
    while (k >= 0) {
      const bool pair = pivots[k] < 0 && k > 0;
      x[k] -= gathered(k, k + 1);
      if (pair) {
        x[k - 1] -= gathered(k - 1, k + 1);
      }
      std::swap(x[k], x[std::abs(pivots[k]) - 1]);
      k -= pair ? 2 : 1;
    }
  }
}

}  // namespace ts2cpp::kernels
