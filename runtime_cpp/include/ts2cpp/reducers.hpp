// What reductions make of elements: sums, products, counts, norms, moments, each as the steps that reduce.hpp takes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <ts2cpp/math.hpp>
#include <ts2cpp/reduce.hpp>

namespace ts2cpp::detail {

template <class T>
struct SumReducer {
  using Acc = SumType<T>;
  double scale_by_length = 0.0;  // 1 for a mean
  Acc init() const { return Acc(0); }
  Acc step(Acc acc, T x) const { return acc + static_cast<Acc>(x); }
  Acc merge(Acc a, Acc b) const { return a + b; }
  auto finish(Acc acc, std::int64_t length) const {
    if constexpr (std::is_integral_v<T>) {
      static_cast<void>(length);
      return static_cast<std::int64_t>(acc);
    } else {
      return static_cast<T>(scale_by_length != 0.0 ? acc / static_cast<double>(length) : acc);
    }
  }
};

/// Sums (and counts) the elements that are not nan.
template <class T>
struct NanSumReducer {
  struct Acc {
    double sum;
    double count;
  };
  bool mean = false;
  Acc init() const { return {0.0, 0.0}; }
  Acc step(Acc acc, T x) const { return x != x ? acc : Acc{acc.sum + static_cast<double>(x), acc.count + 1.0}; }
  Acc merge(Acc a, Acc b) const { return {a.sum + b.sum, a.count + b.count}; }
  T finish(Acc acc, std::int64_t /*length*/) const { return static_cast<T>(mean ? acc.sum / acc.count : acc.sum); }
};

template <class T>
struct ProductReducer {
  using Acc = SumType<T>;
  Acc init() const { return Acc(1); }
  Acc step(Acc acc, T x) const { return merge(acc, static_cast<Acc>(x)); }
  Acc merge(Acc a, Acc b) const { return math::mul(a, b); }
  auto finish(Acc acc, std::int64_t /*length*/) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<std::int64_t>(acc);
    } else {
      return static_cast<T>(acc);
    }
  }
};

/// Truth values: `all` looks for a false one, `any` for a true one.
struct TruthReducer {
  bool all;
  bool init() const { return all; }
  bool step(bool acc, bool x) const { return all ? acc && x : acc || x; }
  bool merge(bool a, bool b) const { return step(a, b); }
  bool finish(bool acc, std::int64_t /*length*/) const { return acc; }
};

struct CountReducer {
  std::int64_t init() const { return 0; }
  std::int64_t step(std::int64_t acc, bool x) const { return acc + (x ? 1 : 0); }
  std::int64_t merge(std::int64_t a, std::int64_t b) const { return a + b; }
  std::int64_t finish(std::int64_t acc, std::int64_t /*length*/) const { return acc; }
};

/// (sum |x|^p)^(1/p), with the limits for p = 0 and the infinities.
template <class T>
struct NormReducer {
  using Real = decltype(math::abs(T{}));
  double p;
  double init() const { return p == -std::numeric_limits<double>::infinity() ? -p : 0.0; }
  double step(double acc, T value) const {
    const double x = static_cast<double>(math::abs(value));
    if (p == 2.0) {
      return acc + x * x;
    }
    if (p == 1.0) {
      return acc + x;
    }
    if (p == 0.0) {
      return acc + (x != 0.0 ? 1.0 : 0.0);
    }
    if (std::isinf(p)) {
      return p > 0 ? math::maximum(acc, x) : math::minimum(acc, x);
    }
    return acc + std::pow(x, p);
  }
  double merge(double a, double b) const {
    return !std::isinf(p) ? a + b : p > 0 ? math::maximum(a, b) : math::minimum(a, b);
  }
  Real finish(double acc, std::int64_t /*length*/) const {
    if (p == 1.0 || p == 0.0 || std::isinf(p)) {
      return static_cast<Real>(acc);
    }
    return static_cast<Real>(p == 2.0 ? std::sqrt(acc) : std::pow(acc, 1.0 / p));
  }
};

/// Mean and sum of squared differences, merged by the pairwise formula: exact enough in one pass over double.
template <class T>
struct VarianceReducer {
  struct Acc {
    double count;
    double mean;
    double squares;
  };
  double correction;
  bool root;
  bool mean;
  Acc init() const { return {0.0, 0.0, 0.0}; }
  Acc step(Acc acc, T value) const {
    const double x = static_cast<double>(value);
    const double count = acc.count + 1.0;
    const double delta = x - acc.mean;
    const double center = acc.mean + delta / count;
    return {count, center, acc.squares + delta * (x - center)};
  }
  Acc merge(Acc a, Acc b) const {
    const double count = a.count + b.count;
    if (count == 0.0) {
      return a;
    }
    const double delta = b.mean - a.mean;
    const double share = b.count / count;
    return {count, a.mean + delta * share, a.squares + b.squares + delta * delta * a.count * share};
  }
  T finish(Acc acc, std::int64_t /*length*/) const {
    if (mean) {
      return static_cast<T>(acc.count == 0.0 ? std::numeric_limits<double>::quiet_NaN() : acc.mean);
    }
    const double divisor = std::max(acc.count - correction, 0.0);
    const double variance = acc.count == 0.0 ? std::numeric_limits<double>::quiet_NaN() : acc.squares / divisor;
    return static_cast<T>(root ? std::sqrt(variance) : variance);
  }
};

}  // namespace ts2cpp::detail
