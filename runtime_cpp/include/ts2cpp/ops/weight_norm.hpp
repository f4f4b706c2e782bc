// Weights split into direction and length.
#pragma once

#include <cstdint>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/reduction.hpp>

namespace ts2cpp {
namespace detail {

/// The p-norm over all dimensions but `dim` (over all for -1), which keep size 1.
template <class Lazy>
Tensor norm_except(const Tensor& v, double p, std::int64_t dim) {
  if (dim == -1) {
    return norm_impl<Lazy>(v, p, std::nullopt, false, std::nullopt);
  }
  const std::int64_t kept = wrap_dim(dim, v.dim());
  DimVector others;
  for (std::int64_t d = 0; d < v.dim(); ++d) {
    if (d != kept) {
      others.push_back(d);
    }
  }
  return others.empty() ? ops::abs<Lazy>(v) : norm_impl<Lazy>(v, p, Dims(others), true, std::nullopt);
}

}  // namespace detail

namespace ops {

/// The norms of the slices along `dim`.
template <class Lazy = void>
Tensor norm_except_dim(const Tensor& v, std::int64_t pow = 2, std::int64_t dim = 0) {
  return detail::norm_except<Lazy>(v, static_cast<double>(pow), dim);
}

/// g * v / |v|
template <class Lazy = void>
Tensor _weight_norm(const Tensor& v, const Tensor& g, std::int64_t dim = 0) {
  const DType compute = detail::compute_dtype(v.dtype());
  const Tensor wide = detail::to_dtype(v, compute, false);
  const Tensor scale = div<Lazy>(detail::to_dtype(g, compute, false), detail::norm_except<Lazy>(wide, 2.0, dim));
  return detail::to_dtype(mul<Lazy>(wide, scale), v.dtype(), false);
}

}  // namespace ops
}  // namespace ts2cpp
