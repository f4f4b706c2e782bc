// Functions of matrices: trace, powers, the exponential, rank, pseudo-inverse, and tensors taken for matrices.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/arithmetic_functions.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/extremum.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/matrices.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/solver.hpp>
#include <ts2cpp/ops/spectral.hpp>
#include <ts2cpp/ops/unary.hpp>

namespace ts2cpp {
namespace detail {

// ---- the exponential

/// The degree of the Taylor polynomial, whose remainder is below 2^-65 for matrices of a 1-norm up to 1, and the powers
/// of the matrix that are made explicitly.
inline constexpr std::size_t kExponentialDegree = 20;
inline constexpr std::size_t kExponentialGroup = 4;

/// out = a b for square matrices of n rows, row by row.
template <class T>
void multiply_square(std::size_t n, const std::vector<T>& a, const std::vector<T>& b, std::vector<T>& out) {
  std::fill(out.begin(), out.end(), T(0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      const T factor = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j) {
        out[i * n + j] += factor * b[k * n + j];
      }
    }
  }
}

/// exp of one matrix by scaling and squaring. The polynomial is evaluated as Paterson and Stockmeyer do it, so that it
/// costs seven products.
template <class T>
void exponential_of(std::size_t n, T* matrix) {
  double norm = 0.0;
  for (std::size_t j = 0; j < n; ++j) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += std::abs(matrix[i * n + j]);
    }
    norm = math::maximum(norm, sum);
  }
  if (!std::isfinite(norm)) {
    std::fill(matrix, matrix + n * n, T(std::numeric_limits<double>::quiet_NaN()));
    return;
  }
  int squarings = 0;
  static_cast<void>(std::frexp(norm, &squarings));
  squarings = std::max(squarings, 0);
  const double scale = std::ldexp(1.0, -squarings);
  std::array<std::vector<T>, kExponentialGroup + 1> powers;
  powers.fill(std::vector<T>(n * n, T(0)));
  for (std::size_t i = 0; i < n; ++i) {
    powers[0][i * n + i] = T(1);
  }
  for (std::size_t i = 0; i < n * n; ++i) {
    powers[1][i] = matrix[i] * scale;
  }
  for (std::size_t k = 2; k <= kExponentialGroup; ++k) {
    multiply_square(n, powers[k - 1], powers[1], powers[k]);
  }
  std::array<double, kExponentialDegree + 1> factorial{};
  factorial[0] = 1.0;
  for (std::size_t k = 1; k <= kExponentialDegree; ++k) {
    factorial[k] = factorial[k - 1] * static_cast<double>(k);
  }
  std::vector<T> result(n * n, T(0));
  std::vector<T> next(n * n, T(0));
  for (std::size_t i = 0; i < n; ++i) {
    result[i * n + i] = T(1.0 / factorial[kExponentialDegree]);
  }
  for (std::size_t first = kExponentialDegree; first > 0;) {
    first -= kExponentialGroup;
    multiply_square(n, result, powers[kExponentialGroup], next);
    for (std::size_t k = 0; k < kExponentialGroup; ++k) {
      for (std::size_t i = 0; i < n * n; ++i) {
        next[i] += powers[k][i] / factorial[first + k];
      }
    }
    result.swap(next);
  }
  for (int i = 0; i < squarings; ++i) {
    multiply_square(n, result, result, next);
    result.swap(next);
  }
  std::copy(result.begin(), result.end(), matrix);
}

/// n^3 as long as it fits: what one matrix costs.
template <class T>
void exponential_batch(const Tensor& values) {
  const std::int64_t n = values.size(-1);
  const std::int64_t count = values.numel() / (n * n);
  T* const data = values.data_ptr<T>();
  parallel_for(count, kElementGrain / cube(std::min<std::int64_t>(n, 32)) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   exponential_of(static_cast<std::size_t>(n), data + i * n * n);
                 }
               });
}

// ---- rank and pseudo-inverse: what counts as zero

/// The tolerances under which singular values count as zero: numbers or tensors, absent ones by the usual rule.
struct Tolerances {
  std::optional<Tensor> absolute;
  std::optional<Tensor> relative;

  static std::optional<Tensor> number(const std::optional<double>& value) {
    return value ? std::optional<Tensor>(ops::full({}, *value, DType::float64)) : std::nullopt;
  }
  void check(const std::string& name) const {
    for (const auto* tensor : {&absolute, &relative}) {
      if (*tensor && is_complex((*tensor)->dtype())) {
        raise("RuntimeError", {name, tensor == &absolute ? ": atol" : ": rtol",
                               " tensor of complex type is not supported. Got ", dtype_label((*tensor)->dtype())});
      }
    }
  }
  /// The larger of the absolute tolerance and the relative one times the largest singular values.
  template <class Lazy>
  Tensor threshold(const Tensor& self, const Tensor& largest) const {
    const DType real = largest.dtype();
    const double epsilon = real == DType::float32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                                  : std::numeric_limits<double>::epsilon();
    const double usual = epsilon * static_cast<double>(std::max(self.size(-1), self.size(-2)));
    Tensor factor = ops::full({}, usual, real);
    if (relative) {
      factor = to_dtype(*relative, real, false);
    } else if (absolute) {
      factor = to_dtype(ops::where<Lazy>(ops::gt<Lazy>(*absolute, 0), Scalar(0.0), Scalar(usual)), real, false);
    }
    const Tensor scaled = ops::mul<Lazy>(largest, factor);
    const Tensor fixed = absolute ? to_dtype(*absolute, real, false) : ops::zeros({}, real);
    return ops::maximum<Lazy>(scaled, fixed);
  }
};

template <class Lazy>
Tensor rank_impl(const Tensor& self, const Tolerances& tolerances, bool hermitian) {
  const std::string name = "torch.linalg.matrix_rank";
  require_matrix(self, name, "input");
  tolerances.check(name);
  if (self.numel() == 0) {
    return ops::zeros(batch_sizes(self), DType::int64);
  }
  if (is_integral(self.dtype(), true) || is_reduced_float(self.dtype())) {
    raise("RuntimeError", "This function doesn't handle types other than float and double");
  }
  const Tensor values =
      hermitian ? ops::abs<Lazy>(ops::linalg_eigvalsh<Lazy>(self, "L")) : ops::linalg_svdvals<Lazy>(self);
  const Tensor threshold = tolerances.threshold<Lazy>(self, ops::amax<Lazy>(values, Dims(-1)));
  return ops::sum<Lazy>(ops::gt<Lazy>(values, ops::unsqueeze(threshold, -1)), Dims(-1));
}

template <class Lazy>
Tensor pseudo_inverse(const Tensor& self, const Tolerances& tolerances, bool hermitian) {
  const bool refused = is_integral(self.dtype(), true) || is_reduced_float(self.dtype());
  if (!tolerances.relative) {
    wrap_dim(-2, self.dim());
    if (refused) {
      raise("RuntimeError", "This function doesn't handle types other than float and double");
    }
  }
  if (self.dim() < 2 || refused) {
    raise("RuntimeError", {"linalg.pinv(", dtype_label(self.dtype()), "{", self.sizes(),
                           "}): expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble "
                           "types"});
  }
  tolerances.check("torch.linalg.pinv");
  if (self.numel() == 0) {
    return Tensor::empty(extended(batch_sizes(self), {self.size(-1), self.size(-2)}), self.dtype());
  }
  Tensor left;
  Tensor values;
  Tensor right;
  if (hermitian) {
    std::tie(values, left) = ops::linalg_eigh<Lazy>(self, "L");
    right = left;
  } else {
    std::tie(left, values, right) = ops::linalg_svd<Lazy>(self, false);
    right = ops::conj<Lazy>(ops::transpose(right, -2, -1));
  }
  const Tensor sizes = ops::abs<Lazy>(values);
  const Tensor threshold = ops::unsqueeze(tolerances.threshold<Lazy>(self, ops::amax<Lazy>(sizes, Dims(-1))), -1);
  const Tensor inverted = ops::where<Lazy>(ops::gt<Lazy>(sizes, threshold), ops::reciprocal<Lazy>(values), Scalar(0.0));
  return ops::matmul(ops::mul<Lazy>(right, ops::unsqueeze(inverted, -2)),
                     ops::conj<Lazy>(ops::transpose(left, -2, -1)));
}

inline std::int64_t extent_product(const Tensor& self, std::int64_t begin, std::int64_t end) {
  return batch_count(IntSpan(self.sizes().data() + begin, end - begin));
}

inline void check_slice(const Tensor& self, std::int64_t count) {
  if (count > self.dim()) {
    raise("RuntimeError", {"ArrayRef: invalid slice, N = ", count, "; size = ", self.dim()});
  }
}

}  // namespace detail

namespace ops {

/// The sum of the diagonal of a matrix; int64 for integers.
template <class Lazy = void>
Tensor trace(const Tensor& self) {
  if (self.dim() != 2) {
    raise("RuntimeError", {"trace: expected a matrix, but got tensor with dim ", self.dim()});
  }
  if (self.dtype() == DType::bool_) {
    detail::raise_no_kernel("trace", self.dtype());
  }
  return ops::sum<Lazy>(diagonal(self));
}

/// The n-th power of every matrix; that of the inverse for a negative `n`.
template <class Lazy = void>
Tensor linalg_matrix_power(const Tensor& self, std::int64_t n) {
  detail::require_square(self, "linalg.matrix_power");
  if (n == 0) {
    return clone(expand(eye(self.size(-1), self.dtype()), self.sizes()));
  }
  Tensor base = n < 0 ? linalg_inv<Lazy>(self) : self;
  if (n == 3 || n == -3) {
    return matmul(matmul(base, base), base);
  }
  Tensor result;
  // The binary digits of the exponent, the lowest first.
  for (std::uint64_t digits = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);;) {
    if ((digits & 1) != 0) {
      result = result.defined() ? matmul(result, base) : base;
    }
    digits >>= 1;
    if (digits == 0) {
      return result.is(self) ? clone(result) : result;
    }
    base = matmul(base, base);
  }
}

/// The exponential of every square matrix.
inline Tensor linalg_matrix_exp(const Tensor& self) {
  detail::require_square(self, "linalg.matrix_exp");
  detail::require_inexact(self, "linalg.matrix_exp");
  if (self.numel() == 0) {
    return clone(self);
  }
  const DType wide = detail::wide_dtype(self.dtype());
  const Tensor values =
      detail::contiguous_copy(self, wide).is(self) ? clone(self) : detail::contiguous_copy(self, wide);
  if (self.size(-1) == 1) {
    return detail::to_dtype(exp<void>(values), self.dtype(), false);
  }
  if (wide == DType::complex128) {
    detail::exponential_batch<complex128>(values);
  } else {
    detail::exponential_batch<double>(values);
  }
  return detail::to_dtype(values, self.dtype(), false);
}

/// How many singular values of every matrix are above a tolerance.
template <class Lazy = void>
Tensor linalg_matrix_rank(const Tensor& self, const std::optional<double>& atol = std::nullopt,
                          const std::optional<double>& rtol = std::nullopt, bool hermitian = false) {
  using detail::Tolerances;
  return detail::rank_impl<Lazy>(self, {Tolerances::number(atol), Tolerances::number(rtol)}, hermitian);
}
template <class Lazy = void>
Tensor linalg_matrix_rank_within(const Tensor& self, const std::optional<Tensor>& atol = std::nullopt,
                                 const std::optional<Tensor>& rtol = std::nullopt, bool hermitian = false) {
  return detail::rank_impl<Lazy>(self, {atol, rtol}, hermitian);
}
template <class Lazy = void>
Tensor linalg_matrix_rank_above(const Tensor& self, const Tensor& tol, bool hermitian = false) {
  return detail::rank_impl<Lazy>(self, {tol, detail::Tolerances::number(0.0)}, hermitian);
}

/// The Moore-Penrose inverse; singular values up to a tolerance count as zero.
template <class Lazy = void>
Tensor linalg_pinv(const Tensor& self, const std::optional<double>& atol = std::nullopt,
                   const std::optional<double>& rtol = std::nullopt, bool hermitian = false) {
  using detail::Tolerances;
  return detail::pseudo_inverse<Lazy>(self, {Tolerances::number(atol), Tolerances::number(rtol)}, hermitian);
}
template <class Lazy = void>
Tensor linalg_pinv_within(const Tensor& self, const std::optional<Tensor>& atol = std::nullopt,
                          const std::optional<Tensor>& rtol = std::nullopt, bool hermitian = false) {
  return detail::pseudo_inverse<Lazy>(self, {atol, rtol}, hermitian);
}
template <class Lazy = void>
Tensor linalg_pinv_above(const Tensor& self, const Tensor& rcond, bool hermitian = false) {
  return detail::pseudo_inverse<Lazy>(self, {detail::Tolerances::number(0.0), rcond}, hermitian);
}

template <class Lazy = void>
Tensor pinverse(const Tensor& self, double rcond = 1e-15) {
  return linalg_pinv<Lazy>(self, 0.0, rcond);
}

/// The inverse under tensordot over `ind` dimensions of a tensor whose first `ind` extents multiply to the product of
/// the others.
template <class Lazy = void>
Tensor linalg_tensorinv(const Tensor& self, std::int64_t ind = 2) {
  if (ind <= 0) {
    raise("RuntimeError", {"Expected a strictly positive integer for 'ind', but got ", ind});
  }
  detail::check_slice(self, ind);
  const std::int64_t rows = detail::extent_product(self, 0, ind);
  const std::int64_t columns = detail::extent_product(self, ind, self.dim());
  if (rows != columns) {
    raise("RuntimeError",
          {"Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got ",
           columns, " != ", rows});
  }
  const auto [inverse, info] = linalg_inv_ex<Lazy>(reshape(self, {rows, columns}), false);
  detail::raise_for_codes(info, "inv");
  DimVector sizes;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    sizes.push_back(self.sizes()[(d + ind) % self.dim()]);
  }
  return reshape(inverse, sizes);
}

/// The X whose contraction with `self` over its own dimensions is `other`; `dims` are moved to the end of `self` first.
template <class Lazy = void>
Tensor linalg_tensorsolve(const Tensor& self, const Tensor& other, const std::optional<IntSpan>& dims = std::nullopt) {
  Tensor moved = self;
  if (dims) {
    DimVector last;
    for (std::int64_t i = 0; i < dims->size(); ++i) {
      last.push_back(self.dim() - dims->size() + i);
    }
    moved = movedim(self, *dims, last);
  }
  detail::check_slice(self, other.dim());
  const std::int64_t rows = other.numel();
  const std::int64_t columns = detail::extent_product(moved, other.dim(), moved.dim());
  if (rows != columns) {
    raise("RuntimeError",
          {"Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
           "but got ",
           columns, " != ", rows});
  }
  const Tensor solution = linalg_solve<Lazy>(reshape(moved, {rows, columns}), reshape(other, {rows}));
  return reshape(solution, IntSpan(moved.sizes().data() + other.dim(), moved.dim() - other.dim()));
}

}  // namespace ops
}  // namespace ts2cpp
