// Winograd's convolution of images in blocks of channels with filters of 3 x 3, stride 1.
//
// An image is cut into tiles of 4 x 4 results; tiles into chunks whose products stay in the cache. The weights'
// products are kept where they are few; else they are made anew for every chunk, a slab of input channels at a time:
// reading the four times as many numbers from memory would take as long.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include <ts2cpp/kernels/cache.hpp>
#include <ts2cpp/kernels/conv_blocked.hpp>

namespace ts2cpp::kernels {

inline constexpr std::int64_t kWinogradKept = 640 << 10;   // bytes of products of weights that are kept
inline constexpr std::int64_t kWinogradBytes = 384 << 10;  // of a chunk: products of the image and sums, weights kept
inline constexpr std::int64_t kWinogradSlab = 32;          // input channels whose products of weights are made together

/// Bytes of the products of the weights of a convolution.
inline std::int64_t winograd_weight_bytes(std::int64_t out_channels, std::int64_t in_channels) noexcept {
  const std::int64_t block = block_kernels().block;
  return ceil_div(out_channels, block) * block * in_channels * kWinogradProducts *
         static_cast<std::int64_t>(sizeof(float));
}

class WinogradConvolution {
 public:
  /// `weights` as pack_winograd writes them when they are `kept`, else as pack_filters does.
  WinogradConvolution(const BlockedConvolution& conv, const ChannelBlocks& in, const float* weights, bool kept)
      : conv_(conv), in_(in), weights_(weights), kept_(kept), set_(block_kernels()) {
    const ConvGeometry& g = conv.geometry;
    tile_rows_ = ceil_div(g.out_h, kWinogradOut);
    tile_cols_ = ceil_div(g.out_w, kWinogradOut);
    depth_ = in.block_count() * in.block;
    widest_ = group_channels(set_, set_.slots - 1);
    slab_ = kept ? depth_ : kWinogradSlab;
    const std::int64_t total = conv.batch * tile_rows_ * tile_cols_;
    const std::int64_t bytes = kWinogradProducts * static_cast<std::int64_t>(sizeof(float));
    // Of a chunk in the cache: products of the image and sums beside weights that are kept, else the sums.
    const std::int64_t fitting =
        kept ? kWinogradBytes / (bytes * (depth_ + widest_)) : cache_sizes().level2 / 32 * 15 / (bytes * widest_);
    chunks_ = ceil_div(total, std::max<std::int64_t>(2 * BlockKernels::kPixels, fitting));
    tiles_ = ceil_div(total, chunks_);
  }

  /// False when a result is not finite.
  bool run() {
    const std::int64_t groups = group_count(set_, conv_.out->channels);
    const Scratch<float> images(chunks_ >= 8 ? 0 : kWinogradProducts * image_step(tiles_));
    if (chunks_ >= 8) {
      parallel_for(chunks_, 1, [&](std::int64_t begin, std::int64_t end) {
        const Scratch<float> own(kWinogradProducts * image_step(tiles_));
        const Scratch<float> sums(sums_size());
        const Scratch<float> products(slab_products());
        for (std::int64_t chunk = begin; chunk < end; ++chunk) {
          transform(chunk, 0, in_.block_count(), own.data());
          multiply(chunk, 0, groups, own.data(), sums.data(), products.data());
        }
      });
      return finite_.load(std::memory_order_relaxed);
    }
    // Few tiles: the threads share each chunk.
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      parallel_for(in_.block_count(), task_grain(100 * tiles_ * in_.block),
                   [&](std::int64_t begin, std::int64_t end) { transform(chunk, begin, end, images.data()); });
      parallel_for(groups, task_grain(kWinogradProducts * tiles_ * depth_ * widest_),
                   [&](std::int64_t begin, std::int64_t end) {
                     const Scratch<float> sums(sums_size());
                     const Scratch<float> products(slab_products());
                     multiply(chunk, begin, end, images.data(), sums.data(), products.data());
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
  /// Of the sums and what they have lost.
  std::int64_t sums_size() const noexcept { return 2 * kWinogradProducts * apart(widest_ * tiles_); }
  std::int64_t slab_products() const noexcept { return kept_ ? 0 : kWinogradProducts * apart(slab_ * widest_); }
  /// From one product to the next: places that differ in their low bits, which caches find lines by.
  static std::int64_t apart(std::int64_t elements) noexcept { return elements + 16; }
  std::int64_t image_step(std::int64_t tiles) const noexcept { return apart(depth_ * tiles); }

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
        const std::int64_t step = image_step(tiles);
        if (y >= 0 && x >= 0 && y + kWinogradIn <= g.in_h && x + kWinogradIn <= g.in_w) {
          set_.winograd_input(plane + (y * g.in_w + x) * block, g.in_w * block, block, to, step);
          continue;
        }
        const std::int64_t left = std::clamp<std::int64_t>(-x, 0, kWinogradIn);
        const std::int64_t right = std::clamp<std::int64_t>(g.in_w - x, left, kWinogradIn);
        for (std::int64_t i = 0; i < kWinogradIn; ++i) {
          float* const row = border + i * kWinogradIn * block;
          if (y + i < 0 || y + i >= g.in_h) {
            std::fill_n(row, kWinogradIn * block, 0.0f);
            continue;
          }
          std::fill_n(row, left * block, 0.0f);
          std::copy_n(plane + ((y + i) * g.in_w + x + left) * block, (right - left) * block, row + left * block);
          std::fill_n(row + right * block, (kWinogradIn - right) * block, 0.0f);
        }
        set_.winograd_input(border, kWinogradIn * block, block, to, step);
      }
    }
  }

  /// Products and results of the groups [begin, end) of output channels.
  void multiply(std::int64_t chunk, std::int64_t begin, std::int64_t end, const float* images, float* sums,
                float* products) noexcept {
    const std::int64_t tiles = tile_count(chunk);
    const std::int64_t channels = in_.channels;
    for (std::int64_t index = begin; index < end; ++index) {
      const ChannelGroup group = channel_group(set_, conv_.out->channels, index);
      const std::int64_t width = group_channels(set_, group.slot);
      if (kept_) {
        const float* const weights = weights_ + group.first * kWinogradProducts * channels;
        for (std::int64_t t = 0; t < kWinogradProducts; ++t) {
          for (std::int64_t first = 0; first < channels; first += slab_) {
            multiply_slab(t, tiles, first, group.slot, images, weights + (t * channels + first) * width, sums);
          }
        }
      } else {
        for (std::int64_t first = 0; first < channels; first += slab_) {
          const std::int64_t inputs = std::min(slab_, channels - first);
          const float* const filters = weights_ + (group.first * channels + first * width) * 9;
          const float* const next = filters + inputs * width * 9;
          set_.winograd_weights(filters, inputs, width, products, apart(inputs * width));
          const bool more = first + slab_ < channels || index + 1 < end;
          for (std::int64_t t = 0; t < kWinogradProducts; ++t) {
            for (std::int64_t i = 0; more && i < inputs * width / 4; i += 16)  // 9 of 36 parts
              __builtin_prefetch(next + t * (inputs * width / 4) + i, 0, 2);
            multiply_slab(t, tiles, first, group.slot, images, products + t * apart(inputs * width), sums);
          }
        }
      }
      finish(chunk, group, tiles, sums);
    }
  }

  /// Adds to the sums of product `t` those of the input channels of a slab, from `first` on.
  void multiply_slab(std::int64_t t, std::int64_t tiles, std::int64_t first, int slot, const float* images,
                     const float* weights, float* sums) const noexcept {
    WinogradSums call;
    call.image = images + t * image_step(tiles) + first * tiles;
    call.block = tiles * in_.block;
    call.tiles = tiles;
    call.weights = weights;
    call.inputs = std::min(slab_, in_.channels - first);
    call.sums = sums + t * apart(tiles * group_channels(set_, slot));
    call.rest = call.sums + sums_size() / 2;
    call.first = first == 0;
    call.last = first + slab_ >= in_.channels;
    const bool careful = kept_ && slot == set_.slots - 1 && set_.winograd_multiply_kept != nullptr;
    (careful ? set_.winograd_multiply_kept : set_.winograd_multiply[slot])(call);
  }

  void finish(std::int64_t chunk, const ChannelGroup& group, std::int64_t tiles, const float* sums) noexcept {
    const ChannelBlocks& out = *conv_.out;
    const ConvGeometry& g = conv_.geometry;
    const std::int64_t width = group_channels(set_, group.slot);
    alignas(64) float checks[16] = {};
    for (std::int64_t c = 0; c < width; c += out.block) {
      WinogradOutput call;
      call.limits = conv_.finish.limits;
      call.low = conv_.finish.low;
      call.high = conv_.finish.high;
      call.bias = conv_.finish.bias + group.first + c;
      call.checks = checks;
      call.step = apart(tiles * width);
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
        set_.winograd_output(call);
        for (std::int64_t y = 0; conv_.activation.kind != ActivationKind::none && y < call.rows; ++y) {
          finish_pixels(conv_.activation, call.out + y * call.row, call.cols, out.block,
                        std::min(out.block, out.channels - group.first - c));
        }
      }
    }
    if (std::any_of(checks, checks + out.block, [](float value) { return value != 0.0f; })) {
      finite_.store(false, std::memory_order_relaxed);
    }
  }

  const BlockedConvolution& conv_;
  const ChannelBlocks& in_;
  const float* weights_;
  bool kept_;
  const BlockKernels& set_;
  std::int64_t tile_rows_ = 0, tile_cols_ = 0;
  std::int64_t depth_ = 0, widest_ = 0, slab_ = 0;
  std::int64_t chunks_ = 0, tiles_ = 0;
  std::atomic<bool> finite_{true};
};

}  // namespace ts2cpp::kernels
