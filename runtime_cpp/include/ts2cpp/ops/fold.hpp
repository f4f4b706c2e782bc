// Taking images apart into sliding blocks, and adding blocks up to images: im2col and col2im.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/shape.hpp>

namespace ts2cpp {
namespace detail {

using Extent = std::array<std::int64_t, 2>;

inline Extent pair_of(IntSpan values) {
  if (values.size() != 1 && values.size() != 2) {
    raise("RuntimeError", "expected one or two values, got " + std::to_string(values.size()));
  }
  return {values[0], values.size() == 1 ? values[0] : values[1]};
}

inline std::string pair_text(const Extent& pair) {
  return "(" + std::to_string(pair[0]) + ", " + std::to_string(pair[1]) + ")";
}

/// How blocks lie in an image.
struct Blocks {
  Extent size{};
  Extent kernel{};
  Extent dilation{};
  Extent padding{};
  Extent stride{};
  Extent count{};

  Blocks(const Extent& image, IntSpan kernel_size, IntSpan dilations, IntSpan paddings, IntSpan strides)
      : size(image),
        kernel(pair_of(kernel_size)),
        dilation(pair_of(dilations)),
        padding(pair_of(paddings)),
        stride(pair_of(strides)) {
    for (std::size_t d = 0; d < 2; ++d) {
      if (stride[d] <= 0 || dilation[d] <= 0 || kernel[d] <= 0) {
        raise("RuntimeError", "kernel size, dilation and stride should be greater than zero");
      }
      const std::int64_t reach = size[d] + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1;
      count[d] = (reach >= 0 ? reach / stride[d] : -((-reach + stride[d] - 1) / stride[d])) + 1;
    }
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

}  // namespace detail

namespace ops {

/// [N, C, H, W] to [N, C * kernel, blocks].
inline Tensor im2col(const Tensor& self, IntSpan kernel_size, IntSpan dilation, IntSpan padding, IntSpan stride) {
  bool fits = self.dim() == 3 || self.dim() == 4;
  for (std::int64_t d = self.dim() - 3; fits && d < self.dim(); ++d) {
    fits = self.sizes()[d] != 0;
  }
  if (!fits) {
    raise("RuntimeError", "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got: " +
                              to_string(self.sizes()));
  }
  const detail::Blocks blocks({self.size(-2), self.size(-1)}, kernel_size, dilation, padding, stride);
  if (blocks.count[0] < 1 || blocks.count[1] < 1) {
    raise("RuntimeError", "Given input with spatial size " + detail::pair_text(blocks.size) + ", kernel_size=" +
                              detail::pair_text(blocks.kernel) + ", dilation=" + detail::pair_text(blocks.dilation) +
                              ", padding=" + detail::pair_text(blocks.padding) +
                              ", calculated shape of the array of sliding blocks as " +
                              detail::pair_text(blocks.count) + ", but its components must be at least one.");
  }
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
  if (self.dim() != 2 && self.dim() != 3) {
    raise("RuntimeError",
          "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
          "input, but got: " +
              to_string(self.sizes()));
  }
  const detail::Blocks blocks(detail::pair_of(output_size), kernel_size, dilation, padding, stride);
  const std::int64_t area = blocks.kernel[0] * blocks.kernel[1];
  const std::int64_t positions = blocks.count[0] * blocks.count[1];
  if (self.size(-2) % area != 0) {
    raise("RuntimeError",
          "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=" +
              std::to_string(self.size(-2)) + " and kernel_size=" + detail::pair_text(blocks.kernel) + ".");
  }
  if (self.size(-1) != positions) {
    raise("RuntimeError",
          "Given output_size=" + detail::pair_text(blocks.size) + ", kernel_size=" + detail::pair_text(blocks.kernel) +
              ", dilation=" + detail::pair_text(blocks.dilation) + ", padding=" + detail::pair_text(blocks.padding) +
              ", stride=" + detail::pair_text(blocks.stride) +
              ", expected size of input's dimension 2 to match the calculated number of sliding "
              "blocks " +
              std::to_string(blocks.count[0]) + " * " + std::to_string(blocks.count[1]) + " = " +
              std::to_string(positions) + ", but got input.size(2)=" + std::to_string(self.size(-1)) + ".");
  }
  const DType dtype = detail::compute_dtype(self.dtype());
  const Tensor in = detail::contiguous_copy(self, dtype);
  DimVector sizes{self.size(-2) / area, blocks.size[0], blocks.size[1]};
  if (self.dim() == 3) {
    sizes.insert(0, self.size(0));
  }
  const Tensor out = Tensor::empty(sizes, dtype);
  const std::int64_t plane = blocks.size[0] * blocks.size[1];
  const std::int64_t planes = plane == 0 ? 0 : out.numel() / plane;
  detail::dispatch("col2im_out", detail::NumbersAndBool{}, dtype, [&](auto tag) {
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
