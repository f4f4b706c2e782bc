// The dtypes that the activations with bounds refuse.
#pragma once

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

inline void check_bounds_exist(const Tensor& self) {
  if (is_complex(self.dtype())) {
    raise("NotImplementedError", "clamp is not supported for complex types");
  }
}

inline void check_not_bool(const char* name, const Tensor& self) {
  if (self.dtype() == DType::bool_) {
    raise("RuntimeError", {"Boolean inputs not supported for ", name});
  }
  check_bounds_exist(self);
}

}  // namespace ts2cpp::detail
