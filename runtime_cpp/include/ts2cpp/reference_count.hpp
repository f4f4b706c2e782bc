// The count of the handles that share something.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define TS2CPP_SINGLE_THREADED (__libc_single_threaded != 0)
#endif
#endif
#ifndef TS2CPP_SINGLE_THREADED
#define TS2CPP_SINGLE_THREADED false
#endif

namespace ts2cpp::detail {

/// Begins at one. Any thread may count; a program that has only one does without atomic operations, where the C library
/// tells.
class ReferenceCount {
 public:
  void increase() noexcept {
    if (TS2CPP_SINGLE_THREADED) {
      count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      count_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  /// Whether nobody is left.
  bool decrease() noexcept {
    if (TS2CPP_SINGLE_THREADED) {
      const std::int64_t left = count_.load(std::memory_order_relaxed) - 1;
      count_.store(left, std::memory_order_relaxed);
      return left == 0;
    }
    return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  /// Whether the caller's handle is the only one; nobody else can make another then.
  bool is_one() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

 private:
  std::atomic<std::int64_t> count_{1};
};

}  // namespace ts2cpp::detail
