// Discrete Fourier transforms: torch.fft and the operators behind it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <ts2cpp/kernels/fft.hpp>
#include <ts2cpp/ops/arrangement.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/padding.hpp>
#include <ts2cpp/reduce.hpp>

namespace ts2cpp {
namespace detail {

/// How results are scaled: the argument `normalization` of the operators that the others are made of.
inline constexpr std::int64_t kFftUnscaled = 0;
inline constexpr std::int64_t kFftByRoot = 1;
inline constexpr std::int64_t kFftByCount = 2;

// ---- transforms along wrapped dimensions --------------------------------------------------------------------------

inline double fft_scale(IntSpan sizes, IntSpan dims, std::int64_t normalization) {
  double points = 1;
  for (const std::int64_t d : dims) {
    points *= static_cast<double>(sizes[d]);
  }
  return normalization == kFftByRoot ? 1 / std::sqrt(points) : normalization == kFftByCount ? 1 / points : 1.0;
}

/// A new tensor whose elements lie in order of the dimensions that are not in `dims`, then of these.
inline Tensor empty_with_last(IntSpan sizes, IntSpan dims, DType dtype) {
  DimVector order;
  for (std::int64_t d = 0; d < sizes.size(); ++d) {
    if (std::find(dims.begin(), dims.end(), d) == dims.end()) {
      order.push_back(d);
    }
  }
  for (const std::int64_t d : dims) {
    order.push_back(d);
  }
  DimVector moved;
  for (const std::int64_t d : order) {
    moved.push_back(sizes[d]);
  }
  const Tensor result = Tensor::empty(moved, dtype);
  DimVector strides(sizes.size());
  for (std::int64_t i = 0; i < order.size(); ++i) {
    strides[order[i]] = result.strides()[i];
  }
  return result.with_layout(sizes, strides, 0);
}

/// What one transform along one dimension is told besides where its rows are.
struct FftCall {
  std::int64_t dim = 0;
  std::int64_t length = 0;  ///< how many points: for half_to_real those of the result
  bool forward = true;
  bool onesided = true;    ///< half of the spectrum of real values
  bool conjugate = false;  ///< the values in (half_to_real) or out
  double scale = 1;
};

template <class T, kernels::FftKind kKind>
void run_fft_along(const FftCall& call, const Tensor& source, const Tensor& target) {
  const auto width = [](const Tensor& tensor) { return std::int64_t{is_complex(tensor.dtype()) ? 2 : 1}; };
  kernels::FftJob<T, kKind> job;
  job.length = call.length;
  job.forward = call.forward;
  job.onesided = call.onesided;
  job.conjugate_input = call.conjugate && kKind == kernels::FftKind::half_to_real;
  job.conjugate_output = call.conjugate && kKind != kernels::FftKind::half_to_real;
  job.scale = call.scale;
  job.source = static_cast<const T*>(source.raw_data());
  job.target = static_cast<T*>(target.raw_data());
  job.source_stride = source.strides()[call.dim] * width(source);
  job.target_stride = target.strides()[call.dim] * width(target);
  for (std::int64_t d = 0; d < source.dim(); ++d) {
    const std::int64_t size = source.sizes()[d];
    const std::int64_t in = source.strides()[d] * width(source);
    const std::int64_t out = target.strides()[d] * width(target);
    if (d == call.dim || size == 1) {
      continue;
    }
    if (!job.batch_sizes.empty() && job.batch_source_strides.back() == in * size &&
        job.batch_target_strides.back() == out * size) {
      job.batch_sizes.back() *= size;
      job.batch_source_strides.back() = in;
      job.batch_target_strides.back() = out;
      continue;
    }
    job.batch_sizes.push_back(size);
    job.batch_source_strides.push_back(in);
    job.batch_target_strides.push_back(out);
  }
  kernels::run_fft(job);
}

/// A tensor without elements is refused, as by the library behind PyTorch on x86.
inline void require_fft_rows(const Tensor& source, std::int64_t dim) {
  if (source.numel() == 0) {
    raise(
        "RuntimeError",
        source.sizes()[dim] == 0
            ? "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be "
              "any value and is ambiguous"
            : "MKL FFT error: Intel oneMKL DFTI ERROR: Inconsistent configuration parameters");
  }
}

template <kernels::FftKind kKind>
void fft_along(const FftCall& call, const Tensor& source, const Tensor& target) {
  require_fft_rows(source, call.dim);
  if (to_real_dtype(source.dtype()) == DType::float32) {
    run_fft_along<float, kKind>(call, source, target);
  } else {
    run_fft_along<double, kKind>(call, source, target);
  }
}

/// Complex to complex; `dims` in rising order.
template <class Lazy = void>
Tensor fft_complex(const Tensor& self, IntSpan dims, std::int64_t normalization, bool forward) {
  const Tensor result = empty_with_last(self.sizes(), dims, self.dtype());
  FftCall call;
  call.forward = forward;
  call.scale = fft_scale(self.sizes(), dims, normalization);
  const Tensor* source = &self;
  for (std::int64_t i = dims.size() - 1; i >= 0; --i) {
    call.dim = dims[i];
    call.length = self.sizes()[dims[i]];
    fft_along<kernels::FftKind::complex_to_complex>(call, *source, result);
    call.scale = 1;
    source = &result;
  }
  return result;
}

inline void require_real_for_fft(const Tensor& self) {
  if (is_reduced_float(self.dtype())) {
    raise("RuntimeError", {"MKL FFT doesn't support tensors of type: ", dtype_label(self.dtype())});
  }
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", {"Only supports floating-point dtypes, but found: ", dtype_label(self.dtype())});
  }
}

/// The first step of a transform of real values along `dims`: along the last of them, half of it or all of it.
template <class Lazy = void>
Tensor fft_real_last(const Tensor& self, IntSpan dims, std::int64_t normalization, bool onesided,
                     bool conjugate = false) {
  DimVector sizes(self.sizes());
  FftCall call;
  call.dim = dims[dims.size() - 1];
  call.length = sizes[call.dim];
  call.onesided = onesided;
  call.conjugate = conjugate;
  call.scale = fft_scale(sizes, dims, normalization);
  if (onesided) {
    sizes[call.dim] = call.length / 2 + 1;
  }
  const Tensor result = empty_with_last(sizes, dims, to_complex_dtype(self.dtype()));
  fft_along<kernels::FftKind::real_to_complex>(call, self, result);
  return result;
}

/// Real to complex: half of the last of `dims`, or all of it.
template <class Lazy = void>
Tensor fft_from_real(const Tensor& self, IntSpan dims, std::int64_t normalization, bool onesided) {
  const Tensor result = fft_real_last<Lazy>(self, dims, normalization, onesided);
  FftCall call;
  for (std::int64_t i = dims.size() - 2; i >= 0; --i) {
    call.dim = dims[i];
    call.length = result.sizes()[dims[i]];
    fft_along<kernels::FftKind::complex_to_complex>(call, result, result);
  }
  return result;
}

/// The last step of a transform to real values along `dims`: from half of a complex spectrum to `length` of them.
template <class Lazy = void>
Tensor fft_half_last(const Tensor& spectrum, IntSpan dims, std::int64_t normalization, std::int64_t length,
                     bool conjugate = false) {
  const std::int64_t last = dims[dims.size() - 1];
  DimVector sizes(spectrum.sizes());
  sizes[last] = length;
  const Tensor result = empty_with_last(sizes, dims, to_real_dtype(spectrum.dtype()));
  FftCall call;
  call.dim = last;
  call.length = length;
  call.conjugate = conjugate;
  call.scale = fft_scale(sizes, dims, normalization);
  fft_along<kernels::FftKind::half_to_real>(call, spectrum, result);
  return result;
}

/// Half of a complex spectrum to `length` real values along the last of `dims`.
template <class Lazy = void>
Tensor fft_to_real(const Tensor& self, IntSpan dims, std::int64_t normalization, std::int64_t length) {
  const Tensor spectrum =
      dims.size() == 1 ? self : fft_complex<Lazy>(self, IntSpan(dims.begin(), dims.size() - 1), kFftUnscaled, false);
  return fft_half_last<Lazy>(spectrum, dims, normalization, length);
}

// ---- arguments ----------------------------------------------------------------------------------------------------

/// Dimensions counted from the front; other than in most operators a 0-d tensor has none.
inline DimVector fft_dims(IntSpan dims, std::int64_t rank) {
  DimVector found;
  for (const std::int64_t dim : dims) {
    if (rank == 0) {
      raise("IndexError", {"Dimension specified as ", dim, " but tensor has no dimensions"});
    }
    found.push_back(wrap_dim(dim, rank));
  }
  return found;
}

inline DimVector unique_fft_dims(IntSpan dims, std::int64_t rank) {
  DimVector found = fft_dims(dims, rank);
  DimVector sorted = found;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    raise("RuntimeError", "FFT dims must be unique");
  }
  return found;
}

inline Tensor fft_promoted(const Tensor& self, bool to_complex) {
  const DType dtype = float_dtype(self.dtype());
  if (is_reduced_float(dtype)) {
    raise("RuntimeError", {"Unsupported dtype ", dtype_label(dtype)});
  }
  return to_dtype(self, to_complex && !is_complex(dtype) ? to_complex_dtype(dtype) : dtype, false);
}

inline std::int64_t fft_normalization(std::optional<std::string_view> norm, bool forward) {
  if (!norm || *norm == "backward") {
    return forward ? kFftUnscaled : kFftByCount;
  }
  if (*norm == "forward") {
    return forward ? kFftByCount : kFftUnscaled;
  }
  if (*norm != "ortho") {
    raise("RuntimeError", {"Invalid normalization mode: \"", *norm, "\""});
  }
  return kFftByRoot;
}

inline void check_fft_points(std::int64_t count) {
  if (count < 1) {
    raise("RuntimeError", {"Invalid number of data points (", count, ") specified"});
  }
}

/// Each of `dims` cut off, or padded with zeros, at its end.
inline Tensor fft_resized(const Tensor& self, IntSpan dims, IntSpan sizes) {
  DimVector pad(2 * self.dim());
  DimVector resized(self.sizes());
  bool same = true;
  for (std::int64_t i = 0; i < dims.size(); ++i) {
    const std::int64_t more = sizes[i] - self.sizes()[dims[i]];
    pad[2 * (self.dim() - 1 - dims[i]) + 1] = more;
    same = same && more == 0;
    resized[dims[i]] = sizes[i];
  }
  std::int64_t bytes = self.itemsize();
  for (std::int64_t size : resized) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) {
      raise("RuntimeError", {"Storage size calculation overflowed with sizes=", resized});
    }
  }
  return same ? self : ops::constant_pad_nd(self, pad, 0);
}

/// The dimensions of a transform in several of them, and its length in each.
struct FftShape {
  DimVector dims;
  DimVector sizes;

  FftShape(const Tensor& self, const Dims& shape, const Dims& dim) {
    const IntSpan given = shape.list();
    if (dim.is_given()) {
      dims = unique_fft_dims(dim.list(), self.dim());
    }
    if (shape.is_given()) {
      if (dim.is_given() && dims.size() != given.size()) {
        raise("RuntimeError", "When given, dim and shape arguments must have the same length");
      }
      if (given.size() > self.dim()) {
        raise("RuntimeError",
              {"Got shape with ", given.size(), " values but input tensor only has ", self.dim(), " dimensions."});
      }
    }
    if (!dim.is_given()) {
      for (std::int64_t d = shape.is_given() ? self.dim() - given.size() : 0; d < self.dim(); ++d) {
        dims.push_back(d);
      }
    }
    for (std::int64_t i = 0; i < dims.size(); ++i) {
      sizes.push_back(shape.is_given() && given[i] != -1 ? given[i] : self.sizes()[dims[i]]);
    }
    for (const std::int64_t size : sizes) {
      check_fft_points(size);
    }
  }

  void require_some(const char* name) const {
    if (dims.empty()) {
      raise("RuntimeError", {name, " must transform at least one axis"});
    }
  }

  /// For a result of real values: makes the last length that of its half, and gives the full one.
  std::int64_t halve_last(const char* name, const Tensor& self, const Dims& shape) {
    require_some(name);
    const bool given = shape.is_given() && shape.list()[shape.list().size() - 1] != -1;
    const std::int64_t last = given ? sizes.back() : 2 * (self.sizes()[dims.back()] - 1);
    check_fft_points(last);
    sizes.back() = last / 2 + 1;
    return last;
  }
};

// ---- the transforms by the kind of their values -------------------------------------------------------------------

template <class Lazy = void>
Tensor fft_of_real(const char* name, const Tensor& self, std::optional<std::int64_t> n, std::int64_t dim,
                   std::optional<std::string_view> norm, bool forward, bool onesided) {
  if (is_complex(self.dtype())) {
    raise("RuntimeError", {name, " expects a real input tensor, but got ", dtype_label(self.dtype())});
  }
  const Tensor x = fft_promoted(self, false);
  const DimVector dims = fft_dims({dim}, x.dim());
  const std::int64_t points = n.value_or(x.sizes()[dims[0]]);
  check_fft_points(points);
  const Tensor sized = fft_resized(x, dims, {points});
  return fft_real_last<Lazy>(sized, dims, fft_normalization(norm, forward), onesided, !forward);
}

template <class Lazy = void>
Tensor fft_of_any(const char* name, const Tensor& self, std::optional<std::int64_t> n, std::int64_t dim,
                  std::optional<std::string_view> norm, bool forward) {
  if (!is_complex(self.dtype())) {
    return fft_of_real<Lazy>(name, self, n, dim, norm, forward, false);
  }
  const DimVector dims = fft_dims({dim}, self.dim());
  const std::int64_t points = n.value_or(self.sizes()[dims[0]]);
  check_fft_points(points);
  const Tensor sized = fft_resized(self, dims, {points});
  return fft_complex<Lazy>(sized, dims, fft_normalization(norm, forward), forward);
}

template <class Lazy = void>
Tensor fft_of_half(const Tensor& self, std::optional<std::int64_t> n, std::int64_t dim,
                   std::optional<std::string_view> norm, bool forward) {
  const Tensor x = fft_promoted(self, true);
  const DimVector dims = fft_dims({dim}, x.dim());
  const std::int64_t points = n.value_or(2 * (x.sizes()[dims[0]] - 1));
  check_fft_points(points);
  const Tensor sized = fft_resized(x, dims, {points / 2 + 1});
  return fft_half_last<Lazy>(sized, dims, fft_normalization(norm, forward), points, forward);
}

template <class Lazy = void>
Tensor fft_of_many(const Tensor& self, const Dims& s, const Dims& dim, std::optional<std::string_view> norm,
                   bool forward) {
  FftShape shape(self, s, dim);
  const Tensor x = fft_resized(fft_promoted(self, true), shape.dims, shape.sizes);
  const std::int64_t normalization = fft_normalization(norm, forward);
  std::sort(shape.dims.begin(), shape.dims.end());
  return shape.dims.empty() ? ops::clone(x) : fft_complex<Lazy>(x, shape.dims, normalization, forward);
}

inline Tensor shifted(const Tensor& self, const Dims& dim, std::int64_t extra) {
  DimVector dims;
  if (dim.is_given()) {
    dims = fft_dims(dim.list(), self.dim());
  } else {
    for (std::int64_t d = 0; d < self.dim(); ++d) {
      dims.push_back(d);
    }
  }
  DimVector shifts;
  for (const std::int64_t d : dims) {
    shifts.push_back((self.sizes()[d] + extra) / 2);
  }
  return ops::roll(self, shifts, dims);
}

/// count(i) / (n * d) for `size` positions.
template <class Count>
Tensor frequencies(const char* name, std::int64_t size, std::int64_t n, double d, std::optional<DType> dtype,
                   const Count& count) {
  const DType result = dtype.value_or(DType::float32);
  if (size < 0) {
    raise("RuntimeError", {"Trying to create tensor with negative dimension ", size, ": [", size, "]"});
  }
  if (is_integral(result, true)) {
    raise("RuntimeError", {name, " requires a floating point or complex dtype"});
  }
  if (is_complex(result)) {
    raise_no_kernel("arange_cpu", result);
  }
  const double width = static_cast<double>(n) * d;
  const double step = width != 0 ? 1 / width : std::copysign(std::numeric_limits<double>::infinity(), width);
  if (result == DType::float64) {
    return generated<double>(size, result, [&](std::int64_t i) { return static_cast<double>(count(i)) * step; });
  }
  const auto narrow = static_cast<float>(step);
  return generated<float>(size, result, [&](std::int64_t i) { return static_cast<float>(count(i)) * narrow; });
}

}  // namespace detail

namespace ops {

/// The operators that all others are made of. `normalization` is 0, or 1 (by the root of the number of points) or 2.
template <class Lazy = void>
Tensor _fft_c2c(const Tensor& self, IntSpan dim, std::int64_t normalization, bool forward) {
  if (!is_complex(self.dtype())) {
    raise("RuntimeError", {"Only supports complex dtypes, but found: ", dtype_label(self.dtype())});
  }
  DimVector dims = detail::unique_fft_dims(dim, self.dim());
  std::sort(dims.begin(), dims.end());
  return dims.empty() ? clone(self) : detail::fft_complex<Lazy>(self, dims, normalization, forward);
}
template <class Lazy = void>
Tensor _fft_r2c(const Tensor& self, IntSpan dim, std::int64_t normalization, bool onesided) {
  detail::require_real_for_fft(self);
  if (dim.empty()) {
    raise("RuntimeError", "ArrayRef: attempted to access back() of empty list");
  }
  return detail::fft_from_real<Lazy>(self, detail::unique_fft_dims(dim, self.dim()), normalization, onesided);
}
template <class Lazy = void>
Tensor _fft_c2r(const Tensor& self, IntSpan dim, std::int64_t normalization, std::int64_t last_dim_size) {
  if (!is_complex(self.dtype())) {
    raise("RuntimeError", {"Only supports complex dtypes, but found: ", dtype_label(self.dtype())});
  }
  if (dim.empty()) {
    raise("RuntimeError", "ArrayRef: attempted to access back() of empty list");
  }
  const DimVector dims = detail::unique_fft_dims(dim, self.dim());
  detail::check_fft_points(last_dim_size);
  const std::int64_t half = last_dim_size / 2 + 1;
  if (self.sizes()[dims.back()] != half) {
    raise("RuntimeError", {"Expected ", half, " values along dimension ", dims.back(), " for ", last_dim_size,
                           " points, but got ", self.sizes()[dims.back()]});
  }
  return detail::fft_to_real<Lazy>(self, dims, normalization, last_dim_size);
}

// ---- one dimension ------------------------------------------------------------------------------------------------

template <class Lazy = void>
Tensor fft_fft(const Tensor& self, std::optional<std::int64_t> n = std::nullopt, std::int64_t dim = -1,
               std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_any<Lazy>("fft", self, n, dim, norm, true);
}
template <class Lazy = void>
Tensor fft_ifft(const Tensor& self, std::optional<std::int64_t> n = std::nullopt, std::int64_t dim = -1,
                std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_any<Lazy>("ifft", self, n, dim, norm, false);
}
template <class Lazy = void>
Tensor fft_rfft(const Tensor& self, std::optional<std::int64_t> n = std::nullopt, std::int64_t dim = -1,
                std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_real<Lazy>("rfft", self, n, dim, norm, true, true);
}
template <class Lazy = void>
Tensor fft_irfft(const Tensor& self, std::optional<std::int64_t> n = std::nullopt, std::int64_t dim = -1,
                 std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_half<Lazy>(self, n, dim, norm, false);
}
template <class Lazy = void>
Tensor fft_hfft(const Tensor& self, std::optional<std::int64_t> n = std::nullopt, std::int64_t dim = -1,
                std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_half<Lazy>(self, n, dim, norm, true);
}
template <class Lazy = void>
Tensor fft_ihfft(const Tensor& self, std::optional<std::int64_t> n = std::nullopt, std::int64_t dim = -1,
                 std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_real<Lazy>("ihfft", self, n, dim, norm, false, true);
}

// ---- several dimensions -------------------------------------------------------------------------------------------

template <class Lazy = void>
Tensor fft_fftn(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = std::nullopt,
                std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_many<Lazy>(self, s, dim, norm, true);
}
template <class Lazy = void>
Tensor fft_ifftn(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = std::nullopt,
                 std::optional<std::string_view> norm = std::nullopt) {
  return detail::fft_of_many<Lazy>(self, s, dim, norm, false);
}
template <class Lazy = void>
Tensor fft_rfftn(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = std::nullopt,
                 std::optional<std::string_view> norm = std::nullopt) {
  if (is_complex(self.dtype())) {
    raise("RuntimeError", {"rfftn expects a real-valued input tensor, but got ", dtype_label(self.dtype())});
  }
  const detail::FftShape shape(self, s, dim);
  shape.require_some("rfftn");
  const Tensor x = detail::fft_resized(detail::fft_promoted(self, false), shape.dims, shape.sizes);
  return detail::fft_from_real<Lazy>(x, shape.dims, detail::fft_normalization(norm, true), true);
}
template <class Lazy = void>
Tensor fft_irfftn(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = std::nullopt,
                  std::optional<std::string_view> norm = std::nullopt) {
  detail::FftShape shape(self, s, dim);
  const std::int64_t last = shape.halve_last("irfftn", self, s);
  const Tensor x = detail::fft_resized(detail::fft_promoted(self, true), shape.dims, shape.sizes);
  return detail::fft_to_real<Lazy>(x, shape.dims, detail::fft_normalization(norm, false), last);
}
template <class Lazy = void>
Tensor fft_hfftn(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = std::nullopt,
                 std::optional<std::string_view> norm = std::nullopt) {
  detail::FftShape shape(self, s, dim);
  const std::int64_t last = shape.halve_last("hfftn", self, s);
  Tensor x = detail::fft_resized(detail::fft_promoted(self, true), shape.dims, shape.sizes);
  const std::int64_t normalization = detail::fft_normalization(norm, true);
  if (shape.dims.size() > 1) {
    x = _fft_c2c<Lazy>(x, IntSpan(shape.dims.begin(), shape.dims.size() - 1), normalization, true);
  }
  return detail::fft_half_last<Lazy>(x, {shape.dims.back()}, normalization, last, true);
}
template <class Lazy = void>
Tensor fft_ihfftn(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = std::nullopt,
                  std::optional<std::string_view> norm = std::nullopt) {
  const detail::FftShape shape(self, s, dim);
  shape.require_some("ihfftn");
  const Tensor x = detail::fft_resized(detail::fft_promoted(self, false), shape.dims, shape.sizes);
  const std::int64_t normalization = detail::fft_normalization(norm, false);
  detail::require_real_for_fft(x);
  const Tensor half = detail::fft_real_last<Lazy>(x, {shape.dims.back()}, normalization, true, true);
  return shape.dims.size() == 1
             ? half
             : _fft_c2c<Lazy>(half, IntSpan(shape.dims.begin(), shape.dims.size() - 1), normalization, false);
}

// The same over the last two dimensions unless others are given.
#define TS2CPP_FFT_2(NAME)                                                                           \
  template <class Lazy = void>                                                                       \
  Tensor fft_##NAME##2(const Tensor& self, const Dims& s = std::nullopt, const Dims& dim = {-2, -1}, \
                       std::optional<std::string_view> norm = std::nullopt) {                        \
    return fft_##NAME##n<Lazy>(self, s, dim, norm);                                                  \
  }
TS2CPP_FFT_2(fft)
TS2CPP_FFT_2(ifft)
TS2CPP_FFT_2(rfft)
TS2CPP_FFT_2(irfft)
TS2CPP_FFT_2(hfft)
TS2CPP_FFT_2(ihfft)
#undef TS2CPP_FFT_2

// ---- frequencies --------------------------------------------------------------------------------------------------

/// The frequencies of the elements of a transform of n points that are d apart.
inline Tensor fft_fftfreq(std::int64_t n, double d = 1.0, std::optional<DType> dtype = std::nullopt) {
  return detail::frequencies("fftfreq", n, n, d, dtype, [n](std::int64_t i) { return i < n - n / 2 ? i : i - n; });
}
/// The same for a transform of real values, which has half of the elements.
inline Tensor fft_rfftfreq(std::int64_t n, double d = 1.0, std::optional<DType> dtype = std::nullopt) {
  return detail::frequencies("rfftfreq", n / 2 + 1, n, d, dtype, [](std::int64_t i) { return i; });
}

/// The frequency zero in the middle, and in front again.
inline Tensor fft_fftshift(const Tensor& self, const Dims& dim = std::nullopt) { return detail::shifted(self, dim, 0); }
inline Tensor fft_ifftshift(const Tensor& self, const Dims& dim = std::nullopt) {
  return detail::shifted(self, dim, 1);
}

}  // namespace ops
}  // namespace ts2cpp
