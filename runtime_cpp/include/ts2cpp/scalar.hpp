// Scalar: a Python number (bool, int, float or complex) passed to an operator.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <ts2cpp/declared.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>

namespace ts2cpp {

/// Float to integer as x86 converts: toward zero, the smallest integer for NaN and out-of-range values.
/// In C++ such conversions are undefined behaviour, so every one of them goes through here.
template <class Int>
inline Int float_to_int(double value) noexcept {
  static_assert(std::is_same_v<Int, std::int32_t> || std::is_same_v<Int, std::int64_t>);
  constexpr double low = static_cast<double>(std::numeric_limits<Int>::min());
  // -low is 2^31 or 2^63, exactly representable; for int32 everything above low - 1 truncates into range.
  constexpr double below = std::is_same_v<Int, std::int32_t> ? low - 1.0 : low;
  const bool fits = value < -low && (std::is_same_v<Int, std::int32_t> ? value > below : value >= below);
  return fits ? static_cast<Int>(value) : std::numeric_limits<Int>::min();
}

/// A Python number. Conversions between kinds are those of an element store (floats truncate, anything non-zero is
/// true, the imaginary part of a complex is dropped).
class Scalar {
 public:
  enum class Kind : std::uint8_t { boolean, integer, floating, complex };

  Scalar() noexcept : Scalar(std::int64_t{0}) {}
  Scalar(bool value) noexcept : kind_(Kind::boolean), integer_(value ? 1 : 0) {}
  template <class Int, std::enable_if_t<std::is_integral_v<Int> && !std::is_same_v<Int, bool>, int> = 0>
  Scalar(Int value) noexcept : kind_(Kind::integer), integer_(static_cast<std::int64_t>(value)) {}
  Scalar(float value) noexcept : Scalar(static_cast<double>(value)) {}
  Scalar(double value) noexcept : kind_(Kind::floating), real_(value) {}
  template <class Real>
  Scalar(const std::complex<Real>& value) noexcept
      : Scalar(static_cast<double>(value.real()), static_cast<double>(value.imag())) {}
  /// A complex number.
  Scalar(double real, double imag) noexcept : kind_(Kind::complex), real_(real), imag_(imag) {}
  /// A union of numbers.
  template <class... T>
  Scalar(const std::variant<T...>& value)
      : Scalar(visit([](const auto& number) { return Scalar(number); }, value)) {}  // std::visit

  Kind kind() const noexcept { return kind_; }
  bool is_bool() const noexcept { return kind_ == Kind::boolean; }
  bool is_int() const noexcept { return kind_ == Kind::integer; }
  bool is_float() const noexcept { return kind_ == Kind::floating; }
  bool is_complex() const noexcept { return kind_ == Kind::complex; }
  /// True for int, and for bool when `include_bool`.
  bool is_integral(bool include_bool) const noexcept { return is_int() || (include_bool && is_bool()); }

  bool to_bool() const noexcept { return kind_ <= Kind::integer ? integer_ != 0 : real_ != 0.0 || imag_ != 0.0; }
  std::int64_t to_int() const noexcept { return kind_ <= Kind::integer ? integer_ : float_to_int<std::int64_t>(real_); }
  double to_double() const noexcept { return kind_ <= Kind::integer ? static_cast<double>(integer_) : real_; }
  template <class Real = double>
  std::complex<Real> to_complex() const noexcept {
    return {static_cast<Real>(to_double()), static_cast<Real>(imag_)};
  }
  /// The imaginary part, 0 for all but complex numbers.
  double imag() const noexcept { return imag_; }

  /// The value as an element of type T.
  template <class T>
  T to() const noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      return to_bool();
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(static_cast<std::uint64_t>(to_int())));
    } else if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>) {
      return to_complex<typename T::value_type>();
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(to_double());
    } else {
      return T(static_cast<float>(to_double()));  // half, bfloat16
    }
  }

  /// The dtype of a tensor made from this number alone: bool, int64, float64 or complex128.
  DType dtype() const noexcept {
    switch (kind_) {
      case Kind::boolean: return DType::bool_;
      case Kind::integer: return DType::int64;
      case Kind::floating: return DType::float64;
      case Kind::complex: return DType::complex128;
    }
    return DType::float64;
  }

 private:
  Kind kind_;
  std::int64_t integer_ = 0;
  double real_ = 0.0;
  double imag_ = 0.0;
};

namespace detail {
/// `value`, which must have no imaginary part to become a `type`.
inline const Scalar& real_only(const Scalar& value, const char* type) {
  if (value.imag() != 0.0) {
    raise("RuntimeError", {"value cannot be converted to type ", type, " without overflow"});
  }
  return value;
}
}  // namespace detail

/// Python's int(); RuntimeError for a number with an imaginary part.
inline std::int64_t to_int(const Scalar& value) { return detail::real_only(value, "int").to_int(); }

}  // namespace ts2cpp
