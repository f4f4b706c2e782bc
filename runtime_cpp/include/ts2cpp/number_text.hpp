// Numbers as text, written and read whatever the locale says.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <ts2cpp/error.hpp>

namespace ts2cpp {
namespace detail {

/// printf's %e, %f, %g and their capitals, whatever the locale says about the decimal point.
inline std::string format_double(double value, char notation, int precision, int width = 0) {
  char text[400];
  const char format[] = {'%', '*', '.', '*', notation, '\0'};
  if (std::isnan(value)) {
    value = std::abs(value);  // without its sign
  }
  const int length = std::snprintf(text, sizeof text, format, width, precision, value);
  std::string result(text, static_cast<std::size_t>(std::max(length, 0)));
  std::replace(result.begin(), result.end(), ',', '.');
  return result;
}

/// int(text) as TorchScript reads it: blanks, a sign, decimal digits, and nothing after them; ValueError for anything
/// else.
inline std::int64_t int_of_text(const std::string& text) {
  std::size_t at = text.find_first_not_of(" \t\n\r\f\v");
  at = at == std::string::npos ? text.size() : at;
  const bool negative = at < text.size() && text[at] == '-';
  at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1 : 0;
  const std::size_t first = at;
  std::uint64_t value = 0;
  const std::uint64_t limit = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1U : 0U);
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (value > (limit - digit) / 10) {
      raise("ValueError", "stoll");
    }
    value = value * 10 + digit;
  }
  if (at == first) {
    raise("ValueError", "stoll");
  }
  if (at != text.size()) {
    raise("ValueError", {"invalid literal for int() with base 10: '", text, "'"});
  }
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

/// float(text): what C's strtod reads, and nothing after it; ValueError for anything else.
inline double float_of_text(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool named = text.find_first_of("nN") != std::string::npos;  // inf and nan
  if (end == text.c_str() || (std::isinf(value) && !named)) {
    raise("ValueError", "stod");
  }
  if (end != text.c_str() + text.size() || text.find('(') != std::string::npos) {
    raise("ValueError", {"could not convert string to float: '", text, "'"});
  }
  return value;
}

}  // namespace detail
}  // namespace ts2cpp
