// Memory of one's own: what the copy of a generated model is made of.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>

#include <ts2cpp/dict.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/ref.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

/// Whole copies of tensors, lists, dicts and objects, as Python's `copy.deepcopy` makes them: what was one thing under
/// two names is one thing again. A struct copied by C++ shares them with the original:
///
///     Net copy = model;
///     ts2cpp::Copies copies;
///     copies.own(copy.average);
class Copies {
 public:
  /// Gives the member of a copied struct memory of its own.
  template <class T>
  void own(T& member) {
    member = copy(member);
  }

 private:
  Tensor copy(const Tensor& value) {
    if (!value.defined()) {
      return value;
    }
    if (const auto known = find<Tensor>(value.identity())) {
      return *known;
    }
    detail::Storage& storage = value.storage();
    auto whole = find<Tensor>(&storage);  // other views of the same memory see the copy too
    if (whole == nullptr) {
      const auto bytes = static_cast<std::int64_t>(storage.bytes);
      whole = remember(&storage, Tensor::empty({bytes}, DType::uint8));
      if (bytes != 0) {
        std::memcpy(whole->raw_data(), storage.plain_for_reading(), storage.bytes);
      }
    }
    const Tensor made = whole->reinterpreted(value.dtype(), value.sizes(), value.strides(), value.storage_offset());
    return *remember(value.identity(), made);
  }
  template <class T>
  List<T> copy(const List<T>& value) {
    if (value.identity() == nullptr) {
      return value;  // it was moved from
    }
    if (const auto known = find<List<T>>(value.identity())) {
      return *known;
    }
    const auto made = remember(value.identity(), List<T>());
    for (const auto& item : value) {
      made->append(copy(static_cast<const T&>(item)));
    }
    return *made;
  }
  template <class K, class V>
  Dict<K, V> copy(const Dict<K, V>& value) {
    if (value.identity() == nullptr) {
      return value;
    }
    if (const auto known = find<Dict<K, V>>(value.identity())) {
      return *known;
    }
    const auto made = remember(value.identity(), Dict<K, V>());
    for (const K& key : value.keys()) {
      made->set(copy(key), copy(value.at(key)));
    }
    return *made;
  }
  template <class T>
  std::optional<T> copy(const std::optional<T>& value) {
    return value.has_value() ? std::optional<T>(copy(*value)) : value;
  }
  template <class... T>
  std::tuple<T...> copy(const std::tuple<T...>& value) {
    return std::apply([this](const T&... parts) { return std::tuple<T...>{copy(parts)...}; }, value);
  }
  template <class... T>
  std::variant<T...> copy(const std::variant<T...>& value) {
    return std::visit(
        [this](const auto& held) {
          return std::variant<T...>(std::in_place_type<std::decay_t<decltype(held)>>, this->copy(held));
        },
        value);
  }
  /// An object; the generated `own_members` says what it holds.
  template <class T>
  Ref<T> copy(const Ref<T>& value) {
    if (value.shared() == nullptr) {
      return value;
    }
    if constexpr (std::is_abstract_v<T>) {
      raise("RuntimeError", "an object that is held as an interface cannot be copied: load the model again");
    } else {
      if (const auto known = find<Ref<T>>(value.shared().get())) {
        return *known;
      }
      const auto made = remember(value.shared().get(), Ref<T>(std::make_shared<T>(*value)));
      own_members(*this, **made);
      return *made;
    }
  }
  /// Numbers and texts are what they are, named tuples have fields.
  template <class T>
  T copy(const T& value) {
    T made = value;
    if constexpr (detail::HasFields<T>::value) {
      std::apply(
          [this](auto&... fields) {
            (own(const_cast<std::remove_cv_t<std::remove_reference_t<decltype(fields)>>&>(fields)), ...);
          },
          std::as_const(made).fields());
    }
    return made;
  }

  template <class T>
  std::shared_ptr<T> find(const void* original) const {
    const auto found = made_.find(original);
    return found != made_.end() ? std::static_pointer_cast<T>(found->second) : nullptr;
  }
  template <class T>
  std::shared_ptr<T> remember(const void* original, T made) {
    auto kept = std::make_shared<T>(std::move(made));
    made_.emplace(original, kept);
    return kept;
  }

  std::unordered_map<const void*, std::shared_ptr<void>> made_;
};

}  // namespace ts2cpp
