// Python's list with one element type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

template <class T>
class List;

namespace detail {

/// Whether `T` is a named tuple: a struct with a method `fields` that gives references to all of its members.
template <class T, class = void>
struct HasFields : std::false_type {};
template <class T>
struct HasFields<T, std::void_t<decltype(std::declval<const T&>().fields())>> : std::true_type {};

/// A bool that std::vector stores as itself instead of a bit.
struct BoolCell {
  bool value = false;
  BoolCell() = default;
  BoolCell(bool from) noexcept : value(from) {}
  operator bool() const noexcept { return value; }
};

template <class T>
using Cell = std::conditional_t<std::is_same_v<T, bool>, BoolCell, T>;

/// Python's `==` between elements: for tensors, of their only values.
template <class T>
bool equal_elements(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, Tensor>) {
    if (a.is(b) && a.numel() == 1) {
      return true;
    }
    if (a.numel() != 1 || b.numel() != 1) {
      raise("RuntimeError", "Boolean value of Tensor with more than one value is ambiguous");
    }
    const Scalar left = a.item();
    const Scalar right = b.item();
    return left.to_double() == right.to_double() && left.imag() == right.imag();
  } else {
    return a == b;
  }
}

/// Python's `<` for sorting.
template <class T>
bool less_elements(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, Tensor>) {
    if (a.numel() != 1 || b.numel() != 1) {
      raise("RuntimeError", "Boolean value of Tensor with more than one value is ambiguous");
    }
    return a.item().to_double() < b.item().to_double();
  } else {
    return a < b;
  }
}

}  // namespace detail

/// The indices that a Python slice selects of a sequence of `size` elements: start, start + step, … (count of them).
struct SliceRange {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

/// Clamps `start:stop:step` as Python does; ValueError for a step of 0.
inline SliceRange slice_range(std::int64_t size, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                              std::int64_t step = 1) {
  if (step == 0) {
    raise("ValueError", "List slice should have non-zero step");
  }
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const std::int64_t highest = step > 0 ? size : size - 1;
  const auto clamp = [&](std::int64_t index) {
    return std::min(std::max(index < 0 ? index + size : index, lowest), highest);
  };
  const std::int64_t first = start ? clamp(*start) : (step > 0 ? lowest : highest);
  const std::int64_t last = stop ? clamp(*stop) : (step > 0 ? highest : lowest);
  // Distances and steps as unsigned: the step may be the smallest integer.
  const auto magnitude = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const std::int64_t distance = step > 0 ? last - first : first - last;
  const std::int64_t count =
      distance <= 0 ? 0 : static_cast<std::int64_t>((static_cast<std::uint64_t>(distance) - 1) / magnitude) + 1;
  return {first, step, count};
}

/// A Python list: copies of the handle refer to the same list. Elements come out by value (tensors, lists and dicts
/// are handles themselves), so nothing dangles when the list changes.
template <class T>
class List {
 public:
  using value_type = T;
  using Cell = detail::Cell<T>;

  List() : items_(shared()) {}
  List(std::initializer_list<T> items) : items_(shared(items.begin(), items.end())) {}
  explicit List(const std::vector<Cell>& items) : items_(shared(items.begin(), items.end())) {}
  explicit List(Span<const T> items) : items_(shared(items.begin(), items.end())) {}

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(items_->size()); }
  bool empty() const noexcept { return items_->empty(); }
  /// The elements side by side, until the list changes.
  const T* data() const noexcept { return reinterpret_cast<const T*>(items_->data()); }
  /// Python's `is`.
  bool is(const List& other) const noexcept { return items_ == other.items_; }
  /// An address that is the same for handles of one list.
  const void* identity() const noexcept { return items_.get(); }

  T at(std::int64_t index) const { return (*items_)[checked(index)]; }
  T operator[](std::int64_t index) const { return at(index); }
  void set(std::int64_t index, T value) const { (*items_)[checked(index)] = std::move(value); }
  /// Gives the list itself: TorchScript lets a call of append stand as a value.
  const List& append(T value) const {
    items_->push_back(std::move(value));
    return *this;
  }
  void reserve(std::int64_t count) const {
    items_->reserve(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  }
  /// Gives the list itself, for `list += other`.
  const List& extend(const List& other) const {
    const auto count = other.items_->size();  // the list may extend itself
    items_->reserve(items_->size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      items_->push_back((*other.items_)[i]);
    }
    return *this;
  }
  void insert(std::int64_t index, T value) const {
    const std::int64_t position = std::min(std::max<std::int64_t>(index < 0 ? index + size() : index, 0), size());
    items_->insert(items_->begin() + position, std::move(value));
  }
  T pop(std::int64_t index = -1) const {
    if (empty()) {
      raise("IndexError", "pop from empty list");
    }
    const auto position = items_->begin() + static_cast<std::ptrdiff_t>(checked(index));
    T value = std::move(*position);
    items_->erase(position);
    return value;
  }
  void erase(std::int64_t index) const { items_->erase(items_->begin() + static_cast<std::ptrdiff_t>(checked(index))); }
  void remove(const T& value) const {
    const std::int64_t position = find(value);
    if (position < 0) {
      raise("ValueError", "list.remove(x): x not in list");
    }
    items_->erase(items_->begin() + position);
  }
  void clear() const noexcept { items_->clear(); }
  void reverse() const { std::reverse(items_->begin(), items_->end()); }
  /// Stable, and so is the reversed order, as in Python.
  void sort(bool reverse = false) const {
    // A copy is sorted: comparing may raise, and must not leave the list half moved.
    Items sorted = *items_;
    const auto before = [reverse](const Cell& a, const Cell& b) {
      return reverse ? detail::less_elements<T>(b, a) : detail::less_elements<T>(a, b);
    };
    constexpr std::size_t kFew = 32;  // need no second memory
    if (sorted.size() > kFew) {
      std::stable_sort(sorted.begin(), sorted.end(), before);
    }
    for (std::size_t i = 1; sorted.size() <= kFew && i < sorted.size(); ++i) {
      Cell moving = std::move(sorted[i]);
      std::size_t place = i;
      for (; place > 0 && before(moving, sorted[place - 1]); --place) {
        sorted[place] = std::move(sorted[place - 1]);
      }
      sorted[place] = std::move(moving);
    }
    *items_ = std::move(sorted);
  }

  /// Position of the first equal element; ValueError when there is none (its text needs to_str: see python.hpp).
  std::int64_t index(const T& value) const {
    const std::int64_t position = find(value);
    if (position < 0) {
      raise("ValueError", "value is not in list");
    }
    return position;
  }
  std::int64_t count(const T& value) const {
    return std::count_if(items_->begin(), items_->end(),
                         [&value](const Cell& item) { return detail::equal_elements<T>(item, value); });
  }
  bool contains(const T& value) const { return find(value) >= 0; }

  List copy() const {
    List result;
    *result.items_ = *items_;
    return result;
  }
  List slice(std::optional<std::int64_t> start, std::optional<std::int64_t> stop, std::int64_t step = 1) const {
    const SliceRange range = slice_range(size(), start, stop, step);
    List result;
    result.reserve(range.count);
    for (std::int64_t i = 0; i < range.count; ++i) {
      result.append((*items_)[static_cast<std::size_t>(range.start + i * range.step)]);
    }
    return result;
  }
  List concat(const List& other) const {
    List result = copy();
    result.extend(other);
    return result;
  }
  /// `self * times`; nothing for times <= 0.
  List repeat(std::int64_t times) const {
    List result;
    if (times > 0 && !empty()) {
      result.reserve(static_cast<std::int64_t>(checked_bytes(items_->size(), static_cast<std::size_t>(times))));
    }
    for (std::int64_t i = 0; i < times && !empty(); ++i) {
      result.extend(*this);
    }
    return result;
  }
  /// `self *= times`.
  List repeat_in_place(std::int64_t times) const {
    *items_ = std::move(*repeat(times).items_);
    return *this;
  }
  List sorted(bool reverse = false) const {
    List result = copy();
    result.sort(reverse);
    return result;
  }

  friend List operator+(const List& a, const List& b) { return a.concat(b); }
  friend bool operator==(const List& a, const List& b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (std::size_t i = 0; i < a.items_->size(); ++i) {
      if (!detail::equal_elements<T>((*a.items_)[i], (*b.items_)[i])) {
        return false;
      }
    }
    return true;
  }
  friend bool operator!=(const List& a, const List& b) { return !(a == b); }

  /// Walks by position, so that the list may change meanwhile; a list that shrinks raises IndexError.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = T;

    Iterator(const List* list, std::int64_t position) noexcept : list_(list), position_(position) {}
    T operator*() const { return list_->at(position_); }
    Iterator& operator++() noexcept {
      ++position_;
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++position_;
      return before;
    }
    bool operator==(const Iterator& other) const noexcept { return position_ == other.position_; }
    bool operator!=(const Iterator& other) const noexcept { return position_ != other.position_; }

   private:
    const List* list_;
    std::int64_t position_;
  };
  Iterator begin() const noexcept { return {this, 0}; }
  Iterator end() const noexcept { return {this, size()}; }

 private:
  std::size_t checked(std::int64_t index) const {
    const std::int64_t position = index < 0 ? index + size() : index;
    if (position < 0 || position >= size()) {
      raise("IndexError", "list index out of range");
    }
    return static_cast<std::size_t>(position);
  }
  std::int64_t find(const T& value) const {
    for (std::size_t i = 0; i < items_->size(); ++i) {
      if (detail::equal_elements<T>((*items_)[i], value)) {
        return static_cast<std::int64_t>(i);
      }
    }
    return -1;
  }

  using Items = PooledVector<Cell>;

  template <class... Arguments>
  static std::shared_ptr<Items> shared(Arguments&&... arguments) {
    return std::allocate_shared<Items>(PooledAllocator<Items>(), std::forward<Arguments>(arguments)...);
  }

  std::shared_ptr<Items> items_;
};

}  // namespace ts2cpp
