// gather and scatter: one index for every element, along one dimension.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/indexing.hpp>

namespace ts2cpp {
namespace detail {

inline void check_index_dtype(const char* name, const Tensor& index) {
  if (index.dtype() != DType::int64 && index.dtype() != DType::int32) {
    raise("RuntimeError", {name, "(): Expected dtype int32/int64 for index"});
  }
}

/// Checks a gather or scatter index against the tensor that it points into and returns it as contiguous int64.
inline Tensor checked_index(const char* name, const Tensor& self, std::int64_t dim, const Tensor& index) {
  check_index_dtype(name, index);
  const Tensor result = contiguous_copy(index, DType::int64);
  const std::int64_t size = self.dim() == 0 ? 1 : self.sizes()[dim];
  const std::int64_t* const data = result.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    if (data[i] < 0 || data[i] >= size) {
      raise("RuntimeError", {"index ", data[i], " is out of bounds for dimension ", dim, " with size ", size});
    }
  }
  return result;
}

/// A tensor with at least one dimension, for loops over sizes.
inline Tensor with_rank(const Tensor& self) {
  return self.dim() == 0 ? self.with_layout({1}, {1}, self.storage_offset()) : self;
}

/// Calls visit(base, other, position) for every element of `index`: the address in `base` with dimension `dim` at 0,
/// the address in `other` (the shape of index, or larger), and the index value.
template <class Visit>
void for_each_indexed(const Tensor& base, std::int64_t dim, const Tensor& index, const Tensor& other,
                      Visit&& visit_one) {
  if (index.numel() == 0) {
    return;
  }
  StridedPlan plan;
  DimVector index_strides(index.strides());
  DimVector base_strides(base.strides());
  DimVector other_strides(other.strides());
  DimVector order(index.dim());
  for (std::int64_t d = 0; d < index.dim(); ++d) {
    index_strides[d] *= 8;
    base_strides[d] = d == dim ? 0 : base_strides[d] * base.itemsize();
    other_strides[d] *= other.itemsize();
    order[d] = index.dim() - 1 - d;
  }
  plan.add(index.raw_data(), std::move(index_strides));
  plan.add(base.raw_data(), std::move(base_strides));
  plan.add(other.raw_data(), std::move(other_strides));
  plan.arrange(index.sizes(), order);
  plan.walk(0, plan.numel, [&](char* const* pointers, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
      std::int64_t position;
      std::memcpy(&position, pointers[0] + i * plan.strides[0][0], sizeof position);
      visit_one(pointers[1] + i * plan.strides[1][0], pointers[2] + i * plan.strides[2][0], position);
    }
  });
}

/// The index must lie inside both tensors; along `dim` it may be larger than `self`. `src` is null for a number.
inline void check_index_shape(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor* src) {
  if (index.dim() != self.dim() || (src != nullptr && index.dim() != src->dim())) {
    raise("RuntimeError", {"Index tensor must have the same number of dimensions as ",
                           index.dim() != self.dim() ? "self" : "src", " tensor"});
  }
  bool fits = true;
  for (std::int64_t d = 0; d < index.dim(); ++d) {
    fits = fits && (d == dim || index.sizes()[d] <= self.sizes()[d]);
    fits = fits && (src == nullptr || index.sizes()[d] <= src->sizes()[d]);
  }
  if (!fits) {
    raise("RuntimeError",
          {"Expected index ", index.sizes(), " to be no larger than self ", self.sizes(), " apart from dimension ", dim,
           src != nullptr ? " and to be no larger size than src " + to_string(src->sizes()) : std::string()});
  }
}

/// What every scatter from a tensor checks before it writes.
inline void check_scatter(const char* name, const Tensor& self, std::int64_t dim, const Tensor& index,
                          const Tensor& src) {
  const Tensor target = with_rank(self);
  const Tensor values = with_rank(src);
  const std::int64_t d = wrap_dim(dim, target.dim());
  check_index_dtype("scatter", index);
  if (src.dtype() != self.dtype()) {
    raise("RuntimeError", {name, "(): Expected self.dtype to be equal to src.dtype"});
  }
  if (index.numel() != 0) {
    check_index_shape(target, d, with_rank(index), &values);
  }
}

/// How scatter combines what is there with what comes.
enum class ScatterMode { replace, add, multiply, larger, smaller };

template <class T>
T combine(ScatterMode mode, T a, T b) {
  switch (mode) {
    case ScatterMode::replace: return b;
    case ScatterMode::add: return math::add(a, b);
    case ScatterMode::multiply: return math::mul(a, b);
    case ScatterMode::larger:
      if constexpr (!math::is_complex_v<T>) {
        return math::maximum(a, b);
      }
      break;
    case ScatterMode::smaller:
      if constexpr (!math::is_complex_v<T>) {
        return math::minimum(a, b);
      }
      break;
  }
  return b;
}

/// Writes source elements into `self` at the index positions. Half types are combined in float32.
inline void scatter_into(const char* name, const Tensor& self, std::int64_t dim, const Tensor& index,
                         const Tensor& source, ScatterMode mode, bool from_number = false) {
  const Tensor target = with_rank(self);
  const std::int64_t d = wrap_dim(dim, target.dim());
  check_index_dtype("scatter", index);
  if (source.dtype() != self.dtype()) {
    raise("RuntimeError", {name, "(): Expected self.dtype to be equal to src.dtype"});
  }
  if (index.numel() == 0) {
    return;
  }
  const Tensor values = with_rank(source);
  check_index_shape(target, d, with_rank(index), from_number ? nullptr : &values);
  const Tensor positions = checked_index("scatter", target, d, with_rank(index));
  check_writable(target);
  if (is_reduced_float(self.dtype()) && mode != ScatterMode::replace) {
    const Tensor wide = contiguous_copy(target, DType::float32);
    scatter_into(name, wide, d, positions, contiguous_copy(values, DType::float32), mode, from_number);
    copy_elements(target, wide);
    return;
  }
  const std::int64_t step = target.strides()[d] * target.itemsize();
  if (mode == ScatterMode::replace) {
    const auto itemsize = static_cast<std::size_t>(target.itemsize());
    for_each_indexed(target, d, positions, values,
                     [step, itemsize](char* base, const char* from, std::int64_t position) {
                       std::memcpy(base + position * step, from, itemsize);
                     });
    return;
  }
  dispatch(name, NumbersAndBool{}, target.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_indexed(target, d, positions, values, [step, mode](char* base, const char* from, std::int64_t position) {
      T* const place = static_cast<T*>(static_cast<void*>(base + position * step));
      *place = combine(mode, *place, *static_cast<const T*>(static_cast<const void*>(from)));
    });
  });
}

/// A source of `value` for every index position, without storage for each.
inline Tensor repeated_value(const Tensor& self, const Tensor& index, const Scalar& value) {
  check_fits(value, self.dtype());
  const Tensor element = Tensor::empty({}, self.dtype());
  store_scalar(value, self.dtype(), element.raw_data());
  return element.with_layout(index.sizes(), DimVector(index.dim()), 0);
}

/// Ones (or zeros) in the shape and dtype of `self`: how many values each element has got so far.
inline Tensor filled_counts(const Tensor& self, bool include_self) {
  const Tensor counts = Tensor::empty(self.sizes(), self.dtype());
  fill_elements(counts, include_self ? 1 : 0);
  return counts;
}

inline ScatterMode scatter_mode(std::string_view reduce) {
  if (reduce == "add") {
    return ScatterMode::add;
  }
  if (reduce == "multiply") {
    return ScatterMode::multiply;
  }
  raise("RuntimeError", "reduce argument must be either add or multiply.");
}

inline void check_index_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
  if (index.dim() > 1) {
    raise("IndexError", {"index_reduce_(): Index is supposed to be a vector, but got dim: ", index.dim(),
                         " with type: ", dtype_label(index.dtype()), " and size: ", index.sizes()});
  }
  if (index.dtype() != DType::int64 && index.dtype() != DType::int32) {
    raise("RuntimeError",
          {"index_reduce_(): Expected dtype int32/int64 for index but got: ", dtype_label(index.dtype())});
  }
  if (self.dtype() != source.dtype()) {
    raise("RuntimeError", {"index_reduce_(): self (", dtype_label(self.dtype()), ") and source (",
                           dtype_label(source.dtype()), ") must have the same scalar type"});
  }
  if (self.dim() != source.dim() || sizes_without(self, dim) != IntSpan(sizes_without(source, dim))) {
    raise("RuntimeError",
          {"source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = ",
           self.sizes(), " source.shape = ", source.sizes()});
  }
  const std::int64_t extent = source.dim() == 0 ? 1 : source.sizes()[dim];
  if (index.numel() != extent) {
    raise("RuntimeError", {"index_reduce_(): Number of indices (", index.numel(),
                           ") should be equal to source.size(dim): (", extent, "), for dim: ", dim});
  }
  const std::int64_t size = self.dim() == 0 ? 1 : self.sizes()[dim];
  for (const std::int64_t position : int64_elements(index)) {
    if (position < 0 || position >= size) {
      raise("IndexError", "index out of range in self");
    }
  }
}

}  // namespace detail

namespace ops {

/// result[i][j]… = self[index[i][j]…][j]… (for dim 0); the result has the shape of the index.
inline Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index, bool /*sparse_grad*/ = false) {
  const Tensor source = detail::with_rank(self);
  const std::int64_t d = wrap_dim(dim, source.dim());
  const Tensor result = Tensor::empty(index.sizes(), self.dtype());
  if (index.numel() == 0) {
    return result;
  }
  const Tensor positions = detail::with_rank(index);
  if (positions.dim() != source.dim()) {
    raise("RuntimeError", "Index tensor must have the same number of dimensions as input tensor");
  }
  for (std::int64_t i = 0; i < positions.dim(); ++i) {
    if (i != d && positions.sizes()[i] > source.sizes()[i]) {
      raise("RuntimeError", {"Size does not match at dimension ", i, " expected index ", positions.sizes(),
                             " to be no larger than self ", source.sizes(), " apart from dimension ", d});
    }
  }
  const Tensor checked = detail::checked_index("gather", source, d, positions);
  const std::int64_t step = source.strides()[d] * source.itemsize();
  const Tensor target = detail::with_rank(result);
  detail::visit_element_size(source.itemsize(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_indexed(source, d, checked, target, [step](const char* base, char* to, std::int64_t position) {
      std::memcpy(to, base + position * step, sizeof(T));
    });
  });
  return result;
}

/// self[index[i][j]…][j]… = src[i][j]… (for dim 0).
inline Tensor scatter_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src) {
  detail::scatter_into("scatter", self, dim, index, src, detail::ScatterMode::replace);
  return self;
}
inline Tensor scatter_(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  detail::scatter_into("scatter", self, dim, index, detail::repeated_value(self, index, value),
                       detail::ScatterMode::replace, true);
  return self;
}
inline Tensor scatter_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src,
                       std::string_view reduce) {
  detail::scatter_into("scatter", self, dim, index, src, detail::scatter_mode(reduce));
  return self;
}
inline Tensor scatter_(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value,
                       std::string_view reduce) {
  detail::scatter_into("scatter", self, dim, index, detail::repeated_value(self, index, value),
                       detail::scatter_mode(reduce), true);
  return self;
}
inline Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src) {
  return scatter_(detail::contiguous_copy(self, self.dtype()), dim, index, src);
}
inline Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  return scatter_(detail::contiguous_copy(self, self.dtype()), dim, index, value);
}
inline Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src,
                      std::string_view reduce) {
  return scatter_(detail::contiguous_copy(self, self.dtype()), dim, index, src, reduce);
}
inline Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value,
                      std::string_view reduce) {
  return scatter_(detail::contiguous_copy(self, self.dtype()), dim, index, value, reduce);
}
inline Tensor scatter_add_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src) {
  detail::scatter_into("scatter_add", self, dim, index, src, detail::ScatterMode::add);
  return self;
}
inline Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src) {
  return scatter_add_(detail::contiguous_copy(self, self.dtype()), dim, index, src);
}

/// Scatter with reduce "sum", "prod", "mean", "amax" or "amin"; without `include_self` the old values of the touched
/// positions do not count.
template <class Lazy = void>
Tensor scatter_reduce_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src,
                       std::string_view reduce, bool include_self = true) {
  using detail::ScatterMode;
  detail::check_scatter("scatter_reduce", self, dim, index, src);
  const bool floating = ts2cpp::is_floating_point(self.dtype());
  ScatterMode mode = ScatterMode::add;
  Scalar neutral = 0;
  if (reduce == "prod") {
    mode = ScatterMode::multiply;
    neutral = 1;
  } else if (reduce == "amax" || reduce == "amin") {
    mode = reduce == "amax" ? ScatterMode::larger : ScatterMode::smaller;
  } else if (reduce != "sum" && reduce != "mean") {
    raise("RuntimeError", {"reduce argument must be either sum, prod, mean, amax or amin, got ", reduce});
  }
  if (!include_self) {
    if (mode == ScatterMode::larger || mode == ScatterMode::smaller) {
      // The first values replace the old ones; all of them are combined afterwards.
      detail::scatter_into("scatter_reduce", self, dim, index, src, ScatterMode::replace);
    } else {
      scatter_(self, dim, index, neutral);
    }
  }
  detail::scatter_into("scatter_reduce", self, dim, index, src, mode);
  if (reduce == "mean") {
    const Tensor counts = detail::filled_counts(self, include_self);
    detail::scatter_into("scatter_reduce", counts, dim, index, detail::repeated_value(counts, index, 1),
                         ScatterMode::add);
    if (floating) {
      div_<Lazy>(self, clamp_min<Lazy>(counts, 1));
    } else {
      floor_divide_<Lazy>(self, clamp_min<Lazy>(counts, 1));
    }
  }
  return self;
}
template <class Lazy = void>
Tensor scatter_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src,
                      std::string_view reduce, bool include_self = true) {
  return scatter_reduce_<Lazy>(detail::contiguous_copy(self, self.dtype()), dim, index, src, reduce, include_self);
}

/// Combines slices of `source` with those of `self` that `index` names: prod, mean, amax or amin.
template <class Lazy = void>
Tensor index_reduce_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                     std::string_view reduce, bool include_self = true) {
  if (reduce != "prod" && reduce != "mean" && reduce != "amax" && reduce != "amin") {
    raise("RuntimeError",
          {"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got ", reduce, "."});
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  detail::check_index_reduce(self, d, index, source);
  DimVector shape(source.dim(), 1);
  if (source.dim() != 0) {
    shape[d] = index.numel();
  }
  return scatter_reduce_<Lazy>(self, dim, expand(reshape(index, shape), source.sizes()), source, reduce, include_self);
}
template <class Lazy = void>
Tensor index_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                    std::string_view reduce, bool include_self = true) {
  return index_reduce_<Lazy>(detail::contiguous_copy(self, self.dtype()), dim, index, source, reduce, include_self);
}

/// gather with broadcasting of self and indices; without `dim` over the flat tensors.
inline Tensor take_along_dim(const Tensor& self, const Tensor& indices,
                             std::optional<std::int64_t> dim = std::nullopt) {
  if (indices.dtype() != DType::int64) {
    raise("RuntimeError",
          {"torch.take_along_dim(): dtype of indices should be Long but got ", dtype_label(indices.dtype())});
  }
  if (!dim) {
    return take_along_dim(view(self, {-1}), view(indices, {-1}), 0);
  }
  const std::int64_t d = wrap_dim(*dim, self.dim());
  if (self.dim() != indices.dim()) {
    raise("RuntimeError",
          {"torch.take_along_dim(): input and indices should have the same number of dimensions, but got ", self.dim(),
           " dimensions for input, and ", indices.dim(), " dimensions for indices"});
  }
  DimVector self_sizes(self.sizes());
  DimVector index_sizes(indices.sizes());
  self_sizes[d] = 1;
  index_sizes[d] = 1;
  DimVector shape = broadcast_sizes(self_sizes, index_sizes);
  shape[d] = indices.sizes()[d];
  const Tensor index = detail::contiguous_copy(expand(indices, shape), DType::int64);
  const std::int64_t extent = self.dim() == 0 ? 1 : self.sizes()[d];
  std::int64_t* const positions = index.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < index.numel(); ++i) {
    positions[i] += positions[i] < 0 ? extent : 0;
  }
  shape[d] = extent;
  return gather(expand(self, shape), d, index);
}

}  // namespace ops
}  // namespace ts2cpp
