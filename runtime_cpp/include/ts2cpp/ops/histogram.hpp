// Histograms of one and of several dimensions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>

namespace ts2cpp {
namespace detail {

inline void check_bin_count(std::int64_t count, std::int64_t dim) {
  if (count <= 0) {
    raise("RuntimeError", {"torch.histogram(): bins must be > 0, but got ", count, " for dimension ", dim});
  }
  if (count > (std::int64_t{1} << 60)) {
    raise("RuntimeError",
          {"Storage size calculation overflowed with sizes=[", static_cast<std::uint64_t>(count) + 1, "]"});
  }
}

/// The bin of a value by proportion; every step is rounded to the type of the value.
template <class T, class Round>
std::int64_t even_bin(T value, T low, T high, std::int64_t bins, Round&& round) {
  const T scaled = round(round(value - low) * round(static_cast<T>(bins)));
  const auto place = static_cast<std::int64_t>(round(scaled / round(high - low)));
  return std::min(place, bins - 1);
}

/// The bin of a value by proportion, corrected by the edges beside it.
template <class T>
std::int64_t even_bin_between(T value, const T* edges, std::int64_t bins) {
  const std::int64_t guess = even_bin(value, edges[0], edges[bins], bins, [](T x) { return x; });
  const std::int64_t first = std::max<std::int64_t>(guess - 1, 0);
  const std::int64_t last = std::min(guess + 2, bins + 1);
  const std::int64_t place = std::upper_bound(edges + first, edges + last, value) - edges - 1;
  return std::min(place, bins - 1);
}

template <class T>
std::int64_t searched_bin(T value, const T* edges, std::int64_t bins) {
  return std::min<std::int64_t>(std::upper_bound(edges, edges + bins + 1, value) - edges - 1, bins - 1);
}

/// The samples as rows of a contiguous matrix.
inline Tensor sample_rows(const Tensor& self) {
  if (self.dim() < 2) {
    raise("RuntimeError", "torch.histogramdd: input tensor should have at least 2 dimensions");
  }
  std::int64_t rows = 1;
  for (std::int64_t d = 0; d + 1 < self.dim(); ++d) {
    rows *= self.sizes()[d];
  }
  return kernels::reshaped(kernels::dense(self), {rows, self.size(-1)});
}

/// The range of a column: the given one, that of the values, or [0, 1] if there are none; widened if it is a point.
inline std::pair<double, double> sample_range(const Tensor& rows, const std::optional<Span<const double>>& range,
                                              std::int64_t column) {
  double low = 0.0;
  double high = 1.0;
  if (range) {
    low = (*range)[2 * column];
    high = (*range)[2 * column + 1];
  } else if (rows.numel() != 0) {
    const Tensor values = contiguous_copy(ops::select(rows, 1, column), DType::float64);
    low = std::numeric_limits<double>::infinity();
    high = -low;
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      low = math::minimum(low, values.data_ptr<double>()[i]);
      high = math::maximum(high, values.data_ptr<double>()[i]);
    }
  }
  if (!std::isfinite(low) || !std::isfinite(high)) {
    raise("RuntimeError", {"torch.histogramdd: dimension ", column, "'s range [", short_number(low), ", ",
                           short_number(high), "] is not finite"});
  }
  if (!(low <= high)) {
    raise("RuntimeError", {"torch.histogramdd: min should not exceed max, but got min ", short_number(low), " max ",
                           short_number(high), " for dimension ", column});
  }
  return low == high ? std::make_pair(low - 0.5, high + 0.5) : std::make_pair(low, high);
}

inline void check_histogram_dtype(const Tensor& self) {
  if (self.dtype() != DType::float32 && self.dtype() != DType::float64) {
    raise_no_kernel("histogramdd", self.dtype());
  }
}

inline std::vector<Tensor> even_edges(const Tensor& self, IntSpan bins,
                                      const std::optional<Span<const double>>& range) {
  const Tensor rows = sample_rows(self);
  const std::int64_t columns = rows.sizes()[1];
  if (bins.size() != columns) {
    raise("RuntimeError", "histogramdd: The size of bins must be equal to the innermost dimension of the input.");
  }
  check_histogram_dtype(self);
  if (range && range->size() != 2 * columns) {
    raise("RuntimeError", {"torch.histogramdd: for a ", columns, "-dimensional histogram range should have ",
                           2 * columns, " elements, but got ", range->size()});
  }
  std::vector<std::pair<double, double>> ranges;
  for (std::int64_t d = 0; d < columns; ++d) {
    ranges.push_back(sample_range(rows, range, d));
  }
  for (std::int64_t d = 0; d < columns; ++d) {
    check_bin_count(bins[d], d);
  }
  std::vector<Tensor> edges;
  for (std::int64_t d = 0; d < columns; ++d) {
    const auto [low, high] = ranges[static_cast<std::size_t>(d)];
    edges.push_back(ops::linspace(low, high, bins[d] + 1, self.dtype()));
  }
  return edges;
}

inline void check_histogram(const Tensor& self, TensorSpan edges, const std::optional<Tensor>& weight) {
  const std::int64_t columns = self.size(-1);
  if (edges.size() != columns) {
    raise("RuntimeError", {"torch.histogramdd: expected ", columns, " sequences of bin edges for a ", columns,
                           "-dimensional histogram but got ", edges.size()});
  }
  for (std::int64_t d = 0; d < columns; ++d) {
    const std::string place = " for dimension " + std::to_string(d);
    if (edges[d].dtype() != self.dtype()) {
      raise(
          "RuntimeError",
          {"torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input "
           "with dtype ",
           dtype_element_name(self.dtype()), " and bins", place, " with dtype ", dtype_element_name(edges[d].dtype())});
    }
    if (edges[d].dim() != 1) {
      raise("RuntimeError", {"torch.histogramdd: bins tensor should have one dimension, but got ", edges[d].dim(),
                             " dimensions in the bins tensor", place});
    }
    if (edges[d].numel() == 0) {
      raise("RuntimeError",
            {"torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor",
             place});
    }
  }
  if (weight) {
    if (weight->dtype() != self.dtype()) {
      raise("RuntimeError",
            {"torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have "
             "the same dtype, but got input(",
             dtype_element_name(self.dtype()), "), and weight(", dtype_element_name(weight->dtype()), ")"});
    }
    if (weight->sizes() != IntSpan(self.sizes().data(), self.dim() - 1)) {
      raise("RuntimeError",
            {"torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
             "excluding its innermost dimension, but got input with shape ",
             self.sizes(), " and weight with shape ", weight->sizes()});
    }
  }
  for (std::int64_t d = 0; d < columns; ++d) {
    check_bin_count(edges[d].numel() - 1, d);
  }
}

/// Counts (or sums of weights) of the rows of `self` between the edges of each column; `even` says that they have
/// equal distances.
template <class Lazy>
Tensor count_rows(const Tensor& self, TensorSpan edges, const std::optional<Tensor>& weight, bool density, bool even) {
  check_histogram(self, edges, weight);
  check_histogram_dtype(self);
  const Tensor rows = sample_rows(self);
  const std::int64_t columns = edges.size();
  const Tensor weights = weight ? kernels::dense(*weight) : Tensor();
  DimVector sizes;
  std::vector<Tensor> borders;
  for (const Tensor& found : edges) {
    sizes.push_back(found.numel() - 1);
    borders.push_back(kernels::dense(found));
  }
  Tensor result = Tensor::empty(sizes, self.dtype());
  visit(Floats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const counts = result.data_ptr<T>();
    std::fill(counts, counts + result.numel(), T(0));
    const T* const values = rows.data_ptr<T>();
    for (std::int64_t row = 0; row < rows.sizes()[0] && columns != 0; ++row) {
      std::int64_t place = 0;
      for (std::int64_t d = 0; d < columns && place >= 0; ++d) {
        const T value = values[row * columns + d];
        const T* const border = borders[static_cast<std::size_t>(d)].data_ptr<T>();
        const std::int64_t bins = sizes[d];
        if (!(value >= border[0] && value <= border[bins])) {
          place = -1;
        } else {
          place = place * bins + (even ? even_bin_between(value, border, bins) : searched_bin(value, border, bins));
        }
      }
      if (place >= 0) {
        counts[place] += weight ? weights.data_ptr<T>()[row] : T(1);
      }
    }
  });
  if (density) {
    result = ops::div<Lazy>(result, ops::sum<Lazy>(result));
    for (std::int64_t d = 0; d < columns; ++d) {
      DimVector shape(columns, 1);
      shape[d] = sizes[d];
      const Tensor& border = edges[d];
      const Tensor widths = ops::sub<Lazy>(ops::slice(border, 0, 1), ops::slice(border, 0, 0, sizes[d]));
      result = ops::div<Lazy>(result, ops::reshape(widths, shape));
    }
  }
  return result;
}

inline List<Tensor> tensor_list(const std::vector<Tensor>& tensors) {
  List<Tensor> result;
  for (const Tensor& tensor : tensors) {
    result.append(tensor);
  }
  return result;
}

}  // namespace detail

namespace ops {

/// Counts in `bins` equal bins; the range of the values if `min` and `max` are equal.
inline Tensor histc(const Tensor& self, std::int64_t bins = 100, const Scalar& min = 0, const Scalar& max = 0) {
  detail::check_bin_count(bins, 0);
  double low = detail::real_only(min, "double").to_double();
  double high = detail::real_only(max, "double").to_double();
  if (ts2cpp::is_complex(self.dtype())) {
    detail::raise_no_kernel(low == high ? "aminmax_cpu" : "histogram_cpu", self.dtype());
  }
  if (self.dtype() == DType::bool_) {
    detail::raise_no_kernel("linspace_cpu", self.dtype());
  }
  const Tensor values = detail::contiguous_copy(self, DType::float64);
  const double* const data = values.data_ptr<double>();
  if (low == high && values.numel() != 0) {
    low = std::numeric_limits<double>::infinity();
    high = -low;
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      low = math::minimum(low, data[i]);
      high = math::maximum(high, data[i]);
    }
  }
  if (low == high) {
    low -= 1.0;
    high += 1.0;
  }
  if (!std::isfinite(low) || !std::isfinite(high)) {
    raise("RuntimeError",
          {"torch.histc: range of [", detail::short_number(low), ", ", detail::short_number(high), "] is not finite"});
  }
  if (!(low < high)) {
    raise("RuntimeError", "torch.histc: max must be larger than min");
  }
  if (!ts2cpp::is_floating_point(self.dtype())) {
    detail::raise_no_kernel("histogram_cpu", self.dtype());
  }
  const Tensor edges = detail::contiguous_copy(linspace(low, high, bins + 1, self.dtype()), DType::float64);
  low = edges.data_ptr<double>()[0];
  high = edges.data_ptr<double>()[bins];
  const Tensor result = Tensor::empty({bins}, DType::float64);
  double* const counts = result.data_ptr<double>();
  std::fill(counts, counts + bins, 0.0);
  const DType dtype = self.dtype();
  const auto rounded = [dtype](double x) {
    return dtype == DType::float64   ? x
           : dtype == DType::float32 ? static_cast<double>(static_cast<float>(x))
           : dtype == DType::float16 ? static_cast<double>(static_cast<float>(half(static_cast<float>(x))))
                                     : static_cast<double>(static_cast<float>(bfloat16(static_cast<float>(x))));
  };
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    if (data[i] >= low && data[i] <= high) {
      counts[detail::even_bin(data[i], low, high, bins, rounded)] += 1.0;
    }
  }
  return detail::contiguous_copy(result, dtype);
}

/// How often each number occurs (or the sums of the weights); at least `minlength` numbers.
inline Tensor bincount(const Tensor& self, const std::optional<Tensor>& weights = std::nullopt,
                       std::int64_t minlength = 0) {
  if (!is_integral(self.dtype(), false)) {
    detail::raise_no_kernel("bincount_cpu", self.dtype());
  }
  if (minlength < 0) {
    raise("RuntimeError", "minlength should be >= 0");
  }
  const Tensor numbers = detail::contiguous_copy(self, DType::int64);
  const std::int64_t* const data = numbers.data_ptr<std::int64_t>();
  const std::int64_t count = numbers.numel();
  if (self.dim() != 1 || !std::all_of(data, data + count, [](std::int64_t x) { return x >= 0; })) {
    raise("RuntimeError", "bincount only supports 1-d non-negative integral inputs.");
  }
  const std::int64_t largest = count == 0 ? -1 : *std::max_element(data, data + count);
  if (largest == INT64_MAX) {
    raise("RuntimeError",
          "maximum value of input overflowed, it should be < 9223372036854775807 but got 9223372036854775807");
  }
  const std::int64_t bins = std::max(minlength, largest + 1);
  if (bins >= (std::int64_t{1} << 60)) {
    raise("RuntimeError", {"Storage size calculation overflowed with sizes=[", bins, "]"});
  }
  if (weights && weights->sizes() != self.sizes()) {
    raise("RuntimeError", "weights should be 1-d and have the same length as input");
  }
  if (!weights || count == 0) {
    const Tensor result = zeros({bins}, DType::int64);
    for (std::int64_t i = 0; i < count; ++i) {
      ++result.data_ptr<std::int64_t>()[data[i]];
    }
    return result;
  }
  const Tensor factors = detail::contiguous_copy(*weights, DType::float64);
  const Tensor result = zeros({bins}, DType::float64);
  for (std::int64_t i = 0; i < count; ++i) {
    result.data_ptr<double>()[data[i]] += factors.data_ptr<double>()[i];
  }
  return kernels::as_dtype(result, weights->dtype() == DType::float32 ? DType::float32 : DType::float64);
}

/// The edges of equal bins, one vector for each column of the points.
inline List<Tensor> _histogramdd_bin_edges(const Tensor& self, IntSpan bins,
                                           const std::optional<Span<const double>>& range = std::nullopt,
                                           const std::optional<Tensor>& /*weight*/ = std::nullopt,
                                           bool /*density*/ = false) {
  return detail::tensor_list(detail::even_edges(self, bins, range));
}
template <class Lazy = void>
Tensor _histogramdd_from_bin_cts(const Tensor& self, IntSpan bins,
                                 const std::optional<Span<const double>>& range = std::nullopt,
                                 const std::optional<Tensor>& weight = std::nullopt, bool density = false) {
  return detail::count_rows<Lazy>(self, detail::even_edges(self, bins, range), weight, density, true);
}
template <class Lazy = void>
Tensor _histogramdd_from_bin_tensors(const Tensor& self, TensorSpan bins,
                                     const std::optional<Tensor>& weight = std::nullopt, bool density = false) {
  static_cast<void>(detail::sample_rows(self));
  return detail::count_rows<Lazy>(self, bins, weight, density, false);
}

/// How many rows of the last dimension fall into each cell of a grid of equal bins; the edges of the grid.
template <class Lazy = void>
std::tuple<Tensor, List<Tensor>> histogramdd(const Tensor& self, IntSpan bins,
                                             const std::optional<Span<const double>>& range = std::nullopt,
                                             const std::optional<Tensor>& weight = std::nullopt, bool density = false) {
  const std::vector<Tensor> edges = detail::even_edges(self, bins, range);
  return {detail::count_rows<Lazy>(self, edges, weight, density, true), detail::tensor_list(edges)};
}
template <class Lazy = void>
std::tuple<Tensor, List<Tensor>> histogramdd_same_bins(const Tensor& self, std::int64_t bins,
                                                       const std::optional<Span<const double>>& range = std::nullopt,
                                                       const std::optional<Tensor>& weight = std::nullopt,
                                                       bool density = false) {
  const DimVector counts(detail::sample_rows(self).sizes()[1], bins);
  return histogramdd<Lazy>(self, IntSpan(counts), range, weight, density);
}
/// The same with given edges.
template <class Lazy = void>
std::tuple<Tensor, List<Tensor>> histogramdd_edges(const Tensor& self, TensorSpan bins,
                                                   const std::optional<Span<const double>>& /*range*/ = std::nullopt,
                                                   const std::optional<Tensor>& weight = std::nullopt,
                                                   bool density = false) {
  static_cast<void>(detail::sample_rows(self));
  List<Tensor> edges;
  for (const Tensor& found : bins) {
    edges.append(clone(found));
  }
  return {detail::count_rows<Lazy>(self, bins, weight, density, false), edges};
}

/// Counts of values (or sums of weights) between given edges; the last bin includes its right edge.
template <class Lazy = void>
std::tuple<Tensor, Tensor> histogram(const Tensor& self, const Tensor& bins,
                                     const std::optional<Tensor>& weight = std::nullopt, bool density = false) {
  const std::optional<Tensor> weights = weight ? std::optional<Tensor>(reshape(*weight, {-1})) : std::nullopt;
  const Tensor column = reshape(self, {self.numel(), 1});
  return {detail::count_rows<Lazy>(column, {bins}, weights, density, false), clone(bins)};
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> histogram(const Tensor& self, std::int64_t bins = 100,
                                     const std::optional<Span<const double>>& range = std::nullopt,
                                     const std::optional<Tensor>& weight = std::nullopt, bool density = false) {
  const std::optional<Tensor> weights = weight ? std::optional<Tensor>(reshape(*weight, {-1})) : std::nullopt;
  const Tensor column = reshape(self, {self.numel(), 1});
  const std::vector<Tensor> edges = detail::even_edges(column, {bins}, range);
  return {detail::count_rows<Lazy>(column, edges, weights, density, true), edges[0]};
}

}  // namespace ops
}  // namespace ts2cpp
