// What a piece of work raises, as text to check.
#pragma once

#include <string>
#include <ts2cpp/error.hpp>

namespace raised {

/// The message of the Error that `work` raises; "no error" if it raises none.
template <class F>
std::string message_of(F&& work) {
  try {
    work();
  } catch (const ts2cpp::Error& error) {
    return error.message();
  }
  return "no error";
}

/// "Kind: message" of the Error that `work` raises; "no error" if it raises none.
template <class F>
std::string error_of(F&& work) {
  try {
    work();
  } catch (const ts2cpp::Error& error) {
    return error.kind() + ": " + error.message();
  }
  return "no error";
}

}  // namespace raised
