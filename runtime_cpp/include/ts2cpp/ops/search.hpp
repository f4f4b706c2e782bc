// Binary search: where values belong in sorted sequences.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/promotion.hpp>

namespace ts2cpp {
namespace detail {

/// A sequence in the order that `sorter` gives, along the last dimension.
inline Tensor sorted_by(const Tensor& sequence, const Tensor& sorter) {
  if (sorter.sizes() != sequence.sizes()) {
    raise("RuntimeError",
          {"torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor ",
           sequence.sizes(), "and got sorter tensor ", sorter.sizes()});
  }
  if (sorter.dtype() != DType::int64) {
    raise("RuntimeError",
          {"torch.searchsorted(): sorter must be a tensor of long dtype but got dtype ", dtype_label(sorter.dtype())});
  }
  const Tensor values = kernels::dense(sequence);
  const Tensor places = kernels::dense(sorter);
  const Tensor result = Tensor::empty(sequence.sizes(), sequence.dtype());
  const std::int64_t length = sequence.dim() == 0 ? 1 : sequence.size(-1);
  const std::int64_t itemsize = values.itemsize();
  for (std::int64_t i = 0; i < places.numel(); ++i) {
    const std::int64_t place = places.data_ptr<std::int64_t>()[i];
    if (place < 0 || place >= length) {
      raise("RuntimeError", "torch.searchsorted(): sorter index out of range");
    }
    const char* const from = values.data_ptr<char>() + (i / length * length + place) * itemsize;
    std::copy(from, from + itemsize, result.data_ptr<char>() + i * itemsize);
  }
  return result;
}

/// The first place from which on elements are not smaller than x (larger than x if `after`). What no comparison with
/// nan says is taken for no, as in PyTorch.
template <class T>
std::int64_t search_line(const T* line, std::int64_t length, T x, bool after) {
  std::int64_t begin = 0;
  std::int64_t end = length;
  while (begin < end) {
    const std::int64_t middle = begin + (end - begin) / 2;
    const bool found = after ? line[middle] > x : line[middle] >= x;
    (found ? end : begin) = found ? middle : middle + 1;
  }
  return begin;
}

inline Tensor search_impl(const Tensor& sequence, const Tensor& values, DType common, bool out_int32, bool after) {
  const Tensor result = Tensor::empty(values.sizes(), DType::int64);
  if (common == DType::bool_ || is_complex(common)) {
    raise_no_kernel("searchsorted_out_cpu", common);
  }
  const DType compute = compute_dtype(common);
  const Tensor edges = contiguous_copy(to_dtype(sequence, common, false), compute);
  const Tensor wanted = contiguous_copy(to_dtype(values, common, false), compute);
  const std::int64_t length = edges.size(-1);
  const std::int64_t line = wanted.dim() == 0 ? 1 : wanted.size(-1);
  const bool shared = sequence.dim() == 1;
  std::int64_t* const out = result.data_ptr<std::int64_t>();
  visit(Reals{}, compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = wanted.data_ptr<T>();
    for (std::int64_t i = 0; i < wanted.numel(); ++i) {
      out[i] = search_line(edges.data_ptr<T>() + (shared ? 0 : i / line * length), length, data[i], after);
    }
  });
  return to_dtype(result, out_int32 ? DType::int32 : DType::int64, false);
}

/// The checks of every search; gives whether equal elements are passed over.
inline bool check_search(const Tensor& sequence, const Tensor& values, bool right,
                         const std::optional<std::string_view>& side) {
  if (side && *side != "left" && *side != "right") {
    raise("RuntimeError", {"torch.searchsorted(): side can only be 'left' or 'right' but got ", *side});
  }
  if (right && side && *side == "left") {
    raise("RuntimeError",
          "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True");
  }
  if (sequence.dim() == 0) {
    raise("RuntimeError",
          "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension");
  }
  if (sequence.dim() > 1 && values.dim() == 0) {
    raise("RuntimeError",
          {"torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
           "boundaries tensor dim(",
           sequence.dim(), ") and input value's dim(0) numel(1)"});
  }
  bool fits = sequence.dim() == 1 || values.dim() == sequence.dim();
  for (std::int64_t d = 0; fits && sequence.dim() > 1 && d + 1 < values.dim(); ++d) {
    fits = values.sizes()[d] == sequence.sizes()[d];
  }
  if (!fits) {
    raise("RuntimeError",
          {"torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
           "tensor and input value tensor must match, but we got boundaries tensor ",
           sequence.sizes(), " and input value tensor ", values.sizes()});
  }
  return right || (side && *side == "right");
}

inline void check_boundaries(const Tensor& boundaries) {
  if (boundaries.dim() != 1) {
    raise("RuntimeError", {"boundaries tensor must be 1 dimension, but got dim(", boundaries.dim(), ")"});
  }
}

/// A number as a tensor of the type in which it is looked up.
inline Tensor searched_number(const Tensor& sequence, const Scalar& value) {
  const bool wide = value.is_float() && !is_floating_point(sequence.dtype());
  const DType dtype = wide ? DType::float32 : value.is_float() ? sequence.dtype() : value.dtype();
  const Tensor result = Tensor::empty({}, dtype);
  store_scalar(value, dtype, result.raw_data());
  return result;
}

}  // namespace detail

namespace ops {

/// Where values would go into a sorted sequence (the last dimension); `right` puts them after equal elements.
inline Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& self, bool out_int32 = false,
                           bool right = false, std::optional<std::string_view> side = std::nullopt,
                           const std::optional<Tensor>& sorter = std::nullopt) {
  const bool after = detail::check_search(sorted_sequence, self, right, side);
  const Tensor edges = sorter ? detail::sorted_by(sorted_sequence, *sorter) : sorted_sequence;
  return detail::search_impl(edges, self, result_type(sorted_sequence, self), out_int32, after);
}
inline Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& self, bool out_int32 = false,
                           bool right = false, std::optional<std::string_view> side = std::nullopt,
                           const std::optional<Tensor>& sorter = std::nullopt) {
  return searchsorted(sorted_sequence, detail::searched_number(sorted_sequence, self), out_int32, right, side, sorter);
}
inline Tensor bucketize(const Scalar& self, const Tensor& boundaries, bool out_int32 = false, bool right = false) {
  detail::check_boundaries(boundaries);
  return searchsorted(boundaries, self, out_int32, right);
}
inline Tensor bucketize(const Tensor& self, const Tensor& boundaries, bool out_int32 = false, bool right = false) {
  detail::check_boundaries(boundaries);
  return searchsorted(boundaries, self, out_int32, right);
}

}  // namespace ops
}  // namespace ts2cpp
