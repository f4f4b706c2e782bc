// What PyTorch's transformer layers call in evaluation mode: attention with its projections, a whole encoder layer.
//
// A batch of sequences of different lengths is a padded tensor, (N, L, D), in which the rows behind the end of a
// sequence are absent: filled with one certain NaN. The operators here skip such rows; any other makes NaN of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/normalization.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/softmax.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp {
namespace detail {

/// Which rows of a padded batch are absent, one flag each; empty if all are there.
using AbsentRows = std::vector<bool>;

/// The bits of an element of an absent row; 0 for types that have none.
inline std::uint64_t absent_bits(DType dtype) noexcept {
  switch (dtype) {
    case DType::float64: return 0x7FFAB5E7AB5E7AB5;
    case DType::float32: return 0x7FDAB5E7;
    case DType::float16: return 0x7EB5;
    case DType::bfloat16: return 0x7FDB;
    default: return 0;
  }
}

inline AbsentRows absent_rows(const Tensor& x) {
  const std::uint64_t bits = absent_bits(x.dtype());
  if (x.dim() != 3 || x.numel() == 0 || bits == 0) {
    return {};
  }
  const Tensor source = kernels::dense(x);
  const auto size = static_cast<std::size_t>(x.itemsize());
  const char* const data = source.data_ptr<char>();
  AbsentRows result(static_cast<std::size_t>(x.size(0) * x.size(1)));
  bool any = false;
  for (std::size_t row = 0; row < result.size(); ++row) {
    std::uint64_t found = 0;
    std::memcpy(&found, data + row * size * static_cast<std::size_t>(x.size(2)), size);
    result[row] = found == bits;
    any = any || result[row];
  }
  return any ? result : AbsentRows{};
}

/// A copy of `x` (itself if there are no such rows) with the bits `fill` in every element of the rows.
inline Tensor with_rows(const Tensor& x, const AbsentRows& rows, std::uint64_t fill) {
  if (rows.empty()) {
    return x;
  }
  const Tensor result = Tensor::empty(x.sizes(), x.dtype());
  copy_elements(result, x);
  const auto size = static_cast<std::size_t>(x.itemsize());
  const auto width = static_cast<std::size_t>(x.size(2));
  char* const data = result.data_ptr<char>();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t i = 0; rows[row] && i < width; ++i) {
      std::memcpy(data + (row * width + i) * size, &fill, size);
    }
  }
  return result;
}
inline Tensor without_rows(const Tensor& x, const AbsentRows& absent) {
  return with_rows(x, absent, absent_bits(x.dtype()));
}
inline Tensor zero_rows(const Tensor& x, const AbsentRows& absent) { return with_rows(x, absent, 0); }

inline void check_not_masked(const std::optional<Tensor>& mask, const AbsentRows& absent) {
  if (mask && !absent.empty()) {
    raise("RuntimeError", "NestedTensor with mask is not supported yet");
  }
}

inline void check_native_attention(const Tensor& query, const Tensor& key, const Tensor& value, std::int64_t width,
                                   std::int64_t heads, const Tensor& weight, const Tensor& bias) {
  const auto three = [](const char* name, const Tensor& x) {
    if (x.dim() != 3) {
      raise("RuntimeError", {"expected 3-D `", name, "`, got ", x.dim(), "-D tensor"});
    }
  };
  three("query", query);
  if (query.size(2) != width) {
    raise("RuntimeError", {"passed-in embed_dim ", width, " didn't match last dim of query ", query.size(2)});
  }
  three("key", key);
  three("value", value);
  if (query.sizes() != key.sizes() || key.sizes() != value.sizes()) {
    raise("RuntimeError", "expected `query`/`key`/`value` shapes to match");
  }
  if (weight.dim() != 2) {
    raise("RuntimeError", {"expected 2-D `qkv_weight`, got ", weight.dim(), "-D tensor"});
  }
  if (weight.size(0) != 3 * width) {
    raise("RuntimeError", "expected `qkv_weight` first dim to be 3x embed_dim");
  }
  if (weight.size(1) != width) {
    raise("RuntimeError", "expected `qkv_weight` second dim to be embed_Dim");
  }
  if (bias.dim() != 1) {
    raise("RuntimeError", {"expected 1-D `qkv_bias`, got ", bias.dim(), "-D tensor"});
  }
  if (bias.size(0) != 3 * width) {
    raise("RuntimeError", "expected `qkv_bias` first dim and first dim of query to be equal");
  }
  if (heads == 0 || width % heads != 0) {
    raise("RuntimeError", "`embed_dim` must divide evenly by `num_heads`");
  }
}

/// Which scores (N, heads, L, L) a mask excludes, as a bool tensor that broadcasts to them. `mask_type` 0 is a mask
/// of (L, L), 1 one of keys (N, L); one of the full shape needs none.
template <class Lazy>
Tensor excluded_scores(const Tensor& mask, std::optional<std::int64_t> mask_type, IntSpan scores) {
  const Tensor excluded = mask.dtype() == DType::bool_ ? mask : ops::ne<Lazy>(mask, Scalar(0));
  if (mask.sizes() == scores) {
    return excluded;
  }
  if (mask.dim() != 2 || mask_type == 2) {
    raise("RuntimeError", "For mask_type == 2 mask shape should match input shape");
  }
  if (!mask_type) {
    raise("RuntimeError", "Mask Type should be defined");
  }
  if (*mask_type == 0) {
    if (mask.size(0) != scores[2] || mask.size(1) != scores[2]) {
      raise("RuntimeError", "For mask_type == 0 mask shape should be (L, L)");
    }
    return excluded;
  }
  if (*mask_type != 1) {
    raise("RuntimeError", "Mask Type should be 0 (src_mask) or 1 (src_key_padding_mask), or 2 (default_mask)");
  }
  if (mask.size(0) != scores[0] || mask.size(1) != scores[2]) {
    raise("RuntimeError", "For mask_type == 1 mask shape should be (B, L)");
  }
  return ops::reshape(excluded, {scores[0], 1, 1, scores[2]});
}

}  // namespace detail

namespace ops {

/// The attended values and the weights of the attention, which are empty unless asked for.
template <class Lazy = void>
std::tuple<Tensor, Tensor> _native_multi_head_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                                        std::int64_t embed_dim, std::int64_t num_head,
                                                        const Tensor& qkv_weight, const Tensor& qkv_bias,
                                                        const Tensor& proj_weight, const Tensor& proj_bias,
                                                        const std::optional<Tensor>& mask = std::nullopt,
                                                        bool need_weights = true, bool average_attn_weights = true,
                                                        std::optional<std::int64_t> mask_type = std::nullopt) {
  const detail::AbsentRows absent = detail::absent_rows(query);
  detail::check_not_masked(mask, absent);
  detail::check_native_attention(query, key, value, embed_dim, num_head, qkv_weight, qkv_bias);
  const Tensor none = Tensor::empty({0}, query.dtype());
  if (query.numel() == 0) {
    return {Tensor::empty(query.sizes(), query.dtype()), none};
  }
  if (num_head < 0) {
    raise("RuntimeError", {"Trying to create tensor with negative dimension ", num_head, ": ",
                           DimVector{3, query.size(0), num_head, query.size(1), embed_dim / num_head}});
  }
  const std::int64_t batch = query.size(0);
  const std::int64_t length = query.size(1);
  const std::int64_t each = embed_dim / num_head;
  const auto projected = [&](const Tensor& x, std::int64_t part) {
    const Tensor weight = narrow(qkv_weight, 0, part * embed_dim, embed_dim);
    const Tensor plain = linear(detail::zero_rows(x, absent), weight);
    if (detail::absent_bits(plain.dtype()) == 0) {
      detail::raise_no_kernel("transform_bias_rescale_qkv", plain.dtype());
    }
    // The sum is rounded once, after the queries have been scaled.
    const DType wide = plain.dtype() == DType::float64 ? DType::float64 : DType::float32;
    Tensor sum = add<Lazy>(kernels::as_dtype(plain, wide),
                           kernels::as_dtype(narrow(qkv_bias, 0, part * embed_dim, embed_dim), wide));
    if (part == 0) {
      sum = mul<Lazy>(sum, Scalar(1 / std::sqrt(static_cast<double>(each))));
    }
    const Tensor heads =
        transpose(reshape(kernels::as_dtype(sum, plain.dtype()), {batch, length, num_head, each}), 1, 2);
    return reshape(heads, {batch * num_head, length, each});
  };
  const Tensor q = projected(query, 0);
  const Tensor k = projected(key, 1);
  const Tensor v = projected(value, 2);
  Tensor scores = reshape(bmm(q, transpose(k, 1, 2)), {batch, num_head, length, length});
  const Scalar never = -std::numeric_limits<double>::infinity();
  if (mask) {
    scores = masked_fill<Lazy>(scores, detail::excluded_scores<Lazy>(*mask, mask_type, scores.sizes()), never);
  } else if (!absent.empty()) {
    const Tensor keys = Tensor::empty({batch, 1, 1, length}, DType::bool_);
    std::copy(absent.begin(), absent.end(), keys.template data_ptr<bool>());
    scores = masked_fill<Lazy>(scores, keys, never);
  }
  Tensor weights = softmax(scores, 3);
  const Tensor attended = bmm(reshape(weights, {batch * num_head, length, length}), v);
  const Tensor merged =
      reshape(transpose(reshape(attended, {batch, num_head, length, each}), 1, 2), {batch, length, embed_dim});
  const Tensor result = detail::without_rows(linear(merged, proj_weight, proj_bias), absent);
  if (!need_weights) {
    return {result, none};
  }
  if (average_attn_weights) {
    weights = div<Lazy>(ops::sum<Lazy>(weights, Dims{1}), Scalar(num_head));
  }
  return {result, weights};
}

/// A transformer encoder layer without dropout: attention and two linear layers, each added to what it is given.
template <class Lazy = void>
Tensor _transformer_encoder_layer_fwd(const Tensor& src, std::int64_t embed_dim, std::int64_t num_heads,
                                      const Tensor& qkv_weight, const Tensor& qkv_bias, const Tensor& proj_weight,
                                      const Tensor& proj_bias, bool use_gelu, bool norm_first, double eps,
                                      const Tensor& norm_weight_1, const Tensor& norm_bias_1,
                                      const Tensor& norm_weight_2, const Tensor& norm_bias_2,
                                      const Tensor& ffn_weight_1, const Tensor& ffn_bias_1, const Tensor& ffn_weight_2,
                                      const Tensor& ffn_bias_2, const std::optional<Tensor>& mask = std::nullopt,
                                      std::optional<std::int64_t> mask_type = std::nullopt) {
  const detail::AbsentRows absent = detail::absent_rows(src);
  detail::check_not_masked(mask, absent);
  const Tensor source = detail::zero_rows(src, absent);
  const Tensor in = detail::without_rows(
      norm_first ? layer_norm(source, {embed_dim}, norm_weight_1, norm_bias_1, eps) : source, absent);
  const Tensor attended = std::get<0>(_native_multi_head_attention<Lazy>(
      in, in, in, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, false, true, mask_type));
  Tensor x = add<Lazy>(detail::zero_rows(attended, absent), source);
  if (!norm_first) {
    x = layer_norm(x, {embed_dim}, norm_weight_1, norm_bias_1, eps);
  }
  const Tensor inner =
      linear(norm_first ? layer_norm(x, {embed_dim}, norm_weight_2, norm_bias_2, eps) : x, ffn_weight_1, ffn_bias_1);
  x = add<Lazy>(linear(use_gelu ? gelu<Lazy>(inner) : relu<Lazy>(inner), ffn_weight_2, ffn_bias_2), x);
  return detail::without_rows(norm_first ? x : layer_norm(x, {embed_dim}, norm_weight_2, norm_bias_2, eps), absent);
}

/// relu or gelu of beta * self + alpha * mat1 @ mat2.
template <class Lazy = void>
Tensor _addmm_activation(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
                         const Scalar& alpha = 1, bool use_gelu = false) {
  const Tensor product = addmm(self, mat1, mat2, beta, alpha);
  return use_gelu ? gelu<Lazy>(product) : relu<Lazy>(product);
}

}  // namespace ops

namespace detail {

struct SequenceLengths {
  std::vector<std::int64_t> lengths;
  bool aligned = true;
};

/// How long the sequences of `t` are, and whether their elements come first in the mask.
inline SequenceLengths sequence_lengths(const Tensor& t, const Tensor& mask) {
  if (mask.dtype() != DType::bool_) {
    raise("RuntimeError", {"Expected mask to be of ScalarType Bool, but got ", dtype_label(mask.dtype()), " instead."});
  }
  if (mask.dim() != 2) {
    raise("RuntimeError", "Padding mask should be 2D");
  }
  if (t.dim() != 3) {
    raise("RuntimeError", "Input should be a 3D tensor, N * L * D");
  }
  if (mask.size(0) != t.size(0) || mask.size(1) != t.size(1)) {
    raise("RuntimeError", "Mask size should match input size");
  }
  const Tensor source = kernels::dense(mask);
  const bool* const flags = source.data_ptr<bool>();
  SequenceLengths result;
  const std::int64_t length = mask.size(1);
  for (std::int64_t n = 0; n < mask.size(0); ++n) {
    const bool* const row = flags + n * length;
    const std::int64_t count = std::count(row, row + length, true);
    result.lengths.push_back(count);
    result.aligned = result.aligned && std::all_of(row, row + count, [](bool flag) { return flag; });
  }
  return result;
}

}  // namespace detail

namespace ops {

inline bool _nested_tensor_from_mask_left_aligned(const Tensor& t, const Tensor& mask) {
  return detail::sequence_lengths(t, mask).aligned;
}

/// The sequences of `t` as long as the mask says: the rows behind their ends are absent.
inline Tensor _nested_tensor_from_mask(const Tensor& t, const Tensor& mask, bool mask_check = true) {
  const detail::SequenceLengths found = detail::sequence_lengths(t, mask);
  if (mask_check && !found.aligned) {
    raise("RuntimeError", "Mask must be left-aligned without gaps");
  }
  detail::AbsentRows absent;
  bool any = false;
  for (const std::int64_t length : found.lengths) {
    for (std::int64_t i = 0; i < t.size(1); ++i) {
      absent.push_back(i >= length);
      any = any || i >= length;
    }
  }
  if (any && detail::absent_bits(t.dtype()) == 0) {
    detail::raise_no_kernel("sequences of different lengths", t.dtype());
  }
  if (any) {
    return detail::without_rows(t, absent);
  }
  const Tensor result = Tensor::empty(t.sizes(), t.dtype());
  detail::copy_elements(result, t);
  return result;
}

/// A tensor with `padding` in the place of absent rows, as long as the longest sequence or of a given size.
inline Tensor to_padded_tensor(const Tensor& self, double padding,
                               const std::optional<IntSpan>& output_size = std::nullopt) {
  if (self.dim() != 3) {
    raise("NotImplementedError", "to_padded_tensor takes sequences of different lengths");
  }
  const detail::AbsentRows absent = detail::absent_rows(self);
  const std::int64_t batch = self.size(0);
  const std::int64_t length = self.size(1);
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(batch), length);
  for (std::size_t row = 0; row < absent.size(); ++row) {
    lengths[row / static_cast<std::size_t>(length)] -= absent[row] ? 1 : 0;
  }
  const std::int64_t longest = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
  if (longest * self.size(2) == 0) {
    raise("RuntimeError", "to_padded_tensor: at least one constituent tensor should have non-zero numel");
  }
  DimVector sizes{batch, longest, self.size(2)};
  if (output_size) {
    if (output_size->size() != 3) {
      raise("RuntimeError", "Length of output_size does not match NestedTensor dims. Broadcasting is not supported.");
    }
    for (std::int64_t d = 0; d < 3; ++d) {
      if ((*output_size)[d] < sizes[d]) {
        raise("RuntimeError",
              "Value in output_size is less than NestedTensor padded size. Truncation is not supported.");
      }
      sizes[d] = (*output_size)[d];
    }
  }
  const Tensor result = full(sizes, Scalar(padding), self.dtype());
  for (std::int64_t n = 0; n < batch; ++n) {
    const std::int64_t own = lengths[static_cast<std::size_t>(n)];
    detail::copy_elements(narrow(narrow(select(result, 0, n), 0, 0, own), 1, 0, self.size(2)),
                          narrow(select(self, 0, n), 0, 0, own));
  }
  return result;
}

}  // namespace ops
}  // namespace ts2cpp
