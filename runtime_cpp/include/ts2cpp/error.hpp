// Errors with a Python exception name and a Python traceback, and the hooks for warnings and prints.
#pragma once

#include <atomic>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ts2cpp/attributes.hpp>
#include <ts2cpp/message.hpp>

namespace ts2cpp {

/// One line of a Python traceback.
struct TracebackEntry {
  std::string file;
  int line = 0;
  std::string function;
};

namespace detail {

using Traceback = std::vector<TracebackEntry>;

/// The traceback of the error that this thread raised last; the frames it unwinds through append themselves to it.
inline std::shared_ptr<Traceback>& current_traceback() {
  thread_local std::shared_ptr<Traceback> current;
  return current;
}

}  // namespace detail

/// The exception of this library: what the Python program would have raised.
class Error : public std::runtime_error {
 public:
  Error(std::string kind, const std::string& message)
      : std::runtime_error(message), kind_(std::move(kind)), traceback_(std::make_shared<detail::Traceback>()) {
    resume();
  }

  /// Name of the Python exception, such as "RuntimeError".
  const std::string& kind() const noexcept { return kind_; }
  std::string message() const { return what(); }

  /// Traceback entries, innermost first.
  const std::vector<TracebackEntry>& frames() const noexcept { return *traceback_; }
  void add_frame(std::string file, int line, std::string function) {
    traceback_->push_back({std::move(file), line, std::move(function)});
  }

  /// Makes further frames of this thread append to this error: to be called before rethrowing it in another thread.
  void resume() const noexcept { detail::current_traceback() = traceback_; }

 private:
  std::string kind_;
  std::shared_ptr<detail::Traceback> traceback_;
};

/// Throws an Error that appears in Python as `kind: message`. Code without exceptions calls that of its model's
/// library.
#if defined(TS2CPP_EXCEPTIONS)
[[noreturn]] TS2CPP_COLD inline void raise(const char* kind, std::string message) { throw Error(kind, message); }
/// The same with the parts of a message: `raise("ValueError", {"needs ", n, " sizes, not ", sizes})`.
[[noreturn]] TS2CPP_COLD inline void raise(const char* kind, std::initializer_list<MessagePart> message) {
  throw Error(kind, joined(message));
}
#else
[[noreturn]] void raise(const char* kind, std::string message);
[[noreturn]] void raise(const char* kind, std::initializer_list<MessagePart> message);
#endif

#if defined(TS2CPP_EXCEPTIONS)
/// Stands for one call of a translated Python function: `Frame at("net.py", "Net.forward"); at(16);`.
/// Remembers the current line and adds itself to the traceback when an Error passes through.
class Frame {
 public:
#if defined(TS2CPP_PROFILE)
  Frame(const char* file, const char* function) noexcept : file_(file), function_(function), outer_(current()) {
    current() = this;
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the timer's handler reads it
  }
  /// The innermost frame of this thread; each knows the next one out.
  static const Frame*& current() noexcept {
    static thread_local const Frame* frame = nullptr;
    return frame;
  }
  const Frame* outer() const noexcept { return outer_; }
  const char* file() const noexcept { return file_; }
  const char* function() const noexcept { return function_; }
  int line() const noexcept { return line_; }
#else
  Frame(const char* file, const char* function) noexcept : file_(file), function_(function) {}
#endif
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() {
#if defined(TS2CPP_PROFILE)
    std::atomic_signal_fence(std::memory_order_seq_cst);
    current() = outer_;
#endif
    if (std::uncaught_exceptions() != 0) {
      record();
    }
  }
  void operator()(int line) noexcept { line_ = line; }

 private:
  TS2CPP_COLD void record() const noexcept {
    const std::shared_ptr<detail::Traceback>& current = detail::current_traceback();
    // A count of one means that the error itself is gone: another kind of exception is passing.
    if (current == nullptr || current.use_count() < 2) {
      return;
    }
    try {
      current->push_back({file_, line_, function_});
    } catch (...) {  // out of memory: the error matters more than its traceback
    }
  }

  const char* file_;
  const char* function_;
#if defined(TS2CPP_PROFILE)
  const Frame* outer_;
  volatile int line_ = 0;
#else
  int line_ = 0;
#endif
};
#endif

/// Where warnings and printed text go; replace the pointers to capture them.
struct OutputHooks {
  void (*warning)(const std::string& text) = [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fputc('\n', stderr);
  };
  void (*output)(const std::string& text) = [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  };
};

inline OutputHooks& output_hooks() noexcept {
  static OutputHooks hooks;
  return hooks;
}

/// Emits a warning, one line on stderr by default.
inline void warn(const std::string& text) { output_hooks().warning(text); }

/// Writes `text` as it is, to stdout by default (Python's print passes the newline itself).
inline void print(const std::string& text) { output_hooks().output(text); }

}  // namespace ts2cpp
