// The functions of c_api.h. No exception leaves them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include <ts2cpp/c_api.h>
#include <ts2cpp/c_api.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/exports.hpp>
#include <ts2cpp/io/arrays.hpp>
#include <ts2cpp/random.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

/// What a handle of C stands for: the model, how it is called, and who is calling it.
struct ts2cpp_model {
  const ts2cpp::Exports* exports = nullptr;
  std::shared_ptr<void> state;
  // Methods that change the model have it alone; without any such method nobody locks.
  mutable std::shared_mutex mutex;
};

/// Arguments or results, by name.
struct ts2cpp_values {
  ts2cpp::io::NamedArrays arrays;
};

namespace ts2cpp::c_api {

struct LastError {
  std::string kind;
  std::string text;
};

/// Of this thread.
inline LastError& last_error() {
  static thread_local LastError error;
  return error;
}

inline std::int32_t fail(std::int32_t code, const char* kind, const std::string& message) noexcept {
  try {
    last_error() = {kind, std::string(kind) + ": " + message};
  } catch (...) {  // out of memory: the code has to do
  }
  return code;
}

inline std::int32_t fail(std::int32_t code, const Error& error) noexcept {
  try {
    std::string text = error.kind() + ": " + error.message();
    for (const TracebackEntry& frame : error.frames()) {
      text += "\n  at " + frame.file + ":" + std::to_string(frame.line) + " in " + frame.function;
    }
    last_error() = {error.kind(), std::move(text)};
  } catch (...) {
    return TS2CPP_NO_MEMORY;
  }
  return code;
}

/// Does `body` and gives a code; an `Error` of it is of the kind that `code()` names.
template <class Body, class Code>
std::int32_t guarded(Body&& body, Code&& code) noexcept {
  try {
    body();
    return TS2CPP_OK;
  } catch (const Error& error) {
    return fail(code(), error);
  } catch (const std::bad_alloc&) {
    return fail(TS2CPP_NO_MEMORY, "MemoryError", "out of memory");
  } catch (const std::exception& error) {
    return fail(TS2CPP_FAULT, "RuntimeError", error.what());
  } catch (...) {
    return fail(TS2CPP_FAULT, "RuntimeError", "an unknown exception");
  }
}
template <class Body>
std::int32_t guarded(Body&& body) noexcept {
  return guarded(body, [] { return TS2CPP_BAD_ARGUMENT; });
}

/// ValueError if something that must be there is not.
inline void require(bool given, const char* what) {
  if (!given) {
    raise("ValueError", {what, " is null"});
  }
}

// ---- tensors
inline ts2cpp_dtype c_dtype(DType dtype) noexcept {
  const auto bits = static_cast<std::uint8_t>(8 * element_size(dtype));
  switch (dtype) {
    case DType::uint8: return {TS2CPP_UINT, bits, 1};
    case DType::int8:
    case DType::int16:
    case DType::int32:
    case DType::int64: return {TS2CPP_INT, bits, 1};
    case DType::float16:
    case DType::float32:
    case DType::float64: return {TS2CPP_FLOAT, bits, 1};
    case DType::bfloat16: return {TS2CPP_BFLOAT, bits, 1};
    case DType::complex64:
    case DType::complex128: return {TS2CPP_COMPLEX, bits, 1};
    case DType::bool_: return {TS2CPP_BOOL, bits, 1};
  }
  return {};
}

inline DType dtype_of_c(const ts2cpp_dtype& dtype) {
  for (const DType one :
       {DType::float32, DType::float64, DType::int64, DType::int32, DType::bool_, DType::uint8, DType::int8,
        DType::int16, DType::float16, DType::bfloat16, DType::complex64, DType::complex128}) {
    const ts2cpp_dtype known = c_dtype(one);
    if (known.code == dtype.code && known.bits == dtype.bits && dtype.lanes == 1) {
      return one;
    }
  }
  raise("TypeError",
        {"no tensor has elements of code ", dtype.code, " with ", dtype.bits, " bits and ", dtype.lanes, " lanes"});
}

/// Where a tensor's elements lie. `plain` says that the runtime can use them there.
struct Elements {
  DType dtype = DType::float32;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
  std::int64_t count = 1;
  const char* data = nullptr;
  bool plain = true;
};

inline Elements elements_of(const ts2cpp_tensor& tensor) {
  if (tensor.device.type != 1) {
    raise("ValueError", {"the tensor lies on a device of type ", tensor.device.type, ", expected 1, this processor"});
  }
  if (tensor.ndim < 0 || tensor.ndim > 64 || (tensor.ndim > 0 && tensor.shape == nullptr)) {
    raise("ValueError", "the tensor has no shape");
  }
  Elements found;
  found.dtype = dtype_of_c(tensor.dtype);
  found.sizes.assign(tensor.shape, tensor.shape + tensor.ndim);
  std::int64_t bytes = element_size(found.dtype);
  for (const std::int64_t size : found.sizes) {
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes)) {
      raise("ValueError", {"no tensor can have the sizes ", IntSpan(found.sizes)});
    }
    found.count *= size;
  }
  const DimVector contiguous = contiguous_strides(found.sizes);
  if (tensor.strides != nullptr) {
    found.strides.assign(tensor.strides, tensor.strides + tensor.ndim);
  } else {
    found.strides.assign(contiguous.begin(), contiguous.end());
  }
  if (found.count != 0 && tensor.data == nullptr) {
    raise("ValueError", "the tensor has no data");
  }
  found.data = static_cast<const char*>(tensor.data) + tensor.byte_offset;
  for (std::size_t d = 0; d < found.sizes.size(); ++d) {
    found.plain = found.plain && (found.sizes[d] == 1 || found.strides[d] == contiguous[static_cast<std::int64_t>(d)]);
  }
  found.plain =
      found.plain &&
      reinterpret_cast<std::uintptr_t>(found.data) % static_cast<std::uintptr_t>(element_size(found.dtype)) == 0;
  return found;
}

/// A tensor with a copy of the elements, row-major.
inline Tensor copied(const Elements& from) {
  Tensor result = Tensor::empty(from.sizes, from.dtype);
  const auto item = static_cast<std::size_t>(result.itemsize());
  char* to = static_cast<char*>(result.raw_data());
  std::vector<std::int64_t> index(from.sizes.size(), 0);
  std::int64_t offset = 0;
  if (from.plain && from.count != 0) {
    std::memcpy(to, from.data, static_cast<std::size_t>(from.count) * item);
    return result;
  }
  for (std::int64_t i = 0; i < from.count; ++i, to += item) {
    std::memcpy(to, from.data + offset * static_cast<std::int64_t>(item), item);
    for (std::size_t d = index.size(); d-- > 0;) {
      offset += from.strides[d];
      if (++index[d] < from.sizes[d]) {
        break;
      }
      offset -= from.strides[d] * from.sizes[d];
      index[d] = 0;
    }
  }
  return result;
}

/// What a managed tensor that we give away keeps alive.
struct Lent {
  ts2cpp_managed_tensor managed{};
  Tensor tensor;
};

/// The tensor as C sees it; the arrays of sizes and strides belong to it.
inline ts2cpp_tensor view(const Tensor& tensor) {
  return {tensor.raw_data(),
          {1, 0},
          static_cast<std::int32_t>(tensor.dim()),
          c_dtype(tensor.dtype()),
          const_cast<std::int64_t*>(tensor.sizes().data()),
          const_cast<std::int64_t*>(tensor.strides().data()),
          0};
}

inline ts2cpp_managed_tensor* lend(const Tensor& tensor) {
  auto lent = std::make_unique<Lent>();
  lent->tensor = tensor;
  lent->managed.tensor = view(tensor);
  lent->managed.manager = lent.get();
  lent->managed.deleter = [](ts2cpp_managed_tensor* self) { delete static_cast<Lent*>(self->manager); };
  return &lent.release()->managed;
}

// ---- values
inline void put(ts2cpp_values* values, const char* name, io::Array array) {
  require(values != nullptr, "values");
  require(name != nullptr, "the name");
  for (auto& [key, known] : values->arrays) {
    if (key == name) {
      known = std::move(array);
      return;
    }
  }
  values->arrays.emplace_back(name, std::move(array));
}

inline const io::Array& get(const ts2cpp_values* values, const char* name) {
  require(values != nullptr, "values");
  require(name != nullptr, "the name");
  std::string known;
  for (const auto& [key, array] : values->arrays) {
    if (key == name) {
      return array;
    }
    known += (known.empty() ? "" : ", ") + key;
  }
  raise("KeyError", {"there is no \"", name, "\"; there are: ", known.empty() ? "none" : known});
}

inline const Tensor& get_tensor(const ts2cpp_values* values, const char* name) {
  const io::Array& array = get(values, name);
  if (array.text) {
    raise("TypeError", {"\"", name, "\" is text"});
  }
  return array.tensor;
}

inline Scalar get_number(const ts2cpp_values* values, const char* name) {
  const Tensor& tensor = get_tensor(values, name);
  if (tensor.dim() != 0) {
    raise("TypeError", {"\"", name, "\" is no number: its sizes are ", tensor.sizes()});
  }
  return tensor.item();
}

template <class T>
std::int32_t put_number(ts2cpp_values* values, const char* name, T value) noexcept {
  return guarded([&] {
    const ts2cpp_tensor number{&value, {1, 0}, 0, c_dtype(dtype_of<T>), nullptr, nullptr, 0};
    put(values, name, {copied(elements_of(number)), {}});
  });
}

// ---- models
inline const ts2cpp_method* method_at(const Exports& exports, std::size_t index) {
  static std::mutex mutex;
  static std::vector<std::pair<const Exports*, std::vector<ts2cpp_method>>> tables;
  const std::lock_guard<std::mutex> lock(mutex);
  for (const auto& [owner, table] : tables) {
    if (owner == &exports) {
      return index < table.size() ? &table[index] : nullptr;
    }
  }
  std::vector<ts2cpp_method> table;
  for (const Exports::Method& method : exports.methods()) {
    table.push_back({sizeof(ts2cpp_method), method.name.c_str(), method.signature.c_str(),
                     static_cast<std::int32_t>(method.changes_model)});
  }
  tables.emplace_back(&exports, std::move(table));
  const std::vector<ts2cpp_method>& made = tables.back().second;
  return index < made.size() ? &made[index] : nullptr;
}

inline const Exports& exports_of(const ts2cpp_api* api) {
  require(api != nullptr, "the table of functions");
  return *reinterpret_cast<const Exports*>(api->exports);
}

inline std::int32_t load(const ts2cpp_api* api, const WeightsSource& source, ts2cpp_model** model) noexcept {
  bool loading = false;
  return guarded(
      [&] {
        require(model != nullptr, "the place of the model");
        auto made = std::make_unique<ts2cpp_model>();
        made->exports = &exports_of(api);
        loading = true;
        made->state = made->exports->load(source);
        *model = made.release();
      },
      [&] { return loading ? TS2CPP_BAD_WEIGHTS : TS2CPP_BAD_ARGUMENT; });
}

inline void call(ts2cpp_model* model, const char* name, const ts2cpp_values* arguments, ts2cpp_values** results,
                 bool& in_program) {
  require(model != nullptr, "the model");
  require(name != nullptr, "the name of the method");
  require(arguments != nullptr, "the arguments");
  require(results != nullptr, "the place of the results");
  const Exports::Method* const method = model->exports->find(name);
  if (method == nullptr) {
    std::string known;
    for (const Exports::Method& one : model->exports->methods()) {
      known += (known.empty() ? "" : ", ") + one.name;
    }
    raise("AttributeError", {"there is no method \"", name, "\"; there are: ", known});
  }
  bool changes = false;
  for (const Exports::Method& one : model->exports->methods()) {
    changes = changes || one.changes_model;
  }
  std::shared_lock<std::shared_mutex> beside_others(model->mutex, std::defer_lock);
  std::unique_lock<std::shared_mutex> alone(model->mutex, std::defer_lock);
  if (method->changes_model) {
    alone.lock();
  } else if (changes) {
    beside_others.lock();
  }
  auto made = std::make_unique<ts2cpp_values>();
  const io::Reader reader(arguments->arrays);
  Call one(reader, model->state.get());
  try {
    method->body(one);
  } catch (...) {
    in_program = one.in_program();
    throw;
  }
  made->arrays = one.results().take();
  for (auto& [unused, array] : made->arrays) {
    if (!array.text && !array.tensor.is_alone()) {
      array.tensor = copied(elements_of(view(array.tensor)));  // what later calls change is not part of the results
    }
  }
  *results = made.release();
}

template <class Lazy>
TS2CPP_COLD ts2cpp_api table(const Exports& exports) {
  ts2cpp_api api{};
  api.struct_size = sizeof(ts2cpp_api);
  api.version = TS2CPP_ABI_VERSION;
  api.name = exports.name().c_str();
  api.exports = reinterpret_cast<const ts2cpp_exports*>(&exports);
  api.last_error = [] { return last_error().text.c_str(); };
  api.last_error_kind = [] { return last_error().kind.c_str(); };
  api.method_count = [](const ts2cpp_api* self) {
    return self == nullptr ? std::size_t{0} : exports_of(self).methods().size();
  };
  api.method = [](const ts2cpp_api* self, std::size_t index) {
    const ts2cpp_method* method = nullptr;
    guarded([&] { method = method_at(exports_of(self), index); });
    return method;
  };
  api.load = [](const ts2cpp_api* self, ts2cpp_model** model) { return load(self, WeightsSource{}, model); };
  api.load_file = [](const ts2cpp_api* self, const char* weights, ts2cpp_model** model) {
    WeightsSource source;
    const std::int32_t code = guarded([&] {
      require(weights != nullptr, "the name of the weights file");
      source.kind = WeightsSource::Kind::file;
      source.file = weights;
    });
    return code == TS2CPP_OK ? load(self, source, model) : code;
  };
  api.load_memory = [](const ts2cpp_api* self, const void* weights, std::size_t size, ts2cpp_model** model) {
    WeightsSource source;
    source.kind = WeightsSource::Kind::memory;
    source.bytes = {static_cast<const std::byte*>(weights), weights == nullptr ? 0 : static_cast<std::int64_t>(size)};
    return load(self, source, model);
  };
  api.copy_model = [](const ts2cpp_model* model, ts2cpp_model** copy) {
    return guarded([&] {
      require(model != nullptr, "the model");
      require(copy != nullptr, "the place of the copy");
      auto made = std::make_unique<ts2cpp_model>();
      made->exports = model->exports;
      const std::shared_lock<std::shared_mutex> beside_others(model->mutex);
      made->state = model->exports->copy(model->state.get());
      *copy = made.release();
    });
  };
  api.free_model = [](ts2cpp_model* model) { delete model; };
  api.num_threads = [] { return static_cast<std::int32_t>(get_num_threads()); };
  api.set_num_threads = [](std::int32_t count) {
    return guarded([&] {
      if (count < 1 || count > 1024) {
        raise("ValueError", {"set_num_threads expects 1 to 1024, not ", count});
      }
      set_num_threads(count);
    });
  };
  api.manual_seed = [](std::int64_t seed) { return guarded([&] { manual_seed(seed); }); };
  api.create_values = [](ts2cpp_values** values) {
    return guarded([&] {
      require(values != nullptr, "the place of the values");
      *values = new ts2cpp_values;
    });
  };
  api.free_values = [](ts2cpp_values* values) { delete values; };
  api.put_tensor = [](ts2cpp_values* values, const char* name, const ts2cpp_tensor* tensor) {
    return guarded([&] {
      require(tensor != nullptr, "the tensor");
      put(values, name, {copied(elements_of(*tensor)), {}});
    });
  };
  api.put_managed = [](ts2cpp_values* values, const char* name, ts2cpp_managed_tensor* tensor) {
    return guarded([&] {
      require(tensor != nullptr, "the tensor");
      const std::shared_ptr<ts2cpp_managed_tensor> owner(tensor, [](ts2cpp_managed_tensor* self) {
        if (self->deleter != nullptr) {
          self->deleter(self);
        }
      });
      const Elements elements = elements_of(tensor->tensor);
      put(values, name,
          {elements.plain ? Tensor::external(const_cast<char*>(elements.data), elements.sizes, elements.dtype, owner)
                          : copied(elements),
           {}});
    });
  };
  api.put_bool = [](ts2cpp_values* values, const char* name, std::int32_t value) {
    return put_number(values, name, value != 0);
  };
  api.put_int = [](ts2cpp_values* values, const char* name, std::int64_t value) {
    return put_number(values, name, value);
  };
  api.put_float = [](ts2cpp_values* values, const char* name, double value) { return put_number(values, name, value); };
  api.put_text = [](ts2cpp_values* values, const char* name, const char* text, std::size_t length) {
    return guarded([&] {
      require(text != nullptr, "the text");
      put(values, name, {Tensor(), std::string(text, length)});
    });
  };
  api.call = [](ts2cpp_model* model, const char* method, const ts2cpp_values* arguments, ts2cpp_values** results) {
    bool in_program = false;
    return guarded([&] { call(model, method, arguments, results, in_program); },
                   [&] { return in_program ? TS2CPP_RAISED : TS2CPP_BAD_ARGUMENT; });
  };
  api.count = [](const ts2cpp_values* values) { return values == nullptr ? std::size_t{0} : values->arrays.size(); };
  api.name_at = [](const ts2cpp_values* values, std::size_t index) {
    return values == nullptr || index >= values->arrays.size() ? nullptr : values->arrays[index].first.c_str();
  };
  api.is_text = [](const ts2cpp_values* values, const char* name) {
    std::int32_t found = 0;
    guarded([&] { found = static_cast<std::int32_t>(get(values, name).text.has_value()); });
    return found;
  };
  api.get_tensor = [](const ts2cpp_values* values, const char* name, ts2cpp_tensor* tensor) {
    return guarded([&] {
      require(tensor != nullptr, "the place of the tensor");
      *tensor = view(get_tensor(values, name));
    });
  };
  api.get_managed = [](const ts2cpp_values* values, const char* name, ts2cpp_managed_tensor** tensor) {
    return guarded([&] {
      require(tensor != nullptr, "the place of the tensor");
      *tensor = lend(get_tensor(values, name));
    });
  };
  api.get_bool = [](const ts2cpp_values* values, const char* name, std::int32_t* value) {
    return guarded([&] {
      require(value != nullptr, "the place of the value");
      *value = static_cast<std::int32_t>(get_number(values, name).to_bool());
    });
  };
  api.get_int = [](const ts2cpp_values* values, const char* name, std::int64_t* value) {
    return guarded([&] {
      require(value != nullptr, "the place of the value");
      *value = get_number(values, name).to_int();
    });
  };
  api.get_float = [](const ts2cpp_values* values, const char* name, double* value) {
    return guarded([&] {
      require(value != nullptr, "the place of the value");
      *value = get_number(values, name).to_double();
    });
  };
  api.get_text = [](const ts2cpp_values* values, const char* name, const char** text, std::size_t* length) {
    return guarded([&] {
      require(text != nullptr, "the place of the text");
      const io::Array& array = get(values, name);
      if (!array.text) {
        raise("TypeError", {"\"", name, "\" is no text"});
      }
      *text = array.text->c_str();
      if (length != nullptr) {
        *length = array.text->size();
      }
    });
  };
  return api;
}

}  // namespace ts2cpp::c_api
