// Convolutions over contiguous images, float and double: products with panels packed from the image, and the
// depthwise case. The general form (three dimensions, any number type) is in conv_general.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/kernels/gemv.hpp>
#include <ts2cpp/kernels/im2col.hpp>

namespace ts2cpp::kernels {

/// The channels of a convolution: `groups` groups of `in` input and `out` output channels each.
struct ConvChannels {
  std::int64_t batch = 1;
  std::int64_t groups = 1;
  std::int64_t in = 1;
  std::int64_t out = 1;
};

/// One group of one image: to[out x pixels] = weight[out x in * taps] * image.
template <class T>
void convolve_group(const ConvGeometry& g, const ConvChannels& channels, const T* image, const T* weight,
                    const Destination<T>& to) {
  const std::int64_t depth = channels.in * g.taps();
  const Matrix<T> left{weight, depth, 1};
  if (g.is_pointwise()) {
    gemm<T>(channels.out, g.out_pixels(), depth, left, {image, g.in_pixels(), 1}, to);
    return;
  }
  const Scratch<T> planes(channels.in * g.plane_size() + kPlaneSlack);
  std::fill_n(planes.data() + channels.in * g.plane_size(), kPlaneSlack, T{0});
  parallel_for(channels.in, task_grain(4 * g.plane_size()), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      split_phases(g, image + c * g.in_pixels(), planes.data() + c * g.plane_size());
    }
  });
  const Scratch<std::int64_t> tap_offsets(g.taps());
  fill_tap_offsets(g, tap_offsets.data());
  const PhasedImage<T> phased{&g, planes.data(), tap_offsets.data()};
  gemm_panels<T>(channels.out, g.out_pixels(), depth, left, {&phased, pack_image<T>}, to);
}

/// The filter taps handled at a time by a depthwise convolution.
inline constexpr std::int64_t kFewTaps = 128;

/// One output channel of a convolution in which every output looks at one input channel. `plane` and `sums` are
/// working memory, `tap_offsets` those of the geometry.
template <class T>
void convolve_depthwise(const ConvGeometry& g, const std::int64_t* tap_offsets, const T* image, const T* weight, T bias,
                        const T* residual, const Activation& activation, T* plane, T* sums, T* out) noexcept {
  const std::int64_t taps = g.taps();
  const std::int64_t cols = g.phase_cols();
  // Whole vectors, from a plane with slack: no scalar remainder.
  const std::int64_t span = ceil_div((g.out_h - 1) * cols + g.out_w, kPlaneSlack) * kPlaneSlack;
  split_phases(g, image, plane);
  const T* lines[kFewTaps];
  for (std::int64_t first = 0; first < taps; first += kFewTaps) {
    const std::int64_t count = std::min(kFewTaps, taps - first);
    for (std::int64_t t = 0; t < count; ++t) {
      lines[t] = plane + tap_offsets[first + t];
    }
    if constexpr (kRare<T>) {
      for (std::int64_t i = 0; first == 0 && i < span; ++i)
        sums[i] = bias;
    } else if (first == 0) {
      tiles<T>().weighted_lines(weight, lines, static_cast<int>(count), span, bias, sums);
      continue;
    }
    for (std::int64_t t = 0; t < count; ++t) {
      for (std::int64_t i = 0; i < span; ++i)
        sums[i] += weight[first + t] * lines[t][i];
    }
  }
  if (residual == nullptr) {
    activate(activation, sums, span);
  }
  for (std::int64_t y = 0; y < g.out_h; ++y) {
    T* const line = sums + y * cols;
    if (residual != nullptr) {
      for (std::int64_t x = 0; x < g.out_w; ++x)
        line[x] += residual[y * g.out_w + x];
      activate(activation, line, g.out_w);
    }
    // Whole steps may write beyond the line, into the next one, which follows; never beyond the plane.
    constexpr std::int64_t kStep = 8;
    const std::int64_t left = (g.out_h - y) * g.out_w;
    T* const target = out + y * g.out_w;
    std::int64_t x = 0;
    for (; x < g.out_w && x + kStep <= left; x += kStep)
      std::memcpy(target + x, line + x, kStep * sizeof(T));
    for (; x < g.out_w; ++x)
      target[x] = line[x];
  }
}

/// out[batch, groups * out, pixels] = activation(convolution + bias + residual). Everything contiguous; weight is
/// [groups * out, in, taps]; bias and residual may be null.
template <class T>
void convolve(const ConvGeometry& g, const ConvChannels& channels, const T* image, const T* weight, const T* bias,
              const T* residual, const Activation& activation, T* out) {
  const std::int64_t images = channels.batch * channels.groups;
  const std::int64_t depth = channels.in * g.taps();
  if (channels.in == 1 && channels.out <= 4 && channels.groups > 1) {
    const std::int64_t planes = images * channels.out;
    const Scratch<std::int64_t> tap_offsets(g.taps());
    fill_tap_offsets(g, tap_offsets.data());
    parallel_for(planes, task_grain(g.out_pixels() * (g.taps() + 4)), [&](std::int64_t begin, std::int64_t end) {
      const Scratch<T> plane(g.plane_size() + kPlaneSlack);
      const Scratch<T> sums(g.out_h * g.phase_cols() + kPlaneSlack);
      std::fill_n(plane.data() + g.plane_size(), kPlaneSlack, T{0});
      for (std::int64_t p = begin; p < end; ++p) {
        const std::int64_t channel = p % (channels.groups * channels.out);
        convolve_depthwise(g, tap_offsets.data(), image + p / channels.out * g.in_pixels(), weight + channel * depth,
                           bias == nullptr ? T{0} : bias[channel],
                           residual == nullptr ? nullptr : residual + p * g.out_pixels(), activation, plane.data(),
                           sums.data(), out + p * g.out_pixels());
      }
    });
    return;
  }
  const auto run = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t group = i % channels.groups;
      const std::int64_t offset = i * channels.out * g.out_pixels();
      Destination<T> to;
      to.data = out + offset;
      to.row = g.out_pixels();
      to.row_bias = bias == nullptr ? nullptr : bias + group * channels.out;
      to.residual = residual == nullptr ? nullptr : residual + offset;
      to.activation = activation;
      convolve_group(g, channels, image + i * channels.in * g.in_pixels(), weight + group * channels.out * depth, to);
    }
  };
  // Few images: each is shared by the threads. Many: each thread takes its own.
  if (images < 8) {
    run(0, images);
  } else {
    parallel_for(images, task_grain(channels.out * depth * g.out_pixels()), run);
  }
}

#define TS2CPP_CONV_PARTS(TEMPLATE)                                                                                 \
  TEMPLATE void convolve<float>(const ConvGeometry&, const ConvChannels&, const float*, const float*, const float*, \
                                const float*, const Activation&, float*);                                           \
  TEMPLATE void convolve<double>(const ConvGeometry&, const ConvChannels&, const double*, const double*,            \
                                 const double*, const double*, const Activation&, double*);
TS2CPP_COMPILED(TS2CPP_CONV_PARTS)

}  // namespace ts2cpp::kernels
