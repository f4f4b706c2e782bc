// The random number generator, with the bits of PyTorch's CPU kernels on x86-64.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>

#include <ts2cpp/error.hpp>
#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/ref.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp {

/// MT19937 and the few values derived from it that all distributions build on. One thread at a time.
class Generator {
 public:
  static constexpr std::uint64_t kDefaultSeed = 67280421310721;

  explicit Generator(std::uint64_t seed = kDefaultSeed) { manual_seed(seed); }

  /// Starts the stream anew; only the low 32 bits matter.
  void manual_seed(std::uint64_t seed) noexcept {
    seed_ = seed;
    has_cached_normal_ = false;
    position_ = kSize;
    state_[0] = static_cast<std::uint32_t>(seed);
    for (std::uint32_t i = 1; i < kSize; ++i) {
      state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30U)) + i;
    }
  }
  std::uint64_t initial_seed() const noexcept { return seed_; }

  std::uint32_t random32() noexcept {
    if (position_ == kSize) {
      advance();
    }
    std::uint32_t word = state_[position_++];
    word ^= word >> 11U;
    word ^= (word << 7U) & 0x9d2c5680U;
    word ^= (word << 15U) & 0xefc60000U;
    return word ^ (word >> 18U);
  }
  /// Two words, the first one high.
  std::uint64_t random64() noexcept {
    const std::uint64_t high = random32();
    return (high << 32U) | random32();
  }
  /// In [0, 1) with 24 bits.
  float uniform24() noexcept { return static_cast<float>(random32() & 0xFFFFFFU) * 0x1p-24F; }
  /// In [0, 1) with 53 bits.
  double uniform53() noexcept { return static_cast<double>(random64() & ((std::uint64_t{1} << 53U) - 1)) * 0x1p-53; }
  /// Normally distributed; every second value comes from the draw before.
  double normal() noexcept {
    if (has_cached_normal_) {
      has_cached_normal_ = false;
      return cached_normal_;
    }
    const double first = uniform53();
    const double second = uniform53();
    const double radius = std::sqrt(-2.0 * std::log1p(-second));
    const double angle = 2.0 * 3.14159265358979323846 * first;
    cached_normal_ = radius * std::sin(angle);
    has_cached_normal_ = true;
    return radius * std::cos(angle);
  }
  /// Exponentially distributed.
  double exponential(double rate) noexcept { return -1.0 / rate * std::log1p(-uniform53()); }

 private:
  static constexpr std::size_t kSize = 624;

  void advance() noexcept {
    constexpr std::size_t kShift = 397;
    for (std::size_t i = 0; i < kSize; ++i) {
      const std::uint32_t mixed = (state_[i] & 0x80000000U) | (state_[(i + 1) % kSize] & 0x7fffffffU);
      state_[i] = state_[(i + kShift) % kSize] ^ (mixed >> 1U) ^ ((mixed & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    position_ = 0;
  }

  std::array<std::uint32_t, kSize> state_{};
  std::size_t position_ = kSize;
  std::uint64_t seed_ = 0;
  double cached_normal_ = 0.0;
  bool has_cached_normal_ = false;
};

namespace detail {

inline std::mutex& generator_mutex() {
  static std::mutex mutex;
  return mutex;
}

// Box-Muller in float32. The rounding of each step is part of the stream: products that feed a sum are fused with
// `fused` where PyTorch's compiler fused them, and nowhere else. The polynomials are those of the Cephes library,
// evaluated as in avx_mathfun: altered versions, see NOTICE.

/// log(x) for positive normal x.
inline float stream_log(float x) noexcept {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  float exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23U) - 127) + 1.0F;
  bits = (bits & 0x007fffffU) | 0x3f000000U;
  float rest;
  std::memcpy(&rest, &bits, sizeof rest);
  if (rest < 0.707106781186547524F) {
    rest = (rest - 1.0F) + rest;
    exponent -= 1.0F;
  } else {
    rest -= 1.0F;
  }
  const float square = rounded(rest * rest);
  float value = 7.0376836292e-2F;
  for (const float coefficient : {-1.1514610310e-1F, 1.1676998740e-1F, -1.2420140846e-1F, 1.4249322787e-1F,
                                  -1.6668057665e-1F, 2.0000714765e-1F, -2.4999993993e-1F, 3.3333331174e-1F}) {
    value = fused(value, rest, coefficient);
  }
  value = rounded(value * rest);
  value = fused(value, square, rounded(exponent * -2.12194440e-4F));
  value = fused(square, -0.5F, value);
  return fused(exponent, 0.693359375F, rest + value);
}

/// sin and cos of 0 <= x < 2 pi.
inline void stream_sin_cos(float x, float& sine, float& cosine) noexcept {
  const std::int32_t octant = (static_cast<std::int32_t>(x * 1.27323954473516F) + 1) & ~1;
  const auto turns = static_cast<float>(octant);
  x = fused(turns, -0.78515625F, x);
  x = fused(turns, -2.4187564849853515625e-4F, x);
  x = fused(turns, -3.77489497744594108e-8F, x);
  const float square = rounded(x * x);
  float c = fused(2.443315711809948e-5F, square, -1.388731625493765e-3F);
  c = rounded(fused(c, square, 4.166664568298827e-2F) * square);
  c = fused(c, square, -rounded(square * 0.5F)) + 1.0F;
  float s = fused(-1.9515295891e-4F, square, 8.3321608736e-3F);
  s = rounded(fused(s, square, -1.6666654611e-1F) * square);
  s = fused(s, x, x);
  const bool straight = (octant & 2) == 0;
  sine = straight ? s : c;
  cosine = straight ? c : s;
  sine = (octant & 4) != 0 ? -sine : sine;
  cosine = ((octant - 2) & 4) == 0 ? -cosine : cosine;
}

/// Turns 16 uniforms into 16 normals in place.
inline void normal_block(float* block, float mean, float std) noexcept {
  for (int i = 0; i < 8; ++i) {
    const float radius = std::sqrt(-2.0F * stream_log(1.0F - block[i]));
    float sine = 0.0F;
    float cosine = 0.0F;
    stream_sin_cos(rounded(6.283185307179586F * block[i + 8]), sine, cosine);
    block[i] = fused(rounded(radius * cosine), std, mean);
    block[i + 8] = fused(rounded(radius * sine), std, mean);
  }
}
inline void normal_block(double* block, double mean, double std) noexcept {
  for (int i = 0; i < 8; ++i) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - block[i]));
    const double angle = 2.0 * 3.14159265358979323846 * block[i + 8];
    block[i] = fused(radius * std::cos(angle), std, mean);
    block[i + 8] = fused(radius * std::sin(angle), std, mean);
  }
}

}  // namespace detail

namespace detail {
/// The generator that this thread's random operators have been given, if any.
inline Generator*& given_generator() noexcept {
  thread_local Generator* given = nullptr;
  return given;
}
}  // namespace detail

/// The stream that random operators draw from. Hold `detail::generator_mutex()` while using it among threads.
inline Generator& default_generator() {
  static Generator generator;
  Generator* const given = detail::given_generator();
  return given != nullptr ? *given : generator;
}

/// While it lives, this thread's random operators draw from `generator`, if there is one. A call with a generator is
/// `WithGenerator(g).result(ops::rand(3))`: C++ makes the object before it looks at the arguments.
class WithGenerator {
 public:
  explicit WithGenerator(const std::optional<Ref<Generator>>& generator) : before_(detail::given_generator()) {
    detail::given_generator() = generator ? &**generator : nullptr;
  }
  WithGenerator(const WithGenerator&) = delete;
  WithGenerator& operator=(const WithGenerator&) = delete;
  ~WithGenerator() { detail::given_generator() = before_; }

  template <class T>
  T result(T drawn) const {
    return drawn;
  }

 private:
  Generator* before_;
};

/// torch.manual_seed: starts the default stream anew.
inline void manual_seed(std::int64_t seed) {
  const std::lock_guard<std::mutex> lock(detail::generator_mutex());
  default_generator().manual_seed(static_cast<std::uint64_t>(seed));
}

}  // namespace ts2cpp

TS2CPP_IEEE_ARITHMETIC_END
