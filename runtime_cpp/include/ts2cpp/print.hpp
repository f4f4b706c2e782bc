// The text of values as TorchScript's str() and print() show them, tensors included.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ts2cpp/dict.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/enum.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/none.hpp>
#include <ts2cpp/number_text.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// How the numbers of one tensor are printed: column width, common factor, and printf style.
struct NumberStyle {
  double scale = 1.0;
  int width = 0;
  char notation = 'g';
  int precision = 6;
};

inline std::string format_number(double value, const NumberStyle& style) {
  return format_double(value, style.notation, style.precision, style.width);
}

/// The fewest digits that read back as `value`, with an exponent when it is small or large.
inline std::string shortest(double value) {
  if (!std::isfinite(value)) {
    return std::isnan(value) && std::signbit(value) ? "-nan" : format_double(value, 'g', 6);
  }
  std::string scientific;
  for (int precision = 0; precision <= 16; ++precision) {
    scientific = format_double(value, 'e', precision);
    if (std::strtod(scientific.c_str(), nullptr) == value) {
      break;
    }
  }
  const std::size_t mark = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + mark + 1);
  const int digits = static_cast<int>(mark) - (std::signbit(value) ? 1 : 0) - (mark > 2 ? 1 : 0);
  return exponent < -4 || exponent >= 16 ? scientific : format_double(value, 'f', std::max(digits - 1 - exponent, 0));
}

inline NumberStyle number_style(const std::vector<double>& values) {
  bool integral = true;
  bool any_finite = false;
  double low = 1.0;
  double high = 1.0;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      continue;
    }
    integral = integral && value == std::ceil(value);
    const double magnitude = std::abs(value);
    low = any_finite ? std::min(low, magnitude) : magnitude;
    high = any_finite ? std::max(high, magnitude) : magnitude;
    any_finite = true;
  }
  const auto digits = [](double magnitude) { return magnitude == 0.0 ? 1.0 : std::floor(std::log10(magnitude)) + 1.0; };
  low = any_finite ? digits(low) : 1.0;
  high = any_finite ? digits(high) : 1.0;
  if (integral) {
    if (high > 9.0) {
      return {1.0, 11, 'e', 4};
    }
    return {1.0, static_cast<int>(high) + 1, 'g', 6};
  }
  if (high - low > 4.0) {
    return {1.0, std::abs(high) > 99.0 || std::abs(low) > 99.0 ? 12 : 11, 'e', 4};
  }
  if (high > 5.0 || high < 0.0) {
    return {std::pow(10.0, high - 1.0), 7, 'f', 4};
  }
  return {1.0, high == 0.0 ? 7 : static_cast<int>(high) + 6, 'f', 4};
}

inline double element_as_double(const Tensor& tensor, std::int64_t offset) {
  const Tensor element = tensor.with_layout(IntSpan(), IntSpan(), tensor.storage_offset() + offset);
  return element.item().to_double();
}

/// The elements of the trailing two (or fewer) dimensions at `offset`, row by row.
inline std::vector<double> matrix_values(const Tensor& tensor, std::int64_t offset, std::int64_t rows,
                                         std::int64_t columns) {
  const std::int64_t rank = tensor.dim();
  const std::int64_t row_step = rank >= 2 ? tensor.stride(rank - 2) : 0;
  const std::int64_t column_step = rank >= 1 ? tensor.stride(rank - 1) : 0;
  std::vector<double> values;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      values.push_back(element_as_double(tensor, offset + row * row_step + column * column_step));
    }
  }
  return values;
}

inline std::string scale_line(double scale) { return shortest(scale) + " *\n"; }

inline std::string matrix_text(const Tensor& tensor, std::int64_t offset, std::int64_t rows, std::int64_t columns,
                               int indent) {
  constexpr std::int64_t kLineWidth = 80;
  const std::vector<double> values = matrix_values(tensor, offset, rows, columns);
  const NumberStyle style = number_style(values);
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  const std::int64_t per_line = std::max<std::int64_t>((kLineWidth - indent) / (style.width + 1), 1);
  std::string text;
  for (std::int64_t first = 0; first < columns; first += per_line) {
    const std::int64_t last = std::min(first + per_line, columns) - 1;
    if (per_line < columns) {
      if (first != 0) {
        text += '\n';
      }
      text += "Columns " + std::to_string(first + 1) + " to " + std::to_string(last + 1) + margin;
    }
    if (style.scale != 1.0) {
      text += scale_line(style.scale) + margin;
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = first; column <= last; ++column) {
        text += format_number(values[static_cast<std::size_t>(row * columns + column)] / style.scale, style);
        text += column == last ? '\n' : ' ';
      }
      if (row != rows - 1) {
        text += style.scale != 1.0 ? margin + " " : margin;
      }
    }
  }
  return text;
}

/// One matrix after another, the first dimension counting fastest.
inline std::string matrices_text(const Tensor& tensor) {
  const std::int64_t outer = tensor.dim() - 2;
  std::vector<std::int64_t> counter(static_cast<std::size_t>(outer), 0);
  std::string text;
  for (;;) {
    std::int64_t offset = 0;
    text += '(';
    for (std::int64_t d = 0; d < outer; ++d) {
      const std::int64_t at = counter[static_cast<std::size_t>(d)];
      offset += at * tensor.stride(d);
      text += std::to_string(at + 1) + ",";
    }
    text += ".,.) = \n" + matrix_text(tensor, offset, tensor.size(-2), tensor.size(-1), 1);
    std::int64_t d = 0;
    while (d < outer && ++counter[static_cast<std::size_t>(d)] == tensor.size(d)) {
      counter[static_cast<std::size_t>(d)] = 0;
      ++d;
    }
    if (d == outer) {
      return text;
    }
    text += '\n';
  }
}

}  // namespace detail

/// What Python's str() gives in TorchScript: whole numbers of int64 in full (-0.0 as 0) with a final dot, others with
/// 17 significant digits.
inline std::string to_str(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-inf" : "inf";
  }
  if (value >= -0x1p63 && value < 0x1p63 && value == std::trunc(value)) {
    return std::to_string(static_cast<std::int64_t>(value)) + ".";
  }
  return detail::format_double(value, 'g', 17);
}
inline std::string to_str(bool value) { return value ? "True" : "False"; }
inline std::string to_str(std::int64_t value) { return std::to_string(value); }
inline std::string to_str(const std::string& value) { return value; }
inline std::string to_str(std::string_view value) { return std::string(value); }
inline std::string to_str(const char* value) { return value; }
inline std::string to_str(std::nullopt_t) { return "None"; }
inline std::string to_str(DType value) { return std::to_string(dtype_to_int(value)); }
inline std::string to_str(const std::complex<double>& value) {
  const std::string imaginary = to_str(value.imag());
  return to_str(value.real()) + (imaginary[0] == '-' ? "" : "+") + imaginary + "j";
}
inline std::string to_str(const Scalar& value) {
  switch (value.kind()) {
    case Scalar::Kind::boolean: return to_str(value.to_bool());
    case Scalar::Kind::integer: return to_str(value.to_int());
    case Scalar::Kind::floating: return to_str(value.to_double());
    case Scalar::Kind::complex: return to_str(value.to_complex());
  }
  return {};
}

/// The dump of a tensor: its elements, then " CPUFloatType{2,3} " in brackets.
inline std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) {
    return "[ Tensor (undefined) ]";
  }
  std::string text;
  if (tensor.dim() == 0) {
    const Scalar value = tensor.item();
    text = value.is_complex() ? to_str(value.to_complex()) : detail::shortest(value.to_double());
    text += '\n';
  } else if (tensor.numel() > 0 && tensor.dim() == 1) {
    const std::vector<double> values = detail::matrix_values(tensor, 0, 1, tensor.size(0));
    const detail::NumberStyle style = detail::number_style(values);
    text = style.scale != 1.0 ? detail::scale_line(style.scale) : "";
    for (const double value : values) {
      text += detail::format_number(value / style.scale, style) + "\n";
    }
  } else if (tensor.numel() > 0 && tensor.dim() == 2) {
    text = detail::matrix_text(tensor, 0, tensor.size(0), tensor.size(1), 0);
  } else if (tensor.numel() > 0) {
    text = detail::matrices_text(tensor);
  }
  text += std::string("[ CPU") + dtype_label(tensor.dtype()) + "Type{";
  for (std::int64_t d = 0; d < tensor.dim(); ++d) {
    text += (d == 0 ? "" : ",") + std::to_string(tensor.size(d));
  }
  return text + "} ]";
}
inline std::string to_str(const Tensor& value) { return to_string(value); }
inline std::string key_text(const Tensor& key) { return to_string(key); }

template <class T>
std::string to_str(const List<T>& value);
template <class K, class V>
std::string to_str(const Dict<K, V>& value);
template <class... T>
std::string to_str(const std::tuple<T...>& value);
template <class... T>
std::string to_str(const std::variant<T...>& value);
template <class T, std::enable_if_t<detail::HasFields<T>::value, int> = 0>
std::string to_str(const T& value);
template <class T>
std::string to_str(const std::optional<T>& value) {
  return value ? to_str(*value) : "None";
}
template <class T>
std::string to_str(const List<T>& value) {
  std::string text = "[";
  for (std::int64_t i = 0; i < value.size(); ++i) {
    text += (i == 0 ? "" : ", ") + to_str(value.at(i));
  }
  return text + "]";
}
template <class K, class V>
std::string to_str(const Dict<K, V>& value) {
  std::string text;
  for (const std::tuple<K, V>& item : value.items()) {
    text += (text.empty() ? "" : ", ") + to_str(std::get<0>(item)) + ": " + to_str(std::get<1>(item));
  }
  return "{" + text + "}";
}
template <class... T>
std::string to_str(const std::tuple<T...>& value) {
  std::string text;
  const char* separator = "";
  std::apply([&](const auto&... items) { ((text += separator + to_str(items), separator = ", "), ...); }, value);
  return "(" + text + (sizeof...(T) == 1 ? ",)" : ")");
}
template <class... T>
std::string to_str(const std::variant<T...>& value) {
  return std::visit([](const auto& item) { return to_str(item); }, value);
}
/// A named tuple looks like any other.
template <class T, std::enable_if_t<detail::HasFields<T>::value, int>>
std::string to_str(const T& value) {
  return to_str(value.fields());
}

/// Python's str().
template <class T>
std::string str(const T& value) {
  return to_str(value);
}

/// A tensor as print() shows it.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, const Tensor& value) {
  return out << to_string(value);
}

/// Python's print(): the values with spaces between them, and a newline.
template <class... T>
void print_values(const T&... values) {
  std::string text;
  bool first = true;
  ((text += (first ? "" : " ") + to_str(values), first = false), ...);
  print(text + "\n");
}

/// Position of the first element that equals `value`; ValueError when there is none.
template <class T>
std::int64_t index_of(const List<T>& list, const typename List<T>::value_type& value) {
  if (!list.contains(value)) {
    raise("ValueError", {"'", str(value), "' is not in list"});
  }
  return list.index(value);
}

}  // namespace ts2cpp
