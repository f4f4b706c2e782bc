// What benchmarks/gemm.py times: matrix products on memory that it gives, and the processor's peak to hold them
// against.
#include <chrono>
#include <cstdint>
#include <optional>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/thread_pool.hpp>

#define BENCHMARK_EXPORT extern "C" __attribute__((visibility("default")))

using ts2cpp::DType;
using ts2cpp::Tensor;
namespace ops = ts2cpp::ops;

namespace {

template <class F>
double quickest(int rounds, int calls, F&& call) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) {
      call();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = taken.count() / calls < best ? taken.count() / calls : best;
  }
  return best;
}

#if defined(__x86_64__)
typedef float Vector256 __attribute__((vector_size(32)));
typedef float Vector512 __attribute__((vector_size(64)));

// Multiply-adds between registers: twelve chains hide their latency. Chains have names, as the compiler may keep an
// array in memory.
#define TS2CPP_EACH_CHAIN(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define TS2CPP_STEP_256(I)          \
  sum##I = sum##I * factor + added; \
  asm volatile("" : "+x"(sum##I));
#define TS2CPP_STEP_512(I)          \
  sum##I = sum##I * factor + added; \
  asm volatile("" : "+v"(sum##I));
#define TS2CPP_START(I) sum##I = added;
#define TS2CPP_TOTAL(I) total += sum##I[0];
#define TS2CPP_CHAINS(NAME, VECTOR, TARGET, STEP)                                    \
  TARGET float NAME(std::int64_t steps) {                                            \
    VECTOR sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7, sum8, sum9, sum10, sum11; \
    const VECTOR factor = 0.999F - VECTOR{};                                         \
    const VECTOR added = 1e-3F - VECTOR{};                                           \
    TS2CPP_EACH_CHAIN(TS2CPP_START)                                                  \
    for (std::int64_t step = 0; step < steps; ++step) {                              \
      TS2CPP_EACH_CHAIN(STEP)                                                        \
    }                                                                                \
    float total = 0.0F;                                                              \
    TS2CPP_EACH_CHAIN(TS2CPP_TOTAL)                                                  \
    return total;                                                                    \
  }
TS2CPP_CHAINS(chains_256, Vector256, __attribute__((target("avx2,fma"))), TS2CPP_STEP_256)
TS2CPP_CHAINS(chains_512, Vector512, __attribute__((target("avx512f,avx2,fma"))), TS2CPP_STEP_512)
#endif

[[maybe_unused]] volatile float sink;  // keeps the loops that it takes the results of

}  // namespace

BENCHMARK_EXPORT void use_threads(int count) { ts2cpp::set_num_threads(count); }

/// Multiply-adds a second of one core on float32 with registers of that width; 0 where there are none.
BENCHMARK_EXPORT double peak(int bytes) {
#if defined(__x86_64__)
  if (bytes == 32 ? !__builtin_cpu_supports("fma") : bytes != 64 || !__builtin_cpu_supports("avx512f")) {
    return 0.0;
  }
  constexpr std::int64_t kSteps = 200000;
  return 12.0 * (bytes / 4) * kSteps /
         quickest(5, 1, [&] { sink = bytes == 32 ? chains_256(kSteps) : chains_512(kSteps); });
#else
  static_cast<void>(bytes);
  return 0.0;
#endif
}

/// Seconds of a call of mm (x[m, k] w[k, n]); of linear (x[m, k] w[n, k]^T) if `linear` is 1, and with the weight of a
/// loaded model if it is 2.
BENCHMARK_EXPORT double seconds(int linear, int single, void* x, void* w, std::int64_t m, std::int64_t n,
                                std::int64_t k, int rounds, int calls) {
  const DType dtype = single != 0 ? DType::float32 : DType::float64;
  const Tensor input = Tensor::external(x, {m, k}, dtype);
  const Tensor weight = linear != 0 ? Tensor::external(w, {n, k}, dtype) : Tensor::external(w, {k, n}, dtype);
  if (linear == 2) {
    weight.storage().mark_constant();
    ops::linear(input, weight);
  }
  return quickest(rounds, calls, [&] { linear != 0 ? ops::linear(input, weight) : ops::mm(input, weight); });
}
