// Two-dimensional float32 convolutions over blocks of channels: direct and depthwise.
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
#include <ts2cpp/kernels/conv_packing.hpp>

namespace ts2cpp::kernels {

inline constexpr std::int64_t kDepthwiseRows = 64;       // of the highest filter of a depthwise convolution here
inline constexpr std::int64_t kBandRows = 28;            // of its results that a task computes in one block, at most
inline constexpr std::int64_t kStripPixels = 48;         // outputs of a task in one group of channels
inline constexpr std::int64_t kEven = 4;                 // a few pieces of work are made a multiple of it
inline constexpr std::int64_t kWeightBytes = 1 << 14;    // weights between two visits of a tile: they stay in L1
inline constexpr std::int64_t kCachedWeights = 1 << 18;  // weights that stay in L2 beside a strip of the image

/// The image as a direct convolution reads it, padding included: pixel (y, x) of image n begins at
/// data + n * image + y * row + x * pixel.
struct PixelSource {
  const float* data = nullptr;
  std::int64_t image = 0;
  std::int64_t row = 0;
  std::int64_t pixel = 0;
};

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

/// The runs of products that a direct convolution sums for a pixel: the first `whole` of `run` products, the others of
/// `rest`, the channels of a last block that is not full.
struct PixelRuns {
  std::int64_t count = 0;
  std::int64_t whole = 0;
  std::int64_t run = 0;
  std::int64_t rest = 0;
  const std::int64_t* offsets = nullptr;

  /// The products of the first `runs` runs.
  std::int64_t products(std::int64_t runs) const noexcept {
    return std::min(runs, whole) * run + std::max<std::int64_t>(0, runs - whole) * rest;
  }
};

/// Some outputs that are computed together: where their sums begin in the image, and where they lie in the result.
struct PixelStrip {
  const float* pixels[kStripPixels];
  std::int64_t count = 0;
  std::int64_t place = 0;  // of the first, in the first block of channels
  std::int64_t step = 0;   // from one to the next
};

/// Outputs [first, last) of image n.
inline void fill_strip(const BlockedConvolution& conv, const PixelSource& source, std::int64_t n, std::int64_t first,
                       std::int64_t last, PixelStrip& strip) noexcept {
  const ConvGeometry& g = conv.geometry;
  std::int64_t y = first / g.out_w;
  std::int64_t x = first % g.out_w;
  for (std::int64_t p = first; p < last; ++p) {
    strip.pixels[p - first] =
        source.data + n * source.image + y * g.stride_h * source.row + x * g.stride_w * source.pixel;
    if (++x == g.out_w) {
      x = 0;
      ++y;
    }
  }
  strip.count = last - first;
  strip.place = n * conv.out->image_stride() + first * conv.out->block;
  strip.step = conv.out->block;
}

/// A strip in one group of channels.
inline void convolve_strip(const BlockKernels& set, const BlockedConvolution& conv, const PixelStrip& strip,
                           const PixelRuns& runs, const ChannelGroup& group, const float* weights) noexcept {
  const ChannelBlocks& out = *conv.out;
  const std::int64_t width = group_channels(set, group.slot);
  const std::int64_t place = strip.place + group.first / out.block * out.block_stride();
  const std::int64_t step =
      std::max<std::int64_t>(1, kWeightBytes / (runs.run * width * static_cast<std::int64_t>(sizeof(float))));
  const std::int64_t tiles = ceil_div(strip.count, BlockKernels::kPixels);
  const bool half = set.half_tile[group.slot][0] != nullptr && out.channels - group.first <= width - out.block / 2;
  const BlockKernels::Tiles& kernels = half ? set.half_tile[group.slot] : set.tile[group.slot];
  PixelTile call;
  call.run = runs.run;
  call.rest = runs.rest;
  call.out_pixel = strip.step;
  call.out_block = out.block_stride();
  for (std::int64_t begin = 0; begin < runs.count; begin += step) {
    const std::int64_t end = std::min(runs.count, begin + step);
    call.offsets = runs.offsets + begin;
    call.count = end - begin;
    call.whole = runs.whole - begin;
    call.weights = weights + runs.products(begin) * width;
    call.accumulate = begin != 0;
    if (end == runs.count) {
      call.limits = conv.finish.limits;
      call.low = conv.finish.low;
      call.high = conv.finish.high;
      call.bias = conv.finish.bias + group.first;
    }
    for (std::int64_t t = 0; t < tiles; ++t) {
      const std::int64_t from = t * strip.count / tiles;
      const std::int64_t to = (t + 1) * strip.count / tiles;
      call.pixels = strip.pixels + from;
      call.out = out.elements + place + from * strip.step;
      call.residual = conv.finish.residual == nullptr || end != runs.count
                          ? nullptr
                          : conv.finish.residual + place + from * strip.step;
      kernels[to - from - 1](call);
    }
  }
}

/// The activation of a strip in one group of channels.
inline void activate_strip(const BlockKernels& set, const BlockedConvolution& conv, const PixelStrip& strip,
                           const ChannelGroup& group) noexcept {
  if (conv.activation.kind == ActivationKind::none) {
    return;
  }
  const ChannelBlocks& out = *conv.out;
  const std::int64_t together = strip.step == out.block ? strip.count : 1;
  for (std::int64_t c = group.first; c < group.first + group_channels(set, group.slot); c += out.block) {
    float* const first = out.elements + strip.place + c / out.block * out.block_stride();
    for (std::int64_t p = 0; p < strip.count; p += together)
      finish_pixels(conv.activation, first + p * strip.step, together, out.block,
                    std::min(out.block, out.channels - c));
  }
}

/// Whether the sums of a strip, whose pixels are neighbours, are neither infinite nor nan.
inline bool is_finite_strip(const BlockKernels& set, const BlockedConvolution& conv, const PixelStrip& strip,
                            const ChannelGroup& group) noexcept {
  constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;
  constexpr std::uint32_t kSmallestExponent = 0x00800000;  // makes an overflow of the largest one
  const ChannelBlocks& out = *conv.out;
  std::uint32_t seen = 0;
  for (std::int64_t c = group.first; c < group.first + group_channels(set, group.slot); c += out.block) {
    const float* const first = out.elements + strip.place + c / out.block * out.block_stride();
    for (std::int64_t i = 0; i < strip.count * out.block; ++i) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, first + i, sizeof bits);
      seen |= (bits & kMagnitude) + kSmallestExponent;
    }
  }
  return seen <= kMagnitude;
}

/// The grain of `count` equal tasks of `work` multiply-adds: a few pieces are as many for each of two or four threads.
inline std::int64_t even_grain(std::int64_t count, std::int64_t work) noexcept {
  const std::int64_t grain = task_grain(work);
  const std::int64_t pieces = ceil_div(count, grain);
  return pieces <= 1 || pieces >= 8 * kEven ? grain : ceil_div(count, ceil_div(pieces, kEven) * kEven);
}

/// The strips of an image's outputs: as few as hold them, some more where they are few for several threads. `groups`
/// times `images` such strips are computed.
inline std::int64_t strip_count(std::int64_t pixels, std::int64_t groups, std::int64_t images) noexcept {
  const std::int64_t strips = ceil_div(pixels, kStripPixels);
  return strips < kEven || strips * groups * images >= 8 * kEven ? strips : ceil_div(strips, kEven) * kEven;
}

/// A direct convolution; `weights` are in groups of output channels, each with a row for every product in order.
inline void convolve_direct(const BlockedConvolution& conv, const PixelSource& source, const PixelRuns& runs,
                            const float* weights) {
  const BlockKernels& set = block_kernels();
  const ConvGeometry& g = conv.geometry;
  const std::int64_t depth = runs.products(runs.count);
  const std::int64_t groups = group_count(set, conv.out->channels);
  const std::int64_t strips = strip_count(g.out_pixels(), groups, conv.batch);
  const std::int64_t padded = conv.out->block_count() * conv.out->block;
  const bool weights_stay = depth * padded * static_cast<std::int64_t>(sizeof(float)) <= kCachedWeights;
  const std::int64_t pieces = conv.batch * strips;
  const std::int64_t work = depth * (padded / groups) * ceil_div(g.out_pixels(), strips);
  parallel_for(pieces * groups, even_grain(pieces * groups, work), [&](std::int64_t begin, std::int64_t end) {
    PixelStrip strip;
    std::int64_t filled = -1;
    for (std::int64_t task = begin; task < end; ++task) {
      // What stays in the cache is the strip, or the weights of a group.
      const std::int64_t piece = weights_stay ? task / groups : task % pieces;
      const std::int64_t index = weights_stay ? task % groups : task / pieces;
      if (piece != filled) {
        const std::int64_t s = piece % strips;
        fill_strip(conv, source, piece / strips, s * g.out_pixels() / strips, (s + 1) * g.out_pixels() / strips, strip);
        filled = piece;
      }
      const ChannelGroup group = channel_group(set, conv.out->channels, index);
      convolve_strip(set, conv, strip, runs, group, weights + group.first * depth);
      activate_strip(set, conv, strip, group);
    }
  });
}

/// A direct convolution in `groups` groups; `runs` are those of the whole image, `weights` as pack_grouped writes them.
/// False when a sum is not finite: it may be another with the zeros left out that are for channels of other groups.
inline bool convolve_grouped(const BlockedConvolution& conv, const PixelSource& source, const PixelRuns& runs,
                             std::int64_t groups, const float* weights) {
  const BlockKernels& set = block_kernels();
  const ConvGeometry& g = conv.geometry;
  const GroupedUnits units(set, conv.in_channels, conv.out->channels, groups);
  const bool mixed = units.mixed();
  std::atomic<bool> finite{true};
  const Scratch<std::int64_t> starts(units.count());
  std::int64_t products = 0;
  for (std::int64_t u = 0; u < units.count(); ++u) {
    starts[u] = products * g.taps() * units.width();
    products += units.inputs(u);
  }
  const std::int64_t strips = ceil_div(g.out_pixels(), kStripPixels);
  const std::int64_t work = products / units.count() * g.taps() * units.width();
  parallel_for(conv.batch * strips * units.count(), task_grain(work * std::min(kStripPixels, g.out_pixels())),
               [&](std::int64_t begin, std::int64_t end) {
                 PixelStrip strip;
                 for (std::int64_t task = begin; task < end; ++task) {
                   const std::int64_t s = task % strips;
                   const std::int64_t u = task / strips % units.count();
                   fill_strip(conv, source, task / strips / units.count(), s * g.out_pixels() / strips,
                              (s + 1) * g.out_pixels() / strips, strip);
                   PixelRuns own = runs;
                   own.offsets += units.first_block(u) * g.taps();
                   own.count = (units.last_block(u) - units.first_block(u)) * g.taps();
                   own.whole = runs.whole - units.first_block(u) * g.taps();
                   convolve_strip(set, conv, strip, own, units.group(u), weights + starts[u]);
                   if (mixed && !is_finite_strip(set, conv, strip, units.group(u)))
                     finite.store(false, std::memory_order_relaxed);
                   activate_strip(set, conv, strip, units.group(u));
                 }
               });
  return finite.load(std::memory_order_relaxed);
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
  const BlockKernels& set = block_kernels();
  const std::int64_t left = std::min(g.pad_w, cols);
  const std::int64_t inside = std::min(g.in_w, cols - left);
  parallel_for(batch * rows, std::max<std::int64_t>(1, 16384 / (cols * channels)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   float* const target = to + i * cols * channels;
                   const std::int64_t row = i % rows - g.pad_h;
                   if (row < 0 || row >= g.in_h) {
                     std::fill_n(target, cols * channels, 0.0f);
                     continue;
                   }
                   float* const start = target + left * channels;
                   float* const stop = start + inside * channels;
                   std::fill(target, start, 0.0f);
                   std::fill(stop, target + cols * channels, 0.0f);
                   const float* const from = plain + (i / rows * channels * g.in_h + row) * g.in_w;
                   if (channels == 3) {
                     set.interleave_three(from, g.in_pixels(), inside, start);
                     continue;
                   }
                   for (std::int64_t c = 0; c < channels; ++c) {
                     for (std::int64_t x = 0; x < inside; ++x)
                       start[x * channels + c] = from[c * g.in_pixels() + x];
                   }
                 }
               });
}

/// A convolution in which every channel looks at itself alone; `weights` are [block][tap][channel of the block].
inline void convolve_depthwise_blocks(const BlockedConvolution& conv, const ChannelBlocks& in, const float* weights) {
  const BlockKernels& set = block_kernels();
  const ConvGeometry& g = conv.geometry;
  const ChannelBlocks& out = *conv.out;
  const bool square = g.dilation_w == 1 && g.kernel_w == g.kernel_h;
  const std::int64_t kind = g.kernel_w * 10 + g.stride_w;
  const int common = !square      ? 0
                     : kind == 31 ? 1
                     : kind == 32 ? 2
                     : kind == 51 ? 3
                     : kind == 52 ? 4
                     : kind == 71 ? 5
                                  : 0;
  // Bands of rows, in each all blocks: threads share an image as they do in convolutions of pixels.
  const std::int64_t bands = ceil_div(g.out_h, kBandRows);
  const std::int64_t tasks = out.batch * bands * out.block_count();
  const std::int64_t work = 4 * ceil_div(g.out_h, bands) * g.out_w * g.taps() * out.block;  // no tile does so little
  parallel_for(tasks, even_grain(tasks, work), [&](std::int64_t begin, std::int64_t end) {
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
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t block = task % out.block_count();
      const std::int64_t band = task / out.block_count() % bands;
      const std::int64_t plane = task / out.block_count() / bands * out.block_count() + block;
      call.bias = conv.finish.bias + block * out.block;
      for (std::int64_t y = band * g.out_h / bands; y < (band + 1) * g.out_h / bands; ++y) {
        call.rows = 0;
        for (std::int64_t k = 0; k < g.kernel_h; ++k) {
          const std::int64_t row = y * g.stride_h - g.pad_h + k * g.dilation_h;
          if (row >= 0 && row < g.in_h) {
            rows[call.rows] = in.elements + plane * in.block_stride() + row * g.in_w * in.block;
            taps[call.rows++] = weights + (block * g.taps() + k * g.kernel_w) * in.block;
          }
        }
        const std::int64_t place = plane * out.block_stride() + y * g.out_w * out.block;
        call.out = out.elements + place;
        call.residual = conv.finish.residual == nullptr ? nullptr : conv.finish.residual + place;
        set.depthwise[common](call);
        if (conv.activation.kind != ActivationKind::none) {
          finish_pixels(conv.activation, call.out, g.out_w, out.block,
                        std::min(out.block, out.channels - block * out.block));
        }
      }
    }
  });
}

}  // namespace ts2cpp::kernels
