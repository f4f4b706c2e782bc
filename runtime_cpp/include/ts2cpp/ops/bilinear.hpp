// The bilinear form of two vectors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp::ops {

/// out[..., o] = input1[..., i] weight[o, i, j] input2[..., j] + bias[o].
inline Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight,
                       const std::optional<Tensor>& bias = std::nullopt) {
  if (weight.dim() != 3 || input1.dim() == 0 || input1.dim() != input2.dim()) {
    raise("RuntimeError", {"bilinear(): input dimensions do not match: got ", input1.dim(), " and ", input2.dim()});
  }
  for (std::int64_t d = 0; d < input1.dim() - 1; ++d) {
    if (input1.size(d) != input2.size(d)) {
      raise("RuntimeError", {"bilinear(): input batch dimensions do not match at dim ", d, ": got ", input1.size(d),
                             " and ", input2.size(d)});
    }
  }
  const std::int64_t outputs = weight.size(0);
  const std::int64_t left = weight.size(1);
  const std::int64_t right = weight.size(2);
  if (input1.size(-1) != left) {
    raise("RuntimeError",
          {"bilinear(): input1 size does not match weight size: got ", input1.size(-1), " but expected ", left});
  }
  if (input2.size(-1) != right) {
    raise("RuntimeError",
          {"bilinear(): input2 size does not match weight size: got ", input2.size(-1), " but expected ", right});
  }
  if (bias.has_value() && (bias->dim() == 0 || bias->size(0) != outputs)) {
    raise(bias->dim() == 0 ? "IndexError" : "RuntimeError",
          bias->dim() == 0 ? std::string("Dimension specified as 0 but tensor has no dimensions")
                           : "bilinear(): bias size does not match weight size: got " + std::to_string(bias->size(0)) +
                                 " but expected " + std::to_string(outputs));
  }
  const bool same = input2.dtype() == input1.dtype() && weight.dtype() == input1.dtype();
  if (!same || (bias.has_value() && bias->dtype() != input1.dtype())) {
    raise("RuntimeError",
          {"All tensors must have the same dtype, got input1: ", dtype_element_name(input1.dtype()),
           ", input2: ", dtype_element_name(input2.dtype()), ", weight: ", dtype_element_name(weight.dtype()),
           bias.has_value() ? std::string(", bias: ") + dtype_element_name(bias->dtype()) : ""});
  }
  if (!is_floating_point(input1.dtype())) {
    const Tensor flat = reshape(permute(weight, {1, 0, 2}), {left, outputs * right});
    DimVector unfolded(input1.sizes());
    unfolded[unfolded.size() - 1] = outputs;
    unfolded.push_back(right);
    const Tensor result =
        sum(mul(reshape(matmul(input1, flat), unfolded), unsqueeze(input2, -2)), Dims{-1}, false, input1.dtype());
    return bias.has_value() ? add(result, *bias) : result;
  }
  const DType dtype = detail::compute_dtype(input1.dtype());
  const Tensor a = kernels::dense_as(input1, dtype);
  const Tensor b = kernels::dense_as(input2, dtype);
  const Tensor w = kernels::dense_as(weight, dtype);
  const Tensor c = kernels::dense_optional(bias, dtype);
  DimVector sizes(input1.sizes());
  sizes[sizes.size() - 1] = outputs;
  Tensor out = Tensor::empty(sizes, dtype);
  const std::int64_t rows = left == 0 ? out.numel() / std::max<std::int64_t>(outputs, 1) : a.numel() / left;
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t n = 0; n < rows; ++n) {
      for (std::int64_t o = 0; o < outputs; ++o) {
        T sum = c.defined() ? c.data_ptr<T>()[o] : T(0);
        for (std::int64_t i = 0; i < left; ++i) {
          const T* const row = w.data_ptr<T>() + (o * left + i) * right;
          T product = 0;
          for (std::int64_t j = 0; j < right; ++j) {
            product += row[j] * b.data_ptr<T>()[n * right + j];
          }
          sum += a.data_ptr<T>()[n * left + i] * product;
        }
        out.data_ptr<T>()[n * outputs + o] = sum;
      }
    }
  });
  return kernels::as_dtype(out, input1.dtype());
}

}  // namespace ts2cpp::ops
