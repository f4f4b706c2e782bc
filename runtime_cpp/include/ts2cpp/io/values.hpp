// Python values as named arrays: how the types beside tensors are read and written. Lists and tuples go by position
// (`xs.0`), dicts by key (`d.key`), None by absence.
#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ts2cpp/device.hpp>
#include <ts2cpp/dict.hpp>
#include <ts2cpp/enum.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/arrays.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/none.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/python.hpp>
#include <ts2cpp/ref.hpp>
#include <ts2cpp/tensor.hpp>
#if defined(TS2CPP_EXCEPTIONS)
#include <ts2cpp/future.hpp>
#endif

namespace ts2cpp::io {

namespace detail {

inline Scalar read_number(const Reader& reader, const std::string& name, const char* expected, bool (*fits)(DType)) {
  const Array& array = reader.array(name);
  if (array.text || array.tensor.dim() != 0 || !fits(array.tensor.dtype())) {
    wrong_type(name, expected, array);
  }
  return array.tensor.item();
}

template <class T>
struct IsLeaf : std::bool_constant<std::is_arithmetic_v<T> || std::is_same_v<T, Tensor> ||
                                   std::is_same_v<T, std::string> || std::is_same_v<T, std::complex<double>>> {};
template <class T>
struct IsLeaf<std::optional<T>> : IsLeaf<T> {};

/// Whether the arrays below a name can be a `T`: what tells the alternatives of a union apart.
template <class T>
struct Fits {
  static bool check(const Reader& reader, const std::string& name) {
    const Array* const array = reader.find(name);
    if constexpr (std::is_same_v<T, None>) {
      return !reader.contains(name);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Device> ||
                         ts2cpp::detail::IsPythonEnum<T>::value) {
      return array != nullptr && array->text.has_value();
    } else if constexpr (std::is_same_v<T, Tensor>) {
      return array != nullptr && !array->text;
    } else if constexpr (IsLeaf<T>::value) {
      return array != nullptr && !array->text && array->tensor.dim() == 0 && array->tensor.dtype() == dtype_of<T>;
    } else {
      return array == nullptr && reader.contains(name);
    }
  }
};

template <class K>
K parse_key(const std::string& text) {
  if constexpr (std::is_same_v<K, std::int64_t>) {
    return to_int(text);
  } else if constexpr (std::is_same_v<K, double>) {
    return to_float(text);
  } else if constexpr (std::is_same_v<K, bool>) {
    if (text != "True" && text != "False") {
      raise("ValueError", {"a bool key must be True or False, not ", text});
    }
    return text == "True";
  } else if constexpr (std::is_constructible_v<K, std::string>) {
    return K(text);
  } else {
    raise("ValueError", "a dict with keys of this type cannot be read from arrays");
  }
}

}  // namespace detail

template <>
struct Codec<std::int64_t> {
  static std::int64_t read(const Reader& reader, const std::string& name) {
    return detail::read_number(reader, name, "an int (0-d int64)", [](DType t) { return is_integral(t, false); })
        .to_int();
  }
  static void write(Writer& writer, const std::string& name, std::int64_t value) {
    writer.put_tensor(name, Tensor::from_data(std::vector<std::int64_t>{value}, IntSpan()));
  }
};
template <>
struct Codec<double> {
  static double read(const Reader& reader, const std::string& name) {
    return detail::read_number(reader, name, "a float (0-d float64)",
                               [](DType t) { return is_integral(t, false) || is_floating_point(t); })
        .to_double();
  }
  static void write(Writer& writer, const std::string& name, double value) {
    writer.put_tensor(name, Tensor::from_data(std::vector<double>{value}, IntSpan()));
  }
};
template <>
struct Codec<std::complex<double>> {
  static std::complex<double> read(const Reader& reader, const std::string& name) {
    return detail::read_number(reader, name, "a complex (0-d complex128)", [](DType t) { return t != DType::bool_; })
        .to_complex();
  }
  static void write(Writer& writer, const std::string& name, const std::complex<double>& value) {
    writer.put_tensor(name, Tensor::from_data(std::vector<std::complex<double>>{value}, IntSpan()));
  }
};
template <>
struct Codec<bool> {
  static bool read(const Reader& reader, const std::string& name) {
    return detail::read_number(reader, name, "a bool (0-d bool)", [](DType t) { return t == DType::bool_; }).to_bool();
  }
  static void write(Writer& writer, const std::string& name, bool value) {
    const Tensor tensor = Tensor::empty(IntSpan(), DType::bool_);
    *tensor.data_ptr<bool>() = value;
    writer.put_tensor(name, tensor);
  }
};
template <>
struct Codec<std::string> {
  static std::string read(const Reader& reader, const std::string& name) {
    const Array& array = reader.array(name);
    if (!array.text) {
      detail::wrong_type(name, "a str (0-d unicode)", array);
    }
    return *array.text;
  }
  static void write(Writer& writer, const std::string& name, const std::string& value) { writer.put_text(name, value); }
};
template <>
struct Codec<Scalar> {
  static Scalar read(const Reader& reader, const std::string& name) {
    return detail::read_number(reader, name, "a number (0-d)", [](DType) { return true; });
  }
  static void write(Writer& writer, const std::string& name, const Scalar& value) {
    switch (value.kind()) {
      case Scalar::Kind::boolean: writer.put(name, value.to_bool()); break;
      case Scalar::Kind::integer: writer.put(name, value.to_int()); break;
      case Scalar::Kind::floating: writer.put(name, value.to_double()); break;
      case Scalar::Kind::complex: writer.put(name, value.to_complex()); break;
    }
  }
};
template <>
struct Codec<None> {
  static None read(const Reader& reader, const std::string& name) {
    if (reader.contains(name)) {
      raise("ValueError", {"array \"", name, "\": the parameter is None and takes no array"});
    }
    return {};
  }
  static void write(Writer& /*writer*/, const std::string& /*name*/, None /*value*/) {}
};
template <>
struct Codec<Device> {
  static Device read(const Reader& reader, const std::string& name) { return Device(reader.get<std::string>(name)); }
  static void write(Writer& writer, const std::string& name, const Device& value) { writer.put(name, to_str(value)); }
};
/// An enum's member is its name.
template <class E>
struct Codec<E, std::enable_if_t<ts2cpp::detail::IsPythonEnum<E>::value>> {
  static E read(const Reader& reader, const std::string& name) {
    const std::string found = reader.get<std::string>(name);
    std::string known;
    for (const auto& row : members_of(E{}).rows) {
      if (row.name == found) {
        return row.member;
      }
      known += (known.empty() ? "" : ", ") + row.name;
    }
    raise("ValueError", {"array \"", name, "\": expected one of ", known, ", found ", found});
  }
  static void write(Writer& writer, const std::string& name, E value) { writer.put(name, enum_name(value)); }
};
/// A named tuple is flattened by position like any tuple.
template <class T>
struct Codec<T, std::enable_if_t<ts2cpp::detail::HasFields<T>::value>> {
  static T read(const Reader& reader, const std::string& name) {
    T value;
    std::size_t position = 0;
    std::apply(
        [&](const auto&... fields) {
          // `fields()` refers to the members of `value`, which is not const.
          ((const_cast<std::decay_t<decltype(fields)>&>(fields) =
                reader.get<std::decay_t<decltype(fields)>>(name + "." + std::to_string(position++))),
           ...);
        },
        value.fields());
    return value;
  }
  static void write(Writer& writer, const std::string& name, const T& value) {
    std::size_t position = 0;
    std::apply([&](const auto&... fields) { (writer.put(name + "." + std::to_string(position++), fields), ...); },
               value.fields());
  }
};
/// Objects have no arrays: only a program that calls the library can pass one.
template <class T>
struct Codec<Ref<T>> {
  static Ref<T> read(const Reader& /*reader*/, const std::string& name) {
    raise("ValueError", {"parameter \"", name, "\": an object cannot be read from arrays"});
  }
  static void write(Writer& /*writer*/, const std::string& name, const Ref<T>& /*value*/) {
    raise("ValueError", {name, ": an object cannot be stored as arrays"});
  }
};
template <>
struct Codec<Stream> {
  static Stream read(const Reader& /*reader*/, const std::string& name) {
    raise("ValueError", {"parameter \"", name, "\": a stream cannot be read from arrays"});
  }
  static void write(Writer& /*writer*/, const std::string& name, const Stream& /*value*/) {
    raise("ValueError", {name, ": a stream cannot be stored as arrays"});
  }
};
#if defined(TS2CPP_EXCEPTIONS)
/// What a task gives, once it is done.
template <class T>
struct Codec<Future<T>> {
  static Future<T> read(const Reader& reader, const std::string& name) { return completed_future(reader.get<T>(name)); }
  static void write(Writer& writer, const std::string& name, const Future<T>& value) {
    writer.put<T>(name, value.wait());
  }
};
#endif
template <class... T>
struct Codec<std::variant<T...>> {
  using Union = std::variant<T...>;
  /// The alternative that the arrays are of; a fault if they could be of several.
  static Union read(const Reader& reader, const std::string& name) {
    std::optional<Union> found;
    std::size_t matches = 0;
    ((detail::Fits<T>::check(reader, name)
          ? (void)(++matches, found.emplace(std::in_place_type<T>, reader.get<T>(name)))
          : (void)0),
     ...);
    if (matches != 1) {
      raise("ValueError", {"array \"", name, "\": ",
                           matches == 0 ? "of none of the types that the parameter may have"
                                        : "of more than one of the types that the parameter may have"});
    }
    return *found;
  }
  static void write(Writer& writer, const std::string& name, const Union& value) {
    std::visit([&](const auto& item) { writer.put(name, item); }, value);
  }
};
template <class T>
struct Codec<std::optional<T>> {
  static std::optional<T> read(const Reader& reader, const std::string& name) {
    return reader.contains(name) ? std::optional<T>(reader.get<T>(name)) : std::nullopt;
  }
  static void write(Writer& writer, const std::string& name, const std::optional<T>& value) {
    if (value) {
      writer.put(name, *value);
    }
  }
};
template <class T>
struct Codec<List<T>> {
  static List<T> read(const Reader& reader, const std::string& name) {
    if (const Array* const whole = reader.find(name)) {
      detail::wrong_type(name, "a list, one array for each element (" + name + ".0, …)", *whole);
    }
    List<T> result;
    // The count comes from the names: elements may be None and so be absent in between.
    std::int64_t count = 0;
    for (const std::string& child : reader.children(name, false)) {
      const std::int64_t index = ts2cpp::detail::is_position(child) ? to_int(child) : -1;
      constexpr std::int64_t kMost = 10'000'000;
      if (index < 0 || index >= kMost || std::to_string(index) != child) {
        raise("ValueError", {"array \"", name, ".", child, "\": expected a position after \"", name, ".\""});
      }
      count = std::max(count, index + 1);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      result.append(reader.get<T>(name + "." + std::to_string(i)));
    }
    return result;
  }
  static void write(Writer& writer, const std::string& name, const List<T>& value) {
    for (std::int64_t i = 0; i < value.size(); ++i) {
      writer.put<T>(name + "." + std::to_string(i), value.at(i));
    }
  }
};
template <class K, class V>
struct Codec<Dict<K, V>> {
  static Dict<K, V> read(const Reader& reader, const std::string& name) {
    if (const Array* const whole = reader.find(name)) {
      detail::wrong_type(name, "a dict, one array for each key (" + name + ".key)", *whole);
    }
    Dict<K, V> result;
    for (const std::string& child : reader.children(name, detail::IsLeaf<V>::value)) {
      result.set(detail::parse_key<K>(child), reader.get<V>(name + "." + child));
    }
    return result;
  }
  static void write(Writer& writer, const std::string& name, const Dict<K, V>& value) {
    for (const std::tuple<K, V>& item : value.items()) {
      writer.put<V>(name + "." + to_str(std::get<0>(item)), std::get<1>(item));
    }
  }
};
template <class... T>
struct Codec<std::tuple<T...>> {
  static std::tuple<T...> read(const Reader& reader, const std::string& name) {
    return read_items(reader, name, std::index_sequence_for<T...>());
  }
  static void write(Writer& writer, const std::string& name, const std::tuple<T...>& value) {
    write_items(writer, name, value, std::index_sequence_for<T...>());
  }

 private:
  template <std::size_t... I>
  static std::tuple<T...> read_items(const Reader& reader, const std::string& name, std::index_sequence<I...> /*i*/) {
    return std::tuple<T...>{reader.get<T>(name + "." + std::to_string(I))...};
  }
  template <std::size_t... I>
  static void write_items(Writer& writer, const std::string& name, const std::tuple<T...>& value,
                          std::index_sequence<I...> /*i*/) {
    (writer.put<T>(name + "." + std::to_string(I), std::get<I>(value)), ...);
  }
};

}  // namespace ts2cpp::io
