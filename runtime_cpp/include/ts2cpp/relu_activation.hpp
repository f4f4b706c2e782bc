// ReLU where it follows a layer: of elements, and of whole tensors of any dtype. It does without the engine of
// pointwise operators, which a program of linear layers then does not hold.
#pragma once

#include <cstdint>

#include <ts2cpp/activation_checks.hpp>
#include <ts2cpp/copying.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/fused_loops.hpp>
#include <ts2cpp/math/relu.hpp>
#include <ts2cpp/strided.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

template <class Lazy>
void relu_elements(const Activation& /*activation*/, float* data, std::int64_t n) noexcept {
  kernels::activate_with([](float x) { return math::relu(x); }, data, n);
}
template <class Lazy>
void relu_elements(const Activation& /*activation*/, double* data, std::int64_t n) noexcept {
  kernels::activate_with([](double x) { return math::relu(x); }, data, n);
}

/// What ops::relu gives, in a layout like its.
template <class Lazy>
TS2CPP_COLD Tensor relu_separately(const Tensor& x, const Activation& activation) {
  check_not_bool("relu", x);
  const DimVector strides(x.strides());
  const DimVector dense = dense_strides(x.sizes(), memory_order(x.sizes(), Span<const DimVector>(&strides, 1)));
  const DType compute = is_integral(x.dtype(), false) ? DType::int64 : compute_dtype(x.dtype());
  const Tensor computed = Tensor::empty_strided(x.sizes(), dense, compute);
  copy_elements(computed, x);
  const std::int64_t count = computed.numel();
  if (compute == DType::float32) {
    relu_elements<Lazy>(activation, computed.data_ptr<float>(), count);
  } else if (compute == DType::float64) {
    relu_elements<Lazy>(activation, computed.data_ptr<double>(), count);
  } else {
    std::int64_t* const data = computed.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) {
      data[i] = math::relu(data[i]);
    }
  }
  if (compute == x.dtype()) {
    return computed;
  }
  const Tensor result = Tensor::empty_strided(x.sizes(), dense, x.dtype());
  copy_elements(result, computed);
  return result;
}

}  // namespace ts2cpp::detail
