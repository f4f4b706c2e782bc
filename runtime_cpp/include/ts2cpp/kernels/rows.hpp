// Reductions over contiguous rows with a fixed order: sixteen interleaved partial results, combined in a tree. The
// compiler turns the sixteen into whatever vectors the processor has; the result does not depend on which. rows.inc
// has the frequent ones.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/simd.hpp>

namespace ts2cpp::kernels {

inline constexpr int kParts = 16;

/// The sum of the parts, in a tree. Levels have arrays of their own: they can stay in registers.
template <class T>
TS2CPP_ALWAYS_INLINE T combine_parts(const T (&parts)[kParts]) noexcept {
  T eight[kParts / 2];
  T four[kParts / 4];
  for (int j = 0; j < kParts / 2; ++j)
    eight[j] = parts[j] + parts[j + kParts / 2];
  for (int j = 0; j < kParts / 4; ++j)
    four[j] = eight[j] + eight[j + kParts / 4];
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// The largest of the parts, likewise.
template <class T>
TS2CPP_ALWAYS_INLINE T largest_part(const T (&parts)[kParts]) noexcept {
  T eight[kParts / 2];
  T four[kParts / 4];
  for (int j = 0; j < kParts / 2; ++j)
    eight[j] = parts[j] > parts[j + kParts / 2] ? parts[j] : parts[j + kParts / 2];
  for (int j = 0; j < kParts / 4; ++j)
    four[j] = eight[j] > eight[j + kParts / 4] ? eight[j] : eight[j + kParts / 4];
  const T even = four[0] > four[2] ? four[0] : four[2];
  const T odd = four[1] > four[3] ? four[1] : four[3];
  return even > odd ? even : odd;
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
