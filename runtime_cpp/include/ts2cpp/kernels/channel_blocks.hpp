// Tensors whose elements lie in blocks of channels: made, recognised, brought there and back.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/kernels/block_kernels.hpp>
#include <ts2cpp/kernels/gemm.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/storage.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::kernels {

using ts2cpp::detail::ChannelBlocks;

inline constexpr std::int64_t kPixelGroup = 1024;  // pixels of a block that are brought into another layout at a time

/// Calls fn(image, block of channels, first pixel, pixels) for pieces of all blocks, in parallel.
template <class F>
void for_each_block_piece(const ChannelBlocks& blocks, F&& fn) {
  const std::int64_t pieces = ceil_div(blocks.pixels(), kPixelGroup);
  const std::int64_t count = blocks.batch * blocks.block_count() * pieces;
  const std::int64_t size = std::min(blocks.pixels(), kPixelGroup) * blocks.block;
  parallel_for(count, std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, size)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t first = i % pieces * kPixelGroup;
                   fn(i / pieces / blocks.block_count(), i / pieces % blocks.block_count(), first,
                      std::min(kPixelGroup, blocks.pixels() - first));
                 }
               });
}

/// Writes the elements in plain order.
inline void write_plain_channels(const ChannelBlocks& blocks, float* plain) {
  for_each_block_piece(blocks, [&](std::int64_t n, std::int64_t b, std::int64_t first, std::int64_t count) {
    const float* const from =
        blocks.elements + n * blocks.image_stride() + b * blocks.block_stride() + first * blocks.block;
    const std::int64_t channel = b * blocks.block;
    float* const to = plain + (n * blocks.channels + channel) * blocks.pixels() + first;
    transpose(from, blocks.block, to, blocks.pixels(), std::min(blocks.block, blocks.channels - channel), count);
  });
}

/// Writes plain elements in blocks, the last one filled up with zeros.
inline void write_channel_blocks(const float* plain, const ChannelBlocks& blocks) {
  for_each_block_piece(blocks, [&](std::int64_t n, std::int64_t b, std::int64_t first, std::int64_t count) {
    float* const to = blocks.elements + n * blocks.image_stride() + b * blocks.block_stride() + first * blocks.block;
    const std::int64_t channel = b * blocks.block;
    const std::int64_t channels = std::min(blocks.block, blocks.channels - channel);
    const float* const from = plain + (n * blocks.channels + channel) * blocks.pixels() + first;
    transpose(from, blocks.pixels(), to, blocks.block, count, channels);
    for (std::int64_t p = 0; channels < blocks.block && p < count; ++p) {
      for (std::int64_t c = channels; c < blocks.block; ++c)
        to[p * blocks.block + c] = 0.0f;
    }
  });
}

/// The layout that kernels of this processor use for such sizes.
inline ChannelBlocks channel_blocks(std::int64_t batch, std::int64_t channels, std::int64_t height,
                                    std::int64_t width) noexcept {
  ChannelBlocks blocks;
  blocks.batch = batch;
  blocks.channels = channels;
  blocks.height = height;
  blocks.width = width;
  blocks.block = block_kernels().block;
  blocks.write_plain = write_plain_channels;
  return blocks;
}

/// A float32 tensor [batch, channels, height, width] in blocks, elements undefined.
inline Tensor empty_blocks(const ChannelBlocks& blocks) {
  return Tensor::over(ts2cpp::detail::Storage::blocked(blocks),
                      {blocks.batch, blocks.channels, blocks.height, blocks.width}, DType::float32);
}

/// The same float32 elements in blocks: `tensor`, which is [batch, channels, height, width], or a copy.
inline Tensor in_channel_blocks(const Tensor& tensor) {
  if (ts2cpp::detail::blocks_of(tensor) != nullptr) {
    return tensor;
  }
  const Tensor plain = dense(tensor);
  const IntSpan sizes = plain.sizes();
  const Tensor result = empty_blocks(channel_blocks(sizes[0], sizes[1], sizes[2], sizes[3]));
  write_channel_blocks(static_cast<const float*>(plain.read_data()), *result.storage().blocks());
  ts2cpp::detail::layout_copy_count().fetch_add(1, std::memory_order_relaxed);
  return result;
}

}  // namespace ts2cpp::kernels
