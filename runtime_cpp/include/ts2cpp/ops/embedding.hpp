// Rows of a table, looked up by index.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "ts2cpp/kernels/operand.hpp"

namespace ts2cpp::ops {

/// weight[rows, width] at indices[...] (int32 or int64) -> [..., width]; IndexError outside [0, rows). The remaining
/// arguments concern gradients only.
inline Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t /*padding_idx*/ = -1,
                        bool /*scale_grad_by_freq*/ = false, bool /*sparse*/ = false) {
  if (weight.dim() != 2) {
    raise("RuntimeError", "'weight' must be 2-D");
  }
  if (indices.dtype() != DType::int64 && indices.dtype() != DType::int32) {
    raise("RuntimeError",
          std::string("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
                      "but got torch.") +
              dtype_label(indices.dtype()) + "Tensor instead (while checking arguments for embedding)");
  }
  const Tensor table = kernels::dense(weight);
  const Tensor rows = kernels::dense_as(indices, DType::int64);
  const std::int64_t width = table.sizes()[1];
  DimVector sizes(indices.sizes());
  sizes.push_back(width);
  Tensor out = Tensor::empty(sizes, weight.dtype());
  const std::int64_t bytes = width * table.itemsize();
  const std::int64_t* const positions = rows.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    if (positions[i] < 0 || positions[i] >= table.sizes()[0]) {
      raise("IndexError", "index out of range in self");
    }
  }
  if (bytes != 0) {
    const char* const from = static_cast<const char*>(table.raw_data());
    char* const to = static_cast<char*>(out.raw_data());
    parallel_for(rows.numel(), std::max<std::int64_t>(1, (1 << 16) / bytes), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        std::memcpy(to + i * bytes, from + positions[i] * bytes, static_cast<std::size_t>(bytes));
      }
    });
  }
  return out;
}

}  // namespace ts2cpp::ops
