// Random tensors and comparisons for the tests of the numeric kernels.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <ts2cpp/error.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/thread_pool.hpp>
#include <vector>

namespace reference {

using ts2cpp::DType;
using ts2cpp::IntSpan;
using ts2cpp::Tensor;

/// Numbers in [-1, 1), the same on every run.
class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  double next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<double>(state_ >> 8) / static_cast<double>(1U << 23) - 1.0;
  }
  template <class T = float>
  Tensor tensor(IntSpan sizes) {
    Tensor result = Tensor::empty(sizes, ts2cpp::dtype_of<T>);
    for (std::int64_t i = 0; i < result.numel(); ++i)
      result.data_ptr<T>()[i] = static_cast<T>(next());
    return result;
  }

 private:
  std::uint32_t state_;
};

/// The element at `index`, whatever the strides.
template <class T = float>
double at(const Tensor& tensor, IntSpan index) {
  std::int64_t offset = 0;
  for (std::int64_t d = 0; d < index.size(); ++d)
    offset += index[d] * tensor.strides()[d];
  return static_cast<double>(tensor.data_ptr<T>()[offset]);
}

/// A view with the last two dimensions exchanged.
inline Tensor transposed(const Tensor& tensor) {
  ts2cpp::DimVector sizes(tensor.sizes());
  ts2cpp::DimVector strides(tensor.strides());
  std::swap(sizes[sizes.size() - 1], sizes[sizes.size() - 2]);
  std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
  return tensor.with_layout(sizes, strides, tensor.storage_offset());
}

/// Largest difference from `expected`, called with the multi-dimensional index of every element of `actual`.
template <class T = float>
double largest_error(const Tensor& actual, const std::function<double(const std::vector<std::int64_t>&)>& expected) {
  double worst = 0.0;
  std::vector<std::int64_t> index(static_cast<std::size_t>(actual.dim()));
  for (std::int64_t i = 0; i < actual.numel(); ++i) {
    std::int64_t rest = i;
    for (std::int64_t d = actual.dim() - 1; d >= 0; --d) {
      index[static_cast<std::size_t>(d)] = rest % actual.sizes()[d];
      rest /= actual.sizes()[d];
    }
    const double error = std::fabs(at<T>(actual, index) - expected(index));
    worst = error <= worst || std::isnan(worst) ? worst : error;  // a NaN counts as an error and stays
  }
  return worst;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && a.dtype() == b.dtype() &&
         std::memcmp(a.raw_data(), b.raw_data(), static_cast<std::size_t>(a.numel() * a.itemsize())) == 0;
}

/// The result of `work` must be the same bits with one thread and with several.
inline void check_thread_independence(const std::function<Tensor()>& work) {
  const int before = ts2cpp::get_num_threads();
  ts2cpp::set_num_threads(1);
  const Tensor alone = work();
  ts2cpp::set_num_threads(3);
  CHECK(same_bits(alone, work()));
  ts2cpp::set_num_threads(before);
}

}  // namespace reference
