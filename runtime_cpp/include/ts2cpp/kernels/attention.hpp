// softmax(Q K^T * scale + mask) V, a block of queries and of keys at a time: their scores stay in cache.
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
inline constexpr std::int64_t kKeyBlock = 512;  // the scores of a block of queries with it stay in cache

/// Queries [first, first + count) of one head; a query that sees no key gets zeros. Keys are taken in blocks: the
/// largest score and the sum of the powers so far go along, and what has been summed of the values is brought to a new
/// largest score when there is one.
template <class T>
void attend_block(const AttentionSizes& sizes, const AttentionHead<T>& head, T scale, std::int64_t first,
                  std::int64_t count) {
  constexpr T kNothing = -std::numeric_limits<T>::infinity();
  const RowSet<T>& set = rows<T>();
  const std::int64_t keys = std::max<std::int64_t>(0, sizes.causal ? std::min(sizes.keys, first + count) : sizes.keys);
  const std::int64_t block = std::max<std::int64_t>(1, std::min(keys, kKeyBlock * kQueryBlock / count));
  const Scratch<T> scaled(count * sizes.width);
  const Scratch<T> scores(count * block);
  T largest[kQueryBlock];
  T sums[kQueryBlock];
  std::fill_n(largest, count, kNothing);
  std::fill_n(sums, count, T{0});
  for (std::int64_t i = 0; i < count; ++i) {
    const T* const query = head.q.data + (first + i) * head.q.row;
    for (std::int64_t e = 0; e < sizes.width; ++e)
      scaled[i * sizes.width + e] = query[e * head.q.col] * scale;
  }
  Destination<T> to_out;
  to_out.data = head.out + first * head.out_row;
  to_out.row = head.out_row;
  for (std::int64_t k0 = 0; k0 == 0 || k0 < keys; k0 += block) {
    const std::int64_t width = std::min(block, keys - k0);
    Destination<T> to_scores;
    to_scores.data = scores.data();
    to_scores.row = width;
    gemm<T>(count, width, sizes.width, {scaled.data(), sizes.width, 1},
            Matrix<T>{head.k.data + k0 * head.k.row, head.k.row, head.k.col}.transposed(), to_scores);
    for (std::int64_t i = 0; i < count; ++i) {
      T* const row = scores.data() + i * width;
      if (head.mask.data != nullptr) {
        set.add(row, head.mask.data + (first + i) * head.mask.row + k0 * head.mask.col, head.mask.col, width);
      }
      const std::int64_t visible = sizes.causal ? std::clamp<std::int64_t>(first + i + 1 - k0, 0, width) : width;
      const T here = visible == 0 ? kNothing : set.max(row, visible);
      // The largest may have passed over a nan, which is none of the scores that hide a key.
      if (here == kNothing && std::none_of(row, row + visible, [](T score) { return score != score; })) {
        std::fill(row, row + width, T{0});
        continue;
      }
      const T before = largest[i];
      largest[i] = before > here ? before : here;
      const T sum = set.exp(row, row, visible, largest[i]);
      std::fill(row + visible, row + width, T{0});
      if (k0 == 0 || before == kNothing) {
        sums[i] = sum;
      } else if (before == largest[i]) {
        sums[i] += sum;
      } else {
        const T factor = math::exp(before - largest[i]);
        sums[i] = sums[i] * factor + sum;
        set.scale(to_out.data + i * to_out.row, factor, sizes.values);
      }
    }
    to_out.residual = k0 == 0 ? nullptr : to_out.data;
    gemm<T>(count, sizes.values, width, {scores.data(), width, 1},
            {head.v.data + k0 * head.v.row, head.v.row, head.v.col}, to_out);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    if (largest[i] != kNothing) {
      set.scale(to_out.data + i * to_out.row, T{1} / sums[i], sizes.values);
    }
  }
}

}  // namespace ts2cpp::kernels
