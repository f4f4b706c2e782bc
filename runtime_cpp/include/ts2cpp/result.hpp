// Errors as values, for code that does not throw and for code that cannot (-fno-exceptions).
//
//     const auto model = ts2cpp::attempt([] { return lenet::load("weights.safetensors"); });
//     if (!model) {
//       report(model.error().kind(), model.error().message());
//     }
//
// The errors are caught in the library of a model, which is compiled with exceptions. Outside of `attempt` they end a
// program that has none, through `std::terminate`.
#pragma once

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/error.hpp>

namespace ts2cpp {

/// A value, or the error in its place.
template <class T>
class Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; RuntimeError if there is an error in its place.
  T& value() & { return *checked(std::get_if<0>(&content_)); }
  const T& value() const& { return *checked(std::get_if<0>(&content_)); }
  T&& value() && { return std::move(*checked(std::get_if<0>(&content_))); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// What was raised; RuntimeError if nothing was.
  const Error& error() const { return *checked(std::get_if<1>(&content_)); }

 private:
  template <class P>
  static P* checked(P* part) {
    if (part == nullptr) {
      raise("RuntimeError", "a result is asked for its value and holds an error, or the other way round");
    }
    return part;
  }

  std::variant<T, Error> content_;
};

namespace detail {

/// Calls `body` and gives what it raised.
template <class Lazy = void>
std::optional<Error> error_of(void (*body)(void* context), void* context) noexcept;

#define TS2CPP_RESULT_PARTS(TEMPLATE) TEMPLATE std::optional<Error> error_of<void>(void (*)(void*), void*) noexcept;
TS2CPP_COMPILED(TS2CPP_RESULT_PARTS)

#if defined(TS2CPP_EXCEPTIONS)
template <class Lazy>
std::optional<Error> error_of(void (*body)(void* context), void* context) noexcept {
  // The error of a caller who is cleaning up keeps its traceback.
  const std::shared_ptr<Traceback> traceback = current_traceback();
  std::optional<Error> error;
  try {
    body(context);
  } catch (const Error& raised) {
    error = raised;
  } catch (const std::bad_alloc&) {
    error.emplace("MemoryError", "out of memory");
  } catch (const std::exception& other) {
    error.emplace("RuntimeError", other.what());
  } catch (...) {
    error.emplace("RuntimeError", "an unknown exception");
  }
  current_traceback() = traceback;
  return error;
}
#endif

}  // namespace detail

/// What `body()` gives, or the error that it raised; `std::monostate` stands for the value of a body that gives none.
template <class F>
auto attempt(F&& body) {
  using Given = std::decay_t<std::invoke_result_t<F&>>;
  using Value = std::conditional_t<std::is_void_v<Given>, std::monostate, Given>;
  struct Context {
    std::remove_reference_t<F>& body;
    std::optional<Value> value;
  } context{body, std::nullopt};
  std::optional<Error> error = detail::error_of(
      [](void* opaque) {
        auto& given = *static_cast<Context*>(opaque);
        if constexpr (std::is_void_v<Given>) {
          given.body();
          given.value.emplace();
        } else {
          given.value.emplace(given.body());
        }
      },
      &context);
  return error ? Result<Value>(std::move(*error)) : Result<Value>(std::move(*context.value));
}

}  // namespace ts2cpp
