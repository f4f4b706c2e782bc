// Householder reflectors: the QR factorization and products with its orthogonal factor.
//
// A reflector is 1 - tau v v^H with v(0) = 1. The vectors of a factorization lie below the diagonal of the matrix.
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <ts2cpp/kernels/dense_matrix.hpp>

namespace ts2cpp::kernels {

/// Makes the reflector whose adjoint turns (alpha, x) into (beta, 0) with a real beta of the sign opposite to alpha's:
/// alpha becomes beta, x the rest of v. Returns tau.
template <class T>
T make_reflector(std::int64_t n, T& alpha, T* x) noexcept {
  double rest = norm(n, x);
  if (rest == 0.0 && imaginary_part(alpha) == 0.0) {
    return T(0);
  }
  const auto length = [&] { return std::hypot(magnitude(alpha), rest); };
  double beta = -with_sign(length(), real_part(alpha));
  int shrunk = 0;
  const double tiny = kSafeMinimum / kRoundoff;
  while (std::fabs(beta) < tiny && shrunk < 20) {
    ++shrunk;
    scale(n, 1.0 / tiny, x);
    alpha *= 1.0 / tiny;
    rest = norm(n, x);
    beta = -with_sign(length(), real_part(alpha));
  }
  const T tau = (T(beta) - alpha) / beta;
  scale(n, T(1) / (alpha - T(beta)), x);
  for (; shrunk > 0; --shrunk) {
    beta *= tiny;
  }
  alpha = T(beta);
  return tau;
}

/// c = (1 - tau v v^H) c for the v of c.rows elements; v[0] counts as 1.
template <class T>
void reflect_rows(const T* v, T tau, const Columns<T>& c) noexcept {
  if (tau == T(0)) {
    return;
  }
  for (std::int64_t j = 0; j < c.cols; ++j) {
    T* const column = c.column(j);
    const T sum = column[0] + inner_product(c.rows - 1, v + 1, column + 1);
    const T factor = times(tau, sum);
    column[0] -= factor;
    add_multiple(c.rows - 1, -factor, v + 1, column + 1);
  }
}

/// c = c (1 - tau v v^H) for the v of c.cols elements; v[0] counts as 1. `work` has room for c.rows.
template <class T>
void reflect_columns(const T* v, T tau, const Columns<T>& c, T* work) noexcept {
  if (tau == T(0) || c.cols == 0) {
    return;
  }
  std::copy_n(c.column(0), c.rows, work);
  for (std::int64_t j = 1; j < c.cols; ++j) {
    add_multiple(c.rows, v[j], c.column(j), work);
  }
  add_multiple(c.rows, -tau, work, c.column(0));
  for (std::int64_t j = 1; j < c.cols; ++j) {
    add_multiple(c.rows, -times(tau, conjugate(v[j])), work, c.column(j));
  }
}

/// a = Q R in place: R on and above the diagonal, the reflectors of Q below; tau has min(rows, cols) elements.
template <class T>
void factor_qr(const Columns<T>& a, T* tau) noexcept {
  const std::int64_t count = std::min(a.rows, a.cols);
  for (std::int64_t i = 0; i < count; ++i) {
    T* const column = a.column(i) + i;
    tau[i] = make_reflector(a.rows - i - 1, column[0], column + 1);
    reflect_rows(column, conjugate(tau[i]), a.part(i, i + 1, a.rows - i, a.cols - i - 1));
  }
}

/// c = Q c or Q^H c, where Q is the product of the `count` reflectors below the diagonal of `v`.
template <class T>
void apply_reflectors(const Columns<T>& v, const T* tau, std::int64_t count, bool adjoint,
                      const Columns<T>& c) noexcept {
  for (std::int64_t step = 0; step < count; ++step) {
    const std::int64_t i = adjoint ? step : count - 1 - step;
    reflect_rows(v.column(i) + i, adjoint ? conjugate(tau[i]) : tau[i], c.part(i, 0, c.rows - i, c.cols));
  }
}

/// c = c Q or c Q^H.
template <class T>
void apply_reflectors_right(const Columns<T>& v, const T* tau, std::int64_t count, bool adjoint, const Columns<T>& c) {
  std::vector<T> work(static_cast<std::size_t>(c.rows));
  for (std::int64_t step = 0; step < count; ++step) {
    const std::int64_t i = adjoint ? count - 1 - step : step;
    reflect_columns(v.column(i) + i, adjoint ? conjugate(tau[i]) : tau[i], c.part(0, i, c.rows, c.cols - i),
                    work.data());
  }
}

/// The first q.cols columns of Q.
template <class T>
void form_orthogonal(const Columns<T>& v, const T* tau, std::int64_t count, const Columns<T>& q) noexcept {
  set_identity(q);
  for (std::int64_t i = count - 1; i >= 0; --i) {
    // The columns before i are still those of the identity, which the reflector leaves alone.
    reflect_rows(v.column(i) + i, tau[i], q.part(i, i, q.rows - i, std::max<std::int64_t>(q.cols - i, 0)));
  }
}

}  // namespace ts2cpp::kernels
