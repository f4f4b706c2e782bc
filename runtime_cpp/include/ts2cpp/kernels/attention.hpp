// softmax(Q K^T * scale + mask) V, a block of queries at a time: the scores of a block stay in cache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <ts2cpp/kernels/gemv.hpp>
#include <ts2cpp/kernels/row_set.hpp>

namespace ts2cpp::kernels {

/// One head: q[queries, width], k[keys, width], v[keys, values] and out[queries, values]; the mask, added to the
/// scores, is [queries, keys] or absent (null data).
template <class T>
struct AttentionHead {
  Matrix<T> q;
  Matrix<T> k;
  Matrix<T> v;
  Matrix<T> mask;
  T* out;
  std::int64_t out_row;
};

struct AttentionSizes {
  std::int64_t queries;
  std::int64_t keys;
  std::int64_t width;
  std::int64_t values;
  bool causal;  // query i sees the keys up to i
};

inline constexpr std::int64_t kQueryBlock = 128;

/// Queries [first, first + count) of one head. A query that sees no key gets zeros.
template <class T>
void attend_block(const AttentionSizes& sizes, const AttentionHead<T>& head, T scale, std::int64_t first,
                  std::int64_t count) {
  const std::int64_t keys = sizes.causal ? std::min(sizes.keys, first + count) : sizes.keys;
  const Scratch<T> scores(count * std::max<std::int64_t>(1, keys));
  Destination<T> to_scores;
  to_scores.data = scores.data();
  to_scores.row = keys;
  gemm<T>(count, keys, sizes.width, {head.q.data + first * head.q.row, head.q.row, head.q.col}, head.k.transposed(),
          to_scores);
  for (std::int64_t i = 0; i < count; ++i) {
    T* const row = scores.data() + i * keys;
    for (std::int64_t j = 0; j < keys; ++j)
      row[j] *= scale;
    if (head.mask.data != nullptr) {
      const T* const mask = head.mask.data + (first + i) * head.mask.row;
      for (std::int64_t j = 0; j < keys; ++j)
        row[j] += mask[j * head.mask.col];
    }
    const std::int64_t visible = sizes.causal ? std::min(keys, first + i + 1) : keys;
    std::fill(row + visible, row + keys, T{0});
    if (visible == 0) {
      continue;
    }
    const T largest = rows<T>().max(row, visible);
    if (largest == -std::numeric_limits<T>::infinity()) {
      std::fill(row, row + visible, T{0});
    } else {
      rows<T>().softmax(row, row, visible, largest);
    }
  }
  Destination<T> to_out;
  to_out.data = head.out + first * head.out_row;
  to_out.row = head.out_row;
  gemm<T>(count, sizes.values, keys, {scores.data(), keys, 1}, head.v, to_out);
}

}  // namespace ts2cpp::kernels
