// Taking images apart into sliding blocks, and adding blocks up to images: im2col and col2im.
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <cstring>
#include <string>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/shape.hpp>

namespace ts2cpp {
namespace detail {

using Extent = std::array<std::int64_t, 2>;

inline Extent pair_of(const char* name, IntSpan values) {
  if (values.size() != 2) {
    raise("RuntimeError", {"It is expected ", name, " equals to 2, but got size ", values.size()});
  }
  return {values[0], values[1]};
}

inline std::string pair_text(const Extent& pair) {
  return "(" + std::to_string(pair[0]) + ", " + std::to_string(pair[1]) + ")";
}

/// RuntimeError unless both values are at least `least`; `label` is what they are called one by one.
inline void require_least(std::int64_t least, const char* rule, const char* label, const Extent& values) {
  if (values[0] < least || values[1] < least) {
    raise("RuntimeError", {rule, ", but got ", label, "_height: ", values[0], " ", label, "_width: ", values[1]});
  }
}

/// How often a block fits into n + 2 * padding at steps of `stride`, less than one included. What does not fit into an
/// int64 becomes the nearest number that does.
inline std::int64_t block_count(std::int64_t n, std::int64_t padding, std::int64_t dilation, std::int64_t kernel,
                                std::int64_t stride) {
  std::int64_t width = 0;
  std::int64_t block = 0;
  if (__builtin_mul_overflow(padding, std::int64_t{2}, &width) || __builtin_add_overflow(width, n, &width)) {
    width = INT64_MAX;
  }
  if (__builtin_mul_overflow(dilation, kernel - 1, &block)) {
    block = INT64_MAX;
  }
  std::int64_t reach = 0;
  if (__builtin_sub_overflow(width, block, &reach) || __builtin_sub_overflow(reach, std::int64_t{1}, &reach)) {
    reach = -INT64_MAX;
  }
  const std::int64_t steps = reach / stride - (reach % stride < 0 ? 1 : 0);
  return steps == INT64_MAX ? steps : steps + 1;
}

/// How blocks lie in an image.
struct Blocks {
  Extent size{};
  Extent kernel{};
  Extent dilation{};
  Extent padding{};
  Extent stride{};
  Extent count{};

  Blocks(const Extent& image, IntSpan kernel_size, IntSpan dilations, IntSpan paddings, IntSpan strides,
         bool stride_first)
      : size(image),
        kernel(pair_of("kernel_size", kernel_size)),
        dilation(pair_of("dilation", dilations)),
        padding(pair_of("padding", paddings)),
        stride(pair_of("stride", strides)) {
    require_least(1, "kernel size should be greater than zero", "kernel", kernel);
    if (stride_first) {
      require_least(1, "stride should be greater than zero", "stride", stride);
    }
    require_least(1, "dilation should be greater than zero", "dilation", dilation);
    require_least(0, "padding should be non-negative", "pad", padding);
    require_least(1, "stride should be greater than zero", "stride", stride);
  }

  /// Counts the blocks in `size`.
  void measure() {
    for (std::size_t d = 0; d < 2; ++d) {
      count[d] = block_count(size[d], padding[d], dilation[d], kernel[d], stride[d]);
    }
  }

  std::string given_text() const {
    return "Given output_size=" + pair_text(size) + ", kernel_size=" + pair_text(kernel) +
           ", dilation=" + pair_text(dilation) + ", padding=" + pair_text(padding) + ", stride=" + pair_text(stride) +
           ", ";
  }

  /// Calls visit(column index in a plane's block matrix, offset in the plane or -1) for all of them.
  template <class Visit>
  void each(const Visit& visit_one) const {
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < kernel[0]; ++i) {
      for (std::int64_t j = 0; j < kernel[1]; ++j) {
        for (std::int64_t y = 0; y < count[0]; ++y) {
          const std::int64_t row = y * stride[0] - padding[0] + i * dilation[0];
          for (std::int64_t x = 0; x < count[1]; ++x) {
            const std::int64_t column = x * stride[1] - padding[1] + j * dilation[1];
            const bool inside = row >= 0 && row < size[0] && column >= 0 && column < size[1];
            visit_one(at++, inside ? row * size[1] + column : -1);
          }
        }
      }
    }
  }
};

inline void require_foldable(const char* kernel, DType dtype) {
  if (!is_floating_point(dtype) && !is_complex(dtype) && dtype != DType::bool_) {
    raise_no_kernel(kernel, dtype);
  }
}

}  // namespace detail

namespace ops {

/// [N, C, H, W] to [N, C * kernel, blocks].
inline Tensor im2col(const Tensor& self, IntSpan kernel_size, IntSpan dilation, IntSpan padding, IntSpan stride) {
  detail::Blocks blocks({}, kernel_size, dilation, padding, stride, false);
  if (self.dim() < 3) {
    wrap_dim(self.dim() < 2 ? 1 : 2, self.dim());
  }
  bool fits = self.dim() == 3 || self.dim() == 4;
  for (std::int64_t d = self.dim() - 3; fits && d < self.dim(); ++d) {
    fits = self.sizes()[d] != 0;
  }
  if (!fits) {
    raise("RuntimeError",
          {"Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
           "but got: ",
           self.sizes()});
  }
  blocks.size = {self.size(-2), self.size(-1)};
  blocks.measure();
  if (blocks.count[0] < 1 || blocks.count[1] < 1) {
    raise("RuntimeError",
          {"Given input with spatial size ", detail::pair_text(blocks.size),
           ", kernel_size=", detail::pair_text(blocks.kernel), ", dilation=", detail::pair_text(blocks.dilation),
           ", padding=", detail::pair_text(blocks.padding), ", calculated shape of the array of sliding blocks as ",
           detail::pair_text(blocks.count), ", but its components must be at least one."});
  }
  checked_numel({self.dim() == 4 ? self.size(0) : 1, self.size(-3), blocks.kernel[0], blocks.kernel[1], blocks.count[0],
                 blocks.count[1]});
  detail::require_foldable("im2col_out_cpu", self.dtype());
  const Tensor in = contiguous(self);
  const std::int64_t area = blocks.kernel[0] * blocks.kernel[1];
  const std::int64_t positions = blocks.count[0] * blocks.count[1];
  DimVector sizes{self.size(-3) * area, positions};
  if (self.dim() == 4) {
    sizes.insert(0, self.size(0));
  }
  const Tensor out = Tensor::empty(sizes, self.dtype());
  const auto itemsize = static_cast<std::size_t>(self.itemsize());
  const std::int64_t plane = blocks.size[0] * blocks.size[1];
  const std::int64_t planes = in.numel() / plane;
  char* const target = out.data_ptr<char>();
  const char* const source = in.data_ptr<char>();
  std::memset(target, 0, static_cast<std::size_t>(out.numel()) * itemsize);
  blocks.each([&](std::int64_t at, std::int64_t offset) {
    for (std::int64_t p = 0; offset >= 0 && p < planes; ++p) {
      std::memcpy(target + static_cast<std::size_t>(p * area * positions + at) * itemsize,
                  source + static_cast<std::size_t>(p * plane + offset) * itemsize, itemsize);
    }
  });
  return out;
}

/// [N, C * kernel, blocks] to [N, C, H, W]: blocks that overlap add up.
template <class Lazy = void>
Tensor col2im(const Tensor& self, IntSpan output_size, IntSpan kernel_size, IntSpan dilation, IntSpan padding,
              IntSpan stride) {
  detail::Blocks blocks(detail::pair_of("output_size", output_size), kernel_size, dilation, padding, stride, true);
  if ((self.dim() != 2 && self.dim() != 3) || self.size(-1) == 0 || self.size(-2) == 0) {
    raise("RuntimeError",
          {"Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
           "input, but got: ",
           self.sizes()});
  }
  std::int64_t area = 0;
  if (__builtin_mul_overflow(blocks.kernel[0], blocks.kernel[1], &area)) {
    raise("RuntimeError", {"Given kernel_width = ", blocks.kernel[1], " and kernel_height = ", blocks.kernel[0],
                           " the product of kernel_width and kernel_height overflowed."});
  }
  if (self.size(-2) % area != 0) {
    raise("RuntimeError",
          {"Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=",
           self.size(-2), " and kernel_size=", detail::pair_text(blocks.kernel), "."});
  }
  blocks.measure();
  std::int64_t positions = 0;
  if (__builtin_mul_overflow(blocks.count[0], blocks.count[1], &positions) || self.size(-1) != positions) {
    raise(
        "RuntimeError",
        {blocks.given_text(), "expected size of input's dimension 2 to match the calculated number of sliding blocks ",
         blocks.count[0], " * ", blocks.count[1], " = ", positions, ", but got input.size(2)=", self.size(-1), "."});
  }
  if (blocks.count[0] < 1 || blocks.count[1] < 1) {
    raise("RuntimeError", {blocks.given_text(), "calculated shape of the array of sliding blocks as ",
                           detail::pair_text(blocks.count), ", which is too small (non-positive)"});
  }
  if (blocks.size[0] < 1 || blocks.size[1] < 1) {
    raise("RuntimeError",
          {"Expected output spatial size to be positive, but got: output_size=", detail::pair_text(blocks.size), "."});
  }
  detail::require_foldable("col2im_out_cpu", self.dtype());
  const DType dtype = detail::compute_dtype(self.dtype());
  const Tensor in = detail::contiguous_copy(self, dtype);
  DimVector sizes{self.size(-2) / area, blocks.size[0], blocks.size[1]};
  if (self.dim() == 3) {
    sizes.insert(0, self.size(0));
  }
  const Tensor out = Tensor::empty(sizes, dtype);
  const std::int64_t plane = blocks.size[0] * blocks.size[1];
  const std::int64_t planes = plane == 0 ? 0 : out.numel() / plane;
  detail::visit(detail::TypeList<float, double, bool, complex64, complex128>{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const target = out.template data_ptr<T>();
    const T* const source = in.template data_ptr<T>();
    std::fill(target, target + out.numel(), T(0));
    blocks.each([&](std::int64_t at, std::int64_t offset) {
      for (std::int64_t p = 0; offset >= 0 && p < planes; ++p) {
        T& place = target[p * plane + offset];
        place = math::add(place, source[p * area * positions + at]);
      }
    });
  });
  return detail::to_dtype(out, self.dtype(), false);
}

}  // namespace ops
}  // namespace ts2cpp
