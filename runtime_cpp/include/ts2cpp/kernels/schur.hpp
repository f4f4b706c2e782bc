// Shifted QR steps that bring a Hessenberg matrix to Schur form: double ones with real numbers.
//
// J. G. F. Francis, "The QR transformation", The Computer Journal 4 (1961, 1962); M. Ahues, F. Tisseur, "A new
// deflation criterion for the QR algorithm", LAPACK Working Note 122 (1997).
// NOTICE says whose methods these are.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>

#include <ts2cpp/kernels/dense_matrix.hpp>
#include <ts2cpp/kernels/reflectors.hpp>

namespace ts2cpp::kernels {

/// Whether h(k, k - 1) may be taken for zero.
template <class T>
bool subdiagonal_vanishes(const Columns<T>& h, std::int64_t k, std::int64_t low, std::int64_t high,
                          double smallest) noexcept {
  const double below = taxicab(h(k, k - 1));
  if (below <= smallest) {
    return true;
  }
  double test = taxicab(h(k - 1, k - 1)) + taxicab(h(k, k));
  if (test == 0.0) {
    if (k - 2 >= low) {
      test += std::fabs(real_part(h(k - 1, k - 2)));
    }
    if (k + 1 <= high) {
      test += std::fabs(real_part(h(k + 1, k)));
    }
  }
  if (std::fabs(real_part(h(k, k - 1))) > 2.0 * kRoundoff * test) {
    return false;
  }
  const double above = taxicab(h(k - 1, k));
  const double corner = taxicab(h(k, k));
  const double gap = taxicab(h(k - 1, k - 1) - h(k, k));
  const double aa = std::max(corner, gap);
  const double bb = std::min(corner, gap);
  const double ab = std::max(below, above);
  const double sum = aa + ab;
  return std::min(below, above) * (ab / sum) <= std::max(smallest, 2.0 * kRoundoff * (bb * (aa / sum)));
}

/// Makes [a b; c d] either upper triangular or of equal diagonal elements and b c < 0; returns the rotation.
inline Rotation standardize_pair(double& a, double& b, double& c, double& d) noexcept {
  Rotation rotation;
  if (c == 0.0) {
    return rotation;
  }
  if (b == 0.0) {
    std::swap(a, d);
    b = -c;
    c = 0.0;
    return {0.0, 1.0, 0.0};
  }
  if (a - d == 0.0 && std::signbit(b) != std::signbit(c)) {
    return rotation;
  }
  const double gap = a - d;
  double p = 0.5 * gap;
  const double larger = std::max(std::fabs(b), std::fabs(c));
  const double smaller = std::min(std::fabs(b), std::fabs(c)) * with_sign(1.0, b) * with_sign(1.0, c);
  const double unit = std::max(std::fabs(p), larger);
  double z = (p / unit) * p + (larger / unit) * smaller;
  if (z >= 8.0 * kRoundoff) {  // two real eigenvalues
    z = p + with_sign(std::sqrt(unit) * std::sqrt(z), p);
    a = d + z;
    d -= (larger / z) * smaller;
    const double length = std::hypot(c, z);
    rotation.c = z / length;
    rotation.s = c / length;
    b -= c;
    c = 0.0;
    return rotation;
  }
  // Complex ones, or real ones that are nearly equal: make the diagonal elements equal.
  const double sigma = b + c;
  const double length = std::hypot(sigma, gap);
  rotation.c = std::sqrt(0.5 * (1.0 + std::fabs(sigma) / length));
  rotation.s = -(p / (length * rotation.c)) * with_sign(1.0, sigma);
  const double aa = a * rotation.c + b * rotation.s;
  const double bb = b * rotation.c - a * rotation.s;
  const double cc = c * rotation.c + d * rotation.s;
  const double dd = d * rotation.c - c * rotation.s;
  a = aa * rotation.c + cc * rotation.s;
  b = bb * rotation.c + dd * rotation.s;
  c = cc * rotation.c - aa * rotation.s;
  d = dd * rotation.c - bb * rotation.s;
  const double mean = 0.5 * (a + d);
  a = mean;
  d = mean;
  if (c == 0.0) {
    return rotation;
  }
  if (b == 0.0) {
    b = -c;
    c = 0.0;
    return {-rotation.s, rotation.c, 0.0};
  }
  if (std::signbit(b) == std::signbit(c)) {  // real after all
    const double root_b = std::sqrt(std::fabs(b));
    const double root_c = std::sqrt(std::fabs(c));
    p = with_sign(root_b * root_c, c);
    const double inverse = 1.0 / std::sqrt(std::fabs(b + c));
    a = mean + p;
    d = mean - p;
    b -= c;
    c = 0.0;
    const double c1 = root_b * inverse;
    const double s1 = root_c * inverse;
    return {rotation.c * c1 - rotation.s * s1, rotation.c * s1 + rotation.s * c1, 0.0};
  }
  return rotation;
}

/// Double-shift QR steps on a real Hessenberg matrix; with `whole` it becomes the real Schur form, and z, if it has
/// rows, takes part. False if it does not converge.
inline bool triangularize(const Columns<double>& h, const Columns<double>& z, complex128* values, std::int64_t low,
                          std::int64_t high, bool whole) {
  const std::int64_t n = h.rows;
  for (std::int64_t i = 0; i < n; ++i) {
    if (i < low || i > high) {
      values[i] = h(i, i);
    }
  }
  const std::int64_t size = high - low + 1;
  const double smallest = kSafeMinimum * (static_cast<double>(size) / (2.0 * kRoundoff));
  const std::int64_t limit = 30 * std::max<std::int64_t>(10, size);
  std::int64_t stuck = 0;
  for (std::int64_t i = high; i >= low;) {
    std::int64_t l = low;
    bool found = false;
    for (std::int64_t step = 0; step <= limit && !found; ++step) {
      std::int64_t k = i;
      while (k > l && !subdiagonal_vanishes(h, k, low, high, smallest)) {
        --k;
      }
      l = k;
      if (l > low) {
        h(l, l - 1) = 0.0;
      }
      if (l >= i - 1) {
        found = true;
        break;
      }
      ++stuck;
      const std::int64_t first = whole ? 0 : l;
      const std::int64_t last = whole ? n - 1 : i;
      double h11 = h(i - 1, i - 1);
      double h21 = h(i, i - 1);
      double h12 = h(i - 1, i);
      double h22 = h(i, i);
      if (stuck % 10 == 0) {  // exceptional shifts
        const bool at_end = stuck % 20 == 0;
        const double sum = at_end ? std::fabs(h(i, i - 1)) + std::fabs(h(i - 1, i - 2))
                                  : std::fabs(h(l + 1, l)) + std::fabs(h(l + 2, l + 1));
        h11 = 0.75 * sum + (at_end ? h(i, i) : h(l, l));
        h12 = -0.4375 * sum;
        h21 = sum;
        h22 = h11;
      }
      double re1 = 0.0;
      double im1 = 0.0;
      double re2 = 0.0;
      double im2 = 0.0;
      const double sum = std::fabs(h11) + std::fabs(h12) + std::fabs(h21) + std::fabs(h22);
      if (sum != 0.0) {
        h11 /= sum;
        h21 /= sum;
        h12 /= sum;
        h22 /= sum;
        const double trace = (h11 + h22) / 2.0;
        const double det = (h11 - trace) * (h22 - trace) - h12 * h21;
        const double root = std::sqrt(std::fabs(det));
        if (det >= 0.0) {
          re1 = trace * sum;
          re2 = re1;
          im1 = root * sum;
          im2 = -im1;
        } else {  // two real ones: the nearer to the corner twice
          const double upper = trace + root;
          const double lower = trace - root;
          re1 = (std::fabs(upper - h22) <= std::fabs(lower - h22) ? upper : lower) * sum;
          re2 = re1;
        }
      }
      double v[3] = {0.0, 0.0, 0.0};
      std::int64_t m = i - 2;
      for (;; --m) {
        double below = std::fabs(h(m + 1, m));
        double unit = std::fabs(h(m, m) - re2) + std::fabs(im2) + below;
        below = h(m + 1, m) / unit;
        v[0] = below * h(m, m + 1) + (h(m, m) - re1) * ((h(m, m) - re2) / unit) - im1 * (im2 / unit);
        v[1] = below * (h(m, m) + h(m + 1, m + 1) - re1 - re2);
        v[2] = below * h(m + 2, m + 1);
        unit = std::fabs(v[0]) + std::fabs(v[1]) + std::fabs(v[2]);
        for (double& part : v) {
          part /= unit;
        }
        if (m == l || std::fabs(h(m, m - 1)) * (std::fabs(v[1]) + std::fabs(v[2])) <=
                          2.0 * kRoundoff * std::fabs(v[0]) *
                              (std::fabs(h(m - 1, m - 1)) + std::fabs(h(m, m)) + std::fabs(h(m + 1, m + 1)))) {
          break;
        }
      }
      for (k = m; k < i; ++k) {
        const std::int64_t width = std::min<std::int64_t>(3, i - k + 1);
        if (k > m) {
          std::copy_n(&h(k, k - 1), width, v);
        }
        const double tau = make_reflector(width - 1, v[0], v + 1);
        if (k > m) {
          h(k, k - 1) = v[0];
          h(k + 1, k - 1) = 0.0;
          if (k < i - 1) {
            h(k + 2, k - 1) = 0.0;
          }
        } else if (m > l) {
          h(k, k - 1) *= 1.0 - tau;
        }
        const double t2 = tau * v[1];
        const double v3 = width == 3 ? v[2] : 0.0;
        const double t3 = tau * v3;
        for (std::int64_t j = k; j <= last; ++j) {
          double* const x = &h(k, j);
          const double total = x[0] + v[1] * x[1] + (width == 3 ? v3 * x[2] : 0.0);
          x[0] -= total * tau;
          x[1] -= total * t2;
          if (width == 3) {
            x[2] -= total * t3;
          }
        }
        const auto from_right = [&](double* x, double* y, double* w, std::int64_t from, std::int64_t to) {
          TS2CPP_INDEPENDENT_ITERATIONS
          for (std::int64_t j = from; j < to; ++j) {
            const double total = x[j] + v[1] * y[j] + v3 * w[j];
            x[j] -= total * tau;
            y[j] -= total * t2;
            w[j] -= total * t3;
          }
        };
        const auto all_rows = [&](const Columns<double>& matrix, std::int64_t from, std::int64_t to) {
          if (width == 3) {
            from_right(matrix.column(k), matrix.column(k + 1), matrix.column(k + 2), from, to);
            return;
          }
          double* const x = matrix.column(k);
          double* const y = matrix.column(k + 1);
          for (std::int64_t j = from; j < to; ++j) {
            const double total = x[j] + v[1] * y[j];
            x[j] -= total * tau;
            y[j] -= total * t2;
          }
        };
        all_rows(h, first, std::min(k + 3, i) + 1);
        all_rows(z, 0, z.rows);
      }
    }
    if (!found) {
      return false;
    }
    if (l == i) {
      values[i] = h(i, i);
    } else {
      const Rotation turn = standardize_pair(h(i - 1, i - 1), h(i - 1, i), h(i, i - 1), h(i, i));
      const double b = h(i - 1, i);
      const double c = h(i, i - 1);
      const double im = c == 0.0 ? 0.0 : std::sqrt(std::fabs(b)) * std::sqrt(std::fabs(c));
      values[i - 1] = {h(i - 1, i - 1), im};
      values[i] = {h(i, i), -im};
      if (whole) {
        if (i + 1 < n) {
          rotate(n - i - 1, &h(i - 1, i + 1), h.stride, &h(i, i + 1), h.stride, turn.c, turn.s);
        }
        rotate(i - 1, h.column(i - 1), 1, h.column(i), 1, turn.c, turn.s);
      }
      if (z.rows > 0) {
        rotate(z.rows, z.column(i - 1), 1, z.column(i), 1, turn.c, turn.s);
      }
    }
    stuck = 0;
    i = l - 1;
  }
  return true;
}

/// The same for complex matrices, with single shifts; elements below the diagonal are kept real.
inline bool triangularize(const Columns<complex128>& h, const Columns<complex128>& z, complex128* values,
                          std::int64_t low, std::int64_t high, bool whole) {
  const std::int64_t n = h.rows;
  const auto scale_row = [&](std::int64_t row, std::int64_t from, std::int64_t to, complex128 factor) {
    for (std::int64_t j = from; j < to; ++j) {
      h(row, j) = times(factor, h(row, j));
    }
  };
  const auto scale_columns = [&](std::int64_t column, std::int64_t from, std::int64_t to, complex128 factor) {
    if (to > from) {
      scale(to - from, factor, h.column(column) + from);
    }
    if (z.rows > 0) {
      scale(z.rows, factor, z.column(column));
    }
  };
  for (std::int64_t i = 0; i < n; ++i) {
    if (i < low || i > high) {
      values[i] = h(i, i);
    }
  }
  for (std::int64_t i = low + 1; i <= high; ++i) {
    if (h(i, i - 1).imag() != 0.0) {
      complex128 phase = h(i, i - 1) / taxicab(h(i, i - 1));
      phase = conjugate(phase) / magnitude(phase);
      h(i, i - 1) = magnitude(h(i, i - 1));
      scale_row(i, i, whole ? n : high + 1, phase);
      scale_columns(i, whole ? 0 : low, std::min(whole ? n - 1 : high, i + 1) + 1, conjugate(phase));
    }
  }
  const std::int64_t size = high - low + 1;
  const double smallest = kSafeMinimum * (static_cast<double>(size) / (2.0 * kRoundoff));
  const std::int64_t limit = 30 * std::max<std::int64_t>(10, size);
  std::int64_t stuck = 0;
  for (std::int64_t i = high; i >= low;) {
    std::int64_t l = low;
    bool found = false;
    for (std::int64_t step = 0; step <= limit && !found; ++step) {
      std::int64_t k = i;
      while (k > l && !subdiagonal_vanishes(h, k, low, high, smallest)) {
        --k;
      }
      l = k;
      if (l > low) {
        h(l, l - 1) = 0.0;
      }
      if (l >= i) {
        found = true;
        break;
      }
      ++stuck;
      const std::int64_t first = whole ? 0 : l;
      const std::int64_t last = whole ? n - 1 : i;
      complex128 shift = h(i, i);
      if (stuck % 20 == 0) {
        shift += 0.75 * std::fabs(h(i, i - 1).real());
      } else if (stuck % 10 == 0) {
        shift = h(l, l) + 0.75 * std::fabs(h(l + 1, l).real());
      } else {
        const complex128 u = times(std::sqrt(h(i - 1, i)), std::sqrt(h(i, i - 1)));
        double unit = taxicab(u);
        if (unit != 0.0) {
          const complex128 x = 0.5 * (h(i - 1, i - 1) - shift);
          const double x_size = taxicab(x);
          unit = std::max(unit, x_size);
          const complex128 x_part = x / unit;
          const complex128 u_part = u / unit;
          complex128 y = unit * std::sqrt(times(x_part, x_part) + times(u_part, u_part));
          if (x_size > 0.0 && (x / x_size).real() * y.real() + (x / x_size).imag() * y.imag() < 0.0) {
            y = -y;
          }
          shift -= times(u, u / (x + y));
        }
      }
      complex128 v[2];
      std::int64_t m = i - 1;
      for (;; --m) {
        complex128 start = h(m, m) - shift;
        double below = h(m + 1, m).real();
        const double unit = taxicab(start) + std::fabs(below);
        start /= unit;
        below /= unit;
        v[0] = start;
        v[1] = below;
        if (m == l || std::fabs(h(m, m - 1).real()) * std::fabs(below) <=
                          2.0 * kRoundoff * (taxicab(start) * (taxicab(h(m, m)) + taxicab(h(m + 1, m + 1))))) {
          break;
        }
      }
      for (k = m; k < i; ++k) {
        if (k > m) {
          v[0] = h(k, k - 1);
          v[1] = h(k + 1, k - 1);
        }
        const complex128 tau = make_reflector(1, v[0], v + 1);
        if (k > m) {
          h(k, k - 1) = v[0];
          h(k + 1, k - 1) = 0.0;
        }
        const complex128 v2 = v[1];
        const double t2 = times(tau, v2).real();
        for (std::int64_t j = k; j <= last; ++j) {
          complex128* const x = &h(k, j);
          const complex128 total = times(conjugate(tau), x[0]) + t2 * x[1];
          x[0] -= total;
          x[1] -= times(total, v2);
        }
        const auto from_right = [&](const Columns<complex128>& matrix, std::int64_t from, std::int64_t to) {
          complex128* const x = matrix.column(k);
          complex128* const y = matrix.column(k + 1);
          for (std::int64_t j = from; j < to; ++j) {
            const complex128 total = times(tau, x[j]) + t2 * y[j];
            x[j] -= total;
            y[j] -= times(total, conjugate(v2));
          }
        };
        from_right(h, first, std::min(k + 2, i) + 1);
        from_right(z, 0, z.rows);
        if (k == m && m > l) {  // the step began inside: make h(m, m - 1) real again
          complex128 phase = complex128(1.0) - tau;
          phase /= magnitude(phase);
          h(m + 1, m) = times(h(m + 1, m), conjugate(phase));
          if (m + 2 <= i) {
            h(m + 2, m + 1) = times(h(m + 2, m + 1), phase);
          }
          for (std::int64_t j = m; j <= i; ++j) {
            if (j != m + 1) {
              scale_row(j, j + 1, last + 1, phase);
              scale_columns(j, first, j, conjugate(phase));
            }
          }
        }
      }
      complex128 corner = h(i, i - 1);
      if (corner.imag() != 0.0) {
        const double length = magnitude(corner);
        h(i, i - 1) = length;
        corner /= length;
        scale_row(i, i + 1, last + 1, conjugate(corner));
        scale_columns(i, first, i, corner);
      }
    }
    if (!found) {
      return false;
    }
    values[i] = h(i, i);
    stuck = 0;
    i = l - 1;
  }
  return true;
}

}  // namespace ts2cpp::kernels
