// The additions of residual.hpp.
#pragma once

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/residual.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

template <class Lazy>
Tensor add_residual(const Tensor& result, const Tensor& residual) {
  return ops::add(result, residual);
}

template <class Lazy>
Tensor add_residual_in_place(const Tensor& result, const Tensor& residual) {
  return ops::add_(result, residual);
}

}  // namespace ts2cpp::detail
