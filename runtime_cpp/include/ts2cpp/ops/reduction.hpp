// Sums, means, products, norms, variances, any/all and running sums. Floats are summed in double precision.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <ts2cpp/kernels/block_means.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/extremum.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/reduce.hpp>
#include <ts2cpp/reducers.hpp>

namespace ts2cpp {
namespace detail {

template <class Lazy>
Tensor sum_impl(const Tensor& self, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(is_integral(self.dtype(), true) ? DType::int64 : self.dtype());
  // Integers are added as they are when the result is an integer; otherwise in the type of the result.
  const DType compute =
      is_integral(self.dtype(), true) && is_integral(result, true) ? self.dtype() : compute_dtype(result);
  return reduce(NumbersAndBool{}, "sum", self, dims.flags(self.dim()), keepdim, compute, result,
                [](auto tag) { return SumReducer<typename decltype(tag)::type>{}; });
}

template <class Lazy>
Tensor mean_impl(const Tensor& self, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(self.dtype());
  if (is_integral(result, true)) {
    raise("RuntimeError", {"mean(): could not infer output dtype. ", dtype ? "Optional" : "Input",
                           " dtype must be either a floating point or complex dtype. Got: ", dtype_label(result)});
  }
  const DimVector flags = dims.flags(self.dim());
  const ChannelBlocks* const blocks = result == DType::float32 ? blocks_of(self) : nullptr;
  if (blocks != nullptr) {
    DimVector pixels(self.dim());
    pixels[self.dim() - 2] = 1;
    pixels[self.dim() - 1] = 1;
    if (IntSpan(flags) == IntSpan(pixels)) {
      DimVector sizes(IntSpan(self.sizes().data(), self.dim() - 2));
      sizes.resize(keepdim ? self.dim() : self.dim() - 2, 1);
      return kernels::mean_of_pixels(*blocks, sizes);
    }
  }
  return reduce(FloatsAndComplex{}, "mean", self, flags, keepdim, compute_dtype(result), result,
                [](auto tag) { return SumReducer<typename decltype(tag)::type>{1.0}; });
}

template <class Lazy>
Tensor product_impl(const Tensor& self, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(is_integral(self.dtype(), true) ? DType::int64 : self.dtype());
  const DType compute =
      is_integral(self.dtype(), true) && is_integral(result, true) ? self.dtype() : compute_dtype(result);
  return reduce(NumbersAndBool{}, "prod", self, dims.flags(self.dim()), keepdim, compute, result,
                [](auto tag) { return ProductReducer<typename decltype(tag)::type>{}; });
}

template <class Lazy>
Tensor truth_impl(const char* name, const Tensor& self, const Dims& dims, bool keepdim, bool all) {
  if (dims.is_empty_list()) {
    return to_dtype(to_dtype(self, DType::bool_, false), self.dtype() == DType::uint8 ? DType::uint8 : DType::bool_,
                    true);
  }
  // uint8 tensors answer in uint8, a leftover of the time before bool tensors.
  const DType result = self.dtype() == DType::uint8 ? DType::uint8 : DType::bool_;
  return reduce(TypeList<bool>{}, name, self, dims.flags(self.dim()), keepdim, DType::bool_, result,
                [all](auto /*tag*/) { return TruthReducer{all}; });
}

/// Orders whose value for no elements is not 0 cannot be taken over empty dimensions.
inline void check_norm_of_empty(const Tensor& self, double p, const Dims& dims, const DimVector& flags) {
  const std::string refused = "linalg.vector_norm cannot compute the " + short_number(p) + " norm on ";
  if (dims.list().empty()) {
    raise("RuntimeError", {refused, "an empty tensor because the operation does not have an identity"});
  }
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (flags[d] != 0 && self.sizes()[d] == 0) {
      raise("RuntimeError", {refused, "the dimension ", d,
                             "because this dimension is empty and the operation does not have an identity"});
    }
  }
}

/// The errors for a norm of values of a type that is to be computed in another; `name` is the function's.
inline void check_norm_dtypes(const std::string& name, DType source, std::optional<DType> dtype) {
  if (is_integral(source, true)) {
    raise("RuntimeError", {name, ": Expected a floating point or complex tensor as input. Got ", dtype_label(source)});
  }
  if (!dtype) {
    return;
  }
  if (is_integral(*dtype, true)) {
    raise("RuntimeError", {name, ": dtype should be floating point or complex, but got ", dtype_label(*dtype)});
  }
  if (is_complex(source) != is_complex(*dtype)) {
    const std::string kind = is_complex(source) ? "complex" : "real";
    raise("RuntimeError", {name, ": dtype should be ", kind, " for ", kind, " inputs, but got ", dtype_label(*dtype)});
  }
  if (promote_types(source, *dtype) != *dtype) {
    raise("RuntimeError",
          {name, ": the dtype of the input (", dtype_label(source),
           ") should be convertible without narrowing to the specified dtype (", dtype_label(*dtype), ")"});
  }
}

/// The order of a norm; RuntimeError for a complex one.
inline double norm_order(const std::string& name, const Scalar& order) {
  if (order.is_complex()) {
    raise("RuntimeError", {name, ": Expected a non-complex scalar as the order of norm."});
  }
  return order.to_double();
}

/// What `norm` and `frobenius_norm` say of integers.
inline void check_norm_input(const Tensor& self) {
  if (is_integral(self.dtype(), true)) {
    raise("RuntimeError", {"norm(): input dtype should be either floating point or complex. Got ",
                           dtype_label(self.dtype()), " instead."});
  }
}

template <class Lazy>
Tensor norm_impl(const Tensor& self, const Scalar& order, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  double p = norm_order("linalg.vector_norm", order);
  check_norm_dtypes("linalg.vector_norm", self.dtype(), dtype);
  const DType computed = dtype.value_or(self.dtype());
  const DimVector flags = dims.flags(self.dim());
  if (self.numel() == 0 && (p < 0.0 || p == std::numeric_limits<double>::infinity())) {
    check_norm_of_empty(self, p, dims, flags);
  }
  std::int64_t length = 1;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    length *= flags[d] != 0 ? self.sizes()[d] : 1;
  }
  if ((length == 1 && p != 0.0) || (self.numel() == 0 && p != p)) {
    p = 1.0;  // every norm of a single element is its absolute value, and that of none is 0
  }
  return reduce(FloatsAndComplex{}, "norm", self, dims.flags(self.dim()), keepdim, compute_dtype(computed),
                to_real_dtype(computed), [p](auto tag) { return NormReducer<typename decltype(tag)::type>{p}; });
}

template <class Lazy>
Tensor variance_impl(const Tensor& self, const Dims& dims, double correction, bool keepdim, bool root, bool mean,
                     const char* name = "std and var") {
  if (is_integral(self.dtype(), true)) {
    raise("RuntimeError", {name, " only support floating point and complex dtypes"});
  }
  if (is_complex(self.dtype())) {
    if (mean) {
      return mean_impl<Lazy>(self, dims, keepdim, std::nullopt);
    }
    const Tensor real = variance_impl<Lazy>(ops::real<Lazy>(self), dims, correction, keepdim, false, false);
    const Tensor imag = variance_impl<Lazy>(ops::imag<Lazy>(self), dims, correction, keepdim, false, false);
    const Tensor both = ops::add<Lazy>(real, imag);
    return root ? ops::sqrt<Lazy>(both) : both;
  }
  return reduce(Floats{}, root ? "std" : "var", self, dims.flags(self.dim()), keepdim, compute_dtype(self.dtype()),
                self.dtype(),
                [=](auto tag) { return VarianceReducer<typename decltype(tag)::type>{correction, root, mean}; });
}

/// A flag that only takes a bool: a correction of 1 must not become `unbiased`.
template <class Flag>
using OnlyBool = std::enable_if_t<std::is_same_v<Flag, bool>, int>;

/// Running combinations along one dimension, in the type of the elements (double for floats).
template <class Lazy, class Op>
Tensor running(const char* name, const Tensor& self, std::int64_t dim, std::optional<DType> dtype, const Op& op) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  const DType result = dtype.value_or(is_integral(self.dtype(), true) ? DType::int64 : self.dtype());
  const Tensor output = contiguous_copy(self, compute_dtype(result));
  const AxisSplit split(self.sizes(), d);
  dispatch(name, Numbers{}, output.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Acc = SumType<T>;
    T* const data = output.data_ptr<T>();
    for (std::int64_t outer = 0; outer < split.outer && output.numel() != 0; ++outer) {
      for (std::int64_t inner = 0; inner < split.inner; ++inner) {
        T* const line = data + outer * split.length * split.inner + inner;
        Acc acc = static_cast<Acc>(line[0]);
        for (std::int64_t i = 1; i < split.length; ++i) {
          acc = op(acc, static_cast<Acc>(line[i * split.inner]));
          line[i * split.inner] = static_cast<T>(acc);
        }
      }
    }
  });
  return to_dtype(output, result, false);
}

/// RuntimeError unless `part` fits before or after `self` along dimension `dim`.
inline void check_extension(const Tensor& self, const Tensor& part, std::int64_t dim) {
  if (part.dim() != self.dim()) {
    raise("RuntimeError", "diff expects prepend or append to be the same dimension as input");
  }
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (d != dim && part.sizes()[d] != self.sizes()[d]) {
      const std::string place = std::to_string(d);
      raise("RuntimeError",
            {"diff expects the shape of tensor to prepend or append to match that of input except along the "
             "differencing dimension; input.size(",
             place, ") = ", self.sizes()[d], ", but got tensor.size(", place, ") = ", part.sizes()[d]});
    }
  }
}

}  // namespace detail

namespace ops {

template <class Lazy = void>
Tensor sum(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::sum_impl<Lazy>(self, std::nullopt, false, dtype);
}
template <class Lazy = void>
Tensor sum(const Tensor& self, const Dims& dim, bool keepdim = false, std::optional<DType> dtype = std::nullopt) {
  return detail::sum_impl<Lazy>(self, dim, keepdim, dtype);
}

template <class Lazy = void>
Tensor sum(const Tensor& self, std::nullopt_t /*dim*/, bool keepdim = false,
           std::optional<DType> dtype = std::nullopt) {
  return detail::sum_impl<Lazy>(self, std::nullopt, keepdim, dtype);
}
template <class Lazy = void>
Tensor mean(const Tensor& self, std::nullopt_t /*dim*/, bool keepdim = false,
            std::optional<DType> dtype = std::nullopt) {
  return detail::mean_impl<Lazy>(self, std::nullopt, keepdim, dtype);
}

/// RuntimeError for integers unless a float dtype is given.
template <class Lazy = void>
Tensor mean(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::mean_impl<Lazy>(self, std::nullopt, false, dtype);
}
template <class Lazy = void>
Tensor mean(const Tensor& self, const Dims& dim, bool keepdim = false, std::optional<DType> dtype = std::nullopt) {
  return detail::mean_impl<Lazy>(self, dim, keepdim, dtype);
}

template <class Lazy = void>
Tensor prod(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::product_impl<Lazy>(self, std::nullopt, false, dtype);
}
template <class Lazy = void>
Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim = false, std::optional<DType> dtype = std::nullopt) {
  return detail::product_impl<Lazy>(self, dim, keepdim, dtype);
}

template <class Lazy = void>
Tensor nansum(const Tensor& self, const Dims& dim = std::nullopt, bool keepdim = false,
              std::optional<DType> dtype = std::nullopt) {
  if (is_integral(self.dtype(), true)) {
    return detail::sum_impl<Lazy>(self, dim, keepdim, dtype);
  }
  const DimVector flags = dim.flags(self.dim());
  if (ts2cpp::is_complex(self.dtype())) {
    raise("RuntimeError", "nansum on CPU does not support complex inputs");
  }
  const DType result = dtype.value_or(self.dtype());
  return detail::reduce(detail::Floats{}, "nansum", self, flags, keepdim, detail::compute_dtype(result), result,
                        [](auto tag) { return detail::NanSumReducer<typename decltype(tag)::type>{false}; });
}
template <class Lazy = void>
Tensor nanmean(const Tensor& self, const Dims& dim = std::nullopt, bool keepdim = false,
               std::optional<DType> dtype = std::nullopt) {
  if (is_integral(self.dtype(), true)) {
    raise("RuntimeError",
          {"nanmean(): expected input to have floating point or complex dtype but got ", dtype_label(self.dtype())});
  }
  const DimVector flags = dim.flags(self.dim());
  if (ts2cpp::is_complex(self.dtype())) {
    raise("RuntimeError", "nansum on CPU does not support complex inputs");
  }
  const DType result = dtype.value_or(self.dtype());
  return detail::reduce(detail::Floats{}, "nanmean", self, flags, keepdim, detail::compute_dtype(result), result,
                        [](auto tag) { return detail::NanSumReducer<typename decltype(tag)::type>{true}; });
}

template <class Lazy = void>
Tensor all(const Tensor& self) {
  return detail::truth_impl<Lazy>("all", self, std::nullopt, false, true);
}
template <class Lazy = void>
Tensor all(const Tensor& self, const Dims& dim, bool keepdim = false) {
  return detail::truth_impl<Lazy>("all", self, dim, keepdim, true);
}
template <class Lazy = void>
Tensor any(const Tensor& self) {
  return detail::truth_impl<Lazy>("any", self, std::nullopt, false, false);
}
template <class Lazy = void>
Tensor any(const Tensor& self, const Dims& dim, bool keepdim = false) {
  return detail::truth_impl<Lazy>("any", self, dim, keepdim, false);
}
template <class Lazy = void>
Tensor count_nonzero(const Tensor& self, const Dims& dim = std::nullopt) {
  return detail::reduce(detail::TypeList<bool>{}, "count_nonzero", self, dim.flags(self.dim()), false, DType::bool_,
                        DType::int64, [](auto /*tag*/) { return detail::CountReducer{}; });
}

/// Vector norms of order p over the given dimensions (all of them without).
template <class Lazy = void>
Tensor norm(const Tensor& self, const Scalar& p = 2) {
  detail::check_norm_input(self);
  return detail::norm_impl<Lazy>(self, p, std::nullopt, false, std::nullopt);
}
template <class Lazy = void>
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, DType dtype) {
  detail::check_norm_input(self);
  return detail::norm_impl<Lazy>(self, p.value_or(2), std::nullopt, false, dtype);
}
template <class Lazy = void>
Tensor norm(const Tensor& self, const std::optional<Scalar>& p, const Dims& dim, bool keepdim = false,
            std::optional<DType> dtype = std::nullopt) {
  detail::check_norm_input(self);
  return detail::norm_impl<Lazy>(self, p.value_or(2), dim, keepdim, dtype);
}
template <class Lazy = void>
Tensor linalg_vector_norm(const Tensor& self, const Scalar& ord = 2, const Dims& dim = std::nullopt,
                          bool keepdim = false, std::optional<DType> dtype = std::nullopt) {
  return detail::norm_impl<Lazy>(self, ord, dim, keepdim, dtype);
}
template <class Lazy = void>
Tensor frobenius_norm(const Tensor& self, const Dims& dim, bool keepdim = false) {
  if (dim.list().size() > 2) {
    raise("RuntimeError", {"Expected at most 2 dimensions, but got ", dim.list().size(), " dimensions instead."});
  }
  detail::check_norm_input(self);
  return detail::norm_impl<Lazy>(self, 2.0, dim, keepdim, std::nullopt);
}

// Variance and standard deviation: divided by n - 1 unless `unbiased` is false or another correction is given.
#define TS2CPP_VARIANCE(NAME, ROOT)                                                                                  \
  template <class Flag = bool, detail::OnlyBool<Flag> = 0>                                                           \
  Tensor NAME(const Tensor& self, Flag unbiased = true) {                                                            \
    return detail::variance_impl<Flag>(self, std::nullopt, unbiased ? 1.0 : 0.0, false, ROOT, false);                \
  }                                                                                                                  \
  template <class Flag = bool, detail::OnlyBool<Flag> = 0>                                                           \
  Tensor NAME(const Tensor& self, const Dims& dim, Flag unbiased, bool keepdim = false) {                            \
    return detail::variance_impl<Flag>(self, dim, unbiased ? 1.0 : 0.0, keepdim, ROOT, false);                       \
  }                                                                                                                  \
  template <class Lazy = void>                                                                                       \
  Tensor NAME(const Tensor& self, const Dims& dim, const std::optional<Scalar>& correction = std::nullopt,           \
              bool keepdim = false) {                                                                                \
    return detail::variance_impl<Lazy>(self, dim, correction ? correction->to_double() : 1.0, keepdim, ROOT, false); \
  }                                                                                                                  \
  template <class Flag = bool, detail::OnlyBool<Flag> = 0>                                                           \
  std::tuple<Tensor, Tensor> NAME##_mean(const Tensor& self, Flag unbiased = true) {                                 \
    const Tensor mean = detail::variance_impl<Flag>(self, std::nullopt, 0.0, false, ROOT, true, #NAME "_mean");      \
    return {NAME(self, unbiased), mean};                                                                             \
  }                                                                                                                  \
  template <class Flag = bool, detail::OnlyBool<Flag> = 0>                                                           \
  std::tuple<Tensor, Tensor> NAME##_mean(const Tensor& self, const Dims& dim, Flag unbiased, bool keepdim = false) { \
    const Tensor mean = detail::variance_impl<Flag>(self, dim, 0.0, keepdim, ROOT, true, #NAME "_mean");             \
    return {NAME(self, dim, unbiased, keepdim), mean};                                                               \
  }                                                                                                                  \
  template <class Lazy = void>                                                                                       \
  std::tuple<Tensor, Tensor> NAME##_mean(const Tensor& self, const Dims& dim,                                        \
                                         const std::optional<Scalar>& correction = std::nullopt,                     \
                                         bool keepdim = false) {                                                     \
    const Tensor mean = detail::variance_impl<Lazy>(self, dim, 0.0, keepdim, ROOT, true, #NAME "_mean");             \
    return {NAME<Lazy>(self, dim, correction, keepdim), mean};                                                       \
  }
TS2CPP_VARIANCE(var, false)
TS2CPP_VARIANCE(std, true)
#undef TS2CPP_VARIANCE

template <class Lazy = void>
Tensor cumsum(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  return detail::running<Lazy>("cumsum", self, dim, dtype, [](auto a, auto b) { return math::add(a, b); });
}
template <class Lazy = void>
Tensor cumsum_(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  return copy_(self, cumsum<Lazy>(self, dim, dtype));
}
template <class Lazy = void>
Tensor cumprod(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  return detail::running<Lazy>("cumprod", self, dim, dtype, [](auto a, auto b) { return math::mul(a, b); });
}
template <class Lazy = void>
Tensor cumprod_(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  return copy_(self, cumprod<Lazy>(self, dim, dtype));
}
template <class Lazy = void>
Tensor logcumsumexp(const Tensor& self, std::int64_t dim) {
  if (is_integral(self.dtype(), true)) {
    detail::raise_not_implemented("logcumsumexp_out", self.dtype());
  }
  return detail::running<Lazy>("logcumsumexp", self, dim, std::nullopt, [](auto a, auto b) {
    if constexpr (std::is_same_v<decltype(a), double> || math::is_complex_v<decltype(a)>) {
      return math::logaddexp(a, b);
    } else {
      return a;  // running() knows the types: this operator is for floats
    }
  });
}

/// log(sum(exp(self))), without overflow.
template <class Lazy = void>
Tensor logsumexp(const Tensor& self, const Dims& dim, bool keepdim = false) {
  const Tensor values = is_integral(self.dtype(), true) ? detail::to_dtype(self, DType::float32, false) : self;
  if (values.numel() == 0) {
    return log<Lazy>(detail::sum_impl<Lazy>(exp<Lazy>(values), dim, keepdim, std::nullopt));
  }
  const Tensor largest = amax<Lazy>(ts2cpp::is_complex(values.dtype()) ? real<Lazy>(values) : values, dim, true);
  const Tensor finite = isfinite<Lazy>(largest);
  const Tensor shift = where<Lazy>(finite, largest, Scalar(0.0));
  const Tensor total = detail::sum_impl<Lazy>(exp<Lazy>(sub<Lazy>(values, shift)), dim, true, std::nullopt);
  const Tensor result = add<Lazy>(log<Lazy>(total), shift);
  if (keepdim) {
    return result;
  }
  const DimVector reduced = dim.flags(self.dim());
  DimVector sizes;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (reduced[d] == 0) {
      sizes.push_back(self.sizes()[d]);
    }
  }
  return reshape(result, sizes);
}

/// The p-norm of the difference.
template <class Lazy = void>
Tensor dist(const Tensor& self, const Tensor& other, const Scalar& p = 2) {
  return norm<Lazy>(sub<Lazy>(self, other), p);
}

/// Sums over the dimensions that broadcasting to `self`'s shape from `size` would have repeated.
template <class Lazy = void>
Tensor sum_to_size(const Tensor& self, IntSpan size) {
  const std::int64_t lead = self.dim() - size.size();
  bool fits = lead >= 0;
  for (std::int64_t i = 0; fits && i < size.size(); ++i) {
    fits = size[i] == 1 || size[i] == self.sizes()[lead + i];
  }
  if (!fits) {
    raise("RuntimeError", {"size {", size, "} is not expandable to size {", self.sizes(), "}."});
  }
  if (size.empty()) {
    return ops::sum<Lazy>(self);
  }
  DimVector dims;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (d < lead || (size[d - lead] == 1 && self.sizes()[d] != 1)) {
      dims.push_back(d);
    }
  }
  return dims.empty() ? self : view(detail::sum_impl<Lazy>(self, Dims(dims), true, std::nullopt), size);
}

/// Differences of neighbours along `dim`, n times.
template <class Lazy = void>
Tensor diff(const Tensor& self, std::int64_t n = 1, std::int64_t dim = -1,
            const std::optional<Tensor>& prepend = std::nullopt, const std::optional<Tensor>& append = std::nullopt) {
  if (self.dim() == 0) {
    raise("RuntimeError", "diff expects input to be at least one-dimensional");
  }
  if (n < 0) {
    raise("RuntimeError", {"order must be non-negative but got ", n});
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (n == 0) {
    return clone(self);
  }
  std::vector<Tensor> parts;
  if (prepend) {
    detail::check_extension(self, *prepend, d);
    parts.push_back(*prepend);
  }
  parts.push_back(self);
  if (append) {
    detail::check_extension(self, *append, d);
    parts.push_back(*append);
  }
  Tensor result = parts.size() > 1 ? cat(parts, d) : self;
  const std::int64_t times = std::min(n, std::max<std::int64_t>(result.sizes()[d], 1));
  for (std::int64_t i = 0; i < times; ++i) {
    const Tensor later = slice(result, dim, 1);
    const Tensor earlier = slice(result, dim, 0, std::max<std::int64_t>(result.size(dim) - 1, 0));
    result = result.dtype() == DType::bool_ ? logical_xor<Lazy>(later, earlier) : sub<Lazy>(later, earlier);
  }
  return result;
}

}  // namespace ops
}  // namespace ts2cpp
