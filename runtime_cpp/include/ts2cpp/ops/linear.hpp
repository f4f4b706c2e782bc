// Matrix products: linear, matmul and the fixed-rank products it is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/epilogue_apply.hpp>
#include <ts2cpp/kernels/combination.hpp>
#include <ts2cpp/kernels/product.hpp>
#include <ts2cpp/ops/linear_layer.hpp>

namespace ts2cpp {
namespace detail {

inline std::string shape_text(std::int64_t rows, std::int64_t cols) {
  return std::to_string(rows) + "x" + std::to_string(cols);
}

inline void check_product(std::int64_t m, std::int64_t depth, std::int64_t b_depth, std::int64_t n) {
  if (depth != b_depth) {
    raise("RuntimeError",
          {"mat1 and mat2 shapes cannot be multiplied (", shape_text(m, depth), " and ", shape_text(b_depth, n), ")"});
  }
}

inline void check_same_product_dtype(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) {
    raise("RuntimeError", {"expected m1 and m2 to have the same dtype, but got: ", dtype_element_name(a.dtype()),
                           " != ", dtype_element_name(b.dtype())});
  }
}

inline void check_matrix(const Tensor& tensor, const char* name) {
  if (tensor.dim() != 2) {
    raise("RuntimeError", {name, " must be a matrix, got ", tensor.dim(), "-D tensor"});
  }
}

/// A matrix to be read, or a result that is new.
inline kernels::MatrixRef matrix_ref(const Tensor& tensor) {
  return {const_cast<void*>(tensor.read_data()), tensor.strides()[0], tensor.strides()[1]};
}

/// a[m, k] b[k, n] for two matrices of one dtype, in their product dtype.
inline Tensor multiply_matrices(const Tensor& a, const Tensor& b) {
  const DType dtype = kernels::product_dtype(a.dtype());
  const Tensor left = kernels::as_dtype(a, dtype);
  const Tensor right = kernels::as_dtype(b, dtype);
  Tensor out = Tensor::empty({a.sizes()[0], b.sizes()[1]}, dtype);
  const std::int64_t depth = a.sizes()[1];
  const std::int64_t n = b.sizes()[1];
  kernels::multiply(dtype, {a.sizes()[0], n, depth}, matrix_ref(left),
                    kernels::right_factor(right, depth, n, right.strides()[0], right.strides()[1]), matrix_ref(out));
  return out;
}

/// bmm in the product dtype.
inline Tensor multiply_batches(const Tensor& self, const Tensor& mat2) {
  if (self.dim() != 3 || mat2.dim() != 3) {
    raise("RuntimeError", {self.dim() != 3 ? "batch1" : "batch2", " must be a 3D tensor"});
  }
  const IntSpan a = self.sizes();
  const IntSpan b = mat2.sizes();
  if (a[0] != b[0] || a[2] != b[1]) {
    raise("RuntimeError", {"Expected size for first two dimensions of batch2 tensor to be: [", a[0], ", ", a[2],
                           "] but got: [", b[0], ", ", b[1], "]."});
  }
  if (self.dtype() != mat2.dtype()) {
    raise("RuntimeError",
          {"expected scalar type ", dtype_label(self.dtype()), " but found ", dtype_label(mat2.dtype())});
  }
  const DType dtype = kernels::product_dtype(self.dtype());
  const Tensor out = Tensor::empty({a[0], a[1], b[2]}, dtype);
  kernels::multiply_batched(kernels::as_dtype(self, dtype), kernels::as_dtype(mat2, dtype), out);
  return out;
}

/// mv in the product dtype.
inline Tensor multiply_vector(const Tensor& self, const Tensor& vec) {
  if (self.dim() != 2 || vec.dim() != 1) {
    raise("RuntimeError", {"vector + matrix @ vector expected, got 1, ", self.dim(), ", ", vec.dim()});
  }
  const std::int64_t rows = self.sizes()[0];
  if (self.sizes()[1] != vec.sizes()[0]) {
    raise("RuntimeError", {"size mismatch, got input (", rows, "), mat (", shape_text(rows, self.sizes()[1]),
                           "), vec (", vec.sizes()[0], ")"});
  }
  if (self.dtype() != vec.dtype()) {
    raise("RuntimeError", {"addmv input tensors must have the same dtype, but got ", dtype_label(vec.dtype()), ", ",
                           dtype_label(self.dtype()), ", and ", dtype_label(vec.dtype())});
  }
  const Tensor column = vec.with_layout({vec.sizes()[0], 1}, {vec.strides()[0], 1}, vec.storage_offset());
  return kernels::reshaped(multiply_matrices(self, column), {rows});
}

inline Tensor finish_product(const Tensor& product, DType dtype, const Tensor& self, const Scalar& beta,
                             const Scalar& alpha) {
  combine(kernels::as_dtype(self, product.dtype()), product, beta, alpha);
  return kernels::as_dtype(product, dtype);
}

/// A linear layer that checks all it is given and brings it into the form that the product wants.
template <class Lazy>
TS2CPP_COLD Tensor checked_linear(const Tensor& input, const Tensor& weight, const Tensor* bias,
                                  const Epilogue& epilogue) {
  const std::int64_t rank = input.dim();
  if (rank == 0 || weight.dim() == 0) {
    raise("RuntimeError",
          {"both arguments to linear need to be at least 1D, but they are ", rank, "D and ", weight.dim(), "D"});
  }
  if (weight.dim() > 2 || (weight.dim() == 1 && bias != nullptr)) {
    raise("RuntimeError", {"mat2 must be a matrix, got ", weight.dim(), "-D tensor"});
  }
  const bool vector_weight = weight.dim() == 1;
  const std::int64_t depth = input.sizes()[rank - 1];
  const std::int64_t outputs = vector_weight ? 1 : weight.sizes()[0];
  const std::int64_t weight_depth = weight.sizes()[weight.dim() - 1];
  std::int64_t rows = 1;
  for (std::int64_t d = 0; d + 1 < rank; ++d) {
    rows *= input.sizes()[d];
  }
  check_product(rows, depth, weight_depth, outputs);
  check_same_product_dtype(input, weight);
  if (bias != nullptr && bias->dtype() != input.dtype()) {
    raise("RuntimeError", {"self and mat2 must have the same dtype, but got ", dtype_label(bias->dtype()), " and ",
                           dtype_label(weight.dtype())});
  }
  const DType dtype = kernels::product_dtype(input.dtype());
  const Tensor x = rank == 2 ? kernels::as_dtype(input, dtype) : kernels::dense_as(input, dtype);
  const Tensor w = kernels::as_dtype(weight, dtype);
  DimVector sizes(input.sizes());
  if (vector_weight) {
    sizes.erase(rank - 1);
  } else {
    sizes[rank - 1] = outputs;
  }
  Tensor out = Tensor::empty(sizes, dtype);
  Tensor added;
  if (bias != nullptr) {
    added = *bias;
    if (added.dim() != 1 || added.sizes()[0] != outputs) {
      const std::int64_t target[2] = {rows, outputs};
      added = kernels::expanded(added, IntSpan(target, 2));
    }
    added = added.dim() == 1 ? kernels::dense_as(added, dtype) : kernels::as_dtype(added, dtype);
  }
  if (!may_merge(epilogue, sizes, input.dtype())) {
    return apply_epilogue(checked_linear<Lazy>(input, weight, bias, {}), epilogue);
  }
  const bool plain_bias = added.defined() && added.dim() == 1 && is_floating_point(dtype);
  const bool fused = is_floating_point(dtype) && (plain_bias || !added.defined()) &&
                     (!epilogue.residual.defined() || epilogue.residual.dtype() == dtype);
  const std::int64_t x_row = rank == 2 ? x.strides()[0] : depth;
  const kernels::MatrixRef left{const_cast<void*>(x.read_data()), x_row, x.strides()[rank - 1]};
  const kernels::MatrixRef right =
      kernels::right_factor(w, depth, outputs, w.strides()[w.dim() - 1], vector_weight ? 1 : w.strides()[0]);
  const kernels::MatrixRef result{out.raw_data(), outputs, 1};
  const Tensor residual = fused && epilogue.residual.defined() ? kernels::dense(epilogue.residual) : Tensor();
  kernels::multiply(dtype, {rows, outputs, depth}, left, right, result, plain_bias ? added.read_data() : nullptr,
                    residual.defined() ? residual.read_data() : nullptr, fused ? epilogue.activation : Activation{});
  if (added.defined() && !plain_bias) {
    combine(added.dim() == 1 ? added : kernels::reshaped(kernels::dense(added), out.sizes()), out, 1, 1);
  }
  if (!fused && !epilogue.empty()) {
    if (epilogue.residual.defined()) {
      combine(kernels::as_dtype(epilogue.residual, dtype), out, 1, 1);
    }
    if (is_floating_point(dtype)) {
      visit(Floats{}, dtype, [&](auto tag) {
        kernels::activate(epilogue.activation, out.data_ptr<typename decltype(tag)::type>(), out.numel());
      });
    }
  }
  return kernels::as_dtype(out, input.dtype());
}

template <class Lazy>
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor* bias, const Epilogue& epilogue) {
  if (!epilogue.residual.defined()) {
    if (Tensor out = kernels::dense_linear(input, weight, bias, epilogue.activation); out.defined()) {
      return out;
    }
  }
  return checked_linear<Lazy>(input, weight, bias, epilogue);
}

}  // namespace detail

namespace ops {

/// self[n, k] @ mat2[k, m] -> [n, m].
inline Tensor mm(const Tensor& self, const Tensor& mat2) {
  if (self.dim() != 2 || mat2.dim() != 2) {
    raise("RuntimeError", {self.dim() != 2 ? "self" : "mat2", " must be a matrix"});
  }
  detail::check_product(self.sizes()[0], self.sizes()[1], mat2.sizes()[0], mat2.sizes()[1]);
  detail::check_same_product_dtype(self, mat2);
  return kernels::as_dtype(detail::multiply_matrices(self, mat2), self.dtype());
}

/// self[b, n, k] @ mat2[b, k, m] -> [b, n, m].
inline Tensor bmm(const Tensor& self, const Tensor& mat2) {
  return kernels::as_dtype(detail::multiply_batches(self, mat2), self.dtype());
}

/// self[n, k] @ vec[k] -> [n].
inline Tensor mv(const Tensor& self, const Tensor& vec) {
  return kernels::as_dtype(detail::multiply_vector(self, vec), self.dtype());
}

/// Sum of products of two vectors of equal length -> 0-d.
inline Tensor dot(const Tensor& self, const Tensor& tensor) {
  if (self.dim() != 1 || tensor.dim() != 1) {
    raise("RuntimeError", {"1D tensors expected, but got ", self.dim(), "D and ", tensor.dim(), "D tensors"});
  }
  if (self.dtype() != tensor.dtype()) {
    raise("RuntimeError", {"dot : expected both vectors to have same dtype, but found ", dtype_label(self.dtype()),
                           " and ", dtype_label(tensor.dtype())});
  }
  const std::int64_t n = self.sizes()[0];
  if (n != tensor.sizes()[0]) {
    const std::string left = std::to_string(n);
    const std::string right = std::to_string(tensor.sizes()[0]);
    raise("RuntimeError",
          {"inconsistent tensor size, expected tensor [", left, "] and src [", right,
           "] to have the same number of elements, but got ", left, " and ", right, " elements respectively"});
  }
  if (self.dtype() == DType::bool_) {
    detail::raise_no_kernel("dot", DType::bool_);
  }
  const Tensor row = self.with_layout({1, n}, {n, self.strides()[0]}, self.storage_offset());
  const Tensor column = tensor.with_layout({n, 1}, {tensor.strides()[0], 1}, tensor.storage_offset());
  return kernels::reshaped(kernels::as_dtype(detail::multiply_matrices(row, column), self.dtype()), {});
}

/// Every product of two vectors: self[n], vec2[m] -> [n, m], in their common dtype.
inline Tensor outer(const Tensor& self, const Tensor& vec2) {
  if (self.dim() != 1 || vec2.dim() != 1) {
    const bool first = self.dim() != 1;
    raise("RuntimeError", {"outer: Expected 1-D argument ", first ? "self" : "vec2", ", but got ",
                           first ? self.dim() : vec2.dim(), "-D"});
  }
  const DType dtype = promote_types(self.dtype(), vec2.dtype());
  const DType work = dtype == DType::bool_ ? DType::int64 : kernels::product_dtype(dtype);
  const Tensor left = kernels::dense_as(self, work);
  const Tensor right = kernels::dense_as(vec2, work);
  const std::int64_t n = left.numel();
  const std::int64_t m = right.numel();
  return kernels::as_dtype(detail::multiply_matrices(kernels::reshaped(left, {n, 1}), kernels::reshaped(right, {1, m})),
                           dtype);
}

inline Tensor ger(const Tensor& self, const Tensor& vec2) { return outer(self, vec2); }

}  // namespace ops

namespace detail {

inline void check_added_dtype(const Tensor& self, const Tensor& factor) {
  if (self.dtype() != factor.dtype()) {
    raise("RuntimeError", {"self and mat2 must have the same dtype, but got ", dtype_label(self.dtype()), " and ",
                           dtype_label(factor.dtype())});
  }
}

}  // namespace detail

namespace ops {

/// beta * self + alpha * (mat1[n, k] @ mat2[k, m]); self broadcasts to [n, m].
inline Tensor addmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
                    const Scalar& alpha = 1) {
  detail::check_matrix(mat1, "mat1");
  detail::check_matrix(mat2, "mat2");
  const std::int64_t n = mat1.sizes()[0];
  const std::int64_t m = mat2.sizes()[1];
  detail::check_product(n, mat1.sizes()[1], mat2.sizes()[0], m);
  detail::check_same_product_dtype(mat1, mat2);
  detail::check_added_dtype(self, mat2);
  kernels::expanded_strides(self, {n, m});
  return detail::finish_product(detail::multiply_matrices(mat1, mat2), self.dtype(), self, beta, alpha);
}

/// beta * self + alpha * (mat[n, k] @ vec[k]); self broadcasts to [n].
inline Tensor addmv(const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta = 1,
                    const Scalar& alpha = 1) {
  detail::check_added_dtype(self, vec);
  return detail::finish_product(detail::multiply_vector(mat, vec), self.dtype(), self, beta, alpha);
}

/// beta * self + alpha * bmm(batch1, batch2); self broadcasts.
inline Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                      const Scalar& alpha = 1) {
  const Tensor product = detail::multiply_batches(batch1, batch2);
  detail::check_added_dtype(self, batch2);
  return detail::finish_product(product, batch1.dtype(), self, beta, alpha);
}

/// beta * self + alpha * sum over the batch of batch1 @ batch2; self broadcasts to [n, m].
inline Tensor addbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                     const Scalar& alpha = 1) {
  if (batch1.dim() != 3 || batch2.dim() != 3) {
    raise("RuntimeError", {batch1.dim() != 3 ? "batch1" : "batch2", " must be a 3D tensor"});
  }
  const std::int64_t count = batch1.sizes()[0];
  const std::int64_t n = batch1.sizes()[1];
  const std::int64_t k = batch1.sizes()[2];
  const std::int64_t m = batch2.sizes()[2];
  if (count != batch2.sizes()[0] || k != batch2.sizes()[1]) {
    raise("RuntimeError", {"Expected size for first two dimensions of batch2 tensor to be: [", count, ", ", k,
                           "] but got: [", batch2.sizes()[0], ", ", batch2.sizes()[1], "]."});
  }
  // The sum over the batch is one long product: [n, count * k] @ [count * k, m].
  const Tensor long_rows = kernels::dense(batch1.with_layout(
      {n, count, k}, {batch1.strides()[1], batch1.strides()[0], batch1.strides()[2]}, batch1.storage_offset()));
  const Tensor long_columns = kernels::dense(batch2);
  return addmm(self, kernels::reshaped(long_rows, {n, count * k}), kernels::reshaped(long_columns, {count * k, m}),
               beta, alpha);
}

/// beta * self + alpha * outer(vec1, vec2).
inline Tensor addr(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1,
                   const Scalar& alpha = 1) {
  const DType dtype = promote_types(self.dtype(), promote_types(vec1.dtype(), vec2.dtype()));
  const Tensor product = outer(kernels::as_dtype(vec1, dtype), vec2);
  if (product.dtype() == DType::bool_) {
    const Tensor counts = kernels::dense_as(product, DType::int64);
    detail::combine(kernels::as_dtype(self, DType::int64), counts, beta.to_bool(), alpha.to_bool());
    return kernels::as_dtype(counts, dtype);
  }
  return detail::finish_product(kernels::as_dtype(product, kernels::product_dtype(dtype)), dtype,
                                kernels::as_dtype(self, dtype), beta, alpha);
}

}  // namespace ops

namespace detail {

/// `result` in the memory of `self`, which must have its shape and a type that can hold it.
inline Tensor write_product(const Tensor& self, const Tensor& result) {
  check_destination(self, result.sizes(), result.dtype());
  copy_elements(self, result);
  return self;
}

}  // namespace detail

namespace ops {

/// self = addmm(self, …), in place.
inline Tensor addmm_(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
                     const Scalar& alpha = 1) {
  return detail::write_product(self, addmm(self, mat1, mat2, beta, alpha));
}

inline Tensor addmv_(const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta = 1,
                     const Scalar& alpha = 1) {
  return detail::write_product(self, addmv(self, mat, vec, beta, alpha));
}

inline Tensor addr_(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1,
                    const Scalar& alpha = 1) {
  return detail::write_product(self, addr(self, vec1, vec2, beta, alpha));
}

inline Tensor addbmm_(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                      const Scalar& alpha = 1) {
  return detail::write_product(self, addbmm(self, batch1, batch2, beta, alpha));
}

inline Tensor baddbmm_(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                       const Scalar& alpha = 1) {
  return detail::write_product(self, baddbmm(self, batch1, batch2, beta, alpha));
}

/// The product of two tensors by rank: dot, matrix-vector, matrix-matrix; leading dimensions broadcast.
inline Tensor matmul(const Tensor& self, const Tensor& other) {
  const std::int64_t a_rank = self.dim();
  const std::int64_t b_rank = other.dim();
  if (a_rank == 0 || b_rank == 0) {
    raise("RuntimeError",
          {"both arguments to matmul need to be at least 1D, but they are ", a_rank, "D and ", b_rank, "D"});
  }
  if (a_rank == 1 && b_rank == 1) {
    return dot(self, other);
  }
  if (a_rank == 2 && b_rank == 1) {
    return mv(self, other);
  }
  if (a_rank == 1 && b_rank == 2) {
    const std::int64_t n = self.sizes()[0];
    const Tensor row = self.with_layout({1, n}, {n, self.strides()[0]}, self.storage_offset());
    return kernels::reshaped(mm(row, other), {other.sizes()[1]});
  }
  if (a_rank == 2 && b_rank == 2) {
    return mm(self, other);
  }
  if (b_rank <= 2) {
    // Many rows against one matrix (or vector): one tall product.
    const Tensor rows = kernels::dense(self);
    const std::int64_t depth = rows.sizes()[a_rank - 1];
    std::int64_t count = 1;
    DimVector sizes(rows.sizes());
    sizes.erase(a_rank - 1);
    for (const std::int64_t size : sizes) {
      count *= size;
    }
    const Tensor tall = kernels::reshaped(rows, {count, depth});
    const Tensor product = b_rank == 1 ? mv(tall, other) : mm(tall, other);
    if (b_rank == 2) {
      sizes.push_back(other.sizes()[1]);
    }
    return kernels::reshaped(product, sizes);
  }
  const std::int64_t n = self.sizes()[a_rank - 1];
  const Tensor a = a_rank == 1 ? self.with_layout({1, n}, {n, self.strides()[0]}, self.storage_offset()) : self;
  const std::int64_t depth = other.sizes()[b_rank - 2];
  const Tensor b = other;
  const DimVector batch =
      broadcast_sizes(IntSpan(a.sizes().data(), a.dim() - 2), IntSpan(b.sizes().data(), b_rank - 2));
  std::int64_t count = 1;
  for (const std::int64_t size : batch) {
    count *= size;
  }
  if (n != depth) {
    raise("RuntimeError", {"Expected size for first two dimensions of batch2 tensor to be: [", count, ", ", n,
                           "] but got: [", count, ", ", depth, "]."});
  }
  if (a.dtype() != b.dtype()) {
    raise("RuntimeError", {"expected scalar type ", dtype_label(a.dtype()), " but found ", dtype_label(b.dtype())});
  }
  const DType dtype = kernels::product_dtype(a.dtype());
  DimVector sizes(batch);
  sizes.push_back(a.sizes()[a.dim() - 2]);
  sizes.push_back(b.sizes()[b_rank - 1]);
  const Tensor out = Tensor::empty(sizes, dtype);
  kernels::multiply_batched(kernels::as_dtype(a, dtype), kernels::as_dtype(b, dtype), out);
  if (a_rank == 1) {
    sizes.erase(sizes.size() - 2);
  } else if (b_rank == 1) {
    sizes.erase(sizes.size() - 1);
  }
  return kernels::as_dtype(kernels::reshaped(out, sizes), self.dtype());
}

/// Dot products over the last dimensions of both: [..., k], [..., k] -> [..., ...]; a 0-d operand multiplies.
inline Tensor inner(const Tensor& self, const Tensor& other) {
  if (self.dim() == 0 || other.dim() == 0) {
    const Tensor& many = self.dim() == 0 ? other : self;
    const Tensor& one = self.dim() == 0 ? self : other;
    const Tensor product =
        outer(kernels::reshaped(kernels::dense(many), {many.numel()}), kernels::reshaped(kernels::dense(one), {1}));
    return kernels::reshaped(product, many.sizes());
  }
  const std::int64_t depth = self.sizes()[self.dim() - 1];
  if (depth != other.sizes()[other.dim() - 1]) {
    raise("RuntimeError", {"inner() the last dimension must match on both input tensors but got shapes ", self.sizes(),
                           " and ", other.sizes()});
  }
  DimVector sizes(self.sizes());
  sizes.erase(sizes.size() - 1);
  std::int64_t rows = 1;
  for (const std::int64_t size : sizes) {
    rows *= size;
  }
  std::int64_t columns = 1;
  for (std::int64_t d = 0; d + 1 < other.dim(); ++d) {
    sizes.push_back(other.sizes()[d]);
    columns *= other.sizes()[d];
  }
  return kernels::reshaped(linear(kernels::reshaped(kernels::dense(self), {rows, depth}),
                                  kernels::reshaped(kernels::dense(other), {columns, depth})),
                           sizes);
}

}  // namespace ops
}  // namespace ts2cpp
