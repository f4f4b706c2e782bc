// Comparisons, logic, and choosing by masks.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/arrangement.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// op(a, b) in the promoted dtype, the result in bool (converted to the destination's dtype in place).
template <class Types, class Op>
Tensor compare(Types types, const char* name, const Input& a, const Input& b, const Tensor* destination, const Op& op) {
  const DType dtype = compute_dtype(common_dtype(a, b));
  return elementwise(types, Elementwise{name, dtype, DType::bool_, destination}, op, a, b);
}

template <class Op>
Tensor logical(const char* name, const Input& a, const Input& b, const Tensor* destination, const Op& op) {
  return elementwise(TypeList<bool>{}, Elementwise{name, DType::bool_, DType::bool_, destination}, op, a, b);
}

}  // namespace detail

namespace ops {

#define TS2CPP_COMPARISON(NAME, TYPES, OPERATOR)                                 \
  template <class Lazy = void>                                                   \
  Tensor NAME(const Tensor& self, const Tensor& other) {                         \
    return detail::compare(detail::TYPES{}, #NAME, self, other, nullptr,         \
                           [](auto x, auto y) -> bool { return x OPERATOR y; }); \
  }                                                                              \
  template <class Lazy = void>                                                   \
  Tensor NAME(const Tensor& self, const Scalar& other) {                         \
    return detail::compare(detail::TYPES{}, #NAME, self, other, nullptr,         \
                           [](auto x, auto y) -> bool { return x OPERATOR y; }); \
  }                                                                              \
  template <class Lazy = void>                                                   \
  Tensor NAME##_(const Tensor& self, const Tensor& other) {                      \
    return detail::compare(detail::TYPES{}, #NAME "_", self, other, &self,       \
                           [](auto x, auto y) -> bool { return x OPERATOR y; }); \
  }                                                                              \
  template <class Lazy = void>                                                   \
  Tensor NAME##_(const Tensor& self, const Scalar& other) {                      \
    return detail::compare(detail::TYPES{}, #NAME "_", self, other, &self,       \
                           [](auto x, auto y) -> bool { return x OPERATOR y; }); \
  }
TS2CPP_COMPARISON(eq, NumbersAndBool, ==)
TS2CPP_COMPARISON(ne, NumbersAndBool, !=)
TS2CPP_COMPARISON(lt, RealsAndBool, <)
TS2CPP_COMPARISON(le, RealsAndBool, <=)
TS2CPP_COMPARISON(gt, RealsAndBool, >)
TS2CPP_COMPARISON(ge, RealsAndBool, >=)
#undef TS2CPP_COMPARISON

// Logic on truth values: any non-zero element is true.
#define TS2CPP_LOGICAL(NAME, OPERATOR)                                                                                 \
  template <class Lazy = void>                                                                                         \
  Tensor NAME(const Tensor& self, const Tensor& other) {                                                               \
    return detail::logical(#NAME, self, other, nullptr, [](bool x, bool y) -> bool { return (x OPERATOR y) != 0; });   \
  }                                                                                                                    \
  template <class Lazy = void>                                                                                         \
  Tensor NAME##_(const Tensor& self, const Tensor& other) {                                                            \
    return detail::logical(#NAME "_", self, other, &self, [](bool x, bool y) -> bool { return (x OPERATOR y) != 0; }); \
  }
TS2CPP_LOGICAL(logical_and, &)
TS2CPP_LOGICAL(logical_or, |)
TS2CPP_LOGICAL(logical_xor, ^)
#undef TS2CPP_LOGICAL

template <class Lazy = void>
Tensor logical_not(const Tensor& self) {
  return detail::elementwise(
      detail::TypeList<bool>{}, detail::Elementwise{"logical_not", DType::bool_, DType::bool_, nullptr},
      [](bool x) { return !x; }, self);
}
template <class Lazy = void>
Tensor logical_not_(const Tensor& self) {
  detail::check_writable(self);
  detail::copy_elements(self, logical_not<Lazy>(self));
  return self;
}

/// Fills with a number or the value of a 0-d tensor.
inline Tensor fill_(const Tensor& self, const Scalar& value) {
  detail::check_fits(value, self.dtype());
  detail::check_writable(self);
  detail::fill_elements(self, value);
  return self;
}
inline Tensor fill_(const Tensor& self, const Tensor& value) {
  if (value.dim() != 0) {
    raise("RuntimeError",
          {"fill_ only supports 0-dimension value tensor but got tensor with ", value.dim(), " dimensions."});
  }
  detail::check_writable(self);
  detail::copy_elements(self, value);
  return self;
}
inline Tensor fill(const Tensor& self, const Scalar& value) {
  const Tensor result = detail::empty_preserving(self, self.dtype());
  return fill_(result, value);
}
inline Tensor fill(const Tensor& self, const Tensor& value) { return fill_(clone(self), value); }
inline Tensor zero_(const Tensor& self) { return fill_(self, 0); }

}  // namespace ops

namespace detail {

/// condition ? a : b. The condition takes part as an element of the compute type: it is 0 or 1 there.
template <class Lazy>
Tensor where_impl(const Tensor& condition, const Input& a, const Input& b) {
  if (condition.dtype() != DType::bool_ && condition.dtype() != DType::uint8) {
    raise("RuntimeError", {"where expected condition to be a boolean tensor, but got a tensor with dtype ",
                           dtype_label(condition.dtype())});
  }
  const DType dtype = common_dtype(a, b);
  for (const Input* const input : {&a, &b}) {
    if (input->tensor == nullptr) {
      check_fits(*input->scalar, dtype);
    }
  }
  // Elements are moved, not computed with: 16-bit floats would survive a detour through float32.
  const Elementwise call{"where", compute_dtype(dtype), dtype, nullptr};
  const auto op = [](auto c, auto x, auto y) { return c != decltype(c)(0) ? x : y; };
  return elementwise(NumbersAndBool{}, call, op, condition, a, b);
}

/// Elements of `self` where the mask is set become `value`.
template <class Lazy>
Tensor masked_fill_impl(const Tensor& self, const Tensor& mask, const Scalar& value, const Tensor* destination) {
  if (mask.dtype() != DType::bool_) {
    raise("RuntimeError",
          {"masked_fill_ only supports boolean masks, but got mask with dtype ", dtype_element_name(mask.dtype())});
  }
  if (destination != nullptr) {
    check_destination(*destination, broadcast_sizes(self.sizes(), mask.sizes()), self.dtype());
  }
  if (value.is_complex() && !is_complex(self.dtype())) {
    raise("RuntimeError",
          {"value cannot be converted to type ", dtype_element_name(self.dtype()), " without overflow"});
  }
  check_fits(value, self.dtype());
  const Elementwise call{"masked_fill", compute_dtype(self.dtype()), self.dtype(), destination};
  const auto op = [](auto x, auto m, auto v) { return m != decltype(m)(0) ? v : x; };
  return elementwise(NumbersAndBool{}, call, op, self, mask, value);
}

inline Scalar zero_dim_value(const Tensor& value) {
  if (value.dim() != 0) {
    raise("RuntimeError", {"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with ", value.dim(),
                           " dimension(s)."});
  }
  return value.item();
}

}  // namespace detail

namespace ops {

/// Elements of `self` where the condition holds, of `other` elsewhere.
template <class Lazy = void>
Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other) {
  return detail::where_impl<Lazy>(condition, self, other);
}
template <class Lazy = void>
Tensor where(const Tensor& condition, const Tensor& self, const Scalar& other) {
  return detail::where_impl<Lazy>(condition, self, other);
}
template <class Lazy = void>
Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other) {
  return detail::where_impl<Lazy>(condition, self, other);
}
template <class Lazy = void>
Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other) {
  return detail::where_impl<Lazy>(condition, self, other);
}

template <class Lazy = void>
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value) {
  return detail::masked_fill_impl<Lazy>(self, mask, value, nullptr);
}
template <class Lazy = void>
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value) {
  return detail::masked_fill_impl<Lazy>(self, mask, detail::zero_dim_value(value), nullptr);
}
template <class Lazy = void>
Tensor masked_fill_(const Tensor& self, const Tensor& mask, const Scalar& value) {
  return detail::masked_fill_impl<Lazy>(self, mask, value, &self);
}
template <class Lazy = void>
Tensor masked_fill_(const Tensor& self, const Tensor& mask, const Tensor& value) {
  return detail::masked_fill_impl<Lazy>(self, mask, detail::zero_dim_value(value), &self);
}

/// |self - other| <= atol + rtol * |other|, element by element; equal infinities are close.
template <class Lazy = void>
Tensor isclose(const Tensor& self, const Tensor& other, double rtol = 1e-05, double atol = 1e-08,
               bool equal_nan = false) {
  if (self.dtype() != other.dtype()) {
    raise("RuntimeError", {dtype_label(self.dtype()), " did not match ", dtype_label(other.dtype())});
  }
  if (!(rtol >= 0 && atol >= 0)) {
    raise("RuntimeError", {rtol >= 0 ? "atol" : "rtol", " must be greater than or equal to zero, but got ",
                           detail::short_number(rtol >= 0 ? atol : rtol)});
  }
  const auto op = [rtol, atol, equal_nan](auto x, auto y) -> bool {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>) {
      const float error = std::fabs(static_cast<float>(x) - static_cast<float>(y));
      const float allowed = static_cast<float>(atol) + std::fabs(static_cast<float>(rtol) * static_cast<float>(y));
      return x == y || (error <= allowed && (rtol != 0 || atol != 0));
    } else {
      using Real = decltype(std::abs(x));
      const bool same = x == y || (equal_nan && x != x && y != y);
      const Real error = std::abs(x - y);
      const Real allowed = static_cast<Real>(atol) + std::abs(static_cast<Real>(rtol) * y);
      return same || (error <= allowed && error < std::numeric_limits<Real>::infinity());
    }
  };
  return detail::compare(detail::NumbersAndBool{}, "isclose", self, other, nullptr, op);
}

/// True when every element of a bool tensor is set.
inline bool all_true(const Tensor& flags) {
  const Tensor values = contiguous(flags);
  const bool* const data = values.data_ptr<bool>();
  return std::find(data, data + values.numel(), false) == data + values.numel();
}

template <class Lazy = void>
bool allclose(const Tensor& self, const Tensor& other, double rtol = 1e-05, double atol = 1e-08,
              bool equal_nan = false) {
  return all_true(isclose<Lazy>(self, other, rtol, atol, equal_nan));
}

/// Same shape and elements; the dtypes may differ.
template <class Lazy = void>
bool equal(const Tensor& self, const Tensor& other) {
  return self.sizes() == other.sizes() && all_true(eq<Lazy>(self, other));
}

}  // namespace ops
}  // namespace ts2cpp
