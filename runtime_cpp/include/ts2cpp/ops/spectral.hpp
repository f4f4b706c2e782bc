// Eigenvalues, singular values and their vectors.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include <ts2cpp/kernels/bidiagonal.hpp>
#include <ts2cpp/kernels/hessenberg.hpp>
#include <ts2cpp/kernels/svd_refinement.hpp>
#include <ts2cpp/kernels/tridiagonal.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/matrices.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp {
namespace detail {

/// U, singular values and V of every matrix, in wide dtypes; U and V are undefined without vectors.
struct Singular {
  Tensor u;
  Tensor values;
  Tensor v;
};

template <class Lazy>
Singular singular_of(const Tensor& a, bool full, bool vectors) {
  require_matrix(a, "linalg.svd");
  require_inexact(a, "linalg.svd");
  require_factorable("linalg_svd_cpu", a.dtype());
  const DType wide = wide_dtype(a.dtype());
  const DimVector batch = batch_sizes(a);
  const std::int64_t rows = a.size(-2);
  const std::int64_t cols = a.size(-1);
  const std::int64_t count = std::min(rows, cols);
  const bool tall = rows >= cols;
  // A wide matrix is that of its adjoint, with U and V exchanged.
  const Tensor work = columns_copy(tall ? a : ops::transpose(a, -2, -1), wide);
  if (!tall && is_complex(wide)) {
    kernels::conjugate_all(work.numel(), work.data_ptr<complex128>());
  }
  Singular found;
  found.values = Tensor::empty(extended(batch, {count}), DType::float64);
  const std::int64_t longer = std::max(rows, cols);
  const Tensor left = vectors ? empty_columns(batch, longer, full ? longer : count, wide) : Tensor();
  const Tensor right = vectors ? empty_columns(batch, count, count, wide) : Tensor();
  const bool refined = vectors && a.dtype() == wide;  // single precision comes from double anyway
  const Tensor info = ops::zeros(batch, DType::int32);
  with_wide_type(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_matrix(batch_count(batch), 8 * cube(count), [&](std::int64_t i) {
      const kernels::Columns<T> matrix = matrix_at<T>(work, i);
      double* const values = found.values.data_ptr<double>() + i * count;
      const kernels::Columns<T> u = vectors ? matrix_at<T>(left, i) : kernels::Columns<T>();
      const kernels::Columns<T> v = vectors ? matrix_at<T>(right, i) : kernels::Columns<T>();
      const double top = kernels::largest_magnitude(matrix);
      const double nan = std::numeric_limits<double>::quiet_NaN();
      if (!std::isfinite(top)) {
        info.data_ptr<std::int32_t>()[i] = top == top ? 0 : -4;
        std::fill_n(values, count, nan);
        for (const kernels::Columns<T>& vectors_of : {u, v}) {
          for (std::int64_t j = 0; j < vectors_of.cols; ++j) {
            std::fill_n(vectors_of.column(j), vectors_of.rows, T(nan));
          }
        }
      } else if (count == 0) {
        if (vectors) {
          kernels::set_identity(u);
        }
      } else {
        kernels::OwnColumns<T> given(refined ? matrix.rows : 0, refined ? matrix.cols : 0);
        if (refined) {
          kernels::copy_matrix(matrix, given.matrix);
        }
        if (!kernels::tall_singular_values(matrix, values, u, v)) {
          info.data_ptr<std::int32_t>()[i] = static_cast<std::int32_t>(count);
        } else if (refined) {
          kernels::refine_singular_vectors(given.matrix, values, u, v);
        }
      }
    });
  });
  raise_for_codes(info, "linalg.svd");
  found.u = tall ? left : right;
  found.v = tall ? right : left;
  return found;
}

/// V^H of V, in another dtype.
inline Tensor adjoint_columns(const Tensor& v, DType dtype) {
  const Tensor result = columns_copy(ops::transpose(v, -2, -1), v.dtype());
  if (is_complex(v.dtype())) {
    kernels::conjugate_all(result.numel(), result.data_ptr<complex128>());
  }
  return columns_as(result, dtype);
}

inline void refuse_driver(const std::optional<std::string>& driver) {
  if (driver) {
    raise("RuntimeError",
          "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.");
  }
}

}  // namespace detail

namespace ops {

// ---- singular values

/// (U, S, V^H); without `compute_uv` U and V^H are empty.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> linalg_svd_parts(const Tensor& A, bool full_matrices = false, bool compute_uv = true,
                                                    const std::optional<std::string>& driver = std::nullopt) {
  detail::refuse_driver(driver);
  const detail::Singular found = detail::singular_of<Lazy>(A, full_matrices, compute_uv);
  const Tensor values = detail::values_as(found.values, to_real_dtype(A.dtype()));
  if (!compute_uv) {
    return {detail::no_values(A.dtype()), values, detail::no_values(A.dtype())};
  }
  return {detail::columns_as(found.u, A.dtype()), values, detail::adjoint_columns(found.v, A.dtype())};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices = true,
                                              const std::optional<std::string>& driver = std::nullopt) {
  return linalg_svd_parts<Lazy>(A, full_matrices, true, driver);
}
template <class Lazy = void>
Tensor linalg_svdvals(const Tensor& A, const std::optional<std::string>& driver = std::nullopt) {
  return std::get<1>(linalg_svd_parts<Lazy>(A, false, false, driver));
}

/// The older form: (U, S, V), with zeros for U and V if they are not wanted.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& self, bool some = true, bool compute_uv = true) {
  if (self.dim() < 2) {
    raise("RuntimeError",
          {"linalg.svd: input should have at least 2 dimensions, but has ", self.dim(), " dimensions instead"});
  }
  const detail::Singular found = detail::singular_of<Lazy>(self, !some, compute_uv);
  const Tensor values = detail::values_as(found.values, to_real_dtype(self.dtype()));
  if (!compute_uv) {
    const auto square = [&](std::int64_t n) {
      return zeros(detail::extended(detail::batch_sizes(self), {n, n}), self.dtype());
    };
    return {square(self.size(-2)), values, transpose(square(self.size(-1)), -2, -1)};
  }
  return {detail::columns_as(found.u, self.dtype()), values, detail::columns_as(found.v, self.dtype())};
}

// ---- eigenvalues of symmetric and Hermitian matrices

/// (eigenvalues, eigenvectors) of the triangle that `UPLO` names; without `compute_v` the vectors are empty.
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_eigh_parts(const Tensor& A, const std::string& UPLO = "L", bool compute_v = true) {
  detail::require_square(A, "linalg.eigh");
  const bool upper = UPLO == "U" || UPLO == "u";
  if (!upper && UPLO != "L" && UPLO != "l") {
    raise("RuntimeError", {"Expected UPLO argument to be 'L' or 'U', but got ", UPLO});
  }
  detail::require_factorable("linalg_eigh_cpu", A.dtype());
  const DType wide = detail::wide_dtype(A.dtype());
  const DimVector batch = detail::batch_sizes(A);
  const std::int64_t n = A.size(-1);
  // The lower triangle of the adjoint is the upper one.
  const Tensor vectors = detail::columns_copy(upper ? transpose(A, -2, -1) : A, wide);
  if (upper && is_complex(wide)) {
    kernels::conjugate_all(vectors.numel(), vectors.data_ptr<complex128>());
  }
  const Tensor values = Tensor::empty(detail::extended(batch, {n}), DType::float64);
  const Tensor info = zeros(batch, DType::int32);
  detail::with_wide_type(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), 8 * detail::cube(n), [&](std::int64_t i) {
      if (!kernels::hermitian_eigen(detail::matrix_at<T>(vectors, i), values.data_ptr<double>() + i * n, compute_v)) {
        info.data_ptr<std::int32_t>()[i] = 1;
      }
    });
  });
  detail::raise_for_codes(info, "linalg.eigh");
  return {detail::values_as(values, to_real_dtype(A.dtype())),
          compute_v ? detail::columns_as(vectors, A.dtype()) : detail::no_values(A.dtype())};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& self, const std::string& UPLO = "L") {
  return linalg_eigh_parts<Lazy>(self, UPLO, true);
}
template <class Lazy = void>
Tensor linalg_eigvalsh(const Tensor& self, const std::string& UPLO = "L") {
  return std::get<0>(linalg_eigh_parts<Lazy>(self, UPLO, false));
}

}  // namespace ops

namespace detail {

/// (eigenvalues, eigenvectors) of general matrices, always complex.
template <class Lazy>
std::tuple<Tensor, Tensor> eigen_of(const Tensor& a, const std::string& name, bool vectors) {
  if (is_integral(a.dtype(), true)) {
    raise("RuntimeError", {"Unknown Complex ScalarType for ", dtype_label(a.dtype())});
  }
  require_square(a, name);
  require_factorable("linalg_eig_out_cpu", a.dtype());
  const DimVector batch = batch_sizes(a);
  const std::int64_t n = a.size(-1);
  const DType result = is_complex(a.dtype())         ? a.dtype()
                       : a.dtype() == DType::float64 ? DType::complex128
                                                     : DType::complex64;
  const Tensor work = columns_copy(a, wide_dtype(a.dtype()));
  const Tensor values = Tensor::empty(extended(batch, {n}), DType::complex128);
  const Tensor columns = vectors ? empty_columns(batch, n, n, DType::complex128) : Tensor();
  const Tensor info = ops::zeros(batch, DType::int32);
  with_wide_type(work.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = 0; i < batch_count(batch); ++i) {
      if (!kernels::all_finite(matrix_at<T>(work, i))) {
        raise("RuntimeError", {"torch.", name, ": input tensor should not contain infs or NaNs."});
      }
    }
    for_each_matrix(batch_count(batch), 16 * cube(n), [&](std::int64_t i) {
      const kernels::Columns<complex128> own =
          vectors ? matrix_at<complex128>(columns, i) : kernels::Columns<complex128>();
      if (!kernels::general_eigen(matrix_at<T>(work, i), values.data_ptr<complex128>() + i * n, own)) {
        info.data_ptr<std::int32_t>()[i] = 1;
      }
    });
  });
  raise_for_codes(info, name);
  return {values_as(values, result), vectors ? columns_as(columns, result) : Tensor()};
}

}  // namespace detail

namespace ops {

// ---- eigenvalues of general matrices

template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_eig(const Tensor& self) {
  return detail::eigen_of<Lazy>(self, "linalg.eig", true);
}
template <class Lazy = void>
Tensor linalg_eigvals(const Tensor& self) {
  return std::get<0>(detail::eigen_of<Lazy>(self, "linalg.eigvals", false));
}

}  // namespace ops
}  // namespace ts2cpp
