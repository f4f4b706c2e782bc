// Operators that change the sizes of a tensor itself, for all its handles.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include <ts2cpp/error.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::ops {

/// Another shape over the memory of `self`; what lies beyond that memory is new, and zero. Memory
/// that was too small is left: other tensors that look at it are not changed from then on.
inline Tensor resize_(const Tensor& self, IntSpan size) {
  if (self.sizes() == size) {
    return self;
  }
  if (std::any_of(size.begin(), size.end(), [](std::int64_t n) { return n < 0; })) {
    raise("RuntimeError", "numel: integer multiplication overflow");
  }
  static_cast<void>(checked_numel(size));
  const Tensor fresh = Tensor::empty(size, self.dtype());
  if (self.storage_offset() + fresh.numel() <= self.storage_numel()) {
    self.assign_layout(self.with_layout(size, fresh.strides(), self.storage_offset()));
    return self;
  }
  const Tensor flat = contiguous(self);
  const auto old = static_cast<std::size_t>(flat.numel() * self.itemsize());
  const auto all = static_cast<std::size_t>(fresh.numel() * self.itemsize());
  std::memcpy(fresh.raw_data(), flat.raw_data(), old);
  std::memset(static_cast<char*>(fresh.raw_data()) + old, 0, all - old);
  self.assign_layout(fresh);
  return self;
}
inline Tensor resize_as_(const Tensor& self, const Tensor& the_template) { return resize_(self, the_template.sizes()); }

inline Tensor squeeze_(const Tensor& self) {
  self.assign_layout(squeeze(self));
  return self;
}
inline Tensor squeeze_(const Tensor& self, std::int64_t dim) {
  self.assign_layout(squeeze(self, dim));
  return self;
}
inline Tensor squeeze_(const Tensor& self, IntSpan dim) {
  self.assign_layout(squeeze(self, dim));
  return self;
}
inline Tensor unsqueeze_(const Tensor& self, std::int64_t dim) {
  self.assign_layout(unsqueeze(self, dim));
  return self;
}
inline Tensor transpose_(const Tensor& self, std::int64_t dim0, std::int64_t dim1) {
  self.assign_layout(transpose(self, dim0, dim1));
  return self;
}
inline Tensor t_(const Tensor& self) {
  if (self.dim() > 2) {
    raise("RuntimeError", {"t_() expects a tensor with <= 2 dimensions, but self is ", self.dim(), "D"});
  }
  self.assign_layout(t(self));
  return self;
}
inline Tensor as_strided_(const Tensor& self, IntSpan size, IntSpan stride,
                          std::optional<std::int64_t> storage_offset = std::nullopt) {
  self.assign_layout(as_strided(self, size, stride, storage_offset));
  return self;
}

}  // namespace ts2cpp::ops
