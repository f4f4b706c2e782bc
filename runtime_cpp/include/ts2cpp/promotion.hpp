// Result dtypes and shapes of operators with several operands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

namespace detail {

/// Collects operands and answers their common dtype. Tensors with dimensions decide first; 0-d tensors and then
/// numbers count only when they bring a higher category (bool < int < float < complex).
class Promotion {
 public:
  void add(const Tensor& tensor) { join(tensor.dim() == 0 ? zero_dim_ : dimensioned_, tensor.dtype()); }
  void add(const Scalar& scalar) {
    const DType dtype = scalar.is_complex() ? DType::complex64 : scalar.is_float() ? DType::float32 : scalar.dtype();
    join(number_, dtype);
  }
  DType result() const {
    const std::optional<DType> common = combine(dimensioned_, combine(zero_dim_, number_));
    return common.value_or(DType::float32);
  }

 private:
  static void join(std::optional<DType>& slot, DType dtype) { slot = slot ? promote_types(*slot, dtype) : dtype; }

  static std::optional<DType> combine(std::optional<DType> higher, std::optional<DType> lower) {
    if (!higher || !lower) {
      return higher ? higher : lower;
    }
    if (is_complex(*higher)) {
      return higher;
    }
    if (is_floating_point(*higher)) {
      return is_complex(*lower) ? to_complex_dtype(*higher) : *higher;
    }
    const bool lower_decides = *higher == DType::bool_ || is_floating_point(*lower) || is_complex(*lower);
    return lower_decides ? promote_types(*higher, *lower) : *higher;
  }

  std::optional<DType> dimensioned_;
  std::optional<DType> zero_dim_;
  std::optional<DType> number_;
};

}  // namespace detail

/// The dtype that an arithmetic operator on these operands (Tensors and Scalars) computes in.
template <class... Operands>
DType result_type(const Operands&... operands) {
  detail::Promotion promotion;
  (promotion.add(operands), ...);
  return promotion.result();
}

/// The shape that `a` and `b` broadcast to; RuntimeError when they do not.
inline DimVector broadcast_sizes(IntSpan a, IntSpan b) {
  const IntSpan longer = a.size() >= b.size() ? a : b;
  const IntSpan shorter = a.size() >= b.size() ? b : a;
  const std::int64_t lead = longer.size() - shorter.size();
  DimVector result(longer);
  for (std::int64_t d = longer.size() - 1; d >= lead; --d) {
    const std::int64_t other = shorter[d - lead];
    if (result[d] == 1) {
      result[d] = other;
    } else if (other != 1 && other != result[d]) {
      const std::int64_t size_a = a.size() >= b.size() ? longer[d] : other;
      const std::int64_t size_b = a.size() >= b.size() ? other : longer[d];
      raise("RuntimeError", {"The size of tensor a (", size_a, ") must match the size of tensor b (", size_b,
                             ") at non-singleton dimension ", d});
    }
  }
  return result;
}

/// Whether `broadcast_sizes` gives a shape.
inline bool can_broadcast(IntSpan a, IntSpan b) noexcept {
  for (std::int64_t d = 1; d <= a.size() && d <= b.size(); ++d) {
    const std::int64_t size_a = a[a.size() - d];
    const std::int64_t size_b = b[b.size() - d];
    if (size_a != size_b && size_a != 1 && size_b != 1) {
      return false;
    }
  }
  return true;
}

}  // namespace ts2cpp
