// Aligned memory for tensor storage, kept for reuse so that a warmed-up program does not call malloc.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>

#include <ts2cpp/error.hpp>

namespace ts2cpp {

/// Every block handed out starts at a multiple of this (a cache line, and the widest vector register).
inline constexpr std::size_t kAlignment = 64;

namespace detail {

// A sanitizer must see every free, so blocks are not kept when one is active.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kKeepFreedBlocks = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
inline constexpr bool kKeepFreedBlocks = false;
#else
inline constexpr bool kKeepFreedBlocks = true;
#endif
#else
inline constexpr bool kKeepFreedBlocks = true;
#endif

/// Free lists by size class. A class is a power of two or one of three steps between two of them, so a block
/// is at most a quarter larger than what was asked for. Each class has its own lock: threads that work on
/// different sizes do not meet.
class CachingAllocator {
 public:
  /// The one allocator of the program. Never destroyed: tensors with static lifetime may outlive anything.
  static CachingAllocator& instance() {
    static CachingAllocator* const allocator = new CachingAllocator;
    return *allocator;
  }

  void* allocate(std::size_t size) {
    if (size > kMaxSize) {
      out_of_memory(size);
    }
    const std::size_t index = class_of(size);
    if (kKeepFreedBlocks) {
      SizeClass& bin = classes_[index];
      const std::lock_guard<std::mutex> lock(bin.mutex);
      if (bin.head != nullptr) {
        FreeBlock* const block = bin.head;
        bin.head = block->next;
        cached_.fetch_sub(class_size(index), std::memory_order_relaxed);
        return block;
      }
    }
    void* block = system_allocate(class_size(index));
    if (block == nullptr) {
      release_cache();
      block = system_allocate(class_size(index));
      if (block == nullptr) {
        out_of_memory(size);
      }
    }
    return block;
  }

  void deallocate(void* pointer, std::size_t size) noexcept {
    if (pointer == nullptr) {
      return;
    }
    const std::size_t index = class_of(size);
    const std::size_t bytes = class_size(index);
    if (!kKeepFreedBlocks || cached_.load(std::memory_order_relaxed) + bytes > limit_.load(std::memory_order_relaxed)) {
      system_free(pointer);
      return;
    }
    auto* const block = ::new (pointer) FreeBlock{nullptr};
    SizeClass& bin = classes_[index];
    const std::lock_guard<std::mutex> lock(bin.mutex);
    block->next = bin.head;
    bin.head = block;
    cached_.fetch_add(bytes, std::memory_order_relaxed);
  }

  /// Gives every unused block back to the system.
  void release_cache() noexcept {
    for (std::size_t index = 0; index < kClasses; ++index) {
      SizeClass& bin = classes_[index];
      const std::lock_guard<std::mutex> lock(bin.mutex);
      while (bin.head != nullptr) {
        FreeBlock* const block = bin.head;
        bin.head = block->next;
        cached_.fetch_sub(class_size(index), std::memory_order_relaxed);
        system_free(block);
      }
    }
  }

  std::size_t cached_bytes() const noexcept { return cached_.load(std::memory_order_relaxed); }
  void set_cache_limit(std::size_t bytes) noexcept { limit_.store(bytes, std::memory_order_relaxed); }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct SizeClass {
    std::mutex mutex;
    FreeBlock* head = nullptr;
  };

  static constexpr std::size_t kSmallest = 6;  // 2^6 = one alignment unit
  static constexpr std::size_t kLargest = sizeof(std::size_t) == 8 ? 47 : 30;
  static constexpr std::size_t kMaxSize = std::size_t{1} << kLargest;
  static constexpr std::size_t kClasses = 4 * (kLargest - kSmallest) + 1;

  /// Class 0 is 64 bytes; class 4k + j is 2^(6+k) + j/4 of it, rounded up to whole alignment units.
  static std::size_t class_of(std::size_t size) noexcept {
    if (size <= (std::size_t{1} << kSmallest)) {
      return 0;
    }
    std::size_t exponent = kSmallest;
    const std::size_t last = size - 1;
    while ((last >> (exponent + 1)) != 0) {
      ++exponent;
    }
    const std::size_t quarter = (last >> (exponent - 2)) & 3;
    return 4 * (exponent - kSmallest) + quarter + 1;
  }

  static std::size_t class_size(std::size_t index) noexcept {
    const std::size_t base = std::size_t{1} << (kSmallest + index / 4);
    const std::size_t size = base + (base / 4) * (index % 4);
    return (size + kAlignment - 1) / kAlignment * kAlignment;
  }

  static void* system_allocate(std::size_t size) noexcept {
    return ::operator new(size, std::align_val_t{kAlignment}, std::nothrow);
  }

  static void system_free(void* pointer) noexcept { ::operator delete(pointer, std::align_val_t{kAlignment}); }

  [[noreturn]] TS2CPP_COLD static void out_of_memory(std::size_t size) {
    raise("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried to allocate " + std::to_string(size) +
                              " bytes. Error code 12 (Cannot allocate memory)");
  }

  std::array<SizeClass, kClasses> classes_;
  std::atomic<std::size_t> cached_{0};
  std::atomic<std::size_t> limit_{std::size_t{1} << 30};
};

}  // namespace detail

/// A block of at least `size` bytes, 64-byte aligned, contents undefined; a size of 0 gives a valid block too.
/// Raises RuntimeError when the memory cannot be had. Thread safe.
inline void* allocate(std::size_t size) { return detail::CachingAllocator::instance().allocate(size); }

/// Gives a block back; `size` must be what `allocate` was called with. Thread safe.
inline void deallocate(void* pointer, std::size_t size) noexcept {
  detail::CachingAllocator::instance().deallocate(pointer, size);
}

/// Gives all memory that is kept for reuse back to the system.
inline void release_cached_memory() noexcept { detail::CachingAllocator::instance().release_cache(); }

/// Bounds the memory kept for reuse (1 GiB unless set).
inline void set_cached_memory_limit(std::size_t bytes) noexcept {
  detail::CachingAllocator::instance().set_cache_limit(bytes);
}

/// a * b, or RuntimeError when the product does not fit: sizes that come from data must not wrap.
inline std::size_t checked_bytes(std::size_t count, std::size_t item_size) {
  if (item_size != 0 && count > SIZE_MAX / item_size) {
    raise("RuntimeError", "Storage size calculation overflowed with " + std::to_string(count) + " items of " +
                              std::to_string(item_size) + " bytes");
  }
  return count * item_size;
}

}  // namespace ts2cpp
