// Changing dtypes, and tensors to Python numbers and back.
#pragma once

#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// `self` in another dtype, keeping the memory layout; itself when nothing is to change and no copy is asked for.
inline Tensor to_dtype(const Tensor& self, DType dtype, bool copy) {
  if (self.dtype() == dtype && !copy) {
    return self;
  }
  const Tensor result = empty_preserving(self, dtype);
  copy_elements(result, self);
  return result;
}

/// IntImplicit and FloatImplicit take 0-d tensors of their own kind only.
inline void check_implicit(const Tensor& self, bool kind_matches, const char* kind) {
  if (self.dim() != 0) {
    raise("RuntimeError", {"Cannot input a tensor of dimension other than 0 as a ", kind, " argument"});
  }
  if (!kind_matches) {
    raise("RuntimeError", {"Cannot input a tensor of type ", dtype_label(self.dtype()), " as an integral argument"});
  }
}

/// How deep the lists of a type are nested, and what they hold in the end.
template <class T>
struct Nesting {
  using Element = T;
  static constexpr std::int64_t kDepth = 0;
};
template <class T>
struct Nesting<List<T>> {
  using Element = typename Nesting<T>::Element;
  static constexpr std::int64_t kDepth = Nesting<T>::kDepth + 1;
};

/// Lists of the sizes from `dim` on, filled with `values` from `next` on.
template <class R, class T>
R nested(IntSpan sizes, const std::vector<T>& values, std::int64_t dim, std::size_t& next) {
  if constexpr (Nesting<R>::kDepth == 0) {
    return values[next++];
  } else {
    R result;
    result.reserve(sizes[dim]);
    for (std::int64_t i = 0; i < sizes[dim]; ++i) {
      result.append(nested<typename R::value_type>(sizes, values, dim + 1, next));
    }
    return result;
  }
}

}  // namespace detail

namespace ops {

inline Tensor to(const Tensor& self, DType dtype, bool copy = false) { return detail::to_dtype(self, dtype, copy); }
inline Tensor to(const Tensor& self, std::optional<DType> dtype, bool copy = false) {
  return detail::to_dtype(self, dtype.value_or(self.dtype()), copy);
}
inline Tensor to(const Tensor& self, const Tensor& other, bool copy = false) {
  return detail::to_dtype(self, other.dtype(), copy);
}
/// The dtype by its number, as TorchScript's `int? dtype` has it.
inline Tensor to(const Tensor& self, std::int64_t dtype, bool copy = false) {
  return detail::to_dtype(self, dtype_from_int(dtype), copy);
}
inline Tensor to(const Tensor& self, const std::optional<std::int64_t>& dtype, bool copy = false) {
  return detail::to_dtype(self, dtype ? dtype_from_int(*dtype) : self.dtype(), copy);
}
inline Tensor to(const Tensor& self, std::nullopt_t /*dtype*/ = std::nullopt, bool copy = false) {
  return detail::to_dtype(self, self.dtype(), copy);
}
inline Tensor type_as(const Tensor& self, const Tensor& other) { return detail::to_dtype(self, other.dtype(), false); }

/// The value of a one-element tensor.
inline Scalar item(const Tensor& self) { return self.item(); }

inline std::int64_t to_int(const Tensor& self) { return detail::real_only(self.item(), "int64_t").to_int(); }
inline double to_float(const Tensor& self) { return detail::real_only(self.item(), "double").to_double(); }
inline complex128 to_complex(const Tensor& self) { return self.item().to_complex(); }
/// Truth of a one-element tensor; RuntimeError for others, as for `if tensor:` in Python.
inline bool to_bool(const Tensor& self) {
  if (self.numel() != 1) {
    raise("RuntimeError", self.numel() == 0 ? "Boolean value of Tensor with no values is ambiguous"
                                            : "Boolean value of Tensor with more than one value is ambiguous");
  }
  return self.item().to_bool();
}
inline bool is_nonzero(const Tensor& self) { return to_bool(self); }

/// RuntimeError with the message if the only element is zero.
inline void _assert_async(const Tensor& self,
                          std::string_view message = "Expected Tensor with single nonzero value, but got zero") {
  if (!to_bool(self)) {
    raise("RuntimeError", std::string(message));
  }
}
inline void _assert_scalar(const Scalar& self, std::string_view message) {
  if (!self.to_bool()) {
    raise("RuntimeError", std::string(message));
  }
}

inline std::int64_t to_int(const Scalar& value) { return value.to_int(); }
inline double to_float(const Scalar& value) { return value.to_double(); }
inline bool to_bool(const Scalar& value) { return value.to_bool(); }

inline std::int64_t int_implicit(const Tensor& self) {
  detail::check_implicit(self, is_integral(self.dtype(), false), "integral");
  return self.item().to_int();
}
inline double float_implicit(const Tensor& self) {
  detail::check_implicit(self, true, "float");
  return self.item().to_double();
}
inline complex128 complex_implicit(const Tensor& self) {
  detail::check_implicit(self, true, "complex");
  return self.item().to_complex();
}
inline Scalar scalar_implicit(const Tensor& self) {
  detail::check_implicit(self, true, "scalar");
  return self.item();
}

/// Whether both are the same view of the same memory.
inline bool is_set_to(const Tensor& self, const Tensor& tensor) {
  return self.shares_storage(tensor) && self.storage_offset() == tensor.storage_offset() &&
         self.sizes() == tensor.sizes() && self.strides() == tensor.strides();
}
/// Nothing to switch: the runtime computes no gradients.
inline void set_grad_enabled(bool /*val*/) noexcept {}

inline bool is_floating_point(const Tensor& self) { return ts2cpp::is_floating_point(self.dtype()); }
inline bool is_complex(const Tensor& self) { return ts2cpp::is_complex(self.dtype()); }
inline bool is_signed(const Tensor& self) { return self.dtype() != DType::uint8 && self.dtype() != DType::bool_; }
inline bool is_same_size(const Tensor& self, const Tensor& other) { return self.sizes() == other.sizes(); }

/// The elements of a tensor as T, in order: what `tolist()` nests lists from.
template <class T>
std::vector<T> elements(const Tensor& self) {
  const Tensor values = detail::to_dtype(contiguous(self), dtype_of<T>, false);
  const T* const data = values.template data_ptr<T>();
  return std::vector<T>(data, data + values.numel());
}

/// `x.tolist()` as an R: a number for a 0-d tensor, else a list of lists. The annotation and the tensor must agree:
/// int stands for int64, float for every floating-point dtype.
template <class R>
R to_list(const Tensor& self) {
  using Element = typename detail::Nesting<R>::Element;
  if (self.dim() != detail::Nesting<R>::kDepth) {
    raise("RuntimeError", "Output annotation list dimension and runtime tensor dimension must match for tolist()");
  }
  constexpr DType kDType = dtype_of<Element>;
  const bool matches = kDType == DType::float64      ? ts2cpp::is_floating_point(self.dtype())
                       : kDType == DType::complex128 ? ts2cpp::is_complex(self.dtype())
                                                     : self.dtype() == kDType;
  if (!matches) {
    const char* const wanted = kDType == DType::float64 ? "Float" : dtype_label(kDType);
    raise("RuntimeError", {"Output annotation element type and runtime tensor element type must match for tolist(): ",
                           wanted, " vs ", dtype_label(self.dtype())});
  }
  const std::vector<Element> values = elements<Element>(self);
  std::size_t next = 0;
  return detail::nested<R>(self.sizes(), values, 0, next);
}

/// The elements of `src`, broadcast, in the shape and dtype of `self`.
inline Tensor copy(const Tensor& self, const Tensor& src) {
  return copy_(Tensor::empty(self.sizes(), self.dtype()), src);
}

inline Tensor _to_copy(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::to_dtype(self, dtype.value_or(self.dtype()), true);
}

}  // namespace ops
}  // namespace ts2cpp
