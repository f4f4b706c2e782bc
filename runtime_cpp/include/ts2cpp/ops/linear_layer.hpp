// The linear layer, which is compiled once; the other products are in ops/linear.hpp.
#pragma once

#include <optional>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::ops {

/// input[..., in] @ weight[out, in].T + bias[out] -> [..., out]; a 1-D weight drops the last dimension.
template <class Lazy = void>
Tensor linear(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = std::nullopt,
              const Epilogue& epilogue = {});

#define TS2CPP_LINEAR_LAYER_PARTS(TEMPLATE) \
  TEMPLATE Tensor linear<void>(const Tensor&, const Tensor&, const std::optional<Tensor>&, const Epilogue&);
TS2CPP_COMPILED(TS2CPP_LINEAR_LAYER_PARTS)

}  // namespace ts2cpp::ops

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/ops/linear.hpp>
#endif
