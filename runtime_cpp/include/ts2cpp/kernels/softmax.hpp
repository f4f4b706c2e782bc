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
        rows<T>().softmax_columns[Logarithm ? 1 : 0](in + o * n * inner, out + o * n * inner, n, inner);
      }
    }
  });
}

}  // namespace ts2cpp::kernels
