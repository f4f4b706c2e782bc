// Distances between vectors, and the losses that pull and push by margins.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/loss.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/unary.hpp>

namespace ts2cpp {
namespace detail {

/// Operands of a loss in the type they are computed in, with the type of the result.
struct LossOperands {
  DType result = DType::float32;
  DType compute = DType::float32;

  template <class... More>
  explicit LossOperands(const char* name, const Tensor& first, const More&... more)
      : LossOperands(name, ts2cpp::result_type(first, more...)) {}
  /// The same for losses that take integers as float32.  What comes before the first float, a difference or a product,
  /// is taken in the integers' own type and wraps.
  template <class... More>
  static LossOperands with_integers(const char* name, const Tensor& first, const More&... more) {
    const DType common = ts2cpp::result_type(first, more...);
    return LossOperands(name, is_integral(common, true) ? DType::float32 : common);
  }
  LossOperands(const char* name, DType common) : result(common), compute(compute_dtype(common)) {
    if (!is_floating_point(result) && !is_complex(result)) {
      raise_not_implemented(name, result);
    }
  }
  Tensor operator()(const Tensor& tensor) const { return to_dtype(tensor, compute, false); }
  Tensor done(const Tensor& losses, std::int64_t reduction) const {
    const Tensor reduced = reduction == ops::kMeanReduction ? ops::mean(losses)
                           : reduction == 2                 ? ops::sum(losses)
                                                            : losses;
    return to_dtype(reduced, is_complex(reduced.dtype()) ? result : to_real_dtype(result), false);
  }
};

inline Tensor difference_norm(const Tensor& difference, double p, std::int64_t dim, bool keepdim) {
  if (difference.dim() != 0 && difference.size(dim) == 0 && (p < 0 || std::isinf(p))) {
    std::string order = std::to_string(p);
    order.erase(order.find_last_not_of('0') + 1);
    order.erase(order.find_last_not_of('.') + 1);
    raise("RuntimeError",
          {"linalg.vector_norm cannot compute the ", order, " norm on the dimension ", wrap_dim(dim, difference.dim()),
           "because this dimension is empty and the operation does not have an identity"});
  }
  return norm_impl<void>(difference, p, Dims(dim), keepdim, std::nullopt);
}

}  // namespace detail

namespace ops {

/// The p-norm of x1 - x2 + eps along the last dimension.
template <class Lazy = void>
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p = 2.0, double eps = 1e-6, bool keepdim = false) {
  const auto as = detail::LossOperands::with_integers("pairwise_distance", x1, x2);
  const Tensor difference = add<Lazy>(as(sub<Lazy>(x1, x2)), Scalar(eps));
  return detail::to_dtype(detail::difference_norm(difference, p, -1, keepdim), to_real_dtype(as.result), false);
}

/// The cosine of the angle between vectors along `dim`; lengths are at least `eps`.
template <class Lazy = void>
Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, std::int64_t dim = 1, double eps = 1e-8) {
  if (!(eps >= 0.0)) {
    raise("RuntimeError", {"eps must be non-negative, got: ", detail::short_number(eps)});
  }
  const detail::LossOperands as("cosine_similarity", x1, x2);
  const DimVector shape = broadcast_sizes(x1.sizes(), x2.sizes());
  const Tensor a = as(expand(x1, shape));
  const Tensor b = as(expand(x2, shape));
  const Tensor unit_a = div<Lazy>(a, clamp_min<Lazy>(detail::difference_norm(a, 2.0, dim, true), Scalar(eps)));
  const Tensor unit_b = div<Lazy>(b, clamp_min<Lazy>(detail::difference_norm(b, 2.0, dim, true), Scalar(eps)));
  return detail::to_dtype(ops::sum<Lazy>(mul<Lazy>(unit_a, unit_b), Dims(dim)), as.result, false);
}

/// max(0, -target * (input1 - input2) + margin)
template <class Lazy = void>
Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin = 0.0,
                           std::int64_t reduction = kMeanReduction) {
  const auto as = detail::LossOperands::with_integers("clamp_min_scalar", input1, input2, target);
  const Tensor gap = as(mul<Lazy>(neg<Lazy>(target), sub<Lazy>(input1, input2)));
  return as.done(clamp_min<Lazy>(add<Lazy>(gap, Scalar(margin)), Scalar(0)), reduction);
}

/// The input where the target is 1, what is missing to the margin where it is -1.
template <class Lazy = void>
Tensor hinge_embedding_loss(const Tensor& self, const Tensor& target, double margin = 1.0,
                            std::int64_t reduction = kMeanReduction) {
  const detail::LossOperands as("clamp_min_scalar", self, target);
  const Tensor x = as(self);
  const Tensor y = as(target);
  const Tensor zero = zeros_like(x);
  const Tensor far =
      where<Lazy>(ne<Lazy>(y, Scalar(1)), clamp_min<Lazy>(rsub<Lazy>(x, Scalar(margin)), Scalar(0)), zero);
  const Tensor near = where<Lazy>(ne<Lazy>(y, Scalar(-1)), x, zero);
  return as.done(add<Lazy>(far, near), reduction);
}

/// log(1 + exp(-target * self))
template <class Lazy = void>
Tensor soft_margin_loss(const Tensor& self, const Tensor& target, std::int64_t reduction = kMeanReduction) {
  const detail::LossOperands as("exp", self, target);
  // Each step in the type of the operands: float16 overflows where torch's does.
  return as.done(as(log1p<Lazy>(exp<Lazy>(mul<Lazy>(neg<Lazy>(target), self)))), reduction);
}

/// 1 - cosine where the target is 1, the cosine beyond the margin where it is -1.
template <class Lazy = void>
Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin = 0.0,
                             std::int64_t reduction = kMeanReduction) {
  if (target.dim() > 1) {
    raise("RuntimeError", "0D or 1D target tensor expected, multi-target not supported");
  }
  if (input1.dim() != target.dim() + 1 || input2.dim() != target.dim() + 1) {
    raise("RuntimeError",
          {target.dim(), "D target tensor expects ", target.dim() + 1, "D input tensors, but found inputs with sizes ",
           input1.sizes(), " and ", input2.sizes(), "."});
  }
  const auto as = detail::LossOperands::with_integers("cosine", input1, input2);
  const auto dot = [&](const Tensor& x, const Tensor& y) {
    const Tensor product = mul<Lazy>(x, y);  // of integers in their own type, and their sum in int64
    return is_integral(product.dtype(), true) ? as(ops::sum<Lazy>(product, Dims(-1)))
                                              : ops::sum<Lazy>(as(product), Dims(-1));
  };
  const auto length = [&](const Tensor& x) { return add<Lazy>(dot(x, x), Scalar(1e-12)); };
  const Tensor cosine = div<Lazy>(dot(input1, input2), sqrt<Lazy>(mul<Lazy>(length(input1), length(input2))));
  const Tensor zero = zeros_like(cosine);
  const Tensor near = where<Lazy>(eq<Lazy>(target, Scalar(1)), rsub<Lazy>(cosine, Scalar(1)), zero);
  const Tensor far =
      where<Lazy>(eq<Lazy>(target, Scalar(-1)), clamp_min<Lazy>(sub<Lazy>(cosine, Scalar(margin)), Scalar(0)), zero);
  return as.done(add<Lazy>(near, far), reduction);
}

/// max(0, margin + |anchor - positive| - |anchor - negative|); with `swap` the smaller of the two negative distances.
template <class Lazy = void>
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin = 1.0,
                           double p = 2.0, double eps = 1e-6, bool swap = false,
                           std::int64_t reduction = kMeanReduction) {
  if (anchor.dim() != positive.dim() || positive.dim() != negative.dim()) {
    raise("RuntimeError",
          {"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
           "anchor ",
           anchor.dim(), "D, positive ", positive.dim(), "D, and negative ", negative.dim(), "D inputs"});
  }
  const auto as = detail::LossOperands::with_integers("triplet", anchor, positive, negative);
  const auto distance = [&](const Tensor& a, const Tensor& b) {
    return detail::difference_norm(add<Lazy>(as(sub<Lazy>(a, b)), Scalar(eps)), p, -1, false);
  };
  Tensor far = distance(anchor, negative);
  if (swap) {
    far = minimum<Lazy>(far, distance(positive, negative));
  }
  const Tensor gap = sub<Lazy>(add<Lazy>(distance(anchor, positive), Scalar(margin)), far);
  return as.done(clamp_min<Lazy>(gap, Scalar(0)), reduction);
}

/// Poisson negative log likelihood of the target at rate exp(input), or at rate input.
template <class Lazy = void>
Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input, bool full, double eps,
                        std::int64_t reduction) {
  const auto as = detail::LossOperands::with_integers("exp", input, target);
  const Tensor x = as(input);
  const Tensor y = as(target);
  Tensor losses = log_input ? sub<Lazy>(exp<Lazy>(x), mul<Lazy>(y, x))
                            : sub<Lazy>(x, mul<Lazy>(y, log<Lazy>(add<Lazy>(x, Scalar(eps)))));
  if (full) {
    const Tensor root = mul<Lazy>(log<Lazy>(mul<Lazy>(y, Scalar(2 * 3.14159265358979323846))), Scalar(0.5));
    const Tensor stirling = add<Lazy>(sub<Lazy>(mul<Lazy>(y, log<Lazy>(y)), y), root);
    losses = add<Lazy>(losses, where<Lazy>(le<Lazy>(y, Scalar(1)), zeros_like(stirling), stirling));
  }
  return as.done(losses, reduction);
}

}  // namespace ops
}  // namespace ts2cpp
