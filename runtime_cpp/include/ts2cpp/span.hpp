// Non-owning views of arguments (IntSpan, TensorSpan) and the small vector that holds sizes and strides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/error.hpp>

namespace ts2cpp {

/// A view of `size()` elements owned by somebody else; meant for parameters. Converts from braces, vectors, Lists and
/// anything else with contiguous `data()` and `size()`.
template <class T>
class Span {
 public:
  using value_type = std::remove_const_t<T>;

  constexpr Span() noexcept = default;
  constexpr Span(T* data, std::int64_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) noexcept : data_(array), size_(static_cast<std::int64_t>(N)) {}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winit-list-lifetime"  // a parameter: the braces outlive the call
#endif
  template <class U = T, std::enable_if_t<std::is_const_v<U>, int> = 0>
  constexpr Span(std::initializer_list<value_type> values) noexcept
      : data_(values.begin()), size_(static_cast<std::int64_t>(values.size())) {}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  template <class Container,
            std::enable_if_t<!std::is_same_v<std::decay_t<Container>, Span> &&
                                 std::is_convertible_v<decltype(std::declval<Container&>().data()), T*>,
                             int> = 0>
  constexpr Span(Container&& container) noexcept
      : data_(container.data()), size_(static_cast<std::int64_t>(container.size())) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::int64_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr T* begin() const noexcept { return data_; }
  constexpr T* end() const noexcept { return data_ + size_; }
  constexpr T& operator[](std::int64_t i) const noexcept { return data_[i]; }
  constexpr T& front() const noexcept { return data_[0]; }
  constexpr T& back() const noexcept { return data_[size_ - 1]; }

 private:
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

using IntSpan = Span<const std::int64_t>;

inline bool operator==(IntSpan a, IntSpan b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
inline bool operator!=(IntSpan a, IntSpan b) noexcept { return !(a == b); }

/// Sizes or strides: a vector of int64 that needs no heap for up to eight dimensions.
class DimVector {
 public:
  DimVector() noexcept = default;
  explicit DimVector(std::int64_t count, std::int64_t value = 0) { resize(count, value); }
  DimVector(std::initializer_list<std::int64_t> values) : DimVector(IntSpan(values)) {}
  explicit DimVector(IntSpan values) { assign(values); }
  DimVector(const DimVector& other) : DimVector(IntSpan(other)) {}
  DimVector(DimVector&& other) noexcept { take(other); }
  DimVector& operator=(const DimVector& other) {
    if (this != &other) {
      assign(other);
    }
    return *this;
  }
  DimVector& operator=(DimVector&& other) noexcept {
    if (this != &other) {
      delete[] heap_;
      take(other);
    }
    return *this;
  }
  ~DimVector() {
    if (heap_ != nullptr) {
      delete[] heap_;
    }
  }

  std::int64_t* data() noexcept { return heap_ != nullptr ? heap_ : inline_; }
  const std::int64_t* data() const noexcept { return heap_ != nullptr ? heap_ : inline_; }
  std::int64_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::int64_t* begin() noexcept { return data(); }
  std::int64_t* end() noexcept { return data() + size_; }
  const std::int64_t* begin() const noexcept { return data(); }
  const std::int64_t* end() const noexcept { return data() + size_; }
  std::int64_t& operator[](std::int64_t i) noexcept { return data()[i]; }
  std::int64_t operator[](std::int64_t i) const noexcept { return data()[i]; }
  std::int64_t& back() noexcept { return data()[size_ - 1]; }
  std::int64_t back() const noexcept { return data()[size_ - 1]; }

  /// Becomes a copy of `values`, which are none of its own.
  void assign(IntSpan values) {
    reserve(values.size());
    std::int64_t* const to = data();
    for (std::int64_t i = 0; i < values.size(); ++i) {
      to[i] = values[i];
    }
    size_ = values.size();
  }
  void resize(std::int64_t count, std::int64_t value = 0) {
    reserve(count);
    if (count > size_) {
      std::fill(data() + size_, data() + count, value);
    }
    size_ = count;
  }
  /// Elements beyond those there were are undefined.
  void resize_for_overwrite(std::int64_t count) {
    reserve(count);
    size_ = count;
  }
  void push_back(std::int64_t value) {
    if (size_ == capacity_) {
      reserve(2 * capacity_);
    }
    data()[size_++] = value;
  }
  void insert(std::int64_t position, std::int64_t value) {
    push_back(value);
    std::rotate(begin() + position, end() - 1, end());
  }
  void erase(std::int64_t position) {
    std::copy(begin() + position + 1, end(), begin() + position);
    --size_;
  }
  void clear() noexcept { size_ = 0; }

 private:
  static constexpr std::int64_t kInline = 8;

  void reserve(std::int64_t count) {
    if (count <= capacity_) {
      return;
    }
    auto* const grown = new std::int64_t[static_cast<std::size_t>(count)];
    for (std::int64_t i = 0; i < size_; ++i) {
      grown[i] = data()[i];
    }
    delete[] heap_;
    heap_ = grown;
    capacity_ = count;
  }
  void take(DimVector& other) noexcept {
    std::memcpy(inline_, other.inline_, sizeof inline_);
    heap_ = std::exchange(other.heap_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, kInline);
  }

  std::int64_t inline_[kInline] = {};
  std::int64_t* heap_ = nullptr;
  std::int64_t size_ = 0;
  std::int64_t capacity_ = kInline;
};

/// "[2, 3]", as Python prints a list of ints.
inline std::string to_string(IntSpan values) {
  std::string text = "[";
  for (std::int64_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
  }
  return text + "]";
}

/// Dimension `dim` of a tensor with `rank` dimensions counted from the front; IndexError when there is none such.
/// A 0-d tensor answers to the dimensions 0 and -1, as in PyTorch.
inline std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank) {
  const std::int64_t count = rank == 0 ? 1 : rank;
  if (dim < -count || dim >= count) {
    raise("IndexError",
          {"Dimension out of range (expected to be in range of [", -count, ", ", count - 1, "], but got ", dim, ")"});
  }
  return dim < 0 ? dim + count : dim;
}

/// Product of the sizes; RuntimeError when it does not fit into int64.
inline std::int64_t checked_numel(IntSpan sizes) {
  std::int64_t total = 1;
  for (const std::int64_t size : sizes) {
    if (__builtin_mul_overflow(total, size, &total)) {
      raise("RuntimeError", "numel: integer multiplication overflow");
    }
  }
  return total;
}

/// Row-major strides, in elements; RuntimeError when they do not fit into int64.
inline void set_contiguous_strides(IntSpan sizes, DimVector& strides) {
  strides.resize_for_overwrite(sizes.size());
  std::int64_t* const to = strides.data();
  std::int64_t step = 1;
  for (std::int64_t d = sizes.size() - 1; d >= 0; --d) {
    to[d] = step;
    if (d > 0 && __builtin_mul_overflow(step, std::max<std::int64_t>(sizes[d], 1), &step)) {
      raise("RuntimeError", "Stride calculation overflowed");
    }
  }
}
inline DimVector contiguous_strides(IntSpan sizes) {
  DimVector strides;
  set_contiguous_strides(sizes, strides);
  return strides;
}

}  // namespace ts2cpp
