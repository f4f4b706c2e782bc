// Copies of elements between tensors: broadcast, converted, from one layout to another, by several threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/convert.hpp>
#include <ts2cpp/parallel.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/strided.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// Elements that are worth handing to another thread.
inline constexpr std::int64_t kElementGrain = 32768;

/// The checks of an in-place operator on its destination.
inline void check_destination(const Tensor& destination, IntSpan shape, DType result) {
  if (destination.sizes() != shape) {
    raise("RuntimeError", {"output with shape ", destination.sizes(), " doesn't match the broadcast shape ", shape});
  }
  if (!can_cast(result, destination.dtype())) {
    raise("RuntimeError", {"result type ", dtype_label(result), " can't be cast to the desired output type ",
                           dtype_label(destination.dtype())});
  }
  check_writable(destination);
}

/// Copies (broadcast, converted) `source` into `target`; the memory of the two must be apart.
template <class Lazy = void>
void copy_elements(const Tensor& target, const Tensor& source) {
  if (target.numel() == 0) {
    return;
  }
  if (target.is_contiguous() && source.is_contiguous() && target.sizes() == source.sizes()) {
    const char* const from = static_cast<const char*>(source.read_data());
    char* const to = target.data_ptr<char>();
    parallel_for(target.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
      convert_contiguous(source.dtype(), from + begin * source.itemsize(), target.dtype(),
                         to + begin * target.itemsize(), end - begin);
    });
    return;
  }
  StridedPlan plan;
  const IntSpan shape = target.sizes();
  if (source.dim() > target.dim()) {
    check_destination(target, source.sizes(), target.dtype());
  }
  DimVector target_strides(target.strides());
  DimVector source_strides = broadcast_strides(source.sizes(), source.strides(), shape);
  const DimVector order = memory_order(shape, Span<const DimVector>(&target_strides, 1));
  for (std::int64_t d = 0; d < shape.size(); ++d) {
    target_strides[d] *= target.itemsize();
    source_strides[d] *= source.itemsize();
  }
  plan.add(target.raw_data(), std::move(target_strides));
  plan.add(const_cast<void*>(source.read_data()), std::move(source_strides));
  plan.arrange(shape, order);
  parallel_for(plan.numel, kElementGrain, [&](std::int64_t begin, std::int64_t end) {
    plan.walk(begin, end, [&](char* const* pointers, std::int64_t n) {
      convert_strided(source.dtype(), pointers[1], plan.strides[1][0], target.dtype(), pointers[0], plan.strides[0][0],
                      n);
    });
  });
}

#define TS2CPP_COPY_PARTS(TEMPLATE) TEMPLATE void copy_elements<void>(const Tensor&, const Tensor&);
TS2CPP_COMPILED(TS2CPP_COPY_PARTS)

}  // namespace ts2cpp::detail
