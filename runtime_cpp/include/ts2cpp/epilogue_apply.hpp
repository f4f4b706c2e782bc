// When an epilogue may be merged into the layer before it, and what is done when it may not.
#pragma once

#include <cstdint>

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// Whether a layer with a result of these sizes and dtype computes the same with the epilogue merged in. A residual
/// that would be broadcast or promoted, and types that round after every operator, want the separate operators.
inline bool may_merge(const Epilogue& epilogue, IntSpan sizes, DType dtype) {
  if (epilogue.empty()) {
    return true;
  }
  if (dtype != DType::float32 && dtype != DType::float64) {
    return false;
  }
  return !epilogue.residual.defined() || (epilogue.residual.dtype() == dtype && epilogue.residual.sizes() == sizes);
}

inline Tensor apply_activation(const Tensor& x, const Activation& activation) {
  return activation.functions == nullptr ? x : activation.functions->separate(x, activation);
}

/// The operators of the epilogue one after the other, as the program that was fused had them.
inline Tensor apply_epilogue(const Tensor& result, const Epilogue& epilogue) {
  if (!epilogue.residual.defined()) {
    return apply_activation(result, epilogue.activation);
  }
  return apply_activation(epilogue.add(result, epilogue.residual), epilogue.activation);
}

}  // namespace ts2cpp::detail
