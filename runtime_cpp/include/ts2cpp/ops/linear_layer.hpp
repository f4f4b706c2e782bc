// The linear layer, which is compiled once; the other products are in ops/linear.hpp.
#pragma once

#include <optional>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// ops::linear; no bias is null.
template <class Lazy = void>
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor* bias, const Epilogue& epilogue);

#define TS2CPP_LINEAR_LAYER_PARTS(TEMPLATE) \
  TEMPLATE Tensor linear<void>(const Tensor&, const Tensor&, const Tensor*, const Epilogue&);
TS2CPP_COMPILED(TS2CPP_LINEAR_LAYER_PARTS)

}  // namespace detail

namespace ops {

/// input[..., in] @ weight[out, in].T + bias[out] -> [..., out]; a 1-D weight drops the last dimension.
inline Tensor linear(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = std::nullopt,
                     const Epilogue& epilogue = {}) {
  return detail::linear(input, weight, bias.has_value() && bias->defined() ? &*bias : nullptr, epilogue);
}
inline Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias, const Epilogue& epilogue = {}) {
  return detail::linear(input, weight, bias.defined() ? &bias : nullptr, epilogue);
}

}  // namespace ops
}  // namespace ts2cpp

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/ops/linear.hpp>
#endif
