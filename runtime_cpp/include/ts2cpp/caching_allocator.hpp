// The allocator that all threads share: blocks that no thread keeps for itself (allocator.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/error.hpp>

namespace ts2cpp::detail {

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
    raise("RuntimeError", {"DefaultCPUAllocator: can't allocate memory: you tried to allocate ", size,
                           " bytes. Error code 12 (Cannot allocate memory)"});
  }

  std::array<SizeClass, kSizeClasses> classes_;
  std::atomic<std::size_t> cached_{0};
  std::atomic<std::size_t> limit_{std::size_t{1} << 30};
};

template <class Lazy>
void* allocate_shared(std::size_t size) {
  return CachingAllocator::instance().allocate(size);
}

template <class Lazy>
void deallocate_shared(void* pointer, std::size_t size) noexcept {
  CachingAllocator::instance().deallocate(pointer, size);
}

template <class Lazy>
void release_shared() noexcept {
  CachingAllocator::instance().release_cache();
}

template <class Lazy>
void limit_shared(std::size_t bytes) noexcept {
  CachingAllocator::instance().set_cache_limit(bytes);
}

template <class Lazy>
std::size_t cached_shared() noexcept {
  return CachingAllocator::instance().cached_bytes();
}

}  // namespace ts2cpp::detail
