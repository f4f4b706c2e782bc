// Functions of one tensor, element by element, and their in-place forms.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// Functions from floats to bool; integers and bool give `for_integers` everywhere.
template <class Op>
Tensor float_predicate(const char* name, const Tensor& self, const Op& op) {
  const DType compute = compute_dtype(float_dtype(self.dtype()));
  return elementwise(FloatsAndComplex{}, Elementwise{name, compute, DType::bool_, nullptr}, op, self);
}

inline void check_has_sign(const Tensor& self) {
  if (is_complex(self.dtype())) {
    raise("NotImplementedError",
          "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.");
  }
}

inline void check_real(const char* message, const Tensor& self) {
  if (is_complex(self.dtype())) {
    raise("RuntimeError", message);
  }
}

/// Roundings leave integers as they are.
template <class Op>
Tensor rounding(const char* name, const Tensor& self, const Tensor* destination, const Op& op) {
  if (is_complex(self.dtype()) && std::string_view(name) != "round_vml") {
    const std::string_view known(name);
    raise("NotImplementedError", {known.substr(0, known.find('_')), " is not supported for complex inputs"});
  }
  if (is_integral(self.dtype(), false)) {
    return same_unary(Integers{}, name, self, destination, [](auto x) { return x; });
  }
  return same_unary(Floats{}, name, self, destination, op);
}

}  // namespace detail

namespace ops {

TS2CPP_UNARY_OPERATOR(exp, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(exp2, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(expm1, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(log, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(log2, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(log10, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(log1p, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(sqrt, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(rsqrt, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(reciprocal, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(sin, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(cos, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(tan, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(asin, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(acos, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(atan, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(sinh, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(cosh, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(asinh, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(acosh, float_unary, FloatsAndComplex)
TS2CPP_UNARY_OPERATOR(atanh, float_unary, FloatsAndComplex)
// Functions of real numbers; PyTorch's errors name its vectorised loops.
#define TS2CPP_VECTOR_FUNCTION(NAME)                                                                                 \
  template <class Lazy = void>                                                                                       \
  Tensor NAME(const Tensor& self) {                                                                                  \
    return detail::float_unary(detail::Floats{}, #NAME "_vml", self, nullptr, [](auto x) { return math::NAME(x); }); \
  }                                                                                                                  \
  template <class Lazy = void>                                                                                       \
  Tensor NAME##_(const Tensor& self) {                                                                               \
    return detail::float_unary(detail::Floats{}, #NAME "_vml", self, &self, [](auto x) { return math::NAME(x); });   \
  }
TS2CPP_VECTOR_FUNCTION(erf)
TS2CPP_VECTOR_FUNCTION(erfc)
TS2CPP_VECTOR_FUNCTION(lgamma)
TS2CPP_VECTOR_FUNCTION(erfinv)
#undef TS2CPP_VECTOR_FUNCTION

#define TS2CPP_ANGLE_OPERATOR(NAME)                                                                           \
  template <class Lazy = void>                                                                                \
  Tensor NAME(const Tensor& self) {                                                                           \
    detail::check_real(#NAME " is not supported for complex tensors.", self);                                 \
    return detail::float_unary(detail::Floats{}, #NAME, self, nullptr, [](auto x) { return math::NAME(x); }); \
  }                                                                                                           \
  template <class Lazy = void>                                                                                \
  Tensor NAME##_(const Tensor& self) {                                                                        \
    detail::check_real(#NAME " is not supported for complex tensors.", self);                                 \
    return detail::float_unary(detail::Floats{}, #NAME, self, &self, [](auto x) { return math::NAME(x); });   \
  }
TS2CPP_ANGLE_OPERATOR(deg2rad)
TS2CPP_ANGLE_OPERATOR(rad2deg)
#undef TS2CPP_ANGLE_OPERATOR

/// x * x; bool becomes int64.
template <class Lazy = void>
Tensor square(const Tensor& self) {
  const DType dtype = self.dtype() == DType::bool_ ? DType::int64 : self.dtype();
  return detail::elementwise(
      detail::Numbers{}, detail::Elementwise{"square", detail::compute_dtype(dtype), dtype, nullptr},
      [](auto x) { return math::square(x); }, self);
}
template <class Lazy = void>
Tensor square_(const Tensor& self) {
  if (self.dtype() == DType::bool_) {
    detail::check_destination(self, self.sizes(), DType::int64);
  }
  return detail::same_unary(detail::Numbers{}, "square_", self, &self, [](auto x) { return math::square(x); });
}

#define TS2CPP_ROUNDING_OPERATOR(NAME)                                                          \
  template <class Lazy = void>                                                                  \
  Tensor NAME(const Tensor& self) {                                                             \
    return detail::rounding(#NAME "_vml", self, nullptr, [](auto x) { return math::NAME(x); }); \
  }                                                                                             \
  template <class Lazy = void>                                                                  \
  Tensor NAME##_(const Tensor& self) {                                                          \
    return detail::rounding(#NAME "_vml", self, &self, [](auto x) { return math::NAME(x); });   \
  }
TS2CPP_ROUNDING_OPERATOR(floor)
TS2CPP_ROUNDING_OPERATOR(ceil)
TS2CPP_ROUNDING_OPERATOR(round)
TS2CPP_ROUNDING_OPERATOR(trunc)
#undef TS2CPP_ROUNDING_OPERATOR

TS2CPP_UNARY_OPERATOR(frac, same_unary, Floats)

/// Rounds to `decimals` places after (before, when negative) the decimal point, halves to even.
template <class Lazy = void>
Tensor round(const Tensor& self, std::int64_t decimals) {
  if (is_integral(self.dtype(), true)) {
    detail::raise_not_implemented(decimals == 0 ? "round_vml" : "round", self.dtype());
  }
  if (decimals == 0) {
    return round<Lazy>(self);
  }
  const double ten = std::pow(10.0, std::fabs(static_cast<double>(decimals)));
  const bool fraction = decimals > 0;
  return detail::same_unary(detail::Floats{}, "round", self, nullptr, [ten, fraction](auto x) {
    using T = decltype(x);
    const T scale = static_cast<T>(ten);
    return fraction ? math::round(x * scale) / scale : math::round(x / scale) * scale;
  });
}
template <class Lazy = void>
Tensor round_(const Tensor& self, std::int64_t decimals) {
  detail::copy_elements(self, round<Lazy>(self, decimals));
  return self;
}

/// -1, 0 or 1 with the dtype of `self`; 0 for nan.
template <class Lazy = void>
Tensor sign(const Tensor& self) {
  detail::check_has_sign(self);
  return detail::same_unary(detail::RealsAndBool{}, "sign", self, nullptr, [](auto x) { return math::sign(x); });
}
template <class Lazy = void>
Tensor sign_(const Tensor& self) {
  detail::check_has_sign(self);
  return detail::same_unary(detail::RealsAndBool{}, "sign_", self, &self, [](auto x) { return math::sign(x); });
}
/// Like sign, and x / |x| for complex numbers.
template <class Lazy = void>
Tensor sgn(const Tensor& self) {
  if (!is_complex(self.dtype())) {
    return sign<Lazy>(self);
  }
  return detail::same_unary(detail::TypeList<complex64, complex128>{}, "sgn", self, nullptr, [](auto x) {
    const auto magnitude = std::abs(x);
    return magnitude == 0 ? decltype(x)(0) : x / magnitude;
  });
}

template <class Lazy = void>
Tensor isnan(const Tensor& self) {
  return detail::float_predicate("isnan", self, [](auto x) { return x != x; });
}
template <class Lazy = void>
Tensor isinf(const Tensor& self) {
  return detail::float_predicate("isinf", self, [](auto x) {
    if constexpr (math::is_complex_v<decltype(x)>) {
      return std::isinf(x.real()) || std::isinf(x.imag());
    } else {
      return math::abs(x) == std::numeric_limits<decltype(x)>::infinity();
    }
  });
}
template <class Lazy = void>
Tensor isfinite(const Tensor& self) {
  return detail::float_predicate("isfinite", self, [](auto x) {
    if constexpr (math::is_complex_v<decltype(x)>) {
      return std::isfinite(x.real()) && std::isfinite(x.imag());
    } else {
      return math::abs(x) < std::numeric_limits<decltype(x)>::infinity();
    }
  });
}
template <class Lazy = void>
Tensor isposinf(const Tensor& self) {
  detail::check_real("isposinf does not support complex inputs.", self);
  const DType compute = detail::compute_dtype(detail::float_dtype(self.dtype()));
  return detail::elementwise(
      detail::Floats{}, detail::Elementwise{"isposinf", compute, DType::bool_, nullptr},
      [](auto x) { return x == std::numeric_limits<decltype(x)>::infinity(); }, self);
}
template <class Lazy = void>
Tensor isneginf(const Tensor& self) {
  detail::check_real("isneginf does not support complex inputs.", self);
  const DType compute = detail::compute_dtype(detail::float_dtype(self.dtype()));
  return detail::elementwise(
      detail::Floats{}, detail::Elementwise{"isneginf", compute, DType::bool_, nullptr},
      [](auto x) { return x == -std::numeric_limits<decltype(x)>::infinity(); }, self);
}
template <class Lazy = void>
Tensor signbit(const Tensor& self) {
  if (is_complex(self.dtype())) {
    raise("NotImplementedError", "signbit is not implemented for complex tensors.");
  }
  return detail::elementwise(
      detail::RealsAndBool{},
      detail::Elementwise{"signbit", detail::compute_dtype(self.dtype()), DType::bool_, nullptr},
      [](auto x) {
        if constexpr (std::is_floating_point_v<decltype(x)>) {
          return std::signbit(x);
        } else {
          return x < decltype(x)(0);
        }
      },
      self);
}

/// Replaces nan (by 0) and the infinities (by the largest finite values) unless other replacements are given.
template <class Lazy = void>
Tensor nan_to_num(const Tensor& self, std::optional<double> nan = std::nullopt,
                  std::optional<double> posinf = std::nullopt, std::optional<double> neginf = std::nullopt) {
  if (is_integral(self.dtype(), true)) {
    return detail::same_unary(detail::IntegersAndBool{}, "nan_to_num", self, nullptr, [](auto x) { return x; });
  }
  double largest = std::numeric_limits<double>::max();
  switch (self.dtype()) {
    case DType::float32:
    case DType::complex64: largest = static_cast<double>(std::numeric_limits<float>::max()); break;
    case DType::float16: largest = 65504.0; break;
    case DType::bfloat16: largest = 3.3895313892515355e38; break;
    default: break;
  }
  const double for_nan = nan.value_or(0.0);
  const double for_high = posinf.value_or(largest);
  const double for_low = neginf.value_or(-largest);
  const auto part = [for_nan, for_high, for_low](auto x) {
    using T = decltype(x);
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const T bounded = x == infinity ? static_cast<T>(for_high) : x == -infinity ? static_cast<T>(for_low) : x;
    return x != x ? static_cast<T>(for_nan) : bounded;
  };
  return detail::same_unary(detail::FloatsAndComplex{}, "nan_to_num", self, nullptr, [part](auto x) {
    if constexpr (math::is_complex_v<decltype(x)>) {
      return decltype(x)(part(x.real()), part(x.imag()));
    } else {
      return part(x);
    }
  });
}
template <class Lazy = void>
Tensor nan_to_num_(const Tensor& self, std::optional<double> nan = std::nullopt,
                   std::optional<double> posinf = std::nullopt, std::optional<double> neginf = std::nullopt) {
  detail::check_writable(self);
  detail::copy_elements(self, nan_to_num<Lazy>(self, nan, posinf, neginf));
  return self;
}

/// log(x / (1 - x)), x limited to [eps, 1 - eps] when `eps` is given.
template <class Lazy = void>
Tensor logit(const Tensor& self, std::optional<double> eps = std::nullopt) {
  const double margin = eps.value_or(0.0);
  const bool limited = eps.has_value();
  return detail::float_unary(detail::Floats{}, "logit", self, nullptr, [margin, limited](auto x) {
    using T = decltype(x);
    const T p = limited ? math::clamp(x, margin, 1.0 - margin) : x;
    return math::log(p / (T(1) - p));
  });
}

/// Views of the parts of a complex tensor; `real` of a real tensor is itself.
template <class Lazy = void>
Tensor real(const Tensor& self) {
  if (!is_complex(self.dtype())) {
    return self;
  }
  DimVector strides(self.strides());
  for (std::int64_t& stride : strides) {
    stride *= 2;
  }
  return self.reinterpreted(to_real_dtype(self.dtype()), self.sizes(), strides, self.storage_offset() * 2);
}
template <class Lazy = void>
Tensor imag(const Tensor& self) {
  if (!is_complex(self.dtype())) {
    raise("RuntimeError", "imag is not implemented for tensors with non-complex dtypes.");
  }
  const Tensor part = real<Lazy>(self);
  return part.with_layout(part.sizes(), part.strides(), part.storage_offset() + 1);
}
/// Where the imaginary part is 0; true for every element of a tensor that is not complex.
template <class Lazy = void>
Tensor isreal(const Tensor& self) {
  if (!is_complex(self.dtype())) {
    const DType compute = detail::compute_dtype(self.dtype());
    return detail::elementwise(
        detail::RealsAndBool{}, detail::Elementwise{"isreal", compute, DType::bool_, nullptr},
        [](auto) { return true; }, self);
  }
  const Tensor part = imag<Lazy>(self);
  return detail::elementwise(
      detail::Floats{}, detail::Elementwise{"isreal", part.dtype(), DType::bool_, nullptr},
      [](auto x) { return x == 0; }, part);
}
template <class Lazy = void>
Tensor conj(const Tensor& self) {
  if (!is_complex(self.dtype())) {
    return self;
  }
  return detail::same_unary(detail::TypeList<complex64, complex128>{}, "conj", self, nullptr,
                            [](auto x) { return std::conj(x); });
}
/// The argument of complex numbers; 0 or pi for real ones.
template <class Lazy = void>
Tensor angle(const Tensor& self) {
  const DType compute = detail::compute_dtype(detail::float_dtype(self.dtype()));
  const DType result = to_real_dtype(detail::float_dtype(self.dtype()));
  return detail::elementwise(
      detail::FloatsAndComplex{}, detail::Elementwise{"angle", compute, result, nullptr},
      [](auto x) {
        using T = decltype(x);
        if constexpr (math::is_complex_v<T>) {
          return std::arg(x);
        } else {
          return x != x ? x : x < T(0) ? T(3.14159265358979323846) : T(0);
        }
      },
      self);
}

template <class Lazy = void>
Tensor sgn_(const Tensor& self) {
  detail::check_writable(self);
  detail::copy_elements(self, sgn<Lazy>(self));
  return self;
}
template <class Lazy = void>
Tensor logit_(const Tensor& self, std::optional<double> eps = std::nullopt) {
  detail::check_destination(self, self.sizes(), detail::float_dtype(self.dtype()));
  detail::copy_elements(self, logit<Lazy>(self, eps));
  return self;
}
/// `self` itself; bool tensors have no sign.
inline Tensor positive(const Tensor& self) {
  if (self.dtype() == DType::bool_) {
    raise("RuntimeError", "The `+` operator, on a bool tensor is not supported.");
  }
  return self;
}
template <class Lazy = void>
Tensor conj_physical(const Tensor& self) {
  return conj<Lazy>(self);
}

/// The conjugate transpose of matrices: `Tensor.mH`, and under two more names.
template <class Lazy = void>
Tensor mH(const Tensor& self) {
  return conj<Lazy>(detail::matrix_transpose(self, "mH", true));
}
template <class Lazy = void>
Tensor matrix_H(const Tensor& self) {
  return conj<Lazy>(detail::matrix_transpose(self, "H", false));
}
template <class Lazy = void>
Tensor adjoint(const Tensor& self) {
  return conj<Lazy>(detail::matrix_transpose(self, "adjoint()", true));
}

/// A complex tensor as a real one with a last dimension of 2 (a view), and back.
template <class Lazy = void>
Tensor view_as_real(const Tensor& self) {
  if (!is_complex(self.dtype())) {
    raise("RuntimeError", "view_as_real is only supported for complex tensors");
  }
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  for (std::int64_t& stride : strides) {
    stride *= 2;
  }
  sizes.push_back(2);
  strides.push_back(1);
  return self.reinterpreted(to_real_dtype(self.dtype()), sizes, strides, self.storage_offset() * 2);
}
template <class Lazy = void>
Tensor view_as_complex(const Tensor& self) {
  if (self.dtype() != DType::float32 && self.dtype() != DType::float64) {
    raise("RuntimeError", {"view_as_complex is only supported for half, float and double tensors, but got a "
                           "tensor of scalar type: ",
                           dtype_label(self.dtype())});
  }
  if (self.dim() == 0 || self.size(-1) != 2) {
    raise("RuntimeError", self.dim() == 0 ? "Input tensor must have one or more dimensions"
                                          : "Tensor must have a last dimension of size 2");
  }
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  if (strides.back() != 1) {
    raise("RuntimeError", "Tensor must have a last dimension with stride 1");
  }
  bool fits = self.storage_offset() % 2 == 0;
  sizes.resize(sizes.size() - 1);
  strides.resize(strides.size() - 1);
  for (std::int64_t& stride : strides) {
    fits = fits && stride % 2 == 0;
    stride /= 2;
  }
  if (!fits) {
    raise("RuntimeError", "Tensor must have a stride divisible by 2 for all but last dimension");
  }
  return self.reinterpreted(to_complex_dtype(self.dtype()), sizes, strides, self.storage_offset() / 2);
}

}  // namespace ops
}  // namespace ts2cpp
