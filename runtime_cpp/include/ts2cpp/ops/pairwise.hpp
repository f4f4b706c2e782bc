// Distances between all rows of one or two matrices.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail {

/// The sum of term(0), ..., term(n - 1), begun anew every 64 terms: long chains of additions lose digits.
template <class T, class Term>
T sum_in_runs(std::int64_t n, const Term& term) noexcept {
  T total = 0;
  for (std::int64_t i = 0; i < n;) {
    T part = 0;
    for (const std::int64_t end = std::min<std::int64_t>(n, i + 64); i < end; ++i) {
      part += term(i);
    }
    total += part;
  }
  return total;
}

/// The p-norm of a - b, n elements each. `keep_nan` decides whether a NaN counts in a maximum.
template <class T>
T row_distance(const T* a, const T* b, std::int64_t n, double p, bool keep_nan) noexcept {
  T total = 0;
  if (p == 2.0) {
    return std::sqrt(sum_in_runs<T>(n, [=](std::int64_t i) { return (a[i] - b[i]) * (a[i] - b[i]); }));
  }
  if (p == 1.0) {
    return sum_in_runs<T>(n, [=](std::int64_t i) { return std::abs(a[i] - b[i]); });
  }
  if (std::isinf(p)) {
    for (std::int64_t i = 0; i < n; ++i) {
      const T size = std::abs(a[i] - b[i]);
      total = size > total || (keep_nan && size != size) ? size : total;
      if (keep_nan && total != total) {
        return total;
      }
    }
    return total;
  }
  if (p == 0.0) {
    for (std::int64_t i = 0; i < n; ++i) {
      const T size = std::abs(a[i] - b[i]);
      total += size != size ? size : static_cast<T>(size != T(0));
    }
    return total;
  }
  const auto power = static_cast<T>(p);
  total = sum_in_runs<T>(n, [=](std::int64_t i) { return std::pow(std::abs(a[i] - b[i]), power); });
  return std::pow(total, static_cast<T>(1.0 / p));
}

/// Rows that are worth a task of their own.
inline std::int64_t distance_grain(std::int64_t distances, std::int64_t columns) noexcept {
  return std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, distances * columns));
}

/// The distances between the rows of a contiguous matrix: those above the diagonal of the matrix of distances.
inline Tensor condensed_distances(const Tensor& self, double p) {
  const std::int64_t rows = self.size(0);
  const std::int64_t columns = self.size(1);
  const Tensor out = Tensor::empty({rows <= 1 ? 0 : rows * (rows - 1) / 2}, self.dtype());
  if (columns == 0) {
    std::fill_n(static_cast<char*>(out.raw_data()), out.numel() * out.itemsize(), '\0');
    return out;
  }
  if (rows <= 1) {
    return out;
  }
  dispatch("pdist!", Floats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = self.data_ptr<T>();
    parallel_for(rows - 1, distance_grain(rows, columns), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        T* const to = out.data_ptr<T>() + i * (2 * rows - i - 1) / 2 - i - 1;
        for (std::int64_t j = i + 1; j < rows; ++j) {
          to[j] = row_distance(data + i * columns, data + j * columns, columns, p, true);
        }
      }
    });
  });
  return out;
}

inline void check_pairwise(const Tensor& x1, const Tensor& x2, double p, std::optional<std::int64_t> compute_mode) {
  for (const Tensor* const x : {&x1, &x2}) {
    if (x->dim() < 2) {
      raise("RuntimeError",
            {"cdist only supports at least 2D tensors, ", x == &x1 ? "X1" : "X2", " got: ", x->dim(), "D"});
    }
  }
  if (x1.size(-1) != x2.size(-1)) {
    raise("RuntimeError", {"X1 and X2 must have the same number of columns. X1: ", x1.size(-1), " X2: ", x2.size(-1)});
  }
  for (const Tensor* const x : {&x1, &x2}) {
    if (!is_floating_point(x->dtype())) {
      raise("RuntimeError",
            {"cdist only supports floating-point dtypes, ", x == &x1 ? "X1" : "X2", " got: ", dtype_label(x->dtype())});
    }
  }
  if (!(p >= 0.0)) {
    raise("RuntimeError", "cdist only supports non-negative p values");
  }
  if (compute_mode && (*compute_mode < 0 || *compute_mode > 2)) {
    raise("RuntimeError", {"possible modes: 0, 1, 2, but was: ", *compute_mode});
  }
}

}  // namespace detail

namespace ops {

/// The p-norm distances between the rows of a contiguous matrix, in the order (0, 1), (0, 2), ..., (1, 2), ...
inline Tensor _pdist_forward(const Tensor& self, double p = 2.0) {
  if (!self.is_contiguous()) {
    raise("RuntimeError", "_pdist_forward requires contiguous input");
  }
  return detail::condensed_distances(self, p);
}

/// The same for any matrix of floats and p >= 0.
inline Tensor pdist(const Tensor& self, double p = 2.0) {
  if (self.dim() != 2) {
    raise("RuntimeError", {"pdist only supports 2D tensors, got: ", self.dim(), "D"});
  }
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", "pdist only supports floating-point dtypes");
  }
  if (!(p >= 0.0)) {
    raise("RuntimeError", "pdist only supports non-negative p values");
  }
  return detail::condensed_distances(kernels::dense(self), p);
}

/// The p-norm distances of every row of x1[..., P, M] to every row of x2[..., R, M].
inline Tensor cdist(const Tensor& x1, const Tensor& x2, double p = 2.0,
                    std::optional<std::int64_t> compute_mode = std::nullopt) {
  detail::check_pairwise(x1, x2, p, compute_mode);
  DimVector batch = broadcast_sizes(IntSpan(x1.sizes().data(), x1.dim() - 2), IntSpan(x2.sizes().data(), x2.dim() - 2));
  const std::int64_t rows = x1.size(-2);
  const std::int64_t others = x2.size(-2);
  const std::int64_t columns = x1.size(-1);
  DimVector sizes = batch;
  sizes.push_back(rows);
  sizes.push_back(others);
  const DType dtype = x1.dtype();
  const DType compute = detail::compute_dtype(dtype);
  const Tensor out = Tensor::empty(sizes, compute);
  if (columns == 0) {
    std::fill_n(static_cast<char*>(out.raw_data()), out.numel() * out.itemsize(), '\0');
  }
  if (columns == 0 || out.numel() == 0) {
    return kernels::as_dtype(out, dtype);
  }
  // More than 25 rows are a matter of matrix products in PyTorch, which knows the 16-bit types there.
  const bool large = rows > 25 || others > 25;
  const std::int64_t mode = compute_mode.value_or(0);
  if (compute != dtype && !(p == 2.0 && (mode == 1 || (mode == 0 && large)))) {
    detail::raise_no_kernel("cdist", dtype);
  }
  if (x2.dtype() != dtype) {
    raise("RuntimeError", {"expected scalar type ", dtype_label(dtype), " but found ", dtype_label(x2.dtype())});
  }
  const auto spread = [&](const Tensor& x) {
    DimVector wanted = batch;
    wanted.push_back(x.size(-2));
    wanted.push_back(columns);
    return kernels::dense_as(kernels::expanded(x, wanted), compute);
  };
  const Tensor a = spread(x1);
  const Tensor b = spread(x2);
  detail::visit(detail::Floats{}, compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    parallel_for(
        out.numel() / others, detail::distance_grain(others, columns), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const T* const from = a.data_ptr<T>() + i * columns;
            const T* const to = b.data_ptr<T>() + i / rows * others * columns;
            for (std::int64_t j = 0; j < others; ++j) {
              out.data_ptr<T>()[i * others + j] = detail::row_distance(from, to + j * columns, columns, p, false);
            }
          }
        });
  });
  return kernels::as_dtype(out, dtype);
}

inline Tensor _cdist_forward(const Tensor& x1, const Tensor& x2, double p, std::optional<std::int64_t> compute_mode) {
  return cdist(x1, x2, p, compute_mode);
}

}  // namespace ops
}  // namespace ts2cpp
