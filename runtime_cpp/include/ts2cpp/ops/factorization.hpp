// Factorizations of matrices: LU, Cholesky, QR and what is made of reflectors, LDL.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/kernels/reflectors.hpp>
#include <ts2cpp/kernels/symmetric_indefinite.hpp>
#include <ts2cpp/kernels/triangular.hpp>
#include <ts2cpp/ops/arrangement.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/matrices.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp {
namespace detail {

/// What a factorization by LU left, in the dtype of the matrix: which pivots are zero depends on the rounding.
struct LuFactors {
  Tensor lu;
  Tensor pivots;
  Tensor info;
};

template <class Lazy>
LuFactors lu_of(const Tensor& a) {
  require_factorable("lu_cpu", a.dtype());
  const DimVector batch = batch_sizes(a);
  const std::int64_t count = std::min(a.size(-2), a.size(-1));
  LuFactors factors{columns_copy(a, a.dtype()), Tensor::empty(extended(batch, {count}), DType::int32),
                    ops::zeros(batch, DType::int32)};
  visit(FloatsAndComplex{}, a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_matrix(batch_count(batch), cube(count), [&](std::int64_t i) {
      factors.info.data_ptr<std::int32_t>()[i] =
          kernels::factor_lu(matrix_at<T>(factors.lu, i), factors.pivots.data_ptr<std::int32_t>() + i * count);
    });
  });
  return factors;
}

/// P of a = P L U as rows of the identity in the order that the pivots give.
inline Tensor permutation_matrix(const Tensor& pivots, std::int64_t rows, DType dtype) {
  const DimVector batch = batch_sizes(pivots, 1);
  const Tensor result = ops::zeros(extended(batch, {rows, rows}), DType::float32);
  const std::int64_t count = pivots.size(-1);
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  for (std::int64_t matrix = 0; matrix < batch_count(batch) && rows > 0; ++matrix) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = static_cast<std::int64_t>(i);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t pivot = std::int64_t{pivots.data_ptr<std::int32_t>()[matrix * count + i]} - 1;
      if (pivot < 0 || pivot >= rows) {
        raise("RuntimeError",
              "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the "
              "result of lu_factor?");
      }
      std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(pivot)]);
    }
    float* const p = result.data_ptr<float>() + matrix * rows * rows;
    for (std::int64_t i = 0; i < rows; ++i) {
      p[order[static_cast<std::size_t>(i)] * rows + i] = 1.0F;
    }
  }
  return ops::to(result, dtype);
}

/// The reflectors of a QR factorization, in the wide dtype: (a, tau).
template <class Lazy>
std::tuple<Tensor, Tensor> reflectors_of(const Tensor& a) {
  require_factorable("geqrf_cpu", a.dtype());
  const DimVector batch = batch_sizes(a);
  const std::int64_t count = std::min(a.size(-2), a.size(-1));
  const Tensor factors = columns_copy(a, wide_dtype(a.dtype()));
  const Tensor tau = Tensor::empty(extended(batch, {count}), factors.dtype());
  with_wide_type(factors.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_matrix(batch_count(batch), cube(count), [&](std::int64_t i) {
      kernels::factor_qr(matrix_at<T>(factors, i), tau.data_ptr<T>() + i * count);
    });
  });
  return {factors, tau};
}

/// The first `columns` columns of the product of reflectors, in the wide dtype.
template <class Lazy>
Tensor orthogonal_of(const Tensor& factors, const Tensor& tau, std::int64_t columns) {
  const DimVector batch = batch_sizes(factors);
  const std::int64_t count = tau.size(-1);
  const Tensor q = empty_columns(batch, factors.size(-2), columns, factors.dtype());
  with_wide_type(factors.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_matrix(batch_count(batch), cube(count), [&](std::int64_t i) {
      kernels::form_orthogonal(matrix_at<T>(factors, i), tau.data_ptr<T>() + i * count, count, matrix_at<T>(q, i));
    });
  });
  return q;
}

inline void check_tau(const Tensor& input, const Tensor& tau, const std::string& name) {
  if (input.dim() - tau.dim() != 1) {
    raise("RuntimeError", {name, ": Expected tau to have one dimension less than input, but got tau.ndim equal to ",
                           tau.dim(), " and input.ndim is equal to ", input.dim()});
  }
  if (batch_sizes(input) != IntSpan(batch_sizes(tau, 1))) {
    raise("RuntimeError",
          {name, ": Expected batch dimensions of tau to be equal to input.shape[:-2], but got ", batch_sizes(tau, 1)});
  }
}

/// Cholesky's factor of each matrix with zeros on the other side, and the codes.
template <class Lazy>
std::tuple<Tensor, Tensor> cholesky_of(const Tensor& a, bool upper) {
  require_factorable("cholesky_cpu", a.dtype());
  const DimVector batch = batch_sizes(a);
  const Tensor info = ops::zeros(batch, DType::int32);
  // The upper triangle read by rows is the lower one, conjugated, read by columns.
  const Tensor factor = columns_copy(upper ? ops::transpose(a, -2, -1) : a, wide_dtype(a.dtype()));
  const std::int64_t n = a.size(-1);
  with_wide_type(factor.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_each_matrix(batch_count(batch), cube(n), [&](std::int64_t i) {
      const kernels::Columns<T> matrix = matrix_at<T>(factor, i);
      info.data_ptr<std::int32_t>()[i] = kernels::factor_cholesky(matrix);
      for (std::int64_t j = 0; j < n; ++j) {
        std::fill_n(matrix.column(j), j, T(0));
      }
    });
  });
  if (upper) {
    return {columns_copy(ops::transpose(factor, -2, -1), a.dtype()), info};
  }
  return {columns_as(factor, a.dtype()), info};
}

}  // namespace detail

namespace ops {

/// RuntimeError in PyTorch's words for the first code in `info` that is not 0.
inline void linalg_check_errors(const Tensor& info, const std::string& api_name, bool is_matrix) {
  static_cast<void>(is_matrix);
  detail::raise_for_codes(info, api_name);
}

// ---- LU

/// a = P L U: (LU, pivots, info), `info` being the position of the first pivot that is zero.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot = true, bool check_errors = false) {
  if (A.dim() < 2) {
    raise("RuntimeError",
          {"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: ", A.sizes(), " instead"});
  }
  detail::require_factorable("lu_cpu", A.dtype());
  if (!pivot) {
    raise("RuntimeError", "linalg.lu_factor: LU without pivoting is not implemented on the CPU");
  }
  const detail::LuFactors factors = detail::lu_of<Lazy>(A);
  if (check_errors) {
    detail::raise_for_codes(factors.info, "torch.linalg.lu_factor_ex");
  }
  return {factors.lu, factors.pivots, factors.info};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot = true) {
  const auto [lu, pivots, info] = linalg_lu_factor_ex<Lazy>(A, pivot, false);
  detail::raise_for_codes(info, "torch.linalg.lu_factor");
  return {lu, pivots};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> lu_with_info(const Tensor& self, bool pivot = true, bool check_errors = true) {
  return linalg_lu_factor_ex<Lazy>(self, pivot, check_errors);
}

/// (P, L, U) of what lu_factor gives; empty tensors for what is not asked for.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU_data, const Tensor& LU_pivots, bool unpack_data = true,
                                             bool unpack_pivots = true) {
  if (LU_data.dim() < 2) {
    raise("RuntimeError",
          {"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: ", LU_data.sizes(), " instead"});
  }
  if (unpack_pivots && LU_pivots.dtype() != DType::int32) {
    raise("RuntimeError",
          "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
          "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor");
  }
  const std::int64_t rows = LU_data.size(-2);
  const std::int64_t cols = LU_data.size(-1);
  const std::int64_t count = std::min(rows, cols);
  Tensor p = detail::no_values(LU_data.dtype());
  Tensor l = p;
  Tensor u = detail::no_values(LU_data.dtype());
  if (unpack_data) {
    l = tril(narrow(LU_data, -1, 0, count), -1);
    fill_(diagonal(l, 0, -2, -1), 1);
    u = triu(narrow(LU_data, -2, 0, count));
  } else {
    l = detail::no_values(LU_data.dtype());
  }
  if (unpack_pivots) {
    if (LU_pivots.sizes() != detail::extended(detail::batch_sizes(LU_data), {count})) {
      raise("RuntimeError", {"torch.lu_unpack: LU_pivots of sizes ", LU_pivots.sizes(),
                             " do not belong to LU_data of sizes ", LU_data.sizes()});
    }
    p = detail::permutation_matrix(contiguous(LU_pivots), rows, LU_data.dtype());
  }
  return {p, l, u};
}

template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot = true) {
  if (A.dim() < 2) {
    raise("RuntimeError", {"linalg.lu: Expected tensor with 2 or more dimensions. Got size: ", A.sizes(), " instead"});
  }
  const auto [lu, pivots, info] = linalg_lu_factor_ex<Lazy>(A, pivot, false);
  return lu_unpack<Lazy>(lu, pivots);
}

// ---- Cholesky

/// (L, info) of a = L L^H, or U of a = U^H U; `info` is the order of the leading minor that is not positive.
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& self, bool upper = false, bool check_errors = false) {
  detail::require_square(self, "linalg.cholesky");
  detail::require_inexact(self, "linalg.cholesky");
  const auto [factor, info] = detail::cholesky_of<Lazy>(self, upper);
  if (check_errors) {
    detail::raise_for_codes(info, "linalg.cholesky_ex");
  }
  return {factor, info};
}
template <class Lazy = void>
Tensor linalg_cholesky(const Tensor& self, bool upper = false) {
  const auto [factor, info] = linalg_cholesky_ex<Lazy>(self, upper, false);
  detail::raise_for_codes(info, "linalg.cholesky");
  return factor;
}
/// The older form, which looks at the sizes of empty tensors less closely.
template <class Lazy = void>
Tensor cholesky(const Tensor& self, bool upper = false) {
  if (self.dim() >= 2 && self.numel() == 0) {
    return empty_like(self);
  }
  detail::require_square(self, "cholesky");
  const auto [factor, info] = detail::cholesky_of<Lazy>(self, upper);
  detail::raise_for_codes(info, "cholesky");
  return factor;
}

// ---- QR

/// R and the reflectors of Q in one tensor, and their factors tau.
template <class Lazy = void>
std::tuple<Tensor, Tensor> geqrf(const Tensor& self) {
  if (self.dim() < 2) {
    raise("RuntimeError", "torch.geqrf: input must have at least 2 dimensions.");
  }
  const auto [factors, tau] = detail::reflectors_of<Lazy>(self);
  return {detail::columns_as(factors, self.dtype()), detail::values_as(tau, self.dtype())};
}

/// The first columns of the product of reflectors, as many as the input has.
template <class Lazy = void>
Tensor linalg_householder_product(const Tensor& input, const Tensor& tau) {
  const std::string name = "torch.linalg.householder_product";
  if (input.dim() < 2) {
    raise("RuntimeError", {name, ": input must have at least 2 dimensions."});
  }
  if (input.size(-2) < input.size(-1)) {
    raise("RuntimeError", {name, ": input.shape[-2] must be greater than or equal to input.shape[-1]"});
  }
  if (input.size(-1) < tau.size(-1)) {
    raise("RuntimeError", {name, ": input.shape[-1] must be greater than or equal to tau.shape[-1]"});
  }
  detail::check_tau(input, tau, name);
  if (tau.dtype() != input.dtype()) {
    raise("RuntimeError",
          {name, ": tau dtype ", dtype_label(tau.dtype()), " does not match input dtype ", dtype_label(input.dtype())});
  }
  if (input.numel() != 0) {
    detail::require_factorable("orgqr_cpu", input.dtype());
  }
  const DType wide = detail::wide_dtype(input.dtype());
  const Tensor q = detail::orthogonal_of<Lazy>(detail::columns_copy(input, wide), detail::contiguous_copy(tau, wide),
                                               input.size(-1));
  return detail::columns_as(q, input.dtype());
}
template <class Lazy = void>
Tensor orgqr(const Tensor& self, const Tensor& input2) {
  return linalg_householder_product<Lazy>(self, input2);
}

/// Q other, other Q or either with Q^H, where Q is the product of the reflectors in `self`.
template <class Lazy = void>
Tensor ormqr(const Tensor& self, const Tensor& input2, const Tensor& input3, bool left = true, bool transpose = false) {
  const std::string name = "torch.ormqr";
  if (self.dim() < 2 || input3.dim() < 2) {
    raise("RuntimeError", {name, self.dim() < 2 ? ": input" : ": other", " must have at least 2 dimensions."});
  }
  const std::int64_t side = left ? -2 : -1;
  const std::string side_text = "other.shape[" + std::to_string(side) + "]";
  if (input3.size(side) < input2.size(-1)) {
    raise("RuntimeError", {name, ": ", side_text, " must be greater than or equal to tau.shape[-1]"});
  }
  if (input3.size(side) != self.size(-2)) {
    raise("RuntimeError", {name, ": ", side_text, " must be equal to input.shape[-2]"});
  }
  const std::int64_t count = input2.size(-1);
  if (count != std::min(input3.size(side), self.size(-1))) {
    raise("RuntimeError", {name, ": tau.shape[-1] must be equal to min(", side_text, ", input.shape[-1])"});
  }
  detail::check_tau(self, input2, name);
  const DimVector batch = detail::batch_sizes(self);
  if (batch != IntSpan(detail::batch_sizes(input3))) {
    raise("RuntimeError", {name, ": Expected batch dimensions of other to be equal to input.shape[:-2], but got ",
                           detail::batch_sizes(input3)});
  }
  for (const Tensor* other : {&input2, &input3}) {
    if (other->dtype() != self.dtype()) {
      const std::string word = other == &input2 ? "tau" : "other";
      raise("RuntimeError", {name, ": Expected input and ", word, " to have the same dtype, but input has dtype",
                             dtype_label(self.dtype()), " and ", word, " has dtype ", dtype_label(other->dtype())});
    }
  }
  detail::require_factorable("ormqr_cpu", self.dtype());
  const DType wide = detail::wide_dtype(self.dtype());
  const Tensor v = detail::columns_copy(self, wide);
  const Tensor tau = detail::contiguous_copy(input2, wide);
  const Tensor result = detail::columns_copy(input3, wide);
  detail::with_wide_type(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), detail::cube(count), [&](std::int64_t i) {
      const kernels::Columns<T> target = detail::matrix_at<T>(result, i);
      const T* const factors = tau.data_ptr<T>() + i * count;
      if (left) {
        kernels::apply_reflectors(detail::matrix_at<T>(v, i), factors, count, transpose, target);
      } else {
        kernels::apply_reflectors_right(detail::matrix_at<T>(v, i), factors, count, transpose, target);
      }
    });
  });
  return detail::columns_as(result, self.dtype());
}

/// (Q, R): "reduced", "complete", or "r" with an empty Q.
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, const std::string& mode = "reduced") {
  detail::require_matrix(A, "linalg.qr");
  detail::require_inexact(A, "linalg.qr");
  if (mode != "reduced" && mode != "complete" && mode != "r") {
    raise("RuntimeError",
          {"qr received unrecognized mode '", mode, "' but expected one of 'reduced' (default), 'r', or 'complete'"});
  }
  const std::int64_t rows = A.size(-2);
  const std::int64_t count = std::min(rows, A.size(-1));
  const auto [factors, tau] = detail::reflectors_of<Lazy>(A);
  const std::int64_t columns = mode == "complete" ? rows : count;
  const Tensor r = detail::columns_copy(triu(narrow(factors, -2, 0, columns)), A.dtype());
  if (mode == "r") {
    return {detail::no_values(A.dtype()), r};
  }
  return {detail::columns_as(detail::orthogonal_of<Lazy>(factors, tau, columns), A.dtype()), r};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> qr(const Tensor& self, bool some = true) {
  return linalg_qr<Lazy>(self, some ? "reduced" : "complete");
}

// ---- LDL

/// (LD, pivots, info): Bunch and Kaufman's factorization of the lower triangle.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> linalg_ldl_factor_ex(const Tensor& self, bool hermitian = false,
                                                        bool check_errors = false) {
  detail::require_square(self, "torch.linalg.ldl_factor_ex");
  detail::require_inexact(self, "torch.linalg.ldl_factor_ex");
  detail::require_factorable("ldl_factor_kernel_cpu", self.dtype());
  const DimVector batch = detail::batch_sizes(self);
  const std::int64_t n = self.size(-1);
  const Tensor factors = detail::columns_copy(tril(self), detail::wide_dtype(self.dtype()));
  const Tensor pivots = Tensor::empty(detail::extended(batch, {n}), DType::int32);
  const Tensor info = zeros(batch, DType::int32);
  detail::with_wide_type(factors.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_matrix(detail::batch_count(batch), detail::cube(n), [&](std::int64_t i) {
      info.data_ptr<std::int32_t>()[i] =
          kernels::factor_ldl(detail::matrix_at<T>(factors, i), pivots.data_ptr<std::int32_t>() + i * n, hermitian);
    });
  });
  if (check_errors) {
    detail::raise_for_codes(info, "torch.linalg.ldl_factor_ex");
  }
  return {detail::columns_as(factors, self.dtype()), pivots, info};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> linalg_ldl_factor(const Tensor& self, bool hermitian = false) {
  const auto [factors, pivots, info] = linalg_ldl_factor_ex<Lazy>(self, hermitian, false);
  detail::raise_for_codes(info, "torch.linalg.ldl_factor");
  return {factors, pivots};
}

}  // namespace ops
}  // namespace ts2cpp
