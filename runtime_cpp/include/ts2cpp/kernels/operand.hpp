// Bringing the arguments of an operator into the form its kernel wants: contiguous, of a dtype, broadcast.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <ts2cpp/convert.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace ts2cpp::kernels {

/// Copies the elements of `source` in row-major order to `target`, which has room for them as `dtype`.
inline void gather(const Tensor& source, DType dtype, void* target) {
  const std::int64_t rank = source.dim();
  const std::int64_t from_size = source.itemsize();
  const std::int64_t to_size = element_size(dtype);
  const char* const base = static_cast<const char*>(source.raw_data());
  char* const out = static_cast<char*>(target);
  if (source.numel() == 0) {
    return;
  }
  if (source.is_contiguous()) {
    parallel_for(source.numel(), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
      ts2cpp::detail::convert_contiguous(source.dtype(), base + begin * from_size, dtype, out + begin * to_size,
                                         end - begin);
    });
    return;
  }
  const std::int64_t inner = source.sizes()[rank - 1];
  const std::int64_t inner_stride = source.strides()[rank - 1] * from_size;
  const std::int64_t lines = source.numel() / inner;
  parallel_for(lines, std::max<std::int64_t>(1, (1 << 15) / inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      std::int64_t offset = 0;
      std::int64_t rest = line;
      for (std::int64_t d = rank - 2; d >= 0; --d) {
        offset += rest % source.sizes()[d] * source.strides()[d];
        rest /= source.sizes()[d];
      }
      ts2cpp::detail::convert_strided(source.dtype(), base + offset * from_size, inner_stride, dtype,
                                      out + line * inner * to_size, to_size, inner);
    }
  });
}

/// `tensor` itself when it is contiguous and of `dtype`, else a contiguous copy of that dtype.
inline Tensor dense_as(const Tensor& tensor, DType dtype) {
  if (tensor.is_contiguous() && tensor.dtype() == dtype) {
    return tensor;
  }
  Tensor copy = Tensor::empty(tensor.sizes(), dtype);
  gather(tensor, dtype, copy.raw_data());
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
const T* data_or_null(const Tensor& tensor) noexcept {
  return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
}

/// Copies the elements of `source`, which is contiguous, into `target` of the same sizes, any strides and dtype.
inline void scatter(const Tensor& source, const Tensor& target) {
  if (target.numel() == 0) {
    return;
  }
  const std::int64_t rank = target.dim();
  const std::int64_t inner = rank == 0 ? 1 : target.sizes()[rank - 1];
  const std::int64_t step = rank == 0 ? 0 : target.strides()[rank - 1] * target.itemsize();
  const char* from = static_cast<const char*>(source.raw_data());
  for (std::int64_t line = 0; line < target.numel() / inner; ++line, from += inner * source.itemsize()) {
    std::int64_t offset = 0;
    std::int64_t rest = line;
    for (std::int64_t d = rank - 2; d >= 0; --d) {
      offset += rest % target.sizes()[d] * target.strides()[d];
      rest /= target.sizes()[d];
    }
    ts2cpp::detail::convert_strided(source.dtype(), from, source.itemsize(), target.dtype(),
                                    static_cast<char*>(target.raw_data()) + offset * target.itemsize(), step, inner);
  }
}

/// Strides that make `tensor` look like `sizes`; RuntimeError in the words of `expand` when that cannot be.
inline DimVector expanded_strides(const Tensor& tensor, IntSpan sizes) {
  const std::int64_t missing = sizes.size() - tensor.dim();
  if (missing < 0) {
    raise("RuntimeError", std::string("expand(torch.") + dtype_label(tensor.dtype()) + "Tensor{" +
                              to_string(tensor.sizes()) + "}, size=" + to_string(sizes) +
                              "): the number of sizes provided (" + std::to_string(sizes.size()) +
                              ") must be greater or equal to the number of dimensions in the tensor (" +
                              std::to_string(tensor.dim()) + ")");
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
            "The expanded size of the tensor (" + std::to_string(sizes[d]) + ") must match the existing size (" +
                std::to_string(tensor.sizes()[own]) + ") at non-singleton dimension " + std::to_string(d) +
                ".  Target sizes: " + to_string(sizes) + ".  Tensor sizes: " + to_string(tensor.sizes()));
    }
  }
  return strides;
}

inline Tensor expanded(const Tensor& tensor, IntSpan sizes) {
  return tensor.with_layout(sizes, expanded_strides(tensor, sizes), tensor.storage_offset());
}

/// The common sizes of two broadcast operands; RuntimeError in PyTorch's words when there are none.
inline DimVector broadcast_sizes(IntSpan a, IntSpan b) {
  const std::int64_t rank = std::max(a.size(), b.size());
  DimVector sizes(rank);
  for (std::int64_t d = rank - 1; d >= 0; --d) {
    const std::int64_t in_a = d - (rank - a.size());
    const std::int64_t in_b = d - (rank - b.size());
    const std::int64_t size_a = in_a < 0 ? 1 : a[in_a];
    const std::int64_t size_b = in_b < 0 ? 1 : b[in_b];
    if (size_a != size_b && size_a != 1 && size_b != 1) {
      raise("RuntimeError", "The size of tensor a (" + std::to_string(size_a) + ") must match the size of tensor b (" +
                                std::to_string(size_b) + ") at non-singleton dimension " + std::to_string(d));
    }
    sizes[d] = size_a == 1 ? size_b : size_a;
  }
  return sizes;
}

/// The same elements under other sizes; `tensor` must be contiguous and have that many elements.
inline Tensor reshaped(const Tensor& tensor, IntSpan sizes) {
  return tensor.with_layout(sizes, contiguous_strides(sizes), tensor.storage_offset());
}

/// NotImplementedError as PyTorch words it: `kernel` is the exact name that it reports for the operator.
[[noreturn]] inline void raise_unsupported(const char* kernel, DType dtype) {
  raise("NotImplementedError", std::string("\"") + kernel + "\" not implemented for '" + dtype_label(dtype) + "'");
}

/// The dtype a kernel for float and double computes `dtype` in; NotImplementedError for the others.
inline DType float_compute_dtype(const char* kernel, DType dtype) {
  if (!is_floating_point(dtype)) {
    raise_unsupported(kernel, dtype);
  }
  return ts2cpp::detail::compute_dtype(dtype);
}

/// Calls fn(T{}) with T float or double, whichever `dtype` is.
template <class F>
void with_float(DType dtype, F&& fn) {
  if (dtype == DType::float64) {
    fn(double{});
  } else {
    fn(float{});
  }
}

}  // namespace ts2cpp::kernels
