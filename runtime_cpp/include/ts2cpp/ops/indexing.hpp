// Advanced indexing: tensors and masks as indices, reading and writing; nonzero, index_select and their kin.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ts2cpp/index_plan.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/select_rows.hpp>

namespace ts2cpp {
namespace detail {

inline Tensor read_index(const Tensor& self, OptionalTensorSpan indices) {
  for (const std::optional<Tensor>& index : indices) {
    if (index && index->dim() == 0 && index->dtype() == DType::bool_) {
      raise("IndexError", "a 0-dim mask cannot be used inside a list of indices");
    }
  }
  const IndexPlan plan = plan_index(self, indices);
  const Tensor source = ops::contiguous(ops::permute(self, plan.order));
  const Tensor rows = source.with_layout({plan.outer, plan.block, plan.inner}, {plan.block * plan.inner, plan.inner, 1},
                                         source.storage_offset());
  const Tensor result = select_rows(rows, 1, plan.rows);
  return result.with_layout(plan.result_sizes, contiguous_strides(plan.result_sizes), 0);
}

/// target[i] += source[i] over contiguous elements of one dtype.
inline void accumulate_row(DType dtype, void* target, const void* source, std::int64_t n) {
  if (is_reduced_float(dtype)) {
    for (std::int64_t i = 0; i < n; ++i) {
      float a = 0.0f;
      float b = 0.0f;
      char* const place = static_cast<char*>(target) + 2 * i;
      convert_contiguous(dtype, place, DType::float32, &a, 1);
      convert_contiguous(dtype, static_cast<const char*>(source) + 2 * i, DType::float32, &b, 1);
      a += b;
      convert_contiguous(DType::float32, &a, dtype, place, 1);
    }
    return;
  }
  visit(NumbersAndBool{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const to = static_cast<T*>(target);
    const T* const from = static_cast<const T*>(source);
    for (std::int64_t i = 0; i < n; ++i) {
      to[i] = math::add(to[i], from[i]);
    }
  });
}

inline void write_index(const Tensor& self, OptionalTensorSpan indices, const Tensor& values, bool accumulate) {
  std::int64_t given = 0;
  bool bytes = false;
  for (const std::optional<Tensor>& index : indices) {
    given += index && index->defined() ? 1 : 0;
    bytes = bytes || (index && index->defined() && index->dtype() == DType::uint8);
  }
  if (given == 1 && bytes && values.numel() == 1 && !accumulate) {
    raise("RuntimeError", "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char");
  }
  check_writable(self);
  const IndexPlan plan = plan_index(self, indices);
  bool fits = values.dim() <= plan.result_sizes.size();
  for (std::int64_t d = 1; fits && d <= values.dim(); ++d) {
    const std::int64_t size = values.sizes()[values.dim() - d];
    fits = size == 1 || size == plan.result_sizes[plan.result_sizes.size() - d];
  }
  if (!fits) {
    raise("RuntimeError", {"shape mismatch: value tensor of shape ", values.sizes(),
                           " cannot be broadcast to indexing result of shape ", plan.result_sizes});
  }
  if (values.dtype() != self.dtype()) {
    raise("RuntimeError",
          {"Index put requires the source and destination dtypes match, got ", dtype_label(self.dtype()),
           " for the destination and ", dtype_label(values.dtype()), " for the source."});
  }
  const Tensor source = contiguous_copy(ops::expand(values, plan.result_sizes), self.dtype());
  const Tensor arranged = ops::permute(self, plan.order);
  const Tensor target = ops::contiguous(arranged);
  const std::int64_t row_bytes = plan.inner * self.itemsize();
  const char* from = source.data_ptr<char>();
  char* const to = target.data_ptr<char>();
  for (std::int64_t outer = 0; outer < plan.outer && row_bytes != 0; ++outer) {
    for (const std::int64_t row : plan.rows) {
      char* const place = to + (outer * plan.block + row) * row_bytes;
      if (accumulate) {
        accumulate_row(self.dtype(), place, from, plan.inner);
      } else {
        std::memcpy(place, from, static_cast<std::size_t>(row_bytes));
      }
      from += row_bytes;
    }
  }
  if (!target.is(arranged)) {
    copy_elements(arranged, target);
  }
}

inline std::vector<std::int64_t> int64_elements(const Tensor& index) {
  const Tensor values = contiguous_copy(index, DType::int64);
  const std::int64_t* const data = values.data_ptr<std::int64_t>();
  return std::vector<std::int64_t>(data, data + values.numel());
}

/// The positions that a 0-d or 1-d index tensor names along a dimension, checked.
inline PooledVector<std::int64_t> index_positions(const char* name, const Tensor& index, std::int64_t size,
                                                  std::int64_t dim) {
  if (index.dim() > 1) {
    raise("IndexError", {name, "(): Index is supposed to be a vector"});
  }
  if (index.dtype() != DType::int64 && index.dtype() != DType::int32) {
    raise("RuntimeError", {name, "(): Expected dtype int32 or int64 for index"});
  }
  const Tensor numbers = kernels::dense_as(index, DType::int64);
  const auto* const first = static_cast<const std::int64_t*>(numbers.read_data());
  PooledVector<std::int64_t> positions(first, first + numbers.numel());
  for (const std::int64_t position : positions) {
    if (position < 0 || position >= size) {
      if (std::string_view(name) == "index_select") {
        if (size == 0) {
          raise("RuntimeError", "index_select(): self indexing axis dim should be positive");
        }
        raise("IndexError", dim == 0 ? "index out of range in self"
                                     : "INDICES element is out of DATA bounds, id=" + std::to_string(position) +
                                           " axis_dim=" + std::to_string(size));
      }
      raise("RuntimeError", {"index ", position, " is out of bounds for dimension ", dim, " with size ", size});
    }
  }
  return positions;
}

/// The value of index_fill as a number.
inline Scalar fill_value(const Tensor& value) {
  if (value.dim() != 0) {
    raise("RuntimeError", {"index_fill_ only supports a 0-dimensional value tensor, but got tensor with ", value.dim(),
                           " dimension(s)."});
  }
  return value.item();
}

inline DimVector sizes_without(const Tensor& tensor, std::int64_t dim) {
  DimVector sizes(tensor.sizes());
  if (!sizes.empty()) {
    sizes.erase(dim);
  }
  return sizes;
}

inline void check_index_copy(const Tensor& self, const Tensor& index, const Tensor& source) {
  if (index.dim() > 1) {
    raise("IndexError", {"index_copy_(): Index should have dimension 1 or 0 (got ", index.dim(), ")"});
  }
  if (index.dtype() != DType::int64) {
    raise("RuntimeError", {"index_copy_(): Expected a long tensor for index, but got ", dtype_label(index.dtype())});
  }
  if (self.dtype() != source.dtype()) {
    raise("RuntimeError", {"index_copy_(): self and source expected to have the same dtype, but got (self) ",
                           dtype_label(self.dtype()), " and (source) ", dtype_label(source.dtype())});
  }
  if (self.dim() != 0 && source.dim() != 0 && self.dim() != source.dim()) {
    raise("IndexError",
          {"index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
           "dimensionality (",
           source.dim(), "), destination dimensionality (", self.dim(), ")"});
  }
}

inline void check_index_copy_slices(const Tensor& self, std::int64_t dim, const Tensor& source,
                                    const std::vector<std::int64_t>& positions) {
  const DimVector target = sizes_without(self, dim);
  const DimVector given = sizes_without(source, dim);
  const auto shown = [](IntSpan sizes) {
    std::string text;
    for (const std::int64_t size : sizes) {
      text += (text.empty() ? "" : " ") + std::to_string(size);
    }
    return text;
  };
  if (IntSpan(target) != IntSpan(given)) {
    raise(
        "RuntimeError",
        {"index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: ",
         shown(target), " at dimension ", dim, " and source slice shape: ", shown(given), " at dimension ", dim, "."});
  }
  const std::int64_t size = self.dim() == 0 ? 1 : self.sizes()[dim];
  for (const std::int64_t position : positions) {
    if (position < 0 || position >= size) {
      raise("IndexError",
            {"index_copy_(): index ", position, " is out of bounds for dimension ", dim, " with size ", size});
    }
  }
}

inline void check_index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
  if (index.dtype() != DType::int64 && index.dtype() != DType::int32) {
    raise("RuntimeError", {"index_add_(): Expected dtype int32/int64 for index but got: ", dtype_label(index.dtype())});
  }
  if (self.dtype() != source.dtype()) {
    raise("RuntimeError", {"index_add_(): self (", dtype_label(self.dtype()), ") and source (",
                           dtype_label(source.dtype()), ") must have the same scalar type"});
  }
  if (index.dim() > 1) {
    raise("IndexError", {"index_add_(): Index is supposed to be a vector, but got dim: ", index.dim(),
                         " with type: ", dtype_label(index.dtype()), " and size: ", index.sizes()});
  }
  const DimVector target = sizes_without(self, dim);
  const DimVector given = source.dim() == self.dim() ? sizes_without(source, dim) : DimVector();
  if (source.dim() != self.dim() || IntSpan(target) != IntSpan(given)) {
    raise("RuntimeError",
          {"source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = ",
           self.sizes(), " source.shape = ", source.sizes()});
  }
  const std::int64_t extent = source.dim() == 0 ? 1 : source.sizes()[dim];
  if (index.numel() != extent) {
    raise("RuntimeError", {"index_add_(): Number of indices (", index.numel(),
                           ") should be equal to source.size(dim): (", extent, "), for dim: ", dim});
  }
}

/// The part of a copy that is replaced must have the shape of what replaces it.
inline void write_slice(const Tensor& part, const Tensor& src) {
  if (part.sizes() != src.sizes()) {
    raise("RuntimeError", {"expected src to have a size equal to the slice of self. src size = ", src.sizes(),
                           ", slice size = ", part.sizes()});
  }
  copy_elements(part, src);
}

}  // namespace detail

namespace ops {

/// self[indices]: integer tensors pick, bool tensors mask, absent ones keep a dimension whole.
inline Tensor index(const Tensor& self, OptionalTensorSpan indices) { return detail::read_index(self, indices); }
/// The same with a list of tensors, none absent. (A template, so that braces mean the form above.)
template <class Tensors, std::enable_if_t<std::is_convertible_v<const Tensors&, TensorSpan>, int> = 0>
Tensor index(const Tensor& self, const Tensors& indices) {
  const TensorSpan list(indices);
  const std::vector<std::optional<Tensor>> wrapped(list.begin(), list.end());
  return detail::read_index(self, wrapped);
}

/// self[indices] = values, or += with `accumulate` (repeated positions count each time).
inline Tensor index_put_(const Tensor& self, OptionalTensorSpan indices, const Tensor& values,
                         bool accumulate = false) {
  detail::write_index(self, indices, values, accumulate);
  return self;
}
template <class Tensors, std::enable_if_t<std::is_convertible_v<const Tensors&, TensorSpan>, int> = 0>
Tensor index_put_(const Tensor& self, const Tensors& indices, const Tensor& values, bool accumulate = false) {
  const TensorSpan list(indices);
  const std::vector<std::optional<Tensor>> wrapped(list.begin(), list.end());
  detail::write_index(self, wrapped, values, accumulate);
  return self;
}
inline Tensor index_put(const Tensor& self, OptionalTensorSpan indices, const Tensor& values, bool accumulate = false) {
  return index_put_(clone(self), indices, values, accumulate);
}
template <class Tensors, std::enable_if_t<std::is_convertible_v<const Tensors&, TensorSpan>, int> = 0>
Tensor index_put(const Tensor& self, const Tensors& indices, const Tensor& values, bool accumulate = false) {
  return index_put_(clone(self), indices, values, accumulate);
}

/// The given positions of dimension `dim`.
inline Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (self.dim() == 0 && index.dim() <= 1 && index.numel() != 1) {
    raise("RuntimeError", {"index_select(): Index to scalar can have only 1 value, got ", index.numel(), " value(s)"});
  }
  const PooledVector<std::int64_t> positions =
      detail::index_positions("index_select", index, self.dim() == 0 ? 1 : self.sizes()[d], d);
  const Tensor result = detail::select_rows(self, d, positions);
  return self.dim() == 0 ? reshape(result, {}) : result;
}

inline Tensor index_fill_(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  const Tensor whole = self.dim() == 0 ? self.with_layout({1}, {1}, self.storage_offset()) : self;
  const std::int64_t size = whole.sizes()[d];
  if (index.dtype() != DType::int64) {
    raise("IndexError", "index_fill_(): Expected dtype int64 for index.");
  }
  if (index.dim() > 1) {
    raise("RuntimeError", "Index has to be a vector/scalar");
  }
  if (ts2cpp::is_complex(self.dtype()) < value.is_complex()) {
    raise("RuntimeError", "index_fill_(): Converting complex Scalar to non-complex type is not supported");
  }
  detail::check_fits(value, self.dtype());
  if (self.numel() == 0 && size != 0) {
    return self;  // PyTorch looks at no index then
  }
  for (std::int64_t position : detail::int64_elements(index)) {
    if (position < -size || position >= size) {
      detail::raise_out_of_bounds(position, d, size);
    }
    detail::fill_elements(select(whole, d, position), value);
  }
  return self;
}
inline Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  return index_fill_(clone(self), dim, index, value);
}
inline Tensor index_fill_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& value) {
  return index_fill_(self, dim, index, detail::fill_value(value));
}
inline Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& value) {
  return index_fill_(clone(self), dim, index, detail::fill_value(value));
}

inline Tensor index_copy_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  detail::check_index_copy(self, index, source);
  const std::vector<std::int64_t> positions = detail::int64_elements(index);
  if (source.dim() > 0 && source.size(d) != static_cast<std::int64_t>(positions.size())) {
    raise("IndexError", {"index_copy_(): Number of indices (", positions.size(),
                         ") should be equal to source.size(dim) (", source.size(d), ")"});
  }
  detail::check_index_copy_slices(self, d, source, positions);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    copy_(self.dim() == 0 ? self : select(self, d, positions[i]), source.dim() == 0 ? source : select(source, d, row));
  }
  return self;
}
inline Tensor index_copy(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
  return index_copy_(detail::contiguous_copy(self, self.dtype()), dim, index, source);
}

/// self[…, index[i], …] += alpha * source[…, i, …]
template <class Lazy = void>
Tensor index_add_(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                  const Scalar& alpha = 1) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  detail::check_index_add(self, d, index, source);
  const PooledVector<std::int64_t> positions =
      detail::index_positions("index_add_", index, self.dim() == 0 ? 1 : self.sizes()[d], d);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    add_<Lazy>(self.dim() == 0 ? self : select(self, d, positions[i]),
               source.dim() == 0 ? source : select(source, d, row), alpha);
  }
  return self;
}
template <class Lazy = void>
Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha = 1) {
  return index_add_<Lazy>(detail::contiguous_copy(self, self.dtype()), dim, index, source, alpha);
}

/// The elements where the mask is set, as a vector; self and mask broadcast together.
inline Tensor masked_select(const Tensor& self, const Tensor& mask) {
  if (mask.dtype() != DType::bool_) {
    raise("RuntimeError", "masked_select: expected BoolTensor for mask");
  }
  const DimVector shape = broadcast_sizes(mask.sizes(), self.sizes());
  const std::optional<Tensor> flat_mask = reshape(expand(mask, shape), {-1});
  return detail::read_index(reshape(expand(self, shape), {-1}), OptionalTensorSpan(&flat_mask, 1));
}

/// Elements of `source`, in order, go where the mask is set.
inline Tensor masked_scatter_(const Tensor& self, const Tensor& mask, const Tensor& source) {
  const Tensor values = reshape(source, {-1});
  const Tensor flags = contiguous(expand(mask, self.sizes()));
  const Tensor flat = detail::contiguous_copy(self, self.dtype());
  if (flags.dtype() != DType::bool_) {
    raise("RuntimeError",
          {"masked_scatter_ only supports boolean masks, but got mask with dtype ", dtype_label(mask.dtype())});
  }
  if (source.dtype() != self.dtype()) {
    raise("RuntimeError", {"masked_scatter: expected self and source to have same dtypes but got",
                           dtype_label(self.dtype()), " and ", dtype_label(source.dtype())});
  }
  const std::int64_t itemsize = self.itemsize();
  const Tensor dense = contiguous(values);
  std::int64_t next = 0;
  for (std::int64_t i = 0; i < flags.numel(); ++i) {
    if (flags.data_ptr<bool>()[i]) {
      if (next == dense.numel()) {
        raise("RuntimeError", "Number of elements of source < number of ones in mask");
      }
      std::memcpy(flat.data_ptr<char>() + i * itemsize, dense.data_ptr<char>() + next * itemsize,
                  static_cast<std::size_t>(itemsize));
      ++next;
    }
  }
  detail::copy_elements(self, flat);
  return self;
}
inline Tensor masked_scatter(const Tensor& self, const Tensor& mask, const Tensor& source) {
  const DimVector shape = broadcast_sizes(self.sizes(), mask.sizes());
  return masked_scatter_(detail::contiguous_copy(expand(self, shape), self.dtype()), mask, source);
}

/// Positions of the non-zero elements: int64 [n, dim].
inline Tensor nonzero(const Tensor& self) { return detail::nonzero_positions(self); }
inline Tensor argwhere(const Tensor& self) { return detail::nonzero_positions(self); }
/// The same as one vector for each dimension.
inline List<Tensor> nonzero_numpy(const Tensor& self) {
  const Tensor source = self.dim() == 0 ? view(self, {1}) : self;
  return unbind(detail::nonzero_positions(source), 1);
}
inline List<Tensor> where(const Tensor& condition) { return nonzero_numpy(condition); }

/// Elements by their position in the flat tensor.
inline Tensor take(const Tensor& self, const Tensor& index) {
  if (index.dtype() != DType::int64) {
    raise("RuntimeError", {"take(): Expected a long tensor for index, but got ", dtype_label(index.dtype())});
  }
  std::vector<std::int64_t> positions = detail::int64_elements(index);
  if (self.numel() == 0 && !positions.empty()) {
    raise("IndexError", "take(): tried to take from an empty tensor");
  }
  for (std::int64_t& position : positions) {
    if (position < -self.numel() || position >= self.numel()) {
      raise("IndexError",
            {"out of range: tried to access index ", position, " on a tensor of ", self.numel(), " elements."});
    }
    position += position < 0 ? self.numel() : 0;
  }
  return view(detail::select_rows(reshape(self, {-1}), 0, positions), index.sizes());
}

/// A copy of `self` with a part replaced by `src`.
inline Tensor select_scatter(const Tensor& self, const Tensor& src, std::int64_t dim, std::int64_t index) {
  const Tensor result = detail::contiguous_copy(self, self.dtype());
  detail::write_slice(select(result, dim, index), src);
  return result;
}
inline Tensor slice_scatter(const Tensor& self, const Tensor& src, std::int64_t dim = 0,
                            std::optional<std::int64_t> start = std::nullopt,
                            std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1) {
  const Tensor result = detail::contiguous_copy(self, self.dtype());
  detail::write_slice(slice(result, dim, start, end, step), src);
  return result;
}
inline Tensor diagonal_scatter(const Tensor& self, const Tensor& src, std::int64_t offset = 0, std::int64_t dim1 = 0,
                               std::int64_t dim2 = 1) {
  const Tensor result = detail::contiguous_copy(self, self.dtype());
  detail::write_slice(diagonal(result, offset, dim1, dim2), src);
  return result;
}

}  // namespace ops
}  // namespace ts2cpp

#include <ts2cpp/ops/scattering.hpp>
