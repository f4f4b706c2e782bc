// Batches of matrices as factorizations take them: checks of arguments, copies in column order, loops over a batch.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <string>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/kernels/dense_matrix.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::detail {

/// Factorizations are computed in float64 or complex128, whatever the dtype of the tensor.
inline DType wide_dtype(DType dtype) noexcept { return is_complex(dtype) ? DType::complex128 : DType::float64; }

/// NotImplementedError in the name of PyTorch's kernel unless the dtype is one of float32, float64 and their complex
/// ones.
inline void require_factorable(const char* kernel, DType dtype) {
  if (is_integral(dtype, true) || is_reduced_float(dtype)) {
    raise_no_kernel(kernel, dtype);
  }
}

inline void require_inexact(const Tensor& a, const std::string& name, bool low_precision = true) {
  if (is_integral(a.dtype(), true)) {
    raise("RuntimeError",
          {name, ": Expected a floating point or complex tensor as input. Got ", dtype_label(a.dtype())});
  }
  if (!low_precision && is_reduced_float(a.dtype())) {
    raise("RuntimeError", {name, ": Low precision dtypes not supported. Got ", dtype_label(a.dtype())});
  }
}

inline void require_matrix(const Tensor& a, const std::string& name, const char* argument = "A") {
  if (a.dim() < 2) {
    raise("RuntimeError", {name, ": The input tensor ", argument, " must have at least 2 dimensions."});
  }
}

inline void require_square(const Tensor& a, const std::string& name) {
  require_matrix(a, name);
  if (a.size(-1) != a.size(-2)) {
    raise("RuntimeError",
          {name, ": A must be batches of square matrices, but they are ", a.size(-2), " by ", a.size(-1), " matrices"});
  }
}

/// The sizes of the batch: all but the last `dims`.
inline DimVector batch_sizes(const Tensor& a, std::int64_t dims = 2) {
  return DimVector(IntSpan(a.sizes().data(), a.dim() - dims));
}

inline DimVector extended(DimVector sizes, std::initializer_list<std::int64_t> more) {
  for (const std::int64_t size : more) {
    sizes.push_back(size);
  }
  return sizes;
}

inline std::int64_t batch_count(IntSpan batch) noexcept {
  std::int64_t count = 1;
  for (const std::int64_t size : batch) {
    count *= size;
  }
  return count;
}

/// A tensor of matrices that are stored column by column.
inline Tensor empty_columns(const DimVector& batch, std::int64_t rows, std::int64_t cols, DType dtype) {
  return ops::transpose(Tensor::empty(extended(batch, {cols, rows}), dtype), -2, -1);
}

/// A copy of matrices, stored column by column.
inline Tensor columns_copy(const Tensor& a, DType dtype) {
  return ops::transpose(contiguous_copy(ops::transpose(a, -2, -1), dtype), -2, -1);
}
/// The same after the batch is expanded to `batch`.
inline Tensor columns_copy(const Tensor& a, const DimVector& batch, DType dtype) {
  return columns_copy(ops::expand(a, extended(batch, {a.size(-2), a.size(-1)})), dtype);
}

/// Matrices that are stored column by column, in another dtype.
inline Tensor columns_as(const Tensor& a, DType dtype) { return a.dtype() == dtype ? a : columns_copy(a, dtype); }
inline Tensor values_as(const Tensor& a, DType dtype) { return a.dtype() == dtype ? a : contiguous_copy(a, dtype); }

/// One matrix of a tensor that `columns_copy` or `empty_columns` made.
template <class T>
kernels::Columns<T> matrix_at(const Tensor& a, std::int64_t index) {
  const std::int64_t rows = a.sizes()[a.dim() - 2];
  const std::int64_t cols = a.sizes()[a.dim() - 1];
  return {a.data_ptr<T>() + index * rows * cols, rows, cols, std::max<std::int64_t>(rows, 1)};
}

/// Calls work(TypeTag<double or complex128>) for the dtype that a wide tensor has.
template <class F>
void with_wide_type(DType dtype, F&& work) {
  if (is_complex(dtype)) {
    work(TypeTag<complex128>{});
  } else {
    work(TypeTag<double>{});
  }
}

/// work(index) for every matrix of a batch, several at a time; `cost` is about the operations of one.
template <class F>
void for_each_matrix(std::int64_t count, std::int64_t cost, F&& work) {
  parallel_for(count, 65536 / (cost + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      work(i);
    }
  });
}

inline std::int64_t cube(std::int64_t n) noexcept { return n < 4096 ? n * n * n : std::int64_t{1} << 36; }

/// A result that was not asked for.
inline Tensor no_values(DType dtype) { return Tensor::empty({0}, dtype); }

/// What the codes in `info` mean, in PyTorch's words: RuntimeError for the first that is not 0.
inline void raise_for_codes(const Tensor& info, const std::string& name) {
  const Tensor codes = contiguous_copy(info, DType::int64);
  const std::int64_t* const all = codes.data_ptr<std::int64_t>();
  const std::int64_t* const wrong = std::find_if(all, all + codes.numel(), [](std::int64_t code) { return code != 0; });
  if (wrong == all + codes.numel()) {
    return;
  }
  const std::string code = std::to_string(*wrong);
  const std::string where = name + (info.dim() == 0 ? ": " : ": (Batch element " + std::to_string(wrong - all) + "): ");
  const auto mentions = [&name](const char* part) { return name.find(part) != std::string::npos; };
  if (*wrong == -4 && mentions("svd")) {
    raise("RuntimeError",
          {where, "The algorithm failed to converge because the input matrix contained non-finite values."});
  }
  if (*wrong < 0) {
    raise("RuntimeError", {where, "Argument ", -*wrong,
                           " has illegal value. Most certainly there is a bug in the implementation calling the "
                           "backend library."});
  }
  if (mentions("inv")) {
    raise("RuntimeError", {where, "The diagonal element ", code,
                           " is zero, the inversion could not be completed because the input matrix is singular."});
  }
  if (mentions("solve")) {
    raise("RuntimeError", {where, "The solver failed because the input matrix is singular."});
  }
  if (mentions("cholesky")) {
    raise("RuntimeError", {where,
                           "The factorization could not be completed because the input is not positive-definite "
                           "(the leading minor of order ",
                           code, " is not positive-definite)."});
  }
  if (mentions("svd")) {
    raise("RuntimeError", {where,
                           "The algorithm failed to converge because the input matrix is ill-conditioned or has too "
                           "many repeated singular values (error code: ",
                           code, ")."});
  }
  if (mentions("eig")) {
    raise("RuntimeError", {where,
                           "The algorithm failed to converge because the input matrix is ill-conditioned or has too "
                           "many repeated eigenvalues (error code: ",
                           code, ")."});
  }
  if (mentions("lstsq")) {
    raise("RuntimeError", {where,
                           "The least squares solution could not be computed because the input matrix does not have "
                           "full rank (error code: ",
                           code, ")."});
  }
  if (mentions("lu_factor")) {
    raise("RuntimeError", {where, "U[", code, ",", code,
                           "] is zero and using it on lu_solve would result in a division by zero. If you still "
                           "want to perform the factorization, consider calling linalg.lu(A, pivot) or "
                           "linalg.lu_factor_ex(A, pivot)"});
  }
  raise("RuntimeError", {where, "Unknown error code: ", code, "."});
}

}  // namespace ts2cpp::detail
