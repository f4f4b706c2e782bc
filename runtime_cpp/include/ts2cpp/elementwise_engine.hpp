// The one engine behind pointwise operators: broadcasting, conversion, layout, threads.
// An operator brings only a loop over contiguous elements of one type (elementwise.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <ts2cpp/convert.hpp>
#include <ts2cpp/copying.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/fused_loops.hpp>
#include <ts2cpp/kernels/simd.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/strided.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::detail {

/// An operand: a tensor or a number. Refers to its argument, so it is for the duration of a call.
struct Input {
  Input(const Tensor& operand) noexcept : tensor(&operand) {}
  Input(const Scalar& operand) noexcept : scalar(&operand) {}
  const Tensor* tensor = nullptr;
  const Scalar* scalar = nullptr;
};

/// What the engine is asked to do.
struct Elementwise {
  const char* name;                     // for messages
  DType compute;                        // the inputs are converted to this
  DType result;                         // dtype of the result (also of an in-place operator's arithmetic)
  const Tensor* destination = nullptr;  // the tensor that an in-place operator writes
};

/// Executes a plan whose operand 0 is the output. `dtypes` are those in memory, the kernel works on `compute` and
/// writes `kernel_out`.
struct ElementwiseRun {
  StridedPlan plan;
  std::array<DType, kMaxOperands> dtypes{};
  DType compute = DType::float32;
  DType kernel_out = DType::float32;
  Kernel kernel = nullptr;
  const void* context = nullptr;

  void operator()() const {
    if (plan.numel == 0) {
      return;
    }
    bool direct = dtypes[0] == kernel_out && plan.strides[0][0] == element_size(kernel_out);
    for (std::size_t k = 1; k < static_cast<std::size_t>(plan.operands); ++k) {
      direct = direct && dtypes[k] == compute && plan.strides[k][0] == element_size(compute);
    }
    parallel_for(plan.numel, kElementGrain, [&](std::int64_t begin, std::int64_t end) {
      if (direct) {
        plan.walk(begin, end, [&](char* const* pointers, std::int64_t n) {
          std::array<const void*, kMaxOperands> in{};
          std::copy(pointers + 1, pointers + plan.operands, in.begin());
          kernel(pointers[0], in.data(), n, context);
        });
      } else {
        run_tiled(begin, end);
      }
    });
  }

 private:
  /// Brings strided or converted operands into tiles, a few elements at a time.
  void run_tiled(std::int64_t begin, std::int64_t end) const {
    alignas(64) char tiles[kMaxOperands][kTileBytes];
    std::array<const char*, kMaxOperands> repeated{};  // the element that a tile is filled with
    std::array<std::int64_t, kMaxOperands> filled{};   // and how far
    const std::int64_t compute_size = element_size(compute);
    const std::int64_t out_size = element_size(kernel_out);
    const std::int64_t tile = kTileBytes / std::max(compute_size, out_size);
    plan.walk(begin, end, [&](char* const* pointers, std::int64_t n) {
      for (std::int64_t done = 0; done < n; done += tile) {
        const std::int64_t count = std::min(tile, n - done);
        std::array<const void*, kMaxOperands> in{};
        for (std::size_t k = 1; k < static_cast<std::size_t>(plan.operands); ++k) {
          const std::int64_t stride = plan.strides[k][0];
          const char* const source = pointers[k] + done * stride;
          in[k - 1] = tiles[k];
          if (dtypes[k] == compute && stride == compute_size) {
            in[k - 1] = source;
          } else if (stride != 0) {
            convert_strided(dtypes[k], source, stride, compute, tiles[k], compute_size, count);
          } else if (repeated[k] != source || filled[k] < count) {
            alignas(16) char element[16];
            convert_contiguous(dtypes[k], source, compute, element, 1);
            copy_strided(element, 0, tiles[k], compute_size, count, compute_size);
            repeated[k] = source;
            filled[k] = count;
          }
        }
        char* const target = pointers[0] + done * plan.strides[0][0];
        if (dtypes[0] == kernel_out && plan.strides[0][0] == out_size) {
          kernel(target, in.data(), count, context);
        } else {
          kernel(tiles[0], in.data(), count, context);
          convert_strided(kernel_out, tiles[0], out_size, dtypes[0], target, plan.strides[0][0], count);
        }
      }
    });
  }
};

/// The checks of `run_elementwise` on shapes and types alone; gives the shape of the result.
template <class Lazy = void>
DimVector check_operands(const Elementwise& call, Span<const Input> inputs) {
  DimVector shape;
  for (const Input& input : inputs) {
    if (input.tensor != nullptr) {
      shape = broadcast_sizes(shape, input.tensor->sizes());
    }
  }
  if (call.destination != nullptr) {
    check_destination(*call.destination, shape, call.result);
  }
  return shape;
}

/// An operand over blocks of channels: in blocks itself, or a value for each channel (or one for all).
struct BlockOperand {
  const float* elements = nullptr;  // in blocks; else `channel`
  const float* channel = nullptr;
  std::int64_t image_step = 0;  // of `channel`, from one image to the next
  std::int64_t step = 0;        // of `channel`, from one channel to the next
};

/// Whether `tensor` has one value for every channel of `blocks` (or one for all), and how they lie.
template <class Lazy = void>
bool channel_operand(const Tensor& tensor, const ChannelBlocks& blocks, BlockOperand& operand) {
  const IntSpan sizes = tensor.sizes();
  if (tensor.dtype() != DType::float32 || !tensor.is_contiguous() || sizes.size() > 4) {
    return false;
  }
  const auto from_end = [&](std::int64_t d) { return d <= sizes.size() ? sizes[sizes.size() - d] : 1; };
  const std::int64_t channels = from_end(3);
  const std::int64_t images = from_end(4);
  if (from_end(1) != 1 || from_end(2) != 1 || (channels != 1 && channels != blocks.channels) ||
      (images != 1 && images != blocks.batch)) {
    return false;
  }
  operand.channel = static_cast<const float*>(tensor.read_data());
  operand.step = channels == 1 ? 0 : 1;
  operand.image_step = images == 1 ? 0 : channels;
  return true;
}

/// The loop over some elements of a block at a time, for operands of which some have a value for each channel.
template <class Lazy = void>
void run_block_tiles(const ChannelBlocks& out, Span<const BlockOperand> operands, Kernel kernel, const void* context) {
  constexpr std::int64_t kElements = 1024;
  const std::int64_t pixels = std::max<std::int64_t>(1, kElements / out.block);
  const std::int64_t planes = out.batch * out.block_count();
  parallel_for(planes, std::max<std::int64_t>(1, kElementGrain / std::max<std::int64_t>(1, out.block_stride())),
               [&](std::int64_t begin, std::int64_t end) {
                 alignas(64) float tiles[kMaxOperands][kElements];
                 for (std::int64_t plane = begin; plane < end; ++plane) {
                   const std::int64_t first = plane % out.block_count() * out.block;
                   const std::int64_t tile = std::min(pixels, out.pixels()) * out.block;
                   for (std::int64_t k = 0; k < operands.size(); ++k) {
                     const BlockOperand& operand = operands[k];
                     for (std::int64_t i = 0; operand.channel != nullptr && i < tile; ++i) {
                       const std::int64_t channel = std::min(first + i % out.block, out.channels - 1);
                       tiles[k][i] =
                           operand.channel[plane / out.block_count() * operand.image_step + channel * operand.step];
                     }
                   }
                   for (std::int64_t p = 0; p < out.pixels(); p += pixels) {
                     const std::int64_t place = plane * out.block_stride() + p * out.block;
                     std::array<const void*, kMaxOperands> in{};
                     for (std::int64_t k = 0; k < operands.size(); ++k) {
                       in[static_cast<std::size_t>(k)] =
                           operands[k].channel != nullptr ? tiles[k] : operands[k].elements + place;
                     }
                     kernel(out.elements + place, in.data(), std::min(pixels, out.pixels() - p) * out.block, context);
                   }
                 }
               });
}

/// The float32 operator on elements in blocks of channels, without a change of layout; an undefined tensor when the
/// operands do not agree in it.
template <class Lazy = void>
Tensor run_in_blocks(const Elementwise& call, Span<const Input> inputs, Kernel kernel, const void* context) {
  const ChannelBlocks* blocks = nullptr;
  IntSpan sizes;
  for (const Input& input : inputs) {
    if (input.tensor != nullptr && blocks == nullptr) {
      blocks = blocks_of(*input.tensor);
      sizes = input.tensor->sizes();
    }
  }
  if (blocks == nullptr) {
    return Tensor();
  }
  std::array<BlockOperand, kMaxOperands> operands;
  std::array<float, kMaxOperands> numbers{};
  bool whole = true;
  for (std::int64_t k = 0; k < inputs.size(); ++k) {
    const auto slot = static_cast<std::size_t>(k);
    const Tensor* const tensor = inputs[k].tensor;
    if (tensor == nullptr) {
      store_scalar(*inputs[k].scalar, DType::float32, &numbers[slot]);
      operands[slot].channel = &numbers[slot];
      whole = false;
      continue;
    }
    const ChannelBlocks* const own = blocks_of(*tensor);
    if (own != nullptr && own->same_layout(*blocks) && tensor->sizes() == sizes) {
      operands[slot].elements = own->elements;
    } else if (own == nullptr && tensor->storage().in_blocks == nullptr && tensor->dim() <= sizes.size() &&
               channel_operand<Lazy>(*tensor, *blocks, operands[slot])) {
      whole = false;
    } else {
      return Tensor();
    }
  }
  Tensor out;
  if (call.destination != nullptr) {
    const ChannelBlocks* const own = blocks_of(*call.destination);
    if (own == nullptr || !own->same_layout(*blocks) || call.destination->sizes() != sizes) {
      return Tensor();
    }
    out = *call.destination;
  } else {
    out = Tensor::over(Storage::blocked(*blocks), sizes, DType::float32);
  }
  const ChannelBlocks& result = *out.storage().blocks();
  if (whole) {
    parallel_for(result.batch * result.image_stride(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
      std::array<const void*, kMaxOperands> in{};
      for (std::size_t k = 0; k < static_cast<std::size_t>(inputs.size()); ++k)
        in[k] = operands[k].elements + begin;
      kernel(result.elements + begin, in.data(), end - begin, context);
    });
  } else {
    run_block_tiles<Lazy>(result, Span<const BlockOperand>(operands.data(), inputs.size()), kernel, context);
  }
  result.clear_rest();
  return out;
}

/// The result where no arithmetic on dimensions is needed: contiguous tensors of the compute type and of one shape, and
/// numbers. Undefined where it is.
template <class Lazy = void>
Tensor run_flat(const Elementwise& call, Span<const Input> inputs, DType kernel_out, Kernel kernel,
                const void* context) {
  const Tensor* leader = nullptr;
  for (const Input& input : inputs) {
    if (input.tensor == nullptr) {
      continue;
    }
    if (input.tensor->dtype() != call.compute || !input.tensor->is_contiguous() ||
        input.tensor->storage().blocks() != nullptr ||
        (leader != nullptr && leader->sizes() != input.tensor->sizes())) {
      return {};
    }
    leader = input.tensor;
  }
  if (leader == nullptr || call.destination != nullptr || call.result != kernel_out) {
    return {};
  }
  const std::int64_t count = leader->numel();
  const std::int64_t compute_size = element_size(call.compute);
  const std::int64_t out_size = element_size(call.result);
  // Numbers are repeated in tiles.
  alignas(64) char tiles[kMaxOperands][kTileBytes];
  std::int64_t step = count;
  std::array<const char*, kMaxOperands> data{};
  std::array<bool, kMaxOperands> moves{};
  for (std::int64_t k = 0; k < inputs.size(); ++k) {
    const auto slot = static_cast<std::size_t>(k);
    if (inputs[k].tensor != nullptr) {
      data[slot] = static_cast<const char*>(inputs[k].tensor->read_data());
      moves[slot] = true;
      continue;
    }
    step = std::min(step, kTileBytes / compute_size);
    alignas(16) char number[16];
    store_scalar(*inputs[k].scalar, call.compute, number);
    copy_strided(number, 0, tiles[slot], compute_size, std::min(count, kTileBytes / compute_size), compute_size);
    data[slot] = tiles[slot];
  }
  Tensor out = Tensor::empty(leader->sizes(), call.result);
  char* const target = static_cast<char*>(out.raw_data());
  parallel_for(count, kElementGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += step) {
      std::array<const void*, kMaxOperands> in;
      for (std::size_t k = 0; k < static_cast<std::size_t>(inputs.size()); ++k) {
        in[k] = data[k] + (moves[k] ? first * compute_size : 0);
      }
      kernel(target + first * out_size, in.data(), std::min(step, end - first), context);
    }
  });
  return out;
}

/// Runs `kernel` over the broadcast inputs and returns the result (the destination of an in-place operator).
template <class Lazy = void>
Tensor run_elementwise(const Elementwise& call, Span<const Input> inputs, DType kernel_out, Kernel kernel,
                       const void* context) {
  if (Tensor simple = run_flat<Lazy>(call, inputs, kernel_out, kernel, context); simple.defined()) {
    return simple;
  }
  ElementwiseRun run;
  run.compute = call.compute;
  run.kernel_out = kernel_out;
  run.kernel = kernel;
  run.context = context;

  // The common case needs no arithmetic on dimensions: contiguous tensors of one shape, and single elements.
  const Tensor* leader = nullptr;
  bool flat = true;
  bool in_blocks = false;
  for (const Input& input : inputs) {
    in_blocks = in_blocks || (input.tensor != nullptr && input.tensor->storage().blocks() != nullptr);
    if (input.tensor == nullptr || (input.tensor->dim() == 0 && leader != nullptr)) {
      continue;
    }
    flat = flat && input.tensor->is_contiguous() &&
           (leader == nullptr || leader->dim() == 0 || leader->sizes() == input.tensor->sizes());
    if (leader == nullptr || leader->dim() == 0) {
      leader = input.tensor;
    }
  }
  if (in_blocks && call.compute == DType::float32 && call.result == DType::float32 && kernel_out == DType::float32) {
    Tensor result = run_in_blocks<Lazy>(call, inputs, kernel, context);
    if (result.defined()) {
      return result;
    }
  }
  DimVector shape;
  if (leader != nullptr) {
    shape = DimVector(leader->sizes());
  }
  for (const Input& input : inputs) {
    if (!flat && input.tensor != nullptr) {
      shape = broadcast_sizes(shape, input.tensor->sizes());
    }
  }
  if (call.destination != nullptr) {
    check_destination(*call.destination, shape, call.result);
    flat = flat && call.destination->is_contiguous();
  }

  // Numbers live here as elements of the compute type.
  alignas(16) char numbers[kMaxOperands][16];
  std::array<DimVector, kMaxOperands> layouts;  // strides in elements, per input
  std::array<Tensor, kMaxOperands> private_copies;
  for (std::int64_t k = 0; k < inputs.size(); ++k) {
    const auto slot = static_cast<std::size_t>(k);
    const Tensor* tensor = inputs[k].tensor;
    if (tensor == nullptr) {
      store_scalar(*inputs[k].scalar, call.compute, numbers[slot]);
      layouts[slot].resize(flat ? 1 : shape.size());
      run.dtypes[slot + 1] = call.compute;
      continue;
    }
    if (call.destination != nullptr && overlap(*call.destination, *tensor) == Overlap::partial) {
      if (call.destination->is_contiguous() && tensor->is_contiguous()) {
        raise("RuntimeError",
              "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
              "memory location. Please clone() the tensor before performing the operation.");
      }
      // Written elements would be read later: work on a copy of the input, as if all had been read first.
      private_copies[slot] = Tensor::empty(tensor->sizes(), tensor->dtype());
      copy_elements(private_copies[slot], *tensor);
      tensor = &private_copies[slot];
    }
    run.dtypes[slot + 1] = tensor->dtype();
    if (flat) {
      layouts[slot].resize(1, tensor->dim() == 0 && !shape.empty() ? 0 : 1);
    } else {
      layouts[slot] = broadcast_strides(tensor->sizes(), tensor->strides(), shape);
    }
  }

  Tensor out;
  DimVector order;
  if (call.destination != nullptr) {
    out = *call.destination;
    if (!flat) {
      const DimVector out_strides(out.strides());
      order = memory_order(shape, Span<const DimVector>(&out_strides, 1));
    }
  } else if (flat) {
    out = Tensor::empty(shape, call.result);
  } else {
    order = memory_order(shape, Span<const DimVector>(layouts.data(), inputs.size()));
    out = Tensor::empty_strided(shape, dense_strides(shape, order), call.result);
  }
  run.dtypes[0] = out.dtype();

  const auto to_bytes = [](DimVector strides, std::int64_t size) {
    for (std::int64_t& stride : strides) {
      stride *= size;
    }
    return strides;
  };
  run.plan.add(out.raw_data(), flat ? DimVector{out.itemsize()} : to_bytes(DimVector(out.strides()), out.itemsize()));
  for (std::int64_t k = 0; k < inputs.size(); ++k) {
    const auto slot = static_cast<std::size_t>(k);
    const Tensor* const tensor = private_copies[slot].defined() ? &private_copies[slot] : inputs[k].tensor;
    void* const data = tensor == nullptr ? static_cast<void*>(numbers[slot]) : const_cast<void*>(tensor->read_data());
    run.plan.add(data, to_bytes(std::move(layouts[slot]), element_size(run.dtypes[slot + 1])));
  }
  if (flat) {
    run.plan.set_flat(out.numel());
  } else {
    run.plan.arrange(shape, order);
  }
  run();
  return out;
}

#define TS2CPP_ELEMENTWISE_PARTS(TEMPLATE)                                        \
  TEMPLATE DimVector check_operands<void>(const Elementwise&, Span<const Input>); \
  TEMPLATE Tensor run_elementwise<void>(const Elementwise&, Span<const Input>, DType, Kernel, const void*);
TS2CPP_COMPILED(TS2CPP_ELEMENTWISE_PARTS)

}  // namespace ts2cpp::detail

TS2CPP_IEEE_ARITHMETIC_END

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
