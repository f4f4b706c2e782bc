// Python's format strings, as far as TorchScript has them: text.format(…) and text % (…).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <ts2cpp/error.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/python.hpp>

namespace ts2cpp {

/// text.format(…): each `{}` becomes the next value; all else, other braces included, stays. Values left over are
/// ignored; too few of them raise.
template <class... T>
std::string format(std::string_view text, const T&... values) {
  const std::vector<std::string> items{to_str(values)...};
  std::string result;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) != "{}") {
      result += text[at];
      continue;
    }
    if (used == items.size()) {
      raise("RuntimeError", {"Too few arguments for format string: ", text});
    }
    result += items[used++];
    ++at;
  }
  return result;
}

/// Raises an error `kind` unless `condition` holds, with the text that `format` makes of the rest.
template <class... T>
void require(bool condition, const char* kind, std::string_view text, const T&... values) {
  if (!condition) {
    if constexpr (sizeof...(T) == 0) {
      raise(kind, std::string(text));
    } else {
      raise(kind, format(text, values...));
    }
  }
}

namespace detail {

/// A value of any type as a % specifier wants it.
struct PercentArgument {
  std::string text;
  std::optional<double> number;
  std::optional<std::int64_t> integer;
  const char* kind = "String";

  PercentArgument(std::int64_t value) : text(to_str(value)), number(to_float(value)), integer(value), kind("Int") {}
  PercentArgument(double value) : text(to_str(value)), number(value), integer(to_int(value)), kind("Double") {}
  PercentArgument(bool value) : text(to_str(value)), number(to_float(value)), integer(to_int(value)), kind("Bool") {}
  PercentArgument(const Tensor& value) : text(to_str(value)), kind("Tensor") {}
  template <class T>
  PercentArgument(const T& value) : text(to_str(value)) {
    if constexpr (!std::is_convertible_v<T, std::string_view>) {
      kind = "Object";
    }
  }
};

inline std::string percent_item(char specifier, const PercentArgument& value) {
  switch (specifier) {
    case 's': return value.text;
    case 'd':
    case 'i':
      if (!value.integer) {
        raise("RuntimeError", {"%", specifier, " requires a number for formatting, but got ", value.kind});
      }
      return std::to_string(*value.integer);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
      if (!value.number) {
        raise("RuntimeError", {"%", specifier, " requires a number for formatting, but got ", value.kind});
      }
      return format_double(*value.number, specifier, 6);
    case 'c':
      if (value.integer && std::string_view(value.kind) == "Int") {
        return chr(*value.integer);
      }
      if (std::string_view(value.kind) == "String" && value.text.size() == 1) {
        return value.text;
      }
      raise("RuntimeError", {"%c requires an int or char for formatting, but got ", value.kind});
    default: raise("RuntimeError", {"The specifier %", specifier, " is not supported in TorchScript format strings"});
  }
}

}  // namespace detail

/// text % (…) with the specifiers s d i e E f F c and %%, without flags or widths.
template <class... T>
std::string percent_format(std::string_view text, const T&... values) {
  const std::vector<detail::PercentArgument> items{detail::PercentArgument(values)...};
  std::string result;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    if (++at == text.size()) {
      raise("RuntimeError", "Incomplete format specifier");
    }
    if (text[at] == '%') {
      result += '%';
      continue;
    }
    if (used == items.size()) {
      raise("RuntimeError", "Too few arguments for format string");
    }
    result += detail::percent_item(text[at], items[used++]);
  }
  if (used != items.size()) {
    raise("RuntimeError", "Too many arguments for format string");
  }
  return result;
}

}  // namespace ts2cpp
