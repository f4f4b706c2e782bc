// Complex tensors out of real ones.
#pragma once

#include <string>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/ops/view_windows.hpp>

namespace ts2cpp {
namespace detail {

inline void check_parts(const Tensor& real, const Tensor& imag) {
  const auto is_part = [](DType dtype) { return dtype == DType::float32 || dtype == DType::float64; };
  if (!is_part(real.dtype()) || !is_part(imag.dtype())) {
    raise("RuntimeError", {"Expected both inputs to be Half, Float or Double tensors but got ",
                           dtype_label(real.dtype()), " and ", dtype_label(imag.dtype())});
  }
  if (real.dtype() != imag.dtype()) {
    raise("RuntimeError", {"Expected object of scalar type ", dtype_label(real.dtype()), " but got scalar type ",
                           dtype_label(imag.dtype()), " for second argument"});
  }
}

}  // namespace detail

namespace ops {

/// The complex numbers of the given parts, which broadcast.
template <class Lazy = void>
Tensor complex(const Tensor& real, const Tensor& imag) {
  detail::check_parts(real, imag);
  const Tensor result = Tensor::empty(broadcast_sizes(real.sizes(), imag.sizes()), to_complex_dtype(real.dtype()));
  const Tensor parts = view_as_real<Lazy>(result);
  detail::copy_elements(select(parts, -1, 0), real);
  detail::copy_elements(select(parts, -1, 1), imag);
  return result;
}

/// The complex numbers of the given sizes and angles.
template <class Lazy = void>
Tensor polar(const Tensor& abs, const Tensor& angle) {
  detail::check_parts(abs, angle);
  return complex<Lazy>(mul<Lazy>(abs, cos<Lazy>(angle)), mul<Lazy>(abs, sin<Lazy>(angle)));
}

/// The conjugate as a tensor of its own, of real tensors too.
template <class Lazy = void>
Tensor _conj_physical(const Tensor& self) {
  return is_complex(self.dtype()) ? conj<Lazy>(self) : clone(self);
}
template <class Lazy = void>
Tensor conj_physical_(const Tensor& self) {
  if (is_complex(self.dtype())) {
    detail::check_writable(self);
    detail::copy_elements(self, conj<Lazy>(self));
  }
  return self;
}

}  // namespace ops
}  // namespace ts2cpp
