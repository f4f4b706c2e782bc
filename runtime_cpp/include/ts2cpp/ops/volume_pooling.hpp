// Pooling of volumes: maxima and means over boxes of [N, C, D, H, W] or [C, D, H, W].
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail {

using Triple = std::array<std::int64_t, 3>;

/// One value for all three dimensions, or three.
inline Triple triple(const char* name, const char* label, IntSpan values) {
  if (values.size() != 1 && values.size() != 3) {
    raise("RuntimeError", {name, ": ", label, " must either be a single int, or a tuple of three ints"});
  }
  return values.size() == 1 ? Triple{values[0], values[0], values[0]} : Triple{values[0], values[1], values[2]};
}

/// The boxes of a pooling: extents of input and output, and how boxes lie.
struct VolumeWindows {
  Triple extent{};
  Triple kernel{};
  Triple stride{};
  Triple padding{};
  Triple dilation{};
  Triple output{};
};

inline std::string times_text(std::int64_t planes, const Triple& sizes) {
  std::string text = "(" + std::to_string(planes);
  for (const std::int64_t size : sizes) {
    text += "x" + std::to_string(size);
  }
  return text + ")";
}

/// Checks the arguments of a pooling and computes the sizes of the output.
inline VolumeWindows volume_windows(const char* name, const Tensor& self, IntSpan kernel_size, IntSpan stride,
                                    IntSpan padding, IntSpan dilation, bool ceil_mode) {
  VolumeWindows w;
  w.kernel = triple(name, "kernel_size", kernel_size);
  w.stride = stride.empty() ? w.kernel : triple(name, "stride", stride);
  w.padding = triple(name, "padding", padding);
  w.dilation = triple(name, "dilation", dilation);
  for (const Triple* const values : {&w.kernel, &w.stride, &w.padding, &w.dilation}) {
    for (const std::int64_t value : *values) {
      if (value < INT32_MIN || value > INT32_MAX) {  // PyTorch takes them for 32-bit numbers
        raise("RuntimeError", "value cannot be converted to type int without overflow");
      }
    }
  }
  if (std::find(w.stride.begin(), w.stride.end(), 0) != w.stride.end()) {
    raise("RuntimeError", "stride should not be zero");
  }
  if (*std::min_element(w.kernel.begin(), w.kernel.end()) <= 0) {
    raise("RuntimeError", {"kernel size should be greater than zero, but got ", IntSpan(w.kernel.data(), 3)});
  }
  if (*std::min_element(w.dilation.begin(), w.dilation.end()) <= 0) {
    raise("RuntimeError", {"dilation should be greater than zero, but got dilationT: ", w.dilation[0],
                           " dilationH: ", w.dilation[1], " dilationW: ", w.dilation[2]});
  }
  bool empty = false;
  for (std::int64_t d = std::max<std::int64_t>(self.dim() - 4, 0); d < self.dim(); ++d) {
    empty = empty || self.sizes()[d] == 0;
  }
  for (std::size_t d = 0; d < 3; ++d) {
    if (w.padding[d] < 0) {
      raise("RuntimeError", {"pad must be non-negative, but got pad: ", w.padding[d]});
    }
    if (w.padding[d] > (w.dilation[d] * (w.kernel[d] - 1) + 1) / 2) {
      raise("RuntimeError", {"pad should be at most half of effective kernel size, but got pad=", w.padding[d],
                             ", kernel_size=", w.kernel[d], " and dilation=", w.dilation[d]});
    }
  }
  if ((self.dim() != 4 && self.dim() != 5) || empty) {
    raise("RuntimeError",
          {"Expected 4D or 5D (batch mode) tensor with optional 0 dim batch size for input, but got:", self.sizes()});
  }
  bool too_small = false;
  const bool average = std::string_view(name) == "avg_pool3d";
  for (std::size_t d = 0; d < 3; ++d) {
    w.extent[d] = self.sizes()[self.dim() - 3 + static_cast<std::int64_t>(d)];
    too_small = too_small || (average && w.extent[d] < w.kernel[d]);
  }
  if (too_small) {
    const auto shown = [](const Triple& sizes, const char* prefix) {
      const std::string p = prefix;
      return "(" + p + "T: " + std::to_string(sizes[0]) + " " + p + "H: " + std::to_string(sizes[1]) + " " + p +
             "W: " + std::to_string(sizes[2]) + ")";
    };
    raise("RuntimeError", {"input image ", shown(w.extent, ""), " smaller than kernel size ", shown(w.kernel, "k")});
  }
  for (std::size_t d = 0; d < 3; ++d) {
    w.extent[d] = self.sizes()[self.dim() - 3 + static_cast<std::int64_t>(d)];
    const std::int64_t reach = w.extent[d] + 2 * w.padding[d] - w.dilation[d] * (w.kernel[d] - 1) - 1;
    const std::int64_t numerator = reach + (ceil_mode ? w.stride[d] - 1 : 0);
    // Rounded down, also below zero.
    w.output[d] = (numerator >= 0 ? numerator / w.stride[d] : -((-numerator + w.stride[d] - 1) / w.stride[d])) + 1;
    if (ceil_mode && (w.output[d] - 1) * w.stride[d] >= w.extent[d] + w.padding[d]) {
      --w.output[d];  // the last box would begin in the padding behind the input
    }
    too_small = too_small || w.output[d] < 1;
  }
  if (too_small) {
    const std::int64_t planes = self.sizes()[self.dim() - 4];
    raise("RuntimeError", {"Given input size: ", times_text(planes, w.extent),
                           ". Calculated output size: ", times_text(planes, w.output), ". Output size is too small"});
  }
  return w;
}

inline DimVector volume_sizes(const Tensor& self, const Triple& output) {
  DimVector sizes(self.sizes());
  for (std::int64_t d = 0; d < 3; ++d) {
    sizes[self.dim() - 3 + d] = output[static_cast<std::size_t>(d)];
  }
  return sizes;
}

/// Calls visit(plane, cell, position) for every output position, in parallel over planes.
template <class Visit>
void for_each_cell(const Tensor& out, const Triple& output, const Visit& visit_cell) {
  const std::int64_t cells = output[0] * output[1] * output[2];
  parallel_for(cells == 0 ? 0 : out.numel() / cells, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
      std::int64_t cell = 0;
      for (std::int64_t z = 0; z < output[0]; ++z) {
        for (std::int64_t y = 0; y < output[1]; ++y) {
          for (std::int64_t x = 0; x < output[2]; ++x) {
            visit_cell(plane, cell++, Triple{z, y, x});
          }
        }
      }
    }
  });
}

/// Calls visit(flat position) for the places of a box that lie inside the input.
template <class Visit>
void for_each_place(const VolumeWindows& w, const Triple& cell, const Visit& visit_place) {
  const auto inside = [&](std::size_t d, std::int64_t k, std::int64_t& place) {
    place = cell[d] * w.stride[d] - w.padding[d] + k * w.dilation[d];
    return place >= 0 && place < w.extent[d];
  };
  std::int64_t z = 0;
  std::int64_t y = 0;
  std::int64_t x = 0;
  for (std::int64_t i = 0; i < w.kernel[0]; ++i) {
    for (std::int64_t j = 0; inside(0, i, z) && j < w.kernel[1]; ++j) {
      for (std::int64_t k = 0; inside(1, j, y) && k < w.kernel[2]; ++k) {
        if (inside(2, k, x)) {
          visit_place((z * w.extent[1] + y) * w.extent[2] + x);
        }
      }
    }
  }
}

template <class Lazy>
std::tuple<Tensor, Tensor> volume_max_pool(const Tensor& self, const VolumeWindows& w) {
  const Tensor in = contiguous_copy(self, compute_dtype(self.dtype()));
  const Tensor values = Tensor::empty(volume_sizes(self, w.output), in.dtype());
  const Tensor indices = Tensor::empty(values.sizes(), DType::int64);
  const std::int64_t volume = w.extent[0] * w.extent[1] * w.extent[2];
  const std::int64_t cells = w.output[0] * w.output[1] * w.output[2];
  dispatch("max_pool3d", Reals{}, in.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = in.data_ptr<T>();
    T* const best_values = values.data_ptr<T>();
    std::int64_t* const best_places = indices.data_ptr<std::int64_t>();
    for_each_cell(values, w.output, [&](std::int64_t plane, std::int64_t cell, const Triple& position) {
      T best = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
      std::int64_t place = -1;
      for_each_place(w, position, [&](std::int64_t at) {
        const T value = data[plane * volume + at];
        if (value > best || value != value || place < 0) {
          best = value;
          place = at;
        }
      });
      best_values[plane * cells + cell] = best;
      best_places[plane * cells + cell] = place;
    });
  });
  return {to_dtype(values, self.dtype(), false), indices};
}

/// The range of input positions that an adaptive output position covers.
inline std::array<std::int64_t, 2> adaptive_bin(std::int64_t extent, std::int64_t output, std::int64_t i) {
  return {i * extent / output, ((i + 1) * extent + output - 1) / output};
}

inline void check_adaptive_size(const std::string& name, IntSpan output_size, std::int64_t rank) {
  const bool maximum = name.find("max") != std::string::npos;
  if (output_size.size() != rank) {
    raise("RuntimeError",
          {name, maximum ? "(): internal error: output_size.size() must be " : ": output_size must be ", rank});
  }
  if (!maximum && *std::min_element(output_size.begin(), output_size.end()) < 0) {
    std::string shown = std::to_string(output_size[0]);
    for (std::int64_t d = 1; d < rank; ++d) {
      shown += (d == 1 ? ", " : ",") + std::to_string(output_size[d]);
    }
    raise("RuntimeError",
          {name, ": elements of output_size must be greater than or equal to 0 but received {", shown, "}"});
  }
}

inline VolumeWindows adaptive_volume(const char* name, const Tensor& self, IntSpan output_size, const char* colon) {
  if (self.dim() != 4 && self.dim() != 5) {
    raise("RuntimeError", {name, "(): Expected 4D or 5D tensor, but got", colon, " ", self.sizes()});
  }
  VolumeWindows w;
  check_adaptive_size(name, output_size, 3);
  w.output = triple(name, "output_size", output_size);
  for (std::int64_t d = self.dim() - 3; d < self.dim(); ++d) {
    w.extent[static_cast<std::size_t>(d - self.dim() + 3)] = self.sizes()[d];
    if (self.sizes()[d] == 0) {
      raise("RuntimeError", {name,
                             "(): Expected input to have non-zero size for non-batch dimensions, but input has "
                             "sizes ",
                             self.sizes(), " with dimension ", d, " being empty"});
    }
  }
  return w;
}

/// Calls visit(flat position) for the places that an adaptive output position covers.
template <class Visit>
void for_each_adaptive_place(const VolumeWindows& w, const Triple& cell, const Visit& visit_place) {
  std::array<std::array<std::int64_t, 2>, 3> bins{};
  for (std::size_t d = 0; d < 3; ++d) {
    bins[d] = adaptive_bin(w.extent[d], w.output[d], cell[d]);
  }
  for (std::int64_t z = bins[0][0]; z < bins[0][1]; ++z) {
    for (std::int64_t y = bins[1][0]; y < bins[1][1]; ++y) {
      for (std::int64_t x = bins[2][0]; x < bins[2][1]; ++x) {
        visit_place((z * w.extent[1] + y) * w.extent[2] + x);
      }
    }
  }
}

}  // namespace detail

namespace ops {

/// Maxima over boxes and where they are in their plane.
template <class Lazy = void>
std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& self, IntSpan kernel_size, IntSpan stride = {},
                                                   IntSpan padding = {0}, IntSpan dilation = {1},
                                                   bool ceil_mode = false) {
  return detail::volume_max_pool<Lazy>(
      self, detail::volume_windows("max_pool3d", self, kernel_size, stride, padding, dilation, ceil_mode));
}
template <class Lazy = void>
Tensor max_pool3d(const Tensor& self, IntSpan kernel_size, IntSpan stride = {}, IntSpan padding = {0},
                  IntSpan dilation = {1}, bool ceil_mode = false) {
  return std::get<0>(max_pool3d_with_indices<Lazy>(self, kernel_size, stride, padding, dilation, ceil_mode));
}

/// Means over boxes; the padding counts unless `count_include_pad` is false.
template <class Lazy = void>
Tensor avg_pool3d(const Tensor& self, IntSpan kernel_size, IntSpan stride = {}, IntSpan padding = {0},
                  bool ceil_mode = false, bool count_include_pad = true,
                  std::optional<std::int64_t> divisor_override = std::nullopt) {
  if (!ts2cpp::is_floating_point(self.dtype()) && self.dtype() != DType::int64) {
    detail::raise_not_implemented("avg_pool3d!", self.dtype());
  }
  const detail::VolumeWindows w =
      detail::volume_windows("avg_pool3d", self, kernel_size, stride, padding, {1}, ceil_mode);
  if (divisor_override && *divisor_override == 0) {
    raise("RuntimeError", "divisor must be not zero");
  }
  const Tensor in = detail::contiguous_copy(self, detail::compute_dtype(self.dtype()));
  const Tensor out = Tensor::empty(detail::volume_sizes(self, w.output), in.dtype());
  const std::int64_t volume = w.extent[0] * w.extent[1] * w.extent[2];
  const std::int64_t cells = w.output[0] * w.output[1] * w.output[2];
  detail::dispatch("avg_pool3d!", detail::TypeList<float, double, std::int64_t>{}, in.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_cell(out, w.output, [&](std::int64_t plane, std::int64_t cell, const detail::Triple& position) {
      T total = 0;
      detail::for_each_place(w, position, [&](std::int64_t at) { total += in.data_ptr<T>()[plane * volume + at]; });
      std::int64_t divisor = 1;
      for (std::size_t d = 0; d < 3; ++d) {
        const std::int64_t start = position[d] * w.stride[d] - w.padding[d];
        const std::int64_t end = std::min(start + w.kernel[d], w.extent[d] + w.padding[d]);
        divisor *= count_include_pad ? end - start : std::min(end, w.extent[d]) - std::max<std::int64_t>(start, 0);
      }
      out.data_ptr<T>()[plane * cells + cell] = total / static_cast<T>(divisor_override.value_or(divisor));
    });
  });
  return detail::to_dtype(out, self.dtype(), false);
}

/// Means over boxes that divide the input into `output_size` parts.
template <class Lazy = void>
Tensor adaptive_avg_pool3d(const Tensor& self, IntSpan output_size) {
  const detail::VolumeWindows w = detail::adaptive_volume("adaptive_avg_pool3d", self, output_size, "");
  const Tensor in = detail::contiguous_copy(self, detail::compute_dtype(self.dtype()));
  const Tensor out = Tensor::empty(detail::volume_sizes(self, w.output), in.dtype());
  const std::int64_t volume = w.extent[0] * w.extent[1] * w.extent[2];
  const std::int64_t cells = w.output[0] * w.output[1] * w.output[2];
  detail::dispatch("adaptive_avg_pool3d!", detail::Floats{}, in.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_cell(out, w.output, [&](std::int64_t plane, std::int64_t cell, const detail::Triple& position) {
      double total = 0.0;
      std::int64_t count = 0;
      detail::for_each_adaptive_place(w, position, [&](std::int64_t at) {
        total += static_cast<double>(in.data_ptr<T>()[plane * volume + at]);
        ++count;
      });
      out.data_ptr<T>()[plane * cells + cell] = static_cast<T>(total / static_cast<double>(count));
    });
  });
  return detail::to_dtype(out, self.dtype(), false);
}

/// Maxima over boxes that divide the input into `output_size` parts, and where they are.
template <class Lazy = void>
std::tuple<Tensor, Tensor> adaptive_max_pool3d(const Tensor& self, IntSpan output_size) {
  const detail::VolumeWindows w = detail::adaptive_volume("adaptive_max_pool3d", self, output_size, ":");
  const Tensor in = detail::contiguous_copy(self, detail::compute_dtype(self.dtype()));
  const Tensor values = Tensor::empty(detail::volume_sizes(self, w.output), in.dtype());
  const Tensor indices = Tensor::empty(values.sizes(), DType::int64);
  const std::int64_t volume = w.extent[0] * w.extent[1] * w.extent[2];
  const std::int64_t cells = w.output[0] * w.output[1] * w.output[2];
  detail::dispatch("adaptive_max_pool3d", detail::Floats{}, in.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::for_each_cell(values, w.output, [&](std::int64_t plane, std::int64_t cell, const detail::Triple& position) {
      T best = -std::numeric_limits<T>::infinity();
      std::int64_t place = -1;
      detail::for_each_adaptive_place(w, position, [&](std::int64_t at) {
        const T value = in.data_ptr<T>()[plane * volume + at];
        if (value > best || value != value || place < 0) {
          best = value;
          place = at;
        }
      });
      values.data_ptr<T>()[plane * cells + cell] = best;
      indices.data_ptr<std::int64_t>()[plane * cells + cell] = place;
    });
  });
  return {detail::to_dtype(values, self.dtype(), false), indices};
}

}  // namespace ops
}  // namespace ts2cpp
