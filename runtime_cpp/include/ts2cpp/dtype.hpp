// Element types: the DType enumeration, the two 16-bit float storage types, and type promotion.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include <ts2cpp/declared.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/floating_point_flags.hpp>

namespace ts2cpp {

/// Element type of a tensor. The numeric values are PyTorch's ScalarType codes, because scripted programs pass
/// dtypes around as plain ints.
enum class DType : std::uint8_t {
  uint8 = 0,
  int8 = 1,
  int16 = 2,
  int32 = 3,
  int64 = 4,
  float16 = 5,
  float32 = 6,
  float64 = 7,
  complex64 = 9,
  complex128 = 10,
  bool_ = 11,
  bfloat16 = 15,
};

using complex64 = std::complex<float>;
using complex128 = std::complex<double>;

namespace detail {

inline float bits_to_float(std::uint32_t bits) noexcept {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::uint32_t float_to_bits(float value) noexcept {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// IEEE binary16 -> binary32, exact. Both alternatives are computed and one selected, so loops over it vectorise.
inline float half_bits_to_float(std::uint16_t half_bits) noexcept {
  const std::uint32_t sign = (static_cast<std::uint32_t>(half_bits) & 0x8000u) << 16;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(half_bits) & 0x7fffu;
  // Normal numbers: move exponent and fraction in place and re-bias; exponent 31 (inf, nan) needs a second re-bias.
  const std::uint32_t rebias = magnitude >= 0x7c00u ? 0x70000000u : 0x38000000u;
  const std::uint32_t normal = (magnitude << 13) + rebias;
  // Subnormal numbers: the fraction counts units of 2^-24.
  const std::uint32_t subnormal =
      float_to_bits(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 5.9604644775390625e-8f);
  return bits_to_float(sign | (magnitude < 0x0400u ? subnormal : normal));
}

/// binary32 -> IEEE binary16, round to nearest even.
inline std::uint16_t float_to_half_bits(float value) noexcept {
  const std::uint32_t bits = float_to_bits(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  // Subnormal result: adding 0.5 makes the hardware round the fraction at the right place.
  const std::uint32_t subnormal = float_to_bits(bits_to_float(magnitude) + 0.5f) - 0x3f000000u;
  const std::uint32_t odd = (magnitude >> 13) & 1u;
  const std::uint32_t normal = (magnitude - 0x38000000u + 0x0fffu + odd) >> 13;
  std::uint32_t result = magnitude < 0x38800000u ? subnormal : normal;
  result = magnitude >= 0x47800000u ? 0x7c00u : result;  // overflow and infinity
  result = magnitude > 0x7f800000u ? 0x7e00u : result;   // nan
  return static_cast<std::uint16_t>(sign | result);
}

inline float bfloat16_bits_to_float(std::uint16_t bits) noexcept {
  return bits_to_float(static_cast<std::uint32_t>(bits) << 16);
}

/// binary32 -> bfloat16, round to nearest even.
inline std::uint16_t float_to_bfloat16_bits(float value) noexcept {
  const std::uint32_t bits = float_to_bits(value);
  const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

}  // namespace detail

/// IEEE binary16 storage; arithmetic is done in float.
struct half {
  std::uint16_t bits = 0;
  half() = default;
  explicit half(float value) noexcept : bits(detail::float_to_half_bits(value)) {}
  explicit operator float() const noexcept { return detail::half_bits_to_float(bits); }
};

/// bfloat16 storage; arithmetic is done in float.
struct bfloat16 {
  std::uint16_t bits = 0;
  bfloat16() = default;
  explicit bfloat16(float value) noexcept : bits(detail::float_to_bfloat16_bits(value)) {}
  explicit operator float() const noexcept { return detail::bfloat16_bits_to_float(bits); }
};

/// DType of a C++ element type: `dtype_of<float>` is DType::float32.
template <class T>
inline constexpr DType dtype_of = static_cast<DType>(255);
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::uint8;
template <>
inline constexpr DType dtype_of<std::int8_t> = DType::int8;
template <>
inline constexpr DType dtype_of<std::int16_t> = DType::int16;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<std::int64_t> = DType::int64;
template <>
inline constexpr DType dtype_of<half> = DType::float16;
template <>
inline constexpr DType dtype_of<float> = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<complex64> = DType::complex64;
template <>
inline constexpr DType dtype_of<complex128> = DType::complex128;
template <>
inline constexpr DType dtype_of<bool> = DType::bool_;
template <>
inline constexpr DType dtype_of<bfloat16> = DType::bfloat16;

/// Bytes of one element.
inline std::int64_t element_size(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8:
    case DType::int8:
    case DType::bool_: return 1;
    case DType::int16:
    case DType::float16:
    case DType::bfloat16: return 2;
    case DType::int32:
    case DType::float32: return 4;
    case DType::int64:
    case DType::float64:
    case DType::complex64: return 8;
    case DType::complex128: return 16;
  }
  return 1;
}

inline bool is_complex(DType dtype) noexcept { return dtype == DType::complex64 || dtype == DType::complex128; }

inline bool is_floating_point(DType dtype) noexcept {
  return dtype == DType::float16 || dtype == DType::float32 || dtype == DType::float64 || dtype == DType::bfloat16;
}

/// True for the integer types, and for bool when `include_bool`.
inline bool is_integral(DType dtype, bool include_bool) noexcept {
  return static_cast<int>(dtype) <= static_cast<int>(DType::int64) || (include_bool && dtype == DType::bool_);
}

/// True for the 16-bit floats, whose arithmetic happens in float32.
inline bool is_reduced_float(DType dtype) noexcept { return dtype == DType::float16 || dtype == DType::bfloat16; }

/// The name in PyTorch's error messages: "Float", "Long", …
inline const char* dtype_label(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8: return "Byte";
    case DType::int8: return "Char";
    case DType::int16: return "Short";
    case DType::int32: return "Int";
    case DType::int64: return "Long";
    case DType::float16: return "Half";
    case DType::float32: return "Float";
    case DType::float64: return "Double";
    case DType::complex64: return "ComplexFloat";
    case DType::complex128: return "ComplexDouble";
    case DType::bool_: return "Bool";
    case DType::bfloat16: return "BFloat16";
  }
  return "Undefined";
}

/// The name in Python: "float32", "int64", "bool", …
inline const char* dtype_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8: return "uint8";
    case DType::int8: return "int8";
    case DType::int16: return "int16";
    case DType::int32: return "int32";
    case DType::int64: return "int64";
    case DType::float16: return "float16";
    case DType::float32: return "float32";
    case DType::float64: return "float64";
    case DType::complex64: return "complex64";
    case DType::complex128: return "complex128";
    case DType::bool_: return "bool";
    case DType::bfloat16: return "bfloat16";
  }
  return "undefined";
}

/// The name of the C++ element type, which a few messages use.
inline const char* dtype_element_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8: return "unsigned char";
    case DType::int8: return "signed char";
    case DType::int16: return "short int";
    case DType::int32: return "int";
    case DType::int64: return "long int";
    case DType::float16: return "c10::Half";
    case DType::float32: return "float";
    case DType::float64: return "double";
    case DType::complex64: return "c10::complex<float>";
    case DType::complex128: return "c10::complex<double>";
    case DType::bool_: return "bool";
    case DType::bfloat16: return "c10::BFloat16";
  }
  return "undefined";
}

/// The DType with PyTorch's ScalarType code `code`; RuntimeError for codes without a type here.
inline DType dtype_from_int(std::int64_t code) {
  const bool known = (code >= 0 && code <= 7) || code == 9 || code == 10 || code == 11 || code == 15;
  if (!known) {
    raise("RuntimeError", {"unsupported dtype code ", code});
  }
  return static_cast<DType>(code);
}
inline std::optional<DType> dtype_from_int(const std::optional<std::int64_t>& code) {
  return code ? std::optional<DType>(dtype_from_int(*code)) : std::nullopt;
}

inline std::int64_t dtype_to_int(DType dtype) noexcept { return static_cast<std::int64_t>(dtype); }

/// The complex type whose parts have the float type `dtype`.
inline DType to_complex_dtype(DType dtype) noexcept {
  return dtype == DType::float64 || dtype == DType::complex128 ? DType::complex128 : DType::complex64;
}

/// The type of the real part of a complex type; other types are returned unchanged.
inline DType to_real_dtype(DType dtype) noexcept {
  return dtype == DType::complex64 ? DType::float32 : dtype == DType::complex128 ? DType::float64 : dtype;
}

/// The smallest type that both operands convert to, by PyTorch's promotion lattice.
inline DType promote_types(DType a, DType b) noexcept {
  if (a == b) {
    return a;
  }
  if (is_complex(a) || is_complex(b)) {
    const bool wide = a == DType::complex128 || b == DType::complex128 || a == DType::float64 || b == DType::float64;
    return wide ? DType::complex128 : DType::complex64;
  }
  const bool float_a = is_floating_point(a);
  const bool float_b = is_floating_point(b);
  if (float_a && float_b) {
    if (is_reduced_float(a) && is_reduced_float(b)) {
      return DType::float32;  // float16 with bfloat16
    }
    return is_reduced_float(a) ? b : is_reduced_float(b) ? a : DType::float64;
  }
  if (float_a || float_b) {
    return float_a ? a : b;
  }
  if (a == DType::bool_ || b == DType::bool_) {
    return a == DType::bool_ ? b : a;
  }
  if (a == DType::uint8 || b == DType::uint8) {
    const DType other = a == DType::uint8 ? b : a;
    return other == DType::int8 ? DType::int16 : other;
  }
  return static_cast<int>(a) > static_cast<int>(b) ? a : b;
}

/// True when values of `from` may be stored into an output of type `to`: complex does not become real, floats do not
/// become integers, nothing but bool becomes bool.
inline bool can_cast(DType from, DType to) noexcept {
  if (is_complex(from) && !is_complex(to)) {
    return false;
  }
  if (is_floating_point(from) && is_integral(to, true)) {
    return false;
  }
  return from == DType::bool_ || to != DType::bool_;
}

}  // namespace ts2cpp
