// Sorting, the largest k, medians, counting and searching. nan sorts as the largest value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <ts2cpp/kernels/row_set.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/reduce.hpp>

namespace ts2cpp {
namespace detail {

/// a sorts before b; nan after everything else.
template <class T>
bool sorts_before(T a, T b) {
  return a < b || (b != b && a == a);
}

/// The `take` first of n positions in the order of `before` (a strict order in which a later position never goes before
/// an equal earlier one), for a few of many: most elements are only compared with the last that is kept. `next` is the
/// first position from a given one on that may go before a kept one, or that may be kept where that is -1.
template <class Before, class Next>
void select_first(std::int64_t* order, std::int64_t take, std::int64_t n, const Before& before, const Next& next) {
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    i = next(i, kept == take ? order[kept - 1] : -1);
    if (i >= n) {
      return;
    }
    if (kept == take && !before(i, order[kept - 1])) {
      continue;
    }
    std::int64_t place = kept < take ? kept++ : kept - 1;
    for (; place > 0 && before(i, order[place - 1]); --place) {
      order[place] = order[place - 1];
    }
    order[place] = i;
  }
}

/// Positions along each line of `dim`, sorted; ties keep their order. `take` positions of each line are kept.
template <class Lazy>
std::tuple<Tensor, Tensor> sorted_lines(const char* name, const Tensor& self, std::int64_t dim, bool descending,
                                        std::int64_t take) {
  const Tensor source = kernels::dense_as(self, compute_dtype(self.dtype()));
  const AxisSplit split(self.sizes(), dim);
  DimVector sizes(self.sizes());
  if (!sizes.empty()) {
    sizes[dim] = take;
  }
  const Tensor values = Tensor::empty(sizes, source.dtype());
  const Tensor indices = Tensor::empty(sizes, DType::int64);
  dispatch(name, RealsAndBool{}, source.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = static_cast<const T*>(source.read_data());
    T* const out_values = values.data_ptr<T>();
    std::int64_t* const out_indices = indices.data_ptr<std::int64_t>();
    if (values.numel() == 0) {
      return;
    }
    parallel_for(split.outer * split.inner, 2048 / (split.length + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      constexpr std::int64_t kFew = 16;
      const bool few = take <= kFew && take != split.length;
      const kernels::Scratch<std::int64_t> order(few ? kFew : split.length);
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t outer = row / split.inner;
        const std::int64_t inner = row - outer * split.inner;
        const T* const line = data + outer * split.length * split.inner + inner;
        // The position breaks ties, which makes every algorithm a stable one.
        const auto before = [&](std::int64_t a, std::int64_t b) {
          const T x = line[a * split.inner];
          const T y = line[b * split.inner];
          if (descending ? sorts_before(y, x) : sorts_before(x, y)) {
            return true;
          }
          return !(descending ? sorts_before(x, y) : sorts_before(y, x)) && a < b;
        };
        if (few) {
          T bound{};
          const bool bounded =
              descending && split.inner == 1 && kernels::bound_of_largest(line, split.length, take, bound);
          select_first(order.data(), take, split.length, before, [&](std::int64_t i, std::int64_t last) {
            if (split.inner != 1 || (last < 0 && !bounded)) {
              return i;
            }
            if (last >= 0) {
              bound = line[last];
            }
            const std::int64_t left = split.length - i;
            return i + (descending ? kernels::first_beyond<true>(line + i, left, bound)
                                   : kernels::first_beyond<false>(line + i, left, bound));
          });
        } else {
          std::int64_t* const last = order.data() + split.length;
          std::iota(order.data(), last, std::int64_t{0});
          if (take == split.length) {
            std::sort(order.data(), last, before);
          } else {
            std::partial_sort(order.data(), order.data() + take, last, before);
          }
        }
        for (std::int64_t i = 0; i < take; ++i) {
          const std::int64_t target = (outer * take + i) * split.inner + inner;
          out_indices[target] = order[i];
          out_values[target] = line[out_indices[target] * split.inner];
        }
      }
    });
  });
  return {to_dtype(values, self.dtype(), false), indices};
}

/// The element at sorted position `rank` of every line, with its index.
template <class Lazy>
std::tuple<Tensor, Tensor> ranked(const char* name, const Tensor& self, std::int64_t dim, std::int64_t rank,
                                  bool keepdim) {
  const auto [values, indices] = sorted_lines<Lazy>(name, self, dim, false, self.dim() == 0 ? 1 : self.sizes()[dim]);
  if (self.dim() == 0) {
    return {values, indices};
  }
  const Tensor value = ops::clone(ops::select(values, dim, rank));
  const Tensor index = ops::clone(ops::select(indices, dim, rank));
  return keepdim ? std::make_tuple(ops::unsqueeze(value, dim), ops::unsqueeze(index, dim))
                 : std::make_tuple(value, index);
}

}  // namespace detail

namespace ops {

/// (values, indices) along `dim`; the order of equal elements is kept.
template <class Lazy = void>
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim = -1, bool descending = false) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  return detail::sorted_lines<Lazy>("sort", self, d, descending, self.dim() == 0 ? 1 : self.sizes()[d]);
}
/// A flag that only takes a bool: a dimension must not become `stable`.
template <class Flag>
using StableFlag = std::enable_if_t<std::is_same_v<Flag, bool> || std::is_same_v<Flag, std::optional<bool>> ||
                                        std::is_same_v<Flag, std::nullopt_t>,
                                    int>;
template <class Flag, StableFlag<Flag> = 0>
std::tuple<Tensor, Tensor> sort(const Tensor& self, Flag /*stable*/, std::int64_t dim = -1, bool descending = false) {
  return sort<void>(self, dim, descending);
}
template <class Lazy = void>
Tensor argsort(const Tensor& self, std::int64_t dim = -1, bool descending = false) {
  return std::get<1>(sort<Lazy>(self, dim, descending));
}
template <class Flag, StableFlag<Flag> = 0>
Tensor argsort(const Tensor& self, Flag /*stable*/, std::int64_t dim = -1, bool descending = false) {
  return std::get<1>(sort<void>(self, dim, descending));
}
template <class Lazy = void>
Tensor msort(const Tensor& self) {
  return std::get<0>(sort<Lazy>(self, 0, false));
}

/// The k largest (or smallest) elements along `dim`, in order.
template <class Lazy = void>
std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k, std::int64_t dim = -1, bool largest = true,
                                bool /*sorted*/ = true) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (k < 0 || k > (self.dim() == 0 ? 1 : self.sizes()[d])) {
    raise("RuntimeError", "selected index k out of range");
  }
  if (self.dtype() == DType::bool_ || is_complex(self.dtype())) {
    const bool truth = self.dtype() == DType::bool_;
    raise("RuntimeError",
          truth ? "topk does not support bool dtypes on CPU" : " topk does not support complex dtypes on CPU");
  }
  return detail::sorted_lines<Lazy>("topk", self, d, largest, k);
}

/// The k-th smallest element along `dim` (k counts from 1).
template <class Lazy = void>
std::tuple<Tensor, Tensor> kthvalue(const Tensor& self, std::int64_t k, std::int64_t dim = -1, bool keepdim = false) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (k < 1 || k > (self.dim() == 0 ? 1 : self.sizes()[d])) {
    raise("RuntimeError", {"kthvalue(): selected number k out of range for dimension ", d});
  }
  if (self.dim() != 0 && (self.dtype() == DType::bool_ || is_complex(self.dtype()))) {
    detail::raise_no_kernel("kthvalue_cpu", self.dtype());
  }
  return detail::ranked<Lazy>("kthvalue", self, d, k - 1, keepdim);
}

/// The most frequent element along `dim`, the smallest of several, with the last of its positions. Every nan is an
/// element of its own.
template <class Lazy = void>
std::tuple<Tensor, Tensor> mode(const Tensor& self, std::int64_t dim = -1, bool keepdim = false) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  if (self.dim() == 0) {
    const Tensor index = Tensor::empty({}, DType::int64);
    *index.data_ptr<std::int64_t>() = 0;
    return {clone(self), index};
  }
  const std::int64_t size = self.sizes()[d];
  if (size == 0) {
    raise("IndexError", {"mode(): Expected reduction dim ", d, " to have non-zero size."});
  }
  const auto [sorted_values, sorted_indices] = detail::sorted_lines<Lazy>("mode", self, d, false, size);
  const std::int64_t last = self.dim() - 1;
  const Tensor values = detail::contiguous_copy(movedim(sorted_values, d, last), detail::compute_dtype(self.dtype()));
  const Tensor indices = contiguous(movedim(sorted_indices, d, last));
  DimVector sizes(values.sizes());
  sizes[last] = 1;
  const Tensor value = Tensor::empty(sizes, values.dtype());
  const Tensor index = Tensor::empty(sizes, DType::int64);
  detail::dispatch("mode", detail::RealsAndBool{}, values.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t row = 0; row < value.numel(); ++row) {
      const T* const line = values.data_ptr<T>() + row * size;
      std::int64_t begin = 0;
      std::int64_t most = 0;
      std::int64_t place = 0;
      for (std::int64_t i = 0; i < size; ++i) {
        if (i + 1 < size && line[i] == line[i + 1]) {
          continue;
        }
        if (i + 1 - begin > most) {
          most = i + 1 - begin;
          place = i;
        }
        begin = i + 1;
      }
      value.data_ptr<T>()[row] = line[place];
      index.data_ptr<std::int64_t>()[row] = indices.data_ptr<std::int64_t>()[row * size + place];
    }
  });
  const auto placed = [&](const Tensor& found) {
    const Tensor there = movedim(found, last, d);
    return contiguous(keepdim ? there : select(there, d, 0));
  };
  return {placed(detail::to_dtype(value, self.dtype(), false)), placed(index)};
}

/// The lower median; nan if there is one.
template <class Lazy = void>
std::tuple<Tensor, Tensor> median(const Tensor& self, std::int64_t dim, bool keepdim = false) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  const std::int64_t size = self.dim() == 0 ? 1 : self.sizes()[d];
  if (size == 0) {
    raise("IndexError", {"median(): Expected reduction dim ", d, " to have non-zero size."});
  }
  const auto [values, indices] = detail::ranked<Lazy>("median", self, d, (size - 1) / 2, keepdim);
  if (!ts2cpp::is_floating_point(self.dtype()) || self.dim() == 0) {
    return {values, indices};
  }
  // nan sorts last: where the last one is nan, it (the first nan) is the median.
  const auto [sorted_values, sorted_indices] = sort<Lazy>(self, d, false);
  const Tensor plain = detail::contiguous_copy(ops::movedim(sorted_values, d, self.dim() - 1), DType::float64);
  const Tensor order = contiguous(ops::movedim(sorted_indices, d, self.dim() - 1));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor value_copy = detail::contiguous_copy(values, DType::float64);
  const Tensor index_copy = detail::contiguous_copy(indices, DType::int64);
  for (std::int64_t row = 0; row < value_copy.numel(); ++row) {
    for (std::int64_t i = 0; i < size; ++i) {
      const double x = plain.template data_ptr<double>()[row * size + i];
      if (x != x) {
        value_copy.template data_ptr<double>()[row] = nan;
        index_copy.template data_ptr<std::int64_t>()[row] = order.template data_ptr<std::int64_t>()[row * size + i];
        break;
      }
    }
  }
  return {detail::contiguous_copy(value_copy, self.dtype()), index_copy};
}
template <class Lazy = void>
Tensor median(const Tensor& self) {
  if (self.dtype() == DType::bool_) {
    detail::raise_not_implemented("median", self.dtype());
  }
  const Tensor flat = reshape(self, {-1});
  if (flat.numel() == 0) {
    const Tensor result = Tensor::empty({}, self.dtype());
    detail::store_scalar(std::numeric_limits<double>::quiet_NaN(), self.dtype(), result.raw_data());
    return result;
  }
  return std::get<0>(median<Lazy>(flat, 0, false));
}

}  // namespace ops
}  // namespace ts2cpp
