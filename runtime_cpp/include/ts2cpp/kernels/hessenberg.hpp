// Eigenvalues and eigenvectors of general matrices: balancing, reduction to Hessenberg form by reflectors, QR steps
// down to Schur form, back substitution.
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <ts2cpp/kernels/balance.hpp>
#include <ts2cpp/kernels/dense_matrix.hpp>
#include <ts2cpp/kernels/reflectors.hpp>
#include <ts2cpp/kernels/schur.hpp>

namespace ts2cpp::kernels {

/// Rows and columns low to high become a Hessenberg matrix; z, if it has rows, the unitary matrix of the change.
template <class T>
void reduce_to_hessenberg(const Columns<T>& a, const Columns<T>& z, std::int64_t low, std::int64_t high) {
  const std::int64_t n = a.rows;
  std::vector<T> memory(static_cast<std::size_t>(2 * n));
  T* const tau = memory.data();
  T* const work = tau + n;
  for (std::int64_t i = low; i < high; ++i) {
    T* const v = a.column(i) + i + 1;
    tau[i] = make_reflector(high - i - 1, v[0], v + 1);
    reflect_columns(v, tau[i], a.part(0, i + 1, high + 1, high - i), work);
    reflect_rows(v, conjugate(tau[i]), a.part(i + 1, i + 1, high - i, n - i - 1));
  }
  if (z.rows > 0) {
    set_identity(z);
    for (std::int64_t i = high - 1; i >= low; --i) {
      reflect_rows(a.column(i) + i + 1, tau[i], z.part(i + 1, i + 1, high - i, high - i));
    }
  }
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = j + 2; i < n; ++i) {
      a(i, j) = T(0);
    }
  }
}

/// a / b where |b| is not below `floor`.
inline complex128 guarded_quotient(complex128 a, complex128 b, double floor) noexcept {
  return taxicab(b) < floor ? a / floor : a / b;
}

/// The eigenvector of a (quasi-)triangular matrix for the eigenvalue at row k, in x[0..k]; the length of the rest is 0.
template <class T>
void triangular_eigenvector(const Columns<T>& t, complex128 value, std::int64_t k, complex128* x) noexcept {
  const double floor =
      std::max(2.0 * kRoundoff * taxicab(value), kSafeMinimum * (static_cast<double>(t.rows) / (2.0 * kRoundoff)));
  std::int64_t j = k - 1;
  x[k] = 1.0;
  bool pair = false;
  if constexpr (std::is_same_v<T, double>) {
    pair = k > 0 && t(k, k - 1) != 0.0;
  }
  if (pair) {  // rows k - 1 and k are a block whose first eigenvalue this is
    const double above = real_part(t(k - 1, k));
    const double below = real_part(t(k, k - 1));
    x[k - 1] = std::fabs(above) >= std::fabs(below) ? 1.0 : -value.imag() / below;
    x[k] = {0.0, std::fabs(above) >= std::fabs(below) ? value.imag() / above : 1.0};
    --j;
  }
  for (std::int64_t i = 0; i <= j; ++i) {
    x[i] = -x[k] * t(i, k);
    if (pair) {
      x[i] -= x[k - 1] * t(i, k - 1);
    }
  }
  const auto eliminate = [&](std::int64_t column, std::int64_t rows) {
    for (std::int64_t i = 0; i < rows; ++i) {
      x[i] -= times(x[column], complex128(t(i, column)));
    }
  };
  // Numbers that grow too large are scaled down, all of them.
  const auto tame = [&](std::int64_t row) {
    if (taxicab(x[row]) > 1e100) {
      scale(k + 1, 1.0 / taxicab(x[row]), x);
    }
  };
  while (j >= 0) {
    bool block = false;
    if constexpr (std::is_same_v<T, double>) {
      block = j > 0 && t(j, j - 1) != 0.0;
    }
    if (!block) {
      x[j] = guarded_quotient(x[j], complex128(t(j, j)) - value, floor);
      tame(j);
      eliminate(j, j);
      --j;
      continue;
    }
    const complex128 a = complex128(t(j - 1, j - 1)) - value;
    const complex128 b = t(j - 1, j);
    const complex128 c = t(j, j - 1);
    const complex128 d = complex128(t(j, j)) - value;
    // The larger element of the first column is the pivot.
    const bool turned = taxicab(c) > taxicab(a);
    const complex128 factor = turned ? a / c : c / a;
    const complex128 second = turned ? x[j - 1] - times(factor, x[j]) : x[j] - times(factor, x[j - 1]);
    const complex128 pivot = turned ? b - times(factor, d) : d - times(factor, b);
    const complex128 low = guarded_quotient(second, pivot, floor);
    x[j - 1] = turned ? (x[j] - times(d, low)) / c : (x[j - 1] - times(b, low)) / a;
    x[j] = low;
    tame(j);
    tame(j - 1);
    eliminate(j, j - 1);
    eliminate(j - 1, j - 1);
    j -= 2;
  }
}

/// Eigenvalues of `given`; with vectors (if it has columns) the eigenvectors, of length 1, the largest element
/// of a complex one being real. False if it does not converge.
template <class T>
bool general_eigen(const Columns<T>& given, complex128* values, const Columns<complex128>& vectors) {
  const std::int64_t n = given.rows;
  const OwnColumns<T> work(n, n, n % 16 == 0 ? 8 : 0);
  const Columns<T> a = work.matrix;
  copy_matrix(given, a);
  const bool wanted = vectors.cols > 0;
  const double factor = range_factor(largest_magnitude(a));
  scale_matrix(a, factor);
  const Balance<T> balance(a);
  OwnColumns<T> schur(wanted ? n : 0, wanted ? n : 0);
  const Columns<T> z = schur.matrix;
  reduce_to_hessenberg(a, z, balance.low(), balance.high());
  if (!triangularize(a, z, values, balance.low(), balance.high(), wanted)) {
    return false;
  }
  std::vector<complex128> memory(static_cast<std::size_t>(n));
  complex128* const x = memory.data();
  for (std::int64_t k = n - 1; wanted && k >= 0; --k) {
    const bool pair = std::is_same_v<T, double> && values[k].imag() != 0.0;
    triangular_eigenvector(a, pair ? values[k - 1] : values[k], k, x);
    const std::int64_t shown = pair ? k - 1 : k;
    complex128* const v = vectors.column(shown);
    std::fill_n(v, n, complex128(0.0));
    for (std::int64_t j = 0; j <= k; ++j) {
      for (std::int64_t i = 0; i < n; ++i) {
        v[i] += x[j] * z(i, j);
      }
    }
    balance.undo(vectors.part(0, shown, n, 1));
    scale(n, 1.0 / norm(n, v), v);
    if (pair || std::is_same_v<T, complex128>) {
      std::int64_t top = 0;
      for (std::int64_t i = 1; i < n; ++i) {
        if (std::norm(v[i]) > std::norm(v[top])) {
          top = i;
        }
      }
      // Real matrices leave the sign of the real part, complex ones make it positive.
      const double sign = pair && v[top].real() < 0.0 ? -1.0 : 1.0;
      const complex128 phase = sign * conjugate(v[top]) / magnitude(v[top]);
      scale(n, phase, v);
      v[top] = v[top].real();
    }
    if (pair) {
      std::copy_n(v, n, vectors.column(k));
      conjugate_all(n, vectors.column(k));
      --k;
    }
  }
  for (std::int64_t i = 0; factor != 1.0 && i < n; ++i) {
    values[i] /= factor;
  }
  return true;
}

}  // namespace ts2cpp::kernels
