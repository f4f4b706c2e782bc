// torch.special, and the functions of its kind that torch has itself: Bessel, gamma and error functions, polynomials.
// All are computed in double and rounded once. The loops call the functions through pointers: these are long, and no
// program needs their code more than once.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/math/bessel.hpp>
#include <ts2cpp/math/error_functions.hpp>
#include <ts2cpp/math/gamma.hpp>
#include <ts2cpp/math/orthogonal_polynomials.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// Which types have a function: all that are real, or float32 and float64 (and integers, which become floats).
enum class SpecialTypes { reals, wide };

inline void check_special(const char* name, SpecialTypes types, DType dtype) {
  if (!is_floating_point(dtype) || (types == SpecialTypes::wide && is_reduced_float(dtype))) {
    raise_not_implemented(name, dtype);
  }
}

/// `self` in the type that PyTorch computes in: integers and wider 0-d tensors are rounded to it.
inline Tensor special_operand(const Tensor& self, DType dtype) {
  const DType compute = compute_dtype(dtype);
  if (self.dtype() == compute || (compute == DType::float32 && is_reduced_float(self.dtype()))) {
    return self;
  }
  const Tensor converted = Tensor::empty(self.sizes(), compute);
  copy_elements(converted, self);
  return converted;
}

using SpecialFunction = double (*)(double);
using SpecialPairFunction = double (*)(double, double);
using PolynomialFunction = double (*)(double, double, double);

inline void special_loop(void* out, const void* const* in, std::int64_t n, const void* context) {
  const SpecialFunction function = *static_cast<const SpecialFunction*>(context);
  const auto* const x = static_cast<const double*>(in[0]);
  auto* const result = static_cast<double*>(out);
  for (std::int64_t i = 0; i < n; ++i) {
    result[i] = function(x[i]);
  }
}

inline void special_pair_loop(void* out, const void* const* in, std::int64_t n, const void* context) {
  const SpecialPairFunction function = *static_cast<const SpecialPairFunction*>(context);
  const auto* const x = static_cast<const double*>(in[0]);
  const auto* const y = static_cast<const double*>(in[1]);
  auto* const result = static_cast<double*>(out);
  for (std::int64_t i = 0; i < n; ++i) {
    result[i] = function(x[i], y[i]);
  }
}

struct Polynomial {
  PolynomialFunction function;
  double largest;
};

inline void polynomial_loop(void* out, const void* const* in, std::int64_t n, const void* context) {
  const Polynomial polynomial = *static_cast<const Polynomial*>(context);
  const auto* const x = static_cast<const double*>(in[0]);
  const auto* const order = static_cast<const double*>(in[1]);
  auto* const result = static_cast<double*>(out);
  for (std::int64_t i = 0; i < n; ++i) {
    result[i] = polynomial.function(x[i], order[i], polynomial.largest);
  }
}

inline Tensor special_unary(const char* name, SpecialTypes types, const Tensor& self, const Tensor* destination,
                            SpecialFunction function) {
  const DType dtype = float_dtype(self.dtype());
  check_special(name, types, dtype);
  const Tensor x = special_operand(self, dtype);
  const Input inputs[] = {Input(x)};
  return run_elementwise(Elementwise{name, DType::float64, dtype, destination}, Span<const Input>(inputs, 1),
                         DType::float64, &special_loop, &function);
}

/// The loop over two operands, tensors or numbers, of which the result has the type `dtype`.
inline Tensor special_pair_run(const char* name, DType dtype, const Input& a, const Input& b, const Tensor* destination,
                               Kernel kernel, const void* context) {
  const bool narrow = compute_dtype(dtype) == DType::float32;
  const auto rounded = [narrow](const Scalar& value) {
    const double number = value.to_double();
    return Scalar(narrow ? static_cast<double>(static_cast<float>(number)) : number);
  };
  const Tensor x = a.tensor != nullptr ? special_operand(*a.tensor, dtype) : Tensor();
  const Tensor y = b.tensor != nullptr ? special_operand(*b.tensor, dtype) : Tensor();
  const Scalar first = a.scalar != nullptr ? rounded(*a.scalar) : Scalar(0.0);
  const Scalar second = b.scalar != nullptr ? rounded(*b.scalar) : Scalar(0.0);
  const Input inputs[] = {a.tensor != nullptr ? Input(x) : Input(first),
                          b.tensor != nullptr ? Input(y) : Input(second)};
  return run_elementwise(Elementwise{name, DType::float64, dtype, destination}, Span<const Input>(inputs, 2),
                         DType::float64, kernel, context);
}

inline Tensor special_pair(const char* name, SpecialTypes types, const Input& a, const Input& b,
                           SpecialPairFunction function) {
  const DType dtype = float_dtype(common_dtype(a, b));
  check_special(name, types, dtype);
  return special_pair_run(name, dtype, a, b, nullptr, &special_pair_loop, &function);
}

/// Refuses degrees whose recurrences would not end; those of Chebyshev and Hermite have none.
inline void check_degree(std::string_view name, const Input& n) {
  if (name != "legendre_polynomial_p" && name != "laguerre_polynomial_l") {
    return;
  }
  double degree = n.scalar != nullptr ? n.scalar->to_double() : 0.0;
  if (n.tensor != nullptr) {
    Tensor degrees = Tensor::empty(n.tensor->sizes(), DType::float64);
    copy_elements(degrees, *n.tensor);
    for (std::int64_t i = 0; i < degrees.numel(); ++i) {
      degree = std::max(degree, degrees.data_ptr<double>()[i]);
    }
  }
  if (degree > 4194304.0 && degree < 9223372036854775808.0) {
    raise("RuntimeError",
          {name, ": a polynomial of degree ", static_cast<std::int64_t>(degree), " takes more than 4194304 steps"});
  }
}

inline Tensor orthogonal_polynomial(const char* name, const Input& x, const Input& n, PolynomialFunction function) {
  const DType dtype = float_dtype(common_dtype(x, n));
  check_special(name, SpecialTypes::wide, dtype);
  check_degree(name, n);
  const double largest = dtype == DType::float32 ? static_cast<double>(std::numeric_limits<float>::max())
                                                 : std::numeric_limits<double>::max();
  const Polynomial polynomial{function, largest};
  return special_pair_run(name, dtype, x, n, nullptr, &polynomial_loop, &polynomial);
}

/// Of two tensors of the same, floating, promoted type.
inline Tensor incomplete_gamma(const char* name, const Tensor& self, const Tensor& other, const Tensor* destination,
                               SpecialPairFunction function) {
  const DType dtype = common_dtype(self, other);
  check_special(name, SpecialTypes::reals, dtype);
  return special_pair_run(name, dtype, self, other, destination, &special_pair_loop, &function);
}

}  // namespace detail

namespace ops {

#define TS2CPP_SPECIAL_FUNCTION(NAME, TYPES, FUNCTION)                                                \
  template <class Lazy = void>                                                                        \
  Tensor special_##NAME(const Tensor& self) {                                                         \
    return detail::special_unary(#NAME, detail::SpecialTypes::TYPES, self, nullptr, &math::FUNCTION); \
  }
TS2CPP_SPECIAL_FUNCTION(airy_ai, wide, airy_ai)
TS2CPP_SPECIAL_FUNCTION(bessel_j0, wide, bessel_j0)
TS2CPP_SPECIAL_FUNCTION(bessel_j1, wide, bessel_j1)
TS2CPP_SPECIAL_FUNCTION(bessel_y0, wide, bessel_y0)
TS2CPP_SPECIAL_FUNCTION(bessel_y1, wide, bessel_y1)
TS2CPP_SPECIAL_FUNCTION(modified_bessel_i0, wide, bessel_i0)
TS2CPP_SPECIAL_FUNCTION(modified_bessel_i1, wide, bessel_i1)
TS2CPP_SPECIAL_FUNCTION(modified_bessel_k0, wide, bessel_k0)
TS2CPP_SPECIAL_FUNCTION(modified_bessel_k1, wide, bessel_k1)
TS2CPP_SPECIAL_FUNCTION(scaled_modified_bessel_k0, wide, bessel_k0e)
TS2CPP_SPECIAL_FUNCTION(scaled_modified_bessel_k1, wide, bessel_k1e)
TS2CPP_SPECIAL_FUNCTION(spherical_bessel_j0, wide, spherical_bessel_j0)
TS2CPP_SPECIAL_FUNCTION(i0e, reals, bessel_i0e)
TS2CPP_SPECIAL_FUNCTION(i1, reals, bessel_i1)
TS2CPP_SPECIAL_FUNCTION(i1e, reals, bessel_i1e)
TS2CPP_SPECIAL_FUNCTION(erfcx, wide, erfcx)
TS2CPP_SPECIAL_FUNCTION(log_ndtr, wide, log_ndtr)
TS2CPP_SPECIAL_FUNCTION(ndtri, wide, ndtri)
#undef TS2CPP_SPECIAL_FUNCTION

/// The modified Bessel function of the first kind, of order 0.
template <class Lazy = void>
Tensor i0(const Tensor& self) {
  return detail::special_unary("i0_vml", detail::SpecialTypes::reals, self, nullptr, &math::bessel_i0);
}
template <class Lazy = void>
Tensor i0_(const Tensor& self) {
  return detail::special_unary("i0_vml", detail::SpecialTypes::reals, self, &self, &math::bessel_i0);
}

template <class Lazy = void>
Tensor digamma(const Tensor& self) {
  return detail::special_unary("digamma!", detail::SpecialTypes::reals, self, nullptr, &math::digamma);
}
template <class Lazy = void>
Tensor digamma_(const Tensor& self) {
  return detail::special_unary("digamma!", detail::SpecialTypes::reals, self, &self, &math::digamma);
}

}  // namespace ops

namespace detail {

inline Tensor polygamma_impl(std::int64_t n, const Tensor& self, const Tensor* destination) {
  if (n < 0) {
    raise("RuntimeError", "polygamma(n, x) does not support negative n.");
  }
  const DType dtype = float_dtype(self.dtype());
  check_special(n == 0 ? "digamma!" : n == 1 ? "trigamma!" : "polygamma!", SpecialTypes::reals, dtype);
  const SpecialPairFunction function = [](double order, double x) {
    return math::polygamma(static_cast<std::int64_t>(order), x);
  };
  // An order that a double does not hold is far beyond those whose factorials are infinite.
  const Scalar order(static_cast<double>(n < 1000 ? n : 1000 + n % 2));
  const Tensor x = special_operand(self, dtype);
  const Input inputs[] = {Input(order), Input(x)};
  return run_elementwise(Elementwise{"polygamma", DType::float64, dtype, destination}, Span<const Input>(inputs, 2),
                         DType::float64, &special_pair_loop, &function);
}

inline Tensor mvlgamma_impl(const Tensor& self, std::int64_t p) {
  if (p < 1) {
    raise("RuntimeError", "p has to be greater than or equal to 1");
  }
  if (self.dtype() == DType::bool_) {
    raise("RuntimeError", "The input tensor may not be a boolean tensor.");
  }
  const DType dtype = float_dtype(self.dtype());
  check_special("arange", SpecialTypes::reals, dtype);
  if (p >= std::int64_t{1} << 28) {  // PyTorch holds a row of numbers of each
    raise("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried to allocate too many dimensions.");
  }
  const SpecialPairFunction function = [](double dimensions, double x) {
    double total = 0.25 * dimensions * (dimensions - 1.0) * 1.1447298858494001741;  // log(pi)
    for (double i = 0.0; i < dimensions; i += 1.0) {
      total += math::log_gamma(x - 0.5 * i);
    }
    return total;
  };
  const Scalar dimensions(static_cast<double>(p));
  const Tensor x = special_operand(self, dtype);
  const Input inputs[] = {Input(dimensions), Input(x)};
  return run_elementwise(Elementwise{"mvlgamma", DType::float64, dtype, nullptr}, Span<const Input>(inputs, 2),
                         DType::float64, &special_pair_loop, &function);
}

template <class Lazy>
Tensor xlog1py_impl(const Input& a, const Input& b) {
  return float_binary(Floats{}, "xlog1py", a, b, nullptr, [](auto x, auto y) {
    using T = decltype(x);
    return y != y ? y : x == T(0) ? T(0) : x * math::log1p(y);
  });
}

}  // namespace detail

namespace ops {

/// The derivative of order n of digamma.
template <class Lazy = void>
Tensor polygamma(std::int64_t n, const Tensor& self) {
  return detail::polygamma_impl(n, self, nullptr);
}
template <class Lazy = void>
Tensor polygamma_(const Tensor& self, std::int64_t n) {
  return detail::polygamma_impl(n, self, &self);
}

/// The logarithm of the multivariate gamma function of p dimensions.
template <class Lazy = void>
Tensor mvlgamma(const Tensor& self, std::int64_t p) {
  return detail::mvlgamma_impl(self, p);
}
template <class Lazy = void>
Tensor mvlgamma_(const Tensor& self, std::int64_t p) {
  const Tensor result = detail::mvlgamma_impl(self, p);
  if (result.dtype() != self.dtype()) {
    raise("RuntimeError", {"mvlgamma: result type ", dtype_label(self.dtype()),
                           " can't be cast to the desired output type ", dtype_label(result.dtype())});
  }
  detail::check_writable(self);
  detail::copy_elements(self, result);
  return self;
}

/// The share of gamma(self) that lies below `other`, and above it.
template <class Lazy = void>
Tensor igamma(const Tensor& self, const Tensor& other) {
  return detail::incomplete_gamma("igamma", self, other, nullptr, &math::igamma);
}
template <class Lazy = void>
Tensor igamma_(const Tensor& self, const Tensor& other) {
  return detail::incomplete_gamma("igamma", self, other, &self, &math::igamma);
}
template <class Lazy = void>
Tensor igammac(const Tensor& self, const Tensor& other) {
  return detail::incomplete_gamma("igammac", self, other, nullptr, &math::igammac);
}
template <class Lazy = void>
Tensor igammac_(const Tensor& self, const Tensor& other) {
  return detail::incomplete_gamma("igammac", self, other, &self, &math::igammac);
}

// Functions of two operands, either of which may be a number.
#define TS2CPP_SPECIAL_PAIR(NAME, CALL)                     \
  template <class Lazy = void>                              \
  Tensor special_##NAME(const Tensor& a, const Tensor& b) { \
    return CALL;                                            \
  }                                                         \
  template <class Lazy = void>                              \
  Tensor special_##NAME(const Tensor& a, const Scalar& b) { \
    return CALL;                                            \
  }                                                         \
  template <class Lazy = void>                              \
  Tensor special_##NAME(const Scalar& a, const Tensor& b) { \
    return CALL;                                            \
  }
#define TS2CPP_POLYNOMIAL(NAME) TS2CPP_SPECIAL_PAIR(NAME, detail::orthogonal_polynomial(#NAME, a, b, &math::NAME))
/// Hurwitz' zeta function.
TS2CPP_SPECIAL_PAIR(zeta, detail::special_pair("zeta", detail::SpecialTypes::wide, a, b, &math::zeta))
/// x * log1p(y), 0 where x is 0 (unless y is nan).
TS2CPP_SPECIAL_PAIR(xlog1py, detail::xlog1py_impl<Lazy>(a, b))
TS2CPP_POLYNOMIAL(chebyshev_polynomial_t)
TS2CPP_POLYNOMIAL(chebyshev_polynomial_u)
TS2CPP_POLYNOMIAL(chebyshev_polynomial_v)
TS2CPP_POLYNOMIAL(chebyshev_polynomial_w)
TS2CPP_POLYNOMIAL(hermite_polynomial_h)
TS2CPP_POLYNOMIAL(hermite_polynomial_he)
TS2CPP_POLYNOMIAL(laguerre_polynomial_l)
TS2CPP_POLYNOMIAL(legendre_polynomial_p)
TS2CPP_POLYNOMIAL(shifted_chebyshev_polynomial_t)
TS2CPP_POLYNOMIAL(shifted_chebyshev_polynomial_u)
TS2CPP_POLYNOMIAL(shifted_chebyshev_polynomial_v)
TS2CPP_POLYNOMIAL(shifted_chebyshev_polynomial_w)
#undef TS2CPP_POLYNOMIAL
#undef TS2CPP_SPECIAL_PAIR

/// -x log(x), 0 at 0 and -inf below.
template <class Lazy = void>
Tensor special_entr(const Tensor& self) {
  return detail::float_unary(detail::Floats{}, "entr", self, nullptr, [](auto x) {
    using T = decltype(x);
    return x != x ? x : x > T(0) ? -x * math::log(x) : x == T(0) ? T(0) : -std::numeric_limits<T>::infinity();
  });
}

/// The normal distribution's probability of a value below each element, in the steps of PyTorch.
template <class Lazy = void>
Tensor special_ndtr(const Tensor& self) {
  const Tensor scaled = mul<Lazy>(self, Scalar(0.70710678118654752440));
  return mul<Lazy>(add<Lazy>(erf<Lazy>(scaled), Scalar(1.0), Scalar(1)), Scalar(0.5));
}

}  // namespace ops

namespace detail {

template <class Lazy>
Tensor sinc_impl(const Tensor& self, const Tensor* destination) {
  return float_unary(FloatsAndComplex{}, "sinc", self, destination, [](auto x) {
    using T = decltype(x);
    if constexpr (math::is_complex_v<T>) {
      using Part = typename T::value_type;
      const T scaled = x * Part(3.14159265358979323846);
      return x == T(0) ? T(1) : math::sin(scaled) / scaled;
    } else {
      const T scaled = x * T(3.14159265358979323846);
      return x == T(0) ? T(1) : math::sin(scaled) / scaled;
    }
  });
}

}  // namespace detail

namespace detail {

struct SplitDouble {
  double mantissa;
  double exponent;  // a whole number
};
inline SplitDouble split_float(double x) noexcept {
  int exponent = 0;
  const double mantissa = std::isfinite(x) ? std::frexp(x, &exponent) : x;
  return {mantissa, static_cast<double>(exponent)};
}

}  // namespace detail

namespace ops {

/// sin(pi x) / (pi x)
template <class Lazy = void>
Tensor sinc(const Tensor& self) {
  return detail::sinc_impl<Lazy>(self, nullptr);
}
template <class Lazy = void>
Tensor sinc_(const Tensor& self) {
  return detail::sinc_impl<Lazy>(self, &self);
}

/// Mantissas in [0.5, 1) and int32 exponents: self = mantissa * 2^exponent.
template <class Lazy = void>
std::tuple<Tensor, Tensor> frexp(const Tensor& self) {
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", "torch.frexp() only supports floating-point dtypes");
  }
  const detail::Elementwise call{"frexp", DType::float64, self.dtype(), nullptr};
  const Tensor mantissa = detail::elementwise(
      detail::TypeList<double>{}, call, [](double x) { return detail::split_float(x).mantissa; }, self);
  const detail::Elementwise exponents{"frexp", DType::float64, DType::int32, nullptr};
  const Tensor exponent = detail::elementwise(
      detail::TypeList<double>{}, exponents, [](double x) { return detail::split_float(x).exponent; }, self);
  return {mantissa, exponent};
}

}  // namespace ops
}  // namespace ts2cpp
