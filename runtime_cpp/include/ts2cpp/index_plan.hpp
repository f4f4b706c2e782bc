// An indexing expression, tensors and masks, brought to one form: which rows of a tensor it names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ts2cpp/attributes.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// Positions of the non-zero elements: int64 [n, dim], stored dimension by dimension as PyTorch does.
inline Tensor nonzero_positions(const Tensor& self) {
  const Tensor flags = contiguous_copy(self, DType::bool_);
  const bool* const data = flags.data_ptr<bool>();
  const std::int64_t count = std::count(data, data + flags.numel(), true);
  const Tensor result = Tensor::empty_strided({count, self.dim()}, {1, count}, DType::int64);
  std::int64_t* out = result.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < flags.numel(); ++i) {
    if (!data[i]) {
      continue;
    }
    std::int64_t rest = i;
    for (std::int64_t d = self.dim() - 1; d >= 0; --d) {
      out[d * count] = rest % self.sizes()[d];
      rest /= self.sizes()[d];
    }
    ++out;
  }
  return result;
}

[[noreturn]] TS2CPP_COLD inline void raise_out_of_bounds(std::int64_t index, std::int64_t dim, std::int64_t size) {
  if (size == 0) {
    raise("IndexError", "index is out of bounds for dimension with size 0");
  }
  raise("IndexError", {"index ", index, " is out of bounds for dimension ", dim, " with size ", size});
}

/// An indexing expression brought to one form: self (permuted so that the indexed dimensions are neighbours) seen as
/// [outer, indexed, inner], and for every index position the offset of its row of `inner` elements.
struct IndexPlan {
  DimVector order;         // permutation of self's dimensions
  DimVector result_sizes;  // sizes of self[indices]
  std::int64_t outer = 1;
  std::int64_t block = 1;  // elements of the indexed dimensions together
  std::int64_t inner = 1;
  std::vector<std::int64_t> rows;  // for each index position: which of the `block` rows
};

/// Masks become one index tensor for each of their dimensions.
inline std::vector<Tensor> expand_masks(const Tensor& self, OptionalTensorSpan indices) {
  std::vector<Tensor> result;
  for (const std::optional<Tensor>& index : indices) {
    if (!index || !index->defined()) {
      result.emplace_back();
      continue;
    }
    if (index->dtype() != DType::bool_ && index->dtype() != DType::uint8) {
      if (index->dtype() != DType::int64 && index->dtype() != DType::int32) {
        raise("IndexError", "tensors used as indices must be long, int, byte or bool tensors");
      }
      result.push_back(*index);
      continue;
    }
    const auto first = static_cast<std::int64_t>(result.size());
    for (std::int64_t d = 0; d < index->dim(); ++d) {
      if (first + d >= self.dim() || index->sizes()[d] != self.sizes()[first + d]) {
        raise("IndexError",
              {"The shape of the mask ", index->sizes(), " at index ", d,
               " does not match the shape of the indexed tensor ", self.sizes(), " at index ", first + d});
      }
    }
    const Tensor positions = nonzero_positions(*index);
    for (std::int64_t d = 0; d < index->dim(); ++d) {
      result.push_back(ops::select(positions, 1, d));
    }
  }
  if (static_cast<std::int64_t>(result.size()) > self.dim()) {
    raise("IndexError", {"too many indices for tensor of dimension ", self.dim(), " (got ", indices.size(), ")"});
  }
  result.resize(static_cast<std::size_t>(self.dim()));
  return result;
}

inline IndexPlan plan_index(const Tensor& self, OptionalTensorSpan optional_indices) {
  if (optional_indices.empty()) {
    raise("IndexError", "at least one index must be provided");
  }
  const std::vector<Tensor> indices = expand_masks(self, optional_indices);
  IndexPlan plan;
  DimVector shape;  // of the index positions
  std::int64_t first = -1;
  std::int64_t last = -1;
  std::int64_t count = 0;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    const Tensor& index = indices[static_cast<std::size_t>(d)];
    if (!index.defined()) {
      continue;
    }
    if (!can_broadcast(shape, index.sizes())) {
      std::string shapes;
      for (const Tensor& other : indices) {
        if (other.defined()) {
          shapes += (shapes.empty() ? "" : ", ") + to_string(other.sizes());
        }
      }
      raise("IndexError", {"shape mismatch: indexing tensors could not be broadcast together with shapes ", shapes});
    }
    shape = broadcast_sizes(shape, index.sizes());
    first = first < 0 ? d : first;
    last = d;
    ++count;
  }
  // Indexed dimensions that are apart move to the front, and so does their place in the result.
  const bool together = count == 0 || last - first + 1 == count;
  for (std::int64_t d = 0; together && d < first; ++d) {
    plan.order.push_back(d);
    plan.outer *= self.sizes()[d];
    plan.result_sizes.push_back(self.sizes()[d]);
  }
  for (const std::int64_t size : shape) {
    plan.result_sizes.push_back(size);
  }
  plan.rows.assign(static_cast<std::size_t>(checked_numel(shape)), 0);
  bool nothing = false;  // to read or write: PyTorch looks at no index then
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    nothing = nothing || (self.sizes()[d] == 0 && !indices[static_cast<std::size_t>(d)].defined());
  }
  std::int64_t order = 0;  // messages count the indexed dimensions
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    const Tensor& index = indices[static_cast<std::size_t>(d)];
    if (!index.defined()) {
      continue;
    }
    const std::int64_t size = self.sizes()[d];
    plan.order.push_back(d);
    plan.block *= size;
    const Tensor positions = contiguous_copy(ops::expand(index, shape), DType::int64);
    const std::int64_t* const data = positions.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < plan.rows.size(); ++i) {
      if (nothing && size != 0) {
        break;
      }
      if (data[i] < -size || data[i] >= size) {
        raise_out_of_bounds(data[i], order, size);
      }
      plan.rows[i] = plan.rows[i] * size + (data[i] < 0 ? data[i] + size : data[i]);
    }
    ++order;
  }
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (!indices[static_cast<std::size_t>(d)].defined() && !(together && d < first)) {
      plan.order.push_back(d);
      plan.inner *= self.sizes()[d];
      plan.result_sizes.push_back(self.sizes()[d]);
    }
  }
  return plan;
}

}  // namespace ts2cpp::detail
