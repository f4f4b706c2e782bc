// Weights of two-dimensional convolutions in the order in which kernels over blocks of channels read them.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/block_kernels.hpp>
#include <ts2cpp/kernels/gemm.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace ts2cpp::kernels {

/// Output channels are computed in groups of 4, 2 or 1 vectors (whole blocks): the widest that fit, then narrower ones.
struct ChannelGroup {
  std::int64_t first;  // channel
  int slot;            // 1 << slot vectors
};

inline std::int64_t group_channels(const BlockKernels& set, int slot) noexcept {
  return static_cast<std::int64_t>(set.lanes) << slot;
}

/// Number of groups of `channels` channels, filled up to whole blocks.
inline std::int64_t group_count(const BlockKernels& set, std::int64_t channels) noexcept {
  const std::int64_t vectors = ceil_div(channels, set.block) * set.block / set.lanes;
  const std::int64_t widest = std::int64_t{1} << (set.slots - 1);
  const std::int64_t rest = vectors % widest;
  return vectors / widest + (rest & 1) + (rest >> 1 & 1);
}

inline ChannelGroup channel_group(const BlockKernels& set, std::int64_t channels, std::int64_t index) noexcept {
  const std::int64_t vectors = ceil_div(channels, set.block) * set.block / set.lanes;
  const int widest = set.slots - 1;
  const std::int64_t whole = vectors >> widest;
  if (index < whole) {
    return {(index << widest) * set.lanes, widest};
  }
  const std::int64_t rest = vectors - (whole << widest);
  if (rest == 3) {
    return index == whole ? ChannelGroup{(whole << widest) * set.lanes, 1}
                          : ChannelGroup{((whole << widest) + 2) * set.lanes, 0};
  }
  return {(whole << widest) * set.lanes, rest == 2 ? 1 : 0};
}

/// Weights [out, in, taps] in groups of output channels, each with a row for every product of a pixel in order: blocks
/// of `block` input channels (the last one of those that are left), in each the taps, under each its channels.
inline void pack_direct(const float* weights, std::int64_t out_channels, std::int64_t in_channels, std::int64_t taps,
                        std::int64_t block, float* to) {
  const BlockKernels& set = block_kernels();
  const std::int64_t depth = in_channels * taps;
  const std::int64_t blocks = ceil_div(in_channels, block);
  parallel_for(group_count(set, out_channels) * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const ChannelGroup group = channel_group(set, out_channels, task / blocks);
      const std::int64_t width = group_channels(set, group.slot);
      const std::int64_t inside = std::min(width, out_channels - group.first);
      const std::int64_t first = task % blocks * block;
      const std::int64_t inputs = std::min(block, in_channels - first);
      float* const start = to + group.first * depth + first * taps * width;
      const float* const from = weights + group.first * depth + first * taps;
      if (taps == 1) {
        transpose(from, depth, start, width, inputs, inside);
      } else {
        for (std::int64_t lane = 0; lane < inside; lane += set.lanes) {
          for (std::int64_t c = lane; c < std::min<std::int64_t>(inside, lane + set.lanes); ++c) {
            const float* filter = from + c * depth;
            for (std::int64_t i = 0; i < inputs; ++i) {
              for (std::int64_t t = 0; t < taps; ++t)
                start[(t * inputs + i) * width + c] = *filter++;
            }
          }
        }
      }
      for (std::int64_t row = 0; inside < width && row < inputs * taps; ++row)
        std::fill(start + row * width + inside, start + (row + 1) * width, 0.0f);
    }
  });
}

/// Weights [out, in, 3, 3] in groups of output channels: input channel, tap, output channel.
inline void pack_filters(const float* weights, std::int64_t out_channels, std::int64_t in_channels, float* to) {
  pack_direct(weights, out_channels, in_channels * 9, 1, 9 * 16, to);
}

/// Winograd's products of such weights: group, product, input channel, output channel.
inline void pack_winograd(const float* weights, std::int64_t out_channels, std::int64_t in_channels, float* to) {
  const BlockKernels& set = block_kernels();
  const Scratch<float> filters(ceil_div(out_channels, set.block) * set.block * in_channels * 9);
  pack_filters(weights, out_channels, in_channels, filters.data());
  parallel_for(group_count(set, out_channels), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) {
      const ChannelGroup group = channel_group(set, out_channels, index);
      const std::int64_t width = group_channels(set, group.slot);
      set.winograd_weights(filters.data() + group.first * in_channels * 9, in_channels, width,
                           to + group.first * in_channels * kWinogradProducts, in_channels * width);
    }
  });
}

/// The weights of a depthwise convolution: block, tap, channel of the block, zeros where a block is not full.
inline void pack_depthwise(const float* weights, std::int64_t channels, std::int64_t taps, std::int64_t block,
                           float* to) noexcept {
  for (std::int64_t i = 0; i < ceil_div(channels, block) * block * taps; ++i) {
    const std::int64_t channel = i / (taps * block) * block + i % block;
    to[i] = channel < channels ? weights[channel * taps + i / block % taps] : 0.0f;
  }
}

}  // namespace ts2cpp::kernels
