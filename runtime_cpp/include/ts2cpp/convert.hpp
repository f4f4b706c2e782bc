// Moving elements between strides and dtypes. A conversion goes through one of five hub types (int32, int64, float,
// double, complex<double>), so that 12 dtypes need a few dozen small loops and not 144.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/scalar.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

namespace ts2cpp::detail {

/// Elements that are worked on at a time; a tile of every operand fits into the first-level cache.
inline constexpr std::int64_t kTile = 128;
/// Bytes of a tile of the widest type.
inline constexpr std::int64_t kTileBytes = kTile * 16;

/// One element to type To, with PyTorch's (x86) meaning where C++ leaves it undefined.
template <class To, class From>
To convert_element(From value) noexcept {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (std::is_same_v<From, complex64> || std::is_same_v<From, complex128>) {
    if constexpr (std::is_same_v<To, complex64> || std::is_same_v<To, complex128>) {
      return static_cast<To>(value);
    } else {
      return convert_element<To>(value.real());
    }
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    // Narrow signed integers come out of a 32-bit conversion, unsigned and 64-bit ones out of a 64-bit conversion.
    using Wide = std::conditional_t<(sizeof(To) < 8 && std::is_signed_v<To>), std::int32_t, std::int64_t>;
    return static_cast<To>(float_to_int<Wide>(static_cast<double>(value)));
  } else if constexpr (std::is_same_v<From, half> || std::is_same_v<From, bfloat16>) {
    return convert_element<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, half> || std::is_same_v<To, bfloat16>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, complex64>) {
    return {static_cast<float>(value), 0.0f};
  } else if constexpr (std::is_same_v<To, complex128>) {
    return {static_cast<double>(value), 0.0};
  } else {
    return static_cast<To>(value);
  }
}

/// `value` rounded to a 16-bit type; as it is for the others.
template <class T>
T rounded_to(DType dtype, T value) noexcept {
  if (dtype == DType::float16) {
    return static_cast<T>(static_cast<float>(half(static_cast<float>(value))));
  }
  return dtype == DType::bfloat16 ? static_cast<T>(static_cast<float>(bfloat16(static_cast<float>(value)))) : value;
}

template <class To, class From>
void convert_loop(const void* source, void* target, std::int64_t n) noexcept {
  const From* const from = static_cast<const From*>(source);
  To* const to = static_cast<To*>(target);
  TS2CPP_INDEPENDENT_ITERATIONS
  for (std::int64_t i = 0; i < n; ++i) {
    to[i] = convert_element<To>(from[i]);
  }
}

/// The hub type that represents every value of `dtype`.
inline DType hub_dtype(DType dtype) noexcept {
  switch (dtype) {
    case DType::int64:
    case DType::float32:
    case DType::float64: return dtype;
    case DType::float16:
    case DType::bfloat16: return DType::float32;
    case DType::complex64:
    case DType::complex128: return DType::complex128;
    default: return DType::int32;
  }
}

/// dtype -> its hub type.
inline void load_hub(DType from, const void* source, void* hub, std::int64_t n) noexcept {
  switch (from) {
    case DType::uint8: return convert_loop<std::int32_t, std::uint8_t>(source, hub, n);
    case DType::int8: return convert_loop<std::int32_t, std::int8_t>(source, hub, n);
    case DType::int16: return convert_loop<std::int32_t, std::int16_t>(source, hub, n);
    case DType::bool_: return convert_loop<std::int32_t, bool>(source, hub, n);
    case DType::float16: return convert_loop<float, half>(source, hub, n);
    case DType::bfloat16: return convert_loop<float, bfloat16>(source, hub, n);
    default: return convert_loop<complex128, complex64>(source, hub, n);
  }
}

/// A real hub type -> dtype.
template <class Hub>
void store_hub(const void* hub, DType to, void* target, std::int64_t n) noexcept {
  switch (to) {
    case DType::uint8: return convert_loop<std::uint8_t, Hub>(hub, target, n);
    case DType::int8: return convert_loop<std::int8_t, Hub>(hub, target, n);
    case DType::int16: return convert_loop<std::int16_t, Hub>(hub, target, n);
    case DType::int32: return convert_loop<std::int32_t, Hub>(hub, target, n);
    case DType::int64: return convert_loop<std::int64_t, Hub>(hub, target, n);
    case DType::float16: return convert_loop<half, Hub>(hub, target, n);
    case DType::float32: return convert_loop<float, Hub>(hub, target, n);
    case DType::float64: return convert_loop<double, Hub>(hub, target, n);
    case DType::complex64: return convert_loop<complex64, Hub>(hub, target, n);
    case DType::complex128: return convert_loop<complex128, Hub>(hub, target, n);
    case DType::bool_: return convert_loop<bool, Hub>(hub, target, n);
    case DType::bfloat16: return convert_loop<bfloat16, Hub>(hub, target, n);
  }
}

inline void store_complex(const void* hub, DType to, void* target, std::int64_t n) noexcept {
  if (to == DType::complex64) {
    return convert_loop<complex64, complex128>(hub, target, n);
  }
  if (to == DType::bool_) {
    return convert_loop<bool, complex128>(hub, target, n);
  }
  alignas(16) char real_parts[kTile * sizeof(double)];  // n is at most a tile here
  convert_loop<double, complex128>(hub, real_parts, n);
  store_hub<double>(real_parts, to, target, n);
}

/// Converts n contiguous elements. Source and target must not overlap unless they are the same and the element sizes
/// agree.
template <class Lazy = void>
void convert_contiguous(DType from, const void* source, DType to, void* target, std::int64_t n) noexcept {
  const std::int64_t from_size = element_size(from);
  const std::int64_t to_size = element_size(to);
  if (from == to) {
    if (n > 0 && source != target) {
      std::memcpy(target, source, static_cast<std::size_t>(n * to_size));
    }
    return;
  }
  const DType hub = hub_dtype(from);
  alignas(16) char tile[kTileBytes];
  for (std::int64_t begin = 0; begin < n; begin += kTile) {
    const std::int64_t count = std::min(kTile, n - begin);
    const void* values = static_cast<const char*>(source) + begin * from_size;
    void* const results = static_cast<char*>(target) + begin * to_size;
    if (from != hub) {
      void* const loaded = to == hub ? results : static_cast<void*>(tile);
      load_hub(from, values, loaded, count);
      values = loaded;
    }
    if (to == hub) {
      continue;
    }
    switch (hub) {
      case DType::int32: store_hub<std::int32_t>(values, to, results, count); break;
      case DType::int64: store_hub<std::int64_t>(values, to, results, count); break;
      case DType::float32: store_hub<float>(values, to, results, count); break;
      case DType::float64: store_hub<double>(values, to, results, count); break;
      default: store_complex(values, to, results, count); break;
    }
  }
}

/// Copies n elements of `size` bytes between strides (in bytes).
inline void copy_strided(const char* source, std::int64_t source_stride, char* target, std::int64_t target_stride,
                         std::int64_t n, std::int64_t size) noexcept {
  if (source_stride == size && target_stride == size) {
    std::memcpy(target, source, static_cast<std::size_t>(n * size));
    return;
  }
  visit_element_size(size, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T value;
    if (source_stride == 0 && target_stride == size) {
      std::memcpy(&value, source, sizeof value);
      std::fill_n(static_cast<T*>(static_cast<void*>(target)), n, value);
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      std::memcpy(&value, source + i * source_stride, sizeof value);
      std::memcpy(target + i * target_stride, &value, sizeof value);
    }
  });
}

/// Converts and copies n elements between strides (in bytes).
template <class Lazy = void>
void convert_strided(DType from, const char* source, std::int64_t source_stride, DType to, char* target,
                     std::int64_t target_stride, std::int64_t n) noexcept {
  const std::int64_t from_size = element_size(from);
  const std::int64_t to_size = element_size(to);
  if (from == to) {
    copy_strided(source, source_stride, target, target_stride, n, to_size);
    return;
  }
  if (source_stride == from_size && target_stride == to_size) {
    convert_contiguous(from, source, to, target, n);
    return;
  }
  alignas(16) char gathered[kTileBytes];
  alignas(16) char converted[kTileBytes];
  for (std::int64_t begin = 0; begin < n; begin += kTile) {
    const std::int64_t count = std::min(kTile, n - begin);
    copy_strided(source + begin * source_stride, source_stride, gathered, from_size, count, from_size);
    convert_contiguous(from, gathered, to, converted, count);
    copy_strided(converted, to_size, target + begin * target_stride, target_stride, count, to_size);
  }
}

/// Writes `value` as an element of `dtype`.
template <class Lazy = void>
void store_scalar(const Scalar& value, DType dtype, void* target) noexcept {
  if (value.is_complex()) {
    const complex128 number = value.to_complex();
    convert_contiguous(DType::complex128, &number, dtype, target, 1);
  } else if (value.is_float()) {
    const double number = value.to_double();
    convert_contiguous(DType::float64, &number, dtype, target, 1);
  } else {
    const std::int64_t number = value.to_int();
    convert_contiguous(DType::int64, &number, dtype, target, 1);
  }
}

/// A number in messages: six significant digits.
inline std::string short_number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

/// RuntimeError unless `value` can be an element of `dtype` (fractions are cut off; uint8 also takes what fits when
/// negated).
template <class Lazy = void>
void check_fits(const Scalar& value, DType dtype) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  bool fits = is_complex(dtype) || value.imag() == 0.0;
  const double number = value.to_double();
  if (is_integral(dtype, false)) {
    const int bits = static_cast<int>(element_size(dtype)) * 8;
    if (value.is_integral(true)) {
      const std::int64_t integer = value.to_int();
      if (dtype == DType::uint8) {
        fits = integer >= -255 && integer <= 255;
      } else if (bits < 64) {
        fits = integer >= -(std::int64_t{1} << (bits - 1)) && integer < std::int64_t{1} << (bits - 1);
      }
    } else {
      const double high = dtype == DType::uint8 ? 256.0 : std::ldexp(1.0, bits - 1);
      fits = fits && number < high && number >= (dtype == DType::uint8 ? -255.0 : -high);
    }
  } else if (dtype != DType::bool_) {
    const DType part = to_real_dtype(dtype);
    const double largest = part == DType::float16    ? 65520.0
                           : part == DType::bfloat16 ? 0x1.FFp127
                           : part == DType::float32  ? 0x1.FFFFFFp127
                                                     : infinity;
    const double imag = is_complex(dtype) ? value.imag() : 0.0;
    for (const double x : {number, imag}) {
      fits = fits && !(std::fabs(x) >= largest && std::fabs(x) < infinity);
    }
  }
  if (!fits) {
    const char* name = "bool";
    switch (dtype) {
      case DType::uint8: name = "uint8_t"; break;
      case DType::int8: name = "int8_t"; break;
      case DType::int16: name = "int16_t"; break;
      case DType::int32: name = "int"; break;
      case DType::int64: name = "int64_t"; break;
      default: name = dtype_element_name(dtype); break;
    }
    raise("RuntimeError", {"value cannot be converted to type ", name, " without overflow"});
  }
}

#define TS2CPP_CONVERT_PARTS(TEMPLATE)                                                              \
  TEMPLATE void convert_contiguous<void>(DType, const void*, DType, void*, std::int64_t) noexcept;  \
  TEMPLATE void convert_strided<void>(DType, const char*, std::int64_t, DType, char*, std::int64_t, \
                                      std::int64_t) noexcept;                                       \
  TEMPLATE void store_scalar<void>(const Scalar&, DType, void*) noexcept;                           \
  TEMPLATE void check_fits<void>(const Scalar&, DType);
TS2CPP_COMPILED(TS2CPP_CONVERT_PARTS)

}  // namespace ts2cpp::detail

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
