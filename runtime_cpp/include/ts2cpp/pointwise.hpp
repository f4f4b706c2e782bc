// Fused pointwise operators: `pointwise([](auto x, auto y) { return math::tanh(x + y); }, a, b)` runs one loop over all
// tensors when they are float32 (or all float64), and calls the function on whole tensors otherwise, which is what the
// unfused program would have done.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/kernels/simd.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/tensor_functions.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

namespace ts2cpp {

namespace detail {

/// One loop for the function over elements of type T.
template <class T, class F, class... Tensors>
Tensor fused(const F& function, const Tensors&... tensors) {
  using Out = StoredType<T, decltype(function((static_cast<void>(tensors), T{})...))>;
  static_assert(std::is_same_v<Out, T>, "a fused function must keep the type of its elements");
  const Input inputs[] = {Input(tensors)...};
  return run_elementwise(Elementwise{"pointwise", dtype_of<T>, dtype_of<T>, nullptr},
                         Span<const Input>(inputs, static_cast<std::int64_t>(sizeof...(Tensors))), dtype_of<T>,
                         &fused_kernel<T, F, sizeof...(Tensors)>, &function);
}

}  // namespace detail

/// function(elements...) for every position of the broadcast tensors; see the top of this file.
template <class F, class... Tensors>
Tensor pointwise(const F& function, const Tensors&... tensors) {
  static_assert(sizeof...(Tensors) > 0, "at least one tensor");
  if constexpr (sizeof...(Tensors) < static_cast<std::size_t>(detail::kMaxOperands)) {
    if (((tensors.dtype() == DType::float32) && ...)) {
      return detail::fused<float>(function, tensors...);
    }
    if (((tensors.dtype() == DType::float64) && ...)) {
      return detail::fused<double>(function, tensors...);
    }
  }
  return function(tensors...);
}

}  // namespace ts2cpp

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
