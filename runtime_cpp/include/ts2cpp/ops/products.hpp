// Products made of products of matrices: contractions over chosen dimensions, Kronecker and vector products.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::ops {

/// The dot product of vectors, the first one conjugated.
template <class Lazy = void>
Tensor vdot(const Tensor& self, const Tensor& other) {
  return dot(conj<Lazy>(self), other);
}

/// The matrices multiplied from left to right.
inline Tensor chain_matmul(TensorSpan matrices) {
  Tensor result = matrices[0];
  for (std::int64_t i = 1; i < matrices.size(); ++i) {
    result = mm(result, matrices[i]);
  }
  return result;
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
  const DType dtype = promote_types(x.dtype(), y.dtype());
  return to(sum<Lazy>(mul<Lazy>(conj<Lazy>(x), y), Dims{dim}), dtype);
}

}  // namespace ts2cpp::ops
