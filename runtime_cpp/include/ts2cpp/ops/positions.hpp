// Elements by their position: flat indices, the places of what is not zero, a view of a copy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/ops/indexing.hpp>

namespace ts2cpp::ops {

/// self.flat[index] = source (+= with `accumulate`), element by element.
inline Tensor put_(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate = false) {
  if (source.dtype() != self.dtype()) {
    raise("RuntimeError", {"put_(): self and source expected to have the same dtype, but got self.dtype = ",
                           dtype_label(self.dtype()), " and source.dtype = ", dtype_label(source.dtype())});
  }
  if (index.dtype() != DType::int64) {
    raise("RuntimeError", {"put_(): Expected a long tensor for index, but got ", dtype_label(index.dtype())});
  }
  const std::int64_t count = self.numel();
  if (index.numel() != 0 && count == 0) {
    raise("IndexError", "put_(): Tried to put elements into an empty tensor");
  }
  const Tensor positions = kernels::dense(index);
  const std::int64_t* const places = positions.data_ptr<std::int64_t>();
  if (positions.numel() != 0) {
    const auto [low, high] = std::minmax_element(places, places + positions.numel());
    if (*low < -count || *high >= count) {
      raise("IndexError", {"out of range: tried to access index ", *low < -count ? *low : *high, " on a tensor of ",
                           count, " elements."});
    }
  }
  if (source.numel() != index.numel()) {
    raise("IndexError",
          {"put_(): Expected source and index to have the same number of elements, but got source.numel() = ",
           source.numel(), ", index.numel() = ", index.numel()});
  }
  detail::check_writable(self);
  const Tensor flat = self.is_contiguous() ? self : detail::contiguous_copy(self, self.dtype());
  const Tensor values = kernels::dense(source);
  const std::int64_t itemsize = self.itemsize();
  for (std::int64_t i = 0; i < positions.numel(); ++i) {
    char* const target = flat.data_ptr<char>() + (places[i] < 0 ? places[i] + count : places[i]) * itemsize;
    const char* const value = values.data_ptr<char>() + i * itemsize;
    if (accumulate) {
      detail::accumulate_row(self.dtype(), target, value, 1);
    } else {
      std::copy(value, value + itemsize, target);
    }
  }
  if (!flat.is(self)) {
    detail::copy_elements(self, flat);
  }
  return self;
}
inline Tensor put(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate = false) {
  return put_(detail::contiguous_copy(self, self.dtype()), index, source, accumulate);
}

/// The first `size` indices of elements that are not zero, filled up with `fill_value`.
inline Tensor nonzero_static(const Tensor& self, std::int64_t size, std::int64_t fill_value = -1) {
  if (size < 0) {
    raise("RuntimeError", "nonzero_static: 'size' must be an non-negative integer");
  }
  const Tensor result = Tensor::empty({size, self.dim()}, DType::int64);
  const Tensor found = kernels::dense(detail::nonzero_positions(self));
  const std::int64_t* const from = found.data_ptr<std::int64_t>();
  std::int64_t* const to = result.data_ptr<std::int64_t>();
  const std::int64_t known = std::min(found.numel(), result.numel());
  std::copy(from, from + known, to);
  std::fill(to + known, to + result.numel(), fill_value);
  return result;
}

/// A copy of `self`, laid out as it is, with `src` in the view that `as_strided` gives of the copy.
inline Tensor as_strided_scatter(const Tensor& self, const Tensor& src, IntSpan size, IntSpan stride,
                                 std::optional<std::int64_t> storage_offset = std::nullopt) {
  bool repeats = false;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    repeats = repeats || (self.strides()[d] == 0 && self.sizes()[d] > 1);
  }
  Tensor result;
  if (repeats) {
    result = detail::contiguous_copy(self, self.dtype());
  } else {
    const std::int64_t count = self.storage_numel();
    const Tensor memory = detail::contiguous_copy(self.with_layout({count}, {1}, 0), self.dtype());
    result = memory.with_layout(self.sizes(), self.strides(), self.storage_offset());
  }
  detail::write_slice(as_strided(result, size, stride, storage_offset), src);
  return result;
}

}  // namespace ts2cpp::ops
