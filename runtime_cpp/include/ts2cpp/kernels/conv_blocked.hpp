// Two-dimensional float32 convolutions over blocks of channels: direct, by Winograd's products, and depthwise.
//
// Work is cut by sizes alone and every output is summed in one order: the result does not depend on the number of
// threads. Sums are begun anew every `kRun...` products and then added: long chains of additions lose digits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include <ts2cpp/kernels/channel_blocks.hpp>
#include <ts2cpp/kernels/conv.hpp>

namespace ts2cpp::kernels {

inline constexpr std::int64_t kDepthwiseRows = 64;       // of the highest filter of a depthwise convolution here
inline constexpr std::int64_t kStripPixels = 48;         // outputs of a task in one group of channels
inline constexpr std::int64_t kWeightBytes = 1 << 14;    // weights between two visits of a tile: they stay in L1
inline constexpr std::int64_t kCachedWeights = 1 << 18;  // weights that stay in L2 beside a strip of the image
inline constexpr std::int64_t kWinogradBytes = 3 << 17;  // products of a task of Winograd's convolution

/// The image as a direct convolution reads it, padding included: pixel (y, x) of image n begins at
/// data + n * image + y * row + x * pixel.
struct PixelSource {
  const float* data = nullptr;
  std::int64_t image = 0;
  std::int64_t row = 0;
  std::int64_t pixel = 0;
};

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

/// Values of channels, filled up with zeros to whole blocks.
inline void pad_channels(const float* values, std::int64_t count, std::int64_t padded, float* to) noexcept {
  for (std::int64_t c = 0; c < padded; ++c)
    to[c] = values != nullptr && c < count ? values[c] : 0.0f;
}

/// What is left to do to `pixels` pixels of a block when an activation is more than a clamp. The channels that fill up
/// the last block stay zero.
inline void finish_pixels(const Activation& activation, float* data, std::int64_t pixels, std::int64_t block,
                          std::int64_t channels) noexcept {
  activate(activation, data, pixels * block);
  for (std::int64_t p = 0; channels < block && p < pixels; ++p) {
    for (std::int64_t c = channels; c < block; ++c)
      data[p * block + c] = 0.0f;
  }
}

/// A convolution whose result is in blocks.
struct BlockedConvolution {
  ConvGeometry geometry;
  std::int64_t batch = 1;
  std::int64_t in_channels = 1;
  BlockFinish finish;        // bias filled up to whole blocks; the residual lies like the result
  Activation activation;     // unless `finish` does it
  const ChannelBlocks* out;  // where the result goes
};

/// The activation as limits of the sums where it is a clamp that keeps zero; else `activation` stays to be applied.
inline void set_activation(const Activation& activation, BlockedConvolution& conv) noexcept {
  const double first = activation.first.value;
  const double second = activation.second.value;
  const auto limit = [&](int limits, double low, double high) {
    conv.finish.limits = limits;
    conv.finish.low = static_cast<float>(low);
    conv.finish.high = static_cast<float>(high);
  };
  switch (activation.kind) {
    case ActivationKind::none: return;
    case ActivationKind::relu: return limit(1, 0.0, 0.0);
    case ActivationKind::relu6: return limit(2, 0.0, 6.0);
    case ActivationKind::hardtanh:
    case ActivationKind::clamp:
      if (first <= 0.0 && second >= 0.0) {
        return limit(2, first, second);
      }
      break;
    default: break;
  }
  conv.activation = activation;
}

/// The runs of products that a direct convolution sums for a pixel.
struct PixelRuns {
  std::int64_t count = 0;
  std::int64_t run = 0;
  const std::int64_t* offsets = nullptr;
};

/// Outputs [first, last) of image n in one group of channels.
inline void convolve_strip(const BlockKernels& set, const BlockedConvolution& conv, const PixelSource& source,
                           const PixelRuns& runs, const ChannelGroup& group, const float* weights, std::int64_t n,
                           std::int64_t first, std::int64_t last) noexcept {
  const ConvGeometry& g = conv.geometry;
  const ChannelBlocks& out = *conv.out;
  const std::int64_t width = group_channels(set, group.slot);
  const float* pixels[kStripPixels];
  std::int64_t y = first / g.out_w;
  std::int64_t x = first % g.out_w;
  for (std::int64_t p = first; p < last; ++p) {
    pixels[p - first] = source.data + n * source.image + y * g.stride_h * source.row + x * g.stride_w * source.pixel;
    if (++x == g.out_w) {
      x = 0;
      ++y;
    }
  }
  const std::int64_t place = n * out.image_stride() + group.first / out.block * out.block_stride() + first * out.block;
  const std::int64_t step =
      std::max<std::int64_t>(1, kWeightBytes / (runs.run * width * static_cast<std::int64_t>(sizeof(float))));
  const std::int64_t tiles = ceil_div(last - first, BlockKernels::kPixels);
  PixelTile call;
  call.run = runs.run;
  call.out_pixel = out.block;
  call.out_block = out.block_stride();
  for (std::int64_t begin = 0; begin < runs.count; begin += step) {
    const std::int64_t end = std::min(runs.count, begin + step);
    call.offsets = runs.offsets + begin;
    call.count = end - begin;
    call.weights = weights + begin * runs.run * width;
    call.accumulate = begin != 0;
    if (end == runs.count) {
      call.limits = conv.finish.limits;
      call.low = conv.finish.low;
      call.high = conv.finish.high;
      call.bias = conv.finish.bias + group.first;
    }
    for (std::int64_t t = 0; t < tiles; ++t) {
      const std::int64_t from = t * (last - first) / tiles;
      const std::int64_t to = (t + 1) * (last - first) / tiles;
      call.pixels = pixels + from;
      call.out = out.elements + place + from * out.block;
      call.residual = conv.finish.residual == nullptr || end != runs.count
                          ? nullptr
                          : conv.finish.residual + place + from * out.block;
      set.tile[group.slot][to - from - 1](call);
    }
  }
  if (conv.activation.kind != ActivationKind::none) {
    for (std::int64_t c = 0; c < width; c += out.block) {
      finish_pixels(conv.activation, out.elements + place + c / out.block * out.block_stride(), last - first, out.block,
                    std::min(out.block, out.channels - group.first - c));
    }
  }
}

/// A direct convolution; `weights` are in groups of output channels, each with a row for every product in order.
inline void convolve_direct(const BlockedConvolution& conv, const PixelSource& source, const PixelRuns& runs,
                            const float* weights) {
  const BlockKernels& set = block_kernels();
  const ConvGeometry& g = conv.geometry;
  const std::int64_t depth = runs.count * runs.run;
  const std::int64_t groups = group_count(set, conv.out->channels);
  const std::int64_t strips = ceil_div(g.out_pixels(), kStripPixels);
  const std::int64_t padded = conv.out->block_count() * conv.out->block;
  const bool weights_stay = depth * padded * static_cast<std::int64_t>(sizeof(float)) <= kCachedWeights;
  const std::int64_t pieces = conv.batch * strips;
  const auto run = [&](std::int64_t piece, std::int64_t index) {
    const ChannelGroup group = channel_group(set, conv.out->channels, index);
    const std::int64_t strip = piece % strips;
    convolve_strip(set, conv, source, runs, group, weights + group.first * depth, piece / strips,
                   strip * g.out_pixels() / strips, (strip + 1) * g.out_pixels() / strips);
  };
  const std::int64_t work = depth * std::min(kStripPixels, g.out_pixels());
  if (weights_stay) {
    parallel_for(pieces, task_grain(work * padded), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t piece = begin; piece < end; ++piece) {
        for (std::int64_t index = 0; index < groups; ++index)
          run(piece, index);
      }
    });
  } else {
    parallel_for(pieces * groups, task_grain(work * group_channels(set, set.slots - 1)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t task = begin; task < end; ++task)
                     run(task % pieces, task / pieces);
                 });
  }
}

/// The image in blocks with its padding.
inline void pad_blocks(const ChannelBlocks& in, const ConvGeometry& g, std::int64_t rows, std::int64_t cols,
                       float* to) {
  const std::int64_t line = cols * in.block;
  parallel_for(in.batch * in.block_count(), std::max<std::int64_t>(1, 32768 / (rows * line)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const float* const plane = in.elements + i * in.block_stride();
                   for (std::int64_t y = 0; y < rows; ++y) {
                     float* const target = to + (i * rows + y) * line;
                     const std::int64_t row = y - g.pad_h;
                     if (row < 0 || row >= g.in_h) {
                       std::fill_n(target, line, 0.0f);
                       continue;
                     }
                     const std::int64_t left = std::min(g.pad_w, cols) * in.block;
                     const std::int64_t inside = std::min(g.in_w * in.block, line - left);
                     std::fill_n(target, left, 0.0f);
                     std::copy_n(plane + row * g.in_w * in.block, inside, target + left);
                     std::fill_n(target + left + inside, line - left - inside, 0.0f);
                   }
                 }
               });
}

/// A plain image of few channels with its padding, channels innermost.
inline void interleave_channels(const float* plain, std::int64_t batch, std::int64_t channels, const ConvGeometry& g,
                                std::int64_t rows, std::int64_t cols, float* to) {
  parallel_for(batch * rows, std::max<std::int64_t>(1, 16384 / (cols * channels)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   float* const target = to + i * cols * channels;
                   const std::int64_t row = i % rows - g.pad_h;
                   std::fill_n(target, cols * channels, 0.0f);
                   if (row < 0 || row >= g.in_h) {
                     continue;
                   }
                   const std::int64_t inside = std::min(g.in_w, cols - g.pad_w);  // negative: all is padding
                   for (std::int64_t c = 0; c < channels; ++c) {
                     const float* const from = plain + ((i / rows * channels + c) * g.in_h + row) * g.in_w;
                     for (std::int64_t x = 0; x < inside; ++x)
                       target[(g.pad_w + x) * channels + c] = from[x];
                   }
                 }
               });
}

/// Weights [out, in, taps] in groups of output channels, each with a row for every product of a pixel in order: that of
/// channel `i` under tap `t` is number i / block * block * taps + t * block + i % block, with zeros up to whole blocks.
inline void pack_direct(const float* weights, std::int64_t out_channels, std::int64_t in_channels, std::int64_t taps,
                        std::int64_t block, float* to) {
  const BlockKernels& set = block_kernels();
  const std::int64_t channels = ceil_div(in_channels, block) * block;
  parallel_for(group_count(set, out_channels), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) {
      const ChannelGroup group = channel_group(set, out_channels, index);
      const std::int64_t width = group_channels(set, group.slot);
      float* const start = to + group.first * channels * taps;
      for (std::int64_t i = 0; i < channels; ++i) {
        float* const first = start + (i / block * block * taps + i % block) * width;
        for (std::int64_t c = 0; c < width; ++c) {
          const bool inside = i < in_channels && group.first + c < out_channels;
          const float* const filter = inside ? weights + ((group.first + c) * in_channels + i) * taps : nullptr;
          for (std::int64_t t = 0; t < taps; ++t)
            first[t * block * width + c] = inside ? filter[t] : 0.0f;
        }
      }
    }
  });
}

/// One of the 36 weights that a filter of 3 x 3 has among Winograd's products.
inline void winograd_weights(const float* filter, double* products) noexcept {
  constexpr double kA = kWinogradA;
  constexpr double kC = kWinogradC;
  constexpr double kNear = 1.0 / (2.0 * kA * kA * (kA * kA - kC * kC));
  constexpr double kFar = 1.0 / (2.0 * kC * kC * (kC * kC - kA * kA));
  constexpr double kZero = 1.0 / (kA * kA * kC * kC);
  const auto line = [&](double a, double b, double c, double* to, int step) {
    to[0] = kZero * a;
    to[step] = kNear * (a + kA * b + kA * kA * c);
    to[2 * step] = kNear * (a - kA * b + kA * kA * c);
    to[3 * step] = kFar * (a + kC * b + kC * kC * c);
    to[4 * step] = kFar * (a - kC * b + kC * kC * c);
    to[5 * step] = c;
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

/// Winograd's form of weights [out, in, 3, 3]: group, product, input channel, output channel.
inline void pack_winograd(const float* weights, std::int64_t out_channels, std::int64_t in_channels, float* to) {
  constexpr std::int64_t kInputs = 16;  // input channels whose products are written together
  const BlockKernels& set = block_kernels();
  const std::int64_t depth = ceil_div(in_channels, set.block) * set.block;
  const std::int64_t pieces = ceil_div(depth, kInputs);
  parallel_for(group_count(set, out_channels) * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch<float> products(kWinogradProducts * kInputs * group_channels(set, set.slots - 1));
    for (std::int64_t task = begin; task < end; ++task) {
      const ChannelGroup group = channel_group(set, out_channels, task / pieces);
      const std::int64_t width = group_channels(set, group.slot);
      const std::int64_t first = task % pieces * kInputs;
      const std::int64_t inputs = std::min(kInputs, depth - first);
      for (std::int64_t i = 0; i < inputs; ++i) {
        for (std::int64_t c = 0; c < width; ++c) {
          const std::int64_t o = group.first + c;
          double values[kWinogradProducts] = {};
          if (first + i < in_channels && o < out_channels) {
            winograd_weights(weights + (o * in_channels + first + i) * 9, values);
          }
          for (std::int64_t t = 0; t < kWinogradProducts; ++t)
            products[(t * inputs + i) * width + c] = static_cast<float>(values[t]);
        }
      }
      float* const start = to + group.first * depth * kWinogradProducts;
      for (std::int64_t t = 0; t < kWinogradProducts; ++t) {
        std::copy_n(products.data() + t * inputs * width, inputs * width, start + (t * depth + first) * width);
      }
    }
  });
}

/// Winograd's convolution of an image in blocks with a filter of 3 x 3, stride 1.
class WinogradConvolution {
 public:
  WinogradConvolution(const BlockedConvolution& conv, const ChannelBlocks& in, const float* weights)
      : conv_(conv), in_(in), weights_(weights), set_(block_kernels()) {
    const ConvGeometry& g = conv.geometry;
    tile_rows_ = ceil_div(g.out_h, kWinogradOut);
    tile_cols_ = ceil_div(g.out_w, kWinogradOut);
    depth_ = in.block_count() * in.block;
    widest_ = group_channels(set_, set_.slots - 1);
    const std::int64_t total = conv.batch * tile_rows_ * tile_cols_;
    const std::int64_t bytes = kWinogradProducts * (depth_ + widest_) * static_cast<std::int64_t>(sizeof(float));
    std::int64_t tiles = std::max<std::int64_t>(2 * BlockKernels::kPixels, kWinogradBytes / bytes);
    chunks_ = ceil_div(total, tiles);
    tiles_ = ceil_div(total, chunks_);
  }

  /// False when a result is not finite.
  bool run() {
    if (chunks_ >= 8) {
      parallel_for(chunks_, 1, [&](std::int64_t begin, std::int64_t end) {
        const Scratch<float> images(kWinogradProducts * depth_ * tiles_);
        const Scratch<float> sums(kWinogradProducts * widest_ * tiles_);
        for (std::int64_t chunk = begin; chunk < end; ++chunk) {
          transform(chunk, 0, in_.block_count(), images.data());
          multiply(chunk, 0, group_count(set_, conv_.out->channels), images.data(), sums.data());
        }
      });
      return finite_.load(std::memory_order_relaxed);
    }
    // Few tiles: the threads share each chunk.
    const Scratch<float> images(kWinogradProducts * depth_ * tiles_);
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      parallel_for(in_.block_count(), task_grain(100 * tiles_ * in_.block),
                   [&](std::int64_t begin, std::int64_t end) { transform(chunk, begin, end, images.data()); });
      parallel_for(group_count(set_, conv_.out->channels), task_grain(kWinogradProducts * tiles_ * depth_ * widest_),
                   [&](std::int64_t begin, std::int64_t end) {
                     const Scratch<float> sums(kWinogradProducts * widest_ * tiles_);
                     multiply(chunk, begin, end, images.data(), sums.data());
                   });
    }
    return finite_.load(std::memory_order_relaxed);
  }

 private:
  struct Place {
    std::int64_t image, y, x;  // of the first output of a tile
  };
  Place place(std::int64_t tile) const noexcept {
    const std::int64_t in_image = tile % (tile_rows_ * tile_cols_);
    return {tile / (tile_rows_ * tile_cols_), in_image / tile_cols_ * kWinogradOut,
            in_image % tile_cols_ * kWinogradOut};
  }
  std::int64_t first_tile(std::int64_t chunk) const noexcept { return chunk * tiles_; }
  std::int64_t tile_count(std::int64_t chunk) const noexcept {
    return std::min(tiles_, conv_.batch * tile_rows_ * tile_cols_ - chunk * tiles_);
  }

  /// images[product][block][tile][channel of the block] for blocks [begin, end).
  void transform(std::int64_t chunk, std::int64_t begin, std::int64_t end, float* images) const noexcept {
    const ConvGeometry& g = conv_.geometry;
    const std::int64_t block = in_.block;
    const std::int64_t tiles = tile_count(chunk);
    alignas(64) float border[kWinogradIn * kWinogradIn * 16];
    for (std::int64_t b = begin; b < end; ++b) {
      for (std::int64_t t = 0; t < tiles; ++t) {
        const Place at = place(first_tile(chunk) + t);
        const float* const plane = in_.elements + at.image * in_.image_stride() + b * in_.block_stride();
        const std::int64_t y = at.y - g.pad_h;
        const std::int64_t x = at.x - g.pad_w;
        float* const to = images + (b * tiles + t) * block;
        const std::int64_t step = in_.block_count() * tiles * block;
        if (y >= 0 && x >= 0 && y + kWinogradIn <= g.in_h && x + kWinogradIn <= g.in_w) {
          set_.winograd_input(plane + (y * g.in_w + x) * block, g.in_w * block, block, to, step);
          continue;
        }
        for (std::int64_t i = 0; i < kWinogradIn; ++i) {
          for (std::int64_t j = 0; j < kWinogradIn; ++j) {
            const bool inside = y + i >= 0 && y + i < g.in_h && x + j >= 0 && x + j < g.in_w;
            float* const pixel = border + (i * kWinogradIn + j) * block;
            if (inside) {
              std::copy_n(plane + ((y + i) * g.in_w + x + j) * block, block, pixel);
            } else {
              std::fill_n(pixel, block, 0.0f);
            }
          }
        }
        set_.winograd_input(border, kWinogradIn * block, block, to, step);
      }
    }
  }

  /// Products and results of the groups [begin, end) of output channels.
  void multiply(std::int64_t chunk, std::int64_t begin, std::int64_t end, const float* images, float* sums) noexcept {
    const ChannelBlocks& out = *conv_.out;
    const ConvGeometry& g = conv_.geometry;
    const std::int64_t tiles = tile_count(chunk);
    const std::int64_t steps = ceil_div(tiles, BlockKernels::kPixels);
    const std::int64_t run = (depth_ > 128 ? 64 : depth_ > 64 ? 32 : 16) / in_.block;
    for (std::int64_t index = begin; index < end; ++index) {
      const ChannelGroup group = channel_group(set_, out.channels, index);
      const std::int64_t width = group_channels(set_, group.slot);
      PixelTile call;
      call.run = in_.block;
      call.out_pixel = width;
      call.out_block = in_.block;
      for (std::int64_t t = 0; t < kWinogradProducts; ++t) {
        const float* const image = images + t * in_.block_count() * tiles * in_.block;
        const float* const weights = weights_ + (group.first * kWinogradProducts + t * width) * depth_;
        for (std::int64_t b = 0; b < in_.block_count(); b += run) {
          std::int64_t offsets[8];
          call.count = std::min(run, in_.block_count() - b);
          for (std::int64_t i = 0; i < call.count; ++i)
            offsets[i] = (b + i) * tiles * in_.block;
          call.offsets = offsets;
          call.weights = weights + b * in_.block * width;
          call.accumulate = b != 0;
          for (std::int64_t s = 0; s < steps; ++s) {
            const std::int64_t from = s * tiles / steps;
            const std::int64_t to = (s + 1) * tiles / steps;
            const float* pixels[BlockKernels::kPixels];
            for (std::int64_t p = from; p < to; ++p)
              pixels[p - from] = image + p * in_.block;
            call.pixels = pixels;
            call.out = sums + (t * tiles + from) * width;
            set_.tile[group.slot][to - from - 1](call);
          }
        }
      }
      finish(chunk, group, tiles, sums, g);
    }
  }

  void finish(std::int64_t chunk, const ChannelGroup& group, std::int64_t tiles, const float* sums,
              const ConvGeometry& g) noexcept {
    const ChannelBlocks& out = *conv_.out;
    const std::int64_t width = group_channels(set_, group.slot);
    bool finite = true;
    for (std::int64_t c = 0; c < width; c += out.block) {
      WinogradOutput call;
      call.limits = conv_.finish.limits;
      call.low = conv_.finish.low;
      call.high = conv_.finish.high;
      call.bias = conv_.finish.bias + group.first + c;
      call.step = tiles * width;
      call.row = g.out_w * out.block;
      for (std::int64_t t = 0; t < tiles; ++t) {
        const Place at = place(first_tile(chunk) + t);
        const std::int64_t start = at.image * out.image_stride() + (group.first + c) / out.block * out.block_stride() +
                                   (at.y * g.out_w + at.x) * out.block;
        call.from = sums + t * width + c;
        call.out = out.elements + start;
        call.residual = conv_.finish.residual == nullptr ? nullptr : conv_.finish.residual + start;
        call.rows = std::min(kWinogradOut, g.out_h - at.y);
        call.cols = std::min(kWinogradOut, g.out_w - at.x);
        finite = set_.winograd_output(call) && finite;
        for (std::int64_t y = 0; conv_.activation.kind != ActivationKind::none && y < call.rows; ++y) {
          finish_pixels(conv_.activation, call.out + y * call.row, call.cols, out.block,
                        std::min(out.block, out.channels - group.first - c));
        }
      }
    }
    if (!finite) {
      finite_.store(false, std::memory_order_relaxed);
    }
  }

  const BlockedConvolution& conv_;
  const ChannelBlocks& in_;
  const float* weights_;
  const BlockKernels& set_;
  std::int64_t tile_rows_ = 0, tile_cols_ = 0;
  std::int64_t depth_ = 0, widest_ = 0;
  std::int64_t chunks_ = 0, tiles_ = 0;
  std::atomic<bool> finite_{true};
};

/// A convolution in which every channel looks at itself alone; `weights` are [block][tap][channel of the block].
inline void convolve_depthwise_blocks(const BlockedConvolution& conv, const ChannelBlocks& in, const float* weights) {
  const BlockKernels& set = block_kernels();
  const ConvGeometry& g = conv.geometry;
  const ChannelBlocks& out = *conv.out;
  const int common = g.dilation_w != 1 || g.stride_w > 2 || g.kernel_w != g.kernel_h ? 0
                     : g.kernel_w == 3                                               ? static_cast<int>(g.stride_w)
                     : g.kernel_w == 5                                               ? static_cast<int>(2 + g.stride_w)
                                                                                     : 0;
  const std::int64_t reach = (g.kernel_w - 1) * g.dilation_w;
  const std::int64_t lines = out.batch * out.block_count() * g.out_h;
  parallel_for(lines, task_grain(2 * g.out_w * g.taps() * out.block), [&](std::int64_t begin, std::int64_t end) {
    const float* rows[kDepthwiseRows];
    const float* taps[kDepthwiseRows];
    DepthwiseRow call;
    call.limits = conv.finish.limits;
    call.low = conv.finish.low;
    call.high = conv.finish.high;
    call.lines = rows;
    call.weights = taps;
    call.taps = g.kernel_w;
    call.stride = g.stride_w;
    call.dilation = g.dilation_w;
    call.pad = g.pad_w;
    call.in_w = g.in_w;
    call.out_w = g.out_w;
    call.inside_first = ceil_div(g.pad_w, g.stride_w);
    const std::int64_t room = g.in_w - 1 - reach + g.pad_w;
    call.inside_last = room < 0 ? 0 : std::min(g.out_w, room / g.stride_w + 1);
    for (std::int64_t line = begin; line < end; ++line) {
      const std::int64_t plane = line / g.out_h;  // image and block
      const std::int64_t block = plane % out.block_count();
      const std::int64_t y = line % g.out_h;
      call.rows = 0;
      for (std::int64_t k = 0; k < g.kernel_h; ++k) {
        const std::int64_t row = y * g.stride_h - g.pad_h + k * g.dilation_h;
        if (row >= 0 && row < g.in_h) {
          rows[call.rows] = in.elements + plane * in.block_stride() + row * g.in_w * in.block;
          taps[call.rows++] = weights + (block * g.taps() + k * g.kernel_w) * in.block;
        }
      }
      const std::int64_t place = plane * out.block_stride() + y * g.out_w * out.block;
      call.bias = conv.finish.bias + block * out.block;
      call.out = out.elements + place;
      call.residual = conv.finish.residual == nullptr ? nullptr : conv.finish.residual + place;
      set.depthwise[common](call);
      if (conv.activation.kind != ActivationKind::none) {
        finish_pixels(conv.activation, call.out, g.out_w, out.block,
                      std::min(out.block, out.channels - block * out.block));
      }
    }
  });
}

}  // namespace ts2cpp::kernels
