// torchvision's deformable convolution.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail::deformable {

inline void expect(bool condition, const char* text) {
  if (!condition) {
    raise("RuntimeError", {"Expected ", text,
                           " to be true, but got false.  (Could this error message be improved?  If so, please "
                           "report an enhancement request to PyTorch.)"});
  }
}

inline void check(bool condition, const std::string& message) {
  if (!condition) {
    raise("RuntimeError", message);
  }
}

inline std::string pair(const char* open, std::int64_t a, const char* between, std::int64_t b, const char* close) {
  return open + std::to_string(a) + between + std::to_string(b) + close;
}

/// How many places a kernel has along one side; 0 or less if it has none.
inline std::int64_t places(std::int64_t extent, std::int64_t pad, std::int64_t dilation, std::int64_t kernel,
                           std::int64_t stride) {
  // In double, where no product of sizes overflows.
  const double room = static_cast<double>(extent) + 2.0 * static_cast<double>(pad) -
                      static_cast<double>(dilation) * static_cast<double>(kernel - 1) - 1.0;
  const double count = std::trunc(room / static_cast<double>(stride)) + 1.0;
  return count > 9e18 ? INT64_MAX : count < -9e18 ? INT64_MIN : static_cast<std::int64_t>(count);
}

/// The bilinear value of an image at (y, x); 0 outside, nan at nan.
template <class T>
T between(const T* image, std::int64_t height, std::int64_t width, T y, T x) {
  if (y <= T(-1) || y >= static_cast<T>(height) || x <= T(-1) || x >= static_cast<T>(width)) {
    return T(0);
  }
  if (std::isnan(y) || std::isnan(x)) {
    return std::numeric_limits<T>::quiet_NaN();
  }
  const T top = std::floor(y);
  const T left = std::floor(x);
  const auto row = static_cast<std::int64_t>(top);
  const auto column = static_cast<std::int64_t>(left);
  const T down = y - top;
  const T across = x - left;
  T total = 0;
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      if (row + i >= 0 && row + i < height && column + j >= 0 && column + j < width) {
        const T weight = (i == 0 ? T(1) - down : down) * (j == 0 ? T(1) - across : across);
        total += weight * image[(row + i) * width + column + j];
      }
    }
  }
  return total;
}

struct Geometry {
  std::int64_t kernel_h, kernel_w, out_h, out_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, groups;

  std::int64_t taps() const { return kernel_h * kernel_w; }
  std::int64_t area() const { return out_h * out_w; }
};

/// The values under every tap of the kernel at every place: (N, C * taps, out_h * out_w).
template <class T>
void sample(const Tensor& input, const Tensor& offset, const std::optional<Tensor>& mask, const Geometry& g,
            const Tensor& columns) {
  const std::int64_t channels = input.size(1);
  const std::int64_t height = input.size(2);
  const std::int64_t width = input.size(3);
  const std::int64_t taps = g.taps();
  const std::int64_t area = g.area();
  const std::int64_t share = channels / g.groups;
  parallel_for(input.size(0) * channels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      const std::int64_t image = at / channels;
      const std::int64_t group = image * g.groups + at % channels / share;
      const T* const pixels = input.data_ptr<T>() + at * height * width;
      const T* const moved = offset.data_ptr<T>() + group * taps * 2 * area;
      const T* const factors = mask ? mask->data_ptr<T>() + group * taps * area : nullptr;
      T* const out = columns.data_ptr<T>() + at * taps * area;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        for (std::int64_t place = 0; place < area; ++place) {
          const T y = static_cast<T>(place / g.out_w * g.stride_h - g.pad_h) +
                      static_cast<T>(tap / g.kernel_w * g.dilation_h) + moved[2 * tap * area + place];
          const T x = static_cast<T>(place % g.out_w * g.stride_w - g.pad_w) +
                      static_cast<T>(tap % g.kernel_w * g.dilation_w) + moved[(2 * tap + 1) * area + place];
          const T value = between(pixels, height, width, y, x);
          out[tap * area + place] = factors == nullptr ? value : factors[tap * area + place] * value;
        }
      }
    }
  });
}

}  // namespace detail::deformable

namespace ops {

/// Convolution whose points are moved by `offset` and weighted by `mask` (Dai et al., 2017; Zhu et al., 2019).
template <class Lazy = void>
Tensor deform_conv2d(const Tensor& input, const Tensor& weight, const Tensor& offset, const Tensor& mask,
                     const Tensor& bias, std::int64_t stride_h, std::int64_t stride_w, std::int64_t pad_h,
                     std::int64_t pad_w, std::int64_t dilation_h, std::int64_t dilation_w, std::int64_t groups,
                     std::int64_t offset_groups, bool use_mask) {
  namespace d = detail::deformable;
  d::expect(input.dim() == 4, "input_c.ndimension() == 4");
  d::expect(offset.dim() == 4, "offset_c.ndimension() == 4");
  d::expect(!use_mask || mask.dim() == 4, "!use_mask || mask_c.ndimension() == 4");
  d::expect(weight.dim() == 4, "weight_c.ndimension() == 4");
  const std::int64_t batch = input.size(0);
  const std::int64_t channels = input.size(1);
  const std::int64_t outputs = weight.size(0);
  const std::int64_t taps = weight.size(2) * weight.size(3);
  d::check(taps > 0, d::pair("weight_h: ", weight.size(2), " weight_w: ", weight.size(3), ""));
  d::check(stride_h > 0 && stride_w > 0, d::pair("stride_h: ", stride_h, " stride_w: ", stride_w, ""));
  d::check(pad_h >= 0 && pad_w >= 0, d::pair("pad_h: ", pad_h, " pad_w: ", pad_w, ""));
  d::check(dilation_h > 0 && dilation_w > 0, d::pair("dilation_h: ", dilation_h, " dilation_w: ", dilation_w, ""));
  const bool fits = weight.size(1) == 0 || (groups > -channels - 1 && groups <= channels);
  d::expect(fits && weight.size(1) * (weight.size(1) == 0 ? 0 : groups) == channels,
            "weight_c.size(1) * n_weight_grps == input_c.size(1)");
  d::expect(groups > 0 && outputs % groups == 0, "weight_c.size(0) % n_weight_grps == 0");
  const auto wanted = [&](std::int64_t each) {
    // In double: a group count of the caller's may be anything.
    return static_cast<double>(offset_groups) * static_cast<double>(each * taps);
  };
  const auto shown = [&](std::int64_t each) {
    return std::to_string(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(offset_groups) * static_cast<std::uint64_t>(each * taps)));
  };
  d::check(static_cast<double>(offset.size(1)) == wanted(2),
           "offset.shape[1] is not valid: got: " + std::to_string(offset.size(1)) + " expected: " + shown(2));
  d::check(
      !use_mask || static_cast<double>(mask.size(1)) == wanted(1),
      use_mask ? "mask.shape[1] is not valid: got: " + std::to_string(mask.size(1)) + " expected: " + shown(1) : "");
  d::expect(offset_groups > 0 && channels % offset_groups == 0, "input_c.size(1) % n_offset_grps == 0");
  d::check(offset.size(0) == batch, "invalid batch size of offset");
  const d::Geometry g{weight.size(2),
                      weight.size(3),
                      d::places(input.size(2), pad_h, dilation_h, weight.size(2), stride_h),
                      d::places(input.size(3), pad_w, dilation_w, weight.size(3), stride_w),
                      stride_h,
                      stride_w,
                      pad_h,
                      pad_w,
                      dilation_h,
                      dilation_w,
                      offset_groups};
  const std::string computed = d::pair(" - computed output dims: (", g.out_h, ", ", g.out_w, ")");
  d::check(offset.size(2) == g.out_h && offset.size(3) == g.out_w,
           d::pair("offset output dims: (", offset.size(2), ", ", offset.size(3), ")") + computed);
  d::check(mask.dim() > 0 && mask.size(0) == batch, "invalid batch size of mask");
  d::check(!use_mask || (mask.size(2) == g.out_h && mask.size(3) == g.out_w),
           use_mask ? d::pair("mask output dims: (", mask.size(2), ", ", mask.size(3), ")") + computed : "");
  d::check(g.out_h > 0 && g.out_w > 0,
           d::pair("Calculated output size too small - out_h: ", g.out_h, " out_w: ", g.out_w, ""));
  const DType own = input.dtype();
  if (batch == 0) {
    return Tensor::empty({0, outputs, g.out_h, g.out_w}, own);
  }
  if (own != DType::float32 && own != DType::float64 && own != DType::float16) {
    detail::raise_no_kernel("deformable_im2col", own);
  }
  const auto same = [own](const Tensor& other) {
    d::check(other.dtype() == own,
             std::string("expected scalar type ") + dtype_label(own) + " but found " + dtype_label(other.dtype()));
  };
  same(offset);
  if (use_mask) {
    same(mask);
  }
  d::check(weight.dtype() == own, std::string("mat1 and mat2 must have the same dtype, but got ") +
                                      dtype_label(weight.dtype()) + " and " + dtype_label(own));
  d::check(bias.numel() == outputs, "shape '[1, " + std::to_string(outputs) + ", 1, 1]' is invalid for input of size " +
                                        std::to_string(bias.numel()));
  const DType dtype = own == DType::float64 ? DType::float64 : DType::float32;
  const Tensor pixels = kernels::dense_as(input, dtype);
  const Tensor moved = kernels::dense_as(offset, dtype);
  const std::optional<Tensor> factors = use_mask ? std::optional<Tensor>(kernels::dense_as(mask, dtype)) : std::nullopt;
  const Tensor columns = Tensor::empty({batch, channels * taps, g.area()}, dtype);
  if (dtype == DType::float64) {
    d::sample<double>(pixels, moved, factors, g, columns);
  } else {
    d::sample<float>(pixels, moved, factors, g, columns);
  }
  const std::int64_t depth = weight.size(1) * taps;
  const Tensor parts = reshape(kernels::as_dtype(columns, own), {batch, groups, depth, g.area()});
  const Tensor filters = reshape(weight, {1, groups, outputs / groups, depth});
  const Tensor product = reshape(matmul(filters, parts), {batch, outputs, g.out_h, g.out_w});
  return add<Lazy>(product, reshape(bias, {1, outputs, 1, 1}));
}

}  // namespace ops
}  // namespace ts2cpp
