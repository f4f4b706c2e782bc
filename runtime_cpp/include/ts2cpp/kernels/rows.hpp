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

}  // namespace ts2cpp::kernels
