// Covariance, the trapezoidal rule, finite differences, and limits to the norms of slices.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/arithmetic_functions.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/unary.hpp>

namespace ts2cpp {
namespace detail {

// ---- covariance

inline void check_observation_weights(const std::string& name, const Tensor& weights, std::int64_t count,
                                      bool integral) {
  const std::string expected = "cov(): expected " + name + " to have ";
  if (weights.dim() > 1) {
    raise("RuntimeError", {expected, "one or fewer dimensions but got ", name, " with ", weights.dim(), " dimensions"});
  }
  const DType dtype = weights.dtype();
  if (integral ? !is_integral(dtype, false) : !is_floating_point(dtype)) {
    raise("RuntimeError", {expected, integral ? "integral" : "floating point", " dtype but got ", name, " with ",
                           dtype_label(dtype), " dtype"});
  }
  if (weights.numel() != count) {
    raise("RuntimeError",
          {expected, "the same numel as there are observations in the input but got ", weights.numel(), " != ", count});
  }
  const Tensor values = contiguous_copy(weights, DType::float64);
  const double* const data = values.data_ptr<double>();
  if (!std::all_of(data, data + count, [](double value) { return value >= 0.0; })) {
    raise("RuntimeError", {"cov(): ", name, " cannot be negative"});
  }
}

template <class Lazy>
Tensor covariance(const std::string& name, const Tensor& self, std::int64_t correction,
                  const std::optional<Tensor>& fweights, const std::optional<Tensor>& aweights) {
  if (self.dim() > 2) {
    raise("RuntimeError", {name, "(): expected input to have two or fewer dimensions but got an input with ",
                           self.dim(), " dimensions"});
  }
  if (self.dtype() == DType::bool_) {
    raise("RuntimeError", "cov(): bool dtype is not supported for input");
  }
  const Tensor values = self.dim() == 2 ? self : ops::reshape(self, {1, self.numel()});
  const std::int64_t count = values.sizes()[1];
  Tensor weights;
  if (fweights) {
    check_observation_weights("fweights", *fweights, count, true);
    weights = *fweights;
  }
  if (aweights) {
    check_observation_weights("aweights", *aweights, count, false);
    weights = weights.defined() ? ops::mul<Lazy>(weights, *aweights) : *aweights;
  }
  Tensor total = Tensor::empty({}, DType::int64);
  *total.data_ptr<std::int64_t>() = count;
  if (weights.defined()) {
    total = ops::sum<Lazy>(weights);
    if (!total.item().to_bool()) {
      raise("RuntimeError", "cov(): weights sum to zero, can't be normalized");
    }
  }
  const auto weighted = [&](const Tensor& tensor) {
    return weights.defined() ? ops::mul<Lazy>(tensor, weights) : tensor;
  };
  const Tensor average = ops::div<Lazy>(ops::sum<Lazy>(weighted(values), Dims{1}), total);
  Tensor freedom;
  if (aweights && correction != 0) {
    const Tensor squares = ops::mul<Lazy>(ops::sum<Lazy>(ops::mul<Lazy>(weights, *aweights)), Scalar(correction));
    freedom = ops::sub<Lazy>(total, ops::div<Lazy>(squares, total));
  } else {
    freedom = ops::sub<Lazy>(total, Scalar(correction));
  }
  if (freedom.item().to_double() <= 0.0) {
    warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.");
    freedom = ops::mul<Lazy>(freedom, Scalar(0));
  }
  const Tensor centred = ops::sub<Lazy>(values, ops::unsqueeze(average, 1));
  const Tensor products = ops::mm(centred, ops::conj<Lazy>(ops::t(weighted(centred))));
  return ops::squeeze(ops::div<Lazy>(products, freedom));
}

// ---- the trapezoidal rule

template <class Lazy>
Tensor neighbour_sums(const Tensor& y, std::int64_t dim) {
  return ops::add<Lazy>(ops::slice(y, dim, 0, -1), ops::slice(y, dim, 1));
}

/// The differences of the sample points, so that they broadcast against the sums of neighbours of `y`.
template <class Lazy>
Tensor sample_widths(const std::string& name, const Tensor& y, const Tensor& x, std::int64_t dim) {
  if (y.dtype() == DType::bool_ || x.dtype() == DType::bool_) {
    raise("RuntimeError", {name, ": received a bool input for `x` or `y`, but bool is not supported"});
  }
  DimVector sizes(x.sizes());
  if (x.dim() == 1) {
    if (x.sizes()[0] != y.size(dim)) {
      raise("RuntimeError", {name, ": There must be one `x` value for each sample point"});
    }
    sizes = DimVector(y.dim(), 1);
    sizes[wrap_dim(dim, y.dim())] = x.sizes()[0];
  }
  while (sizes.size() < y.dim()) {
    sizes.insert(0, 1);
  }
  const Tensor points = ops::reshape(x, sizes);
  return ops::sub<Lazy>(ops::slice(points, dim, 1), ops::slice(points, dim, 0, -1));
}

inline double sample_step(const std::string& name, const Tensor& y, const Scalar& dx) {
  if (y.dtype() == DType::bool_) {
    raise("RuntimeError", {name, ": received a bool input for `y`, but bool is not supported"});
  }
  if (dx.is_bool() || dx.is_complex()) {
    raise("RuntimeError", {name, ": Currently, we only support dx as a real number."});
  }
  return dx.to_double();
}

/// Zeros in place of the integral over no samples.
inline Tensor no_area(const Tensor& y, std::int64_t dim) {
  DimVector sizes(y.sizes());
  sizes.erase(wrap_dim(dim, y.dim()));
  const Tensor result = Tensor::empty(sizes, y.dtype());
  return ops::zero_(result);
}

// ---- finite differences

inline void check_gradient(const Tensor& self, std::int64_t spacings, const std::optional<IntSpan>& dims,
                           std::int64_t edge_order) {
  const std::string expected = "torch.gradient expected spacing to be unspecified, a scalar";
  if (self.dtype() == DType::uint8) {
    raise("RuntimeError", "torch.gradient does not support uint8 input.");
  }
  if (!dims && spacings != self.dim()) {
    raise("RuntimeError", {expected, ", or a list of length equal to 'self.dim() = ", self.dim(),
                           "', since dim argument was not given, but got a list of length ", spacings});
  }
  if (dims && spacings != dims->size()) {
    raise("RuntimeError", {expected,
                           " or it's spacing and dim arguments to have the same length, but got a spacing argument "
                           "of length ",
                           spacings, " and a dim argument of length ", dims->size(), "."});
  }
  if (edge_order != 1 && edge_order != 2) {
    raise("RuntimeError", "torch.gradient only supports edge_order=1 and edge_order=2.");
  }
  if (dims && !dims->empty()) {
    static_cast<void>(Dims(*dims).flags(self.dim()));
  }
  for (std::int64_t i = 0; i < spacings; ++i) {
    if (self.size(dims ? (*dims)[i] : i) < edge_order + 1) {
      raise("RuntimeError", "torch.gradient expected each dimension size to be at least edge_order+1");
    }
  }
}

/// a * first + b * second + c * third
template <class Lazy, class Weight>
Tensor weighted_sum(const Tensor& first, const Weight& a, const Tensor& second, const Weight& b, const Tensor& third,
                    const Weight& c) {
  return ops::add<Lazy>(ops::add<Lazy>(ops::mul<Lazy>(first, a), ops::mul<Lazy>(second, b)), ops::mul<Lazy>(third, c));
}

/// Central differences for samples `spacing` apart; at the edges, one-sided ones of the given order.
template <class Lazy>
Tensor even_gradient(const Tensor& self, const Scalar& spacing, std::int64_t d, std::int64_t edge_order) {
  const std::int64_t n = self.size(d);
  const auto part = [&](std::int64_t from, std::int64_t to) { return ops::slice(self, d, from, to); };
  const auto difference = [&](const Tensor& later, const Tensor& earlier) {
    return ops::div<Lazy>(ops::sub<Lazy>(later, earlier), spacing);
  };
  const Tensor centre = ops::div<Lazy>(difference(part(2, n), part(0, n - 2)), Scalar(2));
  if (edge_order == 1) {
    return ops::cat({difference(part(1, 2), part(0, 1)), centre, difference(part(n - 1, n), part(n - 2, n - 1))}, d);
  }
  const Tensor before = weighted_sum<Lazy>(part(0, 1), Scalar(-1.5), part(1, 2), Scalar(2), part(2, 3), Scalar(-0.5));
  const Tensor after =
      weighted_sum<Lazy>(part(n - 3, n - 2), Scalar(0.5), part(n - 2, n - 1), Scalar(-2), part(n - 1, n), Scalar(1.5));
  return ops::cat({ops::div<Lazy>(before, spacing), centre, ops::div<Lazy>(after, spacing)}, d);
}

/// The same for samples at `points`: second-order differences for unequal steps.
template <class Lazy>
Tensor uneven_gradient(const Tensor& self, const Tensor& points, std::int64_t d, std::int64_t edge_order) {
  if (points.dim() != 1) {
    raise("RuntimeError",
          {"torch.gradient expected each element of spacing to have one dimension, but got an element with ",
           points.dim(), " dimensions!"});
  }
  const std::int64_t n = self.size(d);
  const auto part = [&](std::int64_t from, std::int64_t to) { return ops::slice(self, d, from, to); };
  const auto times = [](const Tensor& a, const Tensor& b) { return ops::mul<Lazy>(a, b); };
  const auto over = [](const Tensor& a, const Tensor& b) { return ops::div<Lazy>(a, b); };
  const Tensor steps = ops::sub<Lazy>(ops::slice(points, 0, 1), ops::slice(points, 0, 0, -1));
  const Tensor one = ops::slice(steps, 0, 0, -1);
  const Tensor two = ops::slice(steps, 0, 1);
  const Tensor both = ops::add<Lazy>(one, two);
  DimVector shape(self.dim(), 1);
  shape[wrap_dim(d, self.dim())] = -1;
  const Tensor centre =
      weighted_sum<Lazy>(part(0, n - 2), ops::reshape(over(ops::neg<Lazy>(two), times(one, both)), shape),
                         part(1, n - 1), ops::reshape(over(ops::sub<Lazy>(two, one), times(one, two)), shape),
                         part(2, n), ops::reshape(over(one, times(two, both)), shape));
  if (edge_order == 1) {
    const Tensor before = over(ops::sub<Lazy>(part(1, 2), part(0, 1)), ops::select(steps, 0, 0));
    const Tensor after = over(ops::sub<Lazy>(part(n - 1, n), part(n - 2, n - 1)), ops::select(steps, 0, -1));
    return ops::cat({before, centre, after}, d);
  }
  const auto edge = [&](std::int64_t at, std::int64_t from, bool first) {
    const Tensor a = ops::select(one, 0, at);
    const Tensor b = ops::select(two, 0, at);
    const Tensor sum = ops::add<Lazy>(a, b);
    const Tensor& inner = first ? a : b;  // the step at the edge itself
    const Tensor& outer = first ? b : a;
    const Tensor double_step = ops::add<Lazy>(ops::mul<Lazy>(inner, Scalar(2)), outer);
    const Tensor near = over(first ? ops::neg<Lazy>(double_step) : double_step, times(inner, sum));
    const Tensor middle = over(first ? sum : ops::neg<Lazy>(sum), times(a, b));
    const Tensor far = over(first ? ops::neg<Lazy>(inner) : inner, times(outer, sum));
    return weighted_sum<Lazy>(part(from, from + 1), first ? near : far, part(from + 1, from + 2), middle,
                              part(from + 2, from + 3), first ? far : near);
  };
  return ops::cat({edge(0, 0, true), centre, edge(-1, n - 3, false)}, d);
}

template <class Lazy>
Tensor one_gradient(const Tensor& self, const Tensor& points, std::int64_t d, std::int64_t edge_order) {
  return uneven_gradient<Lazy>(self, points, d, edge_order);
}
template <class Lazy>
Tensor one_gradient(const Tensor& self, const Scalar& spacing, std::int64_t d, std::int64_t edge_order) {
  return even_gradient<Lazy>(self, spacing, d, edge_order);
}

template <class Lazy, class Spacing>
List<Tensor> gradients(const Tensor& self, Span<const Spacing> spacing, const std::optional<IntSpan>& dims,
                       std::int64_t edge_order) {
  check_gradient(self, spacing.size(), dims, edge_order);
  List<Tensor> result;
  for (std::int64_t i = 0; i < spacing.size(); ++i) {
    result.append(one_gradient<Lazy>(self, spacing[i], dims ? (*dims)[i] : i, edge_order));
  }
  return result;
}

template <class Lazy>
List<Tensor> gradients(const Tensor& self, const Scalar& spacing, const std::optional<IntSpan>& dims,
                       std::int64_t edge_order) {
  const std::vector<Scalar> repeated(static_cast<std::size_t>(dims ? dims->size() : self.dim()), spacing);
  return gradients<Lazy, Scalar>(self, repeated, dims, edge_order);
}

template <class Number>
using IfListOfNumbers = std::enable_if_t<!std::is_same_v<Number, Scalar>, int>;

template <class Number>
std::vector<Scalar> as_scalars(const List<Number>& numbers) {
  std::vector<Scalar> result;
  for (const Number number : numbers) {
    result.push_back(number);
  }
  return result;
}

/// One dimension, if any, as a list.
class OneDim {
 public:
  explicit OneDim(const std::optional<std::int64_t>& dim) : dim_(dim.value_or(0)), given_(dim.has_value()) {}
  std::optional<IntSpan> list() const { return given_ ? std::optional<IntSpan>(IntSpan(&dim_, 1)) : std::nullopt; }

 private:
  std::int64_t dim_;
  bool given_;
};

}  // namespace detail

namespace ops {

/// The covariance of the variables that are the rows; columns are observations.
template <class Lazy = void>
Tensor cov(const Tensor& self, std::int64_t correction = 1, const std::optional<Tensor>& fweights = std::nullopt,
           const std::optional<Tensor>& aweights = std::nullopt) {
  return detail::covariance<Lazy>("cov", self, correction, fweights, aweights);
}

/// Pearson's correlation of the variables that are the rows.
template <class Lazy = void>
Tensor corrcoef(const Tensor& self) {
  const Tensor covariance = detail::covariance<Lazy>("corrcoef", self, 1, std::nullopt, std::nullopt);
  if (covariance.dim() == 0) {
    return div<Lazy>(covariance, covariance);
  }
  const Tensor deviation = sqrt<Lazy>(real<Lazy>(diagonal(covariance)));
  const Tensor rows = div<Lazy>(covariance, unsqueeze(deviation, 1));
  const Tensor result = div<Lazy>(rows, unsqueeze(deviation, 0));
  if (!ts2cpp::is_complex(result.dtype())) {
    return clamp<Lazy>(result, -1, 1);
  }
  const Tensor clipped = Tensor::empty(result.sizes(), result.dtype());
  detail::copy_elements(real<Lazy>(clipped), clamp<Lazy>(real<Lazy>(result), -1, 1));
  detail::copy_elements(imag<Lazy>(clipped), clamp<Lazy>(imag<Lazy>(result), -1, 1));
  return clipped;
}

/// The integral along `dim` of values at the points `x` by the trapezoidal rule.
template <class Lazy = void>
Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1) {
  if (y.size(wrap_dim(dim, y.dim())) == 0) {
    return detail::no_area(y, dim);
  }
  const Tensor widths = detail::sample_widths<Lazy>("trapezoid", y, x, dim);
  return div<Lazy>(ops::sum<Lazy>(mul<Lazy>(detail::neighbour_sums<Lazy>(y, dim), widths), Dims(dim)), Scalar(2.0));
}
/// The same for samples `dx` apart.
template <class Lazy = void>
Tensor trapezoid(const Tensor& y, const Scalar& dx = 1, std::int64_t dim = -1) {
  if (y.size(dim) == 0) {
    return detail::no_area(y, dim);
  }
  const double step = detail::sample_step("trapezoid", y, dx);
  return mul<Lazy>(ops::sum<Lazy>(detail::neighbour_sums<Lazy>(y, dim), Dims(dim)), Scalar(step / 2.0));
}
template <class Lazy = void>
Tensor trapz(const Tensor& y, const Tensor& x, std::int64_t dim = -1) {
  return trapezoid<Lazy>(y, x, dim);
}
template <class Lazy = void>
Tensor trapz(const Tensor& y, double dx = 1.0, std::int64_t dim = -1) {
  return trapezoid<Lazy>(y, Scalar(dx), dim);
}

/// The running integrals along `dim`: one less than there are values.
template <class Lazy = void>
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1) {
  const Tensor sums = detail::neighbour_sums<Lazy>(y, dim);
  const Tensor widths = detail::sample_widths<Lazy>("cumulative_trapezoid", y, x, dim);
  return div<Lazy>(cumsum<Lazy>(mul<Lazy>(sums, widths), dim), Scalar(2.0));
}
template <class Lazy = void>
Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx = 1, std::int64_t dim = -1) {
  const Tensor sums = detail::neighbour_sums<Lazy>(y, dim);
  const double step = detail::sample_step("cumulative_trapezoid", y, dx);
  return mul<Lazy>(cumsum<Lazy>(sums, dim), Scalar(step / 2.0));
}

/// Estimates of the partial derivatives of a sampled function, one for each dimension.
template <class Lazy = void>
List<Tensor> gradient(const Tensor& self, const std::optional<Scalar>& spacing = std::nullopt,
                      std::optional<std::int64_t> dim = std::nullopt, std::int64_t edge_order = 1) {
  return detail::gradients<Lazy>(self, spacing.value_or(1), detail::OneDim(dim).list(), edge_order);
}
template <class Lazy = void>
List<Tensor> gradient_along(const Tensor& self, const Scalar& spacing, IntSpan dim, std::int64_t edge_order = 1) {
  return detail::gradients<Lazy>(self, spacing, std::optional<IntSpan>(dim), edge_order);
}
/// The same for a spacing of each dimension: a number, or the points themselves.
template <class Lazy = void>
List<Tensor> gradient_spaced(const Tensor& self, Span<const Scalar> spacing,
                             std::optional<std::int64_t> dim = std::nullopt, std::int64_t edge_order = 1) {
  return detail::gradients<Lazy, Scalar>(self, spacing, detail::OneDim(dim).list(), edge_order);
}
template <class Lazy = void>
List<Tensor> gradient_spaced_along(const Tensor& self, Span<const Scalar> spacing, IntSpan dim,
                                   std::int64_t edge_order = 1) {
  return detail::gradients<Lazy, Scalar>(self, spacing, std::optional<IntSpan>(dim), edge_order);
}
template <class Number, detail::IfListOfNumbers<Number> = 0>
List<Tensor> gradient_spaced(const Tensor& self, const List<Number>& spacing,
                             std::optional<std::int64_t> dim = std::nullopt, std::int64_t edge_order = 1) {
  return detail::gradients<void, Scalar>(self, detail::as_scalars(spacing), detail::OneDim(dim).list(), edge_order);
}
template <class Number, detail::IfListOfNumbers<Number> = 0>
List<Tensor> gradient_spaced_along(const Tensor& self, const List<Number>& spacing, IntSpan dim,
                                   std::int64_t edge_order = 1) {
  return detail::gradients<void, Scalar>(self, detail::as_scalars(spacing), std::optional<IntSpan>(dim), edge_order);
}
template <class Lazy = void>
List<Tensor> gradient_at(const Tensor& self, TensorSpan spacing, std::optional<std::int64_t> dim = std::nullopt,
                         std::int64_t edge_order = 1) {
  return detail::gradients<Lazy, Tensor>(self, spacing, detail::OneDim(dim).list(), edge_order);
}
template <class Lazy = void>
List<Tensor> gradient_at_along(const Tensor& self, TensorSpan spacing, IntSpan dim, std::int64_t edge_order = 1) {
  return detail::gradients<Lazy, Tensor>(self, spacing, std::optional<IntSpan>(dim), edge_order);
}

/// Scales every slice along `dim` whose p-norm is above `maxnorm` down to that norm.
template <class Lazy = void>
Tensor renorm(const Tensor& self, const Scalar& p, std::int64_t dim, const Scalar& maxnorm) {
  if (p.is_complex()) {
    raise("RuntimeError", "renorm: p must be real-valued");
  }
  if (!(p.to_double() > 0.0)) {
    raise("RuntimeError", "renorm: non-positive-norm not supported");
  }
  if (maxnorm.is_complex()) {
    raise("RuntimeError", "renorm: maxnorm must be real-valued");
  }
  if (!(maxnorm.to_double() >= 0.0)) {
    raise("RuntimeError", {"renorm: expected maxnorm to be >= 0 but got ", detail::short_number(maxnorm.to_double())});
  }
  if (self.dim() <= 1) {
    raise("RuntimeError", {"renorm: input needs at least 2 dimensions, got ", self.dim(), " dimensions"});
  }
  const std::int64_t kept = wrap_dim(dim, self.dim());
  DimVector others;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (d != kept) {
      others.push_back(d);
    }
  }
  const bool reduced = is_reduced_float(self.dtype());
  const Tensor norms = linalg_vector_norm<Lazy>(self, p, Dims(others), true,
                                                reduced ? std::optional<DType>(DType::float32) : std::nullopt);
  const Tensor scaled = mul<Lazy>(reciprocal<Lazy>(add<Lazy>(norms, Scalar(1e-7))), Scalar(maxnorm.to_double()));
  const Tensor factors = where<Lazy>(gt<Lazy>(norms, Scalar(maxnorm.to_double())), scaled, Scalar(1.0));
  return mul<Lazy>(self, detail::to_dtype(factors, to_real_dtype(self.dtype()), false));
}
template <class Lazy = void>
Tensor renorm_(const Tensor& self, const Scalar& p, std::int64_t dim, const Scalar& maxnorm) {
  return copy_(self, renorm<Lazy>(self, p, dim, maxnorm));
}

}  // namespace ops
}  // namespace ts2cpp
