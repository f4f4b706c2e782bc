// Recurrent cells and the loop over a sequence, with plain weights (float and double) and with packed ones (float).
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/kernels/gemv.hpp>
#include <ts2cpp/kernels/vectors.hpp>
#include <ts2cpp/lockstep.hpp>
#include <ts2cpp/math.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

namespace ts2cpp::kernels {

enum class Cell : std::uint8_t { tanh, relu, gru, lstm };

constexpr std::int64_t gate_count(Cell cell) noexcept { return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1; }

/// `n` units of one sample in one step. `from_input` and `from_hidden` are the two linear maps (biases included), the
/// gates of a unit `stride` apart; `hidden` and `cell` are the old state (the latter for LSTM only), which the new one
/// may overwrite.
template <class T>
TS2CPP_ALWAYS_INLINE void cell_units(Cell kind, std::int64_t n, std::int64_t stride, const T* from_input,
                                     const T* from_hidden, const T* hidden, const T* cell, T* new_hidden,
                                     T* new_cell) noexcept {
  const T* const a = from_input;
  const T* const b = from_hidden;
  switch (kind) {
    case Cell::tanh:
      TS2CPP_INDEPENDENT_ITERATIONS
      for (std::int64_t i = 0; i < n; ++i)
        new_hidden[i] = math::tanh(a[i] + b[i]);
      return;
    case Cell::relu:
      TS2CPP_INDEPENDENT_ITERATIONS
      for (std::int64_t i = 0; i < n; ++i)
        new_hidden[i] = math::relu(a[i] + b[i]);
      return;
    case Cell::gru:
      TS2CPP_INDEPENDENT_ITERATIONS
      for (std::int64_t i = 0; i < n; ++i) {
        const T reset = math::sigmoid(a[i] + b[i]);
        const T update = math::sigmoid(a[stride + i] + b[stride + i]);
        const T candidate = math::tanh(a[2 * stride + i] + reset * b[2 * stride + i]);
        new_hidden[i] = (hidden[i] - candidate) * update + candidate;
      }
      return;
    case Cell::lstm:
      TS2CPP_INDEPENDENT_ITERATIONS
      for (std::int64_t i = 0; i < n; ++i) {
        const T input = math::sigmoid(a[i] + b[i]);
        const T forget = math::sigmoid(a[stride + i] + b[stride + i]);
        const T candidate = math::tanh(a[2 * stride + i] + b[2 * stride + i]);
        const T output = math::sigmoid(a[3 * stride + i] + b[3 * stride + i]);
        const T state = forget * cell[i] + input * candidate;
        new_cell[i] = state;
        new_hidden[i] = output * math::tanh(state);
      }
      return;
  }
}

/// to[rows, outputs] = x[rows, inputs] weight[outputs, inputs]^T + bias, all contiguous; bias may be null.
template <class T>
void linear_rows(const T* x, std::int64_t rows, std::int64_t inputs, const T* weight, std::int64_t outputs,
                 const T* bias, T* to) {
  Destination<T> destination;
  destination.data = to;
  destination.row = outputs;
  destination.col_bias = bias;
  gemm<T>(rows, outputs, inputs, {x, inputs, 1}, {weight, 1, inputs}, destination);
}

/// The weights of one layer in one direction; biases may be null, `projection` [projected, hidden] too.
template <class T>
struct RecurrentWeights {
  const T* input;
  const T* hidden;
  const T* input_bias;
  const T* hidden_bias;
  const T* projection;
};

struct RecurrentSizes {
  std::int64_t steps;
  std::int64_t batch;
  std::int64_t inputs;
  std::int64_t hidden;
  std::int64_t outputs;  // of the state h: `hidden`, or fewer with a projection
};

/// The kernels of recurrent.inc for one instruction set.
struct RecurrentSet {
  using Product = void (*)(const float* x, std::int64_t x_row, const float* block, std::int64_t depth,
                           const float* start, std::int64_t start_row, float* sums, std::int64_t sums_row) noexcept;
  using Units = void (*)(Cell kind, std::int64_t n, std::int64_t stride, const float* from_input,
                         const float* from_hidden, const float* hidden, const float* cell, float* new_hidden,
                         float* new_cell) noexcept;

  static constexpr std::int64_t kMostRows = 6;
  static constexpr std::int64_t kMostLanes = 16;
  static constexpr std::int64_t kMostVectors = 4;

  std::int64_t lanes;
  std::int64_t rows;              ///< of the tallest product
  Product product[kMostRows][2];  ///< [rows - 1][vectors - 3]
  Units units;                    ///< cell_units

  /// How many of `left` rows to take at once: about as many each time.
  std::int64_t next_rows(std::int64_t left) const noexcept {
    return left <= rows ? left : ceil_div(left, ceil_div(left, rows));
  }
};

}  // namespace ts2cpp::kernels

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/recurrent.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS

namespace ts2cpp::kernels {

template <class Lazy = void>
const RecurrentSet& recurrent_kernels() noexcept {
#if TS2CPP_RUNTIME_DISPATCH
  static const RecurrentSet chosen =
      for_processor(base_isa::make_recurrent<Lazy>, vector256::make_recurrent<Lazy>, vector512::make_recurrent<Lazy>)();
#else
  static constexpr RecurrentSet chosen = base_isa::make_recurrent<Lazy>();
#endif
  return chosen;
}

/// How the rows of a weight matrix become blocks of vectors: with `gates` > 1 a block has one vector of units a gate,
/// else four vectors of units.
struct RecurrentBlocks {
  std::int64_t gates;
  std::int64_t units;  // of each gate
  std::int64_t lanes;

  std::int64_t vectors() const noexcept { return gates > 1 ? gates : RecurrentSet::kMostVectors; }
  std::int64_t width() const noexcept { return vectors() * lanes; }
  std::int64_t block_units() const noexcept { return gates > 1 ? lanes : width(); }
  std::int64_t count() const noexcept { return ceil_div(units, block_units()); }
  std::int64_t padded() const noexcept { return count() * block_units(); }
  std::int64_t packed(std::int64_t depth) const noexcept { return count() * depth * width(); }
};

/// Packs weight[gates * units, depth] as [block][depth][width], with zeros where there is no unit, or no weight (null).
inline void pack_recurrent(const RecurrentBlocks& blocks, const float* weight, std::int64_t depth, float* packed) {
  const std::int64_t width = blocks.width();
  const std::int64_t lanes = blocks.lanes;
  parallel_for(blocks.count(), task_grain(4 * width * depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      for (std::int64_t v = 0; v < blocks.vectors(); ++v) {
        const std::int64_t unit = blocks.gates > 1 ? block * lanes : (block * blocks.vectors() + v) * lanes;
        const std::int64_t row = blocks.gates > 1 ? v * blocks.units + unit : unit;
        const std::int64_t count = weight == nullptr ? 0 : std::clamp<std::int64_t>(blocks.units - unit, 0, lanes);
        float* const to = packed + block * depth * width + v * lanes;
        if (count > 0) {
          transpose(weight + row * depth, depth, to, width, depth, count);
        }
        for (std::int64_t k = 0; k < depth && count < lanes; ++k)
          std::fill(to + k * width + count, to + k * width + lanes, 0.0f);
      }
    }
  });
}

/// to[rows, blocks, width] = start[blocks, width] + x[rows, depth] * packed.
inline void project_inputs(const RecurrentBlocks& blocks, const float* x, std::int64_t rows, std::int64_t depth,
                           const float* packed, const float* start, float* to) {
  constexpr std::int64_t kMostRows = 96;  // of a task, which keep a block in cache
  constexpr std::int64_t kDepth = 128;    // of a block between two visits
  if (rows == 0) {
    return;
  }
  const RecurrentSet& set = recurrent_kernels<>();
  const std::int64_t width = blocks.width();
  const std::int64_t chunks = ceil_div(rows, kMostRows);
  const std::int64_t chunk = ceil_div(rows, chunks);
  const std::int64_t work = chunk * width * depth;
  const std::int64_t to_row = blocks.count() * width;
  parallel_for(blocks.count() * chunks, task_grain(work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t block = task / chunks;
      const std::int64_t first = task % chunks * chunk;
      const std::int64_t last = std::min(rows, first + chunk);
      for (std::int64_t k = 0; k == 0 || k < depth; k += kDepth) {
        for (std::int64_t row = first; row < last;) {
          const std::int64_t count = set.next_rows(last - row);
          float* const sums = to + row * to_row + block * width;
          set.product[count - 1][blocks.vectors() - 3](
              x + row * depth + k, depth, packed + (block * depth + k) * width, std::min(kDepth, depth - k),
              k == 0 ? start + block * width : sums, k == 0 ? 0 : to_row, sums, to_row);
          row += count;
        }
      }
    }
  });
}

/// The packed weights of one layer in one direction.
struct PackedRecurrent {
  RecurrentBlocks gates;
  RecurrentBlocks projection;
  const float* input;       // [blocks][inputs][width]
  const float* hidden;      // [blocks][outputs][width]
  const float* input_bias;  // [blocks][width], as is the other
  const float* hidden_bias;
  const float* projected;  // [blocks][hidden][width], or null
};

/// run_layer for float: the inputs of all steps are projected at once; then each step is a product with the packed
/// recurrent weights, a block of units after the other, and their gates at once. Threads share the units, each has its
/// part of the weights in its cache.
template <class Lazy = void>
void run_packed_layer(Cell kind, const RecurrentSizes& s, const PackedRecurrent& weights, const float* input, float* h,
                      float* c, bool reverse, float* out, std::int64_t out_step, std::int64_t out_row) {
  constexpr std::int64_t kSharedWork = 1 << 16;  // multiply-adds of a step that are worth a meeting of threads
  const RecurrentSet& set = recurrent_kernels<>();
  const RecurrentBlocks& gates = weights.gates;
  const std::int64_t width = gates.width();
  const std::int64_t lanes = gates.lanes;
  const std::int64_t per_block = gates.block_units();
  const std::int64_t row_width = gates.count() * width;
  const bool projects = weights.projected != nullptr;
  const std::int64_t state = projects ? weights.projection.padded() : gates.padded();  // of a sample
  const Scratch<float> from_input(s.steps * s.batch * row_width);
  const Scratch<float> states(2 * s.batch * state);
  const Scratch<float> cells(s.batch * gates.padded());
  const Scratch<float> wide(projects ? s.batch * gates.padded() : 0);
  std::fill_n(states.data(), 2 * s.batch * state, 0.0f);
  std::fill_n(cells.data(), s.batch * gates.padded(), 0.0f);
  for (std::int64_t b = 0; b < s.batch; ++b) {
    std::copy_n(h + b * s.outputs, s.outputs, states.data() + b * state);
    if (c != nullptr) {
      std::copy_n(c + b * s.hidden, s.hidden, cells.data() + b * gates.padded());
    }
  }
  project_inputs(gates, input, s.steps * s.batch, s.inputs, weights.input, weights.input_bias, from_input.data());

  const std::int64_t parts = s.batch * row_width * s.outputs < kSharedWork ? 1 : lockstep_parts(gates.count());
  const auto gate_units = [&](std::int64_t step, std::int64_t block) {
    alignas(64) float sums[RecurrentSet::kMostRows * RecurrentSet::kMostVectors * RecurrentSet::kMostLanes];
    const std::int64_t t = reverse ? s.steps - 1 - step : step;
    const float* const old = states.data() + (step % 2) * s.batch * state;
    float* const next = projects ? wide.data() : states.data() + (1 - step % 2) * s.batch * state;
    const std::int64_t next_row = projects ? gates.padded() : state;
    const std::int64_t unit = block * per_block;
    for (std::int64_t b0 = 0; b0 < s.batch;) {
      const std::int64_t rows = set.next_rows(s.batch - b0);
      const float* const start = from_input.data() + (t * s.batch + b0) * row_width + block * width;
      set.product[rows - 1][gates.vectors() - 3](old + b0 * state, state, weights.hidden + block * s.outputs * width,
                                                 s.outputs, weights.hidden_bias + block * width, 0, sums, width);
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t b = b0 + r;
        float* const to = next + b * next_row + unit;
        float* const cell = cells.data() + b * gates.padded() + unit;
        set.units(kind, per_block, lanes, start + r * row_width, sums + r * width, old + b * state + unit, cell, to,
                  cell);
      }
      b0 += rows;
    }
  };
  const auto project_units = [&](std::int64_t step, std::int64_t block) {
    const std::int64_t t = reverse ? s.steps - 1 - step : step;
    const RecurrentBlocks& blocks = weights.projection;
    float* const next = states.data() + (1 - step % 2) * s.batch * state;
    const std::int64_t unit = block * blocks.block_units();
    const std::int64_t valid = std::min(blocks.block_units(), s.outputs - unit);
    alignas(64) static constexpr float kZeros[RecurrentSet::kMostVectors * RecurrentSet::kMostLanes] = {};
    for (std::int64_t b = 0; b < s.batch;) {
      const std::int64_t rows = set.next_rows(s.batch - b);
      set.product[rows - 1][blocks.vectors() - 3](wide.data() + b * gates.padded(), gates.padded(),
                                                  weights.projected + block * s.hidden * blocks.width(), s.hidden,
                                                  kZeros, 0, next + b * state + unit, state);
      for (std::int64_t end = b + rows; b < end; ++b)
        std::copy_n(next + b * state + unit, valid, out + t * out_step + b * out_row + unit);
    }
  };
  // What a part has computed in a step, at once.
  const auto give_out = [&](std::int64_t step, std::int64_t part) {
    const std::int64_t t = reverse ? s.steps - 1 - step : step;
    const float* const next = states.data() + (1 - step % 2) * s.batch * state;
    const std::int64_t first = gates.count() * part / parts * per_block;
    const std::int64_t last = std::min(s.hidden, gates.count() * (part + 1) / parts * per_block);
    for (std::int64_t b = 0; b < s.batch; ++b)
      std::copy(next + b * state + first, next + b * state + last, out + t * out_step + b * out_row + first);
  };
  // Every other step goes through the units backwards: what was used last is still in the cache.
  const auto share = [parts](std::int64_t step, std::int64_t part, std::int64_t count, const auto& work) {
    const std::int64_t first = count * part / parts;
    const std::int64_t last = count * (part + 1) / parts;
    for (std::int64_t i = first; i < last; ++i)
      work(step, step % 2 == 0 ? i : last - 1 - (i - first));
  };
  if (projects) {
    run_in_lockstep(2 * s.steps, parts, [&](std::int64_t phase, std::int64_t part) {
      if (phase % 2 == 0) {
        share(phase / 2, part, gates.count(), gate_units);
      } else {
        share(phase / 2, part, weights.projection.count(), project_units);
      }
    });
  } else {
    run_in_lockstep(s.steps, parts, [&](std::int64_t step, std::int64_t part) {
      // What other threads have written of the state is fetched at once, not line by line.
      for (std::int64_t i = 0; i < s.batch * state && parts > 1; i += 16)
        TS2CPP_PREFETCH(states.data() + step % 2 * s.batch * state + i);
      share(step, part, gates.count(), gate_units);
      give_out(step, part);
    });
  }
  for (std::int64_t b = 0; b < s.batch; ++b) {
    std::copy_n(states.data() + (s.steps % 2 * s.batch + b) * state, s.outputs, h + b * s.outputs);
    if (c != nullptr) {
      std::copy_n(cells.data() + b * gates.padded(), s.hidden, c + b * s.hidden);
    }
  }
}

/// cell_units of all units of a layer.
template <class T>
void cell_step(Cell kind, std::int64_t n, const T* from_input, const T* from_hidden, const T* hidden, const T* cell,
               T* new_hidden, T* new_cell) noexcept {
  if constexpr (std::is_same_v<T, float>) {
    recurrent_kernels<>().units(kind, n, n, from_input, from_hidden, hidden, cell, new_hidden, new_cell);
  } else {
    cell_units(kind, n, n, from_input, from_hidden, hidden, cell, new_hidden, new_cell);
  }
}

/// One layer in one direction over input[steps, batch, inputs]. The state h[batch, outputs] and c[batch, hidden] are
/// updated in place; step t's h goes to out + t * out_step + sample * out_row.
template <class T>
void run_layer(Cell kind, const RecurrentSizes& s, const RecurrentWeights<T>& weights, const T* input, T* h, T* c,
               bool reverse, T* out, std::int64_t out_step, std::int64_t out_row) {
  const std::int64_t gates = gate_count(kind) * s.hidden;
  const Scratch<T> from_input(s.steps * s.batch * gates);
  const Scratch<T> from_hidden(s.batch * gates);
  const Scratch<T> wide(s.batch * s.hidden);
  linear_rows(input, s.steps * s.batch, s.inputs, weights.input, gates, weights.input_bias, from_input.data());
  for (std::int64_t step = 0; step < s.steps; ++step) {
    const std::int64_t t = reverse ? s.steps - 1 - step : step;
    linear_rows(h, s.batch, s.outputs, weights.hidden, gates, weights.hidden_bias, from_hidden.data());
    T* const next = weights.projection == nullptr ? h : wide.data();
    for (std::int64_t b = 0; b < s.batch; ++b) {
      cell_step(kind, s.hidden, from_input.data() + (t * s.batch + b) * gates, from_hidden.data() + b * gates,
                next + b * s.hidden, c == nullptr ? nullptr : c + b * s.hidden, next + b * s.hidden,
                c == nullptr ? nullptr : c + b * s.hidden);
    }
    if (weights.projection != nullptr) {
      linear_rows(wide.data(), s.batch, s.hidden, weights.projection, s.outputs, static_cast<const T*>(nullptr), h);
    }
    for (std::int64_t b = 0; b < s.batch; ++b) {
      std::copy_n(h + b * s.outputs, s.outputs, out + t * out_step + b * out_row);
    }
  }
}

#define TS2CPP_RECURRENT_PARTS(TEMPLATE)                                                                          \
  TEMPLATE const RecurrentSet& recurrent_kernels<void>() noexcept;                                                \
  TEMPLATE void run_packed_layer<void>(Cell, const RecurrentSizes&, const PackedRecurrent&, const float*, float*, \
                                       float*, bool, float*, std::int64_t, std::int64_t);
TS2CPP_COMPILED(TS2CPP_RECURRENT_PARTS)

}  // namespace ts2cpp::kernels

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
