// The methods of Python's str that TorchScript has. Strings are bytes: a character is one byte, letters are ASCII.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/python.hpp>

namespace ts2cpp::text {

namespace detail {

inline bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
inline bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
inline bool is_alpha(char c) noexcept { return is_upper(c) || is_lower(c); }
inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline char to_upper(char c) noexcept { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
inline char to_lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Change>
std::string mapped(std::string_view s, Change change) {
  std::string result(s);
  std::transform(result.begin(), result.end(), result.begin(), change);
  return result;
}

template <class Test>
bool all_of(std::string_view s, Test test) {
  return !s.empty() && std::all_of(s.begin(), s.end(), test);
}

/// The bytes start:end of s; an end of -1 is the end of the text, other negative ones count from it.
struct Window {
  std::int64_t begin;
  std::int64_t end;
};
inline Window window(std::string_view s, std::int64_t start, std::int64_t end) noexcept {
  const auto size = static_cast<std::int64_t>(s.size());
  const std::int64_t first = std::clamp<std::int64_t>(start < 0 ? start + size : start, 0, size + 1);
  const std::int64_t last = end < 0 ? size + end + 1 : end;
  return {first, std::min(std::max<std::int64_t>(last, 0), size)};
}

inline void check_fill(std::string_view fill) {
  if (fill.size() != 1) {
    raise("TypeError", "The fill character must be exactly one character long");
  }
}

/// RuntimeError for more characters than memory has.
inline std::string padding(std::int64_t count, std::string_view fill) {
  if (count >= std::int64_t{1} << 40) {
    raise("RuntimeError", "basic_string::_M_create");
  }
  return std::string(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), fill[0]);
}

/// How many characters are missing to the width.
inline std::int64_t missing(std::string_view s, std::int64_t width) noexcept {
  const auto size = static_cast<std::int64_t>(s.size());
  return width > size ? width - size : 0;
}

}  // namespace detail

inline constexpr std::string_view kBlank = " \n\t\f\v";

inline std::int64_t len(std::string_view s) noexcept { return static_cast<std::int64_t>(s.size()); }

/// s[index]; IndexError outside.
inline std::string at(std::string_view s, std::int64_t index) {
  const std::int64_t position = index < 0 ? index + len(s) : index;
  if (position < 0 || position >= len(s)) {
    raise("IndexError", "string index out of range");
  }
  return std::string(1, s[static_cast<std::size_t>(position)]);
}
inline std::string slice(std::string_view s, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                         std::int64_t step = 1) {
  const SliceRange range = slice_range(len(s), start, stop, step);
  std::string result;
  for (std::int64_t i = 0; i < range.count; ++i) {
    result += s[static_cast<std::size_t>(range.start + i * range.step)];
  }
  return result;
}
inline List<std::string> characters(std::string_view s) {
  List<std::string> result;
  for (const char c : s) {
    result.append(std::string(1, c));
  }
  return result;
}

inline std::string hex(std::int64_t value) { return ts2cpp::hex(value); }
inline std::string oct(std::int64_t value) { return ts2cpp::oct(value); }
inline std::string bin(std::int64_t value) { return ts2cpp::bin(value); }
inline std::string chr(std::int64_t code) { return ts2cpp::chr(code); }
inline std::int64_t ord(const std::string& character) { return ts2cpp::ord(character); }

// --- case ---------------------------------------------------------------------------------------------------------

inline std::string upper(std::string_view s) { return detail::mapped(s, detail::to_upper); }
inline std::string lower(std::string_view s) { return detail::mapped(s, detail::to_lower); }
inline std::string swapcase(std::string_view s) {
  return detail::mapped(s, [](char c) { return detail::is_upper(c) ? detail::to_lower(c) : detail::to_upper(c); });
}
inline std::string capitalize(std::string_view s) {
  std::string result = lower(s);
  if (!result.empty()) {
    result[0] = detail::to_upper(result[0]);
  }
  return result;
}
inline std::string title(std::string_view s) {
  bool inside_word = false;
  return detail::mapped(s, [&inside_word](char c) {
    const char changed = inside_word ? detail::to_lower(c) : detail::to_upper(c);
    inside_word = detail::is_alpha(c);
    return changed;
  });
}

// --- tests --------------------------------------------------------------------------------------------------------

inline bool isalpha(std::string_view s) { return detail::all_of(s, detail::is_alpha); }
inline bool isdigit(std::string_view s) { return detail::all_of(s, detail::is_digit); }
inline bool isdecimal(std::string_view s) { return isdigit(s); }
inline bool isnumeric(std::string_view s) { return isdigit(s); }
inline bool isspace(std::string_view s) { return detail::all_of(s, detail::is_space); }
inline bool isalnum(std::string_view s) {
  return detail::all_of(s, [](char c) { return detail::is_alpha(c) || detail::is_digit(c); });
}
inline bool isupper(std::string_view s) {
  return std::any_of(s.begin(), s.end(), detail::is_upper) && std::none_of(s.begin(), s.end(), detail::is_lower);
}
inline bool islower(std::string_view s) {
  return std::any_of(s.begin(), s.end(), detail::is_lower) && std::none_of(s.begin(), s.end(), detail::is_upper);
}
inline bool istitle(std::string_view s) { return std::any_of(s.begin(), s.end(), detail::is_alpha) && title(s) == s; }
inline bool isprintable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= ' ' && c <= '~'; });
}
inline bool isidentifier(std::string_view s) {
  return !s.empty() && !detail::is_digit(s[0]) &&
         detail::all_of(s, [](char c) { return detail::is_alpha(c) || detail::is_digit(c) || c == '_'; });
}
inline bool contains(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }
inline bool startswith(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const detail::Window window = detail::window(s, start, end);
  return window.end - window.begin >= len(part) &&
         s.substr(static_cast<std::size_t>(window.begin), part.size()) == part;
}
inline bool endswith(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const detail::Window window = detail::window(s, start, end);
  return window.end - window.begin >= len(part) &&
         s.substr(static_cast<std::size_t>(window.end - len(part)), part.size()) == part;
}

// --- search -------------------------------------------------------------------------------------------------------

inline std::int64_t find(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const detail::Window window = detail::window(s, start, end);
  for (std::int64_t i = window.begin; i + len(part) <= window.end; ++i) {
    if (s.substr(static_cast<std::size_t>(i), part.size()) == part) {
      return i;
    }
  }
  return -1;
}
inline std::int64_t rfind(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const detail::Window window = detail::window(s, start, end);
  for (std::int64_t i = window.end - len(part); i >= window.begin; --i) {
    if (s.substr(static_cast<std::size_t>(i), part.size()) == part) {
      return i;
    }
  }
  return -1;
}
inline std::int64_t index(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const std::int64_t position = find(s, part, start, end);
  return position >= 0 ? position : (raise("ValueError", "substring not found"), 0);
}
inline std::int64_t rindex(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const std::int64_t position = rfind(s, part, start, end);
  return position >= 0 ? position : (raise("ValueError", "substring not found"), 0);
}
inline std::int64_t count(std::string_view s, std::string_view part, std::int64_t start = 0, std::int64_t end = -1) {
  const detail::Window window = detail::window(s, start, end);
  if (part.empty()) {
    return std::max<std::int64_t>(window.end - window.begin + 1, 0);
  }
  std::int64_t found = 0;
  for (std::int64_t i = window.begin; i + len(part) <= window.end; ++i) {
    if (s.substr(static_cast<std::size_t>(i), part.size()) == part) {
      ++found;
      i += len(part) - 1;
    }
  }
  return found;
}

// --- trimming and padding -----------------------------------------------------------------------------------------

inline std::string lstrip(std::string_view s, std::string_view chars = kBlank) {
  const std::size_t first = s.find_first_not_of(chars);
  return std::string(first == std::string_view::npos ? std::string_view() : s.substr(first));
}
inline std::string rstrip(std::string_view s, std::string_view chars = kBlank) {
  return std::string(s.substr(0, s.find_last_not_of(chars) + 1));  // npos + 1 is 0
}
inline std::string strip(std::string_view s, std::string_view chars = kBlank) {
  return lstrip(rstrip(s, chars), chars);
}
inline std::string ljust(std::string_view s, std::int64_t width, std::string_view fill = " ") {
  detail::check_fill(fill);
  return std::string(s) + detail::padding(detail::missing(s, width), fill);
}
inline std::string rjust(std::string_view s, std::int64_t width, std::string_view fill = " ") {
  detail::check_fill(fill);
  return detail::padding(detail::missing(s, width), fill) + std::string(s);
}
inline std::string center(std::string_view s, std::int64_t width, std::string_view fill = " ") {
  detail::check_fill(fill);
  const std::int64_t total = detail::missing(s, width);
  const std::int64_t before = total / 2 + (total & width & 1);  // Python's choice for the odd one
  return detail::padding(before, fill) + std::string(s) + detail::padding(total - before, fill);
}
/// Zeros go before everything, a sign included (TorchScript's reading).
inline std::string zfill(std::string_view s, std::int64_t width) { return rjust(s, width, "0"); }
inline std::string expandtabs(std::string_view s, std::int64_t tabsize = 8) {
  std::string result;
  std::int64_t column = 0;
  for (const char c : s) {
    if (c == '\t') {
      const std::int64_t blanks = tabsize > 0 ? tabsize - column % tabsize : 0;
      result += detail::padding(blanks, " ");
      column += blanks;
    } else {
      result += c;
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
  }
  return result;
}

// --- splitting and joining ----------------------------------------------------------------------------------------

inline std::string join(std::string_view separator, const List<std::string>& parts) {
  std::string result;
  for (std::int64_t i = 0; i < parts.size(); ++i) {
    result += i == 0 ? std::string_view() : separator;
    result += parts.at(i);
  }
  return result;
}
/// Without a separator at blanks, each run of them counting once; TorchScript ignores `max` then.
inline List<std::string> split(std::string_view s, const std::optional<std::string>& separator = std::nullopt,
                               std::int64_t max = -1) {
  List<std::string> result;
  if (!separator) {
    for (std::size_t at = 0; at < s.size();) {
      const std::size_t first = s.find_first_not_of(" \t\n\r\f\v", at);
      if (first == std::string_view::npos) {
        break;
      }
      at = std::min(s.find_first_of(" \t\n\r\f\v", first), s.size());
      result.append(std::string(s.substr(first, at - first)));
    }
    return result;
  }
  if (separator->empty()) {
    raise("ValueError", "empty separator");
  }
  std::size_t at = 0;
  for (std::int64_t pieces = 0; max < 0 || pieces < max; ++pieces) {
    const std::size_t next = s.find(*separator, at);
    if (next == std::string_view::npos) {
      break;
    }
    result.append(std::string(s.substr(at, next - at)));
    at = next + separator->size();
  }
  result.append(std::string(s.substr(at)));
  return result;
}
inline List<std::string> rsplit(std::string_view s, std::string_view separator = " ", std::int64_t max = -1) {
  if (separator.empty()) {
    raise("ValueError", "empty separator");
  }
  List<std::string> result;
  for (std::int64_t pieces = 0; max < 0 || pieces < max; ++pieces) {
    const std::size_t next = s.rfind(separator);
    if (next == std::string_view::npos) {
      break;
    }
    result.append(std::string(s.substr(next + separator.size())));
    s = s.substr(0, next);
  }
  result.append(std::string(s));
  result.reverse();
  return result;
}
/// At \n \r \v \f and the ASCII separators. As in TorchScript each of them ends a line ("\r\n" ends two), and with
/// `keepends` the ends are elements of their own.
inline List<std::string> splitlines(std::string_view s, bool keepends = false) {
  List<std::string> result;
  std::string line;
  bool open = false;
  for (const char c : s) {
    open = !((c >= '\n' && c <= '\r') || (c >= '\x1c' && c <= '\x1e'));
    if (open) {
      line += c;
      continue;
    }
    result.append(line);
    line.clear();
    if (keepends) {
      result.append(std::string(1, c));
    }
  }
  if (open) {
    result.append(line);
  }
  return result;
}
inline std::string replace(std::string_view s, std::string_view from, std::string_view to, std::int64_t max = -1) {
  std::string result;
  std::size_t at = 0;
  for (std::int64_t done = 0; max < 0 || done < max; ++done) {
    const std::size_t next = s.find(from, at);
    if (next == std::string_view::npos) {
      break;
    }
    result += s.substr(at, next - at);
    result += to;
    at = next + from.size();
    if (from.empty()) {  // before each byte, and at the end
      if (at == s.size()) {
        return result;
      }
      result += s[at++];
    }
  }
  return result += s.substr(at);
}
inline std::tuple<std::string, std::string, std::string> partition(std::string_view s, std::string_view separator) {
  const std::size_t at = s.find(separator);
  if (at == std::string_view::npos) {
    return {std::string(s), "", ""};
  }
  return {std::string(s.substr(0, at)), std::string(separator), std::string(s.substr(at + separator.size()))};
}
inline std::tuple<std::string, std::string, std::string> rpartition(std::string_view s, std::string_view separator) {
  const std::size_t at = s.rfind(separator);
  if (at == std::string_view::npos) {
    return {"", "", std::string(s)};
  }
  return {std::string(s.substr(0, at)), std::string(separator), std::string(s.substr(at + separator.size()))};
}

}  // namespace ts2cpp::text
