// Pixels of tensors in blocks of channels in another order, as padding and nearest neighbours want them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ts2cpp/storage.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

inline constexpr std::int64_t kGathered = std::int64_t{1} << 20;  // rows or columns, at most

/// Pixels cols[x] of a line for all x, a block of channels each; `value` where there is none (-1).
template <std::int64_t Block>
void gather_pixels(const float* line, IntSpan cols, float value, float* to) noexcept {
  for (const std::int64_t col : cols) {
    for (std::int64_t c = 0; c < Block; ++c)
      to[c] = col < 0 ? value : line[col * Block + c];
    to += Block;
  }
}

/// The tensor of `sizes` whose pixel (y, x) is (rows[y], cols[x]) of `in`, or `value` where one of them is -1.
template <class Lazy = void>
Tensor gather_block_pixels(const ts2cpp::detail::ChannelBlocks& in, IntSpan sizes, IntSpan rows, IntSpan cols,
                           float value) {
  ts2cpp::detail::ChannelBlocks blocks = in;
  blocks.height = rows.size();
  blocks.width = cols.size();
  const Tensor result = Tensor::over(ts2cpp::detail::Storage::blocked(blocks), sizes, DType::float32);
  const ts2cpp::detail::ChannelBlocks& out = *result.storage().blocks();
  const std::int64_t line = out.width * out.block;
  const std::int64_t lines = out.batch * out.block_count() * out.height;
  parallel_for(lines, std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, line)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t row = rows[i % out.height];
                   float* const to = out.elements + i * line;
                   if (row < 0) {
                     std::fill_n(to, line, value);
                     continue;
                   }
                   const float* const from =
                       in.elements + i / out.height * in.block_stride() + row * in.width * in.block;
                   if (in.block == 16) {
                     gather_pixels<16>(from, cols, value, to);
                   } else {
                     gather_pixels<8>(from, cols, value, to);
                   }
                 }
               });
  if (value != 0.0f) {
    out.clear_rest();
  }
  return result;
}

}  // namespace ts2cpp::kernels
