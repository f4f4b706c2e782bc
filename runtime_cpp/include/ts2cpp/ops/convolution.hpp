// Convolutions of one to three dimensions, forward and transposed.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/epilogue_apply.hpp>
#include <ts2cpp/kernels/conv1d.hpp>
#include <ts2cpp/kernels/conv_general.hpp>
#include <ts2cpp/kernels/conv_layouts.hpp>
#include <ts2cpp/ops/convolution_arguments.hpp>

namespace ts2cpp {
namespace detail {

inline kernels::Triple last_three(IntSpan values, std::int64_t rank, std::int64_t missing) noexcept {
  kernels::Triple triple{missing, missing, missing};
  for (std::int64_t d = 0; d < rank; ++d) {
    triple[static_cast<std::size_t>(3 - rank + d)] = values[values.size() - rank + d];
  }
  return triple;
}

/// The sizes of a convolution in up to two dimensions, with a result of `sizes`.
inline kernels::ConvGeometry plane_geometry(const Convolution& c, IntSpan sizes) noexcept {
  const kernels::Triple image = last_three(c.input.sizes(), c.rank(), 1);
  const kernels::Triple kernel = last_three(c.weight.sizes(), c.rank(), 1);
  const kernels::Triple result = last_three(sizes, c.rank(), 1);
  const kernels::Triple stride = last_three(c.stride, c.rank(), 1);
  const kernels::Triple pad = last_three(c.padding, c.rank(), 0);
  const kernels::Triple dilation = last_three(c.dilation, c.rank(), 1);
  return {image[1],  image[2],  result[1], result[2], kernel[1],   kernel[2],
          stride[1], stride[2], pad[1],    pad[2],    dilation[1], dilation[2]};
}

/// The one-dimensional forward convolution in float; false where other kernels do better.
inline bool convolve_lines(const Convolution& c, const kernels::ConvChannels& channels, const Tensor& out,
                           const Tensor& residual, const Activation& activation) {
  if (c.rank() != 1 || out.dtype() != DType::float32) {
    return false;
  }
  const kernels::LineGeometry g{channels.batch, channels.groups,     channels.in, channels.out, c.input.sizes()[2],
                                out.sizes()[2], c.weight.sizes()[2], c.stride[0], c.padding[0], c.dilation[0]};
  if (!kernels::is_line(g)) {
    return false;
  }
  static constexpr char kKind = 0;
  const std::int64_t rows = kernels::line_kernels<>().rows;
  const auto pack = [&](float* to) {
    kernels::pack_line_weights(g, rows, static_cast<const float*>(c.weight.read_data()), to);
  };
  std::optional<kernels::Scratch<float>> here;
  const float* weights = packed<float>(
      c.weight, {&kKind, {rows, g.groups, g.out, g.in, g.taps, c.weight.storage_offset()}}, g.packed(rows), pack);
  if (weights == nullptr) {
    here.emplace(g.packed(rows));
    pack(here->data());
    weights = here->data();
  }
  const auto plain = [](const Tensor& tensor) {
    return tensor.defined() ? static_cast<const float*>(tensor.read_data()) : nullptr;
  };
  kernels::convolve_lines(g, plain(c.input), weights, plain(c.bias), plain(residual), activation,
                          out.data_ptr<float>());
  return true;
}

/// The two-dimensional forward convolution in float or double, everything fused.
inline void convolve_planes(const Convolution& c, const kernels::ConvChannels& channels, const Tensor& out,
                            const Epilogue& epilogue) {
  const kernels::ConvGeometry geometry = plane_geometry(c, out.sizes());
  const Tensor residual = epilogue.residual.defined() ? kernels::dense_as(epilogue.residual, out.dtype()) : Tensor();
  if (convolve_lines(c, channels, out, residual, epilogue.activation)) {
    return;
  }
  detail::visit(detail::Floats{}, out.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    kernels::convolve<T>(geometry, channels, c.input.data_ptr<T>(), c.weight.data_ptr<T>(),
                         kernels::data_or_null<T>(c.bias), kernels::data_or_null<T>(residual), epilogue.activation,
                         out.data_ptr<T>());
  });
}

/// Any convolution, group by group; no bias, no epilogue.
template <class T>
void convolve_groups(const Convolution& c, const kernels::ConvChannels& channels, const Tensor& out) {
  const Tensor& image = c.transposed ? out : c.input;
  const Tensor& result = c.transposed ? c.input : out;
  const kernels::VolumeGeometry geometry{
      last_three(image.sizes(), c.rank(), 1),    last_three(result.sizes(), c.rank(), 1),
      last_three(c.weight.sizes(), c.rank(), 1), last_three(c.stride, c.rank(), 1),
      last_three(c.padding, c.rank(), 0),        last_three(c.dilation, c.rank(), 1)};
  const std::int64_t in_pixels = channels.in * kernels::product_of(c.transposed ? geometry.result : geometry.image);
  const std::int64_t out_pixels = channels.out * kernels::product_of(c.transposed ? geometry.image : geometry.result);
  const std::int64_t weights = channels.in * channels.out * kernels::product_of(geometry.kernel);
  if (c.transposed) {
    std::fill_n(out.data_ptr<T>(), out.numel(), T{});
  }
  for (std::int64_t i = 0; i < channels.batch * channels.groups; ++i) {
    T* const weight = c.weight.data_ptr<T>() + i % channels.groups * weights;
    T* const input = c.input.data_ptr<T>() + i * in_pixels;
    if (c.transposed) {
      kernels::convolve_volume_transposed<T>(out.dtype(), geometry, channels, input, weight,
                                             out.data_ptr<T>() + i * out_pixels);
    } else {
      kernels::convolve_volume<T>(out.dtype(), geometry, channels, input, weight, out.data_ptr<T>() + i * out_pixels);
    }
  }
}

/// out += bias, by channel; then the epilogue of a float result.
template <class T>
void finish_convolution(const Tensor& out, const Tensor& bias, const Epilogue& epilogue) {
  T* data = out.data_ptr<T>();
  const std::int64_t channels = out.sizes()[1];
  const std::int64_t pixels = channels == 0 || out.sizes()[0] == 0 ? 0 : out.numel() / (out.sizes()[0] * channels);
  if (bias.defined()) {
    for (std::int64_t line = 0; pixels != 0 && line < out.numel() / pixels; ++line) {
      for (std::int64_t i = 0; i < pixels; ++i)
        data[line * pixels + i] += bias.data_ptr<T>()[line % channels];
    }
  }
  if (epilogue.residual.defined()) {
    const Tensor residual = kernels::dense_as(epilogue.residual, out.dtype());
    for (std::int64_t i = 0; i < out.numel(); ++i)
      data[i] += residual.data_ptr<T>()[i];
  }
  if constexpr (std::is_floating_point_v<T>) {
    kernels::activate(epilogue.activation, data, out.numel());
  }
}

/// The convolution that `c` describes. Takes checked sizes, any layout and dtype.
template <class Lazy = void>
Tensor run_convolution(const Convolution& call, const Epilogue& epilogue) {
  Convolution c = bounded(call);
  const DimVector sizes = convolution_sizes(c);
  const DType dtype = kernels::product_dtype(c.input.dtype());
  const bool dilated = std::any_of(c.dilation.begin(), c.dilation.end(), [](std::int64_t value) { return value != 1; });
  if (dilated && !c.transposed && dtype == DType::int64 && c.input.dtype() != DType::int64) {
    detail::raise_no_kernel("slow_conv_dilated<>", c.input.dtype());
  }
  if (c.rank() == 2 && (!c.transposed || c.groups == 1) && c.input.dtype() == DType::float32) {
    const kernels::ConvGeometry geometry = plane_geometry(c, sizes);
    const Tensor result =
        c.transposed ? kernels::convolve_transposed_in_blocks(c.input, c.weight, c.bias, geometry, sizes[1], epilogue)
                     : kernels::convolve_in_blocks(c.input, c.weight, c.bias, geometry, sizes[1], c.groups, epilogue);
    if (result.defined()) {
      return result;
    }
  }
  Tensor out = Tensor::empty(sizes, dtype);
  if (out.numel() == 0) {
    return kernels::as_dtype(out, call.input.dtype());
  }
  c.input = kernels::dense_as(c.input, dtype);
  c.weight = kernels::dense_as(c.weight, dtype);
  c.bias = c.bias.defined() ? kernels::dense_as(c.bias, dtype) : Tensor();
  kernels::ConvChannels channels;
  channels.batch = sizes[0];
  channels.groups = c.groups;
  channels.in = c.input.sizes()[1] / c.groups;
  channels.out = sizes[1] / c.groups;
  if (!c.transposed && c.rank() <= 2 && is_floating_point(dtype)) {
    convolve_planes(c, channels, out, epilogue);
  } else if (is_floating_point(dtype)) {
    detail::visit(detail::Floats{}, dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      convolve_groups<T>(c, channels, out);
      finish_convolution<T>(out, c.bias, epilogue);
    });
  } else if (dtype == DType::int64) {
    convolve_groups<std::uint64_t>(c, channels, out);
    finish_convolution<std::uint64_t>(out, c.bias, epilogue);
  } else {
    convolve_groups<complex128>(c, channels, out);
    finish_convolution<complex128>(out, c.bias, epilogue);
  }
  return kernels::as_dtype(out, call.input.dtype());
}

inline Tensor drop_batch(const Tensor& result) {
  return kernels::reshaped(result, IntSpan(result.sizes().data() + 1, result.dim() - 1));
}

/// Runs a convolution and drops the batch dimension that `add_batch` added; the epilogue is merged in if it may be.
inline Tensor finish_named(const Convolution& c, bool added, DType dtype, const Epilogue& epilogue) {
  bool merge = true;
  if (!epilogue.empty()) {
    const DimVector sizes = convolution_sizes(bounded(c));
    merge = may_merge(epilogue, added ? IntSpan(sizes.data() + 1, sizes.size() - 1) : IntSpan(sizes), dtype);
  }
  const Tensor result = run_convolution(c, merge ? epilogue : Epilogue());
  const Tensor shaped = added ? drop_batch(result) : result;
  return merge ? shaped : apply_epilogue(shaped, epilogue);
}

template <class Lazy = void>
Tensor convolve_named(const char* name, std::int64_t rank, const Tensor& input, const Tensor& weight,
                      const std::optional<Tensor>& bias, IntSpan stride, IntSpan padding, IntSpan dilation,
                      bool transposed, IntSpan output_padding, std::int64_t groups, const Epilogue& epilogue) {
  Tensor batched = input;
  const bool added = add_batch(batched, rank, name);
  return finish_named(
      make_convolution(batched, weight, bias, stride, padding, dilation, transposed, output_padding, groups), added,
      input.dtype(), epilogue);
}

#define TS2CPP_CONVOLUTION_PARTS(TEMPLATE)                                                                     \
  TEMPLATE Tensor run_convolution<void>(const Convolution&, const Epilogue&);                                  \
  TEMPLATE Tensor convolve_named<void>(const char*, std::int64_t, const Tensor&, const Tensor&,                \
                                       const std::optional<Tensor>&, IntSpan, IntSpan, IntSpan, bool, IntSpan, \
                                       std::int64_t, const Epilogue&);
TS2CPP_COMPILED(TS2CPP_CONVOLUTION_PARTS)

/// Enables the overloads with padding by name. They are templates because `{0, 0}` would be a std::string_view too.
template <class Text>
using IfText = std::enable_if_t<std::is_convertible_v<const Text&, std::string_view>, int>;

inline Tensor convolve_text_padding(const char* name, std::int64_t rank, const Tensor& input, const Tensor& weight,
                                    const std::optional<Tensor>& bias, IntSpan stride, std::string_view padding,
                                    IntSpan dilation, std::int64_t groups, const Epilogue& epilogue) {
  Tensor batched = input;
  const bool added = add_batch(batched, rank, name);
  Convolution c = make_convolution(batched, weight, bias, stride, {0}, dilation, false, {0}, groups);
  pad_by_name(c, padding);
  return finish_named(c, added, input.dtype(), epilogue);
}

}  // namespace detail

namespace ops {

/// input[N, C, L] (or [C, L]) with weight[O, C / groups, K] -> [N, O, L'].
inline Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = std::nullopt,
                     IntSpan stride = {1}, IntSpan padding = {0}, IntSpan dilation = {1}, std::int64_t groups = 1,
                     const Epilogue& epilogue = {}) {
  return detail::convolve_named("conv1d", 1, input, weight, bias, stride, padding, dilation, false, {0}, groups,
                                epilogue);
}

template <class Text, detail::IfText<Text> = 0>
Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
              const Text& padding, IntSpan dilation = {1}, std::int64_t groups = 1, const Epilogue& epilogue = {}) {
  return detail::convolve_text_padding("conv1d", 1, input, weight, bias, stride, padding, dilation, groups, epilogue);
}

/// The same with an epilogue alone, and with one after stride and padding.
template <class E, std::enable_if_t<std::is_convertible_v<const E&, Epilogue>, int> = 0>
Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, const E& epilogue) {
  return conv1d(input, weight, bias, {1}, {0}, {1}, 1, epilogue);
}
template <class E, std::enable_if_t<std::is_convertible_v<const E&, Epilogue>, int> = 0>
Tensor conv1d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
              IntSpan padding, const E& epilogue) {
  return conv1d(input, weight, bias, stride, padding, {1}, 1, epilogue);
}

/// input[N, C, H, W] (or [C, H, W]) with weight[O, C / groups, KH, KW] -> [N, O, H', W'].
inline Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = std::nullopt,
                     IntSpan stride = {1, 1}, IntSpan padding = {0, 0}, IntSpan dilation = {1, 1},
                     std::int64_t groups = 1, const Epilogue& epilogue = {}) {
  return detail::convolve_named("conv2d", 2, input, weight, bias, stride, padding, dilation, false, {0}, groups,
                                epilogue);
}

template <class Text, detail::IfText<Text> = 0>
Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
              const Text& padding, IntSpan dilation = {1, 1}, std::int64_t groups = 1, const Epilogue& epilogue = {}) {
  return detail::convolve_text_padding("conv2d", 2, input, weight, bias, stride, padding, dilation, groups, epilogue);
}

/// The same with an epilogue alone, and with one after stride and padding.
template <class E, std::enable_if_t<std::is_convertible_v<const E&, Epilogue>, int> = 0>
Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, const E& epilogue) {
  return conv2d(input, weight, bias, {1, 1}, {0, 0}, {1, 1}, 1, epilogue);
}
template <class E, std::enable_if_t<std::is_convertible_v<const E&, Epilogue>, int> = 0>
Tensor conv2d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
              IntSpan padding, const E& epilogue) {
  return conv2d(input, weight, bias, stride, padding, {1, 1}, 1, epilogue);
}

/// input[N, C, D, H, W] (or without N) with weight[O, C / groups, KD, KH, KW].
inline Tensor conv3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias = std::nullopt,
                     IntSpan stride = {1, 1, 1}, IntSpan padding = {0, 0, 0}, IntSpan dilation = {1, 1, 1},
                     std::int64_t groups = 1, const Epilogue& epilogue = {}) {
  return detail::convolve_named("conv3d", 3, input, weight, bias, stride, padding, dilation, false, {0}, groups,
                                epilogue);
}

template <class Text, detail::IfText<Text> = 0>
Tensor conv3d(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
              const Text& padding, IntSpan dilation = {1, 1, 1}, std::int64_t groups = 1,
              const Epilogue& epilogue = {}) {
  return detail::convolve_text_padding("conv3d", 3, input, weight, bias, stride, padding, dilation, groups, epilogue);
}

/// A convolution of as many dimensions as the weight has, which a trace of padding="same" calls.
inline Tensor _convolution_mode(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                                IntSpan stride, std::string_view padding, IntSpan dilation, std::int64_t groups) {
  detail::Convolution c = detail::make_convolution(input, weight, bias, stride, {0}, dilation, false, {0}, groups);
  detail::pad_by_name(c, padding);
  return detail::finish_named(c, false, input.dtype(), {});
}

/// The transposed convolution: input[N, C, L] with weight[C, O / groups, K] -> [N, O, L'].
inline Tensor conv_transpose1d(const Tensor& input, const Tensor& weight,
                               const std::optional<Tensor>& bias = std::nullopt, IntSpan stride = {1},
                               IntSpan padding = {0}, IntSpan output_padding = {0}, std::int64_t groups = 1,
                               IntSpan dilation = {1}) {
  return detail::convolve_named("conv_transpose1d", 1, input, weight, bias, stride, padding, dilation, true,
                                output_padding, groups, {});
}

inline Tensor conv_transpose2d(const Tensor& input, const Tensor& weight,
                               const std::optional<Tensor>& bias = std::nullopt, IntSpan stride = {1, 1},
                               IntSpan padding = {0, 0}, IntSpan output_padding = {0, 0}, std::int64_t groups = 1,
                               IntSpan dilation = {1, 1}) {
  return detail::convolve_named("conv_transpose2d", 2, input, weight, bias, stride, padding, dilation, true,
                                output_padding, groups, {});
}

inline Tensor conv_transpose3d(const Tensor& input, const Tensor& weight,
                               const std::optional<Tensor>& bias = std::nullopt, IntSpan stride = {1, 1, 1},
                               IntSpan padding = {0, 0, 0}, IntSpan output_padding = {0, 0, 0}, std::int64_t groups = 1,
                               IntSpan dilation = {1, 1, 1}) {
  return detail::convolve_named("conv_transpose3d", 3, input, weight, bias, stride, padding, dilation, true,
                                output_padding, groups, {});
}

/// The general form; the number of dimensions is that of the weight.
inline Tensor convolution(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
                          IntSpan padding, IntSpan dilation, bool transposed, IntSpan output_padding,
                          std::int64_t groups) {
  Tensor batched = input;
  const std::int64_t rank = weight.dim() - 2;
  const bool added = input.dim() == rank + 1 && detail::add_batch(batched, rank, "convolution");
  const Tensor result = detail::run_convolution(
      detail::make_convolution(batched, weight, bias, stride, padding, dilation, transposed, output_padding, groups),
      {});
  return added ? detail::drop_batch(result) : result;
}

inline Tensor _convolution(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
                           IntSpan padding, IntSpan dilation, bool transposed, IntSpan output_padding,
                           std::int64_t groups) {
  return convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups);
}

}  // namespace ops
}  // namespace ts2cpp
