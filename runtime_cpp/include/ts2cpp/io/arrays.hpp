// Named arrays, and how values are read from and written to them. What there is for tensors is here, all else in
// io/values.hpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ts2cpp/attributes.hpp>
#include <ts2cpp/compiled.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/array.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::io {

/// Arrays with their names (without ".npy"), in the order of the file.
using NamedArrays = std::vector<std::pair<std::string, Array>>;

namespace detail {
/// The image of a .npz file (io/npz.hpp).
template <class Lazy = void>
std::string npz_image(const NamedArrays& arrays);
}  // namespace detail

class Reader;
class Writer;

/// How a type is read and written. Specialise it for a generated class:
/// `static T read(const Reader&, const std::string& name)` and
/// `static void write(Writer&, const std::string& name, const T& value)`.
template <class T, class = void>
struct Codec;

/// Values from named arrays. Every fault is a ValueError (or KeyError for a missing name) that says which name.
class Reader {
 public:
  explicit Reader(NamedArrays arrays) : arrays_(std::move(arrays)) {}

  template <class T>
  T get(const std::string& name) const {
    return Codec<T>::read(*this, name);
  }
  /// True when there is an array `name` or one below it (`name.…`).
  bool contains(const std::string& name) const { return find(name) != nullptr || has_children(name); }
  const Array* find(std::string_view name) const noexcept {
    for (const auto& [key, array] : arrays_) {
      if (key == name) {
        return &array;
      }
    }
    return nullptr;
  }
  const Array& array(const std::string& name) const {
    const Array* const found = find(name);
    if (found == nullptr) {
      std::string known;
      for (const auto& [key, unused] : arrays_) {
        known += (known.empty() ? "" : ", ") + key;
      }
      raise("KeyError", {"there is no array \"", name, "\"; there are: ", known.empty() ? "none" : known});
    }
    return *found;
  }
  /// What follows `name.` in the names below it, in the order of the file, without repetition. With `whole` all that
  /// follows, else up to the next dot.
  std::vector<std::string> children(const std::string& name, bool whole) const {
    std::vector<std::string> result;
    const std::string prefix = name + ".";
    for (const auto& [key, unused] : arrays_) {
      if (key.compare(0, prefix.size(), prefix) == 0) {
        const std::string rest = key.substr(prefix.size());
        const std::string child = whole ? rest : rest.substr(0, rest.find('.'));
        bool known = false;
        for (const std::string& other : result) {
          known = known || other == child;
        }
        if (!known) {
          result.push_back(child);
        }
      }
    }
    return result;
  }
  const NamedArrays& arrays() const noexcept { return arrays_; }

 private:
  bool has_children(const std::string& name) const noexcept {
    for (const auto& [key, unused] : arrays_) {
      if (key.size() > name.size() && key[name.size()] == '.' && key.compare(0, name.size(), name) == 0) {
        return true;
      }
    }
    return false;
  }

  NamedArrays arrays_;
};

/// Named arrays from values.
class Writer {
 public:
  template <class T>
  void put(const std::string& name, const T& value) {
    Codec<T>::write(*this, name, value);
  }
  /// The tensor itself, no copy of it.
  void put_tensor(const std::string& name, const Tensor& tensor) { arrays_.emplace_back(name, Array{tensor, {}}); }
  void put_text(const std::string& name, const std::string& text) { arrays_.emplace_back(name, Array{Tensor(), text}); }
  /// The image of a .npz file.
  std::string finish() const { return detail::npz_image(arrays_); }
  NamedArrays take() noexcept { return std::move(arrays_); }

 private:
  NamedArrays arrays_;
};

namespace detail {

[[noreturn]] TS2CPP_COLD inline void wrong_type(const std::string& name, const std::string& expected,
                                                const Array& array) {
  const std::string found =
      array.text ? "text"
                 : std::string(dtype_name(array.tensor.dtype())) + " of shape " + to_string(array.tensor.sizes());
  raise("ValueError", {"array \"", name, "\": expected ", expected, ", found ", found});
}

template <class Lazy = void>
TS2CPP_COLD Tensor read_tensor(const Reader& reader, const std::string& name) {
  const Array& array = reader.array(name);
  if (array.text) {
    wrong_type(name, "a tensor", array);
  }
  return array.tensor;
}

template <class Lazy = void>
TS2CPP_COLD void write_tensor(Writer& writer, const std::string& name, const Tensor& value) {
  if (value.defined()) {
    writer.put_tensor(name, value);
  }
}

#define TS2CPP_ARRAY_PARTS(TEMPLATE)                                    \
  TEMPLATE std::string npz_image<void>(const NamedArrays&);             \
  TEMPLATE Tensor read_tensor<void>(const Reader&, const std::string&); \
  TEMPLATE void write_tensor<void>(Writer&, const std::string&, const Tensor&);
TS2CPP_COMPILED(TS2CPP_ARRAY_PARTS)

}  // namespace detail

template <>
struct Codec<Tensor> {
  static Tensor read(const Reader& reader, const std::string& name) { return detail::read_tensor(reader, name); }
  static void write(Writer& writer, const std::string& name, const Tensor& value) {
    detail::write_tensor(writer, name, value);
  }
};

}  // namespace ts2cpp::io

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/io/npz.hpp>
#endif
