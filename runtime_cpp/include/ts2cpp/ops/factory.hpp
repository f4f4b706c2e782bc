// New tensors: constants, ranges, from Python numbers and lists, and in the likeness of others.
// `empty` and its kin are zero-filled: uninitialised memory must not leave a program through its outputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/shape.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp {
namespace detail {

/// The dtype of a tensor made from a Python number: bool, int64, and float32 for floats.
inline DType default_dtype(const Scalar& value) {
  return value.is_float() ? DType::float32 : value.is_complex() ? DType::complex64 : value.dtype();
}

inline Tensor filled(IntSpan size, const Scalar& value, DType dtype) {
  check_fits(value, dtype);
  const Tensor result = Tensor::empty(size, dtype);
  fill_elements(result, value);
  return result;
}

inline Tensor filled_like(const Tensor& self, const Scalar& value, std::optional<DType> dtype) {
  check_fits(value, dtype.value_or(self.dtype()));
  const Tensor result = empty_preserving(self, dtype.value_or(self.dtype()));
  fill_elements(result, value);
  return result;
}

/// Elements value(i), computed in double or int64, as `dtype`.
template <class T, class F>
Tensor generated(std::int64_t count, DType dtype, const F& value) {
  const Tensor result = Tensor::empty({count}, dtype_of<T>);
  T* const data = result.data_ptr<T>();
  for (std::int64_t i = 0; i < count; ++i) {
    data[i] = value(i);
  }
  return to_dtype(result, dtype, false);
}

}  // namespace detail

namespace ops {

inline Tensor full(IntSpan size, const Scalar& fill_value, std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, fill_value, dtype.value_or(detail::default_dtype(fill_value)));
}
inline Tensor zeros(IntSpan size, std::optional<DType> dtype = std::nullopt) {
  for (const std::int64_t extent : size) {
    if (extent < 0) {
      raise("RuntimeError", "zeros: Dimension size must be non-negative.");
    }
  }
  return detail::filled(size, 0, dtype.value_or(DType::float32));
}
inline Tensor ones(IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, 1, dtype.value_or(DType::float32));
}
inline Tensor empty(IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, 0, dtype.value_or(DType::float32));
}
inline Tensor empty_strided(IntSpan size, IntSpan stride, std::optional<DType> dtype = std::nullopt) {
  const Tensor result = Tensor::empty_strided(size, stride, dtype.value_or(DType::float32));
  const std::int64_t count = result.storage_numel();
  detail::fill_elements(result.with_layout(IntSpan(&count, 1), {1}, 0), 0);
  return result;
}

inline Tensor zeros_like(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::filled_like(self, 0, dtype);
}
inline Tensor ones_like(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::filled_like(self, 1, dtype);
}
inline Tensor empty_like(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return detail::filled_like(self, 0, dtype);
}
inline Tensor full_like(const Tensor& self, const Scalar& fill_value, std::optional<DType> dtype = std::nullopt) {
  return detail::filled_like(self, fill_value, dtype);
}
inline Tensor new_zeros(const Tensor& self, IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, 0, dtype.value_or(self.dtype()));
}
inline Tensor new_ones(const Tensor& self, IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, 1, dtype.value_or(self.dtype()));
}
inline Tensor new_empty(const Tensor& self, IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, 0, dtype.value_or(self.dtype()));
}
inline Tensor new_empty_strided(const Tensor& self, IntSpan size, IntSpan stride,
                                std::optional<DType> dtype = std::nullopt) {
  return empty_strided(size, stride, dtype.value_or(self.dtype()));
}
inline Tensor new_full(const Tensor& self, IntSpan size, const Scalar& fill_value,
                       std::optional<DType> dtype = std::nullopt) {
  return detail::filled(size, fill_value, dtype.value_or(self.dtype()));
}

/// start, start + step, … below end (above it for a negative step). Integers give int64 unless a dtype is given.
inline Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
                     std::optional<DType> dtype = std::nullopt) {
  bool integers = start.is_integral(true) && end.is_integral(true) && step.is_integral(true);
  const DType result = dtype.value_or(integers ? DType::int64 : DType::float32);
  integers = integers || result == DType::int64;
  const double from = start.to_double();
  const double to = end.to_double();
  const double by = step.to_double();
  if (by == 0.0) {
    raise("RuntimeError", "step must be nonzero");
  }
  if (!std::isfinite(from) || !std::isfinite(to)) {
    raise("RuntimeError", {"unsupported range: ", detail::short_number(from), " -> ", detail::short_number(to)});
  }
  if ((by > 0 && to < from) || (by < 0 && to > from)) {
    raise("RuntimeError", "upper bound and lower bound inconsistent with step sign");
  }
  if (is_integral(result, true) && step.to_int() == 0) {
    raise("ValueError", "step must be nonzero");
  }
  if ((to - from) / by >= 0x1p63) {
    raise("RuntimeError", "invalid size, possible overflow?");
  }
  if (is_integral(result, true)) {
    const std::int64_t first = start.to_int();
    const std::int64_t stride = step.to_int();
    // As in PyTorch the count comes from doubles unless all three are integers.
    const double count = integers ? 0.0 : std::ceil((to - from) / by);
    std::int64_t total = static_cast<std::int64_t>(count);
    if (integers) {
      const std::uint64_t span = stride > 0
                                     ? static_cast<std::uint64_t>(end.to_int()) - static_cast<std::uint64_t>(first)
                                     : static_cast<std::uint64_t>(first) - static_cast<std::uint64_t>(end.to_int());
      const std::uint64_t width =
          stride > 0 ? static_cast<std::uint64_t>(stride) : 0u - static_cast<std::uint64_t>(stride);
      total = static_cast<std::int64_t>(span / width + (span % width != 0 ? 1 : 0));
    }
    return detail::generated<std::int64_t>(
        total, result, [first, stride](std::int64_t i) { return math::add(first, math::mul(i, stride)); });
  }
  const double count = std::ceil((to - from) / by);
  if (count >= 9.0e18) {
    raise("RuntimeError", "invalid size, possible overflow?");
  }
  return detail::generated<double>(static_cast<std::int64_t>(count), result,
                                   [from, by](std::int64_t i) { return from + static_cast<double>(i) * by; });
}
inline Tensor arange(const Scalar& start, const Scalar& end, std::optional<DType> dtype = std::nullopt) {
  return arange(start, end, Scalar(1), dtype);
}
inline Tensor arange(const Scalar& end, std::optional<DType> dtype = std::nullopt) {
  return arange(Scalar(0), end, Scalar(1), dtype);
}

/// `steps` evenly spaced values from start to end, both included; computed from the nearer end.
inline Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps,
                       std::optional<DType> dtype = std::nullopt) {
  if (steps < 0) {
    raise("RuntimeError", "number of steps must be non-negative");
  }
  const DType result = dtype.value_or(DType::float32);
  const double from = start.to_double();
  const double to = end.to_double();
  const double step = steps > 1 ? (to - from) / static_cast<double>(steps - 1) : 0.0;
  if (result == DType::float32) {
    // Every operation in float, as PyTorch does it: the last bits are visible to comparisons.
    const float first = static_cast<float>(from);
    const float last = static_cast<float>(to);
    const float width = steps > 1 ? (last - first) / static_cast<float>(steps - 1) : 0.0f;
    return detail::generated<float>(steps, result, [=](std::int64_t i) {
      return i < steps / 2 || steps == 1 ? first + width * static_cast<float>(i)
                                         : last - width * static_cast<float>(steps - i - 1);
    });
  }
  return detail::generated<double>(steps, result, [=](std::int64_t i) {
    return i < steps / 2 || steps == 1 ? from + step * static_cast<double>(i)
                                       : to - step * static_cast<double>(steps - i - 1);
  });
}
/// Powers of `base` with evenly spaced exponents.
inline Tensor logspace(const Scalar& start, const Scalar& end, std::int64_t steps, double base = 10.0,
                       std::optional<DType> dtype = std::nullopt) {
  const Tensor exponents = linspace(start, end, steps, DType::float64);
  const double* const data = exponents.data_ptr<double>();
  return detail::generated<double>(steps, dtype.value_or(DType::float32),
                                   [data, base](std::int64_t i) { return std::pow(base, data[i]); });
}

inline Tensor eye(std::int64_t n, std::int64_t m, std::optional<DType> dtype = std::nullopt) {
  if (n < 0 || m < 0) {
    raise("RuntimeError", {n < 0 ? "n" : "m", " must be greater or equal to 0, got ", n < 0 ? n : m});
  }
  const Tensor result = zeros({n, m}, dtype);
  detail::fill_elements(diagonal(result), 1);
  return result;
}
inline Tensor eye(std::int64_t n, std::optional<DType> dtype = std::nullopt) { return eye(n, n, dtype); }

/// A 0-d tensor.
inline Tensor scalar_tensor(const Scalar& value, std::optional<DType> dtype = std::nullopt) {
  return detail::filled({}, value, dtype.value_or(DType::float32));
}
inline Tensor tensor(const Scalar& value, std::optional<DType> dtype = std::nullopt) {
  return detail::filled({}, value, dtype.value_or(detail::default_dtype(value)));
}
/// From a Python list; floats become float32, ints int64.
template <class T>
Tensor tensor(const List<T>& values, std::optional<DType> dtype = std::nullopt);

/// A vector of int32.
inline Tensor _list_to_tensor(const List<std::int64_t>& self) { return tensor(self, DType::int32); }

/// The sizes of a tensor, as a tensor.
inline Tensor _shape_as_tensor(const Tensor& self) {
  const Tensor result = Tensor::empty({self.dim()}, DType::int64);
  std::copy(self.sizes().begin(), self.sizes().end(), result.data_ptr<std::int64_t>());
  return result;
}
/// The elements of a vector of int32, the first ones of the rows of more.
inline List<std::int64_t> _tensor_to_list(const Tensor& self) {
  if (self.dim() == 0) {
    raise("IndexError", "Dimension specified as 0 but tensor has no dimensions");
  }
  if (self.size(0) != 0 && self.dtype() != DType::int32) {
    raise("RuntimeError", {"expected scalar type Int but found ", dtype_label(self.dtype())});
  }
  List<std::int64_t> result;
  for (std::int64_t i = 0; self.numel() != 0 && i < self.size(0); ++i) {
    result.append(self.data_ptr<std::int32_t>()[i * self.strides()[0]]);
  }
  return result;
}

namespace factory_detail {

/// Sizes of nested lists, and their elements in order; ValueError when rows differ in length.
inline void flatten_list(const Scalar& value, std::int64_t /*depth*/, DimVector& /*sizes*/,
                         PooledVector<Scalar>& elements) {
  elements.push_back(value);
}
template <class T>
void flatten_list(const List<T>& values, std::int64_t depth, DimVector& sizes, PooledVector<Scalar>& elements) {
  if (sizes.size() == depth) {
    sizes.push_back(values.size());
  } else if (sizes[depth] != values.size()) {
    raise("RuntimeError",
          {"Expected sequence of length ", sizes[depth], " at dim ", depth, " (got ", values.size(), ")"});
  }
  for (std::int64_t i = 0; i < values.size(); ++i) {
    flatten_list(values.at(i), depth + 1, sizes, elements);
  }
}

template <class T>
struct ElementOf {
  using type = T;
};
template <class T>
struct ElementOf<List<T>> : ElementOf<T> {};

/// The dtype of a tensor from a list: by the type of its elements, or by the widest of numbers of several types.
template <class Element>
DType list_dtype(const PooledVector<Scalar>& elements) {
  Scalar widest{Element{}};
  if constexpr (!std::is_arithmetic_v<Element> && !std::is_same_v<Element, std::complex<double>>) {
    widest = elements.empty() ? widest : elements.front();
    for (const Scalar& element : elements) {
      widest = element.kind() > widest.kind() ? element : widest;
    }
  }
  return ts2cpp::detail::default_dtype(widest);
}

}  // namespace factory_detail

template <class T>
Tensor tensor(const List<T>& values, std::optional<DType> dtype) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    if (!dtype || *dtype == DType::int64) {
      const Tensor result = Tensor::empty({values.size()}, DType::int64);
      std::copy(values.data(), values.data() + values.size(), result.data_ptr<std::int64_t>());
      return result;
    }
  }
  DimVector sizes;
  PooledVector<Scalar> elements;
  factory_detail::flatten_list(values, 0, sizes, elements);
  const DType own = factory_detail::list_dtype<typename factory_detail::ElementOf<T>::type>(elements);
  const Tensor result = Tensor::empty(sizes, dtype.value_or(own));
  char* target = result.data_ptr<char>();
  for (const Scalar& element : elements) {
    detail::store_scalar(element, result.dtype(), target);
    target += result.itemsize();
  }
  return result;
}

template <class T>
Tensor as_tensor(const List<T>& data, std::optional<DType> dtype = std::nullopt) {
  return tensor(data, dtype);
}
inline Tensor as_tensor(const Scalar& value, std::optional<DType> dtype = std::nullopt) { return tensor(value, dtype); }
inline Tensor as_tensor(const Tensor& data, std::optional<DType> dtype = std::nullopt) { return to(data, dtype); }

/// Class numbers to rows with a single 1; the number of classes is the largest plus one unless given.
inline Tensor one_hot(const Tensor& self, std::int64_t num_classes = -1) {
  if (self.dtype() != DType::int64) {
    raise("RuntimeError", "one_hot is only applicable to index tensor of type LongTensor.");
  }
  const Tensor labels = contiguous(self);
  const std::int64_t* const data = labels.data_ptr<std::int64_t>();
  if (self.numel() == 0 && num_classes <= 0) {
    raise("RuntimeError", "Can not infer total number of classes from empty tensor.");
  }
  std::int64_t classes = num_classes;
  if (classes == -1) {
    for (std::int64_t i = 0; i < labels.numel(); ++i) {
      if (data[i] == std::numeric_limits<std::int64_t>::max()) {
        raise("RuntimeError", "zeros: Dimension size must be non-negative.");
      }
      classes = std::max(classes, data[i] + 1);
    }
  }
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (data[i] < 0) {
      raise("RuntimeError", "Class values must be non-negative.");
    }
    if (data[i] >= classes) {
      raise("RuntimeError", "Class values must be smaller than num_classes.");
    }
  }
  DimVector sizes(self.sizes());
  sizes.push_back(classes);
  const Tensor result = zeros(sizes, DType::int64);
  std::int64_t* const out = result.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    out[i * classes + data[i]] = 1;
  }
  return result;
}

}  // namespace ops

namespace detail {

inline void check_triangle(std::int64_t row, std::int64_t col) {
  if (row < 0 || col < 0) {
    raise("RuntimeError", {row < 0 ? "row" : "col", " must be non-negative, got", row < 0 ? row : col});
  }
}

/// Coordinates [2, n] of the columns from `start(i)` to before `end(i)` of the rows i from `first` to before `last`.
template <class Start, class End>
Tensor triangle_indices(std::int64_t first, std::int64_t last, const Start& start, const End& end,
                        std::optional<DType> dtype) {
  // Every row has a place, so that too many rows need not be counted.
  if (last - first >= std::int64_t{1} << 36) {
    raise("RuntimeError", {"DefaultCPUAllocator: can't allocate memory for the places in ", last - first, " rows"});
  }
  if (last - first >= std::int64_t{1} << 28) {
    Tensor::empty({2, last - first}, DType::int64);  // raises where even one place a row has no memory
  }
  std::int64_t count = 0;
  for (std::int64_t i = first; i < last; ++i) {
    if (__builtin_add_overflow(count, end(i) - start(i), &count)) {
      raise("RuntimeError", "numel: integer multiplication overflow");
    }
  }
  const Tensor result = Tensor::empty({2, count}, DType::int64);
  std::int64_t* to = result.data_ptr<std::int64_t>();
  for (std::int64_t i = first; i < last; ++i) {
    for (std::int64_t j = start(i); j < end(i); ++j) {
      to[count] = j;
      *to++ = i;
    }
  }
  return to_dtype(result, dtype.value_or(DType::int64), false);
}

}  // namespace detail

namespace ops {

/// Coordinates [2, n] of the lower (upper) triangle of a matrix.
inline Tensor tril_indices(std::int64_t row, std::int64_t col, std::int64_t offset = 0,
                           std::optional<DType> dtype = DType::int64) {
  detail::check_triangle(row, col);
  const std::int64_t last = std::min(offset, col);
  const std::int64_t first = std::min(offset >= 0 ? 0 : -std::max(offset, -row), col == 0 ? 0 : row);
  return detail::triangle_indices(
      first, col == 0 ? first : row, [](std::int64_t) { return std::int64_t{0}; },
      [=](std::int64_t i) { return last - col >= -i - 1 ? col : i + last + 1; }, dtype);
}
inline Tensor triu_indices(std::int64_t row, std::int64_t col, std::int64_t offset = 0,
                           std::optional<DType> dtype = DType::int64) {
  detail::check_triangle(row, col);
  const std::int64_t shift = std::clamp(offset, -row, col);
  return detail::triangle_indices(
      0, col == 0 ? 0 : std::min(row, col - std::max(shift, col - std::numeric_limits<std::int64_t>::max())),
      [=](std::int64_t i) { return std::max<std::int64_t>(i + shift, 0); }, [=](std::int64_t) { return col; }, dtype);
}

}  // namespace ops
}  // namespace ts2cpp
