// torchaudio's recursive filters: loops over samples, each of which depends on the ones before.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail::filtering {

inline void check(const std::string& name, DType dtype, const std::string& key, const Tensor& tensor, IntSpan sizes) {
  if (tensor.dtype() != dtype) {
    raise("RuntimeError",
          {name, " is of type ", dtype_label(dtype), " but ", key, " of type ", dtype_label(tensor.dtype())});
  }
  if (!(tensor.sizes() == sizes)) {
    raise("RuntimeError",
          {name.substr(0, name.find(':')), ": expected ", key, " of size ", sizes, " but got ", tensor.sizes()});
  }
  if (!tensor.is_contiguous()) {
    raise("RuntimeError", {name.substr(0, name.find(':')), ": ", key, " must be contiguous"});
  }
}

template <class T>
void recur(const Tensor& signal, const Tensor& coefficients, const Tensor& padded) {
  const std::int64_t channels = signal.size(1);
  const std::int64_t time = signal.size(2);
  const std::int64_t order = coefficients.size(1);
  const T* from = signal.data_ptr<T>();
  T* to = padded.data_ptr<T>();
  for (std::int64_t row = 0; row < signal.size(0) * channels; ++row, from += time, to += time + order - 1) {
    const T* const a = coefficients.data_ptr<T>() + row % channels * order;
    for (std::int64_t i = 0; i < time; ++i) {
      T value = from[i];
      for (std::int64_t k = 0; k < order; ++k) {
        value -= to[i + k] * a[k];
      }
      to[i + order - 1] = value;
    }
  }
}

template <class T>
void overdrive(const Tensor& waveform, const Tensor& temp, const Tensor& last_in, const Tensor& last_out,
               const Tensor& output) {
  const std::int64_t time = waveform.size(1);
  for (std::int64_t c = 0; c < waveform.size(0); ++c) {
    T& in = last_in.data_ptr<T>()[c];
    T& out = last_out.data_ptr<T>()[c];
    for (std::int64_t i = c * time; i < (c + 1) * time; ++i) {
      const T now = temp.data_ptr<T>()[i];
      out = static_cast<T>(static_cast<double>(now - in) + 0.995 * static_cast<double>(out));
      in = now;
      output.data_ptr<T>()[i] =
          static_cast<T>(static_cast<double>(waveform.data_ptr<T>()[i]) * 0.5 + static_cast<double>(out) * 0.75);
    }
  }
}

}  // namespace detail::filtering

namespace ops {

/// The recursive part of a filter: padded[b, c, i + K - 1] = signal[b, c, i] - sum_k a[c, k] padded[b, c, i + k], the
/// last coefficient first.
inline Tensor _lfilter_core_loop(const Tensor& signal, const Tensor& coefficients, const Tensor& padded) {
  if (signal.dim() != 3 || coefficients.dim() != 2 || coefficients.size(1) == 0) {
    raise("RuntimeError", {"lfilter: expected a signal [batch, channel, time] and coefficients [channel, order], got ",
                           signal.sizes(), " and ", coefficients.sizes()});
  }
  const DType dtype = signal.dtype();
  if (dtype != DType::float32 && dtype != DType::float64) {
    detail::raise_no_kernel("lfilter_core_loop", dtype);
  }
  const std::string name = "lfilter: the signal";
  const std::int64_t order = coefficients.size(1);
  detail::filtering::check(name, dtype, "the signal", signal, signal.sizes());
  detail::filtering::check(name, dtype, "the coefficients", coefficients, {signal.size(1), order});
  detail::filtering::check(name, dtype, "the output", padded,
                           {signal.size(0), signal.size(1), signal.size(2) + order - 1});
  detail::dispatch("lfilter_core_loop!", detail::Floats{}, dtype, [&](auto tag) {
    detail::filtering::recur<typename decltype(tag)::type>(signal, coefficients, padded);
  });
  return padded;
}

/// Half of the waveform[C, N] and three quarters of `temp`, from which a slow mean is taken away.
inline std::tuple<Tensor, Tensor, Tensor> _overdrive_core_loop(const Tensor& waveform, const Tensor& temp,
                                                               const Tensor& last_in, const Tensor& last_out,
                                                               const Tensor& output_waveform) {
  if (waveform.dim() != 2) {
    raise("RuntimeError", {"overdrive: expected a waveform [channel, time], got ", waveform.sizes()});
  }
  const DType dtype = waveform.dtype();
  if (dtype != DType::float32 && dtype != DType::float64) {
    detail::raise_no_kernel("overdrive_core_loop", dtype);
  }
  const std::string name = "overdrive: waveform";
  detail::filtering::check(name, dtype, "waveform", waveform, waveform.sizes());
  detail::filtering::check(name, dtype, "temp", temp, waveform.sizes());
  detail::filtering::check(name, dtype, "last_in", last_in, {waveform.size(0)});
  detail::filtering::check(name, dtype, "last_out", last_out, {waveform.size(0)});
  detail::filtering::check(name, dtype, "output_waveform", output_waveform, waveform.sizes());
  detail::dispatch("overdrive_core_loop!", detail::Floats{}, dtype, [&](auto tag) {
    detail::filtering::overdrive<typename decltype(tag)::type>(waveform, temp, last_in, last_out, output_waveform);
  });
  return {last_in, last_out, output_waveform};
}

}  // namespace ops
}  // namespace ts2cpp
