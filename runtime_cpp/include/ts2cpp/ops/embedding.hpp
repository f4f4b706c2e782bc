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
#include <tuple>

#include <ts2cpp/kernels/operand.hpp>

namespace ts2cpp::detail {

/// The indices as int64, checked to lie in [0, rows).
inline Tensor checked_rows(const char* name, const Tensor& indices, std::int64_t rows) {
  if (indices.dtype() != DType::int64 && indices.dtype() != DType::int32) {
    raise("RuntimeError",
          std::string("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
                      "but got torch.") +
              dtype_label(indices.dtype()) + "Tensor instead (while checking arguments for " + name + ")");
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

inline Tensor zeroed(IntSpan sizes, DType dtype) {
  Tensor out = Tensor::empty(sizes, dtype);
  std::memset(out.raw_data(), 0, static_cast<std::size_t>(out.numel() * out.itemsize()));
  return out;
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

/// Bags of rows: the sum (mode 0), mean (1) or maximum (2) of the rows of weight[rows, width] that `indices` name from
/// one offset to the next. Gives the bags [count, width], the bag of every index, the sizes of the bags and, for mode
/// 2, the rows of the maxima [count, width]. Indices equal to `padding_idx` do not count.
inline std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(
    const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool /*scale_grad_by_freq*/ = false,
    std::int64_t mode = 0, bool /*sparse*/ = false, const std::optional<Tensor>& per_sample_weights = std::nullopt,
    bool include_last_offset = false, std::optional<std::int64_t> padding_idx = std::nullopt) {
  const Tensor rows = detail::checked_rows("embedding_bag", indices, weight.size(0));
  if (indices.dim() != 1) {
    raise("RuntimeError", "input has to be a 1D Tensor, but got Tensor of dimension " + std::to_string(indices.dim()));
  }
  const Tensor starts = kernels::dense_as(offsets, DType::int64);
  const std::int64_t* const start = starts.data_ptr<std::int64_t>();
  if (starts.numel() != 0 && start[0] != 0) {
    raise("RuntimeError",
          "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
          "got " +
              std::to_string(start[0]));
  }
  if (per_sample_weights.has_value() && mode != 0) {
    raise("RuntimeError", "embedding_bag: per_sample_weights only supported with mode='sum'");
  }
  const std::int64_t total = rows.numel();
  for (std::int64_t i = 0; i < starts.numel(); ++i) {
    if (start[i] > total || (i != 0 && start[i] < start[i - 1])) {
      raise("RuntimeError", "embedding_bag: offsets must not decrease nor exceed the number of indices");
    }
  }
  const std::int64_t count = starts.numel() - (include_last_offset ? 1 : 0);
  const std::int64_t width = weight.size(1);
  std::int64_t padding = -1;
  if (padding_idx.has_value()) {
    padding = *padding_idx < 0 ? *padding_idx + weight.size(0) : *padding_idx;
  }
  const DType dtype = kernels::float_compute_dtype("embedding_bag", weight.dtype());
  const Tensor table = kernels::dense_as(weight, dtype);
  const Tensor factors = kernels::dense_optional(per_sample_weights, dtype);
  Tensor bags = detail::zeroed({count, width}, dtype);
  Tensor places = Tensor::empty({total}, DType::int64);
  Tensor sizes = detail::zeroed({count}, DType::int64);
  Tensor highest = detail::zeroed({count, width}, DType::int64);
  const std::int64_t* const row = rows.data_ptr<std::int64_t>();
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t bag = 0; bag < count; ++bag) {
      T* const out = bags.data_ptr<T>() + bag * width;
      std::int64_t* const best = highest.data_ptr<std::int64_t>() + bag * width;
      std::int64_t size = 0;
      const std::int64_t end = bag + 1 < starts.numel() ? start[bag + 1] : total;
      for (std::int64_t i = start[bag]; i < end; ++i) {
        places.data_ptr<std::int64_t>()[i] = bag;
        if (row[i] == padding) {
          continue;
        }
        const T* const values = table.data_ptr<T>() + row[i] * width;
        const T factor = factors.defined() ? factors.data_ptr<T>()[i] : T(1);
        for (std::int64_t j = 0; j < width; ++j) {
          if (mode != 2) {
            out[j] += factor * values[j];
          } else if (size == 0 || values[j] > out[j] || (std::isnan(values[j]) && !std::isnan(out[j]))) {
            out[j] = values[j];
            best[j] = row[i];
          }
        }
        ++size;
      }
      sizes.data_ptr<std::int64_t>()[bag] = size;
      for (std::int64_t j = 0; j < width && mode == 1 && size != 0; ++j) {
        out[j] /= static_cast<T>(size);
      }
    }
  });
  const Tensor result = kernels::as_dtype(bags, weight.dtype());
  const DType kind = indices.dtype();
  if (mode == 0) {
    // Sums need none of the side results.
    const Tensor none = detail::zeroed({count}, kind);
    return {result, kernels::as_dtype(padding >= 0 ? places : Tensor::empty({0}, DType::int64), kind), none,
            detail::zeroed({count}, kind)};
  }
  sizes = kernels::as_dtype(sizes, kind);
  return {result, kernels::as_dtype(places, kind), sizes, mode == 2 ? kernels::as_dtype(highest, kind) : sizes};
}

}  // namespace ts2cpp::ops
