// Assignment of a number to a part of a tensor: x[i] = number.
#pragma once

#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/views.hpp>

namespace ts2cpp::ops {

/// Sets all elements to `value` as the tensor's dtype has it.
inline void assign(const Tensor& self, const Scalar& value) { copy_(self, tensor(value, self.dtype())); }

}  // namespace ts2cpp::ops
