// Reductions of the segments of a dimension, which have lengths of their own.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>

namespace ts2cpp {
namespace detail {

enum class SegmentReduction : std::uint8_t { sum, product, mean, maximum, minimum };

inline SegmentReduction segment_reduction(std::string_view reduce) {
  if (reduce == "sum" || reduce == "mean") {
    return reduce == "sum" ? SegmentReduction::sum : SegmentReduction::mean;
  }
  if (reduce == "max" || reduce == "amax") {
    return SegmentReduction::maximum;
  }
  if (reduce == "min" || reduce == "amin") {
    return SegmentReduction::minimum;
  }
  if (reduce == "prod") {
    return SegmentReduction::product;
  }
  raise("RuntimeError", {"reduce argument must be either sum, prod, mean, amax or amin, got ", reduce});
}

/// Where segments begin and end, `count` of them in each row.
struct Segments {
  std::int64_t count = 0;
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> ends;
};

inline Segments segments_of(const Tensor& data, std::int64_t axis, const Tensor& given, bool by_offsets, bool unsafe) {
  const std::string word = by_offsets ? "offsets" : "lengths";
  const std::string hint =
      " to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement "
      "request to PyTorch.)";
  if (data.dim() < given.dim()) {
    raise("RuntimeError", {"Expected data.dim() >= ", word, "_value.dim()", hint});
  }
  if (axis != given.dim() - 1) {
    raise("RuntimeError",
          {"segment_reduce(): Expected axis to be the last dimension of ", word, " but got ", axis, "."});
  }
  if (given.dtype() != DType::int64 && given.dtype() != DType::int32) {
    raise_no_kernel("_segment_reduce_" + word + "_cpu_kernel1", given.dtype());
  }
  const Tensor values = kernels::dense_as(given, DType::int64);
  const std::int64_t* const value = values.data_ptr<std::int64_t>();
  const std::int64_t extent = data.sizes()[axis];
  const std::int64_t width = given.size(-1);
  const std::int64_t rows = width == 0 ? 0 : values.numel() / width;
  Segments found;
  found.count = by_offsets ? width - 1 : width;
  if (found.count < 0) {
    DimVector sizes(data.sizes());
    sizes[axis] = -1;
    raise("RuntimeError", {"Trying to create tensor with negative dimension -1: ", sizes});
  }
  if (!by_offsets && !unsafe && values.numel() == 0) {
    raise("RuntimeError",
          "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
          "'dim' argument.");
  }
  std::int64_t needed = 1;
  for (std::int64_t d = 0; d < axis; ++d) {
    needed *= data.sizes()[d];
  }
  if (rows < needed && found.count != 0) {
    raise("RuntimeError", {"segment_reduce(): the ", word, " have too few rows for the data"});
  }
  bool inside = true;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::int64_t place = 0;
    for (std::int64_t i = 0; i < found.count; ++i) {
      const std::int64_t own = value[row * width + i];
      const std::int64_t start = by_offsets ? own : place;
      std::int64_t end = by_offsets ? value[row * width + i + 1] : 0;
      if (!by_offsets && own < 0 && !unsafe) {
        raise("RuntimeError", "lengths contains negative value!");
      }
      inside = !(!by_offsets && __builtin_add_overflow(place, own, &end)) && inside;
      if (end < start) {
        raise("RuntimeError", {"Expected segment_length >= 0", hint});
      }
      inside = inside && start >= 0 && end <= extent;
      found.starts.push_back(start);
      found.ends.push_back(end);
      place = end;
    }
    if (!by_offsets && !unsafe && place != extent) {
      raise("RuntimeError",
            "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when "
            "!unsafe.");
    }
  }
  if (!inside) {
    raise("RuntimeError", {"segment_reduce(): the ", word, " reach beyond the ", extent, " elements of the data"});
  }
  return found;
}

template <class T>
T segment_neutral(SegmentReduction kind) noexcept {
  switch (kind) {
    case SegmentReduction::product: return T(1);
    case SegmentReduction::maximum: return -std::numeric_limits<T>::infinity();
    case SegmentReduction::minimum: return std::numeric_limits<T>::infinity();
    default: return T(0);
  }
}

template <class T>
T segment_combine(SegmentReduction kind, T a, T b) noexcept {
  switch (kind) {
    case SegmentReduction::product: return a * b;
    case SegmentReduction::maximum: return a != a || a > b ? a : b;
    case SegmentReduction::minimum: return a != a || a < b ? a : b;
    default: return a + b;
  }
}

}  // namespace detail

namespace ops {

/// Sums, products, means, maxima or minima of the segments of data[..., axis, ...]: `lengths` or `offsets`, with the
/// sizes of the dimensions before `axis` and a last dimension of their own, say which elements each of them has.
inline Tensor segment_reduce(const Tensor& data, std::string_view reduce,
                             const std::optional<Tensor>& lengths = std::nullopt,
                             const std::optional<Tensor>& indices = std::nullopt,
                             const std::optional<Tensor>& offsets = std::nullopt, std::int64_t axis = 0,
                             bool unsafe = false, const std::optional<Scalar>& initial = std::nullopt) {
  axis = wrap_dim(axis, data.dim());
  if (indices) {
    raise("RuntimeError", "segment_reduce(): indices based reduction is not supported yet.");
  }
  if (!lengths && !offsets) {
    raise("RuntimeError", "segment_reduce(): Either lengths or offsets must be defined.");
  }
  const detail::SegmentReduction kind = detail::segment_reduction(reduce);
  const detail::Segments segments =
      detail::segments_of(data, axis, offsets ? *offsets : *lengths, offsets.has_value(), unsafe);
  const DType stored = data.dtype();
  const DType dtype = kernels::float_compute_dtype("_segment_reduce_cpu", stored);
  const Tensor in = kernels::dense_as(data, dtype);
  DimVector sizes(data.sizes());
  sizes[axis] = segments.count;
  const Tensor out = Tensor::empty(sizes, dtype);
  std::int64_t inner = 1;
  for (std::int64_t d = axis + 1; d < data.dim(); ++d) {
    inner *= data.sizes()[d];
  }
  const std::int64_t extent = data.sizes()[axis];
  const std::int64_t total = inner == 0 ? 0 : out.numel() / inner;
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T begin =
        initial ? detail::rounded_to(stored, static_cast<T>(initial->to_double())) : detail::segment_neutral<T>(kind);
    for (std::int64_t s = 0; s < total; ++s) {
      const std::int64_t start = segments.starts[static_cast<std::size_t>(s)];
      const std::int64_t end = segments.ends[static_cast<std::size_t>(s)];
      const T* const from = in.data_ptr<T>() + s / segments.count * extent * inner;
      for (std::int64_t i = 0; i < inner; ++i) {
        T value = begin;
        for (std::int64_t at = start; at < end; ++at) {  // 16-bit types are rounded at every step, as in PyTorch
          value = detail::rounded_to(stored, detail::segment_combine(kind, value, from[at * inner + i]));
        }
        if (kind == detail::SegmentReduction::mean && end > start) {
          value /= detail::rounded_to(stored, static_cast<T>(end - start));
        } else if (kind == detail::SegmentReduction::mean && !initial) {
          value = std::numeric_limits<T>::quiet_NaN();
        }
        out.data_ptr<T>()[s * inner + i] = value;
      }
    }
  });
  return kernels::as_dtype(out, stored);
}

}  // namespace ops
}  // namespace ts2cpp
