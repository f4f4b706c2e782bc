// The engine behind reductions: any set of dimensions, blocks of fixed size so that results do not depend on threads.
#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/select_rows.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp {

/// The dimensions of a reduction: None, one, or several. None and an empty list mean all. Other optional lists of
/// numbers, of which one may stand alone, are passed as this as well.
class Dims {
 public:
  Dims(std::nullopt_t /*none*/) noexcept {}
  Dims(std::initializer_list<std::int64_t> dims) : dims_(dims), given_(true) {}
  template <class Int, std::enable_if_t<std::is_integral_v<Int> && !std::is_same_v<Int, bool>, int> = 0>
  Dims(Int dim) : dims_{static_cast<std::int64_t>(dim)}, given_(true) {}
  template <class Container, std::enable_if_t<std::is_convertible_v<const Container&, IntSpan>, int> = 0>
  Dims(const Container& dims) : dims_(IntSpan(dims)), given_(true) {}
  template <class Value>
  Dims(const std::optional<Value>& dims) {
    if (dims) {
      *this = Dims(*dims);
    }
  }

  /// One flag for each dimension of a tensor of this rank; RuntimeError for repeated, IndexError for invalid ones.
  DimVector flags(std::int64_t rank) const {
    DimVector result(rank, dims_.empty() ? 1 : 0);
    for (const std::int64_t dim : dims_) {
      const std::int64_t d = wrap_dim(dim, rank);
      if (rank == 0) {
        continue;
      }
      if (result[d]++ != 0) {
        raise("RuntimeError", {"dim ", d, " appears multiple times in the list of dims"});
      }
    }
    return result;
  }
  IntSpan list() const noexcept { return dims_; }
  bool is_given() const noexcept { return given_; }
  /// An empty list, which a few operators tell from None.
  bool is_empty_list() const noexcept { return given_ && dims_.empty(); }

 private:
  DimVector dims_;
  bool given_ = false;
};

namespace detail {

/// A tensor prepared for reduction: contiguous, [outer, length, inner] with `length` to be reduced.
struct ReductionInput {
  Tensor values;
  std::int64_t outer = 1;
  std::int64_t length = 1;
  std::int64_t inner = 1;
  DimVector result_sizes;
};

/// Brings the reduced dimensions together (by a copy if they are apart) and the elements to `compute`.
inline ReductionInput prepare_reduction(const Tensor& self, const DimVector& reduced, bool keepdim, DType compute) {
  ReductionInput input;
  const std::int64_t rank = self.dim();
  std::int64_t runs = 0;  // of neighbouring reduced dimensions, those of size 1 aside
  bool inside = false;
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::int64_t size = self.sizes()[d];
    if (reduced[d] != 0) {
      input.length *= size;
    }
    if (reduced[d] == 0 || keepdim) {
      input.result_sizes.push_back(reduced[d] != 0 ? 1 : size);
    }
    if (size != 1) {
      runs += reduced[d] != 0 && !inside ? 1 : 0;
      inside = reduced[d] != 0;
    }
  }
  if (runs > 1 || !self.is_contiguous()) {
    // Kept dimensions first, reduced ones last.
    DimVector sizes;
    DimVector strides;
    for (const std::int64_t wanted : {0, 1}) {
      for (std::int64_t d = 0; d < rank; ++d) {
        if (static_cast<std::int64_t>(reduced[d] != 0) == wanted) {
          sizes.push_back(self.sizes()[d]);
          strides.push_back(self.strides()[d]);
        }
      }
    }
    const Tensor source = self.with_layout(sizes, strides, self.storage_offset());
    input.outer = checked_numel(input.result_sizes);
    input.values = kernels::dense_as(source, compute);
    return input;
  }
  bool before = true;
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::int64_t size = self.sizes()[d];
    if (reduced[d] != 0) {
      before = before && size == 1;
    } else {
      (before ? input.outer : input.inner) *= size;
    }
  }
  input.values = kernels::as_dtype(self, compute);
  return input;
}

inline constexpr std::int64_t kReductionLanes = 8;
inline constexpr std::int64_t kReductionBlock = 16384;  // elements of a partial result
inline constexpr std::int64_t kReductionColumns = 64;

/// Folds n contiguous elements with several accumulators side by side, which vectorises.
template <class T, class R>
auto fold_row(const T* values, std::int64_t n, const R& reducer) {
  using Acc = decltype(reducer.init());
  std::array<Acc, kReductionLanes> lanes;
  lanes.fill(reducer.init());
  std::int64_t i = 0;
  for (; i + kReductionLanes <= n; i += kReductionLanes) {
    for (std::size_t k = 0; k < static_cast<std::size_t>(kReductionLanes); ++k) {
      lanes[k] = reducer.step(lanes[k], values[i + static_cast<std::int64_t>(k)]);
    }
  }
  for (std::size_t k = 0; i < n; ++i, ++k) {
    lanes[k] = reducer.step(lanes[k], values[i]);
  }
  for (std::size_t width = static_cast<std::size_t>(kReductionLanes) / 2; width > 0; width /= 2) {
    for (std::size_t k = 0; k < width; ++k) {
      lanes[k] = reducer.merge(lanes[k], lanes[k + width]);
    }
  }
  return lanes[0];
}

/// A long row, in blocks that may run on several threads; their results are merged in order.
template <class T, class R>
auto fold_long_row(const T* values, std::int64_t n, const R& reducer) {
  using Acc = decltype(reducer.init());
  if (n <= 2 * kReductionBlock) {
    return fold_row(values, n, reducer);
  }
  const std::int64_t blocks = (n + kReductionBlock - 1) / kReductionBlock;
  const auto partial = std::make_unique<Acc[]>(static_cast<std::size_t>(blocks));
  Acc* const results = partial.get();
  parallel_for(blocks, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t start = b * kReductionBlock;
      results[b] = fold_row(values + start, std::min(kReductionBlock, n - start), reducer);
    }
  });
  Acc total = reducer.init();
  for (std::int64_t b = 0; b < blocks; ++b) {
    total = reducer.merge(total, results[b]);
  }
  return total;
}

/// Runs `reducer` (init, step, merge, finish) over prepared elements of type T and stores finish(acc, length).
template <class T, class R>
void run_reduction(const ReductionInput& input, const R& reducer, void* output) {
  using Acc = decltype(reducer.init());
  using Out = decltype(reducer.finish(reducer.init(), std::int64_t{0}));
  const T* const values = input.values.data_ptr<T>();
  Out* const out = static_cast<Out*>(output);
  const std::int64_t length = input.length;
  const std::int64_t inner = input.inner;
  if (inner == 1) {
    if (input.outer < 8) {
      for (std::int64_t row = 0; row < input.outer; ++row) {
        out[row] = reducer.finish(fold_long_row(values + row * length, length, reducer), length);
      }
      return;
    }
    parallel_for(input.outer, kElementGrain / (length + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        out[row] = reducer.finish(fold_row(values + row * length, length, reducer), length);
      }
    });
    return;
  }
  const std::int64_t column_blocks = (inner + kReductionColumns - 1) / kReductionColumns;
  const std::int64_t grain = kElementGrain / (length * kReductionColumns + 1) + 1;
  parallel_for(input.outer * column_blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t outer = task / column_blocks;
      const std::int64_t column = (task - outer * column_blocks) * kReductionColumns;
      const std::int64_t width = std::min(kReductionColumns, inner - column);
      std::array<Acc, static_cast<std::size_t>(kReductionColumns)> accumulators;
      accumulators.fill(reducer.init());
      Acc* const acc = accumulators.data();
      const T* row = values + outer * length * inner + column;
      for (std::int64_t i = 0; i < length; ++i, row += inner) {
        for (std::int64_t j = 0; j < width; ++j) {
          acc[j] = reducer.step(acc[j], row[j]);
        }
      }
      for (std::int64_t j = 0; j < width; ++j) {
        out[outer * inner + column + j] = reducer.finish(acc[j], length);
      }
    }
  });
}

/// The type that sums of T are accumulated in: double for floats, wrapping 64-bit for integers.
template <class T>
using SumType = std::conditional_t<
    std::is_integral_v<T>, std::uint64_t,
    std::conditional_t<(std::is_same_v<T, complex64> || std::is_same_v<T, complex128>), complex128, double>>;

/// A reduction of `self` over `dims`: make(TypeTag<T>) gives the reducer for elements of type T. `result` is the dtype
/// asked for; what the reducer yields is converted to it.
template <class Types, class MakeReducer>
Tensor reduce(Types types, const char* name, const Tensor& self, const DimVector& reduced, bool keepdim, DType compute,
              DType result, const MakeReducer& make) {
  Tensor output;
  dispatch(name, types, compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const ReductionInput input = prepare_reduction(self, reduced, keepdim, compute);
    const auto reducer = make(tag);
    using Out = decltype(reducer.finish(reducer.init(), std::int64_t{0}));
    output = Tensor::empty(input.result_sizes, dtype_of<Out>);
    if (output.numel() != 0) {
      run_reduction<T>(input, reducer, output.raw_data());
    }
  });
  return kernels::as_dtype(output, result);
}

}  // namespace detail
}  // namespace ts2cpp

TS2CPP_IEEE_ARITHMETIC_END
