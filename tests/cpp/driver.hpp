// What the generated drivers of the tests share: tensors from text, results as text, one line per call.
//
// The text of a value says its type where Python would: 3 is an int, 3.0 a float, True a bool, 'a' a string.
// tests/codegen/cpp_driver.py writes the same text of the values that the interpreter computed.
#pragma once

#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include <ts2cpp/ts2cpp.hpp>

namespace driver {

using ts2cpp::Dict;
using ts2cpp::DType;
using ts2cpp::List;
using ts2cpp::Scalar;
using ts2cpp::Tensor;

/// A contiguous tensor whose bytes are given in hexadecimal.
inline Tensor tensor(DType dtype, const std::vector<std::int64_t>& sizes, std::string_view hex) {
  const Tensor result = Tensor::empty(ts2cpp::IntSpan(sizes.data(), static_cast<std::int64_t>(sizes.size())), dtype);
  auto* out = static_cast<unsigned char*>(result.raw_data());
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    *out++ = static_cast<unsigned char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return result;
}

/// The state of a model, as `ts2cpp::io::Weights` gives it.
struct Weights {
  std::map<std::string, Tensor> tensors;
  Tensor get(const std::string& name) const { return tensors.at(name); }
};

// --- values as text -----------------------------------------------------------------------------------------------

inline std::string show(std::nullopt_t) { return "None"; }
inline std::string show(ts2cpp::None) { return "None"; }
inline std::string show(bool value) { return value ? "True" : "False"; }
inline std::string show(std::int64_t value) { return std::to_string(value); }
inline std::string show(double value) {
  if (value != value) {
    return "nan";
  }
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  const std::string result = text;
  return result.find_first_not_of("-0123456789") == std::string::npos ? result + ".0" : result;
}
inline std::string show(const std::complex<double>& value) {
  return "complex(" + show(value.real()) + ", " + show(value.imag()) + ")";
}
inline std::string show(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c >= ' ' && c <= '~' && c != '\\' && c != '\'') {
      text += c;
    } else {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      text += code;
    }
  }
  return text + "'";
}
inline std::string show(const char* value) { return show(std::string(value)); }
inline std::string show(DType value) { return std::to_string(ts2cpp::dtype_to_int(value)); }
inline std::string show(const ts2cpp::Device& value) { return show(ts2cpp::to_str(value)); }
inline std::string show(const Scalar& value) {
  switch (value.kind()) {
    case Scalar::Kind::boolean: return show(value.to_bool());
    case Scalar::Kind::integer: return show(value.to_int());
    case Scalar::Kind::floating: return show(value.to_double());
    case Scalar::Kind::complex: return show(value.to_complex());
  }
  return {};
}
inline std::string show(const Tensor& value) {
  if (!value.defined()) {
    return "None";  // what Python makes of it
  }
  std::string text = std::string("tensor(") + ts2cpp::dtype_name(value.dtype()) + ", [";
  for (std::int64_t d = 0; d < value.dim(); ++d) {
    text += (d == 0 ? "" : ", ") + std::to_string(value.size(d));
  }
  text += "], [";
  const Tensor flat = ts2cpp::ops::reshape(value, {-1});
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    text += (i == 0 ? "" : ", ") + show(ts2cpp::ops::select(flat, 0, i).item());
  }
  return text + "])";
}

template <class T>
std::string show(const std::optional<T>& value);
template <class T>
std::string show(const List<T>& value);
template <class K, class V>
std::string show(const Dict<K, V>& value);
template <class... T>
std::string show(const std::tuple<T...>& value);
template <class... T>
std::string show(const std::variant<T...>& value);
template <class T>
std::string show(const ts2cpp::Future<T>& value);
/// An enum: `Color.RED`.
template <class E, class = std::enable_if_t<std::is_enum_v<E>>, class = decltype(members_of(std::declval<E>()))>
std::string show(E value) {
  return members_of(value).class_name + "." + ts2cpp::enum_name(value);
}
/// A value of any type as TorchScript prints it.
inline std::string show(const ts2cpp::Any& value) { return "any(" + show(to_str(value)) + ")"; }
/// An object behind one of its interfaces.
template <class T, class = std::enable_if_t<std::is_abstract_v<T>>>
std::string show(const ts2cpp::Ref<T>&) {
  return "interface";
}
/// A named tuple, as the tuple of its fields.
template <class T, class = decltype(std::declval<const T&>().fields())>
std::string show(const T& value);

template <class T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "None";
}
template <class T>
std::string show(const List<T>& value) {
  std::string text = "[";
  for (std::int64_t i = 0; i < value.size(); ++i) {
    text += (i == 0 ? "" : ", ") + show(T(value.at(i)));
  }
  return text + "]";
}
template <class K, class V>
std::string show(const Dict<K, V>& value) {
  std::string text = "{";
  for (const std::tuple<K, V>& item : value.items()) {
    text += (text.size() == 1 ? "" : ", ") + show(std::get<0>(item)) + ": " + show(std::get<1>(item));
  }
  return text + "}";
}
template <class... T>
std::string show(const std::tuple<T...>& value) {
  std::string text;
  const char* separator = "";
  std::apply([&](const T&... items) { ((text += separator + show(items), separator = ", "), ...); }, value);
  return "(" + text + ")";
}
template <class T, class>
std::string show(const T& value) {
  const auto fields = std::apply([](const auto&... items) { return std::make_tuple(items...); }, value.fields());
  return show(fields);
}
template <class... T>
std::string show(const std::variant<T...>& value) {
  return std::visit([](const auto& item) { return show(item); }, value);
}
template <class T>
std::string show(const ts2cpp::Future<T>& value) {
  return show(value.wait());
}

// --- calls --------------------------------------------------------------------------------------------------------

/// What the running call has printed.
inline std::string& printed() {
  static std::string text;
  return text;
}

/// The result of the function at `function`, as text.
template <class F>
std::string result_of(const void* function) {
  const F& made = *static_cast<const F*>(function);
  if constexpr (std::is_void_v<decltype(made())>) {
    made();
    return "None";
  } else {
    return show(made());
  }
}

/// The arguments in the tuple at `arguments`, as text.
template <class... A>
std::string all_of(const void* arguments) {
  std::string text;
  const auto add = [&](const A&... each) { ((text += (text.empty() ? "" : ", ") + show(each)), ...); };
  std::apply(add, *static_cast<const std::tuple<const A&...>*>(arguments));
  return text;
}

/// What of `call` is the same for all functions, and compiled once.
inline void report(const char* label, std::string (*result_of)(const void*), const void* function,
                   std::string (*all_of)(const void*), const void* arguments) {
  printed().clear();
  std::string result;
  try {
    ts2cpp::manual_seed(0);
    result = result_of(function);
  } catch (const ts2cpp::Error& error) {
    result = "raised " + error.kind() + ": " + show(error.message());
  } catch (const std::exception& error) {
    result = std::string("a C++ exception: ") + show(std::string(error.what()));
  }
  const std::string after = all_of(arguments);
  std::printf("%s\t%s\t%s\t%s\n", label, show(printed()).c_str(), result.c_str(), after.c_str());
  std::fflush(stdout);
}

/// Makes one call and writes a line: label, printed text, result or error, and the arguments as they are afterwards.
template <class F, class... A>
void call(const char* label, const F& function, const A&... arguments) {
  const std::tuple<const A&...> watched(arguments...);
  report(label, result_of<F>, &function, all_of<A...>, &watched);
}

struct Program {
  const char* label;
  void (*run)();
};

/// Runs the programs that the command line names, all of them without names.  Each has ten seconds.
inline int main(int argc, char** argv, const std::vector<Program>& programs) {
  ts2cpp::output_hooks().output = [](const std::string& text) { printed() += text; };
  ts2cpp::output_hooks().warning = [](const std::string&) {};
  for (const Program& program : programs) {
    bool wanted = argc < 2;
    for (int i = 1; i < argc; ++i) {
      wanted = wanted || std::strcmp(argv[i], program.label) == 0;
    }
    if (!wanted) {
      continue;
    }
    std::printf("%s\n", program.label);
    std::fflush(stdout);
    alarm(10);
    program.run();
  }
  return 0;
}

}  // namespace driver
