// What addmm and its relatives do with a finished product: scale it and add a tensor that is scaled, too.
#pragma once

#include <complex>
#include <cstdint>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/scalar.hpp>

namespace ts2cpp::detail {

/// beta * self + alpha * product, in the dtype of `product` (a product dtype, contiguous); beta 0 ignores `self`.
template <class T, class Get>
void combine_loop(const Tensor& self, const Tensor& product, const T& beta, const T& alpha, Get&& ignore_self) {
  const IntSpan sizes = product.sizes();
  const DimVector strides = kernels::expanded_strides(self, sizes);
  const std::int64_t rank = sizes.size();
  const std::int64_t inner = rank == 0 ? 1 : sizes[rank - 1];
  const std::int64_t step = rank == 0 ? 0 : strides[rank - 1];
  T* out = product.data_ptr<T>();
  const T* const added = self.data_ptr<T>();
  for (std::int64_t line = 0; inner != 0 && line < product.numel() / inner; ++line, out += inner) {
    std::int64_t offset = 0;
    std::int64_t rest = line;
    for (std::int64_t d = rank - 2; d >= 0; --d) {
      offset += rest % sizes[d] * strides[d];
      rest /= sizes[d];
    }
    for (std::int64_t i = 0; i < inner; ++i) {
      const T scaled = alpha * out[i];
      out[i] = ignore_self ? scaled : static_cast<T>(beta * added[offset + i * step] + scaled);
    }
  }
}

inline void combine(const Tensor& self, const Tensor& product, const Scalar& beta, const Scalar& alpha) {
  switch (product.dtype()) {
    case DType::float32:
      return combine_loop<float>(self, product, beta.to<float>(), alpha.to<float>(), beta.to<float>() == 0.0F);
    case DType::float64:
      return combine_loop<double>(self, product, beta.to<double>(), alpha.to<double>(), beta.to<double>() == 0.0);
    case DType::int64:
      return combine_loop<std::uint64_t>(self, product, static_cast<std::uint64_t>(beta.to<std::int64_t>()),
                                         static_cast<std::uint64_t>(alpha.to<std::int64_t>()),
                                         beta.to<std::int64_t>() == 0);
    default:
      return combine_loop<complex128>(self, product, beta.to<complex128>(), alpha.to<complex128>(),
                                      beta.to<complex128>() == complex128(0.0));
  }
}

}  // namespace ts2cpp::detail
