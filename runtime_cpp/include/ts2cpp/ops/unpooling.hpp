// Putting maxima back where a pooling found them; everything else becomes zero.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail {

inline std::string product_text(IntSpan sizes) {
  std::string text;
  for (std::int64_t d = 0; d < sizes.size(); ++d) {
    text += (d == 0 ? "" : "x") + std::to_string(sizes[d]);
  }
  return text;
}

/// The planes of self[N, C, ...] or [C, ...] spread over planes of the sizes `output`.
inline Tensor max_unpool(const Tensor& self, const Tensor& indices, IntSpan output) {
  const std::int64_t rank = output.size();
  const std::string dims = std::to_string(rank) + "d";
  if (self.dim() != rank + 1 && self.dim() != rank + 2) {
    raise("RuntimeError", {"Input to max_unpooling", dims, " should be a ", rank + 1, "d or ", rank + 2,
                           "d Tensor, but got a tensor with ", self.dim(), " dimensions."});
  }
  if (self.sizes() != indices.sizes()) {
    raise("RuntimeError", {"Expected shape of indices to be same as that of the input tensor (", self.sizes(),
                           ") but got indices tensor with shape: ", indices.sizes()});
  }
  for (std::int64_t d = self.dim() - rank - 1; d < self.dim(); ++d) {
    if (self.sizes()[d] == 0) {
      raise("RuntimeError", {"max_unpooling", dims,
                             "_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, "
                             "but got ",
                             self.sizes(), " with dimension ", d, " being empty."});
    }
  }
  DimVector sizes(self.sizes());
  for (std::int64_t d = 0; d < rank; ++d) {
    sizes[self.dim() - rank + d] = output[d];
    if (*std::min_element(output.begin(), output.end()) < 0) {
      std::string shown = to_string(output);
      shown.front() = '(';
      shown.back() = ')';
      raise("RuntimeError",
            {"max_unpooling", dims,
             "(): output_size must contain non-negative spatial dimensions, but got output_size=", shown});
    }
  }
  checked_numel(sizes);
  if (!is_floating_point(self.dtype())) {
    raise_no_kernel("max_unpool" + dims, self.dtype());
  }
  const Tensor in = kernels::dense(self);
  const Tensor where = kernels::dense(indices);
  const Tensor out = Tensor::empty(sizes, self.dtype());
  const std::int64_t volume = checked_numel(output);
  const std::int64_t* const places = where.data_ptr<std::int64_t>();
  for (std::int64_t i = where.numel() - 1; i >= 0; --i) {
    if (places[i] < 0 || places[i] >= volume) {
      raise("RuntimeError",
            {"Found an invalid max index: ", places[i], " (output volumes are of size ", product_text(output), ")"});
    }
  }
  const std::int64_t planes = volume == 0 ? 0 : out.numel() / volume;
  const std::int64_t count = planes == 0 ? 0 : in.numel() / planes;
  visit_element_size(self.itemsize(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(in.raw_data());
    T* const to = static_cast<T*>(out.raw_data());
    parallel_for(planes, std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(volume, 1)),
                 [&](std::int64_t begin, std::int64_t end) {
                   std::fill(to + begin * volume, to + end * volume, T(0));
                   for (std::int64_t plane = begin; plane < end; ++plane) {
                     for (std::int64_t i = plane * count; i < (plane + 1) * count; ++i) {
                       to[plane * volume + places[i]] = from[i];
                     }
                   }
                 });
  });
  return out;
}

}  // namespace detail

namespace ops {

inline Tensor max_unpool2d(const Tensor& self, const Tensor& indices, IntSpan output_size) {
  if (indices.dtype() != DType::int64) {
    raise("RuntimeError", {"elements in indices should be type int64 but got: ", dtype_label(indices.dtype())});
  }
  if (output_size.size() != 2) {
    raise("RuntimeError", {"There should be exactly two elements (height, width) in output_size, but got ",
                           output_size.size(), " elements."});
  }
  return detail::max_unpool(self, indices, output_size);
}

/// `stride` and `padding` are those of the pooling; they are checked, and else without meaning.
inline Tensor max_unpool3d(const Tensor& self, const Tensor& indices, IntSpan output_size, IntSpan stride,
                           IntSpan padding) {
  if (indices.dtype() != DType::int64) {
    raise("RuntimeError", "elements in indices should be type int64");
  }
  const auto check_count = [](IntSpan values, const char* name) {
    if (values.size() != 3) {
      raise("RuntimeError",
            {"There should be exactly three elements (depth, height, width) in ", name, values.size(), " elements."});
    }
  };
  check_count(output_size, "output_size, but got ");
  check_count(stride, "stride, but got: ");
  check_count(padding, "padding, but got: ");
  if (*std::min_element(stride.begin(), stride.end()) <= 0) {
    raise("RuntimeError", {"strides should be greater than zero, but got stride: ", stride});
  }
  return detail::max_unpool(self, indices, output_size);
}

}  // namespace ops
}  // namespace ts2cpp
