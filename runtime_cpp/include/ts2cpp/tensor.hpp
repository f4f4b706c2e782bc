// Tensor: a reference to an n-dimensional strided array.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/attributes.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/reference_count.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/storage.hpp>

namespace ts2cpp {
namespace detail {

/// What a Tensor refers to. Shared by all copies of a Tensor, like a Python object.
struct TensorBody {
  ReferenceCount references;
  Storage* storage = nullptr;
  std::int64_t offset = 0;  // in elements
  std::int64_t numel = 0;
  DType dtype = DType::float32;
  bool contiguous = true;
  DimVector sizes;
  DimVector strides;  // in elements, never negative

  void retain() noexcept { references.increase(); }
  void release() noexcept {
    if (references.decrease()) {
      destroy();
    }
  }
  TS2CPP_NO_INLINE void destroy() noexcept {
    storage->release();
    this->~TensorBody();
    deallocate_here(this, sizeof(TensorBody));
  }
  void refresh() noexcept {
    numel = 1;
    for (const std::int64_t size : sizes) {
      numel *= size;
    }
    contiguous = true;
    std::int64_t expected = 1;
    for (std::int64_t d = sizes.size() - 1; d >= 0 && numel != 0; --d) {
      if (sizes[d] != 1) {
        contiguous = contiguous && strides[d] == expected;
        expected *= sizes[d];
      }
    }
  }
};

[[noreturn]] TS2CPP_COLD inline void raise_undefined_tensor() {
  raise("RuntimeError",
        "a tensor is used before it has a value: it is undefined, or the model that holds it was not made by load()");
}

}  // namespace detail

/// A handle like a Python reference to a tensor: copies refer to the same tensor, `const` does not protect the
/// elements. A default-constructed Tensor is undefined; only `defined()` may be asked of it, everything else
/// raises RuntimeError.
class Tensor {
 public:
  Tensor() noexcept = default;
  Tensor(const Tensor& other) noexcept : body_(other.body_) {
    if (body_ != nullptr) {
      body_->retain();
    }
  }
  Tensor(Tensor&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Tensor& operator=(const Tensor& other) noexcept {
    Tensor copy(other);
    std::swap(body_, copy.body_);
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~Tensor() {
    if (body_ != nullptr) {
      body_->release();
    }
  }

  /// A contiguous tensor with undefined elements. RuntimeError for negative or too large sizes.
  static Tensor empty(IntSpan sizes, DType dtype) {
    std::uint64_t numel = 1;
    std::uint64_t bytes = 0;
    bool wrong = false;
    for (const std::int64_t size : sizes) {
      wrong |= size < 0;
      wrong |= __builtin_mul_overflow(numel, static_cast<std::uint64_t>(size), &numel);
    }
    wrong |= __builtin_mul_overflow(numel, static_cast<std::uint64_t>(element_size(dtype)), &bytes);
    if (TS2CPP_UNLIKELY(wrong || bytes > static_cast<std::uint64_t>(INT64_MAX))) {
      raise_sizes(sizes);
    }
    Tensor result = make(detail::Storage::create(bytes), dtype, sizes);
    set_contiguous_strides(sizes, result.body_->strides);
    result.body_->numel = static_cast<std::int64_t>(numel);
    return result;
  }

  /// A tensor with the given strides (in elements), storage just large enough, undefined elements.
  static Tensor empty_strided(IntSpan sizes, IntSpan strides, DType dtype) {
    check_sizes(sizes);
    std::int64_t extent = checked_numel(sizes) == 0 ? 0 : 1;
    for (std::int64_t d = 0; extent != 0 && d < sizes.size(); ++d) {
      std::int64_t reach = 0;
      if (__builtin_mul_overflow(sizes[d] - 1, strides[d], &reach) || __builtin_add_overflow(extent, reach, &extent)) {
        raise("RuntimeError", {"Storage size calculation overflowed with sizes=", sizes, " and strides=", strides});
      }
    }
    const std::size_t bytes =
        checked_bytes(static_cast<std::size_t>(extent), static_cast<std::size_t>(element_size(dtype)));
    return make(detail::Storage::create(bytes), dtype, sizes, strides, 0);
  }

  /// A contiguous tensor with a copy of `values`, which must have as many elements as `sizes` says.
  template <class T>
  static Tensor from_data(const std::vector<T>& values, IntSpan sizes) {
    Tensor result = empty(sizes, dtype_of<T>);
    if (static_cast<std::int64_t>(values.size()) != result.numel()) {
      raise("RuntimeError", {"from_data: ", values.size(), " values for sizes ", sizes});
    }
    std::copy(values.begin(), values.end(), result.data_ptr<T>());
    return result;
  }

  /// A contiguous tensor with a copy of the elements from `values` on, as many as `sizes` says.
  template <class T>
  static Tensor copy_of(const T* values, IntSpan sizes) {
    Tensor result = empty(sizes, dtype_of<T>);
    std::copy_n(values, result.numel(), result.data_ptr<T>());
    return result;
  }

  /// A contiguous tensor over memory that `owner` keeps alive (or that outlives the tensor, with a null owner).
  static Tensor external(void* data, IntSpan sizes, DType dtype, std::shared_ptr<void> owner = nullptr) {
    check_sizes(sizes);
    const std::size_t bytes =
        checked_bytes(static_cast<std::size_t>(checked_numel(sizes)), static_cast<std::size_t>(element_size(dtype)));
    return make(detail::Storage::external(data, bytes, std::move(owner)), dtype, sizes, contiguous_strides(sizes), 0);
  }

  bool defined() const noexcept { return body_ != nullptr; }
  /// Python's `is`: both handles refer to the same tensor object.
  bool is(const Tensor& other) const noexcept { return body_ == other.body_; }
  /// An address that is the same for handles of one tensor object.
  const void* identity() const noexcept { return body_; }

  IntSpan sizes() const { return body().sizes; }
  IntSpan strides() const { return body().strides; }
  std::int64_t dim() const { return body().sizes.size(); }
  std::int64_t numel() const { return body().numel; }
  DType dtype() const { return body().dtype; }
  bool is_contiguous() const { return body().contiguous; }
  /// Size of a dimension; negative ones count from the back. IndexError when there is none such.
  std::int64_t size(std::int64_t dim) const { return body().sizes[checked_dim(dim)]; }
  std::int64_t stride(std::int64_t dim) const { return body().strides[checked_dim(dim)]; }
  /// Position of the first element in the storage, in elements.
  std::int64_t storage_offset() const { return body().offset; }
  std::int64_t itemsize() const { return element_size(body().dtype); }
  /// Elements of this dtype that the storage holds.
  std::int64_t storage_numel() const { return static_cast<std::int64_t>(body().storage->bytes) / itemsize(); }
  /// Whether this handle is the only one, and no other tensor shares the elements.
  bool is_alone() const { return body().references.is_one() && body().storage->references.is_one(); }
  bool shares_storage(const Tensor& other) const { return body().storage == other.body().storage; }

  /// Address of the first element, for reading and writing. Elements in another layout are made plain first, and
  /// constant elements are no longer taken for constant.
  void* raw_data() const { return at_offset(body().storage->plain()); }
  /// The same for reading alone: constant elements stay constant.
  const void* read_data() const { return at_offset(body().storage->plain_for_reading()); }
  /// The elements as T without a check; the caller knows the dtype.
  template <class T>
  T* data_ptr() const {
    return static_cast<T*>(raw_data());
  }
  /// The elements as T; RuntimeError when the dtype is another one.
  template <class T>
  T* data() const {
    if (dtype() != dtype_of<T>) {
      raise("RuntimeError", {"expected scalar type ", dtype_label(dtype_of<T>), " but found ", dtype_label(dtype())});
    }
    return data_ptr<T>();
  }

  /// The value of a tensor with one element; RuntimeError for any other number of elements.
  Scalar item() const {
    if (numel() != 1) {
      raise("RuntimeError", {"a Tensor with ", numel(), " elements cannot be converted to Scalar"});
    }
    return element_at(0);
  }
  /// The value that lies so many elements behind the first; the caller knows that it is one of this tensor.
  Scalar element_at(std::int64_t distance) const {
    const void* const element = static_cast<const char*>(read_data()) + distance * itemsize();
    switch (dtype()) {
      case DType::uint8: return *static_cast<const std::uint8_t*>(element);
      case DType::int8: return *static_cast<const std::int8_t*>(element);
      case DType::int16: return *static_cast<const std::int16_t*>(element);
      case DType::int32: return *static_cast<const std::int32_t*>(element);
      case DType::int64: return *static_cast<const std::int64_t*>(element);
      case DType::float16: return static_cast<float>(*static_cast<const half*>(element));
      case DType::float32: return *static_cast<const float*>(element);
      case DType::float64: return *static_cast<const double*>(element);
      case DType::complex64: {
        const float* const parts = static_cast<const float*>(element);
        return {static_cast<double>(parts[0]), static_cast<double>(parts[1])};
      }
      case DType::complex128: {
        const double* const parts = static_cast<const double*>(element);
        return {parts[0], parts[1]};
      }
      case DType::bool_: return *static_cast<const bool*>(element);
      case DType::bfloat16: return static_cast<float>(*static_cast<const bfloat16*>(element));
    }
    return {};
  }
  template <class T>
  T item() const {
    return item().to<T>();
  }

  /// What is known of the elements' layout (storage.hpp).
  detail::Storage& storage() const { return *body().storage; }
  /// A tensor of `dtype` over `storage`, of which one reference is taken over, contiguous where its elements are plain.
  static Tensor over(detail::Storage* storage, IntSpan sizes, DType dtype) {
    return make(storage, dtype, sizes, contiguous_strides(sizes), 0);
  }

  /// Another tensor over the same storage. The caller guarantees that all elements lie inside it.
  Tensor with_layout(IntSpan sizes, IntSpan strides, std::int64_t offset) const {
    body().storage->retain();
    return make(body().storage, dtype(), sizes, strides, offset);
  }
  /// The same bytes under another dtype of possibly another size (`offset` counts elements of the new dtype).
  Tensor reinterpreted(DType dtype, IntSpan sizes, IntSpan strides, std::int64_t offset) const {
    body().storage->retain();
    return make(body().storage, dtype, sizes, strides, offset);
  }
  /// Makes this tensor object, for all its handles, what `other` is (for the in-place forms of views, and resizing).
  void assign_layout(const Tensor& other) const {
    other.body().storage->retain();
    body().storage->release();
    body().storage = other.body().storage;
    body().dtype = other.body().dtype;
    body().sizes = other.body().sizes;
    body().strides = other.body().strides;
    body().offset = other.body().offset;
    body().refresh();
  }

 private:
  explicit Tensor(detail::TensorBody* body) noexcept : body_(body) {}

  /// Takes over one reference to `storage`. Strides and what follows from them are left to the caller.
  static Tensor make(detail::Storage* storage, DType dtype, IntSpan sizes) {
    struct Owner {
      detail::Storage* storage;
      ~Owner() {
        if (storage != nullptr) {
          storage->release();
        }
      }
    } owner{storage};
    Tensor result(::new (detail::allocate_here(sizeof(detail::TensorBody))) detail::TensorBody);
    result.body_->storage = std::exchange(owner.storage, nullptr);
    result.body_->dtype = dtype;
    result.body_->sizes.assign(sizes);
    return result;
  }
  static Tensor make(detail::Storage* storage, DType dtype, IntSpan sizes, IntSpan strides, std::int64_t offset) {
    Tensor result = make(storage, dtype, sizes);
    result.body_->offset = offset;
    result.body_->strides.assign(strides);
    result.body_->refresh();
    return result;
  }

  static void check_sizes(IntSpan sizes) {
    for (const std::int64_t size : sizes) {
      if (size < 0) {
        raise("RuntimeError", {"Trying to create tensor with negative dimension ", size, ": ", sizes});
      }
    }
  }

  [[noreturn]] TS2CPP_COLD static void raise_sizes(IntSpan sizes) {
    check_sizes(sizes);
    raise("RuntimeError", {"Storage size calculation overflowed with sizes=", sizes});
  }

  /// What the handle refers to; RuntimeError if that is nothing.
  detail::TensorBody& body() const {
    if (TS2CPP_UNLIKELY(body_ == nullptr)) {
      detail::raise_undefined_tensor();
    }
    return *body_;
  }

  void* at_offset(void* elements) const noexcept {
    return static_cast<char*>(elements) + body_->offset * element_size(body_->dtype);
  }

  std::int64_t checked_dim(std::int64_t dim) const {
    if (body().sizes.empty()) {
      raise("IndexError", {"Dimension specified as ", dim, " but tensor has no dimensions"});
    }
    return wrap_dim(dim, body_->sizes.size());
  }

  detail::TensorBody* body_ = nullptr;
};

namespace detail {

/// The elements of `tensor` in blocks of channels; null when they are plain or `tensor` is not the whole [N, C, H, W]
/// (or [C, H, W]).
inline const ChannelBlocks* blocks_of(const Tensor& tensor) {
  const ChannelBlocks* const blocks = tensor.storage().blocks();
  if (blocks == nullptr || tensor.storage_offset() != 0 || !tensor.is_contiguous() ||
      tensor.dtype() != DType::float32) {
    return nullptr;
  }
  const IntSpan sizes = tensor.sizes();
  const bool batched = sizes.size() == 4;
  if (!batched && !(sizes.size() == 3 && blocks->batch == 1)) {
    return nullptr;
  }
  const std::int64_t* const last = sizes.data() + (batched ? 1 : 0);
  return (!batched || sizes[0] == blocks->batch) && last[0] == blocks->channels && last[1] == blocks->height &&
                 last[2] == blocks->width
             ? blocks
             : nullptr;
}

/// The form of `weight`'s elements that `key` names: `count` elements that `fill(T*)` writes when they are first asked
/// for. Null when the weight is not constant.
template <class T, class Fill>
const T* packed(const Tensor& weight, const PackedKey& key, std::int64_t count, Fill&& fill) {
  ConstantElements* const constant = weight.storage().constants();
  if (constant == nullptr) {
    return nullptr;
  }
  PackedForm* form = constant->find(key);
  if (form == nullptr) {
    form = PackedForm::create(key, checked_bytes(static_cast<std::size_t>(count), sizeof(T)));
    struct Owner {
      PackedForm* form;
      ~Owner() {
        if (form != nullptr) {
          PackedForm::destroy(form);
        }
      }
    } owner{form};
    fill(static_cast<T*>(form->elements()));
    owner.form = nullptr;
    form = constant->add(form);
    constant->forget_mapped();
  }
  return static_cast<const T*>(form->elements());
}

}  // namespace detail

using TensorSpan = Span<const Tensor>;
using OptionalTensorSpan = Span<const std::optional<Tensor>>;

namespace ops {
// Declared here for the operators below; defined in ops/arithmetic.hpp, which programs that use them include.
template <class Lazy = void>
Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
template <class Lazy = void>
Tensor add(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
template <class Lazy = void>
Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
template <class Lazy = void>
Tensor sub(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
template <class Lazy = void>
Tensor rsub(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
template <class Lazy = void>
Tensor mul(const Tensor& self, const Tensor& other);
template <class Lazy = void>
Tensor mul(const Tensor& self, const Scalar& other);
template <class Lazy = void>
Tensor div(const Tensor& self, const Tensor& other);
template <class Lazy = void>
Tensor div(const Tensor& self, const Scalar& other);
template <class Lazy = void>
Tensor neg(const Tensor& self);
}  // namespace ops

template <class Lazy = void>
Tensor operator+(const Tensor& a, const Tensor& b) {
  return ops::add<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator+(const Tensor& a, const Scalar& b) {
  return ops::add<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator-(const Tensor& a, const Tensor& b) {
  return ops::sub<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator-(const Tensor& a, const Scalar& b) {
  return ops::sub<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator*(const Tensor& a, const Tensor& b) {
  return ops::mul<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator*(const Tensor& a, const Scalar& b) {
  return ops::mul<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator/(const Tensor& a, const Tensor& b) {
  return ops::div<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator/(const Tensor& a, const Scalar& b) {
  return ops::div<Lazy>(a, b);
}
template <class Lazy = void>
Tensor operator-(const Tensor& a) {
  return ops::neg<Lazy>(a);
}

}  // namespace ts2cpp
