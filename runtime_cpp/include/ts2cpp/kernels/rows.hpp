// Reductions over contiguous rows with a fixed order: sixteen interleaved partial results, combined in a tree. The
// compiler turns the sixteen into whatever vectors the processor has; the result does not depend on which.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ts2cpp::kernels {

inline constexpr int kParts = 16;

template <class T>
T combine_parts(T (&parts)[kParts]) noexcept {
  for (int half = kParts / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j)
      parts[j] += parts[j + half];
  }
  return parts[0];
}

/// Sum of term(row[i]) in `Sum`.
template <class Sum, class T, class Term>
Sum row_sum(const T* row, std::int64_t n, Term&& term) noexcept {
  Sum parts[kParts] = {};
  std::int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int j = 0; j < kParts; ++j)
      parts[j] += term(row[i + j]);
  }
  for (int j = 0; i < n; ++i, ++j)
    parts[j] += term(row[i]);
  return combine_parts(parts);
}

/// The largest element; n must not be 0. A NaN is skipped unless it comes first.
template <class T>
T row_max(const T* row, std::int64_t n) noexcept {
  T best = row[0];
  std::int64_t i = 0;
  if (n >= kParts) {
    T parts[kParts];
    for (int j = 0; j < kParts; ++j)
      parts[j] = row[j];
    for (i = kParts; i + kParts <= n; i += kParts) {
      for (int j = 0; j < kParts; ++j)
        parts[j] = row[i + j] > parts[j] ? row[i + j] : parts[j];
    }
    for (int half = kParts / 2; half > 0; half /= 2) {
      for (int j = 0; j < half; ++j)
        parts[j] = parts[j + half] > parts[j] ? parts[j + half] : parts[j];
    }
    best = parts[0];
  }
  for (; i < n; ++i)
    best = row[i] > best ? row[i] : best;
  return best;
}

}  // namespace ts2cpp::kernels
