// Medians and quantiles that leave nan out or let it decide.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/sorting.hpp>
#include <ts2cpp/reduce.hpp>

namespace ts2cpp {
namespace detail {

/// The given quantiles as float64, checked as all arguments are.
inline std::vector<double> quantile_ranks(const Tensor& self, const Tensor* q, double number,
                                          std::string_view interpolation) {
  if (self.numel() == 0) {
    raise("RuntimeError", "quantile() input tensor must be non-empty");
  }
  if (q != nullptr && q->dim() > 1) {
    raise("RuntimeError", "quantile() q must be a scalar or 1D tensor");
  }
  if (self.dtype() != DType::float32 && self.dtype() != DType::float64) {
    raise("RuntimeError", "quantile() input tensor must be either float or double dtype");
  }
  if (q != nullptr && q->dtype() != self.dtype()) {
    raise("RuntimeError", "quantile() q tensor must be same dtype as the input tensor");
  }
  if (interpolation != "linear" && interpolation != "lower" && interpolation != "higher" &&
      interpolation != "midpoint" && interpolation != "nearest") {
    raise("RuntimeError",
          {"quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got ",
           interpolation});
  }
  if (q == nullptr) {
    if (!(number >= 0.0 && number <= 1.0)) {
      raise("RuntimeError", {"quantile() q must be in the range [0, 1] but got ", short_number(number)});
    }
    return {number};
  }
  const Tensor ranks = contiguous_copy(*q, DType::float64);
  const std::vector<double> result(ranks.data_ptr<double>(), ranks.data_ptr<double>() + ranks.numel());
  if (!std::all_of(result.begin(), result.end(), [](double rank) { return rank >= 0.0 && rank <= 1.0; })) {
    raise("RuntimeError", "quantile() q values must be in the range [0, 1]");
  }
  return result;
}

/// The quantile of rank `rank` of a sorted line whose first `count` elements are numbers.
template <class T>
T line_quantile(const std::vector<T>& line, std::size_t count, bool skip_nan, double rank,
                std::string_view interpolation) {
  if (count < line.size() && (!skip_nan || count == 0)) {
    return std::numeric_limits<T>::quiet_NaN();
  }
  T place = static_cast<T>(rank) * static_cast<T>(count - 1);
  if (interpolation == "nearest") {
    place = std::nearbyint(place);
  } else if (interpolation == "lower") {
    place = std::floor(place);
  } else if (interpolation == "higher") {
    place = std::ceil(place);
  }
  const auto low = static_cast<std::size_t>(std::floor(place));
  const T below = line[low];
  if (interpolation != "linear" && interpolation != "midpoint") {
    return below;
  }
  const T above = line[static_cast<std::size_t>(std::ceil(place))];
  const T weight = interpolation == "midpoint" ? T(0.5) : place - static_cast<T>(low);
  const T difference = above - below;
  return weight < T(0.5) ? below + weight * difference : above - difference * (T(1) - weight);
}

/// [quantiles, …] for a tensor of quantiles, […] for a number (`q` null).
inline Tensor quantile_impl(const Tensor& self, const Tensor* q, double number, std::optional<std::int64_t> dim,
                            bool keepdim, std::string_view interpolation, bool skip_nan) {
  const std::int64_t d = dim ? wrap_dim(*dim, self.dim()) : 0;
  const std::vector<double> ranks = quantile_ranks(self, q, number, interpolation);
  const Tensor flat = dim && self.dim() != 0 ? self : ops::reshape(self, {-1});
  const Tensor lines = kernels::dense(ops::movedim(flat, d, -1));
  const std::int64_t length = lines.size(-1);
  const std::int64_t rows = lines.numel() / length;
  const auto count = static_cast<std::int64_t>(ranks.size());
  DimVector sizes;
  if (q != nullptr && q->dim() == 1) {
    sizes.push_back(count);
  }
  for (std::int64_t k = 0; k < self.dim(); ++k) {
    const bool reduced = !dim || k == d;
    if (!reduced || keepdim) {
      sizes.push_back(reduced ? 1 : self.sizes()[k]);
    }
  }
  const Tensor result = Tensor::empty(sizes, self.dtype());
  visit(Floats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = lines.data_ptr<T>();
    T* const out = result.data_ptr<T>();
    parallel_for(rows, 2048 / (length + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        std::vector<T> line(data + row * length, data + (row + 1) * length);
        const auto numbers = std::partition(line.begin(), line.end(), [](T x) { return x == x; });
        std::sort(line.begin(), numbers);
        const auto known = static_cast<std::size_t>(numbers - line.begin());
        for (std::int64_t i = 0; i < count; ++i) {
          out[i * rows + row] = line_quantile(line, known, skip_nan, ranks[static_cast<std::size_t>(i)], interpolation);
        }
      }
    });
  });
  return result;
}

}  // namespace detail

namespace ops {

/// The quantiles `q` along `dim` (of all elements without); nan where there is a nan.
inline Tensor quantile(const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim = std::nullopt,
                       bool keepdim = false, std::string_view interpolation = "linear") {
  return detail::quantile_impl(self, &q, 0.0, dim, keepdim, interpolation, false);
}
inline Tensor quantile(const Tensor& self, double q, std::optional<std::int64_t> dim = std::nullopt,
                       bool keepdim = false, std::string_view interpolation = "linear") {
  return detail::quantile_impl(self, nullptr, q, dim, keepdim, interpolation, false);
}
/// The same of the elements that are not nan.
inline Tensor nanquantile(const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim = std::nullopt,
                          bool keepdim = false, std::string_view interpolation = "linear") {
  return detail::quantile_impl(self, &q, 0.0, dim, keepdim, interpolation, true);
}
inline Tensor nanquantile(const Tensor& self, double q, std::optional<std::int64_t> dim = std::nullopt,
                          bool keepdim = false, std::string_view interpolation = "linear") {
  return detail::quantile_impl(self, nullptr, q, dim, keepdim, interpolation, true);
}

/// The lower median of the elements that are not nan, and its position; nan if all are.
template <class Lazy = void>
std::tuple<Tensor, Tensor> nanmedian(const Tensor& self, std::int64_t dim, bool keepdim = false) {
  if (self.dtype() == DType::bool_ || ts2cpp::is_complex(self.dtype())) {
    detail::raise_no_kernel("median_out", self.dtype());
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t size = self.dim() == 0 ? 1 : self.sizes()[d];
  if (size == 0) {
    raise("IndexError", {"median(): Expected reduction dim ", d, " to have non-zero size."});
  }
  if (!ts2cpp::is_floating_point(self.dtype()) || self.dim() == 0) {
    return median<Lazy>(self, dim, keepdim);
  }
  // nan sorts last: the median is in the middle of what comes before.
  const auto [sorted_values, sorted_indices] = sort<Lazy>(self, d, false);
  const Tensor values = detail::contiguous_copy(movedim(sorted_values, d, -1), DType::float64);
  const Tensor order = kernels::dense(movedim(sorted_indices, d, -1));
  DimVector sizes(values.sizes());
  sizes.erase(sizes.size() - 1);
  const Tensor value = Tensor::empty(sizes, DType::float64);
  const Tensor index = Tensor::empty(sizes, DType::int64);
  for (std::int64_t row = 0; row < value.numel(); ++row) {
    const double* const line = values.data_ptr<double>() + row * size;
    const std::int64_t count = std::find_if(line, line + size, [](double x) { return x != x; }) - line;
    const std::int64_t middle = (std::max<std::int64_t>(count, 1) - 1) / 2;
    value.data_ptr<double>()[row] = line[middle];
    index.data_ptr<std::int64_t>()[row] = order.data_ptr<std::int64_t>()[row * size + middle];
  }
  const Tensor result = detail::contiguous_copy(value, self.dtype());
  return keepdim ? std::make_tuple(unsqueeze(result, d), unsqueeze(index, d)) : std::make_tuple(result, index);
}
template <class Lazy = void>
Tensor nanmedian(const Tensor& self) {
  if (self.dtype() == DType::bool_ || ts2cpp::is_complex(self.dtype())) {
    detail::raise_no_kernel("median_cpu", self.dtype());
  }
  return self.numel() == 0 ? median<Lazy>(self) : std::get<0>(nanmedian<Lazy>(reshape(self, {-1}), 0, false));
}

}  // namespace ops
}  // namespace ts2cpp
