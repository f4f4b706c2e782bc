// The parts of a message. What raises an error names them and does not join them: code that hardly ever runs stays
// short where it stands among code that does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ts2cpp/attributes.hpp>

namespace ts2cpp {

/// Text, a whole number, or sizes, which are shown as a Python list. Refers to its argument, so it is for the duration
/// of a call.
class MessagePart {
 public:
  MessagePart(std::string_view text) noexcept : data_(text.data()), size_(static_cast<std::int64_t>(text.size())) {}
  MessagePart(const std::string& text) noexcept : MessagePart(std::string_view(text)) {}
  MessagePart(const char* text) noexcept : MessagePart(std::string_view(text)) {}
  MessagePart(const char& letter) noexcept : MessagePart(std::string_view(&letter, 1)) {}
  template <class Number, std::enable_if_t<std::is_integral_v<Number> && !std::is_same_v<Number, char>, int> = 0>
  MessagePart(Number number) noexcept
      : size_(static_cast<std::int64_t>(number)), kind_(std::is_signed_v<Number> ? Kind::number : Kind::natural) {}
  template <
      class Sizes,
      std::enable_if_t<std::is_same_v<decltype(std::declval<const Sizes&>().data()), const std::int64_t*>, int> = 0>
  MessagePart(const Sizes& sizes) noexcept
      : data_(sizes.data()), size_(static_cast<std::int64_t>(sizes.size())), kind_(Kind::sizes) {}

  void append_to(std::string& message) const {
    switch (kind_) {
      case Kind::text: message.append(static_cast<const char*>(data_), static_cast<std::size_t>(size_)); break;
      case Kind::number: message += std::to_string(size_); break;
      case Kind::natural: message += std::to_string(static_cast<std::uint64_t>(size_)); break;
      case Kind::sizes:
        message += '[';
        for (std::int64_t i = 0; i < size_; ++i) {
          message += i == 0 ? "" : ", ";
          message += std::to_string(static_cast<const std::int64_t*>(data_)[i]);
        }
        message += ']';
        break;
    }
  }

 private:
  enum class Kind : std::uint8_t { text, number, natural, sizes };

  const void* data_ = nullptr;
  std::int64_t size_;  // of a text or list; or the number
  Kind kind_ = Kind::text;
};

/// The parts one after the other.
TS2CPP_COLD inline std::string joined(std::initializer_list<MessagePart> parts) {
  std::string message;
  for (const MessagePart& part : parts) {
    part.append_to(message);
  }
  return message;
}

}  // namespace ts2cpp
