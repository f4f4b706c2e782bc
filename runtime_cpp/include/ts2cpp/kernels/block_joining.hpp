// Tensors in blocks of channels side by side along the channels, in blocks too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ts2cpp/storage.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

/// Writes the channels of `from` into `to` from channel `first` on.
inline void copy_block_channels(const ts2cpp::detail::ChannelBlocks& from, std::int64_t first,
                                const ts2cpp::detail::ChannelBlocks& to) {
  const std::int64_t block = from.block;
  const std::int64_t work = std::max<std::int64_t>(1, from.block_stride());
  parallel_for(from.batch * from.block_count(), std::max<std::int64_t>(1, 32768 / work),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t b = i % from.block_count();
                   const std::int64_t channels = std::min(block, from.channels - b * block);
                   const std::int64_t channel = first + b * block;
                   const std::int64_t lane = channel % block;
                   const float* source = from.elements + i * from.block_stride();
                   float* target = to.elements + i / from.block_count() * to.image_stride() +
                                   channel / block * to.block_stride() + lane;
                   if (lane == 0 && channels == block) {
                     std::memcpy(target, source, static_cast<std::size_t>(from.block_stride()) * sizeof(float));
                     continue;
                   }
                   const std::int64_t here = std::min(channels, block - lane);
                   for (std::int64_t p = 0; p < from.pixels(); ++p, source += block, target += block) {
                     for (std::int64_t c = 0; c < here; ++c)
                       target[c] = source[c];
                     for (std::int64_t c = here; c < channels; ++c)  // in the next block
                       target[to.block_stride() - lane + c - here] = source[c];
                   }
                 }
               });
}

/// The concatenation along the channels, a tensor of `sizes`; undefined unless all parts are in blocks.
template <class Lazy = void>
Tensor join_blocks(TensorSpan parts, IntSpan sizes) {
  ts2cpp::detail::ChannelBlocks blocks;
  for (const Tensor& part : parts) {
    const ts2cpp::detail::ChannelBlocks* const own = ts2cpp::detail::blocks_of(part);
    if (own == nullptr || part.dim() != 4) {
      return Tensor();
    }
    blocks = *own;
  }
  blocks.channels = sizes[1];
  const Tensor result = Tensor::over(ts2cpp::detail::Storage::blocked(blocks), sizes, DType::float32);
  std::int64_t first = 0;
  for (const Tensor& part : parts) {
    copy_block_channels(*ts2cpp::detail::blocks_of(part), first, *result.storage().blocks());
    first += part.sizes()[1];
  }
  result.storage().blocks()->clear_rest();
  return result;
}

}  // namespace ts2cpp::kernels
