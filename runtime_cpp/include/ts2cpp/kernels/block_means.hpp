// Means over the pixels of tensors in blocks of channels.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

/// The mean of every channel over all pixels, a tensor of `sizes`; summed in double precision.
inline Tensor mean_of_pixels(const ts2cpp::detail::ChannelBlocks& blocks, IntSpan sizes) {
  constexpr std::int64_t kMost = 16;  // channels of a block that are summed together
  const Tensor result = Tensor::empty(sizes, DType::float32);
  float* const out = result.data_ptr<float>();
  const std::int64_t count = blocks.batch * blocks.block_count();
  const std::int64_t grain = 32768 / std::max<std::int64_t>(1, blocks.block_stride());
  parallel_for(count, std::max<std::int64_t>(1, grain), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % blocks.block_count() * blocks.block;
      for (std::int64_t lane = 0; lane < blocks.block; lane += kMost) {
        const std::int64_t lanes = std::min(kMost, blocks.block - lane);
        double sums[kMost] = {};
        const float* from = blocks.elements + i * blocks.block_stride() + lane;
        for (std::int64_t p = 0; p < blocks.pixels(); ++p, from += blocks.block) {
          for (std::int64_t c = 0; c < lanes; ++c)
            sums[c] += static_cast<double>(from[c]);
        }
        const std::int64_t channel = first + lane;
        for (std::int64_t c = 0; c < std::min(lanes, blocks.channels - channel); ++c) {
          out[i / blocks.block_count() * blocks.channels + channel + c] =
              static_cast<float>(sums[c] / static_cast<double>(blocks.pixels()));
        }
      }
    }
  });
  return result;
}

}  // namespace ts2cpp::kernels
