// Singular vectors brought closer to the exact ones by one step of Newton's kind, which is matrix products alone.
//
// T. Ogita, K. Aishima, "Iterative refinement for singular value decomposition based on matrix multiplication", Journal
// of Computational and Applied Mathematics 369 (2020).
#pragma once

#include <cmath>
#include <cstdint>

#include <ts2cpp/kernels/dense_matrix.hpp>

namespace ts2cpp::kernels {

/// Corrections of two pairs of singular vectors: what of the j-th is to be added to the i-th, on the left and right,
/// and the other way round.
template <class T>
struct VectorCorrection {
  T left_ij = T(0);
  T left_ji = T(0);
  T right_ij = T(0);
  T right_ji = T(0);

  /// Whether the squares of all, which the step leaves out, vanish beside a rounding error. Nearly equal singular
  /// values give large ones or none (inf, nan): any basis of what their vectors span is as good.
  bool negligible_to_second_order() const noexcept {
    const double most = 1e-9;
    return magnitude(left_ij) < most && magnitude(left_ji) < most && magnitude(right_ij) < most &&
           magnitude(right_ji) < most;
  }
};

/// U and V of a = U S V^H (a: rows x n with rows >= n; u: rows x n or more; v: n x n), found by rotations whose
/// roundings add up, with a residual and departures from orthogonality of a few roundings. The singular values stay.
template <class T>
void refine_singular_vectors(const Columns<T>& a, const double* values, const Columns<T>& u, const Columns<T>& v) {
  const std::int64_t n = v.cols;
  const Columns<T> left = u.part(0, 0, u.rows, n);
  const OwnColumns<T> left_adjoint = adjoint_of(left);
  OwnColumns<T> image(u.rows, n);  // -A V
  subtract_product(a, v, image.matrix);
  OwnColumns<T> core(n, n);  // U^H A V, nearly S
  subtract_product(left_adjoint.matrix, image.matrix, core.matrix);
  OwnColumns<T> left_change(n, n);  // 1 - U^H U, then what U is to be multiplied by, less 1 and negated
  set_identity(left_change.matrix);
  subtract_product(left_adjoint.matrix, left, left_change.matrix);
  OwnColumns<T> right_change(n, n);
  set_identity(right_change.matrix);
  subtract_product(adjoint_of(v).matrix, v, right_change.matrix);

  const Columns<T>& t = core.matrix;
  const Columns<T>& f = left_change.matrix;
  const Columns<T>& g = right_change.matrix;
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < j; ++i) {
      // The change that makes U^H A V diagonal and U and V orthogonal, all to first order: of two equations for each
      // side.
      const double gap = (values[j] - values[i]) * (values[j] + values[i]);
      const T upper = t(i, j) + values[j] * f(i, j);
      const T upper_mirrored = conjugate(t(j, i)) + values[j] * g(i, j);
      const T lower = t(j, i) + values[i] * f(j, i);
      const T lower_mirrored = conjugate(t(i, j)) + values[i] * g(j, i);
      const VectorCorrection<T> change{(values[j] * upper + values[i] * upper_mirrored) / gap,
                                       -(values[i] * lower + values[j] * lower_mirrored) / gap,
                                       (values[i] * upper + values[j] * upper_mirrored) / gap,
                                       -(values[j] * lower + values[i] * lower_mirrored) / gap};
      if (change.negligible_to_second_order()) {
        f(i, j) = -change.left_ij;
        f(j, i) = -change.left_ji;
        g(i, j) = -change.right_ij;
        g(j, i) = -change.right_ji;
      } else {  // orthogonality alone, of which either side has half
        f(i, j) *= -0.5;
        f(j, i) *= -0.5;
        g(i, j) *= -0.5;
        g(j, i) *= -0.5;
      }
    }
    f(j, j) *= -0.5;
    g(j, j) *= -0.5;
  }

  OwnColumns<T> before(u.rows, n);
  copy_matrix(left, before.matrix);
  subtract_product(before.matrix, f, left);
  OwnColumns<T> right_before(n, n);
  copy_matrix(v, right_before.matrix);
  subtract_product(right_before.matrix, g, v);
  if (u.cols > n) {  // the columns that complete U keep out of what the others span now
    const Columns<T> rest = u.part(0, n, u.rows, u.cols - n);
    OwnColumns<T> overlap(n, rest.cols);
    subtract_product(adjoint_of(left).matrix, rest, overlap.matrix);
    scale_matrix(overlap.matrix, -1.0);
    subtract_product(left, overlap.matrix, rest);
  }
}

}  // namespace ts2cpp::kernels
