// The driver of the operator tests: reads calls from a file, makes them, writes what came out. wire.py is the other
// end.
#pragma once

#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/dict.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>

namespace operator_test {

using ts2cpp::Dict;
using ts2cpp::DimVector;
using ts2cpp::DType;
using ts2cpp::List;
using ts2cpp::Scalar;
using ts2cpp::Tensor;

/// Reads values; remembers the tensors, to tell results that share their memory.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  bool done() const { return at_ >= data_.size(); }
  std::string_view take(std::int64_t size) {
    if (size < 0 || static_cast<std::size_t>(size) > data_.size() - at_) {
      ts2cpp::raise("ValueError", "the file of cases is damaged");
    }
    at_ += static_cast<std::size_t>(size);
    return data_.substr(at_ - static_cast<std::size_t>(size), static_cast<std::size_t>(size));
  }
  template <class T>
  T raw() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::int64_t integer() { return raw<std::int64_t>(); }
  char tag() { return take(1)[0]; }

  void read(Tensor& out) {
    expect('T');
    const DType dtype = ts2cpp::dtype_from_int(integer());
    const std::int64_t rank = integer();
    DimVector sizes(rank);
    DimVector strides(rank);
    for (std::int64_t d = 0; d < rank; ++d) {
      sizes[d] = integer();
    }
    for (std::int64_t d = 0; d < rank; ++d) {
      strides[d] = integer();
    }
    const std::string_view bytes = take(integer());
    const Tensor whole = Tensor::empty({static_cast<std::int64_t>(bytes.size()) / ts2cpp::element_size(dtype)}, dtype);
    if (!bytes.empty()) {
      std::memcpy(whole.raw_data(), bytes.data(), bytes.size());
    }
    out = whole.with_layout(sizes, strides, 0);
    tensors_.push_back(whole);
  }
  void read(bool& out) {
    expect('b');
    out = take(1)[0] != 0;
  }
  void read(std::int64_t& out) {
    expect('i');
    out = integer();
  }
  void read(double& out) {
    expect('f');
    out = raw<double>();
  }
  void read(std::complex<double>& out) {
    expect('c');
    const double real = raw<double>();
    out = {real, raw<double>()};
  }
  void read(std::string& out) {
    expect('s');
    out = std::string(take(integer()));
  }
  void read(Scalar& out) {
    switch (tag()) {
      case 'b': out = take(1)[0] != 0; return;
      case 'i': out = integer(); return;
      case 'f': out = raw<double>(); return;
      default: {
        const double real = raw<double>();
        out = std::complex<double>(real, raw<double>());
      }
    }
  }
  template <class T>
  void read(std::optional<T>& out) {
    if (data_[at_] == 'N') {
      ++at_;
      out = std::nullopt;
    } else {
      read(out.emplace());
    }
  }
  template <class T>
  void read(List<T>& out) {
    expect('L');
    for (std::int64_t left = integer(); left > 0; --left) {
      T item{};
      read(item);
      out.append(std::move(item));
    }
  }
  template <class K, class V>
  void read(Dict<K, V>& out) {
    expect('D');
    for (std::int64_t left = integer(); left > 0; --left) {
      K key{};
      V value{};
      read(key);
      read(value);
      out.set(key, std::move(value));
    }
  }
  template <class... T>
  void read(std::tuple<T...>& out) {
    expect('L');
    integer();
    std::apply([this](T&... items) { (read(items), ...); }, out);
  }

  const std::vector<Tensor>& tensors() const { return tensors_; }

 private:
  void expect(char tag_wanted) {
    if (tag() != tag_wanted) {
      ts2cpp::raise("ValueError", std::string("the file of cases has no ") + tag_wanted + " here");
    }
  }

  std::string_view data_;
  std::size_t at_ = 0;
  std::vector<Tensor> tensors_;
};

/// Writes values; tensors with the place of their memory.
class Writer {
 public:
  template <class T>
  void raw(const T& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void integer(std::int64_t value) { raw(value); }

  void write(std::nullopt_t) { text += 'N'; }
  void write(bool value) {
    text += 'b';
    text += static_cast<char>(value);
  }
  void write(std::int64_t value) {
    text += 'i';
    raw(value);
  }
  void write(double value) {
    text += 'f';
    raw(value);
  }
  void write(const std::complex<double>& value) {
    text += 'c';
    raw(value);
  }
  void write(const std::string& value) {
    text += 's';
    integer(static_cast<std::int64_t>(value.size()));
    text += value;
  }
  void write(const Scalar& value) {
    switch (value.kind()) {
      case Scalar::Kind::boolean: return write(value.to_bool());
      case Scalar::Kind::integer: return write(value.to_int());
      case Scalar::Kind::floating: return write(value.to_double());
      case Scalar::Kind::complex: return write(value.to_complex());
    }
  }
  void write(const Tensor& value) {
    text += 'T';
    integer(ts2cpp::dtype_to_int(value.dtype()));
    integer(value.dim());
    for (const std::int64_t size : value.sizes()) {
      integer(size);
    }
    for (const std::int64_t stride : value.strides()) {
      integer(stride);
    }
    std::int64_t owner = -1;
    for (std::size_t i = 0; i < inputs.size() && owner < 0; ++i) {
      owner = inputs[i].shares_storage(value) ? static_cast<std::int64_t>(i) : -1;
    }
    integer(owner);
    integer(value.storage_offset() * value.itemsize());
    const auto* const data = static_cast<const char*>(value.raw_data());
    DimVector index(value.dim());
    for (std::int64_t left = value.numel(); left > 0; --left) {
      std::int64_t offset = 0;
      for (std::int64_t d = 0; d < value.dim(); ++d) {
        offset += index[d] * value.strides()[d];
      }
      text.append(data + offset * value.itemsize(), static_cast<std::size_t>(value.itemsize()));
      for (std::int64_t d = value.dim() - 1; d >= 0; --d) {
        if (++index[d] < value.sizes()[d]) {
          break;
        }
        index[d] = 0;
      }
    }
  }
  template <class T>
  void write(const std::optional<T>& value) {
    value ? write(*value) : write(std::nullopt);
  }
  template <class T>
  void write(const List<T>& value) {
    text += 'L';
    integer(value.size());
    for (std::int64_t i = 0; i < value.size(); ++i) {
      write(value.at(i));
    }
  }
  template <class K, class V>
  void write(const Dict<K, V>& value) {
    text += 'D';
    integer(value.size());
    for (const auto& [key, item] : value.items()) {
      write(key);
      write(item);
    }
  }
  template <class... T>
  void write(const std::tuple<T...>& value) {
    text += 'U';
    integer(sizeof...(T));
    std::apply([this](const T&... items) { (write(items), ...); }, value);
  }

  std::string text;
  std::vector<Tensor> inputs;
};

using Erased = void (*)();
using Invoke = void (*)(Reader&, Writer&, Erased);

/// Reads the arguments, calls, writes the result and the arguments as they are then.
template <class R, class... A>
void invoke(Reader& reader, Writer& writer, Erased erased) {
  std::tuple<std::decay_t<A>...> arguments;
  std::apply([&reader](auto&... items) { (reader.read(items), ...); }, arguments);
  writer.inputs = reader.tensors();
  const auto function = reinterpret_cast<R (*)(A...)>(erased);
  if constexpr (std::is_void_v<R>) {
    std::apply(function, arguments);
    writer.write(std::nullopt);
  } else {
    writer.write(std::apply(function, arguments));
  }
  writer.write(arguments);
}

struct Function {
  const char* name;
  Invoke invoke;
  Erased function;
};

template <class R, class... A>
Function entry(const char* name, R (*function)(A...)) {
  return {name, &invoke<R, A...>, reinterpret_cast<Erased>(function)};
}

}  // namespace operator_test
