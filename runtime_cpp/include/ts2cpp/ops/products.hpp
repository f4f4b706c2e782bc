// Products made of products of matrices: chains, contractions, Kronecker and vector products, powers of vectors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/arrangement.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// What `multi_dot` asks of its tensors.
inline void check_chain(TensorSpan tensors) {
  const std::int64_t count = tensors.size();
  if (count < 2) {
    raise("RuntimeError", {"multi_dot(): expected at least 2 tensors but got ", count});
  }
  for (const std::int64_t i : {std::int64_t{0}, count - 1}) {
    if (tensors[i].dim() != 1 && tensors[i].dim() != 2) {
      raise("RuntimeError", {"multi_dot(): the ", i == 0 ? "first" : "last", " tensor must be 1D or 2D but got ",
                             tensors[i].dim(), "D"});
    }
  }
  for (std::int64_t i = 1; i + 1 < count; ++i) {
    if (tensors[i].dim() != 2) {
      raise("RuntimeError", {"multi_dot(): tensor ", i, " must be 2D but got ", tensors[i].dim(), "D"});
    }
  }
  for (std::int64_t i = 1; i < count; ++i) {
    if (tensors[i].dtype() != tensors[0].dtype()) {
      raise("RuntimeError",
            {"multi_dot(): all tensors must have be the same dtype but tensor 0 is ",
             dtype_element_name(tensors[0].dtype()), " and tensor ", i, " ", dtype_element_name(tensors[i].dtype())});
    }
  }
  for (std::int64_t i = 0; i + 1 < count; ++i) {
    const IntSpan left = tensors[i].sizes();
    const IntSpan right = tensors[i + 1].sizes();
    if (left.back() != right.front()) {
      raise("RuntimeError", {"multi_dot(): tensors ", i, " and ", i + 1, " with shapes ", left, " and ", right,
                             " cannot be multiplied"});
    }
  }
}

/// The products of a chain of matrices in the order of the fewest multiplications: the dynamic program of Cormen et
/// al., Introduction to Algorithms.
class MatrixChain {
 public:
  explicit MatrixChain(std::vector<Tensor> matrices)
      : matrices_(std::move(matrices)), count_(matrices_.size()), splits_(count_ * count_, 0) {
    std::vector<double> extents;
    for (const Tensor& matrix : matrices_) {
      extents.push_back(static_cast<double>(matrix.sizes()[0]));
    }
    extents.push_back(static_cast<double>(matrices_.back().sizes()[1]));
    std::vector<double> costs(count_ * count_, 0.0);
    for (std::size_t length = 1; length < count_; ++length) {
      for (std::size_t i = 0; i + length < count_; ++i) {
        const std::size_t j = i + length;
        for (std::size_t k = i; k < j; ++k) {
          const double cost =
              costs[i * count_ + k] + costs[(k + 1) * count_ + j] + extents[i] * extents[k + 1] * extents[j + 1];
          if (k == i || cost < costs[i * count_ + j]) {
            costs[i * count_ + j] = cost;
            splits_[i * count_ + j] = k;
          }
        }
      }
    }
  }
  Tensor product() const { return run(0, count_ - 1); }

 private:
  Tensor run(std::size_t i, std::size_t j) const {
    if (i == j) {
      return matrices_[i];
    }
    const std::size_t split = splits_[i * count_ + j];
    return ops::mm(run(i, split), run(split + 1, j));
  }

  std::vector<Tensor> matrices_;
  std::size_t count_;
  std::vector<std::size_t> splits_;
};

/// The powers 0, 1, … count - 1 along a new last dimension, each made of the one before.
template <class Lazy>
Tensor powers(const Tensor& x, std::int64_t count, DType dtype) {
  DimVector sizes(x.sizes());
  sizes.push_back(count);
  const Tensor result = Tensor::empty(sizes, dtype);
  if (count == 0) {
    return result;
  }
  copy_elements(ops::select(result, -1, 0), ops::scalar_tensor(1, dtype));
  if (count > 1) {
    sizes[sizes.size() - 1] = count - 1;
    const Tensor repeated = ops::expand(ops::unsqueeze(to_dtype(x, dtype, false), -1), sizes);
    copy_elements(ops::slice(result, -1, 1), ops::cumprod<Lazy>(repeated, -1));
  }
  return result;
}

/// What grouped products ask of the memory of a matrix: rows or columns side by side, each at a multiple of 16 bytes.
inline void check_aligned(const Tensor& matrix) {
  const std::int64_t rows = matrix.stride(-2);
  const std::int64_t columns = matrix.stride(-1);
  std::int64_t step = 0;
  if (rows == 1 && columns >= std::max<std::int64_t>(1, matrix.size(-2))) {
    step = columns;
  } else if (columns == 1 && rows >= std::max<std::int64_t>(1, matrix.size(-1))) {
    step = rows;
  } else {
    raise("RuntimeError",
          {"Invalid strides/sizes, got ", matrix.strides(), " for strides and ", matrix.sizes(), " for sizes"});
  }
  if (step % (16 / matrix.itemsize()) != 0) {
    raise("RuntimeError", "strides should be multiple of 16 bytes");
  }
}

inline void check_grouped(const Tensor& a, const Tensor& b, const std::optional<Tensor>& offs) {
  for (const Tensor* matrix : {&a, &b}) {
    const DType dtype = matrix->dtype();
    if (dtype != DType::float32 && dtype != DType::bfloat16 && dtype != DType::float16) {
      raise("RuntimeError", {"Expected ", matrix == &a ? "mat_a" : "mat_b",
                             " to be Float32, BFloat16 or Float16 matrix, got ", dtype_label(dtype)});
    }
  }
  for (const Tensor* matrix : {&a, &b}) {
    if (matrix->dim() != 2 && matrix->dim() != 3) {
      raise("RuntimeError", {matrix == &a ? "mat_a" : "mat_b", " has to be 2 or 3d"});
    }
  }
  if ((a.dim() == 3 || b.dim() == 3) && a.size(-1) != b.size(-2)) {
    raise("RuntimeError", "contraction dimension of mat_a and mat_b must match");
  }
  check_aligned(a);
  check_aligned(b);
  if (offs.has_value() != (a.dim() == 2 || b.dim() == 2)) {
    raise("RuntimeError", "Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d");
  }
  if (offs.has_value() && offs->dim() != 1) {
    raise("RuntimeError", "offs has to be 1D");
  }
  if (offs.has_value() && offs->dtype() != DType::int32) {
    raise("RuntimeError", "Offsets have to be int32");
  }
}

}  // namespace detail

namespace ops {

/// The cross product along `dim`, whose extent is 3; the other dimensions broadcast.
template <class Lazy = void>
Tensor linalg_cross(const Tensor& self, const Tensor& other, std::int64_t dim = -1) {
  if (self.dim() != other.dim()) {
    raise("RuntimeError", "linalg.cross: inputs must have the same number of dimensions.");
  }
  const std::int64_t a = self.size(dim);
  const std::int64_t b = other.size(dim);
  if (a != 3 || b != 3) {
    raise("RuntimeError", {"linalg.cross: inputs dimension ", dim, " must have length 3. Got ", a, " and ", b});
  }
  const Tensor result = Tensor::empty(broadcast_sizes(self.sizes(), other.sizes()), self.dtype());
  if (self.dtype() != other.dtype()) {
    raise("RuntimeError",
          {"expected scalar type ", dtype_label(self.dtype()), " but found ", dtype_label(other.dtype())});
  }
  if (self.dtype() == DType::bool_) {
    detail::raise_no_kernel("cross", DType::bool_);
  }
  for (std::int64_t i = 0; i < 3 && result.numel() != 0; ++i) {
    const std::int64_t j = (i + 1) % 3;
    const std::int64_t k = (i + 2) % 3;
    detail::copy_elements(select(result, dim, i), sub<Lazy>(mul<Lazy>(select(self, dim, j), select(other, dim, k)),
                                                            mul<Lazy>(select(self, dim, k), select(other, dim, j))));
  }
  return result;
}

/// The same along the first dimension of extent 3 where none is given.
template <class Lazy = void>
Tensor cross(const Tensor& self, const Tensor& other, std::optional<std::int64_t> dim = std::nullopt) {
  for (std::int64_t d = 0; !dim && d < self.dim(); ++d) {
    if (self.sizes()[d] == 3) {
      dim = d;
    }
  }
  if (!dim) {
    raise("RuntimeError", "no dimension of size 3 in input");
  }
  return linalg_cross<Lazy>(self, other, *dim);
}

/// The product of a chain of matrices, the first and the last of which may be vectors.
inline Tensor linalg_multi_dot(TensorSpan tensors) {
  detail::check_chain(tensors);
  if (tensors.size() == 2) {
    return matmul(tensors[0], tensors[1]);
  }
  std::vector<Tensor> matrices(tensors.begin(), tensors.end());
  DimVector sizes;
  if (matrices.front().dim() == 1) {
    matrices.front() = unsqueeze(matrices.front(), 0);
  } else {
    sizes.push_back(matrices.front().sizes()[0]);
  }
  if (matrices.back().dim() == 1) {
    matrices.back() = unsqueeze(matrices.back(), 1);
  } else {
    sizes.push_back(matrices.back().sizes()[1]);
  }
  return reshape(detail::MatrixChain(std::move(matrices)).product(), sizes);
}

inline Tensor chain_matmul(TensorSpan matrices) {
  for (const Tensor& matrix : matrices) {
    if (matrix.dim() != 2) {
      raise("RuntimeError", {"Tensor dimension is ", matrix.dim(), ", expected 2 instead."});
    }
  }
  if (matrices.empty()) {
    raise("RuntimeError", "chain_matmul(): Expected one or more matrices");
  }
  return matrices.size() == 1 ? matrices[0] : linalg_multi_dot(matrices);
}

/// The Vandermonde matrix: row i holds the powers of x[i], the highest first unless `increasing`.
template <class Lazy = void>
Tensor vander(const Tensor& x, std::optional<std::int64_t> n = std::nullopt, bool increasing = false) {
  if (x.dim() != 1) {
    raise("RuntimeError", "x must be a one-dimensional tensor.");
  }
  const std::int64_t count = n.value_or(x.sizes()[0]);
  if (count < 0) {
    raise("RuntimeError", "N must be non-negative.");
  }
  const Tensor result = detail::powers<Lazy>(x, count, promote_types(x.dtype(), DType::int64));
  return increasing ? result : flip(result, {1});
}

/// The Vandermonde matrices of the vectors along the last dimension, powers ascending.
template <class Lazy = void>
Tensor linalg_vander(const Tensor& x, std::optional<std::int64_t> n = std::nullopt) {
  if (x.dtype() == DType::bool_ || is_reduced_float(x.dtype())) {
    raise("RuntimeError",
          {"linalg.vander supports floating point, complex, and integer tensors, but got ", dtype_label(x.dtype())});
  }
  const Tensor values = atleast_1d(x);
  const std::int64_t count = n.value_or(values.size(-1));
  if (count <= 1) {
    raise("RuntimeError", "N must be greater than 1.");
  }
  return detail::powers<Lazy>(values, count, promote_types(x.dtype(), DType::int64));
}

/// The dot product of vectors, the first one conjugated.
template <class Lazy = void>
Tensor vdot(const Tensor& self, const Tensor& other) {
  return dot(conj<Lazy>(self), other);
}

/// Sums of products over pairs of dimensions; an extent of 1 stands for a sum over the other operand's extent.
inline Tensor tensordot(const Tensor& self, const Tensor& other, IntSpan dims_self, IntSpan dims_other) {
  if (dims_self.size() != dims_other.size()) {
    raise("RuntimeError", "both dimension lists should have same length");
  }
  if (self.dtype() != other.dtype()) {
    raise("RuntimeError", "both inputs should have same dtype");
  }
  DimVector left;
  DimVector right;
  DimVector extents;
  std::int64_t count = 1;
  for (std::int64_t i = 0; i < dims_self.size(); ++i) {
    left.push_back(wrap_dim(dims_self[i], self.dim()));
    right.push_back(wrap_dim(dims_other[i], other.dim()));
    const std::int64_t a = self.size(left.back());
    const std::int64_t b = other.size(right.back());
    if (a != b && a != 1 && b != 1) {
      raise("RuntimeError", {"contracted dimensions need to match, but first has size ", a, " in dim ", dims_self[i],
                             " and second has size ", b, " in dim ", dims_other[i]});
    }
    extents.push_back(a == 1 ? b : a);
    count *= extents.back();
  }
  for (const DimVector* const dims : {&left, &right}) {
    for (const std::int64_t dim : *dims) {
      if (std::count(dims->begin(), dims->end(), dim) > 1) {
        raise("RuntimeError", {"dim ", dim, " appears multiple times in the list of dims"});
      }
    }
  }
  const auto kept = [](const Tensor& tensor, const DimVector& contracted) {
    DimVector dims;
    for (std::int64_t d = 0; d < tensor.dim(); ++d) {
      if (std::find(contracted.begin(), contracted.end(), d) == contracted.end()) {
        dims.push_back(d);
      }
    }
    return dims;
  };
  DimVector rows = kept(self, left);
  DimVector columns = kept(other, right);
  DimVector shape;
  DimVector first;
  DimVector second(extents);
  std::int64_t row_count = 1;
  std::int64_t column_count = 1;
  for (const std::int64_t d : rows) {
    shape.push_back(self.size(d));
    row_count *= self.size(d);
  }
  first = shape;
  for (const std::int64_t extent : extents) {
    first.push_back(extent);
  }
  for (const std::int64_t d : columns) {
    shape.push_back(other.size(d));
    second.push_back(other.size(d));
    column_count *= other.size(d);
  }
  for (const std::int64_t d : left) {
    rows.push_back(d);
  }
  DimVector order(right);
  for (const std::int64_t d : columns) {
    order.push_back(d);
  }
  const Tensor a = reshape(expand(permute(self, rows), first), {row_count, count});
  const Tensor b = reshape(expand(permute(other, order), second), {count, column_count});
  return reshape(mm(a, b), shape);
}

/// The Kronecker product: every element of `self` times `other`.
template <class Lazy = void>
Tensor kron(const Tensor& self, const Tensor& other) {
  const std::int64_t rank = std::max(self.dim(), other.dim());
  DimVector first;
  DimVector second;
  DimVector shape;
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::int64_t a = d < rank - self.dim() ? 1 : self.size(d - rank + self.dim());
    const std::int64_t b = d < rank - other.dim() ? 1 : other.size(d - rank + other.dim());
    first.push_back(a);
    first.push_back(1);
    second.push_back(1);
    second.push_back(b);
    shape.push_back(a * b);
  }
  return reshape(mul<Lazy>(reshape(self, first), reshape(other, second)), shape);
}

/// One product of matrices for each group: group i of a 2-d operand ends at `offs[i]`, of a 3-d one it is matrix i.
/// Two 2-d operands are cut along the contracted dimension.  What belongs to no group is zero.
inline Tensor _grouped_mm(const Tensor& self, const Tensor& mat2, const std::optional<Tensor>& offs = std::nullopt,
                          const std::optional<Tensor>& bias = std::nullopt,
                          std::optional<DType> out_dtype = std::nullopt) {
  detail::check_grouped(self, mat2, offs);
  if (bias.has_value()) {
    raise("RuntimeError", "Bias not supported yet");
  }
  if (out_dtype.value_or(self.dtype()) != self.dtype()) {
    raise("RuntimeError", "Grouped gemm output dtype must match `mat_a` dtype");
  }
  const bool flat_a = self.dim() == 2;
  const bool flat_b = mat2.dim() == 2;
  const std::int64_t groups = offs.has_value() ? offs->size(0) : self.size(0);
  if ((!flat_a && self.size(0) != groups) || (!flat_b && mat2.size(0) != groups)) {
    raise("RuntimeError", offs.has_value() ? "matrix batch sizes have to match" : "batched dimension has to match");
  }
  detail::check_same_product_dtype(self, mat2);
  const std::int64_t columns = mat2.size(-1);
  // Rows of the result begin at multiples of 16 bytes, too.
  const std::int64_t step = 16 / self.itemsize();
  DimVector shape;
  if (flat_a == flat_b) {
    shape.push_back(groups);
  }
  shape.push_back(self.size(-2));
  shape.push_back((columns + step - 1) / step * step);
  const Tensor result = narrow(zeros(shape, self.dtype()), -1, 0, columns);
  const Tensor ends = offs.has_value() ? detail::contiguous_copy(*offs, DType::int32) : Tensor();
  std::int64_t begin = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t end = offs.has_value() ? ends.data_ptr<std::int32_t>()[group] : begin;
    const auto cut = [&](const Tensor& tensor, std::int64_t dim) { return slice(tensor, dim, begin, end); };
    const Tensor a = !flat_a ? select(self, 0, group) : cut(self, flat_b ? 1 : 0);
    const Tensor b = !flat_b ? select(mat2, 0, group) : cut(mat2, flat_a ? 0 : 1);
    const Tensor into = flat_a == flat_b ? select(result, 0, group) : cut(result, flat_a ? 0 : 1);
    detail::copy_elements(into, mm(a, b));
    begin = end;
  }
  return result;
}

/// Dot products along a dimension, the first operand conjugated.
template <class Lazy = void>
Tensor linalg_vecdot(const Tensor& x, const Tensor& y, std::int64_t dim = -1) {
  if (x.dtype() != y.dtype()) {
    raise("RuntimeError", {"linalg.vecdot: Expected x and y to have the same dtype, but found x of type ",
                           dtype_label(x.dtype()), " and y of type ", dtype_label(y.dtype()), " instead"});
  }
  return to(ops::sum<Lazy>(mul<Lazy>(conj<Lazy>(x), y), Dims{dim}), x.dtype());
}

}  // namespace ops
}  // namespace ts2cpp
