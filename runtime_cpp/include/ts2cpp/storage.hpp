// The memory behind tensors, and the layouts that operators may keep elements in.
//
// Sizes and strides of a tensor speak of plain elements. A storage may hold them in another way that operators agree
// on, and nobody else has to know: `Tensor::raw_data()` makes them plain before it gives their address.
//
// - Channel blocks: a float32 [N, C, H, W] as [N][C / b][H][W][b], the last block filled up with zeros. Convolutions
//   write such tensors (kernels/channel_blocks.hpp); operators that read them ask `Storage::blocks()` first.
// - Packed forms: what an operator has made of constant elements, a weight in the order that its kernel reads. The
//   readers of weight files mark the tensors they make as constant. `packed()` finds the form or makes it:
//
//     const float* const panels = detail::packed<float>(weight, {kKind, rows, cols}, count, [&](float* to) {
//       fill(to, static_cast<const float*>(weight.read_data()));
//     });
//     // null: the weight is not constant (any more); pack it for this call alone
//
//   Elements are constant until somebody asks for `raw_data()`, who may write them: then the packed forms count no
//   more and none is made again. Operators that read a weight use `read_data()`.
//
// Both are safe for threads that read the same tensors: memory that was replaced is kept as long as the storage.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <ts2cpp/allocator.hpp>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#define TS2CPP_PAGE_ADVICE 1
#endif
#include <ts2cpp/attributes.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/reference_count.hpp>

namespace ts2cpp {
namespace detail {

/// How often elements were brought from one layout into another because an operator wanted it.
inline std::atomic<std::int64_t>& layout_copy_count() noexcept {
  static std::atomic<std::int64_t> count{0};
  return count;
}

/// Elements of a float32 [batch, channels, height, width] in blocks of `block` channels.
struct ChannelBlocks {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t block = 1;
  float* elements = nullptr;
  /// Writes the elements in plain order.
  void (*write_plain)(const ChannelBlocks& blocks, float* plain) = nullptr;

  std::int64_t block_count() const noexcept { return (channels + block - 1) / block; }
  std::int64_t pixels() const noexcept { return height * width; }
  /// From one block of channels to the next.
  std::int64_t block_stride() const noexcept { return pixels() * block; }
  std::int64_t image_stride() const noexcept { return block_count() * block_stride(); }
  bool same_layout(const ChannelBlocks& other) const noexcept {
    return batch == other.batch && channels == other.channels && height == other.height && width == other.width &&
           block == other.block;
  }
  /// RuntimeError if there are more elements than memory has addresses for.
  void check_count() const {
    std::int64_t count = block * static_cast<std::int64_t>(sizeof(float));
    bool wrong = false;
    for (const std::int64_t size : {batch, block_count(), height, width})
      wrong |= __builtin_mul_overflow(count, size, &count);
    if (TS2CPP_UNLIKELY(wrong)) {
      raise("RuntimeError", {"Storage size calculation overflowed with sizes=[", batch, ", ", channels, ", ", height,
                             ", ", width, "]"});
    }
  }
  /// Makes what fills up the last block of channels zero again.
  void clear_rest() const noexcept {
    for (std::int64_t n = 0; channels % block != 0 && n < batch; ++n) {
      float* const last = elements + n * image_stride() + (block_count() - 1) * block_stride();
      for (std::int64_t p = 0; p < pixels(); ++p) {
        for (std::int64_t c = channels % block; c < block; ++c)
          last[p * block + c] = 0.0f;
      }
    }
  }
};

/// Which form of which elements: the kind (the address of something that stands for it) and all that the form depends
/// on: sizes, the place of a view in its storage, the kernel's variant.
struct PackedKey {
  const void* kind = nullptr;
  std::array<std::int64_t, 7> parameters{};

  bool operator==(const PackedKey& other) const noexcept {
    std::int64_t difference = 0;  // no call for so few words
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      difference |= parameters[i] ^ other.parameters[i];
    }
    return kind == other.kind && difference == 0;
  }
};

/// Constant elements in the order of a kernel; they follow the header.
struct PackedForm {
  PackedKey key;
  std::size_t bytes = 0;
  PackedForm* next = nullptr;

  static constexpr std::size_t kHeader = 2 * kAlignment;
  static constexpr std::size_t kLarge = std::size_t{1} << 22;
  /// Large forms are made in the first call: what is kept for reuse by then makes room for them.
  static PackedForm* create(const PackedKey& key, std::size_t bytes) {
    if (bytes >= kLarge && cached_shared() >= kLarge / 4) {
      release_shared();
    }
    auto* const form = ::new (allocate(kHeader + bytes)) PackedForm;
    form->key = key;
    form->bytes = bytes;
    return form;
  }
  static void destroy(PackedForm* form) noexcept { deallocate(form, kHeader + form->bytes); }
  void* elements() noexcept { return reinterpret_cast<char*>(this) + kHeader; }
};
static_assert(sizeof(PackedForm) <= PackedForm::kHeader, "the header must fit before the elements");

/// Elements that nobody writes, and what operators have made of them.
struct ConstantElements {
  void* plain = nullptr;
  std::size_t mapped_bytes = 0;  // of plain elements that lie in a mapped file, which are there again when touched
  std::atomic<PackedForm*> first{nullptr};

  PackedForm* find(const PackedKey& key) const noexcept {
    PackedForm* form = first.load(std::memory_order_acquire);
    while (form != nullptr && !(form->key == key)) {
      form = form->next;
    }
    return form;
  }
  /// Gives the memory of plain elements back whose packed form is read from now on: all, or those before `end`.
  void forget_mapped([[maybe_unused]] const void* end = nullptr) const noexcept {
#if defined(TS2CPP_PAGE_ADVICE)
    static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto start = (reinterpret_cast<std::uintptr_t>(plain) + page - 1) / page * page;
    const auto last = reinterpret_cast<std::uintptr_t>(plain) + mapped_bytes;
    const auto stop = (end == nullptr ? last : std::min(last, reinterpret_cast<std::uintptr_t>(end))) / page * page;
    if (stop > start && mapped_bytes != 0) {
      static_cast<void>(madvise(reinterpret_cast<void*>(start), stop - start, MADV_DONTNEED));
    }
#endif
  }
  /// Takes the form over; gives the one that counts, which another thread may have added before.
  PackedForm* add(PackedForm* form) noexcept {
    form->next = first.load(std::memory_order_acquire);
    do {
      if (PackedForm* const other = find(form->key)) {
        PackedForm::destroy(form);
        return other;
      }
    } while (!first.compare_exchange_weak(form->next, form, std::memory_order_acq_rel, std::memory_order_acquire));
    return form;
  }
};

/// The bytes behind tensors: a counted block that all views of it share.
struct Storage {
  ReferenceCount references;
  std::atomic<void*> data{nullptr};  // the plain elements; null as long as they are constant or in blocks
  std::size_t bytes = 0;             // of the plain elements
  std::shared_ptr<void> owner;       // set when the memory belongs to somebody else (a mapped weights file)
  std::size_t block_bytes = 0;       // of this header and what follows it
  ChannelBlocks* in_blocks = nullptr;
  ConstantElements* constant = nullptr;

  /// Header and data sit in one block: the data begins one alignment unit after the header.
  static Storage* create(std::size_t bytes) {
    Storage* const storage = create_header(bytes, kAlignment + bytes);
    storage->data.store(reinterpret_cast<char*>(storage) + kAlignment, std::memory_order_relaxed);
    return storage;
  }
  static Storage* external(void* data, std::size_t bytes, std::shared_ptr<void> owner) {
    Storage* const storage = create_header(bytes, kAlignment);
    storage->data.store(data, std::memory_order_relaxed);
    storage->owner = std::move(owner);
    return storage;
  }
  /// Elements in blocks, undefined; `blocks` says everything but where they are. RuntimeError for too large sizes.
  static Storage* blocked(const ChannelBlocks& blocks) {
    blocks.check_count();
    const auto count = static_cast<std::size_t>(blocks.batch * blocks.image_stride());
    const auto plain = static_cast<std::size_t>(blocks.batch * blocks.channels * blocks.pixels());
    constexpr std::size_t kHeader = kAlignment + 2 * kAlignment;
    Storage* const storage = create_header(plain * sizeof(float), kHeader + count * sizeof(float));
    char* const start = reinterpret_cast<char*>(storage);
    storage->in_blocks = ::new (static_cast<void*>(start + kAlignment)) ChannelBlocks(blocks);
    storage->in_blocks->elements = reinterpret_cast<float*>(start + kHeader);
    return storage;
  }

  /// The plain elements, to be written perhaps.
  void* plain() {
    void* const elements = data.load(std::memory_order_acquire);
    return __builtin_expect(elements == nullptr, 0) ? make_plain() : elements;
  }
  void* plain_for_reading() {
    void* const elements = data.load(std::memory_order_acquire);
    return elements != nullptr ? elements : in_blocks == nullptr && constant != nullptr ? constant->plain : plain();
  }
  /// The elements in blocks; null when they are plain. They may be written as long as they are in blocks.
  const ChannelBlocks* blocks() const noexcept {
    return in_blocks != nullptr && data.load(std::memory_order_acquire) == nullptr ? in_blocks : nullptr;
  }
  /// What operators may keep beside constant elements; null when they are not constant.
  ConstantElements* constants() const noexcept {
    return constant != nullptr && data.load(std::memory_order_acquire) == nullptr ? constant : nullptr;
  }
  /// Says that nobody has the address of the elements nor writes them before asking for it, and whether they lie in a
  /// file's private mapping. For a storage that one thread has alone.
  void mark_constant(bool mapped = false) {
    if (constant == nullptr && in_blocks == nullptr && bytes != 0) {
      constant = ::new (allocate(sizeof(ConstantElements))) ConstantElements;
      constant->plain = data.exchange(nullptr, std::memory_order_acq_rel);
      constant->mapped_bytes = mapped ? bytes : 0;
    }
  }

  void retain() noexcept { references.increase(); }
  void release() noexcept {
    if (references.decrease()) {
      if (in_blocks != nullptr || constant != nullptr) {
        release_layouts();
      }
      const std::size_t size = block_bytes;
      this->~Storage();
      deallocate_here(this, size);
    }
  }

 private:
  static Storage* create_header(std::size_t bytes, std::size_t block_bytes) {
    auto* const storage = ::new (allocate_here(block_bytes)) Storage;
    storage->bytes = bytes;
    storage->block_bytes = block_bytes;
    return storage;
  }

  TS2CPP_COLD void* make_plain() {
    if (in_blocks == nullptr) {
      if (constant == nullptr) {
        return nullptr;
      }
      data.store(constant->plain, std::memory_order_release);
      return constant->plain;
    }
    void* elements = allocate(bytes);
    in_blocks->write_plain(*in_blocks, static_cast<float*>(elements));
    void* expected = nullptr;
    if (data.compare_exchange_strong(expected, elements, std::memory_order_acq_rel, std::memory_order_acquire)) {
      layout_copy_count().fetch_add(1, std::memory_order_relaxed);
      return elements;
    }
    deallocate(elements, bytes);
    return expected;
  }

  void release_layouts() noexcept {
    if (in_blocks != nullptr) {
      deallocate(data.load(std::memory_order_acquire), bytes);
    }
    if (constant != nullptr) {
      for (PackedForm* form = constant->first.load(std::memory_order_acquire); form != nullptr;) {
        PackedForm::destroy(std::exchange(form, form->next));
      }
      constant->~ConstantElements();
      deallocate(constant, sizeof(ConstantElements));
    }
  }
};
static_assert(sizeof(Storage) <= kAlignment, "the header must fit before the data");

}  // namespace detail

namespace debug {

/// How often, since the program began, an operator wanted elements in another layout than they were in and had to
/// bring them there. Making packed forms of weights does not count.
inline std::int64_t layout_copies() noexcept { return detail::layout_copy_count().load(std::memory_order_relaxed); }

}  // namespace debug
}  // namespace ts2cpp
