// The choice of layout and kernel for two-dimensional float32 convolutions, and the packed forms of their weights.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/compiled.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/kernels/conv_blocked.hpp>
#include <ts2cpp/kernels/conv_transposed.hpp>
#include <ts2cpp/kernels/conv_winograd.hpp>
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

inline constexpr std::int64_t kPackedPiece = 1 << 19;  // weights that are packed together, about

enum class BlockedForm : std::int64_t { direct, interleaved, filters, winograd, depthwise };

/// What `fill` writes, `count` numbers: kept with the weights when they are constant, else in `memory`.
template <class Fill>
const float* kept_weights(const Tensor& weight, const ts2cpp::detail::PackedKey& key, std::int64_t count,
                          const Fill& fill, PooledVector<float>& memory) {
  const float* const kept = weight.is_contiguous() ? ts2cpp::detail::packed<float>(weight, key, count, fill) : nullptr;
  if (kept != nullptr) {
    return kept;
  }
  memory.resize(static_cast<std::size_t>(count));
  fill(memory.data());
  return memory.data();
}

/// Weights [out, in / groups, kernel_h, kernel_w] in the order of a kernel.
inline const float* packed_weights(const Tensor& weight, BlockedForm form, PooledVector<float>& memory) {
  static const char kKind = 0;
  const IntSpan sizes = weight.sizes();
  const std::int64_t out = sizes[0];
  const std::int64_t in = sizes[1];
  const std::int64_t taps = sizes[2] * sizes[3];
  const std::int64_t block = block_kernels().block;
  const std::int64_t out_padded = ceil_div(out, block) * block;
  const Tensor plain = dense(weight);
  const auto* const from = static_cast<const float*>(plain.read_data());
  const std::int64_t count = out_padded * in * (form == BlockedForm::winograd ? kWinogradProducts : taps);
  // Output channels in pieces: what is packed of a mapped file is not needed in memory any more.
  const std::int64_t depth = in * taps;
  const std::int64_t widest = group_channels(block_kernels(), block_kernels().slots - 1);
  const std::int64_t piece = std::max<std::int64_t>(1, kPackedPiece / (depth * widest)) * widest;
  const auto fill = [&](float* to) {
    for (std::int64_t first = 0; first < out; first += piece) {
      const float* const part = from + first * depth;
      const std::int64_t channels = std::min(piece, out - first);
      switch (form) {
        case BlockedForm::direct: pack_direct(part, channels, in, taps, block, to + first * depth); break;
        case BlockedForm::interleaved: pack_direct(part, channels, in, taps, in, to + first * depth); break;
        case BlockedForm::filters: pack_filters(part, channels, in, to + first * depth); break;
        case BlockedForm::winograd: pack_winograd(part, channels, in, to + first * in * kWinogradProducts); break;
        case BlockedForm::depthwise: pack_depthwise(part, channels, taps, block, to + first * depth); break;
      }
      if (const ts2cpp::detail::ConstantElements* const constant = weight.storage().constants()) {
        constant->forget_mapped(part + channels * depth);
      }
    }
  };
  return kept_weights(
      weight, {&kKind, {static_cast<std::int64_t>(form), weight.storage_offset(), out, in, sizes[2], sizes[3], 0}},
      count, fill, memory);
}

/// The same for a convolution in groups.
inline const float* packed_grouped(const Tensor& weight, const GroupedUnits& units, PooledVector<float>& memory) {
  static const char kKind = 0;
  const IntSpan sizes = weight.sizes();
  const std::int64_t taps = sizes[2] * sizes[3];
  const std::int64_t groups = sizes[0] / units.group_out();
  return kept_weights(
      weight, {&kKind, {units.width(), weight.storage_offset(), sizes[0], sizes[1], sizes[2], sizes[3], groups}},
      units.rows() * taps * units.width(),
      [&](float* to) {
        const Tensor plain = dense(weight);
        pack_grouped(static_cast<const float*>(plain.read_data()), sizes[0], units, taps, block_kernels().block, to);
      },
      memory);
}

/// The same for a transposed convolution, whose weights are [in, out, kernel_h, kernel_w].
inline const float* packed_transposed(const Tensor& weight, const ConvGeometry& g, const TransposedPhases& phases,
                                      PooledVector<float>& memory) {
  static const char kKind = 0;
  const IntSpan sizes = weight.sizes();
  const std::int64_t block = block_kernels().block;
  // Which taps are together follows from stride and dilation, in which order from the padding; a result that is smaller
  // than a step has fewer phases.
  const std::int64_t steps = (g.stride_h * 64 + g.stride_w) * 64 * 64 + g.dilation_h * 64 + g.dilation_w;
  const auto count = static_cast<std::int64_t>(phases.rows.size() * 64 + phases.cols.size());
  const std::int64_t starts = (g.pad_h % g.stride_h * 64 + g.pad_w % g.stride_w) * 64 * 64 + count;
  return kept_weights(
      weight, {&kKind, {steps, weight.storage_offset(), sizes[0], sizes[1], sizes[2], sizes[3], starts}},
      ceil_div(sizes[1], block) * block * sizes[0] * g.taps(),
      [&](float* to) {
        const Tensor plain = dense(weight);
        pack_transposed(static_cast<const float*>(plain.read_data()), sizes[1], sizes[0], g, phases, block, to);
      },
      memory);
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
  runs.whole = g.taps();
  for (std::int64_t y = 0; y < g.kernel_h; ++y) {
    for (std::int64_t x = 0; x < (whole_rows ? 1 : g.kernel_w); ++x)
      offsets[runs.count++] = (y * g.dilation_h * cols + x * g.dilation_w) * channels;
  }
  convolve_direct(conv, {image.data(), rows * cols * channels, cols * channels, channels}, runs, weights);
}

/// Direct convolution of an image in blocks, in `groups` groups. False when the kernels for plain images have to do it.
inline bool convolve_blocks(const BlockedConvolution& conv, const ChannelBlocks& in, std::int64_t groups,
                            const float* weights) {
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
  runs.whole = in.channels / in.block * g.taps();
  runs.rest = in.channels % in.block;
  for (std::int64_t b = 0; b < in.block_count(); ++b) {
    for (std::int64_t y = 0; y < g.kernel_h; ++y) {
      for (std::int64_t x = 0; x < g.kernel_w; ++x)
        offsets[runs.count++] = b * plane + y * g.dilation_h * source.row + x * g.dilation_w * source.pixel;
    }
  }
  if (groups != 1) {
    return convolve_grouped(conv, source, runs, groups, weights);
  }
  convolve_direct(conv, source, runs, weights);
  return true;
}

/// Whether Winograd's products take less time than a direct convolution: steps for a product of channels, that of the
/// weights' transform and the shares of the others' among them, as they were found on several processors.
inline bool winograd_pays(const ConvGeometry& g, std::int64_t batch, std::int64_t in, std::int64_t out) noexcept {
  const std::int64_t tiles = batch * ceil_div(g.out_h, kWinogradOut) * ceil_div(g.out_w, kWinogradOut);
  return in >= kWinogradChannels &&
         tiles * (kWinogradProducts + 4 + 250 / out + 250 / in) + 110 < batch * g.out_pixels() * 9;
}

/// A convolution whose result is in blocks, and what it reads besides image and weights.
class BlockedCall {
 public:
  BlockedCall(const Tensor& input, const Tensor& bias, const ConvGeometry& g, std::int64_t out_channels,
              const Epilogue& epilogue)
      : result(empty_blocks(channel_blocks(input.sizes()[0], out_channels, g.out_h, g.out_w))),
        biases_(result.storage().blocks()->block_count() * result.storage().blocks()->block) {
    conv.geometry = g;
    conv.batch = input.sizes()[0];
    conv.in_channels = input.sizes()[1];
    conv.out = result.storage().blocks();
    pad_channels(bias.defined() ? static_cast<const float*>(dense(bias).read_data()) : nullptr, out_channels,
                 conv.out->block_count() * conv.out->block, biases_.data());
    conv.finish.bias = biases_.data();
    set_activation(epilogue.activation, conv);
    if (epilogue.residual.defined()) {
      const Tensor batched = epilogue.residual.dim() == 4 ? epilogue.residual : dense(epilogue.residual);
      residual_ = in_channel_blocks(
          batched.dim() == 4 ? batched
                             : batched.with_layout(result.sizes(), result.strides(), batched.storage_offset()));
      conv.finish.residual = residual_.storage().blocks()->elements;
    }
  }
  BlockedCall(const BlockedCall&) = delete;
  BlockedCall& operator=(const BlockedCall&) = delete;
  ~BlockedCall() = default;

  const Tensor result;
  BlockedConvolution conv;

 private:
  const Scratch<float> biases_;
  Tensor residual_;
};

/// Whether results in blocks pay for themselves.
inline bool blocks_pay(const Tensor& input, const Tensor& weight, const ConvGeometry& g, std::int64_t out_channels) {
  const bool constant = weight.storage().constants() != nullptr && weight.is_contiguous();
  const std::int64_t batch = input.sizes()[0];
  return block_kernels().lanes >= 4 && batch != 0 && input.sizes()[1] != 0 && out_channels >= kFewestChannels &&
         g.out_pixels() >= kFewestPixels && (constant || batch * g.out_pixels() >= kPackedPixels);
}

/// The convolution of a float32 [batch, channels, height, width] with its result in blocks of channels; an undefined
/// tensor when the kernels for plain images suit it better.
template <class Lazy = void>
Tensor convolve_in_blocks(const Tensor& input, const Tensor& weight, const Tensor& bias, const ConvGeometry& g,
                          std::int64_t out_channels, std::int64_t groups, const Epilogue& epilogue) {
  const std::int64_t channels = input.sizes()[1];
  const bool depthwise = groups > 1 && groups == channels && groups == out_channels && g.kernel_h <= kDepthwiseRows;
  if (!blocks_pay(input, weight, g, out_channels)) {
    return Tensor();
  }
  const BlockedCall call(input, bias, g, out_channels, epilogue);
  const BlockedConvolution& conv = call.conv;
  PooledVector<float> memory;
  if (groups == 1 && ts2cpp::detail::blocks_of(input) == nullptr && channels < kFewestChannels) {
    convolve_few_channels(conv, dense(input), packed_weights(weight, BlockedForm::interleaved, memory));
    return call.result;
  }
  const Tensor image = in_channel_blocks(input);
  const ChannelBlocks& in = *image.storage().blocks();
  if (depthwise) {
    convolve_depthwise_blocks(conv, in, packed_weights(weight, BlockedForm::depthwise, memory));
    return call.result;
  }
  if (groups != 1) {
    const GroupedUnits units(block_kernels(), channels, out_channels, groups);
    return convolve_blocks(conv, in, groups, packed_grouped(weight, units, memory)) ? call.result : Tensor();
  }
  const bool three = g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 && g.dilation_h == 1 &&
                     g.dilation_w == 1;
  const bool constant = weight.storage().constants() != nullptr && weight.is_contiguous();
  if (three && constant && winograd_pays(g, conv.batch, channels, out_channels) &&
      winograd_allowed().load(std::memory_order_relaxed)) {
    const bool kept = winograd_weight_bytes(out_channels, channels) <= kWinogradKept;
    const BlockedForm form = kept ? BlockedForm::winograd : BlockedForm::filters;
    if (WinogradConvolution(conv, in, packed_weights(weight, form, memory), kept).run()) {
      return call.result;
    }
  }
  convolve_blocks(conv, in, 1, packed_weights(weight, BlockedForm::direct, memory));
  return call.result;
}

/// The same for a transposed convolution of one group.
template <class Lazy = void>
Tensor convolve_transposed_in_blocks(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                     const ConvGeometry& g, std::int64_t out_channels, const Epilogue& epilogue) {
  constexpr std::int64_t kFar = 64;  // of strides and dilations
  if (!blocks_pay(input, weight, g, out_channels) ||
      std::max({g.stride_h, g.stride_w, g.dilation_h, g.dilation_w}) >= kFar) {
    return Tensor();
  }
  const TransposedPhases phases(g);
  if (!phases.complete()) {
    return Tensor();
  }
  const BlockedCall call(input, bias, g, out_channels, epilogue);
  const Tensor image = in_channel_blocks(input);
  PooledVector<float> memory;
  convolve_transposed(call.conv, *image.storage().blocks(), phases, packed_transposed(weight, g, phases, memory));
  return call.result;
}

#define TS2CPP_CONV_LAYOUT_PARTS(TEMPLATE)                                                                   \
  TEMPLATE Tensor convolve_in_blocks<void>(const Tensor&, const Tensor&, const Tensor&, const ConvGeometry&, \
                                           std::int64_t, std::int64_t, const Epilogue&);                     \
  TEMPLATE Tensor convolve_transposed_in_blocks<void>(const Tensor&, const Tensor&, const Tensor&,           \
                                                      const ConvGeometry&, std::int64_t, const Epilogue&);
TS2CPP_COMPILED(TS2CPP_CONV_LAYOUT_PARTS)

}  // namespace kernels

/// Whether convolutions may use Winograd's products (they do unless this is called with false): fewer operations,
/// errors up to twice those of a sum in order.
inline void set_winograd_allowed(bool allowed) noexcept {
  kernels::winograd_allowed().store(allowed, std::memory_order_relaxed);
}

}  // namespace ts2cpp
