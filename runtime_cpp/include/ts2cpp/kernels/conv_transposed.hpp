// Transposed convolutions over blocks of channels. Results whose places have the same remainders modulo the stride are
// sums over the same taps: each such phase is a direct convolution of stride 1 with some of the taps.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/conv_blocked.hpp>

namespace ts2cpp::kernels {

/// Along one dimension, the results `first`, `first` + stride, …: the taps that they are sums over, and for each which
/// pixel it meets for the first of them.
struct TransposedPhase {
  std::int64_t first = 0;
  std::int64_t count = 0;
  PooledVector<std::int64_t> taps;
  PooledVector<std::int64_t> pixels;
};

inline PooledVector<TransposedPhase> transposed_phases(std::int64_t out, std::int64_t kernel, std::int64_t stride,
                                                       std::int64_t pad, std::int64_t dilation) {
  PooledVector<TransposedPhase> phases;
  for (std::int64_t first = 0; first < std::min(stride, out); ++first) {
    TransposedPhase phase;
    phase.first = first;
    phase.count = ceil_div(out - first, stride);
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t place = first + pad - k * dilation;
      if (place % stride == 0) {
        phase.taps.push_back(k);
        phase.pixels.push_back(place / stride);
      }
    }
    phases.push_back(phase);
  }
  return phases;
}

/// The phases of both dimensions, and the part of the image that they visit.
struct TransposedPhases {
  PooledVector<TransposedPhase> rows, cols;
  std::int64_t top = 0, left = 0;      // padding before the image
  std::int64_t height = 0, width = 0;  // with all padding

  explicit TransposedPhases(const ConvGeometry& g)
      : rows(transposed_phases(g.out_h, g.kernel_h, g.stride_h, g.pad_h, g.dilation_h)),
        cols(transposed_phases(g.out_w, g.kernel_w, g.stride_w, g.pad_w, g.dilation_w)) {
    const auto extend = [](const PooledVector<TransposedPhase>& phases, std::int64_t size, std::int64_t& before) {
      std::int64_t end = size;
      for (const TransposedPhase& phase : phases) {
        for (const std::int64_t pixel : phase.pixels) {
          before = std::max(before, -pixel);
          end = std::max(end, pixel + phase.count);
        }
      }
      return before + end;
    };
    height = extend(rows, g.in_h, top);
    width = extend(cols, g.in_w, left);
  }

  /// Whether every result has a tap.
  bool complete() const noexcept {
    const auto none = [](const TransposedPhase& phase) { return phase.taps.empty(); };
    return std::none_of(rows.begin(), rows.end(), none) && std::none_of(cols.begin(), cols.end(), none);
  }
};

/// Weights [in, out, kernel_h, kernel_w] phase by phase, each as pack_direct writes it.
inline void pack_transposed(const float* weights, std::int64_t out_channels, std::int64_t in_channels,
                            const ConvGeometry& g, const TransposedPhases& phases, std::int64_t block, float* to) {
  const std::int64_t padded = ceil_div(out_channels, block) * block;
  for (const TransposedPhase& row : phases.rows) {
    for (const TransposedPhase& col : phases.cols) {
      const auto taps = static_cast<std::int64_t>(row.taps.size() * col.taps.size());
      const Scratch<float> own(out_channels * in_channels * taps);
      float* next = own.data();
      for (std::int64_t o = 0; o < out_channels; ++o) {
        for (std::int64_t i = 0; i < in_channels; ++i) {
          const float* const filter = weights + (i * out_channels + o) * g.taps();
          for (const std::int64_t y : row.taps) {
            for (const std::int64_t x : col.taps)
              *next++ = filter[y * g.kernel_w + x];
          }
        }
      }
      pack_direct(own.data(), out_channels, in_channels, taps, block, to);
      to += padded * in_channels * taps;
    }
  }
}

/// The transposed convolution of an image in blocks; `weights` as pack_transposed writes them.
inline void convolve_transposed(const BlockedConvolution& conv, const ChannelBlocks& in, const TransposedPhases& phases,
                                const float* weights) {
  const BlockKernels& set = block_kernels();
  const ConvGeometry& g = conv.geometry;
  const ChannelBlocks& out = *conv.out;
  const bool padded = phases.height != g.in_h || phases.width != g.in_w;
  const Scratch<float> image(padded ? in.batch * in.block_count() * phases.height * phases.width * in.block : 0);
  PixelSource source{in.elements, in.image_stride(), g.in_w * in.block, in.block};
  std::int64_t plane = in.block_stride();
  if (padded) {
    ConvGeometry around = g;
    around.pad_h = phases.top;
    around.pad_w = phases.left;
    pad_blocks(in, around, phases.height, phases.width, image.data());
    plane = phases.height * phases.width * in.block;
    source = {image.data(), in.block_count() * plane, phases.width * in.block, in.block};
  }
  const std::int64_t groups = group_count(set, out.channels);
  const Scratch<std::int64_t> offsets(in.block_count() * g.taps());
  for (const TransposedPhase& row : phases.rows) {
    for (const TransposedPhase& col : phases.cols) {
      const auto taps = static_cast<std::int64_t>(row.taps.size() * col.taps.size());
      PixelRuns runs;
      runs.offsets = offsets.data();
      runs.run = in.block;
      runs.whole = in.channels / in.block * taps;
      runs.rest = in.channels % in.block;
      for (std::int64_t b = 0; b < in.block_count(); ++b) {
        for (const std::int64_t y : row.pixels) {
          for (const std::int64_t x : col.pixels)
            offsets[runs.count++] = b * plane + (phases.top + y) * source.row + (phases.left + x) * source.pixel;
        }
      }
      const std::int64_t depth = in.channels * taps;
      const std::int64_t pieces = ceil_div(col.count, kStripPixels);
      const std::int64_t lines = conv.batch * row.count;
      const std::int64_t work = depth * std::min(kStripPixels, col.count) * group_channels(set, set.slots - 1);
      parallel_for(lines * pieces * groups, task_grain(work), [&](std::int64_t begin, std::int64_t end) {
        PixelStrip strip;
        strip.step = g.stride_w * out.block;
        for (std::int64_t task = begin; task < end; ++task) {
          const std::int64_t line = task / pieces % lines;
          const std::int64_t n = line / row.count;
          const std::int64_t y = line % row.count;
          const std::int64_t first = task % pieces * col.count / pieces;
          strip.count = (task % pieces + 1) * col.count / pieces - first;
          strip.place = n * out.image_stride() +
                        ((row.first + y * g.stride_h) * g.out_w + col.first + first * g.stride_w) * out.block;
          for (std::int64_t p = 0; p < strip.count; ++p)
            strip.pixels[p] = source.data + n * source.image + y * source.row + (first + p) * source.pixel;
          const ChannelGroup group = channel_group(set, out.channels, task / pieces / lines);
          convolve_strip(set, conv, strip, runs, group, weights + group.first * depth);
          activate_strip(set, conv, strip, group);
        }
      });
      weights += out.block_count() * out.block * depth;
    }
  }
}

}  // namespace ts2cpp::kernels
