// Rearranging elements into new tensors: flip, roll, repeat, triangles, padding, pixel shuffles.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/select_rows.hpp>

namespace ts2cpp {
namespace detail {

/// Fills every element with `value`.
inline void fill_elements(const Tensor& tensor, const Scalar& value) {
  const Tensor element = Tensor::empty({}, tensor.dtype());
  store_scalar(value, tensor.dtype(), element.raw_data());
  copy_elements(tensor, element);
}

/// Every position below `extent` as often as its count says, or all as often as the only count.
inline Tensor repeated_positions(const Tensor& counts, std::int64_t extent) {
  const std::int64_t* const values = counts.data_ptr<std::int64_t>();
  const std::int64_t step = counts.numel() == 1 ? 0 : 1;
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < extent; ++i) {
    if (values[i * step] < 0) {
      raise("RuntimeError", "repeats can not be negative");
    }
    if (__builtin_add_overflow(total, values[i * step], &total)) {
      raise("RuntimeError", "numel: integer multiplication overflow");
    }
  }
  const Tensor result = Tensor::empty({total}, DType::int64);
  std::int64_t* to = result.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < extent; ++i) {
    to = std::fill_n(to, values[i * step], i);
  }
  return result;
}

/// Keeps the elements on one side of a diagonal of the last two dimensions and zeroes the others.
inline Tensor triangle(const Tensor& self, std::int64_t diagonal, bool lower) {
  if (self.dim() < 2) {
    raise("RuntimeError", {lower ? "tril" : "triu", ": input tensor must have at least 2 dimensions"});
  }
  const Tensor result = contiguous_copy(self, self.dtype());
  const std::int64_t rows = self.size(-2);
  const std::int64_t columns = self.size(-1);
  const std::int64_t itemsize = self.itemsize();
  const std::int64_t row_count = columns == 0 ? 0 : result.numel() / columns;
  char* const data = result.data_ptr<char>();
  for (std::int64_t i = 0; i < row_count; ++i) {
    // The first column right of the diagonal (for lower), or on it (for upper).
    const std::int64_t edge =
        std::clamp<std::int64_t>(i % rows + std::clamp(diagonal, -rows, columns) + (lower ? 1 : 0), 0, columns);
    const std::int64_t begin = lower ? edge : 0;
    const std::int64_t end = lower ? columns : edge;
    std::memset(data + (i * columns + begin) * itemsize, 0, static_cast<std::size_t>((end - begin) * itemsize));
  }
  return result;
}

}  // namespace detail

namespace ops {

/// Reverses the order along the given dimensions.
inline Tensor flip(const Tensor& self, IntSpan dims) {
  const DimVector flipped = detail::wrap_dims(dims, self.dim());
  const Tensor result = detail::empty_preserving(self, self.dtype());
  if (self.numel() == 0) {
    return result;
  }
  detail::StridedPlan plan;
  DimVector target_strides(result.strides());
  DimVector source_strides(self.strides());
  DimVector order(self.dim());
  char* source = self.data_ptr<char>();
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    target_strides[d] *= self.itemsize();
    source_strides[d] *= self.itemsize();
    order[d] = self.dim() - 1 - d;
  }
  for (const std::int64_t d : flipped) {
    if (self.dim() > 0) {
      source += (self.sizes()[d] - 1) * source_strides[d];
      source_strides[d] = -source_strides[d];
    }
  }
  plan.add(result.raw_data(), std::move(target_strides));
  plan.add(source, std::move(source_strides));
  plan.arrange(self.sizes(), order);
  plan.walk(0, plan.numel, [&](char* const* pointers, std::int64_t n) {
    detail::copy_strided(pointers[1], plan.strides[1][0], pointers[0], plan.strides[0][0], n, self.itemsize());
  });
  return result;
}
inline Tensor fliplr(const Tensor& self) {
  if (self.dim() < 2) {
    raise("RuntimeError", "Input must be >= 2-d.");
  }
  return flip(self, {1});
}
inline Tensor flipud(const Tensor& self) {
  if (self.dim() < 1) {
    raise("RuntimeError", "Input must be >= 1-d.");
  }
  return flip(self, {0});
}

/// Moves elements along dimensions; what leaves at the end comes in at the start. Without dims over the flat tensor.
inline Tensor roll(const Tensor& self, IntSpan shifts, IntSpan dims = {}) {
  if (dims.empty() && shifts.size() == 1) {
    return view(roll(reshape(self, {self.numel()}), shifts, {0}), self.sizes());
  }
  if (shifts.empty()) {
    raise("RuntimeError", "`shifts` required");
  }
  if (shifts.size() != dims.size()) {
    raise("RuntimeError", {"shifts and dimensions must align. shifts: ", shifts.size(), ", dims:", dims.size()});
  }
  Tensor result = clone(self);
  if (self.numel() == 0) {  // nothing else is looked at
    return result;
  }
  for (std::int64_t i = 0; i < dims.size(); ++i) {
    if (self.dim() == 0) {
      raise("IndexError", {"Dimension specified as ", dims[i], " but tensor has no dimensions"});
    }
    const std::int64_t d = wrap_dim(dims[i], self.dim());
    const std::int64_t extent = self.sizes()[d];
    if (extent == 0) {
      continue;
    }
    const std::int64_t rest = shifts[i] % extent;
    const std::int64_t shift = rest < 0 ? rest + extent : rest;
    const Tensor parts[] = {slice(result, d, extent - shift), slice(result, d, 0, extent - shift)};
    result = cat(TensorSpan(parts, 2), d);
  }
  return result;
}

/// Tiles the tensor; as many repeats as dimensions or more.
inline Tensor repeat(const Tensor& self, IntSpan repeats) {
  const std::int64_t lead = repeats.size() - self.dim();
  if (lead < 0) {
    raise("RuntimeError", "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
  }
  // [r0, s0, r1, s1, …]: the repeats become broadcast dimensions of their own.
  DimVector result_sizes(repeats.size());
  DimVector spread;
  DimVector strides;
  for (std::int64_t d = 0; d < repeats.size(); ++d) {
    const std::int64_t size = d < lead ? 1 : self.sizes()[d - lead];
    if (__builtin_mul_overflow(repeats[d], size, &result_sizes[d])) {
      raise("RuntimeError", "numel: integer multiplication overflow");
    }
    spread.push_back(repeats[d]);
    strides.push_back(0);
    spread.push_back(size);
    strides.push_back(d < lead ? 1 : self.strides()[d - lead]);
  }
  const Tensor result = Tensor::empty(result_sizes, self.dtype());  // also refuses negative repeats
  if (result.numel() != 0) {
    detail::copy_elements(result.with_layout(spread, contiguous_strides(spread), 0),
                          self.with_layout(spread, strides, self.storage_offset()));
  }
  return result;
}
inline Tensor tile(const Tensor& self, IntSpan dims) {
  DimVector repeats(dims);
  while (repeats.size() < self.dim()) {
    repeats.insert(0, 1);
  }
  return repeat(self, repeats);
}

/// Repeats every position of `dim` (of the flat tensor without `dim`) `repeats` times, in place of itself.
inline Tensor repeat_interleave(const Tensor& self, std::int64_t repeats,
                                std::optional<std::int64_t> dim = std::nullopt,
                                std::optional<std::int64_t> output_size = std::nullopt) {
  const Tensor source = dim ? self : reshape(self, {-1});
  const std::int64_t d = wrap_dim(dim.value_or(0), source.dim());
  if (repeats < 0) {
    raise("RuntimeError", "Repeats must be non-negative");
  }
  if (source.dim() == 0) {
    raise("IndexError", "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
  }
  DimVector sizes(source.sizes());
  sizes.insert(d + 1, repeats);
  DimVector strides(source.strides());
  strides.insert(d + 1, 0);
  static_cast<void>(checked_numel(sizes));
  const std::int64_t total = checked_numel({source.sizes()[d], repeats});
  if (output_size && *output_size != total) {
    raise("RuntimeError", {"repeat_interleave: Invalid output_size, expected ", total, " but got ", *output_size});
  }
  const Tensor spread = source.with_layout(sizes, strides, source.storage_offset());
  sizes.erase(d + 1);
  sizes[d] = total;
  const Tensor result = Tensor::empty(sizes, self.dtype());
  detail::copy_elements(result.with_layout(spread.sizes(), contiguous_strides(spread.sizes()), 0), spread);
  return result;
}
/// The same with a count for each position (or one for all).
inline Tensor repeat_interleave(const Tensor& self, const Tensor& repeats,
                                std::optional<std::int64_t> dim = std::nullopt,
                                std::optional<std::int64_t> output_size = std::nullopt) {
  const Tensor source = dim ? self : reshape(self, {-1});
  const std::int64_t d = wrap_dim(dim.value_or(0), source.dim());
  const std::int64_t extent = source.dim() == 0 ? 1 : source.sizes()[d];
  if (repeats.dtype() != DType::int64 && repeats.dtype() != DType::int32) {
    raise("RuntimeError", "repeats has to be Long or Int tensor");
  }
  const Tensor counts = detail::contiguous_copy(repeats, DType::int64);
  if (counts.numel() != 1 && counts.numel() != extent) {
    raise("RuntimeError", {"repeats must have the same size as input along dim, but got repeats.size(0) = ",
                           counts.numel(), " and input.size(", d, ") = ", extent});
  }
  const Tensor positions = detail::repeated_positions(counts, extent);
  if (output_size && counts.numel() != 0 && *output_size != positions.numel()) {
    raise("RuntimeError", "allocated size does not match required size");
  }
  return detail::select_rows(source, d, {positions.data_ptr<std::int64_t>(), positions.numel()});
}

/// Every position as often as its count says.
inline Tensor repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> output_size = std::nullopt) {
  if (repeats.dim() != 1) {
    raise("RuntimeError", "repeat_interleave only accept 1D vector as repeat");
  }
  if (repeats.dtype() != DType::int64 && repeats.dtype() != DType::int32) {
    detail::raise_not_implemented("repeat_interleave", repeats.dtype());
  }
  const Tensor counts = detail::contiguous_copy(repeats, DType::int64);
  const Tensor positions = detail::repeated_positions(counts, counts.numel());
  if (output_size && *output_size != positions.numel()) {
    raise("RuntimeError", "allocated size does not match required size");
  }
  return detail::contiguous_copy(positions, repeats.dtype());
}

/// The lower or upper triangle of the last two dimensions, zeros elsewhere.
inline Tensor tril(const Tensor& self, std::int64_t diagonal = 0) { return detail::triangle(self, diagonal, true); }
inline Tensor triu(const Tensor& self, std::int64_t diagonal = 0) { return detail::triangle(self, diagonal, false); }
inline Tensor tril_(const Tensor& self, std::int64_t diagonal = 0) { return copy_(self, tril(self, diagonal)); }
inline Tensor triu_(const Tensor& self, std::int64_t diagonal = 0) { return copy_(self, triu(self, diagonal)); }

/// A matrix with `self` on a diagonal, for every vector along the last dimension.
inline Tensor diag_embed(const Tensor& self, std::int64_t offset = 0, std::int64_t dim1 = -2, std::int64_t dim2 = -1) {
  const std::int64_t rank = self.dim() + 1;
  const std::int64_t a = wrap_dim(dim1, rank);
  const std::int64_t b = wrap_dim(dim2, rank);
  if (a == b) {
    raise("RuntimeError", {"diagonal dimensions cannot be identical ", dim1, ", ", dim2});
  }
  const std::uint64_t reach = offset < 0 ? 0u - static_cast<std::uint64_t>(offset) : static_cast<std::uint64_t>(offset);
  std::int64_t length = 0;
  if (__builtin_add_overflow(self.size(-1), reach, &length)) {
    raise("RuntimeError", "Storage size calculation overflowed");
  }
  DimVector sizes(self.sizes());
  sizes.erase(sizes.size() - 1);
  sizes.insert(std::min(a, b), length);
  sizes.insert(std::max(a, b), length);
  const Tensor result = Tensor::empty(sizes, self.dtype());
  detail::fill_elements(result, 0);
  detail::copy_elements(diagonal(result, offset, a, b), self);
  return result;
}
/// A vector becomes a diagonal matrix, of a matrix the diagonal is copied.
inline Tensor diag(const Tensor& self, std::int64_t offset = 0) {
  if (self.dim() != 1 && self.dim() != 2) {
    raise("RuntimeError", {"diag(): Supports 1D or 2D tensors. Got ", self.dim(), "D"});
  }
  return self.dim() == 1 ? diag_embed(self, offset) : clone(diagonal(self, offset));
}

/// A matrix with the elements, whatever their shape, on a diagonal.
inline Tensor diagflat(const Tensor& self, std::int64_t offset = 0) { return diag_embed(reshape(self, {-1}), offset); }

/// Writes the diagonal of a matrix, of a tensor whose extents are all equal; with `wrap` again below a full one.
inline Tensor fill_diagonal_(const Tensor& self, const Scalar& fill_value, bool wrap = false) {
  const std::int64_t rank = self.dim();
  if (rank < 2) {
    raise("RuntimeError", "dimensions must larger than 1");
  }
  std::int64_t length = self.sizes()[0];
  for (const std::int64_t size : self.sizes()) {
    if (rank > 2 && size != length) {
      raise("RuntimeError", "all dimensions of input must be of equal length");
    }
    length = std::min(length, size);
  }
  detail::check_fits(fill_value, self.dtype());
  std::int64_t step = 0;
  for (const std::int64_t stride : self.strides()) {
    step += stride;
  }
  const std::int64_t rows = self.sizes()[0];
  const std::int64_t columns = self.sizes()[1];
  const std::int64_t last = wrap && rank == 2 && columns > 0 ? rows : 1;
  for (std::int64_t start = 0; start < last; start += columns + 1) {
    const std::int64_t count = rank == 2 ? std::min(length, rows - start) : length;
    detail::fill_elements(self.with_layout({count}, {step}, self.storage_offset() + start * self.strides()[0]),
                          fill_value);
  }
  return self;
}

inline Tensor rot90(const Tensor& self, std::int64_t k = 1, IntSpan dims = {0, 1}) {
  if (dims.size() != 2) {
    raise("RuntimeError", {"expected total rotation dims == 2, but got dims = ", dims.size()});
  }
  if (self.dim() < 2) {
    raise("RuntimeError", {"expected total dims >= 2, but got total dims = ", self.dim()});
  }
  const auto known = [&](std::int64_t dim) { return dim >= -self.dim() && dim < self.dim(); };
  if (dims[0] == dims[1] || (known(dims[0]) && known(dims[1]) && std::abs(dims[0] - dims[1]) == self.dim())) {
    raise("RuntimeError",
          {"expected rotation dims to be different, but got dim0 = ", dims[0], " and dim1 = ", dims[1]});
  }
  switch ((k % 4 + 4) % 4) {
    case 1: return transpose(flip(self, {dims[1]}), dims[0], dims[1]);
    case 2: return flip(self, dims);
    case 3: return transpose(flip(self, {dims[0]}), dims[0], dims[1]);
    default: return clone(self);
  }
}

/// [*, C r^2, H, W] -> [*, C, H r, W r]
inline Tensor pixel_shuffle(const Tensor& self, std::int64_t upscale_factor) {
  const std::int64_t r = upscale_factor;
  if (self.dim() < 3) {
    raise("RuntimeError", {"pixel_shuffle expects input to have at least 3 dimensions, but got input with ", self.dim(),
                           " dimension(s)"});
  }
  if (r <= 0) {
    raise("RuntimeError", {"pixel_shuffle expects a positive upscale_factor, but got ", r});
  }
  const std::int64_t c = self.size(-3);
  const std::int64_t h = self.size(-2);
  const std::int64_t w = self.size(-1);
  std::int64_t square = 0;
  if (__builtin_mul_overflow(r, r, &square)) {
    raise("ValueError", {"upscale factor is too large, (upscale_factor)^2 overflowed: upscale_factor=", r});
  }
  if (c % square != 0) {
    raise("RuntimeError", {"pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
                           "upscale_factor, but input.size(-3)=",
                           c, " is not divisible by ", r * r});
  }
  DimVector sizes(self.sizes());
  sizes[self.dim() - 3] = c / square;
  if (__builtin_mul_overflow(h, r, &sizes[self.dim() - 2]) || __builtin_mul_overflow(w, r, &sizes[self.dim() - 1])) {
    raise("RuntimeError", "numel: integer multiplication overflow");
  }
  if (self.numel() == 0) {
    static_cast<void>(contiguous_strides({1, 1, r, r, h, w}));
    return Tensor::empty(sizes, self.dtype());
  }
  const std::int64_t batch = self.numel() / (c * h * w);
  const Tensor parts = reshape(self, {batch, c / (r * r), r, r, h, w});
  return reshape(permute(parts, {0, 1, 4, 2, 5, 3}), sizes);
}
/// [*, C, H r, W r] -> [*, C r^2, H, W]
inline Tensor pixel_unshuffle(const Tensor& self, std::int64_t downscale_factor) {
  const std::int64_t r = downscale_factor;
  if (self.dim() < 3) {
    raise("RuntimeError", {"pixel_unshuffle expects input to have at least 3 dimensions, but got input with ",
                           self.dim(), " dimension(s)"});
  }
  if (r <= 0) {
    raise("RuntimeError", {"pixel_unshuffle expects a positive downscale_factor, but got ", r});
  }
  const std::int64_t c = self.size(-3);
  const std::int64_t h = self.size(-2);
  const std::int64_t w = self.size(-1);
  if (h % r != 0) {
    raise("RuntimeError", {"pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)=", h,
                           " is not divisible by ", r});
  }
  if (w % r != 0) {
    raise("RuntimeError", {"pixel_unshuffle expects width to be divisible by downscale_factor, but input.size(-1)=", w,
                           " is not divisible by ", r});
  }
  if (self.numel() == 0) {
    return clone(self);
  }
  const std::int64_t batch = self.numel() / (c * h * w);
  DimVector sizes(self.sizes());
  sizes[self.dim() - 3] = c * r * r;
  sizes[self.dim() - 2] = h / r;
  sizes[self.dim() - 1] = w / r;
  const Tensor parts = reshape(self, {batch, c, h / r, r, w / r, r});
  return reshape(permute(parts, {0, 1, 3, 5, 2, 4}), sizes);
}
/// Exchanges the group and the channel-in-group index of the channels (dimension 1).
inline Tensor channel_shuffle(const Tensor& self, std::int64_t groups) {
  if (self.dim() < 3) {
    raise("RuntimeError", {"channel_shuffle expects input with > 2 dims, but got input with sizes ", self.sizes()});
  }
  const std::int64_t channels = self.size(1);
  if (groups <= 0 || channels % groups != 0) {
    raise("RuntimeError", groups <= 0
                              ? std::string("Number of groups to divide channels in must be positive. Value of "
                                            "groups:") +
                                    std::to_string(groups)
                              : std::string("Number of channels must be divisible by groups. Got ") +
                                    std::to_string(channels) + " channels and " + std::to_string(groups) + " groups.");
  }
  DimVector split(self.sizes());
  split[1] = channels / groups;
  split.insert(1, groups);
  return reshape(transpose(reshape(self, split), 1, 2), self.sizes());
}

}  // namespace ops
}  // namespace ts2cpp
