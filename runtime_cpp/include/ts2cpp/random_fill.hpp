// Filling tensors with random elements, in the order of memory, from the default generator.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/random.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::detail {

/// The dimensions from the largest stride to the smallest: elements are drawn in the order of memory.
inline DimVector memory_order(const Tensor& self) {
  DimVector order(self.dim());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&self](std::int64_t a, std::int64_t b) { return self.strides()[a] > self.strides()[b]; });
  return order;
}

/// Calls fn(offset) for each element, offsets in elements from the first one, in the order of memory.
template <class F>
void for_each_in_memory_order(const Tensor& self, F&& fn) {
  const std::int64_t numel = self.numel();
  if (self.is_contiguous()) {
    for (std::int64_t i = 0; i < numel; ++i) {
      fn(i);
    }
    return;
  }
  const DimVector order = memory_order(self);
  DimVector counter(self.dim());
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < numel; ++i) {
    fn(offset);
    for (std::int64_t k = order.size() - 1; k >= 0; --k) {
      const std::int64_t d = order[k];
      offset += self.strides()[d];
      if (++counter[d] < self.sizes()[d]) {
        break;
      }
      offset -= counter[d] * self.strides()[d];
      counter[d] = 0;
    }
  }
}

/// An uninitialised tensor of self's shape whose elements lie in the same order, without gaps.
inline Tensor empty_in_same_order(const Tensor& self, DType dtype) {
  if (self.is_contiguous()) {
    return Tensor::empty(self.sizes(), dtype);
  }
  const DimVector order = memory_order(self);
  DimVector strides(self.dim());
  std::int64_t step = 1;
  for (std::int64_t k = order.size() - 1; k >= 0; --k) {
    strides[order[k]] = step;
    step *= std::max<std::int64_t>(self.sizes()[order[k]], 1);
  }
  return Tensor::empty_strided(self.sizes(), strides, dtype);
}

using AllFloats = TypeList<float, double, half, bfloat16>;
using AllReals =
    TypeList<float, double, half, bfloat16, std::int64_t, std::int32_t, std::int16_t, std::int8_t, std::uint8_t, bool>;

template <class T>
T stored(double value) noexcept {
  return Scalar(value).to<T>();
}

/// Sets each element to draw(generator), which returns a double or an element.
template <class T, class Draw>
void fill_random(const Tensor& self, Draw&& draw) {
  const std::lock_guard<std::mutex> lock(generator_mutex());
  Generator& generator = default_generator();
  T* const data = self.data_ptr<T>();
  for_each_in_memory_order(self, [&](std::int64_t offset) { data[offset] = draw(generator); });
}

inline std::string plain_number(double value) { return format_double(value, 'g', 6); }

/// The real and imaginary parts of a complex tensor, which have a last dimension.
inline Tensor parts_of_complex(const Tensor& self) {
  DimVector sizes(self.sizes());
  DimVector strides(self.strides());
  for (std::int64_t& stride : strides) {
    stride *= 2;
  }
  sizes.push_back(2);
  strides.push_back(1);
  return self.reinterpreted(to_real_dtype(self.dtype()), sizes, strides, self.storage_offset() * 2);
}

inline void fill_uniform(const Tensor& self, double from, double to) {
  if (!(from <= to)) {
    raise("RuntimeError", {"uniform_ expects to return a [from, to) range, but found from=", plain_number(from),
                           " > to=", plain_number(to)});
  }
  if (is_complex(self.dtype())) {
    return fill_uniform(parts_of_complex(self), from, to);
  }
  dispatch("check_uniform_bounds!", AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T first = stored<T>(from);
    using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const auto low = static_cast<Wide>(from);
    const auto span = static_cast<Wide>(to) - low;
    const auto last = static_cast<Wide>(stored<T>(to));
    const bool degenerate = static_cast<Wide>(first) == last;
    fill_random<T>(self, [=](Generator& generator) {
      Wide unit;
      if constexpr (std::is_same_v<T, double>) {
        unit = generator.uniform53();
      } else {
        unit = generator.uniform24();
      }
      const T value = T(fused(unit, span, low));
      // Rounding may reach the excluded bound.
      return static_cast<Wide>(value) == last && !degenerate ? first : value;
    });
  });
}

/// Fills `count` elements with normals in blocks of 16; the last 16 are drawn anew when the blocks do not fit.
template <class T>
void fill_normal_blocks(Generator& generator, T* data, std::int64_t count, std::int64_t drawn, T mean, T std) {
  const auto unit = [&generator] {
    if constexpr (std::is_same_v<T, double>) {
      return generator.uniform53();
    } else {
      return generator.uniform24();
    }
  };
  std::generate(data, data + drawn, unit);
  for (std::int64_t i = 0; i + 16 <= count; i += 16) {
    normal_block(data + i, mean, std);
  }
  if (count % 16 != 0) {
    std::generate(data + count - 16, data + count, unit);
    normal_block(data + count - 16, mean, std);
  }
}

inline void fill_normal(const Tensor& self, double mean, double std) {
  if (!(std >= 0.0)) {
    raise("RuntimeError", {"normal expects std >= 0.0, but found std ", plain_number(std)});
  }
  if (self.numel() == 0) {
    return;
  }
  if (is_complex(self.dtype())) {  // each part has half of the variance
    return fill_normal(parts_of_complex(self), mean, std / std::sqrt(2.0));
  }
  dispatch("normal_kernel", AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::int64_t count = self.numel();
    if (count < 16 || !self.is_contiguous()) {
      fill_random<T>(self, [=](Generator& generator) { return T(stored<T>(fused(generator.normal(), std, mean))); });
      return;
    }
    const std::lock_guard<std::mutex> lock(generator_mutex());
    Generator& generator = default_generator();
    T* const data = self.data_ptr<T>();
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
      fill_normal_blocks<T>(generator, data, count, count, static_cast<T>(mean), static_cast<T>(std));
    } else {
      // The 16-bit floats are float32 rounded at the end, and do not draw what the last block would overwrite.
      std::vector<float> wide(static_cast<std::size_t>(count));
      fill_normal_blocks<float>(generator, wide.data(), count, count / 16 * 16, static_cast<float>(mean),
                                static_cast<float>(std));
      std::transform(wide.begin(), wide.end(), data, [](float value) { return T(value); });
    }
  });
}

inline void fill_bernoulli(const Tensor& self, double p) {
  if (!(p >= 0.0 && p <= 1.0)) {
    raise("RuntimeError", {"bernoulli_ expects p to be in [0, 1], but got p=", plain_number(p)});
  }
  dispatch("bernoulli_scalar_cpu_", AllReals{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T yes = stored<T>(1.0);
    const T no = stored<T>(0.0);
    fill_random<T>(self, [=](Generator& generator) { return generator.uniform53() < p ? yes : no; });
  });
}

/// The largest integer that random values of the dtype may reach, as PyTorch bounds randint.
inline std::int64_t largest_integer(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8: return 255;
    case DType::int8: return 127;
    case DType::int16: return 32767;
    case DType::int32: return std::numeric_limits<std::int32_t>::max();
    case DType::bool_: return 1;
    case DType::float16: return std::int64_t{1} << 11;
    case DType::bfloat16: return std::int64_t{1} << 8;
    case DType::float32: return std::int64_t{1} << 24;
    case DType::float64: return std::int64_t{1} << 53;
    default: return std::numeric_limits<std::int64_t>::max();
  }
}

/// What errors about bounds call the integer types.
inline std::string bounded_type_name(DType dtype) {
  switch (dtype) {
    case DType::uint8: return "unsigned char";
    case DType::int8: return "signed char";
    case DType::int16: return "short";
    case DType::int32: return "int";
    default: return dtype_name(dtype);
  }
}

/// What PyTorch calls the types that have no continuous distributions: C++'s names.
inline const char* c_type_name(DType dtype) {
  switch (dtype) {
    case DType::uint8: return "unsigned char";
    case DType::int8: return "signed char";
    case DType::int16: return "short int";
    case DType::int32: return "int";
    case DType::int64: return "long int";
    case DType::bool_: return "bool";
    case DType::complex64: return "c10::complex<float>";
    default: return "c10::complex<double>";
  }
}

inline void fill_integers(const Tensor& self, std::int64_t from, std::int64_t to) {
  if (from >= to) {
    raise("RuntimeError", {"random_ expects 'from' to be less than 'to', but got from=", from, " >= to=", to});
  }
  const DType dtype = self.dtype();
  if (is_integral(dtype, true)) {
    const std::int64_t top = largest_integer(dtype);
    const std::int64_t bottom = dtype == DType::uint8 || dtype == DType::bool_ ? 0 : -top - 1;
    const auto check = [&](std::int64_t value, const char* what) {
      if (value < bottom || value > top) {
        raise("RuntimeError", {what, " is out of bounds for ", bounded_type_name(dtype)});
      }
    };
    check(from, "from");
    check(to - 1, "to - 1");
  }
  const std::uint64_t span = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  dispatch("random_from_to_cpu", AllReals{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    fill_random<T>(self, [=](Generator& generator) {
      const std::uint64_t word = span >= (std::uint64_t{1} << 28U) ? generator.random64() : generator.random32();
      const auto value = static_cast<std::int64_t>(word % span + static_cast<std::uint64_t>(from));
      return Scalar(value).to<T>();
    });
  });
}

inline void check_dropout(double p) {
  if (!(p >= 0.0 && p <= 1.0)) {
    raise("RuntimeError", {"dropout probability has to be between 0 and 1, but got ", plain_number(p)});
  }
}

}  // namespace ts2cpp::detail
