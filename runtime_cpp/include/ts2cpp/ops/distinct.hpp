// Distinct elements and slices, sorted or in the order of their runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/ops/sorting.hpp>
#include <ts2cpp/select_rows.hpp>

namespace ts2cpp {
namespace detail {

/// Groups of equal rows: the first row of each, the group of every row, how many rows each has.
struct RowGroups {
  std::vector<std::int64_t> firsts;
  Tensor inverse;
  std::vector<std::int64_t> counts;

  Tensor counted() const { return Tensor::from_data(counts, {static_cast<std::int64_t>(counts.size())}); }
};

/// Groups neighbours that are equal, after sorting the rows if `sorted`. `keys` is (rows, width); nan equals nothing.
template <class Lazy>
RowGroups grouped_rows(const char* name, const Tensor& keys, bool sorted) {
  const Tensor source = contiguous_copy(keys, compute_dtype(keys.dtype()));
  const std::int64_t rows = keys.size(0);
  const std::int64_t width = keys.size(1);
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  RowGroups result;
  result.inverse = Tensor::empty({rows}, DType::int64);
  std::int64_t* const inverse = result.inverse.template data_ptr<std::int64_t>();
  dispatch(name, RealsAndBool{}, source.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = source.data_ptr<T>();
    const auto before = [data, width](std::int64_t a, std::int64_t b) {
      return std::lexicographical_compare(data + a * width, data + (a + 1) * width, data + b * width,
                                          data + (b + 1) * width, sorts_before<T>);
    };
    if (sorted) {
      std::stable_sort(order.begin(), order.end(), before);
    }
    std::int64_t previous = -1;
    for (const std::int64_t row : order) {
      if (previous < 0 || !std::equal(data + row * width, data + (row + 1) * width, data + previous * width)) {
        result.firsts.push_back(row);
        result.counts.push_back(0);
      }
      ++result.counts.back();
      inverse[row] = static_cast<std::int64_t>(result.firsts.size()) - 1;
      previous = row;
    }
  });
  return result;
}

template <class Lazy>
std::tuple<Tensor, Tensor, Tensor> distinct_elements(const Tensor& self, bool sorted, bool return_inverse,
                                                     bool return_counts) {
  const Tensor flat = ops::reshape(self, {-1});
  const RowGroups groups = grouped_rows<Lazy>("unique!", ops::reshape(flat, {self.numel(), 1}), sorted);
  const Tensor none = Tensor::empty({0}, DType::int64);
  return {select_rows(flat, 0, groups.firsts), return_inverse ? ops::reshape(groups.inverse, self.sizes()) : none,
          return_counts ? groups.counted() : none};
}

template <class Lazy>
std::tuple<Tensor, Tensor, Tensor> distinct_slices(const Tensor& self, std::int64_t dim, bool sorted) {
  if (self.dim() == 0) {
    raise("IndexError", {"Dimension specified as ", dim, " but tensor has no dimensions"});
  }
  dim = wrap_dim(dim, self.dim());
  const IntSpan sizes = self.sizes();
  const auto empty = std::count(sizes.begin(), sizes.end(), 0);
  if (sizes[dim] == 0) {
    if (empty != 1) {
      raise("RuntimeError", "Number of zero sized dimensions is more than one, so unique cannot be applied ");
    }
    return {Tensor::empty(sizes, self.dtype()), Tensor::empty({0}, DType::int64), Tensor::empty({0}, DType::int64)};
  }
  if (empty != 0) {
    raise("RuntimeError", "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
  }
  const Tensor rows = ops::reshape(ops::movedim(self, dim, 0), {sizes[dim], -1});
  const RowGroups groups = grouped_rows<Lazy>("unique_dim!", rows, sorted);
  return {select_rows(self, dim, groups.firsts), groups.inverse, groups.counted()};
}

}  // namespace detail

namespace ops {

/// The distinct elements in order; where each element went, and how often each occurs (empty unless asked for).
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> _unique2(const Tensor& self, bool /*sorted*/ = true, bool return_inverse = false,
                                            bool return_counts = false) {
  return detail::distinct_elements<Lazy>(self, true, return_inverse, return_counts);
}

template <class Lazy = void>
std::tuple<Tensor, Tensor> _unique(const Tensor& self, bool /*sorted*/ = true, bool return_inverse = false) {
  const auto [values, inverse, counts] = detail::distinct_elements<Lazy>(self, true, return_inverse, false);
  return {values, inverse};
}

/// The distinct slices along `dim` in lexicographic order, where each slice went, and how often each occurs.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor& self, std::int64_t dim, bool /*sorted*/ = true,
                                              bool /*return_inverse*/ = false, bool /*return_counts*/ = false) {
  return detail::distinct_slices<Lazy>(self, dim, true);
}

/// The slices along `dim` without immediate repetitions.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> unique_dim_consecutive(const Tensor& self, std::int64_t dim,
                                                          bool /*return_inverse*/ = false,
                                                          bool /*return_counts*/ = false) {
  return detail::distinct_slices<Lazy>(self, dim, false);
}

/// The elements, or the slices along `dim`, without immediate repetitions.
template <class Lazy = void>
std::tuple<Tensor, Tensor, Tensor> unique_consecutive(const Tensor& self, bool return_inverse = false,
                                                      bool return_counts = false,
                                                      std::optional<std::int64_t> dim = std::nullopt) {
  const bool flat = !dim || (*dim == 0 && self.dim() == 1);
  return flat ? detail::distinct_elements<Lazy>(self, false, return_inverse, return_counts)
              : detail::distinct_slices<Lazy>(self, *dim, false);
}

}  // namespace ops
}  // namespace ts2cpp
