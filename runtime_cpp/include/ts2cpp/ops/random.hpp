// Random tensors and dropout, drawn from the default generator in PyTorch's order and with its bits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
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
using AllReals = TypeList<float, double, half, bfloat16, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
                          std::uint8_t, bool>;

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

inline void fill_uniform(const Tensor& self, double from, double to) {
  if (!(from <= to)) {
    raise("RuntimeError", "uniform_ expects to return a [from, to) range, but found from=" + plain_number(from) +
                              " > to=" + plain_number(to));
  }
  dispatch("check_uniform_bounds", AllFloats{}, self.dtype(), [&](auto tag) {
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
      const T value = T(std::fma(unit, span, low));
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
    raise("RuntimeError", "normal expects std >= 0.0, but found std " + plain_number(std));
  }
  if (is_complex(self.dtype())) {
    raise_not_implemented("normal_kernel_cpu", self.dtype());
  }
  dispatch("normal_kernel_cpu", AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::int64_t count = self.numel();
    if (count < 16 || !self.is_contiguous()) {
      fill_random<T>(self, [=](Generator& generator) { return T(stored<T>(std::fma(generator.normal(), std, mean))); });
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
    raise("RuntimeError", "bernoulli_ expects p to be in [0, 1], but got p=" + plain_number(p));
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

inline void fill_integers(const Tensor& self, std::int64_t from, std::int64_t to) {
  if (from >= to) {
    raise("RuntimeError", "random_ expects 'from' to be less than 'to', but got from=" + std::to_string(from) +
                              " >= to=" + std::to_string(to));
  }
  const DType dtype = self.dtype();
  if (is_integral(dtype, true)) {
    const std::int64_t top = largest_integer(dtype);
    const std::int64_t bottom = dtype == DType::uint8 || dtype == DType::bool_ ? 0 : -top - 1;
    const auto check = [&](std::int64_t value, const char* what) {
      if (value < bottom || value > top) {
        const char* const name = dtype == DType::uint8   ? "unsigned char"
                                 : dtype == DType::int8  ? "signed char"
                                 : dtype == DType::int16 ? "short"
                                 : dtype == DType::int32 ? "int"
                                                         : dtype_name(dtype);
        raise("RuntimeError", std::string(what) + " is out of bounds for " + name);
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
    raise("RuntimeError", "dropout probability has to be between 0 and 1, but got " + plain_number(p));
  }
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

// --- in place -----------------------------------------------------------------------------------------------------

/// Uniform values in [from, to).
inline Tensor uniform_(const Tensor& self, double from = 0.0, double to = 1.0) {
  detail::fill_uniform(self, from, to);
  return self;
}
/// Normally distributed values.
inline Tensor normal_(const Tensor& self, double mean = 0.0, double std = 1.0) {
  detail::fill_normal(self, mean, std);
  return self;
}
/// Ones with probability p, zeros else.
inline Tensor bernoulli_(const Tensor& self, double p = 0.5) {
  detail::fill_bernoulli(self, p);
  return self;
}
/// Exponentially distributed values.
inline Tensor exponential_(const Tensor& self, double lambd = 1.0) {
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", std::string("Exponential distribution is a continuous probability distribution. dtype must "
                                      "be a floating point but you specified ") + dtype_label(self.dtype()));
  }
  if (!(lambd > 0.0)) {
    raise("RuntimeError", "exponential_ expects lambda > 0.0, but found lambda=" + detail::plain_number(lambd));
  }
  detail::dispatch("exponential_cpu", detail::AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::fill_random<T>(self, [=](Generator& generator) { return detail::stored<T>(generator.exponential(lambd)); });
  });
  return self;
}
/// Integers in [from, to); without `to` up to what the dtype can hold.
inline Tensor random_(const Tensor& self, std::int64_t from, std::optional<std::int64_t> to) {
  const std::int64_t top = detail::largest_integer(self.dtype());
  if (!to && top == std::numeric_limits<std::int64_t>::max()) {
    detail::fill_integers(self, from, top);
  } else {
    detail::fill_integers(self, from, to ? *to : top + 1);
  }
  return self;
}
inline Tensor random_(const Tensor& self, std::int64_t to) { return random_(self, 0, to); }
inline Tensor random_(const Tensor& self) {
  const auto span = static_cast<std::uint64_t>(detail::largest_integer(self.dtype())) + 1;
  const bool wide = self.itemsize() == 8;
  detail::dispatch("random_cpu", detail::AllReals{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::fill_random<T>(self, [=](Generator& generator) {
      const std::uint64_t word = wide ? generator.random64() : generator.random32();
      return Scalar(static_cast<std::int64_t>(word % span)).to<T>();
    });
  });
  return self;
}

// --- new tensors --------------------------------------------------------------------------------------------------

/// Uniform in [0, 1); float32 unless told.
inline Tensor rand(IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return uniform_(Tensor::empty(size, dtype.value_or(DType::float32)));
}
/// Normal with mean 0 and deviation 1; float32 unless told.
inline Tensor randn(IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return normal_(Tensor::empty(size, dtype.value_or(DType::float32)));
}
/// Integers in [low, high); int64 unless told.
inline Tensor randint(std::int64_t low, std::int64_t high, IntSpan size, std::optional<DType> dtype = DType::int64) {
  const Tensor result = Tensor::empty(size, dtype.value_or(DType::int64));
  detail::fill_integers(result, low, high);
  return result;
}
inline Tensor randint(std::int64_t high, IntSpan size, std::optional<DType> dtype = DType::int64) {
  return randint(0, high, size, dtype);
}
inline Tensor rand_like(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return uniform_(detail::empty_in_same_order(self, dtype.value_or(self.dtype())));
}
inline Tensor randn_like(const Tensor& self, std::optional<DType> dtype = std::nullopt) {
  return normal_(detail::empty_in_same_order(self, dtype.value_or(self.dtype())));
}
inline Tensor randint_like(const Tensor& self, std::int64_t low, std::int64_t high,
                           std::optional<DType> dtype = std::nullopt) {
  const Tensor result = detail::empty_in_same_order(self, dtype.value_or(self.dtype()));
  detail::fill_integers(result, low, high);
  return result;
}
inline Tensor randint_like(const Tensor& self, std::int64_t high, std::optional<DType> dtype = std::nullopt) {
  return randint_like(self, 0, high, dtype);
}
/// The numbers 0 to n - 1 in random order.
inline Tensor randperm(std::int64_t n, std::optional<DType> dtype = DType::int64) {
  if (n < 0) {
    raise("RuntimeError", "Trying to create tensor with negative dimension " + std::to_string(n) + ": [" +
                              std::to_string(n) + "]");
  }
  const Tensor result = Tensor::empty({n}, dtype.value_or(DType::int64));
  detail::dispatch("randperm", detail::AllReals{}, result.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::lock_guard<std::mutex> lock(detail::generator_mutex());
    Generator& generator = default_generator();
    T* const data = result.data_ptr<T>();
    for (std::int64_t i = 0; i < n; ++i) {
      data[i] = Scalar(i).to<T>();
    }
    for (std::int64_t i = 0; i < n - 1; ++i) {
      std::swap(data[i], data[i + static_cast<std::int64_t>(generator.random32() % static_cast<std::uint64_t>(n - i))]);
    }
  });
  return result;
}

/// Ones where the probability in `p` says so; the order of draws is that of `self`'s memory.
inline Tensor bernoulli_(const Tensor& self, const Tensor& p) {
  if (!is_floating_point(p.dtype())) {
    detail::raise_not_implemented("bernoulli_tensor_cpu_p_", p.dtype());
  }
  if (p.sizes() != self.sizes()) {
    raise("RuntimeError", "bernoulli_: the probabilities need the shape " + to_string(self.sizes()) + ", not " +
                              to_string(p.sizes()));
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(p.numel()));
  const bool wide = p.dtype() == DType::float64;
  // Probabilities in row-major order; `self` is written in the same order when both are contiguous.
  detail::dispatch("bernoulli_tensor_cpu_p_", detail::AllFloats{}, p.dtype(), [&](auto tag) {
    using P = typename decltype(tag)::type;
    detail::for_each_in_memory_order(p, [&](std::int64_t offset) {
      const auto value = static_cast<double>(static_cast<std::conditional_t<std::is_same_v<P, double>, double, float>>(
          p.data_ptr<P>()[offset]));
      if (!(value >= 0.0 && value <= 1.0)) {
        raise("RuntimeError", "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
                              "be improved?  If so, please report an enhancement request to PyTorch.)");
      }
      values.push_back(value);
    });
  });
  detail::dispatch("bernoulli_tensor_cpu_self_", detail::AllReals{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T yes = detail::stored<T>(1.0);
    const T no = detail::stored<T>(0.0);
    std::size_t next = 0;
    detail::fill_random<T>(self, [&](Generator& generator) {
      const double unit = wide ? generator.uniform53() : static_cast<double>(generator.uniform24());
      return unit < values[next++] ? yes : no;
    });
  });
  return self;
}
inline Tensor bernoulli(const Tensor& self) { return bernoulli_(detail::empty_in_same_order(self, self.dtype()), self); }
inline Tensor bernoulli(const Tensor& self, double p) {
  return bernoulli_(detail::empty_in_same_order(self, self.dtype()), p);
}
inline Tensor bernoulli(const Tensor& self, const Tensor& p) {
  return bernoulli_(detail::empty_in_same_order(self, self.dtype()), p);
}

/// Indices drawn with the probabilities in the last dimension of `self`.
inline Tensor multinomial(const Tensor& self, std::int64_t num_samples, bool replacement = false) {
  if (self.dim() < 1 || self.dim() > 2) {
    raise("RuntimeError", "prob_dist must be 1 or 2 dim");
  }
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", std::string("multinomial only supports floating-point dtypes for input, got: ") +
                              dtype_label(self.dtype()));
  }
  if (num_samples <= 0) {
    raise("RuntimeError", "cannot sample n_sample <= 0 samples");
  }
  const std::int64_t classes = self.size(-1);
  if (!replacement && num_samples > classes) {
    raise("RuntimeError", "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  }
  const std::int64_t rows = self.dim() == 2 ? self.size(0) : 1;
  DimVector sizes(self.sizes());
  sizes.back() = num_samples;
  const Tensor result = Tensor::empty(sizes, DType::int64);
  auto* const out = result.data_ptr<std::int64_t>();
  const std::lock_guard<std::mutex> lock(detail::generator_mutex());
  Generator& generator = default_generator();
  const bool wide = self.dtype() == DType::float64;
  const auto narrow = [wide](double value) { return wide ? value : static_cast<double>(static_cast<float>(value)); };
  std::vector<double> weights;
  for (std::int64_t row = 0; row < rows; ++row) {
    double total = 0.0;
    for (std::int64_t column = 0; column < classes; ++column) {
      const std::int64_t offset = (self.dim() == 2 ? row * self.stride(0) : 0) + column * self.stride(-1);
      const double weight = self.with_layout(IntSpan(), IntSpan(), self.storage_offset() + offset).item().to_double();
      if (!(weight >= 0.0 && std::isfinite(weight))) {
        raise("RuntimeError", "probability tensor contains either `inf`, `nan` or element < 0");
      }
      weights.push_back(weight);
      total = narrow(total + weight);
    }
    if (!(total > 0.0)) {
      raise("RuntimeError", "invalid multinomial distribution (sum of probabilities <= 0)");
    }
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(classes));
  std::vector<double> keys(weights.size());
  if (!replacement || num_samples == 1) {
    // The largest of weight / exponential: one race for all samples of a row.
    std::transform(weights.begin(), weights.end(), keys.begin(),
                   [&](double weight) { return narrow(weight / narrow(generator.exponential(1.0))); });
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    double* const key = keys.data() + row * classes;
    std::int64_t* const chosen = out + row * num_samples;
    if (!replacement || num_samples == 1) {
      std::iota(order.begin(), order.end(), std::int64_t{0});
      std::stable_sort(order.begin(), order.end(), [key](std::int64_t a, std::int64_t b) { return key[a] > key[b]; });
      std::copy(order.begin(), order.begin() + num_samples, chosen);
      continue;
    }
    double sum = 0.0;
    for (std::int64_t column = 0; column < classes; ++column) {
      sum = narrow(sum + weights[static_cast<std::size_t>(row * classes + column)]);
      key[column] = sum;
    }
    std::for_each(key, key + classes, [&](double& value) { value = narrow(value / sum); });
    key[classes - 1] = 1.0;
    for (std::int64_t sample = 0; sample < num_samples; ++sample) {
      chosen[sample] = std::lower_bound(key, key + classes, generator.uniform53()) - key;
    }
  }
  return result;
}

// --- dropout ------------------------------------------------------------------------------------------------------

/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p).
inline Tensor dropout(const Tensor& input, double p, bool train) {
  detail::check_dropout(p);
  if (!train || p == 0.0 || input.numel() == 0) {
    return input;
  }
  if (p == 1.0) {
    return mul(input, Scalar(0.0));
  }
  const Tensor noise = bernoulli_(detail::empty_in_same_order(input, input.dtype()), 1.0 - p);
  return mul(input, div(noise, Scalar(1.0 - p)));
}
inline Tensor dropout_(const Tensor& self, double p, bool train) {
  detail::check_dropout(p);
  if (!train || p == 0.0 || self.numel() == 0) {
    return self;
  }
  if (p == 1.0) {
    return mul_(self, Scalar(0.0));
  }
  const Tensor noise = bernoulli_(detail::empty_in_same_order(self, self.dtype()), 1.0 - p);
  return mul_(self, div(noise, Scalar(1.0 - p)));
}
/// Dropout of whole channels: one decision for each (batch, channel).
inline Tensor feature_dropout(const Tensor& input, double p, bool train) {
  detail::check_dropout(p);
  if (!train || p == 0.0 || input.numel() == 0) {
    return input;
  }
  if (p == 1.0) {
    return mul(input, Scalar(0.0));
  }
  if (input.dim() < 2) {
    raise("RuntimeError", "Feature dropout requires at least 2 dimensions in the input");
  }
  DimVector sizes(input.dim(), 1);
  sizes[0] = input.sizes()[0];
  sizes[1] = input.sizes()[1];
  const Tensor noise = bernoulli_(Tensor::empty(sizes, input.dtype()), 1.0 - p);
  return mul(input, div(noise, Scalar(1.0 - p)));
}

}  // namespace ts2cpp::ops
