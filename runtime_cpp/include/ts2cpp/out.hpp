// Results that are written into given tensors: `torch.add(a, b, out=c)` is `assign_out(ops::add(a, b), c)`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/ops/resizing.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

inline void require_castable_out(const Tensor& result, const Tensor& out) {
  if (!can_cast(result.dtype(), out.dtype())) {
    raise("RuntimeError", {"result type ", dtype_label(result.dtype()), " can't be cast to the desired output type ",
                           dtype_label(out.dtype())});
  }
}
inline void require_same_out(const Tensor& result, const Tensor& out) {
  if (result.dtype() != out.dtype()) {
    raise("RuntimeError", {"Expected out tensor to have dtype ", dtype_element_name(result.dtype()), ", but got ",
                           dtype_element_name(out.dtype()), " instead"});
  }
}
inline void require_found_out(const Tensor& result, const Tensor& out) {
  if (result.dtype() != out.dtype()) {
    raise("RuntimeError", {"Found dtype ", dtype_label(out.dtype()), " but expected ", dtype_label(result.dtype())});
  }
}
inline void accept_any_out(const Tensor&, const Tensor&) {}

using OutCheck = void (*)(const Tensor& result, const Tensor& out);

/// Writes `result` into `out`, which takes its sizes.
inline Tensor write_out(const Tensor& result, const Tensor& out, OutCheck check) {
  check(result, out);
  ops::resize_(out, result.sizes());
  return ops::copy_(out, result);
}

template <class Results, class Outs, std::size_t... I>
Results write_outs(const Results& results, const Outs& outs, OutCheck check, std::index_sequence<I...>) {
  return Results{write_out(std::get<I>(results), std::get<I>(outs), check)...};
}

/// One tensor of the results for each of `outs`, which it is written into.
template <class... T, class... Outs>
std::tuple<T...> write_out(const std::tuple<T...>& results, OutCheck check, const Outs&... outs) {
  static_assert(sizeof...(T) == sizeof...(Outs));
  return write_outs(results, std::tie(outs...), check, std::index_sequence_for<T...>());
}

}  // namespace detail

/// Writes a result, or the tuple of several, into given tensors, which take its sizes and keep their dtype.
/// RuntimeError if elements of one share memory, or if the result cannot be cast to its dtype.
inline Tensor assign_out(const Tensor& result, const Tensor& out) {
  return detail::write_out(result, out, detail::require_castable_out);
}
template <class... T, class... Outs>
std::tuple<T...> assign_out(const std::tuple<T...>& results, const Outs&... outs) {
  return detail::write_out(results, detail::require_castable_out, outs...);
}

/// The same for operators whose result keeps its dtype: RuntimeError if the given tensor has another one.
inline Tensor assign_same_out(const Tensor& result, const Tensor& out) {
  return detail::write_out(result, out, detail::require_same_out);
}
template <class... T, class... Outs>
std::tuple<T...> assign_same_out(const std::tuple<T...>& results, const Outs&... outs) {
  return detail::write_out(results, detail::require_same_out, outs...);
}

/// The same with the error of the unary operators.
inline Tensor assign_found_out(const Tensor& result, const Tensor& out) {
  return detail::write_out(result, out, detail::require_found_out);
}

/// The same for operators that compute in the dtype of the given tensor.
inline Tensor assign_any_out(const Tensor& result, const Tensor& out) {
  return detail::write_out(result, out, detail::accept_any_out);
}

/// The dtype that such an operator computes in: the one that it is told, or that of the given tensor.
inline DType out_dtype(const std::optional<DType>& dtype, const Tensor& out) { return dtype.value_or(out.dtype()); }

}  // namespace ts2cpp
