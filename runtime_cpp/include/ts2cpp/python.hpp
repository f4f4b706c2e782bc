// Python's meaning of numbers, ranges and tuples, as far as TorchScript has it.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/number_text.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/scalar.hpp>

namespace ts2cpp {

// --- integers: 64 bits that wrap -------------------------------------------------------------------------------

inline std::int64_t wrapping_add(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
inline std::int64_t wrapping_sub(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline std::int64_t wrapping_mul(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
inline std::int64_t wrapping_neg(std::int64_t a) noexcept { return wrapping_sub(0, a); }

/// `items[index]` of a tuple whose elements have one type; IndexError outside of it.
template <class T, class... More>
T tuple_at(const std::tuple<T, More...>& items, std::int64_t index) {
  constexpr auto kSize = static_cast<std::int64_t>(sizeof...(More)) + 1;
  if (index < -kSize || index >= kSize) {
    raise("IndexError", "Tuple list index out of range");
  }
  return std::apply(
      [&](const auto&... values) {
        return std::array<T, sizeof...(values)>{values...}[static_cast<std::size_t>(index < 0 ? index + kSize : index)];
      },
      items);
}

/// `a // b`, towards minus infinity; ZeroDivisionError for b == 0.
inline std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  if (b == 0) {
    raise("ZeroDivisionError", "division by 0");
  }
  if (b == -1) {
    return wrapping_neg(a);  // the hardware would trap on the smallest integer
  }
  const std::int64_t quotient = a / b;
  return quotient - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}
inline double floor_div(double a, double b) noexcept { return std::floor(a / b); }
inline double floor_div(std::int64_t a, double b) noexcept { return floor_div(static_cast<double>(a), b); }
inline double floor_div(double a, std::int64_t b) noexcept { return floor_div(a, static_cast<double>(b)); }

/// `a % b`, with the sign of b; ZeroDivisionError for an int b == 0.
inline std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  if (b == 0) {
    raise("ZeroDivisionError", "integer modulo by zero");
  }
  if (b == -1) {
    return 0;
  }
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
inline double floor_mod(double a, double b) noexcept { return std::fmod(b + std::fmod(a, b), b); }
inline double floor_mod(std::int64_t a, double b) noexcept { return floor_mod(static_cast<double>(a), b); }
inline double floor_mod(double a, std::int64_t b) noexcept { return floor_mod(a, static_cast<double>(b)); }

/// `a / b` of ints or floats: always a float; division by zero gives inf or nan, as in TorchScript.
inline double true_div(double a, double b) noexcept { return a / b; }
inline double true_div(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<double>(a) / static_cast<double>(b);
}
inline double true_div(std::int64_t a, double b) noexcept { return static_cast<double>(a) / b; }
inline double true_div(double a, std::int64_t b) noexcept { return a / static_cast<double>(b); }

inline std::tuple<std::int64_t, std::int64_t> divmod(std::int64_t a, std::int64_t b) {
  if (b == 0) {
    raise("RuntimeError", "ZeroDivisionError: integer division or modulo by zero");
  }
  return {floor_div(a, b), floor_mod(a, b)};
}
inline std::tuple<double, double> divmod(double a, double b) {
  if (b == 0.0) {
    raise("RuntimeError", "ZeroDivisionError: float divmod()");
  }
  double rest = std::fmod(a, b);
  if (rest != 0.0 && std::signbit(a) != std::signbit(b)) {
    rest += b;
  }
  return {(a - rest) / b, rest};
}
inline std::tuple<double, double> divmod(std::int64_t a, double b) { return divmod(static_cast<double>(a), b); }
inline std::tuple<double, double> divmod(double a, std::int64_t b) { return divmod(a, static_cast<double>(b)); }

/// Shifts as x86 does them: the count counts modulo 64.
inline std::int64_t lshift(std::int64_t a, std::int64_t count) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << (static_cast<std::uint64_t>(count) & 63U));
}
inline std::int64_t rshift(std::int64_t a, std::int64_t count) noexcept {
  return a >> (static_cast<std::uint64_t>(count) & 63U);
}

/// `a ** b`: a float, also for two ints; ZeroDivisionError for a zero base with a negative exponent.
inline double power(double a, double b) {
  if (a == 0.0 && b < 0.0) {
    raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  }
  return std::pow(a, b);
}
inline double power(std::int64_t a, std::int64_t b) { return power(static_cast<double>(a), static_cast<double>(b)); }
inline double power(std::int64_t a, double b) { return power(static_cast<double>(a), b); }
inline double power(double a, std::int64_t b) { return power(a, static_cast<double>(b)); }
/// The int result of `a ** b` (aten::pow.int_to_int); wraps; ValueError for a negative exponent.
inline std::int64_t integer_power(std::int64_t a, std::int64_t b) {
  if (b < 0) {
    raise("ValueError", "Integers to negative integer powers are not allowed.");
  }
  std::int64_t result = 1;
  for (; b != 0; b >>= 1, a = wrapping_mul(a, a)) {
    if ((b & 1) != 0) {
      result = wrapping_mul(result, a);
    }
  }
  return result;
}

/// Rounds half to even, whatever the rounding mode of the host.
inline double round_half_even(double value) noexcept {
  const double rounded = std::round(value);
  return std::abs(value - std::trunc(value)) == 0.5 ? 2.0 * std::round(value / 2.0) : rounded;
}
inline double round_half_even(std::int64_t value) noexcept { return static_cast<double>(value); }

// --- conversions -------------------------------------------------------------------------------------------------

/// int(x): truncates; values that do not fit become the smallest integer.
inline std::int64_t to_int(double value) noexcept { return float_to_int<std::int64_t>(value); }
inline std::int64_t to_int(bool value) noexcept { return value ? 1 : 0; }
inline std::int64_t to_int(std::int64_t value) noexcept { return value; }
inline std::int64_t to_int(const std::string& text) { return detail::int_of_text(text); }

namespace detail {

/// Whether a text is a number that counts something: digits alone, and not too many.
inline bool is_position(const std::string& text) noexcept {
  return !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace detail

inline double to_float(double value) noexcept { return value; }
inline double to_float(std::int64_t value) noexcept { return static_cast<double>(value); }
inline double to_float(bool value) noexcept { return value ? 1.0 : 0.0; }
inline double to_float(const std::string& text) { return detail::float_of_text(text); }

inline std::int64_t parse_int(const std::string& text) { return to_int(text); }
inline double parse_float(const std::string& text) { return to_float(text); }

inline bool to_bool(bool value) noexcept { return value; }
inline bool to_bool(std::int64_t value) noexcept { return value != 0; }
inline bool to_bool(double value) noexcept { return value != 0.0; }
inline bool to_bool(const std::string& value) noexcept { return !value.empty(); }

namespace detail {
inline std::string based_text(std::int64_t value, const char* prefix, unsigned bits) {
  auto rest = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits;
  do {
    digits += "0123456789abcdef"[rest & ((1U << bits) - 1U)];
    rest >>= bits;
  } while (rest != 0);
  std::reverse(digits.begin(), digits.end());
  return (value < 0 ? "-" : "") + std::string(prefix) + digits;
}
}  // namespace detail

inline std::string hex(std::int64_t value) { return detail::based_text(value, "0x", 4); }
inline std::string oct(std::int64_t value) { return detail::based_text(value, "0o", 3); }
inline std::string bin(std::int64_t value) { return detail::based_text(value, "0b", 1); }
inline std::string chr(std::int64_t code) {
  if (code < 0 || code >= 0x110000) {
    raise("RuntimeError", {"chr() arg not in range(0x110000), found ", code});
  }
  return std::string(1, static_cast<char>(code & 0xFF));  // TorchScript's strings are bytes
}
inline std::int64_t ord(const std::string& text) {
  if (text.size() != 1) {
    raise("RuntimeError", {"String for ord() must be 1 character, found ", text.size()});
  }
  return static_cast<unsigned char>(text[0]);
}

// --- ranges and lists --------------------------------------------------------------------------------------------

// Literals are ints in C++: a mixture of number types goes to the overload for the kinds that Python would see.
namespace detail {
template <class T>
using Number = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
template <class A, class B>
using IfNumbers = std::enable_if_t<std::is_arithmetic_v<A> && std::is_arithmetic_v<B>, int>;
}  // namespace detail
template <class A, class B, detail::IfNumbers<A, B> = 0>
auto floor_div(A a, B b) {
  return floor_div(static_cast<detail::Number<A>>(a), static_cast<detail::Number<B>>(b));
}
template <class A, class B, detail::IfNumbers<A, B> = 0>
auto floor_mod(A a, B b) {
  return floor_mod(static_cast<detail::Number<A>>(a), static_cast<detail::Number<B>>(b));
}
template <class A, class B, detail::IfNumbers<A, B> = 0>
double true_div(A a, B b) {
  return true_div(static_cast<detail::Number<A>>(a), static_cast<detail::Number<B>>(b));
}
template <class A, class B, detail::IfNumbers<A, B> = 0>
double power(A a, B b) {
  return power(static_cast<detail::Number<A>>(a), static_cast<detail::Number<B>>(b));
}

template <class A, class B, detail::IfNumbers<A, B> = 0>
auto divmod(A a, B b) {
  return divmod(static_cast<detail::Number<A>>(a), static_cast<detail::Number<B>>(b));
}

/// len(range(start, stop, step)); ValueError for a step of 0.
inline std::int64_t range_length(std::int64_t start, std::int64_t stop, std::int64_t step) {
  if (step == 0) {
    raise("ValueError", "range() arg 3 must not be zero");
  }
  if (step > 0 ? start >= stop : start <= stop) {
    return 0;
  }
  const auto low = static_cast<std::uint64_t>(step > 0 ? start : stop);
  const auto high = static_cast<std::uint64_t>(step > 0 ? stop : start);
  const auto stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return static_cast<std::int64_t>((high - low - 1) / stride + 1);
}
/// range(start, stop, step)[index].
inline std::int64_t derive_index(std::int64_t index, std::int64_t start, std::int64_t step) noexcept {
  return wrapping_add(start, wrapping_mul(index, step));
}
inline List<std::int64_t> range_list(std::int64_t start, std::int64_t stop, std::int64_t step = 1) {
  List<std::int64_t> result;
  const std::int64_t count = range_length(start, stop, step);
  for (std::int64_t i = 0; i < count; ++i) {
    result.append(derive_index(i, start, step));
  }
  return result;
}

inline List<std::int64_t> range_list(std::int64_t stop) { return range_list(0, stop); }

template <class T>
List<T> sorted(const List<T>& list) {
  return list.sorted();
}

/// `a, b = list`: the elements one by one; RuntimeError when there are not exactly N.
template <std::size_t N, class T>
std::array<T, N> unpack(const List<T>& list) {
  if (list.size() != static_cast<std::int64_t>(N)) {
    raise("RuntimeError", {"Expected ", N, " elements in a list but found ", list.size()});
  }
  std::array<T, N> items{};
  for (std::size_t i = 0; i < N; ++i) {
    items[i] = list.at(static_cast<std::int64_t>(i));
  }
  return items;
}

namespace detail {
template <std::size_t Begin, class Tuple, std::size_t... I>
auto slice_elements(const Tuple& tuple, std::index_sequence<I...> /*i*/) {
  return std::make_tuple(std::get<Begin + I>(tuple)...);
}
}  // namespace detail

/// `tuple[Begin:End]`.
template <std::size_t Begin, std::size_t End, class Tuple>
auto tuple_slice(const Tuple& tuple) {
  if constexpr (detail::HasFields<Tuple>::value) {
    return tuple_slice<Begin, End>(tuple.fields());
  } else {
    return detail::slice_elements<Begin>(tuple, std::make_index_sequence<End - Begin>());
  }
}

/// The value of an Optional that must not be None.
template <class T>
const T& unwrap(const std::optional<T>& value) {
  if (!value) {
    raise("RuntimeError", "Unwrapping null optional");
  }
  return *value;
}
template <class T>
T unwrap(std::optional<T>&& value) {
  return unwrap(static_cast<const std::optional<T>&>(value));
}

namespace detail {
template <class A, class B, class = void>
struct MayBeSame : std::false_type {};
template <class A, class B>
struct MayBeSame<A, B, std::void_t<decltype(std::declval<const A&>().is(std::declval<const B&>()))>> : std::true_type {
};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
}  // namespace detail

/// Python's `is`: the same object; numbers and strings count by value.
template <class A, class B>
bool is_same(const A& a, const B& b) {
  constexpr bool none_a = std::is_same_v<A, std::nullopt_t>;
  constexpr bool none_b = std::is_same_v<B, std::nullopt_t>;
  if constexpr (none_a || none_b) {
    if constexpr (none_a && none_b) {
      return true;
    } else if constexpr (detail::IsOptional<A>::value) {
      return !a.has_value();
    } else if constexpr (detail::IsOptional<B>::value) {
      return !b.has_value();
    } else {
      return false;
    }
  } else if constexpr (detail::IsOptional<A>::value) {
    return a ? is_same(*a, b) : is_same(std::nullopt, b);
  } else if constexpr (detail::IsOptional<B>::value) {
    return b && is_same(a, *b);
  } else if constexpr (detail::MayBeSame<A, B>::value) {
    return a.is(b);  // also an object and one of its interfaces
  } else if constexpr (!std::is_same_v<A, B>) {
    return false;
  } else {
    return a == b;
  }
}

/// hash(x): ints are their own hash, others what the C++ library says.
template <class T>
std::int64_t hash(const T& value) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(value);
  } else {
    return static_cast<std::int64_t>(std::hash<T>()(value));
  }
}

/// sum(list): bools count as ints.
template <class T>
auto sum(const List<T>& list) {
  std::conditional_t<std::is_same_v<T, bool>, std::int64_t, T> total{};
  for (const T item : list) {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      total = wrapping_add(total, item);
    } else {
      total += item;
    }
  }
  return total;
}
template <class T>
T max(const List<T>& list) {
  if (list.empty()) {
    raise("ValueError", "max() arg is an empty sequence");
  }
  T best = list.at(0);
  for (const T item : list) {
    best = best < item ? item : best;
  }
  return best;
}
template <class T>
T min(const List<T>& list) {
  if (list.empty()) {
    raise("ValueError", "min() arg is an empty sequence");
  }
  T best = list.at(0);
  for (const T item : list) {
    best = item < best ? item : best;
  }
  return best;
}
/// max(a, b) and min(a, b) of two lists: the lexicographically larger or smaller one.
template <class T>
List<T> max(const List<T>& a, const List<T>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end()) ? b : a;
}
template <class T>
List<T> min(const List<T>& a, const List<T>& b) {
  return std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end()) ? b : a;
}
inline double max(double a, double b) noexcept { return a > b ? a : b; }
inline double min(double a, double b) noexcept { return a < b ? a : b; }
template <class T>
bool all(const List<T>& list) {
  return std::all_of(list.begin(), list.end(), [](const T& item) { return to_bool(item); });
}
template <class T>
bool any(const List<T>& list) {
  return std::any_of(list.begin(), list.end(), [](const T& item) { return to_bool(item); });
}

// --- the math module, where <cmath> is not enough -----------------------------------------------------------------

namespace detail {

/// Floats that no int64 is near to have no floor.
inline void check_rounding_range(double value) {
  if (!(value >= -0x1p63 && value < 0x1p63)) {
    const std::string shown = std::isnan(value)   ? "nan"
                              : std::isinf(value) ? (value > 0 ? "inf" : "-inf")
                                                  : std::to_string(value);
    raise("RuntimeError", {"Cannot convert float ", shown, " to integer"});
  }
}

}  // namespace detail

inline std::int64_t floor_to_int(double value) {
  detail::check_rounding_range(value);
  return to_int(std::floor(value));
}
inline std::int64_t ceil_to_int(double value) {
  detail::check_rounding_range(value);
  return to_int(std::ceil(value));
}
inline std::int64_t gcd(std::int64_t a, std::int64_t b) noexcept {
  auto x = a < 0 ? 0 - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a);
  auto y = b < 0 ? 0 - static_cast<std::uint64_t>(b) : static_cast<std::uint64_t>(b);
  while (y != 0) {
    const std::uint64_t rest = x % y;
    x = y;
    y = rest;
  }
  return static_cast<std::int64_t>(x);
}
inline std::int64_t factorial(std::int64_t n) {
  if (n < 0) {
    raise("ValueError", "factorial() not defined for negative values");
  }
  std::int64_t result = 1;
  for (std::int64_t i = 2; i <= n && result != 0; ++i) {  // the wrapped product stays 0 from 66! on
    result = wrapping_mul(result, i);
  }
  return result;
}
inline std::tuple<double, std::int64_t> frexp(double value) noexcept {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return {mantissa, exponent};
}
inline std::tuple<double, double> modf(double value) noexcept {
  double whole = 0.0;
  const double fraction = std::modf(value, &whole);
  return {fraction, whole};
}
inline double degrees(double radians) noexcept { return radians * 180.0 / 3.141592653589793; }
inline double radians(double degrees) noexcept { return degrees * 3.141592653589793 / 180.0; }

}  // namespace ts2cpp
