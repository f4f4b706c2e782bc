// Plans of discrete Fourier transforms: how a length falls into factors, and the roots of unity that it needs.
//
// A transform runs in passes, one a factor (Stockham's form of the algorithm of Cooley and Tukey, which leaves the
// results in order). A length with a large prime factor becomes a convolution of a length without one (Bluestein, "A
// linear filtering approach to the computation of discrete Fourier transform", 1970).
// Real values of half a spectrum are computed in their own precision. All other transforms are computed in double
// precision: values in single precision are widened on the way in, and what comes out is as near as rounding allows.
// Tables are computed in double precision or more, and rounded once.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/span.hpp>

namespace ts2cpp::kernels {

/// One pass: elements [before][after][radix] become [before][radix][after] in every row.
struct FftStage {
  int radix;
  std::int64_t before;   ///< the product of the radices of the passes before
  std::int64_t after;    ///< what is left of the length
  std::size_t twiddles;  ///< where in the tables: [after][radix - 1] roots, real and imaginary part in turn
  bool in_lanes;         ///< of a row alone, neighbouring butterflies are the lanes of a vector
  std::size_t expanded;  ///< [radix - 1][2][before * after], for passes that begin with short runs
  std::size_t roots;     ///< (radix - 1) / 2 cosines and as many sines, for odd radices
};

template <class C>
struct FftPlan;

/// A step of a transform of an odd number of real values: radix * after of them become as many real ones, of which a
/// transform is still to be made, and (radix - 1) / 2 complex rows of their transforms: the other ones follow from
/// symmetry.
template <class C>
struct FftRealStage {
  int radix;
  std::int64_t after;
  std::size_t twiddles;                    ///< [(radix - 1) / 2][2][after]
  std::size_t roots;                       ///< (radix - 1) / 2 cosines and as many sines
  std::shared_ptr<const FftPlan<C>> rest;  ///< of a complex row
};

/// Of complex values, of n pairs of real ones, of an odd number of real ones.
enum class FftPlanKind { complex, halves, odd };

/// How a transform is computed in the type C.
template <class C>
struct FftPlan {
  std::int64_t length = 0;
  std::vector<FftStage> stages;
  std::vector<FftRealStage<C>> real_stages;  ///< instead of these, if the plan is one of real values
  std::vector<C> tables;
  std::int64_t padded = 0;                          ///< the length of the convolution, or 0 where there is none
  std::shared_ptr<const FftPlan<C>> convolution{};  ///< its plan
  std::size_t chirp = 0;                            ///< [length][2]: exp(-pi i k^2 / length)
  std::size_t spectrum = 0;                         ///< [padded][2]: of the other factor of the convolution
  std::size_t halves = 0;                           ///< for real values twice as many: [length / 2 + 1][2] roots

  /// How many numbers each of the four buffers of `rows` rows side by side holds: whole lines of the cache. They lie
  /// apart by a little more than the length of a row, which is often a power of two: else the lines of all four would
  /// share their places in the cache.
  std::int64_t buffer(std::int64_t rows) const noexcept {
    constexpr std::int64_t kLine = 64 / sizeof(C);
    return (points() * rows + kLine - 1) / kLine * kLine + 4 * kLine;
  }

  /// How many points the working memory of a row has to hold.
  std::int64_t points() const noexcept { return std::max(padded, length) + 1; }

  /// The memory of the tables.
  std::size_t bytes() const noexcept {
    std::size_t sum = tables.size() * sizeof(C) + (convolution ? convolution->bytes() : 0);
    for (const FftRealStage<C>& stage : real_stages) {
      sum += stage.rest->bytes();
    }
    return sum;
  }
};

/// What rows are made of and become.
enum class FftKind { complex_to_complex, real_to_complex, half_to_real };

/// What a transform of numbers of type T is computed in. That of half a spectrum is single precision for float, as in
/// PyTorch and NumPy; the others are exact but for the rounding of their results, as NumPy's are.
template <class T, FftKind kKind>
using FftWorking = std::conditional_t<kKind == FftKind::half_to_real, T, double>;

/// Transforms of equal length along one dimension of strided memory. Strides count numbers: two make a complex value.
template <class T, FftKind kKind>
struct FftJob {
  std::shared_ptr<const FftPlan<FftWorking<T, kKind>>> plan;
  std::int64_t length = 0;
  bool forward = true;           ///< of complex values
  bool onesided = true;          ///< of real values: half of the spectrum is enough
  bool conjugate_input = false;  ///< for real values
  bool conjugate_output = false;
  double scale = 1;
  const T* source = nullptr;
  T* target = nullptr;
  std::int64_t source_stride = 0;
  std::int64_t target_stride = 0;
  DimVector batch_sizes;  ///< the other dimensions, the innermost last
  DimVector batch_source_strides;
  DimVector batch_target_strides;

  /// Where row number `row` begins.
  void find(std::int64_t row, std::int64_t& source_offset, std::int64_t& target_offset) const noexcept {
    source_offset = 0;
    target_offset = 0;
    for (std::int64_t d = batch_sizes.size() - 1; d >= 0; --d) {
      const std::int64_t index = row % batch_sizes[d];
      row /= batch_sizes[d];
      source_offset += index * batch_source_strides[d];
      target_offset += index * batch_target_strides[d];
    }
  }
};

/// The kernels of fft.inc.
template <class T, FftKind kKind>
struct FftSet {
  int lanes;      ///< rows that are transformed side by side
  int row_lanes;  ///< neighbouring butterflies of a row alone: 1 if such passes are left out
  void (*rows)(const FftJob<T, kKind>& job, std::int64_t first, std::int64_t count,
               FftWorking<T, kKind>* scratch) noexcept;
};

namespace fft_detail {

/// Larger primes become convolutions. Below, those would be as quick in places, but not as exact.
inline constexpr int kLargestRadix = 157;

/// Rows that are longer are transformed one by one: side by side they would not fit into the cache.
inline constexpr std::int64_t kMostBatchedPoints = 4096;

using Root = std::pair<double, double>;

/// exp(-2 pi i k / n) for 0 <= k < n, in a wider type where the machine has one. The angle is reduced to an eighth of
/// the circle in integers first.
inline Root root(std::int64_t k, std::int64_t n) {
  constexpr long double kPi = 3.141592653589793238462643383279502884L;
  const std::int64_t eighths = 8 * k;
  const auto octant = static_cast<int>(eighths / n);
  const bool mirrored = (octant & 1) != 0;
  const std::int64_t from = mirrored ? (octant + 1) * n - eighths : eighths - octant * n;
  const long double angle = static_cast<long double>(from) / static_cast<long double>(n) * (kPi / 4);
  auto c = static_cast<double>(std::cos(angle));
  auto s = static_cast<double>(std::sin(angle));
  if (((octant + 1) & 2) != 0) {
    std::swap(c, s);
  }
  // Signs by quarter of the circle, clockwise.
  const bool left = octant >= 2 && octant < 6;
  const bool below = octant < 4;
  return {left ? -c : c, below ? -s : s};
}

/// All n of them.
inline std::vector<Root> all_roots(std::int64_t n) {
  std::vector<Root> roots(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k <= n / 2; ++k) {
    const auto [c, s] = root(k, n);
    roots[static_cast<std::size_t>(k)] = {c, s};
    if (k != 0 && k != n - k) {
      roots[static_cast<std::size_t>(n - k)] = {c, -s};
    }
  }
  return roots;
}

/// The radices of a length, in the order of the passes; the last one may be a large prime.
inline std::vector<std::int64_t> radices(std::int64_t n) {
  std::vector<std::int64_t> found;
  int twos = 0;
  for (; n % 2 == 0; n /= 2) {
    ++twos;
  }
  const int fours = twos == 1 ? 0 : twos % 3 == 1 ? 2 : twos % 3 == 2 ? 1 : 0;
  for (int i = 0; i < (twos - 2 * fours) / 3; ++i) {
    found.push_back(8);
  }
  for (int i = 0; i < fours; ++i) {
    found.push_back(4);
  }
  if (twos == 1) {
    found.push_back(2);
  }
  for (; n % 9 == 0; n /= 9) {
    found.push_back(9);
  }
  for (std::int64_t p = 3; p * p <= n; p += 2) {
    for (; n % p == 0; n /= p) {
      found.push_back(p);
    }
  }
  if (n > 1) {
    found.push_back(n);
  }
  return found;
}

/// Whether fft.inc has a butterfly for this radix; others, which are odd, share one.
inline bool has_butterfly(std::int64_t radix) noexcept { return radix <= 5 || radix == 8 || radix == 9; }

/// The length from `least` on that a convolution is quickest in.
inline std::int64_t convolution_length(std::int64_t least) {
  std::int64_t best = 1;
  while (best < least) {
    best *= 2;
  }
  for (std::int64_t odd : {std::int64_t{3}, std::int64_t{5}, std::int64_t{9}, std::int64_t{15}, std::int64_t{25}}) {
    std::int64_t n = odd * 16;  // short runs cost more than a few points
    while (n < least) {
      n *= 2;
    }
    best = std::min(best, n);
  }
  return best;
}

template <class C>
void add_stages(FftPlan<C>& plan, const std::vector<std::int64_t>& factors, int lanes) {
  const std::int64_t n = plan.length;
  const std::vector<Root> roots = all_roots(n);
  std::int64_t before = 1;
  for (const std::int64_t radix : factors) {
    FftStage stage{};
    stage.radix = static_cast<int>(radix);
    stage.before = before;
    stage.after = n / before / radix;
    stage.twiddles = plan.tables.size();
    stage.in_lanes = before < lanes && before * stage.after >= lanes && has_butterfly(radix);
    for (std::int64_t p = 0; p < stage.after && (!stage.in_lanes || n <= kMostBatchedPoints); ++p) {
      for (std::int64_t j = 1; j < radix; ++j) {
        const auto& [c, s] = roots[static_cast<std::size_t>(p * j * before)];
        plan.tables.push_back(static_cast<C>(c));
        plan.tables.push_back(static_cast<C>(s));
      }
    }
    stage.expanded = plan.tables.size();
    if (stage.in_lanes) {
      for (std::int64_t j = 1; j < radix; ++j) {
        for (const bool imaginary : {false, true}) {
          for (std::int64_t t = 0; t < before * stage.after; ++t) {
            const auto& [c, s] = roots[static_cast<std::size_t>(t / before * j * before)];
            plan.tables.push_back(static_cast<C>(imaginary ? s : c));
          }
        }
      }
    }
    stage.roots = plan.tables.size();
    for (const bool imaginary : {false, true}) {
      for (std::int64_t j = 1; j <= (radix - 1) / 2; ++j) {
        const auto& [c, s] = roots[static_cast<std::size_t>(j * (n / radix))];
        plan.tables.push_back(static_cast<C>(imaginary ? -s : c));
      }
    }
    plan.stages.push_back(stage);
    before *= radix;
  }
}

template <class C>
std::shared_ptr<const FftPlan<C>> make_plan(std::int64_t n, FftPlanKind kind, int lanes);

/// The steps of an odd number of real values, by prime radices.
template <class C>
void add_real_stages(FftPlan<C>& plan, const std::vector<std::int64_t>& factors, int lanes) {
  std::vector<std::int64_t> primes;
  for (const std::int64_t radix : factors) {
    primes.insert(primes.end(), radix == 9 ? 2 : 1, radix == 9 ? 3 : radix);
  }
  std::int64_t n = plan.length;
  for (const std::int64_t radix : primes) {
    const std::vector<Root> roots = all_roots(n);
    FftRealStage<C> stage{};
    stage.radix = static_cast<int>(radix);
    stage.after = n / radix;
    stage.twiddles = plan.tables.size();
    for (std::int64_t j = 1; j <= radix / 2; ++j) {
      for (const bool imaginary : {false, true}) {
        for (std::int64_t p = 0; p < stage.after; ++p) {
          const auto& [c, s] = roots[static_cast<std::size_t>(p * j)];
          plan.tables.push_back(static_cast<C>(imaginary ? s : c));
        }
      }
    }
    stage.roots = plan.tables.size();
    for (const bool imaginary : {false, true}) {
      for (std::int64_t j = 1; j <= radix / 2; ++j) {
        const auto& [c, s] = roots[static_cast<std::size_t>(j * stage.after)];
        plan.tables.push_back(static_cast<C>(imaginary ? -s : c));
      }
    }
    auto rest = std::make_shared<FftPlan<C>>();
    rest->length = stage.after;
    add_stages(*rest, radices(stage.after), lanes);
    stage.rest = std::move(rest);
    plan.real_stages.push_back(std::move(stage));
    n /= radix;
  }
}

/// A transform in double precision whatever a plan is computed in, for its tables. It is made once, so few and small
/// radices are enough.
inline std::vector<Root> plain_transform(std::vector<Root> values) {
  const auto n = static_cast<std::int64_t>(values.size());
  const std::vector<Root> roots = all_roots(n);
  std::vector<Root> next(values.size());
  std::int64_t before = 1;
  for (std::int64_t after = n; after > 1;) {
    const std::int64_t radix = after % 4 == 0   ? 4
                               : after % 2 == 0 ? 2
                               : after % 3 == 0 ? 3
                               : after % 5 == 0 ? 5
                                                : after;
    after /= radix;
    for (std::int64_t place = 0; place < after * radix; ++place) {
      const std::int64_t p = place / radix;
      const std::int64_t k = place % radix;
      for (std::int64_t q = 0; q < before; ++q) {
        double re = 0;
        double im = 0;
        for (std::int64_t j = 0; j < radix; ++j) {
          const auto& [a, b] = values[static_cast<std::size_t>(q + before * (p + after * j))];
          const auto& [c, s] = roots[static_cast<std::size_t>(k * (p * before + n / radix * j) % n)];
          re += a * c - b * s;
          im += a * s + b * c;
        }
        next[static_cast<std::size_t>(q + before * place)] = {re, im};
      }
    }
    std::swap(values, next);
    before *= radix;
  }
  return values;
}

/// The plan of a convolution with a chirp.
template <class C>
void add_convolution(FftPlan<C>& plan, std::int64_t padded, int lanes) {
  const std::int64_t n = plan.length;
  plan.padded = padded;
  plan.convolution = make_plan<C>(padded, FftPlanKind::complex, lanes);
  const std::vector<Root> roots = all_roots(2 * n);
  std::vector<Root> factor(static_cast<std::size_t>(padded));
  plan.chirp = plan.tables.size();
  std::int64_t square = 0;  // k^2 modulo 2n
  const double scale = 1.0 / static_cast<double>(padded);
  for (std::int64_t k = 0; k < n; ++k) {
    const auto& [c, s] = roots[static_cast<std::size_t>(square)];
    plan.tables.push_back(static_cast<C>(c));
    plan.tables.push_back(static_cast<C>(s));
    for (const std::int64_t at : {k, k == 0 ? 0 : padded - k}) {
      factor[static_cast<std::size_t>(at)] = {c * scale, -s * scale};
    }
    square += 2 * k + 1;
    square %= 2 * n;
  }
  plan.spectrum = plan.tables.size();
  for (const auto& [re, im] : plain_transform(std::move(factor))) {
    plan.tables.push_back(static_cast<C>(re));
    plan.tables.push_back(static_cast<C>(im));
  }
}

template <class C>
std::shared_ptr<const FftPlan<C>> make_plan(std::int64_t n, FftPlanKind kind, int lanes) {
  auto plan = std::make_shared<FftPlan<C>>();
  plan->length = n;
  const std::vector<std::int64_t> factors = radices(n);
  const std::int64_t largest = factors.empty() ? 1 : *std::max_element(factors.begin(), factors.end());
  if (largest > kLargestRadix) {
    add_convolution(*plan, convolution_length(2 * n - 1), lanes);
  } else if (kind == FftPlanKind::odd) {
    add_real_stages(*plan, factors, lanes);
  } else {
    add_stages(*plan, factors, lanes);
  }
  if (kind == FftPlanKind::halves) {
    const std::vector<Root> roots = all_roots(2 * n);
    plan->halves = plan->tables.size();
    for (std::int64_t k = 0; k <= n / 2; ++k) {
      plan->tables.push_back(static_cast<C>(roots[static_cast<std::size_t>(k)].first));
      plan->tables.push_back(static_cast<C>(roots[static_cast<std::size_t>(k)].second));
    }
  }
  return plan;
}

}  // namespace fft_detail
}  // namespace ts2cpp::kernels
