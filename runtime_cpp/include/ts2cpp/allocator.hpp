// Aligned memory for tensor storage, kept for reuse so that a warmed-up program does not call malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include <ts2cpp/attributes.hpp>
#include <ts2cpp/compiled.hpp>
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

/// What a thread has no block of its own for, or no room: the allocator of the program (caching_allocator.hpp).
template <class Lazy = void>
void* allocate_shared(std::size_t size);
template <class Lazy = void>
void deallocate_shared(void* pointer, std::size_t size) noexcept;
template <class Lazy = void>
void release_shared() noexcept;
template <class Lazy = void>
void limit_shared(std::size_t bytes) noexcept;
/// Bytes kept for reuse, those of other threads aside.
template <class Lazy = void>
std::size_t cached_shared() noexcept;

#define TS2CPP_ALLOCATOR_PARTS(TEMPLATE)                              \
  TEMPLATE void* allocate_shared<void>(std::size_t);                  \
  TEMPLATE void deallocate_shared<void>(void*, std::size_t) noexcept; \
  TEMPLATE void release_shared<void>() noexcept;                      \
  TEMPLATE void limit_shared<void>(std::size_t) noexcept;             \
  TEMPLATE std::size_t cached_shared<void>() noexcept;
TS2CPP_COMPILED(TS2CPP_ALLOCATOR_PARTS)

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
  return allocate_shared(size);
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
  deallocate_shared(pointer, size);
}

}  // namespace detail

/// A block of at least `size` bytes, 64-byte aligned, contents undefined; a size of 0 gives a valid block too.
/// Raises RuntimeError when the memory cannot be had. Thread safe.
inline void* allocate(std::size_t size) { return detail::allocate_here(size); }

/// Gives a block back; `size` must be what `allocate` was called with. Thread safe.
inline void deallocate(void* pointer, std::size_t size) noexcept { detail::deallocate_here(pointer, size); }

/// Gives all memory that is kept for reuse back to the system.
inline void release_cached_memory() noexcept { detail::release_shared(); }

/// Bounds the memory kept for reuse (1 GiB unless set).
inline void set_cached_memory_limit(std::size_t bytes) noexcept { detail::limit_shared(bytes); }

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
    raise("RuntimeError", {"Storage size calculation overflowed with ", count, " items of ", item_size, " bytes"});
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

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/caching_allocator.hpp>
#endif
