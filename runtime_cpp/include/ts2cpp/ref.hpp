// Objects of user classes: shared, as Python shares them, and context managers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <ts2cpp/error.hpp>

namespace ts2cpp {

/// Base of classes whose instances live behind a `Ref`.
template <class T>
class Object : public std::enable_shared_from_this<T> {};

/// A reference to an object of a user class: copies refer to the same object, which lives until the last one is gone.
/// References may be copied by many threads; what the object holds is guarded by nobody, as in Python's lists.
template <class T>
class Ref {
 public:
  /// Refers to nothing yet; to use such a reference raises RuntimeError.
  Ref() = default;
  explicit Ref(std::shared_ptr<T> object) noexcept : object_(std::move(object)) {}
  /// A class as one of its interfaces.
  template <class U, class = std::enable_if_t<std::is_convertible_v<U*, T*> && !std::is_same_v<U, T>>>
  Ref(const Ref<U>& other) noexcept : object_(other.shared()) {}  // NOLINT(google-explicit-constructor)

  T* operator->() const { return &checked(); }
  T& operator*() const { return checked(); }
  /// Python's `is`.
  template <class U>
  bool is(const Ref<U>& other) const noexcept {
    if (object_.use_count() != 0 && other.shared().use_count() != 0) {
      return !object_.owner_before(other.shared()) && !other.shared().owner_before(object_);
    }
    return static_cast<const void*>(object_.get()) == static_cast<const void*>(other.shared().get());
  }
  const std::shared_ptr<T>& shared() const noexcept { return object_; }

  /// Objects in containers are equal if they are the same: what TorchScript's `in`, `index` and `count` ask.
  friend bool operator==(const Ref& a, const Ref& b) noexcept { return a.object_ == b.object_; }
  friend bool operator!=(const Ref& a, const Ref& b) noexcept { return a.object_ != b.object_; }

 private:
  T& checked() const {
    if (object_ == nullptr) {
      raise("RuntimeError", "an object is used before it has a value");
    }
    return *object_;
  }

  std::shared_ptr<T> object_;
};

/// An object as print() shows it.
template <class T>
std::string to_str(const Ref<T>& value) {
  char text[40];
  std::snprintf(text, sizeof text, "<object at %p>", static_cast<const void*>(value.shared().get()));
  return text;
}

/// An object whose attributes have no value yet.
template <class T>
Ref<T> blank() {
  return Ref<T>(std::make_shared<T>());
}

/// A new object: `Counter(5)` is `ts2cpp::make<Counter>(5)`.
template <class T, class... Arguments>
Ref<T> make(Arguments&&... arguments) {
  const Ref<T> object = blank<T>();
  object->init(std::forward<Arguments>(arguments)...);
  return object;
}

/// A module as a value of an interface, for as long as its owner lives.
template <class Interface>
Ref<const Interface> borrow(const Interface& module) {
  return Ref<const Interface>(std::shared_ptr<const Interface>(std::shared_ptr<void>(), &module));
}

/// A borrowed module where objects, which may change, are expected too.  Modules give such an interface methods that
/// change nothing.
template <class Interface>
Ref<Interface> lend(const Ref<const Interface>& module) {
  return Ref<Interface>(std::const_pointer_cast<Interface>(module.shared()));
}

/// The module of a container at a position that is computed; negative ones count from the end.
template <class Interface>
Ref<const Interface> choose(std::initializer_list<const Interface*> modules, std::int64_t index) {
  const auto count = static_cast<std::int64_t>(modules.size());
  const std::int64_t position = index < 0 ? index + count : index;
  if (position < 0 || position >= count) {
    raise("IndexError", "list index out of range");
  }
  return borrow(*modules.begin()[position]);
}

/// The module of a container with a name that is computed.
template <class Interface>
Ref<const Interface> choose(std::initializer_list<std::pair<const char*, const Interface*>> modules,
                            const std::string& key) {
  for (const auto& [name, module] : modules) {
    if (key == name) {
      return borrow(*module);
    }
  }
  raise("RuntimeError", {"Key Error, ", key});
}

/// `self` as a value, from inside a method.
template <class T>
Ref<T> self(T* object) {
  return Ref<T>(object->shared_from_this());
}

#if defined(TS2CPP_EXCEPTIONS)
/// The end of a `with` block: `leave` runs once, either where `exit()` stands or when an exception passes through; what
/// it raises then is dropped in favour of that exception.
template <class F>
class With {
 public:
  explicit With(F leave) : leave_(std::move(leave)), exceptions_(std::uncaught_exceptions()) {}
  With(const With&) = delete;
  With& operator=(const With&) = delete;
  ~With() {
    if (!done_ && std::uncaught_exceptions() > exceptions_) {
      // The traceback of the exception that passes through is kept from the calls of `leave`.
      const std::shared_ptr<detail::Traceback> traceback = detail::current_traceback();
      try {
        leave_();
      } catch (...) {  // the first exception is the one that counts
      }
      detail::current_traceback() = traceback;
    }
  }
  void exit() {
    done_ = true;
    leave_();
  }

 private:
  F leave_;
  int exceptions_;
  bool done_ = false;
};
#endif

}  // namespace ts2cpp
