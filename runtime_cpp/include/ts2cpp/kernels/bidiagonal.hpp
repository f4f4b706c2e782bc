// Singular values and vectors: reduction to a bidiagonal matrix by reflectors, then implicit QR steps, without a shift
// where that keeps small singular values accurate.
//
// G. H. Golub, W. Kahan, "Calculating the singular values and pseudo-inverse of a matrix", SIAM Journal on Numerical
// Analysis 2 (1965); J. Demmel, W. Kahan, "Accurate singular values of bidiagonal matrices", SIAM Journal on
// Scientific and Statistical Computing 11 (1990).
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <ts2cpp/kernels/dense_matrix.hpp>
#include <ts2cpp/kernels/reflectors.hpp>

namespace ts2cpp::kernels {

/// The singular values of [f g; 0 h] with signs, and the rotations of the left and right that make it diagonal.
struct TrianglePair {
  double small = 0.0;
  double large = 0.0;
  double left_c = 1.0;
  double left_s = 0.0;
  double right_c = 1.0;
  double right_s = 0.0;
};

inline TrianglePair diagonalize_triangle(double f, double g, double h) noexcept {
  const bool swapped = std::fabs(h) > std::fabs(f);
  const double top = swapped ? h : f;
  const double low = swapped ? f : h;
  const double high_size = std::fabs(top);
  const double low_size = std::fabs(low);
  const double beside = std::fabs(g);
  double c_left = 1.0;
  double s_left = 0.0;
  double c_right = 1.0;
  double s_right = 0.0;
  TrianglePair pair;
  int dominant = swapped ? 2 : 0;  // f, g or h: the sign of the results follows the largest
  if (beside == 0.0) {
    pair.small = low_size;
    pair.large = high_size;
  } else if (beside > high_size && high_size / beside < kRoundoff) {
    dominant = 1;
    pair.large = beside;
    pair.small = low_size > 1.0 ? high_size / (beside / low_size) : (high_size / beside) * low_size;
    s_left = low / g;
    s_right = 1.0;
    c_right = top / g;
  } else {
    dominant = beside > high_size ? 1 : dominant;
    const double gap = high_size - low_size;
    const double l = gap == high_size ? 1.0 : gap / high_size;
    const double m = g / top;
    const double t = 2.0 - l;
    const double mm = m * m;
    const double s = std::sqrt(t * t + mm);
    const double r = l == 0.0 ? std::fabs(m) : std::sqrt(l * l + mm);
    const double a = 0.5 * (s + r);
    pair.small = low_size / a;
    pair.large = high_size * a;
    double tangent = 0.0;
    if (mm != 0.0) {
      tangent = (m / (s + t) + m / (r + l)) * (1.0 + a);
    } else if (l == 0.0) {
      tangent = with_sign(2.0, top) * with_sign(1.0, g);
    } else {
      tangent = g / with_sign(gap, top) + m / t;
    }
    const double length = std::sqrt(tangent * tangent + 4.0);
    c_right = 2.0 / length;
    s_right = tangent / length;
    c_left = (c_right + s_right * m) / a;
    s_left = (low / top) * s_right / a;
  }
  pair.left_c = swapped ? s_right : c_left;
  pair.left_s = swapped ? c_right : s_left;
  pair.right_c = swapped ? s_left : c_right;
  pair.right_s = swapped ? c_left : s_right;
  const double sign = dominant == 0   ? with_sign(1.0, pair.right_c) * with_sign(1.0, pair.left_c) * with_sign(1.0, f)
                      : dominant == 1 ? with_sign(1.0, pair.right_s) * with_sign(1.0, pair.left_c) * with_sign(1.0, g)
                                      : with_sign(1.0, pair.right_s) * with_sign(1.0, pair.left_s) * with_sign(1.0, h);
  pair.large = with_sign(pair.large, sign);
  pair.small = with_sign(pair.small, sign * with_sign(1.0, f) * with_sign(1.0, h));
  return pair;
}

/// The smaller singular value of [f g; 0 h].
inline double smaller_singular_value(double f, double g, double h) noexcept {
  const double low = std::min(std::fabs(f), std::fabs(h));
  const double high = std::max(std::fabs(f), std::fabs(h));
  const double beside = std::fabs(g);
  if (low == 0.0) {
    return 0.0;
  }
  const double sum = 1.0 + low / high;
  const double difference = (high - low) / high;
  if (beside < high) {
    const double ratio = (beside / high) * (beside / high);
    return low * (2.0 / (std::sqrt(sum * sum + ratio) + std::sqrt(difference * difference + ratio)));
  }
  const double ratio = high / beside;
  if (ratio == 0.0) {
    return (low * high) / beside;
  }
  const double root =
      std::sqrt(1.0 + (sum * ratio) * (sum * ratio)) + std::sqrt(1.0 + (difference * ratio) * (difference * ratio));
  return 2.0 * ((low * (1.0 / root)) * ratio);
}

/// The QR iteration on an upper bidiagonal matrix with the diagonal d and e above it; the columns of u and v (none if
/// they have no rows) take part in the rotations.
class BidiagonalIteration {
 public:
  BidiagonalIteration(std::int64_t n, double* d, double* e, const Columns<double>& u, const Columns<double>& v)
      : n_(n), d_(d), e_(e), u_(u), v_(v) {}

  /// Singular values in descending order; false if it does not converge.
  bool run() {
    const double size = static_cast<double>(n_);
    tolerance_ = kRoundoff * std::max(10.0, std::min(100.0, std::pow(kRoundoff, -0.125)));
    // A lower bound of the least singular value.
    double bound = n_ > 0 ? std::fabs(d_[0]) : 0.0;
    double least = bound;
    for (std::int64_t i = 1; i < n_ && least != 0.0; ++i) {
      bound = std::fabs(d_[i]) * (bound / (bound + std::fabs(e_[i - 1])));
      least = std::min(least, bound);
    }
    threshold_ = std::max(tolerance_ * (least / std::sqrt(std::max(size, 1.0))), 6.0 * (size * (size * kSafeMinimum)));
    std::int64_t steps = 0;
    last_ = n_ - 1;
    while (last_ > 0) {
      if (!find_block()) {
        continue;
      }
      if (first_ == last_ - 1) {
        finish_pair();
        continue;
      }
      if (first_ > old_last_ || last_ < old_first_) {
        downwards_ = std::fabs(d_[first_]) >= std::fabs(d_[last_]);
      }
      if (converged()) {
        continue;
      }
      old_first_ = first_;
      old_last_ = last_;
      if (steps++ > 6 * n_ * n_ + 100) {
        return false;
      }
      const double shift = choose_shift();
      if (downwards_) {
        shift == 0.0 ? plain_step_down() : shifted_step_down(shift);
      } else {
        shift == 0.0 ? plain_step_up() : shifted_step_up(shift);
      }
    }
    finish();
    return true;
  }

 private:
  /// The unreduced block that ends at last_; false if last_ is a singular value by itself.
  bool find_block() {
    top_ = std::fabs(d_[last_]);
    for (first_ = last_ - 1; first_ >= 0; --first_) {
      const double diagonal = std::fabs(d_[first_]);
      const double beside = std::fabs(e_[first_]);
      if (beside <= threshold_) {
        e_[first_] = 0.0;
        if (first_ == last_ - 1) {
          --last_;
          return false;
        }
        break;
      }
      top_ = std::max(top_, std::max(diagonal, beside));
    }
    ++first_;
    return true;
  }

  void finish_pair() {
    const TrianglePair pair = diagonalize_triangle(d_[last_ - 1], e_[last_ - 1], d_[last_]);
    d_[last_ - 1] = pair.large;
    e_[last_ - 1] = 0.0;
    d_[last_] = pair.small;
    turn(v_, last_ - 1, pair.right_c, pair.right_s);
    turn(u_, last_ - 1, pair.left_c, pair.left_s);
    last_ -= 2;
  }

  /// Sets an element beside the diagonal to zero if that leaves all singular values accurate.
  bool converged() {
    const std::int64_t end = downwards_ ? last_ - 1 : first_;
    if (std::fabs(e_[end]) <= tolerance_ * std::fabs(d_[downwards_ ? last_ : first_])) {
      e_[end] = 0.0;
      return true;
    }
    double mu = std::fabs(d_[downwards_ ? first_ : last_]);
    least_ = mu;
    for (std::int64_t step = 0; step < last_ - first_; ++step) {
      const std::int64_t i = downwards_ ? first_ + step : last_ - 1 - step;
      if (std::fabs(e_[i]) <= tolerance_ * mu) {
        e_[i] = 0.0;
        return true;
      }
      mu = std::fabs(d_[downwards_ ? i + 1 : i]) * (mu / (mu + std::fabs(e_[i])));
      least_ = std::min(least_, mu);
    }
    return false;
  }

  double choose_shift() const noexcept {
    if (static_cast<double>(n_) * tolerance_ * (least_ / top_) <= std::max(kRoundoff, 0.01 * tolerance_)) {
      return 0.0;
    }
    const double start = std::fabs(d_[downwards_ ? first_ : last_]);
    const double shift = downwards_ ? smaller_singular_value(d_[last_ - 1], e_[last_ - 1], d_[last_])
                                    : smaller_singular_value(d_[first_], e_[first_], d_[first_ + 1]);
    return start > 0.0 && (shift / start) * (shift / start) < kRoundoff ? 0.0 : shift;
  }

  static void turn(const Columns<double>& vectors, std::int64_t column, double c, double s) noexcept {
    if (vectors.rows > 0) {
      rotate(vectors.rows, vectors.column(column), 1, vectors.column(column + 1), 1, c, s);
    }
  }

  void plain_step_down() {
    Rotation right;
    Rotation left;
    for (std::int64_t i = first_; i < last_; ++i) {
      right = rotation_of(d_[i] * right.c, e_[i]);
      if (i > first_) {
        e_[i - 1] = left.s * right.r;
      }
      left = rotation_of(left.c * right.r, d_[i + 1] * right.s);
      d_[i] = left.r;
      turn(v_, i, right.c, right.s);
      turn(u_, i, left.c, left.s);
    }
    const double h = d_[last_] * right.c;
    d_[last_] = h * left.c;
    e_[last_ - 1] = h * left.s;
    drop(last_ - 1);
  }

  void plain_step_up() {
    Rotation left;
    Rotation right;
    for (std::int64_t i = last_; i > first_; --i) {
      left = rotation_of(d_[i] * left.c, e_[i - 1]);
      if (i < last_) {
        e_[i] = right.s * left.r;
      }
      right = rotation_of(right.c * left.r, d_[i - 1] * left.s);
      d_[i] = right.r;
      turn(v_, i - 1, right.c, -right.s);
      turn(u_, i - 1, left.c, -left.s);
    }
    const double h = d_[first_] * left.c;
    d_[first_] = h * right.c;
    e_[first_] = h * right.s;
    drop(first_);
  }

  void shifted_step_down(double shift) {
    double f = (std::fabs(d_[first_]) - shift) * (with_sign(1.0, d_[first_]) + shift / d_[first_]);
    double g = e_[first_];
    for (std::int64_t i = first_; i < last_; ++i) {
      const Rotation right = rotation_of(f, g);
      if (i > first_) {
        e_[i - 1] = right.r;
      }
      f = right.c * d_[i] + right.s * e_[i];
      e_[i] = right.c * e_[i] - right.s * d_[i];
      g = right.s * d_[i + 1];
      d_[i + 1] *= right.c;
      const Rotation left = rotation_of(f, g);
      d_[i] = left.r;
      f = left.c * e_[i] + left.s * d_[i + 1];
      d_[i + 1] = left.c * d_[i + 1] - left.s * e_[i];
      if (i + 1 < last_) {
        g = left.s * e_[i + 1];
        e_[i + 1] *= left.c;
      }
      turn(v_, i, right.c, right.s);
      turn(u_, i, left.c, left.s);
    }
    e_[last_ - 1] = f;
    drop(last_ - 1);
  }

  void shifted_step_up(double shift) {
    double f = (std::fabs(d_[last_]) - shift) * (with_sign(1.0, d_[last_]) + shift / d_[last_]);
    double g = e_[last_ - 1];
    for (std::int64_t i = last_; i > first_; --i) {
      const Rotation left = rotation_of(f, g);
      if (i < last_) {
        e_[i] = left.r;
      }
      f = left.c * d_[i] + left.s * e_[i - 1];
      e_[i - 1] = left.c * e_[i - 1] - left.s * d_[i];
      g = left.s * d_[i - 1];
      d_[i - 1] *= left.c;
      const Rotation right = rotation_of(f, g);
      d_[i] = right.r;
      f = right.c * e_[i - 1] + right.s * d_[i - 1];
      d_[i - 1] = right.c * d_[i - 1] - right.s * e_[i - 1];
      if (i > first_ + 1) {
        g = right.s * e_[i - 2];
        e_[i - 2] *= right.c;
      }
      turn(v_, i - 1, right.c, -right.s);
      turn(u_, i - 1, left.c, -left.s);
    }
    e_[first_] = f;
    drop(first_);
  }

  void drop(std::int64_t i) noexcept {
    if (std::fabs(e_[i]) <= threshold_) {
      e_[i] = 0.0;
    }
  }

  /// Positive values in descending order.
  void finish() const noexcept {
    for (std::int64_t i = 0; i < n_; ++i) {
      if (d_[i] < 0.0) {
        scale(v_.rows, -1.0, v_.column(i));
      }
      d_[i] = std::fabs(d_[i]);
    }
    for (std::int64_t i = 0; i + 1 < n_; ++i) {
      const std::int64_t greatest = std::max_element(d_ + i, d_ + n_) - d_;
      if (greatest != i) {
        std::swap(d_[greatest], d_[i]);
        swap_all(u_.rows, u_.column(i), 1, u_.column(greatest), 1);
        swap_all(v_.rows, v_.column(i), 1, v_.column(greatest), 1);
      }
    }
  }

  std::int64_t n_;
  double* d_;
  double* e_;
  Columns<double> u_;
  Columns<double> v_;
  double tolerance_ = 0.0;
  double threshold_ = 0.0;
  double top_ = 0.0;
  double least_ = 0.0;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  std::int64_t old_first_ = -1;
  std::int64_t old_last_ = -1;
  bool downwards_ = true;
};

/// A matrix with at least as many rows as columns becomes upper bidiagonal. The reflectors of the left stay below the
/// diagonal, those of the right beside it: the v of row i begins at column i + 1.
template <class T>
void reduce_to_bidiagonal(const Columns<T>& a, double* d, double* e, T* left, T* right) {
  std::vector<T> memory(static_cast<std::size_t>(a.rows + a.cols));
  T* const row = memory.data();
  T* const work = row + a.cols;
  for (std::int64_t i = 0; i < a.cols; ++i) {
    T* const column = a.column(i) + i;
    left[i] = make_reflector(a.rows - i - 1, column[0], column + 1);
    d[i] = real_part(column[0]);
    const std::int64_t rest = a.cols - i - 1;
    reflect_rows(column, conjugate(left[i]), a.part(i, i + 1, a.rows - i, rest));
    right[i] = T(0);
    if (rest == 0) {
      continue;
    }
    for (std::int64_t j = 0; j < rest; ++j) {
      row[j] = conjugate(a(i, i + 1 + j));
    }
    right[i] = make_reflector(rest - 1, row[0], row + 1);
    e[i] = real_part(row[0]);
    row[0] = T(1);
    reflect_columns(row, right[i], a.part(i + 1, i + 1, a.rows - i - 1, rest), work);
    for (std::int64_t j = 0; j < rest; ++j) {
      a(i, i + 1 + j) = row[j];
    }
  }
}

/// The singular values of `a` (rows >= cols, destroyed), descending. With vectors, the first u.cols columns of U and
/// all of V: a = U S V^H. Both have no columns if they are not wanted. False if the iteration does not converge.
template <class T>
bool tall_singular_values(const Columns<T>& a, double* values, const Columns<T>& u, const Columns<T>& v) {
  const std::int64_t n = a.cols;
  const bool vectors = v.cols > 0;
  const double factor = range_factor(largest_magnitude(a));
  scale_matrix(a, factor);
  std::vector<T> tau(static_cast<std::size_t>(3 * n));
  T* const left = tau.data() + n;
  T* const right = left + n;
  // Of a tall matrix the triangle of its QR factorization is taken apart.
  const bool tall = a.rows > n && a.rows >= (std::is_same_v<T, double> ? 11 * n / 6 : 17 * n / 9);
  OwnColumns<T> triangle(tall ? n : 0, tall ? n : 0);
  Columns<T> core = a;
  if (tall) {
    factor_qr(a, tau.data());
    for (std::int64_t j = 0; j < n; ++j) {
      std::copy_n(a.column(j), j + 1, triangle.matrix.column(j));
    }
    core = triangle.matrix;
  }
  std::vector<double> beside(static_cast<std::size_t>(n));
  reduce_to_bidiagonal(core, values, beside.data(), left, right);
  OwnColumns<double> x(vectors ? n : 0, vectors ? n : 0);
  OwnColumns<double> y(vectors ? n : 0, vectors ? n : 0);
  set_identity(x.matrix);
  set_identity(y.matrix);
  const bool converged = BidiagonalIteration(n, values, beside.data(), x.matrix, y.matrix).run();
  for (std::int64_t i = 0; factor != 1.0 && i < n; ++i) {
    values[i] /= factor;
  }
  if (u.cols > 0) {
    set_identity(u);
    copy_matrix(x.matrix, u.part(0, 0, n, n));
    apply_reflectors(core, left, n, false, tall ? u.part(0, 0, n, n) : u);
    if (tall) {
      apply_reflectors(a, tau.data(), n, false, u);
    }
  }
  if (vectors) {
    copy_matrix(y.matrix, v);
    std::vector<T> row(static_cast<std::size_t>(n));
    for (std::int64_t i = n - 2; i >= 0; --i) {
      for (std::int64_t j = 0; j < n - i - 1; ++j) {
        row[static_cast<std::size_t>(j)] = core(i, i + 1 + j);
      }
      reflect_rows(row.data(), right[i], v.part(i + 1, 0, n - i - 1, n));
    }
  }
  return converged;
}

}  // namespace ts2cpp::kernels
