// Padding at the borders: constant, reflect, replicate, circular.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/kernels/block_pixels.hpp>
#include <ts2cpp/ops/arrangement.hpp>

namespace ts2cpp {
namespace detail {

/// Pads dimension `dim` by positions computed from the mode.
inline Tensor pad_axis(const Tensor& self, std::int64_t dim, std::int64_t before, std::int64_t after,
                       std::string_view mode) {
  const std::int64_t size = self.size(dim);
  const std::int64_t padded = size + before + after;
  const auto select = [&](auto&& position) {
    const ChannelBlocks* const blocks =
        dim >= self.dim() - 2 && padded <= kernels::kGathered ? blocks_of(self) : nullptr;
    if (blocks == nullptr) {
      return select_rows_by(self, dim, padded, position);
    }
    const bool rows = dim == self.dim() - 2;
    PooledVector<std::int64_t> places;
    for (std::int64_t i = 0; i < padded; ++i)
      places.push_back(position(i));
    PooledVector<std::int64_t> others;
    for (std::int64_t i = 0; i < (rows ? blocks->width : blocks->height); ++i)
      others.push_back(i);
    DimVector sizes(self.sizes());
    sizes[dim] = padded;
    return kernels::gather_block_pixels(*blocks, sizes, rows ? places : others, rows ? others : places, 0.0f);
  };
  if (mode == "reflect") {
    return select([=](std::int64_t i) {
      const std::int64_t position = i - before;
      return position < 0 ? -position : position >= size ? 2 * (size - 1) - position : position;
    });
  }
  if (mode == "replicate") {
    return select([=](std::int64_t i) { return std::clamp<std::int64_t>(i - before, 0, size - 1); });
  }
  return select([=](std::int64_t i) { return (i - before + size) % size; });
}

/// Refuses what leaves nothing in any padded dimension, or less than nothing in one.
inline void check_padded_sizes(const Tensor& self, IntSpan pad, std::string_view mode) {
  const std::int64_t axes = pad.size() / 2;
  DimVector sizes(self.sizes());
  std::int64_t largest = std::numeric_limits<std::int64_t>::min();
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t i = 0; i < axes; ++i) {
    std::int64_t& size = sizes[self.dim() - 1 - i];
    if (__builtin_add_overflow(size, pad[2 * i], &size) || __builtin_add_overflow(size, pad[2 * i + 1], &size)) {
      raise("RuntimeError", "numel: integer multiplication overflow");
    }
    largest = std::max(largest, size);
    smallest = std::min(smallest, size);
  }
  if (largest < 1) {
    std::string given;
    std::string result;
    for (std::int64_t i = axes - 1; i >= 0; --i) {
      const std::string axis = std::string(1, "WHD"[i]) + ": ";
      const std::int64_t d = self.dim() - 1 - i;
      given += axis + std::to_string(self.sizes()[d]) + (i == 2 ? " " : i == 1 ? ", " : "");
      result += axis + std::to_string(sizes[d]) + (i > 0 ? " " : "");
    }
    given += axes == 2 && mode == "replicate" ? " " : "";
    raise("RuntimeError", {"input (", given, ") is too small. Calculated output ", result});
  }
  if (smallest < 0) {
    raise("RuntimeError", {"Trying to create tensor with negative dimension ", smallest, ": ", sizes});
  }
}

/// What padding by position refuses; `pad` has pairs from the last dimension on.
inline void check_padding(const Tensor& self, IntSpan pad, std::string_view mode) {
  const std::int64_t axes = pad.size() / 2;
  const auto each = [&](auto&& check) {
    for (std::int64_t i = 0; i < axes; ++i) {
      const std::int64_t d = self.dim() - 1 - i;
      check(i, d, self.sizes()[d], pad[2 * i], pad[2 * i + 1]);
    }
  };
  using Int = std::int64_t;
  if (mode != "circular") {
    bool is_empty = false;
    for (Int d = self.dim() == axes + 2 ? 1 : 0; d < self.dim(); ++d) {
      is_empty = is_empty || self.sizes()[d] == 0;
    }
    if (is_empty) {
      raise("RuntimeError", {"Expected ", axes + 1, "D or ", axes + 2,
                             "D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
                             "input, but got: ",
                             self.sizes()});
    }
  }
  if (mode == "reflect") {
    each([&](Int i, Int d, Int size, Int before, Int after) {
      if (std::max(before, after) >= size) {
        raise("RuntimeError", {"Argument #", 4 + 2 * i,
                               ": Padding size should be less than the corresponding input dimension, but got: "
                               "padding (",
                               before, ", ", after, ") at dimension ", d, " of input ", self.sizes()});
      }
    });
  } else if (mode == "circular") {
    each([&](Int /*i*/, Int /*d*/, Int size, Int before, Int after) {
      if (before > size || after > size) {
        raise("RuntimeError", "Padding value causes wrapping around more than once.");
      }
      std::int64_t padded = 0;
      if (__builtin_add_overflow(size + before, after, &padded) || padded < 0) {
        raise("RuntimeError", "Negative padding value is resulting in an empty dimension");
      }
    });
  }
  if (mode != "circular") {
    check_padded_sizes(self, pad, mode);
  }
}

}  // namespace detail

namespace ops {

/// Pads with `value`. `pad` has (before, after) pairs, the last dimension first; negative amounts crop.
inline Tensor constant_pad_nd(const Tensor& self, IntSpan pad, const Scalar& value = 0) {
  if (pad.size() % 2 != 0) {
    raise("RuntimeError", {"Length of pad must be even but instead it equals ", pad.size()});
  }
  if (pad.size() / 2 > self.dim()) {
    raise("RuntimeError", {"Length of pad should be no more than twice the number of dimensions of the input. Pad "
                           "length is ",
                           pad.size(), "while the input has ", self.dim(), "dimensions."});
  }
  DimVector sizes(self.sizes());
  Tensor source = self;
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < pad.size() / 2; ++i) {
    const std::int64_t d = self.dim() - 1 - i;
    const std::int64_t before = pad[2 * i];
    const std::int64_t after = pad[2 * i + 1];
    std::int64_t size = sizes[d];
    std::int64_t left = sizes[d] + std::min<std::int64_t>(before, 0);
    if (__builtin_add_overflow(left, std::min<std::int64_t>(after, 0), &left) || left < 0) {
      raise("RuntimeError", "narrow(): length must be non-negative.");
    }
    if (__builtin_add_overflow(size, before, &size) || __builtin_add_overflow(size, after, &size) || size < 0) {
      raise("RuntimeError",
            {"The input size ", sizes[d], ", plus negative padding ", before, " and ", after,
             " resulted in a negative output size, which is invalid. Check dimension ", d, " of your input."});
    }
    const std::int64_t begin = before < 0 ? -before : 0;
    const std::int64_t end = sizes[d] - (after < 0 ? -after : 0);
    source = slice(source, d, begin, std::max(begin, end), 1);
    sizes[d] = size;
  }
  const detail::ChannelBlocks* const blocks =
      pad.size() <= 4 && !value.is_complex() ? detail::blocks_of(self) : nullptr;
  if (blocks != nullptr && sizes[sizes.size() - 1] <= kernels::kGathered &&
      sizes[sizes.size() - 2] <= kernels::kGathered) {
    const auto places = [&](std::int64_t axis, std::int64_t size, std::int64_t padded) {
      const std::int64_t before = 2 * axis < pad.size() ? pad[2 * axis] : 0;
      PooledVector<std::int64_t> from;
      for (std::int64_t i = -before; i < padded - before; ++i)
        from.push_back(i < size ? std::max<std::int64_t>(i, -1) : -1);
      return from;
    };
    return kernels::gather_block_pixels(*blocks, sizes, places(1, blocks->height, sizes[sizes.size() - 2]),
                                        places(0, blocks->width, sizes[sizes.size() - 1]),
                                        static_cast<float>(value.to_double()));
  }
  const Tensor result = Tensor::empty(sizes, self.dtype());
  for (std::int64_t i = 0; i < pad.size() / 2; ++i) {
    offset += std::max<std::int64_t>(pad[2 * i], 0) * result.strides()[self.dim() - 1 - i];
  }
  detail::fill_elements(result, value);
  if (result.numel() != 0 && source.numel() != 0) {
    detail::copy_elements(result.with_layout(source.sizes(), result.strides(), offset), source);
  }
  return result;
}

/// Pads by mode "constant", "reflect", "replicate" or "circular"; `value` is for the constant mode only.
inline Tensor pad(const Tensor& self, IntSpan pad, std::string_view mode = "constant",
                  std::optional<double> value = std::nullopt) {
  if (mode != "constant" && mode != "reflect" && mode != "replicate" && mode != "circular") {
    raise("NotImplementedError", {"Unrecognised padding mode ", mode});
  }
  if (pad.size() % 2 != 0) {
    raise("RuntimeError", "Padding length must be divisible by 2");
  }
  if (pad.size() > 2 * self.dim()) {
    raise("RuntimeError",
          {"Padding length should be less than or equal to two times the input dimension but got padding length ",
           pad.size(), " and input of dimension ", self.dim()});
  }
  if (mode == "constant") {
    return constant_pad_nd(self, pad, value.value_or(0.0));
  }
  if (value.value_or(0.0) != 0.0) {
    raise("RuntimeError", {"Padding mode \"", mode, "\" doesn't take in value argument"});
  }
  const std::int64_t axes = pad.size() / 2;
  if (axes < 1 || axes > 3 || (self.dim() != axes + 1 && self.dim() != axes + 2)) {
    raise("NotImplementedError", {"Padding size ", pad.size(), " is not supported for ", self.dim(),
                                  "D input tensor.\nSupported combinations for non-constant padding:\n"
                                  "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
                                  "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
                                  "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"});
  }
  if (mode != "circular" && self.dtype() == DType::bool_) {
    const std::string name = std::string(mode == "reflect" ? "reflection" : "replication") + "_pad";
    detail::raise_no_kernel(name + std::to_string(axes) + "d", DType::bool_);
  }
  detail::check_padding(self, pad, mode);
  if (mode == "circular") {
    // Negative amounts crop first: what is cut off does not come round again.
    Tensor kept = self;
    std::vector<std::int64_t> positive;
    bool cropped = false;
    for (std::int64_t i = 0; i < pad.size(); ++i) {
      if (pad[i] < 0) {
        const std::int64_t d = self.dim() - 1 - i / 2;
        const std::int64_t size = kept.size(d) + pad[i];
        kept = narrow(kept, d, i % 2 == 0 ? -pad[i] : 0, size);
        cropped = true;
      }
      positive.push_back(std::max<std::int64_t>(pad[i], 0));
    }
    if (cropped) {
      return ops::pad(kept, positive, mode);
    }
  }
  Tensor result = self;
  for (std::int64_t i = 0; i < axes; ++i) {
    if (pad[2 * i] != 0 || pad[2 * i + 1] != 0) {
      if (self.size(self.dim() - 1 - i) == 0) {
        raise("RuntimeError", "Expected a non-empty tensor in the padded dimensions");
      }
      result = detail::pad_axis(result, self.dim() - 1 - i, pad[2 * i], pad[2 * i + 1], mode);
    }
  }
  return result.is(self) ? clone(self) : result;
}
/// The mode by its number: reflect, replicate, circular, constant.
inline Tensor _pad_enum(const Tensor& self, IntSpan padding, std::int64_t mode,
                        std::optional<double> value = std::nullopt) {
  constexpr const char* kModes[] = {"reflect", "replicate", "circular", "constant"};
  if (mode < 0 || mode > 3) {
    raise("NotImplementedError", {"Unrecognised padding mode ", mode});
  }
  return pad(self, padding, kModes[mode], value);
}

inline Tensor reflection_pad1d(const Tensor& self, IntSpan padding) { return pad(self, padding, "reflect"); }
inline Tensor reflection_pad2d(const Tensor& self, IntSpan padding) { return pad(self, padding, "reflect"); }
inline Tensor reflection_pad3d(const Tensor& self, IntSpan padding) { return pad(self, padding, "reflect"); }
inline Tensor replication_pad1d(const Tensor& self, IntSpan padding) { return pad(self, padding, "replicate"); }
inline Tensor replication_pad2d(const Tensor& self, IntSpan padding) { return pad(self, padding, "replicate"); }
inline Tensor replication_pad3d(const Tensor& self, IntSpan padding) { return pad(self, padding, "replicate"); }

}  // namespace ops
}  // namespace ts2cpp
