// softmax and log_softmax.
#pragma once

#include <cstdint>
#include <optional>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/kernels/softmax.hpp>

namespace ts2cpp {
namespace detail {

template <bool Logarithm>
Tensor softmax_along(const Tensor& self, std::int64_t dim, DType result_dtype) {
  const std::int64_t axis = wrap_dim(dim, self.dim());
  const bool last = axis >= self.dim() - 1;
  const char* const name = Logarithm ? (last ? "log_softmax_lastdim_kernel_impl" : "log_softmax_kernel_impl")
                                     : (last ? "softmax_lastdim_kernel_impl" : "softmax_kernel_impl");
  const DType work = kernels::float_compute_dtype(name, result_dtype);
  // The argument is converted to the result's dtype first, as the separate conversion would.
  const Tensor in = kernels::dense_as(kernels::as_dtype(self, result_dtype), work);
  Tensor out = Tensor::empty(in.sizes(), work);
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  for (std::int64_t d = 0; d < axis; ++d)
    outer *= in.sizes()[d];
  for (std::int64_t d = axis + 1; d < in.dim(); ++d)
    inner *= in.sizes()[d];
  const std::int64_t n = in.dim() == 0 ? 1 : in.sizes()[axis];
  detail::visit(detail::Floats{}, work, [&](auto tag) {
    using T = typename decltype(tag)::type;
    kernels::softmax<T, Logarithm>(in.data_ptr<T>(), out.data_ptr<T>(), outer, n, inner);
  });
  return kernels::as_dtype(out, result_dtype);
}

}  // namespace detail

namespace ops {

/// exp(self) / sum(exp(self)) along `dim`; a given `dtype` is what self is converted to first.
inline Tensor softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  return detail::softmax_along<false>(self, dim, dtype.value_or(self.dtype()));
}

/// log(softmax(self)) along `dim`, computed without the intermediate overflow or loss.
inline Tensor log_softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt) {
  return detail::softmax_along<true>(self, dim, dtype.value_or(self.dtype()));
}

inline Tensor _softmax(const Tensor& self, std::int64_t dim, bool half_to_float) {
  return detail::softmax_along<false>(self, dim, half_to_float ? DType::float32 : self.dtype());
}

inline Tensor _log_softmax(const Tensor& self, std::int64_t dim, bool half_to_float) {
  return detail::softmax_along<true>(self, dim, half_to_float ? DType::float32 : self.dtype());
}

}  // namespace ops
}  // namespace ts2cpp
