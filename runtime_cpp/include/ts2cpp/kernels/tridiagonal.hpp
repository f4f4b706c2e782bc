// Eigenvalues and eigenvectors of symmetric and Hermitian matrices: reduction to a tridiagonal matrix by reflectors,
// then implicit QL or QR steps, whichever meets the small elements first.
//
// A. Dubrulle, R. S. Martin, J. H. Wilkinson, "The implicit QL algorithm", Numerische Mathematik 12 (1968).
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <ts2cpp/kernels/dense_matrix.hpp>
#include <ts2cpp/kernels/reflectors.hpp>

namespace ts2cpp::kernels {

/// The lower triangle of a Hermitian matrix becomes tridiagonal: d its diagonal, e what is beside it. The reflectors
/// stay below, that of column i beginning at row i + 1.
template <class T>
void reduce_to_tridiagonal(const Columns<T>& a, double* d, double* e, T* tau) {
  const std::int64_t n = a.rows;
  std::vector<T> memory(static_cast<std::size_t>(n));
  T* const w = memory.data();
  for (std::int64_t i = 0; i + 1 < n; ++i) {
    const std::int64_t rest = n - i - 1;
    T* const v = a.column(i) + i + 1;
    tau[i] = make_reflector(rest - 1, v[0], v + 1);
    e[i] = real_part(v[0]);
    if (tau[i] != T(0)) {
      v[0] = T(1);
      const Columns<T> c = a.part(i + 1, i + 1, rest, rest);
      std::fill_n(w, rest, T(0));
      for (std::int64_t j = 0; j < rest; ++j) {
        const T* const column = c.column(j);
        w[j] += v[j] * real_part(column[j]) + inner_product(rest - j - 1, column + j + 1, v + j + 1);
        add_multiple(rest - j - 1, v[j], column + j + 1, w + j + 1);
      }
      scale(rest, tau[i], w);
      add_multiple(rest, times(T(-0.5), times(tau[i], inner_product(rest, w, v))), v, w);
      for (std::int64_t j = 0; j < rest; ++j) {
        T* const column = c.column(j);
        add_multiple(rest - j, -conjugate(w[j]), v + j, column + j);
        add_multiple(rest - j, -conjugate(v[j]), w + j, column + j);
        column[j] = T(real_part(column[j]));
      }
    } else if (i + 1 < n) {
      a(i + 1, i + 1) = T(real_part(a(i + 1, i + 1)));
    }
    d[i] = real_part(a(i, i));
  }
  if (n > 0) {
    d[n - 1] = real_part(a(n - 1, n - 1));
  }
}

/// The eigenvalues of [a b; b c], the larger in size first, with the rotation whose (c, s) is its eigenvector.
struct SymmetricPair {
  double first = 0.0;
  double second = 0.0;
  double c = 1.0;
  double s = 0.0;
};

inline SymmetricPair diagonalize_pair(double a, double b, double c) noexcept {
  SymmetricPair pair;
  const double sum = a + c;
  const double difference = a - c;
  const double twice = b + b;
  const double root = std::hypot(difference, twice);
  const double big = std::fabs(a) > std::fabs(c) ? a : c;
  const double small = std::fabs(a) > std::fabs(c) ? c : a;
  const bool negative = sum < 0.0;
  pair.first = 0.5 * (negative ? sum - root : sum + root);
  // The product of both is the determinant; a difference of the halves would cancel.
  pair.second = sum == 0.0 ? -0.5 * root : (big / pair.first) * small - (b / pair.first) * b;
  const bool falling = difference < 0.0;
  const double reach = falling ? difference - root : difference + root;
  if (std::fabs(reach) > std::fabs(twice)) {
    const double cotangent = -twice / reach;
    pair.s = 1.0 / std::sqrt(1.0 + cotangent * cotangent);
    pair.c = cotangent * pair.s;
  } else if (twice != 0.0) {
    const double tangent = -reach / twice;
    pair.c = 1.0 / std::sqrt(1.0 + tangent * tangent);
    pair.s = tangent * pair.c;
  }
  if (negative == falling) {
    const double swapped = pair.c;
    pair.c = -pair.s;
    pair.s = swapped;
  }
  return pair;
}

/// The QL and QR iteration on a tridiagonal matrix; the columns of `z` (none if it has no rows) take part in the
/// rotations. True if it converged.
class TridiagonalIteration {
 public:
  TridiagonalIteration(std::int64_t n, double* d, double* e, const Columns<double>& z) : n_(n), d_(d), e_(e), z_(z) {}

  bool run() {
    std::int64_t begin = 0;
    while (begin < n_) {
      if (begin > 0) {
        e_[begin - 1] = 0.0;
      }
      std::int64_t end = begin;
      for (; end + 1 < n_; ++end) {
        const double size = std::fabs(e_[end]);
        if (size == 0.0) {
          break;
        }
        if (size <= std::sqrt(std::fabs(d_[end])) * std::sqrt(std::fabs(d_[end + 1])) * kRoundoff) {
          e_[end] = 0.0;
          break;
        }
      }
      const bool upwards = std::fabs(d_[end]) < std::fabs(d_[begin]);
      if (!(upwards ? sweep_up(end, begin) : sweep_down(begin, end))) {
        return false;
      }
      begin = end + 1;
    }
    sort();
    return true;
  }

 private:
  static bool negligible(double e, double d, double next) noexcept {
    return e * e <= (kRoundoff * kRoundoff * std::fabs(d)) * std::fabs(next) + kSafeMinimum;
  }

  void turn(std::int64_t column, double c, double s) const noexcept {
    if (z_.rows > 0) {
      rotate(z_.rows, z_.column(column), 1, z_.column(column + 1), 1, c, s);
    }
  }

  /// QL: eigenvalues are found from l on.
  bool sweep_down(std::int64_t l, std::int64_t end) {
    while (l <= end) {
      std::int64_t m = l;
      while (m < end && !negligible(e_[m], d_[m], d_[m + 1])) {
        ++m;
      }
      if (m < end) {
        e_[m] = 0.0;
      }
      if (m == l) {
        ++l;
        continue;
      }
      if (m == l + 1) {
        const SymmetricPair pair = diagonalize_pair(d_[l], e_[l], d_[l + 1]);
        turn(l, pair.c, pair.s);
        d_[l] = pair.first;
        d_[l + 1] = pair.second;
        e_[l] = 0.0;
        l += 2;
        continue;
      }
      if (steps_++ == 30 * n_) {
        return false;
      }
      double p = d_[l];
      double g = (d_[l + 1] - p) / (2.0 * e_[l]);
      g = d_[m] - p + (e_[l] / (g + with_sign(std::hypot(g, 1.0), g)));
      double s = 1.0;
      double c = 1.0;
      p = 0.0;
      for (std::int64_t i = m - 1; i >= l; --i) {
        const double f = s * e_[i];
        const double b = c * e_[i];
        const Rotation rotation = rotation_of(g, f);
        c = rotation.c;
        s = rotation.s;
        if (i != m - 1) {
          e_[i + 1] = rotation.r;
        }
        g = d_[i + 1] - p;
        const double r = (d_[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d_[i + 1] = g + p;
        g = c * r - b;
        turn(i, c, -s);
      }
      d_[l] -= p;
      e_[l] = g;
    }
    return true;
  }

  /// QR: eigenvalues are found from l downwards.
  bool sweep_up(std::int64_t l, std::int64_t end) {
    while (l >= end) {
      std::int64_t m = l;
      while (m > end && !negligible(e_[m - 1], d_[m], d_[m - 1])) {
        --m;
      }
      if (m > end) {
        e_[m - 1] = 0.0;
      }
      if (m == l) {
        --l;
        continue;
      }
      if (m == l - 1) {
        const SymmetricPair pair = diagonalize_pair(d_[l - 1], e_[l - 1], d_[l]);
        turn(l - 1, pair.c, pair.s);
        d_[l - 1] = pair.first;
        d_[l] = pair.second;
        e_[l - 1] = 0.0;
        l -= 2;
        continue;
      }
      if (steps_++ == 30 * n_) {
        return false;
      }
      double p = d_[l];
      double g = (d_[l - 1] - p) / (2.0 * e_[l - 1]);
      g = d_[m] - p + (e_[l - 1] / (g + with_sign(std::hypot(g, 1.0), g)));
      double s = 1.0;
      double c = 1.0;
      p = 0.0;
      for (std::int64_t i = m; i < l; ++i) {
        const double f = s * e_[i];
        const double b = c * e_[i];
        const Rotation rotation = rotation_of(g, f);
        c = rotation.c;
        s = rotation.s;
        if (i != m) {
          e_[i - 1] = rotation.r;
        }
        g = d_[i] - p;
        const double r = (d_[i + 1] - g) * s + 2.0 * c * b;
        p = s * r;
        d_[i] = g + p;
        g = c * r - b;
        turn(i, c, s);
      }
      d_[l] -= p;
      e_[l - 1] = g;
    }
    return true;
  }

  void sort() const noexcept {
    for (std::int64_t i = 0; i + 1 < n_; ++i) {
      const std::int64_t least = std::min_element(d_ + i, d_ + n_) - d_;
      if (least != i) {
        std::swap(d_[least], d_[i]);
        swap_all(z_.rows, z_.column(i), 1, z_.column(least), 1);
      }
    }
  }

  std::int64_t n_;
  double* d_;
  double* e_;
  Columns<double> z_;
  std::int64_t steps_ = 0;
};

/// Eigenvalues of the Hermitian matrix whose lower triangle is in `a`, ascending; with `vectors` its eigenvectors take
/// the place of `a`. False if the iteration does not converge.
template <class T>
bool hermitian_eigen(const Columns<T>& a, double* values, bool vectors) {
  const std::int64_t n = a.rows;
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < j; ++i) {
      a(i, j) = T(0);
    }
  }
  const double top = largest_magnitude(a);
  if (!std::isfinite(top)) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::fill_n(values, n, nan);
    for (std::int64_t j = 0; vectors && j < n; ++j) {
      std::fill_n(a.column(j), n, T(nan));
    }
    return true;
  }
  const double factor = range_factor(top);
  scale_matrix(a, factor);
  std::vector<double> beside(static_cast<std::size_t>(n));
  std::vector<T> tau(static_cast<std::size_t>(n));
  reduce_to_tridiagonal(a, values, beside.data(), tau.data());
  OwnColumns<double> z(vectors ? n : 0, vectors ? n : 0);
  set_identity(z.matrix);
  const bool converged = TridiagonalIteration(n, values, beside.data(), z.matrix).run();
  if (vectors && n > 0) {
    OwnColumns<T> result(n, n);
    copy_matrix(z.matrix, result.matrix);
    apply_reflectors(a.part(1, 0, n - 1, n - 1), tau.data(), n - 1, false, result.matrix.part(1, 0, n - 1, n));
    copy_matrix(result.matrix, a);
  }
  for (std::int64_t i = 0; factor != 1.0 && i < n; ++i) {
    values[i] /= factor;
  }
  return converged;
}

}  // namespace ts2cpp::kernels
