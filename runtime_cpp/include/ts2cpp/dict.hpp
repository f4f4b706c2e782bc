// Python's dict with one key type and one value type.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>

namespace ts2cpp {
namespace detail {

template <class K>
struct KeyHash {
  std::size_t operator()(const K& key) const noexcept { return std::hash<K>()(key); }
};
template <>
struct KeyHash<std::complex<double>> {
  std::size_t operator()(const std::complex<double>& key) const noexcept {
    return std::hash<double>()(key.real()) * 31 + std::hash<double>()(key.imag());
  }
};
template <>
struct KeyHash<Tensor> {
  std::size_t operator()(const Tensor& key) const noexcept { return std::hash<const void*>()(key.identity()); }
};

/// Keys are equal by value, tensors by identity.
template <class K>
struct KeyEqual {
  bool operator()(const K& a, const K& b) const { return a == b; }
};
template <>
struct KeyEqual<Tensor> {
  bool operator()(const Tensor& a, const Tensor& b) const noexcept { return a.is(b); }
};

/// How a missing key appears in the KeyError.
inline std::string key_text(const std::string& key) { return key; }
inline std::string key_text(bool key) { return key ? "True" : "False"; }
inline std::string key_text(std::int64_t key) { return std::to_string(key); }
inline std::string key_text(double key) { return std::to_string(key); }
inline std::string key_text(const std::complex<double>& key) {
  return std::to_string(key.real()) + "+" + std::to_string(key.imag()) + "j";
}

}  // namespace detail

/// A Python dict: copies of the handle refer to the same dict; the order is that of insertion. Keys are str, int,
/// float, bool, complex, Device or Tensor.
template <class K, class V>
class Dict {
 public:
  using key_type = K;
  using mapped_type = V;

  Dict() : body_(std::allocate_shared<Body>(PooledAllocator<Body>())) {}
  Dict(std::initializer_list<std::pair<K, V>> items) : Dict() {
    for (const auto& [key, value] : items) {
      set(key, value);
    }
  }

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(body_->positions.size()); }
  bool empty() const noexcept { return size() == 0; }
  bool is(const Dict& other) const noexcept { return body_ == other.body_; }
  /// An address that is the same for handles of one dict.
  const void* identity() const noexcept { return body_.get(); }
  bool contains(const K& key) const { return body_->positions.count(key) != 0; }

  /// The value of `key`; KeyError when there is none.
  V at(const K& key) const { return body_->entries[position(key)]->second; }
  std::optional<V> get(const K& key) const {
    const auto found = body_->positions.find(key);
    return found == body_->positions.end() ? std::nullopt : std::optional<V>(body_->entries[found->second]->second);
  }
  V get(const K& key, V fallback) const {
    const auto found = body_->positions.find(key);
    return found == body_->positions.end() ? std::move(fallback) : body_->entries[found->second]->second;
  }
  void set(const K& key, V value) const {
    const auto found = body_->positions.find(key);
    if (found != body_->positions.end()) {
      body_->entries[found->second]->second = std::move(value);
      return;
    }
    body_->entries.emplace_back(std::in_place, key, std::move(value));
    body_->positions.emplace(key, body_->entries.size() - 1);
  }
  V setdefault(const K& key, V fallback) const {
    if (!contains(key)) {
      set(key, std::move(fallback));
    }
    return at(key);
  }
  /// `del self[key]`; KeyError when there is none.
  void erase(const K& key) const { remove(position(key)); }
  V pop(const K& key) const {
    const std::size_t where = position(key);
    V value = std::move(body_->entries[where]->second);
    remove(where);
    return value;
  }
  V pop(const K& key, V fallback) const { return contains(key) ? pop(key) : fallback; }
  /// Removes and returns the oldest item (TorchScript's choice; Python's is the newest).
  std::tuple<K, V> popitem() const {
    for (std::size_t where = 0; where < body_->entries.size(); ++where) {
      if (body_->entries[where]) {
        std::tuple<K, V> item{body_->entries[where]->first, body_->entries[where]->second};
        remove(where);
        return item;
      }
    }
    raise("RuntimeError", "popitem(): dictionary is empty");
  }
  void clear() const {
    body_->entries.clear();
    body_->positions.clear();
  }
  void update(const Dict& other) const {
    if (is(other)) {
      return;
    }
    for (const auto& entry : other.body_->entries) {
      if (entry) {
        set(entry->first, entry->second);
      }
    }
  }
  Dict copy() const {
    Dict result;
    result.update(*this);
    return result;
  }

  List<K> keys() const {
    List<K> result;
    result.reserve(size());
    for (const auto& entry : body_->entries) {
      if (entry) {
        result.append(entry->first);
      }
    }
    return result;
  }
  List<V> values() const {
    List<V> result;
    result.reserve(size());
    for (const auto& entry : body_->entries) {
      if (entry) {
        result.append(entry->second);
      }
    }
    return result;
  }
  List<std::tuple<K, V>> items() const {
    List<std::tuple<K, V>> result;
    result.reserve(size());
    for (const auto& entry : body_->entries) {
      if (entry) {
        result.append({entry->first, entry->second});
      }
    }
    return result;
  }

  /// Equal keys with equal values, in any order.
  friend bool operator==(const Dict& a, const Dict& b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (const auto& entry : a.body_->entries) {
      if (entry) {
        const auto other = b.get(entry->first);
        if (!other || !detail::equal_elements<V>(entry->second, *other)) {
          return false;
        }
      }
    }
    return true;
  }
  friend bool operator!=(const Dict& a, const Dict& b) { return !(a == b); }

 private:
  struct Body {
    PooledVector<std::optional<std::pair<K, V>>> entries;  // a removed item leaves an empty place
    std::unordered_map<K, std::size_t, detail::KeyHash<K>, detail::KeyEqual<K>,
                       PooledAllocator<std::pair<const K, std::size_t>>>
        positions;
  };

  std::size_t position(const K& key) const {
    const auto found = body_->positions.find(key);
    if (found == body_->positions.end()) {
      using detail::key_text;
      raise("KeyError", key_text(key));
    }
    return found->second;
  }
  void remove(std::size_t where) const {
    body_->positions.erase(body_->entries[where]->first);
    body_->entries[where].reset();
    if (body_->entries.size() > 16 && body_->positions.size() < body_->entries.size() / 2) {
      PooledVector<std::optional<std::pair<K, V>>> packed;
      packed.reserve(body_->positions.size());
      for (auto& entry : body_->entries) {
        if (entry) {
          body_->positions[entry->first] = packed.size();
          packed.push_back(std::move(entry));
        }
      }
      body_->entries = std::move(packed);
    }
  }

  std::shared_ptr<Body> body_;
};

/// dict([(key, value), …]): of equal keys the last one counts.
template <class K, class V>
Dict<K, V> make_dict(const List<std::tuple<K, V>>& items) {
  Dict<K, V> result;
  for (const std::tuple<K, V>& item : items) {
    result.set(std::get<0>(item), std::get<1>(item));
  }
  return result;
}

}  // namespace ts2cpp
