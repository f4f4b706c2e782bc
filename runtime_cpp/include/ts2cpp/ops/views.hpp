// Views of tensors (no element is moved) and the plain copies: clone, contiguous, reshape, copy_.
// Dimensions may be negative; sizes of -1 in view, reshape and unflatten are inferred.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/copying.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// `sizes` with a possible -1 replaced so that the product is `numel`; RuntimeError when that cannot be.
inline DimVector infer_size(IntSpan sizes, std::int64_t numel) {
  DimVector result(sizes);
  std::int64_t known = 1;
  std::int64_t unknown = -1;
  for (std::int64_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == -1) {
      if (unknown >= 0) {
        raise("RuntimeError", "only one dimension can be inferred");
      }
      unknown = d;
    } else if (sizes[d] < 0) {
      raise("RuntimeError", {"invalid shape dimension ", sizes[d], " at index ", d, " of shape ", sizes});
    } else if (__builtin_mul_overflow(known, sizes[d], &known)) {
      raise("RuntimeError", {"shape '", sizes, "' is invalid for input of size ", numel});
    }
  }
  const bool fits = unknown >= 0 ? (known == 0 ? numel == 0 : numel % known == 0) : known == numel;
  if (!fits) {
    raise("RuntimeError", {"shape '", sizes, "' is invalid for input of size ", numel});
  }
  if (unknown >= 0) {
    if (known == 0) {
      raise("RuntimeError", {"cannot reshape tensor of 0 elements into shape ", sizes,
                             " because the unspecified dimension size -1 can be any value and is ambiguous"});
    }
    result[unknown] = numel / known;
  }
  return result;
}

/// The strides of a view with other sizes, if there is one: new dimensions must not cross gaps between old ones.
inline std::optional<DimVector> view_strides(IntSpan old_sizes, IntSpan old_strides, IntSpan sizes) {
  DimVector strides(sizes.size());
  std::int64_t target = sizes.size() - 1;
  std::int64_t block = 1;  // elements in the run of old dimensions that step evenly, so far
  std::int64_t base = old_sizes.empty() ? 1 : old_strides.back();
  for (std::int64_t d = old_sizes.size() - 1; d >= 0; --d) {
    block *= old_sizes[d];
    const bool ends = d == 0 || (old_sizes[d - 1] != 1 && old_strides[d - 1] != block * base);
    if (!ends) {
      continue;
    }
    std::int64_t taken = 1;
    while (target >= 0 && (taken < block || sizes[target] == 1)) {
      strides[target] = taken * base;
      taken *= sizes[target];
      --target;
    }
    if (taken != block) {
      return std::nullopt;
    }
    if (d > 0) {
      block = 1;
      base = old_strides[d - 1];
    }
  }
  for (; target >= 0; --target) {  // leading ones of a 0-d tensor
    strides[target] = 1;
  }
  return strides;
}

inline std::optional<Tensor> try_view(const Tensor& self, IntSpan sizes) {
  if (self.is_contiguous() || self.numel() == 0) {
    return self.with_layout(sizes, contiguous_strides(sizes), self.storage_offset());
  }
  const std::optional<DimVector> strides = view_strides(self.sizes(), self.strides(), sizes);
  if (!strides) {
    return std::nullopt;
  }
  return self.with_layout(sizes, *strides, self.storage_offset());
}

/// A contiguous copy in dtype `dtype`.
inline Tensor contiguous_copy(const Tensor& self, DType dtype) {
  const Tensor result = Tensor::empty(self.sizes(), dtype);
  copy_elements(result, self);
  return result;
}

/// An uninitialised tensor with the shape and, when dense, the memory layout of `self`.
inline Tensor empty_preserving(const Tensor& self, DType dtype) {
  if (self.is_contiguous()) {
    return Tensor::empty(self.sizes(), dtype);
  }
  if (is_dense(self)) {
    return Tensor::empty_strided(self.sizes(), self.strides(), dtype);
  }
  const DimVector strides(self.strides());
  const DimVector order = memory_order(self.sizes(), Span<const DimVector>(&strides, 1));
  return Tensor::empty_strided(self.sizes(), dense_strides(self.sizes(), order), dtype);
}

/// Wraps all dims; RuntimeError when one occurs twice.
inline DimVector wrap_dims(IntSpan dims, std::int64_t rank) {
  DimVector result(dims);
  for (std::int64_t i = 0; i < result.size(); ++i) {
    result[i] = wrap_dim(result[i], rank);
    for (std::int64_t j = 0; j < i; ++j) {
      if (result[i] == result[j]) {
        raise("RuntimeError", {"dim ", result[i], " appears multiple times in the list of dims"});
      }
    }
  }
  return result;
}

}  // namespace detail

namespace ops {

/// A view with other sizes; RuntimeError when the strides do not allow it.
inline Tensor view(const Tensor& self, IntSpan size) {
  const DimVector sizes = detail::infer_size(size, self.numel());
  const std::optional<Tensor> result = detail::try_view(self, sizes);
  if (!result) {
    raise("RuntimeError",
          "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
          "contiguous subspaces). Use .reshape(...) instead.");
  }
  return *result;
}

/// The same bytes as elements of another dtype; the last dimension absorbs a difference in size.
inline Tensor view(const Tensor& self, DType dtype) {
  const std::int64_t from = self.itemsize();
  const std::int64_t to = element_size(dtype);
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  std::int64_t offset = self.storage_offset();
  if (from != to) {
    if (self.dim() == 0) {
      raise("RuntimeError", {"self.dim() cannot be 0 to view ", dtype_label(self.dtype()), " as ", dtype_label(dtype),
                             " (different element sizes)"});
    }
    const std::int64_t last = self.dim() - 1;
    if (from < to && sizes[last] * from % to != 0) {
      raise("RuntimeError", {"self.size(-1) must be divisible by ", to / from, " to view ", dtype_label(self.dtype()),
                             " as ", dtype_label(dtype), " (different element sizes), but got ", sizes[last]});
    }
    bool fits = strides[last] == 1 && sizes[last] * from % to == 0 && offset * from % to == 0;
    sizes[last] = sizes[last] * from / to;
    for (std::int64_t d = 0; d < last; ++d) {
      fits = fits && strides[d] * from % to == 0;
      strides[d] = strides[d] * from / to;
    }
    if (!fits) {
      raise("RuntimeError",
            {"self cannot be viewed as ", dtype_label(dtype),
             ": sizes, strides and storage offset must be divisible by ", std::max<std::int64_t>(to / from, 1)});
    }
    offset = offset * from / to;
  }
  return self.reinterpreted(dtype, sizes, strides, offset);
}

inline Tensor view_as(const Tensor& self, const Tensor& other) { return view(self, other.sizes()); }

/// Another handle of the elements as a new tensor object.
inline Tensor alias(const Tensor& self) {
  return self.with_layout(self.sizes(), self.strides(), self.storage_offset());
}
inline Tensor detach(const Tensor& self) { return alias(self); }
inline Tensor detach_(const Tensor& self) { return self; }

/// A copy with the same memory layout.
inline Tensor clone(const Tensor& self) {
  const Tensor result = detail::empty_preserving(self, self.dtype());
  detail::copy_elements(result, self);
  return result;
}

/// Itself when contiguous, else a contiguous copy.
inline Tensor contiguous(const Tensor& self) {
  return self.is_contiguous() ? self : detail::contiguous_copy(self, self.dtype());
}
inline bool is_contiguous(const Tensor& self) { return self.is_contiguous(); }

/// A view with other sizes where possible, else a copy.
inline Tensor reshape(const Tensor& self, IntSpan shape) {
  const DimVector sizes = detail::infer_size(shape, self.numel());
  const std::optional<Tensor> result = detail::try_view(self, sizes);
  return result ? *result
                : detail::contiguous_copy(self, self.dtype()).with_layout(sizes, contiguous_strides(sizes), 0);
}
inline Tensor reshape_as(const Tensor& self, const Tensor& other) { return reshape(self, other.sizes()); }
inline Tensor ravel(const Tensor& self) { return reshape(self, {-1}); }

/// Writes the broadcast, converted elements of `src` into `self`.
inline Tensor copy_(const Tensor& self, const Tensor& src) {
  if (self.is(src)) {
    return self;
  }
  bool fits = src.dim() <= self.dim();
  for (std::int64_t d = 1; fits && d <= src.dim(); ++d) {
    fits = src.sizes()[src.dim() - d] == 1 || src.sizes()[src.dim() - d] == self.sizes()[self.dim() - d];
  }
  if (!fits) {
    static_cast<void>(broadcast_sizes(self.sizes(), src.sizes()));  // raises when the two do not go together at all
    raise("RuntimeError", {"output with shape ", self.sizes(), " doesn't match the broadcast shape ",
                           broadcast_sizes(self.sizes(), src.sizes())});
  }
  detail::check_writable(self);
  const bool apart = detail::overlap(self, src) == detail::Overlap::none;
  detail::copy_elements(self, apart ? src : clone(src));
  return self;
}

inline Tensor flatten(const Tensor& self, std::int64_t start_dim = 0, std::int64_t end_dim = -1) {
  const std::int64_t first = wrap_dim(start_dim, self.dim());
  const std::int64_t last = wrap_dim(end_dim, self.dim());
  if (first > last) {
    raise("RuntimeError", "flatten() has invalid args: start_dim cannot come after end_dim");
  }
  if (self.dim() == 0) {
    return reshape(self, {1});
  }
  if (first == last) {
    return self;
  }
  DimVector sizes(IntSpan(self.sizes().data(), first + 1));
  for (std::int64_t d = first + 1; d < self.dim(); ++d) {
    if (d <= last) {
      sizes[first] *= self.sizes()[d];
    } else {
      sizes.push_back(self.sizes()[d]);
    }
  }
  return reshape(self, sizes);
}

/// Splits dimension `dim` into several.
inline Tensor unflatten(const Tensor& self, std::int64_t dim, IntSpan sizes) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (sizes.empty()) {
    raise("RuntimeError", "unflatten: sizes must be non-empty");
  }
  if (self.dim() == 0) {
    raise("IndexError", {"Dimension specified as ", dim, " but tensor has no dimensions"});
  }
  const std::int64_t extent = self.sizes()[d];
  const bool inferred = std::find(sizes.begin(), sizes.end(), -1) != sizes.end();
  std::int64_t product = 1;
  bool overflows = false;
  for (const std::int64_t size : sizes) {
    overflows = __builtin_mul_overflow(product, size == -1 ? 1 : size, &product) || overflows;
  }
  if (overflows || (inferred ? (product == 0 || extent % product != 0) : product != extent)) {
    raise("RuntimeError", {"unflatten: Provided sizes ", sizes, " don't multiply up to the size of dim ", d, " (",
                           extent, ") in the input tensor"});
  }
  const DimVector parts = detail::infer_size(sizes, extent);
  DimVector shape(IntSpan(self.sizes().data(), d));
  for (const std::int64_t part : parts) {
    shape.push_back(part);
  }
  for (std::int64_t i = d + 1; i < self.dim(); ++i) {
    shape.push_back(self.sizes()[i]);
  }
  return view(self, shape);
}

inline Tensor permute(const Tensor& self, IntSpan dims) {
  if (dims.size() != self.dim()) {
    raise("RuntimeError",
          {"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
           "ordering of dimensions i.e. input.dim() = ",
           self.dim(), " is not equal to len(dims) = ", dims.size()});
  }
  DimVector sizes(self.dim());
  DimVector strides(self.dim());
  DimVector seen(self.dim());
  for (std::int64_t i = 0; i < dims.size(); ++i) {
    const std::int64_t d = wrap_dim(dims[i], self.dim());
    if (seen[d]++ != 0) {
      raise("RuntimeError", "permute(): duplicate dims are not allowed.");
    }
    sizes[i] = self.sizes()[d];
    strides[i] = self.strides()[d];
  }
  return self.with_layout(sizes, strides, self.storage_offset());
}

inline Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1) {
  const std::int64_t a = wrap_dim(dim0, self.dim());
  const std::int64_t b = wrap_dim(dim1, self.dim());
  if (self.dim() == 0) {
    return alias(self);
  }
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  std::swap(sizes[a], sizes[b]);
  std::swap(strides[a], strides[b]);
  return self.with_layout(sizes, strides, self.storage_offset());
}
inline Tensor swapaxes(const Tensor& self, std::int64_t axis0, std::int64_t axis1) {
  return transpose(self, axis0, axis1);
}
inline Tensor swapdims(const Tensor& self, std::int64_t dim0, std::int64_t dim1) { return transpose(self, dim0, dim1); }

inline Tensor t(const Tensor& self) {
  if (self.dim() > 2) {
    raise("RuntimeError", {"t() expects a tensor with <= 2 dimensions, but self is ", self.dim(), "D"});
  }
  return self.dim() < 2 ? alias(self) : transpose(self, 0, 1);
}
/// All dimensions reversed: `Tensor.T`.
inline Tensor numpy_T(const Tensor& self) {
  DimVector dims(self.dim());
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    dims[d] = self.dim() - 1 - d;
  }
  return permute(self, dims);
}

}  // namespace ops

namespace detail {

/// `self` with its last two dimensions exchanged; RuntimeError for vectors, and for batches unless they are allowed.
inline Tensor matrix_transpose(const Tensor& self, const char* name, bool batches) {
  if (self.dim() == 0) {
    return ops::alias(self);
  }
  if (self.dim() == 1 || (self.dim() > 2 && !batches)) {
    raise("RuntimeError", {"tensor.", name, " is only supported on ",
                           batches ? "matrices or batches of matrices" : "matrices (2-D tensors)", ". Got ", self.dim(),
                           "-D tensor.", batches ? "" : " For batches of matrices, consider using tensor.mH"});
  }
  return ops::transpose(self, -2, -1);
}

}  // namespace detail

namespace ops {

/// The last two dimensions exchanged: `Tensor.mT`.
inline Tensor mT(const Tensor& self) { return detail::matrix_transpose(self, "mT", true); }

}  // namespace ops

namespace detail {

/// The dimensions counted from the front; movedim's error when one is named twice.
inline DimVector distinct_dims(IntSpan dims, const char* role, std::int64_t rank) {
  DimVector result;
  for (const std::int64_t dim : dims) {
    const std::int64_t d = wrap_dim(dim, rank);
    if (std::find(result.begin(), result.end(), d) != result.end()) {
      raise("RuntimeError", {"movedim: repeated dim in `", role, "` (", dims, ")"});
    }
    result.push_back(d);
  }
  return result;
}

}  // namespace detail

namespace ops {

/// Moves the dimensions `source` to the positions `destination`; the others keep their order.
inline Tensor movedim(const Tensor& self, IntSpan source, IntSpan destination) {
  if (source.size() != destination.size()) {
    raise("RuntimeError", {"movedim: Invalid source or destination dims: source (", source,
                           " dims) should contain the same number of dims as destination (", destination, " dims)"});
  }
  const DimVector from = detail::distinct_dims(source, "source", self.dim());
  const DimVector to = detail::distinct_dims(destination, "destination", self.dim());
  if (self.dim() == 0) {
    return alias(self);
  }
  DimVector order(self.dim(), -1);
  DimVector moved(self.dim());
  for (std::int64_t i = 0; i < from.size(); ++i) {
    order[to[i]] = from[i];
    moved[from[i]] = 1;
  }
  std::int64_t next = 0;
  for (std::int64_t& position : order) {
    if (position == -1) {
      while (moved[next] != 0) {
        ++next;
      }
      position = next++;
    }
  }
  return permute(self, order);
}
inline Tensor movedim(const Tensor& self, std::int64_t source, std::int64_t destination) {
  return movedim(self, IntSpan(&source, 1), IntSpan(&destination, 1));
}

/// Removes every dimension of size 1.
inline Tensor squeeze(const Tensor& self) {
  DimVector sizes;
  DimVector strides;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (self.sizes()[d] != 1) {
      sizes.push_back(self.sizes()[d]);
      strides.push_back(self.strides()[d]);
    }
  }
  return self.with_layout(sizes, strides, self.storage_offset());
}
/// Removes those of the given dimensions that have size 1.
inline Tensor squeeze(const Tensor& self, IntSpan dims) {
  const DimVector wrapped = detail::wrap_dims(dims, self.dim());
  DimVector sizes;
  DimVector strides;
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    const bool named = std::find(wrapped.begin(), wrapped.end(), d) != wrapped.end();
    if (!named || self.sizes()[d] != 1) {
      sizes.push_back(self.sizes()[d]);
      strides.push_back(self.strides()[d]);
    }
  }
  return self.with_layout(sizes, strides, self.storage_offset());
}
inline Tensor squeeze(const Tensor& self, std::int64_t dim) { return squeeze(self, IntSpan(&dim, 1)); }

/// Inserts a dimension of size 1.
inline Tensor unsqueeze(const Tensor& self, std::int64_t dim) {
  const std::int64_t d = wrap_dim(dim, self.dim() + 1);
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  strides.insert(d, d < self.dim() ? sizes[d] * strides[d] : 1);
  sizes.insert(d, 1);
  return self.with_layout(sizes, strides, self.storage_offset());
}

/// Repeats dimensions of size 1 without copying; -1 keeps a size.
inline Tensor expand(const Tensor& self, IntSpan size) {
  const std::int64_t lead = size.size() - self.dim();
  if (lead < 0) {
    raise("RuntimeError", {"expand(torch.", dtype_label(self.dtype()), "Tensor{", self.sizes(), "}, size=", size,
                           "): the number of sizes provided (", size.size(),
                           ") must be greater or equal to the number of dimensions in the tensor (", self.dim(), ")"});
  }
  DimVector sizes(size);
  DimVector strides(size.size());
  for (std::int64_t d = size.size() - 1; d >= 0; --d) {
    const std::int64_t old = d >= lead ? self.sizes()[d - lead] : 1;
    strides[d] = d >= lead ? self.strides()[d - lead] : (d + 1 < size.size() ? sizes[d + 1] * strides[d + 1] : 1);
    if (size[d] == -1) {
      if (d < lead) {
        raise("RuntimeError",
              {"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension ", d});
      }
      sizes[d] = old;
    } else if (size[d] != old) {
      if (old != 1 || size[d] < 0) {
        raise("RuntimeError",
              {"The expanded size of the tensor (", size[d], ") must match the existing size (", old,
               ") at non-singleton dimension ", d, ".  Target sizes: ", size, ".  Tensor sizes: ", self.sizes()});
      }
      strides[d] = 0;
    }
  }
  static_cast<void>(checked_numel(sizes));
  return self.with_layout(sizes, strides, self.storage_offset());
}
inline Tensor expand_as(const Tensor& self, const Tensor& other) { return expand(self, other.sizes()); }
inline Tensor broadcast_to(const Tensor& self, IntSpan size) { return expand(self, size); }

inline List<Tensor> broadcast_tensors(TensorSpan tensors) {
  DimVector shape;
  for (const Tensor& tensor : tensors) {
    shape = broadcast_sizes(shape, tensor.sizes());
  }
  List<Tensor> result;
  for (const Tensor& tensor : tensors) {
    result.append(expand(tensor, shape));
  }
  return result;
}

inline std::int64_t size(const Tensor& self, std::int64_t dim) { return self.size(dim); }
inline std::int64_t stride(const Tensor& self, std::int64_t dim) { return self.stride(dim); }
inline std::int64_t dim(const Tensor& self) { return self.dim(); }
inline std::int64_t numel(const Tensor& self) { return self.numel(); }
inline std::int64_t storage_offset(const Tensor& self) { return self.storage_offset(); }
inline List<std::int64_t> size(const Tensor& self) {
  List<std::int64_t> result;
  for (const std::int64_t value : self.sizes()) {
    result.append(value);
  }
  return result;
}
inline List<std::int64_t> stride(const Tensor& self) {
  List<std::int64_t> result;
  for (const std::int64_t value : self.strides()) {
    result.append(value);
  }
  return result;
}
/// len(tensor): the size of the first dimension; TypeError for a 0-d tensor.
inline std::int64_t len(const Tensor& self) {
  if (self.dim() == 0) {
    raise("TypeError", "len() of a 0-d tensor");
  }
  return self.sizes()[0];
}

}  // namespace ops
}  // namespace ts2cpp
