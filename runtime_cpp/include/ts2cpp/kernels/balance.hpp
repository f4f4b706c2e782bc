// Balancing of a matrix before its eigenvalues are looked for.
//
// B. N. Parlett, C. Reinsch, "Balancing a matrix for calculation of eigenvalues and eigenvectors", Numerische
// Mathematik 13 (1969).
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <ts2cpp/kernels/dense_matrix.hpp>

namespace ts2cpp::kernels {

/// Exchanges and scales rows and columns so that eigenvalues stand apart where they can and the rest has rows and
/// columns of like norms.
template <class T>
class Balance {
 public:
  explicit Balance(const Columns<T>& a)
      : a_(a), high_(a.rows - 1), factors_(static_cast<std::size_t>(a.rows), 1.0), rows_(factors_.size(), 0) {
    separate_rows();
    separate_columns();
    equalize();
  }

  /// The first and last row of what is left to be done.
  std::int64_t low() const noexcept { return low_; }
  std::int64_t high() const noexcept { return high_; }

  /// Eigenvectors of the matrix as it was, from those of the balanced one.
  template <class V>
  void undo(const Columns<V>& vectors) const noexcept {
    for (std::int64_t j = 0; j < vectors.cols; ++j) {
      V* const x = vectors.column(j);
      for (std::int64_t i = low_; i <= high_; ++i) {
        x[i] *= factors_[static_cast<std::size_t>(i)];
      }
      for (std::int64_t i = low_ - 1; i >= 0; --i) {
        std::swap(x[i], x[rows_[static_cast<std::size_t>(i)]]);
      }
      for (std::int64_t i = high_ + 1; i < a_.rows; ++i) {
        std::swap(x[i], x[rows_[static_cast<std::size_t>(i)]]);
      }
    }
  }

 private:
  bool zero(std::int64_t i, std::int64_t j) const noexcept { return a_(i, j) == T(0); }

  /// Exchanges row and column `which` with `end`, which is done with then.
  void exchange(std::int64_t which, std::int64_t end) noexcept {
    rows_[static_cast<std::size_t>(end)] = which;
    if (which != end) {
      swap_all(high_ + 1, a_.column(which), 1, a_.column(end), 1);
      swap_all(a_.cols - low_, &a_(which, low_), a_.stride, &a_(end, low_), a_.stride);
    }
  }

  /// Rows that are zero beside the diagonal go to the end.
  void separate_rows() noexcept {
    for (bool again = true; again;) {
      again = false;
      for (std::int64_t i = high_; i >= 0; --i) {
        bool alone = true;
        for (std::int64_t j = 0; j <= high_ && alone; ++j) {
          alone = i == j || zero(i, j);
        }
        if (alone) {
          exchange(i, high_);
          if (high_ == 0) {
            return;
          }
          --high_;
          again = true;
          break;
        }
      }
    }
  }

  /// Columns that are zero beside the diagonal go to the front.
  void separate_columns() noexcept {
    for (bool again = high_ > 0; again;) {
      again = false;
      for (std::int64_t j = low_; j <= high_; ++j) {
        bool alone = true;
        for (std::int64_t i = low_; i <= high_ && alone; ++i) {
          alone = i == j || zero(i, j);
        }
        if (alone) {
          exchange(j, low_);
          ++low_;
          again = true;
          break;
        }
      }
    }
  }

  /// Powers of two, as these make no error.
  void equalize() {
    const std::int64_t length = high_ - low_ + 1;
    std::vector<T> row(static_cast<std::size_t>(std::max<std::int64_t>(length, 0)));
    for (bool again = length > 1; again;) {
      again = false;
      for (std::int64_t i = low_; i <= high_; ++i) {
        for (std::int64_t j = 0; j < length; ++j) {
          row[static_cast<std::size_t>(j)] = a_(i, low_ + j);
        }
        double c = norm(length, a_.column(i) + low_);
        double r = norm(length, row.data());
        if (!(c > 0.0) || !(r > 0.0)) {
          continue;
        }
        double g = r / 2.0;
        double f = 1.0;
        const double sum = c + r;
        for (; c < g && f < 1e150 && c < 1e150; g /= 2.0) {
          f *= 2.0;
          c *= 2.0;
          r /= 2.0;
        }
        g = c / 2.0;
        for (; g >= r && f > 1e-150 && r < 1e150; g /= 2.0) {
          f /= 2.0;
          c /= 2.0;
          r *= 2.0;
        }
        double& known = factors_[static_cast<std::size_t>(i)];
        if (c + r >= 0.95 * sum || f == 1.0 || known * f < 1e-290 || known * f > 1e290) {
          continue;
        }
        known *= f;
        again = true;
        for (std::int64_t j = low_; j < a_.cols; ++j) {
          a_(i, j) *= 1.0 / f;
        }
        scale(high_ + 1, f, a_.column(i));
      }
    }
  }

  Columns<T> a_;
  std::int64_t low_ = 0;
  std::int64_t high_;
  std::vector<double> factors_;
  std::vector<std::int64_t> rows_;
};

}  // namespace ts2cpp::kernels
