// What kernels over blocks of channels are called with, and the choice among them for this processor.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/kernels/dispatch.hpp>

namespace ts2cpp::kernels {

/// What becomes of the sums of a convolution: residual and out lie alike; `limits` 0 is no clamp, 1 one from below, 2
/// one from both sides.
struct BlockFinish {
  const float* bias = nullptr;
  const float* residual = nullptr;
  int limits = 0;
  float low = 0.0f;
  float high = 0.0f;
};

/// Pixels times vectors of channels: `count` runs of products, which lie `offsets` after each pixel, the first `whole`
/// of them of `run` products, the others of `rest`; `weights` has a row of channels for each product.
struct PixelTile : BlockFinish {
  const float* const* pixels = nullptr;
  const std::int64_t* offsets = nullptr;
  std::int64_t count = 0;
  std::int64_t whole = 0;
  std::int64_t run = 0;
  std::int64_t rest = 0;
  const float* weights = nullptr;
  float* out = nullptr;
  std::int64_t out_pixel = 0;  // from one pixel to the next
  std::int64_t out_block = 0;  // from one block of channels to the next
  bool accumulate = false;     // the sums are added to what is there
};

/// A row of a depthwise convolution of one block of channels; `lines` and `weights` have an entry for each row of the
/// filter that is inside the image.
struct DepthwiseRow : BlockFinish {
  const float* const* lines = nullptr;
  const float* const* weights = nullptr;
  int rows = 0;
  std::int64_t taps = 0, stride = 1, dilation = 1, pad = 0;
  std::int64_t in_w = 0, out_w = 0;
  float* out = nullptr;
};

/// One tile of Winograd's products of one block of channels, `step` from one to the next.
struct WinogradOutput : BlockFinish {
  const float* from = nullptr;
  std::int64_t step = 0;
  float* out = nullptr;
  std::int64_t row = 0;
  std::int64_t rows = 0, cols = 0;
  float* checks = nullptr;  // of a block of channels: NaN once a number was not finite
};

/// Some of the sums that make one of Winograd's products, of `tiles` tiles: those over `inputs` input channels, in
/// blocks that lie `block` apart. `sums` has a row of channels for each tile, `rest` what the sums have lost to
/// rounding.
struct WinogradSums {
  const float* image = nullptr;
  std::int64_t block = 0;
  std::int64_t tiles = 0;
  const float* weights = nullptr;  // a row of channels for each input channel
  std::int64_t inputs = 0;
  float* sums = nullptr;
  float* rest = nullptr;
  bool first = true, last = true;  // of the calls that make the sums; the last adds the rest
};

/// The points at which F(4x4, 3x3) interpolates are 0, +-A, +-C and infinity. The weights' transform is multiplied by
/// `kWinogradScale` in both directions, which makes its factors at these points exact too; results are divided by it.
inline constexpr float kWinogradA = 21.0f / 32.0f;
inline constexpr float kWinogradC = 1.5f;
inline constexpr float kWinogradZero = 207.0f / 16.0f;
inline constexpr float kWinogradNear = -8.0f;
inline constexpr float kWinogradFar = 49.0f / 32.0f;
inline constexpr float kWinogradScale = 821583.0f / 65536.0f;
inline constexpr std::int64_t kWinogradOut = 4;  // pixels of a tile
inline constexpr std::int64_t kWinogradIn = 6;   // pixels that it looks at
inline constexpr std::int64_t kWinogradProducts = 36;

/// The kernels of pixel_tiles.inc and winograd.inc for one instruction set.
struct BlockKernels {
  static constexpr int kPixels = 6;  // of the largest tile
  using Tile = void (*)(const PixelTile& call) noexcept;
  using Tiles = Tile[kPixels];  // [pixels - 1]
  int lanes;
  int block;           // channels
  int slots;           // widths of tiles
  Tiles tile[3];       // [1, 2, 4 vectors]
  Tiles half_tile[3];  // the last of the vectors has channels in its first half only; null where none is faster
  void (*interleave_three)(const float* from, std::int64_t line, std::int64_t count, float* to) noexcept;
  void (*depthwise[6])(const DepthwiseRow& call) noexcept;  // [any, 3 by 1, 3 by 2, 5 by 1, 5 by 2, 7 by 1]
  void (*winograd_input)(const float* from, std::int64_t row, std::int64_t pixel, float* to,
                         std::int64_t step) noexcept;
  void (*winograd_weights)(const float* from, std::int64_t inputs, std::int64_t width, float* to,
                           std::int64_t step) noexcept;
  void (*winograd_multiply[3])(const WinogradSums& call) noexcept;    // [1, 2, 4 vectors]
  void (*winograd_multiply_kept)(const WinogradSums& call) noexcept;  // of the widest, unless null: weights are kept
  void (*winograd_output)(const WinogradOutput& call) noexcept;
};

}  // namespace ts2cpp::kernels

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/pixel_tiles.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS
#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/winograd.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS

namespace ts2cpp::kernels {

/// The kernels for this processor.
template <class Lazy = void>
const BlockKernels& block_kernels() noexcept {
#if TS2CPP_RUNTIME_DISPATCH
  static const BlockKernels chosen =
      for_processor(base_isa::make_block_kernels, vector256::make_block_kernels, vector512::make_block_kernels)();
#else
  static constexpr BlockKernels chosen = base_isa::make_block_kernels();
#endif
  return chosen;
}

#define TS2CPP_BLOCK_KERNEL_PARTS(TEMPLATE) TEMPLATE const BlockKernels& block_kernels<void>() noexcept;
TS2CPP_COMPILED(TS2CPP_BLOCK_KERNEL_PARTS)

}  // namespace ts2cpp::kernels
