// Multi-head attention as torch.nn.functional has it in evaluation: projections, attention of all heads, projection.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <ts2cpp/format.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/attention.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/softmax.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp::ops {

/// A mask as one that is added to scores: minus infinity where a mask of bool is true, a floating mask as it is.
inline std::optional<Tensor> canonical_mask(const std::optional<Tensor>& mask, std::string_view mask_name,
                                            std::optional<DType> other_type, std::string_view other_name,
                                            DType target_type, bool check_other = true) {
  if (!mask.has_value()) {
    return std::nullopt;
  }
  const bool is_float = is_floating_point(mask->dtype());
  if (!is_float && mask->dtype() != DType::bool_) {
    raise("AssertionError", {"only bool and floating types of ", mask_name, " are supported"});
  }
  if (check_other && other_type.has_value() && *other_type != mask->dtype()) {
    warn(format("Support for mismatched {} and {} is deprecated. Use same type for both instead.",
                std::string(mask_name), std::string(other_name)));
  }
  if (is_float) {
    return mask;
  }
  return masked_fill_(zeros_like(*mask, target_type), *mask, -std::numeric_limits<double>::infinity());
}

namespace attention_detail {

/// The ranks of the inputs agree about a batch dimension; whether they have one.
inline bool check_attention_ranks(const Tensor& query, const Tensor& key, const Tensor& value,
                                  const std::optional<Tensor>& key_padding_mask, const std::optional<Tensor>& attn_mask,
                                  std::int64_t num_heads) {
  const bool batched = query.dim() == 3;
  require(batched || query.dim() == 2, "AssertionError",
          "query should be unbatched 2D or batched 3D tensor but received {}-D query tensor", query.dim());
  const auto fail = [batched](const std::string& what) {
    raise("AssertionError",
          {batched ? "For batched (3-D) `query`, expected " : "For unbatched (2-D) `query`, expected ", what});
  };
  const std::int64_t rank = query.dim();
  if (key.dim() != rank || value.dim() != rank) {
    fail(format("`key` and `value` to be {}-D but found {}-D and {}-D tensors respectively", rank, key.dim(),
                value.dim()));
  }
  if (key_padding_mask.has_value() && key_padding_mask->dim() != rank - 1) {
    fail(format("`key_padding_mask` to be `None` or {}-D but found {}-D tensor instead", rank - 1,
                key_padding_mask->dim()));
  }
  if (attn_mask.has_value()) {
    if (attn_mask->dim() != 2 && attn_mask->dim() != 3) {
      fail(format("`attn_mask` to be `None`, 2-D or 3-D but found {}-D tensor instead", attn_mask->dim()));
    }
    if (!batched && attn_mask->dim() == 3 && attn_mask->sizes() != IntSpan{num_heads, query.size(0), key.size(0)}) {
      const std::tuple<std::int64_t, std::int64_t, std::int64_t> wanted{num_heads, query.size(0), key.size(0)};
      raise("AssertionError", format("Expected `attn_mask` shape to be {} but got {}", wanted, size(*attn_mask)));
    }
  }
  return batched;
}

struct Projections {
  Tensor query;
  Tensor key;
  Tensor value;
};

/// `count` projections of one tensor, made by one product, as a contiguous stack.
inline Tensor stacked_projection(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                                 std::int64_t count, std::int64_t width) {
  const Tensor joined = unflatten(linear(x, weight, bias), -1, {count, width});
  return contiguous(squeeze(transpose(unsqueeze(joined, 0), 0, -2), -2));
}

/// Query, key and value through the three parts of one weight; what is one tensor goes through one product.
inline Projections project_inputs(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& weight,
                                  const std::optional<Tensor>& bias) {
  const std::int64_t width = query.size(-1);
  if (key.is(value) && query.is(key)) {
    const Tensor stack = stacked_projection(query, weight, bias, 3, width);
    return {select(stack, 0, 0), select(stack, 0, 1), select(stack, 0, 2)};
  }
  const auto part = [&bias](const List<Tensor>& parts, std::int64_t index) {
    return bias.has_value() ? std::optional<Tensor>(parts.at(index)) : std::nullopt;
  };
  if (key.is(value)) {
    const auto [query_weight, pair_weight] = unpack<2>(split(weight, {width, width * 2}));
    const List<Tensor> biases = bias.has_value() ? split(*bias, {width, width * 2}) : List<Tensor>{};
    const Tensor projected = linear(query, query_weight, part(biases, 0));
    const Tensor stack = stacked_projection(key, pair_weight, part(biases, 1), 2, width);
    return {projected, select(stack, 0, 0), select(stack, 0, 1)};
  }
  const auto [query_weight, key_weight, value_weight] = unpack<3>(chunk(weight, 3));
  const List<Tensor> biases = bias.has_value() ? chunk(*bias, 3) : List<Tensor>{};
  const Tensor projected = linear(query, query_weight, part(biases, 0));
  const Tensor keys = linear(key, key_weight, part(biases, 1));
  return {projected, keys, linear(value, value_weight, part(biases, 2))};
}

}  // namespace attention_detail

/// torch.nn.functional.multi_head_attention_forward without dropout, additional biases and zeros: query[L, N, E]
/// attends to key[S, N, E] and value[S, N, E], with `num_heads` heads; N may be absent. The output is [L, N, E]; with
/// `need_weights` come the attention weights [N, L, S], averaged over heads, or [N, heads, L, S].
inline std::tuple<Tensor, std::optional<Tensor>> multi_head_attention(
    Tensor query, Tensor key, Tensor value, std::int64_t embed_dim, std::int64_t num_heads,
    const Tensor& in_proj_weight, const std::optional<Tensor>& in_proj_bias, const Tensor& out_proj_weight,
    const std::optional<Tensor>& out_proj_bias, std::optional<Tensor> key_padding_mask = std::nullopt,
    bool need_weights = true, std::optional<Tensor> attn_mask = std::nullopt, bool average_attn_weights = true,
    bool is_causal = false) {
  const bool batched =
      attention_detail::check_attention_ranks(query, key, value, key_padding_mask, attn_mask, num_heads);
  if (!batched) {
    query = unsqueeze(query, 1);
    key = unsqueeze(key, 1);
    value = unsqueeze(value, 1);
    if (key_padding_mask.has_value()) {
      key_padding_mask = unsqueeze(*key_padding_mask, 0);
    }
  }
  const std::int64_t targets = query.size(0);
  const std::int64_t batch = query.size(1);
  const std::int64_t width = query.size(2);
  const std::int64_t sources = key.size(0);
  const std::optional<DType> mask_type =
      attn_mask.has_value() ? std::optional<DType>(attn_mask->dtype()) : std::nullopt;
  key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", mask_type, "attn_mask", query.dtype());
  require(!is_causal || attn_mask.has_value(), "RuntimeError",
          "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
          "`generate_square_subsequent_mask` to create this mask.");
  if (is_causal && !key_padding_mask.has_value() && !need_weights) {
    attn_mask = std::nullopt;
  } else {
    attn_mask = canonical_mask(attn_mask, "attn_mask", std::nullopt, "", query.dtype(), false);
    is_causal = is_causal && !key_padding_mask.has_value();
  }
  require(width == embed_dim, "AssertionError", "was expecting embedding dimension of {}, but got {}", embed_dim,
          width);
  const std::int64_t head_width = floor_div(width, num_heads);
  require(head_width * num_heads == width, "AssertionError", "embed_dim {} not divisible by num_heads {}", width,
          num_heads);
  if (key.sizes() != value.sizes()) {
    raise("AssertionError", format("key shape {} does not match value shape {}", size(key), size(value)));
  }
  auto [q, k, v] = attention_detail::project_inputs(query, key, value, in_proj_weight, in_proj_bias);
  const std::int64_t heads = batch * num_heads;
  if (attn_mask.has_value()) {
    if (attn_mask->dim() == 2) {
      if (attn_mask->sizes() != IntSpan{targets, sources}) {
        const std::tuple<std::int64_t, std::int64_t> wanted{targets, sources};
        raise("RuntimeError",
              format("The shape of the 2D attn_mask is {}, but should be {}.", size(*attn_mask), wanted));
      }
      attn_mask = unsqueeze(*attn_mask, 0);
    } else {
      require(attn_mask->dim() == 3, "RuntimeError", "attn_mask's dimension {} is not supported", attn_mask->dim());
      if (attn_mask->sizes() != IntSpan{heads, targets, sources}) {
        const std::tuple<std::int64_t, std::int64_t, std::int64_t> wanted{heads, targets, sources};
        raise("RuntimeError",
              format("The shape of the 3D attn_mask is {}, but should be {}.", size(*attn_mask), wanted));
      }
    }
  }
  q = transpose(view(q, {targets, heads, head_width}), 0, 1);
  k = transpose(view(k, {k.size(0), heads, head_width}), 0, 1);
  v = transpose(view(v, {v.size(0), heads, head_width}), 0, 1);
  if (key_padding_mask.has_value()) {
    const Tensor spread = expand(view(*key_padding_mask, {batch, 1, 1, sources}), {-1, num_heads, -1, -1});
    const Tensor padding = reshape(spread, {heads, 1, sources});
    attn_mask = attn_mask.has_value() ? *attn_mask + padding : padding;
  }
  const auto finished = [&](const Tensor& mixed) {
    const Tensor rows = linear(mixed, out_proj_weight, out_proj_bias);
    const Tensor out = view(rows, {targets, batch, rows.size(1)});
    return batched ? out : squeeze(out, 1);
  };
  if (!need_weights) {
    if (attn_mask.has_value()) {
      attn_mask = attn_mask->size(0) == 1 && attn_mask->dim() == 3 ? unsqueeze(*attn_mask, 0)
                                                                   : view(*attn_mask, {batch, num_heads, -1, sources});
    }
    q = view(q, {batch, num_heads, targets, head_width});
    k = view(k, {batch, num_heads, sources, head_width});
    v = view(v, {batch, num_heads, sources, head_width});
    const Tensor mixed = scaled_dot_product_attention(q, k, v, attn_mask, 0.0, is_causal);
    return {finished(reshape(permute(mixed, {2, 0, 1, 3}), {batch * targets, width})), std::nullopt};
  }
  q = q * std::sqrt(1.0 / static_cast<double>(head_width));
  require(!is_causal || attn_mask.has_value(), "AssertionError", "is_causal is not implemented for need_weights");
  const Tensor turned = transpose(k, -2, -1);
  Tensor weights = softmax(attn_mask.has_value() ? baddbmm(*attn_mask, q, turned) : bmm(q, turned), -1);
  const Tensor out = finished(reshape(transpose(bmm(weights, v), 0, 1), {targets * batch, width}));
  weights = view(weights, {batch, num_heads, targets, sources});
  if (average_attn_weights) {
    weights = mean(weights, IntSpan{1});
  }
  return {out, batched ? weights : squeeze(weights, 0)};
}

}  // namespace ts2cpp::ops
