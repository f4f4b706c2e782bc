// Joining tensors and taking them apart: cat, stack, split, chunk, unbind, meshgrid.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/kernels/block_joining.hpp>
#include <ts2cpp/kernels/joining.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/select_rows.hpp>

namespace ts2cpp::ops {

/// Concatenates along `dim`. The dtype is the promoted one; empty 1-d tensors are skipped, as in PyTorch.
inline Tensor cat(TensorSpan tensors, std::int64_t dim = 0) {
  if (tensors.empty()) {
    raise("ValueError", "torch.cat(): expected a non-empty list of Tensors");
  }
  detail::Promotion promotion;
  const Tensor* first = nullptr;
  const auto skipped = [](const Tensor& tensor) { return tensor.dim() == 1 && tensor.sizes()[0] == 0; };
  for (std::int64_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dim() == 0) {
      raise("RuntimeError", {"zero-dimensional tensor (at position ", i, ") cannot be concatenated"});
    }
    promotion.add(tensors[i]);
    if (first == nullptr && !skipped(tensors[i])) {
      first = &tensors[i];
    }
  }
  if (first == nullptr) {
    static_cast<void>(wrap_dim(dim, 1));
    return Tensor::empty({0}, promotion.result());
  }
  const std::int64_t d = wrap_dim(dim, first->dim());
  DimVector sizes(first->sizes());
  sizes[d] = 0;
  for (std::int64_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i];
    if (skipped(tensor)) {
      continue;
    }
    if (tensor.dim() != first->dim()) {
      raise("RuntimeError", {"Tensors must have same number of dimensions: got ", first->dim(), " and ", tensor.dim()});
    }
    for (std::int64_t axis = 0; axis < tensor.dim(); ++axis) {
      if (axis != d && tensor.sizes()[axis] != sizes[axis]) {
        raise("RuntimeError", {"Sizes of tensors must match except in dimension ", d, ". Expected size ", sizes[axis],
                               " but got size ", tensor.sizes()[axis], " for tensor number ", i, " in the list."});
      }
    }
    sizes[d] += tensor.sizes()[d];
  }
  if (d == 1 && sizes.size() == 4 && first->storage().blocks() != nullptr) {
    const Tensor joined = kernels::join_blocks(tensors, sizes);
    if (joined.defined()) {
      return joined;
    }
  }
  const Tensor result = Tensor::empty(sizes, promotion.result());
  kernels::join_along(tensors, d, result);
  return result;
}
inline Tensor concat(TensorSpan tensors, std::int64_t dim = 0) { return cat(tensors, dim); }
inline Tensor concatenate(TensorSpan tensors, std::int64_t dim = 0) { return cat(tensors, dim); }

/// Joins tensors of one shape along a new dimension.
inline Tensor stack(TensorSpan tensors, std::int64_t dim = 0) {
  if (tensors.empty()) {
    raise("RuntimeError", "stack expects a non-empty TensorList");
  }
  std::vector<Tensor> parts;
  parts.reserve(static_cast<std::size_t>(tensors.size()));
  const std::int64_t d = wrap_dim(dim, tensors[0].dim() + 1);
  for (std::int64_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].sizes() != tensors[0].sizes()) {
      raise("RuntimeError", {"stack expects each tensor to be equal size, but got ", tensors[0].sizes(),
                             " at entry 0 and ", tensors[i].sizes(), " at entry ", i});
    }
    parts.push_back(unsqueeze(tensors[i], d));
  }
  return cat(parts, d);
}

/// Pieces of the given sizes along `dim`, as views.
inline List<Tensor> split_with_sizes(const Tensor& self, IntSpan split_sizes, std::int64_t dim = 0) {
  if (self.dim() == 0) {
    raise("RuntimeError", "split expects at least a 1-dimensional tensor");
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t extent = self.sizes()[d];
  std::int64_t total = 0;
  bool valid = true;
  for (const std::int64_t size : split_sizes) {
    if (size < 0) {
      raise("RuntimeError",
            {"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=", split_sizes});
    }
    valid = valid && !__builtin_add_overflow(total, size, &total);
  }
  if (!valid || total != extent) {
    raise("RuntimeError", {"split_with_sizes expects split_sizes to sum exactly to ", extent,
                           " (input tensor's size at dimension ", d, "), but got split_sizes=", split_sizes});
  }
  List<Tensor> result;
  std::int64_t start = 0;
  for (const std::int64_t size : split_sizes) {
    result.append(slice(self, d, start, start + size, 1));
    start += size;
  }
  return result;
}

/// Pieces of `split_size` along `dim` (the last may be smaller), as views.
inline List<Tensor> split(const Tensor& self, std::int64_t split_size, std::int64_t dim = 0) {
  if (self.dim() == 0) {
    raise("RuntimeError", "split expects at least a 1-dimensional tensor");
  }
  if (split_size < 0) {
    raise("RuntimeError", {"split expects split_size be non-negative, but got split_size=", split_size});
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t extent = self.sizes()[d];
  if (split_size == 0 && extent != 0) {
    raise("RuntimeError", {"split_size can only be 0 if dimension size is 0, but got dimension size of ", extent});
  }
  List<Tensor> result;
  std::int64_t start = 0;
  do {
    const std::int64_t size = std::min(split_size, extent - start);
    result.append(slice(self, d, start, start + size, 1));
    start += size;
  } while (start < extent);
  return result;
}
inline List<Tensor> split(const Tensor& self, IntSpan split_sizes, std::int64_t dim = 0) {
  return split_with_sizes(self, split_sizes, dim);
}

/// At most `chunks` pieces of one size along `dim` (the last may be smaller), as views.
inline List<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim = 0) {
  if (self.dim() == 0) {
    raise("RuntimeError", "chunk expects at least a 1-dimensional tensor");
  }
  if (chunks <= 0) {
    raise("RuntimeError", {"chunk expects `chunks` to be greater than 0, got: ", chunks});
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t extent = self.sizes()[d];
  if (extent == 0) {
    if (chunks >= std::int64_t{1} << 40) {
      raise("RuntimeError", "cannot create std::vector larger than max_size()");
    }
    List<Tensor> result;
    for (std::int64_t i = 0; i < chunks; ++i) {
      result.append(alias(self));
    }
    return result;
  }
  return split(self, (extent - 1) / chunks + 1, d);
}

}  // namespace ts2cpp::ops

namespace ts2cpp::detail {

inline std::int64_t tensor_split_dim(const Tensor& self, std::int64_t dim) {
  if (self.dim() == 0) {
    raise("RuntimeError", "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  }
  return wrap_dim(dim, self.dim());
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

/// Exactly `sections` pieces whose sizes differ by at most one.
inline List<Tensor> tensor_split(const Tensor& self, std::int64_t sections, std::int64_t dim = 0) {
  const std::int64_t d = detail::tensor_split_dim(self, dim);
  if (sections <= 0) {
    raise("RuntimeError", {"number of sections must be larger than 0, got ", sections});
  }
  const std::int64_t extent = self.sizes()[d];
  if (sections >= std::int64_t{1} << 40) {
    raise("RuntimeError", "cannot create std::vector larger than max_size()");
  }
  if (sections >= std::int64_t{1} << 30) {
    raise("RuntimeError", {"DefaultCPUAllocator: can't allocate memory for ", sections, " tensors"});
  }
  List<Tensor> result;
  std::int64_t start = 0;
  for (std::int64_t i = 0; i < sections; ++i) {
    const std::int64_t end = start + extent / sections + (i < extent % sections ? 1 : 0);
    result.append(slice(self, d, start, end, 1));
    start = end;
  }
  return result;
}
/// Pieces between the given positions.
inline List<Tensor> tensor_split(const Tensor& self, IntSpan indices, std::int64_t dim = 0) {
  const std::int64_t d = detail::tensor_split_dim(self, dim);
  List<Tensor> result;
  std::int64_t start = 0;
  for (const std::int64_t end : indices) {
    result.append(slice(self, d, start, end, 1));
    start = end;
  }
  result.append(slice(self, d, start, std::nullopt, 1));
  return result;
}
/// The same with a tensor: of one element without dimensions for so many pieces, of positions otherwise.
inline List<Tensor> tensor_split(const Tensor& self, const Tensor& places, std::int64_t dim = 0) {
  static_cast<void>(self.dim() == 0 ? detail::tensor_split_dim(self, dim) : 0);
  if (places.dtype() != DType::int64) {
    raise("RuntimeError", {"tensor_split expected tensor_indices_or_sections to have dtype of long, but got ",
                           dtype_label(places.dtype())});
  }
  if (places.dim() > 1) {
    raise(
        "RuntimeError",
        {"tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got "
         "a tensor with ",
         places.dim(), " dims"});
  }
  const Tensor given = contiguous(places);
  const std::int64_t* const data = given.data_ptr<std::int64_t>();
  return places.dim() == 0 ? tensor_split(self, *data, dim) : tensor_split(self, IntSpan(data, given.numel()), dim);
}

}  // namespace ts2cpp::ops

namespace ts2cpp::detail {

inline void check_split(const char* name, const Tensor& self, std::int64_t least) {
  if (self.dim() < least) {
    raise("RuntimeError", {"torch.", name, " requires a tensor with at least ", least,
                           " dimension, but got a tensor with ", self.dim(), " dimensions!"});
  }
}

inline List<Tensor> equal_split(const char* name, const Tensor& self, std::int64_t sections, std::int64_t dim) {
  if (sections <= 0 || self.sizes()[dim] % sections != 0) {
    raise("RuntimeError",
          {"torch.", name, " attempted to split along dimension ", dim, ", but the size of the dimension ",
           self.sizes()[dim], " is not divisible by the split_size ", sections, "!"});
  }
  return ops::tensor_split(self, sections, dim);
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

/// Pieces of one size, or between the given positions, of the second dimension (of the only one), the first or the
/// third.
inline List<Tensor> hsplit(const Tensor& self, std::int64_t sections) {
  detail::check_split("hsplit", self, 1);
  return detail::equal_split("hsplit", self, sections, self.dim() == 1 ? 0 : 1);
}
inline List<Tensor> hsplit(const Tensor& self, IntSpan indices) {
  detail::check_split("hsplit", self, 1);
  return tensor_split(self, indices, self.dim() == 1 ? 0 : 1);
}
inline List<Tensor> vsplit(const Tensor& self, std::int64_t sections) {
  detail::check_split("vsplit", self, 2);
  return detail::equal_split("vsplit", self, sections, 0);
}
inline List<Tensor> vsplit(const Tensor& self, IntSpan indices) {
  detail::check_split("vsplit", self, 2);
  return tensor_split(self, indices, 0);
}
inline List<Tensor> dsplit(const Tensor& self, std::int64_t sections) {
  detail::check_split("dsplit", self, 3);
  return detail::equal_split("dsplit", self, sections, 2);
}
inline List<Tensor> dsplit(const Tensor& self, IntSpan indices) {
  detail::check_split("dsplit", self, 3);
  return tensor_split(self, indices, 2);
}

/// The positions of a dimension as separate tensors, which share the storage.
inline List<Tensor> unbind(const Tensor& self, std::int64_t dim = 0) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (self.dim() == 0) {
    raise("IndexError", {"Dimension specified as ", d, " but tensor has no dimensions"});
  }
  List<Tensor> result;
  for (std::int64_t i = 0; i < self.sizes()[d]; ++i) {
    result.append(select(self, d, i));
  }
  return result;
}

/// Coordinate grids of 1-d tensors; indexing "ij" (rows first) or "xy" (the first two exchanged).
inline List<Tensor> meshgrid(TensorSpan tensors, std::string_view indexing = "ij") {
  if (tensors.empty()) {
    raise("RuntimeError", "meshgrid expects a non-empty TensorList");
  }
  if (indexing != "ij" && indexing != "xy") {
    raise("RuntimeError", {"torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: ", indexing});
  }
  const bool swap = indexing == "xy" && tensors.size() >= 2;
  const std::int64_t count = tensors.size();
  const auto axis_of = [swap](std::int64_t i) { return swap && i < 2 ? 1 - i : i; };
  DimVector shape(count);
  for (std::int64_t i = 0; i < count; ++i) {
    if (tensors[i].dim() > 1) {
      raise("RuntimeError",
            {"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ", tensors[i].dim(), "D tensor"});
    }
    if (tensors[i].dtype() != tensors[0].dtype()) {
      raise("RuntimeError", "meshgrid expects all tensors to have the same dtype");
    }
    shape[axis_of(i)] = tensors[i].numel();
  }
  List<Tensor> result;
  for (std::int64_t i = 0; i < count; ++i) {
    DimVector sizes(count, 1);
    sizes[axis_of(i)] = tensors[i].numel();
    result.append(expand(view(tensors[i], sizes), shape));
  }
  return result;
}

/// At least one, two or three dimensions, by dimensions of size 1.
inline Tensor atleast_1d(const Tensor& self) { return self.dim() == 0 ? view(self, {1}) : self; }
inline Tensor atleast_2d(const Tensor& self) { return self.dim() < 2 ? unsqueeze(atleast_1d(self), 0) : self; }
inline Tensor atleast_3d(const Tensor& self) { return self.dim() < 3 ? unsqueeze(atleast_2d(self), -1) : self; }

#define TS2CPP_ATLEAST(NAME)                     \
  inline List<Tensor> NAME(TensorSpan tensors) { \
    List<Tensor> result;                         \
    for (const Tensor& tensor : tensors) {       \
      result.append(NAME(tensor));               \
    }                                            \
    return result;                               \
  }
TS2CPP_ATLEAST(atleast_1d)
TS2CPP_ATLEAST(atleast_2d)
TS2CPP_ATLEAST(atleast_3d)
#undef TS2CPP_ATLEAST

/// The matrix that has `tensors` along its diagonal and zeros elsewhere.
inline Tensor block_diag(TensorSpan tensors) {
  detail::Promotion promotion;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  for (std::int64_t i = 0; i < tensors.size(); ++i) {
    promotion.add(tensors[i]);
    if (tensors[i].dim() > 2) {
      raise("RuntimeError", {"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input ", i, " has ",
                             tensors[i].dim(), " dimensions"});
    }
    const Tensor block = atleast_2d(tensors[i]);
    rows += block.size(0);
    columns += block.size(1);
  }
  if (tensors.empty()) {
    return Tensor::empty({1, 0}, DType::float32);
  }
  const Tensor result = Tensor::empty({rows, columns}, promotion.result());
  std::memset(result.raw_data(), 0, static_cast<std::size_t>(result.numel() * result.itemsize()));
  std::int64_t position = 0;
  for (const Tensor& tensor : tensors) {
    const Tensor block = atleast_2d(tensor);
    detail::copy_elements(result.with_layout(block.sizes(), result.strides(), position), block);
    position += block.size(0) * columns + block.size(1);
  }
  return result;
}

}  // namespace ts2cpp::ops

namespace ts2cpp::detail {

inline void check_not_empty(const char* name, TensorSpan tensors) {
  if (tensors.empty()) {
    raise("RuntimeError", {name, " expects a non-empty TensorList"});
  }
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

/// Joins side by side: along the first dimension for vectors, the second otherwise.
inline Tensor hstack(TensorSpan tensors) {
  detail::check_not_empty("hstack", tensors);
  std::vector<Tensor> parts;
  for (const Tensor& tensor : tensors) {
    parts.push_back(atleast_1d(tensor));
  }
  return cat(parts, !parts.empty() && parts[0].dim() > 1 ? 1 : 0);
}
/// Joins rows.
inline Tensor vstack(TensorSpan tensors) {
  detail::check_not_empty("vstack", tensors);
  std::vector<Tensor> parts;
  for (const Tensor& tensor : tensors) {
    parts.push_back(atleast_2d(tensor));
  }
  return cat(parts, 0);
}
inline Tensor row_stack(TensorSpan tensors) { return vstack(tensors); }
/// Joins along the third dimension.
inline Tensor dstack(TensorSpan tensors) {
  detail::check_not_empty("dstack", tensors);
  std::vector<Tensor> parts;
  for (const Tensor& tensor : tensors) {
    parts.push_back(atleast_3d(tensor));
  }
  return cat(parts, 2);
}
/// Vectors as columns, joined side by side.
inline Tensor column_stack(TensorSpan tensors) {
  detail::check_not_empty("column_stack", tensors);
  std::vector<Tensor> parts;
  for (const Tensor& tensor : tensors) {
    parts.push_back(tensor.dim() < 2 ? reshape(tensor, {tensor.numel(), 1}) : tensor);
  }
  return hstack(parts);
}

/// Every combination of one element of each vector, as rows; a single vector as it is.
inline Tensor cartesian_prod(TensorSpan tensors) {
  for (const Tensor& tensor : tensors) {
    if (tensor.dim() != 1) {
      raise("RuntimeError", {"Expect a 1D vector, but got shape ", tensor.sizes()});
    }
  }
  if (tensors.size() == 1) {
    return tensors[0];
  }
  std::vector<Tensor> columns;
  for (const Tensor& grid : meshgrid(tensors)) {
    columns.push_back(reshape(grid, {-1}));
  }
  return stack(columns, 1);
}

/// All choices of `r` elements of a vector as rows, in the order of their positions.
inline Tensor combinations(const Tensor& self, std::int64_t r = 2, bool with_replacement = false) {
  if (self.dim() != 1) {
    raise("RuntimeError", {"Expect a 1D vector, but got shape ", self.sizes()});
  }
  if (r < 0) {
    raise("RuntimeError", {"Expect a non-negative number, but got ", r});
  }
  if (r == 0) {
    return Tensor::empty({0}, self.dtype());
  }
  const std::int64_t count = self.sizes()[0];
  if (count > 1 && static_cast<double>(r) >= 64.0 / std::log2(static_cast<double>(count))) {
    raise("RuntimeError", "numel: integer multiplication overflow");
  }
  if (count == 0 || (r > count && !with_replacement)) {
    return Tensor::empty({0, r}, self.dtype());
  }
  // PyTorch makes all the tuples first, which is what bounds them.
  if (r > (std::int64_t{1} << 27) || std::pow(static_cast<double>(count), static_cast<double>(r)) > 8589934592.0) {
    raise("RuntimeError", {"combinations of ", r, " out of ", count, " elements do not fit into memory"});
  }
  std::vector<std::int64_t> positions;
  DimVector choice(r);
  for (std::int64_t i = 0; i < r; ++i) {
    choice[i] = with_replacement ? 0 : i;
  }
  for (;;) {
    positions.insert(positions.end(), choice.begin(), choice.end());
    std::int64_t i = r - 1;
    while (i >= 0 && choice[i] == (with_replacement ? count - 1 : count - r + i)) {
      --i;
    }
    if (i < 0) {
      break;
    }
    const std::int64_t next = choice[i] + 1;
    for (std::int64_t j = i; j < r; ++j) {
      choice[j] = with_replacement ? next : next + j - i;
    }
  }
  const std::int64_t rows = static_cast<std::int64_t>(positions.size()) / r;
  return reshape(detail::select_rows(self, 0, positions), {rows, r});
}

}  // namespace ts2cpp::ops
