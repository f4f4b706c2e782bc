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
    raise("RuntimeError", "multi_dot(): expected at least 2 tensors but got " + std::to_string(count));
  }
  for (const std::int64_t i : {std::int64_t{0}, count - 1}) {
    if (tensors[i].dim() != 1 && tensors[i].dim() != 2) {
      raise("RuntimeError", std::string("multi_dot(): the ") + (i == 0 ? "first" : "last") +
                                " tensor must be 1D or 2D but got " + std::to_string(tensors[i].dim()) + "D");
    }
  }
  for (std::int64_t i = 1; i + 1 < count; ++i) {
    if (tensors[i].dim() != 2) {
      raise("RuntimeError", "multi_dot(): tensor " + std::to_string(i) + " must be 2D but got " +
                                std::to_string(tensors[i].dim()) + "D");
    }
  }
  for (std::int64_t i = 1; i < count; ++i) {
    if (tensors[i].dtype() != tensors[0].dtype()) {
      raise("RuntimeError", std::string("multi_dot(): all tensors must have be the same dtype but tensor 0 is ") +
                                dtype_element_name(tensors[0].dtype()) + " and tensor " + std::to_string(i) + " " +
                                dtype_element_name(tensors[i].dtype()));
    }
  }
  for (std::int64_t i = 0; i + 1 < count; ++i) {
    const IntSpan left = tensors[i].sizes();
    const IntSpan right = tensors[i + 1].sizes();
    if (left.back() != right.front()) {
      raise("RuntimeError", "multi_dot(): tensors " + std::to_string(i) + " and " + std::to_string(i + 1) +
                                " with shapes " + to_string(left) + " and " + to_string(right) +
                                " cannot be multiplied");
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
    raise("RuntimeError", "linalg.cross: inputs dimension " + std::to_string(dim) + " must have length 3. Got " +
                              std::to_string(a) + " and " + std::to_string(b));
  }
  const Tensor result = Tensor::empty(broadcast_sizes(self.sizes(), other.sizes()), self.dtype());
  if (self.dtype() != other.dtype()) {
    raise("RuntimeError", std::string("expected scalar type ") + dtype_label(self.dtype()) + " but found " +
                              dtype_label(other.dtype()));
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
      raise("RuntimeError", "Tensor dimension is " + std::to_string(matrix.dim()) + ", expected 2 instead.");
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
    raise("RuntimeError", std::string("linalg.vander supports floating point, complex, and integer tensors, but got ") +
                              dtype_label(x.dtype()));
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
      raise("RuntimeError", "contracted dimensions need to match, but first has size " + std::to_string(a) +
                                " in dim " + std::to_string(dims_self[i]) + " and second has size " +
                                std::to_string(b) + " in dim " + std::to_string(dims_other[i]));
    }
    extents.push_back(a == 1 ? b : a);
    count *= extents.back();
  }
  for (const DimVector* const dims : {&left, &right}) {
    for (const std::int64_t dim : *dims) {
      if (std::count(dims->begin(), dims->end(), dim) > 1) {
        raise("RuntimeError", "dim " + std::to_string(dim) + " appears multiple times in the list of dims");
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

/// Dot products along a dimension, the first operand conjugated.
template <class Lazy = void>
Tensor linalg_vecdot(const Tensor& x, const Tensor& y, std::int64_t dim = -1) {
  if (x.dtype() != y.dtype()) {
    raise("RuntimeError", std::string("linalg.vecdot: Expected x and y to have the same dtype, but found x of type ") +
                              dtype_label(x.dtype()) + " and y of type " + dtype_label(y.dtype()) + " instead");
  }
  return to(ops::sum<Lazy>(mul<Lazy>(conj<Lazy>(x), y), Dims{dim}), x.dtype());
}

}  // namespace ops
}  // namespace ts2cpp
