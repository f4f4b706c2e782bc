// The epilogue of a layer whose result another tensor is added to.
#pragma once

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// The additions where they cannot be merged into the layer: of another shape or dtype, or rounded after each operator.
template <class Lazy = void>
Tensor add_residual(const Tensor& result, const Tensor& residual);
template <class Lazy = void>
Tensor add_residual_in_place(const Tensor& result, const Tensor& residual);

#define TS2CPP_RESIDUAL_PARTS(TEMPLATE)                             \
  TEMPLATE Tensor add_residual<void>(const Tensor&, const Tensor&); \
  TEMPLATE Tensor add_residual_in_place<void>(const Tensor&, const Tensor&);
TS2CPP_COMPILED(TS2CPP_RESIDUAL_PARTS)

}  // namespace detail

namespace ops {

/// Adds `residual` before the activation: `add_epilogue(identity, relu_epilogue)`.
inline Epilogue add_epilogue(const Tensor& residual, const Activation& activation = {}) {
  return {activation, residual, detail::add_residual<void>};
}
/// The same for `result += residual`, which keeps the sizes and the dtype of the result.
inline Epilogue add_in_place_epilogue(const Tensor& residual, const Activation& activation = {}) {
  return {activation, residual, detail::add_residual_in_place<void>};
}

}  // namespace ops
}  // namespace ts2cpp

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/residual_functions.hpp>
#endif
