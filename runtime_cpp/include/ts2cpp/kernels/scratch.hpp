// Working memory for kernels, from the caching allocator: after a warm-up it costs no system call.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ts2cpp/allocator.hpp>

namespace ts2cpp::kernels {

/// `count` undefined elements of a trivial type, 64-byte aligned, given back at the end of the scope.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t count)
      : bytes_(checked_bytes(static_cast<std::size_t>(count), sizeof(T))), data_(static_cast<T*>(allocate(bytes_))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { deallocate(data_, bytes_); }

  T* data() const noexcept { return data_; }
  T& operator[](std::int64_t i) const noexcept { return data_[i]; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace ts2cpp::kernels
