// Changing dtypes, and tensors to Python numbers and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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
    raise("RuntimeError", "Cannot input a tensor of dimension other than 0 as a scalar argument");
  }
  if (!kind_matches) {
    raise("RuntimeError",
          std::string("Cannot input a tensor of type ") + dtype_label(self.dtype()) + " as an " + kind + " argument");
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
inline Tensor to(const Tensor& self, std::nullopt_t /*dtype*/ = std::nullopt, bool copy = false) {
  return detail::to_dtype(self, self.dtype(), copy);
}
inline Tensor type_as(const Tensor& self, const Tensor& other) { return detail::to_dtype(self, other.dtype(), false); }

/// The value of a one-element tensor.
inline Scalar item(const Tensor& self) { return self.item(); }

inline std::int64_t to_int(const Tensor& self) { return self.item().to_int(); }
inline double to_float(const Tensor& self) { return self.item().to_double(); }
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
inline Scalar scalar_implicit(const Tensor& self) {
  detail::check_implicit(self, true, "");
  return self.item();
}

inline bool is_floating_point(const Tensor& self) { return ts2cpp::is_floating_point(self.dtype()); }
inline bool is_complex(const Tensor& self) { return ts2cpp::is_complex(self.dtype()); }
inline bool is_signed(const Tensor& self) { return self.dtype() != DType::uint8 && self.dtype() != DType::bool_; }
inline bool is_same_size(const Tensor& self, const Tensor& other) { return self.sizes() == other.sizes(); }
inline bool is_tensor_scalar(const Tensor& self) { return self.dim() == 0; }

/// The elements of a tensor as T, in order: what `tolist()` nests lists from.
template <class T>
std::vector<T> elements(const Tensor& self) {
  const Tensor values = detail::to_dtype(contiguous(self), dtype_of<T>, false);
  const T* const data = values.template data_ptr<T>();
  return std::vector<T>(data, data + values.numel());
}

/// A 1-d tensor as a list.
template <class T>
List<T> to_list(const Tensor& self) {
  if (self.dim() != 1) {
    raise("RuntimeError", "Output annotation list dimension and runtime tensor dimension must match for tolist()");
  }
  List<T> result;
  for (const T value : elements<T>(self)) {
    result.append(value);
  }
  return result;
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
