// One-dimensional convolutions of float32, with any stride, dilation and padding.
//
// A task takes some neighbouring results of all output channels. It copies what they see of the input into windows, a
// row a channel, where the input of a filter tap is contiguous: dilated taps share a window as long as that is the
// shorter way, strides split it. Register tiles of output channels times results go over taps and channels then, with
// weights packed for them; no matrix of the taps is made.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/kernels/gemm.hpp>
#include <ts2cpp/kernels/vectors.hpp>

namespace ts2cpp::kernels {

/// The kernels of conv1d.inc.
struct LineSet {
  using Tile = void (*)(const float* windows, std::int64_t window, const std::int64_t* offsets, std::int64_t taps,
                        std::int64_t channels, const float* weights, const float* bias, float* out,
                        std::int64_t out_row) noexcept;

  static constexpr std::int64_t kMostRows = 8;
  static constexpr std::int64_t kMostColumns = 48;

  std::int64_t lanes;
  std::int64_t rows;
  Tile tile[3];  ///< [vectors - 1]
};

}  // namespace ts2cpp::kernels

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/conv1d.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS

namespace ts2cpp::kernels {

template <class Lazy = void>
const LineSet& line_kernels() noexcept {
#if TS2CPP_RUNTIME_DISPATCH
  static const LineSet chosen =
      for_processor(base_isa::make_lines<Lazy>, vector256::make_lines<Lazy>, vector512::make_lines<Lazy>)();
#else
  static constexpr LineSet chosen = base_isa::make_lines<Lazy>();
#endif
  return chosen;
}

/// A convolution of `batch` images of groups * in channels into groups * out.
struct LineGeometry {
  std::int64_t batch;
  std::int64_t groups;
  std::int64_t in;
  std::int64_t out;
  std::int64_t in_length;
  std::int64_t out_length;
  std::int64_t taps;
  std::int64_t stride;
  std::int64_t pad;
  std::int64_t dilation;

  std::int64_t row_blocks(std::int64_t rows) const noexcept { return ceil_div(out, rows); }
  /// Elements of the packed weights.
  std::int64_t packed(std::int64_t rows) const noexcept { return groups * row_blocks(rows) * taps * in * rows; }
};

inline constexpr std::int64_t kLeastDepth = 32;  // terms of a result from which copying what it sees pays
inline constexpr std::int64_t kLeastLine = 16;   // results from which the vectors along them pay

/// Whether the kernels here are the ones to take.
inline bool is_line(const LineGeometry& g) noexcept {
  return g.in * g.taps >= kLeastDepth && g.out > 4 && g.out_length >= kLeastLine;
}

/// Packs weight[groups * out, in, taps] as [group][block of rows][tap][in][rows], the last block filled up with zeros.
inline void pack_line_weights(const LineGeometry& g, std::int64_t rows, const float* weight, float* packed) {
  const std::int64_t depth = g.in * g.taps;
  parallel_for(g.groups * g.row_blocks(rows), task_grain(4 * rows * depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % g.row_blocks(rows) * rows;
      const float* const source = weight + (i / g.row_blocks(rows) * g.out + first) * depth;
      float* to = packed + i * depth * rows;
      for (std::int64_t tap = 0; tap < g.taps; ++tap) {
        for (std::int64_t c = 0; c < g.in; ++c, to += rows) {
          for (std::int64_t r = 0; r < rows; ++r)
            to[r] = first + r < g.out ? source[r * depth + c * g.taps + tap] : 0.0f;
        }
      }
    }
  });
}

/// Where the taps find their input: windows of `length` results, one after the other, each with a row a channel.
class LineWindows {
 public:
  LineWindows(const LineGeometry& g, std::int64_t length) : g_(g), starts_(g.taps), offsets_(g.taps) {
    const std::int64_t reach = (g.taps - 1) * g.dilation;
    const std::int64_t shared = length + reach / g.stride + 1;
    const bool apart = g.taps * length < std::min(g.stride, g.taps) * shared;
    row_ = ceil_div(apart ? length : shared, LineSet::kMostRows * 2) * LineSet::kMostRows * 2 + kSlack;
    for (std::int64_t tap = 0; tap < g.taps; ++tap) {
      const std::int64_t position = tap * g.dilation;
      const std::int64_t start = apart ? position : position % g.stride;
      std::int64_t window = 0;
      while (window < count_ && starts_[window] != start)
        ++window;
      if (window == count_)
        starts_[count_++] = start;
      offsets_[tap] = window * g.in * row_ + (apart ? 0 : position / g.stride);
    }
  }

  std::int64_t row() const noexcept { return row_; }
  std::int64_t size() const noexcept { return count_ * g_.in * row_; }
  const std::int64_t* offsets() const noexcept { return offsets_.data(); }

  /// Fills the windows for the results from `first` on.
  void fill(const float* image, std::int64_t first, float* windows) const noexcept {
    for (std::int64_t w = 0; w < count_; ++w) {
      const std::int64_t start = first * g_.stride + starts_[w] - g_.pad;
      // Elements [low, high) of a row lie in the image.
      const std::int64_t low = std::min(row_, start >= 0 ? 0 : ceil_div(-start, g_.stride));
      const std::int64_t high =
          std::max(low, start >= g_.in_length ? 0 : std::min(row_, ceil_div(g_.in_length - start, g_.stride)));
      for (std::int64_t c = 0; c < g_.in; ++c, windows += row_) {
        const float* const source = image + c * g_.in_length + (low < high ? start + low * g_.stride : 0);
        std::fill(windows, windows + low, 0.0f);
        if (g_.stride == 1) {
          std::copy_n(source, high - low, windows + low);
        } else {
          for (std::int64_t i = low; i < high; ++i)
            windows[i] = source[(i - low) * g_.stride];
        }
        std::fill(windows + high, windows + row_, 0.0f);
      }
    }
  }

 private:
  static constexpr std::int64_t kSlack = 16;  // rows a power of two apart would share their places in a cache

  const LineGeometry& g_;
  Scratch<std::int64_t> starts_;
  Scratch<std::int64_t> offsets_;
  std::int64_t count_ = 0;
  std::int64_t row_ = 0;
};

/// out = activation(convolution + bias + residual); `packed` holds the weights for `line_kernels<>().rows`.
template <class Lazy = void>
void convolve_lines(const LineGeometry& g, const float* image, const float* packed, const float* bias,
                    const float* residual, const Activation& activation, float* out) {
  constexpr std::int64_t kLength = 192;                // results of a task: a multiple of the columns of all tiles
  constexpr std::int64_t kWindowElements = 96 * 1024;  // of a task, at most: they stay in cache
  constexpr std::int64_t kManyTasks = 8;               // from here on tasks take all output channels
  constexpr std::int64_t kRowsOfTask = 64;
  const LineSet& set = line_kernels<>();
  const std::int64_t columns = 3 * set.lanes;
  const std::int64_t depth = g.in * g.taps;
  const bool plain = residual == nullptr && activation.kind == ActivationKind::none;  // sums are results
  std::int64_t length = kLength;
  while (length > LineSet::kMostColumns && (depth * length > kWindowElements || length >= 2 * g.out_length))
    length /= 2;
  const LineWindows windows(g, length);
  const std::int64_t pieces = ceil_div(g.out_length, length);
  const std::int64_t images = g.batch * g.groups;
  const std::int64_t blocks = g.row_blocks(set.rows);
  const std::int64_t blocks_of_task = images * pieces >= kManyTasks ? blocks : kRowsOfTask / set.rows;
  const std::int64_t shares = ceil_div(blocks, blocks_of_task);
  const std::int64_t work = std::min(length, g.out_length) * depth * std::min(blocks, blocks_of_task) * set.rows;
  parallel_for(images * pieces * shares, task_grain(work), [&](std::int64_t begin, std::int64_t end) {
    const Scratch<float> input(windows.size() + LineSet::kMostColumns);
    std::fill_n(input.data() + windows.size(), LineSet::kMostColumns, 0.0f);
    alignas(64) float sums[LineSet::kMostRows * LineSet::kMostColumns];
    std::int64_t filled = -1;
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t piece = task / shares;
      const std::int64_t index = piece / pieces;
      const std::int64_t first = piece % pieces * length;
      if (filled != piece) {
        windows.fill(image + index * g.in * g.in_length, first, input.data());
        filled = piece;
      }
      const std::int64_t group = index % g.groups;
      const std::int64_t offset = index * g.out * g.out_length;
      Destination<float> to;
      to.data = out + offset;
      to.row = g.out_length;
      to.residual = residual == nullptr ? nullptr : residual + offset;
      to.activation = activation;
      const std::int64_t first_block = task % shares * blocks_of_task;
      const std::int64_t last_block = std::min(blocks, first_block + blocks_of_task);
      const std::int64_t last = std::min(length, g.out_length - first);
      for (std::int64_t t = 0; t < last; t += columns) {
        const std::int64_t count = std::min(columns, last - t);
        const LineSet::Tile tile = set.tile[ceil_div(count, set.lanes) - 1];
        for (std::int64_t block = first_block; block < last_block; ++block) {
          const std::int64_t row = block * set.rows;
          const std::int64_t rows = std::min(set.rows, g.out - row);
          float start[LineSet::kMostRows] = {};
          if (bias != nullptr) {
            std::copy_n(bias + group * g.out + row, rows, start);
          }
          const bool direct = plain && rows == set.rows && count % set.lanes == 0;
          float* const target = direct ? to.data + row * g.out_length + first + t : sums;
          tile(input.data() + t, windows.row(), windows.offsets(), g.taps, g.in,
               packed + (group * blocks + block) * depth * set.rows, start, target, direct ? g.out_length : columns);
          if (!direct) {
            finish_block(sums, columns, row, rows, first + t, count, to);
          }
        }
      }
    }
  });
}

#define TS2CPP_LINE_PARTS(TEMPLATE)                                                                               \
  TEMPLATE const LineSet& line_kernels<void>() noexcept;                                                          \
  TEMPLATE void convolve_lines<void>(const LineGeometry&, const float*, const float*, const float*, const float*, \
                                     const Activation&, float*);
TS2CPP_COMPILED(TS2CPP_LINE_PARTS)

}  // namespace ts2cpp::kernels
