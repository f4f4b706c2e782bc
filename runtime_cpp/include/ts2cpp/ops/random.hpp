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
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/random.hpp>
#include <ts2cpp/random_fill.hpp>
#include <ts2cpp/tensor.hpp>

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

/// Starts the default stream anew.
inline void manual_seed(std::int64_t seed) { ts2cpp::manual_seed(seed); }

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
/// Normal values around `mean`, of its shape.
inline Tensor normal(const Tensor& mean, double std = 1.0) {
  return add(normal_(Tensor::empty(mean.sizes(), mean.dtype()), 0.0, std), mean);
}
inline Tensor normal(double mean, const Tensor& std) {
  return add(mul(normal_(Tensor::empty(std.sizes(), std.dtype())), std), Scalar(mean));
}
inline Tensor normal(const Tensor& mean, const Tensor& std) {
  return add(mul(normal_(Tensor::empty(broadcast_sizes(mean.sizes(), std.sizes()), mean.dtype())), std), mean);
}
inline Tensor normal(double mean, double std, IntSpan size, std::optional<DType> dtype = std::nullopt) {
  return normal_(Tensor::empty(size, dtype.value_or(DType::float32)), mean, std);
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
inline Tensor randint_like(const Tensor& self, const Tensor& high, std::optional<DType> dtype = std::nullopt) {
  return randint_like(self, 0, high.item().to_int(), dtype);
}
/// The numbers 0 to n - 1 in random order.
inline Tensor randperm(std::int64_t n, std::optional<DType> dtype = DType::int64) {
  if (n < 0) {
    raise("RuntimeError", {"Trying to create tensor with negative dimension ", n, ": [", n, "]"});
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
    return bernoulli_(self, clone(expand(p, self.sizes())));
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(p.numel()));
  const bool wide = p.dtype() == DType::float64;
  // Probabilities in row-major order; `self` is written in the same order when both are contiguous.
  detail::dispatch("bernoulli_tensor_cpu_p_", detail::AllFloats{}, p.dtype(), [&](auto tag) {
    using P = typename decltype(tag)::type;
    detail::for_each_in_memory_order(p, [&](std::int64_t offset) {
      const auto value = static_cast<double>(
          static_cast<std::conditional_t<std::is_same_v<P, double>, double, float>>(p.data_ptr<P>()[offset]));
      if (!(value >= 0.0 && value <= 1.0)) {
        raise("RuntimeError",
              "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
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
inline Tensor bernoulli(const Tensor& self) {
  return bernoulli_(Tensor::empty(self.sizes(), self.dtype()), contiguous(self));
}
inline Tensor bernoulli(const Tensor& self, double p) {
  return bernoulli_(Tensor::empty(self.sizes(), self.dtype()), p);
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
    raise("RuntimeError",
          {"multinomial only supports floating-point dtypes for input, got: ", dtype_label(self.dtype())});
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
}  // namespace ts2cpp::ops

namespace ts2cpp::detail {

/// A tensor to hold one decision for each (batch, channel).
inline Tensor feature_noise(const Tensor& input) {
  if (input.dim() < 2) {
    raise("RuntimeError", "Feature dropout requires at least 2 dimensions in the input");
  }
  DimVector sizes(input.dim(), 1);
  sizes[0] = input.sizes()[0];
  sizes[1] = input.sizes()[1];
  return Tensor::empty(sizes, input.dtype());
}

/// What alpha dropout makes of `input` with the decisions in `noise`: mean and variance stay those of SELU's input.
inline Tensor apply_alpha_noise(const Tensor& input, const Tensor& noise, double p) {
  constexpr double kAlpha = 1.7580993408473766;
  const double scale = 1.0 / std::sqrt((kAlpha * kAlpha * p + 1.0) * (1.0 - p));
  const Tensor lift =
      ops::add(ops::mul(ops::add(noise, Scalar(-1)), Scalar(kAlpha * scale)), Scalar(kAlpha * scale * p));
  return ops::add(ops::mul(input, ops::mul(noise, Scalar(scale))), lift);
}

inline void check_rrelu_bounds(const Scalar& lower, const Scalar& upper) {
  for (const bool low : {true, false}) {
    const double bound = (low ? lower : upper).to_double();
    if (!std::isfinite(bound)) {
      raise("RuntimeError", {"rrelu: ", low ? "lower" : "upper", " bound must be finite, got ", plain_number(bound)});
    }
  }
  if (lower.to_double() > upper.to_double()) {
    raise("RuntimeError", "Lower bound should be less than or equal to the upper bound");
  }
}

}  // namespace ts2cpp::detail

namespace ts2cpp::ops {

/// Dropout of whole channels: one decision for each (batch, channel).
inline Tensor feature_dropout(const Tensor& input, double p, bool train) {
  detail::check_dropout(p);
  if (!train || p == 0.0 || input.numel() == 0) {
    return input;
  }
  if (p == 1.0) {
    return mul(input, Scalar(0.0));
  }
  return mul(input, div(bernoulli_(detail::feature_noise(input), 1.0 - p), Scalar(1.0 - p)));
}
/// Dropout for SELU networks.
inline Tensor alpha_dropout(const Tensor& input, double p, bool train) {
  detail::check_dropout(p);
  if (!train || p == 0.0 || input.numel() == 0) {
    return input;
  }
  if (p == 1.0) {
    return mul(input, Scalar(0.0));
  }
  return detail::apply_alpha_noise(input, bernoulli_(detail::empty_in_same_order(input, input.dtype()), 1.0 - p), p);
}
inline Tensor feature_alpha_dropout(const Tensor& input, double p, bool train) {
  detail::check_dropout(p);
  if (!train || p == 0.0 || input.numel() == 0) {
    return input;
  }
  if (p == 1.0) {
    return mul(input, Scalar(0.0));
  }
  return detail::apply_alpha_noise(input, bernoulli_(detail::feature_noise(input), 1.0 - p), p);
}
// In place.
#define TS2CPP_IN_PLACE_DROPOUT(NAME)                               \
  inline Tensor NAME##_(const Tensor& self, double p, bool train) { \
    const Tensor result = NAME(self, p, train);                     \
    if (train && p != 0.0 && self.numel() != 0) {                   \
      detail::check_writable(self);                                 \
      detail::copy_elements(self, result);                          \
    }                                                               \
    return self;                                                    \
  }
TS2CPP_IN_PLACE_DROPOUT(feature_dropout)
TS2CPP_IN_PLACE_DROPOUT(alpha_dropout)
TS2CPP_IN_PLACE_DROPOUT(feature_alpha_dropout)
#undef TS2CPP_IN_PLACE_DROPOUT

/// Dropout that also tells which elements it kept.
inline std::tuple<Tensor, Tensor> native_dropout(const Tensor& input, double p, std::optional<bool> train) {
  const Tensor mask = detail::empty_in_same_order(input, DType::bool_);
  if (input.numel() == 0) {
    return {input, mask};
  }
  if (!train.value_or(true)) {
    std::fill_n(mask.data_ptr<bool>(), mask.numel(), true);
    return {clone(input), mask};
  }
  bernoulli_(mask, 1.0 - p);
  return {mul(mul(input, mask), Scalar(p == 1.0 ? 0.0 : 1.0 / (1.0 - p))), mask};
}

/// A leaky ReLU. In training each negative element gets a slope of its own in [lower, upper), else it is the middle of
/// the two. `noise` receives the slopes in training.
inline Tensor rrelu_with_noise(const Tensor& self, const Tensor& noise, const Scalar& lower = 0.125,
                               const Scalar& upper = 1.0 / 3.0, bool training = false) {
  if (noise.defined() && noise.sizes() != self.sizes()) {
    raise("RuntimeError", {"noise tensor shape must match self tensor shape. Got self.shape = ", self.sizes(),
                           " noise.shape = ", noise.sizes()});
  }
  const DType dtype = kernels::float_compute_dtype("rrelu_with_noise_out_cpu", self.dtype());
  const Tensor x = kernels::dense_as(self, dtype);
  Tensor out = Tensor::empty(self.sizes(), dtype);
  Tensor slopes = Tensor::empty(self.sizes(), dtype);
  const std::lock_guard<std::mutex> lock(detail::generator_mutex());
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto low = static_cast<double>(static_cast<T>(lower.to_double()));
    const auto high = static_cast<double>(static_cast<T>(upper.to_double()));
    const T middle = static_cast<T>((lower.to_double() + upper.to_double()) / 2.0);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const T value = x.data_ptr<T>()[i];
      T slope = T(1);
      if (training && value <= T(0)) {
        const double drawn = default_generator().uniform53() * (high - low);  // in two roundings, unlike uniform_
        slope = static_cast<T>(drawn + low);
      } else if (!training && !(value > T(0))) {
        slope = middle;
      }
      out.data_ptr<T>()[i] = value * slope;
      slopes.data_ptr<T>()[i] = slope;
    }
  });
  if (training && noise.defined()) {
    detail::copy_elements(noise, slopes);
  }
  return kernels::as_dtype(out, self.dtype());
}
inline Tensor rrelu(const Tensor& self, const Scalar& lower = 0.125, const Scalar& upper = 1.0 / 3.0,
                    bool training = false) {
  detail::check_rrelu_bounds(lower, upper);
  return rrelu_with_noise(self, Tensor(), lower, upper, training);
}
inline Tensor rrelu_with_noise_(const Tensor& self, const Tensor& noise, const Scalar& lower = 0.125,
                                const Scalar& upper = 1.0 / 3.0, bool training = false) {
  detail::copy_elements(self, rrelu_with_noise(self, noise, lower, upper, training));
  return self;
}
inline std::tuple<Tensor, Tensor> rrelu_with_noise_functional(const Tensor& self, const Tensor& noise,
                                                              const Scalar& lower = 0.125,
                                                              const Scalar& upper = 1.0 / 3.0, bool training = false) {
  const Tensor slopes = clone(noise);
  const Tensor result = rrelu_with_noise(self, slopes, lower, upper, training);
  return {result, slopes};
}
inline Tensor rrelu_(const Tensor& self, const Scalar& lower = 0.125, const Scalar& upper = 1.0 / 3.0,
                     bool training = false) {
  detail::copy_elements(self, rrelu(self, lower, upper, training));
  return self;
}

}  // namespace ts2cpp::ops
