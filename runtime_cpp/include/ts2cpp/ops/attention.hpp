// scaled_dot_product_attention.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>

#include <ts2cpp/kernels/attention.hpp>
#include <ts2cpp/kernels/product.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/random.hpp>

namespace ts2cpp {
namespace detail {

inline void check_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                            const std::optional<Tensor>& mask, bool causal) {
  if (query.dtype() != key.dtype() || query.dtype() != value.dtype()) {
    raise("RuntimeError", {"Expected query, key, and value to have the same dtype, but got query.dtype: ",
                           dtype_element_name(query.dtype()), " key.dtype: ", dtype_element_name(key.dtype()),
                           " and value.dtype: ", dtype_element_name(value.dtype()), " instead."});
  }
  if (query.dim() < 2 || key.dim() < 2 || value.dim() < 2) {
    raise("RuntimeError", {"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: ",
                           query.dim(), " key.dim: ", key.dim(), " and value.dim: ", value.dim(), " instead."});
  }
  static_cast<void>(causal);
  if (mask.has_value() && mask->defined() && mask->dtype() != DType::bool_ && mask->dtype() != DType::float32 &&
      mask->dtype() != query.dtype()) {
    raise("RuntimeError",
          {"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: ",
           dtype_element_name(mask->dtype()), " and  query.dtype: ", dtype_element_name(query.dtype()), " instead."});
  }
  if (!is_floating_point(query.dtype())) {
    raise("RuntimeError", {"expected scalar type Float but found ", dtype_label(query.dtype())});
  }
}

/// A mask to be added to the scores: a bool mask becomes 0 and -infinity.
inline Tensor additive_mask(const Tensor& mask, DType dtype) {
  Tensor added = kernels::as_dtype(mask, dtype);
  if (mask.dtype() == DType::bool_) {
    detail::visit(detail::Floats{}, dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      T* const values = added.data_ptr<T>();
      for (std::int64_t i = 0; i < added.numel(); ++i) {
        values[i] = values[i] != T{0} ? T{0} : -std::numeric_limits<T>::infinity();
      }
    });
  }
  return added;
}

/// Repeats each head of key or value for the query heads that share it.
inline Tensor repeat_heads(const Tensor& tensor, std::int64_t heads) {
  const std::int64_t rank = tensor.dim();
  const std::int64_t own = tensor.sizes()[rank - 3];
  DimVector sizes(tensor.sizes());
  DimVector strides(tensor.strides());
  sizes.insert(rank - 2, heads / own);
  strides.insert(rank - 2, 0);
  const Tensor repeated = kernels::dense(tensor.with_layout(sizes, strides, tensor.storage_offset()));
  DimVector merged(tensor.sizes());
  merged[rank - 3] = heads;
  return kernels::reshaped(repeated, merged);
}

/// Whether PyTorch has one kernel for it, whose result lies in memory as the query does.
inline bool is_fused_attention(const Tensor& query, const Tensor& key, const Tensor& value, IntSpan result_sizes) {
  return query.dim() == 4 && query.numel() > 0 && query.sizes() == result_sizes && query.strides()[3] == 1 &&
         key.strides()[key.dim() - 1] == 1 && value.strides()[value.dim() - 1] == 1;
}

/// Drops weights of attention: each becomes 0 with probability `p`, or grows by 1 / (1 - p).
inline void drop_attention_weights(const Tensor& weights, double p) {
  const std::lock_guard<std::mutex> lock(generator_mutex());
  detail::visit(detail::Floats{}, weights.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T factor = T{1} / static_cast<T>(1.0 - p);
    T* const values = weights.data_ptr<T>();
    for (std::int64_t i = 0; i < weights.numel(); ++i) {
      values[i] = p < 1.0 && default_generator().uniform53() < 1.0 - p ? values[i] * factor : values[i] * T{0};
    }
  });
}

/// What the weights of attention are for the values of a batch: with these in their place they are the result.
inline Tensor identity_values(std::int64_t keys, DType dtype) {
  const Tensor identity = Tensor::empty({keys, keys}, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = 0; i < keys * keys; ++i) {
      identity.data_ptr<T>()[i] = i % (keys + 1) == 0 ? T{1} : T{0};
    }
  });
  return identity;
}

}  // namespace detail

namespace ops {

/// softmax(query[..., L, E] @ key[..., S, E].T * scale + mask) @ value[..., S, V] -> [..., L, V]. The mask broadcasts
/// to [..., L, S]: True or 0 lets through, False or -infinity does not. `scale` defaults to 1 / sqrt(E); `enable_gqa`
/// lets several query heads share one key and value head. With `dropout_p` the weights go through dropout.
inline Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                           const std::optional<Tensor>& attn_mask = std::nullopt,
                                           double dropout_p = 0.0, bool is_causal = false,
                                           std::optional<double> scale = std::nullopt, bool enable_gqa = false) {
  detail::check_attention(query, key, value, attn_mask, is_causal);
  if (!(dropout_p >= 0.0 && dropout_p <= 1.0)) {
    raise("RuntimeError",
          {"dropout probability has to be between 0 and 1, but got ", detail::format_double(dropout_p, 'g', 6)});
  }
  const DType dtype = detail::compute_dtype(query.dtype());
  const Tensor q = kernels::as_dtype(query, dtype);
  Tensor k = kernels::as_dtype(key, dtype);
  Tensor v = kernels::as_dtype(value, dtype);
  if (is_causal && attn_mask.has_value() && attn_mask->defined()) {
    raise("RuntimeError", "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
  }
  std::int64_t k_sharing = 1;  // query heads to a head of keys: consecutive ones
  std::int64_t v_sharing = 1;
  if (enable_gqa && q.dim() >= 3 && k.dim() >= 3 && v.dim() >= 3) {
    const std::int64_t heads = q.size(-3);
    if (k.size(-3) == 0 || heads % k.size(-3) != 0 || v.size(-3) == 0 || heads % v.size(-3) != 0) {
      raise("RuntimeError", "Number of heads in key and value must divide the number of heads in ");
    }
    k_sharing = heads / k.size(-3);
    v_sharing = heads / v.size(-3);
    if (dropout_p > 0.0) {
      k = k_sharing == 1 ? k : detail::repeat_heads(k, heads);
      v = v_sharing == 1 ? v : detail::repeat_heads(v, heads);
      k_sharing = v_sharing = 1;
    }
  }
  const auto leading = [](const Tensor& tensor, std::int64_t sharing) {
    DimVector sizes(IntSpan(tensor.sizes().data(), tensor.dim() - 2));
    if (sharing > 1) {
      sizes[sizes.size() - 1] *= sharing;
    }
    return sizes;
  };
  DimVector batch = broadcast_sizes(leading(q, 1), leading(k, k_sharing));
  batch = broadcast_sizes(batch, leading(v, v_sharing));
  const kernels::AttentionSizes sizes{q.size(-2), k.size(-2), q.size(-1), v.size(-1), is_causal};
  std::int64_t heads = 1;
  for (const std::int64_t size : batch) {
    heads *= size;
  }
  const auto check = [&](std::int64_t expected, std::int64_t rows, std::int64_t cols) {
    if (expected != rows) {
      raise("RuntimeError", {"Expected size for first two dimensions of batch2 tensor to be: [", heads, ", ", expected,
                             "] but got: [", heads, ", ", cols, "]."});
    }
  };
  check(sizes.width, k.size(-1), k.size(-1));
  check(sizes.keys, v.size(-2), v.size(-2));
  DimVector score_sizes(batch);
  score_sizes.push_back(sizes.queries);
  score_sizes.push_back(sizes.keys);
  Tensor mask;
  if (attn_mask.has_value() && attn_mask->defined()) {
    if (broadcast_sizes(score_sizes, attn_mask->sizes()) != IntSpan(score_sizes)) {
      kernels::expanded_strides(*attn_mask, score_sizes);
    }
    mask = kernels::expanded(detail::additive_mask(*attn_mask, dtype), score_sizes);
  }
  DimVector out_sizes(batch);
  out_sizes.push_back(sizes.queries);
  out_sizes.push_back(sizes.values);
  if (dropout_p > 0.0) {
    const Tensor weights = kernels::dense(scaled_dot_product_attention(q, k, detail::identity_values(sizes.keys, dtype),
                                                                       attn_mask, 0.0, is_causal, scale, false));
    detail::drop_attention_weights(weights, dropout_p);
    const Tensor product = Tensor::empty(out_sizes, dtype);
    kernels::multiply_batched(weights, v, product);
    return kernels::as_dtype(product, query.dtype());
  }
  const bool fused = detail::is_fused_attention(query, key, value, out_sizes);
  const Tensor out = fused ? detail::empty_preserving(query, dtype) : Tensor::empty(out_sizes, dtype);
  const IntSpan out_strides(out.strides().data(), batch.size());
  const DimVector q_strides = kernels::batch_strides(q, batch);
  DimVector k_batch(batch);
  DimVector v_batch(batch);
  if (!batch.empty()) {
    k_batch[batch.size() - 1] /= k_sharing;
    v_batch[batch.size() - 1] /= v_sharing;
  }
  const DimVector k_strides = kernels::batch_strides(k, k_batch);
  const DimVector v_strides = kernels::batch_strides(v, v_batch);
  const double factor = scale.value_or(1.0 / std::sqrt(static_cast<double>(sizes.width)));
  const std::int64_t blocks = kernels::ceil_div(sizes.queries, kernels::kQueryBlock);
  const std::int64_t work = kernels::kQueryBlock * sizes.keys * (sizes.width + sizes.values + 8);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto matrix = [](const kernels::MatrixRef& ref) {
      return kernels::Matrix<T>{static_cast<const T*>(ref.data), ref.row, ref.col};
    };
    parallel_for(heads * blocks, kernels::task_grain(work), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t index = task / blocks;
        kernels::AttentionHead<T> head;
        head.q = matrix(kernels::matrix_at(q, batch, q_strides, index));
        head.k = matrix(kernels::matrix_at(k, k_batch, k_strides, index / k_sharing));
        head.v = matrix(kernels::matrix_at(v, v_batch, v_strides, index / v_sharing));
        if (mask.defined()) {
          head.mask = matrix(kernels::matrix_at(mask, batch, IntSpan(mask.strides().data(), batch.size()), index));
        }
        const kernels::MatrixRef result = kernels::matrix_at(out, batch, out_strides, index);
        head.out = static_cast<T*>(result.data);
        head.out_row = result.row;
        const std::int64_t first = task % blocks * kernels::kQueryBlock;
        kernels::attend_block<T>(sizes, head, static_cast<T>(factor), first,
                                 std::min(kernels::kQueryBlock, sizes.queries - first));
      }
    });
  });
  if (!fused || dtype == query.dtype()) {
    return kernels::as_dtype(out, query.dtype());
  }
  const Tensor narrow = detail::empty_preserving(query, query.dtype());
  detail::copy_elements(narrow, out);
  return narrow;
}

}  // namespace ops
}  // namespace ts2cpp
