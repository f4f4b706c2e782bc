// A small strict JSON parser for the headers of weight files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/error.hpp>

namespace ts2cpp::io {

/// A JSON value. Numbers keep their text: an integer must be asked for as one.
struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;                // of a string or a number
  std::vector<Json> items;         // of an array, or the values of an object in the order of the text
  std::vector<std::string> names;  // of an object's values

  const Json* find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) {
        return &items[i];
      }
    }
    return nullptr;
  }
  /// The number as a non-negative integer; ValueError for anything else.
  TS2CPP_COLD std::uint64_t to_unsigned() const {
    std::uint64_t value = 0;
    bool good = kind == Kind::number && !text.empty();
    for (const char c : text) {
      const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(c)) - '0';
      good = good && digit <= 9 && value <= (UINT64_MAX - digit) / 10;
      value = good ? value * 10 + digit : 0;
    }
    if (!good) {
      raise("ValueError", "JSON: expected a non-negative integer");
    }
    return value;
  }
};

namespace detail {

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  TS2CPP_COLD Json parse() {
    Json value = parse_value(0);
    skip_blanks();
    if (at_ != text_.size()) {
      fail("text after the end of the value");
    }
    return value;
  }

 private:
  static constexpr int kDepthLimit = 32;
  static constexpr std::int64_t kValueLimit = 2'000'000;  // a value takes far more memory than its text

  [[noreturn]] TS2CPP_COLD void fail(const char* what) const {
    raise("ValueError", {"JSON: ", what, " at byte ", at_});
  }
  void skip_blanks() noexcept {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  char peek() const {
    if (at_ >= text_.size()) {
      fail("unexpected end");
    }
    return text_[at_];
  }
  bool accept(char c) {
    skip_blanks();
    if (peek() != c) {
      return false;
    }
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) {
      fail("unexpected character");
    }
  }
  bool accept_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  TS2CPP_COLD Json parse_value(int depth) {
    if (depth > kDepthLimit) {
      fail("nested too deeply");
    }
    if (++values_ > kValueLimit) {
      fail("too many values");
    }
    skip_blanks();
    Json value;
    switch (peek()) {
      case '{': parse_object(value, depth); return value;
      case '[': parse_array(value, depth); return value;
      case '"':
        value.kind = Json::Kind::string;
        value.text = parse_string();
        return value;
      default: break;
    }
    if (accept_word("null")) {
      return value;
    }
    value.boolean = accept_word("true");
    if (value.boolean || accept_word("false")) {
      value.kind = Json::Kind::boolean;
      return value;
    }
    value.kind = Json::Kind::number;
    value.text = parse_number();
    return value;
  }

  TS2CPP_COLD void parse_object(Json& value, int depth) {
    value.kind = Json::Kind::object;
    ++at_;
    if (accept('}')) {
      return;
    }
    do {
      skip_blanks();
      if (peek() != '"') {
        fail("expected a name");
      }
      value.names.push_back(parse_string());
      expect(':');
      value.items.push_back(parse_value(depth + 1));
    } while (accept(','));
    expect('}');
  }

  TS2CPP_COLD void parse_array(Json& value, int depth) {
    value.kind = Json::Kind::array;
    ++at_;
    if (accept(']')) {
      return;
    }
    do {
      value.items.push_back(parse_value(depth + 1));
    } while (accept(','));
    expect(']');
  }

  TS2CPP_COLD std::string parse_number() {
    const std::size_t begin = at_;
    const auto digits = [this] {
      const std::size_t first = at_;
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
        ++at_;
      }
      if (at_ == first) {
        fail("expected a value");
      }
      return at_ - first;
    };
    accept_word("-");
    const bool zero = peek() == '0';
    if (digits() > 1 && zero) {
      fail("a number must not begin with 0");
    }
    if (accept_word(".")) {
      digits();
    }
    if (accept_word("e") || accept_word("E")) {
      if (!accept_word("+")) {
        accept_word("-");
      }
      digits();
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  unsigned parse_hex4() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) {
        fail("bad \\u escape");
      }
      value = value * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    return value;
  }

  TS2CPP_COLD void append_code_point(std::string& out) {
    unsigned code = parse_hex4();
    if (code >= 0xDC00 && code <= 0xDFFF) {
      fail("lone surrogate");
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (!accept_word("\\u")) {
        fail("lone surrogate");
      }
      const unsigned low = parse_hex4();
      if (low < 0xDC00 || low > 0xDFFF) {
        fail("lone surrogate");
      }
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0U | code >> 6U);
      out += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
      if (code < 0x10000) {
        out += static_cast<char>(0xE0U | code >> 12U);
      } else {
        out += static_cast<char>(0xF0U | code >> 18U);
        out += static_cast<char>(0x80U | (code >> 12U & 0x3FU));
      }
      out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
      out += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }

  TS2CPP_COLD std::string parse_string() {
    std::string result;
    ++at_;
    for (;;) {
      const char c = peek();
      if (static_cast<unsigned char>(c) < 0x20) {
        fail("control character in a string");
      }
      ++at_;
      if (c == '"') {
        return result;
      }
      if (c != '\\') {
        result += c;
        continue;
      }
      const char escape = peek();
      ++at_;
      switch (escape) {
        case '"':
        case '\\':
        case '/': result += escape; break;
        case 'b': result += '\b'; break;
        case 'f': result += '\f'; break;
        case 'n': result += '\n'; break;
        case 'r': result += '\r'; break;
        case 't': result += '\t'; break;
        case 'u': append_code_point(result); break;
        default: fail("unknown escape");
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t values_ = 0;
};

}  // namespace detail

/// Parses one JSON value that fills `text`; ValueError with the place of the first fault.
inline Json parse_json(std::string_view text) { return detail::JsonParser(text).parse(); }

}  // namespace ts2cpp::io
