// Largest and smallest elements and their positions. nan counts as larger and as smaller than everything.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

#include <ts2cpp/kernels/row_set.hpp>
#include <ts2cpp/math.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/reduce.hpp>

namespace ts2cpp {
namespace detail {

template <class T, bool Largest>
struct ExtremumReducer {
  T init() const {
    if constexpr (std::is_same_v<T, bool>) {
      return !Largest;
    } else if constexpr (std::is_floating_point_v<T>) {
      return Largest ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    } else {
      return Largest ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
    }
  }
  T step(T acc, T x) const { return Largest ? math::maximum(acc, x) : math::minimum(acc, x); }
  T merge(T a, T b) const { return step(a, b); }
  T finish(T acc, std::int64_t /*length*/) const { return acc; }
};

inline void check_not_empty(const char* name, const Tensor& self, const DimVector& reduced, bool named_dims) {
  for (std::int64_t d = 0; d < self.dim(); ++d) {
    if (reduced[d] != 0 && self.sizes()[d] == 0) {
      raise(named_dims ? "IndexError" : "RuntimeError",
            {name, named_dims ? "(): Expected reduction dim " + std::to_string(d) + " to have non-zero size."
                              : "(): Expected reduction dim to be specified for input.numel() == 0. "
                                "Specify the reduction dim with the 'dim' argument."});
    }
  }
}

template <bool Largest>
Tensor extremum(const char* name, const Tensor& self, const Dims& dims, bool keepdim) {
  const DimVector reduced = dims.flags(self.dim());
  check_not_empty(name, self, reduced, !dims.list().empty());
  return reduce(RealsAndBool{}, name, self, reduced, keepdim, compute_dtype(self.dtype()), self.dtype(),
                [](auto tag) { return ExtremumReducer<typename decltype(tag)::type, Largest>{}; });
}

/// The first position of the extremum along `dim`, and its value; the first nan if there is one.
template <bool Largest>
std::tuple<Tensor, Tensor> extremum_with_position(const char* name, const Tensor& self, std::int64_t dim,
                                                  bool keepdim) {
  const std::int64_t d = wrap_dim(dim, self.dim());
  DimVector reduced(self.dim());
  if (self.dim() > 0) {
    reduced[d] = 1;
  }
  check_not_empty(name, self, reduced, true);
  const Tensor source = self.is_contiguous() && !is_reduced_float(self.dtype())
                            ? self
                            : contiguous_copy(self, compute_dtype(self.dtype()));
  const AxisSplit split(self.sizes(), d);
  DimVector sizes(self.sizes());
  if (self.dim() > 0) {
    if (keepdim) {
      sizes[d] = 1;
    } else {
      sizes.erase(d);
    }
  }
  const Tensor values = Tensor::empty(sizes, source.dtype());
  const Tensor indices = Tensor::empty(sizes, DType::int64);
  dispatch(name, RealsAndBool{}, source.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const data = source.data_ptr<T>();
    T* const best_values = values.data_ptr<T>();
    std::int64_t* const best_positions = indices.data_ptr<std::int64_t>();
    if (values.numel() == 0) {
      return;
    }
    parallel_for(split.outer, kElementGrain / (split.length * split.inner + 1) + 1,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin * split.inner; row < end * split.inner; ++row) {
                     const std::int64_t outer = row / split.inner;
                     const T* const line = data + outer * split.length * split.inner + (row - outer * split.inner);
                     T best = line[0];
                     std::int64_t position = 0;
                     for (std::int64_t i = 1; i < split.length; ++i) {
                       if (split.inner == 1) {
                         i += kernels::first_beyond<Largest>(line + i, split.length - i, best);
                         if (i >= split.length) {
                           break;
                         }
                       }
                       const T x = line[i * split.inner];
                       const bool better = Largest ? x > best : x < best;
                       const bool first_nan = x != x && best == best;
                       if (best == best && (better || first_nan)) {
                         best = x;
                         position = i;
                       }
                     }
                     best_values[row] = best;
                     best_positions[row] = position;
                   }
                 });
  });
  if (values.dtype() != self.dtype()) {
    return {contiguous_copy(values, self.dtype()), indices};
  }
  return {values, indices};
}

template <bool Largest>
Tensor position_of_extremum(const char* name, const Tensor& self, std::optional<std::int64_t> dim, bool keepdim) {
  if (dim) {
    return std::get<1>(extremum_with_position<Largest>(name, self, *dim, keepdim));
  }
  if (self.numel() == 0) {
    raise("IndexError", {name, "(): Expected reduction dim to be specified for input.numel() == 0."});
  }
  const Tensor position = std::get<1>(extremum_with_position<Largest>(name, ops::reshape(self, {-1}), 0, false));
  return keepdim ? ops::view(position, DimVector(self.dim(), 1)) : position;
}

/// The best so far along a dimension, with its (last) position.
template <bool Largest>
std::tuple<Tensor, Tensor> running_extremum(const char* name, const Tensor& self, std::int64_t dim) {
  const Tensor indices = Tensor::empty(self.sizes(), DType::int64);
  if (self.numel() == 0) {  // nothing is checked
    return {Tensor::empty(self.sizes(), self.dtype()), indices};
  }
  const std::int64_t d = wrap_dim(dim, self.dim());
  const Tensor values = contiguous_copy(self, compute_dtype(self.dtype()));
  const AxisSplit split(self.sizes(), d);
  dispatch(name, RealsAndBool{}, values.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const data = values.data_ptr<T>();
    std::int64_t* const positions = indices.data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < split.outer * split.inner; ++row) {
      const std::int64_t outer = row / split.inner;
      const std::int64_t start = outer * split.length * split.inner + (row - outer * split.inner);
      T best = data[start];
      std::int64_t position = 0;
      for (std::int64_t i = 0; i < split.length; ++i) {
        const T x = data[start + i * split.inner];
        if (x != x || (best == best && (Largest ? x >= best : x <= best))) {
          best = x;
          position = i;
        }
        data[start + i * split.inner] = best;
        positions[start + i * split.inner] = position;
      }
    }
  });
  return {values.dtype() == self.dtype() ? values : contiguous_copy(values, self.dtype()), indices};
}

}  // namespace detail

namespace ops {

template <class Lazy = void>
Tensor amax(const Tensor& self, const Dims& dim = {}, bool keepdim = false) {
  return detail::extremum<true>("amax", self, dim, keepdim);
}
template <class Lazy = void>
Tensor amin(const Tensor& self, const Dims& dim = {}, bool keepdim = false) {
  return detail::extremum<false>("amin", self, dim, keepdim);
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> aminmax(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt,
                                   bool keepdim = false) {
  return {detail::extremum<false>("aminmax", self, dim, keepdim),
          detail::extremum<true>("aminmax", self, dim, keepdim)};
}

/// The largest element; the two-tensor form is in arithmetic_functions.hpp.
template <class Lazy = void>
Tensor max(const Tensor& self) {
  return detail::extremum<true>("max", self, std::nullopt, false);
}
template <class Lazy = void>
Tensor min(const Tensor& self) {
  return detail::extremum<false>("min", self, std::nullopt, false);
}
/// (values, indices) along `dim`.
template <class Lazy = void>
std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim, bool keepdim = false) {
  return detail::extremum_with_position<true>("max", self, dim, keepdim);
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim, bool keepdim = false) {
  return detail::extremum_with_position<false>("min", self, dim, keepdim);
}

template <class Lazy = void>
Tensor argmax(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) {
  return detail::position_of_extremum<true>("argmax", self, dim, keepdim);
}
template <class Lazy = void>
Tensor argmin(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) {
  return detail::position_of_extremum<false>("argmin", self, dim, keepdim);
}

template <class Lazy = void>
std::tuple<Tensor, Tensor> cummax(const Tensor& self, std::int64_t dim) {
  return detail::running_extremum<true>("cummax", self, dim);
}
template <class Lazy = void>
std::tuple<Tensor, Tensor> cummin(const Tensor& self, std::int64_t dim) {
  return detail::running_extremum<false>("cummin", self, dim);
}

}  // namespace ops
}  // namespace ts2cpp
