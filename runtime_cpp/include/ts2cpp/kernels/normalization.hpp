// Moments of rows and the affine maps that normalise with them, float and double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ts2cpp/kernels/row_set.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp::kernels {

inline constexpr std::int64_t kNormElements = 1 << 14;  // worth handing to a thread
inline constexpr std::int64_t kCachedRow =
    1 << 12;  // from so many bytes on, rows that are read together displace each other

constexpr std::int64_t norm_grain(std::int64_t elements) noexcept {
  return std::max<std::int64_t>(1, kNormElements / std::max<std::int64_t>(1, elements));
}

/// out = (in - mean) * rstd * weight + bias, the mean first; weight and bias may be null.
template <class T>
void centred_affine(const T* in, std::int64_t n, T mean, T rstd, const T* weight, const T* bias, T* out) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    const T value = (in[i] - mean) * rstd * (weight != nullptr ? weight[i] : T{1});
    out[i] = bias != nullptr ? value + bias[i] : value;
  }
}

/// out = (in - mean) * rstd * weight + bias for each of `count` rows of n; weight and bias may be null, as may `means`
/// and `rstds`, which receive one value a row.
template <class T>
void layer_norm(const T* in, std::int64_t count, std::int64_t n, const T* weight, const T* bias, T eps, T* out,
                T* means, T* rstds) {
  const bool together = weight != nullptr && bias != nullptr && n * static_cast<std::int64_t>(sizeof(T)) < kCachedRow;
  parallel_for(count, norm_grain(n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end;) {
      const T* const x = in + r * n;
      T* const y = out + r * n;
      const int some = together && end - r >= kAffineRows ? kAffineRows : 1;
      T mean[kAffineRows];
      T variance[kAffineRows];
      T rstd[kAffineRows];
      T shift[kAffineRows];
      for (int k = 0; k < some; ++k) {
        rows<T>().moments(x + k * n, n, &mean[k], &variance[k]);
      }
      for (int k = 0; k < some; ++k) {
        rstd[k] = T{1} / std::sqrt(variance[k] + eps);
        shift[k] = -mean[k] * rstd[k];
      }
      if (some == kAffineRows) {
        rows<T>().affine_rows(x, n, rstd, shift, weight, bias, y);
      } else {
        rows<T>().affine(x, n, rstd[0], shift[0], weight, bias, y);
      }
      constexpr T kFar{16};  // a greater shift would take the digits of rows that differ little from their mean
      for (int k = 0; k < some; ++k) {
        if (std::abs(shift[k]) > kFar)
          centred_affine(x + k * n, n, mean[k], rstd[k], weight, bias, y + k * n);
      }
      if (means != nullptr)
        std::copy(mean, mean + some, means + r);
      if (rstds != nullptr)
        std::copy(rstd, rstd + some, rstds + r);
      r += some;
    }
  });
}

/// out = in / sqrt(mean(in^2) + eps) * weight by rows.
template <class T>
void rms_norm(const T* in, std::int64_t count, std::int64_t n, const T* weight, T eps, T* out) {
  parallel_for(count, norm_grain(n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const T* const x = in + r * n;
      T* const y = out + r * n;
      const T scale = T{1} / std::sqrt(rows<T>().squares(x, n, T{0}) / static_cast<T>(n) + eps);
      rows<T>().affine(x, n, scale, T{-0.0}, weight, nullptr, y);  // -0 stays
    }
  });
}

/// out = in * scale[c] + shift[c] for in[batch, channels, pixels].
template <class T>
void scale_channels(const T* in, std::int64_t batch, std::int64_t channels, std::int64_t pixels, const T* scale,
                    const T* shift, T* out) {
  if (pixels == 1) {
    parallel_for(batch, norm_grain(channels), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        for (std::int64_t c = 0; c < channels; ++c)
          out[n * channels + c] = in[n * channels + c] * scale[c] + shift[c];
      }
    });
    return;
  }
  parallel_for(batch * channels, norm_grain(pixels), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      const T factor = scale[line % channels];
      const T added = shift[line % channels];
      rows<T>().affine(in + line * pixels, pixels, factor, added, nullptr, nullptr, out + line * pixels);
    }
  });
}

/// The same for a tensor of `sizes` in blocks of channels.
inline Tensor scale_blocks(const ts2cpp::detail::ChannelBlocks& in, IntSpan sizes, const float* scale,
                           const float* shift) {
  const Tensor result = Tensor::over(ts2cpp::detail::Storage::blocked(in), sizes, DType::float32);
  float* const elements = result.storage().blocks()->elements;
  const std::int64_t block = in.block;
  const std::int64_t padded = in.block_count() * block;
  const Scratch<float> factors(padded);
  const Scratch<float> added(padded);
  std::fill(std::copy_n(scale, in.channels, factors.data()), factors.data() + padded, 0.0f);
  std::fill(std::copy_n(shift, in.channels, added.data()), added.data() + padded, 0.0f);
  parallel_for(in.batch * in.block_count(), norm_grain(in.block_stride()), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float* const factor = factors.data() + i % in.block_count() * block;
      const float* const addend = added.data() + i % in.block_count() * block;
      const float* x = in.elements + i * in.block_stride();
      float* y = elements + i * in.block_stride();
      for (std::int64_t p = 0; p < in.pixels(); ++p, x += block, y += block) {
        for (std::int64_t c = 0; c < block; ++c)
          y[c] = x[c] * factor[c] + addend[c];
      }
    }
  });
  return result;
}

/// Mean and biased variance of every channel of in[batch, channels, pixels], summed in double.
template <class T>
void channel_moments(const T* in, std::int64_t batch, std::int64_t channels, std::int64_t pixels, double* means,
                     double* variances) {
  const double count = static_cast<double>(batch * pixels);
  parallel_for(channels, norm_grain(batch * pixels), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      double sum = 0.0;
      for (std::int64_t n = 0; n < batch; ++n) {
        sum += row_sum<double>(in + (n * channels + c) * pixels, pixels, [](T x) { return static_cast<double>(x); });
      }
      const double mean = sum / count;
      double squares = 0.0;
      for (std::int64_t n = 0; n < batch; ++n) {
        squares += row_sum<double>(in + (n * channels + c) * pixels, pixels, [mean](T x) {
          return (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
        });
      }
      means[c] = mean;
      variances[c] = squares / count;
    }
  });
}

}  // namespace ts2cpp::kernels
