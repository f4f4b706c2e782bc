// Least squares: the solution of systems that have none, and the shortest of many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/kernels/least_squares.hpp>
#include <ts2cpp/ops/solver.hpp>

namespace ts2cpp::ops {

/// (solution, residuals, rank, singular values) of the least ||a x - b||; the shortest of several solutions.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(const Tensor& self, const Tensor& b,
                                                        std::optional<double> rcond = std::nullopt,
                                                        const std::optional<std::string>& driver = std::nullopt) {
  const std::string name = "torch.linalg.lstsq";
  if (self.dim() < 2) {
    raise("RuntimeError", {name, ": input must have at least 2 dimensions."});
  }
  if (b.dim() < 1) {
    raise("RuntimeError", {name, ": other must have at least 1 dimension."});
  }
  if (self.dtype() != b.dtype()) {
    raise("RuntimeError", {name, ": Expected input and other to have the same dtype, but got input's dtype ",
                           dtype_label(self.dtype()), " and other's dtype ", dtype_label(b.dtype())});
  }
  const std::int64_t fewer = self.dim() - b.dim();
  if (fewer < 0 || fewer > 1) {
    raise("RuntimeError", {name,
                           ": input.dim() must be greater or equal to other.dim() and (input.dim() - "
                           "other.dim()) <= 1"});
  }
  const bool vector = detail::is_vector_side(self, b);
  if (self.size(-2) != b.size(vector ? -1 : -2)) {
    raise("RuntimeError", {name, ": input.size(-2) should match other.size(", vector ? "-1)" : "-2)"});
  }
  const std::string method = driver.value_or("gelsy");
  if (method != "gels" && method != "gelsy" && method != "gelsd" && method != "gelss") {
    raise("RuntimeError", {name, ": parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"});
  }
  if (is_integral(self.dtype(), true) || is_reduced_float(self.dtype())) {
    raise("RuntimeError", "This function doesn't handle types other than float and double");
  }
  const Tensor sides = fewer == 1 ? unsqueeze(b, -1) : b;
  const DimVector batch = detail::common_batch(self, sides);
  const std::int64_t m = self.size(-2);
  const std::int64_t n = self.size(-1);
  if (sides.size(-2) != m) {
    raise("RuntimeError", {name, ": input.size(-2) should match other.size(-2)"});
  }
  const std::int64_t count = std::min(m, n);
  const std::int64_t columns = sides.size(-1);
  const DType wide = detail::wide_dtype(self.dtype());
  const DType real = to_real_dtype(self.dtype());
  const bool by_values = method != "gels";
  const bool shows_values = method == "gelsd" || method == "gelss";
  const double epsilon = real == DType::float64 ? std::numeric_limits<double>::epsilon()
                                                : static_cast<double>(std::numeric_limits<float>::epsilon());
  const double limit = rcond ? (*rcond < 0.0 ? epsilon / 2.0 : *rcond) : epsilon * static_cast<double>(std::max(m, n));
  const Tensor a = detail::columns_copy(self, batch, wide);
  const Tensor x = transpose(zeros(detail::extended(batch, {columns, std::max(m, n)}), wide), -2, -1);
  copy_(narrow(x, -2, 0, m), expand(sides, detail::extended(batch, {m, columns})));
  const Tensor values = zeros(detail::extended(batch, {count}), DType::float64);
  const Tensor rank = zeros(by_values ? batch : DimVector{0}, DType::int64);
  const Tensor info = zeros(batch, DType::int32);
  const Tensor remainders = zeros(detail::extended(batch, {columns}), DType::float64);
  const bool empty = self.numel() == 0;
  detail::with_wide_type(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(empty ? 0 : detail::batch_count(batch), detail::cube(count), [&](std::int64_t i) {
      kernels::LeastSquares<T> problem{detail::matrix_at<T>(a, i), detail::matrix_at<T>(x, i),
                                       values.template data_ptr<double>() + i * count};
      double* const sums = remainders.template data_ptr<double>() + i * columns;
      if (!by_values) {
        info.template data_ptr<std::int32_t>()[i] = problem.by_reflectors();
        for (std::int64_t j = 0; j < columns && m > n; ++j) {
          sums[j] = kernels::norm(m - n, problem.x.column(j) + n);
        }
        return;
      }
      info.template data_ptr<std::int32_t>()[i] = !kernels::all_finite(problem.a) ? std::int32_t{-4}
                                                  : shows_values ? problem.by_singular_values(limit)
                                                                 : problem.by_pivoted_reflectors(limit);
      rank.template data_ptr<std::int64_t>()[i] = problem.rank;
      std::copy(problem.residuals.begin(), problem.residuals.end(), sums);
    });
  });
  detail::raise_for_codes(info, name);
  bool full = m > n && method != "gelsy";
  for (std::int64_t i = 0; by_values && i < rank.numel(); ++i) {
    full = full && rank.template data_ptr<std::int64_t>()[i] == n;
  }
  Tensor residuals = detail::no_values(real);
  if (full) {
    for (std::int64_t i = 0; i < remainders.numel(); ++i) {
      double& value = remainders.template data_ptr<double>()[i];
      value *= value;
    }
    residuals = detail::values_as(remainders, real);
  }
  const Tensor solution = detail::columns_as(detail::columns_copy(narrow(x, -2, 0, n), wide), self.dtype());
  return {vector ? squeeze(solution, -1) : solution, residuals, rank,
          shows_values ? detail::values_as(values, real) : detail::no_values(real)};
}

}  // namespace ts2cpp::ops
