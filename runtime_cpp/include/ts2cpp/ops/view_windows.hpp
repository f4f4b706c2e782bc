// Views of parts of a tensor: select, slice, narrow, diagonal, unfold, as_strided.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/ops/views.hpp>

namespace ts2cpp::ops {

/// One position of dimension `dim`, which disappears.
inline Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index) {
  if (self.dim() == 0) {
    raise("IndexError", "select() cannot be applied to a 0-dim tensor.");
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t size = self.sizes()[d];
  if (index < -size || index >= size) {
    raise("IndexError",
          {"select(): index ", index, " out of range for tensor of size ", self.sizes(), " at dimension ", d});
  }
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  const std::int64_t offset = self.storage_offset() + (index < 0 ? index + size : index) * strides[d];
  sizes.erase(d);
  strides.erase(d);
  return self.with_layout(sizes, strides, offset);
}

/// What a loop over a tensor goes through: `for (const Tensor row : ops::rows(x))`, as many turns as x has rows at the
/// start.
class Rows {
 public:
  class Iterator {
   public:
    Iterator(const Tensor& self, std::int64_t index) : self_(&self), index_(index) {}
    Tensor operator*() const { return select(*self_, 0, index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Tensor* self_;
    std::int64_t index_;
  };

  explicit Rows(const Tensor& self) : self_(self), size_(len(self)) {}
  Iterator begin() const { return {self_, 0}; }
  Iterator end() const { return {self_, size_}; }

 private:
  Tensor self_;
  std::int64_t size_;
};

/// The rows of a tensor, views one after the other; TypeError for a 0-d tensor.
inline Rows rows(const Tensor& self) { return Rows(self); }

/// The value of self[i, j, …], which has one element.
inline Scalar item(const Tensor& self, IntSpan indices) {
  if (self.dim() == indices.size()) {
    std::int64_t distance = 0;
    bool inside = true;
    for (std::int64_t d = 0; d < indices.size(); ++d) {
      const std::int64_t size = self.sizes()[d];
      const std::int64_t index = indices[d] < 0 ? indices[d] + size : indices[d];
      inside = inside && index >= 0 && index < size;
      distance += inside ? index * self.strides()[d] : 0;
    }
    if (inside) {
      return self.element_at(distance);
    }
  }
  Tensor rest = self;
  for (const std::int64_t index : indices) {
    rest = select(rest, 0, index);
  }
  return rest.item();
}

/// Positions start, start + step, … below end of dimension `dim`, with Python's treatment of negative and large bounds.
inline Tensor slice(const Tensor& self, std::int64_t dim = 0, std::optional<std::int64_t> start = std::nullopt,
                    std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1) {
  if (self.dim() == 0) {
    raise("IndexError", "slice() cannot be applied to a 0-dim tensor.");
  }
  if (step <= 0) {
    raise("RuntimeError", "slice step must be positive");
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  const std::int64_t size = sizes[d];
  const auto bound = [size](std::int64_t value) {
    return std::clamp<std::int64_t>(value < 0 ? value + size : value, 0, size);
  };
  const std::int64_t first = bound(start.value_or(0));
  const std::int64_t last = std::max(first, bound(end.value_or(size)));
  sizes[d] = last == first ? 0 : (last - first - 1) / step + 1;
  const std::int64_t offset = self.storage_offset() + first * strides[d];
  if (sizes[d] > 1) {
    strides[d] *= step;  // cannot overflow: a second element exists
  }
  return self.with_layout(sizes, strides, offset);
}

inline Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length);
/// The same with the start in a 0-d integer tensor.
inline Tensor narrow(const Tensor& self, std::int64_t dim, const Tensor& start, std::int64_t length) {
  if (start.dim() != 0 || !is_integral(start.dtype(), false)) {
    raise("RuntimeError", "start must be an 0-dim integral Tensor.");
  }
  return narrow(self, dim, start.item().to_int(), length);
}
inline Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length) {
  if (self.dim() == 0) {
    raise("RuntimeError", "narrow() cannot be applied to a 0-dim tensor.");
  }
  if (length < 0) {
    raise("RuntimeError", "narrow(): length must be non-negative.");
  }
  const std::int64_t size = self.size(wrap_dim(dim, self.dim()));
  if (start < -size || start > size) {
    raise("IndexError",
          {"start out of range (expected to be in range of [", -size, ", ", size, "], but got ", start, ")"});
  }
  const std::int64_t first = start < 0 ? start + size : start;
  if (length > size - first) {
    raise("RuntimeError", {"start (", first, ") + length (", length, ") exceeds dimension size (", size, ")."});
  }
  return slice(self, dim, first, first + length, 1);
}

/// The diagonal of two dimensions as a new last dimension.
inline Tensor diagonal(const Tensor& self, std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1) {
  const std::int64_t a = wrap_dim(dim1, self.dim());
  const std::int64_t b = wrap_dim(dim2, self.dim());
  if (a == b) {
    raise("RuntimeError", {"diagonal dimensions cannot be identical ", dim1, ", ", dim2});
  }
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  const std::int64_t rows = offset < 0 ? std::max<std::int64_t>(sizes[a] + offset, 0) : sizes[a];
  const std::int64_t columns = offset > 0 ? std::max<std::int64_t>(sizes[b] - offset, 0) : sizes[b];
  const std::int64_t length = std::max<std::int64_t>(std::min(rows, columns), 0);
  const std::int64_t start = length == 0 ? 0 : offset >= 0 ? offset * strides[b] : -offset * strides[a];
  const std::int64_t step = strides[a] + strides[b];
  for (const std::int64_t d : {std::max(a, b), std::min(a, b)}) {
    sizes.erase(d);
    strides.erase(d);
  }
  sizes.push_back(length);
  strides.push_back(step);
  return self.with_layout(sizes, strides, self.storage_offset() + start);
}
/// The same with the last two dimensions where none are given.
inline Tensor linalg_diagonal(const Tensor& A, std::int64_t offset = 0, std::int64_t dim1 = -2,
                              std::int64_t dim2 = -1) {
  return diagonal(A, offset, dim1, dim2);
}

/// All windows of `size` elements, `step` apart, of a dimension; the window is a new last dimension.
inline Tensor unfold(const Tensor& self, std::int64_t dimension, std::int64_t size, std::int64_t step) {
  const std::int64_t d = wrap_dim(dimension, self.dim());
  const std::int64_t extent = self.dim() == 0 ? 1 : self.sizes()[d];
  if (size < 0) {
    raise("RuntimeError", {"size is ", size, " but must be >= 0"});
  }
  if (size > extent) {
    raise("RuntimeError", {"maximum size for tensor at dimension ", d, " is ", extent, " but size is ", size});
  }
  if (step <= 0) {
    raise("RuntimeError", {"step is ", step, " but must be > 0"});
  }
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  strides.push_back(self.dim() == 0 ? 1 : strides[d]);
  sizes.push_back(size);
  if (self.dim() > 0) {
    sizes[d] = (extent - size) / step + 1;
    strides[d] = sizes[d] > 1 ? strides[d] * step : strides[d];
  }
  return self.with_layout(sizes, strides, self.storage_offset());
}

/// Any layout over the storage, as long as it stays inside.
inline Tensor as_strided(const Tensor& self, IntSpan size, IntSpan stride,
                         std::optional<std::int64_t> storage_offset = std::nullopt) {
  const std::int64_t offset = storage_offset.value_or(self.storage_offset());
  if (size.size() != stride.size()) {
    raise("RuntimeError", "mismatch in length of strides and shape");
  }
  if (offset < 0) {
    raise("RuntimeError", {"Tensor: invalid storage offset ", offset});
  }
  std::int64_t needed = 0;
  bool valid = !__builtin_add_overflow(offset, 1, &needed);
  bool empty = false;
  for (std::int64_t d = 0; d < size.size(); ++d) {
    std::int64_t reach = 0;
    if (stride[d] < 0) {
      raise("RuntimeError", {"as_strided: Negative strides are not supported at the moment, got strides: ", stride});
    }
    if (size[d] < 0) {
      valid = false;
      break;
    }
    empty = empty || size[d] == 0;
    valid = valid && !__builtin_mul_overflow(size[d] - 1, stride[d], &reach) &&
            !__builtin_add_overflow(needed, reach, &needed);
  }
  std::int64_t bytes = 0;
  if ((!empty && !valid) || (!empty && __builtin_mul_overflow(needed, self.itemsize(), &bytes))) {
    raise("RuntimeError", {"Storage size calculation overflowed with sizes=", size, " and strides=", stride});
  }
  if (!empty && needed > self.storage_numel()) {
    raise("RuntimeError",
          {"setStorage: sizes ", size, ", strides ", stride, ", storage offset ", offset, ", and itemsize ",
           self.itemsize(), " requiring a storage size of ", needed * self.itemsize(),
           " are out of bounds for storage of size ", self.storage_numel() * self.itemsize()});
  }
  static_cast<void>(checked_numel(size));
  return self.with_layout(size, stride, empty ? 0 : offset);
}

}  // namespace ts2cpp::ops
