// Tensors one after the other along a dimension.
#pragma once

#include <cstdint>
#include <cstring>

#include <ts2cpp/copying.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::kernels {

/// Copies `tensors` to where they belong along `dim` of `result`, a new tensor with room for them. Empty ones may have
/// any number of dimensions.
inline void join_along(TensorSpan tensors, std::int64_t dim, const Tensor& result) {
  constexpr std::int64_t kFew = 1 << 14;  // elements that one thread copies before others are there
  if (result.numel() == 0) {
    return;
  }
  const std::int64_t step = result.strides()[dim];
  const std::int64_t row = result.sizes()[dim] * step;
  const std::int64_t itemsize = result.itemsize();
  const bool few = result.numel() <= kFew;
  std::int64_t position = 0;  // in a row of the result
  for (const Tensor& tensor : tensors) {
    if (tensor.numel() == 0) {
      continue;
    }
    const std::int64_t length = tensor.sizes()[dim] * step;
    if (few && tensor.is_contiguous() && tensor.dtype() == result.dtype()) {
      const char* from = static_cast<const char*>(tensor.read_data());
      char* to = result.data_ptr<char>() + position * itemsize;
      const std::int64_t bytes = length * itemsize;
      for (std::int64_t left = tensor.numel(); left > 0; left -= length, from += bytes, to += row * itemsize)
        std::memcpy(to, from, static_cast<std::size_t>(bytes));
    } else {
      ts2cpp::detail::copy_elements(result.with_layout(tensor.sizes(), result.strides(), position), tensor);
    }
    position += length;
  }
}

}  // namespace ts2cpp::kernels
