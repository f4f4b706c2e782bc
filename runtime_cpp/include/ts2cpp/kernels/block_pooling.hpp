// Pooling over blocks of channels: whole vectors of channels, window by window.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/kernels/pooling.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::kernels {

/// A row of results of one block of channels; `lines` are the rows of the window that are inside the image.
struct PoolRow {
  const float* const* lines = nullptr;
  int rows = 0;
  std::int64_t taps = 0, stride = 1, dilation = 1, pad = 0;
  std::int64_t in_w = 0, out_w = 0;
  std::int64_t block = 0;
  const float* divisors = nullptr;  // of an average, a column
  float* out = nullptr;
};

struct PoolKernels {
  int lanes;
  void (*maximum)(const PoolRow& call) noexcept;
  void (*average)(const PoolRow& call) noexcept;
};

}  // namespace ts2cpp::kernels

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/block_pooling.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS

namespace ts2cpp::kernels {

/// The kernels for this processor.
inline const PoolKernels& pool_kernels() noexcept {
#if TS2CPP_RUNTIME_DISPATCH
  static const PoolKernels chosen =
      for_processor(base_isa::make_pool_kernels, vector256::make_pool_kernels, vector512::make_pool_kernels)();
#else
  static constexpr PoolKernels chosen = base_isa::make_pool_kernels();
#endif
  return chosen;
}

/// How an average counts the elements of a window; `divisor` 0 counts them.
struct AverageRule {
  bool count_padding = true;
  std::int64_t divisor = 0;
};

/// The pools of a tensor in blocks, in blocks too: maxima, or averages where `average` is given.
template <class Lazy = void>
Tensor pool_blocks(const ts2cpp::detail::ChannelBlocks& in, const PoolGeometry& g, IntSpan sizes,
                   const AverageRule* average) {
  ts2cpp::detail::ChannelBlocks blocks = in;
  blocks.height = g.out_h;
  blocks.width = g.out_w;
  const Tensor result = Tensor::over(ts2cpp::detail::Storage::blocked(blocks), sizes, DType::float32);
  const ts2cpp::detail::ChannelBlocks& out = *result.storage().blocks();
  const PoolKernels& set = pool_kernels();
  const std::int64_t work = g.out_w * g.kernel_h * g.kernel_w * in.block;
  parallel_for(in.batch * in.block_count() * g.out_h, pool_grain(work), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<const float*> lines(std::min(g.kernel_h, g.in_h));
    const Scratch<float> divisors(g.out_w);
    PoolRow call;
    call.lines = lines.data();
    call.divisors = divisors.data();
    call.taps = g.kernel_w;
    call.stride = g.stride_w;
    call.dilation = g.dilation_w;
    call.pad = g.pad_w;
    call.in_w = g.in_w;
    call.out_w = g.out_w;
    call.block = in.block;
    for (std::int64_t line = begin; line < end; ++line) {
      const std::int64_t top = line % g.out_h * g.stride_h - g.pad_h;
      call.rows = 0;
      for (std::int64_t k = 0; k < g.kernel_h; ++k) {
        const std::int64_t row = top + k * g.dilation_h;
        if (row >= 0 && row < g.in_h) {
          lines[call.rows++] = in.elements + line / g.out_h * in.block_stride() + row * g.in_w * in.block;
        }
      }
      call.out = out.elements + line * g.out_w * out.block;
      if (average == nullptr) {
        set.maximum(call);
        continue;
      }
      const std::int64_t rows = std::min(top + g.kernel_h, g.in_h + g.pad_h) - top;
      for (std::int64_t x = 0; x < g.out_w; ++x) {
        const std::int64_t left = x * g.stride_w - g.pad_w;
        const std::int64_t cols = std::min(left + g.kernel_w, g.in_w + g.pad_w) - left;
        const std::int64_t inside = std::min(left + g.kernel_w, g.in_w) - std::max<std::int64_t>(0, left);
        const std::int64_t count = average->divisor != 0    ? average->divisor
                                   : average->count_padding ? rows * cols
                                                            : call.rows * std::max<std::int64_t>(0, inside);
        divisors[x] = call.rows == 0 || inside <= 0 ? 1.0f : static_cast<float>(count);
      }
      set.average(call);
    }
  });
  if (average == nullptr && in.channels % in.block != 0) {
    out.clear_rest();  // a window without elements has the least number
  }
  return result;
}

#define TS2CPP_BLOCK_POOLING_PARTS(TEMPLATE)                                                            \
  TEMPLATE Tensor pool_blocks<void>(const ts2cpp::detail::ChannelBlocks&, const PoolGeometry&, IntSpan, \
                                    const AverageRule*);
TS2CPP_COMPILED(TS2CPP_BLOCK_POOLING_PARTS)

}  // namespace ts2cpp::kernels
