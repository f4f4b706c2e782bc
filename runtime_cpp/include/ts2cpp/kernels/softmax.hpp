// Softmax and its logarithm along one dimension of a contiguous array, float and double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ts2cpp/kernels/gemm.hpp>
#include <ts2cpp/kernels/row_set.hpp>
#include <ts2cpp/math.hpp>

namespace ts2cpp::kernels {

/// out = softmax(in) of one contiguous row, or its logarithm; `out` may be `in`.
template <class T, bool Logarithm>
void softmax_row(const T* in, T* out, std::int64_t n) noexcept {
  const T largest = rows<T>().max(in, n);
  if constexpr (Logarithm) {
    rows<T>().log_softmax(in, out, n, largest);
  } else {
    rows<T>().softmax(in, out, n, largest);
  }
}

/// The same for `width` neighbouring columns with `step` elements between rows.
template <class T, bool Logarithm>
void softmax_columns(const T* in, T* out, std::int64_t n, std::int64_t step, std::int64_t width) noexcept {
  constexpr std::int64_t kColumns = 64;
  for (std::int64_t first = 0; first < width; first += kColumns) {
    const std::int64_t count = std::min(kColumns, width - first);
    T largest[kColumns];
    T sum[kColumns];
    std::copy_n(in + first, count, largest);
    std::fill_n(sum, count, T{0});
    for (std::int64_t i = 1; i < n; ++i) {
      const T* const row = in + i * step + first;
      for (std::int64_t j = 0; j < count; ++j)
        largest[j] = row[j] > largest[j] ? row[j] : largest[j];
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const T* const row = in + i * step + first;
      T* const result = out + i * step + first;
      for (std::int64_t j = 0; j < count; ++j) {
        const T value = math::exp(row[j] - largest[j]);
        sum[j] += value;
        if constexpr (!Logarithm)
          result[j] = value;
      }
    }
    for (std::int64_t j = 0; j < count; ++j)
      sum[j] = Logarithm ? std::log(sum[j]) : T{1} / sum[j];
    for (std::int64_t i = 0; i < n; ++i) {
      const T* const row = in + i * step + first;
      T* const result = out + i * step + first;
      for (std::int64_t j = 0; j < count; ++j) {
        result[j] = Logarithm ? row[j] - largest[j] - sum[j] : result[j] * sum[j];
      }
    }
  }
}

/// in and out are [outer, n, inner].
template <class T, bool Logarithm>
void softmax(const T* in, T* out, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  constexpr std::int64_t kElements = 1 << 14;  // worth handing to a thread
  if (n == 0 || inner == 0) {
    return;
  }
  parallel_for(outer, std::max<std::int64_t>(1, kElements / (n * inner)), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      if (inner == 1) {
        softmax_row<T, Logarithm>(in + o * n, out + o * n, n);
      } else {
        softmax_columns<T, Logarithm>(in + o * n * inner, out + o * n * inner, n, inner, inner);
      }
    }
  });
}

}  // namespace ts2cpp::kernels
