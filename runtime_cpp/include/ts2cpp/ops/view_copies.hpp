// Views as tensors of their own.
#pragma once

#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::ops {

/// A contiguous copy.
inline Tensor copied(const Tensor& view) { return detail::contiguous_copy(view, view.dtype()); }
inline List<Tensor> copied(const List<Tensor>& views) {
  List<Tensor> result;
  for (const Tensor& view : views) {
    result.append(copied(view));
  }
  return result;
}

}  // namespace ts2cpp::ops
