// Operators that PyTorch's own compositions call: normalisation with its statistics, masked indexing, chunks side by
// side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/arithmetic_functions.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/indexing.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/normalization.hpp>
#include <ts2cpp/ops/padding.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/softmax.hpp>
#include <ts2cpp/ops/unary.hpp>

namespace ts2cpp {
namespace detail {

/// Indices without those that are out of range.
template <class Lazy>
std::vector<std::optional<Tensor>> inside_indices(const Tensor& self, OptionalTensorSpan indices) {
  std::vector<std::optional<Tensor>> result;
  for (std::int64_t i = 0; i < indices.size(); ++i) {
    const std::int64_t size = i < self.dim() ? self.sizes()[i] : 1;
    result.push_back(indices[i]);
    if (result.back()) {
      result.back() = ops::clamp<Lazy>(*result.back(), Scalar(-size), Scalar(size - 1));
    }
  }
  return result;
}

}  // namespace detail

namespace ops {

/// group_norm of input[N, C, ...], whose other sizes multiply to HxW, with the mean and 1 / standard deviation of each
/// group.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> native_group_norm(const Tensor& input, const std::optional<Tensor>& weight,
                                                     const std::optional<Tensor>& bias, std::int64_t N, std::int64_t C,
                                                     std::int64_t HxW, std::int64_t group, double eps) {
  const Tensor out = group_norm(input, group, weight, bias, eps);
  std::int64_t pixels = 1;
  for (std::int64_t d = 2; d < input.dim(); ++d) {
    pixels *= input.sizes()[d];
  }
  if (input.size(0) != N || input.size(1) != C || pixels != HxW) {
    raise(
        "RuntimeError",
        "Expected X.numel() == N * C * HxW to be true, but got false.  (Could this error message be improved?  If so, "
        "please report an enhancement request to PyTorch.)");
  }
  const bool has_channels_last = input.dim() == 4 || input.dim() == 5;
  if (!input.is_contiguous() && !(has_channels_last && movedim(input, 1, -1).is_contiguous())) {
    raise("RuntimeError",
          "Expected X.is_contiguous(memory_format) to be true, but got false.  (Could this error message be improved?  "
          "If so, please report an enhancement request to PyTorch.)");
  }
  const Tensor values = detail::to_dtype(reshape(input, {N, group, C / group * HxW}), DType::float64, false);
  const Tensor average = mean<Lazy>(values, Dims(2), true);
  const Tensor centred = sub<Lazy>(values, average);
  const Tensor variance = mean<Lazy>(mul<Lazy>(centred, centred), Dims(2));
  const Tensor deviation = rsqrt<Lazy>(add<Lazy>(variance, Scalar(eps)));
  return {out, detail::to_dtype(reshape(average, {N, group}), input.dtype(), false),
          detail::to_dtype(deviation, input.dtype(), false)};
}

inline std::tuple<Tensor, Tensor, Tensor> _native_batch_norm_legit(
    const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
    const Tensor& running_mean, const Tensor& running_var, bool training, double momentum, double eps) {
  return native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps);
}
inline std::tuple<Tensor, Tensor, Tensor> _native_batch_norm_legit(const Tensor& input,
                                                                   const std::optional<Tensor>& weight,
                                                                   const std::optional<Tensor>& bias, bool training,
                                                                   double momentum, double eps) {
  return native_batch_norm(input, weight, bias, std::nullopt, std::nullopt, training, momentum, eps);
}

/// Batch norm in training; the fourth result is memory that other kernels keep for the backward pass.
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _batch_norm_with_update(
    const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
    const Tensor& running_mean, const Tensor& running_var, double momentum, double eps) {
  const auto [out, mean, rstd] = native_batch_norm(input, weight, bias, running_mean, running_var, true, momentum, eps);
  return {out, mean, rstd, Tensor::empty({0}, DType::uint8)};
}

/// The softmax; a row of -inf gives zeros.
template <class Lazy = void>
Tensor _safe_softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  const Tensor result = softmax(self, dim, dtype);
  const Tensor is_nothing = eq<Lazy>(self, Scalar(-std::numeric_limits<double>::infinity()));
  return where<Lazy>(all<Lazy>(is_nothing, dim, true), zeros_like(result), result);
}

/// Each tensor padded with zeros to `num_chunks` equal chunks along `dim`, which lie side by side.
inline Tensor _chunk_cat(TensorSpan tensors, std::int64_t dim, std::int64_t num_chunks) {
  if (tensors.size() == 0) {
    raise("RuntimeError", "_chunk_cat expects a non-empty input tensor list");
  }
  if (num_chunks < 1) {
    raise("RuntimeError", "_chunk_cat expects positive num_chunks");
  }
  const std::int64_t at = wrap_dim(dim, tensors[0].dim());
  std::vector<Tensor> parts;
  for (const Tensor& tensor : tensors) {
    if (tensor.dtype() != tensors[0].dtype()) {
      raise("RuntimeError", "_chunk_cat expects all input tensors with the same dtype");
    }
    wrap_dim(dim, tensor.dim());
    if (tensor.dim() <= at) {
      raise("RuntimeError", "_chunk_cat expects dim < dim() for all tensors");
    }
    DimVector sizes;
    for (std::int64_t d = 0; d < at; ++d) {
      if (tensor.sizes()[d] != tensors[0].sizes()[d]) {
        raise("RuntimeError", "_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors");
      }
      sizes.push_back(tensor.sizes()[d]);
    }
    const std::int64_t size = tensor.sizes()[at];
    const std::int64_t length = size / num_chunks + (size % num_chunks != 0 ? 1 : 0);
    std::vector<std::int64_t> amounts(static_cast<std::size_t>(2 * (tensor.dim() - at)), 0);
    amounts.back() = checked_numel({length, num_chunks}) - size;
    std::int64_t width = length;
    for (std::int64_t d = at + 1; d < tensor.dim(); ++d) {
      width *= tensor.sizes()[d];
    }
    sizes.push_back(num_chunks);
    sizes.push_back(width);
    parts.push_back(reshape(constant_pad_nd(tensor, amounts), sizes));
  }
  return cat(parts, -1);
}

/// What is at the indices where `mask` is true, else `fill`.
template <class Lazy = void>
Tensor _unsafe_masked_index(const Tensor& self, const Tensor& mask, OptionalTensorSpan indices, const Scalar& fill) {
  const Tensor hidden = logical_not<Lazy>(mask);
  if (self.numel() == 0) {
    DimVector sizes(mask.sizes());
    for (std::int64_t i = 0; i < indices.size(); ++i) {
      sizes = indices[i] ? broadcast_sizes(sizes, indices[i]->sizes()) : sizes;
    }
    return masked_fill(zeros(sizes, self.dtype()), hidden, fill);
  }
  return masked_fill(index(self, detail::inside_indices<Lazy>(self, indices)), hidden, fill);
}

/// The sum of `self` and, at the indices, of `values` where `mask` is true.
template <class Lazy = void>
Tensor _unsafe_masked_index_put_accumulate(const Tensor& self, const Tensor& mask, OptionalTensorSpan indices,
                                           const Tensor& values) {
  if (self.numel() == 0) {
    return clone(self);
  }
  const Tensor kept = masked_fill(values, logical_not<Lazy>(mask), Scalar(0));
  return index_put(self, detail::inside_indices<Lazy>(self, indices), kept, true);
}

/// Uninitialised, the dimensions in memory in the order of `physical_layout`.
inline Tensor empty_permuted(IntSpan size, IntSpan physical_layout, std::optional<DType> dtype = std::nullopt) {
  if (size.size() != physical_layout.size()) {
    raise("RuntimeError",
          {"Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = ",
           size.size(), " is not equal to len(physical_layout) = ", physical_layout.size()});
  }
  DimVector sizes;
  DimVector places(size.size());
  std::vector<bool> seen(static_cast<std::size_t>(size.size()), false);
  for (std::int64_t i = 0; i < size.size(); ++i) {
    const std::int64_t d = physical_layout[i];
    if (d < 0 || d >= size.size()) {
      raise("RuntimeError",
            {"Dimension out of range (expected to be between 0 and ", size.size() - 1, ", but got ", d, " at index ", i,
             ").  NB: negative dims not currently supported; file an issue if you want it."});
    }
    if (seen[static_cast<std::size_t>(d)]) {
      raise("RuntimeError", "Duplicate dim not allowed");
    }
    seen[static_cast<std::size_t>(d)] = true;
    sizes.push_back(size[d]);
    places[d] = i;
  }
  return permute(Tensor::empty(sizes, dtype.value_or(DType::float32)), places);
}

}  // namespace ops
}  // namespace ts2cpp
