// Copying chosen positions of one dimension: the kernel under index_select, padding, rolling and repeating.
#pragma once

#include <cstdint>
#include <cstring>

#include <ts2cpp/convert.hpp>
#include <ts2cpp/copying.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::detail {

/// The elements before, in and after one dimension of a contiguous tensor.
struct AxisSplit {
  std::int64_t outer = 1;
  std::int64_t length = 1;
  std::int64_t inner = 1;

  AxisSplit(IntSpan sizes, std::int64_t dim) {
    for (std::int64_t d = 0; d < sizes.size(); ++d) {
      (d < dim ? outer : d == dim ? length : inner) *= sizes[d];
    }
  }
};

/// result[…, i, …] = self[…, position(i), …] along `dim` for i below `count`; the positions are valid. The result is
/// contiguous.
template <class Position>
Tensor select_rows_by(const Tensor& self, std::int64_t dim, std::int64_t count, const Position& position) {
  const Tensor source = kernels::dense(self);
  DimVector sizes(self.sizes());
  if (sizes.empty()) {  // a 0-d tensor counts as one row
    sizes.push_back(1);
  }
  const AxisSplit split(sizes, dim);
  sizes[dim] = count;
  const Tensor result = Tensor::empty(sizes, self.dtype());
  const std::int64_t itemsize = self.itemsize();
  const std::int64_t row_bytes = split.inner * itemsize;
  const char* const from = static_cast<const char*>(source.read_data());
  char* const to = result.data_ptr<char>();
  const std::int64_t rows = split.outer * count;
  if (result.numel() == 0) {
    return result;
  }
  parallel_for(rows, kElementGrain / (split.inner + 8) + 1, [&](std::int64_t begin, std::int64_t end) {
    visit_element_size(itemsize, [&](auto tag) {
      using T = typename decltype(tag)::type;
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t outer = row / count;
        const char* const source_row = from + (outer * split.length + position(row - outer * count)) * row_bytes;
        if (split.inner == 1) {
          std::memcpy(to + row * row_bytes, source_row, sizeof(T));
        } else {
          std::memcpy(to + row * row_bytes, source_row, static_cast<std::size_t>(row_bytes));
        }
      }
    });
  });
  return result;
}

/// The same for a list of positions.
inline Tensor select_rows(const Tensor& self, std::int64_t dim, Span<const std::int64_t> positions) {
  return select_rows_by(self, dim, positions.size(), [&](std::int64_t i) { return positions[i]; });
}

}  // namespace ts2cpp::detail
