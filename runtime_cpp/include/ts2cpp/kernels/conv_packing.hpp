// Weights of two-dimensional convolutions in the order in which kernels over blocks of channels read them.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/block_kernels.hpp>
#include <ts2cpp/kernels/gemm.hpp>
#include <ts2cpp/parallel.hpp>

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

/// How a convolution in groups is computed: units of output channels, whole blocks, each from the blocks of input
/// channels that its groups have a part of.
class GroupedUnits {
 public:
  GroupedUnits(const BlockKernels& set, std::int64_t in_channels, std::int64_t out_channels,
               std::int64_t groups) noexcept
      : lanes_(set.lanes),
        block_(set.block),
        in_channels_(in_channels),
        out_channels_(out_channels),
        group_in_(in_channels / groups),
        group_out_(out_channels / groups),
        slot_(set.slots - 1) {
    while (width() > block_ && group_out_ % width() != 0) {
      --slot_;
    }
  }

  std::int64_t width() const noexcept { return static_cast<std::int64_t>(lanes_) << slot_; }
  std::int64_t count() const noexcept { return ceil_div(out_channels_, width()); }
  ChannelGroup group(std::int64_t unit) const noexcept { return {unit * width(), slot_}; }
  std::int64_t first_block(std::int64_t unit) const noexcept {
    return unit * width() / group_out_ * group_in_ / block_;
  }
  std::int64_t last_block(std::int64_t unit) const noexcept {
    const std::int64_t last = (std::min((unit + 1) * width(), out_channels_) - 1) / group_out_;
    return ceil_div((last + 1) * group_in_, block_);
  }
  /// Input channels in those blocks.
  std::int64_t inputs(std::int64_t unit) const noexcept {
    return std::min(last_block(unit) * block_, in_channels_) - first_block(unit) * block_;
  }
  /// Of all units: rows of weights under one tap.
  std::int64_t rows() const noexcept {
    std::int64_t sum = 0;
    for (std::int64_t u = 0; u < count(); ++u)
      sum += inputs(u);
    return sum;
  }
  /// Whether channels of other groups are multiplied by zeros.
  bool mixed() const noexcept {
    for (std::int64_t u = 0; u < count(); ++u) {
      if (inputs(u) > group_in_)
        return true;
    }
    return false;
  }
  std::int64_t group_in() const noexcept { return group_in_; }
  std::int64_t group_out() const noexcept { return group_out_; }

 private:
  int lanes_;
  std::int64_t block_, in_channels_, out_channels_, group_in_, group_out_;
  int slot_;
};

/// Weights [out, in / groups, taps] by units, each as pack_direct has a group, with zeros where a channel is not of the
/// group.
inline void pack_grouped(const float* weights, std::int64_t out_channels, const GroupedUnits& units, std::int64_t taps,
                         std::int64_t block, float* to) {
  std::fill_n(to, units.rows() * taps * units.width(), 0.0f);
  for (std::int64_t u = 0; u < units.count(); ++u) {
    const std::int64_t width = units.width();
    const std::int64_t first = units.first_block(u) * block;
    for (std::int64_t c = 0; c < std::min(width, out_channels - u * width); ++c) {
      const std::int64_t out = u * width + c;
      const std::int64_t begin = out / units.group_out() * units.group_in() - first;
      for (std::int64_t i = 0; i < units.group_in(); ++i) {
        const std::int64_t start = (begin + i) / block * block;
        const std::int64_t inputs = std::min(block, units.inputs(u) - start);
        for (std::int64_t t = 0; t < taps; ++t) {
          to[(start * taps + t * inputs + begin + i - start) * width + c] =
              weights[(out * units.group_in() + i) * taps + t];
        }
      }
    }
    to += units.inputs(u) * taps * width;
  }
}

/// Weights [out, in, 3, 3] in groups of output channels: input channel, tap, output channel.
inline void pack_filters(const float* weights, std::int64_t out_channels, std::int64_t in_channels, float* to) {
  pack_direct(weights, out_channels, in_channels * 9, 1, 9 * 16, to);
}

/// The 36 weights that a filter of 3 x 3 has among Winograd's products, in double precision: they are rounded once.
inline void winograd_weights(const float* filter, double* products) noexcept {
  constexpr double kA = kWinogradA;
  constexpr double kC = kWinogradC;
  constexpr double kZero = kWinogradZero;
  constexpr double kNear = kWinogradNear;
  constexpr double kFar = kWinogradFar;
  constexpr double kScale = kWinogradScale;
  const auto line = [&](double a, double b, double c, double* to, int step) {
    to[0] = kZero * a;
    to[step] = kNear * (a + kA * b + kA * kA * c);
    to[2 * step] = kNear * (a - kA * b + kA * kA * c);
    to[3 * step] = kFar * (a + kC * b + kC * kC * c);
    to[4 * step] = kFar * (a - kC * b + kC * kC * c);
    to[5 * step] = kScale * c;
  };
  double middle[6][3];
  for (int x = 0; x < 3; ++x) {
    double column[6];
    line(filter[x], filter[3 + x], filter[6 + x], column, 1);
    for (int y = 0; y < 6; ++y)
      middle[y][x] = column[y];
  }
  for (int y = 0; y < 6; ++y)
    line(middle[y][0], middle[y][1], middle[y][2], products + y * 6, 1);
}

/// Winograd's products of weights [out, in, 3, 3]: group, product, input channel, output channel.
inline void pack_winograd(const float* weights, std::int64_t out_channels, std::int64_t in_channels, float* to) {
  const BlockKernels& set = block_kernels();
  const std::int64_t groups = group_count(set, out_channels);
  parallel_for(groups * in_channels, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const ChannelGroup group = channel_group(set, out_channels, task / in_channels);
      const std::int64_t width = group_channels(set, group.slot);
      const std::int64_t i = task % in_channels;
      float* const start = to + group.first * in_channels * kWinogradProducts + i * width;
      for (std::int64_t c = 0; c < width; ++c) {
        double values[kWinogradProducts] = {};
        if (group.first + c < out_channels) {
          winograd_weights(weights + ((group.first + c) * in_channels + i) * 9, values);
        }
        for (std::int64_t t = 0; t < kWinogradProducts; ++t)
          start[t * in_channels * width + c] = static_cast<float>(values[t]);
      }
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
