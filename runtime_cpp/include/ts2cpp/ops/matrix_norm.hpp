// Norms of matrices and the condition number.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/extremum.hpp>
#include <ts2cpp/ops/matrices.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/solver.hpp>
#include <ts2cpp/ops/spectral.hpp>
#include <ts2cpp/ops/unary.hpp>

namespace ts2cpp {
namespace detail {

inline constexpr const char* kMatrixNorm = "linalg.matrix_norm";

/// The order of the norm of a matrix: a number, "fro" or "nuc".
struct MatrixOrder {
  explicit MatrixOrder(std::string_view order) : name(order) {}
  explicit MatrixOrder(const Scalar& order) : number(norm_order(kMatrixNorm, order)) {}

  bool is_name(std::string_view other) const { return name == other; }
  bool is_spectral() const { return name == "nuc" || (name.empty() && std::abs(number) == 2.0); }
  bool is_valid() const {
    return name.empty() ? std::abs(number) == 1.0 || std::abs(number) == 2.0 || std::isinf(number)
                        : name == "fro" || name == "nuc";
  }
  std::string text() const { return name.empty() ? short_number(number) : std::string(name); }

  std::string_view name;
  double number = 0.0;
};

inline std::pair<std::int64_t, std::int64_t> matrix_dims(const Tensor& self, IntSpan dim) {
  require_matrix(self, kMatrixNorm);
  if (dim.size() != 2) {
    std::string shown;
    for (std::int64_t i = 0; i < dim.size(); ++i) {
      shown += (i == 0 ? "" : " ") + std::to_string(dim[i]);
    }
    raise("RuntimeError", {kMatrixNorm, ": dim must be a 2-tuple. Got ", shown});
  }
  const std::int64_t first = wrap_dim(dim[0], self.dim());
  const std::int64_t second = wrap_dim(dim[1], self.dim());
  if (first == second) {
    raise("RuntimeError", {kMatrixNorm, ": dims must be different. Got (", first, ", ", second, ")"});
  }
  return {first, second};
}

/// The largest value along `dim`, 0 of none, or the smallest.
template <class Lazy>
Tensor extreme_norm(const Tensor& values, std::int64_t dim, bool largest, bool keepdim) {
  if (!largest) {
    return ops::amin<Lazy>(values, Dims(dim), keepdim);
  }
  return values.size(dim) == 0 ? ops::sum<Lazy>(values, Dims(dim), keepdim)
                               : ops::amax<Lazy>(values, Dims(dim), keepdim);
}

template <class Lazy>
Tensor matrix_norm_impl(const Tensor& self, const MatrixOrder& order, IntSpan dim, bool keepdim,
                        std::optional<DType> dtype) {
  if (!order.is_valid()) {
    raise("RuntimeError", {kMatrixNorm, ": Order ", order.text(), " not supported."});
  }
  const auto [first, second] = matrix_dims(self, dim);
  check_norm_dtypes(kMatrixNorm, self.dtype(), dtype);
  if (order.is_name("fro")) {
    return norm_impl<Lazy>(self, 2, Dims{first, second}, keepdim, dtype);
  }
  if (order.is_spectral()) {
    require_inexact(self, kMatrixNorm, false);
    const Tensor values = ops::linalg_svdvals<Lazy>(ops::movedim(to_dtype(self, dtype.value_or(self.dtype()), false),
                                                                 {first, second}, {self.dim() - 2, self.dim() - 1}));
    if (order.number < 0.0 && values.size(-1) == 0) {
      raise("IndexError", "amin(): Expected reduction dim -1 to have non-zero size.");
    }
    const Tensor result = order.is_name("nuc") ? ops::sum<Lazy>(values, Dims(-1))
                                               : extreme_norm<Lazy>(values, -1, order.number > 0.0, false);
    if (!keepdim) {
      return result;
    }
    return ops::unsqueeze(ops::unsqueeze(result, std::min(first, second)), std::max(first, second));
  }
  const bool rows = std::isinf(order.number);
  const std::int64_t summed = rows ? second : first;
  const std::int64_t picked = rows ? first : second;
  const Tensor sums = norm_impl<Lazy>(self, 1, Dims(summed), keepdim, dtype);
  return extreme_norm<Lazy>(sums, !keepdim && summed < picked ? picked - 1 : picked, order.number > 0.0, keepdim);
}

inline void check_norm_dim(const Tensor& self, const Dims& dim, bool ordered) {
  const bool given = !dim.list().empty() || dim.is_empty_list();
  if (given && dim.list().size() != 1 && dim.list().size() != 2) {
    raise("RuntimeError", {"linalg.norm: If dim is specified, it must be of length 1 or 2. Got ", dim.list()});
  }
  if (!given && ordered && self.dim() != 1 && self.dim() != 2) {
    raise("RuntimeError",
          {"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ", self.dim(), "D."});
  }
}

template <class Lazy>
Tensor condition(const Tensor& self, const MatrixOrder& order, const std::string& shown) {
  if (self.dim() < 2) {
    raise("RuntimeError", "linalg.cond: The input tensor must have at least 2 dimensions.");
  }
  if (!order.name.empty()) {
    require_square(self, "linalg.cond(ord=" + shown + ")");
  }
  if (!order.is_valid()) {
    raise("RuntimeError", {"linalg.cond got an invalid norm type: ", shown});
  }
  if (self.numel() == 0) {
    return ops::zeros(batch_sizes(self), to_real_dtype(self.dtype()));
  }
  if (order.name.empty() && order.is_spectral()) {
    const Tensor values = ops::linalg_svdvals<Lazy>(self);
    const Tensor largest = ops::select(values, -1, 0);
    const Tensor smallest = ops::select(values, -1, -1);
    return order.number > 0.0 ? ops::div<Lazy>(largest, smallest) : ops::div<Lazy>(smallest, largest);
  }
  require_square(self, "linalg.cond(ord=" + shown + ")");
  if (order.is_name("nuc")) {
    const Tensor values = ops::linalg_svdvals<Lazy>(self);
    return ops::mul<Lazy>(ops::sum<Lazy>(values, Dims(-1)), ops::sum<Lazy>(ops::reciprocal<Lazy>(values), Dims(-1)));
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto [found, info] = ops::linalg_inv_ex<Lazy>(self, false);
  const Tensor singular = ops::unsqueeze(ops::unsqueeze(ops::gt<Lazy>(info, 0), -1), -1);
  const Tensor inverse = ops::where<Lazy>(singular, Scalar(infinity), found);
  const Tensor product = ops::mul<Lazy>(matrix_norm_impl<Lazy>(self, order, {-2, -1}, false, std::nullopt),
                                        matrix_norm_impl<Lazy>(inverse, order, {-2, -1}, false, std::nullopt));
  return ops::where<Lazy>(ops::isfinite<Lazy>(product), product, Scalar(infinity));
}

}  // namespace detail

namespace ops {

/// The norm of the matrices along the two dimensions `dim`: the largest sum of a column (1) or row (inf), the largest
/// singular value (2), the smallest for the negative orders, "fro" or "nuc".
template <class Lazy = void>
Tensor linalg_matrix_norm(const Tensor& self, const Scalar& ord, IntSpan dim = {-2, -1}, bool keepdim = false,
                          std::optional<DType> dtype = std::nullopt) {
  return detail::matrix_norm_impl<Lazy>(self, detail::MatrixOrder(ord), dim, keepdim, dtype);
}
template <class Lazy = void>
Tensor linalg_matrix_norm_named(const Tensor& self, std::string_view ord = "fro", IntSpan dim = {-2, -1},
                                bool keepdim = false, std::optional<DType> dtype = std::nullopt) {
  return detail::matrix_norm_impl<Lazy>(self, detail::MatrixOrder(ord), dim, keepdim, dtype);
}

/// A vector norm, or with two dimensions and an order a matrix norm.
template <class Lazy = void>
Tensor linalg_norm(const Tensor& self, const std::optional<Scalar>& ord = std::nullopt, const Dims& dim = std::nullopt,
                   bool keepdim = false, std::optional<DType> dtype = std::nullopt) {
  detail::check_norm_dim(self, dim, ord.has_value());
  if (ord && (dim.list().empty() ? self.dim() : dim.list().size()) == 2) {
    const IntSpan last = {-2, -1};
    return linalg_matrix_norm<Lazy>(self, *ord, dim.list().empty() ? last : dim.list(), keepdim, dtype);
  }
  return detail::norm_impl<Lazy>(self, ord.value_or(2), dim, keepdim, dtype);
}
template <class Lazy = void>
Tensor linalg_norm_named(const Tensor& self, std::string_view ord, const Dims& dim = std::nullopt, bool keepdim = false,
                         std::optional<DType> dtype = std::nullopt) {
  detail::check_norm_dim(self, dim, true);
  if (dim.list().empty()) {
    return linalg_matrix_norm_named<Lazy>(self, ord, {-2, -1}, keepdim, dtype);
  }
  return linalg_matrix_norm_named<Lazy>(self, ord, dim.list(), keepdim, dtype);
}

template <class Lazy = void>
Tensor nuclear_norm(const Tensor& self, bool keepdim = false) {
  return linalg_matrix_norm_named<Lazy>(self, "nuc", {-2, -1}, keepdim);
}
template <class Lazy = void>
Tensor nuclear_norm_along(const Tensor& self, IntSpan dim, bool keepdim = false) {
  return linalg_matrix_norm_named<Lazy>(self, "nuc", dim, keepdim);
}

/// The condition number of every matrix for the norm of order `p`, the 2-norm by default.
template <class Lazy = void>
Tensor linalg_cond(const Tensor& self, const std::optional<Scalar>& p = std::nullopt) {
  const Scalar order = p.value_or(2);
  return detail::condition<Lazy>(self, detail::MatrixOrder(order), detail::short_number(order.to_double()));
}
template <class Lazy = void>
Tensor linalg_cond_named(const Tensor& self, std::string_view p) {
  return detail::condition<Lazy>(self, detail::MatrixOrder(p), std::string(p));
}

}  // namespace ops
}  // namespace ts2cpp
