// Python's None as a value of its own type: in unions, tuples and containers that hold nothing else.
#pragma once

#include <optional>
#include <string>

namespace ts2cpp {

/// None. `std::nullopt` makes one, and it turns into any empty optional.
struct None {
  constexpr None() noexcept = default;
  constexpr None(std::nullopt_t /*none*/) noexcept {}
  template <class T>
  constexpr operator std::optional<T>() const noexcept {
    return std::nullopt;
  }
  friend constexpr bool operator==(None /*a*/, None /*b*/) noexcept { return true; }
  friend constexpr bool operator!=(None /*a*/, None /*b*/) noexcept { return false; }
  friend std::string to_str(None /*none*/) { return "None"; }
};

}  // namespace ts2cpp
