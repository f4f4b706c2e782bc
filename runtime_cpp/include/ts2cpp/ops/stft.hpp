// The short-time Fourier transform and its inverse.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/message.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/fft.hpp>
#include <ts2cpp/ops/unary.hpp>

namespace ts2cpp {
namespace detail {

/// A tensor as messages show it: its type and its shape.
inline std::string stft_operand(const Tensor& tensor, const char* open = "", const char* close = "") {
  const std::string label = dtype_label(tensor.dtype());
  return (is_complex(tensor.dtype()) ? "CPU" + label + "Type" : "torch." + label + "Tensor") + open +
         to_string(tensor.sizes()) + close;
}
inline std::string stft_window(const std::optional<Tensor>& window) {
  return window ? stft_operand(*window, "{", "}") : "None";
}
template <class T>
std::string stft_option(const std::optional<T>& value) {
  return value ? std::to_string(static_cast<std::int64_t>(*value)) : "None";
}
/// What messages of both directions begin with.
inline std::string stft_call(const char* name, const Tensor& self, std::int64_t n_fft, std::int64_t hop,
                             std::int64_t width, const std::optional<Tensor>& window) {
  return joined({name, "(", stft_operand(self), ", n_fft=", n_fft, ", hop_length=", hop, ", win_length=", width,
                 ", window=", stft_window(window)});
}

/// The window in the middle of n_fft places; ones of `dtype` where there is none.
inline Tensor centred_window(const std::optional<Tensor>& window, std::int64_t width, std::int64_t n_fft, DType dtype) {
  const Tensor given = window ? *window : filled({width}, 1, dtype);
  const std::int64_t left = (n_fft - width) / 2;
  return width == n_fft ? given : ops::constant_pad_nd(given, {left, n_fft - width - left}, 0);
}

/// Frames [batch, count, size] laid `hop` apart and added up: [batch, size + hop * (count - 1)].
template <class Lazy = void>
Tensor overlap_added(const Tensor& frames, std::int64_t hop) {
  const std::int64_t count = frames.size(1);
  const std::int64_t size = frames.size(2);
  const Tensor in = ops::contiguous(frames);
  const Tensor result = filled({frames.size(0), size + hop * (count - 1)}, 0, frames.dtype());
  dispatch("unfold_backward", NumbersAndBool{}, compute_dtype(frames.dtype()), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* source = in.template data_ptr<T>();
    for (std::int64_t row = 0; row < result.size(0); ++row) {
      T* target = result.template data_ptr<T>() + row * result.size(1);
      for (std::int64_t frame = 0; frame < count; ++frame, target += hop, source += size) {
        for (std::int64_t i = 0; i < size; ++i) {
          target[i] = math::add(target[i], source[i]);
        }
      }
    }
  });
  return result;
}

/// All forms of stft.
template <class Lazy = void>
Tensor short_time_spectra(const Tensor& self, std::int64_t n_fft, std::optional<std::int64_t> hop_length,
                          std::optional<std::int64_t> win_length, const std::optional<Tensor>& window, bool center,
                          std::string_view pad_mode, bool normalized, std::optional<bool> onesided,
                          std::optional<bool> return_complex, std::optional<bool> align_to_window) {
  if (center && align_to_window) {
    raise("RuntimeError", "stft align_to_window should only be set when center = false.");
  }
  const std::int64_t hop = hop_length.value_or(n_fft >> 2);
  const std::int64_t width = win_length.value_or(n_fft);
  const bool complex_input = is_complex(self.dtype()) || (window && is_complex(window->dtype()));
  if (!return_complex && !complex_input) {
    raise("RuntimeError",
          "stft requires the return_complex parameter be given for real inputs, and will further require that "
          "return_complex=True in a future PyTorch release.");
  }
  const auto fail = [&](const std::string& what) {
    raise("RuntimeError",
          {stft_call("stft", self, n_fft, hop, width, window), ", normalized=", static_cast<int>(normalized),
           ", onesided=", stft_option(onesided), ", return_complex=", stft_option(return_complex),
           ", align_to_window=", stft_option(align_to_window), ") : ", what});
  };
  if (is_integral(self.dtype(), true)) {
    fail("expected a tensor of floating point or complex values");
  }
  if (self.dim() != 1 && self.dim() != 2) {
    fail("expected a 1D or 2D tensor");
  }
  Tensor signal = self.dim() == 1 ? ops::unsqueeze(self, 0) : self;
  if (center) {
    if (signal.numel() == 0 && pad_mode == "reflect") {
      raise("RuntimeError",
            {"Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
             "input, but got: ",
             ops::unsqueeze(signal, 0).sizes()});
    }
    signal = ops::squeeze(ops::pad(ops::unsqueeze(signal, 0), {n_fft / 2, n_fft / 2}, pad_mode), 0);
  }
  const bool aligned = align_to_window.value_or(false);
  std::int64_t length = signal.size(1);
  if (n_fft <= 0 || n_fft > length) {
    fail("expected 0 < n_fft < " + std::to_string(length) +
         ", but got n_fft=" + std::to_string(aligned ? width : n_fft));
  }
  if (hop <= 0) {
    fail("expected hop_length > 0, but got hop_length=" + std::to_string(hop));
  }
  if (width <= 0 || width > n_fft) {
    fail("expected 0 < win_length <= n_fft, but got win_length=" + std::to_string(width));
  }
  if (window && (window->dim() != 1 || window->size(0) != width)) {
    fail("expected a 1D window tensor of size equal to win_length=" + std::to_string(width) +
         ", but got window with size " + to_string(window->sizes()));
  }
  if (aligned) {
    const std::int64_t left = (n_fft - width) / 2;
    signal = ops::constant_pad_nd(signal, {left, n_fft - width - left}, 0);
    length = signal.size(1);
  }
  const std::int64_t frames = 1 + (length - n_fft) / hop;
  const std::int64_t stride = signal.stride(1);
  signal = signal.with_layout({signal.size(0), frames, n_fft},
                              {signal.stride(0), frames == 1 ? n_fft * stride : hop * stride, stride},
                              signal.storage_offset());
  if (window || width < n_fft) {
    signal = ops::mul<Lazy>(signal, centred_window(window, width, n_fft, self.dtype()));
  }
  const bool real = !is_complex(signal.dtype());
  if (!real && onesided.value_or(false)) {
    raise("RuntimeError", "Cannot have onesided output if window or input is complex");
  }
  const std::int64_t scale = normalized ? kFftByRoot : kFftUnscaled;
  Tensor result = real ? ops::_fft_r2c<Lazy>(signal, {2}, scale, onesided.value_or(true))
                       : ops::_fft_c2c<Lazy>(signal, {2}, scale, true);
  result = ops::transpose(result, 1, 2);
  if (self.dim() == 1) {
    result = ops::squeeze(result, 0);
  }
  return return_complex.value_or(true) ? result : ops::view_as_real<Lazy>(result);
}
}  // namespace detail

namespace ops {

/// Spectra of windows of a signal [B?, L], hop_length apart: [B?, N, T].
template <class Lazy = void>
Tensor stft(const Tensor& self, std::int64_t n_fft, std::optional<std::int64_t> hop_length = std::nullopt,
            std::optional<std::int64_t> win_length = std::nullopt, const std::optional<Tensor>& window = std::nullopt,
            bool normalized = false, std::optional<bool> onesided = std::nullopt,
            std::optional<bool> return_complex = std::nullopt, std::optional<bool> align_to_window = std::nullopt) {
  return detail::short_time_spectra<Lazy>(self, n_fft, hop_length, win_length, window, false, "constant", normalized,
                                          onesided, return_complex, align_to_window);
}
/// The same of windows around their positions: the signal is padded by half a window on both sides.
template <class Lazy = void>
Tensor stft_center(const Tensor& self, std::int64_t n_fft, std::optional<std::int64_t> hop_length = std::nullopt,
                   std::optional<std::int64_t> win_length = std::nullopt,
                   const std::optional<Tensor>& window = std::nullopt, bool center = true,
                   std::string_view pad_mode = "reflect", bool normalized = false,
                   std::optional<bool> onesided = std::nullopt, std::optional<bool> return_complex = std::nullopt,
                   std::optional<bool> align_to_window = std::nullopt) {
  return detail::short_time_spectra<Lazy>(self, n_fft, hop_length, win_length, window, center, pad_mode, normalized,
                                          onesided, return_complex, align_to_window);
}

/// The signal whose frames have the given spectra: overlapping ones by least squares (Griffin and Lim, 1984).
template <class Lazy = void>
Tensor istft(const Tensor& self, std::int64_t n_fft, std::optional<std::int64_t> hop_length = std::nullopt,
             std::optional<std::int64_t> win_length = std::nullopt, const std::optional<Tensor>& window = std::nullopt,
             bool center = true, bool normalized = false, std::optional<bool> onesided = std::nullopt,
             std::optional<std::int64_t> length = std::nullopt, bool return_complex = false) {
  const std::int64_t hop = hop_length.value_or(n_fft >> 2);
  const std::int64_t width = win_length.value_or(n_fft);
  if (!is_complex(self.dtype())) {
    raise("RuntimeError",
          "istft requires a complex-valued input tensor matching the output from stft with return_complex=True.");
  }
  const auto fail = [&](const std::string& what) {
    raise("RuntimeError", {detail::stft_call("istft", self, n_fft, hop, width, window),
                           ", center=", static_cast<int>(center), ", normalized=", static_cast<int>(normalized),
                           ", onesided=", detail::stft_option(onesided), ", length=", detail::stft_option(length),
                           ", return_complex=", static_cast<int>(return_complex), ") ", what});
  };
  if (self.dim() < 2) {
    const std::int64_t rank = self.dim() + 1;
    raise("IndexError", {"Dimension out of range (expected to be in range of [", -rank, ", ", rank - 1, "], but got ",
                         -rank - 1, ")"});
  }
  const std::int64_t bins = self.size(-2);
  const std::int64_t count = self.size(-1);
  if (self.numel() == 0) {
    fail(": input tensor cannot be empty.");
  }
  if (self.dim() > 3) {
    fail(": expected a tensor with 3 or 4 dimensions, but got " + std::to_string(self.dim() + 1));
  }
  const bool half = onesided.value_or(bins != n_fft);
  if (bins != (half ? n_fft / 2 + 1 : n_fft)) {
    fail(std::string(": expected the frequency dimension (3rd to the last) of the input tensor to match ") +
         (half ? "n_fft / 2 + 1 when onesided=True" : "n_fft when onesided=False") + ", but got " +
         std::to_string(bins));
  }
  if (hop <= 0 || hop > width) {
    fail(": expected 0 < hop_length <= win_length");
  }
  if (width <= 0 || width > n_fft) {
    fail(": expected 0 < win_length <= n_fft");
  }
  if (window && (window->dim() != 1 || window->size(0) != width)) {
    fail(": Invalid window shape. window has to be 1D and length of `win_length`");
  }
  const Tensor weights = detail::centred_window(window, width, n_fft, to_real_dtype(self.dtype()));
  const Tensor spectra = transpose(self.dim() == 2 ? unsqueeze(self, 0) : self, 1, 2);
  const std::int64_t scale = normalized ? detail::kFftByRoot : detail::kFftByCount;
  Tensor frames;
  if (return_complex) {
    if (half) {
      raise("RuntimeError", "Cannot have onesided output if window or input is complex");
    }
    frames = _fft_c2c<Lazy>(spectra, {2}, scale, false);
  } else {
    if (is_complex(weights.dtype())) {
      raise("RuntimeError", "Complex windows are incompatible with return_complex=False");
    }
    frames = _fft_c2r<Lazy>(slice(spectra, 2, 0, n_fft / 2 + 1), {2}, scale, n_fft);
  }
  Tensor signal = detail::overlap_added<Lazy>(mul<Lazy>(frames, weights), hop);
  Tensor envelope = detail::overlap_added<Lazy>(expand(mul<Lazy>(weights, weights), {1, count, n_fft}), hop);
  const std::int64_t total = signal.size(1);
  const std::int64_t start = center ? n_fft / 2 : 0;
  const std::int64_t end = length ? math::add(start, *length) : center ? -(n_fft / 2) : total;
  signal = slice(signal, 1, start, end);
  envelope = slice(envelope, 1, start, end);
  if (envelope.numel() == 0) {
    raise("RuntimeError",
          "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
          "'dim' argument.");
  }
  const Tensor sizes = detail::contiguous_copy(abs<Lazy>(envelope), DType::float64);
  const double* const first = sizes.data_ptr<double>();
  if (*std::min_element(first, first + sizes.numel()) < 1e-11) {
    fail("window overlap add min: 1\n[ CPUBoolType{} ]");
  }
  signal = div<Lazy>(signal, envelope);
  if (self.dim() == 2) {
    signal = squeeze(signal, 0);
  }
  return end > total ? constant_pad_nd(signal, {0, end - total}, 0) : signal;
}

}  // namespace ops
}  // namespace ts2cpp
