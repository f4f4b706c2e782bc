// Aligned memory for tensor storage, kept for reuse so that a warmed-up program does not call malloc.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <ts2cpp/attributes.hpp>
#include <ts2cpp/error.hpp>

namespace ts2cpp {

/// Every block handed out starts at a multiple of this (a cache line, and the widest vector register).
inline constexpr std::size_t kAlignment = 64;

/// Blocks from this size on lie in large pages where the system has them: a processor that runs through them does not
/// look addresses up all the time, and fetches ahead over more than 4 KiB.
inline constexpr std::size_t kLargePage = std::size_t{1} << 21;

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

/// A block that nobody uses begins with the address of the next one.
struct FreeBlock {
  FreeBlock* next;
};

// Size classes: class 0 is 64 bytes; class 4k + j is 2^(6+k) + j/4 of it, rounded up to whole alignment units. So a
// block is at most a quarter larger than what was asked for.
inline constexpr std::size_t kSmallestExponent = 6;  // 2^6 = one alignment unit
inline constexpr std::size_t kLargestExponent = sizeof(std::size_t) == 8 ? 47 : 30;
inline constexpr std::size_t kSizeClasses = 4 * (kLargestExponent - kSmallestExponent) + 1;

TS2CPP_ALWAYS_INLINE constexpr std::size_t size_class_of(std::size_t size) noexcept {
  if (size <= (std::size_t{1} << kSmallestExponent)) {
    return 0;
  }
  const std::size_t last = size - 1;
#if defined(__GNUC__)
  const auto exponent = static_cast<std::size_t>(63 - __builtin_clzll(last));
#else
  std::size_t exponent = kSmallestExponent;
  while ((last >> (exponent + 1)) != 0) {
    ++exponent;
  }
#endif
  const std::size_t quarter = (last >> (exponent - 2)) & 3;
  return 4 * (exponent - kSmallestExponent) + quarter + 1;
}

/// The largest size of a class.
constexpr std::size_t bound_of_class(std::size_t index) noexcept {
  const std::size_t base = std::size_t{1} << (kSmallestExponent + index / 4);
  return base + (base / 4) * (index % 4);
}

/// Of which size the blocks of a class are.
constexpr std::size_t size_of_class(std::size_t index) noexcept {
  return (bound_of_class(index) + kAlignment - 1) / kAlignment * kAlignment;
}

/// The small blocks that one thread has given back last: it takes them again without a lock. What is more than a class
/// has room for goes to the allocator that all threads share.
struct ThreadBlocks {
  static constexpr std::size_t kLargestBlock = std::size_t{1} << 16;
  static constexpr std::size_t kClasses = size_class_of(kLargestBlock) + 1;
  static constexpr std::size_t kBytes = std::size_t{1} << 17;  // of a class, at most
  static constexpr std::size_t kBlocks = 64;                   // likewise

  enum class State : std::uint8_t { unused, open, closed };

  FreeBlock* head[kClasses] = {};
  std::uint8_t room[kClasses] = {};  // blocks that a class can still take: none before the first and after the last use
  State state = State::unused;

  static constexpr std::size_t room_of(std::size_t index) noexcept {
    const std::size_t blocks = kBytes / size_of_class(index);
    return blocks < kBlocks ? blocks : kBlocks;
  }
};

/// Nothing has to be constructed or destroyed here: a tensor that is destroyed after all else finds it closed.
inline thread_local ThreadBlocks thread_blocks;

/// Free lists by size class. Each class has its own lock: threads that work on different sizes do not meet.
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
    const std::size_t index = size_class_of(size);
    if (kKeepFreedBlocks) {
      SizeClass& bin = classes_[index];
      const std::lock_guard<std::mutex> lock(bin.mutex);
      if (bin.head != nullptr) {
        FreeBlock* const block = bin.head;
        bin.head = block->next;
        cached_.fetch_sub(size_of_class(index), std::memory_order_relaxed);
        return block;
      }
    }
    void* block = system_allocate(size_of_class(index), size);
    if (block == nullptr) {
      release_cache();
      block = system_allocate(size_of_class(index), size);
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
    const std::size_t index = size_class_of(size);
    const std::size_t bytes = size_of_class(index);
    if (kKeepFreedBlocks && index < ThreadBlocks::kClasses && limit_.load(std::memory_order_relaxed) != 0 &&
        make_room(index)) {
      put(thread_blocks, index, pointer);
      return;
    }
    keep(index, bytes, pointer);
  }

  /// Gives every unused block back to the system, but for the few that other threads hold for themselves.
  void release_cache() noexcept {
    empty_thread_blocks();
    for (std::size_t index = 0; index < kSizeClasses; ++index) {
      SizeClass& bin = classes_[index];
      const std::lock_guard<std::mutex> lock(bin.mutex);
      while (bin.head != nullptr) {
        FreeBlock* const block = bin.head;
        bin.head = block->next;
        cached_.fetch_sub(size_of_class(index), std::memory_order_relaxed);
        system_free(block, size_of_class(index));
      }
    }
  }

  /// Bytes kept for reuse, those of other threads aside.
  std::size_t cached_bytes() const noexcept {
    std::size_t bytes = cached_.load(std::memory_order_relaxed);
    for (std::size_t index = 0; index < ThreadBlocks::kClasses; ++index) {
      for (const FreeBlock* block = thread_blocks.head[index]; block != nullptr; block = block->next) {
        bytes += size_of_class(index);
      }
    }
    return bytes;
  }
  void set_cache_limit(std::size_t bytes) noexcept { limit_.store(bytes, std::memory_order_relaxed); }

 private:
  struct SizeClass {
    std::mutex mutex;
    FreeBlock* head = nullptr;
  };

  static constexpr std::size_t kMaxSize = std::size_t{1} << kLargestExponent;

  static void put(ThreadBlocks& blocks, std::size_t index, void* pointer) noexcept {
    blocks.head[index] = ::new (pointer) FreeBlock{blocks.head[index]};
    --blocks.room[index];
  }

  /// Whether this thread keeps blocks of its own and has room: a full class moves half of its blocks to the lists of
  /// all threads.
  bool make_room(std::size_t index) noexcept {
    ThreadBlocks& blocks = thread_blocks;
    if (blocks.state == ThreadBlocks::State::unused) {
      blocks.state = ThreadBlocks::State::open;
      for (std::size_t i = 0; i < ThreadBlocks::kClasses; ++i) {
        blocks.room[i] = static_cast<std::uint8_t>(ThreadBlocks::room_of(i));
      }
      thread_local const ThreadEnd at_the_end_of_the_thread;
      static_cast<void>(at_the_end_of_the_thread);
    }
    if (blocks.state == ThreadBlocks::State::closed) {
      return false;
    }
    while (blocks.room[index] < (ThreadBlocks::room_of(index) + 1) / 2) {
      FreeBlock* const block = blocks.head[index];
      blocks.head[index] = block->next;
      ++blocks.room[index];
      keep(index, size_of_class(index), block);
    }
    return true;
  }

  /// Puts a block on the list of all threads, or gives it back to the system when enough is kept.
  void keep(std::size_t index, std::size_t bytes, void* pointer) noexcept {
    if (!kKeepFreedBlocks || cached_.load(std::memory_order_relaxed) + bytes > limit_.load(std::memory_order_relaxed)) {
      system_free(pointer, bytes);
      return;
    }
    auto* const block = ::new (pointer) FreeBlock{nullptr};
    SizeClass& bin = classes_[index];
    const std::lock_guard<std::mutex> lock(bin.mutex);
    block->next = bin.head;
    bin.head = block;
    cached_.fetch_add(bytes, std::memory_order_relaxed);
  }

  void empty_thread_blocks() noexcept {
    ThreadBlocks& blocks = thread_blocks;
    for (std::size_t index = 0; index < ThreadBlocks::kClasses; ++index) {
      while (blocks.head[index] != nullptr) {
        FreeBlock* const block = blocks.head[index];
        blocks.head[index] = block->next;
        ++blocks.room[index];
        keep(index, size_of_class(index), block);
      }
    }
  }

  struct ThreadEnd {
    ThreadEnd() noexcept = default;
    ThreadEnd(const ThreadEnd&) = delete;
    ThreadEnd& operator=(const ThreadEnd&) = delete;
    ~ThreadEnd() {
      instance().empty_thread_blocks();
      thread_blocks.state = ThreadBlocks::State::closed;
      for (std::uint8_t& room : thread_blocks.room) {
        room = 0;
      }
    }
  };

  static std::align_val_t alignment_of(std::size_t size) noexcept {
    return std::align_val_t{kKeepFreedBlocks && size >= kLargePage ? kLargePage : kAlignment};
  }

  /// Large pages for the part that is filled at first, whole ones: they are there as soon as one byte is touched.
  static void* system_allocate(std::size_t size, [[maybe_unused]] std::size_t filled) noexcept {
    void* const block = ::operator new(size, alignment_of(size), std::nothrow);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (block != nullptr && alignment_of(size) == std::align_val_t{kLargePage}) {
      static_cast<void>(madvise(block, filled / kLargePage * kLargePage, MADV_HUGEPAGE));  // a wish, no more
    }
#endif
    return block;
  }

  static void system_free(void* pointer, std::size_t size) noexcept { ::operator delete(pointer, alignment_of(size)); }

  [[noreturn]] TS2CPP_COLD static void out_of_memory(std::size_t size) {
    raise("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried to allocate " + std::to_string(size) +
                              " bytes. Error code 12 (Cannot allocate memory)");
  }

  std::array<SizeClass, kSizeClasses> classes_;
  std::atomic<std::size_t> cached_{0};
  std::atomic<std::size_t> limit_{std::size_t{1} << 30};
};

}  // namespace detail

namespace detail {

/// `allocate` where it is called: of which class a block is, a compiler that knows the size finds out.
TS2CPP_ALWAYS_INLINE void* allocate_here(std::size_t size) {
  if (kKeepFreedBlocks && size <= ThreadBlocks::kLargestBlock) {
    const std::size_t index = size_class_of(size);
    ThreadBlocks& blocks = thread_blocks;
    if (FreeBlock* const block = blocks.head[index]) {
      blocks.head[index] = block->next;
      ++blocks.room[index];
      return block;
    }
  }
  return CachingAllocator::instance().allocate(size);
}

/// `deallocate` likewise.
TS2CPP_ALWAYS_INLINE void deallocate_here(void* pointer, std::size_t size) noexcept {
  if (kKeepFreedBlocks && pointer != nullptr && size <= ThreadBlocks::kLargestBlock) {
    const std::size_t index = size_class_of(size);
    ThreadBlocks& blocks = thread_blocks;
    if (blocks.room[index] != 0) {
      blocks.head[index] = ::new (pointer) FreeBlock{blocks.head[index]};
      --blocks.room[index];
      return;
    }
  }
  CachingAllocator::instance().deallocate(pointer, size);
}

}  // namespace detail

/// A block of at least `size` bytes, 64-byte aligned, contents undefined; a size of 0 gives a valid block too.
/// Raises RuntimeError when the memory cannot be had. Thread safe.
inline void* allocate(std::size_t size) { return detail::allocate_here(size); }

/// Gives a block back; `size` must be what `allocate` was called with. Thread safe.
inline void deallocate(void* pointer, std::size_t size) noexcept { detail::deallocate_here(pointer, size); }

/// Gives all memory that is kept for reuse back to the system.
inline void release_cached_memory() noexcept { detail::CachingAllocator::instance().release_cache(); }

/// Bounds the memory kept for reuse (1 GiB unless set).
inline void set_cached_memory_limit(std::size_t bytes) noexcept {
  detail::CachingAllocator::instance().set_cache_limit(bytes);
}

/// Gives the thread that calls it up to `count` blocks of every size up to 64 KiB for itself, 3 MiB at most: what it
/// needs of these sizes from then on takes no lock and nothing from the system, also the first time.
inline void reserve_thread_memory(std::size_t count = 16) {
  for (std::size_t index = 0; index < detail::ThreadBlocks::kClasses; ++index) {
    const std::size_t size = detail::bound_of_class(index);
    detail::FreeBlock* taken = nullptr;
    for (std::size_t i = 0; i < count && i < (detail::ThreadBlocks::room_of(index) + 1) / 2; ++i) {
      taken = ::new (allocate(size)) detail::FreeBlock{taken};
    }
    while (taken != nullptr) {
      detail::FreeBlock* const next = taken->next;
      deallocate(taken, size);
      taken = next;
    }
  }
}

/// a * b, or RuntimeError when the product does not fit: sizes that come from data must not wrap.
inline std::size_t checked_bytes(std::size_t count, std::size_t item_size) {
  if (item_size != 0 && count > SIZE_MAX / item_size) {
    raise("RuntimeError", "Storage size calculation overflowed with " + std::to_string(count) + " items of " +
                              std::to_string(item_size) + " bytes");
  }
  return count * item_size;
}

/// The memory above for the containers of the standard library.
template <class T>
struct PooledAllocator {
  using value_type = T;

  PooledAllocator() noexcept = default;
  template <class U>
  PooledAllocator(const PooledAllocator<U>& /*other*/) noexcept {}

  T* allocate(std::size_t count) { return static_cast<T*>(ts2cpp::allocate(checked_bytes(count, sizeof(T)))); }
  void deallocate(T* pointer, std::size_t count) noexcept { ts2cpp::deallocate(pointer, count * sizeof(T)); }

  friend bool operator==(const PooledAllocator&, const PooledAllocator&) noexcept { return true; }
  friend bool operator!=(const PooledAllocator&, const PooledAllocator&) noexcept { return false; }
};

template <class T>
using PooledVector = std::vector<T, PooledAllocator<T>>;

}  // namespace ts2cpp
