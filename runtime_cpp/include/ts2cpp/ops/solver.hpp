// Determinants, inverses and linear systems.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factorization.hpp>
#include <ts2cpp/ops/matrices.hpp>

namespace ts2cpp {
namespace detail {

inline std::string pair_text(const Tensor& a, const Tensor& b) {
  const auto shape = [](const Tensor& t) { return std::to_string(t.size(-2)) + "x" + std::to_string(t.size(-1)); };
  return shape(a) + " and " + shape(b);
}

/// Checks a x = b, or x a = b.
inline void check_system(const Tensor& a, const Tensor& b, bool left, const std::string& name) {
  require_square(a, name);
  require_matrix(b, name, "B");
  if (b.size(left ? -2 : -1) != a.size(-1)) {
    raise("RuntimeError", {name, ": Incompatible shapes of A and B for the equation ", left ? "AX = B" : "XA = B", " (",
                           pair_text(a, b), ")"});
  }
}

inline DimVector common_batch(const Tensor& first, const Tensor& second) {
  return broadcast_sizes(batch_sizes(first), batch_sizes(second));
}

/// The checks of the older solvers.
inline void check_old_system(const Tensor& b, const Tensor& a, const std::string& name) {
  if (a.dtype() != b.dtype()) {
    raise("RuntimeError", {"Expected b and A to have the same dtype, but found b of type ", dtype_label(b.dtype()),
                           " and A of type ", dtype_label(a.dtype()), " instead."});
  }
  if (a.size(-1) != a.size(-2)) {
    raise("RuntimeError",
          {"A must be batches of square matrices, but they are ", a.size(-2), " by ", a.size(-1), " matrices"});
  }
  if (a.size(-1) != b.size(-2)) {
    const auto text = [](const Tensor& t) { return std::to_string(t.size(-2)) + " by " + std::to_string(t.size(-1)); };
    raise("RuntimeError",
          {"Incompatible matrix sizes for ", name, ": each A matrix is ", text(a), " but each b matrix is ", text(b)});
  }
}

/// Whether `b` is one vector, or a batch of vectors as `a` is one of matrices.
inline bool is_vector_side(const Tensor& a, const Tensor& b) {
  return b.dim() == 1 || (a.dim() >= 1 && b.dim() == a.dim() - 1 && b.sizes() == IntSpan(batch_sizes(a, 1)));
}

/// Right sides in column order, wide, for a x = b; those of x a = b are turned into adjoint ones.
inline Tensor right_sides(const Tensor& b, const DimVector& batch, bool left) {
  const DType wide = wide_dtype(b.dtype());
  if (left) {
    return columns_copy(b, batch, wide);
  }
  const Tensor turned = columns_copy(ops::transpose(b, -2, -1), batch, wide);
  if (is_complex(wide)) {
    kernels::conjugate_all(turned.numel(), turned.data_ptr<complex128>());
  }
  return turned;
}

/// The solution from what right_sides gave.
inline Tensor solution_of(const Tensor& x, bool left, DType dtype) {
  if (!left && is_complex(x.dtype())) {
    kernels::conjugate_all(x.numel(), x.data_ptr<complex128>());
  }
  const Tensor result = columns_as(x, dtype);
  return left ? result : ops::transpose(result, -2, -1);
}

/// b becomes the solution of a x = b or, with `adjoint`, of a^H x = b.
template <class T>
void solve_with_lu(const kernels::Columns<T>& lu, const std::int32_t* pivots, const kernels::Columns<T>& b,
                   bool adjoint) {
  if (!adjoint) {
    kernels::exchange_rows(b, pivots, 0, lu.rows);
    kernels::solve_triangle(lu, b, false, true);
    kernels::solve_triangle(lu, b, true, false);
    return;
  }
  const kernels::OwnColumns<T> turned = kernels::adjoint_of(lu);
  kernels::solve_triangle(turned.matrix, b, false, false);
  kernels::solve_triangle(turned.matrix, b, true, true);
  kernels::exchange_rows_back(b, pivots, lu.rows);
}

/// The factors of the transpose of a real contiguous matrix, which lies in column order already; else of itself.
template <class Lazy>
LuFactors lu_for_determinant(const Tensor& a) {
  return lu_of<Lazy>(a.is_contiguous() && !is_complex(a.dtype()) ? ops::transpose(a, -2, -1) : a);
}

/// The one column of every matrix.
inline Tensor vectors_of(const Tensor& x) {
  const Tensor result = ops::squeeze(x, -1);
  return result.dim() > 1 ? columns_copy(result, x.dtype()) : result;
}

/// (sign, log of the size) or (determinant, undefined) from LU factors.
template <class Lazy>
std::tuple<Tensor, Tensor> determinant_of(const LuFactors& factors, bool logarithm) {
  const DimVector batch = batch_sizes(factors.lu);
  const std::int64_t n = factors.lu.size(-1);
  const Tensor wide = columns_as(factors.lu, wide_dtype(factors.lu.dtype()));
  const Tensor first = Tensor::empty(batch, wide.dtype());
  const Tensor second = logarithm ? Tensor::empty(batch, DType::float64) : Tensor();
  with_wide_type(wide.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t i = 0; i < first.numel(); ++i) {
      const kernels::Columns<T> lu = matrix_at<T>(wide, i);
      const std::int32_t* const pivots = factors.pivots.data_ptr<std::int32_t>() + i * n;
      T product = T(1);
      double logs = 0.0;
      for (std::int64_t k = 0; k < n; ++k) {
        const T pivot = pivots[k] == k + 1 ? lu(k, k) : -lu(k, k);
        if (logarithm) {
          const double size = kernels::magnitude(pivot);
          product = size == 0.0 ? T(0) : kernels::times(product, pivot / size);
          logs += std::log(size);
        } else {
          product = kernels::times(product, pivot);
        }
      }
      first.data_ptr<T>()[i] = product;
      if (logarithm) {
        second.data_ptr<double>()[i] = logs;
      }
    }
  });
  return {first, second};
}

}  // namespace detail

namespace ops {

// ---- determinants

/// (determinant, LU, pivots).
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> linalg_det_factors(const Tensor& A) {
  detail::require_square(A, "linalg.det");
  detail::require_inexact(A, "linalg.det");
  const detail::LuFactors factors = detail::lu_for_determinant<Lazy>(A);
  const auto [value, unused] = detail::determinant_of<Lazy>(factors, false);
  return {detail::values_as(value, A.dtype()), factors.lu, factors.pivots};
}
template <class Lazy = void>
Tensor linalg_det(const Tensor& A) {
  return std::get<0>(linalg_det_factors<Lazy>(A));
}

/// (sign, log of the size, LU, pivots).
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_slogdet_factors(const Tensor& A) {
  detail::require_square(A, "linalg.slogdet");
  detail::require_inexact(A, "linalg.slogdet", false);
  const detail::LuFactors factors = detail::lu_for_determinant<Lazy>(A);
  const auto [sign, logs] = detail::determinant_of<Lazy>(factors, true);
  return {detail::values_as(sign, A.dtype()), detail::values_as(logs, to_real_dtype(A.dtype())), factors.lu,
          factors.pivots};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A) {
  const auto [sign, logs, lu, pivots] = linalg_slogdet_factors<Lazy>(A);
  return {sign, logs};
}

/// The logarithm of determinants; nan where a real one is negative.
template <class Lazy = void>
Tensor logdet(const Tensor& self) {
  detail::require_square(self, "logdet");
  detail::require_inexact(self, "logdet", false);
  const auto [sign, logs] = detail::determinant_of<Lazy>(detail::lu_for_determinant<Lazy>(self), true);
  if (is_complex(sign.dtype())) {
    complex128* const values = sign.template data_ptr<complex128>();
    for (std::int64_t i = 0; i < sign.numel(); ++i) {
      values[i] = std::log(values[i]) + logs.template data_ptr<double>()[i];
    }
    return detail::values_as(sign, self.dtype());
  }
  for (std::int64_t i = 0; i < sign.numel(); ++i) {
    if (sign.template data_ptr<double>()[i] == -1.0) {
      logs.template data_ptr<double>()[i] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return detail::values_as(logs, self.dtype());
}

// ---- systems with square matrices

/// (solution, LU, pivots, info) of a x = b, or of x a = b.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_solve_factors(const Tensor& A, const Tensor& B, bool left = true,
                                                                bool check_errors = false) {
  const std::string name = "linalg.solve";
  detail::require_inexact(A, name);
  if (A.dtype() != B.dtype()) {
    raise("RuntimeError", {name, ": Expected A and B to have the same dtype, but found A of type ",
                           dtype_label(A.dtype()), " and B of type ", dtype_label(B.dtype()), " instead"});
  }
  const bool vector = detail::is_vector_side(A, B);
  const Tensor sides = vector ? unsqueeze(B, -1) : B;
  detail::check_system(A, sides, left, name);
  if (vector && !left) {
    raise("RuntimeError", {name,
                           ": Vector broadcasting of the left hand side is not supported for left=False. In this case "
                           "linalg.solve is equivalent to B / A.squeeze(-1)"});
  }
  const DimVector batch = detail::common_batch(sides, A);
  const detail::LuFactors factors = detail::lu_of<Lazy>(A);
  const Tensor x = detail::right_sides(sides, batch, left);
  const std::int64_t n = A.size(-1);
  const Tensor lu = detail::columns_copy(factors.lu, batch, x.dtype());
  const Tensor pivots = contiguous(expand(factors.pivots, detail::extended(batch, {n})));
  detail::with_wide_type(x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), detail::cube(n), [&](std::int64_t i) {
      detail::solve_with_lu(detail::matrix_at<T>(lu, i), pivots.template data_ptr<std::int32_t>() + i * n,
                            detail::matrix_at<T>(x, i), !left);
    });
  });
  if (check_errors) {
    detail::raise_for_codes(factors.info, "torch.linalg.solve_ex");
  }
  const Tensor solution = detail::solution_of(x, left, A.dtype());
  return {vector ? detail::vectors_of(solution) : solution, factors.lu, factors.pivots, factors.info};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left = true,
                                           bool check_errors = false) {
  const auto [solution, lu, pivots, info] = linalg_solve_factors<Lazy>(A, B, left, check_errors);
  return {solution, info};
}
template <class Lazy = void>
Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left = true) {
  const auto [solution, lu, pivots, info] = linalg_solve_factors<Lazy>(A, B, left, false);
  detail::raise_for_codes(info, "torch.linalg.solve");
  return solution;
}

/// (inverse, info).
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors = false) {
  detail::require_square(A, "linalg.inv");
  detail::require_inexact(A, "linalg.inv", false);
  const auto [solution, info] = linalg_solve_ex<Lazy>(A, expand(eye(A.size(-1), A.dtype()), A.sizes()));
  if (check_errors) {
    detail::raise_for_codes(info, "linalg.inv_ex");
  }
  return {solution, info};
}
template <class Lazy = void>
Tensor linalg_inv(const Tensor& A) {
  const auto [solution, info] = linalg_inv_ex<Lazy>(A, false);
  detail::raise_for_codes(info, "linalg.inv");
  return solution;
}

/// a x = b with what lu_factor gives of a (or of a^H, with `adjoint`).
template <class Lazy = void>
Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left = true,
                       bool adjoint = false) {
  const std::string name = "linalg.lu_solve";
  detail::require_inexact(LU, "torch.linalg.lu_solve");
  if (LU.dtype() != B.dtype()) {
    raise("RuntimeError", {name, ": Expected LU and B to have the same dtype, but found LU of type ",
                           dtype_label(LU.dtype()), " and B of type ", dtype_label(B.dtype()), " instead"});
  }
  if (pivots.dtype() != DType::int32) {
    raise("RuntimeError", {name, ": pivots should be a Tensor of scalar type torch.int32"});
  }
  detail::require_square(LU, "torch.linalg.lu_solve");
  detail::check_system(LU, B, left, name);
  const std::int64_t n = LU.size(-1);
  if (pivots.dim() == 0 || pivots.size(-1) != n) {
    raise("RuntimeError", {name, ": Number of pivots per batch should be same as the dimension of the matrix"});
  }
  if (pivots.sizes() != IntSpan(detail::batch_sizes(LU, 1))) {
    raise("RuntimeError", {name, ": Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape ",
                           pivots.sizes(), " instead"});
  }
  const DimVector batch = detail::common_batch(B, LU);
  detail::require_factorable("linalg.lu_solve_cpu", LU.dtype());
  const Tensor exchanges = contiguous(expand(pivots, detail::extended(batch, {n})));
  const std::int32_t* const all = exchanges.template data_ptr<std::int32_t>();
  for (std::int64_t i = 0; i < exchanges.numel() && B.numel() != 0; ++i) {
    if (all[i] < 1 || all[i] > n) {
      raise("RuntimeError", {"Pivots given to lu_solve must all be ",
                             all[i] < 1 ? "greater or equal to 1" : "smaller or equal to LU.size(-2)",
                             ". Did you properly pass the result of lu_factor?"});
    }
  }
  const Tensor factors = detail::columns_copy(LU, batch, detail::wide_dtype(LU.dtype()));
  const Tensor x = detail::right_sides(B, batch, left);
  detail::with_wide_type(x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), detail::cube(n), [&](std::int64_t i) {
      detail::solve_with_lu(detail::matrix_at<T>(factors, i), all + i * n, detail::matrix_at<T>(x, i), adjoint == left);
    });
  });
  return detail::solution_of(x, left, LU.dtype());
}
template <class Lazy = void>
Tensor lu_solve(const Tensor& self, const Tensor& LU_data, const Tensor& LU_pivots) {
  return linalg_lu_solve<Lazy>(LU_data, LU_pivots, self);
}

/// a x = b with what ldl_factor gives of a.
template <class Lazy = void>
Tensor linalg_ldl_solve(const Tensor& LD, const Tensor& pivots, const Tensor& B, bool hermitian = false) {
  const std::string name = "torch.linalg.ldl_solve";
  detail::require_square(LD, name);
  detail::require_inexact(LD, name);
  detail::check_old_system(B, LD, name);
  if (!is_integral(pivots.dtype(), false)) {
    raise("RuntimeError", {name, ": Expected pivots to be integers. Got ", dtype_label(pivots.dtype())});
  }
  if (pivots.sizes() != IntSpan(detail::batch_sizes(LD, 1))) {
    raise("RuntimeError", {name, ": Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape ",
                           pivots.sizes(), " instead"});
  }
  const DimVector batch = detail::common_batch(B, LD);
  detail::require_factorable("ldl_solve_kernel_cpu", LD.dtype());
  const std::int64_t n = LD.size(-1);
  const Tensor exchanges = detail::contiguous_copy(expand(pivots, detail::extended(batch, {n})), DType::int32);
  const std::int32_t* const all = exchanges.template data_ptr<std::int32_t>();
  for (std::int64_t i = 0; i < exchanges.numel() && B.numel() != 0; ++i) {
    if (all[i] == 0 || all[i] > n || all[i] < -n) {
      raise("RuntimeError",
            {"Pivots given to ldl_solve must all satisfy |pivot| ", all[i] == 0 ? ">= 1" : "<= LD.size(-2)",
             ". Did you properly pass the result of ldl_factor?"});
    }
  }
  const Tensor factors = detail::columns_copy(LD, batch, detail::wide_dtype(LD.dtype()));
  const Tensor x = detail::right_sides(B, batch, true);
  detail::with_wide_type(x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), detail::cube(n), [&](std::int64_t i) {
      kernels::solve_ldl(detail::matrix_at<T>(factors, i), all + i * n, detail::matrix_at<T>(x, i), hermitian);
    });
  });
  return detail::columns_as(x, LD.dtype());
}

}  // namespace ops

namespace detail {

/// Systems with one triangle of a, or of its transpose, from the left or the right.
template <class Lazy>
Tensor solve_triangular_batch(const Tensor& a, const Tensor& b, const DimVector& batch, bool upper, bool left,
                              bool unit) {
  require_factorable("triangular_solve_cpu", a.dtype());
  const DType wide = wide_dtype(a.dtype());
  // x a = b is a^T x^T = b^T.
  const Tensor triangle = columns_copy(left ? a : ops::transpose(a, -2, -1), batch, wide);
  const Tensor x = columns_copy(left ? b : ops::transpose(b, -2, -1), batch, wide);
  with_wide_type(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_matrix(batch_count(batch), cube(a.size(-1)), [&](std::int64_t i) {
      kernels::solve_triangle(matrix_at<T>(triangle, i), matrix_at<T>(x, i), upper == left, unit);
    });
  });
  return left ? columns_as(x, a.dtype()) : columns_copy(ops::transpose(x, -2, -1), a.dtype());
}

}  // namespace detail

namespace ops {

template <class Lazy = void>
Tensor linalg_solve_triangular(const Tensor& self, const Tensor& B, bool upper, bool left = true,
                               bool unitriangular = false) {
  detail::check_system(self, B, left, "linalg.solve_triangular");
  const DimVector batch = detail::common_batch(B, self);
  return detail::solve_triangular_batch<Lazy>(self, B, batch, upper, left, unitriangular);
}

/// The older form: (solution, copy of A).
template <class Lazy = void>
std::tuple<Tensor, Tensor> triangular_solve(const Tensor& self, const Tensor& A, bool upper = true,
                                            bool transpose = false, bool unitriangular = false) {
  for (const auto& [tensor, letter] : {std::make_pair(&self, "b"), std::make_pair(&A, "A")}) {
    if (tensor->dim() < 2) {
      raise("RuntimeError", {"torch.triangular_solve: Expected ", letter, " to have at least 2 dimensions, but it has ",
                             tensor->dim(), " dimensions instead"});
    }
  }
  detail::check_old_system(self, A, "triangular_solve");
  const DimVector batch = detail::common_batch(self, A);
  const Tensor source = transpose ? ops::transpose(A, -2, -1) : A;
  const Tensor solution =
      detail::solve_triangular_batch<Lazy>(source, self, batch, upper != transpose, true, unitriangular);
  return {solution, detail::columns_copy(A, batch, A.dtype())};
}

// ---- what Cholesky's factor is good for

/// a x = b from the factor of a; batches agree.
template <class Lazy = void>
Tensor cholesky_solve_helper(const Tensor& self, const Tensor& A, bool upper) {
  detail::require_factorable("cholesky_solve_cpu", self.dtype());
  if (self.dim() < 2 || A.dim() != self.dim() || A.size(-1) != A.size(-2) || self.size(-2) != A.size(-1) ||
      detail::batch_sizes(self) != detail::batch_sizes(A)) {
    raise("RuntimeError", {"cholesky_solve: incompatible sizes ", self.sizes(), " and ", A.sizes()});
  }
  const DimVector batch = detail::batch_sizes(self);
  const DType wide = detail::wide_dtype(self.dtype());
  const Tensor factor = detail::columns_copy(A, wide);
  const Tensor x = detail::columns_copy(self, wide);
  detail::with_wide_type(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), detail::cube(A.size(-1)), [&](std::int64_t i) {
      const kernels::Columns<T> triangle = detail::matrix_at<T>(factor, i);
      const kernels::OwnColumns<T> turned = kernels::adjoint_of(triangle);
      const kernels::Columns<T> b = detail::matrix_at<T>(x, i);
      kernels::solve_triangle(upper ? turned.matrix : triangle, b, false, false);
      kernels::solve_triangle(upper ? triangle : turned.matrix, b, true, false);
    });
  });
  return detail::columns_as(x, self.dtype());
}
template <class Lazy = void>
Tensor cholesky_solve(const Tensor& self, const Tensor& input2, bool upper = false) {
  for (const auto& [tensor, letter] : {std::make_pair(&self, "b"), std::make_pair(&input2, "u")}) {
    if (tensor->dim() < 2) {
      raise("RuntimeError",
            {letter, " should have at least 2 dimensions, but has ", tensor->dim(), " dimensions instead"});
    }
  }
  detail::check_old_system(self, input2, "cholesky_solve");
  const DimVector batch = detail::common_batch(self, input2);
  const auto expanded = [&](const Tensor& t) { return expand(t, detail::extended(batch, {t.size(-2), t.size(-1)})); };
  return cholesky_solve_helper<Lazy>(expanded(self), expanded(input2), upper);
}

/// The inverse of a from its factor.
template <class Lazy = void>
Tensor cholesky_inverse(const Tensor& self, bool upper = false) {
  detail::require_square(self, "cholesky_inverse");
  if (self.numel() == 0) {
    return empty_like(self);
  }
  detail::require_factorable("cholesky_inverse_out_cpu", self.dtype());
  const Tensor pivots = diagonal(self, 0, -2, -1);
  const Tensor info = zeros(detail::batch_sizes(self), DType::int32);
  const std::int64_t n = self.size(-1);
  const Tensor values = detail::contiguous_copy(pivots, detail::wide_dtype(self.dtype()));
  detail::with_wide_type(values.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const all = values.template data_ptr<T>();
    for (std::int64_t i = values.numel() - 1; i >= 0; --i) {
      if (all[i] == T(0)) {
        info.data_ptr<std::int32_t>()[i / n] = static_cast<std::int32_t>(i % n + 1);
      }
    }
  });
  detail::raise_for_codes(info, "cholesky_inverse");
  const Tensor unit = expand(eye(n, self.dtype()), self.sizes());
  return cholesky_solve_helper<Lazy>(unit, self, upper);
}

}  // namespace ops
}  // namespace ts2cpp
