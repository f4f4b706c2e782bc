// Arithmetic on tensors: sums, products, quotients, remainders, powers, bounds and bitwise logic.
// Operands broadcast and promote; in-place forms (trailing underscore) write `self` and return it.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

/// An optional limit of clamp: nothing, a number or a tensor.
struct Bound {
  Bound(std::nullopt_t /*none*/) noexcept {}
  Bound(const Scalar& value) : number(value) {}
  Bound(const Tensor& value) : tensor(value) {}
  Bound(const std::optional<Scalar>& value) : number(value) {}
  Bound(const std::optional<Tensor>& value) : tensor(value) {}
  template <class Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0>
  Bound(Number value) : number(Scalar(value)) {}
  template <class Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0>
  Bound(const std::optional<Number>& value) {
    if (value) {
      number = Scalar(*value);
    }
  }

  bool given() const noexcept { return number || tensor; }
  detail::Input input() const { return tensor ? detail::Input(*tensor) : detail::Input(*number); }

  std::optional<Scalar> number;
  std::optional<Tensor> tensor;
};

namespace detail {

inline bool is_bool(const Input& input) {
  return input.tensor != nullptr ? input.tensor->dtype() == DType::bool_ : input.scalar->is_bool();
}

inline void check_alpha(DType dtype, const Scalar& alpha) {
  if (alpha.is_bool() && dtype != DType::bool_) {
    raise("RuntimeError", "Boolean alpha only supported for Boolean results.");
  }
  if (alpha.is_float() && is_integral(dtype, true)) {
    raise("RuntimeError", "For integral input tensors, argument alpha must not be a floating point number.");
  }
  if (alpha.is_complex() && !is_complex(dtype)) {
    raise("RuntimeError", "For non-complex input tensors, argument alpha must not be a complex number.");
  }
}

inline bool is_one(const Scalar& alpha) {
  return alpha.is_integral(true) ? alpha.to_int() == 1 : alpha.to_double() == 1.0 && alpha.imag() == 0.0;
}

template <class Lazy>
Tensor add_scaled(const Input& a, const Input& b, const Scalar& alpha, const Tensor* destination) {
  const DType dtype = common_dtype(a, b);
  check_alpha(dtype, alpha);
  const Elementwise call{"add", compute_dtype(dtype), dtype, destination};
  if (is_one(alpha)) {
    return elementwise(NumbersAndBool{}, call, [](auto x, auto y) { return math::add(x, y); }, a, b);
  }
  return elementwise(
      NumbersAndBool{}, call, [](auto x, auto y, auto scale) { return math::add(x, math::mul(y, scale)); }, a, b,
      alpha);
}

template <class Lazy>
Tensor sub_scaled(const Input& a, const Input& b, const Scalar& alpha, const Tensor* destination) {
  if (is_bool(a) && is_bool(b)) {
    raise("RuntimeError",
          "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
          "operator instead.");
  }
  if (is_bool(a) || is_bool(b)) {
    raise("RuntimeError",
          "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
          "the `~` or `logical_not()` operator instead.");
  }
  const DType dtype = common_dtype(a, b);
  check_alpha(dtype, alpha);
  const Elementwise call{"sub", compute_dtype(dtype), dtype, destination};
  if (is_one(alpha)) {
    return elementwise(Numbers{}, call, [](auto x, auto y) { return math::sub(x, y); }, a, b);
  }
  return elementwise(
      Numbers{}, call, [](auto x, auto y, auto scale) { return math::sub(x, math::mul(y, scale)); }, a, b, alpha);
}

template <class Lazy>
Tensor mul_impl(const Input& a, const Input& b, const Tensor* destination) {
  return promoted_binary(NumbersAndBool{}, "mul", a, b, destination, [](auto x, auto y) { return math::mul(x, y); });
}

template <class Lazy>
Tensor div_impl(const Input& a, const Input& b, const Tensor* destination) {
  return float_binary(FloatsAndComplex{}, "div", a, b, destination, [](auto x, auto y) { return math::div(x, y); });
}

/// Integer division has no result for a divisor of zero: kernels do not throw, so it is looked for beforehand.
inline void check_no_zero(const Input& dividend, const Input& divisor, const Tensor* destination) {
  const DType dtype = common_dtype(dividend, divisor);
  const Input operands[] = {dividend, divisor};
  if (!is_integral(dtype, false) ||
      checked_numel(check_operands(Elementwise{"", dtype, dtype, destination}, Span<const Input>(operands, 2))) == 0) {
    return;
  }
  // What counts is the divisor in the dtype of the division: 256 is 0 as a uint8.
  bool zero = false;
  if (divisor.tensor == nullptr) {
    const Tensor narrowed = Tensor::empty({}, dtype);
    store_scalar(*divisor.scalar, dtype, narrowed.raw_data());
    zero = !narrowed.item().to_bool();
  } else {
    const Tensor narrowed = Tensor::empty(divisor.tensor->sizes(), dtype);
    copy_elements(narrowed, *divisor.tensor);
    const Tensor flags = Tensor::empty(divisor.tensor->sizes(), DType::bool_);
    copy_elements(flags, narrowed);
    const bool* const values = flags.data_ptr<bool>();
    zero = std::find(values, values + flags.numel(), false) != values + flags.numel();
  }
  if (zero) {
    raise("RuntimeError", "ZeroDivisionError");
  }
}

template <class Lazy>
Tensor floor_divide_impl(const Input& a, const Input& b, const Tensor* destination) {
  check_no_zero(a, b, destination);
  return promoted_binary(Reals{}, "div_floor", a, b, destination,
                         [](auto x, auto y) { return math::floor_divide(x, y); });
}

template <class Lazy>
Tensor trunc_divide_impl(const Input& a, const Input& b, const Tensor* destination) {
  check_no_zero(a, b, destination);
  return promoted_binary(Reals{}, "div_trunc", a, b, destination,
                         [](auto x, auto y) { return math::trunc_divide(x, y); });
}

template <class Lazy>
Tensor div_mode_impl(const Input& a, const Input& b, std::optional<std::string_view> mode, const Tensor* destination) {
  if (!mode) {
    return div_impl<Lazy>(a, b, destination);
  }
  if (*mode == "floor") {
    return floor_divide_impl<Lazy>(a, b, destination);
  }
  if (*mode == "trunc") {
    return trunc_divide_impl<Lazy>(a, b, destination);
  }
  raise("RuntimeError", {"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '", *mode, "'"});
}

/// A 0-d operand of another dtype rounded to the common one, if that is a 16-bit float; undefined if nothing is to do.
/// (Elsewhere such operands take part unrounded.)
inline Tensor rounded_operand(const Input& operand, DType dtype) {
  if (operand.tensor == nullptr || !is_reduced_float(dtype) || operand.tensor->dtype() == dtype) {
    return Tensor();
  }
  const Tensor result = Tensor::empty(operand.tensor->sizes(), dtype);
  copy_elements(result, *operand.tensor);
  return result;
}

template <class Lazy, class Op>
Tensor rounded_binary(const char* name, const Input& a, const Input& b, const Tensor* destination, const Op& op) {
  const DType dtype = common_dtype(a, b);
  const Tensor left = rounded_operand(a, dtype);
  const Tensor right = rounded_operand(b, dtype);
  return promoted_binary(Reals{}, name, left.defined() ? Input(left) : a, right.defined() ? Input(right) : b,
                         destination, op);
}

template <class Lazy>
Tensor remainder_impl(const Input& a, const Input& b, const Tensor* destination) {
  check_no_zero(a, b, destination);
  return rounded_binary<Lazy>("remainder", a, b, destination, [](auto x, auto y) { return math::remainder(x, y); });
}

template <class Lazy>
Tensor fmod_impl(const Input& a, const Input& b, const Tensor* destination) {
  check_no_zero(a, b, destination);
  return rounded_binary<Lazy>("fmod", a, b, destination, [](auto x, auto y) { return math::fmod(x, y); });
}

template <class Lazy>
Tensor pow_impl(const Input& a, const Input& b, const Tensor* destination) {
  const DType dtype = common_dtype(a, b);
  if (b.scalar != nullptr && is_floating_point(dtype)) {
    // As a constant of the loop, so that it is looked at once.
    const double exponent = b.scalar->to_double();
    if (exponent == 0.5) {
      return elementwise(
          Floats{}, Elementwise{"pow", compute_dtype(dtype), dtype, destination}, [](auto x) { return math::sqrt(x); },
          *a.tensor);
    }
    if (exponent == -0.5) {
      return elementwise(
          Floats{}, Elementwise{"pow", compute_dtype(dtype), dtype, destination},
          [](auto x) { return decltype(x)(1) / math::sqrt(x); }, *a.tensor);
    }
    return elementwise(
        Floats{}, Elementwise{"pow", compute_dtype(dtype), dtype, destination},
        [exponent](auto x) { return math::pow(x, static_cast<decltype(x)>(exponent)); }, *a.tensor);
  }
  if (is_integral(dtype, true) && b.scalar != nullptr && b.scalar->to_int() < 0) {
    raise("RuntimeError", "Integers to negative integer powers are not allowed.");
  }
  if (dtype == DType::bool_ && b.scalar != nullptr && b.scalar->to_bool()) {
    return promoted_binary(TypeList<bool>{}, "pow!", a, b, destination, [](bool x, bool /*one*/) { return x; });
  }
  return promoted_binary(Numbers{}, "pow!", a, b, destination, [](auto x, auto y) { return math::pow(x, y); });
}

/// Complex numbers have no order.
inline void check_ordered(const char* name, DType dtype) {
  if (is_complex(dtype)) {
    raise("RuntimeError", {name, " not implemented for complex tensors."});
  }
}

template <class Lazy>
Tensor maximum_impl(const Input& a, const Input& b, const Tensor* destination) {
  check_ordered("maximum", common_dtype(a, b));
  return promoted_binary(RealsAndBool{}, "maximum", a, b, destination,
                         [](auto x, auto y) { return math::maximum(x, y); });
}

template <class Lazy>
Tensor minimum_impl(const Input& a, const Input& b, const Tensor* destination) {
  check_ordered("minimum", common_dtype(a, b));
  return promoted_binary(RealsAndBool{}, "minimum", a, b, destination,
                         [](auto x, auto y) { return math::minimum(x, y); });
}

template <class Lazy>
Tensor bitwise_and_impl(const Input& a, const Input& b, const Tensor* destination) {
  return promoted_binary(IntegersAndBool{}, "bitwise_and", a, b, destination,
                         [](auto x, auto y) { return static_cast<decltype(x)>(x & y); });
}
template <class Lazy>
Tensor bitwise_or_impl(const Input& a, const Input& b, const Tensor* destination) {
  return promoted_binary(IntegersAndBool{}, "bitwise_or", a, b, destination,
                         [](auto x, auto y) { return static_cast<decltype(x)>(x | y); });
}
template <class Lazy>
Tensor bitwise_xor_impl(const Input& a, const Input& b, const Tensor* destination) {
  return promoted_binary(IntegersAndBool{}, "bitwise_xor", a, b, destination,
                         [](auto x, auto y) { return static_cast<decltype(x)>(x ^ y); });
}
template <class Lazy>
Tensor lshift_impl(const Input& a, const Input& b, const Tensor* destination) {
  return promoted_binary(Integers{}, "lshift", a, b, destination, [](auto x, auto y) { return math::lshift(x, y); });
}
template <class Lazy>
Tensor rshift_impl(const Input& a, const Input& b, const Tensor* destination) {
  return promoted_binary(Integers{}, "rshift", a, b, destination, [](auto x, auto y) { return math::rshift(x, y); });
}

/// Functions of two floats that need nothing but a name.
template <class Lazy, class Op>
Tensor float_pair(const char* name, const Tensor& self, const Tensor& other, const Tensor* destination, const Op& op) {
  return float_binary(Floats{}, name, self, other, destination, op);
}

/// What clamp refuses, `dtype` being the type of the result.
inline void check_bounds(const Tensor& self, const Bound& low, const Bound& high, DType dtype,
                         const Tensor* destination) {
  const bool by_tensor = low.tensor || high.tensor;
  const bool both = low.given() && high.given();
  if (is_complex(dtype)) {
    if (by_tensor && !both) {
      raise_not_implemented(low.given() ? "maximum" : "minimum", dtype);
    }
    raise("NotImplementedError", "clamp is not supported for complex types");
  }
  for (const Bound* const bound : {&low, &high}) {
    if (bound->number) {
      check_fits(*bound->number, dtype);
    }
  }
  if (destination != nullptr && !by_tensor && !can_cast(dtype, self.dtype())) {
    raise("RuntimeError", {"result type ", dtype_label(dtype), " can't be cast to the desired output type ",
                           dtype_element_name(self.dtype())});
  }
}

inline void check_not_bool_number(const char* name, const Tensor& self, const Bound& bound) {
  if (bound.number && self.dtype() == DType::bool_ && bound.number->is_bool()) {
    raise_not_implemented(name, DType::bool_);
  }
}

template <class Lazy>
Tensor clamp_impl(const Tensor& self, const Bound& low, const Bound& high, const Tensor* destination) {
  if (!low.given() && !high.given()) {
    raise("RuntimeError", "torch.clamp: At least one of 'min' or 'max' must not be None");
  }
  Promotion promotion;
  promotion.add(self);
  for (const Bound* const bound : {&low, &high}) {
    if (bound->tensor) {
      promotion.add(*bound->tensor);
    } else if (bound->number) {
      promotion.add(*bound->number);
    }
  }
  const DType dtype = promotion.result();
  check_bounds(self, low, high, dtype, destination);
  const Elementwise call{"clamp", compute_dtype(dtype), dtype, destination};
  if (low.given() && high.given()) {
    return elementwise(
        Reals{}, call, [](auto x, auto a, auto b) { return math::clamp(x, a, b); }, self, low.input(), high.input());
  }
  if (low.given()) {
    return elementwise(RealsAndBool{}, call, [](auto x, auto a) { return math::maximum(x, a); }, self, low.input());
  }
  return elementwise(RealsAndBool{}, call, [](auto x, auto b) { return math::minimum(x, b); }, self, high.input());
}

inline void check_lerp_weight(const Tensor& self, const Tensor& weight) {
  if (self.dtype() != weight.dtype()) {
    raise("RuntimeError", {"expected dtype ", dtype_element_name(self.dtype()), " for `weight` but got dtype ",
                           dtype_element_name(weight.dtype())});
  }
}

template <class Lazy>
Tensor lerp_impl(const Tensor& self, const Tensor& end, const Input& weight, const Tensor* destination) {
  if (self.dtype() != end.dtype()) {
    raise("RuntimeError", {"expected dtype ", dtype_element_name(self.dtype()), " for `end` but got dtype ",
                           dtype_element_name(end.dtype())});
  }
  const Elementwise call{"lerp_kernel_scalar!", compute_dtype(self.dtype()), self.dtype(), destination};
  const auto op = [](auto a, auto b, auto w) { return math::lerp(a, b, w); };
  return elementwise(FloatsAndComplex{}, call, op, self, end, weight);
}

template <class Lazy>
Tensor addcmul_impl(const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& value,
                    const Tensor* destination) {
  const DType dtype = result_type(self, a, b);
  const Elementwise call{"addcmul_cpu_out!", compute_dtype(dtype), dtype, destination};
  const auto op = [](auto x, auto y, auto z, auto scale) { return math::add(x, math::mul(math::mul(scale, y), z)); };
  return elementwise(Numbers{}, call, op, self, a, b, value);
}

template <class Lazy>
Tensor addcdiv_impl(const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& value,
                    const Tensor* destination) {
  if (is_integral(a.dtype(), true) && is_integral(b.dtype(), true)) {
    raise("RuntimeError",
          "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
          "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
          "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
          "tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * "
          "tensor1 / tensor2), for all dtypes.");
  }
  const DType dtype = result_type(self, a, b);
  const Elementwise call{"addcdiv", compute_dtype(dtype), dtype, destination};
  const auto op = [](auto x, auto y, auto z, auto scale) { return x + math::mul(scale, y) / z; };
  return elementwise(FloatsAndComplex{}, call, op, self, a, b, value);
}

}  // namespace detail

namespace ops {

// add, sub, mul, div and neg are declared with their defaults in tensor.hpp.
template <class Lazy>
Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha) {
  return detail::add_scaled<Lazy>(self, other, alpha, nullptr);
}
template <class Lazy>
Tensor add(const Tensor& self, const Scalar& other, const Scalar& alpha) {
  return detail::add_scaled<Lazy>(self, other, alpha, nullptr);
}
template <class Lazy = void>
Tensor add_(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) {
  return detail::add_scaled<Lazy>(self, other, alpha, &self);
}
template <class Lazy = void>
Tensor add_(const Tensor& self, const Scalar& other, const Scalar& alpha = 1) {
  return detail::add_scaled<Lazy>(self, other, alpha, &self);
}

template <class Lazy>
Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha) {
  return detail::sub_scaled<Lazy>(self, other, alpha, nullptr);
}
template <class Lazy>
Tensor sub(const Tensor& self, const Scalar& other, const Scalar& alpha) {
  return detail::sub_scaled<Lazy>(self, other, alpha, nullptr);
}
template <class Lazy = void>
Tensor sub_(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) {
  return detail::sub_scaled<Lazy>(self, other, alpha, &self);
}
template <class Lazy = void>
Tensor sub_(const Tensor& self, const Scalar& other, const Scalar& alpha = 1) {
  return detail::sub_scaled<Lazy>(self, other, alpha, &self);
}

/// other - alpha * self
template <class Lazy = void>
Tensor rsub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) {
  return detail::sub_scaled<Lazy>(other, self, alpha, nullptr);
}
template <class Lazy>
Tensor rsub(const Tensor& self, const Scalar& other, const Scalar& alpha) {
  return detail::sub_scaled<Lazy>(other, self, alpha, nullptr);
}

template <class Lazy>
Tensor mul(const Tensor& self, const Tensor& other) {
  return detail::mul_impl<Lazy>(self, other, nullptr);
}
template <class Lazy>
Tensor mul(const Tensor& self, const Scalar& other) {
  return detail::mul_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor mul_(const Tensor& self, const Tensor& other) {
  return detail::mul_impl<Lazy>(self, other, &self);
}
template <class Lazy = void>
Tensor mul_(const Tensor& self, const Scalar& other) {
  return detail::mul_impl<Lazy>(self, other, &self);
}

/// True division: integers give float32.
template <class Lazy>
Tensor div(const Tensor& self, const Tensor& other) {
  return detail::div_impl<Lazy>(self, other, nullptr);
}
template <class Lazy>
Tensor div(const Tensor& self, const Scalar& other) {
  return detail::div_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor div_(const Tensor& self, const Tensor& other) {
  return detail::div_impl<Lazy>(self, other, &self);
}
template <class Lazy = void>
Tensor div_(const Tensor& self, const Scalar& other) {
  return detail::div_impl<Lazy>(self, other, &self);
}

/// Division with rounding_mode None, "floor" or "trunc"; the latter two keep integer types.
template <class Lazy = void>
Tensor div(const Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode) {
  return detail::div_mode_impl<Lazy>(self, other, rounding_mode, nullptr);
}
template <class Lazy = void>
Tensor div(const Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode) {
  return detail::div_mode_impl<Lazy>(self, other, rounding_mode, nullptr);
}
template <class Lazy = void>
Tensor div_(const Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode) {
  return detail::div_mode_impl<Lazy>(self, other, rounding_mode, &self);
}
template <class Lazy = void>
Tensor div_(const Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode) {
  return detail::div_mode_impl<Lazy>(self, other, rounding_mode, &self);
}

TS2CPP_BINARY_OPERATOR(floor_divide, detail::floor_divide_impl)
TS2CPP_BINARY_OPERATOR(remainder, detail::remainder_impl)
TS2CPP_BINARY_OPERATOR(fmod, detail::fmod_impl)
TS2CPP_BINARY_OPERATOR(pow, detail::pow_impl)
TS2CPP_BINARY_OPERATOR(maximum, detail::maximum_impl)
TS2CPP_BINARY_OPERATOR(minimum, detail::minimum_impl)
TS2CPP_BINARY_OPERATOR(bitwise_and, detail::bitwise_and_impl)
TS2CPP_BINARY_OPERATOR(bitwise_or, detail::bitwise_or_impl)
TS2CPP_BINARY_OPERATOR(bitwise_xor, detail::bitwise_xor_impl)
TS2CPP_BINARY_OPERATOR(lshift, detail::lshift_impl)
TS2CPP_BINARY_OPERATOR(rshift, detail::rshift_impl)
TS2CPP_BINARY_OPERATOR(bitwise_left_shift, detail::lshift_impl)
TS2CPP_BINARY_OPERATOR(bitwise_right_shift, detail::rshift_impl)

template <class Lazy = void>
Tensor remainder(const Scalar& self, const Tensor& other) {
  return detail::remainder_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor pow(const Scalar& self, const Tensor& exponent) {
  return detail::pow_impl<Lazy>(self, exponent, nullptr);
}
template <class Lazy = void>
Tensor bitwise_and(const Scalar& self, const Tensor& other) {
  return detail::bitwise_and_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor bitwise_or(const Scalar& self, const Tensor& other) {
  return detail::bitwise_or_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor bitwise_xor(const Scalar& self, const Tensor& other) {
  return detail::bitwise_xor_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor bitwise_left_shift(const Scalar& self, const Tensor& other) {
  return detail::lshift_impl<Lazy>(self, other, nullptr);
}
template <class Lazy = void>
Tensor bitwise_right_shift(const Scalar& self, const Tensor& other) {
  return detail::rshift_impl<Lazy>(self, other, nullptr);
}

}  // namespace ops
}  // namespace ts2cpp

#include <ts2cpp/ops/arithmetic_functions.hpp>
