// Least squares problems by reflectors, with and without exchanges of columns, and by singular values.
//
// C. H. Bischof, "Incremental condition estimation", SIAM Journal on Matrix Analysis and Applications 11 (1990).
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <ts2cpp/kernels/bidiagonal.hpp>
#include <ts2cpp/kernels/reflectors.hpp>
#include <ts2cpp/kernels/triangular.hpp>

namespace ts2cpp::kernels {

/// a P = Q R in place, the columns in an order in which R's diagonal falls: column order[i] stands at i.
template <class T>
void factor_pivoted_qr(const Columns<T>& a, T* tau, std::int64_t* order) {
  std::vector<double> memory(static_cast<std::size_t>(2 * a.cols));
  double* const rest = memory.data();
  double* const known = rest + a.cols;
  for (std::int64_t j = 0; j < a.cols; ++j) {
    order[j] = j;
    rest[j] = norm(a.rows, a.column(j));
    known[j] = rest[j];
  }
  for (std::int64_t i = 0; i < std::min(a.rows, a.cols); ++i) {
    const std::int64_t pivot = std::max_element(rest + i, rest + a.cols) - rest;
    if (pivot != i) {
      swap_all(a.rows, a.column(i), 1, a.column(pivot), 1);
      std::swap(order[i], order[pivot]);
      rest[pivot] = rest[i];
      known[pivot] = known[i];
    }
    T* const column = a.column(i) + i;
    tau[i] = make_reflector(a.rows - i - 1, column[0], column + 1);
    reflect_rows(column, conjugate(tau[i]), a.part(i, i + 1, a.rows - i, a.cols - i - 1));
    for (std::int64_t j = i + 1; j < a.cols; ++j) {
      if (rest[j] == 0.0) {
        continue;
      }
      // What is left of the column below row i, computed anew where too much has cancelled.
      const double share = magnitude(a(i, j)) / rest[j];
      const double left = std::max(0.0, (1.0 - share) * (1.0 + share));
      const double ratio = rest[j] / known[j];
      if (left * ratio * ratio <= std::sqrt(kRoundoff)) {
        rest[j] = norm(a.rows - i - 1, a.column(j) + i + 1);
        known[j] = rest[j];
      } else {
        rest[j] *= std::sqrt(left);
      }
    }
  }
}

/// The size of the largest leading part of R whose estimated condition is at most 1 / rcond.
template <class T>
std::int64_t triangle_rank(const Columns<T>& r, double rcond) {
  const std::int64_t count = std::min(r.rows, r.cols);
  if (count == 0 || r(0, 0) == T(0)) {
    return 0;
  }
  std::vector<T> memory(static_cast<std::size_t>(2 * count));
  T* const low = memory.data();
  T* const high = low + count;
  low[0] = T(1);
  high[0] = T(1);
  double least = magnitude(r(0, 0));
  double greatest = least;
  for (std::int64_t i = 1; i < count; ++i) {
    const T corner = r(i, i);
    const T from_low = inner_product(i, low, r.column(i));
    const T from_high = inner_product(i, high, r.column(i));
    const TrianglePair lower = diagonalize_triangle(least, magnitude(from_low), magnitude(corner));
    const TrianglePair upper = diagonalize_triangle(greatest, magnitude(from_high), magnitude(corner));
    if (std::fabs(upper.large) * rcond > std::fabs(lower.small)) {
      return i;
    }
    const auto phase = [&corner](T x) {
      const double size = magnitude(x) * magnitude(corner);
      return size == 0.0 ? T(1) : times(conjugate(x), corner) / size;
    };
    scale(i, -lower.right_s, low);
    low[i] = lower.right_c * phase(from_low);
    scale(i, upper.right_c, high);
    high[i] = upper.right_s * phase(from_high);
    least = std::fabs(lower.small);
    greatest = std::fabs(upper.large);
  }
  return count;
}

/// The adjoint of the upper triangle of `r`.
template <class T>
OwnColumns<T> upper_adjoint(const Columns<T>& r) {
  OwnColumns<T> result(r.cols, r.rows);
  for (std::int64_t j = 0; j < r.cols; ++j) {
    for (std::int64_t i = 0; i <= std::min(j, r.rows - 1); ++i) {
      result.matrix(j, i) = conjugate(r(i, j));
    }
  }
  return result;
}

/// One least squares problem. `x` has as many rows as the larger side of `a`: the right sides, then the solutions.
template <class T>
struct LeastSquares {
  Columns<T> a;
  Columns<T> x;
  double* values = nullptr;
  std::int64_t rank = 0;

  /// With QR, of full rank; the position of a zero on R's diagonal otherwise.
  std::int32_t by_reflectors() const {
    const std::int64_t m = a.rows;
    const std::int64_t n = a.cols;
    const std::int64_t count = std::min(m, n);
    if (largest_magnitude(a) == 0.0) {
      scale_matrix(x, 0.0);
      return 0;
    }
    OwnColumns<T> turned(m < n ? n : 0, m < n ? m : 0);
    Columns<T> factors = a;
    if (m < n) {
      turned = adjoint_of(a);
      factors = turned.matrix;
    }
    std::vector<T> tau(static_cast<std::size_t>(count));
    factor_qr(factors, tau.data());
    for (std::int64_t i = 0; i < count; ++i) {
      if (factors(i, i) == T(0)) {
        return static_cast<std::int32_t>(i + 1);
      }
    }
    const Columns<T> triangle = factors.part(0, 0, count, count);
    if (m >= n) {
      apply_reflectors(factors, tau.data(), count, true, x.part(0, 0, m, x.cols));
      solve_triangle(triangle, x.part(0, 0, n, x.cols), true, false);
      return 0;
    }
    const OwnColumns<T> lower = adjoint_of(triangle);
    solve_triangle(lower.matrix, x.part(0, 0, m, x.cols), false, false);
    for (std::int64_t j = 0; j < x.cols; ++j) {
      std::fill_n(x.column(j) + m, n - m, T(0));
    }
    apply_reflectors(factors, tau.data(), count, false, x.part(0, 0, n, x.cols));
    return 0;
  }

  /// With QR whose columns are exchanged, of the rank that an estimate of the condition leaves.
  std::int32_t by_pivoted_reflectors(double rcond) {
    const std::int64_t m = a.rows;
    const std::int64_t n = a.cols;
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::vector<T> tau(static_cast<std::size_t>(std::min(m, n)));
    factor_pivoted_qr(a, tau.data(), order.data());
    rank = triangle_rank(a, rcond);
    apply_reflectors(a, tau.data(), rank, true, x.part(0, 0, m, x.cols));
    // The first rows of R are a system with many solutions, whose shortest is looked for.
    const OwnColumns<T> turned = upper_adjoint(a.part(0, 0, rank, n));
    std::vector<T> factors(static_cast<std::size_t>(rank));
    factor_qr(turned.matrix, factors.data());
    const OwnColumns<T> lower = adjoint_of(turned.matrix.part(0, 0, rank, rank));
    solve_triangle(lower.matrix, x.part(0, 0, rank, x.cols), false, false);
    std::vector<T> solution(static_cast<std::size_t>(n));
    for (std::int64_t j = 0; j < x.cols; ++j) {
      std::fill(x.column(j) + rank, x.column(j) + x.rows, T(0));
    }
    apply_reflectors(turned.matrix, factors.data(), rank, false, x.part(0, 0, n, x.cols));
    for (std::int64_t j = 0; j < x.cols; ++j) {
      for (std::size_t i = 0; i < solution.size(); ++i) {
        solution[static_cast<std::size_t>(order[i])] = x(static_cast<std::int64_t>(i), j);
      }
      std::copy(solution.begin(), solution.end(), x.column(j));
    }
    return 0;
  }

  /// With singular values, those above `rcond` times the largest.
  std::int32_t by_singular_values(double rcond) {
    const std::int64_t m = a.rows;
    const std::int64_t n = a.cols;
    const std::int64_t count = std::min(m, n);
    OwnColumns<T> u(m, count);
    OwnColumns<T> v(n, count);
    bool converged = true;
    if (m >= n) {
      OwnColumns<T> work(m, n);
      copy_matrix(a, work.matrix);
      converged = tall_singular_values(work.matrix, values, u.matrix, v.matrix);
    } else {
      const OwnColumns<T> work = adjoint_of(a);
      converged = tall_singular_values(work.matrix, values, v.matrix, u.matrix);
    }
    if (!converged) {
      return static_cast<std::int32_t>(count);
    }
    const double limit = rcond * (count > 0 ? values[0] : 0.0);
    rank = 0;
    while (rank < count && values[rank] > limit) {
      ++rank;
    }
    std::vector<T> solution(static_cast<std::size_t>(n));
    for (std::int64_t j = 0; j < x.cols; ++j) {
      std::fill(solution.begin(), solution.end(), T(0));
      T* const b = x.column(j);
      for (std::int64_t k = 0; k < rank; ++k) {
        const T part = inner_product(m, u.matrix.column(k), b) / values[k];
        add_multiple(n, part, v.matrix.column(k), solution.data());
      }
      // What is left of the right side; of full rank its norm is that of the residual.
      for (std::int64_t k = 0; k < n; ++k) {
        add_multiple(m, -solution[static_cast<std::size_t>(k)], a.column(k), b);
      }
      residuals.push_back(norm(m, b));
      std::copy(solution.begin(), solution.end(), b);
    }
    return 0;
  }

  std::vector<double> residuals = {};
};

}  // namespace ts2cpp::kernels
