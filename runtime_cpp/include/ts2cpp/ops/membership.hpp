// Which elements occur among others.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/scalar.hpp>

namespace ts2cpp {
namespace detail {

inline void check_isin(const Tensor& tensor) {
  if (tensor.dtype() == DType::bool_ || is_complex(tensor.dtype())) {
    raise("RuntimeError", {"Unsupported input type encountered for isin(): ", dtype_label(tensor.dtype())});
  }
}

/// Elements of one type, looked up in the sorted others; nan equals nothing.
inline Tensor isin_impl(const Tensor& elements, const Tensor& test_elements, DType common, bool invert) {
  const Tensor wanted = contiguous_copy(to_dtype(elements, common, false), compute_dtype(common));
  const Tensor known = contiguous_copy(to_dtype(test_elements, common, false), compute_dtype(common));
  const Tensor result = Tensor::empty(elements.sizes(), DType::bool_);
  bool* const found = result.data_ptr<bool>();
  dispatch("isin", Reals{}, wanted.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::vector<T> others(known.data_ptr<T>(), known.data_ptr<T>() + known.numel());
    others.erase(std::remove_if(others.begin(), others.end(), [](T x) { return x != x; }), others.end());
    std::sort(others.begin(), others.end());
    const T* const values = wanted.data_ptr<T>();
    for (std::int64_t i = 0; i < wanted.numel(); ++i) {
      found[i] = (values[i] == values[i] && std::binary_search(others.begin(), others.end(), values[i])) != invert;
    }
  });
  return result;
}

inline Tensor element_of(const Scalar& value, DType dtype) {
  const Tensor result = Tensor::empty({}, dtype);
  store_scalar(value, dtype, result.raw_data());
  return result;
}

}  // namespace detail

namespace ops {

/// Whether each element occurs in `test_elements`, or with `invert` whether it does not.
inline Tensor isin(const Tensor& elements, const Tensor& test_elements, bool /*assume_unique*/ = false,
                   bool invert = false) {
  detail::check_isin(elements);
  detail::check_isin(test_elements);
  return detail::isin_impl(elements, test_elements, result_type(elements, test_elements), invert);
}
inline Tensor isin(const Tensor& elements, const Scalar& test_element, bool /*assume_unique*/ = false,
                   bool invert = false) {
  detail::check_isin(elements);
  const DType common = result_type(elements, test_element);
  return detail::isin_impl(elements, detail::element_of(test_element, common), common, invert);
}
inline Tensor isin(const Scalar& element, const Tensor& test_elements, bool /*assume_unique*/ = false,
                   bool invert = false) {
  detail::check_isin(test_elements);
  const DType common = result_type(element, test_elements);
  return detail::isin_impl(detail::element_of(element, common), test_elements, common, invert);
}

}  // namespace ops
}  // namespace ts2cpp
