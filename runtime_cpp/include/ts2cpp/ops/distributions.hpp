// Random values of further distributions: exponential, geometric, Cauchy, Poisson, binomial, gamma, Dirichlet. Each
// takes from the stream what PyTorch takes, and computes in the steps and types of PyTorch: a different rounding could
// decide differently about a draw. What the methods of rejection are by, NOTICE says.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/math/gamma.hpp>
#include <ts2cpp/ops/random.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/random.hpp>
#include <ts2cpp/random_fill.hpp>
#include <ts2cpp/tensor.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp {
namespace ops {

/// Exponentially distributed values.
inline Tensor exponential_(const Tensor& self, double lambd = 1.0) {
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", {"Exponential distribution is a continuous probability distribution. dtype must "
                           "be a floating point but you specified ",
                           dtype_label(self.dtype())});
  }
  if (!(lambd > 0.0)) {
    raise("RuntimeError", {"exponential_ expects lambda > 0.0, but found lambda=", detail::plain_number(lambd)});
  }
  detail::dispatch("exponential_cpu", detail::AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::fill_random<T>(self, [=](Generator& generator) { return detail::stored<T>(generator.exponential(lambd)); });
  });
  return self;
}
/// The number of trials of probability p until one succeeds.
inline Tensor geometric_(const Tensor& self, double p) {
  if (!(p > 0.0 && p < 1.0)) {
    raise("RuntimeError", {"geometric_ expects p to be in (0, 1), but got p=", detail::plain_number(p)});
  }
  if (self.dtype() == DType::bool_ || is_complex(self.dtype())) {
    detail::raise_not_implemented("geometric", self.dtype());
  }
  const double rate = std::log1p(-p);
  detail::dispatch("geometric", detail::AllReals{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::fill_random<T>(self, [rate](Generator& generator) {
      return detail::stored<T>(std::ceil(std::log(generator.uniform53()) / rate));
    });
  });
  return self;
}

inline Tensor cauchy_(const Tensor& self, double median = 0.0, double sigma = 1.0) {
  if (!is_floating_point(self.dtype())) {
    raise("RuntimeError", {"Cauchy distribution is a continuous probability distribution. dtype must be a "
                           "floating point but you specified ",
                           detail::c_type_name(self.dtype())});
  }
  if (!(sigma > 0.0)) {
    raise("RuntimeError", {"cauchy_ expects sigma > 0.0, but found sigma=", detail::plain_number(sigma)});
  }
  detail::dispatch("cauchy", detail::AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::fill_random<T>(self, [median, sigma](Generator& generator) {
      const double tangent = std::tan(3.14159265358979323846 * (generator.uniform53() - 0.5));
      return detail::stored<T>(median + sigma * tangent);
    });
  });
  return self;
}

/// Values whose logarithms are normally distributed.
inline Tensor log_normal_(const Tensor& self, double mean = 1.0, double std = 2.0) {
  if (!(std > 0.0)) {
    raise("RuntimeError", {"log_normal_ expects std > 0.0, but found std=", detail::plain_number(std)});
  }
  if (!is_floating_point(self.dtype())) {
    detail::raise_not_implemented("log_normal", self.dtype());
  }
  detail::dispatch("log_normal", detail::AllFloats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    detail::fill_random<T>(self, [mean, std](Generator& generator) {
      return detail::stored<T>(std::exp(std::fma(generator.normal(), std, mean)));
    });
  });
  return self;
}

// The same as new tensors.
inline Tensor exponential(const Tensor& self, double lambd = 1.0) {
  return exponential_(detail::empty_in_same_order(self, self.dtype()), lambd);
}
inline Tensor geometric(const Tensor& self, double p) {
  return geometric_(detail::empty_in_same_order(self, self.dtype()), p);
}
inline Tensor cauchy(const Tensor& self, double median = 0.0, double sigma = 1.0) {
  return cauchy_(detail::empty_in_same_order(self, self.dtype()), median, sigma);
}
inline Tensor log_normal(const Tensor& self, double mean = 1.0, double std = 2.0) {
  return log_normal_(detail::empty_in_same_order(self, self.dtype()), mean, std);
}
inline Tensor uniform(const Tensor& self, double from = 0.0, double to = 1.0) {
  return uniform_(detail::empty_in_same_order(self, self.dtype()), from, to);
}
inline Tensor normal_functional(const Tensor& self, double mean = 0.0, double std = 1.0) {
  return normal_(detail::empty_in_same_order(self, self.dtype()), mean, std);
}
inline Tensor random(const Tensor& self, std::int64_t from, std::optional<std::int64_t> to) {
  return random_(detail::empty_in_same_order(self, self.dtype()), from, to);
}
inline Tensor random(const Tensor& self, std::int64_t to) {
  return random_(detail::empty_in_same_order(self, self.dtype()), to);
}
inline Tensor random(const Tensor& self) { return random_(detail::empty_in_same_order(self, self.dtype())); }

}  // namespace ops

namespace detail {

/// One value: products of uniforms for small rates, Hörmann's transformed rejection (PTRS) from 10 on.
inline double draw_poisson(double rate, Generator& generator) {
  if (!(rate >= 0.0)) {
    raise("RuntimeError", "invalid Poisson rate, expected rate to be non-negative");
  }
  if (rate == 0.0) {
    return 0.0;
  }
  if (rate < 10.0) {
    const double limit = std::exp(-rate);
    double product = 1.0;
    double count = 0.0;
    for (;;) {
      product *= generator.uniform53();
      if (!(product > limit)) {
        return count;
      }
      count += 1.0;
    }
  }
  const double root = std::sqrt(rate);
  const double log_rate = std::log(rate);
  const double b = 0.931 + 2.53 * root;
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double limit = 0.9277 - 3.6224 / (b - 2.0);
  for (;;) {
    const double u = generator.uniform53() - 0.5;
    const double v = generator.uniform53();
    const double distance = 0.5 - std::fabs(u);
    const double k = std::floor((2.0 * a / distance + b) * u + rate + 0.43);
    if (distance >= 0.07 && v <= limit) {
      return std::isfinite(k) ? k : -9223372036854775808.0;  // what a conversion to integers gives
    }
    if (k < 0.0 || (distance < 0.013 && v > distance)) {
      continue;
    }
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (distance * distance) + b) <=
        -rate + k * log_rate - math::log_gamma(k + 1.0)) {
      return k;
    }
  }
}

/// log(k!) minus Stirling's formula.
inline double binomial_tail(double k) noexcept {
  constexpr double kTails[] = {0.0810614667953272,  0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
                               0.0166446911898211,  0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
                               0.00925546218271273, 0.00833056343336287};
  if (k < 10.0) {
    return kTails[static_cast<std::size_t>(k)];
  }
  const double square = (k + 1.0) * (k + 1.0);
  return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0);
}

/// Steps of geometric length until they exceed the count.
template <class T>
T draw_binomial_by_inversion(T count, T probability, Generator& generator) noexcept {
  const auto log = static_cast<double>(std::log1p(-probability));
  double total = 0.0;
  T successes = T(0);
  for (;;) {
    total += std::ceil(std::log(generator.uniform53()) / log);
    if (!(total <= static_cast<double>(count))) {
      return successes;
    }
    successes += T(1);
  }
}

/// Hörmann's transformed rejection (BTRS) for count * probability >= 10.
template <class T>
T draw_binomial_by_rejection(T count, T probability, Generator& generator) noexcept {
  const auto wide = [](T value) { return static_cast<double>(value); };
  const double deviation = wide(std::sqrt(count * probability * (T(1) - probability)));
  const double b = 1.15 + 2.53 * deviation;
  const double a = -0.0873 + 0.0248 * b + 0.01 * wide(probability);
  const double c = wide(count * probability) + 0.5;
  const double limit = 0.92 - 4.2 / b;
  const double odds = wide(probability / (T(1) - probability));
  const double alpha = (2.83 + 5.1 / b) * deviation;
  const double mode = wide(std::floor((count + T(1)) * probability));
  const double n = wide(count);
  for (;;) {
    const double u = generator.uniform53() - 0.5;
    const double v = generator.uniform53();
    const double distance = 0.5 - std::fabs(u);
    const T k = static_cast<T>(std::floor((2.0 * a / distance + b) * u + c));
    if (!(k >= T(0) && k <= count)) {
      continue;
    }
    if (distance >= 0.07 && v <= limit) {
      return k;
    }
    const double height = std::log(v * alpha / (a / (distance * distance) + b));
    const double bound = (mode + 0.5) * std::log((mode + 1.0) / (odds * (n - mode + 1.0))) +
                         wide(count + T(1)) * std::log((n - mode + 1.0) / wide(count - k + T(1))) +
                         (wide(k) + 0.5) * std::log(odds * wide(count - k + T(1)) / wide(k + T(1))) +
                         binomial_tail(mode) + binomial_tail(n - mode) - binomial_tail(wide(k)) -
                         binomial_tail(wide(count - k));
    if (height <= bound) {
      return k;
    }
  }
}

template <class T>
T draw_binomial(T count, T probability, Generator& generator) noexcept {
  if (count <= T(0) || probability <= T(0)) {
    return T(0);
  }
  if (probability >= T(1)) {
    return count;
  }
  if (probability != probability || count != count) {
    return std::numeric_limits<T>::quiet_NaN();
  }
  if (std::isinf(count)) {
    return count;
  }
  const bool flipped = probability > T(0.5);
  const T chance = flipped ? static_cast<T>(1.0 - static_cast<double>(probability)) : probability;
  const T drawn = count * chance >= T(10) ? draw_binomial_by_rejection(count, chance, generator)
                                          : draw_binomial_by_inversion(count, chance, generator);
  return flipped ? count - drawn : drawn;
}

/// One value by Marsaglia and Tsang's method.
template <class T>
double draw_gamma(T alpha, Generator& generator) noexcept {
  double scale = 1.0;
  if (alpha < T(1)) {
    if (alpha == T(0)) {
      return 0.0;
    }
    scale = std::pow(1.0 - generator.uniform53(), static_cast<double>(T(1) / alpha));
    alpha += T(1);
  }
  const auto d = static_cast<double>(alpha - static_cast<T>(1.0F / 3.0F));
  if (!(d > 0.0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double c = 1.0 / std::sqrt(9.0 * d);
  constexpr auto kSqueeze = static_cast<double>(0.0331F);
  for (;;) {
    double x = 0.0;
    double y = 0.0;
    do {
      x = generator.normal();
      y = 1.0 + c * x;
    } while (!(y > 0.0));
    const double v = y * y * y;
    const double u = 1.0 - generator.uniform53();
    const double square = x * x;
    if (u < 1.0 - kSqueeze * square * square || std::log(u) < 0.5 * square + d * (1.0 - v + std::log(v))) {
      return scale * d * v;
    }
  }
}

}  // namespace detail

namespace ops {

/// Poisson distributed values, each with its rate.
inline Tensor poisson(const Tensor& self) {
  if (!is_floating_point(self.dtype())) {
    detail::raise_not_implemented("poisson", self.dtype());
  }
  const Tensor rates = kernels::dense_as(self, DType::float64);
  const Tensor drawn = Tensor::empty(self.sizes(), DType::float64);
  const auto* const rate = rates.data_ptr<double>();
  const std::lock_guard<std::mutex> lock(detail::generator_mutex());
  for (std::int64_t i = 0; i < rates.numel(); ++i) {
    drawn.data_ptr<double>()[i] = detail::draw_poisson(rate[i], default_generator());
  }
  return kernels::as_dtype(drawn, self.dtype());
}

/// The successes among `count` trials of probability `prob`.
inline Tensor binomial(const Tensor& count, const Tensor& prob) {
  for (const Tensor* const given : {&count, &prob}) {
    if (!is_floating_point(given->dtype())) {
      raise("ValueError", {"binomial only supports floating-point dtypes for ", given == &count ? "count" : "prob",
                           ", got: ", dtype_label(given->dtype())});
    }
  }
  if (count.dtype() != prob.dtype()) {
    raise("RuntimeError", {"Found dtype ", dtype_label(prob.dtype()), " but expected ", dtype_label(count.dtype())});
  }
  const DimVector sizes = broadcast_sizes(count.sizes(), prob.sizes());
  const Tensor result = Tensor::empty(sizes, count.dtype());
  detail::dispatch("binomial", detail::Floats{}, count.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Tensor counts = contiguous(expand(count, sizes));
    const Tensor chances = contiguous(expand(prob, sizes));
    const std::lock_guard<std::mutex> lock(detail::generator_mutex());
    for (std::int64_t i = 0; i < result.numel(); ++i) {
      result.data_ptr<T>()[i] =
          detail::draw_binomial<T>(counts.data_ptr<T>()[i], chances.data_ptr<T>()[i], default_generator());
    }
  });
  return result;
}

/// Gamma distributed values of rate 1, each with its concentration.
inline Tensor _standard_gamma(const Tensor& self) {
  const Tensor result = Tensor::empty(self.sizes(), self.dtype());
  detail::dispatch("gamma", detail::Floats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Tensor alphas = contiguous(self);
    const std::lock_guard<std::mutex> lock(detail::generator_mutex());
    for (std::int64_t i = 0; i < result.numel(); ++i) {
      const T drawn = static_cast<T>(detail::draw_gamma<T>(alphas.data_ptr<T>()[i], default_generator()));
      result.data_ptr<T>()[i] = drawn < std::numeric_limits<T>::min() ? std::numeric_limits<T>::min() : drawn;
    }
  });
  return result;
}

/// Shares that sum to 1 along the last dimension, with the concentrations in `self`.
inline Tensor _sample_dirichlet(const Tensor& self) {
  const Tensor result = Tensor::empty(self.sizes(), self.dtype());
  detail::dispatch("dirichlet!", detail::Floats{}, self.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Tensor drawn = Tensor::empty(self.sizes(), DType::float64);
    const Tensor alphas = kernels::dense_as(self, DType::float64);
    auto* const values = drawn.data_ptr<double>();
    {
      const std::lock_guard<std::mutex> lock(detail::generator_mutex());
      for (std::int64_t i = 0; i < result.numel(); ++i) {
        values[i] = detail::draw_gamma<double>(alphas.data_ptr<double>()[i], default_generator());
      }
    }
    const std::int64_t width = self.dim() == 0 ? 1 : self.size(-1);
    for (std::int64_t first = 0; first < result.numel(); first += width) {
      double total = 0.0;
      for (std::int64_t i = 0; i < width; ++i) {
        total += values[first + i];
      }
      for (std::int64_t i = 0; i < width; ++i) {
        const T share = static_cast<T>(values[first + i] / total);
        const T high = T(1) - std::numeric_limits<T>::epsilon() / T(2);
        result.data_ptr<T>()[first + i] = share > high                            ? high
                                          : share < std::numeric_limits<T>::min() ? std::numeric_limits<T>::min()
                                                                                  : share;
      }
    }
  });
  return result;
}

}  // namespace ops
}  // namespace ts2cpp

TS2CPP_IEEE_ARITHMETIC_END
