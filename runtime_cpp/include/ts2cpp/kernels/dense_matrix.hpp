// Matrices in column order and the vector operations that factorizations are made of: double and complex128, and for LU
// also float and complex64.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/kernels/product.hpp>

namespace ts2cpp::kernels {

/// A matrix whose columns lie one after the other, `stride` elements apart.
template <class T>
struct Columns {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t stride = 0;

  T* column(std::int64_t j) const noexcept { return data + j * stride; }
  T& operator()(std::int64_t i, std::int64_t j) const noexcept { return data[i + j * stride]; }
  /// The part of `height` rows and `width` columns that begins at (i, j).
  Columns part(std::int64_t i, std::int64_t j, std::int64_t height, std::int64_t width) const noexcept {
    return {data + i + j * stride, height, width, stride};
  }
};

/// The memory of a matrix of its own, zero at first.
template <class T>
struct OwnColumns {
  std::vector<T> values;
  Columns<T> matrix;

  /// Columns are `gap` elements apart: a power of two as their distance would make them contend for the cache.
  OwnColumns(std::int64_t rows, std::int64_t cols, std::int64_t gap = 0)
      : values(static_cast<std::size_t>((rows + gap) * cols)), matrix{values.data(), rows, cols, rows + gap} {}
  OwnColumns(const OwnColumns&) = delete;
  OwnColumns(OwnColumns&&) noexcept = default;
  OwnColumns& operator=(const OwnColumns&) = delete;
  OwnColumns& operator=(OwnColumns&&) noexcept = default;
  ~OwnColumns() = default;
};

/// Half the distance from 1 to the next number, and the smallest number whose reciprocal is finite.
inline constexpr double kRoundoff = std::numeric_limits<double>::epsilon() / 2;
inline constexpr double kSafeMinimum = std::numeric_limits<double>::min();

inline float conjugate(float x) noexcept { return x; }
inline double conjugate(double x) noexcept { return x; }
template <class R>
std::complex<R> conjugate(std::complex<R> x) noexcept {
  return {x.real(), -x.imag()};
}
inline double real_part(double x) noexcept { return x; }
inline double real_part(complex128 x) noexcept { return x.real(); }
inline double imaginary_part(double /*x*/) noexcept { return 0.0; }
inline double imaginary_part(complex128 x) noexcept { return x.imag(); }
/// Products without the detour over infinities that std::complex takes.
inline float times(float a, float b) noexcept { return a * b; }
inline double times(double a, double b) noexcept { return a * b; }
template <class R>
std::complex<R> times(std::complex<R> a, std::complex<R> b) noexcept {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
/// |re| + |im|: what pivots are chosen by.
inline float taxicab(float x) noexcept { return std::fabs(x); }
inline double taxicab(double x) noexcept { return std::fabs(x); }
template <class R>
R taxicab(std::complex<R> x) noexcept {
  return std::fabs(x.real()) + std::fabs(x.imag());
}
inline double magnitude(double x) noexcept { return std::fabs(x); }
inline double magnitude(complex128 x) noexcept { return std::hypot(x.real(), x.imag()); }
/// `size` with the sign of `sign`.
inline double with_sign(double size, double sign) noexcept { return std::copysign(size, sign); }

/// y += factor x
template <class T>
void add_multiple(std::int64_t n, T factor, const T* x, T* y) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    TS2CPP_INDEPENDENT_ITERATIONS
    for (std::int64_t i = 0; i < n; ++i) {
      y[i] += factor * x[i];
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      y[i] += times(factor, x[i]);
    }
  }
}

/// The sum of conj(x) y, in eight sums that run side by side.
template <class T>
T inner_product(std::int64_t n, const T* x, const T* y) noexcept {
  T sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::int64_t k = 0; k < 8; ++k) {
      sums[k] += times(conjugate(x[i + k]), y[i + k]);
    }
  }
  for (; i < n; ++i) {
    sums[0] += times(conjugate(x[i]), y[i]);
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

template <class T, class S>
void scale(std::int64_t n, S factor, T* x) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<T, S>) {
      x[i] = times(factor, x[i]);
    } else {
      x[i] *= factor;
    }
  }
}

template <class T>
void conjugate_all(std::int64_t n, T* x) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    x[i] = conjugate(x[i]);
  }
}

template <class T>
void swap_all(std::int64_t n, T* x, std::int64_t x_step, T* y, std::int64_t y_step) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    std::swap(x[i * x_step], y[i * y_step]);
  }
}

/// The position of the element that is largest by |re| + |im|, the first of several; 0 for none.
template <class T>
std::int64_t largest(std::int64_t n, const T* x, std::int64_t step = 1) noexcept {
  std::int64_t found = 0;
  auto best = n > 0 ? taxicab(x[0]) : taxicab(T(0));
  for (std::int64_t i = 1; i < n; ++i) {
    const auto size = taxicab(x[i * step]);
    if (size > best) {
      best = size;
      found = i;
    }
  }
  return found;
}

/// The Euclidean norm, safe from overflow and underflow.
template <class T>
double norm(std::int64_t n, const T* x) noexcept {
  double top = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    top = std::max(top, std::max(std::fabs(real_part(x[i])), std::fabs(imaginary_part(x[i]))));
  }
  const double unit = top > 1e140 || (top < 1e-140 && top > 0.0) ? std::ldexp(1.0, std::ilogb(top)) : 1.0;
  if (unit == 1.0) {
    return std::sqrt(real_part(inner_product(n, x, x)));
  }
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double re = real_part(x[i]) / unit;
    const double im = imaginary_part(x[i]) / unit;
    sum += re * re + im * im;
  }
  return unit * std::sqrt(sum);
}

/// The largest |element| of a matrix; nan if there is one.
template <class T>
double largest_magnitude(const Columns<T>& a) noexcept {
  double top = 0.0;
  for (std::int64_t j = 0; j < a.cols; ++j) {
    for (std::int64_t i = 0; i < a.rows; ++i) {
      const double size = magnitude(a(i, j));
      if (!(size <= top)) {
        top = size;
      }
      if (!(top >= 0.0)) {
        return top;
      }
    }
  }
  return top;
}

template <class T>
bool all_finite(const Columns<T>& a) noexcept {
  return std::isfinite(largest_magnitude(a));
}

/// The factor that brings a matrix whose largest element is `top` into the range where squares neither overflow nor
/// vanish; 1 if it is there.
inline double range_factor(double top) noexcept {
  const double low = 1e-138;
  const double high = 1e138;
  if (!(top > 0.0) || !std::isfinite(top)) {
    return 1.0;
  }
  return top < low ? low / top : top > high ? high / top : 1.0;
}

template <class T>
void scale_matrix(const Columns<T>& a, double factor) noexcept {
  for (std::int64_t j = 0; factor != 1.0 && j < a.cols; ++j) {
    scale(a.rows, factor, a.column(j));
  }
}

template <class T>
void set_identity(const Columns<T>& a) noexcept {
  for (std::int64_t j = 0; j < a.cols; ++j) {
    std::fill_n(a.column(j), a.rows, T(0));
    if (j < a.rows) {
      a(j, j) = T(1);
    }
  }
}

template <class T, class S>
void copy_matrix(const Columns<S>& from, const Columns<T>& to) noexcept {
  for (std::int64_t j = 0; j < from.cols; ++j) {
    std::copy_n(from.column(j), from.rows, to.column(j));
  }
}

/// The conjugate transpose of `a`, in memory of its own.
template <class T>
OwnColumns<T> adjoint_of(const Columns<T>& a) {
  OwnColumns<T> result(a.cols, a.rows);
  for (std::int64_t j = 0; j < a.cols; ++j) {
    for (std::int64_t i = 0; i < a.rows; ++i) {
      result.matrix(j, i) = conjugate(a(i, j));
    }
  }
  return result;
}

/// a b, in memory of its own.
template <class R>
OwnColumns<R> product_of(const Columns<R>& a, const Columns<R>& b) {
  OwnColumns<R> product(a.rows, b.cols);
  // As the product of the transposes, whose rows lie together, which `multiply` prefers.
  const auto operand = [](const Columns<R>& matrix) { return MatrixRef{matrix.data, matrix.stride, 1}; };
  multiply(dtype_of<R>, {b.cols, a.rows, a.cols}, operand(b), operand(a), operand(product.matrix));
  return product;
}

/// The real or imaginary parts of a matrix.
template <class R>
OwnColumns<R> part_of(const Columns<std::complex<R>>& a, bool imaginary) {
  OwnColumns<R> result(a.rows, a.cols);
  for (std::int64_t j = 0; j < a.cols; ++j) {
    for (std::int64_t i = 0; i < a.rows; ++i) {
      result.matrix(i, j) = imaginary ? a(i, j).imag() : a(i, j).real();
    }
  }
  return result;
}

/// c -= a b
template <class T>
void subtract_product(const Columns<T>& a, const Columns<T>& b, const Columns<T>& c) {
  if (a.cols == 0 || c.rows == 0 || c.cols == 0) {
    return;
  }
  if (c.rows * c.cols * a.cols < 4096) {
    for (std::int64_t j = 0; j < c.cols; ++j) {
      for (std::int64_t k = 0; k < a.cols; ++k) {
        add_multiple(c.rows, -b(k, j), a.column(k), c.column(j));
      }
    }
    return;
  }
  if constexpr (std::is_floating_point_v<T>) {
    const OwnColumns<T> product = product_of(a, b);
    for (std::int64_t j = 0; j < c.cols; ++j) {
      add_multiple(c.rows, T(-1), product.matrix.column(j), c.column(j));
    }
  } else {
    for (const bool a_imaginary : {false, true}) {
      const auto left = part_of(a, a_imaginary);
      for (const bool b_imaginary : {false, true}) {
        const auto right = part_of(b, b_imaginary);
        const auto product = product_of(left.matrix, right.matrix);
        const T unit = a_imaginary != b_imaginary ? T(0, 1) : a_imaginary ? T(-1) : T(1);
        for (std::int64_t j = 0; j < c.cols; ++j) {
          for (std::int64_t i = 0; i < c.rows; ++i) {
            c(i, j) -= unit * product.matrix(i, j);
          }
        }
      }
    }
  }
}

/// A plane rotation: (c, s) turns (f, g) into (r, 0).
struct Rotation {
  double c = 1.0;
  double s = 0.0;
  double r = 0.0;
};

/// The rotation with c >= 0 that makes the second of (f, g) zero.
inline Rotation rotation_of(double f, double g) noexcept {
  if (g == 0.0) {
    return {1.0, 0.0, f};
  }
  if (f == 0.0) {
    return {0.0, with_sign(1.0, g), std::fabs(g)};
  }
  const double length = std::fabs(f) < 1e150 && std::fabs(g) < 1e150 && std::fabs(f) > 1e-150 && std::fabs(g) > 1e-150
                            ? std::sqrt(f * f + g * g)
                            : std::hypot(f, g);
  const double r = with_sign(length, f);
  return {std::fabs(f) / length, g / r, r};
}

/// (x, y) becomes (c x + s y, c y - s x).
template <class T>
void rotate(std::int64_t n, T* x, std::int64_t x_step, T* y, std::int64_t y_step, double c, double s) noexcept {
  if (x_step == 1 && y_step == 1) {
    TS2CPP_INDEPENDENT_ITERATIONS
    for (std::int64_t i = 0; i < n; ++i) {
      const T sum = c * x[i] + s * y[i];
      y[i] = c * y[i] - s * x[i];
      x[i] = sum;
    }
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const T sum = c * x[i * x_step] + s * y[i * y_step];
    y[i * y_step] = c * y[i * y_step] - s * x[i * x_step];
    x[i * x_step] = sum;
  }
}

}  // namespace ts2cpp::kernels
