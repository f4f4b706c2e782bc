// The choice of layout and kernel for two-dimensional float32 convolutions, and the packed forms of their weights.
#pragma once

#include <atomic>
#include <cstdint>

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/compiled.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/kernels/conv_blocked.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace kernels {

inline std::atomic<bool>& winograd_allowed() noexcept {
  static std::atomic<bool> allowed{true};
  return allowed;
}

inline constexpr std::int64_t kFewestChannels = 8;     // results of fewer channels are not worth blocks
inline constexpr std::int64_t kFewestPixels = 4;       // nor are smaller ones
inline constexpr std::int64_t kPackedPixels = 64;      // results for which weights are packed that are not constant
inline constexpr std::int64_t kWinogradChannels = 64;  // input channels from which on Winograd's sums are as exact
inline constexpr std::int64_t kWinogradTiles = 9;      // tiles from which on reading its weights pays

enum class BlockedForm : std::int64_t { direct, interleaved, winograd, depthwise };

/// Weights [out, in / groups, kernel_h, kernel_w] in the order of a kernel: kept with them when they are constant, else
/// in `memory`.
inline const float* packed_weights(const Tensor& weight, BlockedForm form, PooledVector<float>& memory) {
  static const char kKind = 0;
  const IntSpan sizes = weight.sizes();
  const std::int64_t out = sizes[0];
  const std::int64_t in = sizes[1];
  const std::int64_t taps = sizes[2] * sizes[3];
  const std::int64_t block = block_kernels().block;
  const std::int64_t out_padded = ceil_div(out, block) * block;
  const std::int64_t in_padded = ceil_div(in, block) * block;
  const Tensor plain = dense(weight);
  const auto* const from = static_cast<const float*>(plain.read_data());
  std::int64_t count = out_padded * in_padded * taps;
  switch (form) {
    case BlockedForm::direct: break;
    case BlockedForm::interleaved: count = out_padded * in * taps; break;
    case BlockedForm::winograd: count = out_padded * in_padded * kWinogradProducts; break;
    case BlockedForm::depthwise: count = out_padded * taps; break;
  }
  const auto fill = [&](float* to) {
    switch (form) {
      case BlockedForm::direct: pack_direct(from, out, in, taps, block, to); break;
      case BlockedForm::interleaved: pack_direct(from, out, in, taps, in, to); break;
      case BlockedForm::winograd: pack_winograd(from, out, in, to); break;
      case BlockedForm::depthwise:
        for (std::int64_t i = 0; i < count; ++i) {
          const std::int64_t channel = i / (taps * block) * block + i % block;
          to[i] = channel < out ? from[channel * taps + i / block % taps] : 0.0f;
        }
        break;
    }
  };
  const ts2cpp::detail::PackedKey key{
      &kKind, {static_cast<std::int64_t>(form), weight.storage_offset(), out, in, sizes[2], sizes[3], 0}};
  const float* const kept = plain.is(weight) ? ts2cpp::detail::packed<float>(weight, key, count, fill) : nullptr;
  if (kept != nullptr) {
    return kept;
  }
  memory.resize(static_cast<std::size_t>(count));
  fill(memory.data());
  return memory.data();
}

/// The rows and columns of the image, padding included, that the filter visits.
inline std::int64_t visited_rows(const ConvGeometry& g) noexcept {
  return (g.out_h - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
}
inline std::int64_t visited_cols(const ConvGeometry& g) noexcept {
  return (g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
}

/// Direct convolution of a plain image of few channels.
inline void convolve_few_channels(const BlockedConvolution& conv, const Tensor& input, const float* weights) {
  const ConvGeometry& g = conv.geometry;
  const std::int64_t rows = visited_rows(g);
  const std::int64_t cols = visited_cols(g);
  const std::int64_t channels = conv.in_channels;
  const Scratch<float> image(conv.batch * rows * cols * channels);
  interleave_channels(static_cast<const float*>(input.read_data()), conv.batch, channels, g, rows, cols, image.data());
  // Taps side by side are one run of products unless the filter is dilated.
  const bool whole_rows = g.dilation_w == 1;
  const Scratch<std::int64_t> offsets(g.taps());
  PixelRuns runs;
  runs.offsets = offsets.data();
  runs.run = whole_rows ? g.kernel_w * channels : channels;
  for (std::int64_t y = 0; y < g.kernel_h; ++y) {
    for (std::int64_t x = 0; x < (whole_rows ? 1 : g.kernel_w); ++x)
      offsets[runs.count++] = (y * g.dilation_h * cols + x * g.dilation_w) * channels;
  }
  convolve_direct(conv, {image.data(), rows * cols * channels, cols * channels, channels}, runs, weights);
}

/// Direct convolution of an image in blocks.
inline void convolve_blocks(const BlockedConvolution& conv, const ChannelBlocks& in, const float* weights) {
  const ConvGeometry& g = conv.geometry;
  const std::int64_t rows = visited_rows(g);
  const std::int64_t cols = visited_cols(g);
  const bool padded = g.pad_h != 0 || g.pad_w != 0 || rows > g.in_h || cols > g.in_w;
  const Scratch<float> image(padded ? in.batch * in.block_count() * rows * cols * in.block : 0);
  PixelSource source{in.elements, in.image_stride(), g.in_w * in.block, in.block};
  std::int64_t plane = in.block_stride();
  if (padded) {
    pad_blocks(in, g, rows, cols, image.data());
    plane = rows * cols * in.block;
    source = {image.data(), in.block_count() * plane, cols * in.block, in.block};
  }
  const Scratch<std::int64_t> offsets(in.block_count() * g.taps());
  PixelRuns runs;
  runs.offsets = offsets.data();
  runs.run = in.block;
  for (std::int64_t b = 0; b < in.block_count(); ++b) {
    for (std::int64_t y = 0; y < g.kernel_h; ++y) {
      for (std::int64_t x = 0; x < g.kernel_w; ++x)
        offsets[runs.count++] = b * plane + y * g.dilation_h * source.row + x * g.dilation_w * source.pixel;
    }
  }
  convolve_direct(conv, source, runs, weights);
}

/// The convolution of a float32 [batch, channels, height, width] with its result in blocks of channels; an undefined
/// tensor when the kernels for plain images suit it better.
template <class Lazy = void>
Tensor convolve_in_blocks(const Tensor& input, const Tensor& weight, const Tensor& bias, const ConvGeometry& g,
                          std::int64_t out_channels, std::int64_t groups, const Epilogue& epilogue) {
  const std::int64_t batch = input.sizes()[0];
  const std::int64_t channels = input.sizes()[1];
  const bool depthwise = groups > 1 && groups == channels && groups == out_channels && g.kernel_h <= kDepthwiseRows;
  const bool constant = weight.storage().constants() != nullptr && weight.is_contiguous();
  if (block_kernels().lanes < 4 || batch == 0 || channels == 0 || (groups != 1 && !depthwise) ||
      out_channels < kFewestChannels || g.out_pixels() < kFewestPixels ||
      (!constant && batch * g.out_pixels() < kPackedPixels)) {
    return Tensor();
  }
  const Tensor result = empty_blocks(channel_blocks(batch, out_channels, g.out_h, g.out_w));
  BlockedConvolution conv;
  conv.geometry = g;
  conv.batch = batch;
  conv.in_channels = channels;
  conv.out = result.storage().blocks();
  const Scratch<float> biases(conv.out->block_count() * conv.out->block);
  pad_channels(bias.defined() ? static_cast<const float*>(dense(bias).read_data()) : nullptr, out_channels,
               conv.out->block_count() * conv.out->block, biases.data());
  conv.finish.bias = biases.data();
  set_activation(epilogue.activation, conv);
  Tensor residual;
  if (epilogue.residual.defined()) {
    const Tensor batched = epilogue.residual.dim() == 4 ? epilogue.residual : dense(epilogue.residual);
    residual = in_channel_blocks(
        batched.dim() == 4 ? batched : batched.with_layout(result.sizes(), result.strides(), batched.storage_offset()));
    conv.finish.residual = residual.storage().blocks()->elements;
  }
  PooledVector<float> memory;
  const bool plain = ts2cpp::detail::blocks_of(input) == nullptr;
  if (!depthwise && plain && channels < kFewestChannels) {
    convolve_few_channels(conv, dense(input), packed_weights(weight, BlockedForm::interleaved, memory));
    return result;
  }
  const Tensor image = in_channel_blocks(input);
  const ChannelBlocks& in = *image.storage().blocks();
  if (depthwise) {
    convolve_depthwise_blocks(conv, in, packed_weights(weight, BlockedForm::depthwise, memory));
    return result;
  }
  const bool three = g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 && g.dilation_h == 1 &&
                     g.dilation_w == 1;
  const std::int64_t tiles = batch * ceil_div(g.out_h, kWinogradOut) * ceil_div(g.out_w, kWinogradOut);
  if (three && constant && channels >= kWinogradChannels && tiles >= kWinogradTiles &&
      winograd_allowed().load(std::memory_order_relaxed) &&
      WinogradConvolution(conv, in, packed_weights(weight, BlockedForm::winograd, memory)).run()) {
    return result;
  }
  convolve_blocks(conv, in, packed_weights(weight, BlockedForm::direct, memory));
  return result;
}

#define TS2CPP_CONV_LAYOUT_PARTS(TEMPLATE)                                                                   \
  TEMPLATE Tensor convolve_in_blocks<void>(const Tensor&, const Tensor&, const Tensor&, const ConvGeometry&, \
                                           std::int64_t, std::int64_t, const Epilogue&);
TS2CPP_COMPILED(TS2CPP_CONV_LAYOUT_PARTS)

}  // namespace kernels

/// Whether convolutions may use Winograd's products (they do unless this is called with false): fewer operations,
/// errors up to twice those of a sum in order.
inline void set_winograd_allowed(bool allowed) noexcept {
  kernels::winograd_allowed().store(allowed, std::memory_order_relaxed);
}

}  // namespace ts2cpp
