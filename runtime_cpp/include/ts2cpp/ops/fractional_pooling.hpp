// Maxima over windows of one size whose places are drawn: fractional max-pooling (Graham, 2014).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail {

/// `value` without its fraction, within bounds that no place reaches.
inline std::int64_t whole_number(double value) noexcept {
  constexpr double kBound = 4611686018427387904.0;
  return value != value ? 0 : static_cast<std::int64_t>(std::clamp(value, -kBound, kBound));
}

/// Where the windows of one dimension begin; every step is rounded to `dtype`, as in PyTorch.
template <class T>
std::vector<std::int64_t> window_starts(DType dtype, T sample, std::int64_t extent, std::int64_t output,
                                        std::int64_t kernel) {
  const auto rounded = [dtype](T value) { return rounded_to(dtype, value); };
  kernel = std::max(kernel, -(std::int64_t{1} << 40));  // far outside of the input is as far as can be
  std::vector<std::int64_t> starts(static_cast<std::size_t>(output), extent - kernel);
  if (output > 1) {
    const T alpha = rounded(rounded(static_cast<T>(extent - kernel)) / rounded(static_cast<T>(output - 1)));
    const std::int64_t first = whole_number(static_cast<double>(rounded(sample * alpha)));
    for (std::int64_t i = 0; i + 1 < output; ++i) {
      const T place = rounded(rounded(rounded(static_cast<T>(i)) + sample) * alpha);
      const std::int64_t start = whole_number(static_cast<double>(place)) - first;
      // Samples outside of [0, 1) lead out of the input, which must not be read there.
      starts[static_cast<std::size_t>(i)] =
          std::clamp<std::int64_t>(start, 0, std::max<std::int64_t>(extent - kernel, 0));
    }
  }
  return starts;
}

inline void check_fractional(const std::string& name, const Tensor& self, IntSpan kernel, IntSpan output,
                             const Tensor& samples) {
  const std::int64_t rank = kernel.size();
  if (self.dim() != rank + 1 && self.dim() != rank + 2) {
    raise("RuntimeError", {name, ": Expected ", rank + 1, "D or ", rank + 2, "D tensor, but got: ", self.sizes()});
  }
  const std::int64_t first = self.dim() - rank;
  for (std::int64_t d = first - 1; d < self.dim(); ++d) {
    if (self.sizes()[d] == 0) {
      raise("RuntimeError", {name, ": Expected input to have non-zero size for non-batch dimensions, but got",
                             self.sizes(), " with dimension ", d, " being empty."});
    }
  }
  if (samples.dtype() != self.dtype()) {
    raise("RuntimeError", "Expect _random_samples to have the same dtype as input");
  }
  if (samples.dim() != 3) {
    raise("RuntimeError", {"Expect _random_samples to have 3 dimensions, got ", samples.dim()});
  }
  if (samples.sizes()[0] < (first == 2 ? self.sizes()[0] : 1)) {
    raise("RuntimeError", "Expect _random_samples.size(0) no less then input batch size.");
  }
  if (samples.sizes()[1] != self.sizes()[first - 1]) {
    raise("RuntimeError", "Expect _random_samples.size(1) equals to input channel size.");
  }
  if (samples.sizes()[2] != rank) {
    raise("RuntimeError", {"Expect _random_samples.size(2) equals to ", rank, "; got ", samples.sizes()[2], "."});
  }
  static constexpr const char* kLabels[3] = {"time", "height", "width"};
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::int64_t extent = self.sizes()[first + d];
    std::int64_t reach = 0;
    if (__builtin_add_overflow(output[d], kernel[d], &reach)
            ? kernel[d] > 0
            : reach > extent + (rank == 2 ? 1 : 0)) {  // PyTorch wants one place more for volumes
      const std::string label = kLabels[3 - rank + d];
      raise("RuntimeError",
            {name, ": pool ", label, " ", kernel[d], " too large relative to input ", label, " ", extent});
    }
  }
}

/// Visits window [start, start + kernel) of a plane and gives the maximum and its position: the first one or the last
/// NaN; minus infinity for an empty window.
template <class T>
std::pair<T, std::int64_t> window_maximum(const T* plane, const std::int64_t* start, const std::int64_t* kernel,
                                          const std::int64_t* extent) noexcept {
  T best = -std::numeric_limits<T>::infinity();
  std::int64_t place = (start[0] * extent[1] + start[1]) * extent[2] + start[2];
  for (std::int64_t z = start[0]; z < start[0] + kernel[0]; ++z) {
    for (std::int64_t y = start[1]; y < start[1] + kernel[1]; ++y) {
      for (std::int64_t x = start[2]; x < start[2] + kernel[2]; ++x) {
        const std::int64_t at = (z * extent[1] + y) * extent[2] + x;
        if (plane[at] > best || plane[at] != plane[at]) {
          best = plane[at];
          place = at;
        }
      }
    }
  }
  return {best, place};
}

/// Two dimensions are computed as three of which the first has one position.
inline std::tuple<Tensor, Tensor> fractional_max_pool(const std::string& name, const std::string& kernel_name,
                                                      const Tensor& self, IntSpan kernel_size, IntSpan output_size,
                                                      const Tensor& random_samples) {
  check_fractional(name, self, kernel_size, output_size, random_samples);
  const std::int64_t rank = kernel_size.size();
  const std::int64_t first = self.dim() - rank;
  DimVector sizes(self.sizes());
  std::int64_t extent[3] = {1, 1, 1};
  std::int64_t kernel[3] = {1, 1, 1};
  std::int64_t output[3] = {1, 1, 1};
  for (std::int64_t d = 0; d < rank; ++d) {
    extent[3 - rank + d] = self.sizes()[first + d];
    kernel[3 - rank + d] = kernel_size[d];
    output[3 - rank + d] = output_size[d];
    sizes[first + d] = output_size[d];
  }
  const DType dtype = kernels::float_compute_dtype(kernel_name.c_str(), self.dtype());
  const Tensor values = Tensor::empty(sizes, dtype);
  const Tensor places = Tensor::empty(sizes, DType::int64);
  const Tensor in = kernels::dense_as(self, dtype);
  const Tensor drawn = kernels::dense_as(random_samples, dtype);
  const std::int64_t volume = extent[0] * extent[1] * extent[2];
  const std::int64_t cells = output[0] * output[1] * output[2];
  visit(Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const samples = drawn.data_ptr<T>();
    parallel_for(cells == 0 ? 0 : values.numel() / cells, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t plane = begin; plane < end; ++plane) {
        std::vector<std::int64_t> starts[3] = {{0}, {}, {}};
        for (std::int64_t d = 3 - rank; d < 3; ++d) {
          // The first sample of a plane is that of its width in two dimensions, of its depth in three.
          const T sample = samples[plane * rank + (rank == 2 ? 2 - d : d)];
          starts[d] = window_starts(self.dtype(), sample, extent[d], output[d], kernel[d]);
        }
        std::int64_t cell = plane * cells;
        for (const std::int64_t z : starts[0]) {
          for (const std::int64_t y : starts[1]) {
            for (const std::int64_t x : starts[2]) {
              const std::int64_t start[3] = {z, y, x};
              const auto [value, place] = window_maximum(in.data_ptr<T>() + plane * volume, start, kernel, extent);
              values.data_ptr<T>()[cell] = value;
              places.data_ptr<std::int64_t>()[cell++] = place;
            }
          }
        }
      }
    });
  });
  return {kernels::as_dtype(values, self.dtype()), places};
}

inline void check_extents(const char* name, const char* label, IntSpan values, std::int64_t rank, const char* words) {
  if (values.size() != rank) {
    raise("RuntimeError", {name, ": ", label, " must either be a single Int or ", words});
  }
}

}  // namespace detail

namespace ops {

/// Maxima over output_size windows of every plane of [N, C, H, W] or [C, H, W], and where they are;
/// random_samples[N, C, 2] in [0, 1) decides where the windows of a plane lie.
inline std::tuple<Tensor, Tensor> fractional_max_pool2d(const Tensor& self, IntSpan kernel_size, IntSpan output_size,
                                                        const Tensor& random_samples) {
  detail::check_extents("fractional_max_pool2d", "kernel_size", kernel_size, 2, "tuple of Ints");
  detail::check_extents("fractional_max_pool2d", "output_size", output_size, 2, "tuple of Ints");
  return detail::fractional_max_pool("fractional_max_pool2d()", "fractional_max_pool2d_out_frame", self, kernel_size,
                                     output_size, random_samples);
}

/// The same over volumes, with random_samples[N, C, 3].
inline std::tuple<Tensor, Tensor> fractional_max_pool3d(const Tensor& self, IntSpan kernel_size, IntSpan output_size,
                                                        const Tensor& random_samples) {
  detail::check_extents("fractional_max_pool3d", "kernel_size", kernel_size, 3, "tuple of three Ints");
  detail::check_extents("fractional_max_pool3d", "output_size", output_size, 3, "tuple of three Ints");
  return detail::fractional_max_pool("fractional_max_pool3d_out()", "fractional_max_pool3d_out_frame", self,
                                     kernel_size, output_size, random_samples);
}

}  // namespace ops
}  // namespace ts2cpp
