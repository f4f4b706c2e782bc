// Bringing the arguments of an operator into the form its kernel wants: contiguous, of a dtype, broadcast.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/copying.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::kernels {

/// `tensor` itself when it is contiguous and of `dtype`, else a contiguous copy of that dtype.
inline Tensor dense_as(const Tensor& tensor, DType dtype) {
  if (tensor.is_contiguous() && tensor.dtype() == dtype) {
    return tensor;
  }
  Tensor copy = Tensor::empty(tensor.sizes(), dtype);
  ts2cpp::detail::copy_elements(copy, tensor);
  return copy;
}

inline Tensor dense(const Tensor& tensor) { return dense_as(tensor, tensor.dtype()); }

/// `tensor` itself, strided as it may be, when it is of `dtype`; else a contiguous copy of that dtype.
inline Tensor as_dtype(const Tensor& tensor, DType dtype) {
  return tensor.dtype() == dtype ? tensor : dense_as(tensor, dtype);
}

/// An optional argument (weight, bias, …) as a contiguous tensor of `dtype`; undefined when absent.
inline Tensor dense_optional(const std::optional<Tensor>& tensor, DType dtype) {
  return tensor.has_value() && tensor->defined() ? dense_as(*tensor, dtype) : Tensor();
}

template <class T>
const T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? static_cast<const T*>(tensor.read_data()) : nullptr;
}

/// Strides that make `tensor` look like `sizes`; RuntimeError in the words of `expand` when that cannot be.
inline DimVector expanded_strides(const Tensor& tensor, IntSpan sizes) {
  const std::int64_t missing = sizes.size() - tensor.dim();
  if (missing < 0) {
    raise("RuntimeError",
          {"expand(torch.", dtype_label(tensor.dtype()), "Tensor{", tensor.sizes(), "}, size=", sizes,
           "): the number of sizes provided (", sizes.size(),
           ") must be greater or equal to the number of dimensions in the tensor (", tensor.dim(), ")"});
  }
  DimVector strides(sizes.size());
  for (std::int64_t d = 0; d < sizes.size(); ++d) {
    const std::int64_t own = d - missing;
    if (own < 0 || (tensor.sizes()[own] == 1 && sizes[d] != 1)) {
      strides[d] = 0;
    } else if (tensor.sizes()[own] == sizes[d]) {
      strides[d] = tensor.strides()[own];
    } else {
      raise("RuntimeError",
            {"The expanded size of the tensor (", sizes[d], ") must match the existing size (", tensor.sizes()[own],
             ") at non-singleton dimension ", d, ".  Target sizes: ", sizes, ".  Tensor sizes: ", tensor.sizes()});
    }
  }
  return strides;
}

inline Tensor expanded(const Tensor& tensor, IntSpan sizes) {
  return tensor.with_layout(sizes, expanded_strides(tensor, sizes), tensor.storage_offset());
}

/// The same elements under other sizes; `tensor` must be contiguous and have that many elements.
inline Tensor reshaped(const Tensor& tensor, IntSpan sizes) {
  return tensor.with_layout(sizes, contiguous_strides(sizes), tensor.storage_offset());
}

/// The dtype a kernel for float and double computes `dtype` in; NotImplementedError for the others.
inline DType float_compute_dtype(const char* kernel, DType dtype) {
  if (!is_floating_point(dtype)) {
    ts2cpp::detail::raise_no_kernel(kernel, dtype);
  }
  return ts2cpp::detail::compute_dtype(dtype);
}

}  // namespace ts2cpp::kernels
