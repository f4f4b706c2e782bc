// Walking over several strided arrays of one shape: the plan that every pointwise operator and copy runs on.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// Arrays that one walk can combine, the output included.
inline constexpr int kMaxOperands = 9;

/// The strides of `tensor` over a broadcast shape: 0 along the dimensions that it repeats. In elements.
inline DimVector broadcast_strides(IntSpan sizes, IntSpan strides, IntSpan shape) {
  DimVector result(shape.size());
  const std::int64_t lead = shape.size() - sizes.size();
  for (std::int64_t d = lead; d < shape.size(); ++d) {
    result[d] = sizes[d - lead] == 1 && shape[d] != 1 ? 0 : strides[d - lead];
  }
  return result;
}

/// The order of dimensions, innermost first, that walks through memory with the smallest steps. Earlier operands
/// decide first; dimensions that nobody has an opinion on keep their order. This is also the layout of results.
inline DimVector memory_order(IntSpan shape, Span<const DimVector> operand_strides) {
  const std::int64_t rank = shape.size();
  DimVector order(rank);
  for (std::int64_t i = 0; i < rank; ++i) {
    order[i] = rank - 1 - i;
  }
  // 1: `inner` belongs further out than `outer`; -1: they are right; 0: no operand can tell.
  const auto compare = [&](std::int64_t inner, std::int64_t outer) {
    for (const DimVector& strides : operand_strides) {
      const std::int64_t a = strides[inner];
      const std::int64_t b = strides[outer];
      if (a == 0 || b == 0) {
        continue;
      }
      if (a != b) {
        return a < b ? -1 : 1;
      }
      if (shape[inner] > shape[outer]) {
        return 1;
      }
    }
    return 0;
  };
  for (std::int64_t i = 1; i < rank; ++i) {
    std::int64_t moving = i;
    for (std::int64_t j = i - 1; j >= 0; --j) {
      const int order_of_pair = compare(order[j], order[moving]);
      if (order_of_pair > 0) {
        std::swap(order[j], order[moving]);
        moving = j;
      } else if (order_of_pair < 0) {
        break;
      }
    }
  }
  return order;
}

/// Strides of a dense tensor whose dimensions lie in memory in `order` (innermost first).
inline DimVector dense_strides(IntSpan shape, IntSpan order) {
  DimVector strides(shape.size());
  std::int64_t step = 1;
  for (const std::int64_t d : order) {
    strides[d] = step;
    step *= std::max<std::int64_t>(shape[d], 1);
  }
  return strides;
}

/// True when the elements fill a memory range without gaps or repetition, in whatever order of dimensions.
inline bool is_dense(const Tensor& tensor) {
  if (tensor.is_contiguous() || tensor.numel() == 0) {
    return true;
  }
  const DimVector strides(tensor.strides());
  const DimVector order = memory_order(tensor.sizes(), Span<const DimVector>(&strides, 1));
  std::int64_t expected = 1;
  for (const std::int64_t d : order) {
    if (tensor.sizes()[d] != 1) {
      if (tensor.strides()[d] != expected) {
        return false;
      }
      expected *= tensor.sizes()[d];
    }
  }
  return true;
}

/// Nested loops over up to kMaxOperands arrays. Dimensions are kept innermost first, strides in bytes.
struct StridedPlan {
  int operands = 0;
  std::int64_t numel = 1;
  DimVector sizes;
  std::array<char*, kMaxOperands> data{};
  std::array<DimVector, kMaxOperands> strides;

  /// Everything is one run of `count` elements, each operand with its own step.
  void set_flat(std::int64_t count) {
    numel = count;
    sizes.resize(1);
    sizes[0] = count;
  }

  /// Adds an operand; `element_strides` are in elements over the shape that `set_shape` then gets.
  void add(void* pointer, DimVector byte_strides) {
    data[static_cast<std::size_t>(operands)] = static_cast<char*>(pointer);
    strides[static_cast<std::size_t>(operands)] = std::move(byte_strides);
    ++operands;
  }

  /// Sets the shape (outermost first, as in tensors), reorders the dimensions to `order` and merges those that every
  /// operand steps through evenly.
  void arrange(IntSpan shape, IntSpan order) {
    numel = 1;
    std::int64_t rank = 0;
    DimVector merged_sizes(shape.size());
    std::array<DimVector, kMaxOperands> merged;
    for (int k = 0; k < operands; ++k) {
      merged[static_cast<std::size_t>(k)].resize(shape.size());
    }
    for (const std::int64_t d : order) {
      numel *= shape[d];
      if (shape[d] == 1) {
        continue;
      }
      bool mergeable = rank > 0;
      for (std::size_t k = 0; mergeable && k < static_cast<std::size_t>(operands); ++k) {
        mergeable = merged[k][rank - 1] * merged_sizes[rank - 1] == strides[k][d];
      }
      if (mergeable) {
        merged_sizes[rank - 1] *= shape[d];
        continue;
      }
      merged_sizes[rank] = shape[d];
      for (std::size_t k = 0; k < static_cast<std::size_t>(operands); ++k) {
        merged[k][rank] = strides[k][d];
      }
      ++rank;
    }
    if (rank == 0) {  // a single element
      merged_sizes.resize(1);
      merged_sizes[0] = 1;
      rank = 1;
      for (std::size_t k = 0; k < static_cast<std::size_t>(operands); ++k) {
        merged[k].resize(1);
      }
    }
    merged_sizes.resize(rank);
    sizes = std::move(merged_sizes);
    for (std::size_t k = 0; k < static_cast<std::size_t>(operands); ++k) {
      merged[k].resize(rank);
      strides[k] = std::move(merged[k]);
    }
    prefer_long_rows();
  }

  /// Calls row(pointers, count) for consecutive stretches of the innermost dimension that cover the elements
  /// [begin, end) of the walk.
  template <class Row>
  void walk(std::int64_t begin, std::int64_t end, Row&& row) const {
    DimVector index(sizes.size());
    std::array<char*, kMaxOperands> pointers = data;
    std::int64_t rest = begin;
    for (std::int64_t d = 0; d < sizes.size(); ++d) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
      for (std::size_t k = 0; k < static_cast<std::size_t>(operands); ++k) {
        pointers[k] += index[d] * strides[k][d];
      }
    }
    for (std::int64_t position = begin; position < end;) {
      const std::int64_t count = std::min(sizes[0] - index[0], end - position);
      row(pointers.data(), count);
      position += count;
      if (position >= end) {
        return;
      }
      advance(pointers, 0, count, index);
    }
  }

 private:
  /// Steps `count` along dimension d and carries into the next ones.
  void advance(std::array<char*, kMaxOperands>& pointers, std::int64_t d, std::int64_t count, DimVector& index) const {
    for (;;) {
      index[d] += count;
      const bool carry = index[d] == sizes[d] && d + 1 < sizes.size();
      const std::int64_t steps = carry ? count - sizes[d] : count;
      for (std::size_t k = 0; k < static_cast<std::size_t>(operands); ++k) {
        pointers[k] += steps * strides[k][d];
      }
      if (!carry) {
        return;
      }
      index[d] = 0;
      ++d;
      count = 1;
    }
  }

  /// Rows of a few elements spend their time between rows: walk along the longest dimension instead.
  void prefer_long_rows() {
    if (sizes[0] >= 16) {
      return;
    }
    const std::int64_t longest = std::max_element(sizes.begin(), sizes.end()) - sizes.begin();
    if (longest == 0 || sizes[longest] < 4 * sizes[0]) {
      return;
    }
    std::swap(sizes[0], sizes[longest]);
    for (std::size_t k = 0; k < static_cast<std::size_t>(operands); ++k) {
      std::swap(strides[k][0], strides[k][longest]);
    }
  }
};

/// How the memory of two tensors relates.
enum class Overlap { none, same, partial };

/// Whether writing `a` while reading `b` is safe: not at all shared, exactly the same elements, or something between
/// (ranges that merely interleave count as partial).
inline Overlap overlap(const Tensor& a, const Tensor& b) {
  if (!a.shares_storage(b) || a.numel() == 0 || b.numel() == 0) {
    return Overlap::none;
  }
  if (a.storage_offset() == b.storage_offset() && a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
      a.strides() == b.strides()) {
    return Overlap::same;
  }
  const auto last_byte = [](const Tensor& t) {
    std::int64_t last = t.storage_offset();
    for (std::int64_t d = 0; d < t.dim(); ++d) {
      last += (t.sizes()[d] - 1) * t.strides()[d];
    }
    return (last + 1) * t.itemsize();
  };
  const bool apart =
      last_byte(a) <= b.storage_offset() * b.itemsize() || last_byte(b) <= a.storage_offset() * a.itemsize();
  return apart ? Overlap::none : Overlap::partial;
}

/// RuntimeError when several elements of the tensor are one memory location (an expanded tensor), which cannot be
/// written to.
inline void check_writable(const Tensor& tensor) {
  for (std::int64_t d = 0; d < tensor.dim() && tensor.numel() != 0; ++d) {
    if (tensor.strides()[d] == 0 && tensor.sizes()[d] > 1) {
      raise("RuntimeError",
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location. Please clone() the tensor before performing the operation.");
    }
  }
}

}  // namespace ts2cpp::detail
