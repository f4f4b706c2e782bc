// torch.device as a value. Programs run on the processor; other devices can be named and compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <ts2cpp/dict.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/python.hpp>

namespace ts2cpp {

/// A device such as "cpu" or "cuda:1".
class Device {
 public:
  Device() : type_("cpu") {}
  /// RuntimeError for text that is not `type` or `type:index`.
  explicit Device(const std::string& text) : type_(text.substr(0, text.find(':'))) {
    const std::size_t colon = text.find(':');
    bool good = !type_.empty();
    if (colon != std::string::npos) {
      const std::string digits = text.substr(colon + 1);
      good = good && detail::is_position(digits);
      index_ = good ? std::optional<std::int64_t>(to_int(digits)) : std::nullopt;
    }
    if (!good) {
      raise("RuntimeError", {"Invalid device string: '", text, "'"});
    }
  }
  Device(const std::string& type, std::int64_t index) : Device(type + ":" + std::to_string(index)) {}

  const std::string& type() const noexcept { return type_; }
  const std::optional<std::int64_t>& index() const noexcept { return index_; }
  friend bool operator==(const Device& a, const Device& b) { return a.type_ == b.type_ && a.index_ == b.index_; }
  friend bool operator!=(const Device& a, const Device& b) { return !(a == b); }

 private:
  std::string type_;
  std::optional<std::int64_t> index_;
};

/// torch.Stream as a value. Programs have no streams of their own: one can be passed on and compared.
struct Stream {
  Device device;
  std::int64_t id = 0;
  friend bool operator==(const Stream& a, const Stream& b) { return a.device == b.device && a.id == b.id; }
  friend bool operator!=(const Stream& a, const Stream& b) { return !(a == b); }
};

inline Device device(const std::string& text) { return Device(text); }
inline Device device(const std::string& type, std::int64_t index) { return Device(type, index); }
inline std::string device_type(const Device& value) { return value.type(); }
inline std::optional<std::int64_t> device_index(const Device& value) { return value.index(); }
inline std::string to_str(const Device& value) {
  return value.type() + (value.index() ? ":" + std::to_string(*value.index()) : "");
}
inline std::string to_str(const Stream& value) {
  return "stream " + std::to_string(value.id) + " on device " + to_str(value.device);
}
inline std::string key_text(const Device& key) { return to_str(key); }

namespace detail {
template <>
struct KeyHash<Device> {
  std::size_t operator()(const Device& key) const { return std::hash<std::string>()(to_str(key)); }
};
}  // namespace detail

}  // namespace ts2cpp
