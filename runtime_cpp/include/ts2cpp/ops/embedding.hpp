// Rows of a table, looked up by index.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <string>

#include <ts2cpp/kernels/operand.hpp>

namespace ts2cpp::detail {

/// The indices as int64, checked to lie in [0, rows).
inline Tensor checked_rows(const char* name, const Tensor& indices, std::int64_t rows) {
  if (indices.dtype() != DType::int64 && indices.dtype() != DType::int32) {
    raise("RuntimeError",
          {"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
           "but got torch.",
           dtype_label(indices.dtype()), "Tensor instead (while checking arguments for ", name, ")"});
  }
  const Tensor positions = kernels::dense_as(indices, DType::int64);
  for (std::int64_t i = 0; i < positions.numel(); ++i) {
    const std::int64_t row = positions.data_ptr<std::int64_t>()[i];
    if (row < 0 || row >= rows) {
      raise("IndexError", "index out of range in self");
    }
  }
  return positions;
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

/// weight[rows, width] at indices[...] (int32 or int64) -> [..., width]; IndexError outside [0, rows). The remaining
/// arguments concern gradients only.
inline Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t /*padding_idx*/ = -1,
                        bool /*scale_grad_by_freq*/ = false, bool /*sparse*/ = false) {
  if (weight.dim() != 2) {
    raise("RuntimeError", "'weight' must be 2-D");
  }
  const Tensor table = kernels::dense(weight);
  const Tensor rows = detail::checked_rows("embedding", indices, table.sizes()[0]);
  const std::int64_t width = table.sizes()[1];
  DimVector sizes(indices.sizes());
  sizes.push_back(width);
  Tensor out = Tensor::empty(sizes, weight.dtype());
  const std::int64_t bytes = width * table.itemsize();
  const std::int64_t* const positions = rows.data_ptr<std::int64_t>();
  if (bytes != 0) {
    const char* const from = static_cast<const char*>(table.read_data());
    char* const to = static_cast<char*>(out.raw_data());
    parallel_for(rows.numel(), std::max<std::int64_t>(1, (1 << 16) / bytes), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        std::memcpy(to + i * bytes, from + positions[i] * bytes, static_cast<std::size_t>(bytes));
      }
    });
  }
  return out;
}

/// Scales the rows of weight[rows, width] at `indices` whose p-norm exceeds `max_norm` down to it, in place.
inline Tensor embedding_renorm_(const Tensor& self, const Tensor& indices, double max_norm, double norm_type) {
  const Tensor rows = detail::checked_rows("embedding_renorm_", indices, self.size(0));
  const std::set<std::int64_t> chosen(rows.data_ptr<std::int64_t>(), rows.data_ptr<std::int64_t>() + rows.numel());
  const DType dtype = kernels::float_compute_dtype("embedding_renorm_", self.dtype());
  const Tensor table = Tensor::empty(self.sizes(), dtype);
  detail::copy_elements(table, self);
  const std::int64_t width = self.size(1);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (const std::int64_t row : chosen) {
      T* const values = table.data_ptr<T>() + row * width;
      double norm = 0.0;
      for (std::int64_t i = 0; i < width; ++i) {
        const double size = std::abs(static_cast<double>(values[i]));
        norm = std::isinf(norm_type) ? std::max(norm, size) : norm + std::pow(size, norm_type);
      }
      norm = std::isinf(norm_type) ? norm : std::pow(norm, 1.0 / norm_type);
      if (norm > max_norm) {
        for (std::int64_t i = 0; i < width; ++i) {
          values[i] *= static_cast<T>(max_norm / (norm + 1e-7));
        }
      }
    }
  });
  detail::copy_elements(self, table);
  return self;
}

}  // namespace ts2cpp::ops
